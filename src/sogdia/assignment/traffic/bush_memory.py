"""`BushMemory`: the bushes of a solution, to start the next one from and to name its paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sogdia.assignment.traffic.bush_block import Bushes
from sogdia.assignment.traffic.bush_graph import Renumbered
from sogdia.assignment.traffic.bush_paths import paths_of
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import PathFlows
from sogdia.network.model import Floats, Ints

MOST_BUSHES = 32
"""Bushes that one thread works on at a time."""
MOST_ARCS = 4_000_000
"""Arcs that they may have, all together."""


@dataclass(frozen=True, slots=True)
class BushMemory:
    """Bushes with their flows.

    Attributes
    ----------
    problem : TrafficProblem
        What was solved.
    ordered : Renumbered
        The graph in the order of the kernels.
    blocks : tuple of Bushes
        Bushes of all classes and origins, in the order of the problem's pairs.
    block_class : tuple of int
        Class of each block.
    arc_map : ndarray of int32, shape (arcs,)
        What each arc of the problem has become, -1: removed.
    """

    problem: TrafficProblem
    ordered: Renumbered
    blocks: tuple[Bushes, ...]
    block_class: tuple[int, ...]
    arc_map: Ints

    def moved(self, arc_map: Ints) -> BushMemory:
        """Return these bushes for a network with the same nodes and other arcs.

        Parameters
        ----------
        arc_map : ndarray of int32, shape (arcs,)
            New number of each arc, -1 where it was removed.
        """
        there = self.arc_map >= 0
        composed = np.full(len(self.arc_map), -1, dtype=np.int32)
        composed[there] = np.asarray(arc_map)[self.arc_map[there]]
        return replace(self, arc_map=composed)

    def fits(self, problem: TrafficProblem) -> bool:
        """Whether a problem has the same arcs, open to the same classes, and the same pairs."""
        old = self.problem
        return (
            np.array_equal(self.arc_map, np.arange(problem.arcs))
            and np.array_equal(old.tail, problem.tail)
            and np.array_equal(old.head, problem.head)
            and np.array_equal(np.isfinite(old.fixed_cost), np.isfinite(problem.fixed_cost))
            and np.array_equal(old.pair_class, problem.pair_class)
            and np.array_equal(old.pair_origin, problem.pair_origin)
            and np.array_equal(old.pair_destination, problem.pair_destination)
        )

    def path_flows(self) -> PathFlows:
        """Return the flows by path, at most as many per origin as arcs and destinations."""
        pairs, lengths, arcs, flows = [], [], [], []
        before = 0
        for bushes in self.blocks:
            demand, length, arc, flow = paths_of(bushes, self.problem.nodes)
            pairs.append(demand + before)
            lengths.append(length)
            arcs.append(self.arc_map[self.ordered.arc[arc]])
            flows.append(flow)
            before += len(bushes.trips)
        first = np.zeros(sum(map(len, lengths)) + 1, dtype=np.int64)
        np.cumsum(_joined(lengths), out=first[1:])
        return PathFlows(
            pair=_joined(pairs).astype(np.int32),
            first=first,
            arc=_joined(arcs).astype(np.int32),
            flow=_joined(flows).astype(np.float64),
        )


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def empty_blocks(
    problem: TrafficProblem, ordered: Renumbered
) -> tuple[tuple[Bushes, ...], tuple[int, ...]]:
    """Return bushes that have their origin and demand and no arc yet, with their classes."""
    pairs = len(problem.trips)
    if pairs == 0:
        return (), ()
    change = np.diff(problem.pair_class) | np.diff(problem.pair_origin)
    starts = np.flatnonzero(np.concatenate([[1], change]))
    ends = np.append(starts[1:], pairs)
    most = max(1, min(MOST_BUSHES, MOST_ARCS // max(problem.arcs, 1)))
    blocks, classes = [], []
    for k in range(problem.classes):
        own = np.flatnonzero(problem.pair_class[starts] == k)
        for part in range(0, len(own), most):
            bushes = own[part : part + most]
            blocks.append(_without_arcs(problem, ordered, starts[bushes], int(ends[bushes[-1]])))
            classes.append(k)
    return tuple(blocks), tuple(classes)


def _without_arcs(problem: TrafficProblem, ordered: Renumbered, starts: Ints, end: int) -> Bushes:
    size = len(starts)
    begin = int(starts[0])
    return Bushes(
        origin=ordered.node[problem.pair_origin[starts]],
        first=np.zeros(size + 1, np.int64),
        needed=np.zeros(size, np.int64),
        first_flow=np.zeros(size + 1, np.int64),
        positions=np.zeros(size, np.int32),
        code=np.empty(0, np.int32),
        back=np.empty(0, np.int32),
        flow=np.empty(0),
        first_demand=np.append(starts, end) - begin,
        destination=ordered.node[problem.pair_destination[begin:end]],
        at=np.zeros(end - begin, np.int32),
        trips=np.asarray(problem.trips[begin:end], dtype=np.float64),
    )


def remembered_blocks(
    memory: BushMemory, blocks: Sequence[Bushes], classes: Sequence[int], ordered: Renumbered
) -> tuple[Bushes, ...]:
    """Return `blocks` with the arcs and flows that `memory` has for their class and origin."""
    arcs = len(ordered.arc)
    number = np.empty(arcs + 1, dtype=np.int32)
    number[ordered.arc] = np.arange(arcs, dtype=np.int32)
    number[-1] = arcs
    moved = np.append(number[memory.arc_map[memory.ordered.arc]], np.int32(arcs))
    # A node's number says where it stood: numbers differ where the arcs do.
    old_number = np.empty(len(ordered.node), dtype=np.int32)
    old_number[ordered.node] = memory.ordered.node
    place = {
        (k, int(origin)): (old, b)
        for old, k in zip(memory.blocks, memory.block_class, strict=True)
        for b, origin in enumerate(old.origin)
    }
    return tuple(
        _filled(bushes, [place.get((k, int(old_number[o]))) for o in bushes.origin], moved)
        for bushes, k in zip(blocks, classes, strict=True)
    )


def _filled(bushes: Bushes, sources: Sequence[tuple[Bushes, int] | None], moved: Ints) -> Bushes:
    first, first_flow = bushes.first.copy(), bushes.first_flow.copy()
    needed, positions = bushes.needed.copy(), bushes.positions.copy()
    code: list[Ints] = [bushes.code]
    back: list[Ints] = [bushes.back]
    flow: list[Floats] = [bushes.flow]
    for b, source in enumerate(sources):
        first[b + 1], first_flow[b + 1], needed[b] = first[b], first_flow[b], first[b]
        if source is None:
            continue
        old, i = source
        part = old.code[old.first[i] : old.first[i + 1]]
        code.append(2 * moved[part >> 1] + (part & 1))
        back.append(old.back[old.first[i] : old.first[i + 1]])
        flow.append(old.flow[old.first_flow[i] : old.first_flow[i + 1]])
        first[b + 1] += len(part)
        first_flow[b + 1] += len(flow[-1])
        needed[b] += len(flow[-1])
        positions[b] = old.positions[i]
    return bushes._replace(
        first=first,
        first_flow=first_flow,
        needed=needed,
        positions=positions,
        code=np.concatenate(code),
        back=np.concatenate(back),
        flow=np.concatenate(flow),
    )
