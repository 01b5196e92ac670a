"""The log in the words of carriers: against a slow reading of it, row by row, and the engine."""

import dataclasses
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.builders import line, places, study_of

from sogdia.scenario import Scenario, apply
from sogdia.simulation import SimulationOptions, engine
from sogdia.simulation import trace as trace_module
from sogdia.simulation.carrier_words import CODES, MODE_OF, MODES, WHAT
from sogdia.simulation.clock import Clock
from sogdia.simulation.distribution import Distribution
from sogdia.simulation.flows import flows_of
from sogdia.simulation.model import (
    BOARD,
    DELAY,
    EMPIRICAL_RELEASE,
    END,
    MOVING,
    RELEASE,
    ModelBuilder,
    Step,
    delay,
    release,
    seize,
)
from sogdia.simulation.replication import replicate
from sogdia.simulation.routes import PIECE_SCHEMA
from sogdia.simulation.trace import read_log, rebuild_queues
from sogdia.simulation.translate import Translation, translate

START = date(2024, 3, 1)
DAYS, LEAD_IN = 50, 10
COUNTRIES = {"CNX": "CN", "KZD": "KZ", "KZA": "KZ", "KZP": "KZ", "AZP": "AZ", "GEB": "GE"}
RAIL = {"directed": False, "mode": "rail"}
PORT = {"operation": "transshipment", "from_mode": "rail", "from_gauge_mm": 1520, "dwell_h": None}


def corridor():
    """A border with a change of gauge, a line with headways, two ports and ferries between."""
    node = [row | {"country": COUNTRIES.get(row["node_id"], "GE")} for row in
            places("CNX", "KZD", "KZA", "KZP", "AZP", "GEB", "GEX")]  # fmt: skip
    link = [
        line("CNX", "KZD", gauge_mm=1435, time_h=20.0, time_cv=0.3, **RAIL),
        line("KZD", "KZA", gauge_mm=1520, time_h=10.0, capacity_kt_y=2000.0, **RAIL),
        line("KZA", "KZP", gauge_mm=1520, time_h=15.0, time_cv=0.2, **RAIL),
        line("KZP", "AZP", directed=False, mode="ferry", length_km=400.0, time_cv=0.2),
        line("AZP", "GEB", gauge_mm=1520, time_h=12.0, **RAIL),
        line("GEB", "GEX", gauge_mm=1520, time_h=3.0, **RAIL),
    ]
    border = {"operation": "border", "from_mode": "rail", "to_mode": "rail", "dwell_h": None}
    terminal = [
        border | {"terminal_id": "KZD-border", "node_id": "KZD", "neighbour": "CN", "servers": 2,
                  "service_time_h": 6.0, "service_cv": 0.8, "batch_t": 1400.0, "dwell_h": 5.0,
                  "dwell_cv": 1.0, "from_gauge_mm": 1435, "to_gauge_mm": 1435},
        {"terminal_id": "KZD-gauge", "node_id": "KZD", "operation": "gauge_change",
         "from_mode": "rail", "from_gauge_mm": 1435, "to_mode": "rail", "to_gauge_mm": 1520,
         "servers": 2, "service_time_h": 4.0, "service_cv": 0.5, "batch_t": 1400.0,
         "storage_t": 14000.0},
        PORT | {"terminal_id": "KZP-port", "node_id": "KZP", "to_mode": "ferry", "servers": 2,
                "service_time_h": 5.0, "service_cv": 0.7, "batch_t": 1400.0, "dwell_h": 8.0,
                "dwell_cv": 0.5, "storage_t": 28000.0},
        PORT | {"terminal_id": "AZP-port", "node_id": "AZP", "to_mode": "ferry", "dwell_h": 9.0},
        border | {"terminal_id": "GEB-border", "node_id": "GEB", "neighbour": "AZ",
                  "dwell_h": 7.0, "from_gauge_mm": 1520, "to_gauge_mm": 1520},
    ]  # fmt: skip
    service = [
        {"service_id": "ferry", "link_id": "KZP-AZP", "departure": "when_full",
         "departures_week": 12.0, "batch_capacity_t": 2000.0, "fleet": 3, "max_wait_h": 30.0,
         "crossing_time_h": 20.0, "headway_cv": 0.5, "allowed_uses": "bulk"},
        {"service_id": "feeder", "link_id": "KZP-AZP", "departure": "timetable",
         "timetable": "Mo 08:00, We 20:00, Fr 12:00", "departures_week": 3.0,
         "availability": 0.6, "batch_capacity_teu": 250.0, "crossing_time_h": 26.0,
         "allowed_uses": "container"},
    ]  # fmt: skip
    event = [
        {"event_id": "strike", "name": "strike", "element_kind": "terminal",
         "element_id": "AZP-port", "from_date": date(2024, 3, 9), "until_date": date(2024, 3, 11)},
        {"event_id": "ban", "name": "ban", "element_kind": "link", "element_id": "KZA-KZP",
         "from_date": date(2024, 3, 20), "until_date": date(2024, 3, 23), "uses": "container"},
        {"event_id": "check", "name": "check", "element_kind": "terminal", "uses": "bulk",
         "element_id": "KZD-border", "from_date": date(2024, 4, 2), "until_date": date(2024, 4, 4)},
    ]  # fmt: skip
    there: dict[str, Any] = {"origin": "CNX", "destination": "GEX"}
    back: dict[str, Any] = {"origin": "GEX", "destination": "CNX"}
    within: dict[str, Any] = {"origin": "KZD", "destination": "KZP", "quantity_kt": 300.0}
    return study_of(
        node=node,
        link=link,
        terminal=terminal,
        service=service,
        event=event,
        commodity=[
            {"commodity_id": "goods", "name": "goods"},
            {"commodity_id": "boxes", "name": "boxes", "unit": "TEU", "use": "container",
             "t_per_teu": 9.8},
        ],
        demand=[
            *(there | {"commodity_id": c, "quantity_kt": 400.0} for c in ("goods", "boxes")),
            *(back | {"commodity_id": c, "quantity_kt": 150.0} for c in ("goods", "boxes")),
            within,
        ],
    )  # fmt: skip


