"""Arrival: the distribution of the time from door to door, on a grid.

Stretches and operations take gamma-distributed times of a given mean and standard deviation,
independent of each other. The wait for a departure is the residual life of a renewal process
with gamma headways (Cox, 1962); a queue's wait is exponential, as in heavy traffic (Kingman,
1961). Closures and opening hours hold whoever comes at such a time until it is over. Each
distribution is laid on the grid so that its mean is kept exactly, and the sum is
their convolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.signal import fftconvolve
from scipy.special import gammainc

from sogdia.network.model import Floats

STEP_H = 1.0
TAIL_SD = 14.0
"""Standard deviations beyond the mean at which a distribution is cut."""
LONGEST_H = 366 * 24.0
LEAST_CV = 1e-3
SMALLEST_MASS = 1e-15


@dataclass(frozen=True, slots=True)
class Arrival:
    """A distribution of the time since departure.

    Attributes
    ----------
    probability : ndarray of float64, shape (points,)
        Probability of each multiple of `step_h`. What never arrives is missing.
    step_h : float
        Distance of the points of the grid, h.
    """

    probability: Floats
    step_h: float = STEP_H

    @property
    def mean_h(self) -> float:
        """Mean time of what arrives, h; infinite if nothing does."""
        points = np.arange(len(self.probability)) * self.step_h
        if not self.probability.any():
            return float("inf")
        return float(points @ self.probability / self.probability.sum())

    @property
    def sd_h(self) -> float:
        """Standard deviation, h."""
        points = np.arange(len(self.probability)) * self.step_h
        spread = (points - self.mean_h) ** 2 @ self.probability / self.probability.sum()
        return float(np.sqrt(spread))

    def quantile_h(self, probability: float) -> float:
        """Time that is not exceeded with a probability; infinite where it is never reached."""
        points, reached = self._distribution()
        if probability > reached[-1] + 1e-12:
            return float("inf")
        return float(np.interp(probability, reached, points))

    def probability_by(self, time_h: float) -> float:
        """Probability of having arrived by a time."""
        points, reached = self._distribution()
        return float(np.interp(time_h, points, reached))

    def _distribution(self) -> tuple[Floats, Floats]:
        """Ends of the cells around the points with mass, and the probability reached there."""
        mass = np.flatnonzero(self.probability > SMALLEST_MASS)
        first, last = (mass[0], mass[-1]) if len(mass) else (0, 0)
        ends = (np.arange(first, last + 2) - 0.5) * self.step_h
        within = np.cumsum(self.probability[first : last + 1])
        return np.maximum(ends, 0.0), np.concatenate([[0.0], within])


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a trip, for the time it takes.

    Attributes
    ----------
    mean_h, sd_h : float
        Of moving and handling.
    headway_h, headway_cv2 : float
        Mean and squared coefficient of variation of the time between departures; 0: no
        departure is waited for.
    queue_h : float
        Mean wait in a queue.
    closed : sequence of (float, float)
        Times since departure, in order, during which it cannot begin.
    """

    mean_h: float
    sd_h: float
    headway_h: float = 0.0
    headway_cv2: float = 0.0
    queue_h: float = 0.0
    closed: Sequence[tuple[float, float]] = field(default=())


def arrival_after(stages: Sequence[Stage], step_h: float = STEP_H) -> Arrival:
    """Return the distribution of the time that stages take one after another.

    Parameters
    ----------
    stages : sequence of Stage
        In order of travel.
    step_h : float
        Distance of the points of the grid, h.

    Returns
    -------
    Arrival
        Whatever would take more than `LONGEST_H` counts as never arriving.
    """
    total = np.ones(1)
    for stage in stages:
        if stage.closed:
            total = held(total, stage.closed, step_h)
        parts = [gamma_on_grid(stage.mean_h, stage.sd_h, step_h)]
        if stage.headway_h > 0:
            parts.append(residual_on_grid(stage.headway_h, stage.headway_cv2, step_h))
        if stage.queue_h > 0:
            parts.append(gamma_on_grid(stage.queue_h, stage.queue_h, step_h))
        for part in parts:
            total = _sum(total, part, step_h)
    return Arrival(total, step_h)


def _sum(one: Floats, other: Floats, step_h: float) -> Floats:
    """Convolve two distributions; the shorter is often a handful of points."""
    if min(len(one), len(other)) < 64:
        total = np.convolve(one, other)
    else:
        total = np.maximum(fftconvolve(one, other), 0.0)
    total = total[: int(LONGEST_H / step_h) + 1]
    return _cut(total)


