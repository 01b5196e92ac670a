"""The summary of a run on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sogdia.report.queue_sheets import simulated_sheets
from sogdia.report.sheets import Sheet, Tone, all_sheets

if TYPE_CHECKING:
    from sogdia.run.execute import Run

STYLES: Mapping[Tone, str] = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.BAD: "bold red"}
LONGEST = 12
"""Rows of the long lists that fit a screen; the run folder has them all."""


def show_summary(run: Run, console: Console) -> None:
    """Print the summary of a run."""
    result = run.result
    console.print(
        f"[bold]{escape(result.study_name)}[/] · {escape(result.scenario_name)} · {result.year}"
        f" · {sum(run.seconds.values()):.1f} s · residual {result.residual:.1e}",
        highlight=False,
    )
    if not result.converged:
        console.print("[bold red]Not converged:[/] the flows are not yet in balance.")
    for sheet in [*all_sheets(run, LONGEST), *simulated_sheets(run, LONGEST)]:
        console.print()
        show_sheet(sheet, console)


def show_sheet(sheet: Sheet, console: Console) -> None:
    """Print one sheet: its title, its rows and its note."""
    if sheet.cells:
        console.print(table(sheet))
    else:
        console.print(Text(sheet.title, style="bold"))
    if sheet.note:
        console.print(Text(sheet.note, style="dim" if sheet.cells else ""))


def table(sheet: Sheet) -> Table:
    """Draw a sheet; words fold where the terminal is narrow, figures never do."""
    drawn = Table(
        title=sheet.title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    for column in sheet.columns:
        drawn.add_column(
            column.header,
            justify="right" if column.number else "left",
            no_wrap=column.number,
            overflow="fold",
        )
    for cells, tone in zip(sheet.cells, sheet.tones, strict=True):
        drawn.add_row(*(Text(cell) for cell in cells), style=STYLES[tone])
    return drawn
