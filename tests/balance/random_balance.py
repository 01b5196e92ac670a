"""Small random balances: everything that a balance may have, in numbers that a page holds.

Places have an origin, a destination and one state between, as in a supernetwork; two goods
share the rooms of arcs. Costs are drawn from a continuum, so prices are mostly unique.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sogdia.balance.problem import Layer, Limit, Problem, Stocks
from sogdia.network.model import Bools, Floats, Ints

GOODS = 2


@dataclass(frozen=True, slots=True)
class Graph:
    """A network before goods are told apart: arcs between places, with their rooms."""

    tail: Ints
    head: Ints
    resource: Ints
    states: int

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return len(self.tail)


def random_balance(seed: int) -> Problem:
    """Draw a balance; the same number gives the same balance."""
    random = np.random.default_rng(seed)
    places = int(random.integers(4, 7))
    periods = int(random.integers(1, 4))
    networks = int(random.integers(1, 3)) if periods > 1 else 1
    rooms = int(random.integers(1, 6))
    graphs = [_graph(random, places, rooms) for _ in range(networks)]
    network = np.sort(random.integers(0, networks, periods)).astype(np.int32)
    layers = [_layer(random, graph) for _ in range(GOODS) for graph in graphs]
    layer_of = np.arange(GOODS * networks, dtype=np.int32).reshape(GOODS, networks)
    sources, sinks = random.integers(2, 5, 2)
    source_goods = np.arange(sources) % GOODS
    sink_goods = np.arange(sinks) % GOODS
    pairs = _pairs(random, source_goods, sink_goods)
    value = random.uniform(150, 400, sinks)
    problem = Problem(
        network=network,
        arc_counts=tuple(graph.arcs for graph in graphs),
        layers=tuple(layers),
        layer_of=layer_of,
        source_state=_at(random, places, sources, networks, places),
        sink_state=_at(random, places, sinks, networks, 2 * places),
        capacity_kt=random.uniform(5, 40, (sources, 1)) * random.uniform(0.5, 1, periods),
        gate_usd_t=random.uniform(0, 60, sources),
        need_kt=random.uniform(2, 30, (sinks, 1)) * random.uniform(0.5, 1.5, (sinks, periods)),
        value_usd_t=value,
        pair_source=pairs[:, 0],
        pair_sink=pairs[:, 1],
        pair_class=pairs[:, 2],
        room=np.where(
            random.random((rooms, 1)) < 0.2,
            np.inf,
            random.uniform(3, 40, (rooms, 1)) * random.uniform(0.6, 1.2, (rooms, periods)),
        ),
        stocks=_stocks(random, sinks),
    )
    number = int(random.integers(0, 4))
    return replace(
        problem, limits=tuple(_limit(random, problem, graphs, f"limit {n}") for n in range(number))
    )


def marked_line(random: np.random.Generator, problem: Problem) -> tuple[Bools, ...]:
    """Mark one arc in each network: no path without a circle has two of them."""
    marked = []
    for count in problem.arc_counts:
        mask = np.zeros(count, dtype=np.bool_)
        mask[random.integers(count)] = True
        marked.append(mask)
    return tuple(marked)


def marked_place(random: np.random.Generator, problem: Problem) -> tuple[Bools, ...]:
    """Mark all arcs that touch a place, of which a path has several."""
    networks = len(problem.arc_counts)
    places = (len(problem.layers[0].first_out) - 1) // 3
    place = int(random.integers(places))
    marked = [np.zeros(count, dtype=np.bool_) for count in problem.arc_counts]
    for layers in problem.layer_of:
        for network in range(networks):
            layer = problem.layers[layers[network]]
            touches = (layer.tail == place) | (layer.head == place)
            marked[network][layer.arc[touches]] = True
    return tuple(marked)


def _graph(random: np.random.Generator, places: int, rooms: int) -> Graph:
    """Draw lines, most usable both ways on a common room; join origins and destinations."""
    pairs = np.array([(a, b) for a in range(places) for b in range(a)])
    lines = random.choice(pairs, size=min(len(pairs), places + 2), replace=False)
    both = lines[random.random(len(lines)) < 0.6]
    room = random.integers(-1, rooms, len(lines))
    room_both = room[: len(both)]
    place = np.arange(places)
    tail = np.concatenate([lines[:, 0], both[:, 1], place + places, place])
    head = np.concatenate([lines[:, 1], both[:, 0], place, place + 2 * places])
    resource = np.concatenate([room, room_both, np.full(2 * places, -1)])
    order = np.argsort(tail, kind="stable")
    return Graph(
        tail[order].astype(np.int32),
        head[order].astype(np.int32),
        resource[order].astype(np.int32),
        3 * places,
    )


def _layer(random: np.random.Generator, graph: Graph) -> Layer:
    """Draw what goods of a class pay, and which arcs are closed to them."""
    access = (graph.tail >= graph.states // 3) | (graph.head >= graph.states // 3)
    kept = np.flatnonzero((random.random(graph.arcs) < 0.9) | access).astype(np.int32)
    first_out = np.zeros(graph.states + 1, dtype=np.int32)
    np.cumsum(np.bincount(graph.tail[kept], minlength=graph.states), out=first_out[1:])
    return Layer(
        first_out=first_out,
        tail=graph.tail[kept],
        head=graph.head[kept],
        arc=kept,
        cost_usd_t=np.where(access[kept], 0.0, random.uniform(1, 60, len(kept))),
        resource=graph.resource[kept],
        unit_per_t=random.choice([1.0, 0.08, 1.7], len(kept)),
    )


def _at(random: np.random.Generator, places: int, count: int, networks: int, first: int) -> Ints:
    """Place things, somewhere in every network, a few nowhere in one."""
    state = np.repeat(first + random.integers(0, places, (count, 1)), networks, axis=1)
    state[random.random(state.shape) < 0.05] = -1
    return state.astype(np.int32)


def _pairs(random: np.random.Generator, source_goods: Ints, sink_goods: Ints) -> Ints:
    """Join sources with sinks of the same goods; some may not trade."""
    pairs = [
        (source, sink, goods)
        for source, goods in enumerate(source_goods)
        for sink, wanted in enumerate(sink_goods)
        if goods == wanted and random.random() < 0.85
    ]
    return np.array(pairs, dtype=np.int32).reshape(-1, 3)


def _stocks(random: np.random.Generator, sinks: int) -> Stocks:
    count = int(random.integers(0, min(sinks, 2) + 1))
    capacity = random.uniform(5, 30, count)
    return Stocks(
        sink=random.permutation(sinks)[:count].astype(np.int32),
        capacity_kt=capacity,
        opening_kt=capacity * random.uniform(0, 1, count),
        closing_kt=capacity * random.uniform(0, 1, count),
        loss=random.choice([0.0, 0.02, 0.3], count),
        cost_usd_t=random.choice([0.0, 2.5], count),
    )


def _limit(random: np.random.Generator, problem: Problem, graphs: list[Graph], name: str) -> Limit:
    """Draw a floor or a right, a blend, or a share that a country may have."""
    pairs = problem.pairs
    some = random.random(pairs) < 0.6
    marked = _some_arcs(random, graphs)
    nothing = np.zeros(pairs)
    kind = random.choice(["contract", "way", "blend", "share"])
    many = problem.periods if random.random() < 0.5 else 1
    lower, upper = np.full(many, -np.inf), np.full(many, np.inf)
    if kind in {"contract", "way"}:
        least = random.uniform(0, 30, many)
        if random.random() < 0.7:
            lower = least
        if random.random() < 0.5:
            upper = least * random.uniform(1, 2)
    if kind == "contract":
        return Limit(name, (), nothing, some.astype(np.float64), lower, upper)
    if kind == "way":
        return Limit(name, marked, some.astype(np.float64), nothing, lower, upper)
    if kind == "blend":
        quality = random.uniform(0, 2, problem.sources)
        beyond = quality[problem.pair_source] - random.uniform(0.5, 1.5)
        return Limit(name, marked, beyond, nothing, lower, np.zeros(many))
    share = random.uniform(0.1, 0.7)
    taken = np.where(some, 1.0, 0.0)
    return Limit(name, marked, taken, -share * taken, lower, np.zeros(many))


def _some_arcs(random: np.random.Generator, graphs: list[Graph]) -> tuple[Bools, ...]:
    """Mark one arc, or all by which goods come to a place or to a country of two or three.

    A path may come to a country several times, which counts once.
    """
    places = graphs[0].states // 3
    inside = np.zeros(3 * places, dtype=np.bool_)
    inside[random.permutation(places)[: random.integers(1, 4)]] = True
    by_line = random.random() < 0.3
    masks: list[Bools] = []
    for graph in graphs:
        mask = inside[graph.head] & ~inside[graph.tail]
        if by_line:
            mask = np.arange(graph.arcs) == random.integers(graph.arcs)
        masks.append(mask)
    return tuple(masks)


def stressed(
    problem: Problem,
    gates: Sequence[tuple[tuple[Bools, ...], Floats]] = (),
    sources: Floats | None = None,
) -> Problem:
    """Say a stress as a balance of its own: gates as limits, capacities scaled."""
    nothing, all_pairs = np.zeros(problem.pairs), np.ones(problem.pairs)
    free = np.full(problem.periods, -np.inf)
    limits = [Limit("gate", marked, all_pairs, nothing, free, most) for marked, most in gates]
    factor = 1.0 if sources is None else sources
    return replace(
        problem,
        capacity_kt=problem.capacity_kt * factor,
        limits=(*problem.limits, *limits),
    )
