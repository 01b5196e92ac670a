"""Rows of a table that meet conditions written by hand, such as ``length_km>=100``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne

import polars as pl

from sogdia.errors import DataError
from sogdia.study.sheet import nearest

Compare = Callable[[pl.Expr, pl.Expr], pl.Expr]

_COMPARE: dict[str, Compare] = {"=": eq, "!=": ne, ">": gt, ">=": ge, "<": lt, "<=": le}
_CONDITION = re.compile(r"\s*(?P<column>\w+)\s*(?P<operator>!=|>=|<=|=|>|<|~)\s*(?P<value>.*?)\s*$")


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a column with a value."""

    column: str
    operator: str
    value: str


def parse_condition(text: str) -> Condition:
    """Read ``column operator value``; the operators are ``= != > >= < <= ~``.

    Examples
    --------
    >>> parse_condition("length_km >= 100")
    Condition(column='length_km', operator='>=', value='100')
    """
    match = _CONDITION.match(text)
    if match is None:
        raise DataError(
            f"condition {text!r} is not column, operator and value; "
            "the operators are = != > >= < <= ~"
        )
    return Condition(**match.groupdict())


def select(
    frame: pl.DataFrame, conditions: Sequence[Condition], columns: Sequence[str] = ()
) -> pl.DataFrame:
    """Return the rows that meet every condition, and of them the named columns.

    Raises
    ------
    DataError
        If a column does not exist, or a value is not of its column's type.
    """
    for name in [*(condition.column for condition in conditions), *columns]:
        _check_column(frame, name)
    for condition in conditions:
        frame = frame.filter(_expression(frame, condition))
    return frame.select(columns) if columns else frame


def suggestion(name: str, known: Sequence[str]) -> str:
    """Return what to say of a wrong name: the known one nearest to it, or all of them."""
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else f"known: {', '.join(known)}"


def _check_column(frame: pl.DataFrame, name: str) -> None:
    if name not in frame.columns:
        raise DataError(f"there is no column {name!r}; {suggestion(name, frame.columns)}")


def _expression(frame: pl.DataFrame, condition: Condition) -> pl.Expr:
    column = pl.col(condition.column)
    if condition.operator == "~":
        text = column.cast(pl.String).str.to_lowercase()
        return text.str.contains(condition.value.lower(), literal=True)
    if condition.value == "" and condition.operator in ("=", "!="):
        return column.is_null() if condition.operator == "=" else column.is_not_null()
    dtype = frame.schema[condition.column]
    if not (dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean):
        column, dtype = column.cast(pl.String), pl.String()
    compared = _COMPARE[condition.operator](column, pl.lit(_value(condition, dtype)))
    # A row without a value differs from every value.
    return compared.fill_null(condition.operator == "!=")


def _value(condition: Condition, dtype: pl.DataType) -> object:
    text = condition.value
    if dtype == pl.Boolean:
        text = text.lower()
    series = pl.Series([text])
    target = pl.Float64() if dtype.is_numeric() else dtype
    value = _converted(series, target).item()
    if value is None:
        raise _not_of_type(condition, dtype)
    return value


def _converted(series: pl.Series, dtype: pl.DataType) -> pl.Series:
    if dtype == pl.Boolean:
        return series.replace_strict({"true": True, "false": False}, default=None)
    if dtype == pl.Date:
        return series.str.to_date(strict=False)
    return series.cast(dtype, strict=False)


def _not_of_type(condition: Condition, dtype: pl.DataType) -> DataError:
    kinds = {dtype.is_numeric(): "a number", dtype.is_temporal(): "a date (YYYY-MM-DD)"}
    kind = kinds.get(True, "true or false")
    return DataError(f"column {condition.column} is compared with {condition.value!r}: not {kind}")
