"""Validation counts what an observation says it counts; calibration finds known parameters."""

import numpy as np
import polars as pl
import pytest
from tests.builders import GOODS, line, study_of

from sogdia.analysis.calibration import calibrate, fitted_rows, robust_covariance
from sogdia.analysis.validation import validate
from sogdia.assignment import AssignmentOptions, ChoiceParameters, assign
from sogdia.scenario import Scenario

AS_IS = Scenario(name="as-is")


def two_corridors(observations):
    """A cheap slow way over P and a dear fast one over Q."""
    return study_of(
        node=[
            {"node_id": "A", "country": "CN", "x_coord": 90.0},
            {"node_id": "P", "country": "KZ", "x_coord": 50.0},
            {"node_id": "Q", "country": "RU", "x_coord": 50.0},
            {"node_id": "B", "country": "DE", "x_coord": 10.0},
        ],
        link=[
            line("A", "P", cost_usd_t=50, time_h=600, country="CN,KZ"),
            line("P", "B", cost_usd_t=50, time_h=24, country="KZ,DE"),
            line("A", "Q", cost_usd_t=90, time_h=200, country="CN,RU"),
            line("Q", "B", cost_usd_t=90, time_h=24, country="RU,DE"),
        ],
        commodity=[
            GOODS | {"value_of_time_usd_t_day": 2.0, "value_of_time_sigma": 0.8, "t_per_teu": 10.0}
        ],
        corridor=[
            {"corridor_id": "slow", "priority": 1, "any_of": "P"},
            {"corridor_id": "fast", "priority": 2, "any_of": "Q"},
        ],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 100.0}],
        observation=observations,
    )


def observed(**row):
    """One observation."""
    return {"metric": "kt", "scope": "corridor:slow", "value": 50.0} | row


@pytest.mark.parametrize(
    ("row", "column", "of"),
    [
        ({}, "kt", "slow"),
        ({"metric": "kteu"}, "kteu", "slow"),
        ({"scope": "link:A-P"}, "kt", "slow"),
        ({"scope": "node:Q"}, "kt", "fast"),
        ({"scope": "corridor:slow,corridor:fast"}, "kt", None),
        ({"scope": "corridor:slow,link:A-P"}, "kt", "slow"),
        ({"origin_countries": "CN", "destination_countries": "DE"}, "kt", "slow"),
    ],
)
def test_a_scope_counts_each_path_once(row, column, of):
    result = assign(two_corridors([observed(**row)]), AS_IS)
    inside = result.paths if of is None else result.paths.filter(corridor_id=of)
    assert validate(result)["modelled"].item() == pytest.approx(inside[column].sum())


def test_what_other_countries_or_directions_ship_is_not_counted():
    rows = [
        observed(observation_id="a", origin_countries="DE"),
        observed(observation_id="b", direction="eastbound"),
    ]
    assert validate(assign(two_corridors(rows), AS_IS))["modelled"].to_list() == [0.0, 0.0]


def test_shares_days_ranges_and_roles():
    rows = [
        observed(observation_id="share", metric="share", scope="corridor:fast", value=0.5),
        observed(
            observation_id="days",
            metric="days",
            scope="od:A>B",
            value=9.0,
            low=9.0,
            high=10.0,
            of="corridor:fast",
            commodity_ids="goods",
        ),
        observed(observation_id="context", role="context"),
        observed(observation_id="other-year", year=2019),
    ]
    table = validate(assign(two_corridors(rows), AS_IS))
    assert sorted(table["observation"]) == ["days", "share"]
    days = table.row(by_predicate=pl.col("observation") == "days", named=True)
    assert days["modelled"] == pytest.approx(224 / 24)
    assert days["within"]
    share = table.row(by_predicate=pl.col("observation") == "share", named=True)
    fast = assign(two_corridors(rows), AS_IS).paths.filter(corridor_id="fast")["kt"].sum()
    assert share["modelled"] * 100.0 == pytest.approx(fast)


def test_calibration_finds_the_parameter_that_made_the_observations():
    """Volumes made with a known scale; the fit must come back to it from elsewhere."""
    truth = AssignmentOptions(choice=ChoiceParameters(scale=5.0, time_weight=1.5))
    made = assign(two_corridors([]), AS_IS, options=truth).paths
    rows = [
        observed(
            observation_id=name,
            scope=f"corridor:{name}",
            value=float(made.filter(corridor_id=name)["kt"].sum()),
            role="calibrate",
        )
        for name in ("slow", "fast")
    ]
    fit = calibrate(
        two_corridors(rows), {"scale": 3.0}, (2024,), scenario=AS_IS, fixed={"time_weight": 1.5}
    )
    assert fit.parameters["estimate"].item() == pytest.approx(5.0, rel=0.02)
    assert fit.root_mean_square < 0.01


def test_standard_errors_are_those_of_least_squares_where_residuals_are_small():
    """For small residuals the loss is quadratic: the textbook formula, on a line."""
    rng = np.random.default_rng(3)
    x = np.linspace(0.0, 1.0, 200)
    jacobian = np.stack((np.ones_like(x), x), axis=1)
    residual = 0.01 * rng.standard_normal(200)
    expected = np.linalg.inv(jacobian.T @ jacobian) * (residual @ residual) / 198
    assert robust_covariance(residual, jacobian) == pytest.approx(expected, rel=1e-3)


def test_a_range_down_to_zero_is_no_evidence_on_a_logarithm():
    table = pl.DataFrame(
        {
            "role": ["calibrate"] * 3,
            "metric": ["kt"] * 3,
            "low": [None, 0.0, 5.0],
            "high": [None, 1.0, 20.0],
        }
    )
    kept = fitted_rows(table)
    assert kept["log_error"].to_list() == pytest.approx([0.1, np.log(4.0) / 2])
