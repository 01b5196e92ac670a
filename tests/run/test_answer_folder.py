"""What an answer leaves on disk: here, a supply balance."""

import hashlib
import json

import polars as pl
import pytest
from tests.report import supplied

from sogdia.errors import DataError
from sogdia.report.supply_json import report_json
from sogdia.run.answer_folder import write_answer
from sogdia.scenario import Scenario


def written(path, report=None):
    report = report or supplied.whole_report()
    return write_answer(
        report.tables(),
        report_json(report),
        study=report.study,
        scenario=Scenario(name="cpc-stopped"),
        path=path,
    )


def summary(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def test_the_tables_are_kept_and_known_by_their_digest(tmp_path):
    folder = written(tmp_path / "kept")
    said = summary(folder)
    files = said["made_from"]["files"]
    tables = supplied.whole_report().tables()
    assert set(files) == {f"{name}.parquet" for name in tables}
    assert {path.name for path in folder.iterdir()} == {*files, "summary.json"}
    for name, digest in files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    for name in ("n_minus_2", "frontier", "sweep", "expansion", "baseline_deliveries"):
        assert f"{name}.parquet" in files
    kept = pl.read_parquet(folder / "deliveries.parquet")
    assert kept["kt"].sum() == tables["deliveries"]["kt"].sum()
    assert kept.schema == tables["deliveries"].schema


def test_the_summary_is_the_json_and_what_it_was_made_from(tmp_path):
    said = summary(written(tmp_path / "kept"))
    content = report_json(supplied.whole_report())
    seconds = content.pop("seconds")
    made, this_run = said.pop("made_from"), said.pop("this_run")
    assert said == json.loads(json.dumps(content))
    assert this_run["seconds"] == seconds
    assert made["study"] == {"name": "test", "digest": supplied.study().digest()}
    assert made["scenario"]["name"] == "cpc-stopped"


def test_the_same_balance_gives_the_same_tables(tmp_path):
    first, second = (written(tmp_path / name) for name in ("first", "second"))
    assert summary(first)["made_from"] == summary(second)["made_from"]


def test_it_is_not_taken_for_a_run(tmp_path):
    assert not (written(tmp_path / "kept") / "manifest.json").exists()


def test_what_was_not_asked_has_no_table(tmp_path):
    names = {path.stem for path in written(tmp_path / "kept", supplied.report()).iterdir()}
    assert not {name for name in names if name.startswith("baseline")}
    assert not {"n_minus_2", "frontier", "sweep", "expansion"} & names


def test_a_folder_that_is_there_stays_as_it_is(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="exists already; name another folder"):
        written(tmp_path / "kept")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["mine.txt"]
