"""Assignment: how a year's demand spreads over the paths that shippers compare."""

from __future__ import annotations

from sogdia.assignment.options import AssignmentOptions, ChoiceParameters, WaitFactor
from sogdia.assignment.result import AssignmentResult
from sogdia.assignment.solution import Progress, solve_year
from sogdia.scenario import Scenario
from sogdia.study import Study

__all__ = [
    "AssignmentOptions",
    "AssignmentResult",
    "ChoiceParameters",
    "Progress",
    "WaitFactor",
    "assign",
]


def assign(
    study: Study,
    scenario: Scenario | None = None,
    *,
    year: int | None = None,
    options: AssignmentOptions | None = None,
    warm_start: AssignmentResult | None = None,
    progress: Progress | None = None,
) -> AssignmentResult:
    """Assign a year's demand to the network.

    Every shipment compares a set of paths; shippers differ in their value of time; waits
    at terminals and services follow from the flows by a queueing formula, and capacities
    hold, at scarcity prices that are part of the result. The year is solved period by
    period, cut where rules, openings or lasting events change the network.

    Parameters
    ----------
    study : Study
        Tables.
    scenario : Scenario, optional
        What if; by default the scenario that the study names, or none.
    year : int, optional
        Year of demand, tariffs and openings; by default the scenario's, or the study's
        base year.
    options : AssignmentOptions, optional
        Options.
    warm_start : AssignmentResult, optional
        An earlier result, whose paths, waits and prices are the start where the network is
        the same.
    progress : callable, optional
        Called with a stage, how much is done, and how much there is.

    Returns
    -------
    AssignmentResult
        Flows, costs, scarcities and unserved demand; `check` recomputes its claims.

    Raises
    ------
    DataError
        If there is no demand in the year, or the scenario does not fit the study.
    InfeasibleError
        If no shipment at all has a path.

    Notes
    -----
    Path-size logit: Ben-Akiva and Bierlaire (1999); waits: Sakasegawa (1977); the fixed
    point is solved by a semi-smooth Newton method, as docs/design/02-assignment.md tells.

    Examples
    --------
    >>> import sogdia
    >>> study = sogdia.load("eurasia")
    >>> result = sogdia.assign(study, year=2024)  # doctest: +SKIP
    >>> result.corridors  # doctest: +SKIP
    """
    return AssignmentResult(
        solve_year(
            study,
            scenario,
            year=year,
            options=options,
            warm_start=warm_start.solution if warm_start else None,
            progress=progress,
        )
    )
