"""Cheapest flows under hard capacities, exactly: column generation (Ford and Fulkerson, 1958).

The master program, on HiGHS, divides the trips of every pair among its known paths; under its
prices the cheapest path of each pair is looked for, and those that would save cost are added.
The prices also bound the optimum from below (Lasdon, 1970), and the bound tells when to stop.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from sogdia.assignment.linear_program import quiet_highs
from sogdia.assignment.traffic.paths import PathSet, merged, no_paths
from sogdia.assignment.traffic.paths_pricing import Priced, Pricer, costs_of
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.errors import ConvergenceError, OverCapacityError
from sogdia.network.model import Bools, Floats, Ints

OVERFLOW = 10.0
"""What a trip without a path costs, in costs of the dearest pair."""
DEARER = 100.0
LEAST_PRICE = 1e-7
"""Share of the highest price below which a price is noise of the solver."""
ROUNDING = 1e-12
LEAST_MISSING = 1e-9
"""Share of the trips that may be missing before capacities are too little for them."""
BOUND = 1e-11
MOST_ROUNDS = 1000
PRIMAL, DUAL = 4, 1
NONBASIC, AT_UPPER = highspy.HighsBasisStatus.kLower, highspy.HighsBasisStatus.kUpper
BASIC = highspy.HighsBasisStatus.kBasic


@dataclass(frozen=True, slots=True)
class Finished:
    """The optimum of a linear problem.

    Attributes
    ----------
    paths : PathSet
        Paths and their flows.
    price : ndarray of float64, shape (elements,)
        Prices of the capacities.
    objective, bound : float
        Cost, and what no flows can be below.
    missing : ndarray of float64, shape (pairs,)
        Trips for which there was no room.
    rounds : int
        Times that the master program was solved.
    """

    paths: PathSet
    price: Floats
    objective: float
    bound: float
    missing: Floats
    rounds: int


class Master:
    """The master program: trips of pairs on known paths, under capacities.

    Capacities that the known paths cannot fill have no row until they can.

    Parameters
    ----------
    problem : TrafficProblem
        Pairs and capacities.
    overflow_cost : float
        Cost of a trip that takes no path.
    """

    def __init__(self, problem: TrafficProblem, overflow_cost: float) -> None:
        self._problem = problem
        self._flow_unit = float(problem.trips.mean())
        self._cost_unit = overflow_cost / OVERFLOW
        self._pairs = len(problem.trips)
        self._row_of = np.full(problem.delay.size, -1, dtype=np.int64)
        self._rows = self._pairs
        self._columns = self._pairs
        self._path_column = np.empty(0, dtype=np.int64)
        self._use = sparse.csc_array((problem.delay.size, 0))
        self._highs = _exact_highs()
        trips = problem.trips / self._flow_unit
        none = np.empty(0)
        self._highs.addRows(
            self._pairs,
            trips,
            trips,
            0,
            np.zeros(self._pairs, np.int32),
            none.astype(np.int32),
            none,
        )
        self._highs.addCols(
            self._pairs,
            np.full(self._pairs, OVERFLOW),
            np.zeros(self._pairs),
            np.full(self._pairs, np.inf),
            self._pairs,
            np.arange(self._pairs, dtype=np.int32),
            np.arange(self._pairs, dtype=np.int32),
            np.ones(self._pairs),
        )

    def set_costs(self, path_cost: Floats, overflow_cost: float) -> None:
        """Change the costs of paths, and of trips that take none."""
        columns = np.concatenate([np.arange(self._pairs), self._path_column]).astype(np.int32)
        costs = np.append(np.full(self._pairs, overflow_cost), path_cost) / self._cost_unit
        self._highs.changeColsCost(len(columns), columns, costs)

    def add(self, cost: Floats, pair: Ints, first: Ints, arc: Ints) -> None:
        """Add paths, at costs by class and arc."""
        one = self._problem
        count = len(pair)
        of = np.repeat(np.arange(count), np.diff(first))
        of_class = one.pair_class[pair][of]
        element = one.element[of_class, arc]
        limited = element >= 0
        limited[limited] = np.isfinite(one.hard_capacity[element[limited]])
        use = sparse.coo_array(
            (one.unit[of_class, arc][limited], (element[limited], of[limited])),
            shape=(one.delay.size, count),
        ).tocsc()
        use.sum_duplicates()
        total = np.bincount(of, cost[of_class, arc], minlength=count)
        placed = self._row_of[use.indices]
        has_row = placed >= 0
        column = np.repeat(np.arange(count), np.diff(use.indptr))
        rows = np.concatenate([pair, placed[has_row]])
        columns = np.concatenate([np.arange(count), column[has_row]])
        values = np.concatenate([np.ones(count), use.data[has_row]])
        matrix = sparse.csc_array((values, (rows, columns)), shape=(self._rows, count))
        self._highs.addCols(
            count,
            total / self._cost_unit,
            np.zeros(count),
            np.full(count, np.inf),
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data,
        )
        self._path_column = np.append(self._path_column, self._columns + np.arange(count))
        self._columns += count
        self._use = sparse.hstack([self._use, use]).tocsc()

    def add_exceeded(self, flow: Floats) -> int:
        """Give a row to the capacities that flows by path exceed; return how many."""
        one = self._problem
        return self.add_rows(self._use @ flow > one.hard_capacity * (1.0 + ROUNDING))

    def add_rows(self, wanted: Bools) -> int:
        """Give a row to these capacities; return how many had none."""
        one = self._problem
        elements = np.flatnonzero(wanted & (self._row_of < 0))
        if not len(elements):
            return 0
        self._row_of[elements] = self._rows + np.arange(len(elements))
        self._rows += len(elements)
        matrix = self._use.tocsr()[elements]
        column = self._path_column[matrix.indices]
        self._highs.addRows(
            len(elements),
            np.full(len(elements), -np.inf),
            one.hard_capacity[elements] / self._flow_unit,
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            column.astype(np.int32),
            matrix.data,
        )
        return len(elements)

    def start_from(self, flow: Floats, price: Floats) -> None:
        """Guess a basis: paths with flow are in it, capacities with a price are not."""
        basis = highspy.HighsBasis()
        columns = np.zeros(self._columns, dtype=np.bool_)
        columns[self._path_column] = flow > 0.0
        basis.col_status = [BASIC if basic else NONBASIC for basic in columns]
        rows = np.zeros(self._rows, dtype=np.bool_)
        placed = self._row_of >= 0
        rows[self._row_of[placed]] = price[placed] <= 0.0
        basis.row_status = [BASIC if basic else AT_UPPER for basic in rows]
        basis.valid = True
        basis.alien = True
        self._highs.setBasis(basis)

    def solve(self, strategy: int = PRIMAL) -> None:
        """Solve the program.

        Raises
        ------
        ConvergenceError
            If the solver gives up.
        """
        self._highs.setOptionValue("simplex_strategy", strategy)
        self._highs.run()
        status = self._highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            words = self._highs.modelStatusToString(status)
            raise ConvergenceError(f"the linear program was not solved: {words}")

    def prices(self) -> Floats:
        """Return the prices of all capacities."""
        dual = np.asarray(self._highs.getSolution().row_dual)
        price = np.zeros(len(self._row_of))
        placed = self._row_of >= 0
        price[placed] = np.maximum(-dual[self._row_of[placed]], 0.0) * self._cost_unit
        return price

    def flows(self) -> tuple[Floats, Floats]:
        """Return the flows by path, in the order in which these were added, and the missing."""
        value = np.maximum(np.asarray(self._highs.getSolution().col_value), 0.0)
        return value[self._path_column] * self._flow_unit, value[: self._pairs] * self._flow_unit


def _exact_highs() -> highspy.Highs:
    highs = quiet_highs()
    highs.setOptionValue("primal_feasibility_tolerance", 1e-10)
    highs.setOptionValue("dual_feasibility_tolerance", 1e-10)
    return highs


class _Generation:
    """Paths added to a master program until none would save cost."""

    def __init__(
        self, problem: TrafficProblem, pricer: Pricer, paths: PathSet, overflow: float
    ) -> None:
        self._problem = problem
        self._pricer = pricer
        self._pair, self._first, self._arc = paths.pair, paths.first, paths.arc
        self.master = Master(problem, overflow)

    def begin(self, cost: Floats, flow: Floats, price: Floats) -> None:
        """Put the known paths into the program, with a guess of what it will find."""
        self.master.add(cost, self._pair, self._first, self._arc)
        self.master.add_rows(price > 0.0)
        self.master.add_exceeded(flow)
        if price.any():
            self.master.start_from(flow, price)

    def run(self, cost: Floats, overflow: float) -> Finished:
        """Add paths until the bound tells that none would save cost."""
        one, master = self._problem, self.master
        master.set_costs(self._path_costs(cost), overflow)
        rounds = 0
        while True:
            rounds += 1
            master.solve()
            flow, missing = master.flows()
            while master.add_exceeded(flow):
                master.solve(DUAL)
                flow, missing = master.flows()
            price = master.prices()
            paid = cost + one.unit * np.append(price, 0.0)[one.element]
            known = np.full(len(one.trips), np.inf)
            np.minimum.at(known, self._pair, self._path_costs(paid))
            found = self._pricer(paid, known)
            priced = price > 0.0
            earned = float(one.trips @ np.minimum(found.cost, overflow))
            bound = earned - float(price[priced] @ one.hard_capacity[priced])
            objective = float(flow @ self._path_costs(cost) + overflow * missing.sum())
            if objective - bound <= BOUND * abs(objective) or not len(found.pair):
                break
            if rounds == MOST_ROUNDS:
                raise ConvergenceError(f"paths still save cost after {MOST_ROUNDS} rounds")
            master.add(cost, found.pair, found.first, found.arc)
            self._append(found)
        return Finished(self._path_set(flow), price, objective, bound, missing, rounds)

    def _path_costs(self, cost: Floats) -> Floats:
        of = np.repeat(np.arange(len(self._pair)), np.diff(self._first))
        of_class = self._problem.pair_class[self._pair][of]
        total = np.bincount(of, cost[of_class, self._arc], minlength=len(self._pair))
        return np.asarray(total, dtype=np.float64)

    def _append(self, found: Priced) -> None:
        self._pair = np.append(self._pair, found.pair)
        self._first = np.append(self._first, self._first[-1] + found.first[1:])
        self._arc = np.append(self._arc, found.arc)

    def _path_set(self, flow: Floats) -> PathSet:
        """Return the paths in the order of their pairs."""
        order = np.argsort(self._pair, kind="stable")
        lengths = np.diff(self._first)[order]
        first = np.zeros(len(order) + 1, dtype=np.int64)
        np.cumsum(lengths, out=first[1:])
        entries = np.repeat(self._first[order] - first[:-1], lengths) + np.arange(first[-1])
        empty = no_paths(len(self._problem.trips))
        none = np.zeros(0, dtype=np.bool_)
        paths = merged(empty, none, self._pair[order], first, self._arc[entries])
        paths.flow[:] = flow[order]
        return paths


def finish(
    problem: TrafficProblem, cost: Floats, paths: PathSet, price: Floats, pricer: Pricer
) -> Finished:
    """Return the cheapest flows of a problem whose costs do not depend on flow.

    Parameters
    ----------
    problem : TrafficProblem
        Pairs and hard capacities.
    cost : ndarray of float64, shape (classes, arcs)
        Costs without prices.
    paths : PathSet
        Known paths, at least one for every pair, with flows to start from.
    price : ndarray of float64, shape (elements,)
        Prices to start from; where none is positive, the program starts from nothing.
    pricer : Pricer
        Looks for cheaper paths.

    Raises
    ------
    OverCapacityError
        If there is no room for all trips; it names the capacities that bar them.
    ConvergenceError
        If the linear program is not solved.
    """
    _, least = costs_of(problem, paths, cost)
    overflow = OVERFLOW * max(float(least.max()), 1e-300)
    generation = _Generation(problem, pricer, paths, overflow)
    generation.begin(cost, paths.flow, price)
    done = generation.run(cost, overflow)
    if _has_room(problem, done):
        return done
    _refuse(problem, generation.run(_free(cost), overflow))
    while not _has_room(problem, done):
        overflow *= DEARER
        done = generation.run(cost, overflow)
    return done


def require_room(problem: TrafficProblem, paths: PathSet, pricer: Pricer) -> None:
    """Refuse a problem whose capacities have no room for its trips, whatever these cost.

    Parameters
    ----------
    problem : TrafficProblem
        Pairs and hard capacities.
    paths : PathSet
        Known paths, at least one for every pair.
    pricer : Pricer
        Looks for other paths.

    Raises
    ------
    OverCapacityError
        It names the capacities that bar the trips.
    """
    generation = _Generation(problem, pricer, paths, 1.0)
    free = _free(problem.fixed_cost)
    generation.begin(free, paths.flow, np.zeros(problem.delay.size))
    _refuse(problem, generation.run(free, 1.0))


def _free(cost: Floats) -> Floats:
    """Let everything cost nothing, except what is closed."""
    return np.where(np.isfinite(cost), 0.0, np.inf)


def _has_room(problem: TrafficProblem, done: Finished) -> bool:
    return float(done.missing.sum()) <= LEAST_MISSING * float(problem.trips.sum())


def _refuse(problem: TrafficProblem, done: Finished) -> None:
    """Raise if trips are missing where nothing costs: its prices make the tightest cut."""
    if _has_room(problem, done):
        return
    cut = np.flatnonzero(done.price > LEAST_PRICE * done.price.max(initial=0.0))
    raise OverCapacityError(
        f"capacities have no room for {done.missing.sum():.6g} of {problem.trips.sum():.6g} "
        f"trips; those of elements {', '.join(map(str, cut))} together bar their way, and would "
        "have to be raised",
        elements=[int(element) for element in cut],
        missing=float(done.missing.sum()),
    )
