"""What the commands that write a report have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sogdia.errors import DataError

if TYPE_CHECKING:
    from sogdia.report.page import RunPage
    from sogdia.study import Study


def say_no_report() -> None:
    """Say on standard error why no report.html was written, where none could be."""
    from sogdia.report.page import NOT_BUILT, page_folder

    if page_folder() is None:
        typer.echo(f"No report.html: {NOT_BUILT}.", err=True)


def read_baseline(path: Path, study: Study) -> RunPage:
    """Read the run that another one is compared with.

    Parameters
    ----------
    path : Path
        Its folder.
    study : Study
        Study of the other run.

    Returns
    -------
    RunPage
        Named after its folder; without what is played, which only the other run is for.

    Raises
    ------
    DataError
        If the folder is not that of a run, or of a run of another study.
    """
    from sogdia.report.page import run_page_of_folder

    page = run_page_of_folder(path, f"baseline {path.absolute().name}")
    if page["study"] != study.name:
        raise DataError(
            f"--baseline {path} is a run of study {page['study']}, not of {study.name}; "
            f"name a run of the same study"
        )
    return {**page, "playback": None}
