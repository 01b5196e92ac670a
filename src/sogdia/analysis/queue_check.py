"""Queues by formula against queues as simulated: where the two engines agree, and where not.

The assignment predicts mean waits by Sakasegawa's formula; the simulation measures them event
by event. For the comparison both mean the same: from arrival until service starts, or until
the vessel sails. So what the assignment counts apart from its queues is added to the
formula: the wait for the next departure of a service that is never full, for opening,
and for the end of a brief closure. Where the formula knows of no queue (links, and terminals of
which no servers are stated), its wait is 0 and the whole gap is what it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from sogdia.assignment import AssignmentResult
from sogdia.assignment.solution import PeriodSolution
from sogdia.assignment.waits import TOGETHER, element_name
from sogdia.errors import DataError
from sogdia.network.model import Floats
from sogdia.network.resource import pool_services
from sogdia.simulation import SimulationResult
from sogdia.simulation.flows import PeriodFlows, assigned_flows
from sogdia.simulation.statistics import ratio_of_sums
from sogdia.study.model import base_id

KEYS = ("element", "kind", "forward", "unit")
COLUMNS = (
    *KEYS,
    "has_formula",
    "utilisation",
    "simulated_utilisation",
    "kt",
    "simulated_kt",
    "shipments",
    "queue_h",
    "wait_h",
    "simulated_wait_h",
    "low_h",
    "high_h",
    "gap_h",
    "ratio",
    "inside",
    "waiting_kt_h",
    "simulated_waiting_kt_h",
)


def compare_queues(assignment: AssignmentResult, simulation: SimulationResult) -> pl.DataFrame:
    """Compare the waits of an assignment with those of a simulation of its flows.

    Parameters
    ----------
    assignment : AssignmentResult
        A solved year.
    simulation : SimulationResult
        Of ``simulate(..., flows=assignment)``.

    Returns
    -------
    DataFrame
        One row per element with a queue or a capacity, largest gap times tonnes first:

        * element, kind, forward (of services), unit (kt or kteu; null for services, whose
          decks take both; t for the yard of a terminal, which the formula does not know);
          services that leave from one berth one after the other in the year are one row;
        * has_formula: whether the assignment has a queue there;
        * utilisation, simulated_utilisation: of the servers where there are some, else of
          the capacity, as a mean of the year; of the room of vessels that leave;
        * kt, simulated_kt: tonnes a year, in thousands; shipments: simulated, per year;
        * queue_h: mean wait by the formula; wait_h: with the waits for departure, for opening and
          for the end of closures; simulated_wait_h: as simulated, with its 95 % interval
          from low_h to high_h (null with one replication), a mean over shipments;
        * gap_h: simulated less formula; ratio: simulated over formula; inside: whether the
          formula lies in the interval;
        * waiting_kt_h, simulated_waiting_kt_h: tonnes times hours waited a year, in thousands.

        What nothing used in the simulation has null there.

    Raises
    ------
    DataError
        If the two are not of the same study, scenario and year.
    """
    _check_same(assignment, simulation)
    berth = _berths(assignment.solution.periods)
    formula = _by_formula(assignment, berth)
    measured = _as_simulated(simulation, berth)
    gap, kt = pl.col("gap_h").abs(), pl.coalesce("kt", "simulated_kt")
    return (
        formula.join(measured, on=KEYS, how="full", coalesce=True, nulls_equal=True)
        .with_columns(
            pl.col("has_formula").fill_null(value=False),
            # what the assignment does not know at all, it lets nobody wait at
            pl.col("kt", "queue_h", "wait_h", "waiting_kt_h").fill_null(0.0),
        )
        .with_columns(
            gap_h=pl.col("simulated_wait_h") - pl.col("wait_h"),
            ratio=pl.when(pl.col("wait_h") > 0).then(pl.col("simulated_wait_h") / pl.col("wait_h")),
            inside=pl.col("wait_h").is_between("low_h", "high_h"),
        )
        .sort(gap * kt, *KEYS, descending=[True, *[False] * len(KEYS)], nulls_last=True)
        .select(COLUMNS)
    )


def as_compared(elements: pl.DataFrame, assignment: AssignmentResult) -> pl.DataFrame:
    """Return which row of a comparison stands for each element of an assignment.

    Parameters
    ----------
    elements : DataFrame
        element, kind, forward, unit, as in ``AssignmentResult.elements``.
    assignment : AssignmentResult
        Whose elements they are.
    """
    return _with_berth(elements, _berths(assignment.solution.periods))


def _check_same(assignment: AssignmentResult, simulation: SimulationResult) -> None:
    assigned = (assignment.study_name, assignment.scenario_name, assignment.year)
    simulated = (simulation.study_name, simulation.scenario_name, simulation.start.year)
    if assigned != simulated:
        said = [" · ".join(map(str, one)) for one in (assigned, simulated)]
        raise DataError(
            f"the assignment is of {said[0]} and the simulation of {said[1]}; "
            "simulate the flows of the assignment"
        )


def _berths(parts: Iterable[PeriodSolution]) -> dict[str, str]:
    """Return by service the name of all that leave from its berth at some time of the year.

    A simulated line stands for all services on a link that take the same goods; what an
    assignment pools is part of a line, and may be another part in another period.
    """
    lines: dict[tuple[object, ...], set[str]] = {}
    for part in parts:
        for row in part.study.service.iter_rows(named=True):
            goods = (row["allowed_uses"], row["hazard_classes"], row["batch_capacity_t"] is None)
            line = (base_id(row["link_id"]), *goods)
            lines.setdefault(line, set()).add(base_id(row["service_id"]))
    berths: list[set[str]] = []
    for members in lines.values():
        # an event may have split a service between two lines
        shared = [berth for berth in berths if berth & members]
        berths = [berth for berth in berths if not berth & members]
        berths.append(members.union(*shared))
    return {one: TOGETHER.join(sorted(berth)) for berth in berths for one in berth}


def _with_berth(frame: pl.DataFrame, berth: dict[str, str]) -> pl.DataFrame:
    """Name services by their berth, and count them in no unit: a deck takes both."""
    first = pl.col("element").str.split(TOGETHER).list.first()
    is_service = pl.col("kind") == "service"
    return frame.with_columns(
        element=pl.when(is_service)
        .then(first.replace(berth))  # one that only ran before the year keeps its name
        .otherwise("element"),
    ).with_columns(unit=pl.when(~is_service).then("unit"))


# ---- by formula ----------------------------------------------------------------------------


def _by_formula(assignment: AssignmentResult, berth: dict[str, str]) -> pl.DataFrame:
    flows = assigned_flows(assignment)
    rows = pl.concat(
        _of_period(part, flow)
        for part, flow in zip(assignment.solution.periods, flows, strict=True)
    )
    loaded = rows.with_columns(row_unit="unit").pipe(_with_berth, berth)
    return (
        loaded.group_by(*KEYS, "row_unit", maintain_order=True)
        .agg(
            pl.col("has_formula").any(),
            pl.col("kt", "queue_kt_h", "other_kt_h", "busy").sum(),
            of_room=pl.col("flow").sum() / pl.col("room").sum(),
        )
        # boxes and wagons have capacities of their own in the assignment, but one deck
        .group_by(*KEYS, maintain_order=True)
        .agg(
            pl.col("has_formula").any(),
            pl.col("kt", "queue_kt_h", "other_kt_h", "busy", "of_room").sum(),
        )
        .with_columns(waiting_kt_h=pl.col("queue_kt_h") + pl.col("other_kt_h"))
        .select(
            *KEYS,
            "has_formula",
            "kt",
            "waiting_kt_h",
            utilisation=pl.when(pl.col("kind") == "service").then("of_room").otherwise("busy"),
            queue_h=(pl.col("queue_kt_h") / pl.col("kt")).fill_nan(0.0),
            wait_h=(pl.col("waiting_kt_h") / pl.col("kt")).fill_nan(0.0),
        )
    )


def _of_period(part: PeriodSolution, flow: PeriodFlows) -> pl.DataFrame:
    """Return load and waits of every resource in a period: kt, and tonnes times hours."""
    paths = part.alternatives.paths
    path_of = paths.path_of
    cargo = part.requests.cargo_class[paths.request][path_of]
    resource_of = np.stack([one.metric.resource for one in part.requests.classes])
    resource = resource_of[cargo, paths.arcs]
    some = resource >= 0
    count = part.network.resource.height
    kt_of_path = part.path_flow_kt.sum(axis=1) * part.period.share
    weight = kt_of_path[path_of][some]
    kt = np.bincount(resource[some], weights=weight, minlength=count)
    other = _waits_apart(part, flow)[some] * weight
    found = part.equilibrium
    share = part.period.share
    units = found.loading.resource_flow
    room = pl.coalesce("queue_capacity", "capacity")
    return part.network.resource.select(
        element_name(),
        "kind",
        "forward",
        "unit",
        has_formula=pl.col("queue_capacity").is_not_null(),
        kt=pl.Series(kt),
        queue_kt_h=pl.Series(found.wait_h * kt),
        other_kt_h=pl.Series(np.bincount(resource[some], weights=other, minlength=count)),
        flow=pl.Series(units * share),
        room=room * share,
        busy=pl.Series(units * share) / room,
    )


def _waits_apart(part: PeriodSolution, flow: PeriodFlows) -> Floats:
    """Return hours that goods wait on each arc of each path apart from queues.

    What an arc takes in the assignment, less what moving and handling take in the
    simulation: it waits for departures, for opening and, with the tables before brief
    closures are spread over the period, for their end.
    """
    before = part.network.time_h[part.alternatives.paths.arcs]
    departure = pool_services(flow.study.service).select(
        "row_id", "minimum_wait_h", kind=pl.lit("service")
    )
    waits = (
        flow.network.arc.select("kind", "row_id", "shut_h")
        .join(departure, on=["kind", "row_id"], how="left", maintain_order="left")
        .select(pl.sum_horizontal("shut_h", "minimum_wait_h"))
        .to_series()
        .to_numpy()
    )
    busy = (flow.network.time_h - waits)[flow.paths.arcs]
    return np.asarray(np.maximum(before - busy, 0.0))


# ---- as simulated --------------------------------------------------------------------------


def _as_simulated(simulation: SimulationResult, berth: dict[str, str]) -> pl.DataFrame:
    is_service = pl.col("kind") == "service"
    stations = simulation.elements.filter(pl.col("servers").is_not_null() | is_service)
    named = stations.pipe(_with_berth, berth)
    kept = named["station"].to_numpy()
    of_row = named.select(pl.struct(KEYS).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    rows = named.unique(KEYS, keep="first", maintain_order=True).select(
        *KEYS, row=pl.struct(KEYS).rank("dense").cast(pl.Int64) - 1
    )

    def by_row(values: Floats) -> Floats:
        """Add up over stations, the last axis."""
        return np.stack([np.bincount(of_row, weights=one, minlength=rows.height) for one in values])

    waits = np.array(simulation.sample.waits)[:, kept]
    mean = ratio_of_sums(by_row(waits[:, :, 1]), by_row(waits[:, :, 0]))
    loads = by_row(np.sum(simulation.sample.loads, axis=0)[kept].T)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_room = loads[0] / loads[1]
    figures = pl.DataFrame(
        {
            "row": np.arange(rows.height),
            "simulated_wait_h": np.asarray(mean.mean),
            "low_h": np.asarray(mean.low),
            "high_h": np.asarray(mean.high),
            "of_room": of_room,
        }
    ).fill_nan(None)
    sums = named.group_by(*KEYS, maintain_order=True).agg(
        simulated_kt=pl.col("throughput_kt").sum(),
        shipments=pl.col("throughput").sum(),
        simulated_waiting_kt_h=pl.col("waiting_kt_h").sum(),
        busy=pl.col("utilisation").sum(),
    )
    return (
        rows.join(figures, on="row", how="left", maintain_order="left")
        .join(sums, on=KEYS, how="left", maintain_order="left", nulls_equal=True)
        .with_columns(
            simulated_utilisation=pl.when(is_service).then("of_room").otherwise("busy"),
        )
        .drop("row", "of_room", "busy")
    )
