"""The manifest of a run: all that is needed to make it again and to know it by.

What differs between two runs of the same inputs (clock, machine) is kept under one
key, ``this_run``; all else is the same.
"""

from __future__ import annotations

import hashlib
import json
import platform
import resource
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from sogdia._version import __version__
from sogdia.run.summary import simulation_figures

if TYPE_CHECKING:
    from sogdia.run.execute import Run

PACKAGES = ("dataframely", "numba", "numpy", "polars", "pydantic", "scipy")


def manifest(run: Run, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Describe a run and the files it leaves.

    Parameters
    ----------
    run : Run
        The finished run.
    files : mapping of str to bytes
        Content of every other file of the folder, by name; like study and scenario,
        each is known by its SHA-256.
    """
    options = asdict(run.options)
    simulation = None
    if run.simulation_options is not None:
        simulation = {"options": asdict(run.simulation_options), **simulation_figures(run)}
    return {
        "sogdia": __version__,
        "study": {"name": run.result.study_name, "digest": run.study.digest()},
        "scenario": {
            "name": run.result.scenario_name,
            "digest": run.scenario.digest(),
            "content": run.scenario.model_dump(mode="json", exclude_defaults=True),
        },
        "year": run.result.year,
        "options": options,
        "seed": run.simulation.seed if run.simulation else None,
        "result": {"residual": run.result.residual, "converged": run.result.converged},
        "simulation": simulation,
        "playback": run.playback and run.playback.figures(),
        "packages": {"python": platform.python_version(), **_versions()},
        "files": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
        "this_run": {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": dict(run.seconds),
            "peak_memory_mib": _peak_memory_mib(),
        },
    }


def to_json(content: Mapping[str, Any]) -> bytes:
    """Encode for a file: keys in the order given, one line each."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=str)
    return f"{text}\n".encode()


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # pragma: no cover - a source tree without metadata
            found[package] = "unknown"
    return found


def _peak_memory_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return round(peak / unit, 1)
