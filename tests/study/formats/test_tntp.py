"""TNTP networks: what is read, what is written back, and what is said of bad files."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import study_of
from typer.testing import CliRunner

from sogdia.cli import app
from sogdia.errors import DataError
from sogdia.report.route_map import route_page
from sogdia.routing.planner import route
from sogdia.scenario import Scenario, apply
from sogdia.study import Study
from sogdia.study.formats import tntp
from sogdia.study.load import DataWarning, load, save

NET = """\
<NUMBER OF ZONES> 2\t
<NUMBER OF NODES> 4
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 6
<ORIGINAL HEADER>~ tail head capacity (veh/h) length (miles) fftt(min) B Power speed (mph) toll type
<END OF METADATA>

~\tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\tlink_type\t;
\t1\t3\t1\t0.1\t1e-8\t1e9\t1\t30\t0\t1\t;
\t1\t4\t50.5\t2.3\t50\t0.02\t1\t30\t25\t2\t;
\t3\t4\t900\t1.7\t10.090458488\t0.15\t4\t0\t0\t1\t;
\t3\t2\t0\t1\t0\t0\t0\t0\t0\t3\t;  ~ a connector
\t4\t2\t1\t1\t7\t0.01\t1\t0\t0\t1\t;
\t3\t4\t100\t1\t12\t0.15\t4\t0\t0\t1\t;
"""
TRIPS = """\
<NUMBER OF ZONES> 2
<TOTAL OD FLOW> 9.5
<END OF METADATA>


Origin 1
    1 :      1.5;     2 :     6.0;
Origin \t2
    1 : 2.0;
