"""User equilibrium and system optimum on a network of roads, by bushes.

In equilibrium no trip has a cheaper way (Wardrop, 1952); in the system optimum none has one of
less marginal cost. Trips of a class and origin keep to a bush, a part of the network free of
cycles, in which Newton shifts bring all ways in use to the same cost; bushes then follow the
costs, until no trip has a shorter way in the whole network (Algorithm B; Dial, 2006). Why this
method: docs/design/09-traffic-assignment.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TypeVar

import numpy as np
import polars as pl

from sogdia.assignment.traffic.bush_block import Bushes, Workspace, workspace
from sogdia.assignment.traffic.bush_costs import Costs, costs_of, refresh_all
from sogdia.assignment.traffic.bush_graph import Renumbered, renumbered
from sogdia.assignment.traffic.bush_load import load
from sogdia.assignment.traffic.bush_memory import BushMemory, empty_blocks, remembered_blocks
from sogdia.assignment.traffic.bush_shift import sweep
from sogdia.assignment.traffic.bush_update import improve
from sogdia.assignment.traffic.delay import CONSTANT, delay_integrals, delay_times
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import Progress, TrafficSolution
from sogdia.network.model import Floats

T = TypeVar("T")
SWEEPS = 40
"""Sweeps between two updates of the bushes at most."""
SHARE_LEFT = 0.03
"""Sweeps end when the bushes' excess is this share of the gap."""
SHARE_PASSED_OVER = 0.3
"""Share of what may be left that the bushes passed over may have between them."""


def solve(
    problem: TrafficProblem,
    *,
    system_optimum: bool = False,
    gap: float = 1e-8,
    iterations: int = 500,
    threads: int = 1,
    warm_start: BushMemory | None = None,
    progress: Progress | None = None,
) -> TrafficSolution:
    """Return the flows in user equilibrium, or those of the least total cost.

    Parameters
    ----------
    problem : TrafficProblem
        Separable, without hard capacities; each destination can be reached.
    system_optimum : bool
        Whether trips pay what they add to the cost of all.
    gap : float
        Relative gap at which to stop.
    iterations : int
        Updates of the bushes after which to stop at the latest.
    threads : int
        Threads; the flows do not depend on their number.
    warm_start : BushMemory, optional
        Bushes of a problem with the same nodes. Its delays, trips and fixed costs may
        differ, and its arcs if they were mapped by `BushMemory.moved`.
    progress : callable, optional
        Called with "equilibrium", the iterations made, and `iterations`.

    Raises
    ------
    ValueError
        If arcs share elements, a flow has a hard capacity, or a destination cannot be
        reached.
    """
    begin = time.perf_counter()
    if not problem.is_separable or problem.has_hard_capacities:
        raise ValueError("bushes need a separable problem without hard capacities")
    with _engine(problem, warm_start, threads, system_optimum) as engine:
        rows: list[tuple[int, float, float]] = []
        while True:
            relative_gap = engine.update()
            rows.append((len(rows), relative_gap, engine.objective()))
            if progress is not None:
                progress("equilibrium", len(rows) - 1, iterations)
            if relative_gap <= gap or len(rows) > iterations:
                break
            engine.equilibrate(relative_gap)
            engine.load()
        return TrafficSolution(
            method="so" if system_optimum else "ue",
            flow=engine.trips_by_arc(),
            price=np.zeros(problem.delay.size),
            objective=rows[-1][2],
            relative_gap=relative_gap,
            target_gap=gap,
            history=pl.DataFrame(
                rows,
                schema={
                    "iteration": pl.Int64,
                    "relative_gap": pl.Float64,
                    "objective": pl.Float64,
                },
                orient="row",
            ),
            iterations=len(rows) - 1,
            seconds=time.perf_counter() - begin,
            memory=engine.memory(),
        )


@contextmanager
def _engine(
    problem: TrafficProblem, warm_start: BushMemory | None, threads: int, is_marginal: bool
) -> Iterator[_Engine]:
    with ThreadPoolExecutor(threads) as pool:
        engine = _Engine(problem, warm_start, threads, is_marginal, pool)
        engine.start(warm_start)
        yield engine


