"""Two runs of one kind side by side: which inputs differ, and which results.

Tables whose files are equal are said to be so at once. Others are joined on their identifiers:
all columns that are neither figures nor lists; rows that share all of them are told apart by their
order. The result is what JSON knows, for a terminal and for a page alike.
"""

from __future__ import annotations

import filecmp
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from sogdia.errors import DataError
from sogdia.run.kept.listing import KeptRun, listed, read_run
from sogdia.run.tables import in_fixed_order, read_table

LARGEST = 5
INTEGER_IDENTIFIERS = {"year", "month", "iteration", "round", "shipper", "number", "task"}
"""Whole numbers that name a row; others are figures."""
AMOUNTS = {"kt", "kteu", "flow"}
"""Figures that are 0 where a table has no such row."""
NO_IDENTIFIERS = {"path"}
"""Numbers that a run gives as it goes along."""
WATCHED = "playback_"
"""What the tables of a recorded replication begin with: they are only compared as bytes."""
OUTCOMES = {"files", "this_run", "result", "playback", "simulation"}
"""Keys of a manifest that do not say what was asked."""
ASKED = {
    *("study", "scenario", "year", "method", "units", "asked", "on", "days", "n"),
    *("capacity_left", "budget_musd", "objective", "discount_rate", "horizon_years"),
    *("carbon_usd_t", "target_gap", "before", "after"),
}
"""Keys of a summary that say what was asked."""
UNNOTED = {"made_from", "this_run", "seconds"}


def difference(before: Path, after: Path, *, top: int = LARGEST) -> dict[str, Any]:
    """Compare two folders of runs.

    Parameters
    ----------
    before, after : Path
        Folders of one kind; changes are what the second has more than the first.
    top : int
        Largest changes to return of each column.

    Returns
    -------
    dict
        * ``before``, ``after``: the runs as listed, see `sogdia.run.kept.listing.ListedRun`;
        * ``kind``; ``equal``: whether all tables are the same, byte for byte;
        * ``inputs``: [{input, before, after}] that differ, key by key;
        * ``figures``: [{figure, before, after, change}] of the summary that differ;
        * ``tables``: [{table, equal, rows_before, rows_after, only_before, only_after, changed,
          columns: [{column, changed, largest: [{row, before, after, change}]}]}], where
          ``row`` has the identifiers. Rows counted as changed are in both tables; amounts
          (kt, kteu, flow) are 0 where a table has no such row;
        * ``only_before``, ``only_after``: names of tables that one alone has.

    Raises
    ------
    DataError
        If one is not the folder of a run, is damaged, or they are of different kinds.

    Examples
    --------
    >>> from pathlib import Path
    >>> found = difference(Path("runs/a"), Path("runs/b"))  # doctest: +SKIP
    >>> [table["table"] for table in found["tables"] if not table["equal"]]  # doctest: +SKIP
    ['corridors', 'flows']
    """
    first, second = read_run(before), read_run(after)
    if first.kind != second.kind:
        raise DataError(
            f"{before} was written by sogdia {first.kind} and {after} by sogdia {second.kind}: "
            "only runs of one kind can be compared"
        )
    names = [_tables(first), _tables(second)]
    both = sorted(names[0] & names[1])
    tables = [_table(first.path, second.path, name, top) for name in both]
    return {
        "before": _said(first),
        "after": _said(second),
        "kind": first.kind,
        "equal": names[0] == names[1] and all(table["equal"] for table in tables),
        "inputs": list(_different(inputs(first), inputs(second), "input")),
        "figures": [*map(_with_change, _different(figures(first), figures(second), "figure"))],
        "tables": tables,
        "only_before": sorted(names[0] - names[1]),
        "only_after": sorted(names[1] - names[0]),
    }


def inputs(run: KeptRun) -> dict[str, Any]:
    """Return what a run was asked and made from, by the path of its key, such as options.residual.

    Parameters
    ----------
    run : KeptRun
        Of any kind.
    """
    if run.kind == "sweep":
        return _flat(run.content)
    if "made_from" not in run.content:
        asked = {key: value for key, value in run.content.items() if key not in OUTCOMES}
        simulation = run.content.get("simulation")
        if simulation:
            asked["simulation"] = {"options": simulation["options"]}
        return _flat(asked)
    made = {key: value for key, value in run.made_from.items() if key != "files"}
    asked = {key: value for key, value in run.content.items() if key in ASKED and key not in made}
    return _flat({**asked, **made})


def figures(run: KeptRun) -> dict[str, Any]:
    """Return the single numbers that a run came to, by the path of their key."""
    if run.kind == "sweep":
        return {}
    if "made_from" not in run.content:
        outcome = {
            key: run.content[key] for key in ("result", "simulation") if run.content.get(key)
        }
        found = _flat(outcome)
        return {key: value for key, value in found.items() if ".options" not in key}
    found = {
        key: value
        for key, value in run.content.items()
        if key not in ASKED | UNNOTED and not _has_rows(value)
    }
    return {key: value for key, value in _flat(found).items() if not isinstance(value, str | list)}


def _said(run: KeptRun) -> dict[str, Any]:
    found = listed(run.path)
    return {} if found is None else found.to_json()


