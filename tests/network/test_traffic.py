"""Roads as arrays: order, directions, units, zones of one node or several, or not to be passed."""

from __future__ import annotations

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import study_of

from sogdia.network.traffic import RoadNetwork, compile_roads
from sogdia.study import Study
from sogdia.study.model import TrafficSettings

CAR = {"class_id": "car", "pce": 1.0}
TRUCK = {"class_id": "truck", "pce": 2.5}


def street(first: str, last: str, **more: object) -> dict[str, object]:
    return {"link_id": f"{first}{last}", "from_node_id": first, "to_node_id": last, **more}


def nodes(names: str, **zones: str) -> list[dict[str, object]]:
    return [{"node_id": name, "zone_id": zones.get(name)} for name in names]


def arcs_of(roads: RoadNetwork) -> list[tuple[str | None, str | None, str | None]]:
    return roads.arc.select("link_id", "from_node_id", "to_node_id").rows()


def test_arcs_stand_by_tail_then_head_then_row():
    links = [street("b", "c"), street("a", "c"), street("a", "b"), street("a", "b", link_id="ab2")]
    roads = compile_roads(study_of(node=nodes("abc"), link=links))
    assert roads.arc["link_id"].to_list() == ["ab", "ab2", "ac", "bc"]
    assert roads.first_out.tolist() == [0, 3, 4, 4]
    assert roads.tail.tolist() == [0, 0, 0, 1]
    assert roads.head.tolist() == [1, 1, 2, 2]
    assert roads.tail.dtype == roads.head.dtype == roads.first_out.dtype == np.int32


def test_a_link_that_is_not_directed_is_an_arc_each_way():
    roads = compile_roads(study_of(node=nodes("ab"), link=[street("a", "b", directed=False)]))
    assert arcs_of(roads) == [("ab", "a", "b"), ("ab", "b", "a")]
    assert roads.arc["forward"].to_list() == [True, False]


def test_times_lengths_and_limits_are_in_the_units_of_the_network():
    study = study_of(
        node=nodes("abc"),
        link=[
            street("a", "b", length_km=1.609344, time_h=0.5),
            street("b", "c", length_km=16.09344, time_h=None, free_speed_km_h=32.18688),
        ],
        road=[
            {"link_id": "ab", "delay": "bpr", "capacity_trips": 900.0, "alpha": 0.15, "beta": 4.0,
             "toll": 3.0, "hard": True},
        ],
    )  # fmt: skip
    units = TrafficSettings(time_unit="min", length_unit="mile")
    study = study.with_settings(study.settings.model_copy(update={"traffic": units}))
    arc = compile_roads(study).arc
    assert arc["free_time"].to_list() == pytest.approx([30.0, 30.0])
    assert arc["length"].to_list() == pytest.approx([1.0, 10.0])
    assert arc["delay"].cast(pl.String).to_list() == ["bpr", "constant"]
    assert arc["capacity_trips"].to_list() == [900.0, np.inf]
    assert arc.select("alpha", "beta", "toll", "hard").rows() == [
        (0.15, 4.0, 3.0, True),
        (0.0, 0.0, 0.0, False),
    ]


def test_without_units_times_are_hours():
    arc = compile_roads(study_of(node=nodes("ab"), link=[street("a", "b", time_h=2.0)])).arc
    assert arc.select("free_time", "length").row(0) == (2.0, 100.0)


def test_only_roads_are_roads_unless_a_table_says_that_vehicles_use_them():
    links = [street("a", "b"), street("b", "c", mode="ferry"), street("a", "c", mode="sea")]
    road = [{"link_id": "bc", "delay": "constant"}]
    roads = compile_roads(study_of(node=nodes("abc"), link=links, road=road))
    assert roads.arc["link_id"].to_list() == ["ab", "bc"]


def test_a_zone_that_may_be_passed_is_its_node():
    roads = compile_roads(study_of(node=nodes("ab", b="Z"), link=[street("a", "b")]))
    assert roads.zone_id.to_list() == ["Z"]
    assert roads.origin_node.tolist() == roads.destination_node.tolist() == [1]
    assert roads.nodes == 2


def test_a_zone_that_may_not_be_passed_is_two_nodes():
    node = nodes("abc", a="A", b="B", c="C")
    node[1]["through"] = False
    links = [street(*ends, directed=False) for ends in ("ab", "bc")]
    roads = compile_roads(study_of(node=node, link=links))
    graph = digraph(roads)
    origin = dict(zip(roads.zone_id, roads.origin_node.tolist(), strict=True))
    destination = dict(zip(roads.zone_id, roads.destination_node.tolist(), strict=True))
    assert nx.has_path(graph, origin["A"], destination["B"])
    assert nx.has_path(graph, origin["B"], destination["C"])
    assert not nx.has_path(graph, origin["A"], destination["C"])
    assert roads.node_id.to_list() == ["a", "b", "c", "b"]


