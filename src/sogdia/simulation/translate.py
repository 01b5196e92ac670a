"""A study and its flows to a model of the event engine, with maps back to the tables.

Each path of each period is a stream of shipments: trains of 100 TEU or 1,400 t, or the larger lots
that its terminals handle at once. A terminal with servers is held for so long that its servers
can do in a year what the queueing formula of the assignment says; a link or a terminal with
a capacity but no servers lets one lot through after another (a headway); pipelines flow. Line
haul between two such places is one delay, whose mean and variance are the sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from sogdia.errors import Problem
from sogdia.network.model import Floats, Ints
from sogdia.network.resource import HOURS_PER_YEAR, LOT_T, LOT_TEU
from sogdia.scenario import Scenario
from sogdia.simulation.clock import Clock
from sogdia.simulation.closures import add_closures, brief_closures, mark_gates, service_stops
from sogdia.simulation.flows import Cargo, PeriodFlows
from sogdia.simulation.initial import RoutedStream, place_goods, vessel_positions
from sogdia.simulation.model import ONE_SEASON, POISSON, SCHEDULED, Model, ModelBuilder
from sogdia.simulation.options import SimulationOptions
from sogdia.simulation.routes import PIECE_SCHEMA, Routes
from sogdia.simulation.stations import Arcs, Stations
from sogdia.simulation.vessels import add_vessels, find_work
from sogdia.study import Study

RELEASE_KINDS = {"poisson": POISSON, "scheduled": SCHEDULED}
GROUP_SCHEMA = {
    "group": pl.Int64,
    "origin": pl.String,
    "destination": pl.String,
    "commodity": pl.String,
    "corridor": pl.String,
    "direction": pl.String,
    "under_way": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class Translation:
    """A model, and what its numbers stand for.

    Attributes
    ----------
    model : Model
        For the engine.
    clock : Clock
        Hours to dates.
    stations : DataFrame
        station, element, kind, forward, unit, servers (null where nothing is limited), row_id;
        in the order of their numbers.
    groups : DataFrame
        group, origin, destination, commodity, corridor, direction, under_way (at the start: their
        transit times are not whole, and not counted).
    pieces : DataFrame
        What steps stand for: piece, what (leg, terminal, quay, gate), element, kind, mode,
        operation, from_node_id, to_node_id, country, length_km, mean_h (of the step's own
        time), cost_usd_t (null where any part's is), from_mode and to_mode (on either side of
        a terminal, in the direction of travel), neighbour (of a border's country).
    step_piece : ndarray of int64, shape (steps,)
        Piece of each step; -1: the end of a route.
    tonnes : ndarray of float64, shape (groups,)
        Mean size of a shipment, t.
    closures : tuple of str
        What shuts stations, in words.
    """

    model: Model
    clock: Clock
    stations: pl.DataFrame
    groups: pl.DataFrame
    pieces: pl.DataFrame
    step_piece: np.ndarray[Any, np.dtype[np.int64]]
    tonnes: Floats
    closures: tuple[str, ...]


def translate(
    study: Study,
    scenario: Scenario,
    flows: list[PeriodFlows],
    clock: Clock,
    options: SimulationOptions,
    initial: pl.DataFrame | None = None,
) -> Translation:
    """Translate a study and its flows into a model.

    Parameters
    ----------
    study : Study
        Under the scenario (see `sogdia.scenario.apply`): its events are simulated.
    scenario : Scenario
        For seasons and breakdowns.
    flows : list of PeriodFlows
        Of the years that are simulated, in order.
    clock : Clock
        From when to when.
    options : SimulationOptions
        Families of distributions.
    initial : DataFrame, optional
        What is there at the start; see `sogdia.simulation.initial`.

    Raises
    ------
    DataError
        If an element cannot be simulated; ``problems`` lists all that cannot.
    """
    return _Translator(study, scenario, flows, clock, options).translate(initial)


class _Translator:
    def __init__(
        self,
        study: Study,
        scenario: Scenario,
        flows: list[PeriodFlows],
        clock: Clock,
        options: SimulationOptions,
    ) -> None:
        self._study, self._scenario = study, scenario
        self._clock, self._options = clock, options
        first = clock.origin.month - 1
        self._builder = ModelBuilder(month_start=clock.month_starts(), first_month=first)
        self._stations = Stations(self._builder)
        self._routes = Routes(self._stations, options)
        self._periods = _in_time(flows, clock)
        self._step_piece: list[int] = []
        self._groups: dict[tuple[Any, ...], list[float]] = {}
        self._seasons: dict[str, tuple[float, ...]] = {}
        self._first_streams: list[RoutedStream] = []

    def translate(self, initial: pl.DataFrame | None) -> Translation:
        closing = brief_closures(self._study, self._clock)
        for arcs in self._periods:
            mark_gates(arcs, closing, self._scenario)
        for number, arcs in enumerate(self._periods):
            self._add_streams(number, arcs)
        closures = add_closures(
            self._stations, self._periods, closing, self._scenario, self._clock, self._options
        )
        self._add_vessels(service_stops(closing), vessel_positions(initial))
        if initial is not None:
            self._step_piece += place_goods(
                self._builder, self._first_streams, self._routes.pieces, initial, self._under_way
            )
        self._builder.problems += self._routes.problems
        return Translation(
            model=self._builder.build(),
            clock=self._clock,
            stations=self._stations.table(),
            groups=pl.DataFrame(
                [(number, *key[:5], len(key) > 5) for number, key in enumerate(self._groups)],
                schema=GROUP_SCHEMA,
                orient="row",
            ),
            pieces=pl.DataFrame(self._routes.pieces, schema=PIECE_SCHEMA),
            step_piece=np.array(self._step_piece, dtype=np.int64),
            tonnes=np.array([rate_t / rate for rate, rate_t in self._groups.values()]),
            closures=closures,
        )

    def _add_streams(self, number: int, arcs: Arcs) -> None:
        period = arcs.period
        table = period.table.to_dicts()
        for path in np.flatnonzero(period.kt_y > 0):
            demand = table[period.paths.request[path]]
            cargo = period.cargo[demand["cargo"]]
            self._add_stream(number, arcs, demand, cargo, int(path))

    def _lot(self, arcs: Arcs, cargo: Cargo, first: Ints, path: int) -> float:
        """Return the size of shipments on a path, t."""
        per_teu = cargo.commodity["t_per_teu"]
        if per_teu:
            return float(LOT_TEU * per_teu)
        lot = LOT_T
        for arc in arcs.period.paths.arcs[first[path] : first[path + 1]]:
            if arcs.columns["kind"][arc] == "terminal":
                row = arcs.terminal[arcs.columns["row_id"][arc]]
                if row["servers"] and row["service_time_h"] and row["batch_t"]:
                    lot = max(lot, row["batch_t"])
        return float(lot)

    def _add_stream(
        self,
        number: int,
        arcs: Arcs,
        demand: dict[str, Any],
        cargo: Cargo,
        path: int,
    ) -> None:
        period = arcs.period
        first = period.paths.first
        kt_y = float(period.kt_y[path])
        lot_t = self._lot(arcs, cargo, first, path)
        route = period.paths.arcs[first[path] : first[path + 1]].tolist()
        steps, pieces = self._routes.route(arcs, cargo, demand["cargo"], route, lot_t)
        commodity = demand["commodity_id"]
        group = (
            demand["origin"],
            demand["destination"],
            commodity,
            period.corridor_id[path],
            demand["direction"],
        )
        rate_h = kt_y * 1000.0 / lot_t / HOURS_PER_YEAR
        totals = self._groups.setdefault(group, [0.0, 0.0])
        totals[0] += rate_h
        totals[1] += rate_h * lot_t
        name = (
            demand["demand_id"],
            tuple(self._routes.pieces[p]["element"] for p in pieces),
            str(period.start),
        )
        stream = self._builder.stream(
            name,
            steps,
            rate_h=rate_h,
            kind=RELEASE_KINDS[self._options.releases],
            start_h=arcs.start_h,
            until_h=arcs.until_h,
            tonnes=lot_t,
            season=self._season(commodity),
            group=group,
        )
        if self._builder.steps > len(self._step_piece):  # a route of its own
            self._step_piece += [*pieces, -1]
        if number == 0:
            self._first_streams.append(
                RoutedStream(stream, demand, steps, pieces, lot_t, rate_h * lot_t)
            )

    def _under_way(self, one: RoutedStream) -> tuple[Any, ...]:
        demand = one.demand
        group = (
            demand["origin"],
            demand["destination"],
            demand["commodity_id"],
            None,
            demand["direction"],
            "under way",
        )
        self._groups.setdefault(group, [1.0, 0.0])
        return group

    def _season(self, commodity: str) -> tuple[float, ...]:
        if commodity not in self._seasons:
            weights = self._scenario.month_weights(commodity)
            self._seasons[commodity] = ONE_SEASON if weights is None else _rates(weights)
        return self._seasons[commodity]

    def _add_vessels(
        self,
        stopped: Mapping[str, list[tuple[float, float]]],
        positions: Mapping[str, list[tuple[str | None, float]]],
    ) -> None:
        spans = [(arcs.period, arcs.start_h, arcs.until_h) for arcs in self._periods]
        used = {one.service for one in find_work(spans, self._stations.quays, stopped)}
        for service in positions:
            if service not in used:
                message = f"no goods use a service {service!r}; name one that is in use"
                self._routes.problems.append(Problem(message, "initial state"))
        for work in find_work(spans, self._stations.quays, stopped):
            add_vessels(
                self._builder,
                self._clock,
                work,
                self._stations.quays[work.line],
                self._options,
                positions,
            )


def _in_time(flows: list[PeriodFlows], clock: Clock) -> list[Arcs]:
    """Return the periods that are simulated; the first and the last reach to the ends."""
    last = len(flows) - 1
    periods = [
        Arcs(
            period,
            0.0 if number == 0 else max(clock.hours(period.start), 0.0),
            clock.end_h if number == last else clock.hours(period.end + timedelta(days=1)),
        )
        for number, period in enumerate(flows)
    ]
    return [one for one in periods if one.until_h > one.start_h and one.start_h < clock.end_h]


def _rates(weights: Iterable[float]) -> tuple[float, ...]:
    """Return factors on the rate by month from each month's part of a year."""
    days = (31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    weights = tuple(weights)
    total = sum(weights)
    return tuple(
        weight / total * sum(days) / length for weight, length in zip(weights, days, strict=True)
    )
