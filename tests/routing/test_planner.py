"""The planner on the small study: its answers against every simple path, by hand and by table."""

from dataclasses import replace
from datetime import date
from typing import Any

import networkx as nx
import numpy as np
import polars as pl
import pytest
from tests.builders import line, places, study_of

from sogdia.errors import CheckError, DataError, NoRouteError
from sogdia.routing.planner import Planner, route
from sogdia.scenario import Event, Rule, Scenario

MIDSUMMER = date(2024, 7, 10)
OPEN = Scenario(name="open", year=2024)


@pytest.fixture(scope="module")
def planner(small_study):
    return Planner(small_study, OPEN, depart=MIDSUMMER)


def every_way(planner, origin, destination, commodity):
    """Time, cost and CO2e of every simple path, by networkx."""
    request = planner.request(origin, destination, commodity)
    network = request.snap.network
    criteria = np.stack([request.criterion(name) for name in ("time", "cost", "co2")], axis=1)
    graph = nx.MultiDiGraph()
    for arc, (tail, head) in enumerate(zip(network.tail, network.head, strict=True)):
        if np.isfinite(criteria[arc]).all():
            graph.add_edge(int(tail), int(head), key=arc)
    source, target = request.ends
    paths = nx.all_simple_edge_paths(graph, source, target)
    return np.array([criteria[[arc for _, _, arc in path]].sum(axis=0) for path in paths])


@pytest.mark.parametrize(
    ("origin", "destination", "commodity"),
    [("Xi'an", "Duisburg", "machinery"), ("Dostyk", "Constanța", "copper")],
)
def test_the_ways_found_are_those_that_no_simple_path_beats(
    planner, origin, destination, commodity
):
    everything = every_way(planner, origin, destination, commodity)
    best = {
        tuple(np.round(one, 4))
        for one in everything
        if not ((everything <= one).all(axis=1) & (everything < one).any(axis=1)).any()
    }
    answer = planner.route(origin, destination, commodity=commodity, k=1000)
    found = {
        (
            round(sum(one.time_h for one in itinerary.elements), 4),
            round(itinerary.cost_usd_t - itinerary.insurance_usd_t, 4),
            round(itinerary.co2_kg_t, 4),
        )
        for itinerary in answer.itineraries
    }
    assert found == best
    assert answer.found == len(best)


@pytest.mark.parametrize("criterion", ["time", "cost", "co2"])
def test_by_one_criterion_the_k_best_come_in_order(planner, criterion):
    everything = every_way(planner, "Xi'an", "Duisburg", "machinery")
    column = ("time", "cost", "co2").index(criterion)
    answer = planner.route("Xi'an", "Duisburg", commodity="machinery", by=[criterion], k=4)
    found = [
        {
            "time": sum(one.time_h for one in itinerary.elements),
            "cost": itinerary.cost_usd_t - itinerary.insurance_usd_t,
            "co2": itinerary.co2_kg_t,
        }[criterion]
        for itinerary in answer.itineraries
    ]
    assert found == pytest.approx(np.sort(everything[:, column])[: len(found)].tolist())
    assert [one.rank for one in answer.itineraries] == [1, 2, 3, 4][: len(found)]


def test_a_trip_added_up_by_hand(planner):
    """Copper, Dostyk to Constanța: rail, ferry, rail, sea; every figure from the tables."""
    answer = planner.route("Dostyk", "Constanța", commodity="copper", via=["Alat"], k=1)
    one = answer.itineraries[0]
    assert one.corridor == "titr"
    assert one.countries == ("KZ", "AZ", "GE", "RO")
    # tariff rail-cis of 2024: 3 USD and 3 cents a km, on 3,200 and 800 km; ferry 14; sea 11
    line_haul = (3 + 0.03 * 3200) + (3 + 0.03 * 800) + 11.0
    parts = one.cost_parts_usd_t
    assert parts["line_haul"] == pytest.approx(line_haul)
    assert parts["ferry"] == pytest.approx(14.0)
    assert parts["insurance"] == pytest.approx(0.002 * 9000)
    assert parts["war_risk"] == 0.0
    assert sum(parts.values()) == pytest.approx(one.cost_usd_t)
    assert one.cost_usd_teu is None
    # rail 10 g and sea 14 g per t-km, hubs as many times as it is handled
    hubs = sum(leg.co2_kg_t for leg in one.legs if leg.mode == "transshipment")
    assert one.co2_kg_t - hubs == pytest.approx((10 * 4000 + 14 * 1530) / 1000)
    assert one.wtt_kg_t + one.ttw_kg_t == pytest.approx(one.co2_kg_t)
    assert one.inventory_usd_t == pytest.approx(3 * one.days_mean)


