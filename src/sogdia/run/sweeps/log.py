"""The log of a sweep's finished tasks: a line for each, written once and never changed.

A line is an object of JSON whose last key is a checksum of the others. Whatever stops the writer,
at most the line that it was at is torn; it is cut off before the next one is written. Each line is
handed to the operating system as soon as it is there, which outlives the process, and forced
to the disk once a second, which outlives the machine.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

import numpy as np

from sogdia.errors import DataError, ResourceError
from sogdia.network.model import Floats

FORMAT = 1
FLUSH_S = 1.0
CHECK = "check"


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a task.

    Attributes
    ----------
    names : tuple of str
        Names of its figures.
    values : ndarray of float64, shape (len(names),)
        Their values; nan where there is none.
    failure : str or None
        Why it has no figures, if it has none.
    """

    names: tuple[str, ...]
    values: Floats
    failure: str | None = None

    def figures(self) -> dict[str, float]:
        """Return the figures by name."""
        return dict(zip(self.names, self.values.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class LogContent:
    """What a log holds.

    Attributes
    ----------
    header : mapping or None
        What the tasks were made from; None: there is no whole line yet.
    finished : dict of str to Finished
        Finished tasks by their digest.
    whole_bytes : int
        Length of the file up to the last line that is whole.
    """

    header: Mapping[str, Any] | None
    finished: dict[str, Finished]
    whole_bytes: int


def encoded(content: Mapping[str, Any]) -> bytes:
    """Return an object as a line of a log, with its checksum."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    check = f"{zlib.crc32(text.encode()):08x}"
    return f'{text[:-1]},"{CHECK}":"{check}"}}\n'.encode()


def decoded(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line; None if the line is not as it was written."""
    mark = f',"{CHECK}":"'.encode()
    said, found, rest = line.rpartition(mark)
    if not found or len(rest) != 10 or not rest.endswith(b'"}'):
        return None
    if rest[:8] != f"{zlib.crc32(said + b'}'):08x}".encode():
        return None
    content: dict[str, Any] = json.loads(said + b"}")
    return content


def figures_line(key: str, figures: Mapping[str, float], seconds: float) -> bytes:
    """Return the line of a task that has figures."""
    kept = {name: value if math.isfinite(value) else None for name, value in figures.items()}
    return encoded({"key": key, "seconds": round(seconds, 4), "figures": kept})


def failure_line(key: str, reason: str, seconds: float) -> bytes:
    """Return the line of a task that failed, and would again."""
    return encoded({"key": key, "seconds": round(seconds, 4), "failure": reason})


def read_log(path: Path, *, is_wanted: Callable[[Mapping[str, Any]], bool]) -> LogContent:
    """Read a log, which someone else may be writing to.

    Parameters
    ----------
    path : Path
        The file; it need not be there.
    is_wanted : callable
        Tells by the header of the log whether its lines are.

    Raises
    ------
    ResourceError
        If it cannot be read.
    """
    header: Mapping[str, Any] | None = None
    finished: dict[str, Finished] = {}
    names: dict[tuple[str, ...], tuple[str, ...]] = {}
    whole = at = 0
    try:
        with path.open("rb") as file:
            for line in file:
                at += len(line)
                content = decoded(line[:-1]) if line.endswith(b"\n") else None
                if content is None:
                    continue
                if header is None:
                    if "key" in content or not is_wanted(content):
                        break
                    header = content
                else:
                    finished[content["key"]] = _finished(content, names)
                whole = at
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ResourceError(f"cannot read {path}: {error.strerror or error}") from error
    return LogContent(header, finished, whole)


def _finished(
    content: Mapping[str, Any], names: dict[tuple[str, ...], tuple[str, ...]]
) -> Finished:
    """Make a record of a line; records with the same names share them."""
    figures: Mapping[str, float | None] = content.get("figures", {})
    own = tuple(figures)
    values = np.array([math.nan if v is None else v for v in figures.values()], dtype=np.float64)
    return Finished(names.setdefault(own, own), values, content.get("failure"))


class FinishedLog:
    """A log that is written to; nobody else may at the same time.

    Parameters
    ----------
    path : Path
        The file.
    header : mapping
        What its tasks are made from; the first line of a new log.
    work : str
        What messages call the work that it is of.

    Attributes
    ----------
    finished : dict of str to Finished
        What it held when it was opened.

    Raises
    ------
    DataError
        When entered, if another process writes to it.
    ResourceError
        When entered, if it cannot be written to.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], work: str) -> None:
        self._path = path
        self._header = header
        self._work = work
        self._flushed = -math.inf
        self.finished: dict[str, Finished] = {}

    def __enter__(self) -> Self:
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise self._refused(error) from error
        try:
            self._open()
        except BaseException:
            os.close(self._file)
            raise
        return self

    def _open(self) -> None:
        take_lock(self._file, fcntl.LOCK_EX, f"{self._work} is being worked on already")
        content = read_log(self._path, is_wanted=lambda _: True)
        self.finished = content.finished
        try:
            os.ftruncate(self._file, content.whole_bytes)
        except OSError as error:
            raise self._refused(error) from error
        if content.header is None:
            self.append(encoded(self._header))

    def append(self, line: bytes) -> None:
        """Write a line.

        Raises
        ------
        ResourceError
            If the disk is full, or the file cannot be written for another reason.
        """
        try:
            left = memoryview(line)
            while left:
                left = left[os.write(self._file, left) :]
            if monotonic() - self._flushed >= FLUSH_S:
                os.fsync(self._file)
                self._flushed = monotonic()
        except OSError as error:
            raise self._refused(error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            os.fsync(self._file)
        except OSError as refused:
            if kind is None:
                raise self._refused(refused) from refused
        finally:
            os.close(self._file)

    def _refused(self, error: OSError) -> ResourceError:
        return ResourceError(f"cannot write {self._path}: {error.strerror or error}")


def take_lock(file: int, kind: int, taken: str) -> None:
    """Take the lock of a file that is open; the operating system lets go of it with the process.

    Raises
    ------
    DataError
        If another process has it.
    """
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DataError(f"{taken}; wait until it ends, or stop it") from error
