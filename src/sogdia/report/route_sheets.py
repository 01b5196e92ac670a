"""Sheets of an answer of the route planner, for the terminal and for the page with the map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import polars as pl

from sogdia.report.route_words import bests, chance, difference, fixed, leg_title
from sogdia.report.sheets import NONE, Column, Sheet, Tone, quantity
from sogdia.routing.itinerary import COST_ITEMS, Answer, Itinerary, Leg
from sogdia.study import Study

ASSUMPTION = "assumption"


def itineraries(answer: Answer, *, wide: bool = True) -> Sheet:
    """Return one row per itinerary: corridor, time, cost, emission, borders.

    Parameters
    ----------
    answer : Answer
        What was found.
    wide : bool
        Whether there is room for the median of the time, and for the cost per t of goods
        that pay per TEU.

    Returns
    -------
    Sheet
        Without columns that say nothing of this answer: on-time probability without a
        deadline, cost per TEU of goods outside containers.
    """
    ways = answer.itineraries
    columns: list[tuple[str, Callable[[Itinerary], str]]] = [
        ("days\nmean", lambda one: fixed(one.days_mean, 1)),
        ("days\nP50", lambda one: fixed(one.days_quantile(0.5), 1)),
        ("days\nP90", lambda one: fixed(one.days_quantile(0.9), 1)),
        ("USD\nper t", lambda one: fixed(one.cost_usd_t)),
        ("USD\nper TEU", lambda one: fixed(one.cost_usd_teu)),
        ("kg CO2e\nper t", lambda one: fixed(one.co2_kg_t)),
        ("on\ntime", lambda one: chance(one.on_time)),
        ("borders", lambda one: str(one.borders)),
        ("gauge\nchanges", lambda one: str(one.gauge_changes)),
    ]
    absent = set() if wide else {"days\nP50", "USD\nper t"}
    if all(one.on_time is None for one in ways):
        absent.add("on\ntime")
    if all(one.cost_usd_teu is None for one in ways):
        absent = absent - {"USD\nper t"} | {"USD\nper TEU"}
    kept = [(header, write) for header, write in columns if header not in absent]
    cells = [[str(one.rank), one.corridor_name, *(write(one) for _, write in kept)] for one in ways]
    headers = [_number("#"), _words("corridor"), *(_number(header) for header, _ in kept)]
    return _plain("Itineraries", headers, cells, bests(ways) if ways else "None.")


def differences(answer: Answer) -> Sheet:
    """Return what sets each itinerary apart from the one above it."""
    ways = answer.itineraries
    cells = [[str(this.rank), difference(this, above)] for above, this in pairwise(ways)]
    columns = [_number("#"), _words("against the one above it")]
    return _plain("What makes each different", columns, cells)


def cost_parts(answer: Answer) -> Sheet:
    """Return what the cost of each itinerary is made of, and the value of time beside it.

    Items that no itinerary pays have no column.
    """
    parts = [one.cost_parts_usd_t for one in answer.itineraries]
    items = [item for item in COST_ITEMS if any(part[item] for part in parts)]
    cells = [
        [
            str(one.rank),
            *(fixed(part[item], 1) if part[item] else "" for item in items),
            fixed(one.cost_usd_t, 1),
            fixed(one.inventory_usd_t, 1),
        ]
        for one, part in zip(answer.itineraries, parts, strict=True)
    ]
    headers = [item.replace("_", "\n") for item in items]
    columns = [_number(name) for name in ("#", *headers, "paid\nin all", "value of\ntime")]
    note = "The value of the shipper's time on the way is paid to no one and is not in the cost."
    return _plain("What the cost is made of, USD per t", columns, cells, note)


def indicators(frame: pl.DataFrame) -> Sheet:
    """Return CAREC's trade facilitation indicators by corridor.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.analysis.performance.cpmm_indicators` returns them.
    """
    figures = {
        "crossings": "crossings",
        "TFI1\nborder, h": "tfi1_border_h",
        "TFI2\nborder, USD": "tfi2_border_usd",
        "TFI3\nsection, USD": "tfi3_section_usd",
        "TFI4, km/h\nwith delay": "tfi4_swd_km_h",
        "km/h\nwithout": "tfi4_swod_km_h",
    }
    columns = [_words("corridor"), *map(_number, figures)]
    cells = [
        [row["corridor"] or NONE, *(quantity(row[name]) for name in figures.values())]
        for row in frame.iter_rows(named=True)
    ]
    note = (
        "Means over the ways shown, for a cargo of 20 t: time and cost of a border crossing, cost "
        "of 500 km, speed with and without waits and handling."
    )
    return _plain("Corridor performance (CAREC CPMM)", columns, cells, note)


def gases(answer: Answer) -> Sheet:
    """Return the emission of each itinerary by where it arises."""
    cells = [
        [str(one.rank), *(fixed(kg, 1) for kg in (one.wtt_kg_t, one.ttw_kg_t, one.co2_kg_t))]
        for one in answer.itineraries
    ]
    parts = ("well to tank\n(energy provision)", "tank to wheel\n(operation)", "well to wheel")
    columns = [_number(name) for name in ("#", *parts)]
    return _plain("Greenhouse gases, kg CO2e per t", columns, cells)


def legs(itinerary: Itinerary, numbers: dict[str, int] | None = None) -> Sheet:
    """Return one row per leg, and what they make from door to door.

    Parameters
    ----------
    itinerary : Itinerary
        The way.
    numbers : dict of str to int, optional
        Number by which each source is named; without it there is no room for sources.

    Returns
    -------
    Sheet
        The last rows are cargo insurance, where it is paid, and totals.
    """
    cells = [
        [
            leg_title(leg),
            fixed(leg.length_km) if leg.length_km else "",
            *(fixed(hours, 1) if hours else "" for hours in _hours(leg)),
            fixed(leg.cost_usd_t, 1),
            fixed(leg.co2_kg_t, 1),
            " ".join(str(numbers[source]) for source in leg.sources) if numbers else "",
        ]
        for leg in itinerary.legs
    ]
    if itinerary.insurance_usd_t > 0:
        paid = fixed(itinerary.insurance_usd_t, 1)
        cells.append(["cargo insurance", "", "", "", "", paid, "", ""])
    cells.append(
        [
            "door to door",
            fixed(itinerary.length_km),
            *(fixed(sum(hours), 1) for hours in zip(*map(_hours, itinerary.legs), strict=True)),
            fixed(itinerary.cost_usd_t, 1),
            fixed(itinerary.co2_kg_t, 1),
            "",
        ]
    )
    headers = ("km", *(f"hours\n{kind}" for kind in ("moving", "waiting", "handling")))
    columns = [
        _words("leg"),
        *map(_number, (*headers, "USD\nper t", "kg CO2e\nper t")),
        _words("sources"),
    ]
    kept = len(columns) if numbers else -1
    title = f"Itinerary {itinerary.rank}, {itinerary.corridor_name}: its legs"
    return _plain(title, columns[:kept], [row[:kept] for row in cells], _time_note(itinerary))


def source_numbers(ways: Sequence[Itinerary]) -> dict[str, int]:
    """Number the sources behind itineraries in the order in which they first appear."""
    used = (source for one in ways for leg in one.legs for source in leg.sources)
    return {source: number for number, source in enumerate(dict.fromkeys(used), start=1)}


def sources(numbers: dict[str, int], study: Study) -> Sheet:
    """Return what each numbered source is; assumptions say that they are one."""
    rows = {
        row["source_id"]: row
        for row in study.source.with_columns(pl.col("kind").cast(pl.String)).iter_rows(named=True)
    }
    cells = []
    for source, number in numbers.items():
        row = rows.get(source, {"kind": None, "title": NONE, "publisher": None})
        mark = f"{ASSUMPTION}: " if row["kind"] == ASSUMPTION else ""
        publisher = f" ({row['publisher']})" if row["publisher"] else ""
        cells.append([str(number), source, f"{mark}{row['title']}{publisher}"])
    columns = [_number("#"), _words("source"), _words("title and publisher")]
    return _plain("Sources", columns, cells)


def notices(ways: Sequence[Itinerary]) -> list[str]:
    """Return what slows, narrows or prices itineraries on the day, with the ranks it concerns."""
    ranks: dict[str, list[str]] = {}
    for one in ways:
        for notice in one.notices:
            ranks.setdefault(notice, []).append(str(one.rank))
    return [f"{', '.join(numbers)}: {notice}" for notice, numbers in ranks.items()]


def _hours(leg: Leg) -> tuple[float, float, float]:
    return leg.moving_h, leg.waiting_h, leg.handling_h


def _time_note(itinerary: Itinerary) -> str:
    mean, half, most = (
        fixed(days, 1)
        for days in (
            itinerary.days_mean,
            itinerary.days_quantile(0.5),
            itinerary.days_quantile(0.9),
        )
    )
    return (
        f"Hours are means. Door to door: {mean} days in the mean, {half} or less in half of all "
        f"cases, {most} or less in nine of ten."
    )


def _number(header: str) -> Column:
    return Column(header, lambda _: NONE)


def _words(header: str) -> Column:
    return Column(header, lambda _: NONE, number=False)


def _plain(
    title: str, columns: Sequence[Column], cells: Sequence[Sequence[str]], note: str = ""
) -> Sheet:
    return Sheet(title, columns, cells, [Tone.PLAIN] * len(cells), note)