class _Engine:
    """Bushes, flows and costs between two steps."""

    def __init__(
        self,
        problem: TrafficProblem,
        warm_start: BushMemory | None,
        threads: int,
        is_marginal: bool,
        pool: Executor,
    ) -> None:
        self.problem = problem
        self.pool = pool if threads > 1 else None
        self.ordered = _ordered(problem, warm_start)
        self.costs: Costs = costs_of(problem, self.ordered, is_marginal=is_marginal)
        blocks, self.classes = empty_blocks(problem, self.ordered)
        self.blocks: list[Bushes] = list(blocks)
        self.flow = np.zeros((problem.classes, problem.arcs))
        most = max((len(bushes.origin) for bushes in blocks), default=0)
        self.rooms: SimpleQueue[tuple[Workspace, Bushes]] = SimpleQueue()
        for _ in range(threads):
            self.rooms.put(
                (workspace(problem.nodes, problem.arcs), _room(most, most * problem.arcs))
            )

    def start(self, warm_start: BushMemory | None) -> None:
        """Put the trips on the shortest paths at free flow, or where they were."""
        if warm_start is not None and warm_start.fits(self.problem):
            self.blocks = [
                old._replace(flow=old.flow.copy(), trips=bushes.trips)
                for old, bushes in zip(warm_start.blocks, self.blocks, strict=True)
            ]
        else:
            if warm_start is not None:
                self.blocks = list(
                    remembered_blocks(warm_start, self.blocks, self.classes, self.ordered)
                )
                self._count_flows()
            self._improve(is_new=True)
        self.load()

    def update(self) -> float:
        """Adapt the bushes to the costs; return the relative gap of the flows."""
        shortest = self._improve()
        total = self._total_cost()
        if total <= 0.0:
            return 0.0
        return (total - shortest) / total

    def _improve(self, *, is_new: bool = False) -> float:
        def work(number: int) -> float:
            bushes = self.blocks[number]
            room, built = self.rooms.get()
            built = built._replace(
                origin=bushes.origin,
                first_demand=bushes.first_demand,
                destination=bushes.destination,
                at=np.empty_like(bushes.at),
                trips=bushes.trips,
            )
            cost = self.costs.cost[self.classes[number]]
            shortest = improve(self.ordered.graph, cost, bushes, is_new, built, room)
            reachable = bool(np.isfinite(shortest))
            if reachable:
                self.blocks[number] = _trimmed(built)
            self.rooms.put((room, built))
            if not reachable:
                raise ValueError("a destination cannot be reached from its origin")
            return float(shortest)

        return sum(self._for_blocks(work))

    def _for_blocks(self, work: Callable[[int], T]) -> Iterator[T]:
        """Do the work for the number of each block; the results come in order."""
        numbers = range(len(self.blocks))
        return map(work, numbers) if self.pool is None else self.pool.map(work, numbers)

    def _total_cost(self) -> float:
        """Return what all trips pay."""
        used = self.flow > 0.0
        return float((self.flow[used] * self.costs.cost[:, :-1][used]).sum())

    def equilibrate(self, relative_gap: float) -> None:
        """Shift trips inside the bushes until their excess is small beside the gap."""
        goal = SHARE_LEFT * relative_gap * self._total_cost()
        excess = [np.full(len(bushes.origin), np.inf) for bushes in self.blocks]
        negligible = SHARE_PASSED_OVER * goal / max(sum(map(len, excess)), 1)
        room, built = self.rooms.get()
        is_whole = True
        for _ in range(SWEEPS):
            left = 0.0
            for bushes, k, own in zip(self.blocks, self.classes, excess, strict=True):
                left += sweep(self.costs, k, bushes, own, negligible, room)
            if left > goal:
                is_whole = False
            elif is_whole:
                break
            else:
                # The others have changed the costs of those that were passed over.
                is_whole = True
                for own in excess:
                    own.fill(np.inf)
        self.rooms.put((room, built))

    def load(self) -> None:
        """Renew all flows from the trips, and the costs from the flows."""

        def work(number: int) -> Floats:
            room, built = self.rooms.get()
            flow = np.empty(self.problem.arcs + 1)
            load(self.blocks[number], flow, room)
            self.rooms.put((room, built))
            return flow

        self.flow.fill(0.0)
        for k, flow in zip(self.classes, self._for_blocks(work), strict=True):
            self.flow[k] += flow[:-1]
        self._renew_costs()

    def _count_flows(self) -> None:
        self.flow.fill(0.0)
        for k, bushes in zip(self.classes, self.blocks, strict=True):
            for b in range(len(bushes.origin)):
                codes = bushes.code[bushes.first[b] : bushes.needed[b]]
                flow = bushes.flow[bushes.first_flow[b] : bushes.first_flow[b + 1]]
                self.flow[k] += np.bincount(codes >> 1, flow, self.problem.arcs + 1)[:-1]
        self._renew_costs()

    def _renew_costs(self) -> None:
        self.costs.flow[:] = (self.costs.unit * self.flow).sum(axis=0)
        self.costs.weighted_flow[:] = self.costs.time_weight @ self.flow
        refresh_all(*self.costs)

    def trips_by_arc(self) -> Floats:
        """Return the flows in the order of the problem, shape (classes, arcs)."""
        flow = np.empty_like(self.flow)
        flow[:, self.ordered.arc] = self.flow
        return flow

    def objective(self) -> float:
        """Return Beckmann's integral or the total cost of the flows."""
        problem, flow = self.problem, self.trips_by_arc()
        fixed = float((flow * np.where(flow > 0.0, problem.fixed_cost, 0.0)).sum())
        delay, element_flow = problem.delay, (problem.unit * flow).sum(axis=0)
        weighted = problem.time_weight @ flow
        if self.costs.is_marginal:
            return fixed + float((weighted * delay_times(delay, element_flow)[0]).sum())
        grows = (delay.kind != CONSTANT) & (delay.alpha != 0.0)
        units = problem.unit[:, grows]
        # Otherwise the costs of two classes do not change each other alike: no integral.
        if (units != units[0] * (problem.time_weight / problem.time_weight[0])[:, None]).any():
            return float("nan")
        per_unit = np.ones(delay.size)
        np.divide(problem.time_weight[0], problem.unit[0], out=per_unit, where=grows)
        area = np.where(
            grows, per_unit * delay_integrals(delay, element_flow), delay.free_time * weighted
        )
        return fixed + float(area.sum())

    def memory(self) -> BushMemory:
        """Return the bushes."""
        return BushMemory(
            problem=self.problem,
            ordered=self.ordered,
            blocks=tuple(self.blocks),
            block_class=self.classes,
            arc_map=np.arange(self.problem.arcs, dtype=np.int32),
        )


