"""Alternatives: the choice set of each request, and the choice problem they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from sogdia.assignment.choice import logit, path_sizes
from sogdia.assignment.equilibrium import (
    ChoiceProblem,
    Equilibrium,
    composite_cost,
    generalised_cost,
    utility_of,
)
from sogdia.assignment.options import AssignmentOptions, ChoiceParameters
from sogdia.assignment.requests import Requests
from sogdia.assignment.waits import wait_factors
from sogdia.errors import DataError, Problem
from sogdia.network.marks import Marks, bears, classify, incidence, split
from sogdia.network.model import Bools, Floats, Ints, Network
from sogdia.routing.choice_set import (
    PathTable,
    choice_sets,
    merge_paths,
    padded,
    paths_through,
)
from sogdia.study import Study


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The paths compared by each request.

    Attributes
    ----------
    paths : PathTable
        Paths; `paths.request` is the row of the requests table.
    corridor_id : list of str or None
        Corridor of each path.
    captive : ndarray of bool, shape (paths,)
        Whether the path lies outside the corridor that its request is captive to, while
        that corridor is open to it.
    served : ndarray of int32
        Requests that have a path, in order; group ``g`` of the choice problem is request
        ``served[g]``.
    """

    paths: PathTable
    corridor_id: list[str | None]
    captive: Bools
    served: Ints


def class_costs(
    requests: Requests, extra_usd_t: list[Floats], extra_h: list[Floats]
) -> tuple[Floats, Ints]:
    """Generalised cost per arc for each class of cargo, shipper class and policy.

    Parameters
    ----------
    requests : Requests
        Who ships.
    extra_usd_t, extra_h : list of ndarray, one per cargo class
        Scarcity prices and waits per arc to add.

    Returns
    -------
    cost : ndarray of float64, shape (rows, arcs)
        Infinite where not allowed.
    row_of : ndarray of int32, shape (requests, shipper classes)
        Row of `cost` for each request and shipper class.
    """
    keys = np.stack((requests.cargo_class, requests.policy), axis=1)
    pairs, inverse = np.unique(keys, axis=0, return_inverse=True)
    inverse = inverse.ravel()
    shippers = requests.class_share.shape[1]
    cost = np.empty((len(pairs) * shippers, len(requests.hours)))
    for pair, (cargo, policy) in enumerate(pairs):
        of_class = requests.classes[cargo]
        member = int(np.flatnonzero(inverse == pair)[0])
        money = of_class.money_usd_t + extra_usd_t[cargo]
        money = np.where(requests.closed[policy], np.inf, money)
        hours = requests.hours + extra_h[cargo]
        for shipper in range(shippers):
            value = requests.value_of_time_usd_t_h[member, shipper]
            row = cost[pair * shippers + shipper]
            row[:] = money + value * hours
            if requests.avoids[shipper] >= 0:
                row[requests.avoided[requests.avoids[shipper]]] = np.inf
    rows = inverse[:, None] * shippers + np.arange(shippers)[None, :]
    return cost, rows.astype(np.int32)


def generate(
    study: Study,
    network: Network,
    marks: Marks,
    requests: Requests,
    options: AssignmentOptions,
) -> PathTable:
    """Generate choice sets: cheapest paths by value of time, their variants, and corridors."""
    nothing = [np.zeros(len(requests.hours))] * len(requests.classes)
    cost, rows = class_costs(requests, nothing, nothing)
    source, target = _ends(network, requests)
    views = _views(requests, rows)
    spread = choice_sets(
        network, cost, views, source, target, rounds=options.rounds, penalty=options.penalty
    )
    marked = [corridor_arcs(row, marks) for row in study.corridor.iter_rows(named=True)]
    by_corridor = paths_through(
        network, cost, np.ascontiguousarray(views[:, 1]), source, target, marked
    )
    return merge_paths([padded(spread), padded(by_corridor)])


def cheapest(
    network: Network, requests: Requests, extra_usd_t: list[Floats], extra_h: list[Floats]
) -> PathTable:
    """Return the cheapest path of each request and view at given extras."""
    cost, rows = class_costs(requests, extra_usd_t, extra_h)
    source, target = _ends(network, requests)
    views = _views(requests, rows)
    return choice_sets(network, cost, views, source, target, rounds=1, penalty=1.0)


