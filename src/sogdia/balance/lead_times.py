"""Lead times: how long goods take that wait for permits, and for enough of them for a charter.

On each path the waits add to the way. Every permit is asked for where the goods stand before
the element that wants it, so permits come one after the other; one permit good for several
elements is one row, at one of them. A charter leaves when its lot is full: a tonne that comes
at any time to a lot of Q tonnes, at a steady flow of q tonnes a year, waits between 0 and Q/q,
all alike, and Q/2q in the mean. The terminal's dwell is an older guess at the same waits, so
of it only what is longer than they are is kept. Permits and ways take gamma-distributed times;
the sum is their convolution (see `sogdia.routing.arrival`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sogdia.balance.limits import marked_arcs
from sogdia.balance.result import LEAST_KT, SupplyResult
from sogdia.network.model import Bools, Ints
from sogdia.routing.arrival import Arrival, Stage, arrival_after

HOURS_PER_DAY = 24.0
DAYS_PER_YEAR = 365.0
T_PER_KT = 1000.0
STEP_H = 6.0
LATE = 0.9
COLUMNS = {
    "commodity": pl.String,
    "corridor": pl.String,
    "supplier": pl.String,
    "consumer": pl.String,
    "kt": pl.Float64,
    "transit_days": pl.Float64,
    "permit_days": pl.Float64,
    "consolidation_days": pl.Float64,
    "mean_days": pl.Float64,
    "p90_days": pl.Float64,
}
WHOSE = ("commodity", "corridor", "supplier", "consumer")


@dataclass(frozen=True, slots=True)
class _Wait:
    """What goods wait for at an element.

    Attributes
    ----------
    marked : tuple of ndarray of bool
        The arcs by which they come to it, for each network.
    stands_in : bool
        Whether the time of those arcs is a guess at the wait itself.
    permit_days, permit_sd_days, cycle_days : float
        Of the permit, and between two charters.
    """

    marked: tuple[Bools, ...]
    stands_in: bool
    permit_days: float
    permit_sd_days: float
    cycle_days: float

    @property
    def mean_days(self) -> float:
        """Mean of both waits."""
        return self.permit_days + self.cycle_days / 2.0


@dataclass(frozen=True, slots=True)
class _Lead:
    """Times of a path, days; and its stages for their distribution."""

    transit: float
    permit: float
    consolidation: float
    stages: tuple[Stage, ...]


def lead_times(result: SupplyResult) -> pl.DataFrame:
    """Return how long what needs permits or charters takes from door to door.

    Parameters
    ----------
    result : SupplyResult
        The balance.

    Returns
    -------
    DataFrame
        commodity, corridor, supplier, consumer, kt, transit_days, permit_days,
        consolidation_days, mean_days (their sum) and p90_days (in which nine tenths arrive;
        infinite if that is more than a year), means over what goes that way, most first; of
        the commodities that table ``consignment`` names.
    """
    rows: list[dict[str, Any]] = []
    table = result.study.consignment.filter(pl.col("commodity_id").is_in(result.commodities))
    for commodity in table["commodity_id"].unique().sort():
        rows += _of(result, commodity, table.filter(pl.col("commodity_id") == commodity))
    return pl.DataFrame(rows, schema=COLUMNS).sort(
        "commodity",
        "kt",
        "supplier",
        "consumer",
        "corridor",
        descending=[False, True, False, False, False],
    )


def _of(result: SupplyResult, commodity: str, table: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of one commodity."""
    flows = result.flows.table.filter(pl.col("commodity") == commodity)
    kt = dict(flows.group_by("path").agg(pl.col("kt").sum()).sort("path").iter_rows())
    waits = [_wait(result, row, kt) for row in table.iter_rows(named=True)]
    leads = {path: _lead(result, path, waits) for path in kt}
    shapes: dict[tuple[Stage, ...], Arrival] = {}
    rows = []
    delivered = flows.group_by(*WHOSE, "path").agg(pl.col("kt").sum())
    for key, part in delivered.sort(*WHOSE, "path").group_by(WHOSE, maintain_order=True):
        weight = part["kt"].to_numpy() / part["kt"].sum()
        mine = [leads[path] for path in part["path"]]
        for lead in mine:
            if lead.stages not in shapes:
                shapes[lead.stages] = arrival_after(lead.stages, STEP_H)
        transit = float(weight @ [lead.transit for lead in mine])
        permit = float(weight @ [lead.permit for lead in mine])
        consolidation = float(weight @ [lead.consolidation for lead in mine])
        arrival = _mixture([shapes[lead.stages] for lead in mine], weight)
        rows.append(
            dict(zip(WHOSE, key, strict=True))
            | {
                "kt": float(part["kt"].sum()),
                "transit_days": transit,
                "permit_days": permit,
                "consolidation_days": consolidation,
                "mean_days": transit + permit + consolidation,
                "p90_days": arrival.quantile_h(LATE) / HOURS_PER_DAY,
            }
        )
    return [row for row in rows if row["kt"] > LEAST_KT]


