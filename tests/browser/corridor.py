"""A small corridor for the browser: China to Germany over the Caspian, or through Russia.

Its figures are made up for the tests; it runs in a second and has one of everything that the
page shows: ports, a ferry with a fleet, gauge changes, borders, events, observations, sources.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.builders import line, study_of

from sogdia.study import Study
from sogdia.study.model import SCHEMAS

PLACES: dict[str, tuple[str, float, float, str, str]] = {
    "CNXIA": ("Xi'an", 108.9, 34.3, "CN", "city"),
    "CNALS": ("Alashankou", 82.6, 45.2, "CN", "border_crossing"),
    "KZDOS": ("Dostyk", 82.5, 45.3, "KZ", "border_crossing"),
    "KZASA": ("Astana", 71.4, 51.2, "KZ", "station"),
    "KZAAU": ("Aktau", 51.2, 43.6, "KZ", "port"),
    "AZBAK": ("Baku (Alat)", 49.4, 40.0, "AZ", "port"),
    "GEPTI": ("Poti", 41.7, 42.1, "GE", "port"),
    "ROCND": ("Constanta", 28.7, 44.2, "RO", "port"),
    "RUMOW": ("Moscow", 37.6, 55.8, "RU", "station"),
    "PLMAL": ("Malaszewicze", 23.5, 52.0, "PL", "border_crossing"),
    "DEDUI": ("Duisburg", 6.8, 51.4, "DE", "city"),
}
RAIL = {
    "mode": "rail",
    "directed": False,
    "emission_class": "rail-diesel",
    "source_id": "tariffs",
}
RAIL_COST_USD_TKM = {"RU": 0.045}
"""Through Russia it is dear and quick, over the Caspian cheap and slow: neither beats the other."""
OTHER_RAIL_COST_USD_TKM = 0.03
WIDE, NORMAL = {"gauge_mm": 1520}, {"gauge_mm": 1435}
PORT = {"from_mode": "rail", "from_gauge_mm": 1520, "cost_usd_t": 3.0, "source_id": "ports"}

SETTINGS = """name = "{name}"
title = "{title}"
base_year = 2024

