"""Arrival times against closed forms and against drawing them one by one."""

import numpy as np
import pytest
from scipy import stats

from sogdia.routing.arrival import (
    Arrival,
    Stage,
    arrival_after,
    gamma_on_grid,
    held,
    residual_on_grid,
)

POINTS = np.arange(100_000)


def moments(probability):
    mean = POINTS[: len(probability)] @ probability
    return mean, np.sqrt((POINTS[: len(probability)] - mean) ** 2 @ probability)


@pytest.mark.parametrize(("mean", "sd"), [(10.0, 3.0), (2.5, 2.5), (0.3, 0.2), (90.0, 45.0)])
def test_gamma_keeps_its_mean_and_nearly_its_spread(mean, sd):
    found = moments(gamma_on_grid(mean, sd, 1.0))
    assert found[0] == pytest.approx(mean, abs=1e-4)
    # a grid of one hour adds less than the variance of an hour
    assert sd**2 <= found[1] ** 2 + 1e-2 <= sd**2 + 1.0


def test_a_certain_time_lies_between_two_points():
    assert gamma_on_grid(2.25, 0.0, 1.0).tolist() == [0.0, 0.0, 0.75, 0.25]
    assert gamma_on_grid(0.0, 0.0, 1.0).tolist() == [1.0]


@pytest.mark.parametrize("cv2", [0.0, 0.25, 0.64, 1.0])
def test_the_wait_for_a_departure_has_the_moments_of_the_residual_life(cv2):
    headway = 48.0
    mean, sd = moments(residual_on_grid(headway, cv2, 1.0))
    square = headway**2 * (1 + cv2) * (1 + 2 * cv2) / 3
    assert mean == pytest.approx(headway * (1 + cv2) / 2, rel=1e-6)
    assert sd == pytest.approx(np.sqrt(square - mean**2), rel=0.01)


def test_evenly_spaced_departures_are_waited_for_evenly():
    found = Arrival(residual_on_grid(24.0, 0.0, 1.0))
    for share in (0.1, 0.5, 0.9):
        assert found.quantile_h(share) == pytest.approx(24.0 * share, abs=0.05)


def test_exponential_stages_make_an_erlang_time():
    found = arrival_after([Stage(30.0, 30.0)] * 5)
    erlang = stats.gamma(5, scale=30.0)
    for time in (60.0, 150.0, 300.0):
        assert found.probability_by(time) == pytest.approx(erlang.cdf(time), abs=2e-3)
    for share in (0.1, 0.5, 0.9, 0.99):
        assert found.quantile_h(share) == pytest.approx(erlang.ppf(share), rel=5e-3)
    assert found.mean_h == pytest.approx(150.0, rel=1e-5)


def test_exponential_headways_forget():
    """With Poisson departures the wait is exponential, whenever one comes."""
    found = arrival_after([Stage(0.0, 0.0, headway_h=40.0, headway_cv2=1.0)])
    assert found.probability_by(40.0) == pytest.approx(1 - np.exp(-1), abs=2e-3)


def test_a_trip_equals_drawing_it_one_by_one():
    stages = [
        Stage(60.0, 15.0),
        Stage(20.0, 20.0, queue_h=30.0),
        Stage(18.0, 4.0, headway_h=70.0, headway_cv2=0.64, closed=((90.0, 130.0),)),
        Stage(100.0, 20.0, closed=((0.0, 200.0), (300.0, 340.0))),
    ]
    random = np.random.default_rng(7)
    draws = 200_000
    now = np.zeros(draws)
    for stage in stages:
        for start, end in stage.closed:
            now = np.where((now >= start) & (now < end), end, now)
        if stage.headway_h:
            # length-biased gamma headway, entered at a random moment
            shape = 1 / stage.headway_cv2
            biased = random.gamma(shape + 1, stage.headway_h / shape, draws)
            now = now + biased * random.random(draws)
        if stage.queue_h:
            now = now + random.exponential(stage.queue_h, draws)
        shape = (stage.mean_h / stage.sd_h) ** 2
        now = now + random.gamma(shape, stage.mean_h / shape, draws)
    found = arrival_after(stages)
    assert found.mean_h == pytest.approx(now.mean(), abs=4 * now.std() / np.sqrt(draws) + 0.3)
    assert found.sd_h == pytest.approx(now.std(), rel=0.01)
    for share in (0.1, 0.5, 0.9):
        assert found.quantile_h(share) == pytest.approx(np.quantile(now, share), rel=0.01)


def test_what_comes_during_a_closure_begins_at_its_end():
    after = held(np.array([0.0, 0.5, 0.3, 0.2]), ((1.0, 2.5),), 1.0)
    # the points 1 and 2 wait until 2.5, between the points 2 and 3
    assert after.tolist() == pytest.approx([0.0, 0.0, 0.4, 0.6])


def test_what_never_opens_again_never_arrives():
    found = arrival_after([Stage(10.0, 0.0), Stage(5.0, 0.0, closed=((10.0, np.inf),))])
    assert found.probability.sum() == 0.0
    assert found.probability_by(1e6) == 0.0
    assert found.quantile_h(0.5) == np.inf


def test_a_part_that_never_arrives_is_missing_from_the_probability():
    two_points = Arrival(np.array([0.0, 0.0, 0.6]))
    assert two_points.probability_by(10.0) == pytest.approx(0.6)
    assert two_points.quantile_h(0.9) == np.inf
    assert two_points.mean_h == pytest.approx(2.0)
