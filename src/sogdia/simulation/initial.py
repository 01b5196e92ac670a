"""What is there at the start: goods in yards and at sea, and where the vessels are.

A table with these columns; a row with a commodity is goods, one without is a vessel.

======================  =====================================================================
element_id              terminal, service or link at which the goods are, or the vessel's service
commodity_id            what they are; empty: a vessel
quantity_t              how much, t
destination             where the goods go (node_id); empty: wherever such goods go from there
node_id                 place that they leave from, or where the vessel is or sails to; empty: any
ready_in_h              goods: they are past the element in so many hours; empty: they wait
                        for it; vessel: it is ready to leave in so many hours
======================  =====================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sogdia.errors import DataError, Problem
from sogdia.simulation.model import (
    BOARD,
    DELAY,
    EMPIRICAL_RELEASE,
    RELEASE,
    SEIZE,
    ModelBuilder,
    Step,
)

COLUMNS = {
    "element_id": pl.String,
    "commodity_id": pl.String,
    "quantity_t": pl.Float64,
    "destination": pl.String,
    "node_id": pl.String,
    "ready_in_h": pl.Float64,
}
REQUIRED = ("element_id",)
TABLE = "initial state"


@dataclass(frozen=True, slots=True)
class RoutedStream:
    """A stream of the first period, with its route.

    Attributes
    ----------
    stream : int
        Its number.
    demand : dict
        Row of the demand table.
    steps : list of Step
        Its route.
    pieces : list of int
        Piece of each step.
    lot_t : float
        Size of its shipments, t.
    weight : float
        Tonnes per hour.
    """

    stream: int
    demand: dict[str, Any]
    steps: list[Step]
    pieces: list[int]
    lot_t: float
    weight: float


def read_initial(path: Path) -> pl.DataFrame:
    """Read an initial state from a CSV file.

    Raises
    ------
    DataError
        If the file cannot be read, or has a column that is not known or lacks one.
    """
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except FileNotFoundError:
        raise DataError(f"{path} is not there; name a CSV file with {', '.join(COLUMNS)}") from None
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path} cannot be read as a CSV file: {error}") from error
    return checked(frame)


def checked(frame: pl.DataFrame) -> pl.DataFrame:
    """Return an initial state with all columns, of the right types.

    Raises
    ------
    DataError
        For columns that are not known or missing, and amounts that are none; all at once.
    """
    problems = [
        Problem(f"there is no such column; known are {', '.join(COLUMNS)}", TABLE, None, name)
        for name in frame.columns
        if name not in COLUMNS
    ]
    problems += [
        Problem("the column is missing", TABLE, None, name)
        for name in REQUIRED
        if name not in frame.columns
    ]
    if problems:
        raise DataError(problems)
    whole = frame.with_columns(
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in COLUMNS.items()
        if name not in frame.columns
    ).select(list(COLUMNS))
    typed = whole.with_columns(
        pl.col(name).cast(dtype, strict=False) for name, dtype in COLUMNS.items()
    )
    for name in ("quantity_t", "ready_in_h"):
        bad = (typed[name].is_null() & whole[name].is_not_null()) | ~(
            typed[name].fill_null(0.0).is_finite() & (typed[name].fill_null(0.0) >= 0)
        )
        for row in np.flatnonzero(bad.to_numpy()):
            message = f"{whole[name][int(row)]!r} is not an amount of zero or more"
            problems.append(Problem(message, TABLE, int(row) + 2, name))
    goods = typed["commodity_id"].is_not_null()
    for row in np.flatnonzero((goods & typed["quantity_t"].is_null()).to_numpy()):
        problems.append(Problem("goods need a quantity, t", TABLE, int(row) + 2, "quantity_t"))
    if problems:
        raise DataError(problems)
    return typed


def vessel_positions(initial: pl.DataFrame | None) -> dict[str, list[tuple[str | None, float]]]:
    """Return where the vessels of each service are, and when they are ready, h."""
    positions: dict[str, list[tuple[str | None, float]]] = {}
    if initial is not None:
        for row in initial.filter(pl.col("commodity_id").is_null()).iter_rows(named=True):
            place = (row["node_id"], row["ready_in_h"] or 0.0)
            positions.setdefault(row["element_id"], []).append(place)
    return positions


def place_goods(
    builder: ModelBuilder,
    streams: list[RoutedStream],
    pieces: list[dict[str, Any]],
    initial: pl.DataFrame,
    add: Callable[[RoutedStream], tuple[Any, ...]],
) -> list[int]:
    """Put the goods of an initial state into a model.

    The goods of a row are shared among the streams that pass the element with such goods, as
    these share what is shipped.

    Parameters
    ----------
    builder : ModelBuilder
        Gets streams of their own, which release them.
    streams : list of RoutedStream
        Streams of the first period.
    pieces : list of dict
        What steps stand for.
    initial : DataFrame
        See `checked`.
    add : callable
        Returns the group that the goods of a stream are counted in.

    Returns
    -------
    list of int
        Pieces of the steps that were added.
    """
    steps: list[int] = []
    known = builder.steps
    for number, row in enumerate(initial.iter_rows(named=True), start=2):
        if row["commodity_id"] is None:
            continue
        found = [(one, place) for one in streams if (place := _place(one, pieces, row)) >= 0]
        if not found:
            builder.problems.append(Problem(_nobody(row), TABLE, number, "element_id"))
            continue
        total = sum(one.weight for one, _ in found)
        owed = 0.0
        for one, place in sorted(found, key=lambda pair: -pair[0].weight):
            owed += row["quantity_t"] * one.weight / total
            shipments = round(owed / one.lot_t)
            if shipments == 0:
                continue
            owed -= shipments * one.lot_t
            first = place if row["ready_in_h"] is None else _past(one, place)
            held = _held(one, first)
            builder.stream(
                ("initial", number, one.stream),
                [*(step for step, _ in held), *one.steps[first:]],
                kind=EMPIRICAL_RELEASE,
                times_h=[row["ready_in_h"] or 0.0] * shipments,
                tonnes=one.lot_t,
                group=add(one),
            )
            if builder.steps > known + len(steps):
                steps += [*(piece for _, piece in held), *one.pieces[first:], -1]
    return steps


def _past(one: RoutedStream, place: int) -> int:
    """Return the first step behind the piece that a step belongs to."""
    piece = one.pieces[place]
    working = [
        number
        for number, step in enumerate(one.steps)
        if one.pieces[number] == piece and step.kind in {DELAY, BOARD}
    ]
    after = working[-1] + 1
    if after < len(one.steps) and one.pieces[after] == piece and one.steps[after].kind == RELEASE:
        return after + 1  # the server
    return after


def _held(one: RoutedStream, first: int) -> list[tuple[Step, int]]:
    """Return steps that take what goods hold that have come as far as a step: room in yards."""
    held: dict[int, tuple[Step, int]] = {}
    for step, piece in zip(one.steps[:first], one.pieces[:first], strict=True):
        if step.kind == SEIZE:
            held[step.station] = (step, piece)
        elif step.kind == RELEASE:
            held.pop(step.station, None)
        elif step.kind == BOARD:
            held.pop(step.target, None)
    return list(held.values())


def _place(one: RoutedStream, pieces: list[dict[str, Any]], row: dict[str, Any]) -> int:
    """Return the step at which goods of a stream are at the element of a row; -1: never."""
    if one.demand["commodity_id"] != row["commodity_id"]:
        return -1
    if row["destination"] is not None and one.demand["destination"] != row["destination"]:
        return -1
    for place, piece in enumerate(one.pieces):
        here = pieces[piece]
        if row["element_id"] not in here["element"].replace(" + ", " ").split(" "):
            continue
        if row["node_id"] is None or row["node_id"] == here["from_node_id"]:
            return place
    return -1


def _nobody(row: dict[str, Any]) -> str:
    where = f" from {row['node_id']}" if row["node_id"] else ""
    whither = f" to {row['destination']}" if row["destination"] else ""
    return (
        f"no flow of {row['commodity_id']!r}{whither} passes {row['element_id']!r}{where} in the "
        "first period; name an element that such goods use"
    )
