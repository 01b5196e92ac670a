"""A folder of runs: every kind of answer in it, what it was asked, and what is broken or left over.

A folder is told by the file that says what it holds: ``manifest.json`` (`sogdia run`, `sogdia
simulate`), ``summary.json`` (an answer) or ``sweep.toml``. Folders that were being written when
their process ended have names of their own (see `sogdia.run.folder`). All else is not ours, and
symbolic links are never followed.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sogdia.errors import DataError, ResourceError
from sogdia.run.answer_folder import SUMMARY
from sogdia.run.kept.in_use import is_in_use
from sogdia.run.store import LARGEST_MANIFEST_BYTES, MANIFEST

SWEEP_PLAN = "sweep.toml"
SWEEP_RESULTS = "results.parquet"
SWEEP_LOG = "finished-*.jsonl"
LEFTOVER = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.(?P<what>partial|deleted)")
"""Names of folders that were being written or removed."""
ANSWERS = {
    "same_question": "compare",
    "budget_musd": "invest",
    "capacity_left": "stress",
    "relative_gap": "assign",
    "deliveries": "supply",
}
"""Keys of ``summary.json`` by which the command is told that answered."""
WRITTEN_BESIDE = {MANIFEST, SUMMARY, "report.html"}
"""Files of a finished folder that its list of files does not name."""


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One folder of runs, as JSON knows it.

    Attributes
    ----------
    name : str
        Of the folder.
    kind : str
        The command that wrote it (run, simulate, supply, assign, stress, invest, compare,
        sweep), "answer" where it cannot be told which, or "leftover".
    state : str
        "done"; "unfinished" (a sweep that can be resumed); "in use" (a live process writes it);
        "leftover" (of a process that ended); "damaged".
    study, scenario : str or None
        What was asked.
    year : int or None
        Year of demand and network.
    finished : str or None
        When it was finished, or last changed; ISO 8601 in UTC.
    seconds : float or None
        Time that it took.
    size_bytes : int
        Of all files in it.
    converged : bool or None
        Whether the answer converged, where that can be asked.
    message : str
        What is wrong, or how far it is; may be empty.
    """

    name: str
    kind: str
    state: str
    study: str | None
    scenario: str | None
    year: int | None
    finished: str | None
    seconds: float | None
    size_bytes: int
    converged: bool | None
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON knows them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in a folder of runs.

    Attributes
    ----------
    runs : tuple of ListedRun
        The newest first.
    others : tuple of (str, str)
        What else is there and why it is not ours.
    """

    runs: tuple[ListedRun, ...]
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A finished folder as read.

    Attributes
    ----------
    path : Path
        The folder.
    kind : str
        As of `ListedRun`.
    content : mapping
        Of its manifest, its summary or its plan.
    """

    path: Path
    kind: str
    content: Mapping[str, Any]

    @property
    def made_from(self) -> Mapping[str, Any]:
        """What the answer was made from: version, study, scenario, files."""
        found: Mapping[str, Any] = self.content.get("made_from", self.content)
        return found

    @property
    def files(self) -> dict[str, str]:
        """SHA-256 of each file that was written, by its name; a sweep names none."""
        return dict(self.made_from.get("files", {}))


def list_runs(folder: Path) -> Listing:
    """List a folder of runs.

    Parameters
    ----------
    folder : Path
        Where runs lie.

    Returns
    -------
    Listing
        All of its folders; those that cannot be read are listed as damaged.

    Raises
    ------
    DataError
        If there is no such folder.
    ResourceError
        If it cannot be read.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; name one that holds runs")
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise ResourceError(f"{folder} cannot be read: {error.strerror or error}") from error
    runs, others = [], []
    for entry in entries:
        if entry.is_symlink():
            others.append((entry.name, "a link, which is not followed"))
        elif not entry.is_dir():
            others.append((entry.name, "a file"))
        elif (found := listed(Path(entry.path))) is not None:
            runs.append(found)
        else:
            others.append((entry.name, "not a folder of Sogdia"))
    runs.sort(key=lambda one: one.name)
    runs.sort(key=lambda one: one.finished or "", reverse=True)
    return Listing(tuple(runs), tuple(others))


def listed(path: Path) -> ListedRun | None:
    """Return what a folder is, or None where it is not ours."""
    if LEFTOVER.fullmatch(path.name):
        return _leftover(path)
    try:
        kept = _read(path)
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        return _damaged(path, f"{_sign(path)} cannot be read: {error}")
    if kept is None:
        return None
    try:
        return _sweep(kept) if kept.kind == "sweep" else _finished(kept)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        return _damaged(path, f"{_sign(path)} is none that Sogdia wrote: {reason}")


def read_run(path: Path) -> KeptRun:
    """Read what a folder says of itself.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    KeptRun
        Of any kind.

    Raises
    ------
    DataError
        If it is no folder of a run, or damaged.
    """
    found = listed(path) if path.is_dir() and not path.is_symlink() else None
    if found is None:
        raise DataError(f"{path} is not the folder of a run; sogdia runs list shows those there")
    if found.state in {"damaged", "leftover"} or found.kind == "leftover":
        raise DataError(f"{path} cannot be used: {found.message}")
    kept = _read(path)
    if kept is None:
        raise DataError(f"{path} is gone; sogdia runs list shows what is there")
    return kept


def size_bytes(path: Path) -> int:
    """Return what the files below a folder hold; links count as nothing."""
    total = 0
    for parent, _, names in os.walk(path, followlinks=False):
        for name in names:
            status = (Path(parent) / name).lstat()
            total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total


def _sign(path: Path) -> str:
    """Return the name of the file that tells what a folder is."""
    names = (SWEEP_PLAN, MANIFEST, SUMMARY)
    return next((name for name in names if os.path.lexists(path / name)), "")


def _read(path: Path) -> KeptRun | None:
    """Read a folder's manifest, summary or plan; None: it has none of them, or not ours."""
    sign = _sign(path)
    if not sign:
        return None
    file = path / sign
    if not _is_file(file):
        raise ValueError("it is not a file")
    if file.stat().st_size > LARGEST_MANIFEST_BYTES:
        raise ValueError(f"it has more than {LARGEST_MANIFEST_BYTES} bytes")
    if sign == SWEEP_PLAN:
        return _read_sweep(path)
    content = json.loads(file.read_bytes())
    if not isinstance(content, dict):
        raise TypeError("it is not a JSON object")
    # Other programs write files of these names, too.
    ours = {"study", "files"} <= content.keys() if sign == MANIFEST else "made_from" in content
    return KeptRun(path, _kind(sign, content), content) if ours else None


