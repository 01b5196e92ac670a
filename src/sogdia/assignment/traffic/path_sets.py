"""Path sets: for each pair, the paths that travellers compare.

Three ways lead to paths, and their paths are put together:

- trees by the link-penalty method (De la Barra, Pérez and Añez, 1993): a shortest tree of each
  origin, its used arcs made dearer, a tree again, and so on. One tree serves all destinations
  of its origin, so that a hundred thousand pairs take seconds;
- the cheapest loopless paths of each pair (Yen, 1971), for networks with few pairs;
- column generation: the cheapest path of each pair at given costs.

References
----------
De la Barra, T., Pérez, B. and Añez, J. (1993). Multidimensional path search and
    assignment. PTRC Summer Annual Meeting.
Yen, J. Y. (1971). Finding the k shortest loopless paths in a network. Management Science, 17.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.errors import DataError, Problem
from sogdia.network.model import Bools, Floats, Ints
from sogdia.routing.growing import longer
from sogdia.routing.k_best import k_best
from sogdia.routing.shortest import shortest_tree

TASKS = 16
"""Parts into which origins are cut, whatever the number of threads."""


@dataclass(frozen=True, slots=True)
class PathSets:
    """Paths in ragged form: path ``p`` uses ``arc[first[p]:first[p + 1]]``.

    Attributes
    ----------
    pair : ndarray of int32, shape (paths,)
        Pair of the problem that each path serves, in ascending order.
    first : ndarray of int64, shape (paths + 1,)
        Offsets into `arc`.
    arc : ndarray of int32
        Arcs of all paths, in order of travel.
    """

    pair: Ints
    first: Ints
    arc: Ints

    @property
    def count(self) -> int:
        """Number of paths."""
        return len(self.pair)

    def take(self, chosen: Ints) -> PathSets:
        """Return the paths with the given numbers, in their order."""
        first, arc = _gather(self.first, self.arc, np.asarray(chosen, dtype=np.int64))
        return PathSets(self.pair[chosen], first, arc)

    def costs(self, problem: TrafficProblem, cost: Floats) -> Floats:
        """Add up the costs of arcs, shape (classes, arcs), over each path."""
        total = np.empty(self.count)
        _add_up(cost, problem.pair_class[self.pair], self.first, self.arc, total)
        return total


@njit(cache=True, nogil=True)
def _gather(first: Ints, arc: Ints, chosen: Ints) -> tuple[Ints, Ints]:
    new_first = np.zeros(chosen.shape[0] + 1, dtype=np.int64)
    for number in range(chosen.shape[0]):
        path = chosen[number]
        new_first[number + 1] = new_first[number] + first[path + 1] - first[path]
    new_arc = np.empty(new_first[-1], dtype=np.int32)
    for number in range(chosen.shape[0]):
        path = chosen[number]
        new_arc[new_first[number] : new_first[number + 1]] = arc[first[path] : first[path + 1]]
    return new_first, new_arc


@njit(cache=True, nogil=True)
def _add_up(cost: Floats, path_class: Ints, first: Ints, arc: Ints, total: Floats) -> None:
    for path in range(path_class.shape[0]):
        total[path] = 0.0
        for place in range(first[path], first[path + 1]):
            total[path] += cost[path_class[path], arc[place]]


def empty_sets() -> PathSets:
    """Return path sets without paths."""
    none = np.empty(0, dtype=np.int32)
    return PathSets(none, np.zeros(1, dtype=np.int64), none)


def joined(pieces: Sequence[PathSets]) -> tuple[PathSets, Ints]:
    """Put path sets together and drop duplicates.

    Parameters
    ----------
    pieces : sequence of PathSets
        Of the same problem.

    Returns
    -------
    sets : PathSets
        Paths of a pair stand in the order of the pieces.
    number : ndarray of int64, shape (paths,)
        Where each path stood among all paths of the pieces, one piece after another.
    """
    pair = np.concatenate([piece.pair for piece in pieces])
    arc = np.concatenate([piece.arc for piece in pieces])
    first = np.zeros(len(pair) + 1, dtype=np.int64)
    np.cumsum(np.concatenate([np.diff(piece.first) for piece in pieces]), out=first[1:])
    together = PathSets(pair, first, arc)
    order = np.argsort(pair, kind="stable")
    number = order[_is_new(pair, first, arc, order)]
    return together.take(number), number


@njit(cache=True, nogil=True)
def _is_new(pair: Ints, first: Ints, arc: Ints, order: Ints) -> Bools:
    """Mark the paths, in order of their pair, that no earlier one of the pair equals."""
    paths = order.shape[0]
    mixed = np.empty(paths, dtype=np.uint64)
    new = np.ones(paths, dtype=np.bool_)
    begin = 0
    for place in range(paths):
        path = order[place]
        # Fowler, Noll and Vo's hash: most unequal paths are told apart by one comparison.
        value = np.uint64(14695981039346656037)
        for step in range(first[path], first[path + 1]):
            value = (value ^ np.uint64(arc[step])) * np.uint64(1099511628211)
        mixed[place] = value
        if pair[path] != pair[order[begin]]:
            begin = place
        for earlier in range(begin, place):
            if new[earlier] and mixed[earlier] == value and _same(first, arc, order[earlier], path):
                new[place] = False
                break
    return new


@njit(cache=True, nogil=True)
def _same(first: Ints, arc: Ints, one: int, other: int) -> bool:
    length = first[one + 1] - first[one]
    if first[other + 1] - first[other] != length:
        return False
    step = 0
    while step < length and arc[first[one] + step] == arc[first[other] + step]:
        step += 1
    return bool(step == length)


@njit(cache=True, nogil=True)
def _grow_trees(
    first_out: Ints,
    head: Ints,
    tail: Ints,
    cost: Floats,
    group_first: Ints,
    pair_class: Ints,
    pair_origin: Ints,
    pair_destination: Ints,
    rounds: int,
    penalty: float,
) -> tuple[Ints, Ints, Ints]:
    """Trace the paths of groups of pairs with the same class and origin; see `penalty_paths`.

    Returns the pair, the number of arcs (-1: no way) and the arcs of each path.
    """
    nodes = first_out.shape[0] - 1
    distance = np.empty(nodes)
    arc_into = np.empty(nodes, dtype=np.int32)
    heap = np.empty(nodes, dtype=np.int32)
    position = np.empty(nodes, dtype=np.int32)
    dearer = np.empty(head.shape[0])
    used = np.zeros(head.shape[0], dtype=np.int64)
    paths = (group_first[-1] - group_first[0]) * rounds
    path_pair = np.empty(paths, dtype=np.int32)
    path_length = np.empty(paths, dtype=np.int32)
    arcs = np.empty(max(paths, 1) * 16, dtype=np.int32)
    size = 0
    path = 0
    stamp = 0
    for group in range(group_first.shape[0] - 1):
        begin = group_first[group]
        end = group_first[group + 1]
        origin = pair_origin[begin]
        dearer[:] = cost[pair_class[begin]]
        for _ in range(rounds):
            stamp += 1
            shortest_tree(first_out, head, dearer, origin, -1, distance, arc_into, heap, position)
            for pair in range(begin, end):
                path_pair[path] = pair
                node = pair_destination[pair]
                if distance[node] == np.inf:
                    path_length[path] = -1
                    path += 1
                    continue
                if size + nodes > arcs.shape[0]:
                    arcs = longer(arcs, 2 * arcs.shape[0] + nodes)
                length = 0
                while node != origin:
                    arc = arc_into[node]
                    arcs[size + length] = arc
                    length += 1
                    if used[arc] != stamp:
                        used[arc] = stamp
                        dearer[arc] *= penalty
                    node = tail[arc]
                for step in range(length // 2):
                    other = size + length - 1 - step
                    arcs[size + step], arcs[other] = arcs[other], arcs[size + step]
                size += length
                path_length[path] = length
                path += 1
    return path_pair, path_length, arcs[:size].copy()


def penalty_paths(
    problem: TrafficProblem,
    cost: Floats,
    *,
    rounds: int,
    penalty: float,
    threads: int = 1,
) -> PathSets:
    """Find paths by repeated shortest trees, used arcs made dearer each time.

    Parameters
    ----------
    problem : TrafficProblem
        Graph and pairs.
    cost : ndarray of float64, shape (classes, arcs)
        Non-negative; infinite where the class may not go.
    rounds : int
        Trees of each class and origin; with 1, each pair gets its cheapest path.
    penalty : float
        Factor on the cost of an arc each time that a path to some destination of the
        origin uses it.
    threads : int
        Threads; they do not change the result.

    Returns
    -------
    PathSets
        Distinct paths.

    Raises
    ------
    DataError
        If trips of a class have no way; every such pair is listed.
    """
    origin = problem.pair_class.astype(np.int64) * problem.nodes + problem.pair_origin
    begins = np.flatnonzero(np.diff(origin, prepend=-1))
    group_first = np.append(begins, len(origin)).astype(np.int64)
    cuts = np.linspace(0, len(begins), min(TASKS, len(begins)) + 1).astype(np.int64)

    def task(number: int) -> tuple[Ints, Ints, Ints]:
        return _grow_trees(
            problem.first_out,
            problem.head,
            problem.tail,
            cost,
            group_first[cuts[number] : cuts[number + 1] + 1],
            problem.pair_class,
            problem.pair_origin,
            problem.pair_destination,
            rounds,
            penalty,
        )

    numbers = range(len(cuts) - 1)
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            results = list(pool.map(task, numbers))
    else:
        results = [task(number) for number in numbers]
    _refuse_cut_off(problem, results)
    sets = [empty_sets()]
    for pair, length, arcs in results:
        first = np.zeros(len(pair) + 1, dtype=np.int64)
        np.cumsum(length, out=first[1:])
        sets.append(PathSets(pair, first, arcs))
    return joined(sets)[0]


def _refuse_cut_off(problem: TrafficProblem, results: Sequence[tuple[Ints, Ints, Ints]]) -> None:
    cut_off = np.unique(np.concatenate([pair[length < 0] for pair, length, _ in results]))
    if len(cut_off) > 0:
        raise DataError(
            [
                Problem(
                    f"{problem.trips[pair]:g} trips of class {problem.pair_class[pair]} have no "
                    f"way from node {problem.pair_origin[pair]} to node "
                    f"{problem.pair_destination[pair]}; open one, or leave the trips out"
                )
                for pair in cut_off
            ]
        )


def cheapest_paths(problem: TrafficProblem, cost: Floats, *, threads: int = 1) -> PathSets:
    """Find the cheapest path of each pair; see `penalty_paths`."""
    return penalty_paths(problem, cost, rounds=1, penalty=1.0, threads=threads)


def loopless_paths(problem: TrafficProblem, cost: Floats, k: int) -> PathSets:
    """Find the `k` cheapest loopless paths of each pair by Yen's algorithm.

    Every pair is searched on its own, which takes a millisecond or so: a method for networks
    with thousands of pairs, not with a hundred thousand. Parameters as in `penalty_paths`.
    """
    pair: list[int] = []
    arcs: list[Ints] = []
    for number in range(len(problem.trips)):
        found = k_best(
            problem.first_out,
            problem.head,
            problem.tail,
            cost[problem.pair_class[number]],
            int(problem.pair_origin[number]),
            int(problem.pair_destination[number]),
            k,
        )
        pair += [number] * len(found)
        arcs += [path for _, path in found]
    first = np.zeros(len(arcs) + 1, dtype=np.int64)
    np.cumsum([len(path) for path in arcs], out=first[1:])
    flat = np.concatenate([np.empty(0, dtype=np.int32), *arcs]).astype(np.int32)
    return PathSets(np.array(pair, dtype=np.int32), first, flat)


def without_detours(
    problem: TrafficProblem, sets: PathSets, cost: Floats, detour: float
) -> PathSets:
    """Drop paths that cost more than `detour` times the cheapest of their pair, or are barred."""
    total = sets.costs(problem, cost)
    cheapest = np.full(len(problem.trips), np.inf)
    np.minimum.at(cheapest, sets.pair, total)
    # Costs of the same arcs in another order differ in the last digits.
    bound = detour * cheapest[sets.pair] * (1.0 + 1e-12)
    return sets.take(np.flatnonzero(np.isfinite(total) & (total <= bound)))
