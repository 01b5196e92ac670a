"""Bars for those who watch, one line per stage for those who read later."""

import io

from rich.console import Console

from sogdia.report.progress import PATIENCE_S, ProgressBars


def report(console):
    with ProgressBars(console) as bars:
        for done in range(3):
            bars("loading", done, 2)
        bars("solving", 1, 0)


def test_a_log_gets_one_line_per_stage():
    stream = io.StringIO()
    report(Console(file=stream, force_terminal=False))
    assert stream.getvalue().splitlines() == ["loading ...", "solving ..."]


def test_quick_work_shows_no_bar():
    stream = io.StringIO()
    report(Console(file=stream, force_terminal=True, get_time=lambda: 0.0))
    assert stream.getvalue() == ""


def test_slow_work_shows_its_bar():
    clock = iter(range(10_000))
    stream = io.StringIO()
    report(
        Console(file=stream, force_terminal=True, get_time=lambda: next(clock) * (PATIENCE_S + 0.1))
    )
    assert "solving" in stream.getvalue()
