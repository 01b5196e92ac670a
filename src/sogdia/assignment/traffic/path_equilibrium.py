"""`solve`: equilibrium by paths, on any problem, with hard capacities.

Column generation of cheapest paths around an equilibrium of those known (Leventhal, Nemhauser
and Trotter, 1973): elements shared by arcs, classes that pay and count differently, hard
capacities with their scarcity prices. Where no flow changes a time the problem is linear, and
`column_generation` finishes it exactly.
"""

from __future__ import annotations

import time

import numpy as np
import polars as pl

from sogdia.assignment.traffic.column_generation import finish, require_room
from sogdia.assignment.traffic.delay import CONSTANT, delay_integrals
from sogdia.assignment.traffic.lagrangian import Lagrangian
from sogdia.assignment.traffic.paths import (
    PathMemory,
    PathSet,
    merged,
    no_paths,
    recalled,
    remembered,
)
from sogdia.assignment.traffic.paths_pricing import Priced, Pricer, costs_of
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import Progress, TrafficSolution, show_gap
from sogdia.errors import InfeasibleError
from sogdia.network.model import Bools, Floats, Ints

SHARPER = 0.05
"""Share of the gap to which known paths are equilibrated before new ones are looked for."""
SWEEPS = (20, 200)
"""Sweeps between two searches for paths, far from the solution and near it."""
IDLE = 4
"""Iterations after which a path without flow is forgotten."""
LINEAR_ROUNDS = 30
"""Iterations that the Lagrangian of a linear problem has before the exact finish."""
LINEAR_SWEEPS = 8
LINEAR_EXCESS = 1e-3
"""Excess cost and flow, as shares of all, at which it has no need of more."""
NEAR = 1e-3
"""Share by which a path may be dearer than the cheapest and begin in the exact finish."""
FIRST_STIFFNESS = 0.1
"""Price of a capacity exceeded by its double, in mean costs of a trip."""
STIFFER, SOFTER = 2.0, 0.6
EASY, HARD = 0.05, 1.0
"""Excess cost, in parts of the excess flow, below and above which prices grow faster, slower."""
SHRINKS = 0.3
"""Excess flow of a capacity, in parts of the last, that needs no faster price."""
INEXACT = 0.3
"""Excess cost, in parts of the excess flow, at which multipliers are set anew."""
STALLED = 40
"""Iterations after which it is asked whether capacities have room at all."""
SEEMS_FULL = 1e-3
"""Excess flow at which it is asked."""
MOST_NAMED = 10


def solve(
    problem: TrafficProblem,
    *,
    system_optimum: bool = False,
    gap: float = 1e-8,
    iterations: int = 1000,
    threads: int = 1,
    warm_start: PathMemory | None = None,
    progress: Progress | None = None,
) -> TrafficSolution:
    """Return the user equilibrium, or the system optimum, of any problem.

    Parameters
    ----------
    problem : TrafficProblem
        Graph, delays, capacities and trips.
    system_optimum : bool
        Least total cost instead of least cost to each.
    gap : float
        Relative gap at which to stop; see `TrafficSolution`.
    iterations : int
        Searches for new paths at most; the best reached is returned with its gap.
    threads : int
        Threads that look for paths; the result does not depend on it.
    warm_start : PathMemory, optional
        Paths to start from, of a problem with the same nodes.
    progress : Progress, optional
        Told how far the gap has fallen.

    Raises
    ------
    InfeasibleError
        If a pair has no path.
    OverCapacityError
        If hard capacities have no room for all trips; it names them.

    Notes
    -----
    The gap of a problem with hard capacities is the largest of: the excess cost over
    cheapest paths, at the prices; the largest share by which a capacity is exceeded; and what
    prices charge for room that is not used up. Costs are shares of the total cost.
    """
    return _Run(problem, system_optimum, gap, threads, warm_start, progress).solve(iterations)


