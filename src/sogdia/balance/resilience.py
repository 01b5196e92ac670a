"""What a balance withstands: one element stopped for the year, or two (N-1 and N-2).

An element that no flow of the balance passes can stop without any change, since the balance
without it is then one of those among which the balance was the cheapest. The same holds for
a second one, once the first is out. So only what matters is solved, and every solve starts
where the one before ended.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from sogdia.balance.balance import Progress
from sogdia.balance.outages import Outage, Outages
from sogdia.balance.problem import Solution, Stress
from sogdia.balance.result import THOUSAND, SupplyResult
from sogdia.balance.technical_capacity import technical_capacity
from sogdia.network.model import Floats

USUAL_KINDS = ("corridor", "supplier", "chokepoint")
LEAST_KT = 1e-6
PERCENT = 100.0
STAGE_1 = "stopping one"
STAGE_2 = "stopping two"

N_MINUS_1_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "kind": pl.String,
    "element": pl.String,
    "name": pl.String,
    "deficit_kt": pl.Float64,
    "extra_cost_musd": pl.Float64,
    "by_commodity": pl.List(
        pl.Struct({"commodity": pl.String, "deficit_kt": pl.Float64, "unserved_kt": pl.Float64})
    ),
}
N_MINUS_2_COLUMNS = {
    "first": pl.String,
    "kind_first": pl.String,
    "second": pl.String,
    "kind_second": pl.String,
    "deficit_kt": pl.Float64,
    "beyond_singles_kt": pl.Float64,
    "solved": pl.Boolean,
}
INDEX_COLUMNS = {
    "commodity": pl.String,
    "percent": pl.Float64,
    "largest": pl.String,
    "capacity_kt": pl.Float64,
    "without_largest_kt": pl.Float64,
    "need_kt": pl.Float64,
}


@dataclass(frozen=True, eq=False, slots=True)
class _Bench:
    """A balance on which elements are stopped."""

    result: SupplyResult

    def stopped(self, *outages: Outage) -> Solution:
        """Return the cheapest balance without some elements, all year."""
        problem, program = self.result.assembly.problem, self.result.program
        shut: dict[int, Floats] = {}
        factor = None
        for one in outages:
            if one.stopped is not None:
                factor = np.ones((problem.sources, problem.periods)) if factor is None else factor
                factor[one.stopped] = 0.0
            elif one.marked:
                shut[program.gate(one.marked)] = np.zeros(problem.periods)
        return program.solve(Stress(shut, factor))

    def unserved_kt(self, solution: Solution) -> Floats:
        """Return what does not come in the year, for each commodity."""
        sink = self.result.market.sinks["commodity"].to_list()
        number = {name: place for place, name in enumerate(self.result.commodities)}
        total = np.zeros(len(number))
        np.add.at(total, [number[one] for one in sink], solution.unserved_kt.sum(axis=1))
        return total


def n_minus_1(
    result: SupplyResult,
    kinds: Collection[str] = USUAL_KINDS,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Stop one element after the other for the whole year, and balance again.

    Parameters
    ----------
    result : SupplyResult
        The balance; its program is solved again under each stop, and left as it was.
    kinds : collection of str
        What is stopped: corridor, supplier (by node and by country), chokepoint (straits,
        ports and border crossings that goods pass on their way), link, terminal, service,
        node, country.
    progress : callable, optional
        Called with the stage, how much of it is done, and of how much.

    Returns
    -------
    DataFrame
        kind, element, name, deficit_kt (what is not served beyond what was not before),
        extra_cost_musd (lost tonnes included, what missed floors are charged left out),
        by_commodity (commodity, deficit_kt and unserved_kt of each that has more or less
        than before); the largest deficit first. What nothing passes is there with 0.

    Raises
    ------
    ValueError
        For a kind that is none.
    """
    bench, every = _Bench(result), Outages(result)
    elements = every.of(kinds)
    touched = every.touched(result.solution)
    before = bench.unserved_kt(result.solution)
    rows = []
    for number, one in enumerate(elements):
        _say(progress, STAGE_1, number, len(elements))
        cost, unserved = 0.0, before
        if touched.has(one):
            solution = bench.stopped(one)
            cost = (solution.cost - result.solution.cost) / THOUSAND
            unserved = bench.unserved_kt(solution)
        rows.append(
            {
                "kind": one.kind,
                "element": one.element,
                "name": one.name,
                "deficit_kt": float((unserved - before).sum()),
                "extra_cost_musd": cost,
                "by_commodity": _changed(result.commodities, before, unserved),
            }
        )
    result.program.solve()
    _say(progress, STAGE_1, len(elements), len(elements))
    return pl.DataFrame(rows, schema=N_MINUS_1_COLUMNS).sort(
        "deficit_kt",
        "extra_cost_musd",
        "kind",
        "element",
        descending=[True, True, False, False],
    )


