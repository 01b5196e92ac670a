"""`sogdia serve`: where it listens, what it prints, and how it stops."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from sogdia.cli import serve_command
from sogdia.cli.serve_command import listening, page_address
from sogdia.errors import DataError, ResourceError

LONGEST_S = 60


@pytest.fixture
def served(monkeypatch, sogdia):
    """Run the command without serving; what it would serve comes with what it printed."""
    calls = []
    monkeypatch.setattr(serve_command, "run_server", lambda *arguments: calls.append(arguments))
    return lambda *arguments: (sogdia("serve", *arguments), calls)


def test_the_help_teaches(sogdia):
    done = sogdia("serve", "--help")
    assert done.code == 0
    assert "Ctrl-C stops" in done.out
    assert "sogdia serve my-study/ --port 9000" in done.out


def test_it_prints_where_it_is_and_opens_the_browser(served, small_folder):
    done, ((_, listener, opened),) = served(small_folder, "--port", 0)
    assert done.code == 0
    address = re.search(r"http://127\.0\.0\.1:\d+/", done.out)
    assert address is not None
    assert opened == address[0]
    assert done.out.startswith("Sogdia serves small at ")
    assert listener.fileno() == -1


def test_the_browser_may_stay_closed(served):
    _, ((_, _, opened),) = served("--port", 0, "--no-browser")
    assert opened is None


def test_a_server_for_others_prints_a_token(served):
    done, _ = served("--host", "0.0.0.0", "--port", 0)
    assert re.search(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}\n", done.out)


def test_the_token_may_be_given(served, monkeypatch):
    monkeypatch.setenv("SOGDIA_TOKEN", "a-token-of-the-team")
    done, _ = served("--port", 0)
    assert "?token=a-token-of-the-team" in done.out


def test_a_port_that_is_taken(served):
    with socket.create_server(("127.0.0.1", 0)) as other:
        done, calls = served("--port", other.getsockname()[1])
    assert done.code == 4
    assert "choose one with --port" in done.err
    assert calls == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["smoll"], "there is no study 'smoll'"),
        (["--studies", "nowhere"], "--studies nowhere: there is no such folder"),
        (["--token", "short"], "--token has to be 16 to 200"),
        (["--host", "not a host", "--port", "0"], "not an address of this machine"),
    ],
)
def test_what_cannot_be_served_ends_with_2(served, arguments, words):
    done, calls = served(*arguments)
    assert (done.code, calls) == (2, [])
    assert words in done.err


def test_a_broken_study_is_not_begun_with(served, small_copy):
    (small_copy / "node.csv").unlink()
    done, _ = served(small_copy)
    assert done.code == 2
    assert "node.csv" in done.err


def test_an_address_of_another_machine_is_not_to_be_had():
    with pytest.raises(ResourceError, match=r"port 0 of 192\.0\.2\.1 is not to be had"):
        listening("192.0.2.1", 0)


def test_a_host_that_is_no_name():
    with pytest.raises(DataError, match="--host"):
        listening("a..b", 0)


def test_the_address_that_a_browser_opens():
    assert page_address("0.0.0.0", 80, None) == "http://127.0.0.1:80/"
    assert page_address("::", 80, None) == "http://[::1]:80/"
    assert page_address("sogdia.example.org", 80, "t") == "http://sogdia.example.org:80/?token=t"


def test_it_serves_until_it_is_told_to_stop(app_that_stops, monkeypatch):
    app, listener = app_that_stops
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    serve_command.run_server(app, listener, "http://127.0.0.1/")
    assert opened == ["http://127.0.0.1/"]


@pytest.fixture
def app_that_stops():
    """An application that presses Ctrl-C as soon as it has started, and where it listens."""
    from contextlib import asynccontextmanager
    from threading import Timer

    from fastapi import FastAPI

    from sogdia.web.stopping import Stopping

    @asynccontextmanager
    async def lifespan(_):
        timer = Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        yield
        timer.join()

    app = FastAPI(lifespan=lifespan)
    app.state.stopping = Stopping()
    with listening("127.0.0.1", 0) as listener:
        yield app, listener


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_ctrl_c_stops_it_cleanly(small_folder, tmp_path):
    command = [sys.executable, "-c", "from sogdia.cli import main; main()"]
    with subprocess.Popen(
        [*command, "serve", str(small_folder), "--port", "0", "--no-browser"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            address = server.stdout.readline().split()[-1]
            with urllib.request.urlopen(f"{address}api/about", timeout=LONGEST_S) as answer:
                assert answer.status == 200
            server.send_signal(signal.SIGINT)
            _, err = server.communicate(timeout=LONGEST_S)
        finally:
            server.kill()
    assert (server.returncode, err) == (0, "")
