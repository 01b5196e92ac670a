"""`/api/studies`: the studies, their tables, and studies that are sent."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from sogdia.errors import ResourceError
from sogdia.web.bodies import Body, recent_response
from sogdia.web.formats import (
    TABLE_ANSWERS,
    TABLE_FILTERS,
    TableQuery,
    table_body,
    table_named,
)
from sogdia.web.models import StudyInfo
from sogdia.web.refusals import RefusedError
from sogdia.web.workspace import Workspace

router = APIRouter(prefix="/api/studies", tags=["studies"])

ZIP_TYPES = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
StudyName = Annotated[str, Path(description="Name of a study.", examples=["eurasia"])]
PAGE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The study as the page needs it, its tables packed by column.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    304: {"description": "As the client has it (If-None-Match)."},
}
ZIP_BODY = {
    "requestBody": {
        "required": True,
        "description": "A zip of the study's tables, at its top or in its only folder.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("", response_model=list[StudyInfo])
async def studies(request: Request) -> Response:
    """List the studies; a broken one is listed with what is wrong with it."""
    workspace = _workspace(request)
    return await recent_response(request, lambda: Body.of_models(workspace.studies()))


@router.post("", status_code=HTTPStatus.CREATED, openapi_extra=ZIP_BODY)
async def send_study(
    request: Request,
    name: Annotated[str, Query(description="What to call it.", examples=["my-study"])],
    replace: Annotated[
        bool, Query(description="Whether a study that was sent before may be replaced.")
    ] = False,
) -> StudyInfo:
    """Keep a study that is sent as a zip, if it has no problems."""
    workspace = _workspace(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in ZIP_TYPES:
        message = f"a study is sent as a zip, with Content-Type {ZIP_TYPES[0]}"
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
    await run_in_threadpool(workspace.check_new_name, name, replace=replace)
    content = await run_in_threadpool(workspace.new_upload)
    try:
        await _receive(request, content)
        return await run_in_threadpool(workspace.add, name, content, replace=replace)
    finally:
        request.app.state.recent.forget(router.prefix)
        content.unlink(missing_ok=True)


async def _receive(request: Request, path: FilePath) -> None:
    """Write what arrives into a file, never holding all of it."""
    try:
        with path.open("wb") as file:
            async for chunk in request.stream():
                file.write(chunk)
    except OSError as error:
        raise ResourceError(f"the study cannot be kept: {error.strerror}") from error


@router.get("/{study}", response_class=Response, responses=PAGE_ANSWERS)
async def study_page(study: StudyName, request: Request) -> Response:
    """Answer with a study as the page needs it."""
    workspace = _workspace(request)
    return await recent_response(request, lambda: workspace.loaded(study).page)


@router.get(
    "/{study}/{table}",
    response_class=Response,
    responses=TABLE_ANSWERS,
    openapi_extra=TABLE_FILTERS,
)
async def study_table(
    study: StudyName,
    table: Annotated[
        str,
        Path(description="Name of a table, or its plural.", examples=["links"]),
    ],
    query: Annotated[TableQuery, Query()],
    request: Request,
) -> Response:
    """Answer with rows of a table; terminals and services have the country where they are."""

    def rows() -> Body:
        loaded = _workspace(request).loaded(study)
        name, frame = table_named(loaded.frames, table)
        return table_body(
            frame,
            request,
            query,
            version=loaded.digest,
            places=loaded.places,
            also=loaded.countries(name),
        )

    return await recent_response(request, rows)


def _workspace(request: Request) -> Workspace:
    workspace: Workspace = request.app.state.workspace
    return workspace
