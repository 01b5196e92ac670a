"""Nodes and links from points and lines: ends are joined, and what files leave out is assumed.

Properties are called as the columns of tables ``node``, ``link`` and ``road``, or as those of
GMNS. All cells are texts until the tables' own reader types them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise
from math import hypot

from sogdia.errors import Problem
from sogdia.study.formats.courses import Point
from sogdia.study.formats.crs import Crs, km_per_unit
from sogdia.study.formats.geojson_features import Feature
from sogdia.study.formats.layers import ROAD_SOURCE
from sogdia.study.geometry import line_length_km
from sogdia.study.model import SCHEMAS

GMNS_NAMES = {
    "length": "length_km",
    "free_speed": "free_speed_km_h",
    "capacity": "capacity_trips",
    "facility_type": "road_type",
    "vdf_alpha": "alpha",
    "vdf_beta": "beta",
}
"""Columns of GMNS that a study has under another name."""
ALPHA, BETA = "0.15", "4"
"""BPR function where the file gives none (Bureau of Public Roads, 1964)."""
GIVEN, ASSUMED = "geojson", "geojson-assumed"
"""Sources of an import: the file, and what was assumed beside it."""
NOT_CARRIED = ("tariff_id", "emission_class", "allowed_uses")
"""Columns that refer to tables which no GeoJSON carries."""

NODE_COLUMNS = frozenset(SCHEMAS["node"].columns())
LINK_COLUMNS = frozenset(SCHEMAS["link"].columns()) - {"geometry", *NOT_CARRIED}
ROAD_COLUMNS = frozenset(SCHEMAS["road"].columns()) - {"link_id", "source_id"}
LINK_PROPERTIES = LINK_COLUMNS | ROAD_COLUMNS | {*GMNS_NAMES, "allowed_uses", ROAD_SOURCE}
"""What is read of a line."""

Row = dict[str, str]


@dataclass(slots=True)
class Network:
    """Tables as texts, and what was assumed to make them.

    Attributes
    ----------
    node, link, road : list of dict of str to str
        Rows by column.
    node_rows, link_rows, road_rows : list of int
        Feature that each row comes from.
    assumed : dict of str to set of int
        What was assumed, in words, and of which rows of `link`.
    ignored : set of str
        Properties that no table has.
    problems : list of Problem
        What is wrong.
    """

    node: list[Row] = field(default_factory=list)
    node_rows: list[int] = field(default_factory=list)
    link: list[Row] = field(default_factory=list)
    link_rows: list[int] = field(default_factory=list)
    road: list[Row] = field(default_factory=list)
    road_rows: list[int] = field(default_factory=list)
    assumed: dict[str, set[int]] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def build_network(
    nodes: Sequence[Feature], links: Sequence[Feature], crs: Crs, file: str
) -> Network:
    """Make the rows of nodes, links and roads.

    Parameters
    ----------
    nodes, links : sequence of Feature
        Points and lines.
    crs : Crs
        Of their coordinates.
    file : str
        Name of the file, for messages.

    Returns
    -------
    Network
        Rows in the order of the features; nodes that are no point of the file follow, in
        the order of the links that end there.
    """
    network = Network()
    places = _Places(network, nodes, links)
    names = _free_names("L", (_link_name(link) for link in links))
    unit_km = None if crs.in_degrees else km_per_unit(crs)
    for feature in links:
        row = _link_row(network, feature)
        row["link_id"] = _link_name(feature) or next(names)
        for column, position in (("from_node_id", 0), ("to_node_id", -1)):
            end = feature.points[position] if feature.points else None
            row[column] = places.name_at(feature, column, end, file)
        if _is_drawn(feature, places, row):
            row["geometry"] = _wkt(feature.points)
        index = len(network.link)
        if not row.get("length_km"):
            row["length_km"] = _length(network, feature, index, crs, unit_km, file)
        network.link.append(row)
        network.link_rows.append(feature.row)
        _add_road(network, feature, row["link_id"])
        _assume(network, row, index)
    return network


def _link_name(feature: Feature) -> str:
    return feature.text("link_id") or feature.name


def _free_names(letter: str, taken: Iterator[str]) -> Iterator[str]:
    """Yield N1, N2, ... but those that are taken."""
    known = set(taken)
    return (name for number in count(1) if (name := f"{letter}{number}") not in known)


class _Places:
    """Which node is where; ends of lines that are at no node become one."""

    def __init__(
        self, network: Network, nodes: Sequence[Feature], links: Sequence[Feature]
    ) -> None:
        ends = (link.text(end) for link in links for end in ("from_node_id", "to_node_id"))
        named = [_node_name(node) for node in nodes]
        self._free = _free_names("N", iter({*named, *ends}))
        self._network = network
        self._names: dict[Point, str] = {}
        self._points: dict[str, Point | None] = {}
        for feature, name in zip(nodes, named, strict=True):
            row = {column: feature.text(column) for column in NODE_COLUMNS}
            network.ignored |= feature.properties.keys() - NODE_COLUMNS
            point = feature.points[0] if feature.points else None
            self._add(row, feature, name or next(self._free), point)

    def _add(self, row: Row, feature: Feature, name: str, point: Point | None) -> str:
        row["node_id"] = name
        if point is not None:
            row["x_coord"], row["y_coord"] = (repr(value) for value in point)
            self._names.setdefault(point, name)
        self._points.setdefault(name, point)
        self._network.node.append(row)
        self._network.node_rows.append(feature.row)
        return name

    def name_at(self, feature: Feature, column: str, point: Point | None, file: str) -> str:
        """Return the node at an end of a line; empty, and a problem, if nothing says which."""
        given = feature.text(column)
        if not given and point is None:
            message = "is missing, and there is no line whose end could be the node"
            self._network.problems.append(Problem(message, file, feature.row, column))
            return ""
        if given in self._points or (given and point is None):
            return given
        if not given and point in self._names:
            return self._names[point]
        return self._add({}, feature, given or next(self._free), point)

    def at(self, name: str) -> Point | None:
        """Return where a node is."""
        return self._points.get(name)


def _node_name(feature: Feature) -> str:
    return feature.text("node_id") or feature.name


def _is_drawn(feature: Feature, places: _Places, row: Row) -> bool:
    """Tell whether a line is more than the straight one between its nodes."""
    ends = [places.at(row["from_node_id"]), places.at(row["to_node_id"])]
    return bool(feature.points) and feature.points != ends


def _wkt(points: Sequence[Point]) -> str:
    pairs = (" ".join(repr(value).removesuffix(".0") for value in point) for point in points)
    return f"LINESTRING ({', '.join(pairs)})"


def _length(
    network: Network, feature: Feature, index: int, crs: Crs, unit_km: float | None, file: str
) -> str:
    """Measure a line whose length is not given: along great circles, or on the plane."""
    if not feature.points:
        message = "is missing, and there is no line to measure"
        network.problems.append(Problem(message, file, feature.row, "length_km"))
        return ""
    if crs.in_degrees:
        network.assumed.setdefault(
            "length_km is the length of the drawn line along great circles", set()
        ).add(index)
        return repr(line_length_km(feature.points))
    if unit_km is None:
        message = f"is missing, and lines cannot be measured in crs {crs.name}"
        network.problems.append(Problem(message, file, feature.row, "length_km"))
        return ""
    network.assumed.setdefault(
        f"length_km is the length of the drawn line on the plane of {crs.name}", set()
    ).add(index)
    steps = pairwise(feature.points)
    return repr(unit_km * sum(hypot(x - next_x, y - next_y) for (x, y), (next_x, next_y) in steps))


def _link_row(network: Network, feature: Feature) -> Row:
    """Return the cells of a link that its properties give."""
    row = {name: feature.text(name) for name in LINK_COLUMNS & feature.properties.keys()}
    for gmns, own, unit in (
        ("length", "length_km", "km"),
        ("free_speed", "free_speed_km_h", "km/h"),
    ):
        if not row.get(own) and (given := feature.text(gmns)):
            row[own] = given
            network.assumed.setdefault(f"{gmns} of GMNS is in {unit}", set())
    dropped = {name for name in NOT_CARRIED if feature.text(name)}
    if "mode" not in feature.properties:
        dropped.discard("allowed_uses")
    network.ignored |= (feature.properties.keys() - LINK_PROPERTIES) | dropped
    return row


def _add_road(network: Network, feature: Feature, link_id: str) -> None:
    """Add the row of table ``road`` if a property says anything of vehicles."""
    row = {name: feature.text(name) for name in ROAD_COLUMNS}
    for gmns in ("facility_type", "vdf_alpha", "vdf_beta"):
        own = GMNS_NAMES[gmns]
        row[own] = row[own] or feature.text(gmns)
    if not row["capacity_trips"] and (capacity := feature.text("capacity")):
        row["capacity_trips"] = _all_lanes(capacity, row["lanes"])
        network.assumed.setdefault("capacity of GMNS is of one lane in the period", set())
        if not (row["delay"] or row["alpha"] or row["beta"]):
            row["alpha"], row["beta"] = ALPHA, BETA
            row["source_id"] = ASSUMED
            words = f"a road with a capacity only has the BPR function with {ALPHA} and {BETA}"
            network.assumed.setdefault(words, set())
    if not row["allowed_classes"] and "mode" not in feature.properties:
        # GMNS has no mode; its allowed_uses are vehicles rather than goods.
        row["allowed_classes"] = feature.text("allowed_uses")
    if not any(row.values()):
        return
    row["delay"] = row["delay"] or ("bpr" if row["alpha"] and row["beta"] else "constant")
    row["source_id"] = feature.text(ROAD_SOURCE) or row.get("source_id", "")
    network.road.append(row | {"link_id": link_id})
    network.road_rows.append(feature.row)


def _all_lanes(capacity: str, lanes: str) -> str:
    try:
        return repr(float(capacity) * max(1.0, float(lanes or 1)))
    except ValueError:
        return capacity


def _assume(network: Network, row: Row, index: int) -> None:
    """Fill in what a link needs and the file leaves out."""
    for column, value, words in (
        ("directed", "false", "a link without directed is usable both ways"),
        ("mode", "road", "a link without mode is a road"),
        ("cost_usd_t", "0", "a link without cost_usd_t costs nothing"),
    ):
        if not row.get(column):
            row[column] = value
            network.assumed.setdefault(words, set()).add(index)
