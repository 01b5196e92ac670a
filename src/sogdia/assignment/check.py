"""Recompute an assignment's claims by other means.

Nothing here uses the engine's matrices: flows are walked along their paths arc by arc,
costs are summed from the arcs of the network, shares by the definition of the logit, and
capacities are read from the tables of the study.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import polars as pl

from sogdia.assignment.choice import path_sizes
from sogdia.assignment.equilibrium import STEEPNESS
from sogdia.assignment.solution import PeriodSolution, Solution
from sogdia.errors import CheckError
from sogdia.network.model import Floats
from sogdia.network.resource import POOL_MARK, departures_per_year

BALANCE_TOLERANCE = 1e-9
SHARE_TOLERANCE = 1e-6
CAPACITY_TOLERANCE = 1e-6


def check_solution(solution: Solution) -> None:
    """Raise `CheckError` unless every period's solution stands up to recomputation."""
    total = sum(part.period.share for part in solution.periods)
    if abs(total - 1.0) > BALANCE_TOLERANCE:
        raise CheckError(f"the periods of {solution.year} make {total} of the year, not 1")
    for part in solution.periods:
        _check_balance(part)
        _check_policy(part)
        _check_capacities(part)
        _check_shares(part)


def imbalance_of(solution: Solution) -> float:
    """Return the largest imbalance of a commodity at a state, in any period, over all demand."""
    worst = 0.0
    for part in solution.periods:
        net, wanted, _ = _net_flows(part)
        total = float(wanted.sum())
        worst = max(worst, max((abs(kt) for kt in net.values()), default=0.0) / total)
    return worst


def _path_arcs(part: PeriodSolution) -> list[list[int]]:
    paths = part.alternatives.paths
    return [
        paths.arcs[a:b].tolist() for a, b in zip(paths.first[:-1], paths.first[1:], strict=True)
    ]


def _net_flows(part: PeriodSolution) -> tuple[dict[tuple[int, str], float], Floats, Floats]:
    """Return what comes to a state less what leaves it; demand; what of it is not accounted for."""
    table = part.requests.table
    tail, head = part.network.tail.tolist(), part.network.head.tolist()
    flow = part.path_flow_kt.sum(axis=1).tolist()
    net: dict[tuple[int, str], float] = defaultdict(float)
    shipped = np.zeros(table.height)
    commodity = table["commodity_id"].to_list()
    for path, arcs in enumerate(_path_arcs(part)):
        request = int(part.alternatives.paths.request[path])
        shipped[request] += flow[path]
        if flow[path] < 0:
            raise CheckError(f"path {path} of {table['demand_id'][request]} has negative flow")
        for arc in arcs:
            net[tail[arc], commodity[request]] -= flow[path]
            net[head[arc], commodity[request]] += flow[path]
    wanted = table["quantity_kt"].to_numpy()
    kept_back = np.zeros(table.height)
    kept_back[part.alternatives.served] = part.kept_back_kt
    unserved = np.ones(table.height, dtype=np.bool_)
    unserved[part.alternatives.served] = False
    kept_back[unserved] = wanted[unserved]
    for row, origin, destination in zip(
        range(table.height), table["origin"], table["destination"], strict=True
    ):
        sent = wanted[row] - kept_back[row]
        net[part.network.origin_state[origin], commodity[row]] += sent
        net[part.network.destination_state[destination], commodity[row]] -= sent
    return net, wanted, shipped + kept_back - wanted


def _check_balance(part: PeriodSolution) -> None:
    """What leaves a state is what came in, and each demand arrives but for what stays back."""
    net, wanted, missing = _net_flows(part)
    scale = max(float(wanted.sum()), 1.0)
    worst = max(net.items(), key=lambda item: abs(item[1]), default=((0, ""), 0.0))
    if abs(worst[1]) > BALANCE_TOLERANCE * scale:
        state = part.network.state.row(worst[0][0])
        raise CheckError(f"{worst[0][1]} at {state} is out of balance by {worst[1]} kt")
    gap = float(np.abs(missing).max(initial=0.0))
    if gap > BALANCE_TOLERANCE * scale:
        raise CheckError(f"shipped and kept back differ from demand by {gap} kt")


def _check_policy(part: PeriodSolution) -> None:
    """No path uses an arc that policy closes to it, or that does not take its goods."""
    paths = part.alternatives.paths
    for path, arcs in enumerate(_path_arcs(part)):
        request = int(paths.request[path])
        closed = part.requests.closed[part.requests.policy[request]]
        allowed = part.requests.classes[part.requests.cargo_class[request]].metric.allowed
        if closed[arcs].any() or not allowed[arcs].all():
            raise CheckError(
                f"a path of {part.requests.table['demand_id'][request]} uses a forbidden arc"
            )


