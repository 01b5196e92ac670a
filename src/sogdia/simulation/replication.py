"""One replication of a model: its memory, its run, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sogdia.errors import CheckError
from sogdia.network.model import Floats, Ints
from sogdia.simulation import engine
from sogdia.simulation.engine import proceed, take_stock
from sogdia.simulation.model import Model
from sogdia.simulation.random import key_of
from sogdia.simulation.releases import releases
from sogdia.simulation.statistics import HISTOGRAM_BINS

LOG_ROWS_PER_SHIPMENT = 48
FIRST_SLOTS = 4096
CATEGORIES = 3
BATCHES = 20


@dataclass(frozen=True)
class Replication:
    """What one replication leaves behind; hours and tonnes, within the time observed.

    Attributes
    ----------
    transit_count : ndarray of int64, shape (groups, batches)
        Shipments delivered, in equal parts of the time observed.
    transit_sum : ndarray of float64, shape (groups, batches, 2)
        Sum of their transit times and of their squares.
    transit_histogram : ndarray of int32, shape (groups, bins)
        See `sogdia.simulation.statistics.bin_of`.
    balance : ndarray of int64, shape (groups, 3)
        Shipments released, delivered and still there, over the whole run.
    spent : ndarray of float64, shape (groups, 3)
        Hours of those delivered that were moving, handling and border; the rest was waiting.
    area : ndarray of float64, shape (stations, periods, 2)
        Integral over time of shipments waiting and of units busy.
    count : ndarray of int64, shape (stations, 9)
        See the columns in `sogdia.simulation.engine`.
    amount : ndarray of float64, shape (stations, 14)
        Likewise.
    wait_histogram : ndarray of int32, shape (stations, bins)
        Waits that ended.
    delayed : ndarray of float64, shape (closures, 3)
        Shipments delayed by what shut a station, hours, and tonne-hours.
    in_queue : ndarray of int64, shape (stations,)
        Shipments that wait at the end.
    left : ndarray of int64, shape (waiting, 5)
        Who they are: stream, step, number, and two columns of the engine's.
    left_since : ndarray of float64, shape (waiting,)
        Since when, h.
    log_time, log : ndarray
        Times, and what happened: what, stream, shipment, step, station; empty unless asked for.
    counter : ndarray of int64
        See `sogdia.simulation.engine`.
    """

    transit_count: Ints
    transit_sum: Floats
    transit_histogram: Ints
    balance: Ints
    spent: Floats
    area: Floats
    count: Ints
    amount: Floats
    wait_histogram: Ints
    delayed: Floats
    in_queue: Ints
    left: Ints
    left_since: Floats
    log_time: Floats
    log: Ints
    counter: Ints

    @property
    def events(self) -> int:
        """Events handled."""
        return int(self.counter[engine.HANDLED])

    def check(self, model: Model) -> None:
        """Check that nothing was lost or made.

        Raises
        ------
        CheckError
            Naming the station or the group of shipments that does not add up.
        """
        missing = self.count[:, engine.JOINS] - self.count[:, engine.STARTS] - self.in_queue
        for station in np.flatnonzero(missing):
            raise CheckError(
                f"{model.station_names[station]}: {self.count[station, engine.JOINS]} shipments "
                f"joined the queue, {self.count[station, engine.STARTS]} left it, and "
                f"{self.in_queue[station]} are there"
            )
        lost = self.balance[:, 0] - self.balance[:, 1] - self.balance[:, 2]
        for group in np.flatnonzero(lost):
            released, delivered, there = self.balance[group]
            raise CheckError(
                f"{model.groups[group]}: {released} shipments were released, {delivered} "
                f"delivered, and {there} are still there"
            )
        busy = self.amount[:, engine.BUSY]
        most = self.amount[:, engine.UNITS] * (1.0 + 1e-6) + 1e-6
        bad = ~((busy >= -1e-6) & (busy <= most))
        for station in np.flatnonzero(bad):
            raise CheckError(
                f"{model.station_names[station]}: {busy[station]:g} of "
                f"{self.amount[station, engine.UNITS]:g} units are in use"
            )


@dataclass(frozen=True)
class Repetition:
    """What is replicated; which replication it is, a number says.

    Attributes
    ----------
    model : Model
        What to run.
    ticks : ndarray of float64, shape (periods + 1,)
        Bounds of the periods of observation, h; the run ends with the last.
    seed : int
        Random numbers are addressed by it and by the number.
    logged : bool
        Whether the first keeps the log of all that happens.
    """

    model: Model
    ticks: Floats
    seed: int
    logged: bool = False

    def run(self, number: int) -> Replication:
        """Run one of the replications, checked for conservation."""
        logged = self.logged and number == 0
        return replicate(self.model, self.ticks, self.seed, number, logged=logged)


ReplicateAll = Callable[[Repetition, range], Iterator[Replication]]
"""Runs the replications of some numbers and yields them in that order, wherever they are run."""


def replicate(
    model: Model,
    ticks: Floats,
    seed: int,
    replication: int,
    *,
    logged: bool = False,
    batches: int = BATCHES,
    slots: int = FIRST_SLOTS,
) -> Replication:
    """Run one replication.

    Parameters
    ----------
    model : Model
        What to run.
    ticks : ndarray of float64, shape (periods + 1,)
        Bounds of the periods of observation, h; the run ends with the last.
    seed, replication : int
        Random numbers are addressed by them.
    logged : bool
        Whether to keep the log of all that happens.
    batches : int
        Parts of the time observed for which transit times are kept apart.
    slots : int
        Shipments under way at the same time for which there is room at first.

    Returns
    -------
    Replication
        Checked for conservation.
    """
    ticks = np.asarray(ticks, dtype=np.float64)
    key_0, key_1 = key_of(seed, replication)
    released = releases(
        model.stream_integer,
        model.stream_number,
        model.release_first,
        model.release_time,
        model.season,
        model.month_start,
        model.month,
        float(ticks[-1]),
        key_0,
        key_1,
    )
    rows = LOG_ROWS_PER_SHIPMENT * (len(released[0]) + len(model.initial)) + 1024 if logged else 0
    while True:
        result = _run(model, released, ticks, (key_0, key_1), batches, slots, rows)
        happened = int(result.counter[engine.LOGGED])
        if happened <= rows:
            break
        rows = happened
    result.check(model)
    return result


def _run(
    model: Model,
    released: tuple[Floats, Ints, Ints],
    ticks: Floats,
    keys: tuple[int, int],
    batches: int,
    slots: int,
    log_rows: int,
) -> Replication:
    groups, stations = len(model.groups), len(model.units)
    vessels, closures = len(model.vessel_integer), len(model.closure_integer)
    levels = int(model.stream_integer[:, 3].max(initial=0)) + 1
    state, clock, work = _shipments(slots)
    other_events = 5 * vessels + 4 * closures + 4 * len(model.closure_target) + 128
    event_time = np.empty(slots + other_events)
    event_key = np.empty(slots + other_events, dtype=np.int64)
    count = np.zeros((stations, 9), dtype=np.int64)
    count[:, [engine.SHUT_BY, engine.VESSEL_FIRST, engine.VESSEL_LAST]] = -1
    amount = np.zeros((stations, 14))
    amount[:, engine.UNITS] = model.units
    queue = np.full((stations, levels, 2), -1, dtype=np.int64)
    wake = np.empty(stations + 1, dtype=np.int64)
    vessel_state = np.zeros((vessels, 3), dtype=np.int64)
    vessel_state[:, engine.SIDE] = model.vessel_integer[:, 3]
    vessel_state[:, engine.AFTER] = engine.NOT_IN_LINE
    vessel_clock = np.full((vessels, 2), -1.0)
    closure_state = np.zeros(closures, dtype=np.int64)
    closure_end = np.zeros(closures)
    counter = np.zeros(14, dtype=np.int64)
    transit_count = np.zeros((groups, batches), dtype=np.int64)
    transit_sum = np.zeros((groups, batches, 2))
    transit_histogram = np.zeros((groups, HISTOGRAM_BINS), dtype=np.int32)
    balance = np.zeros((groups, 3), dtype=np.int64)
    spent = np.zeros((groups, CATEGORIES))
    area = np.zeros((stations, len(ticks), 2))
    wait_histogram = np.zeros((stations, HISTOGRAM_BINS), dtype=np.int32)
    delayed = np.zeros((closures + 1, 3))
    log_time = np.empty(log_rows)
    log = np.empty((log_rows, 5), dtype=np.int64)
    while not proceed(
        model.stream_integer,
        model.stream_number,
        model.month_start,
        model.month,
        model.step_integer,
        model.step_number,
        model.values,
        model.vessel_integer,
        model.vessel_number,
        model.timetable_first,
        model.timetable,
        model.closure_integer,
        model.closure_number,
        model.interval,
        model.closure_target,
        model.initial,
        *released,
        ticks,
        *keys,
        state,
        clock,
        work,
        event_time,
        event_key,
        count,
        amount,
        queue,
        wake,
        vessel_state,
        vessel_clock,
        closure_state,
        closure_end,
        counter,
        transit_count,
        transit_sum,
        transit_histogram,
        balance,
        spent,
        area,
        wait_histogram,
        delayed,
        log_time,
        log,
    ):
        if counter[engine.FREE] == slots:
            state, clock, work = _shipments(2 * slots, state, clock)
            # nobody is at work between two events
            counter[[engine.WORK_HEAD, engine.WORK_TAIL]] = 0
            slots *= 2
        room = max(2 * (slots + other_events + int(counter[engine.OTHERS])), len(event_time))
        event_time = np.concatenate([event_time, np.empty(room - len(event_time))])
        event_key = np.concatenate([event_key, np.empty(room - len(event_key), dtype=np.int64)])
    in_queue = np.zeros(stations, dtype=np.int64)
    waiting = int(count[:, engine.WAITING].sum())
    left = np.empty((waiting, 5), dtype=np.int64)
    left_since = np.empty(waiting)
    take_stock(
        model.stream_integer, state, clock, event_key, queue, counter, balance, in_queue, left,
        left_since,
    )  # fmt: skip
    happened = min(int(counter[engine.LOGGED]), log_rows)
    return Replication(
        transit_count=transit_count,
        transit_sum=transit_sum,
        transit_histogram=transit_histogram,
        balance=balance,
        spent=spent,
        area=area[:, :-1],
        count=count,
        amount=amount,
        wait_histogram=wait_histogram,
        delayed=delayed[:-1],
        in_queue=in_queue,
        left=left,
        left_since=left_since,
        log_time=log_time[:happened],
        log=log[:happened],
        counter=counter,
    )


def _shipments(
    slots: int, state: Ints | None = None, clock: Floats | None = None
) -> tuple[Ints, Floats, Ints]:
    """Return room for shipments, each free slot pointing to the next, with those there are."""
    more_state = np.zeros((slots, 5), dtype=np.int64)
    more_state[:, engine.NEXT] = np.arange(1, slots + 1)
    more_clock = np.zeros((slots, 9))
    if state is not None and clock is not None:
        more_state[: len(state)] = state
        more_clock[: len(clock)] = clock
    return more_state, more_clock, np.empty(slots + 1, dtype=np.int64)
