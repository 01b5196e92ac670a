"""Years of disruptions by chance: what is not served, and the stock that would cover it.

Each year draws outages from the record (see `sogdia.balance.outage_record`); what they leave of
an element's month bounds its flow, and the balance is solved again, knowing all of the year.
What is scheduled for closed days does not pass on others where an element has no capacity of
its own to make up for it. A year in which every flow of the balance still finds its room is
the balance itself, and is not solved.
"""

from __future__ import annotations

import calendar
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sogdia.balance.balance import Progress
from sogdia.balance.months import MONTHS
from sogdia.balance.outage_record import CREDIBLE, Chance, drawn, left_by_month
from sogdia.balance.outages import Outage, Outages
from sogdia.balance.problem import Stress
from sogdia.balance.program import Program
from sogdia.balance.result import SupplyResult
from sogdia.errors import DataError
from sogdia.network.marks import split
from sogdia.network.model import Bools, Floats
from sogdia.network.resource import POOL_MARK, departures_per_year, own_ids

CHUNK = 250
"""Years that one program lives through; it starts anew with the next, whatever the threads."""
STRATA = 32
"""Outages by which what a disruption does alone is measured."""
TOLERANCE = 1e-9
COVERED = 0.95
NORMAL_95 = 1.959963984540054
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
GOLDEN = 0.6180339887498949
STAGE = "years of disruptions"
DISRUPTION_COLUMNS = {
    "disruption": pl.String,
    "name": pl.String,
    "kind": pl.String,
    "element": pl.String,
    "rate_y": pl.Float64,
    "rate_low": pl.Float64,
    "rate_high": pl.Float64,
    "duration_days": pl.Float64,
    "capacity_left": pl.Float64,
    "alone_unserved_kt": pl.Float64,
    "source": pl.String,
}


@dataclass(frozen=True, eq=False)
class DisruptionResult:
    """What disruptions by chance leave unserved in a year.

    Attributes
    ----------
    by_commodity : DataFrame
        commodity, expected_unserved_kt with low and high (95 % interval of the mean, for the
        number of years drawn), p50 to p99 of the yearly tonnes, cover_stock_kt (the stock
        that covers 95 % of years), cover_days (of need), need_kt.
    by_disruption : DataFrame
        disruption, name, kind, element, rate_y with rate_low and rate_high (90 % credible),
        duration_days, capacity_left, alone_unserved_kt (expected, were it the only one, one
        outage at a time, beyond what is not served anyway), source; the worst first.
    draws, seed : int
        How many years, and whose random numbers.
    unserved_kt : ndarray of float64, shape (draws, commodities)
        What is not served in each year.
    solved : int
        Years that had to be solved.
    """

    by_commodity: pl.DataFrame
    by_disruption: pl.DataFrame
    draws: int
    seed: int
    unserved_kt: Floats
    solved: int


Year = list[tuple[int, float, float]]
"""Outages of a year: number of the disruption, first and last day."""


@dataclass(frozen=True, eq=False, slots=True)
class _Lived:
    """What is not served in some years, by commodity, and which had to be solved."""

    unserved_kt: Floats
    solved: Bools


@dataclass(frozen=True, eq=False, slots=True)
class _Hit:
    """A disruption, its element, and the flow that an open month lets pass.

    Attributes
    ----------
    row : dict
        Of table ``disruption``.
    chance : Chance
        How often, how long, what is left.
    element : Outage
        What it stops.
    full_kt, flow_kt : ndarray of float64, shape (12,)
        Capacity of the element in each month, or what passes it where it has none; and
        what passes it in the balance.
    """

    row: dict[str, Any]
    chance: Chance
    element: Outage
    full_kt: Floats
    flow_kt: Floats


def disruptions(
    result: SupplyResult,
    draws: int = 10_000,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
) -> DisruptionResult:
    """Live through years with the disruptions of the study's record.

    Rates are drawn from what the record says of them (Jeffreys' posterior), outages start on
    any day alike, and durations are lognormal; what would last into the next year is cut at
    the end of the year, and nothing is still going on when the year begins. A disruption of
    some kinds of cargo only counts if one of them is balanced; it then stops all that is
    balanced. That of a producer scales what it ships. Threads change no figure.

    Parameters
    ----------
    result : SupplyResult
        The balance. Its program is not touched.
    draws : int
        Years to draw.
    seed : int
        Of the random numbers, from 0 to 2**64 - 1.
    threads : int, optional
        By default as many as there are processors.
    progress : callable, optional
        Called with the stage, how much of it is done, and of how much.

    Returns
    -------
    DisruptionResult
        Expected unserved tonnes, their spread, and what each disruption does.

    Raises
    ------
    DataError
        If no year is asked for, or the seed is out of its range.
    """
    if draws < 1:
        raise DataError(f"at least one year is to be drawn, but {draws} are asked for")
    days = np.array(
        [calendar.monthrange(result.year, month + 1)[1] for month in range(MONTHS)], dtype=float
    )
    ends = np.cumsum(days)
    hits = _hits(result)
    years: list[Year] = [[] for _ in range(draws)]
    for number, hit in enumerate(hits):
        found = drawn(hit.chance, draws, seed, ends[-1])
        for year, start, end in zip(found.year, found.start, found.end, strict=True):
            years[year].append((number, float(start), float(end)))
    strata = min(STRATA, draws)
    for number, hit in enumerate(hits):
        years += _alone(number, hit.chance, strata, ends[-1])
    lived = _lived(result, hits, years, ends, threads, progress)
    unserved = lived.unserved_kt[:draws]
    base = _by_commodity(result, result.solution.unserved_kt)
    beyond = (lived.unserved_kt[draws:] - base).sum(axis=1).reshape(len(hits), strata)
    alone = np.array([hit.chance.rate_y for hit in hits]) * beyond.mean(axis=1)
    return DisruptionResult(
        by_commodity=_commodity_table(result, unserved, ends[-1]),
        by_disruption=_disruption_table(hits, alone),
        draws=draws,
        seed=seed,
        unserved_kt=unserved,
        solved=int(lived.solved[:draws].sum()),
    )


