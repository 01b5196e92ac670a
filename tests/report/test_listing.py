"""Rows on a terminal fit its width, and what does not fit is named."""

import io

import polars as pl
from rich.console import Console

from sogdia.report.listing import show_rows

FRAME = pl.DataFrame(
    {
        "link_id": ["L1", "L2"],
        "empty": pl.Series([None, None], dtype=pl.String),
        "name": ["A line with a rather long name", "B"],
        "length_km": [100.0, 250.5],
        "note": ["x" * 60, None],
    }
)


def printed(frame, width, *, every_column=False):
    stream = io.StringIO()
    console = Console(file=stream, width=width)
    show_rows(frame, console, title="link: 2 rows", every_column=every_column)
    return stream.getvalue()


def test_columns_that_do_not_fit_are_named():
    text = printed(FRAME, 60)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 60
    assert "A line with a rather long name" in text
    assert "Not shown: note. Choose with --columns." in text
    assert "empty" not in text


def test_chosen_columns_are_all_shown():
    text = printed(FRAME.select("note", "empty"), 40, every_column=True)
    assert "empty" in text
    assert "Not shown" not in text
    assert text.count("x") == 60


def test_a_single_row_is_a_list_of_its_fields():
    text = printed(FRAME.head(1), 80)
    assert "length_km" in text
    assert "100" in text
    assert "empty" not in text
