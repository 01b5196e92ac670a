"""Carry out jobs in processes of this machine.

Plain processes on pipes rather than a pool of the standard library, for these reasons:

- `multiprocessing.Pool` waits for ever for a worker that was killed.
- `concurrent.futures.ProcessPoolExecutor` gives up all its tasks and workers when one worker
  dies, and cannot tell which task the worker died of; its workers outlive a driver that was
  killed; and it starts the user's script again in each of them.
- Of what is sent to a worker by pipe, all that it has answered is done, the next is what it
  died of, and the rest it had not begun.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Generic, Self

from sogdia.errors import ResourceError
from sogdia.run.executors.cores import core_count, threads_of_libraries
from sogdia.run.executors.crew import Crew
from sogdia.run.executors.job import (
    ATTEMPTS,
    ONE_JOB,
    Context,
    Job,
    Outcome,
    Performance,
    Result,
    Shared,
    Task,
    died,
)
from sogdia.run.executors.packing import Prepared, pack
from sogdia.run.executors.process_worker import JobMessage, TaskMessage
from sogdia.run.executors.task_board import Begun, TaskBoard
from sogdia.run.executors.worker_process import WorkerDiedError, WorkerProcess

_AHEAD_S = 0.02
"""Work that a worker has before it besides the task it does: it never waits for the driver, and
no task waits for long behind another while a second worker is idle."""

_MOST_AHEAD = 1000
_MEMORY_PAUSE_S = 0.05
_GIB = 2.0**30


class _ProcessWorker(Generic[Task, Result]):
    """A worker process that is replaced when it dies.

    Parameters
    ----------
    environment : dict
        What its processes get.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._process: WorkerProcess | None = None
        self._packed = b""
        self._digest = ""

    def assign(self, packed: bytes, digest: str) -> None:
        """Name the job that is to be prepared next."""
        self._packed, self._digest = packed, digest

    def start(self) -> None:
        if self._process is not None and not self._process.is_alive:
            self.close()  # it was given up, or died between two jobs
        if self._process is None:
            self._process = WorkerProcess(self._environment)

    def prepare(self) -> None:
        for _ in range(ATTEMPTS):
            try:
                return self._prepare_once()
            except WorkerDiedError as death:
                self.close()
                reason = str(death)
        raise ResourceError(
            f"{ATTEMPTS} worker processes died one after another before the first task: {reason}"
        )

    def _prepare_once(self) -> None:
        self.start()
        process = self._process
        assert process is not None
        if process.job == self._digest:
            return
        process.send(JobMessage(self._packed))
        answer = process.receive()
        assert isinstance(answer, Prepared), answer
        answer.check()
        process.job = self._digest

    def work_off(self, board: TaskBoard[Task, Result]) -> None:
        try:
            self._work_off(board)
        except BaseException:
            self.close()  # it may have tasks that nobody waits for any more
            raise

    def _work_off(self, board: TaskBoard[Task, Result]) -> None:
        hands: deque[Begun[Task]] = deque()
        longest_s = _AHEAD_S
        while True:
            try:
                self._fill(hands, board, longest_s)
                if not hands:
                    return
                assert self._process is not None
                performance = self._process.receive()
            except WorkerDiedError as death:
                if not self._replace(hands, board, str(death)):
                    return
                continue
            assert isinstance(performance, Performance), performance
            begun = hands.popleft()
            longest_s = max(performance.seconds, 0.9 * longest_s)
            board.finish(performance.outcome(begun.number, begun.attempts))

    def _fill(
        self, hands: deque[Begun[Task]], board: TaskBoard[Task, Result], longest_s: float
    ) -> None:
        """Send tasks ahead: the more, the shorter they are."""
        wanted = 1 + min(int(_AHEAD_S / max(longest_s, 1e-9)), _MOST_AHEAD)
        while len(hands) < wanted and (begun := board.take()) is not None:
            hands.append(begun)
            assert self._process is not None
            packed = pickle.dumps(begun.task, pickle.HIGHEST_PROTOCOL)
            self._process.send(TaskMessage(packed))

    def _replace(
        self, hands: deque[Begun[Task]], board: TaskBoard[Task, Result], death: str
    ) -> bool:
        """Return the tasks of a dead worker and start another; False if no more is to be done."""
        self.close()
        guilty, *innocent = hands
        hands.clear()
        if board.stopped:
            return False
        for begun in innocent:
            board.give_back(begun)
        if guilty.attempts < ATTEMPTS:
            board.give_back(Begun(guilty.number, guilty.task, guilty.attempts + 1))
        else:
            failure = died(ATTEMPTS, death)
            board.finish(Outcome(guilty.number, None, failure, ATTEMPTS, 0.0))
        self.prepare()
        return True

    def let_go(self) -> None:
        if (process := self._process) is not None:
            process.kill()

    def close(self) -> None:
        """End its process."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def watch(self, limit: float) -> None:
        """Kill its process if it holds more memory than `limit`, in bytes."""
        if (process := self._process) is not None and process.memory() > limit:
            process.kill(f"it used more than the {limit / _GIB:.3g} GiB that a worker may use")


class ProcessExecutor:
    """Processes of this machine, started at the first job and kept until the ``with`` block ends.

    Parameters
    ----------
    workers : int, optional
        Number of processes; by default one for every core that this process may use. Each
        gets its share of the cores for the threads of its libraries.
    memory_gib : float, optional
        Memory that a worker may hold, GiB; one that holds more is killed. By default there is
        no limit.

    Raises
    ------
    ResourceError
        If a limit is asked for where the system does not say what a process holds.
    """

    def __init__(self, workers: int | None = None, memory_gib: float | None = None) -> None:
        if memory_gib is not None and not Path("/proc/self/statm").exists():
            raise ResourceError("memory of workers can be limited on Linux only")
        self.workers = workers or core_count()
        self._memory = None if memory_gib is None else memory_gib * _GIB
        environment = os.environ | threads_of_libraries(self.workers)
        self._crew: Crew[Any, Any] | None = None
        self._workers: list[_ProcessWorker[Any, Any]] = [
            _ProcessWorker(environment) for _ in range(self.workers)
        ]
        self._ended = Event()

    def __enter__(self) -> Self:
        if self._memory is not None:
            Thread(target=self._watch_memory, args=(self._memory,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._crew is not None:
            self._crew.stop()
        for worker in self._workers:
            worker.close()

    def map(
        self, job: Job[Shared, Context, Task, Result], tasks: Sequence[Task]
    ) -> Iterator[Outcome[Result]]:
        """Do all tasks; see `sogdia.run.executors.executor.Executor.map`."""
        return self._carry_out(pack(job), tasks)

    def _carry_out(self, packed: bytes, tasks: Sequence[Task]) -> Iterator[Outcome[Any]]:
        if self._crew is not None:
            raise RuntimeError(ONE_JOB)
        workers = self._workers[: len(tasks)]
        digest = hashlib.sha256(packed).hexdigest()
        for worker in workers:
            worker.assign(packed, digest)
        board: TaskBoard[Task, Any] = TaskBoard(tasks, waiting=2 * self.workers)
        self._crew = Crew(board, workers)
        try:
            yield from self._crew.outcomes()
        finally:
            self._crew = None

    def _watch_memory(self, limit: float) -> None:
        while not self._ended.wait(_MEMORY_PAUSE_S):
            for worker in self._workers:
                worker.watch(limit)
