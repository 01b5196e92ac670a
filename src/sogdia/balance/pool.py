"""The paths that a program knows, and its columns: a path in a period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sogdia.balance.problem import Paths, Problem
from sogdia.network.model import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Found:
    """A path of a pair on a network; its arcs are numbered through all layers."""

    pair: int
    network: int
    arcs: Ints


class Pool:
    """Paths in the order in which they were found, without doubles.

    Arcs of all layers are numbered through, in the order of the layers; so what a path
    costs and consumes is looked up in flat arrays.

    Attributes
    ----------
    pair, network : ndarray of int32, shape (paths,)
        Whose they are, and on which network they run.
    cost_usd_t : ndarray of float64, shape (paths,)
        Cost of the way.
    column_path, column_period, columns : ndarray of int32, shape (columns,)
        Path and period of each column, and its number in the program.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        layers = problem.layers
        sizes = [len(layer.arc) for layer in layers]
        self.offset = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self._arc = _joined([layer.arc for layer in layers], np.int32)
        self._cost = _joined([layer.cost_usd_t for layer in layers], np.float64)
        self._resource = _joined([layer.resource for layer in layers], np.int32)
        self._unit = _joined([layer.unit_per_t for layer in layers], np.float64)
        self._network_of_layer = np.zeros(len(layers), dtype=np.int32)
        for networks in problem.layer_of:
            self._network_of_layer[networks] = np.arange(len(networks))
        self._periods_of = [
            np.flatnonzero(problem.network == network).astype(np.int32)
            for network in range(len(problem.arc_counts))
        ]
        self._known: set[tuple[int, int, bytes]] = set()
        self.pair = np.empty(0, dtype=np.int32)
        self.network = np.empty(0, dtype=np.int32)
        self.cost_usd_t = np.empty(0)
        self._first = np.zeros(1, dtype=np.int64)
        self._arcs = np.empty(0, dtype=np.int64)
        self.column_path = np.empty(0, dtype=np.int32)
        self.column_period = np.empty(0, dtype=np.int32)
        self.columns = np.empty(0, dtype=np.int64)

    @property
    def count(self) -> int:
        """Number of paths."""
        return len(self.pair)

    def add(self, found: list[Found]) -> int:
        """Add the paths that are new; return the number of the first of them."""
        first = self.count
        new = []
        for one in found:
            key = (one.pair, one.network, one.arcs.tobytes())
            if key not in self._known:
                self._known.add(key)
                new.append(one)
        if not new:
            return first
        lengths = [len(one.arcs) for one in new]
        arcs = np.concatenate([one.arcs for one in new]).astype(np.int64)
        begins = np.concatenate([[0], np.cumsum(lengths)])
        self.pair = np.append(self.pair, np.array([one.pair for one in new], dtype=np.int32))
        networks = np.array([one.network for one in new], dtype=np.int32)
        self.network = np.append(self.network, networks)
        cost = np.add.reduceat(np.append(self._cost[arcs], 0.0), begins[:-1])
        self.cost_usd_t = np.append(self.cost_usd_t, np.where(np.diff(begins) > 0, cost, 0.0))
        self._first = np.append(self._first, self._first[-1] + begins[1:])
        self._arcs = np.append(self._arcs, arcs)
        return first

    def take(self, known: Paths) -> None:
        """Take the paths of a solution of a balance with the same pairs and arcs.

        Costs are those of this balance; a path over an arc that is closed here is left out.
        """
        found = []
        layer_of = self._problem.layer_of[self._problem.pair_class[known.pair], known.network]
        for path, number in enumerate(layer_of):
            layer = self._problem.layers[number]
            arcs = known.arc[known.first[path] : known.first[path + 1]]
            place = np.minimum(np.searchsorted(layer.arc, arcs), len(layer.arc) - 1)
            if len(layer.arc) and (layer.arc[place] == arcs).all():
                place = place + self.offset[number]
                found.append(Found(int(known.pair[path]), int(known.network[path]), place))
        self.add(found)

    def columns_from(self, first_path: int) -> tuple[Ints, Ints]:
        """Return path and period of the columns of all paths from `first_path` on."""
        new = np.arange(first_path, self.count)
        periods = [self._periods_of[network] for network in self.network[new]]
        path = np.repeat(new, [len(one) for one in periods]).astype(np.int32)
        return path, np.concatenate(periods)

    def append_columns(self, path: Ints, period: Ints, first_column: int) -> None:
        """Remember columns that were added to the program."""
        numbers = first_column + np.arange(len(path), dtype=np.int64)
        self.columns = np.append(self.columns, numbers)
        self.column_path = np.append(self.column_path, path)
        self.column_period = np.append(self.column_period, period)

    def _arcs_of(self, path: Ints) -> tuple[Ints, Ints]:
        """Arcs of some paths, one after the other, and which of `path` each belongs to."""
        length = self._first[path + 1] - self._first[path]
        of = np.repeat(np.arange(len(path)), length)
        ends = np.cumsum(length)
        within = np.arange(len(of)) - np.repeat(ends - length, length)
        return self._arcs[np.repeat(self._first[path], length) + within], of

    def uses(self, path: Ints) -> tuple[Ints, Ints, Floats]:
        """Return what paths consume: which of `path`, which resource, and units per t."""
        arcs, of = self._arcs_of(path)
        resource = self._resource[arcs]
        consumes = resource >= 0
        return of[consumes], resource[consumes], self._unit[arcs[consumes]]

    def passes(self, marked: tuple[Bools, ...], path: Ints) -> Bools:
        """Tell which paths have at least one marked arc."""
        mark = self.marks(marked)
        arcs, of = self._arcs_of(path)
        return np.bincount(of, weights=mark[arcs], minlength=len(path)) > 0

    def marks(self, marked: tuple[Bools, ...]) -> Bools:
        """Return masks over the arcs of networks as one mask over the arcs of all layers."""
        mark = np.zeros(len(self._arc), dtype=np.bool_)
        for layer, network in enumerate(self._network_of_layer):
            here = slice(self.offset[layer], self.offset[layer + 1])
            mark[here] = marked[network][self._arc[here]]
        return mark

    def paths(self) -> Paths:
        """Return all paths, their arcs numbered as in their networks."""
        return Paths(self.pair, self.network, self._first, self._arc[self._arcs], self.cost_usd_t)


def _joined(arrays: list[NDArray[Any]], dtype: type) -> NDArray[Any]:
    return np.concatenate(arrays).astype(dtype) if arrays else np.empty(0, dtype=dtype)
