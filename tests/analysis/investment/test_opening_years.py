"""When to build, on a study whose demand grows: assignments of each year are the judge."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest
from tests.analysis.investment.roads import YEAR, roads

from sogdia.analysis.investment.invest import invest
from sogdia.analysis.investment.options import InvestmentOptions
from sogdia.errors import DataError
from sogdia.scenario import Scenario

PLAIN = Scenario(name="plain")
LATER = 2036
RATE, HORIZON, BASE = 0.06, 20, 2024
OPTIONS = InvestmentOptions(
    corridor="south", discount_rate=RATE, horizon_years=HORIZON, openings=(YEAR, LATER)
)
COSTS = {"fast": 3.5, "spur": 40.0, "link": 5.0}
OPEX = 0.001
BUDGET = 48.3


def study_of_growth(growth, *, years=(YEAR, LATER)):
    demand = [
        {"origin": "a", "destination": to, "quantity_kt": kt * factor, "year": year}
        for year, factor in zip(years, (1.0, growth), strict=False)
        for to, kt in (("d", 120.0), ("c", 30.0))
    ]
    study = roads(demand=demand)
    rows = study.project.filter(pl.col("project_id").is_in(list(COSTS)))
    cost = pl.col("project_id").replace_strict(COSTS, return_dtype=pl.Float64)
    changes = study.project_change.filter(pl.col("project_id").is_in(list(COSTS)))
    return study.with_tables(
        project=rows.with_columns(cost_musd=cost, opex_musd_y=pl.lit(OPEX)), project_change=changes
    )


def yearly_benefits(study, year):
    """What every portfolio brings in a year, by a question about that year alone."""
    options = InvestmentOptions(corridor="south", discount_rate=0.0, horizon_years=1)
    result = invest(study, [PLAIN], budget_usd=1e9, year=year, options=options)
    return {
        # a year of use at no discount: value is the year's benefit less cost and running
        frozenset(row["projects"]): row["value"] + row["cost_musd"] + OPEX * len(row["projects"])
        for row in result.portfolios.to_dicts()
    }


def value_by_hand(benefits, opens):
    """The net present value of a plan, year by year."""
    last = YEAR + HORIZON
    value = 0.0
    for year in range(YEAR, last):
        built = frozenset(name for name, since in opens.items() if since <= year)
        brought = np.interp(year, [YEAR, LATER], [benefits[y][built] for y in (YEAR, LATER)])
        value += (brought - OPEX * len(built)) * (1 + RATE) ** (BASE - year)
    for name, since in opens.items():
        for year in range(since - 4, since):
            value -= COSTS[name] / 4 * (1 + RATE) ** (BASE - year)
        value += COSTS[name] * (since - YEAR) / HORIZON * (1 + RATE) ** (BASE - last)
    return value


def plan_of(result):
    assert result.plan is not None
    return result.plan


def all_plans():
    never = 9999
    for years in product((YEAR, LATER, never), repeat=len(COSTS)):
        if years[1] == never or years[2] <= years[1]:
            yield {name: year for name, year in zip(COSTS, years, strict=True) if year != never}


@pytest.fixture(scope="module")
def growing():
    study = study_of_growth(2.0)
    return study, {year: yearly_benefits(study, year) for year in (YEAR, LATER)}


@pytest.fixture(scope="module")
def steady():
    study = study_of_growth(1.0)
    return study, invest(study, [PLAIN], budget_usd=BUDGET * 1e6, options=OPTIONS)


@pytest.mark.parametrize(("budget", "by_first"), [(BUDGET, 3.0), (1000.0, 1000.0)])
def test_the_plan_is_the_best_of_all_openings(growing, budget, by_first):
    study, benefits = growing
    allowed = [
        opens
        for opens in all_plans()
        if sum(COSTS[name] for name in opens) <= budget
        and sum(COSTS[name] for name, year in opens.items() if year == YEAR) <= by_first
    ]
    best = max(allowed, key=lambda opens: value_by_hand(benefits, opens))
    options = replace(OPTIONS, budgets_by_usd={YEAR: by_first * 1e6})
    result = invest(study, [PLAIN], budget_usd=budget * 1e6, options=options)
    result.check()
    plan = plan_of(result)
    assert result.opens == best
    assert plan.npv_musd == pytest.approx(value_by_hand(benefits, best), rel=1e-6, abs=1e-6)
    at_once = value_by_hand(benefits, dict.fromkeys(best, YEAR))
    assert plan.at_once_musd == pytest.approx(at_once, rel=1e-6, abs=1e-6)
    # demand doubles, so the dearest waits by itself; the others only where they must
    assert best["spur"] == LATER
    assert plan.waiting_musd > 0.1
    for row in plan.by_opening.to_dicts():
        needed = ("spur", "link") if row["project"] == "spur" else (row["project"],)
        alone = value_by_hand(benefits, dict.fromkeys(needed, row["opens"]))
        assert row["npv_musd"] == pytest.approx(alone, rel=1e-6, abs=1e-6)
        assert row["chosen"] == (best.get(row["project"]) == row["opens"])


def test_benefits_that_do_not_change_are_worth_what_they_are_in_one_year(steady):
    _, result = steady
    assert plan_of(result).waiting_musd == pytest.approx(0.0, abs=1e-9)
    alone = dict(result.projects.select("project", "npv_musd").iter_rows())
    at_once = plan_of(result).by_opening.filter(pl.col("opens") == YEAR)
    assert at_once.height == len(COSTS)
    for row in at_once.to_dicts():
        assert row["npv_musd"] == pytest.approx(alone[row["project"]], rel=1e-6, abs=1e-6)


def test_a_year_without_demand_is_valued_by_those_that_have_one(steady):
    study = study_of_growth(1.0, years=(YEAR,))
    bare = plan_of(invest(study, [PLAIN], budget_usd=BUDGET * 1e6, options=OPTIONS))
    assert bare.evaluated == (YEAR,)
    assert bare.by_opening["npv_musd"].to_list() == pytest.approx(
        plan_of(steady[1]).by_opening["npv_musd"].to_list(), rel=1e-6, abs=1e-6
    )
    assert any("no demand in 2036" in one for one in bare.notices)


def test_what_is_not_possible_before_some_year_opens_after_it(steady):
    study, _ = steady
    late = pl.when(pl.col("project_id") == "fast").then(2033).otherwise("earliest_year")
    rows = study.project.with_columns(earliest_year=late.cast(pl.Int32))
    result = invest(
        study.with_tables(project=rows), [PLAIN], budget_usd=BUDGET * 1e6, options=OPTIONS
    )
    assert result.opens["fast"] == LATER
    assert "fast" not in result.chosen
    opens = plan_of(result).by_opening.filter(pl.col("project") == "fast")["opens"].to_list()
    assert opens == [LATER]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"openings": (LATER, YEAR)}, "2036, 2030 do not follow one another"),
        ({"openings": (YEAR, 2050)}, "opening 2050 is none of the years that count, 2030 to 2049"),
        ({"budgets_by_usd": {2031: 1e6}}, "budget by year: 2031 is no opening year; there are"),
        ({"budgets_by_usd": {YEAR: -1.0}}, "budget by 2030: -1 USD is not an amount"),
        ({"objective": "co2"}, "opening years can be chosen by npv alone"),
        (
            {"must": ("fast",), "budgets_by_usd": {LATER: 1e6}},
            "what must be built costs 3.5 M USD, more than may be spent by 2036",
        ),
    ],
)
def test_plans_that_cannot_be_are_refused_in_words(steady, options, words):
    asked = {"corridor": "south", "horizon_years": HORIZON, "openings": (YEAR, LATER)}
    with pytest.raises(DataError, match=words):
        invest(
            steady[0],
            [PLAIN],
            budget_usd=BUDGET * 1e6,
            options=InvestmentOptions(**asked | options),
        )


def test_a_year_and_openings_are_one_too_many(steady):
    with pytest.raises(DataError, match="the first of these is the year"):
        invest(steady[0], [PLAIN], budget_usd=BUDGET * 1e6, year=YEAR, options=OPTIONS)
