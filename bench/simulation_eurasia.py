"""A year of the built-in study, event by event: time, memory, and what a second core is worth."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from bench import page
from bench.page import Target
from bench.timing import Side, interleaved

from sogdia.network.model import Floats
from sogdia.report.sheets import Sheet
from sogdia.simulation.model import Model
from sogdia.simulation.options import SimulationOptions
from sogdia.simulation.replication import Repetition, replicate
from sogdia.simulation.sample import in_threads, sample
from sogdia.simulation.simulate import simulate
from sogdia.study.load import load

YEAR = 2024
SEED = 1
THREADS = 2
MANY = 1000
MOST_S, MOST_MIB, MOST_MIN = 0.3, 300.0, 3.0
FEWEST_SHIPMENTS = 100_000
LEAST_GAIN = 1.8


@dataclass(frozen=True, slots=True)
class Year:
    """The translated model of a year.

    Attributes
    ----------
    model : Model
        Of the event engine, with its warm-up.
    ticks : ndarray of float64
        Bounds of the weeks observed, h.
    tonnes : ndarray of float64
        Size of a shipment of each group.
    about : str
        What it is, in words.
    """

    model: Model
    ticks: Floats
    tonnes: Floats
    about: str


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much to measure.

    Attributes
    ----------
    days : int
        Observed.
    flows : str
        Who goes which way; see `sogdia.simulation.simulate.simulate`.
    repetitions : int
        Of one replication.
    batch, rounds : int
        Replications at a time, and how often, to compare numbers of threads.
    many : bool
        Whether to run the thousand and not only to say how long they would take.
    """

    days: int
    flows: str
    repetitions: int
    batch: int
    rounds: int
    many: bool


def prepare(sizes: Sizes, kept: Path | None) -> Year:
    """Assign and translate the year, or read the one kept in a file, or keep it there."""
    if kept and kept.exists():
        year = pickle.loads(kept.read_bytes())
        if not isinstance(year, Year):
            raise SystemExit(f"{kept} holds no translated year; name a file that is not there")
        return year
    options = SimulationOptions(replications=1, start=date(YEAR, 1, 1), days=sizes.days)
    made = simulate(load("eurasia"), options=options, flows=sizes.flows)
    translation = made.translation
    about = f"eurasia from {YEAR}-01-01, {sizes.days} days after a warm-up of {made.warm_up_days}"
    ticks = np.array(translation.clock.weeks())
    year = Year(translation.model, ticks, translation.tonnes, about)
    if kept:
        kept.write_bytes(pickle.dumps(year))
    return year


def eurasia(year: Year, sizes: Sizes) -> list[Sheet]:
    """Measure one replication and many."""
    one, cells = _one(year, sizes)
    memory, more_cells = _memory(year)
    many, rates = _rates(year, sizes)
    note = (
        f"{year.about}. Times are medians of {sizes.repetitions} replications, each another. "
        "Memory is that of a fresh process that reads the model from a file and makes one "
        "replication; before, it makes a replication of one hour, so that the kernels are loaded."
    )
    detail = page.sheet("One replication", ["what", ""], [*cells, *more_cells], note)
    return [page.targets([*one, *memory, *many]), detail, rates]


