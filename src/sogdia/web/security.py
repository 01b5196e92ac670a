"""Who may ask what: names of the host, tokens, cross-site requests, sizes, and what pages may do.

A server on the analyst's own machine is reachable from every page that their browser has
open, so that an address of the loopback protects nothing by itself: the `Host` header is
checked against the names that the server has (DNS rebinding), `Origin` and
`Sec-Fetch-Site` against the page that it serves (cross-site requests).
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sogdia.errors import DataError
from sogdia.web.limits import JSON_BODY_MIB, MIB, UPLOAD_MIB
from sogdia.web.models import Problem
from sogdia.web.refusals import RefusedError, refusal, refuse_defect

log = logging.getLogger("sogdia.web")

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
EVERY_ADDRESS = frozenset({"0.0.0.0", "::", ""})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}")
TOKEN_BYTES = 24
HOST = re.compile(
    r"(?:(?P<name>[A-Za-z0-9._-]+)|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?"
)
LAST_PORT = 65535
BODY_WITHIN_S = 300.0
"""Time that the body of a request may take to arrive: who sends more slowly holds a connection."""

API = "/api/"
UPLOADS = "/api/studies"
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
TOO_SLOW = f"the request did not arrive within {BODY_WITHIN_S:g} s, the limit here"
NO_TOKEN = (
    "this server needs its token: open the address that `sogdia serve` printed, "
    "or send it as `Authorization: Bearer`"
)


@dataclass(frozen=True, slots=True)
class Security:
    """Who may ask.

    Attributes
    ----------
    names : frozenset of str
        Names and addresses that the server is called by.
    every_address : bool
        Whether it may be called by any address too, of which it then has several.
    token : str or None
        What clients have to know; None: nothing.
    body_limits_bytes : mapping of str to int
        For paths that take more than `limit_bytes`: how much.
    limit_bytes : int
        What a request may hold.
    """

    names: frozenset[str] = LOOPBACK_NAMES
    every_address: bool = False
    token: str | None = None
    body_limits_bytes: Mapping[str, int] = field(
        default_factory=lambda: {UPLOADS: UPLOAD_MIB * MIB}
    )
    limit_bytes: int = JSON_BODY_MIB * MIB

    @classmethod
    def of(cls, host: str, token: str | None = None, names: tuple[str, ...] = ()) -> Security:
        """Return what a server that is bound to `host` needs.

        Parameters
        ----------
        host : str
            Name or address that it is bound to.
        token : str, optional
            The token; made up if one is needed and none is given.
        names : tuple of str
            Other names that it is called by.

        Raises
        ------
        DataError
            If the token is too short, or cannot stand in an address.
        """
        if token is not None and TOKEN.fullmatch(token) is None:
            raise DataError(
                "--token has to be 16 to 200 letters, digits, dots, dashes, underscores or tildes"
            )
        if token is None and not is_loopback(host):
            token = secrets.token_urlsafe(TOKEN_BYTES)
        known = LOOPBACK_NAMES | {name.lower() for name in (host, *names) if name}
        return cls(frozenset(known - EVERY_ADDRESS), host in EVERY_ADDRESS, token)

    def knows(self, host: str) -> bool:
        """Tell whether a `Host` header names this server."""
        name = host_name(host)
        return name in self.names or (self.every_address and _is_address(name))

    def admits(self, token: str) -> bool:
        """Tell whether a token is the right one."""
        return self.token is None or secrets.compare_digest(token.encode(), self.token.encode())


def is_loopback(host: str) -> bool:
    """Tell whether a name or address is reached from this machine only.

    Examples
    --------
    >>> [is_loopback(host) for host in ("localhost", "127.0.0.2", "::1", "0.0.0.0", "example.org")]
    [True, True, True, False, False]
    """
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def host_name(host: str) -> str:
    """Return the name in a `Host` header, without its port; empty if it is not one.

    Examples
    --------
    >>> [host_name(host) for host in ("LocalHost:8765", "[::1]:8765", "user@localhost", "[::")]
    ['localhost', '::1', '', '']
    """
    found = HOST.fullmatch(host)
    if found is None or int(found["port"] or 0) > LAST_PORT:
        return ""
    return (found["name"] or found["address"]).lower().rstrip(".")


class SecurityMiddleware:
    """Refuses what is not allowed before anything else sees it, and guards every answer.

    Parameters
    ----------
    app : ASGI application
        The rest of the server.
    security : Security
        Who may ask.
    """

    def __init__(self, app: ASGIApp, security: Security) -> None:
        self.app = app
        self.security = security

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            answer = self._answer(scope, Headers(scope=scope))
            if answer is not None:
                await answer(scope, receive, guarded)
            else:
                await self.app(scope, self._limited(scope, receive), guarded)
        except ClientDisconnect:
            log.debug("a client left before it was answered")
        except Exception:
            log.exception("%s %s", scope["method"], scope["path"])
            if not started:
                await refuse_defect()(scope, receive, guarded)

    def _answer(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the answer to what goes no further; None for what may pass."""
        if not self.security.knows(headers.get("host", "")) or len(headers.getlist("host")) > 1:
            message = "this server is not called by that name; --allow-host adds one"
            return _refused(HTTPStatus.MISDIRECTED_REQUEST, message)
        if _is_cross_site(scope, headers):
            message = "requests from pages of other sites are refused"
            return _refused(HTTPStatus.FORBIDDEN, message)
        if self.security.token is not None:
            answer = self._answer_without_token(scope, headers)
            if answer is not None:
                return answer
        limit_bytes = self._limit_bytes(scope)
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            return _refused(HTTPStatus.BAD_REQUEST, "Content-Length is not a number")
        return _too_long(limit_bytes) if int(length) > limit_bytes else None

    def _answer_without_token(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the answer to a request that does not bear the token, or brings it first."""
        cookie_name = _cookie_name(headers)
        is_page = scope["method"] in ("GET", "HEAD") and not scope["path"].startswith(API)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(query).get("token")
        if is_page and given is not None and self.security.admits(given):
            rest = urlencode([pair for pair in query if pair[0] != "token"])
            return _with_cookie(scope["path"], rest, cookie_name, given)
        if self.security.admits(_bearer(headers)):
            return None
        if self.security.admits(_cookie(headers, cookie_name)):
            return None
        if is_page:
            return PlainTextResponse(f"{NO_TOKEN[0].upper()}{NO_TOKEN[1:]}.", 401)
        challenge = {"WWW-Authenticate": 'Bearer realm="sogdia"'}
        return _refused(HTTPStatus.UNAUTHORIZED, NO_TOKEN, challenge)

    def _limit_bytes(self, scope: Scope) -> int:
        return self.security.body_limits_bytes.get(scope["path"], self.security.limit_bytes)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Return a `receive` that stops a body which grows beyond the limit, or never ends."""
        limit_bytes = self._limit_bytes(scope)
        received = 0
        late: float | None = asyncio.get_running_loop().time() + BODY_WITHIN_S

        async def limited() -> Message:
            nonlocal received, late
            try:
                async with asyncio.timeout_at(late):
                    message = await receive()
            except TimeoutError as error:
                raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW) from error
            if not message.get("more_body", False):
                late = None  # what comes next is that the client leaves
            received += len(message.get("body", b""))
            if received > limit_bytes:
                raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_long_text(limit_bytes))
            return message

        return limited


