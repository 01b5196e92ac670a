"""Coordinate reference systems: the ``crs`` of a study in the words of each geographic format."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import Any

from sogdia.errors import DataError

DEGREES = frozenset({("EPSG", "4326"), ("OGC", "CRS84")})
"""What longitudes and latitudes of WGS 84 are called, in either order of the axes."""

UNKNOWN = "unknown"
"""What a study calls a system that no register has."""
NAME = re.compile(
    r"(?:urn:ogc:def:crs:)?(?P<authority>[A-Za-z]+):(?:[0-9.]*:)?(?P<code>[A-Za-z0-9]+)"
)
BARE_CODE = re.compile(r"\d{4,6}")


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate reference system by its name in a register, or one that no register has.

    Attributes
    ----------
    authority, code : str or None
        Who keeps the register, and the name there; None for a local system.
    """

    authority: str | None = None
    code: str | None = None

    @property
    def in_degrees(self) -> bool:
        """Whether coordinates are longitudes and latitudes of WGS 84."""
        return (self.authority, self.code) in DEGREES

    @property
    def is_local(self) -> bool:
        """Whether nobody can tell where on the earth the coordinates are."""
        return self.authority is None

    @property
    def name(self) -> str:
        """Name of the system, as a study has it."""
        return UNKNOWN if self.is_local else f"{self.authority}:{self.code}"

    @property
    def urn(self) -> str:
        """Name of the system as the Open Geospatial Consortium writes it."""
        version = "1.3" if self.authority == "OGC" else ""
        return f"urn:ogc:def:crs:{self.authority}:{version}:{self.code}"


def parse_crs(text: str) -> Crs:
    """Read the name of a coordinate reference system.

    Parameters
    ----------
    text : str
        Register and code (``EPSG:28992``), an OGC name (``urn:ogc:def:crs:EPSG::28992``)
        or a code of EPSG alone; any other text names a local system.

    Returns
    -------
    Crs
        The system.

    Examples
    --------
    >>> parse_crs("urn:ogc:def:crs:OGC:1.3:CRS84").name
    'OGC:CRS84'
    >>> parse_crs("epsg:28992").name, parse_crs("plan of the city").name
    ('EPSG:28992', 'unknown')
    """
    text = text.strip()
    if BARE_CODE.fullmatch(text):
        return Crs("EPSG", text)
    known = NAME.fullmatch(text)
    return Crs(known["authority"].upper(), known["code"]) if known else Crs()


def projjson(crs: Crs) -> dict[str, Any]:
    """Describe a system of a register as PROJJSON.

    Raises
    ------
    DataError
        If the register does not have it, or pyproj is not installed.
    """
    description: dict[str, Any] = _described(crs).to_json_dict()
    return description


def wkt(crs: Crs) -> str:
    """Describe a system of a register as well-known text (OGC 01-009).

    Raises
    ------
    DataError
        If the register does not have it, or pyproj is not installed.
    """
    description: str = _described(crs).to_wkt("WKT1_GDAL")
    return description


def km_per_unit(crs: Crs) -> float | None:
    """Return the unit of a projected system's coordinates, km; None if that is not known."""
    if crs.is_local or crs.in_degrees:
        return None
    try:
        described = _described(crs)
    except DataError:
        return None
    if not described.is_projected:
        return None
    return float(described.axis_info[0].unit_conversion_factor) / 1000


def _described(crs: Crs) -> Any:  # noqa: ANN401
    try:
        pyproj = importlib.import_module("pyproj")
    except ImportError as error:
        raise DataError(
            f"crs {crs.name!r} of study.toml can only be described with pyproj: "
            "pip install 'sogdia[geo]'"
        ) from error
    try:
        return pyproj.CRS.from_authority(crs.authority, crs.code)
    except pyproj.exceptions.CRSError as error:
        raise DataError(
            f"crs {crs.name!r} of study.toml is in no register that pyproj knows; "
            f"give one such as EPSG:4326, or {UNKNOWN}"
        ) from error
