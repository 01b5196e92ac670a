"""The wait for the next departure of pooled services, against integrating residual lives."""

import numpy as np
import pytest
from scipy import integrate, stats
from tests.builders import line, places, study_of

from sogdia.network.resource import pool_services


def pool(*services):
    """The pool of some services of one link."""
    rows = [
        {"service_id": f"boat-{number}", "link_id": "A-B", "batch_capacity_t": 1e3} | row
        for number, row in enumerate(services)
    ]
    study = study_of(node=places("A", "B"), link=[line("A", "B", mode="sea")], service=rows)
    return pool_services(study.service).row(0, named=True)


def residual(headway_h, cv):
    """Mean and standard deviation of the rest of a headway into which one comes by chance.

    Its density at t is the probability that a headway is longer than t, over the mean headway.
    """
    if cv == 0:
        longer, latest = (lambda t: 1.0 * (t < headway_h)), headway_h
    else:
        headways = stats.gamma(1 / cv**2, scale=headway_h * cv**2)
        longer, latest = headways.sf, headways.isf(1e-15)
    moment = [
        integrate.quad(lambda t, k=k: t**k * longer(t) / headway_h, 0, latest, limit=500)[0]
        for k in (0, 1, 2)
    ]
    assert moment[0] == pytest.approx(1.0, rel=1e-8)
    return moment[1], np.sqrt(moment[2] - moment[1] ** 2)


@pytest.mark.parametrize("cv", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("departures_week", [2.0, 7.0])
def test_the_wait_is_the_rest_of_a_headway_of_gamma_length(cv, departures_week):
    found = pool({"departures_week": departures_week, "headway_cv": cv})
    mean, sd = residual(168 / departures_week, cv)
    assert found["minimum_wait_h"] == pytest.approx(mean, rel=1e-6)
    assert found["minimum_wait_sd_h"] == pytest.approx(sd, rel=1e-6)


def test_evenly_spaced_and_poisson_departures_in_closed_form():
    """One a day: even, the wait is uniform up to 24 h; by Poisson, exponential of mean 24 h."""
    even, poisson = (pool({"headway_cv": cv}) for cv in (0.0, 1.0))
    assert (even["minimum_wait_h"], poisson["minimum_wait_h"]) == pytest.approx((12.0, 24.0))
    assert even["minimum_wait_sd_h"] == pytest.approx(24 / np.sqrt(12))
    assert poisson["minimum_wait_sd_h"] == pytest.approx(24.0)


def test_a_pool_has_the_mean_square_of_its_headways_by_departures():
    """Cancelled sailings lengthen the headway: 4 and 6 of 12 a week leave every 16.8 h."""
    found = pool(
        {"departures_week": 4.0, "headway_cv": 0.5},
        {"departures_week": 12.0, "availability": 0.5, "headway_cv": 1.0},
    )
    cv = np.sqrt((4 * 0.25 + 6 * 1.0) / 10)
    mean, sd = residual(16.8, cv)
    assert found["minimum_wait_h"] == pytest.approx(mean, rel=1e-6)
    assert found["minimum_wait_sd_h"] == pytest.approx(sd, rel=1e-6)
