"""Disruptions by chance: against closed forms, by hand, and the same whatever the threads."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.builders import line, places, study_of

from sogdia.balance import disruptions as module
from sogdia.balance import supply
from sogdia.balance.disruptions import disruptions
from sogdia.balance.outage_record import Chance, drawn, left_by_month
from sogdia.errors import DataError

YEAR = 2023
DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=float)
ENDS = np.cumsum(DAYS)
NEED = 365.0


def record(name="stop", kind="link", element="A-B", **row):
    """A row of the record."""
    return {
        "disruption_id": name,
        "name": name,
        "element_kind": kind,
        "element_id": element,
        "events": 2,
        "years": 10.0,
        "duration_days": 20.0,
        "duration_cv": 0.5,
    } | row


def pipe_study(*disruption, room=None, **tables):
    """A producer, a consumer that needs a kilotonne a day, and one pipe between them."""
    rows = {
        "node": places("A", "B", country="KZ"),
        "link": [line("A", "B", mode="pipeline", cost_usd_t=1.0, capacity_kt_y=room)],
        "commodity": [{"commodity_id": "oil", "name": "oil", "use": "crude", "value_usd_t": 500.0}],
        "supply": [
            {"node_id": "A", "commodity_id": "oil", "year": YEAR, "capacity_kt_y": 2 * NEED}
        ],
        "consumption": [{"node_id": "B", "commodity_id": "oil", "year": YEAR, "quantity_kt": NEED}],
        "disruption": list(disruption),
    }
    return study_of(**(rows | tables))


def lived(study, **options):
    """Years of a study's disruptions."""
    return disruptions(supply(study, year=YEAR), **options)


# ---- what chance draws ----


def test_rates_are_the_posterior_of_jeffreys():
    chance = Chance("one", 4, 7.0, 45.0, 0.73, 0.5)
    posterior = stats.gamma(4.5, scale=1 / 7.0)
    assert chance.rate_y == pytest.approx(posterior.mean())
    for share in (0.05, 0.5, 0.95):
        assert float(chance.rate_quantile(share)) == pytest.approx(posterior.ppf(share))


def test_durations_have_their_mean_and_spread():
    one = Chance("one", 4, 7.0, 45.0, 0.73, 0.5)
    probability = (np.arange(200_000) + 0.5) / 200_000
    days = one.duration_quantile(probability)
    assert days.mean() == pytest.approx(45.0, rel=1e-3)
    assert days.std() == pytest.approx(0.73 * 45.0, rel=1e-2)
    certain = Chance("one", 4, 7.0, 45.0, 0.0, 0.5).duration_quantile(np.array([0.1, 0.9]))
    assert certain == pytest.approx(45.0)


def test_numbers_of_outages_are_poisson_over_the_posterior():
    draws = 20_000
    found = drawn(Chance("one", 4, 7.0, 3.0, 0.5, 0.0), draws, 1, 365.0)
    counts = np.bincount(np.bincount(found.year, minlength=draws), minlength=6)[:6]
    # Poisson numbers of a gamma rate are negative binomial (Greenwood and Yule, 1920).
    expected = draws * stats.nbinom(4.5, 7.0 / 8.0).pmf(np.arange(6))
    assert (
        stats.chisquare(counts[:5], expected[:5] * counts[:5].sum() / expected[:5].sum())[1] > 0.01
    )
    assert stats.kstest(found.start / 365.0, "uniform").pvalue > 0.01
    assert (found.end <= 365.0).all()
    assert (found.end > found.start).all()


def test_no_other_disruption_and_no_number_of_draws_changes_a_year():
    chance = Chance("one", 4, 7.0, 3.0, 0.5, 0.0)
    few, many = drawn(chance, 50, 7, 365.0), drawn(chance, 500, 7, 365.0)
    assert np.array_equal(few.start, many.start[: len(few.start)])
    other = drawn(Chance("two", 4, 7.0, 3.0, 0.5, 0.0), 50, 7, 365.0)
    assert len(other.start) != len(few.start) or not np.array_equal(other.start, few.start)


