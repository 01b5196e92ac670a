"""Which projects to build with a budget: the best portfolio, and what is known of all others.

Two levels: a planner chooses a portfolio, and shippers answer by an equilibrium of choice, waits
and scarcity prices. What a portfolio brings in the evaluated year is held constant over the
horizon:

    what shippers gain (rule of half on composite costs)
    + what owners of scarce capacity earn more (they lose what shippers no longer pay for scarcity)
    - CO2e at its shadow price

and its value is the present value of that less construction and running. Tariffs are taken to be
what carriage costs, so a carrier earns nothing more by carrying more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from time import perf_counter

import numpy as np
import polars as pl

from sogdia.analysis.investment.appraisal import Appraisal
from sogdia.analysis.investment.frames import (
    figures_of,
    frontier_table,
    pair_table,
    portfolio_table,
    project_table,
    regret_table,
)
from sogdia.analysis.investment.options import InvestmentOptions, weights_of
from sogdia.analysis.investment.portfolio_search import (
    Choices,
    Explored,
    Found,
    Mask,
    Score,
    best_of,
    members,
    search,
    value_of,
)
from sogdia.analysis.investment.portfolio_value import (
    EvaluateAll,
    PortfolioContext,
    one_by_one,
    prepare,
)
from sogdia.analysis.investment.projects import Project, projects_of
from sogdia.analysis.investment.question import Evaluated, Question
from sogdia.analysis.investment.result import InvestmentResult
from sogdia.analysis.investment.robust_choice import alone, expected_value, least_regret, likeliest
from sogdia.assignment import Progress
from sogdia.assignment.one_thread import one_blas_thread
from sogdia.errors import DataError
from sogdia.scenario import Scenario, default_scenario
from sogdia.study import Study

MILLION = 1e6
WORST_OUTAGES = 3
MOST_PAIRED = 8
"""Projects of which all pairs are evaluated: those worth most alone."""


@one_blas_thread()
def invest(
    study: Study,
    scenarios: Sequence[Scenario] | None = None,
    *,
    budget_usd: float,
    year: int | None = None,
    weights: Sequence[float | None] | None = None,
    options: InvestmentOptions | None = None,
    evaluate_all: EvaluateAll | None = None,
    progress: Progress | None = None,
) -> InvestmentResult:
    """Choose which projects of a study to build with a budget.

    Parameters
    ----------
    study : Study
        As loaded.
    scenarios : sequence of Scenario, optional
        What may hold; by default the scenario that the study names, or none.
    budget_usd : float
        Most that construction may cost, USD.
    year : int, optional
        Year that is evaluated and in which all that is built opens; by default the first
        scenario's, or the study's base year.
    weights : sequence of float, optional
        How likely each scenario is; by default all alike.
    options : InvestmentOptions, optional
        Objective, discounting and assumptions.
    evaluate_all : callable, optional
        What evaluates portfolios, by default one by one; it may spread them over workers.
    progress : callable, optional
        Called with a stage, how much is done, and how much there is (0: not known).

    Returns
    -------
    InvestmentResult
        What to build; `check` compares it with all that was evaluated.

    Raises
    ------
    DataError
        If the budget is below every project, or an option does not fit the study.

    Notes
    -----
    Exhaustive where portfolios are few, else branch and bound (Land and Doig, 1960) under the
    supposition that docs/design tells of, and local search with its gap where that takes too many
    evaluations.

    Examples
    --------
    >>> import sogdia
    >>> study = sogdia.load("eurasia")
    >>> result = sogdia.invest(study, budget_usd=2e9, year=2030)  # doctest: +SKIP
    >>> result.chosen  # doctest: +SKIP
    """
    started = perf_counter()
    options = options or InvestmentOptions()
    options.check(study.corridor["corridor_id"].to_list())
    worlds = list(scenarios) if scenarios else [default_scenario(study)]
    shares = weights_of(weights if weights is not None else [None] * len(worlds))
    if len(shares) != len(worlds):
        raise DataError(f"there are {len(worlds)} scenarios and {len(shares)} weights")
    if not 0.0 < budget_usd < float("inf"):
        raise DataError(f"a budget of {budget_usd:g} USD is not more than 0")
    year = year or worlds[0].year or study.settings.base_year
    if year is None:
        raise DataError(f"study {study.name} has no base year; name a year, e.g. --year 2030")
    appraisal = Appraisal(
        opening_year=year,
        present_year=min(study.settings.base_year or year, year),
        discount_rate=options.discount_rate,
        horizon_years=options.horizon_years,
        construction_years=options.construction_years,
    )
    projects = projects_of(
        study,
        worlds,
        year=year,
        budget_musd=budget_usd / MILLION,
        must=options.must,
        without=options.without,
        costs_usd=options.costs_usd,
        opex_share=options.opex_share,
    )
    _check_budget(projects, budget_usd / MILLION)
    question = Question(
        study, worlds, shares, year, budget_usd / MILLION, options, appraisal, projects
    )
    return _answer(question, evaluate_all or one_by_one, progress, started)


def _answer(
    question: Question, evaluate_all: EvaluateAll, progress: Progress | None, started: float
) -> InvestmentResult:
    options = question.options
    context = _prepared(question, progress)
    evaluated = Evaluated(question, context, evaluate_all, progress)
    choices = question.choices()
    explored = Explored(evaluated.brought)
    singles = [choices.closure(1 << one) for one in range(len(choices.cost))]
    explored.learn([0, *singles])
    expected = expected_value(question.weights)

    def found_by(score: Score, *, everywhere: bool = False) -> Found:
        return search(
            choices,
            explored,
            score,
            exhaustive=options.exhaustive,
            most=options.most_evaluations,
            everywhere=everywhere,
        )

    found = found_by(expected, everywhere=options.frontier)
    several = len(question.scenarios) > 1
    worlds = range(len(question.scenarios))
    bests = [found_by(alone(world)).best if several else found.best for world in worlds]
    tops = np.array(
        [value_of(choices, explored, alone(w), best) for w, best in zip(worlds, bests, strict=True)]
    )
    robust = found_by(least_regret(tops)).best if several else found.best
    pairs = _pairs(choices, explored, expected, singles)
    chosen = best_of(choices, explored, expected, choices.budget)
    regret, stakes = regret_table(evaluated, choices, explored, tops, [chosen, robust, *bests])
    reference = bests[likeliest(question.weights)]
    without = value_of(choices, explored, expected, reference)
    with_chance = value_of(choices, explored, expected, chosen)
    order = _order(choices, explored, expected, chosen)
    return InvestmentResult(
        study=question.study,
        year=question.year,
        scenarios=tuple(question.scenarios),
        weights=question.weights,
        budget_musd=question.budget_musd,
        options=options,
        appraisal=question.appraisal,
        outages=context.outages,
        projects=project_table(evaluated, choices),
        chosen=tuple(evaluated.names[one] for one in order),
        portfolio=pl.DataFrame([figures_of(evaluated, choices, chosen)]),
        portfolios=portfolio_table(evaluated, choices, explored, expected),
        frontier=frontier_table(evaluated, choices, explored, expected),
        interactions=pair_table(evaluated, choices, explored, expected, pairs),
        regret=regret,
        robust=evaluated.built(robust),
        largest_regret=float(stakes.regret[1].max()),
        perfect_information=stakes.perfect_information if several else None,
        stochastic_solution=with_chance - without if several else None,
        method=found.method,
        gap=found.gap,
        largest_fall=float(explored.falls().max()),
        evaluations=evaluated.count,
        notices=tuple(_notices(question)),
        seconds=perf_counter() - started,
    )


def _check_budget(projects: Sequence[Project], budget_musd: float) -> None:
    """Refuse a budget that no project fits in, and a study that has nothing to choose."""
    if any(one.choosable for one in projects):
        return
    dear = [(one.cost_musd or 0.0, one.project_id) for one in projects if one.is_choice]
    if dear:
        cost, name = min(dear)
        raise DataError(
            f"a budget of {budget_musd:,.6g} M USD is below every project that may be chosen; the "
            f"cheapest, {name}, costs {cost:,.6g} M USD"
        )
    why = "; ".join(f"{one.project_id}: {one.why_not}" for one in projects)
    raise DataError(f"no project of the study may be chosen ({why or 'it has none'})")


def _prepared(question: Question, progress: Progress | None) -> PortfolioContext:
    if progress:
        progress("assigning the scenarios", 0, 0)
    number = WORST_OUTAGES if question.options.objective == "resilience" else 0
    return prepare(
        question.study,
        question.scenarios,
        year=question.year,
        candidates=question.taken_back,
        corridor=question.options.corridor,
        removable=[one.project_id for one in question.projects if one.is_unpriced],
        outages=question.options.outages,
        busiest_links=number,
    )


def _pairs(
    choices: Choices, explored: Explored, score: Score, singles: Sequence[Mask]
) -> list[tuple[int, int]]:
    """Evaluate the pairs of the projects that matter most alone; return those that are known."""
    by_worth = sorted(
        range(len(singles)),
        key=lambda one: (-abs(explored.benefits[singles[one]]).max(), one),
    )
    first = set(by_worth[:MOST_PAIRED])
    apart = [
        (one, other)
        for one, other in combinations(range(len(singles)), 2)
        if singles[one] & ~singles[other] and singles[other] & ~singles[one]
    ]
    explored.learn(singles[a] | singles[b] for a, b in apart if a in first and b in first)
    return [(a, b) for a, b in apart if singles[a] | singles[b] in explored.benefits]


def _order(choices: Choices, explored: Explored, score: Score, chosen: Mask) -> list[int]:
    """Order what is chosen: at each step what adds most per dollar, with what it requires."""
    order: list[int] = []
    built = 0
    while built != chosen:
        left = [one for one in members(chosen & ~built) if choices.requires[one] & ~built == 0]
        explored.learn(built | 1 << one for one in left)
        before = value_of(choices, explored, score, built)
        best = max(
            left,
            key=lambda one: (
                (value_of(choices, explored, score, built | 1 << one) - before)
                / max(float(choices.cost[one]), 1.0),
                -one,
            ),
        )
        order.append(best)
        built |= 1 << best
    return order


def _notices(question: Question) -> Iterable[str]:
    options, appraisal = question.options, question.appraisal
    yield (
        f"Benefits of {question.year} are held constant over {appraisal.horizon_years} years of "
        f"use and discounted at {100 * appraisal.discount_rate:g} % a year to "
        f"{appraisal.present_year}; CO2e counts {options.carbon_usd_t:g} USD a tonne."
    )
    yield (
        f"Assumed: construction is spread over {appraisal.construction_years} years, as no table "
        f"says, and running costs {100 * options.opex_share:g} % of the cost a year where no "
        "running cost is published."
    )
    if unpriced := [one.project_id for one in question.projects if one.is_unpriced]:
        yield (
            f"No cost is published of {', '.join(unpriced)}: what the study dates of them is there "
            "in any case, and they cannot be chosen; --cost ID=USD gives one."
        )
    if len(question.scenarios) > 1:
        yield (
            "All is built before it is known which scenario holds; then only flows adapt, and "
            "nothing more is built."
        )
