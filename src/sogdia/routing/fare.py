"""Fare: what a shipment of one commodity pays on each arc, and where it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sogdia.network.marks import split
from sogdia.network.metric import commodity_metric, rates, refusals, tariffs_in_force
from sogdia.network.model import Bools, Floats, Ints
from sogdia.routing.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Fare:
    """Money, and where carriers do not take the goods.

    Attributes
    ----------
    commodity : dict
        Row of the commodity table.
    direction : str
        "westbound" or "eastbound".
    freight_usd_t, war_risk_usd_t : ndarray of float64, shape (arcs,)
        Charges, infinite where refused, and premiums for passing a dangerous place.
    insurance_usd_t : float
        Cargo insurance of the whole trip.
    resource : ndarray of int32, shape (arcs,)
        Resource at which the goods queue; -1: none.
    refused : dict of str to ndarray of bool, shape (arcs,)
        Where they are not taken, by reason.
    tariff_source : mapping of str to str
        Source of each tariff in force.
    """

    commodity: dict[str, Any]
    direction: str
    freight_usd_t: Floats
    war_risk_usd_t: Floats
    insurance_usd_t: float
    resource: Ints
    refused: dict[str, Bools]
    tariff_source: Mapping[str, str | None]


def fare(snap: Snapshot, commodity: dict[str, Any], direction: str) -> Fare:
    """Return what a commodity pays in one direction of trade on the day of a snapshot.

    Parameters
    ----------
    snap : Snapshot
        The network.
    commodity : dict
        Row of the commodity table.
    direction : {"westbound", "eastbound"}
        Of the shipment as a whole.

    Returns
    -------
    Fare
        By arc.
    """
    study, network = snap.study, snap.network
    charged = rates(study, network, direction=direction, year=snap.depart.year)
    metric = commodity_metric(network, charged, commodity)
    premiums = list(_premiums_in_force(snap, commodity))
    whole_trip = [amount for row, amount in premiums if row["element_id"] is None]
    in_force = tariffs_in_force(study.tariff, direction, snap.depart.year)
    refused = refusals(network, charged, commodity)
    full = ~metric.allowed & ~np.logical_or.reduce([*refused.values()])
    return Fare(
        commodity=commodity,
        direction=direction,
        freight_usd_t=metric.cost_usd_t,
        war_risk_usd_t=_war_risk(snap, premiums),
        insurance_usd_t=sum(whole_trip),
        resource=metric.resource,
        refused=refused | {"there is no capacity": full},
        tariff_source=dict(in_force.select("tariff_id", "source_id").iter_rows()),
    )


def _premiums_in_force(
    snap: Snapshot, commodity: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], float]]:
    """Yield the premiums paid for these goods on the day, and how much it is in USD per t."""
    day = snap.depart
    for row in snap.study.premium.iter_rows(named=True):
        begun = row["from_date"] is None or row["from_date"] <= day
        over = row["until_date"] is not None and row["until_date"] < day
        concerned = row["uses"] is None or commodity["use"] in split(row["uses"])
        if begun and not over and concerned:
            yield row, _amount(row, commodity)


def _amount(row: dict[str, Any], commodity: dict[str, Any]) -> float:
    amount = (row["share_of_value"] or 0.0) * commodity["value_usd_t"]
    t_per_teu = commodity["t_per_teu"]
    if t_per_teu and row["usd_teu"] is not None:
        return float(amount + row["usd_teu"] / t_per_teu)
    return float(amount + (row["usd_t"] or 0.0))


def _war_risk(snap: Snapshot, premiums: list[tuple[dict[str, Any], float]]) -> Floats:
    """Lay premiums on arcs: half on each of the two by which a place is passed."""
    arc = snap.network.arc
    total = np.zeros(arc.height)
    line_haul = arc["kind"].is_in(["link", "service"]).to_numpy()
    for row, amount in premiums:
        if row["element_id"] is not None:
            mask = snap.marks.of(row["element_id"]) & line_haul
            total += np.where(mask, amount if row["element_kind"] == "link" else amount / 2.0, 0.0)
    return total
