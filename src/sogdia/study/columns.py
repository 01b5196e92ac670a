"""Kinds of columns that the tables of a study have in common, and the words they may hold."""

from __future__ import annotations

from typing import Any

import dataframely as dy

MODES = ("rail", "sea", "ferry", "road", "waterway", "pipeline", "air")
WATER_MODES = ("sea", "ferry", "waterway")
NODE_KINDS = (
    "station",
    "port",
    "border_crossing",
    "terminal",
    "field",
    "mine",
    "plant",
    "city",
    "junction",
    "chokepoint",
)
OPERATIONS = ("border", "gauge_change", "transshipment")
DEPARTURES = ("timetable", "when_full")
DELAY_FUNCTIONS = ("constant", "bpr", "conical", "davidson", "queue")
DIRECTIONS = ("westbound", "eastbound", "both")
SOURCE_KINDS = (
    "official",
    "operator",
    "statistics",
    "legal",
    "study",
    "news",
    "computed",
    "general_knowledge",
    "assumption",
)
CHANGE_OPERATIONS = ("set", "multiply", "add")
ELEMENT_KINDS = ("country", "node", "link", "terminal", "service")
EFFECTS = ("closes", "capacity", "time", "cost")
METRICS = ("kt", "kteu", "share", "days")
ROLES = ("calibrate", "validate", "margin", "context")
DISTANCE_BASES = ("SFD", "GCD", "actual")
TIERS = ("primary", "modelled", "default")
PREMIUM_KINDS = ("insurance", "war_risk")
PREMIUM_ELEMENT_KINDS = ("node", "link")
BALANCE_ELEMENT_KINDS = ("node", "link", "terminal", "service")
PROPERTIES = ("density_kg_m3", "sulphur_percent")

ID = r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$"
COUNTRY = r"^[A-Z]{2}$"
COUNTRIES = r"^[A-Z]{2}(,[A-Z]{2})*$"


def key_column(description: str) -> dy.String:
    """A primary key that is an identifier."""
    return dy.String(primary_key=True, regex=ID, description=description)


def reference_column(
    target: str,
    description: str,
    *,
    nullable: bool = False,
    several: bool = False,
    primary_key: bool = False,
) -> dy.String:
    """An identifier of another table's row, or several of them, comma-separated."""
    metadata: dict[str, Any] = {"references": target, "list": several}
    return dy.String(
        nullable=nullable, primary_key=primary_key, metadata=metadata, description=description
    )


def source_column() -> dy.String:
    """The row of table ``source`` behind a row's figures."""
    return reference_column("source.source_id", "where the row's figures come from", nullable=True)


def amount_column(description: str, *, nullable: bool = True, positive: bool = False) -> dy.Float64:
    """A number that is not negative, or positive."""
    if positive:
        return dy.Float64(nullable=nullable, min_exclusive=0, description=description)
    return dy.Float64(nullable=nullable, min=0, description=description)


def text_column(description: str) -> dy.String:
    """A text that may be empty."""
    return dy.String(nullable=True, description=description)


def uses_column() -> dy.String:
    """Kinds of cargo, comma-separated."""
    return reference_column(
        "commodity.use",
        "kinds of cargo accepted, comma-separated (GMNS allowed_uses); empty: all",
        nullable=True,
        several=True,
    )


def draught_column() -> dy.Float64:
    """Draught of vessels."""
    return amount_column("draught of loaded vessels, m; empty: no limit", positive=True)


def hazard_classes_column() -> dy.String:
    """UN hazard classes, comma-separated."""
    return dy.String(
        nullable=True,
        regex=r"^[1-9](\.[1-9])?(,[1-9](\.[1-9])?)*$",
        description="UN hazard classes accepted, comma-separated; empty: none",
    )
