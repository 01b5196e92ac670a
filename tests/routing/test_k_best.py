"""The k best paths, and those unlike each other, on networks small enough to see."""

import numpy as np
import pytest

from sogdia.network.model import Floats, Ints
from sogdia.routing.k_best import k_best, k_dissimilar

Network = tuple[Ints, Ints, Ints, Floats]


def network(states, arcs) -> Network:
    """Return CSR arrays of (tail, head, cost) triples that are sorted by tail."""
    tail = np.array([a for a, _, _ in arcs], dtype=np.int32)
    head = np.array([b for _, b, _ in arcs], dtype=np.int32)
    first_out = np.zeros(states + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=states), out=first_out[1:])
    return first_out, head, tail, np.array([c for _, _, c in arcs], dtype=float)


# Yen's (1971) scheme on the example of the literature: C, D, E, F, G, H are 0 to 5.
LETTERS = "CDEFGH"
EXAMPLE = network(
    6,
    [
        (LETTERS.index(a), LETTERS.index(b), c)
        for a, b, c in (
            ("C", "D", 3.0),
            ("C", "E", 2.0),
            ("D", "F", 4.0),
            ("E", "D", 1.0),
            ("E", "F", 2.0),
            ("E", "G", 3.0),
            ("F", "G", 2.0),
            ("F", "H", 1.0),
            ("G", "H", 2.0),
        )
    ],
)


def letters(network, arcs):
    _, head, tail, _ = network
    return "".join(LETTERS[s] for s in [tail[arcs[0]], *head[arcs]])


def test_the_example_of_the_literature():
    found = [(cost, letters(EXAMPLE, arcs)) for cost, arcs in k_best(*EXAMPLE, 0, 5, 3)]
    assert found[:2] == [(5.0, "CEFH"), (7.0, "CEGH")]
    assert found[2][0] == 8.0


def test_all_paths_come_when_more_are_asked_for():
    found = [(cost, letters(EXAMPLE, arcs)) for cost, arcs in k_best(*EXAMPLE, 0, 5, 100)]
    assert sorted(found) == [
        (5.0, "CEFH"),
        (7.0, "CEGH"),
        (8.0, "CDFH"),
        (8.0, "CEDFH"),
        (8.0, "CEFGH"),
        (11.0, "CDFGH"),
        (11.0, "CEDFGH"),
    ]


def test_parallel_arcs_are_different_paths():
    graph = network(3, [(0, 1, 1.0), (0, 1, 1.5), (1, 2, 1.0), (1, 2, 4.0)])
    found = [(cost, arcs.tolist()) for cost, arcs in k_best(*graph, 0, 2, 10)]
    assert found == [(2.0, [0, 2]), (2.5, [1, 2]), (5.0, [0, 3]), (5.5, [1, 3])]


def test_a_forbidden_arc_is_in_no_path():
    graph = network(3, [(0, 1, 1.0), (0, 2, np.inf), (1, 2, 1.0)])
    assert [arcs.tolist() for _, arcs in k_best(*graph, 0, 2, 10)] == [[0, 2]]


def test_there_are_none_where_the_target_cannot_be_reached():
    graph = network(3, [(0, 1, 1.0), (2, 1, 1.0)])
    assert k_best(*graph, 0, 2, 3) == []
    assert k_dissimilar(*graph, 0, 2, 3, 0.5, length=np.ones(2)) == []


def test_free_loops_do_not_trap_the_search():
    arcs = [(0, 1, 0.0), (1, 0, 0.0), (1, 2, 0.0), (2, 1, 0.0), (2, 3, 0.0), (1, 3, 0.0)]
    graph = network(4, sorted(arcs))
    assert [cost for cost, _ in k_best(*graph, 0, 3, 10)] == [0.0, 0.0]


def test_ties_come_in_the_same_order_each_time_and_for_each_k():
    """A 5 × 5 grid of equal arcs has 70 cheapest paths."""
    arcs = [(5 * i + j, 5 * i + j + 1, 1.0) for i in range(5) for j in range(4)]
    arcs += [(5 * i + j, 5 * i + j + 5, 1.0) for i in range(4) for j in range(5)]
    graph = network(25, sorted(arcs))
    all_of_them = [arcs.tolist() for _, arcs in k_best(*graph, 0, 24, 100)]
    assert len(all_of_them) == 70
    for k in (1, 7, 30):
        assert [arcs.tolist() for _, arcs in k_best(*graph, 0, 24, k)] == all_of_them[:k]


