"""What travels on shortest trees: trips that load them, and matrices of what paths cost.

Origins are worked off in blocks, by as many threads as wanted. Which origin is in which block,
and the order in which blocks are added up, depend on nothing else: so results are the same to
the last bit for any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sogdia.network.model import Floats, Ints
from sogdia.routing.shortest import NO_ARC
from sogdia.routing.shortest_trees import Workspace, bucket_tree, bucket_width, workspace
from sogdia.routing.tree_graph import TreeGraph

T = TypeVar("T")

BLOCKS = 32
# To look out for destinations pays if they are fewer than one node in so many.
NODES_PER_DESTINATION = 32


@dataclass(frozen=True, slots=True)
class Skims:
    """What the shortest paths between origins and destinations cost.

    Attributes
    ----------
    distance : ndarray of float64, shape (origins, destinations)
        Infinite where there is no path.
    total : ndarray of float64, shape (attributes, origins, destinations)
        Sums of the attributes along those paths; infinite where there is none.
    """

    distance: Floats
    total: Floats


@dataclass(frozen=True, slots=True)
class TreeLoading:
    """Trips put on shortest paths.

    Attributes
    ----------
    flow : ndarray of float64, shape (arcs,)
        Trips on each arc; those of pairs without a path are on none.
    distance : ndarray of float64, shape (pairs,)
        Infinite where there is no path.
    """

    flow: Floats
    distance: Floats


class _Trees(NamedTuple):
    """A thread's arrays."""

    search: Workspace
    distance: Floats
    arc_into: Ints
    order: Ints
    begin: Ints
    seen: NDArray[np.bool_]
    value: Floats


def shortest_tree_from(
    graph: TreeGraph, cost: Floats, origin: int, destinations: Ints | None = None
) -> tuple[Floats, Ints]:
    """Return the shortest distances from one node, and the arcs by which nodes are reached.

    Parameters
    ----------
    graph : TreeGraph
        Topology.
    cost : ndarray of float64, shape (arcs,)
        Not negative; infinite where the arc is closed.
    origin : int
        Node.
    destinations : ndarray of int, optional
        End when these are settled; others are then at some distance that is not too short.

    Returns
    -------
    distance : ndarray of float64, shape (nodes,)
        Infinite where there is no path.
    arc_into : ndarray of int32, shape (nodes,)
        Last arc of each path, -1 where there is none.

    Raises
    ------
    ValueError
        If a cost is negative.
    """
    own = graph.costs(cost)
    wanted = np.empty(0, dtype=np.int32) if destinations is None else graph.number[destinations]
    distance, arc_into = np.empty(graph.nodes), np.empty(graph.nodes, dtype=np.int32)
    bucket_tree(
        graph.first_out,
        graph.head,
        own,
        bucket_width(own),
        graph.number[origin],
        wanted,
        workspace(graph.nodes),
        distance,
        arc_into,
    )
    arc_into = arc_into[graph.number]
    reached = arc_into != NO_ARC
    arc_into[reached] = graph.arc[arc_into[reached]]
    return distance[graph.number], arc_into


def skim_matrix(
    graph: TreeGraph,
    cost: Floats,
    origins: Ints,
    destinations: Ints,
    *,
    attributes: Sequence[Floats] = (),
    threads: int = 1,
) -> Skims:
    """Return distances between nodes, and sums of other attributes along the shortest paths.

    Parameters
    ----------
    graph : TreeGraph
        Topology.
    cost : ndarray of float64, shape (arcs,)
        What paths are shortest by: not negative; infinite where the arc is closed.
    origins, destinations : ndarray of int
        Nodes, of the rows and columns.
    attributes : sequence of ndarray of float64, shape (arcs,)
        Time, length, emissions, ...: of any sign.
    threads : int
        The result does not depend on it.

    Returns
    -------
    Skims
        One matrix per quantity.

    Raises
    ------
    ValueError
        If a cost is negative.
    """
    own = graph.costs(cost)
    width = bucket_width(own)
    values = np.empty((len(attributes), graph.arcs))
    for row, attribute in enumerate(attributes):
        values[row] = attribute[graph.arc]
    rows, columns = graph.number[origins], graph.number[destinations]
    distance = np.empty((len(rows), len(columns)))
    total = np.empty((len(attributes), len(rows), len(columns)))

    def work(trees: _Trees, block: slice) -> None:
        _skim_block(
            graph.first_out,
            graph.tail,
            graph.head,
            own,
            width,
            rows[block],
            columns,
            values,
            trees,
            distance[block],
            total[:, block],
        )

    for _ in _in_blocks(work, len(rows), graph.nodes, len(attributes), threads):
        pass
    return Skims(distance, total)


