"""The planner on a study: every portfolio's network compiled by itself is the judge."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog
from tests.analysis.investment.roads import PROJECTS as EVERY
from tests.analysis.investment.roads import YEAR, roads

from sogdia.analysis.investment.appraisal import Appraisal
from sogdia.analysis.investment.invest import invest
from sogdia.analysis.investment.options import InvestmentOptions
from sogdia.analysis.investment.without_projects import with_portfolio
from sogdia.assignment import AssignmentOptions, assign
from sogdia.assignment.equilibrium import choices
from sogdia.errors import DataError
from sogdia.scenario import Change, Scenario

PROJECTS = {name: cost for name, cost in EVERY.items() if name != "cheap"}
PLAIN = Scenario(name="plain", year=YEAR)
MORE = Scenario(
    name="more",
    year=YEAR,
    change=(Change(table="demand", multiply={"quantity_kt": 1.6}),),
)
WORLDS = (PLAIN, MORE)
OPTIONS = InvestmentOptions(
    corridor="south",
    discount_rate=0.06,
    horizon_years=20,
    without=("cheap",),
    system_optimum=True,
)


def assigned(study, scenario, built):
    missing = [name for name in EVERY if name not in built]
    world = with_portfolio(study, scenario, built, missing, YEAR)
    result = assign(study, world, year=YEAR, options=AssignmentOptions(rounds=5))
    (part,) = result.solution.periods
    return part


def planned_cost(part, before):
    """Least cost of a year, million USD: a program over what an assignment of its own compares."""
    problem, paths, network = part.problem, part.alternatives.paths, part.network
    nothing = np.zeros(len(problem.capacity))
    cost, _, _ = choices(problem, nothing, nothing)
    emitted = paths.sums((network.wtt_kg_t + network.ttw_kg_t)[paths.arcs]) / 1000.0
    cost = cost + OPTIONS.carbon_usd_t * emitted[:, None]
    reserve = before.problem.reserve_usd_t[paths.request]
    classes = cost.shape[1]
    demand = (problem.demand[:, None] * problem.class_share).ravel()
    group = (paths.request[:, None] * classes + np.arange(classes)).ravel()
    of_group = (group[None, :] == np.arange(len(demand))[:, None]).astype(float)
    use = np.repeat(problem.use.toarray(), classes, axis=0).T
    found = linprog(
        (cost - reserve).ravel(),
        np.vstack([use, of_group]),
        np.append(problem.capacity, demand),
    )
    assert found.success
    return (float(demand @ before.problem.reserve_usd_t.ravel()) + found.fun) / 1e3


@pytest.fixture(scope="module")
def values():
    """Net present value of every portfolio that obeys what is required, by the planner."""
    study, years = roads(), Appraisal(YEAR, 2024, 0.06, 20)
    empty = {world.name: assigned(study, world, ()) for world in WORLDS}
    nothing = {name: planned_cost(part, part) for name, part in empty.items()}
    found = {}
    for size in range(len(PROJECTS) + 1):
        for built in combinations(PROJECTS, size):
            if "spur" in built and "link" not in built:
                continue
            charge = sum(years.present_cost(PROJECTS[name], 0.01) for name in built)
            found[built] = {
                world.name: years.present_value(
                    nothing[world.name]
                    - planned_cost(assigned(study, world, built), empty[world.name])
                )
                - charge
                for world in WORLDS
            }
    return found


def best_of(values, budget, weights):
    allowed = [b for b in values if sum(PROJECTS[name] for name in b) <= budget + 1e-9]
    worth = {b: sum(w * values[b][name] for name, w in weights.items()) for b in allowed}
    best = max(worth, key=worth.__getitem__)
    return best, worth


def test_the_planner_builds_what_the_programs_of_all_portfolios_say(values):
    weights = {"plain": 0.7, "more": 0.3}
    result = invest(
        roads(),
        list(WORLDS),
        budget_usd=3.3e6,
        year=YEAR,
        weights=list(weights.values()),
        options=OPTIONS,
    )
    best, worth = best_of(values, 3.3, weights)
    optimum = result.system_optimum
    assert optimum is not None
    assert optimum.value_musd == pytest.approx(worth[best], rel=1e-6, abs=2e-3)
    assert worth[best] > 0.1
    assert set(optimum.chosen) == set(best)
    assert 0.0 <= optimum.gap_musd <= 2e-3
    # both portfolios by both principles
    kept = {frozenset(row["projects"]): row["value"] for row in result.portfolios.to_dicts()}
    assert optimum.by_equilibrium_musd == kept[frozenset(best)]
    assert optimum.equilibrium_musd == kept[frozenset(result.chosen)]
    assert optimum.regret_musd == optimum.equilibrium_musd - optimum.by_equilibrium_musd >= 0.0
    chosen = next(b for b in worth if set(b) == set(result.chosen))
    assert optimum.equilibrium_by_planner_musd == pytest.approx(worth[chosen], abs=1e-4)


def test_a_planner_has_no_other_objective():
    options = InvestmentOptions(corridor="south", objective="co2", system_optimum=True)
    with pytest.raises(DataError, match="a system optimum can be chosen by npv alone"):
        invest(roads(), [PLAIN], budget_usd=2e6, year=YEAR, options=options)
