"""The runs of one folder, finished or not, in an index that outlives the server.

Every run is a folder with a manifest; beside them lies ``index.sqlite``, which knows what
has no folder: runs that wait, run, failed or were cancelled. What has one is read from its
manifest, whoever wrote it (``sogdia run`` too). So the index can be deleted: the folders
make it again, and only runs that were never finished are forgotten.

One process at a time has a store open. What it finds queued or running when it opens was
left by a process that ended: it is marked as interrupted and can be asked for again.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from time import time_ns
from typing import Any, Literal, get_args

from sogdia.errors import DataError, ResourceError

State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
STATES: tuple[State, ...] = get_args(State)
UNFINISHED: tuple[State, ...] = ("queued", "running")
REPEATABLE: tuple[State, ...] = ("interrupted", "cancelled", "failed")
"""States of a run that can be asked for again."""

INDEX = "index.sqlite"
LOCK = "index.lock"
MANIFEST = "manifest.json"
SCHEMA_VERSION = 1
LARGEST_MANIFEST_BYTES = 16 * 1024**2
LAST_YEAR = 10_000
SETTLED_NS = 1_000_000_000
"""A folder that changed longer ago than this has no second change within the same tick."""

STOPPED = "the server stopped before the run was finished"

_TABLE = """
CREATE TABLE IF NOT EXISTS run (
    run_id TEXT PRIMARY KEY,
    study TEXT NOT NULL,
    scenario TEXT NOT NULL,
    title TEXT NOT NULL,
    year INTEGER,
    simulated INTEGER NOT NULL,
    state TEXT NOT NULL,
    message TEXT,
    created TEXT NOT NULL,
    started TEXT,
    finished TEXT,
    converged INTEGER,
    request TEXT,
    turn INTEGER,
    stamp TEXT
)
"""
_COLUMNS = (
    *("run_id", "study", "scenario", "title", "year", "simulated", "state", "message"),
    *("created", "started", "finished", "converged", "request", "stamp"),
)
_OUTCOME = ("state", "message", "year", "converged", "finished", "stamp")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as the index knows it.

    Attributes
    ----------
    run_id : str
        Name of its folder.
    study, scenario, title : str
        Names of study and scenario, and the scenario's title.
    year : int or None
        Year of demand and network.
    simulated : bool
        Whether its flows were, or are to be, simulated.
    state : str
        One of `STATES`.
    message : str or None
        Of a run that failed: why.
    created, started, finished : str or None
        When it was asked for, begun and ended, ISO 8601 in UTC.
    converged : bool or None
        Of a finished run: whether the assignment reached its residual.
    request : str or None
        What was asked, as JSON, to ask it again; None for a run of the command line.
    stamp : str or None
        Which version of its manifest was read; None while it has no folder.
    """

    run_id: str
    study: str
    scenario: str
    title: str
    year: int | None
    simulated: bool
    state: State
    message: str | None
    created: str
    started: str | None
    finished: str | None
    converged: bool | None
    request: str | None
    stamp: str | None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that is asked for.

    Attributes
    ----------
    name : str
        What its folder is to be called; numbered where the name is taken.
    study, scenario, title, year, simulated
        As of `StoredRun`.
    request : mapping
        What is asked, as values that JSON knows.
    """

    name: str
    study: str
    scenario: str
    title: str
    year: int | None
    simulated: bool
    request: Mapping[str, Any]


class RunStore:
    """Runs of a folder, by their ids; safe to use from several threads.

    Parameters
    ----------
    folder : Path
        Where runs lie; it is made if it is not there.

    Raises
    ------
    ResourceError
        If the folder cannot be written to, or another process has it open.
    DataError
        If a newer Sogdia wrote the index.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._lock = RLock()
        self._seen_ns: int | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._held = _hold(self.folder / LOCK)
        except OSError as error:
            raise _refused(self.folder, error) from error
        try:
            self._index = _open_index(self.folder / INDEX)
            self._take_over()
        except BaseException:
            self._held.close()
            raise

    def close(self) -> None:
        """Let another process have the folder; what is unfinished is interrupted."""
        with self._lock:
            if self._held.closed:
                return
            self._interrupt()
            self._index.close()
            self._held.close()

    def runs(self) -> list[StoredRun]:
        """Return all runs, the newest first."""
        with self._lock:
            self._refresh()
            return self._select("ORDER BY created DESC, turn DESC, run_id DESC")

    def get(self, run_id: str) -> StoredRun | None:
        """Return a run, or None where there is none of that id."""
        with self._lock:
            self._refresh()
            found = self._select("WHERE run_id = ?", run_id)
        return found[0] if found else None

    def queue(self) -> list[StoredRun]:
        """Return the runs that wait, the next one first."""
        with self._lock:
            return self._select("WHERE state = 'queued' ORDER BY turn")

    def path(self, run_id: str) -> Path:
        """Return the folder of a run, be it there or not.

        Raises
        ------
        KeyError
            If there is no such run.
        """
        if self.get(run_id) is None:
            raise KeyError(run_id)
        return self.folder / run_id

    def add(self, run: NewRun) -> StoredRun:
        """Put a run at the end of the queue."""
        with self._lock:
            run_id = self._free_name(run.name)
            self._write(
                "INSERT INTO run (run_id, study, scenario, title, year, simulated, state, created,"
                " request, turn) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)",
                *(run_id, run.study, run.scenario, run.title, run.year, run.simulated, _now()),
                *(json.dumps(run.request), self._next_turn()),
            )
            return self._one(run_id)

    def repeat(self, run_id: str) -> StoredRun:
        """Put a run that came to no end at the end of the queue again.

        Raises
        ------
        KeyError
            If there is no such run.
        ValueError
            If it is not one of `REPEATABLE`, what was asked is not known, or its name is
            taken by a folder.
        """
        with self._lock:
            run = self._one(run_id)
            if run.state not in REPEATABLE or run.request is None or run.stamp is not None:
                raise ValueError(f"{run_id} is {run.state}")
            self._write(
                "UPDATE run SET state = 'queued', message = NULL, started = NULL, finished = NULL,"
                " turn = ? WHERE run_id = ?",
                *(self._next_turn(), run_id),
            )
            return self._one(run_id)

    def start(self, run_id: str) -> None:
        """Note that a run has begun."""
        with self._lock:
            self._write(
                "UPDATE run SET state = 'running', started = ? WHERE run_id = ?", _now(), run_id
            )

    def end(self, run_id: str, state: State, message: str | None = None) -> StoredRun:
        """Note how a run ended; one whose folder is complete is done, whatever was said.

        Parameters
        ----------
        run_id : str
            The run.
        state : str
            How it ended, if there is no folder.
        message : str, optional
            Why it failed.
        """
        with self._lock:
            self._drop_partial(run_id)
            if not self._read_folder(run_id):
                self._write(
                    "UPDATE run SET state = ?, message = ?, finished = ? WHERE run_id = ?",
                    *(state, message, _now(), run_id),
                )
            return self._one(run_id)

    def delete(self, run_id: str) -> None:
        """Remove a run, its folder and its row.

        Raises
        ------
        KeyError
            If there is no such run.
        ValueError
            If it waits or runs.
        ResourceError
            If its folder cannot be removed.
        """
        with self._lock:
            run = self._one(run_id)
            if run.state in UNFINISHED:
                raise ValueError(f"{run_id} is {run.state}")
            folder = self.folder / run_id
            # Renamed first, so that no half of a run is ever seen and nobody waits for the rest.
            hidden = folder.with_name(f".{run_id}.{secrets.token_hex(4)}.deleted")
            try:
                if _is_run_folder(folder):
                    folder.rename(hidden)
            except OSError as error:
                raise _refused(folder, error) from error
            self._write("DELETE FROM run WHERE run_id = ?", run_id)
        try:
            shutil.rmtree(hidden)
        except FileNotFoundError:
            pass  # it had no folder
        except OSError as error:
            raise _refused(hidden, error) from error

    def _take_over(self) -> None:
        """Put in order what another process left."""
        for hidden in self.folder.glob(".*.deleted"):
            shutil.rmtree(hidden, ignore_errors=True)
        self._refresh()
        self._interrupt()

    def _interrupt(self) -> None:
        for run in self._select("WHERE state = 'running'"):
            self._drop_partial(run.run_id)
        self._write(
            "UPDATE run SET state = 'interrupted', message = ?, finished = ?"
            " WHERE state IN ('queued', 'running')",
            *(STOPPED, _now()),
        )

    def _refresh(self) -> None:
        """Bring the rows to what lies in the folder, if anything there has changed."""
        try:
            changed_ns = self.folder.stat().st_mtime_ns
            if changed_ns == self._seen_ns:
                return
            names = {
                entry.name
                for entry in os.scandir(self.folder)
                if entry.is_dir() and _is_text(entry.name)
            }
        except OSError as error:
            raise _refused(self.folder, error) from error
        settled = time_ns() - changed_ns > SETTLED_NS
        for name in sorted(names):
            self._read_folder(name)
        for run in self._select("WHERE stamp IS NOT NULL"):
            if run.run_id not in names:
                self._write("DELETE FROM run WHERE run_id = ?", run.run_id)
        self._seen_ns = changed_ns if settled else None

    def _read_folder(self, name: str) -> bool:
        """Bring a row to what the manifest in its folder says; false: it has none."""
        manifest = self.folder / name / MANIFEST
        if name.startswith(".") or not _is_run_folder(manifest.parent):
            return False
        try:
            status = manifest.stat()
        except OSError:
            return False
        stamp = f"{status.st_mtime_ns}-{status.st_size}"
        known = self._select("WHERE run_id = ?", name)
        if known and known[0].stamp == stamp:
            return True
        written = datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="milliseconds")
        figures = read_manifest(manifest, written) | {"run_id": name, "stamp": stamp}
        if known and known[0].request is not None:
            # What was asked for is known better than the manifest says it.
            figures = {column: figures[column] for column in _OUTCOME}
        if not known:
            figures["created"] = figures["finished"]
            columns, marks = ", ".join(figures), ", ".join("?" * len(figures))
            self._write(f"INSERT INTO run ({columns}) VALUES ({marks})", *figures.values())
        else:
            values = ", ".join(f"{column} = ?" for column in figures)
            self._write(f"UPDATE run SET {values} WHERE run_id = ?", *figures.values(), name)
        return True

    def _free_name(self, name: str) -> str:
        candidate, number = name, 1
        while self._select("WHERE run_id = ?", candidate) or os.path.lexists(
            self.folder / candidate
        ):
            number += 1
            candidate = f"{name}-{number}"
        return candidate

    def _next_turn(self) -> int:
        turns = self._index.execute("SELECT coalesce(max(turn), 0) + 1 FROM run")
        return int(turns.fetchone()[0])

    def _drop_partial(self, run_id: str) -> None:
        for partial in self.folder.iterdir():
            # As `sogdia.run.folder` names them; ids may hold what a glob takes for a pattern.
            if partial.name.startswith(f".{run_id}.") and partial.name.endswith(".partial"):
                shutil.rmtree(partial, ignore_errors=True)

    def _one(self, run_id: str) -> StoredRun:
        found = self._select("WHERE run_id = ?", run_id)
        if not found:
            raise KeyError(run_id)
        return found[0]

    def _select(self, condition: str, *values: object) -> list[StoredRun]:
        with _sqlite_refusals(self.folder):
            rows = self._index.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM run {condition}", values
            ).fetchall()
        return [_stored(row) for row in rows]

    def _write(self, statement: str, *values: object) -> None:
        with _sqlite_refusals(self.folder):
            self._index.execute(statement, values)


