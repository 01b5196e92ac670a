"""Measure supply balances: a year of the built-in study, its stops, and plain HiGHS.

    python -m bench.supply                     # everything, about an hour
    python -m bench.supply --only a,d
    python -m bench.supply --quick             # every part, small, in a few minutes
    python -m bench.supply --write docs/performance.md

Parts: a, all commodities of eurasia, month by month, in processes of their own; b, every
element stopped, restarted and from scratch in turn; c, years of disruptions; d, synthetic
balances (see `bench.supply_synthetic`) over paths and, by plain HiGHS, in their arc form.
The run ends if the sides do not agree to a millionth.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from bench import page
from bench.page import Target
from rich.console import Console

import sogdia
from sogdia.balance import SupplyResult, supply
from sogdia.balance.disruptions import disruptions
from sogdia.balance.outages import KINDS, Outage, Outages
from sogdia.balance.problem import Stress
from sogdia.balance.program import Program
from sogdia.balance.resilience import n_minus_1
from sogdia.report.sheets import NONE, Sheet
from sogdia.report.tables import show_sheet

STUDY = "eurasia"
SECTION = "supply"
HEADING = """## Supply security

Written by `python -m bench.supply --write docs/performance.md`."""
PACKAGES = ("sogdia", "highspy", "numba", "numpy")
YEAR_S, YEAR_MIB = 5.0, 1024.0
STOP_TIMES, DRAWS_MIN, ARCS_TIMES = 5.0, 5.0, 3.0
DRAWS = 10_000
EQUAL = 1e-6


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to measure.

    Attributes
    ----------
    processes : int
        Processes that each balance a year.
    stops : int or None
        Elements, of those that goods pass, that are stopped; None: all, and once more by
        `n_minus_1`.
    draws : int
        Years of disruptions that are lived through.
    sizes : tuple of tuple of int
        Nodes and commodities of the synthetic balances.
    repetitions : int
        How often each of these is solved, on either side.
    limit_s : int
        When plain HiGHS gives up on one.
    """

    processes: int
    stops: int | None
    draws: int
    sizes: tuple[tuple[int, int], ...]
    repetitions: int
    limit_s: int


FULL = Scale(
    processes=5,
    stops=None,
    draws=DRAWS,
    sizes=((200, 20), (400, 60), (700, 120), (2000, 500)),
    repetitions=3,
    limit_s=1800,
)
QUICK = Scale(
    processes=2,
    stops=6,
    draws=30,
    sizes=((100, 10), (200, 20)),
    repetitions=3,
    limit_s=60,
)


@cache
def balance() -> SupplyResult:
    """Balance the year of the built-in study that the parts share."""
    return supply(sogdia.load(STUDY))


