"""Who is let in: names of the host, pages of other sites, tokens, sizes; and no insides leak."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from tests.web.conftest import ADDRESS, TestClient

from sogdia.errors import DataError
from sogdia.web import security
from sogdia.web.app import create_app
from sogdia.web.security import HEADERS, Security

TOKEN = "a-token-for-the-tests"


@pytest.fixture
def guarded(workspace):
    """A client of a server that needs a token."""
    app = create_app(workspace, Security.of("0.0.0.0", TOKEN))
    return TestClient(app, base_url=ADDRESS, follow_redirects=False)


def message(answer):
    return answer.json()["problems"][0]["message"]


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LOCALHOST.:1", "[::1]:8765"])
def test_the_names_of_this_machine_are_known(client, host):
    assert client.get("/api/about", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "user@localhost",
        "localhost/x",
        "",
        "10.0.0.1",
        "localhost:99999",
        "[::1]:99999",
        "[:::]",
        "[",
    ],
)
def test_another_name_is_refused(client, host):
    answer = client.get("/api/about", headers={"Host": host})
    assert answer.status_code == 421
    assert "not called by that name" in message(answer)


def test_two_names_at_once_are_refused(client):
    answer = client.get("/api/about", headers=[("Host", "localhost"), ("Host", "evil.example")])
    assert answer.status_code == 421


def test_a_name_may_be_allowed(workspace):
    app = create_app(workspace, Security.of("127.0.0.1", names=("Sogdia.example.org",)))
    client = TestClient(app, base_url="http://sogdia.example.org")
    assert client.get("/api/about").status_code == 200


def test_a_server_of_every_address_is_called_by_any_address_and_by_no_strange_name(guarded):
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.get("/api/about", headers=bearer | {"Host": "10.1.2.3"}).status_code == 200
    assert guarded.get("/api/about", headers=bearer | {"Host": "evil.org"}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(client, headers):
    answer = client.post("/api/studies?name=x", content=b"", headers=headers)
    assert answer.status_code == 403
    assert "other sites" in message(answer)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_its_own_page_and_plain_clients_may(client, headers):
    assert client.post("/api/studies?name=x", content=b"", headers=headers).status_code == 415


def test_another_site_may_link_to_the_server_but_not_read_from_it(client):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert client.get("/api/about", headers=link).status_code == 200
    assert client.get("/api/about", headers=image).status_code == 403


@pytest.mark.parametrize("path", ["/", "/app.js", "/api/about", "/api/nothing", "/nothing"])
def test_every_answer_is_guarded(client, path):
    headers = client.get(path).headers
    for name in HEADERS.keys() - {"Cache-Control"}:
        assert headers[name] == HEADERS[name]
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/api/about", "/api/openapi.json", "/api/runs"])
def test_without_the_token_the_api_is_closed(guarded, path):
    answer = guarded.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "sogdia serve" in message(answer)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "authorization", ["Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer", "Bearer caf\u00e9"]
)
def test_a_wrong_token_is_refused(guarded, authorization):
    headers = {"Authorization": authorization.encode()}
    assert guarded.get("/api/about", headers=headers).status_code == 401


def test_a_program_sends_the_token(guarded):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.get("/api/about", headers=headers).status_code == 200


def test_a_browser_brings_the_token_once(guarded):
    first = guarded.get(f"/?token={TOKEN}&run=r1")
    assert (first.status_code, first.headers["Location"]) == (303, "/?run=r1")
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert guarded.get("/api/about").status_code == 200


def test_the_token_in_an_address_opens_pages_only(guarded):
    assert guarded.get(f"/api/about?token={TOKEN}").status_code == 401
    assert guarded.get("/?token=wrong").status_code == 401
    assert guarded.get("/").text.startswith("This server needs its token")


def test_the_way_on_stays_on_this_server(guarded):
    answer = guarded.get(f"{ADDRESS}//evil.example/?token={TOKEN}")
    assert answer.headers["Location"] == "/evil.example/"


def test_a_cookie_of_another_port_does_not_count(guarded):
    guarded.cookies.set("sogdia-token-80", TOKEN)
    assert guarded.get("/api/about").status_code == 401


def test_odd_cookies_of_others_do_not_lock_out(guarded):
    odd = f"a@b[]=;;x; sogdia-token-8765={TOKEN}; =3"
    assert guarded.get("/api/about", headers={"Cookie": odd}).status_code == 200


@pytest.mark.parametrize(
    ("host", "needs"),
    [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True), ("192.168.1.4", True)],
)
def test_a_server_that_others_reach_has_a_token(host, needs):
    token = Security.of(host).token
    assert (token is not None and len(token) >= 32) == needs


@pytest.mark.parametrize("token", ["short", "a token with blanks", "semicolons;;;;;;;;;;;"])
def test_a_token_that_is_easily_guessed_or_broken_is_refused(token):
    with pytest.raises(DataError, match="--token has to be 16 to 200"):
        Security.of("127.0.0.1", token)


def test_a_request_that_says_it_is_too_long_is_refused_at_once(client):
    answer = client.post("/api/about", content=bytes(1024**2 + 1))
    assert answer.status_code == 413
    assert message(answer) == "the request is longer than 1 MiB, the limit here"


@pytest.mark.parametrize("length", ["-1", "many", "\u00b2"])
def test_a_length_that_is_no_number_is_refused(client, length):
    headers = {"Content-Length": length.encode("latin-1")}
    assert client.get("/api/about", headers=headers).status_code == 400


def test_a_request_that_grows_too_long_is_refused(client):
    def endless():
        for _ in range(60):
            yield bytes(1024**2)

    headers = {"Content-Type": "application/zip"}
    answer = client.post("/api/studies?name=big", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert "50 MiB" in message(answer)


def test_a_defect_says_nothing_of_our_insides(app, caplog):
    @app.get("/api/defect")
    def defect():
        raise ZeroDivisionError("secret detail")

    with caplog.at_level(logging.ERROR), TestClient(app, base_url=ADDRESS) as client:
        answer = client.get("/api/defect")
    assert answer.status_code == 500
    assert "defect of Sogdia" in message(answer)
    assert "secret" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "secret detail" in caplog.text


def asked(app, scope):
    """Ask the application directly; return what it sends."""
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(event):
        sent.append(event)

    asyncio.run(app(scope, receive, send))
    return sent


def test_a_websocket_is_closed(app):
    assert asked(app, {"type": "websocket", "path": "/", "headers": []}) == [
        {"type": "websocket.close", "code": 1008}
    ]


def test_a_client_that_leaves_is_no_defect(app, caplog):
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/studies",
        "raw_path": b"/api/studies",
        "query_string": b"name=gone",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/zip")],
    }
    assert asked(app, scope) == []
    assert caplog.text == ""


def test_a_defect_in_the_middle_of_an_answer_ends_it(app, caplog):
    from starlette.responses import StreamingResponse

    def half():
        yield b"half of "
        raise ZeroDivisionError("in the middle")

    app.add_route("/half", lambda _: StreamingResponse(half()))
    client = TestClient(app, base_url=ADDRESS, raise_server_exceptions=False)
    assert client.get("/half").status_code == 200
    assert "in the middle" in caplog.text


def test_json_that_is_no_json_is_refused_in_words(client, app):
    from sogdia.web.models import Problem

    @app.post("/api/echo")
    def echo(body: Problem) -> Problem:
        return body

    answer = client.post("/api/echo", content="{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    answer = client.post("/api/echo", content=json.dumps({"row": "x"}))
    assert answer.status_code == 422


@pytest.mark.parametrize("host", ["127.0.0.1:99999", "[:::]", "[1:2]:3"])
def test_a_name_that_is_none_is_no_defect_where_a_token_is_needed(guarded, host):
    assert guarded.get("/api/about", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://[", "null", "", "http://127.0.0.1:99999", "https://"])
def test_an_origin_that_is_none_is_another_site(client, origin):
    answer = client.post("/api/scenarios/toml", json={}, headers={"Origin": origin})
    assert answer.status_code == 403


def test_a_form_of_another_page_is_no_question(client):
    """A form can send JSON as text, without asking first."""
    headers = {"Content-Type": "text/plain"}
    assert client.post("/api/scenarios/toml", content=b"{}", headers=headers).status_code == 422


def test_a_request_that_arrives_too_slowly_is_refused(app, monkeypatch):
    monkeypatch.setattr(security, "BODY_WITHIN_S", 0.05)
    path = "/api/scenarios/parse"
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"text/plain")]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode()}
    scope |= {"query_string": b"", "headers": headers, "http_version": "1.1", "scheme": "http"}
    sent = []

    async def trickle():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"#", "more_body": True}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, trickle, send))
    assert sent[0]["status"] == 408
    assert b"did not arrive within" in sent[1]["body"]
