"""The scenario file as pydantic models: what is asked of a study.

A rule only removes arcs, a change only replaces values, an event only has dates: nothing
in a scenario is a penalty.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from sogdia.errors import DataError, Problem
from sogdia.scenario.files import parse_text, read_chain, toml_text
from sogdia.study.countries import COUNTRY_CODES
from sogdia.study.sheet import nearest
from sogdia.study.toml_file import toml_problems

MONTHS = 12
AS_IS = "as-is"
"""Name of the scenario that changes nothing."""
LARGEST_INTEGER = 2**63 - 1
"""TOML promises no larger ones."""


def _country(code: str) -> str:
    if code not in COUNTRY_CODES:
        raise ValueError(f"{code!r} is not an ISO 3166-1 alpha-2 country code, e.g. KZ")
    return code


def _day(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f"{value!r} is not a date such as 2024-06-30")


def _scalar(value: object) -> object:
    known = isinstance(value, (str, int, float, bool, date)) and not isinstance(value, datetime)
    if not known:
        raise ValueError("is not a number, a text, a date, true or false")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ValueError("is a whole number of more than 64 bits")
    return value


def _joined(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return value


Id = Annotated[str, Field(min_length=1)]
Country = Annotated[str, AfterValidator(_country)]
Day = Annotated[date, BeforeValidator(_day)]
Value = Annotated[Any, AfterValidator(_scalar)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Year = Annotated[int, Field(strict=True, ge=1900, le=2200)]
HsCode = Annotated[str, Field(pattern=r"^\d{2}(\d{2})?$")]
HazardClass = Annotated[str, Field(pattern=r"^[1-9](\.[1-9])?$")]
Text = Annotated[str, Field(strict=True)]
Uses = Annotated[str | None, BeforeValidator(_joined)]
NotNegative = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]


class Part(BaseModel):
    """What all parts of a scenario have in common: frozen, and no key that is not known."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True
    )


class Dated(Part):
    """A part that holds from one day to another, both included; empty: without end."""

    start: Day | None = Field(default=None, alias="from")
    end: Day | None = Field(default=None, alias="until")

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Dated:
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError(f"from ({self.start}) is after until ({self.end})")
        return self

    def holds(self, day: date) -> bool:
        """Tell whether the part holds on a day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


class Rule(Dated):
    """A policy: countries or places closed to some goods.

    A country closed for transit may still be the origin or the destination of a shipment,
    and likewise for a place.

    Attributes
    ----------
    countries, places : tuple of str
        Countries and nodes that are closed.
    applies_to : tuple of str
        Whether goods in transit, from there (origin) or to there (destination) are denied.
    commodities, hs : tuple of str
        Goods that are denied: commodities, HS chapters or headings; both empty: all.
    reason : str
        Why, with the source.
    """

    countries: tuple[Country, ...] = ()
    places: tuple[Id, ...] = ()
    applies_to: tuple[Literal["transit", "origin", "destination"], ...] = ("transit",)
    commodities: tuple[Id, ...] = ()
    hs: tuple[HsCode, ...] = ()
    name: str = ""
    reason: str = ""

    @model_validator(mode="after")
    def _denies_something(self) -> Rule:
        if not self.countries and not self.places:
            raise ValueError("names neither countries nor places")
        if not self.applies_to:
            raise ValueError("applies_to is empty")
        return self

    @property
    def label(self) -> str:
        """Name of the rule, or what it denies."""
        if self.name:
            return self.name
        where = ", ".join(self.countries + self.places)
        goods = ", ".join(self.commodities + tuple(f"HS {code}" for code in self.hs))
        return f"no {'/'.join(self.applies_to)} {where}{f' for {goods}' if goods else ''}"


class Hazard(Dated):
    """Terminals and services that accept, or no longer accept, a class of dangerous goods."""

    hazard_class: HazardClass = Field(alias="class")
    terminals: tuple[Id, ...] = ()
    services: tuple[Id, ...] = ()
    accept: bool
    reason: str = ""

    @model_validator(mode="after")
    def _names_something(self) -> Hazard:
        if not self.terminals and not self.services:
            raise ValueError("names neither terminals nor services")
        return self


class Condition(Part):
    """Values that a column may have, or the range they lie in, for a row to be changed."""

    values: tuple[Value, ...] | None = None
    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: object) -> object:
        if isinstance(given, (list, tuple)):
            return {"values": given}
        return given if isinstance(given, (dict, cls)) else {"values": [given]}

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if (self.values is None) == (self.min is None and self.max is None):
            raise ValueError("is neither a value, nor a list of values, nor {min=, max=}")
        return self


class Change(Part):
    """Rows of a table that get other values, are removed, or are added."""

    table: Text
    where: dict[str, Condition] = Field(default_factory=dict)
    assign: dict[str, Value] = Field(default_factory=dict, alias="set")
    multiply: dict[str, Number] = Field(default_factory=dict)
    add: dict[str, Number] = Field(default_factory=dict)
    remove: Annotated[bool, Field(strict=True)] = False
    rows: tuple[dict[str, Value], ...] = ()
    reason: str = ""

    @model_validator(mode="after")
    def _does_one_thing(self) -> Change:
        columns = [*self.assign, *self.multiply, *self.add]
        if [bool(columns), self.remove, bool(self.rows)].count(True) != 1:
            raise ValueError("needs one of: set, multiply and add; remove = true; rows")
        if self.rows and self.where:
            raise ValueError("adds rows, so it has no condition (where)")
        if twice := sorted({column for column in columns if columns.count(column) > 1}):
            raise ValueError(f"changes {', '.join(twice)} twice")
        return self


class Event(Part):
    """A dated event of the scenario's own, with the columns of table ``event``."""

    event_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]
    name: Annotated[str, Field(min_length=1)]
    from_date: Day
    until_date: Day | None = None
    element_kind: Literal["country", "node", "link", "terminal", "service"]
    element_id: Id
    effect: Literal["closes", "capacity", "time", "cost"]
    factor: NotNegative | None = None
    uses: Uses = None
    happened: bool = True
    source_id: str | None = None
    note: str | None = None


