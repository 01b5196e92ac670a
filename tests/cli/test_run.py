"""`sogdia run`, from tables to a folder."""

import json

import polars as pl
import pytest
from tests.report.stub_page import write_page

from sogdia.report import page

FILES = [
    "corridors.parquet",
    "elements.parquet",
    "flows.parquet",
    "history.parquet",
    "links.parquet",
    "manifest.json",
    "paths.parquet",
    "report.html",
    "services.parquet",
    "summary.md",
    "terminals.parquet",
    "unserved.parquet",
    "validation.parquet",
]
KEYS = {
    "corridors": "corridor direction kt kteu share days_mean cost_usd_t co2_kg_t",
    "validation": "observation metric scope year unit published modelled ratio role",
    "bottlenecks": "element kind utilisation wait_h scarcity_usd_t",
    "unserved": "origin destination commodity kt reason",
}


@pytest.fixture(autouse=True)
def built_page(tmp_path, monkeypatch):
    """A page that is built, whatever was built in this checkout."""
    monkeypatch.setattr(page, "PAGE", write_page(tmp_path / "page"))


def names(folder):
    return sorted(child.name for child in folder.iterdir())


def test_a_run_prints_its_summary_and_leaves_its_folder(sogdia, here, small_folder):
    done = sogdia("run", small_folder)
    assert done.code == 0
    assert done.out.startswith("small · as-is · 2024 ·")
    assert "Corridors" in done.out
    assert done.err.splitlines()[-1] == "Written to runs/small-as-is-2024"
    assert names(here / "runs") == ["small-as-is-2024"]
    assert names(here / "runs" / "small-as-is-2024") == FILES


def test_json_is_one_object_with_keys_that_stay(sogdia, small_folder):
    done = sogdia("run", small_folder, "--json", "--quiet")
    found = json.loads(done.out)
    assert done.err == ""
    assert " ".join(found) == (
        "study scenario year seconds residual corridors validation bottlenecks unserved"
    )
    assert (found["study"], found["scenario"], found["year"]) == ("small", "as-is", 2024)
    for name, keys in KEYS.items():
        assert {" ".join(row) for row in found[name]} <= {keys}
    assert {row["direction"] for row in found["corridors"]} == {"westbound", "eastbound"}
    assert sum(row["kt"] for row in found["corridors"]) + sum(
        row["kt"] for row in found["unserved"]
    ) == pytest.approx(500 + 300 + 200 + 10)


def test_two_runs_leave_the_same_tables_byte_for_byte(sogdia, here, small_folder):
    for out in ("one", "two"):
        assert sogdia("run", small_folder, "--out", out, "-q").code == 0
    for name in FILES:
        if name != "manifest.json":
            assert (here / "one" / name).read_bytes() == (here / "two" / name).read_bytes(), name
    one, two = (json.loads((here / out / "manifest.json").read_text()) for out in ("one", "two"))
    assert one.pop("this_run").keys() == two.pop("this_run").keys()
    assert one == two


def test_the_folder_holds_what_the_summary_says(sogdia, here, small_folder):
    said = json.loads(sogdia("run", small_folder, "--out", "one", "--json", "-q").out)
    kept = pl.read_parquet(here / "one" / "corridors.parquet")
    assert kept["kt"].sum() == pytest.approx(sum(row["kt"] for row in said["corridors"]))
    links = pl.read_parquet(here / "one" / "links.parquet")
    assert {"link_id", "direction", "commodity_id", "kt", "kteu"} <= set(links.columns)


