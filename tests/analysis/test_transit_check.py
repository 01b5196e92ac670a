"""Published transit days against simulated ones, whole journeys and parts of them."""

import pytest
from tests.builders import GOODS, line, places, study_of

from sogdia.analysis.transit_check import NO_COMMODITY, NOBODY, NOT_ENDS, PART, WHOLE, transit_check
from sogdia.scenario import Scenario
from sogdia.simulation import SimulationOptions, simulate

AS_IS = Scenario(name="as-is")


def study(*observations):
    """A chain from A to E over a terminal at C and a ferry from D, in hours that are known."""
    return study_of(
        node=[row | {"country": row["node_id"] * 2} for row in places("A", "B", "C", "D", "E")],
        link=[
            line("A", "B", mode="road", time_h=24.0),
            line("B", "C", mode="road", time_h=48.0, capacity_kt_y=8760 * 1.4),
            line("C", "D", mode="ferry", time_h=999.0),
            line("D", "E", mode="ferry", time_h=120.0),
        ],
        terminal=[
            {"terminal_id": "T", "node_id": "C", "to_mode": "ferry", "dwell_h": 12.0},
        ],
        service=[
            {
                "service_id": "boat",
                "link_id": "C-D",
                "timetable": "Mo 00:00, Tu 00:00, We 00:00, Th 00:00, Fr 00:00, Sa 00:00, Su 00:00",
                "crossing_time_h": 36.0,
                "batch_capacity_t": 1e6,
            }
        ],
        commodity=[GOODS, {"commodity_id": "other", "name": "other"}],
        corridor=[
            {"corridor_id": "chain", "priority": 1, "any_of": "C"},
            {"corridor_id": "empty", "priority": 2, "any_of": "X"},
        ],
        demand=[{"origin": "A", "destination": "E", "quantity_kt": 1000.0}],
        observation=[
            {"observation_id": f"o{number}", "metric": "days", "commodity_ids": "goods"} | row
            for number, row in enumerate(observations)
        ],
    )


def checked(*observations, **options):
    made = study(*observations)
    asked = SimulationOptions(replications=10, warm_up_days=30, **options)
    table = transit_check(simulate(made, AS_IS, options=asked), made)
    return table.sort("observation").to_dicts()


WHOLE_H = 24 + 48 + 12 + 12 + 36 + 120


def test_journeys_of_a_corridor_and_from_door_to_door():
    rows = checked(
        {"scope": "corridor:chain", "value": 10.0},
        {"scope": "od:A>E", "value": 10.0, "low": 9.0, "high": 10.0},
        {"scope": "od:A>E", "of": "corridor:chain", "value": 20.0},
        {"scope": "corridor:chain", "value": 10.0, "origin_countries": "AA"},
    )
    for row in rows:
        assert row["how"] == WHOLE
        assert row["mean_days"] == pytest.approx(WHOLE_H / 24, rel=0.02)
        assert row["ci_low"] < row["mean_days"] < row["ci_high"]
        assert row["p50"] < row["p90"]
        assert row["ratio"] == pytest.approx(row["mean_days"] / row["published"])
    assert [row["within"] for row in rows] == [True, False, False, True]


def test_parts_of_longer_journeys_add_up_to_what_they_last():
    rows = checked(
        {"scope": "od:B>C", "value": 2.0},  # with a short wait at the line
        {"scope": "od:C>D", "value": 2.0},  # wait for the boat, and crossing
        {"scope": "od:B>E", "of": "corridor:chain", "value": 10.0},
        {"scope": "od:A>B", "value": 1.0},
    )
    hours = [row["mean_days"] * 24 for row in rows]
    assert {row["how"] for row in rows} == {PART}
    assert hours == pytest.approx([48.0, 48.0, WHOLE_H - 24, 24.0], rel=0.03)
    assert {row["p50"] for row in rows} == {row["ci_low"] for row in rows} == {None}


def test_what_cannot_be_timed_says_why():
    rows = checked(
        {"scope": "od:E>A", "value": 9.0},
        {"scope": "od:A>E", "of": "corridor:empty", "value": 9.0},
        {"scope": "od:A>E", "value": 9.0, "commodity_ids": None},
        {"scope": "corridor:empty", "value": 9.0},
        {"scope": "corridor:chain", "value": 9.0, "direction": "westbound"},
        {"scope": "corridor:chain", "value": 9.0, "commodity_ids": "other"},
        {"scope": "corridor:chain", "value": 9.0, "destination_countries": "BB"},
    )
    expected = [NOT_ENDS, NOT_ENDS, NO_COMMODITY, NOBODY, NOBODY, NOBODY, NOBODY]
    assert [row["how"] for row in rows] == expected
    for row in rows:
        assert row["mean_days"] is row["ratio"] is row["within"] is None


def test_only_days_of_the_years_simulated_count():
    rows = checked(
        {"scope": "corridor:chain", "value": 9.0},
        {"scope": "corridor:chain", "value": 9.0, "year": 2023},
        {"scope": "corridor:chain", "value": 9.0, "role": "context"},
        {"scope": "corridor:chain", "value": 9.0, "metric": "kt"},
    )
    assert [row["observation"] for row in rows] == ["o0"]
