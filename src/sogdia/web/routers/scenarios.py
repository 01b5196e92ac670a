"""`/api/scenarios`: the scenarios that are known, and scenarios as text and as content."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse

from sogdia.scenario import Scenario
from sogdia.web.refusals import RefusedError
from sogdia.web.run_models import ScenarioContent, ScenarioFile, ScenarioInfo
from sogdia.web.scenarios import Scenarios

router = APIRouter(prefix="/api/scenarios", tags=["scenarios"])

TOML_TYPES = ("text/plain", "application/toml", "text/x-toml")
TOML_BODY = {
    "requestBody": {
        "required": True,
        "description": "Text of a scenario file.",
        "content": {
            "text/plain": {
                "schema": {"type": "string"},
                "example": 'extends = "baseline-2024"\n\n[water_level]\ncaspian = -30.0\n',
            }
        },
    }
}
TOML_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Text of a scenario file.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


@router.get("")
def scenarios(request: Request) -> list[ScenarioInfo]:
    """List the scenarios that can be used: built-in ones, and files of the server's folder."""
    return _scenarios(request).infos()


@router.get("/{name}")
def scenario(
    name: Annotated[str, Path(description="Name of a scenario.", examples=["avoid-russia"])],
    request: Request,
) -> ScenarioFile:
    """Answer with the file of a scenario: its own part, without what it extends."""
    return _scenarios(request).file(name)


@router.post("/parse", openapi_extra=TOML_BODY)
async def parse(request: Request) -> ScenarioFile:
    """Read the text of a scenario file."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in TOML_TYPES:
        message = f"a scenario is sent as TOML, with Content-Type {TOML_TYPES[0]}"
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
    body = await request.body()
    return await run_in_threadpool(_scenarios(request).parse, body)


@router.post("/toml", response_class=PlainTextResponse, responses=TOML_ANSWER)
def toml(content: ScenarioContent, request: Request) -> str:
    """Write the text of a scenario file."""
    _scenarios(request).of_content(content)
    return Scenario.own_part(content).to_toml()


def _scenarios(request: Request) -> Scenarios:
    return Scenarios(request.app.state.workspace.scenarios)
