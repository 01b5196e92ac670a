"""`sogdia compare`: two scenarios, or the folders of two runs, side by side."""

import json
from functools import partial

import polars as pl
import pytest
from tests.run import kept_folders as kept

from sogdia.analysis import comparison
from sogdia.analysis.feedback import consistent_flows

CLOSED = """
year = 2024
[[rule]]
places = ["KZSCO"]
reason = "nothing crosses the Caspian"
"""
KEYS = (
    "study scenario year before after same_question user_benefit_usd totals corridors commodities "
    "places elements unserved simulation residual converged seconds"
)


@pytest.fixture
def scenarios(here):
    (here / "a.toml").write_text('name = "as it is"\nyear = 2024\n')
    (here / "b.toml").write_text(CLOSED)
    return "a.toml", "b.toml"


def test_what_changed_is_printed_and_kept(sogdia, scenarios, here, small_folder):
    asked = ("--study", small_folder, "--out", "kept")
    done = sogdia("compare", *scenarios, *asked)
    assert done.code == 0
    assert done.out.startswith("small · A as it is → B b · 2024 ·")
    for title in ("Totals", "Corridors: B,", "Goods: B,", "Nodes whose", "Links whose"):
        assert title in done.out
    assert "Shippers lose USD" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert done.err.splitlines()[-1] == "Written to kept"
    tables = ("commodities", "corridors", "elements", "places", "totals", "unserved")
    names = sorted(file.name for file in (here / "kept").iterdir())
    assert names == sorted([*(f"{name}.parquet" for name in tables), "summary.json"])
    said = json.loads((here / "kept" / "summary.json").read_text())
    assert said["after"]["content"]["rule"][0]["places"] == ["KZSCO"]
    titr = next(row for row in said["corridors"] if row["corridor"] == "titr")
    assert titr["kt_change"] == -titr["kt_before"] < 0.0
    assert titr["days_mean_change"] is None
    assert pl.read_parquet(here / "kept" / "corridors.parquet").height == len(said["corridors"])
    listed = json.loads(sogdia("runs", "list", here, "--json").out)
    assert [(run["kind"], run["scenario"]) for run in listed["runs"]] == [
        ("compare", "as it is → b")
    ]
    again = sogdia("compare", *scenarios, *asked)
    assert again.code == 2
    assert "--out kept is there already" in again.err


def test_a_scenario_and_itself_in_json(sogdia, scenarios, small_folder):
    asked = ("--study", small_folder, "--json", "--quiet")
    done = sogdia("compare", "a.toml", "a.toml", *asked)
    assert done.code == 0
    assert done.err == "warning: a.toml and a.toml ask the same; every difference is 0\n"
    found = json.loads(done.out)
    assert " ".join(found) == KEYS
    assert found["same_question"] is True
    assert {row["kt_change"] for row in found["corridors"]} == {0.0}


def test_simulated_differences_have_intervals(sogdia, scenarios, small_folder, monkeypatch):
    hasty = partial(consistent_flows, rounds=1, tolerance=1e-9)
    monkeypatch.setattr(comparison, "consistent_flows", hasty)
    monkeypatch.setattr(comparison, "LEAD_IN_DAYS", 10)
    asked = ("--simulate", "--replications", "2", "--seed", "4", "--top", "2")
    done = sogdia("compare", *scenarios, "--study", small_folder, *asked, "-q")
    assert done.code == 3
    assert done.err == "not converged: what is left is part of every difference\n"
    assert "Simulated, 2 pairs of replications" in done.out
    assert "95% interval" in done.out
    assert "Both with seed 4" in done.out
    spread = sogdia(
        "compare", *scenarios, "--study", small_folder, *asked, "-q", "--executor", "threads"
    )
    assert _untimed(spread.out) == _untimed(done.out)


def _untimed(out):
    """What is printed but for the seconds it took, which end the first line."""
    first, _, rest = out.partition("\n")
    return first.rpartition(" · ")[0], rest


def test_folders_of_two_runs(sogdia, here):
    for name in ("one", "two"):
        kept.run(here, name)
    done = sogdia("compare", "one", "two")
    assert done.code == 0
    assert "All tables are equal, byte for byte." in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a.toml", "nowhere"), "'nowhere' is neither a file nor a built-in scenario"),
        (("a.toml", "baseline-2042"), "did you mean 'baseline-2024'?"),
        (("a.toml", "b.toml", "--seed", "3"), "--seed is of --simulate"),
        (("a.toml", "b.toml", "--replications", "9"), "--replications is of --simulate"),
        (("a.toml", "b.toml", "--simulate", "--replications", "1"), "a number from 2"),
        (("a.toml", "b.toml", "--executor", "local"), "--executor is of --simulate"),
        (("a.toml", "b.toml", "--simulate", "--executor", "dusk"), "no executor 'dusk'"),
        (("a.toml", "b.toml", "--simulate", "--address", "tcp://x:1"), "has no address"),
        (("runs", "runs", "--executor", "local"), "are of scenarios"),
        (("a.toml", "b.toml", "--year", "24"), "--year 24 is not a number"),
        (("a.toml", "b.toml", "--top", "-1"), "--top -1 is not a number"),
        (("a.toml", "runs"), "runs is the folder of a run, and the other is none"),
        (("runs", "runs", "--year", "2024"), "are of scenarios"),
        (("runs", "runs"), "is not the folder of a run"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(sogdia, scenarios, here, arguments, said):
    (here / "runs").mkdir()
    done = sogdia("compare", *arguments)
    assert done.code == 2
    assert done.out == ""
    assert said in done.err
    assert len(done.err.splitlines()) == 1
