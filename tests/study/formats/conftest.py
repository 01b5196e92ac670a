"""A small town: four nodes on a map, a road each way round, two zones and two classes."""

from __future__ import annotations

import polars as pl
import pytest

from sogdia.study import Settings, Study
from sogdia.study.model import TrafficSettings, tables_of

SOURCE = pl.DataFrame({"source_id": ["survey"], "kind": ["study"], "title": ["A survey"]})
NODE = pl.DataFrame(
    {
        "node_id": ["1", "2", "3", "4"],
        "name": ["West", None, "East", None],
        "x_coord": [10.0, 10.5, 11.0, 10.5],
        "y_coord": [50.0, 50.25, 50.0, 49.75],
        "zone_id": ["1", None, "3", None],
        "through": [False, None, False, None],
        "source_id": ["survey"] * 4,
    }
)
LINK = pl.DataFrame(
    {
        "link_id": ["a", "b", "c", "d"],
        "name": ["Ünter den Linden", None, None, None],
        "from_node_id": ["1", "2", "1", "4"],
        "to_node_id": ["2", "3", "4", "3"],
        "directed": [True, True, False, False],
        "mode": ["road"] * 4,
        "length_km": [45.5, 46.25, 47.0, 48.0],
        "time_h": [0.5, 0.75, 1.0, 1.25],
        "cost_usd_t": [0.0] * 4,
        "open_from": [None, "2024-07-01", None, None],
        "source_id": ["survey"] * 4,
        "geometry": ["LINESTRING (10 50, 10.2 50.2, 10.5 50.25)", None, None, None],
    }
).with_columns(pl.col("open_from").str.to_date())
ROAD = pl.DataFrame(
    {
        "link_id": ["a", "b"],
        "delay": ["bpr", "constant"],
        "capacity_trips": [1000.0, None],
        "alpha": [0.15, None],
        "beta": [4.0, None],
        "hard": [True, None],
        "lanes": [2, None],
        "toll": [None, 1.5],
        "allowed_classes": ["car", "car,truck-heavy"],
        "road_type": ["urban", None],
        "source_id": ["survey", "survey"],
    }
)
USER_CLASS = pl.DataFrame(
    {"class_id": ["car", "truck-heavy"], "pce": [1.0, 2.5], "source_id": ["survey"] * 2}
)
TRIP = pl.DataFrame(
    {
        "origin_zone_id": ["1", "1", "3", "3"],
        "destination_zone_id": ["3", "1", "1", "1"],
        "class_id": ["car", "car", "car", "truck-heavy"],
        "trips": [100.5, 7.0, 1 / 3, 12.0],
        "source_id": ["survey"] * 4,
    }
)


def made(crs: str = "EPSG:4326", **changed: pl.DataFrame) -> Study:
    frames = {
        "source": SOURCE,
        "node": NODE,
        "link": LINK,
        "road": ROAD,
        "user_class": USER_CLASS,
        "trip": TRIP,
    } | changed
    settings = Settings(name="town", crs=crs, traffic=TrafficSettings(time_unit="s"))
    return Study(settings, tables_of(frames))


@pytest.fixture
def town() -> Study:
    """The town, in longitudes and latitudes."""
    return made()


@pytest.fixture
def make_town():
    """Make the town with another crs or other tables."""
    return made
