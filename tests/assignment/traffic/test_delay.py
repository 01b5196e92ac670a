"""Delay functions against numerical differentiation and integration."""

import numpy as np
import pytest
from scipy.integrate import quad

from sogdia.assignment.traffic.delay import (
    KINDS,
    Delay,
    constant_delay,
    delay_integrals,
    delay_times,
)
from sogdia.assignment.waits import sakasegawa_wait_h

CASES = [
    ("constant", 3.0, 1.0, 0.0, 0.0),
    ("bpr", 2.0, 500.0, 0.15, 4.0),
    ("bpr", 2.0, 500.0, 0.6, 1.0),
    ("bpr", 2.0, 500.0, 0.6, 2.0),
    ("bpr", 2.0, 500.0, 0.6, 5.7),
    ("bpr", 2.0, 500.0, 0.3, 0.0),
    ("conical", 2.0, 500.0, 4.0, 0.0),
    ("conical", 2.0, 500.0, 1.2, 0.0),
    ("davidson", 2.0, 500.0, 0.3, 0.0),
    ("queue", 2.0, 500.0, 0.7, 1.0),
    ("queue", 2.0, 500.0, 0.7, 3.0),
]
SHARES = [0.0, 0.2, 0.5, 0.85, 0.95, 1.0, 1.4]


def one(case) -> Delay:
    kind, *numbers = case
    arrays = [np.array([number]) for number in numbers]
    return Delay(np.array([KINDS.index(kind)], dtype=np.int8), *arrays)


def time(delay, flow, **options):
    return [float(values[0]) for values in delay_times(delay, np.array([flow]), **options)]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("share", SHARES)
def test_derivative_and_integral_are_those_of_the_time(case, share):
    delay, flow = one(case), share * case[2]
    h = 1e-5 * case[2]
    _, slope = time(delay, flow)
    low = max(flow - h, 0.0)
    numeric = (time(delay, flow + h)[0] - time(delay, low)[0]) / (flow + h - low)
    assert slope == pytest.approx(numeric, rel=1e-4, abs=1e-6)
    area, _ = quad(lambda v: time(delay, v)[0], 0.0, flow, points=[0.9 * case[2]], limit=200)
    assert delay_integrals(delay, np.array([flow]))[0] == pytest.approx(area, rel=1e-8)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("share", [0.3, 0.85, 1.4])
def test_marginal_time_is_the_derivative_of_the_total(case, share):
    delay, flow = one(case), share * case[2]
    h = 1e-5 * case[2]
    cost, slope = time(delay, flow, marginal=True)

    def total(v):
        return v * time(delay, v)[0]

    assert cost == pytest.approx((total(flow + h) - total(flow - h)) / (2 * h), rel=1e-6)
    up, down = (time(delay, flow + s * h, marginal=True)[0] for s in (1, -1))
    assert slope == pytest.approx((up - down) / (2 * h), rel=1e-4, abs=1e-9)


def test_conical_time_doubles_at_capacity_and_bpr_grows_by_alpha():
    assert time(one(CASES[6]), 500.0)[0] == pytest.approx(4.0, rel=1e-12)
    assert time(one(CASES[6]), 0.0)[0] == pytest.approx(2.0, rel=1e-12)
    assert time(one(CASES[1]), 500.0)[0] == pytest.approx(2.3, rel=1e-12)


def test_the_queue_is_that_of_the_freight_assignment():
    for share in SHARES:
        wait, _ = sakasegawa_wait_h(
            np.array([share]), np.array([3.0]), np.array([6.0]), np.array([0.4]), np.array([1.0])
        )
        case = ("queue", 2.0, 500.0, (0.4 + 1.0) / 2.0 * 6.0 / 3.0, 3.0)
        assert time(one(case), share * 500.0)[0] == pytest.approx(2.0 + wait[0], rel=1e-12)


def test_constant_delays_have_no_slope():
    times, slopes = delay_times(constant_delay(np.array([1.0, 2.0])), np.array([5.0, 0.0]))
    assert times.tolist() == [1.0, 2.0]
    assert slopes.tolist() == [0.0, 0.0]