def _one(year: Year, sizes: Sizes) -> tuple[list[Target], list[list[str]]]:
    """Time one replication."""
    counts: list[tuple[int, int, int]] = []

    def work() -> None:
        made = replicate(year.model, year.ticks, SEED, len(counts))
        counts.append((made.balance[:, 0].sum(), made.transit_count.sum(), made.events))

    (cost,) = interleaved([Side("sogdia", work, sizes.repetitions)])
    released, delivered, events = np.mean(counts, axis=0).tolist()
    wanted = [
        Target(
            "shipments delivered within the days observed",
            f"{FEWEST_SHIPMENTS:,} or more",
            f"{delivered:,.0f}",
            delivered >= FEWEST_SHIPMENTS,
        ),
        Target(
            "one replication, by the clock",
            f"{MOST_S} s",
            f"{cost.wall_s:.3f} s",
            cost.wall_s <= MOST_S,
        ),
    ]
    cells = [
        ["shipments released, with those of the warm-up", f"{released:,.0f}"],
        ["shipments delivered within the days observed", f"{delivered:,.0f}"],
        ["events", f"{events:,.0f}"],
        ["s by the clock", f"{cost.wall_s:.3f}"],
        ["s of processor", f"{cost.cpu_s:.3f}"],
        ["ns of processor per event", f"{1e9 * cost.cpu_s / events:.0f}"],
        ["ns of processor per shipment released", f"{1e9 * cost.cpu_s / released:.0f}"],
    ]
    return wanted, cells


def _memory(year: Year) -> tuple[list[Target], list[list[str]]]:
    """Measure the memory of a replication in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "year.pickle"
        file.write_bytes(pickle.dumps((year.model, year.ticks)))
        command = [sys.executable, "-m", "bench.simulation_memory", str(file)]
        # the first may have to compile
        for _ in range(2):
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told_mib = json.loads(told)
    own_mib = told_mib["peak"] - told_mib["before"]
    peak = Target(
        "memory of that process, at its peak",
        f"{MOST_MIB:.0f} MiB",
        f"{told_mib['peak']:.0f} MiB, of which the replication {own_mib:.0f} MiB",
        told_mib["peak"] <= MOST_MIB,
    )
    cells = [
        ["MiB of the process before, without the model", f"{told_mib['libraries']:.0f}"],
        ["MiB of the process before, with the model", f"{told_mib['before']:.0f}"],
        ["MiB of the process at its peak", f"{told_mib['peak']:.0f}"],
        ["MiB of the replication", f"{own_mib:.0f}"],
    ]
    return [peak], cells


def _rates(year: Year, sizes: Sizes) -> tuple[list[Target], Sheet]:
    """Compare numbers of threads."""

    def run(threads: int, count: int) -> Callable[[], object]:
        return lambda: sample(
            Repetition(year.model, year.ticks, SEED),
            year.tonnes,
            replications=count,
            precision=None,
            replicate_all=in_threads(threads),
            progress=None,
        )

    numbers = range(1, THREADS + 1)
    sides = [Side(f"{n}", run(n, sizes.batch), sizes.rounds, warm=n == THREADS) for n in numbers]
    costs = interleaved(sides)
    cells = [
        [
            f"{threads}",
            f"{cost.wall_s:.2f}",
            f"{cost.cpu_s:.2f}",
            f"{sizes.batch / cost.wall_s:.2f}",
            f"{costs[0].wall_s / cost.wall_s:.2f}",
        ]
        for threads, cost in zip(numbers, costs, strict=True)
    ]
    gain = costs[0].wall_s / costs[-1].wall_s
    minutes = MANY * costs[-1].wall_s / sizes.batch / 60.0
    how = f"from {sizes.batch}"
    if sizes.many:
        begun = time.perf_counter()
        run(THREADS, MANY)()
        minutes = (time.perf_counter() - begun) / 60.0
        how = "measured"
    wanted = [
        Target(
            f"{MANY:,} replications on {THREADS} cores",
            f"{MOST_MIN:.0f} min",
            f"{minutes:.1f} min ({how})",
            minutes <= MOST_MIN,
        ),
        Target(
            f"rate on {THREADS} cores against one",
            f"{LEAST_GAIN} times",
            f"{gain:.2f} times",
            gain >= LEAST_GAIN,
        ),
    ]
    note = (
        f"{sizes.batch} replications at a time, medians of {sizes.rounds} rounds in turn; with "
        "all that is kept of them."
    )
    header = ["threads", "s by the clock", "s of processor", "replications per s", "times one"]
    return wanted, page.sheet("Many replications", header, cells, note)
