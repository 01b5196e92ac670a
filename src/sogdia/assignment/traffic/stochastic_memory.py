"""What a stochastic equilibrium remembers: its path sets, their flows, whom they serve."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sogdia.assignment.traffic.path_sets import PathSets
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import PathFlows
from sogdia.network.model import Floats, Ints


@dataclass(frozen=True, slots=True)
class StochasticMemory:
    """Path sets and flows.

    Attributes
    ----------
    sets : PathSets
        Paths compared.
    flow : ndarray of float64, shape (paths,)
        Trips on each.
    pair_class, pair_origin, pair_destination : ndarray of int32, shape (pairs,)
        Pairs that the paths serve; see `TrafficProblem`.
    """

    sets: PathSets
    flow: Floats
    pair_class: Ints
    pair_origin: Ints
    pair_destination: Ints

    def path_flows(self) -> PathFlows:
        """Return the flows by path; see `Memory`."""
        used = self.sets.take(np.flatnonzero(self.flow > 0.0))
        return PathFlows(used.pair, used.first, used.arc, self.flow[self.flow > 0.0])

    def moved(self, arc_map: Ints) -> StochasticMemory:
        """Return the memory for a network with other arcs between the same nodes.

        Parameters
        ----------
        arc_map : ndarray of int32, shape (old arcs,)
            New number of each arc; -1: gone, and its paths with it.
        """
        arc = np.asarray(arc_map)[self.sets.arc].astype(np.int32)
        before = np.concatenate(([0], np.cumsum(arc < 0)))[self.sets.first]
        whole = np.flatnonzero(np.diff(before) == 0)
        kept = replace(self.sets, arc=arc).take(whole)
        return replace(self, sets=kept, flow=self.flow[whole])

    def for_pairs(self, problem: TrafficProblem) -> tuple[PathSets, Floats]:
        """Return the paths of pairs that a problem has too, and their flows.

        Pairs are the same where class, origin and destination are.
        """
        old = _keys(self.pair_class, self.pair_origin, self.pair_destination, problem.nodes)
        new = _keys(
            problem.pair_class, problem.pair_origin, problem.pair_destination, problem.nodes
        )
        place = np.minimum(np.searchsorted(new, old), len(new) - 1)
        number = np.where(new[place] == old, place, -1).astype(np.int32)
        chosen = np.flatnonzero(number[self.sets.pair] >= 0)
        sets = self.sets.take(chosen)
        return replace(sets, pair=number[sets.pair]), self.flow[chosen]


def _keys(pair_class: Ints, origin: Ints, destination: Ints, nodes: int) -> Ints:
    return (pair_class.astype(np.int64) * nodes + origin) * nodes + destination
