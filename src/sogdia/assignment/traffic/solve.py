"""Trips of a study assigned to its roads: the scenario applied, a method chosen, a result made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import polars as pl

from sogdia.assignment.traffic import (
    all_or_nothing,
    path_equilibrium,
    stochastic,
    user_equilibrium,
)
from sogdia.assignment.traffic.bush_memory import BushMemory
from sogdia.assignment.traffic.from_study import traffic_problem
from sogdia.assignment.traffic.part import Meaning, TrafficPart
from sogdia.assignment.traffic.paths import PathMemory
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.result import TrafficResult, Units
from sogdia.assignment.traffic.solution import Memory, Progress, TrafficSolution
from sogdia.assignment.traffic.stochastic_memory import StochasticMemory
from sogdia.assignment.traffic.stochastic_options import StochasticOptions
from sogdia.errors import DataError, OverCapacityError
from sogdia.network.marks import split
from sogdia.network.model import Ints
from sogdia.network.traffic import compile_roads
from sogdia.scenario import Scenario, apply, default_scenario, periods, study_at
from sogdia.study import Study
from sogdia.study.traffic_units import KM_IN

Method = Literal["aon", "ue", "so", "sue"]
METHODS: tuple[Method, ...] = ("ue", "so", "sue", "aon")
GAP = 1e-8
FREIGHT_GAP = 1e-6
"""Capacities and values of time in steps make freight slow to settle further."""
DATED = ("link", "terminal", "service")
MOST_NAMED = 5
ARC_KEY = ["kind", "row_id", "forward", "tail", "head"]
ELEMENT_KEY = ["kind", "row_id", "forward", "unit"]


@dataclass(frozen=True, slots=True)
class TrafficOptions:
    """How an equilibrium is sought.

    Attributes
    ----------
    gap : float
        Relative gap at which it is reached.
    iterations : int or None
        Iterations allowed; None: as many as the method finds sensible.
    threads : int
        Threads; the result does not depend on their number.
    stochastic : StochasticOptions or None
        Choice among paths, of the stochastic equilibrium; None: the defaults.
    """

    gap: float = GAP
    iterations: int | None = None
    threads: int = 1
    stochastic: StochasticOptions | None = None

    def check(self) -> None:
        """Refuse options that have no meaning.

        Raises
        ------
        DataError
            If one is out of range.
        """
        if not 0.0 < self.gap < 1.0:
            raise DataError(f"gap {self.gap:g} is not between 0 and 1, such as 1e-8")
        if self.iterations is not None and self.iterations < 1:
            raise DataError(f"iterations {self.iterations} is not a number from 1")
        if self.threads < 1:
            raise DataError(f"threads {self.threads} is not a number from 1")


def solve_roads(
    study: Study,
    scenario: Scenario | None,
    *,
    method: Method,
    year: int | None,
    options: TrafficOptions,
    warm_start: TrafficResult | None,
    progress: Progress | None,
) -> TrafficResult:
    """Assign the trips of a study; see `sogdia.assignment.assign`."""
    options.check()
    scenario = scenario or default_scenario(study)
    year = year or scenario.year or study.settings.base_year
    changed = apply(study, scenario, year)
    if changed.trip.is_empty():
        raise DataError("trip.csv: there are no trips to assign; give at least one")
    earlier = {} if warm_start is None else {part.name: part for part in warm_start.parts}
    parts = []
    for name, share, now in _standing(changed, scenario, year):
        road = traffic_problem(now, compile_roads(now))
        own = options
        if method == "sue":
            own = replace(options, stochastic=_with_corridors(options, now, road.meaning.arc))
        parts.append(
            solve_part(
                TrafficJob(name, share, road.problem, road.meaning),
                method,
                own,
                earlier.get(name),
                progress,
            )
        )
    return TrafficResult(study, scenario, year, method, road_units(study), tuple(parts))


def road_units(study: Study) -> Units:
    """Return the units of a study's trips, times and lengths."""
    traffic = study.settings.traffic
    time, length = ("h", "km") if traffic is None else (traffic.time_unit, traffic.length_unit)
    return Units(flow="trips", time=time, length=length, cost=time, km=KM_IN[length])


@dataclass(frozen=True, slots=True)
class TrafficJob:
    """A part before it is solved; attributes as of `TrafficPart`."""

    name: str
    share: float
    problem: TrafficProblem
    meaning: Meaning


def solve_part(
    job: TrafficJob,
    method: Method,
    options: TrafficOptions,
    earlier: TrafficPart | None,
    progress: Progress | None,
) -> TrafficPart:
    """Solve one part by the method that fits it, from an earlier solution if there is one.

    Parameters
    ----------
    job : TrafficJob
        What is to be solved.
    method : {"aon", "ue", "so", "sue"}
        What is wanted.
    options : TrafficOptions
        How.
    earlier : TrafficPart or None
        A solution to start from. Arcs are the same where they come from the same row, in the
        same direction, and have the same ends.
    progress : callable or None
        Told how far the gap has fallen.

    Raises
    ------
    OverCapacityError
        If hard capacities have no room for all trips; the links are named.
    """
    problem = job.problem
    asked: dict[str, Any] = {
        "gap": options.gap,
        "threads": options.threads,
        "progress": progress,
    }
    if options.iterations is not None:
        asked["iterations"] = options.iterations
    try:
        solution = _solution(job, method, options, earlier, asked)
    except OverCapacityError as error:
        raise _in_words(error, job.meaning) from error
    choice = (options.stochastic or StochasticOptions()) if method == "sue" else None
    return TrafficPart(job.name, job.share, problem, solution, job.meaning, choice)


