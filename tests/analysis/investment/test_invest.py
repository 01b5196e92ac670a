"""Investment on a small study: every portfolio assigned by itself is the judge."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from tests.analysis.investment.roads import PROJECTS, YEAR, change, roads
from tests.builders import line, places, study_of

from sogdia.analysis.investment.appraisal import Appraisal
from sogdia.analysis.investment.invest import invest
from sogdia.analysis.investment.options import InvestmentOptions
from sogdia.analysis.investment.portfolio_value import PortfolioTask, evaluate_portfolio, prepare
from sogdia.analysis.investment.shared_paths import SharedPaths, assign_over
from sogdia.analysis.investment.without_projects import replacements, with_portfolio
from sogdia.analysis.measures import measure, surplus_usd, user_benefit_usd
from sogdia.assignment import AssignmentOptions, assign
from sogdia.errors import DataError
from sogdia.scenario import Change, Scenario

CAPTIVE = Scenario(name="as-is", year=YEAR)
MORE = Scenario(
    name="more",
    year=YEAR,
    change=(Change(table="demand", multiply={"quantity_kt": 1.6}),),
)


@pytest.fixture(scope="module")
def study():
    return roads()


OPTIONS = InvestmentOptions(corridor="south", discount_rate=0.06, horizon_years=20)


# with the usual 3 rounds a network finds one path less than others do, which a logit answers to
COLD = AssignmentOptions(rounds=5)


def value_by_hand(study, scenario, built, options=OPTIONS):
    """The net present value by two assignments that know nothing of each other."""
    missing = [name for name in PROJECTS if name not in built]
    before, after = (
        measure(
            assign(
                study, with_portfolio(study, scenario, here, gone, YEAR), year=YEAR, options=COLD
            )
        )
        for here, gone in (((), list(PROJECTS)), (built, missing))
    )
    gained = user_benefit_usd(before.shippers, after.shippers)
    gained += after.figures["scarcity_usd"] - before.figures["scarcity_usd"]
    saved_t = (before.figures["co2_kt"] - after.figures["co2_kt"]) * 1000.0
    gained += options.carbon_usd_t * saved_t
    years = Appraisal(YEAR, 2024, options.discount_rate, options.horizon_years)
    cost = sum(years.present_cost(PROJECTS[name], 0.01) for name in built)
    return years.present_value(gained / 1e6) - cost


def allowed(budget):
    for size in range(len(PROJECTS) + 1):
        for built in combinations(PROJECTS, size):
            whole = sum(PROJECTS[name] for name in built)
            if whole <= budget + 1e-9 and ("spur" not in built or "link" in built):
                yield built


@pytest.mark.parametrize("exhaustive", [256, 1])
def test_the_best_portfolio_is_that_of_cold_assignments_of_all(study, exhaustive):
    budget = 2.0
    values = {built: value_by_hand(study, CAPTIVE, built) for built in allowed(budget)}
    best = max(values, key=values.__getitem__)
    options = InvestmentOptions(
        corridor="south", discount_rate=0.06, horizon_years=20, exhaustive=exhaustive
    )
    result = invest(study, [CAPTIVE], budget_usd=budget * 1e6, year=YEAR, options=options)
    result.check()
    assert values[best] > 1.0
    assert set(result.chosen) == set(best)
    # cold assignments find the same paths, so nothing is left to differ but the residual
    assert result.portfolio["npv_musd"][0] == pytest.approx(values[best], rel=1e-6, abs=2e-6)
    for row in result.portfolios.filter("allowed").iter_rows(named=True):
        assert row["value"] == pytest.approx(values[tuple(row["projects"])], rel=1e-6, abs=2e-6)
    for row in result.frontier.iter_rows(named=True):
        reached = max(values[built] for built in allowed(row["budget_musd"]))
        assert row["value"] == pytest.approx(reached, rel=1e-6, abs=2e-6)
    assert result.exact
    assert (result.perfect_information, result.stochastic_solution) == (None, None)


def test_pairs_show_what_is_worth_more_together(study):
    result = invest(study, [CAPTIVE], budget_usd=6e6, year=YEAR, options=OPTIONS)
    pairs = {
        frozenset((row["first"], row["second"])): row
        for row in result.interactions.iter_rows(named=True)
    }
    # spur requires link: its value alone is that of both, and there is no pair of the two
    assert frozenset(("spur", "link")) not in pairs
    for pair in (("fast", "wide"), ("fast", "cheap")):
        row = pairs[frozenset(pair)]
        alone = [value_by_hand(study, CAPTIVE, (name,)) for name in pair]
        both = value_by_hand(study, CAPTIVE, pair)
        assert row["together"] == pytest.approx(both, rel=1e-4)
        assert row["synergy"] == pytest.approx(both - sum(alone), rel=1e-3, abs=1e-4)
    # two ways that take the same goods are worth less together
    assert pairs[frozenset(("fast", "wide"))]["synergy"] < 0.0


def test_a_project_is_never_built_without_what_it_requires(study):
    result = invest(study, [CAPTIVE], budget_usd=1.6e6, year=YEAR, options=OPTIONS)
    spur = result.projects.row(by_predicate=pl.col("project") == "spur", named=True)
    assert spur["why_not"] == "costs 2 M USD with link, more than the budget"
    result = invest(study, [CAPTIVE], budget_usd=4e6, year=YEAR, options=OPTIONS)
    assert all("link" in names for names in result.portfolios["projects"] if "spur" in names)
    order = list(result.chosen)
    assert "spur" not in order or order.index("link") < order.index("spur")


def test_what_must_be_is_built_and_what_may_not_is_not(study):
    options = InvestmentOptions(corridor="south", must=("spur",), without=("wide",))
    result = invest(study, [CAPTIVE], budget_usd=2.5e6, year=YEAR, options=options)
    result.check()
    assert {"spur", "link"} <= set(result.chosen)
    assert "wide" not in result.portfolios["projects"].explode().to_list()


def test_a_project_without_a_cost_is_not_chosen_and_one_is_given(study):
    costs = study.project.with_columns(
        cost_musd=pl.when(pl.col("project_id") == "wide").then(None).otherwise("cost_musd")
    )
    unpriced = study.with_tables(project=costs)
    result = invest(unpriced, [CAPTIVE], budget_usd=3e6, year=YEAR, options=OPTIONS)
    wide = result.projects.row(by_predicate=pl.col("project") == "wide", named=True)
    assert wide["why_not"] == "no published cost; give one with --cost"
    assert wide["break_even_musd"] > 0.0
    assert "wide" not in result.chosen
    # at the cost at which it just pays, with the running cost assumed for it, it is worth nothing
    priced = InvestmentOptions(
        corridor="south",
        discount_rate=0.06,
        horizon_years=20,
        costs_usd={"wide": 1e6 * wide["break_even_musd"]},
    )
    bare = unpriced.with_tables(project=costs.with_columns(opex_musd_y=pl.lit(None, pl.Float64)))
    again = invest(bare, [CAPTIVE], budget_usd=1e9, year=YEAR, options=priced)
    row = again.projects.row(by_predicate=pl.col("project") == "wide", named=True)
    assert row["npv_musd"] == pytest.approx(0.0, abs=1e-3 * wide["break_even_musd"])


def test_scenarios_are_weighed(study):
    worlds = [CAPTIVE, MORE]
    result = invest(study, worlds, budget_usd=1.6e6, year=YEAR, weights=[0.3, 0.7], options=OPTIONS)
    result.check()
    values = {
        built: np.array([value_by_hand(study, world, built) for world in worlds])
        for built in allowed(1.6)
    }
    tops = np.max(list(values.values()), axis=0)
    weights = np.array([0.3, 0.7])
    best = max(values, key=lambda built: values[built] @ weights)
    robust = min(values, key=lambda built: (tops - values[built]).max())
    assert set(result.chosen) == set(best)
    assert set(result.robust) == set(robust)
    assert result.largest_regret == pytest.approx((tops - values[robust]).max(), rel=1e-3, abs=1e-3)
    information = tops @ weights - values[best] @ weights
    assert result.perfect_information == pytest.approx(information, rel=1e-3, abs=1e-3)
    likely = max(values, key=lambda built: values[built][1])
    solution = (values[best] - values[likely]) @ weights
    assert result.stochastic_solution == pytest.approx(solution, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("objective", "figure"),
    [("throughput", "throughput_kt_y"), ("resilience", "resilience_kt"), ("co2", "co2_kt_y")],
)
def test_other_objectives_are_what_the_figures_say(study, objective, figure):
    options = InvestmentOptions(
        objective=objective, corridor="new", outages=(("link", "a-b"), ("node", "c"))
    )
    result = invest(study, [CAPTIVE], budget_usd=2e6, year=YEAR, options=options)
    result.check()
    assert result.portfolio[figure][0] == pytest.approx(result.portfolios["value"].max())
    if objective == "throughput":
        assert set(result.chosen) == {"link", "spur"}
        assert result.portfolio[figure][0] > 1.0


def test_an_outage_is_an_assignment_without_the_element(study):
    context = prepare(
        study,
        [CAPTIVE],
        outages=[("node", "c")],
        year=YEAR,
        candidates=list(PROJECTS),
        corridor="south",
    )
    # goods for c have no other way; of the others 60 find room by b, and 100 if that is wide
    assert context.worlds[0].lost_kt[0] == pytest.approx(30.0 + 120.0 - 60.0, abs=0.5)
    figures = evaluate_portfolio(context, PortfolioTask(("wide",), 0))
    assert figures["resilience_kt"] == pytest.approx(40.0, abs=0.5)


def test_shared_paths_give_what_an_assignment_finds_by_itself(study):
    worlds = [
        with_portfolio(study, CAPTIVE, (), list(PROJECTS), YEAR),
        with_portfolio(study, CAPTIVE, list(PROJECTS), (), YEAR),
    ]
    cold = [assign(study, world, year=YEAR) for world in worlds]
    shared = SharedPaths.of(cold)
    for world, alone in zip(worlds, cold, strict=True):
        over = assign_over(shared, study, world, YEAR, warm_start=cold[0])
        over.check()
        assert over.converged
        left, right = (one.corridors.sort("corridor", "direction") for one in (over, alone))
        assert left["kt"].to_list() == pytest.approx(right["kt"].to_list(), abs=1e-3)


def test_the_rule_of_half_is_the_integral_for_a_small_change(study):
    faster = Scenario(
        name="faster",
        year=YEAR,
        change=(
            Change.model_validate(
                {"table": "link", "where": {"link_id": "a-c"}, "multiply": {"time_h": 0.99}}
            ),
        ),
    )
    before, after = (measure(assign(study, one, year=YEAR)) for one in (CAPTIVE, faster))
    reserve = before.shippers["reserve_usd_t"].to_numpy()
    exact = surplus_usd(after.shippers, reserve).sum() - surplus_usd(before.shippers).sum()
    half = user_benefit_usd(before.shippers, after.shippers)
    assert half > 0.0
    assert half == pytest.approx(exact, rel=1e-3)


def test_what_the_study_has_replaced_stays_where_a_project_is_not_built():
    """The wide line of 2027 is the project's: without it the narrow one goes on."""
    study = study_of(
        node=places("a", "b"),
        link=[
            line("a", "b", link_id="old", capacity_kt_y=10.0, open_until=date(2027, 1, 1)),
            line("a", "b", link_id="new", capacity_kt_y=90.0, open_from=date(2027, 1, 1)),
        ],
        demand=[{"origin": "a", "destination": "b", "quantity_kt": 5.0, "year": YEAR}],
        project=[{"project_id": "wide", "name": "w", "earliest_year": 2027, "status": "building"}],
        project_change=[change("wide", "old", "capacity_kt_y", "set", "90")],
    )
    assert replacements(study, ["wide"], YEAR) == {"old": "new"}
    bare = Scenario(name="x", year=YEAR)
    for built, there in (((), "old"), (("wide",), "new")):
        missing = [name for name in ("wide",) if name not in built]
        scenario = with_portfolio(study, bare, built, missing, YEAR)
        flows = assign(study, scenario, year=YEAR).links
        assert flows["link_id"].unique().to_list() == [there]


