"""The way of a ship from port to port: the cheapest over a grid, drawn with few points."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from math import asin, cos, radians, sin, sqrt

import numba
import numpy as np
from numpy.typing import NDArray
from tools.sea_lanes.water import ASHORE, CELL_DEG, COLUMNS, ROWS, SOUTH, Costs, Point, Water

RADIUS_KM = 6371.0088
POINT_KM = 6.0
"""What a point of a course costs: more make it shorter, but no one sees by how little."""
STRIDE = 3
"""Cells between the points of a way that a course may turn at."""
REACH = 260
"""Such points that one straight stretch may skip."""
SAMPLE_KM = 2.5
"""Distance between the points of a stretch at which its cell is looked up."""

HARBOUR = 5.0
"""Cost of a km in the cells about a port."""
SWEEPS = 20
LEAST_GAIN_KM = 0.1

Cells = NDArray[np.int64]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

compiled = numba.njit(cache=True)


def course(water: Water, start: Point, end: Point) -> list[Point]:
    """Return the course of a ship between two places, its ends included.

    The cheapest way over the cells is found first (A*: Hart, Nilsson and Raphael, 1968, A
    formal basis for the heuristic determination of minimum cost paths), then the points
    that make the cheapest line of straight stretches.

    Parameters
    ----------
    water : Water
        Cost of a km by cell.
    start, end : (float, float)
        Longitude and latitude, degrees.

    Returns
    -------
    list of (float, float)
        Longitude and latitude, degrees, to two decimals.
    """
    with _harbours(water.costs, start, end) as costs:
        cells = _way(costs, _cell(start), _cell(end))
        points = np.column_stack([_longitude(cells % COLUMNS), _latitude(cells // COLUMNS)])
        pinned = np.zeros(len(cells), np.bool_)
        for place, cell in enumerate(cells.tolist()):
            if cell in water.fairway:
                points[place] = water.fairway[cell]
                pinned[place] = True
        points[0], points[-1] = start, end
        pinned[0] = pinned[-1] = True
        kept = pinned | (np.arange(len(points)) % STRIDE == 0)
        points, pinned = points[kept], pinned[kept]
        for _ in range(2):
            turns = _turns(costs, points)
            points, pinned = points[turns], pinned[turns]
            _tighten(costs, points, pinned)
    inner = [(round(float(x), 2), round(float(y), 2)) for x, y in points[1:-1]]
    return [start, *inner, end]


@contextmanager
def _harbours(costs: Costs, *ports: Point) -> Iterator[Costs]:
    """Open the cells about ports, which the coastline may have on land, for a while."""
    before = [(area, costs[area].copy()) for area in map(_surroundings, ports)]
    for area, _ in before:
        costs[area] = np.minimum(costs[area], HARBOUR)
    try:
        yield costs
    finally:
        for area, old in before:
            costs[area] = old


def _surroundings(port: Point) -> tuple[slice, slice]:
    row, column = divmod(_cell(port), COLUMNS)
    return slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2)


def _cell(point: Point) -> int:
    row = int((point[1] - SOUTH) // CELL_DEG)
    column = int((point[0] + 180) // CELL_DEG) % COLUMNS
    return row * COLUMNS + column


def _longitude(columns: Cells) -> Floats:
    return np.asarray(-180 + (columns + 0.5) * CELL_DEG)


def _latitude(rows: Cells) -> Floats:
    return np.asarray(SOUTH + (rows + 0.5) * CELL_DEG)


@compiled
def _distance_km(x1: float, y1: float, x2: float, y2: float) -> float:
    """Return the great-circle distance by the haversine formula."""
    half_y, half_x = radians(y2 - y1) / 2, radians(x2 - x1) / 2
    part = sin(half_y) ** 2 + cos(radians(y1)) * cos(radians(y2)) * sin(half_x) ** 2
    return 2 * RADIUS_KM * asin(sqrt(min(1.0, part)))


@compiled
def _way(costs: Costs, start: int, end: int) -> Cells:
    """Return the cells of the cheapest way, each a neighbour of the one before."""
    cost = costs.ravel()
    best = np.full(cost.size, np.inf)
    before = np.full(cost.size, -1, np.int32)
    end_x = -180 + (end % COLUMNS + 0.5) * CELL_DEG
    end_y = SOUTH + (end // COLUMNS + 0.5) * CELL_DEG
    degree_km = RADIUS_KM * radians(CELL_DEG)
    best[start] = 0.0
    heap = [(0.0, 0.0, start)]
    while heap:
        _, spent, cell = heapq.heappop(heap)
        if cell == end:
            break
        if spent > best[cell]:
            continue
        row, column = cell // COLUMNS, cell % COLUMNS
        across_km = degree_km * cos(radians(SOUTH + (row + 0.5) * CELL_DEG))
        for up in (-1, 0, 1):
            if not 0 <= row + up < ROWS:
                continue
            for right in (-1, 0, 1):
                other = (row + up) * COLUMNS + (column + right) % COLUMNS
                step_km = sqrt((up * degree_km) ** 2 + (right * across_km) ** 2)
                total = spent + step_km * (cost[cell] + cost[other]) / 2
                if total < best[other]:
                    best[other] = total
                    before[other] = cell
                    x = -180 + ((column + right) % COLUMNS + 0.5) * CELL_DEG
                    y = SOUTH + (row + up + 0.5) * CELL_DEG
                    left = _distance_km(x, y, end_x, end_y)
                    heapq.heappush(heap, (total + left, total, other))
    way = [end]
    while way[-1] != start:
        way.append(int(before[way[-1]]))
    return np.array(way[::-1])


@compiled
def _turns(costs: Costs, points: Floats) -> Cells:
    """Return which points make the cheapest line, each point at `POINT_KM`."""
    count = len(points)
    best = np.full(count, np.inf)
    before = np.zeros(count, np.int64)
    best[0] = 0.0
    for i in range(count - 1):
        for j in range(i + 1, min(i + 1 + REACH, count)):
            total = best[i] + POINT_KM + _stretch_cost(costs, points[i], points[j], j == i + 1)
            if total < best[j]:
                best[j] = total
                before[j] = i
    turns = [count - 1]
    while turns[-1] > 0:
        turns.append(before[turns[-1]])
    return np.array(turns[::-1])


@compiled
def _tighten(costs: Costs, points: Floats, pinned: Mask) -> None:
    """Move points, by smaller and smaller steps, to where the line is cheapest."""
    for cells in (256, 64, 16, 4, 1):
        for _ in range(SWEEPS):
            moved = False
            for i in range(1, len(points) - 1):
                if pinned[i]:
                    continue
                for up in (-1, 0, 1):
                    for right in (-1, 0, 1):
                        moved |= _move(costs, points, i, right * cells, up * cells)
            if not moved:
                break


@compiled
def _move(costs: Costs, points: Floats, i: int, right: int, up: int) -> bool:
    """Move a point by so many cells if that is cheaper, and tell whether it was."""
    other = points[i] + np.array([right * CELL_DEG, up * CELL_DEG])
    if not SOUTH < other[1] < SOUTH + (ROWS - 1) * CELL_DEG:
        return False
    other[0] = (other[0] + 180) % 360 - 180
    now, then = 0.0, 0.0
    for end in (points[i - 1], points[i + 1]):
        now += _stretch_cost(costs, points[i], end, False)
        then += _stretch_cost(costs, other, end, False)
    if then >= now - LEAST_GAIN_KM:
        return False
    points[i] = other
    return True


@compiled
def _stretch_cost(costs: Costs, start: Floats, end: Floats, neighbours: bool) -> float:
    """Return what a straight stretch costs; infinite if it goes ashore, but to a neighbour.

    Both the great circle and the line on an equirectangular map are looked at, since a
    map may draw either.
    """
    run = (end[0] - start[0] + 180) % 360 - 180
    length_km = _distance_km(start[0], start[1], end[0], end[1])
    steps = int(length_km / SAMPLE_KM) + 1
    angle = length_km / RADIUS_KM
    x1, y1 = radians(start[0]), radians(start[1])
    x2, y2 = radians(end[0]), radians(end[1])
    worst, total = 0.0, 0.0
    for step in range(steps + 1):
        part = step / steps
        flat = _cost_at(costs, start[0] + part * run, start[1] + part * (end[1] - start[1]))
        round_cost = flat
        if angle > 1e-3:
            one, two = sin((1 - part) * angle) / sin(angle), sin(part * angle) / sin(angle)
            x = one * cos(y1) * cos(x1) + two * cos(y2) * cos(x2)
            y = one * cos(y1) * sin(x1) + two * cos(y2) * sin(x2)
            z = one * sin(y1) + two * sin(y2)
            longitude, latitude = np.degrees(np.arctan2(y, x)), np.degrees(asin(z))
            round_cost = _cost_at(costs, longitude, latitude)
        worst = max(worst, flat, round_cost)
        if worst >= ASHORE and not neighbours:
            return np.inf
        total += round_cost
    return length_km * total / (steps + 1)


@compiled
def _cost_at(costs: Costs, longitude: float, latitude: float) -> float:
    row = int((latitude - SOUTH) // CELL_DEG)
    column = int((longitude + 180) // CELL_DEG) % COLUMNS
    return float(costs[row, column])
