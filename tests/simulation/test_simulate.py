"""From a study to transit times and queues: by hand where times are constant, by law where not."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from tests.builders import GOODS, line, places, study_of

from sogdia.errors import DataError
from sogdia.scenario import Breakdown, Scenario, Season
from sogdia.scenario.model import Event
from sogdia.simulation import SimulationOptions, engine, replication, simulate
from sogdia.simulation.replication import replicate
from sogdia.simulation.simulate import LEAD_IN_DAYS
from sogdia.study.load import DataWarning

ONE = SimulationOptions(replications=2, warm_up_days=0, days=60, start=date(2024, 1, 1), threads=1)


def options(**changed):
    values = {name: getattr(ONE, name) for name in ONE.__dataclass_fields__} | changed
    return SimulationOptions(**values)


def ferry(**service):
    """Road to a port, a ferry, road from a port."""
    row = {
        "service_id": "ferry",
        "link_id": "b-c",
        "departure": "when_full",
        "departures_week": 7.0,
        "headway_cv": 0.0,
        "batch_capacity_t": 2000.0,
        "crossing_time_h": 10.0,
    } | service
    port = {"from_mode": "road", "to_mode": "ferry", "cost_usd_t": 0.0, "dwell_h": 6.0}
    return study_of(
        node=places("a", "b", "c", "d"),
        link=[
            line("a", "b", directed=False, time_h=5.0),
            line("b", "c", directed=False, mode="ferry", time_h=10.0),
            line("c", "d", directed=False, time_h=7.0),
        ],
        terminal=[
            {"terminal_id": "port-b", "node_id": "b"} | port,
            {"terminal_id": "port-c", "node_id": "c"} | port,
        ],
        service=[row],
        demand=[{"origin": "a", "destination": "d", "quantity_kt": 140.0}],
    )


def berth(**terminal):
    """Road to rail through a terminal with servers."""
    row = {
        "terminal_id": "berth",
        "node_id": "b",
        "servers": 1,
        "service_time_h": 20.0,
        "service_cv": 1.0,
        "batch_t": 1400.0,
        "dwell_h": None,
    } | terminal
    return study_of(
        node=places("a", "b", "c"),
        link=[line("a", "b", time_h=5.0), line("b", "c", mode="rail", gauge_mm=1520, time_h=10.0)],
        terminal=[{"to_gauge_mm": 1520} | row],
        demand=[{"origin": "a", "destination": "c", "quantity_kt": 400.0}],
    )


def of(result, element, **more):
    rows = result.elements.filter(element=element, **more)
    assert rows.height == 1
    return rows.row(0, named=True)


def test_constant_times_add_up():
    study = ferry()  # a daily departure each way, no fleet
    result = simulate(study, flows="cheapest", options=options(distribution="constant"))
    row = result.transit.row(0, named=True)
    # 5 road, 6 + 6 in port, 10 at sea, 7 road; the wait is on average half a headway
    assert row["moving_days"] * 24 == pytest.approx(22.0)
    assert row["handling_days"] * 24 == pytest.approx(12.0)
    assert row["border_days"] == 0.0
    assert row["waiting_days"] * 24 == pytest.approx(12.0, abs=1.5)
    assert row["mean_days"] * 24 == pytest.approx(34.0 + row["waiting_days"] * 24)
    wait = of(result, "ferry", forward=True)
    assert wait["wait_h_mean"] == pytest.approx(row["waiting_days"] * 24, rel=0.05)
    assert wait["throughput"] == pytest.approx(100.0, rel=0.2)


def test_a_fleet_makes_the_departures_that_are_published():
    study = ferry(fleet=2, departures_week=7.0, availability=0.5)
    result = simulate(study, flows="cheapest", options=options(distribution="constant"))
    first = result.sample.first
    departures = first.amount[:, engine.DEPARTURES]
    names = [
        name[0] if isinstance(name, tuple) else name
        for name in result.translation.model.station_names
    ]
    made = [count for name, count in zip(names, departures, strict=True) if name == "service"]
    # half of 60 departures each way
    assert made == pytest.approx([30.0, 30.0], abs=1.0)


def test_a_vessel_waits_for_cargo_as_long_as_it_says():
    full = ferry(fleet=1, max_wait_h=500.0, departures_week=3.0)
    result = simulate(full, flows="cheapest", options=options(distribution="constant"))
    loaded = of(result, "ferry", forward=True)["utilisation"]
    assert loaded > 0.99  # a shipment that does not fit is divided, so every deck is full
    hasty = simulate(ferry(fleet=1, departures_week=3.0), flows="cheapest", options=ONE)
    assert of(hasty, "ferry", forward=True)["utilisation"] < loaded


def test_a_timetable_is_kept():
    study = ferry(departure="timetable", departures_week=1.0, timetable="Mo 08:00")
    result = simulate(study, flows="cheapest", options=options(trace=True, replications=1))
    log = result.sample.first
    departed = log.log_time[log.log[:, 0] == engine.DEPARTED]
    # 1 January 2024 is a Monday
    assert len(departed) == 2 * 9
    assert set(departed % 168.0) == {8.0}


@pytest.mark.parametrize("servers", [1, 3])
def test_a_terminal_is_an_m_m_c_queue(servers):
    study = berth(servers=servers, service_time_h=20.0 * servers)
    result = simulate(
        study,
        flows="cheapest",
        options=options(replications=80, days=366, warm_up_days=60),
    )
    row = of(result, "berth")
    rho = 400.0 / 1.4 * 20.0 / 8760.0
    assert row["offered_load"] == pytest.approx(rho)
    assert row["utilisation"] == pytest.approx(rho, rel=0.03)
    load = rho * servers
    erlang_b = 1.0
    for number in range(1, servers + 1):
        erlang_b = load * erlang_b / (number + load * erlang_b)
    delayed = erlang_b / (1.0 - rho * (1.0 - erlang_b))
    theory = delayed * 20.0 * servers / (servers * (1.0 - rho))
    assert row["wait_h_mean"] == pytest.approx(theory, rel=0.12)


def test_an_overload_is_reported_and_the_run_ends():
    study = berth(service_time_h=40.0, service_cv=0.0)
    result = simulate(study, flows="cheapest", options=options(days=200, releases="scheduled"))
    row = result.overloads.row(0, named=True)
    per_day = 400.0 / 1.4 / 365.0
    assert row["element"] == "berth"
    assert row["offered_load"] == pytest.approx(400.0 / 1.4 * 40.0 / 8760.0)
    assert row["growth_per_day"] == pytest.approx(per_day - 24.0 / 40.0, rel=0.2)
    assert row["queue_end"] > 20


def test_what_is_shut_holds_goods_until_it_opens():
    event = {
        "event_id": "strike",
        "name": "strike",
        "from_date": date(2024, 1, 10),
        "until_date": date(2024, 1, 19),
        "element_kind": "terminal",
        "element_id": "berth",
    }
    study = berth(service_time_h=1.0, service_cv=0.0)
    struck = study.with_tables(
        event=pl.DataFrame(
            [
                event
                | {
                    "effect": "closes",
                    "factor": None,
                    "uses": None,
                    "happened": True,
                    "source_id": None,
                    "note": None,
                }
            ],
            schema=study.event.schema,
        )
    )
    calm = simulate(study, flows="cheapest", options=ONE)
    result = simulate(struck, flows="cheapest", options=ONE)
    assert calm.delays.is_empty()
    (row,) = result.delays.iter_rows(named=True)
    assert row["cause"] == "event 'strike'"
    # those of ten days of sixty, each half of ten days on average
    expected = 400.0 / 1.4 / 365.0 * 10
    assert row["shipments"] == pytest.approx(expected, rel=0.5)
    assert row["hours"] / row["shipments"] == pytest.approx(120.0, rel=0.4)


def test_opening_hours_stop_work():
    study = berth(service_time_h=1.0, service_cv=0.0, opening_hours="Mo-Fr 00:00-24:00")
    result = simulate(study, flows="cheapest", options=options(replications=6))
    (row,) = result.delays.iter_rows(named=True)
    assert row["cause"] == "opening hours of berth"
    # two sevenths come on a weekend, and wait a day on average
    assert row["shipments"] == pytest.approx(400.0 / 1.4 * 60 / 365 * 2 / 7, rel=0.4)
    assert row["hours"] / row["shipments"] == pytest.approx(24.0, rel=0.25)


def test_breakdowns_delay():
    broken = Scenario(
        breakdown=(
            Breakdown(
                element_kind="terminal", element_id="berth", mean_between_h=90.0, repair_h=10.0
            ),
        )
    )
    study = berth(service_time_h=1.0, service_cv=0.0)
    result = simulate(study, broken, flows="cheapest", options=options(days=366, replications=12))
    (row,) = result.delays.iter_rows(named=True)
    assert row["cause"] == "breakdowns of berth"
    # a tenth of the time is repair; who comes then waits a mean of 10 h (it is exponential)
    assert row["shipments"] / result.shipments == pytest.approx(0.11, rel=0.35)
    assert row["hours"] / row["shipments"] == pytest.approx(10.0, rel=0.25)


def test_storms_hold_ferries():
    months = " ".join(["15"] + ["0"] * 11)
    study = ferry(closed_days_by_month=months)
    result = simulate(study, flows="cheapest", options=options(days=31, replications=20))
    (row,) = result.delays.iter_rows(named=True)
    assert row["cause"] == "weather on b-c"
    model, ticks = result.translation.model, np.array([0.0, 31 * 24.0])
    shut_h = []
    for number in range(60):
        made = replicate(model, ticks, 0, number, logged=True)
        quay = made.log[made.log[:, 0] == engine.SHUT, 4].min(initial=99)
        there = made.log[:, 4] == quay
        begins = made.log_time[there & (made.log[:, 0] == engine.SHUT)]
        ends = made.log_time[there & (made.log[:, 0] == engine.OPENED)]
        whole = np.append(ends, 31 * 24.0)[: len(begins)]
        assert (begins % 24 == 0).all()
        shut_h.append((whole - begins).sum())
    # the month begins calm, so a little less than its share is stormy
    assert np.mean(shut_h) == pytest.approx(15 / (365 / 12) * 31 * 24, rel=0.1)


def test_seasons_shape_the_year():
    winter = Scenario(season=(Season(weights=(6.0,) + (0.0,) * 10 + (6.0,)),))
    result = simulate(
        berth(service_time_h=1.0), winter, flows="cheapest", options=options(days=365)
    )
    log = simulate(
        berth(service_time_h=1.0),
        winter,
        flows="cheapest",
        options=options(days=365, trace=True, replications=1),
    ).sample.first
    released = log.log_time[log.log[:, 0] == engine.RELEASED]
    assert ((released < 31 * 24) | (released >= 335 * 24)).all()
    assert result.shipments == pytest.approx(400.0 / 1.4, rel=0.15)


def test_a_full_yard_blocks_who_is_upstream():
    study = ferry(departures_week=1.0)
    small = study.with_tables(
        terminal=study.terminal.with_columns(
            storage_t=pl.when(pl.col("terminal_id") == "port-b").then(2800.0)
        )
    )
    free = simulate(study, flows="cheapest", options=ONE)
    blocked = simulate(small, flows="cheapest", options=ONE)
    yards = blocked.elements.filter((pl.col("element") == "port-b") & (pl.col("servers") == 2800.0))
    assert yards["wait_h_mean"].item() > 10.0  # two shipments fit
    assert yards["utilisation"].item() <= 1.0 + 1e-9
    assert blocked.transit["mean_days"][0] > free.transit["mean_days"][0]
    with pytest.raises(DataError, match="storage_t is 1000 t, and a lot of goods has 1400 t"):
        simulate(
            study.with_tables(terminal=study.terminal.with_columns(storage_t=pl.lit(1000.0))),
            flows="cheapest",
            options=ONE,
        )


def test_threads_change_nothing():
    study = ferry(fleet=2)
    tables = []
    for threads in (1, 2):
        result = simulate(study, flows="cheapest", options=options(replications=6, threads=threads))
        tables.append((result.transit, result.elements, result.series, result.corridors))
    for one, other in zip(*tables, strict=True):
        assert one.equals(other)


def test_scenarios_share_their_random_numbers():
    """The difference between two ferries of like speed varies less than either."""
    slow = ferry(fleet=2, crossing_time_h=12.0)
    seeds = [
        simulate(ferry(fleet=2), flows="cheapest", options=options(replications=20)),
        simulate(slow, flows="cheapest", options=options(replications=20)),
        simulate(slow, flows="cheapest", options=options(replications=20, seed=1)),
    ]
    base, shared, other = (one.sample.means(one.translation.tonnes) for one in seeds)
    assert np.var(shared - base) < np.var(other - base) / 2


def test_precision_is_reached_and_reported():
    result = simulate(berth(), flows="cheapest", options=options(replications=None, precision=0.05))
    assert result.reached <= 0.05
    assert result.replications >= 10
    mean, half = result.mean_transit()
    assert half / mean == pytest.approx(result.reached, rel=0.2)


def test_the_warm_up_is_found_and_not_observed():
    result = simulate(ferry(fleet=2), flows="cheapest", options=options(warm_up_days=None))
    assert 0 <= result.warm_up_days <= LEAD_IN_DAYS / 2 + 5
    assert result.warm_up_days % 5 == 0
    assert result.series["from_date"].min() == date(2024, 1, 1)


def test_an_interrupted_run_keeps_what_is_finished(monkeypatch):
    real = replicate

    def impatient(model, ticks, seed, number, **more):
        if number == 3:
            raise KeyboardInterrupt
        return real(model, ticks, seed, number, **more)

    monkeypatch.setattr(replication, "replicate", impatient)
    result = simulate(berth(), flows="cheapest", options=options(replications=10))
    assert (result.replications, result.asked) == (3, 10)


def test_conservation_holds_and_is_checked():
    result = simulate(ferry(fleet=2), flows="cheapest", options=ONE)
    result.check()
    released, delivered, there = result.sample.balance.sum(axis=0)
    assert released == delivered + there
    assert there > 0


def test_the_summary_is_ready_for_json():
    import json

    summary = simulate(berth(), flows="cheapest", options=ONE).summary()
    again = json.loads(json.dumps(summary, allow_nan=False))
    assert again["replications"] == 2
    assert set(again["transit"][0]) == {
        "origin", "destination", "commodity", "mean_days", "p50", "p90", "p95", "ci_low", "ci_high",
    }  # fmt: skip
    assert {
        "element",
        "kind",
        "utilisation",
        "wait_h_mean",
        "wait_h_p95",
        "queue_mean",
        "throughput",
    } <= set(again["elements"][0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"replications": 0}, "0 replications"),
        ({"precision": 0.1}, "both replications and precision"),
        ({"days": 0}, "0 days"),
        ({"seed": -1}, "a seed of -1"),
        ({"warm_up_days": -1}, "a warm-up of -1 days"),
        ({"releases": "monthly"}, "releases 'monthly'"),
        ({"distribution": "normal"}, "distribution 'normal'"),
        ({"storm_days": 0.0}, "storms of 0.0 days"),
    ],
)
def test_options_out_of_range_are_refused(wrong, message):
    with pytest.raises(DataError, match=message):
        simulate(berth(), flows="cheapest", options=options(**wrong))


def test_a_distribution_that_cannot_be_names_the_element():
    with pytest.raises(DataError, match=r"berth: .*triangular"):
        simulate(
            berth(service_cv=3.0), flows="cheapest", options=options(distribution="triangular")
        )


def test_an_event_outside_the_days_is_told():
    study = berth()
    late = Event(
        event_id="late",
        name="late",
        from_date=date(2024, 6, 1),
        until_date=date(2024, 6, 5),
        element_kind="terminal",
        element_id="berth",
        effect="closes",
    )
    scenario = Scenario(event=(late,))
    with pytest.warns(DataWarning, match="'late'.*outside the days simulated"):
        simulate(study, scenario, flows="cheapest", options=ONE)


def test_flows_of_another_year_are_refused():
    with pytest.raises(DataError, match="flows 'all' are not known"):
        simulate(berth(), flows="all", options=ONE)
    with pytest.raises(DataError, match="no demand in 2031"):
        simulate(berth(), flows="cheapest", options=options(start=date(2031, 1, 1)))


def test_goods_have_their_own_kind():
    assert (
        GOODS["commodity_id"]
        in simulate(berth(), flows="cheapest", options=ONE).transit["commodity"]
    )
