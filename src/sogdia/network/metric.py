"""What one commodity pays, may use and consumes on each arc of a `Network`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sogdia.network.model import Bools, Floats, Ints, Metric, Network
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


class Acceptance:
    """Answers which arcs take which goods, reading the lists of the arcs once.

    Attributes
    ----------
    too_shallow : ndarray of bool, shape (arcs,)
        Where the vessels draw more water than there is at one of the ends.
    has_room : ndarray of bool, shape (resources + 1,)
        Whether a resource has any capacity; the last entry stands for none.
    """

    def __init__(self, network: Network) -> None:
        deep = network.arc["depth_m"].fill_null(np.inf).to_numpy()
        draught = network.arc["draught_m"].fill_null(0.0).to_numpy()
        self.too_shallow: Bools = np.asarray(draught > deep)
        self.has_room: Bools = np.append(network.resource["capacity"].to_numpy() > 0, True)
        self._arc = network.arc
        self._lists: dict[str, tuple[list[str | None], Ints]] = {}

    def of_use(self, use: str) -> Bools:
        """Return the arcs that take cargo of a kind, as a mask of shape (arcs,)."""
        return self._listing("allowed_uses", use, empty=True)

    def of_hazard(self, hazard_class: str) -> Bools:
        """Return the arcs that accept a class of dangerous goods, as a mask of shape (arcs,)."""
        anything = self._arc["accepts_all_hazards"].to_numpy()
        return np.asarray(anything | self._listing("hazard_classes", hazard_class, empty=False))

    def _listing(self, column: str, member: str, *, empty: bool) -> Bools:
        """Tell whether the lists of a column have a member; `empty` for no list."""
        if column not in self._lists:
            number: dict[str | None, int] = {}
            numbers = [number.setdefault(text, len(number)) for text in self._arc[column]]
            self._lists[column] = list(number), np.array(numbers, dtype=np.int64)
        texts, of_arc = self._lists[column]
        has = [empty if text is None else member in text.split(",") for text in texts]
        return np.array(has, dtype=np.bool_)[of_arc]


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


def commodity_metric(
    network: Network,
    charged: Rates,
    commodity: dict[str, Any],
    acceptance: Acceptance | None = None,
) -> Metric:
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
    acceptance : Acceptance, optional
        That of the network, where many commodities share it.

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
    acceptance = acceptance or Acceptance(network)
    refused = np.logical_or.reduce([*refusals(network, charged, commodity, acceptance).values()])
    allowed = ~refused & acceptance.has_room[resource]
    return Metric(
        cost_usd_t=np.where(allowed, _charge(charged, t_per_teu), np.inf),
        allowed=allowed,
        resource=resource.astype(np.int32),
        unit_per_t=unit_per_t,
    )


def refusals(
    network: Network,
    charged: Rates,
    commodity: dict[str, Any],
    acceptance: Acceptance | None = None,
) -> dict[str, Bools]:
    """Return where carriers do not take a commodity, by reason.

    Parameters
    ----------
    network : Network
        The compiled network.
    charged : Rates
        Charges in the direction of the shipment.
    commodity : dict
        A row of the commodity table.
    acceptance : Acceptance, optional
        That of the network, where many commodities share it.

    Returns
    -------
    dict of str to ndarray of bool, shape (arcs,)
        Arcs refused for the kind of cargo, for its hazard class, for want of a rate, and for
        want of water under the keel; the reasons are told in words.
    """
    use, hazard = commodity["use"], commodity["hazard_class"]
    acceptance = acceptance or Acceptance(network)
    reasons = {
        f"cargo of kind {use} is not taken": ~acceptance.of_use(use),
        "no rate is known for these goods": np.isnan(_charge(charged, commodity["t_per_teu"])),
        "the water is too shallow for the vessels": acceptance.too_shallow,
    }
    if hazard is not None:
        accepted = acceptance.of_hazard(hazard)
        reasons[f"dangerous goods of class {hazard} are not accepted"] = ~accepted
    return reasons


def _charge(charged: Rates, t_per_teu: float | None) -> Floats:
    """What is charged per t of goods of a load per container; nan: no such rate."""
    cost = np.where(np.isnan(charged.own_usd_t), charged.tariff_usd_t, charged.own_usd_t)
    if not t_per_teu:
        return cost
    by_tariff = np.where(np.isnan(charged.own_usd_t), charged.tariff_usd_teu, np.nan)
    per_teu = np.where(np.isnan(charged.own_usd_teu), by_tariff, charged.own_usd_teu)
    return np.where(np.isnan(per_teu), cost, per_teu / t_per_teu)


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
