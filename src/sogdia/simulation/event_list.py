"""The event list: a binary heap over two flat arrays, by time and then by order of scheduling.

An event's key holds its number in the order of scheduling, its kind and what it concerns; so of
two events at the same time the one that was scheduled first comes first.
"""

from __future__ import annotations

from numba import njit

from sogdia.network.model import Floats, Ints

DELAY_ENDS, VOYAGE_ENDS, VESSEL_READY, VESSEL_LEAVES, WAIT_ENDS, SHUTS, OPENS = range(7)
"""Kinds of events."""
SUBJECT_BITS = 27
KIND_BITS = 3
SUBJECT_MASK = (1 << SUBJECT_BITS) - 1
KIND_MASK = (1 << KIND_BITS) - 1


@njit(cache=True, nogil=True, forceinline=True)
def push(
    time: Floats, key: Ints, size: int, hole: int, at: float, number: int, kind: int, subject: int
) -> None:
    """Schedule an event.

    Parameters
    ----------
    time, key : ndarray
        The list; there is room for one more.
    size : int
        Places in use.
    hole : int
        A place of these that is empty (see `sink`); ``size`` if none is: the list then grows.
    at, number, kind, subject : float and int
        Time, number in the order of scheduling, kind, and what it concerns.
    """
    while hole > 0:
        parent = (hole - 1) >> 1
        if time[parent] <= at:  # what was scheduled before goes before
            break
        time[hole] = time[parent]
        key[hole] = key[parent]
        hole = parent
    time[hole] = at
    key[hole] = (((number << KIND_BITS) | kind) << SUBJECT_BITS) | subject


@njit(cache=True, nogil=True, forceinline=True)
def sink(time: Floats, key: Ints, size: int) -> int:
    """Take the first event off the list, and return the place at the bottom that is left empty.

    The earlier of two children moves up, down to the bottom (Wegener, 1993): what fills the
    place then, the last event or a new one, is nearly always late enough to stay there. The
    comparisons have no branches, since nobody could guess them.
    """
    hole = 0
    child = 1
    while child + 1 < size:
        other = child + 1
        earlier = (time[other] < time[child]) | (
            (time[other] == time[child]) & (key[other] < key[child])
        )
        child += earlier
        time[hole] = time[child]
        key[hole] = key[child]
        hole = child
        child = 2 * hole + 1
    if child < size:
        time[hole] = time[child]
        key[hole] = key[child]
        hole = child
    return hole


@njit(cache=True, nogil=True, forceinline=True)
def close_up(time: Floats, key: Ints, size: int, hole: int) -> None:
    """Fill the empty place with the last event; the list is then one shorter."""
    at, last = time[size - 1], key[size - 1]
    while hole > 0:
        parent = (hole - 1) >> 1
        if time[parent] < at or (time[parent] == at and key[parent] < last):
            break
        time[hole] = time[parent]
        key[hole] = key[parent]
        hole = parent
    time[hole] = at
    key[hole] = last
