"""The `sogdia` command: arguments in, exit codes out; all work is done by the layers below."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sogdia._version import __version__
from sogdia.errors import (
    CheckError,
    ConvergenceError,
    DataError,
    InfeasibleError,
    ResourceError,
    SogdiaError,
)

if TYPE_CHECKING:
    from rich.console import Console

    from sogdia.assignment import Progress
    from sogdia.scenario import Scenario
    from sogdia.study import Study

OK, DEFECT, WRONG_INPUT, NO_ANSWER, REFUSED = range(5)

EXIT_CODES = "\n".join(
    [
        "[bold]Exit codes[/]",
        "  [bold]0[/]  done",
        "  [bold]1[/]  a defect of Sogdia",
        "  [bold]2[/]  wrong input or usage",
        "  [bold]3[/]  no answer: infeasible, or not converged",
        "  [bold]4[/]  the machine refused: disk, memory, permission",
        "[bold]130[/]  interrupted",
    ]
)


def _examples(*lines: str) -> str:
    return "\n".join(["[bold]Examples[/]", *lines])


app = typer.Typer(
    name="sogdia",
    help="Plan, simulate and stress-test freight corridors.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.
    """
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: _warn(str(message))
        try:
            app(args=arguments, prog_name="sogdia")
        except SogdiaError as error:
            typer.echo(str(error), err=True)
            sys.exit(exit_code(error))
        except MemoryError:
            typer.echo("out of memory", err=True)
            sys.exit(REFUSED)
        except Exception:
            typer.echo(traceback.format_exc(), err=True)
            typer.echo(
                "This is a defect of Sogdia; please report it with the lines above.", err=True
            )
            sys.exit(DEFECT)


def exit_code(error: SogdiaError) -> int:
    """Return the exit code that an error ends the command with."""
    codes: Mapping[type[SogdiaError], int] = {
        DataError: WRONG_INPUT,
        InfeasibleError: NO_ANSWER,
        ConvergenceError: NO_ANSWER,
        ResourceError: REFUSED,
        CheckError: DEFECT,
    }
    return next((code for kind, code in codes.items() if isinstance(error, kind)), DEFECT)


def _warn(message: str) -> None:
    typer.echo(f"warning: {message}", err=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sogdia {__version__}")
        raise typer.Exit


def _studies(incomplete: str) -> list[str]:
    from sogdia.study.files import builtin_studies

    return [name for name in builtin_studies() if name.startswith(incomplete)]


def _scenarios(incomplete: str) -> list[str]:
    from sogdia.scenario.files import builtin_scenarios

    return [name for name in builtin_scenarios() if name.startswith(incomplete)]


def _tables(incomplete: str) -> list[str]:
    from sogdia.study.model import SCHEMAS

    return [name for name in SCHEMAS if name.startswith(incomplete)]


StudyArgument = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="A built-in study's name, a folder or a zip.",
        autocompletion=_studies,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Plan, simulate and stress-test freight corridors."""


@app.command(
    epilog=_examples(
        "sogdia run eurasia --year 2024",
        "sogdia run eurasia --scenario red-sea-diversion --out runs/red-sea",
        "sogdia run my-study.zip --scenario my-scenario.toml --json --quiet",
    )
)
def run(
    study: StudyArgument = "eurasia",
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_NAME",
            help="A scenario file or a built-in scenario; by default the study's own.",
            autocompletion=_scenarios,
        ),
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="Year of demand and network; by default the scenario's.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder to write, not yet there; by default one under runs/."
        ),
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Assign a study's freight to its network and print what the corridors carry."""
    from sogdia.report.markdown import pages
    from sogdia.report.tables import show_summary
    from sogdia.run.execute import run_study
    from sogdia.run.folder import new_folder
    from sogdia.study.load import load

    loaded = load(study)
    asked = _scenario(loaded, scenario)
    folder_path = out or Path("runs") / _folder_name(loaded, asked, year)
    # The folder is opened first: a full disk is known before the work, not after it.
    with new_folder(folder_path, numbered=out is None) as folder:
        with _progress(quiet) as progress:
            finished = run_study(loaded, asked, year=year, progress=progress)
        finished.fill(folder, pages(finished))
    if json:
        _print_json(finished.summary())
    else:
        show_summary(finished, _console())
    if not quiet:
        typer.echo(f"Written to {_short(folder.path)}", err=True)
    if not finished.result.converged:
        residual = finished.result.residual
        typer.echo(f"not converged: a residual of {residual:.1e} is left", err=True)
        raise typer.Exit(NO_ANSWER)


@app.command(epilog=_examples("sogdia check eurasia", "sogdia check my-study/"))
def check(study: StudyArgument, json: JsonOption = False) -> None:
    """List everything that is wrong with a study's tables."""
    from sogdia.study.load import inspect

    found, problems, slips = inspect(study)
    rows = {name: frame.height for name, frame in found.frames().items()} if found else {}
    if json:
        lists = {"problems": [*map(str, problems)], "warnings": [*map(str, slips)]}
        _print_json({"study": study, **lists, "rows": rows})
        raise typer.Exit(WRONG_INPUT if problems else OK)
    for slip in slips:
        _warn(str(slip))
    if problems:
        raise DataError(problems)
    filled = sum(count > 0 for count in rows.values())
    typer.echo(f"{study}: {filled} tables, {sum(rows.values()):,} rows, nothing wrong")


@app.command(
    epilog=_examples(
        "sogdia show eurasia node --where name~aktau",
        "sogdia show eurasia link --where country=KZ --where 'length_km>=500'",
        "sogdia show eurasia demand --columns origin,destination,quantity_kt --json",
    )
)
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
        _print_json({"table": table, "found": found.height, "rows": rows.to_dicts()})
        return
    title = f"{table}: {rows.height:,} of {found.height:,} rows"
    show_rows(rows, _console(), title=title, every_column=bool(chosen))


@app.command()
def studies() -> None:
    """List the built-in studies."""
    for name in _studies(""):
        typer.echo(name)


@app.command()
def scenarios() -> None:
    """List the built-in scenarios."""
    for name in _scenarios(""):
        typer.echo(name)


def _scenario(study: Study, name: str | None) -> Scenario:
    from sogdia.assignment.solution import default_scenario
    from sogdia.scenario import Scenario

    return default_scenario(study) if name is None else Scenario.load(name)


def _folder_name(study: Study, scenario: Scenario, year: int | None) -> str:
    from sogdia.run.execute import run_name

    return run_name(study.name, scenario.name, year or scenario.year or study.settings.base_year)


def _progress(quiet: bool) -> AbstractContextManager[Progress | None]:
    from rich.console import Console

    from sogdia.report.progress import ProgressBars

    return nullcontext() if quiet else ProgressBars(Console(stderr=True))


def _console() -> Console:
    from rich.console import Console

    return Console()


def _print_json(content: Mapping[str, Any]) -> None:
    from json import dumps

    typer.echo(dumps(content, ensure_ascii=False, allow_nan=False, default=str))


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
