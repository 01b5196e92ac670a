"""What a stress test takes away: elements of a network, and how often they were lost before."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from sogdia.assignment.requests import YearOfDemand
from sogdia.balance.outage_record import Chance
from sogdia.errors import DataError
from sogdia.network.marks import split
from sogdia.scenario import Period
from sogdia.study import Study, base_id
from sogdia.study.country_names import COUNTRY_NAMES
from sogdia.study.marks import KEYS
from sogdia.study.sheet import nearest

if TYPE_CHECKING:
    from sogdia.analysis.criticality.arcs import ElementArcs

KINDS = ("link", "terminal", "service", "chokepoint", "node", "country")
PLURALS = {
    "links": "link",
    "terminals": "terminal",
    "services": "service",
    "chokepoints": "chokepoint",
    "nodes": "node",
    "countries": "country",
}
CHOKEPOINT = "chokepoint"
EVENT_ID = "stress"


@dataclass(frozen=True, slots=True)
class Element:
    """Something that may be lost.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    element : str
        Its identifier, or the country's code.
    name : str
        For readers.
    """

    kind: str
    element: str
    name: str

    @property
    def event_kind(self) -> Any:  # noqa: ANN401 - one of a few words, which a scenario checks
        """What table ``event`` calls its kind."""
        return "node" if self.kind == CHOKEPOINT else self.kind


def kinds_of(elements: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds that the plurals of a request name, in the order of `KINDS`.

    Raises
    ------
    DataError
        If one of them is none, or there is not one.

    Examples
    --------
    >>> kinds_of(["terminals", "links"])
    ('link', 'terminal')
    """
    names = list(elements)
    for name in names:
        if name not in PLURALS:
            near = nearest(name, list(PLURALS))
            hint = f"; nearest: {near}" if near else ""
            raise DataError(f"elements {name!r} is none of {', '.join(PLURALS)}{hint}")
    if not names:
        raise DataError(f"no elements to remove; name some of {', '.join(PLURALS)}")
    return tuple(kind for kind in KINDS if kind in {PLURALS[name] for name in names})


def elements_of(study: Study, arcs: ElementArcs, kinds: Collection[str]) -> list[Element]:
    """Return the elements of some kinds that are in the network, in the order of their tables.

    Parameters
    ----------
    study : Study
        As it stands in a period.
    arcs : ElementArcs
        Of its network.
    kinds : collection of str
        Some of `KINDS`. A chokepoint is a node of that kind, and stands for it where nodes
        are asked for too.
    """
    found = [
        element
        for kind in KINDS
        if kind in kinds
        for element in _of_kind(study, kind)
        if kind != "node" or CHOKEPOINT not in kinds or not _is_chokepoint(study, element)
    ]
    return [element for element in found if arcs.touched(element).any()]


def _of_kind(study: Study, kind: str) -> list[Element]:
    if kind == "country":
        listed = study.link["country"].drop_nulls().str.split(",").explode()
        codes = sorted({*study.node["country"].drop_nulls(), *listed})
        return [Element(kind, code, COUNTRY_NAMES.get(code, code)) for code in codes]
    table = "node" if kind == CHOKEPOINT else kind
    frame = study.frames()[table]
    if kind == CHOKEPOINT:
        frame = frame.filter(pl.col("kind").cast(pl.String) == CHOKEPOINT)
    names = {
        base_id(row_id): name for row_id, name in frame.select(KEYS[table], "name").iter_rows()
    }
    return [Element(kind, row_id, name or row_id) for row_id, name in names.items()]


def _is_chokepoint(study: Study, element: Element) -> bool:
    kind = study.node.filter(pl.col("node_id") == element.element)["kind"].cast(pl.String)
    return kind.to_list() == [CHOKEPOINT]


def asked_under(
    asked: YearOfDemand, period: Period, elements: Iterable[Element], capacity_left: float
) -> YearOfDemand:
    """Return a year in which elements are lost, wholly or in part, for a whole period.

    Parameters
    ----------
    asked : YearOfDemand
        The year.
    period : Period
        The part of it.
    elements : iterable of Element
        What is lost.
    capacity_left : float
        Share of their capacity that is left; 0 closes them.
    """
    event = asked.study.event
    closes = capacity_left == 0.0
    rows = [
        dict.fromkeys(event.columns)
        | {
            "event_id": f"{EVENT_ID}-{number}",
            "name": "stress test",
            "from_date": period.start,
            "until_date": period.end,
            "element_kind": element.event_kind,
            "element_id": element.element,
            "effect": "closes" if closes else "capacity",
            "factor": None if closes else capacity_left,
            "happened": True,
        }
        for number, element in enumerate(elements)
    ]
    added = pl.DataFrame(rows, schema=dict.fromkeys(event.columns), infer_schema_length=None)
    added = added.select(pl.col(name).cast(dtype) for name, dtype in event.schema.items())
    return replace(asked, study=asked.study.with_tables(event=pl.concat([event, added])))


@dataclass(frozen=True, slots=True)
class Record:
    """How often one kind of disruption has hit an element, and what it took.

    Attributes
    ----------
    outages_per_year : float
        Mean of the rate that the record leaves open (see `sogdia.balance.outage_record`).
    duration_days : float
        Mean duration.
    lost_share : float
        Share of the capacity that it takes.
    uses : frozenset of str
        Kinds of cargo that it hits; empty: all.
    """

    outages_per_year: float
    duration_days: float
    lost_share: float
    uses: frozenset[str]


def records_of(study: Study, element: Element) -> list[Record]:
    """Return what table ``disruption`` knows of an element."""
    rows = study.disruption.filter(
        pl.col("element_kind").cast(pl.String) == element.event_kind,
        pl.col("element_id") == element.element,
    )
    found = []
    for row in rows.iter_rows(named=True):
        left = row["capacity_factor"] or 0.0
        chance = Chance(
            disruption=row["disruption_id"],
            events=row["events"],
            years=row["years"],
            duration_days=row["duration_days"],
            duration_cv=1.0,
            left=left,
        )
        uses = frozenset(split(row["uses"]))
        found.append(Record(chance.rate_y, row["duration_days"], 1.0 - left, uses))
    return found
