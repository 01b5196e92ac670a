"""A supernetwork counted by hand, and policy masks against brute force."""

import itertools
import warnings

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import line, places, study_of
from tests.examples import examples

from sogdia.assignment import AssignmentOptions, ChoiceParameters, assign
from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks
from sogdia.scenario import Rule, Scenario
from sogdia.study.load import DataWarning

SPREAD = AssignmentOptions(
    choice=ChoiceParameters(scale=2.0), value_of_time_edges=(), rounds=12, detour=1e9
)


def rail(start, end, gauge, **row):
    """A rail link both ways."""
    return line(start, end, mode="rail", gauge_mm=gauge, directed=False, **row)


def border_of_two_gauges():
    """A in CN, then Dostyk in KZ with its border and gauge change, then C."""
    return study_of(
        node=[
            {"node_id": "A", "country": "CN", "x_coord": 90.0},
            {"node_id": "D", "country": "KZ", "x_coord": 80.0},
            {"node_id": "C", "country": "KZ", "x_coord": 70.0},
        ],
        link=[
            rail("A", "D", 1435, country="CN,KZ", time_h=10.0),
            rail("D", "C", 1520, country="KZ", time_h=20.0),
        ],
        terminal=[
            {"terminal_id": "border", "node_id": "D", "operation": "border", "neighbour": "CN"}
            | {"from_mode": "rail", "from_gauge_mm": 1435, "to_mode": "rail", "to_gauge_mm": 1435}
            | {"dwell_h": 5.0},
            {"terminal_id": "gauge", "node_id": "D", "operation": "gauge_change"}
            | {"from_mode": "rail", "from_gauge_mm": 1435, "to_mode": "rail", "to_gauge_mm": 1520}
            | {"dwell_h": 7.0},
        ],
        demand=[{"origin": "A", "destination": "C"}, {"origin": "C", "destination": "A"}],
    )


def test_states_and_arcs_of_a_gauge_change_counted_by_hand():
    """Five states on rails (A, D abroad, D of either gauge, C), and a start and end per node.

    Arcs: two links and two terminals, both ways (8); access and egress at A, C and the two
    home states of D (8).
    """
    network = compile_network(border_of_two_gauges())
    moving = network.state.filter(~network.state["mode"].is_in(["origin", "destination"]))
    assert sorted(moving.select("node_id", "gauge_mm", "side").rows()) == [
        ("A", 1435, ""),
        ("C", 1520, ""),
        ("D", 1435, ""),
        ("D", 1435, "CN"),
        ("D", 1520, ""),
    ]
    assert network.state.height == 5 + 2 * 3
    assert network.arc.group_by("kind").len().sort("kind").rows() == [
        ("access", 4),
        ("egress", 4),
        ("link", 4),
        ("terminal", 4),
    ]


@pytest.mark.parametrize("direction", ["westbound", "eastbound"])
def test_goods_pass_border_and_gauge_change_once_each_way(direction):
    paths = assign(border_of_two_gauges()).paths.filter(direction=direction)
    assert paths["time_h"].item() == pytest.approx(10 + 5 + 7 + 20)
    assert sorted(paths["elements"].item().split()) == ["A-D", "D-C", "border", "gauge"]


def test_without_its_gauge_change_nothing_crosses():
    study = border_of_two_gauges()
    study = study.with_tables(
        terminal=study.terminal.filter(study.terminal["terminal_id"] == "border")
    )
    with pytest.raises(Exception, match="no path joins any origin"):
        assign(study)


def test_arcs_are_in_csr_order_and_states_join_one_place_or_one_mode():
    network = compile_network(border_of_two_gauges())
    assert (np.diff(network.tail) >= 0).all()
    for state in range(network.state.height):
        arcs = np.arange(network.first_out[state], network.first_out[state + 1])
        assert (network.tail[arcs] == state).all()
    ends = network.arc.filter(network.arc["kind"] == "link")
    assert (ends["tail_gauge_mm"] == ends["head_gauge_mm"]).all()


