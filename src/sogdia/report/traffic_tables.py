"""A traffic assignment on a terminal: totals, what is congested, convergence, what has no way."""

from __future__ import annotations

from math import isnan, log10
from typing import TYPE_CHECKING

import polars as pl
from rich.console import Console
from rich.text import Text

from sogdia.report.sheets import NONE, Column, Row, Sheet, Tone, quantity, share, sheet_of
from sogdia.report.tables import LONGEST, show_sheet

if TYPE_CHECKING:
    from sogdia.assignment import AssignmentResult, TrafficResult

METHOD_NAMES = {
    "ue": "user equilibrium",
    "so": "system optimum",
    "sue": "stochastic user equilibrium",
    "aon": "all or nothing",
}
MOST_STEPS = 8
"""Rows of the history: the first, the last, and some between."""
BAR = 24
LEAST_GAP = 1e-16
OVER = 1e-6
"""Share by which a capacity is exceeded before it is said to be."""
DIRECTION_WORDS = {None: NONE, True: "forward", False: "backward"}


def show_traffic(
    result: TrafficResult,
    console: Console,
    *,
    selected: tuple[str, pl.DataFrame] | None = None,
    top: int | None = LONGEST,
) -> None:
    """Print an assignment.

    Parameters
    ----------
    result : TrafficResult
        What was found.
    console : Console
        Where to print; 80 columns have room for all.
    selected : (str, DataFrame), optional
        A link, and the pairs that use it.
    top : int, optional
        Rows of each long list; None: all.
    """
    for line in head(result):
        console.print(line)
    for sheet in traffic_sheets(result, selected=selected, top=top):
        console.print()
        show_sheet(sheet, console)


def show_goods(result: AssignmentResult, console: Console, *, top: int | None = LONGEST) -> None:
    """Print an assignment of freight by choice; `sogdia run` has its whole report.

    Parameters
    ----------
    result : AssignmentResult
        What was found.
    console : Console
        Where to print.
    top : int, optional
        Rows of each long list; None: all.
    """
    title = Text.assemble((result.study_name, "bold"), f" · {result.scenario_name}")
    console.print(title.append(f" · {result.year} · {METHOD_NAMES['sue']} of shippers"))
    steps = f"{result.iterations} steps, {result.seconds:.2f} s"
    console.print(Text(f"residual {result.residual:.1e} after {steps}"))
    if not result.converged:
        console.print(Text("Not converged: the flows are not yet in balance.", "bold red"))
    binding = result.bottlenecks.to_dicts()
    sheets = [
        sheet_of(
            "Corridors",
            [
                _text("corridor"),
                _text("direction"),
                _figure("kt"),
                _figure("kteu"),
                Column("share", lambda row: share(row["share"])),
                _figure("USD/t", "cost_usd_t"),
                _figure("days", "days_mean"),
            ],
            result.corridors.to_dicts(),
        ),
        sheet_of(
            "Bottlenecks",
            [
                _text("element"),
                _text("kind"),
                Column("full", lambda row: share(row["utilisation"])),
                _figure("wait, h", "wait_h"),
                _figure("price,\nUSD/t", "scarcity_usd_t"),
            ],
            binding[:top],
        ),
    ]
    for sheet in sheets:
        console.print()
        show_sheet(sheet, console)


def head(result: TrafficResult) -> list[Text]:
    """Return what was solved, and how well, in two lines."""
    names = [result.scenario_name] + ([] if result.year is None else [str(result.year)])
    title = Text.assemble((result.study_name, "bold"), " · ", " · ".join(names))
    title.append(f" · {METHOD_NAMES[result.method]}")
    steps = "iteration" if result.iterations == 1 else "iterations"
    said = f"{result.iterations} {steps}, {result.seconds:.2f} s"
    if result.method != "aon":
        said = f"relative gap {result.relative_gap:.1e} after {said}"
    if not isnan(result.objective):
        said += f" · objective {result.objective:,.6f}"
    lines = [title, Text(said)]
    traffic = result.study.settings.traffic
    if traffic is not None and traffic.units_assumed:
        units = f"{traffic.time_unit} and {traffic.length_unit}"
        lines.append(Text(f"The network does not state its units: {units} are assumed.", "dim"))
    if not result.converged:
        lines.append(
            Text(f"Not converged: a gap of {result.target_gap:.0e} was asked for.", "bold red")
        )
    return lines


