"""One job on a Dask cluster, from its first chunk of tasks to its last outcome.

- Tasks travel in chunks that take about as long whatever the tasks take, and longer the more
  workers there are, so that the scheduler has some `_CHUNKS_PER_S` a second to see to.
- The job is the result of a task: workers get it from one another, those that join later get it
  too, Dask makes it again should all who have it die, and nothing of it is left on a cluster
  whose driver is gone.
- Dask holds all chunks that a dead worker had for suspects, and gives a chunk up that was on too
  many dead workers (``allowed-failures``). What was given up is done over at the end, one task
  at a time on an otherwise idle cluster: what a worker then dies of is that task.
"""

from __future__ import annotations

import hashlib
import pickle
import secrets
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from itertools import count
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic

from sogdia._version import __version__
from sogdia.errors import ResourceError, SogdiaError
from sogdia.run.executors.cluster_worker import Chunk, keep, work_off
from sogdia.run.executors.job import ATTEMPTS, Outcome, Performance, Result, Task, died
from sogdia.run.executors.packing import Prepared
from sogdia.run.executors.task_board import Begun

if TYPE_CHECKING:
    from distributed import Client, Future

_CHUNK_S = 0.5
"""Time that a chunk takes, if no more than `_CHUNKS_PER_S` chunks a second come of it."""

_CHUNKS_PER_S = 200.0
_MOST_TASKS = 1000
_PER_WORKER = 3
"""Chunks that are with the scheduler for each worker: one that it does, and some to come."""

_PAUSE_S = 1.0
NO_WORKERS_S = 60.0
"""Time that a cluster may be without a worker, as one that grows with its work may at first."""

_GONE = "the scheduler of the Dask cluster is gone; what has finished is kept"


