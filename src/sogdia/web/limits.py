"""What one request, and one server, may ask for; the page shows them, refusals name them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sogdia.errors import DataError

MIB = 1024**2

JSON_BODY_MIB = 1
UPLOAD_MIB = 50
UPLOADED_STUDIES = 50
UNPACKED_MIB = 128
PROBLEMS_NAMED = 100

QUEUED_RUNS = 20
REPLICATIONS = 50
SIMULATED_DAYS = 1100
ROUTE_SECONDS = 60.0

SCENARIO_KIB = 64
SCENARIO_VALUES = 5000
KEY_PARTS = 100


def check_toml(text: str, where: str) -> None:
    """Refuse a TOML text that would take minutes to read, before it is read.

    The time that it takes to read a dotted key grows with the square of its parts.

    Parameters
    ----------
    text : str
        The text.
    where : str
        What it is, for the message.

    Raises
    ------
    DataError
        If it is too long, or a key may have too many parts.
    """
    if len(text) > SCENARIO_KIB * 1024:
        raise DataError(f"{where} is longer than {SCENARIO_KIB} KiB, the limit here")
    if any(part.count(".") >= KEY_PARTS for part in re.split("[=\n]", text)):
        raise DataError(
            f"{where} has a key, or a line of a text, with {KEY_PARTS} dots or more; break it up"
        )


def check_content(content: Mapping[str, Any]) -> None:
    """Refuse the content of a scenario that is too much to check, or is no text.

    Parameters
    ----------
    content : mapping
        As TOML gives it, or JSON, which may hold halves of characters.

    Raises
    ------
    DataError
        If it holds too many values, or what is not Unicode.
    """
    try:
        json.dumps(content, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        raise DataError("the scenario has a text that is not Unicode") from error
    if (values := _values(content)) > SCENARIO_VALUES:
        raise DataError(f"the scenario has {values} values, more than {SCENARIO_VALUES}, the limit")


def _values(content: object) -> int:
    """Count the values within a content, whatever holds them."""
    if isinstance(content, dict):
        return sum(map(_values, content.values()), 1)
    if isinstance(content, list):
        return sum(map(_values, content), 1)
    return 1
