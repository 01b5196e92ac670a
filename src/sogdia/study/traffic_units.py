"""Units of networks of roads, and what the tables of a study count in instead: km, h and km/h."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PER_HOUR = {"h": 1.0, "min": 60.0, "s": 3600.0}
"""How many of a unit of time an hour has."""
KM_IN = {"km": 1.0, "m": 0.001, "mile": 1.609344, "ft": 0.0003048}
"""Kilometres in a unit of length (international foot and mile)."""
KM_H_IN = {"km/h": 1.0, "mile/h": 1.609344, "m/s": 3.6, "ft/min": 0.018288}
"""Kilometres per hour in a unit of speed."""
TIME_WORDS = {
    "h": ("h", "hr", "hour", "hours"),
    "min": ("min", "minute", "minutes"),
    "s": ("s", "sec", "second", "seconds"),
}
LENGTH_WORDS = {
    "km": ("km", "kilometer", "kilometers", "kilometre", "kilometres"),
    "m": ("m", "meter", "meters", "metre", "metres"),
    "mile": ("mi", "mile", "miles"),
    "ft": ("ft", "foot", "feet"),
}
SPEED_WORDS = {
    "km/h": ("km/h", "kph", "kmh", "kmph", "km/hr", "kilometersperhour"),
    "mile/h": ("mile/h", "miles/h", "mph", "mi/h", "mi/hr", "miles/hour", "milesperhour"),
    "m/s": ("m/s", "mps"),
    "ft/min": ("ft/min", "feet/min"),
}


def unit_of(text: str, words: Mapping[str, Sequence[str]]) -> str | None:
    """Return the unit that a text means, or None.

    Examples
    --------
    >>> unit_of("Miles", LENGTH_WORDS), unit_of("mph", SPEED_WORDS), unit_of("ell", LENGTH_WORDS)
    ('mile', 'mile/h', None)
    """
    plain = "".join(text.lower().replace(".", "").replace("_", "").split())
    return next((unit for unit, names in words.items() if plain in names), None)
