"""Opening hours and timetables: texts in a table to hours of the week.

Opening hours are a small part of OpenStreetMap's ``opening_hours``: rules separated by
semicolons, each some days (none: every day) and some spans of time, or ``24/7``. As there, a
later rule replaces what earlier ones said about its days, and a span that ends before it
begins runs past midnight. A timetable lists departures. Hours count from Monday 00:00,
local time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
HOURS_PER_DAY = 24.0
HOURS_PER_WEEK = 168.0
ALWAYS = "24/7"
CLOSED = "off"

Span = tuple[float, float]

_DAY = f"(?:{'|'.join(DAYS)})"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_DAYS = rf"{_DAY}(?:-{_DAY})?(?:\s*,\s*{_DAY}(?:-{_DAY})?)*"
_SPAN = rf"{_TIME}\s*-\s*(?:{_TIME}|24:00)"
_RULE = re.compile(
    rf"(?:(?P<days>{_DAYS})\s+)?(?P<spans>{_SPAN}(?:\s*,\s*{_SPAN})*|{CLOSED}|{ALWAYS})"
)
_DEPARTURE = re.compile(rf"({_DAY})\s+({_TIME})")


def parse_opening_hours(text: str) -> list[Span]:
    """Return when a place is open.

    Parameters
    ----------
    text : str
        Opening hours.

    Returns
    -------
    list of tuple of float
        Begin and end of the open intervals, hours of the week from 0 to 168, in order and
        apart from each other.

    Raises
    ------
    ValueError
        If the text is not opening hours, or never opens.

    Examples
    --------
    >>> parse_opening_hours("Mo-Tu 08:00-12:00,13:00-17:30; Tu off")
    [(8.0, 12.0), (13.0, 17.5)]
    >>> parse_opening_hours("24/7")
    [(0.0, 168.0)]
    """
    by_day: list[list[Span]] = [[] for _ in DAYS]
    for rule in text.split(";"):
        days, spans = _rule(rule.strip())
        for day in days:
            by_day[day] = spans
    week = [
        (day * HOURS_PER_DAY + begin, day * HOURS_PER_DAY + end)
        for day, spans in enumerate(by_day)
        for begin, end in spans
    ]
    if not week:
        raise ValueError(f"{text!r} never opens")
    return _merged(part for span in week for part in _within_week(span))


def parse_timetable(text: str) -> list[float]:
    """Return when a service leaves.

    Parameters
    ----------
    text : str
        Departures separated by commas.

    Returns
    -------
    list of float
        Hours of the week, in order.

    Raises
    ------
    ValueError
        If the text is not a timetable, or names a departure twice.

    Examples
    --------
    >>> parse_timetable("Mo 08:00, Th 20:30")
    [8.0, 92.5]
    """
    departures: list[float] = []
    for item in (part.strip() for part in text.split(",")):
        found = _DEPARTURE.fullmatch(item)
        if found is None:
            raise ValueError(f"{item!r} is not a departure such as 'Mo 08:00'")
        day, time = found.groups()
        hour = DAYS.index(day) * HOURS_PER_DAY + _hours(time)
        if hour in departures:
            raise ValueError(f"{item!r} is given twice")
        departures.append(hour)
    return sorted(departures)


def _rule(text: str) -> tuple[list[int], list[Span]]:
    found = _RULE.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is not opening hours such as 'Mo-Fr 08:00-18:00', 'Su off' or '24/7'"
        )
    days = list(range(len(DAYS))) if found["days"] is None else _days(found["days"])
    if found["spans"] == CLOSED:
        return days, []
    if found["spans"] == ALWAYS:
        return days, [(0.0, HOURS_PER_DAY)]
    return days, [_span(span) for span in found["spans"].split(",")]


def _days(text: str) -> list[int]:
    """Days of a list such as ``Mo-We,Sa``; ``Fr-Mo`` runs over the end of the week."""
    days: list[int] = []
    for item in (part.strip() for part in text.split(",")):
        first, _, last = item.partition("-")
        start, stop = DAYS.index(first), DAYS.index(last or first)
        length = (stop - start) % len(DAYS) + 1
        days += [(start + step) % len(DAYS) for step in range(length)]
    return days


def _span(text: str) -> Span:
    begin, end = (_hours(part.strip()) for part in text.split("-"))
    if begin == end:
        raise ValueError(f"{text!r} ends when it begins; a whole day is '00:00-24:00'")
    return begin, end if end > begin else end + HOURS_PER_DAY


def _hours(time: str) -> float:
    hours, minutes = time.split(":")
    return int(hours) + int(minutes) / 60.0


def _within_week(span: Span) -> list[Span]:
    """Cut a span at the end of the week; the rest begins the next."""
    begin, end = span
    if end <= HOURS_PER_WEEK:
        return [span]
    return [(begin, HOURS_PER_WEEK), (0.0, end - HOURS_PER_WEEK)]


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap or touch."""
    result: list[Span] = []
    for begin, end in sorted(spans):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return result
