"""Movements of shipments along links, read from the log of a replication; see `playback`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sogdia.errors import DataError
from sogdia.network.model import Bools, Floats, Ints
from sogdia.simulation import SimulationResult, engine
from sogdia.simulation.carrier_words import NUMBER_BITS, WHAT, visits_of
from sogdia.simulation.model import BOARD, DELAY
from sogdia.simulation.translate import Translation
from sogdia.simulation.voyages import Voyages
from sogdia.study import Study
from sogdia.study.marks import NO_CORRIDOR

MOVEMENTS = {
    "shipment": pl.Int32,
    "commodity_id": pl.String,
    "corridor": pl.String,
    "link_id": pl.String,
    "from_node_id": pl.String,
    "to_node_id": pl.String,
    "depart_h": pl.Float64,
    "arrive_h": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Courses:
    """The links that each piece of a route leads along.

    Attributes
    ----------
    first : ndarray of int64, shape (pieces + 1,)
        Links of piece ``p`` lie from ``first[p]`` to ``first[p + 1]``; none where nothing moves.
    link, start, end : list of str
        Links, and the nodes between which they are travelled.
    begins, ends : ndarray of float64, shape (links,)
        Share of the piece's time that is over at either end.
    """

    first: Ints
    link: list[str]
    start: list[str]
    end: list[str]
    begins: Floats
    ends: Floats


class Ways:
    """Knows the links of a study along which the pieces of routes lead."""

    def __init__(self, translation: Translation, study: Study) -> None:
        self.translation = translation
        self.study_name = study.name
        self._rows = {row["link_id"]: row for row in study.link.iter_rows(named=True)}

    def courses(self) -> Courses:
        """Return the links along which the pieces of routes lead."""
        pieces = self.translation.pieces
        boards = np.flatnonzero(self.translation.model.step_integer[:, 0] == BOARD)
        quay = dict(
            zip(
                self.translation.step_piece[boards].tolist(),
                self.translation.model.step_integer[boards, 2].tolist(),
                strict=True,
            )
        )
        lengths: list[int] = []
        courses: list[tuple[str, str, str, float, float]] = []
        for piece in pieces.iter_rows(named=True):
            along: list[str] = []
            if piece["what"] == "leg":
                along = piece["element"].split(" ")
            elif piece["piece"] in quay:
                along = [self.quay_link(quay[piece["piece"]])]
            lengths.append(len(along))
            courses += self._course(along, piece["from_node_id"])
        link, start, end, begins, ends = zip(*courses, strict=True) if courses else ((),) * 5
        return Courses(
            first=np.append([0], np.cumsum(lengths)).astype(np.int64),
            link=list(link),
            start=list(start),
            end=list(end),
            begins=np.array(begins, dtype=np.float64),
            ends=np.array(ends, dtype=np.float64),
        )

    def _course(self, along: list[str], start: str) -> Iterator[tuple[str, str, str, float, float]]:
        """Follow links from a node: each with its ends, and the share of the time at either."""
        hours = np.array([_own_time_h(self.link(one)) for one in along])
        if not hours.sum() > 0:
            hours = np.ones(len(along))
        over = np.append(0.0, np.cumsum(hours)) / hours.sum() if along else np.zeros(1)
        over[-1] = 1.0
        for number, link in enumerate(along):
            row = self.link(link)
            end = row["to_node_id"] if row["from_node_id"] == start else row["from_node_id"]
            yield link, start, end, over[number], over[number + 1]
            start = end

    def link(self, link: str) -> dict[str, Any]:
        """Return the row of a link."""
        if link not in self._rows:
            raise DataError(
                f"study {self.study_name!r} has no link {link!r}, on which goods moved; give the "
                "study that was simulated"
            )
        return self._rows[link]

    def quay_link(self, quay: int) -> str:
        """Return the link of a quay, which its line is named after."""
        name: Any = self.translation.model.station_names[quay]
        return str(name[1][0])

    def quay_ends(self, quay: int) -> tuple[str, str]:
        """Return from where to where vessels sail from a quay."""
        name: Any = self.translation.model.station_names[quay]
        link = self.link(self.quay_link(quay))
        ends = (link["from_node_id"], link["to_node_id"])
        return ends if name[2] else ends[::-1]


@dataclass(frozen=True, slots=True)
class _Moves:
    """Movements of all shipments along pieces of their routes, by shipment and in time.

    Attributes
    ----------
    shipment : ndarray of int64, shape (moves,)
        Number among the shipments that move.
    stream : ndarray of int64, shape (moves,)
        Of the shipment.
    number : ndarray of int64, shape (moves,)
        Of the shipment within its stream.
    piece : ndarray of int64, shape (moves,)
        What it moves along.
    depart_h, arrive_h : ndarray of float64, shape (moves,)
        Hours of the clock.
    """

    shipment: Ints
    stream: Ints
    number: Ints
    piece: Ints
    depart_h: Floats
    arrive_h: Floats


class Journeys:
    """Reads who moves where and when."""

    def __init__(self, result: SimulationResult, ways: Ways, sailed: Voyages) -> None:
        self.translation, self.ways, self.sailed = result.translation, ways, sailed
        self.model = result.translation.model
        self.start_h = result.translation.clock.start_h
        self.end_h = result.translation.clock.end_h
        self.log, self.time = result.sample.first.log, result.sample.first.log_time

    def movements(self, most: int) -> tuple[pl.DataFrame, dict[str, int]]:
        """Return movements along links of a sample, and by corridor one in how many it is."""
        courses = self.ways.courses()
        moves = self._moves()
        links = courses.first[moves.piece + 1] - courses.first[moves.piece]
        move = np.repeat(np.arange(len(links)), links)
        link = np.arange(len(move)) - np.repeat(np.cumsum(links) - links, links)
        link += courses.first[moves.piece[move]]
        whole_h = (moves.arrive_h - moves.depart_h)[move]
        depart_h = moves.depart_h[move] + whole_h * courses.begins[link]
        arrive_h = np.where(
            courses.ends[link] == 1.0,
            moves.arrive_h[move],
            moves.depart_h[move] + whole_h * courses.ends[link],
        )
        seen = (arrive_h > self.start_h) & (depart_h < self.end_h)
        kept, one_in = self._sample(moves, move[seen], most)
        row = np.flatnonzero(seen & np.isin(moves.shipment[move], kept))
        move, link, shipment = move[row], link[row], moves.shipment[move[row]]
        group = self.translation.groups
        of = pl.Series(self.model.stream_integer[moves.stream[move], 1])
        table = pl.DataFrame(
            {
                "shipment": shipment,
                "commodity_id": group["commodity"].gather(of),
                "corridor": group["corridor"].gather(of).fill_null(NO_CORRIDOR),
                "link_id": _named(courses.link, link),
                "from_node_id": _named(courses.start, link),
                "to_node_id": _named(courses.end, link),
                "depart_h": depart_h[row] - self.start_h,
                "arrive_h": arrive_h[row] - self.start_h,
            },
            schema=MOVEMENTS,
        )
        return table, one_in

    def _moves(self) -> _Moves:
        """Read when each shipment begins and ends to move along the pieces of its route."""
        what, stream, number, step, _ = self.log.T
        sets_out, arrives = self._haul_steps()
        of_goods = np.where(stream >= 0, step, len(self.model.step_integer))
        begins = sets_out[what, of_goods]
        rows = np.flatnonzero(begins | arrives[what, of_goods])
        # in order of time by shipment; what follows on setting out is the arrival, if any
        rows = rows[np.lexsort((number[rows], stream[rows]))]
        same = (stream[rows][1:] == stream[rows][:-1]) & (number[rows][1:] == number[rows][:-1])
        follows = np.append(same & ~begins[rows][1:], [False])
        shipment = np.cumsum(np.append([False], ~same))
        at = np.flatnonzero(begins[rows])
        row = rows[at]
        piece = self.translation.step_piece[step[row]]
        arrive_h = self._unfinished_h(row, piece)
        there = follows[at]
        arrive_h[there] = self.time[rows[at[there] + 1]]
        return _Moves(
            shipment=shipment[at],
            stream=stream[row],
            number=number[row],
            piece=piece,
            depart_h=self.time[row],
            arrive_h=arrive_h,
        )

    def _haul_steps(self) -> tuple[Bools, Bools]:
        """Return by what is logged about a step whether a shipment sets out, or arrives, then.

        The last column is for what is not about a step.
        """
        visits = visits_of(self.translation)
        kind = self.model.step_integer[:, 0]
        leg = np.append((self.translation.pieces["what"] == "leg").to_numpy(), [False])
        hauls = np.flatnonzero((kind == DELAY) & leg[self.translation.step_piece])
        boards = np.flatnonzero(kind == BOARD)
        changes = visits.of_step[hauls][1:] != visits.of_step[hauls][:-1]
        sets_out, arrives = np.zeros((2, len(WHAT), len(kind) + 1), dtype=np.bool_)
        sets_out[engine.WORKING, hauls[np.append([True], changes)[: len(hauls)]]] = True
        arrives[engine.WORKED, hauls[np.append(changes, [True])[: len(hauls)]]] = True
        sets_out[engine.STARTED, boards] = True
        arrives[engine.ARRIVED, boards] = True
        return sets_out, arrives

    def _unfinished_h(self, row: Ints, piece: Ints) -> Floats:
        """Return when movements would end that the log does not see end."""
        mean_h = self.translation.pieces["mean_h"].fill_null(0.0).to_numpy()
        on_land = np.maximum(self.time[row] + mean_h[piece], self.end_h)
        voyage = self.sailed.of_row[row]
        if not len(self.sailed.arrive_h):
            return np.asarray(on_land, dtype=np.float64)
        at_sea = self.sailed.arrive_h[voyage]
        return np.asarray(np.where(voyage >= 0, at_sea, on_land), dtype=np.float64)

    def _sample(self, moves: _Moves, seen: Ints, most: int) -> tuple[Ints, dict[str, int]]:
        """Return which shipments are kept, and one in how many of each corridor that is.

        Parameters
        ----------
        moves : _Moves
            Of all shipments.
        seen : ndarray of int64
            Move that each row belongs to.
        most : int
            Rows that may be kept.
        """
        shipments, example = np.unique(moves.shipment, return_index=True)
        rows = np.bincount(moves.shipment[seen], minlength=len(shipments))
        moving = np.flatnonzero(rows)
        stream, number = moves.stream[example[moving]], moves.number[example[moving]]
        integers = self.model.stream_integer[stream]
        rank = _ranks(self.translation.groups)[integers[:, 1]]
        ordered = moving[np.lexsort((_scattered(integers[:, 2], number), rank))]
        corridor = self.translation.groups["corridor"].fill_null(NO_CORRIDOR)
        of_stream = corridor.gather(self.model.stream_integer[:, 1]).to_numpy()
        of_shipment = of_stream[moves.stream[example[ordered]]]
        by_corridor = {str(name): ordered[of_shipment == name] for name in np.unique(of_shipment)}
        fewest_first = sorted(by_corridor, key=lambda name: (rows[by_corridor[name]].sum(), name))
        kept: list[Ints] = [np.empty(0, dtype=np.int64)]
        one_in: dict[str, int] = {}
        left = most
        for number_done, name in enumerate(fewest_first):
            share = left // (len(fewest_first) - number_done)
            one_in[name] = _least_step(rows, by_corridor[name], share)
            kept.append(_every(by_corridor[name], one_in[name]))
            left -= int(rows[kept[-1]].sum())
        return np.concatenate(kept), dict(sorted(one_in.items()))


def _own_time_h(link: dict[str, Any]) -> float:
    """Return how long a link takes by its row, h."""
    if link["time_h"] is not None:
        return float(link["time_h"])
    return float(link["length_km"] / link["free_speed_km_h"])


def _named(names: list[str], rows: Ints) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(rows)


def _least_step(rows: Ints, ordered: Ints, most: int) -> int:
    """Return the least step through a list with which at most so many rows are kept."""
    one_in = 1
    while rows[_every(ordered, one_in)].sum() > most:
        one_in += 1
    return one_in


def _every(ordered: Ints, one_in: int) -> Ints:
    """Return every `one_in`-th of a list, the first from the middle of the first so many."""
    return ordered[(one_in - 1) // 2 :: one_in]


def _ranks(groups: pl.DataFrame) -> Ints:
    """Return the place of each group in order of corridor, direction, goods and ends."""
    keys = ("corridor", "direction", "commodity", "origin", "destination", "group")
    order = groups.sort(*keys)["group"].to_numpy()
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _scattered(key: Ints, number: Ints) -> NDArray[np.uint64]:
    """Return a hash of streams and numbers: the finaliser of SplitMix64 (Steele et al., 2014)."""
    word = (key.astype(np.uint64) << np.uint64(NUMBER_BITS)) + number.astype(np.uint64)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
