"""Columns that refer to one of several tables: what an event hits, what a corridor is made of.

These references are written in the cell itself, so no schema can check them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

import dataframely as dy
import polars as pl

from sogdia.errors import Problem
from sogdia.study.check import unknown_value
from sogdia.study.columns import MODES
from sogdia.study.countries import COUNTRY_CODES
from sogdia.study.sheet import Sheet, read_value, wrong_type_message

KEYS = {
    "node": "node_id",
    "link": "link_id",
    "terminal": "terminal_id",
    "service": "service_id",
    "corridor": "corridor_id",
}
NO_CORRIDOR = "other"
"""What tables call the corridor of paths that belong to none."""
MARKED_TABLES = (
    "premium",
    "contract",
    "consignment",
    "disruption",
    "event",
    "project_change",
    "corridor",
    "observation",
)
ABOUT_AN_ELEMENT = ("premium", "contract", "consignment", "disruption", "event")
"""Tables whose columns element_kind and element_id name what a row is about."""
CAPACITY_COLUMNS = ["capacity_kt_y", "capacity_teu_y"]


def check_marks(
    sheets: Mapping[str, Sheet], only: Collection[str] = MARKED_TABLES
) -> list[Problem]:
    """Check what premiums, events, project changes, corridors and observations name.

    Parameters
    ----------
    sheets : mapping of str to Sheet
        Tables by name; what refers to one that is left out is not checked.
    only : collection of str
        Tables whose references are checked.

    Returns
    -------
    list of Problem
        Every reference to something that does not exist.
    """
    checks: dict[str, Callable[[Mapping[str, Sheet]], list[Problem]]] = {
        table: partial(check_elements, table) for table in ABOUT_AN_ELEMENT
    }
    checks |= {
        "event": check_events,
        "project_change": check_project_changes,
        "corridor": check_corridors,
        "observation": check_observations,
    }
    return [
        problem
        for table, check in checks.items()
        if table in only and table in sheets
        for problem in check(sheets)
    ]


def check_events(sheets: Mapping[str, Sheet]) -> list[Problem]:
    """Report events that hit nothing the study has, or stop the clock."""
    sheet = sheets["event"]
    stopped = (sheet.frame["effect"].cast(pl.String) == "time") & (sheet.frame["factor"] <= 0)
    slow = sheet.problems("factor", stopped, lambda _: "a factor of time is not > 0")
    return check_elements("event", sheets) + slow


def check_elements(table: str, sheets: Mapping[str, Sheet]) -> list[Problem]:
    """Report rows of a table whose element_id is not one of their element_kind."""
    sheet = sheets[table]
    kinds, ids = sheet.frame["element_kind"].cast(pl.String), sheet.frame["element_id"]
    problems: list[Problem] = []
    for kind, key in KEYS.items():
        if kind in sheets and kind != "corridor":
            known = _ids(sheets, kind)
            wrong = (kinds == kind) & ~ids.is_in(known.implode())
            place = f"{sheets[kind].file} column {key}"
            problems += sheet.problems("element_id", wrong, _unknown(ids, place, known))
    foreign = (kinds == "country") & ~ids.is_in(COUNTRY_CODES)
    return problems + sheet.problems("element_id", foreign, lambda i: _country_message(ids[i]))


def _unknown(ids: pl.Series, place: str, known: pl.Series) -> Callable[[int], str]:
    return lambda i: unknown_value(ids[i], place, known)


def idle_events(sheets: Mapping[str, Sheet]) -> list[Problem]:
    """Report events that scale the capacity of something that has none given."""
    if "event" not in sheets:
        return []
    sheet = sheets["event"]
    frame = sheet.frame
    scales = frame["effect"].cast(pl.String) == "capacity"
    problems: list[Problem] = []
    for kind in ("link", "terminal"):
        if kind not in sheets:
            continue
        unlimited = sheets[kind].frame.filter(pl.all_horizontal(pl.col(CAPACITY_COLUMNS).is_null()))
        ids = set(unlimited[KEYS[kind]])
        if "service" in sheets and kind == "link":
            ids -= set(sheets["service"].frame["link_id"])
        idle = frame["element_id"].is_in(ids) & (frame["element_kind"].cast(pl.String) == kind)
        message = f"the {kind} has no capacity given, so scaling it does nothing"
        problems += sheet.problems("element_id", scales & idle, _always(message))
    return problems


def _always(message: str) -> Callable[[int], str]:
    return lambda _: message


def check_project_changes(sheets: Mapping[str, Sheet]) -> list[Problem]:
    """Report changes of rows or columns that do not exist, and values that do not fit."""
    sheet = sheets["project_change"]
    problems: list[Problem] = []
    for table in ("link", "terminal", "service"):
        if table in sheets:
            problems += _check_changes_of(sheet, sheets, table)
    return problems


def _check_changes_of(sheet: Sheet, sheets: Mapping[str, Sheet], table: str) -> list[Problem]:
    frame = sheet.frame
    here = frame["table"].cast(pl.String) == table
    columns = sheets[table].schema.columns()
    names = pl.Series("column", list(columns))
    known = _ids(sheets, table)
    rows = f"{sheets[table].file} column {KEYS[table]}"
    missing = here & ~frame["row_id"].is_in(known.implode())
    unknown = here & ~frame["column"].is_in(names.implode())
    wrong_value = pl.Series(
        [
            bool(is_here and name in columns and change_problem(columns[name], operation, value))
            for is_here, name, operation, value in zip(
                here, frame["column"], frame["operation"], frame["value"], strict=True
            )
        ],
        dtype=pl.Boolean,
    )

    def say(i: int) -> str:
        column = columns[frame["column"][i]]
        problem = change_problem(column, frame["operation"][i], frame["value"][i])
        return str(problem)

    problems = sheet.problems("row_id", missing, _unknown(frame["row_id"], rows, known))
    place = f"the columns of {table}"
    problems += sheet.problems("column", unknown, _unknown(frame["column"], place, names))
    return problems + sheet.problems("value", wrong_value, say)


def change_problem(column: dy.Column, operation: str | None, value: str | None) -> str | None:
    """Say what keeps `value` from being set to, multiplied by or added to a column."""
    if operation is None or value is None:
        return None
    if column.primary_key:
        return "the key of a row cannot be changed"
    if operation == "set":
        unread = read_value(value, column) is None
        return f"{value!r} {wrong_type_message(value, column)}" if unread else None
    if not isinstance(column, (dy.Float64, dy.Int32)):
        return f"a column that holds no numbers cannot be changed by {operation!r}, only set"
    number = read_value(value, dy.Float64())
    return f"{value!r} is not a finite number" if number is None else None


def check_corridors(sheets: Mapping[str, Sheet]) -> list[Problem]:
    """Report marks that are no node, link, service, country or mode."""
    known: set[str] = set()
    for table in ("node", "link", "terminal", "service"):
        if table not in sheets:
            return []
        known.update(_ids(sheets, table))
    order = pl.Series(sorted(known), dtype=pl.String)

    def fault(mark: str) -> str | None:
        if mark in known or mark in COUNTRY_CODES:
            return None
        if mark.startswith("mode:"):
            return None if mark[5:] in MODES else f"{mark!r} names none of {', '.join(MODES)}"
        return unknown_value(
            mark, "nodes, links, terminals, services, countries and mode:MODE", order
        )

    sheet = sheets["corridor"]
    return [
        problem
        for column in ("all_of", "any_of", "none_of")
        for problem in _check_items(sheet, column, fault)
    ]


def check_observations(sheets: Mapping[str, Sheet]) -> list[Problem]:
    """Report scopes of observations that name nothing the study has."""
    known = {kind: _ids(sheets, kind) for kind in KEYS if kind in sheets}
    sets = {kind: set(ids) for kind, ids in known.items()}

    def of_kind(kind: str, element: str) -> str | None:
        if kind not in known or element in sets[kind]:
            return None
        return unknown_value(element, f"{sheets[kind].file} column {KEYS[kind]}", known[kind])

    def fault(scope: str) -> str | None:
        kind, _, element = scope.partition(":")
        if kind in KEYS and element:
            return of_kind(kind, element)
        if kind == "od" and element.count(">") == 1:
            ends = [of_kind("node", end) for end in element.split(">")]
            return "; ".join(end for end in ends if end) or None
        return f"{scope!r} is not of the form {'ID, '.join(f'{k}:' for k in KEYS)}ID or od:FROM>TO"

    sheet = sheets["observation"]
    return [problem for column in ("scope", "of") for problem in _check_items(sheet, column, fault)]


def _check_items(sheet: Sheet, column: str, fault: Callable[[str], str | None]) -> list[Problem]:
    messages = [
        "; ".join(found for item in (cell or "").split(",") if cell and (found := fault(item)))
        for cell in sheet.frame[column]
    ]
    wrong = pl.Series([bool(message) for message in messages], dtype=pl.Boolean)
    return sheet.problems(column, wrong, lambda i: messages[i])


def _ids(sheets: Mapping[str, Sheet], kind: str) -> pl.Series:
    return sheets[kind].frame[KEYS[kind]].drop_nulls().unique(maintain_order=True)


def _country_message(code: str) -> str:
    return f"{code!r} is not an ISO 3166-1 alpha-2 country code, e.g. KZ"
