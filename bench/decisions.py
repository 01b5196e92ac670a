"""Measure N-1 over a study's links and terminals: python -m bench.decisions [--sample N].

Part a of the decisions: the wall time of `stress` on two threads; the processor time of elements
lost one by one as `stress` does it, against the same ones assigned again from nothing, without
and with compiling the network anew, on a random sample of all elements, interleaved; and whether
both rank the sample alike. Compilation of kernels and reading are not counted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
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
from sogdia.assignment.requests import year_of_demand
from sogdia.assignment.solution import PeriodSolution, solve_period
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


def rank(lost: Sequence[float]) -> list[int]:
    """Order elements by what is lost, differences of less than a tonne not counted."""
    tonnes = np.round(np.array(lost) / SAME_KT)
    return [int(number) for number in np.argsort(-tonnes, kind="stable")]


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
    apart = np.abs(np.array(found["stress"]) - np.array(found["cold"])).max()
    same = rank(found["stress"]) == rank(found["cold"])
    console.print(f"same ranking: {same}; lost tonnes differ by {1000 * apart:.2g} t at most")


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
    asked = parser.parse_args(arguments)
    console = Console()
    measure_sample(trial_of(asked.study, asked.year), asked.sample, asked.repetitions, console)
    measure_all(asked.study, asked.year, asked.repetitions, console)


if __name__ == "__main__":
    main(sys.argv[1:])
