"""What goes from a folder of runs, and above all what does not."""

import fcntl
import shutil
from datetime import timedelta

import pytest
from tests.run import kept_folders as kept

from sogdia.errors import ResourceError
from sogdia.run.folder import new_folder
from sogdia.run.kept.cleaning import clean, plan_cleaning
from sogdia.run.store import RunStore

MONTH = timedelta(days=30)


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def planned(folder, **asked):
    return plan_cleaning(folder, now=kept.NOW, **asked)


def cleaned(folder, **asked):
    return clean(folder, planned(folder, **asked))


def gone(plan):
    return sorted(one.name for one in plan.removed)


@pytest.fixture
def folder(tmp_path):
    """Runs old and new, leftovers, and what is somebody else's."""
    folder = tmp_path / "runs"
    kept.run(folder, "new", days_ago=1.0)
    kept.run(folder, "old", days_ago=40.0)
    kept.answer(folder, "old-answer", days_ago=40.0, deliveries=[])
    kept.leftover(folder)
    (folder / "photos").mkdir()
    (folder / "photos" / "a.jpg").write_bytes(b"mine")
    (folder / "notes.txt").write_text("mine")
    (folder / ".hidden").mkdir()
    return folder


def test_only_leftovers_go_unless_more_is_asked(folder):
    found = cleaned(folder)
    assert gone(found) == [".dry.0123abcd.partial"]
    assert found.removed[0].size_bytes == len(b"torn")
    assert names(folder) == [".hidden", "new", "notes.txt", "old", "old-answer", "photos"]


def test_a_plan_removes_nothing(folder):
    before = names(folder)
    assert gone(planned(folder, older_than=MONTH)) == [".dry.0123abcd.partial", "old", "old-answer"]
    assert names(folder) == before


def test_old_runs_go_where_that_is_asked(folder):
    cleaned(folder, older_than=MONTH)
    assert names(folder) == [".hidden", "new", "notes.txt", "photos"]


def test_leftovers_of_an_age(folder):
    kept.leftover(folder, ".wet.0123abcd.partial", hours_ago=72.0)
    found = cleaned(folder, older_than=timedelta(days=2), only_leftovers=True)
    assert gone(found) == [".wet.0123abcd.partial"]
    assert "old" in names(folder)


def test_what_a_live_process_writes_stays(tmp_path):
    with new_folder(tmp_path / "runs" / "slow") as folder:
        folder.write("corridors.parquet", b"")
        found = plan_cleaning(tmp_path / "runs", now=None)
        assert [why for _, why in found.kept] == ["a process that is alive uses it"]
        assert clean(tmp_path / "runs", found).removed == ()
    assert names(tmp_path / "runs") == ["slow"]


def test_what_has_only_begun_stays(folder):
    kept.leftover(folder, ".wet.0123abcd.partial", hours_ago=0.01)
    found = cleaned(folder)
    assert ".wet.0123abcd.partial" in names(folder)
    assert found.kept == ((".wet.0123abcd.partial", "it changed less than 1 min ago"),)


def test_what_came_into_use_after_the_plan_stays(folder):
    plan = planned(folder)
    with (folder / ".dry.0123abcd.partial" / "corridors.parquet").open("rb"):
        path = folder / ".dry.0123abcd.partial" / "work.lock"
        path.touch()
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = clean(folder, plan)
    assert gone(found) == []
    assert found.kept == ((".dry.0123abcd.partial", "a process that is alive uses it"),)


def test_a_run_with_files_of_its_owner_stays(folder):
    (folder / "old" / "thesis.docx").write_bytes(b"mine")
    found = cleaned(folder, older_than=MONTH)
    assert (folder / "old" / "thesis.docx").exists()
    assert dict(found.kept)["old"].endswith("did not write: thesis.docx")


def test_a_leftover_that_holds_folders_is_none(folder):
    (folder / ".dry.0123abcd.partial" / "mine").mkdir()
    assert gone(cleaned(folder)) == []
    assert (folder / ".dry.0123abcd.partial" / "mine").is_dir()


def test_damaged_runs_stay(folder):
    (folder / "old" / "manifest.json").write_text("{")
    found = clean(folder, plan_cleaning(folder, older_than=timedelta(0)))
    assert "old" in names(folder)
    assert "not sure whose it is" in dict(found.kept)["old"]


def test_sweeps_go_when_they_are_finished_and_nobody_works_on_them(tmp_path):
    for name, complete in (("done", True), ("begun", False), ("busy", True)):
        kept.sweep(tmp_path, name, complete=complete)
    with (tmp_path / "busy" / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        plan = plan_cleaning(tmp_path, older_than=timedelta(0))
        found = clean(tmp_path, plan)
    assert gone(found) == ["done"]
    assert names(tmp_path) == ["begun", "busy"]


def test_links_are_neither_followed_nor_removed(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    kept.run(elsewhere, "precious", days_ago=400.0)
    kept.leftover(elsewhere)
    (folder / "link").symlink_to(elsewhere / "precious")
    (folder / ".gone.0123abcd.partial").symlink_to(elsewhere / ".dry.0123abcd.partial")
    (folder / "old" / "report.html").symlink_to(elsewhere / "precious" / "manifest.json")
    before = sorted(elsewhere.rglob("*"))
    cleaned(folder, older_than=MONTH)
    assert sorted(elsewhere.rglob("*")) == before
    assert {"link", ".gone.0123abcd.partial", "old"} <= set(names(folder))


def test_a_link_put_in_place_after_the_plan_is_not_followed(folder, tmp_path):
    plan = planned(folder, older_than=MONTH)
    precious = kept.run(tmp_path / "elsewhere", "precious")
    shutil.rmtree(folder / "old")
    (folder / "old").symlink_to(precious)
    found = clean(folder, plan)
    assert (precious / "manifest.json").exists()
    assert dict(found.kept)["old"] == "it is gone"


def test_nothing_goes_while_a_server_has_the_folder_open(folder):
    store = RunStore(folder)
    plan = planned(folder, older_than=MONTH)
    try:
        with pytest.raises(ResourceError, match="in use by a server"):
            clean(folder, plan)
        assert "old" in names(folder)
    finally:
        store.close()


def test_the_server_forgets_what_is_gone(folder):
    store = RunStore(folder)
    assert {run.run_id for run in store.runs()} == {"new", "old"}
    store.close()
    cleaned(folder, older_than=MONTH)
    store = RunStore(folder)
    assert {run.run_id for run in store.runs()} == {"new"}
    store.close()
