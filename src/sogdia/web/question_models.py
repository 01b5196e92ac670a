"""What questions about a study have in common, as models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from sogdia.web.models import Answer
from sogdia.web.run_models import Asked, Name, ScenarioContent

Row = dict[str, Any]
World = ScenarioContent | Name | None
"""A scenario: content, a name, or null for the study's own."""

NOT_ENGINES = {"study", "scenario", "scenarios"}
"""What the server looks up; engines are asked the rest."""


class Question(Asked):
    """A question about a study that takes a worker seconds to minutes."""

    study: Name = Field(examples=["eurasia"])
    year: int | None = Field(
        default=None,
        ge=1900,
        le=2200,
        description="Year of demand and network; by default the scenario's, else the study's.",
    )

    @property
    def worlds(self) -> Sequence[World]:
        """The scenarios that it is asked in."""
        raise NotImplementedError

    def asked(self) -> Mapping[str, Any]:
        """Return what the engines are asked, as JSON has it."""
        return self.model_dump(mode="json", exclude=NOT_ENGINES)


class QuestionInOne(Question):
    """A question that is asked in one scenario."""

    scenario: World = Field(
        default=None,
        description="Content, or the name of a scenario that the server knows; by default the "
        "study's own.",
        examples=["baseline-2024"],
    )

    @property
    def worlds(self) -> Sequence[World]:
        """The scenario that it is asked in."""
        return [self.scenario]


class Standing(Answer):
    """Where the question stands that is worked on."""

    stage: str = Field(description="What is done.", examples=["balancing"])
    done: int = Field(description="How much of it is done.")
    total: int = Field(description="Of how much; 0: not known.")
    waiting: int = Field(description="Questions that wait for an answer, with this one.")
