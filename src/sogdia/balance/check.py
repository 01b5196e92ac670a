"""Recompute the claims of a balance by other means: arc by arc, row by row."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from sogdia.balance.problem import Problem, Solution
from sogdia.errors import CheckError
from sogdia.network.model import Floats

TOLERANCE = 1e-6


def check_balance(problem: Problem, solution: Solution) -> None:
    """Raise `CheckError` unless a solution stands up to recomputation.

    Parameters
    ----------
    problem : Problem
        The balance.
    solution : Solution
        Its solution.

    Raises
    ------
    CheckError
        If flows do not balance at a state in a month, a bound is exceeded, the objective is
        not the cost of the flows, the bound does not prove the optimum, or complementary
        slackness fails.
    """
    for check in (_check_paths, _check_ends, _check_stocks, _check_rooms, _check_objective):
        check(problem, solution)


def _close(one: float, other: float, scale: float) -> bool:
    return abs(one - other) <= TOLERANCE * max(1.0, scale)


def _walk(problem: Problem, solution: Solution) -> list[tuple[int, int, int, float, list[int]]]:
    """Return pair, path, period, kt and places in the layer of the arcs of every flow."""
    paths = solution.paths
    places_of = [
        {int(arc): place for place, arc in enumerate(layer.arc)} for layer in problem.layers
    ]
    walked = []
    for path, period, kt in zip(
        solution.flow_path.tolist(),
        solution.flow_period.tolist(),
        solution.flow_kt.tolist(),
        strict=True,
    ):
        pair = int(paths.pair[path])
        known = places_of[problem.layer_of[problem.pair_class[pair], paths.network[path]]]
        arcs = paths.arc[paths.first[path] : paths.first[path + 1]].tolist()
        closed = [arc for arc in arcs if arc not in known]
        if closed:
            raise CheckError(f"path {path} uses arc {closed[0]}, which is closed to its goods")
        walked.append((pair, path, period, kt, [known[arc] for arc in arcs]))
    return walked


def _check_paths(problem: Problem, solution: Solution) -> None:
    """What leaves a state in a month came in, but for where goods start and end."""
    net: dict[tuple[int, int, int], float] = defaultdict(float)
    start, end = problem.source_state, problem.sink_state
    for pair, path, period, kt, places in _walk(problem, solution):
        network = int(problem.network[period])
        if network != solution.paths.network[path]:
            raise CheckError(f"path {path} carries goods in month {period + 1}, not its own")
        layer = problem.layers[problem.layer_of[problem.pair_class[pair], network]]
        for place in places:
            net[pair, period, int(layer.tail[place])] += kt
            net[pair, period, int(layer.head[place])] -= kt
        net[pair, period, int(start[problem.pair_source[pair], network])] -= kt
        net[pair, period, int(end[problem.pair_sink[pair], network])] += kt
    for (pair, period, state), kt in net.items():
        if not _close(kt, 0.0, 1.0):
            raise CheckError(
                f"{kt} kt of pair {pair} are lost at state {state}, month {period + 1}"
            )


def _by_end(problem: Problem, solution: Solution) -> tuple[Floats, Floats]:
    """Flows out of sources and into sinks, by month."""
    pair = solution.paths.pair[solution.flow_path]
    out = np.zeros((problem.sources, problem.periods))
    into = np.zeros((problem.sinks, problem.periods))
    np.add.at(out, (problem.pair_source[pair], solution.flow_period), solution.flow_kt)
    np.add.at(into, (problem.pair_sink[pair], solution.flow_period), solution.flow_kt)
    return out, into


def _check_ends(problem: Problem, solution: Solution) -> None:
    """Nobody ships more than he can; what comes and what does not is what is needed."""
    shipped, delivered = _by_end(problem, solution)
    stocks = problem.stocks
    earlier = np.hstack([stocks.opening_kt[:, None], solution.level_kt[:, :-1]])
    drawn = (1.0 - stocks.loss)[:, None] * earlier - solution.level_kt
    came = delivered.copy()
    np.add.at(came, stocks.sink, drawn)
    scale = 1.0 + np.abs(problem.capacity_kt)
    if (shipped > problem.capacity_kt + TOLERANCE * scale).any():
        raise CheckError("a source ships more than it can")
    missing = problem.need_kt - came - solution.unserved_kt
    if (np.abs(missing) > TOLERANCE * (1.0 + problem.need_kt)).any():
        raise CheckError("what comes, is drawn, and does not come are not what a sink needs")
    if (solution.unserved_kt < -TOLERANCE).any():
        raise CheckError("more comes to a sink than it needs")
    idle = (problem.capacity_kt - shipped) > TOLERANCE * scale
    if (idle & (solution.rent_usd_t > 1e-3)).any():
        raise CheckError("a source that could ship more earns a rent")
    value = problem.value_usd_t[:, None]
    lost = solution.unserved_kt > TOLERANCE * (1.0 + problem.need_kt)
    beyond = (solution.price_usd_t - value) / (1.0 + value)
    # Who could put more by than he needs would pay more than the value of a lost tonne.
    beyond[stocks.sink] = np.minimum(beyond[stocks.sink], 0.0)
    if (lost & (np.abs(beyond) > TOLERANCE)).any():
        raise CheckError("need is lost at a price that is not its value")


def _check_stocks(problem: Problem, solution: Solution) -> None:
    """Stocks keep within their room and end as agreed."""
    stocks, level = problem.stocks, solution.level_kt
    room = stocks.capacity_kt * (1.0 + TOLERANCE) + TOLERANCE
    if (level < -TOLERANCE).any() or (level > room[:, None]).any():
        raise CheckError("a stock is outside its room")
    end = level[:, -1] + solution.closing_short_kt
    if (end < stocks.closing_kt - TOLERANCE * (1.0 + stocks.closing_kt)).any():
        raise CheckError("a stock ends below its least last level")


def _check_rooms(problem: Problem, solution: Solution) -> None:
    """Nothing takes more room than there is, and room that is left has no price."""
    used = np.zeros(problem.room.shape)
    for pair, path, period, kt, places in _walk(problem, solution):
        network = solution.paths.network[path]
        layer = problem.layers[problem.layer_of[problem.pair_class[pair], network]]
        for place in places:
            if layer.resource[place] >= 0:
                used[layer.resource[place], period] += kt * layer.unit_per_t[place]
    scale = 1.0 + np.where(np.isfinite(problem.room), problem.room, 0.0)
    over = used > problem.room + TOLERANCE * scale
    if over.any():
        resource, period = np.argwhere(over)[0]
        raise CheckError(f"resource {resource} is overfull in month {period + 1}")
    free = problem.room - used > TOLERANCE * scale
    if (free & (solution.scarcity > 1e-3)).any():
        raise CheckError("room that is left has a price")


def _check_objective(problem: Problem, solution: Solution) -> None:
    """The objective is what flows, stocks and lost tonnes cost; no balance costs less."""
    gate = problem.gate_usd_t
    ways = 0.0
    for pair, path, _, kt, places in _walk(problem, solution):
        network = solution.paths.network[path]
        layer = problem.layers[problem.layer_of[problem.pair_class[pair], network]]
        ways += kt * (gate[problem.pair_source[pair]] + sum(layer.cost_usd_t[p] for p in places))
    lost = float((problem.value_usd_t @ solution.unserved_kt).sum())
    kept = float((problem.stocks.cost_usd_t @ solution.level_kt).sum())
    penalties = solution.objective - ways - lost - kept
    scale = abs(solution.objective)
    if not _close(penalties, solution.penalty, scale):
        raise CheckError(f"flows cost {ways + lost + kept}, not {solution.cost}")
    if not _close(solution.bound, solution.objective, scale):
        raise CheckError(f"the dual says {solution.bound}, the balance {solution.objective}")
