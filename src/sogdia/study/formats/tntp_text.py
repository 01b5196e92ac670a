"""Files of the TransportationNetworks format (TNTP) to typed rows, each with its line.

Metadata ``<KEY> value`` stand before ``<END OF METADATA>``; comments begin with ``~`` and rows
end with ``;`` (https://github.com/bstabler/TransportationNetworks).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from sogdia.errors import Problem
from sogdia.study.check import check_bounds, check_missing, check_rules, run_checks
from sogdia.study.formats.tntp_schema import TripRow
from sogdia.study.sheet import Sheet, typed_sheet

END = re.compile(r"^\s*<END OF METADATA>.*$", re.IGNORECASE | re.MULTILINE)
METADATUM = re.compile(r"\s*<([^>]+)>(.*)")
NET, TRIPS, NODE = "_net.tntp", "_trips.tntp", "_node.tntp"
"""How the names of files end."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What stands before ``<END OF METADATA>``: values by key in capitals, and their lines."""

    file: str
    values: Mapping[str, str]
    lines: Mapping[str, int]
    end_line: int

    def number(self, key: str, *, whole: bool = True) -> tuple[float | None, list[Problem]]:
        """Return a number that has to be there, or what is wrong with it."""
        if key not in self.values:
            return None, [Problem(f"<{key}> is missing before <END OF METADATA>", self.file)]
        text = self.values[key]
        wanted = "a whole number" if whole else "a number"
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value < float("inf") or (whole and value != int(value)):
            message = f"<{key}> is {text!r}, which is not {wanted} of at least 0"
            return None, [Problem(message, self.file, self.lines[key])]
        return value, []


def decode(data: bytes) -> str:
    """Return the text of a file; bytes that are not UTF-8 stand in comments, if anywhere."""
    text = data.decode("utf-8-sig", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def metadata_of(text: str, file: str) -> tuple[Metadata, list[Problem]]:
    """Read what stands before ``<END OF METADATA>``.

    Parameters
    ----------
    text : str
        Content of the file.
    file : str
        Its name, for messages.

    Returns
    -------
    metadata : Metadata
        What it says.
    problems : list of Problem
        That there is no end of it.
    """
    end = END.search(text)
    before = text if end is None else text[: end.start()]
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(before.split("\n"), start=1):
        match = METADATUM.fullmatch(line)
        if match is not None:
            key = " ".join(match[1].upper().split())
            values[key] = match[2].strip()
            lines[key] = number
    problems = [] if end else [Problem("there is no line <END OF METADATA>", file)]
    return Metadata(file, values, lines, before.count("\n") + 1 if end else 0), problems


def body_lines(text: str, after: int) -> pl.DataFrame:
    """Return the lines behind line `after` that are neither blank nor comments.

    Parameters
    ----------
    text : str
        Content of the file.
    after : int
        Number of the last line of the metadata.

    Returns
    -------
    DataFrame
        ``line`` (number) and ``text`` (without blanks at its ends and comments behind it).
    """
    lines = pl.Series("text", text.split("\n"), dtype=pl.String)
    return (
        pl.DataFrame([lines])
        .with_row_index("line", offset=1)
        .slice(after)
        .with_columns(pl.col("line").cast(pl.Int64), pl.col("text").str.replace("~.*", ""))
        .with_columns(pl.col("text").str.strip_chars())
        .filter(pl.col("text") != "")
    )


def rows_of(
    schema: type[dy.Schema], file: str, lines: pl.DataFrame, *, ended: bool = True
) -> tuple[Sheet, list[Problem]]:
    """Split lines at blanks into the columns of `schema`, and check them.

    Parameters
    ----------
    schema : type of Schema
        What the columns are, in their order.
    file : str
        Name of the file, for messages.
    lines : DataFrame
        See `body_lines`.
    ended : bool
        Whether each has to end with a semicolon.

    Returns
    -------
    sheet : Sheet
        Typed rows; a cell that cannot be read is null.
    problems : list of Problem
        Everything wrong with a row in itself.
    """
    names = list(schema.columns())
    text = lines["text"]
    cells = text.str.strip_chars_end("; \t").str.replace_all(r"\s+", " ").str.split(" ")
    table = pl.DataFrame(
        [cells.list.get(k, null_on_oob=True).alias(name) for k, name in enumerate(names)]
    )
    rows = lines["line"].alias("row")
    widths = cells.list.len().cast(pl.Int64)
    width = len(names)
    sheet, problems = typed_sheet(schema, file, table, rows)
    short = widths < width
    problems = sheet.problems(
        None,
        short,
        lambda i: f"{widths[i]} columns where {width} are needed: {', '.join(names)}",
    ) + [problem for problem in problems if problem.row is not None]
    if ended:
        open_end = ~text.str.ends_with(";")
        problems += sheet.problems(None, open_end, lambda _: "the row does not end with ;")
    checks = []
    for name, column in schema.columns().items():
        missing = [
            check._replace(wrong=check.wrong & ~pl.lit(short))
            for check in check_missing(sheet, name, column)
        ]
        checks += [*missing, *check_bounds(sheet, name, column)]
    checks += check_rules(sheet)
    return sheet, problems + run_checks(sheet, checks)


def pairs_of(file: str, lines: pl.DataFrame) -> tuple[Sheet, list[Problem]]:
    """Split lines ``Origin n`` and ``destination : trips;`` into one row per pair.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    lines : DataFrame
        See `body_lines`.

    Returns
    -------
    sheet : Sheet
        Typed rows of `TripRow`.
    problems : list of Problem
        Everything wrong with a pair in itself.
    """
    split = lines.with_columns(
        origin=pl.col("text").str.extract(r"(?i)^origin\b\s*(\S*)"),
        pairs=pl.col("text").str.replace(r"(?i)^origin\b\s*\S*", "").str.strip_chars(),
    ).with_columns(pl.col("origin").forward_fill())
    problems = [
        Problem("the line does not end with ;", file, line)
        for line in split.filter((pl.col("pairs") != "") & ~pl.col("pairs").str.ends_with(";"))[
            "line"
        ].head(20)
    ]
    pairs = (
        split.select("line", "origin", pl.col("pairs").str.split(";"))
        .explode("pairs")
        .with_columns(pl.col("pairs").str.strip_chars())
        .filter(pl.col("pairs") != "")
        .with_columns(
            destination=pl.col("pairs").str.extract(r"^(.*?)\s*:"),
            trips=pl.col("pairs").str.extract(r":\s*(.*)$"),
        )
    )
    unclear = pairs.filter(pl.col("destination").is_null() | pl.col("origin").is_null())
    for line, origin, pair in unclear.head(20).select("line", "origin", "pairs").iter_rows():
        problems.append(
            Problem(
                f"{pair!r} stands before the first line 'Origin n'"
                if origin is None
                else f"{pair!r} is not a pair 'destination : trips;'",
                file,
                line,
            )
        )
    pairs = pairs.filter(pl.col("destination").is_not_null() & pl.col("origin").is_not_null())
    sheet, found = typed_sheet(
        TripRow, file, pairs.select("origin", "destination", "trips"), pairs["line"].alias("row")
    )
    checks = [
        check
        for name, column in TripRow.columns().items()
        for check in (*check_missing(sheet, name, column), *check_bounds(sheet, name, column))
    ]
    return sheet, problems + found + run_checks(sheet, checks)
