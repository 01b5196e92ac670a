"""A period of freight as a problem: its classes, queues, capacities, and who stays at home."""

import numpy as np
import pytest
from tests.builders import GOODS, line, places, study_of

from sogdia.assignment.options import AssignmentOptions
from sogdia.assignment.traffic.delay import delay_times
from sogdia.assignment.traffic.freight import FreightPart, freight_parts
from sogdia.assignment.traffic.path_equilibrium import solve
from sogdia.assignment.waits import sakasegawa_wait_h
from sogdia.scenario import Scenario
from sogdia.study import Study

AS_IS = Scenario(name="as-is")


def part_of(study: Study, **options: object) -> FreightPart:
    (part,) = freight_parts(
        study,
        AS_IS,
        year=2024,
        options=AssignmentOptions(**options),  # type: ignore[arg-type]
    )
    return part


def two_ways(**cheap: object) -> Study:
    """A cheap way through P and a dear one through Q, each of two links."""
    return study_of(
        node=places("A", "P", "Q", "B"),
        link=[
            line("A", "P", cost_usd_t=1.0, directed=False, **cheap),
            line("P", "B", cost_usd_t=1.0, directed=False),
            line("A", "Q", cost_usd_t=5.0, directed=False),
            line("Q", "B", cost_usd_t=5.0, directed=False),
        ],
        commodity=[GOODS | {"value_of_time_usd_t_day": 2.0}],
        demand=[
            {"origin": "A", "destination": "B", "quantity_kt": 600.0},
            {"demand_id": "back", "origin": "B", "destination": "A", "quantity_kt": 400.0},
        ],
    )


def test_both_directions_fill_one_link():
    part = part_of(two_ways(capacity_kt_y=700.0))
    problem = part.freight.problem
    solution = solve(problem, gap=1e-9)
    flow = problem.element_flow(solution.flow)
    full = int(np.argmax(solution.price))
    assert part.network.resource["row_id"][full] == "A-P"
    assert flow[full] == pytest.approx(700.0)
    assert problem.trips.sum() == pytest.approx(1000.0)
    # 300 kt go round, at 8 USD per t more and as many hours.
    assert solution.price[full] == pytest.approx(8.0)
    assert part.freight.kept_back_kt(solution).sum() == pytest.approx(0.0)


def test_what_has_no_room_stays_at_home_at_the_reservation_cost():
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B", cost_usd_t=2.0, capacity_kt_y=700.0)],
        commodity=[GOODS | {"value_of_time_usd_t_day": 0.001, "value_of_time_sigma": 0.0}],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 1000.0}],
    )
    part = part_of(study, reservation=4.0)
    solution = solve(part.freight.problem, gap=1e-9)
    assert part.freight.kept_back_kt(solution) == pytest.approx([300.0])
    assert solution.price.max() == pytest.approx(3.0 * 2.0, rel=1e-2)


def test_the_wait_is_that_of_the_queueing_formula():
    served = {"servers": 2, "service_time_h": 4.0, "service_cv": 0.5, "batch_t": 1400.0}
    study = study_of(
        node=places("A", "P", "B"),
        link=[line("A", "P", mode="road"), line("P", "B", mode="rail")],
        terminal=[{"terminal_id": "gate", "node_id": "P"} | served],
        commodity=[GOODS],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 4000.0}],
    )
    part = part_of(study)
    problem = part.freight.problem
    solution = solve(problem, gap=1e-9)
    flow = problem.element_flow(solution.flow)
    waits, _ = delay_times(problem.delay, flow)
    gate = part.network.resource["row_id"].to_list().index("gate")
    capacity = 2 * 8760 / 4.0 * 1.4
    expected, _ = sakasegawa_wait_h(
        np.array([4000.0 / capacity]),
        np.array([2.0]),
        np.array([4.0]),
        np.array([0.25]),
        np.array([1.0]),
    )
    assert flow[gate] == pytest.approx(4000.0)
    assert waits[gate] == pytest.approx(expected[0])


def test_classes_that_pay_the_same_are_one():
    study = two_ways()
    problem = part_of(study).freight.problem
    rows = {
        (problem.fixed_cost[k].tobytes(), float(problem.time_weight[k]))
        for k in range(problem.classes)
    }
    assert len(rows) == problem.classes


def test_goods_without_a_way_are_told():
    study = study_of(
        node=places("A", "B", "C"),
        link=[line("A", "B")],
        commodity=[GOODS],
        demand=[
            {"origin": "A", "destination": "B", "quantity_kt": 1.0},
            {"demand_id": "lost", "origin": "A", "destination": "C", "quantity_kt": 2.0},
        ],
    )
    part = part_of(study)
    lost = part.requests.table["demand_id"].to_list().index("lost")
    assert part.freight.stranded.tolist() == [lost]
    assert part.freight.problem.trips.sum() == pytest.approx(1.0)
