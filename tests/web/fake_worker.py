"""A worker whose engines do what the title of a scenario says; it starts in no time.

Started as a program it serves the tests of the server's side of workers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from sogdia.errors import DataError, NoRouteError, Problem
from sogdia.run.folder import new_folder
from sogdia.web.messages import Message, Progress
from sogdia.web.worker import serve_parent

COMMAND = (sys.executable, __file__)
PATIENCE_S = 30.0


class Engines:
    """Waits, fails, dies or answers."""

    def perform(self, job: Message, progress: Progress) -> dict[str, Any]:
        scenario = job["scenarios"][0] if "scenarios" in job else job["scenario"]
        what = scenario.get("title", "")
        if what == "wait":
            with new_folder(Path(job["folder"])) as folder:
                folder.write("half.txt", b"half")
                progress("working", 1, 2)
                self.wait()
        progress("working", 1, 2)
        if what == "stubborn":
            self.wait_whatever_comes()
        if what == "die":
            os.kill(os.getpid(), 9)
        if what == "leave":
            os._exit(7)
        if what == "refuse":
            raise DataError([Problem("is not there", "link.csv", 3, "mode")])
        if what == "block":
            raise NoRouteError("no way", ["a rule"], [["a rule"], ["another"]])
        if what == "defect":
            raise KeyError("oh")
        if what == "no memory":
            raise MemoryError
        if what == "much":
            for number in range(2000):
                progress("counting", number, 2000)
                time.sleep(0.0002)
        if job["kind"] == "run":
            self.leave_folder(job)
        print("this must not stand between messages")  # noqa: T201
        return {"what": what}

    def wait(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            time.sleep(0.01)

    def wait_whatever_comes(self) -> None:
        while True:
            try:
                self.wait()
            except KeyboardInterrupt:
                continue

    def leave_folder(self, job: Message) -> None:
        scenario = job["scenario"]
        content = {
            "study": {"name": "small", "digest": job["digest"]},
            "files": {},
            "scenario": {"name": scenario["name"], "content": scenario},
            "year": job["year"],
            "result": {"converged": True},
            "this_run": {"finished": "2025-01-01T00:00:00+00:00"},
        }
        with new_folder(Path(job["folder"])) as folder:
            folder.write("manifest.json", json.dumps(content).encode())


if __name__ == "__main__":
    serve_parent(Engines())
