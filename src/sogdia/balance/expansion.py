"""The cheapest set of projects that lets a deficit be served.

That building more never leaves more unserved is what the search rests on: a set that is not
enough rules out all its parts. So sets are tried in the order of their cost, each that fails
is widened until nothing can be added without its being enough, and whatever lies within is
never tried (the implicit hitting set method: Moreno-Centeno and Karp, 2013). The first set
that is enough is the cheapest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from sogdia.balance.balance import Progress, supply
from sogdia.balance.months import MonthNetwork
from sogdia.balance.options import SupplyOptions
from sogdia.balance.result import SupplyResult
from sogdia.errors import DataError, Problem
from sogdia.scenario import Scenario, default_scenario
from sogdia.study import Study
from sogdia.study.check import unknown_value

MOST_CANDIDATES = 12
TOLERANCE = 1e-6
"""Difference of unserved quantities, relative to the first, that is none."""
SCHEMA = {
    "project": pl.String,
    "name": pl.String,
    "cost_musd": pl.Float64,
    "opex_musd_y": pl.Float64,
    "cost_musd_y": pl.Float64,
    "status": pl.String,
    "alone_kt": pl.Float64,
    "built": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class ExpansionOptions:
    """Options of `cheapest_expansion`.

    Attributes
    ----------
    candidates : tuple of str or None
        Projects that may be built; None: all of the study that have a cost and can be in use
        in the year.
    costs_musd : mapping of str to float
        Costs of building, million USD, instead of those of the study.
    discount_rate : float
        Of a year, for the capital recovery factor.
    life_y : float
        Years over which capital is recovered.
    """

    candidates: tuple[str, ...] | None = None
    costs_musd: Mapping[str, float] = field(default_factory=dict)
    discount_rate: float = 0.05
    life_y: float = 25.0

    def check(self, study: Study) -> None:
        """Check the options against a study.

        Raises
        ------
        DataError
            For projects that it does not have, and for figures that cannot be.
        """
        known = study.project["project_id"]
        problems = [
            Problem(unknown_value(name, "table project", known), place)
            for place, names in (("candidates", self.candidates or ()), ("costs", self.costs_musd))
            for name in names
            if name not in set(known)
        ]
        problems += [
            Problem(f"{cost:g} is not >= 0", f"cost of {name}")
            for name, cost in self.costs_musd.items()
            if not 0.0 <= cost < math.inf
        ]
        if not 0.0 <= self.discount_rate < math.inf:
            problems.append(Problem(f"{self.discount_rate:g} is not >= 0", "discount rate"))
        if not 0.0 < self.life_y < math.inf:
            problems.append(Problem(f"{self.life_y:g} years are not > 0", "life"))
        if problems:
            raise DataError(problems)


@dataclass(frozen=True, eq=False)
class ExpansionResult:
    """The cheapest set of projects that lets a deficit be served.

    Attributes
    ----------
    projects : DataFrame
        What could be built: project, name, cost_musd, opex_musd_y, cost_musd_y (a year, with
        capital), status (of table ``project``), alone_kt (what it closes with nothing but
        what it requires), built. Those built first, then by what they close alone.
    built : tuple of str
        The set, in the order of the table.
    unserved_kt : float
        What is not served before, kt in the year.
    closed_kt : float
        What of that is served then.
    left_kt : float
        What of the deficit that was asked about is not; 0: it is closed.
    cost_musd_y : float
        Cost of the set in a year, million USD.
    tried : int
        Balances that were made, one for each set that was tried.
    complete : bool
        Whether the set is proved to be the cheapest: no set that was tried leaves more
        unserved than a part of it.
    notices : tuple of str
        What a reader should know.
    """

    projects: pl.DataFrame
    built: tuple[str, ...]
    unserved_kt: float
    closed_kt: float
    left_kt: float
    cost_musd_y: float
    tried: int
    complete: bool
    notices: tuple[str, ...]


def annual_cost(cost_musd: float, opex_musd_y: float, discount_rate: float, life_y: float) -> float:
    """Return what a project costs in a year: its capital, recovered over its life, and running.

    Parameters
    ----------
    cost_musd : float
        Cost of building, million USD.
    opex_musd_y : float
        Running cost, million USD per year.
    discount_rate : float
        Of a year, e.g. 0.05.
    life_y : float
        Years of use.

    Returns
    -------
    float
        Million USD per year.

    Examples
    --------
    >>> round(annual_cost(1000.0, 10.0, 0.05, 25), 2)
    80.95
    """
    if discount_rate == 0.0:
        return cost_musd / life_y + opex_musd_y
    return (
        cost_musd * discount_rate / -math.expm1(-life_y * math.log1p(discount_rate)) + opex_musd_y
    )


def cheapest_expansion(
    study: Study,
    scenario: Scenario | None = None,
    *,
    commodities: Sequence[str] | None = None,
    year: int | None = None,
    options: SupplyOptions | None = None,
    deficit_kt: float | None = None,
    expansion: ExpansionOptions | None = None,
    progress: Progress | None = None,
) -> ExpansionResult:
    """Find the cheapest set of projects that lets a deficit be served.

    What a set closes is what the balance of least cost serves more with it than without; a
    tonne that costs more than it is worth stays unserved. Where the projects cannot close
    what is asked, the set is the cheapest that closes as much as all of them together.

    Parameters
    ----------
    study : Study
        What the world is, with its tables ``project`` and ``project_change``.
    scenario : Scenario, optional
        What is asked; its own projects are built already. By default the one that the study
        names.
    commodities, year, options
        As those of `sogdia.supply`.
    deficit_kt : float, optional
        What is to be served more, kt in the year; by default all that is not served.
    expansion : ExpansionOptions, optional
        Which projects may be built, and how their costs are reckoned.
    progress : callable, optional
        Called with a stage, the balances made, and 0: how many it takes is not known.

    Returns
    -------
    ExpansionResult
        The set, its cost, and each project's.

    Raises
    ------
    DataError
        For projects that are none, costs that cannot be, more than 12 projects that bear on
        the balance, and whatever `sogdia.supply` refuses.
    ConvergenceError
        If the solver gives up.
    """
    scenario = scenario or default_scenario(study)
    year = year or scenario.year or study.settings.base_year
    expansion = expansion or ExpansionOptions()
    expansion.check(study)
    if deficit_kt is not None and not 0.0 <= deficit_kt < math.inf:
        raise DataError(f"a deficit of {deficit_kt:g} kt is not >= 0")
    pool, notices = _candidates(study, scenario, year, expansion)

    def balance(projects: Sequence[str]) -> SupplyResult:
        with_these = scenario.model_copy(update={"projects": (*scenario.projects, *projects)})
        return supply(study, with_these, commodities=commodities, year=year, options=options)

    sets = ProjectSets(pool, balance, progress)
    before = sets.unserved_kt(0)
    asked = before if deficit_kt is None else min(deficit_kt, before)
    built, alone = 0, [0.0] * len(pool)
    if before > TOLERANCE and pool:
        sets.bearing = _bearing(study, pool, sets)
        _check_number(pool, sets.bearing)
        alone = [
            before - sets.unserved_kt(sets.with_required(number))
            if _has(sets.bearing, number)
            else 0.0
            for number in range(len(pool))
        ]
        most = max(before - asked, sets.unserved_kt(sets.bearing))
        built = sets.cheapest(most + TOLERANCE * max(1.0, before))
    after = sets.unserved_kt(built)
    left = max(asked - (before - after), 0.0)
    complete = sets.is_monotone()
    if not complete:
        notices.append(
            "a set of projects leaves more unserved than a part of it does, so the set that was "
            "found may not be the cheapest"
        )
    return ExpansionResult(
        projects=_table(pool, alone, built),
        built=sets.names(built),
        unserved_kt=before,
        closed_kt=max(before - after, 0.0),
        left_kt=left if left > TOLERANCE * max(1.0, before) else 0.0,
        cost_musd_y=sets.cost(built),
        tried=len(sets.known),
        complete=complete,
        notices=tuple(notices),
    )


# ---- what may be built ----


def _candidates(
    study: Study,
    scenario: Scenario,
    year: int | None,
    expansion: ExpansionOptions,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows of the projects that may be built, and why others may not."""
    table = {row["project_id"]: row for row in study.project.iter_rows(named=True)}
    chosen = expansion.candidates
    wanted = [name for name in table if chosen is None or name in chosen]
    pool: dict[str, dict[str, Any]] = {}
    left_out: dict[str, list[str]] = {}
    for name in wanted:
        row = table[name]
        cost = expansion.costs_musd.get(name, row["cost_musd"])
        if name in scenario.projects:
            continue
        if year is not None and row["earliest_year"] > year:
            left_out.setdefault(f"cannot be in use in {year}", []).append(name)
        elif cost is None:
            left_out.setdefault("have no published cost", []).append(name)
        else:
            opex = row["opex_musd_y"] or 0.0
            pool[name] = {
                "project": name,
                "name": row["name"],
                "cost_musd": cost,
                "opex_musd_y": opex,
                "cost_musd_y": annual_cost(cost, opex, expansion.discount_rate, expansion.life_y),
                "status": row["status"],
                "requires": [one.strip() for one in (row["requires"] or "").split(",") if one],
            }
    while lacking := [
        name for name, row in pool.items() if not {*row["requires"]} <= {*pool, *scenario.projects}
    ]:
        for name in lacking:
            del pool[name]
        left_out.setdefault("require what cannot be built", []).extend(lacking)
    notices = [f"left out, since they {why}: {', '.join(of)}" for why, of in left_out.items()]
    return list(pool.values()), notices


