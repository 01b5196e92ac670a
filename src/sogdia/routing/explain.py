"""Explain: what blocks a way, what narrows it, and why it is not among the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sogdia.errors import NoRouteError
from sogdia.network.marks import split
from sogdia.network.model import Floats, Ints
from sogdia.network.resource import POOL_MARK
from sogdia.routing.choose import balanced, nondominated
from sogdia.routing.itinerary import Element, Itinerary
from sogdia.routing.request import Request
from sogdia.routing.restriction import relaxations, smallest_blocking_set
from sogdia.routing.search import CRITERIA, graph_of, outside, values, ways
from sogdia.routing.snapshot import Snapshot
from sogdia.routing.where import Region
from sogdia.study import base_id

COMPARED = CRITERIA[:3]
SHOWN_WAYS = 3
HOURS_PER_DAY = 24.0


@dataclass(frozen=True, slots=True)
class Blocks:
    """What leaves no way.

    Attributes
    ----------
    blocked_by : tuple of str
        The smallest set of restrictions that alone leaves no way.
    relax : tuple of tuple of str
        Smallest sets of restrictions without which there is a way; empty: there is none
        even without any. A set that is empty itself: there is a way as it is.
    """

    blocked_by: tuple[str, ...]
    relax: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a country, place or corridor is not among the answers, or that it is.

    Attributes
    ----------
    asked, name : str
        What the user wrote, and what it is called.
    verdict : str
        "offered" (it is among the ways that nothing beats), "dominated" (there are ways, but
        others beat each of them), "blocked" (restrictions leave none), "unreachable" (there
        is none even without restrictions).
    blocked_by : tuple of str
        The smallest set of restrictions that blocks it.
    relax : tuple of tuple of str
        Smallest sets of restrictions without which there would be a way.
    best : Itinerary or None
        The most balanced way through it; of what is blocked, without the first of `relax`.
    text : str
        The answer in a sentence.
    """

    asked: str
    name: str
    verdict: str
    blocked_by: tuple[str, ...]
    relax: tuple[tuple[str, ...], ...]
    best: Itinerary | None
    text: str


def explain_blocked(request: Request, regions: Sequence[Region] = ()) -> Blocks:
    """Return which restrictions leave no way through some regions.

    Closures and rules that end while the goods are on their way only delay; they block nothing.
    """
    graph = graph_of(request, regions)
    lasting = [one for one in request.restrictions if one.never_ends]
    usable = ~outside(request, regions)[graph.arc]
    first_out = np.concatenate([[0], np.cumsum(usable)])[graph.first_out].astype(np.int32)
    closed = [one.arcs[graph.arc][usable] for one in lasting]
    question = (first_out, graph.head[usable], closed, graph.source, graph.target)
    # labels that would have to come back may prune all that need not; then they count as well
    found = relaxations(*question, graph.place) or relaxations(*question)
    relax = tuple(tuple(lasting[number].label for number in sorted(way)) for way in found)
    if not found or not found[0]:
        return Blocks((), relax)
    return Blocks(tuple(lasting[number].label for number in smallest_blocking_set(found)), relax)


def refusal(request: Request, regions: Sequence[Region]) -> NoRouteError:
    """Return the error that says why no way is left, and what would open one."""
    blocks = explain_blocked(request, regions)
    asked = (
        f"{request.fare.commodity['name']} from {request.origin.name} to "
        f"{request.destination.name} on {request.snap.depart}"
    )
    if not blocks.relax:
        return NoRouteError(f"the network has no way for {asked}, even without any rule")
    if not blocks.relax[0]:
        return NoRouteError(
            f"no way is left for {asked}: whatever is open at departure closes for good before "
            "the goods come to it"
        )
    return NoRouteError(
        f"no way is left for {asked}: it is blocked by {' and '.join(blocks.blocked_by)}; "
        f"there is a way without {_or(blocks.relax)}",
        blocks.blocked_by,
        blocks.relax,
    )


