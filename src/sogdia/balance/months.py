"""The months of a year, each with the network that it finds."""

from __future__ import annotations

import calendar
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks
from sogdia.network.model import Floats, Ints, Network
from sogdia.scenario import Scenario
from sogdia.scenario.effects import effects_in
from sogdia.scenario.timeline import DATED_TABLES, Period, hazards_at, rules_at, study_at
from sogdia.study import Study

MONTHS = 12
SAME_RESOURCE = ["kind", "row_id", "forward", "unit", pl.col("capacity") > 0]


@dataclass(frozen=True, slots=True)
class MonthNetwork:
    """A network and the rules on it, in one month or several.

    Attributes
    ----------
    study : Study
        The study as it stands then.
    network : Network
        Its network.
    marks : Marks
        Names of its parts.
    rules : tuple of int
        Numbers of the scenario's rules that are in force.
    """

    study: Study
    network: Network
    marks: Marks
    rules: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Months:
    """The year.

    Attributes
    ----------
    networks : tuple of MonthNetwork
        Those that differ in more than their capacities.
    network : ndarray of int32, shape (12,)
        Which of them each month finds.
    resources : tuple of DataFrame
        The capacities of each month (see `sogdia.network.Network`).
    share : ndarray of float64, shape (12,)
        Part of the year's days in each month.
    """

    networks: tuple[MonthNetwork, ...]
    network: Ints
    resources: tuple[pl.DataFrame, ...]
    share: Floats


def months_of(study: Study, scenario: Scenario, year: int) -> Months:
    """Compile the networks of a year, month by month.

    Events count with their share of a month's days; rules, openings and the acceptance of
    dangerous goods are those of its middle day.

    Parameters
    ----------
    study : Study
        The study under the scenario (see `sogdia.scenario.apply`).
    scenario : Scenario
        Its rules.
    year : int
        The year.

    Returns
    -------
    Months
        Months that find the same network share it, though capacities may differ.
    """
    networks: list[MonthNetwork] = []
    known: dict[Hashable, tuple[int, pl.DataFrame]] = {}
    found: list[tuple[int, pl.DataFrame]] = []
    days = np.array([calendar.monthrange(year, month + 1)[1] for month in range(MONTHS)])
    for month in range(MONTHS):
        period = _month(scenario, year, month, days)
        rules = tuple(scenario.rule.index(rule) for rule in rules_at(scenario, period))
        key = (rules, period.hazards, *_state(study, period))
        if key not in known:
            now = study_at(study, period, year, by_day=True)
            network = compile_network(now)
            one = MonthNetwork(now, network, Marks(network), rules)
            number = next((n for n, other in enumerate(networks) if _alike(one, other)), None)
            if number is None:
                number = len(networks)
                networks.append(one)
            known[key] = number, network.resource
        found.append(known[key])
    return Months(
        networks=tuple(networks),
        network=np.array([number for number, _ in found], dtype=np.int32),
        resources=tuple(resource for _, resource in found),
        share=days / days.sum(),
    )


def _alike(one: MonthNetwork, other: MonthNetwork) -> bool:
    """Whether two networks differ in nothing but their capacities."""
    first, second = one.network, other.network
    return (
        one.rules == other.rules
        and first.arc.equals(second.arc)
        and first.resource.select(SAME_RESOURCE).equals(second.resource.select(SAME_RESOURCE))
        and one.study.tariff.equals(other.study.tariff)
        and np.array_equal(first.wtt_kg_t, second.wtt_kg_t)
        and np.array_equal(first.ttw_kg_t, second.ttw_kg_t)
    )


def _state(study: Study, period: Period) -> tuple[Hashable, ...]:
    """What makes a month's network: who is open, and what events do."""
    day = period.middle
    is_open = (pl.col("open_from") <= day).fill_null(value=True) & (
        pl.col("open_until") >= day
    ).fill_null(value=True)
    frames = study.frames()
    opened = [
        frames[table].select(is_open.alias("open"))["open"].to_numpy().tobytes()
        for table in DATED_TABLES
    ]
    return (*opened, *effects_in(study.event, period.start, period.end, by_day=True))


def _month(scenario: Scenario, year: int, month: int, days: Ints) -> Period:
    first, last = date(year, month + 1, 1), date(year, month + 1, int(days[month]))
    bare = Period(first, last, float(days[month] / days.sum()))
    return Period(first, last, bare.share, hazards_at(scenario, bare))
