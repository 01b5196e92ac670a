"""Carry out jobs in threads of this process: nothing travels, and nothing is to be started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Generic, Self

from sogdia.run.executors.cores import core_count
from sogdia.run.executors.crew import Crew
from sogdia.run.executors.job import ONE_JOB, Context, Job, Outcome, Result, Shared, Task, perform
from sogdia.run.executors.task_board import TaskBoard


class ThreadExecutor:
    """Threads of this process; they pay where tasks are in kernels that let go of the interpreter.

    Each thread has a context of its own, as each process has.

    Parameters
    ----------
    workers : int, optional
        Number of threads; by default one for every core that this process may use.

    Notes
    -----
    A thread cannot be stopped: an end before the end waits for the tasks that are being done.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or core_count()
        self._crew: Crew[Any, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._crew is not None:
            self._crew.stop()

    def map(
        self, job: Job[Shared, Context, Task, Result], tasks: Sequence[Task]
    ) -> Iterator[Outcome[Result]]:
        """Do all tasks; see `sogdia.run.executors.executor.Executor.map`."""
        if self._crew is not None:
            raise RuntimeError(ONE_JOB)
        count = min(self.workers, len(tasks))
        board: TaskBoard[Task, Result] = TaskBoard(tasks, waiting=2 * self.workers)
        self._crew = Crew(board, [_ThreadWorker(job) for _ in range(count)])
        try:
            yield from self._crew.outcomes()
        finally:
            self._crew = None


class _ThreadWorker(Generic[Shared, Context, Task, Result]):
    """A worker that is the thread which sees to it."""

    def __init__(self, job: Job[Shared, Context, Task, Result]) -> None:
        self._job = job

    def start(self) -> None:
        return

    def prepare(self) -> None:
        self._context = self._job.prepare(self._job.shared)

    def work_off(self, board: TaskBoard[Task, Result]) -> None:
        while (begun := board.take()) is not None:
            performance = perform(self._job.work, self._context, begun.task)
            board.finish(performance.outcome(begun.number))

    def let_go(self) -> None:
        return
