"""What the tables of a study must satisfy, as many small checks that share one way to report.

Loading a study and applying a scenario to one run the same checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import NamedTuple

import dataframely as dy
import polars as pl

from sogdia.errors import Problem
from sogdia.study import columns
from sogdia.study.countries import COUNTRY_CODES
from sogdia.study.geometry import distance_km, first_point, last_point, parse_line
from sogdia.study.opening_hours import parse_opening_hours, parse_timetable
from sogdia.study.sheet import Sheet, is_list, nearest, show

IN_WORDS = {
    columns.ID: "is not an identifier: letters and digits, then also _ . + -",
    columns.COUNTRY: "is not an ISO 3166-1 alpha-2 country code, e.g. KZ",
    columns.COUNTRIES: "is not a list of ISO 3166-1 alpha-2 country codes, e.g. CN,KZ",
}
COLUMN_IN_WORDS = {
    ("node", "unlocode"): "is not a UN/LOCODE, e.g. KZSCO",
    ("terminal", "hazard_classes"): "is not a list of UN hazard classes, e.g. 3,7",
    ("service", "hazard_classes"): "is not a list of UN hazard classes, e.g. 3,7",
    ("service", "closed_days_by_month"): "is not twelve numbers of days separated by blanks",
    ("emission_factor", "country"): "is not an ISO 3166-1 alpha-2 country code, e.g. KZ, or *",
    ("commodity", "hs"): "is not a list of HS chapters or headings, e.g. 72,8471",
    ("commodity", "hazard_class"): "is not a UN hazard class, e.g. 7 or 5.1",
}
BOUNDS: tuple[tuple[str, str, Callable[[pl.Expr, float], pl.Expr]], ...] = (
    ("min", ">=", lambda values, bound: values < bound),
    ("min_exclusive", ">", lambda values, bound: values <= bound),
    ("max", "<=", lambda values, bound: values > bound),
    ("max_exclusive", "<", lambda values, bound: values >= bound),
)
PARSERS: Mapping[tuple[str, str], Callable[[str], object]] = {
    ("terminal", "opening_hours"): parse_opening_hours,
    ("service", "timetable"): parse_timetable,
    ("link", "geometry"): parse_line,
}
GEOGRAPHIC_COLUMNS: Mapping[tuple[str, str], dy.Column] = {
    ("node", "x_coord"): dy.Float64(min=-180, max=180),
    ("node", "y_coord"): dy.Float64(min=-90, max=90),
}
"""What coordinates must satisfy where they are longitudes and latitudes."""
COURSE = {"geometry", "from_node_id", "to_node_id"}
COURSE_END_KM = 50.0
"""How far a course may end from its node: a large port lies as far from its city."""
COUNTRY_COLUMNS = ("country", "neighbour", "origin_countries", "destination_countries")


class Check(NamedTuple):
    """An expression that is true in the wrong rows, and the message for a wrong row."""

    column: str | None
    wrong: pl.Expr
    say: Callable[[int], str]


def check_sheets(
    sheets: Mapping[str, Sheet],
    *,
    geographic: bool = True,
    changed: Mapping[str, Set[str]] | None = None,
) -> list[Problem]:
    """Check values, keys, rules and references of all tables.

    Parameters
    ----------
    sheets : mapping of str to Sheet
        Tables by name; one that is left out is not checked, nor what refers to it.
    geographic : bool
        Whether coordinates are longitudes and latitudes, which every node then has; others
        may be any numbers, or missing.
    changed : mapping of str to set of str, optional
        Columns that may have become wrong since the tables were checked, by table; by
        default all of them. What does not depend on these is not checked again.

    Returns
    -------
    list of Problem
        Everything wrong, table by table.
    """
    if changed is None:
        changed = {table: set(sheet.frame.columns) for table, sheet in sheets.items()}
    return [
        problem
        for table in sheets
        for problem in run_checks(
            sheets[table], _checks(table, sheets, changed, geographic=geographic)
        )
    ]


def run_checks(sheet: Sheet, checks: Iterable[Check]) -> list[Problem]:
    """Evaluate all checks of a table at once and report the wrong rows."""
    checks = list(checks)
    if sheet.frame.is_empty() or not checks:
        return []
    wrong = sheet.frame.select(
        check.wrong.fill_null(value=False).alias(str(i)) for i, check in enumerate(checks)
    )
    any_wrong = wrong.select(pl.all().any()).row(0)
    return [
        problem
        for i, check in enumerate(checks)
        if any_wrong[i]
        for problem in sheet.problems(check.column, wrong[str(i)], check.say)
    ]


def _checks(
    table: str,
    sheets: Mapping[str, Sheet],
    changed: Mapping[str, Set[str]],
    *,
    geographic: bool,
) -> Iterator[Check]:
    sheet, mine = sheets[table], changed.get(table, set())
    # A copy: the schema hands out its own.
    columns = dict(sheet.schema.columns())
    if geographic:
        columns |= {name: GEOGRAPHIC_COLUMNS.get((table, name), columns[name]) for name in columns}
    for name, column in columns.items():
        if name in mine:
            yield from _cell_checks(sheet, table, name, column, geographic=geographic)
        to, _, key = _reference(column)
        if name in mine or key in changed.get(to, set()):
            yield from check_reference(sheet, name, column, sheets)
        if column.unique and name in mine:
            yield check_unique(sheet, [name])
    if (keys := sheet.schema.primary_key()) and not mine.isdisjoint(keys):
        yield check_unique(sheet, keys)
    if mine:
        yield from check_rules(sheet)
    if (
        table == "link"
        and "node" in sheets
        and geographic
        and (mine & COURSE or changed.get("node"))
    ):
        yield from check_course_ends(sheet, sheets["node"])


def _cell_checks(
    sheet: Sheet, table: str, name: str, column: dy.Column, *, geographic: bool
) -> Iterator[Check]:
    """Check the cells of a column, each for itself."""
    yield from check_missing(sheet, name, column)
    yield from check_bounds(sheet, name, column)
    yield from check_pattern(sheet, table, name, column)
    if geographic or (table, name) != ("link", "geometry"):
        yield from check_syntax(sheet, table, name)
    yield from check_countries(sheet, name)


def _reference(column: dy.Column) -> tuple[str, str, str]:
    """Return table, point and key column of what a column refers to; empty if nothing."""
    return str((column.metadata or {}).get("references", "")).partition(".")


def check_missing(sheet: Sheet, name: str, column: dy.Column) -> Iterator[Check]:
    """Find empty cells where a value is needed."""
    if not column.nullable:
        empty = pl.col(name).is_null()
        if name in sheet.unread:
            empty &= ~pl.lit(sheet.unread[name])
        yield Check(name, empty, lambda _: "a value is missing")


def check_bounds(sheet: Sheet, name: str, column: dy.Column) -> Iterator[Check]:
    """Find numbers outside their range."""
    values = sheet.frame[name]
    if values.dtype == pl.Float64:
        infinite = ~pl.col(name).is_finite()
        yield Check(name, infinite, lambda i: f"{values[i]} is not a finite number")
    for attribute, sign, violated in BOUNDS:
        bound = getattr(column, attribute, None)
        if isinstance(bound, (int, float)):
            # an infinite value has been reported already
            wrong = violated(pl.col(name), bound) & pl.col(name).is_finite()
            yield Check(name, wrong, _outside(values, f"{sign} {show(bound)}"))


def _outside(values: pl.Series, condition: str) -> Callable[[int], str]:
    return lambda i: f"{show(values[i])} is not {condition}"


def check_pattern(sheet: Sheet, table: str, name: str, column: dy.Column) -> Iterator[Check]:
    """Find texts that are not of the form their column asks for."""
    regex = getattr(column, "regex", None)
    if regex is None:
        return
    values = sheet.frame[name]
    words = IN_WORDS.get(regex) or COLUMN_IN_WORDS.get((table, name), f"does not match {regex}")
    yield Check(name, ~pl.col(name).str.contains(regex), lambda i: f"{values[i]!r} {words}")


def check_syntax(sheet: Sheet, table: str, name: str) -> Iterator[Check]:
    """Find texts that the parser of their column does not understand; its error is the message."""
    parse = PARSERS.get((table, name))
    if parse is None:
        return
    values = sheet.frame[name]
    faults: dict[str, str] = {}
    for text in values.drop_nulls().unique():
        try:
            parse(text)
        except ValueError as error:
            faults[text] = str(error)
    if faults:
        yield Check(name, pl.col(name).is_in(list(faults)), lambda i: faults[values[i]])


def check_countries(sheet: Sheet, name: str) -> Iterator[Check]:
    """Find codes of the right form that no country has."""
    if name not in COUNTRY_COLUMNS:
        return
    values = sheet.frame[name]

    def unassigned(code: str) -> bool:
        return re.match(columns.COUNTRY, code) is not None and code not in COUNTRY_CODES

    def say(i: int) -> str:
        codes = ", ".join(repr(code) for code in values[i].split(",") if unassigned(code))
        return f"{codes} is not an officially assigned ISO 3166-1 alpha-2 country code"

    strange = pl.element().str.contains(columns.COUNTRY) & ~pl.element().is_in(COUNTRY_CODES)
    yield Check(name, pl.col(name).str.split(",").list.eval(strange).list.any(), say)


def check_course_ends(sheet: Sheet, node: Sheet) -> Iterator[Check]:
    """Find courses of links that do not run from the first node to the last."""
    course = pl.col("geometry")
    for column, verb, end in (
        ("from_node_id", "begins", first_point(course)),
        ("to_node_id", "ends", last_point(course)),
    ):
        places = node.frame.unique("node_id", keep="first").select("node_id", "x_coord", "y_coord")
        joined = sheet.frame.select(column, course).join(
            places, left_on=column, right_on="node_id", how="left", maintain_order="left"
        )
        away_km = joined.select(distance_km(end, (pl.col("x_coord"), pl.col("y_coord"))))
        yield Check(
            "geometry",
            pl.lit(away_km.to_series() > COURSE_END_KM),
            _course_end(away_km.to_series(), sheet.frame[column], verb, column),
        )


def _course_end(
    away_km: pl.Series, nodes: pl.Series, verb: str, column: str
) -> Callable[[int], str]:
    return lambda i: (
        f"the course {verb} {away_km[i]:,.0f} km from node {nodes[i]!r} of column {column}; "
        f"at most {show(COURSE_END_KM)} km are accepted"
    )


def check_unique(sheet: Sheet, columns: list[str]) -> Check:
    """Find rows whose key an earlier row has."""
    key = pl.struct(columns)
    whole = pl.all_horizontal(pl.col(columns).is_not_null())

    def say(i: int) -> str:
        values = sheet.frame.select(columns).row(i)
        same = sheet.frame.select(
            pl.all_horizontal(
                pl.col(name) == value for name, value in zip(columns, values, strict=True)
            )
        ).to_series()
        named = ", ".join(
            f"{name} {show(value)!r}" for name, value in zip(columns, values, strict=True)
        )
        return f"{named} is already that of {sheet.row_name(int(same.arg_true()[0]))}"

    repeated = whole & key.is_duplicated() & ~key.is_first_distinct()
    return Check(columns[0] if len(columns) == 1 else None, repeated, say)


def check_rules(sheet: Sheet) -> Iterator[Check]:
    """Find rows that break a rule of the schema; its docstring is the message."""
    readable = pl.lit(sheet.readable())
    for words, rule in _rules(sheet.schema):
        yield Check(None, readable & ~rule, _always(f"{words}, which is not so here"))


def _always(message: str) -> Callable[[int], str]:
    return lambda _: message


def _rules(schema: type[dy.Schema]) -> Iterator[tuple[str, pl.Expr]]:
    for name, member in vars(schema).items():
        rule = getattr(member, "validation_fn", None)
        if rule is not None:
            words = " ".join((rule.__doc__ or name.replace("_", " ")).split())
            yield words, rule(schema)


def check_reference(
    sheet: Sheet, name: str, column: dy.Column, sheets: Mapping[str, Sheet]
) -> Iterator[Check]:
    """Find values that the table they refer to does not have."""
    table, _, key = _reference(column)
    if table not in sheets:
        return
    known = sheets[table].frame[key].drop_nulls().unique(maintain_order=True)
    values = sheet.frame[name]
    place = f"{sheets[table].file} column {key}"
    if not is_list(name, column):
        wrong = ~pl.col(name).is_in(known.implode())
        yield Check(name, wrong, lambda i: unknown_value(values[i], place, known))
        return

    def say(i: int) -> str:
        missing = [item for item in values[i].split(",") if item not in set(known)]
        return "; ".join(unknown_value(item, place, known) for item in missing)

    unknown = ~pl.element().is_in(known.implode())
    yield Check(name, pl.col(name).str.split(",").list.eval(unknown).list.any(), say)


def unknown_value(value: str, place: str, known: pl.Series) -> str:
    """Say that a value is not where it should be, and which one may be meant."""
    if not value:
        return "an item of the list is empty"
    if known.is_empty():
        return f"{value!r} is not in {place}, which has no rows"
    near = nearest(value, known.to_list())
    hint = f"; nearest: {near!r}" if near else ""
    return f"{value!r} is not in {place}{hint}"
