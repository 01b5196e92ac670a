"""Whether a process that is alive works on a file or folder, told by the locks that it holds."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sogdia.errors import ResourceError
from sogdia.run.store import LOCK

LOCK_SUFFIX = ".lock"


@contextmanager
def marked_in_use(path: Path) -> Iterator[None]:
    """Hold a folder or file that exists for as long as the block lasts, or the process lives.

    Where the file system knows no locks, nothing is held.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def is_in_use(path: Path) -> bool:
    """Tell whether a live process holds a folder, or a lock file in it; links are not followed."""
    if _is_held(path):
        return True
    with suppress(OSError):
        locks = [entry for entry in os.scandir(path) if entry.name.endswith(LOCK_SUFFIX)]
        return any(_is_held(Path(entry.path)) for entry in locks if not entry.is_symlink())
    return False


def has_server(folder: Path) -> bool:
    """Tell whether a web server has a folder of runs open."""
    lock = folder / LOCK
    return lock.is_file() and not lock.is_symlink() and _is_held(lock)


@contextmanager
def without_server(folder: Path) -> Iterator[None]:
    """Keep web servers from a folder of runs for as long as the block lasts.

    Raises
    ------
    ResourceError
        If one has it open.
    """
    if has_server(folder):
        raise ResourceError(
            f"the runs in {folder} are in use by a server; stop it first, or delete runs on its "
            "page"
        )
    lock = folder / LOCK
    if not lock.is_file() or lock.is_symlink():
        yield
        return
    with marked_in_use(lock):
        yield


def _is_held(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        # Blocks of a sweep share a lock, so it has to be asked for as a whole.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        # A file system without locks cannot tell; its age has to.
        return False
    finally:
        os.close(handle)
    return False
