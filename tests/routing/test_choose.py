"""A handful out of many: what nothing beats, and what shows the whole range."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.routing.choose import balanced, nondominated, spread


@st.composite
def tables(draw, most=12):
    """Rows of one to four small integers, so that ties abound."""
    criteria = draw(st.integers(1, 4))
    row = st.lists(st.integers(0, 5), min_size=criteria, max_size=criteria)
    return np.array(draw(st.lists(row, min_size=1, max_size=most)), dtype=np.float64)


@st.composite
def grouped(draw):
    """A table, the group of each row, and how many rows are wanted."""
    values = draw(tables())
    names = st.lists(st.sampled_from(["north", "south", None]), min_size=len(values))
    return values, draw(names)[: len(values)], draw(st.integers(1, 14))


def beats(one, other):
    return bool((one <= other).all() and (one < other).any())


def in_own_range(values):
    """Each criterion from 0, the least, to 1, the most; 0 where all are alike."""
    reach = np.ptp(values, axis=0)
    return (values - values.min(axis=0)) / np.where(reach == 0, np.inf, reach)


@settings(deadline=None, max_examples=examples(300))
@given(tables())
def test_what_is_kept_is_what_no_other_row_beats(values):
    unbeaten = {tuple(row) for row in values if not any(beats(other, row) for other in values)}
    kept = nondominated(values)
    rows = [tuple(values[row]) for row in kept]
    assert rows == sorted(unbeaten)
    first = [next(k for k, other in enumerate(values) if tuple(other) == row) for row in rows]
    assert kept.tolist() == first


def test_a_way_that_is_never_best_by_one_criterion_may_still_be_unbeaten():
    values = np.array([[0.0, 9.0], [4.0, 4.0], [9.0, 0.0], [5.0, 4.0], [4.0, 4.0]])
    assert nondominated(values).tolist() == [0, 1, 2]


def test_balanced_measures_each_criterion_in_its_own_range():
    """Of days 10 to 20 and dollars 100 to 1100: shares 0 + 1, 0.4 + 0.4, 1 + 0."""
    values = np.array([[10.0, 1100.0], [14.0, 500.0], [20.0, 100.0]])
    assert balanced(values) == 1
    assert balanced(values[:, [1, 0]]) == 1
    # a sum of the bare figures would take the last
    assert int(values.sum(axis=1).argmin()) == 2


def test_a_criterion_that_is_the_same_for_all_does_not_count():
    assert balanced(np.array([[7.0, 3.0], [7.0, 1.0], [7.0, 2.0]])) == 1
    assert balanced(np.array([[7.0]])) == 0


@settings(deadline=None, max_examples=examples(300))
@given(grouped())
def test_at_most_as_many_as_wanted_in_order_and_each_once(question):
    values, groups, count = question
    chosen = spread(values, groups, count)
    assert 1 <= len(chosen) <= count
    assert len(set(chosen.tolist())) == len(chosen)
    rows = [tuple(values[row]) for row in chosen]
    assert rows == sorted(rows)
    assert spread(values.copy(), list(groups), count).tolist() == chosen.tolist()


@settings(deadline=None, max_examples=examples(300))
@given(grouped())
def test_the_best_by_each_criterion_is_among_them(question):
    values, groups, count = question
    chosen = values[spread(values, groups, count)]
    for criterion in range(min(count, values.shape[1])):
        assert chosen[:, criterion].min() == values[:, criterion].min()


@settings(deadline=None, max_examples=examples(300))
@given(grouped())
def test_with_room_the_most_balanced_of_each_group_is_among_them(question):
    values, groups, _ = question
    room = values.shape[1] + len(set(groups))
    chosen = spread(values, groups, room)
    total = in_own_range(values).sum(axis=1)
    for group in set(groups):
        members = [row for row in range(len(values)) if groups[row] == group]
        best = min(total[members])
        assert any(groups[row] == group and total[row] == pytest.approx(best) for row in chosen)


@settings(deadline=None, max_examples=examples(300))
@given(tables())
def test_with_room_for_all_every_distinct_row_is_there(values):
    chosen = spread(values, [None] * len(values), len(values))
    assert {tuple(row) for row in values[chosen]} == {tuple(row) for row in values}


def test_the_rest_are_those_farthest_from_what_is_taken():
    """On a line from (0, 10) to (10, 0): both ends, then the middle, then the quarters."""
    values = np.array([[float(x), 10.0 - x] for x in range(11)])
    groups = [None] * 11
    assert spread(values, groups, 2).tolist() == [0, 10]
    assert spread(values, groups, 3).tolist() == [0, 5, 10]
    assert set(spread(values, groups, 5).tolist()) == {0, 2, 5, 7, 10}


def test_a_group_that_is_nowhere_best_is_shown_before_more_of_the_others():
    values = np.array([[0.0, 9.0], [1.0, 8.0], [9.0, 0.0], [9.5, 8.5], [9.0, 9.0]])
    groups = ["north", "north", "north", "south", "south"]
    # 9.5 and 8.5 of 9.5 and 9 are 1.94 in all, 9 and 9 are 1.95
    assert spread(values, groups, 3).tolist() == [0, 2, 3]
