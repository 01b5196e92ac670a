"""A worker process as the driver sees it: messages go in, answers come out, until it dies."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from sogdia.errors import ResourceError
from sogdia.run.executors.process_worker import JobMessage, TaskMessage
from sogdia.run.frames import read_frame, write_frame

START = """import sys
sys.path[:] = sys.argv[1:]
from sogdia.run.executors.process_worker import main
main()"""


class WorkerDiedError(Exception):
    """A worker process ended before it answered; says how."""


class WorkerProcess:
    """A process that does tasks, and the pipes to it; see `sogdia.run.executors.process_worker`.

    Parameters
    ----------
    environment : dict
        Its environment.

    Attributes
    ----------
    job : str or None
        Digest of the job that it is prepared for.

    Raises
    ------
    ResourceError
        If the machine starts no process.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-c", START, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                # Ctrl-C is for the driver, which ends its workers itself.
                start_new_session=True,
            )
        except OSError as error:
            raise ResourceError(f"no worker process can be started: {error.strerror}") from error
        self._killed = False
        self._reason: str | None = None
        self.job: str | None = None

    def send(self, message: JobMessage | TaskMessage) -> None:
        """Send a message.

        Raises
        ------
        WorkerDiedError
            If it is dead.
        """
        assert self._popen.stdin is not None
        content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        try:
            write_frame(self._popen.stdin, content)
        except OSError as error:
            raise WorkerDiedError(self._death()) from error

    def receive(self) -> object:
        """Wait for the next answer.

        Raises
        ------
        WorkerDiedError
            If it dies before it has answered.
        """
        assert self._popen.stdout is not None
        frame = read_frame(self._popen.stdout)
        if frame is None:
            raise WorkerDiedError(self._death())
        return pickle.loads(frame)

    def kill(self, reason: str | None = None) -> None:
        """Kill it, for a reason to be named by whoever waits for its answer; from any thread."""
        self._killed = True
        self._reason = self._reason or reason
        self._popen.kill()

    @property
    def is_alive(self) -> bool:
        """Whether it may be sent something."""
        return not self._killed and self._popen.poll() is None

    def close(self) -> None:
        """End it and leave nothing of it."""
        self._popen.kill()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def memory(self) -> float:
        """Return the memory that it holds now, in bytes; 0 if it has ended."""
        try:
            text = Path(f"/proc/{self._popen.pid}/statm").read_text(encoding="ascii")
        except OSError:
            return 0.0
        return float(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def _death(self) -> str:
        self._popen.kill()
        code = self._popen.wait()
        if self._reason is not None:
            return self._reason
        if code < 0:
            return f"it was ended by {signal.Signals(-code).name}"
        return f"it ended with code {code}"
