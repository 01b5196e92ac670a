"""The planner's choice beside that of the equilibrium: what each is worth by the other's lights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sogdia.analysis.investment.planner_traffic import planner_case
from sogdia.analysis.investment.system_optimum import Planner
from sogdia.assignment import Progress

if TYPE_CHECKING:
    from sogdia.analysis.investment.single_year import SingleYear

STAGE = "solving the system optimum"


@dataclass(frozen=True, slots=True)
class SystemOptimum:
    """What one planner would build who assigned all flows himself, all opening in the one year.

    Attributes
    ----------
    chosen : tuple of str
        Projects, in the order of the table.
    value_musd : float
        Net present value by the planner, million USD: what he saves in generalised cost and
        carbon, without waits, less construction and running.
    gap_musd : float
        What another portfolio may be worth more to him.
    by_equilibrium_musd : float
        Net present value of his portfolio where shippers choose for themselves.
    regret_musd : float
        By how much that is less than what is best there.
    equilibrium_chosen : tuple of str
        The portfolio that is best where shippers choose for themselves.
    equilibrium_musd, equilibrium_by_planner_musd : float
        Its net present value there, and by the planner.
    unserved_kt_y : float
        What the planner leaves at home with his portfolio, a mean over the scenarios.
    seconds : float
        Wall-clock time.
    notices : tuple of str
        What the planner leaves out.
    """

    chosen: tuple[str, ...]
    value_musd: float
    gap_musd: float
    by_equilibrium_musd: float
    regret_musd: float
    equilibrium_chosen: tuple[str, ...]
    equilibrium_musd: float
    equilibrium_by_planner_musd: float
    unserved_kt_y: float
    seconds: float
    notices: tuple[str, ...]


def compare_with_system_optimum(single: SingleYear, progress: Progress | None) -> SystemOptimum:
    """Solve the planner's program, and set his choice beside that of the equilibrium.

    Parameters
    ----------
    single : SingleYear
        Portfolios that were evaluated, the best among them.
    progress : callable, optional
        Called with a stage.

    Returns
    -------
    SystemOptimum
        Both portfolios, by both principles.
    """
    if progress:
        progress(STAGE, 0, 0)
    evaluated = single.evaluated
    question = evaluated.question
    case = planner_case(question, evaluated.context.worlds, single.choices)
    planner = Planner(case.traffic, single.choices, question.appraisal.annuity)
    found = planner.best()
    chosen = single.chosen()
    reached = single.value(chosen)
    by_equilibrium = single.value(found.built)
    kept = zip(case.traffic, found.unserved_kt, strict=True)
    return SystemOptimum(
        chosen=evaluated.built(found.built),
        value_musd=found.value_musd,
        gap_musd=found.gap_musd,
        by_equilibrium_musd=by_equilibrium,
        regret_musd=max(reached - by_equilibrium, 0.0),
        equilibrium_chosen=evaluated.built(chosen),
        equilibrium_musd=reached,
        equilibrium_by_planner_musd=planner.with_built(chosen).value_musd,
        unserved_kt_y=sum(one.weight * float(kt.sum()) for one, kt in kept),
        seconds=found.seconds,
        notices=tuple(_notices(is_additive=case.is_additive)),
    )


def _notices(*, is_additive: bool) -> list[str]:
    said = [
        "System optimum: one planner assigns all flows at least cost over the same paths. It "
        "leaves out waits (queues are empty until capacity is full, so berths that only shorten "
        "them bring nothing) and the variety of shippers' choice beyond their value of time; what "
        "finds no room stays at home at its reservation cost."
    ]
    if not is_additive:
        said.append(
            "System optimum: some projects change the same element, and the planner adds up what "
            "each does alone."
        )
    return said
