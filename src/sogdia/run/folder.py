"""A run's folder: complete under its final name, or not there at all.

Files are written into a partial folder beside the final one, flushed to the disk, and
the folder is renamed when everything is in it.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sogdia.errors import DataError, ResourceError
from sogdia.run.kept.in_use import marked_in_use

_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)


class RunFolder:
    """A folder that is being filled; see `new_folder`.

    Attributes
    ----------
    path : Path
        The final name. It is settled when the folder is complete: until then a
        numbered folder may still move on to the next free number.
    """

    def __init__(self, path: Path, partial: Path) -> None:
        self.path = path
        self._partial = partial

    def write(self, name: str, content: bytes) -> None:
        """Write one file of the folder and flush it to the disk.

        Raises
        ------
        ResourceError
            If the disk is full, or the file cannot be written for another reason.
        """
        with _refusals(self.path / name), (self._partial / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def new_folder(path: Path, *, numbered: bool = False) -> Iterator[RunFolder]:
    """Make a run folder that appears under its name only if the block ends well.

    Parameters
    ----------
    path : Path
        Final name; missing parents are made.
    numbered : bool
        Whether ``name-2``, ``name-3`` and so on will do where the name is taken.

    Yields
    ------
    RunFolder
        The folder to write into.

    Raises
    ------
    DataError
        If the name is taken by a file or by a folder that is not empty.
    ResourceError
        If the place cannot be written to.
    """
    path = path.absolute()
    if not numbered and _is_taken(path):
        raise _taken(path)
    missing = [parent for parent in path.parents if not parent.exists()]
    folder = RunFolder(path, _make_partial(path))
    try:
        # Held while it is filled: what is left of it is told from what is being written.
        with marked_in_use(folder._partial):
            yield folder
            folder.path = _publish(folder._partial, path, numbered=numbered)
    except BaseException:
        shutil.rmtree(folder._partial, ignore_errors=True)
        with suppress(OSError):  # a parent that someone else uses by now stays
            for parent in missing:
                parent.rmdir()
        raise


def _make_partial(path: Path) -> Path:
    with _refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        partial.mkdir()
    return partial


def _publish(partial: Path, path: Path, *, numbered: bool) -> Path:
    with _refusals(path):
        _flush_directory(partial)
        for candidate in _names(path) if numbered else [path]:
            if not _is_taken(candidate) and _renamed(partial, candidate):
                _flush_directory(candidate.parent)
                return candidate
    raise _taken(path)


def _names(path: Path) -> Iterator[Path]:
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.name}-{number}")
        number += 1


def _renamed(source: Path, target: Path) -> bool:
    """Rename, or say that another process took the name in the meantime."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


def _is_taken(path: Path) -> bool:
    with _refusals(path):
        if path.is_dir():
            return any(path.iterdir())
        return path.exists() or path.is_symlink()


def _taken(path: Path) -> DataError:
    return DataError(f"{path} exists already; name another folder, or remove it first")


def _flush_directory(path: Path) -> None:
    """Make the names in a folder last; not every file system can."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn what the operating system says into one line that names the file."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResourceError(f"cannot write {path}: {reason}") from error
