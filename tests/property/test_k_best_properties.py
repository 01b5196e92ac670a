"""The k best paths against networkx and against brute force, on random networks."""

import math
from itertools import islice, pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.network.model import Floats, Ints
from sogdia.routing.k_best import k_best, k_dissimilar

Network = tuple[Ints, Ints, Ints, Floats]
PRICES = st.one_of(
    st.just(0.0), st.integers(1, 4).map(float), st.floats(0.001, 100.0), st.just(float("inf"))
)


@st.composite
def networks(draw, *, parallel, most_states=8, most_arcs=24):
    """Random directed networks in CSR form: loops, free and forbidden arcs, some parallel."""
    states = draw(st.integers(2, most_states))
    ends = st.tuples(st.integers(0, states - 1), st.integers(0, states - 1))
    arcs = sorted(draw(st.lists(ends, max_size=most_arcs, unique=not parallel)))
    cost = draw(st.lists(PRICES, min_size=len(arcs), max_size=len(arcs)))
    tail = np.array([a for a, _ in arcs], dtype=np.int32)
    head = np.array([b for _, b in arcs], dtype=np.int32)
    first_out = np.zeros(states + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=states), out=first_out[1:])
    return first_out, head, tail, np.array(cost, dtype=float)


def every_path(network, source, target):
    """Return all loopless paths with their costs, by brute force."""
    first_out, head, _, cost = network
    found = []

    def walk(state, seen, arcs):
        if state == target:
            found.append((float(cost[arcs].sum()), tuple(arcs)))
            return
        for arc in range(first_out[state], first_out[state + 1]):
            if np.isfinite(cost[arc]) and head[arc] not in seen:
                walk(head[arc], seen | {head[arc]}, [*arcs, arc])

    walk(source, {source}, [])
    return sorted(found)


def check_paths(network, source, target, found):
    """Recompute what is claimed of paths: connected, loopless, distinct, their cost, in order."""
    _, head, tail, cost = network
    for told, arcs in found:
        states = [source, *head[arcs]]
        assert states[-1] == target
        assert (tail[arcs] == states[:-1]).all()
        assert len(set(states)) == len(states)
        assert told == pytest.approx(cost[arcs].sum(), rel=1e-12)
        assert np.isfinite(told)
    assert len({tuple(arcs) for _, arcs in found}) == len(found)
    assert all(a <= b for (a, _), (b, _) in pairwise(found))


@settings(max_examples=examples(400), deadline=None)
@given(networks(parallel=False, most_states=12, most_arcs=60), st.integers(1, 30))
def test_the_costs_are_those_of_networkx(network: Network, k):
    first_out, head, tail, cost = network
    target = len(first_out) - 2
    model = nx.DiGraph()
    model.add_nodes_from(range(len(first_out) - 1))
    for a, b, c in zip(tail.tolist(), head.tolist(), cost.tolist(), strict=True):
        if np.isfinite(c):
            model.add_edge(a, b, weight=c)
    try:
        paths = list(islice(nx.shortest_simple_paths(model, 0, target, weight="weight"), k))
    except nx.NetworkXNoPath:
        paths = []
    expected = [nx.path_weight(model, path, weight="weight") for path in paths]
    found = k_best(*network, 0, target, k) if target > 0 else []
    if target > 0:
        check_paths(network, 0, target, found)
        assert [value for value, _ in found] == pytest.approx(expected, rel=1e-12)


@settings(max_examples=examples(400), deadline=None)
@given(networks(parallel=True), st.integers(1, 60))
def test_no_path_is_missed_where_arcs_are_parallel(network: Network, k):
    target = len(network[0]) - 2
    if target == 0:
        return
    found = k_best(*network, 0, target, k)
    check_paths(network, 0, target, found)
    expected = every_path(network, 0, target)
    assert len(found) == min(k, len(expected))
    assert [value for value, _ in found] == pytest.approx(
        [value for value, _ in expected[:k]], rel=1e-12
    )
    assert {tuple(arcs.tolist()) for _, arcs in found} <= {arcs for _, arcs in expected}


def overlap(length, one, other):
    shared = length[np.intersect1d(one, other)].sum()
    return shared / min(length[one].sum(), length[other].sum())


@settings(max_examples=examples(300), deadline=None)
@given(
    networks(parallel=True),
    st.integers(1, 6),
    st.floats(0.0, 0.95),
    st.integers(1, 200),
    st.data(),
)
def test_no_two_of_the_dissimilar_paths_overlap_too_much(
    network: Network, k, most, candidates, data
):
    target = len(network[0]) - 2
    if target == 0:
        return
    lengths = st.lists(st.floats(0.5, 9.0), min_size=len(network[3]), max_size=len(network[3]))
    length = np.array(data.draw(lengths), dtype=float)
    found = k_dissimilar(*network, 0, target, k, most, length=length, candidates=candidates)
    check_paths(network, 0, target, found)
    for number, (_, one) in enumerate(found):
        for _, other in found[:number]:
            assert overlap(length, one, other) <= most + 1e-9
    if best := k_best(*network, 0, target, 1):
        assert found[0][0] == best[0][0]


@settings(max_examples=examples(300), deadline=None)
@given(networks(parallel=True), st.integers(1, 6), st.floats(0.0, 0.95))
def test_with_candidates_enough_the_choice_is_the_greedy_one(network: Network, k, most):
    """Costs are spread so that there are no ties, and lengths kept off the limit."""
    first_out, head, tail, cost = network
    target = len(first_out) - 2
    if target == 0:
        return
    cost = cost + np.sqrt(np.arange(2, len(cost) + 2))
    length = 1.0 + np.modf(math.e * np.arange(len(cost)))[0]
    chosen: list[Ints] = []
    for _, arcs in every_path((first_out, head, tail, cost), 0, target):
        path = np.array(arcs)
        if len(chosen) < k and all(overlap(length, path, other) <= most for other in chosen):
            chosen.append(path)
    found = k_dissimilar(first_out, head, tail, cost, 0, target, k, most, length=length)
    assert [arcs.tolist() for _, arcs in found] == [path.tolist() for path in chosen]
