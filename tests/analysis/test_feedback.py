"""Rounds of simulation and assignment: where they end, and that they end in one answer."""

from dataclasses import replace

import polars as pl
import pytest
from tests.builders import GOODS, line, places, study_of

from sogdia.analysis import feedback as module
from sogdia.analysis.feedback import consistent_flows
from sogdia.analysis.queue_check import KEYS, compare_queues
from sogdia.assignment import AssignmentOptions, WaitFactor, assign
from sogdia.errors import DataError
from sogdia.scenario import Scenario
from sogdia.simulation import SimulationOptions, simulate

AS_IS = Scenario(name="as-is")
SERVED_KT = 8760 / 4.0 * 1.4
SIMULATED = SimulationOptions(replications=20, warm_up_days=60, threads=2)
EVENLY = replace(SIMULATED, releases="scheduled")


def two_routes(kt=3600.0, **more):
    """A cheap way and a dearer one, each over a terminal; shippers mind the wait."""
    served = {"servers": 1, "service_time_h": 4.0, "service_cv": 1.0, "batch_t": 1400.0}
    return study_of(
        node=places("A", "P", "Q", "B"),
        link=[
            line("A", "P", mode="road", cost_usd_t=10.0),
            line("P", "B", mode="rail", cost_usd_t=10.0),
            line("A", "Q", mode="road", cost_usd_t=10.5),
            line("Q", "B", mode="rail", cost_usd_t=10.5),
        ],
        terminal=[
            {"terminal_id": "first", "node_id": "P"} | served,
            {"terminal_id": "second", "node_id": "Q"} | served,
        ],
        corridor=[
            {"corridor_id": "cheap", "priority": 1, "any_of": "P"},
            {"corridor_id": "dear", "priority": 2, "any_of": "Q"},
        ],
        commodity=[GOODS | {"value_of_time_usd_t_day": 4.0}],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": kt}],
        **more,
    )


def agreed(study, options=EVENLY, **more):
    return consistent_flows(study, AS_IS, simulation_options=options, **more)


@pytest.fixture(scope="module")
def found():
    """Lots released evenly, which the formula does not know of."""
    return agreed(two_routes(), tolerance=0.002, rounds=20)


def test_it_converges_and_says_in_how_many_rounds(found):
    assert found.converged
    assert 2 <= found.rounds == found.history.height <= 12
    assert found.moved == found.history["moved"][-1] <= 0.002
    assert found.history["round"].to_list() == list(range(1, found.rounds + 1))
    assert set(found.history["moved_most"]) <= {"cheap, eastbound", "dear, eastbound"}
    assert found.history["gap"][0] > 0.2
    assert found.history["gap"][-1] <= 0.05
    assert found.result.converged
    found.result.check()


def test_its_factors_reproduce_the_simulated_waits(found):
    table = compare_queues(found.result, found.simulation)
    assert table["inside"].all()
    assert dict(found.factors.select("element", "factor").iter_rows()).keys() == {
        "first",
        "second",
    }
    # evenly released lots wait less
    assert (found.factors["factor"] < 0.9).all()


def test_the_simulation_is_that_of_the_flows(found):
    again = simulate(two_routes(), AS_IS, flows=found.result, options=found.simulation_options)
    assert again.elements.equals(found.simulation.elements)
    assert again.transit.equals(found.simulation.transit)


def test_flows_are_others_than_by_the_formula_alone(found):
    plain = assign(two_routes(), AS_IS)
    cheap = [
        float(result.paths.filter(corridor_id="cheap")["kt"].sum())
        for result in (plain, found.result)
    ]
    assert cheap[1] > cheap[0] + 10.0  # its queue is shorter than the formula says
    assert found.result.paths["kt"].sum() == pytest.approx(plain.paths["kt"].sum())


def test_where_the_formula_is_exact_one_round_is_enough():
    study = two_routes(2400.0)
    found = agreed(study, SIMULATED)
    assert found.converged
    assert found.rounds <= 2
    assert found.moved <= 0.01


def test_rounds_that_run_out_are_told():
    found = agreed(two_routes(), rounds=1, tolerance=1e-6)
    assert not found.converged
    assert found.rounds == 1
    assert found.moved > 1e-6
    assert found.factors.is_empty()  # nothing was corrected before the only simulation
    assert found.factors.columns == [*KEYS, "factor"]


def test_small_steps_do_not_pass_for_an_end():
    whole = agreed(two_routes(), rounds=1, damping=1.0)
    small = agreed(two_routes(), rounds=1, damping=0.01)
    assert small.moved == pytest.approx(whole.moved, rel=0.3)


def test_the_same_options_give_the_same_answer_on_any_number_of_threads(found):
    one = agreed(two_routes(), replace(EVENLY, threads=1), tolerance=0.002, rounds=20)
    assert one.history.equals(found.history)
    assert one.factors.equals(found.factors)
    assert one.result.paths.equals(found.result.paths)


def test_factors_given_are_the_start():
    start = WaitFactor("first", "terminal", None, "kt", 0.7)
    options = AssignmentOptions(wait_factors=(start,))
    found = consistent_flows(
        two_routes(), AS_IS, options=options, simulation_options=EVENLY, rounds=1
    )
    assert found.result.solution.options.wait_factors == (start,)
    assert found.factors.row(0) == ("first", "terminal", None, "kt", 0.7)


def test_factors_stay_within_their_bounds():
    """What one wait cannot explain is not made up for by another's factor."""
    table = pl.DataFrame(
        {
            "element": ["no wait", "long wait", "half", "rare", "nothing", "unknown"],
            "kind": "terminal",
            "forward": None,
            "unit": "kt",
            "has_formula": [True, True, True, True, True, False],
            "shipments": [100.0, 100.0, 100.0, 5.0, 100.0, 100.0],
            "queue_h": [10.0, 1.0, 8.0, 8.0, 0.05, 0.0],
            "wait_h": [12.0, 1.0, 10.0, 10.0, 0.05, 0.0],
            "simulated_wait_h": [1.0, 9999.0, 4.0, 4.0, 4.0, 4.0],
        },
        schema_overrides={"forward": pl.Boolean},
    )
    found = module._corrected(table, {}, 0.5)
    by_name = {key[0]: factor for key, factor in found.items()}
    assert by_name == {"no wait": 0.05, "long wait": 20.0, "half": pytest.approx(0.5)}


def test_the_year_is_that_of_the_assignment():
    study = two_routes(2400.0)
    later = study.with_tables(demand=study.demand.with_columns(year=pl.lit(2025, pl.Int32)))
    found = agreed(later, replace(EVENLY, replications=2), year=2025, rounds=1)
    assert found.result.year == found.simulation.start.year == 2025


def test_progress_tells_the_round():
    calls = []
    agreed(two_routes(), rounds=1, progress=lambda *call: calls.append(call))
    stages = [stage for stage, _, _ in calls]
    assert stages[0] == "assigning"
    assert {"round 1, simulating", "round 1, assigning"} <= set(stages)


def test_an_interrupted_simulation_ends_the_rounds(monkeypatch):
    def interrupted(*arguments, **named):
        return replace(simulate(*arguments, **named), asked=21)

    monkeypatch.setattr(module, "simulate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        agreed(two_routes())


def test_options_that_cannot_be_are_refused_together():
    with pytest.raises(DataError) as refused:
        agreed(two_routes(), tolerance=0.0, rounds=0, damping=1.5)
    assert [problem.message.split(";")[0] for problem in refused.value.problems] == [
        "a tolerance of 0",
        "0 rounds",
        "a damping of 1.5",
    ]
