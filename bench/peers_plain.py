"""The models of `bench.simulation_model` in plain Python: event by event, and without events."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush, heapreplace
from math import inf, log

from bench.simulation_model import (
    ARRIVALS_PER_H,
    CORRIDOR,
    CROSSING_H,
    FULL,
    QUEUE,
    RETURN_H,
    SERVERS,
    SERVICES_PER_H,
    VESSELS,
    Model,
    Outcome,
    Tally,
)


def heapq_queue(customers: int, seed: int) -> Outcome:
    """Simulate the queue event by event in plain Python."""
    arrivals, (services,) = QUEUE.streams(seed)
    tally = Tally.empty(QUEUE)
    line: deque[float] = deque()
    free = SERVERS
    wait_h = busy_h = end_h = 0.0
    come = 0
    due = -log(1.0 - arrivals.random()) / ARRIVALS_PER_H
    in_service = [(inf, inf)]
    while True:
        now, born = in_service[0]
        if due < now:
            if free:
                free -= 1
                duration = -log(1.0 - services.random()) / SERVICES_PER_H
                busy_h += duration
                heappush(in_service, (due + duration, due))
            else:
                line.append(due)
            come += 1
            due = due - log(1.0 - arrivals.random()) / ARRIVALS_PER_H if come < customers else inf
        elif now < inf:
            tally.sojourns_h.append(now - born)
            if line:
                born = line.popleft()
                wait_h += now - born
                duration = -log(1.0 - services.random()) / SERVICES_PER_H
                busy_h += duration
                heapreplace(in_service, (now + duration, born))
            else:
                free += 1
                heappop(in_service)
            end_h = now
        else:
            break
    tally.wait_h[0], tally.busy_h[0] = wait_h, busy_h
    return tally.outcome(customers, end_h)


ARRIVAL, LANDING, RETURN = -1, -2, -3


def heapq_corridor(customers: int, seed: int) -> Outcome:  # noqa: PLR0912, PLR0915
    """Simulate the corridor event by event in plain Python, one heap of all events.

    An event is its time, the stop where a service ends (or another kind, below zero), and
    when the customer was born. Long, because calls in the loop would cost a third more.
    """
    arrivals, services = CORRIDOR.streams(seed)
    interval, draws = arrivals.random, [service.random for service in services]
    tally = Tally.empty(CORRIDOR)
    wait_h, busy_h, sojourns_h = tally.wait_h, tally.busy_h, tally.sojourns_h
    lines: list[deque[tuple[float, float]]] = [deque() for _ in draws]
    free = [SERVERS] * len(draws)
    ferry, last = CORRIDOR.ferry, CORRIDOR.stops - 1
    ashore, after = lines[ferry], ferry + 1
    at_sea: deque[list[float]] = deque()
    ready, voyages, come, now = VESSELS, 0, 0, 0.0
    heap = [(-log(1.0 - interval()) / ARRIVALS_PER_H, ARRIVAL, 0.0)]
    while heap:
        now, stop, born = heap[0]
        if stop >= 0:
            line = lines[stop]
            if line:
                arrived, following = line.popleft()
                wait_h[stop] += now - arrived
                duration = -log(1.0 - draws[stop]()) / SERVICES_PER_H
                busy_h[stop] += duration
                heapreplace(heap, (now + duration, stop, following))
            else:
                free[stop] += 1
                heappop(heap)
            if stop == last:
                sojourns_h.append(now - born)
                continue
        elif stop == ARRIVAL:
            born = now
            come += 1
            if come < customers:
                following = now - log(1.0 - interval()) / ARRIVALS_PER_H
                heapreplace(heap, (following, ARRIVAL, 0.0))
            else:
                heappop(heap)
        elif stop == LANDING:
            heapreplace(heap, (now + RETURN_H, RETURN, 0.0))
            for born in at_sea.popleft():
                if free[after]:
                    free[after] -= 1
                    duration = -log(1.0 - draws[after]()) / SERVICES_PER_H
                    busy_h[after] += duration
                    heappush(heap, (now + duration, after, born))
                else:
                    lines[after].append((now, born))
            continue
        else:
            heappop(heap)
            ready += 1
        if stop >= ARRIVAL:
            stop += 1
            if stop != ferry and free[stop]:
                free[stop] -= 1
                duration = -log(1.0 - draws[stop]()) / SERVICES_PER_H
                busy_h[stop] += duration
                heappush(heap, (now + duration, stop, born))
                continue
            lines[stop].append((now, born))
            if stop != ferry:
                continue
        if ready and len(ashore) >= FULL:
            ready -= 1
            voyages += 1
            load = [ashore.popleft() for _ in range(FULL)]
            wait_h[ferry] += sum(now - arrived for arrived, _ in load)
            at_sea.append([born for _, born in load])
            heappush(heap, (now + CROSSING_H, LANDING, 0.0))
    return tally.outcome(customers, now, voyages, (arrived for arrived, _ in ashore))


def sweep_queue(customers: int, seed: int) -> Outcome:
    """Simulate the queue without events, in plain Python: see `sweep_corridor`."""
    return _sweep(QUEUE, customers, seed)


def sweep_corridor(customers: int, seed: int) -> Outcome:
    """Simulate the corridor without events, stop after stop, in plain Python.

    Each stop is done with all its customers before the next begins. That is the fastest, and
    possible only where nothing runs backwards: no full yards, no shared crews or wagons.
    """
    return _sweep(CORRIDOR, customers, seed)


def _sweep(model: Model, customers: int, seed: int) -> Outcome:
    """Move all customers, as (now here, born), from stop to stop in the order they come."""
    arrivals, services = model.streams(seed)
    tally = Tally.empty(model)
    now = end_h = 0.0
    moving: list[tuple[float, float]] = []
    ashore: list[tuple[float, float]] = []
    for _ in range(customers):
        now -= log(1.0 - arrivals.random()) / ARRIVALS_PER_H
        moving.append((now, now))
    for stop, service in enumerate(services):
        if stop == model.ferry:
            full = len(moving) // FULL * FULL
            moving, ashore = moving[:full], moving[full:]
            moving, tally.wait_h[stop], back_h = _sail(moving)
            end_h = max(end_h, back_h)
        else:
            moving, tally.wait_h[stop], tally.busy_h[stop] = _serve(moving, service.random)
            end_h = max(end_h, moving[-1][0])
    tally.sojourns_h.extend([left - born for left, born in moving])
    voyages = len(moving) // FULL if model.ferry >= 0 else 0
    return tally.outcome(customers, end_h, voyages, (arrived for arrived, _ in ashore))


def _serve(
    moving: Sequence[tuple[float, float]], uniform: Callable[[], float]
) -> tuple[list[tuple[float, float]], float, float]:
    """Return customers in the order they leave a station, and sums of waits and services."""
    free_at = [0.0] * SERVERS
    wait_h = busy_h = 0.0
    leaving = []
    for arrived, born in moving:
        duration = -log(1.0 - uniform()) / SERVICES_PER_H
        busy_h += duration
        begun = free_at[0]
        if begun > arrived:
            wait_h += begun - arrived
        else:
            begun = arrived
        heapreplace(free_at, begun + duration)
        leaving.append((begun + duration, born))
    leaving.sort()
    return leaving, wait_h, busy_h


def _sail(
    moving: Sequence[tuple[float, float]],
) -> tuple[list[tuple[float, float]], float, float]:
    """Return customers as they land, the sum of their waits, and the last vessel's return."""
    ready_at = [0.0] * VESSELS
    wait_h = 0.0
    landed: list[tuple[float, float]] = []
    for first in range(0, len(moving), FULL):
        load = moving[first : first + FULL]
        departure = max(load[-1][0], ready_at[0])
        wait_h += sum(departure - arrived for arrived, _ in load)
        heapreplace(ready_at, departure + CROSSING_H + RETURN_H)
        landed.extend([(departure + CROSSING_H, born) for _, born in load])
    return landed, wait_h, max(ready_at)
