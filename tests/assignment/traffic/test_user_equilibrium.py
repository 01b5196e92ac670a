"""User equilibrium by bushes: by hand, against a convex solver, and path by path."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sogdia.assignment.traffic.bush_memory import BushMemory
from sogdia.assignment.traffic.delay import (
    BPR,
    CONICAL,
    DAVIDSON,
    QUEUE,
    Delay,
    delay_integrals,
    delay_times,
)
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.user_equilibrium import solve


def problem(arcs, trips, *, classes=1, nodes=None, time_weight=None, unit=None, kind=BPR):
    """Arcs: (tail, head, free time, capacity, alpha, beta); trips: {(class, from, to): trips}."""
    rows = np.array(sorted(arcs, key=lambda row: row[:2]), dtype=float)
    tail, head = rows[:, 0].astype(np.int32), rows[:, 1].astype(np.int32)
    nodes = nodes or int(max(tail.max(), head.max())) + 1
    first_out = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first_out[1:])
    count = len(rows)
    keys = sorted(trips)
    return TrafficProblem(
        first_out=first_out,
        tail=tail,
        head=head,
        delay=Delay(np.full(count, kind, np.int8), *(rows[:, c].copy() for c in range(2, 6))),
        element=np.tile(np.arange(count, dtype=np.int32), (classes, 1)),
        unit=np.ones((classes, count)) if unit is None else np.repeat([unit], count, 0).T.copy(),
        fixed_cost=np.zeros((classes, count)),
        time_weight=np.ones(classes) if time_weight is None else np.array(time_weight),
        hard_capacity=np.full(count, np.inf),
        pair_class=np.array([k for k, _, _ in keys], np.int32),
        pair_origin=np.array([o for _, o, _ in keys], np.int32),
        pair_destination=np.array([d for _, _, d in keys], np.int32),
        trips=np.array([trips[key] for key in keys], dtype=float),
    )


def grid(size, seed, *, pairs=6, classes=1, scale=1.0, **options):
    """Return streets in a square, both ways, some of power 0, some of no time at all."""
    random = np.random.default_rng(seed)
    arcs = []
    for x in range(size):
        for y in range(size):
            for dx, dy in ((1, 0), (0, 1)):
                if x + dx < size and y + dy < size:
                    one, other = x * size + y, (x + dx) * size + y + dy
                    for tail, head in ((one, other), (other, one)):
                        beta = random.choice([0.0, 1.0, 4.0, 4.0, 4.0])
                        free = random.choice([0.0, 1.0, 2.0, 3.0])
                        arcs.append((tail, head, free, random.uniform(5, 20), 0.5, beta))
    trips: dict[tuple[int, int, int], float] = {}
    while len(trips) < pairs:
        k, o, d = random.integers(classes), *random.integers(size * size, size=2)
        if o != d:
            trips[int(k), int(o), int(d)] = scale * random.uniform(2, 12)
    return problem(arcs, trips, classes=classes, nodes=size * size, **options)


def costs(given, flow, *, marginal=False):
    """Return the cost of every arc to every class, by the definition."""
    element_flow = (given.unit * flow).sum(axis=0)
    time, slope = delay_times(given.delay, element_flow)
    cost = given.fixed_cost + given.time_weight[:, None] * time
    if marginal:
        cost = cost + given.unit * slope * (given.time_weight @ flow)
    return cost


def balance(given, flow):
    """Return the greatest deviation from node balance, of any class."""
    worst = 0.0
    for k in range(given.classes):
        net = np.zeros(given.nodes)
        np.add.at(net, given.tail, flow[k])
        np.subtract.at(net, given.head, flow[k])
        own = given.pair_class == k
        np.subtract.at(net, given.pair_origin[own], given.trips[own])
        np.add.at(net, given.pair_destination[own], given.trips[own])
        worst = max(worst, float(np.abs(net).max()))
    return worst


def recomputed_gap(given, flow, *, marginal=False):
    """Return the relative gap by scipy's Dijkstra, with times of zero made tiny."""
    cost = costs(given, flow, marginal=marginal)
    total, shortest = 0.0, 0.0
    for k in range(given.classes):
        used = flow[k] > 0.0
        total += float(flow[k][used] @ cost[k][used])
        own = np.flatnonzero(given.pair_class == k)
        least: dict[tuple[int, int], float] = {}
        for a in range(given.arcs):
            key = (int(given.tail[a]), int(given.head[a]))
            least[key] = min(least.get(key, np.inf), max(float(cost[k, a]), 1e-13))
        ends = np.array(list(least))
        values = np.array(list(least.values()))
        finite = np.isfinite(values)
        graph = csr_array(
            (values[finite], (ends[finite, 0], ends[finite, 1])), shape=(given.nodes, given.nodes)
        )
        for pair in own:
            distance = dijkstra(graph, indices=given.pair_origin[pair])
            shortest += given.trips[pair] * distance[given.pair_destination[pair]]
    return (total - shortest) / total if total > 0.0 else 0.0


