"""CAREC's trade facilitation indicators by section, from the log of a replication.

The route of every shipment is cut into border crossings and the sections between them. A
crossing is a border post with what is done beside it at the same place (change of gauge,
transshipment, gates); the post of the country on the other side, if it follows within
`NEAR_KM` of line haul, belongs to it too, and the haul between them is a section of its own. A
section is all else between two crossings, or between one and an end of the route: line
haul, its waits, terminals and crossings by sea. Each is named after the places where it begins and
ends, in the direction of travel.

Notions are those of `sogdia.analysis.performance.cpmm_indicators`, for itineraries; here each
passage of a shipment is a sample, as trips are in CAREC's corridor performance measurement and
monitoring (CPMM). Counted are passages that end within the days observed, wherever they began;
those under way at the end are left out, which shortens means where queues grow without bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sogdia.simulation import engine
from sogdia.simulation.carrier_words import MICROSECONDS_PER_HOUR, WHAT, Visits, visits_of
from sogdia.simulation.model import BOARD, DELAY, MOVING, RELEASE
from sogdia.simulation.translate import Translation

Array = NDArray[Any]

SECTION_KM = 500.0
CARGO_UNIT_T = 20.0
NEAR_KM = 100.0
"""Posts of two countries that are further apart are two crossings."""
COLUMNS = {
    "corridor": pl.String,
    "section": pl.String,
    "kind": pl.String,
    "samples": pl.Int64,
    "time_h": pl.Float64,
    "time_cv": pl.Float64,
    "cost_usd": pl.Float64,
    "swd_km_h": pl.Float64,
    "swod_km_h": pl.Float64,
}


def indicators(translation: Translation, trace: pl.DataFrame | None) -> pl.DataFrame:
    """Return the indicators by corridor and section.

    Parameters
    ----------
    translation : Translation
        What was simulated.
    trace : DataFrame or None
        Log of a replication, as `sogdia.simulation.trace.read_log` returns it.

    Returns
    -------
    DataFrame
        corridor, section, kind ("border" or "section"), samples, and

        * time_h: mean time from joining the first queue to leaving, waits counted; at borders
          this is TFI1, the sum over the posts of both countries;
        * time_cv: coefficient of variation of that time, null with one sample;
        * cost_usd: at borders TFI2, charges of posts and terminals for 20 t; in sections TFI3,
          charges of links and terminals for 20 t and 500 km. Means of the samples whose
          charges the tables give per tonne; null where there are none (freight by
          tariff is not counted);
        * swd_km_h, swod_km_h: TFI4, length over the time of the section, and over the time in
          motion there (null at borders). Borders are not in the sections, so that the speed
          with delay here has the waits and the handling of the section, not the borders'.

        Sorted by corridor, kind and section; without a log it is empty.
    """
    if trace is None:
        return pl.DataFrame(schema=COLUMNS)
    visits = visits_of(translation)
    segments = _segments(translation, visits)
    samples = _samples(translation, visits, segments, trace)
    hours, length = pl.col("hours"), pl.col("length_km")
    known = pl.col("cost_usd_t").is_not_null()
    per_sample = pl.col("cost_usd_t").mean()
    per_km = pl.col("cost_usd_t").sum() / length.filter(known).sum() * SECTION_KM
    return (
        samples.join(segments.table, on="segment")
        .group_by("corridor", "section", "kind")
        .agg(
            samples=pl.len().cast(pl.Int64),
            time_h=hours.mean(),
            time_cv=_positive(hours.std() / hours.mean()),
            cost_usd=CARGO_UNIT_T
            * _positive(pl.when(pl.col("border").first()).then(per_sample).otherwise(per_km)),
            swd_km_h=_speed(length.sum(), hours.sum()),
            swod_km_h=_speed(length.sum(), pl.col("moving_h").sum()),
        )
        .sort("corridor", "kind", "section", nulls_last=True)
        .select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())
    )


def _positive(value: pl.Expr) -> pl.Expr:
    """Return a ratio, null where it is none."""
    return pl.when(value.is_finite()).then(value)


def _speed(length: pl.Expr, hours: pl.Expr) -> pl.Expr:
    return pl.when((length > 0.0) & (hours > 0.0)).then(length / hours)


@dataclass(frozen=True, slots=True)
class _Segments:
    """Crossings and sections of all routes.

    Attributes
    ----------
    of_visit : ndarray of int64, shape (visits,)
        Segment of each visit.
    begins, ends : ndarray of bool, shape (visits,)
        Whether a stretch of it, without a break, begins or ends with the visit.
    table : DataFrame
        segment, corridor, section, kind, border, stretches, length_km, cost_usd_t (null: not
        known).
    """

    of_visit: Array
    begins: Array
    ends: Array
    table: pl.DataFrame


def _segments(translation: Translation, visits: Visits) -> _Segments:
    """Cut all routes into crossings and sections."""
    table = _visited(translation, visits)
    # operations at one place with no line haul between are one run
    run = table.select(run=pl.struct("stream", "spot").rle_id()).to_series()
    border = (pl.col("post").any() & pl.col("spot").is_not_null()).over("run")
    table = table.with_columns(run=run).with_columns(border=border)
    crossing = pl.when(pl.col("border")).then(pl.col("run"))
    table = table.with_columns(
        stretch=table.select(pl.struct("stream", "border", crossing).rle_id()).to_series()
    )
    segment_of = _joined_posts(table)
    table = table.join(segment_of, on="stretch", maintain_order="left")
    stretch = table["stretch"].to_numpy()
    changes = stretch[1:] != stretch[:-1]
    group = translation.model.stream_integer[:, 1]
    node = pl.col("from_node_id")
    at_posts = _named(node.filter("post").first(), node.filter("post").last(), " / ")
    whole = _named(node.first(), pl.col("to_node_id").last(), " – ")
    segments = table.group_by("segment", maintain_order=True).agg(
        pl.col("stream", "border").first(),
        section=pl.when(pl.col("border").first()).then(at_posts).otherwise(whole),
        stretches=pl.col("stretch").n_unique().cast(pl.Int64),
        length_km=pl.col("length_km").sum(),
        cost_usd_t=pl.when(pl.col("cost_usd_t").is_not_null().all()).then(
            pl.col("cost_usd_t").sum()
        ),
    )
    return _Segments(
        of_visit=table["segment"].to_numpy().astype(np.int64),
        begins=np.append([True], changes)[: len(stretch)],
        ends=np.append(changes, [True])[: len(stretch)],
        table=segments.with_columns(
            kind=pl.when("border").then(pl.lit("border")).otherwise(pl.lit("section")),
            corridor=translation.groups["corridor"].gather(group[segments["stream"].to_numpy()]),
        ),
    )


def _visited(translation: Translation, visits: Visits) -> pl.DataFrame:
    """Return what is visited: a row for each visit, in order of travel."""
    at_place = (pl.col("kind") == "terminal") & (pl.col("from_node_id") == pl.col("to_node_id"))
    gate = pl.col("what") == "gate"
    pieces = translation.pieces.select(
        "from_node_id",
        "to_node_id",
        "country",
        "neighbour",
        post=((pl.col("what") == "terminal") & (pl.col("operation") == "border")).fill_null(
            value=False
        ),
        haul=(pl.col("what") == "leg") | gate,
        spot=pl.when(at_place).then(pl.col("from_node_id")),
        # a gate stands before what has the length and the charge
        length_km=pl.when(gate).then(0.0).otherwise(pl.col("length_km")),
        cost_usd_t=pl.when(gate).then(0.0).otherwise(pl.col("cost_usd_t")),
    )
    return pieces[visits.piece].with_columns(stream=pl.Series(visits.stream, dtype=pl.Int64))


def _joined_posts(table: pl.DataFrame) -> pl.DataFrame:
    """Return the segment of each stretch: posts of two countries near each other share one."""
    post = pl.col("country", "neighbour").filter("post").first()
    stretch = table.group_by("stretch", maintain_order=True).agg(
        pl.col("stream", "border").first(), pl.col("haul").all(), pl.col("length_km").sum(), post
    )
    one = pl.col("border") & pl.col("border").shift(2)
    one &= pl.col("stream") == pl.col("stream").shift(2)
    one &= pl.col("country") == pl.col("neighbour").shift(2)
    one &= pl.col("neighbour") == pl.col("country").shift(2)
    one &= pl.col("haul").shift(1) & (pl.col("length_km").shift(1) <= NEAR_KM)
    number = pl.col("stretch").cast(pl.Int64)
    return stretch.select("stretch", segment=pl.when(one).then(number - 2).otherwise(number))


def _named(start: pl.Expr, end: pl.Expr, mark: str) -> pl.Expr:
    """Return the name of what lies between two places, or is one."""
    return pl.when(start == end).then(start).otherwise(pl.concat_str(start, pl.lit(mark), end))


def _samples(
    translation: Translation, visits: Visits, segments: _Segments, trace: pl.DataFrame
) -> pl.DataFrame:
    """Return segment, hours and moving_h of each passage that ended in the time observed."""
    spans, moves = _signs(translation, visits, segments)
    row = trace.select(
        pl.col("what").to_physical().fill_null(len(WHAT)), pl.col("step").fill_null(-1)
    )
    what, step = row["what"].to_numpy(), row["step"].to_numpy()
    # the last row and column stand for what is in no segment
    kept = np.flatnonzero((spans | moves)[what, step])
    what, step = what[kept], step[kept]
    passage = pl.DataFrame(
        {
            "segment": segments.of_visit[visits.of_step[step]],
            "shipment": trace["shipment"].gather(kept),
            "time": trace["time"].gather(kept).to_physical(),
            "span": spans[what, step],
            "moved": moves[what, step],
        }
    )
    start = datetime.combine(translation.clock.start, datetime.min.time())
    time, ended = pl.col("time"), pl.col("span") == 1
    span_us, moved_us = (time * pl.col(name).cast(pl.Int64) for name in ("span", "moved"))
    return (
        passage.lazy()
        .group_by("shipment", "segment")
        .agg(
            hours=span_us.sum() / MICROSECONDS_PER_HOUR,
            moving_h=moved_us.sum() / MICROSECONDS_PER_HOUR,
            begun=(pl.col("span") == -1).sum().cast(pl.Int64),
            ended=ended.sum().cast(pl.Int64),
            end=time.filter(ended).max(),
        )
        .join(segments.table.lazy().select("segment", "stretches"), on="segment")
        .filter(
            pl.col("begun") == pl.col("stretches"),
            pl.col("ended") == pl.col("stretches"),
            pl.col("end").cast(pl.Datetime("us")) >= start,
        )
        .select("segment", "hours", "moving_h")
        .collect()
    )


def _signs(translation: Translation, visits: Visits, segments: _Segments) -> tuple[Array, Array]:
    """Return with which sign the time of what happens at a step counts: -1 begins, 1 ends.

    For the time of segments, and for the time in motion; shape (whats + 1, steps + 1).
    """
    steps = translation.model.step_integer
    kind, category = steps[:, 0], steps[:, 1]
    shape = (len(WHAT) + 1, len(steps) + 1)
    span, moved = np.zeros((2, *shape), dtype=np.int8)
    first, last = visits.first[segments.begins], visits.last[segments.ends]
    for happened, at in (
        (engine.JOINED, first[kind[first] != DELAY]),
        (engine.WORKING, first[kind[first] == DELAY]),
    ):
        span[happened, at] = -1
    for happened, by in (
        (engine.LEFT, RELEASE),
        (engine.WORKED, DELAY),
        (engine.ARRIVED, BOARD),
    ):
        span[happened, last[kind[last] == by]] = 1
    for begun, ended, at in (
        (engine.WORKING, engine.WORKED, (kind == DELAY) & (category == MOVING)),
        (engine.STARTED, engine.ARRIVED, kind == BOARD),
    ):
        moved[begun, : len(steps)][at] = -1
        moved[ended, : len(steps)][at] = 1
    return span, moved
