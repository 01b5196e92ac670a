"""`stress`: every element of a network lost in turn, and what that costs whom.

One state of the network is looked at: the period of the year that holds a day. Each element is
closed in it, or keeps a part of its capacity, and the period is assigned again; rates of the
period, times the days that the outage lasts, are its harm. Nothing is assumed of who repairs what
or how shippers adapt within those days: they choose as in equilibrium.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from sogdia.analysis.criticality.bench import Bench
from sogdia.analysis.criticality.elements import Element, elements_of, kinds_of, records_of
from sogdia.analysis.criticality.pairs import Pair, PairSearch, worst_pairs
from sogdia.analysis.criticality.reasons import CAPACITY, Reasons
from sogdia.analysis.criticality.trial import Loss, Trial
from sogdia.analysis.measures import measure_period
from sogdia.assignment import AssignmentOptions, Progress, is_about_goods
from sogdia.assignment.one_thread import one_blas_thread
from sogdia.assignment.requests import year_of_demand
from sogdia.assignment.unserved import LEAST_KT
from sogdia.assignment.waits import check_wait_factors
from sogdia.errors import DataError, Problem
from sogdia.scenario import Period, Scenario, periods
from sogdia.study import Study

DAYS_PER_YEAR = 365.0
MOST_DAYS = 3650.0
STAGE_1 = "removing one"
TOTALS = ("shipped_kt", "unserved_kt", "money_usd", "scarcity_usd", "time_kt_h", "co2_kt")
MEANS = ("days_mean", "cost_usd_t")
ELEMENT_COLUMNS = {
    "element": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "through_kt": pl.Float64,
    "lost_kt": pl.Float64,
    "extra_cost_usd": pl.Float64,
    "extra_days": pl.Float64,
    "extra_co2_kt": pl.Float64,
    "welfare_loss_usd": pl.Float64,
    "outages_per_year": pl.Float64,
    "expected_lost_kt_y": pl.Float64,
    "converged": pl.Boolean,
}
PAIR_COLUMNS = {
    "first": pl.String,
    "kind_first": pl.String,
    "name_first": pl.String,
    "second": pl.String,
    "kind_second": pl.String,
    "name_second": pl.String,
    "lost_kt": pl.Float64,
    "beyond_kt": pl.Float64,
    "extra_cost_usd": pl.Float64,
    "extra_days": pl.Float64,
    "extra_co2_kt": pl.Float64,
    "welfare_loss_usd": pl.Float64,
    "bound_kt": pl.Float64,
}
UNSERVED_COLUMNS = {
    "element": pl.String,
    "kind": pl.String,
    "origin": pl.String,
    "destination": pl.String,
    "commodity": pl.String,
    "kt": pl.Float64,
    "reason": pl.String,
}


@dataclass(frozen=True)
class StressResult:
    """What the loss of each element does.

    Attributes
    ----------
    study : Study
        Tables under the scenario.
    scenario : Scenario
        What was asked.
    year : int
        Year assigned.
    on : date
        The day whose network is looked at.
    period : Period
        The part of the year that holds it.
    days : float
        How long each outage lasts.
    capacity_left : float
        Share of its capacity that a lost element keeps; 0: it is closed.
    n : int
        How many are lost at once, at most.
    base : dict of str to float
        The network with all elements, for as many days: shipped_kt, unserved_kt, money_usd,
        scarcity_usd, time_kt_h, co2_kt, days_mean, cost_usd_t.
    elements : DataFrame
        The worst first. element, kind, name; through_kt (what passed); lost_kt (what is
        shipped less; negative where others leave room); extra_cost_usd, extra_co2_kt (of goods
        still shipped, beyond what the same goods paid and emitted before) and extra_days (of
        these goods, per tonne that passed; 0 where nothing did); welfare_loss_usd;
        outages_per_year and expected_lost_kt_y, null where table ``disruption`` has no record;
        converged.
    unserved : DataFrame
        What can no longer be served: element, kind, origin, destination, commodity, kt, reason
        ("no path", "closed" and "policy": what keeps the other ways from being used; "capacity":
        the other ways are full).
    pairs : DataFrame
        Pairs of elements that lose more than one of them alone, the worst first: first,
        kind_first, name_first, second, kind_second, name_second, lost_kt, beyond_kt (more than
        the two lose one at a time), extra_cost_usd, extra_days, extra_co2_kt, welfare_loss_usd,
        bound_kt (see `pairs`).
    pair_search : PairSearch or None
        How these were found; None if n is 1.
    seconds : float
        Wall-clock time.
    """

    study: Study
    scenario: Scenario
    year: int
    on: date
    period: Period
    days: float
    capacity_left: float
    n: int
    base: dict[str, float]
    elements: pl.DataFrame
    unserved: pl.DataFrame
    pairs: pl.DataFrame
    pair_search: PairSearch | None
    seconds: float


@one_blas_thread()
def stress(  # noqa: PLR0913 - a question with many sides
    study: Study,
    scenario: Scenario | None = None,
    *,
    year: int | None = None,
    on: date | None = None,
    n: int = 1,
    elements: Iterable[str] = ("links", "terminals"),
    days: float = DAYS_PER_YEAR,
    capacity_left: float = 0.0,
    top_pairs: int = 20,
    threads: int | None = None,
    options: AssignmentOptions | None = None,
    progress: Progress | None = None,
) -> StressResult:
    """Remove every element of a network in turn, and assign what is left.

    Parameters
    ----------
    study : Study
        Tables.
    scenario : Scenario, optional
        What is asked; by default the one that the study names.
    year : int, optional
        Year of demand; by default the scenario's, or the study's base year.
    on : date, optional
        The day whose network is looked at; by default the last of the year.
    n : {1, 2}
        2: pairs of elements, too.
    elements : iterable of str
        Some of links, terminals, services, chokepoints, nodes and countries.
    days : float
        How long each outage lasts.
    capacity_left : float
        Share of its capacity that an element keeps, from 0 to less than 1. What has no stated
        capacity, servers' work at terminals among it, is then not touched.
    top_pairs : int
        How many of the worst pairs are wanted.
    threads : int, optional
        Elements looked at at the same time; by default as many as there are processors. The
        result does not depend on it.
    options : AssignmentOptions, optional
        How to assign.
    progress : callable, optional
        Called with a stage, how much is done, and how much there is.

    Returns
    -------
    StressResult
        Elements and pairs, ranked by lost tonnes.

    Raises
    ------
    DataError
        If an argument is wrong, the study has no freight, or no element to remove.
    InfeasibleError
        If no shipment has a path even with all elements.

    Notes
    -----
    Each figure is that of a complete new equilibrium (see `sogdia.assignment.outage`). Of the
    record of disruptions, the rate is the mean that it leaves open (Jeffreys, 1946), and what is
    expected to be lost counts a partial outage with its share of a whole one.

    Examples
    --------
    >>> import sogdia
    >>> study = sogdia.load("eurasia")
    >>> result = sogdia.stress(study, elements=["chokepoints"], days=60)  # doctest: +SKIP
    >>> result.elements.head(5)  # doctest: +SKIP
    """
    started = time.perf_counter()
    kinds = kinds_of(elements)
    _check(study, n, days, capacity_left, top_pairs, threads)
    asked = year_of_demand(study, scenario, year)
    options = options or AssignmentOptions()
    check_wait_factors(asked.study, options.wait_factors)
    period = _period_of(periods(asked.study, asked.scenario, asked.year), asked.year, on)
    bench = Bench(asked, period, options, capacity_left)
    lost = elements_of(bench.part.study, bench.arcs, kinds)
    if not lost:
        raise DataError(
            f"study {study.name}, from {period.start} to {period.end}: there are no "
            f"{' or '.join(kinds)} elements to remove"
        )
    trial = Trial(bench, lost, days / DAYS_PER_YEAR)
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        losses = _each(trial, n > 1, pool, progress)
        search, worst = None, list[Pair]()
        if n > 1:
            search, worst = worst_pairs(trial, losses, top_pairs, pool, progress)
    unserved = _unserved(trial, losses)
    figures = measure_period(bench.part).figures
    return StressResult(
        study=asked.study,
        scenario=asked.scenario,
        year=asked.year,
        on=on or period.end,
        period=period,
        days=days,
        capacity_left=capacity_left,
        n=n,
        base={name: figures[name] * trial.years for name in TOTALS}
        | {name: figures[name] for name in MEANS},
        elements=_elements(trial, losses, days),
        unserved=unserved,
        pairs=_pairs(trial, losses, worst),
        pair_search=search,
        seconds=time.perf_counter() - started,
    )


def _check(
    study: Study,
    n: int,
    days: float,
    capacity_left: float,
    top_pairs: int,
    threads: int | None,
) -> None:
    wrong = []
    if n not in {1, 2}:
        wrong.append(f"n {n} is neither 1 nor 2: elements are lost one at a time, or in pairs")
    if not 0.0 < days <= MOST_DAYS:
        wrong.append(f"days {days:g} is not a number above 0 and up to {MOST_DAYS:g}")
    if not 0.0 <= capacity_left < 1.0:
        wrong.append(f"capacity_left {capacity_left:g} is not a share from 0 to less than 1")
    if top_pairs < 1:
        wrong.append(f"top_pairs {top_pairs} is not a number from 1")
    if threads is not None and threads < 1:
        wrong.append(f"threads {threads} is not a number from 1")
    if not is_about_goods(study):
        wrong.append(
            f"study {study.name} has trips and no demand for freight, which is what a stress "
            "test looks at; close its roads by events of a scenario and assign that"
        )
    if wrong:
        raise DataError([Problem(message) for message in wrong])


def _period_of(parts: Sequence[Period], year: int, on: date | None) -> Period:
    """Return the period that holds a day; by default the last."""
    if on is None:
        return parts[-1]
    for part in parts:
        if part.start <= on <= part.end:
            return part
    raise DataError(f"{on} is not in {year}, the year that is assigned; name a day of it")


def _each(
    trial: Trial, with_flows: bool, pool: ThreadPoolExecutor, progress: Progress | None
) -> list[Loss]:
    """Lose one element after the other; threads change no figure and no order."""
    one = partial(trial.lose, with_flows=with_flows)
    losses: list[Loss] = []
    for loss in pool.map(one, [(number,) for number in range(len(trial.elements))]):
        losses.append(loss)
        if progress:
            progress(STAGE_1, len(losses), len(trial.elements))
    return losses


def _figures(trial: Trial, numbers: Sequence[int], loss: Loss) -> dict[str, float]:
    through = trial.union_kt(numbers)
    return {
        "through_kt": through,
        "lost_kt": loss.lost_kt,
        "extra_cost_usd": loss.harm.extra_cost_usd,
        "extra_days": loss.harm.extra_kt_days / through if through > 0.0 else 0.0,
        "extra_co2_kt": loss.harm.extra_co2_kt,
        "welfare_loss_usd": loss.harm.welfare_loss_usd,
    }


def _elements(trial: Trial, losses: Sequence[Loss], days: float) -> pl.DataFrame:
    rows = []
    for number, (element, loss) in enumerate(zip(trial.elements, losses, strict=True)):
        often, expected = _expected(trial, element, loss, days)
        rows.append(
            {
                "element": element.element,
                "kind": element.kind,
                "name": element.name,
                **_figures(trial, (number,), loss),
                "outages_per_year": often,
                "expected_lost_kt_y": expected,
                "converged": loss.converged,
            }
        )
    # less than a tonne is the dust of a smooth demand function, and ranks nothing
    tonnes = (pl.col("lost_kt") / (LEAST_KT * trial.years)).round() + 0.0
    return pl.DataFrame(rows, schema=ELEMENT_COLUMNS).sort(
        [tonnes, pl.col("welfare_loss_usd"), pl.col("kind"), pl.col("element")],
        descending=[True, True, False, False],
    )


def _expected(
    trial: Trial, element: Element, loss: Loss, days: float
) -> tuple[float | None, float | None]:
    """Return how often the record says that an element is lost, and what that costs a year."""
    study, part = trial.bench.asked.study, trial.bench.part
    records = records_of(study, element)
    if not records:
        return None, None
    use = dict(study.commodity.select("commodity_id", "use").iter_rows())
    uses = [use[commodity] for commodity in part.requests.table["commodity_id"]]
    per_day = loss.harm.lost_kt / days / (1.0 - trial.bench.capacity_left)
    expected = 0.0
    for record in records:
        hit = np.array([not record.uses or one in record.uses for one in uses])
        lost_days = record.outages_per_year * record.duration_days * record.lost_share
        expected += lost_days * float(per_day[hit].sum())
    return sum(record.outages_per_year for record in records), expected


def _unserved(trial: Trial, losses: Sequence[Loss]) -> pl.DataFrame:
    """Tell who ships less without each element, and why."""
    reasons = Reasons(trial.bench)
    before = trial.bench.part.alternatives.served
    table = trial.bench.part.requests.table.select("origin", "destination", "commodity_id").rows()
    rows: list[tuple[Any, ...]] = []
    for element, loss in zip(trial.elements, losses, strict=True):
        stranded = before[~loss.served[before]]
        why = dict(zip(stranded.tolist(), reasons.of(stranded, [element]), strict=True))
        for row in np.flatnonzero(loss.harm.lost_kt > LEAST_KT * trial.years).tolist():
            kt = float(loss.harm.lost_kt[row])
            reason = why.get(row, CAPACITY)
            rows.append((element.element, element.kind, *table[row], kt, reason))
    keys = [name for name in UNSERVED_COLUMNS if name != "kt"]
    return (
        pl.DataFrame(rows, schema=UNSERVED_COLUMNS, orient="row")
        .group_by(keys)
        .agg(pl.col("kt").sum())
        .select(*UNSERVED_COLUMNS)
        .sort(
            ["kind", "element", "kt", "origin", "destination", "commodity", "reason"],
            descending=[False, False, True, False, False, False, False],
        )
    )


def _pairs(trial: Trial, losses: Sequence[Loss], worst: Sequence[Pair]) -> pl.DataFrame:
    rows = []
    for pair in worst:
        one, other = (trial.elements[number] for number in pair.numbers)
        apart = sum(losses[number].lost_kt for number in pair.numbers)
        figures = _figures(trial, pair.numbers, pair.loss)
        rows.append(
            {
                "first": one.element,
                "kind_first": one.kind,
                "name_first": one.name,
                "second": other.element,
                "kind_second": other.kind,
                "name_second": other.name,
                **{name: value for name, value in figures.items() if name in PAIR_COLUMNS},
                "beyond_kt": pair.loss.lost_kt - apart,
                "bound_kt": pair.bound_kt,
            }
        )
    return pl.DataFrame(rows, schema=PAIR_COLUMNS)
