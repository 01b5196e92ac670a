"""A browser, a server with a small study and a broken one, and a run that is done."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from tests.browser.corridor import corridor, write
from tests.browser.server import Server
from tests.browser.visits import PATIENCE_MS, Visits

from sogdia.report.page import NOT_BUILT, page_folder

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
STUDY, BROKEN = "small-corridor", "broken-corridor"
FAILED = pytest.StashKey[bool]()
expect.set_options(timeout=PATIENCE_MS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Let the fixtures of a test know whether it has failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium; without it, or without the page, the tests are skipped."""
    if page_folder() is None:
        _cannot(NOT_BUILT)
    return _chromium()


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[Browser]:
    """Chromium, without a window, for one file of tests.

    As long as it is open Playwright's event loop runs, and no other test can have one.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def studies(tmp_path_factory) -> Path:
    """A folder with the small study, and beside it one in which a place is missing."""
    folder = tmp_path_factory.mktemp("studies")
    write(corridor(), folder / STUDY)
    links = write(corridor(), folder / BROKEN) / "link.csv"
    links.write_text(links.read_text().replace("KZASA,RUMOW", "KZASA,NOWHERE"))
    return folder


@pytest.fixture(scope="session")
def server(chromium, studies, tmp_path_factory) -> Iterator[Server]:
    """A server that all tests share; without a browser none is needed."""
    server = Server(STUDY, studies, tmp_path_factory.mktemp("served") / "runs")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def baseline(server) -> str:
    """Id of a simulated run of the study as it is."""
    return server.run(
        scenario={"name": "as-is", "title": "As it is", "year": 2024},
        simulate={"replications": 2, "days": 365, "seed": 1},
    )


@pytest.fixture
def visits(browser, request) -> Iterator[Visits]:
    """Opens pages; in the end nothing may have gone wrong in them."""
    visits = Visits(browser)
    yield visits
    if request.node.stash.get(FAILED, False):
        visits.photograph(re.sub(r"\W+", "-", request.node.name))
    faults = visits.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def page(visits, server, baseline):
    """The page with the run that is done on its map."""
    return visits.open(server.address, f"run={baseline}")


def _chromium() -> str:
    named = os.environ.get("SOGDIA_CHROMIUM")
    for found in (named, *map(shutil.which, NAMES)):
        if found:
            return found
    _cannot(f"there is none of {', '.join(NAMES)}: install Chromium, or name it in SOGDIA_CHROMIUM")


def _cannot(reason: str) -> NoReturn:
    """Skip what needs a browser, or fail where it has to be tested."""
    if os.environ.get("SOGDIA_REQUIRE_BROWSER") == "1":
        pytest.fail(f"SOGDIA_REQUIRE_BROWSER is 1, but {reason}", pytrace=False)
    pytest.skip(reason)
