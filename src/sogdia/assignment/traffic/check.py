"""Recompute the claims of a traffic assignment by other means.

Shortest paths are scipy's on the whole graph, times and integrals are computed from the
formulas by numpy and by Gauss-Legendre quadrature; nothing here uses a kernel of the engines.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sogdia.assignment.traffic.check_shares import residual_of
from sogdia.assignment.traffic.delay import (
    BPR,
    CONICAL,
    DAVIDSON,
    KINDS,
    LINEAR_FROM,
    QUEUE,
    Delay,
)
from sogdia.assignment.traffic.part import TrafficPart
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.stochastic_memory import StochasticMemory
from sogdia.errors import CheckError
from sogdia.network.model import Bools, Floats, Ints

BALANCE_TOLERANCE = 1e-9
GAP_TOLERANCE = 1e-11
SHARE_TOLERANCE = 1e-10
OBJECTIVE_TOLERANCE = 1e-7
CAPACITY_TOLERANCE = 1e-6
NODES_OF_QUADRATURE = 24
ORIGINS_AT_A_TIME = 64


def check_part(part: TrafficPart) -> None:
    """Raise `CheckError` unless an equilibrium stands up to recomputation.

    Parameters
    ----------
    part : TrafficPart
        Problem and solution.
    """
    problem, solution = part.problem, part.solution
    _check_flows(problem, solution.flow)
    balance = balance_of(problem, solution.flow)
    if not balance <= BALANCE_TOLERANCE:
        raise CheckError(f"trips are out of balance at a node by {balance:.1e} of all trips")
    _check_paths(part)
    flow = _element_flow(problem, solution.flow)
    time, slope = delay_by_formula(problem.delay, flow)
    _check_capacities(part, flow, time)
    if solution.method == "sue":
        _check_shares(part, time)
        return
    if solution.method == "aon":
        time, slope = delay_by_formula(problem.delay, np.zeros(problem.delay.size))
    _check_gap(part, time, slope)
    _check_objective(part, flow, time)


def _check_flows(problem: TrafficProblem, flow: Floats) -> None:
    if not np.isfinite(flow).all() or (flow < 0.0).any():
        raise CheckError("a flow is negative, or not a number")
    closed = ~np.isfinite(problem.fixed_cost)
    if (flow[closed] > 0.0).any():
        k, arc = np.argwhere(closed & (flow > 0.0))[0]
        raise CheckError(f"class {k} uses arc {arc}, which is closed to it")


def balance_of(problem: TrafficProblem, flow: Floats) -> float:
    """Return the largest imbalance of a class at a node, over all trips.

    Parameters
    ----------
    problem : TrafficProblem
        Graph and trips.
    flow : ndarray of float64, shape (classes, arcs)
        Trips of each class on each arc.
    """
    worst = 0.0
    for k, own in enumerate(flow):
        of_class = problem.pair_class == k
        trips = problem.trips[of_class]
        net = np.zeros(problem.nodes)
        np.add.at(net, problem.pair_origin[of_class], trips)
        np.add.at(net, problem.head, own)
        np.subtract.at(net, problem.pair_destination[of_class], trips)
        np.subtract.at(net, problem.tail, own)
        worst = max(worst, float(np.abs(net).max(initial=0.0)))
    return worst / float(problem.trips.sum())


def _element_flow(problem: TrafficProblem, flow: Floats) -> Floats:
    total = np.zeros(problem.delay.size)
    for own, unit, element in zip(flow, problem.unit, problem.element, strict=True):
        counted = element >= 0
        np.add.at(total, element[counted], (unit * own)[counted])
    return total


def delay_by_formula(delay: Delay, flow: Floats) -> tuple[Floats, Floats]:
    """Return times and their derivatives as the formulas give them, by numpy.

    Parameters
    ----------
    delay : Delay
        Volume-delay functions of the elements.
    flow : ndarray of float64, shape (elements,) or (elements, points)
        Flows.
    """
    column = (slice(None), *(None,) * (flow.ndim - 1))
    wide = {
        name: np.broadcast_to(getattr(delay, name)[column], flow.shape)
        for name in ("kind", "free_time", "capacity", "alpha", "beta")
    }
    time, slope = wide["free_time"].copy(), np.zeros(flow.shape)
    for kind in range(1, len(KINDS)):
        here = (wide["kind"] == kind) & (wide["alpha"] != 0.0)
        if here.any():
            free, capacity, alpha, beta = (
                wide[name][here] for name in ("free_time", "capacity", "alpha", "beta")
            )
            grown, rate = _formula(kind, free, alpha, beta, flow[here] / capacity)
            time[here], slope[here] = grown, rate / capacity
    return time, slope


def _formula(
    kind: int, free: Floats, alpha: Floats, beta: Floats, x: Floats
) -> tuple[Floats, Floats]:
    """Return times and their derivatives by saturation."""
    if kind == BPR:
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(beta == 0.0, 0.0, free * alpha * beta * x ** (beta - 1.0))
        return free * (1.0 + alpha * x**beta), rate
    if kind == CONICAL:
        b = (2.0 * alpha - 1.0) / (2.0 * alpha - 2.0)
        root = np.hypot(alpha * (1.0 - x), b)
        rate = free * (alpha - alpha**2 * (1.0 - x) / root)
        return free * (2.0 + root - alpha * (1.0 - x) - b), rate
    near, over = np.minimum(x, LINEAR_FROM), np.maximum(x - LINEAR_FROM, 0.0)
    if kind == DAVIDSON:
        wait = free * alpha * near / (1.0 - near)
        rate = free * alpha / (1.0 - near) ** 2
    else:
        power = np.sqrt(2.0 * (beta + 1.0)) - 1.0
        wait = alpha * near**power / (1.0 - near)
        rate = alpha * near ** (power - 1.0) * (power + near - power * near) / (1.0 - near) ** 2
    return free + wait + rate * over, rate


def integrals_by_quadrature(delay: Delay, flow: Floats) -> Floats:
    """Return the integrals of the times from no flow, by Gauss-Legendre quadrature.

    Parameters
    ----------
    delay : Delay
        Volume-delay functions of the elements.
    flow : ndarray of float64, shape (elements,)
        Upper ends.
    """
    point, weight = np.polynomial.legendre.leggauss(NODES_OF_QUADRATURE)
    bent = (delay.kind == DAVIDSON) | (delay.kind == QUEUE)
    corner = np.where(bent, np.minimum(flow, LINEAR_FROM * delay.capacity), flow)
    # Half of the way again: a root at no flow is not smooth there.
    ends = np.stack([np.zeros(len(flow)), corner / 16.0, corner / 4.0, corner, flow])
    total = np.zeros(len(flow))
    for low, high in pairwise(ends):
        half = 0.5 * (high - low)
        at = low[:, None] + half[:, None] * (1.0 + point)
        total += half * (delay_by_formula(delay, at)[0] @ weight)
    return total


def _check_paths(part: TrafficPart) -> None:
    """Paths lead from origin to destination, serve all trips, and add up to the flows."""
    problem, paths = part.problem, part.path_flows
    first, arc = paths.first, paths.arc
    if (paths.flow <= 0.0).any() or (np.diff(first) <= 0).any():
        raise CheckError("a path has no arcs or no flow")
    inner = np.ones(len(arc), dtype=np.bool_)
    inner[first[:-1]] = False
    if (problem.tail[arc[inner]] != problem.head[arc[np.flatnonzero(inner) - 1]]).any():
        raise CheckError("a path is broken: an arc does not begin where the one before ends")
    starts, ends = problem.tail[arc[first[:-1]]], problem.head[arc[first[1:] - 1]]
    right = (starts == problem.pair_origin[paths.pair]) & (
        ends == problem.pair_destination[paths.pair]
    )
    if not right.all():
        raise CheckError("a path does not lead from the origin to the destination of its pair")
    total = float(problem.trips.sum())
    served = np.bincount(paths.pair, paths.flow, minlength=len(problem.trips))
    short = float(np.abs(served - problem.trips).max())
    if short > BALANCE_TOLERANCE * total:
        raise CheckError(f"the paths of a pair differ from its trips by {short:.6g}")
    loaded = np.zeros_like(part.solution.flow)
    step = np.repeat(np.arange(len(paths.flow)), np.diff(first))
    np.add.at(loaded, (problem.pair_class[paths.pair][step], arc), paths.flow[step])
    apart = float(np.abs(loaded - part.solution.flow).max())
    if apart > BALANCE_TOLERANCE * total:
        raise CheckError(f"flows by path and by arc differ by {apart:.6g} trips")


def _check_capacities(part: TrafficPart, flow: Floats, time: Floats) -> None:
    """No hard capacity is exceeded, and only full ones have a price."""
    problem, solution = part.problem, part.solution
    if (solution.price < 0.0).any():
        raise CheckError("a scarcity price is negative")
    hard = np.isfinite(problem.hard_capacity)
    if (solution.price[~hard] > 0.0).any():
        raise CheckError("something without a hard capacity has a scarcity price")
    if solution.method == "aon" or not hard.any():
        return
    capacity, load, price = problem.hard_capacity[hard], flow[hard], solution.price[hard]
    allowed = max(CAPACITY_TOLERANCE, solution.relative_gap)
    over = float((load - capacity * (1.0 + allowed)).max())
    if over > CAPACITY_TOLERANCE:
        raise CheckError(f"a hard capacity is exceeded by {over:.6g}")
    paid = _class_costs(problem, time, solution.price)
    used = solution.flow > 0.0
    total = float(paid[used] @ solution.flow[used])
    slack = float((price * np.maximum(capacity - load, 0.0)).sum())
    if slack > allowed * total:
        raise CheckError(f"capacity that is not used has a price: {slack / total:.1e} of all cost")


def _check_shares(part: TrafficPart, time: Floats) -> None:
    """Flows are those that travellers choose at the costs that these cause."""
    problem, solution = part.problem, part.solution
    memory = solution.memory
    if part.stochastic is None or not isinstance(memory, StochasticMemory):
        raise CheckError("a stochastic equilibrium without its model of choice and its paths")
    free = delay_by_formula(problem.delay, np.zeros(problem.delay.size))[0]
    residual = residual_of(
        problem,
        memory.sets,
        memory.flow,
        part.stochastic,
        _class_costs(problem, time, solution.price),
        _class_costs(problem, free, solution.price),
    )
    if residual > solution.relative_gap * 1.001 + SHARE_TOLERANCE:
        raise CheckError(
            f"{residual:.3e} of the trips are not on the paths that travellers would choose, "
            f"not {solution.relative_gap:.3e}"
        )


def _class_costs(problem: TrafficProblem, time: Floats, price: Floats) -> Floats:
    cost = problem.fixed_cost.copy()
    for k in range(problem.classes):
        counted = problem.element[k] >= 0
        element = problem.element[k][counted]
        cost[k][counted] += (
            problem.time_weight[k] * time[element] + problem.unit[k][counted] * price[element]
        )
    return cost


def _check_gap(part: TrafficPart, time: Floats, slope: Floats) -> None:
    """Nobody has a cheaper path than the gap admits, path by path and in sum."""
    problem, solution, paths = part.problem, part.solution, part.path_flows
    cost = _class_costs(problem, time, solution.price)
    if solution.method == "so":
        cost += _charges_of_system_optimum(problem, solution.flow, slope)
    least = shortest_costs(problem, cost)
    used = solution.flow > 0.0
    total = float(cost[used] @ solution.flow[used])
    gap = 1.0 - float(least @ problem.trips) / total if total > 0.0 else 0.0
    allowed = solution.relative_gap * 1.001 + GAP_TOLERANCE
    if gap > allowed:
        raise CheckError(
            f"the relative gap is {gap:.3e} when recomputed, not {solution.relative_gap:.3e}"
        )
    step = np.repeat(np.arange(len(paths.flow)), np.diff(paths.first))
    paid = np.bincount(step, cost[problem.pair_class[paths.pair][step], paths.arc])
    # A bush's path may be dearer by what its many flows, each rounded, come to.
    excess = np.maximum(paid - least[paths.pair], 0.0)
    if float(excess @ paths.flow) > (allowed + BALANCE_TOLERANCE) * total:
        raise CheckError("paths with flow are dearer than the cheapest by more than the gap")


def _charges_of_system_optimum(problem: TrafficProblem, flow: Floats, slope: Floats) -> Floats:
    """Return what one more trip of each class costs all others (Pigou, 1920)."""
    weighed, charge = np.zeros(problem.delay.size), np.zeros(flow.shape)
    for k in range(problem.classes):
        counted = problem.element[k] >= 0
        np.add.at(weighed, problem.element[k][counted], problem.time_weight[k] * flow[k][counted])
    for k in range(problem.classes):
        counted = problem.element[k] >= 0
        element = problem.element[k][counted]
        charge[k][counted] = problem.unit[k][counted] * (weighed * slope)[element]
    return charge


def _check_objective(part: TrafficPart, flow: Floats, time: Floats) -> None:
    problem, solution = part.problem, part.solution
    if not np.isfinite(solution.objective):
        return
    expected = objective_by_quadrature(problem, solution.flow, solution.method, flow, time)
    if abs(expected - solution.objective) > OBJECTIVE_TOLERANCE * max(abs(expected), 1e-300):
        raise CheckError(
            f"the objective is {expected:.12g} when recomputed, not {solution.objective:.12g}"
        )


def objective_by_quadrature(
    problem: TrafficProblem, by_class: Floats, method: str, flow: Floats, time: Floats
) -> float:
    """Return what a method minimises, at the flows of the classes.

    Parameters
    ----------
    problem : TrafficProblem
        The problem.
    by_class : ndarray of float64, shape (classes, arcs)
        Trips.
    method : {"aon", "ue", "so"}
        UE: integrals of the times, by quadrature, and fixed costs. Else: total cost.
    flow, time : ndarray of float64, shape (elements,)
        Flows of the elements, and the times that count.
    """
    used = by_class > 0.0
    if method != "ue":
        cost = _class_costs(problem, time, np.zeros(problem.delay.size))
        return float(cost[used] @ by_class[used])
    fixed = float(problem.fixed_cost[used] @ by_class[used])
    per_unit = np.zeros(problem.delay.size)
    for k in range(problem.classes):
        counted = (problem.element[k] >= 0) & (problem.unit[k] > 0.0)
        each = problem.time_weight[k] / problem.unit[k][counted]
        np.maximum.at(per_unit, problem.element[k][counted], each)
    return fixed + float(per_unit @ integrals_by_quadrature(problem.delay, flow))


def shortest_costs(problem: TrafficProblem, cost: Floats) -> Floats:
    """Return the cost of a cheapest path of every pair, by scipy on the whole graph.

    Parameters
    ----------
    problem : TrafficProblem
        Graph and pairs.
    cost : ndarray of float64, shape (classes, arcs)
        What each class pays.
    """
    least = np.full(len(problem.trips), np.inf)
    for k in range(problem.classes):
        pairs = np.flatnonzero(problem.pair_class == k)
        graph = _graph(problem, cost[k], np.isfinite(cost[k]))
        origins, row = np.unique(problem.pair_origin[pairs], return_inverse=True)
        for begin in range(0, len(origins), ORIGINS_AT_A_TIME):
            chunk = origins[begin : begin + ORIGINS_AT_A_TIME]
            found = dijkstra(graph, indices=chunk)
            here = (row >= begin) & (row < begin + len(chunk))
            least[pairs[here]] = found[row[here] - begin, problem.pair_destination[pairs[here]]]
    return least


def _graph(problem: TrafficProblem, cost: Floats, is_open: Bools) -> csr_array:
    """Return the graph as scipy wants it: one arc, the cheapest, between two nodes."""
    tail, head = problem.tail[is_open].astype(np.int64), problem.head[is_open].astype(np.int64)
    price = cost[is_open]
    order = np.lexsort((price, head, tail))
    tail, head, price = tail[order], head[order], price[order]
    key = tail * problem.nodes + head
    once: Ints = np.unique(key, return_index=True)[1]
    first = np.zeros(problem.nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail[once], minlength=problem.nodes), out=first[1:])
    shape = (problem.nodes, problem.nodes)
    return csr_array((price[once], head[once].astype(np.int32), first), shape=shape)
