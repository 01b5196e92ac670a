"""What a request says in words: days, deadlines and lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from sogdia.errors import DataError

HOURS_PER_DAY = 24.0
DAYS_PER_WEEK = 7.0
LONGEST_DEADLINE_DAYS = 3660.0
YEARS = range(1900, 2201)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(h|hours?|d|days?|w|weeks?)?", re.IGNORECASE)


def parse_day(option: str, text: str) -> date:
    """Read a date in the form of ISO 8601.

    Examples
    --------
    >>> parse_day("--depart", "2024-09-02")
    datetime.date(2024, 9, 2)
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise DataError(
            f"{option} {text!r} is not a date such as 2024-09-02, from {YEARS[0]} to {YEARS[-1]}"
        )
    return day


def parse_deadline(text: str, depart: date) -> float:
    """Read a time after departure, or the day by which goods have to arrive.

    Parameters
    ----------
    text : str
        Days ("30d", "30"), hours ("720h"), weeks ("4w") or a date, the whole of which
        is allowed.
    depart : date
        Day of departure.

    Returns
    -------
    float
        Days allowed.

    Raises
    ------
    DataError
        If the text is none of these, or the deadline is not after the departure.

    Examples
    --------
    >>> [parse_deadline(text, date(2024, 9, 2)) for text in ("30d", "36h", "2024-09-12")]
    [30.0, 1.5, 11.0]
    """
    if match := _DURATION.fullmatch(text.strip()):
        number, unit = float(match[1]), (match[2] or "d")[0].lower()
        days = number * {"h": 1.0 / HOURS_PER_DAY, "d": 1.0, "w": DAYS_PER_WEEK}[unit]
    else:
        try:
            last = date.fromisoformat(text.strip())
        except ValueError:
            raise DataError(
                f"--deadline {text!r} is neither a time such as 30d or 720h "
                "nor a date such as 2024-10-02"
            ) from None
        days = (last - depart).days + 1.0 if last > depart else 0.0
    if days <= 0:
        raise DataError(
            f"--deadline {text} is in the past: it has to be after the departure on {depart}"
        )
    if days > LONGEST_DEADLINE_DAYS:
        raise DataError(f"--deadline {text} is more than {LONGEST_DEADLINE_DAYS:.0f} days away")
    return days


def parse_list(values: Iterable[str] | None) -> tuple[str, ...]:
    """Return the members of lists separated by commas, each once, in their order.

    Examples
    --------
    >>> parse_list(["RU,BY", "Suez, RU"])
    ('RU', 'BY', 'Suez')
    """
    members = (member.strip() for value in values or () for member in value.split(","))
    return tuple(dict.fromkeys(member for member in members if member))
