"""The search for paths that would save cost under the prices of a master program."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from sogdia.balance.pool import Found, Pool
from sogdia.balance.pricing import MOST_REWARDS, rewarded_path, rewarded_tree
from sogdia.balance.problem import Layer, Problem
from sogdia.errors import InfeasibleError
from sogdia.network.model import Bools, Floats, Ints
from sogdia.routing.shortest import shortest_tree, trace_path

LEAST_PRICE = 1e-11
NO_TARGET = -1
KEY_BYTES, KEY_DIGITS = 16, 9


@dataclass(frozen=True, slots=True)
class Prices:
    """What the master program would pay for one more unit of each bound.

    The arrays are those of `Solution`; ``gates`` holds the masks and prices of each gate.
    """

    rent_usd_t: Floats
    price_usd_t: Floats
    scarcity: Floats
    limit_usd_t: tuple[Floats, ...]
    gates: tuple[tuple[tuple[Bools, ...], Floats], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs whose paths start in the same state and cost the same on every arc.

    Attributes
    ----------
    kind : int
        Class of goods.
    start : ndarray of int32, shape (networks,)
        State in which the paths start.
    by_arc : dict of int to float
        What a tonne counts for on a marked arc, in the limits in which it does.
    pairs : ndarray of int32
        The pairs.
    """

    kind: int
    start: Ints
    by_arc: dict[int, float]
    pairs: Ints


class Pricer:
    """Finds, for every pair and period, the path that would save most."""

    def __init__(self, problem: Problem, pool: Pool) -> None:
        self.problem = problem
        self._pool = pool
        one = problem
        self._groups = self._grouped()
        by_pair = [limit.by_pair for limit in one.limits]
        self._by_pair = np.array(by_pair).reshape(len(by_pair), one.pairs)
        states = max((len(layer.first_out) - 1 for layer in one.layers), default=0)
        self._distance = np.empty(states)
        self._arc_into, self._heap, self._position = (
            np.empty(states, dtype=np.int32) for _ in range(3)
        )
        self._path = np.empty((MOST_REWARDS + 1) * states, dtype=np.int32)
        self._marks = [
            None if not limit.marked else pool.marks(limit.marked) for limit in one.limits
        ]
        self._least = self._least_costs()
        self._proved: set[bytes] = set()

    def _grouped(self) -> list[Group]:
        one = self.problem
        by_arc = np.zeros((one.pairs, len(one.limits)))
        for number, limit in enumerate(one.limits):
            if limit.marked:
                by_arc[:, number] = limit.by_arc
        members: dict[tuple[int, bytes, bytes], list[int]] = {}
        for pair in range(one.pairs):
            start = one.source_state[one.pair_source[pair]]
            key = (int(one.pair_class[pair]), start.tobytes(), by_arc[pair].tobytes())
            members.setdefault(key, []).append(pair)
        return [
            Group(
                kind,
                one.source_state[one.pair_source[pairs[0]]],
                {int(n): float(by_arc[pairs[0], n]) for n in np.flatnonzero(by_arc[pairs[0]])},
                np.array(pairs, dtype=np.int32),
            )
            for (kind, _, _), pairs in members.items()
        ]

    def _least_costs(self) -> Floats:
        """Cost of the cheapest way of each pair in each network, when nothing is scarce."""
        one = self.problem
        least = np.full((one.pairs, len(one.arc_counts)), np.inf)
        for group in self._groups:
            for network, start in enumerate(group.start):
                if start >= 0:
                    layer = one.layers[one.layer_of[group.kind, network]]
                    self._near(layer, layer.cost_usd_t, int(start), np.inf)
                    end = one.sink_state[one.pair_sink[group.pairs], network]
                    cost = np.where(end >= 0, self._distance[end], np.inf)
                    least[group.pairs, network] = cost
        return least

    def _near(self, layer: Layer, cost: Floats, start: int, most: float) -> None:
        shortest_tree(
            layer.first_out,
            layer.head,
            cost,
            start,
            NO_TARGET,
            self._distance,
            self._arc_into,
            self._heap,
            self._position,
            most,
        )

    def better_paths(
        self, prices: Prices, closed: dict[int, list[tuple[Bools, ...]]], tolerance: float
    ) -> list[Found]:
        """Return the path of each pair and period that saves most, if it saves anything.

        Parameters
        ----------
        prices : Prices
            Prices of the master program.
        closed : dict of int to list of tuple of ndarray of bool
            Masks of arcs, by network, that nothing may pass in a period.
        tolerance : float
            Saving per t below which a path is not worth adding, USD.

        Returns
        -------
        list of Found
            Paths in a fixed order; none comes up twice for periods with the same prices.
        """
        one = self.problem
        found: list[Found] = []
        seen: set[bytes] = set()
        for period in range(one.periods):
            now = self._now(prices, closed, period, tolerance)
            if now.key in self._proved or now.key in seen:
                continue
            seen.add(now.key)
            better = [path for group in self._groups for path in self._search(group, now)]
            if not better:
                self._proved.add(now.key)
            found += better
        return found

    def _now(
        self,
        prices: Prices,
        closed: dict[int, list[tuple[Bools, ...]]],
        period: int,
        tolerance: float,
    ) -> _Now:
        """Prices as they are in a period."""
        one = self.problem
        network = int(one.network[period])
        # Tiny negative prices are noise of the solver.
        scarcity = np.append(np.maximum(prices.scarcity[:, period], 0.0), 0.0)
        limits = np.array([_at(dual, period) for dual in prices.limit_usd_t])
        worth = (
            prices.price_usd_t[one.pair_sink, period]
            - one.gate_usd_t[one.pair_source]
            - prices.rent_usd_t[one.pair_source, period]
            + limits @ self._by_pair
            - tolerance
        )
        gates = [
            (marked[network], float(price[period]))
            for marked, price in prices.gates
            if price[period] > LEAST_PRICE
        ]
        shut = [marked[network] for marked in closed.get(period, ())]
        key = blake2b(network.to_bytes(4, "little"), digest_size=KEY_BYTES)
        for prices_now in (scarcity, limits, worth):
            key.update(np.round(prices_now, KEY_DIGITS).tobytes())
        for mask, price in gates:
            key.update(mask.tobytes() + np.round(price, KEY_DIGITS).tobytes())
        for mask in shut:
            key.update(b"shut" + mask.tobytes())
        return _Now(network, scarcity, limits, worth, gates, shut, key.digest())

    def _search(self, group: Group, now: _Now) -> list[Found]:
        """Cheapest paths of a group in a period, where they cost less than they are worth."""
        one, network, kind = self.problem, now.network, group.kind
        start = int(group.start[network])
        if start < 0:
            return []
        pay = {
            limit: counts * now.limits[limit]
            for limit, counts in group.by_arc.items()
            if abs(counts * now.limits[limit]) > LEAST_PRICE
        }
        bonus = sum(max(one_pay, 0.0) for one_pay in pay.values())
        worth = now.worth[group.pairs]
        hopeful = worth + bonus > self._least[group.pairs, network]
        if not hopeful.any():
            return []
        pairs, worth = group.pairs[hopeful], worth[hopeful]
        number = int(one.layer_of[kind, network])
        cost = now.arc_costs(kind, one.layers[number])
        ends = one.sink_state[one.pair_sink[pairs], network]
        if not pay:
            return self._plain(pairs, number, now, start, ends, cost, worth)
        return self._rewarded(pairs, number, now, start, ends, cost, worth, pay)

    def _plain(
        self,
        pairs: Ints,
        number: int,
        now: _Now,
        start: int,
        ends: Ints,
        cost: Floats,
        worth: Floats,
    ) -> list[Found]:
        layer = self.problem.layers[number]
        self._near(layer, cost, start, float(worth.max()))
        better = self._distance[ends] < worth
        found = []
        for pair, end in zip(pairs[better], ends[better], strict=True):
            count = trace_path(layer.tail, self._arc_into, start, end, self._path)
            arcs = self._path[:count] + self._pool.offset[number]
            found.append(Found(int(pair), now.network, arcs))
        return found

    def _rewarded(
        self,
        pairs: Ints,
        number: int,
        now: _Now,
        start: int,
        ends: Ints,
        cost: Floats,
        worth: Floats,
        pay: dict[int, float],
    ) -> list[Found]:
        if len(pay) > MOST_REWARDS:
            raise InfeasibleError(
                f"{len(pay)} contracts and blends bear on the same goods; "
                f"{MOST_REWARDS} are the most that can be weighed against each other"
            )
        layer = self.problem.layers[number]
        here = slice(self._pool.offset[number], self._pool.offset[number + 1])
        pays = np.zeros(len(layer.arc), dtype=np.int32)
        for bit, limit in enumerate(pay):
            mark = self._marks[limit]
            if mark is not None:
                pays[mark[here]] |= 1 << bit
        shape = (1 << len(pay), len(layer.first_out) - 1)
        distance = np.empty(shape)
        arc_into, came_with = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.int32)
        rewarded_tree(
            layer.first_out,
            layer.head,
            cost,
            pays,
            np.array(list(pay.values())),
            start,
            distance,
            arc_into,
            came_with,
            self._heap,
            self._position,
        )
        met = distance[:, ends].argmin(axis=0)
        better = distance[met, ends] < worth
        found = []
        for pair, end, collected in zip(pairs[better], ends[better], met[better], strict=True):
            count = rewarded_path(
                layer.tail, arc_into, came_with, int(collected), int(end), self._path
            )
            arcs = self._path[:count] + self._pool.offset[number]
            found.append(Found(int(pair), now.network, arcs))
        return found


