"""What maps share: the projection, the courses of links, and labels that do not overlap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, radians

import polars as pl

from sogdia.study.geometry import Point, parse_line

LETTER_WIDTH = 0.56
"""Mean width of a letter of a sans-serif face, in sizes of the face."""
GAP = 8.0
"""Room beside a label."""
HALF_TURN = 180.0

PALETTE = (
    ("#0072b2", "#4aa8dc"),
    ("#d55e00", "#f08030"),
    ("#00805d", "#20c090"),
    ("#b0538a", "#dd93bf"),
    ("#333333", "#f0f0f0"),
)
"""Colours of lines on a light and on a dark page.

After Okabe and Ito (2008), Color universal design, whose colours the colour-blind can tell
apart, darkened or lightened to stand out from the page three to one.
"""


def line_style(rank: int) -> tuple[int, bool]:
    """Return the colour of the line of a rank, by its place in `PALETTE`, and if it is hollow.

    Ranks beyond the colours have them again, as hollow or broken lines.
    """
    turn, colour = divmod(rank - 1, len(PALETTE))
    return colour, turn % 2 == 1


@dataclass(frozen=True, slots=True)
class Projection:
    """Longitude and latitude to the page, true to shape at the middle latitude.

    The equirectangular projection (Snyder, *Map Projections: A Working Manual*, 1987,
    section 12), its standard parallel in the middle of the window.

    Attributes
    ----------
    west, north : float
        Corner of the window, degrees.
    scale : float
        Units of the page per degree of latitude.
    squeeze : float
        Length of a degree of longitude in degrees of latitude.
    width, height : float
        Size of the page; the window begins `headroom` below its top.
    headroom : float
        Room for a title.
    """

    west: float
    north: float
    scale: float
    squeeze: float
    width: float
    height: float
    headroom: float = 0.0

    @classmethod
    def of(
        cls,
        window: tuple[float, float, float, float],
        *,
        width: float,
        headroom: float = 0.0,
    ) -> Projection:
        """Fit a window (west, east, south, north, in degrees) into a page of this width."""
        west, east, south, north = window
        squeeze = cos(radians((south + north) / 2))
        scale = width / ((east - west) * squeeze)
        height = (north - south) * scale + headroom
        return cls(west, north, scale, squeeze, width, height, headroom)

    def __call__(self, longitude: float, latitude: float) -> Point:
        """Return how far right and down of the page's corner a place lies."""
        right = (longitude - self.west) * self.squeeze * self.scale
        down = self.headroom + (self.north - latitude) * self.scale
        return right, down

    def moves(self, course: Sequence[Point]) -> str:
        """Return a course as the data of an SVG path."""
        lines = (
            "L".join(f"{x:.1f} {y:.1f}" for x, y in (self(*point) for point in line))
            for line in cut(course)
        )
        return "".join(f"M{line}" for line in lines)

    def shows(self, right: float, down: float) -> bool:
        """Tell whether a point of the page lies in the window."""
        return 0 <= right <= self.width and self.headroom <= down <= self.height


@dataclass(frozen=True, slots=True)
class Label:
    """A name on the map: where its place lies, and where its text begins."""

    text: str
    right: float
    down: float
    left: float
    baseline: float


@dataclass(slots=True)
class LabelSpace:
    """What is left of a page for labels: each takes its room, and none takes another's.

    Attributes
    ----------
    size : float
        Size of the face, in units of the page.
    dots : sequence of (float, float)
        Points that no text is to cover.
    """

    size: float
    dots: Sequence[Point] = ()
    _taken: list[tuple[float, float, float]] = field(default_factory=list)

    def length(self, text: str) -> float:
        """Return how much room a text takes from left to right."""
        return len(text) * self.size * LETTER_WIDTH + GAP

    def take(self, left: float, right: float, baseline: float) -> bool:
        """Take the room of a line of text if it is free, and tell whether it was."""
        for other_left, other_right, other in self._taken:
            if abs(baseline - other) < self.size + 2 and left < other_right and other_left < right:
                return False
        if any(self._covers(left, right, baseline, dot) for dot in self.dots):
            return False
        self._taken.append((left, right, baseline))
        return True

    def _covers(self, left: float, right: float, baseline: float, dot: Point) -> bool:
        """Tell whether text with a gap behind it lies over a point."""
        inside = left < dot[0] < right - GAP
        return inside and baseline - self.size < dot[1] < baseline + 0.3 * self.size


