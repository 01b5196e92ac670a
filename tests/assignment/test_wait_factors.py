"""Factors on waits: each on its own element, in every period, and only where something queues."""

import numpy as np
import pytest
from tests.builders import GOODS, line, places, study_of

from sogdia.assignment import AssignmentOptions, WaitFactor, assign
from sogdia.assignment.waits import sakasegawa_wait_h, wait_factors
from sogdia.errors import DataError
from sogdia.scenario import Scenario

AS_IS = Scenario(name="as-is")
FIRST = WaitFactor("first", "terminal", None, "kt", 3.0)
FERRY = WaitFactor("ferry-a + ferry-b", "service", True, "kt", 0.25)


@pytest.fixture(scope="module")
def study():
    """A terminal and a ferry one way, another terminal the other way."""
    served = {"servers": 1, "service_time_h": 4.0, "service_cv": 1.0, "batch_t": 1400.0}
    return study_of(
        node=places("A", "P", "Q", "B"),
        link=[
            line("A", "P", mode="road"),
            line("P", "B", mode="ferry"),
            line("A", "Q", mode="road", cost_usd_t=2.0),
            line("Q", "B", mode="rail", cost_usd_t=2.0),
        ],
        terminal=[
            {"terminal_id": "first", "node_id": "P", "to_mode": "ferry"} | served,
            {"terminal_id": "second", "node_id": "Q"} | served,
        ],
        service=[
            {"service_id": f"ferry-{name}", "link_id": "P-B", "batch_capacity_t": 5000.0}
            for name in "ab"
        ],
        commodity=[GOODS | {"value_of_time_usd_t_day": 2.0}],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 4000.0}],
    )


def waits(result):
    """Mean wait by element over what the formula says at the element's own flow."""
    found: dict[str, float] = {}
    for part in result.solution.periods:
        problem, flow = part.problem, part.equilibrium.loading.resource_flow
        queue = problem.has_queue & (flow > 0)
        formula, _ = sakasegawa_wait_h(
            flow[queue] / problem.queue_capacity[queue],
            problem.servers[queue],
            problem.service_time_h[queue],
            problem.service_cv2[queue],
            problem.arrival_cv2[queue],
        )
        names = part.network.resource["row_id"].to_numpy()[queue]
        ratio = part.equilibrium.wait_h[queue] / formula
        found |= dict(zip(names.tolist(), ratio.tolist(), strict=True))
    return found


def with_factors(*factors):
    return AssignmentOptions(wait_factors=factors)


def test_a_factor_multiplies_the_wait_of_its_element_and_no_other(study):
    plain, slow = assign(study, AS_IS), assign(study, AS_IS, options=with_factors(FIRST))
    one = {"first": 1.0, "ferry-a|ferry-b": 1.0, "second": 1.0}
    assert waits(plain) == pytest.approx(one, rel=1e-6)
    assert waits(slow) == pytest.approx(one | {"first": 3.0}, rel=1e-6)
    kt = [
        float(result.terminals.filter(terminal_id="first")["kt"].sum()) for result in (plain, slow)
    ]
    assert kt[1] < 0.95 * kt[0]
    assert slow.converged
    slow.check()


def test_services_of_one_berth_have_one_factor(study):
    found = waits(assign(study, AS_IS, options=with_factors(FIRST, FERRY)))
    expected = {"first": 3.0, "ferry-a|ferry-b": 0.25, "second": 1.0}
    assert found == pytest.approx(expected, rel=1e-6)


def test_a_factor_of_one_changes_nothing(study):
    one = [WaitFactor(f.element, f.kind, f.forward, f.unit, 1.0) for f in (FIRST, FERRY)]
    plain, same = assign(study, AS_IS), assign(study, AS_IS, options=with_factors(*one))
    assert plain.paths.equals(same.paths)


def test_the_derivative_has_the_factor_too(study):
    part = assign(study, AS_IS, options=with_factors(FIRST)).solution.periods[0]
    flow = part.equilibrium.loading.resource_flow
    step = 1e-6 * flow
    above, _ = part.problem.waits(flow + step)
    below, _ = part.problem.waits(flow - step)
    _, slope = part.problem.waits(flow)
    used = flow > 0
    assert np.allclose((above - below)[used] / (2 * step[used]), slope[used], rtol=1e-5)


def test_what_an_event_split_has_the_factor_of_its_row(study):
    resource = assign(study, AS_IS).solution.periods[0].network.resource
    split = resource.with_columns(row_id=resource["row_id"] + "@event")
    assert wait_factors(split, [FIRST]).tolist() == wait_factors(resource, [FIRST]).tolist()
    assert sorted(wait_factors(split, [FIRST]).tolist())[-1] == 3.0


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        (WaitFactor("frist", "terminal", None, "kt", 2.0), "nearest: 'first'"),
        (WaitFactor("first", "port", None, "kt", 2.0), "link, terminal, service"),
        (WaitFactor("first", "terminal", None, "t", 2.0), "kt, kteu"),
        (WaitFactor("first", "terminal", True, "kt", 2.0), "links and terminals none"),
        (WaitFactor("ferry-a", "service", None, "kt", 2.0), "services have a direction"),
        (WaitFactor("first", "terminal", None, "kt", 0.0), "has to be positive"),
        (WaitFactor("first", "terminal", None, "kt", float("nan")), "has to be positive"),
    ],
)
def test_factors_that_cannot_be_are_refused(study, factor, message):
    with pytest.raises(DataError, match=message):
        assign(study, AS_IS, options=with_factors(factor))


def test_a_factor_given_twice_is_refused(study):
    with pytest.raises(DataError, match="given twice"):
        assign(study, AS_IS, options=with_factors(FIRST, FIRST))
