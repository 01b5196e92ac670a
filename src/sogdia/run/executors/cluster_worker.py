"""The far side of a Dask worker: it does chunks of tasks, with a context that it keeps."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from threading import Lock, local
from typing import Any

from sogdia._version import __version__
from sogdia.errors import ResourceError
from sogdia.run.executors.job import Job
from sogdia.run.executors.packing import Prepared, perform_packed, prepared


@dataclass(frozen=True)
class Chunk:
    """Tasks that travel together.

    Attributes
    ----------
    digest : str
        The job, by the SHA-256 of its bytes.
    version : str
        Sogdia's version on the driver's side.
    tasks : tuple of bytes
        Each pickled: what they are is of no concern to Dask.
    """

    digest: str
    version: str
    tasks: tuple[bytes, ...]


class _Kept(local):
    """The last job and its context: one for every thread, as contexts may hold work arrays."""

    digest = ""
    job: Job[Any, Any, Any, Any] | None = None
    context: Any = None


# Dask calls functions and has no objects of ours: what outlives a call has to be in a module.
_kept = _Kept()
_preparing = Lock()


def keep(packed: bytes) -> bytes:
    """Return a job as it came: as the result of a task, workers get it from one another."""
    return packed


def work_off(packed: bytes, chunk: Chunk) -> list[bytes]:
    """Do the tasks of a chunk.

    Parameters
    ----------
    packed : bytes
        The job; see `sogdia.run.executors.packing.pack`.
    chunk : Chunk
        What to do with it.

    Returns
    -------
    list of bytes
        How the preparation went, as `Prepared`; if it went well, then how every task did, as
        `sogdia.run.executors.job.Performance`.
    """
    answer = pickle.dumps(_prepare(packed, chunk))
    job, context = _kept.job, _kept.context
    if job is None:
        return [answer]
    return [answer, *(perform_packed(job, context, task) for task in chunk.tasks)]


def _prepare(packed: bytes, chunk: Chunk) -> Prepared:
    if _kept.digest == chunk.digest:
        return Prepared()
    _kept.digest, _kept.job, _kept.context = "", None, None
    if chunk.version != __version__:
        versions = f"Sogdia {__version__}, and the driver has {chunk.version}"
        return Prepared(ResourceError(f"a worker of the cluster has {versions}: install the same"))
    with _preparing:
        _kept.job, _kept.context, answer = prepared(packed)
    if _kept.job is not None:
        _kept.digest = chunk.digest
    return answer
