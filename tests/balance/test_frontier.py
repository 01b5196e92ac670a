"""The frontier by hand: a cheap way through one country, a dear and narrow one round it."""

from typing import Literal

import numpy as np
import polars as pl
import pytest
from tests.builders import line, study_of

from sogdia.balance.balance import supply
from sogdia.balance.frontier import frontier
from sogdia.errors import DataError

VALUE = 100.0
CHEAP, DEAR = 10.0, 30.0


def node(name, x, country):
    return {"node_id": name, "x_coord": x, "country": country}


def two_ways(*, room=40.0, value=VALUE, ownership=(), **tables):
    """A hundred kt from KZ to IT: through RU at 10 USD/t, or through GE at 30, 40 kt a year."""
    return study_of(
        node=[
            node("field", 9.0, "KZ"),
            node("north", 6.0, "RU"),
            node("south", 5.0, "GE"),
            node("refinery", 0.0, "IT"),
        ],
        link=[
            line("field", "north", cost_usd_t=CHEAP / 2, country="KZ,RU"),
            line("north", "refinery", cost_usd_t=CHEAP / 2, country="RU,IT"),
            line("field", "south", cost_usd_t=DEAR / 2, country="KZ,GE", capacity_kt_y=room),
            line("south", "refinery", cost_usd_t=DEAR / 2, country="GE,IT"),
        ],
        commodity=[{"commodity_id": "oil", "name": "oil", "value_usd_t": value}],
        supply=[{"node_id": "field", "commodity_id": "oil", "year": 2024, "capacity_kt_y": 100.0}],
        consumption=[
            {"node_id": "refinery", "commodity_id": "oil", "year": 2024, "quantity_kt": 100.0}
        ],
        ownership=[{"node_id": "field", "commodity_id": "oil"} | one for one in ownership],
        **tables,
    )


@pytest.fixture(scope="module")
def result():
    return supply(two_ways())


def is_convex(curve):
    slope = np.diff(curve["cost_musd"]) / np.diff(curve["limit"])
    return (np.diff(slope) <= 1e-6 * np.abs(slope).max()).all()


def test_what_is_given_up_and_what_it_costs_by_hand(result):
    curve = frontier(result, "RU", points=11)
    assert curve["limit"].to_list() == pytest.approx(np.linspace(1, 0, 11))
    for limit, share, cost, served, unserved in curve.select(
        "limit", "share", "cost_musd", "served_kt", "unserved_kt"
    ).iter_rows():
        # 40 kt go round RU; with them at most limit / (1 - limit) * 40 kt may go through it.
        through = min(limit * 100, 40 * limit / (1 - limit) if limit < 1 else 100)
        round_it = min(100 - through, 40.0)
        assert served == pytest.approx(through + round_it)
        assert unserved == pytest.approx(100 - served, abs=1e-6)
        assert share == pytest.approx(limit, abs=1e-9)
        by_hand = CHEAP * through + DEAR * round_it + VALUE * (100 - served)
        assert cost == pytest.approx(by_hand / 1000)


def test_the_balance_is_the_first_point(result):
    first = frontier(result, "RU", points=2).row(0, named=True)
    assert first["cost_musd"] == pytest.approx(result.cost_musd, rel=1e-9)
    assert first["share"] == first["limit"] == pytest.approx(1)
    assert first["largest"] == "transit RU"
    avoiding = result.avoiding.filter(country="RU")["share_avoiding"][0]
    assert first["share"] == pytest.approx(1 - avoiding)


def test_with_all_served_the_curve_ends_where_the_other_way_is_full(result):
    curve = frontier(result, "RU", keep_served=True, points=5)
    assert curve["limit"].to_list() == pytest.approx([1, 0.9, 0.8, 0.7, 0.6])
    assert curve["share"].to_list() == pytest.approx(curve["limit"].to_list())
    assert curve["unserved_kt"].to_list() == pytest.approx([0] * 5, abs=1e-6)
    assert curve["cost_musd"].to_list() == pytest.approx([1, 1.2, 1.4, 1.6, 1.8])
    assert is_convex(curve)


def test_a_detour_dearer_than_the_goods_is_taken_only_if_all_is_to_be_served():
    result = supply(two_ways(value=25.0))
    given_up = frontier(result, "RU", points=2).row(-1, named=True)
    assert (given_up["served_kt"], given_up["cost_musd"]) == pytest.approx((0, 2.5))
    kept = frontier(result, "RU", keep_served=True, points=2).row(-1, named=True)
    assert (kept["share"], kept["served_kt"], kept["cost_musd"]) == pytest.approx((0.6, 100, 1.8))