def _views(requests: Requests, rows: Ints) -> Ints:
    """Choose the classes of shippers from whose point of view paths are sought.

    Of each attitude the slowest, one past the median, and the most hurried.
    """
    of_attitude = rows.reshape(len(rows), requests.attitudes, -1)
    past_median = of_attitude.shape[2] // 2
    chosen = of_attitude[:, :, [0, past_median, -1]]
    return np.ascontiguousarray(chosen.reshape(len(rows), -1))


def _ends(network: Network, requests: Requests) -> tuple[Ints, Ints]:
    table = requests.table
    source = np.array([network.origin_state[n] for n in table["origin"]], dtype=np.int32)
    target = np.array([network.destination_state[n] for n in table["destination"]], dtype=np.int32)
    return source, target


def corridor_arcs(row: dict[str, Any], marks: Marks) -> Ints:
    """Return arcs of which every path of a corridor uses one: its `any_of`, or `all_of`, marks."""
    tokens = split(row["any_of"]) or split(row["all_of"])[:1]
    return np.flatnonzero(marks.any_of(tokens)).astype(np.int32)


def compare(
    study: Study,
    network: Network,
    marks: Marks,
    requests: Requests,
    paths: PathTable,
    options: AssignmentOptions,
) -> Alternatives:
    """Drop absurd detours, classify by corridor, and mark who leaves a captive corridor."""
    of_path = incidence(paths.first, paths.arcs, network.arc.height)
    corridor = classify(study.corridor, marks, of_path)
    captive_to = requests.table["captive_to"].to_list()
    own = np.array(
        [
            captive_to[request] is not None and captive_to[request] == name
            for request, name in zip(paths.request, corridor, strict=True)
        ],
        dtype=np.bool_,
    )
    money, hours = _path_sums(requests, paths)
    value = requests.value_of_time_usd_t_h[paths.request]
    cost = money[:, None] + value * hours[:, None]
    _refuse_free_rides(requests, paths, cost)
    best = np.full((requests.table.height, cost.shape[1]), np.inf)
    np.minimum.at(best, paths.request, cost)
    sensible = (cost / best[paths.request]).min(axis=1) <= options.detour
    keep = sensible | own
    kept = _select(paths, keep)
    has_corridor = np.zeros(requests.table.height, dtype=np.bool_)
    has_corridor[kept.request[own[keep]]] = True
    return Alternatives(
        paths=kept,
        corridor_id=[name for name, kept_ in zip(corridor, keep, strict=True) if kept_],
        captive=has_corridor[kept.request] & ~own[keep],
        served=np.unique(kept.request).astype(np.int32),
    )


def _refuse_free_rides(requests: Requests, paths: PathTable, cost: Floats) -> None:
    """Refuse paths that cost nothing at all: choice depends on the ratio of costs."""
    free = np.unique(paths.request[(cost <= 0).any(axis=1)])
    if len(free):
        raise DataError(
            [
                Problem(
                    f"demand {demand_id} has a way from {origin} to {destination} that costs "
                    "neither money nor, to some of its shippers, time; give a link or terminal "
                    "on it a cost, or the commodity a value of time",
                    file="demand.csv",
                )
                for demand_id, origin, destination in requests.table[free]
                .select("demand_id", "origin", "destination")
                .iter_rows()
            ]
        )


def _select(paths: PathTable, keep: Bools) -> PathTable:
    length = np.diff(paths.first)
    first = np.zeros(int(keep.sum()) + 1, dtype=np.int64)
    np.cumsum(length[keep], out=first[1:])
    return PathTable(
        request=paths.request[keep], first=first, arcs=paths.arcs[np.repeat(keep, length)]
    )


def _path_sums(requests: Requests, paths: PathTable) -> tuple[Floats, Floats]:
    """Money and hours (at empty queues) of each path."""
    cargo = requests.cargo_class[paths.request][paths.path_of]
    by_class = np.stack([of_class.money_usd_t for of_class in requests.classes])
    return paths.sums(by_class[cargo, paths.arcs]), paths.sums(requests.hours[paths.arcs])


