"""The first run says that it compiles."""

import numba
import numpy as np

from sogdia.run.kernels import COMPILING, compilation_announced


def test_compilation_is_announced_once_per_kernel():
    @numba.njit
    def total(values):
        return values.sum()

    calls = []
    with compilation_announced(lambda *call: calls.append(call)):
        first, second = total(np.arange(4)), total(np.arange(5))
    assert (first, second) == (6, 10)
    assert (COMPILING, 0, 0) in calls
    assert {stage for stage, _, _ in calls} == {COMPILING}


def test_nothing_is_announced_to_nobody():
    with compilation_announced(None):
        assert numba.njit(lambda x: x + 1)(1) == 2
