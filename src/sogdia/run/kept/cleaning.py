"""What may go from a folder of runs: leftovers of killed processes and, if asked, old answers.

Nothing goes that is not ours, that a live process works on, or in which somebody has put files of
their own; links are never followed. A folder is renamed before it is removed, so that no half
of it is ever taken for a whole one; a web server forgets what is no longer there by itself.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sogdia.errors import ResourceError
from sogdia.run.kept.in_use import is_in_use, marked_in_use, without_server
from sogdia.run.kept.listing import (
    LEFTOVER,
    SWEEP_PLAN,
    SWEEP_RESULTS,
    WRITTEN_BESIDE,
    ListedRun,
    list_runs,
    read_run,
)

SETTLED = timedelta(minutes=1)
"""A leftover that changed less long ago may belong to a process that has only begun."""
SWEEP_SUFFIXES = (".jsonl", ".lock", ".parquet", ".partial")


@dataclass(frozen=True, slots=True)
class Removal:
    """A folder that goes, or would.

    Attributes
    ----------
    name : str
        Of the folder.
    why : str
        In words.
    size_bytes : int
        What is won.
    """

    name: str
    why: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class CleaningPlan:
    """What goes from a folder of runs, and what was looked at and stays.

    Attributes
    ----------
    removed : tuple of Removal
        What goes.
    kept : tuple of (str, str)
        What is left over, old or damaged, and why it stays nevertheless.
    """

    removed: tuple[Removal, ...]
    kept: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON knows it."""
        return {
            "removed": [asdict(one) for one in self.removed],
            "kept": [{"name": name, "why": why} for name, why in self.kept],
        }


def plan_cleaning(
    folder: Path,
    *,
    older_than: timedelta | None = None,
    only_leftovers: bool = False,
    now: datetime | None = None,
) -> CleaningPlan:
    """Say what may go from a folder of runs; nothing is removed.

    Parameters
    ----------
    folder : Path
        Where runs lie.
    older_than : timedelta, optional
        Finished answers older than this go, too; without it, leftovers alone.
    only_leftovers : bool
        Whether `older_than` is of leftovers, and all answers stay.
    now : datetime, optional
        What ages are counted to; by default the time of the call.

    Returns
    -------
    CleaningPlan
        In the order of `sogdia.run.kept.listing.list_runs`.

    Raises
    ------
    DataError
        If there is no such folder.
    """
    now = now or datetime.now(UTC)
    removed: list[Removal] = []
    kept: list[tuple[str, str]] = []
    for run in list_runs(folder).runs:
        age = now - datetime.fromisoformat(run.finished or now.isoformat())
        if run.kind == "leftover":
            least = max(SETTLED, older_than or SETTLED) if only_leftovers else SETTLED
        elif older_than is None or only_leftovers:
            continue
        else:
            least = older_than
        if age <= least and run.kind != "leftover":
            continue
        if stays := _why_it_stays(folder / run.name, run, age, least):
            kept.append((run.name, stays))
        else:
            removed.append(Removal(run.name, _why(run, age), run.size_bytes))
    return CleaningPlan(tuple(removed), tuple(kept))


def clean(folder: Path, plan: CleaningPlan) -> CleaningPlan:
    """Remove what a plan names, if it may still go.

    Parameters
    ----------
    folder : Path
        Where runs lie.
    plan : CleaningPlan
        See `plan_cleaning`.

    Returns
    -------
    CleaningPlan
        What was removed; what a process has begun to use meanwhile is among what is kept.

    Raises
    ------
    ResourceError
        If a web server has the folder open, or something cannot be removed.
    """
    removed: list[Removal] = []
    kept = list(plan.kept)
    with without_server(folder):
        for one in plan.removed:
            path = folder / one.name
            if path.is_symlink() or not path.is_dir():
                kept.append((one.name, "it is gone"))
            elif is_in_use(path):
                kept.append((one.name, "a process that is alive uses it"))
            else:
                _remove(path)
                removed.append(one)
    return CleaningPlan(tuple(removed), tuple(kept))


def _why_it_stays(path: Path, run: ListedRun, age: timedelta, least: timedelta) -> str:
    """Say why a folder may not go; empty: it may."""
    if run.state == "in use":
        return "a process that is alive uses it"
    if run.kind == "leftover":
        if age <= least:
            return f"it changed less than {_in_words(least)} ago"
        strangers = [name for name, is_file in _content(path) if not is_file]
        return f"it holds {', '.join(strangers)}, which no run writes" if strangers else ""
    if run.state == "damaged":
        return f"it is damaged, so it is not sure whose it is: {run.message}"
    if run.state == "unfinished":
        return "it can be resumed"
    strangers = _strangers(path)
    return f"it holds files that Sogdia did not write: {', '.join(strangers)}" if strangers else ""


def _strangers(path: Path) -> list[str]:
    """Return what lies in a finished folder and was not written with it."""
    kept = read_run(path)
    if kept.kind == "sweep":
        own = {SWEEP_PLAN, SWEEP_RESULTS, *WRITTEN_BESIDE}
        return [
            name
            for name, is_file in _content(path)
            if not is_file or (name not in own and not name.endswith(SWEEP_SUFFIXES))
        ]
    own = {*kept.files, *WRITTEN_BESIDE}
    return [name for name, is_file in _content(path) if not is_file or name not in own]


def _content(path: Path) -> list[tuple[str, bool]]:
    """Return the names in a folder, and whether each is a file and no link."""
    return sorted((entry.name, entry.is_file(follow_symlinks=False)) for entry in os.scandir(path))


def _why(run: ListedRun, age: timedelta) -> str:
    if run.kind == "leftover":
        return run.message
    return f"finished {_in_words(age)} ago"


def _in_words(age: timedelta) -> str:
    if age < timedelta(days=1):
        return f"{age.total_seconds() / 60:.0f} min"
    return f"{age.days} day{'s' if age.days > 1 else ''}"


def _remove(path: Path) -> None:
    hidden = path
    try:
        # Held, so that two that clean at once do not meet.
        with marked_in_use(path):
            if not LEFTOVER.fullmatch(path.name):
                hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.deleted")
                path.rename(hidden)
            shutil.rmtree(hidden)
    except OSError as error:
        raise ResourceError(f"{path} cannot be removed: {error.strerror or error}") from error
