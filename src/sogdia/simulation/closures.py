"""What shuts stations: brief events, opening hours, breakdowns and weather."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import polars as pl

from sogdia.network.marks import Marks, split
from sogdia.network.resource import POOL_MARK
from sogdia.scenario import Scenario
from sogdia.simulation.clock import Clock
from sogdia.simulation.distribution import Distribution
from sogdia.simulation.flows import is_brief_closure
from sogdia.simulation.options import SimulationOptions
from sogdia.simulation.stations import Arcs, Stations
from sogdia.study import Study
from sogdia.study.model import base_id
from sogdia.study.opening_hours import parse_opening_hours

DAYS_PER_MONTH = 365.0 / 12.0
Interval = tuple[float, float]


def brief_closures(study: Study, clock: Clock) -> list[tuple[dict[str, Any], Interval]]:
    """Return the events that goods wait out, and from when to when they last, h."""
    found = []
    for row in study.event.iter_rows(named=True):
        if not is_brief_closure(row):
            continue
        after = row["until_date"] + timedelta(days=1)
        interval = (clock.hours(row["from_date"]), clock.hours(after))
        if interval[1] > 0 and interval[0] < clock.end_h:
            found.append((row, interval))
    return found


def mark_gates(
    arcs: Arcs, closing: Iterable[tuple[dict[str, Any], Interval]], scenario: Scenario
) -> None:
    """Find the arcs at which something may have to wait though nothing queues there."""
    marks = Marks(arcs.period.network)
    for row, _ in closing:
        if row["element_kind"] == "service":
            continue
        hit = marks.of(row["element_id"])
        if row["uses"]:
            arcs.use_gates.append((hit, row["event_id"], set(split(row["uses"]))))
        else:
            arcs.gated |= hit
    for one in scenario.breakdown:
        arcs.gated |= marks.of(one.element_id)


def service_stops(
    closing: Iterable[tuple[dict[str, Any], Interval]],
) -> dict[str, list[Interval]]:
    """Return when single services do not leave, h."""
    stopped: dict[str, list[Interval]] = {}
    for row, interval in closing:
        if row["element_kind"] == "service":
            stopped.setdefault(row["element_id"], []).append(interval)
    return stopped


def add_closures(
    stations: Stations,
    periods: list[Arcs],
    closing: list[tuple[dict[str, Any], Interval]],
    scenario: Scenario,
    clock: Clock,
    options: SimulationOptions,
) -> tuple[str, ...]:
    """Add all that shuts stations to a model; return what it is, in words."""
    return (
        *_add_events(stations, periods, closing),
        *_add_opening_hours(stations, periods, clock),
        *_add_breakdowns(stations, scenario),
        *_add_weather(stations, periods, options),
    )


def _add_events(
    stations: Stations, periods: list[Arcs], closing: list[tuple[dict[str, Any], Interval]]
) -> Iterator[str]:
    for row, interval in closing:
        if row["element_kind"] == "service":
            continue
        if row["uses"]:
            targets = stations.of_row.get(("gate", row["event_id"]), [])
        else:
            targets = sorted(_hit(stations, periods, row["element_id"]))
        stations.builder.dated_closure(
            ("event", row["event_id"]),
            targets,
            [interval],
            stops_work=row["element_kind"] != "link",
        )
        yield f"event '{row['name']}'"


def _hit(stations: Stations, periods: list[Arcs], element: str) -> set[int]:
    """Return the stations of what a closure hits."""
    found: set[int] = set()
    for arcs in periods:
        hit = Marks(arcs.period.network).of(element)
        table = arcs.period.network.arc.filter(pl.Series(hit)).select("kind", "row_id").unique()
        for kind, row_id in table.iter_rows():
            for one in (row_id or "").split(POOL_MARK):
                found.update(stations.of_row.get((kind, base_id(one)), []))
    return found


def _add_opening_hours(stations: Stations, periods: list[Arcs], clock: Clock) -> Iterator[str]:
    hours: dict[str, str] = {}
    for arcs in periods:
        for row in arcs.terminal.values():
            if row["opening_hours"]:
                hours[base_id(row["terminal_id"])] = row["opening_hours"]
    for terminal, text in sorted(hours.items()):
        stations.builder.dated_closure(
            ("opening hours", terminal),
            stations.of_row.get(("terminal", terminal), []),
            clock.shut(parse_opening_hours(text)),
        )
        yield f"opening hours of {terminal}"


def _add_breakdowns(stations: Stations, scenario: Scenario) -> Iterator[str]:
    for number, one in enumerate(scenario.breakdown):
        stations.builder.breakdowns(
            ("breakdown", one.element_id, number),
            stations.of_row.get((one.element_kind, one.element_id), []),
            Distribution.exponential(one.mean_between_h),
            Distribution.of("gamma", one.repair_h, one.repair_cv),
            stops_work=one.stops_work,
        )
        yield f"breakdowns of {one.element_id}"


def _add_weather(
    stations: Stations, periods: list[Arcs], options: SimulationOptions
) -> Iterator[str]:
    days: dict[tuple[Any, ...], list[float]] = {}
    for arcs in periods:
        for line in arcs.lines.values():
            for row in line.services:
                if row["closed_days_by_month"]:
                    each = [float(day) for day in row["closed_days_by_month"].split(" ")]
                    known = days.setdefault(line.name, [0.0] * 12)
                    days[line.name] = [max(a, b) for a, b in zip(known, each, strict=True)]
    for name, each in sorted(days.items(), key=str):
        quays = [quay for quay in stations.quays[name] if quay >= 0]
        shares = [day / DAYS_PER_MONTH for day in each]
        stations.builder.weather(("weather", *name), quays, shares, options.storm_days)
        yield f"weather on {name[0]}"
