"""When to build what: projects over opening years, evaluated in each of them.

Every opening year that has a demand is evaluated by itself, with its demand, its tariffs and what
the study opens by then. What a portfolio brings in between is interpolated; after the last such
year it is held. All plans are counted to the same last year.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

import numpy as np
import polars as pl

from sogdia.analysis.investment.opening_chain import Chain, best_chain, chain_value, opening_of
from sogdia.analysis.investment.portfolio_search import (
    LOCAL,
    TOLERANCE,
    Choices,
    Explored,
    Mask,
    members,
)
from sogdia.analysis.investment.projects import Project
from sogdia.analysis.investment.question import FIGURES, Evaluated, Question
from sogdia.assignment.requests import demand_in
from sogdia.errors import CheckError, DataError, Problem
from sogdia.network.model import Floats
from sogdia.scenario import Scenario, apply
from sogdia.study import Study

YearOf = Callable[[int], Evaluated]
"""What evaluates portfolios in a year."""
MILLION = 1e6
PLAN_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "project": pl.String,
    "name": pl.String,
    "cost_musd": pl.Float64,
    "opens": pl.Int64,
}
BY_OPENING_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "project": pl.String,
    "opens": pl.Int64,
    "npv_musd": pl.Float64,
    "chosen": pl.Boolean,
}


@dataclass(frozen=True, eq=False)
class OpeningPlan:
    """What to build and when.

    Attributes
    ----------
    openings : tuple of int
        Years in which something may open.
    evaluated : tuple of int
        Those that were evaluated.
    budgets_musd : mapping of int to float
        Most that what opens by each of them may cost, million USD.
    plan : DataFrame
        project, name, cost_musd, opens; in the order of opening.
    by_opening : DataFrame
        Every project that may be chosen alone, with what it requires, by its opening: project,
        opens, npv_musd, chosen (whether the plan opens it then).
    portfolio : DataFrame
        One row: cost_musd, opex_musd_y, npv_musd, benefit_cost_ratio of the plan, and what it
        brings in the last evaluated year with all of it open, as of a project.
    npv_musd : float
        What the plan is worth.
    at_once_musd : float
        What the same projects are worth, each opened as soon as it may be, whatever the budget
        of those years.
    method : str
        "all", "branch and bound" or "local search".
    gap_musd : float
        What another plan may be worth more.
    notices : tuple of str
        What a reader should know.
    """

    openings: tuple[int, ...]
    evaluated: tuple[int, ...]
    budgets_musd: Mapping[int, float]
    plan: pl.DataFrame
    by_opening: pl.DataFrame
    portfolio: pl.DataFrame
    npv_musd: float
    at_once_musd: float
    method: str
    gap_musd: float
    notices: tuple[str, ...]

    @property
    def waiting_musd(self) -> float:
        """What it is worth not to open all at once."""
        return self.npv_musd - self.at_once_musd

    @property
    def exact(self) -> bool:
        """Whether no plan is better, as far as the method's supposition holds."""
        return self.method != LOCAL

    def check(self) -> None:
        """Look for what cannot be.

        Raises
        ------
        CheckError
            If what opens by some year costs more than may be spent by then, or waiting makes the
            plan worse although nothing keeps it from opening at once.
        """
        for year, budget in self.budgets_musd.items():
            spent = self.plan.filter(pl.col("opens") <= year)["cost_musd"].sum()
            if spent > budget * (1.0 + TOLERANCE):
                raise CheckError(
                    f"what opens by {year} costs {spent:g} M USD, more than {budget:g}"
                )
        is_free = self.plan["cost_musd"].sum() <= min(self.budgets_musd.values())
        if is_free and self.exact and self.waiting_musd < -TOLERANCE * abs(self.at_once_musd):
            raise CheckError(f"opening all at once is worth {self.at_once_musd:g} M USD, more")


def check_openings(question: Question) -> None:
    """Refuse opening years, and budgets by them, that cannot be asked about.

    Raises
    ------
    DataError
        If years do not increase or lie beyond the horizon, a budget is of none of them, or what
        must be built costs more than the last.
    """
    openings, budgets = question.options.openings, question.options.budgets_by_usd
    known = ", ".join(map(str, openings)) or "none"
    if sorted(set(openings)) != list(openings):
        raise DataError(f"opening years {known} do not follow one another, the earliest first")
    for year in openings:
        question.appraisal.opening_later(year)
    problems = [
        Problem(f"{year} is no opening year; there are {known}", "budget by year")
        for year in budgets
        if year not in openings
    ]
    problems += [
        Problem(f"{budget:g} USD is not an amount of 0 or more", f"budget by {year}")
        for year, budget in budgets.items()
        if not 0.0 <= budget < math.inf
    ]
    if problems:
        raise DataError(problems)
    choices = question.choices()
    least = choices.spent(choices.must)
    if openings and least > budgets.get(openings[-1], math.inf) / MILLION:
        raise DataError(
            f"what must be built costs {least:,.6g} M USD, more than may be spent by {openings[-1]}"
        )


