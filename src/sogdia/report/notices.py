"""What the reader of a run has to know before its figures, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from sogdia.report.sheets import quantity, share

MOST_NAMES = 5
MOST_REASONS = 3


def notices(manifest: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]) -> list[str]:
    """Say what limits the figures of a run.

    Parameters
    ----------
    manifest : mapping
        Of the run folder.
    tables : mapping of str to DataFrame
        Tables of the page, by name.

    Returns
    -------
    list of str
        Sentences: a residual or rounds that did not come to an end, demand that is not served,
        elements that are overloaded, tables that are not there; empty if there is nothing to say.
    """
    return [
        *_residual(manifest),
        *_rounds(manifest.get("simulation") or {}),
        *_unserved(tables.get("unserved")),
        *_overloads(tables.get("simulated_overloads")),
        *_replications(manifest),
        *_without_flows(tables),
    ]


def _residual(manifest: Mapping[str, Any]) -> Iterator[str]:
    result = manifest.get("result", {})
    if not result.get("converged", True):
        yield (
            f"The assignment did not converge: a residual of {result['residual']:.1e} is left, "
            f"{manifest['options']['residual']:.0e} was asked for."
        )


def _rounds(simulation: Mapping[str, Any]) -> Iterator[str]:
    if not simulation:
        return
    if simulation.get("rounds") is None:
        yield (
            "The flows are simulated as they were assigned; the simulated waits are not fed back "
            "to them."
        )
    elif not simulation["converged"]:
        yield (
            f"Flows and simulated waits do not agree after {_count(simulation['rounds'], 'round')}"
            f": another would move {share(simulation['moved'])} of the tonnes where most move."
        )


def _unserved(frame: pl.DataFrame | None) -> Iterator[str]:
    if frame is None or not frame.height:
        return
    reasons = frame.group_by("reason").agg(pl.col("kt").sum())
    largest = reasons.sort("kt", "reason", descending=[True, False])
    named = [f"{reason} ({quantity(kt)} kt)" for reason, kt in largest.head(MOST_REASONS).rows()]
    yield (
        f"Demand of {quantity(float(frame['kt'].sum()))} kt is not served; the reasons: "
        f"{_listed(named, largest.height)}."
    )


def _overloads(frame: pl.DataFrame | None) -> Iterator[str]:
    if frame is None or not frame.height:
        return
    worst = frame.sort("queue_end", "element", descending=[True, False], nulls_last=True)
    names = worst["element"].unique(maintain_order=True).to_list()
    yield (
        f"More arrives than can be served at {_count(len(names), 'element')}, where queues grow "
        f"as long as the simulation lasts: {_listed(names[:MOST_NAMES], len(names))}."
    )


def _replications(manifest: Mapping[str, Any]) -> Iterator[str]:
    made, asked = manifest.get("replications"), manifest.get("asked")
    if made is not None and asked is not None and made < asked:
        yield f"The simulation was interrupted after {made} of {_count(asked, 'replication')}."


def _without_flows(tables: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    if "flows" not in tables:
        yield "The run has no table of flows by link, so the map shows none."


def _listed(names: Sequence[str], of: int) -> str:
    rest = of - len(names)
    return ", ".join(names) + (f" and {rest} more" if rest else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
