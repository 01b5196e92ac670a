"""The wait for opening, against coming at every minute of the week."""

import numpy as np
import pytest

from sogdia.network.compile import opening_wait

MINUTES = np.arange(7 * 24 * 60) + 0.5
DAY = 24 * 60


def waits_h(is_open):
    """Wait from the middle of each minute of the week until the next open one begins, h."""
    opens = np.flatnonzero([is_open(int(minute)) for minute in MINUTES])
    twice = np.concatenate([opens, opens + 7 * DAY])
    following = twice[np.searchsorted(twice, MINUTES.astype(int))]
    return np.maximum(following - MINUTES, 0.0) / 60.0


def office(minute):
    return minute // DAY < 5 and 8 * 60 <= minute % DAY < 18 * 60


def office_with_lunch_and_saturday(minute):
    day, time = divmod(minute, DAY)
    if day == 5:
        return 9 * 60 <= time < 12 * 60
    return day < 5 and (8 * 60 <= time < 12 * 60 or 13 * 60 + 30 <= time < 17 * 60)


def nights(minute):
    return not 6 * 60 <= minute % DAY < 22 * 60


def over_the_turn_of_the_week(minute):
    return minute < 4 * 60 or minute >= 6 * DAY + 20 * 60


@pytest.mark.parametrize(
    ("hours", "is_open"),
    [
        ("Mo-Fr 08:00-18:00", office),
        ("Mo-Fr 08:00-12:00,13:30-17:00; Sa 09:00-12:00", office_with_lunch_and_saturday),
        ("22:00-06:00", nights),
        ("Su 20:00-04:00", over_the_turn_of_the_week),
        ("We 10:00-10:01", lambda minute: minute == 2 * DAY + 10 * 60),
    ],
)
def test_the_wait_for_opening_is_that_of_who_comes_at_any_time(hours, is_open):
    mean, sd = opening_wait(hours)
    waits = waits_h(is_open)
    assert mean == pytest.approx(waits.mean(), rel=1e-6)
    # the middle stands for each minute, which misses a twelfth of its square
    assert sd == pytest.approx(waits.std(), rel=1e-6)


@pytest.mark.parametrize("hours", ["24/7", "00:00-24:00", "Mo-Su 00:00-24:00"])
def test_who_is_always_open_is_never_waited_for(hours):
    assert opening_wait(hours) == (0.0, 0.0)


def test_open_at_noon_once_a_week_is_waited_for_half_a_week():
    """Nearly a uniform wait of up to 168 h."""
    mean, sd = opening_wait("Th 12:00-12:01")
    assert mean == pytest.approx(84.0, rel=1e-3)
    assert sd == pytest.approx(168 / np.sqrt(12), rel=1e-3)
