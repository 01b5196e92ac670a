"""`/api/supply`: who can ship what to whom, what binds, and what a stop would cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from sogdia.web.leaving import while_awaited
from sogdia.web.scenarios import Scenarios
from sogdia.web.stopping import closed_at_stop
from sogdia.web.supply_desk import SupplyDesk
from sogdia.web.supply_models import SupplyAnswer, SupplyRequest
from sogdia.web.worker_process import WorkerProcess

router = APIRouter(prefix="/api", tags=["supply"])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Have a worker of its own for balances, which starts when one is asked for."""
    workspace = app.state.workspace
    desk = SupplyDesk(workspace, Scenarios(workspace.scenarios), WorkerProcess())
    app.state.supply_desk = desk
    async with closed_at_stop(app.state.stopping, desk.close):
        yield


@router.post("/supply", response_model=SupplyAnswer, response_model_exclude_unset=True)
async def supply(question: SupplyRequest, request: Request) -> dict[str, Any]:
    """Balance supply and need at least cost over the network, month by month.

    Where a contract or a limit cannot be kept, the answer says which and why. A client that
    leaves before the answer comes stops the work.
    """
    state = request.app.state
    return await while_awaited(request, state.stopping, state.supply_desk.answer(question))
