"""Scenario files: what they may say, and one clear line for everything else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sogdia.errors import DataError
from sogdia.scenario import Rule, Scenario, Season, builtin_scenarios
from sogdia.scenario.model import Event
from sogdia.study.columns import EFFECTS, ELEMENT_KINDS
from sogdia.study.model import SCHEMAS

FULL = """
name = "full"
title = "Everything at once"
year = 2024
include_events = ["pl-by"]
exclude_events = ["storm"]
projects = ["feeders"]

[[rule]]
countries = ["RU", "BY"]
applies_to = ["transit", "origin"]
hs = ["84"]
from = 2024-03-01
reason = "test"

[[hazard]]
class = "7"
terminals = ["AZALT-port"]
accept = true

[[change]]
table = "service"
where = { link_id = ["KZSCO-AZALT"], availability = { max = 0.5 } }
multiply = { batch_capacity_t = 0.85 }

[[event]]
event_id = "own"
name = "Own event"
from_date = 2024-05-01
element_kind = "link"
element_id = "GEPTI-ROCND"
effect = "time"
factor = 1.2
uses = ["container", "wagon"]

[[season]]
weights = [1, 1, 1, 1, 1, 1, 2.5, 4, 4, 3, 1, 0]
commodities = ["copper"]

[[breakdown]]
element_kind = "terminal"
element_id = "KZSCO-port"
mean_between_h = 720
repair_h = 6
stops_work = false

