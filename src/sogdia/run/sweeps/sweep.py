"""A sweep: every point of a plan evaluated once, by any executor, whatever interrupts it.

What is finished is written down at once (see `sogdia.run.sweeps.log`), under a digest of all that
it depends on. So the same call goes on where the last one was stopped, repeated points are
evaluated once, and tasks that another sweep beside this one has finished are not done again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from sogdia.assignment import Progress
from sogdia.assignment.one_thread import one_blas_thread
from sogdia.run.executors.executor import Executor
from sogdia.run.executors.executor import executor as executor_named
from sogdia.run.kernels import compilation_announced
from sogdia.run.sweeps.dataset import Dataset
from sogdia.run.sweeps.folder import Block, SweepFolder, finished_in
from sogdia.run.sweeps.plan import SweepPlan
from sogdia.run.sweeps.tasks import check_names, read_plan
from sogdia.run.sweeps.work import SweepBase, SweepWork
from sogdia.study import Study


@dataclass(frozen=True)
class SweepResult:
    """How far a sweep is, and what it found.

    Attributes
    ----------
    folder : Path
        Where it is kept.
    plan : SweepPlan
        The plan.
    tasks, finished : int
        Different tasks of the plan, and how many of them are finished.
    evaluated, reused : int
        Tasks evaluated by this call, and those that sweeps beside this one had finished.
    lost : dict of int to str
        Points that the machine failed to evaluate (memory, workers that died), and how; the next
        call tries them again.
    seconds : float
        Wall-clock time of this call.
    dataset : Dataset or None
        None as long as blocks are missing.
    """

    folder: Path
    plan: SweepPlan
    tasks: int
    finished: int
    evaluated: int
    reused: int
    lost: Mapping[int, str]
    seconds: float
    dataset: Dataset | None

    def json(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        found = {} if self.dataset is None else dict(self.dataset.summary)
        return found | {
            "complete": self.dataset is not None,
            "folder": str(self.folder),
            "tasks": self.tasks,
            "finished": self.finished,
            "evaluated": self.evaluated,
            "reused": self.reused,
            "lost": len(self.lost),
            "seconds": round(self.seconds, 3),
        }


def sweep(  # noqa: PLR0913 - what, where, by whom
    plan: str | Path | Mapping[str, Any] | SweepPlan,
    *,
    study: Study | None = None,
    out: str | Path | None = None,
    executor: str | Executor = "local",
    workers: int | None = None,
    address: str | None = None,
    block: str | None = None,
    confirmed: bool = False,
    progress: Progress | None = None,
) -> SweepResult:
    """Evaluate every point of a plan, or go on with it.

    Parameters
    ----------
    plan : str, Path, mapping or SweepPlan
        A TOML file, what it would hold, or a plan.
    study : Study, optional
        By default the one that the plan names.
    out : str or Path, optional
        Folder; by default ``runs/`` and the name of the plan's file. Where it holds this sweep
        already, that is gone on with.
    executor : {"local", "threads", "dask"} or Executor
        Processes of this machine, threads of this one, or a Dask cluster.
    workers : int, optional
        Tasks evaluated at once; by default one per core.
    address : str, optional
        Of the scheduler of a Dask cluster.
    block : str, optional
        Do only this part, such as "17/64"; the last block to end puts the dataset together.
    confirmed : bool
        Whether more than 10,000 points are meant.
    progress : callable, optional
        Called with a stage, how much of it is done, and of how much (0: not known).

    Returns
    -------
    SweepResult
        Its ``dataset`` is what `out` holds: the same bytes whatever the executor, and however
        often it was interrupted.

    Raises
    ------
    DataError
        If the plan is wrong (``problems`` lists everything), its folder holds something else, or
        someone works on it.
    InfeasibleError, ConvergenceError
        If the base scenario has no answer. A point that has none is a failure of that point.
    ResourceError
        If the disk is full, or the workers are gone; what is finished is kept.
    KeyboardInterrupt
        Its text says how far the sweep got, and how to go on.

    Examples
    --------
    >>> import sogdia
    >>> found = sogdia.sweep("plan.toml", workers=2)  # doctest: +SKIP
    >>> found.dataset.results  # doctest: +SKIP
    """
    started = perf_counter()
    part = Block() if block is None else Block.parse(block)
    asked = read_plan(plan, study, confirmed=confirmed)
    path = Path("runs") / asked.name if out is None else Path(out)
    with compilation_announced(progress), one_blas_thread():
        base = SweepBase(asked, finished_in(path, asked.origin).get(asked.base_key), progress)
        check_names(asked, base.figures)
        folder = SweepFolder(path, asked.plan, asked.origin)
        with folder.log(part) as log:
            work = SweepWork(asked, folder, log, part, base)
            if work.missing:
                with _crew(executor, workers, address) as crew:
                    work.evaluate(crew, progress)
        finished = folder.finished()
    dataset = work.dataset(finished)
    if dataset is not None:
        folder.publish(dataset.files())
    return SweepResult(
        folder=folder.path,
        plan=asked.plan,
        tasks=len(work.first_point),
        finished=sum(key in finished for key in work.first_point),
        evaluated=work.evaluated,
        reused=work.reused,
        lost={work.first_point[key] + 1: reason for key, reason in work.lost.items()},
        seconds=perf_counter() - started,
        dataset=dataset,
    )


def _crew(
    chosen: str | Executor, workers: int | None, address: str | None
) -> AbstractContextManager[Executor]:
    """Return an executor for a ``with`` block; one that was given is left as it is."""
    if isinstance(chosen, str):
        return executor_named(chosen, workers, address)
    return nullcontext(chosen)
