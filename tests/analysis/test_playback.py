"""A simulation to be watched: against the table of carriers' events, and by hand."""

import dataclasses
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise

import polars as pl
import pytest
from tests.builders import line, places, study_of
from tests.simulation.test_simulate import ONE, berth, ferry
from tests.simulation.test_trace import corridor

from sogdia.analysis.movements import MOVEMENTS
from sogdia.analysis.playback import CLOSURES, QUEUES, VOYAGES, playback
from sogdia.errors import DataError
from sogdia.scenario import Breakdown, Scenario
from sogdia.simulation import SimulationOptions, simulate
from sogdia.simulation.trace import rebuild_queues
from sogdia.study.marks import NO_CORRIDOR

START, DAYS = date(2024, 3, 1), 50
OPTIONS = SimulationOptions(
    replications=1, warm_up_days=10, start=START, days=DAYS, seed=3, threads=1, trace=True
)
END_H = 24.0 * DAYS


def played(study, *, scenario=None, most=10**9, **changed):
    options = dataclasses.replace(OPTIONS, **changed)
    result = simulate(study, scenario, flows="cheapest", options=options)
    return result, playback(result, study, most_movements=most)


@cache
def made():
    return played(corridor())


def hours(moment):
    return (moment - datetime.combine(START, datetime.min.time())) / timedelta(hours=1)


def journeys(trace):
    """Read from carriers' events where each shipment went: from, when, to, when (None: not yet)."""
    found = defaultdict(list)
    events = trace.filter(
        pl.col("shipment").is_not_null(), classifier="ACT", event_type="TRANSPORT"
    ).filter(pl.col("code").is_in(["DEPA", "ARRI"]))
    for row in events.sort("shipment", "time", maintain_order=True).iter_rows(named=True):
        if row["code"] == "DEPA":
            found[row["shipment"]].append([row["node_id"], hours(row["time"]), None, None])
        elif found[row["shipment"]]:
            found[row["shipment"]][-1][2:] = [row["node_id"], hours(row["time"])]
    # between a border post and what is beside it nothing moves
    moved = {
        shipment: [leg for leg in legs if leg[0] != leg[2]] for shipment, legs in found.items()
    }
    return {shipment: legs for shipment, legs in sorted(moved.items()) if legs}


def by_shipment(movements):
    found = defaultdict(list)
    for row in movements.iter_rows(named=True):
        found[row["shipment"]].append(row)
    return found


def test_movements_are_those_of_the_trace():
    result, found = made()
    assert found.one_in == {NO_CORRIDOR: 1}
    told = journeys(result.trace)
    rows = by_shipment(found.movements)
    compared = 0
    for number, legs in enumerate(told.values()):
        seen = [leg for leg in legs if leg[1] < END_H and (leg[3] is None or leg[3] > 0.0)]
        assert len(seen) == len(rows.get(number, []))  # no haul of this study has two links
        for (start, depart_h, end, arrive_h), row in zip(seen, rows.get(number, []), strict=True):
            assert row["from_node_id"] == start
            assert row["depart_h"] == pytest.approx(depart_h, abs=1e-6)
            if end is None:
                assert row["arrive_h"] >= END_H
            else:
                assert row["to_node_id"] == end
                assert row["arrive_h"] == pytest.approx(arrive_h, abs=1e-6)
            compared += 1
    assert compared == found.movements.height > 500


def test_all_shipments_of_the_trace_are_there_once():
    result, found = made()
    seen = [
        number
        for number, legs in enumerate(journeys(result.trace).values())
        if any(leg[1] < END_H and (leg[3] is None or leg[3] > 0.0) for leg in legs)
    ]
    assert found.movements["shipment"].unique().sort().to_list() == seen


def test_a_shipment_is_in_one_place_only_and_goes_on_from_there():
    _, found = made()
    ends = {row["link_id"]: row for row in corridor().link.iter_rows(named=True)}
    for rows in by_shipment(found.movements).values():
        for row in rows:
            link = ends[row["link_id"]]
            places = {row["from_node_id"], row["to_node_id"]}
            assert places == {link["from_node_id"], link["to_node_id"]}
            assert row["arrive_h"] > row["depart_h"]
            assert row["arrive_h"] > 0.0
            assert row["depart_h"] < END_H
        for before, after in pairwise(rows):
            assert after["from_node_id"] == before["to_node_id"]
            assert after["depart_h"] >= before["arrive_h"]


