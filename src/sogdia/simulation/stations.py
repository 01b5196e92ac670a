"""Stations of a model: what shipments queue at, and which rows of the tables they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from sogdia.network.resource import POOL_MARK
from sogdia.simulation.flows import PeriodFlows
from sogdia.simulation.model import ModelBuilder
from sogdia.simulation.vessels import Line, line_of
from sogdia.study.model import base_id

STATION_SCHEMA = {
    "station": pl.Int64,
    "element": pl.String,
    "kind": pl.String,
    "forward": pl.Boolean,
    "unit": pl.String,
    "servers": pl.Float64,
    "row_id": pl.String,
}


@dataclass
class Arcs:
    """Arcs of a period: their columns as lists, which are quicker to read one by one.

    Attributes
    ----------
    period : PeriodFlows
        Flows and network.
    start_h, until_h : float
        When it begins and ends.
    columns : dict of str to list
        Of the arcs; also free_h and variance, mean and variance of the time when all is open.
    resource : list of dict
        Rows of the network's resources.
    terminal : dict of str to dict
        Rows of the terminal table.
    gated : ndarray of bool, shape (arcs,)
        Whether something may have to wait there though nothing queues.
    use_gates : list of tuple
        Arcs that an event closes to some kinds of cargo: mask, event, kinds.
    lines : dict of str to Line
        By the row id of their arcs.
    """

    period: PeriodFlows
    start_h: float
    until_h: float
    columns: dict[str, list[Any]] = field(init=False)
    resource: list[dict[str, Any]] = field(init=False)
    terminal: dict[str, dict[str, Any]] = field(init=False)
    gated: np.ndarray[Any, np.dtype[np.bool_]] = field(init=False)
    use_gates: list[tuple[np.ndarray[Any, np.dtype[np.bool_]], str, set[str]]] = field(init=False)
    lines: dict[str, Line] = field(init=False)

    def __post_init__(self) -> None:
        network = self.period.network
        arc = network.arc.with_columns(pl.col("shut_h", "shut_sd_h").fill_null(0.0))
        self.columns = {name: arc[name].to_list() for name in arc.columns}
        self.columns["free_h"] = (network.time_h - arc["shut_h"].to_numpy()).tolist()
        variance = network.time_sd_h**2 - arc["shut_sd_h"].to_numpy() ** 2
        self.columns["variance"] = np.maximum(variance, 0.0).tolist()
        self.resource = network.resource.to_dicts()
        self.terminal = {row["terminal_id"]: row for row in self.period.study.terminal.to_dicts()}
        self.gated = np.zeros(arc.height, dtype=np.bool_)
        self.use_gates = []
        self.lines = {}


class Stations:
    """Gives stations their numbers, and remembers what they are.

    Attributes
    ----------
    builder : ModelBuilder
        Gets the stations.
    of_row : dict
        Stations of each row of a table, by kind and id; those of the gates of an event by
        ``("gate", event_id)``.
    quays : dict
        Quays of each line by its name: from the first node of its link, and from its last (-1:
        the link is directed).
    """

    def __init__(self, builder: ModelBuilder) -> None:
        self.builder = builder
        self._rows: list[dict[str, Any]] = []
        self.of_row: dict[tuple[str, str], list[int]] = {}
        self.quays: dict[tuple[Any, ...], tuple[int, int]] = {}

    def table(self) -> pl.DataFrame:
        """Return the stations, in the order of their numbers."""
        return pl.DataFrame(self._rows, schema=STATION_SCHEMA).sort("station")

    def of(
        self, kind: str, row_id: str, units: float, *, unit: str | None, suffix: str = ""
    ) -> int:
        """Return the station of a row, counted in a unit; it is made if it is new."""
        name = (kind, row_id, unit, suffix)
        known = self.builder.has(name)
        station = self.builder.station(name, units)
        if not known:
            self._register(station, kind, row_id, None, unit, units)
        return station

    def _register(
        self,
        station: int,
        kind: str,
        row_id: str,
        forward: bool | None,
        unit: str | None,
        servers: float | None,
    ) -> None:
        element = " + ".join(base_id(one) for one in row_id.split(POOL_MARK))
        self._rows.append(
            {
                "station": station,
                "element": element,
                "kind": kind,
                "forward": forward,
                "unit": unit,
                "servers": servers if servers and math.isfinite(servers) else None,
                "row_id": row_id,
            }
        )
        for one in row_id.split(POOL_MARK):
            self.of_row.setdefault((kind, base_id(one)), []).append(station)

    def quay(self, arcs: Arcs, arc: int) -> tuple[Line, int]:
        """Return the line that leaves by an arc, and its quay."""
        column = arcs.columns
        row_id = column["row_id"][arc]
        line = arcs.lines.get(row_id)
        if line is None:
            line = arcs.lines[row_id] = line_of(arcs.period, row_id)
        if line.name not in self.quays:
            link = column["link_id"][arc]
            directed = arcs.period.study.link.filter(pl.col("link_id") == link)["directed"][0]
            sides = []
            for forward in (True, False) if not directed else (True,):
                quay = self.builder.quay(("service", line.name, forward))
                self._register(quay, "service", row_id, forward, None, None)
                self.of_row.setdefault(("link", base_id(link)), []).append(quay)
                sides.append(quay)
            self.quays[line.name] = (sides[0], sides[1] if len(sides) > 1 else -1)
        return line, self.quays[line.name][0 if column["forward"][arc] else 1]

    def gate(self, arcs: Arcs, arc: int, event: str) -> int:
        """Return the station that an event shuts to some kinds of cargo."""
        kind, row_id = arcs.columns["kind"][arc], arcs.columns["row_id"][arc]
        station = self.of(kind, row_id, math.inf, unit=None, suffix=f"gate {event}")
        self.of_row[("gate", event)] = sorted({*self.of_row.get(("gate", event), []), station})
        return station