class Season(Part):
    """How the demand of a year is spread over its months; only the simulation looks at it.

    Attributes
    ----------
    weights : tuple of float
        Quantity of each month, January to December; only their proportions count.
    commodities : tuple of str
        Goods that it is the season of; empty: all.
    reason : str
        Why, with the source.
    """

    weights: tuple[NotNegative, ...]
    commodities: tuple[Id, ...] = ()
    reason: str = ""

    @model_validator(mode="after")
    def _is_a_year(self) -> Season:
        if len(self.weights) != MONTHS:
            raise ValueError(f"weights are {len(self.weights)}, not {MONTHS}, one for each month")
        if not any(self.weights):
            raise ValueError("weights are all 0; one month at least needs more")
        return self


class Breakdown(Part):
    """Failures that come by chance and last until they are repaired; only the simulation looks.

    Attributes
    ----------
    element_kind, element_id : str
        What breaks down: a link, a terminal or a service.
    mean_between_h : float
        Mean time from the end of a repair to the next failure, h.
    repair_h, repair_cv : float
        Mean time to repair, h, and its coefficient of variation.
    stops_work : bool
        True: what is being worked on waits for the repair; false: it is finished first.
    reason : str
        Why, with the source.
    """

    element_kind: Literal["link", "terminal", "service"]
    element_id: Id
    mean_between_h: Positive
    repair_h: Positive
    repair_cv: NotNegative = 1.0
    stops_work: Annotated[bool, Field(strict=True)] = True
    reason: str = ""


