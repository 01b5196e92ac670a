"""The cores that this process may use."""

from __future__ import annotations

import os

THREADS_OF_LIBRARIES = (
    "POLARS_MAX_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)


def core_count() -> int:
    """Return the number of cores that this process may use, which may be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads_of_libraries(workers: int) -> dict[str, str]:
    """Return the environment in which each of some workers has its share of the cores.

    Libraries read it when they are loaded, and each would otherwise start a thread per core
    in every worker.
    """
    return dict.fromkeys(THREADS_OF_LIBRARIES, str(max(core_count() // workers, 1)))
