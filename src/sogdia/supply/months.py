"""The months of a year, each with the network that it finds."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

import numpy as np

from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks
from sogdia.network.model import Floats, Ints, Network
from sogdia.scenario import Rule, Scenario
from sogdia.scenario.timeline import Period, hazards_at, rules_at, study_at
from sogdia.study import Study

MONTHS = 12
NETWORK_TABLES = ("link", "terminal", "service", "tariff", "emission_factor")


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
    networks: list[MonthNetwork] = []
    number = np.empty(MONTHS, dtype=np.int32)
    days = np.array([calendar.monthrange(year, month + 1)[1] for month in range(MONTHS)])
    for month in range(MONTHS):
        period = _month(scenario, year, month, days)
        now = study_at(study, period, year, by_day=True)
        rules = tuple(scenario.rule.index(rule) for rule in rules_at(scenario, period))
        for known, one in enumerate(networks):
            if one.rules == rules and _same(one.study, now):
                number[month] = known
                break
        else:
            network = compile_network(now)
            number[month] = len(networks)
            networks.append(MonthNetwork(now, network, Marks(network), rules))
    return Months(tuple(networks), number, days / days.sum())


def _month(scenario: Scenario, year: int, month: int, days: Ints) -> Period:
    first, last = date(year, month + 1, 1), date(year, month + 1, int(days[month]))
    bare = Period(first, last, float(days[month] / days.sum()))
    return Period(first, last, bare.share, hazards_at(scenario, bare))


def _same(one: Study, other: Study) -> bool:
    before, after = one.frames(), other.frames()
    return all(before[name].equals(after[name]) for name in NETWORK_TABLES)


def rules_in_force(scenario: Scenario, month: MonthNetwork) -> tuple[Rule, ...]:
    """Return the rules that are in force on a network."""
    return tuple(scenario.rule[number] for number in month.rules)
