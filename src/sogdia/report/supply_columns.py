"""What the sheets of a supply balance are made of: cells, changes, and rows put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite

import polars as pl

from sogdia.report.sheets import NONE, Column, Row, quantity

NOTHING_KT = 1e-6
"""Kilotonnes below which nothing goes: a kilogram, less than a solver knows."""
BEFORE = "_before"
CHANGE = "_change"
"""What a column's name ends in where it holds the change against the baseline."""


def words(header: str, cell: Callable[[Row], str | None]) -> Column:
    """Return a column of words, which fold where the terminal is narrow."""
    return Column(header, lambda row: cell(row) or NONE, number=False)


def figure(header: str, name: str) -> Column:
    """Return a column of figures with as many digits as a reader can use."""
    return Column(header, lambda row: quantity(settled(row[name])))


def change(header: str, name: str) -> Column:
    """Return a column of what a figure has more or less than in the baseline."""
    return Column(header, lambda row: signed(row[f"{name}{CHANGE}"]))


def changes(columns: Sequence[Column], *, beside: bool) -> Sequence[Column]:
    """Return columns of changes if there is a baseline that they are changes against."""
    return columns if beside else ()


def settled(value: float | None) -> float | None:
    """Return a figure without what only the solver's rounding makes of nothing.

    Examples
    --------
    >>> settled(-3e-9), settled(0.5), settled(None)
    (0.0, 0.5, None)
    """
    return 0.0 if value is not None and abs(value) < NOTHING_KT else value


def signed(value: float | None) -> str:
    """Write a change with its sign.

    Examples
    --------
    >>> [signed(value) for value in (1234.4, -12.34, 1e-9, None)]
    ['+1,234', '-12.3', '0', '–']
    """
    if value is None or not isfinite(value):
        return NONE
    small = settled(value) or 0.0
    return f"+{quantity(small)}" if small > 0 else quantity(small)


def signed_points(value: float | None) -> str:
    """Write the change of a share in percentage points.

    Examples
    --------
    >>> [signed_points(value) for value in (0.123, -0.05, 0.0, None)]
    ['+12.3', '-5.0', '0.0', '–']
    """
    if value is None or not isfinite(value):
        return NONE
    points = f"{100 * value:+.1f}"
    return "0.0" if float(points) == 0 else points


def against(
    frame: pl.DataFrame,
    base: pl.DataFrame | None,
    keys: Sequence[str],
    figures: Mapping[str, float | None],
) -> pl.DataFrame:
    """Put the change of figures against a baseline beside them.

    Parameters
    ----------
    frame, base : DataFrame
        The same table of two balances; without a base there is no change.
    keys : sequence of str
        Columns that tell rows apart; in neither table two rows share all of them.
    figures : mapping of str to float or None
        Columns whose change is wanted, and what they are where a balance has no such row; None:
        that is not known, and neither is the change.

    Returns
    -------
    DataFrame
        The rows of the frame in their order, then those that only the base has. Changes are
        in columns that end in `CHANGE`.

    Examples
    --------
    >>> import polars as pl
    >>> now = pl.DataFrame({"route": ["sea", "rail"], "kt": [5.0, 2.0]})
    >>> before = pl.DataFrame({"route": ["sea", "pipe"], "kt": [4.0, 3.0]})
    >>> against(now, before, ["route"], {"kt": 0.0}).rows()
    [('sea', 5.0, 1.0), ('rail', 2.0, 2.0), ('pipe', 0.0, -3.0)]
    """
    if base is None:
        return frame.with_columns(
            pl.lit(None, dtype=pl.Float64).alias(f"{name}{CHANGE}") for name in figures
        )
    both = frame.with_columns(_here=True).join(
        base.with_columns(_there=True),
        on=list(keys),
        how="full",
        suffix=BEFORE,
        coalesce=True,
        nulls_equal=True,
        maintain_order="left_right",
    )
    here, there = pl.col("_here").fill_null(value=False), pl.col("_there").fill_null(value=False)
    before = {
        name: pl.when(there).then(f"{name}{BEFORE}").otherwise(nothing)
        for name, nothing in figures.items()
    }
    now = {name: pl.when(here).then(name).otherwise(nothing) for name, nothing in figures.items()}
    # What only the base has keeps its other columns, such as names, from there.
    others = [name for name in frame.columns if name not in {*keys, *figures}]
    return both.with_columns(
        *(pl.when(here).then(name).otherwise(f"{name}{BEFORE}").alias(name) for name in others),
        *(now[name].alias(name) for name in figures),
        *((now[name] - before[name]).alias(f"{name}{CHANGE}") for name in figures),
    ).select(*frame.columns, *(f"{name}{CHANGE}" for name in figures))


def largest(
    rows: Sequence[Row], top: int | None, rest: Callable[[Sequence[Row]], Row]
) -> list[Row]:
    """Return the first rows, and one in which the others are summed.

    Parameters
    ----------
    rows : sequence of dict
        The largest first.
    top : int or None
        Rows to show; None: all.
    rest : callable
        Makes one row of several.
    """
    if top is None or len(rows) <= top + 1:
        return list(rows)
    return [*rows[:top], rest(rows[top:])]


def more(shown: int, of: int) -> str:
    """Say how many rows are not shown."""
    return f"{of - shown:,} more; --top 0 shows all." if of > shown else ""


def mean_by_kt(name: str) -> pl.Expr:
    """Return the mean of a column over the tonnes for which it is known."""
    known = pl.col("kt").filter(pl.col(name).is_not_null())
    return ((pl.col(name) * pl.col("kt")).sum() / known.sum()).alias(name)


def mean_of_rows(rows: Sequence[Row], name: str) -> float | None:
    """Return the mean of a figure over the tonnes of rows for which it is known."""
    known = [(row["kt"], row[name]) for row in rows if row[name] is not None]
    tonnes = sum(kt for kt, _ in known)
    return sum(kt * value for kt, value in known) / tonnes if tonnes > 0 else None


def total(rows: Sequence[Row], name: str) -> float | None:
    """Return the sum of what is known of a figure, or None if nothing is."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None
