"""Errors of a worker's job as messages, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sogdia.errors import (
    CheckError,
    ConvergenceError,
    DataError,
    InfeasibleError,
    NoRouteError,
    Problem,
    ResourceError,
    SogdiaError,
)

_KINDS: tuple[type[SogdiaError], ...] = (
    *(DataError, NoRouteError, InfeasibleError, ConvergenceError, ResourceError, CheckError),
)
DEFECT = "defect"


class WorkerDefectError(SogdiaError):
    """A job ended by an error that Sogdia does not raise on purpose."""


def refusal_of(error: Exception) -> dict[str, Any]:
    """Return an error as values that JSON knows."""
    kind = next((one.__name__ for one in _KINDS if isinstance(error, one)), DEFECT)
    content: dict[str, Any] = {"kind": kind, "message": str(error)}
    if kind == DEFECT:
        content["message"] = f"a defect of Sogdia ended it: {type(error).__name__}: {error}"
    if isinstance(error, DataError):
        content["problems"] = [asdict(problem) for problem in error.problems]
    if isinstance(error, NoRouteError):
        content |= {"blocked_by": error.blocked_by, "relax": error.relax}
    return content


def error_of(content: Mapping[str, Any]) -> SogdiaError:
    """Return the error that `refusal_of` wrote."""
    message = content["message"]
    match content["kind"]:
        case "DataError":
            return DataError([Problem(**problem) for problem in content["problems"]])
        case "NoRouteError":
            return NoRouteError(message, content["blocked_by"], content["relax"])
    plain = {one.__name__: one for one in _KINDS}
    return plain.get(content["kind"], WorkerDefectError)(message)
