"""Rows of the files of the TransportationNetworks format, in the order of their columns."""

from typing import Any

import dataframely as dy


class NetRow(dy.Schema):
    """A link of a network file."""

    init_node = dy.Int32(min=1)
    term_node = dy.Int32(min=1)
    capacity = dy.Float64(min=0)
    length = dy.Float64(min=0)
    free_flow_time = dy.Float64(min=0)
    b = dy.Float64(min=0)
    power = dy.Float64(min=0)
    speed = dy.Float64(min=0)
    toll = dy.Float64(min=0)
    link_type = dy.String(nullable=True)

    @dy.rule()
    def not_a_loop(cls) -> Any:
        """init_node and term_node differ"""
        return cls.init_node.col != cls.term_node.col

    @dy.rule()
    def capacity_is_positive(cls) -> Any:
        """capacity is above 0 where b is"""
        return (cls.capacity.col > 0) | (cls.b.col <= 0)


class TripRow(dy.Schema):
    """A pair of a trip file."""

    origin = dy.Int32(min=1, primary_key=True)
    destination = dy.Int32(min=1, primary_key=True)
    trips = dy.Float64(min=0)


class NodeRow(dy.Schema):
    """A node of a node file."""

    node = dy.Int32(min=1, primary_key=True)
    x = dy.Float64()
    y = dy.Float64()


class FlowRow(dy.Schema):
    """A link of a flow file."""

    init_node = dy.Int32(min=1)
    term_node = dy.Int32(min=1)
    volume = dy.Float64()
    cost = dy.Float64()
