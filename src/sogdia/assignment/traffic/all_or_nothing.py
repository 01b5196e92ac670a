"""All or nothing: every trip on a cheapest path of the empty network."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter

import numpy as np
import polars as pl
from numba import njit

from sogdia.assignment.traffic.delay import delay_times
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import PathFlows, Progress, TrafficSolution
from sogdia.network.model import Floats, Ints
from sogdia.routing.shortest import NO_ARC
from sogdia.routing.tree_graph import tree_graph
from sogdia.routing.tree_loading import load_trees, shortest_tree_from


@dataclass(frozen=True, slots=True)
class OnePathEach:
    """The one path of every pair, found again when it is asked for.

    Attributes
    ----------
    problem : TrafficProblem
        What was solved.
    cost : ndarray of float64, shape (classes, arcs)
        Costs by which the paths are cheapest.
    """

    problem: TrafficProblem
    cost: Floats

    def path_flows(self) -> PathFlows:
        """Return the flows by path; they add up to the flows by arc."""
        return one_path_each(self.problem, self.cost)


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


def solve(
    problem: TrafficProblem, *, threads: int = 1, progress: Progress | None = None
) -> TrafficSolution:
    """Load every pair on one cheapest path at the times of the empty network.

    Parameters
    ----------
    problem : TrafficProblem
        The problem; capacities play no part.
    threads : int
        Threads; the flows do not depend on their number.
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
    graph = tree_graph(problem.first_out, problem.head)
    flow = np.zeros((problem.classes, problem.arcs))
    for k in range(problem.classes):
        if progress:
            progress("cheapest paths", k, problem.classes)
        own = problem.pair_class == k
        flow[k] = load_trees(
            graph,
            cost[k],
            problem.pair_origin[own],
            problem.pair_destination[own],
            problem.trips[own],
            threads=threads,
        ).flow
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
        memory=OnePathEach(problem, cost),
    )


def one_path_each(problem: TrafficProblem, cost: Floats) -> PathFlows:
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
    graph = tree_graph(problem.first_out, problem.head)
    pairs = len(problem.trips)
    change = (np.diff(problem.pair_class) != 0) | (np.diff(problem.pair_origin) != 0)
    bounds = [0, *(np.flatnonzero(change) + 1).tolist(), pairs] if pairs else [0]
    lengths: list[Ints] = [np.zeros(1, dtype=np.int64)]
    arcs: list[Ints] = [np.empty(0, dtype=np.int32)]
    for begin, end in pairwise(bounds):
        origin = int(problem.pair_origin[begin])
        destination = problem.pair_destination[begin:end]
        _, arc_into = shortest_tree_from(graph, cost[problem.pair_class[begin]], origin)
        length, arc = _walk(problem.tail, arc_into, origin, destination)
        lengths.append(length)
        arcs.append(arc)
    first = np.cumsum(np.concatenate(lengths))
    numbers = np.arange(pairs, dtype=np.int32)
    return PathFlows(numbers, first, np.concatenate(arcs), problem.trips.copy())


@njit(cache=True, nogil=True)
def _walk(tail: Ints, arc_into: Ints, origin: int, destination: Ints) -> tuple[Ints, Ints]:
    """Return how many arcs each path has, and the arcs of all, in order of travel."""
    length = np.zeros(destination.shape[0], dtype=np.int64)
    for i in range(destination.shape[0]):
        node = destination[i]
        while node != origin:
            if arc_into[node] == NO_ARC:
                raise ValueError("a pair has no way")
            node = tail[arc_into[node]]
            length[i] += 1
    arcs = np.empty(length.sum(), dtype=np.int32)
    end = 0
    for i in range(destination.shape[0]):
        end += length[i]
        node = destination[i]
        place = end
        while node != origin:
            place -= 1
            arcs[place] = arc_into[node]
            node = tail[arc_into[node]]
    return length, arcs
