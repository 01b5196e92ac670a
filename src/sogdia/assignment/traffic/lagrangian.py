"""Equilibrium over known paths, hard capacities as prices of an augmented Lagrangian.

Trips move from dearer paths of their pair to its cheapest one until both cost the same: a
Newton step on the difference in cost, secured by a bracket (gradient projection; Bertsekas and
Gafni, 1982; Jayakrishnan et al., 1994). Flows, times and prices are those after the last move.
A hard capacity ``c`` is kept by the price ``max(0, multiplier + stiffness * (flow - c))``,
the derivative of the augmented Lagrangian by the flow (Hestenes, 1969; Powell, 1969;
Rockafellar, 1973).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.assignment.traffic.delay import evaluate
from sogdia.assignment.traffic.paths import PathSet, arc_flows
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.network.model import Bools, Floats, Ints

DUST = 1e-15
"""Share of a pair's trips below which a flow moves all at once."""
TRIALS = 8
FULL_EVERY = 4
"""Sweeps of which one looks at all pairs, and the others at those that had most to gain."""
NEGLIGIBLE = 0.01


class Lagrangian:
    """Flows by path, and all that follows from them.

    Parameters
    ----------
    problem : TrafficProblem
        Graph, delays, capacities and trips.
    system_optimum : bool
        Whether trips also pay what they add to the time of others.

    Attributes
    ----------
    problem : TrafficProblem
        As given.
    system_optimum : bool
        As given.
    flow : ndarray of float64, shape (elements,)
        Flows in the units of the elements.
    weighted : ndarray of float64, shape (elements,)
        Trips over the element, each with the time weight of its class.
    time, slope, bend : ndarray of float64, shape (elements,)
        Time and its derivatives by flow.
    price : ndarray of float64, shape (elements,)
        Prices of hard capacities.
    toll : ndarray of float64, shape (elements,)
        What a unit pays: the price, and for a system optimum the delay of others.
    multiplier, stiffness : ndarray of float64, shape (elements,)
        Of the augmented Lagrangian.
    """

    def __init__(self, problem: TrafficProblem, *, system_optimum: bool) -> None:
        elements = problem.delay.size
        self.problem = problem
        self.system_optimum = system_optimum
        self._used = problem.element >= 0
        self._place = np.where(self._used, problem.element, elements)
        self.flow, self.weighted, self.time, self.slope, self.bend = np.zeros((5, elements))
        self.price, self.toll, self.multiplier, self.stiffness = np.zeros((4, elements))
        self._work = np.zeros((2, elements))
        self._trial = np.zeros((4, elements))
        self._mark = np.zeros(elements, dtype=np.bool_)
        self._list = np.zeros(elements, dtype=np.int32)

    def load(self, paths: PathSet) -> Floats:
        """Take the flows of paths, free of rounding; return the flows by class and arc."""
        one = self.problem
        _settle(one.trips, paths.pair_first, paths.flow, paths.idle)
        by_arc = arc_flows(one, paths)
        self.flow[:] = one.element_flow(by_arc)
        weights = (one.time_weight[:, None] * by_arc)[self._used]
        self.weighted[:] = np.bincount(one.element[self._used], weights, minlength=one.delay.size)
        self.refresh()
        return by_arc

    def refresh(self) -> None:
        """Bring times and prices up to date with flows and multipliers."""
        delay = self.problem.delay
        _refresh(
            delay.kind,
            delay.free_time,
            delay.capacity,
            delay.alpha,
            delay.beta,
            self.problem.hard_capacity,
            self.multiplier,
            self.stiffness,
            self.system_optimum,
            self.flow,
            self.weighted,
            self.time,
            self.slope,
            self.bend,
            self.price,
            self.toll,
        )

    def arc_costs(self) -> Floats:
        """Return what a trip of each class pays on each arc, shape (classes, arcs)."""
        one = self.problem
        time, toll = np.append(self.time, 0.0), np.append(self.toll, 0.0)
        paid: Floats = one.time_weight[:, None] * time[self._place]
        paid += one.unit * toll[self._place]
        return np.asarray(one.fixed_cost + paid, dtype=np.float64)

    def equilibrate(self, paths: PathSet, target: float, sweeps: int) -> float:
        """Move trips to cheaper paths.

        Parameters
        ----------
        paths : PathSet
            Known paths; their flows are changed.
        target : float
            Excess cost, over all trips, at which to stop.
        sweeps : int
            Sweeps over all pairs at most.

        Returns
        -------
        float
            Excess cost that the last full sweep found.
        """
        one, delay = self.problem, self.problem.delay
        return float(
            _equilibrate(
                one.pair_class,
                one.trips,
                paths.pair_first,
                paths.first,
                paths.arc,
                paths.flow,
                one.element,
                one.unit,
                one.fixed_cost,
                one.time_weight,
                delay.kind,
                delay.free_time,
                delay.capacity,
                delay.alpha,
                delay.beta,
                one.hard_capacity,
                self.multiplier,
                self.stiffness,
                self.system_optimum,
                self.flow,
                self.weighted,
                self.time,
                self.slope,
                self.bend,
                self.price,
                self.toll,
                self._work,
                self._trial,
                self._mark,
                self._list,
                target,
                sweeps,
            )
        )


