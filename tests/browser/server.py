"""A server as people start it, in a process of its own, and what its API answers."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-c", "from sogdia.cli import main; main()")
STARTS_WITHIN_S = 60.0
STOPS_WITHIN_S = 10.0
PATIENCE_S = 30.0
RUNS_WITHIN_S = 300.0
"""The first run on a machine compiles the kernels."""


class Server:
    """`sogdia serve` over a folder of studies and one of runs.

    Parameters
    ----------
    study : str
        The study it opens with.
    studies, runs : Path
        Its folders.
    port : int
        Where it listens; 0: at a port that is free.
    """

    def __init__(self, study: str, studies: Path, runs: Path, port: int = 0) -> None:
        self.study = study
        self.studies = studies
        self.runs = runs
        folders = ("--studies", str(studies), "--runs", str(runs))
        with _log(runs).open("ab") as log:
            self._process = subprocess.Popen(
                [*COMMAND, "serve", study, *folders, "--port", str(port), "--no-browser"],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.address = self._read_address()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.address.rstrip("/").rpartition(":")[2])

    def stop(self) -> None:
        """Stop it as Ctrl-C does, or by force if that does not help."""
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close()

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self._process.kill()
        self._process.wait()
        self._close()

    def get(self, path: str) -> Any:
        """Return the JSON that `/api/{path}` answers."""
        return json.loads(self.read(path))

    def read(self, path: str, body: dict[str, Any] | None = None) -> bytes:
        """Return what `/api/{path}` answers, to a body if there is one."""
        data = None if body is None else json.dumps(body).encode()
        return self._ask(path, "GET" if body is None else "POST", data)

    def delete(self, path: str) -> None:
        """Delete `/api/{path}`."""
        self._ask(path, "DELETE")

    def _ask(self, path: str, method: str, data: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}api/{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as refusal:
            raise AssertionError(f"{path}: {refusal.read().decode()}") from refusal

    def run(self, **request: Any) -> str:
        """Ask for a run, wait until it is done, and return its id."""
        run_id = json.loads(self.read("runs", {"study": self.study, **request}))["run_id"]
        waited_until = time.monotonic() + RUNS_WITHIN_S
        while time.monotonic() < waited_until:
            info = self.get(f"runs/{run_id}")
            if info["state"] == "done":
                return str(run_id)
            assert info["state"] in ("queued", "running"), info["message"]
            time.sleep(0.05)
        raise AssertionError(f"run {run_id} was not done within {RUNS_WITHIN_S:.0f} s")

    def _read_address(self) -> str:
        output = self._process.stdout
        assert output is not None
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            came = selector.select(STARTS_WITHIN_S)
        words = output.readline().decode().split() if came else []
        if not words:
            self.kill()
            raise AssertionError(f"the server did not start: {_log(self.runs).read_text()}")
        return words[-1]

    def _close(self) -> None:
        if self._process.stdout is not None:
            self._process.stdout.close()


def _log(runs: Path) -> Path:
    return runs.with_name(f"{runs.name}.log")