"""
NODES = "Node\tX\tY\t;\n1\t100.5\t200\t;\n2\t-7\t3e5\t;\n"


ONCE = NET.replace("\t3\t4\t100", "\t4\t3\t100")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "braess", NET, TRIPS)


def written(folder: Path, net: str = NET, trips: str | None = TRIPS, node: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    for ending, text in (("net", net), ("trips", trips), ("node", node)):
        if text:
            (folder / f"B_{ending}.tntp").write_text(text, encoding="utf-8")
    return folder


def quiet(folder: Path) -> Study:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return load(folder)


def test_a_folder_is_a_study_as_it_is(folder: Path):
    with pytest.warns(DataWarning, match="row 14: another link from node 3 to node 4"):
        study = load(folder)
    assert study.name == "braess"
    assert study.settings.crs == "unknown"
    units = study.settings.traffic
    assert units is not None
    assert (units.time_unit, units.length_unit, units.speed_unit) == ("min", "mile", "mile/h")
    assert not units.units_assumed
    assert study.node.select("node_id", "zone_id", "through", "x_coord").rows() == [
        ("1", "1", False, None),
        ("2", "2", False, None),
        ("3", None, None, None),
        ("4", None, None, None),
    ]
    assert study.link["link_id"].to_list() == ["1-3", "1-4", "3-4", "3-2", "4-2", "3-4.2"]
    assert study.link.filter(link_id="1-4").select("length_km", "time_h", "directed").row(0) == (
        pytest.approx(2.3 * 1.609344),
        pytest.approx(50 / 60),
        True,
    )
    first = study.road.row(0, named=True)
    columns = ("delay", "capacity_trips", "alpha", "beta", "speed_limit")
    assert [first[name] for name in columns] == ["bpr", 1.0, 1e9, 1.0, 30.0]
    assert study.road.filter(link_id="1-4").select("toll", "road_type").row(0) == (25.0, "2")
    assert study.road.filter(link_id="3-2")["delay"].item() == "constant"
    assert study.trip.select("origin_zone_id", "destination_zone_id", "trips").rows() == [
        ("1", "1", 1.5),
        ("1", "2", 6.0),
        ("2", "1", 2.0),
    ]
    assert study.user_class.select("class_id", "pce", "toll_factor").row(0) == ("vehicle", 1.0, 0.0)


def test_a_cost_of_nothing_is_an_assumption_that_says_so(folder: Path):
    study = quiet(folder)
    assert study.link["cost_usd_t"].unique().to_list() == [0.0]
    assumed = study.source.filter(source_id="no-money-cost").row(0, named=True)
    assert assumed["kind"] == "assumption"
    assert "no cost per t" in assumed["note"]


def test_units_that_are_not_stated_are_assumed_and_marked(tmp_path: Path):
    plain = NET.replace("(miles)", "").replace("fftt(min)", "Free Flow Time")
    study = quiet(written(tmp_path / "b", plain))
    units = study.settings.traffic
    assert units is not None
    assert units.units_assumed
    assert units.length_unit == "km"
    assert "length for km" in study.source.filter(source_id="units")["note"].item()


def test_factors_come_from_the_file_or_from_the_caller(tmp_path: Path):
    factors = "<TOLL FACTOR> 0.02\n<DISTANCE FACTOR> 0.04\n"
    folder = written(tmp_path / "b", factors + NET)
    columns = ["toll_factor", "distance_factor"]
    assert quiet(folder).user_class.select(columns).row(0) == (0.02, 0.04)
    study, problems, _ = tntp.read(folder, toll_factor=0.5)
    assert not problems
    assert study is not None
    assert study.user_class.select(columns).row(0) == (0.5, 0.04)


def test_a_factor_below_zero_is_refused(folder: Path):
    _, problems, _ = tntp.read(folder, toll_factor=-1.0)
    assert [str(one) for one in problems] == ["toll factor -1 is not a number of at least 0"]


def test_a_zip_and_a_network_without_trips_are_studies_too(tmp_path: Path):
    written(tmp_path / "b", NET, None, NODES)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for file in (tmp_path / "b").iterdir():
            archive.write(file, f"b/{file.name}")
    study = quiet(tmp_path / "b.zip")
    _, _, slips = tntp.read(tmp_path / "b.zip")
    assert any("has no trips" in one.message for one in slips)
    assert study.trip.is_empty()
    assert study.node.select("x_coord", "y_coord").rows()[:3] == [
        (100.5, 200.0), (-7.0, 3e5), (None, None),
    ]  # fmt: skip


def test_what_is_written_reads_the_same_and_shows_the_same_numbers(tmp_path: Path):
    study = quiet(written(tmp_path / "first", NET, TRIPS, NODES))
    tntp.write(study, tmp_path / "second" / "first")
    again = quiet(tmp_path / "second" / "first")
    assert again.settings == study.settings
    assert unlike(study, again) == ["source"]  # which names the file
    cells = [line.split()[:10] for line in NET.split("\n") if line.startswith("\t")]
    text = (tmp_path / "second" / "first" / "first_net.tntp").read_text(encoding="utf-8")
    rows = [line.split()[:10] for line in text.split("\n") if line.startswith("\t")]
    assert [[float(x) for x in row] for row in rows] == [[float(x) for x in row] for row in cells]


def unlike(one: Study, other: Study) -> list[str]:
    return [name for name, frame in one.frames().items() if not frame.equals(other.frames()[name])]


def test_a_study_folder_keeps_all_of_it(folder: Path, tmp_path: Path):
    study = quiet(folder)
    save(study, tmp_path / "saved")
    again = load(tmp_path / "saved")
    assert again.digest() == study.digest()


NUMBERS = st.floats(0.0, 1e6).map(lambda x: float(f"{x:.12g}"))


@st.composite
def networks(draw: st.DrawFn) -> tuple[str, str]:
    nodes = draw(st.integers(2, 6))
    zones = draw(st.integers(1, nodes))
    first = draw(st.integers(1, zones + 1))
    node = st.integers(1, nodes)
    ends = draw(st.lists(st.tuples(node, node).filter(lambda p: p[0] != p[1]), min_size=1))
    rows = [
        [*end, draw(NUMBERS) + 1, *(draw(NUMBERS) for _ in range(6)), draw(st.integers(0, 9))]
        for end in ends
    ]
    zone = st.integers(1, zones)
    trips = draw(st.dictionaries(st.tuples(zone, zone), NUMBERS))
    net = (
        f"<NUMBER OF ZONES> {zones}\n<NUMBER OF NODES> {nodes}\n<FIRST THRU NODE> {first}\n"
        f"<NUMBER OF LINKS> {len(rows)}\n<ORIGINAL HEADER>~ length (ft) fft (min)\n"
        "<END OF METADATA>\n" + "".join(f"{' '.join(map(repr, row))} ;\n" for row in rows)
    )
    pairs = "".join(f"Origin {o}\n {d} : {q!r};\n" for (o, d), q in sorted(trips.items()))
    return net, f"<NUMBER OF ZONES> {zones}\n<END OF METADATA>\n{pairs}"


@settings(max_examples=15, deadline=None)
@given(networks())
def test_round_trips_lose_nothing(tmp_path_factory: pytest.TempPathFactory, files: tuple[str, str]):
    folder = tmp_path_factory.mktemp("round")
    study, problems, _ = tntp.read(written(folder / "b", *files))
    assert not problems
    assert study is not None
    tntp.write(study, folder / "c" / "b")
    again, problems, _ = tntp.read(folder / "c" / "b")
    assert not problems
    assert again is not None
    assert again.settings == study.settings
    assert set(unlike(study, again)) <= {"source"}


WRONG = {
    "count of links": ("net", "LINKS> 6", "LINKS> 7",
        "row 4: <NUMBER OF LINKS> is 7, but 6 rows follow"),
    "count that is no number": ("net", "LINKS> 6", "LINKS> six",
        "row 4: <NUMBER OF LINKS> is 'six', which is not a whole number of at least 0"),
    "no count": ("net", "<NUMBER OF NODES> 4\n", "",
        ": <NUMBER OF NODES> is missing before <END OF METADATA>"),
    "more zones than nodes": ("net", "ZONES> 2", "ZONES> 5",
        "row 1: <NUMBER OF ZONES> is 5, but <NUMBER OF NODES> is 4"),
    "first through node": ("net", "NODE> 3", "NODE> 6",
        "row 3: <FIRST THRU NODE> is 6, but <NUMBER OF NODES> is 4"),
    "no end": ("net", "<END OF METADATA>", "", ": there is no line <END OF METADATA>"),
    "unknown node": ("net", "\t4\t2\t1", "\t5\t2\t1",
        "row 13, column init_node: 5 is not one of the 4 nodes that <NUMBER OF NODES> says "
        "there are"),
    "no semicolon": ("net", "30\t25\t2\t;", "30\t25\t2", "row 10: the row does not end with ;"),
    "columns": ("net", "30\t25\t2\t;", "25\t2\t;", "row 10: 9 columns where 10 are needed: "
        "init_node, term_node, capacity, length, free_flow_time, b, power, speed, toll, link_type"),
    "not a number": ("net", "50.5", "much", "row 10, column capacity: 'much' is not a number"),
    "not a node": ("net", "\t1\t4\t50.5", "\t1\tx\t50.5",
        "row 10, column term_node: 'x' is not a whole number"),
    "negative toll": ("net", "30\t25", "30\t-25", "row 10, column toll: -25 is not >= 0"),
    "negative time": ("net", "\t50\t", "\t-50\t",
        "row 10, column free_flow_time: -50 is not >= 0"),
    "infinite": ("net", "\t50\t", "\tinf\t",
        "row 10, column free_flow_time: 'inf' is not a finite number"),
    "zero capacity": ("net", "50.5", "0",
        "row 10: capacity is above 0 where b is, which is not so here"),
    "self loop": ("net", "\t1\t4\t", "\t1\t1\t",
        "row 10: init_node and term_node differ, which is not so here"),
    "zones of the trips": ("trips", "ZONES> 2", "ZONES> 3",
        "row 1: <NUMBER OF ZONES> is 3, but the network file says 2"),
    "unknown zone": ("trips", "     2 :     6", "     3 :     6", "row 7, column destination: 3 is "
        "not one of the 2 zones that <NUMBER OF ZONES> says there are"),
    "unknown origin": ("trips", "Origin \t2", "Origin 7", "row 9, column origin: 7 is "
        "not one of the 2 zones that <NUMBER OF ZONES> says there are"),
    "negative trips": ("trips", "6.0", "-6.0", "row 7, column trips: -6 is not >= 0"),
    "trips that are none": ("trips", "6.0", "six", "row 7, column trips: 'six' is not a number"),
    "no pair": ("trips", "1 : 2.0;", "1 2.0;",
        "row 9: '1 2.0' is not a pair 'destination : trips;'"),
    "pair without end": ("trips", "1 : 2.0;", "1 : 2.0", "row 9: the line does not end with ;"),
    "pair twice": ("trips", "1 : 2.0;", "1 : 2.0; 1 : 3;",
        "row 9: origin '2', destination '1' is already that of row 9"),
    "no origin": ("trips", "Origin 1\n", "",
        "row 6: '1 :      1.5' stands before the first line 'Origin n'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_one_clear_line_for_what_is_wrong(tmp_path: Path, case: str):
    kind, old, new, line = WRONG[case]
    files = {"net": NET, "trips": TRIPS}
    assert old in files[kind]
    files[kind] = files[kind].replace(old, new, 1)
    _, problems, _ = tntp.read(written(tmp_path / "b", **files))
    mark = "" if line.startswith(":") else ", "
    assert f"B_{kind}.tntp{mark}{line}" in [str(one) for one in problems]
    assert all(one.row is not None or "<" in one.message for one in problems)


def test_all_problems_are_told_together(tmp_path: Path):
    net = NET.replace("50.5", "much").replace("LINKS> 6", "LINKS> 8")
    folder = written(tmp_path / "b", net, TRIPS.replace("6.0", "-6"), "1 2 x\n9 1 1\n")
    with pytest.raises(DataError) as caught, pytest.warns(DataWarning):
        load(folder)
    assert [str(one) for one in caught.value.problems] == [
        "B_net.tntp, row 10, column capacity: 'much' is not a number",
        "B_net.tntp, row 4: <NUMBER OF LINKS> is 8, but 6 rows follow",
        "B_trips.tntp, row 7, column trips: -6 is not >= 0",
        "B_node.tntp, row 1, column y: 'x' is not a number",
        "B_node.tntp, row 2, column node: 9 is not one of the 4 nodes that <NUMBER OF NODES> says "
        "there are",
    ]


def test_trips_that_miss_the_total_are_a_slip(tmp_path: Path):
    _, problems, slips = tntp.read(
        written(tmp_path / "b", NET, TRIPS.replace("FLOW> 9.5", "FLOW> 10"))
    )
    assert not problems
    assert "B_trips.tntp, row 2: the trips add up to 9.5, but <TOTAL OD FLOW> is 10" in [
        str(one) for one in slips
    ]


def test_two_networks_in_a_folder_are_one_too_many(folder: Path):
    (folder / "C_net.tntp").write_text(NET, encoding="utf-8")
    with pytest.raises(DataError, match=r"holds 2 files \*_net.tntp \(B_net.tntp, C_net.tntp\)"):
        load(folder)


def test_flows_of_a_file(tmp_path: Path):
    file = tmp_path / "b_flow.tntp"
    file.write_text("From \tTo \tVolume \tCost \n1 \t2 \t4494.65 \t6.0 \n", encoding="utf-8")
    assert tntp.read_flows(file).rows() == [("1", "2", 4494.65, 6.0)]
    file.write_text("From To Volume Cost\n1 2 x 6.0\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 2, column volume: 'x' is not a number"):
        tntp.read_flows(file)


def test_what_the_format_cannot_say_is_refused():
    study = study_of(
        node=[{"node_id": "a", "zone_id": "Z"}, {"node_id": "b", "zone_id": "Z"}],
        link=[{"link_id": "ab", "from_node_id": "a", "to_node_id": "b"}],
        road=[{"link_id": "ab", "delay": "conical", "allowed_classes": "car", "hard": True}],
        user_class=[{"class_id": "car", "pce": 1.0}, {"class_id": "bus", "pce": 2.0}],
    )
    with pytest.raises(DataError) as caught:
        tntp.write(study, "nowhere")
    assert [one.message for one in caught.value.problems] == [
        "TNTP has no functions but BPR, as 1 links have, the first of them 'ab'",
        "TNTP has no hard capacities, as 1 links have, the first of them 'ab'",
        "TNTP has no links for some classes, as 1 links have, the first of them 'ab'",
        "TNTP has one class of vehicles, not car, bus",
        "a zone of TNTP is one node, but 'Z' is several",
    ]


def test_nodes_of_other_names_are_numbered_zones_first(tmp_path: Path):
    study = study_of(
        node=[{"node_id": "x"}, {"node_id": "y", "zone_id": "Y"},
              {"node_id": "z", "zone_id": "Z", "through": False}],
        link=[{"link_id": "xy", "from_node_id": "x", "to_node_id": "y", "directed": False,
               "length_km": 3.0, "time_h": 0.5},
              {"link_id": "xz", "from_node_id": "x", "to_node_id": "z"}],
        user_class=[{"class_id": "car", "pce": 1.0}],
        trip=[{"origin_zone_id": "Z", "destination_zone_id": "Y", "class_id": "car", "trips": 2.0}],
    )  # fmt: skip
    tntp.write(study, tmp_path)
    again = quiet(tmp_path)
    assert again.link.select("link_id", "length_km", "time_h").rows() == [
        ("3-2", 3.0, 0.5), ("2-3", 3.0, 0.5), ("3-1", 100.0, 1.0),
    ]  # fmt: skip
    assert again.node.filter(~pl.col("through"))["node_id"].to_list() == ["1"]
    assert again.trip.select("origin_zone_id", "destination_zone_id").row(0) == ("1", "2")


def test_a_way_is_found_that_passes_no_zone(tmp_path: Path):
    net = NET.replace("THRU NODE> 3", "THRU NODE> 4").replace("ZONES> 2", "ZONES> 3")
    trips = TRIPS.replace("ZONES> 2", "ZONES> 3")
    study = quiet(written(tmp_path / "b", net, trips))
    answer = route(study, "1", "2", by=["time"], k=1)
    passed = [element.row_id for element in answer.itineraries[0].elements]
    assert passed == ["1-4", "4-2"], "node 3 is now a zone, so the free way through it is shut"
    open_study = quiet(written(tmp_path / "c"))
    answer = route(open_study, "1", "2", by=["time"], k=1)
    assert [element.row_id for element in answer.itineraries[0].elements] == ["1-3", "3-2"]


def test_the_commands_take_such_a_folder(tmp_path: Path):
    folder = written(tmp_path / "b", ONCE)
    run = CliRunner()
    routed = run.invoke(app, ["route", str(folder), "1", "2", "--by", "time", "--json"])
    assert routed.exit_code == 0, routed.output
    assert '"commodity": "anything"' in routed.output
    checked = run.invoke(app, ["check", str(folder)])
    assert "nothing wrong" in checked.output
    shown = run.invoke(app, ["show", str(folder), "trip"])
    assert "3 of 3 rows" in shown.output


def test_a_map_of_places_that_are_nowhere_is_refused(folder: Path):
    study = quiet(folder)
    answer = route(study, "1", "2", by=["time"], k=1)
    with pytest.raises(DataError, match="are not longitudes and latitudes"):
        route_page(answer, study)


def test_a_scenario_changes_roads_and_trips(folder: Path):
    change = [
        {"table": "road", "where": {"link_id": "1-4"}, "set": {"toll": 1.0},
         "multiply": {"capacity_trips": 2.0}},
        {"table": "trip", "where": {"origin_zone_id": "1"}, "multiply": {"trips": 1.5}},
        {"table": "user_class", "set": {"toll_factor": 0.02}},
        {"table": "link", "where": {"link_id": "3-4.2"}, "remove": True},
    ]  # fmt: skip
    study = apply(quiet(folder), Scenario.model_validate({"name": "more", "change": change}))
    assert study.road.filter(link_id="1-4").select("toll", "capacity_trips").row(0) == (1.0, 101.0)
    assert study.trip["trips"].to_list() == [2.25, 9.0, 2.0]
    assert study.user_class["toll_factor"].to_list() == [0.02]
    assert "3-4.2" not in study.road["link_id"]


def test_a_scenario_that_leaves_no_capacity_is_refused(folder: Path):
    change = [{"table": "road", "where": {"link_id": "1-4"}, "set": {"capacity_trips": 0.0}}]
    scenario = Scenario.model_validate({"name": "none", "change": change})
    with pytest.raises(DataError, match="row '1-4': capacity_trips is above 0 where the delay"):
        apply(quiet(folder), scenario)
