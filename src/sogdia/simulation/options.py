"""Options of a simulation, with defaults that work."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from sogdia.errors import DataError, Problem

DEFAULT_REPLICATIONS = 20
MOST_REPLICATIONS = 100_000
MOST_DAYS = 3660
RELEASES = ("poisson", "scheduled")
DISTRIBUTIONS = ("gamma", "lognormal", "exponential", "triangular", "constant")


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """Options of `simulate`.

    Attributes
    ----------
    replications : int or None
        Years simulated; None: `DEFAULT_REPLICATIONS`, or as many as `precision` needs.
    precision : float or None
        Half width of the 95 % confidence interval of the mean transit time (over all tonnes)
        that is to be reached, as a share of that mean.
    seed : int
        Random numbers are addressed by it.
    start : date or None
        First day observed; None: 1 January of the year of the scenario, or the study's.
    days : int
        Days observed.
    warm_up_days : int or None
        Days simulated before the first that is observed; None: as many as MSER-5 asks for.
    releases : {"poisson", "scheduled"}
        How shipments of a path follow each other: by chance, or evenly.
    distribution : str
        Family of handling and travel times, whose mean and coefficient of variation
        the tables give: one of `DISTRIBUTIONS`.
    storm_days : float
        Mean length of a storm where a service's weather closures are given by month. No
        figure is published; spells of four and five days are on record.
    threads : int or None
        Replications run at the same time; None: as many as Python finds sensible here.
        The result does not depend on it.
    trace : bool
        Whether to keep the log of the first replication.
    """

    replications: int | None = None
    precision: float | None = None
    seed: int = 0
    start: date | None = None
    days: int = 365
    warm_up_days: int | None = None
    releases: str = "poisson"
    distribution: str = "gamma"
    storm_days: float = 2.0
    threads: int | None = None
    trace: bool = False

    def check(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        DataError
            If an option is out of range; ``problems`` lists every one that is.
        """
        wrong = []
        if self.replications is not None and not 1 <= self.replications <= MOST_REPLICATIONS:
            wrong.append(f"{self.replications} replications; 1 to {MOST_REPLICATIONS} can be made")
        if self.precision is not None and not 0.0 < self.precision < 1.0:
            wrong.append(f"a precision of {self.precision:g}; a share between 0 and 1 is needed")
        if self.replications is not None and self.precision is not None:
            wrong.append("both replications and precision are given; give one of them")
        if not 0 <= self.seed < 2**64:
            wrong.append(f"a seed of {self.seed}; 0 to 2^64 - 1 can be given")
        if not 1 <= self.days <= MOST_DAYS:
            wrong.append(f"{self.days} days; 1 to {MOST_DAYS} can be simulated")
        if self.warm_up_days is not None and not 0 <= self.warm_up_days <= MOST_DAYS:
            wrong.append(f"a warm-up of {self.warm_up_days} days; 0 to {MOST_DAYS} can be had")
        if self.releases not in RELEASES:
            wrong.append(f"releases {self.releases!r}; known are {', '.join(RELEASES)}")
        if self.distribution not in DISTRIBUTIONS:
            wrong.append(
                f"distribution {self.distribution!r}; known are {', '.join(DISTRIBUTIONS)}"
            )
        if not (math.isfinite(self.storm_days) and self.storm_days >= 1.0):
            wrong.append(f"storms of {self.storm_days} days; they last one day at least")
        if wrong:
            raise DataError([Problem(message, "simulation") for message in wrong])
