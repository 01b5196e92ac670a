"""Where a scenario's file lies, and the chain of those it extends; no model yet, only tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w

from sogdia.errors import DataError, Problem, ResourceError
from sogdia.study.sheet import nearest
from sogdia.study.toml_file import read_toml

SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario file as read."""

    path: Path
    content: dict[str, Any]


def data_folder() -> Path:
    """Return the folder that holds the built-in scenarios."""
    return Path(str(resources.files("sogdia.scenario") / "data"))


def builtin_scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios that come with Sogdia."""
    folder = data_folder()
    if not folder.is_dir():
        return ()
    return tuple(sorted(child.stem for child in folder.iterdir() if child.suffix == SUFFIX))


def read_chain(source: str | Path) -> tuple[ScenarioFile, ...]:
    """Read a scenario file and those it extends, the most basic first.

    Parameters
    ----------
    source : str or Path
        Built-in name or path. ``extends`` in a file is a built-in name, or a path as
        seen from that file.

    Returns
    -------
    tuple of ScenarioFile
        The last one is `source` itself.

    Raises
    ------
    DataError
        If a file is missing, is not TOML, or extends itself.
    ResourceError
        If the machine refuses to read one.
    """
    chain = [_read(_locate(source, Path()))]
    while (base := chain[-1].content.get("extends")) is not None:
        here = chain[-1].path
        if not isinstance(base, str):
            raise DataError([Problem("extends: is not the name of a scenario", here.name)])
        try:
            path = _locate(base, here.parent)
        except DataError as error:
            message = f"extends: {error.problems[0].message}"
            raise DataError([Problem(message, here.name)]) from error
        if path.resolve() in [link.path.resolve() for link in chain]:
            raise DataError([Problem(f"extends: {base!r} extends itself", here.name)])
        chain.append(_read(path))
    return tuple(reversed(chain))


def _locate(source: str | Path, folder: Path) -> Path:
    if isinstance(source, str) and source in builtin_scenarios():
        return data_folder() / f"{source}{SUFFIX}"
    path = folder / source
    try:
        if str(source) and path.is_file():
            return path
    except OSError as error:
        raise ResourceError(f"{path} cannot be read: {error.strerror or error}") from error
    known = builtin_scenarios()
    near = nearest(Path(source).stem, known)
    hint = f"; did you mean {near!r}?" if near else ""
    raise DataError(
        f"{str(source)!r} is neither a file nor a built-in scenario "
        f"({', '.join(known) or 'there is none'}){hint}"
    )


def _read(path: Path) -> ScenarioFile:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ResourceError(f"{path} cannot be read: {error.strerror or error}") from error
    return ScenarioFile(path, read_toml(data, path.name))


def parse_text(text: str, place: str) -> dict[str, Any]:
    """Parse the text of a scenario file that may come from anywhere.

    Parameters
    ----------
    text : str
        TOML.
    place : str
        What messages call it.

    Returns
    -------
    dict
        What it holds.

    Raises
    ------
    DataError
        If it is not TOML, or nested or long beyond what can be read.
    """
    # A lone surrogate has no UTF-8: it is left to the reader of bytes to say so.
    return read_toml(text.encode(errors="surrogatepass"), place)


def toml_text(content: Mapping[str, Any]) -> str:
    """Write the content of a scenario file: what is short first, then the tables.

    Parameters
    ----------
    content : mapping
        Keys and values as in the file.

    Returns
    -------
    str
        TOML; long texts are written over several lines.
    """
    multiline = not _has_carriage_return(content)
    plain: dict[str, Any] = {}
    blocks: list[str] = []
    for key, value in content.items():
        if _holds_tables(value):
            texts = (tomli_w.dumps({key: item}, multiline_strings=multiline) for item in value)
            # The writer would fold short tables into one line; [[key]] is what people write.
            blocks += [f"[{text.replace(']', ']]', 1)}" for text in texts]
        elif isinstance(value, Mapping):
            blocks.append(tomli_w.dumps({key: value}, multiline_strings=multiline))
        else:
            plain[key] = value
    return "\n".join([tomli_w.dumps(plain, multiline_strings=multiline), *blocks])


def _holds_tables(value: object) -> bool:
    return isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value)


def _has_carriage_return(value: object) -> bool:
    """Tell whether any text has one, which a text over several lines cannot keep."""
    if isinstance(value, Mapping):
        return any(map(_has_carriage_return, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_has_carriage_return, value))
    return isinstance(value, str) and "\r" in value
