"""`assign`: a year of freight on the network, period by period."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from sogdia.assignment.alternatives import (
    Alternatives,
    arc_extras,
    cheapest,
    choice_problem,
    compare,
    generate,
    select_paths,
)
from sogdia.assignment.arc_terms import ArcTerms
from sogdia.assignment.equilibrium import ChoiceProblem, Equilibrium, solve
from sogdia.assignment.one_thread import one_blas_thread
from sogdia.assignment.options import AssignmentOptions, ChoiceParameters
from sogdia.assignment.requests import (
    Requests,
    YearOfDemand,
    make_requests,
    year_of_demand,
)
from sogdia.assignment.waits import check_wait_factors
from sogdia.errors import InfeasibleError
from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks
from sogdia.network.model import Floats, Network
from sogdia.routing.choice_set import PathTable, merge_paths, padded
from sogdia.scenario import (
    Period,
    Rule,
    Scenario,
    periods,
    rules_at,
    study_at,
)
from sogdia.study import Study

Progress = Callable[[str, int, int], None]
ARC_NAMES = ["kind", "row_id", "link_id", "forward"]
RESOURCE_NAMES = ["kind", "row_id", "forward", "unit"]


@dataclass(frozen=True, slots=True)
class Stage:
    """An equilibrium on the way: over the paths found so far.

    Attributes
    ----------
    paths : PathTable
        Paths found.
    alternatives : Alternatives
        Those that are compared.
    problem : ChoiceProblem
        Choice among them.
    equilibrium : Equilibrium
        Its solution.
    """

    paths: PathTable
    alternatives: Alternatives
    problem: ChoiceProblem
    equilibrium: Equilibrium


@dataclass(frozen=True, slots=True)
class PeriodSolution:
    """The equilibrium of one period, with all that is needed to check it.

    Attributes
    ----------
    period : Period
        Dates, and share of the year.
    study : Study
        Tables as they stand in the period.
    rules : tuple of Rule
        Policy in force.
    network : Network
        Compiled from `study`.
    requests : Requests
        Demand at annual rates.
    alternatives : Alternatives
        Paths compared.
    problem : ChoiceProblem
        Choice among them.
    equilibrium : Equilibrium
        Its solution.
    choice : ChoiceParameters
        Parameters of choice.
    captivity : float
        Factor on the cost of leaving a captive corridor.
    stages : tuple of Stage
        How it was found from nothing, the last one being the solution; empty where it began
        from an earlier one.
    """

    period: Period
    study: Study
    rules: tuple[Rule, ...]
    network: Network
    requests: Requests
    alternatives: Alternatives
    problem: ChoiceProblem
    equilibrium: Equilibrium
    choice: ChoiceParameters
    captivity: float
    stages: tuple[Stage, ...] = ()

    @property
    def path_flow_kt(self) -> Floats:
        """kt per year on each path, by class of shippers: shape (paths, classes)."""
        return self.equilibrium.loading.flow

    @property
    def kept_back_kt(self) -> Floats:
        """kt per year that each served request does not ship for want of capacity."""
        back = (1.0 - self.equilibrium.loading.shipped) * self.problem.class_share
        return np.asarray(back.sum(axis=1) * self.problem.demand)


@dataclass(frozen=True, slots=True)
class Solution:
    """Equilibria of all periods of a year.

    Attributes
    ----------
    study : Study
        With the scenario's changes.
    scenario : Scenario
        What was asked.
    year : int
        Year assigned.
    options : AssignmentOptions
        Options used.
    periods : tuple of PeriodSolution
        One per period.
    seconds : float
        Wall-clock time.
    """

    study: Study
    scenario: Scenario
    year: int
    options: AssignmentOptions
    periods: tuple[PeriodSolution, ...]
    seconds: float


def solve_year(
    study: Study,
    scenario: Scenario | None = None,
    *,
    year: int | None = None,
    options: AssignmentOptions | None = None,
    warm_start: Solution | None = None,
    progress: Progress | None = None,
) -> Solution:
    """Assign a year's demand; see `sogdia.assignment.assign`."""
    asked = year_of_demand(study, scenario, year)
    return solve_demand(asked, options or AssignmentOptions(), warm_start, progress)


@one_blas_thread()
def solve_demand(
    asked: YearOfDemand,
    options: AssignmentOptions,
    warm_start: Solution | None = None,
    progress: Progress | None = None,
) -> Solution:
    """Assign a year's demand under a scenario that has been applied."""
    started = time.perf_counter()
    check_wait_factors(asked.study, options.wait_factors)
    parts = periods(asked.study, asked.scenario, asked.year)
    earlier: Sequence[PeriodSolution | None] = (None,) * len(parts)
    if warm_start and _dates(part.period for part in warm_start.periods) == _dates(parts):
        earlier = warm_start.periods

    def one(period: Period, before: PeriodSolution | None) -> PeriodSolution:
        return solve_period(asked, period, options, before)

    solved = []
    # periods do not depend on each other, so threads change nothing but the time it takes
    with ThreadPoolExecutor(options.threads) as pool:
        for done, part in enumerate(pool.map(one, parts, earlier)):
            solved.append(part)
            if progress:
                progress("assigning", done + 1, len(parts))
    return Solution(
        study=asked.study,
        scenario=asked.scenario,
        year=asked.year,
        options=options,
        periods=tuple(solved),
        seconds=time.perf_counter() - started,
    )


