"""Applying a scenario: pure, and wrong scenarios are refused in words."""

from __future__ import annotations

from datetime import date
from typing import Literal

import polars as pl
import pytest

from sogdia.errors import DataError
from sogdia.scenario import (
    Breakdown,
    Change,
    Event,
    Hazard,
    Rule,
    Scenario,
    Season,
    apply,
)
from sogdia.study import Study
from sogdia.study.load import DataWarning


def changing(**change: object) -> Scenario:
    return Scenario.model_validate({"name": "x", "change": [change]})


def lines_of(study: Study, scenario: Scenario) -> list[str]:
    with pytest.raises(DataError) as caught:
        apply(study, scenario)
    return [str(problem) for problem in caught.value.problems]


def value(study: Study, table: str, row: str, column: str) -> object:
    frame = getattr(study, table)
    return frame.filter(pl.col(f"{table}_id") == row)[column].item()


def test_a_scenario_that_asks_nothing_changes_nothing(small_study: Study):
    assert apply(small_study, Scenario()).digest() == small_study.digest()


def test_applying_leaves_the_study_as_it_was(small_study: Study):
    before = small_study.digest()
    apply(small_study, changing(table="link", multiply={"length_km": 2}))
    apply(small_study, changing(table="terminal", remove=True))
    apply(small_study, Scenario(projects=("feeders",), year=2027, include_events=("pl-by",)))
    assert small_study.digest() == before


def test_set_multiply_and_add(small_study: Study):
    changed = apply(
        small_study,
        changing(
            table="service",
            where={"service_id": "feeder"},
            set={"departure": "when_full", "operator": ""},
            multiply={"fleet": 1.5},
            add={"availability": 0.1},
        ),
    )
    assert value(changed, "service", "feeder", "departure") == "when_full"
    assert value(changed, "service", "feeder", "operator") is None
    assert value(changed, "service", "feeder", "fleet") == 4  # 4.5, rounded half to even
    assert value(changed, "service", "feeder", "availability") == pytest.approx(0.9)
    assert value(changed, "service", "ferry", "fleet") == 7


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, 12),
        ({"mode": "rail"}, 9),
        ({"mode": ["sea", "air"]}, 2),
        ({"country": "KZ"}, 3),
        ({"gauge_mm": 1435}, 5),
        ({"length_km": {"min": 3000}}, 3),
        ({"length_km": {"min": 1000, "max": 1100}}, 2),
        ({"allowed_uses": "wagon"}, 1),
        ({"tariff_id": ""}, 7),
        ({"directed": True}, 1),
        ({"open_from": date(2024, 7, 1)}, 1),
        ({"mode": "rail", "country": ["AZ", "RU"]}, 3),
    ],
)
def test_conditions_select_rows(small_study: Study, where: dict[str, object], expected: int):
    changed = apply(small_study, changing(table="link", where=where, set={"note": "here"}))
    assert (changed.link["note"] == "here").sum() == expected


def test_changes_are_made_in_their_order(small_study: Study):
    scenario = Scenario(
        change=(
            Change(table="link", multiply={"length_km": 2.0}),
            Change(table="link", add={"length_km": 1.0}),
        )
    )
    assert value(apply(small_study, scenario), "link", "CNXIA-CNALS", "length_km") == 6801.0


def test_rows_are_added(small_study: Study):
    row = {
        "link_id": "KZDST-PLMAL",
        "from_node_id": "KZDST",
        "to_node_id": "PLMAL",
        "directed": False,
        "mode": "air",
        "length_km": 4500,
        "time_h": 6.5,
        "cost_usd_t": 900,
        "open_from": date(2024, 6, 1),
    }
    changed = apply(small_study, changing(table="link", rows=[row]))
    assert changed.link.height == 13
    assert value(changed, "link", "KZDST-PLMAL", "open_from") == date(2024, 6, 1)


