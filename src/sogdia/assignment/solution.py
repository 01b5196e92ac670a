"""`assign`: a year of freight on the network, period by period."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sogdia.assignment.alternatives import (
    Alternatives,
    arc_extras,
    cheapest,
    choice_problem,
    compare,
    generate,
)
from sogdia.assignment.equilibrium import ChoiceProblem, Equilibrium, solve
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
from sogdia.routing.choice_set import merge_paths, padded
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
    started = time.perf_counter()
    options = options or AssignmentOptions()
    asked = year_of_demand(study, scenario, year)
    check_wait_factors(asked.study, options.wait_factors)
    parts = periods(asked.study, asked.scenario, asked.year)
    again = warm_start is not None and tuple(p.period for p in warm_start.periods) == parts
    earlier = warm_start.periods if warm_start and again else (None,) * len(parts)

    def one(period: Period, before: PeriodSolution | None) -> PeriodSolution:
        return _solve_period(asked, period, options, before)

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


def _solve_period(
    asked: YearOfDemand,
    period: Period,
    options: AssignmentOptions,
    earlier: PeriodSolution | None,
) -> PeriodSolution:
    now = study_at(asked.study, period, asked.year)
    rules = rules_at(asked.scenario, period)
    choice = options.choice or ChoiceParameters.of(asked.study)
    network = compile_network(now)
    marks = Marks(network)
    requests = make_requests(now, network, marks, asked.demand, rules, asked.year, options, choice)
    start: tuple[Floats, Floats] | None = None
    if earlier and _fits(earlier, network, requests):
        paths = earlier.alternatives.paths
        start = (earlier.equilibrium.wait_h, earlier.equilibrium.price_usd)
    else:
        paths = generate(now, network, marks, requests, options)
    if paths.count == 0:
        raise InfeasibleError(
            f"from {period.start} to {period.end} no path joins any origin with its "
            "destination; check links, terminals and the rules of the scenario"
        )
    for remaining in range(options.column_rounds, -1, -1):
        alternatives = compare(now, network, marks, requests, paths, options)
        problem = choice_problem(network, requests, alternatives, options, choice)
        equilibrium = solve(
            problem, tolerance=options.residual, iterations=options.iterations, start=start
        )
        if not remaining:
            break
        found = cheapest(network, requests, *arc_extras(network, requests, equilibrium))
        merged = merge_paths([padded(paths), padded(found)])
        if merged.count == paths.count:
            break
        paths, start = merged, (equilibrium.wait_h, equilibrium.price_usd)
    return PeriodSolution(
        period=period,
        study=now,
        rules=rules,
        network=network,
        requests=requests,
        alternatives=alternatives,
        problem=problem,
        equilibrium=equilibrium,
        choice=choice,
        captivity=options.captivity,
    )


def _fits(earlier: PeriodSolution, network: Network, requests: Requests) -> bool:
    """Whether an earlier solution's paths and resources are those of this network."""
    return (
        earlier.network.arc.equals(network.arc)
        and earlier.network.resource["row_id"].equals(network.resource["row_id"])
        and earlier.requests.table["demand_id"].equals(requests.table["demand_id"])
    )
