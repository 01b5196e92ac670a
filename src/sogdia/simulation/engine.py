"""The event engine: one replication of a model, from its first release to its end.

Order of events at the same time: releases come first, in the order of streams; then
scheduled events in the order in which they were scheduled. What an event sets off happens at
once, before the next event, and in this order: stations where something was joined, released or
opened serve whom they can; then the shipment that was served first goes on along its route
until it has to wait; then stations again, and so on until nothing is left to do.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints
from sogdia.simulation.distribution import CONSTANT, EMPIRICAL, draw, draw_parametric
from sogdia.simulation.event_list import (
    DELAY_ENDS,
    KIND_MASK,
    OPENS,
    SHUTS,
    SUBJECT_BITS,
    SUBJECT_MASK,
    VESSEL_LEAVES,
    VESSEL_READY,
    VOYAGE_ENDS,
    WAIT_ENDS,
    close_up,
    push,
    sink,
)
from sogdia.simulation.model import (
    BOARD,
    BRANCH,
    DATED,
    DELAY,
    MOVING,
    RELEASE,
    RENEWAL,
    SEIZE,
)
from sogdia.simulation.random import fixed_word, uniform
from sogdia.simulation.statistics import bin_of

CROSSING_WORD = fixed_word(0xFFFFFFFE)
STAY_WORD = fixed_word(0xFFFFFFFD)
CANCEL_WORD = fixed_word(0xFFFFFFFC)
BETWEEN_WORD = fixed_word(0xFFFFFFFB)
REPAIR_WORD = fixed_word(0xFFFFFFFA)
STORM_WORD = fixed_word(0xFFFFFFF9)
"""Words of the addresses of what is drawn for vessels and closures."""
FIRST_INITIAL = 1 << 31
"""Number of the first shipment that is there at the start, within its stream."""
VISIT_STRIDE = 2654435769
WORD = 0xFFFFFFFF
LEAST = 1e-9
"""Units, or hours, smaller than this are rounding."""

(
    RELEASED,
    JOINED,
    STARTED,
    WORKING,
    WORKED,
    LEFT,
    PARTLY_LOADED,
    DEPARTED,
    ARRIVED,
    CANCELLED,
    SHUT,
    OPENED,
    DELIVERED,
) = range(13)
"""What the log tells."""

STREAM, STEP, NUMBER, NEXT, VISIT = range(5)
"""Columns of the state of shipments."""
RELEASED_H, JOINED_H, STOPPED_H, LEFT_OVER, SHUT_H, SPENT_H = range(6)
"""Columns of their clocks; from the last on, hours by category."""
WAITING, JOINS, STARTS, SHUT_BY, WAITS, VESSEL_FIRST, VESSEL_LAST, AWAKE, STILL_BY = range(9)
"""Columns of the counts of stations."""
(
    UNITS,
    BUSY,
    SINCE_H,
    SHUT_UNTIL,
    SHUT_TOTAL,
    STOPPED,
    AMOUNT,
    WAIT_H,
    WAIT_T_H,
    WAIT_T,
    LOADED,
    OFFERED,
    DEPARTURES,
    STILL_UNTIL,
) = range(14)
"""Columns of the amounts of stations."""
(
    EVENTS,
    SCHEDULED_N,
    LOGGED,
    FREE,
    WORK_HEAD,
    WORK_TAIL,
    HANDLED,
    OTHERS,
    WAKE_HEAD,
    WAKE_TAIL,
    PRESENT,
    NEXT_RELEASE,
    TICK,
    HOLE,
) = range(14)
"""Counters."""
SIDE, AFTER, VOYAGE = range(3)
GIVES_UP, LAST = range(2)
"""Columns of the state and of the clocks of vessels."""
LEAST_LOAD = (1, 13)
"""Columns of the least load of vessels on either side."""
NOT_IN_LINE = -2
"""In column AFTER: the vessel does not wait for goods."""


@njit(cache=True, nogil=True)
def _log(
    log_time: Floats,
    log: Ints,
    counter: Ints,
    now: float,
    what: int,
    stream: int,
    number: int,
    step: int,
    station: int,
) -> None:
    row = counter[LOGGED]
    if row < len(log_time):
        log_time[row] = now
        log[row, 0] = what
        log[row, 1] = stream
        log[row, 2] = number
        log[row, 3] = step
        log[row, 4] = station
    counter[LOGGED] += 1


@njit(cache=True, nogil=True, forceinline=True)
def _schedule(
    event_time: Floats, event_key: Ints, counter: Ints, at: float, kind: int, subject: int
) -> None:
    push(
        event_time, event_key, counter[EVENTS], counter[HOLE], at, counter[SCHEDULED_N], kind,
        subject,
    )  # fmt: skip
    # the place of the event that was handled last is taken; from here on the list grows
    counter[EVENTS] += counter[HOLE] == counter[EVENTS]
    counter[HOLE] = counter[EVENTS]
    counter[SCHEDULED_N] += 1
    counter[OTHERS] += kind > VOYAGE_ENDS


@njit(cache=True, nogil=True, forceinline=True)
def _tally(
    station: int, now: float, bucket: int, count: Ints, amount: Floats, area: Floats
) -> None:
    """Add what has passed since the last change to the integrals over time.

    What passes before the first period of observation is added to the last column, which
    nobody reads: a branch would cost more than the sum.
    """
    hours = now - amount[station, SINCE_H]
    waiting = count[station, WAITING]
    area[station, bucket, 0] += hours * waiting
    area[station, bucket, 1] += hours * amount[station, BUSY]
    amount[station, SINCE_H] = now


@njit(cache=True, nogil=True, forceinline=True)
def _after(place: int, length: int) -> int:
    """Return the next place of a ring; a division would cost more than all else there."""
    return (place + 1) * (place + 1 < length)


@njit(cache=True, nogil=True, forceinline=True)
def _wake(station: int, count: Ints, wake: Ints, counter: Ints) -> None:
    """Let a station look whom it can serve; its time so far is tallied."""
    tail = counter[WAKE_TAIL]
    wake[tail] = station
    asleep = 1 - count[station, AWAKE]
    count[station, AWAKE] = 1
    counter[WAKE_TAIL] = (tail + asleep) * (tail + asleep < len(wake))


@njit(cache=True, nogil=True, forceinline=True)
def _enlist(shipment: int, work: Ints, counter: Ints) -> None:
    """Let a shipment go on along its route."""
    work[counter[WORK_TAIL]] = shipment
    counter[WORK_TAIL] = _after(counter[WORK_TAIL], len(work))


@njit(cache=True, nogil=True, forceinline=True)
def _count_start(
    shipment: int,
    station: int,
    now: float,
    tonnes: float,
    clock: Floats,
    count: Ints,
    amount: Floats,
    wait_histogram: Ints,
    delayed: Floats,
) -> None:
    """Count a wait that is over, and what of it was for a closure."""
    wait = now - clock[shipment, JOINED_H]
    count[station, WAITS] += 1
    amount[station, WAIT_H] += wait
    amount[station, WAIT_T_H] += wait * tonnes
    amount[station, WAIT_T] += tonnes
    wait_histogram[station, bin_of(wait)] += 1
    # stations that nothing has shut yet write to the last row, which nobody reads
    held = amount[station, SHUT_TOTAL] - clock[shipment, SHUT_H]
    closure = count[station, SHUT_BY]
    delayed[closure, 0] += 1.0 * (held > LEAST)
    delayed[closure, 1] += held
    delayed[closure, 2] += held * tonnes


@njit(cache=True, nogil=True)
def _next_storm(
    closure: int,
    day: int,
    closure_integer: Ints,
    closure_number: Floats,
    month_start: Floats,
    month: Ints,
    last_day: int,
    key_0: int,
    key_1: int,
) -> tuple[int, int]:
    """Return first day of the next storm, and the first calm day after it."""
    own_key = closure_integer[closure, 1]
    place = 0
    while day <= last_day:
        while place + 1 < len(month_start) and month_start[place + 1] <= day * 24.0:
            place += 1
        begins = closure_number[closure, 6 + month[place]]
        if uniform(key_0, key_1, own_key, day, STORM_WORD, 0) < begins:
            after = day + 1
            while uniform(key_0, key_1, own_key, after, STORM_WORD, 0) < closure_number[closure, 5]:
                after += 1
            return day, after
        day += 1
    return -1, -1


@njit(cache=True, nogil=True)
def _draw_row(
    kind: int,
    numbers: Floats,
    row: int,
    column: int,
    values: Floats,
    key_0: int,
    key_1: int,
    address: int,
    number: int,
    word: int,
) -> float:
    """Draw from a distribution whose parameters lie in a row of a table."""
    return float(
        draw(
            kind, numbers[row, column], numbers[row, column + 1], numbers[row, column + 2], values,
            key_0, key_1, address, number, word,
        )
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _next_closure(
    closure: int,
    occurrence: int,
    after: float,
    closure_integer: Ints,
    closure_number: Floats,
    interval: Floats,
    values: Floats,
    month_start: Floats,
    month: Ints,
    horizon: float,
    key_0: int,
    key_1: int,
) -> tuple[float, float]:
    """Return begin and end of the next time that something shuts its stations."""
    if closure_integer[closure, 0] == DATED:
        row = closure_integer[closure, 3] + occurrence
        if row < closure_integer[closure, 4]:
            return interval[row, 0], interval[row, 1]
        return np.inf, np.inf
    own_key = closure_integer[closure, 1]
    if closure_integer[closure, 0] == RENEWAL:
        start = after + _draw_row(
            closure_integer[closure, 7], closure_number, closure, 0, values, key_0, key_1, own_key,
            occurrence, BETWEEN_WORD,
        )  # fmt: skip
        end = start + _draw_row(
            closure_integer[closure, 8], closure_number, closure, 3, values, key_0, key_1, own_key,
            occurrence, REPAIR_WORD,
        )  # fmt: skip
        return start, end
    first = int(after / 24.0) + 1 if occurrence > 0 else 0
    day, calm = _next_storm(
        closure, first, closure_integer, closure_number, month_start, month,
        int(horizon / 24.0) + 1, key_0, key_1,
    )  # fmt: skip
    if day < 0:
        return np.inf, np.inf
    return day * 24.0, calm * 24.0


@njit(cache=True, nogil=True)
def _sails_at(
    vessel: int,
    now: float,
    scheduled: bool,
    last: float,
    side: int,
    vessel_number: Floats,
    timetable_first: Ints,
    timetable: Floats,
    shut_until: float,
) -> float:
    """Return when a vessel may leave: now, later, or never."""
    if now >= vessel_number[vessel, 4]:
        return np.inf
    row, after = timetable_first[2 * vessel + side], timetable_first[2 * vessel + side + 1]
    if not scheduled and row < after:
        end = after
        while row < end:  # the first that is neither past nor made
            middle = (row + end) >> 1
            if timetable[middle] < now or timetable[middle] <= last:
                row = middle + 1
            else:
                end = middle
        if row == after:
            return np.inf
        if timetable[row] > now:
            return float(timetable[row])
    return max(now, shut_until)


@njit(cache=True, nogil=True)
def proceed(
    stream_integer: Ints,
    stream_number: Floats,
    month_start: Floats,
    month: Ints,
    step_integer: Ints,
    step_number: Floats,
    values: Floats,
    vessel_integer: Ints,
    vessel_number: Floats,
    timetable_first: Ints,
    timetable: Floats,
    closure_integer: Ints,
    closure_number: Floats,
    interval: Floats,
    closure_target: Ints,
    initial: Ints,
    release_time: Floats,
    release_stream: Ints,
    release_number: Ints,
    ticks: Floats,
    key_0: int,
    key_1: int,
    state: Ints,
    clock: Floats,
    work: Ints,
    event_time: Floats,
    event_key: Ints,
    count: Ints,
    amount: Floats,
    queue: Ints,
    wake: Ints,
    vessel_state: Ints,
    vessel_clock: Floats,
    closure_state: Ints,
    closure_end: Floats,
    counter: Ints,
    transit_count: Ints,
    transit_sum: Floats,
    transit_histogram: Ints,
    balance: Ints,
    spent: Floats,
    area: Floats,
    wait_histogram: Ints,
    delayed: Floats,
    log_time: Floats,
    log: Ints,
) -> bool:
    """Go on with a replication until it is over, or until there is no room for more.

    All that changes lies in the arrays from ``state`` on (see
    `sogdia.simulation.replication`), so that the caller can give it more room and let it go on.
    It allocates nothing: arrays that a kernel makes itself are counted at every use.

    Parameters
    ----------
    ticks : ndarray of float64, shape (periods + 1,)
        Bounds of the periods of observation, h: statistics are kept from the first to the last
        of them, integrals over time for each period apart.

    Returns
    -------
    bool
        Whether it is over.
    """
    horizon = ticks[-1]
    batches = transit_count.shape[1]
    batch_h = (horizon - ticks[0]) / batches
    logging = len(log_time) > 0
    other_events = 4 * len(vessel_integer) + 2 * len(closure_integer) + 2 * len(closure_target) + 64
    if counter[SCHEDULED_N] == 0:
        for vessel in range(len(vessel_integer)):
            at = vessel_number[vessel, 3]
            _schedule(event_time, event_key, counter, at, VESSEL_READY, vessel)
        for closure in range(len(closure_integer)):
            start, closure_end[closure] = _next_closure(
                closure, 0, 0.0, closure_integer, closure_number, interval, values, month_start,
                month, horizon, key_0, key_1,
            )  # fmt: skip
            if start < horizon:
                _schedule(event_time, event_key, counter, start, SHUTS, closure)
    while True:
        # each shipment has one event at most
        if (
            counter[FREE] == len(state)
            or len(event_time) < len(state) + counter[OTHERS] + other_events
        ):
            return False
        bucket = counter[TICK] - 1
        # ---- the next event
        is_initial = counter[PRESENT] < len(initial)
        is_release = False
        if is_initial:
            now = 0.0
        else:
            now = np.inf
            if counter[NEXT_RELEASE] < len(release_time):
                now = release_time[counter[NEXT_RELEASE]]
                is_release = True
            if counter[EVENTS] > 0 and event_time[0] < now:
                now = event_time[0]
                is_release = False
        while counter[TICK] < len(ticks) and ticks[counter[TICK]] <= now:
            for station in range(len(count)):
                _tally(station, ticks[counter[TICK]], bucket, count, amount, area)
            bucket += 1
            counter[TICK] += 1
        if counter[TICK] == len(ticks):
            return True
        counter[HANDLED] += 1
        kind = -1
        if is_initial or is_release:
            shipment = counter[FREE]
            counter[FREE] = state[shipment, NEXT]
            if is_initial:
                present = counter[PRESENT]
                stream, step = initial[present, 0], initial[present, 1]
                number = FIRST_INITIAL
                for earlier in range(present):
                    if initial[earlier, 0] == stream:
                        number += 1
                counter[PRESENT] += 1
            else:
                stream = int(release_stream[counter[NEXT_RELEASE]])
                number = int(release_number[counter[NEXT_RELEASE]])
                step = stream_integer[stream, 0]
                counter[NEXT_RELEASE] += 1
            state[shipment, STREAM] = stream
            state[shipment, STEP] = step
            state[shipment, NUMBER] = number
            state[shipment, VISIT] = 0
            for column in range(9):
                clock[shipment, column] = 0.0
            clock[shipment, RELEASED_H] = now
            balance[stream_integer[stream, 1], 0] += 1
            if logging:
                _log(log_time, log, counter, now, RELEASED, stream, number, step, -1)
            _enlist(shipment, work, counter)
        else:
            kind = (event_key[0] >> SUBJECT_BITS) & KIND_MASK
            subject = event_key[0] & SUBJECT_MASK
            counter[HOLE] = sink(event_time, event_key, counter[EVENTS])
            if kind > VOYAGE_ENDS:
                counter[OTHERS] -= 1
        if kind == DELAY_ENDS:
            step = state[subject, STEP]
            station = step_integer[step, 2]
            lost = 0.0
            if station >= 0:
                lost = amount[station, STOPPED] - clock[subject, STOPPED_H]
            if lost > LEAST:
                # the work stood still while the station was shut
                clock[subject, STOPPED_H] = amount[station, STOPPED]
                if bucket >= 0:
                    closure = count[station, STILL_BY]
                    delayed[closure, 0] += 1.0
                    delayed[closure, 1] += lost
                    delayed[closure, 2] += lost * stream_number[state[subject, STREAM], 3]
                _schedule(event_time, event_key, counter, now + lost, DELAY_ENDS, subject)
            else:
                if logging:
                    _log(
                        log_time, log, counter, now, WORKED, state[subject, STREAM],
                        state[subject, NUMBER], step, station,
                    )  # fmt: skip
                state[subject, STEP] += 1
                _enlist(subject, work, counter)
        elif kind == VOYAGE_ENDS:
            shipment = subject
            while shipment >= 0:
                step = state[shipment, STEP]
                if logging:
                    _log(
                        log_time, log, counter, now, ARRIVED, state[shipment, STREAM],
                        state[shipment, NUMBER], step, step_integer[step, 2],
                    )  # fmt: skip
                state[shipment, STEP] += 1
                _enlist(shipment, work, counter)
                shipment = state[shipment, NEXT]
        elif kind == VESSEL_READY or kind == VESSEL_LEAVES:
            side = vessel_state[subject, SIDE]
            station = vessel_integer[subject, side]
            own_key = vessel_integer[subject, 2]
            at = _sails_at(
                subject, now, kind == VESSEL_LEAVES, vessel_clock[subject, LAST], side,
                vessel_number, timetable_first, timetable, amount[station, SHUT_UNTIL],
            )  # fmt: skip
            kind = VESSEL_LEAVES
            if at == now:
                voyage = vessel_state[subject, VOYAGE]
                cancelled = vessel_number[subject, 5]
                if cancelled > 0.0 and (
                    uniform(key_0, key_1, own_key, voyage, CANCEL_WORD, 0) < cancelled
                ):
                    if logging:
                        _log(log_time, log, counter, now, CANCELLED, -1, voyage, subject, station)
                    vessel_clock[subject, LAST] = now
                    vessel_state[subject, VOYAGE] += 1
                    kind = VESSEL_READY
                    at = now + _draw_row(
                        vessel_integer[subject, 5], vessel_number, subject, 9, values, key_0,
                        key_1, own_key, voyage, STAY_WORD,
                    )  # fmt: skip
                else:
                    # it stands in line; the first that has enough to carry leaves
                    vessel_state[subject, AFTER] = -1
                    if count[station, VESSEL_FIRST] < 0:
                        count[station, VESSEL_FIRST] = subject
                    else:
                        vessel_state[count[station, VESSEL_LAST], AFTER] = subject
                    count[station, VESSEL_LAST] = subject
                    _tally(station, now, bucket, count, amount, area)
                    _wake(station, count, wake, counter)
                    kind = WAIT_ENDS
                    at = now + vessel_number[subject, 2]
                    vessel_clock[subject, GIVES_UP] = at
                    if vessel_number[subject, LEAST_LOAD[side]] <= 0.0:
                        at = np.inf
            if at < horizon:
                _schedule(event_time, event_key, counter, at, kind, subject)
        elif kind == WAIT_ENDS:
            if (
                vessel_state[subject, AFTER] > NOT_IN_LINE
                and vessel_clock[subject, GIVES_UP] <= now
            ):
                station = vessel_integer[subject, vessel_state[subject, SIDE]]
                _tally(station, now, bucket, count, amount, area)
                _wake(station, count, wake, counter)
        elif kind == SHUTS:
            end = closure_end[subject]
            for row in range(closure_integer[subject, 5], closure_integer[subject, 6]):
                station = closure_target[row]
                if closure_integer[subject, 2] == 1 and end > amount[station, STILL_UNTIL]:
                    amount[station, STOPPED] += end - max(now, amount[station, STILL_UNTIL])
                    amount[station, STILL_UNTIL] = end
                    count[station, STILL_BY] = subject
                if end > amount[station, SHUT_UNTIL]:
                    amount[station, SHUT_TOTAL] += end - max(now, amount[station, SHUT_UNTIL])
                    count[station, SHUT_BY] = subject
                    amount[station, SHUT_UNTIL] = end
                    if logging:
                        _log(log_time, log, counter, now, SHUT, -1, subject, -1, station)
                    _schedule(event_time, event_key, counter, end, OPENS, station)
            closure_state[subject] += 1
            start, closure_end[subject] = _next_closure(
                subject, closure_state[subject], end, closure_integer, closure_number, interval,
                values, month_start, month, horizon, key_0, key_1,
            )  # fmt: skip
            if start < horizon:
                _schedule(event_time, event_key, counter, start, SHUTS, subject)
        elif kind == OPENS and amount[subject, SHUT_UNTIL] <= now:
            if logging:
                _log(log_time, log, counter, now, OPENED, -1, count[subject, SHUT_BY], -1, subject)
            _tally(subject, now, bucket, count, amount, area)
            _wake(subject, count, wake, counter)
        # ---- all that follows from it at once
        while True:
            if counter[WAKE_HEAD] != counter[WAKE_TAIL]:
                station = wake[counter[WAKE_HEAD]]
                counter[WAKE_HEAD] = _after(counter[WAKE_HEAD], len(wake))
                count[station, AWAKE] = 0
                if amount[station, SHUT_UNTIL] > now:
                    continue
                room = amount[station, UNITS] - amount[station, BUSY]
                vessel = -1
                voyage = -1
                crossing = 0.0
                if amount[station, UNITS] == 0.0:
                    # the first vessel in line that has enough to carry, or has waited enough
                    before = -1
                    vessel = count[station, VESSEL_FIRST]
                    while vessel >= 0 and (
                        now >= vessel_number[vessel, 4]
                        or not (
                            amount[station, AMOUNT]
                            >= vessel_number[vessel, LEAST_LOAD[vessel_state[vessel, SIDE]]] - LEAST
                            or (
                                vessel_clock[vessel, GIVES_UP] <= now
                                and (count[station, WAITING] > 0 or vessel_integer[vessel, 1] >= 0)
                            )
                        )
                    ):
                        before = vessel
                        vessel = vessel_state[vessel, AFTER]
                    if vessel < 0:
                        continue
                    if before < 0:
                        count[station, VESSEL_FIRST] = vessel_state[vessel, AFTER]
                    else:
                        vessel_state[before, AFTER] = vessel_state[vessel, AFTER]
                    if count[station, VESSEL_LAST] == vessel:
                        count[station, VESSEL_LAST] = before
                    vessel_state[vessel, AFTER] = NOT_IN_LINE
                    vessel_clock[vessel, LAST] = now
                    voyage = vessel_state[vessel, VOYAGE]
                    vessel_state[vessel, VOYAGE] += 1
                    crossing = _draw_row(
                        vessel_integer[vessel, 4], vessel_number, vessel, 6, values, key_0, key_1,
                        vessel_integer[vessel, 2], voyage, CROSSING_WORD,
                    )  # fmt: skip
                    room = vessel_number[vessel, 0]
                first, last = -1, -1
                while room > LEAST and count[station, WAITING] > 0:
                    level = 0
                    while queue[station, level, 0] < 0:
                        level += 1
                    shipment = queue[station, level, 0]
                    stream, step = state[shipment, STREAM], state[shipment, STEP]
                    needed = clock[shipment, LEFT_OVER]
                    if needed > room + LEAST * max(1.0, amount[station, UNITS]):
                        if vessel >= 0 and vessel_integer[vessel, 6] == 1:
                            clock[shipment, LEFT_OVER] -= room
                            amount[station, AMOUNT] -= room
                            room = 0.0
                            if logging:
                                _log(
                                    log_time, log, counter, now, PARTLY_LOADED, stream,
                                    state[shipment, NUMBER], step, station,
                                )  # fmt: skip
                        break
                    queue[station, level, 0] = state[shipment, NEXT]
                    count[station, WAITING] -= 1
                    amount[station, AMOUNT] -= needed
                    room -= needed
                    count[station, STARTS] += 1
                    if bucket >= 0:
                        _count_start(
                            shipment, station, now, stream_number[stream, 3], clock, count, amount,
                            wait_histogram, delayed,
                        )  # fmt: skip
                    if logging:
                        _log(
                            log_time, log, counter, now, STARTED, stream, state[shipment, NUMBER],
                            step, station,
                        )  # fmt: skip
                    if vessel < 0:
                        amount[station, BUSY] += needed
                        state[shipment, STEP] = step + 1
                        _enlist(shipment, work, counter)
                        continue
                    clock[shipment, SPENT_H + MOVING] += crossing
                    state[shipment, NEXT] = -1
                    yard = step_integer[step, 5]
                    if yard >= 0:
                        _tally(yard, now, bucket, count, amount, area)
                        amount[yard, BUSY] -= step_number[step, 0]
                        if logging:
                            _log(
                                log_time, log, counter, now, LEFT, stream, state[shipment, NUMBER],
                                step, yard,
                            )  # fmt: skip
                        _wake(yard, count, wake, counter)
                    if first < 0:
                        first = shipment
                    else:
                        state[last, NEXT] = shipment
                    last = shipment
                if count[station, WAITING] == 0:
                    amount[station, AMOUNT] = 0.0
                if vessel < 0:
                    continue
                if bucket >= 0:
                    amount[station, LOADED] += vessel_number[vessel, 0] - max(room, 0.0)
                    amount[station, OFFERED] += vessel_number[vessel, 0]
                    amount[station, DEPARTURES] += 1.0
                if logging:
                    _log(log_time, log, counter, now, DEPARTED, -1, voyage, vessel, station)
                if first >= 0:
                    _schedule(event_time, event_key, counter, now + crossing, VOYAGE_ENDS, first)
                at = now + _draw_row(
                    vessel_integer[vessel, 5], vessel_number, vessel, 9, values, key_0, key_1,
                    vessel_integer[vessel, 2], voyage, STAY_WORD,
                )  # fmt: skip
                if vessel_integer[vessel, 1] >= 0:
                    vessel_state[vessel, SIDE] = 1 - vessel_state[vessel, SIDE]
                    at += crossing
                _schedule(event_time, event_key, counter, at, VESSEL_READY, vessel)
                _wake(station, count, wake, counter)
                continue
            if counter[WORK_HEAD] == counter[WORK_TAIL]:
                if counter[HOLE] < counter[EVENTS]:
                    close_up(event_time, event_key, counter[EVENTS], counter[HOLE])
                    counter[EVENTS] -= 1
                    counter[HOLE] = counter[EVENTS]
                break
            shipment = work[counter[WORK_HEAD]]
            counter[WORK_HEAD] = _after(counter[WORK_HEAD], len(work))
            stream, number = state[shipment, STREAM], state[shipment, NUMBER]
            step = state[shipment, STEP]
            while True:
                kind = step_integer[step, 0]
                station = step_integer[step, 2]
                if kind == RELEASE:
                    _tally(station, now, bucket, count, amount, area)
                    amount[station, BUSY] -= step_number[step, 3]
                    if logging:
                        _log(log_time, log, counter, now, LEFT, stream, number, step, station)
                    if count[station, WAITING] > 0:
                        _wake(station, count, wake, counter)
                    step += 1
                    continue
                if kind == BRANCH:
                    word = (step_integer[step, 3] + state[shipment, VISIT] * VISIT_STRIDE) & WORD
                    chance = step_number[step, 0]
                    if chance >= 1.0 or (
                        uniform(key_0, key_1, stream_integer[stream, 2], number, word, 0) < chance
                    ):
                        state[shipment, VISIT] += 1
                        step = step_integer[step, 5]
                    else:
                        step += 1
                    continue
                break
            state[shipment, STEP] = step
            if kind == DELAY:
                hours = step_number[step, 0]
                if step_integer[step, 4] != CONSTANT:
                    word = (step_integer[step, 3] + state[shipment, VISIT] * VISIT_STRIDE) & WORD
                    if step_integer[step, 4] == EMPIRICAL:
                        share = uniform(key_0, key_1, stream_integer[stream, 2], number, word, 0)
                        hours = values[int(hours) + int(share * step_number[step, 1])]
                    else:
                        hours = draw_parametric(
                            step_integer[step, 4], hours, step_number[step, 1],
                            step_number[step, 2], key_0, key_1, stream_integer[stream, 2],
                            number, word,
                        )  # fmt: skip
                clock[shipment, SPENT_H + step_integer[step, 1]] += hours
                if station >= 0:
                    # whoever begins while the work stands still waits for what is left of it
                    clock[shipment, STOPPED_H] = amount[station, STOPPED] - max(
                        amount[station, STILL_UNTIL] - now, 0.0
                    )
                if logging:
                    _log(log_time, log, counter, now, WORKING, stream, number, step, station)
                _schedule(event_time, event_key, counter, now + hours, DELAY_ENDS, shipment)
            elif kind == SEIZE or kind == BOARD:
                _tally(station, now, bucket, count, amount, area)
                clock[shipment, JOINED_H] = now
                clock[shipment, SHUT_H] = amount[station, SHUT_TOTAL] - max(
                    amount[station, SHUT_UNTIL] - now, 0.0
                )
                clock[shipment, LEFT_OVER] = step_number[step, 3]
                amount[station, AMOUNT] += step_number[step, 3]
                count[station, JOINS] += 1
                count[station, WAITING] += 1
                level = stream_integer[stream, 3]
                state[shipment, NEXT] = -1
                if queue[station, level, 0] < 0:
                    queue[station, level, 0] = shipment
                else:
                    state[queue[station, level, 1], NEXT] = shipment
                queue[station, level, 1] = shipment
                if logging:
                    _log(log_time, log, counter, now, JOINED, stream, number, step, station)
                _wake(station, count, wake, counter)
            else:
                group = stream_integer[stream, 1]
                balance[group, 1] += 1
                if logging:
                    _log(log_time, log, counter, now, DELIVERED, stream, number, step, -1)
                if bucket >= 0:
                    transit = now - clock[shipment, RELEASED_H]
                    batch = min(int((now - ticks[0]) / batch_h), batches - 1)
                    transit_count[group, batch] += 1
                    transit_sum[group, batch, 0] += transit
                    transit_sum[group, batch, 1] += transit * transit
                    transit_histogram[group, bin_of(transit)] += 1
                    for category in range(3):
                        spent[group, category] += clock[shipment, SPENT_H + category]
                state[shipment, NEXT] = counter[FREE]
                counter[FREE] = shipment


@njit(cache=True, nogil=True)
def take_stock(
    stream_integer: Ints,
    state: Ints,
    clock: Floats,
    event_key: Ints,
    queue: Ints,
    counter: Ints,
    balance: Ints,
    in_queue: Ints,
    left: Ints,
    left_since: Floats,
) -> None:
    """Count who is still there, by looking everywhere a shipment can be.

    Fills the last column of ``balance``, ``in_queue`` by station, and who waits (a row of
    ``state``) since when.
    """
    for row in range(counter[EVENTS]):
        kind = (event_key[row] >> SUBJECT_BITS) & KIND_MASK
        shipment = event_key[row] & SUBJECT_MASK
        if kind == DELAY_ENDS:
            balance[stream_integer[state[shipment, STREAM], 1], 2] += 1
        elif kind == VOYAGE_ENDS:
            while shipment >= 0:
                balance[stream_integer[state[shipment, STREAM], 1], 2] += 1
                shipment = state[shipment, NEXT]
    held = 0
    for station in range(len(queue)):
        for level in range(queue.shape[1]):
            shipment = queue[station, level, 0]
            while shipment >= 0:
                balance[stream_integer[state[shipment, STREAM], 1], 2] += 1
                in_queue[station] += 1
                if held < len(left):
                    left[held] = state[shipment]
                    left_since[held] = clock[shipment, JOINED_H]
                held += 1
                shipment = state[shipment, NEXT]
