"""What a planner would build who also told all goods which way to go: a mixed-integer program.

The planner moves goods at least cost, of which some may stay at home at their reservation cost,
and builds what saves more of that cost than it costs itself:

    max  annuity * (cost with nothing built - cost) - charge of what is built

He needs no logit, and goods do not wait: a resource takes all up to its capacity and nothing
beyond. So his answer is no forecast. It says what the projects could bring if nobody chose for
himself (the system optimum of Wardrop, 1952; network design as a mixed-integer program: Magnanti
and Wong, 1984).

A way is a path as it stands with some projects built. It may be used only if those that it needs
are built, and none of those that would make it dearer, or shut it. Ways of a request share one row
for each project, ``flow over ways that need it <= demand * built``, which is tighter than one row
per way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from time import perf_counter

import highspy
import numpy as np
from scipy import sparse

from sogdia.analysis.investment.portfolio_search import Choices, Mask, members
from sogdia.assignment.linear_program import quiet_highs
from sogdia.errors import ConvergenceError
from sogdia.network.model import Bools, Floats, Ints

GAP_MUSD = 1e-3
"""What a better portfolio may be worth more when the solver stops."""
LONGEST_S = 300.0
"""Time after which it stops in any case, and says what may be missing."""
KUSD_PER_MUSD = 1e3
BUILT_FROM = 0.5
FEASIBLE = highspy.SolutionStatus.kSolutionStatusFeasible
SAME = 1e-12
"""Differences of costs, relative to the larger, that are none."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Demand, ways and capacities of a period of a scenario, at annual rates.

    Attributes
    ----------
    weight : float
        Weight of the scenario times the share of the year.
    demand_kt, reserve_usd_t : ndarray of float64, shape (groups,)
        What each group of like shippers has to ship, and what a tonne costs that stays at home.
    request : ndarray of int64, shape (groups,)
        Request of each group; those of one request share the rows that bind ways to projects.
    group : ndarray of int64, shape (ways,)
        Group that may use each way, non-decreasing.
    cost_usd_t : ndarray of float64, shape (ways,)
        What a tonne costs.
    use : csr_array, shape (ways, resources)
        Units of each resource that a tonne takes.
    needs, excludes : ndarray of bool, shape (ways, projects)
        Projects that have to be built, and that may not be, where a way is used.
    capacity : ndarray of float64, shape (resources,)
        Thousand units a year with nothing built.
    added : ndarray of float64, shape (resources, projects)
        By how much each project changes it.
    """

    weight: float
    demand_kt: Floats
    reserve_usd_t: Floats
    request: Ints
    group: Ints
    cost_usd_t: Floats
    use: sparse.csr_array
    needs: Bools
    excludes: Bools
    capacity: Floats
    added: Floats


@dataclass(frozen=True, slots=True)
class Optimum:
    """What the planner builds and ships.

    Attributes
    ----------
    built : int
        Projects, as a set.
    value_musd : float
        Present value of what is saved against nothing built, less the charge, million USD.
    gap_musd : float
        What a better portfolio may be worth more.
    flows_kt, unserved_kt : tuple of ndarray
        For each period of each scenario: on every way, and what every group keeps at home.
    seconds : float
        Wall-clock time.
    """

    built: Mask
    value_musd: float
    gap_musd: float
    flows_kt: tuple[Floats, ...]
    unserved_kt: tuple[Floats, ...]
    seconds: float


class Planner:
    """Projects and flows as one program, that is solved for the best portfolio or for a given one.

    Parameters
    ----------
    traffic : sequence of Traffic
        Every period of every scenario.
    choices : Choices
        Projects, their charges (present value of building and running, million USD), needs and
        budget.
    annuity : float
        Present value of a dollar a year.
    """

    def __init__(self, traffic: Sequence[Traffic], choices: Choices, annuity: float) -> None:
        self.choices = choices
        self.traffic = traffic
        self._kept = [undominated(one) for one in traffic]
        less = [_select(one, kept) for one, kept in zip(traffic, self._kept, strict=True)]
        self._highs = quiet_highs()
        for name, value in (
            ("presolve", "on"),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", GAP_MUSD),
        ):
            self._highs.setOptionValue(name, value)
        self._widths = [(len(one.group), len(one.demand_kt)) for one in less]
        self._highs.passModel(_model(less, choices, annuity))
        self._nothing = self._objective(0)

    def best(self) -> Optimum:
        """Return the best portfolio that is allowed, with its flows.

        Raises
        ------
        ConvergenceError
            If the solver finds none in its time.
        """
        started = perf_counter()
        projects = len(self.choices.cost)
        self._bound([1.0 if self.choices.must >> one & 1 else 0.0 for one in range(projects)])
        self._integers(highspy.HighsVarType.kInteger)
        # its clock runs on from one solve to the next
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + LONGEST_S)
        self._run(highspy.HighsModelStatus.kTimeLimit)
        self._highs.setOptionValue("time_limit", np.inf)
        if self._highs.getInfo().primal_solution_status != FEASIBLE:
            raise ConvergenceError(
                f"the planner's program found no portfolio in {LONGEST_S:g} s; leave some "
                "projects out with --without"
            )
        solved = np.asarray(self._highs.getSolution().col_value)
        built = sum(1 << one for one in range(projects) if solved[one] > BUILT_FROM)
        limit = self._nothing - float(self._highs.getInfo().mip_dual_bound)
        # solved again with whole projects: the solver lets a millionth of one be built
        found = self.with_built(built)
        gap = max(limit - found.value_musd, 0.0)
        return replace(found, gap_musd=gap, seconds=perf_counter() - started)

    def with_built(self, built: Mask) -> Optimum:
        """Return the best flows with given projects built, whether they are allowed or not.

        Raises
        ------
        ConvergenceError
            If the solver fails.
        """
        started = perf_counter()
        value = self._nothing - self._objective(built)
        solved = np.asarray(self._highs.getSolution().col_value)
        at = len(self.choices.cost)
        flows, unserved = [], []
        for one, kept, (ways, groups) in zip(self.traffic, self._kept, self._widths, strict=True):
            flow = np.zeros(len(one.group))
            flow[kept] = solved[at : at + ways]
            flows.append(flow)
            unserved.append(solved[at + ways : at + ways + groups])
            at += ways + groups
        return Optimum(built, value, 0.0, tuple(flows), tuple(unserved), perf_counter() - started)

    def _objective(self, built: Mask) -> float:
        """Return the discounted cost with given projects, but for a constant."""
        given = [float(built >> one & 1) for one in range(len(self.choices.cost))]
        self._integers(highspy.HighsVarType.kContinuous)
        self._bound(given, given)
        self._run()
        return float(self._highs.getInfo().objective_function_value)

    def _bound(self, lower: Sequence[float], upper: Sequence[float] | None = None) -> None:
        count = len(lower)
        most = np.ones(count) if upper is None else np.array(upper)
        columns = np.arange(count, dtype=np.int32)
        self._highs.changeColsBounds(count, columns, np.array(lower), most)
        # a portfolio that is only valued may cost more than the budget
        limit = self.choices.budget if upper is None else np.inf
        self._highs.changeRowBounds(0, -np.inf, limit)

    def _integers(self, kind: highspy.HighsVarType) -> None:
        for column in range(len(self.choices.cost)):
            self._highs.changeColIntegrality(column, kind)

    def _run(self, *others: highspy.HighsModelStatus) -> None:
        self._highs.run()
        status = self._highs.getModelStatus()
        if status not in (highspy.HighsModelStatus.kOptimal, *others):
            words = self._highs.modelStatusToString(status)
            raise ConvergenceError(f"the planner's program was not solved: {words}")


def undominated(traffic: Traffic) -> Bools:
    """Return the ways that some best plan may need.

    Parameters
    ----------
    traffic : Traffic
        A period.

    Returns
    -------
    ndarray of bool, shape (ways,)
        False where another way of the group costs no more, takes no more of any resource that
        may be short, needs no other project and excludes none besides.
    """
    scarce = traffic.use[:, _may_be_short(traffic)].toarray()
    first = np.searchsorted(traffic.group, np.arange(len(traffic.demand_kt) + 1))
    kept = np.ones(len(traffic.group), dtype=np.bool_)
    for start, end in pairwise(first):
        one = slice(start, end)
        cost, count = traffic.cost_usd_t[one], end - start
        better = cost[:, None] <= cost[None, :] + SAME * np.abs(cost[None, :])
        for asked in (scarce[one], traffic.needs[one], traffic.excludes[one]):
            better &= (asked[:, None, :] <= asked[None, :, :]).all(axis=2)
        # of equals the first stays
        equal = better & better.T
        better &= ~equal | (np.arange(count)[:, None] < np.arange(count)[None, :])
        kept[one] = ~better.any(axis=0)
    return kept


def _may_be_short(traffic: Traffic) -> Ints:
    """Return the resources that all who might could use beyond what they ever carry."""
    shape = (len(traffic.demand_kt), len(traffic.capacity))
    entries = traffic.use.tocoo()
    most = np.zeros(shape)
    np.maximum.at(most, (traffic.group[entries.row], entries.col), entries.data)
    least = traffic.capacity + np.minimum(traffic.added, 0.0).sum(axis=1)
    return np.flatnonzero(traffic.demand_kt @ most > least)


def _select(traffic: Traffic, kept: Bools) -> Traffic:
    return replace(
        traffic,
        group=traffic.group[kept],
        cost_usd_t=traffic.cost_usd_t[kept],
        use=traffic.use[np.flatnonzero(kept)],
        needs=traffic.needs[kept],
        excludes=traffic.excludes[kept],
    )


def _model(traffic: Sequence[Traffic], choices: Choices, annuity: float) -> highspy.HighsLp:
    """Put the program together: the budget first, what requires what, then each period."""
    projects = len(choices.cost)
    pairs = [(one, other) for one in range(projects) for other in members(choices.requires[one])]
    rules = np.zeros((1 + len(pairs), projects))
    rules[0] = choices.cost
    for row, (one, other) in enumerate(pairs, start=1):
        rules[row, one], rules[row, other] = 1.0, -1.0
    parts = [_rows(one, projects) for one in traffic]
    above = sparse.vstack([sparse.csr_array(rules), *(part.by_project for part in parts)])
    beside = sparse.block_diag([part.by_flow for part in parts])
    lifted = sparse.vstack([sparse.csr_array((1 + len(pairs), beside.shape[1])), beside])
    matrix = sparse.csc_array(sparse.hstack([above, lifted]))
    matrix.eliminate_zeros()
    costs = [annuity * one.weight / KUSD_PER_MUSD * _costs(one) for one in traffic]
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = np.concatenate([choices.charge, *costs])
    lp.col_lower_ = np.zeros(matrix.shape[1])
    lp.col_upper_ = np.append(np.ones(projects), np.full(matrix.shape[1] - projects, np.inf))
    lp.row_lower_ = np.concatenate([np.full(len(rules), -np.inf), *(part.lower for part in parts)])
    upper = [np.array([choices.budget]), np.zeros(len(pairs))]
    lp.row_upper_ = np.concatenate([*upper, *(part.upper for part in parts)])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data
    return lp


def _costs(traffic: Traffic) -> Floats:
    """Return costs of ways and of staying at home, less the cheapest that a group may have."""
    cheapest = traffic.reserve_usd_t.copy()
    np.minimum.at(cheapest, traffic.group, traffic.cost_usd_t)
    ways = traffic.cost_usd_t - cheapest[traffic.group]
    return np.concatenate([ways, traffic.reserve_usd_t - cheapest])


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a period: coefficients of projects and of flows, and their bounds."""

    by_project: sparse.csr_array
    by_flow: sparse.csr_array
    lower: Floats
    upper: Floats


