"""Run a study: assign its demand, simulate its waits if asked, judge the result, keep it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import polars as pl

from sogdia.analysis.feedback import Feedback, consistent_flows
from sogdia.analysis.queue_check import compare_queues
from sogdia.analysis.transit_check import transit_check
from sogdia.analysis.validation import validate
from sogdia.assignment import AssignmentOptions, AssignmentResult, Progress, assign
from sogdia.run.folder import RunFolder, new_folder
from sogdia.run.kernels import compilation_announced
from sogdia.run.manifest import manifest, to_json
from sogdia.run.summary import summary
from sogdia.run.tables import parquet
from sogdia.scenario import Scenario
from sogdia.simulation import SimulationOptions

if TYPE_CHECKING:
    from sogdia.study import Study


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: what was asked, what came out, and how well it fits.

    Attributes
    ----------
    study : Study
        The study as loaded, before the scenario.
    scenario : Scenario
        What was asked of it.
    options : AssignmentOptions
        How it was solved; with a simulation, its corrections of waits among them.
    result : AssignmentResult
        Flows by link, terminal, service, path and corridor, and what binds.
    validation : DataFrame
        Published figures against modelled ones.
    seconds : mapping of str to float
        Time of each stage.
    feedback : Feedback or None
        Simulation of the flows, if it was asked for, and the rounds that led there.
    """

    study: Study
    scenario: Scenario
    options: AssignmentOptions
    result: AssignmentResult
    validation: pl.DataFrame
    seconds: Mapping[str, float]
    feedback: Feedback | None = None

    @property
    def is_what_if(self) -> bool:
        """Whether something else was asked than what the study takes for what happened."""
        return self.scenario.name != (self.study.settings.default_scenario or Scenario().name)

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames that the run folder keeps, by the name of their file."""
        tables = {
            "links": self.result.links,
            "terminals": self.result.terminals,
            "services": self.result.services,
            "elements": self.result.elements,
            "paths": self.result.paths,
            "corridors": self.result.corridors,
            "validation": self.validation,
            "unserved": self.result.unserved,
            "history": self.result.history,
        }
        if self.feedback is not None:
            tables |= {
                "rounds": self.feedback.history,
                "queue_check": self.queue_check(),
                "transit_check": self.transit_check(),
                "simulated_elements": self.feedback.simulation.elements,
                "simulated_transit": self.feedback.simulation.transit,
            }
        return tables

    def queue_check(self) -> pl.DataFrame:
        """Compare waits by formula with those simulated; see `sogdia.analysis.queue_check`.

        Raises
        ------
        ValueError
            If nothing was simulated.
        """
        return compare_queues(self.result, self._simulated().simulation)

    def transit_check(self) -> pl.DataFrame:
        """Compare published transit times with simulated ones.

        See `sogdia.analysis.transit_check`.

        Raises
        ------
        ValueError
            If nothing was simulated.
        """
        return transit_check(self._simulated().simulation, self.result.solution.study)

    def _simulated(self) -> Feedback:
        if self.feedback is None:
            raise ValueError("nothing was simulated; run the study with a simulation")
        return self.feedback

    def summary(self) -> dict[str, Any]:
        """Return the summary as one JSON-ready object; see `sogdia.run.summary`."""
        return summary(self)

    def write(self, path: str | Path, pages: Mapping[str, str] | None = None) -> Path:
        """Write the run folder: all of it, or nothing.

        Parameters
        ----------
        path : str or Path
            A name that is free, or an empty folder.
        pages : mapping of str to str, optional
            Further text files, by name; `sogdia.report.markdown.pages` makes them.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        DataError
            If the name is taken.
        ResourceError
            If the disk is full or the place cannot be written to.
        """
        with new_folder(Path(path)) as folder:
            self.fill(folder, pages)
        return folder.path

    def fill(self, folder: RunFolder, pages: Mapping[str, str] | None = None) -> None:
        """Write the run's files into a folder that `new_folder` has opened."""
        files = {f"{name}.parquet": parquet(frame) for name, frame in self.tables().items()}
        files |= {name: text.encode() for name, text in (pages or {}).items()}
        for name, content in files.items():
            folder.write(name, content)
        folder.write("manifest.json", to_json(manifest(self, files)))


def run_name(study: str, scenario: str, year: int | None) -> str:
    """Join study, scenario and year, each said once, into a name fit for a folder."""
    parts = [study, scenario]
    if year is not None and not scenario.endswith(str(year)):
        parts.append(str(year))
    return "-".join("".join(c if c.isalnum() or c in "._-" else "_" for c in p) for p in parts)


def run_study(
    study: Study,
    scenario: Scenario | None = None,
    *,
    year: int | None = None,
    options: AssignmentOptions | None = None,
    simulation: SimulationOptions | None = None,
    progress: Progress | None = None,
) -> Run:
    """Assign a study's demand under a scenario and judge the flows.

    Parameters
    ----------
    study : Study
        What the world is; see `sogdia.load`.
    scenario : Scenario, optional
        What is asked; by default the one that the study names.
    year : int, optional
        Year of demand and network; by default the scenario's.
    options : AssignmentOptions, optional
        How to solve.
    simulation : SimulationOptions, optional
        Simulate the flows, and feed the waits back until both agree (see
        `sogdia.analysis.feedback`); by default there is no simulation.
    progress : callable, optional
        Called with a stage, how much of it is done, and of how much (0: not known).

    Returns
    -------
    Run
        Call ``summary()`` for the figures, ``write(path)`` to keep them.

    Examples
    --------
    >>> import sogdia
    >>> run = sogdia.run_study(sogdia.load("eurasia"), year=2024)  # doctest: +SKIP
    >>> run.summary()["corridors"][0]["corridor"]  # doctest: +SKIP
    """
    options = options or AssignmentOptions()
    seconds: dict[str, float] = {}
    feedback: Feedback | None = None
    with compilation_announced(progress):
        if simulation is None:
            with _timed(seconds, "assign"):
                result = assign(study, scenario, year=year, options=options, progress=progress)
        else:
            with _timed(seconds, "simulate"):
                feedback = consistent_flows(
                    study,
                    scenario,
                    year=year,
                    options=options,
                    simulation_options=simulation,
                    progress=progress,
                )
            result = feedback.result
        with _timed(seconds, "validate"):
            validation = validate(result)
    solution = result.solution
    return Run(study, solution.scenario, solution.options, result, validation, seconds, feedback)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[stage] = round(perf_counter() - start, 3)
