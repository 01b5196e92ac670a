"""Bodies of the last second: made once for all who ask, and never of what has changed."""

from __future__ import annotations

import asyncio
from threading import Event

import pytest

from sogdia.web.bodies import Body, RecentBodies

KEY = ("/api/runs", "", "")
PATIENCE_S = 10.0


def body(text):
    return Body.of(text.encode(), "text/plain")


def test_a_body_is_made_once_for_all_who_ask():
    made = []

    def make():
        made.append(1)
        return body("a")

    async def steps():
        recent = RecentBodies()
        together = await asyncio.gather(*(recent.get(KEY, make) for _ in range(9)))
        return [*together, await recent.get(KEY, make)]

    assert {one.content for one in asyncio.run(steps())} == {b"a"}
    assert len(made) == 1


def test_a_body_is_made_again_after_its_time():
    async def steps():
        recent = RecentBodies(for_s=0.0)
        await recent.get(("/other", "", ""), lambda: body("other"))
        await recent.get(KEY, lambda: body("a"))
        return await recent.get(KEY, lambda: body("b")), len(recent._made)

    last, kept = asyncio.run(steps())
    assert (last.content, kept) == (b"b", 1)


def test_what_changes_while_a_body_is_made_is_not_kept():
    begun, may_end = Event(), Event()

    def slow():
        begun.set()
        assert may_end.wait(PATIENCE_S)
        return body("before")

    async def steps():
        recent = RecentBodies()
        first = asyncio.create_task(recent.get(KEY, slow))
        await asyncio.to_thread(begun.wait, PATIENCE_S)
        recent.forget("/api/runs")
        second = await recent.get(KEY, lambda: body("after"))
        may_end.set()
        before = await first
        return before, second, await recent.get(KEY, lambda: body("never"))

    assert [one.content for one in asyncio.run(steps())] == [b"before", b"after", b"after"]


def test_only_what_has_changed_is_forgotten():
    async def steps():
        recent = RecentBodies()
        await recent.get(KEY, lambda: body("a"))
        recent.forget("/api/studies")
        return await recent.get(KEY, lambda: body("b"))

    assert asyncio.run(steps()).content == b"a"


def test_an_error_is_not_kept_and_who_leaves_ends_nothing():
    begun, may_end = Event(), Event()

    def slow():
        begun.set()
        assert may_end.wait(PATIENCE_S)
        return body("a")

    async def steps():
        recent = RecentBodies()
        with pytest.raises(ZeroDivisionError):
            await recent.get(KEY, lambda: body(str(1 / 0)))
        leaves = asyncio.create_task(recent.get(KEY, slow))
        await asyncio.to_thread(begun.wait, PATIENCE_S)
        stays = asyncio.create_task(recent.get(KEY, lambda: body("never")))
        await asyncio.sleep(0)
        leaves.cancel()
        may_end.set()
        return await stays

    assert asyncio.run(steps()).content == b"a"