def simulated(study, *, start=START, days=DAYS, lead_in=LEAD_IN, seed=3, **options):
    clock = Clock(start, days, lead_in)
    scenario = Scenario(name="test")
    applied = apply(study, scenario, start.year)
    flows = flows_of(applied, scenario, clock.years, "cheapest", None)
    translation = translate(applied, scenario, flows, clock, SimulationOptions(**options))
    ticks = np.array([0.0, clock.start_h, clock.end_h])
    return translation, replicate(translation.model, ticks, seed, 0, logged=True)


@cache
def made():
    translation, replication = simulated(corridor())
    return translation, replication, read_log(translation, replication)


def moment(translation, hours):
    origin = datetime.combine(translation.clock.origin, datetime.min.time())
    return origin + timedelta(microseconds=round(hours * 3.6e9))


# ---- a slow reading, from what the module says --------------------------------------------


def routes(translation):
    """Yield each stream's route: visits with their steps, and the step that ends it."""
    model = translation.model
    pieces = translation.pieces.to_dicts()
    for first in model.stream_integer[:, 0].tolist():
        visits: list[dict[str, Any]] = []
        step = first
        while model.step_integer[step, 0] != END:
            kind, _, station = model.step_integer[step, :3].tolist()
            yard = model.station_names[station][-1] == "yard" if station >= 0 else False
            if not (kind == RELEASE and yard):
                piece = pieces[translation.step_piece[step]]
                if not visits or visits[-1]["piece"] != piece:
                    visits.append({"piece": piece, "steps": [], "delays": []})
                visits[-1]["steps"].append(step)
                if kind == DELAY:
                    visits[-1]["delays"].append(step)
            step += 1
        yield visits, step


def water(mode):
    return mode in {"sea", "ferry", "waterway"}


def own_facility(visit):
    piece = visit["piece"]
    if piece["kind"] == "terminal":
        if piece["operation"] == "border":
            return "BORD"
        return "POTE" if water(piece["from_mode"]) or water(piece["to_mode"]) else "INTE"
    return "POTE" if piece["what"] == "quay" and water(piece["mode"]) else None


def is_post(visit):
    return visit["piece"]["what"] == "terminal" and visit["piece"]["operation"] == "border"


def apart(visit, other):
    """Whether what is done before or after at the same place is a call of its own."""
    if visit["piece"]["what"] != "terminal":
        return False
    if other is None:
        return is_post(visit)
    return other["piece"]["what"] == "terminal" and (is_post(visit) or is_post(other))


def dcsa(mode):
    return MODES[MODE_OF[mode]] if mode in MODE_OF else None


