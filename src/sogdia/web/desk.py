"""Questions that are answered while the client waits, each by a worker, one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool

from sogdia.errors import ResourceError
from sogdia.web.refusals import RefusedError
from sogdia.web.worker_errors import error_of
from sogdia.web.worker_process import WorkerProcess

BETWEEN_INTERRUPTS_S = 0.1
STARTING = ("starting", 0, 0)


@dataclass(frozen=True, slots=True)
class Patience:
    """How many questions wait at most, how long one may take, and what to do beyond that."""

    waiting: int
    seconds: float
    questions: str
    """What is asked, as in "20 questions about routes wait"."""
    advice: str
    """What takes less time, as in "ask for fewer ways"."""


class Desk:
    """Takes questions one at a time; to be used within one event loop.

    Parameters
    ----------
    worker : WorkerProcess
        Where answers are computed.
    """

    def __init__(self, worker: WorkerProcess) -> None:
        self._worker = worker
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._progress: tuple[str, int, int] | None = None

    @property
    def waiting(self) -> int:
        """How many questions wait for an answer, that which is worked on included."""
        return self._waiting

    @property
    def progress(self) -> tuple[str, int, int] | None:
        """What the worker does, how much of it is done, and of how much (0: not known)."""
        return self._progress

    async def close(self) -> None:
        """End the worker."""
        await self._worker.close()

    async def _answered(
        self, make_job: Callable[[], dict[str, Any]], patience: Patience
    ) -> dict[str, Any]:
        """Have the worker do a job, which is made in a thread, and return what it leaves.

        Raises
        ------
        RefusedError
            503 if it takes too long, or too many questions wait.
        SogdiaError
            What the making of the job raises, and what the worker refuses with.
        """
        if self._waiting >= patience.waiting:
            message = f"{patience.waiting} {patience.questions} wait, the limit; ask again later"
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, message, {"Retry-After": "10"})
        self._waiting += 1
        try:
            job = await run_in_threadpool(make_job)
            async with asyncio.timeout(patience.seconds), self._turn:
                answer = await self._asked(job)
        except TimeoutError as error:
            message = f"this takes more than {patience.seconds:g} s; {patience.advice}"
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, message) from error
        finally:
            self._waiting -= 1
        if "refused" in answer:
            raise error_of(answer["refused"])
        content: dict[str, Any] = answer["done"]
        return content

    async def _asked(self, job: dict[str, Any]) -> dict[str, Any]:
        """Have the worker answer; who stops waiting for it stops it."""
        asked = asyncio.create_task(self._worker.ask(job, self._note))
        self._progress = STARTING
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:
            while not asked.done():
                # A worker that is still being started has no job yet that could be stopped.
                await self._worker.interrupt()
                await asyncio.wait({asked}, timeout=BETWEEN_INTERRUPTS_S)
            with suppress(ResourceError):
                await asked
            raise
        finally:
            self._progress = None

    def _note(self, stage: str, done: int, total: int) -> None:
        self._progress = (stage, done, total)
