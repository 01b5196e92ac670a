"""The dataset of a finished sweep: the same bytes whoever evaluated its points, and in what order.

It is made of the plan and the log alone, and no time is in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sogdia.analysis.sensitivity import Sensitivity, rank_correlations, sobol_indices
from sogdia.network.model import Floats
from sogdia.run.manifest import to_json
from sogdia.run.sweeps.check import NUMBER
from sogdia.run.sweeps.folder import FAILURES, RESULTS, SUMMARY, Origin
from sogdia.run.sweeps.log import Finished
from sogdia.run.sweeps.plan import PointValue, SweepPlan
from sogdia.run.sweeps.points import Points
from sogdia.run.tables import parquet

REASON = "reason"


@dataclass(frozen=True)
class Dataset:
    """What a sweep found.

    Attributes
    ----------
    results : DataFrame
        number (of the point, from 1), a column for each parameter (names of projects and events
        joined by commas), and one for each output; null where a point failed, or the figure
        does not exist.
    failures : DataFrame
        number, the parameters, and reason.
    summary : mapping
        What ``--json`` prints, but for what differs from run to run.
    """

    results: pl.DataFrame
    failures: pl.DataFrame
    summary: Mapping[str, Any]

    def files(self) -> dict[str, bytes]:
        """Return the files that the folder keeps, by name."""
        files = {RESULTS: parquet(self.results), FAILURES: parquet(self.failures)}
        digests = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
        said = dict(self.summary)
        said["made_from"] = said["made_from"] | {"files": digests}
        return files | {SUMMARY: to_json(said)}


def make_dataset(
    plan: SweepPlan,
    points: Points,
    found: Sequence[Finished],
    *,
    base: Mapping[str, float],
    outputs: Sequence[str],
    origin: Origin,
    year: int,
) -> Dataset:
    """Make the dataset of a sweep all of whose tasks are finished.

    Parameters
    ----------
    plan : SweepPlan
        The plan.
    points : Points
        Its points.
    found : sequence of Finished
        What became of each.
    base : mapping of str to float
        Figures of the base scenario.
    outputs : sequence of str
        Figures to keep.
    origin : Origin
        What the sweep is made from.
    year : int
        Year of the base.
    """
    failed = np.array([one.failure is not None for one in found], dtype=np.bool_)
    values = _columns(found, outputs)
    asked = pl.DataFrame(
        {NUMBER: np.arange(1, len(points) + 1)}
        | {p.name: _series(v) for p, v in zip(points.parameters, points.values, strict=True)}
    )
    results = asked.with_columns(
        pl.Series(name, column).fill_nan(None) for name, column in values.items()
    )
    failures = asked.filter(pl.Series(failed)).with_columns(
        pl.Series(REASON, [one.failure for one in found if one.failure is not None], pl.String)
    )
    told = _sensitivity(plan, points, asked, values)
    summary = {
        "study": origin.study_name,
        "scenario": origin.scenario_name,
        "year": year,
        "method": plan.method,
        "samples": plan.samples,
        "seed": plan.seed,
        "points": len(points),
        "failed": int(failed.sum()),
        "parameters": [_described(asked[p.name]) for p in points.parameters],
        "outputs": [_spread(name, values[name], base.get(name)) for name in outputs],
        "sensitivity": told.indices.to_dicts(),
        "no_sensitivity": [
            {"output": output, REASON: reason} for output, reason in told.refused.items()
        ],
        "failures": _reasons(failures),
        "made_from": origin.content(),
    }
    return Dataset(results, failures, summary)


def _columns(found: Sequence[Finished], outputs: Sequence[str]) -> dict[str, Floats]:
    values = np.full((len(outputs), len(found)), np.nan)
    places: dict[tuple[str, ...], list[int | None]] = {}
    for number, one in enumerate(found):
        if one.names not in places:
            known = {name: place for place, name in enumerate(one.names)}
            places[one.names] = [known.get(output) for output in outputs]
        for row, place in enumerate(places[one.names]):
            if place is not None:
                values[row, number] = one.values[place]
    return dict(zip(outputs, values, strict=True))


def _series(values: Sequence[PointValue]) -> pl.Series:
    """Return the values of a parameter as a column of one type."""
    plain = [",".join(value) if isinstance(value, tuple) else value for value in values]
    kinds = {type(value) for value in plain}
    if kinds <= {int, float}:
        return pl.Series(plain, dtype=pl.Int64 if kinds == {int} else pl.Float64)
    return pl.Series(plain if len(kinds) == 1 else [str(value) for value in plain])


def _sensitivity(
    plan: SweepPlan, points: Points, asked: pl.DataFrame, values: Mapping[str, Floats]
) -> Sensitivity:
    if plan.method == "sobol":
        names = [parameter.name for parameter in points.parameters]
        return sobol_indices(names, values, seed=plan.seed)
    numbers = {
        parameter.name: asked[parameter.name].cast(pl.Float64).to_numpy()
        for parameter in points.parameters
        if asked[parameter.name].dtype.is_numeric()
    }
    return rank_correlations(numbers, values)


def _described(column: pl.Series) -> dict[str, Any]:
    said: dict[str, Any] = {"parameter": column.name, "values": column.n_unique()}
    if column.dtype.is_numeric():
        return said | {"low": column.min(), "high": column.max()}
    return said | {"low": None, "high": None}


def _spread(name: str, values: Floats, base: float | None) -> dict[str, Any]:
    there = values[np.isfinite(values)]
    figures: dict[str, float | None] = dict.fromkeys(("minimum", "median", "mean", "maximum"))
    if len(there):
        figures = {
            "minimum": float(there.min()),
            "median": float(np.median(there)),
            "mean": float(there.mean()),
            "maximum": float(there.max()),
        }
    finite = base is not None and np.isfinite(base)
    return {"output": name, "base": base if finite else None, **figures, "points": len(there)}


def _reasons(failures: pl.DataFrame) -> list[dict[str, Any]]:
    """Return why points failed, the most frequent reason first, with the first point."""
    return (
        failures.group_by(REASON)
        .agg(points=pl.len().cast(pl.Int64), first=pl.col(NUMBER).min())
        .sort(["points", "first"], descending=[True, False])
        .to_dicts()
    )
