"""The workers of an executor at one job: a thread for each sees to it until no task is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event, Thread
from time import perf_counter
from typing import Generic, Protocol

from sogdia.run.executors.job import Outcome, Result, Task
from sogdia.run.executors.task_board import TaskBoard

GRACE_S = 1.0
"""Time that tasks have to end when no more outcomes are wanted; a worker that is given up and
started anew costs about as much."""


class Worker(Protocol[Task, Result]):
    """What does tasks; used by one thread, but for `let_go`."""

    def start(self) -> None:
        """Be there, without the context yet."""

    def prepare(self) -> None:
        """Make the context of the job, unless it is there."""

    def work_off(self, board: TaskBoard[Task, Result]) -> None:
        """Do tasks of the board until none is left."""

    def let_go(self) -> None:
        """End what is being done, if that can be; the board has stopped. For any thread."""


class Crew(Generic[Task, Result]):
    """Workers at one job.

    Parameters
    ----------
    board : TaskBoard
        The tasks.
    workers : sequence of Worker
        Who does them.
    """

    def __init__(
        self, board: TaskBoard[Task, Result], workers: Sequence[Worker[Task, Result]]
    ) -> None:
        self._board = board
        self._workers = workers
        self._compiled = Event()
        # Daemons: they hold nothing that has to be saved, and must not keep alive a program
        # whose last statement is reached with an iterator half read.
        self._threads = [
            Thread(target=self._see_to, args=(worker, number == 0), daemon=True)
            for number, worker in enumerate(workers)
        ]

    def outcomes(self) -> Iterator[Outcome[Result]]:
        """Do all tasks; see `sogdia.run.executors.executor.Executor.map`."""
        for thread in self._threads:
            thread.start()
        try:
            yield from self._board.outcomes()
        except GeneratorExit:
            self.stop(GRACE_S)
            raise
        except BaseException:
            self.stop()
            raise
        self.stop(GRACE_S)

    def stop(self, grace_s: float = 0.0) -> None:
        """Begin no more tasks, and wait until no thread is left.

        Parameters
        ----------
        grace_s : float
            Time that tasks have to end before they are given up, where workers can do so.
        """
        self._board.stop()
        deadline = perf_counter() + grace_s
        for worker, thread in zip(self._workers, self._threads, strict=True):
            while thread.is_alive():
                # Again and again: a thread may just be starting a worker, or finish a task.
                if perf_counter() >= deadline:
                    worker.let_go()
                self._board.discard()
                thread.join(0.02)

    def _see_to(self, worker: Worker[Task, Result], is_first: bool) -> None:
        try:
            worker.start()
            if not is_first:
                # What the first compiles while it prepares, the others find compiled.
                self._compiled.wait()
            if not self._board.stopped:
                worker.prepare()
            self._compiled.set()
            worker.work_off(self._board)
        except BaseException as error:
            if not self._board.stopped:
                self._board.stop()
                self._board.fail(error)
        finally:
            self._compiled.set()
