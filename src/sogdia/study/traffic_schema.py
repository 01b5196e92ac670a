"""The tables of road traffic: what a network says of vehicles rather than of goods.

Networks of other programs (GMNS, TNTP) have these and no freight. Trips, capacities and tolls
stand in the units of the network they came from, which often states none; ``[traffic]`` of
study.toml names those of time and length.
"""

from typing import Any

import dataframely as dy

from sogdia.study.columns import (
    DELAY_FUNCTIONS,
    amount_column,
    key_column,
    reference_column,
    source_column,
    text_column,
)


class Road(dy.Schema):
    """How vehicles use a link, and how its time grows with their number."""

    link_id = reference_column("link.link_id", "the link", primary_key=True)
    delay = dy.Enum(
        DELAY_FUNCTIONS, description="volume-delay function; constant: flow does not matter"
    )
    capacity_trips = amount_column(
        "capacity of each direction in the period of the trips, all lanes; empty: no limit"
    )
    alpha = amount_column("first parameter of the function (B of BPR, J of Davidson)")
    beta = amount_column("second parameter of the function (the power of BPR)")
    hard = dy.Bool(nullable=True, description="true: the flow may not exceed the capacity")
    lanes = dy.Int32(nullable=True, min=0, description="lanes in each direction (GMNS lanes)")
    speed_limit = amount_column("speed limit, in the unit of [traffic] (not used for times)")
    toll = amount_column("toll, in the unit of toll_factor of the user classes")
    allowed_classes = reference_column(
        "user_class.class_id", "user classes admitted; empty: all", nullable=True, several=True
    )
    road_type = text_column("kind of road, as the network has it (GMNS facility_type)")
    source_id = source_column()

    @dy.rule()
    def function_is_whole(cls) -> Any:
        """a delay function other than constant has its capacity_trips, alpha and beta"""
        given = cls.capacity_trips.col.is_not_null() & cls.alpha.col.is_not_null()
        whole = given & (cls.beta.col.is_not_null() | (cls.delay.col != "bpr"))
        return (cls.delay.col == "constant") | whole

    @dy.rule()
    def capacity_is_positive(cls) -> Any:
        """capacity_trips is above 0 where the delay function is not constant"""
        return (cls.delay.col == "constant") | (cls.capacity_trips.col > 0)

    @dy.rule()
    def conical_is_steep(cls) -> Any:
        """alpha of a conical function is above 1"""
        return (cls.delay.col != "conical") | (cls.alpha.col > 1)

    @dy.rule()
    def hard_has_capacity(cls) -> Any:
        """a hard capacity is given in capacity_trips"""
        return (cls.hard.col & cls.capacity_trips.col.is_null()).fill_null(value=False).not_()


class UserClass(dy.Schema):
    """Vehicles, or their drivers, that differ in what they pay and where they may go."""

    class_id = key_column("identifier of the class (GMNS use)")
    name = text_column("name of the class")
    pce = amount_column(
        "passenger car equivalents of one trip; 0: takes no room on roads", nullable=False
    )
    toll_factor = amount_column("time that a unit of toll is worth, in the time unit of [traffic]")
    distance_factor = amount_column("time that a unit of length is worth, both of [traffic]")
    source_id = source_column()


class Trip(dy.Schema):
    """Trips from zone to zone in the period that the study is about."""

    origin_zone_id = reference_column("node.zone_id", "where trips start", primary_key=True)
    destination_zone_id = reference_column("node.zone_id", "where they end", primary_key=True)
    class_id = reference_column("user_class.class_id", "who travels", primary_key=True)
    trips = amount_column("number of trips, of vehicles", nullable=False)
    source_id = source_column()
