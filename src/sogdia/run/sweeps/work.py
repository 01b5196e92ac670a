"""One call's share of a sweep: what is missing, evaluated by workers and written down."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from time import perf_counter
from typing import cast

import numpy as np

from sogdia.analysis.evaluation import (
    EvaluationContext,
    EvaluationTask,
    evaluate,
    evaluate_base,
)
from sogdia.assignment import Progress
from sogdia.assignment.one_thread import keep_to_one_blas_thread
from sogdia.errors import ResourceError, SogdiaError
from sogdia.run.executors.executor import Executor, Job, Outcome, block
from sogdia.run.sweeps.dataset import Dataset, make_dataset
from sogdia.run.sweeps.folder import Block, SweepFolder
from sogdia.run.sweeps.log import Finished, FinishedLog, failure_line, figures_line
from sogdia.run.sweeps.tasks import SweepTasks, TaskList

BASE = "base scenario"
EVALUATING = "evaluating"
MINUTE_S, HOUR_S = 60.0, 3600.0


class SweepBase:
    """The base scenario: its figures, and what all points start from.

    Parameters
    ----------
    asked : SweepTasks
        The plan.
    known : Finished or None
        Its figures, if a log has them; it is evaluated otherwise.
    progress : callable or None
        Told when it is.

    Attributes
    ----------
    figures : dict of str to float
        Its figures.
    line : bytes or None
        What a log has to keep of it, if none does.

    Raises
    ------
    InfeasibleError, ConvergenceError
        If it has no answer.
    """

    def __init__(
        self, asked: SweepTasks, known: Finished | None, progress: Progress | None
    ) -> None:
        self._asked = asked
        self._progress = progress
        self._context: EvaluationContext | None = None
        self.line: bytes | None = None
        if known is None:
            figures = self._evaluate()
            self.line = figures_line(asked.base_key, figures, 0.0)
            known = Finished(tuple(figures), np.array(list(figures.values())))
        self.figures = known.figures()

    def context(self) -> EvaluationContext:
        """Return what all tasks share."""
        if self._context is None:
            self._evaluate()
        return cast("EvaluationContext", self._context)

    def _evaluate(self) -> dict[str, float]:
        if self._progress:
            self._progress(BASE, 0, 1)
        self._context, figures = evaluate_base(self._asked.study, self._asked.base)
        if self._progress:
            self._progress(BASE, 1, 1)
        return figures


class SweepWork:
    """One call's share of a sweep: what is missing, evaluated and written down.

    Parameters
    ----------
    asked : SweepTasks
        The plan.
    folder : SweepFolder
        Where it is kept.
    log : FinishedLog
        Of this block.
    part : Block
        What this call does.
    base : SweepBase
        The base scenario.

    Attributes
    ----------
    first_point : dict of str to int
        Different tasks of the plan, by their digest, and the first point that is of each.
    missing : list of str
        Tasks of this block that nobody has finished.
    evaluated, reused : int
        Tasks finished by this call, and taken over from sweeps beside this one.
    lost : dict of str to str
        Tasks that the machine failed to do, and how.
    """

    def __init__(
        self, asked: SweepTasks, folder: SweepFolder, log: FinishedLog, part: Block, base: SweepBase
    ) -> None:
        self._asked = asked
        self._folder = folder
        self._log = log
        self._base = base
        self._keys = asked.keys()
        self.first_point: dict[str, int] = {}
        for number, key in enumerate(self._keys):
            self.first_point.setdefault(key, number)
        self.evaluated = self.reused = 0
        self.lost: dict[str, str] = {}
        if base.line is not None:
            log.append(base.line)
        tasks = list(self.first_point)
        own = [tasks[number] for number in block(len(tasks), part.number, part.of)]
        done = folder.finished()
        self.missing = self._not_beside([key for key in own if key not in done])

    def _not_beside(self, wanted: list[str]) -> list[str]:
        """Take over what sweeps beside this one have finished; return what is left."""
        beside = self._folder.finished_beside(wanted) if wanted else {}
        for key, found in beside.items():
            self._log.append(_line(key, found.failure or found.figures(), 0.0))
        self.reused = len(beside)
        return [key for key in wanted if key not in beside]

    def evaluate(self, crew: Executor, progress: Progress | None) -> None:
        """Evaluate what is missing and write it down as it comes.

        Raises
        ------
        ResourceError
            If the disk is full, or the workers are gone.
        KeyboardInterrupt
            If the user wants to stop.
        """
        tasks = TaskList(self._asked, [self.first_point[key] for key in self.missing])
        job = Job(self._base.context(), prepared, evaluated)
        started, failed = perf_counter(), 0
        if progress:
            progress(EVALUATING, 0, len(tasks))
        try:
            found = cast("Generator[Outcome[Evaluated]]", crew.map(job, tasks))
            with closing(found) as outcomes:
                for outcome in outcomes:
                    failed += self._keep(outcome)
                    if progress:
                        done = self.evaluated + len(self.lost)
                        left_s = (perf_counter() - started) / done * (len(tasks) - done)
                        detail = f"{duration(left_s)} left" + (
                            f", {failed} failed" if failed else ""
                        )
                        progress(f"{EVALUATING} · {detail}", done, len(tasks))
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"stopped: {self._so_far()}") from None
        except ResourceError as error:
            raise ResourceError(f"{error}; {self._so_far()}") from error

    def _keep(self, outcome: Outcome[Evaluated]) -> bool:
        """Write an outcome down; return whether it is a failure."""
        key = self.missing[outcome.number]
        if outcome.result is None:
            self.lost[key] = outcome.failure or "its worker gave no reason"
            return True
        self._log.append(_line(key, outcome.result, outcome.seconds))
        self.evaluated += 1
        return isinstance(outcome.result, str)

    def _so_far(self) -> str:
        left = len(self.missing) - self.evaluated
        return (
            f"{self.evaluated:,} evaluations of this call are kept in {self._folder.path}, "
            f"{left:,} are left; the same command goes on from there"
        )

    def dataset(self, finished: Mapping[str, Finished]) -> Dataset | None:
        """Return the dataset, if no block is missing."""
        nothing = np.empty(0)
        lost = {key: Finished((), nothing, reason) for key, reason in self.lost.items()}
        known = {**lost, **finished}
        if any(key not in known for key in self.first_point):
            return None
        return make_dataset(
            self._asked.plan,
            self._asked.points,
            [known[key] for key in self._keys],
            base=self._base.figures,
            outputs=self._asked.plan.outputs or tuple(self._base.figures),
            origin=self._asked.origin,
            year=self._asked.base.year,
        )


Evaluated = dict[str, float] | str
"""Figures, or why there are none: a point that has no answer has been evaluated too."""


def prepared(context: EvaluationContext) -> EvaluationContext:
    """Make a worker ready; what it keeps between tasks is as it travels."""
    keep_to_one_blas_thread()
    return context


def evaluated(context: EvaluationContext, task: EvaluationTask) -> Evaluated:
    """Evaluate one task; what the machine refuses is left to the executor."""
    try:
        return evaluate(context, task)
    except ResourceError:
        raise
    except SogdiaError as error:
        return str(error)


def _line(key: str, found: Evaluated, seconds: float) -> bytes:
    if isinstance(found, str):
        return failure_line(key, found, seconds)
    return figures_line(key, found, seconds)


def duration(seconds: float) -> str:
    """Return a time in the unit that people would use.

    Examples
    --------
    >>> from sogdia.run.sweeps.work import duration
    >>> duration(42.3), duration(150), duration(9000)
    ('42 s', '2.5 min', '2.5 h')
    """
    if seconds < MINUTE_S:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE_S:.1f} min" if seconds < HOUR_S else f"{seconds / HOUR_S:.1f} h"