@pytest.mark.parametrize(
    ("source", "target", "k", "message"),
    [(0, 0, 1, "same state"), (0, 9, 1, "must lie in"), (0, 5, 0, "at least 1")],
)
def test_what_makes_no_sense_is_refused(source, target, k, message):
    with pytest.raises(ValueError, match=message):
        k_best(*EXAMPLE, source, target, k)


@pytest.mark.parametrize("cost", [-1.0, np.nan])
def test_costs_that_make_no_sense_are_refused(cost):
    with pytest.raises(ValueError, match="costs must not be"):
        k_best(*network(2, [(0, 1, cost)]), 0, 1, 1)


def test_a_detour_at_the_door_is_no_alternative():
    """Two trunks of length 10 and cost 10, 12; the first ends in ten variants of length 1."""
    arcs = [(0, 1, 10.0), (0, 2, 12.0), *[(1, 3, 1.0 + 0.01 * k) for k in range(10)], (2, 3, 1.0)]
    graph = network(4, arcs)
    length = np.array([10.0, 10.0, *[1.0] * 10, 1.0])
    found = k_dissimilar(*graph, 0, 3, 2, 0.5, length=length)
    assert [arcs.tolist() for _, arcs in found] == [[0, 2], [1, 12]]


def test_the_limit_of_overlap_is_inclusive_and_of_the_shorter_path():
    """Both share 5; of the shorter path, 10 long, that is half."""
    graph = network(4, [(0, 1, 1.0), (1, 2, 1.0), (1, 3, 2.0), (2, 3, 3.0)])
    length = np.array([5.0, 50.0, 5.0, 50.0])
    assert len(k_dissimilar(*graph, 0, 3, 2, 0.5, length=length)) == 2
    assert len(k_dissimilar(*graph, 0, 3, 2, 0.49, length=length)) == 1


def test_any_paths_will_do_where_all_may_be_shared():
    found = k_dissimilar(*EXAMPLE, 0, 5, 5, 1.0, length=np.zeros(9))
    assert [cost for cost, _ in found] == [5.0, 7.0, 8.0, 8.0, 8.0]
    assert len(k_dissimilar(*EXAMPLE, 0, 5, 5, 0.9, length=np.zeros(9))) == 1


def test_penalties_find_what_lies_behind_a_crowd_of_variants():
    """A trunk of ten pairs of parallel arcs, 1,024 variants in all, and a dear way round."""
    pairs = [(k, k + 1, 1.0 + 0.01 * side) for k in range(10) for side in range(2)]
    graph = network(12, [(0, 11, 30.0), *pairs, (11, 10, 0.0)])
    length = np.array([10.0, *[1.0] * 20, 1.0])
    found = k_dissimilar(*graph, 0, 10, 3, 0.0, length=length, candidates=20)
    assert [round(cost, 6) for cost, _ in found] == [10.0, 10.1, 30.0]
    exact = k_dissimilar(*graph, 0, 10, 3, 0.0, length=length)
    assert [cost for cost, _ in exact] == pytest.approx([10.0, 10.1, 30.0])


@pytest.mark.parametrize(
    ("k", "overlap", "candidates", "message"),
    [
        (0, 0.5, 10, "at least 1"),
        (1, 0.5, 0, "at least 1"),
        (1, 1.01, 10, "0 to 1"),
        (1, -0.1, 10, "0 to 1"),
        (1, np.nan, 10, "0 to 1"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(k, overlap, candidates, message):
    with pytest.raises(ValueError, match=message):
        k_dissimilar(*EXAMPLE, 0, 5, k, overlap, length=np.ones(9), candidates=candidates)


def test_lengths_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="lengths must not be"):
        k_dissimilar(*EXAMPLE, 0, 5, 2, 0.5, length=np.full(9, -1.0))
