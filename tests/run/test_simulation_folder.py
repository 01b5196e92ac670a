"""What a simulation leaves on disk."""

import hashlib
import json
from datetime import date

import polars as pl
import pytest
from tests.simulation.test_simulate import ONE, ferry

from sogdia.errors import DataError
from sogdia.run.simulation_folder import write_simulation
from sogdia.scenario import Scenario
from sogdia.simulation import SimulationOptions, simulate


def test_the_tables_are_kept_and_known_by_their_digest(tmp_path):
    study = ferry(fleet=2)
    result = simulate(study, flows="cheapest", options=ONE)
    folder = write_simulation(result, study, Scenario(), tmp_path / "year")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["replications"], manifest["asked"], manifest["seed"]) == (2, 2, 0)
    assert set(manifest["files"]) == {f"{name}.parquet" for name in result.tables()}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    kept = pl.read_parquet(folder / "elements.parquet")
    assert kept["wait_h_mean"].sum() == pytest.approx(result.elements["wait_h_mean"].sum())


def test_flows_and_playback_are_kept_where_there_are_any(small_study, tmp_path):
    scenario = Scenario(name="as-is")
    options = SimulationOptions(replications=1, start=date(2024, 6, 1), days=40, trace=True)
    result = simulate(small_study, scenario, options=options)
    folder = write_simulation(result, small_study, scenario, tmp_path / "days")
    assert result.flows is not None
    assert pl.read_parquet(folder / "flows.parquet").shape == result.flows.shape
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    one_in = {"north": 1, "titr": 1}
    assert manifest["playback"] == {
        "start": "2024-06-01",
        "days": 40,
        "one_in": one_in,
        "seed": 0,
    }
    for name in ("movements", "voyages", "queues", "closures"):
        assert (folder / f"playback_{name}.parquet").is_file()
    assert pl.read_parquet(folder / "playback_movements.parquet").height > 100


def test_nothing_to_watch_without_a_log(tmp_path):
    study = ferry(fleet=2)
    result = simulate(study, flows="cheapest", options=ONE)
    folder = write_simulation(result, study, Scenario(), tmp_path / "year")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["playback"] is None
    assert result.flows is None


def test_flows_of_several_years_are_their_mean(small_study):
    options = SimulationOptions(
        replications=1, start=date(2023, 12, 1), days=60, warm_up_days=0, threads=1
    )
    result = simulate(small_study, Scenario(name="as-is"), options=options)
    assert [one.year for one in result.assigned] == [2023, 2024]
    by_year = sum(one.flows["kt"].sum() for one in result.assigned)
    assert result.flows is not None
    assert result.flows["kt"].sum() == pytest.approx(by_year / 2)


def test_the_same_seed_leaves_the_same_bytes(tmp_path):
    study = ferry(fleet=2)
    digests = []
    for name in ("one", "two"):
        result = simulate(study, flows="cheapest", options=ONE)
        folder = write_simulation(result, study, Scenario(), tmp_path / name)
        digests.append(json.loads((folder / "manifest.json").read_text())["files"])
    assert digests[0] == digests[1]


def test_a_name_that_is_taken_is_refused(tmp_path):
    study = ferry(fleet=2)
    result = simulate(study, flows="cheapest", options=ONE)
    write_simulation(result, study, Scenario(), tmp_path / "year")
    with pytest.raises(DataError, match="year"):
        write_simulation(result, study, Scenario(), tmp_path / "year")
