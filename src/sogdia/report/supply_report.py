"""What one question about supply was answered with: the balance and what was asked beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from sogdia.balance import SupplyResult
    from sogdia.balance.disruptions import DisruptionResult
    from sogdia.balance.expansion import ExpansionResult
    from sogdia.study import Study


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance and what it withstands.

    Attributes
    ----------
    result : SupplyResult
        The balance.
    n_minus_1 : DataFrame
        What a stop of each element costs, as `sogdia.balance.resilience.n_minus_1` gives it.
    index : DataFrame
        The index of the European Union, as `sogdia.balance.resilience.n_minus_1_index` gives it.
    lead_times : DataFrame or None
        How long goods take that wait for permits or charters, as
        `sogdia.balance.lead_times.lead_times` gives it.
    """

    result: SupplyResult
    n_minus_1: pl.DataFrame
    index: pl.DataFrame
    lead_times: pl.DataFrame | None = None

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return all tables by name."""
        more = {"n_minus_1": self.n_minus_1, "n_minus_1_index": self.index}
        if self.lead_times is not None:
            more["lead_times"] = self.lead_times
        return self.result.tables() | more


@dataclass(frozen=True, slots=True)
class Frontier:
    """Least cost against the share that one country may have.

    Attributes
    ----------
    country : str or None
        The country that goods cross; None: whichever has the largest share, as one that is
        crossed or as an owner.
    points : DataFrame
        As `sogdia.balance.frontier.frontier` gives them.
    """

    country: str | None
    points: pl.DataFrame

    @property
    def through(self) -> str:
        """Say whose share it is."""
        return f"through {self.country}" if self.country else "in the hands of any one country"


@dataclass(frozen=True, slots=True)
class Sweep:
    """Balances over the values of one parameter.

    Attributes
    ----------
    parameter : str
        What is varied.
    points : DataFrame
        As `sogdia.balance.sweep.sweep` gives them.
    """

    parameter: str
    points: pl.DataFrame

    @property
    def axis(self) -> str:
        """Name the parameter and its unit, if it has another name."""
        units = self.points["unit"].unique(maintain_order=True).to_list()
        return ", ".join(dict.fromkeys([self.parameter, *units]))


@dataclass(frozen=True, slots=True)
class SupplyReport:
    """All that a question about supply was answered with.

    Attributes
    ----------
    study : Study
        For the names and countries of places.
    asked : sequence of str
        What the balance was told beside its scenario, in words, such as ``no contracts``.
    balance : Balance
        The balance.
    baseline : Balance or None
        What its figures are compared with.
    n_minus_2 : DataFrame or None
        Stops of two elements at once.
    disruptions : DisruptionResult or None
        Years with the disruptions that chance brings.
    frontier : Frontier or None
        Cost against diversification.
    sweep : Sweep or None
        A curve over one parameter.
    expansion : ExpansionResult or None
        The cheapest projects that close the deficit.
    """

    study: Study
    asked: Sequence[str]
    balance: Balance
    baseline: Balance | None = None
    n_minus_2: pl.DataFrame | None = None
    disruptions: DisruptionResult | None = None
    frontier: Frontier | None = None
    sweep: Sweep | None = None
    expansion: ExpansionResult | None = None

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return all tables by name: of the balance, and of what was asked beside it."""
        balance = self.balance
        tables = balance.tables()
        if self.n_minus_2 is not None:
            tables["n_minus_2"] = self.n_minus_2
        if self.disruptions is not None:
            tables["disruptions_by_commodity"] = self.disruptions.by_commodity
            tables["disruptions_by_disruption"] = self.disruptions.by_disruption
        if self.frontier is not None:
            tables["frontier"] = self.frontier.points
        if self.sweep is not None:
            tables["sweep"] = self.sweep.points
        if self.expansion is not None:
            tables["expansion"] = self.expansion.projects
        if self.baseline is not None:
            before = self.baseline.tables()
            tables |= {f"baseline_{name}": frame for name, frame in before.items()}
        return tables
