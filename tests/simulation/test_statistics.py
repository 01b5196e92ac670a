"""Statistics against scipy, numpy, their definitions, and what they claim: coverage."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import signal, stats

from sogdia.simulation.statistics import (
    HISTOGRAM_BINS,
    LEVEL,
    LONGEST_H,
    SHORTEST_H,
    Estimate,
    batch_means,
    bin_edges,
    bin_of,
    growth_per_day,
    mser5,
    paired_difference,
    quantiles,
    ratio_of_sums,
    replication_means,
    replications_needed,
)

EXPERIMENTS = 2000
BIN_WIDTH = 1 / 32


def covered(estimate, truth):
    """Share of the intervals that hold the truth."""
    return np.mean((estimate.low <= truth) & (truth <= estimate.high))


@njit
def histogram_of(times_h):
    """The histogram as a kernel fills it."""
    histogram = np.zeros(HISTOGRAM_BINS, np.int64)
    for time_h in times_h:
        histogram[bin_of(time_h)] += 1
    return histogram


def test_an_estimate_has_ends_and_a_relative_width():
    estimate = Estimate(np.array([10.0, -4.0, 0.0, 0.0, 5.0]), np.array([1.0, 1, 2, 0, np.nan]))
    assert estimate.low == pytest.approx([9.0, -5.0, -2.0, 0.0, np.nan], nan_ok=True)
    assert estimate.high == pytest.approx([11.0, -3.0, 2.0, 0.0, np.nan], nan_ok=True)
    assert estimate.relative == pytest.approx([0.1, 0.25, np.inf, 0.0, np.nan], nan_ok=True)


@pytest.mark.parametrize("level", [0.5, 0.9, LEVEL, 0.999])
@pytest.mark.parametrize("shape", [(2,), (7, 3), (12, 2, 4)])
def test_means_have_the_interval_of_student(level, shape):
    values = np.random.default_rng(1).gamma(2.0, 30.0, shape)
    estimate = replication_means(values, level)
    low, high = stats.t.interval(
        level, df=shape[0] - 1, loc=values.mean(axis=0), scale=stats.sem(values, axis=0)
    )
    assert estimate.mean.shape == estimate.half_width.shape == shape[1:]
    assert estimate.mean == pytest.approx(values.mean(axis=0), rel=1e-12)
    assert estimate.low == pytest.approx(low, rel=1e-12)
    assert estimate.high == pytest.approx(high, rel=1e-12)


def test_what_a_replication_did_not_observe_is_left_out_of_its_column():
    values = np.random.default_rng(2).normal(50.0, 5.0, (6, 4))
    values[1, 0] = values[4, 0] = np.nan
    values[:5, 2] = np.nan
    values[:, 3] = np.nan
    estimate = replication_means(values)
    left = replication_means(values[[0, 2, 3, 5], 0])
    assert estimate.mean[:2] == pytest.approx([float(left.mean), values[:, 1].mean()])
    assert estimate.half_width[0] == pytest.approx(left.half_width)
    assert estimate.mean[2:] == pytest.approx([values[5, 2], np.nan], nan_ok=True)
    assert np.isnan(estimate.half_width).tolist() == [False, False, True, True]


def test_one_replication_has_means_and_no_half_widths():
    estimate = replication_means(np.array([[3.0, 4.0]]))
    assert estimate.mean.tolist() == [3.0, 4.0]
    assert np.isnan(estimate.half_width).all()
    assert np.isnan(estimate.relative).all()


def test_a_figure_without_spread_is_certain_and_an_infinite_one_is_not():
    estimate = replication_means(np.array([[7.0, 0.0, 1.0], [7.0, 0.0, np.inf]]))
    assert estimate.mean.tolist() == [7.0, 0.0, np.inf]
    assert estimate.half_width == pytest.approx([0.0, 0.0, np.nan], nan_ok=True)
    assert estimate.relative[:2].tolist() == [0.0, 0.0]


def test_intervals_of_means_hold_the_truth_as_often_as_they_say():
    values = np.random.default_rng(3).normal(8.0, 3.0, (5, EXPERIMENTS))
    assert 0.93 < covered(replication_means(values), 8.0) < 0.97
    assert 0.77 < covered(replication_means(values, 0.8), 8.0) < 0.83


def experiments(rng, replications, mean_h=12.0):
    """Trains of each replication and their hours; days with more trains have longer waits."""
    pressure = rng.gamma(25.0, 1 / 25.0, (replications, EXPERIMENTS))
    counts = rng.poisson(60.0 * pressure)
    # A mean proportional to the pressure: the mean per train is mean_h * E[p * p] / E[p].
    hours = rng.gamma(np.maximum(counts, 1e-9), mean_h * pressure) * (counts > 0)
    return hours, counts, mean_h * (1 + 1 / 25.0)


def test_intervals_of_ratios_hold_the_truth_as_often_as_they_say():
    sums, counts, truth = experiments(np.random.default_rng(4), 60)
    estimate = ratio_of_sums(sums, counts)
    assert estimate.mean == pytest.approx(sums.sum(axis=0) / counts.sum(axis=0))
    assert 0.93 < covered(estimate, truth) < 0.97
    # The mean of means, in which trains of quiet replications weigh more, is beside it.
    assert covered(replication_means(sums / counts), truth) < 0.9


def test_a_ratio_of_equal_counts_is_a_mean_of_means():
    sums = np.random.default_rng(5).gamma(4.0, 9.0, (9, 3))
    ratio = ratio_of_sums(sums, np.full((9, 3), 10))
    mean = replication_means(sums / 10)
    assert ratio.mean == pytest.approx(mean.mean, rel=1e-12)
    assert ratio.half_width == pytest.approx(mean.half_width, rel=1e-12)


def test_a_ratio_has_the_textbook_variance():
    """Law (2015): s2 = s11 - 2 r s12 + r2 s22 with sample covariances, over n and mean count."""
    rng = np.random.default_rng(6)
    counts = rng.integers(5, 20, 14)
    sums = counts * 3.0 + rng.normal(0.0, 4.0, 14)
    covariance = np.cov(sums, counts)
    ratio = sums.sum() / counts.sum()
    variance = covariance[0, 0] - 2 * ratio * covariance[0, 1] + ratio**2 * covariance[1, 1]
    half_width = stats.t.ppf(0.95, 13) * np.sqrt(variance / 14) / counts.mean()
    estimate = ratio_of_sums(sums, counts, level=0.9)
    assert estimate.mean == pytest.approx(ratio)
    assert estimate.half_width == pytest.approx(half_width, rel=1e-12)


def test_replications_without_counts_tell_nothing():
    sums = np.array([[10.0, 0.0, 5.0], [0.0, 0.0, 0.0], [14.0, 0.0, 0.0], [9.0, 0.0, 0.0]])
    counts = np.array([[2, 0, 1], [0, 0, 0], [2, 0, 0], [3, 0, 0]])
    estimate = ratio_of_sums(sums, counts)
    having = ratio_of_sums(sums[[0, 2, 3], 0], counts[[0, 2, 3], 0])
    assert estimate.mean == pytest.approx([33 / 7, np.nan, 5.0], nan_ok=True)
    assert estimate.half_width[0] == pytest.approx(having.half_width, rel=1e-12)
    assert np.isnan(estimate.half_width[1:]).all()
    assert np.isnan(ratio_of_sums(np.array([6.0]), np.array([2])).half_width)


def disturbed(rng, length, memory):
    """Stationary series around 0 in which disturbances die out by the factor `memory`."""
    noise = rng.standard_normal((length, EXPERIMENTS // 4))
    noise[0] /= np.sqrt(1 - memory**2)
    return signal.lfilter([1.0], [1.0, -memory], noise, axis=0)


def test_long_batches_have_honest_intervals_and_short_ones_do_not():
    series = disturbed(np.random.default_rng(7), 6000, 0.9)

    def coverage(batches):
        sums = series.reshape(batches, -1, series.shape[1]).sum(axis=1)
        return covered(batch_means(sums, np.full(sums.shape, 6000 // batches)), 0.0)

    assert 0.92 < coverage(20) < 0.98
    assert coverage(1200) < 0.75


def test_a_paired_difference_is_the_paired_t_test():
    rng = np.random.default_rng(8)
    shared = rng.normal(100.0, 20.0, (10, 3))
    first, second = shared + rng.normal(2.0, 1.0, (10, 3)), shared + rng.normal(0.0, 1.0, (10, 3))
    estimate = paired_difference(first, second, level=0.9)
    interval = stats.ttest_rel(first, second, axis=0).confidence_interval(0.9)
    assert estimate.low == pytest.approx(interval.low, rel=1e-10)
    assert estimate.high == pytest.approx(interval.high, rel=1e-10)
    apart = replication_means(first, 0.9).half_width + replication_means(second, 0.9).half_width
    assert (estimate.half_width < apart / 10).all()


def test_a_pair_with_one_side_unknown_is_left_out():
    first = np.array([5.0, np.nan, 8.0, np.inf, 7.0])
    second = np.array([4.0, 6.0, np.nan, np.inf, 3.0])
    estimate = paired_difference(first, second)
    expected = replication_means(np.array([1.0, 4.0]))
    assert estimate.mean == expected.mean == 2.5
    assert estimate.half_width == expected.half_width


@pytest.mark.parametrize("precision", [0.3, 0.1, 0.01, 0.003])
def test_replications_needed_are_the_first_that_are_enough(precision):
    values = np.random.default_rng(9).normal(40.0, 10.0, 8)
    count = np.arange(2, 100_000)
    width = stats.t.ppf(0.975, count - 1) * values.std(ddof=1) / np.sqrt(count)
    enough = count[width <= precision * values.mean()][0]
    assert replications_needed(values, precision) == max(enough, 8)


def test_replications_needed_are_never_fewer_than_made():
    assert replications_needed(np.full(6, 3.0), 0.01) == 6
    assert replications_needed(np.zeros(4), 0.01) == 4
    assert replications_needed(np.array([-10.0, -10.1, -9.9]), 10.0) == 3


def test_of_replications_to_come_as_many_observe_nothing_as_so_far():
    values = np.random.default_rng(10).normal(40.0, 10.0, 8)
    half = np.concatenate((values, np.full(8, np.nan)))
    assert replications_needed(half, 0.05) == 2 * replications_needed(values, 0.05)


def test_running_the_replications_needed_narrows_the_interval_as_wanted():
    rng = np.random.default_rng(11)
    number = replications_needed(rng.gamma(4.0, 10.0, 200), 0.03)
    assert replication_means(rng.gamma(4.0, 10.0, number)).relative == pytest.approx(0.03, rel=0.2)


@pytest.mark.parametrize(
    "values", [[5.0], [5.0, np.nan], [], [1.0, -1.0], [1.0, 2.0, np.inf], [[1.0, 2.0]]]
)
def test_replications_needed_cannot_be_told_from_these(values):
    with pytest.raises(ValueError, match=r"spread|mean of 0|dimension"):
        replications_needed(np.array(values), 0.1)


def mser5_by_definition(series):
    """The rule word for word: a loop over all truncations admissible."""
    means = [np.mean(series[5 * k : 5 * k + 5]) for k in range(len(series) // 5)]
    statistics = []
    for cut in range(len(means) // 2 + 1):
        left = means[cut:]
        statistics.append(sum((one - np.mean(left)) ** 2 for one in left) / len(left) ** 2)
    return 5 * statistics.index(min(statistics))


@given(
    st.integers(2, 60),
    st.integers(0, 4),
    st.floats(-1e6, 1e6),
    st.floats(0.1, 50.0),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_mser5_is_its_definition(batches, rest, start, decay, seed):
    length = 5 * batches + rest
    noise = np.random.default_rng(seed).standard_normal(length)
    series = 100.0 + start * np.exp(-np.arange(length) / decay) + noise
    assert mser5(series) == mser5_by_definition(series)


def test_mser5_cuts_off_a_warm_up_and_little_else():
    rng = np.random.default_rng(12)
    time = np.arange(1000)
    cuts = [mser5(50 - 40 * np.exp(-time / 30) + rng.standard_normal(1000)) for _ in range(200)]
    # After 90 the warm-up stands out from the noise by twice its spread, after 200 by a twentieth.
    assert np.mean([60 <= cut <= 250 for cut in cuts]) > 0.95
    assert all(cut % 5 == 0 for cut in cuts)
    steady = [mser5(50 + rng.standard_normal(1000)) for _ in range(200)]
    assert np.median(steady) <= 25
    assert np.mean(steady) < 100


def test_mser5_knows_exact_series():
    assert mser5(np.full(100, 0.1)) == 0
    assert mser5(np.concatenate((np.zeros(20), np.full(80, 0.1)))) == 20
    # A warm-up ending within a batch costs that batch.
    assert mser5(np.concatenate((np.zeros(22), np.full(78, 0.1)))) == 25


def test_mser5_is_not_confused_by_a_warm_up_far_away():
    rng = np.random.default_rng(13)
    series = np.concatenate((np.full(50, 1e12), rng.normal(1.0, 1e-3, 450)))
    assert mser5(series) == 50 + mser5_by_definition(series[50:])


def test_mser5_answers_the_edge_where_the_series_is_too_short():
    assert mser5(np.arange(103.0)) == 50
    assert mser5(np.arange(9.0)) == 0
    assert mser5(np.empty(0)) == 0


def test_bins_have_equal_widths_in_every_doubling():
    edges = bin_edges()
    assert len(edges) == HISTOGRAM_BINS + 1
    assert (edges[0], edges[-1]) == (SHORTEST_H, LONGEST_H)
    octaves = np.append(edges[:-1].reshape(-1, 32), edges[32::32, None], axis=1)
    widths = np.diff(octaves, axis=1) / octaves[:, :1]
    assert widths == pytest.approx(np.full(widths.shape, BIN_WIDTH))
    assert octaves[:, -1] / octaves[:, 0] == pytest.approx(2.0)
    with pytest.raises(ValueError, match="read-only"):
        edges[0] = 0.0


def binned(time_h):
    """The bin by numpy."""
    return int(np.clip(np.digitize(time_h, bin_edges()) - 1, 0, HISTOGRAM_BINS - 1))


@given(st.floats(0.0, np.inf) | st.floats(SHORTEST_H / 2, 100.0))
@settings(deadline=None, derandomize=True)
@example(0.0)
@example(-1.0)
@example(np.inf)
def test_a_kernel_and_numpy_agree_on_bins(time_h):
    assert bin_of(time_h) == bin_of.py_func(time_h) == binned(time_h)


def test_a_kernel_and_numpy_agree_on_every_edge_and_its_neighbours():
    edges = bin_edges()
    for times_h in (edges, np.nextafter(edges, 0.0), np.nextafter(edges, np.inf)):
        assert [bin_of(one) for one in times_h] == [binned(one) for one in times_h]
        assert [bin_of.py_func(one) for one in times_h] == [binned(one) for one in times_h]
    assert bin_of(np.nan) == 0


@pytest.mark.parametrize(("median_h", "sigma"), [(0.05, 0.3), (8.0, 1.0), (400.0, 1.1)])
def test_quantiles_lie_within_a_bin_of_those_of_the_sample(median_h, sigma):
    times_h = median_h * np.random.default_rng(14).lognormal(0.0, sigma, 50_000)
    shares = np.array([0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0])
    found = quantiles(histogram_of(times_h), shares)
    exact = np.quantile(times_h, shares, method="inverted_cdf")
    assert np.abs(found / exact - 1).max() < BIN_WIDTH
    # Where times are many, numpy's way between neighbours is no other, and the line within the
    # bin is close.
    inner = slice(2, 7)
    assert found[inner] == pytest.approx(np.quantile(times_h, shares[inner]), rel=0.002)


@given(
    st.lists(st.floats(1.1 * SHORTEST_H, 0.99 * LONGEST_H), min_size=1, max_size=30),
    st.floats(0.0, 1.0),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_quantile_lies_in_the_bin_of_one_of_the_times(times_h, share):
    times_h = np.sort(times_h)
    (found,) = quantiles(histogram_of(times_h), np.array([share]))
    # Between two times, rounding decides which is the one that the share does not exceed.
    ranks = np.ceil(share * len(times_h) + np.array([-1e-9, 1e-9])).astype(int) - 1
    either = times_h[np.clip(ranks, 0, len(times_h) - 1)]
    assert np.abs(found / either - 1).min() <= BIN_WIDTH * (1 + 1e-9)


def test_quantiles_of_zeros_of_nothing_and_of_what_is_beyond():
    histogram = np.zeros((2, 2, HISTOGRAM_BINS))
    histogram[0, 0] = histogram_of(np.array([0.0, 0.0, 1e-4, 0.0, 24.0]))
    histogram[0, 1] = histogram_of(np.array([24.0]))
    histogram[1, 0] = histogram_of(np.array([1e7, np.inf]))
    found = quantiles(histogram, np.array([0.0, 0.5, 1.0]))
    assert found.shape == (2, 2, 3)
    assert found[0, 0, :2].tolist() == [0.0, 0.0]
    assert found[0, 0, 2] == pytest.approx(24.0, rel=BIN_WIDTH)
    assert found[0, 1] == pytest.approx(np.full(3, 24.0), rel=BIN_WIDTH)
    assert found[1, 0, 2] == LONGEST_H
    assert found[1, 0].min() >= bin_edges()[-2]
    assert np.isnan(found[1, 1]).all()


def test_quantiles_of_weights_do_not_depend_on_their_unit():
    histogram = histogram_of(np.random.default_rng(15).lognormal(2.0, 1.0, 1000))
    shares = np.linspace(0.05, 0.95, 10)
    expected = quantiles(histogram, shares)
    assert quantiles(histogram * 0.37, shares) == pytest.approx(expected, rel=1e-9)


def test_growth_is_the_slope_of_least_squares():
    rng = np.random.default_rng(16)
    days = 0.25 * np.arange(120)
    series = rng.normal(0.0, 3.0, (2, 3, 120)) + 50.0 + 0.4 * days
    slope, t_statistic = growth_per_day(series, 0.25)
    assert slope.shape == t_statistic.shape == (2, 3)
    for place in np.ndindex(2, 3):
        line, covariance = np.polyfit(days, series[place], 1, cov="unscaled")
        left = series[place] - np.polyval(line, days)
        error = np.sqrt(covariance[0, 0] * (left @ left) / 118)
        assert slope[place] == pytest.approx(line[0], rel=1e-9)
        assert t_statistic[place] == pytest.approx(line[0] / error, rel=1e-9)
        fit = stats.linregress(days, series[place])
        assert t_statistic[place] == pytest.approx(fit.slope / fit.stderr, rel=1e-9)


def test_growth_of_exact_and_unknown_series():
    series = np.array([np.full(10, 0.1), 2.0 * np.arange(10), -np.arange(10.0), np.arange(10.0)])
    series[3, 4] = np.nan
    slope, t_statistic = growth_per_day(series, 2.0)
    assert slope == pytest.approx([0.0, 1.0, -0.5, np.nan], nan_ok=True)
    assert t_statistic[0] == 0.0
    assert t_statistic[1] > 1e6
    assert t_statistic[2] < -1e6
    assert np.isnan(t_statistic[3])
    # Distances of a tenth of a day are not exact, and still a constant does not grow.
    slope, t_statistic = growth_per_day(np.full((1, 365), 1e6 / 7), 0.1)
    assert slope == t_statistic == 0.0
    slope, t_statistic = growth_per_day(np.array([1.0, 2.0, 2.0]), 1.0)
    assert slope == pytest.approx(0.5)
    assert t_statistic == pytest.approx(0.5 / np.sqrt(1 / 12))


def test_growth_of_independent_levels_is_judged_by_student():
    series = np.random.default_rng(17).normal(20.0, 4.0, (EXPERIMENTS, 30))
    _, t_statistic = growth_per_day(series, 1.0)
    assert 0.93 < np.mean(np.abs(t_statistic) < stats.t.ppf(0.975, 28)) < 0.97


THREE = np.ones(3)
BINS = np.ones(HISTOGRAM_BINS)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: replication_means(np.array(1.0)), "at least one"),
        (lambda: replication_means(np.empty((0, 3))), "at least one"),
        (lambda: replication_means(THREE, level=1.0), "level must be between"),
        (lambda: replication_means(THREE, level=95.0), "level must be between"),
        (lambda: ratio_of_sums(THREE, np.ones((3, 1))), "shapes must be equal"),
        (lambda: ratio_of_sums(THREE, -THREE), "counts must not be negative"),
        (lambda: batch_means(THREE, np.ones(4)), "shapes must be equal"),
        (lambda: paired_difference(THREE, np.ones((1,))), "shapes must be equal"),
        (lambda: replications_needed(THREE, 0.0), "relative_precision must be above 0"),
        (lambda: replications_needed(THREE, np.nan), "relative_precision must be above 0"),
        (lambda: mser5(np.ones((2, 20))), "one dimension"),
        (lambda: mser5(np.array([1.0, np.nan, 2.0])), "must be finite"),
        (lambda: quantiles(np.ones(10), THREE), "864 bins"),
        (lambda: quantiles(np.array(1.0), THREE), "864 bins"),
        (lambda: quantiles(BINS, np.array(0.5)), "one dimension"),
        (lambda: quantiles(BINS, np.array([0.5, 1.1])), "must lie in 0 to 1"),
        (lambda: quantiles(BINS, np.array([np.nan])), "must lie in 0 to 1"),
        (lambda: growth_per_day(np.ones((4, 2)), 1.0), "needs 3 points"),
        (lambda: growth_per_day(np.array(1.0), 1.0), "needs 3 points"),
        (lambda: growth_per_day(THREE, 0.0), "days_per_point must be above 0"),
    ],
)
def test_wrong_shapes_and_ranges_are_refused(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()
