"""Freight as traffic: a period of a study as the problem that equilibrium methods solve.

A class is what pays and may use the same: a commodity in a direction of trade, under the same
rules of policy, of shippers with the same value of time and attitude. An element is what has a
capacity or a queue. Who would pay too much stays at home, on an arc of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sogdia.assignment.alternatives import class_costs
from sogdia.assignment.options import AssignmentOptions, ChoiceParameters
from sogdia.assignment.requests import Requests, make_requests, year_of_demand
from sogdia.assignment.traffic.delay import CONSTANT, QUEUE, Delay, constant_delay
from sogdia.assignment.traffic.paths_pricing import Pricer
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import TrafficSolution
from sogdia.assignment.waits import check_wait_factors, wait_factors
from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks
from sogdia.network.model import Floats, Ints, Network
from sogdia.scenario import (
    Period,
    Rule,
    Scenario,
    periods,
    rules_at,
    study_at,
)
from sogdia.study import Study


@dataclass(frozen=True, slots=True)
class FreightProblem:
    """A problem, and what its numbers stand for.

    Attributes
    ----------
    problem : TrafficProblem
        Trips are kt per year, costs thousand USD per kt, elements the network's resources.
    arc : ndarray of int32, shape (arcs,)
        Arc of the network that each arc is; -1: staying at home.
    class_cargo : ndarray of int32, shape (classes,)
        Class of cargo of each.
    share_pair, share_request : ndarray of int32, shape (shares,)
        A pair and a request whose goods are among its trips.
    share_kt : ndarray of float64, shape (shares,)
        How much that is, kt per year.
    stranded : ndarray of int32
        Requests without any way; they are not in the problem.
    """

    problem: TrafficProblem
    arc: Ints
    class_cargo: Ints
    share_pair: Ints
    share_request: Ints
    share_kt: Floats
    stranded: Ints

    def kept_back_kt(self, solution: TrafficSolution) -> Floats:
        """Return what stays at home of each request that has a way, kt per year.

        Returns
        -------
        ndarray of float64, shape (requests,)
        """
        paths = solution.memory.path_flows()
        home = self.arc[paths.arc[paths.first[:-1]]] < 0
        trips = self.problem.trips
        back = np.bincount(paths.pair[home], paths.flow[home], minlength=len(trips)) / trips
        size = int(max(self.share_request.max(initial=-1), self.stranded.max(initial=-1))) + 1
        kept = np.bincount(
            self.share_request, self.share_kt * back[self.share_pair], minlength=size
        )
        return np.asarray(kept, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class FreightPart:
    """A period of a year, ready to be solved.

    Attributes
    ----------
    period : Period
        Dates, and share of the year.
    study : Study
        Tables as they stand in the period.
    rules : tuple of Rule
        Policy in force.
    network : Network
        Compiled from `study`.
    requests : Requests
        Demand at annual rates.
    freight : FreightProblem
        The problem.
    """

    period: Period
    study: Study
    rules: tuple[Rule, ...]
    network: Network
    requests: Requests
    freight: FreightProblem


def freight_parts(
    study: Study,
    scenario: Scenario | None = None,
    *,
    year: int | None = None,
    options: AssignmentOptions | None = None,
) -> list[FreightPart]:
    """Return the problems of all periods of a year.

    Parameters
    ----------
    study : Study
        A study with demand.
    scenario : Scenario, optional
        What is asked; by default the study's own.
    year : int, optional
        By default the scenario's, then the study's base year.
    options : AssignmentOptions, optional
        Of these `choice`, `value_of_time_edges`, `reservation` and `wait_factors` matter.

    Raises
    ------
    DataError
        If there is no such year, or no demand in it.
    """
    options = options or AssignmentOptions()
    asked = year_of_demand(study, scenario, year)
    check_wait_factors(asked.study, options.wait_factors)
    parts = []
    for period in periods(asked.study, asked.scenario, asked.year):
        now = study_at(asked.study, period, asked.year)
        rules = rules_at(asked.scenario, period)
        choice = options.choice or ChoiceParameters.of(now)
        network = compile_network(now)
        requests = make_requests(
            now, network, Marks(network), asked.demand, rules, asked.year, options, choice
        )
        freight = freight_problem(network, requests, options)
        parts.append(FreightPart(period, now, rules, network, requests, freight))
    return parts


def freight_problem(
    network: Network, requests: Requests, options: AssignmentOptions
) -> FreightProblem:
    """Return the problem of one period.

    Costs of leaving a corridor to which goods are captive depend on the whole path and are
    left out; such goods take part in no boycott. Shippers keep out of a country only where
    there is a way round it.

    Parameters
    ----------
    network : Network
        The compiled network.
    requests : Requests
        What is to be shipped.
    options : AssignmentOptions
        Options.
    """
    classes = _Classes(network, requests)
    trips = _Trips(network, requests, classes)
    problem = TrafficProblem(
        first_out=network.first_out,
        tail=network.tail,
        head=network.head,
        delay=_delays(network, options),
        element=classes.element,
        unit=classes.unit,
        fixed_cost=classes.cost,
        time_weight=classes.time_weight,
        hard_capacity=_hard_capacities(network),
        pair_class=trips.pair_class,
        pair_origin=trips.pair_origin,
        pair_destination=trips.pair_destination,
        trips=trips.trips,
    )
    with_home, arc = _with_homes(problem, options.reservation * trips.least)
    return FreightProblem(
        problem=with_home,
        arc=arc,
        class_cargo=classes.cargo,
        share_pair=trips.share_pair,
        share_request=trips.share_request,
        share_kt=trips.share_kt,
        stranded=trips.stranded,
    )


class _Classes:
    """What pays and may use the same, each once."""

    def __init__(self, network: Network, requests: Requests) -> None:
        nothing = [np.zeros(len(requests.hours))] * len(requests.classes)
        cost, row_of = class_costs(requests, nothing, nothing)
        shippers = requests.class_share.shape[1]
        member = np.zeros(len(cost), dtype=np.int64)
        member[row_of[::-1].ravel()] = np.repeat(np.arange(len(row_of))[::-1], shippers)
        cargo = requests.cargo_class[member]
        shipper = np.arange(len(cost)) % shippers
        weight = requests.value_of_time_usd_t_h[member, shipper]
        metrics = [of_class.metric for of_class in requests.classes]
        known: dict[tuple[bytes, ...], int] = {}
        kept: list[int] = []
        number = np.empty(len(cost), dtype=np.int32)
        for row, paid in enumerate(cost):
            metric = metrics[cargo[row]]
            key = (
                paid.tobytes(),
                weight[row].tobytes(),
                metric.resource.tobytes(),
                metric.unit_per_t.tobytes(),
            )
            number[row] = known.setdefault(key, len(kept))
            if number[row] == len(kept):
                kept.append(row)
        self.cost: Floats = cost[kept]
        self.time_weight: Floats = weight[kept]
        self.cargo: Ints = cargo[kept].astype(np.int32)
        self.element = np.stack([metrics[one].resource for one in self.cargo])
        self.unit = np.stack([metrics[one].unit_per_t for one in self.cargo])
        self.of: Ints = number[row_of]


class _Trips:
    """Trips by class and ends, and whose they are."""

    def __init__(self, network: Network, requests: Requests, classes: _Classes) -> None:
        table = requests.table
        origin = np.array([network.origin_state[n] for n in table["origin"]], dtype=np.int32)
        destination = np.array(
            [network.destination_state[n] for n in table["destination"]], dtype=np.int32
        )
        request, shipper = np.nonzero(requests.class_share > 0.0)
        kt = table["quantity_kt"].to_numpy()[request] * requests.class_share[request, shipper]
        # Shippers without an attitude come first, in the same order of values of time.
        plain = shipper % (requests.class_share.shape[1] // requests.attitudes)
        captive = table["captive_to"].is_not_null().to_numpy()[request]
        of_class = classes.of[request, np.where(captive, plain, shipper)]
        of_plain = classes.of[request, plain]
        ends = origin[request], destination[request]
        barred = ~np.isfinite(_least_costs(network, classes, of_class, *ends))
        of_class = np.where(barred, of_plain, of_class)
        least = _least_costs(network, classes, of_class, *ends)
        found = np.isfinite(least)
        self.stranded: Ints = np.unique(request[~found]).astype(np.int32)
        keys = np.stack((of_class, *ends), axis=1)[found]
        pairs, first, of_pair = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        self.share_pair: Ints = of_pair.ravel().astype(np.int32)
        self.share_request: Ints = request[found].astype(np.int32)
        self.share_kt: Floats = kt[found]
        self.pair_class, self.pair_origin, self.pair_destination = (
            np.ascontiguousarray(column, dtype=np.int32) for column in pairs.T
        )
        self.trips: Floats = np.bincount(
            self.share_pair, self.share_kt, minlength=len(pairs)
        ).astype(np.float64)
        self.least: Floats = least[found][first]


def _least_costs(
    network: Network, classes: _Classes, of_class: Ints, origin: Ints, destination: Ints
) -> Floats:
    """Return the cost of the cheapest way at empty queues; infinite where there is none."""
    keys = np.stack((of_class, origin, destination), axis=1)
    pairs, inverse = np.unique(keys, axis=0, return_inverse=True)
    pair_class, pair_origin, pair_destination = (
        np.ascontiguousarray(column, dtype=np.int32) for column in pairs.T
    )
    arcs = len(network.head)
    problem = TrafficProblem(
        first_out=network.first_out,
        tail=network.tail,
        head=network.head,
        delay=constant_delay(np.zeros(arcs)),
        element=np.empty((0, arcs), dtype=np.int32),
        unit=np.empty((0, arcs)),
        fixed_cost=classes.cost,
        time_weight=classes.time_weight,
        hard_capacity=np.full(arcs, np.inf),
        pair_class=pair_class,
        pair_origin=pair_origin,
        pair_destination=pair_destination,
        trips=np.ones(len(pairs)),
    )
    priced = Pricer(problem)(classes.cost, np.full(len(pairs), np.inf))
    return np.asarray(priced.cost[inverse.ravel()])


def _delays(network: Network, options: AssignmentOptions) -> Delay:
    """Waits in the queues of resources; without a queue, none."""
    resource = network.resource
    queues = resource["queue_capacity"].is_not_null().to_numpy()

    def column(name: str, empty: float) -> Floats:
        return np.where(queues, resource[name].fill_null(empty).to_numpy(), empty)

    servers = column("servers", 1.0)
    scale = (column("arrival_cv2", 0.0) + column("service_cv2", 0.0)) / 2.0
    wait = scale * column("service_time_h", 0.0) / servers
    return Delay(
        kind=np.where(queues, QUEUE, CONSTANT).astype(np.int8),
        free_time=np.zeros(len(queues)),
        capacity=column("queue_capacity", 1.0),
        alpha=wait * wait_factors(resource, options.wait_factors),
        beta=servers,
    )


def _hard_capacities(network: Network) -> Floats:
    """Capacities; one of nothing closes its arcs and needs no price."""
    capacity = network.resource["capacity"].to_numpy()
    return np.where(capacity > 0.0, capacity, np.inf)


def _with_homes(problem: TrafficProblem, home_cost: Floats) -> tuple[TrafficProblem, Ints]:
    """Add an arc between the ends of every pair, on which those go who stay at home."""
    ends = np.stack((problem.pair_origin, problem.pair_destination), axis=1)
    homes, of = np.unique(ends, axis=0, return_inverse=True)
    own = np.arange(problem.arcs)
    tail = np.concatenate([problem.tail, homes[:, 0]])
    order = np.argsort(tail, kind="stable")
    arc = np.concatenate([own, np.full(len(homes), -1)])[order].astype(np.int32)
    shape = (problem.classes, len(homes))
    cost = np.full(shape, np.inf)
    cost[problem.pair_class, of.ravel()] = home_cost
    first_out = np.zeros(problem.nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=problem.nodes), out=first_out[1:])

    def widened(by_arc: Floats | Ints, more: Floats | Ints) -> Floats:
        return np.ascontiguousarray(np.concatenate([by_arc, more], axis=1)[:, order])

    grown = TrafficProblem(
        first_out=first_out,
        tail=tail[order].astype(np.int32),
        head=np.concatenate([problem.head, homes[:, 1]])[order].astype(np.int32),
        delay=problem.delay,
        element=widened(problem.element, np.full(shape, -1, dtype=np.int32)).astype(np.int32),
        unit=widened(problem.unit, np.zeros(shape)),
        fixed_cost=widened(problem.fixed_cost, cost),
        time_weight=problem.time_weight,
        hard_capacity=problem.hard_capacity,
        pair_class=problem.pair_class,
        pair_origin=problem.pair_origin,
        pair_destination=problem.pair_destination,
        trips=problem.trips,
    )
    return grown, arc