def _tables(run: KeptRun) -> set[str]:
    return {
        file.stem for file in run.path.glob("*.parquet") if file.is_file() and not file.is_symlink()
    }


def _has_rows(value: object) -> bool:
    """Tell whether a value is a table, which its file has too."""
    if isinstance(value, Mapping):
        return any(map(_has_rows, value.values()))
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def _flat(content: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Return the leaves of nested tables by their path; lists of plain values are leaves."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping):
            found |= _flat(value, f"{path}.")
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value):
                inner = one if isinstance(one, Mapping) else {"value": one}
                found |= _flat(inner, f"{path}[{number}].")
        else:
            found[path] = value
    return found


def _different(
    before: Mapping[str, Any], after: Mapping[str, Any], what: str
) -> Iterator[dict[str, Any]]:
    for key in dict.fromkeys([*before, *after]):
        first, second = before.get(key), after.get(key)
        if first != second:
            yield {what: key, "before": first, "after": second}


def _with_change(row: dict[str, Any]) -> dict[str, Any]:
    ends = (row["before"], row["after"])
    known = all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends)
    return {**row, "change": row["after"] - row["before"] if known else None}


def _table(before: Path, after: Path, name: str, top: int) -> dict[str, Any]:
    file, other = (folder / f"{name}.parquet" for folder in (before, after))
    first, second = read_table(file), read_table(other)
    equal = filecmp.cmp(file, other, shallow=False)
    if equal or name.startswith(WATCHED):
        joined = _Joined(0, 0, 0 if equal else None, [])
    else:
        joined = _joined(first, second, top)
    return {
        "table": name,
        "equal": equal,
        "rows_before": first.height,
        "rows_after": second.height,
        "only_before": joined.only_before,
        "only_after": joined.only_after,
        "changed": joined.changed,
        "columns": joined.columns,
    }


@dataclass(frozen=True, slots=True)
class _Joined:
    """Two tables joined on their identifiers."""

    only_before: int
    only_after: int
    changed: int | None
    columns: list[dict[str, Any]]


def _joined(before: pl.DataFrame, after: pl.DataFrame, top: int) -> _Joined:
    shared = [name for name in before.columns if name in after.columns]
    keys = [name for name in shared if _is_identifier(name, before.schema[name])]
    values = [
        name
        for name in shared
        if name not in keys
        and name not in NO_IDENTIFIERS
        and before.schema[name].is_numeric()
        and after.schema[name].is_numeric()
    ]
    first, second = (_numbered(frame, keys, values) for frame in (before, after))
    both = first.with_columns(_first=True).join(
        second.with_columns(_second=True),
        on=[*keys, "_repeat"],
        how="full",
        coalesce=True,
        nulls_equal=True,
        suffix=":after",
        maintain_order="left_right",
    )
    amounts = [f"{name}{end}" for name in values if name in AMOUNTS for end in ("", ":after")]
    both = both.with_columns(pl.col(amounts).fill_null(0.0))
    paired = both.filter("_first", "_second")
    differs = {name: pl.col(name).ne_missing(pl.col(f"{name}:after")) for name in values}
    some = pl.any_horizontal(*differs.values()) if differs else pl.lit(value=False)
    return _Joined(
        only_before=int(both["_second"].null_count()),
        only_after=int(both["_first"].null_count()),
        changed=paired.filter(some).height,
        columns=[
            column
            for name in values
            if (column := _column(_rows_of(both, name), name, keys, top)) is not None
        ],
    )


def _rows_of(both: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the rows whose figure changed; an amount has one even where its row is missing."""
    rows = both if name in AMOUNTS else both.filter("_first", "_second")
    return rows.filter(pl.col(name).ne_missing(pl.col(f"{name}:after")))


def _is_identifier(name: str, dtype: pl.DataType) -> bool:
    if name in NO_IDENTIFIERS or dtype.is_nested() or dtype.is_float():
        return False
    if dtype.is_integer():
        return name in INTEGER_IDENTIFIERS or name.endswith("_id")
    return True


def _numbered(frame: pl.DataFrame, keys: list[str], values: list[str]) -> pl.DataFrame:
    """Return identifiers, figures, and a number that tells rows of the same identifiers apart."""
    plain = frame.select(
        pl.col(keys).cast(pl.String), *(pl.col(name).cast(pl.Float64) for name in values)
    ).with_columns(cs.float().fill_nan(None))
    ordered = in_fixed_order(plain)
    repeat = pl.int_range(pl.len())
    return ordered.with_columns(_repeat=repeat.over(keys) if keys else repeat)


def _column(changed: pl.DataFrame, name: str, keys: list[str], top: int) -> dict[str, Any] | None:
    if changed.is_empty():
        return None
    change = pl.col(f"{name}:after") - pl.col(name)
    largest = (
        changed.with_columns(_change=change)
        .sort(
            pl.col("_change").abs(), *keys, descending=[True, *[False] * len(keys)], nulls_last=True
        )
        .head(top)
    )
    return {
        "column": name,
        "changed": changed.height,
        "largest": [
            {
                "row": {key: row[key] for key in keys},
                "before": _plain(row[name]),
                "after": _plain(row[f"{name}:after"]),
                "change": _plain(row["_change"]),
            }
            for row in largest.iter_rows(named=True)
        ],
    }


def _plain(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
