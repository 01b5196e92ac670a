"""Draw the flows of a run as a map in SVG: lines as wide as the freight they carry.

Usage: python tools/draw_map.py runs/readme-2024 docs/img/flows.svg
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from sogdia.report.map import LabelSpace, Projection, fit_labels, link_courses, short_name
from sogdia.study.geometry import Point
from sogdia.study.load import Study, load

WIDTH, MARGIN = 1200.0, 24.0
HEADROOM = 80.0
WINDOW = (-11.0, 123.0, 25.0, 61.5)  # west, east, south, north: the land between the oceans
WIDEST = 14.0  # width of the busiest link on land
LABELS = 30
LABEL_SIZE = 11.0
COLOURS = {
    "rail": "#b5432a",
    "sea": "#2b6ca3",
    "ferry": "#0f8b8d",
    "pipeline": "#6b4fa0",
    "road": "#8a7a2e",
    "waterway": "#3c9a5f",
    "air": "#888888",
}


def link_flows(folder: Path, study: Study) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the study's nodes that have links, and its links with their kt."""
    flows = pl.read_parquet(folder / "links.parquet").group_by("link_id").agg(pl.col("kt").sum())
    links = (
        study.link.select("link_id", "from_node_id", "to_node_id", pl.col("mode").cast(pl.String))
        .join(flows, on="link_id", how="left")
        .with_columns(pl.col("kt").fill_null(0.0))
        .sort("kt", "link_id")
    )
    used = pl.concat([links["from_node_id"], links["to_node_id"]]).unique()
    return study.node.filter(pl.col("node_id").is_in(used.implode())), links


def busiest_on_land(links: pl.DataFrame) -> float:
    """Return the largest flow of a land link, kt; ships would make all else a hair."""
    kt: list[float] = links.filter(~pl.col("mode").is_in(["sea", "air"]))["kt"].to_list()
    return max([*kt, 1e-9])


def lines(
    links: pl.DataFrame, courses: Mapping[str, Sequence[Point]], place: Projection
) -> Iterator[str]:
    """Yield one line per link, the busiest last and so on top."""
    busiest = busiest_on_land(links)
    for row in links.iter_rows(named=True):
        moves = f'd="{place.moves(courses[row["link_id"]])}"'
        if row["kt"] <= 0:
            yield f'<path {moves} stroke="#d5d9dd" stroke-width="0.8" stroke-dasharray="3 3"/>'
            continue
        width = 0.6 + WIDEST * min(1.0, row["kt"] / busiest) ** 0.5
        title = f"{row['link_id']}: {row['kt']:,.0f} kt"
        yield (
            f'<path {moves} stroke="{COLOURS[row["mode"]]}" stroke-width="{width:.1f}" '
            f'stroke-opacity="0.75"><title>{escape(title)}</title></path>'
        )


def labels(nodes: pl.DataFrame, links: pl.DataFrame, place: Projection) -> Iterator[str]:
    """Yield the names of ferry ports, then of the busiest places, where they do not overlap."""
    ends = [links.select("mode", "kt", node_id=end) for end in ("from_node_id", "to_node_id")]
    busy = (
        pl.concat(ends)
        .group_by("node_id")
        .agg(pl.col("kt").sum(), ferry=(pl.col("mode") == "ferry").any())
    )
    ranked = nodes.join(busy, on="node_id").sort(
        ["ferry", "kt", "node_id"], descending=[True, True, False]
    )
    names = (
        (short_name(row["name"] or row["node_id"]), row["x_coord"], row["y_coord"])
        for row in ranked.iter_rows(named=True)
    )
    space = LabelSpace(LABEL_SIZE)
    for label in fit_labels(names, place, space=space, margin=MARGIN, limit=LABELS):
        yield f'<circle cx="{label.right:.1f}" cy="{label.down:.1f}" r="2" fill="#222"/>'
        yield (
            f'<text x="{label.left:.1f}" y="{label.baseline:.1f}" class="place">'
            f"{escape(label.text)}</text>"
        )


def legend(modes: list[str]) -> Iterator[str]:
    for index, mode in enumerate(modes):
        x = MARGIN + 115 * index
        yield (
            f'<line x1="{x}" y1="62" x2="{x + 26}" y2="62" stroke="{COLOURS[mode]}" '
            f'stroke-width="5"/><text x="{x + 32}" y="66" class="key">{mode}</text>'
        )


def draw(
    nodes: pl.DataFrame, links: pl.DataFrame, courses: Mapping[str, Sequence[Point]], title: str
) -> str:
    """Return the map as an SVG page."""
    place = Projection.of(WINDOW, width=WIDTH, headroom=HEADROOM)
    used = links.filter(pl.col("kt") > 0)
    modes = [mode for mode in COLOURS if mode in set(used["mode"])]
    busiest = busiest_on_land(links) / 1000
    scale = f"width: square root of the flow, the widest {busiest:,.0f} Mt a year or more"
    clip = f'<clipPath id="map"><rect y="{HEADROOM}" width="100%" height="100%"/></clipPath>'
    drawn = [clip, '<g clip-path="url(#map)">', *lines(links, courses, place), "</g>"]
    body = [*drawn, *labels(nodes, used, place), *legend(modes)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {place.height:.0f}" '
            f'role="img" aria-label="{escape(title)}">',
            "<style>text{font-family:system-ui,sans-serif;fill:#222}.title{font-size:19px;"
            f"font-weight:600}}.key{{font-size:13px}}.place{{font-size:{LABEL_SIZE}px;"
            "paint-order:stroke;stroke:#fff;stroke-width:3px}path{fill:none;stroke-linejoin:round}line,path{stroke-linecap:round}</style>",
            f'<rect width="100%" height="{place.height:.0f}" fill="#fff"/>',
            f'<text x="{MARGIN}" y="32" class="title">{escape(title)}</text>',
            f'<text x="{WIDTH - MARGIN}" y="32" class="key" text-anchor="end">{scale}</text>',
            *body,
            "</svg>\n",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("picture", type=Path, help="SVG file to write")
    parser.add_argument("--study", default="eurasia", help="the study that was run")
    arguments = parser.parse_args()
    manifest: dict[str, Any] = json.loads((arguments.run / "manifest.json").read_text("utf-8"))
    study = load(arguments.study)
    nodes, links = link_flows(arguments.run, study)
    courses = link_courses(study.link, study.node)
    title = f"{manifest['study']['name']} {manifest['year']}: freight by link"
    arguments.picture.parent.mkdir(parents=True, exist_ok=True)
    arguments.picture.write_text(draw(nodes, links, courses, title), encoding="utf-8")


if __name__ == "__main__":
    main()
