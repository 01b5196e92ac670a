"""Flows: what is shipped by which path, as the simulation releases it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from sogdia.assignment import AssignmentOptions, AssignmentResult, assign
from sogdia.assignment.alternatives import cheapest
from sogdia.assignment.options import ChoiceParameters
from sogdia.assignment.requests import demand_in, make_requests
from sogdia.errors import DataError
from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks, classify, incidence
from sogdia.network.model import Floats, Ints, Network
from sogdia.network.resource import own_ids
from sogdia.routing.choice_set import PathTable
from sogdia.scenario import Period, Scenario, apply, periods, rules_at, study_at
from sogdia.scenario.effects import is_lasting
from sogdia.study import Study

Progress = Callable[[str, int, int], None]
ARC_KEY = [
    "kind",
    "own_id",
    "forward",
    "tail_node_id",
    "head_node_id",
    "tail_mode",
    "head_mode",
    "tail_gauge_mm",
    "head_gauge_mm",
    "tail_side",
    "head_side",
]


@dataclass(frozen=True, slots=True)
class Cargo:
    """What the goods of one class take up on each arc.

    Attributes
    ----------
    commodity : dict
        Row of the commodity table.
    resource : ndarray of int32, shape (arcs,)
        Resource consumed; -1: none.
    unit_per_t : ndarray of float64, shape (arcs,)
        Resource units consumed by a tonne.
    """

    commodity: dict[str, Any]
    resource: Ints
    unit_per_t: Floats


@dataclass(frozen=True, slots=True)
class PeriodFlows:
    """Flows of a period within which network and rules stay the same.

    Attributes
    ----------
    start, end : date
        First and last day.
    study : Study
        Tables as they stand in it, without brief closures, which are simulated.
    network : Network
        Compiled from them.
    cargo : list of Cargo
        Classes of goods.
    paths : PathTable
        Paths; `paths.request` numbers the rows of `table`.
    table : DataFrame
        demand_id, origin, destination, commodity_id, direction and cargo (class) of each request.
    corridor_id : list of str or None
        Corridor of each path.
    kt_y : ndarray of float64, shape (paths,)
        Flow, kt per year.
    """

    start: date
    end: date
    study: Study
    network: Network
    cargo: list[Cargo]
    paths: PathTable
    table: pl.DataFrame
    corridor_id: list[str | None]
    kt_y: Floats


def assigned_flows(result: AssignmentResult) -> list[PeriodFlows]:
    """Return the path flows of an assignment."""
    solution = result.solution
    flows = []
    for part in solution.periods:
        table = part.requests.table.with_columns(cargo=pl.Series(part.requests.cargo_class))
        study, network, arc_of = _without_brief_closures(
            solution.study, part.period, solution.year, part.network
        )
        paths = part.alternatives.paths
        flows.append(
            PeriodFlows(
                start=part.period.start,
                end=part.period.end,
                study=study or part.study,
                network=network,
                cargo=[
                    Cargo(
                        c.commodity,
                        *_moved(
                            c.metric.resource, c.metric.unit_per_t, part.network, network, arc_of
                        ),
                    )
                    for c in part.requests.classes
                ],
                paths=PathTable(paths.request, paths.first, arc_of[paths.arcs]),
                table=table,
                corridor_id=part.alternatives.corridor_id,
                kt_y=np.asarray(part.path_flow_kt.sum(axis=1), dtype=np.float64),
            )
        )
    return flows


def cheapest_flows(study: Study, scenario: Scenario, year: int) -> list[PeriodFlows]:
    """Send each demand along one path: the cheapest for a median shipper, nothing queued.

    Parameters
    ----------
    study : Study
        Before the scenario.
    scenario : Scenario
        What is asked.
    year : int
        Year of demand.
    """
    changed = apply(study, scenario, year)
    demand = demand_in(changed, year)
    if demand.is_empty():
        years = sorted(changed.demand["year"].unique())
        raise DataError(f"demand.csv: no demand in {year}; there is some in {years}")
    options = AssignmentOptions(value_of_time_edges=())
    choice = ChoiceParameters.of(study)
    flows = []
    for period in periods(changed, scenario, year):
        now = study_at(_events_that_last(changed), period, year)
        network = compile_network(now)
        marks = Marks(network)
        requests = make_requests(
            now, network, marks, demand, rules_at(scenario, period), year, options, choice
        )
        nothing = [np.zeros(network.arc.height)] * len(requests.classes)
        found = cheapest(network, requests, nothing, nothing)
        _, first = np.unique(found.request, return_index=True)
        lengths = np.diff(found.first)[first]
        arcs = [found.arcs[found.first[path] : found.first[path + 1]] for path in first]
        paths = PathTable(
            found.request[first],
            np.append(0, np.cumsum(lengths)).astype(np.int64),
            np.concatenate(arcs) if arcs else np.empty(0, dtype=np.int32),
        )
        of_path = incidence(paths.first, paths.arcs, network.arc.height)
        flows.append(
            PeriodFlows(
                start=period.start,
                end=period.end,
                study=now,
                network=network,
                cargo=[
                    Cargo(c.commodity, c.metric.resource, c.metric.unit_per_t)
                    for c in requests.classes
                ],
                paths=paths,
                table=requests.table.with_columns(cargo=pl.Series(requests.cargo_class)),
                corridor_id=classify(changed.corridor, marks, of_path),
                kt_y=requests.table["quantity_kt"].to_numpy()[paths.request],
            )
        )
    return flows


def flows_of(
    study: Study,
    scenario: Scenario,
    years: Sequence[int],
    how: str | AssignmentResult,
    progress: Progress | None,
) -> list[PeriodFlows]:
    """Return the flows of several years, in order.

    Parameters
    ----------
    how : {"assigned", "cheapest"} or AssignmentResult
        Whether to assign, to use one path each, or what was assigned already.
    """
    if isinstance(how, AssignmentResult):
        if list(years) != [how.year]:
            raise DataError(
                f"the flows given are of {how.year}, and {', '.join(map(str, years))} is "
                "simulated; simulate days of that year, or give no flows"
            )
        return assigned_flows(how)
    flows: list[PeriodFlows] = []
    for year in years:
        if how == "assigned":
            flows += assigned_flows(assign(study, scenario, year=year, progress=progress))
        elif how == "cheapest":
            flows += cheapest_flows(study, scenario, year)
        else:
            raise DataError(f"flows {how!r} are not known; there are assigned and cheapest")
    return flows


def is_brief_closure(event: dict[str, Any]) -> bool:
    """Tell whether an event closes something for so short a time that goods wait for its end."""
    closes = event["effect"] == "closes" and event["happened"]
    return bool(closes and not is_lasting(event["from_date"], event["until_date"]))


def _events_that_last(study: Study) -> Study:
    brief = [is_brief_closure(row) for row in study.event.iter_rows(named=True)]
    return study.with_tables(event=study.event.filter(~pl.Series(brief, dtype=pl.Boolean)))


def _without_brief_closures(
    study: Study, period: Period, year: int, network: Network
) -> tuple[Study | None, Network, Ints]:
    """Compile a period's network anew if brief closures are spread over it.

    Returns
    -------
    tuple
        Tables (None: as they were), network, and the number in it of each arc of the old one.
    """
    brief = [
        row
        for row in study.event.iter_rows(named=True)
        if is_brief_closure(row)
        and row["from_date"] <= period.end
        and row["until_date"] >= period.start
    ]
    if not brief:
        return None, network, np.arange(network.arc.height)
    bare = study_at(_events_that_last(study), period, year)
    compiled = compile_network(bare)
    own = own_ids("row_id").alias("own_id")
    there = (
        compiled.arc.with_columns(own)
        .with_row_index("arc")
        .unique(ARC_KEY, keep="first", maintain_order=True)
    )
    found = network.arc.with_columns(own).join(
        there.select(*ARC_KEY, "arc"),
        on=ARC_KEY,
        how="left",
        maintain_order="left",
        nulls_equal=True,
    )["arc"]
    if found.null_count():
        raise ValueError("an arc is only there while a brief closure is spread over its period")
    return bare, compiled, found.to_numpy().astype(np.int64)


def _moved(
    resource: Ints, unit_per_t: Floats, before: Network, after: Network, arc_of: Ints
) -> tuple[Ints, Floats]:
    """Return what arcs take up on the network that was compiled anew."""
    if before is after:
        return resource, unit_per_t
    units = before.resource["unit"].to_list()
    in_teu = np.array([*(unit == "kteu" for unit in units), False])[resource]
    moved = np.full(after.arc.height, -1, dtype=np.int64)
    per_t = np.ones(after.arc.height)
    moved[arc_of] = np.where(in_teu, after.resource_kteu[arc_of], after.resource_kt[arc_of])
    per_t[arc_of] = unit_per_t
    moved[arc_of[resource < 0]] = -1
    return moved, per_t