LAND = [f"N{k}" for k in range(6)]
COUNTRY = dict(zip(LAND, ["AT", "BE", "BE", "CH", "DE", "AT"], strict=True))
PAIRS = list(itertools.permutations(LAND, 2))


@st.composite
def worlds(draw):
    """Random one-mode networks of six places, and countries and places to deny."""
    pairs = draw(st.lists(st.sampled_from(PAIRS), min_size=5, max_size=14, unique=True))
    countries = draw(st.sets(st.sampled_from(["BE", "CH", "DE"]), max_size=2))
    denied = draw(st.sets(st.sampled_from(LAND[1:5]), max_size=2))
    return pairs, countries, denied


@settings(max_examples=examples(60), deadline=None)
@given(worlds())
def test_policy_leaves_exactly_the_paths_that_avoid_what_is_denied(world):
    """Brute force: enumerate all simple paths, drop those that touch a denied place."""
    pairs, countries, denied = world
    study = study_of(
        node=[
            {"node_id": n, "country": COUNTRY[n], "x_coord": float(k)} for k, n in enumerate(LAND)
        ],
        link=[line(a, b, country=",".join(sorted({COUNTRY[a], COUNTRY[b]}))) for a, b in pairs],
        demand=[{"origin": "N0", "destination": "N5"}],
    )
    rule = (
        Rule(countries=tuple(sorted(countries)), places=tuple(sorted(denied)))
        if (countries or denied)
        else None
    )
    graph = nx.DiGraph(pairs)
    graph.add_nodes_from(LAND)
    allowed = {
        tuple(path)
        for path in nx.all_simple_paths(graph, "N0", "N5")
        if not any(COUNTRY[n] in countries or n in denied for n in path[1:-1])
    }
    scenario = Scenario(name="s", rule=(rule,) if rule else ())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        try:
            result = assign(study, scenario, options=SPREAD)
        except ValueError as error:
            assert "no path joins any origin" in str(error)
            assert not allowed
            return
    result.check()
    found = {tuple(places.split()) for places in result.paths["places"]}
    assert found <= allowed
    assert len(allowed) == 0 or len(found) > 0
    if len(allowed) == 1:
        assert found == allowed


def test_denied_everywhere_is_unserved_by_policy_not_an_error():
    study = study_of(
        node=places("A", "P", "B", "C"),
        link=[line("A", "P"), line("P", "B"), line("A", "C")],
        demand=[
            {"origin": "A", "destination": "B", "quantity_kt": 3.0},
            {"origin": "A", "destination": "C", "quantity_kt": 4.0},
        ],
    )
    result = assign(study, Scenario(name="s", rule=(Rule(places=("P",)),)))
    assert result.unserved.rows() == [("A", "B", "goods", 3.0, "policy")]
    result.check()


def test_goods_of_the_denied_country_itself_still_move():
    study = study_of(
        node=[
            {"node_id": "A", "country": "AT", "x_coord": 0.0},
            {"node_id": "B", "country": "BE", "x_coord": 1.0},
            {"node_id": "C", "country": "CH", "x_coord": 2.0},
        ],
        link=[line("A", "B", country="AT,BE"), line("B", "C", country="BE,CH")],
        demand=[{"origin": "A", "destination": "B"}, {"origin": "A", "destination": "C"}],
    )
    result = assign(study, Scenario(name="s", rule=(Rule(countries=("BE",)),)))
    assert result.paths["destination"].to_list() == ["B"]
    assert result.unserved["destination"].to_list() == ["C"]


def test_marks_name_links_services_and_the_links_under_them():
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B", mode="ferry")],
        service=[{"service_id": "boat", "link_id": "A-B", "batch_capacity_t": 1e6}],
    )
    network = compile_network(study)
    marks = Marks(network)
    assert marks.of("boat").sum() == marks.of("A-B").sum() == 1
    assert marks.of("mode:ferry").sum() == 1
    assert marks.of("mode:rail").sum() == 0
