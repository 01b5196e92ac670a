"""GeoParquet 1.1: nodes and links of a study, one file each, for GIS and data frames.

The key ``geo`` of a Parquet file's metadata says which column holds geometries, as well-known
binary, and in which coordinate reference system (opengeospatial/geoparquet, version 1.1.0).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from sogdia.errors import ResourceError
from sogdia.study import Study
from sogdia.study.formats.crs import Crs, projjson
from sogdia.study.formats.layers import Layer, layers, study_crs

VERSION = "1.1.0"
GEOMETRY = "geometry"


def write(study: Study, folder: str | Path, *, flows: pl.DataFrame | None = None) -> list[Path]:
    """Write ``node.parquet`` and ``link.parquet``.

    Parameters
    ----------
    study : Study
        The study.
    folder : str or Path
        Where to; it is made if it does not exist.
    flows : DataFrame, optional
        Results to join to links by ``link_id`` (see `sogdia.study.formats.flows`).

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    DataError
        If no node of the study has coordinates, or its crs is in no register.
    ResourceError
        If the machine refuses to write there.
    """
    folder = Path(folder)
    system = _crs_member(study_crs(study))
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for layer in layers(study, flows):
            path = folder / f"{layer.name}.parquet"
            # Dictionaries of words are a matter of polars, which other readers need not know.
            table = layer.table.with_columns(pl.col(pl.Enum).cast(pl.String)).with_columns(
                pl.Series(GEOMETRY, layer.wkb, dtype=pl.Binary)
            )
            table.write_parquet(path, metadata={"geo": json.dumps(_geo(layer, system))})
            written.append(path)
    except OSError as error:
        raise ResourceError(f"{folder} cannot be written: {error.strerror or error}") from error
    return written


def _geo(layer: Layer, system: dict[str, Any]) -> dict[str, Any]:
    """Return the value of the key ``geo``.

    Edges are said to be planar, for so they are drawn: a link without a course is a straight
    line on the map, and lengths are a column of their own.
    """
    column = {
        "encoding": "WKB",
        "geometry_types": list(layer.geometry_types),
        "edges": "planar",
        "bbox": list(layer.bounds),
        **system,
    }
    return {"version": VERSION, "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


def _crs_member(crs: Crs) -> dict[str, Any]:
    """Return the member ``crs``: none means longitudes and latitudes, null that nobody knows."""
    if crs.in_degrees:
        return {}
    return {"crs": None if crs.is_local else projjson(crs)}
