"""Cheapest paths of all pairs under given costs: the pricing of column generation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

from sogdia.assignment.traffic.paths import PathSet
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.network.model import Bools, Floats, Ints
from sogdia.routing.shortest import shortest_tree

BETTER = 1e-13
"""Saving, relative to the cheapest known path, below which a path is not taken for new."""
CHUNKS = 16
"""Parts that the origins are cut into; so many whatever the threads, so that bits agree."""


@dataclass(frozen=True, slots=True)
class Priced:
    """Cheapest costs of all pairs, and the paths that are cheaper than those known.

    Attributes
    ----------
    cost : ndarray of float64, shape (pairs,)
        Cost of the cheapest path; infinite where there is none.
    pair, first, arc : ndarray
        New paths, at most one for each pair, as in `PathSet`.
    """

    cost: Floats
    pair: Ints
    first: Ints
    arc: Ints


class Pricer:
    """Looks for cheapest paths, origin by origin, with threads over origins.

    Parameters
    ----------
    problem : TrafficProblem
        Graph and pairs.
    threads : int
        Threads; the result does not depend on it.
    """

    def __init__(self, problem: TrafficProblem, threads: int = 1) -> None:
        self._problem = problem
        self._threads = threads
        origin = problem.pair_class.astype(np.int64) * problem.nodes + problem.pair_origin
        starts = np.flatnonzero(np.diff(origin, prepend=-1))
        self._group_first = np.append(starts, len(origin)).astype(np.int64)
        groups = len(starts)
        chunks = min(CHUNKS, groups) if threads > 1 else 1
        self._parts = np.linspace(0, groups, chunks + 1).astype(np.int64)

    def __call__(self, cost: Floats, known_cost: Floats) -> Priced:
        """Find the paths that are cheaper than those known.

        Parameters
        ----------
        cost : ndarray of float64, shape (classes, arcs)
            Not negative; infinite where closed.
        known_cost : ndarray of float64, shape (pairs,)
            Cost of the cheapest known path of each pair; infinite where none is known.
        """
        best = known_cost.copy()
        better = np.zeros(len(best), dtype=np.bool_)

        def part(number: int) -> tuple[Ints, Ints]:
            return self._part(cost, best, better, self._parts[number], self._parts[number + 1])

        if self._threads > 1:
            with ThreadPoolExecutor(self._threads) as pool:
                found = list(pool.map(part, range(len(self._parts) - 1)))
        else:
            found = [part(0)]
        lengths = np.concatenate([one[0] for one in found])
        first = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=first[1:])
        return Priced(
            cost=best,
            pair=np.flatnonzero(better).astype(np.int32),
            first=first,
            arc=np.concatenate([one[1] for one in found]),
        )

    def _part(
        self, cost: Floats, best: Floats, better: Bools, begin: int, end: int
    ) -> tuple[Ints, Ints]:
        """Price some groups; return lengths and arcs of the new paths."""
        one = self._problem
        states = one.nodes
        distance = np.empty(states)
        arc_into, heap, position = (np.empty(states, dtype=np.int32) for _ in range(3))
        pairs = int(self._group_first[end] - self._group_first[begin])
        lengths = np.empty(pairs, dtype=np.int64)
        room = max(16 * pairs, 4 * states)
        pieces, count = [], 0
        while begin < end:
            arcs = np.empty(room, dtype=np.int32)
            begin, found, size = _price_groups(
                one.first_out,
                one.tail,
                one.head,
                cost,
                one.pair_class,
                one.pair_origin,
                one.pair_destination,
                self._group_first,
                begin,
                end,
                best,
                better,
                lengths[count:],
                arcs,
                distance,
                arc_into,
                heap,
                position,
            )
            count += found
            pieces.append(arcs[:size].copy())
            room *= 2
        return lengths[:count], np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int32)


@njit(cache=True, nogil=True)
def _price_groups(
    first_out: Ints,
    tail: Ints,
    head: Ints,
    cost: Floats,
    pair_class: Ints,
    pair_origin: Ints,
    pair_destination: Ints,
    group_first: Ints,
    begin: int,
    end: int,
    best: Floats,
    better: Bools,
    lengths: Ints,
    arcs: Ints,
    distance: Floats,
    arc_into: Ints,
    heap: Ints,
    position: Ints,
) -> tuple[int, int, int]:
    """Price groups until the room for arcs is used up; return group, paths and arcs reached."""
    found = 0
    size = 0
    for group in range(begin, end):
        low, high = group_first[group], group_first[group + 1]
        most = 0.0
        for pair in range(low, high):
            most = max(most, best[pair])
        origin = pair_origin[low]
        target = pair_destination[low] if high == low + 1 else -1
        shortest_tree(
            first_out,
            head,
            cost[pair_class[low]],
            origin,
            target,
            distance,
            arc_into,
            heap,
            position,
            most,
        )
        need = 0
        for pair in range(low, high):
            if distance[pair_destination[pair]] < best[pair] * (1.0 - BETTER):
                need += _length(tail, arc_into, origin, pair_destination[pair])
        if size + need > arcs.shape[0]:
            return group, found, size
        for pair in range(low, high):
            node = pair_destination[pair]
            if distance[node] < best[pair] * (1.0 - BETTER):
                best[pair] = distance[node]
                better[pair] = True
                length = _length(tail, arc_into, origin, node)
                lengths[found] = length
                found += 1
                for place in range(size + length - 1, size - 1, -1):
                    arcs[place] = arc_into[node]
                    node = tail[arc_into[node]]
                size += length
    return end, found, size


@njit(cache=True, nogil=True)
def _length(tail: Ints, arc_into: Ints, origin: int, node: int) -> int:
    """Count the arcs of the path to a node."""
    count = 0
    while node != origin:
        node = tail[arc_into[node]]
        count += 1
    return count


@njit(cache=True, nogil=True)
def path_costs(
    pair_class: Ints,
    pair_first: Ints,
    first: Ints,
    arc: Ints,
    cost: Floats,
    path_cost: Floats,
    least: Floats,
) -> None:
    """Fill the costs of all paths, and the least of each pair (infinite where it has none).

    Parameters
    ----------
    pair_class : ndarray of int32, shape (pairs,)
        Class of each pair.
    pair_first, first, arc : ndarray
        Fields of `PathSet`.
    cost : ndarray of float64, shape (classes, arcs)
        Costs.
    path_cost : ndarray of float64, shape (paths,)
        Filled.
    least : ndarray of float64, shape (pairs,)
        Filled.
    """
    for pair in range(pair_class.shape[0]):
        of_class = cost[pair_class[pair]]
        best = np.inf
        for path in range(pair_first[pair], pair_first[pair + 1]):
            total = 0.0
            for entry in range(first[path], first[path + 1]):
                total += of_class[arc[entry]]
            path_cost[path] = total
            best = min(best, total)
        least[pair] = best


def costs_of(problem: TrafficProblem, paths: PathSet, cost: Floats) -> tuple[Floats, Floats]:
    """Return the costs of all paths and the least of each pair; see `path_costs`."""
    path_cost, least = np.empty(paths.count), np.empty(len(problem.trips))
    path_costs(problem.pair_class, paths.pair_first, paths.first, paths.arc, cost, path_cost, least)
    return path_cost, least
