"""Points of a sweep: strata, blocks, and values against the distributions' own formulas."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.examples import examples

from sogdia.analysis.sampling import Distribution, grid, latin_hypercube, saltelli


def test_a_grid_is_every_combination_the_last_parameter_fastest():
    sizes = [2, 3, 4]
    assert grid(sizes).tolist() == [
        list(one) for one in itertools.product(*(range(size) for size in sizes))
    ]


@given(
    samples=st.integers(1, 60),
    parameters=st.integers(1, 6),
    seed=st.integers(0, 2**63 - 1),
)
@settings(max_examples=examples(60), deadline=None)
def test_a_latin_hypercube_has_one_point_in_every_stratum(samples, parameters, seed):
    points = latin_hypercube(samples, parameters, seed)
    strata = np.floor(points * samples).astype(int)
    for column in strata.T:
        assert sorted(column) == list(range(samples))
    assert points.tobytes() == latin_hypercube(samples, parameters, seed).tobytes()


def test_another_seed_gives_other_points():
    assert not np.array_equal(latin_hypercube(8, 2, 1), latin_hypercube(8, 2, 2))
    assert not np.array_equal(saltelli(8, 2, 1), saltelli(8, 2, 2))


def test_each_block_of_a_saltelli_sample_mixes_its_two_ends():
    """A, A with one coordinate of B for each parameter, B (Saltelli, 2010)."""
    parameters = 3
    blocks = saltelli(16, parameters, 7).reshape(16, parameters + 2, parameters)
    for block in blocks:
        first, *mixed, last = block
        for number, point in enumerate(mixed):
            expected = first.copy()
            expected[number] = last[number]
            assert point.tolist() == expected.tolist()


def test_the_ends_of_the_blocks_are_balanced():
    """Each half of each coordinate has half of the points: a scrambled net of base 2."""
    ends = saltelli(32, 4, 5).reshape(32, 6, 4)[:, [0, -1]]
    assert ((ends < 0.5).sum(axis=0) == 16).all()


DISTRIBUTIONS = [
    (Distribution("uniform", -2.0, 3.0), stats.uniform(-2.0, 5.0)),
    (Distribution("log-uniform", 0.1, 30.0), stats.loguniform(0.1, 30.0)),
    (Distribution("triangular", 1.0, 5.0, mode=4.0), stats.triang(0.75, 1.0, 4.0)),
    (
        Distribution("normal", -np.inf, np.inf, mean=10.0, standard_deviation=0.3),
        stats.norm(10.0, 0.3),
    ),
    (
        Distribution("normal", 9.9, 10.5, mean=10.0, standard_deviation=0.3),
        stats.truncnorm(-1 / 3, 5 / 3, 10.0, 0.3),
    ),
]


@pytest.mark.parametrize(("ours", "reference"), DISTRIBUTIONS)
def test_values_lie_as_the_distribution_says(ours, reference):
    shares = np.linspace(0.001, 0.999, 97)
    assert reference.cdf(ours.quantile(shares)) == pytest.approx(shares, abs=1e-9)


@pytest.mark.parametrize(("ours", "_"), DISTRIBUTIONS)
def test_no_value_is_beyond_an_end(ours, _):
    values = ours.quantile(np.array([0.0, 1e-300, 0.5, 1.0 - 1e-16, 1.0]))
    assert (values >= ours.low).all()
    assert (values <= ours.high).all()
