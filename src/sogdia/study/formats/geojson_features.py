"""Points and lines of a GeoJSON file (RFC 7946), each with its properties as texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from sogdia.errors import DataError, Problem, ResourceError
from sogdia.study.formats.courses import Point, join_parts
from sogdia.study.sheet import show

LINK_PROPERTIES = ("link_id", "from_node_id", "to_node_id")
WANTED = "nodes are Points and links are LineStrings"


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature, and where in the file it is.

    Attributes
    ----------
    row : int
        Number of the feature, from 1.
    name : str
        Its ``id``; empty if it has none.
    properties : mapping of str to object
        As the file has them.
    points : list of (float, float)
        Its point, or the points of its line; empty if it has no geometry.
    """

    row: int
    name: str
    properties: Mapping[str, Any]
    points: list[Point]

    def text(self, name: str) -> str:
        """Return a property as a table would have it; empty if there is none."""
        return as_text(self.properties.get(name))


@dataclass(frozen=True, slots=True)
class Features:
    """What a file holds.

    Attributes
    ----------
    nodes, links : list of Feature
        Points, and lines.
    members : mapping of str to object
        Other members of the collection.
    """

    nodes: list[Feature]
    links: list[Feature]
    members: Mapping[str, Any]


def as_text(value: object) -> str:
    """Return a value of JSON as a table would have it."""
    match value:
        case None:
            return ""
        case str():
            return value
        case list():
            return ",".join(as_text(item) for item in value)
        case dict():
            return json.dumps(value)
        case _:
            return show(value)


def read_features(path: Path) -> tuple[Features, list[Problem]]:
    """Read a file.

    Parameters
    ----------
    path : Path
        A FeatureCollection.

    Returns
    -------
    features : Features
        What could be read.
    problems : list of Problem
        What is wrong; ``row`` counts features from 1.

    Raises
    ------
    DataError
        If it is no such file.
    ResourceError
        If the machine refuses to read it.
    """
    collection = _collection(path)
    nodes: list[Feature] = []
    links: list[Feature] = []
    problems: list[Problem] = []
    for row, feature in enumerate(collection["features"], start=1):
        try:
            kind, read = _feature(row, feature)
        except DataError as error:
            problems.append(Problem(str(error), path.name, row))
        else:
            (nodes if kind == "Point" else links).append(read)
    members = {name: value for name, value in collection.items() if name != "features"}
    return Features(nodes, links, members), problems


def _collection(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise DataError([Problem("there is no such file", str(path))]) from error
    except OSError as error:
        raise ResourceError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError([Problem("is not UTF-8, which GeoJSON is", path.name)]) from error
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg} (line {error.lineno}, character {error.colno})"
        raise DataError([Problem(message, path.name)]) from error
    except (ValueError, RecursionError) as error:  # an endless number, [[[[...
        raise DataError([Problem(f"is not JSON that can be read: {error}", path.name)]) from error
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        raise DataError([Problem("is not a GeoJSON FeatureCollection", path.name)])
    if not isinstance(content.get("features"), list):
        raise DataError([Problem("has no list of features", path.name)])
    return content


def _feature(row: int, feature: object) -> tuple[str, Feature]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise DataError("is not a GeoJSON Feature")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise DataError("has properties that are no object of names and values")
    kind, points = _geometry(feature.get("geometry"))
    if not kind:
        if any(properties.get(name) is not None for name in LINK_PROPERTIES):
            kind = "LineString"
        elif properties.get("node_id") is not None:
            kind = "Point"
        else:
            raise DataError(f"has no geometry, and no node_id or link_id: {WANTED}")
    return kind, Feature(row, as_text(feature.get("id")), properties, points)


def _geometry(geometry: object) -> tuple[str, list[Point]]:
    """Return the kind of a geometry and its points; an empty kind for none."""
    if geometry is None:
        return "", []
    if not isinstance(geometry, dict):
        raise DataError("has a geometry that is no object")
    coordinates = geometry.get("coordinates")
    match geometry.get("type"):
        case "Point":
            return "Point", [_position(coordinates)]
        case "LineString":
            return "LineString", _line(coordinates)
        case "MultiLineString" if isinstance(coordinates, list) and coordinates:
            parts = [_line(part) for part in coordinates]
            if (joined := join_parts(parts)) is None:
                raise DataError(f"is a MultiLineString of {len(parts)} parts; a link is one line")
            return "LineString", joined
        case kind:
            raise DataError(f"is a {kind}; {WANTED}")


def _line(coordinates: object) -> list[Point]:
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        raise DataError("has a line of fewer than two points")
    return [_position(position) for position in coordinates]


def _position(position: object) -> Point:
    """Return the first two coordinates; the height of a point is not kept."""
    match position:
        case [float() | int() as x, float() | int() as y, *_] if _is_finite(x) and _is_finite(y):
            return float(x), float(y)
    shown = as_text(position)
    raise DataError(f"has a point {shown[:40]!r}, which is not two finite numbers")


def _is_finite(number: float) -> bool:
    try:
        return isfinite(number) and not isinstance(number, bool)
    except OverflowError:
        return False
