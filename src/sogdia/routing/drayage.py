"""Drayage: the road between coordinates and the nearest node, priced like roads nearby."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from sogdia.errors import DataError
from sogdia.network.marks import split
from sogdia.network.metric import tariffs_in_force
from sogdia.network.model import Floats
from sogdia.routing.itinerary import Element
from sogdia.routing.place import Place, great_circle_km
from sogdia.study import Study

CIRCUITY = 1.3
"""Length of a road over the great circle between its ends: an assumption.

Ballou, Rahardja and Sakai (2002), Selected country circuity factors for road travel distance
estimation, Transportation Research A 36, find it between 1.2 and 1.5 in most countries.
"""

ANY_COUNTRY = "*"


def drayage(
    study: Study,
    place: Place,
    commodity: dict[str, Any],
    *,
    inbound: bool,
    direction: str,
    year: int,
) -> Element | None:
    """Return the road leg between what was asked and the node that stands for it.

    Speed, spread of the time, tariff and class of emission are those of the nearest road of
    the study that takes the goods and has a rate for them. Roads within one country go
    before those whose time holds a border, and of equally near ones the fastest is taken.

    Parameters
    ----------
    study : Study
        Tables as they stand on the day of departure.
    place : Place
        An end of the shipment.
    commodity : dict
        A row of the commodity table.
    inbound : bool
        True: the last leg, from the node to what was asked; False: the first leg, to the node.
    direction : {"westbound", "eastbound"}
        Direction of the shipment as a whole.
    year : int
        Tariffs and emission factors valid in this year are used.

    Returns
    -------
    Element or None
        None where a node was named.

    Raises
    ------
    DataError
        If the study has no road with a rate for the goods.
    """
    if place.access_km == 0.0:
        return None
    road = _nearest_road(study, place, commodity, direction=direction, year=year)
    length_km = place.access_km * CIRCUITY
    time_h = length_km / road["speed_km_h"]
    factor = _emission_factor(study, road["emission_class"], place.country, year)
    asked, node = (place.asked, place.asked), (place.node_id, place.name)
    (from_id, from_name), (to_id, to_name) = (node, asked) if inbound else (asked, node)
    return Element(
        kind="drayage",
        row_id=road["link_id"],
        mode="road",
        operation=None,
        from_id=from_id,
        from_name=from_name,
        to_id=to_id,
        to_name=to_name,
        service=None,
        operator=None,
        gauge_mm=None,
        countries=(place.country,) if place.country else (),
        length_km=length_km,
        moving_h=time_h,
        waiting_h=0.0,
        handling_h=0.0,
        time_sd_h=time_h * (road["time_cv"] or 0.0),
        cost_item="drayage",
        freight_usd_t=road["fixed_usd_t"] + road["usd_t_km"] * length_km,
        war_risk_usd_t=0.0,
        wtt_kg_t=_emitted(factor, "wtt", length_km),
        ttw_kg_t=_emitted(factor, "ttw", length_km),
        emission_class=factor.get("emission_class"),
        emission_country=factor.get("country"),
        sources=_sources(road["source_id"], road["tariff_source_id"], factor.get("source_id")),
    )


def _nearest_road(
    study: Study, place: Place, commodity: dict[str, Any], *, direction: str, year: int
) -> dict[str, Any]:
    roads = _with_rate(study, commodity["t_per_teu"], direction, year).filter(
        pl.col("fixed_usd_t").is_not_null(), _takes(commodity["use"])
    )
    if roads.is_empty():
        raise DataError(
            f"the study has no road by which to price the {place.access_km:.0f} km between "
            f"{place.asked} and {place.name} for {commodity['name']}; "
            f"name one of its places instead, such as {place.node_id}"
        )
    country = dict(study.node.select("node_id", "country").iter_rows())
    inside = [
        country[start] == country[end]
        for start, end in roads.select("from_node_id", "to_node_id").iter_rows()
    ]
    order = {"inside": True, "distance_km": False, "speed_km_h": True, "link_id": False}
    return (
        roads.with_columns(
            pl.Series("distance_km", _distance_km(study, roads, place.node_id)),
            pl.Series("inside", inside),
        )
        .sort(list(order), descending=list(order.values()))
        .row(0, named=True)
    )


def _distance_km(study: Study, roads: pl.DataFrame, node_id: str) -> Floats:
    """Great-circle distance from a node to the nearer end of each road."""
    points = {
        key: point for key, *point in study.node.select("node_id", "x_coord", "y_coord").rows()
    }
    x, y = points[node_id]
    ends = [np.array([points[key] for key in roads[end]]) for end in ("from_node_id", "to_node_id")]
    return np.minimum(*(great_circle_km(x, y, end[:, 0], end[:, 1]) for end in ends))


def _with_rate(study: Study, t_per_teu: float | None, direction: str, year: int) -> pl.DataFrame:
    """Return roads with speed, fixed charge and charge by distance; null: no rate for them."""
    has_length = pl.col("length_km") > 0
    speed = pl.when(pl.col("time_h").is_not_null()).then(pl.col("length_km") / pl.col("time_h"))
    roads = study.link.filter((pl.col("mode").cast(pl.String) == "road") & has_length).join(
        _tariffs(study, t_per_teu, direction, year), on="tariff_id", how="left"
    )
    own = pl.col("cost_usd_t").is_not_null()
    return roads.select(
        "link_id",
        "from_node_id",
        "to_node_id",
        "time_cv",
        "allowed_uses",
        "emission_class",
        "source_id",
        speed_km_h=pl.coalesce(speed, "free_speed_km_h"),
        fixed_usd_t=pl.when(own).then(0.0).otherwise("fixed_usd_t"),
        usd_t_km=pl.when(own)
        .then(pl.col("cost_usd_t") / pl.col("length_km"))
        .otherwise("usd_t_km"),
        tariff_source_id=pl.when(~own).then("tariff_source_id"),
    )


def _tariffs(study: Study, t_per_teu: float | None, direction: str, year: int) -> pl.DataFrame:
    """Return fixed charge and charge by distance of each tariff, for goods of this load.

    A container pays per TEU where a rate per TEU exists, else per t.
    """
    charges = ["usd_t", "usd_t_km", "usd_teu", "usd_teu_km"]
    in_force = tariffs_in_force(study.tariff, direction, year)
    by_teu = pl.any_horizontal(pl.col("usd_teu", "usd_teu_km").is_not_null()) & bool(t_per_teu)
    by_weight = pl.any_horizontal(pl.col("usd_t", "usd_t_km").is_not_null())
    load = t_per_teu or 1.0
    # The rows in force are known by what they charge: `tariffs_in_force` drops their sources.
    source = (
        study.tariff.filter(pl.col("year") <= year)
        .sort("year")
        .unique(["tariff_id", *charges], keep="last", maintain_order=True)
        .select("tariff_id", *charges, tariff_source_id="source_id")
    )

    def charge(per_teu: str, per_t: str) -> pl.Expr:
        containers = pl.col(per_teu).fill_null(0.0) / load
        weight = pl.when(by_weight).then(pl.col(per_t).fill_null(0.0))
        return pl.when(by_teu).then(containers).otherwise(weight)

    return in_force.join(source, on=["tariff_id", *charges], how="left", nulls_equal=True).select(
        "tariff_id",
        "tariff_source_id",
        fixed_usd_t=charge("usd_teu", "usd_t"),
        usd_t_km=charge("usd_teu_km", "usd_t_km"),
    )


def _takes(use: str) -> pl.Expr:
    """Whether a road takes a kind of cargo."""
    return pl.col("allowed_uses").is_null() | pl.col("allowed_uses").str.split(",").list.contains(
        use
    )


def _emission_factor(
    study: Study, emission_class: str | None, country: str | None, year: int
) -> dict[str, Any]:
    """Return the row for a country, or else the one for any; empty where there is none."""
    rows = study.emission_factor.filter(
        pl.col("emission_class") == (emission_class or ""),
        pl.col("country").is_in([country or ANY_COUNTRY, ANY_COUNTRY]),
        pl.col("year") <= year,
    ).sort(pl.col("country") == ANY_COUNTRY, -pl.col("year"))
    return {} if rows.is_empty() else rows.row(0, named=True)


def _emitted(factor: dict[str, Any], part: str, length_km: float) -> float:
    """Return kg CO2e per t of one part, ``wtt`` or ``ttw``."""
    per_km = (factor.get(f"{part}_g_tkm") or 0.0) / 1000.0
    return float(per_km * length_km + (factor.get(f"{part}_kg_t") or 0.0))


def _sources(*cells: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for cell in cells for one in split(cell)))
