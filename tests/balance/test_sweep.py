"""A sweep is nothing but balances, one for each value; its ranges by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import line, study_of

from sogdia.balance.balance import supply
from sogdia.balance.options import SupplyOptions
from sogdia.balance.sweep import parse_range, sweep
from sogdia.errors import DataError
from sogdia.scenario import Scenario

BARREL = 0.125


def needs(commodity, **row):
    return {"node_id": "refinery", "commodity_id": commodity, "quantity_kt": 100.0} | row


def ships(commodity, **row):
    return {"node_id": "field", "commodity_id": commodity, "capacity_kt_y": 100.0} | row


def way(name, **row):
    return line("field", "refinery", link_id=name, emission_class="truck", **row)


def small_market():
    """From a field to a refinery by a long and cheap way for 40 kt a year, or a short and dear."""
    return study_of(
        node=[
            {"node_id": "field", "x_coord": 9.0, "country": "KZ"},
            {"node_id": "refinery", "x_coord": 0.0, "country": "IT"},
        ],
        link=[
            way("dirty", cost_usd_t=10.0, length_km=1000.0, capacity_kt_y=40.0),
            way("clean", cost_usd_t=30.0, length_km=100.0),
        ],
        commodity=[
            {"commodity_id": "oil", "name": "oil", "value_usd_t": 80.0, "t_per_barrel": BARREL},
            {"commodity_id": "copper", "name": "copper", "value_usd_t": 80.0},
        ],
        supply=[ships(name, year=2024) for name in ("oil", "copper")],
        consumption=[
            needs("oil", year=2024),
            needs("oil", year=2026, quantity_kt=120.0),
            needs("copper", year=2024, quantity_kt=10.0),
        ],
        emission_factor=[{"emission_class": "truck", "ttw_g_tkm": 50.0, "wtt_g_tkm": 10.0}],
        corridor=[
            {"corridor_id": "long", "name": "a", "priority": 1, "all_of": "dirty"},
            {"corridor_id": "short", "name": "b", "priority": 2, "all_of": "clean"},
        ],
    )


@pytest.fixture(scope="module")
def study():
    return small_market()


def same(row, result, commodity):
    """Hold a row against a balance made on its own."""
    consumers = result.consumers.filter(commodity=commodity)
    assert row["cost_musd"] == pytest.approx(result.cost_musd)
    for name in ("need_kt", "delivered_kt", "unserved_kt"):
        assert row[name] == pytest.approx(consumers[name].sum(), abs=1e-6)
    routes = dict(result.routes.filter(commodity=commodity).select("corridor", "kt").iter_rows())
    assert {one["corridor"]: one["kt"] for one in row["routes"]} == pytest.approx(routes)


def test_a_price_by_the_barrel(study):
    # The long way costs 10 USD a tonne, 1.25 a barrel; the short one 30, 3.75 a barrel.
    curve = sweep(study, None, "price", (1.0, 2.0, 5.0), commodities=["oil"])
    assert curve["unit"].unique().to_list() == ["USD per barrel"]
    assert curve["delivered_kt"].to_list() == pytest.approx([0, 40, 100], abs=1e-6)
    assert curve["price_usd_t"].to_list() == pytest.approx([8, 16, 30])
    assert curve["cost_musd"].to_list() == pytest.approx([0.8, 0.4 + 0.96, 0.4 + 1.8])
    for row in curve.iter_rows(named=True):
        options = SupplyOptions(price_usd_t={"oil": row["value"] / BARREL})
        same(row, supply(study, commodities=["oil"], options=options), "oil")


def test_a_price_by_the_tonne(study):
    curve = sweep(study, None, "price", (5.0, 20.0, 50.0), commodities=["copper"])
    assert curve["unit"].unique().to_list() == ["USD per t"]
    assert curve["delivered_kt"].to_list() == pytest.approx([0, 10, 10], abs=1e-6)


def test_a_carbon_price_moves_goods_to_the_cleaner_way(study):
    curve = sweep(study, None, "carbon-price", (0.0, 300.0, 1000.0), commodities=["oil"])
    assert curve["unit"].unique().to_list() == ["USD per t of CO2e"]
    for row in curve.iter_rows(named=True):
        options = SupplyOptions(carbon_price_usd_t=row["value"])
        same(row, supply(study, commodities=["oil"], options=options), "oil")
    # 60 g per tkm: 60 kg a tonne by the long way, 6 by the short one; equal at 370 USD.
    assert curve["co2_kt"].to_list() == pytest.approx([40 * 0.06 + 60 * 0.006, 2.76, 0.6])
    assert [one["corridor"] for one in curve["routes"][2]] == ["short"]
    assert (np.diff(curve["cost_musd"]) > 0).all()


def test_years_and_several_commodities(study):
    curve = sweep(study, Scenario(year=2024), "year", (2024, 2025.0, 2026))
    assert curve["commodity"].to_list() == ["oil", "copper"] * 3
    assert curve.filter(commodity="oil")["need_kt"].to_list() == pytest.approx([100, 100, 120])
    assert curve.filter(commodity="oil")["unserved_kt"].to_list() == pytest.approx(
        [0, 0, 20], abs=1e-6
    )
    for row in curve.iter_rows(named=True):
        same(row, supply(study, year=int(row["value"])), row["commodity"])


def test_other_options_hold_throughout(study):
    options = SupplyOptions(carbon_price_usd_t=1000.0)
    curve = sweep(study, None, "price", (20.0,), commodities=["oil"], options=options)
    both = SupplyOptions(carbon_price_usd_t=1000.0, price_usd_t={"oil": 160.0})
    same(curve.row(0, named=True), supply(study, commodities=["oil"], options=both), "oil")


def test_progress(study):
    said = []
    sweep(study, None, "price", (1.0, 2.0), commodities=["oil"], progress=lambda *a: said.append(a))
    assert said == [("sweep", 0, 2), ("sweep", 1, 2), ("sweep", 2, 2)]


@pytest.mark.parametrize(
    ("parameter", "values", "commodities", "message"),
    [
        ("cost", (1.0,), None, "'cost' is none of price, carbon-price, year"),
        ("price", (), ["oil"], "0 values are not from 1 to 1,000"),
        ("price", (1.0,) * 1001, ["oil"], "1,001 values are not from 1"),
        ("price", (1.0,), ["oil", "copper"], "one commodity, and copper, oil are balanced"),
        ("price", (1.0,), None, "one commodity, and copper, oil are balanced"),
        ("price", (-1.0,), ["oil"], "-1 is no price: it is not >= 0"),
        ("carbon-price", (float("nan"),), ["oil"], "nan is no carbon price"),
        ("carbon-price", (float("inf"),), ["oil"], "inf is no carbon price"),
        ("year", (2024.5,), ["oil"], "2024.5 is no year from 1900 to 2200"),
        ("year", (float("nan"),), ["oil"], "nan is no year"),
        ("year", (2023,), ["oil"], "'oil' has no row for 2023 or before"),
    ],
)
def test_nonsense_is_refused(study, parameter, values, commodities, message):
    with pytest.raises(DataError, match=message):
        sweep(study, None, parameter, values, commodities=commodities)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("50:120:5", tuple(range(50, 121, 5))),
        ("0:0.3:0.1", (0.0, 0.1, 0.2, 0.3)),
        ("1:2:0.4", (1.0, 1.4, 1.8)),
        ("120:50:-35", (120.0, 85.0, 50.0)),
        ("7:7:1", (7.0,)),
        (" 1 : 3 : 1 ", (1.0, 2.0, 3.0)),
    ],
)
def test_a_range_by_hand(text, values):
    assert parse_range(text) == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("50", "is not a first value"),
        ("50:120", "is not a first value"),
        ("50:120:5:1", "is not a first value"),
        ("a:b:c", "is not a first value"),
        ("0:inf:1", "is not a first value"),
        ("0:1e999:1", "is not a first value"),
        ("nan:1:1", "is not a first value"),
        ("0:1:0", "has a step of 0"),
        ("0:1:1e-999", "has a step of 0"),
        ("120:50:5", "never gets from 120 to 50 by steps of 5"),
        ("50:120:-5", "never gets from 50 to 120"),
        ("0:1000:1", "more than 1,000 values"),
        ("0:1:1e-300", "more than 1,000 values"),
    ],
)
def test_what_is_no_range_is_refused(text, message):
    with pytest.raises(DataError, match=message) as caught:
        parse_range(text)
    assert len(caught.value.problems) == 1


@given(
    st.integers(-1000, 1000),
    st.integers(0, 400),
    st.sampled_from(["0.1", "0.25", "1", "3", "-0.5", "-7"]),
)
def test_whatever_the_range_its_values_are_steps_apart(first, steps, step):
    last = first + steps * float(step)
    values = parse_range(f"{first}:{last!r}:{step}")
    assert len(values) in {steps, steps + 1}
    assert values == pytest.approx([first + number * float(step) for number in range(len(values))])