def _check_number(pool: Sequence[Mapping[str, Any]], bearing: int) -> None:
    names = [row["project"] for number, row in enumerate(pool) if _has(bearing, number)]
    if len(names) > MOST_CANDIDATES:
        raise DataError(
            f"{len(names)} projects bear on this balance, and {MOST_CANDIDATES} are the most that "
            f"are weighed against each other; name those that matter among {', '.join(names)}"
        )


def _bearing(study: Study, pool: Sequence[Mapping[str, Any]], sets: ProjectSets) -> int:
    """Return the projects that change something that the goods can use, and what they require.

    What the goods can use with nothing built, or with everything, counts.
    """
    found = 0
    results = [sets.result(0), sets.result(sets.all)]
    for number, row in enumerate(pool):
        changes = study.project_change.filter(project_id=row["project"])
        if any(_usable(result, changes["row_id"]) for result in results):
            found |= sets.with_required(number)
    return found


def _usable(result: SupplyResult, rows: pl.Series) -> bool:
    problem = result.assembly.problem
    for number, month in enumerate(result.months.networks):
        used = _arcs_of(month, rows)
        if any(used[problem.layers[layer].arc].any() for layer in set(problem.layer_of[:, number])):
            return True
    return False


def _arcs_of(month: MonthNetwork, rows: pl.Series) -> np.ndarray:
    return np.asarray(month.marks.any_of(rows.unique(maintain_order=True)))


