"""Which assumption drives which output.

Sobol indices (Sobol, 2001; estimators of Saltelli et al., 2010; by SALib): of the variance of an
output, the share that a parameter causes by itself (first order), and the share in which it has a
part, alone or with others (total). For any other sample the rank correlation of Spearman,
which tells a direction but knows nothing of interactions.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from sogdia.analysis.sampling import NO_SALIB, unit_problem
from sogdia.errors import DataError, ResourceError
from sogdia.network.model import Floats

RESAMPLES = 200
"""Bootstrap samples of which the confidence intervals are made."""
CONFIDENCE = 0.95
CONSTANT = 1e-12
"""Spread, relative to its size, at which an output counts as the same everywhere."""
SOBOL_SCHEMA = {
    "output": pl.String,
    "parameter": pl.String,
    "first_order": pl.Float64,
    "first_order_half_width": pl.Float64,
    "total": pl.Float64,
    "total_half_width": pl.Float64,
}
RANK_SCHEMA = {"output": pl.String, "parameter": pl.String, "rank_correlation": pl.Float64}


@dataclass(frozen=True)
class Sensitivity:
    """What drives the outputs.

    Attributes
    ----------
    indices : DataFrame
        output, parameter and either first_order, total and the half widths of their 95 %
        intervals, or rank_correlation; by output as given, the strongest parameter first.
    refused : dict of str to str
        Outputs that nothing can be said about, and why.
    """

    indices: pl.DataFrame
    refused: dict[str, str]


def sobol_indices(
    parameters: Sequence[str], outputs: Mapping[str, Floats], *, seed: int
) -> Sensitivity:
    """Compute the Sobol indices of every output.

    Parameters
    ----------
    parameters : sequence of str
        Names, in the order of the sample's coordinates.
    outputs : mapping of str to ndarray of float64, shape (points,)
        Values at the points of `sogdia.analysis.sampling.saltelli`, in its order; nan where
        there is none.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Sensitivity
        An output that has no value at some point is refused: without it the estimate would be of
        another sample. So is one that is the same everywhere.

    Raises
    ------
    DataError
        If the number of values is not that of such a sample.
    ResourceError
        If SALib is not installed.
    """
    try:
        from SALib.analyze import sobol  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        raise ResourceError(NO_SALIB) from error
    rows: list[tuple[object, ...]] = []
    refused: dict[str, str] = {}
    for output, values in outputs.items():
        if len(values) % (len(parameters) + 2):
            raise DataError(
                f"{output} has {len(values)} values; a sample for Sobol indices of "
                f"{len(parameters)} parameters has a multiple of {len(parameters) + 2}"
            )
        if reason := _why_not(values):
            refused[output] = reason
            continue
        with warnings.catch_warnings():
            # a bootstrap sample may be the same everywhere; the estimate itself is not
            warnings.filterwarnings("ignore", message="Constant values encountered")
            found = sobol.analyze(
                unit_problem(len(parameters)),
                values,
                calc_second_order=False,
                num_resamples=RESAMPLES,
                conf_level=CONFIDENCE,
                seed=seed + 1,  # it takes 0 for no seed
            )
        columns = (found["S1"], found["S1_conf"], found["ST"], found["ST_conf"])
        of_output = zip(parameters, *(column.tolist() for column in columns), strict=True)
        rows += [(output, *row) for row in sorted(of_output, key=lambda row: -row[3])]
    return Sensitivity(pl.DataFrame(rows, schema=SOBOL_SCHEMA, orient="row"), refused)


def rank_correlations(
    parameters: Mapping[str, Floats], outputs: Mapping[str, Floats]
) -> Sensitivity:
    """Compute Spearman's rank correlation of every output with every parameter.

    Parameters
    ----------
    parameters, outputs : mapping of str to ndarray of float64, shape (points,)
        Values at the same points; points at which an output is nan are left out for it.

    Returns
    -------
    Sensitivity
        Outputs with fewer than three values, or the same everywhere, are refused.
    """
    rows: list[tuple[str, str, float]] = []
    refused: dict[str, str] = {}
    for output, values in outputs.items():
        there = np.isfinite(values)
        reason = "it has fewer than three values" if there.sum() < 3 else _why_not(values[there])
        if reason:
            refused[output] = reason
            continue
        found = [
            (output, name, float(stats.spearmanr(at[there], values[there]).statistic))
            for name, at in parameters.items()
            if np.ptp(at[there]) > 0.0
        ]
        rows += sorted(found, key=lambda row: -abs(row[2]))
    return Sensitivity(pl.DataFrame(rows, schema=RANK_SCHEMA, orient="row"), refused)


def _why_not(values: Floats) -> str | None:
    if missing := int((~np.isfinite(values)).sum()):
        return f"it has no value at {missing:,} of {len(values):,} points"
    if np.ptp(values) <= CONSTANT * float(np.abs(values).max()):
        return "it is the same at every point"
    return None
