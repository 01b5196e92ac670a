"""The folder that a simulation leaves: its tables, and all that is needed to make it again."""

from __future__ import annotations

import hashlib
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sogdia._version import __version__
from sogdia.analysis.playback import playback
from sogdia.run.folder import new_folder
from sogdia.run.manifest import to_json
from sogdia.run.tables import parquet
from sogdia.scenario import Scenario, apply
from sogdia.simulation import SimulationResult
from sogdia.study import Study


def write_simulation(
    result: SimulationResult, study: Study, scenario: Scenario, path: Path
) -> Path:
    """Write the tables of a simulation: all of them, or nothing.

    Parameters
    ----------
    result : SimulationResult
        Of the replications that were finished.
    study : Study
        As loaded.
    scenario : Scenario
        What was asked of it.
    path : Path
        A name that is free, or an empty folder.

    Returns
    -------
    Path
        The folder: ``transit``, ``corridors``, ``elements``, ``series``, ``delays`` and
        ``overloads`` as Parquet; ``flows`` if they were assigned; ``playback_movements``,
        ``playback_voyages``, ``playback_queues`` and ``playback_closures`` if the log was kept
        (see `sogdia.analysis.playback`); and ``manifest.json``.

    Raises
    ------
    DataError
        If the name is taken.
    ResourceError
        If the disk is full or the place cannot be written to.
    """
    tables = result.tables()
    if result.flows is not None:
        tables["flows"] = result.flows
    played = None
    if result.traced:
        played = playback(result, apply(study, scenario, result.start.year))
        tables |= played.tables()
    files = {f"{name}.parquet": parquet(frame) for name, frame in tables.items()}
    with new_folder(path) as folder:
        for name, content in files.items():
            folder.write(name, content)
        said = _manifest(result, study, scenario, files)
        said["playback"] = played and played.figures()
        folder.write("manifest.json", to_json(said))
    return folder.path


def _manifest(
    result: SimulationResult, study: Study, scenario: Scenario, files: dict[str, bytes]
) -> dict[str, Any]:
    return {
        "sogdia": __version__,
        "study": {"name": study.name, "digest": study.digest()},
        "scenario": {
            "name": scenario.name,
            "digest": scenario.digest(),
            "content": scenario.model_dump(mode="json", exclude_defaults=True),
        },
        "start": str(result.start),
        "days": result.days,
        "warm_up_days": result.warm_up_days,
        "seed": result.seed,
        "replications": result.replications,
        "asked": result.asked,
        "precision": result.precision,
        "python": platform.python_version(),
        "files": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
        "this_run": {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(result.seconds, 3),
        },
    }
