"""A `Study` to tables of the General Modeling Network Specification (GMNS 0.96)."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sogdia.errors import ResourceError
from sogdia.study.model import Study, TrafficSettings
from sogdia.study.traffic_units import KM_H_IN, KM_IN, PER_HOUR

NETWORK = "network"
DELAY_ASSUMED = "delay-assumed"
"""Source of volume-delay functions that the network did not give; they are not written."""
CLASSES_ASSUMED = "classes"
"""Source of classes that the network names but does not define; they are not written either."""
ALPHA, BETA = 0.15, 4.0
"""BPR function where the network gives none (Bureau of Public Roads, 1964)."""
VERSION = "0.96"
DIGITS = 15
"""Significant digits of what has been converted; all that survive it."""
SHORT_LENGTH = {"km": "m", "m": "m", "mile": "ft", "ft": "ft"}


def write(study: Study, folder: str | Path) -> None:
    """Write nodes, roads, user classes and trips of a study.

    Terminals, services, goods, links of other modes that vehicles do not use, and sources are
    left out: the specification has no place for them. Columns that are not of the
    specification are written where a row has something to say in them.

    Parameters
    ----------
    study : Study
        The study.
    folder : str or Path
        Where to; it is made if it does not exist, and tables in it are replaced.

    Raises
    ------
    ResourceError
        If the machine refuses to write there.
    """
    traffic = study.settings.traffic or TrafficSettings(time_unit="h", units_assumed=False)
    node = _used(
        study.node.select("node_id", "name", "x_coord", "y_coord", "zone_id", "through"),
        ("name", "zone_id", "through"),
    )
    tables = {
        "config": _config(study, traffic),
        "node": node,
        "link": _links(study, traffic),
        "zone": study.node.select("zone_id").drop_nulls().unique(maintain_order=True),
        "use_definition": _uses(study, traffic),
        "demand": study.trip.select(
            o_zone_id="origin_zone_id",
            d_zone_id="destination_zone_id",
            volume="trips",
            **{"class": pl.col("class_id")},
        ),
    }
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table, frame in tables.items():
            if not frame.is_empty() or table in {"node", "link"}:
                frame.write_csv(folder / f"{table}.csv")
    except OSError as error:
        raise ResourceError(f"{folder} cannot be written: {error.strerror or error}") from error


def _used(frame: pl.DataFrame, optional: tuple[str, ...]) -> pl.DataFrame:
    """Leave out the optional columns that are empty."""
    return frame.drop(name for name in optional if frame[name].is_null().all())


def _config(study: Study, traffic: TrafficSettings) -> pl.DataFrame:
    ids = pl.concat([study.node["node_id"], study.link["link_id"]])
    stated = not traffic.units_assumed
    return pl.DataFrame(
        {
            "dataset_name": [study.name],
            "short_length": [SHORT_LENGTH[traffic.length_unit] if stated else None],
            "long_length": [_unless_assumed(traffic, "length_unit")],
            "speed": [_unless_assumed(traffic, "speed_unit")],
            "crs": [study.settings.crs],
            "geometry_field_format": ["WKT"],
            "currency": [study.settings.currency],
            "version_number": [VERSION],
            "id_type": ["integer" if ids.str.contains(r"^\d+$").all() else "string"],
        },
        schema_overrides={"short_length": pl.String, "long_length": pl.String, "speed": pl.String},
    )


def _unless_assumed(traffic: TrafficSettings, name: str) -> str | None:
    """Return a unit, unless reading the tables without it assumes the same."""
    unit: str = getattr(traffic, name)
    assumed: str = TrafficSettings.model_fields[name].default
    return None if traffic.units_assumed and unit == assumed else unit


def _links(study: Study, traffic: TrafficSettings) -> pl.DataFrame:
    link = study.link.select(
        "link_id", "name", "from_node_id", "to_node_id", "directed", "mode", "length_km", "time_h",
        "free_speed_km_h", "geometry",
    )  # fmt: skip
    road = study.road.with_columns(given=pl.col("source_id").fill_null("") != DELAY_ASSUMED)
    joined = link.join(road.drop("source_id"), on="link_id", how="left", maintain_order="left")
    used = joined.filter((pl.col("mode") == "road") | pl.col("delay").is_not_null())
    given = pl.col("given").fill_null(value=False)
    delay = pl.col("delay").cast(pl.String)
    bends = delay == "bpr"
    own = given & ~bends & ~((delay == "constant") & pl.col("capacity_trips").is_null())
    frame = used.select(
        "link_id",
        "name",
        "from_node_id",
        "to_node_id",
        "directed",
        "geometry",
        length=pl.col("length_km") / KM_IN[traffic.length_unit],
        facility_type="road_type",
        capacity=pl.col("capacity_trips")
        / pl.when(pl.col("lanes") > 0).then(pl.col("lanes")).otherwise(1),
        free_speed=pl.col("free_speed_km_h") / KM_H_IN[traffic.speed_unit],
        lanes="lanes",
        allowed_uses="allowed_classes",
        toll="toll",
        vdf_fftt=pl.col("time_h") * PER_HOUR["min"],
        vdf_alpha=pl.when(given).then("alpha"),
        vdf_beta=pl.when(given | (pl.col("beta") != BETA)).then("beta"),
        delay=pl.when(own).then(delay),
        hard=pl.when(pl.col("hard")).then("hard"),
        speed_limit="speed_limit",
    )
    converted = ("length", "capacity", "free_speed", "vdf_fftt")
    frame = frame.with_columns(_rounded(frame[name]) for name in converted)
    needed = ("link_id", "from_node_id", "to_node_id", "directed", "length")
    return _used(frame, tuple(name for name in frame.columns if name not in needed))


def _rounded(values: pl.Series) -> pl.Series:
    """Write numbers with the digits that conversion leaves."""
    texts = [None if value is None else f"{value:.{DIGITS}g}" for value in values.to_list()]
    return pl.Series(values.name, texts, dtype=pl.String)


def _uses(study: Study, traffic: TrafficSettings) -> pl.DataFrame:
    per_minute = PER_HOUR["min"] / PER_HOUR[traffic.time_unit]
    plain = (
        (pl.col("source_id") == CLASSES_ASSUMED)
        & (pl.col("pce") == 1)
        & pl.all_horizontal(pl.col("name", "toll_factor", "distance_factor").is_null())
    )
    if study.user_class.select(plain.fill_null(value=False).all()).item():
        return pl.DataFrame()
    uses = study.user_class.select(
        use="class_id",
        persons_per_vehicle=pl.lit(1.0),
        pce="pce",
        description="name",
        toll_factor=pl.col("toll_factor") * per_minute,
        distance_factor=pl.col("distance_factor") * per_minute,
    )
    uses = uses.with_columns(_rounded(uses[name]) for name in ("toll_factor", "distance_factor"))
    return _used(uses, ("description", "toll_factor", "distance_factor"))
