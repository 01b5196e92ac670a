"""`simulate`: days of freight on the network, event by event, many times."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from sogdia.assignment import AssignmentResult, assign
from sogdia.errors import DataError
from sogdia.scenario import Scenario, apply, default_scenario
from sogdia.simulation.clock import Clock
from sogdia.simulation.flows import PeriodFlows, Progress, assigned_flows, flows_of
from sogdia.simulation.model import Model
from sogdia.simulation.options import DEFAULT_REPLICATIONS, SimulationOptions
from sogdia.simulation.replication import Repetition, ReplicateAll, replicate
from sogdia.simulation.result import SimulationResult
from sogdia.simulation.sample import in_threads, sample
from sogdia.simulation.statistics import mser5
from sogdia.simulation.translate import Translation, translate
from sogdia.study import Study
from sogdia.study.load import DataWarning

HOURS_PER_DAY = 24.0
LEAD_IN_DAYS = 120
"""Days before the first that is observed, of which MSER-5 says how many are needed."""
PILOT = 2**32 - 1
"""Number of the replication that tells how long the warm-up lasts; nothing else is kept of it."""


def simulate(
    study: Study,
    scenario: Scenario | None = None,
    *,
    options: SimulationOptions | None = None,
    flows: str | AssignmentResult = "assigned",
    initial: pl.DataFrame | None = None,
    replicate_all: ReplicateAll | None = None,
    progress: Progress | None = None,
) -> SimulationResult:
    """Simulate freight on the network event by event, many times.

    Parameters
    ----------
    study : Study
        What the world is; see `sogdia.load`.
    scenario : Scenario, optional
        What is asked; by default the one that the study names.
    options : SimulationOptions, optional
        Days, replications, seed.
    flows : {"assigned", "cheapest"} or AssignmentResult
        Who goes which way: as an assignment says (it is made if it is not given), or each demand by
        its one cheapest path.
    initial : DataFrame, optional
        Goods and vessels that are there at the start, which then needs no warm-up; see
        `sogdia.simulation.initial`.
    replicate_all : callable, optional
        What runs the replications, as `sogdia.run.replications.spread_over` gives; by default
        threads of this process. What comes out does not depend on it.
    progress : callable, optional
        Called with a stage, how much of it is done, and of how much (0: not known).

    Returns
    -------
    SimulationResult
        Transit times and queues with their confidence intervals. Interrupted from the keyboard,
        that of the replications finished by then.

    Raises
    ------
    DataError
        If an option or the study cannot be simulated.
    InfeasibleError
        If goods end in a deadlock.

    Examples
    --------
    >>> import sogdia
    >>> result = sogdia.simulate(sogdia.load("eurasia"))  # doctest: +SKIP
    >>> result.corridors.select("corridor", "mean_days", "p95")  # doctest: +SKIP
    """
    options = options or SimulationOptions()
    options.check()
    scenario = scenario or default_scenario(study)
    start = options.start or date(_year(study, scenario), 1, 1)
    lead_in = options.warm_up_days
    if initial is not None:
        if lead_in:
            raise DataError(
                f"a warm-up of {lead_in} days and an initial state are both given; what is there "
                "at the start needs no warm-up"
            )
        lead_in = 0
    clock = Clock(start, options.days, LEAD_IN_DAYS if lead_in is None else lead_in)
    applied = apply(study, scenario, start.year)
    found, assigned = _flows(study, scenario, clock.years, flows, progress)
    _warn_of_events_outside(applied, scenario, clock)
    if progress:
        progress("translating", 0, 0)
    translation = translate(applied, scenario, found, clock, options, initial)
    ticks = np.array(clock.weeks())
    warm_up = clock.lead_in_days
    if lead_in is None:
        warm_up = _warm_up_days(translation, options.seed)
        late = (clock.lead_in_days - warm_up) * HOURS_PER_DAY
        translation = replace(translation, model=_started_at(translation.model, late))
    begun = time.perf_counter()
    asked = options.replications or (None if options.precision else DEFAULT_REPLICATIONS)
    made = sample(
        Repetition(translation.model, ticks, options.seed, logged=options.trace),
        translation.tonnes,
        replications=asked,
        precision=options.precision,
        replicate_all=replicate_all or in_threads(options.threads),
        progress=progress,
    )
    return SimulationResult(
        study_name=study.name,
        scenario_name=scenario.name,
        start=start,
        days=options.days,
        warm_up_days=warm_up,
        seed=options.seed,
        asked=asked,
        precision=options.precision,
        seconds=time.perf_counter() - begun,
        translation=translation,
        sample=made,
        assigned=assigned,
    )


def _flows(
    study: Study,
    scenario: Scenario,
    years: Sequence[int],
    flows: str | AssignmentResult,
    progress: Progress | None,
) -> tuple[list[PeriodFlows], tuple[AssignmentResult, ...]]:
    """Return what is simulated, period by period, and the assignments that it comes from."""
    if flows == "assigned":
        made = tuple(assign(study, scenario, year=year, progress=progress) for year in years)
        return [period for one in made for period in assigned_flows(one)], made
    given = (flows,) if isinstance(flows, AssignmentResult) else ()
    return flows_of(study, scenario, years, flows, progress), given


def _year(study: Study, scenario: Scenario) -> int:
    year = scenario.year or study.settings.base_year
    if year is None:
        raise DataError(
            f"study {study.name} has no base_year in study.toml; name a first day, e.g. "
            "--from 2024-01-01"
        )
    return year


def _warm_up_days(translation: Translation, seed: int) -> int:
    """Return how many days of the lead-in are needed, by MSER-5 on what waits and is handled."""
    days = translation.clock.lead_in_days
    ticks = np.linspace(0.0, days * HOURS_PER_DAY, days + 1)
    pilot = replicate(translation.model, ticks, seed, PILOT)
    return mser5(pilot.area.sum(axis=(0, 2)))


def _started_at(model: Model, hours: float) -> Model:
    """Return the model with nothing released and no vessel ready before a time."""
    numbers = model.stream_number.copy()
    numbers[:, 1] = np.maximum(numbers[:, 1], hours)
    vessels = model.vessel_number.copy()
    vessels[:, 3] += np.where(vessels[:, 12] < hours, hours - vessels[:, 12], 0.0)
    return replace(model, stream_number=numbers, vessel_number=vessels)


def _warn_of_events_outside(study: Study, scenario: Scenario, clock: Clock) -> None:
    """Warn of events that the scenario itself names and that happen at another time."""
    named = {*scenario.include_events, *(one.event_id for one in scenario.event)}
    for row in study.event.iter_rows(named=True):
        if row["event_id"] not in named:
            continue
        over = row["until_date"] is not None and row["until_date"] < clock.start
        if over or row["from_date"] >= clock.end:
            warnings.warn(
                f"event {row['event_id']!r} ({row['from_date']} to {row['until_date'] or 'open'}) "
                f"lies outside the days simulated, {clock.start} to {clock.end}: it has no effect",
                DataWarning,
                stacklevel=3,
            )
