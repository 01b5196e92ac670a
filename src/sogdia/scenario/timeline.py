"""A year cut into periods within which rules and the network stay the same.

Cuts are made where a rule or an acceptance begins or ends, where an element opens or
closes, and where a lasting event begins or ends. Cuts closer than `WAIT_OUT_DAYS` to the one
before, or to an end of the year, are left out, and each period is then taken as its middle
day finds it; so dates are rounded by less than 30 days, and a year has at most twelve
periods.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from sogdia.scenario.effects import DAY, WAIT_OUT_DAYS, effects_in, exert, is_lasting
from sogdia.scenario.model import Dated, Hazard, Rule, Scenario
from sogdia.scenario.prune import Frames, bar_crossings, prune
from sogdia.study import Study

DATED_TABLES = ("link", "terminal", "service")


@dataclass(frozen=True, slots=True)
class Period:
    """A part of a year within which nothing changes.

    Attributes
    ----------
    start, end : date
        First and last day.
    share : float
        Its part of the year.
    hazards : tuple of Hazard
        What accepts or refuses dangerous goods in it, beyond what the study says.
    """

    start: date
    end: date
    share: float
    hazards: tuple[Hazard, ...] = ()

    @property
    def middle(self) -> date:
        """The day that stands for the whole period."""
        return self.start + (self.end - self.start) / 2


def periods(study: Study, scenario: Scenario, year: int) -> tuple[Period, ...]:
    """Cut a year into periods.

    Parameters
    ----------
    study : Study
        The study under the scenario (see `sogdia.scenario.apply`).
    scenario : Scenario
        Its rules.
    year : int
        The year.

    Returns
    -------
    tuple of Period
        In order; their shares make one.
    """
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    cuts = [first]
    for cut in sorted(set(_dated_cuts(scenario)) | set(_study_cuts(study))):
        if (cut - cuts[-1]).days >= WAIT_OUT_DAYS and (after - cut).days >= WAIT_OUT_DAYS:
            cuts.append(cut)
    days = (after - first).days
    bare = [
        Period(start, stop - DAY, (stop - start).days / days)
        for start, stop in zip(cuts, [*cuts[1:], after], strict=True)
    ]
    return tuple(replace(period, hazards=hazards_at(scenario, period)) for period in bare)


def _dated_cuts(scenario: Scenario) -> Iterable[date]:
    parts: list[Dated] = [*scenario.rule, *scenario.hazard]
    for part in parts:
        if part.start is not None:
            yield part.start
        if part.end is not None:
            yield part.end + DAY


def _study_cuts(study: Study) -> Iterable[date]:
    frames = study.frames()
    for table in DATED_TABLES:
        yield from frames[table]["open_from"].drop_nulls()
        yield from (day + DAY for day in frames[table]["open_until"].drop_nulls())
    happened = study.event.filter(pl.col("happened"))
    for first, last in happened.select("from_date", "until_date").iter_rows():
        if is_lasting(first, last):
            yield first
            if last is not None:
                yield last + DAY


def rules_at(scenario: Scenario, period: Period) -> tuple[Rule, ...]:
    """Return the rules that are in force in a period."""
    return tuple(rule for rule in scenario.rule if rule.holds(period.middle))


def hazards_at(scenario: Scenario, period: Period) -> tuple[Hazard, ...]:
    """Return what a scenario says about dangerous goods in a period."""
    return tuple(hazard for hazard in scenario.hazard if hazard.holds(period.middle))


def study_at(study: Study, period: Period, year: int, *, by_day: bool = False) -> Study:
    """Return a study as it stands in a period.

    Elements that are not open are left out, with what stands on them; dangerous goods are
    accepted as the period says; events have their effects, brief ones spread over the
    period (see `sogdia.scenario.effects`). What has no capacity left is left out, and so is
    a service that never leaves. Of the emission factors of a class and country only the
    newest not after the year is kept. Where no border terminal of a crossing works any more,
    nothing crosses.

    Parameters
    ----------
    study : Study
        The study under the scenario.
    period : Period
        One of `periods`.
    year : int
        The year that the period is part of.
    by_day : bool
        Events count with their share of the period's days (see `effects_in`), for engines
        that cut the year into months.

    Returns
    -------
    Study
        Its rows are no longer dated. Rows that an event split by kind of cargo have an
        ``@`` in their identifier (see `sogdia.study.base_id`).
    """
    if period.start.year != year:
        raise ValueError(f"the period from {period.start} is not in {year}")
    before = study.frames()
    opened = _accepting(_open(before, period.middle), period.hazards)
    opened = prune(opened, before)
    now = opened
    for effect in effects_in(opened["event"], period.start, period.end, by_day=by_day):
        now = exert(now, effect)
    now = prune(bar_crossings(_working(now), opened), opened)
    now["emission_factor"] = _in_force(now["emission_factor"], year)
    return study.with_tables(
        **{name: frame for name, frame in now.items() if frame is not before[name]}
    )


def _open(frames: Frames, day: date) -> Frames:
    is_open = (pl.col("open_from") <= day).fill_null(value=True) & (
        pl.col("open_until") >= day
    ).fill_null(value=True)
    return frames | {table: frames[table].filter(is_open) for table in DATED_TABLES}


def _working(frames: Frames) -> Frames:
    """Leave out what nothing can use: no departures, or a capacity of zero for all goods."""
    sails = (pl.col("availability") > 0) & (pl.col("departures_week") > 0)
    shut = (pl.col("capacity_kt_y") == 0) & (pl.col("capacity_teu_y").fill_null(0.0) == 0)
    works = ~shut.fill_null(value=False)
    # TNTP gives a capacity of 0 to links whose time does not depend on the flow
    counts = (pl.col("delay").cast(pl.String) != "constant") | pl.col("hard")
    jammed = frames["road"].filter((pl.col("capacity_trips") == 0) & counts)["link_id"].implode()
    return frames | {
        "link": frames["link"].filter(works, ~pl.col("link_id").is_in(jammed)),
        "terminal": frames["terminal"].filter(works),
        "service": frames["service"].filter(sails),
    }


def _in_force(factor: pl.DataFrame, year: int) -> pl.DataFrame:
    """Keep the newest factor of each class and country that is not after `year`."""
    newest = pl.col("year").max().over("emission_class", "country")
    return factor.filter(pl.col("year") <= year).filter(pl.col("year") == newest)


def _accepting(frames: Frames, hazards: Iterable[Hazard]) -> Frames:
    result = dict(frames)
    for hazard in hazards:
        for table, names in (("terminal", hazard.terminals), ("service", hazard.services)):
            result[table] = result[table].with_columns(
                hazard_classes=pl.when(pl.col(f"{table}_id").is_in(names))
                .then(_with_class(hazard))
                .otherwise("hazard_classes")
            )
    return result


def _with_class(hazard: Hazard) -> pl.Expr:
    classes = pl.col("hazard_classes").str.split(",").fill_null([])
    others = classes.list.set_difference([hazard.hazard_class])
    if hazard.accept:
        others = pl.concat_list(others, pl.lit(hazard.hazard_class))
    joined = others.list.sort().list.join(",")
    return pl.when(joined != "").then(joined)
