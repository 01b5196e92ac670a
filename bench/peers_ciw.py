"""The models of `bench.simulation_model` by Ciw."""

from __future__ import annotations

from collections import deque
from math import inf
from random import Random

import ciw
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


def ciw_queue(customers: int, seed: int) -> Outcome:
    """Simulate the queue by Ciw; the figures come from its records."""
    return _ciw(QUEUE, customers, seed)


def ciw_corridor(customers: int, seed: int) -> Outcome:
    """Simulate the corridor by Ciw; the ferry is a node of our own, as Ciw provides for."""
    return _ciw(CORRIDOR, customers, seed)


def _ciw(model: Model, customers: int, seed: int) -> Outcome:
    arrivals, services = model.streams(seed)
    stops = range(model.stops)
    onward = [ciw.routing.Direct(to=stop + 2) for stop in stops[:-1]]
    network = ciw.create_network(
        arrival_distributions=[CiwArrivals(arrivals, customers), *[None] * (model.stops - 1)],
        service_distributions=[
            ciw.dists.Deterministic(CROSSING_H)
            if stop == model.ferry
            else CiwServices(services[stop])
            for stop in stops
        ],
        number_of_servers=[inf if stop == model.ferry else SERVERS for stop in stops],
        routing=ciw.routing.NetworkRouting([*onward, ciw.routing.Leave()]),
    )
    nodes = [CiwFerry if stop == model.ferry else ciw.Node for stop in stops]
    simulation = ciw.Simulation(network, node_class=nodes)
    simulation.simulate_until_max_time(inf)
    tally = Tally.empty(model)
    end_h = 0.0
    for individual in simulation.get_all_individuals():
        records = individual.data_records
        for record in records:
            tally.wait_h[record.node - 1] += record.waiting_time
            tally.busy_h[record.node - 1] += record.service_time
        end_h = max(end_h, records[-1].exit_date)
        if records[-1].node == model.stops:
            tally.sojourns_h.append(records[-1].exit_date - records[0].arrival_date)
    if model.ferry < 0:
        return tally.outcome(customers, end_h)
    ferry = simulation.transitive_nodes[model.ferry]
    ashore = [individual.arrival_date for individual in ferry.ashore]
    return tally.outcome(customers, max(end_h, ferry.back_h), ferry.voyages, ashore)


class CiwServices(ciw.dists.Distribution):  # type: ignore[misc]
    """Exponential services from a stream of their own."""

    def __init__(self, stream: Random) -> None:
        self.stream = stream

    def sample(self, t: object = None, ind: object = None) -> float:
        return self.stream.expovariate(SERVICES_PER_H)


class CiwArrivals(ciw.dists.Distribution):  # type: ignore[misc]
    """So many arrivals from a stream of their own."""

    def __init__(self, stream: Random, customers: int) -> None:
        self.stream = stream
        self.left = customers

    def sample(self, t: object = None, ind: object = None) -> float:
        self.left -= 1
        return self.stream.expovariate(ARRIVALS_PER_H) if self.left >= 0 else inf


class CiwFerry(ciw.Node):  # type: ignore[misc]
    """Individuals wait until a vessel sails, and are in service while it crosses."""

    def __init__(self, id_: int, simulation: ciw.Simulation) -> None:
        super().__init__(id_, simulation)
        self.ashore: deque[ciw.Individual] = deque()
        self.at_sea: deque[tuple[float, list[ciw.Individual]]] = deque()
        self.on_return: deque[float] = deque()
        self.ready = VESSELS
        self.voyages = 0
        self.back_h = 0.0

    def begin_service_if_possible_accept(self, individual: ciw.Individual) -> None:
        individual.arrival_date = self.now
        self.ashore.append(individual)
        self.sail()

    def sail(self) -> None:
        if not self.ready or len(self.ashore) < FULL:
            return
        self.ready -= 1
        self.voyages += 1
        load = [self.ashore.popleft() for _ in range(FULL)]
        for individual in load:
            individual.service_start_date = self.now
            individual.service_time = self.get_service_time(individual)
            individual.service_end_date = self.now + individual.service_time
        self.number_in_service += FULL
        self.at_sea.append((self.now + CROSSING_H, load))

    def have_event(self) -> None:
        if self.next_event_type == "landing":
            _, load = self.at_sea.popleft()
            self.on_return.append(self.now + RETURN_H)
            for individual in load:
                self.next_individual = [individual]
                self.finish_service()
        else:
            self.back_h = self.on_return.popleft()
            self.ready += 1
            self.sail()

    def update_next_event_date(self) -> None:
        landing_h = self.at_sea[0][0] if self.at_sea else inf
        return_h = self.on_return[0] if self.on_return else inf
        self.next_event_date = min(landing_h, return_h)
        self.next_event_type = "landing" if landing_h < return_h else "return"
