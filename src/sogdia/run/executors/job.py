"""A job: one function over many tasks, and what becomes of each of them.

Whoever carries a job out, each worker gets what all tasks share once, makes its context of it
once, and does one task after another with it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeVar

from sogdia.errors import SogdiaError

Shared = TypeVar("Shared")
Context = TypeVar("Context")
Task = TypeVar("Task")
Result = TypeVar("Result")

ATTEMPTS = 3
"""How often a task is begun at most, if its worker dies of it every time."""

ONE_JOB = "an executor does one job at a time: end the iterator of the last before the next"
OUT_OF_MEMORY = "the memory of its worker is used up"


@dataclass(frozen=True)
class Job(Generic[Shared, Context, Task, Result]):
    """What is to be done with every task.

    Attributes
    ----------
    shared : Shared
        What all tasks need, as a study; travels once per worker.
    prepare : callable
        Makes of ``shared`` what a worker keeps between tasks; runs once per worker, and in one
        worker before all others, so that kernels are compiled once.
    work : callable
        Does a task with that. A pure function: its result depends on nothing else, and it
        changes neither.

    Notes
    -----
    Both functions stand at the top of a module that a worker can import: not in a script.
    Everything but the context is pickled.
    """

    shared: Shared
    prepare: Callable[[Shared], Context]
    work: Callable[[Context, Task], Result]


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """What became of one task.

    Attributes
    ----------
    number : int
        Its place among the tasks, from 0.
    result : Result or None
        What the work returned; None if it failed.
    failure : str or None
        Why there is no result, in a sentence.
    attempts : int
        How often it was begun.
    seconds : float
        Time that the last attempt took.
    """

    number: int
    result: Result | None
    failure: str | None
    attempts: int
    seconds: float


class TaskDefectError(RuntimeError):
    """A task ended by an error that Sogdia does not raise on purpose; has its traceback."""


@dataclass(frozen=True)
class Performance(Generic[Result]):
    """How one attempt at a task went: a result, a failure, or the traceback of a defect."""

    result: Result | None
    failure: str | None
    defect: str | None
    seconds: float

    def outcome(self, number: int, attempts: int = 1) -> Outcome[Result]:
        """Return it as the outcome of a task.

        Raises
        ------
        TaskDefectError
            If it ended by a defect.
        """
        if self.defect is not None:
            raise TaskDefectError(f"a defect ended task {number}:\n{self.defect}")
        return Outcome(number, self.result, self.failure, attempts, self.seconds)


def perform(
    work: Callable[[Context, Task], Result], context: Context, task: Task
) -> Performance[Result]:
    """Do a task once, and say how it went; nothing but an interrupt is raised."""
    start = perf_counter()
    result, failure, defect = None, None, None
    try:
        result = work(context, task)
    except SogdiaError as error:
        failure = str(error)
    except MemoryError:
        failure = OUT_OF_MEMORY
    except Exception:
        defect = traceback.format_exc()
    return Performance(result, failure, defect, perf_counter() - start)


def died(attempts: int, reason: str | None = None) -> str:
    """Say that a task failed because no worker survived it."""
    last = "" if reason is None else f"; at last {reason}"
    return f"its worker died in each of {attempts} attempts{last}"