def _read_sweep(path: Path) -> KeptRun | None:
    plan = tomllib.loads((path / SWEEP_PLAN).read_bytes().decode())
    # A plan that nobody has begun with lies wherever somebody keeps it.
    return KeptRun(path, "sweep", plan) if "made_from" in plan else None


def _kind(sign: str, content: Mapping[str, Any]) -> str:
    if sign == MANIFEST:
        return "simulate" if "replications" in content else "run"
    return next((kind for key, kind in ANSWERS.items() if key in content), "answer")


def _finished(kept: KeptRun) -> ListedRun:
    content, made = kept.content, kept.made_from
    this_run = content.get("this_run", {})
    seconds = this_run.get("seconds")
    if isinstance(seconds, Mapping):
        seconds = sum(seconds.values())
    missing = [name for name in kept.files if not _is_file(kept.path / name)]
    start = content.get("start")
    year = content.get("year") or (None if start is None else int(str(start)[:4]))
    converged = content.get("result", {}).get("converged", content.get("converged"))
    return ListedRun(
        name=kept.path.name,
        kind=kept.kind,
        state="damaged" if missing else "done",
        study=str(made["study"]["name"]),
        scenario=_asked(kept) or str(made["scenario"]["name"]),
        year=None if year is None else int(year),
        finished=_in_utc(this_run.get("finished")) or _changed(kept.path),
        seconds=None if seconds is None else float(seconds),
        size_bytes=size_bytes(kept.path),
        converged=None if converged is None else bool(converged),
        message=f"{', '.join(missing)} missing" if missing else "",
    )


def _asked(kept: KeptRun) -> str | None:
    """Return both scenarios of a comparison."""
    if kept.kind != "compare":
        return None
    return " → ".join(str(kept.content[side]["scenario"]) for side in ("before", "after"))


def _sweep(kept: KeptRun) -> ListedRun:
    path, year = kept.path, kept.content.get("year")
    logs = [log for log in path.glob(SWEEP_LOG) if _is_file(log)]
    done = sum(max(log.read_bytes().count(b"\n") - 1, 0) for log in logs)  # the first is a header
    complete = _is_file(path / SWEEP_RESULTS)
    used = is_in_use(path)
    message = f"{done:,} task{'' if done == 1 else 's'} finished"
    if used:
        message += " so far"
    elif not complete:
        message += "; the same command resumes it"
    return ListedRun(
        name=path.name,
        kind="sweep",
        state="in use" if used else "done" if complete else "unfinished",
        study=str(kept.made_from["study"]["name"]),
        scenario=str(kept.made_from["scenario"]["name"]),
        year=None if year is None else int(year),
        finished=_changed(path),
        seconds=None,
        size_bytes=size_bytes(path),
        converged=None,
        message=message,
    )


def _leftover(path: Path) -> ListedRun:
    match = LEFTOVER.fullmatch(path.name)
    used = is_in_use(path)
    what = "removed" if match and match["what"] == "deleted" else "written"
    end = "now" if used else "when its process ended"
    message = f"was being {what} {end}" if not used else f"is being {what} {end}"
    return ListedRun(
        name=path.name,
        kind="leftover",
        state="in use" if used else "leftover",
        study=None,
        scenario=None,
        year=None,
        finished=_changed(path),
        seconds=None,
        size_bytes=size_bytes(path),
        converged=None,
        message=message,
    )


def _damaged(path: Path, message: str) -> ListedRun:
    kinds = {SWEEP_PLAN: "sweep", MANIFEST: "run"}
    return ListedRun(
        name=path.name,
        kind=kinds.get(_sign(path), "answer"),
        state="damaged",
        study=None,
        scenario=None,
        year=None,
        finished=_changed(path),
        seconds=None,
        size_bytes=size_bytes(path),
        converged=None,
        message=message,
    )


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _changed(path: Path) -> str:
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return changed.isoformat(timespec="seconds")


def _in_utc(text: str | None) -> str | None:
    if text is None:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds")
