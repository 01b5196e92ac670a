"""Results by link, of an assignment's Parquet or CSV file, as columns beside the links."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from sogdia.errors import DataError, Problem, ResourceError
from sogdia.study import Study
from sogdia.study.formats.layers import ROAD_SOURCE
from sogdia.study.model import SPLIT_MARK
from sogdia.study.sheet import nearest

READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": pl.read_parquet,
    ".csv": pl.read_csv,
}
LINK, FORWARD = "link_id", "forward"
ENDS = ("from_node_id", "to_node_id")
"""Columns of a result that say again what a link and its direction say."""
RESERVED = frozenset({"fid", "geom", "geometry", "id", ROAD_SOURCE})
"""Names that some format keeps for itself."""
ADDITIVE = frozenset({"kt", "kteu", "t", "teu", "flow", "trips"})
"""Results of which a link has the sum, where rows tell goods or corridors apart."""
MOST_NAMED = 5


def read_flows(path: str | Path, study: Study) -> pl.DataFrame:
    """Read results by link and direction.

    Parameters
    ----------
    path : str or Path
        Parquet or CSV with a column ``link_id`` and columns of results. Column ``forward``,
        or else ``from_node_id`` (of travel), tells the directions of a link apart. Rows
        that texts tell apart (a commodity, a corridor) are summed if they hold nothing
        but quantities.
    study : Study
        The study whose links they are of.

    Returns
    -------
    DataFrame
        One row for each link that has a result. Where links are followed both ways,
        each result has a column ``..._forward`` and one ``..._backward``.

    Raises
    ------
    DataError
        If it is no such file, names a link that the study does not have, or one
        direction of a link twice, or a result is called as a column of the link.
    ResourceError
        If the machine refuses to read it.
    """
    path = Path(path)
    frame = _read(path)
    if LINK not in frame.columns:
        near = nearest(LINK, frame.columns)
        hint = f"; nearest: {near}" if near else ""
        raise DataError([Problem(f"the column is missing{hint}", path.name, None, LINK)])
    frame = _with_directions(frame, study)
    results = [name for name in frame.columns if name not in (LINK, FORWARD, *ENDS)]
    numbers = [name for name in results if frame[name].dtype.is_numeric()]
    summed = numbers != results and bool(numbers) and ADDITIVE.issuperset(numbers)
    kept = numbers if summed else results
    if problems := _problems(frame, kept, path.name, study, repeats=summed):
        raise DataError(problems)
    if summed:
        frame = frame.group_by(LINK, FORWARD, maintain_order=True).agg(pl.col(numbers).sum())
    return _side_by_side(frame, kept)


def _with_directions(frame: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Tell the direction of each row; a link that an event split is called as before."""
    frame = frame.with_columns(pl.col(LINK).cast(pl.String).str.replace(f"{SPLIT_MARK}.*$", ""))
    if FORWARD in frame.columns:
        return frame
    if ENDS[0] not in frame.columns:
        return frame.with_columns(pl.lit(value=True).alias(FORWARD))
    start = study.link.select(LINK, pl.col(ENDS[0]).alias(FORWARD))
    joined = frame.join(start, on=LINK, how="left", maintain_order="left")
    # A link that the study does not have is reported as that, not for its direction.
    same = pl.col(FORWARD) == pl.col(ENDS[0]).cast(pl.String)
    return joined.with_columns(same.fill_null(value=True).alias(FORWARD))


def _read(path: Path) -> pl.DataFrame:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{str(path)!r} is not a .parquet or .csv file of results by link")
    try:
        return reader(path)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {str(path)!r}") from error
    except OSError as error:
        raise ResourceError(f"{path} cannot be read: {error.strerror or error}") from error
    except pl.exceptions.PolarsError as error:
        kind = "Parquet" if path.suffix == ".parquet" else "CSV"
        raise DataError([Problem(f"is not a table in {kind}", path.name)]) from error


def _problems(
    frame: pl.DataFrame, results: list[str], file: str, study: Study, *, repeats: bool
) -> list[Problem]:
    taken = {*study.link.columns, *study.road.columns, *RESERVED}
    problems = [
        Problem("the name is that of a column of links; rename it", file, None, name)
        for name in results
        if name in taken
    ]
    if not results:
        problems.append(Problem("has no column of results beside link_id", file))
    if frame[FORWARD].dtype != pl.Boolean:
        return [*problems, Problem("is not true or false in every row", file, None, FORWARD)]
    rows = pl.int_range(2, pl.len() + 2).alias("row")
    wrong = frame.select(
        rows,
        pl.col(LINK),
        unknown=~pl.col(LINK).is_in(study.link[LINK].implode()).fill_null(value=False),
        missing=pl.col(FORWARD).is_null(),
        repeated=pl.struct(LINK, FORWARD).is_duplicated()
        & ~pl.struct(LINK, FORWARD).is_first_distinct()
        & pl.lit(not repeats),
    )
    for kind, column, words in (
        ("unknown", LINK, "is not a link of the study"),
        ("missing", FORWARD, "has no direction, true or false"),
        ("repeated", LINK, "has a row for this direction already"),
    ):
        found = wrong.filter(pl.col(kind))
        for row, link in found.head(MOST_NAMED).select("row", LINK).iter_rows():
            problems.append(Problem(f"{link!r} {words}", file, row, column))
        if (more := found.height - MOST_NAMED) > 0:
            problems.append(Problem(f"{more} more rows are wrong in this way", file, None, column))
    return problems


def _side_by_side(frame: pl.DataFrame, results: list[str]) -> pl.DataFrame:
    forward = frame.filter(pl.col(FORWARD)).select(LINK, *results)
    backward = frame.filter(~pl.col(FORWARD)).select(LINK, *results)
    if backward.is_empty():
        return forward
    sides = [
        side.rename({name: f"{name}_{word}" for name in results})
        for side, word in ((forward, "forward"), (backward, "backward"))
    ]
    joined = sides[0].join(sides[1], on=LINK, how="full", coalesce=True)
    pairs = (f"{name}_{word}" for name in results for word in ("forward", "backward"))
    return joined.select(LINK, *pairs)
