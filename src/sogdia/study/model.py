"""`Study`: the tables of a study and its settings, never changed and told apart by digest."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import dataframely as dy
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from sogdia.study.marks import NO_CORRIDOR
from sogdia.study.schema import Tables
from sogdia.study.water_level import WaterLevel

SCHEMAS: dict[str, type[dy.Schema]] = Tables.member_schemas()
COLUMN_TYPES = {
    table: pl.Schema({name: column.dtype for name, column in schema.columns().items()})
    for table, schema in SCHEMAS.items()
}
REQUIRED_TABLES = ("node", "link")
SPLIT_MARK = "@"
GEOGRAPHIC = "EPSG:4326"
"""Longitudes and latitudes of WGS 84, degrees."""


class ChoiceParameter(BaseModel):
    """A fitted parameter of route choice, with how well it is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    estimate: float
    standard_error: float | None = Field(default=None, ge=0)
    source: str = Field(min_length=1)


class TrafficSettings(BaseModel):
    """What ``[traffic]`` of ``study.toml`` says: the units that a network of roads came in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_unit: Literal["h", "min", "s"] = "min"
    length_unit: Literal["km", "m", "mile", "ft"] = "km"
    speed_unit: Literal["km/h", "mile/h", "m/s", "ft/min"] = "km/h"
    units_assumed: bool = False
    period: str = ""


class Settings(BaseModel):
    """What ``study.toml`` says about the study as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    title: str = ""
    description: str = ""
    base_year: int | None = Field(default=None, ge=1900, le=2200, strict=True)
    currency: str = "USD"
    licence: str = ""
    attribution: str = ""
    default_scenario: str | None = None
    main_corridor: str | None = None
    crs: str = GEOGRAPHIC
    traffic: TrafficSettings | None = None
    choice: dict[str, ChoiceParameter] = Field(default_factory=dict)
    water_level: dict[str, WaterLevel] = Field(default_factory=dict)

    @property
    def is_geographic(self) -> bool:
        """Whether coordinates are longitudes and latitudes; every node then has them."""
        return self.crs == GEOGRAPHIC


def known_settings() -> list[str]:
    """Return every key that ``study.toml`` may have."""
    models: tuple[type[BaseModel], ...] = (Settings, ChoiceParameter, WaterLevel, TrafficSettings)
    return list(dict.fromkeys(name for model in models for name in model.model_fields))


def tables_of(frames: Mapping[str, pl.DataFrame]) -> Tables:
    """Return the tables of a study; columns and tables that are not given are empty.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Columns of tables, in any types that can be cast to their own.

    Returns
    -------
    Tables
        All tables; their values are not checked.
    """
    whole: dict[str, pl.DataFrame] = {}
    for table, schema in SCHEMAS.items():
        empty: pl.DataFrame = schema.create_empty()
        whole[table] = empty
        if table in frames:
            given = frames[table]
            typed = given.select(pl.col(name).cast(empty.schema[name]) for name in given.columns)
            whole[table] = pl.concat([empty, typed], how="diagonal")
    return Tables.cast(whole)


