"""`supply`: who can deliver what to whom in a year, over which routes, and what keeps it short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from sogdia.balance.assemble import assemble
from sogdia.balance.market import market_of
from sogdia.balance.months import months_of
from sogdia.balance.options import SupplyOptions
from sogdia.balance.program import Program
from sogdia.balance.result import SupplyResult
from sogdia.errors import DataError
from sogdia.scenario import Scenario, apply, default_scenario
from sogdia.study import Study

Progress = Callable[[str, int, int], None]
"""Called with a stage, how much of it is done, and of how much (0: not known)."""


def supply(
    study: Study,
    scenario: Scenario | None = None,
    *,
    commodities: Sequence[str] | None = None,
    year: int | None = None,
    options: SupplyOptions | None = None,
    progress: Progress | None = None,
) -> SupplyResult:
    """Balance producers and consumers over the network at least cost, month by month.

    A linear program over paths (see `sogdia.balance.program`): what goes from whom to whom,
    by which way, and what does not come, so that gates, ways, stocks and lost tonnes
    together cost least. Capacities, stocks, contracts and blends are kept; several
    commodities share the room of what they pass.

    Parameters
    ----------
    study : Study
        What the world is; see `sogdia.load`.
    scenario : Scenario, optional
        What is asked; by default the one that the study names.
    commodities : sequence of str, optional
        What is balanced; by default all that table ``supply`` names.
    year : int, optional
        Year; by default the scenario's, else the study's base year.
    options : SupplyOptions, optional
        Embargo, contracts, prices.
    progress : callable, optional
        Called with a stage, how much of it is done, and of how much (0: not known).

    Returns
    -------
    SupplyResult
        Deliveries, what is not served, what binds and what it would be worth to widen it.

    Raises
    ------
    DataError
        If the scenario does not fit the study, or there are no data for the goods or the year.
    ConvergenceError
        If the solver gives up.

    Examples
    --------
    >>> import sogdia
    >>> study = sogdia.load("eurasia")  # doctest: +SKIP
    >>> result = sogdia.supply(study, commodities=["crude-oil"], year=2025)  # doctest: +SKIP
    >>> result.binding.head()  # doctest: +SKIP
    """
    options = options or SupplyOptions()
    options.check()
    scenario = scenario or default_scenario(study)
    year = year or scenario.year or study.settings.base_year
    if year is None:
        raise DataError(
            f"study {study.name} has no base_year in study.toml; name a year, e.g. --year 2025"
        )
    seconds = {}
    started = perf_counter()
    _say(progress, "preparing the months")
    applied = apply(study, scenario, year)
    market = market_of(applied, year, commodities, options)
    months = months_of(applied, scenario, year)
    assembly = assemble(applied, scenario, year, market, months, options)
    seconds["build"] = round(perf_counter() - started, 3)
    _say(progress, "balancing")
    started = perf_counter()
    program = Program(assembly.problem)
    solution = program.solve()
    seconds["solve"] = round(perf_counter() - started, 3)
    return SupplyResult(
        study=applied,
        scenario=scenario,
        year=year,
        options=options,
        market=market,
        months=months,
        assembly=assembly,
        program=program,
        solution=solution,
        seconds=seconds,
    )


def _say(progress: Progress | None, stage: str) -> None:
    if progress is not None:
        progress(stage, 0, 0)