def report_data(folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    return json.loads(text.split('id="page-data">')[1].split("</script>")[0])


def test_the_report_shows_the_run(sogdia, here, small_folder):
    sogdia("run", small_folder, "--out", "one", "-q")
    data = report_data(here / "one")
    assert data["study"]["study"] == "small"
    assert [run["run_id"] for run in data["runs"]] == ["small-as-is-2024"]
    manifest = json.loads((here / "one" / "manifest.json").read_text())
    assert "report.html" in manifest["files"]


def test_the_report_shows_a_baseline_beside_the_run(sogdia, here, small_folder):
    sogdia("run", small_folder, "--out", "one", "-q")
    arguments = ("--year", "2023", "--baseline", "one", "--out", "two", "-q")
    assert sogdia("run", small_folder, *arguments).code == 0
    runs = report_data(here / "two")["runs"]
    assert [run["run_id"] for run in runs] == ["small-as-is-2023", "baseline one"]
    assert [run["year"] for run in runs] == [2023, 2024]


def test_a_baseline_of_another_study_is_refused(sogdia, here, small_folder, small_copy):
    sogdia("run", small_folder, "--out", "one", "-q")
    settings = small_copy / "study.toml"
    settings.write_text(settings.read_text().replace('"small"', '"other"'))
    done = sogdia("run", small_copy, "--baseline", "one", "-q")
    assert done.code == 2
    assert "--baseline one is a run of study small, not of other" in done.err
    assert names(here) == ["one"]


def test_without_a_page_the_run_says_why_there_is_no_report(
    sogdia, here, small_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(page, "PAGE", tmp_path / "none")
    done = sogdia("run", small_folder, "--out", "one")
    assert done.code == 0
    assert "No report.html: the page was not built" in done.err
    assert names(here / "one") == [name for name in FILES if name != "report.html"]


def test_runs_without_a_name_are_numbered(sogdia, here, small_folder):
    for _ in range(2):
        sogdia("run", small_folder, "-q")
    assert names(here / "runs") == ["small-as-is-2024", "small-as-is-2024-2"]


def test_a_scenario_is_taken_and_its_victims_are_named(sogdia, here, small_folder):
    (here / "closed.toml").write_text(
        '[[rule]]\nname = "closed"\ncountries = ["DE"]\napplies_to = ["destination"]\n'
    )
    done = sogdia("run", small_folder, "--scenario", "closed.toml", "--json")
    found = json.loads(done.out)
    assert found["scenario"] == "closed"
    keys = ("origin", "destination", "commodity")
    denied = {
        tuple(row[key] for key in keys): row["kt"]
        for row in found["unserved"]
        if row["reason"].startswith("policy")
    }
    assert denied["CNXIA", "DEDUI", "machinery"] == pytest.approx(500)
    assert names(here / "runs") == ["small-closed-2024"]


def test_a_year_is_taken(sogdia, here, small_folder):
    found = json.loads(sogdia("run", small_folder, "--year", "2023", "--json").out)
    assert found["year"] == 2023
    assert sum(row["kt"] for row in found["corridors"]) == pytest.approx(450)
    assert names(here / "runs") == ["small-as-is-2023"]


def test_a_run_that_did_not_converge_is_kept_and_ends_with_3(
    sogdia, here, small_folder, monkeypatch
):
    monkeypatch.setattr("sogdia.assignment.AssignmentResult.converged", False)
    done = sogdia("run", small_folder, "--out", "one", "--quiet")
    assert done.code == 3
    assert done.err.startswith("not converged: a residual of ")
    assert "Not converged" in done.out
    assert names(here / "one") == FILES


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenario", "no-such"], "no-such"),
        (["--year", "1999"], "1999"),
        (["--out", "taken"], "exists already"),
        (["--baseline", "nowhere"], "nowhere is not the folder of a run"),
    ],
)
def test_wrong_input_is_one_line_and_nothing_is_written(
    sogdia, here, small_folder, arguments, message
):
    (here / "taken").mkdir()
    (here / "taken" / "mine.txt").write_text("keep")
    done = sogdia("run", small_folder, "-q", *arguments)
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert message in done.err
    assert sorted(path.name for path in here.rglob("*")) == ["mine.txt", "taken"]


def test_a_broken_study_writes_nothing(sogdia, here, small_copy):
    (small_copy / "node.csv").write_text("")
    done = sogdia("run", small_copy)
    assert done.code == 2
    assert done.err.startswith("node.csv")
    assert names(here) == []
