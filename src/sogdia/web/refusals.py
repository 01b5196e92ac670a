"""How the API refuses: every error becomes a `Refusal` with its status."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from sogdia import errors
from sogdia.study.sheet import nearest
from sogdia.web.limits import PROBLEMS_NAMED
from sogdia.web.models import Problem, Refusal

log = logging.getLogger("sogdia.web")

DEFECT = "this is a defect of Sogdia; the server's terminal shows where, please report it"
OUT_OF_SPACE = (errno.ENOSPC, errno.EDQUOT)
REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Refusal, "description": "Refused, and why."},
    "5XX": {"model": Refusal, "description": "The server could not, and why."},
}

REFUSAL_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}


class RefusedError(HTTPException):
    """A request that is refused, with the reason in one sentence.

    Parameters
    ----------
    status : HTTPStatus
        Status of the answer.
    message : str
        What is refused, and what would be accepted.
    headers : mapping, optional
        Headers of the answer.
    """

    def __init__(
        self, status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(int(status), message, dict(headers or {}))


def unknown(kind: str, name: str, known: Iterable[str]) -> RefusedError:
    """Return the refusal of a name that nothing known has: 404, with the nearest names.

    Examples
    --------
    >>> unknown("study", "eurasa", ["eurasia"]).detail
    "there is no study 'eurasa'; did you mean 'eurasia'?"
    """
    return RefusedError(HTTPStatus.NOT_FOUND, f"there is no {kind} {name!r}; {hint(name, known)}")


def hint(name: str, known: Iterable[str]) -> str:
    """Return what to say of a wrong name: the known one nearest to it, or all of them."""
    names = list(known)
    if near := nearest(name, names):
        return f"did you mean {near!r}?"
    return f"known: {', '.join(names)}" if names else "there is none"


def refusal(status: int, problems: Sequence[Problem], **details: Any) -> Response:  # noqa: ANN401
    """Return the answer that refuses a request.

    Parameters
    ----------
    status : int
        HTTP status.
    problems : sequence of Problem
        What is wrong; the first of many are named, the others counted.
    **details
        Other fields of `Refusal`.
    """
    named = [*problems[:PROBLEMS_NAMED]]
    if (more := len(problems) - len(named)) > 0:
        named.append(Problem(message=f"{more} more problems of this kind are not listed"))
    body = Refusal(problems=named, **details).model_dump_json(exclude_none=True)
    return Response(body, int(status), media_type="application/json")


def refuse_error(error: errors.SogdiaError) -> Response:
    """Return the answer to an error that Sogdia raised on purpose."""
    if isinstance(error, errors.DataError):
        return refusal(422, [Problem.of(problem) for problem in error.problems])
    said = [Problem(message=str(error))]
    if isinstance(error, errors.NoRouteError):
        relax = [list(one) for one in error.relax]
        return refusal(409, said, blocked_by=list(error.blocked_by), relax=relax)
    if isinstance(error, errors.InfeasibleError):
        return refusal(409, said)
    if isinstance(error, errors.ResourceError):
        cause = error.__cause__
        full = isinstance(cause, OSError) and cause.errno in OUT_OF_SPACE
        return refusal(507 if full else 503, said)
    if isinstance(error, errors.CheckError):
        said.append(Problem(message=DEFECT))
    log.error("%s", error)
    return refusal(500, said)


def refuse_defect() -> Response:
    """Return the answer to an error that nobody expected; it says nothing of our insides."""
    return refusal(500, [Problem(message=DEFECT)])


def add_refusals(app: FastAPI) -> None:
    """Make the application answer every error with a `Refusal`."""
    app.add_exception_handler(errors.SogdiaError, _sogdia_error)
    app.add_exception_handler(RequestValidationError, _wrong_request)
    app.add_exception_handler(HTTPException, _http_error)


async def _sogdia_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, errors.SogdiaError)
    return refuse_error(error)


async def _wrong_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [_wrong_part(one) for one in error.errors()]
    return refusal(422, problems)


def _wrong_part(error: Mapping[str, Any]) -> Problem:
    """Say which part of a request is wrong: `scenario.rule.0.name`."""
    place, *rest = (str(part) for part in error["loc"])
    if error["type"] == "json_invalid":
        return Problem(message=f"the body is not JSON: {error['ctx']['error']}")
    message = error["msg"]
    return Problem(message=f"{'.'.join(rest) or place}: {message[:1].lower()}{message[1:]}")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = str(error.detail)
    if not isinstance(error, RefusedError) and message == HTTPStatus(error.status_code).phrase:
        message = _plain_words(request, error.status_code)
    answer = refusal(error.status_code, [Problem(message=message)])
    answer.headers.update(error.headers or {})
    return answer


def _plain_words(request: Request, status: int) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return f"there is nothing at {request.url.path}; /api/openapi.json lists what there is"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.url.path} does not take {request.method}"
    return HTTPStatus(status).description or HTTPStatus(status).phrase
