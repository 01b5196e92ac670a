"""Study to `RoadNetwork`: the graph that vehicles use, with zones as nodes of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sogdia.network.model import Bools, Ints
from sogdia.study import Study
from sogdia.study.columns import DELAY_FUNCTIONS
from sogdia.study.traffic_units import KM_IN, PER_HOUR

ARC_COLUMNS: dict[str, pl.DataType] = {
    "link_id": pl.String(),
    "forward": pl.Boolean(),
    "from_node_id": pl.String(),
    "to_node_id": pl.String(),
    "free_time": pl.Float64(),
    "length": pl.Float64(),
    "toll": pl.Float64(),
    "delay": pl.Enum(DELAY_FUNCTIONS),
    "capacity_trips": pl.Float64(),
    "alpha": pl.Float64(),
    "beta": pl.Float64(),
    "hard": pl.Boolean(),
    "is_connector": pl.Boolean(),
}
NO_LIMIT = float("inf")
CONNECTOR = {
    "link_id": None,
    "forward": True,
    "free_time": 0.0,
    "length": 0.0,
    "toll": 0.0,
    "delay": "constant",
    "capacity_trips": NO_LIMIT,
    "alpha": 0.0,
    "beta": 0.0,
    "hard": False,
    "is_connector": True,
}
"""What joins a zone of several nodes to one of them."""


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """Roads as arrays: nodes, arcs in order of their tail, zones and who may go where.

    The first nodes are those of table ``node``, in its order. A node that trips may not pass
    (``through`` false) is there a second time, for the arcs that enter it; a zone of several
    nodes has one node where trips start and one where they end.

    Attributes
    ----------
    first_out : ndarray of int32, shape (nodes + 1,)
        Arcs ``first_out[n]`` to ``first_out[n + 1]`` leave node ``n``.
    tail, head : ndarray of int32, shape (arcs,)
        Ends of each arc, sorted by tail, then head, then row of table ``link``.
    arc : DataFrame
        A row per arc: ``link_id`` (null: joins a zone to one of its nodes), ``forward``,
        ``from_node_id``, ``to_node_id``, ``free_time``, ``length`` and ``toll`` (in the units
        of ``[traffic]``; h and km if there is none), ``delay``, ``capacity_trips`` (infinite:
        no limit), ``alpha``, ``beta``, ``hard``, ``is_connector``.
    node_id : Series of str, length nodes
        Row of table ``node``; null for the nodes of a zone of several.
    zone_id : Series of str, length zones
        Zones in the order in which table ``node`` first names them.
    origin_node, destination_node : ndarray of int32, shape (zones,)
        Where trips of each zone start and end.
    class_id : tuple of str
        User classes.
    allowed : ndarray of bool, shape (classes, arcs)
        Where each class may go.
    """

    first_out: Ints
    tail: Ints
    head: Ints
    arc: pl.DataFrame
    node_id: pl.Series
    zone_id: pl.Series
    origin_node: Ints
    destination_node: Ints
    class_id: tuple[str, ...]
    allowed: Bools

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.first_out) - 1

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return len(self.head)


@dataclass(frozen=True, slots=True)
class _Places:
    """Nodes of the graph; arcs leave those of table ``node`` and may enter others."""

    entering: Ints
    node_id: pl.Series
    zone_id: pl.Series
    origin_node: Ints
    destination_node: Ints
    several: pl.DataFrame


def compile_roads(study: Study) -> RoadNetwork:
    """Make a graph of the links that vehicles use: those of mode road, and those in table ``road``.

    A link without a row in ``road`` takes its time whatever the flow. Directed links are one
    arc, others two.

    Parameters
    ----------
    study : Study
        Tables as they stand in one period (see ``scenario.study_at``).

    Returns
    -------
    RoadNetwork
        The graph.
    """
    places = _places(study.node)
    link = _links(study)
    row_of_node = study.node.select("node_id").with_row_index("row")
    ends = {
        end: link.select(node_id=f"{end}_node_id")
        .join(row_of_node, on="node_id", how="left", maintain_order="left")["row"]
        .to_numpy()
        for end in ("from", "to")
    }
    back = np.flatnonzero(~link["directed"].to_numpy())
    joins = places.several
    tail = np.concatenate(
        [
            ends["from"],
            ends["to"][back],
            joins["tail"].to_numpy(),
        ]
    ).astype(np.int32)
    head = np.concatenate(
        [
            places.entering[ends["to"]],
            places.entering[ends["from"][back]],
            joins["head"].to_numpy(),
        ]
    ).astype(np.int32)
    row = np.concatenate([np.arange(link.height), back, np.full(joins.height, link.height)])
    order = np.lexsort((row, head, tail))
    nodes = places.node_id.len()
    first_out = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first_out[1:])
    class_id = tuple(study.user_class["class_id"])
    admitted = _admitted(link["allowed_classes"], class_id)
    everyone = np.ones((len(class_id), 1), dtype=bool)
    return RoadNetwork(
        first_out=first_out,
        tail=tail[order],
        head=head[order],
        arc=_arcs(link, joins, row, order),
        node_id=places.node_id,
        zone_id=places.zone_id,
        origin_node=places.origin_node,
        destination_node=places.destination_node,
        class_id=class_id,
        allowed=np.concatenate([admitted, everyone], axis=1)[:, row[order]],
    )


def _places(node: pl.DataFrame) -> _Places:
    """Number the nodes of the graph: those of the table, arrival halves, zones of several."""
    rows = node.height
    closed = np.flatnonzero(~node["through"].fill_null(value=True).to_numpy())
    entering = np.arange(rows, dtype=np.int32)
    entering[closed] = rows + np.arange(len(closed), dtype=np.int32)
    numbered = node.select("zone_id").with_row_index("row").drop_nulls()
    zone = numbered.group_by("zone_id", maintain_order=True).agg(pl.len(), pl.col("row").first())
    several = zone["len"].to_numpy() > 1
    first_row = zone["row"].to_numpy()
    start = rows + len(closed)
    rank = np.cumsum(several) - 1
    origin = np.where(several, start + 2 * rank, first_row).astype(np.int32)
    destination = np.where(several, start + 2 * rank + 1, entering[first_row]).astype(np.int32)
    own = pl.Series("node_id", [None] * (2 * int(several.sum())), dtype=pl.String)
    return _Places(
        entering=entering,
        node_id=pl.concat([node["node_id"], node["node_id"].gather(closed), own]),
        zone_id=zone["zone_id"],
        origin_node=origin,
        destination_node=destination,
        several=_zone_joins(node, numbered, zone, origin, destination, entering),
    )


def _zone_joins(
    node: pl.DataFrame,
    numbered: pl.DataFrame,
    zone: pl.DataFrame,
    origin: Ints,
    destination: Ints,
    entering: Ints,
) -> pl.DataFrame:
    """Return the arcs between the zones of several nodes and their nodes."""
    ends = zone.select(
        "zone_id",
        "len",
        origin=pl.Series(origin, dtype=pl.Int32),
        destination=pl.Series(destination, dtype=pl.Int32),
    )
    member = numbered.join(ends.filter(pl.col("len") > 1), on="zone_id", maintain_order="left")
    row = member["row"].to_numpy()
    name = node["node_id"].gather(member["row"])
    nobody = pl.Series([None] * member.height, dtype=pl.String)
    out = pl.DataFrame(
        {
            "tail": member["origin"],
            "head": member["row"].cast(pl.Int32),
            "from_node_id": nobody,
            "to_node_id": name,
        }
    )
    back = pl.DataFrame(
        {
            "tail": pl.Series(entering[row], dtype=pl.Int32),
            "head": member["destination"],
            "from_node_id": name,
            "to_node_id": nobody,
        }
    )
    return pl.concat([out, back])


def _links(study: Study) -> pl.DataFrame:
    """Links that vehicles use, with what table ``road`` says of them, in units of ``[traffic]``."""
    traffic = study.settings.traffic
    per_hour = 1.0 if traffic is None else PER_HOUR[traffic.time_unit]
    km = 1.0 if traffic is None else KM_IN[traffic.length_unit]
    road = study.road.select(
        "link_id", "delay", "capacity_trips", "alpha", "beta", "hard", "toll", "allowed_classes"
    )
    link = study.link.select(
        "link_id", "from_node_id", "to_node_id", "directed", "mode", "length_km", "time_h",
        "free_speed_km_h",
    )  # fmt: skip
    joined = link.join(road, on="link_id", how="left", maintain_order="left")
    return joined.filter((pl.col("mode") == "road") | pl.col("delay").is_not_null()).select(
        "link_id",
        "from_node_id",
        "to_node_id",
        "directed",
        "allowed_classes",
        free_time=pl.coalesce("time_h", pl.col("length_km") / pl.col("free_speed_km_h")) * per_hour,
        length=pl.col("length_km") / km,
        toll=pl.col("toll").fill_null(0.0),
        delay=pl.col("delay").cast(ARC_COLUMNS["delay"]).fill_null("constant"),
        capacity_trips=pl.col("capacity_trips").fill_null(NO_LIMIT),
        alpha=pl.col("alpha").fill_null(0.0),
        beta=pl.col("beta").fill_null(0.0),
        hard=pl.col("hard").fill_null(value=False),
        is_connector=pl.lit(value=False),
    )


def _admitted(allowed_classes: pl.Series, class_id: tuple[str, ...]) -> Bools:
    """Tell which class each link admits, shape (classes, links)."""
    admitted = np.ones((len(class_id), allowed_classes.len()), dtype=bool)
    lists = allowed_classes.drop_nulls().unique()
    everyone = allowed_classes.is_null()
    for k, name in enumerate(class_id):
        named = lists.filter(lists.str.split(",").list.contains(name))
        admitted[k] = (everyone | allowed_classes.is_in(named.implode())).to_numpy()
    return admitted


def _arcs(link: pl.DataFrame, joins: pl.DataFrame, row: Ints, order: Ints) -> pl.DataFrame:
    """Return the frame of arcs: links forward, then back, then zones to nodes; in `order`."""
    columns = [pl.col(name).cast(dtype) for name, dtype in ARC_COLUMNS.items()]
    count = len(row) - joins.height
    forward = pl.Series("forward", np.arange(count) < link.height)
    haul = (
        link[row[:count]]
        .with_columns(forward)
        .with_columns(
            from_node_id=pl.when("forward").then("from_node_id").otherwise("to_node_id"),
            to_node_id=pl.when("forward").then("to_node_id").otherwise("from_node_id"),
        )
        .select(columns)
    )
    connector = joins.with_columns(
        pl.lit(value).alias(name) for name, value in CONNECTOR.items()
    ).select(columns)
    return pl.concat([haul, connector])[order]
