"""Measure shortest trees against scipy, igraph, rustworkx and networkit.

    python -m bench.shortest_paths --peers PYTHON     # a quarter of an hour
    python -m bench.shortest_paths                    # scipy alone

PYTHON is an interpreter in which igraph, rustworkx and networkit are installed. Every table
is one interleaved run of all sides on one thread, medians of the repetitions; rates are of
processor time. All sides return the distances of all nodes from all origins; these are
compared first, and the run ends if they differ. What a side needs to hold the network is made
beforehand and told apart. Instances are read from the shared folder beside the checkout and
left out where that is absent.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import scipy
from bench.planar import saved
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sogdia.network.model import Floats, Ints
from sogdia.network.traffic import compile_roads
from sogdia.routing.tree_graph import tree_graph
from sogdia.routing.tree_loading import load_trees, skim_matrix
from sogdia.study.load import DataWarning, load

INSTANCES = Path(__file__).resolve().parents[2] / "shared" / "bench" / "tntp"
PUBLIC = ("ChicagoSketch", "BerlinCenter")
PEERS = ("igraph", "rustworkx", "networkit")
PLACES = 1_000_000
ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Instance:
    """A graph without parallel arcs, and the origins whose trees are wanted."""

    name: str
    first_out: Ints
    head: Ints
    cost: Floats
    origins: Ints

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.first_out) - 1


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter that has the peers")
    parser.add_argument("--places", type=int, default=PLACES, help="of the synthetic network")
    parser.add_argument("--keep", type=Path, help="folder to keep the synthetic network in")
    arguments = parser.parse_args()
    console = Console(width=120)
    warnings.simplefilter("ignore", DataWarning)
    for name in PUBLIC:
        if not (INSTANCES / name).is_dir():
            console.print(f"{name}: left out, {INSTANCES} is not there")
            continue
        instance = public(name)
        console.print(trees(instance, arguments.peers), loads(instance))
    with tempfile.TemporaryDirectory() as folder:
        for instance in synthetic(arguments.places, arguments.keep or Path(folder)):
            console.print(trees(instance, arguments.peers), loads(instance))


def public(name: str) -> Instance:
    """Read a public instance: free-flow times, trees of all zones."""
    roads = compile_roads(load(INSTANCES / name))
    cost = roads.arc["free_time"].to_numpy()
    best = np.lexsort((cost, roads.head, roads.tail))
    ends = np.stack([roads.tail, roads.head], axis=1)[best]
    single = np.concatenate([[True], (np.diff(ends, axis=0) != 0).any(axis=1)])
    first_out = np.zeros(roads.nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(ends[single, 0], minlength=roads.nodes), out=first_out[1:])
    return Instance(name, first_out, ends[single, 1].copy(), cost[best][single], roads.origin_node)


def synthetic(places: int, folder: Path) -> Iterator[Instance]:
    """Make the planar network, numbered at random and numbered from south to north."""
    made = saved(places, folder)
    first_out, head, cost = made.both_ways()
    origins = np.random.default_rng(1).integers(0, places, 2).astype(np.int32)
    yield Instance("planar, places numbered at random", first_out, head, cost, origins)
    order = np.argsort(made.at_km[:, 1])
    number = np.empty(places, dtype=np.int32)
    number[order] = np.arange(places, dtype=np.int32)
    graph = csr_array((cost, head, first_out), shape=(places, places))[order][:, order]
    graph.sort_indices()
    yield Instance(
        "planar, places numbered from south to north",
        graph.indptr.astype(np.int32),
        graph.indices.astype(np.int32),
        graph.data,
        number[origins],
    )


def trees(instance: Instance, python: str | None) -> Table:
    """Compare all sides on one instance."""
    first_out, head, cost = instance.first_out, instance.head, instance.cost
    begun = time.process_time()
    graph = tree_graph(first_out, head)
    prepared = time.process_time() - begun
    matrix = csr_array((cost, head, first_out), shape=(instance.nodes, instance.nodes))
    every = np.arange(instance.nodes, dtype=np.int32)

    def own() -> Floats:
        return skim_matrix(graph, cost, instance.origins, every).distance

    def theirs() -> Floats:
        return np.asarray(dijkstra(matrix, indices=instance.origins))

    expected = own()
    insist("scipy", expected, theirs())
    sides: dict[str, Callable[[], float]] = {"sogdia": _timed(own), "scipy": _timed(theirs)}
    versions = {"scipy": scipy.__version__}
    with _other_interpreter(instance, python) as (peers, theirs_of, peer_versions):
        for name in peers:
            peers[name]()
            insist(name, expected, theirs_of(name))
        versions |= peer_versions
        times = _rounds(sides | peers)
    table = Table("side", "trees/s", "ms per tree", "sogdia is faster by", "repetitions")
    table.title = (
        f"Shortest trees, {instance.name}: {instance.nodes:,} nodes, {len(head):,} arcs, "
        f"{len(instance.origins):,} origins"
    )
    table.caption = f"Sogdia prepared the graph in {prepared:.3f} s, once"
    for name, spent in times.items():
        rate = len(instance.origins) / median(spent)
        table.add_row(
            f"{name} {versions.get(name, '')}",
            f"{rate:,.1f}",
            f"{1000 / rate:.3f}",
            f"{median(spent) / median(times['sogdia']):.2f}",
            str(len(spent)),
        )
    return table


def loads(instance: Instance) -> Table:
    """Put trips between all origins on their trees, on one and on two threads."""
    graph = tree_graph(instance.first_out, instance.head)
    zones = instance.origins
    origin, destination = (
        ends.ravel() for ends in np.meshgrid(np.sort(zones), zones, indexing="ij")
    )
    trips = np.random.default_rng(1).uniform(0, 1, len(origin))
    flows: dict[int, Floats] = {}

    def load_on(threads: int) -> Callable[[], float]:
        def work() -> float:
            begun = time.perf_counter()
            done = load_trees(graph, instance.cost, origin, destination, trips, threads=threads)
            flows[threads] = done.flow
            return time.perf_counter() - begun

        return work

    times = _rounds({str(threads): load_on(threads) for threads in (1, 2)})
    insist("two threads", flows[1].view(np.uint64), flows[2].view(np.uint64))
    table = Table("threads", "s per loading", "faster by")
    table.title = f"All-or-nothing loading, {instance.name}: {len(origin):,} pairs, by the clock"
    table.caption = "Flows are the same to the last bit"
    for name, spent in times.items():
        table.add_row(name, f"{median(spent):.4f}", f"{median(times['1']) / median(spent):.2f}")
    return table


def insist(name: str, expected: Floats, found: Floats) -> None:
    """End the run if distances differ."""
    if not np.allclose(expected, found, rtol=1e-12, atol=1e-12):
        raise SystemExit(f"{name}: its distances are not those of sogdia")


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def measured() -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    return measured


def _rounds(sides: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Ask all sides in turn, round after round."""
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for work in sides.values():
        work()
    for _ in range(ROUNDS):
        for name, work in sides.items():
            spent[name].append(work())
    return spent


@contextmanager
def _other_interpreter(
    instance: Instance, python: str | None
) -> Iterator[tuple[dict[str, Callable[[], float]], Callable[[str], Floats], dict[str, str]]]:
    """Start the peers; give a way to ask each, one to read its distances, and versions."""
    if python is None:
        yield {}, lambda name: np.empty(0), {}
        return
    script = Path(__file__).with_name("peers_trees.py")
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "graph.npz"
        np.savez(
            graph,
            first_out=instance.first_out,
            head=instance.head,
            cost=instance.cost,
            origins=instance.origins,
        )
        with subprocess.Popen(
            [python, str(script), str(graph), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            asked, answers = process.stdin, process.stdout
            versions = json.loads(answers.readline())

            def ask(name: str) -> float:
                asked.write(f"{name}\n")
                asked.flush()
                return float(answers.readline())

            yield (
                {name: partial(ask, name) for name in PEERS},
                lambda name: np.load(Path(folder) / f"{name}.npy"),
                versions,
            )
            asked.close()


if __name__ == "__main__":
    main()
