"""The API is fuzzed against its own schema: no answer of 5xx, and every answer as documented."""

from __future__ import annotations

import shutil
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from tests.examples import examples
from tests.web.conftest import ADDRESS, TestClient

from sogdia.errors import InfeasibleError
from sogdia.web.app import create_app
from sogdia.web.security import Security
from sogdia.web.worker_process import WorkerProcess
from sogdia.web.workspace import Workspace

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.core.result import Ok
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = {GenerationMode.POSITIVE: examples(24), GenerationMode.NEGATIVE: examples(8)}
SMALL = Path(__file__).parents[1] / "data" / "small"


@schemathesis.serializer("application/zip")
def as_bytes(_, value):
    """Send whatever Schemathesis makes up as the bytes of a zip."""
    return getattr(value, "data", None) or str(value).encode()


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A client of a server whose workers refuse all work."""
    folder = tmp_path_factory.mktemp("fuzzed")
    shutil.copytree(SMALL, folder / "studies" / "small")
    workspace = Workspace(folder / "studies", folder / "runs", "small")

    async def idle(*_, **__):
        raise InfeasibleError("no work is done in this test")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerProcess, "ask", idle)
        app = create_app(workspace, Security.of("127.0.0.1"))
        with TestClient(app, base_url=ADDRESS) as client:
            yield client


@pytest.fixture(scope="module")
def operations(client):
    """The operations of the API's schema."""
    schema = schemathesis.openapi.from_dict(client.app.openapi())
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


def fuzz(operation, mode, client):
    """Send requests of the schema's making, and hold every answer against the schema."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def keeps_its_word(case):
        # The client that Schemathesis has for applications leaves streams open behind it.
        asked = requests.Request(**case.as_transport_kwargs(base_url=ADDRESS)).prepare()
        answer = client.request(asked.method, asked.url, content=asked.body, headers=asked.headers)
        case.validate_response(answer, checks=CHECKS)

    keeps_its_word()


def test_the_api_keeps_its_word(operations, client):
    assert len(operations) >= 18
    for operation in operations:
        fuzz(operation, GenerationMode.POSITIVE, client)


def test_the_api_refuses_what_its_schema_does_not_know(operations, client):
    for operation in operations:
        with suppress(Unsatisfiable):  # nothing is wrong for an operation that asks for nothing
            fuzz(operation, GenerationMode.NEGATIVE, client)
