"""Alternatives: the choice set of each request, and the choice problem they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from sogdia.assignment.arc_terms import ArcTerms
from sogdia.assignment.choice_kernels import not_absurd, path_sizes, resource_entries
from sogdia.assignment.equilibrium import (
    ChoiceProblem,
    Equilibrium,
    choices,
    composite_cost,
)
from sogdia.assignment.options import AssignmentOptions, ChoiceParameters
from sogdia.assignment.requests import Requests
from sogdia.assignment.waits import wait_factors
from sogdia.errors import DataError, Problem
from sogdia.network.marks import Marks, split
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
    corridor : ndarray of int32, shape (paths,)
        Entry of `corridor_name` of each path.
    corridor_name : tuple of str or None
        Ids of corridors; the last stands for paths that no corridor claims.
    captive : ndarray of bool, shape (paths,)
        Whether the path lies outside the corridor that its request is captive to, while
        that corridor is open to it.
    served : ndarray of int32
        Requests that have a path, in order; group ``g`` of the choice problem is request
        ``served[g]``.
    """

    paths: PathTable
    corridor: Ints
    corridor_name: tuple[str | None, ...]
    captive: Bools
    served: Ints

    @property
    def corridor_id(self) -> list[str | None]:
        """Corridor of each path; None for a path that no corridor claims."""
        return [self.corridor_name[number] for number in self.corridor.tolist()]


def class_costs(
    requests: Requests,
    extra_usd_t: list[Floats],
    extra_h: list[Floats],
    shippers: Ints | None = None,
) -> tuple[Floats, Ints]:
    """Generalised cost per arc for each class of cargo, shipper class and policy.

    Parameters
    ----------
    requests : Requests
        Who ships.
    extra_usd_t, extra_h : list of ndarray, one per cargo class
        Scarcity prices and waits per arc to add.
    shippers : ndarray of int64, optional
        Shipper classes that are asked for; by default all.

    Returns
    -------
    cost : ndarray of float64, shape (rows, arcs)
        Infinite where not allowed; rows that were not asked for are not filled.
    row_of : ndarray of int32, shape (requests, shipper classes)
        Row of `cost` for each request and shipper class.
    """
    keys = np.stack((requests.cargo_class, requests.policy), axis=1)
    pairs, inverse = np.unique(keys, axis=0, return_inverse=True)
    inverse = inverse.ravel()
    count = requests.class_share.shape[1]
    asked = np.arange(count) if shippers is None else shippers
    cost = np.empty((len(pairs) * count, len(requests.hours)))
    for pair, (cargo, policy) in enumerate(pairs):
        of_class = requests.classes[cargo]
        member = int(np.flatnonzero(inverse == pair)[0])
        money = of_class.money_usd_t + extra_usd_t[cargo]
        money = np.where(requests.closed[policy], np.inf, money)
        hours = requests.hours + extra_h[cargo]
        for shipper in asked:
            value = requests.value_of_time_usd_t_h[member, shipper]
            row = cost[pair * count + shipper]
            row[:] = money + value * hours
            if requests.avoids[shipper] >= 0:
                row[requests.avoided[requests.avoids[shipper]]] = np.inf
    rows = inverse[:, None] * count + np.arange(count)[None, :]
    return cost, rows.astype(np.int32)


def generate(
    study: Study,
    network: Network,
    marks: Marks,
    requests: Requests,
    options: AssignmentOptions,
    rows: Ints | None = None,
) -> PathTable:
    """Generate choice sets: cheapest paths by value of time, their variants, and corridors.

    With `rows`, an increasing array of int32, for these requests alone.
    """
    cost, views = view_costs(requests, *nothing_extra(requests))
    source, target = ends(network, requests)
    if rows is not None:
        views, source, target = views[rows], source[rows], target[rows]
    spread = choice_sets(
        network, cost, views, source, target, rounds=options.rounds, penalty=options.penalty
    )
    marked = [corridor_arcs(row, marks) for row in study.corridor.iter_rows(named=True)]
    by_corridor = paths_through(network, cost, middle(views), source, target, marked)
    paths = merge_paths([padded(spread), padded(by_corridor)])
    return paths if rows is None else replace(paths, request=rows[paths.request])


