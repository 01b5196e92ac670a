"""Measure executors: what it costs to start them, and to have them do a task.

    python -m bench.decisions_executors            # about two minutes
    python -m bench.decisions_executors --quick

Two workers each, in turn. Tasks that nap for 20 ms show what is lost beside them, since they
leave the machine alone; tasks that do nothing show how many a second there can be; Dask with
chunks of one task shows what the scheduler takes for one. Medians.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench import executor_jobs, page
from bench.timing import Cost, Side, interleaved
from rich.console import Console

from sogdia.report.tables import show_sheet
from sogdia.run.executors import cluster_job
from sogdia.run.executors.executor import EXECUTORS, Executor, executor

WORKERS = 2
NAP_S = 0.02
SHARED_BYTES = 8_000_000
BEYOND_LOCAL_MS = 5.0
DASK_ALONE = "dask, chunks of one"


def start(name: str, shared_bytes: int) -> Side:
    """Start an executor, have it do one task, end it."""

    def work() -> None:
        with executor(name, workers=WORKERS) as crew:
            list(crew.map(executor_jobs.job(shared_bytes), [0.0] * WORKERS))

    return Side(name, work, warm=False)


def tasks(name: str, crew: Executor, count: int, seconds: float) -> Side:
    """Have an executor that is there do tasks."""

    def work() -> None:
        with _chunks_of_one(name == DASK_ALONE):
            done = sum(1 for _ in crew.map(executor_jobs.job(), [seconds] * count))
        if done != count:
            raise SystemExit(f"{name}: {done} of {count} tasks have an outcome")

    return Side(name, work)


@contextmanager
def _chunks_of_one(wanted: bool) -> Iterator[None]:
    before = cluster_job._MOST_TASKS
    cluster_job._MOST_TASKS = 1 if wanted else before
    try:
        yield
    finally:
        cluster_job._MOST_TASKS = before


def beyond_ms(cost: Cost, count: int, seconds: float) -> float:
    """Return the wall time per task beyond that of the tasks, ms."""
    return 1000 * (cost.wall_s - count * seconds / WORKERS) / count


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few tasks: no figure to quote")
    quick = parser.parse_args().quick
    naps, nothings = (50, 200) if quick else (500, 5000)
    console = Console(width=120)
    console.print(page.circumstances(("distributed",)))

    starts = interleaved([start(name, 0) for name in EXECUTORS])
    shared = interleaved([start(name, SHARED_BYTES) for name in EXECUTORS])
    cells = [
        [name, f"{plain.wall_s:.2f}", f"{more.wall_s:.2f}"]
        for name, plain, more in zip(EXECUTORS, starts, shared, strict=True)
    ]
    title = "Start, first task of each worker, and end"
    header = ["executor", "s", f"with {SHARED_BYTES / 1e6:g} MB shared, s"]
    show_sheet(page.sheet(title, header, cells), console)

    with ExitStack() as stack:
        crews = {name: stack.enter_context(executor(name, workers=WORKERS)) for name in EXECUTORS}
        crews[DASK_ALONE] = crews["dask"]
        napped = interleaved([tasks(name, crew, naps, NAP_S) for name, crew in crews.items()])
        idle = interleaved([tasks(name, crew, nothings, 0.0) for name, crew in crews.items()])
    beyond = {name: beyond_ms(cost, naps, NAP_S) for name, cost in zip(crews, napped, strict=True)}
    cells = [
        [
            name,
            f"{beyond[name]:.2f}",
            f"{1000 * nap.cpu_s / naps:.2f}",
            f"{nothings / nothing.wall_s:,.0f}",
        ]
        for name, nap, nothing in zip(crews, napped, idle, strict=True)
    ]
    note = f"Of {naps} naps of {1000 * NAP_S:g} ms and {nothings:,} empty tasks."
    header = ["executor", "lost per nap, ms", "driver's CPU per nap, ms", "empty tasks a second"]
    show_sheet(page.sheet("Tasks", header, cells, note), console)

    dearer_ms = beyond["dask"] - beyond["local"]
    met = dearer_ms < BEYOND_LOCAL_MS
    target = page.Target(
        "Dask beyond local, per task of 20 ms",
        f"under {BEYOND_LOCAL_MS:g} ms",
        f"{dearer_ms:.2f} ms",
        met,
    )
    show_sheet(page.targets([target]), console)
    if not met and not quick:
        sys.exit(1)


if __name__ == "__main__":
    main()