# ---- what can happen ----


def _hits(result: SupplyResult) -> list[_Hit]:
    """The disruptions of the record that bear on what is balanced."""
    every = Outages(result)
    use = dict(result.study.commodity.select("commodity_id", "use").iter_rows())
    found = []
    for row in result.study.disruption.sort("disruption_id").iter_rows(named=True):
        uses = split(row["uses"])
        hit = [name for name in result.commodities if not uses or use[name] in uses]
        if not hit:
            continue
        kind, element = row["element_kind"], row["element_id"]
        producer = every.producer(element, hit) if kind == "node" else None
        one = producer or every.element(kind, element)
        left = row["capacity_factor"] or 0.0
        chance = Chance(
            disruption=row["disruption_id"],
            events=row["events"],
            years=row["years"],
            duration_days=row["duration_days"],
            duration_cv=1.0 if row["duration_cv"] is None else row["duration_cv"],
            left=1.0 - (1.0 - left) * (_part(result, element) if kind == "service" else 1.0),
        )
        flow = every.flow_kt(one, result.solution)
        full = flow
        if producer is None and kind in {"link", "terminal", "service"}:
            room = _room_kt(result, one)
            full = np.where(np.isfinite(room), room, flow)
        found.append(_Hit(row, chance, one, full, flow))
    return found


def _room_kt(result: SupplyResult, one: Outage) -> Floats:
    """What an element can take in each month, kt; infinite where something has no limit.

    Resources side by side add up: a path has one of the element's arcs. Thousand TEU are
    counted at the least weight that any of the goods has in them.
    """
    problem = result.assembly.problem
    room = np.empty(problem.periods)
    for month, network in enumerate(problem.network):
        each: dict[int, float] = {}
        can = np.append(problem.room[:, month], np.inf)
        for number in dict.fromkeys(problem.layer_of[:, network]):
            layer = problem.layers[number]
            marked = one.marked[network][layer.arc]
            resources, units = layer.resource[marked], layer.unit_per_t[marked]
            for resource, unit in zip(resources, units, strict=True):
                kt = can[resource] / unit if unit > 0 else np.inf
                each[int(resource)] = min(each.get(int(resource), np.inf), float(kt))
        room[month] = sum(each.values()) if each else np.inf
    return room


def _part(result: SupplyResult, service: str) -> float:
    """What part of the room of all services that leave from its berth is a service's."""
    size = departures_per_year() * pl.coalesce("batch_capacity_t", "batch_capacity_teu")
    sizes = dict(result.study.service.select("service_id", size.alias("size")).iter_rows())
    for month in result.months.networks:
        for pool in month.network.arc.select(own_ids("row_id"))["row_id"].drop_nulls():
            members = pool.split(POOL_MARK)
            if service in members and len(members) > 1:
                total = sum(sizes[one] or 0.0 for one in members)
                return float((sizes[service] or 0.0) / total) if total > 0 else 1.0
    return 1.0


def _alone(number: int, chance: Chance, strata: int, days: float) -> list[Year]:
    """Years with one outage each, spread evenly over its days and its durations."""
    start = (np.arange(strata) + 0.5) / strata
    # Multiples of the golden section are even in every part of the year (Weyl, 1916).
    length = chance.duration_quantile(np.mod(np.arange(strata) * GOLDEN + 0.5 / strata, 1.0))
    end = np.minimum(start * days + length, days)
    return [
        [(number, float(first), float(last))] for first, last in zip(start * days, end, strict=True)
    ]


# ---- living through it ----


def _lived(
    result: SupplyResult,
    hits: Sequence[_Hit],
    years: Sequence[Year],
    ends: Floats,
    threads: int | None,
    progress: Progress | None,
) -> _Lived:
    """Live through years, some on one program and some on another, always the same ones."""
    chunks = [years[first : first + CHUNK] for first in range(0, len(years), CHUNK)]
    done: list[_Lived] = []
    if progress is not None:
        progress(STAGE, 0, len(years))
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        for one in pool.map(lambda chunk: _live(result, hits, chunk, ends), chunks):
            done.append(one)
            if progress is not None:
                progress(STAGE, min(len(done) * CHUNK, len(years)), len(years))
    return _Lived(
        np.concatenate([one.unserved_kt for one in done]),
        np.concatenate([one.solved for one in done]),
    )


