"""Distributions: their moments, their draws against scipy, and what is refused."""

import math
from types import FunctionType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from sogdia.errors import DataError
from sogdia.simulation import distribution as module
from sogdia.simulation import random
from sogdia.simulation.distribution import (
    CONSTANT,
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    LEAST_CV,
    LOGNORMAL,
    MOST_CV,
    MOST_SYMMETRIC_CV,
    TRIANGULAR,
    Distribution,
    draw,
)
from sogdia.simulation.random import key_of, uniform

COUNT = 20_000
KEY = key_of(2024, 1)
NO_TABLE = np.zeros(0)
VALUES = (0.0, 1.5, 1.5, 4.0, 9.0)
NAN, INFINITY = math.nan, math.inf

MEANS = st.just(0.0) | st.floats(1e-9, 1e12)
SPREADS = st.just(0.0) | st.floats(LEAST_CV, MOST_CV)
NAMED = st.one_of(
    st.tuples(st.just("constant"), MEANS, st.just(0.0)),
    st.tuples(st.just("exponential"), MEANS, st.just(1.0)),
    st.tuples(st.sampled_from(["gamma", "lognormal"]), MEANS, SPREADS),
    st.tuples(st.just("triangular"), MEANS, st.just(0.0) | st.floats(LEAST_CV, MOST_SYMMETRIC_CV)),
)
WORDS = st.integers(0, 2**32 - 1)

ALL_KINDS = [
    Distribution.constant(3.0),
    Distribution.exponential(2.0),
    Distribution.gamma(5.0, 0.4),
    Distribution.gamma(5.0, 2.0),
    Distribution.lognormal(3.0, 0.8),
    Distribution.triangular(1.0, 2.0, 6.0),
    Distribution.empirical(VALUES),
]


def uncompiled(*modules):
    """What modules hold, every kernel replaced by the Python function it is compiled from."""
    found = {name: value for module in modules for name, value in vars(module).items()}
    for name, value in list(found.items()):
        if hasattr(value, "py_func"):
            found[name] = FunctionType(value.py_func.__code__, found)
    return SimpleNamespace(**found)


def drawn(distribution, count=COUNT, stream=1):
    """Draws for entities 0, 1, 2, ..., with the values of an empirical one alone in the table."""
    table = np.array(distribution.values)
    numbers = (distribution.kind, distribution.a, distribution.b, distribution.c)
    return np.array([draw(*numbers, table, *KEY, stream, one, 0) for one in range(count)])


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (Distribution.exponential(2.5), stats.expon(scale=2.5)),
        (Distribution(GAMMA, 0.3, 2.0), stats.gamma(0.3, scale=2.0)),
        (Distribution(GAMMA, 1.0, 2.0), stats.gamma(1.0, scale=2.0)),
        (Distribution(GAMMA, 5.0, 2.0), stats.gamma(5.0, scale=2.0)),
        (Distribution(GAMMA, 400.0, 2.0), stats.gamma(400.0, scale=2.0)),
        (Distribution(LOGNORMAL, 1.0, 0.7), stats.lognorm(0.7, scale=math.e)),
        (Distribution.triangular(1.0, 2.0, 6.0), stats.triang(0.2, loc=1.0, scale=5.0)),
        (Distribution.triangular(0.0, 0.0, 6.0), stats.triang(0.0, loc=0.0, scale=6.0)),
        (Distribution.triangular(1.0, 6.0, 6.0), stats.triang(1.0, loc=1.0, scale=5.0)),
        (Distribution.of("triangular", 6.0, 0.25), stats.triang(0.5, 6 - 1.5 * 6**0.5, 3 * 6**0.5)),
    ],
)
def test_draws_are_those_of_scipy(distribution, expected):
    sample = drawn(distribution)
    assert stats.kstest(sample, expected.cdf).pvalue > 0.01
    assert sample.min() >= 0.0
    assert distribution.mean == pytest.approx(expected.mean(), rel=1e-12)
    assert distribution.cv == pytest.approx(expected.std() / expected.mean(), rel=1e-12)


def test_empirical_draws_are_the_values_equally_often():
    distribution = Distribution.empirical(VALUES[::-1])
    assert distribution.values == VALUES
    values, times = np.unique(drawn(distribution), return_counts=True)
    assert values.tolist() == sorted(set(VALUES))
    assert stats.chisquare(times, COUNT * np.array([0.2, 0.4, 0.2, 0.2])).pvalue > 0.01
    assert distribution.mean == pytest.approx(np.mean(VALUES))
    assert distribution.cv == pytest.approx(np.std(VALUES) / np.mean(VALUES))


