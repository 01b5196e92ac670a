"""The Parquet files of a run are the same bytes for the same rows."""

import os
import subprocess
import sys
from io import BytesIO

import polars as pl
from polars.testing import assert_frame_equal

from sogdia.run.tables import in_fixed_order, parquet

FRAME = pl.DataFrame(
    {
        "kt": [2.0, 1.0, None, 1.0],
        "link_id": ["b", "a", "a", "a"],
        "direction": pl.Series(
            ["westbound", "eastbound", "westbound", "eastbound"],
            dtype=pl.Enum(["westbound", "eastbound", "both"]),
        ),
    }
)


def test_identifiers_sort_before_figures():
    ordered = in_fixed_order(FRAME)
    assert ordered["link_id"].to_list() == ["a", "a", "a", "b"]
    assert ordered["kt"].to_list() == [None, 1.0, 1.0, 2.0]


def test_the_order_of_the_rows_leaves_no_trace():
    chunked = pl.concat([FRAME.slice(2), FRAME.slice(0, 2)], rechunk=False)
    assert parquet(FRAME) == parquet(chunked) == parquet(FRAME.reverse())


def test_what_is_read_back_is_what_was_written():
    assert_frame_equal(pl.read_parquet(BytesIO(parquet(FRAME))), in_fixed_order(FRAME))


def test_a_frame_without_rows_keeps_its_columns():
    assert pl.read_parquet(BytesIO(parquet(FRAME.clear()))).schema == FRAME.schema


def test_the_number_of_threads_leaves_no_trace():
    code = (
        "import hashlib, polars as pl; from sogdia.run.tables import parquet;"
        "frame = pl.select(i=pl.int_range(300_000) % 977, x=pl.int_range(300_000) / 7);"
        "print(hashlib.sha256(parquet(frame)).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "POLARS_MAX_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "4")
    }
    assert len(digests) == 1
