"""The models of `bench.simulation_model` by SimPy: as its manual does, and at its fastest."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

import simpy
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


def simpy_queue(customers: int, seed: int) -> Outcome:
    """Simulate the queue by SimPy as its manual does: a process each, that asks a Resource."""
    return _simpy(QUEUE, customers, seed)


def simpy_corridor(customers: int, seed: int) -> Outcome:
    """Simulate the corridor by SimPy as its manual does; a voyage is a process too."""
    return _simpy(CORRIDOR, customers, seed)


def _simpy(model: Model, customers: int, seed: int) -> Outcome:
    environment = simpy.Environment()
    timeout = environment.timeout
    interval, services = model.draws(seed)
    stations = [simpy.Resource(environment, SERVERS) for _ in range(model.stops)]
    tally = Tally.empty(model)
    wait_h, busy_h, sojourns_h = tally.wait_h, tally.busy_h, tally.sojourns_h
    ferry = SimpyFerry(environment)

    def arrivals() -> Generator[simpy.Event]:
        for _ in range(customers):
            yield timeout(interval(ARRIVALS_PER_H))
            environment.process(customer())

    def customer() -> Generator[simpy.Event]:
        born = environment.now
        for stop, station in enumerate(stations):
            if stop == model.ferry:
                yield ferry.landing()
                continue
            arrived = environment.now
            request = station.request()
            yield request
            wait_h[stop] += environment.now - arrived
            duration = services[stop](SERVICES_PER_H)
            busy_h[stop] += duration
            yield timeout(duration)
            station.release(request)
        sojourns_h.append(environment.now - born)

    environment.process(arrivals())
    environment.run()
    if model.ferry >= 0:
        wait_h[model.ferry] = ferry.wait_h
    return tally.outcome(customers, environment.now, ferry.voyages, ferry.ashore)


class SimpyFerry:
    """Vessels as a Resource; all aboard wait for one event, the landing."""

    def __init__(self, environment: simpy.Environment) -> None:
        self.environment = environment
        self.vessels = simpy.Resource(environment, VESSELS)
        self.landed = environment.event()
        self.ashore: list[float] = []
        self.wait_h = 0.0
        self.voyages = 0

    def landing(self) -> simpy.Event:
        """Enter the load that is gathered; return its landing."""
        landed = self.landed
        self.ashore.append(self.environment.now)
        if len(self.ashore) == FULL:
            self.environment.process(self.voyage(self.ashore, landed))
            self.ashore, self.landed = [], self.environment.event()
        return landed

    def voyage(self, load: list[float], landed: simpy.Event) -> Generator[simpy.Event]:
        """Wait for a vessel, sail, land and return."""
        with self.vessels.request() as vessel:
            yield vessel
            self.voyages += 1
            self.wait_h += sum(self.environment.now - since for since in load)
            yield self.environment.timeout(CROSSING_H)
            landed.succeed()
            yield self.environment.timeout(RETURN_H)


def simpy_lean_queue(customers: int, seed: int) -> Outcome:
    """Simulate the queue by SimPy at its fastest: timeouts with callbacks, no processes."""
    return _simpy_lean(QUEUE, customers, seed)


def simpy_lean_corridor(customers: int, seed: int) -> Outcome:
    """Simulate the corridor by SimPy at its fastest: timeouts with callbacks, no processes."""
    return _simpy_lean(CORRIDOR, customers, seed)


def _simpy_lean(model: Model, customers: int, seed: int) -> Outcome:  # noqa: PLR0915
    environment = simpy.Environment()
    timeout = environment.timeout
    interval, services = model.draws(seed)
    tally = Tally.empty(model)
    wait_h, busy_h, sojourns_h = tally.wait_h, tally.busy_h, tally.sojourns_h
    lines: list[deque[tuple[float, float]]] = [deque() for _ in range(model.stops)]
    free = [SERVERS] * model.stops
    come = voyages = 0
    ready = VESSELS

    def arrive(_: simpy.Event) -> None:
        nonlocal come
        come += 1
        if come < customers:
            timeout(interval(ARRIVALS_PER_H)).callbacks.append(arrive)
        enter(0, environment.now)

    def enter(stop: int, born: float) -> None:
        if stop == model.stops:
            sojourns_h.append(environment.now - born)
        elif stop == model.ferry:
            lines[stop].append((environment.now, born))
            sail()
        elif free[stop]:
            free[stop] -= 1
            begin(stop, born)
        else:
            lines[stop].append((environment.now, born))

    def begin(stop: int, born: float) -> None:
        duration = services[stop](SERVICES_PER_H)
        busy_h[stop] += duration
        timeout(duration, (stop, born)).callbacks.append(finish)

    def finish(event: simpy.Event) -> None:
        stop, born = event.value
        if lines[stop]:
            arrived, following = lines[stop].popleft()
            wait_h[stop] += environment.now - arrived
            begin(stop, following)
        else:
            free[stop] += 1
        enter(stop + 1, born)

    def sail() -> None:
        nonlocal ready, voyages
        ashore = lines[model.ferry]
        if not ready or len(ashore) < FULL:
            return
        ready -= 1
        voyages += 1
        load = [ashore.popleft() for _ in range(FULL)]
        wait_h[model.ferry] += sum(environment.now - arrived for arrived, _ in load)
        timeout(CROSSING_H, load).callbacks.append(land)

    def land(event: simpy.Event) -> None:
        timeout(RETURN_H).callbacks.append(come_back)
        for _, born in event.value:
            enter(model.ferry + 1, born)

    def come_back(_: simpy.Event) -> None:
        nonlocal ready
        ready += 1
        sail()

    timeout(interval(ARRIVALS_PER_H)).callbacks.append(arrive)
    environment.run()
    ashore = (arrived for arrived, _ in lines[model.ferry])
    return tally.outcome(customers, environment.now, voyages, ashore)
