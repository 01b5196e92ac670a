"""The worst elements once more, with waits that are simulated and not the formula's.

Flows and simulated waits are brought to agree (see `sogdia.analysis.feedback`) twice: with all
elements, and under an event that closes one. Both simulations have the same seed, so that the same
shipments meet the same luck wherever the outage leaves them alone; what differs is its effect and
what follows from it. As the waits of the intact network are simulated, too, a formula that is wrong
for both cancels out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from sogdia.analysis.criticality.elements import EVENT_ID, Element
from sogdia.analysis.criticality.figures import harm_of, shipped
from sogdia.analysis.criticality.stress import DAYS_PER_YEAR, StressResult
from sogdia.analysis.feedback import Feedback, consistent_flows
from sogdia.assignment import AssignmentOptions, Progress
from sogdia.assignment.solution import PeriodSolution
from sogdia.errors import InfeasibleError
from sogdia.scenario import Period, Scenario, default_scenario
from sogdia.scenario.model import Event
from sogdia.simulation import SimulationOptions
from sogdia.simulation.replication import ReplicateAll
from sogdia.study import Study

SIMULATED_COLUMNS = {
    "element": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "lost_kt": pl.Float64,
    "lost_kt_simulated": pl.Float64,
    "extra_days": pl.Float64,
    "extra_days_simulated": pl.Float64,
    "extra_cost_usd": pl.Float64,
    "extra_cost_usd_simulated": pl.Float64,
    "welfare_loss_usd": pl.Float64,
    "welfare_loss_usd_simulated": pl.Float64,
    "agreed": pl.Boolean,
}
FIGURES = ("lost_kt", "extra_days", "extra_cost_usd", "welfare_loss_usd")


def stress_simulated(
    study: Study,
    scenario: Scenario | None,
    result: StressResult,
    *,
    top: int,
    options: AssignmentOptions | None = None,
    simulation_options: SimulationOptions | None = None,
    replicate_all: ReplicateAll | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Evaluate the worst elements of a stress test with simulated waits.

    Parameters
    ----------
    study, scenario : Study, Scenario
        As the stress test was asked about them.
    result : StressResult
        What it found.
    top : int
        How many elements, in the order of `result.elements`.
    options : AssignmentOptions, optional
        How to assign.
    simulation_options : SimulationOptions, optional
        How to simulate; the seed is that of all simulations.
    replicate_all : callable, optional
        What runs replications; see `sogdia.simulation.simulate`.
    progress : callable, optional
        Called with a stage, how much is done, and how much there is.

    Returns
    -------
    DataFrame
        element, kind, name; lost_kt, extra_days, extra_cost_usd, welfare_loss_usd and the same
        with ``_simulated`` behind, null where no shipment of the year would have a way; agreed
        (whether flows and waits came to agree, with and without the element).

    Raises
    ------
    DataError
        If an option is wrong.
    InfeasibleError
        If nothing is shipped even with all elements.
    """
    scenario = scenario or default_scenario(study)
    asked: dict[str, Any] = {
        "year": result.year,
        "options": options,
        "simulation_options": simulation_options,
        "replicate_all": replicate_all,
    }
    told = _named(progress, "nothing removed")
    intact = consistent_flows(study, scenario, progress=told, **asked)
    before = shipped(_part(intact, result.period))
    rows = []
    for row in result.elements.head(top).iter_rows(named=True):
        element = Element(row["kind"], row["element"], row["name"])
        under = with_event(scenario, element, result.period, result.capacity_left)
        figures: dict[str, float | None] = dict.fromkeys(FIGURES)
        agreed = False
        try:
            told = _named(progress, f"without {element.element}")
            found = consistent_flows(study, under, progress=told, **asked)
        except InfeasibleError:
            found = None
        if found is not None:
            after = shipped(_part(found, result.period))
            harm = harm_of(before, after, result.days / DAYS_PER_YEAR)
            through = row["through_kt"]
            agreed = found.converged and intact.converged
            figures = {
                "lost_kt": float(harm.lost_kt.sum()),
                "extra_days": harm.extra_kt_days / through if through > 0.0 else 0.0,
                "extra_cost_usd": harm.extra_cost_usd,
                "welfare_loss_usd": harm.welfare_loss_usd,
            }
        rows.append(_beside(row, figures) | {"agreed": agreed})
    return pl.DataFrame(rows, schema=SIMULATED_COLUMNS)


def with_event(
    scenario: Scenario, element: Element, period: Period, capacity_left: float
) -> Scenario:
    """Return a scenario in which an element is lost for a period."""
    closes = capacity_left == 0.0
    event = Event(
        event_id=EVENT_ID,
        name="stress test",
        from_date=period.start,
        until_date=period.end,
        element_kind=element.event_kind,
        element_id=element.element,
        effect="closes" if closes else "capacity",
        factor=None if closes else capacity_left,
    )
    return scenario.model_copy(update={"event": (*scenario.event, event)})


def _beside(row: Mapping[str, Any], figures: Mapping[str, float | None]) -> dict[str, Any]:
    named = {name: row[name] for name in ("element", "kind", "name", *FIGURES)}
    return named | {f"{name}_simulated": value for name, value in figures.items()}


def _part(found: Feedback, period: Period) -> PeriodSolution:
    """The period of a year that the stress test is about."""
    parts = found.result.solution.periods
    return next(part for part in parts if part.period.start == period.start)


def _named(progress: Progress | None, name: str) -> Progress | None:
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"{name}, {stage}", done, total)
