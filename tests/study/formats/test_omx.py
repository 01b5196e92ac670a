"""Matrices that the format's own validator accepts, and a sentence for every matrix it does not."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import openmatrix
import polars as pl
import pytest
import tables
from openmatrix import validator

from sogdia.errors import DataError, ResourceError
from sogdia.study.formats import omx, omx_writer
from sogdia.study.load import load, save

KEY = ["origin_zone_id", "destination_zone_id", "class_id"]


@pytest.fixture
def matrix_file(tmp_path):
    """Write a file of matrices as another program would."""

    def make(matrices, zones=(1, 3), *, lookup="zones", version=b"0.2"):
        path = tmp_path / "demand.omx"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", tables.NaturalNameWarning)
            with openmatrix.open_file(str(path), "w") as file:
                if version is None:
                    del file.root._v_attrs["OMX_VERSION"]
                for name, values in matrices.items():
                    file.create_carray(file.root.data, name, obj=np.asarray(values))
                if lookup is not None:
                    file.create_array(file.root.lookup, lookup, obj=np.asarray(zones))
        return path

    return make


def cells(study):
    return study.trip.select(*KEY, "trips").sort(KEY)


def read_of(path, study, **options):
    read, problems, _ = omx.read_trips(path, study, **options)
    assert [str(problem) for problem in problems] == []
    assert read is not None
    return read


def problems_of(path, study, **options):
    read, problems, _ = omx.read_trips(path, study, **options)
    assert read is None
    return [str(problem) for problem in problems]


def test_trips_come_back(town, tmp_path):
    omx.write(town, tmp_path / "t.omx")
    read, problems, slips = omx.read_trips(tmp_path / "t.omx", town)
    assert (problems, slips) == ([], [])
    assert read is not None
    assert cells(read).equals(cells(town))
    assert read.source["title"].to_list() == ["A survey", "Open matrix t.omx"]
    save(read, tmp_path / "study")
    assert cells(load(tmp_path / "study")).equals(cells(town))


def test_the_validator_passes_every_check_that_it_can(town, tmp_path):
    path = tmp_path / "t.omx"
    omx.write(town, path)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        validator.run_checks(str(path))
    summary = out.getvalue().partition("Overall result")[2]
    assert "Overall :  Pass" in summary
    failed = [line for line in summary.splitlines() if "Fail" in line]
    # The validator says itself that it does not support the twelfth.
    assert [line.split(":")[0].strip() for line in failed] == ["Check 12"]


def test_the_library_reads_what_is_written(town, tmp_path):
    omx.write(town, tmp_path / "t.omx")
    with openmatrix.open_file(str(tmp_path / "t.omx")) as file:
        assert file.shape() == (2, 2)
        assert file.list_matrices() == ["car", "truck-heavy"]
        assert file.mapping("zone_id") == {1: 0, 3: 1}
        assert np.array_equal(file["car"][:], [[7.0, 100.5], [1 / 3, 0.0]])


def test_zones_that_are_no_numbers(make_town, tmp_path):
    town = make_town()
    renamed = town.with_tables(
        node=town.node.with_columns(pl.col("zone_id").replace({"1": "A-1", "3": "007"})),
        trip=town.trip.with_columns(pl.col(KEY[:2]).replace({"1": "A-1", "3": "007"})),
    )
    omx.write(renamed, tmp_path / "t.omx")
    read = read_of(tmp_path / "t.omx", renamed)
    assert cells(read).equals(cells(renamed))


def test_many_rows_are_handled_some_at_a_time(town, tmp_path, monkeypatch):
    monkeypatch.setattr(omx_writer, "CELLS_AT_ONCE", 1)
    omx.write(town, tmp_path / "t.omx")
    read = read_of(tmp_path / "t.omx", town)
    assert cells(read).equals(cells(town))


def test_a_matrix_is_read_as_a_class(town, matrix_file):
    path = matrix_file({"am": [[0, 4], [5, 0]], "pm": [[0, 1], [1, 0]]})
    read = read_of(path, town, classes={"am": "car"})
    cars = read.trip.filter(pl.col("class_id") == "car")
    assert cars["trips"].to_list() == [4.0, 5.0]
    assert read.trip.filter(pl.col("class_id") == "truck-heavy")["trips"].to_list() == [12.0]


def test_the_only_matrix_is_the_only_class(town, matrix_file):
    alone = town.with_tables(user_class=town.user_class.head(1), trip=town.trip.head(0))
    read = read_of(matrix_file({"all": [[0.0, 4], [0, 0]]}), alone)
    assert read.trip.row(0)[:4] == ("1", "3", "car", 4.0)


def test_a_new_class_is_an_assumption(town, matrix_file, tmp_path):
    read = read_of(matrix_file({"van": [[0.0, 4], [0, 0]]}), town)
    assert read.user_class.filter(class_id="van")["pce"].to_list() == [1.0]
    assert "van" in read.source.filter(kind="assumption")["note"].item()
    save(read, tmp_path / "s")
    assert load(tmp_path / "s").user_class.height == 3


def test_cells_said_to_be_missing_are_no_trips(town, matrix_file):
    path = matrix_file({"car": [[-1.0, 4], [np.nan, 0]], "van": [[0.0, np.nan], [0, 2]]})
    with openmatrix.open_file(str(path), "a") as file:
        file["car"].attrs["NA"] = -1.0
        file["van"].attrs["NA"] = np.nan
    assert problems_of(path, town, classes={"car": "car"}) == [
        "demand.omx, row 2, column car: nan trips from zone '3' to zone '1', "
        "where a number >= 0 is accepted"
    ]
    read = read_of(path, town, classes={"van": "car"})
    assert read.trip.filter(class_id="car")["trips"].to_list() == [2.0]


def test_zones_without_a_row_are_a_slip(town, matrix_file):
    path = matrix_file({"car": [[5]]}, zones=[3], version=None)
    _, problems, slips = omx.read_trips(path, town)
    assert problems == []
    assert [str(slip) for slip in slips] == [
        "demand.omx: says no version; read as OMX 0.2",
        "demand.omx: 1 zone has no row and so no trips: 1",
    ]


GOOD = {"car": [[0.0, 1], [2, 0]]}


@pytest.mark.parametrize(
    ("matrices", "file", "options", "message"),
    [
        (GOOD, {"zones": (1, 9)}, {}, "row 2: zone '9' is not in node.csv column zone_id"),
        (GOOD, {"zones": (1, 1)}, {}, "row 2: zone '1' is in the lookup already"),
        (GOOD, {"zones": [1]}, {}, "column car: has 2 rows where the lookup has 1 zone"),
        (GOOD, {"lookup": None}, {}, "has no lookup"),
        (GOOD, {}, {"lookup": "taz"}, "has no lookup 'taz'; it has zones"),
        (GOOD, {}, {"classes": {"cars": "car"}}, "has no matrix 'cars'; nearest: 'car'"),
        ({}, {}, {}, "has no matrix in group data"),
        ({"am peak": GOOD["car"]}, {}, {}, "matrix 'am peak' cannot be class 'am peak'"),
        ({"car": [[0.0, 1]]}, {}, {}, "column car: is 1 x 2, not square"),
        ({"car": [0.0, 1]}, {}, {}, "column car: is 2, not square"),
        ({"car": [[b"x", b"y"]] * 2}, {}, {}, "column car: holds |S1, not numbers"),
        ({"car": [[0.0, -1], [2, 0]]}, {}, {}, "row 1, column car: -1 trips from zone '1'"),
        ({"car": [[0.0, 1], [np.inf, 0]]}, {}, {}, "row 2, column car: inf trips from zone '3'"),
        ({"a": [[1]], "b": [[1]]}, {"zones": [1]}, {"classes": {"a": "x", "b": "x"}}, "a, b are"),
    ],
)
def test_what_is_wrong_is_said(town, matrix_file, matrices, file, options, message):
    (problem,) = problems_of(matrix_file(matrices, **file), town, **options)
    assert problem.startswith("demand.omx")
    assert message in problem


def test_many_wrong_cells_are_counted(town, make_town, matrix_file):
    zones = [str(number) for number in range(10)]
    node = pl.DataFrame({"node_id": zones, "zone_id": zones}).with_columns(x_coord=0, y_coord=0)
    town = make_town(node=node)
    problems = problems_of(matrix_file({"car": -np.ones((10, 10))}, zones=range(10)), town)
    assert len(problems) == 21
    assert problems[-1] == "demand.omx, column car: 80 more cells are wrong in this way"


def test_two_lookups_need_a_word(town, matrix_file):
    path = matrix_file(GOOD)
    with openmatrix.open_file(str(path), "a") as file:
        file.create_array(file.root.lookup, "district", obj=np.array([7, 8]))
    assert "several lookups, district, zones" in problems_of(path, town)[0]
    assert read_of(path, town, lookup="zones").trip.height > 0


def test_a_network_without_zones(town, matrix_file):
    bare = town.with_tables(node=town.node.with_columns(zone_id=pl.lit(None)), trip=town.trip[:0])
    assert "no node of the study has a zone_id" in problems_of(matrix_file(GOOD), bare)[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"", "is not an HDF5 file"),
        (b"PK\x03\x04 zip", "is not an HDF5 file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(90), "is an HDF5 file that is damaged or cut short"),
    ],
)
def test_files_that_are_none(town, tmp_path, content, message):
    path = tmp_path / "x.omx"
    if content is not None:
        path.write_bytes(content)
    (problem,) = problems_of(path, town)
    assert message in problem


def test_a_damaged_file(town, tmp_path):
    path = tmp_path / "x.omx"
    omx.write(town, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "damaged or cut short" in problems_of(path, town)[0]


def test_hdf5_of_another_kind(town, tmp_path):
    path = tmp_path / "x.omx"
    with tables.open_file(str(path), "w") as file:
        file.create_array("/", "numbers", obj=[1, 2])
    assert "has no group data" in problems_of(path, town)[0]


def test_skims(tmp_path):
    time = np.array([[0.0, 1.5], [np.inf, 0.0]])
    omx.write_matrices(tmp_path / "s.omx", ["1", "3"], {"time-h": time, "km": time * 2})
    with openmatrix.open_file(str(tmp_path / "s.omx")) as file:
        assert np.array_equal(file["time-h"][:], [[0.0, 1.5], [-1.0, 0.0]])
        assert file["time-h"].attrs["NA"] == -1.0
        assert sorted(file.list_matrices()) == ["km", "time-h"]


@pytest.mark.parametrize(
    "matrices", [{"a/b": np.zeros((2, 2))}, {"time": np.zeros((2, 3))}, {"": np.zeros((2, 2))}]
)
def test_matrices_that_cannot_be_written(tmp_path, matrices):
    with pytest.raises(ValueError, match="matrix"):
        omx.write_matrices(tmp_path / "s.omx", ["1", "3"], matrices)
    assert not (tmp_path / "s.omx").exists()


def test_a_study_without_trips(town, tmp_path):
    with pytest.raises(DataError, match="has no trips to write"):
        omx.write(town.with_tables(trip=town.trip.head(0)), tmp_path / "t.omx")


def test_a_place_that_cannot_be_written(town, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be written"):
        omx.write(town, tmp_path / "file" / "t.omx")
    with pytest.raises(ResourceError, match="cannot be written"):
        omx.write(town, tmp_path)