def load_trees(
    graph: TreeGraph,
    cost: Floats,
    pair_origin: Ints,
    pair_destination: Ints,
    trips: Floats,
    *,
    threads: int = 1,
) -> TreeLoading:
    """Put all trips on shortest paths (all or nothing).

    Parameters
    ----------
    graph : TreeGraph
        Topology.
    cost : ndarray of float64, shape (arcs,)
        Not negative; infinite where the arc is closed.
    pair_origin, pair_destination : ndarray of int, shape (pairs,)
        Nodes, sorted by origin.
    trips : ndarray of float64, shape (pairs,)
        Of each pair.
    threads : int
        The result does not depend on it.

    Returns
    -------
    TreeLoading
        Flows of arcs and distances of pairs.

    Raises
    ------
    ValueError
        If a cost is negative or pairs are not sorted by origin.
    """
    own = graph.costs(cost)
    width = bucket_width(own)
    steps = np.diff(pair_origin)
    if (steps < 0).any():
        pair = int(np.flatnonzero(steps < 0)[0]) + 1
        raise ValueError(f"pair {pair} has a lower origin than the pair before it")
    begin = np.flatnonzero(np.concatenate([[True], steps != 0, [True]])) if len(trips) else [0]
    first_pair = np.array(begin, dtype=np.int64)
    from_node, to_node = graph.number[pair_origin], graph.number[pair_destination]
    carried = np.ascontiguousarray(trips, dtype=np.float64)
    distance = np.empty(len(carried))

    def work(trees: _Trees, block: slice) -> Floats:
        flow = np.zeros(graph.arcs)
        _load_block(
            graph.first_out,
            graph.tail,
            graph.head,
            own,
            width,
            first_pair[block.start : block.stop + 1],
            from_node,
            to_node,
            carried,
            trees,
            flow,
            distance,
        )
        return flow

    total = np.zeros(graph.arcs)
    for part in _in_blocks(work, len(first_pair) - 1, graph.nodes, 1, threads):
        total += part
    flow = np.empty(graph.arcs)
    flow[graph.arc] = total
    return TreeLoading(flow, distance)


def _in_blocks(
    work: Callable[[_Trees, slice], T], count: int, nodes: int, values: int, threads: int
) -> Iterator[T]:
    """Work off so many origins in blocks; yield the blocks' results in order."""
    bounds = np.linspace(0, count, min(count, BLOCKS) + 1).round().astype(int).tolist()
    blocks = [slice(*ends) for ends in pairwise(bounds)]
    idle: SimpleQueue[_Trees] = SimpleQueue()
    for _ in range(min(threads, len(blocks))):
        idle.put(_trees(nodes, values))

    def one(block: slice) -> T:
        trees = idle.get()
        try:
            return work(trees, block)
        finally:
            idle.put(trees)

    if threads == 1:
        yield from map(one, blocks)
        return
    with ThreadPoolExecutor(threads) as executor:
        yield from executor.map(one, blocks)


def _trees(nodes: int, values: int) -> _Trees:
    return _Trees(
        search=workspace(nodes),
        distance=np.empty(nodes),
        arc_into=np.empty(nodes, dtype=np.int32),
        order=np.empty(nodes, dtype=np.int32),
        begin=np.empty(nodes + 1, dtype=np.int32),
        seen=np.zeros(nodes, dtype=np.bool_),
        value=np.zeros((values, nodes)),
    )


