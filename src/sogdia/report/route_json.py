"""An answer of the route planner for scripts: plain values under keys that stay."""

from __future__ import annotations

from math import isfinite
from typing import Any

from sogdia.routing.itinerary import Answer, Itinerary, Leg
from sogdia.routing.place import Place


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as values that JSON knows.

    Parameters
    ----------
    answer : Answer
        What was found.

    Returns
    -------
    dict
        Places of legs are ids of nodes; units are in the keys; what is not known, or not
        finite, is None. Money, emission and days have two decimals, hours and
        lengths one, probabilities four.
    """
    return {
        "origin": _place(answer.origin),
        "destination": _place(answer.destination),
        "commodity": answer.commodity_id,
        "depart": answer.depart.isoformat(),
        "deadline": None if answer.deadline is None else answer.deadline.isoformat(),
        "criteria": list(answer.criteria),
        "found": answer.found,
        "notes": list(answer.notes),
        "itineraries": [_itinerary(one) for one in answer.itineraries],
    }


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


def _itinerary(one: Itinerary) -> dict[str, Any]:
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
        "legs": [_leg(leg) for leg in one.legs],
    }


def _leg(leg: Leg) -> dict[str, Any]:
    return {
        "mode": leg.mode,
        "from": leg.first.from_id,
        "to": leg.last.to_id,
        "service": leg.service,
        "operator": leg.first.operator,
        "length_km": _rounded(leg.length_km, 1),
        "moving_h": _rounded(leg.moving_h, 1),
        "waiting_h": _rounded(leg.waiting_h, 1),
        "handling_h": _rounded(leg.handling_h, 1),
        "cost_usd_t": _rounded(leg.cost_usd_t),
        "co2_kg_t": _rounded(leg.co2_kg_t),
        "sources": list(leg.sources),
    }


def _rounded(value: float | None, digits: int = 2) -> float | None:
    if value is None or not isfinite(value):
        return None
    return round(float(value), digits) + 0.0  # no negative zero
