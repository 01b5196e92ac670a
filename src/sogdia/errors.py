"""The errors Sogdia raises on purpose: one sentence that says what, where, and what would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class SogdiaError(Exception):
    """Base class of every error raised on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the user's data, and where it is.

    ``row`` counts as a spreadsheet does: the header is row 1.
    """

    message: str
    file: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column {self.column}")
        return f"{', '.join(place)}: {self.message}" if place else self.message


class DataError(SogdiaError, ValueError):
    """The user's data are wrong; all problems found are listed."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems = (Problem(problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InfeasibleError(SogdiaError, ValueError):
    """What was asked cannot be done with this network and these rules."""


class NoRouteError(InfeasibleError):
    """No way is left from door to door.

    Attributes
    ----------
    blocked_by : tuple of str
        The smallest set of restrictions that alone blocks every way; empty: the network
        has no way, whatever the restrictions.
    relax : tuple of tuple of str
        Each a smallest set of restrictions without which there is a way.
    """

    def __init__(
        self,
        message: str,
        blocked_by: Sequence[str] = (),
        relax: Sequence[Sequence[str]] = (),
    ) -> None:
        self.blocked_by = tuple(blocked_by)
        self.relax = tuple(tuple(one) for one in relax)
        super().__init__(message)


class OverCapacityError(InfeasibleError):
    """Hard capacities have no room for all trips.

    Attributes
    ----------
    elements : tuple of int
        Elements of the problem whose capacities together bar the way.
    missing : float
        Trips for which there is no room.
    """

    def __init__(self, message: str, elements: Sequence[int], missing: float) -> None:
        self.elements = tuple(elements)
        self.missing = missing
        super().__init__(message)


class ConvergenceError(SogdiaError, ArithmeticError):
    """A method broke down before it gave a usable answer."""


class ResourceError(SogdiaError, OSError):
    """The machine refused: disk, memory, permission, port."""


class CheckError(SogdiaError, AssertionError):
    """A result does not stand up to the recomputation of its own claims: a defect of Sogdia."""
