"""What a simulation found, as frames."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs

from sogdia.assignment import AssignmentResult
from sogdia.network.model import Floats
from sogdia.network.resource import HOURS_PER_YEAR
from sogdia.simulation.indicators import indicators
from sogdia.simulation.sample import Sample
from sogdia.simulation.statistics import (
    batch_means,
    growth_per_day,
    quantiles,
    ratio_of_sums,
    replication_means,
)
from sogdia.simulation.trace import read_log
from sogdia.simulation.translate import Translation
from sogdia.study.marks import NO_CORRIDOR

HOURS_PER_DAY = 24.0
PERCENTILES = (0.5, 0.9, 0.95)
GROWS_WITH_T = 6.0
"""Student's t of the growth of a queue above which it is called growing; weeks of a queue depend on
each other, so that 2 would be too little."""
GROWS_PER_DAY = 0.01
FULL = 0.98
SHORT_SHARE = 0.2
TRANSIT_KEYS = (
    "origin",
    "destination",
    "commodity",
    "mean_days",
    "p50",
    "p90",
    "p95",
    "ci_low",
    "ci_high",
)
ELEMENT_KEYS = (
    "element",
    "kind",
    "forward",
    "unit",
    "utilisation",
    "wait_h_mean",
    "wait_h_p95",
    "queue_mean",
    "throughput",
)


@dataclass(frozen=True)
class SimulationResult:
    """Transit times, queues and delays; every frame documents its columns.

    Attributes
    ----------
    study_name, scenario_name : str
        What was simulated.
    start : date
        First day observed.
    days, warm_up_days : int
        Days observed, and simulated before.
    seed : int
        Random numbers are addressed by it.
    asked : int or None
        Replications asked for; None: as many as `precision` needed.
    precision : float or None
        Relative half width asked for.
    seconds : float
        Wall-clock time of the replications.
    translation : Translation
        Model, and what its numbers stand for.
    sample : Sample
        What is kept of the replications.
    assigned : tuple of AssignmentResult
        Assignments whose flows were simulated, one for each calendar year; empty if each demand
        went by its cheapest path.
    """

    study_name: str
    scenario_name: str
    start: date
    days: int
    warm_up_days: int
    seed: int
    asked: int | None
    precision: float | None
    seconds: float
    translation: Translation
    sample: Sample
    assigned: tuple[AssignmentResult, ...] = ()

    @property
    def replications(self) -> int:
        """Replications made."""
        return self.sample.replications

    @property
    def events(self) -> int:
        """Events of all replications."""
        return self.sample.events

    @cached_property
    def shipments(self) -> float:
        """Mean number of shipments delivered in the time observed."""
        return float(np.mean([count.sum() for count in self.sample.transit_count]))

    @cached_property
    def reached(self) -> float:
        """Relative half width of the mean transit time of all tonnes (nan: one replication)."""
        return self.sample.precision(self.translation.tonnes)

    @cached_property
    def transit(self) -> pl.DataFrame:
        """Transit times by origin, destination and commodity.

        Columns: origin, destination, commodity, shipments (mean per replication), kt,
        mean_days, ci_low, ci_high (95 %), sd_days, p50, p90, p95 (days), moving_days, waiting_days,
        handling_days, border_days (means).
        """
        return self.transit_by("origin", "destination", "commodity")

    @cached_property
    def corridors(self) -> pl.DataFrame:
        """Transit times by corridor and direction; columns as in `transit`."""
        return self.transit_by("corridor", "direction")

    def transit_by(self, *keys: str) -> pl.DataFrame:
        """Return transit times by any of origin, destination, commodity, corridor, direction.

        Shipments are weighted by their tonnes. With one replication the interval comes from
        batch means: twenty parts of the time observed.
        """
        groups = self.translation.groups.filter(~pl.col("under_way")).with_columns(
            pl.col("corridor").fill_null(NO_CORRIDOR)
        )
        numbered = groups.with_columns(row=pl.struct(keys).rank("dense").cast(pl.Int64) - 1)
        row, group = numbered["row"].to_numpy(), numbered["group"].to_numpy()
        names = numbered.unique("row", keep="first").sort("row").select(keys)
        height, weight = names.height, self.translation.tonnes[group]

        def by_row(values: Floats) -> Floats:
            """Add up over groups, the last axis, weighted by tonnes."""
            return np.stack(
                [np.bincount(row, weights=one[group] * weight, minlength=height) for one in values]
            )

        counts = by_row(np.array(self.sample.transit_count, dtype=np.float64))
        sums = by_row(np.array(self.sample.transit_sum))
        if self.replications > 1:
            mean = ratio_of_sums(sums, counts)
        else:
            total, number = self.sample.batches
            mean = batch_means(by_row(total), by_row(number.astype(np.float64)))
        squares = by_row(np.array(self.sample.transit_square)).sum(axis=0)
        total_n, total_h = counts.sum(axis=0), sums.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = squares / total_n - (total_h / total_n) ** 2
            spent = np.array(self.sample.spent).sum(axis=0).T
            moving, handling, border = by_row(spent) / total_n
            waiting = np.maximum(total_h / total_n - moving - handling - border, 0.0)
        histogram = np.zeros((height, self.sample.transit_histogram.shape[1]))
        np.add.at(histogram, row, self.sample.transit_histogram[group] * weight[:, None])
        p50, p90, p95 = quantiles(histogram, np.array(PERCENTILES)).T
        shipped = np.bincount(
            row, weights=np.mean(self.sample.transit_count, axis=0)[group], minlength=height
        )

        def days(hours: Floats) -> pl.Series:
            return pl.Series(hours / HOURS_PER_DAY).fill_nan(None)

        return names.with_columns(
            shipments=pl.Series(shipped),
            kt=pl.Series(counts.mean(axis=0) / 1000.0),
            mean_days=days(np.asarray(mean.mean)),
            ci_low=days(np.asarray(mean.low)),
            ci_high=days(np.asarray(mean.high)),
            sd_days=days(np.sqrt(np.maximum(variance, 0.0))),
            p50=days(p50),
            p90=days(p90),
            p95=days(p95),
            moving_days=days(moving),
            waiting_days=days(waiting),
            handling_days=days(handling),
            border_days=days(border),
        )

    @cached_property
    def elements(self) -> pl.DataFrame:
        """Queues of links, terminals and services.

        Columns: element, kind, forward (of services), unit, servers, utilisation (busy share of
        servers, loaded share of vessels; null without limit), offered_load, wait_h_mean, wait_low,
        wait_high (95 %), wait_h_p95, queue_mean (shipments), throughput (shipments per
        year), throughput_kt (kt per year), waiting_kt_h (per year).
        """
        per_year = HOURS_PER_YEAR / (self.days * HOURS_PER_DAY)
        hours = self.days * HOURS_PER_DAY
        waits = np.array(self.sample.waits)
        area = np.mean(self.sample.area, axis=0)
        loads = np.sum(self.sample.loads, axis=0)
        units = self.translation.model.units
        mean = ratio_of_sums(waits[:, :, 1], waits[:, :, 0])
        limited = np.isfinite(units) & (units > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            utilisation = np.where(
                limited,
                area[:, 1] / hours / units,
                np.where(units == 0, loads[:, 0] / loads[:, 1], np.nan),
            )
        p95 = quantiles(self.sample.wait_histogram, np.array([0.95]))[:, 0]
        clock = self.translation.clock
        offered = self.translation.model.offered_load(clock.start_h, clock.end_h)

        def column(values: Floats) -> pl.Series:
            return pl.Series(np.asarray(values, dtype=np.float64)).fill_nan(None)

        return (
            self.translation.stations.sort("station")
            .with_columns(
                utilisation=column(utilisation),
                offered_load=column(offered),
                wait_h_mean=column(mean.mean),
                wait_low=column(mean.low),
                wait_high=column(mean.high),
                wait_h_p95=column(p95),
                queue_mean=column(area[:, 0] / hours),
                throughput=column(waits[:, :, 0].mean(axis=0) * per_year),
                throughput_kt=column(waits[:, :, 3].mean(axis=0) / 1000.0 * per_year),
                waiting_kt_h=column(waits[:, :, 2].mean(axis=0) / 1000.0 * per_year),
            )
            .drop("row_id")
        )

    @cached_property
    def bottlenecks(self) -> pl.DataFrame:
        """Elements at which goods wait, by tonne-hours of waiting, the worst first."""
        return self.elements.filter(pl.col("waiting_kt_h") > 0).sort(
            "waiting_kt_h", "station", descending=[True, False]
        )

    @cached_property
    def series(self) -> pl.DataFrame:
        """Queues over time, means of all replications.

        Columns: element, kind, forward, unit, from_date (of the week), queue_mean, utilisation (of
        servers; null for services).
        """
        ticks = np.array(self.translation.clock.weeks())
        hours = np.diff(ticks)
        mean = self.sample.series / self.replications / hours[None, :, None]
        units = self.translation.model.units
        limited = np.isfinite(units) & (units > 0)
        busy = np.where(
            limited[:, None], mean[:, :, 1] / np.where(limited, units, 1.0)[:, None], np.nan
        )
        weeks = [
            self.start + timedelta(hours=float(tick - self.translation.clock.start_h))
            for tick in ticks[:-1]
        ]
        stations = self.translation.stations.sort("station")
        return pl.concat(
            stations.select("station", "element", "kind", "forward", "unit").with_columns(
                from_date=pl.lit(week),
                queue_mean=pl.Series(mean[:, number, 0]),
                utilisation=pl.Series(busy[:, number]).fill_nan(None),
            )
            for number, week in enumerate(weeks)
        ).sort("station", "from_date")

    @cached_property
    def delays(self) -> pl.DataFrame:
        """What was delayed by what shut a station.

        Columns: cause, shipments, hours, kt_h; means per replication.
        """
        mean = np.mean(self.sample.delayed, axis=0)
        return (
            pl.DataFrame(
                {
                    "cause": list(self.translation.closures),
                    "shipments": mean[:, 0],
                    "hours": mean[:, 1],
                    "kt_h": mean[:, 2] / 1000.0,
                },
                schema={
                    "cause": pl.String,
                    "shipments": pl.Float64,
                    "hours": pl.Float64,
                    "kt_h": pl.Float64,
                },
            )
            .filter(pl.col("shipments") > 0)
            .sort("kt_h", "cause", descending=[True, False])
        )

    @cached_property
    def overloads(self) -> pl.DataFrame:
        """Elements at which more arrives than they can serve.

        Columns: element, kind, forward, unit, offered_load (null for services), since (date of the
        first week from which on the queue is longer than a fifth of the last), growth_per_day
        (shipments), queue_end (shipments, mean at the end).
        """
        ticks = np.array(self.translation.clock.weeks())
        queue = self.sample.series[:, :, 0] / self.replications / np.diff(ticks)
        empty = self.elements.clear().select("element", "kind", "forward", "unit", "offered_load")
        schema = {"since": pl.Date, "growth_per_day": pl.Float64, "queue_end": pl.Float64}
        if queue.shape[1] < 4:
            return empty.with_columns(pl.lit(None, dtype=t).alias(n) for n, t in schema.items())
        slope, t = growth_per_day(queue, 7.0)
        load = self.elements["offered_load"].fill_null(np.inf).to_numpy()
        grows = (slope > GROWS_PER_DAY) & (t > GROWS_WITH_T) & (load > FULL)
        end = np.mean(self.sample.in_queue, axis=0)
        rows = []
        for station in np.flatnonzero(grows):
            short = np.flatnonzero(queue[station] < SHORT_SHARE * queue[station, -1])
            week = min(int(short[-1]) + 1, len(ticks) - 2) if len(short) else 0
            day = self.start + timedelta(hours=float(ticks[week] - ticks[0]))
            rows.append((day, float(slope[station]), float(end[station])))
        return (
            self.elements.select(empty.columns)
            .filter(pl.Series(grows))
            .with_columns(
                pl.Series(name, [row[place] for row in rows], dtype=dtype)
                for place, (name, dtype) in enumerate(schema.items())
            )
        )

    @cached_property
    def flows(self) -> pl.DataFrame | None:
        """Flows that were simulated, by link, commodity and corridor; None if none were assigned.

        Columns as in `sogdia.assignment.AssignmentResult.flows`; of several years, their mean.
        """
        if not self.assigned:
            return None
        if len(self.assigned) == 1:
            return self.assigned[0].flows
        every_year = pl.concat(one.flows for one in self.assigned)
        keys = [name for name in every_year.columns if name not in {"kt", "kteu"}]
        mean = pl.col("kt", "kteu").sum() / len(self.assigned)
        return every_year.group_by(keys).agg(mean).sort(keys)

    @property
    def traced(self) -> bool:
        """Whether the log of the first replication was kept."""
        return len(self.sample.first.log_time) > 0

    @cached_property
    def trace(self) -> pl.DataFrame | None:
        """The log of the first replication, if it was asked for; see `sogdia.simulation.trace`."""
        if not self.traced:
            return None
        return read_log(self.translation, self.sample.first)

    @cached_property
    def indicators(self) -> pl.DataFrame:
        """CAREC's indicators by section, from the log; see `sogdia.simulation.indicators`."""
        return indicators(self.translation, self.trace)

    def check(self) -> None:
        """Check that nothing was lost or made, in any replication and over all of them.

        Raises
        ------
        CheckError
            If the shipments of a group, or at a station, do not add up.
        """
        self.sample.first.check(self.translation.model)

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames that are kept, by the name of their file."""
        return {
            "transit": self.transit,
            "corridors": self.corridors,
            "elements": self.elements,
            "series": self.series,
            "delays": self.delays,
            "overloads": self.overloads,
        }

    def summary(self) -> dict[str, Any]:
        """Return the figures as one JSON-ready object; those that do not exist are None."""
        return {
            "study": self.study_name,
            "scenario": self.scenario_name,
            "start": str(self.start),
            "days": self.days,
            "warm_up_days": self.warm_up_days,
            "seed": self.seed,
            "replications": self.replications,
            "asked": self.asked,
            "precision": _finite(self.reached),
            "shipments": self.shipments,
            "events": self.events,
            "seconds": round(self.seconds, 3),
            "transit": _records(self.transit.filter(pl.col("shipments") > 0), TRANSIT_KEYS),
            "corridors": _records(
                self.corridors.filter(pl.col("shipments") > 0),
                ("corridor", "direction", *TRANSIT_KEYS[3:]),
            ),
            "elements": _records(self.elements, ELEMENT_KEYS),
            "delays": _records(self.delays, tuple(self.delays.columns)),
            "overloads": _records(self.overloads, tuple(self.overloads.columns)),
        }

    def mean_transit(self) -> tuple[float, float]:
        """Return the mean transit time of all tonnes, and its half width, days."""
        estimate = replication_means(self.sample.means(self.translation.tonnes))
        return float(estimate.mean) / HOURS_PER_DAY, float(estimate.half_width) / HOURS_PER_DAY


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _records(frame: pl.DataFrame, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    finite = pl.when(cs.float().is_finite()).then(cs.float())
    return frame.select(keys).with_columns(finite, cs.date().cast(pl.String)).to_dicts()