def _or(relax: Sequence[Sequence[str]]) -> str:
    more = f" (and {len(relax) - SHOWN_WAYS} more)" if len(relax) > SHOWN_WAYS else ""
    return " or without ".join(" and ".join(one) for one in relax[:SHOWN_WAYS]) + more


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a region is not among the answers, and the path that shows it best."""

    verdict: str
    blocks: Blocks
    request: Request
    path: Ints | None
    text: str


def judge(request: Request, through: Region, name: str) -> Verdict:
    """Tell why no way through a region is among the answers, or that one is.

    Parameters
    ----------
    request : Request
        The question.
    through : Region
        What is asked about.
    name : str
        What it is called.

    Returns
    -------
    Verdict
        Ways are compared by time, cost and emissions.
    """
    own = ways(request, COMPARED, [through])
    if own:
        return _compared(request, own, name)
    blocks = explain_blocked(request, [through])
    if not blocks.relax:
        text = (
            f"The network of {request.snap.depart} has no way from {request.origin.name} to "
            f"{request.destination.name} through {name}, even without any rule."
        )
        return Verdict("unreachable", blocks, request, None, text)
    if not blocks.relax[0]:
        text = (
            f"No open way from {request.origin.name} to {request.destination.name} counts as "
            f"{name}: what bears its marks belongs to another corridor, or is closed for good "
            "before the goods come to it."
        )
        return Verdict("unreachable", blocks, request, None, text)
    opened = request.without(blocks.relax[0])
    found = ways(opened, COMPARED, [through])
    text = (
        f"{name} is closed to these goods by {' and '.join(blocks.blocked_by)}; "
        f"there is a way without {_or(blocks.relax)}."
    )
    path = found[balanced(values(opened, found, COMPARED))] if found else None
    return Verdict("blocked", blocks, opened, path, text)


def _compared(request: Request, own: Sequence[Ints], name: str) -> Verdict:
    """Compare the ways through an open region with all others."""
    blocks = Blocks((), ((),))
    everything = ways(request, COMPARED)
    mine, others = values(request, own, COMPARED), values(request, everything, COMPARED)
    offered = nondominated(np.concatenate([mine, others]))
    winners = offered[offered < len(own)]
    if len(winners):
        path = own[winners[balanced(mine[winners])]]
        text = (
            f"{name} is on {len(winners)} of the {len(everything)} ways that no other way beats; "
            "name it with --via to see them alone."
        )
        return Verdict("offered", blocks, request, path, text)
    best = balanced(mine)
    beaten_by = np.flatnonzero((others <= mine[best]).all(axis=1))
    rival = int(beaten_by[balanced(others[beaten_by])])
    text = (
        f"Every way through {name} is beaten in time, cost and emissions alike: the most "
        f"balanced takes {_difference(mine[best], others[rival])} than a way that avoids it."
    )
    return Verdict("dominated", blocks, request, own[best], text)


def _difference(mine: Floats, other: Floats) -> str:
    days = (mine[0] - other[0]) / HOURS_PER_DAY
    return (
        f"{days:.1f} days longer, costs {mine[1] - other[1]:,.0f} USD per t more and emits "
        f"{mine[2] - other[2]:,.0f} kg CO2e per t more"
    )


def notices(snap: Snapshot, elements: Iterable[Element], use: str) -> tuple[str, ...]:
    """Return the events that slow, narrow or price what an itinerary uses.

    Parameters
    ----------
    snap : Snapshot
        The network of the day of departure.
    elements : iterable of Element
        Of the itinerary.
    use : str
        Kind of cargo.
    """
    used = set(_names(snap, elements))
    return tuple(
        f"{row['name']} ({row['element_id']}: {row['effect']} x {row['factor']:g})"
        for row in _events_in_force(snap)
        if row["element_id"] in used and (not row["uses"] or use in split(row["uses"]))
    )


def _names(snap: Snapshot, elements: Iterable[Element]) -> Iterator[str]:
    """Yield what elements are, where they lie, and the links on which their services run."""
    link_of = dict(snap.study.service.select("service_id", "link_id").iter_rows())
    for one in elements:
        rows = one.row_id.split(POOL_MARK)
        links = [link_of[row_id] for row_id in rows] if one.kind == "service" else []
        yield from (*map(base_id, rows), *map(base_id, links))
        yield from (one.from_id, one.to_id, *one.countries)


def _events_in_force(snap: Snapshot) -> Iterator[dict[str, Any]]:
    day = snap.depart
    begun = pl.col("from_date") <= day
    lasts = (pl.col("until_date") >= day).fill_null(value=True)
    changes = pl.col("happened") & pl.col("factor").is_not_null()
    yield from snap.study.event.filter(begun & lasts & changes).iter_rows(named=True)
