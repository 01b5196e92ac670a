"""Measure the stochastic equilibrium: averages of two kinds against Newton steps with averages.

    python -m bench.stochastic FOLDER                      # folder of TNTP instances
    python -m bench.stochastic FOLDER --only SiouxFalls --repetitions 3

All sides solve the same fixed point over the same path sets, found beforehand and not counted;
each residual is one interleaved run; a side that takes longer than `MOST_SECONDS` is left out of
the smaller residuals. MSA goes ``1 / n`` of the way (Powell and Sheffi, 1982),
SRA is self-regulated averaging (Liu, He and He, 2009), and the third side is what Sogdia does.
A pass reads all paths once: a loading, or a product with the Jacobian.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bench.assignment import read
from rich.console import Console
from rich.table import Table

from sogdia.assignment.traffic.path_sets import PathSets, penalty_paths, without_detours
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.stochastic import AFTER_BETTER, AFTER_WORSE, solve
from sogdia.assignment.traffic.stochastic_loading import Loading, arc_costs
from sogdia.assignment.traffic.stochastic_memory import StochasticMemory
from sogdia.assignment.traffic.stochastic_options import StochasticOptions

INSTANCES = ("SiouxFalls", "Anaheim", "ChicagoSketch")
RESIDUALS = (1e-4, 1e-6, 1e-8)
MOST_SECONDS = 5.0
NEVER = (-1, 0.0)
Outcome = tuple[int, float]


def averages(
    problem: TrafficProblem, sets: PathSets, options: StochasticOptions, *, regulated: bool
) -> Callable[[float], Outcome]:
    """Return a way of solving by averages alone: steps and processor seconds to a residual."""

    def run(gap: float) -> Outcome:
        begin = time.process_time()
        loading = Loading(problem, sets, options, None)
        flow, load = loading.choices(loading.costs(np.zeros(problem.delay.size)))
        divisor, before, steps = 1.0, np.inf, 0
        while time.process_time() - begin < MOST_SECONDS:
            chosen, chosen_load = loading.choices(loading.costs(load))
            off = float(np.abs(chosen - flow).sum() / problem.trips.sum())
            if off <= gap:
                return steps, time.process_time() - begin
            if regulated and steps > 0:
                divisor += AFTER_WORSE if off >= before else AFTER_BETTER
            before = off
            flow += (chosen - flow) / divisor
            load += (chosen_load - load) / divisor
            steps += 1
            if not regulated:
                divisor += 1.0
        return NEVER

    return run


def with_newton(
    problem: TrafficProblem, sets: PathSets, options: StochasticOptions
) -> Callable[[float], Outcome]:
    """Return Sogdia's way; the path search, which is repeated, is taken off its time."""
    search = StochasticMemory(
        sets,
        np.zeros(sets.count),
        problem.pair_class,
        problem.pair_origin,
        problem.pair_destination,
    )

    def run(gap: float) -> Outcome:
        begin = time.process_time()
        start = solve(problem, options=options, gap=np.inf, warm_start=search)
        searched = time.process_time() - begin
        begin = time.process_time()
        solution = solve(problem, options=options, gap=gap, warm_start=search)
        spent = time.process_time() - begin - searched
        if not solution.converged or start.iterations > 0:
            return NEVER
        return solution.iterations, spent

    return run


def main() -> None:
    """Print one row per instance, scale and residual."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=INSTANCES)
    parser.add_argument("--scales", nargs="*", type=float, default=(0.2, 0.5, 2.0))
    parser.add_argument("--repetitions", type=int, default=5)
    told = parser.parse_args()
    names = ("MSA", "SRA", "Newton + SRA")
    columns = [f"{name}: {what}" for name in names for what in ("steps", "CPU s")]
    table = Table("instance", "scale", "paths", "residual", *columns)
    for name in [one for one in told.only if (told.folder / one).is_dir()]:
        problem = read(told.folder / name)
        free = arc_costs(problem, problem.delay.free_time)
        for scale in told.scales:
            options = StochasticOptions(scale=scale, generations=0)
            sets = penalty_paths(problem, free, rounds=options.paths, penalty=options.penalty)
            sets = without_detours(problem, sets, free, options.detour)
            sides = [
                averages(problem, sets, options, regulated=False),
                averages(problem, sets, options, regulated=True),
                with_newton(problem, sets, options),
            ]
            live = [True] * len(sides)
            for side in sides:
                side(0.5)
            for residual in RESIDUALS:
                found: list[list[Outcome]] = [[] for _ in sides]
                for _ in range(told.repetitions):
                    for number, side in enumerate(sides):
                        if live[number]:
                            found[number].append(side(residual))
                            live[number] = found[number][-1] != NEVER
                cells = []
                for number, one in enumerate(found):
                    if live[number]:
                        spent = statistics.median(seconds for _, seconds in one)
                        cells += [str(one[0][0]), f"{spent:.3f}"]
                    else:
                        cells += ["-", f"> {MOST_SECONDS:g}"]
                table.add_row(name, f"{scale:g}", str(sets.count), f"{residual:g}", *cells)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
