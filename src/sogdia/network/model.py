"""The mode-state supernetwork: arrays in CSR order, with maps back to the tables.

A node is expanded into its states: a mode, a gauge, and the side of the border on which
the goods stand. Line-haul arcs join states of different nodes; terminal arcs join states
of one node; access and egress arcs join a node's states to where shipments start and end.
Topology lives in `Network`, what a class of shipments pays and may use in `Metric`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Network:
    """Topology and everything that does not depend on who ships what.

    Attributes
    ----------
    state : DataFrame
        One row per state: node_id, country, mode, gauge_mm, side. ``mode`` is "origin"
        or "destination" for the states in which shipments start and end.
    arc : DataFrame
        One row per arc in CSR order: kind (link, terminal, service, access, egress),
        row_id (the key in that table), link_id (of line-haul arcs), forward, mode,
        length_km, cost and tariff columns, allowed_uses, hazard_classes, country, ...
    resource : DataFrame
        What flow consumes capacity of: kind, row_id, forward (of a service), unit
        ("kt" or "kteu"), capacity (per year), and its queue (see `network.resource`).
    tail, head : ndarray of int32, shape (arcs,)
        States at either end.
    first_out : ndarray of int32, shape (states + 1,)
        Arcs ``first_out[s]`` to ``first_out[s + 1]`` leave state ``s``.
    time_h, time_sd_h, length_km : ndarray of float64, shape (arcs,)
        Time without queues (including the wait for the next departure), its standard
        deviation, and length.
    wtt_kg_t, ttw_kg_t : ndarray of float64, shape (arcs,)
        Greenhouse gases, kg CO2e per t, well to tank and tank to wheel.
    resource_kt, resource_kteu : ndarray of int32, shape (arcs,)
        Resource that a tonne, or a container, consumes there; -1: none.
    origin_state, destination_state : dict
        State in which shipments from, or to, a node start, or end.
    """

    state: pl.DataFrame
    arc: pl.DataFrame
    resource: pl.DataFrame
    tail: Ints
    head: Ints
    first_out: Ints
    time_h: Floats
    time_sd_h: Floats
    length_km: Floats
    wtt_kg_t: Floats
    ttw_kg_t: Floats
    resource_kt: Ints
    resource_kteu: Ints
    origin_state: dict[str, int]
    destination_state: dict[str, int]


@dataclass(frozen=True, slots=True)
class Metric:
    """What shipments of one commodity and direction pay and may use on a `Network`.

    Attributes
    ----------
    cost_usd_t : ndarray of float64, shape (arcs,)
        Money, without the value of time.
    allowed : ndarray of bool, shape (arcs,)
        Whether the carrier takes the goods there (policy not counted).
    resource : ndarray of int32, shape (arcs,)
        Resource consumed; -1: none.
    unit_per_t : float
        Resource units consumed by a tonne (1, or TEU per t where containers are counted).
    """

    cost_usd_t: Floats
    allowed: Bools
    resource: Ints
    unit_per_t: Floats
