"""Roads and trips of a study to a `TrafficProblem`, with what its numbers mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numba import njit

from sogdia.assignment.traffic.delay import KINDS, Delay
from sogdia.assignment.traffic.part import (
    ARC_COLUMNS,
    ELEMENT_COLUMNS,
    UNSERVED_COLUMNS,
    Meaning,
    typed,
)
from sogdia.assignment.traffic.problem import TrafficProblem
from sogdia.errors import DataError, InfeasibleError, Problem
from sogdia.network.model import Bools, Floats, Ints
from sogdia.network.traffic import RoadNetwork
from sogdia.study import Study

NOTHING_LEAVES = "nothing leaves the zone"
NOTHING_ENTERS = "nothing reaches the zone"
NOT_ADMITTED = "the class is not admitted on any way"
NO_WAY = "no way"


@dataclass(frozen=True, slots=True)
class RoadProblem:
    """A problem of road traffic, and what its numbers stand for.

    Attributes
    ----------
    problem : TrafficProblem
        One element per arc; costs in the time unit of the study.
    meaning : Meaning
        Tables' rows behind arcs, classes, pairs and zones; trips left out.
    """

    problem: TrafficProblem
    meaning: Meaning


def traffic_problem(study: Study, network: RoadNetwork) -> RoadProblem:
    """Return the assignment of the study's trips to its roads.

    A trip pays the time of each arc, and ``toll_factor * toll + distance_factor * length`` of
    its class; it counts as ``pce`` of its class. Trips within a zone, and those for which there
    is no way, are left out and counted.

    Parameters
    ----------
    study : Study
        Tables ``user_class`` and ``trip``.
    network : RoadNetwork
        Compiled from the same study.

    Returns
    -------
    RoadProblem
        Pairs are in the order of class, origin node and destination node.

    Raises
    ------
    DataError
        If a link whose time depends on its flow has no capacity.
    InfeasibleError
        If there is no way for any trip.
    """
    _check_capacities(network)
    fixed_cost, unit = _by_class(study, network)
    trips, intrazonal = _trips(study, network)
    if trips.is_empty():
        raise DataError("trip.csv: no trips from one zone to another; give at least one")
    reached = _reached(network, np.isfinite(fixed_cost), trips)
    served = trips.filter(reached).sort("class", "from", "to")
    if served.is_empty():
        raise InfeasibleError(
            "there is no way for any trip; check the direction of links and allowed_classes"
        )
    arcs = network.arcs
    capacity = network.arc["capacity_trips"].to_numpy()
    problem = TrafficProblem(
        first_out=network.first_out,
        tail=network.tail,
        head=network.head,
        delay=_delay(network.arc),
        element=np.tile(np.arange(arcs, dtype=np.int32), (len(network.class_id), 1)),
        unit=unit,
        fixed_cost=fixed_cost,
        time_weight=np.ones(len(network.class_id)),
        hard_capacity=np.where(network.arc["hard"].to_numpy(), capacity, np.inf),
        pair_class=served["class"].to_numpy().astype(np.int32),
        pair_origin=served["from"].to_numpy().astype(np.int32),
        pair_destination=served["to"].to_numpy().astype(np.int32),
        trips=served["trips"].to_numpy().astype(np.float64),
    )
    arc = _arc_meaning(network.arc)
    meaning = Meaning(
        arc=arc,
        element=_element_meaning(network.arc, arc),
        class_id=network.class_id,
        origin=tuple(served["origin_zone_id"]),
        destination=tuple(served["destination_zone_id"]),
        zone_id=tuple(network.zone_id),
        origin_node=network.origin_node,
        destination_node=network.destination_node,
        co2_kg=None,
        unserved=_unserved(network, np.isfinite(fixed_cost), trips.filter(~reached)),
        intrazonal=intrazonal,
        own_time=np.zeros(arcs),
    )
    return RoadProblem(problem, meaning)


def _check_capacities(network: RoadNetwork) -> None:
    """Refuse arcs whose time depends on a share of nothing."""
    none = network.arc.filter((pl.col("delay") != "constant") & (pl.col("capacity_trips") <= 0.0))
    if not none.is_empty():
        raise DataError(
            [
                Problem(
                    f"link {link!r} has capacity 0, on which its time depends; give a positive "
                    "capacity, or delay constant, or remove the link",
                    "road.csv",
                    column="capacity_trips",
                )
                for link in none["link_id"].unique(maintain_order=True)
            ]
        )


def _by_class(study: Study, network: RoadNetwork) -> tuple[Floats, Floats]:
    """Return what each class pays on each arc beside time, and what it counts for there."""
    rows = {row["class_id"]: row for row in study.user_class.iter_rows(named=True)}
    classes = [rows[name] for name in network.class_id]
    toll = network.arc["toll"].to_numpy()
    length = network.arc["length"].to_numpy()
    toll_factor = np.array([row["toll_factor"] or 0.0 for row in classes])
    distance_factor = np.array([row["distance_factor"] or 0.0 for row in classes])
    paid = toll_factor[:, None] * toll + distance_factor[:, None] * length
    # A self loop leads nowhere, and a capacity of nothing lets nobody pass.
    closed = (network.tail == network.head) | (network.arc["capacity_trips"].to_numpy() <= 0.0)
    fixed_cost = np.where(network.allowed & ~closed, paid, np.inf)
    pce = np.array([row["pce"] for row in classes])
    return fixed_cost, np.repeat(pce[:, None], network.arcs, axis=1)


def _trips(study: Study, network: RoadNetwork) -> tuple[pl.DataFrame, float]:
    """Return trips between zones, numbered as the network does, and the sum of those within."""
    zone = pl.DataFrame(
        {
            "zone_id": network.zone_id,
            "from": pl.Series(network.origin_node, dtype=pl.Int32),
            "to": pl.Series(network.destination_node, dtype=pl.Int32),
        }
    )
    number = pl.DataFrame({"class_id": list(network.class_id)}, schema={"class_id": pl.String})
    within = pl.col("origin_zone_id") == pl.col("destination_zone_id")
    intrazonal = float(study.trip.filter(within)["trips"].sum())
    between = (
        study.trip.filter(~within, pl.col("trips") > 0.0)
        .join(
            zone.select(origin_zone_id="zone_id", **{"from": pl.col("from")}),
            on="origin_zone_id",
            how="left",
            maintain_order="left",
        )
        .join(
            zone.select(destination_zone_id="zone_id", to="to"),
            on="destination_zone_id",
            how="left",
            maintain_order="left",
        )
        .join(number.with_row_index("class"), on="class_id", how="left", maintain_order="left")
        .drop("source_id")
    )
    return between, intrazonal


def _delay(arc: pl.DataFrame) -> Delay:
    kind = arc["delay"].cast(pl.String).replace_strict(KINDS, range(len(KINDS)))
    constant = (kind == 0).to_numpy()
    return Delay(
        kind=kind.to_numpy().astype(np.int8),
        free_time=arc["free_time"].to_numpy().astype(np.float64),
        capacity=np.where(constant, 1.0, arc["capacity_trips"].to_numpy()),
        alpha=np.where(constant, 0.0, arc["alpha"].to_numpy()),
        beta=np.where(constant, 0.0, arc["beta"].to_numpy()),
    )


def _arc_meaning(arc: pl.DataFrame) -> pl.DataFrame:
    return typed(
        arc.select(
            kind=pl.when("is_connector").then(pl.lit("connector")).otherwise(pl.lit("link")),
            row_id=pl.col("link_id"),
            link_id=pl.col("link_id"),
            forward=pl.col("forward"),
            from_node_id=pl.col("from_node_id"),
            to_node_id=pl.col("to_node_id"),
            length=pl.col("length"),
            is_line=~pl.col("is_connector"),
        ),
        ARC_COLUMNS,
    )


def _element_meaning(arc: pl.DataFrame, meaning: pl.DataFrame) -> pl.DataFrame:
    stated = arc["capacity_trips"]
    return typed(
        meaning.select(
            *("kind", "row_id", "forward"),
            unit=pl.lit("trips"),
            capacity=pl.when(stated.is_finite()).then(stated),
        ),
        ELEMENT_COLUMNS,
    )


def _reached(network: RoadNetwork, open_to: Bools, trips: pl.DataFrame) -> Bools:
    """Tell for which trips there is a way that is open to their class."""
    reached = np.zeros(trips.height, dtype=np.bool_)
    of_class, start, end = (trips[name].to_numpy() for name in ("class", "from", "to"))
    order = np.lexsort((start, of_class))
    for k in range(len(open_to)):
        rows = order[of_class[order] == k]
        mask = np.ascontiguousarray(open_to[k])
        found = np.zeros(len(rows), dtype=np.bool_)
        _fill_reached(network.first_out, network.head, mask, start[rows], end[rows], found)
        reached[rows] = found
    return reached


@njit(cache=True, nogil=True)
def _fill_reached(
    first_out: Ints, head: Ints, is_open: Bools, start: Ints, end: Ints, found: Bools
) -> None:
    """Tell which ends can be reached from their starts; pairs come in order of their start."""
    nodes = first_out.shape[0] - 1
    seen = np.full(nodes, -1, dtype=np.int64)
    queue = np.empty(nodes, dtype=np.int64)
    last = -1
    for pair in range(start.shape[0]):
        source = start[pair]
        if source != last:
            last = source
            seen[source] = source
            queue[0] = source
            size, done = 1, 0
            while done < size:
                node = queue[done]
                done += 1
                for arc in range(first_out[node], first_out[node + 1]):
                    other = head[arc]
                    if is_open[arc] and seen[other] != source:
                        seen[other] = source
                        queue[size] = other
                        size += 1
        found[pair] = seen[end[pair]] == source


def _unserved(network: RoadNetwork, open_to: Bools, trips: pl.DataFrame) -> pl.DataFrame:
    """List trips for which there is no way, each with the reason."""
    anyone = _reached(
        network,
        np.broadcast_to(open_to.any(axis=0), open_to.shape),
        trips,
    )
    of_class, start, end = (trips[name].to_numpy() for name in ("class", "from", "to"))
    reasons = np.full(trips.height, NO_WAY, dtype=object)
    reasons[anyone] = NOT_ADMITTED
    for k in range(len(open_to)):
        nodes = network.nodes
        leaves = np.bincount(network.tail[open_to[k]], minlength=nodes) > 0
        enters = np.bincount(network.head[open_to[k]], minlength=nodes) > 0
        mine = (of_class == k) & ~anyone
        reasons[mine & ~enters[end]] = NOTHING_ENTERS
        reasons[mine & ~leaves[start]] = NOTHING_LEAVES
    return typed(
        trips.select(
            origin="origin_zone_id",
            destination="destination_zone_id",
            class_id="class_id",
            flow="trips",
            reason=pl.Series(reasons.tolist(), dtype=pl.String),
        ),
        UNSERVED_COLUMNS,
    )
