"""Sweeps: the same dataset byte for byte, whoever evaluates and whatever interrupts it.

Most evaluate a closed form instead of a network, which a sweep does not look into.
"""

from __future__ import annotations

import errno
import math
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.builders import line, places, study_of

from sogdia.analysis.evaluation import EvaluationContext
from sogdia.errors import DataError, InfeasibleError, ResourceError
from sogdia.run.executors.executor import Outcome, ThreadExecutor
from sogdia.run.sweeps import work
from sogdia.run.sweeps.folder import Block, SweepFolder
from sogdia.run.sweeps.log import read_log
from sogdia.run.sweeps.sweep import sweep
from sogdia.run.sweeps.tasks import read_plan
from sogdia.run.sweeps.work import SweepBase, SweepWork

FILES = ("results.parquet", "failures.parquet", "summary.json")
SCALE = {"name": "scale", "target": "choice.scale"}
WEIGHT = {"name": "weight", "target": "choice.time_weight"}
GRID = {
    "method": "grid",
    "parameter": [
        SCALE | {"low": 1.0, "high": 4.0, "steps": 7},
        WEIGHT | {"values": [0.5, 1.0, 2.0]},
    ],
}
POINTS = 21
NO_WAY = "no way is left"


def closed_form(context, task):
    """A function of two parameters that has no answer at one point, and half of one beyond."""
    x = dict(task.choice)
    scale, weight = x.get("scale", 2.5), x.get("time_weight", 1.0)
    if scale == 4.0 and weight == 2.0:
        raise InfeasibleError(NO_WAY)
    return {"y": math.sin(scale) * weight, "z": math.nan if scale > 3.0 else 1.0 / scale}


@pytest.fixture
def calls(monkeypatch):
    """The tasks that are evaluated, which is by the closed form."""
    done = []

    def evaluate(context, task):
        done.append(task)
        return closed_form(context, task)

    def evaluate_base(study, task):
        return EvaluationContext(study), closed_form(None, task)

    monkeypatch.setattr(work, "evaluate", evaluate)
    monkeypatch.setattr(work, "evaluate_base", evaluate_base)
    return done


@pytest.fixture
def swept(small_study, tmp_path, calls):
    """Sweep in threads, into a folder of that name."""

    def run(plan=None, out="sweep", **given):
        options: dict[str, Any] = {"executor": "threads", "workers": 2} | given
        return sweep(plan or GRID, study=small_study, out=tmp_path / out, **options)

    return run


