"""Metadata as the standard says, geometries read back by others, results beside their links."""

from __future__ import annotations

import json
import struct

import polars as pl
import pytest

from sogdia.errors import DataError, ResourceError
from sogdia.study.formats import geoparquet
from sogdia.study.formats.flows import read_flows


def geo_of(path):
    """Return the key geo, by a reader that is not the writer."""
    parquet = pytest.importorskip("pyarrow.parquet")
    return json.loads(parquet.read_metadata(path).metadata[b"geo"])


def unpack_line(wkb):
    order, kind, count = struct.unpack("<BII", wkb[:9])
    assert (order, kind, len(wkb)) == (1, 2, 9 + 16 * count)
    return list(struct.iter_unpack("<dd", wkb[9:]))


def test_metadata(town, tmp_path):
    node, link = geoparquet.write(town, tmp_path / "layers")
    assert [node.name, link.name] == ["node.parquet", "link.parquet"]
    assert geo_of(node) == {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": ["Point"],
                "edges": "planar",
                "bbox": [10.0, 49.75, 11.0, 50.25],
            }
        },
    }
    column = geo_of(link)["columns"]["geometry"]
    assert column["geometry_types"] == ["LineString"]
    assert column["bbox"] == [10.0, 49.75, 11.0, 50.25]
    schema = pytest.importorskip("pyarrow.parquet").read_schema(link)
    assert str(schema.field("geometry").type) in {"binary", "large_binary"}


def test_geometries_and_columns(town, tmp_path):
    node, link = (pl.read_parquet(path) for path in geoparquet.write(town, tmp_path))
    assert node["geometry"][0] == struct.pack("<BIdd", 1, 1, 10.0, 50.0)
    lines = [unpack_line(wkb) for wkb in link["geometry"]]
    assert lines[:2] == [[(10, 50), (10.2, 50.2), (10.5, 50.25)], [(10.5, 50.25), (11, 50)]]
    assert link["capacity_trips"].to_list() == [1000.0, None, None, None]
    assert link["road_source_id"].to_list() == ["survey", "survey", None, None]
    assert {"x_coord", "y_coord"}.isdisjoint(node.columns)
    assert node.drop("geometry").columns == [
        name for name in town.node.columns if name not in ("x_coord", "y_coord")
    ]


def test_geopandas_reads_it(town, tmp_path):
    geopandas = pytest.importorskip("geopandas")
    _, link = geoparquet.write(town, tmp_path)
    frame = geopandas.read_parquet(link)
    assert frame.crs.to_string() == "OGC:CRS84"
    assert frame.geometry.to_wkt().iloc[0] == "LINESTRING (10 50, 10.2 50.2, 10.5 50.25)"
    assert frame["toll"].to_list()[1] == 1.5


@pytest.mark.parametrize(("crs", "code"), [("EPSG:28992", 28992), ("unknown", None)])
def test_other_coordinates(make_town, tmp_path, crs, code):
    pytest.importorskip("pyproj")
    node, _ = geoparquet.write(make_town(crs), tmp_path)
    member = geo_of(node)["columns"]["geometry"]["crs"]
    assert member is None if code is None else member["id"] == {"authority": "EPSG", "code": code}


def test_a_cut_course_is_two_lines(make_town, tmp_path):
    town = make_town()
    moved = town.with_tables(
        node=town.node.with_columns(x_coord=pl.Series([170.0, 175.0, -170.0, 175.0])),
        link=town.link.with_columns(geometry=pl.lit(None)),
    )
    _, link = geoparquet.write(moved, tmp_path)
    column = geo_of(link)["columns"]["geometry"]
    assert column["geometry_types"] == ["LineString", "MultiLineString"]
    assert column["bbox"] == [-180.0, 49.75, 180.0, 50.25]
    wkb = pl.read_parquet(link)["geometry"][1]
    assert struct.unpack("<BII", wkb[:9]) == (1, 5, 2)
    half = 9 + 2 * 16
    west, east = unpack_line(wkb[9 : 9 + half]), unpack_line(wkb[9 + half :])
    assert (west[0], east[1]) == ((175, 50.25), (-170, 50))
    assert (west[1][0], east[0][0], west[1][1]) == (180, -180, east[0][1])


def test_places_that_are_not_known_are_null(make_town, tmp_path):
    town = make_town("unknown")
    part = town.with_tables(
        node=town.node.with_columns(x_coord=pl.Series([10.0, None, 11.0, 10.5]))
    )
    node, link = (pl.read_parquet(path) for path in geoparquet.write(part, tmp_path))
    assert node["geometry"].is_null().to_list() == [False, True, False, False]
    assert link["geometry"].is_null().to_list() == [False, True, False, False]


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        ("EPSG:1", "crs 'EPSG:1' of study.toml is in no register"),
        ("NOBODY:7", "crs 'NOBODY:7' of study.toml is in no register"),
    ],
)
def test_a_crs_that_nobody_knows(make_town, tmp_path, crs, message):
    pytest.importorskip("pyproj")
    with pytest.raises(DataError, match=message):
        geoparquet.write(make_town(crs), tmp_path)


