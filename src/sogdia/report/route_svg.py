"""Itineraries as lines on a map in SVG, over the links of their study in grey."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain, pairwise
from math import cos, hypot, radians

import polars as pl

from sogdia.report.map import (
    LabelSpace,
    Projection,
    cut,
    fit_labels,
    line_style,
    link_courses,
    short_name,
)
from sogdia.report.route_words import fixed, leg_title
from sogdia.routing.itinerary import Answer, Element, Itinerary, Leg
from sogdia.study import Study
from sogdia.study.columns import WATER_MODES
from sogdia.study.geometry import Point

WIDTH = 1200.0
LANE = 4.2
"""Distance between lines that run side by side, in units of the page."""
MARGIN_SHARE, LEAST_MARGIN = 0.06, 1.5
FLATTEST, STEEPEST = 0.42, 0.80
"""Height of the map over its width."""
WORLD = (-180.0, 180.0, -85.0, 85.0)


@dataclass(frozen=True, slots=True)
class Lettering:
    """Sizes of what is written on the map, for one width of screen."""

    name: str
    size: float
    labels: int


LETTERINGS = (Lettering("wide", 12.5, 45), Lettering("narrow", 21.0, 22))

Segment = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is needed to draw the itineraries of an answer.

    Attributes
    ----------
    answer : Answer
        The itineraries.
    points : mapping of str to (float, float)
        Longitude and latitude of each place by id.
    users : mapping of (str, str) to list of int
        Ranks that use a stretch between two places, in whatever direction; it is named in
        that of the first.
    courses : mapping of (str, str, str) to sequence of (float, float)
        Points that the line haul of an element passes, by its kind, its row and where it
        begins; what is not here is drawn straight.
    page : Projection
        The map.
    """

    answer: Answer
    points: Mapping[str, Point]
    users: Mapping[Segment, Sequence[int]]
    courses: Mapping[tuple[str, str, str], Sequence[Point]]
    page: Projection


def draw_routes(answer: Answer, study: Study) -> str:
    """Draw the itineraries of an answer as an SVG element.

    Parameters
    ----------
    answer : Answer
        What was found.
    study : Study
        For the places and the grey lines behind.

    Returns
    -------
    str
        ``<svg>``; colours and sizes are left to the style sheet of the page around it.
    """
    drawing = _prepare(answer, study)
    page = drawing.page
    title = f"Map of {len(answer.itineraries)} itineraries"
    routes = [_route(one, drawing) for one in reversed(answer.itineraries)]
    parts = [
        f'<svg viewBox="0 0 {page.width:.0f} {page.height:.0f}" role="img" '
        f'aria-label="{escape(title)}">',
        *_context(study, page),
        *routes,
        *_stops(drawing),
    ]
    for lettering in LETTERINGS:
        parts += [f'<g class="{lettering.name}">', *_lettering(drawing, lettering), "</g>"]
    return "\n".join([*parts, "</svg>"])


def _prepare(answer: Answer, study: Study) -> Drawing:
    points: dict[str, Point] = {
        node: (x, y)
        for node, x, y in study.node.select("node_id", "x_coord", "y_coord").iter_rows()
    }
    for end in (answer.origin, answer.destination):
        if end.access_km > 0 and end.longitude is not None and end.latitude is not None:
            points[end.asked] = (end.longitude, end.latitude)
    users: dict[Segment, list[int]] = {}
    seen: list[Point] = []
    courses = _courses(study)
    for one in answer.itineraries:
        for element in _line_haul(one, points):
            seen += chain.from_iterable(cut(_course(element, points, courses)))
            ranks = users.setdefault(_as_first_used(_segment(element), users), [])
            if one.rank not in ranks:
                ranks.append(one.rank)
    page = Projection.of(window(seen or list(points.values())), width=WIDTH)
    return Drawing(answer, points, users, courses, page)


def _courses(study: Study) -> dict[tuple[str, str, str], Sequence[Point]]:
    """Return the courses of the links and services of a study, in both directions."""
    drawn = link_courses(study.link, study.node)
    users = pl.concat(
        [
            study.link.select("link_id", kind=pl.lit("link"), row_id="link_id"),
            study.service.select("link_id", kind=pl.lit("service"), row_id="service_id"),
        ]
    ).join(study.link.select("link_id", "from_node_id", "to_node_id"), on="link_id")
    courses: dict[tuple[str, str, str], Sequence[Point]] = {}
    for link, kind, row, first, last in users.iter_rows():
        courses[kind, row, first] = drawn[link]
        courses[kind, row, last] = drawn[link][::-1]
    return courses


