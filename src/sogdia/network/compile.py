"""Study to `Network`: expand nodes into states, tables into arcs, capacities into resources."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from sogdia.network.model import Floats, Ints, Network
from sogdia.network.resource import HOURS_PER_WEEK, pool_services, resource_of, resources
from sogdia.study import Study
from sogdia.study.opening_hours import parse_opening_hours

STATE_KEY = ["node_id", "mode", "gauge_mm", "side"]
ARC_COLUMNS = {
    "kind": pl.String,
    "row_id": pl.String,
    "link_id": pl.String,
    "forward": pl.Boolean,
    "mode": pl.String,
    "length_km": pl.Float64,
    "time_h": pl.Float64,
    "time_sd_h": pl.Float64,
    "shut_h": pl.Float64,
    "shut_sd_h": pl.Float64,
    "cost_usd_t": pl.Float64,
    "cost_usd_teu": pl.Float64,
    "tariff_id": pl.String,
    "allowed_uses": pl.String,
    "hazard_classes": pl.String,
    "accepts_all_hazards": pl.Boolean,
    "emission_class": pl.String,
    "country": pl.String,
    "draught_m": pl.Float64,
    "depth_m": pl.Float64,
    "tail_node_id": pl.String,
    "head_node_id": pl.String,
    "tail_mode": pl.String,
    "head_mode": pl.String,
    "tail_gauge_mm": pl.Int32,
    "head_gauge_mm": pl.Int32,
    "tail_side": pl.String,
    "head_side": pl.String,
}
NO_SIDE = ""
NO_GAUGE = 0


def compile_network(study: Study) -> Network:
    """Compile the open elements of a study into a mode-state supernetwork.

    The result depends on the tables' content, not on the order of their rows.

    Parameters
    ----------
    study : Study
        Tables as they stand in one period (see ``scenario.study_at``).

    Returns
    -------
    Network
        Arcs sorted by tail state, then by kind, row and direction.
    """
    services = pool_services(study.service)
    arcs = pl.concat([_line_haul_arcs(study, services), _terminal_arcs(study)], how="vertical")
    arcs = _not_through(arcs, study.node)
    state = _states(arcs, study.node)
    arcs = pl.concat([arcs, _connector_arcs(state)], how="vertical")
    arcs, tail, head = _number(arcs, state)
    first_out = np.zeros(state.height + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=state.height), out=first_out[1:])
    resource = resources(study, services, arcs)
    wtt, ttw = _emissions(study, arcs)
    numbered = state.with_row_index("state")
    return Network(
        state=state,
        arc=arcs,
        resource=resource,
        tail=tail,
        head=head,
        first_out=first_out,
        time_h=_floats(arcs["time_h"]),
        time_sd_h=_floats(arcs["time_sd_h"]),
        length_km=_floats(arcs["length_km"]),
        wtt_kg_t=wtt,
        ttw_kg_t=ttw,
        resource_kt=resource_of(arcs, resource, "kt"),
        resource_kteu=resource_of(arcs, resource, "kteu"),
        origin_state=_state_of(numbered, "origin"),
        destination_state=_state_of(numbered, "destination"),
    )


def _floats(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).to_numpy().copy()


def _state_of(numbered: pl.DataFrame, mode: str) -> dict[str, int]:
    rows = numbered.filter(pl.col("mode") == mode)
    return dict(zip(rows["node_id"], rows["state"], strict=True))


def _arc_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a frame the columns of `ARC_COLUMNS`, null where it has none."""
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in ARC_COLUMNS.items()
    )


