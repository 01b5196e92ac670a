"""Layers: a network on which every way passes what it has to.

For each group of arcs that must be passed the states are doubled: a way moves to the upper copy
when it uses an arc of the group, and only the topmost copy of its destination counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sogdia.errors import DataError
from sogdia.network.model import Bools, Ints, Network

MOST_GROUPS = 6


@dataclass(frozen=True, slots=True)
class Layers:
    """A graph in CSR form, and the arc of the network that each of its arcs is.

    Attributes
    ----------
    first_out, tail, head : ndarray of int32
        Topology; shapes (states + 1,), (arcs,) and (arcs,).
    arc : ndarray of int32, shape (arcs,)
        Arc of the network.
    place : ndarray of int32, shape (states,), or None
        Node of each state, where the graph has several copies of it: a way must not come back
        to a place only because its copy has not been visited. None: one copy.
    source, target : int
        States.
    """

    first_out: Ints
    tail: Ints
    head: Ints
    arc: Ints
    place: Ints | None
    source: int
    target: int

    def comes_back(self, path: Ints) -> bool:
        """Tell whether a path leaves a place and comes back to it."""
        if self.place is None:
            return False
        places = self.place[np.append(self.tail[path[:1]], self.head[path])]
        entered = places[np.append(True, places[1:] != places[:-1])]
        return len(np.unique(entered)) < len(entered)


def layers(network: Network, groups: Sequence[Bools], source: int, target: int) -> Layers:
    """Return a graph on which every way from source to target uses an arc of each group.

    Parameters
    ----------
    network : Network
        Topology.
    groups : sequence of ndarray of bool, shape (arcs,)
        Arcs of which one has to be used, whatever the order of the groups.
    source, target : int
        States of the network.

    Returns
    -------
    Layers
        The network itself where there are no groups.

    Raises
    ------
    DataError
        For more than `MOST_GROUPS` groups: the graph doubles with each.
    """
    if len(groups) > MOST_GROUPS:
        raise DataError(f"at most {MOST_GROUPS} places can be asked for on the way")
    states, arcs = len(network.first_out) - 1, len(network.head)
    if not groups:
        own = np.arange(arcs, dtype=np.int32)
        return Layers(network.first_out, network.tail, network.head, own, None, source, target)
    copies = 1 << len(groups)
    passes = sum(mask.astype(np.int32) << number for number, mask in enumerate(groups))
    before = np.repeat(np.arange(copies, dtype=np.int32), arcs)
    arc = np.tile(np.arange(arcs, dtype=np.int32), copies)
    after = before | np.asarray(passes)[arc]
    out = np.diff(network.first_out)
    first_out = np.concatenate([[0], np.cumsum(np.tile(out, copies))]).astype(np.int32)
    return Layers(
        first_out=first_out,
        tail=(before * states + network.tail[arc]).astype(np.int32),
        head=(after * states + network.head[arc]).astype(np.int32),
        arc=arc,
        place=np.tile(network.state["node_id"].rank("dense").to_numpy().astype(np.int32), copies),
        source=source,
        target=(copies - 1) * states + target,
    )