def test_owners_are_limited_too():
    owners = [{"owner": "north oil", "country": "RU", "share": 0.25}]
    result = supply(two_ways(ownership=owners))
    curve = frontier(result, "RU", by="owner", points=3)
    assert curve["share"].to_list() == pytest.approx([0.25, 0.125, 0])
    # KZ's 75 kt are delivered whatever happens; with x of RU's the share is x / (75 + x).
    assert curve["served_kt"].to_list() == pytest.approx([100, 75 / (1 - 0.125), 75])
    assert set(curve["largest"][:2]) == {"owner RU"}
    either = frontier(result, "RU", by="either", points=3)
    assert either["limit"].to_list() == pytest.approx([1, 0.5, 0])
    assert either["served_kt"].to_list() == pytest.approx([100, 80, 40])


def test_the_largest_share_of_all_countries_is_least_where_two_are_equal():
    result = supply(two_ways(room=None))
    curve = frontier(result, None, by="transit", keep_served=True, points=3)
    assert curve["limit"].to_list() == pytest.approx([1, 0.75, 0.5])
    assert curve["cost_musd"].to_list() == pytest.approx([1, 1.5, 2])
    assert set(curve["largest"]) <= {"transit RU", "transit GE"}
    owned = frontier(result, None, points=3)
    assert owned["limit"].to_list() == pytest.approx([1, 0.5, 0])
    # All is KZ's, so below a share of 1 nothing may be delivered.
    assert owned["served_kt"].to_list() == pytest.approx([100, 0, 0], abs=1e-6)
    assert owned["cost_musd"].to_list() == pytest.approx([1, 10, 10])


def test_ends_of_a_delivery_are_no_transit(result):
    for country in ("KZ", "IT", "FR"):
        curve = frontier(result, country)
        assert curve.height == 1
        assert curve["share"].to_list() == [0.0]
        assert curve["largest"].to_list() == [None]


def test_less_share_never_costs_less():
    result = supply(two_ways(ownership=[{"owner": "north oil", "country": "RU", "share": 0.25}]))
    asked: list[tuple[str | None, Literal["transit", "either"]]]
    asked = [("RU", "transit"), ("RU", "either"), (None, "either"), (None, "transit")]
    for country, by in asked:
        for keep in (False, True):
            curve = frontier(result, country, by=by, keep_served=keep, points=7)
            assert (np.diff(curve["cost_musd"]) >= -1e-9).all()
            assert (curve["share"] <= curve["limit"] + 1e-9).all()
            if keep:
                assert is_convex(curve)
                assert curve["unserved_kt"].max() == pytest.approx(0, abs=1e-6)


def test_what_is_in_stock_is_served_without_a_way():
    stock = {
        "node_id": "refinery",
        "commodity_id": "oil",
        "capacity_kt": 20.0,
        "opening_kt": 20.0,
        "closing_kt": 0.0,
    }
    result = supply(two_ways(stock=[stock]))
    end = frontier(result, "RU", points=2).row(-1, named=True)
    assert (end["served_kt"], end["unserved_kt"]) == pytest.approx((60, 40))
    assert end["cost_musd"] == pytest.approx((40 * DEAR + 40 * VALUE) / 1000)
    kept = frontier(result, "RU", keep_served=True, points=2).row(-1, named=True)
    # Eighty kt are delivered, half of them round RU.
    assert (kept["limit"], kept["cost_musd"]) == pytest.approx((0.5, 0.04 * (CHEAP + DEAR)))


def test_contracts_stay_kept_where_they_can_be():
    floor = {
        "contract_id": "floor",
        "commodity_id": "oil",
        "element_kind": "node",
        "element_id": "north",
        "least_kt_y": 70.0,
        "from_year": 2020,
    }
    result = supply(two_ways(contract=[floor]))
    kept = frontier(result, "RU", keep_served=True, points=3)
    assert kept["limit"].to_list() == pytest.approx([1, 0.85, 0.7])
    assert kept["cost_musd"].to_list() == pytest.approx([1, 1.3, 1.6])


def test_progress_and_refusals(result):
    said = []
    frontier(result, "RU", points=3, progress=lambda *one: said.append(one))
    assert said[0] == ("frontier", 0, 3)
    assert said[-1] == ("frontier", 3, 3)
    with pytest.raises(DataError, match="'Russia' is not an ISO 3166-1"):
        frontier(result, "Russia")
    for points in (1, 1001):
        with pytest.raises(DataError, match="points are not from 2 to 1,000"):
            frontier(result, "RU", points=points)
    assert isinstance(frontier(result, "RU", points=2), pl.DataFrame)
