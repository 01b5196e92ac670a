"""Shares of paths: by hand, against the freight model's, and at extreme costs."""

from math import exp, log, sqrt

import numpy as np
import pytest

from sogdia.assignment.choice import path_sizes as path_sizes_by_sorting
from sogdia.assignment.traffic.shares import (
    change_load,
    choose,
    commonalities,
    first_marks,
    path_sizes,
)

# Three paths of one pair over arcs a (2 km, of two paths), b (3), c (4), d (6).
PATHS = [[0, 1], [0, 2], [3]]
LENGTH = np.array([[2.0, 3.0, 4.0, 6.0]])
ONE_PAIR = np.array([0, 3])
ONE_CLASS = np.zeros(1, dtype=np.int32)


def ragged(paths):
    first = np.cumsum([0, *(len(path) for path in paths)])
    return first.astype(np.int64), np.concatenate(paths).astype(np.int32)


def chosen(cost, *, constant=None, scale=1.0, nest_scale=1.0, nest_path=None, trips=1.0):
    """Return the flows of one pair's paths, each of one arc, and the load."""
    paths = len(cost)
    nests = np.arange(paths + 1) if nest_path is None else np.array(nest_path)
    first, arc = ragged([[number] for number in range(paths)])
    flow, load = np.empty(paths), np.zeros((1, paths))
    choose(
        0,
        1,
        np.zeros(1, dtype=np.int32),
        np.array([trips]),
        np.array([0, len(nests) - 1]),
        nests,
        first,
        arc,
        np.zeros(paths) if constant is None else np.array(constant),
        scale,
        nest_scale,
        np.array([cost], dtype=np.float64),
        np.empty(len(nests) - 1),
        flow,
        load,
    )
    assert load[0] == pytest.approx(flow)
    return flow


def test_path_sizes_by_hand():
    first, arc = ragged(PATHS)
    size = np.empty(3)
    path_sizes(ONE_PAIR, ONE_CLASS, first, arc, LENGTH, size)
    assert size == pytest.approx([2 / 5 / 2 + 3 / 5, 2 / 6 / 2 + 4 / 6, 1.0])


def test_path_sizes_are_those_of_the_freight_model():
    rng = np.random.default_rng(7)
    paths = [rng.permutation(12)[: rng.integers(1, 8)] for _ in range(30)]
    first, arc = ragged(paths)
    groups = np.array([0, 4, 5, 17, 30])
    length = rng.uniform(0.0, 5.0, 12)
    length[:3] = 0.0
    size = np.empty(30)
    path_sizes(groups, np.zeros(4, dtype=np.int32), first, arc, length[None, :], size)
    assert size == pytest.approx(path_sizes_by_sorting(groups, first, arc, length))


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_commonalities_by_hand(power):
    first, arc = ragged(PATHS)
    found = np.empty(3)
    commonalities(ONE_PAIR, ONE_CLASS, first, arc, LENGTH, power, found)
    shared = log(1.0 + (2.0 / sqrt(5.0 * 6.0)) ** power)
    assert found == pytest.approx([shared, shared, 0.0])


def test_logit_by_hand():
    flow = chosen([1.0, 2.0, 4.0], constant=[0.0, 0.5, 0.0], scale=0.7, trips=10.0)
    weights = np.array([exp(-0.7), exp(-1.4 + 0.5), exp(-2.8)])
    assert flow == pytest.approx(10.0 * weights / weights.sum())


def test_nested_by_hand():
    flow = chosen([1.0, 1.5, 2.0], nest_scale=3.0, nest_path=[0, 2, 3])
    inside = exp(-3.0) + exp(-4.5)
    inclusive = exp(log(inside) / 3.0)
    of_nest = inclusive / (inclusive + exp(-2.0))
    expected = [of_nest * exp(-3.0) / inside, of_nest * exp(-4.5) / inside, 1.0 - of_nest]
    assert flow == pytest.approx(expected)


def test_nested_is_logit_at_nest_scale_one():
    cost = [1.0, 1.5, 2.0, 0.3]
    assert chosen(cost, nest_path=[0, 2, 4]) == pytest.approx(chosen(cost), rel=1e-14)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
@pytest.mark.parametrize("level", [0.0, 1e9])
def test_no_cost_is_too_high(scale, level):
    flow = chosen([level, level, level + 1.0], scale=scale, nest_scale=5.0, nest_path=[0, 2, 3])
    assert np.isfinite(flow).all()
    assert flow.sum() == pytest.approx(1.0, rel=1e-14)
    assert flow[0] == flow[1]
    assert flow[0] + flow[1] > flow[2]


def test_change_is_the_derivative():
    rng = np.random.default_rng(3)
    cost, direction = rng.uniform(1.0, 2.0, 5), rng.normal(size=5)
    options = {"scale": 1.3, "nest_scale": 2.5, "nest_path": [0, 2, 3, 5], "trips": 8.0}
    step = 1e-6
    ahead, behind = (chosen(cost + sign * step * direction, **options) for sign in (1.0, -1.0))
    first, arc = ragged([[number] for number in range(5)])
    load = np.zeros((1, 5))
    change_load(
        0,
        1,
        np.zeros(1, dtype=np.int32),
        np.array([8.0]),
        np.array([0, 3]),
        np.array([0, 2, 3, 5]),
        first,
        arc,
        1.3,
        2.5,
        direction[None, :],
        chosen(cost, **options),
        np.empty(5),
        load,
    )
    assert load[0] == pytest.approx((ahead - behind) / (2.0 * step), abs=1e-8)


def test_a_path_belongs_to_the_first_corridor_on_its_way():
    first, arc = ragged([[0, 1, 2], [2, 1], [0], [3, 0, 1]])
    nest = np.empty(4, dtype=np.int32)
    first_marks(first, arc, np.array([-1, 4, 2, -1], dtype=np.int32), nest)
    assert nest.tolist() == [4, 2, -1, 4]
