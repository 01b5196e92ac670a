"""The arc form of a supply balance: every arc a variable, no paths, nothing of the engine.

Pairs that start at one source as goods of one class, and count alike on the marked arcs of
all limits, share their flows on arcs (a flow from one source falls apart into paths, whatever
its ends); each such group has a variable per arc and period, and a balance per state and
period. What counts for a limit once, however many marked arcs it passes, needs copies of the
states: one for every set of limits that the goods have counted for. Slow and plain: it says
what the engine must say.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from sogdia.balance.problem import Limit, Problem
from sogdia.balance.program import PENALTY
from sogdia.network.model import Floats, Ints


@dataclass(frozen=True, slots=True)
class ArcForm:
    """What HiGHS says of the arc form.

    Attributes
    ----------
    ended : bool
        Whether the optimum was reached; if not, all else is what was reached.
    objective : float
        Thousand USD, what the shortages are charged included.
    shortage_kt : float
        Sum of all shortages, kt.
    unserved_kt, price_usd_t : ndarray of float64, shape (sinks, periods)
        Need not met, and what one more tonne of it would cost.
    shipped_kt, rent_usd_t : ndarray of float64, shape (sources, periods)
        What leaves each source, and what one more tonne of its capacity would save.
    scarcity : ndarray of float64, shape (resources, periods)
        What one more unit of room would save.
    level_kt : ndarray of float64, shape (stocks, periods)
        What is kept.
    limit_usd_t : tuple of ndarray of float64
        Duals of the limits: positive where the lower bound costs.
    infeasible : float
        Sum of the infeasibilities of what was reached.
    columns, rows : int
        Size of the program.
    """

    ended: bool
    objective: float
    shortage_kt: float
    unserved_kt: Floats
    price_usd_t: Floats
    shipped_kt: Floats
    rent_usd_t: Floats
    scarcity: Floats
    level_kt: Floats
    limit_usd_t: tuple[Floats, ...]
    infeasible: float
    columns: int
    rows: int


class _Matrix:
    """Coefficients as they come, in triples."""

    def __init__(self) -> None:
        self._row: list[Ints] = []
        self._column: list[Ints] = []
        self._value: list[Floats] = []

    def put(self, row: ArrayLike, column: ArrayLike, value: ArrayLike) -> None:
        """Add coefficients; what has one element along a dimension stands for all."""
        parts = np.broadcast_arrays(row, column, value)
        self._row.append(parts[0].ravel().astype(np.int32))
        self._column.append(parts[1].ravel().astype(np.int32))
        self._value.append(parts[2].ravel().astype(np.float64))

    def columnwise(self, rows: int, columns: int) -> sparse.csc_array:
        """Return the matrix; what was put at one place is added up."""
        data = np.concatenate(self._value)
        place = (np.concatenate(self._row), np.concatenate(self._column))
        return sparse.coo_array((data, place), shape=(rows, columns)).tocsc()


class _Numbers:
    """Hands out numbers of rows, or of columns, and keeps what is said of each."""

    def __init__(self) -> None:
        self.count = 0
        self._said: list[list[Floats]] = []

    def take(self, shape: int | tuple[int, ...], *said: ArrayLike) -> Ints:
        """Return the numbers of a new block; what has one element stands for all."""
        numbers = self.count + np.arange(int(np.prod(shape))).reshape(shape)
        self.count += numbers.size
        full = [np.broadcast_to(np.asarray(one, np.float64), numbers.shape) for one in said]
        self._said.append([one.ravel() for one in full])
        return numbers

    def said(self) -> list[Floats]:
        """Return what was said of all, in the order of their numbers."""
        return [np.concatenate(parts) for parts in zip(*self._said, strict=True)]


class _Form:
    """A balance in its arc form.

    Columns are taken with their cost and bounds, rows with their bounds.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.column, self.row, self.matrix = _Numbers(), _Numbers(), _Matrix()
        self._network = problem.network
        self._send()
        self._keep()
        self.passes = self.row.take(problem.room.shape, -np.inf, problem.room)
        self.limits: list[Ints] = []
        self.short: list[Ints] = []
        for limit in problem.limits:
            self._bound(limit)
        groups = _groups(problem)
        for period in range(problem.periods):
            for group in groups:
                pairs = group[self._open[group, period]]
                if len(pairs):
                    self._flow(pairs, period)

    def _send(self) -> None:
        """What pairs send, from sources to sinks; what does not come."""
        one = self.problem
        starts, ends = one.source_state[one.pair_source], one.sink_state[one.pair_sink]
        self._open = (starts[:, one.network] >= 0) & (ends[:, one.network] >= 0)
        most = np.where(self._open, np.inf, 0.0)
        gate = one.gate_usd_t[one.pair_source]
        self.sent = self.column.take(self._open.shape, gate[:, None], 0.0, most)
        # Nobody gives up more than he needs, to have it in stock.
        self.unserved = self.column.take(
            one.need_kt.shape, one.value_usd_t[:, None], 0.0, one.need_kt
        )
        need = one.need_kt.copy()
        stocks = one.stocks
        need[stocks.sink, 0] -= (1.0 - stocks.loss) * stocks.opening_kt
        self.leaves = self.row.take(one.capacity_kt.shape, -np.inf, one.capacity_kt)
        self.arrives = self.row.take(need.shape, need, need)
        self.matrix.put(self.leaves[one.pair_source], self.sent, 1.0)
        self.matrix.put(self.arrives[one.pair_sink], self.sent, 1.0)
        self.matrix.put(self.arrives, self.unserved, 1.0)

    def _keep(self) -> None:
        """What is kept from a period to the next, and at the end."""
        stocks = self.problem.stocks
        shape = (stocks.count, self.problem.periods)
        dearest = max(_most(self.problem.value_usd_t), _most(self.problem.gate_usd_t))
        self.level = self.column.take(
            shape, stocks.cost_usd_t[:, None], 0.0, stocks.capacity_kt[:, None]
        )
        self.closing = self.column.take(stocks.count, PENALTY * dearest, 0.0, np.inf)
        closes = self.row.take(stocks.count, stocks.closing_kt, np.inf)
        arrives = self.arrives[stocks.sink]
        self.matrix.put(arrives, self.level, -1.0)
        self.matrix.put(arrives[:, 1:], self.level[:, :-1], (1.0 - stocks.loss)[:, None])
        self.matrix.put(closes, self.level[:, -1], 1.0)
        self.matrix.put(closes, self.closing, 1.0)

    def _bound(self, limit: Limit) -> None:
        """A limit, without what goes by the way."""
        about = (limit.by_arc != 0) | (limit.by_pair != 0)
        sinks = self.problem.pair_sink[about]
        penalty = PENALTY * _most(self.problem.value_usd_t[sinks])
        rows = self.row.take(len(limit.lower), limit.lower, limit.upper)
        can_miss = np.where(np.isfinite(limit.lower), np.inf, 0.0)
        short = self.column.take(len(limit.lower), penalty, 0.0, can_miss)
        self.matrix.put(rows, short, 1.0)
        self.matrix.put(rows, self.sent, limit.by_pair[:, None])
        self.limits.append(rows)
        self.short.append(short)

    def _flow(self, pairs: Ints, period: int) -> None:
        """What pairs of a group send goes along arcs, and counts for what it passes."""
        one, network = self.problem, self._network[period]
        layer = one.layers[one.layer_of[one.pair_class[pairs[0]], network]]
        counts = [
            number
            for number, limit in enumerate(one.limits)
            if limit.marked and limit.by_arc[pairs[0]] != 0
        ]
        bits = np.zeros(len(layer.head), dtype=np.int64)
        for bit, number in enumerate(counts):
            bits |= one.limits[number].marked[network][layer.arc].astype(np.int64) << bit
        had = np.arange(1 << len(counts))[:, None]
        has = had | bits
        flow = self.column.take(has.shape, layer.cost_usd_t, 0.0, np.inf)
        balance = self.row.take((len(had), len(layer.first_out) - 1), 0.0, 0.0)
        self.matrix.put(balance[:, layer.tail], flow, 1.0)
        self.matrix.put(balance[has, layer.head], flow, -1.0)
        sent, start = self.sent[pairs, period], one.source_state[one.pair_source[pairs], network]
        self.matrix.put(balance[0, start], sent, -1.0)
        reached = self.column.take((len(had), len(pairs)), 0.0, 0.0, np.inf)
        reaches = self.row.take(len(pairs), 0.0, 0.0)
        end = one.sink_state[one.pair_sink[pairs], network]
        self.matrix.put(balance[:, end], reached, 1.0)
        self.matrix.put(reaches, reached, 1.0)
        self.matrix.put(reaches, sent, -1.0)
        consumes = layer.resource >= 0
        passes = self.passes[layer.resource[consumes], period]
        self.matrix.put(passes, flow[:, consumes], layer.unit_per_t[consumes])
        for bit, number in enumerate(counts):
            limit, rows = one.limits[number], self.limits[number]
            first_time = ((has & ~had) >> bit & 1).astype(np.bool_)
            row = rows[period if len(rows) > 1 else 0]
            self.matrix.put(row, flow[first_time], limit.by_arc[pairs[0]])


