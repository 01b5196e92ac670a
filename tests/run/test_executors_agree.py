"""What processes and a Dask cluster answer is what threads answer, byte for byte."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from tests.builders import line, places, study_of

from sogdia.run.executors.executor import executor
from sogdia.run.replications import spread_over
from sogdia.run.sweeps.sweep import sweep
from sogdia.simulation import SimulationOptions, simulate
from sogdia.simulation.replication import Replication

FILES = ("results.parquet", "failures.parquet", "summary.json")
OPTIONS = SimulationOptions(replications=2, days=10, warm_up_days=2, seed=8, threads=1)
PLAN = {
    "method": "latin-hypercube",
    "samples": 4,
    "parameter": [
        {"name": "scale", "target": "choice.scale", "low": 5.0, "high": 9.0},
        {"name": "rail", "table": "link", "where": {"mode": "rail"}, "column": "cost_usd_t"}
        | {"operation": "multiply", "low": 0.5, "high": 2.0},
    ],
}
SIMULATED = PLAN | {"samples": 2, "simulate": {"replications": 2, "days": 10, "warm_up_days": 2}}


@pytest.fixture(scope="module")
def study():
    """A road through B, and a railway past it."""
    return study_of(
        node=places("A", "B", "C"),
        link=[
            line("A", "B", cost_usd_t=10.0),
            line("B", "C", cost_usd_t=10.0),
            line("A", "C", mode="rail", gauge_mm=1435, cost_usd_t=22.0),
        ],
        terminal=[{"node_id": node, "to_gauge_mm": 1435} for node in "AC"],
        demand=[{"origin": "A", "destination": "C", "quantity_kt": 500.0}],
    )


@pytest.fixture(scope="module", params=["local", "dask"])
def crew(request):
    if request.param == "dask":
        pytest.importorskip("distributed")
    with executor(request.param, workers=2) as crew:
        yield crew


@pytest.mark.parametrize("plan", [PLAN, SIMULATED], ids=["assigned", "simulated"])
def test_the_dataset_of_a_sweep_is_the_same(study, crew, tmp_path, plan):
    here = sweep(plan, study=study, out=tmp_path / "here" / "s", executor="threads")
    there = sweep(plan, study=study, out=tmp_path / "there" / "s", executor=crew)
    assert there.evaluated == plan["samples"]
    assert here.dataset is not None
    assert here.dataset.failures.is_empty()
    assert here.dataset.results["money_usd"].n_unique() == plan["samples"]
    for name in FILES:
        assert (there.folder / name).read_bytes() == (here.folder / name).read_bytes()


def test_replications_are_the_same(study, crew):
    here = simulate(study, flows="cheapest", options=OPTIONS)
    there = simulate(study, flows="cheapest", options=OPTIONS, replicate_all=spread_over(crew))
    assert there.replications == 2
    for name in ("transit_sum", "spent", "waits", "area"):
        both = [np.array(getattr(one.sample, name)).tobytes() for one in (here, there)]
        assert both[0] == both[1]
    for one in fields(Replication):
        both = [getattr(run.sample.first, one.name).tobytes() for run in (here, there)]
        assert both[0] == both[1]
