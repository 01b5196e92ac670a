"""Folders as the commands leave them, with tables chosen by hand."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from sogdia.run.tables import parquet

NOW = datetime(2025, 6, 1, tzinfo=UTC)
CORRIDORS = pl.DataFrame(
    {
        "corridor": ["north", "north", "titr"],
        "direction": ["eastbound", "westbound", "westbound"],
        "kt": [10.0, 20.0, 5.0],
        "days_mean": [12.0, 14.0, 16.0],
    }
)


def run(folder: Path, name: str, *, days_ago: Any = 0.0, tables: Any = None, **changes) -> Path:
    """The folder of `sogdia run`; `changes` are of its manifest."""
    tables = {"corridors": CORRIDORS} if tables is None else tables
    files = {f"{table}.parquet": parquet(frame) for table, frame in tables.items()}
    finished = NOW - timedelta(days=days_ago)
    content = {
        "sogdia": "0.1.0",
        "study": {"name": "small", "digest": "a" * 64},
        "scenario": {"name": "dry", "digest": "b" * 64, "content": {"name": "dry", "year": 2024}},
        "year": 2024,
        "options": {"residual": 1e-8},
        "result": {"residual": 1e-9, "converged": True},
        "files": _digests(files),
        "this_run": {"finished": finished.isoformat(), "seconds": {"assign": 1.5, "validate": 0.5}},
    } | changes
    return _written(folder / name, files | {"manifest.json": json.dumps(content).encode()})


def simulation(folder: Path, name: str, **changes) -> Path:
    """The folder of `sogdia simulate`."""
    this_run = {"finished": NOW.isoformat(), "seconds": 3.0}
    asked = {"start": "2024-01-01", "seed": 1, "replications": 20, "asked": 20}
    said = asked | {"this_run": this_run, "options": None, "result": {}, "year": None} | changes
    return run(folder, name, **said)


def answer(folder: Path, name: str, *, days_ago: Any = 0.0, **content) -> Path:
    """The folder of an answer whose summary has these keys."""
    files = {"elements.parquet": parquet(CORRIDORS)}
    summary = content | {
        "made_from": {
            "sogdia": "0.1.0",
            "study": {"name": "small", "digest": "a" * 64},
            "scenario": {"name": "dry", "digest": "b" * 64, "content": {}},
            "files": _digests(files),
        },
        "this_run": {
            "finished": (NOW - timedelta(days=days_ago)).isoformat(),
            "seconds": {"balance": 1.0},
        },
    }
    return _written(folder / name, files | {"summary.json": json.dumps(summary).encode()})


def sweep(folder: Path, name: str, *, complete: bool, finished: int = 2) -> Path:
    """The folder of `sogdia sweep`, all of whose tasks are finished or not."""
    plan = (
        'method = "grid"\nyear = 2030\n[made_from]\nsogdia = "0.1.0"\n[made_from.study]\n'
        'name = "small"\n[made_from.scenario]\nname = "dry"\n'
    )
    lines = b'{"format":1}\n' + b'{"key":"x"}\n' * finished
    files = {"sweep.toml": plan.encode(), "finished-1-of-1.jsonl": lines, ".lock": b""}
    if complete:
        files |= {"results.parquet": parquet(CORRIDORS), "summary.json": b'{"points": 2}'}
    return _written(folder / name, files)


def leftover(folder: Path, name: str = ".dry.0123abcd.partial", *, hours_ago: float = 2.0) -> Path:
    """What a killed process leaves."""
    path = _written(folder / name, {"corridors.parquet": b"torn"})
    changed = (NOW - timedelta(hours=hours_ago)).timestamp()
    os.utime(path, (changed, changed))
    return path


def _digests(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _written(path: Path, files: dict[str, bytes]) -> Path:
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path
