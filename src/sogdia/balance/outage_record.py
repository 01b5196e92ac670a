"""The record of disruptions as chances: how often, how long, and what years they make.

Outages of a kind come as a Poisson process whose rate is not known but estimated: with n of
them in T years, and the prior of Jeffreys (1946), the rate is Gamma(n + 1/2, T). Each year
that is drawn draws its rate first, so the spread of years holds what the record leaves open.
Durations are lognormal. Every random number has an address: the seed, the year, the
disruption, the outage, and what it is for (see `sogdia.simulation.random`); so no other
disruption, chunk or thread changes any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numba import njit
from scipy.special import gammaincinv, pdtrik
from scipy.stats import norm

from sogdia.network.model import Floats, Ints
from sogdia.simulation.random import key_of, uniform

RATE, COUNT, START, DURATION = 0, 1, 2, 3
CREDIBLE = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Chance:
    """How often a disruption comes, how long it lasts, and what it leaves.

    Attributes
    ----------
    disruption : str
        Its identifier, which addresses its random numbers.
    events : int
        Times it happened in the record.
    years : float
        Years of the record.
    duration_days : float
        Mean duration.
    duration_cv : float
        Coefficient of variation of the duration.
    left : float
        Share of the capacity that is left.
    """

    disruption: str
    events: int
    years: float
    duration_days: float
    duration_cv: float
    left: float

    @property
    def rate_y(self) -> float:
        """Mean of the rate, per year."""
        return (self.events + 0.5) / self.years

    def rate_quantile(self, probability: float | Floats) -> Floats:
        """Quantile of the rate, per year."""
        quantile = gammaincinv(self.events + 0.5, probability) / self.years
        return np.asarray(quantile, dtype=np.float64)

    def duration_quantile(self, probability: Floats) -> Floats:
        """Quantile of the duration, days."""
        variance = np.log1p(self.duration_cv**2)
        log_days = np.log(self.duration_days) - variance / 2.0
        days = np.exp(log_days + np.sqrt(variance) * norm.ppf(probability))
        return np.asarray(days, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The outages of one disruption in all years that are drawn.

    Attributes
    ----------
    year : ndarray of int64, shape (outages,)
        In which of the years.
    start, end : ndarray of float64, shape (outages,)
        Days since its first day; what would last into the next year ends with this one.
    """

    year: Ints
    start: Floats
    end: Floats


def drawn(chance: Chance, draws: int, seed: int, days: float) -> Drawn:
    """Draw the outages of a disruption.

    Parameters
    ----------
    chance : Chance
        The disruption.
    draws : int
        How many years.
    seed : int
        Of all random numbers.
    days : float
        Days of a year.

    Returns
    -------
    Drawn
        Outages in the order of the years.
    """
    entity = crc32(chance.disruption.encode())
    keys = np.array([key_of(seed, draw) for draw in range(draws)], dtype=np.int64).reshape(-1, 2)
    every = np.arange(draws)
    nothing = np.zeros(draws, dtype=np.int64)
    rate = chance.rate_quantile(_uniforms(keys, every, nothing, entity, RATE))
    count = _poisson(_uniforms(keys, every, nothing, entity, COUNT), rate)
    year = np.repeat(every, count)
    number = np.arange(len(year)) - np.repeat(np.cumsum(count) - count, count)
    start = days * _uniforms(keys, year, number, entity, START)
    length = chance.duration_quantile(_uniforms(keys, year, number, entity, DURATION))
    return Drawn(year, start, np.minimum(start + length, days))


def _poisson(probability: Floats, mean: Floats) -> Ints:
    """Quantile of Poisson numbers: the least of which more than a probability is below."""
    # The inverse in the count is not rounded, and may be off by one at whole numbers.
    guess = np.maximum(np.ceil(np.nan_to_num(pdtrik(probability, mean)) - 1e-9), 0.0)
    return np.asarray(guess, dtype=np.int64)


@njit(cache=True, nogil=True)
def _uniforms(keys: Ints, year: Ints, number: Ints, entity: int, what: int) -> Floats:
    result = np.empty(len(year))
    for i in range(len(year)):
        key = keys[year[i]]
        result[i] = uniform(key[0], key[1], what, entity, number[i], 0)
    return result


def left_by_month(outages: Sequence[tuple[float, float, float]], ends: Floats) -> Floats:
    """Return the share of an element's capacity that is left in each month.

    Where outages overlap, the least that one of them leaves holds.

    Parameters
    ----------
    outages : sequence of (float, float, float)
        First day, last day and share left of each outage.
    ends : ndarray of float64, shape (months,)
        Days since the first of the year at which months end.

    Returns
    -------
    ndarray of float64, shape (months,)
        Shares.

    Examples
    --------
    >>> left_by_month([(10.0, 20.0, 0.5), (15.0, 35.0, 0.0)], np.array([30.0, 60.0])).round(3)
    array([0.417, 0.833])
    """
    first = np.concatenate([[0.0], ends[:-1]])
    cuts = np.unique(np.concatenate([[0.0], ends, *(one[:2] for one in outages)]))
    cuts = cuts[cuts <= ends[-1]]
    middle, length = (cuts[:-1] + cuts[1:]) / 2.0, np.diff(cuts)
    share = np.ones(len(middle))
    for start, end, left in outages:
        share[(start < middle) & (middle < end)] = np.minimum(
            share[(start < middle) & (middle < end)], left
        )
    month = np.searchsorted(ends, middle)
    total = np.bincount(month, weights=share * length, minlength=len(ends))
    return np.asarray(total / (ends - first), dtype=np.float64)
