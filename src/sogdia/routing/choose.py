"""Choose: a handful of itineraries that show what a Pareto set has to offer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sogdia.network.model import Floats, Ints


def nondominated(values: Floats) -> Ints:
    """Return the rows that no other row beats: nowhere higher, and somewhere lower.

    Parameters
    ----------
    values : ndarray of float64, shape (rows, criteria)
        Less is better.

    Returns
    -------
    ndarray of int64
        In lexicographic order of their values; of equal rows, the first.
    """
    order = np.lexsort(values.T[::-1])
    kept: list[int] = []
    for row in order:
        if not kept or not (values[kept] <= values[row]).all(axis=1).any():
            kept.append(int(row))
    return np.array(kept, dtype=np.int64)


def balanced(values: Floats) -> int:
    """Return the row with the least sum of criteria, each measured in its own range.

    Parameters
    ----------
    values : ndarray of float64, shape (rows, criteria)
        Less is better.
    """
    return int(np.argmin(_scaled(values).sum(axis=1)))


def _scaled(values: Floats) -> Floats:
    low, high = values.min(axis=0), values.max(axis=0)
    return np.asarray((values - low) / np.where(high > low, high - low, 1.0))


def spread(values: Floats, groups: Sequence[object], count: int) -> Ints:
    """Choose rows that differ: the best by each criterion, the best of each group, then the rest.

    Further rows are taken where they are farthest from those taken (farthest-point
    sampling, Gonzalez, 1985), distances being measured in the range of each criterion.

    Parameters
    ----------
    values : ndarray of float64, shape (rows, criteria)
        Less is better.
    groups : sequence
        What each row belongs to, for example its corridor.
    count : int
        How many are wanted.

    Returns
    -------
    ndarray of int64
        At most `count` rows, in increasing order of the first criterion.
    """
    scaled = _scaled(values)
    total = scaled.sum(axis=1)
    wanted = [int(np.lexsort((total, column))[0]) for column in scaled.T]
    best_of_group: dict[object, int] = {}
    for row in np.argsort(total, kind="stable"):
        best_of_group.setdefault(groups[row], int(row))
    chosen = list(dict.fromkeys([*wanted, *best_of_group.values()]))[:count]
    distance = np.full(len(values), np.inf)
    for row in chosen:
        distance = np.minimum(distance, np.abs(scaled - scaled[row]).max(axis=1))
    while len(chosen) < min(count, len(values)):
        farthest = int(np.argmax(distance))
        if distance[farthest] <= 0.0:
            break
        chosen.append(farthest)
        distance = np.minimum(distance, np.abs(scaled - scaled[farthest]).max(axis=1))
    first = np.array(chosen, dtype=np.int64)
    return first[np.lexsort(values[first].T[::-1])]
