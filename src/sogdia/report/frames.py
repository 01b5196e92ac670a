"""Tables packed by column for the page: base64 of plain arrays, which a browser reads at once.

A column of text is a list of its different values, sorted, and a code per row in the
smallest type that holds them; the largest code stands for null. Numbers are 4 bytes each
where that is enough. `frontend/src/data/frame.ts` reads what is written here.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sogdia.errors import DataError

LIST_SEPARATOR = ","
NO_INTEGER = -(2**31)
NO_TRUTH = 255
EXACT_IN_F4 = 2**24
CODES = {
    "u1": (np.dtype("<u1"), 2**8 - 1),
    "u2": (np.dtype("<u2"), 2**16 - 1),
    "u4": (np.dtype("<u4"), 2**32 - 1),
}
"""Types of codes of texts, and the code of null."""


class PackedColumn(TypedDict):
    """A column: base64 of a little-endian array, and for texts the values of its codes."""

    levels: NotRequired[list[str]]
    type: Literal["u1", "u2", "u4", "f4", "f8", "i4", "b1"]
    base64: str


class PackedFrame(TypedDict):
    """A table by column."""

    rows: int
    columns: dict[str, PackedColumn]


def pack(frame: pl.DataFrame) -> PackedFrame:
    """Pack a table for the page.

    Texts, categories, dates, times and decimals become text (dates as in ISO 8601), lists
    the text of their elements, separated by commas. Floats become float32, unless they are
    whole numbers above 2^24 or beyond its range; integers int32, or float64 where they are
    larger. NaN becomes null.

    Parameters
    ----------
    frame : DataFrame
        The table.

    Returns
    -------
    PackedFrame
        Ready for JSON; the same table gives the same bytes.

    Raises
    ------
    DataError
        If a column has a type that the page has no use for, such as a structure.
    """
    return {"rows": frame.height, "columns": {s.name: _pack_column(s) for s in frame}}


def unpack(packed: Mapping[str, Any]) -> pl.DataFrame:
    """Return a packed table as a frame; what became text stays text.

    Parameters
    ----------
    packed : mapping
        As `pack` returns it, or as JSON gives it back.

    Returns
    -------
    DataFrame
        Columns of String, Int32, Float32, Float64 and Boolean.

    Examples
    --------
    >>> import polars as pl
    >>> unpack(pack(pl.DataFrame({"country": ["KZ", None], "kt": [4.5, 1.0]}))).rows()
    [('KZ', 4.5), (None, 1.0)]
    """
    return pl.DataFrame(
        [_unpack_column(name, column) for name, column in packed["columns"].items()]
    )


def _pack_column(series: pl.Series) -> PackedColumn:
    dtype = series.dtype
    if dtype == pl.Boolean:
        return _encoded("b1", series.cast(pl.UInt8).fill_null(NO_TRUTH).to_numpy())
    if dtype.is_integer():
        return _pack_integers(series)
    if dtype.is_float():
        return _pack_floats(series.cast(pl.Float64).fill_null(np.nan).to_numpy())
    return _pack_texts(_as_text(series))


def _pack_integers(series: pl.Series) -> PackedColumn:
    least, most = series.min(), series.max()
    if least is None or (least > NO_INTEGER and most < -NO_INTEGER):  # type: ignore[operator]
        return _encoded("i4", series.cast(pl.Int32).fill_null(NO_INTEGER).to_numpy())
    return _encoded("f8", series.cast(pl.Float64).fill_null(np.nan).to_numpy())


def _pack_floats(values: NDArray[np.float64]) -> PackedColumn:
    with np.errstate(over="ignore", under="ignore"):
        short = values.astype("<f4")
    lost = (np.isinf(short) != np.isinf(values)) | ((short == 0) != (values == 0))
    counted = (np.abs(values) > EXACT_IN_F4) & (values == np.floor(values)) & (short != values)
    return _encoded("f8", values) if np.any(lost | counted) else _encoded("f4", short)


def _pack_texts(series: pl.Series) -> PackedColumn:
    levels = series.drop_nulls().unique().sort().to_list()
    name, none = next((name, none) for name, (_, none) in CODES.items() if len(levels) <= none)
    codes = series.cast(pl.Enum(levels)).to_physical().cast(pl.UInt32).fill_null(none)
    return {"levels": levels, **_encoded(name, codes.to_numpy())}  # type: ignore[arg-type]


def _as_text(series: pl.Series) -> pl.Series:
    dtype = series.dtype
    if isinstance(dtype, pl.List | pl.Array):
        elements = series.cast(pl.List(pl.String))
        return elements.list.join(LIST_SEPARATOR, ignore_nulls=True)
    if dtype.is_nested() or dtype in (pl.Binary, pl.Object):
        raise DataError(
            f"column {series.name} has type {dtype}, which the page cannot show; "
            f"give numbers, texts, dates, truth values or lists of them"
        )
    return series.dt.to_string("iso:strict") if dtype.is_temporal() else series.cast(pl.String)


def _encoded(
    name: Literal["u1", "u2", "u4", "f4", "f8", "i4", "b1"], values: NDArray[Any]
) -> PackedColumn:
    kind = np.dtype("<u1" if name == "b1" else f"<{name}")
    content = np.ascontiguousarray(values, dtype=kind).tobytes()
    return {"type": name, "base64": base64.b64encode(content).decode("ascii")}


def _unpack_column(name: str, column: Mapping[str, Any]) -> pl.Series:
    kind: str = column["type"]
    dtype = np.dtype("<u1" if kind == "b1" else f"<{kind}")
    values = np.frombuffer(base64.b64decode(column["base64"]), dtype=dtype)
    if "levels" in column:
        levels = [*column["levels"], None]
        codes = np.minimum(values, len(levels) - 1)
        return pl.Series(name, [levels[code] for code in codes], dtype=pl.String)
    if kind == "b1":
        truths = pl.Series(name, values)
        return truths.set(truths == NO_TRUTH, None).cast(pl.Boolean)
    if kind == "i4":
        numbers = pl.Series(name, values)
        return numbers.set(numbers == NO_INTEGER, None)
    return pl.Series(name, values).fill_nan(None)
