"""`/api/scenarios`: scenarios by name, as text and as content."""

from __future__ import annotations

import pytest

from sogdia.errors import DataError, ResourceError
from sogdia.scenario import Scenario, builtin_scenarios
from sogdia.web.scenarios import Scenarios, fitting_year

TOML = {"Content-Type": "text/plain"}
CLOSED = """
title = "Closed"
extends = "avoid-russia"

[[rule]]
countries = ["KZ"]
from = 2024-03-01
"""


def messages(answer):
    return [problem["message"] for problem in answer.json()["problems"]]


@pytest.fixture
def folder(workspace):
    """The server's folder of scenarios, with one that is right and several that are not."""
    (workspace.scenarios / "closed.toml").write_text(CLOSED)
    (workspace.scenarios / "broken.toml").write_text("rules = 1\n")
    (workspace.scenarios / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    (workspace.scenarios / "lost.toml").write_text('extends = "nowhere"')
    (workspace.scenarios / "suez-open.toml").write_text('title = "Not the built-in one"')
    (workspace.scenarios / "long.toml").write_text("#" * 2**21)
    (workspace.scenarios / "deep").mkdir()
    (workspace.scenarios / "deep" / "inner.toml").write_text("title = 'inner'")
    return workspace.scenarios


def test_what_can_be_used_is_listed(client, folder):
    listed = {info["name"]: info for info in client.get("/api/scenarios").json()}
    assert set(listed) == {*builtin_scenarios(), "closed"}
    assert listed["closed"] == {
        "name": "closed",
        "title": "Closed",
        "description": "",
        "year": 2024,
        "builtin": False,
    }
    assert listed["suez-open"]["builtin"]
    assert listed["suez-open"]["title"] != "Not the built-in one"


def test_the_file_of_a_scenario(client, folder):
    file = client.get("/api/scenarios/closed").json()
    assert file["toml"] == CLOSED
    assert file["content"] == {
        "name": "closed",
        "title": "Closed",
        "extends": "avoid-russia",
        "rule": [{"from": "2024-03-01", "countries": ["KZ"]}],
    }
    builtin = client.get("/api/scenarios/avoid-russia").json()
    assert builtin["content"]["extends"] == "baseline-2024"
    assert builtin["toml"].startswith('name = "avoid-russia"')


def test_a_broken_file_says_what_is_wrong_with_it(client, folder):
    assert messages(client.get("/api/scenarios/broken")) == [
        "rules: not a known key; nearest: rule"
    ]
    lost = client.get("/api/scenarios/lost")
    assert (lost.status_code, "'nowhere'" in messages(lost)[0]) == (422, True)


@pytest.mark.parametrize(
    "name", ["nowhere", "..%2fsecret", "deep%2finner", "inner", "closed.toml", "long", "%2fetc"]
)
def test_names_are_looked_up_and_never_made_into_paths(client, folder, name):
    answer = client.get(f"/api/scenarios/{name}")
    assert answer.status_code == 404


def test_text_becomes_content_and_content_text(client, folder):
    parsed = client.post("/api/scenarios/parse", content=CLOSED.encode(), headers=TOML).json()
    assert parsed["name"] == "scenario"
    assert parsed["toml"] == CLOSED
    text = client.post("/api/scenarios/toml", json=parsed["content"])
    assert text.headers["content-type"].startswith("text/plain")
    assert "from = 2024-03-01" in text.text
    again = client.post("/api/scenarios/parse", content=text.content, headers=TOML).json()
    assert again["content"] == parsed["content"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"rule = [", "is not valid TOML"),
        (b"\xff", "the text is not UTF-8"),
        (b"year = 1700", "year: 1700"),
        (b'extends = "/etc/passwd"', "'/etc/passwd' is not a scenario that is known here"),
        (b'extends = "suez-opn"', "did you mean 'suez-open'?"),
        (b"a = " + b"[" * 10_000, "is not TOML that can be read"),
        (b"year = " + b"9" * 10_000, "is not TOML that can be read"),
        (b'[[change]]\ntable = "link"\nset = { length_km = inf }', "inf is not a finite number"),
        (b'[[change]]\ntable = "link"\nset = { length_km = 99999999999999999999 }', "64 bits"),
    ],
)
def test_text_that_is_no_scenario_is_refused(client, text, said):
    answer = client.post("/api/scenarios/parse", content=text, headers=TOML)
    assert answer.status_code == 422
    assert said in messages(answer)[0]


