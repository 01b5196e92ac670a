"""Where nodes and links lie, as columns of coordinates rather than texts, and as WKB."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from sogdia.errors import DataError, Problem
from sogdia.study import Study
from sogdia.study.geometry import NUMBER

Point = tuple[float, float]
Parts = list[list[Point]]

HALF_TURN = 180.0
WKB_POINT, WKB_LINE, WKB_LINES = 1, 2, 5
LITTLE_ENDIAN = 1


def course_column(study: Study) -> pl.Series:
    """Return the course of each link.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    Series of list of float64
        ``x0, y0, x1, y1, ...`` in the order of table ``link``: the link's geometry, or
        else the straight line between its nodes; null where neither is known.

    Raises
    ------
    DataError
        If a geometry is not a line of at least two points.
    """
    node = study.node.select("node_id", "x_coord", "y_coord")
    ends = study.link.select("from_node_id", "to_node_id", "geometry")
    for column, end in (("from_node_id", "from"), ("to_node_id", "to")):
        place = node.rename({"x_coord": f"{end}_x", "y_coord": f"{end}_y"})
        ends = ends.join(
            place, left_on=column, right_on="node_id", how="left", maintain_order="left"
        )
    corners = [pl.col(name) for name in ("from_x", "from_y", "to_x", "to_y")]
    straight = pl.when(pl.all_horizontal(corner.is_not_null() for corner in corners)).then(
        pl.concat_list(corners)
    )
    drawn = pl.col("geometry").str.extract_all(NUMBER).cast(pl.List(pl.Float64))
    has_course = pl.col("geometry").is_not_null()
    courses = ends.select(course=pl.when(has_course).then(drawn).otherwise(straight))["course"]
    length = courses.list.len()
    wrong = ((length < 4) | (length % 2 != 0)).fill_null(value=False)
    if wrong.any():
        raise DataError(
            [
                Problem(f"the geometry of link {link!r} is no WKT LINESTRING", "link.csv")
                for link in study.link["link_id"].filter(wrong)
            ]
        )
    return courses


def cut_courses(courses: Sequence[Sequence[float] | None] | pl.Series) -> dict[int, Parts]:
    """Cut the courses that pass the antimeridian, as RFC 7946 (section 3.1.9) asks.

    Parameters
    ----------
    courses : Series of list of float64
        Longitudes and latitudes, as `course_column` gives them, degrees.

    Returns
    -------
    dict of int to list of list of (float, float)
        By row: the parts of each course that is cut.
    """
    courses = pl.Series(courses, dtype=pl.List(pl.Float64))
    steps = courses.list.gather_every(2).list.diff().list.eval(pl.element().abs()).list.max()
    crossing = (steps > HALF_TURN).fill_null(value=False).arg_true()
    return {row: cut_course(points_of(courses[row])) for row in crossing.to_list()}


def points_of(flat: Sequence[float] | pl.Series) -> list[Point]:
    """Return ``x0, y0, x1, y1, ...`` as pairs.

    Examples
    --------
    >>> points_of([1.0, 2.0, 3.0, 4.0])
    [(1.0, 2.0), (3.0, 4.0)]
    """
    values = list(flat)
    return list(zip(values[::2], values[1::2], strict=True))


def cut_course(course: Sequence[Point]) -> Parts:
    """Cut a course where it passes the antimeridian (RFC 7946, 3.1.9)."""
    parts: Parts = [[course[0]]]
    for (x, y), (next_x, next_y) in pairwise(course):
        if abs(next_x - x) > HALF_TURN:
            side = HALF_TURN if x > 0 else -HALF_TURN
            share = (side - x) / (next_x + 2 * side - x)
            middle = y + share * (next_y - y)
            parts[-1].append((side, middle))
            parts.append([(-side, middle)])
        parts[-1].append((next_x, next_y))
    return parts


def join_parts(parts: Sequence[Sequence[Point]]) -> list[Point] | None:
    """Join the parts of a course that was cut at the antimeridian.

    Parameters
    ----------
    parts : sequence of sequence of (float, float)
        Longitudes and latitudes, degrees.

    Returns
    -------
    list of (float, float) or None
        The course without the points of the cuts; None if the parts do not meet there.

    Examples
    --------
    >>> join_parts([[(170.0, 0.0), (180.0, 5.0)], [(-180.0, 5.0), (-170.0, 10.0)]])
    [(170.0, 0.0), (-170.0, 10.0)]
    """
    course = list(parts[0])
    for part in parts[1:]:
        (x, y), (next_x, next_y) = course[-1], part[0]
        if abs(x) != HALF_TURN or next_x != -x or next_y != y:
            return None
        course[-1:] = part[1:]
    return course


def point_wkb(x: pl.Series, y: pl.Series) -> list[bytes | None]:
    """Return points as well-known binary (OGC 06-103r4, section 8); None where one is null."""
    record = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
    points = np.empty(x.len(), record)
    points["order"], points["kind"] = LITTLE_ENDIAN, WKB_POINT
    points["x"], points["y"] = x.to_numpy(), y.to_numpy()
    known = (x.is_not_null() & y.is_not_null()).to_list()
    return [points[i].tobytes() if is_known else None for i, is_known in enumerate(known)]


def line_wkb(courses: pl.Series, parts: Mapping[int, Parts]) -> list[bytes | None]:
    """Return courses as well-known binary; those cut are multi-line strings, null is None."""
    counts = courses.list.len().fill_null(0).to_numpy().astype(np.int64) // 2
    ends = 16 * np.cumsum(counts)
    flat = courses.drop_nulls().explode(empty_as_null=False).to_numpy().astype("<f8").tobytes()
    wkb: list[bytes | None] = [
        _line(flat[end - 16 * count : end], count) if count else None
        for count, end in zip(counts.tolist(), ends.tolist(), strict=True)
    ]
    for row, lines in parts.items():
        head = struct.pack("<BII", LITTLE_ENDIAN, WKB_LINES, len(lines))
        body = (_line(np.array(line, "<f8").tobytes(), len(line)) for line in lines)
        wkb[row] = head + b"".join(body)
    return wkb


def _line(coordinates: bytes, count: int) -> bytes:
    return struct.pack("<BII", LITTLE_ENDIAN, WKB_LINE, count) + coordinates
