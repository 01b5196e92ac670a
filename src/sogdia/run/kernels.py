"""Say when kernels are compiled, which only the first run on a machine does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from numba.core import event

if TYPE_CHECKING:
    from sogdia.assignment import Progress

COMPILING = "compiling kernels (first run only)"


class _Announcer(event.Listener):
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._compiled = 0

    def on_start(self, event: event.Event) -> None:
        self._progress(COMPILING, self._compiled, 0)

    def on_end(self, event: event.Event) -> None:
        self._compiled += 1


@contextmanager
def compilation_announced(progress: Progress | None) -> Iterator[None]:
    """Report to `progress` every kernel that has to be compiled within the block."""
    if progress is None:
        yield
        return
    with event.install_listener("numba:compile", _Announcer(progress)):
        yield
