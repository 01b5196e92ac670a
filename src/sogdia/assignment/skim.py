"""Door-to-door time and cost between two places at the waits and prices of an equilibrium."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sogdia.assignment.alternatives import arc_extras, class_costs, corridor_arcs
from sogdia.assignment.requests import make_requests
from sogdia.assignment.solution import PeriodSolution, Solution
from sogdia.network.marks import Marks
from sogdia.routing.choice_set import choice_sets, paths_through


@dataclass(frozen=True, slots=True)
class Skim:
    """The cheapest way from door to door for the middle class of shippers.

    Attributes
    ----------
    time_h, cost_usd_t : float
        Means over the year, weighted by the length of the periods in which a way exists;
        nan if there is none at any time.
    """

    time_h: float
    cost_usd_t: float


def skim(
    solution: Solution,
    origin: str,
    destination: str,
    commodity_id: str,
    corridor_id: str | None = None,
) -> Skim:
    """Return time and cost from `origin` to `destination`, over one corridor if it is named.

    Parameters
    ----------
    solution : Solution
        A solved year.
    origin, destination : str
        Node ids.
    commodity_id : str
        What is shipped.
    corridor_id : str, optional
        Keep to this corridor.

    Returns
    -------
    Skim
        Time with waits, and money with scarcity prices.
    """
    found = [
        (part.period.share, *way)
        for part in solution.periods
        if (way := _way(solution, part, origin, destination, commodity_id, corridor_id))
    ]
    if not found:
        return Skim(float("nan"), float("nan"))
    share, hours, money = np.array(found).T
    return Skim(float(share @ hours / share.sum()), float(share @ money / share.sum()))


def _way(
    solution: Solution,
    part: PeriodSolution,
    origin: str,
    destination: str,
    commodity_id: str,
    corridor_id: str | None,
) -> tuple[float, float] | None:
    network, marks = part.network, Marks(part.network)
    longitude = dict(part.study.node.select("node_id", "x_coord").iter_rows())
    west = longitude[destination] <= longitude[origin]
    demand = part.requests.table.clear().select(
        pl.Series("demand_id", ["skim"]),
        pl.Series("origin", [origin]),
        pl.Series("destination", [destination]),
        pl.Series("commodity_id", [commodity_id]),
        pl.Series("quantity_kt", [1.0]),
        pl.Series("captive_to", [None], dtype=pl.String),
        pl.Series("direction", ["westbound" if west else "eastbound"]),
    )
    requests = make_requests(
        part.study,
        network,
        marks,
        demand,
        part.rules,
        solution.year,
        solution.options,
        part.choice,
    )
    prices, waits = arc_extras(network, requests, part.equilibrium)
    cost, rows = class_costs(requests, prices, waits)
    by_value = requests.class_share[0].reshape(requests.attitudes, -1)[0]
    middle = int(np.searchsorted(np.cumsum(by_value), by_value.sum() / 2.0))
    source = np.array([network.origin_state[origin]], dtype=np.int32)
    target = np.array([network.destination_state[destination]], dtype=np.int32)
    view = rows[:, middle : middle + 1].copy()
    if corridor_id:
        row = part.study.corridor.row(by_predicate=pl.col("corridor_id") == corridor_id, named=True)
        marked = [corridor_arcs(row, marks)]
        paths = paths_through(network, cost, view[:, 0], source, target, marked)
    else:
        paths = choice_sets(network, cost, view, source, target, rounds=1, penalty=1.0)
    if paths.count == 0:
        return None
    hours = float((network.time_h + waits[0])[paths.arcs].sum())
    money = float((requests.classes[0].metric.cost_usd_t + prices[0])[paths.arcs].sum())
    return hours, money
