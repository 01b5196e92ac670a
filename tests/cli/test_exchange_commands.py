"""`sogdia import` and `sogdia export`: what was read is said, nothing is overwritten unasked."""

import json
import shutil

import polars as pl
import pytest

from sogdia.study.formats import geojson
from sogdia.study.load import load, save

COLLECTION = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"node_id": "A", "zone_id": "1"},
            "geometry": {"type": "Point", "coordinates": [10, 50]},
        },
        {
            "type": "Feature",
            "properties": {"node_id": "B", "zone_id": "2"},
            "geometry": {"type": "Point", "coordinates": [11, 50]},
        },
        {
            "type": "Feature",
            "properties": {
                **{"link_id": "ab", "directed": True, "time_h": 1, "surface": "gravel"},
                **{"capacity_trips": 9.0, "alpha": 0.15, "beta": 4, "allowed_classes": "car"},
            },
            "geometry": {"type": "LineString", "coordinates": [[10, 50], [11, 50]]},
        },
        {
            "type": "Feature",
            "properties": {
                **{"link_id": "ba", "directed": True, "time_h": 1, "capacity_trips": 9.0},
                **{"alpha": 0.15, "beta": 4, "allowed_classes": "car"},
            },
            "geometry": {"type": "LineString", "coordinates": [[11, 50], [10, 50]]},
        },
    ],
}
FORMATS = {"import": ["gmns", "tntp", "omx", "geojson"]}
FORMATS["export"] = [*FORMATS["import"], "geopackage", "geoparquet"]


@pytest.fixture(scope="module")
def roads_once(tmp_path_factory):
    """The study of two places and a road each way."""
    folder = tmp_path_factory.mktemp("roads")
    (folder / "roads.geojson").write_text(json.dumps(COLLECTION))
    study, problems, _ = geojson.read(folder / "roads.geojson")
    assert study is not None, problems
    save(study, folder / "roads")
    return folder


@pytest.fixture
def roads(here, roads_once):
    """A copy of it in the working directory, beside the file that it was read from."""
    shutil.copytree(roads_once, here, dirs_exist_ok=True)
    return here / "roads"


@pytest.fixture
def with_trips(roads, here):
    """The same, with trips."""
    trips = "origin_zone_id,destination_zone_id,class_id,trips\n1,2,car,10\n2,1,car,4.5\n"
    (roads / "trip.csv").write_text(trips)
    # TNTP cannot keep a class off a road.
    pl.read_csv(roads / "road.csv").drop("allowed_classes").write_csv(roads / "road.csv")
    return roads


@pytest.mark.parametrize(
    ("command", "name"), [(command, name) for command in FORMATS for name in FORMATS[command]]
)
def test_every_format_has_help_with_an_example(sogdia, command, name):
    done = sogdia(command, name, "--help")
    assert done.code == 0
    examples = done.out.partition("Examples")[2]
    assert f"sogdia {command} {name} " in " ".join(examples.split())


@pytest.mark.parametrize("command", ["import", "export"])
def test_help_lists_the_formats(sogdia, command):
    text = sogdia(command, "-h").out
    assert all(f"│ {name} " in text for name in FORMATS[command])
    assert all(f"sogdia {command} {name} " in text for name in FORMATS[command])


def test_import_says_what_was_read_and_assumed(sogdia, here):
    (here / "roads.geojson").write_text(json.dumps(COLLECTION))
    done = sogdia("import", "geojson", "roads.geojson", "--to", "new/study")
    assert done.code == 0
    words = " ".join(done.out.split())
    assert "node 2 rows link 2 rows road 2 rows user_class 1 row" in words
    assert "crs EPSG:4326" in words
    assert "length_km is the length of the drawn line along great circles (2 of 2 links)" in words
    assert done.err.splitlines() == [
        "warning: roads.geojson: properties that are not read: surface",
        "Written to new/study",
    ]
    assert max(map(len, done.out.splitlines())) <= 80
    # What loading would warn of is an error in tests.
    assert load(here / "new" / "study").link["link_id"].to_list() == ["ab", "ba"]


