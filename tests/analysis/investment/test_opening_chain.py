"""Plans over opening years against all assignments of projects to years."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.analysis.investment.opening_chain import best_chain, chain_value, opening_of
from sogdia.analysis.investment.portfolio_search import ALL, LOCAL, Choices, Explored, members


class Plans:
    """Random projects and benefits that grow at random; every plan can be valued."""

    def __init__(self, seed, most=4, *, monotone=False):
        random = np.random.default_rng(seed)
        self.projects = int(random.integers(1, most + 1))
        self.openings = int(random.integers(1, 4))
        goods = 3 * self.projects
        self.worth = random.exponential(size=(self.openings, goods))
        self.reach = random.random((self.projects, goods)) < 0.4
        self.toll = np.zeros(self.projects) if monotone else random.random(self.projects) * 0.5
        self.cost = random.integers(1, 9, self.projects).astype(float)
        # what a project costs in all, by its opening: the later the less
        self.whole = np.sort(random.random((self.openings, self.projects)) * 6.0, axis=0)[::-1]
        requires = [0] * self.projects
        for one in range(1, self.projects):
            if random.random() < 0.3:
                requires[one] = 1 << int(random.integers(0, one))
        self.requires = tuple(requires)
        # the openings from which on each may be there; what it needs may be there as well
        self.since = random.integers(0, self.openings, self.projects) * (random.random() < 0.5)
        needed = [max((self.since[n] for n in members(r)), default=0) for r in requires]
        self.since = np.maximum(self.since, needed)
        self.budgets = np.sort(random.integers(0, int(self.cost.sum()) + 2, self.openings)) + 0.0
        self.asked = 0

    def spans(self):
        rents = np.vstack([self.whole[:-1] - self.whole[1:], self.whole[-1:]])
        return [
            Choices(np.where(self.since <= n, self.cost, np.inf), rents[n], self.requires, budget)
            for n, budget in enumerate(self.budgets)
        ]

    def __call__(self, masks):
        self.asked += len(masks)
        return [np.array([self.brings(mask, n) for n in range(self.openings)]) for mask in masks]

    def brings(self, mask, span):
        inside = list(members(mask))
        reached = self.reach[inside].any(axis=0)
        return float(self.worth[span] @ reached - self.toll[inside].sum())

    def best(self):
        """The best of all assignments of projects to openings, or to none."""
        best = -np.inf
        never = self.openings
        for opens in product(range(never + 1), repeat=self.projects):
            if any(
                opens[needed] > opens[one]
                for one in range(self.projects)
                if opens[one] < never
                for needed in members(self.requires[one])
            ):
                continue
            if any(opens[one] < self.since[one] for one in range(self.projects)):
                continue
            by = [
                sum(c for c, o in zip(self.cost, opens, strict=True) if o <= n)
                for n in range(never)
            ]
            if any(spent > budget for spent, budget in zip(by, self.budgets, strict=True)):
                continue
            value = sum(
                self.brings(sum(1 << p for p, o in enumerate(opens) if o <= n), n)
                for n in range(never)
            )
            value -= sum(self.whole[o, p] for p, o in enumerate(opens) if o < never)
            best = max(best, value)
        return best


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_best_plan_is_that_of_all_assignments_of_projects_to_years(seed):
    plans = Plans(seed)
    explored = Explored(plans)
    found = best_chain(plans.spans(), explored, exhaustive=256, most=1)
    assert (found.method, found.gap) == (ALL, 0.0)
    assert found.value == pytest.approx(plans.best(), abs=1e-9)
    assert found.value == pytest.approx(
        chain_value(plans.spans(), explored, found.portfolios), abs=1e-9
    )
    for before, after in zip(found.portfolios, found.portfolios[1:], strict=False):
        assert before & ~after == 0


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_search_by_spans_says_what_it_may_miss(seed):
    plans = Plans(seed, monotone=True)
    found = best_chain(plans.spans(), Explored(plans), exhaustive=1, most=10**6)
    best = plans.best()
    assert found.value <= best + 1e-9 <= found.bound + 2e-9
    assert found.method == LOCAL or found.value == pytest.approx(best, abs=1e-9)


def two_openings(first, second):
    """One project that costs 100 now or 78 later, and brings so much before and after."""
    rents = [np.array([22.0]), np.array([78.0])]
    spans = [Choices(np.array([100.0]), rent, (0,), 100.0) for rent in rents]
    brings = np.array([first, second])
    explored = Explored(lambda masks: [brings * (mask == 1) for mask in masks])
    return best_chain(spans, explored, exhaustive=9, most=9)


def test_waiting_pays_where_the_first_years_bring_less_than_it_saves():
    late = two_openings(20.0, 90.0)
    assert (late.portfolios, late.value) == ((0, 1), 90.0 - 78.0)
    assert opening_of(late.portfolios) == {0: 1}
    early = two_openings(24.0, 90.0)
    assert (early.portfolios, early.value) == ((1, 1), 24.0 + 90.0 - 100.0)
    # to build now would pay (110 - 100), but to build later pays more
    assert two_openings(20.0, 90.0).value > 20.0 + 90.0 - 100.0
    assert two_openings(20.0, 70.0).portfolios == (0, 0)


def test_what_must_be_is_there_at_last():
    rents = [np.array([22.0]), np.array([78.0])]
    spans = [Choices(np.array([100.0]), rent, (0,), 100.0) for rent in rents]
    spans[1] = replace(spans[1], must=1)
    explored = Explored(lambda masks: [np.zeros(2) for _ in masks])
    found = best_chain(spans, explored, exhaustive=9, most=9)
    assert (found.portfolios, found.value) == ((0, 1), -78.0)
