"""What an investment is worth today: costs and benefits of many years, discounted.

A project is paid for in equal parts in the years before it opens, costs its running every year
after, and brings in every year of the horizon what it brings in the year that was evaluated. All is
discounted to one year, at one rate, from the ends of the years; money is that of one year's prices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sogdia.errors import DataError, Problem


@dataclass(frozen=True, slots=True)
class Appraisal:
    """How years are weighed against each other.

    Attributes
    ----------
    opening_year : int
        First year of use.
    present_year : int
        Year to which all is discounted.
    discount_rate : float
        Of a year.
    horizon_years : int
        Years of use that count.
    construction_years : int
        Years over which construction is spread, the last being the one before the opening.
    """

    opening_year: int
    present_year: int
    discount_rate: float = 0.05
    horizon_years: int = 30
    construction_years: int = 4

    def __post_init__(self) -> None:
        problems = []
        if not 0.0 <= self.discount_rate < math.inf:
            problems.append(Problem(f"{self.discount_rate:g} is not >= 0", "discount rate"))
        if self.horizon_years < 1:
            problems.append(Problem(f"{self.horizon_years} years are not >= 1", "horizon"))
        if self.construction_years < 1:
            problems.append(
                Problem(f"{self.construction_years} years are not >= 1", "construction")
            )
        if problems:
            raise DataError(problems)

    def discount(self, year: int) -> float:
        """Return what a dollar of a year is worth in the present one."""
        return math.pow(1.0 + self.discount_rate, self.present_year - year)

    @property
    def annuity(self) -> float:
        """What a dollar in every year of use is worth."""
        last = self.opening_year + self.horizon_years
        return math.fsum(self.discount(year) for year in range(self.opening_year, last))

    @property
    def construction(self) -> float:
        """What a dollar of construction, spread over its years, is worth."""
        first = self.opening_year - self.construction_years
        years = range(first, self.opening_year)
        return math.fsum(self.discount(year) for year in years) / self.construction_years

    def present_cost(self, cost: float, opex_y: float) -> float:
        """Return the present value of construction and of running for the whole horizon.

        Parameters
        ----------
        cost : float
            Construction, in the money of the price year.
        opex_y : float
            Running cost of a year.

        Returns
        -------
        float
            In the money of `cost`.

        Examples
        --------
        >>> one = Appraisal(2030, 2030, discount_rate=0.0, horizon_years=10)
        >>> one.present_cost(100.0, 2.0)
        120.0
        """
        return cost * self.construction + opex_y * self.annuity

    def opening_later(self, year: int) -> Appraisal:
        """Return the appraisal of what opens later and counts to the same last year.

        Raises
        ------
        DataError
            If the year is not one of those that count.
        """
        last = self.opening_year + self.horizon_years
        if not self.opening_year <= year < last:
            raise DataError(
                f"opening {year} is none of the years that count, {self.opening_year} to {last - 1}"
            )
        return replace(self, opening_year=year, horizon_years=last - year)

    def present_cost_later(self, cost: float, opex_y: float, year: int) -> float:
        """Return the present cost of what opens later, less what it is still worth at the end.

        Parameters
        ----------
        cost, opex_y : float
            As of `present_cost`.
        year : int
            Opening.

        Returns
        -------
        float
            What opens late has years of use left when all is counted; their share of the cost is
            worth something (straight-line residual value). For the opening year it is
            `present_cost`.
        """
        unused = (year - self.opening_year) / self.horizon_years
        left = cost * unused * self.discount(self.opening_year + self.horizon_years)
        return self.opening_later(year).present_cost(cost, opex_y) - left

    def present_value(self, benefit_y: float) -> float:
        """Return the present value of the same benefit in every year of use."""
        return benefit_y * self.annuity
