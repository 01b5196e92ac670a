"""Balances of any size, seeded: many goods on planar lines that are too narrow for them.

The network is that of `bench.networks.multimodal`: the lines of three modes between random
places, each a Gabriel graph, and transfers. A line is usable both ways, on a room that both
ways and all goods share. A commodity has two producers and three consumers of its own. Rooms
are drawn around what would pass if there were none, so many bind; what finds no room is lost
at a price.
"""

from __future__ import annotations

import numpy as np
from bench.networks import Instance, multimodal
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sogdia.balance.problem import Layer, Problem, Stocks
from sogdia.network.model import Floats, Ints

COST = 1
"""Column of the criteria of a network: USD per t, in tenths."""
PRODUCERS, CONSUMERS = 2, 3
LOST_TIMES = 2.0
"""Value of a lost tonne, in costs of the dearest of all cheapest ways."""
NARROW, WIDE = 0.5, 1.5
"""Rooms, in what would pass without them."""
LEAST_ROOM_KT = 20.0


def synthetic(nodes: int, commodities: int, *, seed: int = 2026) -> Problem:
    """Make a balance of one month.

    Parameters
    ----------
    nodes : int
        About how many states the network has.
    commodities : int
        How many goods.
    seed : int
        Of the random numbers.

    Returns
    -------
    Problem
        A balance of which many lines are full.
    """
    random = np.random.default_rng(seed)
    network = multimodal(nodes, criteria=2, correlation=0.5, seed=seed)
    cost = network.criteria[:, COST] / 10.0
    ends = np.array(
        [
            random.choice(network.states, PRODUCERS + CONSUMERS, replace=False)
            for _ in range(commodities)
        ]
    )
    start, end = ends[:, :PRODUCERS].ravel(), ends[:, PRODUCERS:].ravel()
    need = random.lognormal(2.0, 0.7, len(end))
    per_commodity = need.reshape(commodities, CONSUMERS).sum(axis=1)
    capacity = np.repeat(per_commodity, PRODUCERS) * random.uniform(0.4, 0.9, len(start))
    graph = csr_array((cost, network.head, network.first_out), shape=(network.states,) * 2)
    distance, before = dijkstra(graph, indices=start, return_predecessors=True)
    gate = random.uniform(0.0, 0.3, len(start)) * float(distance.max())
    line = _lines(network)
    by_commodity = np.arange(commodities)[:, None, None]
    shape = (commodities, PRODUCERS, CONSUMERS)
    source = np.broadcast_to(
        by_commodity * PRODUCERS + np.arange(PRODUCERS)[:, None], shape
    ).ravel()
    sink = np.broadcast_to(by_commodity * CONSUMERS + np.arange(CONSUMERS), shape).ravel()
    passes = _loads(network, line, before, source, end[sink], need[sink] / PRODUCERS)
    room = np.maximum(passes, LEAST_ROOM_KT) * random.uniform(NARROW, WIDE, len(passes))
    nothing = np.zeros(len(source), dtype=np.int32)
    return Problem(
        network=np.zeros(1, dtype=np.int32),
        arc_counts=(network.arcs,),
        layers=(
            Layer(
                first_out=network.first_out,
                tail=network.tail,
                head=network.head,
                arc=np.arange(network.arcs, dtype=np.int32),
                cost_usd_t=cost,
                resource=line,
                unit_per_t=np.ones(network.arcs),
            ),
        ),
        layer_of=np.zeros((1, 1), dtype=np.int32),
        source_state=start[:, None].astype(np.int32),
        sink_state=end[:, None].astype(np.int32),
        capacity_kt=capacity[:, None],
        gate_usd_t=gate,
        need_kt=need[:, None],
        value_usd_t=np.full(len(end), LOST_TIMES * float(distance.max())),
        pair_source=source.astype(np.int32),
        pair_sink=sink.astype(np.int32),
        pair_class=nothing,
        room=room[:, None],
        stocks=Stocks.none(),
    )


def _lines(network: Instance) -> Ints:
    """Number of the line that each arc is a direction of."""
    least = np.minimum(network.tail, network.head).astype(np.int64)
    most = np.maximum(network.tail, network.head)
    _, line = np.unique(least * network.states + most, return_inverse=True)
    return line.astype(np.int32)


def _loads(
    network: Instance, line: Ints, before: Ints, source: Ints, end: Ints, kt: Floats
) -> Floats:
    """What passes each line if every pair ships so much by its cheapest way."""
    of = {
        (int(tail), int(head)): int(number)
        for tail, head, number in zip(network.tail, network.head, line, strict=True)
    }
    passes = np.zeros(int(line.max()) + 1)
    for number, place, amount in zip(source, end, kt, strict=True):
        state = int(place)
        while (earlier := int(before[number, state])) >= 0:
            passes[of[earlier, state]] += amount
            state = earlier
    return passes
