"""The folder of a sweep: its plan, its logs, and the dataset once all tasks are finished.

    sweep.toml                   the plan, and what it was made from
    finished-17-of-64.jsonl      tasks finished by block 17 (see `sogdia.run.sweeps.log`)
    results.parquet              a row for each point, in the plan's order
    failures.parquet             points that failed, and why
    summary.json                 what ``--json`` prints, but for what differs from run to run

A folder is of one plan, one study and one version of Sogdia. Blocks of a sweep may be worked
on at the same time; the whole of it and a block may not.
"""

from __future__ import annotations

import fcntl
import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import tomli_w

from sogdia._version import __version__
from sogdia.errors import DataError, Problem, ResourceError
from sogdia.run.sweeps.log import FORMAT, Finished, FinishedLog, read_log, take_lock
from sogdia.run.sweeps.plan import SweepPlan

PLAN = "sweep.toml"
LOCK = ".lock"
LOGS = "finished-*.jsonl"
MADE_FROM = "made_from"
RESULTS, FAILURES, SUMMARY = "results.parquet", "failures.parquet", "summary.json"


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a sweep that one job of an array does: the 17th of 64."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Block:
        """Read "17/64".

        Raises
        ------
        DataError
            If it is none.
        """
        number, slash, of = text.partition("/")
        if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise DataError(f"{text!r} is not a block such as 17/64, counted from 1")
        return cls(int(number), int(of))

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the sweep."""
        return self.of == 1

    def __str__(self) -> str:
        return f"block {self.number}/{self.of}"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a sweep is made from.

    Attributes
    ----------
    study, scenario : str
        Digests of the study as loaded, and of the base scenario.
    study_name, scenario_name : str
        What they are called.
    """

    study: str
    study_name: str
    scenario: str
    scenario_name: str

    def content(self) -> dict[str, Any]:
        """Return it as it stands in `PLAN` and in the summary."""
        return {
            "sogdia": __version__,
            "study": {"name": self.study_name, "digest": self.study},
            "scenario": {"name": self.scenario_name, "digest": self.scenario},
        }


class SweepFolder:
    """The folder of one sweep.

    Parameters
    ----------
    path : Path
        Where it is; made if it is not there.
    plan : SweepPlan
        The plan.
    origin : Origin
        What it is made from.

    Raises
    ------
    DataError
        If something else is there, or a sweep of another plan or another study.
    ResourceError
        If the place cannot be written to.
    """

    def __init__(self, path: Path, plan: SweepPlan, origin: Origin) -> None:
        self.path = path.absolute()
        self._origin = origin
        said = {MADE_FROM: origin.content()}
        text = f"{plan.to_toml()}\n{tomli_w.dumps(said)}"
        with _refusals(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            kept = self.path / PLAN
            if not kept.exists():
                if any(not entry.name.startswith(".") for entry in self.path.iterdir()):
                    raise DataError(f"{self.path} exists already and is no sweep; name another")
                _write(kept, text.encode())
            before = kept.read_bytes()
        if before != text.encode():
            raise DataError(_differences(kept, before, tomllib.loads(text)))

    @contextmanager
    def log(self, block: Block) -> Iterator[FinishedLog]:
        """Open the log of a block, so that nobody else works on it.

        Raises
        ------
        DataError
            If someone does.
        ResourceError
            If it cannot be written to.
        """
        whole = f"the sweep in {self.path}"
        work = whole if block.is_whole else f"{block} of {whole}"
        name = f"finished-{block.number}-of-{block.of}.jsonl"
        with _refusals(self.path):
            lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            kind = fcntl.LOCK_EX if block.is_whole else fcntl.LOCK_SH
            take_lock(lock, kind, f"{whole} is being worked on already")
            with FinishedLog(self.path / name, _header(self._origin), work) as log:
                yield log
        finally:
            os.close(lock)

    def finished(self) -> dict[str, Finished]:
        """Read what all blocks have finished so far, by the digest of the task."""
        return finished_in(self.path, self._origin)

    def finished_beside(self, wanted: Collection[str]) -> dict[str, Finished]:
        """Read what other sweeps, in folders beside this one, have finished of some tasks."""
        found: dict[str, Finished] = {}
        for folder in _siblings(self.path):
            logged = finished_in(folder, self._origin)
            found |= {key: logged[key] for key in wanted if key in logged}
        return found

    def publish(self, files: Mapping[str, bytes]) -> None:
        """Put the dataset into the folder, each file whole or not at all.

        Raises
        ------
        ResourceError
            If it cannot be written.
        """
        for name, content in files.items():
            with _refusals(self.path / name):
                _write(self.path / name, content)


def finished_in(folder: Path, origin: Origin) -> dict[str, Finished]:
    """Read what the logs of a folder hold of a study, by the digest of the task.

    Parameters
    ----------
    folder : Path
        It need not be there.
    origin : Origin
        Its study; logs of another one are passed over.
    """
    header = _header(origin)
    found: dict[str, Finished] = {}
    for path in sorted(folder.glob(LOGS)):
        found |= read_log(path, is_wanted=lambda said: said == header).finished
    return found


def _header(origin: Origin) -> dict[str, Any]:
    return {"format": FORMAT, "study": origin.study, "sogdia": __version__}


def _siblings(path: Path) -> list[Path]:
    try:
        return sorted(f for f in path.parent.iterdir() if f != path and (f / PLAN).is_file())
    except OSError:  # a folder whose neighbours may not be seen has none
        return []


def _write(path: Path, content: bytes) -> None:
    """Write a file beside its name, and give it the name when it is on the disk."""
    partial = path.with_name(f".{path.name}.{token_hex(4)}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _differences(path: Path, before: bytes, now: Mapping[str, Any]) -> list[Problem]:
    """Say in what a folder's plan differs from the one that is given."""
    remedy = "name another folder with --out, or remove this one"
    try:
        said = tomllib.loads(before.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return [Problem(f"is not the plan of a sweep as Sogdia wrote it; {remedy}", str(path))]
    origins = said.pop(MADE_FROM, {}), now[MADE_FROM]
    words = {
        "sogdia": "another version of Sogdia",
        "study": "another content of the study",
        "scenario": "another content of the base scenario",
    }
    found = [text for key, text in words.items() if origins[0].get(key) != origins[1][key]]
    keys = [key for key in {**said, **now} if key != MADE_FROM and said.get(key) != now.get(key)]
    if keys:
        found.insert(0, f"another plan ({', '.join(keys)} changed)")
    return [
        Problem(f"the sweep in this folder was made from {_joined(found)}; {remedy}", str(path))
    ]


def _joined(words: list[str]) -> str:
    return " and ".join(words) if words else "the same, written in another way"


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn what the operating system says into one line that names the place."""
    try:
        yield
    except ResourceError:
        raise
    except OSError as error:
        raise ResourceError(f"cannot write {path}: {error.strerror or error}") from error
