"""`sogdia runs`: list, show, diff and clean."""

import json

import polars as pl
import pytest
from tests.run import kept_folders as kept

NEW = kept.CORRIDORS.with_columns(pl.col("kt") * 2.0)


@pytest.fixture
def runs(here):
    """Two runs, a damaged one and a leftover."""
    folder = here / "runs"
    kept.run(folder, "first", days_ago=400.0)
    kept.run(folder, "second", days_ago=1.0, year=2030, tables={"corridors": NEW})
    (kept.simulation(folder, "third") / "manifest.json").write_text("{")
    kept.leftover(folder)
    return folder


def test_the_list_shows_what_is_broken(sogdia, runs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    done = sogdia("runs", "list")
    assert done.code == 0
    assert done.out.startswith("Runs in runs")
    rows = {line.split()[0]: line for line in done.out.splitlines() if line.strip()}
    assert "run" in rows["second"]
    assert "2030" in rows["second"]
    assert "2.0 s" in rows["second"]
    assert rows["second"].rstrip().endswith("done")
    assert "damaged" in rows["third"]
    assert "leftover" in done.out


def test_json_of_the_list(sogdia, runs):
    found = json.loads(sogdia("runs", "list", "--json").out)
    assert found["folder"] == "runs"
    assert found["served"] is False
    assert {run["name"]: run["state"] for run in found["runs"]} == {
        "first": "done",
        "second": "done",
        "third": "damaged",
        ".dry.0123abcd.partial": "leftover",
    }


def test_an_empty_folder_and_none(sogdia, here):
    (here / "runs").mkdir()
    assert "There are none; sogdia run makes one." in sogdia("runs", "list").out
    done = sogdia("runs", "list", "nowhere")
    assert done.code == 2
    assert done.err == "nowhere is not a folder; name one that holds runs\n"


def test_one_run_is_shown(sogdia, runs):
    done = sogdia("runs", "show", "second")
    assert done.code == 0
    assert done.out.startswith("sogdia run · small · dry · 2030 ·")
    for text in ("study.digest", "aaaaaaaaaaaa…", "result.residual", "corridors: 3 of 3 rows"):
        assert text in done.out
    assert sogdia("runs", "show", runs / "second").out == done.out
    found = json.loads(sogdia("runs", "show", "second", "--json").out)
    assert list(found) == ["run", "asked", "figures", "table", "files"]
    assert found["asked"]["options.residual"] == 1e-8


def test_a_name_that_is_none(sogdia, runs):
    done = sogdia("runs", "show", "frist")
    assert done.code == 2
    assert done.err == "there is no run 'frist' in runs; did you mean 'first'?\n"
    damaged = sogdia("runs", "show", "third")
    assert damaged.code == 2
    assert "cannot be used: manifest.json cannot be read" in damaged.err


def test_the_difference_of_two(sogdia, runs):
    done = sogdia("runs", "diff", "first", "second")
    assert done.code == 0
    assert done.out.startswith("sogdia run · A first → B second")
    assert "Largest changes in corridors" in done.out
    assert "+20" in done.out
    found = json.loads(sogdia("runs", "diff", "first", "second", "--json").out)
    assert found["inputs"] == [{"input": "year", "before": 2024, "after": 2030}]
    kept.simulation(runs, "other")
    refused = sogdia("runs", "diff", "first", "other")
    assert refused.code == 2
    assert "only runs of one kind can be compared" in refused.err


def test_cleaning_asks_first(sogdia, runs):
    done = sogdia("runs", "clean")
    assert done.code == 2
    assert done.err.startswith("1 folder would be removed; say --yes, or look first")
    assert (runs / ".dry.0123abcd.partial").exists()
    looked = sogdia("runs", "clean", "--dry-run")
    assert "To be removed" in looked.out
    assert (runs / ".dry.0123abcd.partial").exists()
    done = sogdia("runs", "clean", "--yes")
    assert done.code == 0
    assert "Removed" in done.out
    assert sorted(path.name for path in runs.iterdir()) == ["first", "second", "third"]
    assert "There is nothing to remove." in sogdia("runs", "clean", "--dry-run").out


def test_old_runs_go_where_that_is_asked(sogdia, runs):
    asked = ("--older-than", "30w", "--yes", "--json")
    found = json.loads(sogdia("runs", "clean", *asked).out)
    assert {one["name"] for one in found["removed"]} == {".dry.0123abcd.partial", "first", "second"}
    assert sorted(path.name for path in runs.iterdir()) == ["third"]


@pytest.mark.parametrize("age", ["30", "-3d", "a week", "99999w", ""])
def test_an_age_that_is_none(sogdia, runs, age):
    done = sogdia("runs", "clean", f"--older-than={age}")
    assert done.code == 2
    assert done.err == f"--older-than {age!r} is not an age such as 30d, 12h or 4w\n"
