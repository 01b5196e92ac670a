"""Ways through what they have to pass, against Dijkstra from piece to piece."""

from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import line, places, study_of
from tests.examples import examples

from sogdia.errors import DataError
from sogdia.network.compile import compile_network
from sogdia.routing.layers import MOST_GROUPS, layers

STATES = 6
SOURCE, TARGET = 0, STATES - 1
ANY = compile_network(study_of(node=places("A", "B"), link=[line("A", "B")]))
ENDS = st.tuples(st.integers(0, STATES - 1), st.integers(0, STATES - 1))
MASKS = st.tuples(st.booleans(), st.booleans())


@st.composite
def marked_networks(draw):
    """Arcs (tail, head, cost), and which of them are in the one and in the other group."""
    ends = draw(st.lists(ENDS, min_size=8, max_size=16))
    arcs = sorted((a, b, draw(st.integers(0, 9)), *draw(MASKS)) for a, b in ends)
    groups = np.array([arc[3:] for arc in arcs], dtype=np.bool_).T
    return [arc[:3] for arc in arcs], [groups[0], groups[1]]


def network_of(arcs, nodes="ABCDEF"):
    """A network with these arcs between states of these nodes; other tables are of any."""
    tail = np.array([a for a, _, _ in arcs], dtype=np.int32)
    first_out = np.zeros(STATES + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=STATES), out=first_out[1:])
    head = np.array([b for _, b, _ in arcs], dtype=np.int32)
    state = pl.DataFrame({"node_id": list(nodes)})
    return replace(ANY, state=state, tail=tail, head=head, first_out=first_out)


