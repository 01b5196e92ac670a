"""Measure what a user waits for: from clone to summary, a run, the help, the import.

    python bench/run.py            # a run, the help, the import
    python bench/run.py --clone    # also a fresh clone and `make run` in it

Every figure is the median of several repetitions in processes of their own, by the
clock of the machine and the peak memory that the kernel reports for the process.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).with_name("sogdia")


@dataclass(frozen=True, slots=True)
class Case:
    """A command to measure, and what it is measured against."""

    name: str
    command: tuple[str, ...]
    limit_s: float
    limit_mib: float | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took."""

    seconds: float
    peak_mib: float


CASES = (
    Case("import sogdia", (sys.executable, "-c", "import sogdia"), 0.3),
    Case("sogdia --help", (str(COMMAND), "--help"), 0.5),
    Case(
        "sogdia run eurasia",
        (str(COMMAND), "run", "eurasia", "--year", "2024", "--quiet", "--json", "--out", "run"),
        10.0,
        1024.0,
    ),
)


def measure(command: Sequence[str], cwd: Path) -> Cost:
    """Run a command and return its wall time and peak memory; its output is dropped."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return Cost(seconds, usage.ru_maxrss / unit)


def repeated(case: Case, repetitions: int) -> Cost:
    """Return the medians over several repetitions, after one that fills the caches."""
    costs = []
    for _ in range(repetitions + 1):
        with tempfile.TemporaryDirectory() as scratch:
            costs.append(measure(case.command, Path(scratch)))
    kept = costs[1:]
    return Cost(median(c.seconds for c in kept), median(c.peak_mib for c in kept))


def clone_to_summary() -> Cost:
    """Return what a fresh clone and `make run` in it take, once."""
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch) / "sogdia"
        start = time.perf_counter()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        made = measure(["make", "run"], clone)
        return Cost(time.perf_counter() - start, made.peak_mib)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--clone", action="store_true", help="also measure clone to summary")
    arguments = parser.parse_args()
    table = Table("what", "median s", "limit s", "peak MiB", "limit MiB")
    for case in CASES:
        cost = repeated(case, arguments.repetitions)
        limit_mib = "" if case.limit_mib is None else f"{case.limit_mib:.0f}"
        table.add_row(
            case.name, f"{cost.seconds:.2f}", f"{case.limit_s:g}", f"{cost.peak_mib:.0f}", limit_mib
        )
    if arguments.clone:
        cost = clone_to_summary()
        table.add_row("clone to summary", f"{cost.seconds:.0f}", "300", f"{cost.peak_mib:.0f}", "")
    Console().print(table)


if __name__ == "__main__":
    main()
