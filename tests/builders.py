"""Small studies made in memory: rows as dicts, everything unsaid filled with what is neutral."""

from __future__ import annotations

from typing import Any

import polars as pl

from sogdia.study import Settings, Study, Tables
from sogdia.study.model import SCHEMAS

NEUTRAL: dict[str, dict[str, Any]] = {
    "node": {"x_coord": 0.0, "y_coord": 0.0},
    "link": {
        "directed": True,
        "mode": "road",
        "length_km": 100.0,
        "time_h": 1.0,
        "cost_usd_t": 1.0,
    },
    "terminal": {
        "operation": "transshipment",
        "from_mode": "road",
        "to_mode": "rail",
        "directed": False,
        "dwell_h": 0.0,
        "cost_usd_t": 0.0,
    },
    "service": {
        "departure": "timetable",
        "departures_week": 7.0,
        "availability": 1.0,
        "headway_cv": 0.0,
        "crossing_time_h": 10.0,
    },
    "commodity": {
        "unit": "t",
        "use": "bulk",
        "value_usd_t": 100.0,
        "value_of_time_usd_t_day": 0.0,
        "value_of_time_sigma": 0.0,
    },
    "demand": {"commodity_id": "goods", "year": 2024, "quantity_kt": 1.0, "projection": False},
    "tariff": {"direction": "both", "year": 2000},
    "emission_factor": {"country": "*", "year": 2000},
    "corridor": {},
    "observation": {"direction": "both", "year": 2024, "role": "validate"},
    "event": {"effect": "closes", "happened": True},
}
GOODS = {"commodity_id": "goods", "name": "goods"}


def study_of(**tables: list[dict[str, Any]]) -> Study:
    """Make a study from rows; ids and names are filled in where they are not given."""
    tables.setdefault("commodity", [GOODS])
    frames = {}
    for table, schema in SCHEMAS.items():
        columns = schema.columns()
        rows = [
            {name: None for name in columns}
            | NEUTRAL.get(table, {})
            | {f"{table}_id": f"{table}-{number}", "name": f"{table} {number}"}
            | row
            for number, row in enumerate(tables.get(table, []))
        ]
        kept = [{name: row.get(name) for name in columns} for row in rows]
        frame = pl.DataFrame(kept, infer_schema_length=None) if kept else schema.create_empty()
        frames[table] = schema.cast(frame)
    return Study(settings=Settings(name="test", base_year=2024), tables=Tables.cast(frames))


def line(start: str, end: str, **row: Any) -> dict[str, Any]:
    """One row of the link table, named after its ends."""
    return {"link_id": f"{start}-{end}", "from_node_id": start, "to_node_id": end} | row


def places(*names: str, **common: Any) -> list[dict[str, Any]]:
    """Rows of the node table, from west to east."""
    return [
        {"node_id": name, "x_coord": float(number)} | common for number, name in enumerate(names)
    ]
