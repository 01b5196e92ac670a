"""One run as its folder tells it: what was asked, what came out, are its files as written."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from sogdia.run.kept.difference import figures, inputs
from sogdia.run.kept.listing import KeptRun, listed, read_run
from sogdia.run.tables import read_table

MAIN_TABLE = {
    "run": "corridors",
    "simulate": "corridors",
    "supply": "deliveries",
    "assign": "elements",
    "stress": "elements",
    "invest": "projects",
    "compare": "totals",
    "sweep": "results",
}
"""The table that says most of each kind of run."""


def describe(path: Path) -> dict[str, Any]:
    """Describe a folder of a run.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    dict
        ``run`` (as listed), ``asked`` (inputs by the path of their key), ``figures`` (single
        numbers that came out), ``table`` (name of the table that says most, or None) and
        ``files`` ([{name, size_bytes, as_written}]; null: nobody has noted what was written).

    Raises
    ------
    DataError
        If it is no folder of a run, or damaged.
    """
    kept = read_run(path)
    found = listed(path)
    name = MAIN_TABLE.get(kept.kind)
    has_table = name is not None and (path / f"{name}.parquet").is_file()
    return {
        "run": {} if found is None else found.to_json(),
        "asked": inputs(kept),
        "figures": figures(kept),
        "table": name if has_table else None,
        "files": _files(kept),
    }


def main_table(path: Path, name: str) -> pl.DataFrame:
    """Read a table of a run, its largest rows first where it has tonnes.

    Parameters
    ----------
    path : Path
        Folder of the run.
    name : str
        Of the table, as `describe` says it.
    """
    frame = read_table(path / f"{name}.parquet")
    by = next((column for column in ("kt", "lost_kt", "flow") if column in frame.columns), None)
    if by is None:
        return frame
    return frame.sort(by, descending=True, nulls_last=True, maintain_order=True)


def _files(kept: KeptRun) -> list[dict[str, Any]]:
    digests = kept.files
    rows = []
    for file in sorted(kept.path.iterdir()):
        if not file.is_file() or file.is_symlink():
            continue
        noted = digests.get(file.name)
        as_written = None
        if noted is not None:
            with file.open("rb") as content:
                as_written = hashlib.file_digest(content, "sha256").hexdigest() == noted
        rows.append(
            {"name": file.name, "size_bytes": file.stat().st_size, "as_written": as_written}
        )
    return rows
