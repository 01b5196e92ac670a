"""Courses of links on a map: the WKT LINESTRING of GMNS column geometry, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

import polars as pl

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG), km."""

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
PAIR = rf"({NUMBER})\s+({NUMBER})"
LINE = re.compile(r"\s*LINESTRING\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL)
ONE_POINT = re.compile(rf"\s*{PAIR}\s*")
FIRST_POINT = rf"^\s*(?i:LINESTRING)\s*\(\s*{PAIR}\s*,"
LAST_POINT = rf",\s*{PAIR}\s*\)\s*$"
EXAMPLE = "LINESTRING (51.22 43.6, 50.5 40.2, 49.42 39.96)"

Point = tuple[float, float]


def parse_line(text: str) -> tuple[Point, ...]:
    """Read a course.

    Parameters
    ----------
    text : str
        WKT (OGC 06-103r4, section 7) of a line string in two dimensions.

    Returns
    -------
    tuple of (float, float)
        Longitude and latitude of at least two points, degrees.

    Raises
    ------
    ValueError
        If it is no such text, or a point is not on the earth.

    Examples
    --------
    >>> parse_line("LINESTRING (51.22 43.6, 49.42 39.96)")
    ((51.22, 43.6), (49.42, 39.96))
    """
    whole = LINE.fullmatch(text)
    if whole is None:
        raise ValueError(f"{_short(text)} is not a WKT line of longitudes and latitudes: {EXAMPLE}")
    points = tuple(_point(part) for part in whole[1].split(","))
    if len(points) < 2:
        raise ValueError(f"{_short(text)} has one point; a line has two or more: {EXAMPLE}")
    return points


def _point(text: str) -> Point:
    pair = ONE_POINT.fullmatch(text)
    if pair is None:
        raise ValueError(f"{_short(text.strip())} is not a longitude and a latitude: 51.22 43.6")
    longitude, latitude = float(pair[1]), float(pair[2])
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise ValueError(
            f"point {pair[1]} {pair[2]} is not in degrees: longitude from -180 to 180, "
            "then latitude from -90 to 90"
        )
    return longitude, latitude


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def write_line(points: Iterable[Point], *, decimals: int = 2) -> str:
    """Write a course as `parse_line` reads it.

    Parameters
    ----------
    points : iterable of (float, float)
        Longitude and latitude, degrees.
    decimals : int, optional
        Decimals of a degree; the second is worth about a kilometre.

    Returns
    -------
    str
        WKT.

    Examples
    --------
    >>> write_line([(51.22, 43.6), (50.0, 40.001)])
    'LINESTRING (51.22 43.6, 50 40)'
    """
    pairs = (" ".join(_number(value, decimals) for value in point) for point in points)
    return f"LINESTRING ({', '.join(pairs)})"


def _number(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def line_length_km(points: Sequence[Point]) -> float:
    """Return the length of a course along great circles, km.

    By the haversine formula (Sinnott, 1984, Virtues of the haversine, Sky and Telescope 68).

    Parameters
    ----------
    points : sequence of (float, float)
        Longitude and latitude, degrees.

    Returns
    -------
    float
        Length, km.

    Examples
    --------
    >>> round(line_length_km([(179.5, 0.0), (-179.5, 0.0)]), 1)
    111.2
    """
    return sum(_distance_km(start, end) for start, end in pairwise(points))


def _distance_km(start: Point, end: Point) -> float:
    half_x, half_y = radians(end[0] - start[0]) / 2, radians(end[1] - start[1]) / 2
    part = sin(half_y) ** 2 + cos(radians(start[1])) * cos(radians(end[1])) * sin(half_x) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, part)))


def first_point(line: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return longitude and latitude of the first points of a column of courses, degrees.

    They are null where the text does not begin and end as a course does.
    """
    return _coordinates(line, FIRST_POINT)


def last_point(line: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return longitude and latitude of the last points, as `first_point` does."""
    return _coordinates(line, LAST_POINT)


def _coordinates(line: pl.Expr, pattern: str) -> tuple[pl.Expr, pl.Expr]:
    longitude, latitude = (
        line.str.extract(pattern, group).cast(pl.Float64, strict=False) for group in (1, 2)
    )
    whole = line.str.contains(FIRST_POINT) & line.str.contains(LAST_POINT)
    on_earth = longitude.is_between(-180, 180) & latitude.is_between(-90, 90)
    known = pl.when(whole & on_earth)
    return known.then(longitude), known.then(latitude)


def distance_km(start: tuple[pl.Expr, pl.Expr], end: tuple[pl.Expr, pl.Expr]) -> pl.Expr:
    """Return great-circle distances between columns of places, km.

    As `line_length_km`, row by row.

    Parameters
    ----------
    start, end : (Expr, Expr)
        Longitude and latitude, degrees.

    Returns
    -------
    Expr
        Distance, km.
    """
    half_x = (end[0] - start[0]).radians() / 2
    half_y = (end[1] - start[1]).radians() / 2
    across = start[1].radians().cos() * end[1].radians().cos() * half_x.sin() ** 2
    part = (half_y.sin() ** 2 + across).clip(0, 1)
    return 2 * EARTH_RADIUS_KM * part.sqrt().arcsin()
