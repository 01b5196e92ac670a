"""GeoJSON out and in again; lines of other programs joined at their ends; a word for each fault."""

from __future__ import annotations

import json
from math import pi

import polars as pl
import pytest

from sogdia.errors import DataError, ResourceError
from sogdia.study.formats import geojson
from sogdia.study.geometry import EARTH_RADIUS_KM
from sogdia.study.load import load, save

DEGREE_KM = EARTH_RADIUS_KM * pi / 180


def line(*points, **properties):
    geometry = {"type": "LineString", "coordinates": [list(point) for point in points]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def point(x, y, **properties):
    geometry = {"type": "Point", "coordinates": [x, y]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


@pytest.fixture
def collection(tmp_path):
    """Write features as a file."""

    def make(*features, **members):
        path = tmp_path / "roads.geojson"
        content = {"type": "FeatureCollection", **members, "features": list(features)}
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return make


def read(path):
    study, problems, slips = geojson.read(path)
    assert [str(problem) for problem in problems] == []
    return study, [str(slip) for slip in slips]


def problems_of(path):
    study, problems, _ = geojson.read(path)
    assert study is None
    return [str(problem) for problem in problems]


def test_a_network_comes_back(town, tmp_path):
    geojson.write(town, tmp_path / "town.geojson")
    back, slips = read(tmp_path / "town.geojson")
    assert slips == []
    assert back.name == "town"
    assert back.settings.traffic == town.settings.traffic
    for table in ("node", "link", "road"):
        assert getattr(back, table).equals(getattr(town, table)), table
    assert back.user_class["class_id"].to_list() == ["car", "truck-heavy"]
    save(back, tmp_path / "study")
    assert load(tmp_path / "study").link.equals(town.link)


def test_the_same_study_is_the_same_file(town, tmp_path):
    for name in ("1", "2"):
        geojson.write(town, tmp_path / name)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_what_is_written_is_geojson(town, tmp_path):
    path = tmp_path / "deep" / "town.geojson"
    geojson.write(town, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["type"] == "FeatureCollection"
    assert "crs" not in content
    first, *_, last = content["features"]
    assert first == {
        "type": "Feature",
        "id": "1",
        "properties": {
            "node_id": "1",
            "name": "West",
            "zone_id": "1",
            "through": False,
            "source_id": "survey",
        },
        "geometry": {"type": "Point", "coordinates": [10.0, 50.0]},
    }
    assert last["geometry"] == {"type": "LineString", "coordinates": [[10.5, 49.75], [11.0, 50.0]]}
    assert content["features"][4]["properties"]["name"] == "Ünter den Linden"
    assert content["features"][5]["properties"]["open_from"] == "2024-07-01"


def test_results_stand_beside_their_links(town, tmp_path):
    flows = pl.DataFrame({"link_id": ["a", "c"], "flow_trips": [12.5, float("nan")]})
    geojson.write(town, tmp_path / "t", flows=flows)
    features = json.loads((tmp_path / "t").read_text())["features"]
    assert [f["properties"]["flow_trips"] for f in features[4:]] == [12.5, None, None, None]


def test_a_course_over_the_antimeridian_is_cut_and_joined(make_town, tmp_path):
    town = make_town()
    moved = town.with_tables(
        node=town.node.with_columns(x_coord=pl.Series([170.0, 175.0, -170.0, 175.0])),
        link=town.link.with_columns(geometry=pl.lit(None)),
    )
    geojson.write(moved, tmp_path / "t.geojson")
    features = json.loads((tmp_path / "t.geojson").read_text())["features"]
    crossing = features[5]["geometry"]
    assert crossing["type"] == "MultiLineString"
    west, east = crossing["coordinates"]
    assert (west[0], west[1][0], east[0][0], east[1]) == ([175, 50.25], 180, -180, [-170, 50])
    back, _ = read(tmp_path / "t.geojson")
    assert back.link.equals(moved.link)


@pytest.mark.parametrize(
    ("crs", "member", "again"),
    [
        (
            "EPSG:28992",
            {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}},
            "EPSG:28992",
        ),
        ("unknown", None, "unknown"),
    ],
)
def test_other_coordinates_keep_their_system(make_town, tmp_path, crs, member, again):
    far = make_town(crs)
    far = far.with_tables(node=far.node.with_columns(pl.col("x_coord") * 1000))
    far = far.with_tables(link=far.link.with_columns(geometry=pl.lit(None)))
    geojson.write(far, tmp_path / "t.geojson")
    assert json.loads((tmp_path / "t.geojson").read_text())["crs"] == member
    back, _ = read(tmp_path / "t.geojson")
    assert back.settings.crs == again
    assert back.node.equals(far.node)
    assert back.link.equals(far.link)
    save(back, tmp_path / "s")
    assert load(tmp_path / "s").settings.crs == again


def test_lines_are_joined_where_their_ends_are_equal(collection, tmp_path):
    path = collection(
        line((0, 0), (1, 0), free_speed=50),
        line((1, 0), (1, 0.5), (1, 1), free_speed_km_h=60, length=99),
        line((1, 1), (0, 0), time_h=2, directed=True, mode="rail", gauge_mm=1520),
        point(1, 1, node_id="N1", name="Corner", zone_id=7),
    )
    study, slips = read(path)
    assert slips == []
    ends = study.link.select("link_id", "from_node_id", "to_node_id").rows()
    assert ends == [("L1", "N2", "N3"), ("L2", "N3", "N1"), ("L3", "N1", "N2")]
    assert study.node.select("node_id", "x_coord", "y_coord", "zone_id").rows() == [
        ("N1", 1.0, 1.0, "7"),
        ("N2", 0.0, 0.0, None),
        ("N3", 1.0, 0.0, None),
    ]
    assert study.link["directed"].to_list() == [False, False, True]
    assert study.link["geometry"].to_list() == [None, "LINESTRING (1 0, 1 0.5, 1 1)", None]
    assert study.link["length_km"][0] == pytest.approx(DEGREE_KM, rel=1e-12)
    assert study.link["length_km"][1] == 99.0
    assert study.link["free_speed_km_h"].to_list() == [50.0, 60.0, None]
    save(study, tmp_path / "s")
    assert load(tmp_path / "s").source.equals(study.source)


def test_what_was_assumed_is_a_source(collection):
    study, _ = read(
        collection(
            line((0, 0), (1, 0), free_speed=50),
            line((0, 0), (1, 1), time_h=1, length_km=9, cost_usd_t=1, mode="road", directed=True),
        )
    )
    assumed = study.source.filter(kind="assumption").row(0, named=True)
    assert (
        "length_km is the length of the drawn line along great circles (1 of 2 links)"
        in (assumed["note"])
    )
    assert "free_speed of GMNS is in km/h" in assumed["note"]
    assert study.link["source_id"].to_list() == [assumed["source_id"], "geojson"]
    assert study.source.filter(source_id="geojson")["title"].item() == "roads.geojson"


def test_columns_of_gmns_make_roads(collection):
    study, _ = read(
        collection(
            line(
                *((0, 0), (1, 0)),
                **{"link_id": 5, "from_node_id": 1, "to_node_id": 2, "directed": 1},
                **{"free_speed": 50, "lanes": 2.0, "capacity": 900, "toll": 1.5},
                **{"facility_type": "arterial", "allowed_uses": "auto, bike"},
            )
        )
    )
    assert study.link.row(0)[0] == "5"
    road = study.road.row(0, named=True)
    assert (road["capacity_trips"], road["lanes"], road["toll"]) == (1800.0, 2, 1.5)
    assert (road["delay"], road["alpha"], road["beta"]) == ("bpr", 0.15, 4.0)
    assert road["road_type"] == "arterial"
    assert "BPR function with 0.15 and 4" in study.source["note"].str.join().item()
    assert road["source_id"] == "geojson-assumed"
    assert road["allowed_classes"] == "auto,bike"
    assert study.user_class["class_id"].to_list() == ["auto", "bike"]
    assert study.settings.traffic.units_assumed
    assert study.node["node_id"].to_list() == ["1", "2"]


def test_lengths_are_measured_in_metres_of_a_projection(collection):
    pytest.importorskip("pyproj")
    crs = {"type": "name", "properties": {"name": "EPSG:28992"}}
    study, _ = read(collection(line((0, 0), (3000, 4000), time_h=1), crs=crs))
    assert study.link["length_km"].to_list() == [5.0]


def test_properties_without_a_column_are_named(collection):
    features = line((0, 0), (1, 0), time_h=1, highway="primary", tariff_id="x"), point(9, 9, ele=3)
    _, slips = read(collection(*features))
    assert slips == ["roads.geojson: properties that are not read: ele, highway, tariff_id"]


GOOD = line((0, 0), (1, 0), time_h=1)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([], "roads.geojson: has no LineString, and a study needs at least one link"),
        ([GOOD, 3], "row 2: is not a GeoJSON Feature"),
        ([GOOD, {"type": "Feature", "geometry": None}], "row 2: has no geometry, and no node_id"),
        ([line((0, 0), time_h=1), GOOD], "row 1: has a line of fewer than two points"),
        ([line((0, 0), (1,), time_h=1), GOOD], "row 1: has a point '1', which is not two finite"),
        ([line((0, 0), ("a", 1)), GOOD], "row 1: has a point 'a,1'"),
        ([line((0, 0), (True, 1)), GOOD], "row 1: has a point 'true,1'"),
        ([line((0, 0), (float("inf"), 1)), GOOD], "row 1: has a point 'inf,1'"),
        ([line((0, 0), (10**400, 1)), GOOD], "row 1: has a point"),
        ([line((0, 0), (200, 0), time_h=1)], "row 1, column x_coord: 200 is not <= 180"),
        ([line((0, 0), (0, 0), time_h=1)], "row 1: from_node_id and to_node_id differ"),
        ([line((0, 0), (1, 0))], "row 1: one of time_h and free_speed_km_h is given"),
        ([line((0, 0), (1, 0), time_h=-1)], "row 1, column time_h: -1 is not >= 0"),
        ([line((0, 0), (1, 0), time_h="1 h")], "row 1, column time_h: '1 h' is not a number"),
        ([line((0, 0), (1, 0), time_h=1, mode="raod")], "row 1, column mode: 'raod' is not one"),
        ([{**GOOD, "id": "a"}, {**GOOD, "id": "a"}], "row 2, column link_id: link_id 'a' is"),
        ([point(0, 0, node_id="x y"), GOOD], "row 1, column node_id: 'x y' is not an identifier"),
        ([{**GOOD, "properties": [1]}, GOOD], "row 1: has properties that are no object"),
        ([{**GOOD, "geometry": "WKT"}, GOOD], "row 1: has a geometry that is no object"),
        (
            [{"type": "Feature", "properties": {"link_id": "a", "time_h": 1}, "geometry": None}],
            "row 1, column from_node_id: is missing, and there is no line",
        ),
        ([line((0, 0), (1, 0), time_h=1, name="\ud800")], "roads.geojson: has a link with half"),
    ],
)
def test_what_is_wrong_is_said(collection, features, message):
    problems = problems_of(collection(*features))
    assert any(message in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("kind", "coordinates", "message"),
    [
        (
            "Polygon",
            [[[0, 0], [1, 0], [0, 0]]],
            "is a Polygon; nodes are Points and links are LineStrings",
        ),
        (
            "MultiLineString",
            [[[0, 0], [1, 0]], [[2, 0], [3, 0]]],
            "is a MultiLineString of 2 parts; a link is one line",
        ),
    ],
)
def test_other_geometries(collection, kind, coordinates, message):
    shape = {"type": kind, "coordinates": coordinates}
    path = collection(GOOD, {"type": "Feature", "properties": {}, "geometry": shape})
    assert problems_of(path) == [f"roads.geojson, row 2: {message}"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"crs": {"type": "link"}}, "has a crs that is not given by its name"),
        ({"traffic": {"time_unit": "day"}}, "has a member traffic that is not as [traffic]"),
        ({"crs": None}, "column length_km: is missing, and lines cannot be measured in crs"),
    ],
)
def test_members_that_are_not_understood(collection, members, message):
    assert any(message in problem for problem in problems_of(collection(GOOD, **members)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"", "is not JSON: Expecting value (line 1, character 1)"),
        (b'{"type": "FeatureCollection",\n "features": [}', "(line 2, character 15)"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[" * 100_000, "is not JSON that can be read"),
        (b"9" * 10_000, "is not JSON that can be read"),
        (b'{"type": "Topology"}', "is not a GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": {}}', "has no list of features"),
    ],
)
def test_files_that_are_none(tmp_path, content, message):
    path = tmp_path / "x.geojson"
    if content is not None:
        path.write_bytes(content)
    (problem,) = problems_of(path)
    assert message in problem


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ResourceError, match="cannot be read"):
        geojson.read(tmp_path)


def test_a_study_without_coordinates(make_town, tmp_path):
    town = make_town("unknown")
    bare = town.with_tables(node=town.node.with_columns(x_coord=pl.lit(None)))
    with pytest.raises(DataError, match="cannot be drawn: no node has x_coord and y_coord"):
        geojson.write(bare, tmp_path / "t.geojson")
    assert not (tmp_path / "t.geojson").exists()


def test_a_node_without_coordinates_is_kept(make_town, tmp_path):
    town = make_town("unknown")
    part = pl.Series([10.0, None, 11.0, 10.5])
    part = town.with_tables(
        node=town.node.with_columns(x_coord=part),
        link=town.link.with_columns(geometry=pl.lit(None)),
    )
    geojson.write(part, tmp_path / "t.geojson")
    back, _ = read(tmp_path / "t.geojson")
    assert back.node["x_coord"].to_list() == [10.0, None, 11.0, 10.5]
    assert back.link.equals(part.link)
