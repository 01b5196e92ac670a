"""A container as OGC 12-128 asks, read back with SQLite alone and, where there is one, by GDAL."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing

import polars as pl
import pytest

from sogdia.errors import DataError, ResourceError
from sogdia.study.formats import geopackage


@pytest.fixture
def query(tmp_path):
    """Ask the file."""

    def ask(sql):
        with closing(sqlite3.connect(tmp_path / "town.gpkg")) as database:
            return database.execute(sql).fetchall()

    return ask


@pytest.fixture
def path(tmp_path):
    return tmp_path / "town.gpkg"


def unpack(blob):
    """Return the reference system and coordinates of a geometry in the GeoPackage binary."""
    magic, version, flags, srs_id = struct.unpack("<2sBBi", blob[:8])
    assert (magic, version, flags) == (b"GP", 0, 1)
    order, kind = struct.unpack("<BI", blob[8:13])
    assert order == 1
    if kind == 1:
        return srs_id, [struct.unpack("<dd", blob[13:])]
    assert kind == 2
    (count,) = struct.unpack("<I", blob[13:17])
    assert len(blob) == 17 + 16 * count
    return srs_id, list(struct.iter_unpack("<dd", blob[17:]))


def test_the_container(town, path, query):
    geopackage.write(town, path)
    assert path.read_bytes()[68:72] == b"GPKG"
    assert query("PRAGMA user_version") == [(10400,)]
    assert query("PRAGMA integrity_check") == [("ok",)]
    assert query("PRAGMA foreign_key_check") == []
    assert query("SELECT srs_id, organization FROM gpkg_spatial_ref_sys ORDER BY srs_id") == [
        (-1, "NONE"),
        (0, "NONE"),
        (4326, "EPSG"),
    ]
    box = (10.0, 49.75, 11.0, 50.25, 4326)
    contents = query(
        "SELECT table_name, data_type, min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents"
    )
    assert contents == [("node", "features", *box), ("link", "features", *box)]
    assert query("SELECT * FROM gpkg_geometry_columns ORDER BY table_name") == [
        ("link", "geom", "LINESTRING", 4326, 0, 0),
        ("node", "geom", "POINT", 4326, 0, 0),
    ]
    columns = {row[1]: row[2] for row in query("PRAGMA table_info(link)")}
    assert (columns["fid"], columns["geom"]) == ("INTEGER", "LINESTRING")
    assert (columns["directed"], columns["length_km"]) == ("BOOLEAN", "DOUBLE")
    assert (columns["open_from"], columns["lanes"], columns["mode"]) == ("DATE", "INTEGER", "TEXT")


def test_geometries_and_rows(town, path, query):
    geopackage.write(town, path, flows=pl.DataFrame({"link_id": ["c"], "flow_trips": [7.5]}))
    ((blob, name, zone, through),) = query(
        "SELECT geom, name, zone_id, through FROM node WHERE node_id = '1'"
    )
    assert unpack(blob) == (4326, [(10.0, 50.0)])
    assert (name, zone, through) == ("West", "1", 0)
    rows = query("SELECT geom, name, open_from, flow_trips, hard FROM link ORDER BY fid")
    assert unpack(rows[0][0])[1] == [(10, 50), (10.2, 50.2), (10.5, 50.25)]
    assert rows[0][1:] == ("Ünter den Linden", None, None, 1)
    assert rows[1][1:] == (None, "2024-07-01", None, None)
    assert rows[2][3] == 7.5


def test_gdal_reads_it(town, path):
    pyogrio = pytest.importorskip("pyogrio")
    geopackage.write(town, path)
    assert [name for name, _ in pyogrio.list_layers(path)] == ["node", "link"]
    info = pyogrio.read_info(path, layer="link")
    assert (info["crs"], info["geometry_type"], info["features"]) == ("EPSG:4326", "LineString", 4)
    assert info["total_bounds"] == (10.0, 49.75, 11.0, 50.25)
    types = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert (types["directed"], types["open_from"]) == ("bool", "datetime64[D]")


@pytest.mark.parametrize(
    ("crs", "srs_id", "organization"),
    [("EPSG:28992", 28992, "EPSG"), ("OGC:CRS27", 100_000, "NONE"), ("unknown", -1, None)],
)
def test_other_coordinates(make_town, path, query, crs, srs_id, organization):
    pytest.importorskip("pyproj")
    geopackage.write(make_town(crs), path)
    assert query("SELECT DISTINCT srs_id FROM gpkg_contents") == [(srs_id,)]
    assert unpack(query("SELECT geom FROM node")[0][0])[0] == srs_id
    own = query("SELECT organization, definition FROM gpkg_spatial_ref_sys WHERE srs_id > 5000")
    if organization is not None:
        given, definition = own[-1]
        assert given == organization
        assert definition.startswith(("PROJCS[", "GEOGCS["))
    if crs == "EPSG:28992" and (pyogrio := pytest.importorskip("pyogrio")):
        assert pyogrio.read_info(path, layer="node")["crs"] == crs


def test_a_cut_course_makes_the_layer_general(make_town, path, query):
    town = make_town()
    moved = town.with_tables(
        node=town.node.with_columns(x_coord=pl.Series([170.0, 175.0, -170.0, 175.0])),
        link=town.link.with_columns(geometry=pl.lit(None)),
    )
    geopackage.write(moved, path)
    types = dict(query("SELECT table_name, geometry_type_name FROM gpkg_geometry_columns"))
    assert types == {"node": "POINT", "link": "GEOMETRY"}


def test_a_file_is_replaced(town, path, query):
    geopackage.write(town, path)
    geopackage.write(town, path)
    assert query("SELECT count(*) FROM link") == [(4,)]


def test_places_that_are_not_known_are_null(make_town, path, query):
    town = make_town("unknown")
    part = pl.Series([10.0, None, 11.0, 10.5])
    geopackage.write(town.with_tables(node=town.node.with_columns(x_coord=part)), path)
    assert query("SELECT node_id FROM node WHERE geom IS NULL") == [("2",)]
    assert query("SELECT link_id FROM link WHERE geom IS NULL") == [("b",)]


def test_a_study_without_coordinates(make_town, path):
    town = make_town("unknown")
    bare = town.with_tables(node=town.node.with_columns(x_coord=pl.lit(None)))
    with pytest.raises(DataError, match="cannot be drawn"):
        geopackage.write(bare, path)
    assert not path.exists()


def test_a_place_that_cannot_be_written(town, tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "x.gpkg", tmp_path):
        with pytest.raises(ResourceError, match="cannot be written"):
            geopackage.write(town, path)
