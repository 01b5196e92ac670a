"""The tables of a run as Parquet: the same frames give the same bytes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import polars as pl

from sogdia.errors import DataError, ResourceError

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


def read_table(file: Path) -> pl.DataFrame:
    """Read a table that a run left.

    Raises
    ------
    DataError
        If the file is no such table.
    ResourceError
        If it cannot be read.
    """
    try:
        return pl.read_parquet(file)
    except OSError as error:
        raise ResourceError(f"cannot read {file}: {error.strerror or error}") from error
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"{file} is not a Parquet table that a run wrote; run the scenario again"
        ) from error
