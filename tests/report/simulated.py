"""A simulation's result made by hand, over a corridor of four places, in round figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl
from tests.builders import line, study_of

from sogdia.study import Study

START = date(2024, 1, 1)
WEEKS = 4
ELEMENT: dict[str, Any] = {
    "element": pl.String,
    "kind": pl.String,
    "forward": pl.Boolean,
    "unit": pl.String,
}
TIMES = (
    ("shipments", 120.0),
    ("kt", 168.0),
    ("mean_days", 24.14),
    ("ci_low", 23.8),
    ("ci_high", 24.48),
    ("sd_days", 5.0),
    ("p50", 23.0),
    ("p90", 31.0),
    ("p95", 34.5),
    ("moving_days", 9.0),
    ("waiting_days", 10.14),
    ("handling_days", 3.0),
    ("border_days", 2.0),
)
FERRY = ("ferry-a + ferry-b", "service", True, None)
BACK = ("ferry-a + ferry-b", "service", False, None)
GAUGE = ("dostyk-gauge", "terminal", None, "kteu")
LINE = ("dostyk-aktau", "link", None, "kt")


@dataclass(frozen=True)
class Made:
    """What `sogdia.simulation.result.SimulationResult` has and reports see."""

    study_name: str
    scenario_name: str
    start: date
    days: int
    warm_up_days: int
    seed: int
    replications: int
    asked: int | None
    precision: float | None
    reached: float
    events: int
    shipments: float
    seconds: float
    transit: pl.DataFrame
    corridors: pl.DataFrame
    elements: pl.DataFrame
    series: pl.DataFrame
    delays: pl.DataFrame
    overloads: pl.DataFrame
    indicators: pl.DataFrame
    trace: pl.DataFrame | None = None

    @property
    def bottlenecks(self) -> pl.DataFrame:
        """Elements at which goods wait, the worst first."""
        waiting = self.elements.filter(pl.col("waiting_kt_h") > 0)
        return waiting.sort("waiting_kt_h", descending=True)

    def summary(self) -> dict[str, Any]:
        """Summarise for scripts."""
        keys = ("origin", "destination", "commodity", "mean_days", "p50", "p90", "p95")
        own = (*ELEMENT, "utilisation", "wait_h_mean", "wait_h_p95", "queue_mean", "throughput")
        return {
            "study": self.study_name,
            "scenario": self.scenario_name,
            "replications": self.replications,
            "seconds": self.seconds,
            "transit": self.transit.select(*keys, "ci_low", "ci_high").to_dicts(),
            "elements": self.elements.select(own).to_dicts(),
        }


def study() -> Study:
    """A study with the names of the places: China, Kazakhstan, Azerbaijan and Georgia."""
    nodes = [
        {"node_id": "CNXIA", "name": "Xi'an International Port (Xinzhu)"},
        {"node_id": "KZDOS", "name": "Dostyk"},
        {"node_id": "KZSCO", "name": "Aktau (sea port)"},
        {"node_id": "KZSCX", "name": "Aktau (city)"},
        {"node_id": "AZALA", "name": "Alat - Baku port"},
    ]
    return study_of(
        node=nodes,
        link=[
            line("KZDOS", "KZSCO", link_id="dostyk-aktau", mode="rail", directed=False),
            line("KZSCO", "AZALA", link_id="caspian", mode="ferry", directed=False),
            line("CNXIA", "KZDOS", link_id="lanxin", mode="rail"),
        ],
        terminal=[
            {"terminal_id": "dostyk-gauge", "node_id": "KZDOS", "operation": "gauge_change"},
            {
                "terminal_id": "dostyk-border",
                "node_id": "KZDOS",
                "operation": "border",
                "neighbour": "CN",
            },
            {"terminal_id": "alat-port", "node_id": "AZALA", "from_mode": "ferry"},
        ],
        service=[
            {"service_id": key, "link_id": "caspian", "batch_capacity_t": 2600.0}
            for key in ("ferry-a", "ferry-b")
        ],
        corridor=[
            {"corridor_id": "titr", "name": "Trans-Caspian", "priority": 1, "any_of": "caspian"}
        ],
    )


def times(**rows: Any) -> dict[str, Any]:
    """Transit times of one row, with other figures where they are given."""
    return dict(TIMES) | rows


def transit_row(origin: str, destination: str, commodity: str, **rows: Any) -> dict[str, Any]:
    """Transit times between two places."""
    ends = {"origin": origin, "destination": destination, "commodity": commodity}
    return ends | times(**rows)


def element_row(key: tuple[str, str, bool | None, str | None], **rows: Any) -> dict[str, Any]:
    """An element with its waits; nothing waits where nothing is said."""
    neutral = {
        "servers": 4.0,
        "utilisation": 0.5,
        "offered_load": 0.5,
        "wait_h_mean": 0.0,
        "wait_low": 0.0,
        "wait_high": 0.0,
        "wait_h_p95": 0.0,
        "queue_mean": 0.0,
        "throughput": 800.0,
        "throughput_kt": 1120.0,
        "waiting_kt_h": 0.0,
    }
    return dict(zip(ELEMENT, key, strict=True)) | neutral | rows


def elements(*rows: dict[str, Any]) -> pl.DataFrame:
    """Table of elements."""
    floats = dict.fromkeys(list(element_row(LINE))[len(ELEMENT) :], pl.Float64)
    return pl.DataFrame(list(rows), schema=ELEMENT | floats)


def series(*keys: tuple[str, str, bool | None, str | None], weeks: int = WEEKS) -> pl.DataFrame:
    """Weekly queues that grow by one shipment a week; services have no utilisation."""
    rows = [
        dict(zip(ELEMENT, key, strict=True))
        | {
            "from_date": START + timedelta(weeks=week),
            "queue_mean": float(week + 1),
            "utilisation": None if key[1] == "service" else 0.5 + 0.1 * (week % 5),
        }
        for key in keys
        for week in range(weeks)
    ]
    figures = {"from_date": pl.Date, "queue_mean": pl.Float64, "utilisation": pl.Float64}
    return pl.DataFrame(rows, schema=ELEMENT | figures)


def overloads(*rows: dict[str, Any]) -> pl.DataFrame:
    """Table of overloaded elements."""
    schema = ELEMENT | {
        "offered_load": pl.Float64,
        "since": pl.Date,
        "growth_per_day": pl.Float64,
        "queue_end": pl.Float64,
    }
    return pl.DataFrame(list(rows), schema=schema)


def overload(key: tuple[str, str, bool | None, str | None], growth: float) -> dict[str, Any]:
    """An element whose queue grows."""
    figures = {"offered_load": 1.2, "since": date(2024, 3, 1), "queue_end": 410.0}
    return dict(zip(ELEMENT, key, strict=True)) | figures | {"growth_per_day": growth}


def delays(*rows: dict[str, Any]) -> pl.DataFrame:
    """Table of delays by cause."""
    schema: dict[str, Any] = {"cause": pl.String}
    schema |= dict.fromkeys(("shipments", "hours", "kt_h"), pl.Float64)
    return pl.DataFrame(list(rows), schema=schema)


def indicators(*rows: dict[str, Any]) -> pl.DataFrame:
    """Table of CAREC's indicators."""
    names = ("corridor", "section", "kind")
    figures = ("samples", "time_h", "time_cv", "cost_usd", "swd_km_h", "swod_km_h")
    schema: dict[str, Any] = dict.fromkeys(names, pl.String)
    schema |= dict.fromkeys(figures, pl.Float64)
    return pl.DataFrame(list(rows), schema=schema)