@pytest.mark.parametrize(
    ("budget", "options", "words"),
    [
        (1e5, {}, "a budget of 0.1 M USD is below every project .* cheapest, cheap, costs 0.2"),
        (-1.0, {}, "a budget of -1 USD is not more than 0"),
        (2e6, {"corridor": "sooth"}, "corridor: 'sooth' is no corridor of the study"),
        (2e6, {"objective": "money"}, "objective: 'money' is none of npv, throughput"),
        (2e6, {"must": ("fasst",)}, "--must: 'fasst' is not in table project; nearest: 'fast'"),
        (2e6, {"must": ("spur",), "without": ("link",)}, "'spur' cannot be chosen: requires link"),
        (2e6, {"must": ("fast",), "without": ("fast",)}, "'fast' is also left out by --without"),
        (2e6, {"must": ("fast", "wide")}, "--must: fast, wide cost 3 M USD together"),
        (2e6, {"costs_usd": {"fast": -1.0}}, "--cost fast: -1 is not a cost of 0 or more"),
        (2e6, {"carbon_usd_t": float("nan")}, "carbon price: nan is not a figure of 0 or more"),
        (2e6, {"discount_rate": -1.0}, "discount rate: -1 is not >= 0"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(study, budget, options, words):
    with pytest.raises(DataError, match=words):
        invest(
            study,
            [CAPTIVE],
            budget_usd=budget,
            year=YEAR,
            options=InvestmentOptions(**{"corridor": "south"} | options),
        )


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([0.5, None], "some scenarios have a weight and some have none"),
        ([0.5, 0.6], "are not shares that add up to 1"),
        ([1.0], "there are 2 scenarios and 1 weights"),
    ],
)
def test_weights_that_are_none_are_refused(study, weights, words):
    with pytest.raises(DataError, match=words):
        invest(study, [CAPTIVE, MORE], budget_usd=2e6, year=YEAR, weights=weights, options=OPTIONS)
