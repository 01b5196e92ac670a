"""The search against all portfolios, for random projects, needs and budgets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.analysis.investment.portfolio_search import (
    ALL,
    BOUNDED,
    LOCAL,
    Choices,
    Explored,
    frontier,
    members,
    portfolios,
    search,
    value_of,
)
from sogdia.analysis.investment.robust_choice import expected_value, least_regret

MEAN = expected_value([0.5, 0.5])


class World:
    """Random projects, whose benefit is known for every set; counts what is asked."""

    def __init__(self, seed: int, most: int = 12, *, monotone: bool = True) -> None:
        random = np.random.default_rng(seed)
        self.projects = int(random.integers(2, most + 1))
        # the goods that a set reaches: those of its projects, and of pairs that need each other
        goods = 4 * self.projects
        self.worth = random.exponential(size=(2, goods))
        self.reach = random.random((self.projects, goods)) < 0.25
        pairs = random.random((self.projects, self.projects, goods)) < 0.02
        self.pairs = pairs
        self.toll = np.zeros(self.projects) if monotone else random.random(self.projects) * 0.3
        cost = random.integers(1, 20, self.projects).astype(float)
        requires = [0] * self.projects
        for project in range(1, self.projects):
            if random.random() < 0.25:
                requires[project] = 1 << int(random.integers(0, project))
        self.choices = Choices(
            cost=cost,
            charge=cost * random.random() * 0.6,
            requires=tuple(requires),
            budget=float(random.integers(1, int(cost.sum()) + 2)),
        )
        self.asked: list[int] = []

    def __call__(self, masks):
        self.asked += masks
        return [self.benefit(mask) for mask in masks]

    def benefit(self, mask):
        inside = list(members(mask))
        reached = self.reach[inside].any(axis=0) if inside else np.zeros(self.reach.shape[1], bool)
        for one in inside:
            for other in inside:
                reached = reached | self.pairs[one, other]
        return self.worth @ reached - self.toll[inside].sum()

    def best(self, score, budget):
        allowed = [mask for mask in range(1 << self.projects) if self.is_allowed(mask, budget)]
        values = [score(self.benefit(m), self.choices.charged(m)) for m in allowed]
        return max(values)

    def is_allowed(self, mask, budget):
        inside = set(members(mask))
        needed = {n for one in inside for n in members(self.choices.requires[one])}
        return needed <= inside and sum(self.choices.cost[one] for one in inside) <= budget


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_best_is_that_of_all_portfolios(seed, everywhere):
    world = World(seed)
    explored = Explored(world)
    found = search(world.choices, explored, MEAN, exhaustive=1, most=10**6, everywhere=everywhere)
    assert found.method in {BOUNDED, ALL}
    assert found.value == pytest.approx(world.best(MEAN, world.choices.budget), abs=1e-9)
    assert world.is_allowed(found.best, world.choices.budget)
    assert len(world.asked) == len(set(world.asked))
    if everywhere:
        steps = frontier(world.choices, explored, MEAN)
        for budget in np.unique(world.choices.cost.cumsum().clip(0, world.choices.budget)):
            reached = max(
                value_of(world.choices, explored, MEAN, mask)
                for cost, mask in steps
                if cost <= budget
            )
            assert reached == pytest.approx(world.best(MEAN, budget), abs=1e-9)


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_all_portfolios_are_evaluated_where_they_are_few_whatever_they_bring(seed):
    world = World(seed, most=8, monotone=False)
    found = search(world.choices, Explored(world), MEAN, exhaustive=256, most=1)
    assert found.method == ALL
    assert found.value == pytest.approx(world.best(MEAN, world.choices.budget), abs=1e-9)
    assert all(world.is_allowed(mask, world.choices.budget) for mask in world.asked)


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_search_that_is_cut_short_says_what_it_may_miss(seed):
    world = World(seed)
    found = search(world.choices, Explored(world), MEAN, exhaustive=1, most=4)
    best = world.best(MEAN, world.choices.budget)
    assert found.value <= best + 1e-9 <= found.bound + 2e-9
    assert found.method == LOCAL or found.gap == 0.0


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_least_regret_is_that_of_all_portfolios(seed):
    world = World(seed, most=9)
    tops = np.array([world.best(lambda b, c, s=s: b[s] - c, world.choices.budget) for s in (0, 1)])
    score = least_regret(tops)
    found = search(world.choices, Explored(world), score, exhaustive=1, most=10**6)
    assert found.value == pytest.approx(world.best(score, world.choices.budget), abs=1e-9)
    assert found.value <= 1e-9


def test_a_project_that_takes_from_others_widens_the_bound():
    """Two roads that spoil each other, which a bound without slack would cut off."""
    brings = {0: 0.0, 1: 10.0, 2: 9.0, 3: 6.0}
    choices = Choices(np.array([1.0, 1.0]), np.array([0.5, 7.0]), (0, 0), budget=2.0)
    explored = Explored(lambda masks: [np.array([brings[m]]) for m in masks])
    found = search(choices, explored, expected_value([1.0]), exhaustive=1, most=100)
    assert (found.best, found.value) == (1, 9.5)
    assert explored.falls() == pytest.approx([4.0])


def test_the_cheapest_of_equals_is_chosen():
    choices = Choices(np.array([3.0, 1.0]), np.zeros(2), (0, 0), budget=9.0)
    explored = Explored(lambda masks: [np.array([float(m > 0)]) for m in masks])
    assert search(choices, explored, expected_value([1.0]), exhaustive=9, most=9).best == 0b10


def test_what_must_be_is_always_there():
    choices = Choices(np.array([1.0, 2.0, 4.0]), np.zeros(3), (0, 0b001, 0), budget=5.0, must=0b011)
    assert sorted(portfolios(choices, 100)) == [0b011]
    assert portfolios(Choices(choices.cost, choices.charge, choices.requires, 7.0), 3) != []