class Slow:
    """Reads a log row by row."""

    def __init__(self, translation, replication):
        self.translation, self.model = translation, translation.model
        self.rows = [
            (time, *row)
            for time, row in zip(replication.log_time, replication.log.tolist(), strict=True)
        ]
        self.meaning, self.place, self.end, self.rest = {}, {}, {}, {}
        vessels = defaultdict(list)
        for vessel, integers in enumerate(self.model.vessel_integer.tolist()):
            for side in integers[:2]:
                vessels[side].append(self.crossing(vessel))
        for stream, (visits, end) in enumerate(routes(translation)):
            self.read_route(visits, end, vessels)
            self.end[stream] = end
        self.sailing = {}
        aboard, left = {}, defaultdict(list)
        for number, (_, what, stream, shipment, step, station) in enumerate(self.rows):
            if what in {engine.STARTED, engine.PARTLY_LOADED} and self.model.units[station] == 0:
                left[station].append(number)
                if what == engine.STARTED:
                    aboard[stream, shipment, step] = number
            elif what == engine.DEPARTED:
                for one in left.pop(station, []):
                    self.sailing[one] = (step, shipment)
                self.sailing[number] = (step, shipment)
            elif what == engine.CANCELLED:
                self.sailing[number] = (step, shipment)
            elif what == engine.ARRIVED:
                self.sailing[number] = self.sailing[aboard[stream, shipment, step]]

    def mean(self, kind, numbers):
        assert kind in {0, 2}, "constant or gamma"
        return numbers[0] * numbers[1] if kind else numbers[0]

    def crossing(self, vessel):
        return self.mean(
            self.model.vessel_integer[vessel, 4], self.model.vessel_number[vessel, 6:9]
        )

    def read_route(self, visits, end, vessels):
        model = self.model
        real = [visit for visit in visits if visit["piece"]["what"] != "gate"]
        transports = [visit for visit in visits if visit["piece"]["what"] in {"leg", "quay"}]
        rest: Any = 0.0
        for step in range(end - 1, visits[0]["steps"][0] - 1, -1):
            kind, _, station, _, law = model.step_integer[step, :5].tolist()
            after = rest
            if step <= transports[-1]["steps"][-1]:
                if kind == DELAY:
                    rest += self.mean(law, model.step_number[step])
                if kind == BOARD:
                    rest += np.mean(vessels[station])
            self.rest[step] = (rest, after)
        for visit in visits:
            index = visits.index(visit)
            before = (
                next((v for v in visits[index - 1 :: -1] if v in real), None) if index else None
            )
            after = next((v for v in visits[index + 1 :] if v in real), None)
            self.read_visit(visit, before, after)
        self.place[end] = self.place[transports[-1]["steps"][-1], 1]

    def read_visit(self, visit, before, after):
        piece, steps, delays = visit["piece"], visit["steps"], visit["delays"]
        what, post = piece["what"], is_post(visit)
        kinds = {step: self.model.step_integer[step, 0] for step in steps}
        own = own_facility(visit)
        sides = [own, own]
        if what == "leg":
            sides = [before and own_facility(before), after and own_facility(after)]
        if what == "quay":
            sides[1] = (after and own_facility(after)) or own
        for step in steps:
            self.place[step, 0] = (piece["from_node_id"], dcsa(piece["from_mode"]), sides[0])
            self.place[step, 1] = (piece["to_node_id"], dcsa(piece["to_mode"]), sides[1])
            begun, done = step in delays[:1], step in delays[-1:]
            start, finish = {"leg": ("DEPA", "ARRI"), "terminal": ("DISC", "LOAD")}.get(
                what, (None, None)
            )
            if post:
                start, finish = "CUSI", "CUSR"
            if finish == "LOAD" and after and after["piece"]["what"] == "quay":
                finish = None
            rows = {
                engine.JOINED: ["x_JOIN"],
                engine.STARTED: ["x_SEIZ"],
                engine.WORKING: [(begun and start) or "x_WORK"],
                engine.WORKED: [(done and finish) or "x_DONE"],
                engine.LEFT: ["x_FREE"],
            }
            if kinds[step] == BOARD:
                rows |= {engine.STARTED: ["LOAD", "DEPA", "EST"], engine.PARTLY_LOADED: ["x_PART"]}
                rows[engine.ARRIVED] = ["ARRI"]
            if step == steps[0] and apart(visit, before):
                rows[engine.JOINED] = ["ARRI"]
            if step == steps[-1]:
                ends = engine.WORKED if kinds[step] == DELAY else engine.LEFT
                if post and ends == engine.LEFT:
                    rows[ends] = ["CROS"]
                elif post:
                    rows[ends].append("CROS")
                if apart(visit, after):
                    rows[ends].append("DEPA")
            past = bool(delays) and step >= delays[-1]
            for happened, codes in rows.items():
                far = happened == engine.ARRIVED or (
                    past and happened in {engine.WORKED, engine.LEFT}
                )
                self.meaning[happened, step] = (codes, int(far))

    def read(self):
        stations = self.translation.stations.to_dicts()
        pieces = self.translation.pieces.to_dicts()
        model = self.model
        for number, (time, what, stream, shipment, step, station) in enumerate(self.rows):
            vessel, voyage = self.sailing.get(number, (None, None))
            now = moment(self.translation, time)
            element = stations[station]["element"] if station >= 0 else None
            if stream < 0:
                code = {7: "DEPA", 9: "x_CANC", 10: "x_SHUT", 11: "x_OPEN"}[what]
                here = self.station_place(station)
                yield (now, now, WHAT[what], code, "ACT", *here[0], element, station, None, None,
                       vessel, voyage)  # fmt: skip
                if what == engine.DEPARTED:
                    then = moment(self.translation, time + self.crossing(vessel))
                    yield (then, now, None, "ARRI", "EST", *here[1], element, station, None, None,
                           vessel, voyage)  # fmt: skip
                continue
            unique = stream * 2**32 + shipment
            end = self.end[stream]
            if what in {engine.RELEASED, engine.DELIVERED}:
                here = self.place[step, 0] if what == engine.RELEASED else self.place[end]
                code = "x_RELS" if what == engine.RELEASED else "x_DELV"
                yield (
                    now,
                    now,
                    WHAT[what],
                    code,
                    "ACT",
                    *here,
                    None,
                    None,
                    unique,
                    None,
                    None,
                    None,
                )
                if what == engine.RELEASED:
                    then = moment(self.translation, time + self.rest[step][0])
                    yield (then, now, None, "ARRI", "PLN", *self.place[end], None, None, unique,
                           None, None, None)  # fmt: skip
                continue
            kind = model.step_integer[step, 0]
            own = model.step_integer[step, 2] == station
            yard = station >= 0 and model.station_names[station][-1] == "yard"
            amount = None
            if what in {engine.JOINED, engine.STARTED, engine.ARRIVED, engine.LEFT}:
                amount = model.step_number[step, 3 if own else 0]
            if what == engine.LEFT and yard:
                codes, far = ["x_FREE"], int(kind != BOARD)
                if kind != BOARD:
                    piece = pieces[self.translation.step_piece[step]]
                    self.place[step, 1] = (piece["to_node_id"], dcsa(piece["to_mode"]),
                                           own_facility({"piece": piece}))  # fmt: skip
            else:
                codes, far = self.meaning[what, step]
            if element is None:
                element = pieces[self.translation.step_piece[step]]["element"]
            for place, code in enumerate(codes):
                said = (WHAT[what], "ACT", amount) if place == 0 else (None, "ACT", None)
                if code == "EST":
                    then = time + self.crossing(vessel) + self.rest[step][1]
                    yield (moment(self.translation, then), now, None, "ARRI", "EST",
                           *self.place[end], None, None, unique, None, vessel, voyage)  # fmt: skip
                    continue
                yield (now, now, said[0], code, said[1], *self.place[step, far], element,
                       station if station >= 0 else None, unique, said[2], vessel,
                       voyage)  # fmt: skip

    def station_place(self, station):
        """Where a quay or a terminal is, and what is on the other side."""
        model, stations = self.model, self.translation.stations.to_dicts()
        kind, element, forward = (stations[station][key] for key in ("kind", "element", "forward"))
        if kind == "link":
            return ((None, None, None),) * 2
        for piece in self.translation.pieces.iter_rows(named=True):
            if piece["element"] != element:
                continue
            if kind == "terminal":
                here = (piece["from_node_id"], None, own_facility({"piece": piece}))
                return here, here
            near = [piece["from_node_id"], piece["to_node_id"]]
            if (piece["from_node_id"] < piece["to_node_id"]) == forward:  # AZP, KZP
                near.reverse()
            return tuple((node, dcsa(piece["mode"]), "POTE") for node in near)
        raise AssertionError(model.station_names[station])


