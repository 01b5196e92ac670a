"""Why a way is not among the answers, on worlds small enough to see it at a glance."""

from datetime import date

import pytest
from tests.builders import GOODS, line, study_of

from sogdia.errors import NoRouteError
from sogdia.routing.planner import Planner
from sogdia.scenario import Rule, Scenario

DAY = date(2024, 7, 1)
LIFT = {"emission_class": "truck", "wtt_g_tkm": 20.0, "ttw_g_tkm": 80.0}
COUNTRIES = {"A": "AT", "B": "BE", "N": "NL", "S": "CH", "M": "MT", "P": "PT", "Q": "SE"}


def world(*links, **tables):
    """Places from west to east, each in a country of its own, and links between them."""
    used = {row[end] for row in links for end in ("from_node_id", "to_node_id")} | {"A", "B"}
    return study_of(
        node=[
            {"node_id": name, "name": f"{name}-town", "country": country, "x_coord": float(k)}
            for k, (name, country) in enumerate(COUNTRIES.items())
            if name in used
        ],
        link=[row | {"emission_class": "truck"} for row in links],
        emission_factor=[LIFT],
        **tables,
    )


def rule(*places, **dates):
    return Rule(places=places, name=f"no {'/'.join(places)}", **dates)


def planner(study, *rules, day=DAY):
    return Planner(study, Scenario(name="made-up", rule=rules), depart=day)


def why_not(what, study, *rules, **options):
    return planner(study, *rules, **options).why_not(what, "A", "B", commodity="goods")


def fork(**south):
    """North: 20 h, 10 USD, 20 kg; south: as said, else the same."""
    south = {"time_h": 10.0, "cost_usd_t": 5.0, "length_km": 100.0} | south
    return world(
        line("A", "N", time_h=10.0, cost_usd_t=5.0),
        line("N", "B", time_h=10.0, cost_usd_t=5.0),
        line("A", "S", time_h=10.0, cost_usd_t=5.0),
        line("S", "B", **south),
    )


def places_of(itinerary):
    return [itinerary.elements[0].from_id, *(one.to_id for one in itinerary.elements)]


@pytest.mark.parametrize("south", [{"cost_usd_t": 4.0, "time_h": 99.0}, {"length_km": 99.0}, {}])
def test_what_is_best_in_anything_or_equal_in_all_is_offered(south):
    found = why_not("CH", fork(**south))
    assert (found.verdict, found.asked, found.name) == ("offered", "CH", "Switzerland")
    assert (found.blocked_by, found.relax) == ((), ())
    assert found.best is not None
    assert places_of(found.best) == ["A", "S", "B"]


def test_what_is_offered_is_counted():
    """Three ways by S, of which the last is beaten, and the quickest by N."""
    study = world(
        line("A", "N", time_h=1.0, cost_usd_t=9.0),
        line("N", "B", time_h=1.0, cost_usd_t=9.0),
        line("A", "S"),
        line("S", "B", link_id="fast", time_h=2.0, cost_usd_t=8.0),
        line("S", "B", link_id="slow", time_h=5.0, cost_usd_t=3.0),
        line("S", "B", link_id="bad", time_h=6.0, cost_usd_t=4.0),
    )
    found = why_not("S", study)
    assert found.text == (
        "S-town is on 2 of the 3 ways that no other way beats; "
        "name it with --via to see them alone."
    )


def test_what_is_beaten_in_all_is_told_by_how_much():
    """48 h, 7 USD and, at 100 g per t-km on 30 km more, 3 kg."""
    study = fork(time_h=58.0, cost_usd_t=12.0, length_km=130.0)
    found = why_not("CH", study)
    assert found.verdict == "dominated"
    assert (found.blocked_by, found.relax) == ((), ())
    assert found.text == (
        "Every way through Switzerland is beaten in time, cost and emissions alike: the most "
        "balanced takes 2.0 days longer, costs 7 USD per t more and emits 3 kg CO2e per t more "
        "than a way that avoids it."
    )
    assert found.best is not None
    assert places_of(found.best) == ["A", "S", "B"]


def test_it_is_compared_with_a_way_that_beats_it():
    """Two ways are cheaper than the one by S, but slower; one beats it, by 4 h and 2 USD."""
    study = world(
        line("A", "B", link_id="cheap", time_h=25.0, cost_usd_t=1.0),
        line("A", "B", link_id="slow", time_h=1000.0, cost_usd_t=0.5),
        line("A", "B", link_id="good", time_h=20.0, cost_usd_t=10.0),
        line("A", "S", time_h=12.0, cost_usd_t=6.0),
        line("S", "B", time_h=12.0, cost_usd_t=6.0, length_km=0.0),
    )
    assert (
        "takes 0.2 days longer, costs 2 USD per t more and emits 0 kg" in why_not("S", study).text
    )


