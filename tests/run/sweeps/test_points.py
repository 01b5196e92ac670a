"""Points of every kind evaluated on what they have in common, and each by itself: equal bytes."""

from __future__ import annotations

import struct
from typing import Any

import polars as pl
import pytest

from sogdia.analysis.evaluation import EvaluationTask, evaluate, evaluate_base
from sogdia.analysis.measures import measure
from sogdia.assignment import AssignmentOptions, ChoiceParameters, assign
from sogdia.run.sweeps.plan import Parameter
from sogdia.run.sweeps.points import with_value
from sogdia.scenario import Change, Scenario
from sogdia.study.water_level import WaterLevel

BASE = EvaluationTask(
    Scenario(
        change=(
            Change(table="tariff", multiply={"usd_t_km": 1.1}),
            Change(table="service", multiply={"fleet": 2.0}),
        ),
        exclude_events=("storm",),
    ),
    2024,
)
LEVEL = WaterLevel(
    places=("KZSCO", "AZALT"), current_m=-28.0, full_load_m=-27.0, load_loss_per_m=0.2
)
FEEDER = {"table": "service", "where": {"service_id": ["feeder"]}}
PER_KM = {"table": "tariff", "column": "usd_t_km"}
KINDS: dict[str, tuple[dict[str, Any], Any]] = {
    "set": (FEEDER | {"column": "departures_week", "operation": "set"}, 5.0),
    "multiply": ({"table": "tariff", "column": "usd_t", "operation": "multiply"}, 1.7),
    "add": (FEEDER | {"column": "crossing_time_h", "operation": "add"}, 6.0),
    "what the base has set": (PER_KM | {"operation": "set"}, 0.05),
    "water level": ({"target": "water_level.caspian"}, -29.0),
    "choice": ({"target": "choice.scale"}, 3.25),
    "projects": ({"target": "projects"}, ("feeders",)),
    "excluded event": ({"target": "exclude_events"}, ("inspections",)),
    "included event": ({"target": "include_events"}, "storm"),
    "year": ({"target": "year"}, 2030),
}


@pytest.fixture(scope="module")
def study(small_study):
    settings = small_study.settings.model_copy(update={"water_level": {"caspian": LEVEL}})
    soon = small_study.project.with_columns(earliest_year=pl.lit(2024, dtype=pl.Int32))
    return small_study.with_settings(settings).with_tables(project=soon)


@pytest.fixture(scope="module")
def base(study):
    return evaluate_base(study, BASE)


def the_bytes(figures):
    return {name: struct.pack("<d", value) for name, value in figures.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_those_of_the_assignment_bit_by_bit(study, base, kind):
    given, value = KINDS[kind]
    context, figures = base
    parameter = Parameter.model_validate({"name": "it"} | given)
    task = with_value(BASE, parameter, value)
    choice = ChoiceParameters.of(study)
    for name, chosen in task.choice:
        choice = choice.with_value(name, chosen)
    alone = assign(
        study,
        task.scenario,
        year=task.year,
        options=AssignmentOptions(choice=choice),
        warm_start=context.base,
    )
    found = the_bytes(evaluate(context, task))
    assert found == the_bytes(dict(measure(alone).figures))
    assert found != the_bytes(figures), "it makes a difference"
