"""Two scenarios side by side, against what can be counted by hand and each simulation alone."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.builders import line, places, study_of

import sogdia
from sogdia.analysis import comparison
from sogdia.analysis.comparison import CHANGE, LEAST_CHANGE, compare
from sogdia.analysis.simulated_comparison import SimulatedComparison
from sogdia.errors import DataError
from sogdia.scenario import Change, Rule, Scenario
from sogdia.simulation import SimulationOptions, simulate

LONG_H, SHORT_H = 72.0, 24.0
KT = 10.0
PLAIN = Scenario(name="plain")


@pytest.fixture(scope="module")
def study():
    """A to B by one way: a direct road of one day; a long way round over M takes three."""
    return study_of(
        node=places("A", "M", "B", country="KZ"),
        link=[
            line("A", "B", time_h=SHORT_H, cost_usd_t=50.0),
            line("A", "M", time_h=LONG_H / 2, cost_usd_t=100.0),
            line("M", "B", time_h=LONG_H / 2, cost_usd_t=100.0),
        ],
        demand=[
            {"origin": "A", "destination": "B", "quantity_kt": KT},
            {"origin": "A", "destination": "M", "quantity_kt": 2.0},
            {"origin": "A", "destination": "M", "quantity_kt": 4.0, "year": 2025},
        ],
    )


def without(link):
    change = Change.model_validate({"table": "link", "where": {"link_id": link}, "remove": True})
    return Scenario(name=f"no-{link}", change=(change,))


@pytest.fixture(scope="module")
def closed(study):
    """The direct road taken away: all go round."""
    return compare(study, PLAIN, without("A-B"))


def of(frame, **keys):
    rows = frame.filter(*(pl.col(name) == value for name, value in keys.items()))
    assert rows.height == 1
    return rows.row(0, named=True)


def test_what_left_the_road_went_round(closed):
    moved = closed.before.links.filter(pl.col("link_id") == "A-B")["kt"].sum()
    assert moved > KT / 2
    assert of(closed.places, kind="link", element="A-B")["kt_change"] == pytest.approx(-moved)
    assert of(closed.places, kind="link", element="A-B")["kt_after"] == 0.0
    for element in ("A-M", "M-B"):
        assert of(closed.places, kind="link", element=element)["kt_change"] == pytest.approx(moved)
    # of a node: what begins, ends or passes there, counted once
    assert of(closed.places, kind="node", element="M")["kt_change"] == pytest.approx(moved)
    assert of(closed.places, kind="node", element="A")["kt_change"] == pytest.approx(0.0, abs=1e-9)
    assert of(closed.places, kind="node", element="A")["kt_after"] == pytest.approx(12.0)


def test_a_place_passed_twice_counts_once():
    empty = {
        name: pl.DataFrame(schema={key: pl.String, "kt": pl.Float64})
        for name, key in (
            ("terminals", "terminal_id"),
            ("links", "link_id"),
            ("services", "service_id"),
        )
    }
    paths = pl.DataFrame({"places": ["A B A C"], "kt": [3.0]})
    result: Any = SimpleNamespace(paths=paths, **empty)
    assert of(comparison._places(result), element="A")["kt"] == 3.0


def test_totals_follow_by_hand(closed):
    after_h = KT * LONG_H + 2.0 * LONG_H / 2
    moved = closed.before.links.filter(pl.col("link_id") == "A-B")["kt"].sum()
    before_h = after_h - moved * (LONG_H - SHORT_H)
    hours = of(closed.totals, figure="time_kt_h")
    assert hours["after"] == pytest.approx(after_h)
    assert hours["change"] == pytest.approx(after_h - before_h)
    assert hours["relative"] == pytest.approx(after_h / before_h - 1.0)
    money = of(closed.totals, figure="money_usd")
    assert money["change"] == pytest.approx(moved * 150.0 * 1000.0)
    shipped = of(closed.totals, figure="shipped_kt")
    assert shipped["change"] == pytest.approx(0.0, abs=1e-6)
    assert of(closed.totals, figure="demand_kt")["before"] == 12.0
    goods = of(closed.commodities, commodity="goods")
    assert goods["days_mean_after"] == pytest.approx(after_h / 12.0 / 24.0)
    assert goods["cost_usd_t_after"] == pytest.approx((KT * 200.0 + 2.0 * 100.0) / 12.0)
    assert of(closed.corridors, corridor="other")["kt_change"] == pytest.approx(0.0, abs=1e-6)


def test_shippers_lose_where_a_way_is_gone(closed, study):
    assert closed.user_benefit_usd < 0.0
    back = compare(study, without("A-B"), PLAIN)
    assert back.user_benefit_usd == pytest.approx(-closed.user_benefit_usd)
    more = Change.model_validate({"table": "demand", "multiply": {"quantity_kt": 2.0}})
    assert compare(study, PLAIN, Scenario(change=(more,))).user_benefit_usd is None


def test_the_largest_change_comes_first(closed):
    size = closed.places[f"kt{CHANGE}"].abs()
    settled = size.zip_with(size > LEAST_CHANGE, size * 0.0)
    assert settled.to_list() == sorted(settled, reverse=True)


def test_who_cannot_be_served_any_longer_and_why(study):
    rule = Scenario(name="shut", rule=(Rule(places=("B",), applies_to=("destination",)),))
    found = compare(study, PLAIN, rule)
    row = of(found.unserved, origin="A", destination="B")
    assert (row["reason"], row["kt_before"]) == ("policy", 0.0)
    assert row["kt_change"] == pytest.approx(KT)
    assert of(found.totals, figure="unserved_kt")["change"] == pytest.approx(KT)
    assert of(found.commodities, commodity="goods")["unserved_kt_change"] == pytest.approx(KT)
    # a mean over nothing is not known, and neither is its change
    assert of(found.places, kind="link", element="A-B")["kt_after"] == 0.0


def test_a_scenario_against_itself_differs_by_nothing(study):
    calls = []
    twin = Scenario(name="another name", title="the same question")
    found = compare(study, PLAIN, twin, progress=lambda *call: calls.append(call))
    assert found.same_question
    assert found.after is found.before
    for frame in found.tables().values():
        for name in frame.columns:
            if name.endswith("change"):
                assert not (frame[name].drop_nulls() != 0.0).any(), name
    assert found.user_benefit_usd == 0.0
    assert {stage.partition(":")[0] for stage, *_ in calls} == {"A"}


def test_scenarios_of_two_years_are_no_twins(study):
    assert not compare(study, PLAIN, Scenario(name="plain", year=2025)).same_question
    found = compare(study, PLAIN, Scenario(name="plain", year=2025), year=2024)
    assert found.same_question
    assert (found.before.year, found.after.year) == (2024, 2024)


def test_neither_answer_depends_on_the_other(closed, study):
    alone = sogdia.assign(study, without("A-B"))
    assert closed.after.paths.drop("period").equals(alone.paths.drop("period"))


def test_trips_are_not_compared(study):
    empty = study.with_tables(demand=study.demand.clear())
    with pytest.raises(DataError, match="no demand for freight"):
        compare(empty, PLAIN, without("A-B"))


def test_a_precision_has_no_pairs(study):
    with pytest.raises(DataError, match="not a precision"):
        compare(study, PLAIN, PLAIN, simulation=SimulationOptions(precision=0.1))


@pytest.fixture(scope="module")
def simulated(small_study):
    """The small study, and itself with its ferries half as fast, on the same random numbers."""
    slower = Change.model_validate({"table": "service", "multiply": {"crossing_time_h": 2.0}})
    options = SimulationOptions(replications=4, seed=11, days=60, warm_up_days=20)
    runs = [
        simulate(small_study, scenario, flows="cheapest", options=options)
        for scenario in (PLAIN, Scenario(change=(slower,)))
    ]
    return SimulatedComparison(*runs)


def test_differences_are_those_of_each_replication(simulated):
    tonnes = [one.translation.tonnes for one in (simulated.before, simulated.after)]
    means = [
        one.sample.means(weight) / 24.0
        for one, weight in zip((simulated.before, simulated.after), tonnes, strict=True)
    ]
    row = of(simulated.totals, figure="transit_days")
    interval = stats.ttest_rel(means[1], means[0]).confidence_interval(0.95)
    assert row["change"] == pytest.approx(np.mean(means[1] - means[0]))
    assert row["low"] == pytest.approx(interval.low)
    assert row["high"] == pytest.approx(interval.high)
    assert row["replications"] == 4


def test_pairing_narrows_what_chance_has_in_common(simulated):
    row = of(simulated.totals, figure="delivered_kt")
    assert row["narrowed"] > 0.3
    assert row["half_width"] < row["apart_half_width"]


def test_corridors_and_elements_are_those_of_each_simulation(simulated):
    row = of(simulated.corridors, corridor="titr", direction="westbound")
    assert row["change"] == pytest.approx(row["after"] - row["before"])
    assert row["change"] > 0.1  # the Caspian takes longer to cross
    alone = of(simulated.before.corridors, corridor="titr", direction="westbound")
    assert row["before"] == pytest.approx(alone["mean_days"], rel=0.02)
    waited = simulated.after.elements.select("element", "waiting_kt_h")
    assert simulated.elements["after"].sum() == pytest.approx(waited["waiting_kt_h"].sum())


def test_simulations_of_two_seeds_are_no_pairs(simulated, small_study):
    options = SimulationOptions(replications=4, seed=12, days=60, warm_up_days=20)
    other = simulate(small_study, PLAIN, flows="cheapest", options=options)
    with pytest.raises(ValueError, match="no pairs"):
        SimulatedComparison(simulated.before, other)


def test_a_simulated_comparison_feeds_its_waits_back(study):
    options = SimulationOptions(replications=2, seed=5, days=60)
    found = compare(study, PLAIN, without("A-B"), simulation=options)
    assert found.simulated is not None
    assert (found.simulated.seed, found.simulated.replications) == (5, 2)
    assert found.simulated.before.warm_up_days == found.simulated.after.warm_up_days == 120
    assert {name for name in found.tables() if name.startswith("simulated_")} == {
        *("simulated_totals", "simulated_corridors"),
        *("simulated_commodities", "simulated_elements"),
    }
    days = of(found.simulated.totals, figure="transit_days")
    assert days["before"] < days["after"] <= LONG_H / 24.0 + 0.1
    assert days["change"] == pytest.approx(days["after"] - days["before"])
