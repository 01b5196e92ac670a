"""The queue of runs: its order, its states, and those who watch it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from http import HTTPStatus

import pytest
from starlette.exceptions import HTTPException
from tests.web import fake_worker

from sogdia.errors import DataError, ResourceError
from sogdia.run.store import STOPPED, RunStore
from sogdia.web import jobs as jobs_module
from sogdia.web import worker_process
from sogdia.web.jobs import Jobs
from sogdia.web.limits import QUEUED_RUNS
from sogdia.web.refusals import RefusedError
from sogdia.web.run_models import RunRequest
from sogdia.web.scenarios import Scenarios
from sogdia.web.worker_process import WorkerProcess

ENDED = ("done", "failed", "cancelled", "interrupted")


class Desk:
    """Jobs on a workspace, with what the tests do again and again."""

    def __init__(self, workspace):
        self.store = RunStore(workspace.runs)
        self.worker = WorkerProcess()
        self.jobs = Jobs(workspace, Scenarios(workspace.scenarios), self.store, self.worker)

    async def ask(self, title="", **fields):
        scenario = {"name": title.replace(" ", "-") or "plain", "title": title}
        return await self.jobs.submit(RunRequest(study="small", scenario=scenario, **fields))

    async def until(self, run_id, *states, stage=None):
        async for info in self.jobs.watch(run_id):
            if info.state in states and (stage is None or info.stage == stage):
                return info
        return self.jobs.info(run_id)

    async def end_of(self, run_id):
        return await self.until(run_id, *ENDED)


@pytest.fixture
def desk(workspace, monkeypatch):
    """A function that does steps with a desk in an event loop, and closes it."""
    monkeypatch.setattr(worker_process, "COMMAND", fake_worker.COMMAND)

    def run(steps, *, started=True):
        async def all_steps():
            desk = Desk(workspace)
            if started:
                desk.jobs.start()
            try:
                return await steps(desk)
            finally:
                await desk.jobs.close()

        return asyncio.run(all_steps())

    return run


def test_runs_are_done_one_after_another(desk):
    async def steps(desk):
        first = await desk.ask("wait")
        later = [await desk.ask(f"run {number}") for number in range(3)]
        await desk.until(first.run_id, "running", stage="working")
        positions = [desk.jobs.info(run.run_id).position for run in later]
        await desk.jobs.cancel(first.run_id)
        ends = [await desk.end_of(run.run_id) for run in (first, *later)]
        return positions, ends

    positions, ends = desk(steps)
    assert positions == [0, 1, 2]
    assert [end.state for end in ends] == ["cancelled", "done", "done", "done"]
    starts = [end.started for end in ends]
    assert starts == sorted(starts)


def test_a_run_tells_what_it_does(desk):
    async def steps(desk):
        run = await desk.ask("wait", year=2024)
        told = await desk.until(run.run_id, "running", stage="working")
        await desk.jobs.cancel(run.run_id)
        stopping = desk.jobs.info(run.run_id)
        await desk.end_of(run.run_id)
        return run, told, stopping

    run, told, stopping = desk(steps)
    assert (run.run_id, run.state, run.stage) == ("small-wait-2024", "queued", None)
    assert (told.done, told.total, told.position) == (1, 2, None)
    assert stopping.state == "cancelled" or stopping.stage == "stopping"


def test_a_cancelled_run_leaves_nothing_and_can_be_asked_for_again(desk, workspace):
    async def steps(desk):
        run = await desk.ask("wait")
        await desk.until(run.run_id, "running", stage="working")
        await desk.jobs.cancel(run.run_id)
        first = await desk.end_of(run.run_id)
        left = [path.name for path in workspace.runs.iterdir() if path.is_dir()]
        again = desk.jobs.resume(run.run_id)
        await desk.until(run.run_id, "running", stage="working")
        await desk.jobs.cancel(run.run_id)
        return first, left, again, await desk.end_of(run.run_id)

    first, left, again, last = desk(steps)
    assert (first.state, first.message, left) == ("cancelled", None, [])
    assert (again.state, again.run_id) == ("queued", first.run_id)
    assert last.state == "cancelled"


def test_a_run_is_cancelled_while_it_waits(desk):
    async def steps(desk):
        first, second = await desk.ask("one"), await desk.ask("two")
        return await desk.jobs.cancel(second.run_id), desk.jobs.info(first.run_id)

    second, first = desk(steps, started=False)
    assert (second.state, first.state, first.position) == ("cancelled", "queued", 0)


def test_a_run_is_cancelled_before_its_worker_has_it(desk):
    async def steps(desk):
        run = await desk.ask("one")
        await desk.until(run.run_id, "running")
        await desk.jobs.cancel(run.run_id)
        return await desk.end_of(run.run_id)

    assert desk(steps).state in ("cancelled", "done")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("refuse", "link.csv, row 3, column mode: is not there"),
        ("defect", "a defect of Sogdia ended it: KeyError: 'oh'"),
        ("no memory", "the memory of the machine is used up"),
        ("die", "the worker process was killed (SIGKILL); perhaps memory ran out"),
    ],
)
def test_a_run_that_fails_says_why_and_the_next_one_is_done(desk, what, said, capfd):
    async def steps(desk):
        first, second = await desk.ask(what), await desk.ask("two")
        return await desk.end_of(first.run_id), await desk.end_of(second.run_id)

    first, second = desk(steps)
    assert (first.state, first.message) == ("failed", said)
    assert second.state == "done"


def test_a_worker_that_is_killed_from_outside_fails_its_run_only(desk):
    async def steps(desk):
        first, second = await desk.ask("wait"), await desk.ask("two")
        await desk.until(first.run_id, "running", stage="working")
        os.kill(desk.worker.process_id, signal.SIGKILL)
        return await desk.end_of(first.run_id), await desk.end_of(second.run_id)

    first, second = desk(steps)
    assert first.state == "failed"
    assert "SIGKILL" in first.message
    assert second.state == "done"


def test_a_server_that_stops_leaves_runs_to_resume(desk, workspace):
    async def stopped(desk):
        first, second = await desk.ask("wait"), await desk.ask("two")
        await desk.until(first.run_id, "running", stage="working")
        return first.run_id, second.run_id

    async def restarted(desk):
        left = {info.run_id: info for info in desk.jobs.infos()}
        second = desk.jobs.resume(next(run_id for run_id in left if "two" in run_id))
        return left, await desk.end_of(second.run_id)

    first, second = desk(stopped)
    left, end = desk(restarted)
    assert {left[first].state, left[second].state} == {"interrupted"}
    assert left[first].message == STOPPED
    assert (end.run_id, end.state) == (second, "done")
    assert [path.name for path in workspace.runs.iterdir() if path.is_dir()] == [second]


def test_a_full_queue_refuses(desk):
    async def steps(desk):
        runs = [await desk.ask("one") for _ in range(QUEUED_RUNS)]
        with pytest.raises(RefusedError, match="20 runs wait, the limit") as caught:
            await desk.ask("one more")
        await desk.jobs.cancel(runs[0].run_id)
        await desk.ask("one more")
        with pytest.raises(RefusedError):
            desk.jobs.resume(runs[0].run_id)
        return caught.value.status_code

    assert desk(steps, started=False) == 429


def test_what_does_not_fit_is_refused_at_once(desk):
    async def steps(desk):
        for scenario, message in (
            ({"projects": ["nowhere"]}, "nowhere"),
            ({"rules": []}, "not a known key; nearest: rule"),
            ({"extends": "../../secret"}, "not a scenario that is known"),
            ({"extends": 7}, "extends"),
        ):
            with pytest.raises(DataError, match=message):
                await desk.jobs.submit(RunRequest(study="small", scenario=scenario))
        with pytest.raises(DataError, match="no demand of 1950; there is some of"):
            await desk.ask("one", year=1950)
        for asked in ({"study": "nowhere"}, {"scenario": "nowhere"}):
            with pytest.raises(HTTPException, match="nowhere"):
                await desk.jobs.submit(
                    RunRequest.model_validate({"study": "small", "scenario": {}} | asked)
                )
        return desk.jobs.infos()

    assert desk(steps, started=False) == []


def test_what_a_scenario_extends_is_part_of_the_run_once(desk, workspace):
    (workspace.scenarios / "base.toml").write_text('[[rule]]\ncountries = ["RU"]')

    async def steps(desk):
        run = await desk.jobs.submit(
            RunRequest(study="small", scenario={"name": "mine", "extends": "base"})
        )
        return desk.store.get(run.run_id)

    request = json.loads(desk(steps, started=False).request)
    assert request["scenario"] == {"name": "mine", "rule": [{"countries": ["RU"]}]}


def test_a_study_that_is_gone_fails_its_run(desk, workspace, monkeypatch):
    async def steps(desk):
        run = await desk.ask("one")
        monkeypatch.setattr(jobs_module, "study_job", gone)
        desk.jobs.start()
        return await desk.end_of(run.run_id)

    def gone(*_):
        raise RefusedError(HTTPStatus.NOT_FOUND, "there is no study 'small'")

    end = desk(steps, started=False)
    assert (end.state, end.message) == ("failed", "there is no study 'small'")


def test_a_defect_of_the_server_fails_the_run(desk, monkeypatch, caplog):
    async def steps(desk):
        run = await desk.ask("one")
        monkeypatch.setattr(jobs_module, "study_job", lambda *_: 1 / 0)
        desk.jobs.start()
        return await desk.end_of(run.run_id)

    end = desk(steps, started=False)
    assert end.message == "a defect of Sogdia ended it; the server's terminal shows where"
    assert "ZeroDivisionError" in caplog.text


def test_an_index_that_cannot_be_written_does_not_end_the_queue(desk, monkeypatch, caplog):
    monkeypatch.setattr(jobs_module, "AFTER_TROUBLE_S", 0.0)

    async def steps(desk):
        run, start, refusals = await desk.ask("one"), desk.store.start, iter([True, False])

        def refuse_once(run_id):
            if next(refusals, False):
                raise ResourceError("the disk is full")
            start(run_id)

        monkeypatch.setattr(desk.store, "start", refuse_once)
        desk.jobs.start()
        return await desk.end_of(run.run_id)

    assert desk(steps, started=False).state == "done"
    assert "the disk is full" in caplog.text


def test_only_what_goes_on_can_be_cancelled_and_what_has_ended_deleted(desk):
    async def steps(desk):
        run = await desk.ask("wait")
        await desk.until(run.run_id, "running", stage="working")
        for refused in (desk.jobs.delete(run.run_id), desk.jobs.cancel("nowhere")):
            with pytest.raises(RefusedError):
                await refused
        for refuse in (desk.jobs.resume, desk.jobs.folder):
            with pytest.raises(RefusedError) as caught:
                refuse(run.run_id)
            assert caught.value.status_code == 409
        await desk.jobs.cancel(run.run_id)
        await desk.end_of(run.run_id)
        with pytest.raises(RefusedError, match="what waits or runs can be cancelled"):
            await desk.jobs.cancel(run.run_id)
        await desk.jobs.delete(run.run_id)
        return desk.jobs.infos()

    assert desk(steps) == []


def test_all_who_watch_see_the_end_and_what_is_deleted_ends_the_watch(desk):
    async def steps(desk):
        run = await desk.ask("one")
        watches = [asyncio.create_task(desk.end_of(run.run_id)) for _ in range(5)]
        desk.jobs.start()
        states = [end.state for end in await asyncio.gather(*watches)]

        other = await desk.ask("wait")
        await desk.until(other.run_id, "running", stage="working")
        watch = desk.jobs.watch(other.run_id)
        await anext(watch)
        await desk.jobs.cancel(other.run_id)
        await desk.end_of(other.run_id)
        await desk.jobs.delete(other.run_id)
        rest = [info.state async for info in watch]
        return states, rest

    states, rest = desk(steps, started=False)
    assert states == ["done"] * 5
    assert rest == []


def test_too_many_who_watch_are_refused(desk, monkeypatch):
    monkeypatch.setattr(jobs_module, "MOST_WATCHERS", 1)

    async def steps(desk):
        run = await desk.ask("one")
        watch = asyncio.create_task(desk.end_of(run.run_id))
        await asyncio.sleep(0)
        with pytest.raises(RefusedError, match="1 watch already") as caught:
            desk.jobs.check_watch(run.run_id)
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        desk.jobs.check_watch(run.run_id)
        return caught.value.status_code

    assert desk(steps, started=False) == 503
