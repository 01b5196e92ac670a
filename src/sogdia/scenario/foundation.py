"""What scenarios that begin alike have in common: projects built, and the first changes made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from sogdia.errors import Problem
from sogdia.scenario.change import change_tables, fitted
from sogdia.scenario.model import Change, Scenario
from sogdia.scenario.prune import Frames
from sogdia.study import Study
from sogdia.study.marks import KEYS
from sogdia.study.model import SCHEMAS
from sogdia.study.sheet import read_value


@dataclass(frozen=True)
class Foundation:
    """Tables of a study after each step of a scenario, for those that begin with the same steps.

    Steps are its projects, then its changes, in their order. Tables after a step depend on
    the study and on the steps up to it alone, so that who goes on from there comes to the very
    tables of who begins anew. It travels between processes as study and scenario, and is made
    again from them.

    Attributes
    ----------
    study : Study
        What it stands on.
    scenario : Scenario
        Whose steps were made.
    steps : tuple of str
        Those that could be made: what says which step it is, so that equal ones do the same.
    frames : tuple of dict of str to DataFrame
        Tables before any step, and after each.
    """

    study: Study
    scenario: Scenario
    steps: tuple[str, ...]
    frames: tuple[Frames, ...]

    @classmethod
    def of(cls, study: Study, scenario: Scenario) -> Foundation:
        """Make the steps of a scenario up to the first that cannot be made."""
        frames = [study.frames()]
        names = []
        for name, step in _steps(scenario):
            after, problems = step(frames[-1])
            if problems:
                break
            names.append(name)
            frames.append(after)
        return cls(study, scenario, tuple(names), tuple(frames))

    def __reduce__(self) -> tuple[Callable[[Study, Scenario], Foundation], tuple[Study, Scenario]]:
        return Foundation.of, (self.study, self.scenario)


def take_steps(
    study: Study, scenario: Scenario, foundation: Foundation | None
) -> tuple[Frames, list[Problem]]:
    """Build the projects of a scenario and make its changes.

    Parameters
    ----------
    study : Study
        What the world is.
    scenario : Scenario
        What is asked.
    foundation : Foundation or None
        Steps made already; of no use if they are of another study or begin otherwise.

    Returns
    -------
    frames : dict of str to DataFrame
        The tables after all steps.
    problems : list of Problem
        Why steps could not be made; these are left out.
    """
    steps = _steps(scenario)
    made, frames = 0, study.frames()
    if foundation is not None and foundation.study is study:
        for (name, _), known in zip(steps, foundation.steps, strict=False):
            if name != known:
                break
            made += 1
        frames = dict(foundation.frames[made])
    problems: list[Problem] = []
    for _, step in steps[made:]:
        frames, found = step(frames)
        problems += found
    return frames, problems


Step = Callable[[Mapping[str, pl.DataFrame]], tuple[Frames, list[Problem]]]


def _steps(scenario: Scenario) -> list[tuple[str, Step]]:
    """Return what is done to the tables, one after another, and what says which step it is."""
    steps = [(f"project {project}", _building(project)) for project in scenario.projects]
    return steps + [
        # JSON tells 1 from 1.0, and True from 1, which compare as equal
        (change.model_dump_json(), _changing(number, change))
        for number, change in enumerate(scenario.change, start=1)
    ]


def _building(project: str) -> Step:
    return lambda frames: _build(frames, project)


def _changing(number: int, change: Change) -> Step:
    def make(frames: Mapping[str, pl.DataFrame]) -> tuple[Frames, list[Problem]]:
        after, problems = change_tables(frames, change)
        return after, list(_of_change(number, problems))

    return make


def _of_change(number: int, problems: Iterable[Problem]) -> Iterable[Problem]:
    place = f"change {number}"
    for problem in problems:
        yield replace(problem, file=f"{place}, {problem.file}" if problem.file else place)


def _build(frames: Mapping[str, pl.DataFrame], project: str) -> tuple[Frames, list[Problem]]:
    """Make the changes of a project."""
    result = dict(frames)
    problems: list[Problem] = []
    changes = frames["project_change"].filter(pl.col("project_id") == project)
    for change in changes.iter_rows(named=True):
        result, problem = _make(result, change)
        problems += problem
    return result, problems


def _make(frames: Frames, change: Mapping[str, str]) -> tuple[Frames, list[Problem]]:
    """Make one row of table ``project_change``, whose names the loader has checked."""
    table, name = change["table"], change["column"]
    column = SCHEMAS[table].columns()[name]
    here = pl.col(KEYS[table]) == change["row_id"]
    new: pl.Expr
    if change["operation"] == "set":
        new = pl.lit(read_value(change["value"], column))
    else:
        if frames[table].filter(here)[name].is_null().all():
            message = (
                f"{change['project_id']!r} is to {change['operation']} {name} of "
                f"{change['row_id']!r}, which is empty"
            )
            return frames, [Problem(message, "projects")]
        amount = float(change["value"])
        product = change["operation"] == "multiply"
        new = pl.col(name) * amount if product else pl.col(name) + amount
    value = pl.when(here).then(fitted(new, column)).otherwise(pl.col(name))
    return frames | {table: frames[table].with_columns(value.alias(name))}, []
