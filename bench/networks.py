"""Synthetic networks to measure searches on: seeded, any size, criteria more or less at odds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import Delaunay, cKDTree

from sogdia.network.model import Floats, Ints

EXTENT_KM = 4000.0
NOISE = 0.25
# Values are whole numbers of tenths, so that sums are exact.
SCALE = 10.0
# Share of places with the mode, and per km: hours, USD per t, kg CO2e per t, risk.
MODES = {
    "road": (1.0, (1 / 55, 0.090, 0.085, 0.004)),
    "rail": (0.5, (1 / 28, 0.045, 0.020, 0.008)),
    "water": (0.2, (1 / 20, 0.012, 0.011, 0.015)),
}
# Of moving goods from any mode to another: hours, USD per t, kg CO2e per t, risk.
TRANSFER = (18.0, 6.0, 1.0, 0.5)


@dataclass(frozen=True, slots=True)
class Instance:
    """A network in CSR form.

    Attributes
    ----------
    first_out, head, tail : ndarray of int32
        Topology.
    criteria : ndarray of float64, shape (arcs, criteria)
        Values whose sums are exact in any order; infinite where forbidden.
    place : ndarray of float64, shape (states, 2)
        Coordinates, km.
    """

    first_out: Ints
    head: Ints
    tail: Ints
    criteria: Floats
    place: Floats

    @property
    def states(self) -> int:
        """Number of states."""
        return len(self.first_out) - 1

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return len(self.head)

    def nearest(self, x: float, y: float) -> int:
        """Return the state nearest to a point given as shares of the extent."""
        least, most = self.place.min(axis=0), self.place.max(axis=0)
        point = least + np.array([x, y]) * (most - least)
        return int(np.argmin(((self.place - point) ** 2).sum(axis=1)))


def multimodal(
    states: int, *, criteria: int = 3, correlation: float = 0.5, seed: int = 2026
) -> Instance:
    """Lay modes over random places; goods change mode where a place has several.

    The lines of a mode are the Gabriel graph of its places (Gabriel and Sokal, 1969): planar,
    connected, about four lines at a place, as in networks on land.

    Parameters
    ----------
    states : int
        About how many states, over all modes.
    criteria : int
        The first so many of time, cost, CO2 and risk.
    correlation : float
        From 0 (modes trade one criterion for another, and lines differ in each on their own)
        to 1 (all criteria are proportional and one way is best in all).
    seed : int
        Of the random numbers.
    """
    random = np.random.default_rng(seed)
    places = round(states / sum(share for share, _ in MODES.values()))
    at = random.uniform(0.0, EXTENT_KM, (places, 2))
    state_of = np.full((len(MODES), places), -1)
    place_of: list[Ints] = []
    ends: list[Ints] = []
    weights: list[Floats] = []
    count = 0
    mean = np.mean([rates for _, rates in MODES.values()], axis=0)
    for mode, (share, rates) in enumerate(MODES.values()):
        served = np.sort(random.permutation(places)[: max(round(share * places), 4)])
        state_of[mode, served] = np.arange(count, count + len(served))
        count += len(served)
        place_of.append(served)
        lines = _gabriel(at[served])
        km = np.linalg.norm(at[served[lines[:, 0]]] - at[served[lines[:, 1]]], axis=1)
        blended = np.array(rates) ** (1 - correlation) * mean**correlation
        ends.append(state_of[mode, served[lines]])
        weights.append(km[:, None] * blended * _noise(random, len(lines), correlation))
    for one in range(len(MODES)):
        for other in range(one):
            both = np.flatnonzero((state_of[one] >= 0) & (state_of[other] >= 0))
            ends.append(np.stack([state_of[one, both], state_of[other, both]], axis=1))
            blended = np.array(TRANSFER) ** (1 - correlation)
            blended *= (mean * TRANSFER[0] / mean[0]) ** correlation
            weights.append(blended * _noise(random, len(both), correlation))
    pairs, values = np.concatenate(ends), np.concatenate(weights)[:, :criteria]
    return _both_ways(pairs, values, at[np.concatenate(place_of)])


def grid(side: int, *, criteria: int = 3, correlation: float = 0.5, seed: int = 2026) -> Instance:
    """Make a square grid, one km between neighbours, with shortcuts.

    One line in five is missing at random, as rivers and hills leave it; a twentieth of the
    nodes begins a shortcut to a node up to 30 rows and columns away, that is faster and
    dearer than the grid.
    """
    random = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    across = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    along = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    lines = np.concatenate([across, along])
    lines = lines[random.random(len(lines)) < 0.8]
    begins = random.choice(side * side, size=side * side // 20, replace=False)
    row, column = np.divmod(begins, side)
    jump = random.integers(-30, 31, (2, len(begins)))
    reached = np.clip(row + jump[0], 0, side - 1) * side + np.clip(column + jump[1], 0, side - 1)
    jumps = np.stack([begins, reached], axis=1)[begins != reached]
    at = np.stack(np.divmod(np.arange(side * side), side), axis=1).astype(np.float64)
    pairs = np.concatenate([lines, jumps])
    km = np.abs(at[pairs[:, 0]] - at[pairs[:, 1]]).sum(axis=1)
    slow, fast = np.array([10.0, 10.0, 10.0, 10.0]), np.array([5.0, 16.0, 13.0, 8.0])
    rates = np.where((np.arange(len(pairs)) < len(lines))[:, None], slow, fast)
    values = km[:, None] * rates ** (1 - correlation) * slow**correlation
    values *= _noise(random, len(pairs), correlation)
    return _both_ways(pairs, values[:, :criteria], at)


def _gabriel(at: Floats) -> Ints:
    """Return pairs of points in whose diametral circle no other point lies."""
    triangles = Delaunay(at).simplices
    sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    pairs = np.unique(np.sort(sides, axis=1), axis=0)
    middle = at[pairs].mean(axis=1)
    radius = np.linalg.norm(at[pairs[:, 0]] - middle, axis=1)
    clearance, _ = cKDTree(at).query(middle)
    return np.asarray(pairs[clearance >= radius * (1 - 1e-9)])


def _noise(random: np.random.Generator, rows: int, correlation: float) -> Floats:
    """Return log-normal factors whose logarithms have the given correlation."""
    common = random.standard_normal((rows, 1))
    own = random.standard_normal((rows, 4))
    mixed = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    return np.asarray(np.exp(NOISE * mixed))


def _both_ways(pairs: Ints, values: Floats, place: Floats) -> Instance:
    ends = np.concatenate([pairs, pairs[:, ::-1]])
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    tail, head = ends[order].T.astype(np.int32)
    first_out = np.zeros(len(place) + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=len(place)), out=first_out[1:])
    criteria = np.maximum(np.rint(SCALE * np.concatenate([values, values])[order]), 1.0)
    return Instance(first_out, np.ascontiguousarray(head), tail, criteria, place)
