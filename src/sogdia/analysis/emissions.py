"""Greenhouse gases of an itinerary, declared element by element (ISO 14083, GLEC Framework).

A transport chain element belongs to a transport operation category (TOC: line haul, on
its distance and weight) or to a hub operation category (HOC: on its throughput). Emissions are
activity times factor, from well to tank (energy provision) and from tank to wheel
(operation); they are added up at the end and never mixed. The transport activity distance is
the length of the way in the study's network, which stands for the shortest feasible one.
The text of ISO 14083:2023 itself was not read; the terms are those of GLEC Framework v3
and of what is published about the standard.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from sogdia.errors import CheckError
from sogdia.routing.itinerary import Element, Itinerary
from sogdia.study import Study

TRANSPORT = "TOC"
HUB = "HOC"
ANY_COUNTRY = "*"
TOLERANCE = 1e-6
FACTORS = ("wtt_g_tkm", "ttw_g_tkm", "wtt_kg_t", "ttw_kg_t")
COLUMNS = {
    "element": pl.Int64,
    "category": pl.String,
    "mode": pl.String,
    "operation": pl.String,
    "from": pl.String,
    "to": pl.String,
    "distance_km": pl.Float64,
    "activity_tkm": pl.Float64,
    "throughput_t": pl.Float64,
    "emission_class": pl.String,
    "factor_country": pl.String,
    "factor_year": pl.Int64,
    "distance_basis": pl.String,
    **{f"factor_{name}": pl.Float64 for name in FACTORS},
    "wtt_kg": pl.Float64,
    "ttw_kg": pl.Float64,
    "wtw_kg": pl.Float64,
    "tier": pl.String,
    "source_id": pl.String,
    "source": pl.String,
}


def declaration(
    itinerary: Itinerary, study: Study, *, tonnes: float, year: int | None = None
) -> pl.DataFrame:
    """Declare the emissions of a shipment, one row per transport chain element.

    Emissions are computed anew from activity and factor, and must agree with those that
    the itinerary states.

    Parameters
    ----------
    itinerary : Itinerary
        The way from door to door.
    study : Study
        Its factors.
    tonnes : float
        Weight of the shipment, t.
    year : int, optional
        Year of departure, whose factors count; by default the newest do.

    Returns
    -------
    DataFrame
        element (number, from 1), category (TOC or HOC), mode, operation, from, to;
        distance_km and activity_tkm of line haul, throughput_t of hubs; emission_class,
        factor_country ("*": any), factor_year, distance_basis (SFD, GCD or actual: what
        the factor counts), factor_wtt_g_tkm, factor_ttw_g_tkm (g CO2e per t-km),
        factor_wtt_kg_t, factor_ttw_kg_t (kg CO2e per t); wtt_kg, ttw_kg and wtw_kg (kg
        CO2e); tier (primary, modelled or default data), source_id and source (its title).
        Factors are null, and emissions zero, where the study has none.

    Raises
    ------
    ValueError
        If `tonnes` is not positive.
    CheckError
        If activity times factor is not what the itinerary states.
    """
    if not tonnes > 0:
        raise ValueError(f"a shipment weighs more than nothing, not {tonnes} t")
    factors = _factors(study, year)
    titles = dict(study.source.select("source_id", "title").iter_rows())
    rows = []
    for number, element in enumerate(itinerary.elements, start=1):
        factor = _factor_of(element, factors)
        row = _row(number, element, factor, tonnes)
        _check(element, row, tonnes)
        rows.append(row | {"source": titles.get(row["source_id"])})
    return pl.DataFrame(rows, schema=COLUMNS)


def total(declared: pl.DataFrame) -> dict[str, float]:
    """Add up a declaration.

    Parameters
    ----------
    declared : DataFrame
        As `declaration` returns it.

    Returns
    -------
    dict of str to float
        activity_tkm; wtt_kg, ttw_kg, wtw_kg (kg CO2e); and intensity_g_tkm, the whole
        chain's g CO2e per t-km, hubs counted (nan without line haul).
    """
    names = ("activity_tkm", "wtt_kg", "ttw_kg", "wtw_kg")
    sums = {name: float(declared[name].sum()) for name in names}
    activity = sums["activity_tkm"]
    sums["intensity_g_tkm"] = 1000.0 * sums["wtw_kg"] / activity if activity else float("nan")
    return sums


_Factor = dict[str, Any]


def _factors(study: Study, year: int | None) -> dict[tuple[str, str], _Factor]:
    """Index the newest factor of each class and country, up to a year."""
    table = study.emission_factor.with_columns(pl.col("distance_basis", "tier").cast(pl.String))
    valid = table if year is None else table.filter(pl.col("year") <= year)
    rows = valid.sort("year").iter_rows(named=True)
    return {(row["emission_class"], row["country"]): row for row in rows}


def _factor_of(element: Element, factors: dict[tuple[str, str], _Factor]) -> _Factor | None:
    """Return the factor of an element; what its country does not give is that of any."""
    if element.emission_class is None:
        return None
    key = (element.emission_class, element.emission_country or ANY_COUNTRY)
    if key not in factors:
        raise CheckError(f"{_name(element)} names emission factor {key}, which is not in the study")
    own = factors[key]
    other = factors.get((key[0], ANY_COUNTRY), own)
    return own | {name: other[name] if own[name] is None else own[name] for name in FACTORS}


def _row(number: int, element: Element, factor: _Factor | None, tonnes: float) -> dict[str, Any]:
    is_hub = element.operation is not None
    known = factor or dict.fromkeys((*FACTORS, "country", "year", "tier", "source_id"))
    activity_tkm = element.length_km * tonnes
    kg = {
        part: activity_tkm * (known[f"{part}_g_tkm"] or 0.0) / 1000.0
        + tonnes * (known[f"{part}_kg_t"] or 0.0)
        for part in ("wtt", "ttw")
    }
    return {
        "element": number,
        "category": HUB if is_hub else TRANSPORT,
        "mode": element.mode,
        "operation": element.operation,
        "from": element.from_name,
        "to": element.to_name,
        "distance_km": None if is_hub else element.length_km,
        "activity_tkm": None if is_hub else activity_tkm,
        "throughput_t": tonnes if is_hub else None,
        "emission_class": element.emission_class,
        "factor_country": known["country"],
        "factor_year": known["year"],
        "distance_basis": None if is_hub or factor is None else factor["distance_basis"],
        **{f"factor_{name}": known[name] for name in FACTORS},
        "wtt_kg": kg["wtt"],
        "ttw_kg": kg["ttw"],
        "wtw_kg": kg["wtt"] + kg["ttw"],
        "tier": known["tier"],
        "source_id": known["source_id"],
    }


def _check(element: Element, row: dict[str, Any], tonnes: float) -> None:
    for part, stated in (("wtt", element.wtt_kg_t), ("ttw", element.ttw_kg_t)):
        computed = row[f"{part}_kg"]
        if abs(computed - stated * tonnes) > TOLERANCE * max(abs(computed), abs(stated * tonnes)):
            raise CheckError(
                f"{_name(element)}: activity times factor gives {computed:.6g} kg CO2e "
                f"({part.upper()}), the itinerary states {stated * tonnes:.6g}"
            )


def _name(element: Element) -> str:
    what = element.operation or element.mode
    return f"{what} {element.row_id} at {element.from_name}"
