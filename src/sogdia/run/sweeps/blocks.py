"""Blocks of tasks, for job arrays: each is done by a run of its own, without any service."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sogdia.errors import DataError

_GOLDEN = 0x9E3779B97F4A7C15
"""2**64 divided by the golden ratio: its multiples spread evenly (Knuth 1973, section 6.4)."""


def block(count: int, number: int, of: int) -> npt.NDArray[np.int64]:
    """Return the tasks of one block, for jobs that are cut into blocks.

    Parameters
    ----------
    count : int
        Number of tasks in all.
    number, of : int
        Block 17 of 64 is ``number=17, of=64``.

    Returns
    -------
    ndarray of int64
        Numbers of its tasks, in rising order. Every task is in one block, and the blocks'
        sizes differ by one at most.

    Raises
    ------
    DataError
        If there is no such block.

    Notes
    -----
    Tasks are dealt out like cards, one to each block in every round, and rounds begin at
    different blocks: with fixed strides, blocks would be in step with the parameters of a
    grid, and one would get all the tasks that take long.
    """
    if not 1 <= number <= of:
        raise DataError(f"there is no block {number}/{of}: blocks are 1/{of} to {of}/{of}")
    rounds = np.arange(-(-count // of), dtype=np.uint64)
    spread = (rounds * np.uint64(_GOLDEN)) >> np.uint64(32)
    first = ((spread * np.uint64(of)) >> np.uint64(32)).astype(np.int64)
    tasks = rounds.astype(np.int64) * of + (number - 1 + first) % of
    return tasks[tasks < count]