def test_one_rule_that_blocks_is_named():
    found = why_not("CH", fork(), rule("S"))
    assert found.verdict == "blocked"
    assert found.blocked_by == ("rule 'no S'",)
    assert found.relax == (("rule 'no S'",),)
    assert found.text == (
        "Switzerland is closed to these goods by rule 'no S'; there is a way without rule 'no S'."
    )
    assert found.best is not None
    assert places_of(found.best) == ["A", "S", "B"]


TWO_TO_M = (line("A", "P"), line("P", "M"), line("A", "Q"), line("Q", "M"), line("M", "B"))
CHAIN = (line("A", "P"), line("P", "Q"), line("Q", "B"), line("A", "B", name="direct"))


def test_of_two_rules_that_block_a_way_each_either_opens_one():
    found = why_not("M", world(*TWO_TO_M), rule("P"), rule("Q"))
    assert found.verdict == "blocked"
    assert set(found.blocked_by) == {"rule 'no P'", "rule 'no Q'"}
    assert set(found.relax) == {("rule 'no P'",), ("rule 'no Q'",)}
    assert "by rule 'no P' and rule 'no Q'; " in found.text
    assert found.text.endswith("a way without rule 'no P' or without rule 'no Q'.")


def test_two_rules_on_the_only_way_must_both_go_and_each_blocks_alone():
    found = why_not("P", world(*CHAIN), rule("P"), rule("Q"))
    assert found.verdict == "blocked"
    assert found.blocked_by in (("rule 'no P'",), ("rule 'no Q'",))
    assert found.relax == (("rule 'no P'", "rule 'no Q'"),)
    assert found.text.endswith("there is a way without rule 'no P' and rule 'no Q'.")
    assert found.best is not None
    assert places_of(found.best) == ["A", "P", "Q", "B"]


def test_where_no_line_leads_nothing_is_blocked():
    found = why_not("M", world(line("A", "B"), line("M", "B")), rule("M"))
    assert (found.verdict, found.blocked_by, found.relax, found.best) == (
        "unreachable",
        (),
        (),
        None,
    )
    assert found.text == (
        "The network of 2024-07-01 has no way from A-town to B-town through M-town, "
        "even without any rule."
    )


def test_a_limit_of_carriers_blocks_like_a_rule():
    study = world(line("A", "B"), line("A", "S", allowed_uses="container"), line("S", "B"))
    found = why_not("S", study)
    assert (found.verdict, found.relax) == (
        "blocked",
        (("limit: cargo of kind bulk is not taken",),),
    )
    # even without the limit there would be no price to pay
    assert found.best is None


@pytest.mark.parametrize(
    ("time_h", "day", "verdict"),
    [(40.0, DAY, "offered"), (50.0, DAY, "blocked"), (50.0, date(2024, 6, 20), "offered")],
)
def test_a_rule_that_begins_after_the_goods_have_passed_keeps_nothing_out(time_h, day, verdict):
    """S is closed from 3 July on, 48 h after the beginning of 1 July."""
    study = world(line("A", "S", time_h=time_h), line("S", "B", time_h=5.0))
    found = why_not("S", study, rule("S", start=date(2024, 7, 3)), day=day)
    assert found.verdict == verdict
    assert found.blocked_by == (("rule 'no S'",) if verdict == "blocked" else ())


@pytest.mark.parametrize("until", [None, date(2030, 1, 1)])
def test_a_closure_that_outlasts_the_trip_is_named_whenever_it_ends(until):
    wall = {"event_id": "wall", "name": "Wall", "element_kind": "link", "element_id": "S-B"}
    study = world(
        line("A", "S", time_h=48.0),
        line("S", "B"),
        event=[wall | {"from_date": date(2024, 7, 2), "until_date": until}],
    )
    with pytest.raises(NoRouteError) as caught:
        planner(study).route("A", "B", commodity="goods")
    end = f" to {until}" if until else ""
    assert caught.value.blocked_by == (f"event 'Wall' (S-B closed from 2024-07-02{end})",)
    assert why_not("S", study).blocked_by == caught.value.blocked_by


def test_a_closure_that_ends_only_delays():
    wall = {"event_id": "wall", "name": "Wall", "element_kind": "link", "element_id": "S-B"}
    study = world(
        line("A", "S", time_h=12.0),
        line("S", "B"),
        event=[wall | {"from_date": DAY, "until_date": date(2024, 7, 3)}],
    )
    found = why_not("S", study)
    assert found.verdict == "offered"
    assert found.best is not None
    assert found.best.days_mean * 24 == pytest.approx(72.0 + 1.0)