@njit(cache=True, nogil=True)
def _search(
    first_out: Ints,
    head: Ints,
    cost: Floats,
    width: float,
    source: int,
    destinations: Ints,
    trees: _Trees,
) -> None:
    """Fill the tree from a node, as far as needed for the destinations."""
    few = destinations.shape[0] * NODES_PER_DESTINATION < trees.distance.shape[0]
    wanted = destinations if few else destinations[:0]
    bucket_tree(
        first_out,
        head,
        cost,
        width,
        source,
        wanted,
        trees.search,
        trees.distance,
        trees.arc_into,
    )


@njit(cache=True, nogil=True)
def _span(tail: Ints, source: int, destinations: Ints, trees: _Trees) -> int:
    """Order the nodes on the paths to destinations; return how many branches they make.

    A branch begins at a destination and climbs to a node of an earlier one, or the source. So
    every node comes before its parent in its branch, and its parent's branch is not later.
    """
    count = branches = 0
    trees.seen[source] = True
    for destination in destinations:
        node = destination
        if trees.seen[node] or trees.distance[node] == np.inf:
            continue
        trees.begin[branches] = count
        branches += 1
        while not trees.seen[node]:
            trees.seen[node] = True
            trees.order[count] = node
            count += 1
            node = tail[trees.arc_into[node]]
    trees.begin[branches] = count
    trees.seen[source] = False
    for place in range(count):
        trees.seen[trees.order[place]] = False
    return branches


@njit(cache=True, nogil=True)
def _load_block(
    first_out: Ints,
    tail: Ints,
    head: Ints,
    cost: Floats,
    width: float,
    first_pair: Ints,
    from_node: Ints,
    to_node: Ints,
    trips: Floats,
    trees: _Trees,
    flow: Floats,
    distance: Floats,
) -> None:
    """Add the trips of a block of origins to `flow`, and fill the distances of its pairs."""
    through = trees.value[0]
    for row in range(first_pair.shape[0] - 1):
        begin, end = first_pair[row], first_pair[row + 1]
        source = from_node[begin]
        destinations = to_node[begin:end]
        _search(first_out, head, cost, width, source, destinations, trees)
        branches = _span(tail, source, destinations, trees)
        for pair in range(begin, end):
            distance[pair] = trees.distance[to_node[pair]]
            if distance[pair] < np.inf:
                through[to_node[pair]] += trips[pair]
        for branch in range(branches - 1, -1, -1):
            for place in range(trees.begin[branch], trees.begin[branch + 1]):
                node = trees.order[place]
                arc = trees.arc_into[node]
                flow[arc] += through[node]
                through[tail[arc]] += through[node]
                through[node] = 0.0
        through[source] = 0.0


@njit(cache=True, nogil=True)
def _skim_block(
    first_out: Ints,
    tail: Ints,
    head: Ints,
    cost: Floats,
    width: float,
    origins: Ints,
    destinations: Ints,
    attribute: Floats,
    trees: _Trees,
    distance: Floats,
    total: Floats,
) -> None:
    """Fill the rows of a block of origins."""
    value = trees.value
    for row in range(origins.shape[0]):
        source = origins[row]
        _search(first_out, head, cost, width, source, destinations, trees)
        for column in range(destinations.shape[0]):
            distance[row, column] = trees.distance[destinations[column]]
        if attribute.shape[0] == 0:
            continue
        branches = _span(tail, source, destinations, trees)
        for kind in range(attribute.shape[0]):
            value[kind, source] = 0.0
            for branch in range(branches):
                for place in range(trees.begin[branch + 1] - 1, trees.begin[branch] - 1, -1):
                    node = trees.order[place]
                    arc = trees.arc_into[node]
                    value[kind, node] = value[kind, tail[arc]] + attribute[kind, arc]
            for column in range(destinations.shape[0]):
                node = destinations[column]
                if distance[row, column] < np.inf:
                    total[kind, row, column] = value[kind, node]
                else:
                    total[kind, row, column] = np.inf
