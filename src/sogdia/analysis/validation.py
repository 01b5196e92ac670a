"""Published against modelled: every observation of the study, with its ratio.

Rows marked ``calibrate`` are those that the choice parameters were fitted on; rows marked
``validate`` were kept from the fit; rows marked ``margin`` are imposed by the demand table
and check its bookkeeping only; rows marked ``context`` are not comparable and left out.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from sogdia.assignment import AssignmentResult
from sogdia.assignment.skim import skim
from sogdia.network.marks import split

COMPARED = ("calibrate", "validate", "margin")
TOLERANCE = 0.20
HOURS_PER_DAY = 24.0
UNITS = {"kt": "kt", "kteu": "kTEU", "share": "1", "days": "d"}


def validate(result: AssignmentResult) -> pl.DataFrame:
    """Compare an assignment with the study's observations of the same year.

    Parameters
    ----------
    result : AssignmentResult
        A solved year.

    Returns
    -------
    DataFrame
        observation, metric, scope, year, unit, published, low, high, modelled, ratio,
        role, within (modelled lies in the published range, or, where there is none,
        within 20 % of the published value), source_id; one row per observation of the
        year. ``modelled`` is null where the model has no way to say.
    """
    study = result.solution.study
    rows = study.observation.with_columns(
        pl.col("metric", "role", "direction").cast(pl.String)
    ).filter((pl.col("year") == result.year) & pl.col("role").is_in(COMPARED))
    modelled = [_modelled(result, row) for row in rows.iter_rows(named=True)]
    table = rows.select(
        pl.col("observation_id").alias("observation"),
        "metric",
        "scope",
        "year",
        pl.col("metric").replace_strict(UNITS).alias("unit"),
        pl.col("value").alias("published"),
        "low",
        "high",
        pl.Series("modelled", modelled, dtype=pl.Float64),
        "role",
        "source_id",
    ).with_columns(ratio=pl.col("modelled") / pl.col("published"))
    in_range = (pl.col("modelled") >= pl.col("low")) & (pl.col("modelled") <= pl.col("high"))
    near = (pl.col("ratio") - 1.0).abs() <= TOLERANCE
    return (
        table.with_columns(within=pl.coalesce(in_range, near).fill_null(value=False))
        .select(
            "observation",
            "metric",
            "scope",
            "year",
            "unit",
            "published",
            "low",
            "high",
            "modelled",
            "ratio",
            "role",
            "within",
            "source_id",
        )
        .sort("role", "observation")
    )


def _modelled(result: AssignmentResult, row: dict[str, Any]) -> float | None:
    if row["metric"] == "days":
        return _days(result, row)
    paths = _counted(result, row)
    inside = paths.filter(_in_scope(row["scope"]))
    if row["metric"] == "share":
        whole = paths.filter(_in_scope(row["of"])) if row["of"] else paths
        total = float(whole["kt"].sum())
        return float(inside["kt"].sum()) / total if total > 0 else None
    return float(inside[row["metric"]].sum())


def _counted(result: AssignmentResult, row: dict[str, Any]) -> pl.DataFrame:
    """Return the paths whose goods, ends and direction the observation counts."""
    country = result.solution.study.node.select("node_id", "country")
    paths = result.paths
    if row["commodity_ids"]:
        paths = paths.filter(pl.col("commodity_id").is_in(split(row["commodity_ids"])))
    if row["direction"] != "both":
        paths = paths.filter(pl.col("direction") == row["direction"])
    for end in ("origin", "destination"):
        if row[f"{end}_countries"]:
            places = country.filter(pl.col("country").is_in(split(row[f"{end}_countries"])))
            paths = paths.filter(pl.col(end).is_in(places["node_id"].to_list()))
    return paths


def _in_scope(scope: str) -> pl.Expr:
    """Return an expression that is true for paths in at least one of the scopes named."""
    inside = pl.lit(value=False)
    for token in split(scope):
        kind, _, name = token.partition(":")
        if kind == "corridor":
            inside |= pl.col("corridor_id").eq_missing(pl.lit(name))
        elif kind == "node":
            inside |= pl.col("places").str.split(" ").list.contains(name)
        else:
            inside |= pl.col("elements").str.split(" ").list.contains(name)
    return inside


def _days(result: AssignmentResult, row: dict[str, Any]) -> float | None:
    """Days over a corridor (mean of its flows), or from place to place."""
    kind, _, name = row["scope"].partition(":")
    if kind != "od":
        inside = _counted(result, row).filter(_in_scope(row["scope"]))
        total = float(inside["kt"].sum())
        if total <= 0:
            return None
        return float((inside["time_h"] * inside["kt"]).sum()) / total / HOURS_PER_DAY
    origin, _, destination = name.partition(">")
    if not row["commodity_ids"]:
        return None  # how long it takes depends on what is shipped
    commodity = split(row["commodity_ids"])[0]
    corridor = split(row["of"])[0].partition(":")[2] if row["of"] else None
    hours = skim(result.solution, origin, destination, commodity, corridor).time_h
    return None if hours != hours else hours / HOURS_PER_DAY  # noqa: PLR0124 (nan)
