"""`sogdia sweep`: many scenarios evaluated, and which assumption drives which figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sogdia.cli.common import (
    NO_ANSWER,
    REFUSED,
    JsonOption,
    QuietOption,
    examples,
    out_console,
    print_json,
    progress_bars,
    say_written,
)

if TYPE_CHECKING:
    from sogdia.run.sweeps.sweep import SweepResult

INTERRUPTED = 130
EXAMPLES = examples(
    "sogdia sweep plan.toml",
    "sogdia sweep plan.toml --workers 8 --out runs/titr-2030",
    "sogdia sweep plan.toml --executor dask --address tcp://10.0.0.5:8786",
    "sogdia sweep plan.toml --block 17/64 --quiet",
    "sogdia sweep plan.toml --json | jq .sensitivity",
)


def sweep(
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN", help="A TOML file: what varies, and how.")
    ],
    *,
    executor: Annotated[
        str,
        typer.Option(
            metavar="local|threads|dask",
            help="Processes of this machine, threads of one process, or a Dask cluster.",
        ),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="tcp://HOST:PORT",
            help="Scheduler of a running Dask cluster; without it one is started here. What no "
            "worker survives is begun there as often as its allowed-failures say, and again.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Evaluations at once; by default one per core."),
    ] = None,
    block: Annotated[
        str | None,
        typer.Option(
            metavar="K/N",
            help="Do only the K-th of N parts, for job arrays; the last one puts all together.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of the sweep; by default runs/ and the plan's name."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="More than 10,000 points are meant.")] = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Evaluate many scenarios, and say which assumption drives which figure.

    PLAN names a study, a base scenario and the parameters that vary: a grid, a list, a Latin
    hypercube, or a sample from which Sobol indices are computed (docs/design tells how).

    Whatever stops a sweep, what is finished is kept: the same command goes
    on where it was. Points that have no answer are listed with their reasons.
    """
    from sogdia.report.sweep_tables import show_sweep
    from sogdia.run.sweeps.sweep import sweep as run_sweep

    try:
        with progress_bars(quiet) as progress:
            found = run_sweep(
                plan,
                out=out,
                executor=executor,
                workers=workers,
                address=address,
                block=block,
                confirmed=yes,
                progress=progress,
            )
    except KeyboardInterrupt as interrupt:
        typer.echo(str(interrupt) or "stopped", err=True)
        raise typer.Exit(INTERRUPTED) from interrupt
    if json:
        print_json(found.json())
    else:
        show_sweep(found, out_console())
    if not quiet:
        say_written(found.folder)
    _leave(found)


def _leave(found: SweepResult) -> None:
    """End with the code that tells how it went."""
    if found.lost:
        typer.echo(
            f"{len(found.lost):,} points could not be evaluated on this machine; the same command "
            "tries them again",
            err=True,
        )
        raise typer.Exit(REFUSED)
    if found.dataset is not None and found.dataset.failures.height == found.dataset.results.height:
        typer.echo("no point has an answer", err=True)
        raise typer.Exit(NO_ANSWER)
