"""What the API is asked about supply, and what it answers, as models."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sogdia.web.models import Answer
from sogdia.web.question_models import QuestionInOne, Row
from sogdia.web.run_models import Asked, Names

MOST_COUNTRIES = 250
DEAREST_CARBON_USD_T = 10_000.0

Country = Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")]
Countries = Annotated[list[Country], Field(max_length=MOST_COUNTRIES)]


class Frontier(Asked):
    """What a curve of cost against the share of routes through a country is wanted of."""

    avoid: Country = Field(examples=["RU"])


class SupplyRequest(QuestionInOne):
    """A question about who can ship what to whom."""

    commodities: Names | None = Field(
        default=None,
        description="By default all that the study has supply of.",
        examples=[["crude-oil"]],
    )
    embargo: Countries = Field(
        default=[],
        description="Countries from which, over which and from whose owners nothing is bought.",
    )
    buyers: Countries | None = Field(
        default=None, description="Countries that embargo; by default all others."
    )
    contracts: bool = Field(default=True, description="Whether contracts are to be kept.")
    carbon_price_usd_t: float = Field(
        default=0.0, ge=0.0, le=DEAREST_CARBON_USD_T, description="Price of a tonne of CO2, USD."
    )
    n_minus_1: bool = Field(
        default=True,
        description="Whether to work out what a stop of each element costs, which takes longer "
        "than the balance.",
    )
    frontier: Frontier | None = Field(
        default=None, description="By default no curve is worked out, which takes longest."
    )


class Concentration(Answer):
    """How much depends on few."""

    suppliers: float | None = Field(description="Index of Herfindahl and Hirschman, 0 to 10,000.")
    routes: float | None = Field(description="Likewise, of the routes.")
    avoiding: dict[str, float] = Field(description="Share that avoids each transit country.")


class Link(Answer):
    """What goes along a link one way in the year."""

    link: str
    commodity: str
    forward: bool = Field(description="From the link's first node to its last.")
    kt: float


class Element(Answer):
    """How full something is that has a capacity."""

    kind: str
    element: str
    forward: bool | None
    unit: str
    capacity: float | None = Field(description="kt or kTEU a year; null: it has no limit.")
    flow: float
    utilisation: float | None


class FrontierPoint(Answer):
    """What it costs to keep the share through a country below a limit."""

    share: float
    cost_musd: float | None
    unserved_kt: float | None


class SupplyAnswer(Answer):
    """A supply balance; as `sogdia supply --json` prints it, with what a map draws."""

    study: str
    scenario: str
    year: int
    commodities: list[str]
    cost_musd: float
    deliveries: list[Row]
    unserved: list[Row]
    binding: list[Row] = Field(description="What costs something by its limit, dearest first.")
    hhi: dict[str, Concentration]
    n_minus_1: list[Row] | None = Field(
        description="What a stop of each element for the year costs; null: not asked for."
    )
    n_minus_1_index: dict[str, Row] | None
    contracts: list[Row]
    stocks: list[Row]
    notices: list[str]
    seconds: dict[str, float]
    links: list[Link]
    elements: list[Element]
    frontier: list[FrontierPoint] | None = None