def _both_ways(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a frame the columns of `ARC_COLUMNS`, with an arc back where one may go both ways."""
    forward = _arc_frame(frame.with_columns(forward=pl.lit(value=True)))
    swapped = [
        pl.col(f"{start}_{name}").alias(f"{end}_{name}")
        for start, end in (("tail", "head"), ("head", "tail"))
        for name in STATE_KEY
    ]
    back = forward.filter(~frame["directed"]).with_columns(*swapped, forward=pl.lit(value=False))
    return pl.concat([forward, back], how="vertical")


def _line_haul_arcs(study: Study, services: pl.DataFrame) -> pl.DataFrame:
    """Arcs of links, and of the pooled services that run on them instead."""
    link = study.link.with_columns(
        gauge=pl.col("gauge_mm").fill_null(NO_GAUGE),
        time_h=pl.coalesce("time_h", pl.col("length_km") / pl.col("free_speed_km_h")),
        mode=pl.col("mode").cast(pl.String),
    )
    link = _with_depth(_with_sides(link, study), study)
    ends = {
        "tail_node_id": pl.col("from_node_id"),
        "head_node_id": pl.col("to_node_id"),
        "tail_mode": pl.col("mode"),
        "head_mode": pl.col("mode"),
        "tail_gauge_mm": pl.col("gauge"),
        "head_gauge_mm": pl.col("gauge"),
    }
    link = link.with_columns(**ends)
    alone = link.join(study.service, on="link_id", how="anti").with_columns(
        kind=pl.lit("link"),
        row_id=pl.col("link_id"),
        time_sd_h=pl.col("time_h") * pl.col("time_cv").fill_null(0.0),
        accepts_all_hazards=pl.lit(value=True),
    )
    carried = (
        link.drop("allowed_uses", "draught_m")
        .join(services, on="link_id", how="inner")
        .with_columns(
            kind=pl.lit("service"),
            time_h=pl.col("crossing_time_h") + pl.col("minimum_wait_h"),
            time_sd_h=(
                (pl.col("crossing_time_h") * pl.col("time_cv").fill_null(0.0)).pow(2)
                + pl.col("minimum_wait_sd_h").pow(2)
            ).sqrt(),
            accepts_all_hazards=pl.lit(value=False),
        )
    )
    return pl.concat([_both_ways(alone), _both_ways(carried)], how="vertical")


def _not_through(arcs: pl.DataFrame, node: pl.DataFrame) -> pl.DataFrame:
    """Let arcs of nodes that are not to be passed leave the origin and enter the destination."""
    shut = node.filter(~pl.col("through"))["node_id"]
    if shut.is_empty():
        return arcs
    moved = []
    for end, place in (("tail", "origin"), ("head", "destination")):
        here = pl.col(f"{end}_node_id").is_in(shut.implode())
        for name, value in (("mode", place), ("gauge_mm", NO_GAUGE), ("side", NO_SIDE)):
            column = f"{end}_{name}"
            set_here = pl.lit(value, dtype=ARC_COLUMNS[column])
            moved.append(pl.when(here).then(set_here).otherwise(column).alias(column))
    passing = (pl.col("kind") == "terminal") & pl.col("tail_node_id").is_in(shut.implode())
    return arcs.filter(~passing).with_columns(moved)


def _with_depth(link: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Add the depth of water at the shallower end of each link."""
    depth = study.node.select("node_id", "depth_m")
    for end in ("from", "to"):
        link = link.join(
            depth.rename({"node_id": f"{end}_node_id", "depth_m": f"{end}_depth_m"}),
            on=f"{end}_node_id",
            how="left",
            maintain_order="left",
        )
    return link.with_columns(depth_m=pl.min_horizontal("from_depth_m", "to_depth_m"))


def _with_sides(link: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Tell on which side of a border terminal each end of a crossing link lies."""
    country = study.node.select("node_id", "country")
    borders = (
        study.terminal.filter(pl.col("operation").cast(pl.String) == "border")
        .select(
            "node_id",
            pl.col("neighbour"),
            pl.col("from_mode").cast(pl.String).alias("mode"),
            pl.col("from_gauge_mm").fill_null(NO_GAUGE).alias("gauge"),
        )
        .unique(maintain_order=True)
        .with_columns(side=pl.col("neighbour"))
    )
    for end, other in (("from", "to"), ("to", "from")):
        link = link.join(
            country.rename({"node_id": f"{other}_node_id", "country": "neighbour"}),
            on=f"{other}_node_id",
            how="left",
            maintain_order="left",
        )
        link = (
            link.join(
                borders.rename({"node_id": f"{end}_node_id"}),
                on=[f"{end}_node_id", "neighbour", "mode", "gauge"],
                how="left",
                maintain_order="left",
            )
            .with_columns(pl.col("side").fill_null(NO_SIDE))
            .rename({"side": "tail_side" if end == "from" else "head_side"})
            .drop("neighbour")
        )
    return link


def _terminal_arcs(study: Study) -> pl.DataFrame:
    country = study.node.select("node_id", "country")
    border = pl.col("operation").cast(pl.String) == "border"
    dwell_sd = pl.col("dwell_h").fill_null(0.0) * pl.col("dwell_cv").fill_null(0.0)
    service_sd = pl.col("service_time_h").fill_null(0.0) * pl.col("service_cv").fill_null(0.0)
    hours = study.terminal["opening_hours"].unique().drop_nulls()
    shut = pl.DataFrame(
        [(text, *opening_wait(text)) for text in hours],
        schema={"opening_hours": pl.String, "shut_h": pl.Float64, "shut_sd_h": pl.Float64},
        orient="row",
    )
    terminal = (
        study.terminal.join(country, on="node_id", how="left", maintain_order="left")
        .join(shut, on="opening_hours", how="left", maintain_order="left")
        .with_columns(pl.col("shut_h", "shut_sd_h").fill_null(0.0))
    ).with_columns(
        kind=pl.lit("terminal"),
        row_id=pl.col("terminal_id"),
        mode=pl.col("from_mode").cast(pl.String),
        length_km=pl.lit(0.0),
        time_h=pl.col("service_time_h").fill_null(0.0)
        + pl.col("dwell_h").fill_null(0.0)
        + pl.col("shut_h"),
        time_sd_h=(dwell_sd.pow(2) + service_sd.pow(2) + pl.col("shut_sd_h").pow(2)).sqrt(),
        accepts_all_hazards=pl.lit(value=False),
        tail_node_id=pl.col("node_id"),
        head_node_id=pl.col("node_id"),
        tail_mode=pl.col("from_mode").cast(pl.String),
        head_mode=pl.col("to_mode").cast(pl.String),
        tail_gauge_mm=pl.col("from_gauge_mm").fill_null(NO_GAUGE),
        head_gauge_mm=pl.col("to_gauge_mm").fill_null(NO_GAUGE),
        tail_side=pl.when(border).then("neighbour").otherwise(pl.lit(NO_SIDE)),
        head_side=pl.lit(NO_SIDE),
    )
    return _both_ways(terminal)


def opening_wait(opening_hours: str) -> tuple[float, float]:
    """Return mean and standard deviation of the wait for opening, for who comes at any time.

    Parameters
    ----------
    opening_hours : str
        As in table ``terminal``.

    Returns
    -------
    tuple of float
        With gaps g in a week of W hours: mean ``sum g^2 / 2W``, mean square ``sum g^3 / 3W``.
    """
    spans = parse_opening_hours(opening_hours)
    starts = [start for start, _ in spans[1:]] + [spans[0][0] + HOURS_PER_WEEK]
    gaps = [start - end for (_, end), start in zip(spans, starts, strict=True)]
    mean = sum(gap**2 for gap in gaps) / (2.0 * HOURS_PER_WEEK)
    square = sum(gap**3 for gap in gaps) / (3.0 * HOURS_PER_WEEK)
    return mean, math.sqrt(max(square - mean**2, 0.0))


def _states(arcs: pl.DataFrame, node: pl.DataFrame) -> pl.DataFrame:
    """All states that an arc touches, then one origin and one destination per node."""
    ends = pl.concat(
        arcs.select(pl.col(f"{end}_{name}").alias(name) for name in STATE_KEY)
        for end in ("tail", "head")
    )
    places = pl.concat(
        node.select(
            "node_id",
            pl.lit(mode).alias("mode"),
            pl.lit(NO_GAUGE, dtype=pl.Int32).alias("gauge_mm"),
            pl.lit(NO_SIDE).alias("side"),
        )
        for mode in ("origin", "destination")
    )
    moving = ends.filter(~pl.col("mode").is_in(["origin", "destination"])).unique().sort(STATE_KEY)
    places = places.sort("mode", "node_id")
    return pl.concat([moving, places]).join(
        node.select("node_id", "country"), on="node_id", how="left", maintain_order="left"
    )


def _connector_arcs(state: pl.DataFrame) -> pl.DataFrame:
    """Access and egress: shipments start and end on the home side of any state of a node."""
    home = state.filter(
        ~pl.col("mode").is_in(["origin", "destination"]) & (pl.col("side") == NO_SIDE)
    )
    frames = []
    for kind, place, end, other in (
        ("access", "origin", "tail", "head"),
        ("egress", "destination", "head", "tail"),
    ):
        frames.append(
            _arc_frame(
                home.select(
                    pl.lit(kind).alias("kind"),
                    pl.col("node_id").alias("row_id"),
                    pl.lit(value=True).alias("forward"),
                    "mode",
                    "country",
                    *(pl.lit(0.0).alias(c) for c in ("length_km", "time_h", "time_sd_h")),
                    pl.lit(0.0).alias("cost_usd_t"),
                    pl.lit(value=True).alias("accepts_all_hazards"),
                    pl.col("node_id").alias(f"{end}_node_id"),
                    pl.lit(place).alias(f"{end}_mode"),
                    pl.lit(NO_GAUGE).alias(f"{end}_gauge_mm"),
                    pl.lit(NO_SIDE).alias(f"{end}_side"),
                    pl.col("node_id").alias(f"{other}_node_id"),
                    pl.col("mode").alias(f"{other}_mode"),
                    pl.col("gauge_mm").alias(f"{other}_gauge_mm"),
                    pl.col("side").alias(f"{other}_side"),
                )
            )
        )
    return pl.concat(frames)


def _number(arcs: pl.DataFrame, state: pl.DataFrame) -> tuple[pl.DataFrame, Ints, Ints]:
    """Sort arcs by tail state and return the states at their ends."""
    numbered = state.select(STATE_KEY).with_row_index("state")
    ends = {
        end: arcs.select(pl.col(f"{end}_{name}").alias(name) for name in STATE_KEY).join(
            numbered, on=STATE_KEY, how="left", maintain_order="left"
        )["state"]
        for end in ("tail", "head")
    }
    # The wide frame is moved once, when its order is known.
    keys = arcs.select("kind", "row_id", "forward", **ends)
    order = keys.select(pl.arg_sort_by("tail", "kind", "row_id", "forward", "head")).to_series()
    tail, head = (ends[end].gather(order).to_numpy().astype(np.int32) for end in ("tail", "head"))
    return arcs[order], tail, head


def _emissions(study: Study, arcs: pl.DataFrame) -> tuple[Floats, Floats]:
    """Well-to-tank and tank-to-wheel kg CO2e per t of each arc (ISO 14083 terms).

    A study that is compiled as loaded, not as it stands in a year, has its newest factors.
    """
    newest = pl.col("year").max().over("emission_class", "country")
    factor = study.emission_factor.filter(pl.col("year") == newest)
    keys = arcs.select(
        "emission_class", "length_km", country=pl.col("country").str.split(",").list.first()
    )
    own = factor.filter(pl.col("country") != "*")
    other = factor.filter(pl.col("country") == "*").drop("country")
    joined = keys.join(
        own, on=["emission_class", "country"], how="left", maintain_order="left"
    ).join(other, on="emission_class", how="left", maintain_order="left", suffix="_any")

    def part(name: str) -> Floats:
        per_km = pl.coalesce(f"{name}_g_tkm", f"{name}_g_tkm_any").fill_null(0.0)
        per_t = pl.coalesce(f"{name}_kg_t", f"{name}_kg_t_any").fill_null(0.0)
        return _floats(
            joined.select((per_km * pl.col("length_km") / 1000.0 + per_t).alias("kg"))["kg"]
        )

    return part("wtt"), part("ttw")
