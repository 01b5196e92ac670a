"""Replications spread over an executor; what comes out does not depend on it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import cast

import numpy as np

from sogdia.errors import CheckError, ResourceError
from sogdia.run.executors.executor import Executor, Job, Outcome
from sogdia.simulation.replication import Repetition, ReplicateAll, Replication, replicate


def spread_over(crew: Executor) -> ReplicateAll:
    """Return what runs replications by an executor.

    Parameters
    ----------
    crew : Executor
        Open until the last replication is made.

    Returns
    -------
    callable
        For `sogdia.simulation.simulate` and all that simulates. It raises `ResourceError` if
        no worker survives a replication.
    """

    def replicate_all(repetition: Repetition, numbers: range) -> Iterator[Replication]:
        _compiled(repetition)  # here, where people are told that they wait for it
        waiting: dict[int, Replication] = {}
        after = 0
        outcomes = crew.map(Job(repetition, _compiled, _replicated), numbers)
        with closing(cast("Generator[Outcome[Replication | CheckError]]", outcomes)) as found:
            for outcome in found:
                if outcome.result is None:
                    number = numbers[outcome.number]
                    raise ResourceError(f"replication {number + 1}: {outcome.failure}")
                if isinstance(outcome.result, CheckError):
                    raise outcome.result
                waiting[outcome.number] = outcome.result
                while after in waiting:
                    yield waiting.pop(after)
                    after += 1

    return replicate_all


def _compiled(repetition: Repetition) -> Repetition:
    """Make a worker ready by one hour, after which kernels are compiled."""
    replicate(repetition.model, np.array([0.0, 1.0]), repetition.seed, 0)
    return repetition


def _replicated(repetition: Repetition, number: int) -> Replication | CheckError:
    """Run a replication; that it does not add up is told as it is, not as a task that failed."""
    try:
        return repetition.run(number)
    except CheckError as error:
        return error
