"""The models of `bench.simulation_model` by salabim: as its manual does, and at its fastest."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from math import sqrt

import salabim
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
    count_events,
)


def salabim_queue(customers: int, seed: int) -> Outcome:
    """Simulate the queue by salabim as its manual does; its monitors keep the figures."""
    return _salabim(QUEUE, customers, seed)


def salabim_corridor(customers: int, seed: int) -> Outcome:
    """Simulate the corridor by salabim as its manual does; vessels are components too."""
    return _salabim(CORRIDOR, customers, seed)


def _salabim(model: Model, customers: int, seed: int) -> Outcome:
    environment = salabim.Environment(trace=False, yieldless=False, random_seed="")
    interval, services = model.draws(seed)
    stations = [salabim.Resource(capacity=SERVERS, monitor=False) for _ in range(model.stops)]
    sojourn = salabim.Monitor("sojourn")
    ashore = salabim.Queue("ashore")
    lines = [
        ashore if stop == model.ferry else stations[stop].requesters()
        for stop in range(model.stops)
    ]
    idle: list[salabim.Component] = []
    voyages = 0
    for station in stations:
        station.requesters().length.monitor(True)
        station.requesters().length_of_stay.monitor(True)
        station.occupancy.monitor(True)

    class Arrivals(salabim.Component):  # type: ignore[misc]
        def process(self) -> Generator[None]:
            for _ in range(customers):
                yield self.hold(interval(ARRIVALS_PER_H))
                Customer()

    class Customer(salabim.Component):  # type: ignore[misc]
        def process(self) -> Generator[None]:
            for stop, station in enumerate(stations):
                if stop == model.ferry:
                    self.enter(ashore)
                    if idle and len(ashore) >= FULL:
                        idle.pop().activate()
                    yield self.passivate()
                    continue
                yield self.request(station)
                yield self.hold(services[stop](SERVICES_PER_H))
                self.release(station)
            sojourn.tally(environment.now() - self.creation_time())

    class Vessel(salabim.Component):  # type: ignore[misc]
        def process(self) -> Generator[None]:
            nonlocal voyages
            while True:
                while len(ashore) < FULL:
                    idle.append(self)
                    yield self.passivate()
                voyages += 1
                load = [ashore.pop() for _ in range(FULL)]
                yield self.hold(CROSSING_H)
                for customer in load:
                    customer.activate()
                yield self.hold(RETURN_H)

    for _ in range(VESSELS if model.ferry >= 0 else 0):
        Vessel()
    Arrivals()
    environment.run()
    taken = [station.occupancy.mean() for station in stations]
    if model.ferry >= 0:
        under_way_h = voyages * (CROSSING_H + RETURN_H)
        taken[model.ferry] = under_way_h / VESSELS / environment.now()
    left = sojourn.number_of_entries()
    return Outcome(
        wait_h=tuple(line.length_of_stay.mean() for line in lines),
        sojourn_h=sojourn.mean(),
        sojourn_sd_h=sojourn.std() * sqrt(left / (left - 1)),
        utilisation=tuple(taken),
        queue_mean=tuple(line.length.mean() for line in lines),
        customers=left,
        events=count_events(model, customers, voyages),
    )


def salabim_lean_queue(customers: int, seed: int) -> Outcome:
    """Simulate the queue by salabim at its fastest: components are servers, not customers."""
    return _salabim_lean(QUEUE, customers, seed)


def salabim_lean_corridor(customers: int, seed: int) -> Outcome:
    """Simulate the corridor by salabim at its fastest: components are servers and vessels."""
    return _salabim_lean(CORRIDOR, customers, seed)


def _salabim_lean(model: Model, customers: int, seed: int) -> Outcome:
    """Simulate by few components: to create one takes half a millisecond, mostly for checks."""
    environment = salabim.Environment(trace=False, yieldless=False, random_seed="")
    now = environment.now
    interval, services = model.draws(seed)
    tally = Tally.empty(model)
    wait_h, busy_h, sojourns_h = tally.wait_h, tally.busy_h, tally.sojourns_h
    lines: list[deque[tuple[float, float]]] = [deque() for _ in range(model.stops)]
    idle: list[list[salabim.Component]] = [[] for _ in range(model.stops)]
    voyages = 0

    def enter(stop: int, born: float) -> None:
        if stop == model.stops:
            sojourns_h.append(now() - born)
            return
        lines[stop].append((now(), born))
        if idle[stop] and (stop != model.ferry or len(lines[stop]) >= FULL):
            idle[stop].pop().activate()

    class Arrivals(salabim.Component):  # type: ignore[misc]
        def process(self) -> Generator[None]:
            for _ in range(customers):
                yield self.hold(interval(ARRIVALS_PER_H))
                enter(0, now())

    class Server(salabim.Component):  # type: ignore[misc]
        def process(self, stop: int) -> Generator[None]:
            line, draw = lines[stop], services[stop]
            while True:
                while not line:
                    idle[stop].append(self)
                    yield self.passivate()
                arrived, born = line.popleft()
                wait_h[stop] += now() - arrived
                duration = draw(SERVICES_PER_H)
                busy_h[stop] += duration
                yield self.hold(duration)
                enter(stop + 1, born)

    class Vessel(salabim.Component):  # type: ignore[misc]
        def process(self) -> Generator[None]:
            nonlocal voyages
            ashore = lines[model.ferry]
            while True:
                while len(ashore) < FULL:
                    idle[model.ferry].append(self)
                    yield self.passivate()
                voyages += 1
                load = [ashore.popleft() for _ in range(FULL)]
                wait_h[model.ferry] += sum(now() - arrived for arrived, _ in load)
                yield self.hold(CROSSING_H)
                for _, born in load:
                    enter(model.ferry + 1, born)
                yield self.hold(RETURN_H)

    for stop in range(model.stops):
        for _ in range(VESSELS if stop == model.ferry else SERVERS):
            Vessel() if stop == model.ferry else Server(stop=stop)
    Arrivals()
    environment.run()
    ashore = (arrived for arrived, _ in lines[model.ferry])
    return tally.outcome(customers, now(), voyages, ashore)
