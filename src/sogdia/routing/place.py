"""Places as people write them: name, UN/LOCODE, id or coordinates, to a node of the study."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from sogdia.errors import DataError
from sogdia.network.model import Floats
from sogdia.routing.names import find_node, nearest_names

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the ellipsoid of WGS 84."""

ACCEPTED = "an id, a UN/LOCODE, a name, or coordinates such as 48.1,11.5"
_ANGLE = r"([-+]?\d+(?:\.\d+)?)\s*°?\s*([{letters}]?)"
_BETWEEN = r"\s*[,;\s]\s*"
_POINT = re.compile(
    _ANGLE.format(letters="NS") + _BETWEEN + _ANGLE.format(letters="EW"), re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Place:
    """An end of a shipment.

    Attributes
    ----------
    asked : str
        What the user wrote.
    node_id, name : str
        The node that stands for it.
    country : str or None
        ISO 3166-1 alpha-2.
    longitude, latitude : float or None
        Of what was asked; degrees. None: a node that has none.
    access_km : float
        Great-circle distance from what was asked to the node; 0 where a node was named.
    """

    asked: str
    node_id: str
    name: str
    country: str | None
    longitude: float | None
    latitude: float | None
    access_km: float = 0.0


def find_place(
    node: pl.DataFrame,
    text: str,
    *,
    served: Collection[str] | None = None,
    geographic: bool = True,
) -> Place:
    """Return the node that stands for what a user wrote.

    A node id is tried first, then a UN/LOCODE, a name, and coordinates: latitude and
    longitude in degrees, north and east positive, or with letters (34.8S 18.3E).

    Parameters
    ----------
    node : DataFrame
        The study's table of nodes.
    text : str
        What the user wrote.
    served : collection of str, optional
        Nodes that can ship or receive the goods. They are preferred where a name fits
        several nodes, and coordinates are taken to the nearest of them.
    geographic : bool, optional
        Whether the nodes' coordinates are longitudes and latitudes; by others none is found.

    Returns
    -------
    Place
        The node and how far it is from what was asked.

    Raises
    ------
    DataError
        If nothing goes by that name, several places do, or coordinates lie outside the
        degrees of the Earth.

    Examples
    --------
    >>> node = pl.DataFrame({"node_id": ["KZALA"], "name": ["Almaty-1"], "unlocode": ["KZALA"],
    ...                      "country": ["KZ"], "x_coord": [76.95], "y_coord": [43.34]})
    >>> find_place(node, "Алматы").node_id
    'KZALA'
    >>> round(find_place(node, "43.25, 76.95").access_km, 1)
    10.0
    """
    wanted = text.strip()
    if not wanted:
        raise DataError(f"the name of a place is empty; give {ACCEPTED}")
    if (node_id := find_node(node, wanted, served=served)) is not None:
        row = node.row(by_predicate=pl.col("node_id") == node_id, named=True)
        x, y = (row["x_coord"], row["y_coord"]) if geographic else (None, None)
        return _place(text, row, x, y, 0.0)
    if (point := _coordinates(wanted)) is None:
        near = ", ".join(nearest_names(node, wanted))
        hint = f"nearest: {near}; " if near else ""
        raise DataError(f"there is no place {text!r} in the study; {hint}give {ACCEPTED}")
    if not geographic:
        raise DataError(
            f"{text!r} are coordinates in degrees, and those of the study are not; give "
            "an id or a name"
        )
    return _nearest(node, text, *point, served=served)


def great_circle_km(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats:
    """Return great-circle distances by the haversine formula.

    Parameters
    ----------
    lon1, lat1, lon2, lat2 : array_like
        Longitudes and latitudes of the ends, degrees; shapes that broadcast.

    Returns
    -------
    ndarray of float64
        Distances on a sphere of the Earth's mean radius, km.

    Examples
    --------
    >>> float(great_circle_km(179.5, 0.0, -179.5, 0.0).round(1))
    111.2
    """
    east1, north1, east2, north2 = (np.radians(angle) for angle in (lon1, lat1, lon2, lat2))
    haversine = (
        np.sin((north2 - north1) / 2.0) ** 2
        + np.cos(north1) * np.cos(north2) * np.sin((east2 - east1) / 2.0) ** 2
    )
    # Rounding may take the haversine of antipodes a little above one.
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(haversine, 1.0))))


def _coordinates(text: str) -> tuple[float, float] | None:
    """Return longitude and latitude, or None where a text is not coordinates."""
    match = _POINT.fullmatch(text.replace("−", "-"))
    if match is None:
        return None
    latitude, south, longitude, west = match.groups()
    if any(
        letter and number[0] in "+-" for number, letter in ((latitude, south), (longitude, west))
    ):
        raise DataError(f"coordinates {text!r} have a sign and a letter; give one of them")
    y = -float(latitude) if south.upper() == "S" else float(latitude)
    x = -float(longitude) if west.upper() == "W" else float(longitude)
    for value, name, limit in ((y, "latitude", 90), (x, "longitude", 180)):
        if abs(value) > limit:
            raise DataError(
                f"coordinates {text!r} have a {name} of {value:g}, which is not between "
                f"-{limit} and {limit}; latitude comes first"
            )
    return x, y


def _nearest(
    node: pl.DataFrame,
    text: str,
    longitude: float,
    latitude: float,
    *,
    served: Collection[str] | None,
) -> Place:
    if served is not None:
        node = node.filter(pl.col("node_id").is_in(list(served)))
    if node.is_empty():
        raise DataError(f"no place of the study can take these goods, so none is near {text!r}")
    node = node.sort("node_id")
    distance = great_circle_km(
        longitude, latitude, node["x_coord"].to_numpy(), node["y_coord"].to_numpy()
    )
    nearest = int(distance.argmin())
    row = node.row(nearest, named=True)
    return _place(text, row, longitude, latitude, float(distance[nearest]))


def _place(
    text: str,
    row: dict[str, object],
    longitude: float | None,
    latitude: float | None,
    access_km: float,
) -> Place:
    country = row["country"]
    return Place(
        asked=text,
        node_id=str(row["node_id"]),
        name=str(row["name"] or row["node_id"]),
        country=None if country is None else str(country),
        longitude=longitude,
        latitude=latitude,
        access_km=access_km,
    )
