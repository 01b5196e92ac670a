"""A table as read: CSV bytes to typed columns, every unreadable cell reported with its row.

Rows are counted as a spreadsheet counts them, so the header is row 1.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import dataframely as dy
import polars as pl

from sogdia.errors import Problem

MAX_ROWS_NAMED = 20
LARGE_BYTES = 2**20
"""Size from which a table is worth a look at whether it can be split in a quick way."""
QUOTED = re.compile(rb'(?<![^,\n])"[^"\n]*"(?=[,\r\n]|\Z)')
MARK_COLUMNS = ("all_of", "any_of", "none_of", "scope", "of")
ISO_DATE = r"^[12]\d{3}-\d{2}-\d{2}$"
TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A typed table, with where its rows stand and which of its cells could not be read.

    Attributes
    ----------
    schema : type of Schema
        Schema of the table.
    frame : DataFrame
        All columns of the schema; an unreadable cell is null.
    file : str
        What messages call the table.
    rows : Series or None
        Row in the file of each row; None for a table that is not a file, whose rows
        are then named by their keys.
    unread : mapping of str to Series
        For the columns that have some: true where the cell could not be read.
    """

    schema: type[dy.Schema]
    frame: pl.DataFrame
    file: str
    rows: pl.Series | None
    unread: Mapping[str, pl.Series]

    def problems(
        self, column: str | None, wrong: pl.Series, say: Callable[[int], str]
    ) -> list[Problem]:
        """Report the rows where `wrong` is true, naming the first of them one by one.

        Parameters
        ----------
        column : str or None
            Column at fault; None if the row is.
        wrong : Series of bool
            Rows at fault; null counts as false.
        say : callable
            Message for a row, given its index in the frame.

        Returns
        -------
        list of Problem
            One for each of the first rows, and one that counts the rest.
        """
        index = wrong.fill_null(value=False).arg_true()
        found = [
            Problem(
                say(i) if self.rows is not None else f"{self._key(i)}: {say(i)}",
                self.file,
                None if self.rows is None else self.rows[i],
                column,
            )
            for i in index.head(MAX_ROWS_NAMED)
        ]
        if (more := index.len() - MAX_ROWS_NAMED) > 0:
            rows = "row is" if more == 1 else "rows are"
            found.append(Problem(f"{more} more {rows} wrong in this way", self.file, None, column))
        return found

    def _key(self, index: int) -> str:
        keys = [self.frame[key][index] for key in self.schema.primary_key()]
        return "row " + ", ".join("?" if key is None else repr(show(key)) for key in keys)

    def row_name(self, index: int) -> str:
        """Return what a message calls the row at `index`."""
        return self._key(index) if self.rows is None else f"row {self.rows[index]}"

    def readable(self) -> pl.Series:
        """Return true for the rows of which every cell could be read."""
        result = pl.repeat(value=True, n=self.frame.height, dtype=pl.Boolean, eager=True)
        for mask in self.unread.values():
            result &= ~mask
        return result


def is_list(name: str, column: dy.Column) -> bool:
    """Tell whether the column holds several values separated by commas."""
    several = bool((column.metadata or {}).get("list"))
    return several or name in MARK_COLUMNS or "," in (getattr(column, "regex", None) or "")


def show(value: object) -> str:
    """Return a value as its author would write it: 3 rather than 3.0."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def nearest(value: str, known: Sequence[str]) -> str | None:
    """Return the known value that `value` is probably a slip of."""
    near = get_close_matches(value, known, n=1, cutoff=0.6)
    if not near:
        lowered = {name.lower(): name for name in known}
        near = [lowered[name] for name in get_close_matches(value.lower(), lowered, n=1)]
    return near[0] if near else None


def read_sheet(
    schema: type[dy.Schema], file: str, data: bytes, needed: Collection[str] = ()
) -> tuple[Sheet | None, list[Problem], list[Problem]]:
    """Read one CSV file.

    Parameters
    ----------
    schema : type of Schema
        Schema of the table.
    file : str
        Name of the file, for messages.
    data : bytes
        Its content: UTF-8, with or without a byte-order mark.
    needed : collection of str, optional
        Columns that must be there beside those that the schema asks for.

    Returns
    -------
    sheet : Sheet or None
        The table; None if nothing of it could be read.
    problems, warnings : list of Problem
        What is wrong, and what looks like a slip.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 (byte 0x{data[error.start]:02x}); save it as CSV UTF-8"
        return None, [Problem(message, file, row)], []
    if len(data) >= LARGE_BYTES and (plain := _plain_table(text)) is not None:
        header, cells, rows = plain
        problems, warnings = _check_header(schema, file, header, needed)
        if problems:
            return None, problems, warnings
        known = {name: k for k, name in enumerate(header) if name in schema.columns()}
        wanted = cells.select(pl.nth(k).alias(name) for name, k in known.items())
        sheet, problems = typed_sheet(schema, file, wanted, rows)
        return sheet, problems, warnings
    records, problems = _records(text, file)
    if not records:
        return None, problems or [Problem("is empty; the first row names the columns", file)], []
    (_, header), *body = records
    header = [name.strip() for name in header]
    found, warnings = _check_header(schema, file, header, needed)
    problems += found
    if found:
        return None, problems, warnings
    sheet, found = _typed(schema, file, header, body)
    return sheet, problems + found, warnings


