"""A supply balance as arrays: sources, sinks and stocks on networks, month by month.

Nothing here knows what a port is. The program is

    minimise    sum of (gate + way) flow + value unserved + keeping level
    subject to  what leaves a source in a period    <= its capacity
                what reaches a sink, plus unserved, plus what its stock
                loses of its level by (1 - loss) earlier level - level   = its need
                what passes a resource in a period  <= its room
                lower <= sum of coefficients flow   <= upper, for every limit,

over flows on paths, kt in a period, and costs in USD per t; so the objective is in thousand
USD.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sogdia.network.model import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Layer:
    """What one class of goods may use in one network; arcs closed to it are left out.

    Attributes
    ----------
    first_out : ndarray of int32, shape (states + 1,)
        Arcs ``first_out[s]`` to ``first_out[s + 1]`` leave state ``s``.
    tail, head : ndarray of int32, shape (arcs,)
        States at either end.
    arc : ndarray of int32, shape (arcs,)
        Arc of the network that each was.
    cost_usd_t : ndarray of float64, shape (arcs,)
        Cost of the way, finite.
    resource : ndarray of int32, shape (arcs,)
        Resource consumed; -1: none.
    unit_per_t : ndarray of float64, shape (arcs,)
        Units of it (kt, or thousand TEU) consumed by a kt.
    """

    first_out: Ints
    tail: Ints
    head: Ints
    arc: Ints
    cost_usd_t: Floats
    resource: Ints
    unit_per_t: Floats


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on a sum of flows: a contract, a blend, a share.

    A kt of pair ``n`` counts for ``by_pair[n]`` wherever it goes, and for ``by_arc[n]``
    beside that, once, if its path has a marked arc.

    Attributes
    ----------
    name : str
        What it is called in results.
    marked : tuple of ndarray of bool, shape (arcs of a network,)
        Marked arcs, one mask for each network; empty: none are marked.
    by_arc, by_pair : ndarray of float64, shape (pairs,)
        Coefficients.
    lower, upper : ndarray of float64, shape (periods,) or (1,)
        Bounds of each period, or of all periods together; infinite: none. What keeps a
        lower bound from being met is a shortage, and a result.
    """

    name: str
    marked: tuple[Bools, ...]
    by_arc: Floats
    by_pair: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, slots=True)
class Stocks:
    """Goods that sinks keep from a period to the next.

    Attributes
    ----------
    sink : ndarray of int32, shape (stocks,)
        Whose they are; each sink has one at most.
    capacity_kt, opening_kt, closing_kt : ndarray of float64, shape (stocks,)
        Room, first level, and least last level.
    loss : ndarray of float64, shape (stocks,)
        Share lost from a period to the next.
    cost_usd_t : ndarray of float64, shape (stocks,)
        Cost of keeping for a period.
    """

    sink: Ints
    capacity_kt: Floats
    opening_kt: Floats
    closing_kt: Floats
    loss: Floats
    cost_usd_t: Floats

    @property
    def count(self) -> int:
        """Number of stocks."""
        return len(self.capacity_kt)

    @classmethod
    def none(cls) -> Stocks:
        """Return no stocks."""
        return cls(np.empty(0, dtype=np.int32), *(np.empty(0) for _ in range(5)))


@dataclass(frozen=True, slots=True)
class Problem:
    """A supply balance.

    Attributes
    ----------
    network : ndarray of int32, shape (periods,)
        Network of each period.
    arc_counts : tuple of int
        Arcs of each network.
    layers : tuple of Layer
        What classes of goods may use.
    layer_of : ndarray of int32, shape (classes, networks)
        Layer of each class in each network.
    source_state : ndarray of int32, shape (sources, networks)
        State in which the goods of a source start; -1: nowhere.
    sink_state : ndarray of int32, shape (sinks, networks)
        State in which goods for a sink end; -1: nowhere.
    capacity_kt : ndarray of float64, shape (sources, periods)
        What each source can ship.
    gate_usd_t : ndarray of float64, shape (sources,)
        Its cost at the gate.
    need_kt : ndarray of float64, shape (sinks, periods)
        What each sink needs.
    value_usd_t : ndarray of float64, shape (sinks,)
        What a tonne that does not come costs there.
    pair_source, pair_sink, pair_class : ndarray of int32, shape (pairs,)
        Who may ship to whom, as goods of which class.
    room : ndarray of float64, shape (resources, periods)
        What can pass each resource, in its unit; infinite: no limit.
    stocks : Stocks
        What can be kept.
    limits : tuple of Limit
        Further bounds.
    """

    network: Ints
    arc_counts: tuple[int, ...]
    layers: tuple[Layer, ...]
    layer_of: Ints
    source_state: Ints
    sink_state: Ints
    capacity_kt: Floats
    gate_usd_t: Floats
    need_kt: Floats
    value_usd_t: Floats
    pair_source: Ints
    pair_sink: Ints
    pair_class: Ints
    room: Floats
    stocks: Stocks
    limits: tuple[Limit, ...] = ()

    @property
    def periods(self) -> int:
        """Number of periods."""
        return len(self.network)

    @property
    def sources(self) -> int:
        """Number of sources."""
        return len(self.gate_usd_t)

    @property
    def sinks(self) -> int:
        """Number of sinks."""
        return len(self.value_usd_t)

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return len(self.pair_class)


