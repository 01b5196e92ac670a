"""Labels: the shortest and longest way to each node in a bush, then the shortest over all arcs."""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.network.model import Bools, Floats, Ints

ROUNDING = 1e-15
"""Share of a label below which a difference is not an improvement."""


@njit(cache=True, nogil=True)
def scan(
    head: Ints,
    cost: Floats,
    origin: int,
    code: Ints,
    back: Ints,
    flow: Floats,
    near: Floats,
    far: Floats,
    first_in: Ints,
    is_kept: Bools,
    order: Ints,
    label: Floats,
    longest: Floats,
    pred: Ints,
) -> tuple[int, int]:
    """Fill the labels of a bush, by position and by node.

    The longest label counts arcs with flow alone, those that `is_kept` marks, and -1 stands
    for none: the nodes whose longest label is not negative hold the trips. Arcs of infinite
    cost are passed over, and with them what they alone led to. The arrays are those of
    `Bushes`, cut to one bush, and of `Workspace`.

    Returns
    -------
    positions : int
        How many there are before the tree begins, the origin's included.
    kept : int
        Arcs that are marked.
    """
    label.fill(np.inf)
    longest.fill(-1.0)
    pred.fill(-1)
    near[0] = far[0] = label[origin] = longest[origin] = 0.0
    order[0] = origin
    p = k = kept = 0
    end, flows = len(code), len(flow)
    while k < flows:
        p += 1
        first_in[p] = k
        shortest, most = np.inf, -1.0
        node = by = -1
        is_last = 0
        while is_last == 0:
            arc = code[k] >> 1
            is_last = code[k] & 1
            t = back[k]
            c = cost[arc]
            if head[arc] >= 0:
                node = head[arc]
            if near[t] + c < shortest:
                shortest = near[t] + c
                by = arc
            is_kept[k] = flow[k] > 0.0 and far[t] >= 0.0 and c < np.inf
            if is_kept[k]:
                kept += 1
                most = max(most, far[t] + c)
            k += 1
        near[p] = shortest
        far[p] = most
        order[p] = node
        if node >= 0:
            label[node] = shortest
            longest[node] = most
            pred[node] = by
    positions = p + 1
    first_in[positions] = flows
    while k < end:
        p += 1
        arc = code[k] >> 1
        shortest = near[back[k]] + cost[arc]
        near[p] = shortest
        if shortest < np.inf:
            label[head[arc]] = shortest
            pred[head[arc]] = arc
        k += 1
    return positions, kept


@njit(cache=True, nogil=True)
def shorten(
    first_out: Ints,
    head: Ints,
    cost: Floats,
    label: Floats,
    pred: Ints,
    queue: Ints,
    is_queued: Ints,
    better: Ints,
) -> int:
    """Lower the labels of a bush to those over all arcs, by label correcting.

    One pass in the order of memory, which near an equilibrium changes next to nothing; then
    the nodes whose label fell after their turn, the nearer before the farther one (small
    label first, Bertsekas 1993). Return how many arcs that lowered a label are in `better`.
    """
    nodes, room, most = len(label), len(queue), len(better)
    front = end = improved = turn = 0
    while turn < nodes or front != end:
        if turn < nodes:
            node = turn
            turn += 1
            if label[node] == np.inf:
                continue
        else:
            node = queue[front]
            front = front + 1 if front + 1 < room else 0
            is_queued[node] = 0
        start = label[node]
        for arc in range(first_out[node], first_out[node + 1]):
            n = head[arc]
            reached = start + cost[arc]
            if reached >= label[n] * (1.0 - ROUNDING):
                continue
            label[n] = reached
            pred[n] = arc
            if improved < most:
                better[improved] = arc
                improved += 1
            if n < turn and is_queued[n] == 0:
                is_queued[n] = 1
                if front != end and reached < label[queue[front]]:
                    front = front - 1 if front > 0 else room - 1
                    queue[front] = n
                else:
                    queue[end] = n
                    end = end + 1 if end + 1 < room else 0
    return improved
