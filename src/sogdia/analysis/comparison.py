"""Two scenarios of one study side by side: what changed, where, for which goods, and how surely.

Both are assigned from scratch, so that each result is the one that it has alone. Every
frame holds a figure three times: ``_before``, ``_after`` and ``_change``. Tonnes and money of what
one of the scenarios does not have are 0; its means (days, USD/t) are null, and so is their change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter

import polars as pl

from sogdia.analysis.feedback import consistent_flows
from sogdia.analysis.measures import Measures, measure, user_benefit_usd
from sogdia.analysis.simulated_comparison import SimulatedComparison
from sogdia.assignment import AssignmentOptions, AssignmentResult, Progress, assign
from sogdia.errors import DataError
from sogdia.scenario import Scenario
from sogdia.simulation import SimulationOptions, SimulationResult
from sogdia.simulation.replication import ReplicateAll
from sogdia.simulation.simulate import LEAD_IN_DAYS
from sogdia.study import Study

BEFORE, AFTER, CHANGE = "_before", "_after", "_change"
HOURS_PER_DAY = 24.0
KT_USD_PER_MUSD = 1000.0
LEAST_CHANGE = 1e-3
"""Tonnes a year, in thousands (and what is counted by them), below which a change is the dust of a
solver that stops at a residual; see `sogdia.assignment.unserved.LEAST_KT`."""
NOTHING = 1e-6
"""A kilogram, beside which nothing can be called so many times as large."""
TOTALS = {
    "demand_kt": "kt",
    "shipped_kt": "kt",
    "unserved_kt": "kt",
    "money_usd": "USD",
    "scarcity_usd": "USD",
    "generalised_cost_usd": "USD",
    "cost_usd_t": "USD/t",
    "days_mean": "days",
    "time_kt_h": "kt h",
    "wait_kt_h": "kt h",
    "co2_kt": "kt",
    "co2_kg_t": "kg/t",
}
"""Figures of the whole year, and their units."""
MEANS = ("days_mean", "cost_usd_t", "co2_kg_t")
ELEMENT = ("element", "kind", "forward", "unit")
UNSERVED = ("origin", "destination", "commodity", "reason")


@dataclass(frozen=True)
class Comparison:
    """What a study has under one scenario and under another; every frame documents its columns.

    Attributes
    ----------
    before, after : AssignmentResult
        The two assignments; after `simulation`, those whose waits are the simulated ones.
    same_question : bool
        Whether both scenarios ask the same, so that every change is 0.
    simulated : SimulatedComparison or None
        Differences replication by replication, if that was asked for.
    converged : bool
        Whether both assignments reached their residual, and flows and simulated waits agree.
    seconds : float
        Wall-clock time.
    """

    before: AssignmentResult
    after: AssignmentResult
    same_question: bool
    simulated: SimulatedComparison | None
    converged: bool
    seconds: float

    @cached_property
    def _measured(self) -> tuple[Measures, Measures]:
        return measure(self.before), measure(self.after)

    @cached_property
    def user_benefit_usd(self) -> float | None:
        """What shippers gain by the rule of half; None where demand itself is another."""
        before, after = (one.shippers for one in self._measured)
        keys = ["demand_id", "shipper", "demand_kt"]
        if not before.select(keys).sort(keys).equals(after.select(keys).sort(keys)):
            return None
        return user_benefit_usd(before, after)

    @cached_property
    def totals(self) -> pl.DataFrame:
        """Figures of the whole year: figure, unit, before, after, change, relative (to before).

        Figures are those of `sogdia.analysis.measures`, demand_kt, and co2_kg_t.
        """
        figures = [_totals(one) for one in self._measured]
        table = pl.DataFrame(
            {
                "figure": list(TOTALS),
                "unit": list(TOTALS.values()),
                "before": [figures[0][name] for name in TOTALS],
                "after": [figures[1][name] for name in TOTALS],
            }
        ).with_columns(pl.col("before", "after").fill_nan(None))
        change = pl.col("after") - pl.col("before")
        relative = pl.when(pl.col("before").abs() > NOTHING).then(change / pl.col("before"))
        return table.with_columns(change=change, relative=relative)

    @cached_property
    def corridors(self) -> pl.DataFrame:
        """By corridor and direction, the largest change of tonnes first.

        Columns: corridor, direction; kt, share (of the direction's kt), days_mean, cost_usd_t
        (money and scarcity) and co2_kg_t, each ``_before``, ``_after`` and ``_change``.
        """
        return _side_by_side(
            self._frames(lambda one: one.corridors),
            ("corridor", "direction"),
            sums=("kt", "share"),
            means=MEANS,
            rank=("kt",),
        )

    @cached_property
    def commodities(self) -> pl.DataFrame:
        """By commodity, the largest change of tonnes first.

        Columns: commodity; demand_kt, kt (shipped), unserved_kt, cost_musd (money and
        scarcity), days_mean, cost_usd_t and co2_kg_t, each ``_before``, ``_after`` and
        ``_change``.
        """
        before, after = self._measured
        return _side_by_side(
            (
                _by_commodity(self.before, before.shippers),
                _by_commodity(self.after, after.shippers),
            ),
            ("commodity",),
            sums=("demand_kt", "kt", "unserved_kt", "cost_musd"),
            means=MEANS,
            rank=("kt", "demand_kt", "cost_musd"),
        )

    @cached_property
    def places(self) -> pl.DataFrame:
        """Tonnes by node, terminal, link and service, the largest change first.

        Columns: kind (node, terminal, link or service), element; kt (of a node: all that
        begins, ends or passes there), ``_before``, ``_after`` and ``_change``.
        """
        return _side_by_side(
            self._frames(_places), ("kind", "element"), sums=("kt",), means=(), rank=("kt",)
        )

    @cached_property
    def elements(self) -> pl.DataFrame:
        """Load, waits and prices of what has a capacity, the largest change of scarcity first.

        Columns: element, kind, forward (of services), unit; flow and capacity (in the unit),
        utilisation, wait_h, waiting_kt_h, scarcity_usd_t and scarcity_kusd (what the
        element's scarcity costs in the year), each ``_before``, ``_after`` and ``_change``.
        """
        return _side_by_side(
            self._frames(lambda one: one.elements),
            ELEMENT,
            sums=("flow", "capacity", "waiting_kt_h", "scarcity_kusd"),
            means=("utilisation", "wait_h", "scarcity_usd_t"),
            rank=("scarcity_kusd", "waiting_kt_h", "flow"),
        )

    @cached_property
    def unserved(self) -> pl.DataFrame:
        """Demand that is not shipped and why, the largest change first.

        Columns: origin, destination, commodity, reason (see `AssignmentResult.unserved`); kt,
        ``_before``, ``_after`` and ``_change``. Goods whose reason is another now have two rows.
        """
        return _side_by_side(
            self._frames(lambda one: one.unserved), UNSERVED, sums=("kt",), means=(), rank=("kt",)
        )

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames that are kept, by the name of their file."""
        names = ("totals", "corridors", "commodities", "places", "elements", "unserved")
        tables: dict[str, pl.DataFrame] = {name: getattr(self, name) for name in names}
        if self.simulated is not None:
            found = self.simulated.tables().items()
            tables |= {f"simulated_{name}": frame for name, frame in found}
        return tables

    def _frames(
        self, of: Callable[[AssignmentResult], pl.DataFrame]
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        return of(self.before), of(self.after)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is the same for both scenarios."""

    study: Study
    year: int | None
    options: AssignmentOptions | None
    simulation: SimulationOptions | None
    replicate_all: ReplicateAll | None


@dataclass(frozen=True, slots=True)
class _Solved:
    """A scenario's answer."""

    result: AssignmentResult
    simulation: SimulationResult | None
    converged: bool


def compare(
    study: Study,
    before: Scenario,
    after: Scenario,
    *,
    year: int | None = None,
    options: AssignmentOptions | None = None,
    simulation: SimulationOptions | None = None,
    replicate_all: ReplicateAll | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Assign a study's freight under two scenarios and put the results side by side.

    Parameters
    ----------
    study : Study
        What the world is; see `sogdia.load`.
    before, after : Scenario
        What is asked of it; changes are what the second has more than the first.
    year : int, optional
        Year of demand and network of both; by default that of each scenario.
    options : AssignmentOptions, optional
        How to solve.
    simulation : SimulationOptions, optional
        Simulate both with the same random numbers, too, and replace waits by formula by
        simulated ones; ``replications`` says how often. By default nothing is simulated.
    replicate_all : callable, optional
        What runs replications; see `sogdia.simulation.simulate`.
    progress : callable, optional
        Called with a stage, how much of it is done, and of how much (0: not known).

    Returns
    -------
    Comparison
        Frames of what changed, each ranked.

    Raises
    ------
    DataError
        If the study has no demand for freight, a scenario does not fit it, or the options ask
        for a precision: how often both are lived through has to be the same.
    InfeasibleError
        If no shipment has a path, or goods end in a deadlock.

    Notes
    -----
    Without days of warm-up in the options, both are warmed up for as long as a simulation's own
    trial would at most (120 days): with the same calendar the same random numbers fall on the
    same days.

    Examples
    --------
    >>> import sogdia
    >>> study = sogdia.load("eurasia")  # doctest: +SKIP
    >>> before = sogdia.Scenario.load("baseline-2024")  # doctest: +SKIP
    >>> after = sogdia.Scenario.load("avoid-russia")  # doctest: +SKIP
    >>> sogdia.compare(study, before, after).corridors.head()  # doctest: +SKIP
    """
    if study.demand.is_empty():
        raise DataError(
            f"study {study.name} has no demand for freight, which is what scenarios are compared by"
        )
    if simulation is not None:
        simulation = _paired(simulation)
    started = perf_counter()
    same = _same_question(study, before, after, year)
    asked = _Asked(study, year, options, simulation, replicate_all)
    first = _solve(asked, before, _named("A", progress))
    second = first if same else _solve(asked, after, _named("B", progress))
    simulated = None
    if first.simulation is not None and second.simulation is not None:
        simulated = SimulatedComparison(first.simulation, second.simulation)
    return Comparison(
        before=first.result,
        after=second.result,
        same_question=same,
        simulated=simulated,
        converged=first.converged and second.converged,
        seconds=perf_counter() - started,
    )


def _paired(options: SimulationOptions) -> SimulationOptions:
    if options.precision is not None:
        raise DataError(
            "a comparison pairs replication with replication: give a number of replications, "
            "not a precision"
        )
    if options.warm_up_days is None:
        options = replace(options, warm_up_days=LEAD_IN_DAYS)
    options.check()
    return options


def _same_question(study: Study, before: Scenario, after: Scenario, year: int | None) -> bool:
    """Tell whether two scenarios differ by their names at most."""
    words = {"name", "title", "description", "extends", "year"}
    first, second = (one.model_dump(exclude=words) for one in (before, after))
    years = {year or one.year or study.settings.base_year for one in (before, after)}
    return first == second and len(years) == 1


def _named(name: str, progress: Progress | None) -> Progress | None:
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"{name}: {stage}", done, total)


def _solve(asked: _Asked, scenario: Scenario, progress: Progress | None) -> _Solved:
    if asked.simulation is None:
        result = assign(
            asked.study, scenario, year=asked.year, options=asked.options, progress=progress
        )
        if not isinstance(result, AssignmentResult):
            raise TypeError("freight was assigned as trips")
        return _Solved(result, None, result.converged)
    agreed = consistent_flows(
        asked.study,
        scenario,
        year=asked.year,
        options=asked.options,
        simulation_options=asked.simulation,
        replicate_all=asked.replicate_all,
        progress=progress,
    )
    converged = agreed.converged and agreed.result.converged
    return _Solved(agreed.result, agreed.simulation, converged)


def _totals(measured: Measures) -> dict[str, float]:
    figures = dict(measured.figures)
    shipped = figures["shipped_kt"]
    figures["demand_kt"] = float(measured.shippers["demand_kt"].sum())
    figures["co2_kg_t"] = figures["co2_kt"] / shipped * 1000.0 if shipped > 0 else float("nan")
    return figures


def _by_commodity(result: AssignmentResult, shippers: pl.DataFrame) -> pl.DataFrame:
    weight = pl.col("kt").sum()

    def mean(value: pl.Expr) -> pl.Expr:
        return (value * pl.col("kt")).sum() / weight

    shipped = result.paths.group_by(commodity="commodity_id").agg(
        days_mean=mean(pl.col("time_h")) / HOURS_PER_DAY,
        cost_usd_t=mean(pl.col("cost_usd_t")),
        co2_kg_t=mean(pl.col("wtt_kg_t") + pl.col("ttw_kg_t")),
        cost_musd=(pl.col("cost_usd_t") * pl.col("kt")).sum() / KT_USD_PER_MUSD,
    )
    asked = shippers.group_by(commodity="commodity_id").agg(
        pl.col("demand_kt").sum(), kt=pl.col("shipped_kt").sum()
    )
    return asked.with_columns(unserved_kt=pl.col("demand_kt") - pl.col("kt")).join(
        shipped, on="commodity", how="left"
    )


def _places(result: AssignmentResult) -> pl.DataFrame:
    nodes = (
        result.paths.select("kt", element=pl.col("places").str.split(" ").list.unique())
        .explode("element")
        .group_by("element")
        .agg(pl.col("kt").sum())
        .with_columns(kind=pl.lit("node"))
    )
    elements = [
        frame.group_by(element=name).agg(pl.col("kt").sum()).with_columns(kind=pl.lit(kind))
        for kind, name, frame in (
            ("terminal", "terminal_id", result.terminals),
            ("link", "link_id", result.links),
            ("service", "service_id", result.services),
        )
    ]
    return pl.concat([nodes, *elements])


def _side_by_side(
    frames: tuple[pl.DataFrame, pl.DataFrame],
    keys: Sequence[str],
    *,
    sums: Sequence[str],
    means: Sequence[str],
    rank: Sequence[str],
) -> pl.DataFrame:
    """Join the same table of two results, the largest change first.

    Parameters
    ----------
    frames : tuple of two DataFrame
        Before and after; in neither do two rows share all keys.
    keys : sequence of str
        Columns that tell rows apart.
    sums, means : sequence of str
        Figures that are 0 where there is no such row, and figures that are not known there.
    rank : sequence of str
        Figures by whose change rows are ranked; the later ones where the earlier changed alike.
    """
    figures = [*sums, *means]
    words = [pl.col(key).cast(pl.String) for key in keys if key != "forward"]
    before, after = (
        frame.select(*keys, pl.col(figures).fill_nan(None)).with_columns(words) for frame in frames
    )
    both = before.rename({name: f"{name}{BEFORE}" for name in figures}).join(
        after.rename({name: f"{name}{AFTER}" for name in figures}),
        on=list(keys),
        how="full",
        coalesce=True,
        nulls_equal=True,
    )
    ends = [f"{name}{end}" for name in sums for end in (BEFORE, AFTER)]
    both = both.with_columns(pl.col(ends).fill_null(0.0))
    change = {
        f"{name}{CHANGE}": pl.col(f"{name}{AFTER}") - pl.col(f"{name}{BEFORE}") for name in figures
    }
    columns = [f"{name}{end}" for name in figures for end in (BEFORE, AFTER, CHANGE)]
    # What the solver leaves is no rank: what has changed by it alone goes by its name.
    size = [_size(f"{name}{CHANGE}") for name in rank]
    return (
        both.with_columns(**change)
        .sort(
            [*size, *keys],
            descending=[True] * len(size) + [False] * len(keys),
            nulls_last=True,
            maintain_order=True,
        )
        .select(*keys, *columns)
    )


def _size(name: str) -> pl.Expr:
    size = pl.col(name).abs().fill_null(0.0)
    return pl.when(size > LEAST_CHANGE).then(size).otherwise(0.0)