class _Run:
    """One solution in the making."""

    def __init__(
        self,
        problem: TrafficProblem,
        system_optimum: bool,
        gap: float,
        threads: int,
        warm_start: PathMemory | None,
        progress: Progress | None,
    ) -> None:
        self._started = time.perf_counter()
        self._problem = problem
        self._method = "so" if system_optimum else "ue"
        self._gap = gap
        self._progress = progress
        self._pricer = Pricer(problem, threads)
        self._lagrangian = Lagrangian(problem, system_optimum=system_optimum)
        self._hard: Bools = np.isfinite(problem.hard_capacity)
        flat = (problem.delay.kind == CONSTANT) | (problem.delay.alpha == 0.0)
        self._linear = bool(flat.all())
        self._history: list[tuple[int, float, float]] = []
        self._per_unit = _cost_per_unit(problem)
        self._excess = np.full(int(self._hard.sum()), np.inf)
        self._stiffness = self._lagrangian.stiffness
        if warm_start is None:
            self._paths = no_paths(len(problem.trips))
        else:
            self._paths = recalled(problem, warm_start)
            self._recall_prices(warm_start)
        self._by_arc = self._lagrangian.load(self._paths)

    def solve(self, iterations: int) -> TrafficSolution:
        """Go on until the gap is reached."""
        finishes = self._linear and self._hard.any()
        limit = min(iterations, LINEAR_ROUNDS) if finishes else iterations
        for _ in range(limit):
            priced, known = self._price()
            if not np.isfinite(known).all():
                self._begin(priced)
                continue
            reached = self._measure(priced)
            if reached <= self._gap or (finishes and self._is_near()):
                break
            if not self._linear and self._seems_full():
                require_room(self._problem, self._paths, self._pricer)
            self._add(priced)
            self._equilibrate()
        else:
            # What is returned has changed since it was measured.
            self._measure(self._price()[0])
        if finishes and self._history[-1][1] > self._gap:
            self._finish()
        return self._solution()

    def _price(self) -> tuple[Priced, Floats]:
        """Look for cheaper paths; return them, and the least costs of the known ones."""
        cost = self._lagrangian.arc_costs()
        _, known = costs_of(self._problem, self._paths, cost)
        return self._pricer(cost, known), known

    def _is_near(self) -> bool:
        """Tell whether the exact finish has little left to do."""
        flow, hard = self._lagrangian.flow[self._hard], self._problem.hard_capacity[self._hard]
        over = float(np.maximum(flow - hard, 0.0).sum())
        return self._path_gap < LINEAR_EXCESS and over < LINEAR_EXCESS * float(flow.sum())

    def _seems_full(self) -> bool:
        """Tell whether it is time to ask if capacities have room at all."""
        return len(self._history) % STALLED == 0 and self._worst_excess() > SEEMS_FULL

    def _begin(self, priced: Priced) -> None:
        """Let the trips of pairs that have no path take the cheapest."""
        one = self._problem
        if not np.isfinite(priced.cost).all():
            raise _no_way(one, np.flatnonzero(~np.isfinite(priced.cost)))
        lacks = np.diff(self._paths.pair_first) == 0
        self._add(priced)
        fresh = lacks[self._paths.pair]
        self._paths.flow[fresh] = one.trips[self._paths.pair[fresh]]
        self._by_arc = self._lagrangian.load(self._paths)
        if self._hard.any() and not self._lagrangian.stiffness.any():
            mean = float(priced.cost @ one.trips / one.trips.sum())
            self._lagrangian.stiffness[self._hard] = (
                FIRST_STIFFNESS * mean / one.hard_capacity[self._hard]
            )
            self._lagrangian.refresh()

    def _measure(self, priced: Priced) -> float:
        """Note the gap and the objective; return the gap."""
        one, lagrangian = self._problem, self._lagrangian
        cost = lagrangian.arc_costs()
        used = self._by_arc > 0.0
        self._total = float(self._by_arc[used] @ cost[used])
        scale = max(self._total, 1e-300)
        excess = max(self._total - float(one.trips @ priced.cost), 0.0)
        self._path_gap = excess / scale
        over, price = self._over(), lagrangian.price[self._hard]
        self._unfair = max(
            float(over.max(initial=0.0)),
            float(price @ (np.maximum(-over, 0.0) * one.hard_capacity[self._hard])) / scale,
        )
        reached = max(self._path_gap, self._unfair)
        self._history.append((len(self._history) + 1, reached, self._objective()))
        show_gap(self._progress, reached, self._gap)
        return reached

    def _over(self) -> Floats:
        """Share by which each hard capacity is exceeded; negative where there is room."""
        hard = self._problem.hard_capacity[self._hard]
        return np.asarray(self._lagrangian.flow[self._hard] / hard - 1.0)

    def _worst_excess(self) -> float:
        return float(self._over().max(initial=0.0))

    def _add(self, priced: Priced) -> None:
        """Take new paths; forget those that have long been without flow."""
        keep = self._paths.idle < (LINEAR_ROUNDS if self._linear else IDLE)
        self._paths = merged(self._paths, keep, priced.pair, priced.first, priced.arc)

    def _equilibrate(self) -> None:
        """Equilibrate the known paths, having set the multipliers right."""
        lagrangian = self._lagrangian
        if self._hard.any() and self._path_gap < self._unfair * INEXACT:
            self._update_multipliers()
        elif self._hard.any() and not self._linear and self._path_gap > HARD * self._unfair:
            self._soften()
        sweeps = SWEEPS[0] if self._path_gap > 1e-5 else SWEEPS[1]
        if self._linear:
            sweeps = LINEAR_SWEEPS
        sharp = SHARPER * max(self._path_gap, INEXACT * self._unfair, 1e-15)
        lagrangian.equilibrate(self._paths, sharp * self._total, sweeps)
        self._by_arc = lagrangian.load(self._paths)

    def _update_multipliers(self) -> None:
        """Let multipliers be the prices; where that helped little, let these grow faster."""
        lagrangian, hard = self._lagrangian, self._hard
        price = lagrangian.price[hard]
        changed = np.abs(price - lagrangian.multiplier[hard]) / lagrangian.stiffness[hard]
        excess = changed / self._problem.hard_capacity[hard]
        # Stiff prices make paths hard to equilibrate: only while that is easy.
        easy = self._path_gap < EASY * self._unfair
        slow = (excess > SHRINKS * self._excess) & easy
        stiffness = lagrangian.stiffness[hard]
        lagrangian.stiffness[hard] = np.where(slow, STIFFER * stiffness, stiffness)
        self._excess = excess
        lagrangian.multiplier[hard] = price
        lagrangian.refresh()

    def _soften(self) -> None:
        """Let prices grow slower by flow, at the prices that there are."""
        lagrangian = self._lagrangian
        priced = lagrangian.price > 0.0
        over = (lagrangian.flow - self._problem.hard_capacity)[priced]
        softer = SOFTER * lagrangian.stiffness[priced]
        lagrangian.multiplier[priced] = lagrangian.price[priced] - softer * over
        lagrangian.stiffness[priced] = softer
        lagrangian.refresh()

    def _recall_prices(self, memory: PathMemory) -> None:
        size = self._problem.delay.size
        if len(memory.price) != size:
            return
        stiffness = memory.stiffness[self._hard]
        if (stiffness > 0.0).all():
            self._lagrangian.multiplier[self._hard] = memory.price[self._hard]
            self._lagrangian.stiffness[self._hard] = stiffness

    def _finish(self) -> None:
        """Solve a linear problem exactly."""
        one, lagrangian = self._problem, self._lagrangian
        price = lagrangian.price.copy()
        path_cost, least = costs_of(one, self._paths, lagrangian.arc_costs())
        near = path_cost <= least[self._paths.pair] * (1.0 + NEAR)
        self._paths = _some(self._paths, near | (self._paths.flow > 0.0))
        lagrangian.multiplier[:] = 0.0
        self._stiffness = lagrangian.stiffness.copy()
        lagrangian.stiffness[:] = 0.0
        lagrangian.refresh()
        done = finish(one, lagrangian.arc_costs(), self._paths, price, self._pricer)
        self._paths = done.paths
        lagrangian.multiplier[:] = done.price
        self._by_arc = lagrangian.load(self._paths)
        priced, _ = self._price()
        self._measure(priced)

    def _objective(self) -> float:
        """Return Beckmann's function, or the total cost, without prices."""
        one, lagrangian = self._problem, self._lagrangian
        used = self._by_arc > 0.0
        fixed = float(self._by_arc[used] @ one.fixed_cost[used])
        if self._method == "so" or self._linear:
            return fixed + float(lagrangian.weighted @ lagrangian.time)
        if self._per_unit is None:
            return float("nan")
        return fixed + float(self._per_unit @ delay_integrals(one.delay, lagrangian.flow))

    def _solution(self) -> TrafficSolution:
        _, reached, objective = self._history[-1]
        lagrangian = self._lagrangian
        stiffness = lagrangian.stiffness if lagrangian.stiffness.any() else self._stiffness
        return TrafficSolution(
            method=self._method,
            flow=self._by_arc,
            price=lagrangian.price.copy(),
            objective=objective,
            relative_gap=reached,
            target_gap=self._gap,
            history=pl.DataFrame(
                self._history,
                schema={"iteration": pl.Int64, "relative_gap": pl.Float64, "objective": pl.Float64},
                orient="row",
            ),
            iterations=len(self._history),
            seconds=time.perf_counter() - self._started,
            memory=remembered(self._problem, self._paths, lagrangian.price.copy(), stiffness),
        )


