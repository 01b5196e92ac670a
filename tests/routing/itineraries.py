"""Itineraries made by hand: a Caspian way and a northern one, in round figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from sogdia.routing.arrival import Arrival
from sogdia.routing.itinerary import Answer, Element, Itinerary
from sogdia.routing.place import Place

NAMES = {
    "CNXIA": "Xi'an International Port (Xinzhu)",
    "KZDOS": "Dostyk",
    "KZSCO": "Aktau sea port",
    "KZKUR": "Kuryk (Yeralievo) ferry port",
    "AZALA": "Alat - Baku International Sea Trade Port",
    "GEGAR": "Gardabani",
    "GEPTI": "Poti port",
    "BYBRE": "Brest",
    "PLMAL": "Małaszewicze",
    "DEDUI": "Duisburg (Rheinhausen <DIT>)",
}
XIAN = Place("Xi'an", "CNXIA", NAMES["CNXIA"], "CN", 109.06, 34.38)
DUISBURG = Place("Duisburg", "DEDUI", NAMES["DEDUI"], "DE", 6.73, 51.40)


def arrival(first_h: int, last_h: int) -> Arrival:
    """A time that is each whole hour from the first to the last with the same probability."""
    probability = np.zeros(last_h + 1)
    probability[first_h:] = 1.0 / (last_h + 1 - first_h)
    return Arrival(probability)


def element(start: str, end: str | None = None, **fields: Any) -> Element:
    """Line haul between two places, or an operation at one; rail unless said otherwise."""
    until = start if end is None else end
    neutral: dict[str, Any] = {
        "kind": "link" if end else "terminal",
        "row_id": f"{start}-{until}",
        "mode": "rail",
        "operation": None if end else "transshipment",
        "from_id": start,
        "from_name": NAMES.get(start, start),
        "to_id": until,
        "to_name": NAMES.get(until, until),
        "service": None,
        "operator": None,
        "gauge_mm": 1520 if end else None,
        "countries": (start[:2],),
        "length_km": 0.0,
        "moving_h": 0.0,
        "waiting_h": 0.0,
        "handling_h": 0.0,
        "time_sd_h": 0.0,
        "cost_item": "line_haul" if end else "terminal",
        "freight_usd_t": 0.0,
        "war_risk_usd_t": 0.0,
        "wtt_kg_t": 0.0,
        "ttw_kg_t": 0.0,
        "emission_class": None,
        "emission_country": None,
        "sources": (),
    }
    return Element(**(neutral | fields))


def border(place: str, **fields: Any) -> Element:
    """A border post."""
    return element(place, **({"operation": "border", "cost_item": "border"} | fields))


def caspian(port: str = "KZSCO", **fields: Any) -> Itinerary:
    """Xi'an, Dostyk, over the Caspian, Poti: 5,000 km, 340 h, 108 USD per t, 107 kg per t."""
    elements = (
        element(
            "CNXIA",
            "KZDOS",
            gauge_mm=1435,
            countries=("CN", "KZ"),
            length_km=1500.0,
            moving_h=50.0,
            freight_usd_t=20.0,
            wtt_kg_t=15.0,
            emission_class="rail-electric",
            emission_country="CN",
            sources=("lengths", "tariffs"),
        ),
        border("KZDOS", handling_h=20.0, waiting_h=4.0, freight_usd_t=4.0, sources=("borders",)),
        element(
            "KZDOS",
            operation="gauge_change",
            handling_h=6.0,
            freight_usd_t=3.0,
            wtt_kg_t=0.1,
            ttw_kg_t=0.5,
            emission_class="hub",
            emission_country="*",
            sources=("terminals",),
        ),
        element(
            "KZDOS",
            port,
            length_km=2000.0,
            moving_h=80.0,
            freight_usd_t=30.0,
            wtt_kg_t=32.0,
            emission_class="rail-electric",
            emission_country="KZ",
            sources=("lengths", "tariffs"),
        ),
        element(port, handling_h=12.0, waiting_h=8.0, freight_usd_t=2.0, sources=("terminals",)),
        element(
            port,
            "AZALA",
            kind="service",
            mode="ferry",
            row_id=f"{port}-feeder",
            service=f"Feeder from {port}",
            operator="KMTF",
            gauge_mm=None,
            countries=("KZ", "AZ"),
            length_km=500.0,
            moving_h=20.0,
            waiting_h=40.0,
            cost_item="ferry",
            freight_usd_t=25.0,
            war_risk_usd_t=1.0,
            wtt_kg_t=7.0,
            ttw_kg_t=36.0,
            emission_class="ferry",
            emission_country="*",
            sources=("services",),
        ),
        element(
            "AZALA",
            "GEGAR",
            countries=("AZ", "GE"),
            length_km=500.0,
            moving_h=25.0,
            freight_usd_t=10.0,
            wtt_kg_t=8.0,
            emission_class="rail-electric",
            emission_country="AZ",
            sources=("lengths",),
        ),
        border("GEGAR", handling_h=10.0, waiting_h=0.0, freight_usd_t=2.0, sources=("borders",)),
        element(
            "GEGAR",
            "GEPTI",
            length_km=400.0,
            moving_h=50.0,
            freight_usd_t=7.0,
            wtt_kg_t=1.0,
            emission_class="rail-electric",
            emission_country="*",
            sources=("lengths",),
        ),
        element(
            "GEPTI",
            "DEDUI",
            kind="drayage",
            mode="road",
            gauge_mm=None,
            countries=("GE",),
            length_km=100.0,
            moving_h=10.0,
            waiting_h=5.0,
            cost_item="drayage",
            freight_usd_t=2.0,
            wtt_kg_t=1.4,
            ttw_kg_t=6.0,
            emission_class="road",
            emission_country="*",
            sources=("roads",),
        ),
    )
    itinerary = Itinerary(
        rank=1,
        corridor="titr",
        corridor_name="Trans-Caspian",
        elements=elements,
        arrival=arrival(300, 380),
        on_time=0.75,
        insurance_usd_t=2.0,
        inventory_usd_t=260.0,
        t_per_teu=10.0,
    )
    return replace(itinerary, **fields)


