"""The plan of a sweep as pydantic models: which assumptions vary, how, and what is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from sogdia.analysis.sampling import Distribution
from sogdia.errors import DataError, ResourceError
from sogdia.scenario import Condition
from sogdia.scenario.files import toml_text
from sogdia.scenario.model import Id, Number, Part, Positive, Value, Year
from sogdia.simulation import SimulationOptions
from sogdia.study.toml_file import read_toml, toml_problems

REPLICATIONS = 10
TARGETS = (
    "water_level.NAME",
    "choice.NAME",
    "projects",
    "include_events",
    "exclude_events",
    "year",
)
LISTS = ("projects", "include_events", "exclude_events")
FAMILIES = ("water_level", "choice")
Whole = Annotated[int, Field(strict=True)]
Name = Annotated[str, Field(pattern=r"^[^\W\d][\w .+-]*$")]
PointValue = Any
"""A number, a text, true or false, a date; of projects and events a tuple of names."""


class Simulate(Part):
    """How every point is simulated; the seed is the plan's, the same for all.

    Attributes
    ----------
    replications, days : int
        Years simulated in each round, and days observed of each.
    warm_up_days : int or None
        Days simulated before; None: as many as are found to be needed.
    """

    replications: Annotated[Whole, Field(ge=1)] = REPLICATIONS
    days: Annotated[Whole, Field(ge=1)] = 365
    warm_up_days: Annotated[Whole, Field(ge=0)] | None = None


class Parameter(Part):
    """One assumption that varies.

    Attributes
    ----------
    name : str
        Its column in the results.
    target : str or None
        What of the scenario it sets: one of `TARGETS`.
    table, where, column, operation
        Or which column of which rows of a table it sets, multiplies or adds to.
    values : tuple or None
        The values that it has.
    low, high, distribution, mode, mean, standard_deviation
        Or how its values lie.
    steps : int or None
        Of a grid: how many values from low to high.
    """

    name: Name
    target: str | None = None
    table: str | None = None
    where: dict[str, Condition] = Field(default_factory=dict)
    column: str | None = None
    operation: Literal["set", "multiply", "add"] | None = None
    values: tuple[Value | tuple[Id, ...], ...] | None = None
    low: Number | None = None
    high: Number | None = None
    steps: Annotated[Whole, Field(ge=2)] | None = None
    distribution: Literal["uniform", "log-uniform", "triangular", "normal"] = "uniform"
    mode: Number | None = None
    mean: Number | None = None
    standard_deviation: Positive | None = None

    @property
    def kind(self) -> str:
        """What it is of: table, water_level, choice, projects, include_events ..., year."""
        return "table" if self.target is None else self.target.partition(".")[0]

    @property
    def member(self) -> str:
        """Which water level, or parameter of choice."""
        return (self.target or "").partition(".")[2]

    @property
    def spread(self) -> Distribution:
        """How its values lie, of a parameter whose values are not listed."""
        ends = (
            (float("-inf") if self.low is None else self.low),
            (float("inf") if self.high is None else self.high),
        )
        return Distribution(
            self.distribution,
            *ends,
            mode=self.mode or 0.0,
            mean=self.mean or 0.0,
            standard_deviation=self.standard_deviation or 1.0,
        )


class SweepPlan(Part):
    """What is swept.

    Attributes
    ----------
    study, scenario : str
        Study and base scenario: built-in names or paths, as seen from the plan's file.
    year : int or None
        By default the scenario's, or the study's base year.
    method : {"grid", "list", "latin-hypercube", "sobol"}
        Every combination of the values; the first values of all parameters, the second, and
        so on; or a sample.
    samples : int or None
        Size of a sample; of "sobol" that of its base, which is a power of 2.
    seed : int
        Of the sample and of the simulations.
    outputs : tuple of str
        Figures that are looked at; none named: all.
    simulate : Simulate or None
        Simulate every point and feed its waits back.
    parameter : tuple of Parameter
        What varies.
    """

    study: Id = "eurasia"
    scenario: Id | None = None
    year: Year | None = None
    method: Literal["grid", "list", "latin-hypercube", "sobol"]
    samples: Annotated[Whole, Field(ge=1)] | None = None
    seed: Annotated[Whole, Field(ge=0, lt=2**63)] = 0
    outputs: tuple[Id, ...] = ()
    simulate: Simulate | None = None
    parameter: tuple[Parameter, ...] = ()

    @classmethod
    def load(cls, path: Path) -> SweepPlan:
        """Read a plan from its file.

        Raises
        ------
        DataError
            If there is no such file, it is not TOML, or keys or types are wrong.
        ResourceError
            If the machine refuses to read it.
        """
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise DataError(f"there is no plan {path}; name a TOML file") from error
        except OSError as error:
            raise ResourceError(f"cannot read {path}: {error.strerror or error}") from error
        return cls.of_content(read_toml(data, path.name), path.name)

    @classmethod
    def of_content(cls, content: Mapping[str, Any], name: str = "plan") -> SweepPlan:
        """Make a plan of what its file would hold.

        Raises
        ------
        DataError
            If keys or types are wrong; ``problems`` lists everything that is.
        """
        try:
            return cls.model_validate(dict(content))
        except ValidationError as error:
            raise DataError(toml_problems(error, name, known_keys())) from error

    def content(self) -> dict[str, Any]:
        """Return what a file of this plan holds; what is as if it were not said is left out."""
        said = self.model_dump(by_alias=True, exclude_defaults=True)
        for parameter in said.get("parameter", ()):
            for column, condition in parameter.get("where", {}).items():
                if list(condition) == ["values"]:
                    parameter["where"][column] = condition["values"]
        return said

    def to_toml(self) -> str:
        """Write the plan as the text of its file, the same for equal plans."""
        return toml_text(self.content())

    def simulation(self) -> SimulationOptions | None:
        """Return how every point is simulated."""
        if self.simulate is None:
            return None
        return SimulationOptions(
            replications=self.simulate.replications,
            days=self.simulate.days,
            warm_up_days=self.simulate.warm_up_days,
            seed=self.seed,
        )


def known_keys() -> list[str]:
    """Return every key that a plan may have."""
    models = (SweepPlan, Parameter, Simulate, Condition)
    return list(dict.fromkeys(key for model in models for key in model.model_fields))
