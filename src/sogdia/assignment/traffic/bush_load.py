"""Trips are put on bushes anew: each node passes them back in the proportions it had.

Conservation is exact again, and rounding dust disappears.
"""

from __future__ import annotations

from numba import njit

from sogdia.assignment.traffic.bush_block import Bushes, Workspace
from sogdia.network.model import Floats, Ints

DUST = 1e-15
"""Share of an origin's trips below which a flow is none."""


@njit(cache=True, nogil=True)
def dust_of(bushes: Bushes, b: int) -> float:
    """Return the flow below which there is none."""
    return float(DUST * bushes.trips[bushes.first_demand[b] : bushes.first_demand[b + 1]].sum())


@njit(cache=True, nogil=True)
def _split(flow: Floats, first: int, last: int, trips: float, dust: float) -> None:
    """Split trips among the flows `first` to `last`, in their proportions, dust apart."""
    total, largest = 0.0, first
    for f in range(first, last + 1):
        if flow[f] > flow[largest]:
            largest = f
        if flow[f] <= dust:
            flow[f] = 0.0
        total += flow[f]
    if total == 0.0:
        flow[largest] = total = 1.0
    for f in range(first, last + 1):
        flow[f] *= trips / total


@njit(cache=True, nogil=True)
def _pass_back(
    code: Ints, back: Ints, flow: Floats, p: int, through: Floats, dust: float, link_flow: Floats
) -> None:
    """Pass the trips of each of the ``p`` positions back to where they came from."""
    last = len(flow) - 1
    while last >= 0:
        k = last
        while k > 0 and code[k - 1] & 1 == 0:
            k -= 1
        if k == last:
            flow[k] = through[p]
        else:
            _split(flow, k, last, through[p], dust)
        for j in range(k, last + 1):
            through[back[j]] += flow[j]
            link_flow[code[j] >> 1] += flow[j]
        last = k - 1
        p -= 1


@njit(cache=True, nogil=True)
def load(bushes: Bushes, link_flow: Floats, work: Workspace) -> None:
    """Renew the flows of all bushes from their trips, and fill what they sum up to by arc.

    Parameters
    ----------
    bushes : Bushes
        Their flows are changed.
    link_flow : ndarray of float64, shape (arcs + 1,)
        Filled.
    work : Workspace
        Overwritten.
    """
    link_flow.fill(0.0)
    through = work.through
    for b in range(bushes.origin.shape[0]):
        p = bushes.positions[b]
        through[: p + 1] = 0.0
        for i in range(bushes.first_demand[b], bushes.first_demand[b + 1]):
            through[bushes.at[i]] += bushes.trips[i]
        _pass_back(
            bushes.code[bushes.first[b] : bushes.needed[b]],
            bushes.back[bushes.first[b] : bushes.needed[b]],
            bushes.flow[bushes.first_flow[b] : bushes.first_flow[b + 1]],
            p,
            through,
            dust_of(bushes, b),
            link_flow,
        )