def has_demand(study: Study, scenarios: Sequence[Scenario], year: int) -> bool:
    """Whether every scenario has demand in a year."""
    return not any(demand_in(apply(study, one, year), year).is_empty() for one in scenarios)


def opening_plan(first: Evaluated, in_year: YearOf) -> OpeningPlan:
    """Choose what to build and when.

    Parameters
    ----------
    first : Evaluated
        Portfolios of the first opening year.
    in_year : callable
        What evaluates portfolios in another year.

    Returns
    -------
    OpeningPlan
        The best plan by its expected value.
    """
    question = first.question
    openings = question.options.openings
    years = [year for year in openings if has_demand(question.study, question.scenarios, year)]
    evaluated = {year: first if year == openings[0] else in_year(year) for year in years}
    timing = _Timing.of(question, evaluated)
    explored = Explored(timing.brought)
    explored.learn(mask for one in timing.singles() for mask in one.values())
    options = question.options
    chain = best_chain(
        timing.spans, explored, exhaustive=options.exhaustive, most=options.most_evaluations
    )
    return timing.result(explored, chain)


@dataclass(frozen=True)
class _Timing:
    """Opening years, and what may be chosen in each.

    Attributes
    ----------
    question : Question
        Of the first opening.
    evaluated : mapping of int to Evaluated
        By year.
    openings : tuple of int
        All of them.
    projects : tuple of Project
        Those that may be chosen for any opening, in the order of the table.
    spans : tuple of Choices
        One per opening; what may not open by then costs more than any budget.
    weight : ndarray of float64, shape (openings, evaluated years)
        Present value, in each span, of a dollar that is brought in each evaluated year.
    """

    question: Question
    evaluated: Mapping[int, Evaluated]
    openings: tuple[int, ...]
    projects: tuple[Project, ...]
    spans: tuple[Choices, ...]
    weight: Floats

    @classmethod
    def of(cls, question: Question, evaluated: Mapping[int, Evaluated]) -> _Timing:
        openings, budgets_usd = question.options.openings, question.options.budgets_by_usd
        asked = {year: one.question for year, one in evaluated.items()}
        # a year without demand offers what the last one with demand does
        in_force = [asked[max(y for y in asked if y <= opening)] for opening in openings]
        by_name = {one.project_id: one for each in asked.values() for one in each.candidates}
        order = [one.project_id for one in question.projects if one.project_id in by_name]
        projects = tuple(by_name[name] for name in order)
        costs = _present_costs(question, projects, openings)
        rents = np.vstack([costs[:-1] - costs[1:], costs[-1:]])
        spans = []
        for number, (opening, each) in enumerate(zip(openings, in_force, strict=True)):
            limit = budgets_usd.get(opening, math.inf) / MILLION
            last = number == len(openings) - 1
            span = _span(each, projects, rents[number], min(limit, question.budget_musd))
            must = span.closure(_mask(projects, question.options.must)) if last else 0
            spans.append(replace(span, must=must))
        weight = _weights(question, openings, list(evaluated))
        return cls(question, evaluated, openings, projects, tuple(spans), weight)

    def brought(self, masks: Sequence[Mask]) -> list[Floats]:
        """Return what portfolios bring in each span, million USD of present value."""
        each_year = []
        for one in self.evaluated.values():
            offered = {project.project_id for project in one.question.candidates}
            built = [self._names(mask, offered) for mask in masks]
            one.of([(names, ()) for names in built])
            benefits = [one.question.benefit_musd_y(one.mean(names)) for names in built]
            each_year.append(benefits)
        return list((self.weight @ np.array(each_year)).T)

    def _names(self, mask: Mask, offered: set[str]) -> tuple[str, ...]:
        names = (self.projects[one].project_id for one in members(mask))
        return tuple(name for name in names if name in offered)

    def singles(self) -> list[dict[int, Mask]]:
        """Return each project alone, with what it requires, by the opening at which it may."""
        found = []
        for one in range(len(self.projects)):
            masks = [span.closure(1 << one) for span in self.spans]
            found.append(
                {n: mask for n, mask in enumerate(masks) if np.isfinite(self.spans[n].spent(mask))}
            )
        return found

    def result(self, explored: Explored, chain: Chain) -> OpeningPlan:
        """Say what was found."""
        opens = {one: self.openings[n] for one, n in opening_of(chain.portfolios).items()}
        at_once = [self._possible(chain.portfolios[-1], span) for span in self.spans]
        explored.learn(at_once)
        inside = sorted(opens, key=lambda one: (opens[one], one))
        rows = [
            (*(getattr(self.projects[one], name) for name in NAMED), opens[one]) for one in inside
        ]
        budgets = {y: span.budget for y, span in zip(self.openings, self.spans, strict=True)}
        return OpeningPlan(
            openings=self.openings,
            evaluated=tuple(self.evaluated),
            budgets_musd=budgets,
            plan=pl.DataFrame(rows, schema=PLAN_SCHEMA, orient="row"),
            by_opening=self._by_opening(explored, opens),
            portfolio=self._portfolio(chain),
            npv_musd=chain.value,
            at_once_musd=chain_value(self.spans, explored, at_once),
            method=chain.method,
            gap_musd=chain.gap,
            notices=tuple(self._notices()),
        )

    def _possible(self, mask: Mask, span: Choices) -> Mask:
        """Return what of a set may be there in a span, with all that it requires."""
        able = (m for m in members(mask) if np.isfinite(span.spent(span.closure(1 << m))))
        return sum(1 << one for one in able)

    def _by_opening(self, explored: Explored, opens: Mapping[int, int]) -> pl.DataFrame:
        rows = []
        for one, alone in enumerate(self.singles()):
            for number in alone:
                chain = [0] * number + [alone[n] for n in range(number, len(self.spans))]
                value = chain_value(self.spans, explored, chain)
                opening = self.openings[number]
                rows.append(
                    (self.projects[one].project_id, opening, value, opens.get(one) == opening)
                )
        return pl.DataFrame(rows, schema=BY_OPENING_SCHEMA, orient="row")

    def _portfolio(self, chain: Chain) -> pl.DataFrame:
        last = list(self.evaluated.values())[-1]
        final = chain.portfolios[-1]
        names = self._names(final, {one.project_id for one in last.question.candidates})
        mean = last.mean(names)
        inside = [self.projects[one] for one in members(final)]
        paid = fsum(
            span.charged(mask) for span, mask in zip(self.spans, chain.portfolios, strict=True)
        )
        return pl.DataFrame(
            {
                "cost_musd": [fsum(one.cost_musd or 0.0 for one in inside)],
                "opex_musd_y": [fsum(one.opex_musd_y for one in inside)],
                "npv_musd": [chain.value],
                "benefit_cost_ratio": [(chain.value + paid) / paid if paid > 0.0 else None],
                "benefit_musd_y": [self.question.benefit_musd_y(mean)],
                **{name: [mean[name] if np.isfinite(mean[name]) else None] for name in FIGURES},
            }
        )

    def _notices(self) -> list[str]:
        years = list(self.evaluated)
        appraisal = self.question.appraisal
        last = appraisal.opening_year + appraisal.horizon_years - 1
        between = ", interpolated between" if len(years) > 1 else ""
        said = [
            f"When to build: evaluated in {', '.join(map(str, years))}{between} and held after "
            f"{years[-1]}. All is counted to {last}; what opens later is then worth the "
            "share of its cost whose years of use are left."
        ]
        if bare := [str(year) for year in self.openings if year not in self.evaluated]:
            said.append(
                f"There is no demand in {', '.join(bare)}: what opens then is valued by the years "
                "that have one, and may be what those offer."
            )
        return said