def test_what_stands_on_a_removed_element_goes_with_it(small_study: Study):
    changed = apply(
        small_study, changing(table="link", where={"link_id": "KZSCO-AZALT"}, remove=True)
    )
    assert changed.service.is_empty()
    assert "storm" not in changed.event["event_id"].to_list()
    assert changed.project_change.filter(pl.col("table") == "service").is_empty()
    without_place = apply(
        small_study,
        changing(table="node", where={"node_id": "BYBTS"}, remove=True),
    )
    assert without_place.link.height == small_study.link.height - 2
    assert without_place.terminal.height == small_study.terminal.height - 1


@pytest.mark.parametrize(
    ("table", "row"), [("link", "GEPTI-ROCND"), ("node", "GEPTI"), ("link", "CNXIA-CNALS")]
)
def test_a_premium_goes_with_its_element_and_insurance_stays(
    small_study: Study, table: str, row: str
):
    changed = apply(small_study, changing(table=table, where={f"{table}_id": row}, remove=True))
    left = ["cargo", "black-sea"] if row == "CNXIA-CNALS" else ["cargo"]
    assert changed.premium["premium_id"].to_list() == left


def test_a_sea_without_its_last_ferry_is_no_bridge(small_study: Study):
    changed = apply(small_study, changing(table="service", remove=True))
    assert "KZSCO-AZALT" not in changed.link["link_id"].to_list()


def test_demand_of_a_removed_place_is_never_dropped_in_silence(small_study: Study):
    lines = lines_of(small_study, changing(table="node", where={"node_id": "DEDUI"}, remove=True))
    assert lines[0] == (
        "scenario 'x', table demand, column origin: row 'machinery-east-2024': 'DEDUI' is not in "
        "table node column node_id"
    )


def test_projects_are_built(small_study: Study):
    scenario = Scenario(projects=("port", "hub", "feeders"), year=2028)
    changed = apply(small_study, scenario)
    assert value(changed, "terminal", "KZSCO-port", "servers") == 5
    assert value(changed, "terminal", "KZSCO-port", "capacity_teu_y") == 240000
    assert value(changed, "service", "feeder", "departures_week") == 6
    assert value(changed, "service", "feeder", "fleet") == 9


def test_events_are_included_excluded_and_added(small_study: Study):
    own = Event(
        event_id="own",
        name="Own",
        from_date=date(2024, 5, 1),
        element_kind="country",
        element_id="KZ",
        effect="cost",
        factor=1.1,
        uses="container",
    )
    scenario = Scenario(include_events=("pl-by",), exclude_events=("storm",), event=(own,))
    happened = dict(apply(small_study, scenario).event.select("event_id", "happened").iter_rows())
    assert happened == {
        "storm": False,
        "inspections": True,
        "works": True,
        "pl-by": True,
        "own": True,
    }


EVEN = Season(weights=(1,) * 12)


def failing(kind: Literal["link", "terminal", "service"], element: str) -> Breakdown:
    return Breakdown(element_kind=kind, element_id=element, mean_between_h=100.0, repair_h=2.0)


