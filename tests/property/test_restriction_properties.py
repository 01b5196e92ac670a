"""What blocks a way, against every subset of restrictions; closures, against the clock."""

from itertools import combinations, groupby, pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.routing.restriction import (
    HORIZON_H,
    Restriction,
    closed_by,
    relaxations,
    smallest_blocking_set,
    windows_of,
)

STATES = 6
SOURCE, TARGET = 0, STATES - 1
MOST = 5
STOPS = st.lists(st.integers(1, STATES - 2), max_size=3, unique=True)
RULES = st.integers(0, MOST - 1)
BROKEN = st.one_of(st.frozensets(RULES, min_size=1, max_size=2), st.frozensets(RULES, max_size=2))


@st.composite
def blocked_networks(draw):
    """Some ways that share places, in CSR form; each arc breaks some of five restrictions."""
    ways = [[SOURCE, *stops, TARGET] for stops in draw(st.lists(STOPS, max_size=5))]
    pairs = [pair for way in ways for pair in pairwise(way)]
    arcs = sorted((a, b, tuple(draw(BROKEN))) for a, b in pairs)
    first_out = np.zeros(STATES + 1, dtype=np.int32)
    tail = np.array([a for a, _, _ in arcs], dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=STATES), out=first_out[1:])
    head = np.array([b for _, b, _ in arcs], dtype=np.int32)
    masks = [
        np.array([number in broken for *_, broken in arcs], dtype=np.bool_)
        for number in range(MOST)
    ]
    return [(a, b) for a, b, _ in arcs], first_out, head, masks


