"""The Pareto search and its peers: the same algorithm in plain Python, and the textbook's.

The peers count permanent labels and keep their parents, as `sogdia.routing.pareto` does. The
textbook's may be stopped after a number of labels; a rate over the first labels flatters it,
because it slows down as its lists grow.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

import networkx as nx
import numpy as np
from bench.networks import Instance
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sogdia.network.model import Floats
from sogdia.routing.pareto import Labels, pareto

Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Lists:
    """An instance as plain Python sees it: for each state, its arcs as (arc, head, values)."""

    out: list[list[tuple[int, int, Values]]]

    @classmethod
    def of(cls, instance: Instance) -> Lists:
        """Convert an instance."""
        head = instance.head.tolist()
        values = list(map(tuple, instance.criteria.tolist()))
        first = instance.first_out.tolist()
        return cls(
            [
                [(arc, head[arc], values[arc]) for arc in range(start, end)]
                for start, end in pairwise(first)
            ]
        )


@dataclass(frozen=True, slots=True)
class Found:
    """Permanent labels: state, values, parent and arc of each."""

    labels: list[tuple[int, Values, int, int]]

    def front(self, state: int) -> list[Values]:
        """Return the values at a state, sorted."""
        return sorted(values for at, values, _, _ in self.labels if at == state)

    def rows(self) -> Floats:
        """Return state and values of all labels, sorted."""
        return sorted_rows((state, *values) for state, values, _, _ in self.labels)


def sorted_rows(rows: Iterable[Sequence[float]]) -> Floats:
    """Return rows as an array in lexicographic order, so that two sets can be compared."""
    table = np.array(list(rows), dtype=np.float64)
    return np.asarray(table[np.lexsort(table.T[::-1])])


def search(instance: Instance, source: int, target: int = -1) -> Callable[[], Labels]:
    """Return Sogdia's search of an instance, to be called."""
    first_out, head, criteria = instance.first_out, instance.head, instance.criteria
    return lambda: pareto(first_out, head, criteria, source, target=target)


def rows_of(labels: Labels) -> Floats:
    """Return state and values of Sogdia's labels, sorted."""
    return sorted_rows(np.column_stack([labels.state, labels.value]))


def front_of(labels: Labels, state: int) -> Floats:
    """Return the values of Sogdia's labels at a state, sorted."""
    return sorted_rows(labels.value[labels.at(state)])


def insist(what: str, *, equal: bool) -> None:
    """End the run if two sides disagree."""
    if not equal:
        raise SystemExit(f"{what}: the sides' answers differ; their times mean nothing")


def backward(instance: Instance) -> list[csr_array]:
    """Return the reversed network as scipy holds it, one matrix per criterion.

    Where arcs are parallel, a matrix has the least value of them.
    """
    matrices = []
    for values in instance.criteria.T:
        order = np.lexsort((values, instance.tail, instance.head))
        order = order[np.isfinite(values[order])]
        ends = np.stack([instance.head[order], instance.tail[order]])
        first = np.append(True, (np.diff(ends) != 0).any(axis=0))
        size = (instance.states, instance.states)
        matrices.append(csr_array((values[order][first], tuple(ends[:, first])), shape=size))
    return matrices


def bounds(matrices: Sequence[csr_array], target: int) -> list[Values]:
    """Return what is at least still to come from each state, by scipy's Dijkstra."""
    columns = (dijkstra(matrix, indices=target).tolist() for matrix in matrices)
    return list(zip(*columns, strict=True))


class Staircase:
    """Pairs none of which is nowhere above another: the first rises, the second falls."""

    __slots__ = ("first", "second")

    def __init__(self) -> None:
        self.first: list[float] = []
        self.second: list[float] = []

    def dominates(self, x: float, y: float) -> bool:
        """Tell whether a pair of the staircase is nowhere above (x, y)."""
        step = bisect_right(self.first, x) - 1
        return step >= 0 and self.second[step] <= y

    def add(self, x: float, y: float) -> None:
        """Add a pair that is not dominated; drop those that it dominates."""
        start = bisect_right(self.first, x)
        if start and self.first[start - 1] == x:
            start -= 1
        end = start
        while end < len(self.second) and self.second[end] >= y:
            end += 1
        self.first[start:end] = [x]
        self.second[start:end] = [y]


def plain_python(
    lists: Lists, source: int, *, target: int = -1, bound: list[Values] | None = None
) -> Found:
    """Search in lexicographic order with staircases, three criteria, heapq and bisect.

    Parameters
    ----------
    lists : Lists
        The network.
    source, target : int
        States; -1: no target.
    bound : list of tuple, optional
        With a target: what is at least still to come from each state, by criterion.
    """
    fronts = [Staircase() for _ in lists.out]
    arrived = fronts[target] if target >= 0 else Staircase()
    ahead = bound or [(0.0, 0.0, 0.0)] * len(lists.out)
    labels: list[tuple[int, Values, int, int]] = []
    heap = [(ahead[source][0], 0.0, 0.0, 0.0, source, -1, -1)]
    while heap:
        _, x, y, z, state, parent, arc_into = heappop(heap)
        _, least_y, least_z = ahead[state]
        if fronts[state].dominates(y, z) or arrived.dominates(y + least_y, z + least_z):
            continue
        fronts[state].add(y, z)
        label = len(labels)
        labels.append((state, (x, y, z), parent, arc_into))
        if state == target:
            continue
        for arc, other, (dx, dy, dz) in lists.out[state]:
            least_x, least_y, least_z = ahead[other]
            new_y, new_z = y + dy, z + dz
            if fronts[other].dominates(new_y, new_z):
                continue
            if arrived.dominates(new_y + least_y, new_z + least_z):
                continue
            key = x + dx + least_x
            if key < float("inf"):
                heappush(heap, (key, x + dx, new_y, new_z, other, label, arc))
    return Found(labels)


def graph_of(instance: Instance) -> nx.MultiDiGraph:
    """Return an instance as networkx holds it; edges carry ``values`` and their ``arc``."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(instance.states))
    values = map(tuple, instance.criteria.tolist())
    ends = zip(instance.tail.tolist(), instance.head.tolist(), strict=True)
    for arc, ((tail, head), row) in enumerate(zip(ends, values, strict=True)):
        if max(row) < float("inf"):
            graph.add_edge(tail, head, values=row, arc=arc)
    return graph


def martins(graph: nx.MultiDiGraph, source: int, *, most: int | None = None) -> Found:
    """Search as Martins (1984) does, any number of criteria, labels in lists.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        From `graph_of`.
    source : int
        State.
    most : int, optional
        Stop after so many permanent labels.
    """
    known: dict[int, list[Values]] = {state: [] for state in graph}
    labels: list[tuple[int, Values, int, int]] = []
    width = len(next(iter(graph.edges(data="values")))[2])
    start = (0.0,) * width
    known[source].append(start)
    heap = [(start, source, -1, -1)]
    while heap and (most is None or len(labels) < most):
        values, state, parent, arc_into = heappop(heap)
        if values not in known[state]:
            continue
        label = len(labels)
        labels.append((state, values, parent, arc_into))
        for _, other, edge in graph.out_edges(state, data=True):
            new = tuple(a + b for a, b in zip(values, edge["values"], strict=True))
            if any(_nowhere_above(old, new) for old in known[other]):
                continue
            known[other] = [old for old in known[other] if not _nowhere_above(new, old)]
            known[other].append(new)
            heappush(heap, (new, other, label, edge["arc"]))
    return Found(labels)


def _nowhere_above(one: Values, other: Values) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))
