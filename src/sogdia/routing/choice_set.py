"""Choice sets: for each origin and destination, the paths that shippers compare.

Repeated shortest paths, each time with the arcs already used made dearer (the link
penalty method of De la Barra, Pérez and Añez, 1993), from the point of view of several
values of time. The penalty spreads the paths; the duplicates that it leaves are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from sogdia.network.model import Bools, Floats, Ints, Network
from sogdia.routing.goal_directed import goal_directed_tree, is_only_shortest
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
def _widest_views(cost: Floats, request_cost: Ints, widest: Ints) -> None:
    """Fill, for each view, the first whose costs are its own but for what it forbids besides."""
    requests, views = request_cost.shape
    known = np.full(cost.shape[0], -1, dtype=np.int32)
    for request in range(requests):
        for view in range(views):
            row = request_cost[request, view]
            widest[request, view] = view
            for earlier in range(view):
                candidate = request_cost[request, earlier]
                if widest[request, earlier] == earlier and (
                    known[row] == candidate or _forbids_only(cost[row], cost[candidate])
                ):
                    known[row] = candidate
                    widest[request, view] = earlier
                    break


@njit(cache=True, nogil=True)
def _forbids_only(cost: Floats, wider: Floats) -> bool:
    for arc in range(cost.shape[0]):
        # nearly always told by one of the first arcs
        if cost[arc] != wider[arc] and cost[arc] != np.inf:
            return False
    return True


@njit(cache=True, nogil=True)
def _is_open(cost: Floats, path: Ints) -> bool:
    return not np.isinf(cost[path]).any()


@njit(cache=True, nogil=True)
def shortest_path(
    first_out: Ints,
    head: Ints,
    tail: Ints,
    first_in: Ints,
    by_head: Ints,
    cost: Floats,
    source: int,
    target: int,
    bound: Floats,
    distance: Floats,
    key: Floats,
    arc_into: Ints,
    heap: Ints,
    position: Ints,
    path: Ints,
) -> tuple[int, bool]:
    """Write the path that `shortest_tree` leads to; return its length and if it is the only one.

    The length is -1 where there is no path, or none that fits into `path`.
    """
    goal_directed_tree(
        first_out, head, cost, source, target, bound, distance, arc_into, key, heap, position
    )
    if distance[target] == np.inf:
        return -1, False
    count = trace_path(tail, arc_into, source, target, path)
    if count >= 0 and is_only_shortest(tail, head, first_in, by_head, cost, distance, path[:count]):
        return count, True
    # which of several it is depends on the order in which Dijkstra's method looks
    shortest_tree(first_out, head, cost, source, target, distance, arc_into, heap, position)
    return trace_path(tail, arc_into, source, target, path), False


@njit(cache=True, nogil=True)
def _generate(
    first_out: Ints,
    head: Ints,
    tail: Ints,
    first_in: Ints,
    by_head: Ints,
    cost: Floats,
    request_cost: Ints,
    widest: Ints,
    order: Ints,
    source: Ints,
    target: Ints,
    rounds: int,
    penalty: float,
    out_arcs: Ints,
    out_length: Ints,
) -> None:
    states = first_out.shape[0] - 1
    views = request_cost.shape[1]
    bound, distance, key = np.empty(states), np.empty(states), np.empty(states)
    arc_into = np.empty(states, dtype=np.int32)
    heap = np.empty(states, dtype=np.int32)
    position = np.empty(states, dtype=np.int32)
    penalised = np.empty(cost.shape[1])
    tail_by_head = tail[by_head]
    only = np.zeros((views, rounds), dtype=np.bool_)
    bounding_row, bounding_target = -1, -1
    for number in order:
        request, view = number // views, number % views
        start, end = source[request], target[request]
        own = cost[request_cost[request, view]]
        model_view = widest[request, view]
        row = request_cost[request, model_view]
        if row != bounding_row or end != bounding_target:
            bounding_row, bounding_target = row, end
            toward = cost[row][by_head]
            shortest_tree(first_in, tail_by_head, toward, end, -1, bound, arc_into, heap, position)
        copies = model_view != view
        penalised[:] = own
        for turn in range(rounds):
            slot = number * rounds + turn
            path = out_arcs[slot]
            model = (request * views + model_view) * rounds + turn
            count = out_length[model]
            copies = (
                copies
                and count >= 0
                and only[model_view, turn]
                and _is_open(own, out_arcs[model, :count])
            )
            if copies:
                path[:count] = out_arcs[model, :count]
            else:
                count, only[view, turn] = shortest_path(
                    first_out,
                    head,
                    tail,
                    first_in,
                    by_head,
                    penalised,
                    start,
                    end,
                    bound,
                    distance,
                    key,
                    arc_into,
                    heap,
                    position,
                    path,
                )
            out_length[slot] = count
            if count < 0:
                break
            for step in range(count):
                penalised[path[step]] *= penalty


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
        Factor on the cost of an arc each time a path of the view uses it; at least 1.

    Returns
    -------
    PathTable
        Distinct paths, by request, in the order of views and turns. A request that no path
        answers has none.

    Raises
    ------
    ValueError
        If the penalty is less than 1.

    Notes
    -----
    Of several shortest paths the one is taken to which `shortest_tree` leads. Nearly always
    there is one only, and it does not matter how it is found: so one backward tree per row
    and target bounds the searches of all requests and rounds, and a view that is another's
    but for what it forbids takes over the paths that it does not forbid. Where some state
    of a path can be reached as soon by another arc, the search is made again in full.
    """
    if penalty < 1.0:
        raise ValueError(f"penalty is {penalty}; it must be at least 1, to make used arcs dearer")
    requests, views = request_cost.shape
    slots = requests * views * rounds
    out_arcs = np.empty((slots, LONGEST_PATH), dtype=np.int32)
    out_length = np.full(slots, -1, dtype=np.int32)
    first_in, by_head, _ = reverse(network.first_out, network.head)
    widest = np.empty((requests, views), dtype=np.int32)
    _widest_views(cost, request_cost, widest)
    bounding = np.take_along_axis(request_cost, widest, axis=1).ravel()
    _generate(
        network.first_out,
        network.head,
        network.tail,
        first_in,
        by_head,
        cost,
        request_cost,
        widest,
        np.lexsort((np.repeat(target, views), bounding)),
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
def cheapest_through(
    tail: Ints,
    head: Ints,
    cost: Floats,
    source: int,
    target: int,
    marked: Ints,
    from_source: Floats,
    arc_into: Ints,
    to_target: Floats,
    arc_out_of: Ints,
    seen: Ints,
    stamp: int,
    path: Ints,
) -> int:
    """Write the cheapest simple path through a marked arc; return its length, -1 if none."""
    shortest_so_far = -1.0
    for attempt in range(TRIES):
        best = np.inf
        through = -1
        for arc in marked:
            length = from_source[tail[arc]] + cost[arc] + to_target[head[arc]]
            if shortest_so_far < length < best:
                best = length
                through = arc
        if through < 0:
            break
        shortest_so_far = best
        count = trace_path(tail, arc_into, source, tail[through], path)
        arc = through
        state = -1
        while 0 <= count < path.shape[0]:
            path[count] = arc
            count += 1
            state = head[arc]
            if state == target:
                break
            arc = arc_out_of[state]
        simple = state == target
        for step in range(count):
            reached = head[path[step]]
            if seen[reached] == stamp + attempt:
                simple = False
            seen[reached] = stamp + attempt
        if simple:
            return count
    return -1


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
    order: Ints,
    tree: Ints,
    mark_first: Ints,
    mark_arcs: Ints,
    out_arcs: Ints,
    out_length: Ints,
) -> None:
    states = first_out.shape[0] - 1
    marks = mark_first.shape[0] - 1
    trees = tree.max() + 1
    from_source = np.empty((trees, states))
    arc_into = np.empty((trees, states), dtype=np.int32)
    row_of_tree = np.full(trees, -1, dtype=np.int32)
    to_target = np.empty(states)
    arc_out_of = np.empty(states, dtype=np.int32)
    heap = np.empty(states, dtype=np.int32)
    position = np.empty(states, dtype=np.int32)
    seen = np.full(states, -1, dtype=np.int64)
    tail_by_head = tail[by_head]
    row_to, target_to = -1, -1
    for request in order:
        row, start, end, own = (
            request_cost[request],
            source[request],
            target[request],
            tree[request],
        )
        if row_of_tree[own] != row:
            row_of_tree[own] = row
            shortest_tree(
                first_out,
                head,
                cost[row],
                start,
                -1,
                from_source[own],
                arc_into[own],
                heap,
                position,
            )
        if row != row_to or end != target_to:
            row_to, target_to = row, end
            toward = cost[row][by_head]
            shortest_tree(
                first_in, tail_by_head, toward, end, -1, to_target, arc_out_of, heap, position
            )
            for state in range(states):
                if arc_out_of[state] >= 0:
                    arc_out_of[state] = by_head[arc_out_of[state]]
        for mark in range(marks):
            slot = request * marks + mark
            out_length[slot] = cheapest_through(
                tail,
                head,
                cost[row],
                start,
                end,
                mark_arcs[mark_first[mark] : mark_first[mark + 1]],
                from_source[own],
                arc_into[own],
                to_target,
                arc_out_of,
                seen,
                slot * TRIES,
                out_arcs[slot],
            )


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
    # the trees of one row of costs are held at a time, numbered by their source
    pairs, pair = np.unique(np.stack((request_cost, source)), axis=1, return_inverse=True)
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
        np.lexsort((target, request_cost)),
        pair.ravel() - np.searchsorted(pairs[0], request_cost),
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
    request = np.concatenate([request[length > 0] for request, _, length in batches])
    length = np.concatenate([length[length > 0] for _, _, length in batches])
    arcs = np.concatenate([_unpadded(arcs, length) for _, arcs, length in batches])
    first = np.zeros(len(request) + 1, dtype=np.int64)
    np.cumsum(length, out=first[1:])
    order = np.argsort(request, kind="stable")
    chosen = order[_is_new(request, first, arcs, order)]
    kept_first = np.zeros(len(chosen) + 1, dtype=np.int64)
    np.cumsum(length[chosen], out=kept_first[1:])
    shift = np.repeat(first[chosen] - kept_first[:-1], length[chosen])
    return PathTable(
        request=request[chosen].astype(np.int32),
        first=kept_first,
        arcs=arcs[np.arange(kept_first[-1]) + shift],
    )