def cheapest(arcs):
    """Least cost between all pairs of states, by networkx."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(STATES))
    for tail, head, cost in sorted(arcs, key=lambda arc: -arc[2]):
        graph.add_edge(tail, head, weight=cost)
    found = dict(nx.all_pairs_dijkstra_path_length(graph))
    return lambda a, b: found[a].get(b, np.inf)


def walk_through(graph, arcs):
    """The cheapest walk on layers, as arcs of these; None where there is none."""
    model = nx.DiGraph()
    model.add_nodes_from([graph.source, graph.target])
    for number in np.argsort([-arcs[arc][2] for arc in graph.arc], kind="stable").tolist():
        tail, head = int(graph.tail[number]), int(graph.head[number])
        model.add_edge(tail, head, weight=arcs[graph.arc[number]][2], number=number)
    try:
        path = nx.shortest_path(model, graph.source, graph.target, weight="weight")
    except nx.NetworkXNoPath:
        return None
    return np.array([model.edges[ends]["number"] for ends in pairwise(path)])


def check_walk(walk, arcs, groups):
    """Recompute the cost of a walk that joins source and target and passes each group."""
    states = [SOURCE, *(arcs[arc][1] for arc in walk)]
    assert [arcs[arc][0] for arc in walk] == states[:-1]
    assert states[-1] == TARGET
    assert all(any(group[arc] for arc in walk) for group in groups)
    return sum(arcs[arc][2] for arc in walk)


def check_cheapest(network, groups, expected):
    arcs, _ = network
    graph = layers(network_of(arcs), groups, SOURCE, TARGET)
    walk = walk_through(graph, arcs)
    if np.isinf(expected):
        assert walk is None
    else:
        assert walk is not None
        assert check_walk(graph.arc[walk].tolist(), arcs, groups) == expected


@settings(deadline=None, max_examples=examples(300))
@given(marked_networks())
def test_the_cheapest_way_through_one_group(network):
    arcs, (group, _) = network
    least = cheapest(arcs)
    expected = min(
        (
            least(SOURCE, tail) + cost + least(head, TARGET)
            for (tail, head, cost), marked in zip(arcs, group, strict=True)
            if marked
        ),
        default=np.inf,
    )
    check_cheapest(network, [group], expected)


@settings(deadline=None, max_examples=examples(300))
@given(marked_networks())
def test_the_cheapest_way_through_two_groups_in_either_order(network):
    """One arc of each group, either first; or an arc that is in both."""
    arcs, (one, other) = network
    least = cheapest(arcs)
    expected = np.inf
    for number, (a, b, first) in enumerate(arcs):
        if one[number] and other[number]:
            expected = min(expected, least(SOURCE, a) + first + least(b, TARGET))
        for then, (c, d, second) in enumerate(arcs):
            if (one[number] and other[then]) or (other[number] and one[then]):
                way = least(SOURCE, a) + first + least(b, c) + second + least(d, TARGET)
                expected = min(expected, way)
    check_cheapest(network, [one, other], expected)


def test_a_way_turns_back_where_it_must():
    """What has to be passed lies on a spur: 0, 1, 2, 1, 5."""
    arcs = [(0, 1, 1), (1, 2, 1), (1, 5, 1), (2, 1, 1)]
    spur = np.array([False, True, False, False])
    graph = layers(network_of(arcs), [spur], SOURCE, TARGET)
    walk = walk_through(graph, arcs)
    assert walk is not None
    assert graph.arc[walk].tolist() == [0, 1, 3, 2]
    assert graph.comes_back(walk)


@pytest.mark.parametrize(
    ("nodes", "back"),
    [
        # 0, 1, 2, 3, 5 by turns
        ("ABCDEF", False),
        ("AABBEF", False),
        ("ABACEF", True),
        ("ABCBEF", True),
        ("ABBCEA", True),
        ("AAAAEA", False),
    ],
)
def test_to_come_back_is_to_leave_a_place_and_enter_it_again(nodes, back):
    """Two states of a node one after the other, as at a gauge change, are one visit."""
    arcs = [(0, 1, 1), (1, 2, 1), (2, 3, 1), (3, 5, 1)]
    passed = np.array([False, False, True, False])
    graph = layers(network_of(arcs, nodes), [passed], SOURCE, TARGET)
    walk = walk_through(graph, arcs)
    assert walk is not None
    assert graph.comes_back(walk) == back


def test_without_groups_the_network_is_left_as_it_is():
    network = network_of([(0, 5, 1)])
    graph = layers(network, [], SOURCE, TARGET)
    assert graph.first_out is network.first_out
    assert graph.head is network.head
    assert (graph.arc.tolist(), graph.source, graph.target) == ([0], SOURCE, TARGET)


@settings(deadline=None, max_examples=examples(50))
@given(marked_networks())
def test_every_copy_of_the_network_is_whole_and_in_csr_order(network):
    arcs, groups = network
    graph = layers(network_of(arcs), groups, SOURCE, TARGET)
    copies = 4
    assert len(graph.first_out) == copies * STATES + 1
    assert np.repeat(np.arange(copies * STATES), np.diff(graph.first_out)).tolist() == (
        graph.tail.tolist()
    )
    assert np.bincount(graph.arc, minlength=len(arcs)).tolist() == [copies] * len(arcs)
    assert (graph.head % STATES).tolist() == [arcs[arc][1] for arc in graph.arc]
    assert (graph.head // STATES >= graph.tail // STATES).all()
    assert graph.place is not None
    assert len(graph.place) == copies * STATES
    assert len(set(zip(graph.place.tolist(), [*range(STATES)] * copies, strict=True))) == STATES


def test_more_places_than_can_be_passed_are_refused():
    network = network_of([(0, 5, 1)])
    group = np.array([True])
    graph = layers(network, [group] * MOST_GROUPS, SOURCE, TARGET)
    walk = walk_through(graph, [(0, 5, 1)])
    assert walk is not None
    assert graph.arc[walk].tolist() == [0]
    with pytest.raises(DataError, match="at most 6 places can be asked for on the way"):
        layers(network, [group] * (MOST_GROUPS + 1), SOURCE, TARGET)
