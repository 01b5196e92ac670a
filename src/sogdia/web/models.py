"""What the API says of itself and of studies, and how it refuses, as models for its schema."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from sogdia import errors


class Answer(BaseModel):
    """Base of what the API answers with."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Answer):
    """What is wrong, and where, as far as that is known; row 1 is the header."""

    message: str = Field(examples=["the column is missing"])
    file: str | None = Field(default=None, examples=["link.csv"])
    row: int | None = Field(default=None, examples=[17])
    column: str | None = Field(default=None, examples=["length_km"])

    @classmethod
    def of(cls, problem: errors.Problem) -> Problem:
        """Return a problem of the user's data as the API shows it."""
        return cls(
            message=problem.message, file=problem.file, row=problem.row, column=problem.column
        )


class Refusal(Answer):
    """The body of every answer that is not a success."""

    problems: list[Problem]
    blocked_by: list[str] | None = Field(
        default=None,
        description="Of a route that is blocked: the smallest set of rules and wishes that "
        "alone blocks every way.",
    )
    relax: list[list[str]] | None = Field(
        default=None, description="Each a smallest set of them without which there is a way."
    )


class StudyInfo(Answer):
    """A study that the server knows."""

    study: str = Field(description="Its name in addresses.", examples=["eurasia"])
    title: str = Field(examples=["Eurasian freight corridors around the Middle Corridor"])
    builtin: bool = Field(description="Whether it comes with Sogdia.")
    problems: list[Problem] = Field(
        description="Not empty: the study cannot be used, and this is why."
    )


class Limits(Answer):
    """What the server refuses beyond."""

    queued: int = Field(description="Runs that wait.")
    replications: int = Field(description="Simulated years of one run.")
    days: int = Field(description="Simulated days of one replication.")
    upload_mib: int = Field(description="Size of an uploaded zip, MiB.")


class About(Answer):
    """The server."""

    sogdia: str = Field(description="Version of Sogdia.", examples=["0.4.0"])
    study: str = Field(description="The study that the server was started with.")
    limits: Limits
