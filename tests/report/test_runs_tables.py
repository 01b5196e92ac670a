"""Folders of runs on a terminal."""

from io import StringIO

import pytest
from rich.console import Console
from tests.run import kept_folders as kept

from sogdia.report.runs_tables import duration, in_words, show_listing, size
from sogdia.run.kept.listing import list_runs


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (2_345_678, "2.35 MB"), (5e15, "5,000 TB")],
)
def test_sizes(size_bytes, text):
    assert size(size_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.04, "0.0 s"), (59.9, "59.9 s"), (754, "12 min 34 s"), (7260, "2 h 1 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        ([], "none"),
        (["RU", "BY"], "RU, BY"),
        (False, "no"),
        (1e-8, "1e-08"),
        ("a" * 64, "aaaaaaaaaaaa…"),
        ("x" * 64, "x" * 59 + "…"),
    ],
)
def test_values(value, text):
    assert in_words(value) == text


def test_names_are_text_and_no_markup(tmp_path):
    kept.run(tmp_path, "[red]run")
    text = StringIO()
    show_listing(list_runs(tmp_path), Console(file=text, width=100), tmp_path, served=True)
    assert "[red]run" in text.getvalue()
    assert "A web server has this folder open." in text.getvalue()
