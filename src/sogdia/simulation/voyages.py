"""Voyages of the vessels and trains in the log of a replication: who was on board, and how full."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints
from sogdia.simulation import engine
from sogdia.simulation.carrier_words import BOARDING, NUMBER_BITS
from sogdia.simulation.distribution import draw
from sogdia.simulation.engine import CROSSING_WORD
from sogdia.simulation.model import Model
from sogdia.simulation.random import key_of
from sogdia.simulation.replication import Replication


@dataclass(frozen=True, slots=True)
class Voyages:
    """Departures of a replication, in order of time.

    Attributes
    ----------
    vessel, station : ndarray of int64, shape (voyages,)
        Who leaves, and the quay from which.
    depart_h, arrive_h : ndarray of float64, shape (voyages,)
        When it leaves and when it is there, h of the clock.
    load : ndarray of float64, shape (voyages,)
        Share of the capacity that is taken, 0 to 1.
    of_row : ndarray of int64, shape (rows,)
        Voyage with which each row of the log has to do; -1: none.
    """

    vessel: Ints
    station: Ints
    depart_h: Floats
    arrive_h: Floats
    load: Floats
    of_row: Ints


def voyages(model: Model, replication: Replication, key: tuple[int, int]) -> Voyages:
    """Return the voyages of a replication.

    Parameters
    ----------
    model : Model
        What was run.
    replication : Replication
        With its log.
    key : tuple of int
        Of its random numbers; see `sogdia.simulation.random.key_of`. The crossing of a vessel
        without goods is not logged: it is drawn anew, at the same address.
    """
    log = replication.log
    departed = np.flatnonzero(log[:, 0] == engine.DEPARTED)
    sailing = sailings(model, log)
    number = np.full(len(log) + 1, -1, dtype=np.int64)
    number[departed] = np.arange(len(departed))
    of_row = np.where(sailing >= 0, number[sailing], -1)
    vessel, voyage, station = log[departed, 3], log[departed, 2], log[departed, 4]
    depart_h = replication.log_time[departed]
    crossing_h = _crossings(
        vessel, voyage, model.vessel_integer, model.vessel_number, model.values, *key
    )
    return Voyages(
        vessel=vessel,
        station=station,
        depart_h=depart_h,
        arrive_h=depart_h + crossing_h,
        load=_loads(model, log, of_row, vessel),
        of_row=of_row,
    )


def first_key(seed: int) -> tuple[int, int]:
    """Return the key of the replication that keeps its log, the first."""
    return key_of(seed, 0)


def sailings(model: Model, log: Ints) -> Ints:
    """Return for each row of the log the row of the departure with which it has to do; -1: none.

    Who boards a vessel does so in the rows before it departs; who arrives is who boarded. A
    cancelled departure has to do with itself.
    """
    what, stream, number, _, station = log.T
    row: Ints = np.full(len(log), -1, dtype=np.int32)
    quay = np.append(model.units == 0.0, [False])
    boarding = np.flatnonzero(BOARDING[what] & quay[station])
    boarding = boarding[np.argsort(station[boarding], kind="stable")]
    departs = what[boarding] == engine.DEPARTED
    place = np.where(departs, np.arange(len(boarding)), len(boarding))
    place = np.minimum.accumulate(place[::-1])[::-1]
    row[boarding] = boarding[place]
    cancelled = np.flatnonzero(what == engine.CANCELLED)
    row[cancelled] = cancelled

    boarded = boarding[what[boarding] == engine.STARTED]
    arrived = np.flatnonzero(what == engine.ARRIVED)
    # by shipment, and in order of time: each arrival comes behind its boarding
    crossing = np.sort(np.concatenate([boarded, arrived]))
    crossing = crossing[np.lexsort((number[crossing], stream[crossing]))]
    ends = np.flatnonzero(what[crossing] == engine.ARRIVED)
    row[crossing[ends]] = row[crossing[ends - 1]]
    return row


def _loads(model: Model, log: Ints, of_row: Ints, vessel: Ints) -> Floats:
    """Return the share of each voyage's capacity that is taken.

    A shipment that was divided is on board its last vessel with what was left of it: the ones
    before it left full.
    """
    what, step = log[:, 0], log[:, 3]
    capacity = model.vessel_number[vessel, 0]
    whole = np.flatnonzero((what == engine.STARTED) & (of_row >= 0))
    loaded = np.bincount(
        of_row[whole], weights=model.step_number[step[whole], 3], minlength=len(vessel)
    )
    name = (log[:, 1] << NUMBER_BITS) + log[:, 2]
    parts = np.flatnonzero(what == engine.PARTLY_LOADED)
    last_parts = whole[np.isin(name[whole], name[parts])]
    taken: dict[tuple[int, int], float] = {}
    for row in np.sort(np.concatenate([parts, last_parts])).tolist():
        shipment, voyage = (int(name[row]), int(step[row])), of_row[row]
        if what[row] == engine.PARTLY_LOADED:
            part = capacity[voyage] - loaded[voyage]
            taken[shipment] = taken.get(shipment, 0.0) + part
            loaded[voyage] += part
        else:
            loaded[voyage] -= taken.pop(shipment, 0.0)
    return np.asarray(loaded / capacity, dtype=np.float64)


@njit(cache=True, nogil=True)
def _crossings(
    vessel: Ints,
    voyage: Ints,
    vessel_integer: Ints,
    vessel_number: Floats,
    values: Floats,
    key_0: int,
    key_1: int,
) -> Floats:
    """Return how long each voyage takes, h, as the engine draws it."""
    hours = np.empty(len(vessel))
    for row in range(len(vessel)):
        numbers = vessel_number[vessel[row]]
        hours[row] = draw(
            vessel_integer[vessel[row], 4], numbers[6], numbers[7], numbers[8], values,
            key_0, key_1, vessel_integer[vessel[row], 2], voyage[row], CROSSING_WORD,
        )  # fmt: skip
    return hours