def traffic_sheets(
    result: TrafficResult,
    *,
    selected: tuple[str, pl.DataFrame] | None = None,
    top: int | None = LONGEST,
) -> list[Sheet]:
    """Return all tables of an assignment.

    Parameters
    ----------
    result, selected, top
        As of `show_traffic`.
    """
    is_roads = all(part.problem.is_separable for part in result.parts)
    sheets = [totals(result), (congested if is_roads else fullest)(result, top)]
    if result.method != "aon":
        sheets.append(history(result))
    if not result.prices.is_empty():
        sheets.append(prices(result, top))
    if not result.unserved.is_empty():
        sheets.append(unserved(result, top))
    if selected is not None:
        sheets.append(select_link(result, *selected, top))
    return sheets


def totals(result: TrafficResult) -> Sheet:
    """Return what each class does in all, and on the mean."""
    units = result.units
    columns = [
        _text("class", "class_id"),
        _figure(units.flow, "flow"),
        _figure("no way", "unserved"),
        _figure(f"cost,\n{units.cost}", "cost"),
        Column(f"time each,\n{units.time}", lambda row: quantity(_mean(row, "time"))),
        Column(f"way each,\n{units.length}", lambda row: quantity(_mean(row, "length"))),
    ]
    note = ""
    if result.intrazonal:
        note = f"{quantity(result.intrazonal)} {units.flow} within a zone are not assigned."
    return sheet_of("Totals", columns, result.totals.to_dicts(), note=note)


def congested(result: TrafficResult, top: int | None) -> Sheet:
    """Return the links that are fullest."""
    units = result.units
    frame = result.flows.filter(pl.col("saturation").is_not_null(), pl.col("volume") > 0.0)
    rows = frame.sort(["saturation", "link_id"], descending=[True, False]).to_dicts()
    columns = [
        _text("link", "link_id"),
        _text("from", "from_node_id"),
        _text("to", "to_node_id"),
        _figure(units.flow, "flow"),
        _figure("capacity"),
        Column("full", lambda row: share(row["saturation"])),
        _figure(f"time, {units.time}", "time"),
    ]
    over = sum(row["saturation"] > 1.0 + OVER for row in rows)
    note = f"{over:,} of {len(rows):,} links in use carry more than their capacity."
    if not rows:
        note = "No link in use has a capacity."
    return sheet_of("Most congested links", columns, rows[:top], tone=_fullness, note=note)


def fullest(result: TrafficResult, top: int | None) -> Sheet:
    """Return the links, terminals and services of freight that are fullest."""
    frame = result.elements.filter(pl.col("saturation").is_not_null(), pl.col("flow") > 0.0)
    rows = frame.sort(["saturation", "row_id"], descending=[True, False]).to_dicts()
    columns = [
        _text("kind"),
        _text("row", "row_id"),
        Column("direction", lambda row: DIRECTION_WORDS[row["forward"]], number=False),
        _text("unit"),
        _figure("flow"),
        _figure("capacity"),
        Column("full", lambda row: share(row["saturation"])),
        _figure(f"wait, {result.units.time}", "time"),
    ]
    full = sum(row["saturation"] > 1.0 - OVER for row in rows)
    note = f"{full:,} of {len(rows):,} in use are full."
    return sheet_of("Fullest links, terminals and services", columns, rows[:top], note=note)