def _is_cross_site(scope: Scope, headers: Headers) -> bool:
    """Tell whether a request comes from a page of another site and may change or cost something.

    A browser says where a request comes from; other clients say nothing.
    """
    site = headers.get("sec-fetch-site", "none")
    if scope["method"] in SAFE_METHODS:
        is_link = headers.get("sec-fetch-mode", "navigate") == "navigate"
        return site in ("cross-site", "same-site") and not is_link
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2].lower() != headers["host"].lower():
        return True
    return site not in ("same-origin", "none")


def _cookie_name(headers: Headers) -> str:
    """Return the cookie's name: browsers share cookies among the ports of a host."""
    found = HOST.fullmatch(headers["host"])
    port = found["port"] if found is not None else None
    return f"sogdia-token-{port or 80}"


def _bearer(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _cookie(headers: Headers, name: str) -> str:
    """Return the value of a cookie, whatever other servers of this host have left beside it."""
    for part in headers.get("cookie", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


def _with_cookie(path: str, query: str, name: str, token: str) -> Response:
    """Send the browser on without the token, which from now on is in its cookie."""
    # A path that begins with two slashes would name another host.
    address = "/" + quote(path.lstrip("/"))
    answer = RedirectResponse(f"{address}?{query}" if query else address, HTTPStatus.SEE_OTHER)
    answer.set_cookie(name, token, httponly=True, samesite="strict")
    return answer


def _refused(
    status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    answer = refusal(status, [Problem(message=message)])
    answer.headers.update(headers or {})
    return answer


def _too_long_text(limit_bytes: int) -> str:
    return f"the request is longer than {limit_bytes / MIB:g} MiB, the limit here"


def _too_long(limit_bytes: int) -> Response:
    return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_long_text(limit_bytes))