@dataclass(frozen=True, slots=True)
class Stress:
    """What is different in one solve of a balance.

    Attributes
    ----------
    gates : mapping of int to ndarray of float64, shape (periods,)
        Most that passes a gate (see `Program.gate`), kt in each period; infinite: open.
    sources : ndarray of float64, shape (sources, periods), or None
        Factors on the capacities of the sources; None: 1.
    """

    gates: Mapping[int, Floats] = field(default_factory=dict)
    sources: Floats | None = None


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths that carry goods, as far as they were needed.

    Attributes
    ----------
    pair, network : ndarray of int32, shape (paths,)
        Whose they are, and on which network they run.
    first : ndarray of int64, shape (paths + 1,)
        Arcs of path ``i`` are ``arc[first[i]:first[i + 1]]``.
    arc : ndarray of int32
        Arcs of the networks.
    cost_usd_t : ndarray of float64, shape (paths,)
        Cost of the way.
    """

    pair: Ints
    network: Ints
    first: Ints
    arc: Ints
    cost_usd_t: Floats


@dataclass(frozen=True, slots=True)
class Solution:
    """A balance in which no cost can be saved, with the proof.

    Attributes
    ----------
    objective : float
        Thousand USD.
    bound : float
        Objective of the dual: no balance costs less.
    rounds : int
        Times that better paths were looked for.
    paths : Paths
        Known paths.
    flow_path, flow_period : ndarray of int32, shape (flows,)
        Path and period of each flow.
    flow_kt : ndarray of float64, shape (flows,)
        Positive flows.
    unserved_kt : ndarray of float64, shape (sinks, periods)
        Need that is not met.
    level_kt : ndarray of float64, shape (stocks, periods)
        What is kept at the end of each period.
    penalty : float
        Thousand USD of the objective that only stand for missed lower bounds.
    short_kt : tuple of ndarray of float64
        By how much the lower bounds of each limit are missed.
    closing_short_kt : ndarray of float64, shape (stocks,)
        What is missing of the least last level.
    rent_usd_t : ndarray of float64, shape (sources, periods)
        What one more tonne of capacity of a source would save.
    price_usd_t : ndarray of float64, shape (sinks, periods)
        What one more tonne of need would cost, and one more in its stock would save.
    scarcity : ndarray of float64, shape (resources, periods)
        What one more unit of room would save, USD per t or thousand USD per thousand TEU.
    limit_usd_t : tuple of ndarray of float64
        Duals of each limit: positive where its lower bound costs, negative where its upper.
    gate_usd_t : mapping of int to ndarray of float64, shape (periods,)
        What one more tonne through each gate that is partly open would save.
    elastic : Solution or None
        Where lower bounds are missed: the solution in which they were missed at a penalty,
        before they were lowered to what can be reached. Its prices tell what is against them.
    """

    objective: float
    bound: float
    rounds: int
    paths: Paths
    flow_path: Ints
    flow_period: Ints
    flow_kt: Floats
    unserved_kt: Floats
    level_kt: Floats
    penalty: float
    short_kt: tuple[Floats, ...]
    closing_short_kt: Floats
    rent_usd_t: Floats
    price_usd_t: Floats
    scarcity: Floats
    limit_usd_t: tuple[Floats, ...]
    gate_usd_t: Mapping[int, Floats]
    elastic: Solution | None = None

    @property
    def cost(self) -> float:
        """What gates, ways, stocks and lost tonnes cost, thousand USD."""
        return self.objective - self.penalty

    @property
    def gap(self) -> float:
        """Relative gap between objective and bound."""
        return abs(self.objective - self.bound) / max(abs(self.objective), 1.0)