def test_a_zone_of_several_nodes_is_joined_to_each_of_them():
    node = nodes("abcd", a="A", b="Z", c="Z")
    links = [street("a", "b"), street("a", "c"), street("b", "d"), street("d", "c")]
    roads = compile_roads(study_of(node=node, link=links, user_class=[CAR]))
    joins = roads.arc.with_columns(tail=pl.Series(roads.tail), head=pl.Series(roads.head)).filter(
        "is_connector"
    )
    start, end = int(roads.origin_node[1]), int(roads.destination_node[1])
    assert {*joins.select("tail", "head").rows()} == {(start, 1), (start, 2), (1, end), (2, end)}
    assert joins["free_time"].sum() == 0
    assert joins["link_id"].null_count() == joins.height
    assert roads.allowed.all()
    assert not np.isin(roads.head, start).any(), "nothing passes the zone"
    assert roads.node_id.to_list() == ["a", "b", "c", "d", None, None]


def test_classes_keep_to_the_links_that_admit_them():
    road = [
        {"link_id": "ab", "delay": "constant", "allowed_classes": "car"},
        {"link_id": "bc", "delay": "constant", "allowed_classes": "car,truck"},
    ]
    links = [street(*ends) for ends in ("ab", "ac", "bc")]
    roads = compile_roads(
        study_of(node=nodes("abc"), link=links, road=road, user_class=[CAR, TRUCK])
    )
    assert roads.class_id == ("car", "truck")
    assert roads.allowed.tolist() == [[True, True, True], [False, True, True]]


def digraph(roads: RoadNetwork) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(roads.nodes))
    for arc, (tail, head) in enumerate(zip(roads.tail.tolist(), roads.head.tolist(), strict=True)):
        graph.add_edge(tail, head, weight=roads.arc["free_time"][arc])
    return graph


@st.composite
def studies(draw: st.DrawFn) -> Study:
    names = "abcdef"
    zone = st.sampled_from([None, "X", "Y", "Z"])
    node = [
        {"node_id": name, "zone_id": draw(zone), "through": draw(st.sampled_from([None, False]))}
        for name in names
    ]
    pairs = st.lists(
        st.tuples(st.sampled_from(names), st.sampled_from(names)).filter(lambda p: p[0] != p[1]),
        min_size=1,
        max_size=12,
    )
    links = [
        street(*ends, link_id=f"l{k}", directed=draw(st.booleans()), time_h=draw(st.integers(0, 5)))
        for k, ends in enumerate(draw(pairs))
    ]
    return study_of(node=node, link=links)


@settings(max_examples=25, deadline=None)
@given(studies())
def test_times_from_zone_to_zone_are_those_of_the_tables(study: Study):
    roads = compile_roads(study)
    assert (np.diff(roads.tail) >= 0).all()
    assert (
        roads.first_out.tolist() == np.searchsorted(roads.tail, np.arange(roads.nodes + 1)).tolist()
    )
    graph = digraph(roads)
    found = {
        (a, b): nx.single_source_dijkstra_path_length(graph, start).get(end)
        for a, start in zip(roads.zone_id, roads.origin_node.tolist(), strict=True)
        for b, end in zip(roads.zone_id, roads.destination_node.tolist(), strict=True)
        if a != b
    }
    assert found == {pair: slow_time(study, *pair) for pair in found}


def slow_time(study: Study, origin: str, destination: str) -> float | None:
    """Relax all links until nothing changes; a node not to be passed sends nothing on."""
    zone = dict(study.node.select("node_id", "zone_id").iter_rows())
    shut = set(study.node.filter(~pl.col("through"))["node_id"])
    starts = {name for name in zone if zone[name] == origin}
    ends = {name for name in zone if zone[name] == destination}
    best: dict[str, float] = {}
    links = study.link.select("from_node_id", "to_node_id", "time_h", "directed").rows()
    both = [*links, *((b, a, t, d) for a, b, t, d in links if not d)]
    for _ in range(len(zone) + 1):
        for a, b, time, _directed in both:
            ways = []
            if a in starts:
                ways.append(0.0)
            if a in best and a not in shut:
                ways.append(best[a])
            if ways:
                best[b] = min([time + min(ways), *([best[b]] if b in best else [])])
    # A node that is in both sets would be a trip within a zone.
    return min((best[name] for name in ends if name in best), default=None)
