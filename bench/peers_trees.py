"""Peers' shortest trees; runs under another interpreter, one search at a time.

    PYTHON bench/peers_trees.py GRAPH.npz FOLDER

The file holds ``first_out``, ``head``, ``cost`` and ``origins``. Each line read names a peer;
the line written in answer is the processor time of its trees from all origins, s. The first
time, its distances are left in the folder. Nothing here needs Sogdia.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]
Search = Callable[[], Sequence[Any]]


def by_igraph(tail: Ints, head: Ints, cost: Floats, nodes: int, origins: Ints) -> Search:
    igraph = import_module("igraph")

    graph = igraph.Graph(n=nodes, edges=np.stack([tail, head], axis=1), directed=True)
    graph.es["cost"] = cost.tolist()
    sources = origins.tolist()
    return lambda: list(graph.distances(source=sources, weights="cost", algorithm="dijkstra"))


def by_rustworkx(tail: Ints, head: Ints, cost: Floats, nodes: int, origins: Ints) -> Search:
    rustworkx = import_module("rustworkx")

    graph = rustworkx.PyDiGraph(multigraph=False)
    graph.add_nodes_from(range(nodes))
    arcs = zip(tail.tolist(), head.tolist(), cost.tolist(), strict=True)
    graph.add_edges_from(list(arcs))
    sources = origins.tolist()

    def work() -> list[Any]:
        found = []
        for source in sources:
            reached = rustworkx.digraph_dijkstra_shortest_path_lengths(graph, source, float)
            found.append(reached)
        return found

    return work


def by_networkit(tail: Ints, head: Ints, cost: Floats, nodes: int, origins: Ints) -> Search:
    networkit = import_module("networkit")

    networkit.setNumberOfThreads(1)
    graph = networkit.graph.GraphFromCoo(
        (cost, (tail, head)), n=nodes, weighted=True, directed=True
    )
    sources = origins.tolist()

    def work() -> list[Any]:
        found = []
        for source in sources:
            search = networkit.distance.Dijkstra(graph, source, storePaths=False)
            search.run()
            found.append(search.getDistances())
        return found

    return work


PEERS = {"igraph": by_igraph, "rustworkx": by_rustworkx, "networkit": by_networkit}


def distances(found: Sequence[Any], nodes: int, origins: Ints) -> Floats:
    """Return what a peer found as a matrix."""
    if not isinstance(found[0], list):
        matrix = np.full((len(origins), nodes), np.inf)
        for row, (origin, reached) in enumerate(zip(origins.tolist(), found, strict=True)):
            matrix[row, list(reached.keys())] = list(reached.values())
            matrix[row, origin] = 0.0
        return matrix
    matrix = np.array(found, dtype=float)
    return np.where(matrix > 1e300, np.inf, matrix)


def main() -> None:
    graph = np.load(sys.argv[1])
    folder = Path(sys.argv[2])
    first_out, head, cost, origins = (
        graph[name] for name in ("first_out", "head", "cost", "origins")
    )
    nodes = len(first_out) - 1
    tail = np.repeat(np.arange(nodes), np.diff(first_out))
    print(json.dumps({name: version(name) for name in PEERS}), flush=True)
    ready: dict[str, Search] = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in ready:
            ready[name] = PEERS[name](tail, head.astype(np.int64), cost, nodes, origins)
            np.save(folder / f"{name}.npy", distances(ready[name](), nodes, origins))
        begun = time.process_time()
        ready[name]()
        print(time.process_time() - begun, flush=True)


if __name__ == "__main__":
    main()
