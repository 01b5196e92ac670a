"""Options of commands that simulate: who runs the replications."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from sogdia.errors import DataError

if TYPE_CHECKING:
    from sogdia.simulation.replication import ReplicateAll

ExecutorOption = Annotated[
    str | None,
    typer.Option(
        metavar="threads|local|dask",
        help="What runs the replications of --simulate: threads, which is usual, processes of "
        "this machine, or a Dask cluster. No figure depends on it.",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Replications at once; by default one per core."),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        metavar="tcp://HOST:PORT",
        help="Scheduler of a running Dask cluster; without it one is started here.",
    ),
]


@contextmanager
def replications_by(
    executor: str | None, workers: int | None, address: str | None, *, simulate: bool
) -> Iterator[ReplicateAll | None]:
    """Provide what runs replications, for a ``with`` block.

    Raises
    ------
    DataError
        If there is no such executor, or nothing is simulated.
    ResourceError
        If it cannot be started or reached.
    """
    given = {"--executor": executor, "--workers": workers, "--address": address}
    named = [option for option, value in given.items() if value is not None]
    if named and not simulate:
        raise DataError(f"{named[0]} is of --simulate; ask for that, too")
    if not named:
        yield None
        return
    from sogdia.run.executors.executor import executor as executor_of
    from sogdia.run.replications import spread_over

    with executor_of(executor or "threads", workers, address) as crew:
        yield spread_over(crew)
