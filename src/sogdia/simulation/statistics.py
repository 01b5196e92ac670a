"""What a simulation has shown, and how sure of it: intervals, warm-up, quantiles, growth.

Replications of one plan are independent, so their means have a Student interval; numbers that
follow each other within one replication are not, and are first gathered into a mean, a ratio
of sums or batches. Not known is nan: a half width from one replication, a mean over nothing.
Axis 0 is the replications (or batches), the axes behind it whatever is observed in each.

References
----------
* Cochran (1977). Sampling Techniques, 3rd edition.
* Hoad, Robinson and Davies (2010). Automating warm-up length estimation. Journal of the
  Operational Research Society 61.
* Law (2015). Simulation Modeling and Analysis, 5th edition; Law and Kelton (2000), 3rd edition.
* Masson, Rim and Lee (2019). DDSketch: a fast and fully-mergeable quantile sketch with
  relative-error guarantees. Proceedings of the VLDB Endowment 12.
* Schmeiser (1982). Batch size effects in the analysis of simulation output. Operations Research 30.
* White, Cobb and Spratt (2000). A comparison of five steady-state truncation heuristics for
  simulation. Winter Simulation Conference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import stats

from sogdia.network.model import Floats, Ints

LEVEL = 0.95  # confidence of the intervals
MSER_BATCH = 5
FEWEST_POINTS = 3  # of a line: two of them fix it, the third tells its error

SHORTEST_H = 2.0**-10
LONGEST_H = 2.0**17
BINS_PER_OCTAVE = 32
HISTOGRAM_BINS = 27 * BINS_PER_OCTAVE
_LAST_BIN = HISTOGRAM_BINS - 1
# The exponent and the first five binary digits of a number in double precision are its bin.
_DIGITS_LEFT = 52 - 5
_FIRST_DIGITS = int(np.float64(SHORTEST_H).view(np.int64)) >> _DIGITS_LEFT
_SECOND_EDGE = SHORTEST_H * (1.0 + 1.0 / BINS_PER_OCTAVE)
_EDGES = np.append(
    np.outer(SHORTEST_H * 2.0 ** np.arange(27), 1.0 + np.arange(BINS_PER_OCTAVE) / BINS_PER_OCTAVE),
    LONGEST_H,
)
_EDGES.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """Means with their confidence intervals, all arrays of one shape.

    Attributes
    ----------
    mean : ndarray of float64
        In the unit of what was observed; nan where nothing was.
    half_width : ndarray of float64
        The interval reaches as far to either side of the mean; nan where it is not known.
    """

    mean: Floats
    half_width: Floats

    @property
    def low(self) -> Floats:
        """Lower ends of the intervals."""
        return np.asarray(self.mean - self.half_width)

    @property
    def high(self) -> Floats:
        """Upper ends of the intervals."""
        return np.asarray(self.mean + self.half_width)

    @property
    def relative(self) -> Floats:
        """Half widths as shares of the sizes of the means; 0 for a zero that is certain."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = self.half_width / np.abs(self.mean)
        return np.where(self.half_width == 0, 0.0, share)


def replication_means(values: Floats, level: float = LEVEL) -> Estimate:
    """Return the means over replications with Student intervals (Law, 2015, section 9.4).

    Parameters
    ----------
    values : ndarray of float64, shape (replications, ...)
        One figure of each replication, in any unit; nan where it had nothing to observe,
        which leaves that replication out of that column.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    Estimate
        Arrays of shape (...). The half width is nan where fewer than two replications
        observed anything, the mean where none did.

    Raises
    ------
    ValueError
        If there is no replication, or the level is not between 0 and 1.

    Examples
    --------
    >>> estimate = replication_means(np.array([10.0, 12.0, 14.0]))
    >>> print(f"{estimate.mean:.1f} h, give or take {estimate.half_width:.1f} h")
    12.0 h, give or take 5.0 h
    """
    values = _over_replications(values)
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    # Nothing over nothing is nan, which is what not known is.
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=0) / count
        squares = np.where(known, values - mean, 0.0) ** 2
        variance = squares.sum(axis=0) / (count - 1)
        half_width = _student(level, count - 1) * np.sqrt(variance / count)
    return Estimate(np.asarray(mean), np.asarray(half_width))