def dataset(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


def test_the_dataset_is_the_function_at_every_point(swept, calls):
    found = swept()
    assert len(calls) == found.tasks == found.finished == found.evaluated == POINTS
    results = pl.read_parquet(found.folder / "results.parquet")
    assert results["number"].to_list() == list(range(1, POINTS + 1))
    scales = [1.0 + step / 2 for step in range(7)]
    points = [(scale, weight) for scale in scales for weight in (0.5, 1.0, 2.0)]
    assert results.select("scale", "weight").rows() == points
    y = [math.sin(scale) * weight for scale, weight in points[:-1]]
    assert results["y"].to_list() == [*y, None]
    assert results["z"].to_list() == [None if s > 3.0 else 1.0 / s for s, _ in points]
    failures = pl.read_parquet(found.folder / "failures.parquet")
    assert failures.rows() == [(POINTS, 4.0, 2.0, NO_WAY)]


def test_the_summary_tells_spread_and_failures(swept):
    said = swept(GRID | {"outputs": ["y"]}).json()
    (spread,) = said["outputs"]
    y = sorted(math.sin(1 + s / 2) * w for s in range(7) for w in (0.5, 1.0, 2.0))
    y.remove(math.sin(4.0) * 2.0)
    assert (spread["minimum"], spread["maximum"]) == (y[0], y[-1])
    assert spread["median"] == pytest.approx((y[9] + y[10]) / 2)
    assert spread["base"] == math.sin(2.5)
    assert (said["points"], said["failed"], said["complete"]) == (POINTS, 1, True)
    assert said["failures"] == [{"reason": NO_WAY, "points": 1, "first": POINTS}]


def test_the_same_command_does_nothing_again(swept, calls):
    before = dataset(swept().folder)
    calls.clear()
    found = swept()
    assert (calls, found.evaluated) == ([], 0)
    assert dataset(found.folder) == before


def test_repeated_points_are_evaluated_once(swept, calls):
    values = [2.0, 3.0, 2.0, 2.0]
    found = swept({"method": "list", "parameter": [SCALE | {"values": values}]})
    assert len(calls) == 2
    assert found.dataset.results["y"].to_list() == [math.sin(value) for value in values]


def test_sweeps_beside_this_one_are_made_use_of(swept, calls):
    swept(out="one")
    calls.clear()
    finer = [SCALE | {"low": 1.0, "high": 4.0, "steps": 13}, GRID["parameter"][1]]
    found = swept(GRID | {"parameter": finer}, out="two")
    assert found.reused == POINTS
    assert len(calls) == 13 * 3 - POINTS
    fresh = swept(GRID | {"parameter": finer}, out="elsewhere/three")
    assert dataset(found.folder) == dataset(fresh.folder)


def test_sweeps_of_another_study_are_not(swept, small_study, calls):
    swept(out="one")
    calls.clear()
    other = small_study.with_tables(link=small_study.link.with_columns(pl.col("time_h") * 2))
    assert swept(out="two").reused == POINTS
    assert sweep(GRID, study=other, out=swept(out="one").folder / "../three", executor="threads")
    assert len(calls) == POINTS


def test_blocks_make_the_whole_the_last_one_puts_it_together(swept, calls):
    whole = dataset(swept(out="whole/a").folder)
    calls.clear()
    for number in (3, 1, 4):
        found = swept(block=f"{number}/4", out="blocks/a")
        assert found.dataset is None
        assert not (found.folder / FILES[0]).exists()
    assert found.json()["complete"] is False
    last = swept(block="2/4", out="blocks/a")
    assert dataset(last.folder) == whole
    assert len(calls) == POINTS


def test_blocks_run_at_the_same_time_but_not_with_the_whole(swept, small_study):
    asked = read_plan(GRID, small_study, confirmed=False)
    folder = SweepFolder(swept(block="1/3").folder, asked.plan, asked.origin)
    with folder.log(Block(2, 3)), folder.log(Block(3, 3)):
        with pytest.raises(DataError, match=r"block 2/3 of .* is being worked on already"):
            swept(block="2/3")
        with pytest.raises(DataError, match=r"sweep in .* is being worked on already"):
            swept()
    with folder.log(Block()), pytest.raises(DataError, match="being worked on already"):
        swept(block="1/3")
    assert swept().finished == POINTS


@pytest.mark.parametrize("text", ["3", "0/4", "5/4", "a/b", "1/0", "-1/4", "1/4/4"])
def test_what_is_no_block_is_refused(swept, text):
    with pytest.raises(DataError, match="is not a block such as 17/64"):
        swept(block=text)


def test_another_plan_in_the_same_folder_is_refused(swept):
    swept()
    with pytest.raises(DataError, match=r"another plan \(method, parameter changed\)"):
        swept({"method": "list", "parameter": [SCALE | {"values": [2.0]}]})


def test_another_study_in_the_same_folder_is_refused(swept, small_study):
    folder = swept().folder
    other = small_study.with_tables(link=small_study.link.with_columns(pl.col("time_h") * 2))
    with pytest.raises(DataError, match="made from another content of the study"):
        sweep(GRID, study=other, out=folder, executor="threads")


def test_a_folder_of_something_else_is_refused(swept, tmp_path):
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "thesis.doc").write_text("years of work")
    with pytest.raises(DataError, match="exists already and is no sweep"):
        swept()
    assert [file.name for file in (tmp_path / "sweep").iterdir()] == ["thesis.doc"]


