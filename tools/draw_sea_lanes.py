"""Write the course of every link over water into column ``geometry`` of a study's link.csv.

Usage: python -m tools.draw_sea_lanes [folder of a study]

The coastline is that of the page's own map, Natural Earth by the npm package world-atlas, so
that courses keep clear of the land they are drawn beside; canals, straits and rivers that it
does not have are in ``tools/sea_lanes/channel.csv``.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from tools.sea_lanes.course import course
from tools.sea_lanes.water import Water

from sogdia.study.columns import WATER_MODES
from sogdia.study.geometry import Point, line_length_km, write_line

REPOSITORY = Path(__file__).parents[1]
STUDY = REPOSITORY / "src/sogdia/study/data/eurasia"
COASTLINES = REPOSITORY / "frontend/node_modules/world-atlas/land-50m.json"
CHANNELS = Path(__file__).parent / "sea_lanes/channel.csv"
COLUMN = "geometry"
STRANGE = 0.25
"""A course whose length is off the link's by more than this share is worth a look."""

Rows = list[dict[str, str]]


def read_rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def draw(links: Rows, places: dict[str, Point], water: Water) -> None:
    """Fill in the courses; links between the same two places have the same."""
    drawn: dict[tuple[str, str], list[Point]] = {}
    for link in links:
        link.setdefault(COLUMN, "")
        if link["mode"] not in WATER_MODES:
            continue
        start, end = link["from_node_id"], link["to_node_id"]
        first, last = sorted((start, end))
        if (first, last) not in drawn:
            drawn[first, last] = course(water, places[first], places[last])
        points = drawn[first, last] if start == first else drawn[first, last][::-1]
        link[COLUMN] = write_line(points)
        compare(link, points)


def compare(link: dict[str, str], points: list[Point]) -> None:
    """Print the course's length beside the link's."""
    drawn_km, length_km = line_length_km(points), float(link["length_km"])
    ratio = drawn_km / length_km
    remark = "  <- look into it" if abs(ratio - 1) > STRANGE else ""
    print(
        f"{link['link_id']:24}{len(points):4} points{drawn_km:9,.0f} km of {length_km:7,.0f}"
        f"{ratio:7.2f}{remark}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, nargs="?", default=STUDY, help="folder of the study")
    parser.add_argument("--coastlines", type=Path, default=COASTLINES, help="TopoJSON of land")
    arguments = parser.parse_args()
    places = {
        node["node_id"]: (float(node["x_coord"]), float(node["y_coord"]))
        for node in read_rows(arguments.study / "node.csv")
    }
    links = read_rows(arguments.study / "link.csv")
    draw(links, places, Water.read(arguments.coastlines, CHANNELS))
    write_rows(arguments.study / "link.csv", links)


if __name__ == "__main__":
    main()