class Scenario(Part):
    """What is asked of a study.

    Attributes
    ----------
    name, title, description : str
        What it is called, and what it is about.
    extends : str or None
        Scenario that it builds on; its content is part of this one.
    year : int or None
        Year of demand and network; None: the study's base year.
    rule : tuple of Rule
        Policies.
    hazard : tuple of Hazard
        Acceptance of dangerous goods.
    change : tuple of Change
        Changes of tables, in this order.
    event : tuple of Event
        Dated events of its own.
    include_events, exclude_events : tuple of str
        Events of the study that happen, or do not, whatever the study says.
    projects : tuple of str
        Investments that are made.
    water_level : dict of str to float
        Levels of the study's waters, m (see `sogdia.study.WaterLevel`); others stay as they are.
    season : tuple of Season
        How demand is spread over the year; for goods named twice the later one holds.
    breakdown : tuple of Breakdown
        What fails by chance, each cause on its own.
    """

    name: str = AS_IS
    title: str = ""
    description: str = ""
    extends: str | None = None
    year: Year | None = None
    rule: tuple[Rule, ...] = ()
    hazard: tuple[Hazard, ...] = ()
    change: tuple[Change, ...] = ()
    event: tuple[Event, ...] = ()
    include_events: tuple[Id, ...] = ()
    exclude_events: tuple[Id, ...] = ()
    projects: tuple[Id, ...] = ()
    water_level: dict[Id, Number] = Field(default_factory=dict)
    season: tuple[Season, ...] = ()
    breakdown: tuple[Breakdown, ...] = ()

    @classmethod
    def load(cls, source: str | Path) -> Scenario:
        """Load a scenario, with what it extends.

        Parameters
        ----------
        source : str or Path
            Name of a built-in scenario, or path of a TOML file; ``as-is``: the study as it is.

        Returns
        -------
        Scenario
            The scenario; what it extends comes first in every list.

        Raises
        ------
        DataError
            If anything in the files is wrong; ``problems`` lists everything that is.
        ResourceError
            If the machine refuses to read one.

        Examples
        --------
        >>> from sogdia.scenario import Scenario
        >>> Scenario.load("avoid-russia").rule[-1].countries
        ('RU', 'BY')
        """
        if source == AS_IS:
            return cls()
        problems: list[Problem] = []
        parts: list[Scenario] = []
        for file in read_chain(source):
            try:
                parts.append(cls.model_validate({"name": file.path.stem, **file.content}))
            except ValidationError as error:
                problems += toml_problems(error, file.path.name, known_keys())
        if problems:
            raise DataError(problems)
        return merge(parts)

    @classmethod
    def of_content(
        cls,
        content: Mapping[str, Any],
        known: Mapping[str, Scenario],
        *,
        name: str = "scenario",
    ) -> Scenario:
        """Make a scenario of what its file would hold, with what it extends; no disk is read.

        Parameters
        ----------
        content : mapping
            Keys and values as in a TOML file; days may be texts such as "2024-06-30".
        known : mapping of str to Scenario
            Scenarios that it may extend, by name, each with what it extends itself.
        name : str
            What it is called if the content does not say.

        Returns
        -------
        Scenario
            The scenario; what it extends comes first in every list.

        Raises
        ------
        DataError
            If anything in the content is wrong; ``problems`` lists everything that is.

        Examples
        --------
        >>> from sogdia.scenario import Scenario
        >>> base = Scenario(name="base", projects=("quay",))
        >>> content = {"extends": "base", "projects": ["tunnel"], "year": 2030}
        >>> Scenario.of_content(content, {"base": base}).projects
        ('quay', 'tunnel')
        """
        own = cls.own_part(content, name=name)
        if own.extends is None:
            return own
        if own.extends not in known:
            near = nearest(own.extends, list(known))
            hint = f"did you mean {near!r}?" if near else f"known: {', '.join(known) or 'none'}"
            message = f"extends: {own.extends!r} is not a scenario that is known here; {hint}"
            raise DataError([Problem(message, name)])
        return merge([known[own.extends], own])

    @classmethod
    def own_part(cls, content: Mapping[str, Any], *, name: str = "scenario") -> Scenario:
        """Make a scenario of what its file would hold, without what it extends.

        Parameters
        ----------
        content, name
            As of `of_content`.

        Returns
        -------
        Scenario
            Only what the content itself says.

        Raises
        ------
        DataError
            If anything in the content is wrong; ``problems`` lists everything that is.
        """
        try:
            return cls.model_validate({"name": name, **content})
        except ValidationError as error:
            raise DataError(toml_problems(error, name, known_keys())) from error

    @classmethod
    def of_toml(cls, text: str, *, name: str = "scenario") -> Scenario:
        """Make a scenario of the text of its file, without what it extends.

        Parameters
        ----------
        text : str
            TOML.
        name : str
            What it is called if the text does not say.

        Returns
        -------
        Scenario
            Only what the text itself says.

        Raises
        ------
        DataError
            If the text is not TOML, or anything in it is wrong.
        """
        return cls.own_part(parse_text(text, name), name=name)

    def content(self) -> dict[str, Any]:
        """Return what a file of this scenario holds, as values that JSON knows.

        Returns
        -------
        dict
            `own_part` makes an equal scenario of it, but for days among the values of a
            change: they are texts, which tables read alike. Keys are those of a file
            (``from``, ``until``, ``class``, ``set``); what is as if it were not said is
            left out.

        Examples
        --------
        >>> from datetime import date
        >>> from sogdia.scenario import Rule, Scenario
        >>> rule = Rule(countries=("IR",), start=date(2025, 9, 28))
        >>> Scenario(name="no-iran", rule=(rule,)).content()
        {'name': 'no-iran', 'rule': [{'from': '2025-09-28', 'countries': ['IR']}]}
        """
        return self._content("json")

    def to_toml(self) -> str:
        """Write the scenario as the text of a TOML file.

        Returns
        -------
        str
            `of_toml` makes an equal scenario of it.

        Examples
        --------
        >>> from sogdia.scenario import Scenario
        >>> print(Scenario(name="low", water_level={"caspian": -30.0}).to_toml())
        name = "low"
        <BLANKLINE>
        [water_level]
        caspian = -30.0
        <BLANKLINE>
        """
        return toml_text(self._content("python"))

    def _content(self, mode: Literal["json", "python"]) -> dict[str, Any]:
        said = self.model_dump(mode=mode, by_alias=True, exclude_defaults=True)
        for change in said.get("change", ()):
            if "where" in change:
                change["where"] = {name: _short(one) for name, one in change["where"].items()}
        return {"name": self.name, **said}

    def month_weights(self, commodity_id: str) -> tuple[float, ...] | None:
        """Return how the demand for some goods is spread over the months.

        Parameters
        ----------
        commodity_id : str
            The goods.

        Returns
        -------
        tuple of float or None
            Weights of the season that holds for them; None: demand is even over the year.

        Examples
        --------
        >>> from sogdia.scenario import Scenario, Season
        >>> harvest = Season(weights=(0,) * 8 + (1, 2, 1, 0), commodities=("grain",))
        >>> Scenario(season=(harvest,)).month_weights("grain")[8:]
        (1.0, 2.0, 1.0, 0.0)
        >>> Scenario(season=(harvest,)).month_weights("copper") is None
        True
        """
        for season in reversed(self.season):
            if not season.commodities or commodity_id in season.commodities:
                return season.weights
        return None

    def digest(self) -> str:
        """Return a SHA-256 over the scenario's content."""
        return hashlib.sha256(self.model_dump_json(exclude={"extends"}).encode()).hexdigest()


