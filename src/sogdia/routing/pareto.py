"""Pareto sets: all ways that no other way beats in every criterion at once.

Label setting in lexicographic order (Martins, 1984). Labels leave the heap in order of their
first criterion, so at a state only the others are compared (Pulido, Mandow and Pérez de la
Cruz, 2015): for three criteria a staircase found by bisection, for more a list of blocks, each
skipped when its least values already show that nothing in it dominates. Towards one
target, labels are ordered and pruned with lower bounds from reverse shortest trees (NAMOA*,
Mandow and Pérez de la Cruz, 2010).

Criteria are rounded to multiples of 2**-20, so that sums are exact and do not depend on the
order of addition: the set is exact on that grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sogdia.errors import ResourceError
from sogdia.network.model import Floats, Ints
from sogdia.routing.label_setting import search
from sogdia.routing.shortest import reverse, shortest_tree

GRID = 2.0**-20
MOST_LABELS = 40_000_000


@dataclass(frozen=True, slots=True)
class Windows:
    """Times at which arcs are closed; who comes then waits until they open again.

    Attributes
    ----------
    first : ndarray of int64, shape (arcs + 1,)
        Windows ``first[a]`` to ``first[a + 1]`` belong to arc ``a``, in order of time.
    start, end : ndarray of float64, shape (windows,)
        Closed from `start` until before `end`, in the unit of the first criterion, which is
        then the time since departure; an infinite `end` never opens again.
    """

    first: Ints
    start: Floats
    end: Floats

    @classmethod
    def none(cls, arcs: int) -> Windows:
        """Return windows for a network that is always open."""
        return cls(np.zeros(arcs + 1, dtype=np.int64), np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of Pareto-optimal ways, in the order in which they were found.

    Attributes
    ----------
    state : ndarray of int32, shape (labels,)
        Where each label stands.
    parent, arc : ndarray of int32, shape (labels,)
        The label before it and the arc from there; -1 at the source.
    value : ndarray of float64, shape (labels, criteria)
        Sums from the source.
    """

    state: Ints
    parent: Ints
    arc: Ints
    value: Floats

    def at(self, state: int) -> Ints:
        """Return the labels at a state, in increasing order of the first criterion."""
        return np.flatnonzero(self.state == state)

    def path(self, label: int) -> Ints:
        """Return the arcs of a label's way from the source, in order of travel."""
        arcs = []
        while self.parent[label] >= 0:
            arcs.append(self.arc[label])
            label = self.parent[label]
        return np.array(arcs[::-1], dtype=np.int32)


def pareto(
    first_out: Ints,
    head: Ints,
    criteria: Floats,
    source: int,
    *,
    target: int = -1,
    slack: Floats | None = None,
    windows: Windows | None = None,
    place: Ints | None = None,
) -> Labels:
    """Find all Pareto-optimal ways from one state.

    One way is kept of those that are equal in every criterion.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form, shapes (states + 1,) and (arcs,).
    criteria : ndarray of float64, shape (arcs, criteria)
        Non-negative; an arc that is infinite in any criterion is forbidden.
    source, target : int
        States; without a target (-1) the sets of all states are found.
    slack : ndarray of float64, shape (criteria,), optional
        With a target: ways may be left out for which one that is kept is at most this much
        worse in each criterion (additive epsilon-dominance; no error adds up along
        the way, since only finished ways prune). By default nothing is left out.
    windows : Windows, optional
        Closures; the first criterion is then the time since departure.
    place : ndarray of int32, shape (states,), optional
        Place of each state; ways that leave a place and come back to it are left out. Then the
        set is no longer exact: a way may be missing that only a way beats which would have had
        to come back later.

    Returns
    -------
    Labels
        With a target, those on the way there are among them.

    Raises
    ------
    ValueError
        If source and target are the same, or a slack is given without a target.
    ResourceError
        If the set grows beyond what memory holds.
    """
    arcs, count = criteria.shape
    if source == target:
        raise ValueError("source and target are the same state")
    if slack is not None and target < 0:
        raise ValueError("a slack needs a target")
    exact = np.rint(criteria / GRID) * GRID
    exact[~np.isfinite(exact).all(axis=1)] = np.inf
    closed = windows or Windows.none(arcs)
    found, state, parent, arc, value = search(
        first_out,
        head,
        exact,
        lower_bounds(first_out, head, exact, target),
        source,
        target,
        np.zeros(count) if slack is None else slack,
        closed.first,
        closed.start,
        closed.end,
        np.empty(0, dtype=np.int32) if place is None else place,
        MOST_LABELS,
    )
    if found < 0:
        raise ResourceError(
            f"more than {MOST_LABELS:,} Pareto-optimal labels; give a target, a slack, "
            "or fewer criteria"
        )
    return Labels(state, parent, arc, value)


def lower_bounds(first_out: Ints, head: Ints, criteria: Floats, target: int) -> Floats:
    """Return what is at least still to come, by criterion, from each state to a target.

    Parameters
    ----------
    first_out, head : ndarray of int32
        Topology in CSR form.
    criteria : ndarray of float64, shape (arcs, criteria)
        Infinite where forbidden.
    target : int
        State; -1: none, and nothing is known to be still to come.

    Returns
    -------
    ndarray of float64, shape (states, criteria)
        Infinite where the target cannot be reached.
    """
    states, count = len(first_out) - 1, criteria.shape[1]
    bound = np.zeros((states, count))
    if target < 0:
        return bound
    first_in, by_head, tail = reverse(first_out, head)
    distance = np.empty(states)
    work = [np.empty(states, dtype=np.int32) for _ in range(3)]
    tail_by_head = tail[by_head]
    for column in range(count):
        cost = np.ascontiguousarray(criteria[by_head, column])
        shortest_tree(first_in, tail_by_head, cost, target, -1, distance, work[0], work[1], work[2])
        bound[:, column] = distance
    return bound
