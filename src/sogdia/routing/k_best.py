"""The best paths one after another, and paths unlike each other.

`k_best` lists paths in order of cost (see `sogdia.routing.yen`). Its first thousands may
differ in little things only, so `k_dissimilar` passes over those that have too much in
common with one already chosen: the cheapest first, then always the cheapest that is unlike
all those chosen (Akgün, Erkut and Batta, 2000; Chondrogiannis et al., 2015). The overlap
of two paths is the length that they share over the length of the shorter one, so that a
path and a detour from it count as alike however long the detour is.

Candidates come in exact order. Where thousands of them are alike and a limit is reached,
paths that avoid what has been used (the link penalty method of De la Barra, Pérez and Añez,
1993) complete the set.

References
----------
Akgün, V., Erkut, E. and Batta, R. (2000). On finding dissimilar paths. European Journal
    of Operational Research, 121.
Chondrogiannis, T., Bouros, P., Gamper, J. and Leser, U. (2015). Alternative routing:
    k-shortest paths with limited overlap. SIGSPATIAL.
De la Barra, T., Pérez, B. and Añez, J. (1993). Multidimensional path search and
    assignment. PTRC Summer Annual Meeting.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from operator import itemgetter

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints
from sogdia.routing.shortest import shortest_tree, trace_path
from sogdia.routing.yen import Graph, best_paths, graph_to

RankedPath = tuple[float, Ints]

FIRST_BATCH = 64
BATCH_GROWTH = 4
PENALTY = 1.1
PENALTY_ROUNDS = 200


def k_best(
    first_out: Ints,
    head: Ints,
    tail: Ints,
    cost: Floats,
    source: int,
    target: int,
    k: int,
) -> list[RankedPath]:
    """Find the `k` cheapest loopless paths (Yen, 1971; Lawler, 1972).

    Parameters
    ----------
    first_out, head, tail : ndarray of int32
        Topology in CSR form, shapes (states + 1,), (arcs,) and (arcs,). Parallel arcs are
        different arcs, and paths over them different paths.
    cost : ndarray of float64, shape (arcs,)
        Non-negative; infinite where the arc is forbidden.
    source, target : int
        States.
    k : int
        How many paths.

    Returns
    -------
    list of (float, ndarray of int32)
        Cost and arcs in order of travel, the cheapest first; fewer than `k` where there are
        no more, none where the target cannot be reached. Paths of equal cost come in an
        order that depends on the input alone; costs are equal up to rounding.

    Raises
    ------
    ValueError
        If source and target are equal or unknown, a cost is negative or undefined, or `k`
        is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> tail = np.array([0, 0, 1], dtype=np.int32)
    >>> head = np.array([1, 2, 2], dtype=np.int32)
    >>> first_out = np.array([0, 2, 3, 3], dtype=np.int32)
    >>> for cost, arcs in k_best(first_out, head, tail, np.array([1.0, 5.0, 2.0]), 0, 2, 3):
    ...     print(cost, arcs.tolist())
    3.0 [0, 2]
    5.0 [1]
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    graph = graph_to(first_out, head, tail, cost, source, target)
    arcs, first = best_paths(graph, int(k))
    # Sums that differ in their last digits only may have come out of step.
    return _ranked(cost, (arcs[a:b] for a, b in pairwise(first)))