def test_goods_are_those_of_their_stream():
    result, found = made()
    named = found.movements.group_by("commodity_id", "corridor").agg(pl.col("shipment").n_unique())
    assert set(named["commodity_id"]) == {"goods", "boxes"}
    assert set(named["corridor"]) == {"other"}
    told = journeys(result.trace)
    of = dict(
        result.trace.filter(pl.col("shipment").is_not_null())
        .select("shipment", pl.col("commodity").cast(pl.String))
        .unique()
        .iter_rows()
    )
    expected = [of[shipment] for shipment in told]
    pairs = found.movements.select("shipment", "commodity_id").unique()
    assert all(expected[number] == commodity for number, commodity in pairs.iter_rows())


def test_line_haul_is_shared_out_by_the_times_of_its_links():
    study = study_of(
        node=places("a", "b", "c", "d"),
        link=[
            line("a", "b", directed=False, time_h=5.0),
            line("c", "b", directed=False, time_h=None, free_speed_km_h=50.0, length_km=750.0),
            line("c", "d", directed=False, time_h=20.0),
        ],
        demand=[{"origin": "a", "destination": "d", "quantity_kt": 140.0}],
    )
    _, found = played(study, distribution="constant")
    for rows in by_shipment(found.movements).values():
        if len(rows) < 3:
            continue
        assert [row["link_id"] for row in rows] == ["a-b", "c-b", "c-d"]
        assert [row["to_node_id"] for row in rows] == ["b", "c", "d"]
        lasted = [row["arrive_h"] - row["depart_h"] for row in rows]
        assert lasted == pytest.approx([5.0, 15.0, 20.0])
        assert [row["arrive_h"] for row in rows[:-1]] == [row["depart_h"] for row in rows[1:]]


def test_a_sample_is_as_large_as_it_may_be_and_gives_each_corridor_its_share():
    result, everything = made()
    keys = ["commodity_id"]
    all_rows = everything.movements
    for most in (all_rows.height, all_rows.height - 1, 500, 100, 1):
        found = playback(result, corridor(), most_movements=most)
        assert found.movements.height <= most
        if most == all_rows.height:
            assert found.one_in == {NO_CORRIDOR: 1}
            continue
        one_in = found.one_in[NO_CORRIDOR]
        assert one_in > 1
        kept = found.movements["shipment"].unique()
        expected = all_rows.filter(pl.col("shipment").is_in(kept.implode()))
        assert found.movements.equals(expected)
        counts = Counter(dict(all_rows.group_by(keys).agg(pl.col("shipment").n_unique()).rows()))
        sampled = dict(found.movements.group_by(keys).agg(pl.col("shipment").n_unique()).rows())
        for commodity, count in counts.items():
            # two directions, and one demand within, are apart
            assert abs(sampled.get(commodity, 0) - count / one_in) < 3.0
    again = playback(result, corridor(), most_movements=500)
    assert again.movements.equals(playback(result, corridor(), most_movements=500).movements)


def test_queues_are_those_rebuilt_from_the_trace():
    result, found = made()
    rebuilt = rebuild_queues(result.trace)
    kinds = dict(result.translation.stations.select("station", "kind").iter_rows())
    expected: Counter = Counter()
    for day in range(DAYS):
        midnight = datetime.combine(START, datetime.min.time()) + timedelta(days=day + 1)
        last = rebuilt.filter(pl.col("time") < midnight).group_by("station").last()
        for row in last.iter_rows(named=True):
            key = (row["resource"], kinds[row["station"]], row["forward"], day)
            expected[key] += row["waiting"]
    summed: Counter = Counter()
    for row in found.queues.iter_rows(named=True):
        summed[row["element"], row["kind"], row["forward"], row["day"]] += row["waiting"]
        assert row["waiting"] > 0
    assert summed == Counter({key: waiting for key, waiting in expected.items() if waiting})
    assert {key[1] for key in summed} == {"link", "terminal", "service"}


def test_a_queue_stands_where_its_goods_wait():
    _, found = made()
    node = dict(
        found.queues.filter(kind="terminal").select("element", "node_id").unique().iter_rows()
    )
    assert node.items() <= {
        "KZD-border": "KZD", "KZD-gauge": "KZD", "KZP-port": "KZP", "AZP-port": "AZP",
        "GEB-border": "GEB",
    }.items()  # fmt: skip
    quays = found.queues.filter(kind="service").select("forward", "node_id").unique()
    assert set(quays.iter_rows()) <= {(True, "KZP"), (False, "AZP")}


