"""Study and run as the page is given them, by the server or inside a report.

The types are those of `frontend/src/contract.ts`, key by key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import polars as pl
from polars.exceptions import PolarsError
from pydantic import ValidationError

from sogdia.errors import DataError, ResourceError
from sogdia.report.frames import PackedFrame, pack
from sogdia.report.notices import notices
from sogdia.run.manifest import manifest as run_manifest
from sogdia.run.manifest import to_json
from sogdia.run.tables import parquet, read_table
from sogdia.scenario import Scenario

if TYPE_CHECKING:
    from sogdia.run.execute import Run
    from sogdia.study import Study

STUDY_TABLES = (
    "node",
    "link",
    "terminal",
    "service",
    "corridor",
    "commodity",
    "event",
    "observation",
    "project",
    "project_change",
    "source",
)
SIMULATED_TABLES = ("transit", "corridors", "elements", "series", "delays", "overloads")
RUN_TABLES = (
    "flows",
    "terminals",
    "services",
    "elements",
    "corridors",
    "validation",
    "unserved",
    "transit_check",
    *(f"simulated_{name}" for name in SIMULATED_TABLES),
)
PLAYBACK_ORDER = {
    "movements": ("shipment", "depart_h", "arrive_h"),
    "voyages": ("service_id", "vessel", "depart_h", "arrive_h"),
    "queues": ("element", "forward", "day"),
    "closures": ("element", "from_h"),
}
"""Tables of a playback, and what the page needs them sorted by."""


class WaterLevel(TypedDict):
    """The level of a water, and what vessels load by it; levels in m."""

    title: str
    places: list[str]
    current_m: float
    full_load_m: float
    load_loss_per_m: float
    source_id: str | None


class StudyPage(TypedDict):
    """A study as the page needs it."""

    study: str
    title: str
    description: str
    base_year: int | None
    attribution: str | None
    licence: str | None
    default_scenario: str | None
    water_levels: dict[str, WaterLevel]
    years: list[int]
    tables: dict[str, PackedFrame]


class ScenarioPage(TypedDict):
    """The scenario of a run; its content has the keys of a scenario file."""

    name: str
    title: str
    description: str
    content: dict[str, Any]


class PlaybackPage(TypedDict):
    """One replication of the simulated year, to be watched."""

    start: str
    days: int
    one_in: dict[str, int]
    seed: int
    movements: PackedFrame
    voyages: PackedFrame
    queues: PackedFrame
    closures: PackedFrame


class RunPage(TypedDict):
    """A finished run as the page needs it."""

    run_id: str
    study: str
    scenario: ScenarioPage
    year: int | None
    finished: str | None
    seconds: float | None
    residual: float | None
    converged: bool
    simulated: bool
    notices: list[str]
    tables: dict[str, PackedFrame]
    playback: PlaybackPage | None


def study_page(study: Study) -> StudyPage:
    """Return a study as the page needs it.

    Parameters
    ----------
    study : Study
        As loaded, before any scenario.

    Returns
    -------
    StudyPage
        Ready for JSON; the same study gives the same bytes.
    """
    settings = study.settings
    return {
        "study": study.name,
        "title": settings.title or study.name,
        "description": settings.description,
        "base_year": settings.base_year,
        "attribution": settings.attribution or None,
        "licence": settings.licence or None,
        "default_scenario": settings.default_scenario,
        "water_levels": {
            name: {
                "title": level.title,
                "places": list(level.places),
                "current_m": level.current_m,
                "full_load_m": level.full_load_m,
                "load_loss_per_m": level.load_loss_per_m,
                "source_id": level.source_id,
            }
            for name, level in settings.water_level.items()
        },
        "years": study.demand["year"].unique().sort().to_list(),
        "tables": {name: pack(getattr(study, name)) for name in STUDY_TABLES},
    }


def run_page(run: Run, run_id: str) -> RunPage:
    """Return a run as the page needs it, without the time that it took.

    Parameters
    ----------
    run : Run
        The finished run.
    run_id : str
        What it is called.

    Returns
    -------
    RunPage
        What `run_page_of_folder` gives for its folder, but for `finished` and `seconds`,
        which are None: the same run gives the same bytes.
    """
    content = json.loads(to_json(run_manifest(run, {})))
    kept = {name: _as_kept(frame) for name, frame in run.tables().items() if _is_shown(name)}
    return without_clock(_run_page(run_id, content, kept))


def run_page_of_folder(path: Path, run_id: str) -> RunPage:
    """Return the run of a folder as the page needs it.

    Parameters
    ----------
    path : Path
        Folder that `sogdia run` or `sogdia simulate` wrote.
    run_id : str
        What the run is called.

    Returns
    -------
    RunPage
        Ready for JSON.

    Raises
    ------
    DataError
        If the folder is not that of a run, or damaged.
    ResourceError
        If a file cannot be read.
    """
    content = _read_manifest(path)
    named = _names_of(path, simulation_only="result" not in content)
    tables = {name: read_table(file) for name, file in named.items() if file.is_file()}
    try:
        return _run_page(run_id, content, tables)
    except (KeyError, TypeError, PolarsError) as error:
        raise DataError(
            f"{path} was written by another version of Sogdia or is damaged ({error}); "
            f"run the scenario again"
        ) from error


def without_clock(page: RunPage) -> RunPage:
    """Return a run without the time at which it was made and that it took."""
    return {**page, "finished": None, "seconds": None}


def _run_page(
    run_id: str, manifest: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]
) -> RunPage:
    shown = {name: tables[name] for name in RUN_TABLES if name in tables}
    result = manifest.get("result", {"residual": None, "converged": True})
    return {
        "run_id": run_id,
        "study": manifest["study"]["name"],
        "scenario": _scenario_page(manifest["scenario"]),
        "year": manifest["year"] if "year" in manifest else int(manifest["start"][:4]),
        "finished": manifest["this_run"]["finished"],
        "seconds": _seconds(manifest["this_run"]["seconds"]),
        "residual": _finite(result["residual"]),
        "converged": result["converged"],
        "simulated": any(name.startswith("simulated_") for name in shown),
        "notices": notices(manifest, shown),
        "tables": {name: pack(frame) for name, frame in sorted(shown.items())},
        "playback": _playback_page(manifest.get("playback"), tables),
    }


def _scenario_page(scenario: Mapping[str, Any]) -> ScenarioPage:
    """Return a scenario with the keys of its file; what it extends is part of its content."""
    try:
        model = Scenario.model_validate(scenario["content"])
    except ValidationError:  # of another version: shown as it is
        content = dict(scenario["content"])
    else:
        content = model.model_dump(
            mode="json", by_alias=True, exclude_defaults=True, exclude={"extends"}
        )
    return {
        "name": scenario["name"],
        "title": content.get("title") or scenario["name"],
        "description": content.get("description", ""),
        "content": content,
    }


def _playback_page(
    content: Mapping[str, Any] | None, tables: Mapping[str, pl.DataFrame]
) -> PlaybackPage | None:
    names = {name: f"playback_{name}" for name in PLAYBACK_ORDER}
    if content is None or not tables.keys() >= set(names.values()):
        return None
    packed = {
        name: pack(tables[names[name]].sort(order, nulls_last=True, maintain_order=True))
        for name, order in PLAYBACK_ORDER.items()
    }
    return {
        "start": content["start"],
        "days": content["days"],
        "one_in": content["one_in"],
        "seed": content["seed"],
        "movements": packed["movements"],
        "voyages": packed["voyages"],
        "queues": packed["queues"],
        "closures": packed["closures"],
    }


def _as_kept(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table as a reader of the run folder finds it."""
    return pl.read_parquet(BytesIO(parquet(frame)))


