"""Freight of a study assigned by the methods of traffic, period by period."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from sogdia.assignment.options import AssignmentOptions, ChoiceParameters
from sogdia.assignment.traffic.freight import FreightPart, freight_parts
from sogdia.assignment.traffic.part import (
    ARC_COLUMNS,
    AT_HOME,
    ELEMENT_COLUMNS,
    UNSERVED_COLUMNS,
    Meaning,
    TrafficPart,
    typed,
)
from sogdia.assignment.traffic.result import TrafficResult, Units
from sogdia.assignment.traffic.solution import Progress
from sogdia.assignment.traffic.solve import Method, TrafficJob, TrafficOptions, solve_part
from sogdia.assignment.unserved import LEAST_KT, reasons_without_way
from sogdia.network.model import Bools, Ints
from sogdia.scenario import Scenario, apply, default_scenario
from sogdia.study import Study

UNITS = Units(flow="kt", time="h", length="km", cost="USD/t", km=1.0)
NO_ROOM = "capacity"


def solve_freight(
    study: Study,
    scenario: Scenario | None,
    *,
    method: Method,
    year: int | None,
    freight: AssignmentOptions,
    options: TrafficOptions,
    warm_start: TrafficResult | None,
    progress: Progress | None,
) -> TrafficResult:
    """Assign a year's demand for freight by a method of traffic.

    See `sogdia.assignment.assign`. What stays at home because it would pay too much is unserved for
    want of capacity.
    """
    options.check()
    scenario = scenario or default_scenario(study)
    year = year or scenario.year or study.settings.base_year
    earlier = {} if warm_start is None else {part.name: part for part in warm_start.parts}
    periods = freight_parts(study, scenario, year=year, options=freight)
    whole = None
    parts = []
    for number, period in enumerate(periods):
        name = str(period.period.start) if len(periods) > 1 else ""
        stranded = pl.DataFrame(schema=UNSERVED_COLUMNS)
        if len(period.freight.stranded):
            whole = whole or apply(study, scenario, year)
            stranded = _stranded(whole, period, freight)
        job = TrafficJob(
            name, period.period.share, period.freight.problem, _meaning(period, stranded)
        )
        solved = solve_part(job, method, options, earlier.get(name), progress)
        parts.append(_with_kept_back(solved, period))
        if progress:
            progress("periods", number + 1, len(periods))
    return TrafficResult(study, scenario, year, method, UNITS, tuple(parts))


def _meaning(period: FreightPart, stranded: pl.DataFrame) -> Meaning:
    problem, network = period.freight, period.network
    home = problem.arc < 0
    row = np.where(home, 0, problem.arc)
    table = period.requests.table
    places = pl.concat([table["origin"], table["destination"]]).unique().sort().to_list()
    names = network.state["node_id"]
    gases = np.where(home, 0.0, (network.wtt_kg_t + network.ttw_kg_t)[row])
    of_cargo = [
        f"{cargo.commodity['commodity_id']} {cargo.direction}" for cargo in period.requests.classes
    ]
    return Meaning(
        arc=_arcs(period, home, row),
        element=_elements(period),
        class_id=tuple(of_cargo[cargo] for cargo in problem.class_cargo),
        origin=tuple(names[problem.problem.pair_origin]),
        destination=tuple(names[problem.problem.pair_destination]),
        zone_id=tuple(places),
        origin_node=_states(network.origin_state, places),
        destination_node=_states(network.destination_state, places),
        co2_kg=np.broadcast_to(gases, (problem.problem.classes, len(gases))),
        unserved=stranded,
        intrazonal=0.0,
        own_time=np.where(home, 0.0, network.time_h[row]),
    )


def _states(state_of: dict[str, int], places: list[str]) -> Ints:
    return np.array([state_of[place] for place in places], dtype=np.int32)


def _arcs(period: FreightPart, home: Bools, row: Ints) -> pl.DataFrame:
    here = pl.Series(home)
    arc = period.network.arc[row]
    kind = pl.when(here).then(pl.lit(AT_HOME)).otherwise("kind")
    known = {name: pl.when(~here).then(name) for name in ("row_id", "link_id", "forward")}
    return typed(
        arc.select(
            kind=kind,
            **known,
            from_node_id=pl.when(~here).then("tail_node_id"),
            to_node_id=pl.when(~here).then("head_node_id"),
            length=pl.when(here).then(0.0).otherwise("length_km"),
            is_line=kind.is_in(["link", "service"]),
        ),
        ARC_COLUMNS,
    )


def _elements(period: FreightPart) -> pl.DataFrame:
    return typed(
        period.network.resource.select("kind", "row_id", "forward", "unit", "capacity"),
        ELEMENT_COLUMNS,
    )


def _stranded(whole: Study, period: FreightPart, options: AssignmentOptions) -> pl.DataFrame:
    """List the requests without a way, each with the reason."""
    demand = period.requests.table[period.freight.stranded]
    choice = options.choice or ChoiceParameters.of(period.study)
    reasons = reasons_without_way(
        whole,
        period.study,
        period.network,
        demand,
        period.period.start.year,
        options,
        choice,
    )
    return _unserved(demand, demand["quantity_kt"], pl.Series(reasons, dtype=pl.String))


def _with_kept_back(part: TrafficPart, period: FreightPart) -> TrafficPart:
    """Return the part with what stays at home among what is unserved."""
    table = period.requests.table
    kept = np.zeros(table.height)
    back = period.freight.kept_back_kt(part.solution)
    kept[: len(back)] = back
    here = kept * part.share > LEAST_KT
    reason = pl.Series([NO_ROOM] * int(here.sum()), dtype=pl.String)
    told = _unserved(table.filter(here), pl.Series(kept[here]), reason)
    meaning = replace(part.meaning, unserved=pl.concat([part.meaning.unserved, told]))
    return replace(part, meaning=meaning)


def _unserved(demand: pl.DataFrame, kt: pl.Series, reason: pl.Series) -> pl.DataFrame:
    return typed(
        demand.select(
            "origin",
            "destination",
            class_id=pl.col("commodity_id") + " " + pl.col("direction"),
            flow=kt,
            reason=reason,
        ),
        UNSERVED_COLUMNS,
    )