def _course(
    element: Element,
    points: Mapping[str, Point],
    courses: Mapping[tuple[str, str, str], Sequence[Point]],
) -> Sequence[Point]:
    """Return the points that an element of line haul passes, in the direction of travel."""
    row = element.row_id.split("|", maxsplit=1)[0]
    straight = (points[element.from_id], points[element.to_id])
    return courses.get((element.kind, row, element.from_id), straight)


def window(points: Iterable[Point]) -> tuple[float, float, float, float]:
    """Return the window (west, east, south, north) that shows points with a margin.

    A window too flat or too steep for a page is widened about its middle.
    """
    longitudes, latitudes = zip(*points, strict=True)
    west, east = _with_margin(min(longitudes), max(longitudes))
    south, north = _with_margin(min(latitudes), max(latitudes))
    squeeze = cos(radians((south + north) / 2))
    wide, high = (east - west) * squeeze, north - south
    if high < FLATTEST * wide:
        south, north = _stretched(south, north, FLATTEST * wide)
    elif high > STEEPEST * wide:
        west, east = _stretched(west, east, high / STEEPEST / squeeze)
    limits = WORLD
    return (
        max(west, limits[0]),
        min(east, limits[1]),
        max(south, limits[2]),
        min(north, limits[3]),
    )


def _with_margin(low: float, high: float) -> tuple[float, float]:
    margin = max(MARGIN_SHARE * (high - low), LEAST_MARGIN)
    return low - margin, high + margin


def _stretched(low: float, high: float, span: float) -> tuple[float, float]:
    middle = (low + high) / 2
    return middle - span / 2, middle + span / 2


def _line_haul(one: Itinerary, points: Mapping[str, Point]) -> Iterator[Element]:
    """Yield the elements of an itinerary that lead from one known place to another."""
    for leg in one.legs:
        yield from _leg_haul(leg, points)


def _leg_haul(leg: Leg, points: Mapping[str, Point]) -> Iterator[Element]:
    for element in leg.elements:
        if element.operation is None and element.from_id in points and element.to_id in points:
            yield element


def _segment(element: Element) -> Segment:
    return element.from_id, element.to_id


def _as_first_used(segment: Segment, users: Mapping[Segment, object]) -> Segment:
    """Return a stretch in the direction in which the first itinerary uses it."""
    return segment[::-1] if segment[::-1] in users else segment


def _context(study: Study, page: Projection) -> Iterator[str]:
    """Yield the links of the study, by land, by water and by air, each kind as one path."""
    courses = link_courses(study.link, study.node)
    drawn: dict[str, set[tuple[Point, ...]]] = {"air": set(), "water": set(), "land": set()}
    for link, mode in study.link.select("link_id", "mode").iter_rows():
        drawn[_kind(mode)].add(courses[link])
    for kind, lines in drawn.items():
        if lines:
            moves = "".join(page.moves(line) for line in sorted(lines))
            yield f'<path class="context {kind}" d="{moves}"/>'


def _kind(mode: str) -> str:
    if mode in WATER_MODES:
        return "water"
    return "air" if mode == "air" else "land"


def _route(one: Itinerary, drawing: Drawing) -> str:
    """Draw an itinerary: a path per leg of line haul, each with its tooltip."""
    colour, hollow = line_style(one.rank)
    paths: list[str] = []
    last: Point | None = None
    for leg in one.legs:
        moves, last = _moves(leg, one.rank, drawing, last)
        if not moves:
            continue
        kind = _kind(leg.mode)
        hours = f"{fixed(leg.length_km)} km, {fixed(leg.time_h)} h"
        tip = f"{one.rank} {one.corridor_name}: {leg_title(leg)}; {hours}"
        paths.append(f'<path class="{kind}" d="{moves}"><title>{escape(tip)}</title></path>')
        if hollow:
            paths.append(f'<path class="core" d="{moves}"/>')
    drawn = "".join(paths)
    kind = "route hollow" if hollow else "route"
    return f'<g class="{kind} c{colour}" data-rank="{one.rank}">{drawn}</g>'


def _moves(leg: Leg, rank: int, drawing: Drawing, last: Point | None) -> tuple[str, Point | None]:
    """Return a leg's line as SVG moves, joined to where the line ended before, and its new end."""
    moves: list[str] = []
    for element in _leg_haul(leg, drawing.points):
        course = _course(element, drawing.points, drawing.courses)
        for number, line in enumerate(cut(course)):
            for place, piece in enumerate(pairwise(line)):
                (x1, y1), (x2, y2) = _beside(piece, _segment(element), rank, drawing)
                if last is None or (number > 0 and place == 0):
                    moves.append(f"M{x1:.1f} {y1:.1f}")
                elif not moves:
                    moves.append(f"M{last[0]:.1f} {last[1]:.1f}L{x1:.1f} {y1:.1f}")
                else:
                    moves.append(f"L{x1:.1f} {y1:.1f}")
                moves.append(f"L{x2:.1f} {y2:.1f}")
                last = (x2, y2)
    return "".join(moves), last


