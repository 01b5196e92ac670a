"""Regret and the value of information, by hand and for anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.analysis.investment.robust_choice import (
    Stakes,
    alone,
    expected_value,
    least_regret,
    likeliest,
)

# three portfolios in two scenarios: one for each, and one that is fair in both
VALUES = np.array([[100.0, 0.0], [20.0, 60.0], [70.0, 40.0]])
BY_HAND = Stakes(VALUES, VALUES.max(axis=0), np.array([0.6, 0.4]))


def test_by_hand():
    assert BY_HAND.expected == pytest.approx([60.0, 36.0, 58.0])
    assert BY_HAND.regret.max(axis=1) == pytest.approx([60.0, 80.0, 30.0])
    # knowing the scenario: 0.6 * 100 + 0.4 * 60 = 84, against 60 without
    assert BY_HAND.perfect_information == pytest.approx(24.0)
    # who reckons with the second scenario only builds its best, and loses 60 - 36
    assert BY_HAND.stochastic_solution(1) == pytest.approx(24.0)
    assert BY_HAND.stochastic_solution(0) == 0.0


def test_scores_are_what_the_stakes_say():
    charge = 5.0
    brought = VALUES + charge
    for row, one in enumerate(brought):
        assert expected_value([0.6, 0.4])(one, charge) == pytest.approx(BY_HAND.expected[row])
        assert alone(1)(one, charge) == pytest.approx(VALUES[row, 1])
        worst = BY_HAND.regret[row].max()
        assert least_regret(BY_HAND.best)(one, charge) == pytest.approx(-worst)


def test_of_equal_scenarios_the_first_is_the_likeliest():
    assert likeliest([0.25, 0.5, 0.25]) == 1
    assert likeliest([0.5, 0.5]) == 0


@settings(max_examples=examples(50), deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_information_is_never_worth_less_than_nothing(portfolios, scenarios, seed):
    random = np.random.default_rng(seed)
    values = random.normal(size=(portfolios, scenarios)) * 100.0
    weights = random.dirichlet(np.ones(scenarios))
    stakes = Stakes(values, values.max(axis=0), weights)
    assert stakes.perfect_information >= -1e-9
    reference = int(values[:, likeliest(weights.tolist())].argmax())
    assert stakes.stochastic_solution(reference) >= -1e-9
    assert (stakes.regret >= 0.0).all()