def _live(
    result: SupplyResult, hits: Sequence[_Hit], years: Sequence[Year], ends: Floats
) -> _Lived:
    """Live through years one after the other on a program of their own."""
    unserved = np.tile(_by_commodity(result, result.solution.unserved_kt), (len(years), 1))
    solved = np.zeros(len(years), dtype=np.bool_)
    program: Program | None = None
    for number, year in enumerate(years):
        felt = [(hits[hit], left) for hit, left in _left(hits, year, ends)]
        if all(_finds_room(hit, left) for hit, left in felt):
            continue
        if program is None:
            program = Program(result.assembly.problem, result.solution.paths)
            program.solve()
        solution = program.solve(_stress(program, felt))
        unserved[number] = _by_commodity(result, solution.unserved_kt)
        solved[number] = True
    return _Lived(unserved, solved)


def _left(hits: Sequence[_Hit], year: Year, ends: Floats) -> Iterator[tuple[int, Floats]]:
    """What is left of each element that is hit in a year; one of its disruptions stands for it."""
    of: dict[bytes, list[tuple[int, float, float]]] = {}
    for number, start, end in year:
        of.setdefault(hits[number].element.what, []).append((number, start, end))
    for outages in of.values():
        spans = [(start, end, hits[number].chance.left) for number, start, end in outages]
        yield outages[0][0], left_by_month(spans, ends)


def _most_kt(hit: _Hit, left: Floats) -> Floats:
    """What an element lets pass; one that nothing passes and that has no capacity is open.

    Unless it is closed for the whole month.
    """
    known = np.isfinite(hit.full_kt) & (hit.full_kt > 0)
    partly = np.where(known, left * np.where(known, hit.full_kt, 0.0), np.inf)
    most = np.where(left <= TOLERANCE, 0.0, partly)
    return np.asarray(np.where(left >= 1.0 - TOLERANCE, np.inf, most), dtype=np.float64)


def _finds_room(hit: _Hit, left: Floats) -> bool:
    """Tell whether what passes an element in the balance still can."""
    if hit.element.stopped is not None:
        return not ((left < 1.0 - TOLERANCE) & (hit.flow_kt > TOLERANCE)).any()
    return bool((hit.flow_kt <= _most_kt(hit, left) + TOLERANCE).all())


def _stress(program: Program, felt: Sequence[tuple[_Hit, Floats]]) -> Stress:
    problem = program.problem
    most: dict[int, Floats] = {}
    factor = None
    for hit, left in felt:
        if hit.element.stopped is not None:
            factor = np.ones((problem.sources, problem.periods)) if factor is None else factor
            factor[hit.element.stopped] *= left
            continue
        most[program.gate(hit.element.marked)] = _most_kt(hit, left)
    return Stress(most, factor)


# ---- tables ----


def _by_commodity(result: SupplyResult, unserved_kt: Floats) -> Floats:
    """Sum what consumers lack in the year, by commodity."""
    number = {name: place for place, name in enumerate(result.commodities)}
    total = np.zeros(len(number))
    sinks = result.market.sinks["commodity"]
    np.add.at(total, [number[one] for one in sinks], unserved_kt.sum(axis=1))
    return total


def _commodity_table(result: SupplyResult, unserved: Floats, days: float) -> pl.DataFrame:
    need = _by_commodity(result, result.assembly.problem.need_kt)
    mean, spread = unserved.mean(axis=0), unserved.std(axis=0, ddof=min(1, len(unserved) - 1))
    half = NORMAL_95 * spread / np.sqrt(len(unserved))
    cover = np.quantile(unserved, COVERED, axis=0, method="inverted_cdf")
    return pl.DataFrame(
        {
            "commodity": list(result.commodities),
            "expected_unserved_kt": mean,
            "low": np.maximum(mean - half, 0.0),
            "high": mean + half,
            **{name: np.quantile(unserved, share, axis=0) for name, share in QUANTILES.items()},
            "cover_stock_kt": cover,
            "cover_days": np.divide(cover * days, need, out=np.zeros(len(need)), where=need > 0),
            "need_kt": need,
        }
    )


def _disruption_table(hits: Sequence[_Hit], alone: Floats) -> pl.DataFrame:
    rows = [
        {
            "disruption": hit.chance.disruption,
            "name": hit.row["name"],
            "kind": hit.row["element_kind"],
            "element": hit.row["element_id"],
            "rate_y": hit.chance.rate_y,
            "rate_low": float(hit.chance.rate_quantile(CREDIBLE[0])),
            "rate_high": float(hit.chance.rate_quantile(CREDIBLE[1])),
            "duration_days": hit.chance.duration_days,
            "capacity_left": hit.chance.left,
            "alone_unserved_kt": float(kt),
            "source": hit.row["source_id"],
        }
        for hit, kt in zip(hits, alone, strict=True)
    ]
    return pl.DataFrame(rows, schema=DISRUPTION_COLUMNS).sort(
        "alone_unserved_kt", "disruption", descending=[True, False]
    )