COLUMNS = ("time", "created", "what", "code", "classifier", "node_id", "mode", "facility",
           "resource", "station", "shipment", "amount", "vessel", "voyage")  # fmt: skip


def read_slowly(translation, replication, trace):
    """Check a table against the slow reading, row by row."""
    names = trace["vessel"].dtype.categories.to_list()
    expected = list(Slow(translation, replication).read())
    assert len(expected) == trace.height
    for row, other in zip(trace.select(COLUMNS).iter_rows(), expected, strict=True):
        time, *rest, vessel, voyage = other
        name = None if vessel is None else names[vessel]
        assert abs(row[0] - time) <= timedelta(microseconds=1), (row, other)
        assert list(row[1:]) == [*rest, name, voyage], (row, other)


def test_it_says_what_a_slow_reading_says():
    read_slowly(*made())


def test_streams_may_share_a_route():
    study = corridor()
    more = study.commodity.filter(commodity_id="goods").with_columns(commodity_id=pl.lit("ore"))
    also = study.demand.filter(pl.col("commodity_id") == "goods").with_columns(
        pl.col("demand_id") + "-ore", commodity_id=pl.lit("ore")
    )
    both = study.with_tables(
        commodity=pl.concat([study.commodity, more]), demand=pl.concat([study.demand, also])
    )
    translation, replication = simulated(both)
    shared = translation.model.stream_integer[:, 0]
    assert len(np.unique(shared)) < len(shared)
    trace = read_log(translation, replication)
    assert {"goods", "ore"} <= set(trace["commodity"].unique())
    read_slowly(translation, replication, trace)


