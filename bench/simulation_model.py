"""The two models of the benchmark of event simulation, and the figures every peer keeps.

The queue: customers arrive at random, 4 an hour, at 5 servers that take 1 h on average,
exponentially distributed. The corridor: ten such stations in a row, and after the fifth a
ferry: three vessels; one sails as soon as 60 containers wait and a vessel is ready, crosses
in 10 h, and is ready again after 10 h more. Vessels carry full loads only, so those that
come after the last full load stay ashore.

Customers stop arriving after a number of them, and a run ends when nothing is left to
happen. Means over time are over the whole run, from empty to empty. Every peer keeps the
same figures; those that have none of their own sum waits and services as they pass, and time
averages follow from the sums: the area under a queue's length is the sum of its waits.

Every station draws from its own stream, in the order in which services begin, and that is
the order of arrival. So all peers live through the same run, seed by seed, and their figures
must be the same but for rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import factorial
from random import Random

import numpy as np

ARRIVALS_PER_H = 4.0
SERVERS = 5
SERVICES_PER_H = 1.0
FULL = 60
VESSELS = 3
CROSSING_H = 10.0
RETURN_H = 10.0

Draw = Callable[[float], float]
Peer = Callable[[int, int], "Outcome"]


@dataclass(frozen=True, slots=True)
class Model:
    """Stops one after another: stations, of which one may be a ferry (-1: none)."""

    stops: int
    ferry: int

    def streams(self, seed: int) -> tuple[Random, list[Random]]:
        """Return random numbers for arrivals and for each stop."""
        return Random(f"{seed} arrivals"), [Random(f"{seed} {stop}") for stop in range(self.stops)]

    def draws(self, seed: int) -> tuple[Draw, list[Draw]]:
        """Return exponential draws, by rate, for arrivals and for each stop."""
        arrivals, services = self.streams(seed)
        return arrivals.expovariate, [service.expovariate for service in services]


QUEUE = Model(1, -1)
CORRIDOR = Model(11, 5)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What every peer tells of a run.

    Attributes
    ----------
    wait_h : tuple of float
        Mean time waited, of those whose wait has ended, by stop. At the ferry: until it sails.
    sojourn_h, sojourn_sd_h : float
        Time in the system, of those who left it: mean and standard deviation (divisor n - 1).
    utilisation : tuple of float
        Share of the servers' time that is taken, by stop. Of the vessels': under way.
    queue_mean : tuple of float
        Number waiting, mean over time, by stop.
    customers : int
        How many left the system.
    events : int
        Arrivals, ends of service, departures and returns of vessels.
    """

    wait_h: tuple[float, ...]
    sojourn_h: float
    sojourn_sd_h: float
    utilisation: tuple[float, ...]
    queue_mean: tuple[float, ...]
    customers: int
    events: int

    def figures(self) -> list[float]:
        """Return all figures in one list."""
        spread = (self.sojourn_h, self.sojourn_sd_h, self.customers, self.events)
        return [*self.wait_h, *self.utilisation, *self.queue_mean, *spread]

    def distance(self, other: Outcome) -> float:
        """Return the largest relative difference of two outcomes' figures; nan if one is."""
        one, two = np.array(self.figures()), np.array(other.figures())
        scale = np.maximum(np.maximum(np.abs(one), np.abs(two)), np.finfo(np.float64).tiny)
        return float(np.max(np.abs(one - two) / scale))


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums kept by hand: waits and services by stop; and every time in the system."""

    model: Model
    wait_h: list[float]
    busy_h: list[float]
    sojourns_h: list[float]

    @classmethod
    def empty(cls, model: Model) -> Tally:
        """Return sums of nothing."""
        return cls(model, [0.0] * model.stops, [0.0] * model.stops, [])

    def outcome(
        self, customers: int, end_h: float, voyages: int = 0, ashore: Iterable[float] = ()
    ) -> Outcome:
        """Divide the sums.

        Parameters
        ----------
        customers : int
            How many came.
        end_h : float
            When the run ended.
        voyages : int
            How many times a vessel sailed.
        ashore : iterable of float
            When those came that still wait for a vessel.
        """
        ferry = self.model.ferry
        visits = visits_by_stop(self.model, customers, voyages)
        waiting_h = list(self.wait_h)
        taken_h = [busy_h / SERVERS for busy_h in self.busy_h]
        if ferry >= 0:
            waiting_h[ferry] += sum(end_h - since for since in ashore)
            taken_h[ferry] = voyages * (CROSSING_H + RETURN_H) / VESSELS
        return Outcome(
            wait_h=tuple(sum_h / n for sum_h, n in zip(self.wait_h, visits, strict=True)),
            sojourn_h=float(np.mean(self.sojourns_h)),
            sojourn_sd_h=float(np.std(self.sojourns_h, ddof=1)),
            utilisation=tuple(sum_h / end_h for sum_h in taken_h),
            queue_mean=tuple(sum_h / end_h for sum_h in waiting_h),
            customers=len(self.sojourns_h),
            events=count_events(self.model, customers, voyages),
        )


def visits_by_stop(model: Model, customers: int, voyages: int) -> list[int]:
    """Return how many each stop has let begin."""
    if model.ferry < 0:
        return [customers] * model.stops
    return [customers] * model.ferry + [FULL * voyages] * (model.stops - model.ferry)


def count_events(model: Model, customers: int, voyages: int) -> int:
    """Count arrivals and ends of service, and two events for every voyage."""
    visits = visits_by_stop(model, customers, voyages)
    services = sum(count for stop, count in enumerate(visits) if stop != model.ferry)
    return customers + services + 2 * voyages


def erlang_wait_h(arrivals_per_h: float, services_per_h: float, servers: int) -> float:
    """Return the mean wait in a queue with random arrivals and exponential services."""
    load = arrivals_per_h / services_per_h
    wait = load**servers / factorial(servers) * servers / (servers - load)
    waiting = wait / (wait + sum(load**count / factorial(count) for count in range(servers)))
    return waiting / (servers * services_per_h - arrivals_per_h)
