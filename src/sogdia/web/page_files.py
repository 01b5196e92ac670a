"""The page as it was built: a few files, told apart by tag and sent compressed."""

from __future__ import annotations

from html import escape

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sogdia.report.page import NOT_BUILT, PAGE_FILES, page_folder
from sogdia.web.bodies import Body, BodyCache, recent_response

INDEX = "index.html"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
}
NO_PAGE = """\
<!doctype html>
<html lang="en">
<title>Sogdia</title>
<h1>Sogdia serves its API, but not its page</h1>
<p>There is no page: {reason}.</p>
<p>The API works: its schema is at <a href="/api/openapi.json">/api/openapi.json</a>, and
<code>docs/api.md</code> shows how to use it.</p>
</html>
"""


def add_page(app: FastAPI) -> None:
    """Serve the built page at the root; only its own files, by their names."""
    app.add_route("/", _index, include_in_schema=False)
    for name in PAGE_FILES:
        app.add_route(f"/{name}", _file, include_in_schema=False)


async def _index(request: Request) -> Response:
    return await _answer(request, INDEX)


async def _file(request: Request) -> Response:
    return await _answer(request, request.url.path.removeprefix("/"))


async def _answer(request: Request, name: str) -> Response:
    cache: BodyCache = request.app.state.bodies
    try:
        return await recent_response(request, lambda: _body(cache, name))
    except FileNotFoundError:
        return HTMLResponse(NO_PAGE.format(reason=escape(NOT_BUILT)), 503)


def _body(cache: BodyCache, name: str) -> Body:
    folder = page_folder()
    if folder is None:
        raise FileNotFoundError(name)
    path = folder / name
    key = (path, path.stat().st_mtime_ns)
    return cache.get(key, lambda: Body.of(path.read_bytes(), MEDIA_TYPES[path.suffix]))
