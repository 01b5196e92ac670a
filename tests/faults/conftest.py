"""The command in a process of its own, so that the operating system can be hard on it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

PATIENCE_S = 300
START = "from sogdia.cli import main; import sys; main(sys.argv[1:])"
NO_LARGE_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024));"
"""A file may grow to 1 KiB and no further, as on a disk that is nearly full."""
NO_PRIVILEGES = (
    "import ctypes;"
    "capset = ctypes.CDLL(None).capset;"
    "capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)());"
)
"""Root keeps to permissions too, as everybody else does (capset(2), Linux)."""


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it printed."""

    code: int
    out: str
    err: str

    def said(self) -> str:
        """Return its complaint, which is no traceback."""
        assert "Traceback" not in self.err, self.err
        return self.err


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Ended]:
    """Run a command in another process, in an empty folder of its own."""

    def run(*arguments: object, before: str = "") -> Ended:
        done = subprocess.run(
            [sys.executable, "-c", before + START, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def names(tmp_path: Path) -> Callable[[], list[str]]:
    """What lies in that folder."""
    return lambda: sorted(entry.name for entry in tmp_path.iterdir())
