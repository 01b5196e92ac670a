"""`sogdia run`: a study assigned, and its run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sogdia.cli.common import (
    NO_ANSWER,
    JsonOption,
    QuietOption,
    ScenarioOption,
    StudyArgument,
    examples,
    load_scenario,
    out_console,
    print_json,
    progress_bars,
    say_written,
)

if TYPE_CHECKING:
    from sogdia.scenario import Scenario
    from sogdia.study import Study


EXAMPLES = examples(
    "sogdia run eurasia --year 2024",
    "sogdia run eurasia --scenario red-sea-diversion --out runs/red-sea",
    "sogdia run my-study.zip --scenario my-scenario.toml --json --quiet",
)


def run(
    study: StudyArgument = "eurasia",
    scenario: ScenarioOption = None,
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
    asked = load_scenario(loaded, scenario)
    folder_path = out or Path("runs") / _folder_name(loaded, asked, year)
    # The folder is opened first: a full disk is known before the work, not after it.
    with new_folder(folder_path, numbered=out is None) as folder:
        with progress_bars(quiet) as progress:
            finished = run_study(loaded, asked, year=year, progress=progress)
        finished.fill(folder, pages(finished))
    if json:
        print_json(finished.summary())
    else:
        show_summary(finished, out_console())
    if not quiet:
        say_written(folder.path)
    if not finished.result.converged:
        residual = finished.result.residual
        typer.echo(f"not converged: a residual of {residual:.1e} is left", err=True)
        raise typer.Exit(NO_ANSWER)


def _folder_name(study: Study, scenario: Scenario, year: int | None) -> str:
    from sogdia.run.execute import run_name

    return run_name(study.name, scenario.name, year or scenario.year or study.settings.base_year)
