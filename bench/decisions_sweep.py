"""Measure sweeps: scenarios a second, what workers spend their time on, and what kills cost.

    python -m bench.decisions_sweep                # 2,000 scenarios of eurasia: minutes
    python -m bench.decisions_sweep --points 50
    python -m bench.decisions_sweep --kills 20     # drivers and workers killed, bytes compared

Time inside `evaluate` is what the workers themselves took, of two workers' time from the first
task given out to the last one back. The profile is of some evaluations one after another in this
process: compiled kernels stand by themselves; what numpy does inside an expression is counted
as Python, since the profiler does not see it, so that the native share is the least it can be.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from numba.core.dispatcher import Dispatcher
from rich.console import Console

from sogdia.analysis.evaluation import EvaluationContext, evaluate, evaluate_base
from sogdia.assignment import solution
from sogdia.assignment.one_thread import one_blas_thread
from sogdia.run.sweeps.folder import FAILURES, RESULTS, SUMMARY
from sogdia.run.sweeps.sweep import sweep
from sogdia.run.sweeps.tasks import SweepTasks, read_plan
from sogdia.run.sweeps.work import EVALUATING

WORKERS = 2
TARGET_S, TARGET_SHARE = 300.0, 0.85
PROFILED = 20
LIBRARIES, PYTHON = "numpy, scipy and others", "Python"
PARAMETERS = [
    {"name": "caspian_level_m", "target": "water_level.caspian", "low": -31.0, "high": -29.0},
    {
        "name": "feeder_voyages",
        "table": "service",
        "where": {"link_id": "KZSCO-AZALA-box"},
        "column": "departures_week",
        "operation": "multiply",
        "low": 0.5,
        "high": 1.5,
    },
    {
        "name": "feeder_tariff",
        "table": "tariff",
        "where": {"tariff_id": "caspian-feeder"},
        "column": "usd_teu",
        "operation": "multiply",
        "low": 0.7,
        "high": 1.3,
    },
    {"name": "choice_scale", "target": "choice.scale", "low": 9.7, "high": 10.9},
]
KILLED_POINTS, BYTES_PER_POINT = 16, 850
COMMAND = "from sogdia.cli import main; main()"
SMALL_PLAN = """
study = {study}
method = "latin-hypercube"
samples = {points}

[[parameter]]
name = "scale"
target = "choice.scale"
low = 2.0
high = 3.0
"""


def plan_of(points: int) -> dict[str, Any]:
    """Return the plan that is measured."""
    return {
        "study": "eurasia",
        "scenario": "middle-corridor-2030",
        "method": "latin-hypercube",
        "samples": points,
        "outputs": ["titr.kt", "titr.days", "shipped_kt"],
        "parameter": PARAMETERS,
    }


def measure_sweep(points: int, console: Console) -> None:
    """Print how long a sweep takes, and how much of its workers' time is in evaluations."""
    begun: list[float] = []

    def watch(stage: str, done: int, total: int) -> None:
        if stage.startswith(EVALUATING):
            begun.append(time.perf_counter())

    with TemporaryDirectory() as folder:
        found = sweep(plan_of(points), out=Path(folder) / "sweep", workers=WORKERS, progress=watch)
        log = found.folder / "finished-1-of-1.jsonl"
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    inside_s = sum(line.get("seconds", 0.0) for line in lines)
    there_s = WORKERS * (begun[-1] - begun[0])
    # the first outcome comes after the workers have started, which a long sweep does once too
    each_s = (begun[-1] - begun[1]) / (points - 1)
    start_s = found.seconds - each_s * points
    console.print(
        f"{points} scenarios of eurasia 2030 on {WORKERS} processes: {found.seconds:.1f} s, "
        f"{1000.0 * inside_s / points:.0f} ms each; at this rate 2,000 take "
        f"{start_s + 2000 * each_s:.0f} s, {start_s:.1f} s of them to start (target {TARGET_S:g} s)"
    )
    console.print(
        f"inside evaluate: {inside_s / there_s:.1%} of {WORKERS} workers' time, with their start"
    )


def measure_native(points: int, console: Console) -> None:
    """Print which share of an evaluation is in kernels, in polars, in other libraries."""
    asked = read_plan(plan_of(points), None, confirmed=False)
    with one_blas_thread(), patch.object(solution, "ThreadPoolExecutor", _InThisThread):
        context, _ = evaluate_base(asked.study, asked.base)
        _evaluate(asked, context, 1)
        profile = cProfile.Profile()
        profile.enable()
        _evaluate(asked, context, points)
        profile.disable()
    kernels = _kernels()
    seconds = dict.fromkeys(("Numba", "polars", LIBRARIES, PYTHON), 0.0)
    stats: dict[tuple[str, int, str], Any] = vars(pstats.Stats(profile))["stats"]
    for (file, _, name), (_, _, own_s, _, _) in stats.items():
        seconds["Numba" if (file, name) in kernels else _kind(file, name)] += own_s
    total = sum(seconds.values())
    shares = ", ".join(f"{kind} {own_s / total:.1%}" for kind, own_s in seconds.items())
    console.print(f"{points} evaluations, {1000 * total / points:.0f} ms each profiled: {shares}")
    native = 1.0 - seconds[PYTHON] / total
    console.print(f"native code: at least {native:.1%} (target {TARGET_SHARE:.0%})")


