"""Solving a supply balance by column generation over paths (Dantzig and Wolfe, 1960).

The master program, on HiGHS, knows some paths; under its prices the cheapest path of every
pair is looked for, and those that would save cost are added, until none would (Ford and
Fulkerson, 1958). That no path would save cost proves the optimum. A program keeps what it
has found: another solve, with sources scaled or gates closed, starts where the last ended.
"""

from __future__ import annotations

from dataclasses import replace

import highspy
import numpy as np
from scipy import sparse

from sogdia.assignment.linear_program import quiet_highs
from sogdia.balance.pool import Pool
from sogdia.balance.pricer import Pricer, Prices
from sogdia.balance.problem import Limit, Paths, Problem, Solution, Stress
from sogdia.errors import ConvergenceError
from sogdia.network.model import Bools, Floats, Ints

PENALTY = 10.0
"""What a missed lower bound costs, in values of the dearest tonne that it is about."""
TOLERANCE = 1e-7
"""Saving per t, relative to the dearest value, below which a path is not added."""
LEAST_FLOW_KT = 1e-9
LEAST_SHORT_KT = 1e-6
SLACK = 1e-6
"""Share of a lower bound by which it is lowered below what can be reached."""
DUAL_NOISE = 1e-7
MOST_ROUNDS = 500
PRIMAL, DUAL = 4, 1
NONBASIC, BASIC = highspy.HighsBasisStatus.kLower, highspy.HighsBasisStatus.kBasic


