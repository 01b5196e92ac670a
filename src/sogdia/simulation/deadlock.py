"""Deadlock: shipments that hold what others wait for, in a ring."""

from __future__ import annotations

from typing import Any

import numpy as np

from sogdia.errors import InfeasibleError
from sogdia.network.model import Bools, Floats
from sogdia.simulation import engine
from sogdia.simulation.model import BOARD, END, RELEASE, SEIZE, Model
from sogdia.simulation.replication import Replication

MOST_NAMED = 6


def check_deadlock(model: Model, result: Replication) -> None:
    """Look for shipments that wait for each other at the end of a replication.

    Whoever is not waiting will give back what it holds; with that, some who wait can go on, and
    give back what they hold; and so on (Coffman, Elphick and Shoshani, 1971). Who is left
    waits for ever. Shipments that have been where they are only by way of a branch back are
    taken to hold what lies before their step in the route.

    Raises
    ------
    InfeasibleError
        Naming the stations of the ring, and since when it holds.
    """
    if not len(result.left):
        return
    held, wanted, amount = _claims(model, result)
    if not held.any():
        return
    free = model.units - held.sum(axis=0)
    stuck = np.ones(len(wanted), dtype=np.bool_)
    while True:
        able = stuck & ((model.units[wanted] == 0) | (free[wanted] >= amount - engine.LEAST))
        if not able.any():
            break
        free = free + held[able].sum(axis=0)
        stuck &= ~able
    ring = stuck & (held.sum(axis=1) > 0)
    if not ring.any():
        return
    raise InfeasibleError(_story(model, result, ring, held, wanted))


def _claims(model: Model, result: Replication) -> tuple[Floats, np.ndarray, Floats]:
    """Return what each waiting shipment holds, shape (shipments, stations), and wants."""
    held = np.zeros((len(result.left), len(model.units)))
    wanted = np.zeros(len(result.left), dtype=np.int64)
    amount = np.zeros(len(result.left))
    for row, (stream, step, *_) in enumerate(result.left):
        wanted[row] = model.step_integer[step, 2]
        amount[row] = model.step_number[step, 3]
        for before in range(int(model.stream_integer[stream, 0]), int(step)):
            kind, _, station, _, _, yard = model.step_integer[before]
            if kind == SEIZE:
                held[row, station] += model.step_number[before, 3]
            elif kind == RELEASE:
                held[row, station] -= model.step_number[before, 3]
            elif kind == BOARD and yard >= 0:
                held[row, yard] -= model.step_number[before, 0]
            elif kind == END:
                raise ValueError("a shipment waits beyond the end of its route")
    return held, wanted, amount


def _story(
    model: Model,
    result: Replication,
    ring: Bools,
    held: Floats,
    wanted: np.ndarray,
) -> str:
    since = float(result.left_since[ring].max())
    links = {
        f"{_name(model, np.argmax(held[row]))} waits for {_name(model, wanted[row])}": None
        for row in np.flatnonzero(ring)
    }
    named = list(links)[:MOST_NAMED]
    more = f" (and {len(links) - len(named)} more)" if len(links) > len(named) else ""
    return (
        f"deadlock since hour {since:.0f}: what is held at "
        f"{'; what is held at '.join(named)}{more}; give one of them more room or servers"
    )


def _name(model: Model, station: np.integer[Any]) -> str:
    name = model.station_names[station]
    return " ".join(str(part) for part in name if part) if isinstance(name, tuple) else str(name)
