"""What a worker does: runs of a study, and answers to questions about it.

A job names the study by where it lies and by its digest, and holds the scenarios themselves:

- ``{"kind": "run", "study", "digest", "scenario", "year", "simulate", "folder"}`` leaves a
  run folder;
- ``{"kind": "route", "study", "digest", "scenario", "depart", "queues", "question"}`` is
  answered as `sogdia.report.route_json` writes it;
- ``{"kind", "study", "digest", "scenarios", "question"}`` of kind ``supply`` is answered as
  `sogdia.web.supply_answer` writes it, of kind ``stress`` as `sogdia.report.stress_json` and
  of kind ``invest`` as `sogdia.report.invest_json`; the question is what was asked (see
  `sogdia.web.question_models`).
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sogdia.report.markdown import pages
from sogdia.report.route_json import answer_json, why_not_json
from sogdia.routing.planner import Planner
from sogdia.run.execute import run_study
from sogdia.run.folder import new_folder
from sogdia.run.kernels import compilation_announced
from sogdia.run.tables import read_table
from sogdia.scenario import Scenario
from sogdia.simulation import SimulationOptions
from sogdia.study import Study
from sogdia.study.load import load
from sogdia.web.messages import Message as Job
from sogdia.web.messages import Progress

if TYPE_CHECKING:
    from sogdia.web.supply_answer import Stops

STUDIES_KEPT = 4
PLANNERS_KEPT = 4
BALANCES_KEPT = 2
ANSWERS_KEPT = 8
SHIPMENT = ("origin", "destination", "commodity", "deadline_days", "avoid")

Kept = TypeVar("Kept")


class Recent(Generic[Kept]):
    """The few things that were used last, by key.

    Parameters
    ----------
    most : int
        How many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what is kept under a key, made if it is not there."""
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return self._kept[key]

    def drop(self, key: Hashable) -> None:
        """Forget what is kept under a key."""
        del self._kept[key]


class Engines:
    """The work itself, which knows nothing of processes and pipes."""

    def __init__(self) -> None:
        self._studies: Recent[Study] = Recent(STUDIES_KEPT)
        self._planners: Recent[Planner] = Recent(PLANNERS_KEPT)
        self._balances: Recent[Stops] = Recent(BALANCES_KEPT)
        self._answers: Recent[dict[str, Any]] = Recent(ANSWERS_KEPT)

    def perform(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Do a job and return its answer.

        Parameters
        ----------
        job : mapping
            As the module says.
        progress : callable
            Called with a stage, how much of it is done, and of how much (0: not known).

        Raises
        ------
        SogdiaError
            If it cannot be done.
        """
        return KINDS[job["kind"]](self, job, progress)

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Run a study and leave its folder."""
        study, scenario = self._study(job), Scenario.own_part(job["scenario"])
        # The folder is opened first: a full disk is known before the work, not after it.
        with new_folder(Path(job["folder"])) as folder:
            run = run_study(
                study,
                scenario,
                year=job["year"],
                simulation=_simulation(job["simulate"]),
                feedback=False,
                progress=progress,
            )
            progress("writing results", 0, 0)
            run.fill(folder, pages(run))
        return {}

    def route(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Answer a question about the ways of a shipment."""
        question = dict(job["question"])
        why_not = question.pop("why_not")
        with compilation_announced(progress):
            planner = self._planner(job)
            answer = planner.route(**question)
            content = answer_json(answer, planner.study)
            if why_not is not None:
                shipment = {name: question[name] for name in SHIPMENT}
                verdict = planner.why_not(why_not, **shipment)
                content["why_not"] = why_not_json(verdict, answer, planner.study)
        if job["depart"] is None:
            content["notes"].append(f"No day of departure was named, so it is {planner.depart}.")
        return content

    def supply(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Balance supply and need, and answer what is asked about it."""
        # The solver is loaded by the worker that needs it alone.
        from sogdia.web.supply_answer import supply_answer  # noqa: PLC0415

        asked = job["question"]
        with compilation_announced(progress):
            return supply_answer(
                self._balance(job, progress),
                with_stops=asked["n_minus_1"],
                avoid=None if asked["frontier"] is None else asked["frontier"]["avoid"],
                progress=progress,
            )

    def _balance(self, job: Job, progress: Progress) -> Stops:
        from sogdia.balance import SupplyOptions, supply  # noqa: PLC0415
        from sogdia.web.supply_answer import Stops  # noqa: PLC0415

        asked = job["question"]

        def make(study: Study, scenarios: Sequence[Scenario]) -> Stops:
            options = SupplyOptions(
                embargo=tuple(asked["embargo"]),
                buyers=None if asked["buyers"] is None else tuple(asked["buyers"]),
                contracts=asked["contracts"],
                carbon_price_usd_t=asked["carbon_price_usd_t"],
            )
            result = supply(
                study,
                scenarios[0],
                commodities=asked["commodities"] or None,
                year=asked["year"],
                options=options,
                progress=progress,
            )
            return Stops(result)

        # Stops and a frontier are asked for once the balance has been seen.
        return self._kept(self._balances, job, make, without=("n_minus_1", "frontier"))

    def stress(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Take away what is asked for, one after another, and rank it by what that costs."""
        from sogdia.analysis.criticality.stress import stress  # noqa: PLC0415
        from sogdia.report.stress_json import stress_json  # noqa: PLC0415

        asked = job["question"]

        def make(study: Study, scenarios: Sequence[Scenario]) -> dict[str, Any]:
            day = None if asked["on"] is None else date.fromisoformat(asked["on"])
            result = stress(
                study,
                scenarios[0],
                year=asked["year"],
                on=day,
                n=asked["n"],
                elements=tuple(asked["elements"]),
                days=asked["days"],
                capacity_left=asked["capacity_left"],
                progress=progress,
            )
            return stress_json(result)

        with compilation_announced(progress):
            found = self._kept(self._answers, job, make, without=("top",))
        worst = found["elements"][: asked["top"]]
        return found | {"elements": worst, "elements_tried": len(found["elements"])}

    def invest(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Choose which projects to build within a budget."""
        from sogdia.analysis.investment.invest import invest  # noqa: PLC0415
        from sogdia.analysis.investment.options import InvestmentOptions  # noqa: PLC0415
        from sogdia.report.invest_json import invest_json  # noqa: PLC0415

        asked = job["question"]

        def make(study: Study, scenarios: Sequence[Scenario]) -> dict[str, Any]:
            options = InvestmentOptions(
                objective=asked["objective"],
                discount_rate=asked["discount_rate"],
                horizon_years=asked["horizon_years"],
                carbon_usd_t=asked["carbon_usd_t"],
                corridor=asked["corridor"] or "",
                openings=tuple(asked["openings"]),
                system_optimum=asked["system_optimum"],
            )
            result = invest(
                study,
                scenarios,
                budget_usd=asked["budget_musd"] * 1e6,
                year=asked["year"],
                options=options,
                progress=progress,
            )
            return invest_json(result)

        with compilation_announced(progress):
            return self._kept(self._answers, job, make)

    def _kept(
        self,
        store: Recent[Kept],
        job: Job,
        make: Callable[[Study, Sequence[Scenario]], Kept],
        without: Sequence[str] = (),
    ) -> Kept:
        """Return what was worked out for the same question, but for parts of it, or make it."""
        study = self._study(job)
        scenarios = [Scenario.own_part(content) for content in job["scenarios"]]
        asked = {name: value for name, value in job["question"].items() if name not in without}
        key = (
            job["kind"],
            study.digest(),
            *(scenario.digest() for scenario in scenarios),
            json.dumps(asked, sort_keys=True),
        )
        return store.get(key, lambda: make(study, scenarios))

    def _study(self, job: Job) -> Study:
        digest = job["digest"]
        study = self._studies.get(digest, lambda: load(_source(job["study"])))
        if study.digest() != digest:
            # The files have changed since the server read them: what they are now counts once.
            self._studies.drop(digest)
        return study

    def _planner(self, job: Job) -> Planner:
        study, scenario = self._study(job), Scenario.own_part(job["scenario"])
        depart, queues = job["depart"], job["queues"]

        def make() -> Planner:
            day = None if depart is None else date.fromisoformat(depart)
            elements = None if queues is None else read_table(Path(queues))
            return Planner(study, scenario, depart=day, queues=elements)

        # A run may be deleted, and another one given its name.
        age_ns = None if queues is None else Path(queues).stat().st_mtime_ns
        key = (study.digest(), scenario.digest(), depart, queues, age_ns)
        return self._planners.get(key, make)


KINDS: Mapping[str, Callable[[Engines, Job, Progress], dict[str, Any]]] = {
    "run": Engines.run,
    "route": Engines.route,
    "supply": Engines.supply,
    "stress": Engines.stress,
    "invest": Engines.invest,
}


def _source(study: Mapping[str, str]) -> str | Path:
    """Return what to load a study from: its name if it is built in, else its path."""
    return study["name"] if "name" in study else Path(study["path"])


def _simulation(asked: Mapping[str, int] | None) -> SimulationOptions | None:
    """Return how to simulate, if that is asked for: with the log that the page plays."""
    if asked is None:
        return None
    return SimulationOptions(
        replications=asked["replications"], days=asked["days"], seed=asked["seed"], trace=True
    )