def short_name(name: str) -> str:
    """Return a name without what stands in brackets or behind a dash.

    Examples
    --------
    >>> [short_name(name) for name in ("Kuryk (Yeralievo) ferry port", "Alat - Baku port")]
    ['Kuryk', 'Alat']
    """
    return re.split(r" [(/-]", name)[0]


def fit_labels(
    places: Iterable[tuple[str, float, float]],
    page: Projection,
    *,
    space: LabelSpace,
    margin: float,
    limit: int,
    both_sides: bool = False,
) -> Iterator[Label]:
    """Yield labels for places in order of importance, leaving out those that find no room.

    Parameters
    ----------
    places : iterable of (str, float, float)
        Name, longitude and latitude.
    page : Projection
        The map.
    space : LabelSpace
        What is still free of it.
    margin : float
        Room kept free at the right edge.
    limit : int
        Labels at most.
    both_sides : bool
        Whether a label may change to the left of its place, or below it, where others
        take its room; otherwise it does so at the edge of the page only.

    Yields
    ------
    Label
        In the order of the places.
    """
    placed = 0
    for text, longitude, latitude in places:
        right, down = page(longitude, latitude)
        if placed == limit:
            return
        if not page.shows(right, down):
            continue
        length = space.length(text)
        sides = [right + 5, right - length]
        if right + length >= page.width - margin:
            sides = sides[::-1]
        seats = [(sides[0], down - 3)]
        if both_sides:
            lower = down + 3 + 0.75 * space.size
            seats += [(sides[1], down - 3), (sides[0], lower), (sides[1], lower)]
        for left, baseline in seats:
            inside = left >= 0 and left + length <= page.width
            if inside and space.take(left, left + length, baseline):
                placed += 1
                yield Label(text, right, down, left, baseline)
                break


def pieces(start: Point, end: Point) -> list[tuple[Point, Point]]:
    """Cut a line between two places where it crosses the antimeridian.

    Parameters
    ----------
    start, end : (float, float)
        Longitude and latitude, degrees.

    Returns
    -------
    list of ((float, float), (float, float))
        One piece, or two that end at either edge of the world.

    Examples
    --------
    >>> pieces((170.0, 0.0), (-170.0, 10.0))
    [((170.0, 0.0), (180.0, 5.0)), ((-180.0, 5.0), (-170.0, 10.0))]
    """
    span = end[0] - start[0]
    if abs(span) <= HALF_TURN:
        return [(start, end)]
    edge = HALF_TURN if start[0] > 0 else -HALF_TURN
    way = 2 * HALF_TURN - abs(span)
    part = abs(edge - start[0]) / way if way else 0.0
    latitude = start[1] + part * (end[1] - start[1])
    return [(start, (edge, latitude)), ((-edge, latitude), end)]


def cut(course: Sequence[Point]) -> list[list[Point]]:
    """Cut a course into the lines that a map draws: one more for each antimeridian crossed.

    Parameters
    ----------
    course : sequence of (float, float)
        Longitude and latitude of at least one point, degrees.

    Returns
    -------
    list of list of (float, float)
        Lines in the order of travel.

    Examples
    --------
    >>> cut([(150.0, 0.0), (170.0, 0.0), (-170.0, 10.0)])
    [[(150.0, 0.0), (170.0, 0.0), (180.0, 5.0)], [(-180.0, 5.0), (-170.0, 10.0)]]
    """
    lines = [[course[0]]]
    for start, end in pairwise(course):
        (_, first_end), *rest = pieces(start, end)
        lines[-1].append(first_end)
        lines += [list(piece) for piece in rest]
    return lines


def link_courses(link: pl.DataFrame, node: pl.DataFrame) -> dict[str, tuple[Point, ...]]:
    """Return how each link runs on a map: by its geometry, else straight.

    Parameters
    ----------
    link, node : DataFrame
        Tables of a study.

    Returns
    -------
    dict of str to tuple of (float, float)
        By ``link_id``: longitude and latitude, degrees, from the place of the first node to
        that of the last, whether the geometry reaches them or not.
    """
    places: dict[str, Point] = {
        key: (x, y) for key, x, y in node.select("node_id", "x_coord", "y_coord").iter_rows()
    }
    courses: dict[str, tuple[Point, ...]] = {}
    rows = link.select("link_id", "from_node_id", "to_node_id", "geometry").iter_rows()
    for key, first, last, geometry in rows:
        course = parse_line(geometry) if geometry else ()
        before = () if course[:1] == (places[first],) else (places[first],)
        after = () if course[-1:] == (places[last],) else (places[last],)
        courses[key] = (*before, *course, *after)
    return courses
