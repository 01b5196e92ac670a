"""GMNS networks: what is read, what is written back, and what is said of bad tables."""

from __future__ import annotations

import warnings
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from sogdia.cli import app
from sogdia.errors import DataError
from sogdia.routing.planner import route
from sogdia.study import Study
from sogdia.study.formats import gmns
from sogdia.study.load import DataWarning, inspect, load, save

TABLES = {
    "config": "dataset_name,short_length,long_length,speed,crs,geometry_field_format,id_type\n"
    "town,ft,miles,mph,EPSG:4326,WKT,string\n",
    "node": "node_id,name,x_coord,y_coord,zone_id,ctrl_type\n"
    "n1,West,10.0,50.0,A,\nn2,,10.5,50.25,,signal\nn3,East,11.0,50.0,B,\n",
    "link": "link_id,name,from_node_id,to_node_id,directed,geometry_id,geometry,length,"
    "facility_type,capacity,free_speed,lanes,allowed_uses,toll,vdf_alpha,vdf_beta\n"
    'l1,High Street,n1,n2,1,,"LINESTRING (10 50, 10.2 50.2, 10.5 50.25)",28.5,primary,'
    "1800,50,2,motor,0.5,,\n"
    "l2,,n2,n3,true,g2,,29.1,residential,600,30,1,car,,1.2,3\n"
    "l3,,n1,n3,0,,,,path,,10,,,,,\n",
    "geometry": 'geometry_id,geometry\ng2,"LINESTRING (10.5 50.25, 11 50)"\n',
    "zone": "zone_id,name\nA,Old town\nB,New town\n",
    "use_definition": "use,persons_per_vehicle,pce,description\ncar,1.3,1,cars\nbus,30,2.5,\n"
    "bike,1,0,\n",
    "use_group": 'use_group,uses,description\nmotor,"car,bus",engines\n',
    "demand": "o_zone_id,d_zone_id,volume,class\nA,B,100.5,car\nA,B,3,bus\nB,A,7,bike\n",
}


