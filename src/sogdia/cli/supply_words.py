"""What `sogdia supply` is asked in words: prices, sweeps, frontiers, countries, deficits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sogdia.cli.words import YEARS, parse_list
from sogdia.errors import DataError

if TYPE_CHECKING:
    from sogdia.balance import SupplyOptions

COST, LARGEST_SHARE, AVOID = "cost", "largest-share", "avoid-"


def parse_countries(option: str, values: Iterable[str] | None) -> tuple[str, ...]:
    """Read countries, each once, in their order.

    Parameters
    ----------
    option : str
        What the user gave them to.
    values : iterable of str or None
        Codes, or lists of them separated by commas.

    Returns
    -------
    tuple of str
        ISO 3166-1 alpha-2 codes.

    Raises
    ------
    DataError
        If one is no such code.

    Examples
    --------
    >>> parse_countries("--embargo", ["RU,by", "RU"])
    ('RU', 'BY')
    """
    from sogdia.study.countries import COUNTRY_CODES

    codes = tuple(dict.fromkeys(code.upper() for code in parse_list(values)))
    for code in codes:
        if code not in COUNTRY_CODES:
            raise DataError(
                f"{option}: {code!r} is not an ISO 3166-1 alpha-2 country code, e.g. KZ"
            )
    return codes


def parse_price(text: str, commodity: Mapping[str, Any]) -> float:
    """Read the price of a commodity.

    Parameters
    ----------
    text : str
        USD per t ("600"), or per barrel ("80/bbl").
    commodity : mapping
        Row of table ``commodity``.

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
    from sogdia.balance.quantities import parse_price as price_of

    with _of_option("--price"):
        return price_of(text, commodity)


def parse_sweep(name: str, text: str) -> tuple[float, ...]:
    """Read the values of a sweep.

    Parameters
    ----------
    name : str
        What is varied: one of `SWEPT`.
    text : str
        First value, last value and step: ``50:120:5``.

    Returns
    -------
    tuple of float
        From the first up or down to the last, which is among them if the steps meet it.

    Raises
    ------
    DataError
        If the text is no such range, or has values that the parameter cannot have.

    Examples
    --------
    >>> parse_sweep("price", "50:60:5")
    (50.0, 55.0, 60.0)
    """
    from sogdia.balance.sweep import SWEPT, YEAR, parse_range

    if name not in SWEPT:
        raise DataError(f"--sweep {name!r} is none of {', '.join(SWEPT)}")
    with _of_option(f"--sweep {name}"):
        values = parse_range(text)
    if name != YEAR and min(values) < 0:
        raise DataError(f"--sweep {name} {text} goes below 0; a price is not negative")
    if name == YEAR and any(value != int(value) for value in values):
        raise DataError(f"--sweep year {text} has values that are no whole years")
    if name == YEAR and not YEARS[0] <= min(values) <= max(values) <= YEARS[-1]:
        raise DataError(f"--sweep year {text} is not within {YEARS[0]} to {YEARS[-1]}")
    return values


def parse_frontier(text: str) -> str | None:
    """Read whose share the cost is weighed against.

    Parameters
    ----------
    text : str
        ``cost,avoid-CC`` with a country, or ``cost,largest-share``.

    Returns
    -------
    str or None
        The country; None: whichever has the largest share.

    Raises
    ------
    DataError
        If the text is neither.

    Examples
    --------
    >>> parse_frontier("cost,avoid-RU"), parse_frontier("cost,largest-share")
    ('RU', None)
    """
    members = parse_list([text])
    others = [member for member in members if member != COST]
    if COST in members and others == [LARGEST_SHARE]:
        return None
    if COST not in members or len(others) != 1 or not others[0].startswith(AVOID):
        raise DataError(
            f"--frontier {text!r} is neither cost,avoid-RU (with a country) nor cost,largest-share"
        )
    (country,) = parse_countries("--frontier", [others[0].removeprefix(AVOID)]) or ("",)
    if not country:
        raise DataError(f"--frontier {text!r} names no country; give one as in cost,avoid-RU")
    return country


def parse_deficit(text: str, commodity: Mapping[str, Any] | None) -> float | None:
    """Read the deficit to close.

    Parameters
    ----------
    text : str
        ``all``, or a quantity a year: kt ("2500"), or what `sogdia.balance.quantities` reads.
    commodity : mapping or None
        Row of table ``commodity`` whose barrels are meant, if one alone is asked for.

    Returns
    -------
    float or None
        kt per year; None: all of it.

    Raises
    ------
    DataError
        If the text is neither.

    Examples
    --------
    >>> parse_deficit("2500", None), parse_deficit("1.2 Mt/y", None), parse_deficit("all", None)
    (2500.0, 1200.0, None)
    """
    from sogdia.balance.quantities import parse_quantity

    if text.strip().lower() == "all":
        return None
    with _of_option("--expand"):
        kt = parse_quantity(text, commodity)
    if kt <= 0:
        raise DataError(f"--expand {text!r} closes nothing; give a quantity above 0, or all")
    return kt


def in_words(options: SupplyOptions) -> list[str]:
    """Say what a balance is told beside its scenario.

    Parameters
    ----------
    options : SupplyOptions
        What is asked.

    Returns
    -------
    list of str
        Such as ``embargo of RU by DE, FR``; empty if nothing is.
    """
    said = []
    if options.embargo:
        by = "all others" if options.buyers is None else ", ".join(options.buyers)
        said.append(f"embargo of {', '.join(options.embargo)} by {by}")
    if not options.contracts:
        said.append("no contracts")
    if not options.spare:
        said.append("no spare capacity")
    if options.carbon_price_usd_t:
        said.append(f"{options.carbon_price_usd_t:g} USD per t of CO2e")
    said += [f"{name} at {price:,.4g} USD per t" for name, price in options.price_usd_t.items()]
    return said


@contextmanager
def _of_option(option: str) -> Iterator[None]:
    """Say which option an error is of."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{option}: {error}") from error