def test_without_pyproj_only_degrees_and_local_systems(make_town, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyproj", None)
    geoparquet.write(make_town("OGC:CRS84"), tmp_path)
    geoparquet.write(make_town("unknown"), tmp_path)
    with pytest.raises(DataError, match=r"with pyproj: pip install 'sogdia\[geo\]'"):
        geoparquet.write(make_town("EPSG:28992"), tmp_path)


def test_a_study_without_coordinates(make_town, tmp_path):
    town = make_town("unknown")
    bare = town.with_tables(node=town.node.with_columns(y_coord=pl.lit(None)))
    with pytest.raises(DataError, match="cannot be drawn"):
        geoparquet.write(bare, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_course_that_is_none(make_town, tmp_path):
    town = make_town("unknown")
    bent = town.with_tables(link=town.link.with_columns(geometry=pl.lit("LINESTRING (1 2, 3)")))
    with pytest.raises(DataError, match="the geometry of link 'a' is no WKT LINESTRING"):
        geoparquet.write(bent, tmp_path)


def test_a_folder_that_cannot_be_made(town, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be written"):
        geoparquet.write(town, tmp_path / "file")


@pytest.fixture
def flow_file(tmp_path):
    """Write a table as CSV."""

    def make(**columns):
        path = tmp_path / "flows.csv"
        pl.DataFrame(columns).write_csv(path)
        return path

    return make


def test_flows_of_both_directions_stand_side_by_side(town, tmp_path):
    path = tmp_path / "flows.parquet"
    pl.DataFrame(
        {
            "link_id": ["a", "c", "c", "d"],
            "forward": [True, True, False, False],
            "flow_trips": [1.0, 2.0, 3.0, 4.0],
        }
    ).write_parquet(path)
    _, link = geoparquet.write(town, tmp_path, flows=read_flows(path, town))
    drawn = pl.read_parquet(link).select("link_id", "flow_trips_forward", "flow_trips_backward")
    assert drawn.rows() == [("a", 1, None), ("b", None, None), ("c", 2, 3), ("d", None, 4)]


def test_flows_of_one_direction_keep_their_name(town, flow_file):
    path = flow_file(link_id=["b", "a"], forward=["true", "true"], flow_trips=[1.0, 2.0])
    assert read_flows(path, town).rows() == [("b", 1.0), ("a", 2.0)]


def test_flows_of_several_goods_are_summed(town, flow_file):
    path = flow_file(
        link_id=["c", "c", "c@closed-to-wheat", "d"],
        from_node_id=["1", "4", "1", "3"],
        commodity_id=["wheat", "wheat", "steel", "steel"],
        kt=[1.0, 2.0, 4.0, 8.0],
    )
    flows = read_flows(path, town).sort("link_id")
    assert flows.columns == ["link_id", "kt_forward", "kt_backward"]
    assert flows.rows() == [("c", 5.0, 2.0), ("d", None, 8.0)]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"link_id": ["a", "a"], "class_id": ["x", "y"], "time_min": [1, 2]},
            "row 3, column link_id: 'a' has a row for this direction already",
        ),
        ({"link_id": ["x"], "flow": [1]}, "row 2, column link_id: 'x' is not a link of the study"),
        (
            {"link_id": ["a", "b", "a"], "flow": [1, 2, 3]},
            "row 4, column link_id: 'a' has a row for this direction already",
        ),
        (
            {"link_di": ["a"], "flow": [1]},
            "column link_id: the column is missing; nearest: link_di",
        ),
        ({"link_id": ["a"]}, "has no column of results"),
        ({"link_id": ["a"], "toll": [1]}, "column toll: the name is that of a column of links"),
        ({"link_id": ["a"], "geom": [1]}, "column geom: the name is that of a column of links"),
        (
            {"link_id": ["a"], "forward": ["yes"], "flow": [1]},
            "column forward: is not true or false in every row",
        ),
        (
            {"link_id": ["a", "b"], "forward": [True, None], "flow": [1, 2]},
            "row 3, column forward: 'b' has no direction",
        ),
    ],
)
def test_flows_that_are_wrong(town, flow_file, columns, message):
    with pytest.raises(DataError) as caught:
        read_flows(flow_file(**columns), town)
    assert message in str(caught.value)


def test_many_wrong_flows_are_counted(town, flow_file):
    path = flow_file(link_id=[f"x{i}" for i in range(9)], flow=[1] * 9)
    with pytest.raises(DataError, match="4 more rows are wrong in this way"):
        read_flows(path, town)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("f.txt", b"", "is not a .parquet or .csv file"),
        ("f.parquet", b"no", "is not a table in Parquet"),
        ("f.csv", b"", "is not a table in CSV"),
        ("f.csv", None, "there is no file"),
    ],
)
def test_files_of_flows_that_are_none(town, tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_flows(tmp_path / name, town)
