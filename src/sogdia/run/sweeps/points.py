"""The points of a sweep: the values of its parameters, and the task that each point is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sogdia.analysis.evaluation import EvaluationTask
from sogdia.analysis.sampling import grid, latin_hypercube, saltelli
from sogdia.network.model import Floats, Ints
from sogdia.run.sweeps.plan import LISTS, Parameter, PointValue, SweepPlan
from sogdia.scenario import Change, Scenario

ASSIGNED = {"set": "assign", "multiply": "multiply", "add": "add"}


@dataclass(frozen=True)
class Points:
    """All points of a plan, in its order.

    Attributes
    ----------
    parameters : tuple of Parameter
        What varies.
    values : tuple of sequence
        Values of each parameter, point by point.
    unit : ndarray of float64, shape (points, parameters), or None
        Where the points of a sample lie in the unit cube.
    """

    parameters: tuple[Parameter, ...]
    values: tuple[Sequence[PointValue], ...]
    unit: Floats | None = None

    def __len__(self) -> int:
        return len(self.values[0])

    def task(self, base: EvaluationTask, number: int) -> EvaluationTask:
        """Return the task of a point."""
        task = base
        for parameter, values in zip(self.parameters, self.values, strict=True):
            task = with_value(task, parameter, values[number])
        return task


def point_count(plan: SweepPlan) -> int:
    """Return how many points a plan has, without making them."""
    sizes = [_size(parameter) for parameter in plan.parameter]
    match plan.method:
        case "grid":
            return math.prod(sizes)
        case "list":
            return sizes[0]
        case "sobol":
            return (plan.samples or 0) * (len(sizes) + 2)
    return plan.samples or 0


def make_points(plan: SweepPlan) -> Points:
    """Make the points of a plan that has been checked.

    Raises
    ------
    ResourceError
        If a Sobol sample is asked for and SALib is not installed.
    """
    parameters = plan.parameter
    if plan.method in {"grid", "list"}:
        listed = [_listed(parameter) for parameter in parameters]
        if plan.method == "list":
            return Points(parameters, tuple(listed))
        chosen = grid([len(values) for values in listed]).T
        columns = tuple(_picked(v, c) for v, c in zip(listed, chosen, strict=True))
        return Points(parameters, columns)
    sample = saltelli if plan.method == "sobol" else latin_hypercube
    unit = sample(plan.samples or 0, len(parameters), plan.seed)
    values = tuple(_at(p, share) for p, share in zip(parameters, unit.T, strict=True))
    return Points(parameters, values, unit)


def _size(parameter: Parameter) -> int:
    return len(parameter.values) if parameter.values is not None else parameter.steps or 0


def _listed(parameter: Parameter) -> Sequence[PointValue]:
    if parameter.values is not None:
        return parameter.values
    shares = np.linspace(0.0, 1.0, parameter.steps or 0)
    return numbers_of(parameter, parameter.spread.quantile(shares))


def _picked(values: Sequence[PointValue], chosen: Ints) -> list[PointValue]:
    return [values[number] for number in chosen.tolist()]


def _at(parameter: Parameter, share: Floats) -> Sequence[PointValue]:
    """Return the values of a parameter at points of the unit interval."""
    if parameter.values is None:
        return numbers_of(parameter, parameter.spread.quantile(share))
    count = len(parameter.values)
    return _picked(parameter.values, np.minimum((share * count).astype(np.int64), count - 1))


def numbers_of(parameter: Parameter, values: Floats) -> list[PointValue]:
    """Return values of a parameter as they are set: years are whole numbers."""
    given = np.rint(values).astype(np.int64) if parameter.kind == "year" else values
    return list(given.tolist())


def with_value(task: EvaluationTask, parameter: Parameter, value: PointValue) -> EvaluationTask:
    """Return the task with a parameter at a value."""
    return SETTERS[parameter.kind](task, parameter, value)


def _with_change(task: EvaluationTask, parameter: Parameter, value: PointValue) -> EvaluationTask:
    operation = {ASSIGNED[parameter.operation or ""]: {parameter.column: value}}
    content = {"table": parameter.table, "where": parameter.where, **operation}
    change = Change.model_validate(content)
    return _asking(task, change=(*task.scenario.change, change))


def _with_level(task: EvaluationTask, parameter: Parameter, value: PointValue) -> EvaluationTask:
    levels = task.scenario.water_level | {parameter.member: float(value)}
    return _asking(task, water_level=levels)


def _with_choice(task: EvaluationTask, parameter: Parameter, value: PointValue) -> EvaluationTask:
    return replace(task, choice=(*task.choice, (parameter.member, float(value))))


def _with_year(task: EvaluationTask, _: Parameter, value: PointValue) -> EvaluationTask:
    return replace(task, year=int(value))


def _with_projects(task: EvaluationTask, _: Parameter, value: PointValue) -> EvaluationTask:
    return _asking(task, projects=_joined(task.scenario.projects, value))


def _with_events(task: EvaluationTask, parameter: Parameter, value: PointValue) -> EvaluationTask:
    """Include events or exclude them; what the base scenario said of them holds no longer."""
    here, there = parameter.kind, next(k for k in LISTS[1:] if k != parameter.kind)
    events = _names(value)
    said: Mapping[str, tuple[str, ...]] = {k: getattr(task.scenario, k) for k in (here, there)}
    kept = tuple(event for event in said[there] if event not in events)
    return _asking(task, **{here: _joined(said[here], value), there: kept})


def _asking(task: EvaluationTask, **update: object) -> EvaluationTask:
    scenario: Scenario = task.scenario.model_copy(update=update)
    return replace(task, scenario=scenario)


def _joined(names: Sequence[str], value: PointValue) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*names, *_names(value)]))


def _names(value: PointValue) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


Setter = Callable[[EvaluationTask, Parameter, PointValue], EvaluationTask]
SETTERS: Mapping[str, Setter] = {
    "table": _with_change,
    "water_level": _with_level,
    "choice": _with_choice,
    "projects": _with_projects,
    "include_events": _with_events,
    "exclude_events": _with_events,
    "year": _with_year,
}
