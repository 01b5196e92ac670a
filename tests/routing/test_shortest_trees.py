"""Shortest trees in buckets against scipy and networkx, and what travels on them."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sogdia.routing.shortest_trees import BUCKETS, bucket_tree, bucket_width, workspace
from sogdia.routing.tree_graph import tree_graph
from sogdia.routing.tree_loading import load_trees, shortest_tree_from, skim_matrix

NOWHERE = np.empty(0, dtype=np.int32)
# Zero, closed, equal, and sizes that no fixed number of buckets spans.
COSTS = st.one_of(
    st.sampled_from([0.0, 1.0, 2.0, np.inf]),
    st.floats(0.001, 100.0),
    st.floats(1e-12, 1e12),
)


def in_order(nodes, tail, head, cost):
    """Return a graph in CSR form of arcs in any order."""
    order = np.argsort(tail, kind="stable")
    first_out = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first_out[1:])
    return (
        first_out,
        tail[order].astype(np.int32),
        head[order].astype(np.int32),
        np.asarray(cost, dtype=np.float64)[order],
    )


@st.composite
def graphs(draw):
    """Random directed graphs with parallel arcs, loops and nodes that none reaches."""
    nodes = draw(st.integers(2, 25))
    count = draw(st.integers(1, 80))
    ends = st.lists(st.integers(0, nodes - 1), min_size=count, max_size=count)
    cost = draw(st.lists(COSTS, min_size=count, max_size=count))
    return in_order(nodes, np.array(draw(ends)), np.array(draw(ends)), cost)


def lattice(side, seed, spread=1.0):
    """Return a square grid both ways, costs log-normal; seeded."""
    random = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    across = [number[:, :-1].ravel(), number[:, 1:].ravel()]
    along = [number[:-1].ravel(), number[1:].ravel()]
    tail = np.concatenate([across[0], along[0], across[1], along[1]])
    head = np.concatenate([across[1], along[1], across[0], along[0]])
    cost = np.exp(spread * random.standard_normal(len(tail)))
    return in_order(side * side, tail, head, cost)


def search(graph, source, destinations=NOWHERE, *, width=None, work=None):
    """Run the kernel."""
    first_out, _, head, cost = graph
    nodes = len(first_out) - 1
    distance, arc_into = np.empty(nodes), np.empty(nodes, dtype=np.int32)
    bucket_tree(
        first_out,
        head,
        cost,
        bucket_width(cost) if width is None else width,
        source,
        destinations,
        workspace(nodes) if work is None else work,
        distance,
        arc_into,
    )
    return distance, arc_into


def by_networkx(graph, source):
    """Return distances by another's code."""
    first_out, tail, head, cost = graph
    model = nx.MultiDiGraph()
    model.add_nodes_from(range(len(first_out) - 1))
    for a, b, c in zip(tail, head, cost, strict=True):
        if np.isfinite(c):
            model.add_edge(int(a), int(b), weight=float(c))
    found = nx.single_source_dijkstra_path_length(model, source)
    return np.array([found.get(node, np.inf) for node in range(len(first_out) - 1)])


def by_scipy(graph, sources):
    """Return distances by another's code, where no arcs are parallel or free."""
    first_out, _, head, cost = graph
    nodes = len(first_out) - 1
    return dijkstra(csr_array((cost, head, first_out), shape=(nodes, nodes)), indices=sources)


def arcs_to(tail, arc_into, source, node):
    """Follow a tree back to its root; fail if it goes round."""
    arcs = []
    while node != source:
        arcs.append(arc_into[node])
        node = tail[arc_into[node]]
        assert len(arcs) <= len(arc_into)
    return arcs[::-1]


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_distances_are_those_of_networkx_and_so_is_the_cost_of_the_path(graph):
    _, tail, head, cost = graph
    distance, arc_into = search(graph, 0)
    # Equal to the last bit: both add up a path's costs in its own order, and choose the least.
    assert (distance == by_networkx(graph, 0)).all()
    for node in range(1, len(distance)):
        if not np.isfinite(distance[node]):
            assert arc_into[node] == -1
            continue
        arcs = arcs_to(tail, arc_into, 0, node)
        assert head[arcs[-1]] == node
        assert np.cumsum(cost[arcs])[-1] == distance[node]


@settings(max_examples=60, deadline=None)
@given(graphs(), st.floats(1e-9, 1e9))
def test_the_width_of_buckets_and_the_room_for_labels_change_no_distance(graph, width):
    nodes = len(graph[0]) - 1
    expected, _ = search(graph, 0)
    distance, _ = search(graph, 0, width=width, work=workspace(nodes, entries=nodes))
    assert (distance == expected).all()


