"""Measure the event simulation: against its peers, on a whole year, and how it grows.

    python -m bench.simulation                  # everything, about twenty minutes
    python -m bench.simulation --only a,b
    python -m bench.simulation --quick          # every part, small, in a minute or two
    python -m bench.simulation --full --write docs/performance.md

Parts: a, the queue, and b, the corridor, against SimPy, Ciw, salabim and plain Python (see
`bench.simulation_model`); c, a year of the built-in study; growth, ten times the shipments.
Every table is one interleaved run of all its sides, medians of the repetitions told. The
run ends if the sides do not agree. Needs the extra `bench`: pip install '.[bench]'.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bench import page, simulation_eurasia, simulation_speed
from bench.simulation_eurasia import Year, eurasia, prepare
from bench.simulation_growth import growth
from bench.simulation_speed import corridor, queue
from rich.console import Console

from sogdia.report.sheets import Sheet
from sogdia.report.tables import show_sheet

SECTION = "simulation"
HEADING = """## Event simulation

Written by `python -m bench.simulation --full --write docs/performance.md`."""
PACKAGES = ("sogdia", "numba", "numpy")
PEERS = ("simpy", "ciw", "salabim")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to measure."""

    queue: simulation_speed.Sizes
    corridor: simulation_speed.Sizes
    year: simulation_eurasia.Sizes
    growth_repetitions: int


FULL = Scale(
    queue=simulation_speed.Sizes(200_000, {"salabim": 20_000}, 5, 30, 1000, 3),
    corridor=simulation_speed.Sizes(100_000, {"salabim": 20_000, "Ciw": 20_000}, 5, 30, 1000, 3),
    year=simulation_eurasia.Sizes(365, "assigned", 7, 40, 5, many=False),
    growth_repetitions=5,
)
QUICK = Scale(
    queue=simulation_speed.Sizes(10_000, {"salabim": 1000}, 3, 10, 300, 2),
    corridor=simulation_speed.Sizes(5000, {"salabim": 500, "Ciw": 500}, 3, 10, 300, 2),
    year=simulation_eurasia.Sizes(60, "cheapest", 5, 4, 3, many=False),
    growth_repetitions=3,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part: its title, the peers it needs, and how it is measured."""

    title: str
    packages: tuple[str, ...]
    measure: Callable[[Scale, Callable[[], Year]], list[Sheet]]


PARTS = {
    "a": Part("The queue: 5 servers, exponential", PEERS, lambda scale, year: queue(scale.queue)),
    "b": Part(
        "The corridor: ten stations and a ferry that waits for 60",
        PEERS,
        lambda scale, year: corridor(scale.corridor),
    ),
    "c": Part("A year of eurasia", (), lambda scale, year: eurasia(year(), scale.year)),
    "growth": Part(
        "Ten times the shipments",
        (),
        lambda scale, year: growth(
            scale.queue.customers, scale.corridor.customers, year(), scale.growth_repetitions
        ),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small, in a minute or two")
    size.add_argument("--full", action="store_true", help="also the thousand replications of c")
    parser.add_argument("--only", metavar="PARTS", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into a page")
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="keep the translated year there, or take it"
    )
    arguments = parser.parse_args()
    names = arguments.only.split(",") if arguments.only else list(PARTS)
    if not set(names) <= set(PARTS):
        parser.error(f"--only takes some of {', '.join(PARTS)}, with commas between")
    scale = QUICK if arguments.quick else FULL
    scale = replace(scale, year=replace(scale.year, many=arguments.full))
    console = Console(width=150)
    year = cache(lambda: prepare(scale.year, arguments.model))
    for name in names:
        part = PARTS[name]
        about = page.circumstances([*PACKAGES, *part.packages])
        if arguments.quick:
            about = f"{about} Small sizes, to try the script: no figure to quote."
        sheets = part.measure(scale, year)
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