def test_an_empirical_distribution_finds_its_values_in_the_table():
    table = np.array([7.0, 7.0, 1.0, 2.0, 7.0])
    found = {draw(EMPIRICAL, 2.0, 2.0, 0.0, table, *KEY, 0, one, 0) for one in range(50)}
    assert found == {1.0, 2.0}


@pytest.mark.parametrize("distribution", ALL_KINDS)
def test_draws_have_the_mean_and_the_cv(distribution):
    sample = drawn(distribution, stream=2)
    error = distribution.cv / math.sqrt(COUNT)
    assert sample.mean() == pytest.approx(distribution.mean, rel=4.0 * error + 1e-15)
    assert sample.std() / sample.mean() == pytest.approx(distribution.cv, rel=0.05, abs=1e-12)


@given(NAMED)
def test_a_named_distribution_has_the_mean_and_the_cv_asked_for(asked):
    name, mean, cv = asked
    distribution = Distribution.of(name, mean, cv)
    assert distribution.mean == pytest.approx(mean, rel=1e-9)
    assert distribution.cv == pytest.approx(cv if mean > 0.0 else 0.0, rel=1e-9)
    assert (distribution.kind == CONSTANT) == (mean == 0.0 or cv == 0.0)


@given(NAMED, st.tuples(*[WORDS] * 5))
def test_no_draw_is_negative(asked, words):
    distribution = Distribution.of(*asked)
    number = draw(
        distribution.kind, distribution.a, distribution.b, distribution.c, NO_TABLE, *words
    )
    assert 0.0 <= number < INFINITY
    assert math.copysign(1.0, number) == 1.0


@pytest.mark.parametrize("distribution", ALL_KINDS)
def test_draws_scale_with_the_distribution(distribution):
    scaled = distribution.scaled(2.5)
    assert scaled.mean == pytest.approx(2.5 * distribution.mean, rel=1e-12)
    assert scaled.cv == pytest.approx(distribution.cv, rel=1e-12)
    np.testing.assert_allclose(drawn(scaled, 200), 2.5 * drawn(distribution, 200), rtol=1e-12)
    assert distribution.scaled(0.0) == Distribution.constant(0.0)


def test_values_of_a_scaled_distribution_are_to_be_laid_anew():
    laid = Distribution(EMPIRICAL, 12.0, 2.0, values=(1.0, 3.0))
    assert laid.scaled(2.0) == Distribution(EMPIRICAL, 0.0, 2.0, values=(2.0, 6.0))


def test_what_does_not_vary_is_a_constant():
    three = Distribution.constant(3.0)
    for name in ("constant", "gamma", "lognormal", "triangular"):
        assert Distribution.of(name, 3.0, 0.0) == three
    assert Distribution.triangular(3.0, 3.0, 3.0) == three
    nothing = Distribution.constant(0.0)
    assert Distribution.of("exponential", 0.0, 1.0) == nothing
    assert Distribution.of("triangular", 0.0, 0.3) == nothing
    assert Distribution.gamma(0.0, 2.0) == Distribution.lognormal(0.0, 2.0) == nothing


def test_a_draw_by_inversion_is_the_quantile():
    for entity in range(100):
        share = uniform(*KEY, 4, entity, 9, 0)
        exponential = draw(EXPONENTIAL, 2.0, 0.0, 0.0, NO_TABLE, *KEY, 4, entity, 9)
        assert exponential == pytest.approx(-2.0 * math.log1p(-share), rel=1e-12)
        lognormal = draw(LOGNORMAL, 1.0, 0.5, 0.0, NO_TABLE, *KEY, 4, entity, 9)
        assert lognormal == pytest.approx(stats.lognorm.ppf(share, 0.5, scale=math.e), rel=1e-12)
        triangular = draw(TRIANGULAR, 1.0, 2.0, 6.0, NO_TABLE, *KEY, 4, entity, 9)
        assert triangular == pytest.approx(stats.triang.ppf(share, 0.2, 1.0, 5.0), rel=1e-12)


