"""What a portfolio of projects does for those who ship: the figures that investment is decided on.

A portfolio is compared with the world in which nothing that could be chosen is built
(`without_projects`), over the same paths (`shared_paths`).
Evaluations do not depend on each other, so whoever asks may spread them as he likes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from sogdia.analysis.investment.shared_paths import SharedPaths, assign_over
from sogdia.analysis.investment.without_projects import replacements, with_portfolio
from sogdia.analysis.measures import Measures, measure, user_benefit_usd
from sogdia.assignment import AssignmentResult, assign
from sogdia.errors import InfeasibleError
from sogdia.scenario import Scenario
from sogdia.scenario.model import Event
from sogdia.study import Study

LONG_AGO = date(1900, 1, 1)
MILLION = 1e6

Outage = tuple[str, str]
"""What is lost: its kind (link, terminal, service, node, country) and its name."""
Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PortfolioTask:
    """One portfolio under one scenario.

    Attributes
    ----------
    built : tuple of str
        Projects that are built, in the order of the table.
    scenario : int
        Number of the scenario.
    removed : tuple of str
        Projects that are taken back although they are no candidates.
    """

    built: tuple[str, ...]
    scenario: int
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """A scenario with nothing built, which portfolios are compared with.

    Attributes
    ----------
    scenario : Scenario
        What holds besides the projects.
    shared : SharedPaths
        Paths that all portfolios are compared over.
    base : AssignmentResult
        The assignment with nothing built.
    before : Measures
        Its figures.
    lost_kt : tuple of float
        What is no longer shipped in it, kt, under each outage.
    """

    scenario: Scenario
    shared: SharedPaths
    base: AssignmentResult
    before: Measures
    lost_kt: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PortfolioContext:
    """What all evaluations share.

    Attributes
    ----------
    study : Study
        As loaded.
    year : int
        Year that is evaluated.
    candidates : tuple of str
        Projects that are not there unless they are built.
    corridor : str
        Corridor whose throughput counts.
    outages : tuple of (str, str)
        Elements whose loss is lived through.
    worlds : tuple of World
        One per scenario.
    """

    study: Study
    year: int
    candidates: tuple[str, ...]
    corridor: str
    outages: tuple[Outage, ...]
    worlds: tuple[World, ...]


EvaluateAll = Callable[[PortfolioContext, Sequence[PortfolioTask]], Iterable[Figures]]
"""What evaluates tasks, in their order, by `evaluate_portfolio`."""


def one_by_one(context: PortfolioContext, tasks: Sequence[PortfolioTask]) -> Iterable[Figures]:
    """Evaluate portfolios one after another, in this process."""
    return (evaluate_portfolio(context, task) for task in tasks)


def prepare(
    study: Study,
    scenarios: Sequence[Scenario],
    *,
    year: int,
    candidates: Sequence[str],
    corridor: str,
    removable: Sequence[str] = (),
    outages: Sequence[Outage] | None = None,
    busiest_links: int = 0,
) -> PortfolioContext:
    """Assign what portfolios are compared with, and find the paths that they are compared over.

    Parameters
    ----------
    study : Study
        As loaded.
    scenarios : sequence of Scenario
        What may hold.
    year : int
        Year that is evaluated.
    candidates : sequence of str
        Projects that are not there unless they are built.
    corridor : str
        Corridor whose throughput counts.
    removable : sequence of str
        Projects that a task may take back although they are no candidates.
    outages : sequence of (str, str), optional
        Elements whose loss is lived through; by default the busiest links.
    busiest_links : int
        How many of these.

    Returns
    -------
    PortfolioContext
        What `evaluate_portfolio` needs.
    """
    worlds = [
        _world(study, scenario, year, tuple(candidates), tuple(removable)) for scenario in scenarios
    ]
    shut = busiest(worlds[0].base, corridor, busiest_links) if outages is None else tuple(outages)
    context = PortfolioContext(study, year, tuple(candidates), corridor, shut, tuple(worlds))
    if not shut:
        return context
    return replace(context, worlds=tuple(_with_losses(context, world) for world in worlds))


def _world(
    study: Study,
    scenario: Scenario,
    year: int,
    candidates: tuple[str, ...],
    removable: tuple[str, ...],
) -> World:
    """Assign a scenario's extremes; the paths of all portfolios are those of these."""
    nothing = with_portfolio(study, scenario, (), candidates, year)
    extremes = [nothing, with_portfolio(study, scenario, candidates, (), year)]
    if removable:
        extremes.append(with_portfolio(study, scenario, (), (*candidates, *removable), year))
    ends = [assign(study, one, year=year) for one in extremes]
    shared = SharedPaths.of(ends, replacements(study, (*candidates, *removable), year))
    base = assign_over(shared, study, nothing, year, warm_start=ends[0])
    return World(scenario, shared, base, measure(base), ())


