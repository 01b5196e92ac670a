"""As many replications of a model as are needed, and what is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from sogdia.network.model import Floats, Ints
from sogdia.simulation import engine
from sogdia.simulation.deadlock import check_deadlock
from sogdia.simulation.replication import Repetition, ReplicateAll, Replication
from sogdia.simulation.statistics import HISTOGRAM_BINS, ratio_of_sums, replications_needed

Progress = Callable[[str, int, int], None]
FIRST_REPLICATIONS = 10
"""Made before it is judged how many are needed for a precision."""
MOST_FOR_PRECISION = 10_000
SIMULATING = "simulating"
AHEAD = 8
"""Replications that are begun before the first of them is taken: few wait in memory."""


@dataclass
class Sample:
    """What is kept of replications: one row for each, in their order, and sums of histograms.

    Attributes
    ----------
    transit_count, transit_sum, transit_square : list of ndarray, each of shape (groups,)
        Shipments delivered, and the sums of their transit times (h) and of the squares.
    spent : list of ndarray, each of shape (groups, 3)
        Hours moving, handling and border.
    waits : list of ndarray, each of shape (stations, 4)
        Waits that ended, their sum (h), their sum times tonnes (t h), and tonnes.
    area : list of ndarray, each of shape (stations, 2)
        Integrals over time of shipments waiting and of units busy.
    loads : list of ndarray, each of shape (stations, 2)
        Of quays: units loaded and units of room that left.
    delayed : list of ndarray, each of shape (closures, 3)
        Shipments delayed, hours, tonne-hours.
    in_queue : list of ndarray, each of shape (stations,)
        Shipments that wait at the end.
    batches : tuple of ndarray, each of shape (batches, groups)
        Sums and numbers of transit times in parts of the first replication.
    series : ndarray of float64, shape (stations, periods, 2)
        Sum of the integrals by period.
    transit_histogram, wait_histogram : ndarray of int64
        Sums.
    events : int
        Events handled.
    balance : ndarray of int64, shape (groups, 3)
        Shipments released, delivered, and still there, summed.
    first : Replication
        The first, with its log if that was asked for.
    """

    first: Replication
    transit_count: list[Ints] = field(default_factory=list)
    transit_sum: list[Floats] = field(default_factory=list)
    transit_square: list[Floats] = field(default_factory=list)
    spent: list[Floats] = field(default_factory=list)
    waits: list[Floats] = field(default_factory=list)
    area: list[Floats] = field(default_factory=list)
    loads: list[Floats] = field(default_factory=list)
    delayed: list[Floats] = field(default_factory=list)
    in_queue: list[Ints] = field(default_factory=list)
    events: int = 0

    def __post_init__(self) -> None:
        one = self.first
        self.batches = (one.transit_sum[:, :, 0].T.copy(), one.transit_count.T.copy())
        self.series = np.zeros(one.area.shape)
        self.transit_histogram = np.zeros((len(one.transit_count), HISTOGRAM_BINS), dtype=np.int64)
        self.wait_histogram = np.zeros((len(one.count), HISTOGRAM_BINS), dtype=np.int64)
        self.balance = np.zeros(one.balance.shape, dtype=np.int64)

    @property
    def replications(self) -> int:
        """Replications made."""
        return len(self.transit_count)

    def add(self, one: Replication) -> None:
        """Add a replication."""
        self.transit_count.append(one.transit_count.sum(axis=1))
        self.transit_sum.append(one.transit_sum[:, :, 0].sum(axis=1))
        self.transit_square.append(one.transit_sum[:, :, 1].sum(axis=1))
        self.spent.append(one.spent)
        columns = [engine.WAIT_H, engine.WAIT_T_H, engine.WAIT_T]
        self.waits.append(
            np.column_stack([one.count[:, engine.WAITS], one.amount[:, columns]]).astype(np.float64)
        )
        self.area.append(one.area.sum(axis=1))
        self.loads.append(one.amount[:, [engine.LOADED, engine.OFFERED]])
        self.delayed.append(one.delayed)
        self.in_queue.append(one.in_queue)
        self.events += one.events
        self.series += one.area
        self.transit_histogram += one.transit_histogram
        self.wait_histogram += one.wait_histogram
        self.balance += one.balance

    def precision(self, tonnes: Floats) -> float:
        """Return the relative half width of the mean transit time of all tonnes.

        NaN with one replication.
        """
        sums = np.array([total @ tonnes for total in self.transit_sum])
        counts = np.array([count @ tonnes for count in self.transit_count])
        return float(ratio_of_sums(sums, counts).relative)

    def means(self, tonnes: Floats) -> Floats:
        """Return the mean transit time of all tonnes in each replication, h."""
        counts = np.array([count @ tonnes for count in self.transit_count])
        sums = np.array([total @ tonnes for total in self.transit_sum])
        return np.asarray(sums / np.where(counts > 0, counts, np.nan))


def sample(
    repetition: Repetition,
    tonnes: Floats,
    *,
    replications: int | None,
    precision: float | None,
    replicate_all: ReplicateAll,
    progress: Progress | None,
) -> Sample:
    """Run replications until there are enough.

    Parameters
    ----------
    repetition : Repetition
        What to run.
    tonnes : ndarray of float64, shape (groups,)
        Size of a shipment of each group, t: weighs the mean that `precision` is about.
    replications : int or None
        How many; None: as many as `precision` needs.
    precision : float or None
        Relative half width to be reached.
    replicate_all : callable
        What runs them, as `in_threads`; what comes out does not depend on it.
    progress : callable or None
        Told how far it is.

    Returns
    -------
    Sample
        Of the replications asked for, or, interrupted from the keyboard, of the first ones that
        were finished.
    """
    kept: Sample | None = None
    target = replications or FIRST_REPLICATIONS
    try:
        while True:
            numbers = range(kept.replications if kept else 0, target)
            found = cast("Generator[Replication]", replicate_all(repetition, numbers))
            with closing(found) as results:
                for result in results:
                    check_deadlock(repetition.model, result)
                    kept = kept or Sample(result)
                    kept.add(result)
                    if progress:
                        progress(SIMULATING, kept.replications, target)
            if kept is None or precision is None or target >= MOST_FOR_PRECISION:
                break
            reached = kept.precision(tonnes)
            if reached <= precision or not np.isfinite(reached):
                break
            needed = replications_needed(kept.means(tonnes), precision)
            target = min(max(needed, target + 2), 2 * target, MOST_FOR_PRECISION)
    except KeyboardInterrupt:
        if kept is None:
            raise
    if kept is None:
        raise ValueError("no replication was asked for")
    return kept


def in_threads(threads: int | None) -> ReplicateAll:
    """Return what runs replications in threads of this process.

    Parameters
    ----------
    threads : int or None
        How many at the same time; None: as many as Python finds sensible here.
    """

    def replicate_all(repetition: Repetition, numbers: range) -> Iterator[Replication]:
        with ThreadPoolExecutor(threads) as pool:
            waiting = [pool.submit(repetition.run, number) for number in numbers[:AHEAD]]
            try:
                for place in range(len(numbers)):
                    result = waiting.pop(0).result()
                    for number in numbers[place + AHEAD : place + AHEAD + 1]:
                        waiting.append(pool.submit(repetition.run, number))
                    yield result
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    return replicate_all
