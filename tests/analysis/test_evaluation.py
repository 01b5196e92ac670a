"""One evaluation against the assignment it stands for, and the digest that it is known by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sogdia.analysis.evaluation import EvaluationContext, EvaluationTask, evaluate, evaluate_base
from sogdia.analysis.measures import measure
from sogdia.assignment import AssignmentOptions, ChoiceParameters, assign
from sogdia.errors import InfeasibleError
from sogdia.scenario import Change, Scenario
from sogdia.simulation import SimulationOptions

BASE = EvaluationTask(Scenario(), 2024)
DEARER = Scenario(change=(Change(table="link", multiply={"cost_usd_t": 1.5}),))


@pytest.fixture(scope="module")
def base(small_study):
    return evaluate_base(small_study, BASE)


def test_figures_are_those_of_the_assignment(small_study, base):
    cold = measure(assign(small_study, DEARER, year=2024)).figures
    context, _ = base
    warm = evaluate(context, replace(BASE, scenario=DEARER))
    assert warm.keys() == cold.keys()
    assert evaluate(EvaluationContext(small_study), replace(BASE, scenario=DEARER)) == (
        pytest.approx(dict(cold), rel=1e-12, nan_ok=True)
    )
    assert warm == pytest.approx(dict(cold), rel=1e-5, abs=1e-6, nan_ok=True)


def test_parameters_of_choice_are_the_task_s(small_study):
    task = replace(BASE, choice=(("scale", 3.5),))
    choice = ChoiceParameters.of(small_study).with_value("scale", 3.5)
    expected = assign(small_study, Scenario(), year=2024, options=AssignmentOptions(choice=choice))
    found = evaluate(EvaluationContext(small_study), task)
    assert found["titr.kt"] == pytest.approx(measure(expected).figures["titr.kt"], rel=1e-12)


def test_a_network_without_any_way_is_infeasible(base):
    context, _ = base
    cut = Scenario(change=(Change(table="link", assign={"open_from": "2040-01-01"}),))
    with pytest.raises(InfeasibleError):
        evaluate(context, replace(BASE, scenario=cut))


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, scenario=DEARER),
        replace(BASE, year=2030),
        replace(BASE, simulation=SimulationOptions(seed=0)),
        replace(BASE, simulation=SimulationOptions(seed=1)),
        replace(BASE, choice=(("scale", 3.0),)),
    ],
)
def test_whatever_figures_depend_on_is_in_the_digest(other):
    assert other.digest("study") != BASE.digest("study")
    assert other.digest("study") == replace(other).digest("study")
    assert other.digest("study") != other.digest("another study")


def test_what_figures_do_not_depend_on_is_not_in_the_digest():
    one = replace(BASE, simulation=SimulationOptions(), choice=(("scale", 3.0), ("risk_RU", 0.1)))
    other = replace(
        BASE,
        simulation=SimulationOptions(threads=7, trace=True),
        choice=(("risk_RU", 0.1), ("scale", 3.0)),
    )
    assert one.digest("study") == other.digest("study")
