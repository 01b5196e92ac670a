"""The search for paths that would save cost under the prices of a master program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sogdia.errors import InfeasibleError
from sogdia.network.model import Bools, Floats, Ints
from sogdia.routing.shortest import shortest_tree, trace_path
from sogdia.supply.pool import Found, Pool
from sogdia.supply.pricing import MOST_REWARDS, rewarded_path, rewarded_tree
from sogdia.supply.problem import Problem

LEAST_PRICE = 1e-11


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
        self._path = np.empty(4 * states + 4, dtype=np.int32)
        self._marks = [
            None if not limit.marked else pool.marks(limit.marked) for limit in one.limits
        ]

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
            Paths in a fixed order; a path may come up in several periods.
        """
        one = self.problem
        found: list[Found] = []
        for period in range(one.periods):
            network = int(one.network[period])
            costs: dict[int, Floats] = {}
            limits = np.array([_at(dual, period) for dual in prices.limit_usd_t])
            worth = (
                prices.price_usd_t[one.pair_sink, period]
                - one.gate_usd_t[one.pair_source]
                - prices.rent_usd_t[one.pair_source, period]
                + limits @ self._by_pair
            )
            for group in self._groups:
                start = int(group.start[network])
                if start < 0:
                    continue
                kind = group.kind
                if kind not in costs:
                    costs[kind] = self._arc_costs(prices, closed, period, kind)
                found += self._search(
                    group, network, costs[kind], limits, worth[group.pairs] - tolerance
                )
        return found

    def _arc_costs(
        self,
        prices: Prices,
        closed: dict[int, list[tuple[Bools, ...]]],
        period: int,
        kind: int,
    ) -> Floats:
        """Cost of the arcs of a class's layer, with what is scarce on them."""
        network = int(self.problem.network[period])
        layer = self.problem.layers[self.problem.layer_of[kind, network]]
        scarcity = np.append(prices.scarcity[:, period], 0.0)
        # Tiny negative prices are noise of the solver.
        cost: Floats = (
            layer.cost_usd_t + np.maximum(scarcity[layer.resource], 0.0) * layer.unit_per_t
        )
        for marked, price in prices.gates:
            if price[period] > LEAST_PRICE:
                cost += price[period] * marked[network][layer.arc]
        for marked in closed.get(period, ()):
            cost[marked[network][layer.arc]] = np.inf
        return cost

    def _search(
        self,
        group: Group,
        network: int,
        cost: Floats,
        limits: Floats,
        worth: Floats,
    ) -> list[Found]:
        """Cheapest paths of a group in a period, where they cost less than they are worth."""
        number = int(self.problem.layer_of[group.kind, network])
        layer = self.problem.layers[number]
        here = slice(self._pool.offset[number], self._pool.offset[number + 1])
        rewards: list[float] = []
        pays = None
        for limit, counts in group.by_arc.items():
            pay = counts * limits[limit]
            mark = self._marks[limit]
            if mark is None or abs(pay) <= LEAST_PRICE:
                continue
            if pay < 0:
                cost = cost - pay * mark[here]
                continue
            if pays is None:
                pays = np.zeros(len(layer.arc), dtype=np.int32)
            pays[mark[here]] |= 1 << len(rewards)
            rewards.append(pay)
        ends = self.problem.sink_state[self.problem.pair_sink[group.pairs], network]
        start = int(group.start[network])
        if pays is None:
            return self._plain(group, network, start, ends, cost, worth)
        return self._rewarded(group, network, start, ends, cost, worth, pays, np.array(rewards))

    def _plain(
        self, group: Group, network: int, start: int, ends: Ints, cost: Floats, worth: Floats
    ) -> list[Found]:
        number = int(self.problem.layer_of[group.kind, network])
        layer = self.problem.layers[number]
        shortest_tree(
            layer.first_out,
            layer.head,
            cost,
            start,
            -1,
            self._distance,
            self._arc_into,
            self._heap,
            self._position,
        )
        found = []
        reached = np.where(ends >= 0, self._distance[ends], np.inf)
        for pair, end in zip(group.pairs[reached < worth], ends[reached < worth], strict=True):
            count = trace_path(layer.tail, self._arc_into, start, end, self._path)
            arcs = self._path[:count] + self._pool.offset[number]
            found.append(Found(int(pair), network, arcs))
        return found

    def _rewarded(
        self,
        group: Group,
        network: int,
        start: int,
        ends: Ints,
        cost: Floats,
        worth: Floats,
        pays: Ints,
        rewards: Floats,
    ) -> list[Found]:
        if len(rewards) > MOST_REWARDS:
            raise InfeasibleError(
                f"{len(rewards)} contracts and blends bear on the same goods; "
                f"{MOST_REWARDS} are the most that can be weighed against each other"
            )
        number = int(self.problem.layer_of[group.kind, network])
        layer = self.problem.layers[number]
        shape = (1 << len(rewards), len(layer.first_out) - 1)
        distance = np.empty(shape)
        arc_into, came_with = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.int32)
        rewarded_tree(
            layer.first_out,
            layer.head,
            cost,
            pays,
            rewards,
            start,
            distance,
            arc_into,
            came_with,
            self._heap,
            self._position,
        )
        found = []
        best = distance.argmin(axis=0)
        reached = np.where(ends >= 0, distance.min(axis=0)[ends], np.inf)
        for pair, end in zip(group.pairs[reached < worth], ends[reached < worth], strict=True):
            count = rewarded_path(
                layer.tail, arc_into, came_with, int(best[end]), int(end), self._path
            )
            arcs = self._path[:count] + self._pool.offset[number]
            found.append(Found(int(pair), network, arcs))
        return found


def _at(dual: Floats, period: int) -> float:
    """Price of a limit in a period; one that is about all periods has a single price."""
    return float(dual[period if len(dual) > 1 else 0])
