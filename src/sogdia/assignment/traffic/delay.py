"""Volume-delay functions: the time of an element by its flow, two derivatives, the integral.

====================  ==================================================================
BPR                   ``t0 (1 + alpha (v/c)^beta)`` (Bureau of Public Roads, 1964)
conical               ``t0 (2 + sqrt(a^2 (1-x)^2 + b^2) - a (1-x) - b)``, ``x = v/c``,
                      ``a = alpha > 1``, ``b = (2a-1)/(2a-2)`` (Spiess, 1990)
Davidson              ``t0 (1 + alpha x / (1-x))`` (Davidson, 1966), along its tangent
                      above ``x = LINEAR_FROM`` (Akçelik, 1978)
queue                 ``t0`` and the mean wait of a G/G/c queue (Sakasegawa, 1977), along
                      its tangent above ``x = LINEAR_FROM``
====================  ==================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints

CONSTANT, BPR, CONICAL, DAVIDSON, QUEUE = range(5)
KINDS = ("constant", "bpr", "conical", "davidson", "queue")
LINEAR_FROM = 0.9


@dataclass(frozen=True, slots=True)
class Delay:
    """Volume-delay functions of the elements of a network.

    Attributes
    ----------
    kind : ndarray of int8, shape (elements,)
        Index into `KINDS`.
    free_time : ndarray of float64, shape (elements,)
        Time at no flow.
    capacity : ndarray of float64, shape (elements,)
        Flow to which `flow` is put in relation; 1 for constant ones.
    alpha, beta : ndarray of float64, shape (elements,)
        Parameters. BPR: factor and power. Conical: ``alpha``. Davidson: ``alpha``. Queue:
        ``alpha`` is ``(ca2 + cs2) / 2 * service time / servers`` in the unit of time, and
        ``beta`` the number of servers.
    """

    kind: Ints
    free_time: Floats
    capacity: Floats
    alpha: Floats
    beta: Floats

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self.kind)


def constant_delay(free_time: Floats) -> Delay:
    """Return delays that no flow changes."""
    size = len(free_time)
    return Delay(
        kind=np.zeros(size, dtype=np.int8),
        free_time=np.asarray(free_time, dtype=np.float64),
        capacity=np.ones(size),
        alpha=np.zeros(size),
        beta=np.zeros(size),
    )


@njit(cache=True, nogil=True)
def conical_beta(alpha: float) -> float:
    """Return the second parameter of a conical function, which goes through (1, 2 t0)."""
    return (2.0 * alpha - 1.0) / (2.0 * alpha - 2.0)


@njit(cache=True, nogil=True)
def _power(base: float, exponent: float) -> float:
    """Raise to a power, the usual one quickly."""
    if exponent == 4.0:
        square = base * base
        return square * square
    return float(base**exponent)


@njit(cache=True, nogil=True)
def evaluate(
    kind: int, free_time: float, capacity: float, alpha: float, beta: float, flow: float
) -> tuple[float, float, float]:
    """Return the time at a flow, and its first and second derivative by it."""
    if kind == CONSTANT or alpha == 0.0:
        return free_time, 0.0, 0.0
    x = flow / capacity
    if kind == BPR:
        if beta == 0.0:
            return free_time * (1.0 + alpha), 0.0, 0.0
        if x <= 0.0:
            slope = free_time * alpha / capacity if beta == 1.0 else 0.0
            bend = 2.0 * free_time * alpha / capacity**2 if beta == 2.0 else 0.0
            return free_time, slope, bend
        grown = free_time * alpha * _power(x, beta)
        slope = grown * beta / flow
        return free_time + grown, slope, slope * (beta - 1.0) / flow
    if kind == CONICAL:
        b = conical_beta(alpha)
        left = alpha * (1.0 - x)
        root = sqrt(left * left + b * b)
        slope = free_time * alpha * (1.0 - left / root) / capacity
        bend = free_time * alpha * alpha * b * b / (root * root * root) / capacity**2
        return free_time * (2.0 + root - left - b), slope, bend
    near = min(x, LINEAR_FROM)
    over = max(x - LINEAR_FROM, 0.0)
    left = 1.0 - near
    if kind == DAVIDSON:
        wait = free_time * alpha * near / left
        slope = free_time * alpha / (left * left)
        bend = 2.0 * slope / left
    else:
        power = sqrt(2.0 * (beta + 1.0)) - 1.0
        if near <= 0.0:
            return free_time, alpha / capacity if power == 1.0 else 0.0, 0.0
        wait = alpha * near**power / left
        by_share = power / near + 1.0 / left
        slope = wait * by_share
        bend = slope * by_share + wait * (1.0 / (left * left) - power / (near * near))
    if over > 0.0:
        bend = 0.0
    return free_time + wait + slope * over, slope / capacity, bend / capacity**2


@njit(cache=True, nogil=True)
def times_at(
    kind: Ints,
    free_time: Floats,
    capacity: Floats,
    alpha: Floats,
    beta: Floats,
    flow: Floats,
    marginal: bool,
    time: Floats,
    slope: Floats,
) -> None:
    """Fill the times of all elements and their derivatives by flow.

    Parameters
    ----------
    kind, free_time, capacity, alpha, beta : ndarray, shape (elements,)
        Fields of `Delay`.
    flow : ndarray of float64, shape (elements,)
        Flows.
    marginal : bool
        Whether to fill what one more trip adds to the time of all (Pigou, 1920), which is
        ``time + flow * slope``, instead of its own time.
    time, slope : ndarray of float64, shape (elements,)
        Filled.
    """
    for e in range(kind.shape[0]):
        t, d, dd = evaluate(kind[e], free_time[e], capacity[e], alpha[e], beta[e], flow[e])
        if marginal:
            t, d = t + flow[e] * d, 2.0 * d + flow[e] * dd
        time[e] = t
        slope[e] = d


def delay_times(delay: Delay, flow: Floats, *, marginal: bool = False) -> tuple[Floats, Floats]:
    """Return the times of all elements and their derivatives by flow; see `times_at`."""
    time, slope = np.empty(delay.size), np.empty(delay.size)
    times_at(
        delay.kind,
        delay.free_time,
        delay.capacity,
        delay.alpha,
        delay.beta,
        flow,
        marginal,
        time,
        slope,
    )
    return time, slope


@njit(cache=True, nogil=True)
def _integral(
    kind: int, free_time: float, capacity: float, alpha: float, beta: float, flow: float
) -> float:
    if kind == CONSTANT or alpha == 0.0 or flow <= 0.0:
        return free_time * flow
    x = flow / capacity
    if kind == BPR:
        return free_time * flow * (1.0 + alpha * float(x**beta) / (beta + 1.0))
    if kind == CONICAL:
        b = conical_beta(alpha)
        return free_time * capacity * (_cone(alpha, b, x) - _cone(alpha, b, 0.0))
    near = min(x, LINEAR_FROM)
    over = max(x - LINEAR_FROM, 0.0)
    if kind == DAVIDSON:
        area = free_time * alpha * (-log(1.0 - near) - near)
        wait = free_time * alpha * near / (1.0 - near)
        slope = free_time * alpha / (1.0 - near) ** 2
    else:
        power = sqrt(2.0 * (beta + 1.0)) - 1.0
        area = alpha * _area_of_queue(power, near)
        wait = alpha * near**power / (1.0 - near)
        slope = wait * (power / near + 1.0 / (1.0 - near))
    return free_time * flow + capacity * (area + wait * over + 0.5 * slope * over * over)


@njit(cache=True, nogil=True)
def _cone(a: float, b: float, x: float) -> float:
    """Antiderivative of ``2 + sqrt(a^2 (1-x)^2 + b^2) - a (1-x) - b``."""
    left = a * (1.0 - x)
    root = sqrt(left * left + b * b)
    bent = 0.5 * (left * root + b * b * log(left + root)) / a
    return (2.0 - b) * x - bent + 0.5 * a * (1.0 - x) ** 2


@njit(cache=True, nogil=True)
def _area_of_queue(power: float, upper: float) -> float:
    """Integral of ``x^p / (1 - x)`` from 0: the series of ``x^(p+1+n) / (p+1+n)``."""
    total = 0.0
    term = upper ** (power + 1.0)
    n = 1.0
    while term > 1e-18 * total * (1.0 - upper) or total == 0.0:
        total += term / (power + n)
        term *= upper
        n += 1.0
        if term == 0.0:
            break
    return total


@njit(cache=True, nogil=True)
def integrals_at(
    kind: Ints,
    free_time: Floats,
    capacity: Floats,
    alpha: Floats,
    beta: Floats,
    flow: Floats,
    area: Floats,
) -> None:
    """Fill the integrals of the times of all elements from no flow to `flow`."""
    for e in range(kind.shape[0]):
        area[e] = _integral(kind[e], free_time[e], capacity[e], alpha[e], beta[e], flow[e])


def delay_integrals(delay: Delay, flow: Floats) -> Floats:
    """Return the integrals of the times of all elements; see `integrals_at`."""
    area = np.empty(delay.size)
    integrals_at(delay.kind, delay.free_time, delay.capacity, delay.alpha, delay.beta, flow, area)
    return area