[water_level.caspian]
title = "Caspian Sea"
places = ["KZAAU", "AZBAK"]
current_m = -29.5
full_load_m = -28.3
load_loss_per_m = 0.135
source_id = "ports"
"""


def corridor() -> Study:
    """Make the study."""
    return study_of(
        node=[
            {
                "node_id": node,
                "name": name,
                "x_coord": east,
                "y_coord": north,
                "country": country,
                "kind": kind,
            }
            for node, (name, east, north, country, kind) in PLACES.items()
        ],
        link=[
            _rail("CNXIA", "CNALS", 3100, "CN", NORMAL),
            _rail("CNALS", "KZDOS", 12, "CN,KZ", NORMAL),
            _rail("KZDOS", "KZASA", 1300, "KZ", WIDE),
            _rail("KZASA", "KZAAU", 2200, "KZ", WIDE),
            _rail("AZBAK", "GEPTI", 950, "AZ,GE", WIDE),
            _rail("KZASA", "RUMOW", 2700, "KZ,RU", WIDE),
            _rail("RUMOW", "PLMAL", 1300, "RU,PL", WIDE),
            _rail("PLMAL", "DEDUI", 1150, "PL,DE", NORMAL),
            _rail("ROCND", "DEDUI", 2100, "RO,DE", NORMAL),
            _sea("KZAAU", "AZBAK", 470, "ferry"),
            _sea("GEPTI", "ROCND", 1100, "sea"),
        ],
        terminal=[
            _change_of_gauge("KZDOS", servers=3),
            _change_of_gauge("PLMAL", servers=2),
            _port("KZAAU", "ferry", servers=2),
            _port("AZBAK", "ferry", servers=2),
            _port("GEPTI", "sea", servers=2),
            _port("ROCND", "sea", servers=2, from_gauge_mm=1435),
        ],
        service=[
            {
                "service_id": "caspian-ferry",
                "name": "Caspian ferry",
                "operator": "Caspian Shipping",
                "link_id": "KZAAU-AZBAK",
                "departure": "when_full",
                "departures_week": 10.0,
                "headway_cv": 0.4,
                "batch_capacity_t": 4000.0,
                "fleet": 3,
                "crossing_time_h": 22.0,
                "closed_days_by_month": "3 3 2 1 0 0 0 0 1 2 3 3",
                "source_id": "ports",
            }
        ],
        commodity=[
            {
                "commodity_id": "machinery",
                "name": "Machinery",
                "use": "container",
                "t_per_teu": 12.0,
                "unit": "TEU",
                "value_usd_t": 8000.0,
                "value_of_time_usd_t_day": 8.0,
                "value_of_time_sigma": 0.6,
                "source_id": "guess",
            },
            {
                "commodity_id": "copper",
                "name": "Copper",
                "value_usd_t": 9000.0,
                "value_of_time_usd_t_day": 3.0,
                "value_of_time_sigma": 0.4,
                "source_id": "guess",
            },
        ],
        demand=[
            _demand("CNXIA", "DEDUI", "machinery", 1600.0),
            _demand("DEDUI", "CNXIA", "machinery", 700.0),
            _demand("KZASA", "DEDUI", "copper", 500.0),
            _demand("CNXIA", "AZBAK", "machinery", 300.0),
        ],
        corridor=[
            {"corridor_id": "titr", "name": "Middle Corridor", "priority": 1, "any_of": "KZAAU"},
            {"corridor_id": "north", "name": "Northern route", "priority": 2, "any_of": "RU"},
            {"corridor_id": "regional", "name": "Regional", "priority": 3},
        ],
        event=[
            {
                "event_id": "poland-closed",
                "name": "Poland closes the crossing",
                "from_date": date(2024, 9, 12),
                "until_date": date(2024, 9, 25),
                "element_kind": "node",
                "element_id": "PLMAL",
                "happened": False,
                "source_id": "news",
            }
        ],
        observation=[
            _observation("titr-kt", "corridor:titr", 900.0, "calibrate"),
            _observation("north-kt", "corridor:north", 4000.0, "validate"),
        ],
        project=[
            {
                "project_id": "aktau-berth",
                "name": "A third berth at Aktau",
                "cost_musd": 40.0,
                "earliest_year": 2024,
                "status": "proposed",
                "source_id": "ports",
            }
        ],
        project_change=[
            {
                "project_id": "aktau-berth",
                "table": "terminal",
                "row_id": "KZAAU-port",
                "column": "servers",
                "operation": "add",
                "value": "1",
            }
        ],
        emission_factor=[
            _emissions("rail-diesel", wtt_g_tkm=5.0, ttw_g_tkm=20.0),
            _emissions("ship", wtt_g_tkm=2.0, ttw_g_tkm=12.0),
        ],
        source=[
            _source("ports", "study", "Ports of the corridor", "https://example.org/ports"),
            _source("tariffs", "study", "Railway tariffs", "https://example.org/tariffs"),
            _source("news", "news", "A crossing closes", "https://example.org/news"),
            _source("guess", "assumption", "Values of goods", None),
        ],
    )


def write(study: Study, folder: Path, title: str = "A small corridor") -> Path:
    """Write a study as its folder of tables."""
    folder.mkdir(parents=True)
    for name in SCHEMAS:
        frame = getattr(study.tables, name)
        if frame.height:
            frame.write_csv(folder / f"{name}.csv")
    settings = SETTINGS.format(name=folder.name, title=title)
    (folder / "study.toml").write_text(settings, encoding="utf-8")
    return folder


def _rail(start: str, end: str, length_km: float, country: str, gauge: dict[str, int]) -> Any:
    cost_usd_tkm = max(
        RAIL_COST_USD_TKM.get(code, OTHER_RAIL_COST_USD_TKM) for code in country.split(",")
    )
    return line(
        start,
        end,
        name=None,
        length_km=length_km,
        time_h=length_km / 35,
        time_cv=0.3,
        cost_usd_t=length_km * cost_usd_tkm,
        country=country,
        capacity_kt_y=6000.0,
        **RAIL,
        **gauge,
    )


def _sea(start: str, end: str, length_km: float, mode: str) -> Any:
    return line(
        start,
        end,
        name=None,
        mode=mode,
        directed=False,
        length_km=length_km,
        time_h=length_km / 22,
        cost_usd_t=9.0,
        emission_class="ship",
        source_id="ports",
    )


def _change_of_gauge(node: str, servers: int) -> dict[str, Any]:
    return {
        "terminal_id": f"{node}-gauge",
        "name": f"{PLACES[node][0]}, change of gauge",
        "node_id": node,
        "operation": "gauge_change",
        "from_mode": "rail",
        "from_gauge_mm": 1435,
        "to_mode": "rail",
        "to_gauge_mm": 1520,
        "servers": servers,
        "service_time_h": 6.0,
        "service_cv": 0.8,
        "batch_t": 1400.0,
        "dwell_h": 10.0,
        "cost_usd_t": 4.0,
        "source_id": "guess",
    }


def _port(node: str, mode: str, servers: int, **more: Any) -> dict[str, Any]:
    row = {
        "terminal_id": f"{node}-port",
        "name": f"{PLACES[node][0]}, port",
        "node_id": node,
        "to_mode": mode,
        "servers": servers,
        "service_time_h": 8.0,
        "service_cv": 0.7,
        "batch_t": 3000.0,
        "dwell_h": 24.0,
    }
    return row | PORT | more


def _demand(origin: str, destination: str, commodity: str, quantity_kt: float) -> dict[str, Any]:
    return {
        "demand_id": f"{origin}-{destination}-{commodity}",
        "origin": origin,
        "destination": destination,
        "commodity_id": commodity,
        "quantity_kt": quantity_kt,
        "source_id": "guess",
    }


def _observation(name: str, scope: str, value: float, role: str) -> dict[str, Any]:
    return {
        "observation_id": name,
        "metric": "kt",
        "scope": scope,
        "value": value,
        "role": role,
        "source_id": "news",
    }


def _emissions(name: str, **grams: float) -> dict[str, Any]:
    return {"emission_class": name, "source_id": "guess"} | grams


def _source(name: str, kind: str, title: str, address: str | None) -> dict[str, Any]:
    note = "made up for the tests" if kind == "assumption" else None
    return {"source_id": name, "kind": kind, "title": title, "address": address, "note": note}