def choice_problem(
    network: Network,
    requests: Requests,
    alternatives: Alternatives,
    options: AssignmentOptions,
    choice: ChoiceParameters,
) -> ChoiceProblem:
    """Build the choice problem of the requests that have a path."""
    paths = alternatives.paths
    money, hours = _path_sums(requests, paths)
    group_first = np.searchsorted(paths.request, alternatives.served)
    group_first = np.append(group_first, paths.count).astype(np.int64)
    inconvenience = np.array(
        [choice.inconvenience.get(name or "", 1.0) for name in alternatives.corridor_id]
    )
    factor = np.where(alternatives.captive, options.captivity, 1.0) * inconvenience
    size = path_sizes(group_first, paths.first, paths.arcs, network.length_km)
    use, visits = _resource_use(network, requests, paths)
    resource = network.resource
    problem = ChoiceProblem(
        demand=requests.table["quantity_kt"].to_numpy()[alternatives.served],
        group_first=group_first,
        money_usd_t=money,
        time_h=hours,
        value_of_time_usd_t_h=requests.value_of_time_usd_t_h[alternatives.served],
        class_share=requests.class_share[alternatives.served],
        factor=factor,
        bonus=choice.path_size_weight * np.log(size),
        barred=_barred(requests, alternatives, paths, group_first),
        reserve_usd_t=np.empty(0),
        scale=choice.scale,
        use=use,
        visits=visits,
        capacity=resource["capacity"].to_numpy(),
        queue_capacity=resource["queue_capacity"].fill_null(float("nan")).to_numpy(),
        servers=resource["servers"].fill_null(1.0).to_numpy(),
        service_time_h=resource["service_time_h"].fill_null(0.0).to_numpy(),
        service_cv2=resource["service_cv2"].fill_null(0.0).to_numpy(),
        arrival_cv2=resource["arrival_cv2"].fill_null(0.0).to_numpy(),
        wait_factor=wait_factors(resource, options.wait_factors),
    )
    return replace(problem, reserve_usd_t=options.reservation * _empty_composite(problem))


def _empty_composite(problem: ChoiceProblem) -> Floats:
    """Composite cost at empty queues and without scarcity."""
    nothing = np.zeros(len(problem.capacity))
    cost = generalised_cost(problem, nothing, nothing)
    _, logsum = logit(utility_of(problem, cost), problem.group_first)
    return composite_cost(logsum, problem.scale)


def _barred(
    requests: Requests, alternatives: Alternatives, paths: PathTable, group_first: Ints
) -> Bools:
    """Alternatives that a class of shippers does not consider, shape (paths, classes).

    Shippers keep out of a country only if some path of theirs does, and only where the
    goods are not captive.
    """
    of_path = incidence(paths.first, paths.arcs, len(requests.hours))
    free = requests.table["captive_to"].is_null().to_numpy()[paths.request]
    barred = np.zeros((paths.count, requests.class_share.shape[1]), dtype=np.bool_)
    for attitude, arcs in enumerate(requests.avoided):
        inside = bears(of_path, arcs)
        no_way_round = np.logical_and.reduceat(inside, group_first[:-1])
        kept_out = inside & free & ~np.repeat(no_way_round, np.diff(group_first))
        barred[:, requests.avoids == attitude] = kept_out[:, None]
    return barred


def _resource_use(
    network: Network,
    requests: Requests,
    paths: PathTable,
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Units of each resource that a tonne consumes, and waits that it suffers there."""
    path_of = paths.path_of
    cargo = requests.cargo_class[paths.request][path_of]
    resource = np.stack([of_class.metric.resource for of_class in requests.classes])
    units = np.stack([of_class.metric.unit_per_t for of_class in requests.classes])
    consumed = resource[cargo, paths.arcs]
    some = consumed >= 0
    shape = (paths.count, network.resource.height)
    row, column = path_of[some], consumed[some]
    use = sparse.coo_array((units[cargo, paths.arcs][some], (row, column)), shape=shape)
    visits = sparse.coo_array((np.ones(len(row)), (row, column)), shape=shape)
    return use.tocsr(), visits.tocsr()


def arc_extras(
    network: Network, requests: Requests, equilibrium: Equilibrium
) -> tuple[list[Floats], list[Floats]]:
    """Scarcity price (USD per t) and wait (h) of each arc, for each class of cargo."""
    price = np.append(equilibrium.price_usd, 0.0)  # resource -1, none, costs nothing
    wait = np.append(equilibrium.wait_h, 0.0)
    metrics = [of_class.metric for of_class in requests.classes]
    prices = [price[metric.resource] * metric.unit_per_t for metric in metrics]
    waits = [wait[metric.resource] for metric in metrics]
    return prices, waits
