"""Checking only what has changed finds all that a check of everything finds."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from sogdia.study.check import check_sheets
from sogdia.study.model import SCHEMAS
from sogdia.study.sheet import Sheet

COLUMNS = [(table, name) for table, schema in SCHEMAS.items() for name in schema.columns()]
WRONG = {pl.String: "?wrong", pl.Float64: -1e9, pl.Int32: -9}


def sheets_of(frames):
    return {
        table: Sheet(SCHEMAS[table], frame, f"table {table}", None, {})
        for table, frame in frames.items()
    }


def spoilt(column, fault):
    """The column with something wrong in its first row, or each value that of the row before."""
    if fault == "repeated":
        return column.shift(1).fill_null(strategy="backward")
    value = WRONG.get(column.dtype) if fault == "strange" else None
    first = pl.int_range(column.len(), eager=True) == 0
    return column.zip_with(~first, pl.Series(column.name, [value], dtype=column.dtype))


@settings(max_examples=examples(160), deadline=None)
@given(st.sampled_from(COLUMNS), st.sampled_from(["missing", "strange", "repeated"]))
def test_a_check_of_a_changed_column_finds_what_a_check_of_everything_finds(
    small_study, place, fault
):
    table, name = place
    frames = small_study.frames()
    if frames[table].is_empty():
        return
    column = spoilt(frames[table][name], fault)
    sheets = sheets_of(frames | {table: frames[table].with_columns(column)})
    assert check_sheets(sheets, changed={table: {name}}) == check_sheets(sheets)


def test_a_lost_row_is_missed_by_what_refers_to_it(small_study):
    frames = small_study.frames()
    sheets = sheets_of(frames | {"node": frames["node"].slice(1)})
    everything = check_sheets(sheets)
    assert any("is not in table node" in problem.message for problem in everything)
    assert check_sheets(sheets, changed={"node": set(frames["node"].columns)}) == everything


def test_nothing_changed_is_nothing_checked(small_study):
    frames = small_study.frames()
    broken = frames["link"].with_columns(length_km=pl.lit(-1.0))
    assert check_sheets(sheets_of(frames | {"link": broken}), changed={}) == []
