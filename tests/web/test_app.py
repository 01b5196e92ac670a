"""The application as a whole: its schema, its page, and how errors become refusals."""

from __future__ import annotations

import asyncio
import errno
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from fastapi import APIRouter
from tests.web.conftest import ADDRESS, TestClient

from sogdia import errors
from sogdia.report.page import PAGE_FILES
from sogdia.web import app as application
from sogdia.web import page_files
from sogdia.web.app import create_app
from sogdia.web.refusals import hint, refuse_error
from sogdia.web.security import Security

REFUSED = {"$ref": "#/components/schemas/Refusal"}


def caused(cause):
    error = errors.ResourceError("cannot write x")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.DataError("the year is missing"), 422),
        (errors.NoRouteError("no way is left", ["RU closed"], [["RU closed"]]), 409),
        (errors.InfeasibleError("no path"), 409),
        (errors.ConvergenceError("it diverges"), 500),
        (errors.ResourceError("port 1 is taken"), 503),
        (caused(OSError(errno.ENOSPC, "full")), 507),
        (caused(ValueError("?")), 503),
        (errors.CheckError("flow is lost"), 500),
    ],
)
def test_every_error_has_its_status(error, status):
    answer = refuse_error(error)
    assert answer.status_code == status
    assert str(error).encode() in answer.body


def test_errors_of_routers_become_refusals(app, client):
    @app.get("/api/blocked")
    async def blocked():
        raise errors.NoRouteError("no way is left", ["RU closed"], [["RU closed"], ["war"]])

    answer = client.get("/api/blocked")
    assert answer.status_code == 409
    assert answer.json() == {
        "problems": [{"message": "no way is left"}],
        "blocked_by": ["RU closed"],
        "relax": [["RU closed"], ["war"]],
    }


def test_what_is_not_there_is_said(client):
    assert "/api/openapi.json" in client.get("/api/nothing").json()["problems"][0]["message"]
    answer = client.delete("/api/about")
    assert answer.status_code == 405
    assert answer.json()["problems"][0]["message"] == "/api/about does not take DELETE"


def test_other_errors_of_http_have_words_too(app, client):
    from fastapi import HTTPException

    @app.get("/api/teapot")
    async def teapot():
        raise HTTPException(418)

    assert client.get("/api/teapot").json()["problems"][0]["message"].startswith("Server refuses")


def test_a_hint_names_what_is_known():
    assert hint("zzz", ["link", "node"]) == "known: link, node"
    assert hint("zzz", []) == "there is none"


def test_about(client):
    about = client.get("/api/about").json()
    assert about["study"] == "small"
    assert about["limits"] == {"queued": 20, "replications": 50, "days": 1100, "upload_mib": 50}


def test_the_schema_documents_every_refusal(client):
    schema = client.get("/api/openapi.json").json()
    assert schema["info"]["title"] == "Sogdia"
    operations = [
        operation for methods in schema["paths"].values() for operation in methods.values()
    ]
    assert len(operations) >= 5
    for operation in operations:
        for status in ("4XX", "5XX"):
            content = operation["responses"][status]["content"]
            assert content["application/json"]["schema"] == REFUSED
        assert operation["description"]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)


def test_pages_that_load_from_elsewhere_are_off(client):
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404


def test_a_router_is_one_module_and_may_live_as_long_as_the_server(workspace, monkeypatch):
    lived = []

    @asynccontextmanager
    async def lifespan(app):
        lived.append("starts")
        yield
        lived.append("stops")

    router = APIRouter(prefix="/api/more", tags=["more"])

    @router.get("")
    async def more() -> str:
        """Say something."""
        return "more"

    modules = [SimpleNamespace(router=router, lifespan=lifespan), SimpleNamespace()]
    monkeypatch.setattr(application, "router_modules", lambda: modules)
    app = create_app(workspace, Security.of("127.0.0.1"))
    with TestClient(app, base_url=ADDRESS) as client:
        assert client.get("/api/more").json() == "more"
        assert lived == ["starts"]
    assert lived == ["starts", "stops"]


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page that was built."""
    folder = tmp_path / "page"
    folder.mkdir()
    for name in PAGE_FILES:
        (folder / name).write_text(f"{name} " + "x" * 2000)
    monkeypatch.setattr(page_files, "page_folder", lambda: folder)
    return folder


def test_the_page_is_served_compressed_and_once(client, page):
    answer = client.get("/")
    assert answer.text.startswith("index.html")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Content-Encoding"] == "gzip"
    again = client.get("/", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/app.js").headers["Content-Type"].startswith("text/javascript")
    assert client.head("/app.css").status_code == 200


@pytest.mark.parametrize(
    "path", ["/../app.py", "/%2e%2e/security.py", "/page_files.py", "/app.js.map"]
)
def test_only_the_files_of_the_page_are_served(client, page, path):
    assert client.get(path).status_code == 404


def test_a_page_that_was_not_built_says_so(client, monkeypatch):
    monkeypatch.setattr(page_files, "page_folder", lambda: None)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "Node 20" in answer.text
    assert "/api/openapi.json" in answer.text
    assert client.get("/app.js").status_code == 503


def test_the_application_needs_no_request_to_start_and_stop(app):
    async def lives():
        async with app.router.lifespan_context(app):
            return True

    assert asyncio.run(lives())
