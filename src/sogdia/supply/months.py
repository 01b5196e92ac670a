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
        Those that differ.
    network : ndarray of int32, shape (12,)
        Which of them each month finds.
    share : ndarray of float64, shape (12,)
        Part of the year's days in each month.
    """

    networks: tuple[MonthNetwork, ...]
    network: Ints
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
        Months that find the same network share it.
    """
    networks: dict[Hashable, MonthNetwork] = {}
    order: list[Hashable] = []
    days = np.array([calendar.monthrange(year, month + 1)[1] for month in range(MONTHS)])
    for month in range(MONTHS):
        period = _month(scenario, year, month, days)
        rules = tuple(scenario.rule.index(rule) for rule in rules_at(scenario, period))
        order.append(key := (rules, period.hazards, *_state(study, period)))
        if key not in networks:
            now = study_at(study, period, year, by_day=True)
            network = compile_network(now)
            networks[key] = MonthNetwork(now, network, Marks(network), rules)
    found = list(networks)
    number = np.array([found.index(key) for key in order], dtype=np.int32)
    return Months(tuple(networks.values()), number, days / days.sum())


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
