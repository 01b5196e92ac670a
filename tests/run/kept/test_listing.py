"""What a folder of runs holds: every kind is told, and what is broken, left over or not ours."""

import fcntl
import json
from contextlib import contextmanager

import polars as pl
import pytest
from tests.report import supplied
from tests.run import kept_folders as kept

import sogdia
from sogdia.errors import DataError
from sogdia.report.supply_json import report_json
from sogdia.run.answer_folder import write_answer
from sogdia.run.folder import new_folder
from sogdia.run.kept.description import describe
from sogdia.run.kept.listing import list_runs, listed, read_run
from sogdia.run.store import RunStore
from sogdia.scenario import Scenario


@contextmanager
def held(path, kind=fcntl.LOCK_EX):
    """A file as a process that works on it holds it."""
    with path.open("rb") as file:
        fcntl.flock(file, kind)
        yield


def what(path):
    """The folder as it is listed."""
    found = listed(path)
    assert found is not None
    return found


def by_name(folder):
    return {run.name: run for run in list_runs(folder).runs}


def test_every_kind_of_folder_is_told(tmp_path):
    kept.run(tmp_path, "run")
    kept.simulation(tmp_path, "simulate")
    kept.answer(tmp_path, "assign", relative_gap=1e-9, year=2024, converged=False)
    kept.answer(tmp_path, "stress", capacity_left=0.0, elements=[], year=2024)
    kept.answer(tmp_path, "invest", budget_musd=2000.0)
    sides = {side: {"scenario": side, "year": 2024} for side in ("before", "after")}
    kept.answer(tmp_path, "compare", same_question=False, **sides)
    kept.answer(tmp_path, "answer")
    kept.sweep(tmp_path, "sweep", complete=True)
    report = supplied.report()
    write_answer(
        report.tables(),
        report_json(report),
        study=report.study,
        scenario=Scenario(name="dry"),
        path=tmp_path / "supply",
    )
    found = by_name(tmp_path)
    assert {name: run.kind for name, run in found.items()} == {name: name for name in found}
    assert len(found) == 9
    assert {run.state for run in found.values()} == {"done"}
    assert (found["run"].study, found["run"].scenario, found["run"].year) == ("small", "dry", 2024)
    assert (found["run"].seconds, found["run"].converged) == (2.0, True)
    assert found["run"].finished == "2025-06-01T00:00:00+00:00"
    assert found["run"].size_bytes == sum(
        file.stat().st_size for file in (tmp_path / "run").iterdir()
    )
    assert found["simulate"].year == 2024
    assert found["assign"].converged is False
    assert found["compare"].scenario == "before → after"
    assert (found["sweep"].study, found["sweep"].scenario) == ("small", "dry")


def test_a_real_run_is_listed_and_described(small_study, tmp_path):
    folder = sogdia.run_study(small_study).write(tmp_path / "first")
    found = describe(folder)
    assert (found["run"]["kind"], found["run"]["state"]) == ("run", "done")
    assert found["asked"]["study.digest"] == small_study.digest()
    assert found["figures"]["result.converged"] is True
    assert found["table"] == "corridors"
    files = {file["name"]: file["as_written"] for file in found["files"]}
    assert files.pop("manifest.json") is None
    assert set(files.values()) == {True}
    (folder / "links.parquet").write_bytes(b"changed")
    files = {file["name"]: file["as_written"] for file in describe(folder)["files"]}
    assert [name for name, as_written in files.items() if as_written is False] == ["links.parquet"]


