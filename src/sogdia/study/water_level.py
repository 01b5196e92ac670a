"""Water levels: what vessels load as a sea, a lake or a river falls or rises.

The tables hold depths and capacities as they were observed at one level. A vessel that has
less water under it loads less; with L the level at which it loads fully and s the share of
the load that it loses per metre, it loads at level w

    load(w) = max(0, 1 - s max(0, L - w)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sogdia.errors import Problem
from sogdia.study.check import unknown_value
from sogdia.study.sheet import Sheet

Metres = Annotated[float, Field(strict=True)]
Id = Annotated[str, Field(min_length=1)]


class WaterLevel(BaseModel):
    """The level of a water in some datum, and what vessels load by it.

    Attributes
    ----------
    title : str
        What it is the level of, and in which datum.
    places : tuple of str
        Nodes whose depth follows it.
    current_m : float
        Level at which depths and capacities of the tables were observed, m.
    full_load_m : float
        Level from which vessels load fully, m.
    load_loss_per_m : float
        Share of the load that is lost per metre below that.
    source_id : str or None
        Where the figures come from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    title: str = ""
    places: tuple[Id, ...]
    current_m: Metres
    full_load_m: Metres
    load_loss_per_m: Annotated[float, Field(strict=True, ge=0, le=1)]
    source_id: Id | None = None

    @model_validator(mode="after")
    def _means_something(self) -> WaterLevel:
        if not self.places:
            raise ValueError("places names no node")
        if self.load_share(self.current_m) == 0.0:
            raise ValueError(
                f"at current_m ({self.current_m:g}) no vessel could load; it must be above "
                f"{self.no_load_m:g}"
            )
        return self

    @property
    def no_load_m(self) -> float:
        """Level at and below which no vessel can load, m."""
        if self.load_loss_per_m == 0.0:
            return -math.inf
        return self.full_load_m - 1.0 / self.load_loss_per_m

    def load_share(self, level_m: float) -> float:
        """Return the share of its full load that a vessel loads at a level.

        Examples
        --------
        >>> caspian = WaterLevel(
        ...     places=("KZSCO",), current_m=-29.5, full_load_m=-28.5, load_loss_per_m=0.125
        ... )
        >>> caspian.load_share(-30.5), caspian.load_share(-28.0), caspian.load_share(-40.0)
        (0.75, 1.0, 0.0)
        """
        return max(0.0, 1.0 - self.load_loss_per_m * max(0.0, self.full_load_m - level_m))


def check_water_levels(
    levels: Mapping[str, WaterLevel], sheets: Mapping[str, Sheet], file: str
) -> list[Problem]:
    """Report places and sources that the study does not have, and places of two levels.

    Parameters
    ----------
    levels : mapping of str to WaterLevel
        Water levels by identifier.
    sheets : mapping of str to Sheet
        Tables by name; what refers to one that is left out is not checked.
    file : str
        Where the levels are written, for messages.

    Returns
    -------
    list of Problem
        Everything wrong.
    """
    problems: list[Problem] = []
    level_of: dict[str, str] = {}
    for name, level in levels.items():
        for number, place in enumerate(level.places, start=1):
            where = f"water_level, {name}, places, item {number}"
            problems += _missing(sheets, "node", place, where, file)
            if place in level_of:
                message = f"{where}: {place!r} is already a place of {level_of[place]!r}"
                problems.append(Problem(message, file))
            level_of.setdefault(place, name)
        if level.source_id is not None:
            where = f"water_level, {name}, source_id"
            problems += _missing(sheets, "source", level.source_id, where, file)
    return problems


def _missing(
    sheets: Mapping[str, Sheet], table: str, value: str, where: str, file: str
) -> list[Problem]:
    if table not in sheets:
        return []
    key = f"{table}_id"
    known = sheets[table].frame[key].drop_nulls()
    if value in set(known):
        return []
    message = unknown_value(value, f"{sheets[table].file} column {key}", known)
    return [Problem(f"{where}: {message}", file)]