def alone(*arguments: object) -> dict[str, Any]:
    """Run `bench.supply_alone` in a process of its own."""
    command = [sys.executable, "-m", "bench.supply_alone", *(str(one) for one in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def insist(what: str, one: float, other: float) -> None:
    """End the run unless two objectives are equal to a millionth."""
    if abs(one - other) > EQUAL * max(abs(one), abs(other), 1.0):
        raise SystemExit(f"{what}: the sides do not agree, {one} and {other}")


def year(scale: Scale) -> list[Sheet]:
    """Balance a year in processes of their own."""
    told = [alone("year", STUDY) for _ in range(scale.processes)]
    seconds = median(one["seconds"] for one in told)
    peak = median(one["peak_mib"] for one in told)
    first = told[0]
    cells = [
        ["commodities", f"{first['commodities']}"],
        ["pairs that may trade", f"{first['pairs']:,}"],
        ["networks in twelve months", f"{first['networks']}"],
        ["rounds of looking for paths", f"{first['rounds']}"],
        ["paths found", f"{first['paths']:,}"],
        ["s to build", f"{median(one['stages']['build'] for one in told):.2f}"],
        ["s to solve", f"{median(one['stages']['solve'] for one in told):.2f}"],
        ["s in all", f"{seconds:.2f}"],
        ["MiB of the process before, with the study", f"{first['before_mib']:.0f}"],
        ["MiB of the process at its peak", f"{peak:.0f}"],
    ]
    wanted = [
        Target("built and solved", f"{YEAR_S:.0f} s", f"{seconds:.2f} s", met=seconds < YEAR_S),
        Target("memory", f"{YEAR_MIB:.0f} MiB", f"{peak:.0f} MiB", met=peak < YEAR_MIB),
    ]
    note = f"Medians of {len(told)} processes, kernels compiled before; the tables are read before."
    return [page.targets(wanted), page.sheet("Twelve months", ["what", ""], cells, note)]


@dataclass(frozen=True, slots=True)
class Stop:
    """Seconds to stop an element: by restart, and from scratch."""

    warm_s: float
    fresh_s: float


def stop(result: SupplyResult, program: Program, outage: Outage) -> Stop:
    """Stop an element both ways."""
    problem = result.assembly.problem
    started = perf_counter()
    warm = program.solve(_stress(program, outage))
    warm_s = perf_counter() - started
    started = perf_counter()
    anew = Program(problem)
    fresh = anew.solve(_stress(anew, outage))
    fresh_s = perf_counter() - started
    insist(f"without {outage.element}", warm.objective, fresh.objective)
    return Stop(warm_s, fresh_s)


def _stress(program: Program, outage: Outage) -> Stress:
    problem = program.problem
    if outage.stopped is not None:
        factor = np.ones(problem.capacity_kt.shape)
        factor[outage.stopped] = 0.0
        return Stress(sources=factor)
    return Stress(gates={program.gate(outage.marked): np.zeros(problem.periods)})


def stops(scale: Scale) -> list[Sheet]:
    """Stop every element of a year."""
    result = balance()
    every = Outages(result)
    elements = every.of(KINDS)
    touched = every.touched(result.solution)
    felt = [one for one in elements if touched.has(one)]
    chosen = felt[:: -(-len(felt) // scale.stops)] if scale.stops else felt
    program = Program(result.assembly.problem)
    program.solve()
    measured = [stop(result, program, one) for one in chosen]
    warm_s = sum(one.warm_s for one in measured)
    fresh_s = sum(one.fresh_s for one in measured)
    whole_s, by = warm_s / len(measured) * len(felt), "restart, from the mean of these"
    if scale.stops is None:
        started = perf_counter()
        n_minus_1(result, kinds=KINDS)
        whole_s, by = perf_counter() - started, "`n_minus_1`"
    times = fresh_s / warm_s
    all_s = fresh_s / len(measured) * len(elements)
    cells = [
        ["elements", f"{len(elements):,}"],
        ["of these, goods pass", f"{len(felt):,}"],
        ["stopped both ways", f"{len(measured):,}"],
        ["s by restart, each", f"{warm_s / len(measured):.3f}"],
        ["s from scratch, each", f"{fresh_s / len(measured):.3f}"],
        ["times", f"{times:.1f}"],
        [f"s for all by {by}", f"{whole_s:.2f}"],
        ["s for all from scratch, from the mean of these", f"{all_s:.0f}"],
        ["times", f"{all_s / whole_s:.0f}"],
    ]
    wanted = [
        Target(
            "N-1 by restart, of what goods pass",
            f"{STOP_TIMES:.0f} times as fast",
            f"{times:.1f} times",
            met=times >= STOP_TIMES,
        ),
        Target(
            "N-1 over all elements",
            f"{STOP_TIMES:.0f} times as fast",
            f"{all_s / whole_s:.0f} times (from {len(measured)})",
            met=all_s / whole_s >= STOP_TIMES,
        ),
    ]
    note = (
        "Each element by restart and from scratch in turn; the whole year, all commodities. "
        "What no goods pass is not solved by restart: nothing changes without it."
    )
    return [page.targets(wanted), page.sheet("Every element stopped", ["what", ""], cells, note)]


def years(scale: Scale) -> list[Sheet]:
    """Live through years of disruptions."""
    result = balance()
    disruptions(result, draws=2)
    started = perf_counter()
    lived = disruptions(result, draws=scale.draws)
    seconds = perf_counter() - started
    minutes = seconds / scale.draws * DRAWS / 60.0
    part = "" if scale.draws == DRAWS else f" (from {scale.draws:,})"
    cells = [
        ["years", f"{lived.draws:,}"],
        ["disruptions in the record", f"{lived.by_disruption.height}"],
        ["s", f"{seconds:.1f}"],
        ["ms a year", f"{1000.0 * seconds / scale.draws:.1f}"],
    ]
    wanted = [
        Target(
            f"{DRAWS:,} years of disruptions",
            f"{DRAWS_MIN:.0f} min",
            f"{minutes:.1f} min{part}",
            met=minutes < DRAWS_MIN,
        )
    ]
    return [page.targets(wanted), page.sheet("Years of disruptions", ["what", ""], cells)]


def sizes(scale: Scale) -> list[Sheet]:
    """Solve synthetic balances over paths and arcs in turn, each in a process of its own."""
    cells, wanted = [], []
    for nodes, commodities in scale.sizes:
        own: list[dict[str, Any]] = []
        plain: list[dict[str, Any]] = []
        for _ in range(scale.repetitions):
            own.append(alone("paths", nodes, commodities))
            # What did not end in time would not the next time.
            if not plain or plain[-1]["ended"]:
                plain.append(alone("arcs", nodes, commodities, scale.limit_s))
        ended = plain[0]["ended"]
        if ended:
            insist(f"{nodes} nodes", own[0]["objective"], plain[0]["objective"])
        own_s = median(one["seconds"] for one in own)
        plain_s = median(one["seconds"] for one in plain)
        times = f"{plain_s / own_s:.1f}" if ended else f"more than {plain_s / own_s:.1f}"
        cells.append(
            [
                f"{nodes:,}",
                f"{commodities}",
                f"{own[0]['full']:,}",
                f"{own[0]['paths']:,}",
                f"{own_s:.2f}",
                f"{own[0]['peak_mib']:.0f}",
                f"{plain[0]['columns']:,}",
                f"{plain_s:.2f}" if ended else f"{plain_s:.0f}, not ended",
                f"{plain[0]['peak_mib']:.0f}",
                times,
                NONE if ended else _reached(own[0], plain[0]),
            ]
        )
        wanted.append(
            Target(
                f"{nodes:,} nodes, {commodities} commodities",
                f"{ARCS_TIMES:.0f} times as fast",
                f"{times} times",
                met=plain_s / own_s >= ARCS_TIMES,
            )
        )
    header = ["nodes", "commodities", "full lines", "paths", "paths, s", "MiB"]
    header += ["columns of arcs", "arcs, s", "MiB", "times", "reached"]
    note = (
        f"Medians of {scale.repetitions} processes each, in turn; HiGHS as it comes, on one "
        f"arc-form program, stopped after {scale.limit_s:,} s. Objectives agree to a millionth "
        "wherever it ended."
    )
    return [page.targets(wanted), page.sheet("Paths and arcs", header, cells, note, words=0)]


def _reached(own: dict[str, Any], plain: dict[str, Any]) -> str:
    """What plain HiGHS had when its time was up."""
    if plain["infeasible"] > EQUAL:
        return f"no balance yet, {plain['infeasible']:,.0f} kt amiss"
    return f"{plain['objective'] / own['objective']:.4f} of the optimum"


@dataclass(frozen=True, slots=True)
class Part:
    """A part: its title, and how it is measured."""

    title: str
    measure: Callable[[Scale], list[Sheet]]


PARTS = {
    "a": Part("A year of eurasia, all commodities", year),
    "b": Part("N-1: restarted and from scratch", stops),
    "c": Part("Disruptions by chance", years),
    "d": Part("Paths against arcs", sizes),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small, in a few minutes")
    parser.add_argument("--only", metavar="PARTS", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into a page")
    arguments = parser.parse_args()
    names = arguments.only.split(",") if arguments.only else list(PARTS)
    if not set(names) <= set(PARTS):
        parser.error(f"--only takes some of {', '.join(PARTS)}, with commas between")
    scale = QUICK if arguments.quick else FULL
    console = Console(width=150)
    for name in names:
        part = PARTS[name]
        about = page.circumstances(PACKAGES)
        if arguments.quick:
            about = f"{about} Small sizes, to try the script: no figure to quote."
        sheets = part.measure(scale)
        console.rule(part.title)
        console.print(about)
        for sheet in sheets:
            console.print()
            show_sheet(sheet, console)
        if arguments.write:
            text = page.markdown(part.title, about, sheets)
            page.write(arguments.write, SECTION, HEADING, {name: text})


if __name__ == "__main__":
    main()
