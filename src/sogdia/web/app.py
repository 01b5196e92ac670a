"""The application: the API of every router, the page, and what guards both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from sogdia._version import __version__
from sogdia.web import page_files, routers
from sogdia.web.bodies import BodyCache, RecentBodies
from sogdia.web.refusals import REFUSAL_CONTENT, REFUSALS, add_refusals
from sogdia.web.security import Security, SecurityMiddleware
from sogdia.web.stopping import Stopping, StoppingMiddleware
from sogdia.web.workspace import Workspace

DESCRIPTION = """\
Studies, scenarios, runs and routes of Sogdia, for the page that this server serves and for
people and programs.

Names and units are those of the tables: `length_km`, `time_h`, `cost_usd_t`. An answer that
is not a success has a body `{"problems": [{"message": ...}]}` that says what is wrong,
where, and what would be accepted.
"""


class Application(FastAPI):
    """A FastAPI application whose schema says of every refusal that it is JSON."""

    def openapi(self) -> dict[str, Any]:
        """Return the schema of the API."""
        schema = super().openapi()
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status in REFUSALS:
                    # FastAPI has it in the media type of the success.
                    operation["responses"][str(status)]["content"] = REFUSAL_CONTENT
        return schema


def create_app(workspace: Workspace, security: Security) -> FastAPI:
    """Make the application.

    Every module of `sogdia.web.routers` that has a `router` is part of it; one that has a
    `lifespan`, an asynchronous context manager of the application, is entered when the
    server starts and left when it stops.

    Parameters
    ----------
    workspace : Workspace
        What it works on; routers find it as ``app.state.workspace``.
    security : Security
        Who may ask.

    Returns
    -------
    FastAPI
        To be served by uvicorn.
    """
    modules = list(router_modules())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for module in modules:
                if hasattr(module, "lifespan"):
                    await stack.enter_async_context(module.lifespan(app))
            yield

    app = Application(
        title="Sogdia",
        description=DESCRIPTION,
        version=__version__,
        openapi_url="/api/openapi.json",
        # The pages that FastAPI has for these load their scripts from another host.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=REFUSALS,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.workspace = workspace
    app.state.bodies = BodyCache()
    app.state.recent = RecentBodies()
    app.state.stopping = Stopping()
    for module in modules:
        if hasattr(module, "router"):
            app.include_router(module.router)
    page_files.add_page(app)
    add_refusals(app)
    app.add_middleware(StoppingMiddleware, stopping=app.state.stopping)
    app.add_middleware(SecurityMiddleware, security=security)
    return app


def router_modules() -> Iterator[ModuleType]:
    """Import the modules of `sogdia.web.routers`, in the order of their names."""
    for found in iter_modules(routers.__path__):
        yield import_module(f"{routers.__name__}.{found.name}")


def _operation_id(route: APIRoute) -> str:
    return "_".join([*map(str, route.tags[:1]), route.name])
