"""Differences of two plans, replication by replication, against closed forms and SciPy."""

import numpy as np
import pytest
from scipy import stats

from sogdia.analysis.paired import paired_difference


def test_the_interval_is_that_of_student_on_the_differences():
    before = np.array([10.0, 14.0, 12.0, 9.0])
    after = np.array([11.0, 15.5, 12.5, 10.0])
    found = paired_difference(before, after)
    # by hand: differences 1, 1.5, 0.5, 1; mean 1, sum of squares 0.5, t(0.975, 3) = 3.1824
    assert found.change == pytest.approx(1.0)
    assert found.half_width == pytest.approx(3.182446 * np.sqrt(0.5 / 3 / 4), rel=1e-6)
    assert (float(found.before), float(found.after)) == (11.25, 12.25)
    interval = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert found.change - found.half_width == pytest.approx(interval.low)
    assert found.change + found.half_width == pytest.approx(interval.high)


def test_apart_the_interval_is_that_of_welch():
    random = np.random.default_rng(3)
    common = random.normal(size=(12, 3))
    before = 20.0 + common
    after = 21.0 + common + 0.2 * random.normal(size=(12, 3))
    found = paired_difference(before, after)
    for column in range(3):
        test = stats.ttest_ind(after[:, column], before[:, column], equal_var=False)
        interval = test.confidence_interval(0.95)
        half = (interval.high - interval.low) / 2.0
        assert found.apart_half_width[column] == pytest.approx(half)
        assert found.narrowed[column] == pytest.approx(1.0 - found.half_width[column] / half)
    assert (found.narrowed > 0.5).all()


def test_pairs_that_go_against_each_other_widen_the_interval():
    scatter = np.array([-1.0, 1.0, -2.0, 2.0, 0.5])
    found = paired_difference(10.0 + scatter, 10.0 - scatter)
    assert found.narrowed < 0.0


def test_what_one_did_not_observe_counts_for_neither():
    before = np.array([[1.0, np.nan], [2.0, 5.0], [4.0, np.nan]])
    after = np.array([[2.0, 7.0], [np.nan, 6.0], [7.0, np.nan]])
    found = paired_difference(before, after)
    assert found.replications.tolist() == [2, 1]
    assert found.before.tolist() == [2.5, 5.0]
    assert found.change.tolist() == [2.0, 1.0]
    assert found.half_width[0] == pytest.approx(stats.t.ppf(0.975, 1) * 1.0)
    assert np.isnan(found.half_width[1])
    assert np.isnan(found.apart_half_width[1])


def test_equal_plans_differ_by_nothing_for_certain():
    values = np.array([3.0, 4.0, 6.0])
    found = paired_difference(values, values)
    assert (float(found.change), float(found.half_width)) == (0.0, 0.0)
    assert found.narrowed == 1.0
    still = paired_difference(np.full(3, 2.0), np.full(3, 5.0))
    assert (float(still.change), float(still.apart_half_width)) == (3.0, 0.0)


def test_replications_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_difference(np.zeros(3), np.zeros(4))
