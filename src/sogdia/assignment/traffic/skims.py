"""Skims: what the cheapest way costs between any two zones, at the times of an equilibrium."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from sogdia.assignment.traffic.part import TrafficPart
from sogdia.network.model import Floats, Ints
from sogdia.routing.shortest import NO_ARC, shortest_tree

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
    zones = len(meaning.zone_id)
    length = meaning.arc["length"].to_numpy()
    co2 = np.full(problem.arcs, np.nan)
    if meaning.co2_kg is not None:
        co2 = meaning.co2_kg[of_class]
    elif co2_kg_length is not None:
        co2 = length * co2_kg_length
    by_arc = np.stack([part.time[of_class], length, co2])
    skim = np.full((1 + len(by_arc), zones, zones), np.nan)
    _fill(
        problem.first_out,
        problem.head,
        problem.tail,
        np.ascontiguousarray(part.cost[of_class]),
        by_arc,
        meaning.origin_node.astype(np.int32),
        meaning.destination_node.astype(np.int32),
        skim,
    )
    if np.isnan(co2).all():
        skim[3] = np.nan
    return Skims(*skim)


@njit(cache=True, nogil=True)
def _fill(
    first_out: Ints,
    head: Ints,
    tail: Ints,
    cost: Floats,
    by_arc: Floats,
    origin: Ints,
    destination: Ints,
    skim: Floats,
) -> None:
    """Fill the costs of the cheapest ways, and what adds up along them."""
    nodes = first_out.shape[0] - 1
    distance = np.empty(nodes)
    arc_into = np.empty(nodes, dtype=np.int32)
    heap = np.empty(nodes, dtype=np.int32)
    position = np.empty(nodes, dtype=np.int32)
    for i in range(origin.shape[0]):
        source = origin[i]
        shortest_tree(first_out, head, cost, source, -1, distance, arc_into, heap, position)
        for j in range(destination.shape[0]):
            if i == j:
                skim[:, i, j] = 0.0
                continue
            node = destination[j]
            if distance[node] == np.inf:
                continue
            skim[0, i, j] = distance[node]
            skim[1:, i, j] = 0.0
            while node != source:
                arc = arc_into[node]
                if arc == NO_ARC:
                    break
                for quantity in range(by_arc.shape[0]):
                    skim[1 + quantity, i, j] += by_arc[quantity, arc]
                node = tail[arc]
