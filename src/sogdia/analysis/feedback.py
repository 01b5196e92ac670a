"""One answer of two engines: simulated waits into the assignment, its flows into the simulation.

The assignment knows how a wait grows with the flow, the simulation how long it is. Each round
simulates the flows assigned, corrects the formula's wait at every element by a factor,
and assigns anew:

    factor := factor * (simulated wait / formula's wait) ** damping,

both waits without those for departure, opening and the end of closures, which the assignment
counts apart. All rounds use the same random numbers, so that they differ by their flows alone.

Rounds end when hardly anything would move any more, path by path, in any corridor and direction,
and what is left between the waits is little or chance. The share of all tonnes alone would
not tell: in a study whose bulk goods have one pipeline to go by, one tonne in a hundred can
be more than the corridor that is asked about carries. A damped step goes only part of the way,
so what moved is divided by the damping: however small the steps, they do not pass for an end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from sogdia.analysis.queue_check import KEYS, as_compared, compare_queues
from sogdia.assignment import (
    AssignmentOptions,
    AssignmentResult,
    Progress,
    WaitFactor,
    assign,
)
from sogdia.errors import DataError, Problem
from sogdia.scenario import Scenario, default_scenario
from sogdia.simulation import SimulationOptions, SimulationResult, simulate
from sogdia.simulation.replication import ReplicateAll
from sogdia.study import Study
from sogdia.study.marks import NO_CORRIDOR

REPLICATIONS = 10
LEAST_FACTOR, MOST_FACTOR = 0.05, 20.0
LEAST_WAIT_H = 0.1
"""Where the formula's wait is shorter, a factor has nothing to hold on to."""
LEAST_SHIPMENTS = 12.0
"""Shipments a year, simulated, below which their mean wait is too much a matter of chance."""
LEAST_SHARE = 0.001
"""Share of all tonnes below which a corridor is not judged by itself."""
WAITS_APART = 0.05
"""Share of the waiting by which formula and simulation may differ beyond chance."""
ALL = "all tonnes"
PATH = ("period", "demand_id", "places", "elements")
HISTORY = {
    "round": pl.Int64,
    "moved": pl.Float64,
    "moved_most": pl.String,
    "moved_of_all": pl.Float64,
    "outside": pl.Int64,
    "compared": pl.Int64,
    "gap": pl.Float64,
}
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Feedback:
    """Flows and waits of one year on which assignment and simulation agree.

    Attributes
    ----------
    result : AssignmentResult
        Flows; the factors on the formula's waits are among its options.
    simulation : SimulationResult
        Of these flows.
    moved : float
        What another round would move if it were not damped: the largest share of a
        corridor's tonnes in one direction, or of all tonnes.
    converged : bool
        Whether that is within the tolerance, and the last `gap` at most 5 %.
    simulation_options : SimulationOptions
        How each round was simulated.
    history : DataFrame
        round; moved, and moved_most (corridor and direction where); moved_of_all (share of all
        tonnes); outside (elements whose formula lies outside the 95 % interval, before the
        round's correction) of compared; gap (tonnes times hours by which these differ, where
        a factor can correct it, as a share of those waited wherever the formula knows of a
        queue).
    """

    result: AssignmentResult
    simulation: SimulationResult
    moved: float
    converged: bool
    simulation_options: SimulationOptions
    history: pl.DataFrame

    @property
    def rounds(self) -> int:
        """Rounds made: each a simulation and a new assignment."""
        return self.history.height

    @property
    def factors(self) -> pl.DataFrame:
        """Factors on the formula's waits: element, kind, forward, unit, factor."""
        schema = dict(zip(KEYS, (pl.String, pl.String, pl.Boolean, pl.String), strict=True))
        rows = [
            (one.element, one.kind, one.forward, one.unit, one.factor)
            for one in self.result.solution.options.wait_factors
        ]
        return pl.DataFrame(rows, schema=schema | {"factor": pl.Float64}, orient="row")


