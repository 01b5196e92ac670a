"""Messages between the server and its workers: JSON, each after its length in four bytes.

Nothing is unpickled, so a message can be wrong but never does anything by being read.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import IO, Any

LENGTH = struct.Struct(">I")
LONGEST_BYTES = 256 * 1024**2

Message = Mapping[str, Any]
Progress = Callable[[str, int, int], None]
"""Called with a stage, how much of it is done, and of how much (0: not known)."""


def encode(message: Message) -> bytes:
    """Return a message as it is sent.

    Raises
    ------
    ValueError
        If it holds what JSON does not know, or is too long.
    """
    body = json.dumps(message, ensure_ascii=False, allow_nan=False).encode()
    if len(body) > LONGEST_BYTES:
        raise ValueError(f"a message of {len(body)} bytes; {LONGEST_BYTES} can be sent")
    return LENGTH.pack(len(body)) + body


def body_length(head: bytes) -> int:
    """Return how many bytes follow the first four.

    Raises
    ------
    ValueError
        If it is more than any message has.
    """
    (length,) = LENGTH.unpack(head)
    if length > LONGEST_BYTES:
        raise ValueError(f"a message of {length} bytes; {LONGEST_BYTES} can be sent")
    return int(length)


def decode(body: bytes) -> dict[str, Any]:
    """Return the message that stands after its length.

    Raises
    ------
    ValueError
        If it is not a JSON object.
    """
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a message is not a JSON object")  # noqa: TRY004
    return message


def read_message(stream: IO[bytes]) -> dict[str, Any] | None:
    """Read the next message of a stream; None at its end, be it in the midst of one."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    length = body_length(head)
    body = stream.read(length)
    return decode(body) if len(body) == length else None
