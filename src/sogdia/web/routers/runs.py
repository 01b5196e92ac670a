"""`/api/runs`: runs from the queue to their results."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from sogdia.run.store import RunStore
from sogdia.web.bodies import Body, recent_response
from sogdia.web.formats import TABLE_ANSWERS, TABLE_FILTERS, TableQuery, table_body
from sogdia.web.jobs import Jobs
from sogdia.web.run_files import Results
from sogdia.web.run_models import RunDifference, RunInfo, RunRequest
from sogdia.web.scenarios import Scenarios
from sogdia.web.stopping import closed_at_stop
from sogdia.web.worker_process import WorkerProcess

router = APIRouter(prefix="/api/runs", tags=["runs"])

RunId = Annotated[str, Path(description="Id of a run.", examples=["eurasia-baseline-2024"])]
PAGE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The run as the page needs it, its tables packed by column.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    304: {"description": "As the client has it (If-None-Match)."},
}
REPORT_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One file that needs neither server nor network.",
        "content": {"text/html": {"schema": {"type": "string"}}},
    },
    304: {"description": "As the client has it (If-None-Match)."},
}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the runs of the workspace and take them from the queue, one after another."""
    workspace = app.state.workspace
    store = await run_in_threadpool(RunStore, workspace.runs)
    jobs = Jobs(workspace, Scenarios(workspace.scenarios), store, WorkerProcess())
    jobs.on_change = partial(app.state.recent.forget, router.prefix)
    app.state.jobs = jobs
    jobs.start()
    try:
        async with closed_at_stop(app.state.stopping, jobs.stop):
            yield
    finally:
        await jobs.close()


@router.get("", response_model=list[RunInfo])
async def runs(request: Request) -> Response:
    """List the runs, the newest first: those of this server and of the command line."""
    jobs = _jobs(request)
    return await recent_response(request, lambda: Body.of_models(jobs.infos()))


@router.post("", status_code=HTTPStatus.ACCEPTED)
async def start_run(asked: RunRequest, request: Request, response: Response) -> RunInfo:
    """Ask for a run; it waits until those before it have ended."""
    info = await _jobs(request).submit(asked)
    response.headers["Location"] = f"/api/runs/{quote(info.run_id)}"
    return info


@router.get("/{run_id}", response_model=RunInfo)
async def run(run_id: RunId, request: Request) -> Response:
    """Answer with where a run stands."""
    jobs = _jobs(request)
    return await recent_response(request, lambda: Body.of_models(jobs.info(run_id)))


@router.delete("/{run_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_run(run_id: RunId, request: Request) -> None:
    """Remove a run that has ended, and its folder."""
    await _jobs(request).delete(run_id)


@router.post("/{run_id}/cancel")
async def cancel_run(run_id: RunId, request: Request) -> RunInfo:
    """Take a run out of the queue, or stop it; it has ended when its state says so."""
    return await _jobs(request).cancel(run_id)


@router.post("/{run_id}/resume")
async def resume_run(run_id: RunId, request: Request) -> RunInfo:
    """Ask again for a run that was interrupted or cancelled, or that failed."""
    return _jobs(request).resume(run_id)


def _watched(run_id: RunId, request: Request) -> Jobs:
    """Refuse to watch what cannot be watched, while that can still be said."""
    jobs = _jobs(request)
    jobs.check_watch(run_id)
    return jobs


@router.get("/{run_id}/events", response_class=EventSourceResponse)
async def run_events(
    run_id: RunId, jobs: Annotated[Jobs, Depends(_watched)]
) -> AsyncIterable[ServerSentEvent]:
    """Tell of every change of a run (`event: run`, its data a `RunInfo`) until it has ended."""
    async for info in jobs.watch(run_id):
        yield ServerSentEvent(event="run", data=info)


@router.get("/{run_id}/page", response_class=Response, responses=PAGE_ANSWERS)
async def run_page(run_id: RunId, request: Request) -> Response:
    """Answer with a run as the page needs it."""
    return await recent_response(request, lambda: _results(run_id, request).page())


@router.get("/{run_id}/report.html", response_class=Response, responses=REPORT_ANSWERS)
async def run_report(run_id: RunId, request: Request) -> Response:
    """Answer with the report of a run, as one file to keep or to send."""
    return await recent_response(request, lambda: _results(run_id, request).report())


@router.get("/{run_id}/difference/{other_id}", response_model=RunDifference)
async def run_difference(
    run_id: RunId,
    other_id: Annotated[str, Path(description="Id of the run that it is compared with.")],
    request: Request,
) -> Response:
    """Answer with what another run was asked, and came to, that this one did not."""

    def made() -> Body:
        return _results(run_id, request).difference(_results(other_id, request))

    return await recent_response(request, made)


@router.get(
    "/{run_id}/{table}",
    response_class=Response,
    responses=TABLE_ANSWERS,
    openapi_extra=TABLE_FILTERS,
)
async def run_table(
    run_id: RunId,
    table: Annotated[str, Path(description="Name of a table.", examples=["corridors"])],
    query: Annotated[TableQuery, Query()],
    request: Request,
) -> Response:
    """Answer with rows of a table of a run; GeoJSON where the study is as it was."""

    def rows() -> Body:
        results = _results(run_id, request)
        places, no_places = results.places()
        name, frame = results.table(table)
        return table_body(
            frame,
            request,
            query,
            version=f"{results.version} {name}",
            places=places,
            no_places=no_places,
        )

    return await recent_response(request, rows)


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


def _results(run_id: str, request: Request) -> Results:
    state = request.app.state
    info = _jobs(request).info(run_id)
    return Results(info, _jobs(request).folder(run_id), state.workspace, state.bodies)
