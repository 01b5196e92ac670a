"""What the arcs of a period mean to the paths that use them, looked up once for all paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numba import njit

from sogdia.assignment.requests import Requests
from sogdia.network.marks import Marks, split
from sogdia.network.model import Bools, Floats, Ints, Network
from sogdia.routing.choice_set import PathTable


@dataclass(frozen=True, slots=True)
class Corridors:
    """Which paths belong to which corridor: the first, by priority, whose marks they bear.

    Attributes
    ----------
    name : tuple of str or None
        Ids in order of priority; the last stands for paths that no corridor claims.
    mark : ndarray of bool, shape (arcs, marks)
        Arcs that bear a token of `all_of` or `none_of`, or one of those of `any_of`.
    needed, refused : ndarray of bool, shape (corridors, marks)
        Marks that a path of the corridor has to bear, and may not bear.
    """

    name: tuple[str | None, ...]
    mark: Bools
    needed: Bools
    refused: Bools

    @classmethod
    def of(cls, corridor: pl.DataFrame, marks: Marks, arcs: int) -> Corridors:
        """Read the study's corridor table."""
        rows = corridor.sort("priority").to_dicts()
        masks: list[Bools] = [np.zeros(arcs, dtype=np.bool_)]
        needed: list[tuple[int, int]] = []
        refused: list[tuple[int, int]] = []
        for number, row in enumerate(rows):
            groups = [([token], needed) for token in split(row["all_of"])]
            groups += [(split(row["any_of"]), needed)] if split(row["any_of"]) else []
            groups += [([token], refused) for token in split(row["none_of"])]
            for tokens, where in groups:
                where.append((number, len(masks)))
                masks.append(marks.any_of(tokens))
        tables = np.zeros((2, len(rows), len(masks)), dtype=np.bool_)
        for table, entries in zip(tables, (needed, refused), strict=True):
            for number, mark in entries:
                table[number, mark] = True
        names = (*(row["corridor_id"] for row in rows), None)
        return cls(names, np.stack(masks, axis=1), *tables)

    def claim(self, paths: PathTable) -> Ints:
        """Return the entry of `name` of each path."""
        corridor = np.empty(paths.count, dtype=np.int32)
        _claim(paths.first, paths.arcs, self.mark, self.needed, self.refused, corridor)
        return corridor


@dataclass(frozen=True, slots=True)
class ArcTerms:
    """Money, time, resources and marks of arcs, for each class of cargo where they differ.

    Attributes
    ----------
    money_usd_t : ndarray of float64, shape (cargo classes, arcs)
        Money and risk premium.
    hours, length_km : ndarray of float64, shape (arcs,)
        Time at empty queues with the reliability premium; length.
    resource : ndarray of int32, shape (cargo classes, arcs)
        Resource consumed; -1: none.
    unit_per_t : ndarray of float64, shape (cargo classes, arcs)
        Resource units consumed by a tonne.
    corridors : Corridors
        Of the study.
    captive_to : ndarray of int64, shape (requests,)
        Corridor that a request is captive to; -1: it is free, -2: one that is not there.
    """

    money_usd_t: Floats
    hours: Floats
    length_km: Floats
    resource: Ints
    unit_per_t: Floats
    corridors: Corridors
    captive_to: Ints

    @classmethod
    def of(
        cls, corridor: pl.DataFrame, network: Network, marks: Marks, requests: Requests
    ) -> ArcTerms:
        """Look up what the paths of a period's requests will be judged by."""
        corridors = Corridors.of(corridor, marks, network.arc.height)
        number = {name: place for place, name in enumerate(corridors.name) if name is not None}
        captive_to = [
            -1 if name is None else number.get(name, -2) for name in requests.table["captive_to"]
        ]
        metrics = [of_class.metric for of_class in requests.classes]
        return cls(
            money_usd_t=np.stack([of_class.money_usd_t for of_class in requests.classes]),
            hours=requests.hours,
            length_km=network.length_km,
            resource=np.stack([metric.resource for metric in metrics]),
            unit_per_t=np.stack([metric.unit_per_t for metric in metrics]),
            corridors=corridors,
            captive_to=np.array(captive_to, dtype=np.int64),
        )

    def sums(self, requests: Requests, paths: PathTable) -> tuple[Floats, Floats]:
        """Return money (USD per t) and hours, at empty queues, of each path."""
        money, hours = np.empty(paths.count), np.empty(paths.count)
        cargo = requests.cargo_class[paths.request]
        _add_up(paths.first, paths.arcs, cargo, self.money_usd_t, self.hours, money, hours)
        return money, hours


@njit(cache=True, nogil=True)
def _claim(
    first: Ints, arcs: Ints, mark: Bools, needed: Bools, refused: Bools, corridor: Ints
) -> None:
    corridors, marks = needed.shape
    borne = np.empty(marks, dtype=np.bool_)
    for path in range(corridor.shape[0]):
        borne[:] = False
        for step in range(first[path], first[path + 1]):
            borne |= mark[arcs[step]]
        corridor[path] = corridors
        for number in range(corridors):
            claimed = True
            for k in range(marks):
                if (needed[number, k] and not borne[k]) or (refused[number, k] and borne[k]):
                    claimed = False
                    break
            if claimed:
                corridor[path] = number
                break


@njit(cache=True, nogil=True)
def _add_up(
    first: Ints,
    arcs: Ints,
    cargo: Ints,
    money_of: Floats,
    hours_of: Floats,
    money: Floats,
    hours: Floats,
) -> None:
    for path in range(cargo.shape[0]):
        paid, taken = 0.0, 0.0
        for step in range(first[path], first[path + 1]):
            paid += money_of[cargo[path], arcs[step]]
            taken += hours_of[arcs[step]]
        money[path] = paid
        hours[path] = taken
