"""Services as vessels: fleets that sail back, lines of departures, and the goods they take.

A fleet's table row says how many vessels there are, how often one leaves, and how long the
crossing takes. What is left of a vessel's cycle is its stay in port, half on either side: so the
fleet makes the departures that are published, and no more, whatever holds its vessels up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from sogdia.network.resource import HOURS_PER_WEEK, POOL_MARK
from sogdia.simulation.clock import Clock
from sogdia.simulation.distribution import Distribution
from sogdia.simulation.flows import PeriodFlows
from sogdia.simulation.model import ALWAYS, ModelBuilder
from sogdia.simulation.options import SimulationOptions
from sogdia.study.model import base_id
from sogdia.study.opening_hours import parse_timetable

LEAST_STAY_H = 1.0
"""Stay in port of vessels of which the table asks for more departures than they can make."""


KEPT = (
    "service_id",
    "departure",
    "departures_week",
    "timetable",
    "availability",
    "headway_cv",
    "batch_capacity_t",
    "batch_capacity_teu",
    "fleet",
    "crossing_time_h",
    "max_wait_h",
)


@dataclass(frozen=True, slots=True)
class Line:
    """Services on a link that take the same goods, and leave from the same quays.

    Attributes
    ----------
    name : tuple
        Link, and goods taken.
    row_id : str
        As the network pools them.
    services : list of dict
        Rows of the service table.
    """

    name: tuple[Any, ...]
    row_id: str
    services: list[dict[str, Any]]

    @property
    def counts_t(self) -> bool:
        """Whether room is counted in t (and boxes, if it counts them too, as so many t)."""
        return self.services[0]["batch_capacity_t"] is not None

    @property
    def t_per_teu(self) -> float | None:
        """Room that a TEU takes up on a deck that takes both; None: it does not."""
        in_teu = [row["batch_capacity_teu"] for row in self.services]
        if not self.counts_t or None in in_teu:
            return None
        return float(sum(row["batch_capacity_t"] for row in self.services) / sum(in_teu))

    def room(self, tonnes: float, load_t_per_teu: float | None) -> float:
        """Return what a shipment takes up: t, or TEU where only these are counted.

        Parameters
        ----------
        tonnes : float
            Its weight.
        load_t_per_teu : float or None
            Of goods in boxes: load of a box.
        """
        if not self.counts_t:
            return tonnes / (load_t_per_teu or 1.0)
        if load_t_per_teu and self.t_per_teu:
            return tonnes / load_t_per_teu * self.t_per_teu
        return tonnes


def line_of(period: PeriodFlows, row_id: str) -> Line:
    """Return the line that a pooled service of a period's network stands for."""
    ids = row_id.split(POOL_MARK)
    rows = (
        period.study.service.filter(pl.col("service_id").is_in(ids)).sort("service_id").to_dicts()
    )
    one = rows[0]
    name = (
        base_id(one["link_id"]),
        one["allowed_uses"],
        one["hazard_classes"],
        one["batch_capacity_t"] is None,
    )
    return Line(name, row_id, rows)


@dataclass(frozen=True, slots=True)
class Work:
    """What one service does, and from when to when.

    Attributes
    ----------
    line : tuple
        Name of its line.
    row : dict
        Row of the service table.
    ends : tuple of str
        Nodes that its link joins.
    time_cv : float
        Coefficient of variation of the crossing.
    start_h, until_h : float
        When it begins and ends to leave, h.
    """

    line: tuple[Any, ...]
    row: dict[str, Any]
    ends: tuple[str, str]
    time_cv: float
    start_h: float
    until_h: float

    @property
    def service(self) -> str:
        """Its id."""
        return base_id(self.row["service_id"])