def result(**fields: Any) -> Any:
    """Twenty replications of a year on the corridor, with other fields where they are given."""
    made = Made(
        study_name="silk",
        scenario_name="as-is",
        start=START,
        days=366,
        warm_up_days=60,
        seed=7,
        replications=20,
        asked=20,
        precision=None,
        reached=0.0123,
        events=1_234_567,
        shipments=4321.5,
        seconds=2.345,
        transit=pl.DataFrame(
            [
                transit_row("CNXIA", "AZALA", "machinery", kt=100.0),
                transit_row("KZSCX", "AZALA", "copper", kt=500.0, mean_days=7.06),
                transit_row("CNXIA", "KZSCO", "electronics", kt=20.0),
            ]
        ),
        corridors=pl.DataFrame(
            [
                {"corridor": corridor, "direction": direction} | times()
                for corridor, direction in (
                    ("other", "westbound"),
                    ("titr", "eastbound"),
                    ("titr", "westbound"),
                )
            ]
        ),
        elements=elements(
            element_row(LINE, servers=None, utilisation=None),
            element_row(
                FERRY,
                servers=None,
                utilisation=None,
                wait_h_mean=317.4,
                wait_low=300.0,
                wait_high=334.8,
                wait_h_p95=720.0,
                queue_mean=12.5,
                waiting_kt_h=183_773.0,
            ),
            element_row(
                GAUGE,
                utilisation=0.873,
                wait_h_mean=2.131,
                wait_low=2.0,
                wait_high=2.262,
                wait_h_p95=9.5,
                queue_mean=0.41,
                waiting_kt_h=15_166.0,
            ),
        ),
        series=series(FERRY, GAUGE, LINE),
        delays=delays(
            {"cause": "strike [of ferries]", "shipments": 10.0, "hours": 240.0, "kt_h": 336.0},
            {"cause": "storms", "shipments": 200.0, "hours": 5000.0, "kt_h": 7000.0},
        ),
        overloads=overloads(),
        indicators=indicators(),
    )
    return replace(made, **fields)
