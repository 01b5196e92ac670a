"""Tables of the General Modeling Network Specification (GMNS 0.96) that a study has a place for.

Columns that other tools of GMNS add (``vdf_fftt``, ``vdf_alpha``, ``vdf_beta``, ``demand``) are
read too, and so are Sogdia's own (``through``, ``delay``, ``hard``, ``speed_limit``,
``toll_factor``, ``distance_factor``): the specification lets tables have more columns.
"""

from typing import Any

import dataframely as dy

from sogdia.study.columns import (
    DELAY_FUNCTIONS,
    ID,
    amount_column,
    key_column,
    reference_column,
    text_column,
)


class Config(dy.Schema):
    """What holds for all tables; one row."""

    dataset_name = text_column("name of the network")
    short_length = text_column("unit of widths")
    long_length = text_column("unit of lengths")
    speed = text_column("unit of speeds")
    crs = text_column("coordinate reference system")
    geometry_field_format = text_column("how courses are written: WKT")
    currency = text_column("currency of tolls")
    version_number = text_column("version of the specification")
    id_type = text_column("string or integer")


class Node(dy.Schema):
    """A point where links meet."""

    node_id = key_column("identifier")
    name = text_column("name")
    x_coord = dy.Float64(nullable=True)
    y_coord = dy.Float64(nullable=True)
    zone_id = dy.String(nullable=True, regex=ID)
    through = dy.Bool(nullable=True)


class Link(dy.Schema):
    """A road between two nodes."""

    link_id = key_column("identifier")
    name = text_column("name")
    from_node_id = reference_column("node.node_id", "first node")
    to_node_id = reference_column("node.node_id", "last node")
    directed = dy.Bool()
    geometry_id = reference_column("geometry.geometry_id", "its course", nullable=True)
    geometry = text_column("course, WKT")
    length = amount_column("length, in the long unit")
    facility_type = text_column("kind of road")
    capacity = amount_column("capacity, passenger cars per hour and lane")
    free_speed = amount_column("speed at no flow", positive=True)
    lanes = dy.Int32(nullable=True, min=0)
    allowed_uses = text_column("uses admitted")
    toll = amount_column("toll")
    vdf_fftt = amount_column("time at no flow, min")
    vdf_alpha = amount_column("factor of the BPR function")
    vdf_beta = amount_column("power of the BPR function")
    delay = dy.Enum(DELAY_FUNCTIONS, nullable=True)
    hard = dy.Bool(nullable=True)
    speed_limit = amount_column("speed limit")

    @dy.rule()
    def not_a_loop(cls) -> Any:
        """from_node_id and to_node_id differ"""
        return cls.from_node_id.col != cls.to_node_id.col

    @dy.rule()
    def has_a_time(cls) -> Any:
        """one of free_speed and vdf_fftt is given, or the time is not known"""
        return cls.free_speed.col.is_not_null() | cls.vdf_fftt.col.is_not_null()

    @dy.rule()
    def capacity_is_positive(cls) -> Any:
        """capacity and lanes are above 0, or empty, unless vdf_alpha is 0"""
        room = (cls.capacity.col > 0) & (cls.lanes.col > 0).fill_null(value=True)
        return cls.capacity.col.is_null() | room | (cls.vdf_alpha.col == 0).fill_null(value=False)


class Zone(dy.Schema):
    """Where trips start and end."""

    zone_id = key_column("identifier")
    name = text_column("name")


class Geometry(dy.Schema):
    """A course that links may share."""

    geometry_id = key_column("identifier")
    geometry = text_column("course, WKT")


class UseDefinition(dy.Schema):
    """Who uses roads."""

    use = key_column("identifier")
    persons_per_vehicle = amount_column("persons in a vehicle")
    pce = amount_column("passenger car equivalents", nullable=False)
    description = text_column("what it is")
    toll_factor = amount_column("minutes that a unit of toll is worth")
    distance_factor = amount_column("minutes that a unit of length is worth")


class UseGroup(dy.Schema):
    """A name for several uses."""

    use_group = key_column("identifier")
    uses = reference_column("use_definition.use", "the uses", several=True)
    description = text_column("what they are")


class Demand(dy.Schema):
    """Trips from zone to zone, as tools of GMNS write them."""

    o_zone_id = reference_column("node.zone_id", "where trips start")
    d_zone_id = reference_column("node.zone_id", "where they end")
    volume = amount_column("trips", nullable=False)
    use = text_column("who travels; empty: the only class")


TABLES: dict[str, type[dy.Schema]] = {
    "config": Config,
    "node": Node,
    "link": Link,
    "zone": Zone,
    "geometry": Geometry,
    "use_definition": UseDefinition,
    "use_group": UseGroup,
    "demand": Demand,
}
OTHER_TABLES = (
    "location",
    "movement",
    "movement_tod",
    "link_tod",
    "lane",
    "lane_tod",
    "segment",
    "segment_tod",
    "segment_lane",
    "segment_lane_tod",
    "curb_seg",
    "time_set_definitions",
    "signal_controller",
    "signal_coordination",
    "signal_detector",
    "signal_phase_mvmt",
    "signal_timing_phase",
    "signal_timing_plan",
)
OTHER_COLUMNS = {
    "node": ("z_coord", "node_type", "ctrl_type", "parent_node_id"),
    "link": (
        "parent_link_id", "dir_flag", "grade", "ped_facility", "parking", "bike_facility",
        "jurisdiction", "row_width",
    ),
    "zone": ("boundary", "super_zone"),
    "use_definition": ("special_conditions",),
}  # fmt: skip
"""What the specification has and a study has no place for."""
