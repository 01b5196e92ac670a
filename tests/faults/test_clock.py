"""A clock that jumps: back a day at every look, or files that are of next year."""

from __future__ import annotations

import os
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from tests.run import kept_folders as kept

from sogdia import run_study
from sogdia.run import manifest, store
from sogdia.run.kept.cleaning import plan_cleaning
from sogdia.run.kept.listing import list_runs
from sogdia.run.store import NewRun, RunStore

NEXT_YEAR = datetime.now(UTC) + timedelta(days=365)


@pytest.fixture
def looks(monkeypatch):
    """What the clock showed: a day less at every look."""
    seen = [datetime(2024, 6, 1, tzinfo=UTC)]

    class Falling(datetime):
        @classmethod
        def now(cls, tz=None):
            seen.append(seen[-1] - timedelta(days=1))
            return cls.fromtimestamp(seen[-1].timestamp(), tz)

    monkeypatch.setattr(time, "time", lambda: Falling.now(UTC).timestamp())
    for module in (manifest, store):
        monkeypatch.setattr(module, "datetime", Falling)
    return seen


def test_no_stage_of_a_run_takes_negative_time(looks, small_study, tmp_path):
    run = run_study(small_study)
    path = run.write(tmp_path / "run")
    assert len(looks) > 1
    assert min(run.seconds.values()) >= 0.0
    (found,) = list_runs(path.parent).runs
    assert (found.state, found.name) == ("done", "run")


def test_runs_wait_in_the_order_in_which_they_were_asked_for(looks, tmp_path):
    with closing(RunStore(tmp_path)) as runs:
        for name in ("first", "second", "third"):
            runs.add(NewRun(name, "small", "dry", "", 2024, False, {}))
        assert [one.run_id for one in runs.queue()] == ["first", "second", "third"]
    assert len(looks) > 3


def test_a_run_of_next_year_is_listed_and_is_not_old(tmp_path):
    folder = kept.run(tmp_path, "next", this_run={"finished": NEXT_YEAR.isoformat(), "seconds": {}})
    for file in (*folder.iterdir(), folder, tmp_path):
        os.utime(file, (NEXT_YEAR.timestamp(), NEXT_YEAR.timestamp()))
    with closing(RunStore(tmp_path)) as runs:
        assert [one.state for one in runs.runs()] == ["done"]
        kept.run(tmp_path, "now")
        os.utime(tmp_path, (NEXT_YEAR.timestamp(), NEXT_YEAR.timestamp()))
        assert {one.run_id for one in runs.runs()} == {"next", "now"}
    plan = plan_cleaning(tmp_path, older_than=timedelta(days=0), now=datetime.now(UTC))
    assert [one.name for one in plan.removed] == ["now"]