def test_the_mean_of_the_arrival_is_the_sum_of_the_means(planner):
    for one in planner.route("Xi'an", "Duisburg", commodity="machinery").itineraries:
        summed = sum(element.time_h for element in one.elements)
        assert one.days_mean * 24 == pytest.approx(summed, rel=1e-4)
        assert one.days_quantile(0.1) < one.days_mean < one.days_quantile(0.9)


def test_every_answer_stands_up_to_its_tables_and_a_false_one_does_not(planner):
    answer = planner.route("Xi'an", "Duisburg", commodity="machinery")
    planner.check(answer)
    itinerary = answer.itineraries[0]
    for wrong, said in (
        ({"freight_usd_t": 1.0}, "freight_usd_t"),
        ({"length_km": 1.0}, "length_km"),
        ({"wtt_kg_t": 99.0}, "wtt_kg_t"),
        ({"to_id": "RUMOW"}, "does not follow"),
    ):
        first = replace(itinerary.elements[0], **wrong)
        false = replace(itinerary, elements=(first, *itinerary.elements[1:]))
        with pytest.raises(CheckError, match=said):
            planner.check(replace(answer, itineraries=(false,)))


def test_what_is_avoided_is_in_no_answer(planner):
    for avoid, kept_out in (
        ("RU", lambda e: "RU" in e.countries),
        ("Aktau", lambda e: "KZSCO" in (e.from_id, e.to_id)),
        ("ferry", lambda e: e.mode == "ferry"),
        ("KZDST-RUMOW", lambda e: e.row_id == "KZDST-RUMOW"),
        ("BY-PL@Małaszewicze", lambda e: e.row_id == "BYBTS-PLMAL"),
    ):
        free = planner.route("Xi'an", "Duisburg", commodity="machinery", k=1000)
        bound = planner.route("Xi'an", "Duisburg", commodity="machinery", avoid=[avoid], k=1000)
        assert any(kept_out(e) for one in free.itineraries for e in one.elements)
        assert not any(kept_out(e) for one in bound.itineraries for e in one.elements)


def test_without_an_operator_its_services_are_not_used(planner):
    free = planner.route("Xi'an", "Duisburg", commodity="machinery", avoid=["RU"], k=1000)
    assert {e.operator for one in free.itineraries for e in one.elements} >= {"B"}
    with pytest.raises(NoRouteError):
        planner.route("Xi'an", "Constanța", commodity="machinery", avoid=["RU", "B", "air"])


def test_via_is_the_mirror_of_avoid(planner):
    answer = planner.route("Xi'an", "Duisburg", commodity="machinery", via=["titr"], k=1000)
    assert {one.corridor for one in answer.itineraries} == {"titr"}
    both = planner.route("Xi'an", "Duisburg", commodity="machinery", via=["KZ", "RU"], k=1000)
    assert all({"KZ", "RU"} <= set(one.countries) for one in both.itineraries)


def test_a_refusal_names_the_smallest_set_of_rules(small_study):
    rules = (
        Rule(countries=("RU",), name="avoid Russia"),
        Rule(countries=("AZ",), name="avoid Azerbaijan"),
        Rule(countries=("BY",), name="avoid Belarus"),
    )
    planner = Planner(small_study, Scenario(name="all", year=2024, rule=rules), depart=MIDSUMMER)
    with pytest.raises(NoRouteError) as caught:
        planner.route("Xi'an", "Duisburg", commodity="machinery")
    # without Azerbaijan's rule there is the southern way; the northern one breaks two
    assert set(caught.value.relax) == {
        ("rule 'avoid Azerbaijan'",),
        ("rule 'avoid Russia'", "rule 'avoid Belarus'"),
    }
    assert len(caught.value.blocked_by) == 2
    assert "rule 'avoid Azerbaijan'" in caught.value.blocked_by


