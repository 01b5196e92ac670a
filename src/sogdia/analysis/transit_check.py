"""Published transit days against simulated ones: corridors as a whole, and from place to place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from sogdia.analysis.validation import COMPARED, HOURS_PER_DAY, TOLERANCE
from sogdia.network.marks import split
from sogdia.network.model import Bools, Ints
from sogdia.network.resource import departures_per_year
from sogdia.simulation import SimulationResult
from sogdia.simulation.model import BOARD, END, SEIZE
from sogdia.study import Study

WHOLE = "whole journeys"
PART = "parts of longer journeys: a mean, without quantiles"
NOBODY = "nothing of this kind was simulated"
NOT_ENDS = "no simulated journey joins these places"
NO_COMMODITY = "no commodity is named"
OTHER_SCOPE = "only corridors and pairs of places can be timed"
COLUMNS = {
    "observation": pl.String,
    "scope": pl.String,
    "year": pl.Int64,
    "published": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "mean_days": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "p50": pl.Float64,
    "p90": pl.Float64,
    "ratio": pl.Float64,
    "within": pl.Boolean,
    "role": pl.String,
    "how": pl.String,
}


def transit_check(simulation: SimulationResult, study: Study) -> pl.DataFrame:
    """Compare published transit times with simulated ones.

    Parameters
    ----------
    simulation : SimulationResult
        What was found.
    study : Study
        Its observations of metric ``days`` of the years simulated.

    Returns
    -------
    DataFrame
        One row per observation: observation, scope, year; published, low, high (days);
        mean_days with its 95 % interval from ci_low to ci_high, p50, p90 (days); ratio (mean
        over published); within (the mean lies in the published range, or, where there is none,
        within 20 % of the published value; null where nothing was simulated); role; how:

        * of a corridor: all its journeys, door to door, of the goods, countries and direction
          that the observation names;
        * from place to place: journeys that begin and end there; if there are none, that
          part of longer journeys of the same corridor, goods and direction, between departure
          from the one and arrival at the other, as a sum of mean times and waits;
        * else why there is no figure.
    """
    rows = study.observation.with_columns(
        pl.col("metric", "role", "direction").cast(pl.String)
    ).filter(
        pl.col("metric") == "days",
        pl.col("role").is_in(COMPARED),
        pl.col("year").is_in(simulation.translation.clock.years),
    )
    found = [_one(simulation, study, row) for row in rows.iter_rows(named=True)]
    table = pl.DataFrame(
        [
            {
                "observation": row["observation_id"],
                "published": row["value"],
                **{name: row[name] for name in ("scope", "year", "low", "high", "role")},
                **figures,
            }
            for row, figures in zip(rows.iter_rows(named=True), found, strict=True)
        ],
        schema={n: t for n, t in COLUMNS.items() if n not in {"ratio", "within"}},
    ).with_columns(ratio=pl.col("mean_days") / pl.col("published"))
    in_range = pl.col("mean_days").is_between("low", "high")
    near = (pl.col("ratio") - 1.0).abs() <= TOLERANCE
    return (
        table.with_columns(within=pl.coalesce(in_range, near))
        .select(list(COLUMNS))
        .sort("role", "observation")
    )


def _one(simulation: SimulationResult, study: Study, row: dict[str, Any]) -> dict[str, Any]:
    kind = row["scope"].partition(":")[0]
    groups = _groups(simulation, study, row)
    if kind == "od":
        if not row["commodity_ids"]:
            return {"how": NO_COMMODITY}  # how long it takes depends on what is shipped
        return _between(simulation, study, row, groups)
    tokens = [token.partition(":") for token in split(row["scope"])]
    if any(kind != "corridor" for kind, _, _ in tokens):
        return {"how": OTHER_SCOPE}
    corridors = [name for _, _, name in tokens]
    return _whole(simulation, groups & _mask(simulation, pl.col("corridor").is_in(corridors)))


def _mask(simulation: SimulationResult, condition: pl.Expr) -> Bools:
    chosen = simulation.translation.groups.select(condition.fill_null(value=False))
    return np.asarray(chosen.to_series().to_numpy(), dtype=np.bool_)


def _groups(simulation: SimulationResult, study: Study, row: dict[str, Any]) -> Bools:
    """Return the groups of the goods, direction and countries that an observation counts."""
    condition = pl.lit(value=True)
    if row["commodity_ids"]:
        condition &= pl.col("commodity").is_in(split(row["commodity_ids"]))
    if row["direction"] != "both":
        condition &= pl.col("direction") == row["direction"]
    for end in ("origin", "destination"):
        if row[f"{end}_countries"]:
            inside = pl.col("country").is_in(split(row[f"{end}_countries"]))
            places = study.node.filter(inside)["node_id"].to_list()
            condition &= pl.col(end).is_in(places)
    return np.broadcast_to(_mask(simulation, condition), (simulation.translation.groups.height,))


def _whole(simulation: SimulationResult, groups: Bools) -> dict[str, Any]:
    """Return the transit times of the journeys of some groups taken together."""
    translation = simulation.translation
    marked = translation.groups.with_columns(counted=pl.Series(groups))
    together = replace(simulation, translation=replace(translation, groups=marked))
    times = together.transit_by("counted").filter("counted", pl.col("shipments") > 0)
    if times.is_empty():
        return {"how": NOBODY}
    names = ("mean_days", "ci_low", "ci_high", "p50", "p90")
    return {name: times[name].item() for name in names} | {"how": WHOLE}


def _between(
    simulation: SimulationResult, study: Study, row: dict[str, Any], groups: Bools
) -> dict[str, Any]:
    origin, _, destination = row["scope"].partition(":")[2].partition(">")
    if row["of"]:
        corridor = split(row["of"])[0].partition(":")[2]
        groups = groups & _mask(simulation, pl.col("corridor") == corridor)
    ends = (pl.col("origin") == origin) & (pl.col("destination") == destination)
    found = _whole(simulation, groups & _mask(simulation, ends))
    if found["how"] == WHOLE:
        return found
    hours, weight = 0.0, 0.0
    own_h, wait_h = _own_hours(simulation, study), _mean_waits(simulation)
    places = simulation.translation.pieces.select("from_node_id", "to_node_id").rows()
    for tonnes, steps in _routes(simulation, groups):
        part = _part(simulation, places, steps, origin, destination)
        if part is not None:
            pieces, stations = part
            hours += tonnes * float(own_h[pieces].sum() + wait_h[stations].sum())
            weight += tonnes
    if weight <= 0:
        return {"how": NOT_ENDS}
    return {"mean_days": hours / weight / HOURS_PER_DAY, "how": PART}


def _own_hours(simulation: SimulationResult, study: Study) -> np.ndarray[Any, Any]:
    """Return what each piece of a route takes by itself, h; of a quay: the crossing."""
    crossing = study.service.with_columns(made=departures_per_year()).select(
        "service_id", "made", crossed=pl.col("crossing_time_h") * pl.col("made")
    )
    at_sea = (
        simulation.translation.pieces.filter(pl.col("what") == "quay")
        .select("piece", service_id=pl.col("element").str.split(" + "))
        .explode("service_id")
        .join(crossing, on="service_id", how="left")
        .group_by("piece")
        .agg(crossing_h=pl.col("crossed").sum() / pl.col("made").sum())
    )
    hours = simulation.translation.pieces.join(
        at_sea, on="piece", how="left", maintain_order="left"
    ).select(
        pl.when(pl.col("what") == "gate")
        .then(0.0)
        .otherwise(pl.coalesce("crossing_h", "mean_h").fill_null(0.0))
    )
    return hours.to_series().to_numpy()


def _mean_waits(simulation: SimulationResult) -> np.ndarray[Any, Any]:
    waits = simulation.elements.sort("station")["wait_h_mean"]
    return waits.fill_null(0.0).to_numpy()


def _routes(simulation: SimulationResult, groups: Bools) -> Iterator[tuple[float, Ints]]:
    """Yield the routes of some groups: tonnes released while observed, and their steps."""
    model, clock = simulation.translation.model, simulation.translation.clock
    start = np.maximum(model.stream_number[:, 1], clock.start_h)
    hours = np.minimum(model.stream_number[:, 2], clock.end_h) - start
    tonnes = model.stream_number[:, 0] * model.stream_number[:, 3] * np.maximum(hours, 0.0)
    ends = np.flatnonzero(model.step_integer[:, 0] == END)
    for stream in np.flatnonzero(groups[model.stream_integer[:, 1]] & (tonnes > 0)):
        first = int(model.stream_integer[stream, 0])
        last = int(ends[np.searchsorted(ends, first)])
        yield float(tonnes[stream]), np.arange(first, last)


def _part(
    simulation: SimulationResult,
    places: list[tuple[str, str]],
    steps: Ints,
    origin: str,
    destination: str,
) -> tuple[Ints, Ints] | None:
    """Return pieces and stations of a route between two places; None if it does not pass both."""
    model = simulation.translation.model
    pieces = simulation.translation.step_piece[steps]
    moves = [places[piece] for piece in pieces]
    leaves = [n for n, (tail, head) in enumerate(moves) if tail == origin != head]
    arrives = [n for n, (tail, head) in enumerate(moves) if head == destination != tail]
    if not leaves or not arrives or arrives[-1] < leaves[0]:
        return None
    between = slice(leaves[0], arrives[-1] + 1)
    kind, station = model.step_integer[steps[between], 0], model.step_integer[steps[between], 2]
    # a yard that is given back to has no wait of its own
    waits = station[((kind == SEIZE) | (kind == BOARD)) & (station >= 0)]
    return np.unique(pieces[between]), waits
