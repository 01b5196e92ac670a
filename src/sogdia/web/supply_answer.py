"""The answer to a question about supply: what `sogdia supply --json` prints, and what maps draw."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sogdia.balance import SupplyResult
from sogdia.balance.frontier import frontier
from sogdia.balance.resilience import (
    INDEX_COLUMNS,
    N_MINUS_1_COLUMNS,
    n_minus_1,
    n_minus_1_index,
)
from sogdia.report.supply_json import supply_json
from sogdia.web.messages import Progress

LINKS = ("link", "commodity", "forward", "kt")
ELEMENTS = ("kind", "element", "forward", "unit", "capacity", "flow", "utilisation")
FRONTIER = ("share", "cost_musd", "unserved_kt")
LEAST_FLOW = 1e-6
"""What is below it, kt or kTEU a year, is left of the solver's arithmetic."""


@dataclass(slots=True)
class Stops:
    """What a stop of each element costs, worked out once for a balance.

    Attributes
    ----------
    result : SupplyResult
        The balance.
    """

    result: SupplyResult
    _found: tuple[pl.DataFrame, pl.DataFrame] | None = field(default=None, init=False)

    def found(self, progress: Progress) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the stops and the index, as `sogdia.balance.resilience` has them."""
        if self._found is None:
            self._found = (
                n_minus_1(self.result, progress=progress),
                n_minus_1_index(self.result),
            )
        return self._found


def supply_answer(
    stops: Stops, *, with_stops: bool, avoid: str | None, progress: Progress
) -> dict[str, Any]:
    """Return a balance, what a stop of each element costs, and a frontier, as JSON has them.

    Parameters
    ----------
    stops : Stops
        The balance and its stops.
    with_stops : bool
        Whether stops are asked for.
    avoid : str or None
        Country whose share of the routes the frontier bounds; None: no frontier.
    progress : callable
        Called with a stage, how much of it is done, and of how much (0: not known).

    Returns
    -------
    dict
        The keys of `sogdia.report.supply_json`, those of stops null if they are not asked
        for; ``links`` and ``elements`` that something flows through, in kt or kTEU a year;
        ``frontier`` if one is asked for.
    """
    result = stops.result
    if with_stops:
        answer = supply_json(result, *stops.found(progress))
    else:
        stopped = pl.DataFrame(schema=N_MINUS_1_COLUMNS)
        indexed = pl.DataFrame(schema=INDEX_COLUMNS)
        answer = supply_json(result, stopped, indexed)
        answer |= {"n_minus_1": None, "n_minus_1_index": None}
    answer["links"] = rows(result.links.filter(pl.col("kt") > LEAST_FLOW), LINKS)
    answer["elements"] = rows(result.elements.filter(pl.col("flow") > LEAST_FLOW), ELEMENTS)
    if avoid is not None:
        answer["frontier"] = rows(frontier(result, avoid, progress=progress), FRONTIER)
    return answer


def rows(frame: pl.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return rows as JSON has them, which knows neither infinity nor what is no number.

    Examples
    --------
    >>> rows(pl.DataFrame({"link": ["a"], "kt": [float("inf")]}), ("link", "kt"))
    [{'link': 'a', 'kt': None}]
    """
    return [
        {name: _known(value) for name, value in row.items()}
        for row in frame.select(columns).iter_rows(named=True)
    ]


def _known(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