def _changed(
    commodities: tuple[str, ...], before: Floats, after: Floats
) -> list[dict[str, str | float]]:
    return [
        {"commodity": name, "deficit_kt": float(now - then), "unserved_kt": float(now)}
        for name, then, now in zip(commodities, before, after, strict=True)
        if abs(now - then) > LEAST_KT
    ]


def n_minus_2(
    result: SupplyResult,
    kinds: Collection[str] = USUAL_KINDS,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Stop every two elements together for the whole year.

    If nothing passes the second once the first is out, the pair costs what the first does;
    only the other pairs are solved.

    Parameters
    ----------
    result : SupplyResult
        The balance; its program is left as it was.
    kinds : collection of str
        As in `n_minus_1`.
    progress : callable, optional
        Called with the stage, how much of it is done, and of how much.

    Returns
    -------
    DataFrame
        first, kind_first, second, kind_second, deficit_kt, beyond_singles_kt (what the two
        leave unserved beyond what each does alone; negative where one is part of the
        other), solved; the largest deficit first. Pairs of which nothing passes either are
        left out.

    Raises
    ------
    ValueError
        For a kind that is none.
    """
    bench, every = _Bench(result), Outages(result)
    elements = every.of(kinds)
    base = every.touched(result.solution)
    before = float(result.solution.unserved_kt.sum())
    alone = np.zeros(len(elements))
    left = [base] * len(elements)
    for number, one in enumerate(elements):
        _say(progress, STAGE_1, number, len(elements))
        if base.has(one):
            solution = bench.stopped(one)
            alone[number] = float(solution.unserved_kt.sum()) - before
            left[number] = every.touched(solution)
    # What each leaves in use, of all.
    uses = np.array([[one.has(other) for other in elements] for one in left], dtype=np.bool_)
    felt = [base.has(one) for one in elements]
    pairs = [
        pair for pair in combinations(range(len(elements)), 2) if felt[pair[0]] or felt[pair[1]]
    ]
    what = [one.what for one in elements]
    known: dict[frozenset[bytes], float] = {}
    rows = []
    for done, (here, there) in enumerate(pairs):
        _say(progress, STAGE_2, done, len(pairs))
        solved = bool(uses[here, there] and uses[there, here])
        if solved:
            both = frozenset((what[here], what[there]))
            if both not in known:
                solution = bench.stopped(elements[here], elements[there])
                known[both] = float(solution.unserved_kt.sum()) - before
            deficit = known[both]
        else:
            deficit = float(alone[there] if uses[here, there] else alone[here])
        first, second = (here, there) if alone[here] >= alone[there] else (there, here)
        rows.append(
            {
                "first": elements[first].element,
                "kind_first": elements[first].kind,
                "second": elements[second].element,
                "kind_second": elements[second].kind,
                "deficit_kt": deficit,
                "beyond_singles_kt": deficit - float(alone[here] + alone[there]),
                "solved": solved,
            }
        )
    result.program.solve()
    _say(progress, STAGE_2, len(pairs), len(pairs))
    return pl.DataFrame(rows, schema=N_MINUS_2_COLUMNS).sort(
        "deficit_kt",
        "beyond_singles_kt",
        "first",
        "second",
        descending=[True, True, False, False],
    )


def n_minus_1_index(
    result: SupplyResult, origin: str | None = None, without: str | None = None
) -> pl.DataFrame:
    """Return what can come without the largest route, over what is needed.

    The formula of Annex II of Regulation (EU) 2017/1938, adapted: technical capacity is the
    most that producers can bring out over the network (see
    `sogdia.balance.technical_capacity`), so what two routes share counts once; the largest
    route is the corridor whose stop takes most of it; the need is what these producers
    deliver in the balance. Contracts, prices and stocks are no part of it.

    Parameters
    ----------
    result : SupplyResult
        The balance.
    origin : str, optional
        Country of the producers; by default all.
    without : str, optional
        A country, place or link that is closed in place of the largest route.

    Returns
    -------
    DataFrame
        commodity, percent, largest (corridor, or `without`), capacity_kt,
        without_largest_kt, need_kt; null where no route matters or nothing is delivered.
    """
    rows = []
    for commodity in result.commodities:
        found = technical_capacity(result, commodity, origin, without)
        mine = result.deliveries.filter(pl.col("commodity") == commodity)
        if origin is not None:
            mine = mine.filter(pl.col("supplier_country") == origin)
        need = float(mine["kt"].sum())
        rows.append(
            {
                "commodity": commodity,
                "percent": PERCENT * found.without_kt / need if need > LEAST_KT else None,
                "largest": found.largest,
                "capacity_kt": found.capacity_kt,
                "without_largest_kt": found.without_kt,
                "need_kt": need,
            }
        )
    return pl.DataFrame(rows, schema=INDEX_COLUMNS)


def _say(progress: Progress | None, stage: str, done: int, of: int) -> None:
    if progress is not None:
        progress(stage, done, of)
