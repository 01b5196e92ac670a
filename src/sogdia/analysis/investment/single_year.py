"""The best portfolio of one year, and what is known of all others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from time import perf_counter

import numpy as np
import polars as pl

from sogdia.analysis.investment.frames import (
    figures_of,
    frontier_table,
    pair_table,
    portfolio_table,
    project_table,
    regret_table,
)
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
from sogdia.analysis.investment.question import Evaluated, Question
from sogdia.analysis.investment.result import InvestmentResult
from sogdia.analysis.investment.robust_choice import (
    Stakes,
    alone,
    expected_value,
    least_regret,
    likeliest,
)
from sogdia.network.model import Floats

MOST_PAIRED = 8
"""Projects of which all pairs are evaluated: those worth most alone."""


@dataclass(frozen=True)
class SingleYear:
    """Portfolios of one year that were evaluated, and what is sought among them.

    Attributes
    ----------
    evaluated : Evaluated
        Their figures.
    choices : Choices
        What may be chosen.
    explored : Explored
        What they bring.
    singles : list of int
        Each project with what it requires.
    expected : callable
        Their value over the scenarios.
    """

    evaluated: Evaluated
    choices: Choices
    explored: Explored
    singles: list[Mask]
    expected: Score

    @classmethod
    def of(cls, evaluated: Evaluated) -> SingleYear:
        """Evaluate nothing, and each project alone."""
        choices = evaluated.question.choices()
        explored = Explored(evaluated.brought)
        singles = [choices.closure(1 << one) for one in range(len(choices.cost))]
        explored.learn([0, *singles])
        expected = expected_value(evaluated.question.weights)
        return cls(evaluated, choices, explored, singles, expected)

    def best(self, score: Score, *, everywhere: bool = False) -> Found:
        """Search for the portfolio of the highest score."""
        options = self.evaluated.question.options
        return search(
            self.choices,
            self.explored,
            score,
            exhaustive=options.exhaustive,
            most=options.most_evaluations,
            everywhere=everywhere,
        )

    def value(self, mask: Mask) -> float:
        """Return the expected value of a portfolio, which is evaluated if it is not known."""
        self.explored.learn([mask])
        return value_of(self.choices, self.explored, self.expected, mask)

    def chosen(self) -> Mask:
        """Return the best portfolio of those that are known."""
        return best_of(self.choices, self.explored, self.expected, self.choices.budget)

    def answer(self, started: float) -> InvestmentResult:
        """Search, and say what was found.

        Parameters
        ----------
        started : float
            When the work began, by `time.perf_counter`.

        Returns
        -------
        InvestmentResult
            With all tables.
        """
        evaluated, choices, explored = self.evaluated, self.choices, self.explored
        question, expected = evaluated.question, self.expected
        found = self.best(expected, everywhere=question.options.frontier)
        robust, bests, tops = self._by_scenario(found)
        pairs = _pairs(choices, explored, expected, self.singles)
        chosen = self.chosen()
        regret, stakes = regret_table(evaluated, choices, explored, tops, [chosen, robust, *bests])
        information, solution = self._of_chance(stakes, chosen, bests)
        order = _order(choices, explored, expected, chosen)
        return InvestmentResult(
            study=question.study,
            year=question.year,
            scenarios=tuple(question.scenarios),
            weights=question.weights,
            budget_musd=question.budget_musd,
            options=question.options,
            appraisal=question.appraisal,
            outages=evaluated.context.outages,
            projects=project_table(evaluated, choices),
            chosen=tuple(evaluated.names[one] for one in order),
            portfolio=pl.DataFrame([figures_of(evaluated, choices, chosen)]),
            portfolios=portfolio_table(evaluated, choices, explored, expected),
            frontier=frontier_table(evaluated, choices, explored, expected),
            interactions=pair_table(evaluated, choices, explored, expected, pairs),
            regret=regret,
            robust=evaluated.built(robust),
            largest_regret=float(stakes.regret[1].max()),
            perfect_information=information,
            stochastic_solution=solution,
            method=found.method,
            gap=found.gap,
            largest_fall=float(explored.falls().max()),
            evaluations=evaluated.count,
            notices=tuple(_notices(question)),
            seconds=perf_counter() - started,
        )

    def _by_scenario(self, found: Found) -> tuple[Mask, list[Mask], Floats]:
        """Return the portfolio of least regret, the best of each scenario, and their values."""
        worlds = range(len(self.evaluated.question.scenarios))
        several = len(worlds) > 1
        bests = [self.best(alone(world)).best if several else found.best for world in worlds]
        tops = np.array(
            [
                value_of(self.choices, self.explored, alone(world), best)
                for world, best in zip(worlds, bests, strict=True)
            ]
        )
        robust = self.best(least_regret(tops)).best if several else found.best
        return robust, bests, tops

    def _of_chance(
        self, stakes: Stakes, chosen: Mask, bests: Sequence[Mask]
    ) -> tuple[float | None, float | None]:
        """Return the value of perfect information and of the stochastic solution."""
        question = self.evaluated.question
        if len(question.scenarios) == 1:
            return None, None
        reference = bests[likeliest(question.weights)]
        return stakes.perfect_information, self.value(chosen) - self.value(reference)


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
