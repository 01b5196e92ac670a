"""The store of runs: what lies in the folder is listed, what does not is remembered."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sogdia.errors import DataError, ResourceError
from sogdia.run.names import LONGEST_NAME_BYTES, run_name
from sogdia.run.store import INDEX, STOPPED, NewRun, RunStore

MANIFEST = {
    "study": {"name": "small", "digest": "d"},
    "scenario": {"name": "dry", "content": {"title": "A dry year"}},
    "year": 2024,
    "result": {"residual": 1e-9, "converged": True},
    "files": {"links.parquet": "0"},
    "this_run": {"finished": "2025-03-01T12:00:00+02:00"},
}


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    store = RunStore(tmp_path / "runs")
    yield store
    store.close()


def asked(name="small-dry-2024", **request) -> NewRun:
    return NewRun(name, "small", "dry", "A dry year", 2024, False, request)


def finished(folder: Path, name: str, **changes) -> Path:
    """A run folder as `sogdia run` leaves it."""
    path = folder / name
    path.mkdir(parents=True)
    (path / "manifest.json").write_text(json.dumps(MANIFEST | changes))
    return path


def states(store: RunStore) -> dict[str, str]:
    return {run.run_id: run.state for run in store.runs()}


def reopened(store: RunStore) -> RunStore:
    store.close()
    return RunStore(store.folder)


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("eurasia", "avoid-russia", 2030), "eurasia-avoid-russia-2030"),
        (("eurasia", "baseline-2024", 2024), "eurasia-baseline-2024"),
        (("a/b", "../x", None), "a_b-.._x"),
        (("..", "x", None), "-x"),
        (("...", "", 5), "--5"),
    ],
)
def test_a_name_is_fit_for_a_folder(parts, name):
    assert run_name(*parts) == name


def test_a_name_is_not_longer_than_file_systems_take():
    assert len(run_name("s", "ü" * 500, 2024).encode()) <= LONGEST_NAME_BYTES


def test_a_run_goes_from_the_queue_to_its_folder(store):
    run = store.add(asked(seed=1))
    assert (run.run_id, run.state, run.request) == ("small-dry-2024", "queued", '{"seed": 1}')
    store.start(run.run_id)
    assert states(store) == {"small-dry-2024": "running"}
    finished(store.folder, run.run_id)
    done = store.end(run.run_id, "failed", "whatever was said")
    assert (done.state, done.message, done.converged) == ("done", None, True)
    assert done.created == run.created
    assert done.started is not None
    assert done.finished == "2025-03-01T10:00:00.000+00:00"


def test_names_are_numbered_and_never_taken_twice(store):
    finished(store.folder, "small-dry-2024-2")
    assert [store.add(asked()).run_id for _ in range(3)] == [
        "small-dry-2024",
        "small-dry-2024-3",
        "small-dry-2024-4",
    ]


def test_the_queue_is_in_the_order_of_asking(store):
    for name in ("b", "a", "c"):
        store.add(asked(name))
    store.end("b", "cancelled")
    store.repeat("b")
    assert [run.run_id for run in store.queue()] == ["a", "c", "b"]


def test_a_run_of_the_command_line_is_listed_at_once(store):
    assert store.runs() == []
    finished(store.folder, "mine")
    (run,) = store.runs()
    assert (run.run_id, run.study, run.scenario, run.title) == (
        "mine",
        "small",
        "dry",
        "A dry year",
    )
    assert (run.state, run.year, run.converged, run.simulated) == ("done", 2024, True, False)
    assert run.created == run.finished
    assert run.request is None


def test_a_simulated_run_is_told_from_its_files(store):
    finished(store.folder, "fed-back", files={"simulated_elements.parquet": "0"})
    finished(store.folder, "only-simulated", replications=3, result={}, year=None)
    runs = {run.run_id: run for run in store.runs()}
    assert runs["fed-back"].simulated
    assert runs["only-simulated"].simulated
    assert runs["only-simulated"].converged is None


def test_newer_runs_come_first(store):
    finished(store.folder, "old", this_run={"finished": "2024-01-01T00:00:00+00:00"})
    finished(store.folder, "new", this_run={"finished": "2024-06-01T00:00:00+00:00"})
    store.add(asked("newest"))
    assert list(states(store)) == ["newest", "new", "old"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "Expecting"),
        ("[]", "not a JSON object"),
        ("{}", "no 'scenario'"),
        (json.dumps(MANIFEST | {"scenario": 7}), ""),
        (json.dumps(MANIFEST | {"this_run": {"finished": "yesterday"}}), "yesterday"),
        ("[" * 100_000, ""),
        (json.dumps(MANIFEST) + " " * 17 * 1024**2, "bytes"),
    ],
)
def test_a_damaged_manifest_is_listed_with_the_reason(store, content, reason):
    (store.folder / "damaged").mkdir()
    (store.folder / "damaged" / "manifest.json").write_text(content)
    (run,) = store.runs()
    assert run.state == "failed"
    assert run.message is not None
    assert run.message.startswith("manifest.json of damaged cannot be read: ")
    assert reason in run.message


def test_a_folder_that_is_removed_is_no_longer_listed(store):
    folder = finished(store.folder, "mine")
    assert states(store) == {"mine": "done"}
    (folder / "manifest.json").unlink()
    folder.rmdir()
    assert store.runs() == []


def test_what_is_no_run_is_left_out(store, tmp_path):
    finished(store.folder, ".hidden.partial")
    (store.folder / "notes").mkdir()
    (store.folder / "file.txt").write_text("a note")
    finished(tmp_path, "elsewhere")
    (store.folder / "linked").symlink_to(tmp_path / "elsewhere")
    assert store.runs() == []


def test_what_is_unfinished_is_interrupted_by_a_restart_and_can_be_repeated(store):
    for name in ("waits", "runs", "wrote"):
        store.add(asked(name, scenario=name))
    for name in ("runs", "wrote"):
        store.start(name)
    finished(store.folder, "wrote")
    (store.folder / ".runs.12ab.partial").mkdir()
    (store.folder / ".mine.12ab.partial").mkdir()
    (store.folder / ".gone.12ab.deleted").mkdir()
    again = reopened(store)
    try:
        assert states(again) == {"wrote": "done", "runs": "interrupted", "waits": "interrupted"}
        assert again.get("runs").message == STOPPED  # type: ignore[union-attr]
        hidden = {child.name for child in again.folder.iterdir() if child.name.startswith(".")}
        assert hidden == {".mine.12ab.partial"}
        repeated = again.repeat("runs")
        assert (repeated.state, repeated.message, repeated.started) == ("queued", None, None)
        assert json.loads(repeated.request or "") == {"scenario": "runs"}
    finally:
        again.close()


def test_what_was_asked_for_is_kept_when_the_folder_says_it_otherwise(store):
    run = store.add(asked())
    finished(store.folder, run.run_id, study={"name": "another name"})
    assert store.end(run.run_id, "done").study == "small"


@pytest.mark.parametrize("state", ["queued", "running"])
def test_only_what_has_ended_can_be_deleted_or_repeated(store, state):
    run = store.add(asked())
    if state == "running":
        store.start(run.run_id)
    for refused in (store.delete, store.repeat):
        with pytest.raises(ValueError, match=state):
            refused(run.run_id)


def test_a_run_of_the_command_line_cannot_be_repeated(store):
    finished(store.folder, "mine", scenario=None)
    assert states(store) == {"mine": "failed"}
    with pytest.raises(ValueError, match="mine is failed"):
        store.repeat("mine")


def test_deleting_removes_folder_and_row(store):
    finished(store.folder, "mine")
    (store.folder / "mine" / "deep").mkdir()
    store.delete(store.runs()[0].run_id)
    assert store.runs() == []
    assert {child.name for child in store.folder.iterdir()} <= {
        *("index.lock", INDEX, f"{INDEX}-wal", f"{INDEX}-shm")
    }


def test_deleting_never_leaves_the_folder(store, tmp_path):
    target = finished(tmp_path, "precious")
    run = store.add(asked("mine"))
    store.end(run.run_id, "failed", "no")
    (store.folder / "mine").symlink_to(target)
    store.delete("mine")
    assert target.is_dir()
    for name in ("..", "../precious", "/etc", "", "mine"):
        with pytest.raises(KeyError):
            store.delete(name)
        with pytest.raises(KeyError):
            store.path(name)
        assert store.get(name) is None


def test_a_folder_that_cannot_be_removed_is_an_error_of_the_machine(store, monkeypatch):
    finished(store.folder, "mine")
    store.runs()

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(ResourceError, match=r"mine cannot be used: Permission denied"):
        store.delete("mine")


def test_the_index_can_be_removed(store):
    finished(store.folder, "mine")
    store.add(asked("waits"))
    store.close()
    (store.folder / INDEX).unlink()
    again = RunStore(store.folder)
    assert states(again) == {"mine": "done"}
    again.close()


def test_an_index_that_is_no_database_is_made_again(store):
    finished(store.folder, "mine")
    store.close()
    (store.folder / INDEX).write_bytes(b"not a database at all" * 100)
    again = RunStore(store.folder)
    assert states(again) == {"mine": "done"}
    again.close()


def test_an_index_of_another_version_is_refused(store):
    store.close()
    index = sqlite3.connect(store.folder / INDEX)
    index.execute("PRAGMA user_version = 99")
    index.close()
    with pytest.raises(DataError, match=r"another version of Sogdia \(99, not 1\); remove it"):
        RunStore(store.folder)


def test_one_process_at_a_time_has_a_store_open(store):
    with pytest.raises(ResourceError, match="in use by another server; stop it, or name another"):
        RunStore(store.folder)


def test_a_folder_that_cannot_be_made_is_an_error_of_the_machine(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResourceError, match="cannot be used"):
        RunStore(tmp_path / "file" / "runs")


def test_an_index_that_cannot_be_written_is_an_error_of_the_machine(store):
    os.truncate(store.folder / INDEX, 0)
    (store.folder / INDEX).unlink()
    store.close()
    (store.folder / INDEX).mkdir()
    with pytest.raises(ResourceError, match="index of runs"):
        RunStore(store.folder)


def test_an_old_folder_is_not_read_again(store, monkeypatch):
    finished(store.folder, "mine")
    os.utime(store.folder, ns=(0, 0))
    assert states(store) == {"mine": "done"}
    monkeypatch.setattr("sogdia.run.store.os.scandir", lambda _: pytest.fail("read again"))
    assert states(store) == {"mine": "done"}


def test_a_folder_that_is_gone_is_an_error_of_the_machine(store, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sogdia.run.store.os.scandir", refuse)
    with pytest.raises(ResourceError, match="cannot be used: Permission denied"):
        store.runs()


def test_what_the_index_cannot_hold_is_a_failed_run(store):
    finished(store.folder, "good")
    finished(store.folder, "year", year=10**30)
    finished(store.folder, "endless", year=float("inf"))
    finished(store.folder, "half", scenario={"name": "\ud800"})
    (store.folder / os.fsdecode(b"no text \xff")).mkdir()
    assert states(store) == {
        "good": "done",
        "year": "failed",
        "endless": "failed",
        "half": "failed",
    }


def test_nobody_waits_for_a_folder_to_be_removed(store, monkeypatch):
    finished(store.folder, "large")
    assert states(store) == {"large": "done"}
    removed = []

    def slowly(path):
        with ThreadPoolExecutor(1) as other:
            assert other.submit(store.runs).result(timeout=10) == []
        removed.append(path)

    monkeypatch.setattr(shutil, "rmtree", slowly)
    store.delete("large")
    assert removed
