"""One replication of a simulation, to be watched: what moves, what queues and what is shut.

All comes from the log of the first replication, which a simulation keeps when it is asked to
(`SimulationOptions.trace`). Hours count from the beginning of the first day observed.

Goods under way. A shipment moves along the links of its route; line haul over several links
without a stop between is one time in the simulation, and is shared out here by the links' own
times. Movements that overlap the days observed are kept, with their true times: one may begin
before hour 0. Where the log ends before a movement on land does, it ends after its mean time, but
not before the log.

A sample. Corridors share the rows evenly: small ones are kept whole, and what they leave goes to
the larger, of which each `one_in`-th shipment is kept, in a list sorted by direction, commodity,
origin and destination, and, where these are equal, by a hash of stream and number. So a corridor
of a thousandth of the largest is seen too, each kind of goods has its share of its corridor, and
neither weekdays nor seasons can fall into step with it; the same simulation gives the same sample.

Queues. A shipment waits at a place: at a link that lets one lot through after another, where it
stands. Services are waited for at the quay.

Closures. From the log: brief events, breakdowns and weather, of three hours at least, until the
element opens or another cause holds it shut; what runs on into the hours in which the
element is shut anyway lasts until it opens. Opening hours alone are no event, and are left out.
From the study's events: those that stop a single service, and those that last so long that goods
avoid them instead of waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from sogdia.analysis.movements import Journeys, Ways
from sogdia.errors import DataError
from sogdia.simulation import SimulationResult, engine
from sogdia.simulation.flows import is_brief_closure
from sogdia.simulation.voyages import first_key, voyages
from sogdia.study import Study

HOURS_PER_DAY = 24.0
MOST_MOVEMENTS = 60_000
LEAST_CLOSURE_H = 3.0
OPENING_HOURS = "opening hours"
VOYAGES = {
    "service_id": pl.String,
    "vessel": pl.Int32,
    "link_id": pl.String,
    "from_node_id": pl.String,
    "to_node_id": pl.String,
    "depart_h": pl.Float64,
    "arrive_h": pl.Float64,
    "load": pl.Float64,
}
QUEUES = {
    "element": pl.String,
    "kind": pl.String,
    "forward": pl.Boolean,
    "node_id": pl.String,
    "day": pl.Int32,
    "waiting": pl.Int32,
}
CLOSURES = {
    "element": pl.String,
    "kind": pl.String,
    "node_id": pl.String,
    "cause": pl.String,
    "from_h": pl.Float64,
    "until_h": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Playback:
    """One replication of the days observed, to be watched; hours since `start`.

    Attributes
    ----------
    start : date
        First day.
    days : int
        Days observed.
    one_in : dict of str to int
        By corridor: of so many shipments that move, one is among the movements.
    seed : int
        Of the simulation.
    movements : DataFrame
        Movements of shipments along links, by shipment and in order of travel: shipment (its
        number among all that move), commodity_id, corridor ("other" where it is of none),
        link_id, from_node_id, to_node_id (of travel), depart_h, arrive_h. Between two rows the
        shipment is at the node.
    voyages : DataFrame
        Voyages of vessels and trains: service_id, vessel (number in its service; where no fleet is
        stated, each departure is a vessel of its own), link_id, from_node_id, to_node_id,
        depart_h, arrive_h, load (share of the capacity, 0 to 1).
    queues : DataFrame
        Shipments that wait, where there are any: element, kind, forward (of services), node_id,
        day (0 is the first), waiting (just before the midnight that ends the day).
    closures : DataFrame
        What was shut, and why: element, kind, node_id (null for links, countries, and services
        that an event stops), cause, from_h, until_h.
    """

    start: date
    days: int
    one_in: dict[str, int]
    seed: int
    movements: pl.DataFrame
    voyages: pl.DataFrame
    queues: pl.DataFrame
    closures: pl.DataFrame

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames that a run folder keeps, by the name of their file."""
        return {
            "playback_movements": self.movements,
            "playback_voyages": self.voyages,
            "playback_queues": self.queues,
            "playback_closures": self.closures,
        }

    def figures(self) -> dict[str, Any]:
        """Return what a manifest says of it: start, days, one_in, seed."""
        return {
            "start": str(self.start),
            "days": self.days,
            "one_in": self.one_in,
            "seed": self.seed,
        }


