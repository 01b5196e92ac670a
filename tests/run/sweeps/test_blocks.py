from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.errors import DataError
from sogdia.run.sweeps.blocks import block


@settings(max_examples=examples(200), deadline=None)
@given(count=st.integers(0, 3000), of=st.integers(1, 100))
def test_every_task_is_in_one_block_and_blocks_are_alike(count, of):
    blocks = [block(count, number, of) for number in range(1, of + 1)]
    assert sorted(np.concatenate(blocks).tolist()) == list(range(count))
    sizes = [len(one) for one in blocks]
    assert max(sizes) - min(sizes) <= 1
    assert all((np.diff(one) > 0).all() for one in blocks)


@pytest.mark.parametrize("values", [2, 3, 4, 8, 63, 64, 65])
def test_no_block_is_in_step_with_a_parameter(values):
    """Of a grid, each block gets every value of the last parameter, none of them mostly."""
    of, rounds = 64, 40 * values
    for number in (1, 17, 64):
        share = np.bincount(block(of * rounds, number, of) % values, minlength=values) / rounds
        assert 0.5 / values < share.min() <= share.max() < 2 / values


@pytest.mark.parametrize(("number", "of"), [(0, 64), (65, 64), (1, 0), (-1, 3)])
def test_a_block_that_is_none_is_refused(number, of):
    with pytest.raises(DataError, match=f"there is no block {number}/{of}"):
        block(10, number, of)
