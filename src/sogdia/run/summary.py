"""The summary of a run for scripts: one JSON object whose keys stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import polars.selectors as cs

if TYPE_CHECKING:
    from sogdia.run.execute import Run

CORRIDOR_KEYS = (
    "corridor",
    "direction",
    "kt",
    "kteu",
    "share",
    "days_mean",
    "cost_usd_t",
    "co2_kg_t",
)
VALIDATION_KEYS = (
    "observation",
    "metric",
    "scope",
    "year",
    "unit",
    "published",
    "modelled",
    "ratio",
    "role",
)
BOTTLENECK_KEYS = ("element", "kind", "utilisation", "wait_h", "scarcity_usd_t")
UNSERVED_KEYS = ("origin", "destination", "commodity", "kt", "reason")


def summary(run: Run) -> dict[str, Any]:
    """Summarise a run; figures that do not exist are None."""
    result = run.result
    figures = {
        "study": result.study_name,
        "scenario": result.scenario_name,
        "year": result.year,
        "seconds": round(sum(run.seconds.values()), 3),
        "residual": result.residual,
        "corridors": _records(result.corridors, CORRIDOR_KEYS),
        "validation": _records(run.validation, VALIDATION_KEYS),
        "bottlenecks": _records(result.bottlenecks, BOTTLENECK_KEYS),
        "unserved": _records(result.unserved, UNSERVED_KEYS),
    }
    if run.simulation is not None:
        figures["simulation"] = simulation_figures(run)
    return figures


def simulation_figures(run: Run) -> dict[str, Any]:
    """Say how assignment and simulation came to agree; None where no waits were fed back."""
    feedback = run.feedback
    return {
        "rounds": feedback.rounds if feedback else None,
        "moved": feedback.moved if feedback else None,
        "converged": feedback.converged if feedback else None,
        "replications": run.simulation.replications if run.simulation else None,
    }


def _records(frame: pl.DataFrame, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    finite = pl.when(cs.float().is_finite()).then(cs.float())
    return frame.select(keys).with_columns(finite).to_dicts()
