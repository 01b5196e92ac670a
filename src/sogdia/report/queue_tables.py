"""The comparison of the two engines on a terminal."""

from __future__ import annotations

import polars as pl
from rich.console import Console

from sogdia.report.queue_sheets import queues, transit
from sogdia.report.tables import show_sheet


def show_queue_check(frame: pl.DataFrame, console: Console, rows: int | None = 20) -> None:
    """Print waits by formula and as simulated, the largest gap times tonnes first.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.analysis.queue_check.compare_queues` returns it.
    console : Console
        Where to print.
    rows : int or None
        Rows to show; None: all.
    """
    show_sheet(queues(frame, rows), console)


def show_transit_check(frame: pl.DataFrame, console: Console) -> None:
    """Print published transit times and simulated ones.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.analysis.transit_check.transit_check` returns it.
    console : Console
        Where to print.
    """
    show_sheet(transit(frame), console)
