"""Evaluated portfolios as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum, isfinite, nan

import numpy as np
import polars as pl

from sogdia.analysis.investment.portfolio_search import (
    Choices,
    Explored,
    Mask,
    Score,
    frontier,
    members,
    value_of,
)
from sogdia.analysis.investment.projects import Project
from sogdia.analysis.investment.question import FIGURES, Evaluated
from sogdia.analysis.investment.robust_choice import Stakes, alone
from sogdia.analysis.investment.without_projects import is_dated
from sogdia.network.model import Floats

PROJECT_FIGURES = (
    "npv_musd",
    "benefit_cost_ratio",
    "first_year_return",
    "break_even_musd",
    *FIGURES,
)
PROJECT_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "project": pl.String,
    "name": pl.String,
    "cost_musd": pl.Float64,
    "opex_musd_y": pl.Float64,
    "opens": pl.Int64,
    **dict.fromkeys(PROJECT_FIGURES, pl.Float64),
    "choosable": pl.Boolean,
    "why_not": pl.String,
}
Schema = dict[str, pl.DataType | type[pl.DataType]]
NAMES = pl.List(pl.String)
PORTFOLIO_SCHEMA: Schema = {
    "projects": NAMES,
    "cost_musd": pl.Float64,
    "value": pl.Float64,
    "allowed": pl.Boolean,
}
FRONTIER_SCHEMA: Schema = {"budget_musd": pl.Float64, "value": pl.Float64, "chosen": NAMES}
PAIR_SCHEMA: Schema = {
    "first": pl.String,
    "second": pl.String,
    "alone_first": pl.Float64,
    "alone_second": pl.Float64,
    "together": pl.Float64,
    "synergy": pl.Float64,
}
REGRET_SCHEMA: Schema = {
    "chosen": NAMES,
    "scenario": pl.String,
    "value": pl.Float64,
    "regret": pl.Float64,
    "expected": pl.Float64,
}


def figures_of(evaluated: Evaluated, choices: Choices, mask: Mask) -> dict[str, float | None]:
    """Return the figures of a portfolio, means over the scenarios.

    Parameters
    ----------
    evaluated : Evaluated
        What is known.
    choices : Choices
        What it was chosen among.
    mask : int
        The portfolio.

    Returns
    -------
    dict
        cost_musd, opex_musd_y, npv_musd, benefit_cost_ratio, first_year_return, benefit_musd_y
        and `FIGURES`; None what is not known.
    """
    question = evaluated.question
    mean = evaluated.mean(evaluated.built(mask))
    inside = [question.candidates[one] for one in members(mask)]
    cost = fsum(one.cost_musd or 0.0 for one in inside)
    opex = fsum(one.opex_musd_y for one in inside)
    paid = fsum(question.present_cost(one) for one in inside)
    benefit = question.benefit_musd_y(mean)
    gained = question.appraisal.present_value(benefit)
    return {
        "cost_musd": cost,
        "opex_musd_y": opex,
        "npv_musd": gained - paid,
        "benefit_cost_ratio": gained / paid if paid > 0.0 else None,
        "first_year_return": (benefit - opex) / cost if cost > 0.0 else None,
        "benefit_musd_y": benefit,
        **{name: value if isfinite(value) else None for name, value in mean.items()},
    }


def project_table(evaluated: Evaluated, choices: Choices) -> pl.DataFrame:
    """Return every project of the study alone, as `InvestmentResult.projects` tells."""
    question = evaluated.question
    number = {name: row for row, name in enumerate(evaluated.names)}
    rows = []
    for one in question.projects:
        figures: dict[str, float | None] = {}
        if one.choosable:
            figures = figures_of(evaluated, choices, choices.closure(1 << number[one.project_id]))
        elif one.is_unpriced:
            figures = _unpriced(evaluated, one)
        rows.append(
            {
                "project": one.project_id,
                "name": one.name,
                **{name: figures.get(name) for name in PROJECT_FIGURES},
                "cost_musd": one.cost_musd,
                "opex_musd_y": one.opex_musd_y if one.cost_musd is not None else None,
                "opens": question.year if one.choosable else None,
                "choosable": one.choosable,
                "why_not": one.why_not or None,
            }
        )
    return pl.DataFrame(rows, schema=PROJECT_SCHEMA, infer_schema_length=None)


def _unpriced(evaluated: Evaluated, project: Project) -> dict[str, float | None]:
    """Return what a project without a published cost brings, and up to which cost it would pay."""
    question = evaluated.question
    name = project.project_id
    if is_dated(question.study, name, question.year):
        mean = {key: -value for key, value in evaluated.mean((), (name,)).items()}
    else:
        mean = evaluated.mean((name,))
    appraisal = question.appraisal
    each = appraisal.present_cost(1.0, question.options.opex_share)
    pays = appraisal.present_value(question.benefit_musd_y(mean)) / each
    known = {key: value if isfinite(value) else None for key, value in mean.items()}
    return {**known, "break_even_musd": max(pays, 0.0)}


def portfolio_table(
    evaluated: Evaluated, choices: Choices, explored: Explored, score: Score
) -> pl.DataFrame:
    """Return every evaluated portfolio."""
    rows = [
        (
            list(evaluated.built(mask)),
            choices.spent(mask),
            value_of(choices, explored, score, mask),
            choices.allows(mask),
        )
        for mask in sorted(explored.benefits)
    ]
    return pl.DataFrame(rows, schema=PORTFOLIO_SCHEMA, orient="row")


def frontier_table(
    evaluated: Evaluated, choices: Choices, explored: Explored, score: Score
) -> pl.DataFrame:
    """Return every budget from which on a better portfolio is within reach."""
    rows = [
        (budget, value_of(choices, explored, score, mask), list(evaluated.built(mask)))
        for budget, mask in frontier(choices, explored, score)
    ]
    return pl.DataFrame(rows, schema=FRONTIER_SCHEMA, orient="row")


def pair_table(
    evaluated: Evaluated,
    choices: Choices,
    explored: Explored,
    score: Score,
    pairs: Iterable[tuple[int, int]],
) -> pl.DataFrame:
    """Return what pairs are worth together and apart, the strongest interaction first."""

    def value(mask: Mask) -> float:
        return value_of(choices, explored, score, mask)

    rows = []
    for one, other in pairs:
        first, second = choices.closure(1 << one), choices.closure(1 << other)
        # what both require is built and paid for once: it is no interaction of the two
        shared = value(first & second) if first & second in explored.benefits else nan
        synergy = value(first | second) + shared - value(first) - value(second)
        if isfinite(synergy):
            rows.append(
                (
                    evaluated.names[one],
                    evaluated.names[other],
                    value(first),
                    value(second),
                    value(first | second),
                    synergy,
                )
            )
    table = pl.DataFrame(rows, schema=PAIR_SCHEMA, orient="row")
    return table.sort(pl.col("synergy").abs(), descending=True, maintain_order=True)


def regret_table(
    evaluated: Evaluated,
    choices: Choices,
    explored: Explored,
    tops: Floats,
    masks: Sequence[Mask],
) -> tuple[pl.DataFrame, Stakes]:
    """Set the portfolios that are best for something against every scenario."""
    question = evaluated.question
    values = np.array(
        [[value_of(choices, explored, alone(w), m) for w in range(len(tops))] for m in masks]
    )
    stakes = Stakes(values, tops, np.array(question.weights))
    rows = [
        (
            list(evaluated.built(mask)),
            one.name,
            values[row, world],
            stakes.regret[row, world],
            stakes.expected[row],
        )
        for row, mask in enumerate(masks)
        if mask not in masks[:row]
        for world, one in enumerate(question.scenarios)
    ]
    return pl.DataFrame(rows, schema=REGRET_SCHEMA, orient="row"), stakes
