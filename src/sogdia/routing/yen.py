"""Yen's algorithm: loopless paths one after another, in order of cost.

Yen's (1971) scheme with Lawler's (1972) partition: a path found splits what is left into
sets of paths, each of which follows it up to one state and leaves it there. Only the sets
whose lower bound comes up are searched (Kurz and Mutzel, 2016), and a search ends at the
first state from which the shortest tree to the target leads on without touching the part
that is already fixed (Feng, 2014). Most sets therefore cost a look at one tree path.

References
----------
Feng, G. (2014). Finding k shortest simple paths in directed graphs: a node classification
    algorithm. Networks, 64.
Kurz, D. and Mutzel, P. (2016). A sidetrack-based algorithm for finding the k shortest
    simple paths in a directed graph. ISAAC.
Lawler, E. L. (1972). A procedure for computing the k best solutions to discrete
    optimization problems. Management Science, 18.
Yen, J. Y. (1971). Finding the k shortest loopless paths in a network. Management
    Science, 17.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints
from sogdia.routing.shortest import reverse, shortest_tree, sift_down, sift_up

# What the search for one path knows of a state, added to the stamp of that search.
FIXED, CLEAR, FOULED = 0, 1, 2
STAMP = 3


class Graph(NamedTuple):
    """What all searches share: the network, its metric, and the shortest tree to the target.

    ``to_target`` holds the distances to the target, ``arc_out_of`` the first arc on the way
    there (-1 where there is none).
    """

    first_out: Ints
    head: Ints
    tail: Ints
    cost: Floats
    to_target: Floats
    arc_out_of: Ints
    source: int
    target: int


class Space(NamedTuple):
    """Work space of the searches.

    Entries of ``colour``, ``barred`` (per arc) and ``visit`` count only where they carry
    the stamp of the search in hand, so that nothing is ever cleared.
    """

    colour: Ints
    barred: Ints
    visit: Ints
    so_far: Floats
    estimate: Floats
    arc_into: Ints
    heap: Ints
    position: Ints


class Split(NamedTuple):
    """A set of paths: those that follow a path found for ``fixed`` arcs and then leave it.

    ``no_go`` is the last of the arcs that they may not take there: a place in a list in
    which each arc is followed by the place of the one before it.
    """

    path: int
    fixed: int
    no_go: int


@njit(cache=True, nogil=True)
def _leads_on(graph: Graph, space: Space, stamp: int, state: int) -> bool:
    """Tell whether the tree path from `state` touches nothing that is fixed."""
    colour = space.colour
    end = state
    while end != graph.target and colour[end] < stamp:
        end = graph.head[graph.arc_out_of[end]]
    clear = end == graph.target or colour[end] == stamp + CLEAR
    while state != end:
        colour[state] = stamp + (CLEAR if clear else FOULED)
        state = graph.head[graph.arc_out_of[state]]
    return clear


@njit(cache=True, nogil=True)
def _detour(graph: Graph, space: Space, stamp: int, spur: int, fixed_cost: float) -> int:
    """Search on from `spur`; return the state from which the tree leads on, or -1.

    An A* search whose estimates are the distances of the tree. A state that is settled
    and leads on is the end: had its tree path met a state settled before, that state
    would have led on as well.
    """
    heap, position, estimate = space.heap, space.position, space.estimate
    size = 0
    state = spur
    reached = fixed_cost
    while True:
        for arc in range(graph.first_out[state], graph.first_out[state + 1]):
            other = graph.head[arc]
            if space.barred[arc] == stamp or space.colour[other] == stamp + FIXED:
                continue
            further = reached + graph.cost[arc]
            if further + graph.to_target[other] == np.inf:
                continue
            if space.visit[other] != stamp:
                space.visit[other] = stamp
                space.so_far[other] = np.inf
                position[other] = -1
            if position[other] == -2 or further >= space.so_far[other]:
                continue
            space.so_far[other] = further
            space.arc_into[other] = arc
            estimate[other] = further + graph.to_target[other]
            if position[other] < 0:
                heap[size] = other
                position[other] = size
                size += 1
            sift_up(heap, position, estimate, position[other])
        if size == 0:
            return -1
        state = heap[0]
        size -= 1
        if size > 0:
            heap[0] = heap[size]
            position[heap[0]] = 0
            sift_down(heap, position, estimate, size)
        position[state] = -2
        if _leads_on(graph, space, stamp, state):
            return int(state)
        reached = space.so_far[state]


@njit(cache=True, nogil=True)
def _joined(graph: Graph, arc_into: Ints, root: Ints, spur: int, turn: int) -> Ints:
    """Return the arcs of the root, then from `spur` to `turn` as searched, then the tree's."""
    before = root.shape[0]
    state = turn
    while state != spur:
        before += 1
        state = graph.tail[arc_into[state]]
    after = 0
    state = turn
    while state != graph.target:
        after += 1
        state = graph.head[graph.arc_out_of[state]]
    path = np.empty(before + after, dtype=np.int32)
    path[: root.shape[0]] = root
    state = turn
    for place in range(before - 1, root.shape[0] - 1, -1):
        path[place] = arc_into[state]
        state = graph.tail[path[place]]
    state = turn
    for place in range(before, before + after):
        path[place] = graph.arc_out_of[state]
        state = graph.head[path[place]]
    return path