def _is_shown(name: str) -> bool:
    return name in RUN_TABLES or name.startswith("playback_")


def _names_of(path: Path, *, simulation_only: bool) -> dict[str, Path]:
    """Return the files of the tables that may be there, by the name that the page knows."""
    files = {name: path / f"{name}.parquet" for name in RUN_TABLES}
    files |= {f"playback_{name}": path / f"playback_{name}.parquet" for name in PLAYBACK_ORDER}
    if simulation_only:
        files.pop("elements"), files.pop("corridors")
        return files | {f"simulated_{n}": path / f"{n}.parquet" for n in SIMULATED_TABLES}
    return files


def _read_manifest(path: Path) -> dict[str, Any]:
    file = path / "manifest.json"
    try:
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(
            f"{path} is not the folder of a run: it has no manifest.json; "
            f"name a folder that sogdia run wrote"
        ) from error
    except OSError as error:
        raise ResourceError(f"cannot read {file}: {error.strerror or error}") from error
    except ValueError as error:
        raise DataError(f"{file} is not JSON ({error}); run the scenario again") from error
    if not isinstance(content, dict):
        raise DataError(f"{file} does not describe a run; run the scenario again")
    return content


def _seconds(seconds: float | Mapping[str, float]) -> float:
    """Return the time of all stages, where there are several."""
    total = sum(seconds.values()) if isinstance(seconds, Mapping) else seconds
    return round(total, 3)


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
