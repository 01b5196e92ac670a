"""A plan read, held against its study, and turned into tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, overload

from sogdia.analysis.evaluation import EvaluationTask
from sogdia.errors import DataError, Problem
from sogdia.run.sweeps.check import (
    output_problems,
    plan_problems,
    size_problem,
    study_problems,
)
from sogdia.run.sweeps.folder import Origin
from sogdia.run.sweeps.plan import SweepPlan
from sogdia.run.sweeps.points import Points, make_points, point_count
from sogdia.scenario import Scenario, apply, default_scenario
from sogdia.scenario.files import builtin_scenarios
from sogdia.study import Study
from sogdia.study.files import builtin_studies
from sogdia.study.load import load


@dataclass(frozen=True)
class SweepTasks:
    """A plan that has been checked, with all that it names.

    Attributes
    ----------
    plan : SweepPlan
        The plan.
    name : str
        Name of its file, without ``.toml``.
    study : Study
        Tables as loaded.
    base : EvaluationTask
        The base scenario.
    origin : Origin
        What all is made from.
    points : Points
        Values of the parameters.
    """

    plan: SweepPlan
    name: str
    study: Study
    base: EvaluationTask
    origin: Origin
    points: Points

    @property
    def base_key(self) -> str:
        """Digest of the base, which is evaluated cold."""
        return self.base.digest(self.origin.study)

    def keys(self) -> list[str]:
        """Return the digest of each point's task."""
        made_from = self.origin.study if self.base.simulation else self.base_key
        return [task.digest(made_from) for task in TaskList(self, range(len(self.points)))]


class TaskList(Sequence[EvaluationTask]):
    """Tasks of some points, made one by one as they are asked for."""

    def __init__(self, asked: SweepTasks, points: Sequence[int]) -> None:
        self._asked = asked
        self._points = points

    def __len__(self) -> int:
        return len(self._points)

    @overload
    def __getitem__(self, number: int) -> EvaluationTask: ...

    @overload
    def __getitem__(self, number: slice) -> TaskList: ...

    def __getitem__(self, number: int | slice) -> EvaluationTask | TaskList:
        if isinstance(number, slice):
            return TaskList(self._asked, self._points[number])
        return self._asked.points.task(self._asked.base, self._points[number])


def read_plan(
    given: str | Path | Mapping[str, Any] | SweepPlan, study: Study | None, *, confirmed: bool
) -> SweepTasks:
    """Read a plan and all that it names.

    Parameters
    ----------
    given : str, Path, mapping or SweepPlan
        A file, what it would hold, or a plan.
    study : Study or None
        None: the one that the plan names.
    confirmed : bool
        Whether a large number of points is meant.

    Raises
    ------
    DataError
        If anything is wrong with any of it; ``problems`` lists everything.
    """
    plan, file, folder = _plan(given)
    problems, sound = plan_problems(plan, file)
    found, scenario = None, None
    with _collected(problems, file):
        found = study or load(_located(plan.study, builtin_studies(), folder))
    with _collected(problems, file):
        if plan.scenario is not None:
            scenario = Scenario.load(_located(plan.scenario, builtin_scenarios(), folder))
        elif found is not None:
            scenario = default_scenario(found)
    if found is None or scenario is None:
        raise DataError(problems)
    base = EvaluationTask(scenario, _year(plan, scenario, found), plan.simulation())
    fits = False
    with _collected(problems, file):
        apply(found, scenario, base.year)
        fits = True
    if fits:
        problems += study_problems(found, base, plan, sound, file)
    if not problems:
        large = size_problem(point_count(plan), confirmed=confirmed)
        problems += [Problem(large, file)] if large else []
    if problems:
        raise DataError(problems)
    origin = Origin(found.digest(), found.name, scenario.digest(), scenario.name)
    return SweepTasks(plan, Path(file).stem, found, base, origin, make_points(plan))


def _plan(given: str | Path | Mapping[str, Any] | SweepPlan) -> tuple[SweepPlan, str, Path]:
    """Return a plan, what messages call it, and the folder that its paths are seen from."""
    if isinstance(given, SweepPlan):
        return given, "sweep", Path()
    if isinstance(given, Mapping):
        return SweepPlan.of_content(given, "sweep"), "sweep", Path()
    path = Path(given)
    return SweepPlan.load(path), path.name, path.parent


def _located(name: str, builtin: Sequence[str], folder: Path) -> str | Path:
    """Return a built-in name as it is, and a path as seen from the plan."""
    return name if name in builtin or not (folder / name).exists() else folder / name


def _year(plan: SweepPlan, scenario: Scenario, study: Study) -> int:
    year = plan.year or scenario.year or study.settings.base_year
    if year is None:
        raise DataError(f"study {study.name} has no base_year; say which year in the plan")
    return year


@contextmanager
def _collected(problems: list[Problem], file: str) -> Iterator[None]:
    """Add what is refused within the block to the problems found so far."""
    try:
        yield
    except DataError as error:
        problems += [replace(p, file=p.file or file) for p in error.problems]


def check_names(asked: SweepTasks, figures: Iterable[str]) -> None:
    """Refuse outputs that the base does not have, and parameters called like one of its figures.

    Raises
    ------
    DataError
        If there are any; ``problems`` lists all.
    """
    known = list(figures)
    file = f"{asked.name}.toml"
    problems = output_problems(asked.plan.outputs, known, file)
    problems += [
        Problem(f"parameter {p.name!r} is called like an output; choose another name", file)
        for p in asked.plan.parameter
        if p.name in known
    ]
    if problems:
        raise DataError(problems)