def test_import_for_scripts(sogdia, here):
    (here / "roads.geojson").write_text(json.dumps(COLLECTION))
    done = sogdia("import", "geojson", "roads.geojson", "--to", "s", "--json")
    said = json.loads(done.out)
    assert done.err == ""
    assert said["study"] == "s"
    assert said["rows"] == {"source": 2, "node": 2, "link": 2, "road": 2, "user_class": 1}
    assert said["units"]["crs"] == "EPSG:4326"
    assert said["warnings"] == ["roads.geojson: properties that are not read: surface"]
    assert "one passenger car equivalent" in said["assumptions"][0]


def test_import_lists_everything_wrong(sogdia, here):
    broken = json.loads(json.dumps(COLLECTION))
    broken["features"][2]["properties"]["time_h"] = "soon"
    broken["features"][3]["geometry"]["coordinates"] = [[11, 50]]
    (here / "roads.geojson").write_text(json.dumps(broken))
    done = sogdia("import", "geojson", "roads.geojson", "--to", "s")
    assert (done.code, done.out) == (2, "")
    assert "roads.geojson, row 3, column time_h: 'soon' is not a number" in done.err
    assert "roads.geojson, row 4: has a line of fewer than two points" in done.err
    assert not (here / "s").exists()


@pytest.mark.parametrize("name", ["gmns", "tntp"])
def test_networks_go_out_and_come_back(sogdia, here, with_trips, name):
    done = sogdia("export", name, "roads", "--to", "out")
    assert (done.code, done.out, done.err) == (0, "", "Written to out\n")
    done = sogdia("import", name, "out", "--to", "back", "--json")
    assert done.code == 0, done.err
    study = load(here / "back")
    assert study.link["length_km"].to_list() == pytest.approx(
        load("roads").link["length_km"].to_list()
    )
    assert study.road["capacity_trips"].to_list() == [9.0, 9.0]
    assert study.trip["trips"].to_list() == [10.0, 4.5]
    assert done.err == ""


def test_factors_of_tntp(sogdia, here, with_trips):
    assert sogdia("export", "tntp", "roads", "--to", "out").code == 0
    factors = ("--toll-factor", "0.5", "--distance-factor", "0.25")
    assert sogdia("import", "tntp", "out", "--to", "back", *factors).code == 0
    row = load(here / "back").user_class.row(0, named=True)
    assert (row["toll_factor"], row["distance_factor"]) == (0.5, 0.25)


def test_trips_go_out_and_come_back(sogdia, here, with_trips):
    assert sogdia("export", "omx", "roads", "--to", "trips.omx").err == "Written to trips.omx\n"
    read = ("import", "omx", "trips.omx", "--study", "roads")
    done = sogdia(*read, "--to", "back", "--matrix", "car", "--class", "lorry", "--json")
    said = json.loads(done.out)
    assert said["rows"]["trip"] == 4
    assert said["assumptions"] == [
        "trips.omx names lorry and says no more: one car equivalent, no toll factor"
    ]
    trip = load(here / "back").trip.filter(class_id="lorry")
    assert trip["trips"].to_list() == [10.0, 4.5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--matrix", "vans"], "trips.omx: has no matrix 'vans'; it has car"),
        (["--class", "car"], "0 --matrix but 1 --class; give as many, in the same order"),
        (["--lookup", "taz"], "trips.omx: has no lookup 'taz'; it has zone_id"),
    ],
)
def test_matrices_that_are_not_there(sogdia, with_trips, arguments, message):
    sogdia("export", "omx", "roads", "--to", "trips.omx")
    read = ("import", "omx", "trips.omx", "--study", "roads", "--to", "back")
    done = sogdia(*read, *arguments)
    assert (done.code, done.err) == (2, f"{message}\n")