def test_it_says_the_same_however_it_is_cut(monkeypatch):
    translation, replication, trace = made()
    monkeypatch.setattr(trace_module, "PART", 997)
    assert read_log(translation, replication).equals(trace)


# ---- what has to hold ---------------------------------------------------------------------


def test_the_small_study_has_everything():
    _, replication, trace = made()
    happened = np.bincount(replication.log[:, 0], minlength=len(WHAT))
    assert (happened > 0).all(), [WHAT[one] for one in np.flatnonzero(happened == 0)]
    assert set(trace["code"].unique()) == set(CODES)


def test_every_row_of_the_log_is_there_once():
    translation, replication, trace = made()
    said = trace.filter(pl.col("what").is_not_null())
    what, stream, number, step, station = replication.log.T
    goods = stream >= 0
    assert said["what"].to_physical().to_list() == what.tolist()
    assert said["station"].fill_null(-1).to_list() == station.tolist()
    unique = np.where(goods, stream * 2**32 + number, -1)
    assert said["shipment"].fill_null(-1).to_list() == unique.tolist()
    assert said["step"].fill_null(-1).to_list() == np.where(goods, step, -1).tolist()
    sailed = np.isin(what, [engine.DEPARTED, engine.CANCELLED])
    assert said["voyage"].to_numpy()[sailed].tolist() == number[sailed].tolist()
    assert said["time"].to_list() == [moment(translation, time) for time in replication.log_time]
    assert trace["created"].is_sorted()
    late = trace.filter(pl.col("time") != pl.col("created"))
    assert set(late["classifier"].unique()) == {"PLN", "EST"}


def test_shipments_bear_their_names():
    translation, _, trace = made()
    names = trace.filter(pl.col("shipment").is_not_null()).with_columns(
        stream=pl.col("shipment") // 2**32
    )
    group = translation.model.stream_integer[:, 1]
    for (stream,), rows in names.group_by("stream"):
        row = translation.groups.row(int(group[stream]), named=True)
        for name in ("origin", "destination", "commodity"):
            assert rows[name].unique().to_list() == [row[name]]
        name = translation.model.stream_names[stream]
        assert isinstance(name, tuple)
        assert rows["demand"].unique().to_list() == [name[0]]
    free = trace.filter(pl.col("shipment").is_null())
    assert (
        free.select("demand", "origin", "commodity", "step").null_count().row(0)
        == (free.height,) * 4
    )
    causes = trace.filter(pl.col("cause").is_not_null())
    assert set(causes["code"].unique()) == {"x_SHUT", "x_OPEN"}
    assert set(causes["cause"].unique()) == set(translation.closures)


