"""A server that stops ends the answers that would never end."""

from __future__ import annotations

import asyncio

import pytest

from sogdia.web.stopping import Stopping, StoppingMiddleware, closed_at_stop

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def never():
    await asyncio.Event().wait()


async def endless(_, receive, send):
    """Answer until the client is gone."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"a part", "more_body": True})
    message = await receive()
    assert message["type"] == "http.disconnect"


def asked(app, receive, *, stops):
    """Ask the application, stopping it meanwhile; return what it sends."""

    async def ask():
        stopping, sent = Stopping(), []

        async def send(message):
            sent.append(message)

        answer = asyncio.create_task(StoppingMiddleware(app, stopping)(SCOPE, receive, send))
        await asyncio.sleep(0)
        if stops:
            stopping.begin()
        await answer
        assert stopping.begun == stops
        return sent

    return asyncio.run(ask())


def test_an_endless_answer_ends_when_the_server_stops():
    sent = asked(endless, never, stops=True)
    assert sent[-1] == {"type": "http.response.body", "body": b""}
    assert len(sent) == 3


def test_a_client_that_leaves_is_told_as_ever():
    async def gone():
        return {"type": "http.disconnect"}

    assert len(asked(endless, gone, stops=False)) == 2


def test_an_answer_that_is_complete_is_left_alone():
    async def short(_, __, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"all of it"})

    assert len(asked(short, never, stops=True)) == 2


@pytest.mark.parametrize("stops", [True, False])
def test_what_stops_is_closed_all_at_once_and_only_once(stops):
    closed = []

    async def close():
        closed.append("begins")
        await asyncio.sleep(0.01)
        closed.append("ends")

    async def steps():
        stopping = Stopping()
        async with closed_at_stop(stopping, close), closed_at_stop(stopping, close):
            await asyncio.sleep(0)
            if stops:
                stopping.begin()
                await asyncio.sleep(0.05)
                assert closed == ["begins", "begins", "ends", "ends"]

    asyncio.run(steps())
    assert closed == ["begins", "begins", "ends", "ends"]
