"""Trips of a `Study`, and skims, as Open Matrix 0.2 (osPlanning/omx)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import openmatrix
import polars as pl
import tables
from numpy.typing import NDArray

from sogdia.errors import DataError, ResourceError
from sogdia.study import Study
from sogdia.study.columns import ID

LOOKUP = "zone_id"
MISSING = -1.0
"""What stands for a value that is not known; attribute ``NA`` of each matrix says so."""
CELLS_AT_ONCE = 2**22
"""Cells held at once, 32 MiB."""


def blocks(zones: int) -> Iterator[slice]:
    """Yield the rows of a square matrix that are held at once."""
    height = max(1, CELLS_AT_ONCE // max(zones, 1))
    for start in range(0, zones, height):
        yield slice(start, min(start + height, zones))


def write(study: Study, path: str | Path) -> None:
    """Write the trips of a study, one matrix for each user class.

    Parameters
    ----------
    study : Study
        The study; its zones are the rows and columns, in the order of its nodes.
    path : str or Path
        The file; one of that name is replaced.

    Raises
    ------
    DataError
        If the study has no trips.
    ResourceError
        If the machine refuses to write there.
    """
    if study.trip.is_empty():
        raise DataError(f"study {study.name!r} has no trips to write: trip.csv has no rows")
    zones = study.node["zone_id"].drop_nulls().unique(maintain_order=True)
    place = {zone: index for index, zone in enumerate(zones)}
    with _made(Path(path), zones.to_list()) as file:
        for class_id in study.trip["class_id"].unique(maintain_order=True):
            own = study.trip.filter(pl.col("class_id") == class_id)
            origin, destination = (
                own[column].replace_strict(place, return_dtype=pl.Int64).to_numpy()
                for column in ("origin_zone_id", "destination_zone_id")
            )
            trips = own["trips"].to_numpy()
            matrix = _matrix(file, class_id, len(zones))
            for rows in blocks(len(zones)):
                block = np.zeros((rows.stop - rows.start, len(zones)))
                inside = (origin >= rows.start) & (origin < rows.stop)
                cells = (origin[inside] - rows.start, destination[inside])
                block[cells] = trips[inside]
                matrix[rows] = block


def write_matrices(
    path: str | Path, zones: Sequence[str], matrices: Mapping[str, NDArray[np.floating[Any]]]
) -> None:
    """Write matrices of numbers from zone to zone, such as skims.

    Parameters
    ----------
    path : str or Path
        The file; one of that name is replaced.
    zones : sequence of str
        Zone of each row and column.
    matrices : mapping of str to ndarray, shape (zones, zones)
        Matrices by name; what is not finite (no way from zone to zone) is written as -1,
        which attribute ``NA`` of the matrix says.

    Raises
    ------
    ValueError
        If a matrix is not of that shape, or its name is not an identifier.
    ResourceError
        If the machine refuses to write there.
    """
    zones = list(zones)
    for name, values in matrices.items():
        if values.shape != (len(zones), len(zones)):
            raise ValueError(f"matrix {name!r} is {values.shape}, not {len(zones)} x {len(zones)}")
        if not pl.Series([name]).str.contains(ID).item():
            raise ValueError(f"{name!r} is not the name of a matrix: letters, digits and _ . + -")
    with _made(Path(path), zones) as file:
        for name, values in matrices.items():
            matrix = _matrix(file, name, len(zones))
            for rows in blocks(len(zones)):
                block = np.asarray(values[rows], dtype=np.float64)
                matrix[rows] = np.where(np.isfinite(block), block, MISSING)


@contextmanager
def _made(path: Path, zones: list[str]) -> Iterator[openmatrix.File]:
    """Make a file with the zones as its lookup: numbers if all are, texts otherwise."""
    labels = np.array([zone.encode() for zone in zones])
    if all(zone.isdecimal() and str(int(zone)) == zone and int(zone) < 2**31 for zone in zones):
        labels = np.array([int(zone) for zone in zones], dtype=np.int32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            # A class may be called what no attribute of Python can be: truck-heavy.
            warnings.simplefilter("ignore", tables.NaturalNameWarning)
            with openmatrix.open_file(str(path), "w") as file:
                file.root._v_attrs["SHAPE"] = np.array([len(zones)] * 2, dtype=np.int32)
                file.create_array(file.root.lookup, LOOKUP, obj=labels)
                yield file
    except (OSError, tables.HDF5ExtError) as error:
        reason = getattr(error, "strerror", None) or "the disk or a permission is in the way"
        raise ResourceError(f"{path} cannot be written: {reason}") from error


def _matrix(file: openmatrix.File, name: str, zones: int) -> Any:  # noqa: ANN401
    atom = tables.Float64Atom()
    return file.create_matrix(name, atom=atom, shape=(zones, zones), attrs={"NA": MISSING})