def convex(given, *, marginal=False):
    """Return the least objective over flows by origin, by scipy's SLSQP."""
    origins = np.unique(given.pair_origin)
    count = given.arcs
    listed, amounts = [], []
    for i, origin in enumerate(origins):
        for node in range(given.nodes - 1):
            row = np.zeros(len(origins) * count)
            row[i * count : (i + 1) * count] = (given.tail == node) * 1.0 - (given.head == node)
            own = given.pair_origin == origin
            out = given.trips[own].sum() if node == origin else 0.0
            listed.append(row)
            amounts.append(out - given.trips[own & (given.pair_destination == node)].sum())
    rows, right = np.array(listed), np.array(amounts)

    def value(x):
        flow = x.reshape(len(origins), count).sum(axis=0)
        fixed = float(given.fixed_cost[0] @ flow)
        if marginal:
            return fixed + float(flow @ delay_times(given.delay, flow)[0])
        return fixed + float(delay_integrals(given.delay, flow).sum())

    def slope(x):
        flow = x.reshape(len(origins), count).sum(axis=0)
        return np.tile(costs(given, flow[None], marginal=marginal)[0], len(origins))

    free = linprog(slope(np.zeros(rows.shape[1])), A_eq=rows, b_eq=right, method="highs")
    found = minimize(
        value,
        free.x,
        jac=slope,
        bounds=[(0.0, None)] * rows.shape[1],
        constraints={"type": "eq", "fun": lambda x: rows @ x - right, "jac": lambda x: rows},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert np.abs(rows @ found.x - right).max() < 1e-6
    return float(found.fun)


BRAESS = problem(
    [
        (0, 1, 1e-9, 1e-10, 1.0, 1.0),
        (0, 2, 50.0, 50.0, 1.0, 1.0),
        (1, 2, 10.0, 10.0, 1.0, 1.0),
        (1, 3, 50.0, 50.0, 1.0, 1.0),
        (2, 3, 1e-9, 1e-10, 1.0, 1.0),
    ],
    {(0, 0, 3): 6.0},
)


def test_braess_by_hand():
    found = solve(BRAESS, gap=1e-12)
    assert found.flow[0] == pytest.approx([4.0, 2.0, 2.0, 2.0, 4.0], abs=1e-6)
    assert costs(BRAESS, found.flow)[0] @ found.flow[0] == pytest.approx(6 * 92.0)
    best = solve(BRAESS, gap=1e-12, system_optimum=True)
    assert best.flow[0] == pytest.approx([3.0, 3.0, 0.0, 3.0, 3.0], abs=1e-6)
    assert best.objective == pytest.approx(6 * 83.0)
    assert best.method == "so"


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("system_optimum", [False, True])
def test_a_grid_has_the_objective_of_a_convex_solver(seed, system_optimum):
    given = grid(3, seed, pairs=4)
    found = solve(given, gap=1e-12, system_optimum=system_optimum)
    assert found.converged
    assert recomputed_gap(given, found.flow, marginal=system_optimum) < 1e-11
    expected = convex(given, marginal=system_optimum)
    assert found.objective == pytest.approx(expected, rel=1e-6)
    assert found.objective <= expected * (1 + 1e-9)


@pytest.mark.parametrize("kind", [CONICAL, DAVIDSON, QUEUE])
@pytest.mark.parametrize("system_optimum", [False, True])
def test_every_kind_of_delay_converges(kind, system_optimum):
    given = grid(4, 5, pairs=20, kind=kind)
    size = given.arcs
    given = replace(
        given,
        delay=replace(
            given.delay,
            alpha=np.full(size, 2.0),
            beta=np.full(size, 2.0),
            capacity=given.delay.capacity * 2.0,
        ),
    )
    found = solve(given, gap=1e-11, system_optimum=system_optimum)
    assert found.converged
    assert recomputed_gap(given, found.flow, marginal=system_optimum) < 2e-11
    assert balance(given, found.flow) < 1e-9


def test_no_path_in_use_is_longer_than_another():
    given = grid(5, 3, pairs=30, scale=2.0)
    found = solve(given, gap=1e-12)
    paths = found.memory.path_flows()
    cost = costs(given, found.flow)[0]
    again, served = np.zeros(given.arcs), np.zeros(len(given.trips))
    lengths: dict[int, list[float]] = {}
    for p, pair in enumerate(paths.pair):
        arcs = paths.arc[paths.first[p] : paths.first[p + 1]]
        assert given.tail[arcs[0]] == given.pair_origin[pair]
        assert given.head[arcs[-1]] == given.pair_destination[pair]
        assert (given.head[arcs[:-1]] == given.tail[arcs[1:]]).all()
        again[arcs] += paths.flow[p]
        served[pair] += paths.flow[p]
        lengths.setdefault(pair, []).append(cost[arcs].sum())
    assert (np.diff(paths.pair) >= 0).all()
    assert (paths.flow > 0.0).all()
    assert again == pytest.approx(found.flow[0], abs=1e-9)
    assert served == pytest.approx(given.trips, rel=1e-12)
    assert max(map(len, lengths.values())) > 1
    for same in lengths.values():
        assert max(same) - min(same) <= 1e-6 * max(same)


def test_the_system_optimum_is_the_equilibrium_under_marginal_tolls():
    given = grid(4, 7, pairs=12, scale=2.0)
    best = solve(given, gap=1e-13, system_optimum=True)
    time, slope = delay_times(given.delay, best.flow[0])
    tolled = replace(given, fixed_cost=given.fixed_cost + slope * best.flow[0])
    found = solve(tolled, gap=1e-13)
    assert found.flow[0] @ delay_times(given.delay, found.flow[0])[0] == pytest.approx(
        best.objective, rel=1e-9
    )
    assert recomputed_gap(tolled, best.flow) < 1e-12
    assert (
        best.flow[0] @ time
        < solve(given, gap=1e-13).flow[0]
        @ delay_times(given.delay, solve(given, gap=1e-13).flow[0])[0]
    )


def test_threads_change_no_bit():
    given = grid(7, 11, pairs=300, classes=2, scale=0.2)
    one = solve(given, gap=1e-11)
    two = solve(given, gap=1e-11, threads=2)
    assert one.flow.tobytes() == two.flow.tobytes()
    assert one.history.equals(two.history)


@pytest.mark.parametrize("system_optimum", [False, True])
def test_classes_share_the_roads(system_optimum):
    """Trucks count double and may not use every street; cars pay tolls."""
    given = grid(4, 13, pairs=24, classes=2, unit=[1.0, 2.0], time_weight=[1.0, 2.0])
    random = np.random.default_rng(1)
    fixed = np.zeros((2, given.arcs))
    fixed[0] = random.uniform(0.0, 2.0, given.arcs)
    given = replace(given, fixed_cost=fixed)
    open_flow = solve(given, gap=1e-11).flow[1]
    closed = int(open_flow.argmax())
    fixed = fixed.copy()
    fixed[1, closed] = np.inf
    given = replace(given, fixed_cost=fixed)
    found = solve(given, gap=1e-11, system_optimum=system_optimum)
    assert found.converged
    assert found.flow[1, closed] == 0.0
    assert found.flow[0].any() and found.flow[1].any()
    assert balance(given, found.flow) < 1e-9
    with np.errstate(invalid="ignore"):
        assert recomputed_gap(given, found.flow, marginal=system_optimum) < 2e-11
    used = found.flow > 0.0
    fixed_part = float((found.flow[used] * fixed[used]).sum())
    element_flow = (given.unit * found.flow).sum(axis=0)
    expected = fixed_part + float(delay_integrals(given.delay, element_flow).sum())
    if system_optimum:
        time, _ = delay_times(given.delay, element_flow)
        expected = fixed_part + float((given.time_weight @ found.flow) @ time)
    assert found.objective == pytest.approx(expected, rel=1e-12)


def test_classes_that_weigh_time_differently_have_no_objective():
    given = grid(3, 1, classes=2, pairs=8, time_weight=[1.0, 3.0])
    found = solve(given, gap=1e-10)
    assert np.isnan(found.objective)
    assert recomputed_gap(given, found.flow) < 1e-9


def bushes(solution) -> BushMemory:
    assert isinstance(solution.memory, BushMemory)
    return solution.memory


def without(given, arc):
    keep = np.arange(given.arcs) != arc
    arc_map = np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int32)
    first_out = np.zeros(given.nodes + 1, np.int32)
    np.cumsum(np.bincount(given.tail[keep], minlength=given.nodes), out=first_out[1:])
    delay = given.delay
    fields = [delay.kind, delay.free_time, delay.capacity, delay.alpha, delay.beta]
    count = given.arcs - 1
    return arc_map, replace(
        given,
        first_out=first_out,
        tail=given.tail[keep],
        head=given.head[keep],
        delay=Delay(*(field[keep] for field in fields)),
        element=np.arange(count, dtype=np.int32)[None],
        unit=given.unit[:, keep],
        fixed_cost=given.fixed_cost[:, keep],
        hard_capacity=given.hard_capacity[keep],
    )


