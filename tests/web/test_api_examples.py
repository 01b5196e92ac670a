"""Every line of `docs/api.md` works as it stands there."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
from pathlib import Path

import pytest
from tests.web.conftest import ADDRESS, TestClient

from sogdia.report.page import page_folder
from sogdia.web.app import create_app
from sogdia.web.security import Security
from sogdia.web.workspace import Workspace

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines()
]
REFUSED_ON_PURPOSE = "contry"


def curl(client, line, folder):
    """Ask as curl would."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("address")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-X", dest="method")
    parser.add_argument("-d", "--data-binary", dest="body")
    parser.add_argument("-G", dest="as_query", action="store_true")
    parser.add_argument("--data-urlencode", dest="query", action="append", default=[])
    parser.add_argument("-o", dest="file")
    parser.add_argument("-N", "--compressed", dest="plain", action="store_true")
    program, *words = shlex.split(line)
    assert program == "curl"
    asked = parser.parse_args(words)
    assert asked.address.startswith(f"{ADDRESS}/")
    body = asked.body
    if body is not None and body.startswith("@"):
        body = (folder / body[1:]).read_bytes()
    return client.request(
        asked.method or ("GET" if body is None else "POST"),
        asked.address,
        params=[tuple(pair.split("=", 1)) for pair in asked.query] or None,
        content=body,
        headers=[tuple(header.split(": ", 1)) for header in asked.headers],
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory, small_zip):
    """A server of the built-in study, as `sogdia serve` starts it."""
    folder = tmp_path_factory.mktemp("here")
    shutil.copy(small_zip, folder / "my-study.zip")
    (folder / "my-scenario.toml").write_text('extends = "baseline-2024"\nyear = 2023\n')
    (folder / "studies").mkdir()
    workspace = Workspace(folder / "studies", folder / "runs")
    app = create_app(workspace, Security.of("127.0.0.1"))
    with TestClient(app, base_url=ADDRESS) as client:
        yield client, folder


@pytest.fixture(scope="module")
def small_zip(tmp_path_factory):
    """The small study as a zip."""
    small = ROOT / "tests" / "data" / "small"
    return shutil.make_archive(str(tmp_path_factory.mktemp("zip") / "small"), "zip", small)


def test_there_are_examples_of_every_part():
    for part in ("about", "studies", "scenarios", "runs", "route", "supply", "stress", "invest"):
        assert any(f"/api/{part}" in line for line in LINES)


def test_every_example_works(server):
    client, folder = server
    for line in LINES:
        answer = curl(client, line, folder)
        if REFUSED_ON_PURPOSE in line:
            assert answer.status_code == 422
            assert answer.text in PAGE
        elif "report.html" in line and page_folder() is None:
            assert answer.status_code == 503
        else:
            assert answer.is_success, f"{line}: {answer.text}"
            assert answer.text not in ("[]", "") or answer.status_code == 204, line