def _rows(traffic: Traffic, projects: int) -> _Rows:
    """Demand is shipped or stays at home, capacities hold, and ways need their projects."""
    groups = len(traffic.demand_kt)
    to_group = _ones(traffic.group, groups)
    requests = int(traffic.request.max(initial=-1)) + 1
    demand: Floats = np.zeros(requests)
    np.add.at(demand, traffic.request, traffic.demand_kt)
    to_request = _ones(traffic.request, requests) @ to_group
    flow = [sparse.hstack([to_group, sparse.identity(groups)]), _widened(traffic.use.T, groups)]
    project = [sparse.csr_array((groups, projects)), sparse.csr_array(-traffic.added)]
    lower: list[Floats] = [traffic.demand_kt, np.full(len(traffic.capacity), -np.inf)]
    upper: list[Floats] = [traffic.demand_kt, traffic.capacity]
    # what excludes a project may flow while it is not built: flow + demand * built <= demand
    for asked, sign in ((traffic.needs, -1.0), (traffic.excludes, 1.0)):
        for one in np.flatnonzero(asked.any(axis=0)):
            bound = to_request @ sparse.diags_array(asked[:, one].astype(np.float64))
            some = np.flatnonzero(np.asarray(bound.sum(axis=1)).ravel())
            flow.append(_widened(sparse.csr_array(bound)[some], groups))
            column = np.full(len(some), one)
            entries = (sign * demand[some], (np.arange(len(some)), column))
            project.append(sparse.csr_array(entries, shape=(len(some), projects)))
            lower.append(np.full(len(some), -np.inf))
            upper.append(demand[some] if sign > 0.0 else np.zeros(len(some)))
    return _Rows(
        sparse.csr_array(sparse.vstack(project)),
        sparse.csr_array(sparse.vstack(flow)),
        np.concatenate(lower),
        np.concatenate(upper),
    )


def _ones(row: Ints, rows: int) -> sparse.csr_array:
    """Return a column for each entry, with a one in its row."""
    count = len(row)
    return sparse.csr_array((np.ones(count), (row, np.arange(count))), shape=(rows, count))


def _widened(by_way: sparse.sparray, groups: int) -> sparse.sparray:
    """Append empty columns for what stays at home."""
    return sparse.hstack([by_way, sparse.csr_array((by_way.shape[0], groups))])
