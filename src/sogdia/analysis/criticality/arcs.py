"""Which arcs of a compiled network go with each element that may be lost.

What an element's loss means is said by the scenario layer: an event that closes it, or leaves
part of its capacity. Here the same is said of arcs, so that nothing has to be compiled again.
That holds for all but a service that shares its berth with others: without it the departures of
the rest are what is left, and the network is another one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import polars as pl

from sogdia.analysis.criticality.elements import Element
from sogdia.network.compile import NO_SIDE
from sogdia.network.model import Bools, Network
from sogdia.network.resource import POOL_MARK, departures_per_year, own_ids
from sogdia.study import Study, base_id

MOVING = ("link", "terminal", "service")
"""Kinds of arcs on which goods are moved or handled; access and egress are at either end."""


class ElementArcs:
    """Which arcs go with each element of a network.

    Parameters
    ----------
    network : Network
        The network.
    study : Study
        As it stands in the period; the places and services of its tables are the network's.
    """

    def __init__(self, network: Network, study: Study) -> None:
        self._network, self._study = network, study
        self._arcs: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._shared: set[str] = set()
        country = dict(study.node.select("node_id", "country").iter_rows())
        rows = network.arc.select(
            "kind",
            own_ids("row_id").str.split(POOL_MARK).list.unique(),
            own_ids("link_id"),
            "tail_node_id",
            "head_node_id",
            pl.col("country").str.split(","),
        )
        for arc, row in enumerate(rows.iter_rows(named=True)):
            if row["kind"] in MOVING:
                for key in _bearers(row, country):
                    self._arcs[key].append(arc)
                if row["kind"] == "service" and len(row["row_id"]) > 1:
                    self._shared.update(row["row_id"])

    def touched(self, element: Element) -> Bools:
        """Return the arcs that an event about an element is about, as a mask of shape (arcs,).

        A link carries its services; to a country belong its terminals and the links that touch
        it, or that it is listed with; a service has the arcs on which it is one of several.
        """
        mask = np.zeros(self._network.arc.height, dtype=np.bool_)
        mask[self._arcs.get((element.event_kind, element.element), [])] = True
        return mask

    def shut(self, element: Element) -> Bools | None:
        """Return the arcs that are gone with an element; None if the rest would be other arcs.

        The latter is so for a service that leaves from the same berth as another.
        """
        if element.kind == "service" and element.element in self._shared:
            return None
        touched = self.touched(element)
        return touched | self._barred(touched)

    def share(self, element: Element) -> float:
        """Return an element's share of what its arcs can carry: 1, but of a shared berth."""
        if element.kind != "service" or element.element not in self._shared:
            return 1.0
        pools = self._network.arc.filter(pl.Series(self.touched(element)))["row_id"]
        members = {one for pool in pools for one in pool.split(POOL_MARK)}
        room = departures_per_year() * pl.coalesce("batch_capacity_teu", "batch_capacity_t")
        rows = self._study.service.filter(pl.col("service_id").is_in(sorted(members)))
        rooms = rows.select("service_id", room=room).rows()
        mine = sum(one for service, one in rooms if base_id(service) == element.element)
        return float(mine / sum(one for _, one in rooms))

    def _barred(self, shut: Bools) -> Bools:
        """Arcs across a border where the last border terminal is gone: they lead nowhere."""
        network = self._network
        terminal = network.arc["kind"].to_numpy() == "terminal"
        sided = network.state["side"].to_numpy() != NO_SIDE
        posted, working = (np.zeros(len(sided), dtype=np.bool_) for _ in range(2))
        for arcs, states in ((terminal, posted), (terminal & ~shut, working)):
            states[network.tail[arcs]] = True
            states[network.head[arcs]] = True
        barred = sided & posted & ~working
        return np.asarray(barred[network.tail] | barred[network.head], dtype=np.bool_)


def _bearers(row: dict[str, Any], country: dict[str, str | None]) -> set[tuple[str, str]]:
    """Return the elements that an arc goes with, by kind and identifier."""
    ends = {row["tail_node_id"], row["head_node_id"]}
    countries = {country[node] for node in ends} | set(row["country"] or [])
    found = {("node", node) for node in ends}
    found |= {("country", code) for code in countries if code}
    found |= {(row["kind"], one) for one in row["row_id"] if row["kind"] != "link"}
    return found | ({("link", row["link_id"])} if row["link_id"] else set())