def cheapest(
    network: Network, requests: Requests, extra_usd_t: list[Floats], extra_h: list[Floats]
) -> PathTable:
    """Return the cheapest path of each request and view at given extras."""
    cost, views = view_costs(requests, extra_usd_t, extra_h)
    source, target = ends(network, requests)
    return choice_sets(network, cost, views, source, target, rounds=1, penalty=1.0)


def nothing_extra(requests: Requests) -> tuple[list[Floats], list[Floats]]:
    """Return the scarcity prices and waits of an empty network, as `arc_extras` does."""
    nothing = [np.zeros(len(requests.hours))] * len(requests.classes)
    return nothing, nothing


def view_costs(
    requests: Requests, extra_usd_t: list[Floats], extra_h: list[Floats]
) -> tuple[Floats, Ints]:
    """Return costs as `class_costs` does, and the rows of each request from whose view it looks.

    These are, of each attitude, the slowest shippers, some past the median, and the most
    hurried; other rows are not filled.
    """
    of_attitude = np.arange(requests.class_share.shape[1]).reshape(requests.attitudes, -1)
    chosen = of_attitude[:, [0, of_attitude.shape[1] // 2, -1]].ravel()
    cost, rows = class_costs(requests, extra_usd_t, extra_h, chosen)
    return cost, np.ascontiguousarray(rows[:, chosen])


def middle(views: Ints) -> Ints:
    """Return the row of the shippers past the median, who have no policy of their own."""
    return np.ascontiguousarray(views[:, 1])


def ends(network: Network, requests: Requests) -> tuple[Ints, Ints]:
    """Return the states in which each request begins and ends."""
    table = requests.table
    source = np.array([network.origin_state[n] for n in table["origin"]], dtype=np.int32)
    target = np.array([network.destination_state[n] for n in table["destination"]], dtype=np.int32)
    return source, target


def corridor_arcs(row: dict[str, Any], marks: Marks) -> Ints:
    """Return arcs of which every path of a corridor uses one: its `any_of`, or `all_of`, marks."""
    tokens = split(row["any_of"]) or split(row["all_of"])[:1]
    return np.flatnonzero(marks.any_of(tokens)).astype(np.int32)


def compare(
    terms: ArcTerms, requests: Requests, paths: PathTable, options: AssignmentOptions
) -> Alternatives:
    """Drop absurd detours, classify by corridor, and mark who leaves a captive corridor."""
    corridor = terms.corridors.claim(paths)
    own = terms.captive_to[paths.request] == corridor
    money, hours = terms.sums(requests, paths)
    sensible = np.empty(paths.count, dtype=np.bool_)
    free = np.empty(paths.count, dtype=np.bool_)
    not_absurd(
        paths.request,
        money,
        hours,
        requests.value_of_time_usd_t_h,
        options.detour,
        sensible,
        free,
    )
    _refuse_free_rides(requests, paths, free)
    keep = sensible | own
    kept = select_paths(paths, keep)
    has_corridor = np.zeros(requests.table.height, dtype=np.bool_)
    has_corridor[kept.request[own[keep]]] = True
    return Alternatives(
        paths=kept,
        corridor=corridor[keep],
        corridor_name=terms.corridors.name,
        captive=has_corridor[kept.request] & ~own[keep],
        served=np.unique(kept.request).astype(np.int32),
    )


def _refuse_free_rides(requests: Requests, paths: PathTable, is_free: Bools) -> None:
    """Refuse paths that cost nothing at all: choice depends on the ratio of costs."""
    free = np.unique(paths.request[is_free])
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


def select_paths(paths: PathTable, keep: Bools) -> PathTable:
    """Return the paths that are to be kept."""
    length = np.diff(paths.first)
    first = np.zeros(int(keep.sum()) + 1, dtype=np.int64)
    np.cumsum(length[keep], out=first[1:])
    return PathTable(
        request=paths.request[keep], first=first, arcs=paths.arcs[np.repeat(keep, length)]
    )


def choice_problem(
    network: Network,
    terms: ArcTerms,
    requests: Requests,
    alternatives: Alternatives,
    options: AssignmentOptions,
    choice: ChoiceParameters,
    of_resources: dict[str, Floats] | None = None,
) -> ChoiceProblem:
    """Build the choice problem of the requests that have a path.

    `of_resources` is what `resource_terms` returns, which is asked where it is not given.
    """
    paths = alternatives.paths
    money, hours = terms.sums(requests, paths)
    group_first = np.searchsorted(paths.request, alternatives.served)
    group_first = np.append(group_first, paths.count).astype(np.int64)
    inconvenience = np.array(
        [choice.inconvenience.get(name or "", 1.0) for name in alternatives.corridor_name]
    )
    captive = np.where(alternatives.captive, options.captivity, 1.0)
    size = np.empty(paths.count)
    path_sizes(group_first, paths.first, paths.arcs, terms.length_km, size)
    use, visits = _resource_use(network, terms, requests, paths)
    problem = ChoiceProblem(
        demand=requests.table["quantity_kt"].to_numpy()[alternatives.served],
        group_first=group_first,
        money_usd_t=money,
        time_h=hours,
        value_of_time_usd_t_h=requests.value_of_time_usd_t_h[alternatives.served],
        class_share=requests.class_share[alternatives.served],
        factor=captive * inconvenience[alternatives.corridor],
        bonus=choice.path_size_weight * np.log(size),
        barred=_barred(terms, requests, paths, group_first),
        reserve_usd_t=np.empty(0),
        scale=choice.scale,
        use=use,
        visits=visits,
        **(resource_terms(network, options) if of_resources is None else of_resources),
    )
    return replace(problem, reserve_usd_t=options.reservation * _empty_composite(problem))


def resource_terms(network: Network, options: AssignmentOptions) -> dict[str, Floats]:
    """Return what a choice problem says of resources: capacities, queues and factors on waits."""
    resource = network.resource
    neutral = {"queue_capacity": np.nan, "servers": 1.0}
    neutral |= dict.fromkeys(("service_time_h", "service_cv2", "arrival_cv2"), 0.0)
    of_queue = {name: resource[name].fill_null(value).to_numpy() for name, value in neutral.items()}
    return of_queue | {
        "capacity": resource["capacity"].to_numpy(),
        "wait_factor": wait_factors(resource, options.wait_factors),
    }


def _empty_composite(problem: ChoiceProblem) -> Floats:
    """Composite cost at empty queues and without scarcity."""
    nothing = np.zeros(len(problem.capacity))
    _, _, logsum = choices(problem, nothing, nothing)
    return composite_cost(logsum, problem.scale)


def _barred(terms: ArcTerms, requests: Requests, paths: PathTable, group_first: Ints) -> Bools:
    """Alternatives that a class of shippers does not consider, shape (paths, classes).

    Shippers keep out of a country only if some path of theirs does, and only where the
    goods are not captive.
    """
    free = terms.captive_to[paths.request] == -1
    barred = np.zeros((paths.count, requests.class_share.shape[1]), dtype=np.bool_)
    for attitude, arcs in enumerate(requests.avoided):
        inside = paths.sums(arcs[paths.arcs]) > 0
        no_way_round = np.logical_and.reduceat(inside, group_first[:-1])
        kept_out = inside & free & ~np.repeat(no_way_round, np.diff(group_first))
        barred[:, requests.avoids == attitude] = kept_out[:, None]
    return barred


def _resource_use(
    network: Network,
    terms: ArcTerms,
    requests: Requests,
    paths: PathTable,
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Units of each resource that a tonne consumes, and waits that it suffers there."""
    first = np.zeros(paths.count + 1, dtype=np.int64)
    column = np.empty(len(paths.arcs), dtype=np.int64)
    used, visited = np.empty(len(paths.arcs)), np.empty(len(paths.arcs))
    cargo = requests.cargo_class[paths.request]
    resource_entries(
        paths.first,
        paths.arcs,
        cargo,
        terms.resource,
        terms.unit_per_t,
        first,
        column,
        used,
        visited,
    )
    shape = (paths.count, network.resource.height)
    entries = slice(0, first[-1])
    use = sparse.csr_array((used[entries], column[entries], first), shape=shape)
    return use, sparse.csr_array((visited[entries], column[entries], first), shape=shape)


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
