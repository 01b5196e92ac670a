"""A repaired tree has the distances that Dijkstra's method finds."""

import numpy as np
import pytest

from sogdia.routing.shortest import shortest_tree
from sogdia.routing.tree_repair import grow_trees, repair_tree

STATES, ARCS = 60, 170


@pytest.mark.parametrize(("spread", "cut"), [(0.0, 0), (0.05, 2), (0.8, 10), (0.8, 90)])
def test_distances_and_paths_are_those_of_a_search_from_nothing(spread, cut):
    random = np.random.default_rng(ARCS + cut)
    tail = np.sort(random.integers(0, STATES, ARCS)).astype(np.int32)
    head = random.integers(0, STATES, ARCS).astype(np.int32)
    first = np.searchsorted(tail, np.arange(STATES + 1)).astype(np.int32)
    cost = random.uniform(1.0, 10.0, (2, ARCS))
    row, root = np.array([0, 1, 1], dtype=np.int32), np.array([0, 7, 59], dtype=np.int32)
    arc_into = np.empty((3, STATES), dtype=np.int32)
    order = np.empty((3, STATES), dtype=np.int32)
    grow_trees(first, head, cost, row, root, arc_into, order)
    new = cost * random.uniform(1.0 - spread, 1.0 + spread, cost.shape)
    new[:, random.choice(ARCS, cut, replace=False)] = np.inf
    work = (np.empty(STATES, dtype=np.int32), np.empty(STATES, dtype=np.int32))
    for tree in range(3):
        metric, source = new[row[tree]], root[tree]
        distance, expected = np.empty(STATES), np.empty(STATES)
        whole, partly = arc_into[tree], arc_into[tree].copy()
        given = (first, head, tail, metric, source, order[tree])
        repair_tree(*given, np.empty(0, dtype=np.int32), distance, whole, *work)
        ignored = np.empty(STATES, dtype=np.int32)
        shortest_tree(first, head, metric, source, -1, expected, ignored, *work)
        assert np.array_equal(distance, expected)
        reached = np.flatnonzero(np.isfinite(distance))
        for state in reached[reached != source]:
            arc = whole[state]
            assert distance[tail[arc]] + metric[arc] == distance[state]
        for size in (1, 2, 5):
            targets = random.choice(STATES, size, replace=False).astype(np.int32)
            some, into = np.empty(STATES), partly.copy()
            repair_tree(*given, targets, some, into, *work)
            near = expected <= expected[targets].max()
            assert np.array_equal(some[near], expected[near])
            assert (some >= expected).all()
            assert (some[~near] > expected[targets].max()).all()
            for target in targets[np.isfinite(expected[targets])]:
                state = target
                while state != source:
                    assert some[tail[into[state]]] + metric[into[state]] == some[state]
                    state = tail[into[state]]
