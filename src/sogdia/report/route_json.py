"""An answer of the route planner for scripts: plain values under keys that stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from sogdia.network.resource import POOL_MARK
from sogdia.routing.explain import WhyNot
from sogdia.routing.itinerary import Answer, Element, Itinerary, Leg
from sogdia.routing.place import Place
from sogdia.study import Study, base_id


def answer_json(answer: Answer, study: Study | None = None) -> dict[str, Any]:
    """Return an answer as values that JSON knows.

    Parameters
    ----------
    answer : Answer
        What was found.
    study : Study, optional
        Names the links that services run on.

    Returns
    -------
    dict
        Places of legs are ids of nodes, None for a place that is not in the study; ``course``
        lists the links of a leg in order of travel, each with the node it leads to. Units
        are in the keys; what is not known, or not finite, is None. Money, emission and days
        have two decimals, hours and lengths one, probabilities four.
    """
    ends = _Ends.of(answer, study)
    return {
        "origin": _place(answer.origin),
        "destination": _place(answer.destination),
        "commodity": answer.commodity_id,
        "depart": answer.depart.isoformat(),
        "deadline": None if answer.deadline is None else answer.deadline.isoformat(),
        "criteria": list(answer.criteria),
        "found": answer.found,
        "notes": list(answer.notes),
        "itineraries": [_itinerary(one, ends) for one in answer.itineraries],
    }


def why_not_json(verdict: WhyNot, answer: Answer, study: Study | None = None) -> dict[str, Any]:
    """Return why a place or corridor is not among the answers, as values that JSON knows.

    Parameters
    ----------
    verdict : WhyNot
        What was found.
    answer : Answer
        The answer that it is about.
    study : Study, optional
        As of `answer_json`.

    Returns
    -------
    dict
        ``best`` is the best itinerary that passes there, as those of an answer, or None.
    """
    best = () if verdict.best is None else (verdict.best,)
    found = answer_json(replace(answer, itineraries=best), study)["itineraries"]
    return {
        "asked": verdict.asked,
        "name": verdict.name,
        "verdict": verdict.verdict,
        "blocked_by": list(verdict.blocked_by),
        "relax": [list(one) for one in verdict.relax],
        "best": found[0] if found else None,
        "text": verdict.text,
    }


@dataclass(frozen=True, slots=True)
class _Ends:
    """What a leg's ends and links are called by: the nodes of the trip's ends, and services."""

    nodes: tuple[str, str]
    link_of_service: Mapping[str, str]

    @classmethod
    def of(cls, answer: Answer, study: Study | None) -> _Ends:
        nodes = (answer.origin.node_id, answer.destination.node_id)
        if study is None:
            return cls(nodes, {})
        return cls(nodes, dict(study.service.select("service_id", "link_id").iter_rows()))

    def node(self, element: Element, end: str) -> str | None:
        """Return an end of an element, None if it is the place asked for and no node."""
        return end if element.kind != "drayage" or end in self.nodes else None

    def link(self, element: Element) -> str | None:
        """Return the link of an element of line haul, if it is one of the study."""
        if element.kind == "link":
            return base_id(element.row_id)
        # Those that leave from the same berth run on the same link.
        service = base_id(element.row_id.partition(POOL_MARK)[0])
        return self.link_of_service.get(service) if element.kind == "service" else None

    def course(self, leg: Leg) -> list[dict[str, str | None]]:
        """Return the links of a leg, with the nodes they lead to."""
        return [
            {"link_id": self.link(one), "to": self.node(one, one.to_id)}
            for one in leg.elements
            if one.operation is None
        ]


def _place(place: Place) -> dict[str, Any]:
    return {
        "asked": place.asked,
        "node_id": place.node_id,
        "name": place.name,
        "country": place.country,
        "longitude": _rounded(place.longitude, 4),
        "latitude": _rounded(place.latitude, 4),
        "access_km": _rounded(place.access_km, 1),
    }


def _itinerary(one: Itinerary, ends: _Ends) -> dict[str, Any]:
    return {
        "rank": one.rank,
        "corridor": one.corridor,
        "countries": list(one.countries),
        "days_mean": _rounded(one.days_mean),
        "days_p50": _rounded(one.days_quantile(0.5)),
        "days_p90": _rounded(one.days_quantile(0.9)),
        "cost_usd_t": _rounded(one.cost_usd_t),
        "cost_usd_teu": _rounded(one.cost_usd_teu),
        "cost_parts_usd_t": {item: _rounded(usd) for item, usd in one.cost_parts_usd_t.items()},
        "inventory_usd_t": _rounded(one.inventory_usd_t),
        "co2_kg_t": _rounded(one.co2_kg_t),
        "co2_wtt_kg_t": _rounded(one.wtt_kg_t),
        "co2_ttw_kg_t": _rounded(one.ttw_kg_t),
        "on_time": _rounded(one.on_time, 4),
        "borders": one.borders,
        "gauge_changes": one.gauge_changes,
        "notices": list(one.notices),
        "legs": [_leg(leg, ends) for leg in one.legs],
    }


def _leg(leg: Leg, ends: _Ends) -> dict[str, Any]:
    return {
        "mode": leg.mode,
        "from": ends.node(leg.first, leg.first.from_id),
        "to": ends.node(leg.last, leg.last.to_id),
        "service": leg.service,
        "operator": leg.first.operator,
        "length_km": _rounded(leg.length_km, 1),
        "moving_h": _rounded(leg.moving_h, 1),
        "waiting_h": _rounded(leg.waiting_h, 1),
        "handling_h": _rounded(leg.handling_h, 1),
        "cost_usd_t": _rounded(leg.cost_usd_t),
        "co2_kg_t": _rounded(leg.co2_kg_t),
        "sources": list(leg.sources),
        "course": ends.course(leg),
    }


def _rounded(value: float | None, digits: int = 2) -> float | None:
    if value is None or not isfinite(value):
        return None
    return round(float(value), digits) + 0.0  # no negative zero
