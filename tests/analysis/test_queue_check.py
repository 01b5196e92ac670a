"""Formula against simulation: they agree where theory says so, and the gap is told elsewhere."""

import polars as pl
import pytest
from tests.builders import GOODS, line, places, study_of
from tests.theory.queues import scheduled_wait

from sogdia.analysis.queue_check import COLUMNS, compare_queues
from sogdia.assignment import assign
from sogdia.errors import DataError
from sogdia.scenario import Scenario
from sogdia.simulation import SimulationOptions, simulate

AS_IS = Scenario(name="as-is")
LOT_KT = 1.4
SERVICE_H = 4.0
SERVED_KT = 8760 / SERVICE_H * LOT_KT
"""What one server does in a year."""


def over_a_terminal(kt, *, event=(), **terminal):
    """Goods that pass one terminal, a lot of 1,400 t at a time."""
    served = {"servers": 1, "service_time_h": SERVICE_H, "service_cv": 1.0, "batch_t": 1400.0}
    return study_of(
        node=places("A", "B", "C"),
        link=[line("A", "B", mode="road"), line("B", "C", mode="rail")],
        terminal=[{"terminal_id": "T", "node_id": "B"} | served | terminal],
        demand=[{"origin": "A", "destination": "C", "quantity_kt": kt}],
        event=list(event),
    )


def over_the_sea(services, *, commodity=(GOODS,), demand=None, **link):
    """Goods that cross on vessels."""
    return study_of(
        node=places("A", "B"),
        link=[line("A", "B", mode="ferry", **link)],
        service=[{"link_id": "A-B"} | one for one in services],
        commodity=list(commodity),
        demand=demand or [{"origin": "A", "destination": "B", "quantity_kt": 100.0}],
    )


def compared(study, replications=60, **options):
    """Assign, simulate and compare."""
    result = assign(study, AS_IS)
    asked = SimulationOptions(replications=replications, warm_up_days=60, threads=2, **options)
    return compare_queues(result, simulate(study, AS_IS, flows=result, options=asked))


def agrees(row, exact_h):
    """Whether theory lies in the interval of 99.9 %, and that is not wide.

    That of 95 % would miss it once in twenty.
    """
    half_h = (row["high_h"] - row["low_h"]) / 2 * 3.4 / 2.0
    return abs(row["simulated_wait_h"] - exact_h) < half_h < 0.1 * exact_h


def rows(table):
    return {(row["element"], row["forward"]): row for row in table.iter_rows(named=True)}


@pytest.mark.parametrize(
    ("utilisation", "cv"), [(0.7, 1.0), (0.85, 0.5), (0.5, 0.0)], ids=["M/M/1", "M/G/1", "M/D/1"]
)
def test_formula_and_simulation_agree_where_the_formula_is_exact(utilisation, cv):
    row = compared(over_a_terminal(utilisation * SERVED_KT, service_cv=cv)).row(0, named=True)
    exact_h = utilisation / (1 - utilisation) * (1 + cv**2) / 2 * SERVICE_H
    assert row["queue_h"] == row["wait_h"] == pytest.approx(exact_h)
    assert agrees(row, exact_h)
    assert row["inside"] == (row["low_h"] <= exact_h <= row["high_h"])
    assert row["utilisation"] == pytest.approx(utilisation)
    assert row["simulated_utilisation"] == pytest.approx(utilisation, rel=0.02)
    assert row["gap_h"] == pytest.approx(row["simulated_wait_h"] - exact_h)
    assert row["ratio"] == pytest.approx(row["simulated_wait_h"] / exact_h)
    assert row["waiting_kt_h"] == pytest.approx(row["kt"] * exact_h)
    assert row["simulated_waiting_kt_h"] == pytest.approx(
        row["simulated_kt"] * row["simulated_wait_h"], rel=1e-9
    )
    assert row["shipments"] == pytest.approx(row["simulated_kt"] / LOT_KT)


def test_lots_that_come_evenly_wait_less_than_the_formula_says():
    row = compared(over_a_terminal(0.7 * SERVED_KT), releases="scheduled").row(0, named=True)
    assert not row["inside"]
    assert row["wait_h"] == pytest.approx(0.7 / 0.3 * SERVICE_H)
    assert agrees(row, scheduled_wait(0.7 / SERVICE_H, SERVICE_H))
    assert row["gap_h"] < 0


def test_a_link_lets_one_lot_through_after_another_and_the_formula_knows_nothing_of_it():
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B", mode="rail", capacity_kt_y=SERVED_KT)],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 0.6 * SERVED_KT}],
    )
    row = compared(study).row(0, named=True)
    assert (row["element"], row["kind"], row["unit"]) == ("A-B", "link", "kt")
    assert not row["has_formula"]
    assert (row["queue_h"], row["wait_h"], row["ratio"]) == (0.0, 0.0, None)
    assert agrees(row, 0.6 / 0.4 / 2 * SERVICE_H)
    assert row["gap_h"] == row["simulated_wait_h"]
    assert not row["inside"]


def test_a_yard_that_is_full_is_a_wait_of_its_own():
    study = over_a_terminal(0.9 * SERVED_KT, storage_t=4200.0)
    found = {row["unit"]: row for row in compared(study, 5).iter_rows(named=True)}
    assert found.keys() == {"kt", "t"}
    assert found["t"]["wait_h"] == 0.0
    assert found["t"]["gap_h"] == found["t"]["simulated_wait_h"] > 0
    assert found["t"]["kt"] == 0.0


