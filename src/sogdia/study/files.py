"""Where a study's files lie: a built-in study, a folder or a zip; only bytes leave this module."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path, PurePosixPath

from sogdia.errors import DataError, Problem, ResourceError

ZIP_LIMIT_BYTES = 512 * 1024**2
ZIP_LIMIT_MEMBERS = 1000
# Tables of numbers and repeated words shrink to a tenth or so, a bomb to a thousandth.
ZIP_LIMIT_RATIO = 200
ZIP_RATIO_FREE_BYTES = 4 * 1024**2
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
SETTINGS_FILE = "study.toml"
SUFFIXES = (".csv", ".toml", ".tntp")


@dataclass(frozen=True, slots=True)
class StudyFiles:
    """The files of a study by name, as bytes."""

    name: str
    path: Path
    content: Mapping[str, bytes]


def data_folder() -> Path:
    """Return the folder that holds the built-in studies."""
    return Path(str(resources.files("sogdia.study") / "data"))


def builtin_studies() -> tuple[str, ...]:
    """Return the names of the studies that come with Sogdia."""
    folder = data_folder()
    if not folder.is_dir():
        return ()
    return tuple(sorted(child.name for child in folder.iterdir() if child.is_dir()))


def read_files(source: str | Path) -> StudyFiles:
    """Read the files of a study.

    Parameters
    ----------
    source : str or Path
        Built-in name, folder or zip. A built-in name wins over a folder of the same
        name in the working directory; write ``./name`` for the folder.

    Returns
    -------
    StudyFiles
        Its tables and settings, undecoded.

    Raises
    ------
    DataError
        If there is no such study, or the zip is not one that can be trusted.
    ResourceError
        If the machine refuses to read it.
    """
    if isinstance(source, str) and source in builtin_studies():
        path = data_folder() / source
    else:
        path = Path(source)
    try:
        if path.is_dir() and str(source):
            return StudyFiles(path.resolve().name, path, _read_folder(path))
        if path.is_file():
            return StudyFiles(path.stem, path, _read_zip(path))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResourceError(f"{error.filename or path} cannot be read: {reason}") from error
    raise DataError(_no_such_study(str(source)))


def _no_such_study(source: str) -> str:
    known = builtin_studies()
    message = (
        f"{source!r} is neither a folder, nor a zip file, nor a built-in study "
        f"({', '.join(known) or 'there is none'})"
    )
    near = get_close_matches(source.lower(), known, n=1)
    return f"{message}; did you mean {near[0]!r}?" if near else message


def _read_folder(folder: Path) -> dict[str, bytes]:
    return {
        child.name: child.read_bytes()
        for child in sorted(folder.iterdir())
        if child.suffix in SUFFIXES and child.is_file()
    }


def check_zip(path: Path, limit_bytes: int = ZIP_LIMIT_BYTES) -> None:
    """Check that a zip can be trusted, from its directory alone.

    Parameters
    ----------
    path : Path
        The zip.
    limit_bytes : int
        What it may unpack to, bytes.

    Raises
    ------
    DataError
        If it is no zip, or unpacks to too much, holds too many members, or one that
        climbs out of the study's folder or is not a plain file.
    """
    with _opened(path) as archive:
        _check_members(path, _members(archive), limit_bytes)


def zip_names(path: Path) -> set[str]:
    """Return the names of the files that a study in this zip would have.

    Raises
    ------
    DataError
        If it is no zip.
    """
    with _opened(path) as archive:
        return {PurePosixPath(info.filename).name for info in _wanted(_members(archive))}


def _read_zip(path: Path) -> dict[str, bytes]:
    with _opened(path) as archive:
        members = _members(archive)
        _check_members(path, members, ZIP_LIMIT_BYTES)
        return _members_content(path, archive, members)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    if not zipfile.is_zipfile(path):
        raise DataError([Problem("is neither a folder nor a zip file", str(path))])
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        raise DataError([Problem(f"is a damaged zip file: {error}", str(path))]) from error
    except (RuntimeError, NotImplementedError) as error:
        message = f"is a zip file of an unsupported kind: {error}"
        raise DataError([Problem(message, str(path))]) from error


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    # `ZipInfo.is_dir` fails at an empty name
    return [info for info in archive.infolist() if not info.filename.endswith("/")]


def _climbs_out(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "" or ":" in parts[0] or ".." in parts


def _is_plain_file(info: zipfile.ZipInfo) -> bool:
    """Tell whether a member is a file: archives of Unix keep links and devices as such."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind in (0, stat.S_IFREG)


def _check_members(path: Path, members: list[zipfile.ZipInfo], limit_bytes: int) -> None:
    problems = []
    if len(members) > ZIP_LIMIT_MEMBERS:
        count = f"holds {len(members)} members; the limit is {ZIP_LIMIT_MEMBERS}"
        raise DataError([Problem(count, str(path))])
    for info in members:
        if _climbs_out(info.filename):
            problems.append(f"the member {info.filename!r} climbs out of the study's folder")
        if not _is_plain_file(info):
            problems.append(f"the member {info.filename!r} is a link or a device, not a file")
        if info.compress_type not in ZIP_METHODS:
            problems.append(f"the member {info.filename!r} is not stored or deflated")
    size = sum(info.file_size for info in members)
    # Members may share their bytes, so that the file itself is what they are measured by.
    ratio = size / max(path.stat().st_size, 1)
    if size > limit_bytes:
        limit = f"the limit is {limit_bytes // 1024**2} MiB"
        problems.append(f"unpacks to {size / 1024**2:.0f} MiB; {limit}")
    elif size > ZIP_RATIO_FREE_BYTES and ratio > ZIP_LIMIT_RATIO:
        problems.append(f"unpacks to {ratio:.0f} times its size; the limit is {ZIP_LIMIT_RATIO}")
    if problems:
        raise DataError([Problem(message, str(path)) for message in problems])


def _wanted(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Choose the members that lie at the top, or in the only folder at the top."""
    wanted = [
        info
        for info in members
        if PurePosixPath(info.filename).suffix in SUFFIXES
        and not info.filename.startswith(("__MACOSX/", "."))
    ]
    at_top = [info for info in wanted if "/" not in info.filename]
    folders = {PurePosixPath(info.filename).parts[0] for info in wanted}
    if not at_top and len(folders) == 1:
        at_top = [info for info in wanted if info.filename.count("/") == 1]
    return at_top


def _members_content(
    path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]
) -> dict[str, bytes]:
    content: dict[str, bytes] = {}
    for info in _wanted(members):
        name = PurePosixPath(info.filename).name
        if name in content:
            raise DataError([Problem(f"holds {name} twice", str(path))])
        content[name] = archive.read(info)
    return content
