"""What the outage solver finds on a network without some arcs is what a cold assignment finds."""

from dataclasses import replace

import numpy as np
import pytest
from tests.builders import GOODS, line, places, study_of

from sogdia.assignment import AssignmentOptions, assign
from sogdia.assignment.equilibrium import solve
from sogdia.assignment.outage import OutageSolver
from sogdia.errors import InfeasibleError
from sogdia.scenario import Rule, Scenario

PLACES = [f"N{k}" for k in range(7)]
PAIRS = [(a, b) for a in PLACES for b in PLACES if a != b]
AS_IS = Scenario(name="as-is")
TOLERANCE = 1e-6


def random_study(seed):
    """Seven places, some capacities, a ferry that queues, two corridors and five demands."""
    random = np.random.default_rng(seed)
    chosen = [PAIRS[n] for n in random.choice(len(PAIRS), 20, replace=False)]
    rows = [
        line(
            a,
            b,
            cost_usd_t=random.uniform(1.0, 100.0),
            time_h=random.uniform(1.0, 100.0),
            length_km=random.uniform(1.0, 500.0),
            capacity_kt_y=random.uniform(20.0, 200.0) if random.random() < 0.5 else None,
        )
        for a, b in chosen
    ]
    ferry = {
        "link_id": "-".join(chosen[0]),
        "departures_week": random.uniform(2.0, 14.0),
        "batch_capacity_t": random.uniform(200.0, 2000.0),
        "headway_cv": 0.5,
    }
    corridors = [
        {"corridor_id": "first", "priority": 1, "any_of": f"N{seed % 7}"},
        {"corridor_id": "second", "priority": 2, "all_of": f"N{(seed + 3) % 7}"},
    ]
    ends = [PAIRS[n] for n in random.choice(len(PAIRS), 5, replace=False)]
    demand = [
        {"origin": a, "destination": b, "quantity_kt": random.uniform(5.0, 80.0)} for a, b in ends
    ]
    demand[0]["captive_to"] = "first"
    goods = GOODS | {"value_of_time_usd_t_day": 5.0, "value_of_time_sigma": 0.8}
    tables = {"node": places(*PLACES), "link": rows, "service": [ferry], "demand": demand}
    return study_of(**tables, corridor=corridors, commodity=[goods])


def solver_of(study, **options):
    result = assign(study, AS_IS, options=AssignmentOptions(threads=1, **options))
    return OutageSolver(result.solution, result.solution.periods[0])


def masks(part):
    """One mask of arcs for each link."""
    arc = part.network.arc
    for link in arc["link_id"].drop_nulls().unique(maintain_order=True):
        yield link, (arc["link_id"] == link).fill_null(value=False).to_numpy()


def flows(part):
    """Flow of each request and path, by its arcs."""
    paths = part.alternatives.paths
    kt = part.path_flow_kt.sum(axis=1)
    pieces = np.split(paths.arcs, paths.first[1:-1])
    named = zip(paths.request.tolist(), pieces, kt, strict=True)
    return {(request, tuple(arcs.tolist())): flow for request, arcs, flow in named}


def furthest(one, other):
    """Largest difference of a path's flow, over all demand."""
    mine, theirs = flows(one), flows(other)
    largest = max(abs(mine.get(key, 0.0) - theirs.get(key, 0.0)) for key in mine | theirs)
    return largest / one.requests.table["quantity_kt"].sum()


def agrees(solver, shut, factor=None):
    """Whether warm and cold agree; both may find that nobody has a way."""
    try:
        cold = solver.solve_cold(shut, factor)
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            solver.solve(shut, factor)
        return True
    warm = solver.solve(shut, factor)
    assert set(warm.alternatives.served) == set(cold.alternatives.served)
    assert len(warm.stages) == len(cold.stages) or warm is solver.base
    return furthest(warm, cold) < TOLERANCE


@pytest.mark.parametrize("seed", range(6))
def test_each_outage_is_what_a_cold_assignment_finds(seed):
    solver = solver_of(random_study(seed))
    assert all([agrees(solver, shut) for _, shut in masks(solver.base)])


@pytest.mark.parametrize("rounds", [0, 2])
def test_so_it_is_with_another_number_of_column_rounds(rounds):
    solver = solver_of(random_study(1), column_rounds=rounds)
    assert all([agrees(solver, shut) for _, shut in masks(solver.base)])


def test_an_outage_may_need_more_stages_than_the_base():
    solver = solver_of(random_study(8), rounds=1, column_rounds=4)
    assert len(solver.base.stages) == 1
    every = [shut for _, shut in masks(solver.base)]
    assert max(len(solver.solve(shut).stages) for shut in every if agrees(solver, shut)) > 2


def test_so_it_is_where_several_links_fail_and_others_carry_less():
    solver = solver_of(random_study(2))
    random = np.random.default_rng(0)
    every = [shut for _, shut in masks(solver.base)]
    factor = random.uniform(0.3, 1.0, solver.base.network.resource.height)
    for _ in range(8):
        first, second = random.choice(len(every), 2, replace=False)
        assert agrees(solver, every[first] | every[second], factor)


def test_an_outage_moves_flows_and_shuts_what_it_shuts():
    solver = solver_of(random_study(0))
    moved = []
    for _, shut in masks(solver.base):
        part = solver.solve(shut)
        used = part.alternatives.paths.arcs
        assert not shut[used].any() or part is solver.base
        assert not shut[used].any()
        moved.append(furthest(part, solver.base))
    assert max(moved) > 0.01


def test_what_no_search_ever_used_changes_nothing():
    solver = solver_of(random_study(0))
    nothing = np.zeros(solver.base.network.arc.height, dtype=np.bool_)
    assert solver.solve(nothing) is solver.base


def test_nobody_with_a_way_is_an_error():
    solver = solver_of(random_study(0))
    everything = np.ones(solver.base.network.arc.height, dtype=np.bool_)
    with pytest.raises(InfeasibleError, match="no path joins"):
        solver.solve(everything)


def test_a_solution_that_began_warm_is_solved_anew_before_outages():
    study = random_study(3)
    cold = assign(study, AS_IS)
    warm = assign(study, AS_IS, warm_start=cold)
    solver = OutageSolver(warm.solution, warm.solution.periods[0])
    assert solver.base.stages
    assert all([agrees(solver, shut) for _, shut in list(masks(solver.base))[:4]])


def test_a_warm_start_elsewhere_keeps_its_paths_and_converges():
    study = random_study(4)
    before = assign(study, AS_IS)
    shut = Scenario(name="shut", rule=(Rule(places=("N2",)),))
    cold = assign(study, shut)
    warm = assign(study, shut, warm_start=before)
    assert warm.converged
    warm.check()
    (mine,), (theirs,) = warm.solution.periods, cold.solution.periods
    assert flows(mine).keys() >= flows(theirs).keys()
    assert set(mine.alternatives.served) == set(theirs.alternatives.served)


def test_a_start_that_leads_nowhere_is_not_the_end():
    options = AssignmentOptions()
    problem = solver_of(random_study(0)).base.problem
    cold = solve(problem, tolerance=options.residual, iterations=options.iterations)
    steps = len(cold.history) - 1
    assert 1 < steps < options.iterations
    far = replace(cold, wait_h=cold.wait_h + 1e4, price_usd=cold.price_usd + 1e6, response=None)
    warm = solve(problem, tolerance=options.residual, iterations=steps, start=far)
    assert warm.residual <= options.residual
    assert warm.history == cold.history
    assert np.array_equal(warm.loading.resource_flow, cold.loading.resource_flow)
