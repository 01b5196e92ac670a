"""`TrafficPart`: a problem, its solution, and what their numbers stand for in the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from sogdia.assignment.traffic.delay import delay_times
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.assignment.traffic.solution import PathFlows, TrafficSolution
from sogdia.assignment.traffic.stochastic_options import StochasticOptions
from sogdia.network.model import Bools, Floats, Ints

ARC_COLUMNS: Mapping[str, type[pl.DataType]] = {
    "kind": pl.String,
    "row_id": pl.String,
    "link_id": pl.String,
    "forward": pl.Boolean,
    "from_node_id": pl.String,
    "to_node_id": pl.String,
    "length": pl.Float64,
    "is_line": pl.Boolean,
}
ELEMENT_COLUMNS: Mapping[str, type[pl.DataType]] = {
    "kind": pl.String,
    "row_id": pl.String,
    "forward": pl.Boolean,
    "unit": pl.String,
    "capacity": pl.Float64,
}
UNSERVED_COLUMNS: Mapping[str, type[pl.DataType]] = {
    "origin": pl.String,
    "destination": pl.String,
    "class_id": pl.String,
    "flow": pl.Float64,
    "reason": pl.String,
}
AT_HOME = "home"
"""Kind of an arc that is no way, but stands for not going."""
NO_LINE = ("access", "egress", "connector", AT_HOME)
"""Kinds of arcs that are no row of link, terminal or service."""


def typed(frame: pl.DataFrame, columns: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """Return the columns of a frame in this order and of these types."""
    return frame.select(pl.col(name).cast(kind) for name, kind in columns.items())


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the numbers of a problem stand for.

    Attributes
    ----------
    arc : DataFrame
        One row per arc, columns as `ARC_COLUMNS`: table and row that it comes from, its link
        and direction, its ends, its length, and whether it is part of a line (a link or a
        service) rather than of a place.
    element : DataFrame
        One row per element, columns as `ELEMENT_COLUMNS`: what delays and capacities are of,
        what they are counted in, and the capacity that the tables state (null: none).
    class_id : tuple of str
        Names of the classes.
    origin, destination : tuple of str
        Zones, or places, between which each pair travels.
    zone_id : tuple of str
        Zones between which skims are wanted.
    origin_node, destination_node : ndarray of int32, shape (zones,)
        Nodes of the problem in which the trips of a zone start, and end.
    co2_kg : ndarray of float64, shape (classes, arcs), or None
        Greenhouse gases of one trip, or of one unit of goods, kg CO2e; None: not known.
    unserved : DataFrame
        Trips left out because there is no way, columns as `UNSERVED_COLUMNS`.
    intrazonal : float
        Trips left out because they end in the zone in which they start.
    own_time : ndarray of float64, shape (arcs,)
        Time of each arc beside that of its element, which its fixed cost has in it.
    """

    arc: pl.DataFrame
    element: pl.DataFrame
    class_id: tuple[str, ...]
    origin: tuple[str, ...]
    destination: tuple[str, ...]
    zone_id: tuple[str, ...]
    origin_node: Ints
    destination_node: Ints
    co2_kg: Floats | None
    unserved: pl.DataFrame
    intrazonal: float
    own_time: Floats

    @property
    def stays(self) -> Bools:
        """Arcs on which those go who stay at home, shape (arcs,)."""
        return (self.arc["kind"] == AT_HOME).to_numpy()


@dataclass(frozen=True)
class TrafficPart:
    """One equilibrium: that of all trips, or that of one period of a year.

    Attributes
    ----------
    name : str
        First day of the period; empty where there is only one part.
    share : float
        What its flows count for in the whole: the period's share of the year, or 1.
    problem : TrafficProblem
        What was solved.
    solution : TrafficSolution
        What was found.
    meaning : Meaning
        What the numbers of both stand for.
    stochastic : StochasticOptions or None
        Model of choice of a stochastic equilibrium.
    """

    name: str
    share: float
    problem: TrafficProblem
    solution: TrafficSolution
    meaning: Meaning
    stochastic: StochasticOptions | None = None

    @cached_property
    def element_flow(self) -> Floats:
        """Flow of each element, all classes, in its unit."""
        return self.problem.element_flow(self.solution.flow)

    @cached_property
    def element_time(self) -> Floats:
        """Time of each element at its flow."""
        return delay_times(self.problem.delay, self.element_flow)[0]

    @cached_property
    def time(self) -> Floats:
        """Time that each class spends on each arc."""
        return self.meaning.own_time + _by_arc(self.problem, self.element_time)

    @cached_property
    def cost(self) -> Floats:
        """What a trip of each class pays on each arc: fixed cost, time and scarcity price."""
        problem = self.problem
        price = problem.unit * _by_arc(problem, self.solution.price)
        waits = problem.time_weight[:, None] * _by_arc(problem, self.element_time)
        return problem.fixed_cost + waits + price

    @cached_property
    def path_flows(self) -> PathFlows:
        """Flows by path."""
        return self.solution.memory.path_flows()

    @cached_property
    def path_travels(self) -> Bools:
        """Whether each path is a way, and not the choice to stay at home."""
        paths = self.path_flows
        return ~self.meaning.stays[paths.arc[paths.first[:-1]]]

    @cached_property
    def path_of_step(self) -> Ints:
        """Path that each entry of ``path_flows.arc`` is a step of."""
        paths = self.path_flows
        return np.repeat(np.arange(len(paths.flow)), np.diff(paths.first))

    @cached_property
    def pair_flow(self) -> Floats:
        """Trips of each pair that travel."""
        paths = self.path_flows
        flow = np.where(self.path_travels, paths.flow, 0.0)
        total = np.bincount(paths.pair, flow, minlength=len(self.problem.trips))
        return np.asarray(total, dtype=np.float64)

    def path_sums(self, by_arc: Floats) -> Floats:
        """Add up along every path what each class has on each arc.

        Parameters
        ----------
        by_arc : ndarray of float64, shape (classes, arcs)
            What is added up.

        Returns
        -------
        ndarray of float64, shape (paths,)
        """
        paths = self.path_flows
        of_class = self.problem.pair_class[paths.pair][self.path_of_step]
        steps = by_arc[of_class, paths.arc]
        total = np.bincount(self.path_of_step, steps, minlength=len(paths.flow))
        return np.asarray(total, dtype=np.float64)


def _by_arc(problem: TrafficProblem, by_element: Floats) -> Floats:
    """Spread what elements have over the arcs of each class; 0 where there is no element."""
    counted: Bools = problem.element >= 0
    return np.where(counted, by_element[np.where(counted, problem.element, 0)], 0.0)