@njit(cache=True, nogil=True)
def _unpadded(arcs: Ints, length: Ints) -> Ints:
    """Return the arcs of all paths, one path after another."""
    total = 0
    for path in range(length.shape[0]):
        total += max(length[path], 0)
    flat = np.empty(total, dtype=np.int32)
    end = 0
    for path in range(length.shape[0]):
        for step in range(length[path]):
            flat[end] = arcs[path, step]
            end += 1
    return flat


@njit(cache=True, nogil=True)
def _is_new(request: Ints, first: Ints, arcs: Ints, order: Ints) -> Bools:
    """Tell which paths, in an order by request, their request has no copy of before."""
    new = np.ones(order.shape[0], dtype=np.bool_)
    mixed = np.empty(order.shape[0], dtype=np.uint64)
    begin = 0
    for rank in range(order.shape[0]):
        path = order[rank]
        if request[path] != request[order[begin]]:
            begin = rank
        mixed[rank] = _hash(arcs[first[path] : first[path + 1]])
        for earlier in range(begin, rank):
            other = order[earlier]
            if mixed[earlier] == mixed[rank] and np.array_equal(
                arcs[first[path] : first[path + 1]], arcs[first[other] : first[other + 1]]
            ):
                new[rank] = False
                break
    return new


@njit(cache=True, nogil=True)
def _hash(path: Ints) -> np.uint64:
    """Mix the arcs of a path into one number (Fowler, Noll and Vo, FNV-1a)."""
    mixed = np.uint64(14695981039346656037)
    for arc in path:
        mixed = (mixed ^ np.uint64(arc)) * np.uint64(1099511628211)
    return mixed


def padded(paths: PathTable) -> tuple[Ints, Ints, Ints]:
    """Return a path table as a batch for `merge_paths`."""
    length = np.diff(paths.first).astype(np.int32)
    arcs = np.empty((paths.count, LONGEST_PATH), dtype=np.int32)
    _pad(paths.first, paths.arcs, arcs)
    return paths.request, arcs, length


@njit(cache=True, nogil=True)
def _pad(first: Ints, flat: Ints, arcs: Ints) -> None:
    for path in range(arcs.shape[0]):
        arcs[path, : first[path + 1] - first[path]] = flat[first[path] : first[path + 1]]
