"""User equilibrium by AequilibraE, in an interpreter of its own that has it.

    python bench/peers_aequilibrae.py PROBLEM.npz GAP ...

PROBLEM.npz holds tail, head, free_time, capacity, alpha, beta, fixed_cost, origin,
destination, trips. Prints one line of JSON per gap: gap, seconds of the processor, wall
seconds, iterations, and the flows of the arcs. Its solver is bi-conjugate Frank-Wolfe, its best.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
from aequilibrae.matrix import AequilibraeMatrix
from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass


def assignment(problem: dict[str, np.ndarray], gap: float) -> TrafficAssignment:
    """Return an assignment ready to be executed, on one core."""
    count = len(problem["tail"])
    # It takes no arc without a free-flow time.
    problem = {**problem, "free_time": np.maximum(problem["free_time"], 1e-6)}
    graph = Graph()
    graph.network = pd.DataFrame(
        {
            "link_id": np.arange(1, count + 1),
            "a_node": problem["tail"] + 1,
            "b_node": problem["head"] + 1,
            "direction": 1,
            **{
                name: problem[name].astype(float)
                for name in ("free_time", "capacity", "alpha", "beta", "fixed_cost")
            },
        }
    )
    zones = np.unique(np.concatenate([problem["origin"], problem["destination"]])) + 1
    graph.prepare_graph(zones)
    graph.set_graph("free_time")
    graph.set_skimming(["free_time"])
    graph.set_blocked_centroid_flows(False)
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=len(zones), matrix_names=["trips"], memory_only=True)
    matrix.index[:] = zones
    table = np.zeros((len(zones), len(zones)))
    place = {int(zone) - 1: i for i, zone in enumerate(zones)}
    rows = [place[int(node)] for node in problem["origin"]]
    columns = [place[int(node)] for node in problem["destination"]]
    table[rows, columns] = problem["trips"]
    matrix.matrices[:, :, 0] = table
    matrix.computational_view(["trips"])
    cars = TrafficClass("car", graph, matrix)
    cars.set_fixed_cost("fixed_cost")
    cars.set_vot(1.0)
    ready = TrafficAssignment()
    ready.set_classes([cars])
    ready.set_vdf("BPR")
    ready.set_vdf_parameters({"alpha": "alpha", "beta": "beta"})
    ready.set_capacity_field("capacity")
    ready.set_time_field("free_time")
    ready.set_algorithm("bfw")
    ready.set_cores(1)
    ready.max_iter = 5000
    ready.rgap_target = gap
    return ready


def main() -> None:
    problem = dict(np.load(sys.argv[1]))
    for gap in map(float, sys.argv[2:]):
        ready = assignment(problem, gap)
        cpu, wall = time.process_time(), time.perf_counter()
        ready.execute()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        report = ready.report()
        found = {
            "gap": gap,
            "cpu_s": cpu,
            "wall_s": wall,
            "iterations": int(report["iteration"].max()),
            "reported_gap": float(report["rgap"].iloc[-1]),
            "version": version("aequilibrae"),
            "flow": ready.results()["PCE_tot"].tolist(),
        }
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
