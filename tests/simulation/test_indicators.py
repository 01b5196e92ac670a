"""CAREC's indicators: by hand where times are constant, by law and by a slow count where not."""

import math
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.builders import line, study_of
from tests.simulation.test_trace import corridor, simulated

from sogdia.simulation.indicators import COLUMNS, indicators
from sogdia.simulation.trace import read_log

KM, PER_UNIT = 500.0, 20.0
FREE = ("left", 1.0)
RAIL = {"directed": False, "mode": "rail"}
POST = {"operation": "border", "to_mode": "rail", "from_mode": "rail", "from_gauge_mm": 1435,
        "to_gauge_mm": 1435, "dwell_h": 5.0}  # fmt: skip


def crossing(near_km=12.0, **post):
    """Two countries, each with a post; on this side a road to rail terminal, beyond a gauge."""
    west, east = {"country": "AA"}, {"country": "BB"}
    return study_of(
        node=[
            *({"node_id": name, "x_coord": x} | west for x, name in enumerate("abc")),
            *({"node_id": name, "x_coord": 3.0 + x} | east for x, name in enumerate("de")),
        ],
        link=[
            line("a", "b", length_km=300.0, time_h=6.0, cost_usd_t=7.0),
            line("b", "c", gauge_mm=1435, length_km=600.0, time_h=12.0, cost_usd_t=9.0, **RAIL),
            line("c", "d", gauge_mm=1435, length_km=near_km, time_h=1.0, cost_usd_t=0.5, **RAIL),
            line("d", "e", gauge_mm=1520, length_km=800.0, time_h=20.0, cost_usd_t=None, **RAIL),
        ],
        terminal=[
            {"terminal_id": "hub", "node_id": "b", "to_gauge_mm": 1435, "dwell_h": 4.0,
             "cost_usd_t": 2.0},
            POST | {"terminal_id": "out", "node_id": "c", "neighbour": "BB", "cost_usd_t": 1.0}
            | post,
            POST | {"terminal_id": "in", "node_id": "d", "neighbour": "AA", "cost_usd_t": 3.0,
                    "dwell_h": 8.0},
            {"terminal_id": "gauge", "node_id": "d", "operation": "gauge_change",
             "from_mode": "rail", "from_gauge_mm": 1435, "to_mode": "rail", "to_gauge_mm": 1520,
             "dwell_h": 2.0, "cost_usd_t": 1.5},
        ],
        tariff=[{"tariff_id": "t", "usd_t_km": 0.01}],
        corridor=[{"corridor_id": "rail", "name": "Rail", "any_of": "mode:rail", "priority": 1}],
        demand=[{"origin": "a", "destination": "e", "quantity_kt": 400.0}],
    )  # fmt: skip


def found(study, **options):
    translation, replication = simulated(study, **options)
    trace = read_log(translation, replication)
    return indicators(translation, trace), trace


def row(table, section, kind="section"):
    return table.filter(section=section, kind=kind).row(0, named=True)


def priced(study):
    """The study with a tariff instead of a price on its last link."""
    on_tariff = pl.when(pl.col("link_id") == "d-e").then(pl.lit("t")).alias("tariff_id")
    return study.with_tables(link=study.link.with_columns(on_tariff))


def test_constant_times_by_hand():
    table, trace = found(priced(crossing()), distribution="constant")
    assert table.columns == list(COLUMNS)
    assert dict(table.schema) == COLUMNS
    assert set(table["corridor"]) == {"rail"}
    assert list(table.select("kind", "section").iter_rows()) == [
        ("border", "c / d"),
        ("section", "a – c"),
        ("section", "c – d"),
        ("section", "d – e"),
    ]
    border = row(table, "c / d", "border")
    # both posts and the change of gauge beside the second, not the haul between
    assert border["time_h"] == pytest.approx(5.0 + 8.0 + 2.0)
    assert border["time_cv"] == pytest.approx(0.0, abs=1e-6)
    assert border["cost_usd"] == pytest.approx(PER_UNIT * (1.0 + 3.0 + 1.5))
    assert border["swd_km_h"] is border["swod_km_h"] is None
    before = row(table, "a – c")
    assert before["time_h"] == pytest.approx(6.0 + 4.0 + 12.0)
    assert before["swd_km_h"] == pytest.approx(900.0 / 22.0)
    assert before["swod_km_h"] == pytest.approx(900.0 / 18.0)
    assert before["cost_usd"] == pytest.approx(PER_UNIT * (7.0 + 2.0 + 9.0) * KM / 900.0)
    between = row(table, "c – d")
    assert between["swd_km_h"] == between["swod_km_h"] == pytest.approx(12.0)
    behind = row(table, "d – e")
    assert behind["cost_usd"] is None  # by tariff
    assert behind["swd_km_h"] == pytest.approx(40.0)
    # samples are who came past in the time observed
    start = trace.filter(pl.col("created") >= date(2024, 3, 1))
    assert behind["samples"] == start.filter(code="x_DELV").height
    left = start.filter(resource="gauge", code="x_FREE")
    assert border["samples"] == left.height > 30


def test_posts_far_apart_are_crossings_of_their_own():
    table, _ = found(priced(crossing(near_km=120.0)), distribution="constant")
    assert row(table, "c", "border")["time_h"] == pytest.approx(5.0)
    assert row(table, "d", "border")["time_h"] == pytest.approx(10.0)
    assert row(table, "c – d")["swd_km_h"] == pytest.approx(120.0)