def k_dissimilar(
    first_out: Ints,
    head: Ints,
    tail: Ints,
    cost: Floats,
    source: int,
    target: int,
    k: int,
    max_overlap: float,
    *,
    length: Floats,
    candidates: int = 10_000,
) -> list[RankedPath]:
    """Find up to `k` cheap paths of which no two share more than a part of their length.

    The pairwise limit always holds, and the first path is the cheapest of all. As long as
    they cost no more than the last of the `candidates`, the paths are exactly those of the
    greedy rule; beyond that, each is unlike the others, but a cheaper one that is may have
    been missed, and fewer than `k` may be returned though more exist. The greedy rule itself
    does not promise the least total cost, nor the greatest number of paths.

    Parameters
    ----------
    first_out, head, tail : ndarray of int32
        Topology in CSR form, shapes (states + 1,), (arcs,) and (arcs,).
    cost : ndarray of float64, shape (arcs,)
        Non-negative; infinite where the arc is forbidden.
    source, target : int
        States.
    k : int
        How many paths.
    max_overlap : float
        Greatest shared length over the length of the shorter of two paths, 0 to 1. With a
        path of no length, every path has an overlap of 1.
    length : ndarray of float64, shape (arcs,)
        Non-negative, in any unit: what overlap is measured in. Opposite directions of a
        link are different arcs and share nothing.
    candidates : int
        Paths in order of cost among which to look before the penalty method helps out.

    Returns
    -------
    list of (float, ndarray of int32)
        Cost and arcs in order of travel, the cheapest first; none where the target cannot
        be reached.

    Raises
    ------
    ValueError
        If source and target are equal or unknown, a cost or length is negative or
        undefined, or one of the other numbers is outside its range.
    """
    if min(k, candidates) < 1:
        raise ValueError(f"k and candidates must be at least 1, not {k} and {candidates}")
    if not 0 <= max_overlap <= 1:
        raise ValueError(f"max_overlap must lie in 0 to 1, not {max_overlap}")
    if not (length >= 0).all():
        raise ValueError("lengths must not be negative or undefined")
    length = np.ascontiguousarray(length)
    graph = graph_to(first_out, head, tail, cost, source, target)
    batch = min(max(int(k), FIRST_BATCH), int(candidates))
    while True:
        arcs, first = best_paths(graph, batch)
        chosen = _unlike(arcs, first, length, int(k), float(max_overlap))
        exhausted = len(first) - 1 < batch
        if len(chosen) == k or exhausted or batch == candidates:
            break
        batch = min(batch * BATCH_GROWTH, candidates)
    paths = [arcs[a:b] for a, b in pairwise(first)]
    if len(chosen) < k and not exhausted:
        # All that is cheaper than these has been seen, so the paths chosen stay the same.
        seen = {path.tobytes() for path in paths}
        new = [path for path in _penalised(graph) if path.tobytes() not in seen]
        paths += [path for _, path in _ranked(cost, new)]
        first = np.cumsum([0, *(len(path) for path in paths)])
        chosen = _unlike(np.concatenate(paths), first, length, int(k), float(max_overlap))
    return _ranked(cost, (paths[number] for number in chosen))


def _ranked(cost: Floats, paths: Iterable[Ints]) -> list[RankedPath]:
    """Return paths with their costs, added up in order of travel, the cheapest first."""
    totals = ((float(np.cumsum(cost[path])[-1]), path) for path in paths)
    return sorted(totals, key=itemgetter(0))


@njit(cache=True, nogil=True)
def _unlike(arcs: Ints, first: Ints, length: Floats, k: int, max_overlap: float) -> Ints:
    """Choose greedily, in the order given, up to `k` paths; return their numbers."""
    on_chosen = np.zeros((k, length.shape[0]), dtype=np.bool_)
    length_of_chosen = np.empty(k)
    chosen = np.empty(k, dtype=np.int64)
    count = 0
    for path in range(first.shape[0] - 1):
        steps = arcs[first[path] : first[path + 1]]
        total = length[steps].sum()
        alike = False
        for other in range(count):
            shared = 0.0
            for arc in steps:
                if on_chosen[other, arc]:
                    shared += length[arc]
            shorter = min(total, length_of_chosen[other])
            alike = (shared / shorter if shorter > 0.0 else 1.0) > max_overlap
            if alike:
                break
        if alike:
            continue
        on_chosen[count][steps] = True
        length_of_chosen[count] = total
        chosen[count] = path
        count += 1
        if count == k:
            break
    return chosen[:count]


def _penalised(graph: Graph) -> list[Ints]:
    """Return paths found while the arcs of each become dearer for those after it."""
    states = len(graph.to_target)
    distance = np.empty(states)
    arc_into, heap, position, path = (np.empty(states, dtype=np.int32) for _ in range(4))
    dearer = graph.cost.copy()
    found = {}
    for _ in range(PENALTY_ROUNDS):
        shortest_tree(
            graph.first_out,
            graph.head,
            dearer,
            graph.source,
            graph.target,
            distance,
            arc_into,
            heap,
            position,
        )
        count = trace_path(graph.tail, arc_into, graph.source, graph.target, path)
        arcs = path[:count].copy()
        found[arcs.tobytes()] = arcs
        dearer[arcs] *= PENALTY
    return list(found.values())
