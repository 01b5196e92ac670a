"""Options of a supply balance, with defaults that work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sogdia.errors import DataError, Problem
from sogdia.study.countries import COUNTRY_CODES


@dataclass(frozen=True, slots=True)
class SupplyOptions:
    """Options of `supply`.

    Attributes
    ----------
    embargo : tuple of str
        Countries from which, over which and from whose owners nothing is bought.
    buyers : tuple of str or None
        Countries that keep to the embargo; None: all but those embargoed.
    contracts : bool
        Whether contracts are kept.
    spare : bool
        Whether producers ship what they can beyond an ordinary year.
    carbon_price_usd_t : float
        Price of a tonne of CO2e on the way, USD.
    price_usd_t : mapping of str to float
        Value of a tonne that does not come, by commodity, instead of the study's, USD per t.
    time : bool
        Whether time on the way costs (by the commodity's value of time).
    """

    embargo: tuple[str, ...] = ()
    buyers: tuple[str, ...] | None = None
    contracts: bool = True
    spare: bool = True
    carbon_price_usd_t: float = 0.0
    price_usd_t: Mapping[str, float] = field(default_factory=dict)
    time: bool = True

    def check(self) -> None:
        """Check the options.

        Raises
        ------
        DataError
            For countries that are none, and for negative prices.
        """
        problems = [
            Problem(f"{code!r} is not an ISO 3166-1 alpha-2 country code, e.g. RU", place)
            for place, codes in (("embargo", self.embargo), ("buyers", self.buyers or ()))
            for code in codes
            if code not in COUNTRY_CODES
        ]
        if self.buyers is not None and not self.embargo:
            problems.append(Problem("names who keeps to an embargo, and there is none", "buyers"))
        if not self.carbon_price_usd_t >= 0:
            problems.append(Problem(f"{self.carbon_price_usd_t} is not >= 0", "carbon price"))
        problems += [
            Problem(f"{price} is not >= 0", f"price of {commodity}")
            for commodity, price in self.price_usd_t.items()
            if not price >= 0
        ]
        if problems:
            raise DataError(problems)

    def embargoes(self, buyer_country: str | None) -> bool:
        """Tell whether a buyer in a country keeps to the embargo."""
        if not self.embargo or buyer_country in self.embargo:
            return False
        return self.buyers is None or buyer_country in self.buyers