@njit(cache=True, nogil=True)
def _best_of(
    graph: Graph, space: Space, stamp: int, root: Ints, no_go: list[tuple[int, int]], last: int
) -> tuple[float, Ints]:
    """Return the cheapest path of a set and its cost; without arcs where the set is empty."""
    spur = graph.source
    fixed_cost = 0.0
    space.colour[spur] = stamp + FIXED
    for arc in root:
        spur = graph.head[arc]
        space.colour[spur] = stamp + FIXED
        fixed_cost += graph.cost[arc]
    while last > 0:
        arc, last = no_go[last]
        space.barred[arc] = stamp
    turn = _detour(graph, space, stamp, spur, fixed_cost)
    if turn < 0:
        return np.inf, root[:0].copy()
    return space.estimate[turn], _joined(graph, space.arc_into, root, spur, turn)


@njit(cache=True, nogil=True)
def _split(
    graph: Graph,
    space: Space,
    stamp: int,
    path: Ints,
    number: int,
    origin: Split,
    sets: list[Split],
    no_go: list[tuple[int, int]],
    waiting: list[tuple[float, int]],
) -> None:
    """Put what is left of the set `origin`, `path` taken out of it, among those waiting.

    The bound of a new set is the cheapest way by the tree, whether or not it is loopless.
    """
    last = origin.no_go
    while last > 0:
        arc, last = no_go[last]
        space.barred[arc] = stamp
    state = graph.source
    fixed_cost = 0.0
    for place in range(path.shape[0]):
        space.colour[state] = stamp + FIXED
        taken = path[place]
        if place >= origin.fixed:
            space.barred[taken] = stamp
            bound = np.inf
            for arc in range(graph.first_out[state], graph.first_out[state + 1]):
                other = graph.head[arc]
                if space.barred[arc] != stamp and space.colour[other] != stamp + FIXED:
                    bound = min(bound, fixed_cost + graph.cost[arc] + graph.to_target[other])
            if bound < np.inf:
                no_go.append((taken, origin.no_go if place == origin.fixed else 0))
                sets.append(Split(number, place, len(no_go) - 1))
                heappush(waiting, (bound, len(sets) - 1))
        fixed_cost += graph.cost[taken]
        state = graph.head[taken]


@njit(cache=True, nogil=True)
def best_paths(graph: Graph, k: int) -> tuple[Ints, Ints]:
    """Find the `k` cheapest loopless paths.

    Parameters
    ----------
    graph : Graph
        From `graph_to`.
    k : int
        How many paths.

    Returns
    -------
    arcs : ndarray of int32
        Arcs of all paths, one path after another, in order of cost up to rounding.
    first : ndarray of int64, shape (paths + 1,)
        Offsets into `arcs`.
    """
    states = graph.first_out.shape[0] - 1
    space = Space(
        np.full(states, -1, dtype=np.int64),
        np.full(graph.head.shape[0], -1, dtype=np.int64),
        np.full(states, -1, dtype=np.int64),
        np.empty(states),
        np.empty(states),
        np.empty(states, dtype=np.int32),
        np.empty(states, dtype=np.int32),
        np.empty(states, dtype=np.int32),
    )
    stamp = 0
    # The first entry of `found` and of `no_go` stands for none.
    found: list[Ints] = [np.empty(0, dtype=np.int32)]
    no_go = [(-1, 0)]
    sets = [Split(0, 0, 0)]
    waiting = [(graph.to_target[graph.source], 0)]
    if waiting[0][0] == np.inf:
        waiting.pop()
    known: list[Ints] = [found[0]]
    while len(waiting) > 0 and len(found) <= k:
        _, number = heappop(waiting)
        origin = sets[number]
        path = known[number]
        if path.shape[0] == 0:
            root = found[origin.path][: origin.fixed]
            stamp += STAMP
            value, path = _best_of(graph, space, stamp, root, no_go, origin.no_go)
            if path.shape[0] == 0:
                continue
            if len(waiting) > 0 and value > waiting[0][0]:
                known[number] = path
                heappush(waiting, (value, number))
                continue
        stamp += STAMP
        _split(graph, space, stamp, path, len(found), origin, sets, no_go, waiting)
        known[number] = found[0]
        while len(known) < len(sets):
            known.append(found[0])
        found.append(path)
    first = np.zeros(len(found), dtype=np.int64)
    for number in range(1, len(found)):
        first[number] = first[number - 1] + found[number].shape[0]
    arcs = np.empty(first[-1], dtype=np.int32)
    for number in range(1, len(found)):
        arcs[first[number - 1] : first[number]] = found[number]
    return arcs, first


def graph_to(
    first_out: Ints, head: Ints, tail: Ints, cost: Floats, source: int, target: int
) -> Graph:
    """Return a network with the shortest tree to a target; parameters as in `k_best.k_best`.

    Raises
    ------
    ValueError
        If the states are equal or unknown, or a cost is negative or undefined.
    """
    states = len(first_out) - 1
    if not (0 <= source < states and 0 <= target < states):
        raise ValueError(f"source {source} and target {target} must lie in 0 to {states - 1}")
    if source == target:
        raise ValueError(f"source and target are the same state, {source}")
    if not (cost >= 0).all():
        raise ValueError("costs must not be negative or undefined")
    cost = np.ascontiguousarray(cost)
    first_in, by_head, _ = reverse(first_out, head)
    to_target = np.empty(states)
    arc_out_of, heap, position = (np.empty(states, dtype=np.int32) for _ in range(3))
    shortest_tree(
        first_in, tail[by_head], cost[by_head], target, -1, to_target, arc_out_of, heap, position
    )
    reached = arc_out_of >= 0
    arc_out_of[reached] = by_head[arc_out_of[reached]]
    return Graph(first_out, head, tail, cost, to_target, arc_out_of, int(source), int(target))