def sheet_of_records(
    schema: type[dy.Schema], file: str, records: Sequence[Mapping[str, str]]
) -> tuple[Sheet, list[Problem]]:
    """Make a sheet of rows given as column-to-text mappings, as a scenario adds them."""
    header = list(dict.fromkeys(name for record in records for name in record))
    body = [
        (number, [record.get(name, "") for name in header])
        for number, record in enumerate(records, start=1)
    ]
    return _typed(schema, file, header, body)


def _records(text: str, file: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Split CSV text into numbered records; blank ones count but are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, record in enumerate(reader, start=1):
            if any(cell and not cell.isspace() for cell in record):
                records.append((number, record))
    except csv.Error as error:
        message = f"cannot be read as comma-separated values: {error}"
        return records, [Problem(message, file, number + 1)]
    return records, []


def _plain_table(text: str) -> tuple[list[str], pl.DataFrame, pl.Series] | None:
    """Split CSV text that is plain in a quick way; None where it may be anything else.

    Plain is: every line is a record of as many cells as the header has, and a quotation mark
    only opens or closes a cell that has no other in it.
    """
    data = text.encode()
    outside = QUOTED.sub(b"", data) if b'"' in data else data
    header = outside.partition(b"\n")[0].decode().rstrip("\r").split(",")
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    even = outside.count(b",") == lines * (len(header) - 1)
    line_ends = data.count(b"\r") == data.count(b"\r\n")
    if len(header) < 2 or not even or not line_ends or b'"' in outside or b"\0" in data:
        return None
    try:
        cells = pl.read_csv(data, has_header=False, skip_rows=1, infer_schema=False, glob=False)
    except pl.exceptions.PolarsError:
        return None
    if cells.shape != (lines - 1, len(header)):
        return None
    full = cells.select(
        pl.any_horizontal(pl.all().str.strip_chars().str.len_bytes() > 0).fill_null(value=False)
    ).to_series()
    rows = pl.int_range(2, lines + 1, eager=True).alias("row")
    if not full.all():
        cells, rows = cells.filter(full), rows.filter(full)
    return [name.strip() for name in header], cells, rows


def _check_header(
    schema: type[dy.Schema], file: str, header: list[str], needed: Collection[str]
) -> tuple[list[Problem], list[Problem]]:
    columns = schema.columns()
    problems = [
        Problem("the column is given twice", file, None, name)
        for name in columns
        if header.count(name) > 1
    ]
    missing = [name for name, column in columns.items() if not column.nullable or name in needed]
    problems += [
        Problem("the column is missing", file, None, name) for name in missing if name not in header
    ]
    warnings = []
    for position, name in enumerate(header, start=1):
        if not name:
            warnings.append(Problem(f"column {position} has no name and is ignored", file))
        elif name not in columns:
            near = nearest(name, list(columns))
            hint = f"; nearest: {near}" if near else ""
            warnings.append(Problem(f"unknown column, ignored{hint}", file, None, name))
    return problems, warnings


def _typed(
    schema: type[dy.Schema], file: str, header: list[str], body: list[tuple[int, list[str]]]
) -> tuple[Sheet, list[Problem]]:
    width = len(header)
    even = [(record + [""] * width)[:width] for _, record in body]
    cells = dict(zip(header, zip(*even, strict=True), strict=True)) if even else {}
    known = schema.columns().keys() & cells.keys()
    text = pl.DataFrame(
        {name: cells[name] for name in known}, schema=dict.fromkeys(known, pl.String)
    )
    rows = pl.Series("row", [number for number, _ in body], dtype=pl.Int64)
    widths = pl.Series("width", [len(record) for _, record in body], dtype=pl.Int64)
    return typed_sheet(schema, file, text, rows, widths, width)


def typed_sheet(
    schema: type[dy.Schema],
    file: str,
    text: pl.DataFrame,
    rows: pl.Series,
    widths: pl.Series | None = None,
    width: int = 0,
) -> tuple[Sheet, list[Problem]]:
    """Make a sheet of cells that are still texts.

    Parameters
    ----------
    schema : type of Schema
        Schema of the table.
    file : str
        What messages call the table.
    text : DataFrame
        Cells by column; other columns of the schema are empty.
    rows : Series of int
        Row, or line, of the file that each row stands in.
    widths : Series of int, optional
        Cells that each row has; by default as many as it should.
    width : int, optional
        Cells that it should have.

    Returns
    -------
    sheet : Sheet
        The table.
    problems : list of Problem
        Rows of another width, and cells that cannot be read.
    """
    given = {name: column for name, column in schema.columns().items() if name in text.columns}
    text = text.select(_tidy(name, column) for name, column in given.items())
    frame = text.select(reading(pl.col(name), column) for name, column in given.items())
    ragged = pl.repeat(value=False, n=rows.len(), dtype=pl.Boolean, eager=True)
    if widths is not None:
        ragged = widths != width
    lost = {name: (text[name].is_not_null() & frame[name].is_null()) | ragged for name in given}
    unread = {name: mask for name, mask in lost.items() if mask.any()}
    whole = pl.DataFrame(
        [
            frame[name] if name in given else _empty(name, column, rows.len())
            for name, column in schema.columns().items()
        ]
    )
    sheet = Sheet(schema, whole, file, rows, unread)
    problems = []
    if widths is not None:
        problems += sheet.problems(
            None, ragged, lambda i: f"{widths[i]} cells where the header has {width}"
        )
    for name, failed in unread.items():
        say = _wrong_type(text[name], given[name])
        problems += sheet.problems(name, failed & ~ragged, say)
    return sheet, problems


def _empty(name: str, column: dy.Column, height: int) -> pl.Series:
    return pl.repeat(None, n=height, dtype=column.dtype, eager=True).alias(name)


def _tidy(name: str, column: dy.Column) -> pl.Expr:
    """Cut blanks around a text and the items of a list; an empty text is a missing one."""
    text = pl.col(name).str.strip_chars()
    if is_list(name, column):
        text = text.str.replace_all(r"\s*,\s*", ",")
    return pl.when(text != "").then(text).alias(name)


def _wrong_type(text: pl.Series, column: dy.Column) -> Callable[[int], str]:
    return lambda i: f"{text[i]!r} {wrong_type_message(text[i], column)}"


def reading(text: pl.Expr, column: dy.Column) -> pl.Expr:
    """Read texts as the type of `column`; what cannot be read becomes null."""
    match column:
        case dy.Float64():
            value = text.cast(pl.Float64, strict=False)
            return pl.when(value.is_finite()).then(value)
        case dy.Int32():
            # 1520.0 is a whole number: other programs write integers with gaps so.
            number = text.cast(pl.Float64, strict=False)
            return pl.when(number == number.round()).then(number).cast(pl.Int32, strict=False)
        case dy.Bool():
            lowered = text.str.to_lowercase()
            return lowered.replace_strict(TRUTH, default=None, return_dtype=pl.Boolean)
        case dy.Date():
            iso = pl.when(text.str.contains(ISO_DATE)).then(text)
            return iso.str.to_date("%Y-%m-%d", strict=False)
        case dy.Enum():
            return text.cast(column.dtype, strict=False)
        case _:
            return text


def read_value(text: str, column: dy.Column) -> object:
    """Read one text as the type of `column`; None if it cannot be read."""
    return pl.select(reading(pl.lit(text, dtype=pl.String), column)).item()


def wrong_type_message(text: str, column: dy.Column) -> str:
    """Say in words what a text should have been, as the end of a sentence."""
    match column:
        case dy.Float64():
            return "is not a finite number" if _is_number(text) else "is not a number"
        case dy.Int32():
            return "is not a whole number"
        case dy.Bool():
            return "is not true or false"
        case dy.Date():
            return "is not a date such as 2024-06-30"
        case dy.Enum():
            near = nearest(text, column.categories)
            hint = f"; nearest: {near!r}" if near else ""
            return f"is not one of {', '.join(column.categories)}{hint}"
        case _:
            return "is not a text"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
