"""What one commodity pays, may use and consumes on each arc of a `Network`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sogdia.network.model import Bools, Floats, Metric, Network
from sogdia.study import Study


@dataclass(frozen=True, slots=True)
class Rates:
    """What carriers charge on each arc in one direction of trade and year; nan: no such rate.

    Attributes
    ----------
    own_usd_t, own_usd_teu : ndarray of float64, shape (arcs,)
        Charges that a link or terminal states itself.
    tariff_usd_t, tariff_usd_teu : ndarray of float64, shape (arcs,)
        Charges by the tariff of the link.
    """

    own_usd_t: Floats
    own_usd_teu: Floats
    tariff_usd_t: Floats
    tariff_usd_teu: Floats


def rates(study: Study, network: Network, *, direction: str, year: int) -> Rates:
    """Return the charges in force in one direction of trade.

    Parameters
    ----------
    study : Study
        The study the network was compiled from (for its tariffs).
    network : Network
        The compiled network.
    direction : {"westbound", "eastbound"}
        Direction of the shipment as a whole: destination west, or east, of the origin.
    year : int
        Tariffs valid in this year are used.

    Returns
    -------
    Rates
        Charges by arc.
    """
    table = network.arc.join(
        tariffs_in_force(study.tariff, direction, year),
        on="tariff_id",
        how="left",
        maintain_order="left",
    ).select(
        "cost_usd_t",
        "cost_usd_teu",
        _rate("usd_t", "usd_t_km").alias("by_weight"),
        _rate("usd_teu", "usd_teu_km").alias("by_container"),
    )
    return Rates(*(column.fill_null(float("nan")).to_numpy() for column in table))


def commodity_metric(network: Network, charged: Rates, commodity: dict[str, Any]) -> Metric:
    """Return what a commodity pays, may use and consumes.

    A container pays per TEU where a rate per TEU exists, else per t; other goods pay per
    t. What a link or terminal charges itself goes before its tariff. Where no rate applies
    to the goods, or the carrier does not take them, the arc is not allowed.

    Parameters
    ----------
    network : Network
        The compiled network.
    charged : Rates
        Charges in the direction of the shipment.
    commodity : dict
        A row of the commodity table.

    Returns
    -------
    Metric
        Arrays over the arcs of the network.
    """
    t_per_teu = commodity["t_per_teu"]
    if t_per_teu:
        in_teu = network.resource_kteu >= 0
        resource = np.where(in_teu, network.resource_kteu, network.resource_kt)
        unit_per_t = np.where(in_teu, 1.0 / t_per_teu, 1.0)
    else:
        resource = network.resource_kt
        unit_per_t = np.ones(len(resource))
    refused = np.logical_or.reduce([*refusals(network, charged, commodity).values()])
    has_room = np.append(network.resource["capacity"].to_numpy() > 0, True)
    allowed = ~refused & has_room[resource]
    return Metric(
        cost_usd_t=np.where(allowed, _charge(charged, t_per_teu), np.inf),
        allowed=allowed,
        resource=resource.astype(np.int32),
        unit_per_t=unit_per_t,
    )


def refusals(network: Network, charged: Rates, commodity: dict[str, Any]) -> dict[str, Bools]:
    """Return where carriers do not take a commodity, by reason.

    Parameters
    ----------
    network : Network
        The compiled network.
    charged : Rates
        Charges in the direction of the shipment.
    commodity : dict
        A row of the commodity table.

    Returns
    -------
    dict of str to ndarray of bool, shape (arcs,)
        Arcs refused for the kind of cargo, for its hazard class, for want of a rate, and for
        want of water under the keel; the reasons are told in words.
    """
    use, hazard = commodity["use"], commodity["hazard_class"]
    reasons = {
        f"cargo of kind {use} is not taken": ~_lists(network.arc["allowed_uses"], use, empty=True),
        "no rate is known for these goods": np.isnan(_charge(charged, commodity["t_per_teu"])),
        "the water is too shallow for the vessels": _too_shallow(network),
    }
    if hazard is not None:
        anything = network.arc["accepts_all_hazards"].to_numpy()
        listed = _lists(network.arc["hazard_classes"], hazard, empty=False)
        reasons[f"dangerous goods of class {hazard} are not accepted"] = ~(anything | listed)
    return reasons


def _charge(charged: Rates, t_per_teu: float | None) -> Floats:
    """What is charged per t of goods of a load per container; nan: no such rate."""
    cost = np.where(np.isnan(charged.own_usd_t), charged.tariff_usd_t, charged.own_usd_t)
    if not t_per_teu:
        return cost
    by_tariff = np.where(np.isnan(charged.own_usd_t), charged.tariff_usd_teu, np.nan)
    per_teu = np.where(np.isnan(charged.own_usd_teu), by_tariff, charged.own_usd_teu)
    return np.where(np.isnan(per_teu), cost, per_teu / t_per_teu)


def _too_shallow(network: Network) -> Bools:
    """Whether the vessels of an arc draw more water than there is at one of its ends."""
    deep = network.arc["depth_m"].fill_null(np.inf).to_numpy()
    draught = network.arc["draught_m"].fill_null(0.0).to_numpy()
    return np.asarray(draught > deep)


def _rate(fixed: str, by_distance: str) -> pl.Expr:
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
        .select("tariff_id", "usd_t", "usd_t_km", "usd_teu", "usd_teu_km", "source_id")
    )


def _lists(column: pl.Series, member: str, *, empty: bool) -> Bools:
    """Whether the comma-separated lists of a column have a member; `empty` for null."""
    distinct = column.unique()
    answer = pl.Series([empty if x is None else member in x.split(",") for x in distinct])
    return np.asarray(column.replace_strict(distinct, answer, return_dtype=pl.Boolean).to_numpy())
