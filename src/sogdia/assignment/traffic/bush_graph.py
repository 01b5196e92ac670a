"""The graph as the bush kernels see it: renumbered so that what is near lies near in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.network.model import Ints


class Graph(NamedTuple):
    """A directed graph, arcs in order of their tail.

    After the last arc comes one that leads nowhere and costs infinity: what an arc becomes
    that a changed network has no longer.

    Attributes
    ----------
    first_out : ndarray of int32, shape (nodes + 1,)
        Arcs ``first_out[n]`` to ``first_out[n + 1]`` leave node ``n``.
    tail, head : ndarray of int32, shape (arcs + 1,)
        Ends of each arc; -1 of the last.
    """

    first_out: Ints
    tail: Ints
    head: Ints


@dataclass(frozen=True, slots=True)
class Renumbered:
    """A problem's graph in the order of the kernels.

    Attributes
    ----------
    graph : Graph
        The renumbered graph.
    node : ndarray of int32, shape (nodes,)
        New number of each node of the problem.
    arc : ndarray of int64, shape (arcs,)
        The problem's number of each arc of the graph.
    """

    graph: Graph
    node: Ints
    arc: Ints


def renumbered(problem: TrafficProblem) -> Renumbered:
    """Number nodes by reverse Cuthill and McKee (1969), arcs by their new ends."""
    nodes, arcs = problem.nodes, problem.arcs
    tail, head = problem.tail, problem.head
    ends = coo_array((np.ones(arcs), (tail, head)), shape=(nodes, nodes)).tocsr()
    order = reverse_cuthill_mckee((ends + ends.T).tocsr(), symmetric_mode=True)
    node = np.empty(nodes, dtype=np.int32)
    node[order] = np.arange(nodes, dtype=np.int32)
    arc = np.lexsort((node[head], node[tail]))
    first_out = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(node[tail], minlength=nodes), out=first_out[1:])
    new_tail, new_head = np.full(arcs + 1, -1, np.int32), np.full(arcs + 1, -1, np.int32)
    new_tail[:arcs], new_head[:arcs] = node[tail[arc]], node[head[arc]]
    return Renumbered(Graph(first_out, new_tail, new_head), node, arc)
