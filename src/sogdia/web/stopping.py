"""How the server stops: answers that would never end, such as streams of events, end then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Stopping:
    """Whether the server is about to stop; to be used within its event loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def begin(self) -> None:
        """Say that the server stops."""
        self._event.set()

    @property
    def begun(self) -> bool:
        """Whether the server stops."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Wait until the server stops."""
        await self._event.wait()


@asynccontextmanager
async def closed_at_stop(
    stopping: Stopping, close: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """Close something as soon as the server stops, at the latest at the end of the block.

    The server first waits for the answers that are under way. What they wait for is closed
    meanwhile, all of it at the same time.

    Parameters
    ----------
    stopping : Stopping
        Whether the server stops.
    close : callable
        Closes it.
    """

    async def close_then() -> None:
        await stopping.wait()
        await close()

    closing = asyncio.create_task(close_then())
    try:
        yield
    finally:
        stopping.begin()
        await closing


class StoppingMiddleware:
    """Tells an answer that its client is gone once the server stops, and ends it properly.

    Parameters
    ----------
    app : ASGI application
        The rest of the server.
    stopping : Stopping
        Whether the server stops.
    """

    def __init__(self, app: ASGIApp, stopping: Stopping) -> None:
        self.app = app
        self.stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_open = False

        async def received() -> Message:
            return await self._received(receive)

        async def sent(message: Message) -> None:
            nonlocal is_open
            await send(message)
            is_open = message["type"] == "http.response.start" or message.get("more_body", False)

        await self.app(scope, received if scope["type"] == "http" else receive, sent)
        if is_open and self.stopping.begun:
            await send({"type": "http.response.body", "body": b""})

    async def _received(self, receive: Receive) -> Message:
        message = asyncio.ensure_future(receive())
        stop = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({message, stop}, return_when=asyncio.FIRST_COMPLETED)
            return message.result() if message.done() else {"type": "http.disconnect"}
        finally:
            message.cancel()
            stop.cancel()