class ClusterJob(Generic[Task, Result]):
    """One job on a cluster.

    Parameters
    ----------
    client : Client
        Connected to it.
    packed : bytes
        The job; see `sogdia.run.executors.packing.pack`.
    tasks : sequence
        All tasks; looked at one by one.
    workers : int
        Number of tasks that the cluster does at once, as far as is known.
    """

    def __init__(self, client: Client, packed: bytes, tasks: Sequence[Task], workers: int) -> None:
        self._client = client
        self._tasks = tasks
        self._workers = workers
        self._digest = hashlib.sha256(packed).hexdigest()
        # Of its own for every job: what another driver asks for must not be mixed up with it.
        self._name = f"sogdia-{secrets.token_hex(8)}"
        self._packed = packed
        self._next = 0
        self._task_s: float | None = None
        self._chunks: dict[Future, list[Begun[Task]]] = {}
        self._done: SimpleQueue[Future] = SimpleQueue()
        self._given_up: deque[Begun[Task]] = deque()
        self._keys = count()
        self._looked = self._seen_workers = perf_counter()

    def outcomes(self) -> Iterator[Outcome[Result]]:
        """Do all tasks; see `sogdia.run.executors.executor.Executor.map`."""
        if not self._tasks:
            return
        try:
            with _losses():
                self._job = self._submit(keep, self._packed)
                self._prepare()
                self._fill()
                while self._chunks:
                    yield from self._ready()
                    self._fill()
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Give up what is not done yet."""
        chunks = list(self._chunks)
        self._chunks.clear()
        if chunks and self._client.status == "running":
            with suppress(Exception):  # a scheduler that is gone has nothing to cancel
                self._client.cancel(chunks, force=True)

    def _submit(self, function: Callable[..., Any], *arguments: object, **where: object) -> Future:
        key = (self._name, next(self._keys))
        with warnings.catch_warnings():
            # Dask would rather have large data scattered, which it cannot make again.
            warnings.filterwarnings("ignore", "Sending large graph")
            return self._client.submit(function, *arguments, key=key, pure=False, **where)

    def _send(self, begun: list[Begun[Task]], **where: object) -> None:
        tasks = tuple(pickle.dumps(one.task, pickle.HIGHEST_PROTOCOL) for one in begun)
        chunk = Chunk(self._digest, __version__, tasks)
        future = self._submit(work_off, self._job, chunk, **where)
        self._chunks[future] = begun
        future.add_done_callback(self._done.put)

    def _prepare(self) -> None:
        """Prepare one worker of every host, which compiles kernels there, and then all others."""
        workers = list(self._client.nthreads())
        first_of_host = {worker.rpartition(":")[0]: worker for worker in workers}
        others = sorted(set(workers) - set(first_of_host.values()))
        for addresses in (sorted(first_of_host.values()), others):
            for address in addresses:
                self._send([], workers=[address], allow_other_workers=True)
            while self._chunks:
                deque(self._ready(), maxlen=0)

    def _fill(self) -> None:
        """Submit chunks; at the end what was given up, one by one."""
        while len(self._chunks) < _PER_WORKER * self._workers and self._next < len(self._tasks):
            numbers = range(self._next, self._next + self._chunk_size())
            self._next = numbers.stop
            self._send([Begun(number, self._tasks[number]) for number in numbers])
        if not self._chunks and self._given_up:
            self._send([self._given_up.popleft()])

    def _chunk_size(self) -> int:
        if self._task_s is None:
            return 1
        fair_share = -(-(len(self._tasks) - self._next) // (_PER_WORKER * self._workers))
        chunk_s = max(_CHUNK_S, self._workers / _CHUNKS_PER_S)
        return max(min(int(chunk_s / self._task_s), _MOST_TASKS, fair_share), 1)

    def _ready(self) -> Iterator[Outcome[Result]]:
        """Wait for chunks that are done; yield the outcomes of their tasks."""
        from distributed.scheduler import KilledWorker  # noqa: PLC0415

        futures = [future for future in self._wait() if future in self._chunks]
        if any(future.status == "cancelled" for future in futures):
            raise ResourceError(_GONE)
        for future in futures:
            if future.status == "error":
                yield from self._failed(self._chunks.pop(future), future.exception())
        # Some may be lost again: their worker died, and Dask does them over as they are fetched.
        finished = [future for future in futures if future in self._chunks]
        try:
            answers: list[list[bytes]] = self._client.gather(finished)
        except KilledWorker:
            # One of the lost is given up; its future now says so.
            for future in finished:
                self._done.put(future)
            return
        for future, answer in zip(finished, answers, strict=True):
            yield from self._opened(self._chunks.pop(future), answer)

    def _wait(self) -> list[Future]:
        """Return what is done, once there is something; look after the cluster meanwhile."""
        while self._done.empty():
            with suppress(Empty):
                return [self._done.get(timeout=_PAUSE_S)]
            self._look_after_cluster()
        if perf_counter() - self._looked > _PAUSE_S:
            self._look_after_cluster()
        return [self._done.get() for _ in range(self._done.qsize())]

    def _look_after_cluster(self) -> None:
        """Count its workers, which may come and go."""
        if self._client.status != "running":
            raise ResourceError(_GONE)
        threads = sum(self._client.nthreads().values())
        self._looked = perf_counter()
        if threads:
            self._workers, self._seen_workers = threads, self._looked
        elif self._looked - self._seen_workers > NO_WORKERS_S:
            raise ResourceError(
                f"the Dask cluster has had no worker for {NO_WORKERS_S:g} s: "
                "start some with `dask worker` and the scheduler's address"
            )

    def _opened(self, chunk: list[Begun[Task]], answers: list[bytes]) -> list[Outcome[Result]]:
        preparation: Prepared = pickle.loads(answers[0])
        preparation.check()
        performances: list[Performance[Result]] = [pickle.loads(one) for one in answers[1:]]
        if performances:
            mean_s = sum(one.seconds for one in performances) / len(performances) + 1e-9
            self._task_s = mean_s if self._task_s is None else 0.7 * self._task_s + 0.3 * mean_s
        return [
            performance.outcome(begun.number, begun.attempts)
            for begun, performance in zip(chunk, performances, strict=True)
        ]

    def _failed(self, chunk: list[Begun[Task]], error: BaseException) -> Iterator[Outcome[Result]]:
        """Give a chunk up, or the task of which its workers died."""
        from distributed.scheduler import KilledWorker  # noqa: PLC0415

        if not isinstance(error, KilledWorker):
            raise ResourceError(f"the workers of the cluster do no tasks: {error}") from error
        deaths = error.allowed_failures + 1
        if not chunk:
            raise ResourceError(f"{deaths} workers died one after another before the first task")
        was_alone = chunk[0].attempts > 1
        for begun in chunk:
            begins = begun.attempts + deaths
            if was_alone and begins > ATTEMPTS:
                yield Outcome(begun.number, None, died(begins - 1), begins - 1, 0.0)
            else:
                self._given_up.append(Begun(begun.number, begun.task, begins))


@contextmanager
def _losses() -> Iterator[None]:
    """Say in one sentence that the scheduler is gone, in whichever way Dask notices it."""
    from distributed.client import ClosedClientError  # noqa: PLC0415

    try:
        yield
    except SogdiaError:
        raise
    except (CancelledError, ClosedClientError, OSError) as error:
        raise ResourceError(_GONE) from error