def test_where_outages_overlap_the_least_that_is_left_holds():
    left = left_by_month([(10.0, 40.0, 0.5), (20.0, 25.0, 0.0), (22.0, 30.0, 0.8)], ENDS)
    assert left[0] == pytest.approx((10 + 10 * 0.5 + 5 * 0.0 + 6 * 0.5) / 31)
    assert left[1] == pytest.approx((9 * 0.5 + 19) / 28)
    assert left[2:] == pytest.approx(1.0)


# ---- what it does ----


def test_expected_tonnes_of_one_pipe_are_rate_times_days_times_flow():
    row = record(events=1, years=30.0, duration_days=3.0)
    found = lived(pipe_study(row), draws=20_000)
    expected = 1.5 / 30.0 * 3.0 * NEED / 365
    line_of = found.by_commodity.row(0, named=True)
    error = (line_of["high"] - line_of["expected_unserved_kt"]) / 1.96
    assert line_of["expected_unserved_kt"] == pytest.approx(expected, abs=4 * error)
    assert error < 0.05 * expected
    alone = found.by_disruption.row(0, named=True)
    assert alone["alone_unserved_kt"] == pytest.approx(expected, rel=0.03)
    assert alone["rate_y"] == pytest.approx(0.05)
    assert alone["rate_low"] < 0.05 < alone["rate_high"]


def test_every_year_by_hand():
    rows = [record(), record("half", capacity_factor=0.5, duration_days=40.0)]
    found = lived(pipe_study(*rows), draws=200, seed=3)
    outages: list[list] = [[] for _ in range(200)]
    for row in rows:
        chance = Chance(
            row["disruption_id"],
            2,
            10.0,
            row["duration_days"],
            0.5,
            row.get("capacity_factor", 0.0),
        )
        one = drawn(chance, 200, 3, 365.0)
        for year, start, end in zip(one.year, one.start, one.end, strict=True):
            outages[year].append((start, end, chance.left))
    by_hand = [float(((1 - left_by_month(one, ENDS)) * DAYS).sum()) for one in outages]
    assert found.unserved_kt[:, 0] == pytest.approx(np.array(by_hand), abs=1e-6)
    table = found.by_commodity.row(0, named=True)
    assert table["p95"] == pytest.approx(np.quantile(by_hand, 0.95))
    assert (np.array(by_hand) <= table["cover_stock_kt"] + 1e-9).mean() >= 0.95
    assert table["cover_days"] == pytest.approx(table["cover_stock_kt"])  # a kilotonne a day
    assert found.solved == sum(1 for one in outages if one)


def test_a_pipe_with_room_makes_up_for_half_a_month():
    row = record(duration_days=10.0, duration_cv=0.0)
    assert lived(pipe_study(row), draws=100).unserved_kt.max() > 5.0
    # Of twice the room, 21 of 31 days, or 18 of 28, still take a month's flow.
    found = lived(pipe_study(row | {"events": 1, "years": 100.0}, room=2 * NEED), draws=300)
    assert found.solved == 0
    assert found.unserved_kt.max() == pytest.approx(0.0, abs=1e-9)


def test_a_closed_span_is_the_same_as_an_event():
    study = pipe_study(record(), room=1.2 * NEED)
    event = {
        "event_id": "works",
        "name": "works",
        "from_date": date(YEAR, 2, 20),
        "until_date": date(YEAR, 4, 5),
        "element_kind": "link",
        "element_id": "A-B",
    }
    anew = supply(pipe_study(room=1.2 * NEED, event=[event]), year=YEAR)
    result = supply(study, year=YEAR)
    span = [(0, 50.0, 95.0)]  # 20 February to 5 April
    one = module._live(result, module._hits(result), [span], ENDS)
    assert one.unserved_kt[0, 0] == pytest.approx(anew.solution.unserved_kt.sum())
    assert one.unserved_kt[0, 0] > 30.0


