"""What a shipment pays besides freight, premium by premium, and what has no room for it."""

from datetime import date

import pytest
from tests.builders import GOODS, line, places, study_of

from sogdia.routing.fare import fare
from sogdia.routing.snapshot import snapshot
from sogdia.scenario import Scenario

DAY = date(2024, 7, 1)
STRAIT = {"kind": "war_risk", "element_kind": "node", "element_id": "M"}
PASSAGE = {"kind": "war_risk", "element_kind": "link", "element_id": "A-M"}
BOX = {"t_per_teu": 10.0, "unit": "TEU", "use": "container"}


def charged(*premiums, goods=None, study=None):
    """The fare of goods worth 1,000 USD per t on a way A - M - B with a spur at M."""
    study = study or study_of(
        node=places("A", "M", "B", "C"),
        link=[
            line("A", "M", directed=False, mode="sea"),
            line("M", "B", directed=False),
            line("B", "C"),
        ],
        terminal=[{"terminal_id": "port", "node_id": "M", "from_mode": "sea", "to_mode": "road"}],
        commodity=[GOODS | {"value_usd_t": 1000.0} | (goods or {})],
        premium=list(premiums),
    )
    snap = snapshot(study, Scenario(name="as-is"), DAY)
    return snap, fare(snap, study.commodity.row(0, named=True), "westbound")


def war_risk(found):
    """Premiums by arc of line haul, handling and ends; what pays nothing left out."""
    snap, paid = found
    rows = zip(snap.network.arc["row_id"], paid.war_risk_usd_t.tolist(), strict=True)
    return sorted((row_id, amount) for row_id, amount in rows if amount)


def test_insurance_is_a_share_of_the_value_of_the_whole_trip():
    found = charged({"kind": "insurance", "share_of_value": 0.002})
    assert found[1].insurance_usd_t == pytest.approx(2.0)
    assert war_risk(found) == []


def test_premiums_add_up():
    _, paid = charged(
        {"kind": "insurance", "share_of_value": 0.002},
        {"kind": "insurance", "share_of_value": 0.001, "usd_t": 0.5},
    )
    assert paid.insurance_usd_t == pytest.approx(2.0 + 1.0 + 0.5)
    twice = charged(PASSAGE | {"usd_t": 3.0}, PASSAGE | {"usd_t": 4.0})
    assert war_risk(twice) == [("A-M", 7.0)] * 2


def test_without_premiums_nothing_is_paid():
    found = charged()
    assert found[1].insurance_usd_t == 0.0
    assert war_risk(found) == []


def test_war_risk_on_a_link_is_paid_in_full_each_way():
    assert war_risk(charged(PASSAGE | {"usd_t": 6.0})) == [("A-M", 6.0)] * 2


def test_war_risk_on_a_link_is_paid_by_who_sails_on_it():
    study = study_of(
        node=places("A", "M"),
        link=[line("A", "M", mode="sea")],
        service=[{"service_id": "boat", "link_id": "A-M", "batch_capacity_t": 1e3}],
        premium=[PASSAGE | {"usd_t": 6.0}],
    )
    assert war_risk(charged(study=study)) == [("boat", 6.0)]


def test_who_passes_a_place_pays_half_on_the_way_in_and_half_on_the_way_out():
    found = charged(STRAIT | {"usd_t": 6.0})
    # nothing for handling there, nor for shipments that begin or end there as such
    assert war_risk(found) == [("A-M", 3.0)] * 2 + [("M-B", 3.0)] * 2
    snap, paid = found
    way = [snap.network.arc["row_id"].to_list().index(row_id) for row_id in ("A-M", "M-B", "B-C")]
    assert paid.war_risk_usd_t[way].sum() == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("dates", "is_paid"),
    [
        ({}, True),
        ({"from_date": date(2024, 7, 1)}, True),
        ({"from_date": date(2024, 7, 2)}, False),
        ({"until_date": date(2024, 7, 1)}, True),
        ({"until_date": date(2024, 6, 30)}, False),
        ({"from_date": date(2024, 1, 1), "until_date": date(2024, 12, 31)}, True),
        ({"from_date": date(2023, 1, 1), "until_date": date(2023, 12, 31)}, False),
    ],
)
def test_a_premium_is_paid_from_its_first_day_to_its_last(dates, is_paid):
    insured = charged({"kind": "insurance", "usd_t": 1.0} | dates)[1].insurance_usd_t
    passed = war_risk(charged(PASSAGE | {"usd_t": 1.0} | dates))
    assert insured == (1.0 if is_paid else 0.0)
    assert passed == ([("A-M", 1.0)] * 2 if is_paid else [])


@pytest.mark.parametrize(
    ("uses", "is_paid"),
    [(None, True), ("bulk", True), ("container, bulk", True), ("container", False)],
)
def test_a_premium_is_paid_for_the_kinds_of_cargo_that_it_names(uses, is_paid):
    _, paid = charged({"kind": "insurance", "usd_t": 1.0, "uses": uses})
    assert paid.insurance_usd_t == (1.0 if is_paid else 0.0)


@pytest.mark.parametrize(
    ("amounts", "goods", "expected"),
    [
        ({"usd_t": 5.0, "usd_teu": 30.0}, BOX, 3.0),
        ({"usd_t": 5.0, "usd_teu": 30.0}, {}, 5.0),
        ({"usd_t": 5.0}, BOX, 5.0),
        ({"usd_teu": 30.0}, {}, 0.0),
        ({"usd_t": 5.0, "usd_teu": 0.0}, BOX, 0.0),
        ({"share_of_value": 0.01, "usd_teu": 30.0}, BOX, 13.0),
        ({"share_of_value": 0.01, "usd_t": 5.0}, {}, 15.0),
    ],
)
def test_a_container_pays_by_the_teu_where_that_is_given_and_else_by_weight(
    amounts, goods, expected
):
    """10 t in a container; 1 % of 1,000 USD are 10."""
    _, paid = charged({"kind": "insurance"} | amounts, goods=goods)
    assert paid.insurance_usd_t == pytest.approx(expected)


def test_a_tariff_in_force_is_told_by_its_source():
    source = [
        {"source_id": name, "kind": "official", "title": name} for name in ("old", "new", "next")
    ]
    study = study_of(
        node=places("A", "B"),
        source=source,
        link=[line("A", "B", cost_usd_t=None, tariff_id="rail")],
        tariff=[
            {"tariff_id": "rail", "year": year, "usd_t": usd_t, "source_id": name}
            for year, usd_t, name in ((2020, 1.0, "old"), (2024, 2.0, "new"), (2025, 3.0, "next"))
        ],
    )
    snap, paid = charged(study=study)
    assert paid.tariff_source == {"rail": "new"}
    assert paid.freight_usd_t[snap.network.arc["row_id"].to_numpy() == "A-B"] == [2.0]


@pytest.mark.parametrize("timetable", [None, "Mo 08:00"])
def test_a_service_that_the_weather_stops_for_the_month_has_no_room(timetable):
    closed = "0 0 0 0 0 0 31 0 0 0 0 0"
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B", mode="sea")],
        service=[
            {"service_id": "boat", "link_id": "A-B", "batch_capacity_t": 1e3}
            | {"closed_days_by_month": closed, "timetable": timetable, "departures_week": 1.0}
        ],
    )
    snap, paid = charged(study=study)
    here = snap.network.arc["row_id"].to_numpy() == "boat"
    full = paid.refused["there is no capacity"]
    assert full.tolist() == here.tolist()
    assert sum(mask.any() for mask in paid.refused.values()) == 1
