"""Label setting: the kernels under `sogdia.routing.pareto`.

Hot functions take plain arrays one by one: named tuples of arrays are counted in and out at every
call, which made the search three times slower. They only carry arrays that grow together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sogdia.network.model import Floats, Ints

BLOCK = 32
ROOM = 1024
STAIRCASE = 2
"""Criteria beside the first up to which fronts are staircases."""


class Open(NamedTuple):
    """Labels that are not yet permanent, and the heap in which they wait.

    `free` lists the rows that can be used again; `keys` and `heap` are the heap: first
    criterion with what is at least still to come, and label.
    """

    value: Floats
    state: Ints
    parent: Ints
    arc: Ints
    free: Ints
    keys: Floats
    heap: Ints


class Found(NamedTuple):
    """Permanent labels, in the order in which they are found."""

    value: Floats
    state: Ints
    parent: Ints
    arc: Ints


class Fronts(NamedTuple):
    """What dominates at each state: its rows of all criteria but the first, in one table.

    A state's rows begin at `start`, `length` of them, with room for `room`. `least` holds the
    least values of each block of `BLOCK` rows.
    """

    start: Ints
    length: Ints
    room: Ints
    rows: Floats
    least: Floats


@njit(cache=True, nogil=True)
def _empty(states: int, count: int) -> tuple[Open, Found, Fronts]:
    labels = Open(
        np.zeros((ROOM, count)),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM),
        np.empty(ROOM, dtype=np.int32),
    )
    permanent = Found(
        np.empty((ROOM, count)),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM, dtype=np.int32),
    )
    fronts = Fronts(
        np.zeros(states, dtype=np.int64),
        np.zeros(states, dtype=np.int64),
        np.zeros(states, dtype=np.int64),
        np.empty((BLOCK, count - 1)),
        np.empty((2, count - 1)),
    )
    return labels, permanent, fronts


@njit(cache=True, nogil=True)
def _grown(values: NDArray[Any], rows: int) -> NDArray[Any]:
    larger = np.empty((rows, values.shape[1]), dtype=values.dtype)
    larger[: values.shape[0]] = values
    return larger


@njit(cache=True, nogil=True)
def _longer(values: NDArray[Any], length: int) -> NDArray[Any]:
    larger = np.empty(length, dtype=values.dtype)
    larger[: values.shape[0]] = values
    return larger


@njit(cache=True, nogil=True)
def _more_open(labels: Open) -> Open:
    """Double the room for open labels."""
    room = 2 * labels.state.shape[0]
    return Open(
        _grown(labels.value, room),
        _longer(labels.state, room),
        _longer(labels.parent, room),
        _longer(labels.arc, room),
        _longer(labels.free, room),
        _longer(labels.keys, room),
        _longer(labels.heap, room),
    )


@njit(cache=True, nogil=True)
def _more_found(labels: Found) -> Found:
    """Double the room for permanent labels."""
    room = 2 * labels.state.shape[0]
    return Found(
        _grown(labels.value, room),
        _longer(labels.state, room),
        _longer(labels.parent, room),
        _longer(labels.arc, room),
    )


@njit(cache=True, nogil=True)
def _with_room(fronts: Fronts, state: int, used: int) -> tuple[Fronts, int]:
    """Move a state's full front to the end of the table, with twice the room."""
    columns = fronts.rows.shape[1]
    start, count = fronts.start[state], fronts.length[state]
    room = max(2 * count, BLOCK if columns > STAIRCASE else 4)
    if used + room > fronts.rows.shape[0]:
        rows = 2 * (fronts.rows.shape[0] + room)
        blocks = rows // BLOCK + 1
        fronts = Fronts(
            fronts.start,
            fronts.length,
            fronts.room,
            _grown(fronts.rows, rows),
            _grown(fronts.least, blocks),
        )
    for row in range(count):
        for column in range(columns):
            fronts.rows[used + row, column] = fronts.rows[start + row, column]
    if columns > STAIRCASE:
        for block in range(count // BLOCK):
            for column in range(columns):
                least = fronts.least[start // BLOCK + block, column]
                fronts.least[used // BLOCK + block, column] = least
    fronts.start[state] = used
    fronts.room[state] = room
    return fronts, used + room


@njit(cache=True, nogil=True)
def _last_not_above(rows: Floats, start: int, count: int, value: float) -> int:
    """Return the last row of a sorted front whose first column is not above a value, or -1."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if rows[start + middle, 0] <= value:
            low = middle + 1
        else:
            high = middle
    return low - 1


@njit(cache=True, nogil=True)
def _dominated(rows: Floats, least: Floats, start: int, count: int, others: Floats) -> bool:
    """Whether a row of a state's front is nowhere above `others` (all criteria but the first).

    For one and two columns the front is a staircase: sorted by the first column, the second
    falling. For more it is a list in blocks, whose least values are kept.
    """
    columns = others.shape[0]
    if columns == 0:
        return bool(count > 0)
    if columns <= STAIRCASE:
        step = _last_not_above(rows, start, count, others[0])
        return step >= 0 and (columns == 1 or rows[start + step, 1] <= others[1])
    for block in range(start // BLOCK, (start + count + BLOCK - 1) // BLOCK):
        if not _nowhere_above(least, block, others):
            continue
        for row in range(block * BLOCK, min((block + 1) * BLOCK, start + count)):
            if _nowhere_above(rows, row, others):
                return True
    return False


@njit(cache=True, nogil=True)
def _nowhere_above(rows: Floats, row: int, others: Floats) -> bool:
    for column in range(others.shape[0]):  # noqa: SIM110  (numba has no generators)
        if rows[row, column] > others[column]:
            return False
    return True


@njit(cache=True, nogil=True)
def _add_to_list(rows: Floats, least: Floats, start: int, count: int, others: Floats) -> int:
    """Add a row to a front that is a list in blocks; return its new length."""
    row = start + count
    block = row // BLOCK
    for column in range(others.shape[0]):
        rows[row, column] = others[column]
        if row % BLOCK == 0 or others[column] < least[block, column]:
            least[block, column] = others[column]
    return count + 1


@njit(cache=True, nogil=True)
def _add_to_staircase(rows: Floats, start: int, count: int, others: Floats) -> int:
    """Add a row to a staircase and drop the steps it dominates; return its new length."""
    columns = others.shape[0]
    step = _last_not_above(rows, start, count, others[0])
    at = step if step >= 0 and rows[start + step, 0] == others[0] else step + 1
    end = at
    while end < count and (columns == 1 or rows[start + end, 1] >= others[1]):
        end += 1
    if end == at:
        for row in range(start + count, start + at, -1):
            for column in range(columns):
                rows[row, column] = rows[row - 1, column]
    elif end > at + 1:
        for row in range(count - end):
            for column in range(columns):
                rows[start + at + 1 + row, column] = rows[start + end + row, column]
    for column in range(columns):
        rows[start + at, column] = others[column]
    return at + 1 + count - end


@njit(cache=True, nogil=True)
def _before(value: Floats, key: float, label: int, other_key: float, other: int) -> bool:
    """Whether a label leaves the heap before another: first criterion, then the others."""
    if key != other_key:
        return key < other_key
    for column in range(1, value.shape[1]):
        if value[label, column] != value[other, column]:
            return bool(value[label, column] < value[other, column])
    return label < other


@njit(cache=True, nogil=True)
def _push(keys: Floats, heap: Ints, value: Floats, size: int, key: float, label: int) -> None:
    slot = size
    while slot > 0:
        above = (slot - 1) >> 2
        if not _before(value, key, label, keys[above], heap[above]):
            break
        keys[slot] = keys[above]
        heap[slot] = heap[above]
        slot = above
    keys[slot] = key
    heap[slot] = label


@njit(cache=True, nogil=True)
def _drop_top(keys: Floats, heap: Ints, value: Floats, size: int) -> None:
    """Remove the top of a heap whose new size is `size`; its last entry sinks from there."""
    key = keys[size]
    label = heap[size]
    slot = 0
    while True:
        child = 4 * slot + 1
        if child >= size:
            break
        best = child
        for other in range(child + 1, min(child + 4, size)):
            if _before(value, keys[other], heap[other], keys[best], heap[best]):
                best = other
        if not _before(value, keys[best], heap[best], key, label):
            break
        keys[slot] = keys[best]
        heap[slot] = heap[best]
        slot = best
    keys[slot] = key
    heap[slot] = label


@njit(cache=True, nogil=True)
def _ready(time: float, arc: int, first: Ints, start: Floats, end: Floats) -> float:
    """Return when an arc can be entered by who stands before it at `time`."""
    for window in range(first[arc], first[arc + 1]):
        if start[window] <= time < end[window]:
            time = end[window]
    return time


@njit(cache=True, nogil=True)
def _comes_back(place: Ints, permanent: Found, label: int, other: int) -> bool:
    """Whether a way has been at the place of a state before, and has left it."""
    there = place[other]
    if place[permanent.state[label]] == there:
        return False
    while label >= 0:
        if place[permanent.state[label]] == there:
            return True
        label = permanent.parent[label]
    return False


@njit(cache=True, nogil=True)
def search(
    first_out: Ints,
    head: Ints,
    criteria: Floats,
    bound: Floats,
    source: int,
    target: int,
    slack: Floats,
    window_first: Ints,
    window_start: Floats,
    window_end: Floats,
    place: Ints,
    most: int,
) -> tuple[int, Ints, Ints, Ints, Floats]:
    """Set labels until none is left that could be Pareto-optimal.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form.
    criteria : ndarray of float64, shape (arcs, criteria)
        Sums of which are exact; infinite in every column where the arc is forbidden.
    bound : ndarray of float64, shape (states, criteria)
        What is at least still to come to the target; zero without one.
    source, target : int
        States; -1: no target.
    slack : ndarray of float64, shape (criteria,)
        Epsilon of the dominance by finished ways.
    window_first, window_start, window_end : ndarray
        See `sogdia.routing.pareto.Windows`.
    place : ndarray of int32, shape (states,) or (0,)
        Place of each state; ways that come back to a place are left out. Empty: they are not.
    most : int
        Labels at which to give up.

    Returns
    -------
    found : int
        Number of permanent labels; -1: more than `most`.
    state, parent, arc : ndarray of int32, shape (found,)
        Of each.
    value : ndarray of float64, shape (found, criteria)
        Sums from the source.
    """
    count = criteria.shape[1]
    labels, permanent, fronts = _empty(first_out.shape[0] - 1, count)
    rows, least = fronts.rows, fronts.least
    start, length = fronts.start, fronts.length
    value, keys, heap = labels.value, labels.keys, labels.heap
    others, ahead = np.empty(count - 1), np.empty(count - 1)
    found, used, created, freed = 0, 0, 1, 0
    labels.state[0] = source
    labels.parent[0] = -1
    labels.arc[0] = -1
    keys[0] = bound[source, 0]
    heap[0] = 0
    size = 1 if np.isfinite(bound[source, 0]) else 0
    while size > 0:
        label = heap[0]
        size -= 1
        if size > 0:
            _drop_top(keys, heap, value, size)
        labels.free[freed] = label
        freed += 1
        here = labels.state[label]
        for column in range(1, count):
            others[column - 1] = value[label, column]
            ahead[column - 1] = others[column - 1] + bound[here, column] + slack[column]
        if _dominated(rows, least, start[here], length[here], others) or (
            target >= 0 and _dominated(rows, least, start[target], length[target], ahead)
        ):
            continue
        if found == most:
            found = -1
            break
        if length[here] == fronts.room[here]:
            fronts, used = _with_room(fronts, here, used)
            rows, least = fronts.rows, fronts.least
        if count - 1 > STAIRCASE:
            length[here] = _add_to_list(rows, least, start[here], length[here], others)
        else:
            length[here] = _add_to_staircase(rows, start[here], length[here], others)
        if found == permanent.state.shape[0]:
            permanent = _more_found(permanent)
        permanent.value[found] = value[label]
        permanent.state[found] = here
        permanent.parent[found] = labels.parent[label]
        permanent.arc[found] = labels.arc[label]
        number = found
        found += 1
        if here == target:
            continue
        sums = permanent.value
        for arc in range(first_out[here], first_out[here + 1]):
            other = head[arc]
            if criteria[arc, 0] == np.inf or bound[other, 0] == np.inf:
                continue
            if place.shape[0] > 0 and _comes_back(place, permanent, number, other):
                continue
            ready = _ready(sums[number, 0], arc, window_first, window_start, window_end)
            if ready == np.inf:
                continue
            for column in range(1, count):
                others[column - 1] = sums[number, column] + criteria[arc, column]
                ahead[column - 1] = others[column - 1] + bound[other, column] + slack[column]
            if _dominated(rows, least, start[other], length[other], others) or (
                target >= 0 and _dominated(rows, least, start[target], length[target], ahead)
            ):
                continue
            if freed > 0:
                freed -= 1
                new = labels.free[freed]
            else:
                if created == labels.state.shape[0]:
                    labels = _more_open(labels)
                    value, keys, heap = labels.value, labels.keys, labels.heap
                new = created
                created += 1
            value[new, 0] = ready + criteria[arc, 0]
            for column in range(1, count):
                value[new, column] = others[column - 1]
            labels.state[new] = other
            labels.parent[new] = number
            labels.arc[new] = arc
            _push(keys, heap, value, size, value[new, 0] + bound[other, 0], new)
            size += 1
    last = max(found, 0)
    return (
        found,
        permanent.state[:last].copy(),
        permanent.parent[:last].copy(),
        permanent.arc[:last].copy(),
        permanent.value[:last].copy(),
    )
