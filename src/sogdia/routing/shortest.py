"""Shortest trees over CSR arrays (Dijkstra, 1959, with an indexed binary heap)."""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints

NO_ARC = -1


def reverse(first_out: Ints, head: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the topology seen from the heads of arcs.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form, shapes (states + 1,) and (arcs,).

    Returns
    -------
    first_in : ndarray of int32, shape (states + 1,)
        Entries ``first_in[s]`` to ``first_in[s + 1]`` of `by_head` are the arcs into ``s``.
    by_head : ndarray of int32, shape (arcs,)
        Arcs in order of their head.
    tail : ndarray of int32, shape (arcs,)
        State in which each arc begins.
    """
    states = len(first_out) - 1
    tail = np.repeat(np.arange(states, dtype=np.int32), np.diff(first_out))
    by_head = np.argsort(head, kind="stable").astype(np.int32)
    first_in = np.zeros(states + 1, dtype=np.int32)
    np.cumsum(np.bincount(head, minlength=states), out=first_in[1:])
    return first_in, by_head, tail


@njit(cache=True, nogil=True)
def sift_up(heap: Ints, position: Ints, distance: Floats, slot: int) -> None:
    """Let a state of an indexed binary heap rise to its place by distance."""
    state = heap[slot]
    key = distance[state]
    while slot > 0:
        parent = (slot - 1) >> 1
        above = heap[parent]
        if distance[above] <= key:
            break
        heap[slot] = above
        position[above] = slot
        slot = parent
    heap[slot] = state
    position[state] = slot


@njit(cache=True, nogil=True)
def sift_down(heap: Ints, position: Ints, distance: Floats, size: int) -> None:
    """Let the top of an indexed binary heap sink to its place by distance."""
    slot = 0
    state = heap[0]
    key = distance[state]
    while True:
        child = 2 * slot + 1
        if child >= size:
            break
        if child + 1 < size and distance[heap[child + 1]] < distance[heap[child]]:
            child += 1
        below = heap[child]
        if distance[below] >= key:
            break
        heap[slot] = below
        position[below] = slot
        slot = child
    heap[slot] = state
    position[state] = slot


@njit(cache=True, nogil=True)
def shortest_tree(
    first_out: Ints,
    head: Ints,
    cost: Floats,
    source: int,
    target: int,
    distance: Floats,
    arc_into: Ints,
    heap: Ints,
    position: Ints,
    most: float = np.inf,
) -> None:
    """Fill the shortest distances from `source` and the arcs by which they are reached.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form, shapes (states + 1,) and (arcs,).
    cost : ndarray of float64, shape (arcs,)
        Non-negative; infinite where the arc is forbidden.
    source, target : int
        States; the search stops when `target` is settled (-1: never).
    distance : ndarray of float64, shape (states,)
        Filled: infinite where not reached (or not settled before `target`).
    arc_into : ndarray of int32, shape (states,)
        Filled: last arc of the shortest path, -1 where there is none.
    heap, position : ndarray of int32, shape (states,)
        Work space, overwritten.
    most : float
        The search stops at this distance: what is as far, or farther, is filled with some
        distance that is not less.
    """
    distance[:] = np.inf
    arc_into[:] = NO_ARC
    position[:] = -1
    distance[source] = 0.0
    heap[0] = source
    position[source] = 0
    size = 1
    while size > 0:
        state = heap[0]
        reached = distance[state]
        if reached >= most:
            break
        size -= 1
        if size > 0:
            heap[0] = heap[size]
            position[heap[0]] = 0
            sift_down(heap, position, distance, size)
        position[state] = -2
        if state == target:
            break
        for arc in range(first_out[state], first_out[state + 1]):
            other = head[arc]
            if position[other] == -2:
                continue
            through = reached + cost[arc]
            if through < distance[other]:
                distance[other] = through
                arc_into[other] = arc
                if position[other] < 0:
                    heap[size] = other
                    position[other] = size
                    size += 1
                sift_up(heap, position, distance, position[other])


@njit(cache=True, nogil=True)
def trace_path(tail: Ints, arc_into: Ints, source: int, target: int, path: Ints) -> int:
    """Write the arcs from `source` to `target` into `path`; return how many, -1 if cut off."""
    count = 0
    state = target
    while state != source:
        arc = arc_into[state]
        if arc == NO_ARC or count == path.shape[0]:
            return -1
        path[count] = arc
        count += 1
        state = tail[arc]
    path[:count] = path[:count][::-1].copy()
    return count
