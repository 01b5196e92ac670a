"""Bushes: for one class and origin the arcs its trips may use, free of cycles, with their flows.

A bush is stored packed in a topological order: node after node (a *position*; the origin has
position 0), and for each node the arcs that lead to it. A scan is one pass over contiguous
arrays. Positions up to the last one through which a destination can be reached come first;
behind them is a tree to all other nodes, which holds no flow and serves as a guess of the
shortest labels. The form is that of Dial (2006), "A path-based user-equilibrium traffic
assignment algorithm that obviates path storage and enumeration", the storage our own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sogdia.network.model import Bools, Floats, Ints


class Bushes(NamedTuple):
    """Some bushes of one class, one behind the other.

    Attributes
    ----------
    origin : ndarray of int32, shape (bushes,)
        Node from which the trips start.
    first : ndarray of int64, shape (bushes + 1,)
        Arcs ``first[b]`` to ``first[b + 1]`` are those of bush ``b``.
    needed : ndarray of int64, shape (bushes,)
        Arcs ``first[b]`` to ``needed[b]`` may lead to a destination; the others are the tree.
    first_flow : ndarray of int64, shape (bushes + 1,)
        Where the flow of arc ``first[b]`` is found; the needed arcs have one each.
    positions : ndarray of int32, shape (bushes,)
        Positions the needed arcs lead to.
    code : ndarray of int32
        Arc of the graph times two, plus one if it is the last of those that lead to its head.
    back : ndarray of int32
        Position of the arc's tail.
    flow : ndarray of float64
        Trips.
    first_demand : ndarray of int64, shape (bushes + 1,)
        Destinations ``first_demand[b]`` to ``first_demand[b + 1]`` are those of bush ``b``.
    destination, at : ndarray of int32
        Node of each destination, and its position.
    trips : ndarray of float64
        Trips to each destination.
    """

    origin: Ints
    first: Ints
    needed: Ints
    first_flow: Ints
    positions: Ints
    code: Ints
    back: Ints
    flow: Floats
    first_demand: Ints
    destination: Ints
    at: Ints
    trips: Floats


class Workspace(NamedTuple):
    """Room in which one thread works on one bush at a time.

    Attributes
    ----------
    near, far : ndarray of float64, shape (nodes + 1,)
        By position: shortest label, and longest one over arcs with flow (-1: none has).
    near_arc, far_arc, merge : ndarray of int32, shape (nodes + 1,)
        By position: arcs the labels come from, counted from the bush's first; then the
        positions where the two differ.
    touched : ndarray of int32, shape (2 * nodes + 2,)
        Arcs whose flow a shift changes.
    through : ndarray of float64, shape (nodes + 1,)
        By position: trips.
    first_in : ndarray of int64, shape (nodes + 2,)
        By position: the first arc that leads there.
    order : ndarray of int32, shape (nodes + 1,)
        By position: its node.
    is_kept : ndarray of bool, shape (arcs + 1,)
        By arc of the bush: whether it brings trips.
    label, longest : ndarray of float64, shape (nodes,)
        Cost of the shortest path, and of the longest way that brings trips; -1: none does.
    pred : ndarray of int32, shape (nodes,)
        The arc by which the shortest path arrives, -1: none.
    queue : ndarray of int32, shape (nodes + 1,)
        Ring of nodes whose label fell.
    is_queued : ndarray of int8, shape (nodes,)
        Whether a node is in `queue`.
    better : ndarray of int32, shape (nodes + arcs,)
        Arcs that lowered a label.
    entry : ndarray of int32, shape (nodes,)
        First entry of the list of arcs that are to lead to a node, -1: none.
    entry_arc, next_entry : ndarray of int32, shape (arcs + 1,)
        Arc of each entry, and the entry that follows.
    entry_flow : ndarray of float64, shape (arcs + 1,)
        Its trips.
    placed : ndarray of int32, shape (nodes,)
        Position in the bush as it becomes, -1: none yet.
    stack, cursor : ndarray of int32, shape (nodes + 1,)
        Nodes on the way of the depth-first search, and the entry it has come to at each.
    """

    near: Floats
    far: Floats
    near_arc: Ints
    far_arc: Ints
    merge: Ints
    touched: Ints
    through: Floats
    first_in: Ints
    order: Ints
    is_kept: Bools
    label: Floats
    longest: Floats
    pred: Ints
    queue: Ints
    is_queued: Ints
    better: Ints
    entry: Ints
    entry_arc: Ints
    next_entry: Ints
    entry_flow: Floats
    placed: Ints
    stack: Ints
    cursor: Ints


def workspace(nodes: int, arcs: int) -> Workspace:
    """Return room for bushes of a graph."""

    def whole(size: int) -> Ints:
        return np.empty(size, dtype=np.int32)

    return Workspace(
        near=np.empty(nodes + 1),
        far=np.empty(nodes + 1),
        near_arc=whole(nodes + 1),
        far_arc=whole(nodes + 1),
        merge=whole(nodes + 1),
        touched=whole(2 * nodes + 2),
        through=np.empty(nodes + 1),
        first_in=np.empty(nodes + 2, dtype=np.int64),
        order=whole(nodes + 1),
        is_kept=np.empty(arcs + 1, dtype=np.bool_),
        label=np.empty(nodes),
        longest=np.empty(nodes),
        pred=whole(nodes),
        queue=whole(nodes + 1),
        is_queued=np.zeros(nodes, dtype=np.int8),
        better=whole(nodes + arcs),
        entry=whole(nodes),
        entry_arc=whole(arcs + 1),
        next_entry=whole(arcs + 1),
        entry_flow=np.empty(arcs + 1),
        placed=whole(nodes),
        stack=whole(nodes + 1),
        cursor=whole(nodes + 1),
    )
