"""Quantities and prices as the trade says them: barrels beside tonnes, each by its own goods.

How many tonnes a barrel is depends on the goods, so what is said in barrels is converted by
the commodity's own ``t_per_barrel``, or refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from sogdia.errors import DataError

DAYS_PER_YEAR = 365.0
BARREL, TONNE = "USD per barrel", "USD per t"
_KT = {"t": 1e-3, "kt": 1.0, "Mt": 1e3}
_THOUSAND_BARRELS = {
    "b": 1e-3,
    "bbl": 1e-3,
    "kb": 1.0,
    "kbbl": 1.0,
    "mb": 1e3,
    "Mb": 1e3,
}
_PER_YEAR = {"d": DAYS_PER_YEAR, "y": 1.0, "": 1.0}
_PRICE = re.compile(r"(?:USD|\$)?\s*([^\s/$]+?)\s*(?:USD|\$)?\s*(?:/\s*(\w+))?", re.ASCII)
_QUANTITY = re.compile(
    r"([-+.\d]+(?:[eE][-+]?\d+)?)\s*([A-Za-z]*)\s*(?:/\s*([A-Za-z]+))?", re.ASCII
)


def t_per_barrel(commodity: Mapping[str, Any]) -> float:
    """Return how many tonnes a barrel of a commodity is.

    Parameters
    ----------
    commodity : mapping
        Row of table ``commodity``.

    Returns
    -------
    float
        t per barrel.

    Raises
    ------
    DataError
        If it is not traded by the barrel.
    """
    density = commodity.get("t_per_barrel")
    if density is None:
        name = commodity["commodity_id"]
        raise DataError(
            f"{name} is not traded by the barrel, because the study gives it no t_per_barrel; "
            "say it in tonnes"
        )
    return float(density)


def traded_in(commodity: Mapping[str, Any]) -> str:
    """Return in what a commodity's price is said: USD per barrel, or USD per t."""
    return TONNE if commodity.get("t_per_barrel") is None else BARREL


def usd_t_of(price: float, commodity: Mapping[str, Any]) -> float:
    """Return the price of a tonne from the price that a commodity is traded at.

    Parameters
    ----------
    price : float
        USD per barrel if the commodity has ``t_per_barrel``, else USD per t.
    commodity : mapping
        Row of table ``commodity``.

    Returns
    -------
    float
        USD per t.

    Examples
    --------
    >>> round(usd_t_of(80.0, {"commodity_id": "crude-oil", "t_per_barrel": 0.1356}))
    590
    """
    return price if traded_in(commodity) == TONNE else price / t_per_barrel(commodity)


def parse_price(text: str, commodity: Mapping[str, Any]) -> float:
    """Read a price: ``590``, ``590/t``, ``80/bbl``, ``80 USD/bbl``.

    Parameters
    ----------
    text : str
        USD per t if nothing else is said.
    commodity : mapping
        Row of table ``commodity``, whose price it is.

    Returns
    -------
    float
        USD per t.

    Raises
    ------
    DataError
        If the text is no price, or one by the barrel of what is not traded so.

    Examples
    --------
    >>> parse_price("80/bbl", {"commodity_id": "crude-oil", "t_per_barrel": 0.125})
    640.0
    """
    match = _PRICE.fullmatch(text.strip())
    price = None if match is None else _number(match[1])
    unit = "t" if match is None or match[2] is None else match[2]
    if price is None or price < 0 or unit not in {"t", "b", "bbl", "barrel"}:
        raise DataError(
            f"{text!r} is not a price such as 590 (USD per t) or 80/bbl (USD per barrel)"
        )
    return price if unit == "t" else price / t_per_barrel(commodity)


def parse_quantity(text: str, commodity: Mapping[str, Any] | None = None) -> float:
    """Read a quantity: ``350``, ``1.2 Mt/y``, ``500 t/d``, ``50kb/d``.

    Barrels are b or bbl, thousands of them kb or kbbl, millions mb or Mb, as in the statistics
    of the International Energy Agency; Mbbl is refused, because it stands for thousands
    elsewhere. So is mt: as a million tonnes it would be Mt.

    Parameters
    ----------
    text : str
        kt if no unit is said, per year if no time is.
    commodity : mapping, optional
        Row of table ``commodity``, of which it is so much.

    Returns
    -------
    float
        kt per year; a day is a 365th of it.

    Raises
    ------
    DataError
        If the text is no quantity, or one in barrels of what is not traded so.

    Examples
    --------
    >>> parse_quantity("1.2 Mt/y")
    1200.0
    >>> parse_quantity("40 kb/d", {"commodity_id": "crude-oil", "t_per_barrel": 0.125})
    1825.0
    """
    match = _QUANTITY.fullmatch(text.strip())
    number = None if match is None else _number(match[1])
    unit, time = ("", "") if match is None else (match[2] or "kt", match[3] or "")
    known = unit in _KT or unit in _THOUSAND_BARRELS
    if number is None or number < 0 or not known or time not in _PER_YEAR:
        raise DataError(
            f"{text!r} is not a quantity such as 350 kt, 1.2 Mt/y, 500 t/d or 50 kb/d "
            f"(units: {', '.join([*_KT, *_THOUSAND_BARRELS])}; per d or y)"
        )
    if unit in _KT:
        return number * _KT[unit] * _PER_YEAR[time]
    if commodity is None:
        raise DataError(f"{text!r} is in barrels of nothing named; name one commodity, or say kt")
    return number * _THOUSAND_BARRELS[unit] * t_per_barrel(commodity) * _PER_YEAR[time]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
