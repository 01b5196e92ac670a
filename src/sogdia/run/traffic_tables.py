"""The tables of an assignment that its folder keeps."""

from __future__ import annotations

import polars as pl

from sogdia.assignment import AssignmentResult, TrafficResult

FLOWS = "flows"
OF_TRIPS = (FLOWS, "elements", "terminals", "totals", "history", "unserved", "prices")
OF_GOODS = (FLOWS, "links", "terminals", "services", "elements", "history", "unserved")


def kept_tables(
    result: TrafficResult | AssignmentResult, *, paths: bool = False
) -> dict[str, pl.DataFrame]:
    """Return the tables of an assignment that are worth a file, by name.

    Parameters
    ----------
    result : TrafficResult or AssignmentResult
        What was found.
    paths : bool
        Whether to keep paths and pairs too, which are many in a large network.
    """
    is_traffic = isinstance(result, TrafficResult)
    names: tuple[str, ...] = OF_TRIPS if is_traffic else OF_GOODS
    if isinstance(result, TrafficResult) and len(result.class_ids) > 1:
        names += ("links",)
    if paths:
        names += ("paths", "pairs") if is_traffic else ("paths",)
    tables: dict[str, pl.DataFrame] = {name: getattr(result, name) for name in names}
    return {name: table for name, table in tables.items() if name == FLOWS or not table.is_empty()}
