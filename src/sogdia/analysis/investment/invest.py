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

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from sogdia.analysis.investment.appraisal import Appraisal
from sogdia.analysis.investment.opening_years import check_openings, opening_plan
from sogdia.analysis.investment.options import InvestmentOptions, weights_of
from sogdia.analysis.investment.portfolio_value import (
    EvaluateAll,
    PortfolioContext,
    one_by_one,
    prepare,
)
from sogdia.analysis.investment.projects import Project, projects_of
from sogdia.analysis.investment.question import Evaluated, Question
from sogdia.analysis.investment.result import InvestmentResult
from sogdia.analysis.investment.single_year import SingleYear
from sogdia.analysis.investment.system_comparison import compare_with_system_optimum
from sogdia.assignment import Progress
from sogdia.assignment.one_thread import one_blas_thread
from sogdia.errors import DataError
from sogdia.scenario import Scenario, default_scenario
from sogdia.study import Study
from sogdia.study.marks import NO_CORRIDOR

MILLION = 1e6
WORST_OUTAGES = 3


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
        Year that is evaluated and in which all that is built opens; by default the first of the
        options' opening years, the first scenario's, or the study's base year.
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
        If the budget is below every project, an option does not fit the study, or opening
        years or a system optimum are asked for with an objective other than npv.

    Notes
    -----
    Exhaustive where portfolios are few, else branch and bound (Land and Doig, 1960) under the
    supposition that docs/design tells of, and local search with its gap where that takes too many
    evaluations. Opening years: dynamic programming over nested portfolios. System optimum: a
    mixed-integer program.

    Examples
    --------
    >>> import sogdia
    >>> study = sogdia.load("eurasia")
    >>> result = sogdia.invest(study, budget_usd=2e9, year=2030)  # doctest: +SKIP
    >>> result.chosen  # doctest: +SKIP
    """
    started = perf_counter()
    worlds = list(scenarios) if scenarios else [default_scenario(study)]
    shares = weights_of(weights if weights is not None else [None] * len(worlds))
    if len(shares) != len(worlds):
        raise DataError(f"there are {len(worlds)} scenarios and {len(shares)} weights")
    if not 0.0 < budget_usd < float("inf"):
        raise DataError(f"a budget of {budget_usd:g} USD is not more than 0")
    options = options or InvestmentOptions()
    options = replace(options, corridor=options.corridor or study.main_corridor)
    options.check([*study.corridor["corridor_id"], NO_CORRIDOR])
    first = _first_year(study, worlds, year, options.openings)
    question = _question(study, worlds, shares, first, budget_usd / MILLION, options)
    check_openings(question)
    _check_budget(question.projects, question.budget_musd)

    def evaluated(asked: Question) -> Evaluated:
        context = _prepared(asked, progress)
        return Evaluated(asked, context, evaluate_all or one_by_one, progress)

    def evaluated_in(other: int) -> Evaluated:
        return evaluated(replace(question, year=other, projects=_projects(question, other)))

    single = SingleYear.of(evaluated(question))
    result = single.answer(started)
    if options.openings:
        plan = opening_plan(single.evaluated, evaluated_in)
        result = replace(result, plan=plan, notices=(*result.notices, *plan.notices))
    if options.system_optimum:
        optimum = compare_with_system_optimum(single, progress)
        result = replace(
            result, system_optimum=optimum, notices=(*result.notices, *optimum.notices)
        )
    return replace(result, seconds=perf_counter() - started)


def _first_year(
    study: Study, worlds: Sequence[Scenario], year: int | None, openings: Sequence[int]
) -> int:
    """Return the year that is evaluated, the first of several."""
    if openings and year is not None:
        raise DataError(f"year {year} and opening years are given; the first of these is the year")
    first = openings[0] if openings else year or worlds[0].year or study.settings.base_year
    if first is None:
        raise DataError(f"study {study.name} has no base year; name a year, e.g. --year 2030")
    return first


def _question(
    study: Study,
    worlds: Sequence[Scenario],
    shares: tuple[float, ...],
    year: int,
    budget_musd: float,
    options: InvestmentOptions,
) -> Question:
    """Settle what is asked."""
    appraisal = Appraisal(
        opening_year=year,
        present_year=min(study.settings.base_year or year, year),
        discount_rate=options.discount_rate,
        horizon_years=options.horizon_years,
        construction_years=options.construction_years,
    )
    bare = Question(study, worlds, shares, year, budget_musd, options, appraisal, ())
    return replace(bare, projects=_projects(bare, year))


def _projects(question: Question, year: int) -> list[Project]:
    """Read what may be chosen in a year."""
    options = question.options
    return projects_of(
        question.study,
        question.scenarios,
        year=year,
        budget_musd=question.budget_musd,
        must=options.must,
        without=options.without,
        costs_usd=options.costs_usd,
        opex_share=options.opex_share,
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
