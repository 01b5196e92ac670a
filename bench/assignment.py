"""Measure user equilibrium by bushes: python -m bench.assignment [--aequilibrae PYTHON].

The unit is one *loading*: the time scipy's dijkstra takes for the trees of all origins at free
flow, in the same interleaved run. Compilation and reading are not counted; compilation is
printed apart. Peers run in an interpreter of their own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from bench.timing import Side, interleaved
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sogdia.assignment.traffic.bush_memory import BushMemory
from sogdia.assignment.traffic.delay import delay_times
from sogdia.assignment.traffic.from_study import traffic_problem
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.user_equilibrium import solve
from sogdia.errors import DataError
from sogdia.network.traffic import compile_roads
from sogdia.study.formats.tntp import read as read_tntp

PEER = Path(__file__).with_name("peers_aequilibrae.py")
BEST = {
    "SiouxFalls": 4231335.2871074406,
    "Anaheim": 1286032.1710960325,
    "ChicagoSketch": 17313018.7387477569,
    "BerlinCenter": 20817213.19861,
}
FACTORS = {"ChicagoSketch": (0.02, 0.04)}
"""Toll and distance factor, where only the collection's pages give them."""
TARGET_LOADINGS = {"ChicagoSketch": 15.0, "BerlinCenter": 10.0}
GAPS = (1e-4, 1e-6, 1e-10)
PEER_GAPS = (1e-4, 1e-5, 1e-6)
WARM_LINKS = 9


def read(folder: Path, *, scale: float = 1.0) -> TrafficProblem:
    """Return the problem of a TNTP folder, its trips times `scale`."""
    toll_factor, distance_factor = FACTORS.get(folder.name, (None, None))
    study, problems, _ = read_tntp(folder, toll_factor=toll_factor, distance_factor=distance_factor)
    if study is None:
        raise DataError(problems)
    problem = traffic_problem(study, compile_roads(study)).problem
    return replace(problem, trips=problem.trips * scale)


def trees(problem: TrafficProblem) -> None:
    """Find the trees of all origins at free flow by scipy."""
    cost = problem.fixed_cost[0] + delay_times(problem.delay, np.zeros(problem.arcs))[0]
    # What is not stored is no arc for scipy: arcs of no cost get the least one.
    stored = np.maximum(cost, 1e-12)
    graph = csr_array((stored, problem.head, problem.first_out), shape=(problem.nodes,) * 2)
    dijkstra(graph, indices=np.unique(problem.pair_origin))


def measure(name: str, problem: TrafficProblem, repetitions: int, console: Console) -> None:
    """Print loadings, seconds and objective at every gap, with one thread and two."""
    sides = [Side("loading", partial(trees, problem), repetitions)]
    for gap in GAPS:
        sides.append(Side(f"{gap:g}", partial(solve, problem, gap=gap), repetitions))
    two = Side("1e-10, 2 threads", lambda: solve(problem, gap=1e-10, threads=2), repetitions)
    loading, *costs = interleaved([*sides, two])
    table = Table(title=f"{name}: one loading {loading.cpu_s:.4f} s", title_justify="left")
    for column in ("gap", "CPU s", "wall s", "loadings", "target"):
        table.add_column(column, justify="right")
    for side, cost in zip([*sides[1:], two], costs, strict=True):
        target = TARGET_LOADINGS.get(name) if side.name == "1e-10" else None
        table.add_row(
            side.name,
            f"{cost.cpu_s:.3f}",
            f"{cost.wall_s:.3f}",
            f"{cost.cpu_s / loading.cpu_s:.1f}",
            f"<= {target:g}" if target else "",
        )
    console.print(table)
    found = solve(problem, gap=1e-10)
    known = f", best known {BEST[name]!r}" if name in BEST else ""
    console.print(
        f"gap {found.relative_gap:.1e} after {found.iterations} iterations, "
        f"objective {found.objective:.7f}{known}; "
        f"two threads {costs[-2].wall_s / costs[-1].wall_s:.2f} times one (wall)"
    )
    _warm(problem, 1 if found.seconds > 1.0 else repetitions, console)


def _warm(problem: TrafficProblem, repetitions: int, console: Console) -> None:
    """Print how much sooner a link that lost half its capacity is solved from the old bushes."""
    before = solve(problem, gap=1e-10)
    memory = before.memory if isinstance(before.memory, BushMemory) else None
    volume = before.flow.sum(axis=0)
    by_volume = np.argsort(-volume)
    used = int((volume > 0.0).sum())
    ratios = []
    for rank in np.linspace(0, used - 1, WARM_LINKS).astype(int):
        capacity = problem.delay.capacity.copy()
        capacity[by_volume[rank]] *= 0.5
        changed = replace(problem, delay=replace(problem.delay, capacity=capacity))
        cold, warm = interleaved(
            [
                Side("cold", partial(solve, changed, gap=1e-8), repetitions),
                Side("warm", partial(solve, changed, gap=1e-8, warm_start=memory), repetitions),
            ]
        )
        ratios.append(cold.cpu_s / warm.cpu_s)
    console.print(
        f"half of one link's capacity lost, gap 1e-8, {WARM_LINKS} links from the busiest to the "
        f"emptiest: warm {median(ratios):.1f} times sooner (median), {ratios[0]:.1f} for the "
        f"busiest, {min(ratios):.1f} at worst\n"
    )


