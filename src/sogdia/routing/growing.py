"""Arrays that grow: copies with more room, for kernels that cannot know how much they need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def grown(values: NDArray[Any], rows: int) -> NDArray[Any]:
    """Return a table with its first rows kept and room for `rows`."""
    larger = np.empty((rows, values.shape[1]), dtype=values.dtype)
    larger[: values.shape[0]] = values
    return larger


@njit(cache=True, nogil=True)
def longer(values: NDArray[Any], length: int) -> NDArray[Any]:
    """Return an array with its first entries kept and room for `length`."""
    larger = np.empty(length, dtype=values.dtype)
    larger[: values.shape[0]] = values
    return larger