def _capacities(part: PeriodSolution) -> dict[tuple[str, str, str], float]:
    """Capacities as the tables state them: (kind, row, unit) to kt or kteu per year."""
    stated: dict[tuple[str, str, str], float] = {}
    for kind, table in (("link", part.study.link), ("terminal", part.study.terminal)):
        for row in table.iter_rows(named=True):
            for unit, column in (("kt", "capacity_kt_y"), ("kteu", "capacity_teu_y")):
                if row[column] is not None:
                    scale = 1.0 if unit == "kt" else 1000.0
                    stated[kind, row[f"{kind}_id"], unit] = row[column] / scale
    made = part.study.service.with_columns(made=departures_per_year())
    of_service = {row["service_id"]: row for row in made.iter_rows(named=True)}
    pools = part.network.arc.filter(pl.col("kind") == "service")["row_id"].unique()
    for pool in pools:
        members = [of_service[service] for service in pool.split(POOL_MARK)]
        for unit, column in (("kt", "batch_capacity_t"), ("kteu", "batch_capacity_teu")):
            if all(row[column] is not None for row in members):
                total = sum(row["made"] * row[column] for row in members)
                stated["service", pool, unit] = total / 1000.0
    return stated


def _check_capacities(part: PeriodSolution) -> None:
    """No element carries more than its row says; a service counts each direction apart."""
    stated = _capacities(part)
    arc = part.network.arc
    kind, row_id = arc["kind"].to_list(), arc["row_id"].to_list()
    forward = arc["forward"].to_list()
    load: dict[tuple[str, str, str, bool], float] = defaultdict(float)
    flow = part.path_flow_kt.sum(axis=1).tolist()
    request_of = part.alternatives.paths.request.tolist()
    for path, arcs in enumerate(_path_arcs(part)):
        cargo = part.requests.classes[part.requests.cargo_class[request_of[path]]]
        t_per_teu = cargo.commodity["t_per_teu"]
        for a in arcs:
            side = bool(forward[a]) if kind[a] == "service" else True
            if t_per_teu and (kind[a], row_id[a], "kteu") in stated:
                load[kind[a], row_id[a], "kteu", side] += flow[path] / t_per_teu
            elif (kind[a], row_id[a], "kt") in stated:
                load[kind[a], row_id[a], "kt", side] += flow[path]
    for (of_kind, row, unit, _), carried in load.items():
        capacity = stated[of_kind, row, unit]
        if carried > capacity * (1.0 + _tolerance(part)) + CAPACITY_TOLERANCE:
            raise CheckError(
                f"{of_kind} {row} carries {carried:.6g} {unit} a year, more than its "
                f"capacity of {capacity:.6g}"
            )


def _tolerance(part: PeriodSolution) -> float:
    """A solution that says it did not converge is held to the residual that it states."""
    return max(CAPACITY_TOLERANCE, part.equilibrium.residual)


def _check_shares(part: PeriodSolution) -> None:
    """Flows are those of the logit at costs summed arc by arc."""
    flows, cost = part.path_flow_kt, _path_costs(part)
    paths, problem, choice = part.alternatives.paths, part.problem, part.choice
    starts = np.searchsorted(paths.request, part.alternatives.served)
    ends = np.append(starts[1:], paths.count)
    group = np.repeat(np.arange(len(starts)), ends - starts)
    sizes = path_sizes(
        np.append(starts, paths.count), paths.first, paths.arcs, part.network.length_km
    )
    first = cost[starts]
    weight = (cost / first[group]) ** -choice.scale
    weight *= (sizes**choice.path_size_weight)[:, None] * ~problem.barred
    total = np.add.reduceat(weight, starts, axis=0)
    dearer = first * total ** (-1.0 / choice.scale) / problem.reserve_usd_t
    with np.errstate(over="ignore"):
        shipped = problem.demand[:, None] * problem.class_share / (1.0 + dearer**STEEPNESS)
    moved = float(np.abs(weight * (shipped / total)[group] - flows).sum())
    allowed = max(SHARE_TOLERANCE, 10.0 * part.equilibrium.residual)
    if moved > allowed * max(float(problem.demand.sum()), 1.0):
        raise CheckError(f"{moved:.6g} kt are not on the paths that their shippers would choose")


def _path_costs(part: PeriodSolution) -> Floats:
    """Generalised cost of each path and class of shippers, summed over its arcs."""
    requests, found, alternatives = part.requests, part.equilibrium, part.alternatives
    paths = alternatives.paths
    path = np.repeat(np.arange(paths.count), np.diff(paths.first))
    step = requests.cargo_class[paths.request][path], paths.arcs
    resource = np.stack([cargo.metric.resource for cargo in requests.classes])[step]
    unit_per_t = np.stack([cargo.metric.unit_per_t for cargo in requests.classes])[step]
    charge = np.stack([cargo.money_usd_t for cargo in requests.classes])[step]
    # Of no resource, -1, there is neither price nor wait: the last entry.
    scarcity = np.append(found.price_usd, 0.0)[resource] * unit_per_t
    wait = np.append(found.wait_h, 0.0)[resource]
    money = np.bincount(path, charge + scarcity, minlength=paths.count)
    hours = np.bincount(path, requests.hours[paths.arcs] + wait, minlength=paths.count)
    factor = np.array(
        [part.choice.inconvenience.get(name or "", 1.0) for name in alternatives.corridor_id]
    )
    factor *= np.where(alternatives.captive, part.captivity, 1.0)
    value = requests.value_of_time_usd_t_h[paths.request]
    return np.asarray(factor[:, None] * (money[:, None] + value * hours[:, None]))
