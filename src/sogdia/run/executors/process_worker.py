"""The far side of a worker process: it prepares a job and does its tasks, one after another.

Messages are pickles in frames (see `sogdia.run.frames`), over standard input and output:
a `JobMessage` is answered by a `Prepared`, and every `TaskMessage`, in order, by a `Performance`.

The pipe from the driver ends when the driver does, however it ends; the worker then ends at
once, in the middle of a task: nobody waits for its answer.
"""

from __future__ import annotations

import os
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

from sogdia.run.executors.job import Job
from sogdia.run.executors.packing import perform_packed, prepared
from sogdia.run.frames import read_frame, write_frame


@dataclass(frozen=True)
class JobMessage:
    """A job to prepare, pickled by itself: once for all workers."""

    packed: bytes


@dataclass(frozen=True)
class TaskMessage:
    """A task to do, pickled by itself: what is wrong with it is no matter of the messages."""

    packed: bytes


def main() -> None:
    """Serve the driver until it is gone."""
    source, sink = _streams()
    inbox: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_listen, args=(source, inbox), daemon=True).start()
    job: Job[Any, Any, Any, Any] | None = None
    context: Any = None
    while True:
        match pickle.loads(inbox.get()):
            case JobMessage(packed):
                job = context = None  # room for the next before it is made
                job, context, answer = prepared(packed)
                write_frame(sink, pickle.dumps(answer))
            case TaskMessage(packed) if job is not None:
                write_frame(sink, perform_packed(job, context, packed))


def _streams() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the pipes for messages: what a library prints must not stand between them."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink


def _listen(source: IO[bytes], inbox: SimpleQueue[bytes]) -> None:
    while (frame := read_frame(source)) is not None:
        inbox.put(frame)
    os._exit(0)