def test_a_warm_start_ends_where_a_cold_one_does():
    given = grid(6, 17, pairs=60)
    before = solve(given, gap=1e-12)
    assert solve(given, gap=1e-12, warm_start=bushes(before)).iterations == 0
    busy = int(before.flow[0].argmax())
    narrower = given.delay.capacity.copy()
    narrower[busy] *= 0.5
    closed = given.fixed_cost.copy()
    closed[0, busy] = np.inf
    moved_pairs = given.pair_destination.copy()
    moved_pairs[3] = next(
        n
        for n in range(given.nodes)
        if n not in (given.pair_origin[3], *given.pair_destination[2:5])
        and (given.pair_origin[2] != given.pair_origin[3] or given.pair_destination[2] < n)
        and (given.pair_origin[4] != given.pair_origin[3] or n < given.pair_destination[4])
    )
    arc_map, removed = without(given, busy)
    changes = [
        (replace(given, delay=replace(given.delay, capacity=narrower)), bushes(before)),
        (replace(given, fixed_cost=closed), bushes(before)),
        (replace(given, trips=given.trips * 1.3), bushes(before)),
        (replace(given, pair_destination=moved_pairs), bushes(before)),
        (removed, bushes(before).moved(arc_map)),
    ]
    for changed, memory in changes:
        cold, warm = solve(changed, gap=1e-12), solve(changed, gap=1e-12, warm_start=memory)
        assert warm.converged
        assert balance(changed, warm.flow) < 1e-9
        assert warm.objective == pytest.approx(cold.objective, rel=1e-11)
        assert recomputed_gap(changed, warm.flow) < 1e-11
    assert solve(given, gap=1e-12).flow.tobytes() == before.flow.tobytes()