def _solution(
    job: TrafficJob,
    method: Method,
    options: TrafficOptions,
    earlier: TrafficPart | None,
    asked: dict[str, Any],
) -> TrafficSolution:
    problem = job.problem
    if method == "aon":
        return all_or_nothing.solve(problem, threads=options.threads, progress=asked["progress"])
    memory = None if earlier is None else _moved(earlier, job)
    if method == "sue":
        start = memory if isinstance(memory, StochasticMemory) else None
        chosen = options.stochastic or StochasticOptions()
        return stochastic.solve(problem, options=chosen, warm_start=start, **asked)
    asked["system_optimum"] = method == "so"
    if problem.is_separable and not problem.has_hard_capacities:
        bushes = memory if isinstance(memory, BushMemory) else None
        return user_equilibrium.solve(problem, warm_start=bushes, **asked)
    paths = memory if isinstance(memory, PathMemory) else None
    return path_equilibrium.solve(problem, warm_start=paths, **asked)


def _moved(earlier: TrafficPart, job: TrafficJob) -> Memory | None:
    """Return the memory of an earlier solution on the arcs of another network."""
    if (
        earlier.problem.nodes != job.problem.nodes
        or earlier.meaning.class_id != job.meaning.class_id
    ):
        return None
    memory = earlier.solution.memory
    arc_map = _numbers(
        _keyed(earlier.problem, earlier.meaning), _keyed(job.problem, job.meaning), ARC_KEY
    )
    if isinstance(memory, PathMemory):
        elements = _numbers(earlier.meaning.element, job.meaning.element, ELEMENT_KEY)
        return memory.moved(arc_map, elements)
    if isinstance(memory, BushMemory | StochasticMemory):
        return memory.moved(arc_map)
    return None


def _keyed(problem: TrafficProblem, meaning: Meaning) -> pl.DataFrame:
    return meaning.arc.with_columns(tail=pl.Series(problem.tail), head=pl.Series(problem.head))


def _numbers(old: pl.DataFrame, new: pl.DataFrame, keys: list[str]) -> Ints:
    """Return the number that each old row has among the new ones; -1: none."""
    numbered = new.select(keys).with_row_index("number").unique(keys, keep="first")
    found = old.select(keys).join(
        numbered, on=keys, how="left", maintain_order="left", nulls_equal=True
    )
    return found["number"].cast(pl.Int32).fill_null(-1).to_numpy().astype(np.int32)


def _standing(
    study: Study, scenario: Scenario, year: int | None
) -> Iterator[tuple[str, float, Study]]:
    """Yield the study as it stands in each period of the year: name, share and tables."""
    if scenario.rule:
        raise DataError(
            f"scenario {scenario.name!r} has rules, which are about goods; close roads to trips "
            "with a change of table link or road"
        )
    if not _is_dated(study):
        yield "", 1.0, study
        return
    if year is None:
        raise DataError(
            "some links or events have dates; name the year, e.g. --year 2024, or give "
            "base_year in study.toml"
        )
    parts = periods(study, scenario, year)
    for period in parts:
        name = str(period.start) if len(parts) > 1 else ""
        yield name, period.share, study_at(study, period, year, by_day=True)


def _is_dated(study: Study) -> bool:
    frames = study.frames()
    dated = any(
        frames[table][column].null_count() < frames[table].height
        for table in DATED
        for column in ("open_from", "open_until")
    )
    return dated or bool(study.event["happened"].any())


def _with_corridors(options: TrafficOptions, study: Study, arc: pl.DataFrame) -> StochasticOptions:
    """Return the options of choice with the corridors of the study as nests, if it is nested."""
    chosen = options.stochastic or StochasticOptions()
    if chosen.model != "nested" or chosen.nest is not None:
        return chosen
    if study.corridor.is_empty():
        raise DataError(
            "model 'nested' needs corridors; name the links or nodes that mark them in corridor.csv"
        )
    nest = np.full(arc.height, -1, dtype=np.int32)
    country = dict(study.node.select("node_id", "country").iter_rows())
    ends = arc.select(
        "link_id",
        "from_node_id",
        "to_node_id",
        from_country=pl.col("from_node_id").replace_strict(country, default=None),
        to_country=pl.col("to_node_id").replace_strict(country, default=None),
    )
    for number, row in enumerate(study.corridor.sort("priority").iter_rows(named=True)):
        tokens = split(row["any_of"]) or split(row["all_of"])[:1]
        bears = ends.select(bears=pl.any_horizontal(pl.all().is_in(tokens)).fill_null(value=False))[
            "bears"
        ].to_numpy()
        nest[bears & (nest < 0)] = number
    return replace(chosen, nest=nest)


def _in_words(error: OverCapacityError, meaning: Meaning) -> OverCapacityError:
    named = meaning.element[list(error.elements)]
    names = [
        f"{kind} {row}" + ("" if forward is not False else " backwards")
        for kind, row, forward in named.select("kind", "row_id", "forward").iter_rows()
    ]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return OverCapacityError(
        f"hard capacities have no room for {error.missing:,.6g} trips; those of "
        f"{', '.join(names[:MOST_NAMED])}{more} bar the way",
        error.elements,
        error.missing,
    )
