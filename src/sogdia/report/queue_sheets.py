"""What a comparison of the two engines shows: waits, transit times, and the rounds between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from sogdia.report.sheets import NONE, Column, Row, Sheet, Tone, quantity, share, sheet_of

if TYPE_CHECKING:
    from sogdia.analysis.feedback import Feedback
    from sogdia.run.execute import Run

ARROWS = {True: " →", False: " ←", None: ""}
UNITS = {"kteu": " (TEU)", "t": " (yard)"}


def simulated_sheets(run: Run, limit: int | None = None) -> list[Sheet]:
    """Return what a run with a simulation shows besides; nothing for one without."""
    if run.feedback is None:
        return []
    published = run.transit_check()
    return [
        rounds(run.feedback),
        queues(run.queue_check(), limit),
        *([transit(published)] if published.height else []),
    ]


def rounds(feedback: Feedback) -> Sheet:
    """Return the rounds of simulation and assignment, and whether they came to an end."""
    columns = [
        Column("round", lambda row: str(row["round"])),
        Column("would move", lambda row: share(row["moved"])),
        Column("where most", lambda row: row["moved_most"], number=False),
        Column("of all tonnes", lambda row: share(row["moved_of_all"])),
        Column("formulas outside", lambda row: f"{row['outside']} of {row['compared']}"),
        Column("waits differ", lambda row: share(row["gap"])),
    ]
    title = "Rounds of simulation and assignment"
    return sheet_of(title, columns, feedback.history.to_dicts(), note=said(feedback))


def said(feedback: Feedback) -> str:
    """Say how the rounds ended."""
    made = _count(feedback.rounds, "round")
    each = _count(feedback.simulation.replications, "replication")
    last = feedback.history.row(-1, named=True)
    word = "Consistent" if feedback.converged else "Not consistent"
    return (
        f"{word} after {made} of {each}: another would move {share(feedback.moved)} of "
        f"{last['moved_most']}, and waits differ by {share(last['gap'])} beyond chance."
    )


def queues(frame: pl.DataFrame, limit: int | None = None) -> Sheet:
    """Return waits by formula and as simulated, the largest gap times tonnes first.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.analysis.queue_check.compare_queues` returns it.
    limit : int, optional
        Rows to show; by default all.
    """
    rows = frame.filter(pl.col("gap_h").is_not_null()).to_dicts()
    columns = [
        Column("element", _element, number=False),
        Column("in use\nformula", lambda row: share(row["utilisation"])),
        Column("in use\nsimulated", lambda row: share(row["simulated_utilisation"])),
        Column("wait, h\nformula", _formula),
        Column("wait, h\nsimulated", lambda row: quantity(row["simulated_wait_h"])),
        Column("95%\ninterval", _interval),
        Column("gap\nkt × h", lambda row: quantity(row["gap_h"] * _kt(row))),
    ]
    judged = [row["inside"] for row in rows if row["has_formula"] and row["inside"] is not None]
    notes = [
        f"{sum(judged)} of {len(judged)} formulas inside their interval." if judged else "",
        f"{len(rows) - limit} more rows." if limit is not None and len(rows) > limit else "",
        f"{NONE}: the formula knows of no queue there." if rows else "Nothing was simulated.",
    ]
    return sheet_of(
        "Waits by formula and as simulated",
        columns,
        rows[:limit],
        tone=_agreement,
        note=" ".join(filter(None, notes)),
    )


def transit(frame: pl.DataFrame) -> Sheet:
    """Return published transit times and simulated ones.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.analysis.transit_check.transit_check` returns it.
    """
    columns = [
        Column("observation", lambda row: row["observation"], number=False),
        Column("published", _published),
        Column("mean", lambda row: quantity(row["mean_days"])),
        Column("P50", lambda row: quantity(row["p50"])),
        Column("P90", lambda row: quantity(row["p90"])),
        Column("ratio", lambda row: NONE if row["ratio"] is None else f"{row['ratio']:.2f}"),
        Column("how", lambda row: row["how"], number=False),
    ]
    rows = frame.to_dicts()
    met = [row["within"] for row in rows if row["within"] is not None]
    note = f"{sum(met)} of {len(met)} means within what was published." if met else "None."
    title = "Transit times, published and simulated, days"
    return sheet_of(title, columns, rows, tone=_fit, note=note)


def _element(row: Row) -> str:
    return f"{row['element']}{ARROWS[row['forward']]}{UNITS.get(row['unit'], '')}"


def _formula(row: Row) -> str:
    """Write the formula's wait; where it knows of no queue, and lets nobody wait, say so."""
    return quantity(row["wait_h"]) if row["has_formula"] or row["wait_h"] > 0 else NONE


def _interval(row: Row) -> str:
    if row["low_h"] is None:
        return NONE
    return f"{quantity(row['low_h'])}–{quantity(row['high_h'])}"


def _kt(row: Row) -> float:
    return float(row["kt"] or row["simulated_kt"] or 0.0)


def _published(row: Row) -> str:
    if row["low"] is None or row["high"] is None:
        return quantity(row["published"])
    return f"{row['low']:g} to {row['high']:g}"


def _agreement(row: Row) -> Tone:
    if not row["has_formula"] or row["inside"] is None:
        return Tone.PLAIN
    return Tone.GOOD if row["inside"] else Tone.BAD


def _fit(row: Row) -> Tone:
    if row["within"] is None:
        return Tone.PLAIN
    return Tone.GOOD if row["within"] else Tone.BAD


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
