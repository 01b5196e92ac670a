"""What sets two itineraries apart is said in one line, the most telling thing first."""

from dataclasses import replace

import pytest
from tests.routing.itineraries import XIAN, answer, caspian, element, northern

from sogdia.report.route_words import (
    access,
    bests,
    departure,
    difference,
    extent,
    leg_title,
    place_title,
)


def test_another_port_is_named():
    other = caspian("KZKUR", insurance_usd_t=23.0, on_time=0.5)
    assert difference(other, caspian()) == (
        "by Kuryk instead of Aktau sea port; 210 USD/TEU dearer, 25 points less likely on time"
    )


def test_another_mode_goes_before_places():
    first = caspian().elements[0]
    voyage = element("CNSHA", "NLRTM", mode="sea", length_km=20000.0, moving_h=700.0)
    by_sea = caspian(elements=(first, voyage), on_time=None)
    assert difference(by_sea, caspian()).startswith("mostly by sea instead of rail; ")


def test_a_mode_that_is_added_or_left_out_is_named():
    road = element("DEDUI", "DEHAM", mode="road", length_km=400.0)
    longer = northern(elements=(*northern().elements, road))
    assert difference(longer, northern()).startswith("also by road; ")
    assert difference(northern(), longer).startswith("not by road; ")


def test_short_stretches_are_no_mode_of_their_own():
    road = element("DEDUI", "DEHAM", mode="road", length_km=20.0)
    longer = northern(elements=(*northern().elements, road))
    assert difference(longer, northern()).startswith("also by Duisburg; ")


def test_another_carrier_on_the_same_way_is_named():
    way = caspian()
    other = [replace(one, service="Ferry") if one.service else one for one in way.elements]
    assert difference(replace(way, elements=tuple(other)), way) == (
        "by Ferry instead of Feeder from KZSCO; the same figures"
    )


def test_the_same_way_says_so():
    assert difference(caspian(), caspian()) == (
        "the same places, by other lines or terminals; the same figures"
    )


def test_figures_are_compared_in_the_units_that_goods_have():
    in_bulk = replace(northern(), t_per_teu=None)
    assert "100 hours" not in difference(northern(), caspian())
    assert difference(northern(), caspian()).endswith(
        "4.2 days faster, 150 USD/TEU cheaper, 47 kg CO2e/t less, 25 points likelier on time"
    )
    assert "15 USD/t cheaper" in difference(in_bulk, caspian())


def test_long_lists_of_places_are_counted():
    stops = [element(f"S{number}") for number in range(1, 6)]
    way = northern(elements=(*northern().elements, *stops))
    assert difference(way, northern()).startswith("also by Duisburg, S1 and 3 more; ")


def test_legs_say_what_from_where_and_by_whom():
    titles = [leg_title(leg) for leg in caspian().legs]
    assert titles[:2] == [
        "rail 1435 mm, Xi'an International Port → Dostyk",
        "border at Dostyk",
    ]
    assert titles[2] == "gauge change at Dostyk"
    assert titles[5] == "ferry, Aktau sea port → Alat, by Feeder from KZSCO (KMTF)"
    assert titles[-1] == "drayage, Poti port → Duisburg"


def test_an_operator_in_the_name_of_its_service_is_not_said_twice():
    way = caspian()
    named = replace(way.elements[5], service="KMTF feeder")
    assert leg_title(replace(way, elements=(named,)).legs[0]).endswith("by KMTF feeder")


def test_departure_and_deadline():
    assert departure(answer()) == "leaves 2026-03-02, to arrive by 2026-03-15 (14 days)"
    assert departure(answer(deadline_days=None)) == "leaves 2026-03-02"


def test_ends_by_coordinates_are_called_what_they_were_asked_for():
    place = replace(XIAN, asked="34.9, 108.2", access_km=98.2)
    assert place_title(place) == "34.9, 108.2 (by Xi'an International Port)"
    (line,) = access(answer(origin=place))
    assert line.startswith("34.9, 108.2 is 98 km to Xi'an International Port in a straight line")
    assert access(answer()) == []


@pytest.mark.parametrize(
    ("found", "criteria", "text"),
    [
        (7, ("time", "cost"), "There are 7 ways that no other beats on time and cost; 2 of them"),
        (2, ("time", "co2"), "There are 2 ways that no other beats on time and CO2e."),
        (2, ("cost",), "The 2 best ways by cost."),
    ],
)
def test_what_is_shown_of_what_was_found(found, criteria, text):
    assert extent(answer(found=found, criteria=criteria)).startswith(text)


def test_one_way_is_one_way():
    alone = answer(caspian(), found=1)
    assert extent(alone) == "There is 1 way that no other beats on time, cost and CO2e."
    assert bests(alone.itineraries) == ""


def test_the_best_by_each_criterion_is_named():
    assert bests([caspian(), northern()]) == "Fastest: 2. Cheapest: 2. Least CO2e: 2."
