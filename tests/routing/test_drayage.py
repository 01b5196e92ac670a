"""The road leg from coordinates to the network."""

from typing import Any

import pytest
from tests.builders import NEUTRAL, line, study_of

from sogdia.errors import DataError
from sogdia.routing.drayage import CIRCUITY, drayage
from sogdia.routing.place import Place, find_place
from sogdia.study.load import load

BOXES = NEUTRAL["commodity"] | {
    "commodity_id": "boxes",
    "name": "boxes",
    "use": "container",
    "t_per_teu": 10.0,
}
BULK = BOXES | {"commodity_id": "bulk", "name": "bulk", "use": "bulk", "t_per_teu": None}
NODES = [
    {"node_id": "A", "name": "Alpha", "x_coord": 0.0, "country": "DE"},
    {"node_id": "B", "name": "Beta", "x_coord": 5.0, "country": "DE"},
    {"node_id": "C", "name": "Gamma", "x_coord": 9.0, "country": "PL"},
]
TARIFF = {"tariff_id": "road", "usd_t": 2.0, "usd_t_km": 0.1, "usd_teu_km": 1.5}


def place(**fields):
    """A place 100 km from Alpha."""
    of: dict[str, Any] = {
        "asked": "0.9,0",
        "node_id": "A",
        "name": "Alpha",
        "country": "DE",
        "longitude": 0.0,
        "latitude": 0.9,
        "access_km": 100.0,
    }
    return Place(**(of | fields))


def road(start, end, **fields):
    """A road of 500 km at 50 km/h with the tariff ``road``."""
    neutral = {
        "length_km": 500.0,
        "time_h": 10.0,
        "cost_usd_t": None,
        "tariff_id": "road",
        "directed": False,
    }
    return line(start, end, **(neutral | fields))


def leg(study, commodity=BOXES, at=None, *, inbound=False, direction="westbound", year=2024):
    return drayage(study, at or place(), commodity, inbound=inbound, direction=direction, year=year)


def test_a_place_of_the_study_needs_none():
    study = study_of(node=NODES, link=[road("A", "B")])
    assert leg(study, at=place(access_km=0.0)) is None


def test_a_road_leg_is_longer_than_the_great_circle():
    study = study_of(
        node=NODES,
        link=[road("A", "B", time_cv=0.2, emission_class="truck", source_id="lengths")],
        tariff=[TARIFF | {"source_id": "rates"}],
        emission_factor=[
            {"emission_class": "truck", "wtt_g_tkm": 20.0, "ttw_g_tkm": 80.0, "year": 2019},
            {
                "emission_class": "truck",
                "country": "DE",
                "wtt_g_tkm": 10.0,
                "ttw_g_tkm": 50.0,
                "year": 2019,
                "source_id": "factors",
            },
        ],
    )
    one = leg(study)
    assert CIRCUITY == 1.3
    assert (one.kind, one.mode, one.cost_item, one.row_id) == ("drayage", "road", "drayage", "A-B")
    assert (one.from_name, one.to_id, one.to_name) == ("0.9,0", "A", "Alpha")
    assert one.length_km == pytest.approx(130.0)
    assert one.moving_h == one.time_h == pytest.approx(130.0 / 50.0)
    assert one.time_sd_h == pytest.approx(0.2 * 2.6)
    assert one.freight_usd_t == one.cost_usd_t == pytest.approx(1.5 / 10.0 * 130.0)
    assert one.wtt_kg_t == pytest.approx(1.3)
    assert one.ttw_kg_t == pytest.approx(6.5)
    assert (one.emission_class, one.emission_country) == ("truck", "DE")
    assert one.countries == ("DE",)
    assert one.sources == ("lengths", "rates", "factors")


def test_it_is_the_first_leg_or_the_last():
    study = study_of(node=NODES, link=[road("A", "B")], tariff=[TARIFF])
    first, last = leg(study), leg(study, inbound=True)
    assert (first.from_name, first.to_name) == ("0.9,0", "Alpha")
    assert (last.from_name, last.to_name) == ("Alpha", "0.9,0")
    assert first.length_km == last.length_km


def test_what_is_not_in_containers_pays_by_weight():
    study = study_of(node=NODES, link=[road("A", "B")], tariff=[TARIFF])
    assert leg(study, BULK).freight_usd_t == pytest.approx(2.0 + 0.1 * 130.0)
    by_weight = study_of(
        node=NODES, link=[road("A", "B")], tariff=[{"tariff_id": "road", "usd_t_km": 0.1}]
    )
    assert leg(by_weight).freight_usd_t == pytest.approx(0.1 * 130.0)


