"""Voyages of a log: arrivals that were drawn anew, loads added up row by row, who was on board."""

from collections import defaultdict

import numpy as np
import pytest
from tests.builders import line, places, study_of

from sogdia.simulation import SimulationOptions, engine, simulate
from sogdia.simulation.model import BOARD
from sogdia.simulation.voyages import first_key, sailings, voyages

OPTIONS = SimulationOptions(replications=1, warm_up_days=0, days=90, seed=7, threads=1, trace=True)


def crossing(**service):
    """Two kinds of goods on the same way: their streams share its steps."""
    row = {
        "service_id": "ferry", "link_id": "b-c", "departure": "when_full", "headway_cv": 0.3,
        "departures_week": 7.0, "batch_capacity_t": 2000.0, "crossing_time_h": 10.0,
    }  # fmt: skip
    port = {"from_mode": "road", "to_mode": "ferry", "dwell_h": 6.0}
    return study_of(
        node=places("a", "b", "c", "d"),
        link=[
            line("a", "b", directed=False, time_h=5.0),
            line("b", "c", directed=False, mode="ferry", time_cv=0.4),
            line("c", "d", directed=False, time_h=7.0),
        ],
        terminal=[
            {"terminal_id": "port-b", "node_id": "b"} | port,
            {"terminal_id": "port-c", "node_id": "c"} | port,
        ],
        service=[row | service],
        commodity=[{"commodity_id": name, "name": name} for name in ("goods", "grain")],
        demand=[
            {"origin": "a", "destination": "d", "commodity_id": name, "quantity_kt": 300.0}
            for name in ("goods", "grain")
        ],
    )


CASES = [
    {"fleet": 3, "max_wait_h": 30.0},
    {"fleet": 2},
    {"departures_week": 14.0, "availability": 0.7, "timetable": "Mo 08:00, Th 20:00"},
]


@pytest.fixture(scope="module", params=CASES, ids=["waits", "fleet", "timetable"])
def made(request):
    result = simulate(crossing(**request.param), flows="cheapest", options=OPTIONS)
    model, first = result.translation.model, result.sample.first
    return model, first, voyages(model, first, first_key(result.seed))


def test_streams_share_a_route(made):
    model, _, _ = made
    assert len(np.unique(model.stream_integer[:, 0])) < len(model.stream_integer)


def test_who_arrives_is_who_boarded(made):
    model, first, _ = made
    sailing = sailings(model, first.log)
    boarded = {}
    arrivals = 0
    for row, (what, stream, number, step, _) in enumerate(first.log.tolist()):
        if stream < 0 or model.step_integer[step, 0] != BOARD:
            continue
        if what == engine.STARTED:
            boarded[stream, number, step] = sailing[row]
        if what == engine.ARRIVED:
            assert sailing[row] == boarded[stream, number, step]
            arrivals += 1
    assert arrivals > 20


def test_goods_arrive_with_their_vessel(made):
    _, first, found = made
    rows = np.flatnonzero(first.log[:, 0] == engine.ARRIVED)
    assert found.arrive_h[found.of_row[rows]] == pytest.approx(first.log_time[rows])


def test_every_departure_is_a_voyage(made):
    _, first, found = made
    departed = first.log[:, 0] == engine.DEPARTED
    assert len(found.vessel) == np.count_nonzero(departed) > 10
    assert (found.depart_h == first.log_time[departed]).all()
    assert (found.arrive_h > found.depart_h).all()


def test_loads_are_what_was_put_on_board_row_by_row(made):
    model, first, found = made
    room: dict[int, float] = defaultdict(float)
    left_over: dict[tuple[int, int, int], float] = {}
    on_board: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    parts: dict[int, tuple[int, int, int]] = {}
    voyage = 0
    for what, stream, number, step, station in first.log.tolist():
        key = (stream, number, step)
        if stream >= 0 and model.step_integer[step, 0] == BOARD and station >= 0:
            if what == engine.STARTED and model.units[station] == 0:
                on_board[station].append(key)
            if what == engine.PARTLY_LOADED:
                parts[station] = key
        if what == engine.DEPARTED:
            capacity = model.vessel_number[step, 0]
            load = sum(
                left_over.pop(one, model.step_number[one[2], 3])
                for one in on_board.pop(station, [])
            )
            if station in parts:
                divided = parts.pop(station)
                before = left_over.get(divided, model.step_number[divided[2], 3])
                left_over[divided] = before - (capacity - load)
                load = capacity
            assert found.load[voyage] == pytest.approx(load / capacity)
            room[station] += load
            voyage += 1
    assert voyage == len(found.load)
    assert found.load.max() == pytest.approx(1.0)
    # what the engine itself counted
    loaded = first.amount[:, engine.LOADED]
    assert all(loaded[station] == pytest.approx(total) for station, total in room.items())