def _cut(masses: Floats) -> Floats:
    """Leave out the points behind the last one with mass; at least one is left."""
    kept = np.flatnonzero(masses > SMALLEST_MASS)
    return masses[: kept[-1] + 1] if len(kept) else np.zeros(1)


def held(total: Floats, closed: Sequence[tuple[float, float]], step_h: float) -> Floats:
    """Hold what comes during a closure until its end; what never opens again is lost.

    Parameters
    ----------
    total : ndarray of float64, shape (points,)
        Distribution of the time of coming.
    closed : sequence of (float, float)
        Start and end of each closure, h, in order and apart.
    step_h : float
        Distance of the points, h.

    Returns
    -------
    ndarray of float64
        Distribution of the time of beginning.
    """
    latest = max((end for _, end in closed if np.isfinite(end)), default=0.0)
    length = max(len(total), int(np.ceil(latest / step_h)) + 2)
    result = np.zeros(length)
    result[: len(total)] = total
    for start, end in closed:
        first = int(np.ceil(max(start, 0.0) / step_h))
        after = len(total) if np.isinf(end) else int(np.ceil(end / step_h))
        waiting = result[first:after].sum()
        result[first:after] = 0.0
        if np.isfinite(end) and waiting > 0:
            cell = int(end / step_h)
            beyond = end / step_h - cell
            result[cell] += waiting * (1.0 - beyond)
            result[cell + 1] += waiting * beyond
    return _cut(result)


def gamma_on_grid(mean_h: float, sd_h: float, step_h: float) -> Floats:
    """Lay a gamma distribution on the grid, its mean kept exactly.

    Each point gets the mass near it, weighted by how near: second differences of the
    twice integrated density.
    """
    if mean_h <= 0:
        return np.ones(1)
    if sd_h < LEAST_CV * mean_h:
        return _between_points(mean_h / step_h)
    shape, scale = (mean_h / sd_h) ** 2, sd_h**2 / mean_h
    points = _points(mean_h + TAIL_SD * sd_h, step_h)
    return _masses(_integral_of_gamma(points, shape, scale), step_h)


def residual_on_grid(headway_h: float, headway_cv2: float, step_h: float) -> Floats:
    """Lay the wait for the next departure on the grid, for who comes at any time."""
    if headway_cv2 < LEAST_CV**2:
        points = _points(headway_h, step_h)
        late = np.maximum(points - headway_h, 0.0)
        return _masses((points**2 - late**2) / (2.0 * headway_h), step_h)
    shape, scale = 1.0 / headway_cv2, headway_h * headway_cv2
    sd_h = headway_h * np.sqrt((1.0 + headway_cv2) * (1.0 + 2.0 * headway_cv2) / 3.0)
    points = _points(headway_h + TAIL_SD * sd_h, step_h)
    twice = 0.5 * (
        points**2 * gammainc(shape, points / scale)
        - 2.0 * points * shape * scale * gammainc(shape + 1.0, points / scale)
        + shape * (shape + 1.0) * scale**2 * gammainc(shape + 2.0, points / scale)
    )
    return _masses((points**2 / 2.0 - twice) / headway_h, step_h)


def _points(length_h: float, step_h: float) -> Floats:
    """Return the points of the grid up to a little beyond a time."""
    return np.asarray(np.arange(int(length_h / step_h) + 3) * step_h, dtype=np.float64)


def _between_points(point: float) -> Floats:
    """Split a certain time between the two points beside it."""
    cell = int(point)
    masses = np.zeros(cell + 2)
    masses[cell : cell + 2] = 1.0 - (point - cell), point - cell
    return masses[: cell + 1] if masses[-1] == 0 else masses


def _integral_of_gamma(points: Floats, shape: float, scale: float) -> Floats:
    """Integrate a gamma's distribution function from 0 to each point."""
    reduced = points / scale
    integral = points * gammainc(shape, reduced) - shape * scale * gammainc(shape + 1.0, reduced)
    return np.asarray(integral, dtype=np.float64)


def _masses(integral: Floats, step_h: float) -> Floats:
    """Return the mass of each point from the integral of the distribution function there."""
    padded = np.concatenate([[0.0], integral])
    masses = np.maximum(np.diff(padded, 2), 0.0) / step_h
    masses = _cut(masses)
    return np.asarray(masses / masses.sum(), dtype=np.float64)
