"""Choice problems in which some requests have got other paths, and all others keep theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import sparse

from sogdia.assignment.alternatives import Alternatives
from sogdia.assignment.equilibrium import ChoiceProblem
from sogdia.network.model import Bools, Ints
from sogdia.routing.choice_set import PathTable


def splice_paths(base: PathTable, changed: Bools, own: PathTable) -> PathTable:
    """Return a path table with `own` paths for requests that have `changed`."""
    return _Places(base.request, own.request, changed).paths(base, own)


def splice(
    base: tuple[Alternatives, ChoiceProblem],
    changed: Bools,
    own: tuple[Alternatives, ChoiceProblem],
) -> tuple[Alternatives, ChoiceProblem]:
    """Put the choice problem of some requests in the place that they have among all.

    Parameters
    ----------
    base : tuple of Alternatives and ChoiceProblem
        Of all requests.
    changed : ndarray of bool, shape (requests,)
        Requests whose part of `base` is out of date.
    own : tuple of Alternatives and ChoiceProblem
        Of those that have changed; some of them may have no path.

    Returns
    -------
    tuple of Alternatives and ChoiceProblem
        Of all requests that have a path.
    """
    (old, before), (new, theirs) = base, own
    path = _Places(old.paths.request, new.paths.request, changed)
    group = _Places(old.served, new.served, changed)
    paths = path.paths(old.paths, new.paths)
    served = group.rows(old.served, new.served)
    alternatives = Alternatives(
        paths=paths,
        corridor=path.rows(old.corridor, new.corridor),
        corridor_name=old.corridor_name,
        captive=path.rows(old.captive, new.captive),
        served=served,
    )
    group_first = np.append(np.searchsorted(paths.request, served), paths.count)
    by_path = ("money_usd_t", "time_h", "factor", "bonus", "barred")
    by_group = ("demand", "value_of_time_usd_t_h", "class_share", "reserve_usd_t")
    rows: dict[str, Any] = {
        name: places.rows(getattr(before, name), getattr(theirs, name))
        for places, names in ((path, by_path), (group, by_group))
        for name in names
    }
    problem = replace(
        before,
        group_first=group_first.astype(np.int64),
        use=path.matrix(before.use, theirs.use),
        visits=path.matrix(before.visits, theirs.visits),
        **rows,
    )
    return alternatives, problem


class _Places:
    """Where rows of two tables by request go in one: those of the second where they changed."""

    def __init__(self, of_base: Ints, of_own: Ints, changed: Bools) -> None:
        kept = np.flatnonzero(~changed[of_base])
        both = np.concatenate((of_base[kept], of_own))
        order = np.argsort(both, kind="stable")
        self._base = len(of_base)
        # rows of the second table are counted on from those of the first
        self._row = np.concatenate((kept, self._base + np.arange(len(of_own))))[order]

    def rows(self, base: NDArray[Any], own: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate((base, own))[self._row]

    def paths(self, base: PathTable, own: PathTable) -> PathTable:
        first, arcs = self._ragged((base.first, own.first), (base.arcs, own.arcs))
        return PathTable(self.rows(base.request, own.request), first, arcs)

    def matrix(self, base: sparse.csr_array, own: sparse.csr_array) -> sparse.csr_array:
        firsts = (base.indptr, own.indptr)
        first, column = self._ragged(firsts, (base.indices, own.indices))
        _, value = self._ragged(firsts, (base.data, own.data))
        shape = (len(self._row), base.shape[1])
        return sparse.csr_array((value, column, first), shape=shape)

    def _ragged(
        self, first: tuple[Ints, Ints], flat: tuple[NDArray[Any], NDArray[Any]]
    ) -> tuple[Ints, NDArray[Any]]:
        begin = np.concatenate((first[0][:-1], first[0][-1] + first[1][:-1]))[self._row]
        length = np.concatenate((np.diff(first[0]), np.diff(first[1])))[self._row]
        joined = np.zeros(len(length) + 1, dtype=np.int64)
        np.cumsum(length, out=joined[1:])
        return joined, _gathered(np.concatenate(flat), begin, joined)


@njit(cache=True, nogil=True)
def _gathered(flat: NDArray[Any], begin: Ints, first: Ints) -> NDArray[Any]:
    chosen = np.empty(first[-1], dtype=flat.dtype)
    for row in range(begin.shape[0]):
        for place in range(first[row], first[row + 1]):
            chosen[place] = flat[begin[row] + place - first[row]]
    return chosen