def _some(paths: PathSet, keep: Bools) -> PathSet:
    none = np.empty(0, dtype=np.int32)
    return merged(paths, keep, none, np.zeros(1, dtype=np.int64), none)


def _cost_per_unit(problem: TrafficProblem) -> Floats | None:
    """Return what a unit of time on an element costs a unit of its flow.

    None where classes differ in it, on an element whose time grows: no function has such
    an equilibrium for its least value.
    """
    used = (problem.element >= 0) & np.isfinite(problem.fixed_cost)
    element = problem.element[used]
    share = np.where(problem.unit > 0.0, problem.unit, np.nan)
    each = (problem.time_weight[:, None] / share)[used]
    least, most = np.full((2, problem.delay.size), np.nan)
    np.fmin.at(least, element, each)
    np.fmax.at(most, element, each)
    grows = (problem.delay.kind != CONSTANT) & (problem.delay.alpha > 0.0)
    missing = np.zeros(problem.delay.size, dtype=np.bool_)
    missing[element[np.isnan(each)]] = True
    if (grows & (missing | (most - least > 1e-12 * most))).any():
        return None
    per_unit: Floats = np.nan_to_num(most)
    return per_unit


def _no_way(problem: TrafficProblem, pairs: Ints) -> InfeasibleError:
    named = [
        f"{problem.pair_origin[pair]} to {problem.pair_destination[pair]} for class "
        f"{problem.pair_class[pair]}"
        for pair in pairs[:MOST_NAMED]
    ]
    more = f" and {len(pairs) - len(named)} more" if len(pairs) > len(named) else ""
    return InfeasibleError(
        f"{len(pairs)} pairs with trips have no way: from node {', '.join(named)}{more}"
    )
