"""Scenarios as content and as text: what is written loads back as it was."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.errors import DataError
from sogdia.scenario import Scenario, builtin_scenarios

BASE = Scenario(
    name="base", year=2024, projects=("quay",), water_level={"caspian": -29.0}, extends="older"
)

ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,8}", fullmatch=True)
texts = st.text(max_size=30)
names = st.text(min_size=1, max_size=12)
days = st.dates(date(1950, 1, 1), date(2150, 12, 31))
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6)
values = st.one_of(texts, numbers, st.booleans(), days)
countries = st.lists(st.sampled_from(["RU", "BY", "KZ", "CN", "IR"]), max_size=3)


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy, max_size=3)


@st.composite
def spans(draw: st.DrawFn) -> dict[str, date]:
    """The days that a part holds, with or without a beginning and an end."""
    first, last = sorted((draw(days), draw(days)))
    return {key: day for key, day in (("from", first), ("until", last)) if draw(st.booleans())}


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "countries": draw(countries.filter(bool)),
        "places": draw(some(names)),
        "applies_to": draw(
            st.lists(st.sampled_from(["transit", "origin", "destination"]), min_size=1, unique=True)
        ),
        "hs": draw(some(st.sampled_from(["84", "8703"]))),
        "name": draw(texts),
        "reason": draw(texts),
        **draw(spans()),
    }


@st.composite
def hazards(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "class": draw(st.sampled_from(["7", "1.4"])),
        "terminals": draw(st.lists(names, min_size=1, max_size=2)),
        "accept": draw(st.booleans()),
        **draw(spans()),
    }


conditions = st.one_of(
    values,
    st.lists(values, max_size=3),
    st.fixed_dictionaries({"min": numbers}, optional={"max": numbers}),
)
wheres = st.dictionaries(names, conditions, max_size=2)
changes = st.one_of(
    st.fixed_dictionaries({"table": names, "where": wheres, "remove": st.just(True)}),
    st.fixed_dictionaries(
        {"table": names, "set": st.dictionaries(names, values, min_size=1, max_size=2)},
        optional={"where": wheres, "reason": texts},
    ),
    st.fixed_dictionaries(
        {"table": names, "multiply": st.dictionaries(names, numbers, min_size=1, max_size=2)}
    ),
    st.fixed_dictionaries(
        {
            "table": names,
            "rows": st.lists(
                st.dictionaries(names, values, min_size=1, max_size=3), min_size=1, max_size=2
            ),
        }
    ),
)
events = st.fixed_dictionaries(
    {
        "event_id": ids,
        "name": names,
        "from_date": days,
        "element_kind": st.sampled_from(["country", "node", "link", "terminal", "service"]),
        "element_id": names,
        "effect": st.sampled_from(["closes", "capacity", "time", "cost"]),
    },
    optional={
        "until_date": days,
        "factor": st.floats(0, 10),
        "uses": st.lists(st.sampled_from(["container", "bulk"]), min_size=1, max_size=2),
        "happened": st.booleans(),
        "note": texts,
    },
)
seasons = st.fixed_dictionaries(
    {"weights": st.lists(st.floats(0.1, 10), min_size=12, max_size=12), "commodities": some(names)}
)
breakdowns = st.fixed_dictionaries(
    {
        "element_kind": st.sampled_from(["link", "terminal", "service"]),
        "element_id": names,
        "mean_between_h": st.floats(0.1, 1e4),
        "repair_h": st.floats(0.1, 1e3),
    },
    optional={"repair_cv": st.floats(0, 3), "stops_work": st.booleans()},
)
contents = st.fixed_dictionaries(
    {},
    optional={
        "name": texts,
        "title": texts,
        "description": texts,
        "extends": names,
        "year": st.integers(1900, 2200),
        "rule": some(rules()),
        "hazard": some(hazards()),
        "change": some(changes),
        "event": some(events),
        "include_events": some(names),
        "exclude_events": some(names),
        "projects": some(names),
        "water_level": st.dictionaries(names, numbers, max_size=2),
        "season": some(seasons),
        "breakdown": some(breakdowns),
    },
)


@given(contents)
@settings(max_examples=examples(150), deadline=None)
def test_what_is_written_loads_back(content: dict[str, Any]):
    scenario = Scenario.own_part(content)
    assert Scenario.of_toml(scenario.to_toml()) == scenario
    through_json = json.loads(json.dumps(scenario.content(), allow_nan=False))
    again = Scenario.own_part(through_json)
    assert again.digest() == scenario.digest()
    assert again.content() == scenario.content()


@pytest.mark.parametrize("name", builtin_scenarios())
def test_every_built_in_scenario_is_written_and_loads_back(name: str):
    scenario = Scenario.load(name)
    assert Scenario.of_toml(scenario.to_toml()) == scenario
    assert Scenario.own_part(scenario.content()).digest() == scenario.digest()


def test_content_has_the_keys_of_a_file_and_nothing_that_is_not_said():
    content = {
        "name": "mine",
        "rule": [{"countries": ["RU"], "from": "2024-03-01"}],
        "hazard": [{"class": "7", "terminals": ["port"], "accept": False}],
        "change": [
            {
                "table": "link",
                "where": {"mode": ["ferry"], "length_km": {"min": 10.0}},
                "set": {"open_from": "2024-01-01"},
            },
            {"table": "link", "remove": True},
        ],
    }
    assert Scenario.own_part(content).content() == content


def test_text_is_as_people_write_it():
    scenario = Scenario.own_part(
        {
            "description": "Two\nlines",
            "rule": [{"countries": ["RU"], "until": date(2024, 3, 1)}],
            "change": [{"table": "link", "where": {"mode": ["ferry"]}, "multiply": {"time_h": 2}}],
            "water_level": {"caspian": -30},
        },
        name="mine",
    )
    lines = scenario.to_toml().splitlines()
    assert lines[:4] == ['name = "mine"', 'description = """', "Two", 'lines"""']
    for wanted in (
        *("[[rule]]", "until = 2024-03-01", "[[change]]", 'table = "link"'),
        *("[change.where]", "[change.multiply]", "time_h = 2.0"),
        *("[water_level]", "caspian = -30.0"),
    ):
        assert wanted in lines


def test_what_is_extended_comes_first():
    content = {"extends": "base", "projects": ["tunnel"], "water_level": {"caspian": -30}}
    scenario = Scenario.of_content(content, {"base": BASE}, name="mine")
    assert (scenario.name, scenario.year, scenario.extends) == ("mine", 2024, "base")
    assert scenario.projects == ("quay", "tunnel")
    assert scenario.water_level == {"caspian": -30.0}
    assert Scenario.own_part(content).projects == ("tunnel",)


def test_content_extends_as_a_file_does(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "avoid-russia"\nprojects = ["hub"]')
    known = {name: Scenario.load(name) for name in builtin_scenarios()}
    content = {"extends": "avoid-russia", "projects": ["hub"]}
    assert Scenario.of_content(content, known, name="mine") == Scenario.load(path)


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("bas", "did you mean 'base'?"),
        ("/etc/passwd", "known: base"),
        ("../base.toml", "not a scenario that is known here"),
        (["base"], "extends: "),
    ],
)
def test_only_what_is_known_is_extended(extends, message):
    with pytest.raises(DataError) as caught:
        Scenario.of_content({"extends": extends}, {"base": BASE})
    assert message in str(caught.value)
    assert caught.value.problems[0].file == "scenario"


def test_all_that_is_wrong_is_said():
    with pytest.raises(DataError) as caught:
        Scenario.own_part({"rules": [], "year": "soon"}, name="mine")
    assert [str(problem) for problem in caught.value.problems] == [
        "mine: year: 'soon': input should be a valid integer",
        "mine: rules: not a known key; nearest: rule",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rule = [", "is not valid TOML"),
        ("a = " + "[" * 100_000, "is not TOML that can be read"),
        ("year = " + "9" * 10_000, "is not TOML that can be read"),
        ("title = '\ud800'", "is not UTF-8"),
    ],
)
def test_text_that_is_no_toml_is_refused(text, message):
    with pytest.raises(DataError, match=message):
        Scenario.of_toml(text)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("inf"), "inf is not a finite number"),
        (float("nan"), "nan is not a finite number"),
        (2**63, "a whole number of more than 64 bits"),
    ],
)
def test_values_that_no_table_holds_are_refused(value, message):
    with pytest.raises(DataError, match=message):
        Scenario.own_part({"change": [{"table": "link", "set": {"length_km": value}}]})
