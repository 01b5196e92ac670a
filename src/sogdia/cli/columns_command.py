"""`sogdia columns`: which tables a study may have, and what each of their columns holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sogdia.cli.common import JsonOption, examples, out_console, print_json
from sogdia.errors import DataError

if TYPE_CHECKING:
    import dataframely as dy
    import polars as pl

EXAMPLES = examples("sogdia columns", "sogdia columns link", "sogdia columns terminal --json")


def _tables(incomplete: str) -> list[str]:
    from sogdia.study.model import SCHEMAS

    return [name for name in SCHEMAS if name.startswith(incomplete)]


def columns(
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="TABLE",
            help="One of the tables; by default they are listed.",
            autocompletion=_tables,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the tables that a study may have, or the columns of one of them."""
    from sogdia.report.listing import show_rows
    from sogdia.report.query import suggestion
    from sogdia.study.model import SCHEMAS

    if table is not None and table not in SCHEMAS:
        raise DataError(f"there is no table {table!r}; {suggestion(table, list(SCHEMAS))}")
    found = table_frame() if table is None else column_frame(table)
    if json:
        print_json({"table": table, "rows": found.to_dicts()})
        return
    title = "Tables of a study" if table is None else f"{table}.csv: {_purpose(SCHEMAS[table])}"
    shown = found.with_columns(needed=found["needed"].replace_strict({True: "yes", False: ""}))
    show_rows(shown, out_console(), title=title, every_column=True)


def table_frame() -> pl.DataFrame:
    """Return table, needed, a row is: one row per table."""
    import polars as pl

    from sogdia.study.model import REQUIRED_TABLES, SCHEMAS

    return pl.DataFrame(
        [
            {"table": name, "needed": name in REQUIRED_TABLES, "a row is": _purpose(schema)}
            for name, schema in SCHEMAS.items()
        ]
    )


def column_frame(table: str) -> pl.DataFrame:
    """Return column, needed, holds, meaning: one row per column of a table."""
    import polars as pl

    from sogdia.study.check import GEOGRAPHIC_COLUMNS
    from sogdia.study.model import SCHEMAS

    return pl.DataFrame(
        [
            {
                "column": name,
                "needed": not column.nullable or (table, name) in GEOGRAPHIC_COLUMNS,
                "holds": _content(column),
                "meaning": column.description or "",
            }
            for name, column in SCHEMAS[table].columns().items()
        ]
    )


def _purpose(schema: type[dy.Schema]) -> str:
    return (schema.__doc__ or "").split("\n", 1)[0].rstrip(".")


def _content(column: dy.Column) -> str:
    """Say what a cell may hold, as one would write it in a spreadsheet."""
    import dataframely as dy

    if target := (column.metadata or {}).get("references"):
        return str(target)
    if isinstance(column, dy.Enum):
        return ", ".join(column.categories)
    words = {dy.Bool: "true or false", dy.Date: "2024-06-30", dy.Int32: "whole number"}
    words |= {dy.Float64: "number", dy.String: "text"}
    return words[type(column)]