def _beside(
    piece: tuple[Point, Point], segment: Segment, rank: int, drawing: Drawing
) -> tuple[Point, Point]:
    """Return a stretch on the page, moved to its lane so that all lines that go there are seen.

    Lanes of a stretch that is shorter than they are wide together are narrower.
    """
    start, end = (drawing.page(*point) for point in piece)
    run, fall = end[0] - start[0], end[1] - start[1]
    length = hypot(run, fall)
    if length == 0:
        return start, end
    first_used = _as_first_used(segment, drawing.users)
    ranks = drawing.users[first_used]
    lane = (ranks.index(rank) - (len(ranks) - 1) / 2) * min(LANE, length / len(ranks))
    shift = lane if segment == first_used else -lane
    right, down = -fall / length * shift, run / length * shift
    return (start[0] + right, start[1] + down), (end[0] + right, end[1] + down)


def _stops(drawing: Drawing) -> Iterator[str]:
    """Yield a dot where legs begin and end."""
    for place, name in _stop_names(drawing):
        right, down = drawing.page(*drawing.points[place])
        ends = (drawing.answer.origin, drawing.answer.destination)
        kind = "end" if any(place in (end.node_id, end.asked) for end in ends) else "stop"
        yield (
            f'<circle class="{kind}" cx="{right:.1f}" cy="{down:.1f}" '
            f'r="{5 if kind == "end" else 3}"><title>{escape(name)}</title></circle>'
        )


def _stop_names(drawing: Drawing) -> list[Segment]:
    """Return id and name of where legs begin and end: the shipment's ends, then by use."""
    used: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for one in drawing.answer.itineraries:
        for leg in one.legs:
            for place, name in (
                (leg.first.from_id, leg.first.from_name),
                (leg.last.to_id, leg.last.to_name),
            ):
                if place in drawing.points:
                    names[place] = name
                    used.setdefault(place, []).append(one.rank)
    ends = (drawing.answer.origin, drawing.answer.destination)
    wanted = {name for end in ends for name in (end.asked, end.node_id)}
    order = sorted(used, key=lambda place: (place not in wanted, -len(set(used[place])), place))
    return [(place, names[place]) for place in order]


def _lettering(drawing: Drawing, lettering: Lettering) -> Iterator[str]:
    """Yield the ranks of lines and the names of places, in one size."""
    stops = _stop_names(drawing)
    dots = [drawing.page(*drawing.points[place]) for place, _ in stops]
    space = LabelSpace(lettering.size, dots)
    for rank, (right, down) in _badges(drawing, space, lettering.size):
        colour, _ = line_style(rank)
        yield (
            f'<g class="badge c{colour}" data-rank="{rank}">'
            f'<circle cx="{right:.1f}" cy="{down:.1f}" r="{0.72 * lettering.size:.1f}"/>'
            f'<text x="{right:.1f}" y="{down + 0.34 * lettering.size:.1f}" '
            f'font-size="{0.9 * lettering.size:.1f}">{rank}</text></g>'
        )
    places = [(short_name(name), *drawing.points[place]) for place, name in stops]
    for label in fit_labels(
        places, drawing.page, space=space, margin=4.0, limit=lettering.labels, both_sides=True
    ):
        yield (
            f'<text class="place" x="{label.left:.1f}" y="{label.baseline:.1f}" '
            f'font-size="{lettering.size:g}">{escape(label.text)}</text>'
        )


def _badges(drawing: Drawing, space: LabelSpace, size: float) -> Iterator[tuple[int, Point]]:
    """Yield where each line's rank stands: on a long stretch that few others share."""
    for one in drawing.answer.itineraries:
        seats: list[tuple[int, float, Point]] = []
        for element in _line_haul(one, drawing.points):
            segment = _segment(element)
            users = len(drawing.users[_as_first_used(segment, drawing.users)])
            for line in cut(_course(element, drawing.points, drawing.courses)):
                for piece in pairwise(line):
                    (x1, y1), (x2, y2) = _beside(piece, segment, one.rank, drawing)
                    for part in (0.5, 0.3, 0.7):
                        middle = (x1 + part * (x2 - x1), y1 + part * (y2 - y1))
                        seats.append((users, -hypot(x2 - x1, y2 - y1), middle))
        for _, _, (right, down) in sorted(seats):
            if space.take(right - size, right + size, down + 0.34 * size):
                yield one.rank, (right, down)
                break