def playback(
    result: SimulationResult, study: Study, *, most_movements: int = MOST_MOVEMENTS
) -> Playback:
    """Return the first replication of a simulation, to be watched.

    Parameters
    ----------
    result : SimulationResult
        Made with ``SimulationOptions(trace=True)``.
    study : Study
        That was simulated, best under its scenario (see `sogdia.scenario.apply`), whose events
        are then among the closures.
    most_movements : int
        Rows that `Playback.movements` may have; `Playback.one_in` are the least that keep to it.

    Returns
    -------
    Playback
        See there, and this module.

    Raises
    ------
    DataError
        If the simulation kept no log, or the study lacks a link that was used.
    ValueError
        If no movement at all is to be kept.
    """
    if most_movements < 1:
        raise ValueError(f"most_movements is {most_movements}; it has to be 1 at least")
    if not result.traced:
        raise DataError("the simulation kept no log; simulate with SimulationOptions(trace=True)")
    player = _Player(result, study)
    journeys = Journeys(result, player.ways, player.sailed)
    movements, one_in = journeys.movements(most_movements)
    return Playback(
        start=result.start,
        days=result.days,
        one_in=one_in,
        seed=result.seed,
        movements=movements,
        voyages=player.voyages(),
        queues=player.queues(),
        closures=player.closures(),
    )


