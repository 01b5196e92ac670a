"""Where the rows of a table are on the map, found from the ids that they have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from sogdia.study import Study, base_id
from sogdia.study.formats.courses import cut_course
from sogdia.study.geometry import parse_line

Position = tuple[float, float]
Geometry = dict[str, Any]
Row = Mapping[str, Any]


class StudyPlaces:
    """The places of a study: of its nodes, and of what lies at or between them.

    Parameters
    ----------
    study : Study
        The study.
    """

    def __init__(self, study: Study) -> None:
        node, link, terminal, service = study.node, study.link, study.terminal, study.service
        self._positions: dict[str, Position] = {
            name: (x, y) for name, x, y in node["node_id", "x_coord", "y_coord"].iter_rows()
        }
        self._courses = {row["link_id"]: self._course(row) for row in link.iter_rows(named=True)}
        self._terminals = dict(terminal["terminal_id", "node_id"].iter_rows())
        self._services = dict(service["service_id", "link_id"].iter_rows())
        self._kinds: dict[str, Callable[[str], Geometry | None]] = {
            "node": self._at_node,
            "link": self._along_link,
            "terminal": self._at_terminal,
            "service": self._along_service,
        }

    def of(self, frame: pl.DataFrame) -> list[Geometry | None] | None:
        """Return where each row is, as GeoJSON geometries.

        Parameters
        ----------
        frame : DataFrame
            A table of the study or of a run of it. A row lies where its ``link_id``,
            ``service_id``, ``terminal_id`` or ``node_id`` does, the ``element`` of its
            ``kind``, or between its two nodes (``from_node_id`` and ``to_node_id``, or
            ``origin`` and ``destination``).

        Returns
        -------
        list of dict or None, or None
            None for a row whose place is not known; None for a table without a place.
        """
        where = self._where(frame.columns)
        return None if where is None else [where(row) for row in frame.iter_rows(named=True)]

    def _where(self, columns: Sequence[str]) -> Callable[[Row], Geometry | None] | None:
        if {"element", "kind"} <= set(columns):
            return lambda row: self._of_kind(row["kind"], row["element"])
        if {"element_kind", "element_id"} <= set(columns):
            return lambda row: self._of_kind(row["element_kind"], row["element_id"])
        for column, find in (
            ("terminal_id", self._at_terminal),
            ("service_id", self._along_service),
            ("link_id", self._along_link),
            ("node_id", self._at_node),
        ):
            if column in columns:
                return lambda row, column=column, find=find: find(row[column])  # type: ignore[misc]
        for ends in (("from_node_id", "to_node_id"), ("origin", "destination")):
            if set(ends) <= set(columns):
                return lambda row, ends=ends: self._between(*(row[end] for end in ends))  # type: ignore[misc]
        return None

    def _of_kind(self, kind: str | None, name: str | None) -> Geometry | None:
        find = self._kinds.get(kind or "")
        return find(name) if find is not None and name is not None else None

    def _at_node(self, node_id: str) -> Geometry | None:
        position = self._positions.get(base_id(node_id))
        return None if position is None else {"type": "Point", "coordinates": position}

    def _at_terminal(self, terminal_id: str) -> Geometry | None:
        return self._at_node(self._terminals.get(base_id(terminal_id), ""))

    def _along_link(self, link_id: str) -> Geometry | None:
        course = self._courses.get(base_id(link_id))
        return None if course is None else line(course)

    def _along_service(self, service_id: str) -> Geometry | None:
        return self._along_link(self._services.get(base_id(service_id), ""))

    def _between(self, start: str, end: str) -> Geometry | None:
        ends = [self._positions.get(name) for name in (start, end)]
        return None if None in ends else line([end for end in ends if end is not None])

    def _course(self, link: Row) -> Sequence[Position]:
        if link["geometry"] is not None:
            return parse_line(link["geometry"])
        return [self._positions[link["from_node_id"]], self._positions[link["to_node_id"]]]


def line(course: Sequence[Position]) -> Geometry:
    """Return a course as a line, cut where it passes the antimeridian (RFC 7946, 3.1.9).

    Parameters
    ----------
    course : sequence of (float, float)
        Longitude and latitude of its points, degrees.

    Examples
    --------
    >>> line([(170.0, 0.0), (-170.0, 10.0)])["coordinates"]
    [[(170.0, 0.0), (180.0, 5.0)], [(-180.0, 5.0), (-170.0, 10.0)]]
    """
    parts = cut_course(course)
    if len(parts) == 1:
        return {"type": "LineString", "coordinates": parts[0]}
    return {"type": "MultiLineString", "coordinates": parts}