def test_outputs_that_nothing_has_leave_no_folder(swept, tmp_path):
    with pytest.raises(DataError, match="there is no output 'yy'; did you mean 'y'") as refused:
        swept(GRID | {"outputs": ["yy", "titr"]})
    assert len(refused.value.problems) == 2
    assert not (tmp_path / "sweep").exists()


def test_parameters_are_not_called_like_an_output(swept):
    plan = {"method": "list", "parameter": [SCALE | {"name": "y", "values": [2.0]}]}
    with pytest.raises(DataError, match="parameter 'y' is called like an output"):
        swept(plan)


def test_sobol_indices_are_in_the_summary_and_refused_where_points_failed(swept):
    ends = [SCALE | {"low": 1.0, "high": 2.0}, WEIGHT | {"low": 0.5, "high": 2.0}]
    plan = {"method": "sobol", "samples": 64, "parameter": ends}
    said = swept(plan).dataset.summary
    assert {row["parameter"] for row in said["sensitivity"] if row["output"] == "y"} == {
        "scale",
        "weight",
    }
    of_z = [row for row in said["sensitivity"] if row["output"] == "z"]
    assert of_z[0]["parameter"] == "scale"
    assert of_z[0]["total"] == pytest.approx(1.0, abs=0.15)
    assert of_z[1]["total"] == 0.0
    wider = [SCALE | {"low": 2.0, "high": 3.5}, ends[1]]
    said = swept(plan | {"parameter": wider}, out="wider").dataset.summary
    (refused,) = said["no_sensitivity"]
    assert refused["output"] == "z"
    assert "it has no value at" in refused["reason"]


def test_ctrl_c_says_how_far_it_got_and_what_is_finished_is_kept(swept, calls, monkeypatch):
    expected = dataset(swept(out="undisturbed/a").folder)
    calls.clear()

    def stop(stage, done, total):
        if stage.startswith(work.EVALUATING) and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"5 evaluations .* the same command goes on"):
        swept(progress=stop)
    begun = len(calls)
    assert begun < POINTS
    found = swept()
    assert found.evaluated == POINTS - 5
    assert dataset(found.folder) == expected


def test_a_full_disk_ends_the_call_and_not_the_sweep(swept):
    """Five lines fit, and a part of the sixth, beside header and base."""
    expected = dataset(swept(out="undisturbed/a").folder)
    write, left = os.write, [8]

    def full(file, data):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data if left[0] else data[:20])

    words = r"No space left on device; 5 evaluations .* are kept"
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ResourceError, match=words):
        patch.setattr(os, "write", full)
        swept()
    found = swept()
    assert found.evaluated == POINTS - 5
    assert dataset(found.folder) == expected


class LosingExecutor(ThreadExecutor):
    """Loses some tasks, as an executor does whose workers die of them."""

    lost = (3, 7)

    def map(self, job, tasks):
        for outcome in super().map(job, tasks):
            if outcome.number in self.lost:
                yield Outcome(outcome.number, None, "its worker died 3 times", 3, 0.1)
            else:
                yield outcome


class VanishingExecutor(ThreadExecutor):
    """Is gone after a while, as a cluster may be."""

    def map(self, job, tasks):
        for count, outcome in enumerate(super().map(job, tasks)):
            if count == 4:
                raise ResourceError("the cluster is gone")
            yield outcome


def test_lost_points_are_told_and_tried_again(swept, calls):
    expected = dataset(swept(out="undisturbed/a").folder)
    found = swept(executor=LosingExecutor(2))
    assert found.lost == {4: "its worker died 3 times", 8: "its worker died 3 times"}
    assert found.dataset.failures["number"].to_list() == [4, 8, POINTS]
    calls.clear()
    again = swept()
    assert (len(calls), again.lost) == (2, {})
    assert dataset(again.folder) == expected


