"""Opening hours and timetables: what they mean, minute by minute, and what they may not be."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sogdia.study.opening_hours import DAYS, parse_opening_hours, parse_timetable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24/7", [(0, 168)]),
        ("00:00-24:00", [(0, 168)]),
        ("Mo 08:00-18:00", [(8, 18)]),
        ("Sa 08:00-12:00; Mo 08:30-18:00", [(8.5, 18), (128, 132)]),
        ("Mo,We-Th 09:00-10:00", [(9, 10), (57, 58), (81, 82)]),
        ("Mo 08:00-12:00, 13:00-17:00", [(8, 12), (13, 17)]),
        ("Mo 08:00-13:00,12:00-17:00,17:00-18:00", [(8, 18)]),
        ("Sa-Mo 06:00-07:00", [(6, 7), (126, 127), (150, 151)]),
        ("Mo 22:00-06:00", [(22, 30)]),
        ("Su 22:00-06:00", [(0, 6), (166, 168)]),
        ("Mo-Fr 00:00-24:00", [(0, 120)]),
        ("24/7; Su off", [(0, 144)]),
    ],
)
def test_opening_hours_are_intervals_of_the_week(text: str, expected: list[tuple[float, float]]):
    assert parse_opening_hours(text) == expected


def test_a_later_rule_replaces_what_was_said_about_its_days():
    every_day = parse_opening_hours("08:00-18:00; Sa 08:00-12:00; Su off")
    assert every_day == parse_opening_hours("Mo-Fr 08:00-18:00; Sa 08:00-12:00")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not opening hours such as"),
        ("Mo-Fr", "'Mo-Fr' is not opening hours such as"),
        ("Mo-Fr 8:00-18:00", "'Mo-Fr 8:00-18:00' is not opening hours such as"),
        ("Mo-Fr 08:00-25:00", "'Mo-Fr 08:00-25:00' is not opening hours such as"),
        ("Mo 08:00-12:60", "'Mo 08:00-12:60' is not opening hours such as"),
        ("Mo 24:00-06:00", "'Mo 24:00-06:00' is not opening hours such as"),
        ("mo 08:00-18:00", "'mo 08:00-18:00' is not opening hours such as"),
        ("Mo 08:00-18:00; Xx 08:00-18:00", "'Xx 08:00-18:00' is not opening hours such as"),
        ("Mo 08:00-18:00;", "'' is not opening hours such as"),
        ("Mo 08:00-18:00 Tu 08:00-18:00", "is not opening hours such as"),
        ("PH off", "'PH off' is not opening hours such as"),
        ("Mo 08:00-08:00", "'08:00-08:00' ends when it begins; a whole day is '00:00-24:00'"),
        ("Mo-Su off", "'Mo-Su off' never opens"),
    ],
)
def test_what_is_not_opening_hours_is_said_in_one_sentence(text: str, message: str):
    with pytest.raises(ValueError) as caught:
        parse_opening_hours(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_timetable_is_hours_of_the_week_in_order():
    assert parse_timetable("Th 20:15,Mo 08:00 ,  Su 00:00") == [8.0, 92.25, 144.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a departure such as 'Mo 08:00'"),
        ("08:00", "'08:00' is not a departure such as 'Mo 08:00'"),
        ("Mo-Fr 08:00", "'Mo-Fr 08:00' is not a departure such as 'Mo 08:00'"),
        ("Mo 24:00", "'Mo 24:00' is not a departure such as 'Mo 08:00'"),
        ("Mo 08:00, ", "'' is not a departure such as 'Mo 08:00'"),
        ("Mo 08:00, Mo 08:00", "'Mo 08:00' is given twice"),
    ],
)
def test_what_is_not_a_timetable_is_said_in_one_sentence(text: str, message: str):
    with pytest.raises(ValueError) as caught:
        parse_timetable(text)
    assert str(caught.value) == message


QUARTERS = st.integers(0, 95)
SPANS = st.tuples(QUARTERS, QUARTERS).filter(lambda span: span[0] != span[1])
RULES = st.lists(st.tuples(st.sets(st.integers(0, 6), min_size=1), SPANS), min_size=1, max_size=5)


def clock(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


@given(rules=RULES)
def test_a_place_is_open_in_exactly_the_quarters_it_says(
    rules: list[tuple[set[int], tuple[int, int]]],
):
    text = "; ".join(
        f"{','.join(DAYS[day] for day in sorted(days))} {clock(begin)}-{clock(end)}"
        for days, (begin, end) in rules
    )
    last = {day: span for days, span in rules for day in days}
    said = {
        (day * 96 + begin + step) % 672
        for day, (begin, end) in last.items()
        for step in range((end - begin) % 96)
    }
    found = parse_opening_hours(text)
    assert all(first[1] < second[0] for first, second in pairwise(found))
    assert said == {
        quarter
        for begin, end in found
        for quarter in range(round(begin * 4), round(end * 4))
        if 0 <= quarter < 672
    }
    assert sum(end - begin for begin, end in found) == pytest.approx(len(said) / 4)
