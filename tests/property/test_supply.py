"""Whatever the balance: paths and arcs find the same cost, and the prices prove it."""

import numpy as np
import pytest
from tests.balance.arc_form import solve_arc_form
from tests.balance.random_balance import marked_line, marked_place, random_balance, stressed

from sogdia.balance.problem import Stress
from sogdia.balance.program import Program

MANY = range(300)
SOME = range(1000, 1060)
SMALL_KT = 1e-6


def pass_counts(problem, solution, marked):
    """Which flows have a marked arc."""
    paths = solution.paths
    of = [
        bool(marked[paths.network[path]][arcs_of(paths, path)].any()) for path in solution.flow_path
    ]
    return np.array(of, dtype=float)


def arcs_of(paths, path):
    return paths.arc[paths.first[path] : paths.first[path + 1]]


def by_period(problem, solution, amounts):
    return np.bincount(solution.flow_period, amounts, minlength=problem.periods)


def limit_sums(problem, solution, limit):
    """What counts for a limit, by its rows."""
    pair = solution.paths.pair[solution.flow_path]
    weight = limit.by_pair[pair]
    if limit.marked:
        weight = weight + limit.by_arc[pair] * pass_counts(problem, solution, limit.marked)
    sums = by_period(problem, solution, weight * solution.flow_kt)
    return sums if len(limit.lower) > 1 else sums.sum(keepdims=True)


def by_end(problem, solution, ends, count):
    """Flows by source or sink, and period."""
    sums = np.zeros((count, problem.periods))
    end = ends[solution.paths.pair[solution.flow_path]]
    np.add.at(sums, (end, solution.flow_period), solution.flow_kt)
    return sums


def room_use(problem, solution):
    """Units of every resource that flows consume, by walking along their arcs."""
    use = np.zeros(problem.room.shape)
    paths = solution.paths
    for path, period, flow in zip(
        solution.flow_path, solution.flow_period, solution.flow_kt, strict=True
    ):
        kind = problem.pair_class[paths.pair[path]]
        layer = problem.layers[problem.layer_of[kind, paths.network[path]]]
        at = {int(arc): place for place, arc in enumerate(layer.arc)}
        for arc in arcs_of(paths, path):
            place = at[int(arc)]
            if layer.resource[place] >= 0:
                use[layer.resource[place], period] += flow * layer.unit_per_t[place]
    return use


def insist_on_goods_conserved(problem, solution):
    """Every flow runs from its source to its sink, and nothing is lost but what stocks lose."""
    paths = solution.paths
    for path, period in zip(solution.flow_path, solution.flow_period, strict=True):
        network, pair = paths.network[path], paths.pair[path]
        assert network == problem.network[period]
        layer = problem.layers[problem.layer_of[problem.pair_class[pair], network]]
        at = {int(arc): place for place, arc in enumerate(layer.arc)}
        state = problem.source_state[problem.pair_source[pair], network]
        for arc in arcs_of(paths, path):
            assert layer.tail[at[int(arc)]] == state
            state = layer.head[at[int(arc)]]
        assert state == problem.sink_state[problem.pair_sink[pair], network]
    came = by_end(problem, solution, problem.pair_sink, problem.sinks)
    stocks = problem.stocks
    earlier = np.concatenate([stocks.opening_kt[:, None], solution.level_kt[:, :-1]], axis=1)
    came[stocks.sink] += (1 - stocks.loss[:, None]) * earlier - solution.level_kt
    np.testing.assert_allclose(came + solution.unserved_kt, problem.need_kt, atol=SMALL_KT)
    assert (solution.level_kt >= -SMALL_KT).all()
    assert (solution.level_kt <= stocks.capacity_kt[:, None] + SMALL_KT).all()
    last = solution.level_kt[:, -1] + solution.closing_short_kt
    assert (last >= stocks.closing_kt - SMALL_KT).all()


