"""`/api/supply`, `/api/stress`, `/api/invest`: questions that take seconds to minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from sogdia.web.decision_models import InvestAnswer, InvestRequest, StressAnswer, StressRequest
from sogdia.web.leaving import while_awaited
from sogdia.web.question_desk import ADVICE, QuestionDesk
from sogdia.web.question_models import Question, Standing
from sogdia.web.scenarios import Scenarios
from sogdia.web.stopping import closed_at_stop
from sogdia.web.supply_models import SupplyAnswer, SupplyRequest
from sogdia.web.worker_process import WorkerProcess

router = APIRouter(prefix="/api", tags=["questions"])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Have a worker for each kind of question, which starts when one is asked."""
    workspace = app.state.workspace
    scenarios = Scenarios(workspace.scenarios)
    desks = {kind: QuestionDesk(kind, workspace, scenarios, WorkerProcess()) for kind in ADVICE}
    app.state.question_desks = desks
    async with AsyncExitStack() as stack:
        for desk in desks.values():
            await stack.enter_async_context(closed_at_stop(app.state.stopping, desk.close))
        yield


@router.post("/supply", response_model=SupplyAnswer, response_model_exclude_unset=True)
async def supply(question: SupplyRequest, request: Request) -> dict[str, Any]:
    """Balance supply and need at least cost over the network, month by month.

    Where a contract or a limit cannot be kept, the answer says which and why. A client that
    leaves before the answer comes stops the work, of this question as of those below.
    """
    return await _answer("supply", question, request)


@router.post("/stress", response_model=StressAnswer)
async def stress(question: StressRequest, request: Request) -> dict[str, Any]:
    """Take every element away in turn, and rank them by what that costs."""
    return await _answer("stress", question, request)


@router.post("/invest", response_model=InvestAnswer)
async def invest(question: InvestRequest, request: Request) -> dict[str, Any]:
    """Choose which projects to build within a budget."""
    return await _answer("invest", question, request)


@router.get("/progress")
async def progress(request: Request) -> dict[str, Standing]:
    """Answer with where the questions stand that are worked on, by kind."""
    return {
        kind: Standing(stage=stage, done=done, total=total, waiting=desk.waiting)
        for kind, desk in _desks(request).items()
        if desk.progress is not None
        for stage, done, total in [desk.progress]
    }


async def _answer(kind: str, question: Question, request: Request) -> dict[str, Any]:
    desk = _desks(request)[kind]
    return await while_awaited(request, request.app.state.stopping, desk.answer(question))


def _desks(request: Request) -> dict[str, QuestionDesk]:
    desks: dict[str, QuestionDesk] = request.app.state.question_desks
    return desks
