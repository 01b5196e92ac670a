"""The tasks of a job that is being carried out, and the outcomes that have come in.

Threads that see to workers take tasks from the board and put outcomes on it; whoever asked
for the job takes these off. No more outcomes pile up than a few per worker: who falls behind
with them slows the workers down, and holds no memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Lock
from typing import Generic

from sogdia.run.executors.job import Outcome, Result, Task


@dataclass(frozen=True)
class Begun(Generic[Task]):
    """A task in a worker's hands.

    Attributes
    ----------
    number : int
        Its place among the tasks.
    task : Task
        What to do.
    attempts : int
        How often it was begun, this time included.
    """

    number: int
    task: Task
    attempts: int = 1


class TaskBoard(Generic[Task, Result]):
    """Tasks to take and outcomes to come; may be used by several threads.

    Parameters
    ----------
    tasks : sequence
        All tasks; looked at one by one, by one thread at a time.
    waiting : int
        How many outcomes may wait to be taken off.
    """

    def __init__(self, tasks: Sequence[Task], waiting: int) -> None:
        self._tasks = tasks
        self._next = 0
        self._returned: deque[Begun[Task]] = deque()
        self._lock = Lock()
        self._news: Queue[Outcome[Result] | BaseException] = Queue(waiting)
        self._stopped = False

    def take(self) -> Begun[Task] | None:
        """Return a task that nobody has begun, or one that was given back; None: none is left."""
        with self._lock:
            if self._stopped:
                return None
            if self._returned:
                return self._returned.popleft()
            if self._next == len(self._tasks):
                return None
            number = self._next
            self._next += 1
            return Begun(number, self._tasks[number])

    def give_back(self, begun: Begun[Task]) -> None:
        """Leave a task to whoever comes next."""
        with self._lock:
            self._returned.append(begun)

    def finish(self, outcome: Outcome[Result]) -> None:
        """Put an outcome on the board."""
        self._news.put(outcome)

    def fail(self, error: BaseException) -> None:
        """End the job by an error."""
        self._news.put(error)

    def stop(self) -> None:
        """Hand out no more tasks."""
        with self._lock:
            self._stopped = True

    @property
    def stopped(self) -> bool:
        """Whether no more tasks are handed out."""
        return self._stopped

    def outcomes(self) -> Iterator[Outcome[Result]]:
        """Yield an outcome for every task, as they come; raise what ended the job."""
        for _ in range(len(self._tasks)):
            news = self._news.get()
            if isinstance(news, BaseException):
                raise news
            yield news

    def discard(self) -> None:
        """Take all outcomes off unseen, so that no thread waits for room."""
        try:
            while True:
                self._news.get_nowait()
        except Empty:
            return