def test_a_road_may_have_a_price_of_its_own():
    study = study_of(
        node=NODES, link=[road("A", "B", cost_usd_t=50.0)], tariff=[TARIFF | {"source_id": "r"}]
    )
    assert leg(study).freight_usd_t == pytest.approx(50.0 / 500.0 * 130.0)
    assert leg(study).sources == ()


def test_the_tariff_is_that_of_the_direction_and_year():
    study = study_of(
        node=NODES,
        link=[road("A", "B")],
        tariff=[
            {"tariff_id": "road", "usd_t_km": 0.1, "year": 2019, "source_id": "old"},
            {"tariff_id": "road", "usd_t_km": 0.2, "year": 2024, "source_id": "new"},
            {
                "tariff_id": "road",
                "usd_t_km": 0.3,
                "year": 2019,
                "direction": "eastbound",
                "source_id": "east",
            },
        ],
    )
    by_year = {year: leg(study, BULK, year=year) for year in (2019, 2023, 2024, 2030)}
    assert [round(one.freight_usd_t / 130.0, 3) for one in by_year.values()] == [0.1, 0.1, 0.2, 0.2]
    assert [one.sources for one in by_year.values()] == [("old",), ("old",), ("new",), ("new",)]
    east = leg(study, BULK, direction="eastbound")
    assert east.freight_usd_t == pytest.approx(0.3 * 130.0)
    assert east.sources == ("east",)
    with pytest.raises(DataError, match="no road by which to price"):
        leg(study, BULK, year=2018)


def test_the_road_is_the_nearest_that_takes_the_goods():
    study = study_of(
        node=NODES,
        link=[
            road("A", "B", allowed_uses="bulk", link_id="for-bulk"),
            road("B", "C", allowed_uses="bulk,container", time_h=25.0, link_id="for-boxes"),
            line("A", "C", mode="rail", link_id="rail", gauge_mm=1435),
        ],
        tariff=[TARIFF],
    )
    assert leg(study, BULK).row_id == "for-bulk"
    assert leg(study).row_id == "for-boxes"
    assert leg(study).moving_h == pytest.approx(130.0 / 20.0)


def test_of_equally_near_roads_one_at_home_and_the_fastest_is_taken():
    study = study_of(
        node=NODES,
        link=[
            road("A", "C", time_h=1.0, link_id="abroad"),
            road("A", "B", time_h=None, free_speed_km_h=40.0, link_id="slow"),
            road("B", "A", time_h=None, free_speed_km_h=60.0, link_id="fast"),
        ],
        tariff=[TARIFF],
    )
    assert leg(study).row_id == "fast"
    assert leg(study).moving_h == pytest.approx(130.0 / 60.0)
    # a road over a border is timed with its queue: even beside it, one at home is taken
    assert leg(study, at=place(node_id="C", country="PL")).row_id == "fast"


def test_the_emission_factor_is_that_of_the_year_or_of_any_country():
    rows = [
        {"emission_class": "truck", "ttw_g_tkm": grams, "year": year}
        for grams, year in ((100.0, 2019), (70.0, 2024))
    ]
    study = study_of(
        node=NODES,
        link=[road("A", "B", emission_class="truck")],
        tariff=[TARIFF],
        emission_factor=rows,
    )
    assert leg(study, year=2023).ttw_kg_t == pytest.approx(13.0)
    assert leg(study, year=2024).ttw_kg_t == pytest.approx(9.1)
    assert leg(study).emission_country == "*"
    without = leg(study_of(node=NODES, link=[road("A", "B")], tariff=[TARIFF]))
    assert (without.co2_kg_t, without.emission_class, without.emission_country) == (0.0, None, None)


def test_a_study_without_roads_says_so():
    study = study_of(node=NODES, link=[line("A", "B", mode="rail", gauge_mm=1435)])
    with pytest.raises(DataError) as caught:
        leg(study)
    assert str(caught.value) == (
        "the study has no road by which to price the 100 km between 0.9,0 and Alpha for boxes; "
        "name one of its places instead, such as A"
    )


def test_the_built_in_study_prices_a_road_to_munich():
    study = load("eurasia")
    electronics = study.commodity.filter(commodity_id="electronics").row(0, named=True)
    munich = find_place(study.node, "48.14, 11.58", served={"DEDUI", "ATVIE"})
    one = leg(study, electronics, munich, inbound=True)
    # Munich to Vienna: 355 km as the crow flies, 435 km on the motorway.
    assert munich.node_id == "ATVIE"
    assert munich.access_km == pytest.approx(355, rel=0.02)
    assert one.length_km == pytest.approx(435, rel=0.08)
    assert one.freight_usd_t == pytest.approx(0.75 / 10 * one.length_km)
    assert one.co2_kg_t == pytest.approx((17.99 + 77.03) / 1000 * one.length_km)
    assert "net-road-rates" in one.sources