WRONG = [
    (
        changing(table="lnk", remove=True),
        "scenario 'x', change 1: there is no table 'lnk'; nearest: link",
    ),
    (
        changing(table="link", where={"mod": "rail"}, remove=True),
        "scenario 'x', change 1: table link has no column 'mod'; nearest: mode",
    ),
    (
        changing(table="link", set={"capacity": 3}),
        "scenario 'x', change 1: table link has no column 'capacity'; nearest: capacity_kt_y",
    ),
    (
        changing(table="link", where={"link_id": "nowhere"}, remove=True),
        "scenario 'x', change 1: no row of table link has link_id = 'nowhere'",
    ),
    (
        changing(table="link", where={"length_km": {"min": 1e6}, "mode": "rail"}, remove=True),
        "scenario 'x', change 1: no row of table link has length_km >= 1000000 and mode = 'rail'",
    ),
    (
        changing(table="link", where={"mode": "rial"}, remove=True),
        "scenario 'x', change 1: where mode: 'rial' is not one of rail, sea, ferry, road, "
        "waterway, pipeline, air; nearest: 'rail'",
    ),
    (
        changing(table="link", where={"mode": {"min": 1}}, remove=True),
        "scenario 'x', change 1: where mode: a column that holds no numbers has no range",
    ),
    (
        changing(table="link", set={"length_km": "far"}),
        "scenario 'x', change 1: set length_km: 'far' is not a number",
    ),
    (
        changing(table="link", multiply={"name": 2}),
        "scenario 'x', change 1: multiply name: a column that holds no numbers cannot be changed "
        "by 'multiply', only set",
    ),
    (
        changing(table="link", set={"link_id": "a"}),
        "scenario 'x', change 1: set link_id: the key of a row cannot be changed",
    ),
    (
        changing(table="link", where={"mode": "ferry"}, multiply={"capacity_kt_y": 0.9}),
        "scenario 'x', change 1: multiply capacity_kt_y: it is empty in every row that is meant; "
        "use set",
    ),
    (
        changing(table="link", where={"mode": "sea"}, set={"capacity_kt_y": -3}),
        "scenario 'x', table link, column capacity_kt_y: row 'GEPTI-ROCND': -3 is not >= 0",
    ),
    (
        changing(table="link", where={"mode": "sea"}, set={"length_km": ""}),
        "scenario 'x', table link, column length_km: row 'GEPTI-ROCND': a value is missing",
    ),
    (
        changing(table="link", rows=[{"link_id": "a", "directed": "perhaps"}]),
        "scenario 'x', change 1, rows, row 1, column directed: 'perhaps' is not true or false",
    ),
    (
        changing(table="terminal", set={"opening_hours": "sometimes"}),
        "scenario 'x', table terminal, column opening_hours: row 'KZDST-border': 'sometimes' is "
        "not opening hours such as 'Mo-Fr 08:00-18:00', 'Su off' or '24/7'",
    ),
    (
        changing(table="premium", where={"premium_id": "black-sea"}, set={"element_id": "x"}),
        "scenario 'x', table premium, column element_id: row 'black-sea': 'x' is not in table "
        "link column link_id",
    ),
    (
        changing(table="supply", rows=[{"node_id": "KZDST", "commodity": "copper"}]),
        "scenario 'x', change 1: table supply has no column 'commodity'; nearest: commodity_id",
    ),
    (
        changing(table="link", remove=True),
        "scenario 'x', change 1: removes every link, so nothing is left to run",
    ),
    (
        changing(table="node", remove=True),
        "scenario 'x', change 1: removes every node, so nothing is left to run",
    ),
    (
        changing(table="corridor", where={"corridor_id": "titr"}, set={"any_of": "KZSCO-AZALTX"}),
        "scenario 'x', table corridor, column any_of: row 'titr': 'KZSCO-AZALTX' is not in nodes, "
        "links, terminals, services, countries and mode:MODE; nearest: 'KZSCO-AZALT'",
    ),
    (
        Scenario(name="x", rule=(Rule(places=("KZSCX",)),)),
        "scenario 'x', rule 1, places: 'KZSCX' is not in table node; nearest: 'KZSCO'",
    ),
    (
        Scenario(name="x", rule=(Rule(countries=("RU",), commodities=("coper",)),)),
        "scenario 'x', rule 1, commodities: 'coper' is not in table commodity; nearest: 'copper'",
    ),
    (
        Scenario(name="x", hazard=(Hazard(hazard_class="7", services=("fery",), accept=True),)),
        "scenario 'x', hazard 1, services: 'fery' is not in table service; nearest: 'ferry'",
    ),
    (
        Scenario(name="x", season=(EVEN, Season(weights=(1,) * 12, commodities=("coper",)))),
        "scenario 'x', season 2, commodities: 'coper' is not in table commodity; nearest: 'copper'",
    ),
    (
        Scenario(name="x", breakdown=(failing("terminal", "KZSCO-prot"),)),
        "scenario 'x', breakdown 1, element_id: 'KZSCO-prot' is not in table terminal; nearest: "
        "'KZSCO-port'",
    ),
    (
        Scenario(name="x", breakdown=(failing("link", "GEPTI-ROCND"), failing("service", "fery"))),
        "scenario 'x', breakdown 2, element_id: 'fery' is not in table service; nearest: 'ferry'",
    ),
    (
        Scenario(
            name="x",
            change=(Change(table="service", remove=True),),
            breakdown=(failing("service", "ferry"),),
        ),
        "scenario 'x', breakdown 1, element_id: 'ferry' is not in table service, which has no rows",
    ),
    (
        changing(table="service", where={"service_id": "feeder"}, set={"max_wait_h": 12}),
        "scenario 'x', table service: row 'feeder': only a service that leaves when full has a "
        "max_wait_h, which is not so here",
    ),
    (
        Scenario(name="x", exclude_events=("strom",)),
        "scenario 'x', exclude_events: 'strom' is not in table event; nearest: 'storm'",
    ),
    (
        Scenario(name="x", projects=("feeder",), year=2030),
        "scenario 'x', projects: 'feeder' is not in table project; nearest: 'feeders'",
    ),
    (
        Scenario(name="x", projects=("feeders",), year=2024),
        "scenario 'x', projects: 'feeders' cannot be in use before 2027, and the year is 2024",
    ),
    (
        Scenario(name="x", projects=("hub",), year=2030),
        "scenario 'x', projects: 'hub' requires 'port', which is not built",
    ),
]


