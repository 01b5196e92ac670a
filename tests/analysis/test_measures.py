"""The figures of a network against its frames, and surpluses against integrals."""

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.special import expit
from tests.builders import line, places, study_of

from sogdia.analysis.measures import (
    measure,
    measure_period,
    surplus_usd,
    user_benefit_usd,
)
from sogdia.assignment import assign
from sogdia.assignment.equilibrium import STEEPNESS
from sogdia.study.marks import NO_CORRIDOR


@pytest.fixture(scope="module")
def result(small_study):
    return assign(small_study)


def two_ways(cost_usd_t: float, **more):
    """Two ways from A to B; `cost_usd_t` is that of the second."""
    return study_of(
        node=places("A", "B"),
        link=[
            line("A", "B", link_id="first", cost_usd_t=10.0),
            line("A", "B", link_id="second", cost_usd_t=cost_usd_t),
        ],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 40.0} | more],
    )


def row(cost, demand, reserve):
    return pl.DataFrame({"composite_usd_t": cost, "demand_kt": demand, "reserve_usd_t": reserve})


def test_the_totals_are_those_of_the_frames(result):
    figures, corridors = measure(result).figures, result.corridors
    kt = corridors["kt"]
    assert figures["shipped_kt"] == pytest.approx(kt.sum(), rel=1e-12)
    assert figures["unserved_kt"] == pytest.approx(result.unserved["kt"].sum(), abs=1e-6)
    assert figures["days_mean"] == pytest.approx((kt * corridors["days_mean"]).sum() / kt.sum())
    assert figures["cost_usd_t"] == pytest.approx((kt * corridors["cost_usd_t"]).sum() / kt.sum())
    assert figures["co2_kt"] == pytest.approx((kt * corridors["co2_kg_t"]).sum() / 1000.0)
    assert figures["wait_kt_h"] == pytest.approx(
        (result.paths["kt"] * result.paths["wait_h"]).sum(), rel=1e-9
    )


def test_the_figures_of_a_corridor_are_those_of_the_frame(result):
    figures = measure(result).figures
    both = result.corridors.group_by("corridor").agg(
        kt=pl.col("kt").sum(),
        days=(pl.col("kt") * pl.col("days_mean")).sum() / pl.col("kt").sum(),
        cost_usd_t=(pl.col("kt") * pl.col("cost_usd_t")).sum() / pl.col("kt").sum(),
        co2_kg_t=(pl.col("kt") * pl.col("co2_kg_t")).sum() / pl.col("kt").sum(),
    )
    assert {"titr", "north"} <= set(both["corridor"])
    for one in both.iter_rows(named=True):
        for name in ("kt", "days", "cost_usd_t", "co2_kg_t"):
            assert figures[f"{one['corridor']}.{name}"] == pytest.approx(one[name], rel=1e-9)
    shares = [value for name, value in figures.items() if name.endswith(".share")]
    assert sum(shares) == pytest.approx(1.0)
    assert figures[f"{NO_CORRIDOR}.kt"] == 0.0
    assert np.isnan(figures[f"{NO_CORRIDOR}.days"])


def test_the_year_is_the_sum_of_its_periods(result):
    parts = result.solution.periods
    assert len(parts) > 1
    year = measure(result).figures
    for name in ("shipped_kt", "money_usd", "scarcity_usd", "co2_kt", "titr.kt"):
        rates = [measure_period(part).figures[name] * part.period.share for part in parts]
        assert year[name] == pytest.approx(sum(rates), rel=1e-12)


@pytest.mark.parametrize("ratio", [0.01, 0.4, 0.999, 1.0, 1.001, 1.3, 4.0])
def test_the_surplus_is_the_integral_of_the_demand_curve(ratio):
    reserve, demand = 80.0, 3.0
    cost = ratio * reserve

    def shipped(x):
        return demand * expit(-STEEPNESS * np.log(x / reserve))

    area, _ = quad(shipped, cost, 2000.0, points=[reserve], limit=400, epsabs=0, epsrel=1e-12)
    found = surplus_usd(row([cost], [demand], [reserve]))
    assert found[0] == pytest.approx(1000.0 * area, rel=1e-9)


def test_who_has_no_way_has_no_surplus():
    assert surplus_usd(row([np.inf], [5.0], [np.nan])).tolist() == [0.0]


def test_one_way_alone_costs_what_it_costs():
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B", cost_usd_t=12.0)],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 7.0}],
    )
    shippers = measure(assign(study)).shippers
    assert shippers["composite_usd_t"].to_list() == pytest.approx([12.0] * shippers.height)
    assert shippers["money_usd"].sum() == pytest.approx(7000.0 * 12.0)


def test_the_rule_of_half_nears_the_integral_for_a_small_change():
    before, after = (measure(assign(two_ways(cost))).shippers for cost in (12.0, 11.99))
    benefit = user_benefit_usd(before, after)
    reserve = before["reserve_usd_t"].to_numpy()
    exact = surplus_usd(after, reserve).sum() - surplus_usd(before).sum()
    assert benefit > 0.0
    assert benefit == pytest.approx(exact, rel=1e-6)
    assert user_benefit_usd(after, before) == pytest.approx(-benefit, rel=1e-12)


def test_a_per_cent_of_a_way_is_its_share_of_a_per_cent_of_all_ways():
    """The logit of log cost: the elasticity of the composite cost is the share of the way."""
    study = two_ways(12.0)
    share = assign(study).links.filter(pl.col("link_id") == "second")["kt"].to_numpy().sum() / 40.0
    before, after = (measure(assign(two_ways(cost))).shippers for cost in (12.0, 11.9988))
    composite = before["composite_usd_t"][0]
    expected = 40_000.0 * share * composite * 1e-4
    assert user_benefit_usd(before, after) == pytest.approx(expected, rel=1e-3)


def test_a_way_that_was_not_there_counts_from_the_reservation_cost():
    some = {"demand_id": ["d"], "shipper": [0], "shipped_kt": [4.0], "composite_usd_t": [10.0]}
    reached = pl.DataFrame(some | {"reserve_usd_t": [100.0]})
    cut = reached.with_columns(
        shipped_kt=0.0, composite_usd_t=float("inf"), reserve_usd_t=float("nan")
    )
    assert user_benefit_usd(cut, reached) == pytest.approx(1000.0 * 2.0 * 90.0)
    assert user_benefit_usd(reached, cut) == pytest.approx(-1000.0 * 2.0 * 90.0)
    assert user_benefit_usd(cut, cut) == 0.0