def test_queues_are_rebuilt():
    translation, replication, trace = made()
    queues = rebuild_queues(trace)
    clock, units = translation.clock, translation.model.units
    assert queues["station"].unique().to_list() == translation.stations["station"].to_list()
    ticks = [moment(translation, hour) for hour in (0.0, clock.start_h, clock.end_h)]
    for (station,), changes in queues.group_by("station", maintain_order=True):
        row = translation.stations.row(station, named=True)
        assert changes["resource"].unique().to_list() == [row["element"]]
        assert changes["forward"].unique().to_list() == [row["forward"]]
        assert changes["waiting"].min() == 0
        assert changes["waiting"][-1] == replication.in_queue[station]
        assert changes["busy"].min() == pytest.approx(0.0, abs=1e-9)
        whole = rebuild_areas(changes, ticks)
        assert whole[0] == pytest.approx(replication.area[station, :, 0], rel=1e-9, abs=1e-6)
        if units[station] > 0:
            assert whole[1] == pytest.approx(replication.area[station, :, 1], rel=1e-9, abs=1e-6)
            assert changes["busy"].max() <= units[station] + 1e-6
            busy = replication.amount[station, engine.BUSY]
            assert changes["busy"][-1] == pytest.approx(busy, abs=1e-6)
        else:
            log = replication.log[replication.log[:, 4] == station]
            sign = (log[:, 0] == engine.STARTED) * 1.0 - (log[:, 0] == engine.ARRIVED)
            at_sea = sign[sign != 0] @ translation.model.step_number[log[sign != 0, 3], 3]
            assert changes["busy"][-1] == pytest.approx(at_sea)


def rebuild_areas(changes, ticks):
    """Integrals over time of waiting and busy, within each period, h."""
    times = [*changes["time"], ticks[-1]]
    areas = np.zeros((2, len(ticks) - 1))
    for row, (start, end) in enumerate(pairwise(times)):
        for period, (begin, finish) in enumerate(pairwise(ticks)):
            hours = max((min(end, finish) - max(start, begin)) / timedelta(hours=1), 0.0)
            areas[0, period] += hours * changes["waiting"][row]
            areas[1, period] += hours * changes["busy"][row]
    return areas


def test_arrivals_and_departures_alternate():
    calls = made()[2].filter(
        pl.col("shipment").is_not_null(), event_type="TRANSPORT", classifier="ACT"
    )
    assert calls["code"].is_in(["ARRI", "DEPA"]).all()
    again = calls.select((pl.col("code") == pl.col("code").shift()).over("shipment")).to_series()
    assert calls.height > 2000
    assert not again.any()


WESTWARD = [
    "CNX x_RELS; ARRI PLN; DEPA",
    "KZD ARRI BORD; x_JOIN; x_SEIZ; x_FREE; x_JOIN; x_SEIZ; CUSI; x_DONE; x_FREE; x_WORK; CUSR",
    "KZD CROS; DEPA BORD; ARRI INTE; x_SEIZ; x_JOIN; x_SEIZ; DISC; LOAD; x_FREE; x_JOIN; x_SEIZ",
    "KZD x_FREE; DEPA INTE; x_DONE; x_FREE; x_WORK",
    "KZA ARRI; DEPA",
    "KZP ARRI POTE; x_JOIN; x_SEIZ; x_JOIN; x_SEIZ; DISC; x_DONE; x_FREE; x_WORK; x_DONE",
    "KZP x_JOIN; LOAD; DEPA POTE; ARRI EST; x_FREE",
    "AZP ARRI POTE; x_JOIN; x_SEIZ; DISC; LOAD; x_FREE; DEPA POTE",
    "GEB ARRI BORD; x_JOIN; x_SEIZ; CUSI; CUSR; CROS; DEPA BORD",
    "GEX ARRI; x_DELV",
]