def test_goods_that_no_one_takes_are_refused_with_the_reason(planner):
    with pytest.raises(NoRouteError, match="class 7 are not accepted") as caught:
        planner.route("Xi'an", "Duisburg", commodity="uranium", avoid=["RU", "air"])
    assert any("class 7" in label for label in caught.value.blocked_by)


def test_a_closure_that_ends_is_waited_for(small_study):
    """The Caspian link is closed from 5 to 9 February; the goods come to it meanwhile."""
    calm = Planner(small_study, OPEN, depart=date(2024, 1, 10))
    stormy = Planner(small_study, OPEN, depart=date(2024, 1, 28))
    ask: dict[str, Any] = {"commodity": "machinery", "via": ["KZSCO-AZALT"], "by": ["time"], "k": 1}
    before = calm.route("Xi'an", "Alat", **ask).itineraries[0]
    after = stormy.route("Xi'an", "Alat", **ask).itineraries[0]
    crossing = next(e for e in after.elements if e.kind == "service")
    usual = next(e for e in before.elements if e.kind == "service")
    came_h = sum(e.time_h for e in after.elements[: after.elements.index(crossing)])
    assert 8 * 24 < came_h < 13 * 24
    # closed until the beginning of 10 February, thirteen days after departure; January and
    # February stop the service for weather on different numbers of days
    assert crossing.waiting_h - usual.waiting_h == pytest.approx(13 * 24 - came_h, abs=8.0)
    assert after.days_mean > before.days_mean


def test_a_rule_that_begins_on_the_way_binds_whoever_is_not_yet_past(small_study):
    rule = Rule(countries=("RU",), name="from August", start=date(2024, 8, 1))
    scenario = Scenario(name="later", year=2024, rule=(rule,))
    ask: dict[str, Any] = {"commodity": "machinery", "by": ["time"], "avoid": ["air"], "k": 1}

    def corridor(day):
        planner = Planner(small_study, scenario, depart=day)
        return planner.route("Xi'an", "Duisburg", **ask).itineraries[0].corridor

    assert corridor(date(2024, 7, 1)) == "north"
    assert corridor(date(2024, 7, 30)) == "titr"
    assert corridor(date(2024, 8, 2)) == "titr"


def test_queues_add_their_waits_and_prices(small_study, planner):
    queues = pl.DataFrame(
        {
            "element": ["KZSCO-port"],
            "kind": ["terminal"],
            "forward": pl.Series([None], dtype=pl.Boolean),
            "unit": ["kt"],
            "wait_h": [48.0],
            "scarcity_usd_t": [7.0],
        }
    )
    ask: dict[str, Any] = {"commodity": "copper", "by": ["time"], "via": ["Aktau"], "k": 1}
    free = planner.route("Dostyk", "Constanța", **ask).itineraries[0]
    busy = (
        Planner(small_study, OPEN, depart=MIDSUMMER, queues=queues)
        .route("Dostyk", "Constanța", **ask)
        .itineraries[0]
    )
    assert (busy.days_mean - free.days_mean) * 24 == pytest.approx(48.0, rel=1e-3)
    assert busy.cost_parts_usd_t["scarcity"] == pytest.approx(7.0)
    assert busy.cost_usd_t - free.cost_usd_t == pytest.approx(7.0)
    assert busy.arrival.sd_h > free.arrival.sd_h


def test_a_place_off_the_network_is_reached_by_road(planner):
    with pytest.raises(DataError, match="no road"):
        planner.route("50.9, 6.9", "Xi'an", commodity="machinery")


