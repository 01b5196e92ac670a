"""Study and scenario to study: projects built, tables changed, events set; nothing is mutated."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import polars as pl

from sogdia.errors import DataError, Problem
from sogdia.scenario.foundation import Foundation, take_steps
from sogdia.scenario.model import Rule, Scenario
from sogdia.scenario.prune import Frames
from sogdia.scenario.water_level import levels_at, set_levels
from sogdia.study import Study
from sogdia.study.check import check_sheets, unknown_value
from sogdia.study.load import DataWarning
from sogdia.study.marks import MARKED_TABLES, check_marks
from sogdia.study.model import SCHEMAS
from sogdia.study.sheet import Sheet


def default_scenario(study: Study) -> Scenario:
    """Return the scenario that the study names as its default, or one that changes nothing."""
    name = study.settings.default_scenario
    return Scenario.load(name) if name else Scenario(name="as-is")


def apply(
    study: Study,
    scenario: Scenario,
    year: int | None = None,
    *,
    foundation: Foundation | None = None,
) -> Study:
    """Apply a scenario to a study.

    Projects are built first, then the changes are made in their order, then events are
    included, excluded and added, and last the water comes to its level: what projects and
    changes write is as it would be at the study's own level. Rules and the acceptance of
    dangerous goods stay with the scenario: they hold from a date to another (see
    `sogdia.scenario.periods`). So do seasons and breakdowns, which only the simulation needs.

    Parameters
    ----------
    study : Study
        What the world is; it is not changed.
    scenario : Scenario
        What is asked.
    year : int, optional
        Year that is asked about; by default the scenario's, else the study's base year.
    foundation : Foundation, optional
        Projects and changes of a scenario that begins likewise, made before. What comes out
        does not depend on it.

    Returns
    -------
    Study
        The study under the scenario; it satisfies what every study does, but for marks of
        corridors and scopes of observations, which may name what a change has removed. The
        water levels of its settings are those of its tables.

    Raises
    ------
    DataError
        If the scenario names what the study does not have, or leads to tables that no
        study may have; ``problems`` lists everything wrong.

    Warns
    -----
    DataWarning
        For a rule about a country or goods that the study does not have.
    """
    before = study.frames()
    year = year or scenario.year or study.settings.base_year
    problems = list(_project_problems(before["project"], scenario.projects, year))
    frames, found = take_steps(study, scenario, foundation)
    problems += found
    frames, found = _set_events(frames, scenario)
    problems += found + list(_unknown_names(frames, scenario))
    levels = study.settings.water_level
    frames, found = set_levels(frames, levels, scenario.water_level)
    problems += found
    changed = {name: frame for name, frame in frames.items() if frame is not before[name]}
    if not problems and changed:
        problems = _check(before, frames, changed, geographic=study.settings.is_geographic)
    if problems:
        place = f"scenario {scenario.name!r}"
        raise DataError([_within(place, problem) for problem in problems])
    for slip in _idle_rules(frames, scenario.rule):
        warnings.warn(f"scenario {scenario.name!r}, {slip}", DataWarning, stacklevel=2)
    if not changed:
        return study
    levels = levels_at(levels, scenario.water_level)
    settings = study.settings.model_copy(update={"water_level": levels})
    return study.with_tables(**changed).with_settings(settings)


def _within(place: str, problem: Problem) -> Problem:
    return replace(problem, file=f"{place}, {problem.file}" if problem.file else place)


def _check(
    before: Mapping[str, pl.DataFrame],
    frames: Mapping[str, pl.DataFrame],
    changed: Iterable[str],
    *,
    geographic: bool,
) -> list[Problem]:
    """Check what has changed in the tables as the loader does.

    What a corridor or an observation names may be gone from the network: it is then
    borne by no path, which is no mistake. So such names are checked only where the
    scenario wrote them itself.
    """
    sheets = {
        table: Sheet(SCHEMAS[table], frame, f"table {table}", None, {})
        for table, frame in frames.items()
    }
    columns = {table: _changed_columns(before[table], frames[table]) for table in changed}
    written = [table for table in MARKED_TABLES if table in columns]
    return check_sheets(sheets, geographic=geographic, changed=columns) + check_marks(
        sheets, written
    )


def _changed_columns(before: pl.DataFrame, after: pl.DataFrame) -> set[str]:
    if before.height != after.height:
        return set(after.columns)
    return {name for name in after.columns if not after[name].equals(before[name])}


def _project_problems(
    project: pl.DataFrame, projects: Iterable[str], year: int | None
) -> Iterator[Problem]:
    """Find projects that there are not, that come too late, or that need others."""
    rows = {row["project_id"]: row for row in project.iter_rows(named=True)}
    chosen = list(projects)
    for name in chosen:
        if name not in rows:
            known = project["project_id"]
            yield Problem(unknown_value(name, "table project", known), "projects")
            continue
        earliest = rows[name]["earliest_year"]
        if year is not None and earliest > year:
            message = f"{name!r} cannot be in use before {earliest}, and the year is {year}"
            yield Problem(message, "projects")
        for other in (rows[name]["requires"] or "").split(","):
            if other and other not in chosen:
                yield Problem(f"{name!r} requires {other!r}, which is not built", "projects")


def _set_events(
    frames: Mapping[str, pl.DataFrame], scenario: Scenario
) -> tuple[Frames, list[Problem]]:
    event = frames["event"]
    problems = []
    for key, names in (
        ("include_events", scenario.include_events),
        ("exclude_events", scenario.exclude_events),
    ):
        missing = [name for name in names if name not in set(event["event_id"])]
        problems += [
            Problem(unknown_value(name, "table event", event["event_id"]), key) for name in missing
        ]
    if scenario.include_events or scenario.exclude_events:
        event = event.with_columns(
            happened=pl.when(pl.col("event_id").is_in(scenario.include_events))
            .then(statement=True)
            .when(pl.col("event_id").is_in(scenario.exclude_events))
            .then(statement=False)
            .otherwise("happened")
        )
    if scenario.event:
        own = [one.model_dump() for one in scenario.event]
        event = pl.concat([event, pl.DataFrame(own, schema=event.schema)])
    return dict(frames) | {"event": event}, problems


def _unknown_names(frames: Mapping[str, pl.DataFrame], scenario: Scenario) -> Iterator[Problem]:
    """Find elements of the network and commodities that the study does not have."""
    for number, rule in enumerate(scenario.rule, start=1):
        yield from _missing(frames, "node", rule.places, f"rule {number}, places")
        yield from _missing(frames, "commodity", rule.commodities, f"rule {number}, commodities")
    for number, hazard in enumerate(scenario.hazard, start=1):
        yield from _missing(frames, "terminal", hazard.terminals, f"hazard {number}, terminals")
        yield from _missing(frames, "service", hazard.services, f"hazard {number}, services")
    for number, season in enumerate(scenario.season, start=1):
        place = f"season {number}, commodities"
        yield from _missing(frames, "commodity", season.commodities, place)
    for number, one in enumerate(scenario.breakdown, start=1):
        place = f"breakdown {number}, element_id"
        yield from _missing(frames, one.element_kind, (one.element_id,), place)


def _missing(
    frames: Mapping[str, pl.DataFrame], table: str, names: Iterable[str], place: str
) -> Iterator[Problem]:
    known = frames[table][f"{table}_id"]
    for name in names:
        if name not in set(known):
            yield Problem(unknown_value(name, f"table {table}", known), place)


def _idle_rules(frames: Mapping[str, pl.DataFrame], rules: Iterable[Rule]) -> Iterator[Problem]:
    """Find countries and goods of rules that the study does not have, probably by a slip."""
    lists = pl.concat([frames["link"]["country"], frames["node"]["country"]]).drop_nulls()
    countries = set(lists.str.split(",").explode())
    codes = {code for codes in frames["commodity"]["hs"].drop_nulls() for code in codes.split(",")}
    for number, rule in enumerate(rules, start=1):
        for country in rule.countries:
            if country not in countries:
                yield Problem(f"nothing of the study lies in {country}", f"rule {number}")
        for hs in rule.hs:
            if not any(code.startswith(hs) or hs.startswith(code) for code in codes):
                yield Problem(f"no commodity of the study is of HS {hs}", f"rule {number}")
