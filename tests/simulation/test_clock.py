"""The clock: dates to hours."""

from datetime import date

import pytest

from sogdia.simulation.clock import Clock

CLOCK = Clock(date(2024, 3, 6), days=10, lead_in_days=5)  # the origin is Friday, 1 March


def test_hours_count_from_the_lead_in():
    assert CLOCK.origin == date(2024, 3, 1)
    assert (CLOCK.start_h, CLOCK.end_h) == (120.0, 360.0)
    assert CLOCK.hours(date(2024, 3, 2)) == 24.0
    assert CLOCK.hours(date(2024, 2, 29)) == -24.0


def test_years_are_those_observed():
    assert CLOCK.years == (2024,)
    assert Clock(date(2024, 12, 31), 2, 90).years == (2024, 2025)
    assert Clock(date(2024, 1, 1), 366, 0).years == (2024,)


def test_months_begin_with_that_of_the_origin():
    clock = Clock(date(2024, 1, 20), days=30, lead_in_days=0)
    assert clock.month_starts() == [-19 * 24.0, 12 * 24.0]


def test_departures_repeat_every_week():
    # Monday 08:00: 4 and 11 March
    assert CLOCK.weekly([8.0]) == [3 * 24 + 8.0, 10 * 24 + 8.0]
    # Saturday 12:00: 2, 9 March
    assert CLOCK.weekly([5 * 24 + 12.0]) == [36.0, 36.0 + 168.0]


def test_shut_hours_lie_between_openings():
    # open Monday to Friday 0 to 24: shut on 2 and 3, 9 and 10 March
    shut = CLOCK.shut([(0.0, 120.0)])
    assert shut == [(24.0, 72.0), (192.0, 240.0)]


@pytest.mark.parametrize(("days", "weeks"), [(3, 1), (7, 1), (13, 1), (14, 2), (365, 52)])
def test_weeks_cover_all_that_is_observed(days, weeks):
    bounds = Clock(date(2024, 1, 1), days, 4).weeks()
    assert len(bounds) == weeks + 1
    assert (bounds[0], bounds[-1]) == (96.0, 96.0 + days * 24.0)