def merge(parts: Iterable[Scenario]) -> Scenario:
    """Join scenarios, each extending the one before it.

    What a later one says about an event or a water level replaces what an earlier one said.
    """
    first, *others = parts
    result = first
    for part in others:
        include = [e for e in result.include_events if e not in part.exclude_events]
        exclude = [e for e in result.exclude_events if e not in part.include_events]
        result = part.model_copy(
            update={
                "year": result.year if part.year is None else part.year,
                "rule": result.rule + part.rule,
                "hazard": result.hazard + part.hazard,
                "change": result.change + part.change,
                "event": result.event + part.event,
                "include_events": _unique([*include, *part.include_events]),
                "exclude_events": _unique([*exclude, *part.exclude_events]),
                "projects": _unique([*result.projects, *part.projects]),
                "water_level": result.water_level | part.water_level,
                "season": result.season + part.season,
                "breakdown": result.breakdown + part.breakdown,
            }
        )
    return result


def _short(condition: Mapping[str, Any]) -> object:
    """Write a condition as people do: a list of values alone, not a table that holds one."""
    return condition["values"] if list(condition) == ["values"] else condition


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def known_keys() -> list[str]:
    """Return every key that a scenario file may have."""
    keys: list[str] = []
    for model in (Scenario, Rule, Hazard, Change, Condition, Event, Season, Breakdown):
        for name, field in model.model_fields.items():
            keys.append(field.alias or name)
    return list(dict.fromkeys(keys))
