"""Shortest paths to one target, looked for only where they can lie.

A* (Hart, Nilsson and Raphael, 1968) with lower bounds on what is left to the target. Here the
bounds are exact distances at costs that are nowhere more than those searched, so that a
search passes few states besides those of its path.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints
from sogdia.routing.shortest import NO_ARC, sift_down, sift_up

# Bounds and distances are sums of the same costs in another order: so much may they differ.
ROUNDING = 1e-9


@njit(cache=True, nogil=True)
def goal_directed_tree(
    first_out: Ints,
    head: Ints,
    cost: Floats,
    source: int,
    target: int,
    bound: Floats,
    distance: Floats,
    arc_into: Ints,
    key: Floats,
    heap: Ints,
    position: Ints,
) -> None:
    """Fill distances from `source` as far as a shortest path to `target` may need them.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form, shapes (states + 1,) and (arcs,).
    cost : ndarray of float64, shape (arcs,)
        Non-negative; infinite where the arc is forbidden.
    source, target : int
        States.
    bound : ndarray of float64, shape (states,)
        No more than the distance to `target`, and consistent: over an arc it falls by no
        more than the arc costs. Infinite where there is no way.
    distance : ndarray of float64, shape (states,)
        Filled: exact, to the last bit, for every state that lies on a way to `target` as
        short as the shortest; for others no less than the exact one, or infinite.
    arc_into : ndarray of int32, shape (states,)
        Filled: last arc of a shortest path, -1 where there is none.
    key : ndarray of float64, shape (states,)
    heap, position : ndarray of int32, shape (states,)
        Work space, overwritten.
    """
    distance[:] = np.inf
    arc_into[:] = NO_ARC
    if bound[source] == np.inf:
        return
    position[:] = -1
    distance[source] = 0.0
    key[source] = bound[source]
    heap[0] = source
    position[source] = 0
    size = 1
    farthest = np.inf
    while size > 0:
        state = heap[0]
        if key[state] > farthest:
            break
        size -= 1
        if size > 0:
            heap[0] = heap[size]
            position[heap[0]] = 0
            sift_down(heap, position, key, size)
        # rounding may bring a state back that has been passed: it is then passed again
        position[state] = -1
        reached = distance[state]
        for arc in range(first_out[state], first_out[state + 1]):
            other = head[arc]
            through = reached + cost[arc]
            if through >= distance[other] or through + bound[other] > farthest:
                continue
            distance[other] = through
            arc_into[other] = arc
            if other == target:
                farthest = through * (1.0 + ROUNDING)
                continue
            key[other] = through + bound[other]
            if position[other] < 0:
                heap[size] = other
                position[other] = size
                size += 1
            sift_up(heap, position, key, position[other])


@njit(cache=True, nogil=True)
def is_only_shortest(
    tail: Ints,
    head: Ints,
    first_in: Ints,
    by_head: Ints,
    cost: Floats,
    distance: Floats,
    path: Ints,
) -> bool:
    """Tell whether every state of a path is reached as soon by no other arc.

    Then every exact method finds this path, whatever the order in which it looks.

    Parameters
    ----------
    tail, head : ndarray of int32, shape (arcs,)
        Ends of arcs.
    first_in, by_head : ndarray of int32
        Topology by head (see `sogdia.routing.shortest.reverse`).
    cost : ndarray of float64, shape (arcs,)
        Costs searched.
    distance : ndarray of float64, shape (states,)
        As `goal_directed_tree` fills it.
    path : ndarray of int32
        Arcs in order of travel.
    """
    for arc in path:
        state = head[arc]
        for entry in range(first_in[state], first_in[state + 1]):
            other = by_head[entry]
            if other != arc and distance[tail[other]] + cost[other] <= distance[state]:
                return False
    return True
