"""Bushes follow the costs: arcs without flow leave, arcs that shorten the way come in.

Nodes through which trips pass keep the arcs that bring them. Every other node hangs on the
tree of shortest paths over all arcs, so that a new way through such nodes needs one new arc
only: that by which it comes back to a node with trips. Such an arc ``(i, j)`` comes in if it
lowered the label of ``j`` and if the longest way to ``i`` and on is shorter than the longest
way to ``j``. As no arc with trips lowers the longest label, and new ones raise it strictly,
the bush stays free of cycles, whatever the number of arcs of zero cost (Dial, 2006; Nie, 2010,
"A class of bush-based algorithms for the traffic assignment problem").
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.assignment.traffic.bush_block import Bushes, Workspace
from sogdia.assignment.traffic.bush_graph import Graph
from sogdia.assignment.traffic.bush_labels import scan, shorten
from sogdia.network.model import Bools, Floats, Ints

IDLE = 32
"""A bush whose trips stay where they are is written anew if one in so many labels fell."""


@njit(cache=True, nogil=True)
def _list_kept(
    code: Ints,
    flow: Floats,
    positions: int,
    order: Ints,
    first_in: Ints,
    is_kept: Bools,
    entry: Ints,
    entry_arc: Ints,
    entry_flow: Floats,
    next_entry: Ints,
) -> int:
    """List the arcs that bring trips by the node they lead to; return how many they are."""
    count = 0
    for p in range(1, positions):
        last = -1
        for k in range(first_in[p + 1] - 1, first_in[p] - 1, -1):
            if is_kept[k]:
                entry_arc[count] = code[k] >> 1
                entry_flow[count] = flow[k]
                next_entry[count] = last
                last = count
                count += 1
        if order[p] >= 0:
            entry[order[p]] = last
    return count


@njit(cache=True, nogil=True)
def _list_added(
    tail: Ints,
    head: Ints,
    cost: Floats,
    positions: int,
    improved: int,
    count: int,
    order: Ints,
    longest: Floats,
    pred: Ints,
    better: Ints,
    entry: Ints,
    entry_arc: Ints,
    entry_flow: Floats,
    next_entry: Ints,
) -> int:
    """List the arcs to be added beside them: those that shortened the way.

    They did so in the bush, or over all arcs, and are among the first ones of `better`; and
    they shorten the longest way. Return how many are listed by now.
    """
    for i in range(improved + positions - 1):
        if i < improved:
            arc = better[i]
        else:
            node = order[i - improved + 1]
            arc = pred[node] if node >= 0 else -1
        if arc < 0 or longest[head[arc]] < 0.0:
            continue
        node = head[arc]
        e = entry[node]
        while e >= 0 and entry_arc[e] != arc:
            e = next_entry[e]
        if e >= 0:
            continue
        along = cost[arc]
        before = tail[arc]
        while longest[before] < 0.0:
            along += cost[pred[before]]
            before = tail[pred[before]]
        if longest[before] + along < longest[node]:
            entry_arc[count] = arc
            entry_flow[count] = 0.0
            next_entry[count] = entry[node]
            entry[node] = count
            count += 1
    return count


@njit(cache=True, nogil=True)
def _place(
    tail: Ints,
    origin: int,
    destinations: Ints,
    pred: Ints,
    entry: Ints,
    entry_arc: Ints,
    entry_flow: Floats,
    next_entry: Ints,
    placed: Ints,
    cursor: Ints,
    stack: Ints,
    code: Ints,
    back: Ints,
    flow: Floats,
) -> tuple[int, int]:
    """Write the part of a new bush that leads to destinations, by depth-first search back.

    The arcs listed for a node lead to it; where none is, the one in the tree.

    Returns
    -------
    arcs, positions : int
        How many were written.
    """
    placed.fill(-1)
    placed[origin] = 0
    position = k = 0
    for i in range(len(destinations)):
        top = -1
        if placed[destinations[i]] < 0:
            top = 0
            stack[0] = destinations[i]
            cursor[stack[0]] = entry[stack[0]]
        while top >= 0:
            node = stack[top]
            before = -1
            e = cursor[node]
            if entry[node] < 0:
                before = tail[pred[node]]
                before = before if placed[before] < 0 else -1
            while e >= 0 and before < 0:
                before = tail[entry_arc[e]]
                before = before if placed[before] < 0 else -1
                e = next_entry[e]
            if before >= 0:
                cursor[node] = e
                top += 1
                stack[top] = before
                cursor[before] = entry[before]
                continue
            top -= 1
            position += 1
            placed[node] = position
            e = entry[node]
            if e < 0:
                code[k] = 2 * pred[node]
                back[k] = placed[tail[pred[node]]]
                flow[k] = 0.0
                k += 1
            while e >= 0:
                code[k] = 2 * entry_arc[e]
                back[k] = placed[tail[entry_arc[e]]]
                flow[k] = entry_flow[e]
                k += 1
                e = next_entry[e]
            code[k - 1] |= 1
    return k, position


@njit(cache=True, nogil=True)
def _hang(
    tail: Ints,
    pred: Ints,
    placed: Ints,
    stack: Ints,
    code: Ints,
    back: Ints,
    k: int,
    position: int,
) -> int:
    """Write the tree of shortest paths to all other nodes from ``k`` on; return its end."""
    for root in range(len(placed)):
        node = root
        top = -1
        while placed[node] < 0 and pred[node] >= 0:
            top += 1
            stack[top] = node
            node = tail[pred[node]]
        while top >= 0:
            node = stack[top]
            top -= 1
            position += 1
            placed[node] = position
            code[k] = 2 * pred[node] + 1
            back[k] = placed[tail[pred[node]]]
            k += 1
    return k


@njit(cache=True, nogil=True)
def _copy(bushes: Bushes, b: int, built: Bushes) -> None:
    """Write a bush as it was."""
    begin, start, size = built.first[b], bushes.first[b], bushes.first[b + 1] - bushes.first[b]
    built.code[begin : begin + size] = bushes.code[start : start + size]
    built.back[begin : begin + size] = bushes.back[start : start + size]
    built.needed[b] = begin + bushes.needed[b] - start
    built.first[b + 1] = begin + size
    begin, start = built.first_flow[b], bushes.first_flow[b]
    size = bushes.first_flow[b + 1] - start
    built.flow[begin : begin + size] = bushes.flow[start : start + size]
    built.first_flow[b + 1] = begin + size
    built.positions[b] = bushes.positions[b]
    for i in range(bushes.first_demand[b], bushes.first_demand[b + 1]):
        built.at[i] = bushes.at[i]


@njit(cache=True, nogil=True)
def _rebuild(
    graph: Graph,
    cost: Floats,
    bushes: Bushes,
    b: int,
    positions: int,
    improved: int,
    built: Bushes,
    work: Workspace,
) -> None:
    """Write a bush with the arcs that bring trips and those that shorten the way."""
    tail, pred, placed, entry = graph.tail, work.pred, work.placed, work.entry
    entry.fill(-1)
    kept = _list_kept(
        bushes.code[bushes.first[b] : bushes.needed[b]],
        bushes.flow[bushes.first_flow[b] : bushes.first_flow[b + 1]],
        positions,
        work.order,
        work.first_in,
        work.is_kept,
        entry,
        work.entry_arc,
        work.entry_flow,
        work.next_entry,
    )
    _list_added(
        tail,
        graph.head,
        cost,
        positions,
        improved,
        kept,
        work.order,
        work.longest,
        pred,
        work.better,
        entry,
        work.entry_arc,
        work.entry_flow,
        work.next_entry,
    )
    k, f = built.first[b], built.first_flow[b]
    demand = slice(bushes.first_demand[b], bushes.first_demand[b + 1])
    arcs, position = _place(
        tail,
        bushes.origin[b],
        bushes.destination[demand],
        pred,
        entry,
        work.entry_arc,
        work.entry_flow,
        work.next_entry,
        placed,
        work.cursor,
        work.stack,
        built.code[k:],
        built.back[k:],
        built.flow[f:],
    )
    built.needed[b] = k + arcs
    built.first_flow[b + 1] = f + arcs
    built.positions[b] = position
    built.first[b + 1] = k + _hang(
        tail, pred, placed, work.stack, built.code[k:], built.back[k:], arcs, position
    )
    for i in range(bushes.first_demand[b], bushes.first_demand[b + 1]):
        built.at[i] = placed[bushes.destination[i]]


@njit(cache=True, nogil=True)
def improve(
    graph: Graph,
    cost: Floats,
    bushes: Bushes,
    is_new: bool,
    built: Bushes,
    work: Workspace,
) -> float:
    """Write into `built` the bushes as they should be at these costs.

    Parameters
    ----------
    graph : Graph
        The whole graph.
    cost : ndarray of float64, shape (arcs + 1,)
        Costs of the class of the bushes.
    bushes : Bushes
        As they were; none of the positions need be there but the origin's.
    is_new : bool
        Whether `bushes` were made for other destinations or another network.
    built : Bushes
        Filled: all but origin and demand. Arrays must be long enough.
    work : Workspace
        Overwritten.

    Returns
    -------
    float
        Cost of all trips if each went the shortest way over all arcs.
    """
    built.first[0] = built.first_flow[0] = 0
    total = 0.0
    for b in range(bushes.origin.shape[0]):
        first, end = bushes.first[b], bushes.first[b + 1]
        positions, kept = scan(
            graph.head,
            cost,
            bushes.origin[b],
            bushes.code[first:end],
            bushes.back[first:end],
            bushes.flow[bushes.first_flow[b] : bushes.first_flow[b + 1]],
            work.near,
            work.far,
            work.first_in,
            work.is_kept,
            work.order,
            work.label,
            work.longest,
            work.pred,
        )
        improved = shorten(
            graph.first_out,
            graph.head,
            cost,
            work.label,
            work.pred,
            work.queue,
            work.is_queued,
            work.better,
        )
        for i in range(bushes.first_demand[b], bushes.first_demand[b + 1]):
            total += bushes.trips[i] * work.label[bushes.destination[i]]
        if not total < np.inf:
            return float(total)
        is_idle = kept == bushes.needed[b] - first and improved * IDLE <= end - first
        for i in range(improved):
            # Trips may have a shorter way.
            is_idle = is_idle and work.longest[graph.head[work.better[i]]] < 0.0
        if is_idle and not is_new:
            _copy(bushes, b, built)
        else:
            _rebuild(graph, cost, bushes, b, positions, improved, built, work)
    return total
