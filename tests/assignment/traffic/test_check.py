"""The check of a traffic assignment fails on results that are wrong, each in its own way."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from tests.assignment.traffic.roads import grid, road, road_study, solve

import sogdia
from sogdia.assignment.traffic.check import delay_by_formula, integrals_by_quadrature
from sogdia.assignment.traffic.check_shares import residual_of
from sogdia.assignment.traffic.delay import KINDS, Delay, delay_integrals, delay_times
from sogdia.assignment.traffic.paths import PathMemory
from sogdia.assignment.traffic.result import Units
from sogdia.assignment.traffic.solution import PathFlows
from sogdia.assignment.traffic.stochastic_memory import StochasticMemory
from sogdia.errors import CheckError
from sogdia.scenario import Scenario


@pytest.fixture(scope="module")
def city():
    return grid(3)


@pytest.fixture(scope="module")
def ue(city):
    return solve(city, method="ue", gap=1e-10).parts[0]


NOTHING = sogdia.TrafficResult(
    grid(2), Scenario(), None, "ue", Units("trips", "h", "km", "h", 1.0), ()
)


def result_with(part, **fields):
    """Return a check of the part with other fields of its solution."""
    wrong = replace(part, solution=replace(part.solution, **fields))
    return replace(NOTHING, parts=(wrong,))


class Paths:
    """A memory that says what it is told to."""

    def __init__(self, flows):
        self.flows = flows

    def path_flows(self):
        return self.flows


def test_a_right_result_passes(ue):
    result_with(ue).check()


def test_negative_flow(ue):
    flow = ue.solution.flow.copy()
    flow[0, 0] = -1e-3
    with pytest.raises(CheckError, match="negative"):
        result_with(ue, flow=flow).check()


def test_trips_that_vanish_at_a_node(ue):
    flow = ue.solution.flow.copy()
    flow[0, np.argmax(flow[0])] -= 1e-3
    with pytest.raises(CheckError, match="out of balance"):
        result_with(ue, flow=flow).check()


def test_a_closed_arc_that_is_used(ue):
    fixed = ue.problem.fixed_cost.copy()
    fixed[0, np.argmax(ue.solution.flow[0])] = np.inf
    wrong = replace(ue, problem=replace(ue.problem, fixed_cost=fixed))
    with pytest.raises(CheckError, match="closed to it"):
        result_with(wrong).check()


def test_a_gap_that_is_better_than_it_is(city):
    far = solve(city, method="ue", iterations=1).parts[0]
    result_with(far).check()
    with pytest.raises(CheckError, match="relative gap"):
        result_with(far, relative_gap=far.solution.relative_gap / 2.0).check()


def test_an_objective_that_is_lower_than_it_is(ue):
    with pytest.raises(CheckError, match="objective"):
        result_with(ue, objective=ue.solution.objective * (1.0 - 1e-6)).check()


def test_the_optimum_of_one_method_is_not_that_of_the_other(ue):
    with pytest.raises(CheckError, match="relative gap"):
        result_with(ue, method="so").check()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: replace(p, flow=p.flow * 1.001), "differ from its trips"),
        (lambda p: replace(p, arc=p.arc[::-1].copy()), "broken"),
        (lambda p: replace(p, pair=np.roll(p.pair, 1)), "does not lead"),
        (lambda p: replace(p, flow=np.where(np.arange(len(p.flow)) == 0, 0.0, p.flow)), "no flow"),
    ],
)
def test_paths_that_are_none(ue, change, message):
    with pytest.raises(CheckError, match=message):
        result_with(ue, memory=Paths(change(ue.path_flows))).check()


def test_paths_that_do_not_add_up_to_the_flows_of_arcs(city, ue):
    other = solve(city, method="aon").parts[0]
    with pytest.raises(CheckError, match="flows by path and by arc differ"):
        result_with(ue, memory=Paths(other.path_flows)).check()


def test_capacities_that_are_exceeded_or_paid_for_in_vain():
    study = road_study(
        [
            road("a", "b", 1.0, link_id="short", capacity_trips=30.0, hard=True),
            road("a", "b", 2.5, link_id="long", capacity_trips=500.0, hard=True),
        ],
        {("a", "b"): 100.0},
    )
    part = solve(study, method="ue").parts[0]
    result_with(part).check()
    short, long = (part.meaning.arc["link_id"].to_list().index(name) for name in ("short", "long"))
    memory = part.solution.memory
    assert isinstance(memory, PathMemory)
    flow = part.solution.flow.copy()
    flow[0, [short, long]] = 31.0, 69.0
    of_path = memory.flows.arc[memory.flows.first[:-1]]
    paths = replace(memory.flows, flow=np.where(of_path == short, 31.0, 69.0))
    with pytest.raises(CheckError, match="exceeded by"):
        result_with(part, flow=flow, memory=Paths(paths)).check()
    price = part.solution.price.copy()
    price[long] = 0.5
    with pytest.raises(CheckError, match="not used has a price"):
        result_with(part, price=price).check()
    with pytest.raises(CheckError, match="negative"):
        result_with(part, price=-part.solution.price).check()


@pytest.mark.parametrize("model", ["path_size", "c_logit", "nested"])
def test_shares_are_recomputed(city, model):
    arcs = solve(city, method="aon").parts[0].problem.arcs
    nest = (np.arange(arcs) % 5 - 2).clip(-1).astype(np.int32)
    options = sogdia.StochasticOptions(model=model, scale=0.7, nest=nest, nest_scale=1.5)
    part = solve(city, method="sue", stochastic=options).parts[0]
    result_with(part).check()
    other = replace(part, stochastic=replace(options, scale=0.8))
    with pytest.raises(CheckError, match="trips are not on the paths"):
        result_with(other).check()
    with pytest.raises(CheckError, match="without its model"):
        result_with(replace(part, stochastic=None)).check()


def test_shares_of_two_ways_by_hand():
    """Two ways of cost 1 and 2 that share nothing: the odds are e^scale."""
    study = road_study([road("a", "b", 1.0), road("a", "b", 2.0, link_id="l")], {("a", "b"): 1.0})
    options = sogdia.StochasticOptions(scale=1.0, detour=3.0)
    part = solve(study, method="sue", stochastic=options).parts[0]
    odds = dict(zip(part.meaning.arc["link_id"], part.solution.flow[0], strict=True))
    assert odds["a-b"] / odds["l"] == pytest.approx(math.e)
    cost = part.cost
    memory = part.solution.memory
    assert isinstance(memory, StochasticMemory)
    assert residual_of(part.problem, memory.sets, memory.flow, options, cost, cost) < 1e-12


def delays(alpha, beta):
    kinds = range(len(KINDS))
    return Delay(
        kind=np.array(kinds, dtype=np.int8),
        free_time=np.full(len(KINDS), 2.0),
        capacity=np.full(len(KINDS), 5.0),
        alpha=np.full(len(KINDS), alpha),
        beta=np.full(len(KINDS), beta),
    )


@pytest.mark.parametrize("flow", [0.0, 1e-3, 2.0, 4.5, 5.0, 9.0])
@pytest.mark.parametrize(("alpha", "beta"), [(1.5, 4.0), (4.0, 1.0), (2.0, 3.7)])
def test_formulas_agree_with_the_kernels_and_their_integrals_with_scipy(alpha, beta, flow):
    delay, at = delays(alpha, beta), np.full(len(KINDS), flow)
    time, slope = delay_by_formula(delay, at)
    expected_time, expected_slope = delay_times(delay, at)
    np.testing.assert_allclose(time, expected_time, rtol=1e-13)
    np.testing.assert_allclose(slope, expected_slope, rtol=1e-11, atol=1e-12)
    area = integrals_by_quadrature(delay, at)
    np.testing.assert_allclose(area, delay_integrals(delay, at), rtol=1e-9, atol=1e-15)
    for kind in range(len(KINDS)):
        own = quad(
            lambda x, kind=kind: delay_by_formula(delay, np.full(len(KINDS), x))[0][kind],
            0.0,
            flow,
            points=[0.9 * 5.0] if flow > 4.5 else None,
        )[0]
        assert area[kind] == pytest.approx(own, rel=1e-7, abs=1e-12)


def test_a_path_without_arcs_is_none(ue):
    none = PathFlows(
        pair=np.zeros(1, dtype=np.int32),
        first=np.zeros(2, dtype=np.int64),
        arc=np.empty(0, dtype=np.int32),
        flow=np.ones(1),
    )
    with pytest.raises(CheckError, match="no arcs"):
        result_with(ue, memory=Paths(none)).check()
