"""`sogdia runs`: the runs in a folder, one of them, how two differ, and what may go."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from sogdia.cli.common import (
    JsonOption,
    TopOption,
    examples,
    out_console,
    print_json,
)
from sogdia.errors import DataError

FOLDER = "runs"
MOST_ROWS = 1_000_000
ALL_CHANGES = 1_000
CHANGES = 5
HOURS = {"h": 1.0, "d": 24.0, "w": 168.0}
LONGEST_AGE_DAYS = 36600.0
RUNS_EXAMPLES = examples(
    "sogdia runs list",
    "sogdia runs show eurasia-baseline-2024",
    "sogdia runs diff eurasia-baseline-2024 eurasia-red-sea-diversion",
    "sogdia runs clean --dry-run",
)
LIST_EXAMPLES = examples("sogdia runs list", "sogdia runs list my-runs/ --json")
SHOW_EXAMPLES = examples(
    "sogdia runs show eurasia-baseline-2024",
    "sogdia runs show my-runs/first --top 0",
    "sogdia runs show first --folder my-runs/ --json",
)
DIFF_EXAMPLES = examples(
    "sogdia runs diff eurasia-baseline-2024 eurasia-red-sea-diversion",
    "sogdia runs diff my-runs/first other-runs/second --json",
)
CLEAN_EXAMPLES = examples(
    "sogdia runs clean --dry-run",
    "sogdia runs clean my-runs/ --yes",
    "sogdia runs clean --older-than 30d",
    "sogdia runs clean --partial --older-than 2d --yes --json",
)

runs_app = typer.Typer(
    help="List, show, compare and clean up runs.",
    epilog=RUNS_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="rich",
)

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where runs lie.")]
FolderOption = Annotated[
    Path, typer.Option("--folder", metavar="FOLDER", help="Where runs lie that have no path.")
]


@runs_app.command("list", epilog=LIST_EXAMPLES)
def list_runs(folder: FolderArgument = Path(FOLDER), json: JsonOption = False) -> None:
    """List what lies in a folder of runs, the newest first.

    Runs, simulations, balances, stress tests, sweeps and the like are told by what they hold;
    damaged ones, and what killed processes left, are shown as such.
    """
    from sogdia.report.runs_tables import show_listing
    from sogdia.run.kept.in_use import has_server
    from sogdia.run.kept.listing import list_runs as listed

    found = listed(folder)
    served = has_server(folder)
    if json:
        print_json(
            {
                "folder": str(folder),
                "served": served,
                "runs": [run.to_json() for run in found.runs],
                "others": [{"name": name, "why": why} for name, why in found.others],
            }
        )
        return
    show_listing(found, out_console(), folder, served=served)


@runs_app.command(epilog=SHOW_EXAMPLES)
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A run in the folder, or a path.")],
    folder: FolderOption = Path(FOLDER),
    top: TopOption = 12,
    json: JsonOption = False,
) -> None:
    """Show what a run was asked, its main figures, and whether its files are as written."""
    from sogdia.report.runs_tables import show_description
    from sogdia.run.kept.description import describe

    _check_top(top)
    path = _path(name, folder)
    found = describe(path)
    if json:
        print_json(found)
        return
    show_description(found, out_console(), path, top=top or None)


@runs_app.command(epilog=DIFF_EXAMPLES)
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A run in the folder, or a path.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another one, of the same kind.")],
    folder: FolderOption = Path(FOLDER),
    top: TopOption = 12,
    json: JsonOption = False,
) -> None:
    """Show in what two runs differ: what was asked, and what came out.

    Tables are joined on their identifiers; of what changed, the largest changes are shown. Tables
    that are equal byte for byte are said to be so at once.
    """
    _check_top(top)
    paths = [_path(name, folder) for name in (before, after)]
    show_difference(*paths, json=json, top=top or None)


@runs_app.command(epilog=CLEAN_EXAMPLES)
def clean(
    folder: FolderArgument = Path(FOLDER),
    *,
    older_than: Annotated[
        str | None,
        typer.Option(
            metavar="AGE",
            help="Remove finished runs of this age, too: 30d, 12h, 4w. A sweep that can be "
            "resumed stays.",
        ),
    ] = None,
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Remove only leftovers, those of --older-than if given."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: JsonOption = False,
) -> None:
    """Remove what killed processes left in a folder of runs, and old runs if asked.

    Never removed: what is not of Sogdia, what a live process works on, runs with files of your
    own in them, damaged ones, and what links lead to.
    """
    from sogdia.report.runs_tables import show_cleaning
    from sogdia.run.kept.cleaning import clean as cleaned
    from sogdia.run.kept.cleaning import plan_cleaning

    age = None if older_than is None else parse_age(older_than)
    plan = plan_cleaning(folder, older_than=age, only_leftovers=partial)
    if not dry_run and plan.removed and not yes:
        if json or not sys.stdin.isatty():
            raise DataError(
                f"{_folders(len(plan.removed))} would be removed; say --yes, or look first with "
                "--dry-run"
            )
        show_cleaning(plan, out_console(), done=False)
        if not typer.confirm("Remove them?"):
            typer.echo("Nothing was removed.")
            return
    found = plan if dry_run else cleaned(folder, plan)
    if json:
        print_json({"folder": str(folder), "dry_run": dry_run, **found.to_json()})
        return
    show_cleaning(found, out_console(), done=not dry_run)


def show_difference(before: Path, after: Path, *, json: bool, top: int | None) -> None:
    """Print how the folders of two runs differ; `sogdia compare` does, too.

    Parameters
    ----------
    before, after : Path
        Folders of two runs of one kind.
    json : bool
        Whether to print one JSON object.
    top : int or None
        Rows of each list; None: all.
    """
    from sogdia.report.runs_tables import show_difference_of_runs
    from sogdia.run.kept.difference import difference

    found = difference(before, after, top=ALL_CHANGES if top is None else CHANGES)
    if json:
        print_json(found)
        return
    show_difference_of_runs(found, out_console(), top=top)


def parse_age(text: str) -> timedelta:
    """Read an age.

    Examples
    --------
    >>> parse_age("30d"), parse_age("12h")
    (datetime.timedelta(days=30), datetime.timedelta(seconds=43200))
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([hdw])", text.strip())
    hours = float(match[1]) * HOURS[match[2]] if match else 0.0
    if not match or hours > LONGEST_AGE_DAYS * HOURS["d"]:
        raise DataError(f"--older-than {text!r} is not an age such as 30d, 12h or 4w")
    return timedelta(hours=hours)


def _check_top(top: int) -> None:
    if not 0 <= top <= MOST_ROWS:
        raise DataError(f"--top {top} is not a number from 0 to {MOST_ROWS}")


def _path(name: str, folder: Path) -> Path:
    """Return the folder of a run by its name, or by a path that leads to it."""
    from sogdia.report.query import suggestion

    for path in (folder / name, Path(name)):
        if path.is_dir():
            return path
    known = sorted(child.name for child in folder.iterdir()) if folder.is_dir() else []
    known = [one for one in known if not one.startswith(".") and (folder / one).is_dir()]
    hint = suggestion(name, known) if known else f"{folder} holds no runs"
    raise DataError(f"there is no run {name!r} in {folder}; {hint}")


def _folders(number: int) -> str:
    return "1 folder" if number == 1 else f"{number} folders"
