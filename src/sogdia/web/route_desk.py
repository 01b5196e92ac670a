"""Answers about routes, from a worker of their own: they do not wait for runs."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from sogdia.errors import DataError, SogdiaError
from sogdia.web.desk import Desk, Patience
from sogdia.web.jobs import Jobs, study_job
from sogdia.web.limits import ROUTE_SECONDS
from sogdia.web.run_models import RouteRequest
from sogdia.web.scenarios import Scenarios
from sogdia.web.worker_process import WorkerProcess
from sogdia.web.workspace import Workspace

MOST_WAITING = 20
QUEUES = "elements.parquet"
DEFAULT_CRITERIA = ("time", "cost", "co2")


class RouteDesk(Desk):
    """Takes questions about routes one at a time; to be used within one event loop.

    Parameters
    ----------
    workspace : Workspace
        Where studies are.
    scenarios : Scenarios
        Scenarios that are known.
    worker : WorkerProcess
        Where ways are computed.
    """

    def __init__(self, workspace: Workspace, scenarios: Scenarios, worker: WorkerProcess) -> None:
        super().__init__(worker)
        self._workspace = workspace
        self._scenarios = scenarios

    async def answer(self, request: RouteRequest, jobs: Jobs) -> dict[str, Any]:
        """Answer a question, within `ROUTE_SECONDS`.

        Parameters
        ----------
        request : RouteRequest
            The question.
        jobs : Jobs
            Runs, whose queues may be waited in.

        Returns
        -------
        dict
            As `sogdia.report.route_json` writes it.

        Raises
        ------
        RefusedError
            404 if there is no such study, scenario or run, 503 if it takes too long or too
            many questions wait.
        DataError
            If the question is not one.
        NoRouteError
            If no way is left, with the restrictions that block it.
        """
        patience = Patience(
            MOST_WAITING,
            ROUTE_SECONDS,
            questions="questions about routes",
            advice="ask for fewer ways, compare by fewer criteria, or use `sogdia route`, which "
            "has no limit",
        )
        return await self._answered(partial(self._job, request, jobs), patience)

    async def warm_up(self, jobs: Jobs) -> None:
        """Ask a question of the study that the server began with, so that the next is quick.

        The first question to a worker takes seconds: it loads its libraries and kernels, and
        the network of the study.

        Parameters
        ----------
        jobs : Jobs
            As of `answer`.
        """
        with suppress(SogdiaError, HTTPException):
            if self._waiting == 0:
                await self.answer(await run_in_threadpool(self._usual_question), jobs)

    def _usual_question(self) -> RouteRequest:
        name = self._workspace.default_study
        trade = self._workspace.study(name).demand.row(0, named=True)
        return RouteRequest(
            study=name,
            origin=trade["origin"],
            destination=trade["destination"],
            commodity=trade["commodity_id"],
        )

    def _job(self, request: RouteRequest, jobs: Jobs) -> dict[str, Any]:
        study = self._workspace.study(request.study)
        scenario = self._scenarios.asked(request.scenario, study)
        return {
            "kind": "route",
            **study_job(self._workspace, request.study),
            "scenario": scenario.content(),
            "depart": None if request.depart is None else request.depart.isoformat(),
            "queues": _queues(request, jobs),
            "question": {
                "origin": request.origin,
                "destination": request.destination,
                "commodity": request.commodity,
                "deadline_days": request.deadline_days,
                "by": request.by or DEFAULT_CRITERIA,
                "avoid": request.avoid,
                "via": request.via,
                "k": request.k,
                "why_not": request.why_not,
            },
        }


def _queues(request: RouteRequest, jobs: Jobs) -> str | None:
    """Return where the queues of the run lie that the question names."""
    if request.run is None:
        return None
    run = jobs.info(request.run)
    if run.study != request.study:
        raise DataError(
            f"run {request.run!r} is of study {run.study!r}, and the question of "
            f"{request.study!r}; name a run of that study"
        )
    file = jobs.folder(request.run) / QUEUES
    if not file.is_file():
        raise DataError(f"run {request.run!r} has no {QUEUES}; name one that was assigned")
    return str(file)
