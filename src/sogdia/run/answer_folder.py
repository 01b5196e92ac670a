"""The folder that one answer leaves: its tables, and all that is needed to make it again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from sogdia._version import __version__
from sogdia.run.folder import RunFolder, new_folder
from sogdia.run.manifest import to_json
from sogdia.run.tables import parquet
from sogdia.scenario import Scenario
from sogdia.study import Study

SUMMARY = "summary.json"
"""It is no ``manifest.json``: that is what tells the folder of a run, which this is not."""


def write_answer(
    tables: Mapping[str, pl.DataFrame],
    summary: Mapping[str, Any],
    *,
    study: Study,
    scenario: Scenario,
    path: Path,
) -> Path:
    """Write an answer: all of it, or nothing.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the name of their file.
    summary : mapping
        What ``--json`` prints; ``seconds``, which differ from run to run, stand apart.
    study : Study
        As loaded.
    scenario : Scenario
        What was asked of it.
    path : Path
        A name that is free, or an empty folder.

    Returns
    -------
    Path
        The folder: every table as Parquet, and ``summary.json``, which says under ``made_from``
        what the answer was made from and knows each table by its SHA-256.

    Raises
    ------
    DataError
        If the name is taken.
    ResourceError
        If the disk is full or the place cannot be written to.
    """
    with new_folder(path) as folder:
        fill_answer(folder, tables, summary, study=study, scenario=scenario)
    return folder.path


def fill_answer(
    folder: RunFolder,
    tables: Mapping[str, pl.DataFrame],
    summary: Mapping[str, Any],
    *,
    study: Study,
    scenario: Scenario,
) -> None:
    """Write an answer into a folder that `new_folder` has opened; see `write_answer`."""
    files = {f"{name}.parquet": parquet(frame) for name, frame in tables.items()}
    said = {key: value for key, value in summary.items() if key != "seconds"}
    said["made_from"] = {
        "sogdia": __version__,
        "study": {"name": study.name, "digest": study.digest()},
        "scenario": {
            "name": scenario.name,
            "digest": scenario.digest(),
            "content": scenario.model_dump(mode="json", exclude_defaults=True),
        },
        "python": platform.python_version(),
        "files": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
    }
    said["this_run"] = {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": summary.get("seconds"),
    }
    for name, content in files.items():
        folder.write(name, content)
    folder.write(SUMMARY, to_json(said))