def _evaluate(asked: SweepTasks, context: EvaluationContext, points: int) -> None:
    for number in range(points):
        evaluate(context, asked.points.task(asked.base, number))


def _kind(file: str, name: str) -> str:
    if file != "~" or "builtins." in name.replace("builtins.Py", ""):
        return PYTHON
    if any(mark in name for mark in ("PyLazyFrame", "PyDataFrame", "PySeries", "PyExpr")):
        return "polars"
    of_python = any(f"'{kind}' objects" in name for kind in ("list", "dict", "str", "set", "tuple"))
    return PYTHON if of_python else LIBRARIES


class _InThisThread:
    """An executor without threads: the profiler sees one thread only."""

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> _InThisThread:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, work: Callable[..., Any], *each: Sequence[Any]) -> Iterator[Any]:
        return map(work, *each)

    def submit(self, work: Callable[..., Any], *given: Any) -> Future[Any]:  # noqa: ANN401
        done: Future[Any] = Future()
        done.set_result(work(*given))
        return done


def _kernels() -> set[tuple[str, str]]:
    """Return file and name of every compiled kernel, as the profiler knows them."""
    return {
        (value.py_func.__code__.co_filename, value.py_func.__name__)
        for key, module in list(sys.modules.items())
        if key.startswith("sogdia.")
        for value in list(vars(module).values())
        if isinstance(value, Dispatcher)
    }


def measure_kills(kills: int, console: Console) -> None:
    """Kill drivers, then workers, at random moments; compare the datasets byte by byte."""
    small = json.dumps(str(Path("tests/data/small").absolute()))
    with TemporaryDirectory() as name:
        folder = Path(name)
        plan = folder / "plan.toml"
        plan.write_text(SMALL_PLAN.format(study=small, points=KILLED_POINTS))
        if code := _driver(plan, folder / "undisturbed" / "sweep").wait():
            raise SystemExit(f"sogdia sweep ended with {code}")
        expected = _dataset(folder / "undisturbed" / "sweep")
        for who in ("driver", "worker"):
            for number in range(kills):
                begun = time.perf_counter()
                out = folder / f"{who}-{number}" / "sweep"
                happened = _kill(plan, out, who, number)
                # Threads of this process go on: the dataset knows of no executor either.
                found = sweep(plan, out=out, executor="threads", workers=1)
                if _dataset(out) != expected:
                    raise SystemExit(f"a {who} that was killed changed the dataset ({out})")
                console.print(
                    f"{who} {number + 1} of {kills}: {happened}; {found.evaluated} of "
                    f"{KILLED_POINTS} evaluated afterwards, the same bytes; "
                    f"{time.perf_counter() - begun:.1f} s"
                )


def _kill(plan: Path, out: Path, who: str, seed: int) -> str:
    """Sweep, and kill the driver or a worker at a random moment; say what there was to kill."""
    chance = Random(seed)
    driver = _driver(plan, out)
    log = out / "finished-1-of-1.jsonl"
    wanted = chance.randrange(0, KILLED_POINTS * BYTES_PER_POINT)
    while driver.poll() is None and (log.stat().st_size if log.exists() else -1) < wanted:
        time.sleep(0.002)
    time.sleep(chance.uniform(0.0, 0.2))
    happened = "had ended before"
    victims = [driver.pid] if who == "driver" else _children(driver.pid)
    while not victims and driver.poll() is None:
        time.sleep(0.002)
        victims = _children(driver.pid)
    if driver.poll() is None:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(victims), signal.SIGKILL)
            happened = f"killed at {log.stat().st_size if log.exists() else 0:,} bytes of the log"
    code = driver.wait()
    if who == "worker" and code:
        raise SystemExit(f"sogdia sweep ended with {code} after one of its workers was killed")
    return happened


def _driver(plan: Path, out: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", COMMAND, "sweep", str(plan), "--out", str(out), "--quiet"]
    return subprocess.Popen([*words, "--json", "--workers", "2"], stdout=subprocess.DEVNULL)


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            is_process = entry.name.isdecimal()
            if is_process and (entry / "stat").read_text().rpartition(")")[2].split()[1] == str(
                parent
            ):
                found.append(int(entry.name))
    return sorted(found)


def _dataset(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in (RESULTS, FAILURES, SUMMARY)}


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--profiled", type=int, default=PROFILED)
    parser.add_argument("--kills", type=int, default=0)
    asked = parser.parse_args(arguments)
    console = Console()
    if asked.kills:
        measure_kills(asked.kills, console)
        return
    measure_sweep(asked.points, console)
    measure_native(asked.profiled, console)


if __name__ == "__main__":
    main(sys.argv[1:])
