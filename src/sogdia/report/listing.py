"""Rows of a study's table on a terminal: as many columns as fit, and word of the rest."""

from __future__ import annotations

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDEST = 32
"""Characters of a cell before it folds."""


def show_rows(frame: pl.DataFrame, console: Console, *, title: str, every_column: bool) -> None:
    """Print rows of a table; a single row is printed as a list of its fields.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    console : Console
        Where to print, and how wide.
    title : str
        What the rows are.
    every_column : bool
        Whether to squeeze all columns in; otherwise those that are empty or do not
        fit are left out and named below.
    """
    if frame.height == 1 and not every_column:
        console.print(_record(frame, title))
        return
    filled = frame if every_column else frame.select(_filled(frame))
    shown = filled.columns if every_column else _fitting(filled, console.width)
    console.print(_table(filled.select(shown), title))
    if hidden := [name for name in filled.columns if name not in shown]:
        line = f"Not shown: {', '.join(hidden)}. Choose with --columns."
        console.print(Text(line, style="dim"))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _filled(frame: pl.DataFrame) -> list[str]:
    return [s.name for s in frame if s.null_count() < frame.height] or frame.columns


def _fitting(frame: pl.DataFrame, width: int) -> list[str]:
    """Return the first columns that fit into `width` characters, at least one."""
    shown: list[str] = []
    used = 0
    for series in frame:
        longest = max((len(_cell(value)) for value in series), default=0)
        used += max(len(series.name), min(longest, WIDEST)) + 2
        if used > width and shown:
            break
        shown.append(series.name)
    return shown


def _table(frame: pl.DataFrame, title: str) -> Table:
    table = _blank(title)
    for name, dtype in frame.schema.items():
        table.add_column(name, justify="right" if dtype.is_numeric() else "left", overflow="fold")
    for row in frame.iter_rows():
        table.add_row(*(Text(_cell(value)) for value in row))
    return table


def _record(frame: pl.DataFrame, title: str) -> Table:
    table = _blank(title, show_header=False)
    table.add_column("column", style="bold", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in frame.row(0, named=True).items():
        if value is not None:
            table.add_row(name, Text(_cell(value)))
    return table


def _blank(title: str, *, show_header: bool = True) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
        show_header=show_header,
    )
