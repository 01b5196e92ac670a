"""An answer of the route planner on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from sogdia.report import route_sheets
from sogdia.report.route_words import (
    access,
    chance,
    departure,
    extent,
    fixed,
    leg_title,
    place_title,
)
from sogdia.report.tables import show_sheet
from sogdia.routing.itinerary import Answer, Itinerary
from sogdia.study import Study

if TYPE_CHECKING:
    import polars as pl

    from sogdia.routing.explain import WhyNot

WIDE = 96
"""Characters of a line from which on a terminal has room for every column."""
VERDICTS = {
    "offered": "It is among the ways that nothing beats.",
    "dominated": "It can be done, but other ways beat it.",
    "blocked": "It is blocked.",
    "unreachable": "No way passes there at all.",
}


def show_answer(answer: Answer, console: Console) -> None:
    """Print what was asked, the itineraries, what sets them apart and what they are made of.

    Parameters
    ----------
    answer : Answer
        What was found.
    console : Console
        Where to print, and how wide: 100 columns have room for all; with 80, the median of
        the time and the cost per t of what pays per TEU are left out.
    """
    ends = f"{place_title(answer.origin)} → {place_title(answer.destination)}"
    console.print(Text(ends, style="bold"))
    _line(f"{answer.commodity_name}; {departure(answer)}", console)
    for line in access(answer):
        _line(line, console)
    _line(extent(answer), console)
    sheets = [
        route_sheets.itineraries(answer, wide=console.width >= WIDE),
        *([route_sheets.differences(answer)] if len(answer.itineraries) > 1 else []),
        route_sheets.cost_parts(answer),
        route_sheets.gases(answer),
    ]
    for sheet in sheets:
        console.print()
        show_sheet(sheet, console)
    notes = [*route_sheets.notices(answer.itineraries), *answer.notes]
    if notes:
        console.print()
    for note in notes:
        console.print(Text(note, style="dim"))


def show_indicators(frame: pl.DataFrame, console: Console) -> None:
    """Print CAREC's indicators by corridor; see `route_sheets.indicators`."""
    console.print()
    show_sheet(route_sheets.indicators(frame), console)


def show_legs(itinerary: Itinerary, console: Console, study: Study) -> None:
    """Print every leg of an itinerary, and the sources of its figures.

    Parameters
    ----------
    itinerary : Itinerary
        The way.
    console : Console
        Where to print; with 80 columns, which source belongs to which leg is left out.
    study : Study
        For the titles of its sources.
    """
    numbers = route_sheets.source_numbers([itinerary])
    console.print()
    wide = console.width >= WIDE
    show_sheet(route_sheets.legs(itinerary, numbers if wide else None), console)
    if numbers:
        console.print()
        show_sheet(route_sheets.sources(numbers, study), console)


def show_why_not(why_not: WhyNot, console: Console) -> None:
    """Print why the itineraries do not pass somewhere, or not so well.

    Parameters
    ----------
    why_not : WhyNot
        What was asked, and the planner's verdict.
    console : Console
        Where to print.
    """
    console.print()
    named = why_not.name if why_not.name == why_not.asked else f"{why_not.name} ({why_not.asked})"
    verdict = VERDICTS.get(why_not.verdict, why_not.verdict)
    console.print(Text.assemble((f"Why not {named}? ", "bold"), verdict))
    _line(why_not.text, console)
    if not _said(why_not.text, [why_not.blocked_by]):
        _line(f"Blocked by: {'; '.join(why_not.blocked_by)}", console)
    if not _said(why_not.text, why_not.relax):
        _line("There would be a way without", console)
        for number, rules in enumerate(why_not.relax):
            _line(f"  {'or ' if number else ''}{' and '.join(rules)}", console)
    if why_not.best is not None:
        _line(_best(why_not.best), console)


def _said(text: str, groups: Iterable[Iterable[str]]) -> bool:
    """Tell whether a text names all of them already."""
    return all(name in text for group in groups for name in group)


def _best(best: Itinerary) -> str:
    days = f"{fixed(best.days_mean, 1)} days"
    in_time = "" if best.on_time is None else f" ({chance(best.on_time)} on time)"
    cost = f"{fixed(best.cost_usd_t)} USD/t"
    if best.cost_usd_teu is not None:
        cost = f"{fixed(best.cost_usd_teu)} USD/TEU"
    way = "; ".join(leg_title(leg) for leg in best.legs if leg.first.operation is None)
    return (
        f"The best such way, {best.corridor_name}: {days}{in_time}, {cost}, "
        f"{fixed(best.co2_kg_t)} kg CO2e/t: {way}."
    )


def _line(text: str, console: Console) -> None:
    """Print words as they are: what a user wrote is no markup."""
    if text:
        console.print(Text(text))
