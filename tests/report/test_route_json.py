"""The answer for scripts: keys that stay, plain values, nothing that JSON does not know."""

import json
from dataclasses import replace

import numpy as np
from tests.builders import line, places, study_of
from tests.routing.itineraries import answer, caspian, element, northern

from sogdia.report.route_json import answer_json, why_not_json
from sogdia.routing.arrival import Arrival
from sogdia.routing.explain import WhyNot

KEYS = [
    *("origin", "destination", "commodity", "depart", "deadline", "criteria"),
    *("found", "notes", "itineraries"),
]
ITINERARY_KEYS = [
    *("rank", "corridor", "countries", "days_mean", "days_p50", "days_p90"),
    *("cost_usd_t", "cost_usd_teu", "cost_parts_usd_t", "inventory_usd_t"),
    *("co2_kg_t", "co2_wtt_kg_t", "co2_ttw_kg_t", "on_time", "borders", "gauge_changes"),
    *("notices", "legs"),
]
LEG_KEYS = [
    *("mode", "from", "to", "service", "operator", "length_km"),
    *("moving_h", "waiting_h", "handling_h", "cost_usd_t", "co2_kg_t", "sources", "course"),
]
WHY_NOT_KEYS = ["asked", "name", "verdict", "blocked_by", "relax", "best", "text"]


def through_json(content):
    return json.loads(json.dumps(content, allow_nan=False))


def test_keys_are_those_that_were_promised():
    content = through_json(answer_json(answer()))
    assert list(content) == KEYS
    for one in content["itineraries"]:
        assert list(one) == ITINERARY_KEYS
        assert all(list(leg) == LEG_KEYS for leg in one["legs"])


def test_the_question_is_repeated():
    content = answer_json(answer())
    assert content["origin"]["node_id"] == "CNXIA"
    assert (content["commodity"], content["depart"]) == ("electronics", "2026-03-02")
    assert (content["deadline"], content["found"]) == ("2026-03-15", 7)
    assert answer_json(answer(deadline_days=None))["deadline"] is None


def test_figures_of_an_itinerary():
    one = answer_json(answer())["itineraries"][0]
    assert (one["days_mean"], one["days_p50"], one["days_p90"]) == (14.17, 14.17, 15.52)
    assert (one["cost_usd_t"], one["cost_usd_teu"]) == (108.0, 1080.0)
    assert sum(one["cost_parts_usd_t"].values()) == 108.0
    assert (one["co2_wtt_kg_t"], one["co2_ttw_kg_t"], one["co2_kg_t"]) == (64.5, 42.5, 107.0)
    assert one["countries"] == ["CN", "KZ", "AZ", "GE"]


def test_a_leg_names_its_carrier_and_sources():
    leg = answer_json(answer())["itineraries"][0]["legs"][5]
    assert (leg["mode"], leg["from"], leg["to"]) == ("ferry", "KZSCO", "AZALA")
    assert (leg["service"], leg["operator"]) == ("Feeder from KZSCO", "KMTF")
    assert (leg["length_km"], leg["moving_h"], leg["waiting_h"]) == (500.0, 20.0, 40.0)
    assert (leg["cost_usd_t"], leg["co2_kg_t"], leg["sources"]) == (26.0, 43.0, ["services"])


def test_what_is_not_known_or_not_finite_is_null():
    late = Arrival(np.array([0.0, 0.6]))
    way = replace(caspian(), arrival=late, on_time=float("nan"), t_per_teu=None, corridor=None)
    one = through_json(answer_json(answer(way)))["itineraries"][0]
    assert one["days_p90"] is None
    assert (one["on_time"], one["cost_usd_teu"], one["corridor"]) == (None, None, None)


def courses(way, study=None):
    """The links of every leg of the only itinerary of an answer."""
    content = through_json(answer_json(answer(way), study))
    return [leg["course"] for leg in content["itineraries"][0]["legs"]]


def test_the_course_of_a_leg_has_its_links_in_order_of_travel():
    way = northern()
    stretches = [one for course in courses(way) for one in course]
    haul = [one for one in way.elements if one.operation is None]
    assert [one["link_id"] for one in stretches] == [one.row_id for one in haul]
    assert [one["to"] for one in stretches] == [one.to_id for one in haul]
    operations = [leg.first.operation is not None for leg in way.legs]
    assert [course == [] for course in courses(way)] == operations


def test_a_part_of_a_link_goes_by_the_links_own_id():
    way = replace(northern(), elements=(element("KZDOS", "PLMAL", row_id="KZDOS-PLMAL@war"),))
    assert courses(way) == [[{"link_id": "KZDOS-PLMAL", "to": "PLMAL"}]]


def test_a_service_runs_on_the_link_that_the_study_says():
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B")],
        service=[{"service_id": "slow", "link_id": "A-B"}],
    )
    ferry = element("A", "B", kind="service", row_id="slow@storm|fast", mode="ferry")
    way = replace(northern(), elements=(ferry,))
    assert courses(way, study) == [[{"link_id": "A-B", "to": "B"}]]
    assert courses(way) == [[{"link_id": None, "to": "B"}]]


def test_a_place_that_is_no_node_is_null():
    road = {"kind": "drayage", "mode": "road", "row_id": "borrowed-road"}
    first = element("34.2,108.9", "CNXIA", **road)
    last = element("DEDUI", "48.14,11.58", **road)
    way = replace(northern(), elements=(first, *northern().elements, last))
    legs = answer_json(answer(way))["itineraries"][0]["legs"]
    assert (legs[0]["from"], legs[0]["to"]) == (None, "CNXIA")
    assert (legs[-1]["from"], legs[-1]["to"]) == ("DEDUI", None)
    assert legs[0]["course"] == [{"link_id": None, "to": "CNXIA"}]
    assert legs[-1]["course"] == [{"link_id": None, "to": None}]


def test_why_not_has_its_best_way_as_an_answer_has_it():
    verdict = WhyNot("north", "Northern", "blocked", ("a rule",), (("a rule",),), None, "Because.")
    content = through_json(why_not_json(verdict, answer()))
    assert list(content) == WHY_NOT_KEYS
    assert (content["blocked_by"], content["relax"]) == (["a rule"], [["a rule"]])
    assert content["best"] is None
    better = replace(verdict, verdict="beaten", best=northern())
    best = through_json(why_not_json(better, answer()))["best"]
    assert best == through_json(answer_json(answer(northern())))["itineraries"][0]
