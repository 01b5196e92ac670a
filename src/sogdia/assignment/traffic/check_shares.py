"""Recompute the shares of a stochastic user equilibrium by sparse matrices.

Every path of a pair and every arc of a pair is a row and a column, so that lengths of paths,
counts of users and overlaps are products of one incidence matrix; no kernel is used.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from sogdia.assignment.traffic.path_sets import PathSets
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.stochastic_options import StochasticOptions
from sogdia.network.model import Floats, Ints


def residual_of(
    problem: TrafficProblem,
    sets: PathSets,
    flow: Floats,
    options: StochasticOptions,
    cost: Floats,
    free_cost: Floats,
) -> float:
    """Return the share of trips that are not on the paths that travellers would choose.

    Parameters
    ----------
    problem : TrafficProblem
        The problem.
    sets : PathSets
        Paths compared.
    flow : ndarray of float64, shape (paths,)
        Trips on each.
    options : StochasticOptions
        Model of choice.
    cost, free_cost : ndarray of float64, shape (classes, arcs)
        Costs at the flows, and of the empty network.
    """
    chosen = _choices(problem, sets, options, cost, free_cost)
    return float(np.abs(flow - chosen).sum() / problem.trips.sum())


def _choices(
    problem: TrafficProblem,
    sets: PathSets,
    options: StochasticOptions,
    cost: Floats,
    free_cost: Floats,
) -> Floats:
    pair, step = sets.pair, np.repeat(np.arange(sets.count), np.diff(sets.first))
    of_class = problem.pair_class[pair][step]
    paid = np.bincount(step, cost[of_class, sets.arc], minlength=sets.count)
    utility = np.asarray(-options.scale * paid, dtype=np.float64)
    length = free_cost[of_class, sets.arc]
    if options.length is not None:
        length = np.asarray(options.length, dtype=np.float64)[sets.arc]
    if options.model == "nested":
        return _nested(problem, pair, _nests(sets, step, options), utility, options.nest_scale)
    if options.model == "path_size":
        utility += options.path_size_weight * np.log(_path_sizes(problem, sets, step, length))
    else:
        overlap = _overlaps(problem, sets, step, length, options.commonality_power)
        utility -= options.commonality_weight * np.log(overlap)
    pairs = len(problem.trips)
    weight = np.exp(utility - _largest(utility, pair, pairs)[pair])
    return problem.trips[pair] * weight / np.bincount(pair, weight, minlength=pairs)[pair]


def _arc_of_pair(problem: TrafficProblem, sets: PathSets, step: Ints) -> tuple[Ints, int]:
    """Number the arcs that the paths of each pair use; return the number of each step."""
    key = sets.pair[step].astype(np.int64) * problem.arcs + sets.arc
    known, number = np.unique(key, return_inverse=True)
    return number, len(known)


def _path_sizes(problem: TrafficProblem, sets: PathSets, step: Ints, length: Floats) -> Floats:
    number, count = _arc_of_pair(problem, sets, step)
    users = np.bincount(number, minlength=count)
    total = np.bincount(step, length, minlength=sets.count)
    own = np.bincount(step, length / users[number], minlength=sets.count)
    return np.where(total > 0.0, own / np.where(total > 0.0, total, 1.0), 1.0)


def _overlaps(
    problem: TrafficProblem, sets: PathSets, step: Ints, length: Floats, power: float
) -> Floats:
    number, count = _arc_of_pair(problem, sets, step)
    root = csr_array((np.sqrt(length), (step, number)), shape=(sets.count, count))
    shared = (root @ root.T).tocoo()
    total = np.bincount(step, length, minlength=sets.count)
    other = (shared.row != shared.col) & (shared.data > 0.0)
    row, column = shared.row[other], shared.col[other]
    term = (shared.data[other] / np.sqrt(total[row] * total[column])) ** power
    return np.asarray(1.0 + np.bincount(row, term, minlength=sets.count), dtype=np.float64)


def _nests(sets: PathSets, step: Ints, options: StochasticOptions) -> Ints:
    """Return the nest of each path: of its first marked arc, or one of its own, below 0."""
    nest = -1 - np.arange(sets.count)
    if options.nest is not None:
        mark = np.asarray(options.nest)[sets.arc]
        marked = np.flatnonzero(mark >= 0)[::-1]
        nest[step[marked]] = mark[marked]
    return nest


def _nested(
    problem: TrafficProblem, pair: Ints, nest: Ints, utility: Floats, scale: float
) -> Floats:
    key = np.stack([pair.astype(np.int64), nest])
    known, group = np.unique(key, axis=1, return_inverse=True)
    groups, pairs = known.shape[1], len(problem.trips)
    best = _largest(utility, group, groups)
    weight = np.exp(scale * (utility - best[group]))
    total = np.bincount(group, weight, minlength=groups)
    inclusive = best + np.log(total) / scale
    pair_of = known[0]
    outer = np.exp(inclusive - _largest(inclusive, pair_of, pairs)[pair_of])
    share = outer / np.bincount(pair_of, outer, minlength=pairs)[pair_of]
    return np.asarray(problem.trips[pair] * share[group] * weight / total[group])


def _largest(values: Floats, group: Ints, groups: int) -> Floats:
    largest = np.full(groups, -np.inf)
    np.maximum.at(largest, group, values)
    return largest
