"""Jobs and answers as bytes, between a driver and the workers of other processes."""

from __future__ import annotations

import pickle
import traceback
from dataclasses import dataclass
from typing import Any

from sogdia.errors import SogdiaError
from sogdia.run.executors.job import (
    Context,
    Job,
    Performance,
    Result,
    Shared,
    Task,
    TaskDefectError,
    perform,
)


@dataclass(frozen=True)
class Prepared:
    """How the preparation of a job went: what refused it, or the traceback of a defect."""

    refusal: SogdiaError | None = None
    defect: str | None = None

    def check(self) -> None:
        """Raise what the preparation ended by, if it did not go well.

        Raises
        ------
        SogdiaError
            What the job raised on purpose.
        TaskDefectError
            If it raised another error.
        """
        if self.refusal is not None:
            raise self.refusal
        if self.defect is not None:
            raise TaskDefectError(f"a defect ended the preparation of a worker:\n{self.defect}")


def pack(job: Job[Shared, Context, Task, Result]) -> bytes:
    """Return a job as bytes that another process can make it of.

    Raises
    ------
    TypeError
        If a function of it is in a place from where no other process can import it.
    """
    for function in (job.prepare, job.work):
        if function.__module__ == "__main__":
            raise TypeError(f"{function.__qualname__}: workers import no function from a script")
    return pickle.dumps(job, pickle.HIGHEST_PROTOCOL)


def prepared(packed: bytes) -> tuple[Job[Any, Any, Any, Any] | None, Any, Prepared]:
    """Return a packed job, the context that it makes, and how its preparation went."""
    try:
        job: Job[Any, Any, Any, Any] = pickle.loads(packed)
        return job, job.prepare(job.shared), Prepared()
    except SogdiaError as error:
        return None, None, Prepared(refusal=_portable(error))
    except Exception:
        return None, None, Prepared(defect=traceback.format_exc())


def perform_packed(job: Job[Any, Any, Any, Any], context: object, packed: bytes) -> bytes:
    """Do a pickled task; return its `Performance`, pickled.

    A task that cannot be unpacked is a defect, and so is a result that cannot be packed.
    """
    performance = perform(
        lambda context, task: job.work(context, pickle.loads(task)), context, packed
    )
    try:
        return pickle.dumps(performance, pickle.HIGHEST_PROTOCOL)
    except Exception:
        return pickle.dumps(Performance(None, None, traceback.format_exc(), 0.0))


def _portable(error: SogdiaError) -> SogdiaError:
    """Return the error, or its sentence alone if it is none that can be pickled."""
    try:
        pickle.loads(pickle.dumps(error))
    except (TypeError, AttributeError, pickle.PicklingError):
        return SogdiaError(str(error))
    return error