def insist_on_slackness(problem, solution):
    """What is not all used has no price; what is short has its full price."""
    scale = max(1.0, float(problem.value_usd_t.max()))
    left = by_end(problem, solution, problem.pair_source, problem.sources)
    for used, most, price in (
        (left, problem.capacity_kt, solution.rent_usd_t),
        (room_use(problem, solution), problem.room, solution.scarcity),
    ):
        assert (used <= most + SMALL_KT).all()
        assert (price >= -1e-6 * scale).all()
        assert (np.where(used < most - 1e-5, price, 0.0) <= 1e-6 * scale).all()
    some_missing = solution.unserved_kt > 1e-5
    some_served = solution.unserved_kt < problem.need_kt - 1e-5
    excess = solution.price_usd_t - problem.value_usd_t[:, None]
    assert (excess[some_missing] >= -1e-6 * scale).all()
    assert (excess[some_served] <= 1e-6 * scale).all()
    for limit, short, price in zip(
        problem.limits, solution.short_kt, solution.limit_usd_t, strict=True
    ):
        sums = limit_sums(problem, solution, limit)
        assert (sums <= limit.upper + SMALL_KT).all()
        assert (sums + short >= limit.lower - SMALL_KT).all()
        assert (np.where(sums < limit.upper - 1e-5, price, 0.0) >= -1e-6 * scale).all()
        assert (np.where(sums + short > limit.lower + 1e-5, price, 0.0) <= 1e-6 * scale).all()


def insist_that_flows_earn_what_they_cost(problem, solution):
    """On every path with a flow: gate, way and what is scarce make up the price."""
    paths, scale = solution.paths, max(1.0, float(problem.value_usd_t.max()))
    pair = paths.pair[solution.flow_path]
    period, source = solution.flow_period, problem.pair_source[pair]
    cost = problem.gate_usd_t[source] + solution.rent_usd_t[source, period]
    cost = cost + paths.cost_usd_t[solution.flow_path]
    cost = cost - solution.price_usd_t[problem.pair_sink[pair], period]
    for limit, price in zip(problem.limits, solution.limit_usd_t, strict=True):
        weight = limit.by_pair[pair]
        if limit.marked:
            weight = weight + limit.by_arc[pair] * pass_counts(problem, solution, limit.marked)
        cost = cost - weight * (price[period] if len(price) > 1 else price[0])
    for number, path in enumerate(solution.flow_path):
        layer = problem.layers[
            problem.layer_of[problem.pair_class[pair[number]], paths.network[path]]
        ]
        place = np.searchsorted(layer.arc, arcs_of(paths, path))
        scarce = np.append(solution.scarcity[:, period[number]], 0.0)[layer.resource[place]]
        cost[number] += scarce @ layer.unit_per_t[place]
    np.testing.assert_allclose(cost, 0.0, atol=2e-6 * scale * 10)


@pytest.mark.parametrize("seed", MANY)
def test_paths_and_arcs_find_the_same_cost_and_the_prices_prove_it(seed):
    problem = random_balance(seed)
    solution = Program(problem).solve()
    arcs = solve_arc_form(problem)
    assert arcs.ended
    assert penalised(solution) == pytest.approx(arcs.objective, rel=1e-6, abs=1e-6)
    assert solution.bound == pytest.approx(solution.objective, rel=1e-6, abs=1e-6)
    insist_on_goods_conserved(problem, solution)
    insist_on_slackness(problem, solution)
    insist_that_flows_earn_what_they_cost(problem, solution)


def penalised(solution):
    """The objective at which missed lower bounds cost their penalty."""
    return (solution.elastic or solution).objective


def insist_that_warm_equals_fresh(program, stress, changed):
    """A restart finds what a solve from scratch finds, and so do the arcs."""
    warm, fresh, arcs = program.solve(stress), Program(changed).solve(), solve_arc_form(changed)
    assert arcs.ended
    assert warm.objective == pytest.approx(arcs.objective, rel=1e-6, abs=1e-6)
    assert penalised(fresh) == pytest.approx(arcs.objective, rel=1e-6, abs=1e-6)
    assert warm.bound == pytest.approx(warm.objective, rel=1e-6, abs=1e-6)
    return warm


