"""Itineraries: one way of a shipment from door to door, element by element.

An element is a transport chain element in the sense of ISO 14083: one stretch of line haul
or one operation at a hub. Legs are what a shipper sees: neighbouring stretches by the same
carrier joined, operations between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from math import ceil

from sogdia.routing.arrival import Arrival
from sogdia.routing.place import Place

HOURS_PER_DAY = 24.0
COST_ITEMS = (
    "line_haul",
    "ferry",
    "terminal",
    "border",
    "drayage",
    "scarcity",
    "war_risk",
    "insurance",
)


@dataclass(frozen=True, slots=True)
class Element:
    """One stretch of line haul or one operation at a hub.

    Attributes
    ----------
    kind : str
        "link", "service", "terminal", or "drayage" (the road to or from a place that is not
        in the study).
    row_id : str
        Key in that table; services that leave from the same berth are joined by ``|``.
    mode : str
        Mode of line haul; of an operation, the mode that it serves first.
    operation : str or None
        "border", "gauge_change", "transshipment"; None of line haul.
    from_id, from_name, to_id, to_name : str
        Nodes at either end; the same for an operation.
    service, operator : str or None
        Names, for carriers with departures.
    gauge_mm : int or None
        Gauge of rail line haul.
    countries : tuple of str
        Where it lies or ends, in order of travel.
    length_km, moving_h, waiting_h, handling_h : float
        Length, and mean hours on the way, waiting (for a departure, in a queue), and in
        the hands of a terminal or border post.
    time_sd_h : float
        Standard deviation of all of its time.
    cost_item : str
        One of `COST_ITEMS`: what its freight is paid for.
    freight_usd_t, war_risk_usd_t : float
        Freight or charge, and premium for passing a dangerous place.
    wtt_kg_t, ttw_kg_t : float
        Greenhouse gases, kg CO2e per t: energy provision (well to tank) and operation
        (tank to wheel).
    emission_class, emission_country : str or None
        Row of table ``emission_factor`` that was used; "*" as country: the default row.
    sources : tuple of str
        Rows of table ``source`` behind its figures.
    scarcity_usd_t : float
        What the capacity used is worth to those who compete for it, where the queues of an
        assignment are counted.
    """

    kind: str
    row_id: str
    mode: str
    operation: str | None
    from_id: str
    from_name: str
    to_id: str
    to_name: str
    service: str | None
    operator: str | None
    gauge_mm: int | None
    countries: tuple[str, ...]
    length_km: float
    moving_h: float
    waiting_h: float
    handling_h: float
    time_sd_h: float
    cost_item: str
    freight_usd_t: float
    war_risk_usd_t: float
    wtt_kg_t: float
    ttw_kg_t: float
    emission_class: str | None
    emission_country: str | None
    sources: tuple[str, ...]
    scarcity_usd_t: float = 0.0

    @property
    def time_h(self) -> float:
        """Mean time, h."""
        return self.moving_h + self.waiting_h + self.handling_h

    @property
    def cost_usd_t(self) -> float:
        """Freight, scarcity price and war-risk premium, USD per t."""
        return self.freight_usd_t + self.scarcity_usd_t + self.war_risk_usd_t

    @property
    def co2_kg_t(self) -> float:
        """Well to wheel, kg CO2e per t."""
        return self.wtt_kg_t + self.ttw_kg_t


@dataclass(frozen=True, slots=True)
class Leg:
    """Neighbouring elements by the same carrier, or one operation."""

    elements: tuple[Element, ...]

    @property
    def mode(self) -> str:
        """Mode of line haul, or the name of the operation."""
        first = self.elements[0]
        return first.operation or first.mode

    @property
    def first(self) -> Element:
        """Where the leg begins."""
        return self.elements[0]

    @property
    def last(self) -> Element:
        """Where the leg ends."""
        return self.elements[-1]

    @property
    def service(self) -> str | None:
        """Service with departures, if it is one."""
        return self.first.service

    @property
    def length_km(self) -> float:
        """Length, km."""
        return sum(one.length_km for one in self.elements)

    @property
    def moving_h(self) -> float:
        """Mean hours on the way."""
        return sum(one.moving_h for one in self.elements)

    @property
    def waiting_h(self) -> float:
        """Mean hours waiting for a departure or in a queue."""
        return sum(one.waiting_h for one in self.elements)

    @property
    def handling_h(self) -> float:
        """Mean hours in the hands of a terminal or border post."""
        return sum(one.handling_h for one in self.elements)

    @property
    def time_h(self) -> float:
        """Mean hours of all kinds."""
        return sum(one.time_h for one in self.elements)

    @property
    def cost_usd_t(self) -> float:
        """Freight, scarcity price and war-risk premium, USD per t."""
        return sum(one.cost_usd_t for one in self.elements)

    @property
    def co2_kg_t(self) -> float:
        """Well to wheel, kg CO2e per t."""
        return sum(one.co2_kg_t for one in self.elements)

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries in order of travel."""
        return _distinct(country for one in self.elements for country in one.countries)

    @property
    def sources(self) -> tuple[str, ...]:
        """Rows of table ``source`` behind its figures."""
        return _distinct(source for one in self.elements for source in one.sources)


