"""Deadlock: shipments that hold what others wait for, in a ring."""

from __future__ import annotations

from typing import Any

import numpy as np

from sogdia.errors import InfeasibleError
from sogdia.network.model import Bools, Floats, Ints
from sogdia.simulation import engine
from sogdia.simulation.model import BOARD, END, RELEASE, SEIZE, Model
from sogdia.simulation.replication import Replication

MOST_NAMED = 6
HELD_AT_LEAST = 1e-3
"""Units; what is less is the rounding of a sum over all routes."""


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
    holds = _holds(model, result)
    if not holds.any():
        return
    left, since = result.left[holds], result.left_since[holds]
    held, wanted, amount = _claims(model, left)
    free = model.units - held.sum(axis=0)
    stuck = np.ones(len(wanted), dtype=np.bool_)
    while True:
        able = stuck & ((model.units[wanted] == 0) | (free[wanted] >= amount - engine.LEAST))
        if not able.any():
            break
        free = free + held[able].sum(axis=0)
        stuck &= ~able
    if stuck.any():
        raise InfeasibleError(_story(model, since, stuck, held, wanted))


def _holds(model: Model, result: Replication) -> Bools:
    """Tell which of the shipments that wait hold anything; only these can be in a ring."""
    kind, yard = model.step_integer[:, 0], model.step_integer[:, 5]
    amount, freed = model.step_number[:, 3], model.step_number[:, 0]
    taken = np.where(kind == SEIZE, amount, 0.0) - np.where(kind == RELEASE, amount, 0.0)
    taken -= np.where((kind == BOARD) & (yard >= 0), freed, 0.0)
    before = np.append(0.0, np.cumsum(taken))
    first = model.stream_integer[result.left[:, engine.STREAM], 0]
    held = before[result.left[:, engine.STEP]] - before[first]
    return np.asarray(held > HELD_AT_LEAST, dtype=np.bool_)


def _claims(model: Model, left: Ints) -> tuple[Floats, np.ndarray, Floats]:
    """Return what each waiting shipment holds, shape (shipments, stations), and wants."""
    held = np.zeros((len(left), len(model.units)))
    wanted = np.zeros(len(left), dtype=np.int64)
    amount = np.zeros(len(left))
    for row, (stream, step, *_) in enumerate(left):
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


def _story(model: Model, since: Floats, ring: Bools, held: Floats, wanted: Ints) -> str:
    links = {
        f"{_name(model, np.argmax(held[row]))} waits for {_name(model, wanted[row])}": None
        for row in np.flatnonzero(ring)
    }
    named = list(links)[:MOST_NAMED]
    more = f" (and {len(links) - len(named)} more)" if len(links) > len(named) else ""
    return (
        f"deadlock since hour {since[ring].max():.0f}: what is held at "
        f"{'; what is held at '.join(named)}{more}; give one of them more room or servers"
    )


def _name(model: Model, station: np.integer[Any]) -> str:
    name = model.station_names[station]
    return " ".join(str(part) for part in name if part) if isinstance(name, tuple) else str(name)
