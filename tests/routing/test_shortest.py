"""Shortest trees and choice sets against scipy and networkx."""

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from sogdia.routing.shortest import shortest_tree, trace_path


@st.composite
def graphs(draw):
    """Random directed graphs in CSR form with costs that may be zero or forbidden."""
    states = draw(st.integers(2, 25))
    count = draw(st.integers(0, 80))
    ends = st.integers(0, states - 1)
    arcs = draw(st.lists(st.tuples(ends, ends), min_size=count, max_size=count))
    prices = st.one_of(st.just(0.0), st.floats(0.001, 100.0), st.just(float("inf")))
    cost = draw(st.lists(prices, min_size=count, max_size=count))
    order = np.argsort([a for a, _ in arcs], kind="stable") if arcs else np.empty(0, dtype=int)
    tail = np.array([arcs[k][0] for k in order], dtype=np.int32)
    head = np.array([arcs[k][1] for k in order], dtype=np.int32)
    first_out = np.zeros(states + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=states), out=first_out[1:])
    return tail, head, first_out, np.array([cost[k] for k in order])


def tree(tail, head, first_out, cost, source, target=-1):
    """Run the kernel with fresh work space."""
    states = len(first_out) - 1
    distance = np.empty(states)
    arc_into, heap, position = (np.empty(states, dtype=np.int32) for _ in range(3))
    shortest_tree(first_out, head, cost, source, target, distance, arc_into, heap, position)
    return distance, arc_into


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_distances_are_those_of_networkx(graph):
    tail, head, first_out, cost = graph
    model = nx.MultiDiGraph()
    model.add_nodes_from(range(len(first_out) - 1))
    for a, b, c in zip(tail, head, cost, strict=True):
        if np.isfinite(c):
            model.add_edge(int(a), int(b), weight=float(c))
    expected = nx.single_source_dijkstra_path_length(model, 0)
    distance, _ = tree(tail, head, first_out, cost, 0)
    for state, length in enumerate(distance):
        assert np.isclose(length, expected.get(state, np.inf), rtol=1e-12, atol=0)


@settings(max_examples=80, deadline=None)
@given(graphs())
def test_the_traced_path_costs_what_the_tree_says(graph):
    tail, head, first_out, cost = graph
    for target in range(1, len(first_out) - 1):
        distance, arc_into = tree(tail, head, first_out, cost, 0, target)
        path = np.empty(len(first_out), dtype=np.int32)
        count = trace_path(tail, arc_into, 0, target, path)
        if not np.isfinite(distance[target]):
            assert count == -1
            continue
        arcs = path[:count]
        assert np.isclose(cost[arcs].sum(), distance[target])
        assert tail[arcs[0]] == 0
        assert (tail[arcs[1:]] == head[arcs[:-1]]).all()


def test_agrees_with_scipy_on_a_larger_grid():
    rng = np.random.default_rng(7)
    states, arcs = 500, 4000
    tail = np.sort(rng.integers(0, states, arcs)).astype(np.int32)
    head = rng.integers(0, states, arcs).astype(np.int32)
    cost = rng.uniform(1, 10, arcs)
    first_out = np.zeros(states + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=states), out=first_out[1:])

    dense = np.full((states, states), np.inf)
    np.minimum.at(dense, (tail, head), cost)

    graph = np.where(np.isfinite(dense), dense, 0.0)
    np.fill_diagonal(graph, 0.0)
    expected = dijkstra(sparse.csr_array(graph), indices=3)
    distance, _ = tree(tail, head, first_out, cost, source=3)
    assert np.allclose(distance, expected)
