"""The world in which a project is not built.

A study dates what it expects: a line under construction opens in it on its day, built by nobody in
particular. What such a line is worth shows only against a world in which it never opens. Two things
are taken back from a project that is not built: what it opens stays shut; and where the study has
already replaced what the project widens by a wider one, the narrow one stays in use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta

import polars as pl

from sogdia.scenario import Scenario
from sogdia.scenario.model import Change, Condition
from sogdia.study import Study
from sogdia.study.marks import KEYS

NEVER = date(2200, 1, 1)
OPENING = "open_from"
HANDOVER_DAYS = 1
"""Days that may lie between the end of an element and the day from which another stands for it."""
SAME_PLACE = {
    "link": ("from_node_id", "to_node_id", "mode", "gauge_mm", "allowed_uses"),
    "terminal": (
        "node_id",
        "operation",
        "from_mode",
        "from_gauge_mm",
        "to_mode",
        "to_gauge_mm",
        "allowed_uses",
    ),
    "service": ("link_id", "allowed_uses"),
}


def with_portfolio(
    study: Study, scenario: Scenario, built: Collection[str], unbuilt: Iterable[str], year: int
) -> Scenario:
    """Return a scenario in which some projects are built and others never are.

    Parameters
    ----------
    study : Study
        As loaded.
    scenario : Scenario
        What holds besides; its own projects are built.
    built, unbuilt : collection of str
        Projects that are, with what they require, and that are not. Of all others the study's
        own dates hold.
    year : int
        Year that is asked about.

    Returns
    -------
    Scenario
        With the projects, and with changes that take back what only the unbuilt ones bring.
    """
    projects = _with_needs(study, [*scenario.projects, *built])
    missing = [name for name in unbuilt if name not in projects]
    return scenario.model_copy(
        update={
            "year": year,
            "projects": projects,
            "change": (*scenario.change, *_taken_back(study, projects, missing, year)),
        }
    )


def replacements(study: Study, projects: Iterable[str], year: int) -> dict[str, str]:
    """Return which element the study has put in the place of which, where a project widens it.

    Parameters
    ----------
    study : Study
        As loaded.
    projects : iterable of str
        The projects.
    year : int
        Year in which the old elements are gone.

    Returns
    -------
    dict of str to str
        The new one by the old one.
    """
    return {
        before: after
        for table in SAME_PLACE
        for project in projects
        for before, after in _replaced(study, table, _widened(study, table, [project]), year)
    }


def is_dated(study: Study, project: str, year: int) -> bool:
    """Whether the study's own dates bring what a project brings.

    Parameters
    ----------
    study : Study
        As loaded.
    project : str
        The project.
    year : int
        Year that is asked about.

    Returns
    -------
    bool
        False: it is there only in scenarios that build it.
    """
    return any(True for _ in _taken_back(study, (), (project,), year))


def _with_needs(study: Study, projects: Iterable[str]) -> tuple[str, ...]:
    """Return projects, each behind what it requires."""
    needs = dict(study.project.select("project_id", "requires").iter_rows())
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name in found:
            return
        for other in (needs.get(name) or "").split(","):
            if other:
                add(other)
        found[name] = None

    for name in projects:
        add(name)
    return tuple(found)


def _widened(study: Study, table: str, projects: Collection[str]) -> pl.Series:
    """Return the rows of a table that projects change without opening them."""
    return study.project_change.filter(
        pl.col("table") == table,
        pl.col("project_id").is_in(projects),
        pl.col("column") != OPENING,
    )["row_id"].unique(maintain_order=True)


def _taken_back(
    study: Study, built: Collection[str], unbuilt: Collection[str], year: int
) -> Iterator[Change]:
    rows = study.project_change
    opened = rows.filter(pl.col("column") == OPENING)
    kept = set(opened.filter(pl.col("project_id").is_in(built))["row_id"])
    for table in SAME_PLACE:
        of_table = pl.col("table") == table
        missing = pl.col("project_id").is_in(unbuilt)
        shut = [name for name in opened.filter(of_table, missing)["row_id"] if name not in kept]
        pairs = list(_replaced(study, table, _widened(study, table, unbuilt), year))
        shut += [after for _, after in pairs]
        if shut:
            yield _dated(table, shut, OPENING)
        if pairs:
            yield _dated(table, [before for before, _ in pairs], "open_until")


def _dated(table: str, rows: Iterable[str], column: str) -> Change:
    where = {KEYS[table]: Condition(values=tuple(dict.fromkeys(rows)))}
    return Change.model_validate({"table": table, "where": where, "set": {column: NEVER}})


def _replaced(study: Study, table: str, rows: pl.Series, year: int) -> Iterator[tuple[str, str]]:
    """Yield rows that end before the year, each with the row outside `rows` that replaces it."""
    key, place = KEYS[table], list(SAME_PLACE[table])
    frame = study.frames()[table]
    ended = frame.filter(pl.col(key).is_in(rows.implode()), pl.col("open_until") < date(year, 1, 1))
    others = frame.filter(~pl.col(key).is_in(rows.implode()), pl.col(OPENING).is_not_null())
    met = ended.join(others, on=place, how="inner", nulls_equal=True, suffix="_after")
    gap = pl.col(f"{OPENING}_after") - pl.col("open_until")
    day = timedelta(days=1)
    yield from (
        met.filter(gap >= 0 * day, gap <= HANDOVER_DAYS * day)
        .select(key, f"{key}_after")
        .iter_rows()
    )
