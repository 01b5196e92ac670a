"""Replications spread over an executor are those of a simulation's own threads, bit by bit."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from sogdia.errors import CheckError, ResourceError
from sogdia.run.executors.executor import Outcome, ThreadExecutor
from sogdia.run.replications import spread_over
from sogdia.simulation import SimulationOptions, simulate
from sogdia.simulation.replication import Repetition, Replication

OPTIONS = SimulationOptions(replications=3, days=20, warm_up_days=5, seed=8, threads=1)


@pytest.fixture(scope="module")
def here(small_study):
    return simulate(small_study, flows="cheapest", options=OPTIONS)


def test_the_sample_is_the_same_bytes(small_study, here):
    replicate_all = spread_over(ThreadExecutor(2))
    found = simulate(small_study, flows="cheapest", options=OPTIONS, replicate_all=replicate_all)
    assert found.replications == 3
    assert the_bytes(found.sample) == the_bytes(here.sample)


def the_bytes(sample):
    kept = {
        name: np.asarray(value).tobytes()
        for name, value in vars(sample).items()
        if not isinstance(value, Replication)
    }
    first = {one.name: getattr(sample.first, one.name).tobytes() for one in fields(Replication)}
    return kept | {f"first {name}": value for name, value in first.items()}


class LateFirst(ThreadExecutor):
    """Gives outcomes the other way round."""

    def map(self, job, tasks):
        yield from sorted(super().map(job, tasks), key=lambda one: -one.number)


def test_they_are_taken_in_their_order(small_study, here):
    replicate_all = spread_over(LateFirst(2))
    found = simulate(small_study, flows="cheapest", options=OPTIONS, replicate_all=replicate_all)
    assert the_bytes(found.sample) == the_bytes(here.sample)


class Losing(ThreadExecutor):
    """Loses the second task, as an executor does whose workers die of it."""

    def map(self, job, tasks):
        for one in super().map(job, tasks):
            yield Outcome(1, None, "its worker died", 3, 0.1) if one.number == 1 else one


def test_one_that_is_lost_is_told_by_its_number(small_study):
    replicate_all = spread_over(Losing(1))
    with pytest.raises(ResourceError, match=r"^replication 2: its worker died$"):
        simulate(small_study, flows="cheapest", options=OPTIONS, replicate_all=replicate_all)


def test_one_that_does_not_add_up_is_told_as_it_is(small_study, monkeypatch):
    def wrong(self, number):
        raise CheckError("KZSCO: 3 shipments joined the queue")

    monkeypatch.setattr(Repetition, "run", wrong)
    with pytest.raises(CheckError, match="KZSCO: 3 shipments joined"):
        simulate(
            small_study,
            flows="cheapest",
            options=OPTIONS,
            replicate_all=spread_over(ThreadExecutor(1)),
        )


def test_ctrl_c_keeps_those_that_are_finished(small_study, here):
    def stop(stage, done, total):
        if stage == "simulating" and done == 2:
            raise KeyboardInterrupt

    found = simulate(
        small_study,
        flows="cheapest",
        options=OPTIONS,
        replicate_all=spread_over(ThreadExecutor(1)),
        progress=stop,
    )
    assert (found.replications, found.asked) == (2, 3)
    assert found.sample.transit_sum[1].tobytes() == here.sample.transit_sum[1].tobytes()