def test_maps_go_out(sogdia, here, roads):
    for name, path in (("geojson", "m.geojson"), ("geopackage", "m.gpkg"), ("geoparquet", "m")):
        assert sogdia("export", name, "roads", "--to", path).code == 0
    assert json.loads((here / "m.geojson").read_text())["features"][2]["id"] == "ab"
    assert (here / "m.gpkg").stat().st_size > 0
    assert pl.read_parquet(here / "m" / "link.parquet").height == 2


def test_flows_are_written_beside_the_links(sogdia, here, roads):
    (here / "flows.csv").write_text("link_id,forward,flow_trips\nba,true,3.5\n")
    for name, path in (("geojson", "m.geojson"), ("geopackage", "m.gpkg"), ("geoparquet", "m")):
        done = sogdia("export", name, "roads", "--to", path, "--flows", "flows.csv")
        assert done.code == 0, done.err
    last = json.loads((here / "m.geojson").read_text())["features"][-1]
    assert last["properties"]["flow_trips"] == 3.5
    assert pl.read_parquet(here / "m" / "link.parquet")["flow_trips"].to_list() == [None, 3.5]


def test_a_scenario_is_applied_first(sogdia, here, roads):
    change = 'where = {link_id = "ab"}\nset = {time_h = 8}\n'
    (here / "slow.toml").write_text(f'name = "slow"\n[[change]]\ntable = "link"\n{change}')
    done = sogdia("export", "geojson", "roads", "--to", "m", "--scenario", "slow.toml")
    assert done.code == 0, done.err
    feature = json.loads((here / "m").read_text())["features"][2]
    assert feature["properties"]["time_h"] == 8.0


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "geojson", "roads.geojson", "--to", "roads"],
        ["import", "gmns", "roads", "--to", "roads"],
        ["import", "tntp", "roads", "--to", "roads"],
        ["import", "omx", "trips.omx", "--study", "roads", "--to", "roads"],
        ["export", "gmns", "roads", "--to", "roads"],
        ["export", "tntp", "roads", "--to", "roads"],
        ["export", "geoparquet", "roads", "--to", "roads"],
        ["export", "omx", "roads", "--to", "roads"],
        ["export", "geojson", "roads", "--to", "roads.geojson"],
        ["export", "geopackage", "roads", "--to", "roads.geojson"],
    ],
)
def test_nothing_is_overwritten_unasked(sogdia, roads, arguments):
    before = {path: path.read_bytes() for path in roads.iterdir()}
    done = sogdia(*arguments)
    assert done.code == 2
    assert done.err.endswith("; --force replaces what is there\n")
    assert {path: path.read_bytes() for path in roads.iterdir()} == before


def test_force_replaces(sogdia, here, roads):
    (here / "taken").mkdir()
    assert sogdia("import", "geojson", "roads.geojson", "--to", "taken").code == 0
    again = ("import", "geojson", "roads.geojson", "--to", "taken", "--force")
    assert sogdia(*again).code == 0
    assert sogdia("export", "geojson", "taken", "--to", "roads.geojson", "--force").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "geojson", "nowhere.geojson", "--to", "s"],
        ["import", "omx", "nowhere.omx", "--study", "nowhere", "--to", "s"],
        ["import", "gmns", "nowhere", "--to", "s"],
        ["import", "tntp", "nowhere", "--to", "s"],
        ["export", "geojson", "nowhere", "--to", "x.geojson"],
    ],
)
def test_what_is_not_there_ends_with_2(sogdia, here, arguments):
    done = sogdia(*arguments)
    assert done.code == 2
    assert "nowhere" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [["import"], ["export", "shape", "s"], ["import", "geojson", "x"], ["export"]]
)
def test_wrong_usage(sogdia, arguments):
    assert sogdia(*arguments).code == 2


def test_a_folder_that_cannot_be_made_ends_with_4(sogdia, roads, here):
    (here / "file").write_text("")
    done = sogdia("export", "geojson", "roads", "--to", "file/x.geojson")
    assert done.code == 4
    assert "cannot be written" in done.err
