"""Work for an answer that stops once nobody waits for the answer any more."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from sogdia.web.stopping import Stopping

Answer = TypeVar("Answer")


async def while_awaited(
    request: Request, stopping: Stopping, work: Coroutine[Any, Any, Answer]
) -> Answer:
    """Work an answer out for as long as the client waits for it.

    Parameters
    ----------
    request : Request
        The question, whose body has been read.
    stopping : Stopping
        Whether the server stops: then the work is left to end by itself, and says so.
    work : coroutine
        What is cancelled when the client leaves.

    Returns
    -------
    Any
        What the work returns.

    Raises
    ------
    ClientDisconnect
        If the client has left.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done() or stopping.begun:
            return await working
        raise ClientDisconnect
    finally:
        leaving.cancel()
        working.cancel()
        await asyncio.wait({working, leaving})


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
