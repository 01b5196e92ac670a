"""Where: the arcs that a name in ``--avoid``, ``--via`` or ``--why-not`` stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sogdia.errors import DataError
from sogdia.network.marks import MODE_PREFIX, Marks, split
from sogdia.network.model import Bools, Network
from sogdia.routing.snapshot import Snapshot
from sogdia.routing.token import Token, operators_of
from sogdia.study import Study


@dataclass(frozen=True, slots=True)
class Region:
    """Arcs that a way has to use, or must not, to be what a name stands for.

    Attributes
    ----------
    groups : tuple of ndarray of bool, shape (arcs,)
        Of each group, a way uses an arc.
    without : ndarray of bool, shape (arcs,)
        Arcs that it does not use.
    corridor_id : str or None
        Corridor that has to claim it.
    """

    groups: tuple[Bools, ...]
    without: Bools
    corridor_id: str | None = None


def services_of(study: Study, token: Token) -> frozenset[str]:
    """Return the services that an operator or a service stands for; empty for other names."""
    if token.kind == "operator":
        rows = study.service.select("service_id", "operator").iter_rows()
        return frozenset(row_id for row_id, names in rows if token.id in operators_of(names))
    return frozenset([token.id]) if token.kind == "service" else frozenset()


def region(snap: Snapshot, token: Token) -> Region:
    """Return what a way has to use to be what a name stands for.

    Parameters
    ----------
    snap : Snapshot
        The network.
    token : Token
        The name.

    Returns
    -------
    Region
        Of a corridor, several groups; of anything else, one.
    """
    network, marks = snap.network, snap.marks
    nowhere = np.zeros(network.arc.height, dtype=np.bool_)
    if token.kind == "corridor":
        row = snap.study.corridor.row(by_predicate=pl.col("corridor_id") == token.id, named=True)
        without = marks.any_of(split(row["none_of"]))
        groups = _groups(marks, row)
        # what bears the mark of a corridor before it in the order belongs to that one
        earlier = snap.study.corridor.filter(pl.col("priority") < row["priority"])
        for other in earlier.iter_rows(named=True):
            marked = _groups(marks, other)
            if len(marked) == 1 and other["none_of"] is None:
                without = without | marked[0]
        return Region(groups, without, token.id)
    return Region((_arcs(snap, network, marks, token),), nowhere)


def _groups(marks: Marks, corridor: dict[str, Any]) -> tuple[Bools, ...]:
    """Return the arcs of each mark that a way of a corridor bears."""
    groups = [marks.of(mark) for mark in split(corridor["all_of"])]
    if any_of := split(corridor["any_of"]):
        groups.append(marks.any_of(any_of))
    return tuple(groups)


def arcs_to_avoid(snap: Snapshot, token: Token) -> Bools:
    """Return the arcs that nothing may use that avoids what a name stands for.

    Raises
    ------
    DataError
        For a corridor that is told by several marks together: leaving out any one of
        them would do, so the user has to say which.
    """
    found = region(snap, token)
    if token.kind == "corridor":
        row = snap.study.corridor.row(by_predicate=pl.col("corridor_id") == token.id, named=True)
        if len(found.groups) != 1 or row["none_of"] is not None:
            told = ", ".join(filter(None, (row["all_of"], row["any_of"]))) or "no place at all"
            apart = f" without {row['none_of']}" if row["none_of"] else ""
            raise DataError(
                f"corridor {token.id!r} cannot be avoided as such, because it is told by {told}"
                f"{apart}; name a country or a place to avoid"
            )
    return found.groups[0]


def _arcs(snap: Snapshot, network: Network, marks: Marks, token: Token) -> Bools:
    match token.kind:
        case "mode":
            return marks.of(f"{MODE_PREFIX}{token.id}")
        case "crossing":
            return _crossing(network, marks, token.id)
        case "operator":
            return marks.any_of(sorted(services_of(snap.study, token)))
        case _:
            return marks.of(token.id)


def _crossing(network: Network, marks: Marks, crossing: str) -> Bools:
    """Return the arcs by which goods cross from one country to another at one place.

    These are the border operations there, and line haul between the two countries that ends
    there.
    """
    pair, _, place = crossing.partition("@")
    countries = pair.split("-")
    country = dict(network.state.select("node_id", "country").unique().iter_rows())
    ends = [
        network.arc[column].replace_strict(country, default=None)
        for column in ("tail_node_id", "head_node_id")
    ]
    between = ends[0].is_in(countries) & ends[1].is_in(countries) & (ends[0] != ends[1])
    listed = network.arc["country"].str.split(",").list.set_intersection(countries).list.len()
    sides = network.arc["tail_side"].is_in(countries) | network.arc["head_side"].is_in(countries)
    operations = (network.arc["kind"] == "terminal") & sides & ends[0].is_in(countries)
    crossing_links = network.arc["kind"].is_in(["link", "service"]) & (between | (listed == 2))
    here = (operations | crossing_links).fill_null(value=False).to_numpy()
    return np.asarray(marks.of(place) & here, dtype=np.bool_)
