"""When shipments are released: all streams of a replication, in order of time."""

from __future__ import annotations

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints
from sogdia.simulation.model import EMPIRICAL_RELEASE, POISSON, SCHEDULED
from sogdia.simulation.random import fixed_word, uniform

RELEASE_WORD = fixed_word(0xFFFFFFFF)
"""Last word but one of the address of draws of times between releases."""
PER_BUCKET = 4


@njit(cache=True, nogil=True)
def releases(
    stream_integer: Ints,
    stream_number: Floats,
    release_first: Ints,
    release_time: Floats,
    season: Floats,
    month_start: Floats,
    month: Ints,
    horizon_h: float,
    key_0: int,
    key_1: int,
) -> tuple[Floats, Ints, Ints]:
    """Draw the releases of all streams up to the end of a run.

    Poisson streams with a season are a unit-rate process on the time that their rate adds up
    to (Cinlar, 1975).

    Returns
    -------
    time : ndarray of float64, shape (shipments,)
        Times of release, h, in order; those of equal time in the order of streams.
    stream, number : ndarray of int32, shape (shipments,)
        Stream, and which of its shipments, from 0.
    """
    room = 1024
    for stream in range(len(stream_integer)):
        hours = min(stream_number[stream, 2], horizon_h) - stream_number[stream, 1]
        expected = max(hours, 0.0) * stream_number[stream, 0] * stream_integer[stream, 5]
        room += int(expected * 1.05) + 2
    time = np.empty(room)
    source: Ints = np.empty(room, dtype=np.int32)
    number: Ints = np.empty(room, dtype=np.int32)
    size = 0
    ordered = True
    for stream in range(len(stream_integer)):
        key, kind = stream_integer[stream, 2], stream_integer[stream, 4]
        batch, row = stream_integer[stream, 5], stream_integer[stream, 6]
        rate, now = stream_number[stream, 0], stream_number[stream, 1]
        until = min(stream_number[stream, 2], horizon_h)
        count = 0
        step = 0
        position = release_first[stream]
        place = 0
        while place + 1 < len(month_start) and month_start[place + 1] <= now:
            place += 1
        while True:
            if kind == EMPIRICAL_RELEASE:
                if position == release_first[stream + 1]:
                    break
                now = release_time[position]
                position += 1
                if now < stream_number[stream, 1]:
                    continue
            elif kind == POISSON or kind == SCHEDULED:
                if rate <= 0.0:
                    break
                work = uniform(key_0, key_1, key, step, RELEASE_WORD, 0)
                if kind == POISSON:
                    work = -np.log(1.0 - work)
                elif step > 0:
                    work = 1.0
                step += 1
                work /= rate
                # the work is done at the rate of each month in turn
                while True:
                    factor = season[row, month[place]]
                    last = place + 1 == len(month_start)
                    ends = np.inf if last else month_start[place + 1]
                    if factor > 0.0 and now + work / factor <= ends:
                        now += work / factor
                        break
                    if ends >= until:
                        now = np.inf
                        break
                    work -= (ends - now) * factor
                    now = ends
                    place += 1
            else:
                break
            if now >= until:
                break
            for _ in range(batch):
                if size == room:
                    room *= 2
                    time, source, number = _longer(time, source, number, room)
                if size > 0 and now < time[size - 1]:
                    ordered = False
                time[size] = now
                source[size] = stream
                number[size] = count
                count += 1
                size += 1
    if ordered:
        return time[:size], source[:size], number[:size]
    return _in_order(time[:size], source[:size], number[:size], horizon_h)


@njit(cache=True, nogil=True)
def _longer(time: Floats, source: Ints, number: Ints, room: int) -> tuple[Floats, Ints, Ints]:
    size = len(time)
    more_time = np.empty(room)
    more_source = np.empty(room, dtype=np.int32)
    more_number = np.empty(room, dtype=np.int32)
    more_time[:size] = time
    more_source[:size] = source
    more_number[:size] = number
    return more_time, more_source, more_number


@njit(cache=True, nogil=True)
def _in_order(
    time: Floats, source: Ints, number: Ints, horizon_h: float
) -> tuple[Floats, Ints, Ints]:
    """Sort by time, keeping the order of equals: into buckets, then within each."""
    size = len(time)
    buckets = size // PER_BUCKET + 1
    scale = buckets / horizon_h
    first = np.zeros(buckets + 1, dtype=np.int64)
    for row in range(size):
        first[min(int(time[row] * scale), buckets - 1) + 1] += 1
    for bucket in range(buckets):
        first[bucket + 1] += first[bucket]
    fill = first[:-1].copy()
    order = np.empty(size, dtype=np.int64)
    for row in range(size):
        bucket = min(int(time[row] * scale), buckets - 1)
        place = fill[bucket]
        fill[bucket] += 1
        while place > first[bucket] and time[order[place - 1]] > time[row]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = row
    return time[order], source[order], number[order]
