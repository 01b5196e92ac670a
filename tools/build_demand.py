"""Build the demand table of the built-in study from published margins.

Run it as ``python tools/build_demand.py``: it reads the small tables in ``tools/demand``
and rewrites ``demand.csv`` of the study, the same bytes each time. Containers between
China and Europe come from iterative proportional fitting to published totals by
direction, European coast, Chinese origin and value class; crude from published
quantities by route; the rest from published or assumed levels of 2024 carried over the
years by a series. The README of the study says what is known and what is assumed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
INPUTS = Path(__file__).resolve().parent / "demand"
STUDY = ROOT / "src" / "sogdia" / "study" / "data" / "eurasia"
YEARS = (2019, 2020, 2021, 2022, 2023, 2024, 2025, 2030)
BASE_YEAR = 2024
LAST_YEAR_OBSERVED = 2025
FITTED_SOURCE = "m_demand_fit"

Table = list[dict[str, str]]
Array = NDArray[np.float64]


class MarginError(ValueError):
    """The margins cannot be met: they contradict each other or the reach table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the demand table before rounding."""

    origin: str
    destination: str
    commodity_id: str
    year: int
    quantity_kt: float
    captive_to: str
    source_id: str


def read(name: str, folder: Path = INPUTS) -> Table:
    """Read one CSV table as a list of rows."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fit(seed: Array, margins: list[Array], tolerance: float = 1e-9, rounds: int = 2000) -> Array:
    """Scale ``seed`` until its sums along every axis equal ``margins``.

    Parameters
    ----------
    seed : ndarray
        Prior pattern; a zero stays zero.
    margins : list of ndarray
        One vector per axis; all must have the same total.
    tolerance : float
        Largest relative miss of any margin that is accepted.
    rounds : int
        Passes over all axes before giving up.

    Returns
    -------
    ndarray
        The fitted quantities.

    Raises
    ------
    MarginError
        If the margins are not met after `rounds` passes.
    """
    table = seed.astype(np.float64)
    axes = range(table.ndim)
    for _ in range(rounds):
        worst = 0.0
        for axis in axes:
            others = tuple(other for other in axes if other != axis)
            sums = table.sum(axis=others)
            factor = np.divide(margins[axis], sums, out=np.zeros_like(sums), where=sums > 0)
            worst = max(worst, float(np.abs(factor - 1).max()))
            table = table * np.expand_dims(factor, others)
        if worst < tolerance:
            return table
    raise MarginError(f"margins missed by {worst:.2e} after {rounds} rounds; widen reach.csv")


def in_force(table: Table, year: int, column: str = "year") -> Table:
    """Return the rows of the latest year that is not after `year`."""
    latest = max(int(row[column]) for row in table if int(row[column]) <= year)
    return [row for row in table if int(row[column]) == latest]


def series_value(table: Table, series: str, year: int) -> float:
    """Return the factor of `series` in `year`, interpolated between the years given."""
    points = sorted((int(r["year"]), float(r["factor"])) for r in table if r["series"] == series)
    if not points:
        raise KeyError(f"series.csv has no series {series!r}")
    years, factors = zip(*points, strict=True)
    return float(np.interp(year, years, factors))


def tonnes_per_teu() -> dict[str, float]:
    """Return the load of a container by commodity, from the study's own table."""
    rows = read("commodity.csv", STUDY)
    return {r["commodity_id"]: float(r["t_per_teu"]) for r in rows if r["t_per_teu"]}


def _side(direction: str, side: str) -> Table:
    rows = read("zone.csv")
    return [r for r in rows if r["direction"] == direction and r["side"] == side]


def _europe_margin(direction: str, year: int, europe: Table) -> Array:
    regions = [r for r in read("region.csv") if r["direction"] == direction]
    share = {r["region"]: float(r["share"]) for r in in_force(regions, year)}
    return np.array([share[zone["group"]] * float(zone["share"]) for zone in europe])


def _seed(direction: str, china: Table, europe: Table, classes: list[str]) -> Array:
    reach = {
        (r["group"], r["commodity_id"]): set(r["europe_nodes"].split())
        for r in read("reach.csv")
        if r["direction"] == direction
    }
    affinity = {
        (r["china_node"], r["commodity_id"]): float(r["weight"])
        for r in read("affinity.csv")
        if r["direction"] == direction
    }
    seed = np.zeros((len(china), len(europe), len(classes)))
    for i, origin in enumerate(china):
        for j, destination in enumerate(europe):
            for k, commodity in enumerate(classes):
                if destination["node_id"] in reach[origin["group"], commodity]:
                    seed[i, j, k] = affinity.get((origin["node_id"], commodity), 1.0)
    return seed


def china_europe_total(direction: str, year: int) -> float:
    """Return the loaded containers by sea and rail in thousand TEU."""
    (row,) = (
        r for r in read("margin.csv") if r["direction"] == direction and int(r["year"]) == year
    )
    return float(row["sea_kteu"]) + float(row["rail_kteu"])


