"""Run a study: assign its demand, simulate its waits if asked, judge the result, keep it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import polars as pl

from sogdia.analysis.feedback import Feedback, consistent_flows
from sogdia.analysis.playback import Playback, playback
from sogdia.analysis.queue_check import compare_queues
from sogdia.analysis.transit_check import transit_check
from sogdia.analysis.validation import validate
from sogdia.assignment import AssignmentOptions, AssignmentResult, Progress, assign
from sogdia.errors import DataError
from sogdia.run.folder import RunFolder, new_folder
from sogdia.run.kernels import compilation_announced
from sogdia.run.manifest import manifest, to_json
from sogdia.run.summary import summary
from sogdia.run.tables import parquet
from sogdia.scenario import Scenario
from sogdia.simulation import SimulationOptions, SimulationResult, simulate

if TYPE_CHECKING:
    from sogdia.study import Study


@dataclass(frozen=True)
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
    simulation : SimulationResult or None
        Simulation of the flows, if it was asked for.
    simulation_options : SimulationOptions or None
        How they were simulated.
    feedback : Feedback or None
        Rounds in which flows and simulated waits came to agree, if that was asked for.
    """

    study: Study
    scenario: Scenario
    options: AssignmentOptions
    result: AssignmentResult
    validation: pl.DataFrame
    seconds: Mapping[str, float]
    simulation: SimulationResult | None = None
    simulation_options: SimulationOptions | None = None
    feedback: Feedback | None = None

    @property
    def is_what_if(self) -> bool:
        """Whether something else was asked than what the study takes for what happened."""
        return self.scenario.name != (self.study.settings.default_scenario or Scenario().name)

    @cached_property
    def playback(self) -> Playback | None:
        """One replication to be watched, if the simulation kept its log."""
        if self.simulation is None or not self.simulation.traced:
            return None
        return playback(self.simulation, self.result.solution.study)

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames that the run folder keeps, by the name of their file."""
        tables = {
            "flows": self.result.flows,
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
        if self.simulation is not None:
            simulated = self.simulation.tables().items()
            tables |= {f"simulated_{name}": frame for name, frame in simulated}
            tables |= {"queue_check": self.queue_check(), "transit_check": self.transit_check()}
        if self.feedback is not None:
            tables["rounds"] = self.feedback.history
        if self.playback is not None:
            tables |= self.playback.tables()
        return tables

    def queue_check(self) -> pl.DataFrame:
        """Compare waits by formula with those simulated; see `sogdia.analysis.queue_check`.

        Raises
        ------
        ValueError
            If nothing was simulated.
        """
        return compare_queues(self.result, self._simulated())

    def transit_check(self) -> pl.DataFrame:
        """Compare published transit times with simulated ones.

        See `sogdia.analysis.transit_check`.

        Raises
        ------
        ValueError
            If nothing was simulated.
        """
        return transit_check(self._simulated(), self.result.solution.study)

    def _simulated(self) -> SimulationResult:
        if self.simulation is None:
            raise ValueError("nothing was simulated; run the study with a simulation")
        return self.simulation

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


def run_study(
    study: Study,
    scenario: Scenario | None = None,
    *,
    year: int | None = None,
    options: AssignmentOptions | None = None,
    simulation: SimulationOptions | None = None,
    feedback: bool = True,
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
        Simulate the flows; by default there is no simulation. Where no first day is given, it
        is that of the year assigned.
    feedback : bool
        Whether simulated waits are fed back until flows and waits agree (see
        `sogdia.analysis.feedback`), or the flows assigned are simulated once, as they are.
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
    if study.demand.is_empty() and not study.trip.is_empty():
        raise DataError(
            f"study {study.name} has trips and no demand for freight, which is what a run carries; "
            "`sogdia assign` is for trips"
        )
    options = options or AssignmentOptions()
    seconds: dict[str, float] = {}
    agreed: Feedback | None = None
    simulated: SimulationResult | None = None
    with compilation_announced(progress):
        if simulation is not None and feedback:
            with _timed(seconds, "simulate"):
                agreed = consistent_flows(
                    study,
                    scenario,
                    year=year,
                    options=options,
                    simulation_options=simulation,
                    progress=progress,
                )
            result, simulated = agreed.result, agreed.simulation
            simulation = agreed.simulation_options
        else:
            with _timed(seconds, "assign"):
                result = assign(study, scenario, year=year, options=options, progress=progress)
            if simulation is not None:
                simulation = _in_year(simulation, result.year)
                with _timed(seconds, "simulate"):
                    simulated = _simulated_once(study, result, simulation, progress)
        with _timed(seconds, "validate"):
            validation = validate(result)
    return Run(
        study=study,
        scenario=result.solution.scenario,
        options=result.solution.options,
        result=result,
        validation=validation,
        seconds=seconds,
        simulation=simulated,
        simulation_options=simulation,
        feedback=agreed,
    )


def _in_year(options: SimulationOptions, year: int) -> SimulationOptions:
    return options if options.start else replace(options, start=date(year, 1, 1))


def _simulated_once(
    study: Study,
    result: AssignmentResult,
    options: SimulationOptions,
    progress: Progress | None,
) -> SimulationResult:
    found = simulate(
        study, result.solution.scenario, flows=result, options=options, progress=progress
    )
    if found.asked is not None and found.replications < found.asked:
        raise KeyboardInterrupt  # the simulation takes it for the wish to see what it has
    return found


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[stage] = round(perf_counter() - start, 3)
