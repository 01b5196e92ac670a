"""The planner on the built-in study: published trips, invariants, an independent library."""

from datetime import date
from random import Random
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.errors import NoRouteError
from sogdia.routing.planner import Planner
from sogdia.routing.search import values, ways
from sogdia.routing.where import arcs_to_avoid
from sogdia.scenario import Scenario
from sogdia.study.load import load

CRITERIA = ("time", "cost", "co2")
DENIALS = ("RU", "KZ", "TR", "PL", "EG", "ferry", "sea", "air", "Dostyk", "Alat", "ASCO")


@pytest.fixture(scope="module")
def study():
    return load("eurasia")


@pytest.fixture(scope="module")
def planner(study):
    return Planner(study, depart=date(2024, 9, 2))


def test_answers_between_random_places_stand_up_to_their_tables(planner):
    random = Random(11)
    places = planner.study.node["node_id"].to_list()
    goods = planner.study.commodity["commodity_id"].to_list()
    answered = 0
    for _ in range(60):
        origin, destination = random.sample(places, 2)
        try:
            answer = planner.route(origin, destination, commodity=random.choice(goods), k=4)
        except NoRouteError as refused:
            assert refused.relax or not refused.blocked_by
            continue
        planner.check(answer)
        answered += 1
    assert answered > 25


def test_the_best_by_each_criterion_is_that_of_networkx(planner):
    request = planner.request("Xi'an", "Lyon", "electronics")
    network = request.snap.network
    source, target = request.ends
    found = values(request, ways(request, CRITERIA), CRITERIA).min(axis=0)
    for column, name in enumerate(CRITERIA):
        cost = request.criterion(name)
        graph = nx.MultiDiGraph()
        graph.add_weighted_edges_from(
            (int(tail), int(head), float(cost[arc]))
            for arc, (tail, head) in enumerate(zip(network.tail, network.head, strict=True))
            if np.isfinite(cost[arc]) and np.isfinite(request.criterion("cost")[arc])
        )
        assert found[column] == pytest.approx(nx.dijkstra_path_length(graph, source, target))


@settings(deadline=None, max_examples=examples(25))
@given(st.lists(st.sampled_from(DENIALS), min_size=1, max_size=4, unique=True), st.data())
def test_a_denial_never_improves_and_is_never_broken(planner, denied, data):
    more = data.draw(st.sampled_from([name for name in DENIALS if name not in denied]))
    ends = ("Xi'an", "Duisburg", "machinery")
    few = planner.request(*ends, avoid=denied)
    many = planner.request(*ends, avoid=[*denied, more])
    before, after = ways(few, CRITERIA), ways(many, CRITERIA)
    for path in after:
        assert not many.closed[path].any()
    if not after:
        return
    lowest = values(few, before, CRITERIA)
    for vector in values(many, after, CRITERIA):
        assert (lowest <= vector + 1e-3).all(axis=1).any()


def test_a_denied_country_is_in_no_itinerary(planner):
    answer = planner.route(
        "Xi'an", "Duisburg", commodity="electronics", avoid=["RU", "BY", "CN-KZ@Dostyk"], k=100
    )
    for itinerary in answer.itineraries:
        assert not {"RU", "BY"} & set(itinerary.countries)
    token = planner._token("CN-KZ@Dostyk")
    assert arcs_to_avoid(planner._snapshot(frozenset())[0], token).any()
    by_dostyk = planner.route(
        "Xi'an", "Duisburg", commodity="electronics", via=["CN-KZ@Dostyk"], k=3
    )
    assert all(
        any(element.from_id == "KZDOS" for element in itinerary.elements)
        for itinerary in by_dostyk.itineraries
    )


