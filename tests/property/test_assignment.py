"""Whatever the network: demand is conserved, and a result that converged passes its check."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import GOODS, line, places, study_of
from tests.examples import examples

from sogdia.assignment import AssignmentOptions, ChoiceParameters, assign
from sogdia.errors import InfeasibleError
from sogdia.scenario import Scenario

PLACES = [f"N{k}" for k in range(6)]
PAIRS = [(a, b) for a in PLACES for b in PLACES if a != b]
AMOUNTS = st.floats(0.5, 200.0)


@st.composite
def studies(draw):
    """Networks with random costs, some capacities and some queues, and a few demands."""
    links = draw(st.lists(st.sampled_from(PAIRS), min_size=6, max_size=16, unique=True))
    limits = st.one_of(st.none(), st.floats(1.0, 300.0))
    rows = [
        line(
            a,
            b,
            cost_usd_t=draw(AMOUNTS),
            time_h=draw(AMOUNTS),
            capacity_kt_y=draw(limits),
            length_km=draw(AMOUNTS),
        )
        for a, b in links
    ]
    sailed = draw(st.sampled_from(links))
    boat = {
        "link_id": "-".join(sailed),
        "departures_week": draw(st.floats(1.0, 14.0)),
        "batch_capacity_t": draw(st.floats(100.0, 3000.0)),
        "headway_cv": draw(st.floats(0.0, 1.0)),
    }
    ends = draw(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=4, unique=True))
    demand = [{"origin": a, "destination": b, "quantity_kt": draw(AMOUNTS)} for a, b in ends]
    goods = GOODS | {"value_of_time_usd_t_day": 3.0, "value_of_time_sigma": draw(st.floats(0, 1.5))}
    return study_of(
        node=places(*PLACES), link=rows, service=[boat], demand=demand, commodity=[goods]
    )


def solved(study, scale):
    """The result, or None where no path joins any origin with its destination."""
    options = AssignmentOptions(choice=ChoiceParameters(scale=scale))
    try:
        return assign(study, Scenario(name="as-is"), options=options)
    except InfeasibleError:
        return None


def fixed_study(seed):
    """A network of the same kind that depends on nothing but its number."""
    random = np.random.default_rng(seed)

    def amount():
        return float(random.uniform(0.5, 200.0))

    def pairs(least, most):
        chosen = random.choice(len(PAIRS), random.integers(least, most + 1), replace=False)
        return [PAIRS[number] for number in chosen]

    links = pairs(6, 16)
    rows = [
        line(
            a,
            b,
            cost_usd_t=amount(),
            time_h=amount(),
            capacity_kt_y=float(random.uniform(1.0, 300.0)) if random.random() < 0.5 else None,
            length_km=amount(),
        )
        for a, b in links
    ]
    boat = {
        "link_id": "-".join(links[random.integers(len(links))]),
        "departures_week": float(random.uniform(1.0, 14.0)),
        "batch_capacity_t": float(random.uniform(100.0, 3000.0)),
        "headway_cv": float(random.uniform(0.0, 1.0)),
    }
    demand = [{"origin": a, "destination": b, "quantity_kt": amount()} for a, b in pairs(1, 4)]
    sigma = float(random.uniform(0.0, 1.5))
    goods = GOODS | {"value_of_time_usd_t_day": 3.0, "value_of_time_sigma": sigma}
    study = study_of(
        node=places(*PLACES), link=rows, service=[boat], demand=demand, commodity=[goods]
    )
    return study, float(random.uniform(1.0, 20.0))


# Fixed networks: others, drawn at random, now and then defeat the Newton method
# (docs/design/03-assignment.md). What Hypothesis draws depends on the modules that are loaded.
@pytest.mark.parametrize("seed", range(60))
def test_a_result_converges_holds_and_passes_its_check(seed):
    result = solved(*fixed_study(seed))
    if result is None:
        return
    assert result.converged, result.history
    result.check()
    assert (result.elements["utilisation"] <= 1 + 1e-7).all()


def test_most_of_the_fixed_networks_have_a_result():
    found = [solved(*fixed_study(seed)) is not None for seed in range(20)]
    assert sum(found) > 10


@settings(max_examples=examples(40), deadline=None)
@given(studies(), st.floats(1.0, 20.0))
def test_any_result_conserves_demand_and_tells_whether_it_converged(study, scale):
    result = solved(study, scale)
    if result is None:
        return
    assert result.converged == (result.residual <= AssignmentOptions().residual)
    if result.converged:
        result.check()
    asked = float(study.demand["quantity_kt"].sum())
    told = float(result.paths["kt"].sum()) + float(result.unserved["kt"].sum())
    assert told == pytest.approx(asked, rel=1e-6, abs=0.01)
    assert (result.elements["wait_h"] >= 0).all()
    assert (result.paths["time_h"] >= 0).all()