def test_only_text_is_parsed(client):
    answer = client.post("/api/scenarios/parse", json={})
    assert (answer.status_code, "text/plain" in messages(answer)[0]) == (415, True)


def test_content_that_is_no_scenario_is_refused(client):
    for content, said in (
        ({"rule": [{}]}, "names neither countries nor places"),
        ({"extends": "../x"}, "not a scenario that is known here"),
        ({"event": [{"event_id": "a"}]}, "event 1, name: is missing"),
    ):
        answer = client.post("/api/scenarios/toml", json=content)
        assert answer.status_code == 422
        assert any(said in message for message in messages(answer))
    assert client.post("/api/scenarios/toml", json=[1]).status_code == 422


def test_a_file_extends_as_its_owner_says(client, folder):
    (folder / "deep" / "base.toml").write_text('[[rule]]\ncountries = ["CN"]')
    (folder / "mine.toml").write_text('extends = "deep/base.toml"\ntitle = "Mine"')
    assert Scenarios(folder).named("mine").rule[0].countries == ("CN",)
    content = {"extends": "mine"}
    assert Scenarios(folder).of_content(content).rule[0].countries == ("CN",)


def test_the_scenario_that_a_study_names_is_looked_up_too(folder, small_study):
    scenarios = Scenarios(folder)
    assert scenarios.asked(None, small_study) == Scenario()
    for named in ("closed", "closed.toml"):
        settings = small_study.settings.model_copy(update={"default_scenario": named})
        found = scenarios.asked(None, small_study.with_settings(settings))
        assert (found.title, found.extends) == ("Closed", None)
    settings = small_study.settings.model_copy(update={"default_scenario": "../../secret.toml"})
    with pytest.raises(Exception, match="no scenario"):
        scenarios.asked(None, small_study.with_settings(settings))


def test_a_year_is_the_scenarios_or_else_the_studys(small_study):
    assert fitting_year(small_study, Scenario(), None) == 2024
    assert fitting_year(small_study, Scenario(year=2023), None) == 2023
    assert fitting_year(small_study, Scenario(year=2023), 2030) == 2030
    nameless = small_study.with_settings(
        small_study.settings.model_copy(update={"base_year": None})
    )
    with pytest.raises(DataError, match="name the year of the run"):
        fitting_year(nameless, Scenario(), None)


def test_a_slip_is_no_reason_to_refuse(small_study):
    scenario = Scenario.of_content({"rule": [{"countries": ["BR"]}]}, {})
    assert fitting_year(small_study, scenario, None) == 2024


def test_a_folder_that_cannot_be_read_is_an_error_of_the_machine(folder, monkeypatch):
    from pathlib import Path

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "glob", refuse)
    with pytest.raises(ResourceError, match="Permission denied"):
        Scenarios(folder).infos()
    monkeypatch.undo()
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ResourceError, match=r"closed\.toml cannot be read"):
        Scenarios(folder).file("closed")


def test_what_takes_long_to_read_is_refused_at_once(client):
    text = {"Content-Type": "text/plain"}
    dotted = ".".join(["a"] * 5000) + " = 1"
    answer = client.post("/api/scenarios/parse", content=dotted.encode(), headers=text)
    assert (answer.status_code, "dots" in messages(answer)[0]) == (422, True)
    many = "[[rule]]\n" * 6000
    answer = client.post("/api/scenarios/parse", content=many.encode(), headers=text)
    assert (answer.status_code, "6002 values" in messages(answer)[0]) == (422, True)


@pytest.mark.parametrize("path", ["/api/scenarios/toml", "/api/runs", "/api/route"])
def test_half_a_character_is_refused(client, path):
    content = r'{"title": "\ud800"}'
    ends = '"origin": "a", "destination": "b", "commodity": "c", ' if "route" in path else ""
    whole = f'{{"study": "small", {ends}"scenario": {content}}}'
    asked = content if "toml" in path else whole
    answer = client.post(path, content=asked, headers={"Content-Type": "application/json"})
    assert (answer.status_code, messages(answer)) == (
        422,
        ["the scenario has a text that is not Unicode"],
    )
