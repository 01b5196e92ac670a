"""Why demand stays at home: no path, closed, policy, or capacity."""

from __future__ import annotations

import numpy as np
import polars as pl

from sogdia.assignment.options import AssignmentOptions, ChoiceParameters
from sogdia.assignment.requests import make_requests
from sogdia.assignment.solution import PeriodSolution, Solution
from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks
from sogdia.network.model import Bools, Network
from sogdia.routing.shortest import shortest_tree
from sogdia.study import Study

LEAST_KT = 1e-3


def unserved_of(solution: Solution, part: PeriodSolution) -> pl.DataFrame:
    """Return what a period leaves unserved: origin, destination, commodity, kt, reason.

    Less than a tonne a year is the dust of a smooth demand function, and not told.
    """
    table = part.requests.table
    kept_back = np.zeros(table.height)
    kept_back[part.alternatives.served] = part.kept_back_kt
    reason = np.full(table.height, "capacity", dtype=object)
    stranded = np.ones(table.height, dtype=np.bool_)
    stranded[part.alternatives.served] = False
    if stranded.any():
        kept_back[stranded] = table["quantity_kt"].to_numpy()[stranded]
        reason[stranded] = _reasons(solution, part, stranded)
    return (
        table.select("origin", "destination", pl.col("commodity_id").alias("commodity"))
        .with_columns(
            kt=pl.Series(kept_back * part.period.share),
            reason=pl.Series(reason.tolist(), dtype=pl.String),
        )
        .filter(pl.col("kt") > LEAST_KT)
    )


def _reasons(solution: Solution, part: PeriodSolution, stranded: Bools) -> list[str]:
    demand = part.requests.table.filter(pl.Series(stranded))
    asked = (solution.year, solution.options, part.choice)
    return reasons_without_way(solution.study, part.study, part.network, demand, *asked)


def reasons_without_way(
    whole: Study,
    now: Study,
    network: Network,
    demand: pl.DataFrame,
    year: int,
    options: AssignmentOptions,
    choice: ChoiceParameters,
) -> list[str]:
    """Ask, for each stranded request, what would have to be otherwise for it to have a path.

    Parameters
    ----------
    whole, now : Study
        The study under its scenario, and as it stands in the period.
    network : Network
        Compiled from the latter.
    demand : DataFrame
        Rows of `Requests.table` without a way.
    year : int
        Year of demand.
    options, choice
        Of the assignment.

    Returns
    -------
    list of str
        "policy", "closed" or "no path", one for each row.
    """
    asked = (demand, year, options, choice)
    without_rules = _reachable(now, network, *asked)
    without_closures = _reachable(whole, compile_network(whole), *asked)
    return [
        "policy" if here else "closed" if ever else "no path"
        for here, ever in zip(without_rules, without_closures, strict=True)
    ]


def _reachable(
    study: Study,
    network: Network,
    demand: pl.DataFrame,
    year: int,
    options: AssignmentOptions,
    choice: ChoiceParameters,
) -> list[bool]:
    """Whether each row of demand has a path when no rule of the scenario is in force."""
    requests = make_requests(study, network, Marks(network), demand, (), year, options, choice)
    states = network.state.height
    distance = np.empty(states)
    arc_into, heap, position = (np.empty(states, dtype=np.int32) for _ in range(3))
    reached = []
    for index, (origin, destination) in enumerate(
        demand.select("origin", "destination").iter_rows()
    ):
        target = network.destination_state[destination]
        shortest_tree(
            network.first_out,
            network.head,
            requests.classes[requests.cargo_class[index]].metric.cost_usd_t,
            network.origin_state[origin],
            target,
            distance,
            arc_into,
            heap,
            position,
        )
        reached.append(bool(np.isfinite(distance[target])))
    return reached
