"""Newton's step within bounds: what is free solves its equations with the rest at its bounds."""

import numpy as np
import pytest

from sogdia.assignment.equilibrium import _step_within

SIZE = 6


@pytest.mark.parametrize("seed", range(5))
def test_what_stays_within_solves_its_equations(seed):
    random = np.random.default_rng(seed)
    matrix = np.eye(SIZE) + random.uniform(-0.1, 0.1, (SIZE, SIZE))
    right = random.uniform(-1.0, 1.0, SIZE)
    least, most = np.full(SIZE, -0.5), np.full(SIZE, 0.5)
    step = _step_within(matrix, right, least, most)
    assert (step >= least).all()
    assert (step <= most).all()
    inside = (step > least) & (step < most)
    assert 0 < inside.sum() < SIZE
    assert (matrix @ step)[inside] == pytest.approx(right[inside], abs=1e-12)
    alone = np.clip(np.linalg.solve(matrix, right), least, most)
    assert np.abs(matrix @ alone - right)[inside].max() > 1e-3


def test_a_step_within_bounds_is_newtons():
    random = np.random.default_rng(9)
    matrix, right = random.uniform(-1.0, 1.0, (SIZE, SIZE)), random.uniform(-1.0, 1.0, SIZE)
    wide = np.full(SIZE, 1e6)
    expected = np.linalg.solve(matrix, right)
    assert _step_within(matrix, right, -wide, wide) == pytest.approx(expected, rel=1e-9)


def test_a_wait_rises_by_what_a_price_that_stops_halfway_leaves():
    """The first equation makes the wait rise by as much as the price, the second, falls."""
    matrix = np.array([[1.0, 1.0], [0.0, -0.1]])
    right = np.array([0.0, 0.2])  # the price would fall by 2, but may fall by 0.5
    step = _step_within(matrix, right, np.array([-9.0, -0.5]), np.array([9.0, 0.5]))
    assert step.tolist() == pytest.approx([0.5, -0.5])


def test_nothing_to_solve_is_no_step():
    nothing = np.empty(0)
    assert len(_step_within(np.empty((0, 0)), nothing, nothing, nothing)) == 0
