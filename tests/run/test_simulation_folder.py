"""What a simulation leaves on disk."""

import hashlib
import json

import polars as pl
import pytest
from tests.simulation.test_simulate import ONE, ferry

from sogdia.errors import DataError
from sogdia.run.simulation_folder import write_simulation
from sogdia.scenario import Scenario
from sogdia.simulation import simulate


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
