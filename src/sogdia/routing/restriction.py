"""Restrictions: what closes arcs to a shipment, and which of them block its way.

A restriction is a mask, never a penalty. Where nothing is left, the ways that exist without
some restrictions tell what blocks: each way needs a set of restrictions lifted, and a set of
restrictions blocks if it meets every one of these (a minimal cut and the minimal paths it
hits; hitting-set duality, Reiter, 1987).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sogdia.network.model import Bools, Ints
from sogdia.routing.pareto import Windows

HORIZON_H = 366 * 24.0
MOST_RELAXATIONS = 64


@dataclass(frozen=True, slots=True)
class Restriction:
    """A rule, wish, closure or limit, and the arcs it closes.

    Attributes
    ----------
    kind : str
        "rule" (of the scenario), "avoid" (of the request), "closure" (an event), "limit"
        (what carriers take).
    label : str
        What it is, in words.
    arcs : ndarray of bool, shape (arcs,)
        What it closes.
    start_h, end_h : float
        Time since departure from which, and before which, it holds.
    """

    kind: str
    label: str
    arcs: Bools
    start_h: float = -np.inf
    end_h: float = np.inf

    @property
    def is_lasting(self) -> bool:
        """Whether it holds for as long as any trip lasts."""
        return self.start_h <= 0.0 and self.never_ends

    @property
    def never_ends(self) -> bool:
        """Whether it outlasts any trip, once it has begun."""
        return self.end_h >= HORIZON_H

    @property
    def is_over(self) -> bool:
        """Whether it holds at no time of any trip."""
        return self.end_h <= 0.0 or self.start_h >= HORIZON_H


def closed_by(restrictions: Iterable[Restriction], arcs: int) -> Bools:
    """Return the arcs that are closed for the whole trip, as a mask of shape (arcs,)."""
    mask = np.zeros(arcs, dtype=np.bool_)
    for restriction in restrictions:
        if restriction.is_lasting:
            mask |= restriction.arcs
    return mask


def windows_of(
    restrictions: Iterable[Restriction],
    weekly: Mapping[int, Sequence[tuple[float, float]]],
    arcs: int,
) -> Windows:
    """Return the times at which arcs are closed for a while.

    Parameters
    ----------
    restrictions : iterable of Restriction
        Those that last for the whole trip are left out; they are masks.
    weekly : dict of int to sequence of (float, float)
        Arcs that keep hours: the times since departure at which they are shut.
    arcs : int
        Number of arcs.

    Returns
    -------
    Windows
        In order of time, and apart.
    """
    spans: dict[int, list[tuple[float, float]]] = {arc: [*shut] for arc, shut in weekly.items()}
    for restriction in restrictions:
        if restriction.is_lasting or restriction.is_over:
            continue
        end = np.inf if restriction.never_ends else restriction.end_h
        for number in np.flatnonzero(restriction.arcs).tolist():
            spans.setdefault(number, []).append((restriction.start_h, end))
    first = np.zeros(arcs + 1, dtype=np.int64)
    merged: list[tuple[float, float]] = []
    for arc in sorted(spans):
        apart = _merged(spans[arc])
        first[arc + 1] = len(apart)
        merged += apart
    np.cumsum(first, out=first)
    table = np.array(merged, dtype=np.float64).reshape(-1, 2)
    return Windows(first, table[:, 0].copy(), table[:, 1].copy())


def _merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    result: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def relaxations(
    first_out: Ints,
    head: Ints,
    restrictions: Sequence[Bools],
    source: int,
    target: int,
    place: Ints | None = None,
) -> list[frozenset[int]]:
    """Find the smallest sets of restrictions without which there is a way.

    Labels carry the set of restrictions that their way breaks; one is dropped where another
    breaks only a part of the same.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form.
    restrictions : sequence of ndarray of bool, shape (arcs,)
        What each closes.
    source, target : int
        States.
    place : ndarray of int32, shape (states,), optional
        Place of each state; ways that leave a place and come back to it do not count.

    Returns
    -------
    list of frozenset of int
        Sets of which none contains another, smallest first; empty if there is no way at
        all. The empty set: there is a way as it is. At most `MOST_RELAXATIONS` sets.
    """
    broken = [0] * len(head)
    for number, mask in enumerate(restrictions):
        for closed in np.flatnonzero(mask).tolist():
            broken[closed] |= 1 << number
    first, heads = first_out.tolist(), head.tolist()
    places = None if place is None else place.tolist()
    kept: dict[int, list[int]] = {}
    trail: list[tuple[int, int]] = [(source, -1)]
    heap = [(0, 0, 0)]
    found: list[int] = []
    while heap and len(found) < MOST_RELAXATIONS:
        _, breaks, label = heapq.heappop(heap)
        state = trail[label][0]
        if _has_part_of(kept.get(state, ()), breaks) or _has_part_of(found, breaks):
            continue
        kept.setdefault(state, []).append(breaks)
        if state == target:
            found.append(breaks)
            continue
        for arc in range(first[state], first[state + 1]):
            more = breaks | broken[arc]
            other = heads[arc]
            if _has_part_of(kept.get(other, ()), more) or _has_part_of(found, more):
                continue
            if places is not None and _comes_back(places, trail, label, other):
                continue
            trail.append((other, label))
            heapq.heappush(heap, (more.bit_count(), more, len(trail) - 1))
    return [
        frozenset(number for number in range(len(restrictions)) if breaks >> number & 1)
        for breaks in found
    ]


def _comes_back(
    places: Sequence[int], trail: Sequence[tuple[int, int]], label: int, other: int
) -> bool:
    """Tell whether a way has been at the place of a state before, and has left it."""
    there = places[other]
    if places[trail[label][0]] == there:
        return False
    while label >= 0:
        state, label = trail[label]
        if places[state] == there:
            return True
    return False


def _has_part_of(sets: Iterable[int], whole: int) -> bool:
    return any(one & whole == one for one in sets)


def smallest_blocking_set(ways: Sequence[frozenset[int]]) -> tuple[int, ...]:
    """Return a smallest set that meets every one of the sets of `relaxations`.

    Parameters
    ----------
    ways : sequence of frozenset of int
        Not empty, and none of them the empty set.

    Returns
    -------
    tuple of int
        With these restrictions alone, no way is left; without any one of them, there would
        be one.
    """
    members = sorted(frozenset().union(*ways))
    for size in range(1, len(members) + 1):
        for chosen in combinations(members, size):
            if all(way.intersection(chosen) for way in ways):
                return chosen
    raise ValueError("there is a way that breaks no restriction")
