"""Routes: a path through the network as the steps of a shipment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from sogdia.errors import DataError, Problem
from sogdia.network.resource import HOURS_PER_YEAR, POOL_MARK
from sogdia.simulation.distribution import LEAST_CV, Distribution
from sogdia.simulation.flows import Cargo
from sogdia.simulation.model import (
    BORDER,
    HANDLING,
    MOVING,
    Step,
    board,
    delay,
    release,
    seize,
)
from sogdia.simulation.options import SimulationOptions
from sogdia.simulation.stations import Arcs, Stations
from sogdia.study.model import base_id

PIECE_SCHEMA = {
    "piece": pl.Int64,
    "what": pl.String,
    "element": pl.String,
    "kind": pl.String,
    "mode": pl.String,
    "operation": pl.String,
    "from_node_id": pl.String,
    "to_node_id": pl.String,
    "country": pl.String,
    "length_km": pl.Float64,
    "mean_h": pl.Float64,
    "cost_usd_t": pl.Float64,
    "from_mode": pl.String,
    "to_mode": pl.String,
    "neighbour": pl.String,
}


@dataclass(frozen=True, slots=True)
class _Part:
    """What passing an arc adds to a route.

    Attributes
    ----------
    steps, pieces : list
        Steps, and the piece of each.
    haul_h, haul_variance : float
        Line haul alone, which is joined with that before and after.
    storage : tuple of (int, float) or None
        Yard that is held from before the first step until what comes next has begun.
    """

    steps: list[Step]
    pieces: list[int]
    haul_h: float = 0.0
    haul_variance: float = 0.0
    storage: tuple[int, float] | None = None


class Routes:
    """Makes routes, and remembers what their steps stand for.

    Attributes
    ----------
    pieces : list of dict
        What steps stand for; see `sogdia.simulation.translate.Translation`.
    problems : list of Problem
        What cannot be simulated.
    """

    def __init__(self, stations: Stations, options: SimulationOptions) -> None:
        self.stations, self.options = stations, options
        self.pieces: list[dict[str, Any]] = []
        self.problems: list[Problem] = []
        self._piece_of: dict[tuple[Any, ...], int] = {}
        self._distributions: dict[tuple[float, float], Distribution] = {}
        self._parts: dict[tuple[int, int, int, float], _Part] = {}

    def route(
        self, arcs: Arcs, cargo: Cargo, cargo_number: int, path: list[int], lot_t: float
    ) -> tuple[list[Step], list[int]]:
        """Return the steps along a path, and the piece of each.

        Parameters
        ----------
        arcs : Arcs
            Of the period.
        cargo : Cargo
            Class of the goods, whose number is `cargo_number`.
        path : list of int
            Arcs, in order of travel.
        lot_t : float
            Size of a shipment, t.
        """
        steps: list[Step] = []
        pieces: list[int] = []
        haul: list[int] = []
        yard: tuple[int, float, int] | None = None

        def leave_yard() -> None:
            nonlocal yard
            if yard is not None:
                steps.append(release(yard[0], yard[1]))
                pieces.append(yard[2])
                yard = None

        def end_haul() -> None:
            if haul:
                leave_yard()
                step, piece = self._haul(arcs, haul)
                steps.append(step)
                pieces.append(piece)
                haul.clear()

        for arc in path:
            kind = arcs.columns["kind"][arc]
            if kind in {"access", "egress"}:
                continue
            for mask, event, uses in arcs.use_gates:
                if mask[arc] and cargo.commodity["use"] in uses:
                    end_haul()
                    gate = self.stations.gate(arcs, arc, event)
                    steps += [seize(gate), release(gate)]
                    pieces += [self._piece(arcs, arc, "gate")] * 2
            key = (id(arcs), arc, cargo_number, lot_t)
            part = self._parts.get(key)
            if part is None:
                part = self._parts[key] = self._part(arcs, cargo, arc, lot_t)
            if not part.steps:
                if haul and arcs.columns["mode"][haul[-1]] != arcs.columns["mode"][arc]:
                    end_haul()
                haul.append(arc)
                continue
            end_haul()
            if part.storage is not None:
                # who finds no room waits outside, and keeps the yard it comes from
                piece = part.pieces[0]
                steps.append(seize(*part.storage))
                pieces.append(piece)
                leave_yard()
                yard = (*part.storage, piece)
                steps += part.steps
            elif kind == "service" and yard is not None:
                one = part.steps[0]
                steps.append(board(one.station, one.amount, yard[0], yard[1]))
                yard = None
            else:
                steps.append(part.steps[0])
                pieces.append(part.pieces[0])
                leave_yard()
                steps += part.steps[1:]
                pieces += part.pieces[1:]
                continue
            pieces += part.pieces
        end_haul()
        leave_yard()
        return steps, pieces

    def _part(self, arcs: Arcs, cargo: Cargo, arc: int, lot_t: float) -> _Part:
        column = arcs.columns
        kind, row_id = column["kind"][arc], column["row_id"][arc]
        if kind == "service":
            line, quay = self.stations.quay(arcs, arc)
            piece = self._piece(arcs, arc, "quay")
            return _Part([board(quay, line.room(lot_t, cargo.commodity["t_per_teu"]))], [piece])
        number = int(cargo.resource[arc])
        resource = arcs.resource[number] if number >= 0 else None
        mean, variance = column["free_h"][arc], column["variance"][arc]
        if kind == "link":
            flows = column["mode"][arc] == "pipeline"
            if resource is None or flows:
                if not arcs.gated[arc]:
                    return _Part([], [], mean, variance)
                gate = self.stations.of("link", row_id, math.inf, unit=None)
                piece = self._piece(arcs, arc, "leg")
                haul = delay(self._gamma(row_id, mean, variance), MOVING, name=("link", row_id))
                return _Part([seize(gate), release(gate), haul], [piece] * 3)
        category = MOVING if kind == "link" else HANDLING
        row = arcs.terminal.get(row_id)
        if row is not None and row["operation"] == "border":
            category = BORDER
        unit = resource["unit"] if resource else None
        servers, held_h, held_variance = math.inf, mean, variance
        if resource is not None:
            lot = lot_t * float(cargo.unit_per_t[arc]) / 1000.0
            if resource["queue_capacity"] is not None:
                servers = resource["servers"]
                held_h = servers * HOURS_PER_YEAR * lot / resource["queue_capacity"]
                # a lot is so many batches, or so much of one
                batch_cv2 = resource["service_cv2"] * resource["service_time_h"] / held_h
                held_variance = batch_cv2 * held_h**2
            else:
                servers = 1.0
                held_h, held_variance = HOURS_PER_YEAR * lot / resource["capacity"], 0.0
        station = self.stations.of(kind, row_id, servers, unit=unit)
        piece = self._piece(arcs, arc, "terminal" if kind == "terminal" else "leg")
        own = (kind, base_id(row_id), column["forward"][arc])
        steps = [
            seize(station),
            delay(
                self._gamma(row_id, held_h, held_variance),
                category,
                station if kind == "terminal" else -1,
                name=own,
            ),
            release(station),
        ]
        rest_h = mean - held_h
        if rest_h > 0 and servers < math.inf:
            rest = self._gamma(row_id, rest_h, max(variance - held_variance, 0.0))
            steps.append(delay(rest, category, name=(*own, "rest")))
        storage = None
        if row is not None and row["storage_t"] is not None:
            if lot_t > row["storage_t"]:
                self.problems.append(
                    Problem(
                        f"terminal {row_id}: storage_t is {row['storage_t']:g} t, and a lot of "
                        f"{cargo.commodity['commodity_id']} has {lot_t:g} t; it needs room for one",
                        "terminal.csv",
                    )
                )
            else:
                storage = (
                    self.stations.of("terminal", row_id, row["storage_t"], unit="t", suffix="yard"),
                    lot_t,
                )
        return _Part(steps, [piece] * len(steps), storage=storage)

    def _haul(self, arcs: Arcs, haul: list[int]) -> tuple[Step, int]:
        """Join line haul on links where nothing queues into one delay."""
        column = arcs.columns
        mean = sum(column["free_h"][arc] for arc in haul)
        variance = sum(column["variance"][arc] for arc in haul)
        key = ("haul", *(column["row_id"][arc] for arc in haul), column["forward"][haul[0]])
        if key not in self._piece_of:
            costs = [column["cost_usd_t"][arc] for arc in haul]
            countries = [c for arc in haul for c in (column["country"][arc] or "").split(",") if c]
            self._add_piece(
                key,
                what="leg",
                element=" ".join(base_id(column["row_id"][arc]) for arc in haul),
                kind="link",
                mode=column["mode"][haul[0]],
                from_node_id=column["tail_node_id"][haul[0]],
                to_node_id=column["head_node_id"][haul[-1]],
                country=",".join(dict.fromkeys(countries)) or None,
                length_km=sum(column["length_km"][arc] for arc in haul),
                mean_h=mean,
                cost_usd_t=None if None in costs else sum(costs),
                from_mode=column["mode"][haul[0]],
                to_mode=column["mode"][haul[-1]],
            )
        name = self.pieces[self._piece_of[key]]["element"]
        step = delay(self._gamma(name, mean, variance), MOVING, name=("haul", name))
        return step, self._piece_of[key]

    def _piece(self, arcs: Arcs, arc: int, what: str) -> int:
        column = arcs.columns
        key = (what, column["kind"][arc], column["row_id"][arc], column["forward"][arc])
        if key not in self._piece_of:
            row = arcs.terminal.get(column["row_id"][arc]) or {}
            self._add_piece(
                key,
                what=what,
                element=" + ".join(base_id(one) for one in column["row_id"][arc].split(POOL_MARK)),
                kind=column["kind"][arc],
                mode=column["mode"][arc],
                operation=row.get("operation"),
                from_node_id=column["tail_node_id"][arc],
                to_node_id=column["head_node_id"][arc],
                country=column["country"][arc],
                length_km=column["length_km"][arc],
                mean_h=column["free_h"][arc],
                cost_usd_t=column["cost_usd_t"][arc],
                from_mode=column["tail_mode"][arc],
                to_mode=column["head_mode"][arc],
                neighbour=row.get("neighbour"),
            )
        return self._piece_of[key]

    def _add_piece(self, key: tuple[Any, ...], **values: object) -> None:
        self._piece_of[key] = len(self.pieces)
        empty = dict.fromkeys(PIECE_SCHEMA)
        self.pieces.append(empty | {"piece": len(self.pieces)} | values)

    def _gamma(self, name: str, mean: float, variance: float) -> Distribution:
        """Return a distribution of the chosen family."""
        key = (mean, variance)
        if key not in self._distributions:
            family = self.options.distribution
            cv = math.sqrt(variance) / mean if mean > 0 else 0.0
            if family == "constant" or cv < LEAST_CV:  # what is left of a difference is no scatter
                cv = 0.0
            if family == "exponential":
                cv = 1.0
            try:
                self._distributions[key] = Distribution.of(family, mean, cv)
            except DataError as error:
                self.problems.append(
                    Problem(f"{base_id(name)}: {error.problems[0].message}", "times")
                )
                self._distributions[key] = Distribution.constant(0.0)
        return self._distributions[key]