@settings(max_examples=60, deadline=None)
@given(graphs(), st.data())
def test_a_search_that_ends_early_is_right_where_it_was_wanted(graph, data):
    nodes = len(graph[0]) - 1
    work = workspace(nodes)
    expected, _ = search(graph, 0)
    for _ in range(2):
        wanted = data.draw(st.lists(st.integers(0, nodes - 1), max_size=4))
        destinations = np.array(wanted, dtype=np.int32)
        distance, _ = search(graph, 0, destinations, work=work)
        assert (distance[destinations] == expected[destinations]).all()
        assert (distance >= expected).all()
    distance, _ = search(graph, 0, work=work)
    assert (distance == expected).all()


@pytest.mark.parametrize("spread", [0.3, 2.0, 8.0])
def test_agrees_with_scipy_on_a_lattice(spread):
    graph = lattice(40, seed=5, spread=spread)
    distance, _ = search(graph, 17)
    assert (distance == by_scipy(graph, 17)).all()


def test_a_path_far_longer_than_all_buckets():
    # A chain leaves the buckets behind several times; its last arc alone skips them all.
    count = 3 * BUCKETS
    tail = np.arange(count)
    cost = np.where(tail == count - 1, 1e9, 1.0)
    graph = in_order(count + 1, tail, tail + 1, cost)
    distance, _ = search(graph, 0)
    assert (distance == np.concatenate([[0.0], np.cumsum(cost)])).all()


def test_a_star_of_arcs_that_double_in_length():
    # No width suits them all: whatever the buckets begin with, most arcs end beyond.
    count = 900
    cost = np.ldexp(1.0, np.arange(count) - 450)
    graph = in_order(count + 1, np.zeros(count, dtype=int), np.arange(count) + 1, cost)
    distance, _ = search(graph, 0, width=1e-100)
    assert (distance[1:] == cost).all()


def test_labels_that_no_longer_count_are_thrown_away_when_room_runs_out():
    # Each node of a chain offers all targets a better way than the one before it did.
    chain, targets = 10, 30
    links = [(place, place + 1, 1.0) for place in range(chain - 1)]
    links += [
        (place, chain + target, 1000.0 - 20.0 * place)
        for place in range(chain)
        for target in range(targets)
    ]
    tail, head, cost = map(np.array, zip(*links, strict=True))
    nodes = chain + targets
    graph = in_order(nodes, tail, head, cost)
    distance, _ = search(graph, 0, width=1.0, work=workspace(nodes, entries=nodes))
    assert (distance[:chain] == np.arange(chain)).all()
    assert (distance[chain:] == 1000.0 - 19.0 * (chain - 1)).all()


@pytest.mark.parametrize("first", [True, False])
def test_a_destination_is_settled_when_its_bucket_is_empty_and_not_before(first):
    # All within one bucket: the direct arc is found first, three short ones are better.
    arcs = [(0, 1, 0.1), (0, 3, 0.9), (1, 2, 0.1), (2, 3, 0.1)]
    if first:
        arcs[:2] = arcs[1::-1]
    tail, head, cost = map(np.array, zip(*arcs, strict=True))
    graph = in_order(4, tail, head, cost)
    distance, _ = search(graph, 0, np.array([3], dtype=np.int32), width=1.0)
    assert distance[3] == pytest.approx(0.3)


def test_buckets_grow_wider_between_fillings_and_not_within_one():
    # Of what lies beyond the buckets, two nodes come into them and many do not.
    arcs = [(0, 1, 1e4), (0, 2, 1e4 + 100.0), (2, 3, 5.0), (3, 4, 5.0)]
    arcs += [(0, node, 1e6 * node) for node in range(5, 60)]
    tail, head, cost = map(np.array, zip(*arcs, strict=True))
    distance, _ = search(in_order(60, tail, head, cost), 0, width=1.0)
    assert distance[:5].tolist() == [0.0, 10000.0, 10100.0, 10105.0, 10110.0]
    assert (distance[5:] == 1e6 * np.arange(5, 60)).all()


def test_a_search_that_ends_early_leaves_the_far_side_alone():
    graph = lattice(40, seed=3, spread=0.1)
    distance, _ = search(graph, 0, np.array([1], dtype=np.int32))
    assert np.isinf(distance[-1])


