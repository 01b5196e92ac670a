"""Paths are peeled off bushes: each destination's trips go back along the largest flows left."""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.assignment.traffic.bush_block import Bushes
from sogdia.network.model import Floats, Ints

LEFT = 1e-12
"""Share of a pair's trips that is rounding: it goes along the path before."""


@njit(cache=True, nogil=True)
def _first_in(bushes: Bushes, b: int, first_in: Ints) -> None:
    p = 0
    was_last = 1
    for k in range(bushes.first[b], bushes.needed[b]):
        if was_last:
            p += 1
            first_in[p] = k
        was_last = bushes.code[k] & 1


@njit(cache=True, nogil=True)
def _walk(bushes: Bushes, b: int, at: int, left: Floats, first_in: Ints, way: Ints) -> int:
    """Fill `way` with the arcs of the bush back from a position; return how many they are."""
    to_flow = bushes.first_flow[b] - bushes.first[b]
    length = 0
    while at > 0:
        k = best = first_in[at]
        while bushes.code[k] & 1 == 0:
            k += 1
            if left[k + to_flow] > left[best + to_flow]:
                best = k
        way[length] = best
        length += 1
        at = bushes.back[best]
    return length


@njit(cache=True, nogil=True)
def peel(
    bushes: Bushes,
    left: Floats,
    first_in: Ints,
    way: Ints,
    demand: Ints,
    first: Ints,
    arc: Ints,
    flow: Floats,
    is_written: bool,
) -> tuple[int, int]:
    """Split the flows of bushes into paths, at most as many as arcs and destinations.

    Parameters
    ----------
    bushes : Bushes
        Whose flows are in balance.
    left : ndarray of float64
        A copy of their flows; consumed.
    first_in, way : ndarray of int64, shape (nodes + 1,)
        Overwritten.
    demand, first, arc, flow : ndarray
        Destination, start in `arc`, arcs of the graph, and trips of each path; filled if
        `is_written`.

    Returns
    -------
    paths, arcs : int
        How many there are.
    """
    paths = arcs = 0
    for b in range(bushes.origin.shape[0]):
        _first_in(bushes, b, first_in)
        to_flow = bushes.first_flow[b] - bushes.first[b]
        for i in range(bushes.first_demand[b], bushes.first_demand[b + 1]):
            rest = bushes.trips[i]
            is_first = True
            while rest > 0.0:
                length = _walk(bushes, b, bushes.at[i], left, first_in, way)
                trips = rest
                for j in range(length):
                    trips = min(trips, left[way[j] + to_flow])
                if trips <= LEFT * bushes.trips[i]:
                    if not is_first:
                        if is_written:
                            flow[paths - 1] += rest
                        break
                    trips = rest
                rest -= trips
                if is_written:
                    demand[paths] = i
                    first[paths] = arcs
                    flow[paths] = trips
                for j in range(length):
                    f = way[j] + to_flow
                    left[f] = max(left[f] - trips, 0.0)
                    if is_written:
                        arc[arcs + length - 1 - j] = bushes.code[way[j]] >> 1
                arcs += length
                paths += 1
                is_first = False
    return paths, arcs


def paths_of(bushes: Bushes, nodes: int) -> tuple[Ints, Ints, Ints, Floats]:
    """Return destination, length, arcs and trips of the paths of some bushes; see `peel`."""
    first_in, way = np.empty(nodes + 1, np.int64), np.empty(nodes + 1, np.int64)
    none, no_flow = np.empty(0, np.int64), np.empty(0)
    paths, arcs = peel(bushes, bushes.flow.copy(), first_in, way, none, none, none, no_flow, False)
    demand, first = np.empty(paths, np.int64), np.empty(paths, np.int64)
    arc, flow = np.empty(arcs, np.int64), np.empty(paths)
    peel(bushes, bushes.flow.copy(), first_in, way, demand, first, arc, flow, True)
    return demand, np.diff(first, append=arcs), arc, flow