def find_work(
    periods: Iterable[tuple[PeriodFlows, float, float]],
    lines: Mapping[tuple[Any, ...], tuple[int, int]],
    stopped: Mapping[str, list[tuple[float, float]]],
) -> list[Work]:
    """Find what the services of all lines that goods use do.

    Periods in which a service stays the same are one; when it is stopped is cut out.

    Parameters
    ----------
    periods : iterable of tuple
        Flows of each period, and from when to when it lasts, h.
    lines : mapping
        Quays of each line by its name: from the first node of the link, and from its last (-1:
        the link is directed).
    stopped : mapping of str to list of tuple of float
        When a single service does not leave, h.
    """
    spans: dict[tuple[Any, ...], list[tuple[float, float]]] = {}
    for period, start_h, until_h in periods:
        links = {row["link_id"]: row for row in period.study.link.iter_rows(named=True)}
        pooled = period.network.arc.filter(pl.col("kind") == "service")["row_id"]
        for row_id in pooled.unique(maintain_order=True):
            line = line_of(period, row_id)
            if line.name not in lines:
                continue
            for row in line.services:
                link = links[row["link_id"]]
                ends = (link["from_node_id"], link["to_node_id"])
                kept = tuple((name, row[name]) for name in KEPT)
                key = (line.name, kept, ends, link["time_cv"] or 0.0)
                before = spans.setdefault(key, [])
                if before and before[-1][1] == start_h:
                    before[-1] = (before[-1][0], until_h)
                else:
                    before.append((start_h, until_h))
    return [
        Work(line_name, dict(kept), ends, time_cv, start, until)
        for (line_name, kept, ends, time_cv), intervals in spans.items()
        for span in intervals
        for start, until in _cut(span, stopped.get(base_id(dict(kept)["service_id"]), []))
    ]


def _cut(
    span: tuple[float, float], holes: Iterable[tuple[float, float]]
) -> list[tuple[float, float]]:
    start, until = span
    parts = []
    for begins, ends in sorted(holes):
        if begins > start:
            parts.append((start, min(begins, until)))
        start = max(start, ends)
    return [part for part in [*parts, (start, until)] if part[1] > part[0]]


def add_vessels(
    builder: ModelBuilder,
    clock: Clock,
    work: Work,
    quays: tuple[int, int],
    options: SimulationOptions,
    positions: Mapping[str, list[tuple[str | None, float]]],
) -> None:
    """Add the vessels of a service, or its lines of departures if it has no fleet.

    Parameters
    ----------
    builder : ModelBuilder
        Gets the vessels.
    clock : Clock
        Of the simulation.
    work : Work
        What the service does.
    quays : tuple of int
        From which it leaves.
    options : SimulationOptions
        For the family of distributions.
    positions : mapping
        Where vessels are at the start; see `sogdia.simulation.initial`.
    """
    row = work.row
    waits = row["max_wait_h"]
    capacity = float(row["batch_capacity_t"] or row["batch_capacity_teu"])
    common: dict[str, Any] = {
        "capacity": capacity,
        "crossing": Distribution.of(options.distribution, row["crossing_time_h"], work.time_cv),
        "least_load": capacity if waits else 0.0,
        "longest_wait_h": waits or ALWAYS,
        "start_h": work.start_h,
        "until_h": work.until_h,
    }
    headway_h = HOURS_PER_WEEK / (row["departures_week"] * row["availability"])
    sides = [quay for quay in quays if quay >= 0]
    if row["timetable"] is None and row["fleet"] and len(sides) > 1:
        cycle_h = row["fleet"] * headway_h
        stay_h = max(cycle_h / 2.0 - row["crossing_time_h"], LEAST_STAY_H)
        known = positions.get(work.service, []) if work.start_h <= 0.0 else []
        for number in range(row["fleet"]):
            place, ready_h = None, work.start_h + (number // 2 + 0.5) / row["fleet"] * cycle_h
            if number < len(known):
                place, ready_h = known[number]
            builder.vessel(
                (work.service, number + 1, work.start_h),
                sides,
                stay=Distribution.of(options.distribution, stay_h, row["headway_cv"]),
                ready_h=ready_h,
                side=work.ends.index(place) if place in work.ends else number % 2,
                **common,
            )
        return
    if row["timetable"] is not None:
        times = clock.weekly(parse_timetable(row["timetable"]))
        common |= {"cancelled": 1.0 - row["availability"], "timetables": (times, ())}
        stay = Distribution.constant(0.0)
    else:
        stay = Distribution.of(options.distribution, headway_h, row["headway_cv"])
    for side, quay in enumerate(sides):
        name = (work.service, "departures", side, work.start_h)
        builder.vessel(name, [quay], stay=stay, ready_h=work.start_h, **common)
