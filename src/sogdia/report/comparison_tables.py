"""Two scenarios side by side on a terminal: what changed, where, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from sogdia.analysis.comparison import AFTER, BEFORE, CHANGE, LEAST_CHANGE, Comparison
from sogdia.analysis.simulated_comparison import SimulatedComparison
from sogdia.report.sheets import NONE, Column, Row, Sheet, quantity, share, sheet_of
from sogdia.report.simulation_tables import Names
from sogdia.report.supply_columns import (
    figure,
    more,
    signed,
    signed_points,
    words,
)
from sogdia.report.tables import LONGEST, show_sheet

USD_PER_MUSD = 1e6
LEAST_MEAN = 0.005
"""Days, hours, USD or kg of a tonne from which on a mean is said to have changed."""
WORDS = {
    "demand_kt": "demand",
    "shipped_kt": "shipped",
    "unserved_kt": "not served",
    "money_usd": "tariffs and charges",
    "scarcity_usd": "paid for scarce capacity",
    "generalised_cost_usd": "cost with the value of time",
    "cost_usd_t": "cost of a tonne, with scarcity",
    "days_mean": "mean time",
    "time_kt_h": "tonnes times hours on the way",
    "wait_kt_h": "tonnes times hours waited",
    "co2_kt": "CO2e, well to wheel",
    "co2_kg_t": "CO2e of a tonne",
    "transit_days": "mean time, simulated",
    "delivered_kt": "delivered in a year",
    "waiting_kt_h": "tonnes times hours waited",
}
"""What the figures of totals are called."""
KINDS = {"node": "Nodes", "terminal": "Terminals", "link": "Links", "service": "Services"}


def show_comparison(comparison: Comparison, console: Console, *, top: int | None = LONGEST) -> None:
    """Print what changed from one scenario to another.

    Parameters
    ----------
    comparison : Comparison
        What was found.
    console : Console
        Where to print; 100 columns have room for all. Where there are fewer, words fold.
    top : int, optional
        Rows of each long list; None: all.
    """
    console.print(f"[bold]{escape(title(comparison))}[/]", highlight=False)
    for notice in notices(comparison):
        console.print(Text(notice))
    for sheet in comparison_sheets(comparison, top):
        console.print()
        show_sheet(sheet, console)


def title(comparison: Comparison) -> str:
    """Say what is compared; years that differ are said."""
    before, after = comparison.before, comparison.after
    if before.year == after.year:
        asked = f"A {before.scenario_name} → B {after.scenario_name} · {after.year}"
    else:
        asked = (
            f"A {before.scenario_name} in {before.year} → B {after.scenario_name} in {after.year}"
        )
    return f"{after.study_name} · {asked} · {comparison.seconds:.1f} s"


def notices(comparison: Comparison) -> list[str]:
    """Say what limits the differences, as sentences."""
    before, after = comparison.before, comparison.after
    found = []
    if comparison.same_question:
        found.append("A and B ask the same: every difference is 0.")
    if before.year != after.year:
        found.append(
            f"The years differ: demand and network of {after.year} against those of {before.year} "
            "are part of every change; --year compares both in one year."
        )
    for name, result in (("A", before), ("B", after)):
        if not result.converged:
            found.append(f"The assignment of {name} has a residual of {result.residual:.1e} left.")
    if comparison.simulated is not None and not comparison.converged:
        found.append("Flows and simulated waits do not agree in both; see sogdia run --simulate.")
    return found


def comparison_sheets(comparison: Comparison, top: int | None = LONGEST) -> list[Sheet]:
    """Return all sheets: totals, corridors, goods, places, elements, unserved demand.

    Parameters
    ----------
    comparison : Comparison
        What was found.
    top : int or None
        Rows of each long list; None: all.
    """
    names = Names.of(comparison.after.solution.study)
    before = Names.of(comparison.before.solution.study)
    # What a scenario adds or removes has a name in one of the two studies only.
    names = Names(
        place={**before.place, **names.place},
        link={**before.link, **names.link},
        service={**before.service, **names.service},
        terminal={**before.terminal, **names.terminal},
    )
    sheets = [
        totals(comparison),
        corridors(comparison.corridors, top),
        commodities(comparison.commodities, top),
        *places(comparison.places, names, top),
        elements(comparison.elements, names, top),
        unserved(comparison.unserved, names, top),
    ]
    if comparison.simulated is not None:
        sheets += simulated_sheets(comparison.simulated, names, top)
    return sheets


def totals(comparison: Comparison) -> Sheet:
    """Return the figures of the whole year."""
    benefit = comparison.user_benefit_usd
    note = ""
    if benefit is not None and not comparison.same_question:
        verb = "gain" if benefit >= 0.0 else "lose"
        amount = quantity(abs(benefit) / USD_PER_MUSD)
        note = f"Shippers {verb} USD {amount} million a year by the rule of half."
    return sheet_of(
        "Totals", _total_columns(), [*map(_readable, _rows(comparison.totals))], note=note
    )


def _readable(row: Row) -> Row:
    """Return money in millions: what is read is no more than a few digits."""
    if row["unit"] != "USD":
        return row
    figures = {
        name: None if row[name] is None else row[name] / USD_PER_MUSD
        for name in ("before", "after", "change")
    }
    return {**row, **figures, "unit": "USD million"}


def _total_columns() -> list[Column]:
    return [
        words("", lambda row: WORDS[row["figure"]]),
        words("unit", lambda row: row["unit"]),
        figure("A", "before"),
        figure("B", "after"),
        Column("change", lambda row: signed(row["change"])),
        Column("of A", lambda row: _percent(row["relative"])),
    ]


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{signed_points(value)}%"


def corridors(frame: pl.DataFrame, top: int | None) -> Sheet:
    """Return tonnes, days, money and emissions by corridor and direction."""
    columns = [
        words("corridor", lambda row: row["corridor"]),
        words("direction", lambda row: row["direction"]),
        *_after("kt", "kt"),
        Column("points", lambda row: signed_points(row[f"share{CHANGE}"])),
        *_after("days", "days_mean"),
        *_after("USD/t", "cost_usd_t"),
        *_after("kg/t", "co2_kg_t"),
    ]
    return _ranked(
        "Corridors: B, and its change from A (share of the direction in points, CO2e in kg/t)",
        columns,
        frame,
        top,
    )


def commodities(frame: pl.DataFrame, top: int | None) -> Sheet:
    """Return tonnes, days, money and emissions by commodity."""
    columns = [
        words("commodity", lambda row: row["commodity"]),
        *_after("kt", "kt"),
        _change("unserved_kt", "not served"),
        *_after("days", "days_mean"),
        *_after("USD/t", "cost_usd_t"),
        *_after("kg/t", "co2_kg_t"),
    ]
    return _ranked("Goods: B, and its change from A (CO2e in kg/t)", columns, frame, top)


def places(frame: pl.DataFrame, names: Names, top: int | None) -> Iterator[Sheet]:
    """Yield what nodes, terminals, links and services carry, one sheet for each kind."""
    for kind, header in KINDS.items():
        of_kind = frame.filter(pl.col("kind") == kind, pl.col(f"kt{CHANGE}").abs() > LEAST_CHANGE)
        columns = [
            words(kind, lambda row: _called(row, names)),
            words("id", lambda row: row["element"]),
            *_pair("kt", "kt"),
        ]
        yield _ranked(f"{header} whose tonnes changed", columns, of_kind, top)


def _called(row: Row, names: Names) -> str:
    if row["kind"] == "node":
        return names.place.get(row["element"], row["element"])
    return names.element({"forward": None, "unit": None, **row})


def elements(frame: pl.DataFrame, names: Names, top: int | None) -> Sheet:
    """Return elements whose scarcity or waiting changed."""
    ranked = (f"scarcity_kusd{CHANGE}", f"waiting_kt_h{CHANGE}")
    changed = frame.filter(pl.any_horizontal(pl.col(name).abs() > LEAST_CHANGE for name in ranked))
    columns = [
        words("element", names.element),
        Column("load A", lambda row: share(row[f"utilisation{BEFORE}"])),
        Column("load B", lambda row: share(row[f"utilisation{AFTER}"])),
        *_after("wait, h", "wait_h"),
        *_after("scarcity, USD/t", "scarcity_usd_t"),
    ]
    return _ranked("Scarcity and queues: B, and its change from A", columns, changed, top)


def unserved(frame: pl.DataFrame, names: Names, top: int | None) -> Sheet:
    """Return demand that is not shipped in one of the two, or in both to another extent."""
    changed = frame.filter(pl.col(f"kt{CHANGE}").abs() > LEAST_CHANGE)
    columns = [
        words("origin", lambda row: names.place.get(row["origin"], row["origin"])),
        words("destination", lambda row: names.place.get(row["destination"], row["destination"])),
        words("commodity", lambda row: row["commodity"]),
        words("reason", lambda row: row["reason"]),
        *_pair("kt", "kt"),
    ]
    return _ranked("Demand not served that changed", columns, changed, top)


def simulated_sheets(found: SimulatedComparison, names: Names, top: int | None) -> list[Sheet]:
    """Return the differences replication by replication."""
    title = f"Simulated, {found.replications} pairs of replications"
    corridor = [
        words("corridor", lambda row: row["corridor"]),
        words("direction", lambda row: row["direction"]),
    ]
    commodity = [words("commodity", lambda row: row["commodity"])]
    element = [words("element", names.element)]
    figures = [
        words("", lambda row: WORDS[row["figure"]]),
        words("unit", lambda row: row["unit"]),
    ]
    of_days = [
        (f"{title}: days by corridor", corridor, found.corridors),
        (f"{title}: days by commodity", commodity, found.commodities),
    ]
    waiting = found.elements.filter(pl.col("change").abs() > LEAST_CHANGE)
    return [
        sheet_of(title, [*figures, *_interval()], _rows(found.totals), note=_narrowing(found)),
        *(
            _ranked(
                name, [*columns, *_interval()], frame.filter(pl.col("change").is_not_null()), top
            )
            for name, columns, frame in of_days
        ),
        _ranked(f"{title}: kt h waited in a year", [*element, *_interval()], waiting, top),
    ]


def _interval() -> list[Column]:
    def ends(row: Row) -> str:
        if row["low"] is None:
            return NONE
        return f"{signed(row['low'])} to {signed(row['high'])}"

    return [
        figure("A", "before"),
        figure("B", "after"),
        Column("change", lambda row: signed(row["change"])),
        Column("95% interval", ends),
        Column("narrower by", lambda row: share(row["narrowed"])),
    ]


def _narrowing(found: SimulatedComparison) -> str:
    row = found.totals.row(0, named=True)
    paired, apart = row["half_width"], row["apart_half_width"]
    if paired is None or apart is None:
        return "One pair of replications has no interval; ask for more with --replications."
    verb = "narrowed" if paired <= apart else "widened"
    return (
        f"Both with seed {found.seed}, so chance is common to A and B: taking differences "
        f"replication by replication {verb} the interval of the mean time from ±{quantity(apart)} "
        f"to ±{quantity(paired)} days."
    )


def _pair(header: str, name: str) -> list[Column]:
    return [
        figure(f"{header} A", f"{name}{BEFORE}"),
        figure(f"{header} B", f"{name}{AFTER}"),
        _change(name),
    ]


def _after(header: str, name: str) -> list[Column]:
    return [
        figure(header, f"{name}{AFTER}"),
        _change(name),
    ]


def _change(name: str, header: str = "change") -> Column:
    least = LEAST_CHANGE if name.endswith("kt") else LEAST_MEAN

    def cell(row: Row) -> str:
        value = row[f"{name}{CHANGE}"]
        return signed(0.0 if value is not None and abs(value) < least else value)

    return Column(header, cell)


def _ranked(title: str, columns: list[Column], frame: pl.DataFrame, top: int | None) -> Sheet:
    rows = _rows(frame)
    note = more(len(rows[:top]), len(rows)) if rows else "None."
    return sheet_of(title, columns, rows[:top], note=note)


def _rows(frame: pl.DataFrame) -> list[Row]:
    return frame.to_dicts()
