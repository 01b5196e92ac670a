"""Resources: what flow consumes capacity of, and where it queues."""

from __future__ import annotations

import numpy as np
import polars as pl

from sogdia.network.model import Ints
from sogdia.study import Study
from sogdia.study.model import SPLIT_MARK

HOURS_PER_YEAR = 8760.0
HOURS_PER_WEEK = 168.0
WEEKS_PER_YEAR = HOURS_PER_YEAR / HOURS_PER_WEEK
DAYS_PER_YEAR = 365.0
LOT_T = 1400.0
LOT_TEU = 100.0
POOL_MARK = "|"
POOLED_BY = ("link_id", "allowed_uses", "hazard_classes", "draught_m")
QUEUE_COLUMNS = ["servers", "service_time_h", "service_cv2", "arrival_cv2"]


def own_ids(column: str) -> pl.Expr:
    """Return the ids in a column of arcs or resources as the tables have them.

    What an event split bears a mark behind its id (see `sogdia.study.base_id`); services that
    leave from the same berth stay joined.
    """
    return pl.col(column).str.replace_all(f"{SPLIT_MARK}[^{POOL_MARK}]*", "")


def departures_per_year() -> pl.Expr:
    """Departures really made in a year and direction, weather closures taken out."""
    closed_days = (
        pl.col("closed_days_by_month")
        .str.split(" ")
        .list.eval(pl.element().cast(pl.Float64))
        .list.sum()
        .fill_null(0.0)
    )
    return (
        pl.col("departures_week")
        * WEEKS_PER_YEAR
        * pl.col("availability")
        * (1.0 - closed_days / DAYS_PER_YEAR).clip(0.0, 1.0)
    )


def pool_services(service: pl.DataFrame) -> pl.DataFrame:
    """Pool the services on a link that take the same goods: these leave with whichever is next.

    Services of another draught, or that count their room in another unit, are apart.

    Parameters
    ----------
    service : DataFrame
        Service table.

    Returns
    -------
    DataFrame
        One row per link and kinds of goods: row_id (service ids joined by `POOL_MARK`),
        departures (per year and direction), batch_t, batch_teu, crossing_time_h and
        headway_cv2 (means weighted by departures), and
        minimum_wait_h and minimum_wait_sd_h, mean and standard deviation of the wait for the
        next departure of a service that is never full: the residual life of a renewal
        process with gamma headways (Cox, 1962), of mean ``(1 + cv^2) / 2`` headways and mean
        square ``(1 + cv^2) (1 + 2 cv^2) / 3``.
    """
    made = pl.col("made")
    in_units = {
        f"counts_{unit}": pl.col(f"batch_capacity_{unit}").is_not_null() for unit in ("t", "teu")
    }

    def mean(column: str) -> pl.Expr:
        return (pl.col(column) * made).sum() / made.sum()

    pooled = (
        service.sort("service_id")
        .with_columns(made=departures_per_year(), **in_units)
        .group_by(*POOLED_BY, *in_units, maintain_order=True)
        .agg(
            row_id=pl.col("service_id").str.join(POOL_MARK),
            departures=made.sum(),
            batch_t=pl.when(pl.col("batch_capacity_t").is_not_null().all()).then(
                mean("batch_capacity_t")
            ),
            batch_teu=pl.when(pl.col("batch_capacity_teu").is_not_null().all()).then(
                mean("batch_capacity_teu")
            ),
            crossing_time_h=mean("crossing_time_h"),
            headway_cv2=(pl.col("headway_cv").pow(2) * made).sum() / made.sum(),
        )
        .drop(*in_units)
    )
    headway_h, cv2 = HOURS_PER_YEAR / pl.col("departures"), pl.col("headway_cv2")
    mean_h = headway_h * (1.0 + cv2) / 2.0
    square = headway_h.pow(2) * (1.0 + cv2) * (1.0 + 2.0 * cv2) / 3.0
    return pooled.with_columns(
        minimum_wait_h=mean_h, minimum_wait_sd_h=(square - mean_h.pow(2)).sqrt()
    )


