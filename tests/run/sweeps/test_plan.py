"""Plans: what is wrong with them, all at once and before anything is evaluated."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from sogdia.errors import DataError
from sogdia.run.sweeps import tasks
from sogdia.run.sweeps.check import LIMIT
from sogdia.run.sweeps.plan import SweepPlan
from sogdia.run.sweeps.tasks import read_plan

SCALE: dict[str, Any] = {"name": "scale", "target": "choice.scale", "low": 2.0, "high": 3.0}
TIME: dict[str, Any] = {
    "name": "rail",
    "table": "link",
    "where": {"mode": "rail"},
    "column": "time_h",
}
TIME |= {"operation": "multiply", "low": 0.5, "high": 2.0}

FULLER: dict[str, Any] = {"name": "ferry", "table": "service", "where": {"service_id": "ferry"}}
FULLER |= {"column": "availability", "operation": "multiply", "low": 1.0, "high": 30.0}


def without(content, *keys):
    return {key: value for key, value in content.items() if key not in keys}


def plan_of(*parameters, **content):
    return {"method": "latin-hypercube", "samples": 4, "parameter": list(parameters)} | content


def faults(study, plan, **options):
    with pytest.raises(DataError) as refused:
        read_plan(plan, study, **{"confirmed": False} | options)
    return [problem.message for problem in refused.value.problems]


def test_a_sound_plan_comes_back_from_its_own_text():
    plan = SweepPlan.of_content(plan_of(SCALE, TIME, outputs=["titr.kt"], simulate={"days": 30}))
    again = SweepPlan.of_content(tomllib.loads(plan.to_toml()))
    assert again == plan
    assert again.to_toml() == plan.to_toml()


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        (SCALE | {"target": "choice.scales"}, "no such parameter of choice"),
        (SCALE | {"target": "choice"}, "there is no target 'choice'"),
        (SCALE | {"target": "project"}, "there is no target 'project'; did you mean 'projects'?"),
        (SCALE | {"target": "water_level.aral"}, "the study has no water levels"),
        (SCALE | {"low": -1.0}, "at -1: -1 is not above 0"),
        (SCALE | {"low": 4.0}, "low (4) is not below high (3)"),
        (SCALE | {"column": "time_h"}, "column has no meaning for a target"),
        (SCALE | {"mode": 2.5}, "mode has no meaning for a uniform distribution"),
        (SCALE | {"steps": 3}, "steps is only for method 'grid'"),
        (SCALE | {"values": [2.5]}, "has values, so low, high has no meaning"),
        (SCALE | {"distribution": "triangular"}, "mode is missing"),
        (SCALE | {"distribution": "triangular", "mode": 9.0}, "mode (9) is not between low"),
        (SCALE | {"distribution": "normal"}, "mean and standard_deviation is missing"),
        (
            SCALE | {"distribution": "log-uniform", "low": 0.0},
            "not above 0, which a log",
        ),
        (without(SCALE, "low", "high"), "low and high is missing"),
        (without(SCALE, "low", "high") | {"values": []}, "values is empty"),
        (without(SCALE, "low", "high") | {"values": [2.0, "x"]}, "'x' is not a number"),
        (without(SCALE, "low", "high") | {"values": [["a"]]}, "is a list; only projects"),
        (without(SCALE, "target"), "needs either a table with its column, or a target"),
        (SCALE | {"name": "number"}, "'number' is the name of another column"),
        (TIME | {"table": "links"}, "there is no table 'links'; nearest: link"),
        (TIME | {"column": "tim_h"}, "table link has no column 'tim_h'; nearest: time_h"),
        (TIME | {"where": {"mode": "rial"}}, "where mode: 'rial' is not one of"),
        (TIME | {"where": {"link_id": "nowhere"}}, "no row of table link has link_id = 'nowhere'"),
        (FULLER, "at 30: table service, column availability: row 'ferry': 12 is not <= 1"),
        (without(TIME, "operation"), "operation is missing: set, multiply or add"),
        (without(TIME, "column"), "column is missing"),
        ({"name": "p", "target": "projects", "values": ["moon"]}, "'moon' is not in table project"),
        ({"name": "p", "target": "projects", "low": 1.0, "high": 2.0}, "are lists of names"),
        ({"name": "p", "target": "projects", "values": [7]}, "7 is not a name, or a list of names"),
        ({"name": "e", "target": "include_events", "values": [["x"]]}, "is not in table event"),
        ({"name": "y", "target": "year", "values": [2024, 2031]}, "at 2031: there is no demand in"),
        ({"name": "y", "target": "year", "values": [2024.5]}, "2024.5 is not a year"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(small_study, parameter, message):
    (found,) = faults(small_study, plan_of(parameter))
    assert message in found
    assert parameter["name"] in found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"parameter": []}, "a plan has at least one [[parameter]]"),
        ({"parameter": [SCALE, SCALE]}, "parameter: 'scale' is named twice"),
        ({"outputs": ["a", "a"]}, "outputs: 'a' is named twice"),
        ({"samples": None}, "samples is missing: how many points latin-hypercube has"),
        ({"method": "sobol", "samples": 100}, "100 is not a power of 2"),
        ({"method": "grid", "parameter": [SCALE | {"steps": 2}]}, "samples has no meaning for"),
        ({"method": "grid", "samples": None}, "needs values, or low, high and steps"),
        (
            {"samples": LIMIT + 1},
            "has 10,001 points, more than 10,000; if that is meant",
        ),
        (
            {
                "method": "list",
                "samples": None,
                "parameter": [
                    without(SCALE, "low", "high") | {"values": [2.0, 3.0]},
                    without(TIME, "low", "high") | {"values": [1.0]},
                ],
            },
            "there are 1 and 2 values",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused(small_study, content, message):
    assert any(message in found for found in faults(small_study, plan_of(SCALE) | content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"metod": "grid"}, "metod: not a known key; nearest: method"),
        ({"samples": "many"}, "samples: 'many': input should be a valid integer"),
        ({"method": "random"}, "method: 'random': input should be"),
        ({"parameter": [SCALE | {"lo": 1.0}]}, "parameter 1, lo: not a known key; nearest: low"),
        ({"parameter": [SCALE | {"name": "1st"}]}, "parameter 1, name"),
        ({"simulate": {"replications": 0}}, "simulate, replications"),
    ],
)
def test_keys_and_types_are_named_with_their_place(small_study, content, message):
    (found,) = faults(small_study, plan_of(SCALE) | content)
    assert found.startswith(message)


def test_all_problems_are_told_at_once(small_study):
    wrong = [SCALE | {"target": "choice.x"}, TIME | {"column": "y"}, TIME | {"low": 9.0}]
    found = faults(small_study, plan_of(*wrong, method="sobol", samples=3, outputs=["a", "a"]))
    assert len(found) == 6


def test_a_study_and_a_scenario_that_are_not_there_are_told_with_the_rest(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text('study = "nowhere"\nscenario = "never"\nmethod = "grid"\n')
    found = "\n".join(faults(None, path))
    assert "nowhere" in found
    assert "never" in found
    assert "[[parameter]]" in found


def test_paths_are_seen_from_the_plan(tmp_path, small_folder, monkeypatch):
    (tmp_path / "plans").mkdir()
    (tmp_path / "study").symlink_to(small_folder)
    (tmp_path / "plans" / "dry.toml").write_text("year = 2030\n")
    plan = tmp_path / "plans" / "plan.toml"
    plan.write_text(
        'study = "../study"\nscenario = "dry.toml"\nmethod = "list"\n'
        '[[parameter]]\nname = "scale"\ntarget = "choice.scale"\nvalues = [2.0]\n'
    )
    monkeypatch.chdir(tmp_path)
    asked = read_plan(plan, None, confirmed=False)
    assert (asked.study.name, asked.base.scenario.name, asked.base.year) == ("small", "dry", 2030)


def test_more_points_than_the_limit_are_made_when_confirmed(small_study, monkeypatch):
    monkeypatch.setattr(tasks, "make_points", lambda plan: plan.samples)
    asked = read_plan(plan_of(SCALE, samples=LIMIT + 1), small_study, confirmed=True)
    assert vars(asked)["points"] == LIMIT + 1


def test_each_parameter_changes_what_it_names(small_study):
    project, event = small_study.project["project_id"][0], small_study.event["event_id"][0]
    parameters = [
        without(SCALE, "low", "high") | {"values": [2.0]},
        without(TIME, "low", "high") | {"values": [1.5]},
        {"name": "p", "target": "projects", "values": [[project]]},
        {"name": "e", "target": "exclude_events", "values": [event]},
        {"name": "y", "target": "year", "values": [2023]},
    ]
    plan = plan_of(*parameters, method="list", samples=None, year=2030)
    asked = read_plan(plan, small_study, confirmed=False)
    task = asked.points.task(asked.base, 0)
    assert task.choice == (("scale", 2.0),)
    assert task.year == 2023
    assert task.scenario.projects == (project,)
    assert task.scenario.exclude_events == (event,)
    (change,) = task.scenario.change
    assert change.multiply == {"time_h": 1.5}
    assert change.where["mode"].values == ("rail",)
