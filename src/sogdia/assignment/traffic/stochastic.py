"""Stochastic user equilibrium (Daganzo and Sheffi, 1977) over path sets.

In equilibrium the flows of paths are those that travellers choose at the costs that these flows
cause: ``f = trips * P(cost(f))``. The residual, which is the gap reported, is
``sum |f - trips * P(cost(f))| / sum trips``.

Two steps lead there. Self-regulated averaging (Liu, He and He, 2009) goes from ``f`` a part
``1 / b`` of the way to what is chosen; ``b`` grows by `AFTER_WORSE` when the residual grew and
by `AFTER_BETTER` when it fell, so that steps add up to infinity and their squares do not: it
converges where averaging does. A Newton step solves the equations made linear in the flows of
elements, by GMRES (Saad and Schultz, 1986): a product with the Jacobian is one pass over the
paths. It is taken only if it makes the least residual so far smaller by a given share.
Either that happens without end and the residual goes to nothing, or from some iteration on
there are averages alone, which converge.

After that, paths that are the cheapest at the costs reached, and not compared yet, are added,
and it is solved again.

References
----------
Daganzo, C. F. and Sheffi, Y. (1977). On stochastic models of traffic assignment.
    Transportation Science, 11.
Liu, H. X., He, X. and He, B. (2009). Method of successive weighted averages (MSWA) and
    self-regulated averaging schemes for solving stochastic user equilibrium problem.
    Networks and Spatial Economics, 9.
Saad, Y. and Schultz, M. H. (1986). GMRES: a generalized minimal residual algorithm for solving
    nonsymmetric linear systems. SIAM Journal on Scientific and Statistical Computing, 7.
"""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import polars as pl
from scipy.sparse.linalg import LinearOperator, gmres

from sogdia.assignment.traffic.delay import delay_times
from sogdia.assignment.traffic.path_sets import (
    PathSets,
    cheapest_paths,
    joined,
    loopless_paths,
    penalty_paths,
    without_detours,
)
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import Progress, TrafficSolution, show_gap
from sogdia.assignment.traffic.stochastic_loading import Loading, arc_costs
from sogdia.assignment.traffic.stochastic_memory import StochasticMemory
from sogdia.assignment.traffic.stochastic_options import StochasticOptions
from sogdia.errors import DataError
from sogdia.network.model import Floats

AFTER_WORSE = 1.8
AFTER_BETTER = 0.3
STEPS = (1.0, 0.5)
"""Parts of a Newton step tried: where short ones alone would do, averages do better."""
SHARE_OF_STEP = 0.3
"""Share of a Newton step by which it has to make the residual smaller."""
INNER_ITERATIONS = 40
NEARER = 0.4
"""Residual, over that where a Newton step failed, at which to try one again."""
LONGEST_WAIT = 50
"""Averages after which to try one again all the same."""
GAP_BEFORE_COLUMNS = 1e-3
"""Residual at which paths are near enough to their costs to look for missing ones."""


def solve(
    problem: TrafficProblem,
    *,
    options: StochasticOptions,
    gap: float = 1e-8,
    iterations: int = 1000,
    threads: int = 1,
    warm_start: StochasticMemory | None = None,
    progress: Progress | None = None,
) -> TrafficSolution:
    """Find a stochastic user equilibrium.

    Parameters
    ----------
    problem : TrafficProblem
        Without hard capacities.
    options : StochasticOptions
        Model of choice and path sets.
    gap : float
        Residual at which to stop.
    iterations : int
        Steps allowed, over all generations of paths.
    threads : int
        Threads; they do not change the result.
    warm_start : StochasticMemory or None
        Memory of a solution with the same nodes and arcs. Its paths are compared besides
        those that the options lead to.
    progress : callable or None
        Called after each step.

    Returns
    -------
    TrafficSolution
        Its gap is the residual, recomputed from the flows of paths.

    Raises
    ------
    DataError
        If the options have no meaning, the problem has hard capacities or no trips, or trips
        have no way.
    ValueError
        If `warm_start` names arcs that the problem does not have.
    """
    begin = perf_counter()
    options.check(problem.arcs)
    if problem.has_hard_capacities:
        raise DataError(
            "stochastic equilibrium of traffic knows no hard capacities; methods 'ue' and 'so' "
            "keep to them, or the capacity may enter through a delay function"
        )
    if len(problem.trips) == 0:
        raise DataError("there are no trips to assign; table trip needs at least one row above 0")
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        search = _Search(problem, options, gap, iterations, pool, progress)
        free = arc_costs(problem, delay_times(problem.delay, np.zeros(problem.delay.size))[0])
        sets = _first_sets(problem, free, options, threads)
        state = search.start(*_with_memory(problem, free, sets, warm_start))
        for _ in range(options.generations):
            state = search.run(state, max(gap, GAP_BEFORE_COLUMNS))
            found = cheapest_paths(
                problem, state.loading.costs(state.element_flow), threads=threads
            )
            sets, number = joined([state.loading.sets, found])
            if sets.count == state.loading.sets.count:
                break
            # A path that travellers did not compare carries nothing yet.
            state = search.start(sets, np.append(state.flow, np.zeros(found.count))[number])
        state = search.run(state, gap)
        flow = state.loading.arc_flow(state.flow)
        final = search.at(state.loading, state.flow, problem.element_flow(flow))
    memory = StochasticMemory(
        final.loading.sets,
        final.flow,
        problem.pair_class,
        problem.pair_origin,
        problem.pair_destination,
    )
    return TrafficSolution(
        method="sue",
        flow=flow,
        price=np.zeros(problem.delay.size),
        objective=np.nan,
        relative_gap=final.gap,
        target_gap=gap,
        history=search.frame(),
        iterations=len(search.history),
        seconds=perf_counter() - begin,
        memory=memory,
    )


