"""Networks compared over one set of paths, so that they differ in nothing but what was changed.

Generated anew, the choice sets of two networks differ also where nothing changed: a logit answers
to every path that comes or goes, and such chance would drown what a small change is worth. So paths
are generated once, on several networks, and each network is then solved over all of those whose
elements it has. An element that is added brings its paths and takes none away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import polars as pl

from sogdia.assignment import AssignmentOptions, AssignmentResult
from sogdia.assignment.options import ChoiceParameters
from sogdia.assignment.requests import YearOfDemand, make_requests, year_of_demand
from sogdia.assignment.solution import PeriodSolution, Solution, settle, start_from
from sogdia.errors import InfeasibleError
from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks
from sogdia.network.model import Ints, Network
from sogdia.network.resource import POOL_MARK
from sogdia.routing.choice_set import PathTable, merge_paths, padded
from sogdia.scenario import Period, Scenario, periods, rules_at, study_at
from sogdia.study import Study

SAME_ARC = [
    "kind",
    "link_id",
    "forward",
    *(f"{end}_{name}" for end in ("tail", "head") for name in ("node_id", "mode", "gauge_mm")),
    "tail_side",
    "head_side",
    "member",
]
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class FoundPaths:
    """Paths of one period, and the arcs of the network that they were found on.

    Attributes
    ----------
    arcs : DataFrame
        A row per arc and carrier: arc (its number), and what tells it from others.
    paths : PathTable
        Paths over those arcs.
    """

    arcs: pl.DataFrame
    paths: PathTable


@dataclass(frozen=True, slots=True)
class SharedPaths:
    """Paths that networks of the same demand are compared over.

    Attributes
    ----------
    found : tuple of tuple of FoundPaths
        For each period, the paths that each network had.
    stands_for : mapping of str to str
        Elements that have another name in some of the networks: a path over the one is a path
        over the other.
    """

    found: tuple[tuple[FoundPaths, ...], ...]
    stands_for: Mapping[str, str]

    @classmethod
    def of(
        cls, results: Sequence[AssignmentResult], stands_for: Mapping[str, str] | None = None
    ) -> SharedPaths:
        """Gather the paths of several assignments of one demand.

        Parameters
        ----------
        results : sequence of AssignmentResult
            Of the same year and cut into the same periods.
        stands_for : mapping of str to str, optional
            Elements that have another name in some of the networks.

        Returns
        -------
        SharedPaths
            All that any of them compared.
        """
        names = dict(stands_for or {})
        parts = zip(*(result.solution.periods for result in results), strict=True)
        found = tuple(
            tuple(
                FoundPaths(told_apart(one.network, names), one.alternatives.paths) for one in period
            )
            for period in parts
        )
        return cls(found, names)


def assign_over(
    shared: SharedPaths,
    study: Study,
    scenario: Scenario,
    year: int,
    *,
    options: AssignmentOptions | None = None,
    warm_start: AssignmentResult | None = None,
) -> AssignmentResult:
    """Assign a year's demand over given paths, as `sogdia.assign` does over those it generates.

    Parameters
    ----------
    shared : SharedPaths
        Paths; those with an element that the network lacks are left out.
    study : Study
        As loaded.
    scenario : Scenario
        What is asked; its year must be cut into the periods of `shared`.
    year : int
        Year of demand.
    options : AssignmentOptions, optional
        Those about generating paths have no effect.
    warm_start : AssignmentResult, optional
        Waits and prices to begin with, where the network has the same resources.

    Returns
    -------
    AssignmentResult
        The equilibrium over these paths.

    Raises
    ------
    InfeasibleError
        If no path at all is left.
    """
    started = perf_counter()
    options = options or AssignmentOptions()
    asked = year_of_demand(study, scenario, year)
    parts = periods(asked.study, asked.scenario, asked.year)
    before = warm_start.solution.periods if warm_start else (None,) * len(parts)
    solved = [
        _solve(asked, period, found, shared.stands_for, options, earlier)
        for period, found, earlier in zip(parts, shared.found, before, strict=True)
    ]
    return AssignmentResult(
        Solution(
            study=asked.study,
            scenario=asked.scenario,
            year=asked.year,
            options=options,
            periods=tuple(solved),
            seconds=perf_counter() - started,
        )
    )


def _solve(
    asked: YearOfDemand,
    period: Period,
    found: Sequence[FoundPaths],
    stands_for: Mapping[str, str],
    options: AssignmentOptions,
    earlier: PeriodSolution | None,
) -> PeriodSolution:
    now = study_at(asked.study, period, asked.year)
    rules = rules_at(asked.scenario, period)
    choice = options.choice or ChoiceParameters.of(asked.study)
    network = compile_network(now)
    marks = Marks(network)
    requests = make_requests(now, network, marks, asked.demand, rules, asked.year, options, choice)
    here = told_apart(network, stands_for)
    paths = merge_paths([padded(moved(one, here)) for one in found])
    if paths.count == 0:
        raise InfeasibleError(
            f"from {period.start} to {period.end} no path joins any origin with its "
            "destination; check links, terminals and the rules of the scenario"
        )
    options = replace(options, column_rounds=0)
    start = None if earlier is None else start_from(earlier, network)
    (last,) = settle(now, network, marks, requests, paths, options, choice, start)
    return PeriodSolution(
        period=period,
        study=now,
        rules=rules,
        network=network,
        requests=requests,
        alternatives=last.alternatives,
        problem=last.problem,
        equilibrium=last.equilibrium,
        choice=choice,
        captivity=options.captivity,
    )


def told_apart(network: Network, stands_for: Mapping[str, str]) -> pl.DataFrame:
    """Return a row per arc and carrier; those who leave from one berth share an arc.

    Parameters
    ----------
    network : Network
        Arcs.
    stands_for : mapping of str to str
        Elements that have another name in other networks.

    Returns
    -------
    DataFrame
        arc (its number), and what tells it from others, in every network.
    """
    return (
        network.arc.with_row_index("arc")
        .with_columns(member=pl.col("row_id").fill_null("").str.split(POOL_MARK))
        .explode("member")
        .with_columns(pl.col("member").replace(stands_for))
        .select("arc", *SAME_ARC)
    )


def same_arcs(there: pl.DataFrame, here: pl.DataFrame) -> Ints:
    """Return the number that each arc of one network has in another.

    Parameters
    ----------
    there, here : DataFrame
        Arcs of the two, `told_apart`.

    Returns
    -------
    ndarray of int32, shape (arcs there,)
        `NOWHERE` for those that the other network lacks.
    """
    same = (
        there.join(here, on=SAME_ARC, how="inner", nulls_equal=True, suffix="_here")
        .group_by("arc")
        .agg(pl.col("arc_here").min())
    )
    number: Ints = np.full(there["arc"].n_unique(), NOWHERE, dtype=np.int32)
    number[same["arc"].to_numpy()] = same["arc_here"].to_numpy()
    return number


def moved(found: FoundPaths, here: pl.DataFrame) -> PathTable:
    """Return paths over the arcs of another network, without those that it cuts.

    Parameters
    ----------
    found : FoundPaths
        Paths, and the arcs that they were found on.
    here : DataFrame
        Arcs of the other network, `told_apart`.
    """
    number = same_arcs(found.arcs, here)
    paths = found.paths
    arcs = number[paths.arcs]
    whole = np.bincount(paths.path_of, weights=arcs == NOWHERE, minlength=paths.count) == 0
    length = np.diff(paths.first)
    first = np.zeros(int(whole.sum()) + 1, dtype=np.int64)
    np.cumsum(length[whole], out=first[1:])
    return PathTable(paths.request[whole], first, arcs[np.repeat(whole, length)])
