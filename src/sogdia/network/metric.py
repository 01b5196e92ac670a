"""What one commodity pays, may use and consumes on each arc of a `Network`."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from sogdia.network.model import Bools, Floats, Metric, Network
from sogdia.study import Study


def commodity_metric(
    study: Study, network: Network, commodity: dict[str, Any], *, direction: str, year: int
) -> Metric:
    """Return what a commodity pays and may use in one direction of trade.

    A container pays per TEU where a rate per TEU exists, else per t; other goods pay per
    t. Where no rate applies to the goods, or the carrier does not take them, the arc is
    not allowed. Costs of a `link` row override its tariff.

    Parameters
    ----------
    study : Study
        The study the network was compiled from (for its tariffs).
    network : Network
        The compiled network.
    commodity : dict
        A row of ``study.commodity``.
    direction : {"westbound", "eastbound"}
        Direction of the shipment as a whole: destination west, or east, of the origin.
    year : int
        Tariffs valid in this year are used.

    Returns
    -------
    Metric
        Arrays over the arcs of the network.
    """
    t_per_teu = commodity["t_per_teu"]
    cost = _cost_usd_t(study, network, t_per_teu, direction, year)
    taken = _accepts(network, commodity) & np.isfinite(cost)
    if t_per_teu:
        in_teu = network.resource_kteu >= 0
        resource = np.where(in_teu, network.resource_kteu, network.resource_kt)
        unit_per_t = np.where(in_teu, 1.0 / t_per_teu, 1.0)
    else:
        resource = network.resource_kt
        unit_per_t = np.ones(len(resource))
    has_room = np.append(network.resource["capacity"].to_numpy() > 0, True)
    allowed = taken & has_room[resource]
    return Metric(
        cost_usd_t=np.where(allowed, cost, np.inf),
        allowed=allowed,
        resource=resource.astype(np.int32),
        unit_per_t=unit_per_t,
    )


def _cost_usd_t(
    study: Study, network: Network, t_per_teu: float | None, direction: str, year: int
) -> Floats:
    arc = network.arc.join(
        tariffs_in_force(study.tariff, direction, year),
        on="tariff_id",
        how="left",
        maintain_order="left",
    )
    by_weight = _rate(arc, "usd_t", "usd_t_km")
    own = pl.col("cost_usd_t")
    if t_per_teu:
        by_container = _rate(arc, "usd_teu", "usd_teu_km") / t_per_teu
        cost = pl.coalesce(pl.col("cost_usd_teu") / t_per_teu, own, by_container, by_weight)
    else:
        cost = pl.coalesce(own, by_weight)
    return arc.select(cost.fill_null(float("inf")).alias("cost"))["cost"].to_numpy().copy()


def _rate(arc: pl.DataFrame, fixed: str, by_distance: str) -> pl.Expr:
    """Fixed plus distance charge; null where the tariff gives neither."""
    given = pl.col(fixed).is_not_null() | pl.col(by_distance).is_not_null()
    total = pl.col(fixed).fill_null(0.0) + pl.col(by_distance).fill_null(0.0) * pl.col("length_km")
    return pl.when(given).then(total)


def tariffs_in_force(tariff: pl.DataFrame, direction: str, year: int) -> pl.DataFrame:
    """Return one row per tariff: the newest not after `year`, of `direction` before both."""
    named = tariff.with_columns(pl.col("direction").cast(pl.String))
    return (
        named.filter((pl.col("year") <= year) & pl.col("direction").is_in([direction, "both"]))
        .with_columns(exact=pl.col("direction") == direction)
        .sort("tariff_id", "exact", "year")
        .unique("tariff_id", keep="last", maintain_order=True)
        .select("tariff_id", "usd_t", "usd_t_km", "usd_teu", "usd_teu_km")
    )


def _accepts(network: Network, commodity: dict[str, Any]) -> Bools:
    """Whether the carrier or terminal takes the kind of cargo and its hazard class."""
    use, hazard_class = commodity["use"], commodity["hazard_class"]
    arc = network.arc
    takes_use = pl.col("allowed_uses").is_null() | pl.col("allowed_uses").str.split(
        ","
    ).list.contains(use)
    if hazard_class is None:
        return arc.select(takes_use.alias("ok"))["ok"].to_numpy().copy()
    takes_hazard = pl.col("accepts_all_hazards") | pl.col("hazard_classes").fill_null("").str.split(
        ","
    ).list.contains(hazard_class)
    return arc.select((takes_use & takes_hazard).alias("ok"))["ok"].to_numpy().copy()
