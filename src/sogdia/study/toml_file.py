"""Settings and scenarios are TOML: reading it, and saying in words what is wrong with it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from sogdia.errors import DataError, Problem
from sogdia.study.sheet import nearest


def read_toml(data: bytes, file: str) -> dict[str, Any]:
    """Parse a TOML file: UTF-8, with or without a byte-order mark.

    Parameters
    ----------
    data : bytes
        Content of the file.
    file : str
        Its name, for messages.

    Returns
    -------
    dict
        What it holds.

    Raises
    ------
    DataError
        If it is not UTF-8 or not TOML, or nested or long beyond what can be read.
    """
    try:
        # TOML knows no lone carriage return, and the parser takes only the line feed.
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise DataError([Problem("is not UTF-8", file)]) from error
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        raise DataError([Problem(f"is not valid TOML: {message}", file)]) from error
    except (ValueError, RecursionError) as error:  # an endless number, [[[[...
        raise DataError([Problem(f"is not TOML that can be read: {error}", file)]) from error


def toml_problems(error: ValidationError, file: str, keys: Sequence[str]) -> list[Problem]:
    """Put what pydantic found into words that say where in the file it is.

    Parameters
    ----------
    error : ValidationError
        What was found.
    file : str
        Name of the file.
    keys : sequence of str
        Keys that the file may have, to name the nearest to an unknown one.

    Returns
    -------
    list of Problem
        One for each thing found.
    """
    return [
        Problem(f"{_location(detail['loc'])}{_fault(detail, keys)}", file)
        for detail in error.errors(include_url=False)
    ]


def _location(loc: Sequence[str | int]) -> str:
    """Write ("rule", 0, "countries", 1) as "rule 1, countries, item 2: "."""
    words: list[str] = []
    for depth, part in enumerate(loc):
        if not isinstance(part, int):
            words.append(part)
        elif depth == 1:
            words[-1] += f" {part + 1}"
        else:
            words.append(f"item {part + 1}")
    return f"{', '.join(words)}: " if words else ""


def _fault(detail: Any, keys: Sequence[str]) -> str:  # noqa: ANN401
    kind, key = detail["type"], str(detail["loc"][-1]) if detail["loc"] else ""
    if kind == "extra_forbidden":
        # a key that another part of the file may have is no help here
        near = nearest(key, [known for known in keys if known != key])
        return f"not a known key{f'; nearest: {near}' if near else ''}"
    if kind == "missing":
        return "is missing"
    message = detail["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    message = message.replace("valid tuple", "list").replace("valid dictionary", "table")
    given = detail["input"]
    shown = isinstance(given, (str, int, float, bool)) and kind != "value_error"
    return f"{given!r}: {message}" if shown else message


def toml_value(value: str | int | float | Sequence[str]) -> str:
    """Write a value, or a list of texts, as TOML does."""
    # A TOML basic string is a JSON string, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
