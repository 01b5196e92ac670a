"""A year in periods, and the study as it stands in each."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.scenario import (
    Event,
    Hazard,
    Period,
    Rule,
    Scenario,
    apply,
    periods,
    rules_at,
    study_at,
)
from sogdia.scenario.effects import WAIT_OUT_DAYS, effects_in
from sogdia.study import Study, base_id
from sogdia.study.model import SCHEMAS

YEAR = Period(date(2024, 1, 1), date(2024, 12, 31), 1.0)
QUIET = ("storm", "inspections", "works")


def event(**values: object) -> Event:
    defaults = {
        "event_id": "e",
        "name": "Event",
        "from_date": date(2024, 1, 1),
        "element_kind": "link",
        "effect": "closes",
    }
    return Event.model_validate(defaults | values)


def under(study: Study, *events: Event, period: Period = YEAR) -> Study:
    """Return the study as it stands when these events happen and no others."""
    return study_at(
        apply(study, Scenario(event=events, exclude_events=QUIET)), period, period.start.year
    )


def value(study: Study, table: str, row: str, column: str) -> object:
    frame = getattr(study, table)
    return frame.filter(pl.col(f"{table}_id") == row)[column].item()


def ids(study: Study, table: str) -> set[str]:
    return set(getattr(study, table)[f"{table}_id"])


def test_the_year_is_cut_where_something_changes(small_study: Study):
    scenario = Scenario(rule=(Rule(countries=("RU",), start=date(2024, 9, 1)),))
    parts = periods(small_study, scenario, 2024)
    assert [part.start for part in parts] == [
        date(2024, 1, 1),
        date(2024, 3, 1),  # works begin
        date(2024, 6, 1),  # works have ended
        date(2024, 7, 1),  # the shuttle opens
        date(2024, 9, 1),  # the rule begins
        date(2024, 10, 15),  # inspections begin
    ]
    assert [bool(rules_at(scenario, part)) for part in parts] == [False] * 4 + [True] * 2


def test_a_brief_closure_does_not_cut_the_year(small_study: Study):
    only_storm = apply(small_study, Scenario(exclude_events=("inspections", "works")))
    assert [part.start for part in periods(only_storm, Scenario(), 2024)] == [
        date(2024, 1, 1),
        date(2024, 7, 1),
    ]


@given(
    days=st.lists(st.dates(date(2023, 6, 1), date(2025, 6, 1)), max_size=40),
    year=st.sampled_from([2023, 2024]),
)
@settings(max_examples=examples(60), deadline=None)
def test_periods_partition_the_year(small_study: Study, days: list[date], year: int):
    rules = tuple(Rule(countries=("RU",), start=day) for day in days)
    parts = periods(small_study, Scenario(rule=rules), year)
    assert parts[0].start == date(year, 1, 1)
    assert parts[-1].end == date(year, 12, 31)
    assert sum(part.share for part in parts) == pytest.approx(1.0)
    for part, following in pairwise(parts):
        assert part.end + timedelta(days=1) == following.start
    assert min((part.end - part.start).days + 1 for part in parts) >= WAIT_OUT_DAYS


def test_what_is_not_open_is_left_out(small_study: Study):
    first = Period(date(2024, 1, 1), date(2024, 6, 30), 0.5)
    second = Period(date(2024, 7, 1), date(2024, 12, 31), 0.5)
    assert "AZALT-ROCND" not in ids(under(small_study, period=first), "link")
    assert "AZALT-ROCND" in ids(under(small_study, period=second), "link")


def test_a_period_of_another_year_is_a_mistake_of_the_program(small_study: Study):
    with pytest.raises(ValueError, match="is not in 2025"):
        study_at(small_study, YEAR, 2025)


@pytest.mark.parametrize(
    ("year", "chinese", "classes"),
    [
        (2018, [], []),
        (2023, [7.0], ["rail", "rail", "sea", "hub"]),
        (2024, [6.0], ["rail", "rail", "sea", "hub"]),
        (2060, [6.0], ["rail", "rail", "sea", "hub"]),
    ],
)
def test_the_newest_factor_that_is_not_after_the_year_is_in_force(
    small_study: Study, year: int, chinese: list[float], classes: list[str]
):
    period = Period(date(year, 1, 1), date(year, 12, 31), 1.0)
    factor = study_at(small_study, period, year).emission_factor
    assert factor.filter(country="CN")["wtt_g_tkm"].to_list() == chinese
    assert factor["emission_class"].to_list() == classes


def test_a_premium_goes_with_the_element_that_is_closed(small_study: Study):
    closed = under(small_study, event(element_id="GEPTI-ROCND"))
    assert closed.premium["premium_id"].to_list() == ["cargo"]
    assert under(small_study).premium.equals(small_study.premium)


def test_a_lasting_closure_takes_the_element_out(small_study: Study):
    now = under(small_study, event(element_id="KZSCO-AZALT"))
    assert "KZSCO-AZALT" not in ids(now, "link")
    assert ids(now, "service") == set()


def test_closing_all_services_closes_their_link(small_study: Study):
    closures = [
        event(event_id=name, element_kind="service", element_id=name)
        for name in ("ferry", "feeder")
    ]
    assert "KZSCO-AZALT" in ids(under(small_study, closures[0]), "link")
    assert "KZSCO-AZALT" not in ids(under(small_study, *closures), "link")


def test_closing_a_place_or_a_country_closes_all_in_it(small_study: Study):
    place = under(small_study, event(element_kind="node", element_id="KZSCO"))
    assert ids(small_study, "link") - ids(place, "link") == {
        "KZDST-KZSCO",
        "KZSCO-AZALT",
    }
    assert ids(small_study, "terminal") - ids(place, "terminal") == {"KZSCO-port"}
    country = under(small_study, event(element_kind="country", element_id="BY"))
    assert ids(small_study, "link") - ids(country, "link") == {"RUMOW-BYBTS", "BYBTS-PLMAL"}
    assert country.node.height == small_study.node.height


def test_a_closure_to_some_uses_leaves_the_others(small_study: Study):
    now = under(small_study, event(element_id="AZALT-GEPTI", uses=["container"]))
    assert value(now, "link", "AZALT-GEPTI", "allowed_uses") == "wagon"
    assert {base_id(row) for row in now.link["link_id"]} == set(now.link["link_id"])
    whole = under(small_study, event(element_id="AZALT-GEPTI", uses=["container", "wagon"]))
    assert "AZALT-GEPTI" not in ids(whole, "link")


def test_a_closure_to_the_uses_of_one_service_leaves_the_other(small_study: Study):
    now = under(small_study, event(element_id="KZSCO-AZALT", uses=["container"]))
    assert ids(now, "service") == {"ferry"}
    assert "KZSCO-AZALT" in ids(now, "link")


def test_factors_multiply_what_they_are_about(small_study: Study):
    now = under(
        small_study,
        event(event_id="a", element_id="AZALT-GEPTI", effect="capacity", factor=0.5),
        event(event_id="b", element_id="KZSCO-AZALT", effect="capacity", factor=3),
        event(event_id="c", element_id="ROCND-DEDUI", effect="time", factor=2),
        event(event_id="d", element_id="GEPTI-ROCND", effect="cost", factor=2),
        event(
            event_id="e",
            element_kind="terminal",
            element_id="GEPTI-port",
            effect="cost",
            factor=1.5,
        ),
        event(event_id="f", element_kind="node", element_id="ROCND", effect="time", factor=1.5),
    )
    assert value(now, "link", "AZALT-GEPTI", "capacity_kt_y") == 5000
    assert value(now, "service", "ferry", "availability") == 1.0  # 1.2, but no more than all
    assert value(now, "link", "ROCND-DEDUI", "time_h") == pytest.approx(2 * 2300 / 35)
    assert value(now, "link", "GEPTI-ROCND", "cost_usd_t") == 22
    assert value(now, "terminal", "GEPTI-port", "cost_usd_teu") == 135
    assert value(now, "terminal", "ROCND-port", "dwell_h") == 72
    assert value(now, "link", "GEPTI-ROCND", "time_h") == 60


def test_a_terminal_without_dwell_is_slowed_in_its_service(small_study: Study):
    now = under(
        small_study,
        event(element_kind="terminal", element_id="AZALT-port", effect="time", factor=2),
    )
    assert value(now, "terminal", "AZALT-port", "service_time_h") == 20
    assert value(now, "terminal", "AZALT-port", "dwell_h") is None


def test_a_dearer_link_with_a_tariff_gets_a_tariff_of_its_own(small_study: Study):
    now = under(small_study, event(element_id="RUMOW-BYBTS", effect="cost", factor=2))
    assert value(now, "link", "RUMOW-BYBTS", "tariff_id") == "rail-cis@e"
    assert value(now, "link", "KZDST-RUMOW", "tariff_id") == "rail-cis"
    scaled = now.tariff.filter(pl.col("tariff_id") == "rail-cis@e").sort("year")
    assert scaled["usd_t_km"].to_list() == [0.05, 0.06]
    assert scaled["usd_teu"].to_list() == [120, 120]


def test_an_effect_on_some_uses_splits_the_row(small_study: Study):
    now = under(
        small_study, event(element_id="AZALT-GEPTI", effect="time", factor=2, uses=["container"])
    )
    assert value(now, "link", "AZALT-GEPTI", "allowed_uses") == "wagon"
    assert value(now, "link", "AZALT-GEPTI", "time_h") == 30
    assert value(now, "link", "AZALT-GEPTI@e", "allowed_uses") == "container"
    assert value(now, "link", "AZALT-GEPTI@e", "time_h") == 60
    assert value(now, "link", "AZALT-GEPTI@e", "capacity_kt_y") == 10000


def test_an_effect_on_some_uses_moves_their_service_to_a_link_of_its_own(small_study: Study):
    now = under(
        small_study, event(element_id="KZSCO-AZALT", effect="cost", factor=2, uses=["container"])
    )
    assert dict(now.service.select("service_id", "link_id").iter_rows()) == {
        "ferry": "KZSCO-AZALT",
        "feeder": "KZSCO-AZALT@e",
    }
    assert value(now, "link", "KZSCO-AZALT", "cost_usd_t") == 14
    assert value(now, "link", "KZSCO-AZALT@e", "cost_usd_t") == 28


def test_events_find_rows_that_others_have_split(small_study: Study):
    now = under(
        small_study,
        event(event_id="a", element_id="AZALT-GEPTI", effect="time", factor=2, uses=["container"]),
        event(event_id="b", element_id="AZALT-GEPTI", effect="capacity", factor=0.5),
    )
    capacity = dict(now.link.select("link_id", "capacity_kt_y").iter_rows())
    assert capacity["AZALT-GEPTI"] == capacity["AZALT-GEPTI@a"] == 5000


def test_a_brief_closure_is_waited_out(small_study: Study):
    storm = event(
        element_id="GEPTI-ROCND", from_date=date(2024, 2, 5), until_date=date(2024, 2, 14)
    )
    now = under(small_study, storm)
    # ten days of 366 are closed; who arrives in them waits five days on average
    assert value(now, "link", "GEPTI-ROCND", "capacity_kt_y") == pytest.approx(5000 * 356 / 366)
    wait_h = 10 / 366 * 5 * 24
    assert value(now, "link", "GEPTI-ROCND", "time_h") == pytest.approx(60 + wait_h)


def test_whoever_passes_a_closed_place_waits_once(small_study: Study):
    days = {"from_date": date(2024, 2, 5), "until_date": date(2024, 2, 14)}
    wait_h = 10 / 366 * 5 * 24
    place = under(small_study, event(element_kind="node", element_id="GEPTI", **days))
    extra = [
        value(place, "link", link, "time_h") - value(small_study, "link", link, "time_h")  # type: ignore[operator]
        for link in ("AZALT-GEPTI", "GEPTI-ROCND")
    ]
    assert sum(extra) == pytest.approx(wait_h)
    assert value(place, "terminal", "GEPTI-port", "dwell_h") == 48
    country = under(small_study, event(element_kind="country", element_id="KZ", **days))
    through = ["CNALS-KZDST", "KZDST-KZSCO"]
    before = [1, 3200 / 40]
    extra = [
        value(country, "link", link, "time_h") - time_h  # type: ignore[operator]
        for link, time_h in zip(through, before, strict=True)
    ]
    crossing = value(country, "service", "ferry", "crossing_time_h")
    assert sum(extra) + crossing - 22 == pytest.approx(wait_h)


def test_a_brief_change_counts_with_its_share(small_study: Study):
    now = under(
        small_study,
        event(
            element_id="GEPTI-ROCND",
            effect="capacity",
            factor=0.5,
            from_date=date(2024, 2, 5),
            until_date=date(2024, 2, 14),
        ),
    )
    assert value(now, "link", "GEPTI-ROCND", "capacity_kt_y") == pytest.approx(
        5000 * (1 - 0.5 * 10 / 366)
    )


@given(
    first=st.integers(0, 400),
    length=st.integers(1, WAIT_OUT_DAYS - 1),
    cuts=st.lists(st.integers(31, 335), max_size=3, unique=True),
)
@settings(max_examples=examples(100), deadline=None)
def test_waits_of_the_periods_add_up_to_that_of_the_year(first: int, length: int, cuts: list[int]):
    """Whatever the cuts, arrivals of the year wait as long as counted day by day."""
    start = date(2023, 12, 15) + timedelta(days=first)
    closure = event(element_id="x", from_date=start, until_date=start + timedelta(days=length - 1))
    frame = pl.DataFrame([closure.model_dump()], schema=SCHEMAS["event"].create_empty().schema)
    new_year, after = date(2024, 1, 1), date(2025, 1, 1)
    edges = [new_year, *(new_year + timedelta(days=cut) for cut in sorted(cuts)), after]
    wait_h = closed = 0.0
    for begin, stop in pairwise(edges):
        days = (stop - begin).days
        for effect in effects_in(frame, begin, stop - timedelta(days=1)):
            wait_h += effect.wait_h * days / 366
            closed += (1 - effect.capacity) * days
    end = start + timedelta(days=length)
    inside = [
        start + timedelta(days=i)
        for i in range(length)
        if new_year <= start + timedelta(days=i) < after
    ]
    assert closed == pytest.approx(len(inside))
    # goods of a day arrive, on average, at its noon
    by_hand = sum(((end - day).days - 0.5) * 24 for day in inside) / 366
    assert wait_h == pytest.approx(by_hand)


def test_dangerous_goods_are_accepted_from_their_day(small_study: Study):
    scenario = Scenario(
        hazard=(
            Hazard(
                hazard_class="7",
                terminals=("AZALT-port",),
                services=("feeder",),
                accept=True,
                start=date(2024, 7, 1),
            ),
            Hazard(hazard_class="3", services=("ferry",), accept=False),
        )
    )
    study = apply(small_study, scenario)
    first, *_, last = periods(study, scenario, 2024)
    before, now = study_at(study, first, 2024), study_at(study, last, 2024)
    assert value(before, "terminal", "AZALT-port", "hazard_classes") == "3"
    assert value(now, "terminal", "AZALT-port", "hazard_classes") == "3,7"
    assert value(now, "service", "feeder", "hazard_classes") == "7"
    assert value(now, "service", "ferry", "hazard_classes") is None


def test_what_has_no_capacity_left_is_left_out(small_study: Study):
    now = under(
        small_study,
        event(event_id="a", element_id="AZALT-GEPTI", effect="capacity", factor=0),
        event(event_id="b", element_id="KZSCO-AZALT", effect="capacity", factor=0),
    )
    assert not {"AZALT-GEPTI", "KZSCO-AZALT"} & ids(now, "link")
    assert now.service.is_empty()


def test_a_study_stands_as_it_is_when_nothing_happens(small_study: Study):
    now = under(small_study)
    for table in ("link", "terminal", "service", "tariff", "demand"):
        assert getattr(now, table).equals(getattr(small_study, table))