# Published door-to-door trips: corridor, ends, goods, day, days, and where they are published
# (rows of table observation). Each lies between P10 and P90 of a way that nothing beats.
PUBLISHED = {
    "titr, block train": ("titr", "Altynkol", "Poti", "machinery", (2024, 7, 1), 12.0),
    "titr, to Baku": ("titr", "CNXIA", "AZBAK", "machinery", (2024, 7, 1), 15.5),
    "titr, to the Caspian's far side": ("titr", "KZALT", "AZBAK", "machinery", (2024, 7, 1), 10.0),
    "titr, uranium": ("titr", "KZALA", "CAMTR", "uranium", (2022, 7, 1), 82.5),
    "north, to Poland": ("north", "CNCTU", "PLWAW", "electronics", (2023, 7, 1), 13.0),
    "north, to Germany": ("north", "CNCTU", "DEDUI", "electronics", (2023, 7, 1), 18.0),
    "sea by Suez": ("sea-suez", "CNSHA", "NLRTM", "electronics", (2023, 7, 1), 35.0),
    "sea by the Cape": ("sea-cape", "CNSHA", "NLRTM", "electronics", (2024, 7, 1), 47.0),
}


@pytest.mark.parametrize("trip", PUBLISHED)
def test_published_trips_lie_within_the_modelled_range(study, trip):
    corridor, origin, destination, goods, day, days = PUBLISHED[trip]
    depart = date(*day)
    planner = Planner(study, Scenario(name="no rules", year=depart.year), depart=depart)
    answer = planner.route(origin, destination, commodity=goods, via=[corridor], avoid=["air"])
    ranges = [
        (one.days_quantile(0.1), one.days_quantile(0.9))
        for one in answer.itineraries
        if one.corridor == corridor
    ]
    assert any(low <= days <= high for low, high in ranges), ranges


def test_the_price_of_a_box_by_sea_is_the_published_rate(planner):
    """Shanghai to Rotterdam by the Cape: 4,928 USD per FEU in 2024 (World Container Index)."""
    answer = planner.route(
        "Shanghai", "Rotterdam", commodity="consumer-goods", by=["cost"], via=["sea-cape"], k=1
    )
    one = answer.itineraries[0]
    freight = one.cost_parts_usd_t["line_haul"] * one.t_per_teu
    assert freight == pytest.approx(4928 / 2, rel=0.15)


def test_europe_to_china_costs_less_than_back(planner):
    """Empty boxes go east: the tariffs tell the two directions apart."""
    ask: dict[str, Any] = {"commodity": "machinery", "by": ["cost"], "via": ["sea"], "k": 1}
    west = planner.route("Shanghai", "Rotterdam", **ask).itineraries[0]
    east = planner.route("Rotterdam", "Shanghai", **ask).itineraries[0]
    assert east.cost_parts_usd_t["line_haul"] < 0.3 * west.cost_parts_usd_t["line_haul"]


def test_coordinates_are_reached_by_a_stated_road(planner):
    answer = planner.route("48.14, 11.58", "Xi'an", commodity="machinery", k=2)
    road = answer.itineraries[0].elements[0]
    assert (road.kind, road.mode) == ("drayage", "road")
    assert road.length_km == pytest.approx(1.3 * answer.origin.access_km)
    assert road.to_id == answer.origin.node_id
    assert answer.itineraries[0].cost_parts_usd_t["drayage"] > 0
    planner.check(answer)


def test_why_not_names_what_keeps_a_corridor_out(planner):
    ask: dict[str, Any] = {"commodity": "electronics"}
    north = planner.why_not("north", "Xi'an", "Duisburg", avoid=["RU"], **ask)
    assert (north.verdict, north.blocked_by) == ("blocked", ("the wish to avoid Russia",))
    assert north.best is not None
    assert north.best.corridor == "north"
    iran = planner.why_not("Iran", "Xi'an", "Duisburg", **ask)
    assert iran.blocked_by == ("rule 'no transit of Iran'",)
    cape = planner.why_not("sea-cape", "Xi'an", "Duisburg", **ask)
    assert cape.verdict == "dominated"
    assert "days longer" in cape.text
    suez = planner.why_not("Suez", "Xi'an", "Duisburg", **ask)
    assert suez.verdict == "offered"
    nowhere = planner.why_not("US", "Xi'an", "Duisburg", **ask)
    assert nowhere.verdict == "unreachable"
