"""Which projects of a study may be chosen, at what cost, and why the others may not."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sogdia.errors import DataError, Problem
from sogdia.scenario import Scenario
from sogdia.study import Study
from sogdia.study.check import unknown_value

OPEN = "open"
UNPRICED = "no published cost; give one with --cost"


@dataclass(frozen=True, slots=True)
class Project:
    """An investment as it stands to choice.

    Attributes
    ----------
    project_id, name : str
        Which it is.
    cost_musd : float or None
        Construction, million USD; None: nobody has published it.
    opex_musd_y : float
        Running cost a year, million USD.
    requires : tuple of str
        Projects without which it cannot be.
    is_choice : bool
        Whether it is a matter of choice by itself, if perhaps not with this budget.
    why_not : str
        Why it cannot be chosen; empty: it can.
    """

    project_id: str
    name: str
    cost_musd: float | None
    opex_musd_y: float
    requires: tuple[str, ...]
    is_choice: bool
    why_not: str

    @property
    def choosable(self) -> bool:
        """Whether it can be chosen."""
        return not self.why_not

    @property
    def is_unpriced(self) -> bool:
        """Whether it could be chosen if its cost were published."""
        return self.why_not == UNPRICED


def projects_of(
    study: Study,
    scenarios: Sequence[Scenario],
    *,
    year: int,
    budget_musd: float,
    must: Collection[str] = (),
    without: Collection[str] = (),
    costs_usd: Mapping[str, float] | None = None,
    opex_share: float = 0.0,
) -> list[Project]:
    """Read the projects of a study, and find which of them may be chosen.

    Parameters
    ----------
    study : Study
        As loaded.
    scenarios : sequence of Scenario
        What may hold; what they build already is no choice.
    year : int
        Year in which the projects are to be in use.
    budget_musd : float
        Most that may be spent, million USD.
    must, without : collection of str
        Projects that have to be chosen, and that may not be.
    costs_usd : mapping of str to float, optional
        Costs instead of those of the study, USD.
    opex_share : float
        Running cost a year as a share of the cost, where none is published.

    Returns
    -------
    list of Project
        In the order of the table.

    Raises
    ------
    DataError
        For projects that the study does not have, figures that cannot be, and projects that
        must be chosen and cannot.
    """
    costs = dict(costs_usd or {})
    _check_names(study, must, without, costs)
    built = {name for scenario in scenarios for name in scenario.projects}
    rows = {row["project_id"]: row for row in study.project.iter_rows(named=True)}
    known = {
        name: costs[name] / 1e6 if name in costs else row["cost_musd"] for name, row in rows.items()
    }

    def own_reason(name: str) -> str:
        row = rows[name]
        if row["status"] == OPEN and row["earliest_year"] <= year:
            return "in use already"
        if name in built:
            return "the scenario builds it already"
        if name in without:
            return "left out by --without"
        if row["earliest_year"] > year:
            return f"cannot be in use before {row['earliest_year']}"
        if known[name] is None:
            return UNPRICED
        return ""

    reasons = {name: own_reason(name) for name in rows}
    there = {name for name, reason in reasons.items() if reason.endswith("already")}
    projects = []
    for name, row in rows.items():
        needed = [one for one in _all_needed(rows, name) if one not in there]
        projects.append(
            Project(
                name,
                row["name"],
                known[name],
                _opex(row["opex_musd_y"], known[name], opex_share),
                tuple(one for one in _needed(row) if one not in there),
                not reasons[name],
                reasons[name] or _for_others(name, needed, reasons, known, budget_musd),
            )
        )
    _check_must(projects, must, budget_musd)
    return projects


def _needed(row: Mapping[str, str | None]) -> list[str]:
    return [one for one in (row["requires"] or "").split(",") if one]


def _all_needed(rows: Mapping[str, Mapping[str, str | None]], name: str) -> list[str]:
    """Return what a project needs, and what that needs."""
    found: list[str] = []
    ahead = _needed(rows[name])
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.append(one)
            ahead += _needed(rows[one])
    return found


def _opex(published: float | None, cost: float | None, share: float) -> float:
    return published if published is not None else share * (cost or 0.0)


def _for_others(
    name: str,
    needed: Sequence[str],
    reasons: Mapping[str, str],
    costs: Mapping[str, float | None],
    budget_musd: float,
) -> str:
    """Return why a project cannot be chosen that could be but for what it needs, or the budget."""
    for other in needed:
        if reasons[other]:
            return f"requires {other}: {reasons[other]}"
    whole = math.fsum(costs[one] or 0.0 for one in (name, *needed))
    if whole > budget_musd:
        others = f" with {', '.join(needed)}" if needed else ""
        return f"costs {whole:,.6g} M USD{others}, more than the budget"
    return ""


def _check_names(
    study: Study, must: Collection[str], without: Collection[str], costs: Mapping[str, float]
) -> None:
    known = study.project["project_id"]
    problems = [
        Problem(unknown_value(name, "table project", known), place)
        for place, names in (("--must", must), ("--without", without), ("--cost", costs))
        for name in names
        if name not in set(known)
    ]
    problems += [
        Problem(f"{name!r} is also left out by --without", "--must")
        for name in must
        if name in without
    ]
    problems += [
        Problem(f"{cost:g} is not a cost of 0 or more", f"--cost {name}")
        for name, cost in costs.items()
        if not 0.0 <= cost < math.inf
    ]
    if problems:
        raise DataError(problems)


def _check_must(projects: Sequence[Project], must: Collection[str], budget_musd: float) -> None:
    by_name = {one.project_id: one for one in projects}
    problems = [
        Problem(f"{name!r} cannot be chosen: {by_name[name].why_not}", "--must")
        for name in must
        if not by_name[name].choosable
    ]
    if problems:
        raise DataError(problems)
    names = set(must)
    while wider := {one for name in names for one in by_name[name].requires} - names:
        names |= wider
    whole = math.fsum(by_name[name].cost_musd or 0.0 for name in names)
    if whole > budget_musd:
        raise DataError(
            f"--must: {', '.join(sorted(names))} cost {whole:,.6g} M USD together, more than the "
            f"budget of {budget_musd:,.6g} M USD"
        )