def ratio_of_sums(sums: Floats, counts: Floats | Ints, level: float = LEVEL) -> Estimate:
    """Return means per entity from the sums and counts of replications (Law, 2015).

    The classical estimator of a ratio, all sums over all counts, in which every entity
    weighs the same; in a mean of the replications' means, those of a replication with few of
    them would weigh too much. Its variance is that of ``sum - ratio * count``, the first
    order of Taylor's series (Cochran, 1977, chapter 6), so that intervals from few
    replications with very unlike counts are somewhat narrow.

    Parameters
    ----------
    sums : ndarray of float64, shape (replications, ...)
        What the entities of each replication add up to, such as hours waited.
    counts : ndarray of float64 or integers, shape (replications, ...)
        How many entities, or their weight, such as trains or tonnes; not negative.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    Estimate
        Arrays of shape (...). The mean is nan where all counts are 0, the half width where
        fewer than two replications have counts. Replications without counts do not count
        for the degrees of freedom: they tell nothing of the spread.

    Raises
    ------
    ValueError
        If the shapes differ, there is no replication, a count is negative, or the level is
        not between 0 and 1.
    """
    sums, counts = _over_replications(sums), _over_replications(counts)
    _check_same_shape(sums, counts)
    if (counts < 0).any():
        raise ValueError("counts must not be negative")
    number = counts.sum(axis=0)
    having = (counts > 0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = sums.sum(axis=0) / number
        squares = ((sums - ratio * counts) ** 2).sum(axis=0)
        error = np.sqrt(squares * having / (having - 1)) / number
        half_width = _student(level, having - 1) * error
    return Estimate(np.asarray(ratio), np.asarray(half_width))


def batch_means(sums: Floats, counts: Floats | Ints, level: float = LEVEL) -> Estimate:
    """Return means per entity from the batches of one long run.

    The arithmetic is that of `ratio_of_sums`, which takes batches for independent. They are
    not: a queue that is long at the end of a batch is long at the start of the next. Only when
    a batch lasts many times as long as a disturbance takes to die out is what neighbours share
    small beside what they do not; shorter batches make intervals too narrow, and no number
    of them makes up for it. Ten to thirty batches are enough (Schmeiser, 1982), so a longer
    run should make them longer rather than more. Cut off the warm-up first (`mser5`).

    Parameters
    ----------
    sums : ndarray of float64, shape (batches, ...)
        What the entities of each batch add up to.
    counts : ndarray of float64 or integers, shape (batches, ...)
        How many entities, or their weight; not negative.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    Estimate
        As that of `ratio_of_sums`.

    Raises
    ------
    ValueError
        As `ratio_of_sums` does.
    """
    return ratio_of_sums(sums, counts, level)


def paired_difference(first: Floats, second: Floats, level: float = LEVEL) -> Estimate:
    """Return the means of ``first - second``, for plans run on common random numbers.

    What chance does to both plans alike drops out of the difference within a replication, so
    that the interval is narrower than those of the plans (the paired-t interval of Law, 2015,
    section 10.2; it holds without common numbers as well).

    Parameters
    ----------
    first, second : ndarray of float64, shape (replications, ...)
        One figure of each replication of either plan, in the same order; nan where it had
        nothing to observe, which leaves out the pair.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    Estimate
        As that of `replication_means`. The plans differ where the interval leaves out 0.

    Raises
    ------
    ValueError
        If the shapes differ, there is no replication, or the level is not between 0 and 1.
    """
    first, second = _over_replications(first), _over_replications(second)
    _check_same_shape(first, second)
    with np.errstate(invalid="ignore"):  # infinite in both: their difference is not known
        difference = first - second
    return replication_means(difference, level)


def replications_needed(values: Floats, relative_precision: float, level: float = LEVEL) -> int:
    """Return how many replications are likely to make an interval narrow enough.

    The least number, from those made on, for which Student's half width would be at most the
    share of the mean, if mean and spread stayed as they are now (Law and Kelton, 2000, section
    9.4.1). Both move as replications are added, so it is for planning the next round, not a
    promise; a plan that stops as soon as it is content has intervals slightly too narrow.
    Law and Kelton bound the share of the true mean; for that, pass ``share / (1 + share)``.

    Parameters
    ----------
    values : ndarray of float64, shape (replications,)
        One figure of each replication made, nan where it had nothing to observe. Of those to
        come, the same share is taken to have nothing.
    relative_precision : float
        Half width wanted, as a share of the size of the mean; above 0.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    int
        In all; never fewer than those made.

    Raises
    ------
    ValueError
        If fewer than two replications observed anything, or anything infinite, if they spread
        about a mean of 0, or if the precision or the level is out of range.

    Examples
    --------
    >>> replications_needed(np.array([90.0, 100.0, 110.0]), relative_precision=0.05)
    18
    """
    values = _in_one_row(values)
    known = values[~np.isnan(values)]
    if known.size < 2 or not np.isfinite(known).all():
        raise ValueError("the spread is known from two replications on, all of them finite")
    if not relative_precision > 0:
        raise ValueError(f"relative_precision must be above 0, not {relative_precision}")
    spread = float(known.std(ddof=1))
    wanted = relative_precision * abs(float(known.mean()))
    if spread > 0 and wanted == 0:
        raise ValueError("no interval is a share of a mean of 0; ask for another measure")

    def enough(count: int) -> bool:
        return float(_student(level, count - 1)) * spread <= wanted * math.sqrt(count)

    fewer, number = known.size - 1, known.size
    while not enough(number):
        fewer, number = number, 2 * number
    while number - fewer > 1:
        middle = (fewer + number) // 2
        fewer, number = (fewer, middle) if enough(middle) else (middle, number)
    return math.ceil(number * values.size / known.size)


def mser5(series: Floats) -> int:
    """Return where to cut off the warm-up, by the marginal standard error rule (MSER-5).

    The series is gathered into means of five, and cut where the standard error of the mean of
    what is left, taken as if independent, is least: a start far from the rest widens it, and
    so does having little left (White, Cobb and Spratt, 2000). Only the first half of the
    batches may be cut off, since a few that happen to be alike at the end look certain (Hoad,
    Robinson and Davies, 2010).

    Parameters
    ----------
    series : ndarray of float64, shape (observations,)
        One run from its start, or the mean of several runs at each time, which is smoother.

    Returns
    -------
    int
        How many observations to cut off, a multiple of 5. If it is the most that may be cut
        off, ``len(series) // 5 // 2 * 5``, then the series is too short to tell: the warm-up
        may last longer. So it is, with 0, for fewer than ten observations.

    Raises
    ------
    ValueError
        If the series is not one-dimensional, or an observation is nan or infinite.
    """
    series = _in_one_row(series)
    if not np.isfinite(series).all():
        raise ValueError("a series must be finite; leave out what was not observed")
    batches = len(series) // MSER_BATCH
    if batches < 2:
        return 0
    means = series[: batches * MSER_BATCH].reshape(batches, MSER_BATCH).mean(axis=1)
    # Sums from the end, of distances from the end: a warm-up far from the rest is added last,
    # and cannot drown the digits of what is left without it.
    distance = (means - means[-1])[::-1]
    left = np.arange(batches, 0, -1)
    total = np.cumsum(distance)[::-1]
    squares = np.cumsum(distance**2)[::-1]
    statistic = np.maximum(squares - total**2 / left, 0.0) / left**2
    return int(np.argmin(statistic[: batches // 2 + 1])) * MSER_BATCH


@njit(cache=True, nogil=True, forceinline=True)
def bin_of(time_h: float) -> int:
    """Return the bin of the histogram that a time falls into, for kernels.

    Read off the binary digits of the number, which is ten times quicker than a logarithm.
    Exactly ``np.digitize(time_h, bin_edges()) - 1``, kept within the bins: each holds its lower
    edge, bin 0 also 0 and all below `SHORTEST_H`, the last bin all from `LONGEST_H` on.

    Parameters
    ----------
    time_h : float
        Time, h; infinite counts in the last bin, nan in bin 0.

    Returns
    -------
    int
        From 0 to ``HISTOGRAM_BINS - 1``.
    """
    if not time_h >= _SECOND_EDGE:
        return 0
    if time_h >= LONGEST_H:
        return _LAST_BIN
    return int((np.float64(time_h).view(np.int64) >> _DIGITS_LEFT) - _FIRST_DIGITS)


def bin_edges() -> Floats:
    """Return the edges of the bins of the histogram.

    Returns
    -------
    ndarray of float64, shape (HISTOGRAM_BINS + 1,)
        h, from `SHORTEST_H` to `LONGEST_H`, 32 of equal width in every doubling; read-only.
    """
    return _EDGES


def quantiles(histogram: Floats | Ints, probabilities: Floats) -> Floats:
    """Return quantiles of times from histograms with logarithmic bins.

    A quantile is the least time that at least the share of times does not exceed. It is found
    in the bin where it lies, linear between the edges, so its relative error is below the
    bin's width, at most 3.2 % (the guarantee of Masson, Rim and Lee, 2019), from `SHORTEST_H` to
    `LONGEST_H`; usually far lower, since many times spread evenly over so narrow a bin.
    Histograms of several replications may be added up beforehand.

    Parameters
    ----------
    histogram : ndarray of float64 or integers, shape (..., HISTOGRAM_BINS)
        Times, or their weight, in each bin (`bin_of`); not negative.
    probabilities : ndarray of float64, shape (probabilities,)
        Shares, 0 to 1.

    Returns
    -------
    ndarray of float64, shape (..., probabilities)
        h; 0 where it lies in bin 0, at most `LONGEST_H`, nan for an empty histogram.

    Raises
    ------
    ValueError
        If the shapes are not these, or a share is not within 0 to 1.

    Examples
    --------
    >>> waits = np.zeros(HISTOGRAM_BINS)
    >>> for wait_h in (0.0, 1.0, 2.0, 4.0, 8.0):
    ...     waits[bin_of(wait_h)] += 1
    >>> quantiles(waits, np.array([0.1, 0.5, 0.9])).round(0).tolist()
    [0.0, 2.0, 8.0]
    """
    held = np.asarray(histogram, dtype=np.float64)
    shares = _in_one_row(probabilities)
    if held.shape[-1:] != (HISTOGRAM_BINS,):
        raise ValueError(
            f"the last axis of a histogram is its {HISTOGRAM_BINS} bins; its shape is {held.shape}"
        )
    if not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(f"probabilities must lie in 0 to 1, not {shares}")
    up_to = np.cumsum(held, axis=-1)
    total = up_to[..., -1]
    answer = np.empty((*total.shape, len(shares)))
    for column, share in enumerate(shares):
        target = (share * total)[..., None]
        # Empty bins at the start are passed over, even by a share of 0.
        passed = ((up_to < target) | (up_to <= 0)).sum(axis=-1, keepdims=True)
        place = np.minimum(passed, _LAST_BIN)
        within = np.take_along_axis(held, place, axis=-1)
        beyond = np.take_along_axis(up_to, place, axis=-1) - target
        with np.errstate(invalid="ignore"):  # an empty histogram: nothing over nothing
            part = np.clip(1.0 - beyond / within, 0.0, 1.0)
        times = _EDGES[place] + part * (_EDGES[place + 1] - _EDGES[place])
        answer[..., column] = np.where(place == 0, 0.0, times)[..., 0]
    return np.where(total[..., None] > 0, answer, np.nan)


def growth_per_day(series: Floats, days_per_point: float) -> tuple[Floats, Floats]:
    """Return by how much series grow a day, and how sure that is: a line of least squares.

    A queue that is served slower than it is fed grows without end, and its mean depends on how
    long it was watched; this tells it from one that is only long. The points of a queue follow
    each other slowly, where the statistic is made for independent ones: it is too large, by
    about the factor ``sqrt((1 + r) / (1 - r))`` if neighbours correlate by r. Points far
    apart, and a threshold well above Student's, keep a slow wave from being taken for growth.

    Parameters
    ----------
    series : ndarray of float64, shape (..., points)
        Levels at equal distances in time, such as queue lengths; warm-up cut off.
    days_per_point : float
        Time from one point to the next, d; above 0.

    Returns
    -------
    slope : ndarray of float64, shape (...)
        Unit of the series per day; nan where a point is nan.
    t_statistic : ndarray of float64, shape (...)
        Slope over its standard error; infinite or huge for an exact line, 0 for a constant.

    Raises
    ------
    ValueError
        If there are fewer than three points, or days_per_point is not above 0.
    """
    series = np.asarray(series, dtype=np.float64)
    if series.ndim == 0 or series.shape[-1] < FEWEST_POINTS:
        raise ValueError(
            f"a line with its error needs {FEWEST_POINTS} points; the shape is {series.shape}"
        )
    if not days_per_point > 0:
        raise ValueError(f"days_per_point must be above 0, not {days_per_point}")
    points = series.shape[-1]
    day = days_per_point * (np.arange(points) - (points - 1) / 2)
    spread = float(day @ day)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = series - series[..., :1]  # exactly 0 for a constant, whatever the rounding
        slope = level @ day / spread
        mean = level.mean(axis=-1)
        residual = level - mean[..., None] - slope[..., None] * day
        error = np.sqrt((residual**2).sum(axis=-1) / (points - 2) / spread)
        t_statistic = np.where(slope == 0, 0.0, slope / error)
    return np.asarray(slope), t_statistic


def _student(level: float, freedom: Ints | int) -> Floats:
    """Return the factor of a two-sided interval; nan without a degree of freedom."""
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level}")
    known = np.where(np.asarray(freedom) > 0, freedom, np.nan)
    return np.asarray(stats.t.ppf(0.5 + level / 2, known), dtype=np.float64)


def _over_replications(values: Floats | Ints) -> Floats:
    values = np.asarray(values, dtype=np.float64)
    if values.ndim == 0 or len(values) == 0:
        raise ValueError(f"axis 0 is the replications, at least one; the shape is {values.shape}")
    return values


def _in_one_row(values: Floats) -> Floats:
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"there must be one dimension; the shape is {values.shape}")
    return values


def _check_same_shape(first: Floats, second: Floats) -> None:
    if first.shape != second.shape:
        raise ValueError(f"shapes must be equal, not {first.shape} and {second.shape}")
