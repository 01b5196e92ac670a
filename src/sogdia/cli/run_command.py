"""`sogdia run`: a study assigned, and its run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sogdia.cli.common import (
    NO_ANSWER,
    JsonOption,
    QuietOption,
    RunFolderOption,
    ScenarioOption,
    StudyArgument,
    examples,
    load_scenario,
    out_console,
    print_json,
    progress_bars,
    say_written,
)
from sogdia.cli.report_words import read_baseline, say_no_report

if TYPE_CHECKING:
    from sogdia.scenario import Scenario
    from sogdia.simulation import SimulationOptions
    from sogdia.study import Study

REPLICATIONS = 10
EXAMPLES = examples(
    "sogdia run eurasia --year 2024",
    "sogdia run eurasia --scenario red-sea-diversion --out runs/red-sea",
    "sogdia run eurasia --scenario avoid-russia --baseline runs/eurasia-baseline-2024",
    "sogdia run eurasia --simulate --replications 20",
    "sogdia run my-study.zip --scenario my-scenario.toml --json --quiet",
)


def run(
    study: StudyArgument = "eurasia",
    *,
    scenario: ScenarioOption = None,
    year: Annotated[
        int | None, typer.Option(help="Year of demand and network; by default the scenario's.")
    ] = None,
    out: RunFolderOption = None,
    simulate: Annotated[
        bool,
        typer.Option(
            "--simulate",
            help="Simulate the queues too, and feed their waits back until both agree.",
        ),
    ] = False,
    replications: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help=f"Years simulated in each round of --simulate; by default {REPLICATIONS}.",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", help="Folder of a run to compare with: report.html shows both."
        ),
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Assign a study's freight to its network and print what the corridors carry."""
    from sogdia.report.markdown import pages
    from sogdia.report.queue_sheets import said
    from sogdia.report.tables import show_summary
    from sogdia.run.execute import run_study
    from sogdia.run.folder import new_folder
    from sogdia.study.load import load

    simulation = _simulation_options(simulate, replications)
    loaded = load(study)
    asked = load_scenario(loaded, scenario)
    beside = None if baseline is None else read_baseline(baseline, loaded)
    folder_path = out or Path("runs") / _folder_name(loaded, asked, year)
    # The folder is opened first: a full disk is known before the work, not after it.
    with new_folder(folder_path, numbered=out is None) as folder:
        with progress_bars(quiet) as progress:
            finished = run_study(loaded, asked, year=year, simulation=simulation, progress=progress)
        finished.fill(folder, pages(finished, beside))
    if json:
        print_json(finished.summary())
    else:
        show_summary(finished, out_console())
    if not quiet:
        say_written(folder.path)
        say_no_report()
    if not finished.result.converged:
        residual = finished.result.residual
        typer.echo(f"not converged: a residual of {residual:.1e} is left", err=True)
        raise typer.Exit(NO_ANSWER)
    if finished.feedback is not None and not finished.feedback.converged:
        typer.echo(said(finished.feedback), err=True)
        raise typer.Exit(NO_ANSWER)


def _simulation_options(simulate: bool, replications: int | None) -> SimulationOptions | None:
    """Return how to simulate, if that is asked for."""
    if not simulate:
        if replications is not None:
            raise typer.BadParameter("it needs --simulate", param_hint="--replications")
        return None
    from sogdia.simulation import SimulationOptions

    options = SimulationOptions(
        replications=REPLICATIONS if replications is None else replications,
        trace=True,  # the report plays the first replication
    )
    options.check()
    return options


def _folder_name(study: Study, scenario: Scenario, year: int | None) -> str:
    from sogdia.run.names import run_name

    return run_name(study.name, scenario.name, year or scenario.year or study.settings.base_year)
