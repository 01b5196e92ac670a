"""A sweep on a terminal: how outputs spread, what drives them, and which points failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from sogdia.report.sheets import Column, Row, Sheet, Tone, quantity, sheet_of
from sogdia.report.tables import LONGEST, show_sheet

if TYPE_CHECKING:
    from sogdia.run.sweeps.sweep import SweepResult

BAR = 20
"""Characters of a bar of 100 %."""
FULL, PARTS = "█", " ▏▎▍▌▋▊▉"
FEW = 3
"""Parameters named for each output where there are many outputs."""
MANY = 6
"""Outputs beyond which only the first parameters of each are named."""


def show_sweep(found: SweepResult, console: Console) -> None:
    """Print what a sweep found, or how far it is."""
    if found.dataset is None:
        left = found.tasks - found.finished
        console.print(
            f"[bold]{found.finished:,} of {found.tasks:,}[/] evaluations are finished, "
            f"{left:,} are left to other blocks; the last one puts all together.",
            highlight=False,
        )
        return
    summary = found.dataset.summary
    console.print(_head(found, summary), highlight=False)
    for sheet in _sheets(summary):
        console.print()
        show_sheet(sheet, console)


def _head(found: SweepResult, summary: Mapping[str, Any]) -> str:
    words = [
        f"[bold]{escape(summary['study'])}[/]",
        escape(summary["scenario"]),
        str(summary["year"]),
        f"{summary['method']}, {_count(summary['points'], 'point')}",
    ]
    if summary["failed"]:
        words.append(f"[bold red]{summary['failed']:,} failed[/]")
    words.append(f"{found.evaluated:,} evaluated now in {found.seconds:.1f} s")
    if found.reused:
        words.append(f"{found.reused:,} taken over from other sweeps")
    return " · ".join(words)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _sheets(summary: Mapping[str, Any]) -> Iterator[Sheet]:
    outputs = summary["outputs"]
    yield sheet_of("Outputs over all points", _SPREAD, outputs[:LONGEST], note=_rest(outputs))
    shown = {row["output"] for row in outputs[:LONGEST]}
    drivers = [row for row in summary["sensitivity"] if row["output"] in shown]
    if len({row["output"] for row in drivers}) > MANY:
        drivers = _first(drivers, FEW)
    if drivers:
        is_sobol = "total" in drivers[0]
        title = "Which assumption drives it: shares of the output's variance (Sobol)"
        if not is_sobol:
            title = "Which assumption goes with it: rank correlation (Spearman)"
        note = (
            "Alone: caused by it alone; with others: all that it has a part in. ± 95 %."
            if is_sobol
            else "1: the larger it is, the larger the output; -1: the smaller; 0: neither."
        )
        yield sheet_of(title, _SOBOL if is_sobol else _RANK, _once(drivers), note=note)
    refused = [row for row in summary["no_sensitivity"] if row["output"] in shown]
    if refused:
        yield sheet_of("Nothing can be said about what drives", _REASON_OF_OUTPUT, refused)
    if summary["failures"]:
        rows = summary["failures"]
        yield sheet_of(
            "Points that failed",
            _FAILURES,
            rows[:LONGEST],
            tone=lambda _: Tone.BAD,
            note=_rest(rows),
        )


def _rest(rows: Sequence[Row]) -> str:
    more = len(rows) - LONGEST
    return f"{more:,} more are in summary.json." if more > 0 else ""


def _first(rows: Sequence[Row], count: int) -> list[Row]:
    """Return the first rows of each output."""
    seen: dict[str, int] = {}
    kept = []
    for row in rows:
        seen[row["output"]] = seen.get(row["output"], 0) + 1
        if seen[row["output"]] <= count:
            kept.append(row)
    return kept


def _once(rows: Sequence[Row]) -> list[Row]:
    """Name each output only in the first of its rows."""
    named = [""] + [row["output"] for row in rows]
    return [
        row | {"shown": "" if row["output"] == before else row["output"]}
        for row, before in zip(rows, named, strict=False)
    ]


def bar(share: float) -> str:
    """Draw a share of 1 as a bar.

    Examples
    --------
    >>> from sogdia.report.sweep_tables import bar
    >>> bar(0.5), bar(0.0)
    ('██████████', '')
    """
    eighths = round(max(min(share, 1.0), 0.0) * BAR * 8)
    return (FULL * (eighths // 8) + PARTS[eighths % 8]).rstrip()


def _within(row: Row, name: str) -> str:
    return f"{row[name]:.2f} ± {row[f'{name}_half_width']:.2f}"


_SPREAD = (
    Column("output", lambda row: row["output"], number=False),
    Column("base", lambda row: quantity(row["base"])),
    Column("minimum", lambda row: quantity(row["minimum"])),
    Column("median", lambda row: quantity(row["median"])),
    Column("mean", lambda row: quantity(row["mean"])),
    Column("maximum", lambda row: quantity(row["maximum"])),
    Column("points", lambda row: f"{row['points']:,}"),
)
_SOBOL = (
    Column("output", lambda row: row["shown"], number=False),
    Column("parameter", lambda row: row["parameter"], number=False),
    Column("alone", lambda row: _within(row, "first_order")),
    Column("with others", lambda row: _within(row, "total")),
    Column("", lambda row: bar(row["total"]), number=False),
)
_RANK = (
    Column("output", lambda row: row["shown"], number=False),
    Column("parameter", lambda row: row["parameter"], number=False),
    Column("correlation", lambda row: f"{row['rank_correlation']:+.2f}"),
    Column("", lambda row: bar(abs(row["rank_correlation"])), number=False),
)
_REASON_OF_OUTPUT = (
    Column("output", lambda row: row["output"], number=False),
    Column("because", lambda row: row["reason"], number=False),
)
_FAILURES = (
    Column("points", lambda row: f"{row['points']:,}"),
    Column("first", lambda row: f"{row['first']:,}"),
    Column("because", lambda row: row["reason"], number=False),
)