def measure_memory(folder: Path, console: Console) -> None:
    """Print the peak memory of a fresh process, of reading and of solving."""
    script = (
        "import sys; from pathlib import Path; from bench.assignment import peak_mib, read\n"
        "from sogdia.assignment.traffic.user_equilibrium import solve\n"
        "imported = peak_mib(); problem = read(Path(sys.argv[1])); reading = peak_mib()\n"
        "solve(problem, gap=1e-10); print(imported, reading, peak_mib())\n"
    )
    command = [sys.executable, "-c", script, str(folder)]
    said = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]
    ).stdout.split()
    console.print(
        f"{folder.name}: peak memory of a process {said[0]} MiB imported, {said[1]} read, "
        f"{said[2]} solved to 1e-10"
    )


def peak_mib() -> int:
    """Return the peak resident memory of this process (Linux)."""
    # getrusage would begin with the peak of the parent.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def against_aequilibrae(
    python: Path, problem: TrafficProblem, rounds: int, console: Console
) -> None:
    """Print how much sooner the bushes are than AequilibraE, in alternate rounds."""
    delay = problem.delay
    peer: dict[float, list[float]] = {gap: [] for gap in PEER_GAPS}
    own: dict[float, list[float]] = {gap: [] for gap in PEER_GAPS}
    iterations, told = {}, {}
    flows: dict[float, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "problem.npz"
        np.savez(
            file,
            tail=problem.tail,
            head=problem.head,
            free_time=delay.free_time,
            capacity=delay.capacity,
            alpha=delay.alpha,
            beta=delay.beta,
            fixed_cost=problem.fixed_cost[0],
            origin=problem.pair_origin,
            destination=problem.pair_destination,
            trips=problem.trips,
        )
        for _ in range(rounds):
            for gap in PEER_GAPS:
                begin = time.process_time()
                solve(problem, gap=gap)
                own[gap].append(time.process_time() - begin)
                command = [str(python), str(PEER), str(file), str(gap)]
                out = subprocess.run(command, check=True, capture_output=True, text=True)
                line = json.loads(out.stdout.strip().splitlines()[-1])
                peer[gap].append(line["cpu_s"])
                iterations[gap], told[gap] = line["iterations"], line["version"]
                flows[gap] = np.array(line["flow"])
    best = solve(problem, gap=1e-10).flow[0]
    table = Table(
        title=f"AequilibraE {told[PEER_GAPS[0]]} (bfw), medians of {rounds}",
        title_justify="left",
    )
    for column in ("gap", "AequilibraE CPU s", "iterations", "bushes CPU s", "ratio", "flows"):
        table.add_column(column, justify="right")
    for gap in PEER_GAPS:
        theirs, ours = median(peer[gap]), median(own[gap])
        differ = np.abs(flows[gap] - best).sum() / best.sum()
        table.add_row(
            f"{gap:g}",
            f"{theirs:.2f}",
            str(iterations[gap]),
            f"{ours:.3f}",
            f"{theirs / ours:.0f}",
            f"{differ:.1e} off",
        )
    console.print(table)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=Path, default=Path("../shared/bench/tntp"))
    parser.add_argument("--aequilibrae", type=Path, help="a Python that has AequilibraE")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3, help="against AequilibraE")
    chosen = parser.parse_args(arguments)
    console = Console()
    if not chosen.instances.is_dir():
        console.print(f"skipped: there is no folder {chosen.instances} with TNTP instances")
        return
    begin = time.perf_counter()
    problem = read(chosen.instances / "SiouxFalls")
    solve(problem, gap=1e-4)
    console.print(f"compilation, or reading what was compiled: {time.perf_counter() - begin:.1f} s")
    for name in BEST:
        problem = read(chosen.instances / name)
        # A minute is enough for the largest.
        repetitions = 3 if name == "BerlinCenter" else chosen.repetitions
        measure(name, problem, min(repetitions, chosen.repetitions), console)
    doubled = read(chosen.instances / "ChicagoSketch", scale=2.0)
    measure("ChicagoSketch, trips doubled", doubled, chosen.repetitions, console)
    measure_memory(chosen.instances / "BerlinCenter", console)
    if chosen.aequilibrae is not None:
        problem = read(chosen.instances / "ChicagoSketch")
        against_aequilibrae(chosen.aequilibrae, problem, chosen.rounds, console)


if __name__ == "__main__":
    main()
