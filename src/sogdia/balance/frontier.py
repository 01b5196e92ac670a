"""Diversification: least cost against the largest share of deliveries in one country's hands.

The epsilon-constraint method (Haimes, Lasdon and Wismer, 1971): cost is minimised again and
again while the share may be less and less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl

from sogdia.balance.balance import Progress
from sogdia.balance.limits import marked_arcs
from sogdia.balance.problem import Layer, Limit, Problem, Solution
from sogdia.balance.program import Program
from sogdia.balance.result import THOUSAND, SupplyResult
from sogdia.errors import ConvergenceError, DataError
from sogdia.network.model import Bools, Floats
from sogdia.study.countries import COUNTRY_CODES

By = Literal["transit", "owner", "either"]
LEAST_POINTS, MOST_POINTS = 2, 1000
LEAST_KT = 1e-6
"""Kilotonnes, relative to all deliveries, that a share may be beyond its limit."""
DEAR = 20.0
"""What a tonne that must be served costs if it is not, in values of the dearest one."""
MOST_STEPS = 100
ENDS = ("supplier_country", "consumer_country")
SCHEMA = {
    "share": pl.Float64,
    "limit": pl.Float64,
    "cost_musd": pl.Float64,
    "served_kt": pl.Float64,
    "unserved_kt": pl.Float64,
    "largest": pl.String,
}


@dataclass(frozen=True, slots=True)
class Dependence:
    """Deliveries that are in the hands of a country, as a `Limit` counts them.

    Attributes
    ----------
    name : str
        Such as ``transit RU`` or ``owner KZ``.
    marked : tuple of ndarray of bool, shape (arcs of a network,)
        Arcs by which its ground is entered; empty for owners.
    by_arc, by_pair : ndarray of float64, shape (pairs,)
        Coefficients: 1 for what counts.
    """

    name: str
    marked: tuple[Bools, ...]
    by_arc: Floats
    by_pair: Floats


def frontier(
    result: SupplyResult,
    country: str | None,
    *,
    by: By | None = None,
    keep_served: bool = False,
    points: int = 11,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Return least cost against the share of deliveries that is in one country's hands.

    A delivery is in a country's hands if its way enters the country, and neither starts nor
    ends there (transit), or if it is an owner's from there. The share is that of all
    deliveries in the year, in t, all commodities together; what comes into a consumer's stock
    counts when it comes.

    A tonne may be given up at its value: cost counts it, and ``unserved_kt`` says how many.
    So any share can be reached, if only by delivering nothing. With `keep_served` nothing
    that the balance serves, at any place in any month, is given up; shares are then limited
    to parts of what the balance delivers, and the curve ends at the least at which all that
    can be served. Only this curve is sure to be convex: its deliveries
    stay the same, so the limit is a right-hand side, in which the least cost of a linear
    program is convex; where deliveries fall with the share, cost may rise ever slower.

    Parameters
    ----------
    result : SupplyResult
        A balance.
    country : str or None
        Whose share is limited; None: that of every country there is, so the largest share.
    by : str or None
        What counts: "transit", "owner", or "either", which limits both, each by itself; None:
        transit for one country, either for all.
    keep_served : bool
        Whether all that the balance serves stays served.
    points : int
        Points of the curve, from the share of the balance down in equal steps.
    progress : callable, optional
        Called with a stage, how much of it is done, and of how much.

    Returns
    -------
    DataFrame
        share (as it comes about), limit, cost_musd (gates, ways, stocks and lost tonnes),
        served_kt, unserved_kt, largest (whose share is the largest, such as ``transit RU``);
        the balance itself first. One row if its share is 0 already.

    Raises
    ------
    DataError
        For a country that is none, and for fewer than 2 or more than 1,000 points.
    ConvergenceError
        If the solver gives up.
    """
    _check(country, points)
    kinds = by or ("either" if country is None else "transit")
    curve = _Curve(result, tuple(_dependences(result, country, kinds)))
    start = curve.largest_share(result.program, result.solution)
    rows = [curve.row(result.program, result.solution, start)]
    if start > 0.0:
        _say(progress, 0, points)
        kept = _Kept(curve) if keep_served else None
        end = 0.0 if kept is None else kept.least_share(start)
        limits = np.linspace(start, end, points)[1:] if end < start else np.empty(0)
        for number, limit in enumerate(limits, start=1):
            _say(progress, number, points)
            solve = curve.at_share if kept is None else kept.at_share
            rows.append(curve.row(*solve(float(limit)), float(limit)))
    _say(progress, points, points)
    return pl.DataFrame(rows, schema=SCHEMA)