def northern(**fields: Any) -> Itinerary:
    """Xi'an, Dostyk, Brest: 7,000 km, 240 h, 93 USD per t, 60 kg per t."""
    elements = (
        element(
            "CNXIA",
            "KZDOS",
            gauge_mm=1435,
            countries=("CN", "KZ"),
            length_km=1500.0,
            moving_h=50.0,
            freight_usd_t=20.0,
            wtt_kg_t=15.0,
            emission_class="rail-electric",
            emission_country="CN",
        ),
        border("KZDOS", handling_h=20.0, freight_usd_t=4.0),
        element("KZDOS", operation="gauge_change", handling_h=6.0, freight_usd_t=3.0),
        element(
            "KZDOS",
            "PLMAL",
            countries=("KZ", "RU", "BY", "PL"),
            length_km=4500.0,
            moving_h=130.0,
            freight_usd_t=50.0,
            wtt_kg_t=40.0,
        ),
        border("PLMAL", handling_h=12.0, freight_usd_t=4.0),
        element(
            "PLMAL",
            "DEDUI",
            gauge_mm=1435,
            countries=("PL", "DE"),
            length_km=1000.0,
            moving_h=22.0,
            freight_usd_t=10.0,
            wtt_kg_t=5.0,
        ),
    )
    itinerary = Itinerary(
        rank=2,
        corridor="north",
        corridor_name="Northern",
        elements=elements,
        arrival=arrival(200, 280),
        on_time=1.0,
        insurance_usd_t=2.0,
        inventory_usd_t=183.0,
        t_per_teu=10.0,
    )
    return replace(itinerary, **fields)


def answer(*itineraries: Itinerary, **fields: Any) -> Answer:
    """Electronics from Xi'an to Duisburg, within twenty days."""
    whole = Answer(
        origin=XIAN,
        destination=DUISBURG,
        commodity_id="electronics",
        commodity_name="Electronics & parts",
        depart=date(2026, 3, 2),
        deadline_days=14.0,
        criteria=("time", "cost", "co2"),
        itineraries=itineraries or (caspian(), northern()),
        found=7,
        notes=("Tariffs of 2026.",),
    )
    return replace(whole, **fields)