class _Player:
    """Reads the log of a replication."""

    def __init__(self, result: SimulationResult, study: Study) -> None:
        self.result, self.study = result, study
        self.translation = result.translation
        self.model = result.translation.model
        self.start_h = result.translation.clock.start_h
        self.end_h = result.translation.clock.end_h
        self.log, self.time = result.sample.first.log, result.sample.first.log_time
        self.sailed = voyages(self.model, result.sample.first, first_key(result.seed))
        self.ways = Ways(result.translation, study)

    def voyages(self) -> pl.DataFrame:
        """Return the voyages of the days observed."""
        sailed = self.sailed
        seen = (sailed.arrive_h > self.start_h) & (sailed.depart_h < self.end_h)
        quay = sailed.station[seen].tolist()
        ends = [self.ways.quay_ends(one) for one in quay]
        names: list[Any] = [self.model.vessel_names[one] for one in sailed.vessel[seen].tolist()]
        table = pl.DataFrame(
            {
                "service_id": [name[0] for name in names],
                "vessel": [None if name[1] == "departures" else name[1] for name in names],
                "link_id": [self.ways.quay_link(one) for one in quay],
                "from_node_id": [start for start, _ in ends],
                "to_node_id": [end for _, end in ends],
                "depart_h": sailed.depart_h[seen] - self.start_h,
                "arrive_h": sailed.arrive_h[seen] - self.start_h,
                "load": sailed.load[seen],
            },
            schema=VOYAGES,
        )
        departure = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("service_id")
        return table.with_columns(pl.col("vessel").fill_null(departure)).sort(
            "service_id", "vessel", "depart_h", maintain_order=True
        )

    def queues(self) -> pl.DataFrame:
        """Return how many shipments wait where, at the end of each day."""
        what, _, _, step, station = self.log.T
        rows = np.flatnonzero((what == engine.JOINED) | (what == engine.STARTED))
        pieces = self.translation.pieces
        piece = self.translation.step_piece[step[rows]]
        nodes = pieces["from_node_id"].unique().sort()
        node_of = pieces["from_node_id"].cast(pl.Enum(nodes)).to_physical().to_numpy()
        place = station[rows] * len(nodes) + node_of[piece]
        used, number = np.unique(place, return_inverse=True)
        day = np.floor((self.time[rows] - self.start_h) / HOURS_PER_DAY).astype(np.int64)
        change = np.where(what[rows] == engine.JOINED, 1, -1)
        days = self.result.days
        cell = number * days + np.clip(day, 0, days - 1)
        total = np.bincount(cell, weights=change, minlength=len(used) * days)
        waiting = np.rint(total).astype(np.int64).reshape(len(used), days).cumsum(axis=1)
        at, days_of = np.nonzero(waiting)
        stations = self.translation.stations.sort("station")
        where, which = np.divmod(used[at], len(nodes))
        table = stations[where].select("element", "kind", "forward")
        return (
            table.with_columns(
                node_id=nodes.gather(which), day=pl.Series(days_of), waiting=waiting[at, days_of]
            )
            .group_by("element", "kind", "forward", "node_id", "day")
            .agg(pl.col("waiting").sum())
            .cast(QUEUES)  # type: ignore[arg-type]
            .sort("element", "kind", "forward", "node_id", "day", nulls_last=True)
        )

    def closures(self) -> pl.DataFrame:
        """Return what was shut for some hours, and why."""
        found = [*self._stations_shut(), *self._events()]
        rows = []
        for element, kind, node, cause, from_h, until_h in found:
            begins, ends = max(from_h, self.start_h), min(until_h, self.end_h)
            if ends - begins >= LEAST_CLOSURE_H:
                times = (begins - self.start_h, ends - self.start_h)
                rows.append((element, kind, node, cause, *times))
        table = pl.DataFrame(rows, schema=CLOSURES, orient="row")
        return table.unique().sort("from_h", "element", "kind", "node_id", "cause", "until_h")

    def _stations_shut(self) -> Iterator[tuple[str, str, str | None, str, float, float]]:
        """Read from the log when stations were shut by anything but their opening hours."""
        what, _, number, _, station = self.log.T
        rows = np.flatnonzero((what == engine.SHUT) | (what == engine.OPENED))
        stations = self.translation.stations.sort("station").to_dicts()
        nodes = self._station_nodes()
        regular = [
            isinstance(name, tuple) and name[0] == OPENING_HOURS
            for name in self.model.closure_names
        ]
        since: dict[int, tuple[float, int]] = {}

        def closed(one: int, until_h: float) -> tuple[str, str, str | None, str, float, float]:
            from_h, closure = since.pop(one)
            row, cause = stations[one], self.translation.closures[closure]
            return row["element"], row["kind"], nodes.get(one), cause, from_h, until_h

        for row in rows.tolist():
            at_h, one, closure = float(self.time[row]), int(station[row]), int(number[row])
            shuts = what[row] == engine.SHUT
            if shuts and regular[closure]:
                continue
            if one in since:
                yield closed(one, at_h)
            if shuts:
                since[one] = (at_h, closure)
        for one in list(since):
            yield closed(one, self.end_h)

    def _station_nodes(self) -> dict[int, str]:
        """Return the node of each terminal and each quay."""
        used, example = np.unique(self.model.step_integer[:, 2], return_index=True)
        at = dict(zip(used.tolist(), example.tolist(), strict=True))
        pieces = self.translation.pieces["from_node_id"]
        nodes = {}
        for station, kind in self.translation.stations.select("station", "kind").iter_rows():
            if kind == "service":
                nodes[station] = self.ways.quay_ends(station)[0]
            elif kind == "terminal" and station in at:
                nodes[station] = pieces[int(self.translation.step_piece[at[station]])]
        return nodes

    def _events(self) -> Iterator[tuple[str, str, str | None, str, float, float]]:
        """Find events that shut something at which nothing can be seen to wait."""
        clock = self.translation.clock
        node_of = dict(self.study.terminal.select("terminal_id", "node_id").iter_rows())
        for row in self.study.event.iter_rows(named=True):
            kind, element = str(row["element_kind"]), row["element_id"]
            if row["effect"] != "closes" or not row["happened"]:
                continue
            if is_brief_closure(row) and kind != "service":
                continue
            until = row["until_date"]
            until_h = clock.hours(until + timedelta(days=1)) if until else self.end_h
            node = element if kind == "node" else node_of.get(element)
            cause = f"event '{row['name']}'"
            yield element, kind, node, cause, clock.hours(row["from_date"]), until_h
