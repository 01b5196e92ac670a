"""Assignment: how demand spreads over the paths that shippers compare, and trips over roads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, overload

from sogdia.assignment.options import AssignmentOptions, ChoiceParameters, WaitFactor
from sogdia.assignment.result import AssignmentResult
from sogdia.assignment.solution import Progress, solve_year
from sogdia.assignment.traffic.from_freight import solve_freight
from sogdia.assignment.traffic.result import TrafficResult
from sogdia.assignment.traffic.solve import (
    FREIGHT_GAP,
    GAP,
    METHODS,
    Method,
    TrafficOptions,
    solve_roads,
)
from sogdia.assignment.traffic.stochastic_options import StochasticOptions
from sogdia.errors import DataError
from sogdia.scenario import Scenario
from sogdia.study import Study

__all__ = [
    "METHODS",
    "AssignmentOptions",
    "AssignmentResult",
    "ChoiceParameters",
    "Method",
    "Progress",
    "StochasticOptions",
    "TrafficResult",
    "WaitFactor",
    "assign",
    "is_about_goods",
]


@overload
def assign(
    study: Study,
    scenario: Scenario | None = None,
    *,
    method: None = None,
    year: int | None = None,
    options: AssignmentOptions | None = None,
    gap: float | None = None,
    iterations: int | None = None,
    threads: int | None = None,
    stochastic: StochasticOptions | None = None,
    warm_start: AssignmentResult | TrafficResult | None = None,
    progress: Progress | None = None,
) -> AssignmentResult | Any: ...  # noqa: ANN401 - which of two, the study decides


@overload
def assign(
    study: Study,
    scenario: Scenario | None = None,
    *,
    method: Literal["ue", "so", "aon"],
    year: int | None = None,
    options: AssignmentOptions | None = None,
    gap: float | None = None,
    iterations: int | None = None,
    threads: int | None = None,
    stochastic: StochasticOptions | None = None,
    warm_start: AssignmentResult | TrafficResult | None = None,
    progress: Progress | None = None,
) -> TrafficResult: ...


@overload
def assign(
    study: Study,
    scenario: Scenario | None = None,
    *,
    method: Method,
    year: int | None = None,
    options: AssignmentOptions | None = None,
    gap: float | None = None,
    iterations: int | None = None,
    threads: int | None = None,
    stochastic: StochasticOptions | None = None,
    warm_start: AssignmentResult | TrafficResult | None = None,
    progress: Progress | None = None,
) -> AssignmentResult | TrafficResult: ...


def assign(  # noqa: PLR0913
    study: Study,
    scenario: Scenario | None = None,
    *,
    method: Method | None = None,
    year: int | None = None,
    options: AssignmentOptions | None = None,
    gap: float | None = None,
    iterations: int | None = None,
    threads: int | None = None,
    stochastic: StochasticOptions | None = None,
    warm_start: AssignmentResult | TrafficResult | None = None,
    progress: Progress | None = None,
) -> AssignmentResult | TrafficResult:
    """Assign a year's demand for freight, or the trips of a study, to its network.

    Freight, if no method is named or it is "sue": every shipment compares a set of paths;
    shippers differ in their value of time; waits at terminals and services follow from the
    flows by a queueing formula, and capacities hold, at scarcity prices that are part of the
    result. The year is solved period by period, cut where rules, openings or lasting events
    change the network.

    Trips, and freight by the other methods: flows in equilibrium.

    =======  ==================================================================
    "ue"     user equilibrium: nobody has a cheaper way (Wardrop, 1952)
    "so"     system optimum: the total cost is least
    "sue"    stochastic user equilibrium: nobody thinks that he has a cheaper way
    "aon"    all or nothing: every trip on the cheapest way of the empty network
    =======  ==================================================================

    Parameters
    ----------
    study : Study
        Tables; if it has demand for freight, that is assigned, else its trips.
    scenario : Scenario, optional
        What if; by default the scenario that the study names, or none.
    method : {"ue", "so", "sue", "aon"}, optional
        By default "sue" for freight and "ue" for trips.
    year : int, optional
        Year of demand, tariffs and openings; by default the scenario's, or the study's
        base year. A study without years needs none.
    options : AssignmentOptions, optional
        Options of the assignment of freight.
    gap : float, optional
        Relative gap at which to stop, by default 1e-8, for freight by "ue" and "so" 1e-6;
        for freight by "sue" it is the fixed-point residual. A result that did not reach it
        says so (``converged``).
    iterations : int, optional
        Iterations allowed; by default as many as the method finds sensible.
    threads : int, optional
        Threads; the result does not depend on them.
    stochastic : StochasticOptions, optional
        Choice among paths, for the trips of a study and "sue".
    warm_start : AssignmentResult or TrafficResult, optional
        An earlier result of the same method, also of another scenario, to start from.
    progress : callable, optional
        Called with a stage, how much is done, and how much there is.

    Returns
    -------
    AssignmentResult or TrafficResult
        The first for freight by "sue", else the second; `check` recomputes its claims.

    Raises
    ------
    DataError
        If there is nothing to assign, or the scenario or an option does not fit.
    InfeasibleError
        If no shipment or trip at all has a path, or hard capacities have no room for all.

    Notes
    -----
    Path-size logit: Ben-Akiva and Bierlaire (1999); waits: Sakasegawa (1977); the fixed
    point is solved by a semi-smooth Newton method, as docs/design/03-assignment.md tells.

    Examples
    --------
    >>> import sogdia
    >>> study = sogdia.load("eurasia")
    >>> result = sogdia.assign(study, year=2024)  # doctest: +SKIP
    >>> result.corridors  # doctest: +SKIP
    >>> city = sogdia.load("SiouxFalls")  # doctest: +SKIP
    >>> sogdia.assign(city, method="ue", gap=1e-10).links  # doctest: +SKIP
    """
    if method is not None and method not in METHODS:
        raise DataError(f"there is no method {method!r}; there are {', '.join(METHODS)}")
    goods = is_about_goods(study)
    if goods and method in {None, "sue"}:
        return _assign_goods(
            study,
            scenario,
            year=year,
            options=_with_limits(options, gap, iterations, threads),
            warm_start=warm_start,
            progress=progress,
        )
    if not goods and options is not None:
        raise DataError("options are those of freight, and this study has only trips")
    if warm_start is not None and not isinstance(warm_start, TrafficResult):
        raise DataError("warm_start is a result of another method, which is no start for this one")
    limits = TrafficOptions(
        gap=gap if gap is not None else FREIGHT_GAP if goods else GAP,
        iterations=iterations,
        threads=1 if threads is None else threads,
        stochastic=stochastic,
    )
    if goods:
        return solve_freight(
            study,
            scenario,
            method=method or "ue",
            year=year,
            freight=options or AssignmentOptions(),
            options=limits,
            warm_start=warm_start,
            progress=progress,
        )
    return solve_roads(
        study,
        scenario,
        method=method or "ue",
        year=year,
        options=limits,
        warm_start=warm_start,
        progress=progress,
    )


def is_about_goods(study: Study) -> bool:
    """Tell whether a study has demand for freight, which goes before its trips."""
    return not study.demand.is_empty() or study.trip.is_empty()


def _assign_goods(
    study: Study,
    scenario: Scenario | None,
    *,
    year: int | None,
    options: AssignmentOptions | None,
    warm_start: AssignmentResult | TrafficResult | None,
    progress: Progress | None,
) -> AssignmentResult:
    if warm_start is not None and not isinstance(warm_start, AssignmentResult):
        raise DataError("warm_start is a result of another method, which is no start for this one")
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


def _with_limits(
    options: AssignmentOptions | None,
    gap: float | None,
    iterations: int | None,
    threads: int | None,
) -> AssignmentOptions | None:
    """Return the options of freight with the limits that are given beside them."""
    limits: dict[str, Any] = {"residual": gap, "iterations": iterations, "threads": threads}
    given = {name: value for name, value in limits.items() if value is not None}
    return replace(options or AssignmentOptions(), **given) if given else options
