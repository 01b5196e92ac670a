"""Paths with flow, pair by pair in flat arrays, and what is remembered of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import PathFlows
from sogdia.network.model import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class PathSet:
    """Paths known to a path-based method, in order of their pairs.

    Attributes
    ----------
    pair_first : ndarray of int64, shape (pairs + 1,)
        Paths ``pair_first[p]`` to ``pair_first[p + 1]`` are those of pair ``p``.
    first : ndarray of int64, shape (paths + 1,)
        Arcs ``arc[first[i]:first[i + 1]]`` are those of path ``i``, in order of travel.
    arc : ndarray of int32
        Arcs of all paths.
    flow : ndarray of float64, shape (paths,)
        Trips; changed in place.
    idle : ndarray of int32, shape (paths,)
        Iterations since the path last had flow; changed in place.
    """

    pair_first: Ints
    first: Ints
    arc: Ints
    flow: Floats
    idle: Ints

    @property
    def count(self) -> int:
        """Number of paths."""
        return len(self.flow)

    @property
    def pair(self) -> Ints:
        """Pair of each path, shape (paths,)."""
        pairs = np.arange(len(self.pair_first) - 1, dtype=np.int32)
        return np.repeat(pairs, np.diff(self.pair_first))

    @property
    def path_of(self) -> Ints:
        """Path of each entry of `arc`."""
        return np.repeat(np.arange(self.count), np.diff(self.first))


def no_paths(pairs: int) -> PathSet:
    """Return a set without paths."""
    return PathSet(
        pair_first=np.zeros(pairs + 1, dtype=np.int64),
        first=np.zeros(1, dtype=np.int64),
        arc=np.empty(0, dtype=np.int32),
        flow=np.empty(0),
        idle=np.empty(0, dtype=np.int32),
    )


def merged(old: PathSet, keep: Bools, pair: Ints, first: Ints, arc: Ints) -> PathSet:
    """Return the paths that are kept and new ones without flow.

    Parameters
    ----------
    old : PathSet
        Known paths.
    keep : ndarray of bool, shape (old.count,)
        Which of them stay.
    pair : ndarray of int32, shape (new paths,)
        Pairs of the new paths, in ascending order.
    first, arc : ndarray
        Their arcs, as in `PathSet`.
    """
    pairs = len(old.pair_first) - 1
    kept, added = int(keep.sum()), len(pair)
    lengths = np.diff(old.first)
    size = int(lengths[keep].sum()) + len(arc)
    result = PathSet(
        pair_first=np.zeros(pairs + 1, dtype=np.int64),
        first=np.zeros(kept + added + 1, dtype=np.int64),
        arc=np.empty(size, dtype=np.int32),
        flow=np.zeros(kept + added),
        idle=np.zeros(kept + added, dtype=np.int32),
    )
    _merge(
        old.pair_first,
        old.first,
        old.arc,
        old.flow,
        old.idle,
        keep,
        pair,
        first,
        arc,
        result.pair_first,
        result.first,
        result.arc,
        result.flow,
        result.idle,
    )
    return result


@njit(cache=True, nogil=True)
def _merge(
    old_pair_first: Ints,
    old_first: Ints,
    old_arc: Ints,
    old_flow: Floats,
    old_idle: Ints,
    keep: Bools,
    new_pair: Ints,
    new_first: Ints,
    new_arc: Ints,
    pair_first: Ints,
    first: Ints,
    arc: Ints,
    flow: Floats,
    idle: Ints,
) -> None:
    paths = 0
    entries = 0
    new = 0
    for pair in range(pair_first.shape[0] - 1):
        for old in range(old_pair_first[pair], old_pair_first[pair + 1]):
            if keep[old]:
                for entry in range(old_first[old], old_first[old + 1]):
                    arc[entries] = old_arc[entry]
                    entries += 1
                flow[paths] = old_flow[old]
                idle[paths] = old_idle[old]
                paths += 1
                first[paths] = entries
        while new < new_pair.shape[0] and new_pair[new] == pair:
            for entry in range(new_first[new], new_first[new + 1]):
                arc[entries] = new_arc[entry]
                entries += 1
            paths += 1
            first[paths] = entries
            new += 1
        pair_first[pair + 1] = paths


def arc_flows(problem: TrafficProblem, paths: PathSet) -> Floats:
    """Return the trips of each class on each arc, shape (classes, arcs)."""
    flow = np.zeros((problem.classes, problem.arcs))
    _load(problem.pair_class, paths.pair_first, paths.first, paths.arc, paths.flow, flow)
    return flow


@njit(cache=True, nogil=True)
def _load(
    pair_class: Ints, pair_first: Ints, first: Ints, arc: Ints, path_flow: Floats, flow: Floats
) -> None:
    for pair in range(pair_class.shape[0]):
        of_class = flow[pair_class[pair]]
        for path in range(pair_first[pair], pair_first[pair + 1]):
            if path_flow[path] > 0.0:
                for entry in range(first[path], first[path + 1]):
                    of_class[arc[entry]] += path_flow[path]


@dataclass(frozen=True, slots=True)
class PathMemory:
    """Paths with flow and scarcity prices of a solution: enough to start again from them.

    Attributes
    ----------
    pair_class, pair_origin, pair_destination : ndarray of int32, shape (pairs,)
        Pairs of the problem that was solved.
    flows : PathFlows
        Its flows by path.
    price : ndarray of float64, shape (elements,)
        Its scarcity prices.
    stiffness : ndarray of float64, shape (elements,)
        Growth of the price by excess flow with which they were found.
    """

    pair_class: Ints
    pair_origin: Ints
    pair_destination: Ints
    flows: PathFlows
    price: Floats
    stiffness: Floats

    def path_flows(self) -> PathFlows:
        """Return the flows by path; they add up to the flows by arc."""
        return self.flows

    def moved(self, arc_map: Ints, element_map: Ints | None = None) -> PathMemory:
        """Return the same paths on other arcs.

        Parameters
        ----------
        arc_map : ndarray of int32, shape (old arcs,)
            New number of each arc; -1: it is gone, and paths over it with it.
        element_map : ndarray of int32, shape (old elements,), optional
            New number of each element, or -1; by default `arc_map` where it has as many
            entries as there were elements, else elements keep their numbers.
        """
        if element_map is None:
            elements = len(self.price)
            element_map = arc_map if len(arc_map) == elements else np.arange(elements)
        stays = element_map >= 0
        size = int(element_map.max(initial=-1)) + 1
        price, stiffness = np.zeros(size), np.zeros(size)
        price[element_map[stays]] = self.price[stays]
        stiffness[element_map[stays]] = self.stiffness[stays]
        arc = np.asarray(arc_map)[self.flows.arc]
        lengths = np.diff(self.flows.first)
        of = np.repeat(np.arange(len(lengths)), lengths)
        keep = np.bincount(of, weights=arc < 0, minlength=len(lengths)) == 0
        first = np.zeros(int(keep.sum()) + 1, dtype=np.int64)
        np.cumsum(lengths[keep], out=first[1:])
        flows = PathFlows(
            pair=self.flows.pair[keep],
            first=first,
            arc=arc[keep[of]].astype(np.int32),
            flow=self.flows.flow[keep],
        )
        return replace(self, flows=flows, price=price, stiffness=stiffness)


def remembered(
    problem: TrafficProblem, paths: PathSet, price: Floats, stiffness: Floats
) -> PathMemory:
    """Return what is to be remembered of a solution: its paths that have flow."""
    used = paths.flow > 0.0
    none = np.empty(0, dtype=np.int32)
    kept = merged(paths, used, none, np.zeros(1, dtype=np.int64), none)
    return PathMemory(
        pair_class=problem.pair_class,
        pair_origin=problem.pair_origin,
        pair_destination=problem.pair_destination,
        flows=PathFlows(kept.pair, kept.first, kept.arc, kept.flow),
        price=price,
        stiffness=stiffness,
    )


def recalled(problem: TrafficProblem, memory: PathMemory) -> PathSet:
    """Return the remembered paths that serve a problem, their flows scaled to its trips."""
    old_pair = _same_pairs(problem, memory)[memory.flows.pair]
    lengths = np.diff(memory.flows.first)
    of = np.repeat(np.arange(len(lengths)), lengths)
    arc = memory.flows.arc
    of_class = memory.pair_class[memory.flows.pair]
    fits = old_pair >= 0
    if len(arc):
        known = (arc < problem.arcs) & fits[of]
        open_arc = np.zeros(len(arc), dtype=np.bool_)
        open_arc[known] = np.isfinite(problem.fixed_cost[of_class[of[known]], arc[known]])
        fits &= np.bincount(of, weights=~open_arc, minlength=len(lengths)) == 0
    order = np.flatnonzero(fits)
    order = order[np.argsort(old_pair[order], kind="stable")]
    first = np.zeros(len(order) + 1, dtype=np.int64)
    np.cumsum(lengths[order], out=first[1:])
    ends = first[1:]
    begins = np.repeat(memory.flows.first[order] - first[:-1], lengths[order])
    entries = begins + np.arange(int(ends[-1]) if len(order) else 0)
    pairs = len(problem.trips)
    empty = no_paths(pairs)
    nothing = np.zeros(0, dtype=np.bool_)
    result = merged(empty, nothing, old_pair[order].astype(np.int32), first, arc[entries])
    pair = result.pair
    result.flow[:] = memory.flows.flow[order]
    total = np.bincount(pair, weights=result.flow, minlength=pairs)
    result.flow[:] *= (problem.trips / np.where(total > 0.0, total, 1.0))[pair]
    return result


def _same_pairs(problem: TrafficProblem, memory: PathMemory) -> Ints:
    """Return the pair of the problem that each remembered pair is; -1: none."""
    nodes = max(
        problem.nodes,
        int(memory.pair_origin.max(initial=0)) + 1,
        int(memory.pair_destination.max(initial=0)) + 1,
    )

    def key(of_class: Ints, origin: Ints, destination: Ints) -> Ints:
        return (of_class.astype(np.int64) * nodes + origin) * nodes + destination

    own = key(problem.pair_class, problem.pair_origin, problem.pair_destination)
    theirs = key(memory.pair_class, memory.pair_origin, memory.pair_destination)
    place = np.minimum(np.searchsorted(own, theirs), len(own) - 1)
    return np.asarray(np.where(own[place] == theirs, place, -1))
