"""Where ships can go: a grid over the earth, from coastlines and a list of narrow channels."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CELL_DEG = 0.05
SOUTH, NORTH = -60.0, 84.0
COLUMNS = round(360 / CELL_DEG)
ROWS = round((NORTH - SOUTH) / CELL_DEG)

ASHORE = 100.0
"""Cost of a km over land: a port that the coastline puts inland still reaches the water."""
OFFING = (1.6, 1.3, 1.15, 1.05)
"""Cost of a km that is one, two, three, four cells off the coast: ships keep clear of it."""

Point = tuple[float, float]
Points = NDArray[np.float64]
Costs = NDArray[np.float32]
Mask = NDArray[np.bool_]
Cells = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Water:
    """What a km costs in each cell; row 0 lies in the south, column 0 begins at 180° W.

    Attributes
    ----------
    costs : array of float32
        1 at sea, more near the coast, `ASHORE` on land.
    fairway : mapping of int to (float, float)
        Where the channel lies in the cells that one passes, by number of the cell.
    """

    costs: Costs
    fairway: Mapping[int, Point]

    @classmethod
    def read(cls, coastlines: Path, channels: Path) -> Water:
        """Make the grid of a TopoJSON of land and a CSV of points along channels."""
        land = np.zeros((ROWS, COLUMNS), np.bool_)
        shore = np.zeros_like(land)
        for ring in _rings(json.loads(coastlines.read_text("utf-8"))):
            points = _unwrapped(ring)
            _fill(land, points)
            for _, rows, columns in _passed(points):
                shore[rows, columns] = True
        costs = _costs(land | shore)
        fairway: dict[int, Point] = {}
        for line in _channels(channels):
            for points, rows, columns in _passed(line):
                costs[rows, columns] = 1.0
                cells = (rows * COLUMNS + columns).tolist()
                fairway.update(zip(cells, map(_pair, points), strict=True))
        return cls(costs, fairway)


def _rings(topology: dict[str, Any]) -> Iterator[Points]:
    """Yield the rings of the land of a TopoJSON (its specification, sections 2.1 to 2.2)."""
    transform = topology["transform"]
    arcs = [
        np.cumsum(np.array(arc, np.float64), axis=0) * transform["scale"] + transform["translate"]
        for arc in topology["arcs"]
    ]
    for geometry in topology["objects"]["land"]["geometries"]:
        parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in parts:
            for ring in polygon:
                yield np.concatenate([arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring])


def _unwrapped(points: Points) -> Points:
    """Return a line whose longitudes go on beyond 180° where it crosses the antimeridian."""
    turns = np.cumsum(np.round(np.diff(points[:, 0]) / 360.0))
    result = points.copy()
    result[1:, 0] -= 360.0 * turns
    return result


def _channels(path: Path) -> Iterator[Points]:
    lines: dict[str, list[Point]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            lines.setdefault(row["channel"], []).append(
                (float(row["x_coord"]), float(row["y_coord"]))
            )
    for points in lines.values():
        yield np.array(points)


def _fill(land: Mask, ring: Points) -> None:
    """Turn the cells whose middle lies within a ring: rings in rings are lakes."""
    crossings: dict[int, list[float]] = {}
    for (x1, y1), (x2, y2) in pairwise(ring.tolist()):
        low, high = min(y1, y2), max(y1, y2)
        first = max(int(np.ceil((low - SOUTH) / CELL_DEG - 0.5)), 0)
        last = min(int(np.ceil((high - SOUTH) / CELL_DEG - 0.5)), ROWS)
        for row in range(first, last):
            middle = SOUTH + (row + 0.5) * CELL_DEG
            crossings.setdefault(row, []).append(x1 + (middle - y1) / (y2 - y1) * (x2 - x1))
    for row, found in crossings.items():
        found.sort()
        for west, east in zip(found[::2], found[1::2], strict=False):
            first = int(np.ceil((west + 180) / CELL_DEG - 0.5))
            last = int(np.ceil((east + 180) / CELL_DEG - 0.5))
            land[row, np.arange(first, last) % COLUMNS] ^= True


def _passed(line: Points) -> Iterator[tuple[Points, Cells, Cells]]:
    """Yield points along each stretch of a line, and the rows and columns of their cells."""
    for start, end in pairwise(line):
        steps = int(np.abs(end - start).max() / (CELL_DEG / 5)) + 2
        points = start + np.linspace(0, 1, steps)[:, None] * (end - start)
        rows = np.floor((points[:, 1] - SOUTH) / CELL_DEG).astype(np.int64)
        columns = np.floor((points[:, 0] + 180) / CELL_DEG).astype(np.int64) % COLUMNS
        inside = (rows >= 0) & (rows < ROWS)
        yield points[inside], rows[inside], columns[inside]


def _pair(point: Points) -> Point:
    return float(point[0]), float(point[1])


def _costs(closed: Mask) -> Costs:
    costs = np.ones(closed.shape, np.float32)
    near = closed
    for cost in OFFING:
        wider = _widened(near)
        costs[wider & ~near] = cost
        near = wider
    costs[closed] = ASHORE
    return costs


def _widened(cells: Mask) -> Mask:
    """Return cells and their eight neighbours."""
    wide = cells | np.roll(cells, 1, axis=1) | np.roll(cells, -1, axis=1)
    result = wide.copy()
    result[1:] |= wide[:-1]
    result[:-1] |= wide[1:]
    return result
