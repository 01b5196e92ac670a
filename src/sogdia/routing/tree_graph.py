"""Graphs numbered for searching: nodes near each other lie near each other in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

from sogdia.network.model import Floats, Ints

# Below, all that a search touches fits into the processor's memory in any order.
RENUMBERED_FROM = 50_000


@dataclass(frozen=True, slots=True)
class TreeGraph:
    """A topology, perhaps with nodes in an order of its own; costs come later.

    Attributes
    ----------
    first_out : ndarray of int32, shape (nodes + 1,)
        Arcs ``first_out[n]`` to ``first_out[n + 1]`` leave node ``n``, by own numbers.
    tail, head : ndarray of int32, shape (arcs,)
        Ends of each arc, by own numbers.
    arc : ndarray of int32, shape (arcs,)
        The caller's number of each arc.
    number : ndarray of int32, shape (nodes,)
        Own number of each of the caller's nodes.
    """

    first_out: Ints
    tail: Ints
    head: Ints
    arc: Ints
    number: Ints

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.number)

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return len(self.head)

    def costs(self, cost: Floats) -> Floats:
        """Return costs of arcs in the order of this graph.

        Parameters
        ----------
        cost : ndarray of float64, shape (arcs,)
            By the caller's numbers.

        Returns
        -------
        ndarray of float64, shape (arcs,)

        Raises
        ------
        ValueError
            If a cost is negative or not a number.
        """
        if len(cost) != self.arcs:
            raise ValueError(f"there are {len(cost)} costs for {self.arcs} arcs")
        if not (cost >= 0.0).all():
            arc = int(np.flatnonzero(~(cost >= 0.0))[0])
            raise ValueError(f"the cost of arc {arc} is {cost[arc]}, and not zero or more")
        return np.asarray(cost[self.arc], dtype=np.float64)


def tree_graph(first_out: Ints, head: Ints, *, renumber: bool | None = None) -> TreeGraph:
    """Prepare a topology for many searches; once, as long as no arc comes or goes.

    Large graphs are renumbered so that the ends of arcs have near numbers (Cuthill and McKee,
    1969): a search then waits for memory half as often.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form, shapes (nodes + 1,) and (arcs,).
    renumber : bool, optional
        By default, if there are at least `RENUMBERED_FROM` nodes.

    Returns
    -------
    TreeGraph
        The same graph; what is computed on it is told by the caller's numbers.
    """
    nodes, arcs = len(first_out) - 1, len(head)
    if renumber is None:
        renumber = nodes >= RENUMBERED_FROM
    out = np.diff(first_out)
    if not renumber:
        own = np.arange(nodes, dtype=np.int32)
        tail = np.repeat(own, out)
        same = np.arange(arcs, dtype=np.int32)
        return TreeGraph(
            first_out=np.ascontiguousarray(first_out, dtype=np.int32),
            tail=tail,
            head=np.ascontiguousarray(head, dtype=np.int32),
            arc=same,
            number=own,
        )
    links = csr_array((np.ones(arcs, dtype=np.int8), head, first_out), shape=(nodes, nodes))
    order = reverse_cuthill_mckee(links, symmetric_mode=True)
    number = np.empty(nodes, dtype=np.int32)
    number[order] = np.arange(nodes, dtype=np.int32)
    first = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(out[order], out=first[1:])
    own = np.arange(nodes, dtype=np.int32)
    tail = np.repeat(own, out[order])
    within = np.arange(arcs, dtype=np.int32) - first[tail]
    arc = (first_out[order][tail] + within).astype(np.int32)
    return TreeGraph(first_out=first, tail=tail, head=number[head[arc]], arc=arc, number=number)