def test_a_cluster_that_goes_away_leaves_what_is_finished(swept):
    expected = dataset(swept(out="undisturbed/a").folder)
    words = "the cluster is gone; 4 evaluations of this call are kept"
    with pytest.raises(ResourceError, match=words):
        swept(executor=VanishingExecutor(2))
    found = swept()
    assert found.evaluated == POINTS - 4
    assert dataset(found.folder) == expected


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_driver_killed_twenty_times_loses_nothing_it_has_finished(
    swept, small_study, tmp_path, monkeypatch
):
    steps = [SCALE | {"low": 1.0, "high": 4.0, "steps": 150}, WEIGHT | {"values": [0.5, 2.0]}]
    plan = GRID | {"parameter": steps}
    expected = dataset(swept(plan, out="undisturbed/a").folder)
    asked = read_plan(plan, small_study, confirmed=False)
    base = SweepBase(asked, None, None)

    def slow(context, task):
        time.sleep(0.001)
        return closed_form(context, task)

    monkeypatch.setattr(work, "evaluate", slow)
    chance = random.Random(8)
    log = tmp_path / "sweep" / "finished-1-of-1.jsonl"
    known: set[str] = set()
    for _ in range(20):
        before = log.stat().st_size if log.exists() else 0
        child = os.fork()
        if child == 0:
            _drive(asked, base, tmp_path / "sweep")
        _await_growth(log, before + chance.randrange(1200))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        finished = set(read_log(log, is_wanted=lambda _: True).finished)
        assert known <= finished
        known = finished
    found = swept(plan)
    assert 20 < found.evaluated == 301 - len(known), "some were left, beside the base"
    assert dataset(found.folder) == expected


def _drive(asked, base, path):
    """Do what `sweep` does with a plan that has been read, and never come back."""
    try:
        folder = SweepFolder(path, asked.plan, asked.origin)
        with folder.log(Block()) as log:
            SweepWork(asked, folder, log, Block(), base).evaluate(ThreadExecutor(2), None)
        signal.pause()
    finally:
        os._exit(1)


def _await_growth(path, size):
    for _ in range(20_000):
        if path.exists() and path.stat().st_size >= size:
            return
        time.sleep(0.0005)
    raise TimeoutError(f"{path} does not grow")


def test_processes_one_of_them_killed_give_what_threads_give(tmp_path):
    """Networks are assigned in truth: a road through B, and a railway past it."""
    study = study_of(
        node=places("A", "B", "C"),
        link=[
            line("A", "B", cost_usd_t=10.0),
            line("B", "C", cost_usd_t=10.0),
            line("A", "C", mode="rail", gauge_mm=1435, cost_usd_t=22.0),
        ],
        terminal=[{"node_id": node, "to_gauge_mm": 1435} for node in "AC"],
        demand=[{"origin": "A", "destination": "C"}],
    )
    plan = {
        "method": "latin-hypercube",
        "samples": 6,
        "parameter": [
            SCALE | {"low": 5.0, "high": 9.0},
            {"name": "rail", "table": "link", "where": {"mode": "rail"}, "column": "cost_usd_t"}
            | {"operation": "multiply", "low": 0.5, "high": 2.0},
        ],
    }
    by_threads = sweep(plan, study=study, out=tmp_path / "a" / "s", executor="threads")
    killed: list[int] = []

    def kill(stage, done, total):
        if stage.startswith(work.EVALUATING) and done == 2 and not killed:
            killed.append(_workers()[0])
            os.kill(killed[0], signal.SIGKILL)

    by_processes = sweep(plan, study=study, out=tmp_path / "b" / "s", workers=2, progress=kill)
    assert killed
    assert by_processes.evaluated == 6
    assert by_threads.dataset is not None
    assert by_threads.dataset.results["money_usd"].n_unique() == 6
    assert dataset(by_processes.folder) == dataset(by_threads.folder)


def _workers():
    """Processes that this one has started."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdecimal():
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == os.getpid():
                    found.append(int(entry.name))
    return sorted(found)
