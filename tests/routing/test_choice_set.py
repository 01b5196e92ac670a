"""Choice sets against the plain method: one full search for every path asked for."""

from types import SimpleNamespace
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.network.model import Ints
from sogdia.routing.choice_set import (
    LONGEST_PATH,
    PathTable,
    choice_sets,
    merge_paths,
    padded,
    paths_through,
)
from sogdia.routing.goal_directed import goal_directed_tree, is_only_shortest
from sogdia.routing.shortest import reverse, shortest_tree, trace_path

# whole numbers, so that many ways are as short; and fractions, so that hardly any are
WHOLE = np.array([0.0, 1.0, 2.0, 3.0])
FINE = np.random.default_rng(5).uniform(0.1, 9.0, 500)


@st.composite
def questions(draw):
    """Random networks, costs of several views and requests that look from them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    states, arcs = int(rng.integers(2, 30)), int(rng.integers(1, 120))
    tail = np.sort(rng.integers(0, states, arcs)).astype(np.int32)
    first_out = np.zeros(states + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=states), out=first_out[1:])
    head = rng.integers(0, states, arcs).astype(np.int32)
    network = SimpleNamespace(first_out=first_out, head=head, tail=tail)
    values = draw(st.sampled_from([WHOLE, FINE]))
    own = rng.choice(values, (2, arcs))
    own[rng.random((2, arcs)) < 0.1] = np.inf
    kept_out = np.where(rng.random((2, arcs)) < 0.15, np.inf, own)
    cost = np.concatenate([own, kept_out, own[:1]])
    requests = int(rng.integers(1, 12))
    views = rng.integers(0, len(cost), (requests, 4)).astype(np.int32)
    views[::2] = [0, 1, 2, 3]
    source, target = rng.integers(0, states, (2, requests)).astype(np.int32)
    return network, cost, views, source, target


class Work:
    """Work space and results of the kernels."""

    def __init__(self, network):
        states = len(network.first_out) - 1
        self.distance, self.key, self.bound = (np.empty(states) for _ in range(3))
        self.arc_into, self.heap, self.position = (np.empty(states, np.int32) for _ in range(3))
        self.path = np.empty(LONGEST_PATH, dtype=np.int32)

    def tree(self, network, cost, source, target=-1):
        shortest_tree(
            network.first_out, network.head, cost, source, target,
            self.distance, self.arc_into, self.heap, self.position,
        )  # fmt: skip

    def trace(self, network, source, target):
        """Return the arcs of the path found, None if there is none."""
        count = trace_path(network.tail, self.arc_into, source, target, self.path)
        return None if count < 0 else self.path[:count].copy()


def plain_choice_sets(network, cost, views, source, target, rounds, penalty):
    """One search from scratch per request, view and turn."""
    work, found = Work(network), []
    for request, (start, end) in enumerate(zip(source, target, strict=True)):
        for row in views[request]:
            penalised = cost[row].copy()
            for _ in range(rounds):
                work.tree(network, penalised, start, end)
                path = work.trace(network, start, end)
                if path is None:
                    break
                penalised[path] *= penalty
                found.append((request, tuple(path)))
    return distinct(found)


def distinct(found):
    """Paths without those that are empty or there before, by request."""
    return [pair for pair in sorted(dict.fromkeys(found), key=lambda pair: pair[0]) if pair[1]]


def listed(table: PathTable):
    return [
        (int(request), tuple(arcs))
        for request, arcs in zip(
            table.request, np.split(table.arcs, table.first[1:-1]), strict=False
        )
    ]


@settings(max_examples=examples(500), deadline=None)
@given(questions(), st.integers(1, 4), st.sampled_from([1.0, 1.25, 1.5, 2.0]))
def test_sets_are_those_of_one_search_for_each_path(question, rounds, penalty):
    network, cost, views, source, target = question
    table = choice_sets(network, cost, views, source, target, rounds=rounds, penalty=penalty)
    expected = plain_choice_sets(network, cost, views, source, target, rounds, penalty)
    assert listed(table) == expected


def test_a_penalty_that_makes_used_arcs_cheaper_is_refused():
    first_out, head, tail = (np.array(a, dtype=np.int32) for a in ([0, 1, 1], [1], [0]))
    network: Any = SimpleNamespace(first_out=first_out, head=head, tail=tail)
    ends = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32)
    view = np.zeros((1, 1), dtype=np.int32)
    with pytest.raises(ValueError, match="at least 1"):
        choice_sets(network, np.ones((1, 1)), view, *ends, rounds=2, penalty=0.9)


@settings(max_examples=examples(240), deadline=None)
@given(questions())
def test_a_path_said_to_be_the_only_shortest_is(question):
    network, cost, views, source, target = question
    first_in, by_head, _ = reverse(network.first_out, network.head)
    backward = SimpleNamespace(first_out=first_in, head=network.tail[by_head])
    model = nx.MultiDiGraph()
    model.add_nodes_from(range(len(network.first_out) - 1))
    values = cost[views[0, 0]]
    for arc in np.flatnonzero(np.isfinite(values)):
        model.add_edge(int(network.tail[arc]), int(network.head[arc]), key=arc, weight=values[arc])
    work = Work(network)
    work.tree(backward, values[by_head], target[0])
    work.bound[:] = work.distance
    goal_directed_tree(
        network.first_out, network.head, values, source[0], target[0], work.bound,
        work.distance, work.arc_into, work.key, work.heap, work.position,
    )  # fmt: skip
    reached = nx.single_source_dijkstra_path_length(model, int(source[0]))
    path = work.trace(network, source[0], target[0])
    assert (path is not None) == (int(target[0]) in reached)
    if path is None:
        return
    assert np.isclose(work.distance[target[0]], reached[int(target[0])], rtol=1e-12)
    ends = (network.tail, network.head, first_in, by_head, values, work.distance)
    if is_only_shortest(*ends, path):
        ways = nx.all_simple_edge_paths(model, int(source[0]), int(target[0]), cutoff=len(path) + 2)
        length = sum(values[path])
        as_short = [
            way
            for _, way in zip(range(3000), ways, strict=False)
            if np.isclose(sum(values[arc] for *_, arc in way), length, rtol=1e-12, atol=0)
        ]
        assert all([arc for *_, arc in way] == list(path) for way in as_short)


@settings(max_examples=examples(160), deadline=None)
@given(questions(), st.integers(1, 4))
def test_ways_through_marked_arcs_are_those_of_trees_of_their_own(question, sets):
    network, cost, views, source, target = question
    rng = np.random.default_rng(len(network.head))
    marked: list[Ints] = [
        np.flatnonzero(rng.random(len(network.head)) < 0.2).astype(np.int32) for _ in range(sets)
    ]
    rows = np.ascontiguousarray(views[:, 1])
    found = []
    for request in range(len(source)):
        one = slice(request, request + 1)
        alone = paths_through(network, cost, rows[one], source[one], target[one], marked)
        found += [(request, arcs) for _, arcs in listed(alone)]
        for arcs in (np.array(way) for _, way in listed(alone)):
            states = [network.tail[arcs[0]], *network.head[arcs]]
            assert (states[0], states[-1]) == (source[request], target[request])
            assert (network.tail[arcs[1:]] == network.head[arcs[:-1]]).all()
            assert len(set(states[1:])) == len(arcs)
            assert any(np.isin(arcs, mark).any() for mark in marked)
            assert np.isfinite(cost[rows[request]][arcs]).all()
    together = paths_through(network, cost, rows, source, target, marked)
    assert listed(together) == found


@settings(max_examples=examples(100), deadline=None)
@given(questions())
def test_the_cheapest_way_through_an_arc_of_the_shortest_path_is_that_path(question):
    network, cost, views, source, target = question
    values = cost[views[0, 0]]
    work = Work(network)
    work.tree(network, values, source[0])
    path = work.trace(network, source[0], target[0])
    if path is None or not len(path) or values.min() == 0.0:
        return
    middle: Ints = path[len(path) // 2 : len(path) // 2 + 1]
    table = paths_through(network, cost, views[:1, 0].copy(), source[:1], target[:1], [middle])
    assert table.count == 1
    assert middle[0] in table.arcs
    assert np.isclose(values[table.arcs].sum(), work.distance[target[0]], rtol=1e-12)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 4), st.lists(st.integers(0, 2), max_size=3)))))
def test_merged_batches_keep_the_first_of_equal_paths(batches):
    arrays = []
    for batch in batches:
        arcs = np.full((len(batch), LONGEST_PATH), -1, dtype=np.int32)
        for row, (_, path) in enumerate(batch):
            arcs[row, : len(path)] = path
        request = np.array([request for request, _ in batch], dtype=np.int32)
        length = np.array([len(path) or -1 for _, path in batch], dtype=np.int32)
        arrays.append((request, arcs, length))
    empty = (np.empty(0, np.int32), np.empty((0, LONGEST_PATH), np.int32), np.empty(0, np.int32))
    table = merge_paths([empty, *arrays])
    expected = distinct((request, tuple(path)) for batch in batches for request, path in batch)
    assert listed(table) == expected
    dtypes = [array.dtype for array in (table.request, table.first, table.arcs)]
    assert dtypes == [np.dtype("int32"), np.dtype("int64"), np.dtype("int32")]
    again = merge_paths([padded(table), padded(table)])
    assert listed(again) == expected
