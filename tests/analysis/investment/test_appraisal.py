"""Discounting against its closed forms."""

from __future__ import annotations

import pytest

from sogdia.analysis.investment.appraisal import Appraisal
from sogdia.errors import DataError


def test_a_constant_benefit_is_worth_the_annuity_of_the_textbook():
    one = Appraisal(2030, 2030, discount_rate=0.05, horizon_years=30)
    # the first year of use is the present one, so the annuity is due, not in arrears
    assert one.annuity == pytest.approx((1 - 1.05**-30) / 0.05 * 1.05, rel=1e-12)
    assert one.present_value(2.0) == pytest.approx(2.0 * one.annuity)


def test_all_is_discounted_to_the_present_year():
    here = Appraisal(2030, 2030, discount_rate=0.08)
    earlier = Appraisal(2030, 2024, discount_rate=0.08)
    for value in (lambda one: one.annuity, lambda one: one.construction):
        assert value(earlier) == pytest.approx(value(here) * 1.08**-6, rel=1e-12)


def test_construction_is_spread_over_the_years_before_the_opening():
    one = Appraisal(2030, 2030, discount_rate=0.1, construction_years=3)
    assert one.construction == pytest.approx((1.1 + 1.1**2 + 1.1**3) / 3, rel=1e-12)
    assert one.present_cost(90.0, 1.0) == pytest.approx(90 * one.construction + one.annuity)


def test_without_discounting_money_adds_up():
    one = Appraisal(2030, 2024, discount_rate=0.0, horizon_years=12)
    assert one.present_cost(100.0, 2.0) == 124.0
    assert one.present_value(3.0) == 36.0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"discount_rate": -0.1}, "discount rate: -0.1 is not >= 0"),
        ({"discount_rate": float("nan")}, "discount rate: nan is not >= 0"),
        ({"horizon_years": 0}, "horizon: 0 years are not >= 1"),
        ({"construction_years": 0}, "construction: 0 years are not >= 1"),
    ],
)
def test_figures_that_cannot_be_are_refused(wrong, words):
    with pytest.raises(DataError, match=words):
        Appraisal(2030, 2024, **wrong)