def solve_period(
    asked: YearOfDemand,
    period: Period,
    options: AssignmentOptions,
    earlier: PeriodSolution | None = None,
) -> PeriodSolution:
    """Assign one period of a year.

    Parameters
    ----------
    asked : YearOfDemand
        The year.
    period : Period
        One of its `sogdia.scenario.periods`.
    options : AssignmentOptions
        How to assign.
    earlier : PeriodSolution, optional
        A solution to start from, if its arcs and demands are the same; tariffs, times,
        capacities and rules may differ. Its paths that are still open are compared too, so
        that the choice sets are those found from nothing or larger.

    Raises
    ------
    InfeasibleError
        If no path joins any origin with its destination.
    """
    now = study_at(asked.study, period, asked.year)
    rules = rules_at(asked.scenario, period)
    choice = options.choice or ChoiceParameters.of(asked.study)
    network = compile_network(now)
    marks = Marks(network)
    requests = make_requests(now, network, marks, asked.demand, rules, asked.year, options, choice)
    start: Equilibrium | None = None
    if earlier and has_same_ways(earlier, network, requests):
        paths = _paths_still_open(earlier, now, network, marks, requests, options)
        start = start_from(earlier, network)
    else:
        paths = generate(now, network, marks, requests, options)
    if paths.count == 0:
        raise InfeasibleError(
            f"from {period.start} to {period.end} no path joins any origin with its "
            "destination; check links, terminals and the rules of the scenario"
        )
    stages = settle(now, network, marks, requests, paths, options, choice, start)
    last = stages[-1]
    return PeriodSolution(
        period=period,
        study=now,
        rules=rules,
        network=network,
        requests=requests,
        alternatives=last.alternatives,
        problem=last.problem,
        equilibrium=last.equilibrium,
        choice=choice,
        captivity=options.captivity,
        stages=stages if start is None else (),
    )


def settle(
    study: Study,
    network: Network,
    marks: Marks,
    requests: Requests,
    paths: PathTable,
    options: AssignmentOptions,
    choice: ChoiceParameters,
    start: Equilibrium | None = None,
) -> tuple[Stage, ...]:
    """Solve over given paths, add the paths that are cheapest there, and solve again.

    Parameters
    ----------
    study, network, marks, requests
        One period.
    paths : PathTable
        At least one path.
    options, choice
        How to solve; `options.column_rounds` is how often paths are added.
    start : Equilibrium, optional
        What to start from.

    Returns
    -------
    tuple of Stage
        One per solution; the last has all paths.
    """
    terms = ArcTerms.of(study.corridor, network, marks, requests)
    stages: list[Stage] = []
    for remaining in range(options.column_rounds, -1, -1):
        alternatives = compare(terms, requests, paths, options)
        problem = choice_problem(network, terms, requests, alternatives, options, choice)
        equilibrium = solve(
            problem, tolerance=options.residual, iterations=options.iterations, start=start
        )
        stages.append(Stage(paths, alternatives, problem, equilibrium))
        if not remaining:
            break
        found = cheapest(network, requests, *arc_extras(network, requests, equilibrium))
        merged = merge_paths([padded(paths), padded(found)])
        if merged.count == paths.count:
            break
        paths, start = merged, equilibrium
    return tuple(stages)


def _dates(periods_: Iterable[Period]) -> list[tuple[date, date]]:
    return [(period.start, period.end) for period in periods_]


def has_same_ways(earlier: PeriodSolution, network: Network, requests: Requests) -> bool:
    """Whether arcs and demands are those of an earlier solution, whatever they now cost."""
    return (
        earlier.network.arc.select(ARC_NAMES).equals(network.arc.select(ARC_NAMES))
        and np.array_equal(earlier.network.tail, network.tail)
        and np.array_equal(earlier.network.head, network.head)
        and earlier.requests.table["demand_id"].equals(requests.table["demand_id"])
    )


def _paths_still_open(
    earlier: PeriodSolution,
    study: Study,
    network: Network,
    marks: Marks,
    requests: Requests,
    options: AssignmentOptions,
) -> PathTable:
    """Return the paths compared before, and new ones for requests that have lost or had none."""
    paths = earlier.alternatives.paths
    allowed = np.stack([of_class.metric.allowed for of_class in requests.classes])
    of_arc = paths.request[paths.path_of]
    shut = requests.closed[requests.policy[of_arc], paths.arcs]
    shut |= ~allowed[requests.cargo_class[of_arc], paths.arcs]
    is_open = paths.sums(shut.astype(np.float64)) == 0
    wanting = np.ones(requests.table.height, dtype=np.bool_)
    wanting[paths.request] = False
    wanting[paths.request[~is_open]] = True
    kept = select_paths(paths, is_open)
    if not wanting.any():
        return kept
    rows = np.flatnonzero(wanting).astype(np.int32)
    return merge_paths(
        [padded(kept), padded(generate(study, network, marks, requests, options, rows))]
    )


def start_from(earlier: PeriodSolution, network: Network) -> Equilibrium:
    """Return an earlier equilibrium, its waits and prices in the order of a network's resources.

    Resources that were not there before begin empty.
    """
    keys, found = RESOURCE_NAMES, earlier.equilibrium
    before, now = earlier.network.resource.select(keys), network.resource.select(keys)
    if before.equals(now):
        return found
    known = before.with_columns(
        wait=pl.Series(found.wait_h, dtype=pl.Float64),
        price=pl.Series(found.price_usd, dtype=pl.Float64),
    )
    joined = now.join(known, on=keys, how="left", nulls_equal=True, maintain_order="left")
    wait, price = (joined[name].fill_null(0.0).to_numpy() for name in ("wait", "price"))
    return replace(found, wait_h=wait, price_usd=price, response=None)
