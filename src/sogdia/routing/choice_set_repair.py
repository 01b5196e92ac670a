"""Choice sets kept, and found again without some arcs.

A search that never came near the arcs that are lost would end as it did: a shortest path stays
the shortest when others are cut. So only searches whose paths used a lost arc are made again,
from the turn in which the first one did. Where a path was not the only shortest one, which one
is found depends on the order of the search, and it is made again in any case.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sogdia.network.model import Bools, Floats, Ints, Network
from sogdia.routing.choice_set import (
    LONGEST_PATH,
    TRIES,
    PathTable,
    cheapest_through,
    merge_paths,
    shortest_path,
)
from sogdia.routing.goal_directed import ROUNDING, is_only_shortest
from sogdia.routing.shortest import reverse, shortest_tree, trace_path
from sogdia.routing.tree_repair import grow_trees, repair_tree


class Topology(NamedTuple):
    """A network's arcs seen from either end; see `Network` and `shortest.reverse`."""

    first_out: Ints
    head: Ints
    tail: Ints
    first_in: Ints
    by_head: Ints
    tail_by_head: Ints
    head_by_head: Ints

    @classmethod
    def of(cls, network: Network) -> Topology:
        """Read a network."""
        first_in, by_head, _ = reverse(network.first_out, network.head)
        ends = (network.tail[by_head], network.head[by_head])
        return cls(network.first_out, network.head, network.tail, first_in, by_head, *ends)


class Trees(NamedTuple):
    """Shortest trees of some rows of costs and roots.

    Attributes
    ----------
    number : ndarray of int64
        Tree of each asker, in the shape in which the rows were given.
    row, root : ndarray of int32, shape (trees,)
        Costs, and the state where the tree begins.
    arc_into, order : ndarray of int32, shape (trees, states)
        See `tree_repair.grow_trees`.
    """

    number: Ints
    row: Ints
    root: Ints
    arc_into: Ints
    order: Ints


def grown(first_out: Ints, head: Ints, cost: Floats, row: Ints, root: Ints) -> Trees:
    """Grow the trees of all pairs of `row` and `root` (shaped alike), each once."""
    pairs = np.stack((row.ravel(), root.ravel()))
    distinct, number = np.unique(pairs, axis=1, return_inverse=True)
    rows, roots = np.ascontiguousarray(distinct.astype(np.int32))
    arc_into = np.empty((len(rows), len(first_out) - 1), dtype=np.int32)
    order = np.empty_like(arc_into)
    grow_trees(first_out, head, cost, rows, roots, arc_into, order)
    return Trees(number.reshape(row.shape), rows, roots, arc_into, order)


class Searches(NamedTuple):
    """What is sought for whom; arguments of `KeptChoiceSets`, and trees at the costs given."""

    cost: Floats
    toward_cost: Floats
    row: Ints
    through_row: Ints
    source: Ints
    target: Ints
    bound: Floats
    bound_of: Ints
    from_source: Trees
    to_target: Trees
    mark_first: Ints
    mark_arcs: Ints
    rounds: int
    penalty: float


class Found(NamedTuple):
    """Paths in slots: by request, view and turn, or by request and set of marked arcs.

    Attributes
    ----------
    arcs : ndarray of int32, shape (slots, LONGEST_PATH)
        Arcs in order of travel.
    length : ndarray of int32, shape (slots,)
        How many; -1: no path.
    """

    arcs: Ints
    length: Ints


def _room(slots: int) -> Found:
    arcs = np.empty((slots, LONGEST_PATH), dtype=np.int32)
    return Found(arcs, np.full(slots, -1, dtype=np.int32))


