"""What the API is asked about runs, scenarios and routes, and what it answers, as models."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from sogdia.run.store import State
from sogdia.web.limits import REPLICATIONS, SIMULATED_DAYS
from sogdia.web.models import Answer

LONGEST_NAME = 300
MOST_NAMES = 100
MOST_WAYS = 100
LARGEST_SEED = 2**53 - 1
"""Larger ones are not exact in JavaScript, nor in much else that reads JSON."""

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Names = Annotated[list[Name], Field(max_length=MOST_NAMES)]
ScenarioContent = Annotated[
    dict[str, Any],
    Field(
        description="A scenario under the keys of its TOML file (`from`, `until`, `class`, `set`); "
        "days are texts. `extends` names a scenario that the server knows.",
        examples=[{"extends": "baseline-2024", "water_level": {"caspian": -30.0}}],
    ),
]


class Asked(BaseModel):
    """Base of what the API is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Simulation(Asked):
    """How the flows of a run are simulated."""

    replications: int = Field(default=5, ge=1, le=REPLICATIONS, description="Simulated years.")
    days: int = Field(
        default=365, ge=1, le=SIMULATED_DAYS, description="Days observed in each of them."
    )
    seed: int = Field(
        default=0, ge=0, le=LARGEST_SEED, description="Random numbers are addressed by it."
    )


class RunRequest(Asked):
    """A run that is asked for."""

    study: Name = Field(examples=["eurasia"])
    scenario: ScenarioContent | Name = Field(
        description="Content, or the name of a scenario that the server knows.",
        examples=["baseline-2024"],
    )
    year: int | None = Field(
        default=None,
        ge=1900,
        le=2200,
        description="Year of demand and network; by default the scenario's, else the study's.",
    )
    simulate: Simulation | None = Field(
        default=None, description="By default flows are assigned and not simulated."
    )


class RunInfo(Answer):
    """A run, wherever it stands."""

    run_id: str = Field(examples=["eurasia-baseline-2024"])
    study: str = Field(examples=["eurasia"])
    scenario: str = Field(examples=["baseline-2024"])
    title: str = Field(description="Title of the scenario.", examples=["2024 as it was"])
    year: int | None = Field(examples=[2024])
    simulated: bool = Field(description="Whether its flows were, or are to be, simulated.")
    state: State
    stage: str | None = Field(description="Of a running run: what it does.", examples=["paths"])
    done: int | None = Field(description="Of a running run: how much of the stage is done.")
    total: int | None = Field(description="Of how much; 0: not known.")
    position: int | None = Field(description="Of a queued run: how many are before it.")
    message: str | None = Field(description="Why it failed or was interrupted.")
    created: str = Field(description="When it was asked for, ISO 8601.")
    started: str | None
    finished: str | None
    converged: bool | None = Field(
        description="Of a finished run: whether the assignment reached its residual."
    )


class RunDifference(Answer):
    """In what two runs differ, as `sogdia runs diff --json` prints it."""

    before: str = Field(description="Id of the one.")
    after: str = Field(description="Id of the other; changes are what it has more.")
    kind: str
    equal: bool = Field(description="Whether all tables are the same.")
    inputs: list[dict[str, Any]] = Field(description="What they were asked: before and after.")
    figures: list[dict[str, Any]] = Field(description="Single numbers that came out.")
    tables: list[dict[str, Any]] = Field(
        description="Rows that one alone has, and by column the largest changes."
    )
    only_before: list[str] = Field(description="Tables that the one alone has.")
    only_after: list[str]


class ScenarioInfo(Answer):
    """A scenario that the server knows."""

    name: str = Field(description="What it is asked for by.", examples=["avoid-russia"])
    title: str = Field(examples=["Nothing crosses Russia or Belarus"])
    description: str
    year: int | None = Field(description="Year of demand and network; null: the study's.")
    builtin: bool = Field(description="Whether it comes with Sogdia.")