def test_a_producer_ships_less_and_a_place_that_is_none_lets_less_pass():
    rows = {"node": places("A", "M", "B", country="KZ"), "link": [line("A", "M"), line("M", "B")]}
    fire = record("fire", "node", "A", capacity_factor=0.25, duration_days=30.0, duration_cv=0.0)
    result = supply(pipe_study(fire, **rows), year=YEAR)
    hits = module._hits(result)
    # The producer can ship twice what is needed, so a month at a quarter gives half of it.
    one = module._live(result, hits, [[(0, 0.0, 31.0)], [(0, 0.0, 15.5)]], ENDS)
    assert one.unserved_kt[:, 0] == pytest.approx([15.5, 0.0])
    town = record("town", "node", "M")
    result = supply(pipe_study(town, **rows), year=YEAR)
    one = module._live(result, module._hits(result), [[(0, 0.0, 15.5)]], ENDS)
    assert one.unserved_kt[0, 0] == pytest.approx(15.5)


def test_a_disruption_of_other_cargo_is_left_out():
    rows = [record(uses="crude"), record("boxes", uses="container")]
    commodity = [
        {"commodity_id": "oil", "name": "oil", "use": "crude", "value_usd_t": 500.0},
        {"commodity_id": "box", "name": "box", "use": "container"},
    ]
    found = lived(pipe_study(*rows, commodity=commodity), draws=20)
    assert found.by_disruption["disruption"].to_list() == ["stop"]


def test_part_of_the_room_of_services_is_one_of_theirs():
    rows = {
        "link": [line("A", "B", mode="ferry", cost_usd_t=1.0)],
        "service": [
            {"service_id": "boat", "link_id": "A-B", "batch_capacity_t": 3000.0},
            {"service_id": "ship", "link_id": "A-B", "batch_capacity_t": 1000.0},
        ],
    }
    result = supply(pipe_study(record(kind="service", element="boat"), **rows), year=YEAR)
    (hit,) = module._hits(result)
    assert hit.chance.left == pytest.approx(0.25)
    assert hit.full_kt.sum() == pytest.approx(4.0 * 365)


def test_neither_threads_nor_chunks_of_others_change_a_figure(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 20)
    rows = [record(), record("half", capacity_factor=0.5, duration_days=40.0)]
    result = supply(pipe_study(*rows), year=YEAR)
    one, two = (disruptions(result, 150, threads=threads) for threads in (1, 3))
    assert np.array_equal(one.unserved_kt, two.unserved_kt)
    assert one.by_commodity.equals(two.by_commodity)
    assert one.by_disruption.equals(two.by_disruption)
    few = disruptions(result, 60, threads=2)
    assert np.array_equal(few.unserved_kt, one.unserved_kt[:60])


def test_a_study_without_a_record_has_quiet_years():
    found = lived(pipe_study(), draws=5)
    assert found.by_disruption.is_empty()
    assert found.by_commodity["expected_unserved_kt"].to_list() == [0.0]
    assert found.by_commodity["cover_stock_kt"].to_list() == [0.0]


def test_what_is_never_served_is_part_of_every_year():
    need = [{"node_id": "B", "commodity_id": "oil", "year": YEAR, "quantity_kt": 3 * NEED}]
    found = lived(pipe_study(record(), consumption=need), draws=30)
    assert found.unserved_kt.min() == pytest.approx(NEED)


def test_no_years_are_refused():
    with pytest.raises(DataError, match="at least one year is to be drawn, but 0"):
        lived(pipe_study(record()), draws=0)


def test_progress_counts_to_the_end():
    said = []
    lived(
        pipe_study(record()),
        draws=10,
        progress=lambda stage, done, of: said.append((stage, done, of)),
    )
    assert said[0][1] == 0
    assert said[-1][1] == said[-1][2]


def test_by_disruption_says_where_its_figures_come_from():
    found = lived(pipe_study(record(capacity_factor=0.4)), draws=10)
    row = found.by_disruption.select(pl.exclude("alone_unserved_kt")).row(0, named=True)
    assert row["kind"] == "link"
    assert row["element"] == "A-B"
    assert row["capacity_left"] == 0.4
    assert row["duration_days"] == 20.0