def test_the_most_reliable_way_is_found(planner):
    ask: dict[str, Any] = {
        "commodity": "machinery",
        "deadline_days": 25.0,
        "avoid": ["air"],
        "k": 1000,
    }
    every = planner.route("Xi'an", "Duisburg", by=["time", "cost", "co2"], **ask)
    best = planner.route("Xi'an", "Duisburg", by=["reliability"], **ask)
    assert best.itineraries[0].on_time == pytest.approx(
        max(one.on_time for one in every.itineraries), abs=1e-3
    )
    for one in every.itineraries:
        assert one.on_time == one.arrival.probability_by(25 * 24)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"destination": "西安"}, "same place"),
        ({"destination": "Duisburgh"}, "Duisburg"),
        ({"commodity": "coal"}, "there is no commodity 'coal'.*machinery, copper, uranium"),
        ({"deadline_days": -3.0}, "in the past"),
        ({"by": ["speed"]}, "name one or more of time, cost, co2, reliability"),
        ({"by": []}, "name one or more"),
        ({"by": ["reliability"]}, "give one, e.g. --deadline 30d"),
        ({"k": 0}, "at least one"),
        ({"avoid": ["Atlantis"]}, "Atlantis"),
        ({"origin": "91.0, 5.0"}, "91"),
    ],
)
def test_what_is_no_question_is_refused(planner, change, said):
    question = {"origin": "Xi'an", "destination": "Duisburg", "commodity": "machinery"}
    with pytest.raises(DataError, match=said):
        planner.route(**(question | change))


def test_names_in_other_scripts_are_understood(planner):
    for name in ("MAŁASZEWICZE", "Malaszewicze", "malaszewicze", "PLMAL"):
        answer = planner.route("Xi'an", name, commodity="machinery", by=["time"], k=1)
        assert answer.destination.node_id == "PLMAL"


def test_a_study_without_a_year_asks_for_a_day(small_study):
    settings = small_study.settings.model_copy(update={"base_year": None, "default_scenario": None})
    with pytest.raises(DataError, match="--depart"):
        Planner(small_study.with_settings(settings))


def test_the_function_asks_a_planner(small_study):
    answer = route(
        small_study,
        "Xi'an",
        "Duisburg",
        commodity="machinery",
        scenario=OPEN,
        depart=MIDSUMMER,
        k=2,
        by=["cost"],
    )
    assert len(answer.itineraries) == 2
    assert answer.depart == MIDSUMMER


def test_a_way_through_a_place_is_found_though_a_cheaper_one_would_come_back():
    """A to B via M: by A-M-X-Y-B, dear; A-Y-M-X-Y-B is cheaper to X, but comes back to Y."""
    study = study_of(
        node=places("A", "Y", "M", "X", "B"),
        link=[
            line("A", "Y"),
            line("Y", "M"),
            line("M", "X"),
            line("X", "Y"),
            line("Y", "B"),
            line("A", "M", time_h=9.0, cost_usd_t=9.0, length_km=900.0),
        ],
    )
    planner = Planner(study, Scenario(name="none"), depart=MIDSUMMER)
    answer = planner.route("A", "B", commodity="goods", via=["M"])
    (way,) = answer.itineraries
    assert [e.row_id for e in way.elements] == ["A-M", "M-X", "X-Y", "Y-B"]
    assert planner.why_not("M", "A", "B", commodity="goods").verdict == "dominated"


def test_a_strike_of_a_service_is_waited_for(small_study):
    strike = Event(
        event_id="strike",
        name="Strike",
        from_date=date(2024, 7, 20),
        until_date=date(2024, 7, 24),
        element_kind="service",
        element_id="feeder",
        effect="closes",
    )
    ask: dict[str, Any] = {"commodity": "machinery", "via": ["feeder"], "by": ["time"], "k": 1}

    def crossing(depart, *events):
        scenario = Scenario(name="strike", year=2024, event=events)
        found = Planner(small_study, scenario, depart=depart).route("Xi'an", "Alat", **ask)
        elements = found.itineraries[0].elements
        number = next(n for n, one in enumerate(elements) if one.kind == "service")
        return sum(one.time_h for one in elements[:number]), elements[number].waiting_h

    # goods that leave on 12 July come to the port nine days later, in the middle of the strike
    came_h, usual_h = crossing(date(2024, 7, 12))
    assert 8 * 24 < came_h < 12 * 24
    _, struck_h = crossing(date(2024, 7, 12), strike)
    assert struck_h - usual_h == pytest.approx(13 * 24 - came_h, abs=1e-6)
    # on the first day of the strike itself goods may leave: it is over when they come
    _, later_h = crossing(date(2024, 7, 20), strike)
    assert later_h == pytest.approx(usual_h)
