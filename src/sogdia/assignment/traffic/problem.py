"""`TrafficProblem`: graph, delays, classes and trips as the engines see them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sogdia.assignment.traffic.delay import Delay
from sogdia.network.model import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class TrafficProblem:
    """Flows that seek cheapest paths, and what their number does to the costs.

    A trip of class ``k`` pays on arc ``a``, whose element is ``e = element[k, a]``::

        fixed_cost[k, a] + time_weight[k] * time_e(flow_e) + unit[k, a] * price_e

    and adds ``unit[k, a]`` to the flow of ``e``. Zones that may not be passed are two nodes, one
    where trips start and one where they end, so that no engine needs to know of them.

    Attributes
    ----------
    first_out : ndarray of int32, shape (nodes + 1,)
        Arcs ``first_out[n]`` to ``first_out[n + 1]`` leave node ``n``.
    tail, head : ndarray of int32, shape (arcs,)
        Ends of each arc, in order of their tail.
    delay : Delay
        Volume-delay functions of the elements.
    element : ndarray of int32, shape (classes, arcs)
        What the flow of a class on an arc is counted in; -1: nothing (its time is in
        `fixed_cost`). In a network of roads it is the arc itself, for every class.
    unit : ndarray of float64, shape (classes, arcs)
        What a trip adds to the flow of its element.
    fixed_cost : ndarray of float64, shape (classes, arcs)
        Not negative; infinite where the class may not go.
    time_weight : ndarray of float64, shape (classes,)
        Cost of a unit of time.
    hard_capacity : ndarray of float64, shape (elements,)
        Flow that may not be exceeded; infinite: none.
    pair_class, pair_origin, pair_destination : ndarray of int32, shape (pairs,)
        Class and nodes of each pair that has trips, sorted by all three.
    trips : ndarray of float64, shape (pairs,)
        Positive.
    """

    first_out: Ints
    tail: Ints
    head: Ints
    delay: Delay
    element: Ints
    unit: Floats
    fixed_cost: Floats
    time_weight: Floats
    hard_capacity: Floats
    pair_class: Ints
    pair_origin: Ints
    pair_destination: Ints
    trips: Floats

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.first_out) - 1

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return len(self.head)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.time_weight)

    @property
    def is_separable(self) -> bool:
        """Whether each arc is its own element, for all classes: a network of roads."""
        own = np.arange(self.arcs)
        return self.delay.size == self.arcs and bool((self.element == own).all())

    @property
    def has_hard_capacities(self) -> bool:
        """Whether some flow may not be exceeded."""
        return bool(np.isfinite(self.hard_capacity).any())

    def element_flow(self, flow: Floats) -> Floats:
        """Add up the flows of all classes in the units of the elements.

        Parameters
        ----------
        flow : ndarray of float64, shape (classes, arcs)
            Trips of each class on each arc.

        Returns
        -------
        ndarray of float64, shape (elements,)
        """
        used: Bools = self.element >= 0
        weights = (self.unit * flow)[used]
        total = np.bincount(self.element[used], weights, minlength=self.delay.size)
        return np.asarray(total, dtype=np.float64)