def test_an_arc_opened_again_is_found():
    given = grid(5, 19, pairs=40)
    busy = int(solve(given, gap=1e-10).flow[0].argmax())
    arc_map, removed = without(given, busy)
    back = np.full(removed.arcs, -1, np.int32)
    back[arc_map[arc_map >= 0]] = np.flatnonzero(arc_map >= 0)
    memory = bushes(solve(removed, gap=1e-12)).moved(back)
    warm, cold = solve(given, gap=1e-12, warm_start=memory), solve(given, gap=1e-12)
    assert warm.flow[0, busy] > 0.0
    assert warm.objective == pytest.approx(cold.objective, rel=1e-11)


def test_parallel_arcs_zero_times_and_cycles_of_no_cost():
    arcs = [
        (0, 1, 0.0, 1.0, 0.0, 0.0),
        (1, 0, 0.0, 1.0, 0.0, 0.0),
        (1, 2, 0.0, 1.0, 0.0, 0.0),
        (2, 1, 0.0, 1.0, 0.0, 0.0),
        (2, 3, 1.0, 2.0, 1.0, 1.0),
        (2, 3, 1.0, 2.0, 1.0, 1.0),
        (2, 3, 2.0, 3.0, 0.0, 0.0),
        (3, 3, 0.0, 1.0, 0.0, 0.0),
    ]
    given = problem(arcs, {(0, 0, 3): 10.0})
    found = solve(given, gap=1e-12)
    assert found.flow[0] == pytest.approx([10, 0, 10, 0, 2, 2, 6, 0], abs=1e-9)