def history(result: TrafficResult) -> Sheet:
    """Return how the gap fell, in brief, each with a bar on a logarithmic scale."""
    rows = _some(result.history.to_dicts())
    worst = max((row["relative_gap"] for row in rows), default=1.0)
    best = min(min((row["relative_gap"] for row in rows), default=1.0), result.target_gap or 1.0)
    columns = [
        *([_text("period", "part")] if len(result.parts) > 1 else []),
        Column("iteration", lambda row: f"{row['iteration']:,}"),
        Column("gap", lambda row: f"{row['relative_gap']:.1e}"),
        Column("", lambda row: _bar(row["relative_gap"], best, worst), number=False),
        Column("objective", lambda row: _digits(row["objective"])),
    ]
    return sheet_of("Convergence (bars: logarithm of the gap)", columns, rows)


def prices(result: TrafficResult, top: int | None) -> Sheet:
    """Return what one more unit of each full hard capacity would be worth."""
    paid = result.prices.filter(pl.col("price") > 0.0)
    rows = paid.to_dicts()
    columns = [
        _text("kind"),
        _text("row", "row_id"),
        Column(
            "direction",
            lambda row: DIRECTION_WORDS[row["forward"]],
            number=False,
        ),
        _figure("flow"),
        _figure("capacity"),
        _figure(f"price,\n{result.units.cost}", "price"),
    ]
    hard = result.prices.height
    note = f"{len(rows):,} of {hard:,} hard capacities are full and have a price."
    return sheet_of("Scarcity prices", columns, rows[:top], note=note)


def unserved(result: TrafficResult, top: int | None) -> Sheet:
    """Return who has no way, and why, the largest first."""
    keys = ["flow", "origin", "destination", "class_id"]
    frame = result.unserved.sort(keys, descending=[True, False, False, False])
    columns = [
        _text("from", "origin"),
        _text("to", "destination"),
        _text("class", "class_id"),
        _figure(result.units.flow, "flow"),
        _text("reason"),
    ]
    total = quantity(float(frame["flow"].sum()))
    note = f"{total} {result.units.flow} of {frame.height:,} pairs in all."
    return sheet_of("Not assigned: there is no way", columns, frame.to_dicts()[:top], note=note)


def select_link(
    result: TrafficResult, link_id: str, selected: pl.DataFrame, top: int | None
) -> Sheet:
    """Return who uses a link."""
    columns = [
        _text("from", "origin"),
        _text("to", "destination"),
        _text("class", "class_id"),
        _figure(result.units.flow, "flow"),
        Column("of the pair", lambda row: share(row["share"])),
    ]
    total = quantity(float(selected["flow"].sum()))
    note = f"{total} {result.units.flow} of {selected.height:,} pairs use the link."
    return sheet_of(f"Who uses link {link_id}", columns, selected.to_dicts()[:top], note=note)


def _some(rows: list[Row]) -> list[Row]:
    """Return the first and the last row, and some between them at equal distances."""
    if len(rows) <= MOST_STEPS:
        return rows
    last = len(rows) - 1
    places = {round(last * step / (MOST_STEPS - 1)) for step in range(MOST_STEPS)}
    return [rows[place] for place in sorted(places)]


def _bar(gap: float, best: float, worst: float) -> str:
    """Draw a gap between the best and the worst."""
    low, high = (log10(max(value, LEAST_GAP)) for value in (best, worst))
    if high <= low:
        return ""
    return "█" * round(BAR * (log10(max(gap, LEAST_GAP)) - low) / (high - low))


def _digits(value: float | None) -> str:
    """Write an objective with the digits in which equilibria of a network differ."""
    return NONE if value is None or isnan(value) else f"{value:,.4f}"


def _mean(row: Row, name: str) -> float | None:
    return row[name] / row["flow"] if row["flow"] else None


def _fullness(row: Row) -> Tone:
    return Tone.BAD if row["saturation"] > 1.0 else Tone.PLAIN


def _text(header: str, name: str | None = None) -> Column:
    column = name or header
    return Column(
        header, lambda row: NONE if row[column] is None else str(row[column]), number=False
    )


def _figure(header: str, name: str | None = None) -> Column:
    return Column(header, lambda row: quantity(row[name or header]))
