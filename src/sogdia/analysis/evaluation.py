"""One evaluated network: a scenario in, the figures of its assignment out.

Sweeps and investments are thousands of these. An evaluation is a pure function of the study,
the task and the result that it starts from, so it may be made anywhere, in any order, and is known
by a digest of what it was made from.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace

from sogdia._version import __version__
from sogdia.analysis.feedback import consistent_flows
from sogdia.analysis.measures import measure
from sogdia.assignment import AssignmentOptions, AssignmentResult, ChoiceParameters, assign
from sogdia.assignment.requests import year_of_demand
from sogdia.assignment.solution import solve_demand
from sogdia.errors import ConvergenceError
from sogdia.scenario import Foundation, Scenario
from sogdia.simulation import SimulationOptions, SimulationResult
from sogdia.study import Study

FORMAT = 1
"""Part of every digest: raised when an evaluation comes to other figures or names."""
NO_TRACE_LEFT = ("threads", "trace")
"""Options of a simulation that no figure depends on."""
SIMULATED_DAYS = {
    "simulated_days": "mean_days",
    "simulated_p95_days": "p95",
    "simulated_wait_days": "waiting_days",
}


@dataclass(frozen=True, slots=True)
class EvaluationTask:
    """What is evaluated.

    Attributes
    ----------
    scenario : Scenario
        What is asked of the study.
    year : int
        Year of demand, tariffs and openings.
    simulation : SimulationOptions or None
        Simulate the flows and feed the waits back until both agree; None: waits by formula.
    choice : tuple of (str, float)
        Parameters of choice, named as in study.toml, that differ from the study's own.
    """

    scenario: Scenario
    year: int
    simulation: SimulationOptions | None = None
    choice: tuple[tuple[str, float], ...] = ()

    def digest(self, made_from: str) -> str:
        """Return a SHA-256 over all that the figures depend on.

        Parameters
        ----------
        made_from : str
            Digest of the study; of a task that starts warm, that of the task that it starts from.

        Returns
        -------
        str
            64 hexadecimal digits: two tasks with the same have the same figures.
        """
        simulation = None
        if self.simulation is not None:
            options = asdict(self.simulation)
            simulation = {name: options[name] for name in options if name not in NO_TRACE_LEFT}
        content = {
            "format": FORMAT,
            "sogdia": __version__,
            "made_from": made_from,
            "scenario": self.scenario.digest(),
            "year": self.year,
            "simulation": simulation,
            "choice": sorted(self.choice),
        }
        return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class EvaluationContext:
    """What all tasks share; it travels once per worker.

    Attributes
    ----------
    study : Study
        Tables as loaded, before any scenario.
    base : AssignmentResult or None
        Where every evaluation starts from; None: each starts cold. It is one and the same for
        all, so that no figure depends on what was evaluated before.
    foundation : Foundation or None
        Projects and changes of the scenario that most tasks begin with, made once; no figure
        depends on it.
    """

    study: Study
    base: AssignmentResult | None = None
    foundation: Foundation | None = None


def evaluate(context: EvaluationContext, task: EvaluationTask) -> dict[str, float]:
    """Evaluate one task.

    Parameters
    ----------
    context : EvaluationContext
        Study, and where to start.
    task : EvaluationTask
        What is asked.

    Returns
    -------
    dict of str to float
        Figures of `sogdia.analysis.measures.measure`; nan where one does not exist. With a
        simulation also ``simulated.days`` (mean transit time of all tonnes), ``simulated.moved``
        (share of tonnes that another round of feedback would move) and, of each corridor with
        shipments, ``<corridor>.simulated_days``, ``.simulated_p95_days`` and
        ``.simulated_wait_days``, over both directions.

    Raises
    ------
    DataError
        If the scenario does not fit the study.
    InfeasibleError
        If no shipment has a path.
    ConvergenceError
        If no equilibrium was found.
    """
    options = _options(context.study, task)
    if task.simulation is None:
        asked = year_of_demand(context.study, task.scenario, task.year, context.foundation)
        earlier = context.base.solution if context.base else None
        return _assigned_figures(AssignmentResult(solve_demand(asked, options, earlier)))
    agreed = consistent_flows(
        context.study,
        task.scenario,
        year=task.year,
        options=options,
        simulation_options=replace(task.simulation, threads=1, trace=False),
    )
    moved = {"simulated.moved": agreed.moved}
    return _assigned_figures(agreed.result) | moved | _simulated_figures(agreed.simulation)


def evaluate_base(study: Study, task: EvaluationTask) -> tuple[EvaluationContext, dict[str, float]]:
    """Evaluate a task cold, and return what others start from with its figures.

    Parameters
    ----------
    study : Study
        Tables.
    task : EvaluationTask
        The base.

    Returns
    -------
    context : EvaluationContext
        With a simulation it has no base: the rounds of its feedback start from one another.
    figures : dict of str to float
        As of `evaluate`.

    Raises
    ------
    DataError, InfeasibleError, ConvergenceError
        As of `evaluate`.
    """
    cold = EvaluationContext(study)
    if task.simulation is not None:
        return cold, evaluate(cold, task)
    result = assign(study, task.scenario, year=task.year, options=_options(study, task))
    context = EvaluationContext(study, result, Foundation.of(study, task.scenario))
    return context, _assigned_figures(result)


def _options(study: Study, task: EvaluationTask) -> AssignmentOptions:
    """Return the options of a task: one thread each, for it is tasks that run side by side."""
    if not task.choice:
        return AssignmentOptions(threads=1)
    choice = ChoiceParameters.of(study)
    for name, value in task.choice:
        choice = choice.with_value(name, value)
    return AssignmentOptions(choice=choice, threads=1)


def _assigned_figures(result: AssignmentResult) -> dict[str, float]:
    if not result.converged:
        raise ConvergenceError(
            f"no equilibrium was found: a residual of {result.residual:.1e} is left"
        )
    return dict(measure(result).figures)


def _simulated_figures(simulation: SimulationResult) -> dict[str, float]:
    figures = {"simulated.days": simulation.mean_transit()[0]}
    corridors = simulation.transit_by("corridor").sort("corridor")
    for row in corridors.iter_rows(named=True):
        for name, column in SIMULATED_DAYS.items():
            value = row[column]
            figures[f"{row['corridor']}.{name}"] = math.nan if value is None else value
    return figures