def is_open(arcs, masks, in_force):
    """Whether there is a way that no restriction in force closes."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(STATES))
    graph.add_edges_from(
        ends for arc, ends in enumerate(arcs) if not any(masks[one][arc] for one in in_force)
    )
    return nx.has_path(graph, SOURCE, TARGET)


def subsets(items):
    return [frozenset(one) for size in range(len(items) + 1) for one in combinations(items, size)]


def minimal_relaxations(arcs, masks):
    """By brute force: the sets whose lifting opens a way, while no part of them does."""
    every = frozenset(range(len(masks)))
    opening = [lifted for lifted in subsets(every) if is_open(arcs, masks, every - lifted)]
    return {one for one in opening if not any(other < one for other in opening)}


@settings(deadline=None, max_examples=examples(400))
@given(blocked_networks())
def test_relaxations_are_the_smallest_sets_whose_lifting_opens_a_way(network):
    arcs, first_out, head, masks = network
    found = relaxations(first_out, head, masks, SOURCE, TARGET)
    assert set(found) == minimal_relaxations(arcs, masks)
    assert len(set(found)) == len(found)
    assert [len(one) for one in found] == sorted(len(one) for one in found)


@settings(deadline=None, max_examples=examples(400))
@given(blocked_networks())
def test_the_blocking_set_alone_blocks_and_nothing_smaller_does(network):
    arcs, first_out, head, masks = network
    found = relaxations(first_out, head, masks, SOURCE, TARGET)
    if not found or not found[0]:
        return
    blocking = frozenset(smallest_blocking_set(found))
    assert not is_open(arcs, masks, blocking)
    for fewer in subsets(range(len(masks))):
        if len(fewer) < len(blocking):
            assert is_open(arcs, masks, fewer)


@settings(deadline=None, max_examples=examples(300))
@given(blocked_networks(), st.lists(st.integers(0, 3), min_size=STATES, max_size=STATES))
def test_where_ways_must_not_come_back_each_set_opens_one_that_does_not(network, places):
    """Places of several states each; a visit may pass from one of its states to the next."""
    arcs, first_out, head, masks = network
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(STATES))
    for arc, (tail, end) in enumerate(arcs):
        graph.add_edge(tail, end, key=arc)
    needed = set()
    for path in nx.all_simple_edge_paths(graph, SOURCE, TARGET):
        visits = [
            place for place, _ in groupby([SOURCE, *(b for _, b, _ in path)], places.__getitem__)
        ]
        if len(set(visits)) == len(visits):
            used = [arc for *_, arc in path]
            needed.add(frozenset(k for k, mask in enumerate(masks) if mask[used].any()))
    found = relaxations(first_out, head, masks, SOURCE, TARGET, np.array(places))
    assert set(found) <= needed
    assert not any(one < other for one in found for other in found)


def test_a_way_that_breaks_more_than_another_is_left_out():
    first_out, head = np.array([0, 3, 3], dtype=np.int32), np.array([1, 1, 1], dtype=np.int32)
    breaks = [{0}, {1, 2}, {0, 1}]
    masks = [np.array([number in one for one in breaks]) for number in range(3)]
    found = relaxations(first_out, head, masks, 0, 1)
    assert found == [frozenset({0}), frozenset({1, 2})]
    assert smallest_blocking_set(found) in ((0, 1), (0, 2))


LATEST = 12
TIMES = st.integers(-3, LATEST).map(float)
LATER = st.sampled_from([HORIZON_H - 1.0, HORIZON_H, HORIZON_H + 1.0])
ENDS = st.one_of(TIMES, LATER, st.just(np.inf))
STARTS = st.one_of(TIMES, LATER, st.just(-np.inf))
SPANS = st.tuples(TIMES, TIMES).map(sorted).map(tuple)
WHEN = [*np.arange(0.0, LATEST + 2.0, 0.25), HORIZON_H - 1.25, HORIZON_H - 0.5]


@st.composite
def closures(draw, arcs=3):
    """Restrictions on three arcs, and weekly hours of some of them."""
    mask = st.lists(st.booleans(), min_size=arcs, max_size=arcs)
    rows = draw(st.lists(st.tuples(mask, STARTS, ENDS), max_size=6))
    restrictions = [
        Restriction("rule", f"{number}", np.array(one), start, end)
        for number, (one, start, end) in enumerate(rows)
        if start < end
    ]
    weekly = st.lists(SPANS, max_size=3).map(sorted)
    return restrictions, draw(st.dictionaries(st.integers(0, arcs - 1), weekly, max_size=arcs))


@settings(deadline=None, max_examples=examples(500))
@given(closures())
def test_masks_and_windows_close_an_arc_whenever_one_of_its_closures_does(given_closures):
    """While a trip lasts, a mask closes always, and a window from its start until its end."""
    restrictions, weekly = given_closures
    masked = closed_by(restrictions, 3)
    windows = windows_of(restrictions, weekly, 3)
    for arc in range(3):
        spans = [(one.start_h, one.end_h) for one in restrictions if one.arcs[arc]]
        assert masked[arc] == any(start <= 0 and end >= HORIZON_H for start, end in spans)
        spans += weekly.get(arc, [])
        here = slice(windows.first[arc], windows.first[arc + 1])
        merged = list(zip(windows.start[here], windows.end[here], strict=True))
        for time in WHEN if not masked[arc] else ():
            closed = any(start <= time < end for start, end in spans)
            assert any(start <= time < end for start, end in merged) == closed


@settings(deadline=None, max_examples=examples(300))
@given(closures())
def test_windows_are_in_order_and_apart(given_closures):
    restrictions, weekly = given_closures
    windows = windows_of(restrictions, weekly, 3)
    assert windows.first[0] == 0
    assert windows.first[-1] == len(windows.start) == len(windows.end)
    for arc in range(3):
        here = slice(windows.first[arc], windows.first[arc + 1])
        start, end = windows.start[here], windows.end[here]
        assert (start[1:] > end[:-1]).all()
        assert (start <= end).all()


@pytest.mark.parametrize(
    ("start", "end", "properties"),
    [
        (-np.inf, np.inf, {"is_lasting", "never_ends"}),
        (0.0, HORIZON_H, {"is_lasting", "never_ends"}),
        (0.0, HORIZON_H - 1.0, set()),
        (5.0, np.inf, {"never_ends"}),
        (-9.0, 1.0, set()),
        (-9.0, 0.0, {"is_over"}),
        (HORIZON_H - 1.0, np.inf, {"never_ends"}),
        (HORIZON_H, np.inf, {"never_ends", "is_over"}),
    ],
)
def test_a_restriction_lasts_or_is_over_as_long_trips_see_it(start, end, properties):
    one = Restriction("rule", "no", np.array([True]), start, end)
    names = ("is_lasting", "never_ends", "is_over")
    assert {name for name in names if getattr(one, name)} == properties


def test_what_is_closed_beyond_every_trip_never_opens_again():
    never = Restriction("closure", "wall", np.array([True]), 5.0, HORIZON_H)
    long = Restriction("closure", "works", np.array([True]), 5.0, HORIZON_H - 1.0)
    assert windows_of([never], {}, 1).end.tolist() == [np.inf]
    assert windows_of([long], {}, 1).end.tolist() == [HORIZON_H - 1.0]
