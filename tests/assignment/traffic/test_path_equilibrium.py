"""Equilibrium by paths against hand calculation, linear programs and convex solvers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, sparse

from sogdia.assignment.traffic.delay import BPR, CONSTANT, Delay, constant_delay, delay_integrals
from sogdia.assignment.traffic.path_equilibrium import solve
from sogdia.assignment.traffic.paths import PathMemory
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import TrafficSolution
from sogdia.assignment.traffic.user_equilibrium import solve as solve_by_bushes
from sogdia.errors import InfeasibleError, OverCapacityError


def problem_of(
    nodes: int,
    ends: list[tuple[int, int]],
    delay: Delay,
    pairs: list[tuple[int, int, int, float]],
    **changes: object,
) -> TrafficProblem:
    """A network of roads, its arcs given in the order of their tails; one class by default."""
    tail, head = np.array(ends, dtype=np.int32).T.copy()
    arcs, classes = len(ends), max(pair[0] for pair in pairs) + 1
    first_out = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first_out[1:])
    one = TrafficProblem(
        first_out=first_out,
        tail=tail,
        head=head,
        delay=delay,
        element=np.tile(np.arange(arcs, dtype=np.int32), (classes, 1)),
        unit=np.ones((classes, arcs)),
        fixed_cost=np.zeros((classes, arcs)),
        time_weight=np.ones(classes),
        hard_capacity=np.full(arcs, np.inf),
        pair_class=np.array([pair[0] for pair in pairs], dtype=np.int32),
        pair_origin=np.array([pair[1] for pair in pairs], dtype=np.int32),
        pair_destination=np.array([pair[2] for pair in pairs], dtype=np.int32),
        trips=np.array([pair[3] for pair in pairs], dtype=np.float64),
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def bpr(free_time: np.ndarray, capacity: np.ndarray, power: float = 4.0) -> Delay:
    size = len(free_time)
    return Delay(
        kind=np.full(size, BPR, dtype=np.int8),
        free_time=free_time,
        capacity=capacity,
        alpha=np.full(size, 0.15),
        beta=np.full(size, power),
    )


def linear(free_time: list[float], growth: list[float]) -> Delay:
    """``free_time + growth * flow``."""
    free = np.array(free_time)
    return Delay(
        kind=np.full(len(free), BPR, dtype=np.int8),
        free_time=free,
        capacity=np.ones(len(free)),
        alpha=np.array(growth) / free,
        beta=np.ones(len(free)),
    )


def random_roads(seed: int, pairs: int, classes: int = 1) -> TrafficProblem:
    """A grid of 4 by 4 with both directions, and random costs."""
    rng = np.random.default_rng(seed)
    ends = []
    for node in range(16):
        row, column = divmod(node, 4)
        near = [(row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column)]
        ends += [(node, 4 * r + c) for r, c in near if 0 <= r < 4 and 0 <= c < 4]
    arcs = len(ends)
    chosen: set[tuple[int, int, int]] = set()
    while len(chosen) < pairs:
        start, end = rng.choice(16, size=2, replace=False)
        chosen.add((int(rng.integers(classes)), int(start), int(end)))
    chosen.add((classes - 1, 0, 15))
    delay = bpr(rng.uniform(1.0, 3.0, arcs), rng.uniform(2.0, 6.0, arcs))
    table = [(*pair, float(rng.uniform(1.0, 4.0))) for pair in sorted(chosen)]
    return problem_of(
        16,
        ends,
        delay,
        table,
        unit=np.tile(rng.uniform(0.5, 2.0, classes)[:, None], (1, arcs)),
        fixed_cost=rng.uniform(0.0, 1.0, (classes, arcs)),
    )


def assert_fair(problem: TrafficProblem, solution: TrafficSolution, tolerance: float) -> None:
    """Flows serve the trips; capacities hold; prices stand only where capacities are full."""
    for of_class in range(problem.classes):
        balance = np.zeros(problem.nodes)
        np.add.at(balance, problem.tail, solution.flow[of_class])
        np.subtract.at(balance, problem.head, solution.flow[of_class])
        mine = problem.pair_class == of_class
        np.subtract.at(balance, problem.pair_origin[mine], problem.trips[mine])
        np.add.at(balance, problem.pair_destination[mine], problem.trips[mine])
        assert np.abs(balance).max() < 1e-9 * problem.trips.sum()
    flow = problem.element_flow(solution.flow)
    assert (flow <= problem.hard_capacity * (1 + tolerance)).all()
    assert (solution.price >= 0).all()
    hard = np.isfinite(problem.hard_capacity)
    assert (solution.price[~hard] == 0).all()
    room = problem.hard_capacity[hard] - flow[hard]
    assert solution.price[hard] @ np.abs(room) <= tolerance * solution.objective


TWO_ROUTES = [(0, 1), (0, 1)]


def test_the_price_of_a_capacity_is_what_the_other_way_costs_more():
    problem = problem_of(
        2,
        TWO_ROUTES,
        constant_delay(np.array([3.0, 5.0])),
        [(0, 0, 1, 10.0)],
        hard_capacity=np.array([4.0, np.inf]),
    )
    solution = solve(problem, gap=1e-9)
    assert solution.flow[0] == pytest.approx([4.0, 6.0])
    assert solution.price == pytest.approx([2.0, 0.0])
    assert solution.objective == pytest.approx(42.0)
    assert solution.converged


def test_the_price_where_times_grow():
    # The other way takes 2 + 7 = 9 when 3 stay on the first, which takes 1 + 3.
    problem = problem_of(
        2,
        TWO_ROUTES,
        linear([1.0, 2.0], [1.0, 1.0]),
        [(0, 0, 1, 10.0)],
        hard_capacity=np.array([3.0, np.inf]),
    )
    solution = solve(problem, gap=1e-9)
    assert solution.flow[0] == pytest.approx([3.0, 7.0], rel=1e-7)
    assert solution.price == pytest.approx([5.0, 0.0], rel=1e-6)
    assert_fair(problem, solution, 1e-6)


def test_system_optimum_by_hand():
    # 10 trips, 1 + x against 5 without congestion: equal at 4, least total time at 2.
    problem = problem_of(2, TWO_ROUTES, linear([1.0, 5.0], [1.0, 0.0]), [(0, 0, 1, 10.0)])
    assert solve(problem, gap=1e-10).flow[0] == pytest.approx([4.0, 6.0])
    best = solve(problem, gap=1e-10, system_optimum=True)
    assert best.flow[0] == pytest.approx([2.0, 8.0])
    assert best.objective == pytest.approx(2.0 * 3.0 + 8.0 * 5.0)


def test_system_optimum_of_classes_that_weigh_time_differently():
    # Total cost (x + 3 y) (1 + x + y) + 5 (4 - x) + 5 (4 - y), least on the box by search.
    problem = problem_of(
        2,
        TWO_ROUTES,
        linear([1.0, 1.0], [1.0, 0.0]),
        [(0, 0, 1, 4.0), (1, 0, 1, 4.0)],
        time_weight=np.array([1.0, 3.0]),
        fixed_cost=np.array([[0.0, 4.0], [0.0, 2.0]]),
    )

    def cost(x: float, y: float) -> float:
        return (x + 3 * y) * (1 + x + y) + 5 * (4 - x) + 5 * (4 - y)

    solution = solve(problem, gap=1e-10, system_optimum=True)
    x, y = solution.flow[:, 0]
    assert solution.objective == pytest.approx(cost(x, y))
    grid = np.linspace(0, 4, 401)
    assert solution.objective <= min(cost(a, b) for a in grid for b in grid) + 1e-9


def test_both_directions_share_one_capacity():
    # A single track between 0 and 1, and a ring through 2 that costs 4 more.
    ends = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
    problem = problem_of(
        3,
        ends,
        constant_delay(np.array([1.0, 2.0, 3.0, 2.0, 3.0])),
        [(0, 0, 1, 5.0), (0, 1, 0, 5.0)],
        element=np.array([[0, 1, 0, 2, 3, 4]], dtype=np.int32),
        hard_capacity=np.array([6.0, np.inf, np.inf, np.inf, np.inf]),
    )
    solution = solve(problem, gap=1e-9)
    # Round it is 2 + 3 there and 2 + 3 back: whoever goes round costs 4 more.
    assert problem.element_flow(solution.flow)[0] == pytest.approx(6.0)
    assert solution.price == pytest.approx([4.0, 0, 0, 0, 0])
    assert solution.objective == pytest.approx(6 * 1 + 4 * 5)
    assert_fair(problem, solution, 1e-9)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_linear_problems_agree_with_a_linear_program(seed):
    problem = random_roads(seed, 12, classes=3)
    loose = replace(problem, delay=constant_delay(problem.delay.free_time))
    spread = solve(replace(problem, delay=replace(problem.delay, capacity=np.ones(problem.arcs))))
    capacity = problem.element_flow(spread.flow) * 1.02 + 0.05
    tight = replace(loose, hard_capacity=capacity)
    solution = solve(tight, gap=1e-9)
    assert solution.objective == pytest.approx(least_cost(tight), rel=1e-9)
    assert solution.relative_gap < 1e-9
    assert_fair(tight, solution, 1e-8)


def least_cost(problem: TrafficProblem) -> float:
    """The same on arc flows, by HiGHS through scipy."""
    pairs, arcs = len(problem.trips), problem.arcs
    columns = np.arange(arcs)
    incidence = sparse.coo_array(
        (
            np.concatenate([np.ones(arcs), -np.ones(arcs)]),
            (np.concatenate([problem.tail, problem.head]), np.tile(columns, 2)),
        ),
        shape=(problem.nodes, arcs),
    )
    right = np.zeros((pairs, problem.nodes))
    right[np.arange(pairs), problem.pair_origin] += problem.trips
    right[np.arange(pairs), problem.pair_destination] -= problem.trips
    cost = problem.fixed_cost + problem.time_weight[:, None] * problem.delay.free_time
    use = sparse.hstack([sparse.diags_array(problem.unit[k]) for k in problem.pair_class])
    answer = optimize.linprog(
        cost[problem.pair_class].ravel(),
        A_ub=use,
        b_ub=problem.hard_capacity,
        A_eq=sparse.block_diag([incidence] * pairs),
        b_eq=right.ravel(),
        method="highs",
    )
    assert answer.success
    return float(answer.fun)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_other_flows_have_a_lower_beckmann_function(seed):
    problem = random_roads(seed, 8)
    problem = replace(problem, unit=np.ones((1, problem.arcs)))
    solution = solve(problem, gap=1e-11)
    assert solution.converged
    assert solution.objective == pytest.approx(
        float(solution.flow.ravel() @ problem.fixed_cost.ravel())
        + delay_integrals(problem.delay, solution.flow[0]).sum()
    )
    # At the times of these flows, a linear program over arcs finds nothing cheaper: Wardrop.
    times = problem.delay.free_time * (1 + 0.15 * (solution.flow[0] / problem.delay.capacity) ** 4)
    frozen = replace(problem, delay=constant_delay(times))
    now = float(solution.flow[0] @ (times + problem.fixed_cost[0]))
    assert now == pytest.approx(least_cost(replace(frozen, hard_capacity=np.full(48, 1e9))))


def test_system_optimum_is_user_equilibrium_under_marginal_tolls():
    problem = random_roads(5, 10)
    problem = replace(problem, unit=np.ones((1, problem.arcs)))
    best = solve(problem, gap=1e-11, system_optimum=True)
    share = best.flow[0] / problem.delay.capacity
    toll = 4 * 0.15 * problem.delay.free_time * share**4
    tolled = replace(problem, fixed_cost=problem.fixed_cost + toll)
    assert solve(tolled, gap=1e-11).flow == pytest.approx(best.flow, abs=1e-5)


@pytest.mark.parametrize("system_optimum", [False, True])
def test_bushes_and_paths_end_at_the_same_flows(system_optimum):
    problem = random_roads(seed=11, pairs=12)
    paths = solve(problem, gap=1e-11, system_optimum=system_optimum)
    bushes = solve_by_bushes(problem, gap=1e-11, system_optimum=system_optimum)
    assert paths.converged
    assert bushes.converged
    assert paths.objective == pytest.approx(bushes.objective, rel=1e-10)
    grows = problem.delay.kind != CONSTANT
    total = paths.flow.sum(axis=0), bushes.flow.sum(axis=0)
    assert total[0][grows] == pytest.approx(total[1][grows], rel=1e-4, abs=1e-4)


def test_capacities_of_roads_whose_times_grow():
    problem = random_roads(3, 10)
    problem = replace(problem, unit=np.ones((1, problem.arcs)))
    free = solve(problem, gap=1e-10)
    worst = np.argsort(free.flow[0])[-3:]
    capacity = np.full(problem.arcs, np.inf)
    capacity[worst] = 0.8 * free.flow[0, worst]
    tight = replace(problem, hard_capacity=capacity)
    solution = solve(tight, gap=1e-7)
    assert solution.converged
    assert (solution.price[worst] > 0).any()
    assert_fair(tight, solution, 1e-6)
    # Prices as tolls lead to the same flows without any capacity.
    tolled = replace(problem, fixed_cost=problem.fixed_cost + solution.price)
    assert solve(tolled, gap=1e-10).flow == pytest.approx(solution.flow, abs=1e-3)


def test_threads_change_no_bit():
    problem = random_roads(7, 30, classes=3)
    one, two = solve(problem, gap=1e-9), solve(problem, gap=1e-9, threads=2)
    assert one.flow.tobytes() == two.flow.tobytes()


def test_no_room_names_the_capacities_that_bar_the_way():
    problem = problem_of(
        3,
        [(0, 1), (0, 1), (1, 2)],
        constant_delay(np.ones(3)),
        [(0, 0, 2, 10.0)],
        hard_capacity=np.array([4.0, 5.0, 20.0]),
    )
    with pytest.raises(OverCapacityError, match="elements 0, 1 together") as caught:
        solve(problem)
    assert caught.value.elements == (0, 1)
    assert caught.value.missing == pytest.approx(1.0)


def test_no_room_where_times_grow():
    problem = problem_of(
        2,
        TWO_ROUTES,
        linear([1.0, 2.0], [1.0, 1.0]),
        [(0, 0, 1, 10.0)],
        hard_capacity=np.array([4.0, 5.0]),
    )
    with pytest.raises(OverCapacityError) as caught:
        solve(problem, gap=1e-8)
    assert caught.value.elements == (0, 1)


def test_a_pair_without_a_way_is_named():
    problem = problem_of(3, [(0, 1)], constant_delay(np.ones(1)), [(0, 0, 2, 1.0)])
    with pytest.raises(InfeasibleError, match="from node 0 to 2 for class 0"):
        solve(problem)


def test_a_warm_start_needs_fewer_iterations():
    problem = random_roads(11, 30)
    cold = solve(problem, gap=1e-10)
    assert isinstance(cold.memory, PathMemory)
    more = replace(problem, trips=problem.trips * np.where(np.arange(len(problem.trips)), 1, 1.1))
    again, anew = solve(more, gap=1e-10, warm_start=cold.memory), solve(more, gap=1e-10)
    assert again.objective == pytest.approx(anew.objective, rel=1e-10)
    assert again.iterations < anew.iterations


def test_a_warm_start_on_fewer_arcs():
    problem = random_roads(13, 20)
    cold = solve(problem, gap=1e-10)
    assert isinstance(cold.memory, PathMemory)
    gone = int(np.argmax(cold.flow[0]))
    keep = np.arange(problem.arcs) != gone
    arc_map = np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int32)
    first_out = np.zeros(17, dtype=np.int32)
    np.cumsum(np.bincount(problem.tail[keep], minlength=16), out=first_out[1:])
    delay = problem.delay
    less = replace(
        problem,
        first_out=first_out,
        tail=problem.tail[keep],
        head=problem.head[keep],
        delay=Delay(
            delay.kind[keep],
            delay.free_time[keep],
            delay.capacity[keep],
            delay.alpha[keep],
            delay.beta[keep],
        ),
        element=np.arange(int(keep.sum()), dtype=np.int32)[None],
        unit=problem.unit[:, keep],
        fixed_cost=problem.fixed_cost[:, keep],
        hard_capacity=problem.hard_capacity[keep],
    )
    again = solve(less, gap=1e-10, warm_start=cold.memory.moved(arc_map))
    assert again.objective == pytest.approx(solve(less, gap=1e-10).objective, rel=1e-9)


def test_flows_by_path_add_up_to_flows_by_arc():
    problem = random_roads(17, 20, classes=2)
    solution = solve(problem, gap=1e-8)
    paths = solution.memory.path_flows()
    flow = np.zeros_like(solution.flow)
    for path, pair in enumerate(paths.pair):
        arcs = paths.arc[paths.first[path] : paths.first[path + 1]]
        assert problem.tail[arcs[0]] == problem.pair_origin[pair]
        assert problem.head[arcs[-1]] == problem.pair_destination[pair]
        assert (problem.head[arcs[:-1]] == problem.tail[arcs[1:]]).all()
        flow[problem.pair_class[pair], arcs] += paths.flow[path]
    assert flow == pytest.approx(solution.flow, abs=1e-12)


def test_constant_arcs_among_growing_ones():
    delay = linear([1.0, 5.0], [1.0, 0.0])
    delay.kind[1] = CONSTANT
    problem = problem_of(2, TWO_ROUTES, delay, [(0, 0, 1, 10.0)])
    assert solve(problem, gap=1e-10).flow[0] == pytest.approx([4.0, 6.0])
