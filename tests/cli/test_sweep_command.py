"""`sogdia sweep`: what people see, what scripts read, and the codes that it ends with."""

from __future__ import annotations

import json
import math
import os

import pytest

from sogdia.analysis.evaluation import EvaluationContext
from sogdia.errors import InfeasibleError, ResourceError
from sogdia.run.executors.executor import ThreadExecutor
from sogdia.run.sweeps import work
from sogdia.run.sweeps.log import FinishedLog

PLAN = """
study = "small"
method = "{method}"
{more}

[[parameter]]
name = "scale"
target = "choice.scale"
{scale}

[[parameter]]
name = "weight"
target = "choice.time_weight"
low = 0.5
high = 2.0
"""


def closed_form(context, task):
    x = dict(task.choice)
    scale, weight = x.get("scale", 2.5), x.get("time_weight", 1.0)
    if scale == 4.0:
        raise InfeasibleError("no way is left")
    return {"titr.kt": 1000.0 * math.sin(scale) * weight, "titr.days": 20.0 / scale}


@pytest.fixture
def plan(here, small_folder, monkeypatch):
    """A plan in the working directory, whose points are evaluated by a closed form."""
    (here / "small").symlink_to(small_folder)
    monkeypatch.setattr(work, "evaluate", closed_form)
    monkeypatch.setattr(
        work,
        "evaluate_base",
        lambda study, task: (EvaluationContext(study), closed_form(None, task)),
    )

    def write(method="sobol", more="samples = 16", scale="low = 2.0\nhigh = 3.0"):
        (here / "plan.toml").write_text(PLAN.format(method=method, more=more, scale=scale))
        return "plan.toml"

    return write


@pytest.fixture
def sweep(sogdia):
    return lambda *arguments: sogdia("sweep", *arguments, "--executor", "threads")


def test_tables_say_how_outputs_spread_and_what_drives_them(sweep, plan, here):
    done = sweep(plan())
    assert done.code == 0
    assert "small · as-is · 2024 · sobol, 64 points · 64 evaluated now" in done.out
    lines = [line.split() for line in done.out.splitlines()]
    assert next(line for line in lines if line[:1] == ["titr.kt"])[:2] == ["titr.kt", "598"]
    driven = [line for line in lines if line[1:2] in (["scale"], ["weight"])]
    assert [line[:2] for line in driven] == [["titr.kt", "scale"], ["titr.days", "scale"]]
    assert max(map(len, done.out.splitlines())) <= 80
    assert (here / "runs" / "plan" / "results.parquet").exists()
    assert done.err.endswith("Written to runs/plan\n")


def test_scripts_get_one_object(sweep, plan):
    done = sweep(plan(), "--json", "--quiet")
    assert done.err == ""
    said = json.loads(done.out)
    assert {"output", "base", "minimum", "median", "mean", "maximum"} <= said["outputs"][0].keys()
    assert said["sensitivity"][0].keys() == {
        *("output", "parameter", "first_order", "first_order_half_width"),
        *("total", "total_half_width"),
    }
    assert (said["complete"], said["tasks"], said["evaluated"]) == (True, 64, 64)
    again = json.loads(sweep(plan(), "--json", "--quiet").out)
    assert again["evaluated"] == 0
    changing = {"seconds", "evaluated"}
    assert {k: v for k, v in again.items() if k not in changing} == {
        k: v for k, v in said.items() if k not in changing
    }


def test_blocks_say_what_is_left_to_others(sweep, plan):
    done = sweep(plan(), "--block", "1/2")
    assert (done.code, "32 of 64 evaluations are finished" in done.out) == (0, True)
    assert "titr.kt" in sweep(plan(), "--block", "2/2").out


def test_points_that_failed_are_listed_with_the_reason(sweep, plan):
    done = sweep(plan("latin-hypercube", "samples = 4", "values = [2.0, 4.0]"))
    assert done.code == 0
    assert "2 failed" in done.out
    assert ["2", "no", "way", "is", "left"] in [
        [line.split()[0], *line.split()[2:]] for line in done.out.splitlines() if "no way" in line
    ]


def test_no_answer_at_all_ends_with_3(sweep, plan):
    done = sweep(plan("latin-hypercube", "samples = 3", "values = [4.0]"))
    assert (done.code, "no point has an answer" in done.err) == (3, True)


def test_a_wrong_plan_ends_with_2_and_everything_that_is_wrong(sweep, plan):
    done = sweep(plan("sobol", "samples = 9", "low = 3.0\nhigh = 2.0"))
    assert done.code == 2
    assert "plan.toml: samples: 9 is not a power of 2" in done.err
    assert "plan.toml: parameter 1 (scale): low (3) is not below high (2)" in done.err
    assert sweep("nowhere.toml").code == 2
    assert sweep(plan(), "--block", "9").code == 2


def test_many_points_need_a_yes(sweep, plan):
    done = sweep(plan("latin-hypercube", "samples = 10001"))
    assert (done.code, "if that is meant, say --yes" in done.err) == (2, True)


def test_ctrl_c_ends_with_130_and_says_how_to_go_on(sweep, plan, monkeypatch):
    left = iter(range(5))

    def stop(context, task):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return closed_form(context, task)

    monkeypatch.setattr(work, "evaluate", stop)
    done = sweep(plan(), "--workers", "1")
    assert done.code == 130
    assert "are kept in" in done.err
    assert "the same command goes on from there" in done.err


def test_a_full_disk_ends_with_4(sweep, plan, monkeypatch):
    def full(*_):
        raise ResourceError(f"cannot write finished-1-of-1.jsonl: {os.strerror(28)}")

    monkeypatch.setattr(FinishedLog, "append", full)
    done = sweep(plan())
    assert (done.code, "No space left on device" in done.err) == (4, True)


def test_workers_that_are_gone_end_with_4(sweep, plan, monkeypatch):
    def gone(self, job, tasks):
        yield from ()
        raise ResourceError("the cluster is gone")

    monkeypatch.setattr(ThreadExecutor, "map", gone)
    done = sweep(plan())
    assert (done.code, "the cluster is gone; 0 evaluations" in done.err) == (4, True)
