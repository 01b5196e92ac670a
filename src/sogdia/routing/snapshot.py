"""Snapshot: the network as a shipment meets it that leaves on a given day.

Tariffs, services and lasting changes are those of the day of departure, and weather stops
services as often as in its month. Closures are kept
apart from the network, with their dates: a trip of weeks may reach a closed place
after it has opened again, or an open one after it has closed.
"""

from __future__ import annotations

import itertools
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from sogdia.errors import DataError
from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks
from sogdia.network.model import Bools, Floats, Network
from sogdia.network.resource import (
    DAYS_PER_YEAR,
    POOL_MARK,
    WEEKS_PER_YEAR,
    departures_per_year,
    own_ids,
)
from sogdia.routing.restriction import HORIZON_H, Restriction
from sogdia.scenario import Period, Rule, Scenario, hazards_at, study_at
from sogdia.scenario.effects import WAIT_OUT_DAYS
from sogdia.scenario.prune import prune
from sogdia.study import Study
from sogdia.study.opening_hours import parse_opening_hours, parse_timetable

HOURS_PER_WEEK = 168.0
HOURS_PER_DAY = 24.0
JUST_AFTER_H = 1e-6
MASKED_KINDS = ("country", "node", "link", "terminal")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The network of one day.

    Attributes
    ----------
    depart : date
        The day; trips leave at its beginning.
    study : Study
        Tables as they stand on that day, closures not counted.
    network : Network
        Compiled from them.
    marks : Marks
        Of the network.
    closures : DataFrame
        Events that close something within the time of a trip.
    weekly : dict of int to tuple of (float, float)
        Arcs that keep hours or a timetable: the times since departure at which they are shut.
    moving_h, moving_sd_h : ndarray of float64, shape (arcs,)
        Time of line haul or handling alone.
    headway_h, headway_cv2 : ndarray of float64, shape (arcs,)
        Time between departures, where one is waited for that no timetable gives.
    departure_wait_h : ndarray of float64, shape (arcs,)
        Mean wait for it.
    queue_h : ndarray of float64, shape (resources + 1,)
        Mean wait in the queue of each resource; the last entry is that of none.
    scarcity_usd_t : ndarray of float64, shape (resources + 1,)
        What the capacity of each resource is worth, USD per t.
    """

    depart: date
    study: Study
    network: Network
    marks: Marks
    closures: pl.DataFrame
    weekly: dict[int, tuple[tuple[float, float], ...]]
    moving_h: Floats
    moving_sd_h: Floats
    headway_h: Floats
    headway_cv2: Floats
    departure_wait_h: Floats
    queue_h: Floats
    scarcity_usd_t: Floats

    def hours_until(self, day: date) -> float:
        """Return the time from departure to the beginning of a day, h."""
        return (day - self.depart).days * HOURS_PER_DAY


def snapshot(
    study: Study,
    scenario: Scenario,
    depart: date,
    *,
    without_services: frozenset[str] = frozenset(),
    queues: pl.DataFrame | None = None,
) -> Snapshot:
    """Return the network as a shipment meets it that leaves on a day.

    Parameters
    ----------
    study : Study
        The study under the scenario (see `sogdia.scenario.apply`).
    scenario : Scenario
        For what it says of dangerous goods.
    depart : date
        Day of departure.
    without_services : frozenset of str
        Services that are not to be used.
    queues : DataFrame, optional
        Columns element, kind, forward, unit, wait_h and scarcity_usd_t, as ``elements`` of
        an assignment; by default nothing queues and nothing is scarce.

    Returns
    -------
    Snapshot
        Compiled and ready for queries.
    """
    bare = Period(depart, depart, 1.0)
    period = Period(depart, depart, 1.0, hazards_at(scenario, bare))
    kind = pl.col("element_kind").cast(pl.String)
    brief = (pl.col("until_date") - pl.col("from_date")).dt.total_days() < WAIT_OUT_DAYS - 1
    separate = (
        pl.col("happened")
        & (pl.col("effect").cast(pl.String) == "closes")
        & (kind.is_in(MASKED_KINDS) | ((kind == "service") & brief.fill_null(value=False)))
    )
    horizon = depart + timedelta(hours=HORIZON_H)
    met = (pl.col("from_date") <= horizon) & (pl.col("until_date") >= depart).fill_null(value=True)
    closures = study.event.filter(separate & met)
    now = study_at(study.with_tables(event=study.event.filter(~separate)), period, depart.year)
    if without_services:
        before = now.frames()
        left = before["service"].filter(~own_ids("service_id").is_in(list(without_services)))
        now = now.with_tables(**prune(before | {"service": left}, before))
    now = now.with_tables(service=_in_month(now.service, depart))
    network = compile_network(now)
    waits = _departure_waits(network)
    weekly, shut_h, shut_sd_h, cancelled_h = _weekly(now, network, depart)
    timetabled = np.isin(np.arange(network.arc.height), list(cancelled_h))
    headway_h = np.where(timetabled, 0.0, waits.headway_h)
    wait_h = np.where(timetabled, 0.0, waits.mean_h)
    variance = network.time_sd_h**2 - waits.sd_h**2 - shut_sd_h**2
    moving_h = network.time_h - waits.mean_h - shut_h
    queue_h, scarcity_usd_t = _queues(network, queues)
    for arc, extra_h in cancelled_h.items():
        moving_h[arc] += extra_h
    return Snapshot(
        depart=depart,
        study=now,
        network=network,
        marks=Marks(network),
        closures=closures,
        weekly=weekly,
        moving_h=moving_h,
        moving_sd_h=np.sqrt(np.maximum(variance, 0.0)),
        headway_h=headway_h,
        headway_cv2=waits.headway_cv2,
        departure_wait_h=wait_h,
        queue_h=queue_h,
        scarcity_usd_t=scarcity_usd_t,
    )


def _in_month(service: pl.DataFrame, day: date) -> pl.DataFrame:
    """Let services close all year as often as they do in the month of a day."""
    days = monthrange(day.year, day.month)[1]
    closed = pl.col("closed_days_by_month").str.split(" ").list.get(day.month - 1)
    per_month = closed.cast(pl.Float64) / days * DAYS_PER_YEAR / 12
    every_month = pl.concat_list([per_month.cast(pl.String)] * 12).list.join(" ")
    return service.with_columns(
        closed_days_by_month=pl.when(closed.is_not_null()).then(every_month)
    )


@dataclass(frozen=True, slots=True)
class _DepartureWaits:
    headway_h: Floats
    headway_cv2: Floats
    mean_h: Floats
    sd_h: Floats


def _departure_waits(network: Network) -> _DepartureWaits:
    """Take the wait for a departure out of the resources of services."""
    resource = np.maximum(network.resource_kt, network.resource_kteu)
    is_service = (network.arc["kind"] == "service").to_numpy() & (resource >= 0)
    table = network.resource
    headway = np.append(table["service_time_h"].fill_null(0.0).to_numpy(), 0.0)[resource]
    cv2 = np.append(table["service_cv2"].fill_null(0.0).to_numpy(), 0.0)[resource]
    headway = np.where(is_service, headway, 0.0)
    cv2 = np.where(is_service, cv2, 0.0)
    mean = headway * (1.0 + cv2) / 2.0
    square = headway**2 * (1.0 + cv2) * (1.0 + 2.0 * cv2) / 3.0
    return _DepartureWaits(headway, cv2, mean, np.sqrt(np.maximum(square - mean**2, 0.0)))


def _queues(network: Network, queues: pl.DataFrame | None) -> tuple[Floats, Floats]:
    """Return wait and scarcity price of each resource that a table of queues gives, and of none."""
    names = network.resource.select(
        "kind",
        "forward",
        "unit",
        element=own_ids("row_id").str.replace_all(POOL_MARK, " + ", literal=True),
    )
    if queues is None:
        return np.zeros(names.height + 1), np.zeros(names.height + 1)
    keys, values = ["element", "kind", "forward", "unit"], ["wait_h", "scarcity_usd_t"]
    if missing := [name for name in keys + values if name not in queues.columns]:
        raise DataError(
            f"the table of queues has no column {missing[0]}; it needs {', '.join(keys + values)}"
        )
    found = names.join(
        queues.select(keys + values).unique(keys, keep="first", maintain_order=True),
        on=keys,
        how="left",
        maintain_order="left",
        nulls_equal=True,
    )
    wait_h, price = (np.append(found[name].fill_null(0.0).to_numpy(), 0.0) for name in values)
    return wait_h, price


def _weekly(
    study: Study, network: Network, depart: date
) -> tuple[dict[int, tuple[tuple[float, float], ...]], Floats, Floats, dict[int, float]]:
    """Return when arcs that keep hours are shut, and what the network counts for it.

    The last part is, by arc with a timetable, the mean time lost to departures that are
    not made.
    """
    arc = network.arc
    shut: dict[int, tuple[tuple[float, float], ...]] = {}
    for row_id, hours in study.terminal.select("terminal_id", "opening_hours").iter_rows():
        if hours is not None:
            spans = _shut_between(parse_opening_hours(hours), depart)
            here = ((arc["kind"] == "terminal") & (arc["row_id"] == row_id)).to_numpy()
            shut |= dict.fromkeys(np.flatnonzero(here).tolist(), spans)
    cancelled: dict[int, float] = {}
    nominal = pl.col("departures_week") * WEEKS_PER_YEAR
    timetables = study.service.select(
        "service_id", "timetable", made=departures_per_year() / nominal
    ).iter_rows()
    for row_id, text, made in timetables:
        # services that share a berth leave with whichever is next; no timetable tells which
        here = ((arc["kind"] == "service") & (arc["row_id"] == row_id)).to_numpy()
        if text is None or not here.any():
            continue
        departures = parse_timetable(text)
        spans = _shut_between([(at, at) for at in departures], depart)
        gap_h = HOURS_PER_WEEK / len(departures)
        lost_h = gap_h * (1.0 - made) / made if made > 0 else np.inf
        for number in np.flatnonzero(here).tolist():
            shut[number] = spans
            cancelled[number] = lost_h
    return (
        shut,
        arc["shut_h"].fill_null(0.0).to_numpy(),
        arc["shut_sd_h"].fill_null(0.0).to_numpy(),
        cancelled,
    )


def _shut_between(
    opened: Iterable[tuple[float, float]], depart: date
) -> tuple[tuple[float, float], ...]:
    """Return the times between weekly openings, from departure on, until the horizon."""
    started = datetime.combine(depart, time())
    into_week = started.weekday() * HOURS_PER_DAY
    times = sorted(opened)
    first_week, weeks = -1, int(HORIZON_H / HOURS_PER_WEEK) + 2
    absolute = [
        (start + week * HOURS_PER_WEEK - into_week, end + week * HOURS_PER_WEEK - into_week)
        for week in range(first_week, weeks)
        for start, end in times
    ]
    return tuple(
        (end + JUST_AFTER_H, start)
        for (_, end), (start, _) in itertools.pairwise(absolute)
        if start > 0 and start > end + JUST_AFTER_H
    )


def rule_restriction(rule: Rule, snap: Snapshot, arcs: Bools) -> Restriction:
    """Return a scenario's rule as a restriction with its dates."""
    start = -np.inf if rule.start is None else snap.hours_until(rule.start)
    end = np.inf if rule.end is None else snap.hours_until(rule.end + timedelta(days=1))
    return Restriction("rule", f"rule '{rule.label}'", arcs, start, end)


def closure_restrictions(snap: Snapshot, use: str) -> list[Restriction]:
    """Return the closures that concern a kind of cargo as restrictions with their dates."""
    result = []
    for row in snap.closures.iter_rows(named=True):
        if row["uses"] and use not in row["uses"].split(","):
            continue
        until = row["until_date"]
        end = np.inf if until is None else snap.hours_until(until + timedelta(days=1))
        when = f"from {row['from_date']}" + (f" to {until}" if until else "")
        if row["element_kind"] == "service":
            # others that leave from the same berth take the goods meanwhile
            alone = snap.network.arc.select(own_ids("row_id") == row["element_id"])
            arcs = alone.to_series().fill_null(value=False).to_numpy()
        else:
            arcs = snap.marks.of(row["element_id"])
        result.append(
            Restriction(
                "closure",
                f"event '{row['name']}' ({row['element_id']} closed {when})",
                arcs,
                snap.hours_until(row["from_date"]),
                end,
            )
        )
    return result
