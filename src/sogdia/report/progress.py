"""Progress on the terminal, for work that takes more than a second."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

PATIENCE_S = 1.0
"""Work that is done sooner needs no bar."""
DETAIL = " · "
"""What comes behind it in the name of a stage changes, such as a gap that falls."""


class ProgressBars:
    """One bar per stage; called as ``bars(stage, done, total)``, total 0 if not known.

    Where nobody watches (a log file), every stage is one line instead.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._begun = console.get_time()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars.live.is_started:
            self._bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` steps of a stage are done."""
        name = stage.partition(DETAIL)[0]
        new = name not in self._tasks
        if new:
            self._tasks[name] = self._bars.add_task(stage, total=None)
        task = self._tasks[name]
        self._bars.update(task, description=stage, completed=done, total=total or None)
        if not self._console.is_terminal:
            if new:
                self._console.print(f"{name} ...", markup=False, highlight=False)
        elif self._console.get_time() - self._begun > PATIENCE_S:
            self._bars.start()