def test_goods_go_through_it_all_in_order():
    trace = made()[2].filter(origin="CNX", commodity="goods")
    # of those that no ferry divided and that arrived: where, and what
    divided = trace.filter(code="x_PART")["shipment"].unique().implode()
    arrived = trace.filter(code="x_DELV")["shipment"].unique().implode()
    rows = trace.filter(
        pl.col("shipment").is_in(arrived), ~pl.col("shipment").is_in(divided)
    ).partition_by("shipment", maintain_order=True)
    assert len(rows) > 10
    expected = [one for line in WESTWARD for one in line.split(" ", 1)[1].split("; ")]
    for one in rows:
        said = list(one.select("code", "classifier", "facility").iter_rows())
        assert [code for code, _, _ in said] == [words.split()[0] for words in expected]
        for words, (_, classifier, facility) in zip(expected, said, strict=True):
            more = words.split()[1:]
            assert classifier == (more[0] if more and more[0] in {"PLN", "EST"} else "ACT")
            if words.startswith(("ARRI", "DEPA")) and classifier == "ACT":
                assert facility == (more[0] if more else None)


def test_a_post_holds_from_arrival_to_crossing():
    trace = made()[2]
    post = trace.filter(resource="GEB-border", origin="CNX")
    sought = ["x_JOIN", "CUSI", "CUSR", "CROS"]
    for one in post.partition_by("shipment"):
        times = dict(one.select("code", "time").iter_rows())
        assert sorted(times, key=lambda code: times[code]) == list(times)
        if "CROS" in times:
            hours = (times["CROS"] - times["x_JOIN"]) / timedelta(hours=1)
            assert hours == pytest.approx(7.0)
            assert times["CUSR"] == times["CROS"]
    assert set(sought) <= set(post["code"].unique())


def test_a_vessel_is_estimated_to_take_as_long_as_it_does_on_average():
    trace = made()[2].filter(resource="ferry").filter(pl.col("vessel").is_not_null())
    key = ["vessel", "voyage"]
    vessel = trace.filter(pl.col("shipment").is_null())
    departed = vessel.filter(what="departed").select(*key, "time", "node_id")
    estimate = vessel.filter(classifier="EST").select(*key, "time", "node_id")
    both = departed.join(estimate, on=key)
    assert both.height == departed.height == departed.unique(key).height
    assert ((both["time_right"] - both["time"]) == timedelta(hours=20)).all()
    assert (both["node_id"].cast(pl.String) != both["node_id_right"].cast(pl.String)).all()
    # who is on board left with it and arrives together
    aboard = trace.filter(code="LOAD").join(departed, on=key)
    assert aboard.height == trace.filter(code="LOAD").height > 50
    assert (aboard["time"] == aboard["time_right"]).all()
    arrived = trace.filter(what="arrived").group_by(key).agg(pl.col("time").n_unique())
    assert set(arrived["time"]) == {1}


def test_without_waits_the_plan_is_what_happens():
    study = study_of(
        node=places("a", "b", "c"),
        link=[line("a", "b", time_h=5.0), line("b", "c", mode="rail", time_h=10.0)],
        terminal=[{"terminal_id": "hub", "node_id": "b", "dwell_h": 3.0}],
        demand=[{"origin": "a", "destination": "c", "quantity_kt": 100.0}],
    )
    translation, replication = simulated(study, distribution="constant")
    trace = read_log(translation, replication)
    plan = trace.filter(classifier="PLN").select("shipment", "time", "created", "node_id")
    delivered = trace.filter(code="x_DELV").select("shipment", "time")
    both = plan.join(delivered, on="shipment")
    assert both.height == delivered.height >= 8
    assert plan.height == trace.filter(code="x_RELS").height
    assert ((both["time"] - both["created"]) == timedelta(hours=18)).all()
    assert ((both["time_right"] - both["time"]).abs() <= timedelta(microseconds=1)).all()
    assert plan["node_id"].unique().to_list() == ["c"]


def test_a_place_that_no_goods_leave_has_a_name():
    study = corridor()
    one_way = study.with_tables(demand=study.demand.filter(pl.col("origin") == "CNX"))
    trace = read_log(*simulated(one_way))
    departed = trace.filter(what="departed", resource="ferry")
    assert set(departed["node_id"].unique()) == {"KZP", "AZP"}
    assert set(departed["mode"].unique()) == {"VESSEL"}
    back = departed.filter(pl.col("node_id") == "AZP")
    assert back["forward"].unique().to_list() == [False]
    there = trace.filter(pl.col("shipment").is_null(), resource="ferry", classifier="EST")
    assert there.height == departed.height


