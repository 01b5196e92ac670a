"""Check: recompute what an answer claims, row by row, from the tables of the day."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import isclose
from typing import Any

import polars as pl

from sogdia.errors import CheckError
from sogdia.network.metric import tariffs_in_force
from sogdia.network.policy import concerns
from sogdia.network.resource import POOL_MARK
from sogdia.routing.itinerary import Answer, Element, Itinerary
from sogdia.scenario import Rule
from sogdia.study import Study

RELATIVE = 1e-9
ABSOLUTE = 1e-6


def check_answer(answer: Answer, study: Study, rules: tuple[Rule, ...], direction: str) -> None:
    """Recompute an answer from tables.

    Parameters
    ----------
    answer : Answer
        What is claimed.
    study : Study
        Tables as they stand on the day of departure.
    rules : tuple of Rule
        Of the scenario.
    direction : {"westbound", "eastbound"}
        Of the shipment.

    Raises
    ------
    CheckError
        If an itinerary has a gap, breaks a rule, or has a time, charge or emission that its
        rows do not give.
    """
    day = _Day(study, answer.depart.year, direction, answer.commodity_id)
    for itinerary in answer.itineraries:
        wrong = [*_gaps(answer, itinerary), *_broken_rules(answer, itinerary, rules, day)]
        for one in itinerary.elements:
            wrong += day.differences(one)
        if wrong:
            raise CheckError(f"itinerary {itinerary.rank}: {'; '.join(wrong)}")


def _gaps(answer: Answer, itinerary: Itinerary) -> Iterator[str]:
    places = itinerary.elements
    for before, after in pairwise(places):
        if before.to_id != after.from_id:
            yield f"{after.from_id} does not follow {before.to_id}"
    road_in, road_out = answer.origin.access_km > 0, answer.destination.access_km > 0
    first, last = places[1 if road_in else 0], places[-2 if road_out else -1]
    if first.from_id != answer.origin.node_id:
        yield f"it begins at {first.from_id}"
    if last.to_id != answer.destination.node_id:
        yield f"it ends at {last.to_id}"


def _broken_rules(
    answer: Answer, itinerary: Itinerary, rules: tuple[Rule, ...], day: _Day
) -> Iterator[str]:
    ends = (answer.origin, answer.destination)
    for rule in rules:
        inside = [end.node_id in rule.places or end.country in rule.countries for end in ends]
        lasting = rule.holds(answer.depart) and rule.end is None
        if not lasting or any(inside) or "transit" not in rule.applies_to:
            continue
        if not concerns(rule, day.commodity):
            continue
        for one in itinerary.elements:
            places = {one.from_id, one.to_id}
            if places & set(rule.places) or set(one.countries) & set(rule.countries):
                yield f"{one.row_id} is closed by rule {rule.label}"


class _Day:
    """The tables of a day, by key, and what one commodity pays by them."""

    def __init__(self, study: Study, year: int, direction: str, commodity_id: str) -> None:
        self._rows = {
            table: {row[f"{table}_id"]: row for row in study.frames()[table].iter_rows(named=True)}
            for table in ("link", "terminal", "service", "commodity", "node")
        }
        self.commodity: dict[str, Any] = self._rows["commodity"][commodity_id]
        in_force = tariffs_in_force(study.tariff, direction, year)
        self._tariff = {row["tariff_id"]: row for row in in_force.iter_rows(named=True)}
        factors = study.emission_factor.filter(pl.col("year") <= year).sort("year")
        self._factor = {
            (row["emission_class"], row["country"]): row for row in factors.iter_rows(named=True)
        }

    def differences(self, one: Element) -> Iterator[str]:
        """Yield what an element claims and its rows do not give."""
        if one.kind == "terminal":
            row = self._rows["terminal"][one.row_id]
            handling_h = (row["service_time_h"] or 0.0) + (row["dwell_h"] or 0.0)
            yield from _compare(one, "handling_h", one.handling_h, handling_h)
            yield from _compare(one, "freight_usd_t", one.freight_usd_t, self._own_charge(row))
            yield from self._emission(one, row["emission_class"], 0.0)
        elif one.kind in ("link", "service"):
            row, moving_h = self._line_haul(one)
            ends = {row["from_node_id"], row["to_node_id"]}
            if {one.from_id, one.to_id} != ends:
                yield f"{one.row_id} does not join {one.from_id} with {one.to_id}"
            yield from _compare(one, "length_km", one.length_km, row["length_km"])
            yield from _compare(one, "moving_h", one.moving_h, moving_h)
            yield from _compare(one, "freight_usd_t", one.freight_usd_t, self._freight(row))
            yield from self._emission(one, row["emission_class"], row["length_km"])

    def _line_haul(self, one: Element) -> tuple[dict[str, Any], float]:
        if one.kind == "link":
            row = self._rows["link"][one.row_id]
            return row, row["time_h"] or row["length_km"] / row["free_speed_km_h"]
        services = [self._rows["service"][name] for name in one.row_id.split(POOL_MARK)]
        row = self._rows["link"][services[0]["link_id"]]
        made = [row["departures_week"] * row["availability"] for row in services]
        crossing = [row["crossing_time_h"] for row in services]
        weighted = sum(a * b for a, b in zip(made, crossing, strict=True))
        alone = services[0] if len(services) == 1 else None
        if alone and alone["timetable"]:
            gap_h = 168.0 / alone["departures_week"]
            return row, crossing[0] + gap_h * (1.0 / alone["availability"] - 1.0)
        return row, weighted / sum(made)

    def _own_charge(self, row: dict[str, Any]) -> float:
        t_per_teu = self.commodity["t_per_teu"]
        if t_per_teu and row["cost_usd_teu"] is not None:
            return float(row["cost_usd_teu"] / t_per_teu)
        return float(row["cost_usd_t"])

    def _freight(self, row: dict[str, Any]) -> float:
        if row["cost_usd_t"] is not None:
            return float(row["cost_usd_t"])
        tariff, t_per_teu = self._tariff[row["tariff_id"]], self.commodity["t_per_teu"]
        by_container = tariff["usd_teu"] is not None or tariff["usd_teu_km"] is not None
        if t_per_teu and by_container:
            return _by_distance(tariff, "usd_teu", row["length_km"]) / float(t_per_teu)
        return _by_distance(tariff, "usd_t", row["length_km"])

    def _emission(self, one: Element, kind: str | None, length_km: float) -> Iterator[str]:
        factor = self._factor.get((kind, one.emission_country)) or {}
        for part, claimed in (("wtt", one.wtt_kg_t), ("ttw", one.ttw_kg_t)):
            per_km = factor.get(f"{part}_g_tkm") or 0.0
            per_t = factor.get(f"{part}_kg_t") or 0.0
            yield from _compare(one, f"{part}_kg_t", claimed, per_km * length_km / 1000.0 + per_t)
        if one.emission_country not in (None, "*", *one.countries):
            yield f"{one.row_id} has the emission factor of {one.emission_country}"


def _by_distance(tariff: dict[str, Any], name: str, length_km: float) -> float:
    return float((tariff[name] or 0.0) + (tariff[f"{name}_km"] or 0.0) * length_km)


def _compare(one: Element, name: str, claimed: float, found: float) -> Iterator[str]:
    if not isclose(claimed, found, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
        yield f"{name} of {one.row_id} is {claimed:g} and its rows give {found:g}"
