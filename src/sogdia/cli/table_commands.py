"""`sogdia check`, `show`, `studies` and `scenarios`: what there is, and what is wrong with it."""

from __future__ import annotations

from typing import Annotated

import typer

from sogdia.cli.common import (
    OK,
    WRONG_INPUT,
    JsonOption,
    StudyArgument,
    examples,
    out_console,
    print_json,
    scenario_names,
    study_names,
    warn,
)
from sogdia.errors import DataError

CHECK_EXAMPLES = examples("sogdia check eurasia", "sogdia check my-study/")
SHOW_EXAMPLES = examples(
    "sogdia show eurasia node --where name~aktau",
    "sogdia show eurasia link --where country=KZ --where 'length_km>=500'",
    "sogdia show eurasia demand --columns origin,destination,quantity_kt --json",
)


def _tables(incomplete: str) -> list[str]:
    from sogdia.study.model import SCHEMAS

    return [name for name in SCHEMAS if name.startswith(incomplete)]


def check(study: StudyArgument, json: JsonOption = False) -> None:
    """List everything that is wrong with a study's tables."""
    from sogdia.study.load import inspect

    found, problems, slips = inspect(study)
    rows = {name: frame.height for name, frame in found.frames().items()} if found else {}
    if json:
        lists = {"problems": [*map(str, problems)], "warnings": [*map(str, slips)]}
        print_json({"study": study, **lists, "rows": rows})
        raise typer.Exit(WRONG_INPUT if problems else OK)
    for slip in slips:
        warn(str(slip))
    if problems:
        raise DataError(problems)
    filled = sum(count > 0 for count in rows.values())
    typer.echo(f"{study}: {filled} tables, {sum(rows.values()):,} rows, nothing wrong")


def show(
    study: StudyArgument,
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help="One of its tables, such as node, link, terminal, demand or observation.",
            autocompletion=_tables,
        ),
    ],
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION",
            help="Column, operator and value: = != > >= < <= ~ (contains). May be repeated.",
        ),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Columns to show, in this order.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Rows to show; 0 shows all.")] = 20,
    json: JsonOption = False,
) -> None:
    """Show rows of one of a study's tables."""
    from sogdia.report.listing import show_rows
    from sogdia.report.query import parse_condition, select, suggestion
    from sogdia.study.load import load

    conditions = [parse_condition(text) for text in where or []]
    chosen = [name.strip() for name in columns.split(",")] if columns else []
    frames = load(study).frames()
    if table not in frames:
        raise DataError(f"there is no table {table!r}; {suggestion(table, list(frames))}")
    found = select(frames[table], conditions, chosen)
    rows = found.head(limit) if limit else found
    if json:
        print_json({"table": table, "found": found.height, "rows": rows.to_dicts()})
        return
    title = f"{table}: {rows.height:,} of {found.height:,} rows"
    show_rows(rows, out_console(), title=title, every_column=bool(chosen))


def studies() -> None:
    """List the built-in studies."""
    for name in study_names(""):
        typer.echo(name)


def scenarios() -> None:
    """List the built-in scenarios."""
    for name in scenario_names(""):
        typer.echo(name)