class KeptChoiceSets:
    """What `choice_sets` and `paths_through` find, and find again without some arcs.

    Parameters
    ----------
    network : Network
        Topology.
    cost : ndarray of float64, shape (cost rows, arcs)
        Generalised costs; infinite where forbidden.
    request_cost : ndarray of int32, shape (requests, views)
        Rows of `cost` from whose point of view a request looks.
    through_cost : ndarray of int32, shape (requests,)
        Row of `cost` for paths through marked arcs.
    source, target : ndarray of int32, shape (requests,)
        States.
    marked : list of ndarray of int32
        Sets of arcs of which the cheapest path through one is sought.
    rounds : int
        Shortest paths per view.
    penalty : float
        See `choice_sets`.

    Attributes
    ----------
    paths : PathTable
        All of them with all arcs: first those of the views, then those through marked arcs.
    """

    def __init__(
        self,
        network: Network,
        cost: Floats,
        request_cost: Ints,
        through_cost: Ints,
        source: Ints,
        target: Ints,
        marked: list[Ints],
        *,
        rounds: int,
        penalty: float,
    ) -> None:
        topology = Topology.of(network)
        toward = np.ascontiguousarray(cost[:, topology.by_head])
        forward = (topology.first_out, topology.head, cost)
        backward = (topology.first_in, topology.tail_by_head, toward)
        mark_first = np.zeros(len(marked) + 1, dtype=np.int32)
        np.cumsum([len(arcs) for arcs in marked], out=mark_first[1:])
        ends = np.broadcast_to(target[:, None], request_cost.shape)
        pairs = np.stack((request_cost.ravel(), ends.ravel()))
        distinct, bound_of = np.unique(pairs, axis=1, return_inverse=True)
        bound = np.empty((distinct.shape[1], len(topology.first_in) - 1))
        rows, roots = np.ascontiguousarray(distinct.astype(np.int32))
        _distances(*backward, rows, roots, bound)
        self._topology = topology
        self._searches = Searches(
            cost,
            toward,
            request_cost,
            through_cost,
            source,
            target,
            bound,
            bound_of.reshape(request_cost.shape),
            grown(*forward, through_cost, source),
            grown(*backward, through_cost, target),
            mark_first,
            np.concatenate([*marked, np.empty(0)]).astype(np.int32),
            rounds,
            penalty,
        )
        requests, views = request_cost.shape
        everyone, nothing = np.arange(requests), np.empty(0, dtype=np.int64)
        self._spread = _room(requests * views * rounds)
        self._only = np.ones(len(self._spread.length), dtype=np.bool_)
        _find_spread(
            topology,
            self._searches,
            nothing,
            everyone,
            np.zeros(requests * views, dtype=np.int64),
            self._spread,
            self._spread,
            self._only,
        )
        self._through = _room(requests * len(marked))
        self._looked = np.zeros((requests, len(topology.head)), dtype=np.bool_)
        _find_through(
            topology,
            self._searches,
            nothing,
            everyone,
            np.ones(requests, dtype=np.bool_),
            self._through,
            self._through,
            self._looked,
        )
        self.paths = self._merged(everyone, self._spread, self._through)

    def without(self, shut: Bools) -> tuple[Ints, PathTable]:
        """Find the paths again without some arcs.

        Parameters
        ----------
        shut : ndarray of bool, shape (arcs,)
            Arcs that nobody can use.

        Returns
        -------
        requests : ndarray of int64
            Those for whom paths had to be sought again, in order.
        paths : PathTable
            Theirs, all of them.
        """
        count, views = self._searches.row.shape
        rounds = self._searches.rounds
        closed = np.flatnonzero(shut)
        begin = np.empty(count * views, dtype=np.int64)
        _first_hit(shut, rounds, self._spread, self._only, begin)
        through: Bools = np.asarray(self._looked[:, closed].any(axis=1))
        hit = (begin < rounds).reshape(count, views).any(axis=1)
        requests = np.flatnonzero(hit | through)
        spread = _room(len(requests) * views * rounds)
        none = np.zeros(0, dtype=np.bool_)
        _find_spread(
            self._topology, self._searches, closed, requests, begin, self._spread, spread, none
        )
        ways = _room(len(requests) * (len(self._searches.mark_first) - 1))
        _find_through(
            self._topology,
            self._searches,
            closed,
            requests,
            through,
            self._through,
            ways,
            none.reshape(0, 0),
        )
        return requests, self._merged(requests, spread, ways)

    def _merged(self, requests: Ints, spread: Found, through: Found) -> PathTable:
        if not len(requests):
            empty = np.empty(0, dtype=np.int32)
            return PathTable(empty, np.zeros(1, dtype=np.int64), empty)
        numbers = requests.astype(np.int32)
        batches: list[tuple[Ints, Ints, Ints]] = [
            (np.repeat(numbers, len(found.length) // len(numbers)), found.arcs, found.length)
            for found in (spread, through)
        ]
        return merge_paths(batches)


@njit(cache=True, nogil=True)
def _distances(
    first_out: Ints, head: Ints, cost: Floats, row: Ints, root: Ints, distance: Floats
) -> None:
    """Fill the distances from each root at its row of costs."""
    states = first_out.shape[0] - 1
    arc_into = np.empty(states, dtype=np.int32)
    heap = np.empty(states, dtype=np.int32)
    position = np.empty(states, dtype=np.int32)
    for tree in range(row.shape[0]):
        shortest_tree(
            first_out,
            head,
            cost[row[tree]],
            root[tree],
            -1,
            distance[tree],
            arc_into,
            heap,
            position,
        )


@njit(cache=True, nogil=True)
def _first_hit(shut: Bools, rounds: int, kept: Found, only: Bools, begin: Ints) -> None:
    """Fill for each request and view the first turn that has to be made again."""
    for number in range(begin.shape[0]):
        begin[number] = rounds
        for turn in range(rounds):
            slot = number * rounds + turn
            if kept.length[slot] < 0:
                break
            again = not only[slot]
            for step in range(kept.length[slot]):
                again |= shut[kept.arcs[slot, step]]
            if again:
                begin[number] = turn
                break


@njit(cache=True, nogil=True)
def _find_spread(
    topology: Topology,
    searches: Searches,
    shut: Ints,
    requests: Ints,
    begin: Ints,
    kept: Found,
    found: Found,
    only: Bools,
) -> None:
    """Repeat the shortest paths of `requests` from turn `begin` of each view on.

    Slots of `found` are counted among `requests`, those of `kept` among all. Where there is
    room in `only`, it is filled with whether a path is the only shortest one.
    """
    states = topology.first_out.shape[0] - 1
    distance, key = np.empty(states), np.empty(states)
    arc_into = np.empty(states, dtype=np.int32)
    heap = np.empty(states, dtype=np.int32)
    position = np.empty(states, dtype=np.int32)
    penalised = np.empty(topology.head.shape[0])
    views = searches.row.shape[1]
    rounds = searches.rounds
    for place in range(requests.shape[0]):
        request = requests[place]
        for view in range(views):
            number = request * views + view
            searched = False
            for turn in range(rounds):
                slot = (place * views + view) * rounds + turn
                path = found.arcs[slot]
                if turn < begin[number]:
                    old = number * rounds + turn
                    count = kept.length[old]
                    path[: max(count, 0)] = kept.arcs[old, : max(count, 0)]
                else:
                    if not searched:
                        searched = True
                        penalised[:] = searches.cost[searches.row[request, view]]
                        penalised[shut] = np.inf
                        for earlier in range(slot - turn, slot):
                            for step in range(found.length[earlier]):
                                penalised[found.arcs[earlier, step]] *= searches.penalty
                    count, alone = shortest_path(
                        topology.first_out,
                        topology.head,
                        topology.tail,
                        topology.first_in,
                        topology.by_head,
                        penalised,
                        searches.source[request],
                        searches.target[request],
                        searches.bound[searches.bound_of[request, view]],
                        distance,
                        key,
                        arc_into,
                        heap,
                        position,
                        path,
                    )
                    if only.shape[0]:
                        only[slot] = alone
                    for step in range(count):
                        penalised[path[step]] *= searches.penalty
                found.length[slot] = count
                if count < 0:
                    break


@njit(cache=True, nogil=True)
def _find_through(
    topology: Topology,
    searches: Searches,
    shut: Ints,
    requests: Ints,
    again: Bools,
    kept: Found,
    found: Found,
    looked: Bools,
) -> None:
    """Seek the paths through marked arcs of those `requests` that are to be sought `again`.

    Slots of `found` are counted among `requests`, those of `kept` among all. Where there is
    room in `looked`, it is filled with the arcs on which the answer depends: all, where it
    depends on the order of the search.
    """
    states = topology.first_out.shape[0] - 1
    marks = searches.mark_first.shape[0] - 1
    from_source, to_target = np.empty(states), np.empty(states)
    arc_into = np.empty(states, dtype=np.int32)
    arc_out_of = np.empty(states, dtype=np.int32)
    heap = np.empty(states, dtype=np.int32)
    position = np.empty(states, dtype=np.int32)
    seen = np.full(states, -1, dtype=np.int64)
    metric = np.empty(topology.head.shape[0])
    toward = np.empty(topology.head.shape[0])
    looked_at = np.empty(topology.head.shape[0], dtype=np.bool_)
    everywhere = np.empty(0, dtype=np.int32)
    for place in range(requests.shape[0]):
        request = requests[place]
        slots = slice(place * marks, (place + 1) * marks)
        own = Found(found.arcs[slots], found.length[slots])
        if not again[request]:
            old = slice(request * marks, (request + 1) * marks)
            own.length[:] = kept.length[old]
            for mark in range(marks):
                length = max(own.length[mark], 0)
                own.arcs[mark, :length] = kept.arcs[old][mark, :length]
            continue
        metric[:] = searches.cost[searches.through_row[request]]
        metric[shut] = np.inf
        for entry in range(toward.shape[0]):
            toward[entry] = metric[topology.by_head[entry]]
        start, end = searches.source[request], searches.target[request]
        tree = searches.from_source.number[request]
        arc_into[:] = searches.from_source.arc_into[tree]
        order = searches.from_source.order[tree]
        forward = (topology.first_out, topology.head, topology.tail)
        repair_tree(
            *forward, metric, start, order, everywhere, from_source, arc_into, heap, position
        )
        tree = searches.to_target.number[request]
        arc_out_of[:] = searches.to_target.arc_into[tree]
        order = searches.to_target.order[tree]
        backward = (topology.first_in, topology.tail_by_head, topology.head_by_head)
        repair_tree(
            *backward, toward, end, order, everywhere, to_target, arc_out_of, heap, position
        )
        trees = (from_source, arc_into, to_target, arc_out_of)
        looked_at[:] = False
        stamp = 2 * place * marks * TRIES
        if not _through_marks(
            topology, searches, metric, start, end, *trees, seen, stamp, looked_at, own
        ):
            looked_at[:] = True
            shortest_tree(*forward[:2], metric, start, -1, from_source, arc_into, heap, position)
            shortest_tree(*backward[:2], toward, end, -1, to_target, arc_out_of, heap, position)
            stamp += marks * TRIES
            _through_marks(
                topology, searches, metric, start, end, *trees, seen, stamp, looked_at, own
            )
        if looked.shape[0]:
            looked[request] = looked_at


@njit(cache=True, nogil=True)
def _through_marks(
    topology: Topology,
    searches: Searches,
    metric: Floats,
    start: int,
    end: int,
    from_source: Floats,
    arc_into: Ints,
    to_target: Floats,
    arc_out_of: Ints,
    seen: Ints,
    stamp: int,
    looked_at: Bools,
    own: Found,
) -> bool:
    """Fill one request's paths; return whether all that was looked at lay on lonely paths.

    `arc_out_of` is in the order of heads, and is turned into arcs.
    """
    for state in range(arc_out_of.shape[0]):
        if arc_out_of[state] >= 0:
            arc_out_of[state] = topology.by_head[arc_out_of[state]]
    alone = True
    for mark in range(own.length.shape[0]):
        marked = searches.mark_arcs[searches.mark_first[mark] : searches.mark_first[mark + 1]]
        path = own.arcs[mark]
        count = cheapest_through(
            topology.tail,
            topology.head,
            metric,
            start,
            end,
            marked,
            from_source,
            arc_into,
            to_target,
            arc_out_of,
            seen,
            stamp + mark * TRIES,
            path,
        )
        own.length[mark] = count
        most = np.inf
        if count >= 0:
            most = 0.0
            for step in range(count):
                most += metric[path[step]]
            most *= 1.0 + ROUNDING
        for arc in marked:
            if (
                from_source[topology.tail[arc]] + metric[arc] + to_target[topology.head[arc]]
                <= most
            ):
                looked_at[arc] = True
                alone &= _look_back(
                    topology, metric, start, topology.tail[arc], from_source, arc_into, looked_at
                )
                alone &= _look_ahead(
                    topology, metric, end, topology.head[arc], to_target, arc_out_of, looked_at
                )
    return alone


@njit(cache=True, nogil=True)
def _look_back(
    topology: Topology,
    metric: Floats,
    start: int,
    state: int,
    distance: Floats,
    arc_into: Ints,
    looked_at: Bools,
) -> bool:
    """Mark the arcs from `start` to a state that it reaches; return if there is no other way."""
    alone = True
    if distance[state] == np.inf:
        return alone
    while state != start:
        arc = arc_into[state]
        looked_at[arc] = True
        for entry in range(topology.first_in[state], topology.first_in[state + 1]):
            other = topology.by_head[entry]
            if other != arc and distance[topology.tail[other]] + metric[other] <= distance[state]:
                alone = False
        state = topology.tail[arc]
    return alone


@njit(cache=True, nogil=True)
def _look_ahead(
    topology: Topology,
    metric: Floats,
    end: int,
    state: int,
    distance: Floats,
    arc_out_of: Ints,
    looked_at: Bools,
) -> bool:
    """Mark the arcs from a state to `end`, if it leads there; return if there is no other way."""
    alone = True
    if distance[state] == np.inf:
        return alone
    while state != end:
        arc = arc_out_of[state]
        looked_at[arc] = True
        for other in range(topology.first_out[state], topology.first_out[state + 1]):
            if other != arc and distance[topology.head[other]] + metric[other] <= distance[state]:
                alone = False
        state = topology.head[arc]
    return alone


class KeptCheapest:
    """The cheapest path of each request and view, found again at other costs.

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
    """

    def __init__(
        self, network: Network, cost: Floats, request_cost: Ints, source: Ints, target: Ints
    ) -> None:
        self._topology = Topology.of(network)
        starts = np.ascontiguousarray(np.broadcast_to(source[:, None], request_cost.shape))
        self._trees = grown(network.first_out, network.head, cost, request_cost, starts)
        # askers of one tree stand together
        self._askers = np.argsort(self._trees.number, axis=None, kind="stable")
        self._first_asker = np.searchsorted(
            self._trees.number.ravel()[self._askers], np.arange(len(self._trees.row) + 1)
        )
        self._target = np.repeat(target, request_cost.shape[1])
        self._views = request_cost.shape[1]
        self._kept, self._only = self._found(cost)

    def _found(self, cost: Floats) -> tuple[Found, Bools]:
        found = _room(len(self._askers))
        only = np.ones(len(self._askers), dtype=np.bool_)
        _find_cheapest(
            self._topology,
            cost,
            self._trees,
            self._askers,
            self._first_asker,
            self._target,
            found,
            only,
        )
        return found, only

    def needs(self, shut: Bools) -> bool:
        """Whether one of the paths kept uses an arc that is shut, or is not the only shortest."""
        begin = np.empty(len(self._only), dtype=np.int64)
        _first_hit(shut, 1, self._kept, self._only, begin)
        return bool((begin < 1).any())

    def at(self, cost: Floats) -> tuple[Bools, PathTable]:
        """Find the paths at other costs.

        Parameters
        ----------
        cost : ndarray of float64, shape (cost rows, arcs)
            Rows as before.

        Returns
        -------
        changed : ndarray of bool, shape (requests,)
            Requests with other paths than those kept.
        paths : PathTable
            All distinct paths, by request.
        """
        found, _ = self._found(cost)
        differs = np.empty(len(self._askers), dtype=np.bool_)
        _compare(self._kept, found, differs)
        request = np.repeat(
            np.arange(len(self._askers) // self._views, dtype=np.int32), self._views
        )
        changed: Bools = np.asarray(differs.reshape(-1, self._views).any(axis=1))
        return changed, merge_paths([(request, found.arcs, found.length)])


@njit(cache=True, nogil=True)
def _find_cheapest(
    topology: Topology,
    cost: Floats,
    trees: Trees,
    askers: Ints,
    first_asker: Ints,
    target: Ints,
    found: Found,
    only: Bools,
) -> None:
    """Fill the cheapest path of each asker, and whether it is the only one."""
    states = topology.first_out.shape[0] - 1
    distance = np.empty(states)
    arc_into = np.empty(states, dtype=np.int32)
    heap = np.empty(states, dtype=np.int32)
    position = np.empty(states, dtype=np.int32)
    forward = (topology.first_out, topology.head)
    work = (distance, arc_into, heap, position)
    for tree in range(trees.row.shape[0]):
        metric = cost[trees.row[tree]]
        root = trees.root[tree]
        arc_into[:] = trees.arc_into[tree]
        own = askers[first_asker[tree] : first_asker[tree + 1]]
        order = trees.order[tree]
        repair_tree(*forward, topology.tail, metric, root, order, target[own], *work)
        whole = True
        for asker in own:
            end = target[asker]
            path = found.arcs[asker]
            if not whole:
                # a search for another asker has left a tree of its own
                shortest_tree(*forward, metric, root, -1, *work)
                whole = True
            if distance[end] == np.inf:
                continue
            count = trace_path(topology.tail, arc_into, root, end, path)
            if count >= 0 and not is_only_shortest(
                topology.tail,
                topology.head,
                topology.first_in,
                topology.by_head,
                metric,
                distance,
                path[:count],
            ):
                only[asker] = False
                whole = False
                shortest_tree(*forward, metric, root, end, *work)
                count = trace_path(topology.tail, arc_into, root, end, path)
            found.length[asker] = count


@njit(cache=True, nogil=True)
def _compare(kept: Found, found: Found, differs: Bools) -> None:
    for slot in range(differs.shape[0]):
        length = max(found.length[slot], 0)
        differs[slot] = kept.length[slot] != found.length[slot]
        for step in range(length):
            differs[slot] |= kept.arcs[slot, step] != found.arcs[slot, step]