def written(folder: Path, **tables: str | None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for table, text in (TABLES | tables).items():
        if text is not None:
            (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    return folder


def quiet(folder: Path) -> Study:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return load(folder)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return quiet(written(tmp_path / "town"))


def test_units_come_from_the_config(study: Study):
    units = study.settings.traffic
    assert units is not None
    assert (units.length_unit, units.speed_unit, units.units_assumed) == ("mile", "mile/h", False)
    assert study.settings.crs == "EPSG:4326"
    link = study.link.row(0, named=True)
    assert link["length_km"] == pytest.approx(28.5 * 1.609344)
    assert link["free_speed_km_h"] == pytest.approx(50 * 1.609344)
    assert link["time_h"] is None


def test_capacity_of_all_lanes_and_a_function_that_is_assumed_where_there_is_none(study: Study):
    columns = ("delay", "capacity_trips", "alpha", "beta", "lanes", "toll", "source_id")
    assert study.road.select(pl.col("delay").cast(pl.String), *columns[1:]).rows() == [
        ("bpr", 3600.0, 0.15, 4.0, 2, 0.5, "delay-assumed"),
        ("bpr", 600.0, 1.2, 3.0, 1, None, "network"),
        ("constant", None, None, None, None, None, "network"),
    ]
    assumed = study.source.filter(source_id="delay-assumed").row(0, named=True)
    assert assumed["kind"] == "assumption"


def test_uses_and_their_groups_are_user_classes(study: Study):
    assert study.user_class.select("class_id", "pce").rows() == [
        ("car", 1.0), ("bus", 2.5), ("bike", 0.0),
    ]  # fmt: skip
    assert study.road["allowed_classes"].to_list() == ["car,bus", "car", None]
    assert study.trip.select("origin_zone_id", "class_id", "trips").rows() == [
        ("A", "car", 100.5), ("A", "bus", 3.0), ("B", "bike", 7.0),
    ]  # fmt: skip


def test_courses_come_from_either_table(study: Study):
    assert study.link["geometry"].to_list()[1:] == ["LINESTRING (10.5 50.25, 11 50)", None]
    assert study.link["geometry"][0].startswith("LINESTRING (10 50")


def test_a_length_that_is_not_given_is_the_great_circle(study: Study):
    assert study.link["length_km"][2] == pytest.approx(71.47, abs=0.01)


def test_what_a_study_has_no_place_for_is_told(tmp_path: Path):
    folder = written(tmp_path / "town", movement="mvmt_id,node_id\n1,n2\n", more="a,b\n1,2\n")
    _, problems, slips = gmns.read(folder)
    assert not problems
    assert [str(slip) for slip in slips] == [
        "node.csv, column ctrl_type: a study has no place for this column; it is not kept",
        "more.csv: is not a table of GMNS and is ignored",
        "movement.csv: a study has no place for this table; it is not kept",
    ]


BARE = dict.fromkeys(["config", "geometry", "zone", "use_definition", "use_group", "demand"])
PLAIN_NODE = "node_id,x_coord,y_coord\n1,1000,2000\n2,3000,2500\n"
PLAIN_LINK = "link_id,from_node_id,to_node_id,directed,length,free_speed\n7,1,2,true,1.5,60\n"


def test_two_tables_are_enough(tmp_path: Path):
    study = load(written(tmp_path / "bare", node=PLAIN_NODE, link=PLAIN_LINK, **BARE))
    assert study.settings.crs == "unknown", "such coordinates are no degrees"
    assert study.settings.traffic is not None
    assert study.settings.traffic.units_assumed
    assert study.user_class["class_id"].to_list() == ["vehicle"]
    assert study.link.select("length_km", "free_speed_km_h").row(0) == (1.5, 60.0)
    answer = route(study, "1", "2")
    assert answer.itineraries[0].arrival.mean_h == pytest.approx(1.5 / 60)


def test_uses_that_no_table_defines_are_classes(tmp_path: Path):
    link = PLAIN_LINK.replace("free_speed\n", "free_speed,allowed_uses\n").replace(",60", ",60,a;b")
    demand = "o_zone_id,d_zone_id,volume\n"
    node = "node_id,x_coord,y_coord,zone_id\n1,0,0,1\n2,0.01,0,2\n"
    study = load(written(tmp_path / "b", **BARE | {"node": node, "link": link, "demand": demand}))
    assert study.user_class.select("class_id", "pce").rows() == [("a", 1.0), ("b", 1.0)]
    assert study.road["allowed_classes"].item() == "a,b"
    assert study.settings.crs == "EPSG:4326"


def test_a_study_is_not_taken_for_gmns(small_copy: Path):
    (small_copy / "study.toml").unlink()
    assert load(small_copy).link.height > 0


def test_what_is_written_reads_the_same(study: Study, tmp_path: Path):
    gmns.write(study, tmp_path / "again" / "town")
    again = load(tmp_path / "again" / "town")
    assert again.settings == study.settings
    for name, frame in study.frames().items():
        # the length that the coordinates gave has more digits than are written
        assert_frame_equal(again.frames()[name], frame, rel_tol=1e-14, abs_tol=0)
    texts = pl.read_csv(tmp_path / "again" / "town" / "link.csv", infer_schema=False)
    given = pl.read_csv(TABLES["link"].encode(), infer_schema=False)
    for column in ("length", "capacity", "free_speed", "vdf_alpha"):
        read = [None if x is None else float(x) for x in given[column]]
        back = [None if x is None else float(x) for x in texts[column]]
        assert back[:2] == read[:2], column


def test_a_study_folder_keeps_all_of_it(study: Study, tmp_path: Path):
    save(study, tmp_path / "saved")
    assert load(tmp_path / "saved").digest() == study.digest()


NUMBERS = st.floats(0.001, 1e5).map(lambda x: float(f"{x:.12g}"))
MAYBE = st.none() | NUMBERS


@st.composite
def networks(draw: st.DrawFn) -> tuple[str, str, str, str]:
    count = draw(st.integers(2, 5))
    units = draw(st.sampled_from(["km,km/h", "mi,mph", "m,m/s", "ft,ft/min", ","]))
    config = f"long_length,speed,crs\n{units},EPSG:3857\n"
    zones = [draw(st.sampled_from(["", "X", "Y"])) for _ in range(count)]
    node = "node_id,x_coord,y_coord,zone_id\n" + "".join(
        f"{k},{draw(NUMBERS)!r},{-draw(NUMBERS)!r},{zone}\n" for k, zone in enumerate(zones)
    )
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    pairs = draw(st.lists(ends.filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=6))
    rows = []
    for k, (first, last) in enumerate(pairs):
        lanes = draw(st.sampled_from([None, 1, 2, 3]))
        cells = [k, first, last, draw(st.booleans()), draw(NUMBERS), draw(NUMBERS), draw(MAYBE)]
        cells += [lanes, draw(MAYBE), draw(MAYBE), draw(MAYBE)]
        rows.append(",".join("" if cell is None else str(cell) for cell in cells))
    link = (
        "link_id,from_node_id,to_node_id,directed,length,free_speed,capacity,lanes,toll,"
        "vdf_alpha,vdf_beta\n" + "\n".join(rows) + "\n"
    )
    named = sorted({*zones} - {""})
    trips = "".join(f"{a},{b},{draw(NUMBERS)!r}\n" for a in named for b in named)
    return config, node, link, f"o_zone_id,d_zone_id,volume\n{trips}"


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(networks())
def test_round_trips_lose_nothing(
    tmp_path_factory: pytest.TempPathFactory, files: tuple[str, str, str, str]
):
    folder = tmp_path_factory.mktemp("round")
    tables = dict(zip(("config", "node", "link", "demand"), files, strict=True))
    study, problems, _ = gmns.read(written(folder / "a" / "town", **BARE | tables))
    assert not problems
    assert study is not None
    gmns.write(study, folder / "b" / "town")
    again, problems, _ = gmns.read(folder / "b" / "town")
    assert not problems
    assert again is not None
    assert again.settings == study.settings
    for name, frame in study.frames().items():
        assert again.frames()[name].equals(frame), name


WRONG = {
    "unknown node": ("link", "l2,,n2,n3", "l2,,n2,n9",
        "link.csv, row 3, column to_node_id: 'n9' is not in node.csv column node_id"),
    "node twice": ("node", "n3,East", "n1,East",
        "node.csv, row 4, column node_id: node_id 'n1' is already that of row 2"),
    "self loop": ("link", "n2,n3,true", "n2,n2,true",
        "link.csv, row 3: from_node_id and to_node_id differ, which is not so here"),
    "no number": ("link", "28.5", "far", "link.csv, row 2, column length: 'far' is not a number"),
    "negative length": ("link", "28.5", "-1", "link.csv, row 2, column length: -1 is not >= 0"),
    "negative toll": ("link", ",0.5,", ",-2,", "link.csv, row 2, column toll: -2 is not >= 0"),
    "no speed": ("link", "600,30,1", "600,,1", "link.csv, row 3: one of free_speed and vdf_fftt is "
        "given, or the time is not known, which is not so here"),
    "speed of 0": ("link", "600,30,1", "600,0,1",
        "link.csv, row 3, column free_speed: 0 is not > 0"),
    "capacity of 0": ("link", "600,30,1", "0,30,1", "link.csv, row 3: capacity and lanes are above "
        "0, or empty, unless vdf_alpha is 0, which is not so here"),
    "no lanes": ("link", "600,30,1", "600,30,0", "link.csv, row 3: capacity and lanes are above "
        "0, or empty, unless vdf_alpha is 0, which is not so here"),
    "unknown use": ("link", "motor", "motors", "link.csv, row 2, column allowed_uses: 'motors' is "
        "not in use_definition.csv column use, nor in use_group.csv; nearest: 'motor'"),
    "unknown unit": ("config", "miles", "leagues", "config.csv, row 2, column long_length: "
        "'leagues' is not a unit of long_length; known: km, m, mile, ft"),
    "courses in other words": ("config", "WKT", "WKB", "config.csv, row 2, column "
        "geometry_field_format: 'WKB' cannot be read; courses have to be WKT"),
    "off the earth": ("node", "10.5,50.25", "10.5,150", "node.csv, row 3, column y_coord: 150 is "
        "not <= 90"),
    "unknown zone": ("demand", "B,A,7", "B,C,7",
        "demand.csv, row 4, column d_zone_id: 'C' is not in node.csv column zone_id"),
    "unknown class": ("demand", "7,bike", "7,bikes", "demand.csv, row 4, column class: 'bikes' is "
        "not in use_definition.csv column use; nearest: 'bike'"),
    "no class": ("demand", "7,bike", "7,",
        "demand.csv, row 4, column class: a value is missing; the classes: car, bus, bike"),
    "negative trips": ("demand", "B,A,7", "B,A,-7",
        "demand.csv, row 4, column volume: -7 is not >= 0"),
    "trips twice": ("demand", "B,A,7,bike", "A,B,7,bus",
        "demand.csv, row 4: trips from A to B are given before"),
    "unknown course": ("link", "g2", "g3", "link.csv, row 3, column geometry_id: 'g3' is not in "
        "geometry.csv column geometry_id"),
    "column missing": ("link", ",directed,", ",direct,", "link.csv, column directed: the column is "
        "missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_one_clear_line_for_what_is_wrong(tmp_path: Path, case: str):
    table, old, new, line = WRONG[case]
    assert old in TABLES[table]
    folder = written(tmp_path / "town", **{table: TABLES[table].replace(old, new, 1)})
    found, problems, _ = inspect(folder)
    assert found is None
    assert line in [str(one) for one in problems]


def test_a_missing_length_without_degrees_is_told(tmp_path: Path):
    config = TABLES["config"].replace("EPSG:4326", "EPSG:3857")
    _, problems, _ = gmns.read(written(tmp_path / "town", config=config))
    assert [str(one) for one in problems] == [
        "link.csv, row 4, column length: a value is missing, and coordinates that are not in "
        "degrees do not give it"
    ]


def test_all_problems_are_told_together(tmp_path: Path):
    folder = written(
        tmp_path / "town",
        node=TABLES["node"].replace("50.25", "x"),
        link=TABLES["link"].replace("motor", "lorry"),
        demand=TABLES["demand"].replace("100.5", "-1"),
    )
    with pytest.raises(DataError) as caught, pytest.warns(DataWarning):
        load(folder)
    assert {one.file for one in caught.value.problems} == {"node.csv", "link.csv", "demand.csv"}


def test_a_second_link_between_two_nodes_is_a_slip(tmp_path: Path):
    link = TABLES["link"] + "l4,,n2,n3,1,,,30,,,20,,,,,\n"
    _, problems, slips = gmns.read(written(tmp_path / "town", link=link))
    assert not problems
    assert "link.csv, row 5: another link from node n2 to node n3" in map(str, slips)


def test_the_commands_take_such_a_folder(tmp_path: Path):
    folder = str(written(tmp_path / "bare", node=PLAIN_NODE, link=PLAIN_LINK, **BARE))
    run = CliRunner()
    routed = run.invoke(app, ["route", folder, "1", "2", "--by", "time", "--json"])
    assert routed.exit_code == 0, routed.output
    assert "nothing wrong" in run.invoke(app, ["check", folder]).output
    assert "1 of 1 rows" in run.invoke(app, ["show", folder, "road"]).output
