"""Changes of tables: which rows a condition means, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import dataframely as dy
import polars as pl

from sogdia.errors import Problem
from sogdia.scenario.model import Change, Condition
from sogdia.scenario.prune import NETWORK_TABLES, Frames, prune
from sogdia.study.marks import change_problem
from sogdia.study.model import REQUIRED_TABLES, SCHEMAS
from sogdia.study.sheet import (
    is_list,
    nearest,
    read_value,
    sheet_of_records,
    show,
    wrong_type_message,
)

Columns = Mapping[str, dy.Column]


def change_tables(
    frames: Mapping[str, pl.DataFrame], change: Change
) -> tuple[Frames, list[Problem]]:
    """Make one change.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Tables of a study.
    change : Change
        What is to be done.

    Returns
    -------
    frames : dict of str to DataFrame
        The tables after it; as they were if there are problems.
    problems : list of Problem
        What keeps it from being done; their place is within the change.
    """
    if change.table not in SCHEMAS:
        near = nearest(change.table, list(SCHEMAS))
        hint = f"; nearest: {near}" if near else ""
        return dict(frames), [Problem(f"there is no table {change.table!r}{hint}")]
    problems = _unknown_columns(change)
    if not problems and change.rows:
        return _add_rows(frames, change)
    frame = frames[change.table]
    if not problems:
        columns = SCHEMAS[change.table].columns()
        mask, problems = _matching(frame, columns, change)
    if not problems and change.remove:
        return _remove_rows(frames, change.table, mask)
    if not problems:
        problems = _unfit_values(frame.filter(mask), columns, change)
    if problems:
        return dict(frames), problems
    return dict(frames) | {change.table: _changed(frame, columns, change, mask)}, []


def _unknown_columns(change: Change) -> list[Problem]:
    known = list(SCHEMAS[change.table].columns())
    named = [*change.where, *change.assign, *change.multiply, *change.add]
    named += [name for row in change.rows for name in row]
    problems = []
    for name in dict.fromkeys(named):
        if name not in known:
            near = nearest(name, known)
            hint = f"; nearest: {near}" if near else ""
            problems.append(Problem(f"table {change.table} has no column {name!r}{hint}"))
    return problems


def text_of(value: object) -> str:
    """Write a value of a scenario as a cell of a table would have it."""
    return value.isoformat() if isinstance(value, date) else show(value)


def _matching(
    frame: pl.DataFrame, columns: Columns, change: Change
) -> tuple[pl.Series, list[Problem]]:
    """Return the rows that meet every condition of a change."""
    problems: list[Problem] = []
    mask = pl.repeat(value=True, n=frame.height, dtype=pl.Boolean, eager=True)
    for name, condition in change.where.items():
        expression, problem = _meets(name, columns[name], condition)
        if problem is not None:
            problems.append(Problem(f"where {name}: {problem}"))
        else:
            mask &= frame.select(expression.fill_null(value=False)).to_series()
    if not problems and not mask.any():
        wanted = " and ".join(_words(name, c) for name, c in change.where.items())
        some = f"has {wanted}" if wanted else "is there"
        problems.append(Problem(f"no row of table {change.table} {some}"))
    return mask, problems


def _meets(name: str, column: dy.Column, condition: Condition) -> tuple[pl.Expr, str | None]:
    cell = pl.col(name)
    if condition.values is None:
        if not isinstance(column, (dy.Float64, dy.Int32)):
            return cell, "a column that holds no numbers has no range"
        low = cell >= condition.min if condition.min is not None else pl.lit(value=True)
        high = cell <= condition.max if condition.max is not None else pl.lit(value=True)
        return low & high & cell.is_not_null(), None
    texts = [text_of(value) for value in condition.values]
    for text in texts:
        if text and read_value(text, column) is None:
            return cell, f"{text!r} {wrong_type_message(text, column)}"
    if is_list(name, column):
        met = cell.str.split(",").list.eval(pl.element().is_in(texts)).list.any()
    else:
        given = [read_value(text, column) for text in texts if text]
        met = cell.is_in(pl.Series(given, dtype=column.dtype).implode())
    if "" in texts:
        return met.fill_null(value=True), None
    return met, None


def _words(name: str, condition: Condition) -> str:
    if condition.values is None:
        low = f"{name} >= {show(condition.min)}" if condition.min is not None else ""
        high = f"{name} <= {show(condition.max)}" if condition.max is not None else ""
        return " and ".join(part for part in (low, high) if part)
    return f"{name} = {' or '.join(repr(text_of(value)) for value in condition.values)}"


def _unfit_values(matched: pl.DataFrame, columns: Columns, change: Change) -> list[Problem]:
    """Find values that do not fit their columns, and products with what is not there."""
    problems = []
    for operation, values in (
        ("set", change.assign),
        ("multiply", change.multiply),
        ("add", change.add),
    ):
        for name, value in values.items():
            text = text_of(value)
            clears = operation == "set" and not text
            if not clears and (fault := change_problem(columns[name], operation, text)):
                problems.append(Problem(f"{operation} {name}: {fault}"))
            elif operation != "set" and matched[name].is_null().all():
                problems.append(
                    Problem(f"{operation} {name}: it is empty in every row that is meant; use set")
                )
    return problems


def _changed(
    frame: pl.DataFrame, columns: Columns, change: Change, mask: pl.Series
) -> pl.DataFrame:
    here = pl.lit(mask)
    new = {
        name: pl.lit(read_value(text_of(value), columns[name]) if text_of(value) else None)
        for name, value in change.assign.items()
    }
    new |= {name: pl.col(name) * factor for name, factor in change.multiply.items()}
    new |= {name: pl.col(name) + delta for name, delta in change.add.items()}
    return frame.with_columns(
        pl.when(here).then(fitted(value, columns[name])).otherwise(pl.col(name)).alias(name)
        for name, value in new.items()
    )


def fitted(value: pl.Expr, column: dy.Column) -> pl.Expr:
    """Bring a computed value into the type of its column; whole numbers are rounded."""
    return (value.round() if isinstance(column, dy.Int32) else value).cast(column.dtype)


def _remove_rows(
    frames: Mapping[str, pl.DataFrame], table: str, mask: pl.Series
) -> tuple[Frames, list[Problem]]:
    left = dict(frames) | {table: frames[table].filter(~mask)}
    if table in NETWORK_TABLES:
        left = prune(left, frames)
    for needed in REQUIRED_TABLES:
        if left[needed].is_empty():
            return dict(frames), [Problem(f"removes every {needed}, so nothing is left to run")]
    return left, []


def _add_rows(frames: Mapping[str, pl.DataFrame], change: Change) -> tuple[Frames, list[Problem]]:
    schema = SCHEMAS[change.table]
    records = [{name: text_of(value) for name, value in row.items()} for row in change.rows]
    sheet, problems = sheet_of_records(schema, "rows", records)
    if problems:
        return dict(frames), problems
    grown = pl.concat([frames[change.table], sheet.frame])
    return dict(frames) | {change.table: grown}, []
