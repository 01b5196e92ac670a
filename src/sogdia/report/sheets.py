"""What a report shows, before it is drawn: titles, columns and cells as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import isfinite
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from sogdia.run.execute import Run

Row = dict[str, Any]

NONE = "–"
WHAT_IF = "what-if"
ROLES = {
    "margin": "Published against modelled: imposed by demand or events (margin)",
    "calibrate": "Published against modelled: fitted on (calibrate)",
    "validate": "Published against modelled: judged on (validate)",
}


class Tone(Enum):
    """How a row is meant."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, its side, and how it writes a row's cell."""

    header: str
    cell: Callable[[Row], str]
    number: bool = True


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table ready to be drawn.

    Attributes
    ----------
    title : str
        What it shows.
    columns : sequence of Column
        Its columns; only header and side matter once the cells are written.
    cells : sequence of sequence of str
        One line per row.
    tones : sequence of Tone
        One per row.
    note : str
        A sentence to stand below it; may be empty.
    """

    title: str
    columns: Sequence[Column]
    cells: Sequence[Sequence[str]]
    tones: Sequence[Tone]
    note: str = ""


def quantity(value: float | None) -> str:
    """Write a figure with as many digits as a reader can use.

    Examples
    --------
    >>> [quantity(v) for v in (1234567.0, 123.4, 1.234, 0.01234, 0.0, None)]
    ['1,234,567', '123', '1.23', '0.0123', '0', '–']
    """
    if value is None or not isfinite(value):
        return NONE
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".")


def share(value: float | None) -> str:
    """Write a share in per cent."""
    return NONE if value is None or not isfinite(value) else f"{100 * value:.1f}%"


def corridors(run: Run) -> Sheet:
    """Return flows by corridor and direction."""
    columns = [
        _text("corridor"),
        _text("direction"),
        _figure("kt"),
        _figure("kteu"),
        Column("share", lambda row: share(row["share"])),
        _figure("days", "days_mean"),
        _figure("USD/t", "cost_usd_t"),
        _figure("kg CO2e/t", "co2_kg_t"),
    ]
    return sheet_of("Corridors", columns, run.result.corridors.to_dicts())


def validation(frame: pl.DataFrame, role: str) -> Sheet:
    """Return published against modelled figures of one role, each marked as in or out of target."""
    rows = frame.filter(pl.col("role") == role).to_dicts()
    columns = [
        _text("observation"),
        _text("unit"),
        Column("published", _published),
        _figure("modelled"),
        Column("ratio", lambda row: _ratio(row["ratio"])),
        Column("target", _mark, number=False),
    ]
    return sheet_of(
        ROLES.get(role, f"Published against modelled: {role}"),
        columns,
        rows,
        tone=_fit,
        note=_score(rows),
    )


def beside(frame: pl.DataFrame) -> Sheet:
    """Return what was published beside the figures of a what-if, which it cannot judge."""
    return replace(
        validation(frame.with_columns(role=pl.lit(WHAT_IF), within=pl.lit(None)), WHAT_IF),
        title="What was published of this year, beside this what-if",
    )


def validation_sheets(frame: pl.DataFrame) -> list[Sheet]:
    """Return one sheet for each role that observations have, judged ones last."""
    present = frame["role"].cast(pl.String).unique().to_list()
    order = [*(role for role in sorted(present) if role not in ROLES), *ROLES]
    return [validation(frame, role) for role in order if role in present]


def binding(run: Run, limit: int | None = None) -> Sheet:
    """Return the elements that bind or are close to it, the worst first."""
    rows = run.result.bottlenecks.to_dicts()
    columns = [
        _text("element"),
        _text("kind"),
        Column("utilisation", lambda row: share(row["utilisation"])),
        _figure("wait, h", "wait_h"),
        _figure("scarcity, USD/t", "scarcity_usd_t"),
    ]
    note = _left_out(rows, limit) if rows else "None."
    return sheet_of("Bottlenecks", columns, rows[:limit], note=note)


def unserved(run: Run, limit: int | None = None) -> Sheet:
    """Return demand that found no way, and why, the largest first."""
    frame = run.result.unserved
    rows = frame.sort(["kt", *frame.columns], descending=[True] + [False] * frame.width).to_dicts()
    columns = [
        _text("origin"),
        _text("destination"),
        _text("commodity"),
        _figure("kt"),
        _text("reason"),
    ]
    note = f"{quantity(sum(row['kt'] for row in rows))} kt in all. " if rows else "None."
    return sheet_of("Unserved demand", columns, rows[:limit], note=note + _left_out(rows, limit))


def all_sheets(run: Run, limit: int | None = None) -> list[Sheet]:
    """Return everything a summary shows; `limit` cuts the long lists, and they say so."""
    return [
        corridors(run),
        binding(run, limit),
        unserved(run, limit),
        *([beside(run.validation)] if run.is_what_if else validation_sheets(run.validation)),
    ]


def sheet_of(
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    tone: Callable[[Row], Tone] = lambda _: Tone.PLAIN,
    note: str = "",
) -> Sheet:
    """Lay rows out in columns."""
    cells = [[column.cell(row) for column in columns] for row in rows]
    return Sheet(title, columns, cells, [tone(row) for row in rows], note.strip())


def _text(name: str) -> Column:
    return Column(name, lambda row: NONE if row[name] is None else str(row[name]), number=False)


def _figure(header: str, name: str | None = None) -> Column:
    return Column(header, lambda row: quantity(row[name or header]))


def _published(row: Row) -> str:
    """Write the figure, or the range, with the digits that it was published with."""
    if row["low"] is None or row["high"] is None or row["low"] == row["high"]:
        return f"{row['published']:,.6g}"
    return f"{row['low']:,.6g} to {row['high']:,.6g}"


def _ratio(value: float | None) -> str:
    return NONE if value is None or not isfinite(value) else f"{value:.2f}"


def _fit(row: Row) -> Tone:
    if row["within"] is None:
        return Tone.PLAIN
    return Tone.GOOD if row["within"] else Tone.BAD


def _mark(row: Row) -> str:
    return {Tone.PLAIN: NONE, Tone.GOOD: "met", Tone.BAD: "MISSED"}[_fit(row)]


def _score(rows: Sequence[Row]) -> str:
    judged = [row["within"] for row in rows if row["within"] is not None]
    return f"{sum(judged)} of {len(judged)} targets met." if judged else ""


def _left_out(rows: Sequence[Row], limit: int | None) -> str:
    hidden = 0 if limit is None else max(0, len(rows) - limit)
    return f"{hidden} more in the run folder." if hidden else ""