def test_the_newest_comes_first(tmp_path):
    for name, days in (("old", 3.0), ("new", 1.0), ("older", 9.0)):
        kept.run(tmp_path, name, days_ago=days)
    assert [run.name for run in list_runs(tmp_path).runs] == ["new", "old", "older"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff",
        b'{"study": "small", "files": {}}',
        b'{"study": {"name": "small"}, "files": {}, "scenario": {"name": "x"}, "year": "soon"}',
        b'{"study": {}, "files": [], "scenario": {}}',
        b'{"study": {"name": "s"}, "scenario": {"name": "x"}, "files": {}, "result": [1]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_manifest_is_shown_as_such(tmp_path, content):
    kept.run(tmp_path, "whole")
    (kept.run(tmp_path, "damaged") / "manifest.json").write_bytes(content)
    found = by_name(tmp_path)
    assert found["whole"].state == "done"
    assert found["damaged"].state == "damaged"
    assert found["damaged"].message.startswith("manifest.json ")
    with pytest.raises(DataError, match="cannot be used"):
        read_run(tmp_path / "damaged")


def test_a_run_that_lacks_a_table_is_damaged(tmp_path):
    path = kept.run(tmp_path, "run")
    (path / "corridors.parquet").unlink()
    assert what(path).message == "corridors.parquet missing"


def test_leftovers_are_told_from_what_is_being_written(tmp_path):
    kept.leftover(tmp_path)
    kept.leftover(tmp_path, ".old.89abcdef.deleted")
    with new_folder(tmp_path / "new"):
        found = {run.name: run.state for run in list_runs(tmp_path).runs}
        assert found.pop(".dry.0123abcd.partial") == "leftover"
        assert found.pop(".old.89abcdef.deleted") == "leftover"
        assert [*found.values()] == ["in use"]


@pytest.mark.parametrize("kind", [fcntl.LOCK_EX, fcntl.LOCK_SH], ids=["whole", "block"])
def test_a_sweep_is_in_use_as_long_as_its_driver_lives(tmp_path, kind):
    path = kept.sweep(tmp_path, "sweep", complete=False, finished=3)
    with held(path / ".lock", kind):
        assert what(path).state == "in use"
    after = what(path)
    assert after.state == "unfinished"
    assert after.message == "3 tasks finished; the same command resumes it"


def test_what_is_not_ours_is_named_and_left_alone(tmp_path):
    elsewhere = kept.run(tmp_path / "elsewhere", "run")
    folder = tmp_path / "runs"
    (folder / "photos").mkdir(parents=True)
    (folder / "app").mkdir()
    (folder / "app" / "manifest.json").write_text('{"name": "a web page", "icons": []}')
    (folder / "plans").mkdir()
    (folder / "plans" / "sweep.toml").write_text('method = "grid"')
    (folder / "notes.txt").write_text("mine")
    (folder / "link").symlink_to(elsewhere)
    found = list_runs(folder)
    assert found.runs == ()
    assert dict(found.others) == {
        "app": "not a folder of Sogdia",
        "link": "a link, which is not followed",
        "notes.txt": "a file",
        "photos": "not a folder of Sogdia",
        "plans": "not a folder of Sogdia",
    }
    with pytest.raises(DataError, match="not the folder of a run"):
        read_run(folder / "link")


def test_a_manifest_that_is_a_link_is_not_read(tmp_path):
    target = kept.run(tmp_path / "elsewhere", "run")
    path = tmp_path / "runs" / "run"
    path.mkdir(parents=True)
    (path / "manifest.json").symlink_to(target / "manifest.json")
    (path / "big").symlink_to(target / "corridors.parquet")
    found = what(path)
    assert (found.state, found.size_bytes) == ("damaged", 0)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        list_runs(tmp_path / "none")


def test_the_server_lists_the_same_runs(tmp_path):
    for name in ("one", "two"):
        kept.run(tmp_path, name)
    kept.answer(tmp_path, "supply", deliveries=[])
    store = RunStore(tmp_path)
    served = {run.run_id for run in store.runs()}
    store.close()
    assert served == {name for name, run in by_name(tmp_path).items() if run.kind == "run"}


def test_json_has_all_that_is_listed(tmp_path):
    kept.run(tmp_path, "run")
    (run,) = list_runs(tmp_path).runs
    assert json.loads(json.dumps(run.to_json()))["name"] == "run"


def test_all_runs_can_be_asked_at_once(tmp_path):
    for name, kt in (("one", 1.0), ("two", 2.0)):
        flows = pl.DataFrame({"corridor": ["titr", "north"], "kt": [kt, 10.0]})
        kept.run(tmp_path, name, tables={"flows": flows})
    kept.leftover(tmp_path)
    everything = pl.scan_parquet(f"{tmp_path}/*/flows.parquet", include_file_paths="run")
    sums = everything.filter(corridor="titr").group_by("run").agg(pl.col("kt").sum()).collect()
    found = {path.split("/")[-2]: kt for path, kt in sums.iter_rows()}
    assert found == {"one": 1.0, "two": 2.0}
