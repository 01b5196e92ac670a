"""Tasks for `bench.decisions_executors`; a module of its own, so that workers can import it."""

from __future__ import annotations

import time

from sogdia.run.executors.executor import Job


def keep(shared: bytes) -> bytes:
    """Return what is shared."""
    return shared


def nap(_shared: bytes, seconds: float) -> float:
    """Do nothing for a while."""
    if seconds:
        time.sleep(seconds)
    return seconds


def job(size: int = 0) -> Job[bytes, bytes, float, float]:
    """Return a job of naps that share so many bytes."""
    return Job(bytes(size), keep, nap)
