"""The tables of a run as Parquet: the same frames give the same bytes."""

from __future__ import annotations

from io import BytesIO

import polars as pl

ROWS_PER_GROUP = 262_144


def in_fixed_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort by identifiers first and figures last, so that no thread leaves its trace."""
    schema = frame.schema
    nested = [name for name, dtype in schema.items() if dtype.is_nested()]
    figures = [name for name, dtype in schema.items() if dtype.is_float()]
    identifiers = [name for name in schema if name not in {*nested, *figures}]
    keys = identifiers + figures
    return frame.sort(keys, nulls_last=True, maintain_order=True) if keys else frame


def parquet(frame: pl.DataFrame) -> bytes:
    """Encode a frame; rows come in the order of `in_fixed_order`."""
    # The codes of a categorical depend on what else the process has read.
    plain = frame.with_columns(pl.col(pl.Categorical).cast(pl.String))
    buffer = BytesIO()
    in_fixed_order(plain).rechunk().write_parquet(
        buffer,
        compression="zstd",
        compression_level=3,
        statistics=True,
        row_group_size=ROWS_PER_GROUP,
    )
    return buffer.getvalue()
