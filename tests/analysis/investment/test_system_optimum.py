"""The planner's program against the linear program of every portfolio, written another way."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog
from tests.examples import examples

from sogdia.analysis.investment.portfolio_search import Choices, members
from sogdia.analysis.investment.system_optimum import Planner, Traffic, undominated

ANNUITY = 12.0


def random_traffic(random, projects, weight):
    groups, resources = int(random.integers(1, 5)), int(random.integers(1, 5))
    group = np.sort(random.integers(0, groups, int(random.integers(groups, 5 * groups + 1))))
    ways = len(group)
    use = random.random((ways, resources)) * (random.random((ways, resources)) < 0.5)
    added = random.exponential(20.0, (resources, projects))
    return Traffic(
        weight=weight,
        demand_kt=random.exponential(50.0, groups),
        reserve_usd_t=random.uniform(100.0, 900.0, groups),
        request=np.sort(random.integers(0, 2, groups)),
        group=group,
        cost_usd_t=random.uniform(10.0, 300.0, ways),
        use=sparse.csr_array(use),
        needs=random.random((ways, projects)) < 0.2,
        excludes=random.random((ways, projects)) < 0.1,
        capacity=random.exponential(15.0, resources),
        # a project may also narrow something
        added=added * (random.random(added.shape) < 0.4),
    )


def random_choices(random, projects):
    cost = random.integers(1, 9, projects).astype(float)
    requires = [0] * projects
    for one in range(1, projects):
        if random.random() < 0.3:
            requires[one] = 1 << int(random.integers(0, one))
    return Choices(
        cost, cost * random.random() * 20.0, tuple(requires), float(random.integers(1, 20))
    )


def cost_of(traffic, built, projects):
    """Cost of a year in million USD, by a program over the ways that are open."""
    inside = np.array([built >> one & 1 for one in range(projects)], dtype=bool)
    is_open = ~(traffic.needs & ~inside).any(axis=1) & ~(traffic.excludes & inside).any(axis=1)
    ways, groups = np.flatnonzero(is_open), len(traffic.demand_kt)
    # shipping a tonne saves its reservation cost; what is not shipped has no variable here
    saved = traffic.cost_usd_t[ways] - traffic.reserve_usd_t[traffic.group[ways]]
    use = traffic.use.toarray()[ways].T
    of_group = (traffic.group[ways][None, :] == np.arange(groups)[:, None]).astype(float)
    room = traffic.capacity + traffic.added @ inside
    whole = float(traffic.demand_kt @ traffic.reserve_usd_t)
    if len(ways) == 0:
        return whole / 1e3
    found = linprog(
        saved, np.vstack([use, of_group]), np.append(room, traffic.demand_kt), method="highs-ds"
    )
    assert found.success
    return (whole + found.fun) / 1e3


def allowed(choices):
    for bits in product((0, 1), repeat=len(choices.cost)):
        mask = sum(bit << one for one, bit in enumerate(bits))
        needed = {n for one in members(mask) for n in members(choices.requires[one])}
        if needed <= set(members(mask)) and choices.spent(mask) <= choices.budget:
            yield mask


def value_of(traffic, choices, built):
    projects = len(choices.cost)
    saved = sum(
        one.weight * (cost_of(one, 0, projects) - cost_of(one, built, projects)) for one in traffic
    )
    return ANNUITY * saved - sum(choices.charge[one] for one in members(built))


def assert_flows(traffic, found):
    """Demand is conserved, capacities hold, and no way is used that is not open."""
    for one, flow, kept in zip(traffic, found.flows_kt, found.unserved_kt, strict=True):
        projects = one.needs.shape[1]
        inside = np.array([found.built >> p & 1 for p in range(projects)], dtype=bool)
        assert flow.min(initial=0.0) >= -1e-7 and kept.min(initial=0.0) >= -1e-7
        shipped = np.bincount(one.group, weights=flow, minlength=len(one.demand_kt))
        assert shipped + kept == pytest.approx(one.demand_kt, abs=1e-6)
        assert (one.use.T @ flow <= one.capacity + one.added @ inside + 1e-6).all()
        shut = (one.needs & ~inside).any(axis=1) | (one.excludes & inside).any(axis=1)
        assert np.abs(flow[shut]).max(initial=0.0) <= 1e-6


@settings(max_examples=examples(12), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_best_is_that_of_the_programs_of_all_portfolios(seed):
    random = np.random.default_rng(seed)
    projects = int(random.integers(1, 5))
    weights = [1.0] if random.random() < 0.5 else [0.3, 0.7]
    traffic = [random_traffic(random, projects, weight) for weight in weights]
    choices = random_choices(random, projects)
    planner = Planner(traffic, choices, ANNUITY)
    found = planner.best()
    values = {mask: value_of(traffic, choices, mask) for mask in allowed(choices)}
    assert found.built in values
    assert found.value_musd == pytest.approx(max(values.values()), abs=2e-3)
    assert found.value_musd == pytest.approx(values[found.built], abs=1e-5)
    assert found.value_musd + found.gap_musd >= max(values.values()) - 1e-5
    assert_flows(traffic, found)
    everything = (1 << projects) - 1
    other = planner.with_built(everything)
    assert other.value_musd == pytest.approx(value_of(traffic, choices, everything), abs=1e-5)
    assert_flows(traffic, other)


def test_by_hand():
    """A road for 10 of 30 kt; widening it by 10 saves 10 kt times 70 USD a tonne, a year."""
    traffic = Traffic(
        weight=1.0,
        demand_kt=np.array([30.0]),
        reserve_usd_t=np.array([500.0]),
        request=np.array([0]),
        group=np.array([0, 0]),
        cost_usd_t=np.array([30.0, 100.0]),
        use=sparse.csr_array(np.array([[1.0], [0.0]])),
        needs=np.zeros((2, 1), dtype=bool),
        excludes=np.zeros((2, 1), dtype=bool),
        capacity=np.array([10.0]),
        added=np.array([[10.0]]),
    )
    for charge, built, value in ((8.0, 1, 12 * 0.7 - 8.0), (8.5, 0, 0.0)):
        choices = Choices(np.array([1.0]), np.array([charge]), (0,), budget=5.0)
        found = Planner([traffic], choices, ANNUITY).best()
        assert found.built == built
        assert found.value_musd == pytest.approx(value, abs=1e-9)
    # what must be is built although it does not pay
    must = Choices(np.array([1.0]), np.array([8.5]), (0,), budget=5.0, must=1)
    assert Planner([traffic], must, ANNUITY).best().value_musd == pytest.approx(-0.1)


@settings(max_examples=examples(12), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_ways_that_are_left_out_change_nothing(seed):
    random = np.random.default_rng(seed)
    traffic = random_traffic(random, 2, 1.0)
    kept = undominated(traffic)
    shut = Traffic(
        **{
            name: getattr(traffic, name)[kept]
            if name in ("group", "cost_usd_t", "needs", "excludes")
            else traffic.use[np.flatnonzero(kept)]
            if name == "use"
            else getattr(traffic, name)
            for name in Traffic.__slots__
        }
    )
    for built in range(4):
        assert cost_of(shut, built, 2) == pytest.approx(cost_of(traffic, built, 2), abs=1e-7)
