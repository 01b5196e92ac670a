"""Sobol indices against those of functions whose indices have a closed form."""

from __future__ import annotations

import numpy as np
import pytest

from sogdia.analysis.sampling import Distribution, saltelli
from sogdia.analysis.sensitivity import rank_correlations, sobol_indices
from sogdia.errors import DataError

NAMES = ["x1", "x2", "x3"]


def ishigami(points, a=7.0, b=0.1):
    x1, x2, x3 = Distribution("uniform", -np.pi, np.pi).quantile(points).T
    return np.sin(x1) + a * np.sin(x2) ** 2 + b * x3**4 * np.sin(x1)


def ishigami_indices(a=7.0, b=0.1):
    """First order and total, by integration (Ishigami and Homma, 1990)."""
    by_1 = 0.5 * (1.0 + b * np.pi**4 / 5.0) ** 2
    by_2 = a**2 / 8.0
    by_13 = b**2 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    variance = by_1 + by_2 + by_13
    first = np.array([by_1, by_2, 0.0]) / variance
    return first, np.array([by_1 + by_13, by_2, by_13]) / variance


def in_order(found, output):
    rows = {row["parameter"]: row for row in found.indices.to_dicts() if row["output"] == output}
    return [rows[name] for name in NAMES]


def test_the_ishigami_function_has_its_indices():
    points = saltelli(2048, 3, 11)
    found = sobol_indices(NAMES, {"y": ishigami(points)}, seed=0)
    first, total = ishigami_indices()
    rows = in_order(found, "y")
    assert [row["first_order"] for row in rows] == pytest.approx(first, abs=0.02)
    assert [row["total"] for row in rows] == pytest.approx(total, abs=0.02)
    for row, one, all_of in zip(rows, first, total, strict=True):
        assert abs(row["first_order"] - one) <= 1.5 * row["first_order_half_width"]
        assert abs(row["total"] - all_of) <= 1.5 * row["total_half_width"]


def test_a_sum_has_shares_of_its_variances_and_no_interaction():
    weights = np.array([3.0, 2.0, 1.0])
    found = sobol_indices(NAMES, {"y": saltelli(1024, 3, 2) @ weights}, seed=5)
    shares = weights**2 / (weights**2).sum()
    rows = in_order(found, "y")
    assert [row["first_order"] for row in rows] == pytest.approx(shares, abs=0.01)
    assert [row["total"] for row in rows] == pytest.approx(shares, abs=0.01)
    assert found.indices["parameter"].to_list() == NAMES, "the strongest comes first"


def test_the_same_values_give_the_same_intervals():
    values = {"y": ishigami(saltelli(64, 3, 1))}
    one, other = (sobol_indices(NAMES, values, seed=0).indices for _ in range(2))
    assert one.equals(other)


def test_outputs_that_nothing_can_be_said_about_are_refused_with_the_reason():
    points = saltelli(16, 3, 1)
    good = points.sum(axis=1)
    torn = good.copy()
    torn[[3, 8]] = np.nan
    found = sobol_indices(NAMES, {"good": good, "torn": torn, "flat": good * 0 + 5.0}, seed=1)
    assert found.indices["output"].unique().to_list() == ["good"]
    assert found.refused == {
        "torn": "it has no value at 2 of 80 points",
        "flat": "it is the same at every point",
    }


def test_values_of_another_sample_are_refused():
    with pytest.raises(DataError, match="multiple of 5"):
        sobol_indices(NAMES, {"y": np.arange(81.0)}, seed=1)


def test_ranks_follow_any_rising_or_falling_function():
    x = np.linspace(0.1, 3.0, 20)
    noise = np.tile([1.0, -1.0], 10)
    outputs = {"rising": np.exp(x), "falling": 1.0 / x, "none": x * 0.0}
    found = rank_correlations({"x": x, "noise": noise, "fixed": x * 0.0 + 1.0}, outputs)
    of = {(row["output"], row["parameter"]): row for row in found.indices.to_dicts()}
    assert of["rising", "x"]["rank_correlation"] == pytest.approx(1.0)
    assert of["falling", "x"]["rank_correlation"] == pytest.approx(-1.0)
    assert abs(of["rising", "noise"]["rank_correlation"]) < 0.2
    assert ("rising", "fixed") not in of
    assert found.refused == {"none": "it is the same at every point"}
    assert found.indices["parameter"].to_list()[:2] == ["x", "noise"]


def test_ranks_leave_out_points_that_failed():
    x = np.arange(6.0)
    y = np.array([0.0, 1.0, np.nan, 3.0, 4.0, np.nan])
    found = rank_correlations({"x": x}, {"y": y, "two": np.where(x < 2, x, np.nan)})
    assert found.indices["rank_correlation"].to_list() == pytest.approx([1.0])
    assert found.refused == {"two": "it has fewer than three values"}
