"""Waits against the queues whose formulas are known, and their place in the equilibrium."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from tests.builders import GOODS, line, places, study_of

from sogdia.assignment import AssignmentOptions, ChoiceParameters, assign
from sogdia.assignment.waits import LINEAR_FROM, sakasegawa_wait_h

TIME_IS_MONEY = [GOODS | {"value_of_time_usd_t_day": 24.0}]


def wait(rho: float, servers: int, cv2: float, service_h: float = 1.0) -> float:
    """Sakasegawa's wait for one station."""
    found, _ = sakasegawa_wait_h(
        *(np.array([value]) for value in (rho, float(servers), service_h, cv2, 1.0))
    )
    return float(found[0])


def erlang_c_wait(rho: float, servers: int) -> float:
    """Mean wait of M/M/c with unit service time (Erlang, 1917)."""
    load = rho * servers
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) / (1 - rho)
    return last / (sum(terms) + last) / (servers * (1 - rho))


@pytest.mark.parametrize("rho", [0.1, 0.5, 0.9])
def test_one_exponential_server_is_exact(rho):
    assert wait(rho, 1, 1.0) == pytest.approx(rho / (1 - rho))


@pytest.mark.parametrize("rho", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("cv2", [0.0, 0.3, 2.0])
def test_one_general_server_is_pollaczek_khinchine(rho, cv2):
    assert wait(rho, 1, cv2) == pytest.approx((1 + cv2) / 2 * rho / (1 - rho))


@pytest.mark.parametrize("servers", [2, 5, 10])
@pytest.mark.parametrize("rho", [0.5, 0.7, 0.9])
def test_many_servers_are_close_to_erlang_c(servers, rho):
    """Within 4 % of the service time, and of the wait itself where the wait is long."""
    exact = erlang_c_wait(rho, servers)
    assert wait(rho, servers, 1.0) == pytest.approx(exact, abs=0.04)
    if rho == 0.9:
        assert wait(rho, servers, 1.0) == pytest.approx(exact, rel=0.05)


@given(st.floats(0.0, 1.5), st.integers(1, 20), st.floats(0.0, 4.0), st.floats(0.1, 100.0))
def test_the_wait_is_never_negative_and_its_slope_is_its_derivative(rho, servers, cv2, hours):
    step = 1e-6
    ends = np.array([rho, rho + step])
    waits, slopes = sakasegawa_wait_h(ends, *np.full((4, 2), [[servers], [hours], [cv2], [1.0]]))
    assert (waits >= 0).all()
    assert (slopes >= 0).all()
    if rho > 0.01 and not rho < LINEAR_FROM < rho + step:
        assert (waits[1] - waits[0]) / step == pytest.approx(slopes[0], rel=1e-3, abs=1e-6)


def queue_at(node: str, capacity_kt: float, hours: float) -> dict:
    """A border with one exponential server, in the way of everything that crosses it."""
    return {
        "terminal_id": f"{node}-gate",
        "node_id": node,
        "from_mode": "road",
        "to_mode": "rail",
        "directed": True,
        "servers": 1,
        "service_time_h": hours,
        "service_cv": 1.0,
        "batch_t": capacity_kt * 1000.0 * hours / 8760.0,
        "dwell_h": None,
    }


def rail(start: str, end: str, **row):
    """One rail link."""
    return line(start, end, mode="rail", gauge_mm=1435, **row)


def gate(node: str, **row):
    """A gate from road to rail of gauge 1435."""
    return queue_at(node, **row) | {"to_gauge_mm": 1435}


def test_flows_wait_as_the_queues_they_cause():
    """Two gates in parallel: shares must solve the logit at M/M/1 waits, found by bisection."""
    study = study_of(
        node=places("A", "P", "Q", "B"),
        link=[
            line("A", "P", cost_usd_t=10),
            rail("P", "B", cost_usd_t=10),
            line("A", "Q", cost_usd_t=25),
            rail("Q", "B", cost_usd_t=10),
        ],
        terminal=[
            gate("P", capacity_kt=100.0, hours=20.0),
            gate("Q", capacity_kt=200.0, hours=20.0),
        ],
        commodity=TIME_IS_MONEY,
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 90.0}],
    )
    options = AssignmentOptions(
        choice=ChoiceParameters(scale=5.0, reliability_ratio=0.0), value_of_time_edges=()
    )
    result = assign(study, options=options)

    def gap(x: float) -> float:
        p = 22.0 + 20.0 + 20.0 * (x / 100) / (1 - x / 100)
        q = 37.0 + 20.0 + 20.0 * ((90 - x) / 200) / (1 - (90 - x) / 200)
        return x - 90.0 * p**-5.0 / (p**-5.0 + q**-5.0)

    expected = optimize.brentq(gap, 0.0, 89.9)
    found = float(result.links.filter(link_id="A-P")["kt"].sum())
    assert found == pytest.approx(expected, rel=1e-8)
    result.check()


def test_braess_an_added_link_makes_everybody_slower():
    """Braess (1968), with two gates whose queues grow and two long ways that do not.

    With the bridge nearly all pass both gates, and each waits longer than before.
    """
    links = [
        line("A", "P", cost_usd_t=0.0, time_h=0.5),
        rail("P", "B", cost_usd_t=0.0, time_h=50.0),
        rail("A", "Q", cost_usd_t=0.0, time_h=50.0),
        line("Q", "B", cost_usd_t=0.0, time_h=0.5, mode="sea"),
    ]
    terminals = [
        gate("P", capacity_kt=100.0, hours=8.0),
        queue_at("Q", 100.0, 8.0)
        | {"from_mode": "rail", "from_gauge_mm": 1435, "to_mode": "sea", "to_gauge_mm": None},
    ]
    options = AssignmentOptions(
        choice=ChoiceParameters(scale=60.0, reliability_ratio=0.0), value_of_time_edges=()
    )

    def mean_time(extra: list[dict]) -> float:
        study = study_of(
            node=places("A", "P", "Q", "B"),
            link=[*links, *extra],
            terminal=terminals,
            commodity=TIME_IS_MONEY,
            demand=[{"origin": "A", "destination": "B", "quantity_kt": 84.0}],
        )
        result = assign(study, options=options)
        result.check()
        return float((result.paths["kt"] * result.paths["time_h"]).sum()) / 84.0

    apart = mean_time([])
    bridged = mean_time([rail("P", "Q", cost_usd_t=0.0, time_h=0.5)])
    rho = 0.42
    assert apart == pytest.approx(50.5 + 8 + 8 * rho / (1 - rho), rel=1e-6)
    assert bridged > apart * 1.02


def test_a_service_makes_goods_wait_half_its_headway_and_longer_when_irregular():
    def time_h(headway_cv: float) -> float:
        study = study_of(
            node=places("A", "B"),
            link=[line("A", "B", mode="ferry")],
            service=[
                {"link_id": "A-B", "departures_week": 3.5, "headway_cv": headway_cv}
                | {"batch_capacity_t": 1e9, "crossing_time_h": 20.0, "availability": 0.5}
            ],
            demand=[{"origin": "A", "destination": "B", "quantity_kt": 1.0}],
        )
        return float(assign(study).paths["time_h"].item())

    headway_h = 168 / 3.5 / 0.5
    assert time_h(0.0) == pytest.approx(20.0 + headway_h / 2, rel=1e-6)
    assert time_h(1.0) == pytest.approx(20.0 + headway_h, rel=1e-6)