def _wait(result: SupplyResult, row: dict[str, Any], kt: dict[int, float]) -> _Wait:
    """What a row asks of the goods, given what goes by each path in the year."""
    kind, element = row["element_kind"], row["element_id"]
    marked = tuple(marked_arcs(month, kind, element) for month in result.months.networks)
    through_t = T_PER_KT * sum(
        flow
        for path, flow in kt.items()
        if marked[_network(result, path)][_arcs(result, path)].any()
    )
    permit = row["permit_days"] or 0.0
    cv = 1.0 if row["permit_cv"] is None else row["permit_cv"]
    lot = row["lot_t"] or 0.0
    cycle = DAYS_PER_YEAR * lot / through_t if through_t > 0 else 0.0
    return _Wait(marked, kind == "terminal", permit, cv * permit, cycle)


def _lead(result: SupplyResult, path: int, waits: Sequence[_Wait]) -> _Lead:
    arcs, number = _arcs(result, path), _network(result, path)
    network = result.months.networks[number].network
    time_h, variance = network.time_h[arcs].copy(), network.time_sd_h[arcs] ** 2
    permit = consolidation = 0.0
    stages: list[Stage] = []
    for wait in waits:
        here = np.flatnonzero(wait.marked[number][arcs])
        if not len(here):
            continue
        if wait.stands_in:
            whole = time_h[here[0]]
            rest = max(whole - HOURS_PER_DAY * wait.mean_days, 0.0)
            variance[here[0]] *= (rest / whole) ** 2 if whole > 0 else 0.0
            time_h[here[0]] = rest
        permit += wait.permit_days
        consolidation += wait.cycle_days / 2.0
        stages.append(
            Stage(
                mean_h=HOURS_PER_DAY * wait.permit_days,
                sd_h=HOURS_PER_DAY * wait.permit_sd_days,
                headway_h=HOURS_PER_DAY * wait.cycle_days,
            )
        )
    way = Stage(mean_h=float(time_h.sum()), sd_h=float(np.sqrt(variance.sum())))
    transit = way.mean_h / HOURS_PER_DAY
    return _Lead(transit, permit, consolidation, (way, *stages))


def _mixture(arrivals: Sequence[Arrival], weight: Sequence[float] | np.ndarray) -> Arrival:
    """Distribution of what comes by one way or another."""
    total = np.zeros(max(len(one.probability) for one in arrivals))
    for one, share in zip(arrivals, weight, strict=True):
        total[: len(one.probability)] += share * one.probability
    return Arrival(total, arrivals[0].step_h)


def _network(result: SupplyResult, path: int) -> int:
    return int(result.solution.paths.network[path])


def _arcs(result: SupplyResult, path: int) -> Ints:
    paths = result.solution.paths
    return paths.arc[paths.first[path] : paths.first[path + 1]]
