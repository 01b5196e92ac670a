"""Rows that an import adds to a study, each with a source that it has found a free name for."""

from __future__ import annotations

import polars as pl

from sogdia.study import Study


def appended(study: Study, table: str, rows: pl.DataFrame) -> Study:
    """Return the study with rows more; columns that they do not have are empty in them.

    Parameters
    ----------
    study : Study
        The study.
    table : str
        One of its tables.
    rows : DataFrame
        Columns of that table, in any types that can be cast to its own.

    Returns
    -------
    Study
        The study with the rows at the table's end.
    """
    own = study.frames()[table]
    typed = rows.select(pl.col(name).cast(own.schema[name]) for name in rows.columns)
    return study.with_tables(**{table: pl.concat([own, typed], how="diagonal")})


def free_source_id(wanted: str, study: Study) -> str:
    """Return `wanted`, or with a number behind it where a source of the study is called so."""
    taken = set(study.source["source_id"])
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (wanted, *numbered) if name not in taken)
