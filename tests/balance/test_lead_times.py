"""Lead times: the way, permits and charters, by hand, by simulation, and as published."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.builders import line, places, study_of

import sogdia
from sogdia.balance import SupplyOptions, supply
from sogdia.balance.lead_times import lead_times

YEAR = 2023
DWELL_H = 240.0


def charter_study(*consignment, **tables):
    """Drums that go by rail to a port, wait there for a permit and a charter, and sail."""
    rows = {
        "node": places("M", "P", "C", country="KZ"),
        "link": [
            line("M", "P", mode="rail", time_h=120.0, time_cv=0.2),
            line("P", "C", mode="sea", time_h=240.0, time_cv=0.3),
        ],
        "terminal": [
            {
                "terminal_id": "quay",
                "node_id": "P",
                "from_mode": "rail",
                "to_mode": "sea",
                "dwell_h": DWELL_H,
                "dwell_cv": 0.5,
            }
        ],
        "commodity": [{"commodity_id": "drums", "name": "drums", "value_usd_t": 9000.0}],
        "supply": [{"node_id": "M", "commodity_id": "drums", "year": YEAR, "capacity_kt_y": 9.0}],
        "consumption": [
            {"node_id": "C", "commodity_id": "drums", "year": YEAR, "quantity_kt": 7.3}
        ],
        "consignment": list(consignment),
    }
    return study_of(**(rows | tables))


def asks(kind="terminal", element="quay", **row):
    """A row of what goods wait for."""
    return {"commodity_id": "drums", "element_kind": kind, "element_id": element} | row


def only_row(study, **options):
    """The lead times of a study with one flow."""
    table = lead_times(supply(study, year=YEAR, **options))
    assert table.height == 1
    return table.row(0, named=True)


def test_by_hand():
    row = only_row(charter_study(asks(permit_days=12.0, permit_cv=0.6, lot_t=800.0)))
    # 7,300 t a year fill a lot of 800 t in 40 days; the quay's ten days are a guess at both.
    assert row["kt"] == pytest.approx(7.3)
    assert row["transit_days"] == pytest.approx(15.0)
    assert row["permit_days"] == pytest.approx(12.0)
    assert row["consolidation_days"] == pytest.approx(20.0)
    assert row["mean_days"] == pytest.approx(47.0)


def test_nine_tenths_arrive_as_in_a_simulation():
    row = only_row(charter_study(asks(permit_days=12.0, permit_cv=0.6, lot_t=800.0)))
    random = np.random.default_rng(1)
    count = 400_000
    sd = np.hypot(0.2 * 5.0, 0.3 * 10.0)
    way = random.gamma((15.0 / sd) ** 2, sd**2 / 15.0, count)
    permit = random.gamma(1 / 0.36, 12.0 * 0.36, count)
    days = way + permit + random.uniform(0.0, 40.0, count)
    assert row["p90_days"] == pytest.approx(np.quantile(days, 0.9), abs=0.2)


def test_of_the_dwell_only_what_is_longer_than_the_waits_is_kept():
    row = only_row(charter_study(asks(permit_days=4.0)))
    assert row["transit_days"] == pytest.approx(5.0 + 10.0 + 6.0)
    assert row["mean_days"] == pytest.approx(25.0)


def test_the_time_of_a_link_is_no_guess_at_its_permit():
    row = only_row(charter_study(asks("link", "P-C", permit_days=4.0)))
    assert row["transit_days"] == pytest.approx(25.0)
    assert row["mean_days"] == pytest.approx(29.0)


def test_permits_come_one_after_the_other():
    rows = [asks("link", "M-P", permit_days=4.0), asks("node", "C", permit_days=6.0)]
    row = only_row(charter_study(*rows))
    assert row["permit_days"] == pytest.approx(10.0)


def test_all_that_passes_fills_the_lot():
    both = [
        {"node_id": node, "commodity_id": "drums", "year": YEAR, "capacity_kt_y": 3.65}
        for node in ("M", "P")
    ]
    rail = {
        "terminal": [],
        "link": [
            line("M", "P", mode="rail", time_h=120.0),
            line("P", "C", mode="rail", time_h=240.0),
        ],
    }
    study = charter_study(asks("link", "P-C", lot_t=730.0), supply=both, **rail)
    table = lead_times(supply(study, year=YEAR))
    assert table["supplier"].to_list() == ["M", "P"]
    assert table["consolidation_days"].to_list() == pytest.approx([18.25, 18.25])


def test_a_lot_that_takes_years_to_fill_has_no_ninth_tenth_within_one():
    row = only_row(charter_study(asks(lot_t=20_000.0)))
    assert row["consolidation_days"] == pytest.approx(500.0)
    assert row["p90_days"] == np.inf


def test_goods_that_wait_for_nothing_have_no_rows():
    assert lead_times(supply(charter_study(), year=YEAR)).is_empty()


def test_uranium_over_the_caspian_takes_as_long_as_was_published():
    """To Canada in 2022: 80 to 85 days, "end of September to 20 December" (World Nuclear News)."""
    result = supply(
        sogdia.load("eurasia"),
        commodities=["uranium"],
        year=2022,
        options=SupplyOptions(embargo=("RU",)),
    )
    table = lead_times(result).filter(
        (pl.col("corridor") == "titr") & (pl.col("supplier") == "KZSUZ")
    )
    canada = table.row(by_predicate=pl.col("consumer") == "CAMTR", named=True)
    assert 70.0 <= canada["mean_days"] <= 95.0
    assert canada["p90_days"] > 85.0
    assert canada["permit_days"] == pytest.approx(12.0)
