"""A small study of projects that compete, help and need each other."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.builders import line, places, study_of

YEAR = 2030
PROJECTS = {"fast": 2.0, "wide": 1.0, "spur": 1.5, "link": 0.5, "cheap": 0.2}


def change(project, row, column, operation, value):
    return {
        "project_id": project,
        "table": "link",
        "row_id": row,
        "column": column,
        "operation": operation,
        "value": value,
    }


def roads(**more):
    """Two ways from a to d, a third by e that is not yet there, and five projects."""
    tables: dict[str, Any] = dict(
        node=places("a", "b", "c", "d", "e"),
        commodity=[
            {
                "commodity_id": "goods",
                "name": "goods",
                "value_of_time_usd_t_day": 24.0,
                "value_of_time_sigma": 0.5,
            }
        ],
        link=[
            line("a", "b", time_h=20.0, cost_usd_t=20.0, capacity_kt_y=60.0),
            line("b", "d", time_h=10.0, cost_usd_t=20.0),
            line("a", "c", time_h=15.0, cost_usd_t=35.0),
            line("c", "d", time_h=15.0, cost_usd_t=30.0),
            line("a", "e", time_h=9.0, cost_usd_t=21.0, open_from=date(2027, 1, 1)),
            line("e", "d", time_h=9.0, cost_usd_t=21.0, open_from=date(2027, 1, 1)),
        ],
        demand=[
            {"origin": "a", "destination": "d", "quantity_kt": 120.0, "year": YEAR},
            {"origin": "a", "destination": "c", "quantity_kt": 30.0, "year": YEAR},
        ],
        corridor=[
            {"corridor_id": "south", "name": "by b", "priority": 1, "any_of": "b"},
            {"corridor_id": "new", "name": "by e", "priority": 2, "any_of": "e"},
        ],
        project=[
            {
                "project_id": name,
                "name": name,
                "cost_musd": cost,
                "opex_musd_y": 0.01,
                "earliest_year": 2028,
                "status": "proposed",
                "requires": "link" if name == "spur" else None,
            }
            for name, cost in PROJECTS.items()
        ],
        project_change=[
            change("fast", "a-c", "time_h", "set", "9"),
            change("wide", "a-b", "capacity_kt_y", "add", "40"),
            change("link", "a-e", "open_from", "set", "2019-01-01"),
            change("spur", "e-d", "open_from", "set", "2019-01-01"),
            change("cheap", "c-d", "cost_usd_t", "set", "28"),
        ],
    )
    return study_of(**tables | more)
