"""Shares of paths: logit with corrections for overlap, and nested logit.

The utility of path ``p`` of a pair is ``V_p = -scale * cost_p + constant_p``.

==========  ============================================================================
path size   ``constant_p = weight * ln(PS_p)``, ``PS_p = sum_a (l_a / L_p) / N_a`` over its arcs,
            ``N_a`` of the pair's paths using arc ``a`` (Ben-Akiva and Bierlaire, 1999)
C-logit     ``constant_p = -weight * ln(sum_q (L_pq / sqrt(L_p L_q))^power)``, ``L_pq`` the
            length that paths ``p`` and ``q`` of the pair share (Cascetta et al., 1996)
nested      ``P_p = P(nest) P(p | nest)``; within a nest a logit of ``m V_p``, among nests
            of the inclusive values ``ln(sum exp(m V_p)) / m``, ``m >= 1`` the nest scale
            (McFadden, 1978)
==========  ============================================================================

A nest of one path has its utility as inclusive value whatever the scale, so one kernel
serves all three: where the first two apply, each path is a nest of its own.

References
----------
Ben-Akiva, M. and Bierlaire, M. (1999). Discrete choice methods and their applications to
    short-term travel decisions. Handbook of Transportation Science.
Cascetta, E., Nuzzolo, A., Russo, F. and Vitetta, A. (1996). A modified logit route choice
    model overcoming path overlapping problems. ISTTT 13.
McFadden, D. (1978). Modelling the choice of residential location. Spatial Interaction
    Theory and Planning Models.
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints


@njit(cache=True, nogil=True)
def choose(
    begin: int,
    end: int,
    pair_class: Ints,
    trips: Floats,
    pair_nest: Ints,
    nest_path: Ints,
    first: Ints,
    arc: Ints,
    constant: Floats,
    scale: float,
    nest_scale: float,
    cost: Floats,
    inclusive: Floats,
    flow: Floats,
    load: Floats,
) -> None:
    """Share out the trips of pairs among their paths at given costs of arcs.

    Utilities are taken relative to the highest of the pair, and sums of exponentials to their
    largest term, so that no cost is too high or too low for them.

    Parameters
    ----------
    begin, end : int
        Pairs to do.
    pair_class, trips : ndarray, shape (pairs,)
        Of the problem.
    pair_nest : ndarray of int64, shape (pairs + 1,)
        Nests of each pair.
    nest_path : ndarray of int64, shape (nests + 1,)
        Paths of each nest.
    first, arc : ndarray
        Arcs of each path; see `path_sets.PathSets`.
    constant : ndarray of float64, shape (paths,)
        Utility that does not depend on cost.
    scale, nest_scale : float
        Scale of the logit per unit of cost; that within nests as a multiple of it.
    cost : ndarray of float64, shape (classes, arcs)
        Costs.
    inclusive : ndarray of float64, shape (nests,)
        Work space.
    flow : ndarray of float64, shape (paths,)
        Filled for the pairs done.
    load : ndarray of float64, shape (classes, arcs)
        Trips are added.
    """
    for pair in range(begin, end):
        k = pair_class[pair]
        begin_path = nest_path[pair_nest[pair]]
        end_path = nest_path[pair_nest[pair + 1]]
        highest = -np.inf
        for path in range(begin_path, end_path):
            total = 0.0
            for place in range(first[path], first[path + 1]):
                total += cost[k, arc[place]]
            flow[path] = constant[path] - scale * total
            highest = max(highest, flow[path])
        for path in range(begin_path, end_path):
            flow[path] -= highest
        highest = -np.inf
        for nest in range(pair_nest[pair], pair_nest[pair + 1]):
            inclusive[nest] = flow[nest_path[nest]]
            if nest_path[nest + 1] - nest_path[nest] > 1:
                best = -np.inf
                for path in range(nest_path[nest], nest_path[nest + 1]):
                    best = max(best, flow[path])
                total = 0.0
                for path in range(nest_path[nest], nest_path[nest + 1]):
                    total += exp(nest_scale * (flow[path] - best))
                inclusive[nest] = best + log(total) / nest_scale
            highest = max(highest, inclusive[nest])
        total = 0.0
        for nest in range(pair_nest[pair], pair_nest[pair + 1]):
            total += exp(inclusive[nest] - highest)
        for nest in range(pair_nest[pair], pair_nest[pair + 1]):
            of_nest = trips[pair] * exp(inclusive[nest] - highest) / total
            for path in range(nest_path[nest], nest_path[nest + 1]):
                flow[path] = of_nest * exp(nest_scale * (flow[path] - inclusive[nest]))
                for place in range(first[path], first[path + 1]):
                    load[k, arc[place]] += flow[path]


@njit(cache=True, nogil=True)
def change_load(
    begin: int,
    end: int,
    pair_class: Ints,
    trips: Floats,
    pair_nest: Ints,
    nest_path: Ints,
    first: Ints,
    arc: Ints,
    scale: float,
    nest_scale: float,
    cost_change: Floats,
    flow: Floats,
    work: Floats,
    load: Floats,
) -> None:
    """Add the first-order change of the load when costs change.

    Parameters as in `choose`, except

    Parameters
    ----------
    cost_change : ndarray of float64, shape (classes, arcs)
        Direction in which costs change.
    flow : ndarray of float64, shape (paths,)
        What `choose` filled.
    work : ndarray of float64, shape (paths,)
        Work space.
    load : ndarray of float64, shape (classes, arcs)
        Changes are added.
    """
    for pair in range(begin, end):
        k = pair_class[pair]
        mean = 0.0
        for path in range(nest_path[pair_nest[pair]], nest_path[pair_nest[pair + 1]]):
            total = 0.0
            for place in range(first[path], first[path + 1]):
                total += cost_change[k, arc[place]]
            work[path] = -scale * total
            mean += work[path] * flow[path]
        mean /= trips[pair]
        for nest in range(pair_nest[pair], pair_nest[pair + 1]):
            of_nest = 0.0
            inclusive = 0.0
            for path in range(nest_path[nest], nest_path[nest + 1]):
                of_nest += flow[path]
                inclusive += flow[path] * work[path]
            if of_nest == 0.0:
                continue
            inclusive /= of_nest
            for path in range(nest_path[nest], nest_path[nest + 1]):
                growth = nest_scale * (work[path] - inclusive) + inclusive - mean
                for place in range(first[path], first[path + 1]):
                    load[k, arc[place]] += flow[path] * growth


@njit(cache=True, nogil=True)
def load_paths(
    begin: int,
    end: int,
    path_class: Ints,
    first: Ints,
    arc: Ints,
    flow: Floats,
    load: Floats,
) -> None:
    """Add the flows of paths to those of their arcs, shape (classes, arcs)."""
    for path in range(begin, end):
        for place in range(first[path], first[path + 1]):
            load[path_class[path], arc[place]] += flow[path]


@njit(cache=True, nogil=True)
def path_sizes(
    pair_path: Ints, pair_class: Ints, first: Ints, arc: Ints, length: Floats, size: Floats
) -> None:
    """Fill the path size of each path, in (0, 1]; 1 where it has no length.

    `assignment.choice.path_sizes` says the same by sorting all arcs of all paths, which tens of
    millions of them are too many for.

    Parameters
    ----------
    pair_path : ndarray of int64, shape (pairs + 1,)
        Paths of each pair.
    pair_class : ndarray of int32, shape (pairs,)
        Their rows of `length`.
    first, arc : ndarray
        Arcs of each path.
    length : ndarray of float64, shape (classes, arcs)
        Non-negative: what overlap is measured in.
    size : ndarray of float64, shape (paths,)
        Filled.
    """
    users = np.zeros(length.shape[1], dtype=np.int64)
    for pair in range(pair_path.shape[0] - 1):
        k = pair_class[pair]
        begin = first[pair_path[pair]]
        end = first[pair_path[pair + 1]]
        for place in range(begin, end):
            users[arc[place]] += 1
        for path in range(pair_path[pair], pair_path[pair + 1]):
            total = 0.0
            shared = 0.0
            for place in range(first[path], first[path + 1]):
                total += length[k, arc[place]]
                shared += length[k, arc[place]] / users[arc[place]]
            size[path] = shared / total if total > 0.0 else 1.0
        for place in range(begin, end):
            users[arc[place]] = 0


@njit(cache=True, nogil=True)
def commonalities(
    pair_path: Ints,
    pair_class: Ints,
    first: Ints,
    arc: Ints,
    length: Floats,
    power: float,
    commonality: Floats,
) -> None:
    """Fill the logarithm of the sum of overlaps of each path with all of its pair, itself too.

    A path without length overlaps with itself alone. Parameters as in `path_sizes`, except

    Parameters
    ----------
    power : float
        Power of the overlap, positive.
    commonality : ndarray of float64, shape (paths,)
        Filled: 0 for a path that shares nothing, at most the logarithm of their number.
    """
    stamp = np.full(length.shape[1], -1, dtype=np.int64)
    total = np.zeros(commonality.shape[0])
    for pair in range(pair_path.shape[0] - 1):
        k = pair_class[pair]
        for path in range(pair_path[pair], pair_path[pair + 1]):
            for place in range(first[path], first[path + 1]):
                total[path] += length[k, arc[place]]
        for path in range(pair_path[pair], pair_path[pair + 1]):
            for place in range(first[path], first[path + 1]):
                stamp[arc[place]] = path
            overlaps = 1.0
            for other in range(pair_path[pair], pair_path[pair + 1]):
                shared = 0.0
                for place in range(first[other], first[other + 1]):
                    if stamp[arc[place]] == path:
                        shared += length[k, arc[place]]
                if other != path and shared > 0.0:
                    overlaps += (shared / sqrt(total[path] * total[other])) ** power
            commonality[path] = log(overlaps)


@njit(cache=True, nogil=True)
def first_marks(first: Ints, arc: Ints, mark: Ints, nest: Ints) -> None:
    """Fill, for each path, the first mark other than -1 that its arcs have, -1 if they have none.

    Parameters
    ----------
    first, arc : ndarray
        Arcs of each path.
    mark : ndarray of int32, shape (arcs,)
        Nest of each arc, or -1.
    nest : ndarray of int32, shape (paths,)
        Filled.
    """
    for path in range(nest.shape[0]):
        nest[path] = -1
        for place in range(first[path], first[path + 1]):
            if mark[arc[place]] >= 0:
                nest[path] = mark[arc[place]]
                break
