"""The folder that a traffic assignment leaves: flows and what led to them."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sogdia._version import __version__
from sogdia.assignment import AssignmentResult, TrafficResult
from sogdia.run.folder import RunFolder
from sogdia.run.manifest import to_json
from sogdia.run.tables import parquet
from sogdia.scenario import Scenario
from sogdia.study import Study

FLOWS = "flows.parquet"
SUMMARY = "summary.json"
"""It is no ``manifest.json``: that is what tells the folder of a run, which this is not."""
OF_TRIPS: tuple[str, ...] = (
    "flows",
    "elements",
    "terminals",
    "totals",
    "history",
    "unserved",
    "prices",
)
OF_GOODS: tuple[str, ...] = (
    "flows",
    "links",
    "terminals",
    "services",
    "elements",
    "history",
    "unserved",
)


def fill_folder(
    folder: RunFolder,
    result: TrafficResult | AssignmentResult,
    summary: Mapping[str, Any],
    *,
    study: Study,
    scenario: Scenario,
    paths: bool = False,
) -> None:
    """Write the tables of an assignment into a folder that `new_folder` has opened.

    Parameters
    ----------
    folder : RunFolder
        Where to.
    result : TrafficResult or AssignmentResult
        What was found.
    summary : mapping
        What ``--json`` prints; ``seconds``, which differ from run to run, stand apart.
    study : Study
        As loaded.
    scenario : Scenario
        What was asked of it.
    paths : bool
        Whether to write paths and pairs too, which are many in a large network.
    """
    names = OF_TRIPS if isinstance(result, TrafficResult) else OF_GOODS
    if isinstance(result, TrafficResult) and len(result.class_ids) > 1:
        names += ("links",)
    if paths:
        names += ("paths", "pairs") if isinstance(result, TrafficResult) else ("paths",)
    tables = {name: getattr(result, name) for name in names}
    files = {
        f"{name}.parquet": parquet(frame)
        for name, frame in tables.items()
        if name == "flows" or not frame.is_empty()
    }
    said = {key: value for key, value in summary.items() if key not in {"seconds", "flows"}}
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