def test_a_refusal_names_the_rules_and_what_would_open_a_way():
    asked = planner(world(*TWO_TO_M), rule("P"), rule("Q"))
    with pytest.raises(NoRouteError) as caught:
        asked.route("A", "B", commodity="goods")
    assert set(caught.value.blocked_by) == {"rule 'no P'", "rule 'no Q'"}
    assert set(caught.value.relax) == {("rule 'no P'",), ("rule 'no Q'",)}
    assert str(caught.value) == (
        "no way is left for goods from A-town to B-town on 2024-07-01: it is blocked by "
        "rule 'no P' and rule 'no Q'; there is a way without rule 'no P' or without rule 'no Q'"
    )


def test_a_refusal_counts_wishes_and_what_must_be_passed():
    asked = planner(world(*CHAIN), rule("Q"))
    with pytest.raises(NoRouteError) as caught:
        asked.route("A", "B", commodity="goods", avoid=["A-B"])
    assert set(caught.value.relax) == {("rule 'no Q'",), ("the wish to avoid direct",)}
    with pytest.raises(NoRouteError) as through:
        asked.route("A", "B", commodity="goods", via=["P"])
    assert through.value.relax == (("rule 'no Q'",),)


def test_a_refusal_for_want_of_a_network_names_no_rule():
    with pytest.raises(NoRouteError, match="even without any rule") as caught:
        planner(world(line("B", "A")), rule("A")).route("A", "B", commodity="goods")
    assert (caught.value.blocked_by, caught.value.relax) == ((), ())


def test_more_ways_out_than_can_be_told_are_counted():
    roads = [link for k in "MNPQS" for link in (line("A", k), line(k, "B"))]
    with pytest.raises(NoRouteError, match=r"\(and 2 more\)$") as caught:
        planner(world(*roads), *map(rule, "MNPQS")).route("A", "B", commodity="goods")
    assert len(caught.value.relax) == len(caught.value.blocked_by) == 5


def events(**row):
    """An event in force on the day that makes something half as quick."""
    return [
        {"event_id": "works", "name": "Works", "element_kind": "link", "element_id": "A-S"}
        | {"from_date": date(2024, 1, 1), "effect": "capacity", "factor": 0.5}
        | row
    ]


def noticed(study, day=DAY):
    """Notices of the ways by the south and by the north."""
    ask = planner(study, day=day)
    return [
        ask.route("A", "B", commodity="goods", via=[via]).itineraries[0].notices
        for via in ("S", "N")
    ]


@pytest.mark.parametrize(
    ("row", "south", "north"),
    [
        ({}, "Works (A-S: capacity x 0.5)", None),
        ({"effect": "time", "factor": 1.25}, "Works (A-S: time x 1.25)", None),
        ({"effect": "cost", "factor": 2.0, "uses": "bulk"}, "Works (A-S: cost x 2)", None),
        ({"element_kind": "node", "element_id": "S"}, "Works (S: capacity x 0.5)", None),
        ({"element_kind": "country", "element_id": "NL"}, None, "Works (NL: capacity x 0.5)"),
        ({"until_date": DAY}, "Works (A-S: capacity x 0.5)", None),
        ({"until_date": date(2024, 6, 30)}, None, None),
        ({"from_date": date(2024, 7, 2)}, None, None),
        ({"happened": False}, None, None),
        ({"uses": "container"}, None, None),
    ],
)
def test_an_event_in_force_on_what_is_used_is_noticed(row, south, north):
    box = {"commodity_id": "box", "name": "box", "use": "container"}
    roads = fork()
    study = world(*roads.link.to_dicts(), event=events(**row), commodity=[GOODS, box])
    told = [(text,) if text else () for text in (south, north)]
    assert noticed(study) == told


@pytest.mark.parametrize(
    ("kind", "element"), [("link", "A-S"), ("service", "first"), ("service", "second")]
)
def test_an_event_on_a_service_or_on_the_link_below_it_is_noticed(kind, element):
    ship = {"link_id": "A-S", "batch_capacity_t": 1e3}
    study = world(
        line("A", "S", mode="sea"),
        line("S", "B", mode="sea"),
        line("A", "N"),
        line("N", "B"),
        service=[ship | {"service_id": name} for name in ("first", "second")],
        event=events(element_kind=kind, element_id=element),
    )
    assert noticed(study) == [(f"Works ({element}: capacity x 0.5)",), ()]