[water_level]
caspian = -30.2
"""


def written(folder: Path, text: str, name: str = "scenario.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def lines_of(path: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        Scenario.load(path)
    return [str(problem) for problem in caught.value.problems]


def test_a_full_scenario_is_read(tmp_path: Path):
    scenario = Scenario.load(written(tmp_path, FULL))
    assert scenario.year == 2024
    assert scenario.rule[0].start == date(2024, 3, 1)
    assert scenario.rule[0].label == "no transit/origin RU, BY for HS 84"
    assert scenario.hazard[0].hazard_class == "7"
    assert scenario.change[0].multiply == {"batch_capacity_t": 0.85}
    assert scenario.change[0].where["availability"].max == 0.5
    assert scenario.event[0].uses == "container,wagon"
    assert list(scenario.season[0].weights) == [1, 1, 1, 1, 1, 1, 2.5, 4, 4, 3, 1, 0]
    assert scenario.season[0].commodities == ("copper",)
    assert scenario.breakdown[0].repair_cv == 1.0
    assert not scenario.breakdown[0].stops_work
    assert scenario.water_level == {"caspian": -30.2}


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_marks_of_other_programs_change_nothing(tmp_path: Path, bom: bytes):
    plain = Scenario.load(written(tmp_path, FULL))
    path = tmp_path / "other.toml"
    path.write_bytes(bom + FULL.replace("\n", "\r\n").encode())
    assert Scenario.load(path) == plain
    assert Scenario.load(path).digest() == plain.digest()


def test_a_scenario_without_a_name_has_that_of_its_file(tmp_path: Path):
    assert Scenario.load(written(tmp_path, "year = 2024\n", "mine.toml")).name == "mine"


def test_extending_adds_to_every_list(tmp_path: Path):
    written(tmp_path, FULL, "base.toml")
    child = written(
        tmp_path,
        'extends = "base.toml"\ninclude_events = ["storm"]\nprojects = ["feeders", "port"]\n'
        '[[rule]]\ncountries = ["IR"]\n'
        "[[season]]\nweights = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n"
        '[[breakdown]]\nelement_kind = "link"\nelement_id = "GEPTI-ROCND"\n'
        "mean_between_h = 100\nrepair_h = 1.5\n"
        "[water_level]\naral = 40\ncaspian = -29\n",
        "child.toml",
    )
    scenario = Scenario.load(child)
    assert scenario.name == "child"
    assert scenario.year == 2024
    assert [rule.countries for rule in scenario.rule] == [("RU", "BY"), ("IR",)]
    assert scenario.projects == ("feeders", "port")
    assert scenario.include_events == ("pl-by", "storm")
    assert scenario.exclude_events == ()
    assert [season.commodities for season in scenario.season] == [("copper",), ()]
    assert [one.element_id for one in scenario.breakdown] == ["KZSCO-port", "GEPTI-ROCND"]
    assert scenario.breakdown[1].stops_work
    assert scenario.water_level == {"caspian": -29, "aral": 40}


def test_a_water_level_that_is_not_named_again_stays(tmp_path: Path):
    written(tmp_path, FULL, "base.toml")
    child = Scenario.load(written(tmp_path, 'extends = "base.toml"\n', "child.toml"))
    assert child.water_level == {"caspian": -30.2}


def test_the_season_named_last_holds():
    def season(*commodities: str, best: int) -> Season:
        weights = [0.0] * 12
        weights[best] = 1.0
        return Season(weights=tuple(weights), commodities=commodities)

    def best_month(scenario: Scenario, commodity: str) -> int:
        return (scenario.month_weights(commodity) or ()).index(1.0)

    some_last = Scenario(season=(season(best=1), season("grain", best=2), season("ore", best=3)))
    assert [best_month(some_last, name) for name in ("grain", "ore", "oil")] == [2, 3, 1]
    all_last = Scenario(season=(season("grain", best=2), season(best=1)))
    assert [best_month(all_last, name) for name in ("grain", "oil")] == [1, 1]
    assert Scenario(season=(season("grain", best=2),)).month_weights("oil") is None


def test_the_digest_sees_every_part(tmp_path: Path):
    edits = {
        "": "",
        "2.5, 4,": "2.5, 5,",
        "repair_h = 6": "repair_h = 7",
        "caspian = -30.2": "caspian = -30.3",
    }
    texts = [FULL.replace(old, new, 1) for old, new in edits.items()]
    assert len({Scenario.load(written(tmp_path, text)).digest() for text in texts}) == 4


def test_a_circle_of_extensions_is_refused(tmp_path: Path):
    written(tmp_path, 'extends = "b.toml"\n', "a.toml")
    path = written(tmp_path, 'extends = "a.toml"\n', "b.toml")
    assert lines_of(path) == ["a.toml: extends: 'b.toml' extends itself"]


def test_an_unknown_scenario_names_the_nearest():
    with pytest.raises(
        DataError, match=r"'avoid-rusia' is neither .*; did you mean 'avoid-russia'"
    ):
        Scenario.load("avoid-rusia")


def test_an_unknown_base_names_the_file(tmp_path: Path):
    path = written(tmp_path, 'extends = "nowhere.toml"\n')
    assert lines_of(path)[0].startswith("scenario.toml: extends: 'nowhere.toml' is neither a file")


WRONG = {
    "year = 2024": [
        ('year = "2024"', "year: '2024': input should be a valid integer"),
        ("yaer = 2024", "yaer: not a known key; nearest: year"),
        ("year = ", "is not valid TOML: Invalid value (at line 4, column 8)"),
    ],
    'countries = ["RU", "BY"]': [
        (
            'countries = ["RU", "XX"]',
            "rule 1, countries, item 2: 'XX' is not an ISO 3166-1 alpha-2 country code, e.g. KZ",
        ),
        ('countries = "RU"', "rule 1, countries: 'RU': input should be a list"),
        ("", "rule 1: names neither countries nor places"),
        ('country = ["RU"]', "rule 1, country: not a known key; nearest: countries"),
    ],
    'applies_to = ["transit", "origin"]': [
        (
            'applies_to = ["transitt"]',
            "rule 1, applies_to, item 1: 'transitt': input should be 'transit', 'origin' or "
            "'destination'",
        ),
    ],
    "from = 2024-03-01": [
        ('from = "March"', "rule 1, from: 'March' is not a date such as 2024-06-30"),
        (
            "from = 2024-03-01\nuntil = 2024-02-01",
            "rule 1: from (2024-03-01) is after until (2024-02-01)",
        ),
    ],
    'hs = ["84"]': [
        ('hs = ["8"]', r"rule 1, hs, item 1: '8': string should match pattern '^\d{2}(\d{2})?$'"),
    ],
    "accept = true": [("", "hazard 1, accept: is missing")],
    'terminals = ["AZALT-port"]': [("", "hazard 1: names neither terminals nor services")],
    "multiply = { batch_capacity_t = 0.85 }": [
        ("", "change 1: needs one of: set, multiply and add; remove = true; rows"),
        (
            "multiply = { batch_capacity_t = nan }",
            "change 1, multiply, batch_capacity_t: nan: input should be a finite number",
        ),
        (
            "multiply = { fleet = 2 }\nadd = { fleet = 2 }",
            "change 1: changes fleet twice",
        ),
    ],
    "factor = 1.2": [
        ("factor = -1", "event 1, factor: -1: input should be greater than or equal to 0"),
    ],
    "weights = [1, 1, 1, 1, 1, 1, 2.5, 4, 4, 3, 1, 0]": [
        ("weights = [1, 2]", "season 1: weights are 2, not 12, one for each month"),
        (
            "weights = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]",
            "season 1: weights are all 0; one month at least needs more",
        ),
        (
            "weights = [1, 1, 1, 1, 1, 1, -2, 4, 4, 3, 1, 0]",
            "season 1, weights, item 7: -2: input should be greater than or equal to 0",
        ),
        (
            "weights = [1, 1, 1, 1, 1, 1, inf, 4, 4, 3, 1, 0]",
            "season 1, weights, item 7: inf: input should be a finite number",
        ),
    ],
    'commodities = ["copper"]': [
        ('comodities = ["copper"]', "season 1, comodities: not a known key; nearest: commodities"),
        ('commodities = "copper"', "season 1, commodities: 'copper': input should be a list"),
    ],
    'element_kind = "terminal"': [
        (
            'element_kind = "node"',
            "breakdown 1, element_kind: 'node': input should be 'link', 'terminal' or 'service'",
        ),
    ],
    "mean_between_h = 720": [
        ("mean_between_h = 0", "breakdown 1, mean_between_h: 0: input should be greater than 0"),
        ("", "breakdown 1, mean_between_h: is missing"),
        (
            "mean_between_h = 9\nmean_beetwen = 1",
            "breakdown 1, mean_beetwen: not a known key; nearest: mean_between_h",
        ),
    ],
    "repair_h = 6": [
        ("repair_h = -6", "breakdown 1, repair_h: -6: input should be greater than 0"),
        (
            "repair_h = 6\nrepair_cv = -1",
            "breakdown 1, repair_cv: -1: input should be greater than or equal to 0",
        ),
    ],
    "stops_work = false": [
        ('stops_work = "no"', "breakdown 1, stops_work: 'no': input should be a valid boolean"),
    ],
    "caspian = -30.2": [
        ('caspian = "low"', "water_level, caspian: 'low': input should be a valid number"),
        ("caspian = nan", "water_level, caspian: nan: input should be a finite number"),
    ],
}


@pytest.mark.parametrize(
    ("old", "new", "expected"), [(old, *case) for old, cases in WRONG.items() for case in cases]
)
def test_one_clear_line_for_what_is_wrong(tmp_path: Path, old: str, new: str, expected: str):
    assert old in FULL
    path = written(tmp_path, FULL.replace(old, new, 1))
    assert lines_of(path) == [f"scenario.toml: {expected}"]


def test_all_problems_of_all_files_are_raised_together(tmp_path: Path):
    written(tmp_path, FULL.replace("year = 2024", "yaer = 2024"), "base.toml")
    path = written(tmp_path, 'extends = "base.toml"\nyear = "x"\ntitel = "y"\n')
    assert len(lines_of(path)) == 3


def test_a_rule_holds_from_its_first_day_to_its_last():
    rule = Rule(countries=("RU",), start=date(2024, 3, 1), end=date(2024, 3, 31))
    days = [date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 1)]
    assert [rule.holds(day) for day in days] == [False, True, True, False]


def test_an_event_of_a_scenario_is_a_row_of_the_table():
    assert list(Event.model_fields) == SCHEMAS["event"].column_names()
    schema = Event.model_json_schema()["properties"]
    assert set(schema["effect"]["enum"]) == set(EFFECTS)
    assert set(schema["element_kind"]["enum"]) == set(ELEMENT_KINDS)


@pytest.mark.parametrize("name", builtin_scenarios())
def test_builtin_scenarios_are_well_formed(name: str):
    scenario = Scenario.load(name)
    assert scenario.name == name
    assert scenario.title
    assert scenario.description
    assert all(rule.reason for rule in scenario.rule)
    assert all(change.reason for change in scenario.change)
