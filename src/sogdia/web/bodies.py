"""Contents that are asked for again and again: built and compressed once, told apart by tag.

What was answered within the last second is answered again from the event loop, whoever asks:
only what has to be looked up or made costs a thread (`RecentBodies`). What has to be looked up
but has not changed is not made again (`BodyCache`).
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from pydantic import BaseModel
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

COMPRESSED_FROM_BYTES = 1000
COMPRESSION_LEVEL = 6
CACHE_BYTES = 64 * 1024**2
RECENT_S = 1.0

Asked = tuple[str, ...]
"""What tells requests apart; a path first."""


@dataclass(frozen=True, slots=True)
class Body:
    """The content of an answer, as it is and compressed.

    Attributes
    ----------
    content : bytes
        As it is.
    compressed : bytes or None
        By gzip; None if that is not worth while.
    media_type : str
        Its ``Content-Type``.
    tag : str
        Entity tag: the same for the same content.
    headers : mapping of str to str
        Other headers that belong to it.
    """

    content: bytes
    compressed: bytes | None
    media_type: str
    tag: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, content: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> Body:
        """Compress a content and tag it."""
        compressed = None
        if len(content) >= COMPRESSED_FROM_BYTES:
            compressed = gzip.compress(content, COMPRESSION_LEVEL, mtime=0)
        tag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
        return cls(content, compressed, media_type, tag, dict(headers or {}))

    @classmethod
    def of_models(cls, answer: BaseModel | Sequence[BaseModel]) -> Body:
        """Return one model or several as JSON."""
        return cls.of(to_json(answer), "application/json")

    @property
    def size(self) -> int:
        """Memory that it takes, bytes."""
        return len(self.content) + len(self.compressed or b"")


class BodyCache:
    """The bodies that were asked for last, by key, up to a limit of memory.

    Parameters
    ----------
    limit_bytes : int
        Memory that they may take together.
    """

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._bodies: OrderedDict[Hashable, Body] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Body]) -> Body:
        """Return the body of that key, made if it is not there."""
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
                return self._bodies[key]
        body = make()
        with self._lock:
            if key not in self._bodies and body.size <= self._limit_bytes:
                self._bodies[key] = body
                self._size += body.size
            while self._size > self._limit_bytes:
                _, oldest = self._bodies.popitem(last=False)
                self._size -= oldest.size
        return body


class RecentBodies:
    """The bodies of the last second, and those that are being made; for one event loop.

    Parameters
    ----------
    for_s : float
        How long a body may be answered again without a look at what it is made of, s.
    """

    def __init__(self, for_s: float = RECENT_S) -> None:
        self._for_s = for_s
        self._made: dict[Asked, tuple[float, Body]] = {}
        self._making: dict[Asked, asyncio.Task[Body]] = {}

    async def get(self, key: Asked, make: Callable[[], Body]) -> Body:
        """Return the body of that key, made in a thread, once for all who ask meanwhile."""
        until, body = self._made.get(key, (0.0, None))
        if body is not None and monotonic() < until:
            return body
        if key not in self._making:
            self._making[key] = asyncio.create_task(self._make(key, make))
        # Who goes away must not end it for the others.
        return await asyncio.shield(self._making[key])

    def forget(self, path: str) -> None:
        """Forget what a path and those below it have, made or being made: it has changed."""
        for bodies in (self._made, self._making):
            for key in [key for key in bodies if key[0].startswith(path)]:
                del bodies[key]

    async def _make(self, key: Asked, make: Callable[[], Body]) -> Body:
        this = asyncio.current_task()
        try:
            body = await run_in_threadpool(make)
            if self._making.get(key) is this:
                self._keep(key, body)
        finally:
            if self._making.get(key) is this:
                del self._making[key]
        return body

    def _keep(self, key: Asked, body: Body) -> None:
        now = monotonic()
        for old in [old for old, (until, _) in self._made.items() if until <= now]:
            del self._made[old]
        self._made[key] = (now + self._for_s, body)


async def recent_response(request: Request, make: Callable[[], Body]) -> Response:
    """Answer a request as it was answered within the last second, or else make the body.

    Parameters
    ----------
    request : Request
        What was asked; its address and ``Accept`` tell bodies apart.
    make : callable
        Makes the body, in a thread.
    """
    recent: RecentBodies = request.app.state.recent
    asked = (request.url.path, request.url.query, request.headers.get("accept", ""))
    return body_response(request, await recent.get(asked, make))


def body_response(request: Request, body: Body) -> Response:
    """Answer with a body: compressed where the client reads that, nothing where it has it.

    Parameters
    ----------
    request : Request
        What was asked; its ``If-None-Match`` and ``Accept-Encoding`` are read.
    body : Body
        What to answer with.
    """
    headers = {"ETag": body.tag, "Cache-Control": "no-cache", "Vary": "Accept, Accept-Encoding"}
    headers |= body.headers
    if body.tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if body.compressed is not None and _reads_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
        return Response(body.compressed, headers=headers, media_type=body.media_type)
    return Response(body.content, headers=headers, media_type=body.media_type)


def _tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]


def _reads_gzip(header: str) -> bool:
    for part in header.split(","):
        coding, _, quality = part.replace(" ", "").partition(";q=")
        if coding.lower() in ("gzip", "*"):
            return quality.strip("0.") != "" or quality == ""
    return False
