"""Measure N-1 over a study's links and terminals: python -m bench.decisions [--sample N | --all].

Part a of the decisions: the wall time of `stress` on two threads; the processor time of elements
lost one by one as `stress` does it, against the same ones assigned again from nothing, without
and with compiling the network anew, on a random sample of all elements, interleaved; and whether
both rank the sample alike. Compilation of kernels and reading are not counted. With --all, only
whether both rank all elements alike (or with --every N, each N-th of them), on two threads: that
takes minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from statistics import median

import numpy as np
from bench.timing import Side, interleaved
from rich.console import Console

from sogdia.analysis.criticality.bench import Bench
from sogdia.analysis.criticality.elements import Element, asked_under, elements_of
from sogdia.analysis.criticality.figures import harm_of, shipped
from sogdia.analysis.criticality.stress import stress
from sogdia.analysis.criticality.trial import Trial
from sogdia.assignment import AssignmentOptions
from sogdia.assignment.one_thread import one_blas_thread
from sogdia.assignment.requests import year_of_demand
from sogdia.assignment.solution import PeriodSolution, solve_period
from sogdia.network.model import Floats
from sogdia.scenario import periods
from sogdia.study.load import load

KINDS = ("link", "terminal")
TARGET_S, TARGET_RATIO = 20.0, 5.0
SAME_KT = 1e-3
SEED = 8


def trial_of(study_name: str, year: int | None) -> Trial:
    """Return all links and terminals of a study, in the last period of a year."""
    asked = year_of_demand(load(study_name), None, year)
    period = periods(asked.study, asked.scenario, asked.year)[-1]
    bench = Bench(asked, period, AssignmentOptions(), 0.0)
    return Trial(bench, elements_of(bench.part.study, bench.arcs, KINDS), 1.0)


def cold(trial: Trial, element: Element) -> PeriodSolution:
    """Assign from nothing on the network that is compiled."""
    bench = trial.bench
    shut = bench.arcs.shut(element)
    assert shut is not None, "links and terminals are arcs"
    return bench.solver.solve_cold(shut)


def from_tables(trial: Trial, element: Element) -> PeriodSolution:
    """Compile the network without the element, and assign from nothing."""
    bench = trial.bench
    asked = asked_under(bench.asked, bench.period, [element], 0.0)
    return solve_period(asked, bench.period, bench.options)


def one_by_one(
    trial: Trial, sample: Sequence[int], solve: Callable[[Trial, Element], PeriodSolution]
) -> list[float]:
    """Return what is lost without each element, kt."""
    before = shipped(trial.bench.part)
    return [
        float(harm_of(before, shipped(solve(trial, trial.elements[n])), 1.0).lost_kt.sum())
        for n in sample
    ]


def same_ranking(one: Floats, other: Floats) -> bool:
    """Tell whether losses stand in the same order but for differences of less than a tonne."""
    as_one_ranks = other[np.argsort(-one, kind="stable")]
    most_below = np.maximum.accumulate(as_one_ranks[::-1])[::-1]
    return bool((most_below - as_one_ranks < SAME_KT).all())


def say_whether_alike(
    warm: Sequence[float], cold_: Sequence[float], names: Sequence[str], console: Console
) -> None:
    """Print whether both ways rank elements alike, and how far apart they are, and where."""
    ours, theirs = np.array(warm), np.array(cold_)
    apart = np.abs(ours - theirs)
    alike = same_ranking(ours, theirs) and same_ranking(theirs, ours)
    console.print(
        f"same ranking: {alike}; lost tonnes differ by {1000 * apart.max():.2g} t at most "
        f"({names[int(apart.argmax())]})"
    )


@one_blas_thread()
def measure_sample(trial: Trial, size: int, repetitions: int, console: Console) -> None:
    """Print the processor time of both ways, their ratio, and whether they agree."""
    sample = sorted(Random(SEED).sample(range(len(trial.elements)), size))
    found: dict[str, list[float]] = {}

    def warm() -> None:
        found["stress"] = [trial.lose((number,)).lost_kt for number in sample]

    def again() -> None:
        found["cold"] = one_by_one(trial, sample, cold)

    def anew() -> None:
        found["tables"] = one_by_one(trial, sample, from_tables)

    sides = [
        Side("stress", warm, repetitions),
        Side("cold", again, repetitions),
        Side("tables", anew, repetitions),
    ]
    ours, theirs, whole = interleaved(sides)
    console.print(
        f"{size} of {len(trial.elements)} elements at random (seed {SEED}), one by one, median of "
        f"{repetitions}: stress {ours.cpu_s:.2f} s, from nothing {theirs.cpu_s:.2f} s, with "
        f"compiling {whole.cpu_s:.2f} s of processor time"
    )
    console.print(
        f"{theirs.cpu_s / ours.cpu_s:.1f} times as fast as from nothing (target {TARGET_RATIO:g}), "
        f"{whole.cpu_s / ours.cpu_s:.1f} times as with compiling"
    )
    names = [trial.elements[number].element for number in sample]
    say_whether_alike(found["stress"], found["cold"], names, console)


@one_blas_thread()
def compare_all(trial: Trial, every: int, console: Console) -> None:
    """Print the time of both ways on two threads, over each `every`-th element, and their ranks."""
    sample = range(0, len(trial.elements), every)
    lost, costs = [], []

    def warm(number: int) -> float:
        return trial.lose((number,)).lost_kt

    def again(number: int) -> float:
        return one_by_one(trial, [number], cold)[0]

    for solve in (warm, again):
        started, cpu = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(2) as pool:
            lost.append(list(pool.map(solve, sample)))
        costs.append((time.perf_counter() - started, time.process_time() - cpu))
    (wall, ours), (cold_wall, theirs) = costs
    console.print(
        f"{len(sample)} of {len(trial.elements)} elements on two threads: stress {wall:.1f} s "
        f"({ours:.1f} s of processor), from nothing {cold_wall:.1f} s ({theirs:.1f} s): "
        f"{theirs / ours:.1f} times as fast (target {TARGET_RATIO:g})"
    )
    names = [trial.elements[number].element for number in sample]
    say_whether_alike(lost[0], lost[1], names, console)


def measure_all(study_name: str, year: int | None, repetitions: int, console: Console) -> None:
    """Print the wall time of N-1 over all links and terminals on two threads."""
    study = load(study_name)
    walls, base = [], []
    for _ in range(repetitions):
        started = time.perf_counter()
        result = stress(study, year=year, elements=("links", "terminals"), threads=2)
        walls.append(time.perf_counter() - started)
        base.append(result.elements.height)
    console.print(
        f"N-1 over {base[0]} links and terminals of {study_name}, two threads: "
        f"{median(walls):.1f} s, median of {repetitions} (target {TARGET_S:g} s)"
    )


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="eurasia")
    parser.add_argument("--year", type=int, default=None)
    parser.add_argument("--sample", type=int, default=16)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--every", type=int, default=1)
    asked = parser.parse_args(arguments)
    console = Console()
    trial = trial_of(asked.study, asked.year)
    if asked.all:
        compare_all(trial, asked.every, console)
        return
    measure_sample(trial, asked.sample, asked.repetitions, console)
    measure_all(asked.study, asked.year, asked.repetitions, console)


if __name__ == "__main__":
    main(sys.argv[1:])
