"""Carry out jobs on a Dask cluster: one that is there, or one started on this machine."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from sogdia.errors import DataError, ResourceError
from sogdia.run.executors.cluster_job import ClusterJob
from sogdia.run.executors.cores import core_count, threads_of_libraries
from sogdia.run.executors.job import (
    ONE_JOB,
    Context,
    Job,
    Outcome,
    Result,
    Shared,
    Task,
)
from sogdia.run.executors.packing import pack

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

NO_DASK = "the executor 'dask' needs distributed; install it with: pip install 'sogdia[cluster]'"
CONNECT_S = 5.0
"""Time that a scheduler has to answer."""

WITHOUT_PAUSES = {f"distributed.worker.memory.{what}": False for what in ("spill", "pause")}
"""A worker near its limit is not to wait for memory that nobody will free."""


class DaskExecutor:
    """A Dask cluster.

    Parameters
    ----------
    address : str, optional
        Of the scheduler of a cluster that is there, as ``tcp://host:8786``; by default one is
        started on this machine and ends with the ``with`` block.
    workers : int, optional
        Number of worker processes of a cluster on this machine; by default one for every core
        that this process may use.
    memory_gib : float, optional
        Memory that each of these may hold, GiB; by default there is no limit.

    Raises
    ------
    DataError
        If there is an address as well as workers or a limit: a cluster has those that it has.
    ResourceError
        If distributed is not installed; on entry, if no scheduler answers.

    Notes
    -----
    On a cluster that is there, Dask itself begins a chunk anew as often as the scheduler's
    ``allowed-failures`` says (3 times by default), and does not tell: outcomes count such
    attempts only when they have come to nothing. That is a setting of the scheduler, for all
    its tasks, and no task can have less. So a task that no worker survives is begun 4 times
    among others, and 4 times alone, after which it is known to be the cause. To have fewer,
    start the scheduler with ``DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0``.
    """

    def __init__(
        self,
        address: str | None = None,
        workers: int | None = None,
        memory_gib: float | None = None,
    ) -> None:
        if address is not None and (workers is not None or memory_gib is not None):
            raise DataError(
                f"the workers of {address} and their memory are set where they are started: "
                "leave them out here, or leave out the address"
            )
        self.workers = workers or core_count()
        self._address = address
        self._memory_gib = memory_gib
        self._leave = ExitStack()
        self._job: ClusterJob[Any, Any] | None = None

    def __enter__(self) -> Self:
        try:
            import distributed  # noqa: F401, PLC0415
        except ImportError as error:
            raise ResourceError(NO_DASK) from error
        with ExitStack() as stack:
            stack.enter_context(_quiet())
            cluster = self._address or stack.enter_context(self._local_cluster())
            self._client = stack.enter_context(_connected(cluster))
            self.workers = sum(self._client.nthreads().values()) or self.workers
            self._leave = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._leave:
            if self._job is not None:
                self._job.cancel()

    def map(
        self, job: Job[Shared, Context, Task, Result], tasks: Sequence[Task]
    ) -> Iterator[Outcome[Result]]:
        """Do all tasks; see `sogdia.run.executors.executor.Executor.map`."""
        return self._carry_out(pack(job), tasks)

    def _carry_out(self, packed: bytes, tasks: Sequence[Task]) -> Iterator[Outcome[Any]]:
        if self._job is not None:
            raise RuntimeError(ONE_JOB)
        self._job = ClusterJob(self._client, packed, tasks, self.workers)
        try:
            yield from self._job.outcomes()
        finally:
            self._job = None

    def _local_cluster(self) -> LocalCluster:
        from distributed import LocalCluster  # noqa: PLC0415

        try:
            return LocalCluster(
                n_workers=self.workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
                scheduler_kwargs={"allowed_failures": 0},
                env=threads_of_libraries(self.workers),
                memory_limit=f"{self._memory_gib}GiB" if self._memory_gib else 0,
                config=WITHOUT_PAUSES,
            )
        except (OSError, RuntimeError) as error:
            raise ResourceError(f"no Dask cluster can be started here: {error}") from error


def _connected(cluster: LocalCluster | str) -> Client:
    from distributed import Client  # noqa: PLC0415

    if isinstance(cluster, str):
        check_answers(cluster)
    try:
        return Client(cluster, timeout=CONNECT_S, set_as_default=False)
    except Exception as error:  # who answers there may be anybody
        raise ResourceError(_no_scheduler(str(cluster))) from error


def check_answers(address: str) -> None:
    """Check that a scheduler listens at an address, which Dask takes long to say no to.

    Raises
    ------
    DataError
        If it is no address.
    ResourceError
        If nobody does.
    """
    place = urlsplit(address)
    try:
        port = place.port
    except ValueError:
        port = None
    if not place.scheme or not place.hostname or port is None:
        raise DataError(f"{address!r} is no address of a Dask scheduler: write tcp://host:8786")
    try:
        with socket.create_connection((place.hostname, port), CONNECT_S) as connection:
            # A scheduler speaks first; Dask waits for ever for one that does not.
            if place.scheme == "tcp" and not connection.recv(1):
                raise ConnectionResetError
    except OSError as error:
        raise ResourceError(_no_scheduler(address)) from error


def _no_scheduler(address: str) -> str:
    return (
        f"no Dask scheduler answers at {address}: start one there with `dask scheduler`, "
        "or leave out the address to have a cluster on this machine"
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's logs off the terminal: what is to be known is raised or in an outcome."""
    known = logging.root.manager.loggerDict
    names = [name for name in known if name.partition(".")[0] in {"distributed", "tornado"}]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
