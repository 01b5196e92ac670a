"""GeoPackage: nodes and links of a study as two layers of one SQLite file (OGC 12-128r19).

Written with the standard library: the container is three tables of metadata and a header of
eight bytes before each geometry.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import polars as pl

from sogdia.errors import ResourceError
from sogdia.study import Study
from sogdia.study.formats.crs import Crs, wkt
from sogdia.study.formats.layers import Layer, layers, study_crs

System = tuple[str, int, str, int, str, str | None]

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10400  # 1.4
UNDEFINED_CARTESIAN, UNDEFINED_GEOGRAPHIC, WGS_84 = -1, 0, 4326
OWN_SYSTEM = 100_000
"""Key of a system whose register does not count."""
MAGIC, VERSION_1, LITTLE_ENDIAN = b"GP", 0, 1
ROW_KEY = "fid"
GEOMETRY = "geom"
WGS_84_WKT = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,'
    'AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,'
    'AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],'
    'AUTHORITY["EPSG","4326"]]'
)
METADATA_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL,
    definition TEXT NOT NULL,
    description TEXT
);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY,
    data_type TEXT NOT NULL,
    identifier TEXT UNIQUE,
    description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
    srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL,
    z TINYINT NOT NULL,
    m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
);
"""
INSERT_SYSTEM = "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)"
INSERT_CONTENTS = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
    "min_x, min_y, max_x, max_y, srs_id) VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_GEOMETRY = "INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)"
DESCRIPTIONS = {"node": "places", "link": "line-haul connections"}


def write(study: Study, path: str | Path, *, flows: pl.DataFrame | None = None) -> None:
    """Write layers ``node`` and ``link``; a file of that name is replaced.

    Parameters
    ----------
    study : Study
        The study.
    path : str or Path
        The file.
    flows : DataFrame, optional
        Results to join to links by ``link_id`` (see `sogdia.study.formats.flows`).

    Raises
    ------
    DataError
        If no node of the study has coordinates, or its crs is in no register.
    ResourceError
        If the machine refuses to write there.
    """
    path = Path(path)
    systems, srs_id = _reference_systems(study_crs(study))
    drawn = layers(study, flows)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {USER_VERSION}")
            database.executescript(METADATA_TABLES)
            database.executemany(INSERT_SYSTEM, systems)
            for layer in drawn:
                _write_layer(database, layer, srs_id)
    except (OSError, sqlite3.OperationalError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ResourceError(f"{path} cannot be written: {reason}") from error


def _reference_systems(crs: Crs) -> tuple[list[System], int]:
    """Return the rows that the standard asks for, the study's own system, and the key of that."""
    degrees = ("WGS 84", WGS_84, "EPSG", WGS_84, WGS_84_WKT, "longitude and latitude, degrees")
    systems: list[System] = [
        ("Undefined Cartesian", UNDEFINED_CARTESIAN, "NONE", -1, "undefined", None),
        ("Undefined geographic", UNDEFINED_GEOGRAPHIC, "NONE", 0, "undefined", None),
        degrees,
    ]
    if crs.in_degrees:
        return systems, WGS_84
    if crs.is_local:
        return systems, UNDEFINED_CARTESIAN
    counted = crs.code is not None and crs.code.isdecimal()
    code = int(crs.code) if crs.code is not None and counted else OWN_SYSTEM
    register = str(crs.authority) if counted else "NONE"
    return [*systems, (crs.name, code, register, code, wkt(crs), None)], code


def _write_layer(database: sqlite3.Connection, layer: Layer, srs_id: int) -> None:
    """Write a table of features and what the metadata tables say of it."""
    columns = "".join(
        f", {_quoted(name)} {_sqlite_type(dtype)}" for name, dtype in layer.table.schema.items()
    )
    (kind,) = layer.geometry_types if len(layer.geometry_types) == 1 else ("geometry",)
    database.execute(
        f"CREATE TABLE {layer.name} ({ROW_KEY} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
        f"{GEOMETRY} {kind.upper()}{columns})"
    )
    database.execute(
        INSERT_CONTENTS,
        (layer.name, layer.name, DESCRIPTIONS[layer.name], *layer.bounds, srs_id),
    )
    database.execute(INSERT_GEOMETRY, (layer.name, GEOMETRY, kind.upper(), srs_id))
    names = ", ".join(map(_quoted, [GEOMETRY, *layer.table.columns]))
    marks = ", ".join("?" * (layer.table.width + 1))
    table = layer.table.with_columns(pl.col(pl.Date).cast(pl.String))
    database.executemany(
        f"INSERT INTO {layer.name} ({names}) VALUES ({marks})",
        (
            (_with_header(wkb, srs_id), *row)
            for wkb, row in zip(layer.wkb, table.iter_rows(), strict=True)
        ),
    )


def _with_header(wkb: bytes | None, srs_id: int) -> bytes | None:
    """Put the header of GeoPackage, here one without an envelope, before a geometry."""
    if wkb is None:
        return None
    return struct.pack("<2sBBi", MAGIC, VERSION_1, LITTLE_ENDIAN, srs_id) + wkb


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _sqlite_type(dtype: pl.DataType) -> str:
    """Return the name that the standard (table 1) has for a type."""
    if dtype.is_integer():
        return "INTEGER"
    if dtype.is_float():
        return "DOUBLE"
    return {pl.Boolean: "BOOLEAN", pl.Date: "DATE"}.get(dtype.base_type(), "TEXT")
