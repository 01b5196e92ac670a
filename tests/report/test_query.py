"""Conditions written by hand select the rows they say."""

from datetime import date

import polars as pl
import pytest

from sogdia.errors import DataError
from sogdia.report.query import Condition, parse_condition, select

FRAME = pl.DataFrame(
    {
        "link_id": ["L1", "L2", "L3"],
        "country": ["KZ", "KZ,RU", None],
        "length_km": [100.0, 250.0, 30.5],
        "servers": pl.Series([1, 2, None], dtype=pl.Int32),
        "directed": [True, False, False],
        "open_from": [None, date(2026, 1, 1), date(2030, 7, 1)],
        "mode": pl.Series(["rail", "rail", "sea"], dtype=pl.Enum(["rail", "sea"])),
    }
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("country=KZ", ["L1"]),
        ("country!=KZ", ["L2", "L3"]),
        ("country~kz", ["L1", "L2"]),
        ("country=", ["L3"]),
        ("country!=", ["L1", "L2"]),
        ("length_km >= 100", ["L1", "L2"]),
        ("length_km<100", ["L3"]),
        ("length_km <= 30.5", ["L3"]),
        ("servers>1", ["L2"]),
        ("directed=TRUE", ["L1"]),
        ("open_from>2026-12-31", ["L3"]),
        ("mode=sea", ["L3"]),
        ("mode=tram", []),
        ("link_id~.", []),
    ],
)
def test_a_condition_selects_its_rows(text, rows):
    assert select(FRAME, [parse_condition(text)])["link_id"].to_list() == rows


def test_all_conditions_hold_at_once():
    conditions = [parse_condition("mode=rail"), parse_condition("length_km>100")]
    found = select(FRAME, conditions, ["length_km", "link_id"])
    assert found.rows() == [(250.0, "L2")]
    assert found.columns == ["length_km", "link_id"]


def test_a_value_may_hold_an_operator():
    assert parse_condition("note = a=b") == Condition("note", "=", "a=b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lenght_km>1", "no column 'lenght_km'; did you mean 'length_km'"),
        ("zzz=1", "no column 'zzz'; known: link_id, country"),
        ("length_km>long", "length_km is compared with 'long': not a number"),
        ("directed=maybe", "not true or false"),
        ("open_from<soon", "not a date"),
        ("country", "not column, operator and value"),
        ("=KZ", "not column, operator and value"),
    ],
)
def test_a_wrong_condition_says_what_would_do(text, message):
    with pytest.raises(DataError, match=message):
        select(FRAME, [parse_condition(text)])


def test_a_wrong_column_to_show_is_refused():
    with pytest.raises(DataError, match="no column 'nmae'"):
        select(FRAME, [], ["nmae"])