class Program:
    """A supply balance that can be solved again and again.

    Parameters
    ----------
    problem : Problem
        The balance.
    known : Paths, optional
        Paths to begin with, of a solution of a balance with the same pairs and arcs.

    Raises
    ------
    ValueError
        If an arc or a gate has a negative cost: a circle could then pay for ever.
    """

    def __init__(self, problem: Problem, known: Paths | None = None) -> None:
        if any((layer.cost_usd_t < 0).any() for layer in problem.layers):
            raise ValueError("an arc has a negative cost, so going round a circle could pay")
        if (problem.gate_usd_t < 0).any():
            raise ValueError("a source has a negative cost")
        self.problem = problem
        self.pool = Pool(problem)
        self._pricer = Pricer(problem, self.pool)
        self._highs = quiet_highs()
        self._gates: list[tuple[Bools, ...]] = []
        self._gate_of: dict[tuple[bytes, ...], int] = {}
        self._shut = np.zeros(0, dtype=np.bool_)
        self._limited: set[int] = set()
        self._base: highspy.HighsBasis | None = None
        self._base_size = (0, 0)
        self._scaled = False
        self._lay_out()
        self._pass_model()
        if known is not None:
            self.pool.take(known)
        if self.pool.count:
            self._add_paths(0)

    # ---- rows and columns ----

    def _lay_out(self) -> None:
        """Number the rows: sources, sinks, closing of stocks, rooms, limits, then gates."""
        one = self.problem
        periods = one.periods

        def block(count: int) -> tuple[int, int]:
            first = self._rows
            self._rows += count
            return first, first + count

        self._rows = 0
        self._source_rows = block(one.sources * periods)
        self._sink_rows = block(one.sinks * periods)
        self._closing_rows = block(one.stocks.count)
        finite = np.isfinite(one.room).any(axis=1)
        self._room_of = np.where(finite, np.cumsum(finite) - 1, -1)
        self._room_rows = block(int(finite.sum()) * periods)
        self._limit_rows = [block(len(limit.lower)) for limit in one.limits]
        self._gate_rows: dict[int, tuple[int, int]] = {}

    def _pass_model(self) -> None:
        """Give the solver the rows and the columns that are no paths."""
        one, periods = self.problem, self.problem.periods
        lower, upper = np.full(self._rows, -np.inf), np.full(self._rows, np.inf)
        upper[slice(*self._source_rows)] = one.capacity_kt.ravel()
        need = one.need_kt.copy()
        need[one.stocks.sink, 0] -= (1.0 - one.stocks.loss) * one.stocks.opening_kt
        lower[slice(*self._sink_rows)] = upper[slice(*self._sink_rows)] = need.ravel()
        lower[slice(*self._closing_rows)] = one.stocks.closing_kt
        upper[slice(*self._room_rows)] = one.room[self._room_of >= 0].ravel()
        for limit, rows in zip(one.limits, self._limit_rows, strict=True):
            lower[slice(*rows)], upper[slice(*rows)] = limit.lower, limit.upper
        self._lower, self._upper = lower, upper
        none = np.empty(0)
        self._highs.addRows(
            self._rows, lower, upper, 0, np.zeros(self._rows, np.int32), none.astype(np.int32), none
        )
        self._columns = 0
        value = np.repeat(one.value_usd_t, periods)
        # What is not served cannot be put by; where nothing is put by, prices need no bound.
        most = np.full(one.need_kt.shape, np.inf)
        most[one.stocks.sink] = one.need_kt[one.stocks.sink]
        self._unserved_first = self._add_columns(
            value, most.ravel(), _unit(self._sink_rows, self._rows)
        )
        self._level_first = self._add_columns(
            np.repeat(one.stocks.cost_usd_t, periods),
            np.repeat(one.stocks.capacity_kt, periods),
            self._level_matrix(),
        )
        dearest = float(max(one.value_usd_t.max(initial=0.0), one.gate_usd_t.max(initial=0.0), 1.0))
        penalties = [np.full(one.stocks.count, PENALTY * dearest)]
        self._closing_first = self._add_columns(
            penalties[0],
            np.full(one.stocks.count, np.inf),
            _unit(self._closing_rows, self._rows),
        )
        self._short_first = []
        for limit, rows in zip(one.limits, self._limit_rows, strict=True):
            bound = np.where(np.isfinite(limit.lower), np.inf, 0.0)
            penalty = np.full(len(limit.lower), PENALTY * self._dearest(limit))
            self._short_first.append(self._add_columns(penalty, bound, _unit(rows, self._rows)))
            penalties.append(penalty)
        self._penalties = np.concatenate(penalties)
        self._fixed_columns = self._columns

    def _dearest(self, limit: Limit) -> float:
        """The highest value of a tonne that a limit is about, USD per t."""
        one = self.problem
        about = (limit.by_arc != 0) | (limit.by_pair != 0)
        return float(one.value_usd_t[one.pair_sink[about]].max(initial=1.0))

    def _level_matrix(self) -> sparse.csc_array:
        """A level takes from its sink, gives to it in the next period, and the last closes."""
        stocks, periods = self.problem.stocks, self.problem.periods
        number = np.arange(stocks.count * periods)
        row = self._sink_rows[0] + (stocks.sink[:, None] * periods + np.arange(periods)).ravel()
        kept = number % periods < periods - 1
        last = number[~kept]
        rows = [
            row,
            row[kept] + 1,
            last // periods + self._closing_rows[0],
        ]
        values = [
            -np.ones(len(number)),
            np.repeat(1.0 - stocks.loss, periods)[kept],
            np.ones(len(last)),
        ]
        return sparse.csc_array(
            (
                np.concatenate(values),
                (np.concatenate(rows), np.concatenate([number, number[kept], last])),
            ),
            shape=(self._rows, len(number)),
        )

    def _add_columns(self, cost: Floats, upper: Floats, matrix: sparse.csc_array) -> int:
        """Add columns from 0 to `upper`; return the number of the first."""
        first = self._columns
        count = len(cost)
        if count:
            self._highs.addCols(
                count,
                cost,
                np.zeros(count),
                upper,
                matrix.nnz,
                matrix.indptr[:-1].astype(np.int32),
                matrix.indices.astype(np.int32),
                matrix.data,
            )
        self._columns += count
        return first

    def _add_paths(self, first_path: int) -> None:
        """Add a column for every new path and every period of its network."""
        one, pool = self.problem, self.pool
        path, period = pool.columns_from(first_path)
        matrix = self._path_matrix(path, period)
        pair = pool.pair[path]
        cost = one.gate_usd_t[one.pair_source[pair]] + pool.cost_usd_t[path]
        first_column = self._add_columns(cost, np.full(len(path), np.inf), matrix)
        pool.append_columns(path, period, first_column)
        self._shut = np.append(self._shut, np.zeros(len(path), dtype=np.bool_))

    def _path_matrix(self, path: Ints, period: Ints) -> sparse.csc_array:
        """Coefficients of flows on paths in all rows that there are."""
        one, pool, periods = self.problem, self.pool, self.problem.periods
        column = np.arange(len(path))
        pair = pool.pair[path]
        source_row = self._source_rows[0] + one.pair_source[pair] * periods
        sink_row = self._sink_rows[0] + one.pair_sink[pair] * periods
        rows: list[Ints] = [source_row + period, sink_row + period]
        columns: list[Ints] = [column, column]
        values: list[Floats] = [np.ones(len(path)), np.ones(len(path))]
        of, resource, unit = pool.uses(path)
        capped = self._room_of[resource] >= 0
        rows.append(
            self._room_rows[0] + self._room_of[resource[capped]] * periods + period[of[capped]]
        )
        columns.append(of[capped])
        values.append(unit[capped])
        for limit, block in zip(one.limits, self._limit_rows, strict=True):
            passes = pool.passes(limit.marked, path) if limit.marked else np.zeros(len(path))
            values.append(limit.by_pair[pair] + limit.by_arc[pair] * passes)
            rows.append(block[0] + (period if len(limit.lower) > 1 else np.zeros_like(period)))
            columns.append(column)
        for gate, block in self._gate_rows.items():
            values.append(pool.passes(self._gates[gate], path).astype(np.float64))
            rows.append(block[0] + period)
            columns.append(column)
        matrix = sparse.coo_array(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
            shape=(self._rows, len(path)),
        ).tocsc()
        matrix.eliminate_zeros()
        return matrix

    def gate(self, marked: tuple[Bools, ...]) -> int:
        """Return a gate: what is on paths with a marked arc passes it.

        Parameters
        ----------
        marked : tuple of ndarray of bool, shape (arcs of a network,)
            Marked arcs, one mask for each network. A path had better have one at most: the
            price of a gate is counted for every marked arc when paths are looked for.

        Returns
        -------
        int
            Its number, for `Stress`; the same for the same arcs.
        """
        key = tuple(mask.tobytes() for mask in marked)
        if key not in self._gate_of:
            self._gate_of[key] = len(self._gates)
            self._gates.append(marked)
        return self._gate_of[key]

    def _add_gate_rows(self, gate: int) -> None:
        """Give a gate that is to be partly open its rows."""
        periods, pool = self.problem.periods, self.pool
        passes = pool.passes(self._gates[gate], pool.column_path)
        column = np.flatnonzero(passes)
        matrix = sparse.csr_array(
            (
                np.ones(len(column)),
                (pool.column_period[column], pool.columns[column]),
            ),
            shape=(periods, self._columns),
        )
        free = np.full(periods, np.inf)
        self._highs.addRows(
            periods,
            -free,
            free,
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data,
        )
        self._gate_rows[gate] = (self._rows, self._rows + periods)
        self._rows += periods
        self._lower = np.concatenate([self._lower, -free])
        self._upper = np.concatenate([self._upper, free])

    # ---- solving ----

    def solve(self, stress: Stress | None = None) -> Solution:
        """Return the balance of least cost.

        Parameters
        ----------
        stress : Stress, optional
            What is different this time; by default nothing.

        Returns
        -------
        Solution
            Proved: no path would save cost.

        Raises
        ------
        ConvergenceError
            If the solver gives up.
        """
        stress = stress or Stress()
        closed = self._closed(stress)
        self._put_under(stress, closed)
        self._start_from_base()
        prices, rounds = self._converge(closed)
        solution = self._solution(prices, rounds)
        if stress.gates or stress.sources is not None:
            return solution
        self._base, self._base_size = self._highs.getBasis(), (self._columns, self._rows)
        if any((short > LEAST_SHORT_KT).any() for short in solution.short_kt):
            # At the penalty all that stands in their way would look as dear as they are.
            short = tuple(
                np.where(one > LEAST_SHORT_KT, one + SLACK * np.abs(limit.lower), 0.0)
                for one, limit in zip(solution.short_kt, self.problem.limits, strict=True)
            )
            self._lower_floors(short)
            prices, more = self._converge(closed)
            settled = self._solution(prices, rounds + more)
            solution = replace(settled, short_kt=short, elastic=solution)
            self._lower_floors(tuple(np.zeros_like(one) for one in short))
        return solution

    def _lower_floors(self, short_kt: tuple[Floats, ...]) -> None:
        """Lower the lower bounds of limits by so much."""
        for rows, limit, short in zip(self._limit_rows, self.problem.limits, short_kt, strict=True):
            self._lower[slice(*rows)] = limit.lower - short
            self._change(rows)

    def _start_from_base(self) -> None:
        """Start from the basis without stress: each stress is then one step away from it."""
        if self._base is None:
            return
        if self._base_size != (self._columns, self._rows):
            columns, rows = list(self._base.col_status), list(self._base.row_status)
            grown = highspy.HighsBasis()
            grown.col_status = columns + [NONBASIC] * (self._columns - len(columns))
            grown.row_status = rows + [BASIC] * (self._rows - len(rows))
            grown.valid = True
            self._base, self._base_size = grown, (self._columns, self._rows)
        self._highs.setBasis(self._base)

    def _converge(self, closed: dict[int, list[int]]) -> tuple[Prices, int]:
        """Add paths until none would save cost; return the prices that prove it."""
        shut = {period: [self._gates[gate] for gate in gates] for period, gates in closed.items()}
        rounds = 0
        while True:
            rounds += 1
            self._run()
            prices = self._prices()
            found = self._pricer.better_paths(prices, shut, self._tolerance())
            first = self.pool.add(found)
            if first == self.pool.count:
                break
            if rounds == MOST_ROUNDS:
                raise ConvergenceError(f"paths still save cost after {rounds} rounds")
            self._add_paths(first)
            self._shut_columns(closed)
            self._highs.setOptionValue("simplex_strategy", PRIMAL)
        self._highs.setOptionValue("simplex_strategy", DUAL)
        return prices, rounds

    def _tolerance(self) -> float:
        return TOLERANCE * max(1.0, float(self.problem.value_usd_t.max(initial=0.0)))

    def _put_under(self, stress: Stress, closed: dict[int, list[int]]) -> None:
        """Set the bounds that a stress changes, and set back those of the last one."""
        one = self.problem
        self._shut_columns(closed)
        limits = {
            gate: np.where(wide == 0.0, np.inf, wide)
            for gate, upper in stress.gates.items()
            if np.isfinite(wide := np.broadcast_to(upper, one.periods))[wide != 0.0].any()
        }
        for gate in limits.keys() - self._gate_rows.keys():
            self._add_gate_rows(gate)
        for gate in sorted(self._limited | limits.keys()):
            rows = self._gate_rows[gate]
            self._upper[slice(*rows)] = limits.get(gate, np.inf)
            self._change(rows)
        self._limited = set(limits)
        if stress.sources is not None or self._scaled:
            factor = 1.0 if stress.sources is None else stress.sources
            self._upper[slice(*self._source_rows)] = (one.capacity_kt * factor).ravel()
            self._change(self._source_rows)
            self._scaled = stress.sources is not None

    def _change(self, rows: tuple[int, int]) -> None:
        count = rows[1] - rows[0]
        if count:
            self._highs.changeRowsBounds(  # type: ignore[attr-defined]  # not in its stubs
                count,
                np.arange(*rows, dtype=np.int32),
                self._lower[slice(*rows)],
                self._upper[slice(*rows)],
            )

    def _shut_columns(self, closed: dict[int, list[int]]) -> None:
        """Shut what passes closed gates, open what was shut before, in the columns."""
        pool = self.pool
        shut = np.zeros(len(pool.columns), dtype=np.bool_)
        by_gate: dict[int, list[int]] = {}
        for period, gates in closed.items():
            for gate in gates:
                by_gate.setdefault(gate, []).append(period)
        for gate, months in by_gate.items():
            passes = pool.passes(self._gates[gate], np.arange(pool.count))
            shut |= passes[pool.column_path] & np.isin(pool.column_period, months)
        changed = np.flatnonzero(shut != self._shut)
        if len(changed):
            self._highs.changeColsBounds(
                len(changed),
                pool.columns[changed].astype(np.int32),
                np.zeros(len(changed)),
                np.where(shut[changed], 0.0, np.inf),
            )
        self._shut = shut

    def _closed(self, stress: Stress) -> dict[int, list[int]]:
        """Gates that nothing may pass, by period."""
        closed: dict[int, list[int]] = {}
        for gate, upper in stress.gates.items():
            for period in np.flatnonzero(np.broadcast_to(upper, self.problem.periods) == 0.0):
                closed.setdefault(int(period), []).append(gate)
        return closed

    def _run(self) -> None:
        self._highs.run()
        status = self._highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            words = self._highs.modelStatusToString(status)
            raise ConvergenceError(f"the linear program was not solved: {words}")

    def _prices(self) -> Prices:
        one, periods = self.problem, self.problem.periods
        dual = np.asarray(self._highs.getSolution().row_dual)

        def of(rows: tuple[int, int]) -> Floats:
            return dual[slice(*rows)].reshape(-1, periods)

        room = np.zeros(one.room.shape)
        room[self._room_of >= 0] = -of(self._room_rows)
        return Prices(
            rent_usd_t=-of(self._source_rows),
            price_usd_t=of(self._sink_rows),
            scarcity=room,
            limit_usd_t=tuple(dual[slice(*rows)].copy() for rows in self._limit_rows),
            gates=tuple(
                (self._gates[gate], -dual[slice(*rows)]) for gate, rows in self._gate_rows.items()
            ),
        )

    def _solution(self, prices: Prices, rounds: int) -> Solution:
        one, pool, periods = self.problem, self.pool, self.problem.periods
        value = np.asarray(self._highs.getSolution().col_value)

        def of(first: int, count: int) -> Floats:
            return value[first : first + count]

        flow = value[pool.columns]
        used = np.flatnonzero(flow > LEAST_FLOW_KT)
        return Solution(
            objective=self._highs.getObjectiveValue(),
            bound=self._bound(),
            rounds=rounds,
            paths=pool.paths(),
            flow_path=pool.column_path[used],
            flow_period=pool.column_period[used],
            flow_kt=flow[used],
            unserved_kt=of(self._unserved_first, one.sinks * periods).reshape(-1, periods),
            level_kt=of(self._level_first, one.stocks.count * periods).reshape(-1, periods),
            penalty=self._penalty(value),
            short_kt=tuple(
                of(first, len(limit.lower))
                for first, limit in zip(self._short_first, one.limits, strict=True)
            ),
            closing_short_kt=of(self._closing_first, one.stocks.count),
            rent_usd_t=prices.rent_usd_t,
            price_usd_t=prices.price_usd_t,
            scarcity=prices.scarcity,
            limit_usd_t=prices.limit_usd_t,
            gate_usd_t={
                gate: price for gate, (_, price) in zip(self._gate_rows, prices.gates, strict=True)
            },
        )

    def _penalty(self, value: Floats) -> float:
        """What missed lower bounds cost in the objective, thousand USD."""
        missed = slice(self._closing_first, self._fixed_columns)
        return float(self._penalties @ value[missed])

    def _bound(self) -> float:
        """Objective of the dual: every row's price times the bound that it keeps.

        Columns with an upper bound (need that is not met, room of a stock) earn their
        negative reduced cost at that bound.
        """
        solution = self._highs.getSolution()
        row_dual = np.asarray(solution.row_dual)
        kept = np.where(row_dual > 0, self._lower, self._upper)
        # A price this small on a bound that is not there is noise of the solver.
        priced = np.isfinite(kept) | (np.abs(row_dual) > DUAL_NOISE)
        at_rows = row_dual[priced] @ kept[priced]
        reduced = np.asarray(solution.col_dual)[: self._fixed_columns]
        upper = np.asarray(self._highs.getLp().col_upper_)[: self._fixed_columns]
        bounded = (reduced < 0) & np.isfinite(upper)
        return float(at_rows + reduced[bounded] @ upper[bounded])


def _unit(rows: tuple[int, int], height: int) -> sparse.csc_array:
    """A column for each row of a block, with a one in it."""
    count = rows[1] - rows[0]
    return sparse.csc_array(
        (np.ones(count), (np.arange(*rows), np.arange(count))), shape=(height, count)
    )
