"""A traffic assignment as one JSON object, under keys that stay."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import polars as pl
import polars.selectors as cs

if TYPE_CHECKING:
    from sogdia.assignment import AssignmentResult, TrafficResult

MOST_SELECTED = 1000
"""Pairs of a selected link that the object lists, the largest first; the folder has all."""


def traffic_json(result: TrafficResult) -> dict[str, Any]:
    """Return an assignment of trips, or of freight by a method of traffic.

    Parameters
    ----------
    result : TrafficResult
        What was found.

    Returns
    -------
    dict
        ``method``, ``objective`` (None: the method has none), ``relative_gap``,
        ``iterations``, ``seconds``, ``node_balance``, and ``target_gap``, ``converged``,
        ``study``, ``scenario``, ``year``, ``units``, ``totals`` (by class), ``intrazonal``,
        ``unserved`` (by reason) and ``prices`` (of full hard capacities).
    """
    units = result.units
    return {
        "method": result.method,
        "objective": _finite(result.objective),
        "relative_gap": _finite(result.relative_gap),
        "iterations": result.iterations,
        "seconds": round(result.seconds, 3),
        "node_balance": result.node_balance,
        "target_gap": result.target_gap,
        "converged": result.converged,
        "study": result.study_name,
        "scenario": result.scenario_name,
        "year": result.year,
        "units": {
            "flow": units.flow,
            "time": units.time,
            "length": units.length,
            "cost": units.cost,
        },
        "totals": _records(result.totals),
        "intrazonal": result.intrazonal,
        "unserved": _records(
            result.unserved.group_by("reason")
            .agg(flow=pl.col("flow").sum(), pairs=pl.len())
            .sort("reason")
        ),
        "prices": _records(
            result.prices.filter(pl.col("price") > 0.0).select(
                "kind", "row_id", "forward", "flow", "capacity", "price"
            )
        ),
    }


def goods_json(result: AssignmentResult) -> dict[str, Any]:
    """Return an assignment of freight by choice, under the keys of `traffic_json`.

    Parameters
    ----------
    result : AssignmentResult
        What was found; ``relative_gap`` is its fixed-point residual.
    """
    return {
        "method": "sue",
        "objective": None,
        "relative_gap": _finite(result.residual),
        "iterations": result.iterations,
        "seconds": round(result.seconds, 3),
        "node_balance": result.node_balance,
        "target_gap": result.solution.options.residual,
        "converged": result.converged,
        "study": result.study_name,
        "scenario": result.scenario_name,
        "year": result.year,
        "units": {"flow": "kt", "time": "h", "length": "km", "cost": "USD/t"},
        "totals": _records(
            result.paths.group_by(class_id="commodity_id")
            .agg(
                flow=pl.col("kt").sum(),
                cost=(pl.col("kt") * pl.col("cost_usd_t")).sum(),
                time=(pl.col("kt") * pl.col("time_h")).sum(),
                length=(pl.col("kt") * pl.col("length_km")).sum(),
            )
            .sort("class_id")
        ),
        "intrazonal": 0.0,
        "unserved": _records(
            result.unserved.group_by("reason")
            .agg(flow=pl.col("kt").sum(), pairs=pl.len())
            .sort("reason")
        ),
        "prices": _records(
            result.elements.filter(pl.col("scarcity_usd_t") > 0.0).select(
                "kind",
                "forward",
                "flow",
                "capacity",
                row_id="element",
                price="scarcity_usd_t",
            )
        ),
    }


def selected_json(link_id: str, selected: pl.DataFrame) -> dict[str, Any]:
    """Return which pairs use a link; see `TrafficResult.select_link`."""
    return {
        "link": link_id,
        "flow": float(selected["flow"].sum()),
        "pairs": selected.height,
        "largest": _records(selected.head(MOST_SELECTED)),
    }


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _records(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return frame.with_columns(pl.when(cs.float().is_finite()).then(cs.float())).to_dicts()
