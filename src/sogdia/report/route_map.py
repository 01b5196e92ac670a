"""An answer of the route planner as one self-contained HTML page with a map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise

import polars as pl

from sogdia._version import __version__
from sogdia.errors import DataError
from sogdia.report import route_sheets
from sogdia.report.map import PALETTE, line_style
from sogdia.report.route_svg import draw_routes
from sogdia.report.route_words import (
    access,
    chance,
    departure,
    difference,
    extent,
    fixed,
    place_title,
)
from sogdia.report.sheets import Sheet
from sogdia.routing.itinerary import Answer, Itinerary
from sogdia.study import Study

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""What the page may load: nothing, from nowhere."""
SCHEMATIC = "Ships keep to the water; all other lines join places, wherever tracks and roads run."


def route_page(answer: Answer, study: Study) -> str:
    """Write an answer as an HTML page: map, itineraries, their legs, and the sources.

    Parameters
    ----------
    answer : Answer
        What was found.
    study : Study
        For the map and the titles of sources.

    Returns
    -------
    str
        A page that needs nothing else: no network and no libraries. It has no clock, so
        the same answer gives the same page.

    Raises
    ------
    DataError
        If the study does not say where on the earth its places are.
    """
    if not study.settings.is_geographic:
        raise DataError(
            f"the coordinates of study {study.name} are not longitudes and latitudes (crs "
            f"{study.settings.crs!r}), so there is no map of it"
        )
    title = f"{place_title(answer.origin)} → {place_title(answer.destination)}"
    numbers = route_sheets.source_numbers(answer.itineraries)
    body = [
        "<header>",
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(f'{answer.commodity_name}; {departure(answer)}')}</p>",
        *(f"<p>{escape(line)}</p>" for line in (*access(answer), extent(answer))),
        "</header>",
        '<main><section class="map" aria-label="Map">',
        *_legend(answer.itineraries),
        '<div class="scroll" tabindex="0" role="region" aria-label="Map, can be scrolled">',
        draw_routes(answer, study),
        "</div>",
        f'<p class="note">Solid: by land; dashed: by water; dotted: by air. {SCHEMATIC}</p>',
        "</section>",
        _section(route_sheets.itineraries(answer), _differences(answer.itineraries)),
        "<h2>Legs</h2>",
        *(_way(one, numbers) for one in answer.itineraries),
        "<h2>More</h2>",
        _folded(route_sheets.cost_parts(answer)),
        _folded(route_sheets.gases(answer)),
        _sources(numbers, study),
        "</main>",
        *_notes(answer),
    ]
    return "\n".join(
        [*_head(title), "<body>", *body, f"<script>{_asset('js')}</script>", "</body></html>", ""]
    )


def _head(title: str) -> list[str]:
    return [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f'<meta name="generator" content="Sogdia {__version__}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_colours()}{_asset('css')}</style></head>",
    ]


def _asset(kind: str) -> str:
    return files("sogdia.report").joinpath(f"route_page.{kind}").read_text("utf-8")


def _colours() -> str:
    """Write the colours of lines, for a light and for a dark page."""
    light, dark = (
        "".join(f"--c{number}:{pair[side]};" for number, pair in enumerate(PALETTE))
        for side in (0, 1)
    )
    uses = "".join(f".c{number}{{--line:var(--c{number})}}" for number in range(len(PALETTE)))
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}{uses}\n"


def _key(one: Itinerary) -> str:
    """Return the mark of an itinerary's line, with its rank."""
    colour, hollow = line_style(one.rank)
    kind = "key hollow" if hollow else "key"
    return f'<span class="{kind} c{colour}" aria-hidden="true"></span><b>{one.rank}</b>'


def _headline(one: Itinerary) -> str:
    cost = f"{fixed(one.cost_usd_t)} USD/t"
    if one.cost_usd_teu is not None:
        cost = f"{fixed(one.cost_usd_teu)} USD/TEU"
    return f"{fixed(one.days_mean, 1)} days, {cost}"


def _legend(ways: Sequence[Itinerary]) -> Iterator[str]:
    yield '<nav aria-label="Itineraries"><ol class="legend">'
    for one in ways:
        yield (
            f'<li><a href="#way-{one.rank}" data-rank="{one.rank}">{_key(one)}'
            f"<span>{escape(one.corridor_name)} <small>{escape(_headline(one))}</small></span>"
            "</a></li>"
        )
    yield "</ol></nav>"


def _differences(ways: Sequence[Itinerary]) -> list[str]:
    """Return a further column: what sets each itinerary apart."""
    below = [difference(this, above) for above, this in pairwise(ways)]
    return ["against the one above it", *([""] if ways else []), *below]


def _way(one: Itinerary, numbers: dict[str, int]) -> str:
    figures = [_headline(one), f"{fixed(one.co2_kg_t)} kg CO2e/t"]
    if one.on_time is not None:
        figures.append(f"{chance(one.on_time)} on time")
    sheet = route_sheets.legs(one, numbers)
    summary = f"{_key(one)} {escape(one.corridor_name)} <small>{escape(', '.join(figures))}</small>"
    notices = "".join(f"<p>{escape(notice)}</p>" for notice in one.notices)
    return (
        f'<details id="way-{one.rank}"><summary>{summary}</summary>'
        f'{notices}{_table(sheet)}<p class="note">{escape(sheet.note)}</p></details>'
    )


def _section(sheet: Sheet, further: Sequence[str]) -> str:
    note = f'<p class="note">{escape(sheet.note)}</p>'
    return f"<h2>{escape(sheet.title)}</h2>{_table(sheet, further)}{note}"


def _folded(sheet: Sheet) -> str:
    note = f'<p class="note">{escape(sheet.note)}</p>' if sheet.note else ""
    summary = f"<summary>{escape(sheet.title)}</summary>"
    return f"<details>{summary}{_table(sheet)}{note}</details>"


def _table(sheet: Sheet, further: Sequence[str] = ()) -> str:
    """Write a sheet as a table that scrolls where the screen is narrow."""
    kinds = [' class="n"' if column.number else "" for column in sheet.columns]
    head = "".join(
        f'<th scope="col"{kind}>{escape(column.header)}</th>'
        for kind, column in zip(kinds, sheet.columns, strict=True)
    )
    rows = []
    for number, row in enumerate(sheet.cells, start=1):
        cells = "".join(
            f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)
        )
        last = f'<td class="why">{escape(further[number])}</td>' if further else ""
        rows.append(f"<tr>{cells}{last}</tr>")
    more = f'<th scope="col">{escape(further[0])}</th>' if further else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(sheet.title)}">'
        f"<table><thead><tr>{head}{more}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _sources(numbers: dict[str, int], study: Study) -> str:
    """List the sources by number, each with its address, if it has one on the web."""
    address = dict(study.source.select("source_id", pl.col("address")).iter_rows())
    items = []
    for number, source, title in route_sheets.sources(numbers, study).cells:
        link = address.get(source) or ""
        text = escape(title)
        if link.startswith(("https://", "http://")):
            text = f'<a href="{escape(link)}" rel="noreferrer">{text}</a>'
        items.append(f'<li value="{number}"><code>{escape(source)}</code> {text}</li>')
    if not items:
        return ""
    return f"<details><summary>Sources</summary><ol>{''.join(items)}</ol></details>"


def _notes(answer: Answer) -> Iterator[str]:
    notes = [*route_sheets.notices(answer.itineraries), *answer.notes]
    yield "<footer>"
    yield from (f"<p>{escape(note)}</p>" for note in notes)
    yield f"<p>Sogdia {__version__}</p></footer>"