def by_hand(*visits):
    """A translation of one route through pieces, each with its steps."""
    builder = ModelBuilder()
    pieces: list[dict[str, Any]] = []
    steps: list[Step] = []
    step_piece: list[int] = []
    for number, (piece, own) in enumerate(visits):
        pieces.append(dict.fromkeys(PIECE_SCHEMA) | {"piece": number} | piece)
        steps += own(builder)
        step_piece += [number] * (len(steps) - len(step_piece))
    builder.stream("all", steps, kind=EMPIRICAL_RELEASE, times_h=[1.0, 2.0], group="all")
    model = builder.build()
    names = [str(piece["element"]) for piece in pieces if piece["what"] == "terminal"]
    ways = [["a", "b", "goods", None, "westbound"]]
    return Translation(
        model=model,
        clock=Clock(START, 10, 0),
        stations=pl.DataFrame(
            {"station": range(len(names)), "element": names, "kind": "terminal", "forward": None}
        ),
        groups=pl.DataFrame(
            ways, ["origin", "destination", "commodity", "corridor", "direction"], orient="row"
        ),
        pieces=pl.DataFrame(pieces, schema=PIECE_SCHEMA),
        step_piece=np.array([*step_piece, -1]),
        tonnes=np.ones(1),
        closures=(),
    )


def terminal(name, operation, node, *hours, modes=("rail", "rail")):
    def steps(builder):
        station = builder.station((name, ""))
        own = [seize(station), delay(Distribution.constant(hours[0])), release(station)]
        own += [delay(Distribution.constant(more)) for more in hours[1:]]
        return own

    piece = {"what": "terminal", "element": name, "kind": "terminal", "operation": operation}
    ends = {"from_node_id": node, "to_node_id": node, "from_mode": modes[0], "to_mode": modes[1]}
    return piece | ends | {"mode": modes[0]}, steps


def leg(name, start, end, hours, mode="rail"):
    piece = {"what": "leg", "element": name, "kind": "link", "mode": mode, "from_mode": mode}
    ends = {"to_mode": mode, "from_node_id": start, "to_node_id": end}
    return piece | ends, lambda _: [delay(Distribution.constant(hours), MOVING)]


def test_posts_beside_each_other_and_at_the_ends_are_calls_of_their_own():
    translation = by_hand(
        terminal("out", "border", "a", 1.0),
        terminal("in", "border", "a", 2.0, 1.0),
        leg("line", "a", "b", 5.0, mode="road"),
        terminal("port", "transshipment", "b", 3.0, 1.0, modes=("road", "sea")),
        terminal("post", "border", "b", 2.0, modes=("sea", "sea")),
    )
    ticks = np.array([0.0, translation.clock.end_h])
    replication = replicate(translation.model, ticks, 1, 0, logged=True)
    trace = read_log(translation, replication)
    expected = list(Slow(translation, replication).read())
    assert [row[1:] for row in trace.select(COLUMNS).iter_rows()] == [row[1:] for row in expected]
    assert [row[0] for row in trace.select("time").iter_rows()] == [row[0] for row in expected]
    one = trace.filter(shipment=0)
    assert " ".join(one["code"]) == (
        "x_RELS ARRI ARRI x_SEIZ CUSI CUSR CROS DEPA "
        "ARRI x_SEIZ CUSI x_DONE x_FREE x_WORK CUSR CROS "
        "DEPA ARRI x_JOIN x_SEIZ DISC x_DONE x_FREE x_WORK LOAD DEPA "
        "ARRI x_SEIZ CUSI CUSR CROS DEPA x_DELV"
    )
    # the plan is the arrival by road, after 1 + 2 + 1 + 5 h
    assert one.filter(classifier="PLN")["time"].item() == moment(translation, 1.0 + 9.0)
    modes = dict(one.filter(resource="port").select("code", "mode").iter_rows())
    assert (modes["DISC"], modes["LOAD"]) == ("TRUCK", "VESSEL")
    assert one.filter(resource="port")["facility"].unique().to_list() == ["POTE"]


def test_an_empty_log_is_an_empty_table():
    translation, replication, trace = made()
    bare = dataclasses.replace(
        replication, log_time=replication.log_time[:0], log=replication.log[:0]
    )
    empty = read_log(translation, bare)
    assert empty.schema == trace.schema
    assert empty.height == 0
    assert rebuild_queues(empty).height == 0


def test_it_survives_a_file(tmp_path):
    trace = made()[2]
    trace.write_parquet(tmp_path / "trace.parquet")
    back = pl.read_parquet(tmp_path / "trace.parquet")
    assert back.equals(trace)
    assert rebuild_queues(back).equals(rebuild_queues(trace))
