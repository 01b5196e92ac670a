"""Folders of runs on a terminal: what there is, what one was asked, and how two differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.text import Text

from sogdia.report.sheets import NONE, Column, Row, Sheet, Tone, quantity, sheet_of
from sogdia.report.supply_columns import more, words
from sogdia.report.tables import LONGEST, show_sheet
from sogdia.run.kept.cleaning import CleaningPlan
from sogdia.run.kept.description import main_table
from sogdia.run.kept.listing import Listing

UNITS = ("B", "kB", "MB", "GB", "TB")
STEP = 1000.0
MINUTE_S, HOUR_S = 60.0, 3600.0
LONGEST_VALUE = 60
DIGEST_LENGTH = 64
DIGEST_SHOWN = 12
WIDEST = 8
"""Columns of a table that fit beside each other."""
COLUMNS_SHOWN = 3
"""Figures of a table whose largest changes are shown."""


def show_listing(listing: Listing, console: Console, folder: Path, *, served: bool) -> None:
    """Print what lies in a folder of runs.

    Parameters
    ----------
    listing : Listing
        What lies there.
    console : Console
        Where to print; 100 columns have room for all.
    folder : Path
        The folder, for the title.
    served : bool
        Whether a web server has it open.
    """
    console.print(Text(f"Runs in {folder}", style="bold"))
    if listing.runs:
        show_sheet(listing_sheet(listing), console)
    else:
        console.print("There are none; sogdia run makes one.")
    if served:
        console.print(Text("A web server has this folder open.", style="dim"))
    if listing.others:
        names = [f"{name} ({why})" for name, why in listing.others]
        console.print(Text(f"Left alone: {_short_list(names)}.", style="dim"))


def listing_sheet(listing: Listing) -> Sheet:
    """Return the runs of a folder, the newest first; what is damaged or left over stands out."""
    columns = [
        words("name", lambda row: row["name"]),
        words("what", lambda row: row["kind"]),
        words("study", lambda row: row["study"]),
        words("scenario", lambda row: row["scenario"]),
        Column("year", lambda row: NONE if row["year"] is None else str(row["year"])),
        Column("finished", lambda row: _day(row["finished"])),
        Column("took", lambda row: duration(row["seconds"])),
        Column("size", lambda row: size(row["size_bytes"])),
        words("state", _state),
    ]
    rows = [run.to_json() for run in listing.runs]
    return sheet_of(
        "",
        columns,
        rows,
        tone=lambda row: Tone.BAD if row["state"] in {"damaged", "leftover"} else Tone.PLAIN,
    )


def show_description(
    found: Mapping[str, Any], console: Console, path: Path, *, top: int | None = LONGEST
) -> None:
    """Print what a run was asked and what came out.

    Parameters
    ----------
    found : mapping
        See `sogdia.run.kept.description.describe`.
    console : Console
        Where to print.
    path : Path
        Its folder.
    top : int, optional
        Rows of its main table; None: all.
    """
    run = found["run"]
    parts = [f"sogdia {run['kind']}", run["study"], run["scenario"], run["year"], run["finished"]]
    console.print(Text(" · ".join(str(part) for part in parts if part is not None), style="bold"))
    console.print()
    asked = [{"key": key, "value": value} for key, value in found["asked"].items()]
    values = [
        words("input", lambda row: row["key"]),
        words("value", lambda row: in_words(row["value"])),
    ]
    show_sheet(sheet_of("Asked", values, asked), console)
    if found["figures"]:
        figures = [{"key": key, "value": value} for key, value in found["figures"].items()]
        values = [
            words("figure", lambda row: row["key"]),
            Column("value", lambda row: in_words(row["value"])),
        ]
        console.print()
        show_sheet(sheet_of("Came out", values, figures), console)
    if found["table"] is not None:
        frame = main_table(path, found["table"])
        console.print()
        show_sheet(rows_sheet(frame, found["table"], top), console)
    console.print()
    show_sheet(files_sheet(found["files"]), console)


def rows_sheet(frame: pl.DataFrame, name: str, top: int | None) -> Sheet:
    """Return the first rows of a table, in as many of its columns as a terminal has room for."""
    plain = [key for key, dtype in frame.schema.items() if not dtype.is_nested()]
    columns = [
        Column(key, partial(_cell, key), number=frame.schema[key].is_numeric())
        for key in plain[:WIDEST]
    ]
    hidden = plain[WIDEST:]
    rows = frame.head(frame.height if top is None else top).to_dicts()
    title = f"{name}: {len(rows):,} of {frame.height:,} rows"
    note = f"More columns in {name}.parquet: {', '.join(hidden)}." if hidden else ""
    return sheet_of(title, columns, rows, note=note)


def _cell(key: str, row: Row) -> str:
    value = row[key]
    return quantity(value) if isinstance(value, float) else in_words(value)


def files_sheet(files: Sequence[Row]) -> Sheet:
    """Return the files of a run, and whether each is as it was written."""
    said = {True: "as written", False: "CHANGED since", None: NONE}
    columns = [
        words("file", lambda row: row["name"]),
        Column("size", lambda row: size(row["size_bytes"])),
        words("content", lambda row: said[row["as_written"]]),
    ]
    return sheet_of(
        "Files",
        columns,
        files,
        tone=lambda row: Tone.BAD if row["as_written"] is False else Tone.PLAIN,
    )


def show_difference_of_runs(
    found: Mapping[str, Any], console: Console, *, top: int | None = LONGEST
) -> None:
    """Print how two runs differ.

    Parameters
    ----------
    found : mapping
        See `sogdia.run.kept.difference.difference`.
    console : Console
        Where to print; 100 columns have room for all.
    top : int, optional
        Rows of each list; None: all.
    """
    before, after = found["before"], found["after"]
    title = f"sogdia {found['kind']} · A {before['name']} → B {after['name']}"
    console.print(Text(title, style="bold"))
    if found["equal"]:
        console.print(Text("All tables are equal, byte for byte."))
    for sheet in difference_sheets(found, top):
        console.print()
        show_sheet(sheet, console)


def difference_sheets(found: Mapping[str, Any], top: int | None = LONGEST) -> list[Sheet]:
    """Return inputs and results that differ.

    Parameters
    ----------
    found : mapping
        See `sogdia.run.kept.difference.difference`.
    top : int, optional
        Rows of each list; None: all.
    """
    ends = [
        words("A", lambda row: in_words(row["before"])),
        words("B", lambda row: in_words(row["after"])),
    ]
    inputs = [words("input", lambda row: row["input"]), *ends]
    sheets = [_cut("Inputs that differ", inputs, found["inputs"], top)]
    if found["figures"]:
        figures = [
            words("figure", lambda row: row["figure"]),
            *ends,
            Column("change", lambda row: _signed(row["change"])),
        ]
        sheets.append(_cut("Figures that differ", figures, found["figures"], top))
    if not found["equal"]:
        sheets += [_tables(found), *_changes(found, top)]
    return sheets


def _tables(found: Mapping[str, Any]) -> Sheet:
    columns = [
        words("table", lambda row: row["table"]),
        Column("rows A", lambda row: f"{row['rows_before']:,}"),
        Column("rows B", lambda row: f"{row['rows_after']:,}"),
        Column("only in A", lambda row: f"{row['only_before']:,}"),
        Column("only in B", lambda row: f"{row['only_after']:,}"),
        words("rows changed", _changed),
    ]
    alone = [("A", name) for name in found["only_before"]]
    alone += [("B", name) for name in found["only_after"]]
    note = " ".join(f"{name} is in {side} alone." for side, name in alone)
    return sheet_of("Tables", columns, found["tables"], note=note)


def _changed(row: Row) -> str:
    if row["equal"]:
        return "equal files"
    return "other bytes" if row["changed"] is None else f"{row['changed']:,}"


def _changes(found: Mapping[str, Any], top: int | None) -> list[Sheet]:
    """Return the largest changes of the tables that differ, by the first figures of each."""
    sheets = []
    for table in found["tables"]:
        rows = [
            {"column": column["column"], **one}
            for column in table["columns"][: None if top is None else COLUMNS_SHOWN]
            for one in column["largest"]
        ]
        if not rows:
            continue
        columns = [
            words("row", lambda row: " · ".join(v for v in row["row"].values() if v is not None)),
            words("figure", lambda row: row["column"]),
            Column("A", lambda row: quantity(row["before"])),
            Column("B", lambda row: quantity(row["after"])),
            Column("change", lambda row: _signed(row["change"])),
        ]
        sheets.append(_cut(f"Largest changes in {table['table']}", columns, rows, top))
    return sheets


def show_cleaning(plan: CleaningPlan, console: Console, *, done: bool) -> None:
    """Print what goes, or went, and what stays though it is left over or old.

    Parameters
    ----------
    plan : CleaningPlan
        Of `plan_cleaning`, or what `clean` did.
    console : Console
        Where to print.
    done : bool
        Whether it was removed, or would be.
    """
    rows = [asdict(one) for one in plan.removed]
    columns = [
        words("name", lambda row: row["name"]),
        words("why", lambda row: row["why"]),
        Column("size", lambda row: size(row["size_bytes"])),
    ]
    if rows:
        total = size(sum(one.size_bytes for one in plan.removed))
        show_sheet(
            sheet_of(
                "Removed" if done else "To be removed", columns, rows, note=f"{total} in all."
            ),
            console,
        )
    else:
        console.print("Nothing was removed." if done else "There is nothing to remove.")
    for name, why in plan.kept:
        console.print(Text(f"Stays: {name}, because {why}.", style="dim"))


def size(size_bytes: float) -> str:
    """Write a size in the unit in which it has up to three digits.

    Examples
    --------
    >>> size(512), size(2_345_678)
    ('512 B', '2.35 MB')
    """
    unit = 0
    while size_bytes >= STEP and unit < len(UNITS) - 1:
        size_bytes, unit = size_bytes / STEP, unit + 1
    return f"{quantity(size_bytes) if unit else int(size_bytes)} {UNITS[unit]}"


def duration(seconds: float | None) -> str:
    """Write how long something took.

    Examples
    --------
    >>> duration(2.34), duration(754.0), duration(7260.0)
    ('2.3 s', '12 min 34 s', '2 h 1 min')
    """
    if seconds is None:
        return NONE
    if seconds < MINUTE_S:
        return f"{seconds:.1f} s"
    if seconds < HOUR_S:
        return f"{int(seconds // MINUTE_S)} min {int(seconds % MINUTE_S)} s"
    return f"{int(seconds // HOUR_S)} h {int(seconds % HOUR_S // MINUTE_S)} min"


def in_words(value: object) -> str:
    """Write a value of JSON so that it can be read; digests are cut.

    Examples
    --------
    >>> in_words(None), in_words(["RU", "BY"]), in_words(True), in_words(0.25)
    ('–', 'RU, BY', 'yes', '0.25')
    """
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.6g}"
    text = ", ".join(map(in_words, value)) or "none" if isinstance(value, list) else str(value)
    if len(text) == DIGEST_LENGTH and not set(text) - set("0123456789abcdef"):
        return text[:DIGEST_SHOWN] + "…"
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _state(row: Row) -> str:
    if row["state"] == "done" and not row["message"]:
        return "not converged" if row["converged"] is False else "done"
    return f"{row['state']}: {row['message']}" if row["message"] else row["state"]


def _day(finished: str | None) -> str:
    if finished is None:
        return NONE
    return f"{datetime.fromisoformat(finished):%Y-%m-%d %H:%M}"


def _signed(value: float | None) -> str:
    if value is None:
        return NONE
    return f"+{quantity(value)}" if value > 0 else quantity(value)


def _short_list(names: Sequence[str], most: int = 5) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _cut(title: str, columns: Sequence[Column], rows: Sequence[Row], top: int | None) -> Sheet:
    note = more(len(rows[:top]), len(rows)) if rows else "None."
    return sheet_of(title, columns, rows[:top], note=note)
