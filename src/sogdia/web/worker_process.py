"""A worker as the server sees it: a process that is given one job at a time."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from itertools import count
from typing import Any

from sogdia.errors import ResourceError
from sogdia.web.messages import LENGTH, Message, Progress, body_length, decode, encode

COMMAND = (sys.executable, "-m", "sogdia.web.worker")
GRACE_S = 2.0
"""Time that a job has to stop before it is stopped by force."""

STOPS = "the server stops"


class WorkerDiedError(ResourceError):
    """The worker ended before its job did."""


class WorkerProcess:
    """A worker, started when there is a job and again after it has died.

    To be used within one event loop, and by one job at a time.
    """

    def __init__(self) -> None:
        self._process: Process | None = None
        self._ids = count(1)
        self._current: int | None = None
        self._force: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def process_id(self) -> int | None:
        """Number of the process, if it has been started and not been seen to end."""
        return None if self._process is None else self._process.pid

    async def ask(self, job: Message, progress: Progress) -> dict[str, Any]:
        """Have a job done.

        Parameters
        ----------
        job : mapping
            See `sogdia.web.engines`.
        progress : callable
            Called with a stage, how much of it is done, and of how much (0: not known).

        Returns
        -------
        dict
            The last message of the job: ``done``, ``cancelled`` or ``refused``.

        Raises
        ------
        WorkerDiedError
            If the process ended before, or is closed.
        ResourceError
            If the machine refuses to start it.
        """
        if self._closed:
            raise WorkerDiedError(STOPS)
        process = await self._running()
        job_id = next(self._ids)
        self._current = job_id
        try:
            await _send(process, {"id": job_id, **job})
            while True:
                message = await _receive(process)
                if message.get("id") != job_id:
                    continue  # a last word of a job that was stopped
                if "progress" not in message:
                    return message
                progress(*message["progress"])
        except (EOFError, ConnectionError, ValueError) as error:
            raise await self._died(process) from error
        finally:
            self._current = None
            if self._force is not None:
                self._force.cancel()
                self._force = None

    async def interrupt(self) -> None:
        """Stop the job: politely, and after `GRACE_S` by force."""
        process = self._process
        if process is None or self._current is None or self._force is not None:
            return
        self._force = asyncio.get_running_loop().call_later(GRACE_S, _kill, process)
        with suppress(ConnectionError):
            await _send(process, {"interrupt": self._current})

    async def close(self) -> None:
        """End the process for good, and with it its job."""
        self._closed = True
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            _kill(process)  # at once: what its job leaves is removed with the job
            await process.wait()

    async def _running(self) -> Process:
        """Return the process, started if there is none that lives."""
        process = self._process
        if process is not None and process.returncode is None and not _has_ended(process):
            return process
        await self._end()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND,
                stdin=PIPE,
                stdout=PIPE,
                process_group=0,  # Ctrl-C in the terminal is for the server, which tells it
            )
        except OSError as error:
            reason = error.strerror or str(error)
            raise ResourceError(f"the worker cannot be started: {reason}") from error
        if self._closed:
            await self._end()
            raise WorkerDiedError(STOPS)
        return self._process

    async def _died(self, process: Process) -> WorkerDiedError:
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_S)
        _kill(process)
        status = await process.wait()
        if self._process is process:
            self._process = None
        if self._closed:
            return WorkerDiedError(STOPS)
        if status < 0:
            how = f"was killed ({signal.Signals(-status).name})"
            return WorkerDiedError(f"the worker process {how}; perhaps memory ran out")
        return WorkerDiedError(f"the worker process ended with status {status} in the midst of it")


def _has_ended(process: Process) -> bool:
    return process.stdout is None or process.stdout.at_eof()


def _kill(process: Process) -> None:
    # `Process.kill` first asks the system for the status of the process, which is told once
    # only, and then not to the event loop that waits for it.
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


async def _send(process: Process, message: Message) -> None:
    assert process.stdin is not None
    process.stdin.write(encode(message))
    await process.stdin.drain()


async def _receive(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    head = await process.stdout.readexactly(LENGTH.size)
    return decode(await process.stdout.readexactly(body_length(head)))
