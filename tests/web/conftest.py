"""A server in this process: the small study in a folder, and a client of it."""

from __future__ import annotations

import shutil

import pytest
from starlette.testclient import TestClient

from sogdia.web.app import create_app
from sogdia.web.routers import route
from sogdia.web.security import Security
from sogdia.web.workspace import Workspace

__all__ = ["ADDRESS", "TestClient", "look_again"]

ADDRESS = "http://127.0.0.1:8765"


@pytest.fixture(autouse=True)
def no_warming(monkeypatch):
    """No worker is started but for what is asked."""
    monkeypatch.setattr(route, "WARM_AFTER_S", 3600.0)


@pytest.fixture
def studies_folder(tmp_path, small_folder):
    """A folder with the small study in it."""
    folder = tmp_path / "studies"
    shutil.copytree(small_folder, folder / "small")
    return folder


@pytest.fixture
def workspace(studies_folder, tmp_path):
    """The small study to begin with, and no runs."""
    return Workspace(studies_folder, tmp_path / "runs", "small")


@pytest.fixture
def app(workspace):
    """The application, open to this machine."""
    return create_app(workspace, Security.of("127.0.0.1"))


@pytest.fixture
def client(app):
    """A client of the application, started."""
    with TestClient(app, base_url=ADDRESS) as client:
        yield client


def look_again(app):
    """Make the server look at the files of its studies again, and not a second later."""
    app.state.workspace.look_again()
    app.state.recent.forget("/")