@dataclass(slots=True)
class _Now:
    """Prices of a period.

    Attributes
    ----------
    network : int
        Network of the period.
    scarcity : ndarray of float64, shape (resources + 1,)
        Price of a unit of each resource; the last stands for none.
    limits : ndarray of float64, shape (limits,)
        Price of each limit.
    worth : ndarray of float64, shape (pairs,)
        What the way of a tonne of each pair may cost to be worth while.
    gates : list of (ndarray of bool, float)
        Marked arcs of each gate that costs, and its price.
    shut : list of ndarray of bool
        Arcs that nothing may pass.
    key : bytes
        Digest of all this: periods with the same one have the same cheapest paths.
    costs : dict of int to ndarray
        Cost of the arcs for each class, as far as it was asked for.
    """

    network: int
    scarcity: Floats
    limits: Floats
    worth: Floats
    gates: list[tuple[Bools, float]]
    shut: list[Bools]
    key: bytes
    costs: dict[int, Floats] = field(default_factory=dict)

    def arc_costs(self, kind: int, layer: Layer) -> Floats:
        """Return the cost of the arcs of a class's layer, with what is scarce on them."""
        if kind not in self.costs:
            cost = layer.cost_usd_t + self.scarcity[layer.resource] * layer.unit_per_t
            for mask, price in self.gates:
                cost += price * mask[layer.arc]
            for mask in self.shut:
                cost[mask[layer.arc]] = np.inf
            self.costs[kind] = cost
        return self.costs[kind]


def _at(dual: Floats, period: int) -> float:
    """Price of a limit in a period; one that is about all periods has a single price."""
    return float(dual[period if len(dual) > 1 else 0])
