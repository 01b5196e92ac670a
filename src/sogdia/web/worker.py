"""The worker: a process of its own in which the engines run, one job after another.

The server starts ``python -m sogdia.web.worker`` and talks with it over its standard input
and output (see `sogdia.web.messages`), for these reasons:

- Engines hold the interpreter for longer than a reader waits: in a process of their own, of
  lower priority, they never do. A worker that the system kills takes no server with it.
- A plain process rather than `multiprocessing`: its queues and pools pickle, wait for ever
  for a worker that was killed, and start the server's main module again.
- Pipes end when the server does, however it ends: the worker then gives up its job, which
  leaves nothing behind, and goes.

A job is ``{"id", "kind", ...}`` (see `sogdia.web.engines`). While it goes on there are
messages ``{"id", "progress": [stage, done, total]}``, at most ten a second, and at the end
one of ``{"id", "done": ...}``, ``{"id", "cancelled": true}`` and ``{"id", "refused": ...}``
(see `sogdia.web.worker_errors`). ``{"interrupt": id}`` stops a job.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread, Timer, main_thread
from types import FrameType
from typing import IO, Any, Protocol

from sogdia.errors import ResourceError, SogdiaError
from sogdia.web.messages import Message, Progress, encode, read_message
from sogdia.web.worker_errors import refusal_of

NICENESS = 10
BETWEEN_PROGRESS_S = 0.1
GRACE_S = 2.0
"""Time that a job has to stop when the server is gone."""


class Engines(Protocol):
    """What does the work; see `sogdia.web.engines`."""

    def perform(self, job: Message, progress: Progress) -> dict[str, Any]:
        """Do a job and return its answer."""


class Reporter:
    """Sends what a job says of its progress: the newest of it, at most ten times a second.

    Parameters
    ----------
    send : callable
        Sends a message.
    job_id : int
        The job.
    """

    def __init__(self, send: Callable[[Message], None], job_id: int) -> None:
        self._send = send
        self._job_id = job_id
        self._newest: tuple[str, int, int] | None = None
        self._news = Event()
        self._ended = Event()
        self._thread = Thread(target=self._report, daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self._note

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._news.set()
        self._thread.join()

    def _note(self, stage: str, done: int, total: int) -> None:
        self._newest = (stage, done, total)
        self._news.set()

    def _report(self) -> None:
        while not self._ended.is_set():
            self._news.wait()
            self._news.clear()
            if self._newest is not None and not self._ended.is_set():
                self._send({"id": self._job_id, "progress": list(self._newest)})
            self._ended.wait(BETWEEN_PROGRESS_S)


class Worker:
    """Takes jobs from one stream and answers on another.

    Parameters
    ----------
    source, sink : binary file
        Streams of messages.
    engines : Engines
        What does the work.
    """

    def __init__(self, source: IO[bytes], sink: IO[bytes], engines: Engines) -> None:
        self._source = source
        self._sink = sink
        self._engines = engines
        self._jobs: SimpleQueue[Message | None] = SimpleQueue()
        self._sending = Lock()
        self._current: int | None = None
        self._stopped: set[int] = set()
        self._alone = False
        self._force: Timer | None = None

    def serve(self) -> None:
        """Do jobs until the server is gone; to be called in the main thread."""
        before = signal.signal(signal.SIGINT, self._on_signal)
        listener = Thread(target=self._listen, daemon=True)
        listener.start()
        try:
            while (job := self._jobs.get()) is not None:
                self._send({"id": job["id"], **self._do(job)})
            # It may still be about to stop the job that has just ended.
            listener.join()
        finally:
            if self._force is not None:
                self._force.cancel()
            signal.signal(signal.SIGINT, before)

    def _listen(self) -> None:
        while (message := read_message(self._source)) is not None:
            if "interrupt" in message:
                self._stop(message["interrupt"])
            else:
                self._jobs.put(message)
        self._alone = True
        self._jobs.put(None)
        if (current := self._current) is not None:
            self._stop(current)
            # What does not stop in time is stopped by force: nobody waits for its answer.
            self._force = Timer(GRACE_S, os._exit, [1])
            self._force.daemon = True
            self._force.start()

    def _stop(self, job_id: int) -> None:
        self._stopped.add(job_id)
        # A signal also ends a wait of the main thread, which a mere flag does not.
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        """Interrupt the current job if it is to be stopped; once, and never another."""
        if self._current is not None and (self._alone or self._current in self._stopped):
            self._current = None
            raise KeyboardInterrupt

    def _do(self, job: Message) -> dict[str, Any]:
        """Do a job; an interrupt can come up to the last statement of the block."""
        try:
            self._current = job["id"]
            self._on_signal(signal.SIGINT, None)  # it may have been stopped while it waited
            answer = self._answer(job)
            self._current = None
        except KeyboardInterrupt:
            return {"cancelled": True}
        return answer

    def _answer(self, job: Message) -> dict[str, Any]:
        try:
            with Reporter(self._send, job["id"]) as progress:
                return {"done": self._engines.perform(job, progress)}
        except SogdiaError as error:
            return {"refused": refusal_of(error)}
        except MemoryError:
            return {"refused": refusal_of(ResourceError("the memory of the machine is used up"))}
        except Exception as error:
            traceback.print_exc()
            return {"refused": refusal_of(error)}

    def _send(self, message: Message) -> None:
        with self._sending, suppress(BrokenPipeError):
            self._sink.write(encode(message))
            self._sink.flush()


def serve_parent(engines: Engines) -> None:
    """Serve the process that started this one, until it is gone.

    Parameters
    ----------
    engines : Engines
        What does the work.
    """
    os.nice(NICENESS)
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints must not stand between the messages.
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        Worker(source, sink, engines).serve()
    finally:
        source.close()
        with suppress(BrokenPipeError):
            sink.close()


def main() -> None:
    """Serve the server with the engines of Sogdia."""
    from sogdia.study.load import DataWarning  # noqa: PLC0415
    from sogdia.web import engines  # noqa: PLC0415

    warnings.simplefilter("ignore", DataWarning)  # a slip is no reason to fill the terminal
    serve_parent(engines.Engines())


if __name__ == "__main__":
    main()
