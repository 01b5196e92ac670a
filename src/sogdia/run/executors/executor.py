"""Executors: who carries out a job (threads, processes of this machine, or a Dask cluster).

All have one interface, and none has a say in what comes out: the result of a task depends on
the job and the task alone.

Examples
--------
>>> from math import sqrt
>>> from operator import pow
>>> with executor("threads", workers=2) as crew:
...     outcomes = sorted(crew.map(Job(2.0, sqrt, pow), [2, 4]), key=lambda one: one.number)
>>> [round(outcome.result) for outcome in outcomes]
[2, 4]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

from sogdia.errors import DataError
from sogdia.run.executors.cluster import DaskExecutor
from sogdia.run.executors.job import (
    ATTEMPTS,
    Context,
    Job,
    Outcome,
    Result,
    Shared,
    Task,
    TaskDefectError,
)
from sogdia.run.executors.processes import ProcessExecutor
from sogdia.run.executors.threads import ThreadExecutor
from sogdia.run.sweeps.blocks import block

__all__ = [
    "ATTEMPTS",
    "EXECUTORS",
    "DaskExecutor",
    "Executor",
    "Job",
    "Outcome",
    "ProcessExecutor",
    "TaskDefectError",
    "ThreadExecutor",
    "block",
    "executor",
]

EXECUTORS = ("threads", "local", "dask")


class Executor(Protocol):
    """Carries out jobs; one at a time, and any number one after another.

    Used in a ``with`` block: at its end nothing that it started is left.

    Attributes
    ----------
    workers : int
        How many tasks it does at once.
    """

    workers: int

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def map(
        self, job: Job[Shared, Context, Task, Result], tasks: Sequence[Task]
    ) -> Iterator[Outcome[Result]]:
        """Do all tasks.

        Parameters
        ----------
        job : Job
            What to do with each.
        tasks : sequence
            May be long: it is looked at one by one, as workers come to it.

        Yields
        ------
        Outcome
            One for every task, as they finish: in any order. A task that raises a
            `SogdiaError` or runs out of memory has failed, and so has one whose worker died
            in each of `ATTEMPTS` attempts; on a Dask cluster that is there, as often as its
            own settings say (see `DaskExecutor`). Who closes the iterator cancels what has
            not begun.

        Raises
        ------
        SogdiaError
            What ``job.prepare`` raised.
        TaskDefectError
            If a task raised any other error; has the traceback of the worker.
        ResourceError
            If workers cannot be started or reached. Outcomes that came before it stand.
        """
        ...


def executor(
    name: str,
    workers: int | None = None,
    address: str | None = None,
    memory_gib: float | None = None,
) -> Executor:
    """Return an executor by its name.

    Parameters
    ----------
    name : {"threads", "local", "dask"}
        Threads of this process, processes of this machine, or a Dask cluster.
    workers : int, optional
        How many tasks are done at once; by default one per core.
    address : str, optional
        Of the scheduler of a Dask cluster, as ``tcp://host:8786``; by default a cluster is
        started on this machine.
    memory_gib : float, optional
        Memory that each worker may use; by default there is no limit.

    Returns
    -------
    Executor
        To be used in a ``with`` block.

    Raises
    ------
    DataError
        If there is none of that name, or it has no such option.
    """
    if workers is not None and workers < 1:
        raise DataError(f"{workers} workers do no task: at least 1 is needed")
    if name != "dask" and address is not None:
        raise DataError(f"executor {name!r} has no address: only 'dask' has")
    if name == "threads" and memory_gib is not None:
        raise DataError("threads share their memory: a limit needs executor 'local' or 'dask'")
    match name:
        case "threads":
            return ThreadExecutor(workers)
        case "local":
            return ProcessExecutor(workers, memory_gib)
        case "dask":
            return DaskExecutor(address, workers, memory_gib)
    raise DataError(f"there is no executor {name!r}: choose one of {', '.join(EXECUTORS)}")
