"""Two simulated plans, replication by replication: how far apart they are, and how sure that is.

Replications that draw the same random numbers see the same storms, delays and arrivals under both
plans, so most of the scatter is common to both and drops out of their differences. The interval is
that of Student around the mean difference (Law and Kelton, 2000, sections 10.2.1 and 11.2). What
the pairing gains is seen against the interval that the same figures would give had the plans
been simulated apart, whose variances add up (Welch, 1938).

References
----------
* Law and Kelton (2000). Simulation Modeling and Analysis, 3rd edition.
* Welch (1938). The significance of the difference between two means when the population
  variances are unequal. Biometrika 29.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sogdia.network.model import Floats
from sogdia.simulation.statistics import LEVEL, replication_means


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Mean differences of two plans with their confidence intervals, all arrays of one shape.

    Attributes
    ----------
    before, after : ndarray of float64
        Means of each plan over the replications in which both were observed.
    change : ndarray of float64
        Mean of the differences, after less before; nan where nothing was observed in both.
    half_width : ndarray of float64
        The interval of the change reaches as far to either side; nan with one replication.
    apart_half_width : ndarray of float64
        Half width if the plans had been simulated with random numbers of their own.
    replications : ndarray of int64
        Replications in which both plans were observed.
    """

    before: Floats
    after: Floats
    change: Floats
    half_width: Floats
    apart_half_width: Floats
    replications: np.ndarray[tuple[int, ...], np.dtype[np.int64]]

    @property
    def narrowed(self) -> Floats:
        """Share of the width that pairing takes away; below 0 where it widens the interval."""
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 1.0 - self.half_width / self.apart_half_width
        return np.asarray(share)


def paired_difference(before: Floats, after: Floats, level: float = LEVEL) -> PairedDifference:
    """Return the mean differences of two plans with their Student intervals.

    Parameters
    ----------
    before, after : ndarray of float64, shape (replications, ...)
        One figure of each replication, in any unit; nan where there was nothing to observe,
        which leaves that replication out of that column for both.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    PairedDifference
        Arrays of shape (...).

    Raises
    ------
    ValueError
        If the shapes differ: one replication of one plan belongs to one of the other.

    Examples
    --------
    >>> found = paired_difference(np.array([10.0, 14.0, 12.0]), np.array([11.0, 15.5, 12.5]))
    >>> print(f"{found.change:+.1f} days, give or take {found.half_width:.2f}")
    +1.0 days, give or take 1.24
    """
    before, after = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if before.shape != after.shape:
        raise ValueError(f"{before.shape} figures cannot be paired with {after.shape}")
    both = ~(np.isnan(before) | np.isnan(after))
    first, second = np.where(both, before, np.nan), np.where(both, after, np.nan)
    difference = replication_means(second - first, level)
    count = both.sum(axis=0)
    return PairedDifference(
        before=replication_means(first, level).mean,
        after=replication_means(second, level).mean,
        change=difference.mean,
        half_width=difference.half_width,
        apart_half_width=_welch_half_width(first, second, count, level),
        replications=np.asarray(count, dtype=np.int64),
    )


def _welch_half_width(first: Floats, second: Floats, count: Floats, level: float) -> Floats:
    """Return half the width of the interval of two means of independent samples."""
    with np.errstate(divide="ignore", invalid="ignore"):
        of_mean = [_variance(values, count) / count for values in (first, second)]
        both = of_mean[0] + of_mean[1]
        freedom = both**2 / ((of_mean[0] ** 2 + of_mean[1] ** 2) / (count - 1))
        half_width = stats.t.ppf((1.0 + level) / 2.0, freedom) * np.sqrt(both)
    # Two plans without any scatter are known for certain; so few replications tell nothing.
    return np.where((both == 0.0) & (count > 1), 0.0, half_width)


def _variance(values: Floats, count: Floats) -> Floats:
    known = ~np.isnan(values)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    return np.asarray((np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / (count - 1))
