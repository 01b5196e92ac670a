"""The `sogdia` command: arguments in, exit codes out; all work is done by the layers below."""

from __future__ import annotations

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from typing import Annotated, NoReturn

import typer

from sogdia._version import __version__
from sogdia.cli import (
    assign_command,
    columns_command,
    compare_command,
    exchange_commands,
    invest_command,
    route_command,
    run_command,
    runs_command,
    serve_command,
    simulate_command,
    stress_command,
    supply_command,
    sweep_command,
    table_commands,
)
from sogdia.cli.common import DEFECT, NO_ANSWER, REFUSED, WRONG_INPUT, warn
from sogdia.errors import (
    CheckError,
    ConvergenceError,
    DataError,
    InfeasibleError,
    ResourceError,
    SogdiaError,
)

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
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
        warnings.showwarning = lambda message, *_, **__: warn(str(message))
        try:
            _run_app(arguments)
        except SogdiaError as error:
            typer.echo(str(error), err=True)
            sys.exit(exit_code(error))
        except MemoryError:
            typer.echo("out of memory", err=True)
            sys.exit(REFUSED)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                _leave_with_defect()
            # What could not be printed is not to be tried again when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            typer.echo(f"cannot write the output: {error.strerror}", err=True)
            sys.exit(REFUSED)
        except Exception:
            _leave_with_defect()


def _run_app(arguments: Sequence[str] | None) -> None:
    try:
        app(args=arguments, prog_name="sogdia")
    finally:
        sys.stdout.flush()


def _leave_with_defect() -> NoReturn:
    typer.echo(traceback.format_exc(), err=True)
    typer.echo("This is a defect of Sogdia; please report it with the lines above.", err=True)
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


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sogdia {__version__}")
        raise typer.Exit


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


app.command(epilog=route_command.EXAMPLES)(route_command.route)
app.command(epilog=assign_command.EXAMPLES)(assign_command.assign)
app.command(epilog=run_command.EXAMPLES)(run_command.run)
app.command(epilog=simulate_command.EXAMPLES)(simulate_command.simulate)
app.command(epilog=supply_command.EXAMPLES)(supply_command.supply)
app.command(epilog=compare_command.EXAMPLES)(compare_command.compare)
app.command(epilog=stress_command.EXAMPLES)(stress_command.stress)
app.command(epilog=invest_command.EXAMPLES)(invest_command.invest)
app.command(epilog=sweep_command.EXAMPLES)(sweep_command.sweep)
app.add_typer(runs_command.runs_app, name="runs")
app.command(epilog=serve_command.EXAMPLES)(serve_command.serve)
app.add_typer(exchange_commands.import_app, name="import")
app.add_typer(exchange_commands.export_app, name="export")
app.command(epilog=table_commands.CHECK_EXAMPLES)(table_commands.check)
app.command(epilog=columns_command.EXAMPLES)(columns_command.columns)
app.command(epilog=table_commands.SHOW_EXAMPLES)(table_commands.show)
app.command()(table_commands.studies)
app.command()(table_commands.scenarios)
