"""The layers that geographic formats have in common: nodes as points, links as lines.

A layer holds every column of its table but those that its geometry says; links also hold the
columns of table ``road`` and, if asked for, results by link.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sogdia.errors import DataError
from sogdia.study import Study
from sogdia.study.formats.courses import (
    Parts,
    course_column,
    cut_courses,
    line_wkb,
    point_wkb,
)
from sogdia.study.formats.crs import Crs, parse_crs

ROAD_SOURCE = "road_source_id"
"""Column ``source_id`` of table ``road`` beside that of table ``link``."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Rows with a place each.

    Attributes
    ----------
    name : str
        ``node`` or ``link``.
    table : DataFrame
        What is known of each row.
    wkb : list of bytes or None
        Geometry of each row; None where it is not known.
    geometry_types : tuple of str
        Kinds of geometry that occur.
    bounds : (float, float, float, float)
        Least x and y, greatest x and y.
    """

    name: str
    table: pl.DataFrame
    wkb: list[bytes | None]
    geometry_types: tuple[str, ...]
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Courses:
    """Links with their courses, before they are written in some format's own way.

    Attributes
    ----------
    table : DataFrame
        What is known of each link.
    course : Series of list of float64
        ``x0, y0, x1, y1, ...``; null where it is not known.
    parts : dict of int to list of list of (float, float)
        By row: courses that are cut at the antimeridian.
    """

    table: pl.DataFrame
    course: pl.Series
    parts: dict[int, Parts]


def study_crs(study: Study) -> Crs:
    """Return the coordinate reference system of a study that can be drawn.

    Raises
    ------
    DataError
        If no node of the study has coordinates.
    """
    node = study.node
    if not (node["x_coord"].is_not_null() & node["y_coord"].is_not_null()).any():
        raise DataError(
            f"study {study.name!r} cannot be drawn: no node has x_coord and y_coord in node.csv"
        )
    return parse_crs(study.settings.crs)


def node_table(study: Study) -> pl.DataFrame:
    """Return what is known of nodes besides their coordinates."""
    return study.node.drop("x_coord", "y_coord")


def link_courses(study: Study, flows: pl.DataFrame | None = None) -> Courses:
    """Return links with what is known of them, and their courses.

    Parameters
    ----------
    study : Study
        The study.
    flows : DataFrame, optional
        Results with one row for each ``link_id`` that has any (see `read_flows`).

    Returns
    -------
    Courses
        In the order of table ``link``.
    """
    road = study.road.rename({"source_id": ROAD_SOURCE})
    table = study.link.drop("geometry").join(road, on="link_id", how="left", maintain_order="left")
    if flows is not None:
        table = table.join(flows, on="link_id", how="left", maintain_order="left")
    course = course_column(study)
    in_degrees = parse_crs(study.settings.crs).in_degrees
    return Courses(table, course, cut_courses(course) if in_degrees else {})


def layers(study: Study, flows: pl.DataFrame | None = None) -> tuple[Layer, Layer]:
    """Return nodes and links as layers with geometries in well-known binary.

    Parameters
    ----------
    study : Study
        The study.
    flows : DataFrame, optional
        As for `link_courses`.

    Returns
    -------
    (Layer, Layer)
        Nodes and links.

    Raises
    ------
    DataError
        If no node of the study has coordinates.
    """
    study_crs(study)
    x, y = study.node["x_coord"], study.node["y_coord"]
    nodes = Layer("node", node_table(study), point_wkb(x, y), ("Point",), _bounds(x, y))
    link = link_courses(study, flows)
    # A course that is cut reaches the antimeridian, from both sides.
    cut = [
        value for parts in link.parts.values() for part in parts for value in (*part[0], *part[-1])
    ]
    flat = pl.concat(
        [link.course.drop_nulls().explode(empty_as_null=False), pl.Series(cut, dtype=pl.Float64)]
    )
    kinds = ("LineString", "MultiLineString") if link.parts else ("LineString",)
    lines = Layer(
        "link",
        link.table,
        line_wkb(link.course, link.parts),
        kinds,
        _bounds(flat.gather_every(2), flat.gather_every(2, 1)),
    )
    return nodes, lines


def _bounds(x: pl.Series, y: pl.Series) -> tuple[float, float, float, float]:
    ends = (x.min(), y.min(), x.max(), y.max())
    return tuple(float(end) for end in ends)  # type: ignore[return-value, arg-type]
