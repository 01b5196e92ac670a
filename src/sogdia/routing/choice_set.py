"""Choice sets: for each origin and destination, the paths that shippers compare.

Repeated shortest paths, each time with the arcs already used made dearer (the link
penalty method of De la Barra, Pérez and Añez, 1993), from the point of view of several
values of time. The penalty spreads the paths; the duplicates that it leaves are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from sogdia.network.model import Floats, Ints, Network
from sogdia.routing.shortest import reverse, shortest_tree, trace_path

LONGEST_PATH = 256
TRIES = 6


@dataclass(frozen=True, slots=True)
class PathTable:
    """Paths in ragged form: path ``p`` uses ``arcs[first[p]:first[p + 1]]``.

    Attributes
    ----------
    request : ndarray of int32, shape (paths,)
        Which request each path answers; non-decreasing.
    first : ndarray of int64, shape (paths + 1,)
        Offsets into `arcs`.
    arcs : ndarray of int32
        Arcs of all paths, one path after another, in order of travel.
    """

    request: Ints
    first: Ints
    arcs: Ints

    @property
    def count(self) -> int:
        """Number of paths."""
        return len(self.request)

    @property
    def path_of(self) -> Ints:
        """Path to which each entry of `arcs` belongs."""
        return np.repeat(np.arange(self.count), np.diff(self.first))

    def sums(self, values: Floats) -> Floats:
        """Add up values given per entry of `arcs` over each path."""
        total = np.bincount(self.path_of, weights=values, minlength=self.count)
        return np.asarray(total, dtype=np.float64)


@njit(cache=True, nogil=True)
def _generate(
    first_out: Ints,
    head: Ints,
    tail: Ints,
    cost: Floats,
    request_cost: Ints,
    source: Ints,
    target: Ints,
    rounds: int,
    penalty: float,
    out_arcs: Ints,
    out_length: Ints,
) -> None:
    states = first_out.shape[0] - 1
    distance = np.empty(states)
    arc_into = np.empty(states, dtype=np.int32)
    heap = np.empty(states, dtype=np.int32)
    position = np.empty(states, dtype=np.int32)
    penalised = np.empty(cost.shape[1])
    views = request_cost.shape[1]
    for request in range(source.shape[0]):
        for view in range(views):
            penalised[:] = cost[request_cost[request, view]]
            for turn in range(rounds):
                slot = (request * views + view) * rounds + turn
                shortest_tree(
                    first_out,
                    head,
                    penalised,
                    source[request],
                    target[request],
                    distance,
                    arc_into,
                    heap,
                    position,
                )
                count = trace_path(tail, arc_into, source[request], target[request], out_arcs[slot])
                out_length[slot] = count
                if count < 0:
                    break
                for step in range(count):
                    penalised[out_arcs[slot, step]] *= penalty


def choice_sets(
    network: Network,
    cost: Floats,
    request_cost: Ints,
    source: Ints,
    target: Ints,
    *,
    rounds: int,
    penalty: float,
) -> PathTable:
    """Generate a choice set for every request.

    Parameters
    ----------
    network : Network
        Topology.
    cost : ndarray of float64, shape (cost rows, arcs)
        Generalised costs; infinite where forbidden.
    request_cost : ndarray of int32, shape (requests, views)
        Rows of `cost` from whose point of view a request looks.
    source, target : ndarray of int32, shape (requests,)
        States.
    rounds : int
        Shortest paths per view.
    penalty : float
        Factor on the cost of an arc each time a path of the view uses it.

    Returns
    -------
    PathTable
        Distinct paths, by request, in the order in which they were found. A request
        that no path answers has none.
    """
    requests, views = request_cost.shape
    slots = requests * views * rounds
    out_arcs = np.empty((slots, LONGEST_PATH), dtype=np.int32)
    out_length = np.full(slots, -1, dtype=np.int32)
    _generate(
        network.first_out,
        network.head,
        network.tail,
        cost,
        request_cost,
        source,
        target,
        rounds,
        penalty,
        out_arcs,
        out_length,
    )
    request = np.repeat(np.arange(requests, dtype=np.int32), views * rounds)
    return merge_paths([(request, out_arcs, out_length)])


@njit(cache=True, nogil=True)
def _through(
    first_out: Ints,
    head: Ints,
    tail: Ints,
    first_in: Ints,
    by_head: Ints,
    cost: Floats,
    request_cost: Ints,
    source: Ints,
    target: Ints,
    mark_first: Ints,
    mark_arcs: Ints,
    out_arcs: Ints,
    out_length: Ints,
) -> None:
    states = first_out.shape[0] - 1
    marks = mark_first.shape[0] - 1
    from_source = np.empty(states)
    to_target = np.empty(states)
    arc_into = np.empty(states, dtype=np.int32)
    arc_out_of = np.empty(states, dtype=np.int32)
    heap = np.empty(states, dtype=np.int32)
    position = np.empty(states, dtype=np.int32)
    seen = np.zeros(states, dtype=np.int64)
    tail_by_head = tail[by_head]
    stamp = 0
    for request in range(source.shape[0]):
        metric = cost[request_cost[request]]
        shortest_tree(
            first_out, head, metric, source[request], -1, from_source, arc_into, heap, position
        )
        shortest_tree(
            first_in,
            tail_by_head,
            metric[by_head],
            target[request],
            -1,
            to_target,
            arc_out_of,
            heap,
            position,
        )
        for mark in range(marks):
            slot = request * marks + mark
            path = out_arcs[slot]
            shortest_so_far = -1.0
            for _ in range(TRIES):
                best = np.inf
                through = -1
                for k in range(mark_first[mark], mark_first[mark + 1]):
                    arc = mark_arcs[k]
                    length = from_source[tail[arc]] + metric[arc] + to_target[head[arc]]
                    if shortest_so_far < length < best:
                        best = length
                        through = arc
                if through < 0:
                    break
                shortest_so_far = best
                count = trace_path(tail, arc_into, source[request], tail[through], path)
                arc = through
                state = -1
                while 0 <= count < path.shape[0]:
                    path[count] = arc
                    count += 1
                    state = head[arc]
                    if state == target[request]:
                        break
                    arc = by_head[arc_out_of[state]]
                stamp += 1
                simple = state == target[request]
                for step in range(count):
                    reached = head[path[step]]
                    if seen[reached] == stamp:
                        simple = False
                    seen[reached] = stamp
                if simple:
                    out_length[slot] = count
                    break


def paths_through(
    network: Network,
    cost: Floats,
    request_cost: Ints,
    source: Ints,
    target: Ints,
    marked: list[Ints],
) -> PathTable:
    """Return, for every request and set of marked arcs, the cheapest way through one of them.

    One forward and one backward tree per request serve all sets. A way that would pass a
    state twice is passed over for the next best, a few times.

    Parameters
    ----------
    network : Network
        Topology.
    cost : ndarray of float64, shape (cost rows, arcs)
        Generalised costs; infinite where forbidden.
    request_cost : ndarray of int32, shape (requests,)
        Row of `cost` of each request.
    source, target : ndarray of int32, shape (requests,)
        States.
    marked : list of ndarray of int32
        Arcs of each set.

    Returns
    -------
    PathTable
        Distinct paths, by request.
    """
    first_in, by_head, _ = reverse(network.first_out, network.head)
    mark_first = np.zeros(len(marked) + 1, dtype=np.int32)
    np.cumsum([len(arcs) for arcs in marked], out=mark_first[1:])
    slots = len(source) * len(marked)
    out_arcs = np.empty((slots, LONGEST_PATH), dtype=np.int32)
    out_length = np.full(slots, -1, dtype=np.int32)
    _through(
        network.first_out,
        network.head,
        network.tail,
        first_in,
        by_head,
        cost,
        request_cost,
        source,
        target,
        mark_first,
        np.concatenate([*marked, np.empty(0, dtype=np.int32)]).astype(np.int32),
        out_arcs,
        out_length,
    )
    request = np.repeat(np.arange(len(source), dtype=np.int32), len(marked))
    return merge_paths([(request, out_arcs, out_length)])


def merge_paths(batches: list[tuple[Ints, Ints, Ints]]) -> PathTable:
    """Join batches of paths (request, padded arcs, length) and drop duplicates.

    Paths keep the order of the batches within a request.
    """
    found: dict[tuple[int, bytes], None] = {}
    for request, arcs, length in batches:
        for slot in np.flatnonzero(length > 0):
            found.setdefault((int(request[slot]), arcs[slot, : length[slot]].tobytes()))
    ordered = sorted(found, key=lambda path: path[0])
    pieces = [np.frombuffer(path, dtype=np.int32) for _, path in ordered]
    first = np.zeros(len(pieces) + 1, dtype=np.int64)
    np.cumsum([len(piece) for piece in pieces], out=first[1:])
    return PathTable(
        request=np.array([number for number, _ in ordered], dtype=np.int32),
        first=first,
        arcs=np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int32),
    )


def padded(paths: PathTable) -> tuple[Ints, Ints, Ints]:
    """Return a path table as a batch for `merge_paths`."""
    length = np.diff(paths.first).astype(np.int32)
    arcs = np.full((paths.count, LONGEST_PATH), -1, dtype=np.int32)
    inside = np.arange(LONGEST_PATH)[None, :] < length[:, None]
    arcs[inside] = paths.arcs
    return paths.request, arcs, length
