"""What is asked when projects are to be chosen, and what is assumed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from sogdia.analysis.investment.portfolio_value import Outage
from sogdia.errors import DataError, Problem

Objective = Literal["npv", "throughput", "resilience", "co2"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)
UNITS: Mapping[Objective, str] = {
    "npv": "million USD",
    "throughput": "kt a year",
    "resilience": "kt a year",
    "co2": "kt CO2e a year",
}
WHOLE = 1e-6


@dataclass(frozen=True, slots=True)
class InvestmentOptions:
    """Options of `sogdia.invest`.

    Attributes
    ----------
    objective : {"npv", "throughput", "resilience", "co2"}
        What is to be as large as can be: the net present value, what the corridor carries, by
        how much less is lost in outages, or the CO2e saved.
    discount_rate : float
        Of a year.
    horizon_years : int
        Years of use that count.
    construction_years : int
        Years over which construction is spread. No table says, so it is an assumption.
    opex_share : float
        Running cost a year as a share of the cost, where none is published: an assumption.
    carbon_usd_t : float
        Shadow price of a tonne of CO2e.
    corridor : str
        Corridor whose throughput counts; empty: the study's main one.
    outages : tuple of (str, str) or None
        Elements, by kind and name, whose loss for a year is lived through; None: for objective
        resilience the busiest links of the corridor, else none.
    must, without : tuple of str
        Projects that have to be chosen, and that may not be.
    costs_usd : mapping of str to float
        Costs instead of those of the study, USD.
    exhaustive : int
        Portfolios up to which all are evaluated.
    most_evaluations : int
        Portfolios evaluated before branch and bound gives up.
    frontier : bool
        Whether the best portfolio is sought for every smaller budget, too.
    openings : tuple of int
        Years in which something may open, increasing: then it is also chosen when to build what;
        none: all opens in the year that is asked about.
    budgets_by_usd : mapping of int to float
        By opening year, the most that what opens by then may cost, USD.
    system_optimum : bool
        Whether it is also asked what one planner would build who assigned all flows himself.
    """

    objective: Objective = "npv"
    discount_rate: float = 0.05
    horizon_years: int = 30
    construction_years: int = 4
    opex_share: float = 0.02
    carbon_usd_t: float = 100.0
    corridor: str = ""
    outages: tuple[Outage, ...] | None = None
    must: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    costs_usd: Mapping[str, float] = field(default_factory=dict)
    exhaustive: int = 256
    most_evaluations: int = 600
    frontier: bool = True
    openings: tuple[int, ...] = ()
    budgets_by_usd: Mapping[int, float] = field(default_factory=dict)
    system_optimum: bool = False

    def check(self, corridors: Sequence[str]) -> None:
        """Check what the study and the years do not.

        Raises
        ------
        DataError
            For figures that cannot be, and a corridor that the study does not have.
        """
        problems = []
        if self.objective not in OBJECTIVES:
            known = ", ".join(OBJECTIVES)
            problems.append(Problem(f"{self.objective!r} is none of {known}", "objective"))
        for name, value in (
            ("carbon price", self.carbon_usd_t),
            ("share of running cost", self.opex_share),
        ):
            if not 0.0 <= value < math.inf:
                problems.append(Problem(f"{value:g} is not a figure of 0 or more", name))
        for name, number in (
            ("exhaustive", self.exhaustive),
            ("most evaluations", self.most_evaluations),
        ):
            if number < 1:
                problems.append(Problem(f"{number} is not a number of 1 or more", name))
        if self.objective != "npv" and (self.system_optimum or self.openings):
            what = "opening years" if self.openings else "a system optimum"
            problems.append(Problem(f"{what} can be chosen by npv alone", "objective"))
        if self.corridor not in corridors:
            known = ", ".join(corridors) or "none"
            message = f"{self.corridor!r} is no corridor of the study; there are {known}"
            problems.append(Problem(message, "corridor"))
        if problems:
            raise DataError(problems)


def weights_of(given: Sequence[float | None]) -> tuple[float, ...]:
    """Return the weights of scenarios: those given, or equal ones.

    Parameters
    ----------
    given : sequence of float or None
        All, or none of them; their sum is 1.

    Returns
    -------
    tuple of float
        One per scenario.

    Raises
    ------
    DataError
        If some are given and some are not, or they are no weights.

    Examples
    --------
    >>> weights_of([None, None])
    (0.5, 0.5)
    """
    weights = [one for one in given if one is not None]
    if not weights:
        return (1.0 / len(given),) * len(given)
    if len(weights) < len(given):
        raise DataError("some scenarios have a weight and some have none; give all one, or none")
    if any(not 0.0 < one <= 1.0 for one in weights) or abs(math.fsum(weights) - 1.0) > WHOLE:
        said = ", ".join(f"{one:g}" for one in weights)
        raise DataError(f"the weights of the scenarios ({said}) are not shares that add up to 1")
    return tuple(weights)
