"""Cheapest paths under prices, where passing some arcs for the first time pays or costs.

A contract, a blend or a share counts a path for a marked arc once. So a state is reached in
several ways: with each set of such limits met. Within one set all costs are positive and
Dijkstra's method (1959) serves; a marked arc leads to a larger set, so sets are taken in
their order, and no circle can pay.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints
from sogdia.routing.shortest import NO_ARC, sift_down, sift_up

MOST_REWARDS = 10


@njit(cache=True, nogil=True)
def rewarded_tree(
    first_out: Ints,
    head: Ints,
    cost: Floats,
    pays: Ints,
    reward: Floats,
    source: int,
    distance: Floats,
    arc_into: Ints,
    came_with: Ints,
    heap: Ints,
    position: Ints,
) -> None:
    """Fill the least costs from `source` for every set of rewards collected.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form, shapes (states + 1,) and (arcs,).
    cost : ndarray of float64, shape (arcs,)
        Not negative.
    pays : ndarray of int32, shape (arcs,)
        Rewards that each arc pays to who has not had them, one bit each.
    reward : ndarray of float64, shape (rewards,)
        What they are; one that is negative is a charge.
    source : int
        State.
    distance : ndarray of float64, shape (2 ** rewards, states)
        Filled: cost less rewards; infinite where not reached with that set.
    arc_into, came_with : ndarray of int32, shape (2 ** rewards, states)
        Filled: last arc of the path, -1 where there is none, and the set before it.
    heap, position : ndarray of int32, shape (states,)
        Work space, overwritten.
    """
    distance[:] = np.inf
    arc_into[:] = NO_ARC
    distance[0, source] = 0.0
    for collected in range(distance.shape[0]):
        reached = distance[collected]
        size = 0
        for state in range(position.shape[0]):
            position[state] = -1
            if reached[state] < np.inf:
                heap[size] = state
                position[state] = size
                size += 1
                sift_up(heap, position, reached, position[state])
        while size > 0:
            state = heap[0]
            size -= 1
            if size > 0:
                heap[0] = heap[size]
                position[heap[0]] = 0
                sift_down(heap, position, reached, size)
            position[state] = -2
            for arc in range(first_out[state], first_out[state + 1]):
                other = head[arc]
                through = reached[state] + cost[arc]
                new = pays[arc] & ~collected
                if new != 0:
                    for bit in range(reward.shape[0]):
                        if new & (1 << bit):
                            through -= reward[bit]
                    later = collected | new
                    if through < distance[later, other]:
                        distance[later, other] = through
                        arc_into[later, other] = arc
                        came_with[later, other] = collected
                elif position[other] != -2 and through < reached[other]:
                    reached[other] = through
                    arc_into[collected, other] = arc
                    came_with[collected, other] = collected
                    if position[other] < 0:
                        heap[size] = other
                        position[other] = size
                        size += 1
                    sift_up(heap, position, reached, position[other])


@njit(cache=True, nogil=True)
def rewarded_path(
    tail: Ints, arc_into: Ints, came_with: Ints, collected: int, target: int, path: Ints
) -> int:
    """Write the arcs of the path to `target` into `path`; return how many, -1: too many."""
    count, state = 0, target
    while arc_into[collected, state] != NO_ARC:
        if count == path.shape[0]:
            return -1
        arc = arc_into[collected, state]
        collected = came_with[collected, state]
        path[count] = arc
        count += 1
        state = tail[arc]
    path[:count] = path[:count][::-1].copy()
    return count
