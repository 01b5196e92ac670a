"""All or nothing: every trip on a cheapest path of the empty network."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import polars as pl
from numba import njit

from sogdia.assignment.traffic.delay import delay_times
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import PathFlows, Progress, TrafficSolution
from sogdia.network.model import Floats, Ints
from sogdia.routing.shortest import NO_ARC, shortest_tree


@dataclass(frozen=True, slots=True)
class OnePathEach:
    """The one path of every pair.

    Attributes
    ----------
    flows : PathFlows
        As many paths as pairs.
    """

    flows: PathFlows

    def path_flows(self) -> PathFlows:
        """Return the flows by path; they add up to the flows by arc."""
        return self.flows


def class_costs(problem: TrafficProblem, element_time: Floats, price: Floats) -> Floats:
    """Return what a trip of each class pays on each arc.

    Parameters
    ----------
    problem : TrafficProblem
        The problem.
    element_time, price : ndarray of float64, shape (elements,)
        Time, and scarcity price, of each element.

    Returns
    -------
    ndarray of float64, shape (classes, arcs)
        Infinite where the class may not go.
    """
    counted = problem.element >= 0
    element = np.where(counted, problem.element, 0)
    varying = problem.time_weight[:, None] * element_time[element] + problem.unit * price[element]
    return np.asarray(problem.fixed_cost + np.where(counted, varying, 0.0), dtype=np.float64)


def solve(problem: TrafficProblem, *, progress: Progress | None = None) -> TrafficSolution:
    """Load every pair on one cheapest path at the times of the empty network.

    Parameters
    ----------
    problem : TrafficProblem
        The problem; capacities play no part.
    progress : callable, optional
        Called with a stage, how much is done, and how much there is.

    Returns
    -------
    TrafficSolution
        Its objective is the total cost of the empty network, and its gap 0: at those costs
        nobody has a cheaper path. Of equally cheap paths it is always the same one.
    """
    started = perf_counter()
    elements = problem.delay.size
    cost = class_costs(
        problem, delay_times(problem.delay, np.zeros(elements))[0], np.zeros(elements)
    )
    if progress:
        progress("cheapest paths", 0, problem.classes)
    paths = cheapest_paths(problem, cost)
    flow = np.zeros((problem.classes, problem.arcs))
    of_step = np.repeat(paths.pair, np.diff(paths.first))
    np.add.at(flow, (problem.pair_class[of_step], paths.arc), problem.trips[of_step])
    used = flow > 0.0
    total = float(cost[used] @ flow[used])
    if progress:
        progress("cheapest paths", problem.classes, problem.classes)
    return TrafficSolution(
        method="aon",
        flow=flow,
        price=np.zeros(elements),
        objective=total,
        relative_gap=0.0,
        target_gap=0.0,
        history=pl.DataFrame({"iteration": [1], "relative_gap": [0.0], "objective": [total]}),
        iterations=1,
        seconds=perf_counter() - started,
        memory=OnePathEach(paths),
    )


def cheapest_paths(problem: TrafficProblem, cost: Floats) -> PathFlows:
    """Return a cheapest path of every pair with all its trips.

    Parameters
    ----------
    problem : TrafficProblem
        Every pair has a way.
    cost : ndarray of float64, shape (classes, arcs)
        What each class pays.

    Returns
    -------
    PathFlows
        One path for each pair, in the order of the pairs.
    """
    pairs = len(problem.trips)
    first = np.zeros(pairs + 1, dtype=np.int64)
    arc = np.empty(0, dtype=np.int32)
    for fill in (False, True):
        _walk(
            problem.first_out,
            problem.head,
            problem.tail,
            cost,
            problem.pair_class,
            problem.pair_origin,
            problem.pair_destination,
            fill,
            first,
            arc,
        )
        if not fill:
            np.cumsum(first, out=first)
            arc = np.empty(int(first[-1]), dtype=np.int32)
    return PathFlows(np.arange(pairs, dtype=np.int32), first, arc, problem.trips.copy())


@njit(cache=True, nogil=True)
def _walk(
    first_out: Ints,
    head: Ints,
    tail: Ints,
    cost: Floats,
    pair_class: Ints,
    pair_origin: Ints,
    pair_destination: Ints,
    fill: bool,
    first: Ints,
    path_arc: Ints,
) -> None:
    """Count the arcs of each pair's path in ``first[pair + 1]``, or write them from its end."""
    nodes = first_out.shape[0] - 1
    distance = np.empty(nodes)
    arc_into = np.empty(nodes, dtype=np.int32)
    heap = np.empty(nodes, dtype=np.int32)
    position = np.empty(nodes, dtype=np.int32)
    last_class, last_origin = -1, -1
    for pair in range(pair_class.shape[0]):
        of_class, origin = pair_class[pair], pair_origin[pair]
        if of_class != last_class or origin != last_origin:
            last_class, last_origin = of_class, origin
            shortest_tree(
                first_out, head, cost[of_class], origin, -1, distance, arc_into, heap, position
            )
        node = pair_destination[pair]
        place = first[pair + 1]
        while node != origin:
            arc = arc_into[node]
            if arc == NO_ARC:
                raise ValueError("a pair has no way")
            place -= 1
            if fill:
                path_arc[place] = arc
            node = tail[arc]
        if not fill:
            first[pair + 1] = -place
