"""Skims: what the cheapest way costs between any two zones, at the times of an equilibrium."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sogdia.assignment.traffic.part import TrafficPart
from sogdia.network.model import Floats
from sogdia.routing.tree_graph import tree_graph
from sogdia.routing.tree_loading import skim_matrix

QUANTITIES = ("cost", "time", "length", "co2_kg")


@dataclass(frozen=True, slots=True)
class Skims:
    """Matrices of one class, zones by zones: origins in rows, destinations in columns.

    Attributes
    ----------
    cost, time, length, co2_kg : ndarray of float64, shape (zones, zones)
        Of the cheapest way; nan where there is none, 0 within a zone. ``co2_kg`` is nan
        throughout where emissions are not known.
    """

    cost: Floats
    time: Floats
    length: Floats
    co2_kg: Floats

    def matrices(self) -> dict[str, Floats]:
        """Return the matrices by name, without those that nothing is known of."""
        named = {name: getattr(self, name) for name in QUANTITIES}
        return {name: matrix for name, matrix in named.items() if not np.isnan(matrix).all()}


def skims_of(part: TrafficPart, of_class: int, co2_kg_length: float | None = None) -> Skims:
    """Return the skims of one class.

    Parameters
    ----------
    part : TrafficPart
        An equilibrium.
    of_class : int
        Number of the class.
    co2_kg_length : float, optional
        Emissions per unit of length, where the network has none of its own, kg CO2e.

    Returns
    -------
    Skims
        Of all zones, with trips or without. Costs are those that trips decide by: the
        study's own cost, with scarcity prices.
    """
    problem, meaning = part.problem, part.meaning
    length = meaning.arc["length"].to_numpy()
    co2 = np.full(problem.arcs, np.nan)
    if meaning.co2_kg is not None:
        co2 = meaning.co2_kg[of_class]
    elif co2_kg_length is not None:
        co2 = length * co2_kg_length
    found = skim_matrix(
        tree_graph(problem.first_out, problem.head),
        part.cost[of_class],
        meaning.origin_node,
        meaning.destination_node,
        attributes=[part.time[of_class], length, co2],
    )
    skim = np.concatenate([found.distance[None], found.total])
    skim[~np.isfinite(skim)] = np.nan
    own = np.arange(len(meaning.zone_id))
    skim[:3, own, own] = 0.0
    skim[3, own, own] = np.nan if np.isnan(co2).all() else 0.0
    return Skims(*skim)