def test_goods_wait_at_either_end_of_a_link_that_is_full():
    study = study_of(
        node=places("a", "b"),
        link=[line("a", "b", directed=False, time_h=5.0, capacity_kt_y=330.0)],
        demand=[
            {"origin": "a", "destination": "b", "quantity_kt": 200.0},
            {"origin": "b", "destination": "a", "quantity_kt": 100.0},
        ],
    )
    result, found = played(study)
    assert found.queues.select("element", "kind").unique().rows() == [("a-b", "link")]
    assert set(found.queues["node_id"]) == {"a", "b"}
    by_day = dict(found.queues.group_by("day").agg(pl.col("waiting").sum()).iter_rows())
    rebuilt = rebuild_queues(result.trace)
    assert by_day.get(DAYS - 1, 0) == rebuilt["waiting"][-1]
    assert (rebuilt["waiting"] > 1).any()


def test_voyages_are_the_departures_of_the_trace():
    result, found = made()
    vessels = result.trace.filter(
        pl.col("shipment").is_null(), code="DEPA", classifier="ACT", event_type="TRANSPORT"
    )
    told = [
        (str(row["vessel"]).split(" ")[0], row["node_id"], round(hours(row["time"]), 6))
        for row in vessels.iter_rows(named=True)
    ]
    rows = found.voyages.select("service_id", "from_node_id", pl.col("depart_h").round(6)).rows()
    assert {row for row in rows if row[2] >= 0.0} == {row for row in told if row[2] >= 0.0}
    assert set(found.voyages["link_id"]) == {"KZP-AZP"}
    assert found.voyages["load"].is_between(0.0, 1.0).all()


def test_a_vessel_is_in_one_place_only():
    _, found = made()
    fleet = found.voyages.filter(service_id="ferry")
    assert set(fleet["vessel"]) == {1, 2, 3}
    for _, rows in fleet.group_by("vessel"):
        for before, after in pairwise(rows.iter_rows(named=True)):
            assert after["from_node_id"] == before["to_node_id"]
            assert after["depart_h"] >= before["arrive_h"]
    apart = found.voyages.filter(service_id="feeder")
    assert apart["vessel"].to_list() == list(range(1, apart.height + 1))


def test_goods_cross_with_a_voyage():
    _, found = made()
    at_sea = found.movements.filter(link_id="KZP-AZP")
    keys = ["from_node_id", "to_node_id", "depart_h", "arrive_h"]
    assert at_sea.join(found.voyages, on=keys, how="anti").is_empty()
    assert at_sea.height > 100


def test_closures_say_what_was_shut_and_why():
    _, found = made()
    rows = found.closures.rows()
    assert ("AZP-port", "terminal", "AZP", "event 'strike'", 8 * 24.0, 11 * 24.0) in rows
    assert ("KZA-KZP", "link", None, "event 'ban'", 19 * 24.0, 23 * 24.0) in rows
    assert ("KZD-border", "terminal", "KZD", "event 'check'", 32 * 24.0, 35 * 24.0) in rows
    assert len(rows) == 3


def test_breakdowns_and_weather_are_closures_and_opening_hours_are_not():
    study = ferry(fleet=2, closed_days_by_month=" ".join(["8"] * 12))
    terminal = study.terminal.with_columns(
        opening_hours=pl.when(terminal_id="port-b").then(pl.lit("Mo-Fr 08:00-18:00"))
    )
    study = study.with_tables(terminal=terminal)
    fails = Breakdown(
        element_kind="terminal", element_id="port-c", mean_between_h=200.0, repair_h=20.0
    )
    scenario = Scenario(name="test", breakdown=(fails,))
    result, found = played(study, scenario=scenario)
    causes = set(found.closures["cause"])
    assert causes == {"breakdowns of port-c", "weather on b-c"}
    assert any(cause.startswith("opening hours") for cause in result.translation.closures)
    storms = found.closures.filter(cause="weather on b-c")
    assert set(storms["node_id"]) == {"b", "c"}
    lasted = found.closures["until_h"] - found.closures["from_h"]
    assert (lasted >= 3.0).all()
    assert found.closures["from_h"].min() >= 0.0
    assert found.closures["until_h"].max() <= END_H