NAMED = ("project_id", "name", "cost_musd")


def _mask(projects: Sequence[Project], names: Sequence[str]) -> Mask:
    return sum(1 << one for one, each in enumerate(projects) if each.project_id in names)


def _present_costs(
    question: Question, projects: Sequence[Project], openings: Sequence[int]
) -> Floats:
    """Return what each project costs by opening, shape (openings, projects)."""
    each = question.appraisal.present_cost_later
    return np.array(
        [
            [each(one.cost_musd or 0.0, one.opex_musd_y, opening) for one in projects]
            for opening in openings
        ]
    )


def _span(
    offer: Question, projects: Sequence[Project], rent: Floats, budget_musd: float
) -> Choices:
    """Return what may be there from an opening on, by what a year offers."""
    offered = {one.project_id: one for one in offer.candidates}
    known = [offered.get(one.project_id) for one in projects]
    cost = [np.inf if one is None else one.cost_musd or 0.0 for one in known]
    requires = tuple(0 if one is None else _mask(projects, one.requires) for one in known)
    return Choices(np.array(cost), rent, requires, budget_musd)


def _weights(question: Question, openings: Sequence[int], years: Sequence[int]) -> Floats:
    """Return what a dollar brought in each evaluated year is worth in each span."""
    appraisal = question.appraisal
    last = appraisal.opening_year + appraisal.horizon_years
    weight = np.zeros((len(openings), len(years)))
    for number, (begin, end) in enumerate(zip(openings, [*openings[1:], last], strict=True)):
        for year in range(begin, end):
            for column, one in enumerate(np.eye(len(years))):
                share = float(np.interp(year, years, one))
                weight[number, column] += share * appraisal.discount(year)
    return weight
