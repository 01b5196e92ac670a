"""Compiled loops of the logit: what is compared, what is chosen, and how flows answer.

All run over flat arrays, group by group. The resources of path ``p`` stand in ``first[p]`` to
``first[p + 1]`` of `resource`, `use` and `visits`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sogdia.assignment.elementary import exponentials, logarithms
from sogdia.network.model import Bools, Floats, Ints


@njit(cache=True, nogil=True, error_model="numpy")
def choose(
    group_first: Ints,
    money: Floats,
    hours: Floats,
    value: Floats,
    factor: Floats,
    bonus: Floats,
    barred: Bools,
    scale: float,
    first: Ints,
    resource: Ints,
    use: Floats,
    visits: Floats,
    wait: Floats,
    price: Floats,
    cost: Floats,
    share: Floats,
    logsum: Floats,
) -> None:
    """Fill generalised costs, choice probabilities and logsums; see `ChoiceProblem`."""
    classes = cost.shape[1]
    total, highest = np.empty(classes), np.empty(classes)
    most = 0
    for group in range(logsum.shape[0]):
        most = max(most, group_first[group + 1] - group_first[group])
    work, utilities = np.empty(most * classes), np.empty((most, classes))
    flat_cost, flat_share = cost.reshape(-1), share.reshape(-1)
    for group in range(logsum.shape[0]):
        begin, end = group_first[group], group_first[group + 1]
        for path in range(begin, end):
            paid = money[path]
            taken = hours[path]
            for i in range(first[path], first[path + 1]):
                paid += use[i] * price[resource[i]]
                taken += visits[i] * wait[resource[i]]
            own, of_hour, times = cost[path], value[group], factor[path]
            for k in range(classes):
                own[k] = (paid + of_hour[k] * taken) * times
        here = slice(begin * classes, end * classes)
        space = work[: (end - begin) * classes]
        logarithms(flat_cost[here], space, flat_share[here])
        highest[:] = -np.inf
        for path in range(begin, end):
            base = bonus[path]
            shut, logs, utility = barred[path], share[path], utilities[path - begin]
            for k in range(classes):
                reached = -np.inf if shut[k] else base - scale * logs[k]
                utility[k] = reached
                highest[k] = reached if reached > highest[k] else highest[k]
        for path in range(end - begin):
            utility = utilities[path]
            for k in range(classes):
                utility[k] -= highest[k]
        exponentials(utilities.reshape(-1)[: (end - begin) * classes], space, flat_share[here])
        total[:] = 0.0
        for path in range(begin, end):
            shut, weight = barred[path], share[path]
            for k in range(classes):
                weight[k] = 0.0 if shut[k] else weight[k]
                total[k] += weight[k]
        for k in range(classes):
            logsum[group, k] = highest[k] + math.log(total[k])
            total[k] = 1.0 / total[k]
        for path in range(begin, end):
            weight = share[path]
            for k in range(classes):
                weight[k] *= total[k]


@njit(cache=True, nogil=True)
def ship(
    group_first: Ints,
    demand: Floats,
    class_share: Floats,
    logsum: Floats,
    log_reserve: Floats,
    scale: float,
    steepness: float,
    first: Ints,
    resource: Ints,
    use: Floats,
    cost: Floats,
    flow: Floats,
    shipped: Floats,
    resource_flow: Floats,
) -> float:
    """Turn shares into flows, add up what resources carry, and return what all flows cost.

    `flow` holds shares at first. What stays at home grows with the composite cost.
    """
    total = 0.0
    classes = flow.shape[1]
    quantity = np.empty(classes)
    resource_flow[:] = 0.0
    for group in range(demand.shape[0]):
        for k in range(classes):
            dearer = -logsum[group, k] / scale - log_reserve[group, k]
            shipped[group, k] = 1.0 / (1.0 + math.exp(min(steepness * dearer, 700.0)))
            quantity[k] = demand[group] * class_share[group, k] * shipped[group, k]
        for path in range(group_first[group], group_first[group + 1]):
            of_path = 0.0
            for k in range(classes):
                flow[path, k] *= quantity[k]
                of_path += flow[path, k]
                total += flow[path, k] * cost[path, k]
            for i in range(first[path], first[path + 1]):
                resource_flow[resource[i]] += use[i] * of_path
    return total


@njit(cache=True, nogil=True)
def respond(
    group_first: Ints,
    first: Ints,
    resource: Ints,
    use: Floats,
    visits: Floats,
    flow: Floats,
    cost: Floats,
    factor: Floats,
    value: Floats,
    quantity: Floats,
    shipped: Floats,
    scale: float,
    steepness: float,
    wait_column: Ints,
    price_column: Ints,
    by_wait: Floats,
    by_price: Floats,
) -> None:
    """Add up the derivatives of the logit: each path's own, less the mean of its group.

    Staying at home answers to the composite cost, whose derivative is the mean one.
    """
    resources = wait_column.shape[0]
    classes = flow.shape[1]
    touched = np.empty(resources, dtype=np.int64)
    place = np.full(resources, -1, dtype=np.int64)
    load_of = np.zeros((resources, classes))
    mean_wait = np.zeros((resources, classes))
    mean_price = np.zeros((resources, classes))
    stay = np.empty(classes)
    pulled = np.empty(classes)
    for group in range(quantity.shape[0]):
        count = 0
        for path in range(group_first[group], group_first[group + 1]):
            own_price = 0.0
            own_wait = 0.0
            for k in range(classes):
                pulled[k] = -scale * factor[path] * flow[path, k] / cost[path, k]
                own_price += pulled[k]
                own_wait += pulled[k] * value[group, k]
            for i in range(first[path], first[path + 1]):
                row = resource[i]
                if place[row] < 0:
                    place[row] = count
                    touched[count] = row
                    load_of[count] = 0.0
                    mean_wait[count] = 0.0
                    mean_price[count] = 0.0
                    count += 1
                here = place[row]
                for k in range(classes):
                    load_of[here, k] += flow[path, k] * use[i]
                    mean_wait[here, k] += pulled[k] * value[group, k] * visits[i]
                    mean_price[here, k] += pulled[k] * use[i]
                for j in range(first[path], first[path + 1]):
                    column = resource[j]
                    if wait_column[column] >= 0:
                        by_wait[row, wait_column[column]] += own_wait * use[i] * visits[j]
                    if price_column[column] >= 0:
                        by_price[row, price_column[column]] += own_price * use[i] * use[j]
        for k in range(classes):
            stay[k] = 1.0 - steepness * (1.0 - shipped[group, k]) / scale
            stay[k] /= max(quantity[group, k], 1e-300)
        hit = touched[:count]
        _subtract(hit, load_of, mean_wait, stay, wait_column, by_wait)
        _subtract(hit, load_of, mean_price, stay, price_column, by_price)
        for row in hit:
            place[row] = -1


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _subtract(
    touched: Ints,
    load_of: Floats,
    mean: Floats,
    weight: Floats,
    column_of: Ints,
    by_column: Floats,
) -> None:
    """Subtract what a group's mean change takes from the load of each resource it touches."""
    for j in range(touched.shape[0]):
        column = column_of[touched[j]]
        if column < 0:
            continue
        for k in range(weight.shape[0]):
            mean[j, k] *= weight[k]
        for i in range(touched.shape[0]):
            total = 0.0
            for k in range(weight.shape[0]):
                total += load_of[i, k] * mean[j, k]
            by_column[touched[i], column] -= total