@njit(cache=True, nogil=True)
def _settle(trips: Floats, pair_first: Ints, flow: Floats, idle: Ints) -> None:
    """Let the flows of each pair add up to its trips exactly, and count idle iterations."""
    for pair in range(trips.shape[0]):
        low, high = pair_first[pair], pair_first[pair + 1]
        if low == high:
            continue
        most = low
        for path in range(low, high):
            if flow[path] <= DUST * trips[pair]:
                flow[path] = 0.0
            if flow[path] > flow[most]:
                most = path
        rest = trips[pair]
        for path in range(low, high):
            if path != most:
                rest -= flow[path]
        flow[most] = rest
        for path in range(low, high):
            idle[path] = 0 if flow[path] > 0.0 else idle[path] + 1


@njit(cache=True, nogil=True)
def _refresh(
    kind: Ints,
    free_time: Floats,
    capacity: Floats,
    alpha: Floats,
    beta: Floats,
    hard: Floats,
    multiplier: Floats,
    stiffness: Floats,
    marginal: bool,
    flow: Floats,
    weighted: Floats,
    time: Floats,
    slope: Floats,
    bend: Floats,
    price: Floats,
    toll: Floats,
) -> None:
    for e in range(flow.shape[0]):
        time[e], slope[e], bend[e] = evaluate(
            kind[e], free_time[e], capacity[e], alpha[e], beta[e], flow[e]
        )
        price[e] = _price(multiplier[e], stiffness[e], flow[e], hard[e])
        toll[e] = price[e]
        if marginal:
            toll[e] += slope[e] * weighted[e]


@njit(cache=True, nogil=True)
def _price(multiplier: float, stiffness: float, flow: float, hard: float) -> float:
    """Price of a capacity at a flow; 0 where there is none."""
    if hard == np.inf:
        return 0.0
    return max(0.0, multiplier + stiffness * (flow - hard))


@njit(cache=True, nogil=True)
def _cost(
    begin: int,
    end: int,
    arc: Ints,
    element: Ints,
    unit: Floats,
    fixed: Floats,
    weight: float,
    time: Floats,
    toll: Floats,
) -> float:
    total = 0.0
    for entry in range(begin, end):
        a = arc[entry]
        e = element[a]
        total += fixed[a]
        if e >= 0:
            total += weight * time[e] + unit[a] * toll[e]
    return total


@njit(cache=True, nogil=True)
def _equilibrate(
    pair_class: Ints,
    trips: Floats,
    pair_first: Ints,
    first: Ints,
    arc: Ints,
    path_flow: Floats,
    element: Ints,
    unit: Floats,
    fixed: Floats,
    time_weight: Floats,
    kind: Ints,
    free_time: Floats,
    capacity: Floats,
    alpha: Floats,
    beta: Floats,
    hard: Floats,
    multiplier: Floats,
    stiffness: Floats,
    marginal: bool,
    flow: Floats,
    weighted: Floats,
    time: Floats,
    slope: Floats,
    bend: Floats,
    price: Floats,
    toll: Floats,
    work: Floats,
    trial: Floats,
    mark: Bools,
    listed: Ints,
    target: float,
    sweeps: int,
) -> float:
    pairs = pair_class.shape[0]
    asleep = np.zeros(pairs, dtype=np.bool_)
    net_unit, net_count = work[0], work[1]
    total = np.inf
    for sweep in range(sweeps):
        full = sweep % FULL_EVERY == 0
        found = 0.0
        threshold = NEGLIGIBLE * (total if total < np.inf else 0.0) / pairs
        for pair in range(pairs):
            low, high = pair_first[pair], pair_first[pair + 1]
            if high - low < 2 or (asleep[pair] and not full):
                continue
            k = pair_class[pair]
            el, un, fx, weight = element[k], unit[k], fixed[k], time_weight[k]
            best, least = low, np.inf
            mean = 0.0
            for path in range(low, high):
                cost = _cost(first[path], first[path + 1], arc, el, un, fx, weight, time, toll)
                mean += path_flow[path] * cost
                if cost < least:
                    best, least = path, cost
            excess = mean - trips[pair] * least
            found += max(excess, 0.0)
            asleep[pair] = excess <= threshold
            if excess <= 0.0:
                continue
            for path in range(low, high):
                if path == best or path_flow[path] <= 0.0:
                    continue
                count = _difference(
                    first[path],
                    first[path + 1],
                    first[best],
                    first[best + 1],
                    arc,
                    el,
                    un,
                    net_unit,
                    net_count,
                    mark,
                    listed,
                )
                base = 0.0
                for entry in range(first[best], first[best + 1]):
                    base += fx[arc[entry]]
                for entry in range(first[path], first[path + 1]):
                    base -= fx[arc[entry]]
                moved = _step(
                    path_flow[path],
                    trips[pair],
                    base,
                    weight,
                    count,
                    listed,
                    net_unit,
                    net_count,
                    kind,
                    free_time,
                    capacity,
                    alpha,
                    beta,
                    hard,
                    multiplier,
                    stiffness,
                    marginal,
                    flow,
                    weighted,
                    time,
                    slope,
                    bend,
                    price,
                    toll,
                    trial,
                )
                if moved >= path_flow[path]:
                    moved = path_flow[path]
                    path_flow[path] = 0.0
                else:
                    path_flow[path] -= moved
                path_flow[best] += moved
                for place in range(count):
                    e = listed[place]
                    net_unit[e] = 0.0
                    net_count[e] = 0.0
                    mark[e] = False
        if full:
            total = found
            if total <= target:
                break
    return total


