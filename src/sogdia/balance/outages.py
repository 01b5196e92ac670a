"""What can stop, and by which arcs or sources a balance feels it.

An element of the network is a gate (the arcs by which goods come to it), a producer is what
its sources ship, and a corridor is stopped where its marks are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from sogdia.balance.limits import marked_arcs
from sogdia.balance.problem import Solution
from sogdia.balance.result import SupplyResult
from sogdia.network.marks import COUNTRY_CODE_LENGTH, MODE_PREFIX, split
from sogdia.network.model import Bools, Floats, Ints
from sogdia.network.resource import POOL_MARK, own_ids

KINDS = ("corridor", "supplier", "chokepoint", "link", "terminal", "service", "node", "country")
NARROWS = ("chokepoint", "port", "border_crossing")
"""Kinds of nodes that are chokepoints where goods only pass through."""


@dataclass(frozen=True, eq=False, slots=True)
class Outage:
    """An element that can stop.

    Attributes
    ----------
    kind, element, name : str
        What it is; ``name`` is for readers.
    marked : tuple of ndarray of bool, shape (arcs of a network,)
        The arcs by which goods come to it, for each network; empty for producers, and for
        what no arc of the year bears.
    stopped : ndarray of bool, shape (sources,), or None
        The sources that ship nothing while it is stopped.
    """

    kind: str
    element: str
    name: str
    marked: tuple[Bools, ...] = ()
    stopped: Bools | None = None

    @property
    def what(self) -> bytes:
        """What stops with it: the same for a country and its only producer."""
        if self.stopped is not None:
            return b"sources" + self.stopped.tobytes()
        return b"arcs" + b"".join(mask.tobytes() for mask in self.marked)


@dataclass(frozen=True, eq=False, slots=True)
class Touched:
    """What carries or ships something in a solution.

    Attributes
    ----------
    arcs : ndarray of bool, shape (arcs of all networks, one after the other,)
        Arcs with flow.
    sources : ndarray of bool, shape (sources,)
        Sources that ship.
    """

    arcs: Bools
    sources: Bools

    def has(self, outage: Outage) -> bool:
        """Tell whether anything passes, or is shipped by, an element."""
        if outage.stopped is not None:
            return bool((outage.stopped & self.sources).any())
        return bool(outage.marked) and bool((np.concatenate(outage.marked) & self.arcs).any())


class Outages:
    """Everything that can stop in a balance.

    Parameters
    ----------
    result : SupplyResult
        The balance.
    """

    def __init__(self, result: SupplyResult) -> None:
        self._result = result
        self._names = {
            kind: dict(result.study.frames()[kind].select(f"{kind}_id", "name").iter_rows())
            for kind in ("link", "terminal", "service", "node", "corridor")
        }

    def of(self, kinds: Collection[str]) -> list[Outage]:
        """Return the elements of some kinds, in the order of `KINDS` and of their tables.

        Arcs are only looked up for what some flow of the balance may pass, since nothing
        else changes anything by stopping.

        Parameters
        ----------
        kinds : collection of str
            Some of `KINDS`. Services that leave from one berth on one link are one element,
            as in ``elements`` of a balance. Chokepoints are the straits, ports and border
            crossings that goods of the balance pass on their way to elsewhere. Suppliers
            are named by node and by country. Corridors without marks of their own, such as
            one for all that is left, are left out.

        Raises
        ------
        ValueError
            For a kind that is none.
        """
        if unknown := sorted(set(kinds) - set(KINDS)):
            raise ValueError(f"{', '.join(unknown)}: not of the kinds {', '.join(KINDS)}")
        makers: dict[str, Callable[[], Iterator[Outage]]] = {
            "corridor": self._corridors,
            "supplier": self._suppliers,
            "chokepoint": self._chokepoints,
            "service": self._services,
            "country": self._countries,
            "link": lambda: self._rows("link"),
            "terminal": lambda: self._rows("terminal"),
            "node": lambda: self._rows("node"),
        }
        return [one for kind in KINDS if kind in kinds for one in makers[kind]()]

    def element(self, kind: str, element: str) -> Outage:
        """Return an element of the network by its kind and identifier."""
        name = self._names.get(kind, {}).get(element) or element
        return Outage(kind, element, name, self._masks(kind, element))

    def producer(self, node: str, commodities: Collection[str]) -> Outage | None:
        """Return a producer as what its sources of some commodities ship; None: it is none."""
        sources = self._result.market.sources
        mine = (pl.col("supplier") == node) & pl.col("commodity").is_in(list(commodities))
        stopped = sources.select(mine.alias("mine"))["mine"].to_numpy()
        if not stopped.any():
            return None
        return Outage("supplier", node, self._names["node"].get(node) or node, (), stopped)

    # ---- what there is of each kind ----

    def _masks(self, kind: str, element: str) -> tuple[Bools, ...]:
        """Arcs by which goods come to an element, on every network."""
        return tuple(marked_arcs(month, kind, element) for month in self._result.months.networks)

    def _rows(self, kind: str) -> Iterator[Outage]:
        for element in self._names[kind]:
            yield self._seen(kind, element, kind)

    def _seen(self, kind: str, element: str, as_kind: str) -> Outage:
        name = self._names.get(kind, {}).get(element) or element
        marked = self._masks(kind, element) if element in self._passed else ()
        return Outage(as_kind, element, name, marked)

    def _services(self) -> Iterator[Outage]:
        names = self._names["service"]
        pools: dict[str, None] = {}
        for month in self._result.months.networks:
            arcs = month.network.arc.filter(pl.col("kind") == "service")
            pools |= dict.fromkeys(arcs.select(own_ids("row_id"))["row_id"].unique().sort())
        for pool in pools:
            members = pool.split(POOL_MARK)
            name = ", ".join(names.get(one) or one for one in members)
            seen = self._passed.intersection(members)
            masks = (self._masks("service", one) for one in members)
            marked = tuple(np.logical_or.reduce(one) for one in zip(*masks, strict=True))
            yield Outage("service", pool, name, marked if seen else ())

    def _countries(self) -> Iterator[Outage]:
        for country in self._result.study.node["country"].drop_nulls().unique().sort():
            yield self._seen("country", country, "country")

    def _chokepoints(self) -> Iterator[Outage]:
        kinds = dict(self._result.study.node.select("node_id", "kind").iter_rows())
        for node in self._names["node"]:
            if kinds[node] in NARROWS and node in self._crossed:
                yield self._seen("node", node, "chokepoint")

    def _suppliers(self) -> Iterator[Outage]:
        sources = self._result.market.sources
        for country in sources["supplier_country"].drop_nulls().unique().sort():
            stopped = (sources["supplier_country"] == country).fill_null(value=False)
            yield Outage("supplier", country, country, (), stopped.to_numpy())
        for node in sources["supplier"].unique().sort():
            stopped = sources["supplier"] == node
            name = self._names["node"].get(node) or node
            yield Outage("supplier", node, name, (), stopped.to_numpy())

    def _corridors(self) -> Iterator[Outage]:
        for row in self._result.study.corridor.sort("priority").iter_rows(named=True):
            tokens = stopping_marks(row["all_of"], row["any_of"])
            if tokens:
                marked = tuple(month.marks.any_of(tokens) for month in self._result.months.networks)
                element = row["corridor_id"]
                yield Outage("corridor", element, row["name"] or element, marked)

    # ---- what flows pass ----

    @cached_property
    def _used(self) -> list[pl.DataFrame]:
        """The arcs of each network that carry something in the balance."""
        touched = self.touched(self._result.solution).arcs
        frames, first = [], 0
        for month in self._result.months.networks:
            arc = month.network.arc
            frames.append(arc.filter(pl.Series(touched[first : first + arc.height])))
            first += arc.height
        return frames

    @cached_property
    def _passed(self) -> set[str]:
        """Every place, country, link, terminal and service that flows may pass."""
        country = dict(self._result.study.node.select("node_id", "country").iter_rows())
        found: set[str] = set()
        for arcs in self._used:
            nodes = {*arcs["tail_node_id"].drop_nulls(), *arcs["head_node_id"].drop_nulls()}
            rows = arcs.select(own_ids("row_id").str.split(POOL_MARK))["row_id"]
            found |= nodes | {country[node] for node in nodes if country.get(node)}
            found |= set(rows.explode(empty_as_null=True).drop_nulls())
            found |= set(arcs.select(own_ids("link_id"))["link_id"].drop_nulls())
            found |= {one for row in arcs["country"].drop_nulls() for one in row.split(",")}
        return found

    @cached_property
    def _crossed(self) -> set[str]:
        """Nodes that some flow passes without starting or ending there."""
        found: set[str] = set()
        solution, pairs = self._result.solution, self._result.assembly.pairs
        starts, ends = pairs["supplier"].to_list(), pairs["consumer"].to_list()
        heads = [
            month.network.arc["head_node_id"].to_list() for month in self._result.months.networks
        ]
        for path in np.unique(solution.flow_path):
            first = solution.paths.first
            arcs = solution.paths.arc[first[path] : first[path + 1]]
            names = heads[solution.paths.network[path]]
            pair = solution.paths.pair[path]
            found |= {names[arc] for arc in arcs if names[arc]} - {starts[pair], ends[pair]}
        return found

    def touched(self, solution: Solution) -> Touched:
        """Return what carries or ships something in a solution, under stress or not."""
        problem = self._result.assembly.problem
        offset = np.cumsum([0, *problem.arc_counts])
        used = np.unique(solution.flow_path)
        arcs, of = _arcs_of(solution, used)
        touched = np.zeros(offset[-1], dtype=np.bool_)
        touched[offset[solution.paths.network[used]][of] + arcs] = True
        sources = np.zeros(problem.sources, dtype=np.bool_)
        sources[problem.pair_source[solution.paths.pair[used]]] = True
        return Touched(touched, sources)

    def flow_kt(self, outage: Outage, solution: Solution) -> Floats:
        """Return what passes an element, or leaves a producer, in each month of a solution, kt.

        Parameters
        ----------
        outage : Outage
            The element.
        solution : Solution
            A solution of the balance, under stress or not.

        Returns
        -------
        ndarray of float64, shape (12,)
            Flows.
        """
        problem = self._result.assembly.problem
        used, of = np.unique(solution.flow_path, return_inverse=True)
        passes = np.zeros(len(used), dtype=np.bool_)
        if outage.stopped is not None:
            passes = outage.stopped[problem.pair_source[solution.paths.pair[used]]]
        elif outage.marked:
            offset = np.cumsum([0, *problem.arc_counts])
            arcs, path = _arcs_of(solution, used)
            mark = np.concatenate(outage.marked)[offset[solution.paths.network[used]][path] + arcs]
            passes[path[mark]] = True
        flow = np.where(passes[of], solution.flow_kt, 0.0)
        total = np.bincount(solution.flow_period, weights=flow, minlength=problem.periods)
        return np.asarray(total, dtype=np.float64)


def _arcs_of(solution: Solution, path: Ints) -> tuple[Ints, Ints]:
    """Arcs of some paths, one after the other, and which of `path` each belongs to."""
    first = solution.paths.first
    length = first[path + 1] - first[path]
    of = np.repeat(np.arange(len(path)), length)
    within = np.arange(len(of)) - np.repeat(np.cumsum(length) - length, length)
    return solution.paths.arc[np.repeat(first[path], length) + within], of


def stopping_marks(all_of: str | None, any_of: str | None) -> list[str]:
    """Return the marks of a corridor by which it is stopped, the narrowest that do.

    Those are the links, services and places of which a path has one at least. Of what a path
    has all, one is enough: the first link, service or place, else the first country, else
    the first mode. Only where there is nothing of the kind, modes and countries of which it
    has one.

    Examples
    --------
    >>> stopping_marks("RU", "BYBRE-PLMAL,RUKGD-DEHAM-box")
    ['BYBRE-PLMAL', 'RUKGD-DEHAM-box']
    >>> stopping_marks(None, "mode:air")
    ['mode:air']
    """
    some, every = split(any_of), split(all_of)
    if some and all(_is_local(token) for token in some):
        return some
    if local := [token for token in every if _is_local(token)]:
        return local[:1]
    if some:
        return some
    return sorted(every, key=lambda token: token.startswith(MODE_PREFIX))[:1]


def _is_local(token: str) -> bool:
    country = len(token) == COUNTRY_CODE_LENGTH and token.isupper()
    return not (country or token.startswith(MODE_PREFIX))
