"""Pareto sets of random small networks equal those found by looking at every simple path."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.routing.pareto import Windows, pareto

STATES = 6


@st.composite
def networks(draw, fewest=1, most=5, largest=6):
    """A small network with integer criteria, where ties and zero costs abound."""
    count = draw(st.integers(fewest, most))
    ends = st.tuples(st.integers(0, STATES - 1), st.integers(0, STATES - 1))
    pairs = sorted(
        pair for pair in draw(st.lists(ends, min_size=1, max_size=16)) if pair[0] != pair[1]
    )
    values = st.lists(st.integers(0, largest), min_size=count, max_size=count)
    table = [draw(values) for _ in pairs]
    tail = np.array([pair[0] for pair in pairs], dtype=np.int32)
    head = np.array([pair[1] for pair in pairs], dtype=np.int32)
    first_out = np.zeros(STATES + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=STATES), out=first_out[1:])
    return first_out, head, np.array(table, dtype=np.float64).reshape(len(pairs), count)


def simple_paths(first_out, head, source, target):
    """Every simple path, as a list of arcs."""

    def extend(state, seen, path):
        if state == target:
            yield path
            return
        for arc in range(first_out[state], first_out[state + 1]):
            if head[arc] not in seen:
                yield from extend(head[arc], seen | {head[arc]}, [*path, arc])

    yield from extend(source, {source}, [])


def best_of(vectors):
    """The vectors that no other one beats."""
    distinct = set(vectors)
    return sorted(
        one
        for one in distinct
        if not any(
            other != one and all(x <= y for x, y in zip(other, one, strict=True))
            for other in distinct
        )
    )


def brute_force(first_out, head, criteria, source, target):
    return best_of(
        tuple(criteria[path].sum(axis=0)) for path in simple_paths(first_out, head, source, target)
    )


def found(labels, state):
    return sorted(map(tuple, labels.value[labels.at(state)]))


@settings(deadline=None, max_examples=examples(300))
@given(networks())
def test_one_to_all_equals_brute_force(network):
    first_out, head, criteria = network
    labels = pareto(first_out, head, criteria, 0)
    for state in range(1, STATES):
        assert found(labels, state) == brute_force(first_out, head, criteria, 0, state)


@settings(deadline=None, max_examples=examples(300))
@given(networks())
def test_lower_bounds_lose_nothing(network):
    first_out, head, criteria = network
    labels = pareto(first_out, head, criteria, 0, target=STATES - 1)
    expected = brute_force(first_out, head, criteria, 0, STATES - 1)
    assert found(labels, STATES - 1) == expected
    for label in labels.at(STATES - 1):
        path = labels.path(label)
        assert criteria[path].sum(axis=0).tolist() == labels.value[label].tolist()


@settings(deadline=None, max_examples=examples(200))
@given(networks(fewest=2, most=4), st.integers(0, 5))
def test_slack_leaves_out_no_more_than_it_says(network, allowed):
    first_out, head, criteria = network
    slack = np.full(criteria.shape[1], float(allowed))
    labels = pareto(first_out, head, criteria, 0, target=STATES - 1, slack=slack)
    kept = np.array(found(labels, STATES - 1)).reshape(-1, criteria.shape[1])
    exact = brute_force(first_out, head, criteria, 0, STATES - 1)
    assert set(map(tuple, kept)) <= set(exact)
    for vector in exact:
        assert (kept <= np.array(vector) + slack).all(axis=1).any()


@settings(deadline=None, max_examples=examples(200))
@given(networks(most=3), st.data())
def test_closures_are_waited_for(network, data):
    """Time-dependent ways equal those of walking every path by the clock."""
    first_out, head, criteria = network
    spans = []
    for _ in range(len(head)):
        start = data.draw(st.integers(0, 8))
        length = data.draw(st.sampled_from([0, 2, 5, np.inf]))
        spans.append((float(start), float(start + length)))
    closed = [number for number, (start, end) in enumerate(spans) if end > start]
    first = np.zeros(len(head) + 1, dtype=np.int64)
    for number in closed:
        first[number + 1] = 1
    np.cumsum(first, out=first)
    windows = Windows(
        first,
        np.array([spans[number][0] for number in closed]),
        np.array([spans[number][1] for number in closed]),
    )
    labels = pareto(first_out, head, criteria, 0, target=STATES - 1, windows=windows)

    def walked(path):
        total = np.zeros(criteria.shape[1])
        for arc in path:
            start, end = spans[arc]
            if start <= total[0] < end:
                total[0] = end
            total += criteria[arc]
        return tuple(total)

    ways = (walked(path) for path in simple_paths(first_out, head, 0, STATES - 1))
    assert found(labels, STATES - 1) == best_of(way for way in ways if np.isfinite(way[0]))


@settings(deadline=None, max_examples=examples(100))
@given(networks(), st.data())
def test_a_denial_never_improves_any_criterion(network, data):
    first_out, head, criteria = network
    denied = data.draw(st.lists(st.booleans(), min_size=len(head), max_size=len(head)))
    fewer = criteria.copy()
    fewer[np.array(denied, dtype=np.bool_)] = np.inf
    before = found(pareto(first_out, head, criteria, 0, target=STATES - 1), STATES - 1)
    after = found(pareto(first_out, head, fewer, 0, target=STATES - 1), STATES - 1)
    for vector in after:
        assert any(all(x <= y for x, y in zip(one, vector, strict=True)) for one in before)


def test_fronts_that_outgrow_their_room_stay_exact():
    """A chain of doublings: 2**n ways, all of them Pareto-optimal, for lists and staircases."""
    for count in (2, 3, 4):
        steps = 9
        tail = np.repeat(np.arange(steps, dtype=np.int32), 2)
        first_out = np.append(np.arange(0, 2 * steps, 2), [2 * steps, 2 * steps]).astype(np.int32)
        head = tail + 1
        criteria = np.zeros((2 * steps, count))
        criteria[0::2, 0] = 2.0 ** np.arange(steps)
        criteria[1::2, 1:] = 2.0 ** np.arange(steps)[:, None]
        labels = pareto(first_out, head, criteria, 0)
        assert len(labels.at(steps)) == 2**steps
        assert len(np.unique(labels.value[labels.at(steps)], axis=0)) == 2**steps


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"target": 0}, "same state"), ({"slack": np.ones(1)}, "needs a target")],
)
def test_what_makes_no_question_is_refused(arguments, message):
    first_out, head = np.array([0, 1, 1], dtype=np.int32), np.array([1], dtype=np.int32)
    with pytest.raises(ValueError, match=message):
        pareto(first_out, head, np.ones((1, 1)), 0, **arguments)


def test_a_closure_much_longer_than_any_arc_is_waited_out_at_once():
    """Arcs of a thousandth of an hour, a closure of a year: buckets are not walked one by one."""
    first_out = np.array([0, 1, 2, 2], dtype=np.int32)
    head = np.array([1, 2], dtype=np.int32)
    windows = Windows(np.array([0, 0, 1]), np.array([0.0]), np.array([8784.0]))
    labels = pareto(first_out, head, np.full((2, 1), 0.001), 0, windows=windows)
    assert labels.value[labels.at(2), 0] == pytest.approx([8784.001])