def consistent_flows(  # noqa: PLR0913 - two engines have options each
    study: Study,
    scenario: Scenario | None = None,
    *,
    year: int | None = None,
    options: AssignmentOptions | None = None,
    simulation_options: SimulationOptions | None = None,
    tolerance: float = 0.01,
    rounds: int = 12,
    damping: float = 0.5,
    replicate_all: ReplicateAll | None = None,
    progress: Progress | None = None,
) -> Feedback:
    """Find flows whose simulated waits are those that shippers reckon with.

    Parameters
    ----------
    study : Study
        Tables.
    scenario : Scenario, optional
        What is asked; by default the one that the study names.
    year : int, optional
        Year of demand; by default the scenario's, or the study's base year.
    options : AssignmentOptions, optional
        How to assign; wait factors given are the start.
    simulation_options : SimulationOptions, optional
        How to simulate; by default 10 replications of the calendar year.
    tolerance : float
        Share of a corridor's tonnes that may still move (see `Feedback.moved`).
    rounds : int
        Rounds at most.
    damping : float
        Power, above 0 and at most 1, to which a correction is taken.
    replicate_all : callable, optional
        What runs replications; see `sogdia.simulation.simulate`.
    progress : callable, optional
        Called with a stage, how much is done, and how much there is (0: not known).

    Returns
    -------
    Feedback
        The last assignment, and the simulation of its flows.

    Raises
    ------
    DataError
        If an option, the study or the scenario is wrong.
    InfeasibleError
        If no shipment has a path, or goods end in a deadlock.

    Notes
    -----
    Factors lie between 0.05 and 20. An element keeps its own where the formula has next to no
    wait, or the simulation hardly any shipments. Services that leave from one berth have
    one factor. Waits where the formula knows of no queue (at links, and at terminals without
    servers) are not fed back: scarcity prices keep their flows within capacity.
    """
    _check(tolerance, rounds, damping)
    scenario = scenario or default_scenario(study)
    options = options or AssignmentOptions()
    result = assign(study, scenario, year=year, options=options, progress=progress)
    asked = _simulation_options(simulation_options, result.year)
    factor: dict[Key, float] = {}
    history: list[tuple[Any, ...]] = []
    for number in range(1, rounds + 1):
        told = _in_round(progress, number)
        simulation = simulate(
            study,
            scenario,
            flows=result,
            options=asked,
            replicate_all=replicate_all,
            progress=told,
        )
        if simulation.asked is not None and simulation.replications < simulation.asked:
            raise KeyboardInterrupt  # the simulation takes it for the wish to see what it has
        table = compare_queues(result, simulation)
        corrected = _corrected(table, factor, damping)
        outside, compared, gap = _agreement(table, corrected)
        factor |= corrected
        after = assign(
            study,
            scenario,
            year=result.year,
            options=replace(options, wait_factors=_spread(options, result, factor)),
            warm_start=result,
            progress=told,
        )
        moved, where, of_all = _moved(result, after)
        moved, of_all = moved / damping, of_all / damping
        history.append((number, moved, where, of_all, outside, compared, gap))
        converged = moved <= tolerance and gap <= WAITS_APART
        if converged:
            break
        if number < rounds:
            result = after
    return Feedback(
        result=result,
        simulation=simulation,
        moved=moved,
        converged=converged,
        simulation_options=asked,
        history=pl.DataFrame(history, schema=HISTORY, orient="row"),
    )


def _check(tolerance: float, rounds: int, damping: float) -> None:
    wrong = []
    if not tolerance > 0:
        wrong.append(f"a tolerance of {tolerance:g}; it has to be above 0")
    if rounds < 1:
        wrong.append(f"{rounds} rounds; at least one has to be made")
    if not 0 < damping <= 1:
        wrong.append(f"a damping of {damping:g}; it has to be above 0 and at most 1")
    if wrong:
        raise DataError([Problem(message, "feedback") for message in wrong])


def _simulation_options(given: SimulationOptions | None, year: int) -> SimulationOptions:
    options = given or SimulationOptions()
    if options.replications is None and options.precision is None:
        options = replace(options, replications=REPLICATIONS)
    return options if options.start else replace(options, start=date(year, 1, 1))


def _in_round(progress: Progress | None, number: int) -> Progress | None:
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"round {number}, {stage}", done, total)


