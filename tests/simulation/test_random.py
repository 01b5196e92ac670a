"""Random numbers by address: against published answers, plain integers and scipy."""

from types import FunctionType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from sogdia.errors import DataError
from sogdia.simulation import random
from sogdia.simulation.random import (
    key_of,
    normal_quantile,
    philox,
    uniform,
    uniform_pair,
    unit,
)

WORDS = st.integers(0, 2**32 - 1)
BLOCKS = st.tuples(*[WORDS] * 6)
ADDRESS = (20_240_501, 3, 5, 7, 11, 13)
ALL_ONES = 2**32 - 1


def uncompiled(*modules):
    """What modules hold, every kernel replaced by the Python function it is compiled from."""
    found = {name: value for module in modules for name, value in vars(module).items()}
    for name, value in list(found.items()):
        if hasattr(value, "py_func"):
            found[name] = FunctionType(value.py_func.__code__, found)
    return SimpleNamespace(**found)


def reference(key_0, key_1, *counter):
    """Philox4x32-10 as the paper has it, in integers without a width."""
    x_0, x_1, x_2, x_3 = counter
    for turn in range(10):
        high_0, low_0 = divmod(0xD2511F53 * x_0, 2**32)
        high_1, low_1 = divmod(0xCD9E8D57 * x_2, 2**32)
        bumped_0 = (key_0 + turn * 0x9E3779B9) % 2**32
        bumped_1 = (key_1 + turn * 0xBB67AE85) % 2**32
        x_0, x_1, x_2, x_3 = high_1 ^ x_1 ^ bumped_0, low_1, high_0 ^ x_3 ^ bumped_1, low_0
    return x_0, x_1, x_2, x_3


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ((0,) * 6, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((ALL_ONES,) * 6, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0xA4093822, 0x299F31D0, 0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_known_answers_of_random123(words, answer):
    assert " ".join(f"{int(word):08x}" for word in philox(*words)) == answer


@given(BLOCKS)
def test_philox_is_that_of_the_paper(words):
    assert philox(*words) == reference(*words)
    assert philox.py_func(*words) == reference(*words)


def test_kernels_give_the_bits_of_plain_python():
    plain = uncompiled(random)
    generator = np.random.default_rng(1)
    for words in generator.integers(0, 2**32, (200, 6)).tolist():
        assert plain.philox(*words) == philox(*words)
        assert plain.uniform(*words) == uniform(*words)
        assert plain.uniform_pair(*words) == uniform_pair(*words)
    ends = [5e-324, 1e-300, 2.0**-54, 1e-11, 0.075, 0.5, 0.925, 1 - 1e-11, 1 - 2.0**-53]
    for p in [*ends, *generator.random(1000).tolist()]:
        assert plain.normal_quantile(p) == normal_quantile(p)


@given(BLOCKS)
def test_uniform_numbers_are_the_first_53_bits_of_two_words(words):
    block = reference(*words)
    first, second = ((block[i] * 2**32 + block[i + 1]) // 2**11 / 2**53 for i in (0, 2))
    assert uniform_pair(*words) == (first, second)
    assert uniform(*words) == first


def test_uniform_numbers_are_inside_the_interval():
    low, high = np.uint32(0), np.uint32(ALL_ONES)
    for function in (unit, unit.py_func):
        assert function(low, low) == 2.0**-54
        assert function(high, high) == 1.0 - 2.0**-53


@pytest.mark.parametrize("place", range(6))
def test_neighbours_along_any_word_of_the_address_are_independent(place):
    words = list(ADDRESS)
    numbers = []
    for _ in range(5000):
        words[place] += 1
        numbers.append(uniform_pair(*words))
    first, second = np.array(numbers).T
    pairs = ((first[1:], first[:-1]), (second[1:], second[:-1]), (first, second))
    chances = [
        *(stats.kstest(one, "uniform").pvalue for one in (first, second)),
        *(stats.pearsonr(*pair).pvalue for pair in pairs),
    ]
    # five chances along each of six words, of which none is below this in 99 cases of 100
    assert min(chances) > 0.01 / 30


def test_normal_quantile_is_that_of_scipy():
    generator = np.random.default_rng(2)
    tail = 10.0 ** generator.uniform(-300, -0.4, 2000)
    p = np.concatenate([generator.random(2000), tail, 1.0 - tail[tail > 1e-15]])
    ours = [normal_quantile(one) for one in p.tolist()]
    np.testing.assert_allclose(ours, special.ndtri(p), rtol=1e-14, atol=0.0)
    assert normal_quantile(0.5) == 0.0


@given(st.sets(st.tuples(WORDS, WORDS)))
def test_short_seeds_and_replications_have_keys_of_their_own(pairs):
    assert len({key_of(*pair) for pair in pairs}) == len(pairs)


def test_long_seeds_do_not_share_keys_with_short_ones():
    short = range(20)
    seeds = [*short, *(one << 32 for one in short[1:]), *(2**64 - 1 - one for one in short)]
    keys = {key_of(seed, replication) for seed in seeds for replication in range(50)}
    assert len(keys) == len(seeds) * 50
    assert all(0 <= word < 2**32 for key in keys for word in key)


@pytest.mark.parametrize(
    ("seed", "replication", "said"),
    [(-1, 0, "seed"), (2**64, 0, "seed"), (0, -1, "replication"), (0, 2**32, "replication")],
)
def test_a_seed_or_replication_out_of_range_is_refused(seed, replication, said):
    with pytest.raises(DataError, match=rf"^a {said} is a whole number from 0 to 2\*\*"):
        key_of(seed, replication)