@settings(max_examples=40, deadline=None)
@given(graphs(), st.booleans(), st.integers(0, 2**32 - 1))
def test_trips_and_sums_are_those_along_the_traced_paths(graph, renumber, seed):
    first_out, tail, head, cost = graph
    nodes, arcs = len(first_out) - 1, len(head)
    random = np.random.default_rng(seed)
    pairs = np.unique(random.integers(0, nodes, (12, 2)), axis=0)
    trips = random.uniform(1, 10, len(pairs))
    attributes = random.uniform(-1, 1, (2, arcs))
    topology = tree_graph(first_out, head, renumber=renumber)
    every = np.arange(nodes)

    loading = load_trees(topology, cost, pairs[:, 0], pairs[:, 1], trips)
    skims = skim_matrix(topology, cost, every, every, attributes=list(attributes))

    flow = np.zeros(arcs)
    for origin in range(nodes):
        expected = by_networkx(graph, origin)
        distance, arc_into = shortest_tree_from(topology, cost, origin)
        assert (distance == expected).all()
        assert (skims.distance[origin] == expected).all()
        for node in every:
            if not np.isfinite(expected[node]):
                assert np.isinf(skims.total[:, origin, node]).all()
                continue
            path = arcs_to(tail, arc_into, origin, node)
            total = attributes[:, path].sum(axis=1)
            assert np.allclose(skims.total[:, origin, node], total, rtol=0, atol=1e-12)
            flow[path] += trips[(pairs == [origin, node]).all(axis=1)].sum()
    assert np.allclose(loading.flow, flow, rtol=1e-12)
    assert (loading.distance == skims.distance[pairs[:, 0], pairs[:, 1]]).all()


def test_two_threads_give_the_bits_of_one_and_so_does_another_numbering():
    graph = lattice(30, seed=8)
    first_out, tail, head, cost = graph
    nodes = len(first_out) - 1
    random = np.random.default_rng(1)
    pairs = np.unique(random.integers(0, nodes, (3000, 2)), axis=0)
    trips = random.uniform(0, 1, len(pairs))
    loadings, skims = [], []
    for threads, renumber in ((1, False), (2, False), (3, True)):
        topology = tree_graph(first_out, head, renumber=renumber)
        loadings.append(
            load_trees(topology, cost, pairs[:, 0], pairs[:, 1], trips, threads=threads)
        )
        ends = np.arange(0, nodes, 50)
        skims.append(
            skim_matrix(topology, cost, ends, ends, attributes=[1 / cost], threads=threads)
        )
    assert loadings[0].flow.tobytes() == loadings[1].flow.tobytes()
    assert loadings[0].distance.tobytes() == loadings[1].distance.tobytes()
    assert skims[0].total.tobytes() == skims[1].total.tobytes()
    assert np.allclose(loadings[0].flow, loadings[2].flow, rtol=1e-9)
    assert (loadings[0].distance == loadings[2].distance).all()
    assert (loadings[0].distance == by_scipy(graph, None)[pairs[:, 0], pairs[:, 1]]).all()
    # What leaves a node, less what enters it, is what starts there less what ends there.
    net = np.bincount(tail, loadings[0].flow, nodes) - np.bincount(head, loadings[0].flow, nodes)
    apart = pairs[:, 0] != pairs[:, 1]
    starts, ends = pairs[apart].T
    expected = np.bincount(starts, trips[apart], nodes) - np.bincount(ends, trips[apart], nodes)
    assert np.allclose(net, expected, atol=1e-9)
    assert np.isclose(loadings[0].flow @ cost, trips @ loadings[0].distance)


def test_without_pairs_nothing_flows():
    first_out, _, head, cost = lattice(3, seed=1)
    loading = load_trees(tree_graph(first_out, head), cost, NOWHERE, NOWHERE, np.empty(0))
    assert not loading.flow.any()
    assert len(loading.distance) == 0


def test_what_no_search_can_take_is_refused():
    first_out, _, head, cost = lattice(3, seed=1)
    topology = tree_graph(first_out, head)
    here = np.array([0])
    with pytest.raises(ValueError, match="the cost of arc 4 is -1"):
        skim_matrix(topology, np.where(np.arange(len(cost)) == 4, -1.0, cost), here, here)
    with pytest.raises(ValueError, match="the cost of arc 2 is nan"):
        skim_matrix(topology, np.where(np.arange(len(cost)) == 2, np.nan, cost), here, here)
    with pytest.raises(ValueError, match="there are 3 costs for 24 arcs"):
        skim_matrix(topology, cost[:3], here, here)
    with pytest.raises(ValueError, match="pair 1 has a lower origin"):
        load_trees(topology, cost, np.array([2, 1]), np.array([0, 0]), np.ones(2))
