"""Time/cost-distance and CPMM indicators, against figures computed by hand."""

from dataclasses import replace

import pytest
from tests.routing.itineraries import border, caspian, element, northern

from sogdia.analysis.performance import (
    INSURANCE,
    border_crossings,
    cpmm_indicators,
    time_cost_distance,
)


def of(*elements):
    return replace(caspian(), elements=elements)


def test_the_series_starts_at_zero_and_ends_at_the_totals():
    way = caspian()
    series = time_cost_distance(way)
    assert series.row(0)[1:] == ("start", 0.0, 0.0, 0.0)
    assert series.row(-1)[1:] == (INSURANCE, 5000.0, 340.0, pytest.approx(108.0))
    assert series["cost_usd_t"][-1] == pytest.approx(way.cost_usd_t)


def test_waits_are_vertical_and_line_haul_slopes():
    series = time_cost_distance(caspian())
    wait, crossing = series.rows()[6:8]
    assert wait[1:] == ("wait for Feeder from KZSCO", 3500.0, 220.0, 59.0)
    assert crossing[1:] == ("Feeder from KZSCO", 4000.0, 240.0, 85.0)
    assert crossing[0].startswith("Alat")


def test_an_operation_is_one_step_with_its_wait():
    series = time_cost_distance(caspian())
    assert series.rows()[1:4] == [
        ("Dostyk", "rail", 1500.0, 50.0, 20.0),
        ("Dostyk", "border", 1500.0, 74.0, 24.0),
        ("Dostyk", "gauge change", 1500.0, 80.0, 27.0),
    ]


def test_handling_of_line_haul_is_a_step_too():
    way = of(element("A1", "B1", length_km=10.0, moving_h=1.0, handling_h=2.0, freight_usd_t=3.0))
    assert time_cost_distance(way)["time_h"].to_list()[:3] == [0.0, 2.0, 3.0]


def test_an_itinerary_without_elements_has_no_series():
    assert time_cost_distance(replace(of(), insurance_usd_t=0.0)).height == 0


def test_change_of_gauge_at_the_post_belongs_to_the_crossing():
    first, second = border_crossings(caspian())
    assert (first.before, first.after, first.place) == ("CN", "KZ", "Dostyk")
    assert (first.time_h, first.cost_usd_t) == (30.0, 7.0)
    assert (second.before, second.after, second.time_h) == ("AZ", "GE", 10.0)


def test_posts_on_both_sides_are_one_crossing():
    way = of(
        element("AZBAK", "AZBOY"),
        border("AZBOY", handling_h=5.0),
        element("AZBOY", "GEGAR", countries=("AZ", "GE")),
        border("GEGAR", handling_h=7.0),
        element("GEGAR", "GETBS"),
        element("GETBS", "TRKAR", countries=("GE", "TR")),
        border("TRKAR", handling_h=3.0),
    )
    assert [(one.place, one.time_h) for one in border_crossings(way)] == [
        ("AZBOY / Gardabani", 12.0),
        ("TRKAR", 3.0),
    ]


def test_two_crossings_may_have_their_posts_at_one_place():
    way = of(
        element("BGSOF", "RSBEG", countries=("BG", "RS")),
        border("RSBEG", row_id="RSBEG-border-BG"),
        border("RSBEG", row_id="RSBEG-border-HU"),
        element("RSBEG", "HUBUD", countries=("RS", "HU")),
    )
    pairs = [(one.before, one.after) for one in border_crossings(way)]
    assert pairs == [("BG", "RS"), ("RS", "HU")]


def test_posts_a_single_link_apart_may_serve_different_borders():
    way = of(
        element("AZBOY", "GEGAR", countries=("AZ", "GE")),
        border("GEGAR"),
        element("GEGAR", "TRKAR", countries=("GE", "TR")),
        border("TRKAR"),
    )
    assert [one.place for one in border_crossings(way)] == ["Gardabani", "TRKAR"]
    back = of(
        element("TRSIV", "TRKAR"),
        border("TRKAR"),
        element("TRKAR", "GEGAR", countries=("TR", "GE")),
        border("GEGAR"),
        element("GEGAR", "AZBOY", countries=("GE", "AZ")),
    )
    pairs = [(one.before, one.after) for one in border_crossings(back)]
    assert pairs == [("TR", "GE"), ("GE", "AZ")]


def test_the_country_may_change_between_links():
    way = of(element("KZ1", "KZ2"), element("UZ1", "UZ2"), border("UZ2"))
    assert [(one.before, one.after) for one in border_crossings(way)] == [("KZ", "UZ")]


def test_a_post_without_a_change_of_country_is_a_crossing_still():
    way = of(element("A1", "B1", countries=()), border("B1", countries=(), handling_h=4.0))
    (crossing,) = border_crossings(way)
    assert (crossing.before, crossing.after, crossing.time_h) == (None, None, 4.0)


def test_indicators_by_corridor():
    other = caspian("KZKUR", rank=3)
    table = cpmm_indicators([caspian(), northern(), other])
    assert table["corridor"].to_list() == ["titr", "north"]
    titr, north = table.iter_rows(named=True)
    assert (titr["itineraries"], titr["crossings"]) == (2, 4)
    assert titr["tfi1_border_h"] == pytest.approx((30 + 10) / 2)
    assert titr["tfi2_border_usd"] == pytest.approx((7 + 2) / 2 * 20)
    assert titr["tfi3_section_usd"] == pytest.approx((108 - 2 - 1) * 20 / 5000 * 500)
    assert titr["tfi4_swd_km_h"] == pytest.approx(5000 / 340)
    assert titr["tfi4_swod_km_h"] == pytest.approx(5000 / 235)
    assert north["tfi1_border_h"] == pytest.approx((26 + 12) / 2)


def test_another_cargo_unit_costs_in_proportion():
    usual, half = (cpmm_indicators([caspian()], tonnes=t).row(0, named=True) for t in (20.0, 10.0))
    for name in ("tfi2_border_usd", "tfi3_section_usd"):
        assert half[name] == pytest.approx(usual[name] / 2)


def test_a_way_without_borders_has_no_border_indicators():
    way = of(element("A1", "B1", length_km=100.0, moving_h=2.0))
    row = cpmm_indicators([way]).row(0, named=True)
    assert row["tfi1_border_h"] is None
    assert row["tfi4_swd_km_h"] == pytest.approx(50.0)