class ScenarioFile(Answer):
    """A scenario as text and as content."""

    name: str = Field(examples=["avoid-russia"])
    toml: str = Field(description="Text of its file.")
    content: ScenarioContent


class RouteRequest(Asked):
    """A question about the ways of a shipment from door to door."""

    study: Name = Field(examples=["eurasia"])
    scenario: ScenarioContent | Name | None = Field(
        default=None,
        description="Content, or the name of a scenario that the server knows; by default the "
        "study's own.",
        examples=["baseline-2024"],
    )
    origin: Name = Field(
        description='Name, UN/LOCODE or id of a node, or coordinates "48.14,11.58".',
        examples=["Xi'an"],
    )
    destination: Name = Field(description="Likewise.", examples=["Duisburg"])
    commodity: Name = Field(examples=["electronics"])
    depart: date | None = Field(
        default=None, description="Day of departure; by default 1 July of the year."
    )
    deadline_days: float | None = Field(
        default=None, gt=0, le=3660, description="Days allowed from door to door."
    )
    by: Names | None = Field(
        default=None,
        description="What ways are compared by: time, cost, co2, and with a deadline reliability; "
        "by default the first three. One alone ranks.",
        examples=[["time", "cost"]],
    )
    avoid: Names = Field(
        default=[],
        description="Countries, places, crossings, corridors, operators, services, links, "
        "terminals or modes that no way may pass.",
        examples=[["RU", "BY"]],
    )
    via: Names = Field(default=[], description="What every way has to pass.")
    k: int = Field(default=10, ge=1, le=MOST_WAYS, description="Ways to answer with, at most.")
    run: Name | None = Field(
        default=None, description="A finished run, whose queues are waited in."
    )
    why_not: Name | None = Field(
        default=None,
        description="Say why the ways do not pass there, or not so well.",
        examples=["northern"],
    )


class Place(Answer):
    """An end of a shipment."""

    asked: str
    node_id: str
    name: str
    country: str | None
    longitude: float
    latitude: float
    access_km: float = Field(description="Distance by road to the node, km.")


class CourseLink(Answer):
    """A link of a leg, and the node it leads to."""

    link_id: str | None
    to: str | None


class Leg(Answer):
    """Neighbouring stretches by the same carrier, or one operation."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    mode: str
    start: str | None = Field(
        alias="from", description="Id of a node; null: the place that was asked for."
    )
    to: str | None
    service: str | None
    operator: str | None
    length_km: float
    moving_h: float
    waiting_h: float
    handling_h: float
    cost_usd_t: float
    co2_kg_t: float
    sources: list[str]
    course: list[CourseLink] = Field(description="Links in order of travel.")


class Itinerary(Answer):
    """One way from door to door, with what it takes."""

    rank: int
    corridor: str | None
    countries: list[str]
    days_mean: float
    days_p50: float | None
    days_p90: float | None
    cost_usd_t: float
    cost_usd_teu: float | None
    cost_parts_usd_t: dict[str, float]
    inventory_usd_t: float
    co2_kg_t: float
    co2_wtt_kg_t: float
    co2_ttw_kg_t: float
    on_time: float | None = Field(description="Probability of arriving by the deadline.")
    borders: int
    gauge_changes: int
    notices: list[str]
    legs: list[Leg]


class WhyNot(Answer):
    """Why a place or corridor is not among the answers."""

    asked: str
    name: str
    verdict: str
    blocked_by: list[str]
    relax: list[list[str]]
    best: Itinerary | None = Field(description="The best way that passes there.")
    text: str


class RouteAnswer(Answer):
    """The ways of a shipment that no other way beats; as `sogdia route --json` prints it."""

    origin: Place
    destination: Place
    commodity: str
    depart: date
    deadline: date | None
    criteria: list[str]
    found: int
    notes: list[str]
    itineraries: list[Itinerary]
    why_not: WhyNot | None = None
