"""`sogdia serve`: the map and the API on this machine."""

from __future__ import annotations

import os
import socket
import threading
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sogdia.cli.common import StudyArgument, examples
from sogdia.errors import DataError, ResourceError

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from sogdia.web.stopping import Stopping

DEFAULT_PORT = 8765
STOP_WITHIN_S = 1
BACKLOG = 512
EXAMPLES = examples(
    "sogdia serve",
    "sogdia serve my-study/ --port 9000",
    "sogdia serve --studies studies/ --runs runs/ --no-browser",
    "sogdia serve --host 0.0.0.0 --no-browser",
    "sogdia serve --host 0.0.0.0 --allow-host sogdia.example.org --no-browser",
)


def serve(
    study: StudyArgument = "eurasia",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes one that is free.")
    ] = DEFAULT_PORT,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen at. One that other machines reach needs a token, which is "
            "then part of the address that is printed."
        ),
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            envvar="SOGDIA_TOKEN",
            show_envvar=True,
            help="What clients have to know, 16 characters or more; by default none on this "
            "machine, and a new one at every start elsewhere.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Another name that the server is called by, such as that of a proxy before "
            "it. May be repeated.",
        ),
    ] = None,
    studies: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Folder of studies, each a folder or a zip; studies that are sent are kept there.",
        ),
    ] = Path(),
    runs: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of runs; it is made if it is not there.")
    ] = Path("runs"),
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the browser.")
    ] = False,
) -> None:
    """Serve the map: look at a study, change it, run it and watch it; Ctrl-C stops the server.

    The page and the API answer on this machine only, unless --host says otherwise. Runs are
    kept in the folder of runs and found again at the next start.
    """
    from sogdia.web.app import create_app
    from sogdia.web.security import Security
    from sogdia.web.workspace import Workspace

    security = Security.of(host, token, tuple(allow_host or ()))
    if not studies.is_dir():
        raise DataError(f"--studies {studies}: there is no such folder")
    workspace = Workspace(studies, runs, study)
    workspace.loaded(workspace.default_study)
    with listening(host, port) as listener:
        address = page_address(host, listener.getsockname()[1], security.token)
        app = create_app(workspace, security)
        typer.echo(f"Sogdia serves {workspace.default_study} at {address}\nCtrl-C stops it.")
        run_server(app, listener, None if no_browser else address)


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that a port that is taken is known before all else.

    Raises
    ------
    DataError
        If the host is not one of this machine.
    ResourceError
        If the port is taken or not allowed.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise DataError(f"--host {host!r} is not an address of this machine: {error}") from error
    listener = socket.socket(family, kind, protocol)
    if os.name == "posix":  # elsewhere it would let two servers have the same port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ResourceError(
            f"port {port} of {host} is not to be had: {error.strerror or error}; another sogdia "
            "serve may have it: choose one with --port, or --port 0 for any that is free"
        ) from error
    return listener


def page_address(host: str, port: int, token: str | None) -> str:
    """Return the address of the page, as a browser on this machine opens it.

    Examples
    --------
    >>> page_address("0.0.0.0", 8765, "a-token-of-a-server")
    'http://127.0.0.1:8765/?token=a-token-of-a-server'
    >>> page_address("::1", 8765, None)
    'http://[::1]:8765/'
    """
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")


def run_server(app: FastAPI, listener: socket.socket, opened: str | None) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    app : FastAPI
        What to serve.
    listener : socket
        Where.
    opened : str or None
        Address that the browser is to open once the server answers.
    """
    import uvicorn

    stopping: Stopping = app.state.stopping

    class Server(uvicorn.Server):
        """A server that says when it begins to answer and when it is about to stop."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if opened is not None and self.started:
                threading.Thread(target=webbrowser.open, args=(opened,), daemon=True).start()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            stopping.begin()
            await super().shutdown(sockets)

    server = Server(_configuration(app))
    with suppress(KeyboardInterrupt):
        server.run([listener])


def _configuration(app: FastAPI) -> uvicorn.Config:
    import uvicorn

    return uvicorn.Config(
        app,
        log_level="warning",
        lifespan="on",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
