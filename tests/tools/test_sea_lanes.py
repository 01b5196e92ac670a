"""Courses of ships go round land, through channels, over the antimeridian, and never ashore."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from tools.sea_lanes.course import course
from tools.sea_lanes.water import ASHORE, CELL_DEG, SOUTH, Water

from sogdia.study.geometry import line_length_km


def square(west: float, south: float, size: float) -> list[tuple[float, float]]:
    corners = [(0.0, 0.0), (size, 0.0), (size, size), (0.0, size), (0.0, 0.0)]
    ring = [(west + x, south + y) for x, y in corners]
    return [(x - 360 if x > 180 else x, y) for x, y in ring]


def topology(*polygons: list[list[tuple[float, float]]]) -> str:
    """Write polygons, each an outline and its lakes, as TopoJSON with a ring per arc."""
    arcs: list[list[list[int]]] = []
    parts = []
    for rings in polygons:
        parts.append([[len(arcs) + number] for number in range(len(rings))])
        for ring in rings:
            steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise([(0.0, 0.0), *ring])]
            arcs.append([[round(x * 100), round(y * 100)] for x, y in steps])
    land = {"type": "GeometryCollection", "geometries": [{"type": "MultiPolygon", "arcs": parts}]}
    content = {
        "type": "Topology",
        "transform": {"scale": [0.01, 0.01], "translate": [0, 0]},
        "objects": {"land": land},
        "arcs": arcs,
    }
    return json.dumps(content)


@pytest.fixture(scope="module")
def water(tmp_path_factory: pytest.TempPathFactory) -> Water:
    """Two islands, one with a lake and a canal, the other on the antimeridian."""
    folder = tmp_path_factory.mktemp("water")
    island = [square(-5.0, -5.0, 10.0), square(-2.0, -2.0, 1.0)]
    far = [square(175.0, 0.0, 10.0)]
    (folder / "land.json").write_text(topology(island, far), encoding="utf-8")
    (folder / "channel.csv").write_text(
        "channel,x_coord,y_coord\nCanal,-6,4.02\nCanal,6,4.02\n", encoding="utf-8"
    )
    return Water.read(folder / "land.json", folder / "channel.csv")


def cost(water: Water, longitude: float, latitude: float) -> float:
    row, column = int((latitude - SOUTH) // CELL_DEG), int((longitude + 180) // CELL_DEG)
    return float(water.costs[row, column])


def test_land_is_closed_and_lakes_and_canals_are_open(water: Water):
    assert cost(water, 1.0, 1.0) == cost(water, 179.0, 5.0) == cost(water, -176.0, 5.0) == ASHORE
    assert cost(water, -1.5, -1.5) < ASHORE
    assert cost(water, 1.02, 4.02) == cost(water, 30.0, 30.0) == 1.0
    assert 1.0 < cost(water, 5.12, 0.02) < ASHORE


def test_on_the_open_sea_a_course_is_straight(water: Water):
    assert course(water, (20.0, 20.0), (60.0, 30.0)) == [(20.0, 20.0), (60.0, 30.0)]


def test_a_course_goes_round_land_with_few_points(water: Water):
    found = course(water, (-9.0, -4.0), (9.0, -4.0))
    assert (found[0], found[-1]) == ((-9.0, -4.0), (9.0, -4.0))
    assert 3 <= len(found) <= 6
    assert all(y < -5.0 for _, y in found[1:-1])
    shortest_km = line_length_km([found[0], (-5.0, -5.0), (5.0, -5.0), found[-1]])
    assert shortest_km < line_length_km(found) < 1.03 * shortest_km


def test_a_course_takes_a_channel_where_that_is_shorter(water: Water):
    found = course(water, (-9.0, 4.02), (9.0, 4.02))
    assert all(y == pytest.approx(4.02, abs=CELL_DEG) for _, y in found)


def test_a_port_that_lies_inland_is_reached(water: Water):
    found = course(water, (4.8, 0.0), (20.0, 0.0))
    assert found[0] == (4.8, 0.0)
    assert line_length_km(found) == pytest.approx(line_length_km([found[0], found[-1]]), rel=0.01)


def test_a_course_over_the_antimeridian_takes_the_short_way(water: Water):
    found = course(water, (178.0, -9.0), (-178.0, -9.0))
    assert line_length_km(found) == pytest.approx(line_length_km([found[0], found[-1]]), rel=0.01)
    assert all(abs(x) <= 180 for x, _ in found)
