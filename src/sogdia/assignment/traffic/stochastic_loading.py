"""Costs, shares and loads of a problem over given path sets, in threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from itertools import pairwise

import numpy as np

from sogdia.assignment.traffic.delay import delay_times
from sogdia.assignment.traffic.path_sets import PathSets
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.shares import (
    change_load,
    choose,
    commonalities,
    first_marks,
    load_paths,
    path_sizes,
)
from sogdia.assignment.traffic.stochastic_options import StochasticOptions
from sogdia.network.model import Floats, Ints

PARTS = 16
ENTRIES_OF_PART = 50_000
"""Arcs of paths below which another part would cost more than it saves."""


def arc_costs(problem: TrafficProblem, time: Floats) -> Floats:
    """Return the costs of arcs, shape (classes, arcs), at given times of elements."""
    known = np.append(time, 0.0)
    cost: Floats = problem.fixed_cost + problem.time_weight[:, None] * known[problem.element]
    return cost


class Loading:
    """A problem, its path sets, and a model of choice among them.

    Loads are summed over parts of the pairs, cut without regard to the number of threads, and
    then over parts in their order: the same bits come out with any number of threads.

    Parameters
    ----------
    problem : TrafficProblem
        Costs and trips.
    sets : PathSets
        At least one path for each pair.
    options : StochasticOptions
        Model of choice.
    pool : Executor or None
        Threads to use.

    Attributes
    ----------
    sets : PathSets
        The paths, those of a pair ordered by nest.
    order : ndarray of int64, shape (paths,)
        Where each stood in the sets given.
    """

    def __init__(
        self,
        problem: TrafficProblem,
        sets: PathSets,
        options: StochasticOptions,
        pool: Executor | None,
    ) -> None:
        self._problem = problem
        self._pool = pool
        self._scale = options.scale
        self._nest_scale = options.nest_scale if options.model == "nested" else 1.0
        self.order, self._pair_nest, self._nest_path = _in_nests(problem, sets, options)
        self.sets = sets.take(self.order)
        self._constant = _constants(problem, self.sets, options)
        self._path_class = problem.pair_class[self.sets.pair]
        entries = self.sets.first[self._nest_path[self._pair_nest]]
        parts = int(np.clip(entries[-1] // ENTRIES_OF_PART, 1, PARTS))
        aims = np.linspace(0, entries[-1], parts + 1)[1:-1]
        cuts = [0, *np.searchsorted(entries, aims).tolist(), len(problem.trips)]
        self._parts = list(pairwise(cuts))
        self._load = np.empty((parts, problem.classes, problem.arcs))
        self._inclusive = np.empty(len(self._nest_path) - 1)
        self._work = np.empty(self.sets.count)

    def costs(self, element_flow: Floats) -> Floats:
        """Return the costs of arcs, shape (classes, arcs), at given flows of elements."""
        return arc_costs(self._problem, delay_times(self._problem.delay, element_flow)[0])

    def slopes(self, element_flow: Floats) -> Floats:
        """Return the derivatives of the times of elements by their flows."""
        return delay_times(self._problem.delay, element_flow)[1]

    def choices(self, cost: Floats) -> tuple[Floats, Floats]:
        """Return what travellers choose at given costs: flows of paths and of elements."""
        flow = np.empty(self.sets.count)

        def part(begin: int, end: int, load: Floats) -> None:
            choose(
                begin,
                end,
                self._problem.pair_class,
                self._problem.trips,
                self._pair_nest,
                self._nest_path,
                self.sets.first,
                self.sets.arc,
                self._constant,
                self._scale,
                self._nest_scale,
                cost,
                self._inclusive,
                flow,
                load,
            )

        return flow, self._problem.element_flow(self._in_parts(part))

    def change(self, flow: Floats, time_change: Floats) -> Floats:
        """Return the first-order change of the flows of elements when their times change.

        Parameters
        ----------
        flow : ndarray of float64, shape (paths,)
            What `choices` gave at the costs where it is taken.
        time_change : ndarray of float64, shape (elements,)
            Direction.
        """
        known = np.append(time_change, 0.0)
        cost_change = self._problem.time_weight[:, None] * known[self._problem.element]

        def part(begin: int, end: int, load: Floats) -> None:
            change_load(
                begin,
                end,
                self._problem.pair_class,
                self._problem.trips,
                self._pair_nest,
                self._nest_path,
                self.sets.first,
                self.sets.arc,
                self._scale,
                self._nest_scale,
                cost_change,
                flow,
                self._work,
                load,
            )

        return self._problem.element_flow(self._in_parts(part))

    def arc_flow(self, flow: Floats) -> Floats:
        """Return the flows of arcs, shape (classes, arcs), of given flows of paths."""

        def part(begin: int, end: int, load: Floats) -> None:
            load_paths(
                self._nest_path[self._pair_nest[begin]],
                self._nest_path[self._pair_nest[end]],
                self._path_class,
                self.sets.first,
                self.sets.arc,
                flow,
                load,
            )

        return self._in_parts(part)

    def _in_parts(self, part: Callable[[int, int, Floats], None]) -> Floats:
        self._load[:] = 0.0
        tasks = [(*ends, load) for ends, load in zip(self._parts, self._load, strict=True)]
        if self._pool is None or len(tasks) == 1:
            for task in tasks:
                part(*task)
        else:
            for done in [self._pool.submit(part, *task) for task in tasks]:
                done.result()
        total: Floats = self._load[0].copy()
        for load in self._load[1:]:
            total += load
        return total


def _in_nests(
    problem: TrafficProblem, sets: PathSets, options: StochasticOptions
) -> tuple[Ints, Ints, Ints]:
    """Return the order of paths by pair and nest, the nests of pairs, the paths of nests."""
    order = np.arange(sets.count)
    nest = np.full(sets.count, -1, dtype=np.int32)
    if options.model == "nested" and options.nest is not None:
        first_marks(sets.first, sets.arc, np.asarray(options.nest, dtype=np.int32), nest)
        order = np.lexsort((nest, sets.pair))
    pair, nest = sets.pair[order], nest[order]
    begins = np.ones(sets.count, dtype=np.bool_)
    begins[1:] = (nest[1:] < 0) | (nest[1:] != nest[:-1]) | (np.diff(pair) != 0)
    nest_path = np.append(np.flatnonzero(begins), sets.count).astype(np.int64)
    nests_of_pair = np.bincount(pair[begins], minlength=len(problem.trips))
    return order, np.concatenate(([0], np.cumsum(nests_of_pair))).astype(np.int64), nest_path


def _constants(problem: TrafficProblem, sets: PathSets, options: StochasticOptions) -> Floats:
    """Return the utilities of paths that do not depend on their costs."""
    values = np.zeros(sets.count)
    if options.model == "nested":
        return values
    if options.length is None:
        nothing = np.zeros(problem.delay.size)
        length = arc_costs(problem, delay_times(problem.delay, nothing)[0])
    else:
        length = np.tile(np.asarray(options.length, dtype=np.float64), (problem.classes, 1))
    pair_path = np.searchsorted(sets.pair, np.arange(len(problem.trips) + 1))
    if options.model == "path_size":
        path_sizes(pair_path, problem.pair_class, sets.first, sets.arc, length, values)
        return options.path_size_weight * np.log(values)
    power = options.commonality_power
    commonalities(pair_path, problem.pair_class, sets.first, sets.arc, length, power, values)
    return -options.commonality_weight * values