def base_id(row_id: str) -> str:
    """Return the identifier of the row that `row_id` was split from.

    A row that an event splits by kind of cargo gets a second part behind ``@``, a
    character that no identifier of a study's own may have.

    Examples
    --------
    >>> base_id("EGSUZ-YEBAM@red-sea-2023")
    'EGSUZ-YEBAM'
    >>> base_id("EGSUZ-YEBAM")
    'EGSUZ-YEBAM'
    """
    return row_id.partition(SPLIT_MARK)[0]


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """The tables of a study and its settings.

    A study is never changed: `with_tables` returns another one.

    Attributes
    ----------
    settings : Settings
        Content of ``study.toml``.
    tables : Tables
        The tables, each a polars frame with the columns of its schema.
    path : Path or None
        Folder or zip that it was loaded from.
    """

    settings: Settings
    tables: Tables
    path: Path | None = None

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.settings.name

    @property
    def main_corridor(self) -> str:
        """Corridor that the study is about: the one it names, or the first by priority."""
        if self.settings.main_corridor is not None:
            return self.settings.main_corridor
        first = self.corridor.sort("priority")["corridor_id"].head(1).to_list()
        return first[0] if first else NO_CORRIDOR

    @property
    def source(self) -> pl.DataFrame:
        """Where figures come from."""
        return self.tables.source

    @property
    def node(self) -> pl.DataFrame:
        """Places."""
        return self.tables.node

    @property
    def link(self) -> pl.DataFrame:
        """Line-haul connections."""
        return self.tables.link

    @property
    def terminal(self) -> pl.DataFrame:
        """Operations at nodes."""
        return self.tables.terminal

    @property
    def service(self) -> pl.DataFrame:
        """Scheduled and batch carriers."""
        return self.tables.service

    @property
    def tariff(self) -> pl.DataFrame:
        """Tariffs by year of validity."""
        return self.tables.tariff

    @property
    def premium(self) -> pl.DataFrame:
        """Insurance beyond the freight."""
        return self.tables.premium

    @property
    def emission_factor(self) -> pl.DataFrame:
        """Emission factors by class, country and year of validity."""
        return self.tables.emission_factor

    @property
    def commodity(self) -> pl.DataFrame:
        """Kinds of goods."""
        return self.tables.commodity

    @property
    def demand(self) -> pl.DataFrame:
        """Quantities by origin, destination, commodity and year."""
        return self.tables.demand

    @property
    def supply(self) -> pl.DataFrame:
        """What producers can ship."""
        return self.tables.supply

    @property
    def ownership(self) -> pl.DataFrame:
        """Whose part of a producer's goods is whose."""
        return self.tables.ownership

    @property
    def consumption(self) -> pl.DataFrame:
        """What consumers need."""
        return self.tables.consumption

    @property
    def stock(self) -> pl.DataFrame:
        """Goods held against bad days."""
        return self.tables.stock

    @property
    def contract(self) -> pl.DataFrame:
        """What has been agreed to go, at least or at most."""
        return self.tables.contract

    @property
    def quality(self) -> pl.DataFrame:
        """Properties of producers' goods."""
        return self.tables.quality

    @property
    def blend(self) -> pl.DataFrame:
        """What mixtures on a link may be like."""
        return self.tables.blend

    @property
    def consignment(self) -> pl.DataFrame:
        """Permits and lots that goods wait for."""
        return self.tables.consignment

    @property
    def disruption(self) -> pl.DataFrame:
        """What has stopped elements before, and how often."""
        return self.tables.disruption

    @property
    def corridor(self) -> pl.DataFrame:
        """Named classes of paths."""
        return self.tables.corridor

    @property
    def project(self) -> pl.DataFrame:
        """Investments."""
        return self.tables.project

    @property
    def project_change(self) -> pl.DataFrame:
        """What investments change."""
        return self.tables.project_change

    @property
    def event(self) -> pl.DataFrame:
        """What happened, or may happen, to elements of the network."""
        return self.tables.event

    @property
    def observation(self) -> pl.DataFrame:
        """Published statistics."""
        return self.tables.observation

    @property
    def road(self) -> pl.DataFrame:
        """How vehicles use links."""
        return self.tables.road

    @property
    def user_class(self) -> pl.DataFrame:
        """Classes of vehicles."""
        return self.tables.user_class

    @property
    def trip(self) -> pl.DataFrame:
        """Trips of vehicles from zone to zone."""
        return self.tables.trip

    def frames(self) -> dict[str, pl.DataFrame]:
        """Return all tables by name, in the order of the schemas."""
        return {table: getattr(self.tables, table) for table in SCHEMAS}

    def with_tables(self, **frames: pl.DataFrame) -> Study:
        """Return a study in which the named tables are replaced.

        Columns are brought into the order and types of the schema; their values are
        not checked again (see ``sogdia.study.check.check_tables``).

        Parameters
        ----------
        **frames : DataFrame
            New tables by name.

        Returns
        -------
        Study
            The study with the new tables.

        Raises
        ------
        TypeError
            If a name is not that of a table.
        """
        if unknown := sorted(frames.keys() - SCHEMAS.keys()):
            raise TypeError(f"not a table of a study: {', '.join(unknown)}")
        # a cast of all tables takes longer than to solve a small study
        tables = copy(self.tables)
        for table, frame in frames.items():
            fits = frame.schema == COLUMN_TYPES[table]
            setattr(tables, table, frame if fits else SCHEMAS[table].cast(frame))
        return replace(self, tables=tables)

    def with_settings(self, settings: Settings) -> Study:
        """Return a study with other settings and the same tables."""
        return replace(self, settings=settings)

    def digest(self) -> str:
        """Return a SHA-256 over settings and tables, in the rows' order.

        Returns
        -------
        str
            64 hexadecimal digits, the same on every machine for the same content.
        """
        digest = hashlib.sha256(self.settings.model_dump_json().encode())
        for table, frame in self.frames().items():
            text = io.BytesIO()
            frame.write_csv(text)
            digest.update(f"\n{table}\n".encode())
            digest.update(text.getbuffer())
        return digest.hexdigest()