@dataclass(frozen=True, slots=True)
class Itinerary:
    """One way from door to door, with what it takes.

    Attributes
    ----------
    rank : int
        Place in the answer, from 1.
    corridor : str or None
        Corridor of the study that claims it.
    corridor_name : str
        Its name.
    elements : tuple of Element
        In order of travel.
    arrival : Arrival
        Distribution of the time from door to door.
    on_time : float or None
        Probability of arriving by the deadline; None without a deadline.
    insurance_usd_t : float
        Cargo insurance of the whole trip.
    inventory_usd_t : float
        Value of the shipper's time on the way; not part of `cost_usd_t`.
    t_per_teu : float or None
        Load of a container; None for goods outside containers.
    notices : tuple of str
        Events that slow, narrow or price what it uses on the day of departure.
    """

    rank: int
    corridor: str | None
    corridor_name: str
    elements: tuple[Element, ...]
    arrival: Arrival
    on_time: float | None
    insurance_usd_t: float
    inventory_usd_t: float
    t_per_teu: float | None
    notices: tuple[str, ...] = ()

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Elements joined into what a shipper sees."""
        return tuple(Leg(tuple(group)) for _, group in groupby(self.elements, _carrier))

    @property
    def days_mean(self) -> float:
        """Mean door-to-door days."""
        return self.arrival.mean_h / HOURS_PER_DAY

    def days_quantile(self, probability: float) -> float:
        """Door-to-door days that are not exceeded with a probability."""
        return self.arrival.quantile_h(probability) / HOURS_PER_DAY

    @property
    def length_km(self) -> float:
        """Length, km."""
        return sum(one.length_km for one in self.elements)

    @property
    def cost_parts_usd_t(self) -> dict[str, float]:
        """Cost by item, USD per t, in the order of `COST_ITEMS`; they make `cost_usd_t`."""
        parts = dict.fromkeys(COST_ITEMS, 0.0)
        for one in self.elements:
            parts[one.cost_item] += one.freight_usd_t
            parts["scarcity"] += one.scarcity_usd_t
            parts["war_risk"] += one.war_risk_usd_t
        parts["insurance"] += self.insurance_usd_t
        return parts

    @property
    def cost_usd_t(self) -> float:
        """All that is paid out, USD per t."""
        return sum(self.cost_parts_usd_t.values())

    @property
    def cost_usd_teu(self) -> float | None:
        """The same per TEU; None for goods outside containers."""
        return None if self.t_per_teu is None else self.cost_usd_t * self.t_per_teu

    @property
    def wtt_kg_t(self) -> float:
        """Well to tank, kg CO2e per t."""
        return sum(one.wtt_kg_t for one in self.elements)

    @property
    def ttw_kg_t(self) -> float:
        """Tank to wheel, kg CO2e per t."""
        return sum(one.ttw_kg_t for one in self.elements)

    @property
    def co2_kg_t(self) -> float:
        """Well to wheel, kg CO2e per t."""
        return self.wtt_kg_t + self.ttw_kg_t

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries in order of travel, each once."""
        return _distinct(country for one in self.elements for country in one.countries)

    @property
    def borders(self) -> int:
        """Number of times that goods on land leave one country for the next."""
        path = [c for one in self.elements if one.mode != "sea" for c in one.countries]
        return sum(1 for before, after in pairwise(path) if before != after)

    @property
    def gauge_changes(self) -> int:
        """Number of changes of gauge."""
        return sum(one.operation == "gauge_change" for one in self.elements)


@dataclass(frozen=True, slots=True)
class Answer:
    """What `route` found.

    Attributes
    ----------
    origin, destination : Place
        Ends of the shipment.
    commodity_id, commodity_name : str
        What is shipped.
    depart : date
        Day of departure.
    deadline_days : float or None
        Days allowed from door to door.
    criteria : tuple of str
        What itineraries are compared by.
    itineraries : tuple of Itinerary
        By rank.
    found : int
        Itineraries of the whole Pareto set, of which those shown are a choice.
    notes : tuple of str
        What the reader should know of how the answer was made.
    """

    origin: Place
    destination: Place
    commodity_id: str
    commodity_name: str
    depart: date
    deadline_days: float | None
    criteria: tuple[str, ...]
    itineraries: tuple[Itinerary, ...]
    found: int
    notes: tuple[str, ...]

    @property
    def deadline(self) -> date | None:
        """Last day on which the goods may arrive."""
        if self.deadline_days is None:
            return None
        return self.depart + timedelta(days=ceil(self.deadline_days) - 1)


def _carrier(element: Element) -> tuple[object, ...]:
    """Return what neighbouring elements must share to make one leg."""
    if element.operation is not None or element.kind in ("service", "drayage"):
        return (element.kind, element.row_id, element.from_id, element.operation)
    return (element.kind, element.mode, element.gauge_mm)


def _distinct(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