def _most(values: Floats) -> float:
    return float(values.max(initial=1.0))


def _groups(problem: Problem) -> list[Ints]:
    """Pairs that can share their flows on arcs."""
    counted = [limit.by_arc for limit in problem.limits if limit.marked]
    keys: dict[tuple[float, ...], list[int]] = {}
    for pair in range(problem.pairs):
        ends = (problem.pair_source[pair], problem.pair_class[pair])
        keys.setdefault((*ends, *(by_arc[pair] for by_arc in counted)), []).append(pair)
    return [np.array(pairs) for pairs in keys.values()]


def solve_arc_form(
    problem: Problem, *, time_limit_s: float | None = None, method: str = "choose"
) -> ArcForm:
    """Solve a balance in its arc form with HiGHS as it comes.

    Parameters
    ----------
    problem : Problem
        The balance.
    time_limit_s : float or None
        When to give up, s; None: never.
    method : str
        Solver of HiGHS: "choose", "simplex" or "ipm".

    Returns
    -------
    ArcForm
        Values and duals.
    """
    form = _Form(problem)
    solver = _solver(form)
    solver.setOptionValue("solver", method)
    if time_limit_s is not None:
        solver.setOptionValue("time_limit", float(time_limit_s))
    solver.run()
    found = solver.getSolution()
    values, duals = np.asarray(found.col_value), np.asarray(found.row_dual)
    if len(values) == 0:
        values, duals = np.full(form.column.count, np.nan), np.full(form.row.count, np.nan)
    shipped = np.zeros((problem.sources, problem.periods))
    np.add.at(shipped, problem.pair_source, values[form.sent])
    return ArcForm(
        ended=solver.getModelStatus() == highspy.HighsModelStatus.kOptimal,
        objective=solver.getInfo().objective_function_value,
        shortage_kt=float(sum(values[one].sum() for one in (*form.short, form.closing))),
        unserved_kt=values[form.unserved],
        price_usd_t=duals[form.arrives],
        shipped_kt=shipped,
        rent_usd_t=-duals[form.leaves],
        scarcity=-duals[form.passes],
        level_kt=values[form.level],
        limit_usd_t=tuple(duals[rows] for rows in form.limits),
        infeasible=solver.getInfo().sum_primal_infeasibilities,
        columns=form.column.count,
        rows=form.row.count,
    )


def _solver(form: _Form) -> highspy.Highs:
    """Hand a program to HiGHS."""
    matrix = form.matrix.columnwise(form.row.count, form.column.count)
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_, program.col_lower_, program.col_upper_ = form.column.said()
    program.row_lower_, program.row_upper_ = form.row.said()
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(program)
    return solver
