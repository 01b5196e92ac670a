"""What the API is asked about losses and investments, and what it answers, as models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sogdia.web.question_models import Question, QuestionInOne, Row, World
from sogdia.web.run_models import Name
from sogdia.web.supply_models import DEAREST_CARBON_USD_T

MOST_ELEMENTS = 1000
MOST_SCENARIOS = 8
MOST_OPENINGS = 6
LONGEST_DAYS = 3650.0
LARGEST_BUDGET_MUSD = 1e7

ElementKind = Literal["links", "terminals", "services", "nodes", "countries", "chokepoints"]
Objective = Literal["npv", "throughput", "resilience", "co2"]


class Decision(BaseModel):
    """Base of the answers: what is named here is there, beside all else that commands print."""

    model_config = ConfigDict(frozen=True, extra="allow")


class StressRequest(QuestionInOne):
    """A question about what the loss of each element would cost."""

    on: date | None = Field(
        default=None,
        description="Day of the year whose network is looked at; by default the year's last.",
    )
    days: float = Field(
        default=365.0, gt=0, le=LONGEST_DAYS, description="How long each loss lasts, days."
    )
    n: Literal[1, 2] = Field(default=1, description="Elements that are lost together.")
    elements: Annotated[list[ElementKind], Field(min_length=1, max_length=6)] = Field(
        default=["links", "terminals"], description="Kinds of element that are lost."
    )
    capacity_left: float = Field(
        default=0.0, ge=0.0, lt=1.0, description="Share of its capacity that each keeps."
    )
    top: int = Field(
        default=100,
        ge=1,
        le=MOST_ELEMENTS,
        description="Elements to answer with: those without which most is not served.",
    )


class StressAnswer(Decision):
    """What each loss costs, the worst first; as `sogdia stress --json` prints it."""

    study: str
    scenario: str
    year: int
    on: date
    period: list[date] = Field(description="First and last day of the network that is looked at.")
    days: float
    capacity_left: float
    n: int
    base: dict[str, Any]
    elements: list[Row]
    elements_tried: int = Field(description="Of how many these are the worst.")
    pairs: list[Row]
    pairs_bounded: Row | None = Field(description="How the pairs were found; null: n is 1.")
    seconds: float


class InvestRequest(Question):
    """A question about which projects to build within a budget."""

    scenarios: Annotated[list[World], Field(min_length=1, max_length=MOST_SCENARIOS)] = Field(
        default=[None],
        description="Each content, a name, or null for the study's own. Of several the choice "
        "is also robust.",
        examples=[["baseline-2030"]],
    )
    openings: Annotated[list[int], Field(max_length=MOST_OPENINGS)] = Field(
        default=[],
        description="Years in which projects may open, the earliest first, instead of `year`: "
        "then it is also chosen when to build what.",
        examples=[[2030, 2035]],
    )
    system_optimum: bool = Field(
        default=False,
        description="Whether to ask, too, what one planner would build who assigned all flows.",
    )
    budget_musd: float = Field(
        gt=0, le=LARGEST_BUDGET_MUSD, description="Million USD.", examples=[2000.0]
    )
    objective: Objective = "npv"
    discount_rate: float = Field(default=0.05, ge=0.0, le=0.5, description="Of a year.")
    horizon_years: int = Field(default=30, ge=1, le=100, description="Years of use that count.")
    carbon_usd_t: float = Field(
        default=100.0, ge=0.0, le=DEAREST_CARBON_USD_T, description="Price of a tonne of CO2, USD."
    )
    corridor: Name | None = Field(
        default=None,
        description="Corridor whose throughput counts; by default the study's main one.",
        examples=["titr"],
    )

    @property
    def worlds(self) -> Sequence[World]:
        """The scenarios that it is asked in."""
        return self.scenarios


class InvestAnswer(Decision):
    """Which projects to build and when; as `sogdia invest --json` prints it."""

    study: str
    scenario: str
    year: int
    budget_musd: float
    objective: str
    scenarios: list[Row] = Field(description="Those that may come true, and their weights.")
    discount_rate: float
    horizon_years: int
    carbon_usd_t: float
    projects: list[Row]
    chosen: list[Row]
    portfolio: Row
    exact: bool
    gap: float | None
    evaluations: int
    interactions: list[Row]
    frontier: list[Row]
    regret: list[Row]
    robust: Row | None
    expected_value_of_perfect_information_musd: float | None
    value_of_stochastic_solution_musd: float | None
    plan: Row | None = Field(description="When to build what; null: no openings were named.")
    system_optimum: Row | None = Field(description="The planner's choice; null: not asked.")
    notices: list[str]
    seconds: float
