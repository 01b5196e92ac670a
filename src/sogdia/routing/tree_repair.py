"""Shortest trees kept, and repaired where costs have changed.

A tree is stored with the order in which its states were reached. At other costs it is first
measured again, state by state in that order; arcs that then offer a shorter way begin a
Dijkstra search that passes only the states whose distance falls (label correcting; Gallo, 1980).
Where little has changed that is one pass over states and one over arcs.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints
from sogdia.routing.shortest import NO_ARC, shortest_tree, sift_down, sift_up


@njit(cache=True, nogil=True)
def grow_trees(
    first_out: Ints,
    head: Ints,
    cost: Floats,
    row: Ints,
    source: Ints,
    arc_into: Ints,
    order: Ints,
) -> None:
    """Grow a shortest tree for each row of costs and source.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form, shapes (states + 1,) and (arcs,).
    cost : ndarray of float64, shape (rows, arcs)
        Non-negative; infinite where the arc is forbidden.
    row, source : ndarray of int32, shape (trees,)
        Which costs, and from where.
    arc_into : ndarray of int32, shape (trees, states)
        Filled: last arc to each state, -1 where there is none.
    order : ndarray of int32, shape (trees, states)
        Filled: states by distance, so that each comes after the one before it on its path.
    """
    states = first_out.shape[0] - 1
    distance = np.empty(states)
    heap = np.empty(states, dtype=np.int32)
    position = np.empty(states, dtype=np.int32)
    tail = np.empty(head.shape[0], dtype=np.int32)
    for state in range(states):
        tail[first_out[state] : first_out[state + 1]] = state
    child_first = np.empty(states + 1, dtype=np.int32)
    child = np.empty(states, dtype=np.int32)
    for tree in range(row.shape[0]):
        into = arc_into[tree]
        shortest_tree(
            first_out, head, cost[row[tree]], source[tree], -1, distance, into, heap, position
        )
        _parents_first(tail, into, source[tree], child_first, child, order[tree])


@njit(cache=True, nogil=True)
def _parents_first(
    tail: Ints, arc_into: Ints, source: int, child_first: Ints, child: Ints, order: Ints
) -> None:
    """Fill the states from the source outward; those that are not reached come last."""
    states = arc_into.shape[0]
    child_first[:] = 0
    for state in range(states):
        if arc_into[state] != NO_ARC:
            child_first[tail[arc_into[state]] + 1] += 1
    for state in range(states):
        child_first[state + 1] += child_first[state]
    for state in range(states):
        if arc_into[state] != NO_ARC:
            parent = tail[arc_into[state]]
            child[child_first[parent]] = state
            child_first[parent] += 1
    # each entry now stands where the next begins
    order[0] = source
    count = 1
    done = 0
    while done < count:
        state = order[done]
        done += 1
        begin = child_first[state - 1] if state > 0 else 0
        for place in range(begin, child_first[state]):
            order[count] = child[place]
            count += 1
    for state in range(states):
        if arc_into[state] == NO_ARC and state != source:
            order[count] = state
            count += 1


@njit(cache=True, nogil=True)
def repair_tree(
    first_out: Ints,
    head: Ints,
    tail: Ints,
    cost: Floats,
    source: int,
    order: Ints,
    targets: Ints,
    distance: Floats,
    arc_into: Ints,
    heap: Ints,
    position: Ints,
) -> None:
    """Make a tree that was shortest at other costs shortest at these, as far as it is asked for.

    Parameters
    ----------
    first_out, head, tail : ndarray of int32
        Topology, with the state in which each arc begins.
    cost : ndarray of float64, shape (arcs,)
        Non-negative; infinite where the arc is forbidden.
    source : int
        Where the tree begins.
    order : ndarray of int32, shape (states,)
        States of the tree given, from the source outward.
    targets : ndarray of int32
        States that the tree has to lead to; none: all.
    distance : ndarray of float64, shape (states,)
        Filled, with the sums that `shortest_tree` makes, for every state no farther than the
        farthest target; for others no less than that, nor than the exact one.
    arc_into : ndarray of int32, shape (states,)
        The tree; becomes the new one. A state that is cut off has an infinite distance,
        and any arc.
    heap, position : ndarray of int32, shape (states,)
        Work space, overwritten.
    """
    for state in order:
        arc = arc_into[state]
        distance[state] = np.inf if arc == NO_ARC else distance[tail[arc]] + cost[arc]
        if arc == NO_ARC and state == source:
            distance[state] = 0.0
    # what a target costs by the tree given is no less than what it will cost
    farthest = 0.0 if targets.shape[0] else np.inf
    for state in targets:
        farthest = max(farthest, distance[state])
    size = 0
    position[:] = -1
    for state in range(first_out.shape[0] - 1):
        reached = distance[state]
        if reached == np.inf or reached > farthest:
            continue
        for arc in range(first_out[state], first_out[state + 1]):
            if reached + cost[arc] < distance[head[arc]]:
                size = _lower(
                    head[arc], arc, reached + cost[arc], distance, arc_into, heap, position, size
                )
    while size > 0:
        state = heap[0]
        size -= 1
        if size > 0:
            heap[0] = heap[size]
            position[heap[0]] = 0
            sift_down(heap, position, distance, size)
        position[state] = -1
        reached = distance[state]
        if reached > farthest:
            break
        for arc in range(first_out[state], first_out[state + 1]):
            if reached + cost[arc] < distance[head[arc]]:
                size = _lower(
                    head[arc], arc, reached + cost[arc], distance, arc_into, heap, position, size
                )


@njit(cache=True, nogil=True)
def _lower(
    state: int,
    arc: int,
    through: float,
    distance: Floats,
    arc_into: Ints,
    heap: Ints,
    position: Ints,
    size: int,
) -> int:
    """Give a state a shorter distance and its place in the heap; return the heap's size."""
    distance[state] = through
    arc_into[state] = arc
    if position[state] < 0:
        heap[size] = state
        position[state] = size
        size += 1
    sift_up(heap, position, distance, position[state])
    return size