def read_manifest(path: Path, written: str) -> dict[str, Any]:
    """Read what the index keeps of a finished run.

    Parameters
    ----------
    path : Path
        Its manifest.
    written : str
        When it was written, for a manifest that does not say.

    Returns
    -------
    dict
        Columns of the index; of a damaged manifest the state is "failed", with the reason.
    """
    try:
        return _figures(json.loads(_content(path)), written)
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        return {
            **{"study": "", "scenario": path.parent.name, "title": "", "year": None},
            **{"simulated": False, "state": "failed", "converged": None, "finished": written},
            "message": f"{MANIFEST} of {path.parent.name} cannot be read: {reason}",
        }


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_MANIFEST_BYTES:
        raise ValueError(f"it has more than {LARGEST_MANIFEST_BYTES} bytes")
    return path.read_bytes()


def _figures(manifest: Any, written: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(manifest, dict):
        raise TypeError("it is not a JSON object")
    files = manifest.get("files", {})
    scenario = manifest["scenario"]
    year = None if manifest.get("year") is None else int(manifest["year"])
    if year is not None and not 0 < year < LAST_YEAR:
        raise ValueError(f"its year is {year}")
    converged = manifest.get("result", {}).get("converged")
    finished = manifest.get("this_run", {}).get("finished")
    return {
        "study": _text(manifest["study"]["name"]),
        "scenario": _text(scenario["name"]),
        "title": _text(scenario.get("content", {}).get("title") or scenario["name"]),
        "year": year,
        # The folder of `sogdia simulate` has no assignment, only replications.
        "simulated": "simulated_elements.parquet" in files or "replications" in manifest,
        "state": "done",
        "message": None,
        "converged": None if converged is None else bool(converged),
        "finished": written if finished is None else _in_utc(finished),
    }


def _text(value: object) -> str:
    """Return a text that the index can hold: JSON can hold halves of characters, too."""
    text = str(value)
    if not _is_text(text):
        raise ValueError(f"{text!r} is not Unicode")
    return text


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _in_utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds")


def _stored(row: tuple[Any, ...]) -> StoredRun:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["simulated"] = bool(values["simulated"])
    values["converged"] = None if values["converged"] is None else bool(values["converged"])
    return StoredRun(**values)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _is_run_folder(path: Path) -> bool:
    """Tell whether a path is a folder itself: what a symbolic link leads to is not ours."""
    return path.is_dir() and not path.is_symlink()


def _hold(path: Path) -> Any:  # noqa: ANN401
    """Take a lock that the system lets go of when this process ends, however it ends."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise ResourceError(
            f"the runs in {path.parent} are in use by another server; stop it, or name another "
            "folder of runs"
        ) from error
    return file


def _open_index(path: Path) -> sqlite3.Connection:
    """Open the index, or make it again where it is no database."""
    with _sqlite_refusals(path.parent):
        try:
            return _connect(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    path.with_name(path.name + suffix).unlink()
            return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    index = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        _check_version(path, index.execute("PRAGMA user_version").fetchone()[0])
        index.execute("PRAGMA journal_mode = WAL")
        index.execute("PRAGMA synchronous = NORMAL")
        index.execute(_TABLE)
        index.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        index.close()
        raise
    return index


def _check_version(path: Path, version: int) -> None:
    if version not in (0, SCHEMA_VERSION):
        raise DataError(
            f"{path} is the index of another version of Sogdia ({version}, not "
            f"{SCHEMA_VERSION}); remove it, and it is made again from the folders of the runs"
        )


@contextmanager
def _sqlite_refusals(folder: Path) -> Iterator[None]:
    """Turn what the database says of the disk into one line that names the folder."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ResourceError(f"the index of runs in {folder} cannot be used: {error}") from error


def _refused(path: Path, error: OSError) -> ResourceError:
    if isinstance(error, ResourceError):
        return error
    return ResourceError(f"{path} cannot be used: {error.strerror or error}")
