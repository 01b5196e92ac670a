"""Tables packed for the page come back as they were, to the digits of a float32."""

import base64
import json
import math
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from sogdia.errors import DataError
from sogdia.report.frames import pack, unpack

TEXTS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
NUMBERS = st.one_of(st.none(), st.floats(allow_nan=False))
INTEGERS = st.one_of(st.none(), st.integers(-(2**53), 2**53))
ROWS = st.lists(st.tuples(TEXTS, NUMBERS, INTEGERS, st.sampled_from([True, False, None])))
SCHEMA = {"text": pl.String, "number": pl.Float64, "integer": pl.Int64, "truth": pl.Boolean}


def packed_column(values, dtype=None):
    return pack(pl.DataFrame({"it": pl.Series(values, dtype=dtype)}))["columns"]["it"]


def content(column, dtype):
    return np.frombuffer(base64.b64decode(column["base64"]), dtype=dtype).tolist()


@given(ROWS)
def test_what_is_packed_comes_back(rows):
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    packed = pack(frame)
    found = unpack(json.loads(json.dumps(packed, allow_nan=False)))
    assert packed["rows"] == frame.height
    assert found["text"].to_list() == frame["text"].to_list()
    assert found["truth"].to_list() == frame["truth"].to_list()
    assert found["integer"].cast(pl.Int64).to_list() == frame["integer"].to_list()
    for one, other in zip(found["number"], frame["number"], strict=True):
        assert (one is None) == (other is None)
        if other is not None:
            assert one == pytest.approx(other, rel=2**-23, abs=2**-149)
            assert (one == 0) == (other == 0)


@given(ROWS)
def test_the_same_table_gives_the_same_bytes(rows):
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    assert json.dumps(pack(frame)) == json.dumps(pack(frame.rechunk()))


def test_texts_are_sorted_levels_and_the_smallest_codes():
    column = packed_column(["north", None, "caspian", "north"])
    assert column["levels"] == ["caspian", "north"]
    assert column["type"] == "u1"
    assert content(column, "u1") == [1, 255, 0, 1]


@pytest.mark.parametrize(
    ("levels", "kind"), [(255, "u1"), (256, "u2"), (65_535, "u2"), (65_536, "u4")]
)
def test_codes_leave_the_largest_for_null(levels, kind):
    column = packed_column([*map(str, range(levels)), None])
    codes = content(column, f"<{kind}")
    assert column["type"] == kind
    assert codes[-1] == 2 ** (8 * int(kind[1])) - 1
    assert sorted(codes[:-1]) == list(range(levels))


@pytest.mark.parametrize(
    ("values", "dtype", "texts"),
    [
        ([date(2024, 2, 29), None], pl.Date, ["2024-02-29", None]),
        ([datetime(2024, 2, 29, 6, 30)], pl.Datetime("ms"), ["2024-02-29T06:30:00.000"]),
        ([Decimal("1.50")], pl.Decimal(10, 2), ["1.50"]),
        (["b", "a"], pl.Enum(["b", "a"]), ["b", "a"]),
        (["b", None], pl.Categorical, ["b", None]),
        ([["KZ", "AZ"], [], None], pl.List(pl.String), ["KZ,AZ", "", None]),
        ([None, None], pl.Null, [None, None]),
    ],
)
def test_what_is_no_number_becomes_text(values, dtype, texts):
    frame = pl.DataFrame({"it": pl.Series(values, dtype=dtype)})
    assert unpack(pack(frame))["it"].to_list() == texts


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.5, -4.25, None], "f4"),
        ([52.123456789], "f4"),
        ([2.0**24 + 1], "f8"),
        ([1e300], "f8"),
        ([1e-300], "f8"),
        ([math.inf, -math.inf], "f4"),
        ([2**31 - 1, -(2**31) + 1, None], "i4"),
        ([-(2**31)], "f8"),
        ([2**31], "f8"),
        ([None], "u1"),
    ],
)
def test_numbers_take_4_bytes_where_that_is_enough(values, kind):
    assert packed_column(values)["type"] == kind


def test_not_a_number_is_null():
    assert unpack(pack(pl.DataFrame({"it": [float("nan"), 1.0]})))["it"].to_list() == [None, 1.0]


def test_a_table_without_rows_keeps_its_columns():
    frame = pl.DataFrame(schema=SCHEMA)
    packed = pack(frame)
    assert packed["rows"] == 0
    assert list(packed["columns"]) == list(SCHEMA)
    assert_frame_equal(unpack(packed), frame, check_dtypes=False)


def test_a_structure_is_refused():
    with pytest.raises(DataError, match=r"column ends has type Struct.*give numbers"):
        pack(pl.DataFrame({"ends": [{"from": "A", "to": "B"}]}))
