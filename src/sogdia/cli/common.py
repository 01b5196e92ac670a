"""What the commands share: exit codes, arguments, and how they print."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sogdia.errors import DataError

if TYPE_CHECKING:
    from rich.console import Console

    from sogdia.assignment import Progress
    from sogdia.scenario import Scenario
    from sogdia.study import Study

OK, DEFECT, WRONG_INPUT, NO_ANSWER, REFUSED = range(5)


def examples(*lines: str) -> str:
    """Return the end of a command's help."""
    return "\n".join(["[bold]Examples[/]", *lines])


def study_names(incomplete: str) -> list[str]:
    """Return the built-in studies that begin so."""
    from sogdia.study.files import builtin_studies

    return [name for name in builtin_studies() if name.startswith(incomplete)]


def scenario_names(incomplete: str) -> list[str]:
    """Return the built-in scenarios that begin so."""
    from sogdia.scenario.files import builtin_scenarios

    return [name for name in builtin_scenarios() if name.startswith(incomplete)]


StudyArgument = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="A built-in study's name, a folder or a zip.",
        autocompletion=study_names,
    ),
]
ScenarioOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE_OR_NAME",
        help="A scenario file or a built-in scenario; by default the study's own.",
        autocompletion=scenario_names,
    ),
]
AnswerFolderOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Keep all tables and summary.json in this folder, not yet there."
    ),
]
RunFolderOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder to write, not yet there; by default one under runs/."),
]
TopOption = Annotated[
    int, typer.Option(metavar="N", help="Rows shown of each long list; 0 shows all.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


def load_scenario(study: Study, name: str | None) -> Scenario:
    """Return the scenario of that name, or the study's own."""
    from sogdia.scenario import Scenario, default_scenario

    return default_scenario(study) if name is None else Scenario.load(name)


def check_number(option: str, number: int | None, least: int, most: int) -> None:
    """Refuse the value of an option that is out of its range."""
    if number is not None and not least <= number <= most:
        raise DataError(f"{option} {number} is not a number from {least} to {most}")


def progress_bars(quiet: bool) -> AbstractContextManager[Progress | None]:
    """Return bars on standard error, or nothing."""
    from rich.console import Console

    from sogdia.report.progress import ProgressBars

    return nullcontext() if quiet else ProgressBars(Console(stderr=True))


def out_console() -> Console:
    """Return standard output as a terminal of its width."""
    from rich.console import Console

    return Console()


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object on one line."""
    from json import dumps

    typer.echo(dumps(content, ensure_ascii=False, allow_nan=False, default=str))


def warn(message: str) -> None:
    """Print a warning on standard error."""
    typer.echo(f"warning: {message}", err=True)


def say_written(path: Path) -> None:
    """Say on standard error where something was written."""
    here = Path.cwd()
    path = path.absolute()
    short = path.relative_to(here) if path.is_relative_to(here) else path
    typer.echo(f"Written to {short}", err=True)