def _with_losses(context: PortfolioContext, world: World) -> World:
    nothing = with_portfolio(context.study, world.scenario, (), context.candidates, context.year)
    lost = (
        _lost_kt(context, world, nothing, one, world.base, world.before.figures)
        for one in context.outages
    )
    return replace(world, lost_kt=tuple(lost))


def evaluate_portfolio(context: PortfolioContext, task: PortfolioTask) -> Figures:
    """Return what a portfolio changes in a year.

    Parameters
    ----------
    context : PortfolioContext
        What all evaluations share.
    task : PortfolioTask
        The portfolio and the scenario.

    Returns
    -------
    mapping of str to float
        user_benefit_musd_y (rule of half), rent_musd_y (what owners of scarce capacity earn more;
        negative where it is scarce no longer), co2_kt_y and throughput_kt_y (saved, and gained by
        the corridor), shipped_kt_y, resilience_kt (by how much less is lost, the mean over the
        outages; nan without any).
    """
    world = context.worlds[task.scenario]
    missing = [name for name in context.candidates if name not in task.built] + [*task.removed]
    scenario = with_portfolio(context.study, world.scenario, task.built, missing, context.year)
    result = assign_over(world.shared, context.study, scenario, context.year, warm_start=world.base)
    after = measure(result)
    old, new = world.before.figures, after.figures
    kt = f"{context.corridor}.kt"
    resilience = float("nan")
    if context.outages:
        lost = [_lost_kt(context, world, scenario, one, result, new) for one in context.outages]
        resilience = (sum(world.lost_kt) - sum(lost)) / len(lost)
    benefit = user_benefit_usd(world.before.shippers, after.shippers)
    return {
        "user_benefit_musd_y": benefit / MILLION,
        "rent_musd_y": (new["scarcity_usd"] - old["scarcity_usd"]) / MILLION,
        "co2_kt_y": old["co2_kt"] - new["co2_kt"],
        "throughput_kt_y": new[kt] - old[kt],
        "shipped_kt_y": new["shipped_kt"] - old["shipped_kt"],
        "resilience_kt": resilience,
    }


def _lost_kt(
    context: PortfolioContext,
    world: World,
    scenario: Scenario,
    outage: Outage,
    whole: AssignmentResult,
    figures: Figures,
) -> float:
    """Return what is no longer shipped when an element is shut for the year, kt."""
    kind, name = outage
    event = Event.model_validate(
        {
            "event_id": f"outage-{kind}-{name}",
            "name": f"outage of {kind} {name}",
            "from_date": LONG_AGO,
            "element_kind": kind,
            "element_id": name,
            "effect": "closes",
        }
    )
    without = scenario.model_copy(update={"event": (*scenario.event, event)})
    try:
        left = assign_over(world.shared, context.study, without, context.year, warm_start=whole)
    except InfeasibleError:
        # no way at all is left, for anything
        return figures["shipped_kt"]
    return figures["shipped_kt"] - measure(left).figures["shipped_kt"]


def busiest(result: AssignmentResult, corridor: str, number: int) -> tuple[Outage, ...]:
    """Return the links that carry most of a corridor's goods.

    Parameters
    ----------
    result : AssignmentResult
        Flows.
    corridor : str
        Corridor.
    number : int
        How many.

    Returns
    -------
    tuple of (str, str)
        As outages, the busiest first.
    """
    flows = result.flows.filter(result.flows["corridor"] == corridor)
    by_link = flows.group_by("link_id").agg(pl.col("kt").sum())
    rows = by_link.sort(["kt", "link_id"], descending=[True, False])["link_id"].head(number)
    return tuple(("link", name) for name in rows)
