"""Measure how long a network of a million nodes takes to compile, and in how much memory.

    python -m bench.compile                     # two minutes
    python -m bench.compile --places 100000

Each compilation runs in a process of its own, which first loads the study's tables from
files: the memory told is the most that process ever held, its libraries and the study itself
included. Targets: under 20 s of processor time, and under 2 GiB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
from bench.planar import planar
from rich.console import Console
from rich.table import Table

from sogdia.network.compile import compile_network
from sogdia.network.model import Network
from sogdia.network.traffic import RoadNetwork, compile_roads
from sogdia.study import Settings, Study
from sogdia.study.model import tables_of

KIB_PER_GIB = 1024.0**2
COMPILERS: dict[str, Callable[[Study], RoadNetwork | Network]] = {
    "roads": compile_roads,
    "mode-state network": compile_network,
}
# A place of roads has three states and 4.57 arcs: so many make 2.5 million arcs of a million.
SHARE = 0.55


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--places", type=int, default=1_000_000)
    parser.add_argument("--alone", nargs=2, metavar=("COMPILER", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        print(json.dumps(alone(arguments.alone[0], Path(arguments.alone[1]))))
        return
    table = Table("compiler", "places", "nodes", "arcs", "cpu s", "clock s", "most GiB")
    compilations(table, arguments.places, tuple(COMPILERS))
    compilations(table, round(SHARE * arguments.places), ("mode-state network",))
    Console(width=120).print(table)


def compilations(table: Table, places: int, compilers: Sequence[str]) -> None:
    """Run compilers, each in a process of its own; add to the table what it took."""
    with tempfile.TemporaryDirectory() as folder:
        study = planar(places).study()
        for name in ("node", "link"):
            getattr(study, name).write_parquet(Path(folder) / f"{name}.parquet")
        del study
        for compiler in compilers:
            command = [sys.executable, "-m", "bench.compile", "--alone", compiler, folder]
            answer = subprocess.run(command, capture_output=True, check=True, text=True)
            cost = json.loads(answer.stdout)
            table.add_row(
                compiler,
                f"{places:,}",
                f"{cost['nodes']:,}",
                f"{cost['arcs']:,}",
                f"{cost['cpu_s']:.1f}",
                f"{cost['wall_s']:.1f}",
                f"{cost['most_gib']:.2f}",
            )


def alone(compiler: str, folder: Path) -> dict[str, float]:
    """Load the study and compile it, once."""
    names = ("node", "link")
    frames = {name: pl.read_parquet(folder / f"{name}.parquet") for name in names}
    study = Study(Settings(name="planar", crs="EPSG:3857"), tables_of(frames))
    del frames
    cpu, wall = time.process_time(), time.perf_counter()
    network = COMPILERS[compiler](study)
    return {
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - wall,
        "nodes": len(network.first_out) - 1,
        "arcs": len(network.head),
        "most_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_GIB,
    }


if __name__ == "__main__":
    main()
