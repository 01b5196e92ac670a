"""Days, deadlines and lists as people write them."""

from datetime import date

import pytest

from sogdia.cli.words import parse_day, parse_deadline, parse_list
from sogdia.errors import DataError

MONDAY = date(2024, 9, 2)


def test_a_day_is_iso():
    assert parse_day("--depart", " 2024-09-02 ") == MONDAY


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-13-01", "2.9.2024", "2024", "0001-01-01", "9999-12-31"]
)
def test_anything_else_is_no_day(text):
    with pytest.raises(DataError) as caught:
        parse_day("--depart", text)
    assert str(caught.value) == (
        f"--depart {text!r} is not a date such as 2024-09-02, from 1900 to 2200"
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("30d", 30.0),
        ("30", 30.0),
        ("30 days", 30.0),
        ("1 Day", 1.0),
        ("2.5d", 2.5),
        ("720h", 30.0),
        ("36 hours", 1.5),
        ("4w", 28.0),
        ("2024-10-02", 31.0),
        ("2024-09-03", 2.0),
    ],
)
def test_a_deadline_is_a_time_or_a_day(text, days):
    assert parse_deadline(text, MONDAY) == days


@pytest.mark.parametrize("text", ["0", "0d", "0.0h", "2024-09-02", "2024-09-01", "1999-01-01"])
def test_a_deadline_at_departure_or_before_is_in_the_past(text):
    with pytest.raises(DataError) as caught:
        parse_deadline(text, MONDAY)
    assert str(caught.value) == (
        f"--deadline {text} is in the past: it has to be after the departure on 2024-09-02"
    )


@pytest.mark.parametrize(
    "text", ["", "soon", "-5d", "30x", "d", "1e3", "nan", "inf", "2024-13-01", "3,5d"]
)
def test_anything_else_is_no_deadline(text):
    with pytest.raises(DataError, match="is neither a time such as 30d or 720h nor a date such as"):
        parse_deadline(text, MONDAY)


@pytest.mark.parametrize("text", ["3661d", "99999999999999d", "9999-12-31", "600w"])
def test_a_deadline_is_within_ten_years(text):
    with pytest.raises(DataError, match=f"--deadline {text} is more than 3660 days away"):
        parse_deadline(text, MONDAY)


@pytest.mark.parametrize(
    ("values", "members"),
    [
        (None, ()),
        ([], ()),
        ([""], ()),
        (["RU"], ("RU",)),
        (["RU,BY"], ("RU", "BY")),
        (["RU, BY,", "Suez"], ("RU", "BY", "Suez")),
        (["RU", "BY,RU"], ("RU", "BY")),
    ],
)
def test_lists_are_joined(values, members):
    assert parse_list(values) == members
