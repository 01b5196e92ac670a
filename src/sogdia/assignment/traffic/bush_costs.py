"""What an arc costs each class of trips at the flows of the moment, and its derivative."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sogdia.assignment.traffic.bush_graph import Renumbered
from sogdia.assignment.traffic.delay import evaluate
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.network.model import Floats


class Costs(NamedTuple):
    """Costs of the arcs of a `Graph` with the flows they follow from.

    Attributes
    ----------
    delay : ndarray of float64, shape (arcs, 5)
        Fields of `Delay`, those of an arc side by side.
    fixed_cost, unit : ndarray of float64, shape (classes, arcs)
        See `TrafficProblem`.
    time_weight : ndarray of float64, shape (classes,)
        See `TrafficProblem`.
    is_marginal : bool
        Whether a trip pays what it adds to the cost of all.
    flow : ndarray of float64, shape (arcs,)
        Flow of all classes in the units of the arcs.
    weighted_flow : ndarray of float64, shape (arcs,)
        Trips of all classes by the cost of their time.
    cost, slope : ndarray of float64, shape (classes, arcs + 1)
        Cost of a trip, and what one more trip of the class adds to it.
    """

    delay: Floats
    fixed_cost: Floats
    unit: Floats
    time_weight: Floats
    is_marginal: bool
    flow: Floats
    weighted_flow: Floats
    cost: Floats
    slope: Floats


def costs_of(problem: TrafficProblem, ordered: Renumbered, *, is_marginal: bool) -> Costs:
    """Return the costs at no flow, in the order of the kernels."""
    delay, arc = problem.delay, ordered.arc
    classes, arcs = problem.classes, problem.arcs
    fields = [delay.kind, delay.free_time, delay.capacity, delay.alpha, delay.beta]
    costs = Costs(
        np.stack([field[arc].astype(np.float64) for field in fields], axis=1),
        np.ascontiguousarray(problem.fixed_cost[:, arc], dtype=np.float64),
        np.ascontiguousarray(problem.unit[:, arc], dtype=np.float64),
        problem.time_weight.astype(np.float64),
        is_marginal,
        np.zeros(arcs),
        np.zeros(arcs),
        np.full((classes, arcs + 1), np.inf),
        np.zeros((classes, arcs + 1)),
    )
    refresh_all(*costs)
    return costs


@njit(cache=True, nogil=True, forceinline=True)
def refresh(
    delay: Floats,
    fixed_cost: Floats,
    unit: Floats,
    time_weight: Floats,
    is_marginal: bool,
    flow: Floats,
    weighted_flow: Floats,
    cost: Floats,
    slope: Floats,
    arc: int,
) -> None:
    """Bring the costs of an arc up to its flow.

    The cost of class ``k`` on an arc of time ``t(v)`` is ``f_k + w_k t``; what it adds to
    the cost of all is ``f_k + w_k t + u_k t' W``, ``W`` being the sum of ``w_j x_j``.
    """
    time, rise, bend = evaluate(
        int(delay[arc, 0]),
        delay[arc, 1],
        delay[arc, 2],
        delay[arc, 3],
        delay[arc, 4],
        flow[arc],
    )
    for k in range(time_weight.shape[0]):
        weight, own = time_weight[k], unit[k, arc]
        cost[k, arc] = fixed_cost[k, arc] + weight * time
        slope[k, arc] = weight * own * rise
        if is_marginal:
            cost[k, arc] += own * rise * weighted_flow[arc]
            slope[k, arc] += (weight * rise + own * bend * weighted_flow[arc]) * own


@njit(cache=True, nogil=True)
def refresh_all(
    delay: Floats,
    fixed_cost: Floats,
    unit: Floats,
    time_weight: Floats,
    is_marginal: bool,
    flow: Floats,
    weighted_flow: Floats,
    cost: Floats,
    slope: Floats,
) -> None:
    """Bring the costs of all arcs up to their flows."""
    for arc in range(flow.shape[0]):
        refresh(
            delay,
            fixed_cost,
            unit,
            time_weight,
            is_marginal,
            flow,
            weighted_flow,
            cost,
            slope,
            arc,
        )
