"""Search: the ways that answer a request, by one criterion or by several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import gammainc

from sogdia.errors import DataError
from sogdia.network.marks import classify, incidence
from sogdia.network.model import Bools, Floats, Ints
from sogdia.routing.describe import deterministic_time_h
from sogdia.routing.k_best import k_best, k_dissimilar
from sogdia.routing.layers import Layers, layers
from sogdia.routing.pareto import Windows, pareto
from sogdia.routing.request import Request
from sogdia.routing.where import Region

CRITERIA = ("time", "cost", "co2", "reliability")
MOST_RANKED = 4096
SAME = (2.4, 1.0, 1.0)
"""Time in h, cost in USD per t and kg CO2e per t that a shipper does not tell apart."""


def check_criteria(by: Sequence[str], deadline_h: float | None) -> None:
    """Refuse criteria that are not known, named twice, or without what they need.

    Raises
    ------
    DataError
        With what would be accepted.
    """
    if not by or len(set(by)) < len(by) or not set(by) <= set(CRITERIA):
        raise DataError(
            f"criteria {', '.join(by) or '(none)'}: name one or more of {', '.join(CRITERIA)}, "
            "each once"
        )
    if "reliability" in by and deadline_h is None:
        raise DataError(
            "reliability is the probability of arriving by a deadline; give one, "
            "e.g. --deadline 30d"
        )


def graph_of(request: Request, regions: Sequence[Region]) -> Layers:
    """Return the graph on which every way passes all regions."""
    groups = [group for one in regions for group in one.groups]
    return layers(request.snap.network, groups, *request.ends)


def outside(request: Request, regions: Sequence[Region]) -> Bools:
    """Return the arcs that a way through the regions must not use."""
    mask = np.zeros(request.snap.network.arc.height, dtype=np.bool_)
    for one in regions:
        mask |= one.without
    return mask


def ways(request: Request, by: Sequence[str], regions: Sequence[Region] = ()) -> list[Ints]:
    """Return the arcs of every way that no other way beats in all criteria.

    Reliability is a matter of mean and variance together: of two ways, the one with less of
    both arrives with a higher probability by any deadline later than either mean. So where it
    is asked for, ways are compared by both.

    Parameters
    ----------
    request : Request
        The question.
    by : sequence of str
        Some of `CRITERIA`.
    regions : sequence of Region
        What the ways pass.

    Returns
    -------
    list of ndarray of int32
        In increasing order of time if it is a criterion, else of the first.
    """
    names = list(by)
    if "reliability" in names or len(request.windows.start):
        names = ["time", *(name for name in names if name != "time")]
    graph = graph_of(request, regions)
    criteria = np.stack([request.criterion(name) for name in names], axis=1)
    criteria[outside(request, regions)] = np.inf
    labels = pareto(
        graph.first_out,
        graph.head,
        np.ascontiguousarray(criteria[graph.arc]),
        graph.source,
        target=graph.target,
        windows=_in_layers(request.windows, graph),
        place=graph.place,
    )
    found = [graph.arc[labels.path(int(label))] for label in labels.at(graph.target)]
    if graph.place is None:
        return found
    # a label that would have to come back may have pruned all that need not; the best by each
    # criterion is found without such pruning
    for name in by:
        if name != "reliability":
            found += ranked_ways(request, name, regions, 1, None)
    return _claimed(request, regions, found)


def _claimed(request: Request, regions: Sequence[Region], paths: list[Ints]) -> list[Ints]:
    """Keep the paths that belong to every corridor among the regions."""
    wanted = {one.corridor_id for one in regions} - {None}
    if not wanted or not paths:
        return paths
    named = zip(paths, corridors(request, paths), strict=True)
    return [path for path, corridor in named if wanted == {corridor}]


def ranked_ways(
    request: Request,
    criterion: str,
    regions: Sequence[Region],
    k: int,
    max_overlap: float | None,
) -> list[Ints]:
    """Return the arcs of the `k` best ways by one criterion, the best first.

    Of ways that a shipper could not tell apart (see `SAME`), only the best is returned.

    Waits for an opening do not count in the ranking; a way that would wait for ever is left
    out, and a worse one takes its place.

    Parameters
    ----------
    request : Request
        The question.
    criterion : str
        One of `CRITERIA` but reliability.
    regions : sequence of Region
        What the ways pass.
    k : int
        How many.
    max_overlap : float or None
        Greatest part of its length that a way may share with a better one.
    """
    graph = graph_of(request, regions)
    cost = request.criterion(criterion)
    cost[outside(request, regions) | np.isinf(request.criterion("cost"))] = np.inf
    arrays = (graph.first_out, graph.head, graph.tail, np.ascontiguousarray(cost[graph.arc]))
    length = request.snap.network.length_km[graph.arc]
    wanted = k
    while True:
        if max_overlap is None:
            ranked = k_best(*arrays, graph.source, graph.target, wanted)
        else:
            ranked = k_dissimilar(
                *arrays, graph.source, graph.target, wanted, max_overlap, length=length
            )
        paths = [graph.arc[path] for _, path in ranked if not graph.comes_back(path)]
        open_ways = [path for path in paths if np.isfinite(mean_time_h(request, path))]
        found = _distinct(request, _claimed(request, regions, open_ways))
        if len(found) >= k or len(ranked) < wanted or wanted >= MOST_RANKED:
            return found[:k]
        wanted *= 4


def _distinct(request: Request, paths: list[Ints]) -> list[Ints]:
    """Keep one of the paths that look the same to a shipper: by time, money and emissions.

    They differ only in which of two tracks, sheds or junctions they use.
    """
    if not paths:
        return []
    seen = np.rint(values(request, paths, CRITERIA[:3]) / SAME).astype(np.int64)
    kept = {tuple(figures): path for figures, path in zip(seen[::-1], paths[::-1], strict=True)}
    return [path for path in paths if any(path is one for one in kept.values())]


def dissimilar(paths: Sequence[Ints], length_km: Floats, max_overlap: float) -> list[int]:
    """Return the numbers of paths that share little enough with each one kept before them."""
    kept: list[int] = []
    for number, path in enumerate(paths):
        if all(_overlap(path, paths[other], length_km) <= max_overlap for other in kept):
            kept.append(number)
    return kept


def _overlap(one: Ints, other: Ints, length_km: Floats) -> float:
    """Return the length that two paths share over the length of the shorter."""
    shorter = min(length_km[one].sum(), length_km[other].sum())
    shared = length_km[np.intersect1d(one, other)].sum()
    return float(shared / shorter) if shorter > 0 else 1.0


def mean_time_h(request: Request, path: Ints) -> float:
    """Return the time of a path at mean times, with waits for opening."""
    return deterministic_time_h(path, request.time_h, request.windows)


def values(request: Request, paths: Sequence[Ints], by: Sequence[str]) -> Floats:
    """Return the criteria of paths, shape (paths, criteria); less is better.

    That of reliability is the probability of being late, of a gamma distribution with the
    path's mean and variance.
    """
    times = np.array([mean_time_h(request, path) for path in paths])
    columns = []
    for name in by:
        per_arc = request.criterion(name)
        sums = times if name == "time" else np.array([per_arc[path].sum() for path in paths])
        if name == "reliability":
            sums = _late(times, sums, request.deadline_h or np.inf)
        columns.append(sums)
    return np.stack(columns, axis=1)


def corridors(request: Request, paths: Sequence[Ints]) -> list[str | None]:
    """Name the corridor of each path; None where the study has none for it."""
    first = np.zeros(len(paths) + 1, dtype=np.int64)
    np.cumsum([len(path) for path in paths], out=first[1:])
    table = incidence(first, np.concatenate(paths), request.snap.network.arc.height)
    return classify(request.snap.study.corridor, request.snap.marks, table)


def _late(mean_h: Floats, variance_h2: Floats, deadline_h: float) -> Floats:
    """Return the probability of a gamma-distributed time to exceed a deadline."""
    certain = (mean_h > deadline_h).astype(np.float64)
    spread_h2 = np.where(variance_h2 > 0, variance_h2, 1.0)
    late = 1.0 - gammainc(mean_h**2 / spread_h2, deadline_h * mean_h / spread_h2)
    return np.where(variance_h2 > 0, late, certain)


def _in_layers(windows: Windows, graph: Layers) -> Windows | None:
    """Repeat the windows of arcs for each of their copies."""
    if not len(windows.start):
        return None
    counts = np.diff(windows.first)[graph.arc]
    first = np.concatenate([[0], np.cumsum(counts)])
    rows = np.repeat(windows.first[graph.arc] - first[:-1], counts) + np.arange(first[-1])
    return Windows(first, windows.start[rows], windows.end[rows])
