"""A finished run as the reports see it, with figures chosen by hand."""

from types import SimpleNamespace

import polars as pl
import pytest

CORRIDORS = pl.DataFrame(
    {
        "corridor": ["northern", "titr"],
        "direction": ["westbound", "eastbound"],
        "kt": [12345.6, 4.5],
        "kteu": [380.0, 0.0],
        "share": [0.98765, 0.01235],
        "days_mean": [15.25, float("nan")],
        "cost_usd_t": [210.0, 305.4],
        "co2_kg_t": [98.6, None],
    }
)
VALIDATION = pl.DataFrame(
    {
        "observation": ["titr-kt-2024", "erai-teu-2024", "days-altynkol-poti", "suez"],
        "metric": ["kt", "kteu", "days", "share"],
        "scope": ["corridor:titr", "corridor:northern", "od:A>B", "corridor:suez"],
        "year": [2024] * 4,
        "unit": ["kt", "kTEU", "d", "1"],
        "published": [4500.0, 380.0, 12.0, 0.4],
        "low": [None, None, 10.0, None],
        "high": [None, None, 15.0, None],
        "modelled": [4400.0, 200.0, 14.0, None],
        "ratio": [0.9778, 0.5263, 1.1667, None],
        "role": ["calibrate", "validate", "validate", "margin"],
        "within": [True, False, True, None],
    }
)
BOTTLENECKS = pl.DataFrame(
    {
        "element": [f"ferry-{i}" for i in range(30)],
        "kind": ["service"] * 30,
        "utilisation": [0.99] * 30,
        "wait_h": [float(i) for i in range(30)],
        "scarcity_usd_t": [30.0 - i for i in range(30)],
    }
)
UNSERVED = pl.DataFrame(
    {
        "origin": ["A", "B"],
        "destination": ["C", "D"],
        "commodity": ["crude", "gr|ain"],
        "kt": [1.5, 1000.0],
        "reason": ["policy", "capacity"],
    }
)


@pytest.fixture
def fake_run():
    result = SimpleNamespace(
        study_name="small",
        scenario_name="baseline",
        year=2024,
        residual=3e-9,
        converged=True,
        corridors=CORRIDORS,
        bottlenecks=BOTTLENECKS,
        unserved=UNSERVED,
    )
    return SimpleNamespace(
        result=result,
        validation=VALIDATION,
        seconds={"assign": 1.25},
        is_what_if=False,
        feedback=None,
    )
