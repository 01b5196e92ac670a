"""Sogdia's side of `bench.simulation_model`: the same models for its event engine.

Two things differ from the peers. Customers arrive at random until the hour at which so many
are expected; so their number varies a little from run to run, and so does the number of those
that find no full load at the end. And Sogdia draws its own random numbers, so its runs are
others than the peers', and only means over runs can be compared.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from bench.simulation_model import (
    ARRIVALS_PER_H,
    CROSSING_H,
    FULL,
    RETURN_H,
    SERVERS,
    SERVICES_PER_H,
    VESSELS,
    Model,
    Outcome,
    count_events,
)

from sogdia.network.model import Floats
from sogdia.simulation import engine
from sogdia.simulation.distribution import Distribution
from sogdia.simulation.model import Model as EngineModel
from sogdia.simulation.model import ModelBuilder, board, serve
from sogdia.simulation.replication import Replication, replicate

DRAIN_H = 300
"""By then all have left that ever will; each hour of it is a period, which tells when."""
SEED = 2024


def simulate(model: Model, customers: int, replication: int, width: int = 1) -> Outcome:
    """Put the model together, run it once and work out the figures that every peer tells.

    Parameters
    ----------
    model : Model
        Queue or corridor.
    customers : int
        How many are expected.
    replication : int
        Which run.
    width : int
        How many times as many arrivals per hour, servers and vessels there are.
    """
    ticks = _ticks(customers / (ARRIVALS_PER_H * width))
    made = replicate(_model(model, ticks, width), ticks, SEED, replication)
    return _outcome(model, made, ticks, width)


def _ticks(until_h: float) -> Floats:
    """Return the bounds of the periods: customers arrive in the first."""
    return np.concatenate([[0.0], until_h + np.arange(DRAIN_H + 1)])


def _model(model: Model, ticks: Floats, width: int) -> EngineModel:
    builder = ModelBuilder()
    service = Distribution.exponential(1.0 / SERVICES_PER_H)
    steps = []
    for stop in range(model.stops):
        if stop == model.ferry:
            steps.append(board(builder.quay(stop)))
        else:
            steps += serve(builder.station(stop, SERVERS * width), service)
    if model.ferry >= 0:
        # a vessel sails full, and comes back at once with nothing
        sides = [builder.quay(model.ferry), builder.quay("far side")]
        for vessel in range(VESSELS * width):
            builder.vessel(
                ("vessel", vessel),
                sides,
                capacity=FULL,
                crossing=Distribution.constant(CROSSING_H),
                stay=Distribution.constant(RETURN_H - CROSSING_H),
                least_load=(FULL, 0.0),
            )
    builder.stream("customers", steps, rate_h=ARRIVALS_PER_H * width, until_h=float(ticks[1]))
    return builder.build()


def _outcome(model: Model, made: Replication, ticks: Floats, width: int) -> Outcome:
    stops = slice(model.stops)
    last = np.flatnonzero(made.area[stops, :, 1].sum(axis=0))[-1]
    end_h = ticks[last + 1]
    if end_h == ticks[-1]:
        raise SystemExit(f"sogdia: customers are still under way {DRAIN_H} h after the last came")
    waiting_h, busy_h = made.area[stops, : last + 1].sum(axis=1).T
    taken_h = busy_h / (SERVERS * width)
    voyages = 0
    if model.ferry >= 0:
        voyages = int(made.amount[model.ferry, engine.DEPARTURES])
        taken_h[model.ferry] = voyages * (CROSSING_H + RETURN_H) / (VESSELS * width)
    left = int(made.transit_count.sum())
    sum_h, square = made.transit_sum.sum(axis=(0, 1))
    variance = (square - sum_h**2 / left) / (left - 1)
    wait_h = made.amount[stops, engine.WAIT_H] / made.count[stops, engine.WAITS]
    return Outcome(
        wait_h=tuple(wait_h.tolist()),
        sojourn_h=float(sum_h) / left,
        sojourn_sd_h=sqrt(variance),
        utilisation=tuple((taken_h / end_h).tolist()),
        queue_mean=tuple((waiting_h / end_h).tolist()),
        customers=left,
        events=count_events(model, int(made.balance[:, 0].sum()), voyages),
    )
