"""Shortest trees from one node by buckets of distance, over CSR arrays.

Nodes wait in buckets half as wide as the median arc (Dial, 1969; Denardo and Fox, 1979). What
lies beyond the last bucket waits aside until all buckets are empty, and then sets where they
begin: so their number does not depend on the ratio of costs. Within a bucket, labels are
corrected in rounds until none improves; a bucket left behind never changes. Distances are
those of Dijkstra to the last bit, for costs of any size, zero included.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sogdia.network.model import Floats, Ints
from sogdia.routing.shortest import NO_ARC

BUCKETS = 2048
NONE = -1
SAMPLE = 4096
# Where its inverse is still a number.
LEAST_WIDTH = 1e-300

# The fields of an entry are used together: one cache line holds them, not three.
ENTRY = np.dtype([("distance", np.float64), ("node", np.int32), ("next", np.int32)])
WAITING = np.dtype(
    [
        ("distance", np.float64),
        ("node", np.int32),
        ("begin", np.int32),
        ("end", np.int32),
        ("unused", np.int32),
    ]
)


class Workspace(NamedTuple):
    """What a search writes on besides its result; one per thread, used over and over.

    Attributes
    ----------
    first : ndarray of int32, shape (BUCKETS,)
        First entry of each bucket; all `NONE` between searches.
    entry : ndarray of ENTRY, shape (entries,)
        Linked lists: the buckets, those beyond, those not in use.
    waiting : ndarray of WAITING, shape (entries,)
        The entries of one bucket, while they are searched.
    wanted : ndarray of bool, shape (nodes,)
        Destinations not reached yet; all false between searches.
    """

    first: Ints
    entry: NDArray[Any]
    waiting: NDArray[Any]
    wanted: NDArray[np.bool_]


def workspace(nodes: int, *, entries: int | None = None) -> Workspace:
    """Return work space for searches in a graph of so many nodes.

    Parameters
    ----------
    nodes : int
        Number of nodes.
    entries : int, optional
        Room for labels, at least as many as nodes. When it is used up, those of nodes that
        have better ones by now are thrown away; by default that hardly ever happens.

    Returns
    -------
    Workspace
        Most of it is never touched, and so takes no memory.
    """
    entries = 2 * nodes + 1 if entries is None else entries
    return Workspace(
        first=np.full(BUCKETS, NONE, dtype=np.int32),
        entry=np.empty(entries, dtype=ENTRY),
        waiting=np.empty(entries, dtype=WAITING),
        wanted=np.zeros(nodes, dtype=np.bool_),
    )


def bucket_width(cost: Floats) -> float:
    """Return half the median of the positive costs of (a sample of) open arcs."""
    some = cost[:: max(len(cost) // SAMPLE, 1)]
    some = some[(some > 0.0) & np.isfinite(some)]
    return max(0.5 * float(np.median(some)), LEAST_WIDTH) if len(some) else 1.0


@njit(cache=True, nogil=True)
def bucket_tree(
    first_out: Ints,
    head: Ints,
    cost: Floats,
    width: float,
    source: int,
    destinations: Ints,
    work: Workspace,
    distance: Floats,
    arc_into: Ints,
) -> None:
    """Fill the shortest distances from `source` and the arcs by which they are reached.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form, shapes (nodes + 1,) and (arcs,).
    cost : ndarray of float64, shape (arcs,)
        Not negative; infinite where the arc is closed.
    width : float
        Of a bucket, positive; see `bucket_width`. Only speed depends on it, and which of
        several shortest paths is found.
    source : int
        Node.
    destinations : ndarray of int32
        The search ends when all of them are settled; none: when all nodes are.
    work : Workspace
        Overwritten.
    distance : ndarray of float64, shape (nodes,)
        Filled: infinite where not reached. Where not settled before the last destination, not
        less than the shortest distance, nor than that of the last destination.
    arc_into : ndarray of int32, shape (nodes,)
        Filled: last arc of the path found, -1 where there is none.
    """
    first, entry, waiting, wanted = work
    distance[:] = np.inf
    arc_into[:] = NO_ARC
    unsettled = _want(destinations, wanted)
    ends_early = unsettled > 0
    distance[source] = 0.0
    entry[0].distance = 0.0
    entry[0].node = source
    entry[0].next = NONE
    first[0] = 0
    in_buckets, used, free, beyond = 1, 1, NONE, NONE
    slot, base, per_width, next_per_width = 0, 0.0, 1.0 / width, 1.0 / width
    while True:
        if in_buckets == 0:
            if beyond == NONE or (ends_early and unsettled == 0):
                break
            base = _nearest(entry, distance, beyond)
            per_width = next_per_width
            beyond, free, in_buckets, next_per_width = _refill(
                first, entry, distance, beyond, free, base, per_width
            )
            slot = 0
            continue
        if first[slot] == NONE:
            if ends_early and unsettled == 0:
                break
            slot += 1
            continue
        count, last = _take_out(first[slot], entry, waiting, first_out)
        entry[last].next = free
        free = first[slot]
        first[slot] = NONE
        in_buckets -= count
        for turn in range(count):
            reached = waiting[turn].distance
            node = waiting[turn].node
            if reached != distance[node]:
                continue
            if ends_early and wanted[node]:
                wanted[node] = False
                unsettled -= 1
            for arc in range(waiting[turn].begin, waiting[turn].end):
                other = head[arc]
                through = reached + cost[arc]
                if through >= distance[other]:
                    continue
                distance[other] = through
                arc_into[other] = arc
                if free == NONE:
                    if used == entry.shape[0]:
                        free, beyond, in_buckets = _drop_stale(first, entry, distance, beyond)
                    else:
                        entry[used].next = NONE
                        free = used
                        used += 1
                new = free
                free = entry[new].next
                entry[new].distance = through
                entry[new].node = other
                steps = (through - base) * per_width
                if steps < BUCKETS:
                    bucket = int(steps)
                    entry[new].next = first[bucket]
                    first[bucket] = new
                    in_buckets += 1
                else:
                    entry[new].next = beyond
                    beyond = new
    if ends_early:
        first[slot:] = NONE
        for destination in destinations:
            wanted[destination] = False


@njit(cache=True, nogil=True)
def _want(destinations: Ints, wanted: NDArray[np.bool_]) -> int:
    """Mark destinations; return how many different ones there are."""
    count = 0
    for destination in destinations:
        if not wanted[destination]:
            wanted[destination] = True
            count += 1
    return count


@njit(cache=True, nogil=True)
def _take_out(
    item: int, entry: NDArray[Any], waiting: NDArray[Any], first_out: Ints
) -> tuple[int, int]:
    """Copy a bucket, with the arcs of its nodes; return how many, and the last entry.

    Reading all `first_out` before any is used lets the processor wait for memory once.
    """
    count = 0
    last = item
    while item != NONE:
        node = entry[item].node
        waiting[count].distance = entry[item].distance
        waiting[count].node = node
        waiting[count].begin = first_out[node]
        waiting[count].end = first_out[node + 1]
        count += 1
        last = item
        item = entry[item].next
    return count, last


@njit(cache=True, nogil=True)
def _nearest(entry: NDArray[Any], distance: Floats, item: int) -> float:
    """Return the least distance in a list; infinite if all its entries are stale."""
    least = np.inf
    while item != NONE:
        label = entry[item].distance
        if label < least and label == distance[entry[item].node]:
            least = label
        item = entry[item].next
    return least


@njit(cache=True, nogil=True)
def _refill(
    first: Ints,
    entry: NDArray[Any],
    distance: Floats,
    beyond: int,
    free: int,
    base: float,
    per_width: float,
) -> tuple[int, int, int, float]:
    """Share out what lies beyond the buckets, which now begin at `base`.

    Where less than half of it comes into the buckets, they are to be twice as wide the next
    time: so however spread the costs are, this work does not grow with the square of nodes.
    """
    rest = NONE
    moved = left = 0
    item = beyond
    while item != NONE:
        following = entry[item].next
        label = entry[item].distance
        if label != distance[entry[item].node]:
            entry[item].next = free
            free = item
        elif (label - base) * per_width < BUCKETS:
            bucket = int((label - base) * per_width)
            entry[item].next = first[bucket]
            first[bucket] = item
            moved += 1
        else:
            entry[item].next = rest
            rest = item
            left += 1
        item = following
    return rest, free, moved, per_width if moved >= left else 0.5 * per_width


@njit(cache=True, nogil=True)
def _drop_stale(
    first: Ints, entry: NDArray[Any], distance: Floats, beyond: int
) -> tuple[int, int, int]:
    """Free the entries of nodes that have better labels; return lists and how many remain.

    At most one entry of a node remains, so there is room for all.
    """
    free = NONE
    kept = 0
    for bucket in range(BUCKETS + 1):
        item = first[bucket] if bucket < BUCKETS else beyond
        rest = NONE
        while item != NONE:
            following = entry[item].next
            if entry[item].distance == distance[entry[item].node]:
                entry[item].next = rest
                rest = item
                kept += bucket < BUCKETS
            else:
                entry[item].next = free
                free = item
            item = following
        if bucket < BUCKETS:
            first[bucket] = rest
        else:
            beyond = rest
    return free, beyond, kept