@njit(cache=True, nogil=True)
def not_absurd(
    request: Ints,
    money: Floats,
    hours: Floats,
    value: Floats,
    detour: float,
    sensible: Bools,
    free: Bools,
) -> None:
    """Tell which paths some class of shippers would compare, and which cost nothing to some.

    A class compares paths up to `detour` times as dear as its cheapest one. Paths stand in
    order of their `request`, a row of `value`.
    """
    classes = value.shape[1]
    best = np.empty(classes)
    begin = 0
    while begin < request.shape[0]:
        own = value[request[begin]]
        best[:] = np.inf
        end = begin
        while end < request.shape[0] and request[end] == request[begin]:
            free[end] = False
            for k in range(classes):
                cost = money[end] + own[k] * hours[end]
                best[k] = min(best[k], cost)
                free[end] |= cost <= 0.0
            end += 1
        for path in range(begin, end):
            sensible[path] = False
            for k in range(classes):
                sensible[path] |= money[path] + own[k] * hours[path] <= detour * best[k]
        begin = end


@njit(cache=True, nogil=True)
def path_sizes(group_first: Ints, first: Ints, arcs: Ints, length_km: Floats, size: Floats) -> None:
    """Fill the path sizes that `choice.path_sizes` defines."""
    users = np.zeros(length_km.shape[0], dtype=np.int64)
    for group in range(group_first.shape[0] - 1):
        begin, end = first[group_first[group]], first[group_first[group + 1]]
        for place in range(begin, end):
            users[arcs[place]] += 1
        for path in range(group_first[group], group_first[group + 1]):
            total = 0.0
            shared = 0.0
            for place in range(first[path], first[path + 1]):
                total += length_km[arcs[place]]
                shared += length_km[arcs[place]] / users[arcs[place]]
            size[path] = shared / total if total > 0.0 else 1.0
        for place in range(begin, end):
            users[arcs[place]] = 0


@njit(cache=True, nogil=True)
def resource_entries(
    path_first: Ints,
    arcs: Ints,
    cargo: Ints,
    resource_of: Ints,
    unit_of: Floats,
    first: Ints,
    resource: Ints,
    use: Floats,
    visits: Floats,
) -> None:
    """Fill the resources that each path uses, each once, with units per t and visits.

    Rows ``cargo[p]`` of `resource_of` and `unit_of` hold the resource of each arc for path
    ``p``, -1 for none, and the units of it that a tonne takes.
    """
    count = 0
    for path in range(cargo.shape[0]):
        of_arc, units = resource_of[cargo[path]], unit_of[cargo[path]]
        for step in range(path_first[path], path_first[path + 1]):
            used = of_arc[arcs[step]]
            if used < 0:
                continue
            place = first[path]
            while place < count and resource[place] != used:
                place += 1
            if place == count:
                resource[count] = used
                use[count] = 0.0
                visits[count] = 0.0
                count += 1
            use[place] += units[arcs[step]]
            visits[place] += 1.0
        first[path + 1] = count