def test_both_sides_count_the_wait_for_the_next_departure():
    sails = {"timetable": "Mo 12:00, Th 12:00", "departures_week": 2.0, "batch_capacity_t": 14000.0}
    found = rows(compared(over_the_sea([sails | {"service_id": "boat"}])))
    row = found["boat", True]
    assert row["unit"] is None
    # gaps of three and four days, which the assignment takes for even ones
    assert row["wait_h"] - row["queue_h"] == pytest.approx(42.0)
    assert row["simulated_wait_h"] == pytest.approx((72**2 + 96**2) / 2 / 168, rel=0.03)
    assert found["boat", False]["simulated_wait_h"] is None
    assert found["boat", False]["inside"] is None


def test_both_sides_count_the_wait_for_opening():
    study = over_a_terminal(0.02 * SERVED_KT, service_cv=0.0, opening_hours="Mo-Su 08:00-20:00")
    row = compared(study).row(0, named=True)
    assert row["wait_h"] - row["queue_h"] == pytest.approx(3.0)
    assert row["simulated_wait_h"] == pytest.approx(3.0, rel=0.2)


def test_both_sides_count_the_wait_for_the_end_of_a_closure():
    closed = {
        "from_date": "2024-06-01",
        "until_date": "2024-06-20",
        "element_kind": "terminal",
        "element_id": "T",
    }
    closed |= {name: pl.Series([closed[name]]).str.to_date()[0] for name in list(closed)[:2]}
    study = over_a_terminal(0.02 * SERVED_KT, service_cv=0.0, event=[closed], dwell_h=1.0)
    row = compared(study, 200).row(0, named=True)
    assert row["wait_h"] - row["queue_h"] == pytest.approx(20**2 / 2 / 366 * 24)
    assert row["simulated_wait_h"] == pytest.approx(row["wait_h"], rel=0.2)


def test_boxes_and_wagons_share_a_deck():
    ferry = {"service_id": "ferry", "batch_capacity_t": 2800.0, "batch_capacity_teu": 200.0}
    boxes = GOODS | {"commodity_id": "boxes", "unit": "TEU", "use": "container", "t_per_teu": 14.0}
    demand = [
        {"origin": "A", "destination": "B", "commodity_id": name, "quantity_kt": kt}
        for name, kt in (("goods", 300.0), ("boxes", 200.0))
    ]
    study = over_the_sea([ferry], commodity=[GOODS, boxes], demand=demand)
    row = rows(compared(study, 20))["ferry", True]
    made_kt = 365 * 2.8
    assert row["kt"] == pytest.approx(500.0)
    assert row["utilisation"] == pytest.approx(500.0 / made_kt, rel=1e-3)
    assert row["simulated_utilisation"] == pytest.approx(500.0 / made_kt, rel=0.03)


def test_services_that_follow_each_other_at_a_berth_are_one_row():
    day = pl.Series(["2024-07-01"]).str.to_date()[0]
    boats = [
        {"service_id": "old", "batch_capacity_t": 2800.0, "open_until": day},
        {"service_id": "new", "batch_capacity_t": 5600.0, "open_from": day},
        {"service_id": "other", "batch_capacity_t": 1400.0, "allowed_uses": "wagon"},
    ]
    table = compared(over_the_sea(boats), 20)
    assert set(table["element"]) == {"new + old", "other"}
    row = rows(table)["new + old", True]
    assert row["kt"] == pytest.approx(100.0)
    assert row["simulated_kt"] == pytest.approx(100.0, rel=0.1)
    # sums over the half years: 100 kt on 182 departures of 2.8 kt and 184 of 5.6 kt
    assert row["utilisation"] == pytest.approx(100.0 / (182 * 2.8 + 184 * 5.6), rel=1e-2)


def test_the_largest_gaps_times_tonnes_come_first_and_what_is_unused_last():
    study = study_of(
        node=places("A", "B", "C", "D"),
        link=[
            line("A", "B", mode="rail", capacity_kt_y=1000.0),
            line("B", "C", mode="rail", capacity_kt_y=300.0),
            line("C", "D", mode="rail", capacity_kt_y=300.0),
        ],
        demand=[{"origin": "A", "destination": "C", "quantity_kt": 200.0}],
    )
    table = compared(study, 5)
    assert tuple(table.columns) == COLUMNS
    assert table["element"].to_list() == ["B-C", "A-B", "C-D"]
    last = table.row(2, named=True)
    assert last["kt"] == 0.0
    assert last["simulated_wait_h"] is None
    assert last["gap_h"] is None


def test_one_replication_has_no_interval():
    row = compared(over_a_terminal(0.5 * SERVED_KT), 1).row(0, named=True)
    assert row["simulated_wait_h"] > 0
    assert (row["low_h"], row["high_h"], row["inside"]) == (None, None, None)


def test_a_simulation_of_something_else_is_refused():
    study = over_a_terminal(0.5 * SERVED_KT)
    result = assign(study, AS_IS)
    other = Scenario(name="another")
    asked = SimulationOptions(replications=1, days=30, warm_up_days=0)
    with pytest.raises(DataError, match="test · as-is · 2024 and the simulation of test · another"):
        compare_queues(result, simulate(study, other, options=asked))
