"""The queue of runs: one at a time in a worker, watched by as many as like."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool

from sogdia.errors import SogdiaError
from sogdia.run.names import run_name
from sogdia.run.store import UNFINISHED, NewRun, RunStore, State, StoredRun
from sogdia.web.limits import QUEUED_RUNS
from sogdia.web.refusals import RefusedError, unknown
from sogdia.web.run_models import RunInfo, RunRequest
from sogdia.web.scenarios import Scenarios, fitting_year
from sogdia.web.worker_errors import error_of
from sogdia.web.worker_process import WorkerProcess
from sogdia.web.workspace import Workspace

log = logging.getLogger("sogdia.web")

MOST_WATCHERS = 500
"""Each holds a connection. Many systems let a process have 1,024 files open: half of them stay
free for all other readers."""

AFTER_TROUBLE_S = 5.0
STARTING = "starting"
STOPPING = "stopping"


@dataclass(slots=True)
class Live:
    """The run that goes on: what it does, and whether it is to stop."""

    run_id: str
    stage: str = STARTING
    done: int = 0
    total: int = 0
    cancelled: bool = False


class Jobs:
    """Runs that were asked for, from the queue to their end.

    To be used within one event loop.

    Parameters
    ----------
    workspace : Workspace
        Where studies are.
    scenarios : Scenarios
        Scenarios that are known.
    store : RunStore
        Where runs are kept.
    worker : WorkerProcess
        Where they are computed.

    Attributes
    ----------
    on_change : callable
        Called whenever a run has changed.
    """

    def __init__(
        self, workspace: Workspace, scenarios: Scenarios, store: RunStore, worker: WorkerProcess
    ) -> None:
        self._workspace = workspace
        self._scenarios = scenarios
        self._store = store
        self._worker = worker
        self._live: Live | None = None
        self._asked = asyncio.Event()
        self._watchers: set[asyncio.Event] = set()
        self._told: dict[str, RunInfo | None] = {}
        self.on_change: Callable[[], None] = lambda: None
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take runs from the queue."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Stop the run that goes on, and begin no other; the runs can still be read."""
        self._closing.set()
        self._asked.set()
        await self._worker.close()
        if self._task is not None:
            await self._task

    async def close(self) -> None:
        """Stop; what is not finished is interrupted, and can be asked for again."""
        await self.stop()
        await run_in_threadpool(self._store.close)

    @property
    def idle(self) -> bool:
        """Whether no run goes on and none waits."""
        return self._live is None and not self._store.queue()

    def infos(self) -> list[RunInfo]:
        """Return all runs, the newest first."""
        positions = self._positions()
        return [self._info(run, positions) for run in self._store.runs()]

    def info(self, run_id: str) -> RunInfo:
        """Return a run.

        Raises
        ------
        RefusedError
            404 if there is none of that id.
        """
        return self._info(self._get(run_id), self._positions())

    def folder(self, run_id: str) -> Path:
        """Return the folder of a run that is done.

        Raises
        ------
        RefusedError
            404 if there is no such run, 409 if it is not done.
        """
        run = self._get(run_id)
        if run.state != "done":
            message = f"run {run_id!r} is {run.state}, so it has no results"
            raise RefusedError(HTTPStatus.CONFLICT, message)
        return self._store.path(run_id)

    async def submit(self, request: RunRequest) -> RunInfo:
        """Put a run at the end of the queue.

        Raises
        ------
        RefusedError
            404 if there is no such study or scenario, 429 if too many runs wait.
        DataError
            If the scenario is wrong or does not fit the study.
        """
        self._check_room()
        new = await run_in_threadpool(self._prepared, request)
        self._check_room()  # others may have come meanwhile
        run = self._store.add(new)
        self._asked.set()
        self._tell()
        return self.info(run.run_id)

    def resume(self, run_id: str) -> RunInfo:
        """Put a run that came to no end at the end of the queue again.

        Raises
        ------
        RefusedError
            404 if there is no such run, 409 if there is nothing to resume, 429 if too many
            runs wait.
        """
        run = self._get(run_id)
        self._check_room()
        try:
            self._store.repeat(run_id)
        except ValueError as error:
            message = (
                f"run {run_id!r} is {run.state}; a run of this server that was interrupted, "
                "cancelled or failed can be resumed"
            )
            raise RefusedError(HTTPStatus.CONFLICT, message) from error
        self._asked.set()
        self._tell()
        return self.info(run_id)

    async def cancel(self, run_id: str) -> RunInfo:
        """Take a run out of the queue, or stop it; it has ended when its state says so.

        Raises
        ------
        RefusedError
            404 if there is no such run, 409 if it has ended.
        """
        run = self._get(run_id)
        if run.state not in UNFINISHED:
            message = f"run {run_id!r} is {run.state}; what waits or runs can be cancelled"
            raise RefusedError(HTTPStatus.CONFLICT, message)
        live = self._live
        if live is None or live.run_id != run_id:
            self._store.end(run_id, "cancelled")
        else:
            live.cancelled, live.stage, live.done, live.total = True, STOPPING, 0, 0
            await self._worker.interrupt()
        self._tell()
        return self.info(run_id)

    async def delete(self, run_id: str) -> None:
        """Remove a run and its folder.

        Raises
        ------
        RefusedError
            404 if there is no such run, 409 if it waits or runs.
        """
        run = self._get(run_id)
        try:
            await run_in_threadpool(self._store.delete, run_id)
        except ValueError as error:
            message = f"run {run_id!r} is {run.state}; cancel it first"
            raise RefusedError(HTTPStatus.CONFLICT, message) from error
        self._tell()

    async def watch(self, run_id: str) -> AsyncIterator[RunInfo]:
        """Yield a run now and whenever it has changed, until it has ended or is gone.

        Who reads slowly is told less, and never what is no longer so.
        """
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            told: RunInfo | None = None
            while told is None or told.state in UNFINISHED:
                changed.clear()
                newest = self._newest(run_id)
                if newest is None:
                    return
                if newest != told:
                    yield newest
                else:
                    await changed.wait()
                told = newest
        finally:
            self._watchers.discard(changed)

    def check_watch(self, run_id: str) -> None:
        """Refuse what `watch` would, before an answer has begun."""
        self._get(run_id)
        if len(self._watchers) >= MOST_WATCHERS:
            message = f"{MOST_WATCHERS} watch already, the limit; ask for the run now and then"
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, message)

    def _prepared(self, request: RunRequest) -> NewRun:
        study = self._workspace.study(request.study)
        scenario = self._scenarios.asked(request.scenario, study)
        year = fitting_year(study, scenario, request.year)
        simulate = None if request.simulate is None else request.simulate.model_dump()
        return NewRun(
            name=run_name(request.study, scenario.name, year),
            study=request.study,
            scenario=scenario.name,
            title=scenario.title or scenario.name,
            year=year,
            simulated=simulate is not None,
            request={"scenario": scenario.content(), "year": year, "simulate": simulate},
        )

    async def _work(self) -> None:
        """Take runs from the queue, one after another."""
        while not self._closing.is_set():
            self._asked.clear()
            waiting = self._store.queue()
            if not waiting:
                await self._asked.wait()
                continue
            try:
                await self._run(waiting[0])
            except SogdiaError:
                # The index could not be written: the disk may have room again later.
                log.exception("run %s", waiting[0].run_id)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), AFTER_TROUBLE_S)

    async def _run(self, run: StoredRun) -> None:
        self._store.start(run.run_id)
        live = self._live = Live(run.run_id)
        self._tell()
        try:
            state, message = await self._outcome(run, live)
            if not self._closing.is_set():  # else the store marks what is left as interrupted
                await run_in_threadpool(self._store.end, run.run_id, state, message)
        finally:
            self._live = None
            self._tell()

    async def _outcome(self, run: StoredRun, live: Live) -> tuple[State, str | None]:
        """Compute a run, and tell how it ended."""
        answer: dict[str, Any] = {}
        try:
            job = await run_in_threadpool(self._job, run)
            if not live.cancelled and not self._closing.is_set():
                answer = await self._worker.ask(job, partial(self._note, live))
            error = error_of(answer["refused"]) if "refused" in answer else None
            message = None if error is None else str(error)
        except SogdiaError as error:
            message = str(error)
        except RefusedError as error:
            message = str(error.detail)
        except Exception:
            log.exception("run %s", run.run_id)
            message = "a defect of Sogdia ended it; the server's terminal shows where"
        if "done" in answer:
            return "done", None
        return ("cancelled", None) if live.cancelled else ("failed", message)

    def _job(self, run: StoredRun) -> dict[str, Any]:
        assert run.request is not None
        return {
            "kind": "run",
            **study_job(self._workspace, run.study),
            **json.loads(run.request),
            "folder": str(self._store.folder / run.run_id),
        }

    def _note(self, live: Live, stage: str, done: int, total: int) -> None:
        if not live.cancelled:
            live.stage, live.done, live.total = stage, done, total
            self._tell()

    def _newest(self, run_id: str) -> RunInfo | None:
        """Return a run as all who watch are told of it; None if it is gone."""
        if run_id not in self._told:
            run = self._store.get(run_id)
            self._told[run_id] = None if run is None else self._info(run, self._positions())
        return self._told[run_id]

    def _tell(self) -> None:
        self.on_change()
        self._told.clear()
        for changed in self._watchers:
            changed.set()

    def _get(self, run_id: str) -> StoredRun:
        run = self._store.get(run_id)
        if run is None:
            raise unknown("run", run_id, [one.run_id for one in self._store.runs()])
        return run

    def _positions(self) -> dict[str, int]:
        return {run.run_id: position for position, run in enumerate(self._store.queue())}

    def _check_room(self) -> None:
        if len(self._store.queue()) >= QUEUED_RUNS:
            message = f"{QUEUED_RUNS} runs wait, the limit; cancel one, or ask again later"
            raise RefusedError(HTTPStatus.TOO_MANY_REQUESTS, message)

    def _info(self, run: StoredRun, positions: dict[str, int]) -> RunInfo:
        live = self._live
        if live is None or live.run_id != run.run_id or run.state != "running":
            live = None
        return RunInfo(
            run_id=run.run_id,
            study=run.study,
            scenario=run.scenario,
            title=run.title,
            year=run.year,
            simulated=run.simulated,
            state=run.state,
            stage=None if live is None else live.stage,
            done=None if live is None else live.done,
            total=None if live is None else live.total,
            position=positions.get(run.run_id),
            message=run.message,
            created=run.created,
            started=run.started,
            finished=run.finished,
            converged=run.converged,
        )


def study_job(workspace: Workspace, name: str) -> dict[str, Any]:
    """Return the part of a job that tells a worker which study it is about."""
    loaded, source = workspace.loaded(name), workspace.source(name)
    where = {"path": str(source.absolute())} if isinstance(source, Path) else {"name": source}
    return {"study": where, "digest": loaded.digest}
