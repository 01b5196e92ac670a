"""`sogdia run --simulate`: waits that are simulated, in the printed summary and the folder."""

import json

import polars as pl
import pytest

from sogdia.analysis.feedback import Feedback

KEPT = {
    "queue_check.parquet",
    "rounds.parquet",
    "simulated_elements.parquet",
    "simulated_transit.parquet",
    "transit_check.parquet",
}


def test_rounds_and_what_moved_are_printed_and_kept(sogdia, here, small_folder):
    done = sogdia("run", small_folder, "--simulate", "--replications", "3")
    assert done.code == 0
    assert "Rounds of simulation and assignment" in done.out
    assert "Consistent after" in done.out
    assert "of 3 replications: another would move" in " ".join(done.out.split())
    assert "Waits by formula and as simulated" in done.out
    assert "round 1, simulating ..." in done.err
    folder = here / "runs" / "small-as-is-2024"
    assert {path.name for path in folder.iterdir()} > KEPT
    assert "## Rounds of simulation and assignment" in (folder / "summary.md").read_text()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["seed"] == 0
    assert manifest["simulation"]["options"]["replications"] == 3
    assert set(manifest["files"]) > KEPT


def test_json_has_the_rounds(sogdia, here, small_folder):
    done = sogdia("run", small_folder, "--simulate", "--replications", "2", "--json", "-q")
    found = json.loads(done.out)
    assert done.err == ""
    assert list(found)[-1] == "simulation"
    assert list(found["simulation"]) == ["rounds", "moved", "converged", "replications"]
    assert found["simulation"]["replications"] == 2
    assert found["simulation"]["converged"] is True
    assert 0 <= found["simulation"]["moved"] <= 0.01
    folder = here / "runs" / "small-as-is-2024"
    assert pl.read_parquet(folder / "rounds.parquet").height == found["simulation"]["rounds"]
    elements = pl.read_parquet(folder / "simulated_elements.parquet")
    assert {"element", "kind", "wait_h_mean", "throughput"} <= set(elements.columns)
    transit = pl.read_parquet(folder / "simulated_transit.parquet")
    assert {"origin", "destination", "mean_days", "p90"} <= set(transit.columns)


def test_two_runs_leave_the_same_tables_byte_for_byte(sogdia, here, small_folder):
    for out in ("one", "two"):
        arguments = ("--simulate", "--replications", "2", "--out", out, "-q")
        assert sogdia("run", small_folder, *arguments).code == 0
    for path in (here / "one").iterdir():
        if path.name != "manifest.json":
            assert path.read_bytes() == (here / "two" / path.name).read_bytes(), path.name


def test_flows_that_do_not_settle_are_kept_and_end_with_3(sogdia, here, small_folder, monkeypatch):
    made = Feedback.__init__

    def unsettled(self, **named):
        made(self, **(named | {"converged": False, "moved": 0.25}))

    monkeypatch.setattr(Feedback, "__init__", unsettled)
    done = sogdia("run", small_folder, "--simulate", "--replications", "1", "--out", "one", "-q")
    assert done.code == 3
    assert done.err.startswith("Not consistent after 1 round of 1 replication: another would move")
    assert {path.name for path in (here / "one").iterdir()} > KEPT


def test_replications_need_a_simulation(sogdia, here, small_folder):
    done = sogdia("run", small_folder, "--replications", "5")
    assert done.code == 2
    assert "--simulate" in done.err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("number", ["0", "-1", "100001"])
def test_a_number_of_replications_that_cannot_be_is_refused(sogdia, here, small_folder, number):
    done = sogdia("run", small_folder, "--simulate", "--replications", number)
    assert done.code == 2
    assert f"{number} replications; 1 to 100000 can be made" in done.err
    assert list(here.iterdir()) == []