@pytest.mark.parametrize(("scenario", "expected"), WRONG, ids=[line[14:70] for _, line in WRONG])
def test_one_clear_line_for_what_is_wrong(small_study: Study, scenario: Scenario, expected: str):
    assert lines_of(small_study, scenario)[0] == expected


def test_an_event_with_a_name_already_taken_is_refused(small_study: Study):
    own = Event(
        event_id="storm",
        name="Own",
        from_date=date(2024, 5, 1),
        element_kind="link",
        element_id="GEPTI-ROCNX",
        effect="closes",
    )
    assert lines_of(small_study, Scenario(name="x", event=(own,))) == [
        "scenario 'x', table event, column event_id: row 'storm': event_id 'storm' is already "
        "that of row 'storm'",
        "scenario 'x', table event, column element_id: row 'storm': 'GEPTI-ROCNX' is not in "
        "table link column link_id; nearest: 'GEPTI-ROCND'",
    ]


def test_seasons_and_breakdowns_change_no_table(small_study: Study):
    scenario = Scenario(
        season=(EVEN, Season(weights=(0,) * 11 + (1,), commodities=("copper", "uranium"))),
        breakdown=(
            failing("link", "GEPTI-ROCND"),
            failing("terminal", "KZSCO-port"),
            failing("service", "ferry"),
        ),
    )
    assert apply(small_study, scenario).digest() == small_study.digest()


def test_all_problems_are_raised_together(small_study: Study):
    scenario = Scenario(
        name="x",
        change=(
            Change(table="link", multiply={"nme": 2.0}),
            Change(table="nod", remove=True),
        ),
        rule=(Rule(places=("a",)),),
        projects=("b",),
        season=(Season(weights=(1,) * 12, commodities=("c",)),),
        breakdown=(failing("link", "d"),),
        water_level={"e": 1.0},
    )
    assert len(lines_of(small_study, scenario)) == 7


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Rule(countries=("IR",)), "rule 1: nothing of the study lies in IR"),
        (Rule(countries=("RU",), hs=("27",)), "rule 1: no commodity of the study is of HS 27"),
    ],
)
def test_a_rule_about_what_the_study_has_not_is_a_warning(
    small_study: Study, rule: Rule, message: str
):
    with pytest.warns(DataWarning, match=message):
        apply(small_study, Scenario(rule=(rule,)))