# ---- sets of projects, as bits of a number ----


def _has(members: int, number: int) -> bool:
    return bool(members >> number & 1)


@dataclass(slots=True)
class ProjectSets:
    """Sets of projects as bits of a number: what each costs, and what it leaves unserved.

    A set may lack what a member requires; the member is then not built.

    Attributes
    ----------
    pool : list of dict
        The projects: project, cost_musd_y, requires.
    balance : callable
        Makes the balance with some projects built.
    progress : callable or None
        Called with a stage, the balances made, and 0.
    known : dict of int to float
        What each set that was tried leaves unserved, kt in the year.
    bearing : int
        The projects that are worth trying.
    """

    pool: list[dict[str, Any]]
    balance: Callable[[Sequence[str]], SupplyResult]
    progress: Progress | None = None
    known: dict[int, float] = field(default_factory=dict)
    bearing: int = 0
    _results: dict[int, SupplyResult] = field(default_factory=dict)

    @property
    def all(self) -> int:
        """All projects."""
        return (1 << len(self.pool)) - 1

    def names(self, members: int) -> tuple[str, ...]:
        """Identifiers of a set, in the order of the projects."""
        return tuple(
            row["project"] for number, row in enumerate(self.pool) if _has(members, number)
        )

    def cost(self, members: int) -> float:
        """Cost of a set in a year, million USD."""
        return math.fsum(
            row["cost_musd_y"] for number, row in enumerate(self.pool) if _has(members, number)
        )

    def _required(self, number: int) -> int:
        """Candidates that a project itself requires."""
        needs = self.pool[number]["requires"]
        return sum(1 << at for at, row in enumerate(self.pool) if row["project"] in needs)

    def with_required(self, number: int) -> int:
        """A project with all that it requires, and what that does."""
        members, open_ = 0, 1 << number
        while open_:
            members |= open_
            needed = 0
            for at in range(len(self.pool)):
                if _has(open_, at):
                    needed |= self._required(at)
            open_ = needed & ~members
        return members

    def buildable(self, members: int) -> int:
        """The largest part of a set in which nothing lacks what it requires."""
        while True:
            kept = members
            for at in range(len(self.pool)):
                if _has(members, at) and self._required(at) & ~members:
                    kept &= ~(1 << at)
            if kept == members:
                return members
            members = kept

    def result(self, members: int) -> SupplyResult:
        """Balance with a set built; those of none and of all are kept."""
        members = self.buildable(members)
        if members in self._results:
            return self._results[members]
        if self.progress is not None:
            self.progress("trying sets of projects", len(self.known), 0)
        result = self.balance(self.names(members))
        self.known[members] = float(result.solution.unserved_kt.sum())
        if members in {0, self.all}:
            self._results[members] = result
        return result

    def unserved_kt(self, members: int) -> float:
        """What is not served with a set built, kt in the year."""
        members = self.buildable(members)
        if members not in self.known:
            self.result(members)
        return self.known[members]

    def cheapest(self, most_kt: float) -> int:
        """Return the cheapest set that leaves at most so much unserved; all together do."""
        failed: list[int] = []
        for members in self._by_cost():
            if any(not members & ~wider for wider in failed):
                continue
            if self.unserved_kt(members) <= most_kt:
                return members
            failed.append(self._widened(members, most_kt))
        return self.bearing

    def _by_cost(self) -> Iterator[int]:
        every = [one for one in range(self.all + 1) if not one & ~self.bearing]
        whole = [one for one in every if self.buildable(one) == one]
        yield from sorted(whole, key=lambda one: (self.cost(one), one.bit_count(), one))

    def _widened(self, members: int, most_kt: float) -> int:
        """Add projects to a set that fails as long as it still does, the cheapest first.

        So what is left out is dear, and the sets that fail next are dearer. Those that have
        been seen to bring nothing are tried together.
        """
        order = [at for at in range(len(self.pool)) if _has(self.bearing & ~members, at)]
        order.sort(key=lambda at: self.pool[at]["cost_musd_y"])
        idle = sum(1 << at for at in order if self._seems_idle(at))
        for added in (idle, *(1 << at for at in order)):
            wider = members | added
            if wider != members and self.unserved_kt(wider) > most_kt:
                members = wider
        return members

    def _seems_idle(self, number: int) -> bool:
        alone = self.known.get(self.with_required(number))
        nothing = self.known[0]
        return alone is not None and abs(alone - nothing) <= TOLERANCE * max(1.0, nothing)

    def is_monotone(self) -> bool:
        """Tell whether no set that was tried leaves more unserved than a part of it."""
        margin = TOLERANCE * max(1.0, max(self.known.values(), default=0.0))
        return all(
            more <= less + margin
            for small, less in self.known.items()
            for large, more in self.known.items()
            if not small & ~large
        )


def _table(pool: Sequence[Mapping[str, Any]], alone: Sequence[float], built: int) -> pl.DataFrame:
    rows = [
        {**row, "alone_kt": max(kt, 0.0), "built": _has(built, number)}
        for number, (row, kt) in enumerate(zip(pool, alone, strict=True))
    ]
    kept = [{name: row[name] for name in SCHEMA} for row in rows]
    return pl.DataFrame(kept, schema=SCHEMA).sort(
        "built", "alone_kt", "cost_musd_y", "project", descending=[True, True, False, False]
    )