def _ordered(problem: TrafficProblem, warm_start: BushMemory | None) -> Renumbered:
    if warm_start is not None:
        before = warm_start.problem
        if np.array_equal(before.tail, problem.tail) and np.array_equal(before.head, problem.head):
            return warm_start.ordered
    return renumbered(problem)


def _room(bushes: int, arcs: int) -> Bushes:
    """Return bushes with room for so many arcs; pages that stay untouched take no memory."""
    whole, none = np.empty(0, np.int32), np.empty(0)
    return Bushes(
        origin=whole,
        first=np.empty(bushes + 1, np.int64),
        needed=np.empty(bushes, np.int64),
        first_flow=np.empty(bushes + 1, np.int64),
        positions=np.empty(bushes, np.int32),
        code=np.empty(arcs, np.int32),
        back=np.empty(arcs, np.int32),
        flow=np.empty(arcs),
        first_demand=np.empty(0, np.int64),
        destination=whole,
        at=whole,
        trips=none,
    )


def _trimmed(built: Bushes) -> Bushes:
    size = len(built.origin)
    arcs, flows = int(built.first[size]), int(built.first_flow[size])
    return built._replace(
        first=built.first[: size + 1].copy(),
        needed=built.needed[:size].copy(),
        first_flow=built.first_flow[: size + 1].copy(),
        positions=built.positions[:size].copy(),
        code=built.code[:arcs].copy(),
        back=built.back[:arcs].copy(),
        flow=built.flow[:flows].copy(),
    )
