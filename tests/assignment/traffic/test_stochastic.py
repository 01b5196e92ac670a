"""Stochastic equilibrium: closed forms, Fisk's program, plain Python, restart, threads."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, brentq, minimize
from tests.assignment.traffic.stochastic_networks import braess, grid, problem_of, two_roads

from sogdia.assignment.traffic import stochastic_loading
from sogdia.assignment.traffic.delay import delay_integrals, delay_times
from sogdia.assignment.traffic.path_sets import cheapest_paths
from sogdia.assignment.traffic.stochastic import solve
from sogdia.assignment.traffic.stochastic_memory import StochasticMemory
from sogdia.assignment.traffic.stochastic_options import StochasticOptions
from sogdia.errors import DataError

PLAIN = StochasticOptions(path_size_weight=0.0, k_best=3, detour=100.0)


def paths_of(solution):
    flows = solution.memory.path_flows()
    bounds = zip(flows.pair, flows.first[:-1], flows.first[1:], flows.flow, strict=True)
    return [(int(pair), flows.arc[a:b].tolist(), float(flow)) for pair, a, b, flow in bounds]


def remembered(solution):
    assert isinstance(solution.memory, StochasticMemory)
    return solution.memory


def path_costs(problem, solution):
    """Return the paths of each pair with flow and cost, in plain Python."""
    times, _ = delay_times(problem.delay, problem.element_flow(solution.flow))
    groups: dict[int, list[tuple[list[int], float, float]]] = {}
    for pair, arcs, flow in paths_of(solution):
        k = problem.pair_class[pair]
        cost = sum(
            problem.fixed_cost[k, a] + problem.time_weight[k] * times[problem.element[k, a]]
            for a in arcs
        )
        groups.setdefault(pair, []).append((arcs, flow, cost))
    return groups


def residual(problem, solution, scale, bonus):
    """Return the fixed-point residual of a logit, in plain Python."""
    off = 0.0
    for pair, members in path_costs(problem, solution).items():
        terms = [
            exp(b - scale * cost) for (_, _, cost), b in zip(members, bonus(members), strict=True)
        ]
        for (_, flow, _), term in zip(members, terms, strict=True):
            off += abs(flow - problem.trips[pair] * term / sum(terms))
    return off / problem.trips.sum()


def path_size_bonus(members):
    users = [arc for arcs, _, _ in members for arc in arcs]
    return [log(sum(1 / users.count(arc) for arc in arcs) / len(arcs)) for arcs, _, _ in members]


@pytest.mark.parametrize("newton", [True, False])
@pytest.mark.parametrize("scale", [0.05, 1.0, 20.0])
def test_two_roads_solve_the_scalar_equation(scale, newton):
    problem = two_roads()

    def off(flow):
        times, _ = delay_times(problem.delay, np.array([flow, 100.0 - flow]))
        return flow - 100.0 / (1.0 + exp(scale * (times[0] - times[1])))

    solution = solve(
        problem, options=replace(PLAIN, scale=scale, newton=newton), gap=1e-10, iterations=5000
    )
    assert solution.method == "sue"
    assert solution.converged
    assert solution.flow[0, 0] == pytest.approx(brentq(off, 0.0, 100.0, xtol=1e-12), abs=1e-7)


def test_fixed_point_holds_in_plain_python():
    problem = grid(4, np.random.default_rng(5), pairs=12, classes=2)
    options = StochasticOptions(scale=0.6, length=np.ones(problem.arcs), k_best=4)
    solution = solve(problem, options=options, gap=1e-9)
    found = residual(problem, solution, 0.6, path_size_bonus)
    assert found <= 1e-9
    assert found == pytest.approx(solution.relative_gap, rel=1e-3, abs=1e-13)
    assert solution.history["relative_gap"][-1] == pytest.approx(found, rel=1e-3, abs=1e-13)
    assert len(solution.history) == solution.iterations


def test_classes_share_a_road_in_its_units():
    # Lorries count twice, pay a toll on road 0, and their road 1 is not counted at all.
    problem = problem_of(
        2,
        [(0, 1, 1.0, 50.0, 1.0, 2.0), (0, 1, 2.0, 50.0, 1.0, 2.0)],
        [(0, 0, 1, 60.0), (1, 0, 1, 20.0)],
        classes=2,
        fixed=[[0.0, 0.0], [0.4, 3.0]],
        weight=[1.0, 1.5],
        element=[[0, 1], [0, -1]],
        unit=[[1.0, 1.0], [2.0, 2.0]],
    )
    solution = solve(problem, options=replace(PLAIN, scale=0.9), gap=1e-11)
    cars, lorries = solution.flow
    first = 1.0 + ((cars[0] + 2.0 * lorries[0]) / 50.0) ** 2
    second = 2.0 * (1.0 + (cars[1] / 50.0) ** 2)
    of_cars = 60.0 / (1.0 + exp(0.9 * (first - second)))
    of_lorries = 20.0 / (1.0 + exp(0.9 * (0.4 + 1.5 * first - 3.0)))
    assert (cars[0], lorries[0]) == pytest.approx((of_cars, of_lorries), abs=1e-7)


def test_plain_logit_solves_fisks_program():
    """Fisk (1980): the integrals of times plus the entropy of path flows over the scale."""
    problem = grid(3, np.random.default_rng(2), pairs=3)
    problem = replace(problem, unit=np.ones_like(problem.unit), time_weight=np.ones(1))
    scale = 0.8
    solution = solve(problem, options=replace(PLAIN, scale=scale), gap=1e-10)
    paths = paths_of(solution)
    use = np.zeros((problem.arcs, len(paths)))
    serves = np.zeros((len(problem.trips), len(paths)))
    for number, (pair, arcs, _) in enumerate(paths):
        use[arcs, number] = 1.0
        serves[pair, number] = 1.0

    def value(flow):
        total = delay_integrals(problem.delay, use @ flow).sum()
        return total + problem.fixed_cost[0] @ (use @ flow) + (flow * np.log(flow)).sum() / scale

    def gradient(flow):
        times, _ = delay_times(problem.delay, use @ flow)
        return use.T @ (times + problem.fixed_cost[0]) + (np.log(flow) + 1.0) / scale

    best = minimize(
        value,
        serves.T @ (problem.trips / serves.sum(axis=1)),
        jac=gradient,
        method="SLSQP",
        bounds=[(1e-9, None)] * len(paths),
        constraints=LinearConstraint(serves, problem.trips, problem.trips),
        options={"ftol": 1e-13, "maxiter": 500},
    )
    found = np.array([flow for _, _, flow in paths])
    assert value(found) <= best.fun + 1e-9 * abs(best.fun)
    assert found == pytest.approx(best.x, abs=1e-3)


def test_a_large_scale_is_nearly_user_equilibrium():
    solution = solve(braess(), options=replace(PLAIN, scale=200.0), iterations=5000)
    assert solution.converged
    assert solution.flow[0] == pytest.approx([4.0, 2.0, 2.0, 2.0, 4.0], abs=0.01)


def test_a_small_scale_shares_equally():
    solution = solve(braess(), options=replace(PLAIN, scale=1e-9), gap=1e-12)
    assert [flow for _, _, flow in paths_of(solution)] == pytest.approx([2.0, 2.0, 2.0])


def test_corridors_are_nests():
    # Two ways through corridor 0, one through corridor 1, costs that no flow changes.
    roads = [(0, 1, 1.0, 1.0, 0.0, 1.0), (0, 2, 2.0, 1.0, 0.0, 1.0)]
    roads += [(1, 2, 1.0, 1.0, 0.0, 1.0), (1, 2, 1.0, 1.0, 0.0, 1.0)]
    problem = problem_of(3, roads, [(0, 0, 2, 1.0)])
    nest = np.array([0, 1, -1, -1])
    options = replace(PLAIN, model="nested", nest=nest, nest_scale=1e6)
    flow = solve(problem, options=options).flow[0]
    assert flow == pytest.approx([0.5, 0.5, 0.25, 0.25], abs=1e-5)
    flow = solve(problem, options=replace(options, nest_scale=1.0)).flow[0]
    assert flow == pytest.approx([2 / 3, 1 / 3, 1 / 3, 1 / 3])


def test_c_logit_halves_what_is_the_same_path_twice():
    # As above: twins of 2 h with 1 h in common, commonality 1.5.
    roads = [(0, 1, 1.0, 1.0, 0.0, 1.0), (0, 2, 2.0, 1.0, 0.0, 1.0)]
    roads += [(1, 2, 1.0, 1.0, 0.0, 1.0), (1, 2, 1.0, 1.0, 0.0, 1.0)]
    problem = problem_of(3, roads, [(0, 0, 2, 1.0)])
    flow = solve(problem, options=replace(PLAIN, model="c_logit")).flow[0]
    assert flow[1] == pytest.approx(1.0 / (1.0 + 2.0 / 1.5))


def test_threads_leave_every_bit(monkeypatch):
    monkeypatch.setattr(stochastic_loading, "ENTRIES_OF_PART", 20)
    problem = grid(5, np.random.default_rng(3), pairs=40, classes=2)
    one, two = (
        solve(problem, options=StochasticOptions(scale=0.5), threads=threads) for threads in (1, 2)
    )
    assert one.flow.tobytes() == two.flow.tobytes()
    assert one.memory.path_flows().flow.tobytes() == two.memory.path_flows().flow.tobytes()


def test_columns_are_added_until_the_cheapest_are_all_compared():
    problem = grid(5, np.random.default_rng(4), pairs=20, trips=30.0)
    options = StochasticOptions(scale=0.7, paths=1, generations=0)
    alone = solve(problem, options=options)
    assert len(paths_of(alone)) == len(problem.trips)
    grown = solve(problem, options=replace(options, generations=50))
    assert grown.converged
    assert len(paths_of(grown)) > 2 * len(problem.trips)
    costs = stochastic_loading.arc_costs(
        problem, delay_times(problem.delay, problem.element_flow(grown.flow))[0]
    )
    cheapest = cheapest_paths(problem, costs).costs(problem, costs)
    known = path_costs(problem, grown)
    assert [min(cost for _, _, cost in known[p]) for p in sorted(known)] == pytest.approx(cheapest)


def test_warm_start_takes_fewer_iterations_to_the_same_flows():
    problem = grid(4, np.random.default_rng(6), pairs=15, trips=90.0)
    options = StochasticOptions(scale=1.5, k_best=6, paths=1, detour=1.3, generations=0)
    before = solve(problem, options=options)
    changed = replace(problem, trips=problem.trips * np.linspace(0.99, 1.02, len(problem.trips)))
    cold = solve(changed, options=options)
    warm = solve(changed, options=options, warm_start=remembered(before))
    assert warm.converged
    assert warm.iterations < cold.iterations
    assert warm.flow == pytest.approx(cold.flow, abs=1e-5)


def test_warm_start_after_roads_and_pairs_have_gone():
    problem = grid(4, np.random.default_rng(6), pairs=15)
    options = StochasticOptions(scale=0.8, generations=0)
    before = solve(problem, options=options)
    gone = int(np.argmax(before.flow[0]))
    keep = np.flatnonzero(np.arange(problem.arcs) != gone)
    arc_map = np.full(problem.arcs, -1)
    arc_map[keep] = np.arange(len(keep))
    delay = replace(
        problem.delay,
        **{name: getattr(problem.delay, name)[keep] for name in problem.delay.__dataclass_fields__},
    )
    smaller = replace(
        problem,
        first_out=np.searchsorted(problem.tail[keep], np.arange(17)).astype(np.int32),
        tail=problem.tail[keep],
        head=problem.head[keep],
        delay=delay,
        element=np.arange(len(keep), dtype=np.int32)[None, :],
        unit=problem.unit[:, keep],
        fixed_cost=problem.fixed_cost[:, keep],
        hard_capacity=problem.hard_capacity[keep],
        pair_class=problem.pair_class[2:],
        pair_origin=problem.pair_origin[2:],
        pair_destination=problem.pair_destination[2:],
        trips=problem.trips[2:],
    )
    moved = remembered(before).moved(arc_map)
    for _, arcs, _ in paths_of(replace(before, memory=moved)):
        assert (problem.head[keep][arcs][:-1] == problem.tail[keep][arcs][1:]).all()
    warm = solve(smaller, options=options, warm_start=moved)
    assert warm.converged
    served = np.bincount([pair for pair, _, _ in paths_of(warm)], [f for _, _, f in paths_of(warm)])
    assert served == pytest.approx(smaller.trips)


def test_a_memory_of_more_arcs_is_refused():
    before = solve(braess(), options=PLAIN)
    problem = problem_of(4, [(0, 3, 1.0, 1.0, 0.0, 1.0)], [(0, 0, 3, 6.0)])
    with pytest.raises(ValueError, match="moved"):
        solve(problem, options=PLAIN, warm_start=remembered(before))


def test_a_gap_out_of_reach_is_a_result_that_says_so():
    steps = []
    solution = solve(
        two_roads(),
        options=replace(PLAIN, scale=20.0),
        gap=0.0,
        iterations=2,
        progress=lambda *step: steps.append(step),
    )
    assert not solution.converged
    assert [stage.partition(" · ")[0] for stage, *_ in steps] == ["equilibrium"] * 2


def test_hard_capacities_are_refused():
    problem = replace(two_roads(), hard_capacity=np.array([np.inf, 30.0]))
    with pytest.raises(DataError, match="'ue' and 'so' keep to them"):
        solve(problem, options=PLAIN)


def test_options_without_meaning_are_all_named():
    options = StochasticOptions(
        model="probit", scale=0.0, penalty=1.0, detour=0.5, nest_scale=0.9, length=-np.ones(2)
    )
    with pytest.raises(DataError) as caught:
        solve(two_roads(), options=options)
    text = str(caught.value)
    for word in ("'probit'", "scale", "penalty", "detour", "nest_scale", "length"):
        assert word in text
    with pytest.raises(DataError, match="needs the nest"):
        solve(two_roads(), options=StochasticOptions(model="nested"))
    with pytest.raises(DataError, match="not one entry for each of 2 arcs"):
        solve(two_roads(), options=StochasticOptions(length=np.ones(3)))


def test_no_trips_are_refused():
    problem = problem_of(2, [(0, 1, 1.0, 1.0, 0.0, 1.0)], [])
    with pytest.raises(DataError, match="no trips"):
        solve(problem, options=PLAIN)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    model=st.sampled_from(["path_size", "c_logit", "nested"]),
    scale=st.floats(0.05, 3.0),
    classes=st.integers(1, 2),
)
def test_every_solution_is_a_fixed_point_that_serves_all(seed, model, scale, classes):
    rng = np.random.default_rng(seed)
    problem = grid(3, rng, pairs=5, trips=40.0, classes=classes)
    nest = rng.integers(-1, 3, problem.arcs)
    options = StochasticOptions(model=model, scale=scale, nest=nest)
    solution = solve(problem, options=options, iterations=5000)
    assert solution.converged
    paths = paths_of(solution)
    served = np.bincount([pair for pair, _, _ in paths], [flow for _, _, flow in paths])
    assert served == pytest.approx(problem.trips, rel=1e-9)
    total = np.zeros_like(solution.flow)
    for pair, arcs, flow in paths:
        total[problem.pair_class[pair], arcs] += flow
    assert total == pytest.approx(solution.flow, abs=1e-9)
    balance = np.zeros((classes, problem.nodes))
    for k in range(classes):
        np.add.at(balance[k], problem.tail, solution.flow[k])
        np.add.at(balance[k], problem.head, -solution.flow[k])
    np.add.at(balance, (problem.pair_class, problem.pair_origin), -problem.trips)
    np.add.at(balance, (problem.pair_class, problem.pair_destination), problem.trips)
    assert balance == pytest.approx(0.0, abs=1e-9)
