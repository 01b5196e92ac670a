"""What every method of traffic assignment returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log10
from typing import Protocol

import polars as pl

from sogdia.network.model import Floats, Ints

Progress = Callable[[str, int, int], None]
"""Called with a stage, how much is done, and how much there is.

What comes behind `DETAIL` in a stage may change from call to call.
"""
DETAIL = " · "
LEAST_GAP = 1e-16


def show_gap(progress: Progress | None, gap: float, target: float) -> None:
    """Tell how far the gap has fallen: in digits, as each takes about as long as the one before.

    Parameters
    ----------
    progress : callable or None
        Told, if there is one.
    gap, target : float
        Relative gap reached, and asked for.
    """
    if progress is None:
        return
    goal = -log10(min(max(target, LEAST_GAP), 0.5))
    done = min(max(-log10(max(gap, LEAST_GAP)) / goal, 0.0), 1.0)
    progress(f"equilibrium{DETAIL}gap {gap:.1e}", int(100 * done), 100)


@dataclass(frozen=True, slots=True)
class PathFlows:
    """Flows by path.

    Attributes
    ----------
    pair : ndarray of int32, shape (paths,)
        Pair of the problem that each path serves, in ascending order.
    first : ndarray of int64, shape (paths + 1,)
        Arcs ``arc[first[p]:first[p + 1]]`` are those of path ``p``, in order of travel.
    arc : ndarray of int32
        Arcs of all paths.
    flow : ndarray of float64, shape (paths,)
        Trips; positive.
    """

    pair: Ints
    first: Ints
    arc: Ints
    flow: Floats


class Memory(Protocol):
    """What a method remembers of its solution: enough to name paths and to start again."""

    def path_flows(self) -> PathFlows:
        """Return the flows by path; they add up to the flows by arc."""
        ...


@dataclass(frozen=True, slots=True)
class TrafficSolution:
    """Flows in equilibrium, or as near to it as the iterations allowed.

    Attributes
    ----------
    method : {"aon", "ue", "so", "sue"}
        What was solved.
    flow : ndarray of float64, shape (classes, arcs)
        Trips of each class on each arc.
    price : ndarray of float64, shape (elements,)
        Scarcity prices of hard capacities, in cost per unit of the element; 0 where there
        is none.
    objective : float
        UE: Beckmann's integral and fixed costs. SO: total cost. AON: total cost at free flow.
        nan where there is none (classes that weigh time differently, SUE).
    relative_gap : float
        UE and SO: total cost less that of cheapest paths, over total cost (for SO of marginal
        costs). SUE: the share of trips not on the paths of its fixed point. Hard capacities:
        with prices, and never below the share by which a capacity is exceeded.
    target_gap : float
        What was asked for.
    history : DataFrame
        iteration, relative_gap, objective: one row per iteration.
    iterations : int
        Iterations made.
    seconds : float
        Wall time.
    memory : Memory
        Bushes or paths.
    """

    method: str
    flow: Floats
    price: Floats
    objective: float
    relative_gap: float
    target_gap: float
    history: pl.DataFrame
    iterations: int
    seconds: float
    memory: Memory

    @property
    def converged(self) -> bool:
        """Whether the gap asked for was reached."""
        return self.relative_gap <= self.target_gap