def resources(study: Study, services: pl.DataFrame, arcs: pl.DataFrame) -> pl.DataFrame:
    """Return everything whose capacity flow consumes or at which it queues.

    Parameters
    ----------
    study : Study
        Tables.
    services : DataFrame
        Its services, as `pool_services` joins them.
    arcs : DataFrame
        Arcs, of which every kind and row_id that carries goods is one.

    Returns
    -------
    DataFrame
        kind, row_id, forward (of services; a service has a capacity each way), unit (kt or
        kteu), capacity (per year), queue_capacity (what its servers can do in a year: the
        flow at which the queue would grow for ever; null where nothing queues), servers,
        service_time_h, service_cv2, arrival_cv2.
    """
    wide = pl.concat([_links(study), _terminals(study), _services(services)], how="diagonal")
    limited = wide.filter(pl.any_horizontal(pl.col("kt", "kteu").is_not_null()))
    kept = limited.join(arcs, on=["kind", "row_id"], how="semi", maintain_order="left")
    long = pl.concat(
        kept.select(
            "kind",
            "row_id",
            "forward",
            *QUEUE_COLUMNS,
            unit=pl.lit(unit),
            capacity=pl.col(unit),
            queue_capacity=pl.col(f"queue_{unit}"),
        ).drop_nulls("capacity")
        for unit in ("kt", "kteu")
    )
    return long.sort("kind", "row_id", "unit", "forward", nulls_last=False)


def _links(study: Study) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.Float64)
    return study.link.join(study.service, on="link_id", how="anti").select(
        kind=pl.lit("link"),
        row_id=pl.col("link_id"),
        forward=pl.lit(None, dtype=pl.Boolean),
        kt=pl.col("capacity_kt_y"),
        kteu=pl.col("capacity_teu_y") / 1000.0,
        queue_kt=nothing,
        queue_kteu=nothing,
        servers=nothing,
        service_time_h=nothing,
        service_cv2=nothing,
        arrival_cv2=nothing,
    )


def _terminals(study: Study) -> pl.DataFrame:
    """Terminals: what is stated and what the servers can do, whichever is less.

    A stated capacity may be less, for a yard or for lines that bind first; then servers
    are idle part of the time, and that is what the queue depends on.
    """
    batches = pl.col("servers") * HOURS_PER_YEAR / pl.col("service_time_h")
    served_kt = batches * pl.col("batch_t") / 1000.0
    served_kteu = served_kt * LOT_TEU / LOT_T
    stated_kteu = pl.col("capacity_teu_y") / 1000.0
    queues = pl.col("service_time_h").is_not_null() & pl.col("servers").is_not_null()
    return study.terminal.select(
        kind=pl.lit("terminal"),
        row_id=pl.col("terminal_id"),
        forward=pl.lit(None, dtype=pl.Boolean),
        kt=pl.min_horizontal("capacity_kt_y", served_kt),
        kteu=pl.when(stated_kteu.is_not_null()).then(pl.min_horizontal(stated_kteu, served_kteu)),
        queue_kt=pl.when(queues).then(pl.coalesce(served_kt, "capacity_kt_y")),
        queue_kteu=pl.when(queues).then(pl.coalesce(served_kteu, stated_kteu)),
        servers=pl.col("servers").cast(pl.Float64),
        service_time_h=pl.col("service_time_h"),
        service_cv2=pl.col("service_cv").fill_null(0.0).pow(2),
        arrival_cv2=pl.lit(1.0),
    )


def _services(pooled: pl.DataFrame) -> pl.DataFrame:
    """Pooled services, each way: one server whose service time is the headway.

    Goods come to a port by the block train: the fewer trains fill a ship, the more the
    time varies in which a shipload arrives.
    """
    lots = pl.max_horizontal(pl.col("batch_t") / LOT_T, pl.col("batch_teu") / LOT_TEU)
    kt = pl.col("departures") * pl.col("batch_t") / 1000.0
    kteu = pl.col("departures") * pl.col("batch_teu") / 1000.0
    service = pooled.select(
        "row_id",
        kind=pl.lit("service"),
        forward=pl.lit(value=True),
        kt=kt,
        kteu=kteu,
        queue_kt=kt,
        queue_kteu=kteu,
        servers=pl.lit(1.0),
        service_time_h=HOURS_PER_YEAR / pl.col("departures"),
        service_cv2=pl.col("headway_cv2"),
        arrival_cv2=(1.0 / lots).clip(0.0, 1.0),
    )
    return pl.concat([service, service.with_columns(forward=~pl.col("forward"))])


def resource_of(arcs: pl.DataFrame, resource: pl.DataFrame, unit: str) -> Ints:
    """Return the resource of each arc that is counted in `unit`; -1: none."""
    numbered = resource.with_row_index("resource").filter(pl.col("unit") == unit)
    keys = arcs.select(
        "kind",
        "row_id",
        forward=pl.when(pl.col("kind") == "service").then("forward"),
    )
    joined = keys.join(
        numbered.select("kind", "row_id", "forward", "resource"),
        on=["kind", "row_id", "forward"],
        how="left",
        maintain_order="left",
        nulls_equal=True,
    )
    return joined["resource"].cast(pl.Int32).fill_null(-1).to_numpy().astype(np.int32)
