"""The most that producers can bring out over a network, whatever it costs and whoever buys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sogdia.balance.outages import Outages
from sogdia.balance.problem import Layer, Problem
from sogdia.balance.result import SupplyResult
from sogdia.errors import ConvergenceError
from sogdia.network.model import Bools, Floats, Ints

LEAST_KT = 1e-6


@dataclass(frozen=True, slots=True)
class TechnicalCapacity:
    """The most that can come in a year, with all routes and without the largest.

    Attributes
    ----------
    capacity_kt, without_kt : float
        With all routes, and without the largest, kt.
    largest : str or None
        The corridor whose stop takes most; None: no stop takes anything.
    """

    capacity_kt: float
    without_kt: float
    largest: str | None


@dataclass(frozen=True, slots=True)
class _Class:
    """Goods that may use the same arcs of a network: their sources, and states of their ends."""

    layer: Layer
    starts: Ints
    ends: Ints


def technical_capacity(
    result: SupplyResult,
    commodity: str,
    origin: str | None = None,
    without: str | None = None,
) -> TechnicalCapacity:
    """Return the most of a commodity that its producers can bring to consumers in a year.

    A maximum flow over the networks of the months, under all capacities and bans, of what
    producers can ship; consumers take whatever comes. In Annex II of Regulation (EU)
    2017/1938 technical capacity counts production and infrastructure alike.

    Parameters
    ----------
    result : SupplyResult
        A balance.
    commodity : str
        What flows, alone.
    origin : str, optional
        Country of the producers; by default all.
    without : str, optional
        A country, place or link closed in place of the largest route.

    Returns
    -------
    TechnicalCapacity
        The flows, kt in the year.
    """
    months = result.months
    if without is None:
        routes = {one.element: one.marked for one in Outages(result).of(("corridor",))}
    else:
        routes = {without: tuple(month.marks.of(without) for month in months.networks)}
    total, lost = 0.0, np.zeros(len(routes))
    known: dict[bytes, tuple[float, Floats]] = {}
    for month, network in enumerate(months.network):
        classes = _classes(result, commodity, origin, month)
        if not classes:
            continue
        shut = [marked[network] for marked in routes.values()]
        program = _MostFlow(result.assembly.problem, classes, month, float(months.share[month]))
        key = program.key(shut)
        if key not in known:
            known[key] = program.solve(shut)
        most, less = known[key]
        total += most * months.share[month]
        lost += less * months.share[month]
    if without is None and lost.max(initial=0.0) <= LEAST_KT:
        return TechnicalCapacity(total, total, None)
    largest = int(lost.argmax())
    return TechnicalCapacity(total, total - float(lost[largest]), list(routes)[largest])


def _classes(result: SupplyResult, commodity: str, origin: str | None, month: int) -> list[_Class]:
    """The classes of a commodity in a month; those that may use the same arcs are one."""
    problem, pairs = result.assembly.problem, result.assembly.pairs
    network = problem.network[month]
    mine = (pairs["commodity"] == commodity).to_numpy()
    if origin is not None:
        mine &= (pairs["supplier_country"] == origin).fill_null(value=False).to_numpy()
    ends = problem.sink_state[problem.pair_sink, network]
    starts = problem.source_state[problem.pair_source, network]
    mine &= (starts >= 0) & (ends >= 0)
    members: dict[bytes, list[int]] = {}
    for kind in np.unique(problem.pair_class[mine]):
        layer = problem.layers[problem.layer_of[kind, network]]
        members.setdefault(layer.arc.tobytes(), []).append(int(kind))
    found = []
    for kinds in members.values():
        pair = np.flatnonzero(mine & np.isin(problem.pair_class, kinds))
        layer = problem.layers[problem.layer_of[kinds[0], network]]
        found.append(_Class(layer, np.unique(problem.pair_source[pair]), np.unique(ends[pair])))
    return found


class _MostFlow:
    """A maximum flow in a month, as a linear program at the pace of a year.

    Rows are the states of every class, then what resources let pass, then what sources
    ship; columns the arcs of every class, then what each source ships as goods of each
    class, then what leaves at the ends.
    """

    def __init__(self, problem: Problem, classes: list[_Class], month: int, share: float) -> None:
        self._problem, self._classes = problem, classes
        self._network = int(problem.network[month])
        self._room = problem.room[:, month] / share
        self._can = problem.capacity_kt[:, month] / share
        self._arc = np.concatenate([one.layer.arc for one in classes])

    def key(self, shut: list[Bools]) -> bytes:
        """Return what tells this program from others, without what months merely scale."""
        parts: list[NDArray[Any]] = [mask[self._arc] for mask in shut]
        for one in self._classes:
            layer = one.layer
            room = np.append(self._room, np.inf)[layer.resource]
            parts += [layer.tail, layer.head, layer.resource, layer.unit_per_t]
            parts += [np.round(room, 6), one.starts, np.round(self._can[one.starts], 6), one.ends]
        return b"".join(part.tobytes() for part in parts)

    def solve(self, shut: list[Bools]) -> tuple[float, Floats]:
        """Return the most that flows, and how much less it is without each set of arcs."""
        matrix, upper = self._matrix()
        arcs = len(self._arc)
        highs = self._solver(matrix, upper)
        most, flow = _most(highs)
        less = np.zeros(len(shut))
        for number, mask in enumerate(shut):
            closed = np.flatnonzero(mask[self._arc]).astype(np.int32)
            # What nothing passes can be closed, and the flow is still the most.
            if not (flow[:arcs][closed] > LEAST_KT).any():
                continue
            nothing = np.zeros(len(closed))
            highs.changeColsBounds(len(closed), closed, nothing, nothing)
            less[number] = most - _most(highs)[0]
            highs.changeColsBounds(len(closed), closed, nothing, nothing + np.inf)
        return most, less

    def _matrix(self) -> tuple[sparse.csc_array, Floats]:
        """Coefficients of all columns, and the upper bounds of all rows but the states'."""
        rows: list[Ints] = []
        columns: list[Ints] = []
        values: list[Floats] = []

        def put(row: Ints, column: Ints, value: Floats) -> None:
            rows.append(row)
            columns.append(column)
            values.append(value)

        states = [len(one.layer.first_out) - 1 for one in self._classes]
        offset = np.cumsum([0, *states])
        used = np.unique(np.concatenate([one.layer.resource for one in self._classes]))
        used = used[(used >= 0) & np.isfinite(self._room[used])]
        place = np.full(len(self._room) + 1, -1)
        place[used] = offset[-1] + np.arange(len(used))
        shippers = np.unique(np.concatenate([one.starts for one in self._classes]))
        ships = offset[-1] + len(used)
        first = 0
        for one, base in zip(self._classes, offset, strict=False):
            layer = one.layer
            column = first + np.arange(len(layer.arc))
            put(base + layer.tail, column, np.ones(len(column)))
            put(base + layer.head, column, -np.ones(len(column)))
            row = place[layer.resource]
            put(row[row >= 0], column[row >= 0], layer.unit_per_t[row >= 0])
            first += len(column)
        self._sent = first
        for one, base in zip(self._classes, offset, strict=False):
            column = first + np.arange(len(one.starts))
            state = self._problem.source_state[one.starts, self._network]
            put(base + state, column, -np.ones(len(column)))
            put(ships + np.searchsorted(shippers, one.starts), column, np.ones(len(column)))
            first += len(column)
        self._sent_after = first
        for one, base in zip(self._classes, offset, strict=False):
            column = first + np.arange(len(one.ends))
            put(base + one.ends, column, np.ones(len(column)))
            first += len(column)
        self._states = int(offset[-1])
        matrix = sparse.coo_array(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
            shape=(ships + len(shippers), first),
        ).tocsc()
        return matrix, np.concatenate([self._room[used], self._can[shippers]])

    def _solver(self, matrix: sparse.csc_array, upper: Floats) -> highspy.Highs:
        program = highspy.HighsLp()
        program.num_row_, program.num_col_ = matrix.shape
        cost = np.zeros(matrix.shape[1])
        cost[self._sent : self._sent_after] = -1.0
        program.col_cost_ = cost
        program.col_lower_, program.col_upper_ = np.zeros(len(cost)), np.full(len(cost), np.inf)
        still = np.zeros(self._states)
        program.row_lower_ = np.concatenate([still, np.full(len(upper), -np.inf)])
        program.row_upper_ = np.concatenate([still, upper])
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = matrix.indptr
        program.a_matrix_.index_ = matrix.indices
        program.a_matrix_.value_ = matrix.data
        highs = highspy.Highs()  # type: ignore[no-untyped-call]
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("threads", 1)
        highs.passModel(program)
        return highs


def _most(highs: highspy.Highs) -> tuple[float, Floats]:
    highs.run()
    status = highs.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        words = highs.modelStatusToString(status)
        raise ConvergenceError(f"the maximum flow was not found: {words}")
    return -highs.getObjectiveValue(), np.asarray(highs.getSolution().col_value)
