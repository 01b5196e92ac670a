"""A run from Python: solved, judged, summarised, written."""

import json
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import sogdia
from sogdia.errors import DataError
from sogdia.run import execute
from sogdia.run.kernels import COMPILING
from sogdia.run.summary import summary
from sogdia.simulation import SimulationOptions, simulate

SIMULATED = tuple(
    f"simulated_{name}"
    for name in ("transit", "corridors", "elements", "series", "delays", "overloads")
)
PLAYED = ("movements", "voyages", "queues", "closures")


@pytest.fixture(scope="module")
def calls():
    return []


@pytest.fixture(scope="module")
def finished(small_study, calls):
    return sogdia.run_study(small_study, progress=lambda *call: calls.append(call))


def test_the_result_stands_up_to_its_own_check(finished):
    assert finished.result.converged
    assert finished.result.check() is None


def test_stages_are_reported_to_their_end(finished, calls):
    assert finished.seconds.keys() == {"assign", "validate"}
    stages = [call for call in calls if call[0] != COMPILING]
    _, done, total = stages[-1]
    assert done == total > 0


def test_the_folder_can_be_read_back(finished, tmp_path):
    folder = finished.write(tmp_path / "run", {"note.txt": "été"})
    for name, frame in finished.tables().items():
        kept = pl.read_parquet(folder / f"{name}.parquet")
        assert kept.shape == frame.shape
        assert kept.schema == frame.schema
    assert (folder / "note.txt").read_text(encoding="utf-8") == "été"


def test_the_manifest_says_what_was_run(finished, small_study, tmp_path):
    folder = finished.write(tmp_path / "run")
    said = json.loads((folder / "manifest.json").read_text())
    assert said["sogdia"] == sogdia.__version__
    assert said["study"] == {"name": "small", "digest": small_study.digest()}
    assert said["scenario"]["digest"] == finished.scenario.digest()
    assert said["year"] == 2024
    assert said["options"]["residual"] == sogdia.AssignmentOptions().residual
    assert sorted(said["files"]) == sorted(f"{name}.parquet" for name in finished.tables())


def test_nothing_of_a_simulation_without_one(finished):
    assert finished.feedback is None
    assert finished.simulation is None
    assert finished.playback is None
    assert "simulation" not in finished.summary()
    with pytest.raises(ValueError, match="nothing was simulated"):
        finished.queue_check()


def test_a_simulation_is_kept_with_what_it_corrected(small_study, tmp_path):
    asked = SimulationOptions(replications=2, seed=5)
    run = sogdia.run_study(small_study, simulation=asked)
    assert run.feedback is not None
    assert run.simulation is run.feedback.simulation
    assert run.playback is None  # no log was asked for
    assert run.seconds.keys() == {"simulate", "validate"}
    assert run.options.wait_factors == run.result.solution.options.wait_factors
    folder = run.write(tmp_path / "run")
    said = json.loads((folder / "manifest.json").read_text())
    assert said["seed"] == said["simulation"]["options"]["seed"] == 5
    assert len(said["options"]["wait_factors"]) == run.feedback.factors.height
    assert said["playback"] is None
    for name in (*SIMULATED, "queue_check", "transit_check", "rounds"):
        kept = pl.read_parquet(folder / f"{name}.parquet")
        assert kept.shape == run.tables()[name].shape


@pytest.fixture(scope="module")
def simulated_once(small_study):
    calls = []
    run = sogdia.run_study(
        small_study,
        year=2023,
        simulation=SimulationOptions(replications=2, seed=5, trace=True),
        feedback=False,
        progress=lambda *call: calls.append(call),
    )
    return run, [call for call in calls if call[0] != COMPILING]


def test_flows_can_be_simulated_once_as_they_are(simulated_once):
    run, calls = simulated_once
    assert run.feedback is None
    assert run.options.wait_factors == ()
    assert run.simulation.start == date(2023, 1, 1)
    assert run.simulation.assigned == (run.result,)
    assert run.seconds.keys() == {"assign", "simulate", "validate"}
    assert calls[-1] == ("simulating", 2, 2)
    assert not any(stage.startswith("round") for stage, _, _ in calls)
    assert run.summary()["simulation"] == {
        "rounds": None, "moved": None, "converged": None, "replications": 2,
    }  # fmt: skip
    assert run.queue_check().height > 0


def test_a_run_with_a_log_can_be_watched(simulated_once, tmp_path):
    run, _ = simulated_once
    folder = run.write(tmp_path / "run")
    said = json.loads((folder / "manifest.json").read_text())
    one_in = {"north": 1, "titr": 1}
    assert said["playback"] == {
        "start": "2023-01-01",
        "days": 365,
        "one_in": one_in,
        "seed": 5,
    }
    assert said["seed"] == said["simulation"]["options"]["seed"] == 5
    assert said["simulation"]["rounds"] is None
    assert "rounds" not in run.tables()
    for name in (*SIMULATED, *(f"playback_{one}" for one in PLAYED)):
        kept = pl.read_parquet(folder / f"{name}.parquet")
        assert kept.shape == run.tables()[name].shape
    kept = pl.read_parquet(folder / "playback_movements.parquet")
    in_time = kept.sort("shipment", "depart_h", maintain_order=True)
    assert in_time.equals(run.playback.movements)
    assert set(in_time["corridor"]) >= {"titr", "north"}


def test_a_simulation_that_is_interrupted_leaves_no_run(small_study, monkeypatch):
    def interrupted(*args, **kwargs):
        found = simulate(*args, **kwargs)
        return replace(found, asked=found.replications + 1)

    monkeypatch.setattr(execute, "simulate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sogdia.run_study(small_study, simulation=SimulationOptions(replications=1), feedback=False)


def test_a_run_is_not_written_over_another(finished, tmp_path):
    finished.write(tmp_path / "run")
    with pytest.raises(DataError, match="exists already"):
        finished.write(tmp_path / "run")


def test_figures_that_do_not_exist_are_null_in_the_summary(finished):
    corridors = pl.DataFrame(
        {
            "corridor": ["titr"],
            "direction": ["westbound"],
            "kt": [1.0],
            "kteu": [0.0],
            "share": [float("nan")],
            "days_mean": [float("inf")],
            "cost_usd_t": [None],
            "co2_kg_t": [2.5],
            "another": [9],
        },
        schema_overrides={"cost_usd_t": pl.Float64},
    )
    result = SimpleNamespace(
        study_name="s",
        scenario_name="b",
        year=2024,
        residual=1e-9,
        corridors=corridors,
        bottlenecks=finished.result.bottlenecks,
        unserved=finished.result.unserved,
    )
    run: Any = SimpleNamespace(
        result=result, validation=finished.validation, seconds={"assign": 1.0}, simulation=None
    )
    assert summary(run)["corridors"] == [
        {
            "corridor": "titr",
            "direction": "westbound",
            "kt": 1.0,
            "kteu": 0.0,
            "share": None,
            "days_mean": None,
            "cost_usd_t": None,
            "co2_kg_t": 2.5,
        }
    ]