@njit(cache=True, nogil=True)
def _difference(
    begin: int,
    end: int,
    best_begin: int,
    best_end: int,
    arc: Ints,
    element: Ints,
    unit: Floats,
    net_unit: Floats,
    net_count: Floats,
    mark: Bools,
    listed: Ints,
) -> int:
    """List the elements of two paths, with what a trip adds there by going over to the best."""
    count = 0
    for side in range(2):
        sign = 1.0 if side == 0 else -1.0
        low, high = (best_begin, best_end) if side == 0 else (begin, end)
        for entry in range(low, high):
            a = arc[entry]
            e = element[a]
            if e < 0:
                continue
            if not mark[e]:
                mark[e] = True
                listed[count] = e
                count += 1
            net_unit[e] += sign * unit[a]
            net_count[e] += sign
    return count


@njit(cache=True, nogil=True)
def _step(
    available: float,
    trips: float,
    base: float,
    weight: float,
    count: int,
    listed: Ints,
    net_unit: Floats,
    net_count: Floats,
    kind: Ints,
    free_time: Floats,
    capacity: Floats,
    alpha: Floats,
    beta: Floats,
    hard: Floats,
    multiplier: Floats,
    stiffness: Floats,
    marginal: bool,
    flow: Floats,
    weighted: Floats,
    time: Floats,
    slope: Floats,
    bend: Floats,
    price: Floats,
    toll: Floats,
    trial: Floats,
) -> float:
    """Move trips until both paths cost the same, or none is left; return how many."""
    difference = base
    steepness = 0.0
    for place in range(count):
        e = listed[place]
        n, m = net_unit[e], net_count[e]
        if n == 0.0 and m == 0.0:
            continue
        difference += weight * m * time[e] + n * toll[e]
        steepness += weight * m * slope[e] * n
        if price[e] > 0.0:
            steepness += n * n * stiffness[e]
        if marginal:
            steepness += n * (bend[e] * weighted[e] * n + slope[e] * weight * m)
    if difference >= 0.0:
        return 0.0
    at_start = difference
    low, high = 0.0, available
    moved = available
    if available > DUST * trips and steepness > 0.0:
        moved = min(available, -difference / steepness)
    for attempt in range(TRIALS):
        difference = base
        steepness = 0.0
        for place in range(count):
            e = listed[place]
            n, m = net_unit[e], net_count[e]
            if n == 0.0 and m == 0.0:
                continue
            v = flow[e] + n * moved
            t, d, dd = evaluate(kind[e], free_time[e], capacity[e], alpha[e], beta[e], v)
            p = _price(multiplier[e], stiffness[e], v, hard[e])
            trial[0, place], trial[1, place], trial[2, place], trial[3, place] = t, d, dd, p
            steepness += weight * m * d * n
            if p > 0.0:
                steepness += n * n * stiffness[e]
            if marginal:
                w = weighted[e] + weight * m * moved
                steepness += n * (dd * w * n + d * weight * m)
                p += d * w
            difference += weight * m * t + n * p
        if (difference <= 0.0 and moved >= available) or abs(difference) <= -0.3 * at_start:
            break
        if attempt == TRIALS - 1 or available <= DUST * trips:
            break
        if difference > 0.0:
            high = moved
        else:
            low = moved
        moved = moved - difference / steepness if steepness > 0.0 else high
        if not low < moved < high:
            moved = available if low == 0.0 and moved >= available else 0.5 * (low + high)
            if high == available and difference <= 0.0:
                moved = available
    for place in range(count):
        e = listed[place]
        n, m = net_unit[e], net_count[e]
        if n == 0.0 and m == 0.0:
            continue
        flow[e] += n * moved
        weighted[e] += weight * m * moved
        time[e], slope[e], bend[e] = trial[0, place], trial[1, place], trial[2, place]
        price[e] = trial[3, place]
        toll[e] = price[e] + (slope[e] * weighted[e] if marginal else 0.0)
    return moved
