"""Describe: the arcs of a path as elements, each with its time, cost, emission and sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sogdia.network.marks import split
from sogdia.network.model import Floats, Ints
from sogdia.network.resource import POOL_MARK
from sogdia.routing.arrival import Stage
from sogdia.routing.itinerary import Element
from sogdia.routing.pareto import Windows
from sogdia.routing.snapshot import Snapshot
from sogdia.study import base_id

ANY_COUNTRY = "*"


@dataclass(frozen=True, slots=True)
class Described:
    """What a path is made of, in order of travel: elements, and the stages of its time."""

    elements: tuple[Element, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    operator: str | None
    sources: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """What is looked up in the tables of a day, by key."""

    arc: list[dict[str, Any]]
    name: dict[str, str]
    country: dict[str, str | None]
    operation: dict[str, str]
    source: dict[tuple[str, str], str | None]
    service: dict[str, dict[str, Any]]
    factor_source: dict[tuple[str | None, str | None], str | None]

    @classmethod
    def of(cls, snap: Snapshot) -> Lookup:
        """Index the tables of a snapshot."""
        study = snap.study
        arc = snap.network.arc.select(
            "kind",
            "row_id",
            "link_id",
            "mode",
            "country",
            "tariff_id",
            "emission_class",
            "tail_node_id",
            "head_node_id",
            "tail_gauge_mm",
        ).to_dicts()
        source: dict[tuple[str, str], str | None] = {}
        for kind, table in (("link", study.link), ("terminal", study.terminal)):
            for row_id, source_id in table.select(f"{kind}_id", "source_id").iter_rows():
                source.setdefault((kind, base_id(row_id)), source_id)
        factors = study.emission_factor.sort("year")
        return cls(
            arc=arc,
            name={
                node: name or node
                for node, name in study.node.select("node_id", "name").iter_rows()
            },
            country=dict(study.node.select("node_id", "country").iter_rows()),
            operation=dict(
                study.terminal.select(
                    "terminal_id", pl.col("operation").cast(pl.String)
                ).iter_rows()
            ),
            source=source,
            service={row["service_id"]: row for row in study.service.iter_rows(named=True)},
            factor_source={
                (kind, country): source_id
                for kind, country, source_id in factors.select(
                    "emission_class", "country", "source_id"
                ).iter_rows()
            },
        )

    def in_order(self, countries: tuple[str, ...], tail: str, head: str) -> tuple[str, ...]:
        """Return the countries of an arc in order of travel, those of its ends included."""
        ends = (self.country[tail], self.country[head])
        middle = [country for country in countries if country not in ends]
        return tuple(dict.fromkeys(filter(None, [ends[0], *middle, ends[1]])))

    def factor_country(self, kind: str | None, countries: tuple[str, ...]) -> str | None:
        """Return the country of the emission factor in use; None: no factor."""
        own = countries[0] if countries else None
        return next((c for c in (own, ANY_COUNTRY) if (kind, c) in self.factor_source), None)

    def services(self, pooled: str) -> _Service:
        """Join the names and operators of services that leave from the same berth."""
        rows = [self.service[row_id] for row_id in pooled.split(POOL_MARK)]
        operators = dict.fromkeys(row["operator"] for row in rows if row["operator"])
        return _Service(
            name=" + ".join(row["name"] or base_id(row["service_id"]) for row in rows),
            operator=", ".join(operators) or None,
            sources=tuple(row["source_id"] for row in rows),
        )


@dataclass(frozen=True, slots=True)
class Describer:
    """Turns paths over a snapshot into elements.

    Attributes
    ----------
    snap : Snapshot
        The network.
    lookup : Lookup
        Its tables.
    freight_usd_t, war_risk_usd_t : ndarray of float64, shape (arcs,)
        What the shipment pays.
    resource : ndarray of int32, shape (arcs,)
        Resource at which it queues; -1: none.
    windows : Windows
        Closures and hours, since departure.
    tariff_source : mapping of str to str
        Source of each tariff in force.
    """

    snap: Snapshot
    lookup: Lookup
    freight_usd_t: Floats
    war_risk_usd_t: Floats
    resource: Ints
    windows: Windows
    tariff_source: Mapping[str, str | None]

    def describe(self, path: Sequence[int] | Ints, after_h: float = 0.0) -> Described:
        """Return the elements of a path and the stages of its time.

        Parameters
        ----------
        path : sequence of int
            Arcs in order of travel; access and egress are left out.
        after_h : float
            Time since departure at which it begins.

        Returns
        -------
        Described
            With waits for opening as the mean time of coming makes them.
        """
        elements: list[Element] = []
        stages: list[Stage] = []
        now_h = after_h
        for arc in map(int, path):
            row = self.lookup.arc[arc]
            if row["kind"] in ("access", "egress"):
                continue
            closed = self._closed(arc)
            ready_h = _opened(now_h, closed)
            queue_h = float(self.snap.queue_h[self.resource[arc]])
            stage = Stage(
                mean_h=float(self.snap.moving_h[arc]),
                sd_h=float(self.snap.moving_sd_h[arc]),
                headway_h=float(self.snap.headway_h[arc]),
                headway_cv2=float(self.snap.headway_cv2[arc]),
                queue_h=queue_h,
                closed=closed,
            )
            waiting_h = ready_h - now_h + float(self.snap.departure_wait_h[arc]) + queue_h
            elements.append(self._element(arc, row, stage, waiting_h))
            stages.append(stage)
            now_h += waiting_h + stage.mean_h
        return Described(tuple(elements), tuple(stages))

    def _closed(self, arc: int) -> tuple[tuple[float, float], ...]:
        first, after = self.windows.first[arc : arc + 2]
        return tuple(
            zip(
                self.windows.start[first:after].tolist(),
                self.windows.end[first:after].tolist(),
                strict=True,
            )
        )

    def _element(self, arc: int, row: dict[str, Any], stage: Stage, waiting_h: float) -> Element:
        network, tables = self.snap.network, self.lookup
        is_terminal = row["kind"] == "terminal"
        operation = tables.operation[row["row_id"]] if is_terminal else None
        listed = tuple(split(row["country"]))
        factor_country = tables.factor_country(row["emission_class"], listed)
        service = tables.services(row["row_id"]) if row["kind"] == "service" else None
        return Element(
            kind=row["kind"],
            row_id=row["row_id"],
            mode=row["mode"],
            operation=operation,
            from_id=row["tail_node_id"],
            from_name=tables.name[row["tail_node_id"]],
            to_id=row["head_node_id"],
            to_name=tables.name[row["head_node_id"]],
            service=service.name if service else None,
            operator=service.operator if service else None,
            gauge_mm=row["tail_gauge_mm"] if row["mode"] == "rail" else None,
            countries=tables.in_order(listed, row["tail_node_id"], row["head_node_id"]),
            length_km=float(network.length_km[arc]),
            moving_h=0.0 if is_terminal else stage.mean_h,
            waiting_h=waiting_h,
            handling_h=stage.mean_h if is_terminal else 0.0,
            time_sd_h=float(network.time_sd_h[arc]),
            cost_item=_cost_item(row["mode"], operation),
            freight_usd_t=float(self.freight_usd_t[arc]),
            war_risk_usd_t=float(self.war_risk_usd_t[arc]),
            wtt_kg_t=float(network.wtt_kg_t[arc]),
            ttw_kg_t=float(network.ttw_kg_t[arc]),
            scarcity_usd_t=float(self.snap.scarcity_usd_t[self.resource[arc]]),
            emission_class=row["emission_class"] if factor_country else None,
            emission_country=factor_country,
            sources=tuple(
                dict.fromkeys(
                    filter(
                        None,
                        (
                            *(service.sources if service else ()),
                            tables.source.get((row["kind"], base_id(row["row_id"]))),
                            tables.source.get(("link", base_id(row["link_id"] or ""))),
                            self.tariff_source.get(row["tariff_id"] or ""),
                            tables.factor_source.get((row["emission_class"], factor_country)),
                        ),
                    )
                )
            ),
        )


def _opened(now_h: float, closed: Iterable[tuple[float, float]]) -> float:
    """Return when who comes now can begin."""
    for start, end in closed:
        if start <= now_h < end:
            now_h = end
    return now_h


def _cost_item(mode: str, operation: str | None) -> str:
    if operation == "border":
        return "border"
    if operation is not None:
        return "terminal"
    return "ferry" if mode == "ferry" else "line_haul"


def deterministic_time_h(path: Sequence[int] | Ints, time_h: Floats, windows: Windows) -> float:
    """Return the time of a path at mean times, with waits for opening."""
    now_h = 0.0
    for arc in map(int, path):
        first, after = windows.first[arc : arc + 2]
        spans = zip(windows.start[first:after], windows.end[first:after], strict=True)
        now_h = _opened(now_h, spans) + float(time_h[arc])
        if np.isinf(now_h):
            break
    return now_h
