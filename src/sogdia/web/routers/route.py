"""`/api/route`: the ways of a shipment from door to door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from sogdia.web.route_desk import RouteDesk
from sogdia.web.run_models import RouteAnswer, RouteRequest
from sogdia.web.scenarios import Scenarios
from sogdia.web.stopping import closed_at_stop
from sogdia.web.worker_process import WorkerProcess

router = APIRouter(prefix="/api", tags=["route"])

WARM_AFTER_S = 2.0


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Have a worker of its own for routes, which do not wait for runs."""
    workspace = app.state.workspace
    desk = RouteDesk(workspace, Scenarios(workspace.scenarios), WorkerProcess())
    app.state.route_desk = desk
    warming = asyncio.create_task(_warm_up(app))
    try:
        async with closed_at_stop(app.state.stopping, desk.close):
            yield
    finally:
        warming.cancel()
        await asyncio.wait([warming])


async def _warm_up(app: FastAPI) -> None:
    """Have the worker make ready, once the server answers and no run needs the machine."""
    state = app.state
    await asyncio.sleep(WARM_AFTER_S)
    while not (hasattr(state, "jobs") and state.jobs.idle):
        await asyncio.sleep(WARM_AFTER_S)
    await state.route_desk.warm_up(state.jobs)


@router.post("/route", response_model=RouteAnswer, response_model_exclude_unset=True)
async def route(question: RouteRequest, request: Request) -> dict[str, Any]:
    """Find the ways from door to door that no other way beats.

    Where no way is left, the answer is 409 with the smallest set of rules and wishes that
    blocks every way, and what would open one.
    """
    desk: RouteDesk = request.app.state.route_desk
    return await desk.answer(question, request.app.state.jobs)
