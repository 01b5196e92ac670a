"""A `Study` to files of the TransportationNetworks format, or why it cannot be said there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from sogdia.errors import DataError, Problem, ResourceError
from sogdia.study.formats.tntp_text import NET, NODE, TRIPS
from sogdia.study.model import Study, TrafficSettings
from sogdia.study.traffic_units import KM_IN, PER_HOUR

NO_LIMIT = 999999.0
"""Capacity of a link without one; with B = 0 it does not matter."""
PAIRS_PER_LINE = 5
DIGITS = 15
"""Significant digits of what has been converted; all that survive it."""


def write(study: Study, folder: str | Path) -> None:
    """Write the roads and trips of a study.

    Nodes are numbered with zones first, unless their ids are such numbers already. Names,
    sources and links that vehicles do not use are left out: the format has no place for them.

    Parameters
    ----------
    study : Study
        The study.
    folder : str or Path
        Where to; it is made if it does not exist, and files in it are replaced.

    Raises
    ------
    DataError
        If the format cannot say what the vehicles do; ``problems`` lists everything.
    ResourceError
        If the machine refuses to write there.
    """
    if problems := [*_unsayable_roads(study), *_unsayable_zones(study)]:
        raise DataError(problems)
    traffic = study.settings.traffic or TrafficSettings(time_unit="h")
    number = _numbers(study.node)
    content = {NET: _network_text(study, traffic, number), TRIPS: _trips_text(study, number)}
    placed = number.join(study.node, on="node_id", maintain_order="left").filter(
        pl.col("x_coord").is_not_null() & pl.col("y_coord").is_not_null()
    )
    if not placed.is_empty():
        content[NODE] = _nodes_text(placed)
    name = re.sub(r"[^\w.-]+", "_", study.name)
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for ending, text in content.items():
            (folder / f"{name}{ending}").write_text(text, encoding="utf-8")
    except OSError as error:
        raise ResourceError(f"{folder} cannot be written: {error.strerror or error}") from error


def _unsayable_roads(study: Study) -> Iterator[Problem]:
    """Find what roads and vehicles do that the format has no words for."""
    road = study.road
    for column, wrong, what in (
        ("delay", ~pl.col("delay").cast(pl.String).is_in(["constant", "bpr"]), "functions but BPR"),
        ("hard", pl.col("hard").fill_null(value=False), "hard capacities"),
        ("allowed_classes", pl.col("allowed_classes").is_not_null(), "links for some classes"),
    ):
        rows = road.filter(wrong)["link_id"]
        if not rows.is_empty():
            message = (
                f"TNTP has no {what}, as {rows.len()} links have, the first of them {rows[0]!r}"
            )
            yield Problem(message, "table road", None, column)
    classes = study.user_class
    if classes.height > 1:
        names = ", ".join(classes["class_id"])
        yield Problem(f"TNTP has one class of vehicles, not {names}", "table user_class")
    elif classes.height == 1 and classes["pce"][0] != 1:
        message = f"TNTP counts vehicles, not {classes['pce'][0]:g} passenger cars for each"
        yield Problem(message, "table user_class", None, "pce")


def _unsayable_zones(study: Study) -> Iterator[Problem]:
    """Find zones and nodes that the format has no words for."""
    zone = study.node["zone_id"].drop_nulls()
    several = zone.filter(zone.is_duplicated()).unique(maintain_order=True)
    if not several.is_empty():
        message = f"a zone of TNTP is one node, but {several[0]!r} is several"
        yield Problem(message, "table node", None, "zone_id")
    shut = study.node.filter(~pl.col("through") & pl.col("zone_id").is_null())["node_id"]
    if not shut.is_empty():
        message = f"TNTP has only zones that may not be passed, and {shut[0]!r} is none"
        yield Problem(message, "table node", None, "through")


def _numbers(node: pl.DataFrame) -> pl.DataFrame:
    """Give each node a number: as its id says, or zones not to be passed, other zones, others."""
    ranked = node.select(
        "node_id",
        "zone_id",
        own=pl.col("node_id").cast(pl.Int64, strict=False),
        rank=pl.when(~pl.col("through").fill_null(value=True))
        .then(0)
        .when(pl.col("zone_id").is_not_null())
        .then(1)
        .otherwise(2),
    )
    by_id = ranked.sort("own")
    kept = (
        (by_id["own"] == pl.int_range(1, node.height + 1, eager=True)).all()
        and by_id["rank"].is_sorted()
        and (by_id["own"].cast(pl.String) == by_id["node_id"]).all()
        and not by_id["own"].has_nulls()
        and (ranked["zone_id"] == ranked["node_id"]).all()
    )
    ordered = by_id if kept else ranked.sort("rank", maintain_order=True)
    return ordered.select(
        "node_id", "zone_id", number=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), rank="rank"
    )


def _network_text(study: Study, traffic: TrafficSettings, number: pl.DataFrame) -> str:
    links = _links(study, traffic, number)
    fallback = TrafficSettings()
    length, time, speed = (
        f" ({unit})" if not (traffic.units_assumed and unit == assumed) else ""
        for unit, assumed in (
            (traffic.length_unit, fallback.length_unit),
            (traffic.time_unit, fallback.time_unit),
            (traffic.speed_unit, fallback.speed_unit),
        )
    )
    lines = [
        f"<NUMBER OF ZONES> {number['zone_id'].count()}",
        f"<NUMBER OF NODES> {number.height}",
        f"<FIRST THRU NODE> {int((number['rank'] == 0).sum()) + 1}",
        f"<NUMBER OF LINKS> {links.height}",
    ]
    for key in ("toll_factor", "distance_factor"):
        factor = float(study.user_class[key].fill_null(0.0).sum())
        if factor:
            lines.append(f"<{key.upper().replace('_', ' ')}> {_exact(factor)}")
    lines += [
        f"<ORIGINAL HEADER>~\tInit node\tTerm node\tCapacity\tLength{length}\t"
        f"Free Flow Time{time}\tB\tPower\tSpeed limit{speed}\tToll\tType\t;",
        "<END OF METADATA>",
        "",
        "",
        "~\tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\t"
        "link_type\t;",
    ]
    lines += ["\t" + "\t".join(row) + "\t;" for row in links.iter_rows()]
    return "\n".join(lines) + "\n"


def _links(study: Study, traffic: TrafficSettings, number: pl.DataFrame) -> pl.DataFrame:
    """Return the cells of the network file; a link that is not directed is two rows."""
    joined = study.link.join(
        study.road, on="link_id", how="left", maintain_order="left"
    ).filter((pl.col("mode") == "road") | pl.col("delay").is_not_null())  # fmt: skip
    for end in ("from_node_id", "to_node_id"):
        numbered = number.select(pl.col("node_id").alias(end), pl.col("number").alias(f"{end}_n"))
        joined = joined.join(numbered, on=end, how="left", maintain_order="left")
    joined = joined.with_row_index("row")
    back = joined.filter(~pl.col("directed")).rename(
        {"from_node_id_n": "to_node_id_n", "to_node_id_n": "from_node_id_n"}
    )
    both = pl.concat([joined, back.select(joined.columns)]).sort("row", maintain_order=True)
    hours = pl.coalesce("time_h", pl.col("length_km") / pl.col("free_speed_km_h"))
    bends = pl.col("delay").cast(pl.String) == "bpr"
    rows = both.select(
        "from_node_id_n",
        "to_node_id_n",
        capacity=pl.col("capacity_trips").fill_null(NO_LIMIT),
        length=pl.col("length_km") / KM_IN[traffic.length_unit],
        time=hours * PER_HOUR[traffic.time_unit],
        b=pl.when(bends).then("alpha").otherwise(0.0).fill_null(0.0),
        power=pl.col("beta").fill_null(0.0),
        speed=pl.col("speed_limit").fill_null(0.0),
        toll=pl.col("toll").fill_null(0.0),
        kind=pl.col("road_type").str.replace_all(r"[\s;~]+", "_").fill_null("1"),
    )
    converted = ("length", "time")
    return rows.select(
        _cells(rows[name], converted=name in converted) if rows[name].dtype == pl.Float64
        else rows[name].cast(pl.String)
        for name in rows.columns
    )  # fmt: skip


def _cells(values: pl.Series, *, converted: bool) -> pl.Series:
    write_one = _rounded if converted else _exact
    return pl.Series(values.name, [write_one(value) for value in values.to_list()], dtype=pl.String)


def _rounded(value: float) -> str:
    return f"{value:.{DIGITS}g}"


def _exact(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _trips_text(study: Study, number: pl.DataFrame) -> str:
    zone = number.drop_nulls("zone_id").select("zone_id", "number")
    trip = study.trip.select("origin_zone_id", "destination_zone_id", "trips")
    for end in ("origin", "destination"):
        numbered = zone.rename({"zone_id": f"{end}_zone_id", "number": end})
        trip = trip.join(numbered, on=f"{end}_zone_id", maintain_order="left")
    by_origin = trip.group_by("origin", maintain_order=True).agg("destination", "trips")
    lines = [
        f"<NUMBER OF ZONES> {zone.height}",
        f"<TOTAL OD FLOW> {_exact(float(trip['trips'].sum()))}",
        "<END OF METADATA>",
        "",
    ]
    for origin, destinations, trips in by_origin.sort("origin").iter_rows():
        pairs = [f"{d} : {_exact(t)};" for d, t in zip(destinations, trips, strict=True)]
        lines += ["", f"Origin {origin}"]
        lines += [
            "\t" + "\t".join(pairs[k : k + PAIRS_PER_LINE])
            for k in range(0, len(pairs), PAIRS_PER_LINE)
        ]
    return "\n".join(lines) + "\n"


def _nodes_text(placed: pl.DataFrame) -> str:
    rows = placed.select("number", "x_coord", "y_coord").iter_rows()
    lines = [f"{number}\t{_exact(x)}\t{_exact(y)}\t;" for number, x, y in rows]
    return "\n".join(["Node\tX\tY\t;", *lines]) + "\n"