def test_kernels_give_the_bits_of_plain_python():
    @njit
    def in_a_kernel(kind, a, b, c, table, key_0, key_1, entities):
        found = np.empty(entities)
        for entity in range(entities):
            found[entity] = draw(kind, a, b, c, table, key_0, key_1, 1, entity, 0)
        return found

    table = np.array(VALUES)
    numbers = [(one.kind, one.a, one.b, one.c) for one in ALL_KINDS]
    called = [[draw(*one, table, *KEY, 1, entity, 0) for entity in range(300)] for one in numbers]
    compiled = [in_a_kernel(*one, table, *KEY, 300).tolist() for one in numbers]
    python = uncompiled(random, module).draw
    plain = [[python(*one, table, *KEY, 1, entity, 0) for entity in range(300)] for one in numbers]
    assert called == compiled == plain


@pytest.mark.parametrize("bad", [-1.0, NAN, INFINITY, -INFINITY])
def test_an_impossible_number_is_refused(bad):
    of = Distribution.of
    for name, cv in (("constant", 0.0), ("exponential", 1.0), ("triangular", 0.2), ("gamma", 0.5)):
        with pytest.raises(DataError, match=r"^a mean is a finite number of at least 0, but "):
            of(name, bad, cv)
    for name in ("gamma", "lognormal", "triangular"):
        for mean in (0.0, 1.0):
            with pytest.raises(DataError, match=rf"^the cv of a .*{name} distribution is 0 or "):
                of(name, mean, bad)
    with pytest.raises(DataError, match=r"^a constant is a finite number of at least 0"):
        Distribution.constant(bad)
    with pytest.raises(DataError, match=r"^a factor is a finite number of at least 0"):
        Distribution.exponential(1.0).scaled(bad)
    with pytest.raises(DataError, match=r" but -?(1\.0|nan|inf) is given$"):
        Distribution.empirical([1.0, bad])
    with pytest.raises(DataError):
        Distribution.triangular(bad, 1.0, 2.0)
    with pytest.raises(DataError):
        Distribution.triangular(0.0, 1.0, bad)


@pytest.mark.parametrize(
    ("name", "cv", "said"),
    [
        ("constant", 0.1, "the cv of a constant is 0, but 0.1 is given"),
        ("exponential", 0.5, "the cv of an exponential distribution is 1, but 0.5 is given"),
        ("exponential", NAN, "the cv of an exponential distribution is 1, but nan is given"),
        ("triangular", 0.41, "0 or from 1e-06 to 0.408248, but 0.41 is given"),
        ("gamma", 1e-7, "0 or from 1e-06 to 1000, but 1e-07 is given"),
        ("lognormal", 1e4, "0 or from 1e-06 to 1000, but 10000.0 is given"),
        ("normal", 0.5, "there are constant, exponential, gamma, lognormal and triangular"),
    ],
)
def test_an_impossible_name_and_cv_are_refused(name, cv, said):
    with pytest.raises(DataError) as refusal:
        Distribution.of(name, 1.0, cv)
    assert str(refusal.value).endswith(said)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((6, 1.0), "whole number from 0 to 5"),
        ((CONSTANT, -1.0), "a constant is at least 0"),
        ((CONSTANT, NAN), "are finite, but nan"),
        ((CONSTANT, 1.0, 0.0, 0.0, (1.0,)), "only an empirical distribution has values"),
        ((EXPONENTIAL, 0.0), "above 0"),
        ((GAMMA, 0.0, 1.0), "shape of a gamma"),
        ((GAMMA, 1e13, 1.0), "shape of a gamma"),
        ((GAMMA, 1.0, 0.0), "scale above 0"),
        ((LOGNORMAL, 1.0, -0.1), "at least 0"),
        ((TRIANGULAR, 1.0, 0.5, 2.0), "low <= mode <= high"),
        ((TRIANGULAR, 1.0, 3.0, 2.0), "low <= mode <= high"),
        ((TRIANGULAR, -1.0, 1.0, 2.0), "low <= mode <= high"),
        ((EMPIRICAL, 0.0, 0.0), "at least one value"),
        ((EMPIRICAL, 0.0, 2.0, 0.0, (2.0, 1.0)), "ascending order"),
        ((EMPIRICAL, 0.0, 3.0, 0.0, (1.0, 2.0)), "as many values as it says"),
        ((EMPIRICAL, -1.0, 2.0, 0.0, (1.0, 2.0)), "a place of at least 0"),
    ],
)
def test_impossible_parameters_are_refused(numbers, said):
    with pytest.raises(DataError) as refusal:
        Distribution(*numbers)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_no_values_and_what_overflows_are_refused():
    with pytest.raises(DataError, match="at least one value, but none is given"):
        Distribution.empirical([])
    with pytest.raises(DataError, match="are finite, but inf is given"):
        Distribution.gamma(1e308, 1e3)
