"""Open Matrix 0.2 (osPlanning/omx): matrices of trips from zone to zone, to and from a `Study`.

An OMX file is an HDF5 file of square matrices in group ``data`` and of the zones that their rows
and columns are, in group ``lookup``. Rows of matrices are read and written some at a time, so
that a file of many zones need not fit into memory as one matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import openmatrix
import polars as pl
import tables
from numpy.typing import NDArray

from sogdia.errors import DataError, Problem, ResourceError
from sogdia.study import Study
from sogdia.study.check import unknown_value
from sogdia.study.columns import ID
from sogdia.study.formats.omx_writer import blocks, write, write_matrices
from sogdia.study.formats.rows import appended, free_source_id
from sogdia.study.sheet import MAX_ROWS_NAMED, nearest, show

VERSION = b"0.2"
__all__ = ["read_trips", "write", "write_matrices"]


def read_trips(
    path: str | Path,
    study: Study,
    *,
    classes: Mapping[str, str] | None = None,
    lookup: str | None = None,
) -> tuple[Study | None, list[Problem], list[Problem]]:
    """Read matrices as the trips of a study.

    Parameters
    ----------
    path : str or Path
        The OMX file.
    study : Study
        The study, with its zones; its trips of the classes read are replaced.
    classes : mapping of str to str, optional
        Matrix by name to user class. By default each matrix is a class of its name, or
        the only class of the study if there is one matrix. A class that the study does
        not have is added, with one passenger car equivalent.
    lookup : str, optional
        Which lookup holds zones; needed if the file has several.

    Returns
    -------
    study : Study or None
        The study with the trips; None if there are problems.
    problems, slips : list of Problem
        What is wrong, and what looks like a slip. ``row`` counts rows of
        a matrix from 1, ``column`` names the matrix or the lookup.

    Raises
    ------
    ResourceError
        If the machine refuses to read it.
    """
    path = Path(path)
    try:
        with _opened(path) as file:
            return _read(file, path, study, classes, lookup)
    except DataError as error:
        return None, list(error.problems), []


@contextmanager
def _opened(path: Path) -> Iterator[openmatrix.File]:
    try:
        if not path.is_file():
            raise DataError([Problem("there is no such file", str(path))])
        if not tables.is_hdf5_file(str(path)):
            raise DataError([Problem("is not an HDF5 file, which every OMX file is", path.name)])
        with openmatrix.open_file(str(path), "r") as file:
            yield file
    except OSError as error:
        raise ResourceError(f"{path} cannot be read: {error.strerror or error}") from error
    except tables.HDF5ExtError as error:
        message = "is an HDF5 file that is damaged or cut short"
        raise DataError([Problem(message, path.name)]) from error


def _read(
    file: openmatrix.File,
    path: Path,
    study: Study,
    classes: Mapping[str, str] | None,
    lookup: str | None,
) -> tuple[Study | None, list[Problem], list[Problem]]:
    matrices = _matrices(file, path.name)
    chosen = _chosen(list(matrices), classes, study, path.name)
    zones = _zones(file, lookup, path.name)
    problems = _shape_problems({name: matrices[name] for name in chosen}, len(zones), path.name)
    problems += _zone_problems(zones, study, path.name)
    if problems:
        return None, problems, []
    frames = []
    for matrix, class_id in chosen.items():
        frame, found = _trips(matrices[matrix], matrix, zones, path.name)
        frames.append(frame.with_columns(class_id=pl.lit(class_id)))
        problems += found
    if problems:
        return None, problems, []
    slips = _version_slips(file, path.name) + _zone_slips(zones, study, path.name)
    read = _with_classes(study, list(chosen.values()), path.name)
    return _with_trips(read, pl.concat(frames), path.name), [], slips


def _matrices(file: openmatrix.File, name: str) -> dict[str, Any]:
    if "data" not in file.root:
        raise DataError([Problem("has no group data, where OMX keeps matrices", name)])
    # Other programs also write matrices that are not chunked or may grow.
    found = {node.name: node for node in file.list_nodes(file.root.data, classname="Array")}
    if not found:
        raise DataError([Problem("has no matrix in group data", name)])
    return found


def _chosen(
    matrices: list[str], classes: Mapping[str, str] | None, study: Study, file: str
) -> dict[str, str]:
    """Return the user class of each matrix that is to be read."""
    if classes is None:
        own = study.user_class["class_id"].to_list()
        classes = (
            dict(zip(matrices, own, strict=True))
            if len(matrices) == len(own) == 1
            else {matrix: matrix for matrix in matrices}
        )
    problems = []
    for matrix in classes:
        if matrix not in matrices:
            near = nearest(matrix, matrices)
            hint = f"; nearest: {near!r}" if near else f"; it has {', '.join(matrices)}"
            problems.append(Problem(f"has no matrix {matrix!r}{hint}", file))
    strange = pl.Series(list(classes.values()), dtype=pl.String).str.contains(ID)
    for (matrix, class_id), is_id in zip(classes.items(), strange, strict=True):
        if not is_id:
            message = (
                f"matrix {matrix!r} cannot be class {class_id!r}, which is not an identifier: "
                "letters and digits, then also _ . + -; name its class"
            )
            problems.append(Problem(message, file))
    doubled = pl.Series(list(classes.values()), dtype=pl.String)
    for class_id in doubled.filter(doubled.is_duplicated()).unique(maintain_order=True):
        same = [matrix for matrix, one in classes.items() if one == class_id]
        problems.append(Problem(f"matrices {', '.join(same)} are all of class {class_id!r}", file))
    if problems:
        raise DataError(problems)
    return dict(classes)


def _zones(file: openmatrix.File, lookup: str | None, name: str) -> list[str]:
    """Return the zone of each row."""
    found = file.list_mappings()
    if not found:
        message = "has no lookup: the zones of rows and columns stand in group lookup"
        raise DataError([Problem(message, name)])
    if lookup is None:
        if len(found) > 1:
            message = f"has several lookups, {', '.join(found)}: say which holds the zones"
            raise DataError([Problem(message, name)])
        (lookup,) = found
    elif lookup not in found:
        raise DataError([Problem(f"has no lookup {lookup!r}; it has {', '.join(found)}", name)])
    values = np.asarray(file.get_node(file.root.lookup, lookup)[:])
    if values.ndim != 1:
        raise DataError([Problem("is not a list of zones", name, None, lookup)])
    return [_zone(value) for value in values.tolist()]


def _zone(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else show(value)
    return text.strip()


def _shape_problems(matrices: Mapping[str, Any], zones: int, file: str) -> list[Problem]:
    problems = []
    for name, matrix in matrices.items():
        shape = tuple(int(length) for length in matrix.shape)
        if len(shape) != 2 or shape[0] != shape[1]:
            words = " x ".join(map(str, shape))
            problems.append(Problem(f"is {words}, not square", file, None, name))
        elif shape[0] != zones:
            listed = "1 zone" if zones == 1 else f"{zones} zones"
            message = f"has {shape[0]} rows where the lookup has {listed}"
            problems.append(Problem(message, file, None, name))
        if matrix.dtype.kind not in "fiu":
            problems.append(Problem(f"holds {matrix.dtype}, not numbers", file, None, name))
    return problems


def _zone_problems(zones: Sequence[str], study: Study, file: str) -> list[Problem]:
    """Find zones that the network does not have, and those that a lookup has twice."""
    if not study.node["zone_id"].is_not_null().any():
        return [Problem("cannot be read: no node of the study has a zone_id", file)]
    known = study.node["zone_id"].drop_nulls().unique(maintain_order=True)
    frame = pl.DataFrame({"zone": zones}).with_row_index("row", offset=1)
    place = "node.csv column zone_id"
    unknown = frame.filter(~pl.col("zone").is_in(known.implode()))
    problems = [
        Problem(f"zone {unknown_value(zone, place, known)}", file, row)
        for row, zone in unknown.head(MAX_ROWS_NAMED).iter_rows()
    ]
    if (more := unknown.height - MAX_ROWS_NAMED) > 0:
        problems.append(Problem(f"{more} more zones are not in {place}", file))
    twice = frame.filter(pl.col("zone").is_duplicated() & ~pl.col("zone").is_first_distinct())
    problems += [
        Problem(f"zone {zone!r} is in the lookup already", file, row)
        for row, zone in twice.head(MAX_ROWS_NAMED).iter_rows()
    ]
    return problems


def _zone_slips(zones: Sequence[str], study: Study, file: str) -> list[Problem]:
    known = study.node["zone_id"].drop_nulls().unique(maintain_order=True)
    absent = known.filter(~known.is_in(pl.Series(zones, dtype=pl.String).implode()))
    if absent.is_empty():
        return []
    shown = ", ".join(absent.head(5)) + (", ..." if absent.len() > 5 else "")
    verb = "zone has" if absent.len() == 1 else "zones have"
    message = f"{absent.len()} {verb} no row and so no trips: {shown}"
    return [Problem(message, file)]


def _version_slips(file: openmatrix.File, name: str) -> list[Problem]:
    version = file.version()
    given = version if isinstance(version, bytes) else str(version).encode()
    if given == VERSION:
        return []
    said = "no version" if version is None else f"version {given.decode('utf-8', 'replace')}"
    return [Problem(f"says {said}; read as OMX 0.2", name)]


def _trips(
    matrix: Any,  # noqa: ANN401
    name: str,
    zones: Sequence[str],
    file: str,
) -> tuple[pl.DataFrame, list[Problem]]:
    """Return the cells of a matrix that hold trips, and what is wrong with others."""
    # Not get(): the attributes of PyTables are no mapping.
    missing = matrix.attrs["NA"] if "NA" in matrix.attrs else None  # noqa: SIM401
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    problems: list[Problem] = []
    wrong = 0
    for first in blocks(len(zones)):
        block = np.asarray(matrix[first], dtype=np.float64)
        if missing is not None:
            is_missing = np.isnan(block) if np.isnan(missing) else block == missing
            block = np.where(is_missing, 0.0, block)
        bad_rows, bad_columns = np.nonzero(~np.isfinite(block) | (block < 0))
        wrong += len(bad_rows)
        for row, column in zip(bad_rows.tolist(), bad_columns.tolist(), strict=True):
            if len(problems) >= MAX_ROWS_NAMED:
                break
            place = f"from zone {zones[first.start + row]!r} to zone {zones[column]!r}"
            value = show(float(block[row, column]))
            message = f"{value} trips {place}, where a number >= 0 is accepted"
            problems.append(Problem(message, file, first.start + row + 1, name))
        rows, columns = np.nonzero(block)
        found.append((rows + first.start, columns, block[rows, columns]))
    if (more := wrong - len(problems)) > 0:
        problems.append(Problem(f"{more} more cells are wrong in this way", file, None, name))
    origin, destination, trips = (np.concatenate(part) for part in zip(*found, strict=True))
    labels = pl.Series(zones, dtype=pl.String)
    frame = pl.DataFrame(
        {
            "origin_zone_id": labels.gather(origin),
            "destination_zone_id": labels.gather(destination),
            "trips": trips,
        }
    )
    return frame, problems


def _with_classes(study: Study, used: list[str], file: str) -> Study:
    """Add the user classes that the study does not have."""
    own = set(study.user_class["class_id"])
    new = [class_id for class_id in used if class_id not in own]
    if not new:
        return study
    source_id = free_source_id("omx-classes", study)
    words = f"{file} names {', '.join(new)} and says no more: one car equivalent, no toll factor"
    source = pl.DataFrame(
        {
            "source_id": [source_id],
            "kind": ["assumption"],
            "title": [f"User classes of {file}"],
            "note": [words],
        }
    )
    rows = pl.DataFrame({"class_id": new}).with_columns(
        pce=pl.lit(1.0), source_id=pl.lit(source_id)
    )
    return appended(appended(study, "source", source), "user_class", rows)


def _with_trips(study: Study, trips: pl.DataFrame, file: str) -> Study:
    source_id = free_source_id("omx", study)
    source = pl.DataFrame(
        {"source_id": [source_id], "kind": ["study"], "title": [f"Open matrix {file}"]}
    )
    study = appended(study, "source", source)
    kept = study.trip.filter(~pl.col("class_id").is_in(trips["class_id"].unique().implode()))
    study = study.with_tables(trip=kept)
    return appended(study, "trip", trips.with_columns(source_id=pl.lit(source_id)))