def test_too_few_iterations_are_told():
    given = grid(5, 23, pairs=40, scale=3.0)
    calls = []
    found = solve(given, gap=1e-14, iterations=1, progress=lambda *call: calls.append(call))
    assert not found.converged
    assert found.iterations == 1
    assert found.history.height == 2
    assert calls == [("equilibrium", 0, 1), ("equilibrium", 1, 1)]
    assert found.relative_gap == pytest.approx(recomputed_gap(given, found.flow), rel=1e-6)


def test_no_trips_and_no_way():
    given = grid(3, 1)
    none = np.empty(0, np.int32)
    empty = replace(
        given, pair_class=none, pair_origin=none, pair_destination=none, trips=np.empty(0)
    )
    found = solve(empty)
    assert not found.flow.any()
    assert found.converged
    assert len(found.memory.path_flows().flow) == 0
    with pytest.raises(ValueError, match="cannot be reached"):
        solve(problem([(0, 1, 1.0, 1.0, 0.0, 0.0)], {(0, 0, 2): 1.0}, nodes=3), threads=2)
    with pytest.raises(ValueError, match="hard capacities"):
        solve(replace(given, hard_capacity=np.ones(given.arcs)))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), arcs=st.integers(8, 24), pairs=st.integers(1, 4))
def test_random_networks_have_the_objective_of_a_convex_solver(seed, arcs, pairs):
    random = np.random.default_rng(seed)
    nodes = 6
    ring = [(n, (n + 1) % nodes, 3.0, random.uniform(2, 9), 0.3, 1.0) for n in range(nodes)]
    more = [
        (
            *random.integers(nodes, size=2),
            float(random.integers(0, 4)),
            random.uniform(2, 9),
            random.choice([0.0, 0.15, 1.0]),
            float(random.choice([0, 1, 2, 4])),
        )
        for _ in range(arcs)
    ]
    trips = {
        (0, int(o), int((o + 1 + s) % nodes)): float(random.uniform(1, 8))
        for o, s in random.integers((nodes, 5), size=(pairs, 2))
    }
    given_ = problem(ring + more, trips)
    # Where a slope is nought in equilibrium, steps of Newton's kind close in slowly.
    found = solve(given_, gap=1e-11, iterations=200)
    assert balance(given_, found.flow) < 1e-9
    # What a gap leaves bounds the objective from below; the peer may stop a little early.
    assert recomputed_gap(given_, found.flow) < 1e-6
    assert found.objective <= convex(given_) * (1 + 1e-6) + 1e-8
