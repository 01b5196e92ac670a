"""Label setting: the kernels under `sogdia.routing.pareto`.

Hot functions take plain arrays one by one: named tuples of arrays are counted in and out at every
call, which made the search three times slower. They only carry arrays that grow together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints
from sogdia.routing.fronts import (
    BLOCK,
    STAIRCASE,
    Fronts,
    add_to_list,
    add_to_staircase,
    dominated,
    under_stairs,
    with_room,
)
from sogdia.routing.growing import grown, longer
from sogdia.routing.label_queue import (
    BUCKETS,
    NO_LABEL,
    bucket_width,
    drop_top,
    file_away,
    next_bucket,
    push,
)

ROOM = 1024


class Open(NamedTuple):
    """Labels that are not yet permanent, and the queue in which they wait.

    A label's `key` is its first criterion with what is at least still to come. Labels of the
    present bucket of keys wait in a heap (`keys`, `heap`), those of later ones in lists that
    `after` strings together (buckets of Dial, 1969). `free` lists rows to be used again.
    """

    value: Floats
    state: Ints
    parent: Ints
    arc: Ints
    free: Ints
    after: Ints
    key: Floats
    keys: Floats
    heap: Ints


class Found(NamedTuple):
    """Permanent labels, in the order in which they are found."""

    value: Floats
    state: Ints
    parent: Ints
    arc: Ints


@njit(cache=True, nogil=True)
def _empty(states: int, count: int) -> tuple[Open, Found, Fronts]:
    labels = Open(
        np.zeros((ROOM, count)),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM, dtype=np.int32),
        np.empty(ROOM),
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
def _more_open(labels: Open) -> Open:
    """Double the room for open labels."""
    room = 2 * labels.state.shape[0]
    return Open(
        grown(labels.value, room),
        longer(labels.state, room),
        longer(labels.parent, room),
        longer(labels.arc, room),
        longer(labels.free, room),
        longer(labels.after, room),
        longer(labels.key, room),
        longer(labels.keys, room),
        longer(labels.heap, room),
    )


@njit(cache=True, nogil=True)
def _more_found(labels: Found) -> Found:
    """Double the room for permanent labels."""
    room = 2 * labels.state.shape[0]
    return Found(
        grown(labels.value, room),
        longer(labels.state, room),
        longer(labels.parent, room),
        longer(labels.arc, room),
    )


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
    after, key = labels.after, labels.key
    bucket = np.full(BUCKETS + 1, NO_LABEL, dtype=np.int32)
    width = bucket_width(criteria)
    found, used, created, freed, filed = 0, 0, 1, 0, 0
    labels.state[0] = source
    labels.parent[0] = -1
    labels.arc[0] = -1
    keys[0] = bound[source, 0]
    heap[0] = 0
    size = 1 if np.isfinite(bound[source, 0]) else 0
    now = int(keys[0] / width) if size > 0 else 0
    while size > 0 or filed > 0:
        if size == 0:
            now, size = next_bucket(bucket, after, key, keys, heap, value, now, width)
            filed -= size
        label = heap[0]
        size -= 1
        if size > 0:
            drop_top(keys, heap, value, size)
        labels.free[freed] = label
        freed += 1
        here = labels.state[label]
        for column in range(1, count):
            others[column - 1] = value[label, column]
        if count == STAIRCASE + 1:
            if under_stairs(rows, start[here], length[here], others[0], others[1]):
                continue
        elif dominated(rows, least, start[here], length[here], others):
            continue
        if target >= 0:
            for column in range(1, count):
                ahead[column - 1] = others[column - 1] + bound[here, column] + slack[column]
            if dominated(rows, least, start[target], length[target], ahead):
                continue
        if found == most:
            found = -1
            break
        if length[here] == fronts.room[here]:
            fronts, used = with_room(fronts, here, used)
            rows, least = fronts.rows, fronts.least
        if count - 1 > STAIRCASE:
            length[here] = add_to_list(rows, least, start[here], length[here], others)
        else:
            length[here] = add_to_staircase(rows, start[here], length[here], others)
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
            if count == STAIRCASE + 1:
                # what planners ask for most: without arrays it is a fifth faster
                second = sums[number, 1] + criteria[arc, 1]
                third = sums[number, 2] + criteria[arc, 2]
                if under_stairs(rows, start[other], length[other], second, third):
                    continue
                if target >= 0 and under_stairs(
                    rows,
                    start[target],
                    length[target],
                    second + bound[other, 1] + slack[1],
                    third + bound[other, 2] + slack[2],
                ):
                    continue
                others[0] = second
                others[1] = third
            else:
                for column in range(1, count):
                    others[column - 1] = sums[number, column] + criteria[arc, column]
                    ahead[column - 1] = others[column - 1] + bound[other, column] + slack[column]
                if dominated(rows, least, start[other], length[other], others) or (
                    target >= 0 and dominated(rows, least, start[target], length[target], ahead)
                ):
                    continue
            if freed > 0:
                freed -= 1
                new = labels.free[freed]
            else:
                if created == labels.state.shape[0]:
                    labels = _more_open(labels)
                    value, keys, heap = labels.value, labels.keys, labels.heap
                    after, key = labels.after, labels.key
                new = created
                created += 1
            value[new, 0] = ready + criteria[arc, 0]
            for column in range(1, count):
                value[new, column] = others[column - 1]
            labels.state[new] = other
            labels.parent[new] = number
            labels.arc[new] = arc
            key[new] = value[new, 0] + bound[other, 0]
            number_of_bucket = int(key[new] / width)
            if number_of_bucket <= now:
                push(keys, heap, value, size, key[new], new)
                size += 1
            else:
                file_away(bucket, after, number_of_bucket, now, new)
                filed += 1
    last = max(found, 0)
    return (
        found,
        permanent.state[:last].copy(),
        permanent.parent[:last].copy(),
        permanent.arc[:last].copy(),
        permanent.value[:last].copy(),
    )