def test_a_closure_runs_on_into_the_night_in_which_all_is_shut_anyway():
    study = ferry(fleet=2)
    terminal = study.terminal.with_columns(
        opening_hours=pl.when(terminal_id="port-b").then(pl.lit("Mo-Su 08:00-18:00"))
    )
    strike = {
        "event_id": "strike", "name": "strike", "from_date": date(2024, 3, 9),
        "until_date": date(2024, 3, 10), "element_kind": "terminal", "element_id": "port-b",
        "effect": "closes", "happened": True,
    }  # fmt: skip
    event = pl.concat([study.event, pl.DataFrame([strike])], how="diagonal_relaxed")
    study = study.with_tables(terminal=terminal, event=event.cast(study.event.schema))
    _, found = played(study)
    assert found.closures.rows() == [
        ("port-b", "terminal", "b", "event 'strike'", 8 * 24.0, 10 * 24.0 + 8.0)
    ]


def test_events_that_stop_a_service_or_last_long_are_closures_too():
    study = ferry(fleet=2)
    common = {"effect": "closes", "happened": True}
    events = [
        {"event_id": "dock", "name": "dry dock", "from_date": date(2024, 3, 5),
         "until_date": date(2024, 3, 8), "element_kind": "service", "element_id": "ferry"},
        {"event_id": "war", "name": "war", "from_date": date(2024, 4, 1), "until_date": None,
         "element_kind": "node", "element_id": "x"},
        {"event_id": "old", "name": "old", "from_date": date(2020, 4, 1),
         "until_date": date(2021, 4, 1), "element_kind": "node", "element_id": "x"},
    ]  # fmt: skip
    rows = pl.DataFrame([row | common for row in events])
    event = pl.concat([study.event, rows], how="diagonal_relaxed").cast(study.event.schema)
    more = pl.DataFrame([{"node_id": "x", "x_coord": 9.0, "y_coord": 0.0}])
    node = pl.concat([study.node, more], how="diagonal_relaxed").cast(study.node.schema)
    study = study.with_tables(event=event, node=node)
    _, found = played(study)
    assert found.closures.rows() == [
        ("ferry", "service", None, "event 'dry dock'", 4 * 24.0, 8 * 24.0),
        ("x", "node", "x", "event 'war'", 31 * 24.0, END_H),
    ]
    gap = found.voyages.filter(pl.col("depart_h").is_between(4 * 24.0, 8 * 24.0, closed="left"))
    assert gap.is_empty()


def test_a_study_without_services_has_no_voyages():
    _, found = played(berth())
    assert found.voyages.is_empty()
    assert found.movements.height > 50
    assert {row[1] for row in found.queues.select("element", "node_id").iter_rows()} == {"b"}


def test_columns_are_those_documented():
    for _, found in (made(), played(berth())):
        assert found.movements.schema == MOVEMENTS
        assert found.voyages.schema == VOYAGES
        assert found.queues.schema == QUEUES
        assert found.closures.schema == CLOSURES
        assert found.figures() == {
            "start": "2024-03-01",
            "days": 50,
            "one_in": {"other": 1},
            "seed": 3,
        }


def test_what_cannot_be_played_is_refused():
    silent = simulate(ferry(fleet=2), flows="cheapest", options=ONE)
    with pytest.raises(DataError, match="trace=True"):
        playback(silent, ferry(fleet=2))
    result, _ = made()
    with pytest.raises(ValueError, match="1 at least"):
        playback(result, corridor(), most_movements=0)
    with pytest.raises(DataError, match="has no link"):
        playback(result, ferry(fleet=2))


def test_corridors_share_a_sample_evenly_and_small_ones_are_whole(small_study):
    result, everything = played(small_study, days=200)
    by_corridor = everything.movements.group_by("corridor")
    counts = dict(by_corridor.agg(pl.col("shipment").n_unique()).iter_rows())
    rows = dict(by_corridor.len().iter_rows())
    assert len(counts) > 1
    for most in (1000, 300):
        found = playback(result, small_study, most_movements=most)
        kept = dict(
            found.movements.group_by("corridor").agg(pl.col("shipment").n_unique()).iter_rows()
        )
        for name, there in counts.items():
            assert abs(kept.get(name, 0) - there / found.one_in[name]) < 1.0
            if rows[name] <= most / len(counts):
                assert found.one_in[name] == 1
        assert found.movements.height <= most < 2 * found.movements.height