def _first_sets(
    problem: TrafficProblem, free: Floats, options: StochasticOptions, threads: int
) -> PathSets:
    """Return the paths to compare, as far as costs at no flow tell."""
    sets = penalty_paths(
        problem, free, rounds=options.paths, penalty=options.penalty, threads=threads
    )
    if options.k_best > 0:
        sets = joined([sets, loopless_paths(problem, free, options.k_best)])[0]
    return without_detours(problem, sets, free, options.detour)


def _with_memory(
    problem: TrafficProblem, free: Floats, sets: PathSets, memory: StochasticMemory | None
) -> tuple[PathSets, Floats | None]:
    """Return the sets with those remembered, and their flows; pairs without any have nan."""
    if memory is None:
        return sets, None
    old, old_flow = memory.for_pairs(problem)
    if len(old.arc) > 0 and old.arc.max() >= problem.arcs:
        raise ValueError("the memory is of a network with other arcs; see StochasticMemory.moved")
    open_paths = np.flatnonzero(np.isfinite(old.costs(problem, free)))
    old, old_flow = old.take(open_paths), old_flow[open_paths]
    together, number = joined([old, sets])
    flow = np.append(old_flow, np.zeros(sets.count))[number]
    total = np.bincount(together.pair, flow, len(problem.trips))
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(total > 0.0, problem.trips / total, np.nan)
    return together, flow * factor[together.pair]


@dataclass(frozen=True, slots=True)
class _State:
    """Flows of paths, and what travellers would choose at the costs that they cause."""

    loading: Loading
    flow: Floats
    element_flow: Floats
    chosen: Floats
    chosen_element_flow: Floats
    gap: float


@dataclass(slots=True)
class _Search:
    """Steps towards the equilibrium, with what is to be remembered from one to the next."""

    problem: TrafficProblem
    options: StochasticOptions
    gap: float
    iterations: int
    pool: Executor | None
    progress: Progress | None
    history: list[float] = field(default_factory=list)

    def frame(self) -> pl.DataFrame:
        """Return the history of the solution."""
        return pl.DataFrame(
            {
                "iteration": np.arange(1, len(self.history) + 1, dtype=np.int64),
                "relative_gap": np.array(self.history, dtype=np.float64),
                "objective": np.full(len(self.history), np.nan),
            }
        )

    def at(self, loading: Loading, flow: Floats, element_flow: Floats) -> _State:
        """Return the state with given flows."""
        chosen, chosen_element_flow = loading.choices(loading.costs(element_flow))
        gap = float(np.abs(flow - chosen).sum() / self.problem.trips.sum())
        return _State(loading, flow, element_flow, chosen, chosen_element_flow, gap)

    def start(self, sets: PathSets, flow: Floats | None) -> _State:
        """Return the state with given flows of paths; those of pairs with nan are chosen anew."""
        loading = Loading(self.problem, sets, self.options, self.pool)
        flow = np.full(sets.count, np.nan) if flow is None else flow[loading.order]
        known = np.nan_to_num(flow)
        element_flow = self.problem.element_flow(loading.arc_flow(known))
        if np.isnan(flow).any():
            chosen, _ = loading.choices(loading.costs(element_flow))
            known = np.where(np.isnan(flow), chosen, flow)
            element_flow = self.problem.element_flow(loading.arc_flow(known))
        return self.at(loading, known, element_flow)

    def run(self, state: _State, gap: float) -> _State:
        """Step until the residual is `gap` or the iterations are spent."""
        divisor = 1.0
        least = state.gap
        try_at = np.inf
        waited = 0
        while state.gap > gap and len(self.history) < self.iterations:
            new = None
            if self.options.newton and (state.gap <= try_at or waited >= LONGEST_WAIT):
                new = self._newton_step(state, least)
                try_at = np.inf if new else NEARER * state.gap
                waited = 0
            if new is None:
                waited += 1
                new = self._towards(state, state.chosen, state.chosen_element_flow, 1.0 / divisor)
                divisor += AFTER_WORSE if new.gap >= state.gap else AFTER_BETTER
            state = new
            least = min(least, state.gap)
            self.history.append(state.gap)
            show_gap(self.progress, state.gap, self.gap)
        return state

    def _towards(self, state: _State, flow: Floats, element_flow: Floats, step: float) -> _State:
        """Return the state a part of the way towards other flows."""
        return self.at(
            state.loading,
            state.flow + step * (flow - state.flow),
            state.element_flow + step * (element_flow - state.element_flow),
        )

    def _newton_step(self, state: _State, least: float) -> _State | None:
        """Return the state after a Newton step, None where it does not help enough."""
        loading = state.loading
        slope = loading.slopes(state.element_flow)
        size = len(slope)

        def product(change: Floats) -> Floats:
            return change - loading.change(state.chosen, slope * change)

        missing = state.chosen_element_flow - state.element_flow
        jacobian = LinearOperator((size, size), matvec=product, dtype=np.float64)
        tolerance = float(np.clip(0.1 * np.sqrt(state.gap), 1e-3, 0.03))
        change, _ = gmres(jacobian, missing, rtol=tolerance, restart=INNER_ITERATIONS, maxiter=1)
        # Times along the tangent, not flows: choices at them never are negative.
        time = delay_times(self.problem.delay, state.element_flow)[0] + slope * change
        flow, element_flow = loading.choices(arc_costs(self.problem, time))
        for step in STEPS:
            new = self._towards(state, flow, element_flow, step)
            if new.gap <= (1.0 - SHARE_OF_STEP * step) * least:
                return new
        return None
