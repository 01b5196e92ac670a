"""What a supply balance withstands, and what would mend it, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from sogdia.report.sheets import Column, Row, Sheet, Tone, quantity, share, sheet_of
from sogdia.report.simulation_tables import Names
from sogdia.report.supply_columns import (
    CHANGE,
    NOTHING_KT,
    against,
    change,
    changes,
    figure,
    more,
    settled,
    signed,
    words,
)

if TYPE_CHECKING:
    from sogdia.balance.disruptions import DisruptionResult
    from sogdia.balance.expansion import ExpansionResult
    from sogdia.report.supply_report import Frontier, SupplyReport, Sweep

ENOUGH_PERCENT = 100.0
"""What the index of the European Union has to reach."""
NAMED = 3
"""Commodities named in one cell, those that lack most."""


def analysis_sheets(report: SupplyReport, top: int | None) -> list[Sheet]:
    """Return the sheets of all that was asked beside the balance.

    Parameters
    ----------
    report : SupplyReport
        What was found.
    top : int or None
        Rows of each long list; None: all.
    """
    names = Names.of(report.study)
    sheets: list[Sheet] = []
    if report.n_minus_2 is not None:
        sheets.append(n_minus_2(report.n_minus_2, names, top))
    if report.disruptions is not None:
        sheets += disruption_sheets(report.disruptions, top)
    if report.frontier is not None:
        sheets.append(frontier(report.frontier))
    if report.sweep is not None:
        sheets.append(sweep(report.sweep))
    if report.expansion is not None:
        sheets.append(expansion(report.expansion, top))
    return sheets


def n_minus_1(
    frame: pl.DataFrame, base: pl.DataFrame | None, names: Names, top: int | None
) -> Sheet:
    """Return what the stop of one element for the whole year costs, the worst first.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.balance.resilience.n_minus_1` gives it.
    base : DataFrame or None
        The same of the baseline; what was found there alone is not shown.
    names : Names
        Of the study.
    top : int or None
        Rows to show; None: all.
    """
    figures = {"deficit_kt": None, "extra_cost_musd": None}
    both = against(frame, base, ("kind", "element"), figures).head(frame.height)
    felt = both.filter(
        (pl.col("deficit_kt") > NOTHING_KT) | (pl.col("extra_cost_musd") > NOTHING_KT)
    )
    rows = felt.sort(
        ["deficit_kt", "extra_cost_musd", "kind", "element"],
        descending=[True, True, False, False],
        nulls_last=True,
    ).to_dicts()
    columns = [
        words("without", lambda row: element_title(row, names)),
        words("kind", lambda row: row["kind"]),
        figure("deficit,\nkt", "deficit_kt"),
        *changes([change("change", "deficit_kt")], beside=base is not None),
        figure("costs, million\nUSD a year", "extra_cost_musd"),
        *changes([change("change", "extra_cost_musd")], beside=base is not None),
        words("lacking, kt", lambda row: _lacking(row["by_commodity"])),
    ]
    shown = rows[:top]
    note = f"{more(len(shown), len(rows))} {_without_harm(both.height - len(rows), len(rows))}"
    title = "N-1: each supplier, corridor and chokepoint stopped for the year"
    return sheet_of(title, columns, shown, note=note)


def _without_harm(silent: int, felt: int) -> str:
    """Say how many stops cost nothing."""
    if not felt:
        return f"None of {silent:,} costs anything." if silent else "There is nothing to stop."
    if not silent:
        return ""
    return "1 other costs nothing." if silent == 1 else f"{silent:,} others cost nothing."


def element_title(row: Row, names: Names) -> str:
    """Name what is stopped, with its id where that is another word.

    Parameters
    ----------
    row : dict
        ``name`` and ``element``.
    names : Names
        Of the study, for elements without a name.
    """
    element = row["element"]
    title = row["name"] or names.place.get(element, element)
    return title if title == element else f"{title} ({element})"


def _lacking(by_commodity: list[dict[str, Any]] | None) -> str:
    lacking = [one for one in by_commodity or [] if one["deficit_kt"] > NOTHING_KT]
    ordered = sorted(lacking, key=lambda one: (-one["deficit_kt"], one["commodity"]))
    named = [f"{one['commodity']} {quantity(one['deficit_kt'])}" for one in ordered[:NAMED]]
    rest = len(ordered) - NAMED
    return ", ".join(named) + (f" and {rest} more" if rest > 0 else "")


def index(frame: pl.DataFrame, base: pl.DataFrame | None, names: Names) -> Sheet:
    """Return the index of Annex II of Regulation (EU) 2017/1938, adapted to each commodity.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.balance.resilience.n_minus_1_index` gives it.
    base : DataFrame or None
        The same of the baseline.
    names : Names
        Of the study.
    """
    both = against(frame, base, ("commodity",), {"percent": None}).head(frame.height)
    columns = [
        words("commodity", lambda row: row["commodity"]),
        Column("index, %", lambda row: _percent(row["percent"])),
        *changes(
            [Column("change", lambda row: signed(row[f"percent{CHANGE}"]))],
            beside=base is not None,
        ),
        figure("capacity,\nkt", "capacity_kt"),
        words("largest", lambda row: names.place.get(row["largest"], row["largest"])),
        figure("without it,\nkt", "without_largest_kt"),
        figure("needed,\nkt", "need_kt"),
    ]
    return sheet_of(
        "N-1 index, after Regulation (EU) 2017/1938",
        columns,
        both.to_dicts(),
        tone=_enough,
        note="Capacity without the largest, over the need; 100% or more is enough.",
    )


def _enough(row: Row) -> Tone:
    if row["percent"] is None:
        return Tone.PLAIN
    return Tone.GOOD if row["percent"] >= ENOUGH_PERCENT else Tone.BAD


def _percent(value: float | None) -> str:
    return share(None if value is None else value / 100.0)


def n_minus_2(frame: pl.DataFrame, names: Names, top: int | None) -> Sheet:
    """Return what stops of two elements at once cost, the worst first.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.balance.resilience.n_minus_2` gives it.
    names : Names
        Of the study.
    top : int or None
        Rows to show; None: all.
    """
    rows = (
        frame.filter(pl.col("deficit_kt") > NOTHING_KT)
        .sort(["deficit_kt", "first", "second"], descending=[True, False, False])
        .to_dicts()
    )
    columns = [
        words("without", lambda row: names.place.get(row["first"], row["first"])),
        words("kind", lambda row: row["kind_first"]),
        words("and without", lambda row: names.place.get(row["second"], row["second"])),
        words("kind", lambda row: row["kind_second"]),
        figure("deficit,\nkt", "deficit_kt"),
        figure("beyond both\nalone, kt", "beyond_singles_kt"),
    ]
    shown = rows[:top]
    bounded = frame.height - int(frame["solved"].sum())
    note = more(len(shown), len(rows)) if rows else "No two of them leave anybody short."
    if bounded:
        note += f" {bounded:,} of {frame.height:,} pairs cost what one of them does alone."
    return sheet_of("N-2: two stopped at once", columns, shown, note=note)


def disruption_sheets(result: DisruptionResult, top: int | None) -> list[Sheet]:
    """Return what the disruptions of the record do in a year, and the stock that would cover it.

    Parameters
    ----------
    result : DisruptionResult
        As `sogdia.balance.disruptions.disruptions` gives it.
    top : int or None
        Rows of each long list; None: all.
    """
    return [
        lost_by_chance(result.by_commodity),
        by_disruption(result.by_disruption, top),
    ]


def lost_by_chance(frame: pl.DataFrame) -> Sheet:
    """Return the tonnes that disruptions leave unserved in a year, by commodity.

    Parameters
    ----------
    frame : DataFrame
        Expected and percentiles, and the stock that would cover 95 % of years.
    """
    columns = [
        words("commodity", lambda row: row["commodity"]),
        figure("expected,\nkt a year", "expected_unserved_kt"),
        Column("95%\ninterval", lambda row: _between(row["low"], row["high"])),
        figure("P50", "p50"),
        figure("P90", "p90"),
        figure("P95", "p95"),
        figure("P99", "p99"),
        figure("stock for\n95%, kt", "cover_stock_kt"),
        figure("days of\nneed", "cover_days"),
    ]
    note = "P95: in nineteen of twenty years no more is missing; a stock of so much would do then."
    return sheet_of(
        "Disruptions by chance: unserved in a year", columns, frame.to_dicts(), note=note
    )


def by_disruption(frame: pl.DataFrame, top: int | None) -> Sheet:
    """Return what each kind of disruption costs, the most tonnes first.

    Parameters
    ----------
    frame : DataFrame
        Rates with their intervals, mean durations and tonnes.
    top : int or None
        Rows to show; None: all.
    """
    rows = frame.sort(
        ["alone_unserved_kt", "disruption"], descending=[True, False], nulls_last=True
    ).to_dicts()
    columns = [
        words("disruption", lambda row: row["name"] or row["disruption"]),
        words("of", lambda row: row["element"]),
        figure("times\na year", "rate_y"),
        Column("90%\ninterval", lambda row: _between(row["rate_low"], row["rate_high"])),
        figure("days\neach", "duration_days"),
        figure("unserved,\nkt a year", "alone_unserved_kt"),
    ]
    shown = rows[:top]
    note = (
        f"Unserved: expected, were it the only one. {more(len(shown), len(rows))}"
        if rows
        else "The study has no record of disruptions of what is balanced."
    )
    return sheet_of("Disruptions of the record", columns, shown, note=note)


def _between(low: float | None, high: float | None) -> str:
    return f"{quantity(settled(low))}–{quantity(settled(high))}"


def frontier(curve: Frontier) -> Sheet:
    """Return least cost against the share that a country may have.

    Parameters
    ----------
    curve : Frontier
        The points, and whose share it is.
    """
    columns = [
        Column("share", lambda row: share(row["share"])),
        *([] if curve.country else [words("largest", lambda row: row["largest"])]),
        figure("cost, million\nUSD a year", "cost_musd"),
        figure("served, kt", "served_kt"),
        figure("unserved, kt", "unserved_kt"),
    ]
    title = f"Frontier: cost by the share {curve.through}"
    note = "The first is the balance itself; then the share has to fall."
    return sheet_of(title, columns, curve.points.to_dicts(), note=note)


def sweep(curve: Sweep) -> Sheet:
    """Return the balance over the values of a parameter.

    Parameters
    ----------
    curve : Sweep
        The points, and what was varied.
    """
    several = curve.points["commodity"].n_unique() > 1
    columns = [
        Column(curve.axis, lambda row: f"{row['value']:g}"),
        *([words("commodity", lambda row: row["commodity"])] if several else []),
        figure("delivered, kt", "delivered_kt"),
        figure("unserved, kt", "unserved_kt"),
        figure("worth of\n1 t, USD", "price_usd_t"),
        figure("cost, million\nUSD a year", "cost_musd"),
    ]
    note = "The cost is that of all commodities together." if several else ""
    return sheet_of(f"Sweep of {curve.axis}", columns, curve.points.to_dicts(), note=note)


def expansion(result: ExpansionResult, top: int | None) -> Sheet:
    """Return the cheapest projects that close a deficit, and those beside them.

    Parameters
    ----------
    result : ExpansionResult
        As `sogdia.balance.expansion.cheapest_expansion` gives it.
    top : int or None
        Projects to show that are not built; None: all.
    """
    rows = result.projects.to_dicts()
    built = [row for row in rows if row["built"]]
    others = [row for row in rows if not row["built"]]
    shown = [*built, *others[:top]]
    columns = [
        words("project", lambda row: row["name"] or row["project"]),
        words("id", lambda row: row["project"]),
        words("built", lambda row: "yes" if row["built"] else None),
        figure("million\nUSD", "cost_musd"),
        figure("million USD\na year", "cost_musd_y"),
        figure("closes\nalone, kt", "alone_kt"),
    ]
    return sheet_of(
        "The cheapest projects that close the deficit",
        columns,
        shown,
        tone=lambda row: Tone.GOOD if row["built"] else Tone.PLAIN,
        note=" ".join([*_what_is_closed(result), more(len(shown), len(rows))]),
    )


def _what_is_closed(result: ExpansionResult) -> Iterator[str]:
    """Yield sentences on what the projects do, and how sure it is that none are cheaper."""
    left = settled(result.left_kt) or 0.0
    if not result.unserved_kt > NOTHING_KT:
        yield "Nothing is missing, so no project is needed."
    else:
        yield (
            f"{quantity(settled(result.closed_kt))} of {quantity(result.unserved_kt)} kt a year "
            f"that are missing are served then, for {quantity(settled(result.cost_musd_y))} "
            "million USD a year."
        )
    if left > 0:
        yield f"{quantity(left)} kt of what was asked for are left."
    elif not result.complete:
        yield "It is not proved that no other set is cheaper."
