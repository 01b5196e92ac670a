"""Hard capacities: the Lagrangian with its exact finish against plain column generation.

Both sides have the same master program on HiGHS and the same search for paths; the plain one
starts from cheapest paths and a dear overflow for each pair, prices all pairs in each round and
keeps its basis. A smaller instance is also solved on arc flows, by HiGHS alone.

Run with ``python bench/capacities.py [--rounds 5] [--small]``; CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import optimize, sparse, spatial

from sogdia.assignment.traffic.column_generation import finish
from sogdia.assignment.traffic.delay import constant_delay
from sogdia.assignment.traffic.path_equilibrium import solve
from sogdia.assignment.traffic.paths import merged, no_paths
from sogdia.assignment.traffic.paths_pricing import Pricer
from sogdia.assignment.traffic.problem import TrafficProblem

CLASSES = 20
SPREAD = 4
"""Perturbed cheapest paths per pair whose mean flow fits, so that some flow is feasible."""


def instance(nodes: int, arcs: int, pairs: int, tightness: float, seed: int = 1) -> TrafficProblem:
    """Return nodes in a square, arcs between near ones, pairs of a random class each."""
    rng = np.random.default_rng(seed)
    place = rng.random((nodes, 2))
    tail, head = _arcs(place, arcs, rng)
    first_out = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first_out[1:])
    length = np.hypot(*(place[tail] - place[head]).T) + 0.005
    time_weight = np.exp(rng.normal(0.0, 0.5, CLASSES))
    hours = length * rng.uniform(0.8, 1.6, arcs)
    money = length * rng.uniform(0.5, 1.5, arcs) * rng.uniform(0.8, 1.2, (CLASSES, arcs))
    chosen: set[tuple[int, int, int]] = set()
    while len(chosen) < pairs:
        origin, destination = rng.integers(nodes, size=2)
        if origin != destination:
            chosen.add((int(rng.integers(CLASSES)), int(origin), int(destination)))
    table = np.array(sorted(chosen), dtype=np.int32)
    problem = TrafficProblem(
        first_out=first_out,
        tail=tail,
        head=head,
        delay=constant_delay(hours),
        element=np.tile(np.arange(arcs, dtype=np.int32), (CLASSES, 1)),
        unit=np.tile(rng.uniform(0.5, 2.0, CLASSES)[:, None], (1, arcs)),
        fixed_cost=money,
        time_weight=time_weight,
        hard_capacity=np.full(arcs, np.inf),
        pair_class=table[:, 0].copy(),
        pair_origin=table[:, 1].copy(),
        pair_destination=table[:, 2].copy(),
        trips=rng.uniform(5.0, 20.0, pairs),
    )
    paid = money + time_weight[:, None] * hours
    fits = np.zeros(arcs)
    for _ in range(SPREAD):
        other = paid * np.exp(rng.normal(0.0, 0.5, paid.shape))
        around = replace(problem, fixed_cost=other, time_weight=np.zeros(CLASSES))
        fits += around.element_flow(solve(around).flow) / SPREAD
    mean = problem.element_flow(solve(problem).flow).mean()
    return replace(problem, hard_capacity=np.maximum(tightness * fits, 0.3 * mean))


def _arcs(place: np.ndarray, arcs: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A ring through all nodes, and both directions between near ones, by tail."""
    nodes = len(place)
    _, near = spatial.cKDTree(place).query(place, k=9)
    strip = (place[:, 0] * int(np.sqrt(nodes))).astype(int)
    ring = np.lexsort((np.where(strip % 2 == 0, place[:, 1], -place[:, 1]), strip))
    known = {(int(a), int(b)) for a, b in zip(ring, np.roll(ring, -1), strict=True)}
    while len(known) < arcs:
        start = int(rng.integers(nodes))
        end = int(near[start, rng.integers(1, 9)])
        known.add((start, end))
        if len(known) < arcs:
            known.add((end, start))
    tail, head = np.array(sorted(known), dtype=np.int32).T.copy()
    return tail, head


def with_lagrangian(problem: TrafficProblem) -> float:
    """Return the objective of `solve`."""
    return solve(problem, gap=1e-9).objective


def plain(problem: TrafficProblem) -> float:
    """Return the objective of column generation from cheapest paths."""
    cost = problem.fixed_cost + problem.time_weight[:, None] * problem.delay.free_time
    pricer = Pricer(problem)
    found = pricer(cost, np.full(len(problem.trips), np.inf))
    none = np.zeros(0, dtype=np.bool_)
    paths = merged(no_paths(len(problem.trips)), none, found.pair, found.first, found.arc)
    paths.flow[:] = problem.trips
    return finish(problem, cost, paths, np.zeros(problem.delay.size), pricer).objective


def on_arcs(problem: TrafficProblem) -> float:
    """Return the objective of the linear program on arc flows."""
    pairs, arcs = len(problem.trips), problem.arcs
    ends = np.concatenate([problem.tail, problem.head])
    signs = np.repeat([1.0, -1.0], arcs)
    incidence = sparse.coo_array(
        (signs, (ends, np.tile(np.arange(arcs), 2))), shape=(problem.nodes, arcs)
    )
    right = np.zeros((pairs, problem.nodes))
    right[np.arange(pairs), problem.pair_origin] += problem.trips
    right[np.arange(pairs), problem.pair_destination] -= problem.trips
    cost = problem.fixed_cost + problem.time_weight[:, None] * problem.delay.free_time
    answer = optimize.linprog(
        cost[problem.pair_class].ravel(),
        A_ub=sparse.hstack([sparse.diags_array(problem.unit[k]) for k in problem.pair_class]),
        b_ub=problem.hard_capacity,
        A_eq=sparse.block_diag([incidence] * pairs),
        b_eq=right.ravel(),
        method="highs",
    )
    return float(answer.fun)


def compare(
    name: str,
    problem: TrafficProblem,
    sides: dict[str, Callable[[TrafficProblem], float]],
    rounds: int,
) -> None:
    """Time the sides in turn and print medians and ratios."""
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    objective = {}
    for _ in range(rounds):
        for side, run in sides.items():
            started = time.process_time()
            objective[side] = run(problem)
            seconds[side].append(time.process_time() - started)
    own = statistics.median(seconds["Lagrangian"])
    print(f"{name}: medians of {rounds}")
    for side, times in seconds.items():
        median = statistics.median(times)
        off = objective[side] / objective["Lagrangian"] - 1.0
        print(
            f"  {side:18} {median:8.2f} s  ({min(times):.2f} to {max(times):.2f})  "
            f"{median / own:6.1f} x  objective {objective[side]:.10g} ({off:+.1e})",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="the small instance alone")
    options = parser.parse_args()
    paths: dict[str, Callable[[TrafficProblem], float]] = {
        "Lagrangian": with_lagrangian,
        "column generation": plain,
    }
    small = instance(150, 450, 60, 1.1)
    for run in paths.values():
        run(small)
    compare("150 nodes, 450 arcs, 60 pairs", small, {**paths, "arc flows": on_arcs}, options.rounds)
    if options.small:
        return
    for words, tightness in (("tight", 1.1), ("looser", 1.2), ("loose", 1.4)):
        large = instance(2000, 6000, 500, tightness)
        compare(f"2,000 nodes, 6,000 arcs, 500 pairs, {words}", large, paths, options.rounds)


if __name__ == "__main__":
    main()
