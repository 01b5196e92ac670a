"""Questions to the built-in study, as a planner asks them, and what they take."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import networkx as nx
import numpy as np
from bench.networks import Instance
from bench.pareto_peers import (
    Found,
    Lists,
    backward,
    bounds,
    front_of,
    insist,
    plain_python,
    rows_of,
    search,
    sorted_rows,
)
from bench.timing import Cost, Side, interleaved
from rich.table import Table

from sogdia.network.model import Floats
from sogdia.routing.k_best import RankedPath, k_best
from sogdia.routing.pareto import GRID
from sogdia.routing.planner import Planner
from sogdia.routing.request import Request
from sogdia.study.load import load

CRITERIA = ("time", "cost", "co2")
TRADES = (("CNXIA", "DEDUI"), ("CNCKG", "GETBS"), ("CNSHA", "ITTRS"), ("KZALA", "TRIST"))
GOODS = "electronics"
K = 10


def eurasia(trades: int, repetitions: int) -> Table:
    """Answer the first so many questions; all three criteria, no closures for a while."""
    planner = Planner(load("eurasia"))
    table = Table(
        *("trade", "what", "found", "ms", "limit ms", "peer", "peer ms", "ratio"),
        title=f"Eurasia, {planner.depart}: {', '.join(CRITERIA)} of {GOODS}",
    )
    for origin, destination in TRADES[:trades]:
        trade = f"{origin}-{destination}"
        request = planner.request(origin, destination, commodity=GOODS)
        instance = instance_of(request)
        for question in (_one_to_one, _one_to_zones, _cheapest):
            table.add_row(trade, *question(instance, request, repetitions))
        table.add_row(trade, *_answer(planner, origin, destination, repetitions))
    return table


def instance_of(request: Request) -> Instance:
    """Return what a request may use, its criteria on the grid of the search."""
    network = request.snap.network
    criteria = np.stack([request.criterion(name) for name in CRITERIA], axis=1)
    exact = np.rint(criteria / GRID) * GRID
    nowhere = np.zeros((len(network.first_out) - 1, 2))
    return Instance(network.first_out, network.head, network.tail, exact, nowhere)


def _one_to_one(instance: Instance, request: Request, repetitions: int) -> list[str]:
    """Find the Pareto set of one origin and destination."""
    source, target = request.ends
    lists, matrices = Lists.of(instance), backward(instance)
    own = search(instance, source, target)

    def peer() -> Found:
        return plain_python(lists, source, target=target, bound=bounds(matrices, target))

    front = front_of(own(), target)
    insist("one to one", equal=np.array_equal(front, sorted_rows(peer().front(target))))
    sides = [Side("sogdia", own, repetitions), Side("plain Python", peer, repetitions)]
    return _row("Pareto set", f"{len(front)} ways", 20.0, sides)


def _one_to_zones(instance: Instance, request: Request, repetitions: int) -> list[str]:
    """Find the Pareto sets of one origin and all zones."""
    source = request.ends[0]
    lists = Lists.of(instance)
    own = search(instance, source)

    def peer() -> Found:
        return plain_python(lists, source)

    insist("one to all", equal=np.array_equal(rows_of(own()), peer().rows()))
    found = own().state
    zones = list(request.snap.network.destination_state.values())
    at_zones = found[np.isin(found, zones)]
    told = f"{len(at_zones):,} ways, {len(np.unique(at_zones))} zones"
    sides = [Side("sogdia", own, repetitions), Side("plain Python", peer, repetitions)]
    return _row("all zones", told, 200.0, sides)


def _cheapest(instance: Instance, request: Request, repetitions: int) -> list[str]:
    """Find the cheapest ways by cost."""
    source, target = request.ends
    cost = np.ascontiguousarray(instance.criteria[:, CRITERIA.index("cost")])
    model = simple_graph(instance, cost)

    def own() -> list[RankedPath]:
        return k_best(instance.first_out, instance.head, instance.tail, cost, source, target, K)

    def peer() -> list[list[int]]:
        paths = nx.shortest_simple_paths(model, source, target, weight="weight")
        return list(islice(paths, K))

    theirs = [nx.path_weight(model, path, weight="weight") for path in peer()]
    insist("cheapest", equal=np.allclose([value for value, _ in own()], theirs, rtol=1e-12))
    sides = [Side("sogdia", own, repetitions), Side("networkx", peer, repetitions)]
    return _row(f"{K} cheapest", f"{len(theirs)} ways", 10.0, sides)


def _answer(planner: Planner, origin: str, destination: str, repetitions: int) -> list[str]:
    """Answer in full: closures, distributions of the time, corridors, legs and their sources."""

    def own() -> object:
        return planner.route(origin, destination, commodity=GOODS)

    (cost,) = interleaved([Side("route", own, repetitions)])
    return ["Planner.route", "", _ms(cost)]


def simple_graph(instance: Instance, cost: Floats) -> nx.DiGraph:
    """Return a graph without parallel arcs: each arc but the first gets a node of its own.

    networkx lists simple paths of graphs without parallel arcs only.
    """
    model = nx.DiGraph()
    model.add_nodes_from(range(instance.states))
    ends = zip(instance.tail.tolist(), instance.head.tolist(), cost.tolist(), strict=True)
    for arc, (tail, head, weight) in enumerate(ends):
        if weight == float("inf"):
            continue
        if model.has_edge(tail, head):
            model.add_edge(tail, ("arc", arc), weight=weight)
            model.add_edge(("arc", arc), head, weight=0.0)
        else:
            model.add_edge(tail, head, weight=weight)
    return model


def _row(what: str, found: str, limit_ms: float, sides: Sequence[Side]) -> list[str]:
    own, peer = interleaved(sides)
    ratio = f"{peer.cpu_s / own.cpu_s:.0f}"
    return [what, found, _ms(own), f"{limit_ms:g}", sides[1].name, _ms(peer), ratio]


def _ms(cost: Cost) -> str:
    return f"{1000 * cost.wall_s:.1f}"