def _corrected(
    table: pl.DataFrame, factor: Mapping[Key, float], damping: float
) -> dict[Key, float]:
    """Return new factors of the elements that can be corrected, by row of the comparison."""
    found: dict[Key, float] = {}
    known = table.filter("has_formula", pl.col("shipments") >= LEAST_SHIPMENTS)
    for row in known.iter_rows(named=True):
        key = tuple(row[name] for name in KEYS)
        old = factor.get(key, 1.0)
        if row["queue_h"] < LEAST_WAIT_H * old:
            continue
        apart_h = row["wait_h"] - row["queue_h"]
        ratio = max(row["simulated_wait_h"] - apart_h, 0.0) / row["queue_h"]
        found[key] = min(max(old * ratio**damping, LEAST_FACTOR), MOST_FACTOR)
    return found


def _spread(
    options: AssignmentOptions, result: AssignmentResult, factor: Mapping[Key, float]
) -> tuple[WaitFactor, ...]:
    """Return the factors of the assignment's elements from those of the comparison's rows."""
    given = {(f.element, f.kind, f.forward, f.unit): f.factor for f in options.wait_factors}
    elements = result.elements.select(KEYS)
    rows = as_compared(elements, result)
    pairs = zip(elements.iter_rows(), rows.iter_rows(), strict=True)
    found = []
    for (element, kind, forward, unit), row in pairs:
        of_element = given.get((element, kind, forward, unit), 1.0) * factor.get(row, 1.0)
        if of_element != 1.0:
            found.append(WaitFactor(element, kind, forward, unit, of_element))
    return tuple(found)


def _moved(before: AssignmentResult, after: AssignmentResult) -> tuple[float, str, float]:
    """Return the largest share of a corridor's tonnes that moved, where, and that of all tonnes.

    Of a corridor, tonnes that move are those that its paths gained, or lost, whichever is
    more; goods that change from one of its paths to another count once.
    """
    columns = [*PATH, pl.col("corridor_id").fill_null(NO_CORRIDOR), "direction", "kt"]
    flows = before.paths.select(columns).join(
        after.paths.select(columns),
        on=[*PATH, "corridor_id", "direction"],
        how="full",
        coalesce=True,
        suffix="_after",
    )
    change = pl.col("kt_after").fill_null(0.0) - pl.col("kt").fill_null(0.0)
    moved = pl.max_horizontal(change.filter(change > 0).sum(), -change.filter(change < 0).sum())
    of_all = flows.select(moved=moved, kt=pl.col("kt").sum()).row(0, named=True)
    total = max(of_all["kt"], 1e-300)
    by_corridor = (
        flows.group_by("corridor_id", "direction")
        .agg(moved=moved, kt=pl.max_horizontal(pl.col("kt").sum(), pl.col("kt_after").sum()))
        .filter(pl.col("kt") >= LEAST_SHARE * total)
        .select(
            share=pl.col("moved") / pl.col("kt"),
            where=pl.concat_str("corridor_id", "direction", separator=", "),
        )
        .sort("share", "where", descending=[True, False])
    )
    share_of_all = of_all["moved"] / total
    worst = by_corridor.row(0) if by_corridor.height else (0.0, ALL)
    share, where = max(worst, (share_of_all, ALL), key=lambda one: one[0])
    return share, where, share_of_all


def _agreement(table: pl.DataFrame, corrected: Mapping[Key, float]) -> tuple[int, int, float]:
    """Return how many formulas are outside their interval, of how many, and by how much."""
    known = table.filter("has_formula", pl.col("simulated_wait_h").is_not_null())
    outside = known.filter(~pl.col("inside"))
    waited = float((known["simulated_wait_h"] * known["kt"]).sum())
    apart = sum(
        abs(row["gap_h"]) * row["kt"]
        for row in outside.iter_rows(named=True)
        # what is at a bound stays as it is, however many rounds follow
        if LEAST_FACTOR < corrected.get(tuple(row[name] for name in KEYS), 0.0) < MOST_FACTOR
    )
    return outside.height, known.height, (apart / waited if waited > 0 else 0.0)
