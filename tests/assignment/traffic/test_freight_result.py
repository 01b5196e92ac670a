"""Freight by the methods of traffic: frames, what stays at home and why, warm start."""

import pytest
from tests.builders import line, places, study_of

from sogdia import AssignmentResult, TrafficResult, assign
from sogdia.errors import DataError
from sogdia.scenario import Scenario


@pytest.fixture(scope="module")
def study():
    """A cheap way of 10 kt and a dear one of 15, for 30 kt; one place cannot be reached."""
    return study_of(
        node=places("a", "b", "c", "d", country="KZ"),
        link=[
            line("a", "b", capacity_kt_y=10.0, emission_class="road", cost_usd_t=1.0),
            line("b", "c", emission_class="road", cost_usd_t=1.0),
            line("a", "c", capacity_kt_y=15.0, cost_usd_t=5.0),
            line("d", "a"),
        ],
        emission_factor=[{"emission_class": "road", "wtt_g_tkm": 10.0, "ttw_g_tkm": 50.0}],
        demand=[
            {"demand_id": "far", "origin": "a", "destination": "c", "quantity_kt": 30.0},
            {"demand_id": "no", "origin": "a", "destination": "d", "quantity_kt": 4.0},
        ],
    )


@pytest.fixture(scope="module")
def result(study):
    found = assign(study, method="so", gap=1e-9)
    found.check()
    return found


def test_who_pays_too_much_stays_at_home(result):
    carried = dict(result.flows.select("link_id", "flow").rows())
    assert carried == pytest.approx({"a-b": 10.0, "b-c": 10.0, "a-c": 15.0, "d-a": 0.0}, rel=1e-6)
    unserved = {row[:2]: row[3:] for row in result.unserved.rows()}
    assert unserved["a", "c"] == (pytest.approx(5.0), "capacity")
    assert unserved["a", "d"] == (4.0, "no path")
    # Home costs ten times the cheapest way, 2 USD per t.
    prices = dict(result.prices.select("row_id", "price").rows())
    assert prices == pytest.approx({"a-b": 18.0, "a-c": 15.0}, rel=1e-5)
    totals = result.totals.row(0, named=True)
    assert totals["flow"] == pytest.approx(25.0)
    assert totals["unserved"] == pytest.approx(9.0)


def test_times_lengths_and_gases_are_those_of_the_way(study, result):
    paths = {tuple(row["links"]): row for row in result.paths.iter_rows(named=True)}
    assert set(paths) == {("a-b", "b-c"), ("a-c",)}
    assert paths["a-b", "b-c"]["time"] == pytest.approx(2.0)
    assert paths["a-b", "b-c"]["length"] == pytest.approx(200.0)
    skims = result.skims().filter(origin="a", destination="c").row(0, named=True)
    assert skims["cost"] == pytest.approx(20.0, rel=1e-5)
    free = assign(study, method="aon").skims().filter(origin="a", destination="c")
    assert free.select("cost", "co2_kg").row(0) == pytest.approx((2.0, 0.06 * 200.0))
    assert result.skims().filter(origin="a", destination="d")["cost"].to_list() == [None]


def test_a_link_and_a_warm_start(study, result):
    selected = result.select_link("a-b")
    assert selected.select("origin", "destination", "flow").rows() == [
        ("a", "c", pytest.approx(10.0, rel=1e-6))
    ]
    wider = Scenario.model_validate(
        {
            "name": "wider",
            "change": [
                {
                    "table": "link",
                    "where": {"link_id": "a-b"},
                    "set": {"capacity_kt_y": 12.0},
                }
            ],
        }
    )
    warm = assign(study, wider, method="so", gap=1e-9, warm_start=result)
    warm.check()
    assert dict(warm.flows.select("link_id", "flow").rows())["a-b"] == pytest.approx(12.0)


def test_without_a_method_freight_is_spread_by_choice(study, result):
    by_choice = assign(study)
    assert isinstance(by_choice, AssignmentResult)
    assert by_choice.node_balance < 1e-9
    assert isinstance(result, TrafficResult)
    with pytest.raises(DataError, match="another method"):
        assign(study, warm_start=result)
    with pytest.raises(DataError, match="another method"):
        assign(study, method="ue", warm_start=by_choice)
    assert assign(study, gap=1e-4, iterations=3).solution.options.iterations == 3