@pytest.mark.parametrize("seed", SOME)
def test_a_program_restarted_under_stress_finds_what_a_fresh_one_finds(seed):
    problem = random_balance(seed)
    random = np.random.default_rng(seed)
    program = Program(problem)
    base = program.solve()
    door, other = (marked_line(random, problem) for _ in range(2))
    place = marked_place(random, problem)
    narrow, wide = program.gate(door), program.gate(place)
    some_kt = random.uniform(0, 8, problem.periods)
    shut = np.where(random.random(problem.periods) < 0.7, 0.0, np.inf)
    factor = random.choice([0.0, 0.5, 1.0, 1.4], problem.capacity_kt.shape)

    insist_that_warm_equals_fresh(
        program, Stress(gates={narrow: some_kt}), stressed(problem, ((door, some_kt),))
    )
    closed = insist_that_warm_equals_fresh(
        program, Stress(gates={wide: shut}), stressed(problem, ((place, shut),))
    )
    assert closed.objective >= penalised(base) * (1 - 1e-6)
    insist_that_warm_equals_fresh(
        program, Stress(sources=factor), stressed(problem, sources=factor)
    )
    late = program.gate(other)
    insist_that_warm_equals_fresh(
        program,
        Stress(gates={wide: shut, late: some_kt}, sources=factor),
        stressed(problem, ((place, shut), (other, some_kt)), factor),
    )
    again = program.solve()
    assert again.objective == pytest.approx(base.objective, rel=1e-9, abs=1e-9)
    assert again.bound == pytest.approx(again.objective, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", SOME)
def test_the_price_of_a_gate_is_what_one_more_tonne_through_it_saves(seed):
    problem = random_balance(seed)
    program = Program(problem)
    random = np.random.default_rng(seed)
    gate = program.gate(marked_line(random, problem))
    most = random.uniform(0.5, 4, problem.periods)
    here = program.solve(Stress(gates={gate: most}))
    step = 1e-4
    for period in range(problem.periods):
        more, less = most.copy(), most.copy()
        more[period] += step
        less[period] -= step
        after = program.solve(Stress(gates={gate: more})).objective
        before = program.solve(Stress(gates={gate: less})).objective
        saved, paid = (here.objective - after) / step, (before - here.objective) / step
        small = 1e-3 * max(1.0, float(problem.value_usd_t.max()))
        assert saved - small <= here.gate_usd_t[gate][period] <= paid + small


@pytest.mark.parametrize("seed", SOME)
def test_the_same_balance_gives_the_same_answer_to_the_last_bit(seed):
    first, second = (Program(random_balance(seed)).solve() for _ in range(2))
    assert first.objective == second.objective
    np.testing.assert_array_equal(first.flow_kt, second.flow_kt)
    np.testing.assert_array_equal(first.price_usd_t, second.price_usd_t)


def test_the_balances_have_everything_that_a_balance_may_have():
    drawn = [random_balance(seed) for seed in MANY]
    solved = [Program(problem).solve() for problem in drawn]
    assert sum(len(problem.arc_counts) > 1 for problem in drawn) > 30
    assert sum((problem.stocks.loss > 0).any() for problem in drawn) > 30
    assert sum((one.unserved_kt > 1e-3).any() for one in solved) > 30
    assert sum((one.scarcity > 1e-3).any() for one in solved) > 30
    assert sum(any((short > 1e-3).any() for short in one.short_kt) for one in solved) > 10
    assert sum(any((price > 1e-3).any() for price in one.limit_usd_t) for one in solved) > 30
    assert sum(any((price < -1e-3).any() for price in one.limit_usd_t) for one in solved) > 30
