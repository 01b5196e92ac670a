"""Loading: the forms a study may come in, and one clear line for everything wrong with it."""

from __future__ import annotations

import io
import shutil
import warnings
import zipfile
from pathlib import Path

import polars as pl
import pytest

from sogdia.errors import DataError, ResourceError
from sogdia.study import Study
from sogdia.study.load import DataWarning, builtin_studies, inspect, load, save


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def lines_of(folder: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        load(folder)
    return [str(problem) for problem in caught.value.problems]


def zipped(members: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def members_of(folder: Path, prefix: str = "") -> dict[str, bytes]:
    return {f"{prefix}{child.name}": child.read_bytes() for child in folder.iterdir()}


def test_the_small_study_loads_with_its_types(small_study: Study):
    assert small_study.name == "small"
    assert small_study.settings.base_year == 2024
    assert small_study.settings.choice["scale"].standard_error == 0.4
    assert small_study.node.height == 11
    assert small_study.node["name"].to_list()[6] == "Constanța"
    assert small_study.link["gauge_mm"].to_list()[:4] == [1435, 1435, 1520, None]
    assert small_study.supply["capacity_kt_y"].to_list() == [400.0]
    assert small_study.terminal["opening_hours"].to_list()[:2] == ["24/7", None]
    assert small_study.premium["usd_teu"].to_list() == [None, 30.0]
    assert small_study.emission_factor["tier"].to_list() == ["default"] * 5


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_marks_of_other_programs_change_nothing(
    small_study: Study, small_copy: Path, bom: bytes, newline: bytes
):
    for child in small_copy.iterdir():
        child.write_bytes(bom + child.read_bytes().replace(b"\n", newline))
    assert load(small_copy).digest() == small_study.digest()


def test_blank_rows_and_blanks_around_values_are_skipped_but_counted(
    small_study: Study, small_copy: Path
):
    path = small_copy / "supply.csv"
    header, row = path.read_text(encoding="utf-8").splitlines()
    path.write_text(f"{header}\n\n,,,,,,\n {row.replace(',', ' , ')} \n", encoding="utf-8")
    assert load(small_copy).digest() == small_study.digest()
    edit(small_copy, "supply.csv", "400", "-4")
    assert lines_of(small_copy) == ["supply.csv, row 4, column capacity_kt_y: -4 is not >= 0"]


def test_whole_numbers_written_with_a_point_are_whole(small_study: Study, small_copy: Path):
    edit(small_copy, "link.csv", "1435", "1435.0")
    assert load(small_copy).digest() == small_study.digest()


def test_lists_may_have_blanks_behind_their_commas(small_study: Study, small_copy: Path):
    edit(small_copy, "link.csv", '"container,wagon"', '"container, wagon"')
    edit(small_copy, "link.csv", '"CN,KZ"', '"CN , KZ"')
    assert load(small_copy).digest() == small_study.digest()


@pytest.mark.parametrize("prefix", ["", "small/"])
def test_a_zip_is_a_study(small_study: Study, small_folder: Path, tmp_path: Path, prefix: str):
    path = zipped(members_of(small_folder, prefix), tmp_path / "study.zip")
    study = load(path)
    assert study.digest() == small_study.digest()
    assert study.path == path


def test_a_bare_network_is_a_study(small_folder: Path, tmp_path: Path):
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "node.csv").write_text("node_id,x_coord,y_coord\n1,0,0\n2,1,1\n", encoding="utf-8")
    (folder / "link.csv").write_text(
        "link_id,from_node_id,to_node_id,directed,mode,length_km,free_speed_km_h,cost_usd_t\n"
        "1,1,2,0,road,10,60,1\n",
        encoding="utf-8",
    )
    study = load(folder)
    assert study.name == "bare"
    assert study.settings.base_year is None
    assert study.link["directed"].to_list() == [False]
    assert study.terminal.is_empty()
    assert study.terminal.columns[:2] == ["terminal_id", "name"]


def test_coordinates_that_are_not_degrees_may_be_anything(tmp_path: Path):
    (tmp_path / "node.csv").write_text("node_id,x_coord\n1,694000\n2,\n", encoding="utf-8")
    (tmp_path / "link.csv").write_text(
        "link_id,from_node_id,to_node_id,directed,mode,length_km,time_h,cost_usd_t,geometry\n"
        '1,1,2,0,road,10,0,1,"LINESTRING (694000 5e6, 0 0)"\n',
        encoding="utf-8",
    )
    assert lines_of(tmp_path)[0] == "node.csv, column y_coord: the column is missing"
    settings = 'crs = "EPSG:32642"\n[traffic]\ntime_unit = "s"\n'
    (tmp_path / "study.toml").write_text(settings, encoding="utf-8")
    study = load(tmp_path)
    assert study.node["x_coord"].to_list() == [694000.0, None]
    assert study.settings.traffic is not None
    assert study.settings.traffic.time_unit == "s"
    save(study, tmp_path / "again")
    assert load(tmp_path / "again").settings == study.settings.model_copy(
        update={"name": study.name}
    )


def test_optional_tables_may_hold_a_header_alone(small_copy: Path):
    for table in ("supply", "observation"):
        path = small_copy / f"{table}.csv"
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert load(small_copy).observation.is_empty()


def test_columns_that_came_later_may_be_missing(small_study: Study):
    """The small study's files are older than some columns, and nobody has to add them."""
    for table, column in (
        ("node", "depth_m"),
        ("link", "draught_m"),
        ("link", "geometry"),
        ("service", "draught_m"),
        ("service", "timetable"),
        ("service", "max_wait_h"),
        ("terminal", "storage_t"),
    ):
        frame = getattr(small_study, table)
        assert frame[column].null_count() == frame.height > 0


def test_every_builtin_name_is_listed():
    assert "eurasia" in builtin_studies()


def test_save_and_load_give_the_same_study(small_study: Study, tmp_path: Path):
    save(small_study, tmp_path / "one")
    again = load(tmp_path / "one")
    assert again.digest() == small_study.digest()
    assert again.settings == small_study.settings
    save(again, tmp_path / "two")
    assert members_of(tmp_path / "one") == members_of(tmp_path / "two")


def test_what_is_saved_keeps_every_column(small_study: Study, tmp_path: Path):
    full = small_study.with_tables(
        node=small_study.node.with_columns(depth_m=7.5),
        link=small_study.link.with_columns(draught_m=6.0),
        terminal=small_study.terminal.with_columns(
            opening_hours=pl.lit("Mo-Fr 08:00-12:00,13:00-18:00; Sa off"), storage_t=2e4
        ),
        service=small_study.service.with_columns(
            draught_m=4.5,
            timetable=pl.when(pl.col("service_id") == "feeder").then(
                pl.lit("Mo 08:00, We 20:00, Fr 08:30")
            ),
            max_wait_h=pl.when(pl.col("service_id") == "ferry").then(36.0),
        ),
    )
    save(full, tmp_path)
    again = load(tmp_path)
    assert again.digest() == full.digest()
    assert again.premium.equals(small_study.premium)
    assert again.emission_factor.equals(small_study.emission_factor)


def test_saving_where_a_file_stands_is_refused(small_study: Study, tmp_path: Path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ResourceError, match="cannot be written"):
        save(small_study, tmp_path / "file")


# What is wrong in one cell: file, what is replaced, by what, and the line that must come.
WRONG_CELLS = {
    "negative": (
        "link.csv",
        ',20000,,,false,rail,"CN,KZ"',
        ',-3,,,false,rail,"CN,KZ"',
        "link.csv, row 3, column capacity_kt_y: -3 is not >= 0",
    ),
    "not a number": (
        "link.csv",
        ",3400,",
        ",abc,",
        "link.csv, row 2, column length_km: 'abc' is not a number",
    ),
    "not finite": (
        "link.csv",
        ",3400,",
        ",nan,",
        "link.csv, row 2, column length_km: 'nan' is not a finite number",
    ),
    "infinite": (
        "demand.csv",
        ",450,",
        ",1e999,",
        "demand.csv, row 2, column quantity_kt: '1e999' is not a finite number",
    ),
    "not whole": (
        "terminal.csv",
        "false,2,3,",
        "false,2.5,3,",
        "terminal.csv, row 2, column servers: '2.5' is not a whole number",
    ),
    "not true or false": (
        "link.csv",
        "KZDST,KZSCO,false",
        "KZDST,KZSCO,maybe",
        "link.csv, row 4, column directed: 'maybe' is not true or false",
    ),
    "not a date": (
        "link.csv",
        "2024-07-01",
        "1 July 2024",
        "link.csv, row 13, column open_from: '1 July 2024' is not a date such as 2024-06-30",
    ),
    "not a day": (
        "link.csv",
        "2024-07-01",
        "2024-02-30",
        "link.csv, row 13, column open_from: '2024-02-30' is not a date such as 2024-06-30",
    ),
    "not one of": (
        "link.csv",
        "false,ferry",
        "false,fery",
        "link.csv, row 5, column mode: 'fery' is not one of rail, sea, ferry, road, waterway, "
        "pipeline, air; nearest: 'ferry'",
    ),
    "missing": (
        "link.csv",
        ",3400,",
        ",,",
        "link.csv, row 2, column length_km: a value is missing",
    ),
    "not a country code": (
        "node.csv",
        "34.3,CN,",
        "34.3,China,",
        "node.csv, row 2, column country: 'China' is not an ISO 3166-1 alpha-2 country code, "
        "e.g. KZ",
    ),
    "unknown country": (
        "node.csv",
        "34.3,CN,",
        "34.3,XX,",
        "node.csv, row 2, column country: 'XX' is not an officially assigned ISO 3166-1 alpha-2 "
        "country code",
    ),
    "unknown country in a list": (
        "link.csv",
        '"AZ,GE"',
        '"AZ,QQ"',
        "link.csv, row 6, column country: 'QQ' is not an officially assigned ISO 3166-1 alpha-2 "
        "country code",
    ),
    "not an identifier": (
        "source.csv",
        "made-up,assumption",
        "made@up,assumption",
        "source.csv, row 2, column source_id: 'made@up' is not an identifier: letters and "
        "digits, then also _ . + -",
    ),
    "out of range": (
        "node.csv",
        "108.9",
        "1089",
        "node.csv, row 2, column x_coord: 1089 is not <= 180",
    ),
    "not positive": (
        "link.csv",
        ",3400,68,,",
        ",3400,,0,",
        "link.csv, row 2, column free_speed_km_h: 0 is not > 0",
    ),
    "unknown node": (
        "link.csv",
        "KZDST,KZSCO,false",
        "KZDST,KZSCX,false",
        "link.csv, row 4, column to_node_id: 'KZSCX' is not in node.csv column node_id; "
        "nearest: 'KZSCO'",
    ),
    "unknown use in a list": (
        "link.csv",
        '"container,wagon"',
        '"container,waggon"',
        "link.csv, row 5, column allowed_uses: 'waggon' is not in commodity.csv column use; "
        "nearest: 'wagon'",
    ),
    "empty item": (
        "link.csv",
        '"container,wagon"',
        '"container,,wagon"',
        "link.csv, row 5, column allowed_uses: an item of the list is empty",
    ),
    "rule": (
        "link.csv",
        "false,rail,1435,3400",
        "false,rail,,3400",
        "link.csv, row 2: a rail link has a gauge_mm, which is not so here",
    ),
    "twice": (
        "node.csv",
        "CNALS,Alashankou",
        "CNXIA,Alashankou",
        "node.csv, row 3, column node_id: node_id 'CNXIA' is already that of row 2",
    ),
    "twice by several columns": (
        "tariff.csv",
        "rail-cis,both,2024",
        "rail-cis,both,2020",
        "tariff.csv, row 4: tariff_id 'rail-cis', direction 'both', year '2020' is already that "
        "of row 3",
    ),
    "priority twice": (
        "corridor.csv",
        "route,2",
        "route,1",
        "corridor.csv, row 3, column priority: priority '1' is already that of row 2",
    ),
    "event of an unknown link": (
        "event.csv",
        "link,KZSCO-AZALT",
        "link,KZSCO-AZBAK",
        "event.csv, row 2, column element_id: 'KZSCO-AZBAK' is not in link.csv column link_id; "
        "nearest: 'KZSCO-AZALT'",
    ),
    "event of an unknown country": (
        "event.csv",
        "country,RU",
        "country,Russia",
        "event.csv, row 3, column element_id: 'Russia' is not an ISO 3166-1 alpha-2 country "
        "code, e.g. KZ",
    ),
    "opening hours": (
        "terminal.csv",
        "24/7",
        "Mo-Fr 8-18",
        "terminal.csv, row 2, column opening_hours: 'Mo-Fr 8-18' is not opening hours such as "
        "'Mo-Fr 08:00-18:00', 'Su off' or '24/7'",
    ),
    "premium for passing an unknown link": (
        "premium.csv",
        "GEPTI-ROCND",
        "GEPTI-ROCMD",
        "premium.csv, row 3, column element_id: 'GEPTI-ROCMD' is not in link.csv column link_id; "
        "nearest: 'GEPTI-ROCND'",
    ),
    "premium of nothing": (
        "premium.csv",
        ",30,",
        ",,",
        "premium.csv, row 3: one of share_of_value, usd_t and usd_teu is given, which is not so "
        "here",
    ),
    "premium of more than the value": (
        "premium.csv",
        "0.002",
        "2",
        "premium.csv, row 2, column share_of_value: 2 is not <= 1",
    ),
    "war risk without a place": (
        "premium.csv",
        "war_risk,link,GEPTI-ROCND",
        "war_risk,,",
        "premium.csv, row 3: war_risk is paid for passing an element, and insurance for the whole "
        "trip, which is not so here",
    ),
    "insurance of a place": (
        "premium.csv",
        "war_risk,",
        "insurance,",
        "premium.csv, row 3: war_risk is paid for passing an element, and insurance for the whole "
        "trip, which is not so here",
    ),
    "half an element": (
        "premium.csv",
        "war_risk,link,",
        "war_risk,,",
        "premium.csv, row 3: element_kind and element_id are given together, which is not so here",
    ),
    "premium that ends before it starts": (
        "premium.csv",
        "2024-09-30",
        "2023-09-30",
        "premium.csv, row 3: from_date is not after until_date, which is not so here",
    ),
    "factor of the same year twice": (
        "emission_factor.csv",
        "CN,2024",
        "CN,2019",
        "emission_factor.csv, row 4: emission_class 'rail', country 'CN', year '2019' is already "
        "that of row 3",
    ),
    "factor without a year": (
        "emission_factor.csv",
        "country,year,",
        "country,",
        "emission_factor.csv, column year: the column is missing",
    ),
    "distance of no basis": (
        "emission_factor.csv",
        "SFD",
        "SDF",
        "emission_factor.csv, row 2, column distance_basis: 'SDF' is not one of SFD, GCD, actual; "
        "nearest: 'SFD'",
    ),
    "event that stops the clock": (
        "event.csv",
        "time,1.5",
        "time,0",
        "event.csv, row 3, column factor: a factor of time is not > 0",
    ),
    "change of an unknown row": (
        "project_change.csv",
        "feeder,fleet",
        "feder,fleet",
        "project_change.csv, row 3, column row_id: 'feder' is not in service.csv column "
        "service_id; nearest: 'feeder'",
    ),
    "change of an unknown column": (
        "project_change.csv",
        "feeder,fleet",
        "feeder,fleets",
        "project_change.csv, row 3, column column: 'fleets' is not in the columns of service; "
        "nearest: 'fleet'",
    ),
    "change of no column": (
        "project_change.csv",
        "feeder,fleet",
        "feeder,",
        "project_change.csv, row 3, column column: a value is missing",
    ),
    "change to a wrong value": (
        "project_change.csv",
        "servers,set,5",
        "servers,set,many",
        "project_change.csv, row 4, column value: 'many' is not a whole number",
    ),
    "product of a text": (
        "project_change.csv",
        "servers,set,5",
        "note,multiply,5",
        "project_change.csv, row 4, column value: a column that holds no numbers cannot be "
        "changed by 'multiply', only set",
    ),
    "change of a key": (
        "project_change.csv",
        "servers,set,5",
        "terminal_id,set,5",
        "project_change.csv, row 4, column value: the key of a row cannot be changed",
    ),
    "corridor mark": (
        "corridor.csv",
        "KZSCO-AZALT",
        "KZSCO-AZALTT",
        "corridor.csv, row 2, column any_of: 'KZSCO-AZALTT' is not in nodes, links, terminals, "
        "services, countries and mode:MODE; nearest: 'KZSCO-AZALT'",
    ),
    "corridor mode": (
        "corridor.csv",
        "mode:rail",
        "mode:rial",
        "corridor.csv, row 3, column all_of: 'mode:rial' names none of rail, sea, ferry, road, "
        "waterway, pipeline, air",
    ),
    "scope": (
        "observation.csv",
        "corridor:titr,",
        "corridor:tirt,",
        "observation.csv, row 2, column scope: 'tirt' is not in corridor.csv column corridor_id; "
        "nearest: 'titr'",
    ),
    "scope of no kind": (
        "observation.csv",
        "od:CNXIA>DEDUI",
        "CNXIA>DEDUI",
        "observation.csv, row 5, column scope: 'CNXIA>DEDUI' is not of the form node:ID, "
        "link:ID, terminal:ID, service:ID, corridor:ID or od:FROM>TO",
    ),
    "scope of an unknown place": (
        "observation.csv",
        "od:CNXIA>DEDUI",
        "od:CNXIA>DEDUS",
        "observation.csv, row 5, column scope: 'DEDUS' is not in node.csv column node_id; "
        "nearest: 'DEDUI'",
    ),
    "whole of a share": (
        "observation.csv",
        '"corridor:north,corridor:titr"',
        '"corridor:north,corridor:south"',
        "observation.csv, row 3, column of: 'south' is not in corridor.csv column corridor_id; "
        "nearest: 'north'",
    ),
    "too many cells": (
        "supply.csv",
        "5000,made-up,",
        "5000,made-up,,",
        "supply.csv, row 2: 8 cells where the header has 7",
    ),
    "open quote": (
        "supply.csv",
        "5000,made-up,",
        '5000,made-up,"',
        "supply.csv, row 2: cannot be read as comma-separated values: unexpected end of data",
    ),
    "column missing": (
        "link.csv",
        "directed,",
        "",
        "link.csv, column directed: the column is missing",
    ),
    "column twice": (
        "supply.csv",
        "cost_usd_t",
        "year",
        "supply.csv, column year: the column is given twice",
    ),
    "settings": (
        "study.toml",
        "base_year = 2024",
        'base_year = "2024"',
        "study.toml: base_year: '2024': input should be a valid integer",
    ),
    "unknown setting": (
        "study.toml",
        "base_year = 2024",
        "base_yaer = 2024",
        "study.toml: base_yaer: not a known key; nearest: base_year",
    ),
    "broken settings": (
        "study.toml",
        "base_year = 2024",
        "base_year =",
        "study.toml: is not valid TOML: Invalid value (at line 3, column 12)",
    ),
}


@pytest.mark.parametrize("case", WRONG_CELLS, ids=str)
def test_one_clear_line_for_what_is_wrong(small_copy: Path, case: str):
    file, old, new, expected = WRONG_CELLS[case]
    edit(small_copy, file, old, new)
    assert expected in lines_of(small_copy)


@pytest.mark.parametrize(
    ("timetable", "departure", "expected"),
    [
        (
            "Mo 08:00",
            "timetable",
            "service.csv, row 3: departures_week is the number of departures in timetable, which "
            "is not so here",
        ),
        (
            "Mo 08:00, Mo 08:00, We 20:00",
            "timetable",
            "service.csv, row 3, column timetable: 'Mo 08:00' is given twice",
        ),
        (
            "Mo 08:00, 20:00, Fr 08:00",
            "timetable",
            "service.csv, row 3, column timetable: '20:00' is not a departure such as 'Mo 08:00'",
        ),
        (
            "Mo 08:00, We 20:00, Fr 08:00",
            "when_full",
            "service.csv, row 3: only a service that leaves by timetable has a timetable, which "
            "is not so here",
        ),
    ],
)
def test_a_timetable_is_whole_and_kept(
    small_copy: Path, timetable: str, departure: str, expected: str
):
    path = small_copy / "service.csv"
    service = pl.read_csv(path, infer_schema=False)
    feeder = pl.col("service_id") == "feeder"
    service.with_columns(
        timetable=pl.when(feeder).then(pl.lit(timetable)),
        departure=pl.when(feeder).then(pl.lit(departure)).otherwise("departure"),
    ).write_csv(path)
    assert lines_of(small_copy) == [expected]


@pytest.mark.parametrize(
    ("service", "max_wait_h", "expected"),
    [
        (
            "feeder",
            24.0,
            "service.csv, row 3: only a service that leaves when full has a max_wait_h, which is "
            "not so here",
        ),
        ("ferry", -1.0, "service.csv, row 2, column max_wait_h: -1 is not >= 0"),
    ],
)
def test_only_who_leaves_when_full_waits_for_goods(
    small_copy: Path, service: str, max_wait_h: float, expected: str
):
    path = small_copy / "service.csv"
    here = pl.col("service_id") == service
    pl.read_csv(path, infer_schema=False).with_columns(
        max_wait_h=pl.when(here).then(max_wait_h)
    ).write_csv(path)
    assert lines_of(small_copy) == [expected]


def test_a_terminal_without_room_is_refused(small_copy: Path):
    path = small_copy / "terminal.csv"
    pl.read_csv(path, infer_schema=False).with_columns(storage_t=pl.lit(0)).write_csv(path)
    assert lines_of(small_copy)[0] == "terminal.csv, row 2, column storage_t: 0 is not > 0"


@pytest.mark.parametrize(
    "case", ["negative", "not a number", "not one of", "missing", "rule", "opening hours"]
)
def test_a_wrong_cell_is_reported_once(small_copy: Path, case: str):
    file, old, new, expected = WRONG_CELLS[case]
    edit(small_copy, file, old, new)
    assert lines_of(small_copy) == [expected]


def test_all_problems_are_raised_together(small_copy: Path):
    expected = []
    for case in ("negative", "unknown country", "out of range", "scope", "settings"):
        file, old, new, line = WRONG_CELLS[case]
        edit(small_copy, file, old, new)
        expected.append(line)
    assert set(expected) <= set(lines_of(small_copy))


def test_many_rows_wrong_in_one_way_are_counted(small_copy: Path):
    path = small_copy / "demand.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    rows = [f"d{i},CNXIA,DEDUI,machinery,2024,-1,,false,made-up" for i in range(50)]
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    lines = lines_of(small_copy)
    assert len(lines) == 21
    assert lines[0] == "demand.csv, row 2, column quantity_kt: -1 is not >= 0"
    assert lines[-1] == "demand.csv, column quantity_kt: 30 more rows are wrong in this way"


@pytest.mark.parametrize(
    ("file", "data", "expected"),
    [
        ("link.csv", b"", "link.csv: is empty; the first row names the columns"),
        ("link.csv", b"link_id,na\xefme\n", "link.csv, row 1: is not UTF-8 (byte 0xef)"),
        ("node.csv", b"node_id\n\xff\n", "node.csv, row 2: is not UTF-8 (byte 0xff)"),
        ("study.toml", b"\xff", "study.toml: is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read(small_copy: Path, file: str, data: bytes, expected: str):
    (small_copy / file).write_bytes(data)
    assert lines_of(small_copy)[0].startswith(expected)


@pytest.mark.parametrize("table", ["node", "link"])
def test_required_tables_are_there_and_have_rows(small_copy: Path, table: str):
    path = small_copy / f"{table}.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(header + "\n", encoding="utf-8")
    assert f"{table}.csv: has no rows: a study needs at least one {table}" in lines_of(small_copy)
    path.unlink()
    # What refers to a table that is not there is not reported on top of it.
    assert lines_of(small_copy)[0] == f"{table}.csv: the file is missing"
    assert not any("which has no rows" in line for line in lines_of(small_copy))


def test_a_reference_to_a_table_without_rows_says_so(small_copy: Path):
    (small_copy / "source.csv").unlink()
    expected = (
        "column source_id: 'made-up' is not in source.csv column source_id, which has no rows"
    )
    assert any(line.endswith(expected) for line in lines_of(small_copy))


def test_unknown_columns_and_tables_are_warnings(small_study: Study, small_copy: Path):
    edit(small_copy, "supply.csv", "note", "notes")
    shutil.copy(small_copy / "link.csv", small_copy / "links.csv")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        study = load(small_copy)
    assert {str(one.message) for one in caught} == {
        "supply.csv, column notes: unknown column, ignored; nearest: note",
        "links.csv: is not a table of a study and is ignored; nearest: link.csv",
    }
    assert all(one.category is DataWarning for one in caught)
    assert study.digest() == small_study.digest()


def test_an_event_that_does_nothing_is_a_warning(small_copy: Path):
    edit(small_copy, "event.csv", "link,AZALT-GEPTI", "link,CNXIA-CNALS")
    with pytest.warns(DataWarning, match="row 4, column element_id: the link has no capacity"):
        load(small_copy)


def test_inspect_returns_what_load_raises(small_copy: Path):
    file, old, new, expected = WRONG_CELLS["negative"]
    edit(small_copy, file, old, new)
    study, problems, slips = inspect(small_copy)
    assert study is None
    assert [str(problem) for problem in problems] == [expected]
    assert slips == []


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(DataError, match=r"'eurasa' is neither .*eurasia.*did you mean 'eurasia'\?"):
        load("eurasa")


@pytest.mark.parametrize("name", ["", "no such study", "a\0b", "x" * 5000])
def test_no_name_breaks_the_loader(name: str):
    with pytest.raises((DataError, ResourceError)):
        load(name)


def test_a_folder_without_tables(tmp_path: Path):
    with pytest.raises(DataError, match=r"holds no table of a study; it needs node\.csv and link"):
        load(tmp_path)


def test_a_file_that_is_no_zip(small_folder: Path):
    with pytest.raises(DataError, match=r"node\.csv: is neither a folder nor a zip file"):
        load(small_folder / "node.csv")


@pytest.mark.parametrize(
    "name", ["../node.csv", "/node.csv", "small/../../node.csv", "C:\\node.csv", "..\\node.csv"]
)
def test_a_zip_that_climbs_out_is_refused(small_folder: Path, tmp_path: Path, name: str):
    path = zipped(members_of(small_folder) | {name: b"x"}, tmp_path / "study.zip")
    with pytest.raises(DataError, match=r"climbs out of the study's folder"):
        load(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_zip_bomb_is_refused(small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sogdia.study.files.ZIP_LIMIT_BYTES", 1024**2)
    path = zipped(members_of(small_folder) | {"bomb.csv": bytes(2**21)}, tmp_path / "study.zip")
    with pytest.raises(DataError, match=r"unpacks to 2 MiB; the limit is 1 MiB"):
        load(path)


def test_a_damaged_zip_is_refused(small_folder: Path, tmp_path: Path):
    path = zipped(members_of(small_folder), tmp_path / "study.zip")
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"study\.zip: is a damaged zip file"):
        load(path)


def test_a_zip_with_a_table_twice_is_refused(small_folder: Path, tmp_path: Path):
    path = zipped(members_of(small_folder), tmp_path / "study.zip")
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(path, "a") as archive,
    ):
        archive.writestr("node.csv", "node_id\n")
    with pytest.raises(DataError, match=r"holds node\.csv twice"):
        load(path)


def test_an_encrypted_zip_is_refused(small_folder: Path, tmp_path: Path):
    path = zipped(members_of(small_folder), tmp_path / "study.zip")
    data = path.read_bytes()
    # Bit 0 of the general-purpose flags, in each local and each central header, says encrypted.
    data = data.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
    data = data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"is a zip file of an unsupported kind"):
        load(path)


def test_a_zip_of_nothing_known(tmp_path: Path):
    path = tmp_path / "study.zip"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a/node.csv", "x")
        archive.writestr("b/link.csv", "x")
    path.write_bytes(stream.getvalue())
    with pytest.raises(DataError, match="holds no table of a study"):
        load(path)
