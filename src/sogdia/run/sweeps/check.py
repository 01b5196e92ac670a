"""What is wrong with a plan: in itself, and against the study; all of it before anything is run."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from sogdia.analysis.evaluation import EvaluationTask
from sogdia.assignment import ChoiceParameters
from sogdia.errors import DataError, Problem
from sogdia.run.sweeps.plan import FAMILIES, LISTS, TARGETS, Parameter, PointValue, SweepPlan
from sogdia.run.sweeps.points import numbers_of, with_value
from sogdia.scenario import apply
from sogdia.scenario.change import text_of
from sogdia.study import Study
from sogdia.study.sheet import nearest

LIMIT = 10_000
"""Points above which a plan has to be confirmed: a slip in a grid is soon a year of computing."""
NUMBER = "number"
"""The column of the results that a parameter may not be called like."""
SAMPLED = {"latin-hypercube": "points", "sobol": "base points"}
NEEDS = {
    "uniform": ("low", "high"),
    "log-uniform": ("low", "high"),
    "triangular": ("low", "high", "mode"),
    "normal": ("mean", "standard_deviation"),
}
SHAPE = ("low", "high", "mode", "mean", "standard_deviation")
OPTIONAL = {"normal": ("low", "high")}
RARE = 1e-4
"""Share of a distribution without an end that is left to be found out when it is evaluated."""


def plan_problems(plan: SweepPlan, file: str) -> tuple[list[Problem], list[Parameter]]:
    """Find what is wrong with a plan in itself.

    Parameters
    ----------
    plan : SweepPlan
        The plan.
    file : str
        What messages call it.

    Returns
    -------
    problems : list of Problem
        All that is found.
    sound : list of Parameter
        Parameters with none, which may be held against a study.
    """
    problems = [Problem(message, file) for message in _of_plan(plan)]
    sound = []
    for number, parameter in enumerate(plan.parameter, start=1):
        found = [*_of_target(parameter), *_of_values(parameter, plan.method)]
        if not found:
            sound.append(parameter)
        place = place_of(parameter, number)
        problems += [Problem(f"{place}: {message}", file) for message in found]
    return problems, sound


def place_of(parameter: Parameter, number: int) -> str:
    """Return what messages call a parameter."""
    return f"parameter {number} ({parameter.name})"


def _of_plan(plan: SweepPlan) -> Iterator[str]:
    if not plan.parameter:
        yield "parameter: there is none; a plan has at least one [[parameter]]"
    if plan.method in SAMPLED:
        words = SAMPLED[plan.method]
        if plan.samples is None:
            yield f"samples is missing: how many {words} {plan.method} has"
        elif plan.method == "sobol" and (plan.samples < 2 or plan.samples & (plan.samples - 1)):
            below = 2 ** max(plan.samples.bit_length() - 1, 1)
            yield (
                f"samples: {plan.samples} is not a power of 2, which a sobol sample needs to be "
                f"balanced; take {below} or {2 * below}"
            )
    elif plan.samples is not None:
        yield f"samples has no meaning for method {plan.method!r}, whose values are given"
    yield from _twice("parameter", [parameter.name for parameter in plan.parameter])
    yield from _twice("outputs", plan.outputs)
    for parameter in plan.parameter:
        if parameter.name == NUMBER or parameter.name in plan.outputs:
            yield f"parameter: {parameter.name!r} is the name of another column; choose another"
    lengths = {len(p.values) for p in plan.parameter if p.values is not None}
    if plan.method == "list" and len(lengths) > 1:
        yield (
            f"method 'list' takes one value of each parameter for a point, but there are "
            f"{' and '.join(map(str, sorted(lengths)))} values"
        )


def _twice(key: str, names: Iterable[str]) -> Iterator[str]:
    listed = list(names)
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        yield f"{key}: {name!r} is named twice"


def _of_target(parameter: Parameter) -> Iterator[str]:
    known = f"there are {', '.join(TARGETS)}"
    of_table = {
        "column": parameter.column,
        "operation": parameter.operation,
        "where": parameter.where or None,
    }
    if (parameter.target is None) == (parameter.table is None):
        yield f"needs either a table with its column, or a target; {known}"
    elif parameter.target is None:
        for key in ("column", "operation"):
            if of_table[key] is None:
                hint = ": set, multiply or add" if key == "operation" else ""
                yield f"{key} is missing{hint}"
    else:
        yield from (
            f"{key} has no meaning for a target" for key, value in of_table.items() if value
        )
        is_known = parameter.kind in (FAMILIES if parameter.member else (*LISTS, "year"))
        if not is_known:
            near = nearest(parameter.target, [target.split(".")[0] for target in TARGETS])
            hint = f"did you mean {near!r}? " if near and near != parameter.kind else ""
            yield f"there is no target {parameter.target!r}; {hint}{known}"


def _of_values(parameter: Parameter, method: str) -> Iterator[str]:
    shape = [key for key in SHAPE if getattr(parameter, key) is not None]
    if parameter.values is not None:
        yield from _of_listed(parameter, parameter.values)
        if shape or parameter.steps is not None:
            keys = [*shape, *(["steps"] if parameter.steps is not None else [])]
            yield f"has values, so {', '.join(keys)} has no meaning"
        return
    if method == "list":
        yield "values is missing: method 'list' takes them one after another"
        return
    if (method == "grid") != (parameter.steps is not None):
        yield (
            "needs values, or low, high and steps"
            if method == "grid"
            else "steps is only for method 'grid'"
        )
    if parameter.kind in LISTS:
        yield f"values is missing: {parameter.target} are lists of names"
        return
    yield from _of_distribution(parameter, shape)
    if method == "grid" and parameter.distribution not in {"uniform", "log-uniform"}:
        yield f"a grid has no steps on a {parameter.distribution} distribution; give values"


def _of_listed(parameter: Parameter, values: Iterable[PointValue]) -> Iterator[str]:
    listed = list(values)
    if not listed:
        yield "values is empty"
    numbers = parameter.kind in (*FAMILIES, "year") or parameter.operation in {"multiply", "add"}
    for value in listed:
        is_list = isinstance(value, tuple)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if parameter.kind in LISTS:
            if not (is_list or isinstance(value, str)):
                yield f"values: {value!r} is not a name, or a list of names"
        elif is_list:
            yield f"values: {list(value)} is a list; only {', '.join(LISTS)} take lists"
        elif numbers and not is_number:
            yield f"values: {value!r} is not a number"
        elif parameter.kind == "year" and value != int(value):
            yield f"values: {value!r} is not a year"


def _of_distribution(parameter: Parameter, given: Iterable[str]) -> Iterator[str]:
    kind = parameter.distribution
    missing = [key for key in NEEDS[kind] if getattr(parameter, key) is None]
    if missing:
        yield f"needs values, or {' and '.join(NEEDS[kind])}; {' and '.join(missing)} is missing"
        return
    allowed = (*NEEDS[kind], *OPTIONAL.get(kind, ()))
    idle = [key for key in given if key not in allowed]
    if idle:
        yield f"{', '.join(idle)} has no meaning for a {kind} distribution"
    spread = parameter.spread
    if not spread.low < spread.high:
        yield f"low ({spread.low:g}) is not below high ({spread.high:g})"
    elif kind == "log-uniform" and spread.low <= 0.0:
        yield f"low ({spread.low:g}) is not above 0, which a log-uniform distribution needs"
    elif kind == "triangular" and not spread.low <= spread.mode <= spread.high:
        yield f"mode ({spread.mode:g}) is not between low and high"
    elif kind == "normal" and not math.isfinite(spread.standard_deviation):
        yield "standard_deviation is not finite"


def size_problem(points: int, *, confirmed: bool) -> str | None:
    """Say that a sweep is large, if nobody has confirmed that it is meant."""
    if confirmed or points <= LIMIT:
        return None
    return f"has {points:,} points, more than {LIMIT:,}; if that is meant, say --yes"


def study_problems(
    study: Study, base: EvaluationTask, plan: SweepPlan, sound: Iterable[Parameter], file: str
) -> list[Problem]:
    """Find what of a plan does not fit the study.

    Each parameter is tried alone on the base scenario, at the least and the largest of its
    numbers, or at each of its other values.

    Parameters
    ----------
    study : Study
        Tables.
    base : EvaluationTask
        The base, which does fit.
    plan : SweepPlan
        The plan.
    sound : iterable of Parameter
        Those of its parameters that are right in themselves.
    file : str
        What messages call the plan.
    """
    wanted = list(sound)
    problems: list[Problem] = []
    for number, parameter in enumerate(plan.parameter, start=1):
        if parameter not in wanted:
            continue
        values = _telling(parameter)
        at: dict[str, list[str]] = {}
        for value in values:
            shown = ",".join(value) if isinstance(value, tuple) else text_of(value)
            for message in dict.fromkeys(_misfits(study, base, parameter, value)):
                at.setdefault(message, []).append(shown or "no name")
        for message, where in at.items():
            # what is wrong at every value is wrong whatever the value
            which = "" if len(where) == len(values) else f" at {where[0]}"
            place = f"{place_of(parameter, number)}{which}"
            problems.append(Problem(f"{place}: {message}", file))
    return problems


def _telling(parameter: Parameter) -> list[PointValue]:
    """Return values of a parameter that fit the study only if all its values do."""
    if parameter.values is None:
        spread = parameter.spread
        rare = spread.quantile(np.array([RARE, 1.0 - RARE])).tolist()
        ends = zip((spread.low, spread.high), rare, strict=True)
        telling = [end if math.isfinite(end) else instead for end, instead in ends]
        return list(dict.fromkeys(numbers_of(parameter, np.array(telling))))
    distinct = list(dict.fromkeys(parameter.values))
    numbers = [v for v in distinct if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if len(numbers) < len(distinct):
        return distinct
    return list(dict.fromkeys([min(numbers), max(numbers)]))


def _misfits(
    study: Study, base: EvaluationTask, parameter: Parameter, value: PointValue
) -> Iterator[str]:
    if parameter.kind == "choice":
        yield from _choice_misfits(study, parameter.member, float(value))
        return
    task = with_value(base, parameter, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd about the base has been said of the base
            changed = apply(study, task.scenario, task.year)
    except DataError as error:
        for problem in error.problems:
            place = (problem.file or "").partition(", ")[2]
            # which change of the scenario it is, the parameter says better
            within = None if place.startswith("change ") else place
            yield str(replace(problem, file=within))
        return
    if parameter.kind == "year" and changed.demand.filter(year=task.year).is_empty():
        years = ", ".join(map(str, sorted(changed.demand["year"].unique())))
        yield f"there is no demand in {task.year}; there is some in {years}"


def _choice_misfits(study: Study, name: str, value: float) -> Iterator[str]:
    try:
        ChoiceParameters.of(study).with_value(name, value)
    except DataError as error:
        yield error.problems[0].message.partition(": ")[2]
        return
    if name == "scale" and value <= 0.0:
        yield f"{value:g} is not above 0"
    elif value < 0.0:
        yield f"{value:g} is below 0"
    elif name.startswith("avoid_") and name != "avoid_since" and value > 1.0:
        yield f"{value:g} is above 1, and it is a share of shippers"


def output_problems(outputs: Iterable[str], known: Iterable[str], file: str) -> list[Problem]:
    """Find outputs that the base does not have."""
    names = list(known)
    problems = []
    for output in outputs:
        if output not in names:
            near = nearest(output, names)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(names)}"
            problems.append(Problem(f"outputs: there is no output {output!r}; {hint}", file))
    return problems