def test_the_variation_is_that_of_the_times():
    study = priced(crossing(dwell_h=30.0, dwell_cv=0.6))
    table, _ = found(study, start=date(2024, 1, 20), days=330, seed=1)
    border = row(table, "c / d", "border")
    # of the 30 h only: 18 h in deviation over 40 h; its own deviation is about 3.5 % of it
    assert border["samples"] > 250
    assert border["time_h"] == pytest.approx(40.0, rel=4 * 0.45 / math.sqrt(border["samples"]))
    assert border["time_cv"] == pytest.approx(18.0 / 40.0, rel=0.15)
    assert row(table, "d – e")["time_cv"] == pytest.approx(0.0, abs=1e-6)


def test_one_sample_has_no_variation():
    study = priced(crossing())
    little = study.with_tables(demand=study.demand.with_columns(quantity_kt=pl.lit(11.0)))
    table, _ = found(little, distribution="constant", releases="scheduled")
    assert table["samples"].to_list() == [1] * 4
    assert table["time_cv"].null_count() == 4
    assert row(table, "a – c")["time_h"] == pytest.approx(22.0)


def test_without_a_log_there_is_nothing():
    translation, _ = simulated(priced(crossing()), days=1)
    table = indicators(translation, None)
    assert table.height == 0
    assert dict(table.schema) == COLUMNS


def test_without_passages_there_is_nothing():
    translation, replication = simulated(priced(crossing()), days=1, lead_in=0)
    trace = read_log(translation, replication).filter(pl.col("what") != "left")
    assert set(indicators(translation, trace)["kind"]) <= {"section"}
    assert indicators(translation, trace.clear()).height == 0


@cache
def random():
    translation, replication = simulated(corridor(), days=80, seed=5)
    trace = read_log(translation, replication)
    return translation, trace, indicators(translation, trace)


def said(trace):
    """What happened to each shipment, row by row."""
    names = ("what", "resource", "code", "amount", "time", "origin", "mode")
    rows = trace.filter(pl.col("shipment").is_not_null(), classifier="ACT")
    for one in rows.partition_by("shipment", maintain_order=True):
        yield list(one.select(names).iter_rows(named=True))


def past_gauge(rows):
    """When the change of gauge is over: the track is free, and the rest of the work is done."""
    own = [row for row in rows if row["resource"] == "KZD-gauge"]
    ends = [r["time"] for r in own if r["code"] == "LOAD" or (r["what"], r["amount"]) == FREE]
    return [max(ends)] if len(ends) == 2 else []


@pytest.mark.parametrize("place", ["KZD", "GEB"])
def test_waits_at_borders_count_as_a_slow_count_says(place):
    translation, trace, table = random()
    hours = []
    for rows in said(trace):
        posts = [row for row in rows if row["resource"] in {f"{place}-border", f"{place}-gauge"}]
        joined = [row["time"] for row in posts if row["what"] == "joined"]
        # the change of gauge comes behind the post from China, and before it to China
        behind = place == "KZD" and rows[0]["origin"] == "CNX"
        left = past_gauge(rows) if behind else [r["time"] for r in posts if r["code"] == "CROS"]
        if left and left[0].date() >= translation.clock.start:
            hours.append((left[0] - joined[0]) / timedelta(hours=1))
    result = row(table, place, "border")
    assert result["samples"] == len(hours) > 50
    assert result["time_h"] == pytest.approx(np.mean(hours), rel=1e-9)
    assert result["time_cv"] == pytest.approx(np.std(hours, ddof=1) / np.mean(hours), rel=1e-6)


def test_speeds_between_borders_are_those_of_a_slow_count():
    translation, trace, table = random()
    hours, moving = [], []
    for rows in said(trace):
        if rows[0]["origin"] != "CNX":
            continue
        times = {(row["resource"], row["what"], row["amount"]): row["time"] for row in rows}
        if ("GEB-border", "joined", 1.0) not in times:
            continue
        end = times["GEB-border", "joined", 1.0]
        if end.date() < translation.clock.start:
            continue
        hours.append((end - past_gauge(rows)[0]) / timedelta(hours=1))
        inside = [row for row in rows if row["resource"] and "border" not in row["resource"]]
        moves = timedelta()
        for one in inside:
            haul = one["resource"] in {"KZD-KZA", "KZA-KZP", "AZP-GEB"}
            ferry = one["resource"] in {"ferry", "feeder"}
            begins = (haul and one["what"] == "working") or (ferry and one["what"] == "started")
            ends = (haul and one["what"] == "worked") or (ferry and one["what"] == "arrived")
            since = datetime(2024, 1, 1)
            moves += (one["time"] - since) * (int(ends) - int(begins))
        moving.append(moves / timedelta(hours=1))
    result = row(table, "KZD – GEB")
    length = 100.0 + 100.0 + 400.0 + 100.0
    assert result["samples"] == len(hours) > 50
    assert result["time_h"] == pytest.approx(np.mean(hours), rel=1e-9)
    assert result["swd_km_h"] == pytest.approx(length / np.mean(hours), rel=1e-9)
    assert result["swod_km_h"] == pytest.approx(length / np.mean(moving), rel=1e-9)
    assert result["swod_km_h"] > 1.2 * result["swd_km_h"]
    # a change of gauge and handling in ports cost nothing in this study, line haul 1 USD per t
    assert result["cost_usd"] == pytest.approx(PER_UNIT * 4.0 * KM / length)
