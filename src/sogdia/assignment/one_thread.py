"""Linear algebra in one thread: the same bits on machines of few and of many cores.

A BLAS library adds up in another order with another number of threads, and the last bits of what
comes out differ. Where many evaluations run side by side, one thread each is quicker too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

BLAS = "blas"


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let the BLAS libraries of this process have one thread within the block, or the function."""
    with threadpool_limits(1, user_api=BLAS):
        yield


def keep_to_one_blas_thread() -> None:
    """Let the BLAS libraries of this process have one thread from now on, as a worker should."""
    threadpool_limits(1, user_api=BLAS)
