"""Trips shift inside bushes from the longest way in use to the shortest, until both cost the same.

At each node where ways merge the two are followed back to where they part; what is shifted
is Newton's step, and the costs of the arcs touched follow at once, for all bushes that come
after (Gauss-Seidel).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.assignment.traffic.bush_block import Bushes, Workspace
from sogdia.assignment.traffic.bush_costs import Costs, refresh
from sogdia.assignment.traffic.bush_load import dust_of
from sogdia.network.model import Floats, Ints


@njit(cache=True, nogil=True)
def _scan(
    cost: Floats,
    code: Ints,
    back: Ints,
    flow: Floats,
    dust: float,
    near: Floats,
    far: Floats,
    near_arc: Ints,
    far_arc: Ints,
    merge: Ints,
) -> tuple[float, int]:
    """Fill the labels by position and list the merges where there is something to shift.

    Returns
    -------
    excess : float
        What the trips of the bush pay above the shortest way in it.
    merges : int
        Entries of `merge`.
    """
    near[0] = far[0] = 0.0
    excess = 0.0
    merges = p = k = 0
    end = len(flow)
    while k < end:
        p += 1
        t = back[k]
        c = cost[code[k] >> 1]
        if code[k] & 1:
            near[p] = near[t] + c
            far[p] = far[t] + c
            near_arc[p] = far_arc[p] = k
            k += 1
            continue
        start = k
        shortest, longest = np.inf, -1.0
        by_near = by_far = start
        is_last = 0
        while is_last == 0:
            is_last = code[k] & 1
            t = back[k]
            c = cost[code[k] >> 1]
            if near[t] + c < shortest:
                shortest = near[t] + c
                by_near = k
            if flow[k] > dust and far[t] + c > longest:
                longest = far[t] + c
                by_far = k
            k += 1
        for j in range(start, k):
            if flow[j] > 0.0:
                excess += flow[j] * (near[back[j]] + cost[code[j] >> 1] - shortest)
        if longest < 0.0:
            by_far = by_near
            longest = far[back[by_near]] + cost[code[by_near] >> 1]
        near[p] = shortest
        far[p] = longest
        near_arc[p] = by_near
        far_arc[p] = by_far
        if by_far != by_near and longest > shortest:
            merge[merges] = p
            merges += 1
    return excess, merges


@njit(cache=True, nogil=True, forceinline=True)
def _step(
    cost: Floats,
    slope: Floats,
    code: Ints,
    back: Ints,
    flow: Floats,
    near_arc: Ints,
    far_arc: Ints,
    merge: int,
) -> tuple[float, int]:
    """Return how many trips to shift at a merge, and the position where the two ways part."""
    j = far_arc[merge]
    arc = code[j] >> 1
    saved, rise, most = cost[arc], slope[arc], flow[j]
    long = back[j]
    j = near_arc[merge]
    arc = code[j] >> 1
    saved -= cost[arc]
    rise += slope[arc]
    short = back[j]
    while long != short:
        if long > short:
            j = far_arc[long]
            arc = code[j] >> 1
            saved += cost[arc]
            rise += slope[arc]
            most = min(most, flow[j])
            long = back[j]
        else:
            j = near_arc[short]
            arc = code[j] >> 1
            saved -= cost[arc]
            rise += slope[arc]
            short = back[j]
    if saved <= 0.0 or most <= 0.0:
        return 0.0, long
    return (most if saved >= most * rise else saved / rise), long


@njit(cache=True, nogil=True, forceinline=True)
def _ways(
    code: Ints,
    back: Ints,
    flow: Floats,
    near_arc: Ints,
    far_arc: Ints,
    merge: int,
    parting: int,
    step: float,
    touched: Ints,
) -> tuple[int, int]:
    """Move trips between the two ways of a merge; list the arcs that lose, then those that win."""
    count = 0
    p = merge
    while p != parting:
        j = far_arc[p]
        flow[j] -= step
        touched[count] = code[j] >> 1
        count += 1
        p = back[j]
    losing = count
    p = merge
    while p != parting:
        j = near_arc[p]
        flow[j] += step
        touched[count] = code[j] >> 1
        count += 1
        p = back[j]
    return losing, count


@njit(cache=True, nogil=True)
def sweep(
    costs: Costs, k: int, bushes: Bushes, excess: Floats, negligible: float, work: Workspace
) -> float:
    """Shift trips once at every merge of every bush of class ``k``, the last merge first.

    Parameters
    ----------
    costs : Costs
        Its flows and costs are changed.
    k : int
        Class.
    bushes : Bushes
        Their flows are changed.
    excess : ndarray of float64, shape (bushes,)
        What the trips of each bush paid too much when it was last looked at; changed.
    negligible : float
        Bushes whose excess is not above are passed over.
    work : Workspace
        Overwritten.

    Returns
    -------
    float
        Sum of the excess before the shifts.
    """
    # Fields of tuples are counted references: taken once, not for every arc.
    delay, fixed_cost, unit, time_weight = (
        costs.delay,
        costs.fixed_cost,
        costs.unit,
        costs.time_weight,
    )
    is_marginal, link_flow, weighted_flow = costs.is_marginal, costs.flow, costs.weighted_flow
    all_cost, all_slope = costs.cost, costs.slope
    cost, slope = all_cost[k], all_slope[k]
    near, far, merge, touched = work.near, work.far, work.merge, work.touched
    near_arc, far_arc = work.near_arc, work.far_arc
    weight = time_weight[k]
    total = 0.0
    for b in range(bushes.origin.shape[0]):
        if excess[b] > negligible:
            code = bushes.code[bushes.first[b] : bushes.needed[b]]
            back = bushes.back[bushes.first[b] : bushes.needed[b]]
            flow = bushes.flow[bushes.first_flow[b] : bushes.first_flow[b + 1]]
            excess[b], merges = _scan(
                cost, code, back, flow, dust_of(bushes, b), near, far, near_arc, far_arc, merge
            )
            for m in range(merges - 1, -1, -1):
                step, parting = _step(cost, slope, code, back, flow, near_arc, far_arc, merge[m])
                if step == 0.0:
                    continue
                losing, count = _ways(
                    code, back, flow, near_arc, far_arc, merge[m], parting, step, touched
                )
                for i in range(count):
                    arc = touched[i]
                    change = step if i >= losing else -step
                    link_flow[arc] += unit[k, arc] * change
                    weighted_flow[arc] += weight * change
                    refresh(
                        delay,
                        fixed_cost,
                        unit,
                        time_weight,
                        is_marginal,
                        link_flow,
                        weighted_flow,
                        all_cost,
                        all_slope,
                        arc,
                    )
        total += excess[b]
    return total