def china_europe(direction: str, year: int) -> Iterator[Row]:
    """Yield the containers of one direction between China and Europe, fitted to margins."""
    china, europe = _side(direction, "china"), _side(direction, "europe")
    shares = {
        r["commodity_id"]: float(r["share"])
        for r in read("class.csv")
        if r["direction"] == direction
    }
    classes = list(shares)
    margins = [
        np.array([float(zone["share"]) for zone in china]),
        _europe_margin(direction, year, europe),
        np.array(list(shares.values())),
    ]
    total = china_europe_total(direction, year)
    # Shares are rounded in their tables; each margin is brought to the same total.
    margins = [total * margin / margin.sum() for margin in margins]
    kteu = fit(_seed(direction, china, europe, classes), margins)
    load = tonnes_per_teu()
    for (i, j, k), value in np.ndenumerate(kteu):
        if value > 0:
            ends = (china[i]["node_id"], europe[j]["node_id"])
            origin, destination = ends if direction == "westbound" else ends[::-1]
            quantity = float(value) * load[classes[k]]
            yield Row(origin, destination, classes[k], year, quantity, "", FITTED_SOURCE)


def empties(year: int) -> Iterator[Row]:
    """Yield the containers that must go back empty from Europe to China."""
    imbalance = china_europe_total("westbound", year) - china_europe_total("eastbound", year)
    load = tonnes_per_teu()["empty-containers"]
    for r in read("empties.csv"):
        quantity = imbalance * float(r["share"]) * load
        yield Row(
            r["origin"], r["destination"], "empty-containers", year, quantity, "", r["source_id"]
        )


def flows(year: int) -> Iterator[Row]:
    """Yield the flows given by their level in the base year and a series."""
    series, load = read("series.csv"), tonnes_per_teu()
    for r in read("flow.csv"):
        factor = series_value(series, r["series"], year)
        factor /= series_value(series, r["series"], BASE_YEAR)
        per_unit = load[r["commodity_id"]] if r["unit"] == "kteu" else 1.0
        yield Row(
            r["origin"],
            r["destination"],
            r["commodity_id"],
            year,
            float(r["base_2024"]) * factor * per_unit,
            r["captive_to"],
            r["source_id"],
        )


def regional_total(year: int) -> float:
    """Return the trade across the Caspian that has no other way, in kt.

    It is what the published total leaves after crude, containers and the dry exports that
    can choose; from 2025 on it is 2024's level times a growth factor instead.
    """
    account = {int(r["year"]): r for r in read("titr_account.csv")}
    row = account[year]
    if row["growth"]:
        return regional_total(BASE_YEAR) * float(row["growth"])
    containers = float(row["container_kteu"]) * float(row["t_per_teu"])
    rest = float(row["ministry_kt"]) - float(row["crude_kt"]) - containers
    return rest - float(row["free_dry_kt"])


def regional(year: int) -> Iterator[Row]:
    """Yield the captive trade between the two shores of the Caspian."""
    total = regional_total(year)
    for r in read("titr_regional.csv"):
        yield Row(
            r["origin"],
            r["destination"],
            r["commodity_id"],
            year,
            total * float(r["share"]),
            "titr",
            r["source_id"],
        )


def crude(year: int) -> Iterator[Row]:
    """Yield crude oil by route, spread over its fields and consumers."""
    shares = read("crude_share.csv")
    for route in read("crude_route.csv"):
        if int(route["year"]) != year:
            continue
        own = [r for r in shares if r["route"] == route["route"]]
        origins, destinations = (
            in_force([r for r in own if r["side"] == side], year, "from_year")
            for side in ("origin", "destination")
        )
        for origin in origins:
            for destination in destinations:
                yield Row(
                    origin["node_id"],
                    destination["node_id"],
                    "crude-oil",
                    year,
                    float(route["quantity_kt"])
                    * float(origin["share"])
                    * float(destination["share"]),
                    route["captive_to"],
                    route["source_id"],
                )


def build() -> list[Row]:
    """Return every row of the demand table, merged and in a fixed order."""
    merged: dict[tuple[int, str, str, str, str], float] = defaultdict(float)
    source: dict[tuple[int, str, str, str, str], str] = {}
    for year in YEARS:
        parts = (
            *china_europe("westbound", year),
            *china_europe("eastbound", year),
            *empties(year),
            *flows(year),
            *regional(year),
            *crude(year),
        )
        for row in parts:
            key = (year, row.origin, row.destination, row.commodity_id, row.captive_to)
            merged[key] += row.quantity_kt
            source.setdefault(key, row.source_id)
    return [
        Row(origin, destination, commodity, year, merged[key], captive, source[key])
        for key in sorted(merged)
        for year, origin, destination, commodity, captive in (key,)
    ]


def write(rows: list[Row], path: Path) -> None:
    """Write the demand table; rows that round to nothing are left out."""
    header = "demand_id,origin,destination,commodity_id,year,quantity_kt,captive_to,projection"
    lines = [header + ",source_id"]
    for row in rows:
        quantity = f"{row.quantity_kt:.3f}".rstrip("0").rstrip(".")
        if quantity == "0":
            continue
        name = f"{row.year}-{row.origin}-{row.destination}-{row.commodity_id}"
        identifier = f"{name}-{row.captive_to}" if row.captive_to else name
        projection = "true" if row.year > LAST_YEAR_OBSERVED else "false"
        lines.append(
            f"{identifier},{row.origin},{row.destination},{row.commodity_id},{row.year},"
            f"{quantity},{row.captive_to},{projection},{row.source_id}"
        )
    path.write_bytes(("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    write(build(), STUDY / "demand.csv")