def _check(country: str | None, points: int) -> None:
    if country is not None and country not in COUNTRY_CODES:
        raise DataError(f"{country!r} is not an ISO 3166-1 alpha-2 country code, e.g. RU")
    if not LEAST_POINTS <= points <= MOST_POINTS:
        raise DataError(
            f"{points} points are not from {LEAST_POINTS} to {MOST_POINTS:,}: a curve has two ends"
        )


def _say(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress("frontier", done, total)


# ---- who has deliveries in hand ----


def _dependences(result: SupplyResult, country: str | None, by: By) -> list[Dependence]:
    pairs, one = result.assembly.pairs, result.assembly.problem
    nothing = np.zeros(one.pairs)
    found = []
    if by in {"transit", "either"}:
        ends = [pairs[name].fill_null("").to_numpy() for name in ENDS]
        for code in _transit_countries(result) if country is None else (country,):
            between = (ends[0] != code) & (ends[1] != code)
            found.append(
                Dependence(f"transit {code}", _entries(result, code), 1.0 * between, nothing)
            )
    if by in {"owner", "either"}:
        owner = pairs["owner_country"].fill_null("").to_numpy()
        for code in sorted(set(owner) - {""}) if country is None else (country,):
            found.append(Dependence(f"owner {code}", (), nothing, 1.0 * (owner == code)))
    return found


def _transit_countries(result: SupplyResult) -> list[str]:
    lists = pl.concat(
        [one.network.arc["country"].drop_nulls().unique() for one in result.months.networks]
        + [one.network.state["country"].drop_nulls().unique() for one in result.months.networks]
    )
    return sorted(set(lists.str.split(",").explode()))


def _entries(result: SupplyResult, country: str) -> tuple[Bools, ...]:
    """Arcs by which goods on their way come into a country."""
    return tuple(
        marked_arcs(one, "country", country) & (one.network.arc["kind"] != "access").to_numpy()
        for one in result.months.networks
    )


# ---- the curve ----


@dataclass(slots=True)
class _Curve:
    """Balances of least cost under a limit on every share.

    Of the limits only those are in a program that its solution would exceed; what they are
    is found by solving, and remembered.
    """

    result: SupplyResult
    dependences: tuple[Dependence, ...]
    active: set[int] = field(default_factory=set)

    @property
    def problem(self) -> Problem:
        return self.result.assembly.problem

    def kt_in_hand(self, program: Program, solution: Solution) -> tuple[Floats, float]:
        """Return what is in the hands of each, and all that is delivered, kt in the year."""
        path = solution.flow_path
        pair = solution.paths.pair[path]
        kt = [
            (one.by_pair[pair] + one.by_arc[pair] * _passes(program, one, path)) @ solution.flow_kt
            for one in self.dependences
        ]
        return np.array(kt), float(solution.flow_kt.sum())

    def largest_share(self, program: Program, solution: Solution) -> float:
        kt, delivered = self.kt_in_hand(program, solution)
        largest = float(kt.max(initial=0.0))
        return largest / delivered if largest > LEAST_KT else 0.0

    def at_share(self, share: float) -> tuple[Program, Solution]:
        """Solve with every share limited, whatever is then delivered."""
        return self.solve(
            self.problem,
            lambda one: _limit(one, one.by_pair - share, 0.0),
            lambda delivered: share * delivered,
        )

    def solve(
        self,
        problem: Problem,
        limit: Callable[[Dependence], Limit],
        allowed: Callable[[float], float],
    ) -> tuple[Program, Solution]:
        """Solve a balance under the limits that matter.

        Parameters
        ----------
        problem : Problem
            The balance.
        limit : callable
            Makes the limit of a dependence.
        allowed : callable
            Returns what may be in one's hands, kt, if so much is delivered.
        """
        while True:
            active = sorted(self.active)
            limits = tuple(limit(self.dependences[number]) for number in active)
            limited = replace(problem, limits=(*problem.limits, *limits))
            program = Program(limited, self.result.solution.paths)
            solution = program.solve()
            kt, delivered = self.kt_in_hand(program, solution)
            beyond = np.flatnonzero(kt > allowed(delivered) + LEAST_KT * max(1.0, delivered))
            new = set(beyond.tolist()) - self.active
            if not new:
                return program, solution
            self.active |= new

    def row(self, program: Program, solution: Solution, limit: float) -> dict[str, object]:
        """Return a point of the curve, its cost as the balance's own prices have it."""
        one = self.problem
        kt, delivered = self.kt_in_hand(program, solution)
        lost = one.need_kt - _served(program.problem, solution)
        largest = int(kt.argmax()) if len(kt) and kt.max() > LEAST_KT else None
        return {
            "share": 0.0 if largest is None else float(kt[largest]) / delivered,
            "limit": limit,
            "cost_musd": _cost_musd(one, solution, lost),
            "served_kt": float((one.need_kt - lost).sum()),
            "unserved_kt": max(float(lost.sum()), 0.0),
            "largest": None if largest is None else self.dependences[largest].name,
        }


def _passes(program: Program, one: Dependence, path: np.ndarray) -> Floats:
    if not one.marked:
        return np.zeros(len(path))
    return program.pool.passes(one.marked, path).astype(np.float64)


def _limit(one: Dependence, by_pair: Floats, upper: float) -> Limit:
    return Limit(one.name, one.marked, one.by_arc, by_pair, np.array([-np.inf]), np.array([upper]))


def _served(problem: Problem, solution: Solution) -> Floats:
    """What comes to each sink in each period, from its stock too."""
    return np.asarray(np.maximum(problem.need_kt - solution.unserved_kt, 0.0))


def _cost_musd(problem: Problem, solution: Solution, lost_kt: Floats) -> float:
    """Cost of gates, ways, stocks and lost tonnes; penalties of missed floors are no cost."""
    pair = solution.paths.pair[solution.flow_path]
    gate = problem.gate_usd_t[problem.pair_source[pair]]
    moved = solution.flow_kt @ (gate + solution.paths.cost_usd_t[solution.flow_path])
    held = problem.stocks.cost_usd_t @ solution.level_kt.sum(axis=1)
    lost = problem.value_usd_t @ lost_kt.sum(axis=1)
    return float(moved + held + lost) / THOUSAND


# ---- with all that is served ----


class _Kept:
    """The same curve where all that the balance serves stays served."""

    def __init__(self, curve: _Curve) -> None:
        self._curve = curve
        problem, solution = curve.problem, curve.result.solution
        self._delivered = float(solution.flow_kt.sum())
        # What the balance itself misses is no reason to give up more.
        floors = tuple(
            replace(limit, lower=limit.lower - short)
            for limit, short in zip(problem.limits, solution.short_kt, strict=True)
        )
        dearest = float(problem.value_usd_t.max(initial=1.0))
        self._dear = replace(
            problem,
            need_kt=_served(problem, solution),
            limits=floors,
            stocks=replace(
                problem.stocks,
                closing_kt=problem.stocks.closing_kt - solution.closing_short_kt,
            ),
            value_usd_t=np.full(problem.sinks, DEAR * dearest),
        )
        # Nothing costs but what is not served: its least is 0 exactly where all can be.
        self._feasible = replace(
            self._dear,
            layers=tuple(_free(layer) for layer in problem.layers),
            gate_usd_t=np.zeros(problem.sources),
            value_usd_t=np.ones(problem.sinks),
            stocks=replace(self._dear.stocks, cost_usd_t=np.zeros(problem.stocks.count)),
        )

    def at_share(self, share: float) -> tuple[Program, Solution]:
        return self._at_share(self._dear, share)

    def _at_share(self, problem: Problem, share: float) -> tuple[Program, Solution]:
        most = share * self._delivered
        return self._curve.solve(
            problem, lambda one: _limit(one, one.by_pair, most), lambda _: most
        )

    def least_share(self, start: float) -> float:
        """Return the least share at which all can be served, by Newton's method.

        What cannot be served is convex and piecewise linear in the share, with the limits'
        prices for a slope, so the steps come from below and end at the root (as in the
        method of Dinkelbach, 1967).
        """
        share = 0.0
        own = len(self._feasible.limits)
        for _ in range(MOST_STEPS):
            _, found = self._at_share(self._feasible, share)
            # A floor that is missed counts like what is not served: at its penalty.
            solution = found.elastic or found
            slope = -self._delivered * float(sum(one[0] for one in solution.limit_usd_t[own:]))
            if solution.objective <= LEAST_KT * max(1.0, self._delivered) or slope <= 0.0:
                return min(share, start)
            share += solution.objective / slope
            if share >= start:
                return start
        raise ConvergenceError(f"the least share was not found in {MOST_STEPS} steps")


def _free(layer: Layer) -> Layer:
    return replace(layer, cost_usd_t=np.zeros(len(layer.arc)))
