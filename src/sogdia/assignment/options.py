"""Options of an assignment, with defaults that work."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sogdia.errors import DataError
from sogdia.study import Study

FAMILIES = {"risk": "country", "inconvenience": "corridor", "avoid": "country"}
BULK = "_bulk"
TAIL_EDGES = (0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.995)


@dataclass(frozen=True, slots=True)
class ChoiceParameters:
    """What the choice of shippers depends on; a study gives its own, fitted, values.

    Attributes
    ----------
    scale : float
        Scale of the logit of log cost: cost 1 % lower, odds `scale` % higher.
    path_size_weight : float
        Weight of the logarithm of the path size.
    time_weight : float
        Factor on the commodities' values of time.
    reliability_ratio : float
        Value of an hour of standard deviation over the value of an hour.
    risk : dict of str to float
        Premium for crossing a country, as a share of the value of the goods.
    inconvenience : dict of str to float
        Factor on the cost of a corridor's paths, for what no table says (documents,
        damage, habit); 1 where a corridor is not named.
    avoid : dict of str to float
        Share of shippers who by their own policy keep their goods out of a country in
        transit, where there is a way round it; captive goods are not theirs to move. With
        ``RU_bulk``, goods that do not travel in containers have a share of their own.
    avoid_since : int
        First year in which they do.
    """

    scale: float = 8.0
    path_size_weight: float = 1.0
    time_weight: float = 1.0
    reliability_ratio: float = 1.0
    risk: dict[str, float] = field(default_factory=dict)
    inconvenience: dict[str, float] = field(default_factory=dict)
    avoid: dict[str, float] = field(default_factory=dict)
    avoid_since: int = 0

    @property
    def avoided_countries(self) -> tuple[str, ...]:
        """Countries that some shippers keep out of."""
        return tuple(sorted({name.removesuffix(BULK) for name in self.avoid}))

    def attitudes(self, countries: tuple[str, ...], *, in_boxes: bool) -> list[float]:
        """Return the shares of shippers without a policy, and keeping out of each country."""
        shares = [
            self.avoid.get(country, 0.0)
            if in_boxes
            else self.avoid.get(country + BULK, self.avoid.get(country, 0.0))
            for country in countries
        ]
        return [1.0 - sum(shares), *shares]

    @classmethod
    def of(cls, study: Study) -> ChoiceParameters:
        """Read the parameters that the study was fitted with (``[choice]`` of study.toml)."""
        parameters = cls()
        for name, fitted in study.settings.choice.items():
            parameters = parameters.with_value(name, fitted.estimate)
        return parameters

    def with_value(self, name: str, value: float) -> ChoiceParameters:
        """Return the parameters with one of them, named as in study.toml, replaced.

        Raises
        ------
        DataError
            If there is no such parameter.
        """
        family, _, member = name.partition("_")
        if family in FAMILIES and member and name != "avoid_since":
            return replace(self, **{family: getattr(self, family) | {member: value}})
        if name == "avoid_since":
            return replace(self, avoid_since=int(value))
        if name in self.__dataclass_fields__ and name not in FAMILIES:
            changed: dict[str, Any] = {name: value}
            return replace(self, **changed)
        known = sorted(self.__dataclass_fields__.keys() - FAMILIES.keys())
        families = [f"{family}_<{member}>" for family, member in FAMILIES.items()]
        raise DataError(
            f"study.toml, [choice.{name}]: no such parameter of choice; there are "
            f"{', '.join(known + families)}"
        )


@dataclass(frozen=True, slots=True)
class WaitFactor:
    """Factor on the wait that the queueing formula gives one element, in every period.

    Attributes
    ----------
    element : str
        Link, terminal or service, as ``AssignmentResult.elements`` names it; services that leave
        from the same berth are one element (``"a + b"``).
    kind : str
        Its table: link, terminal or service.
    forward : bool or None
        Direction of a service; None for links and terminals.
    unit : str
        What its capacity is counted in, kt or kteu.
    factor : float
        Positive; 1 for elements that no factor names. It has no effect where nothing queues.
    """

    element: str
    kind: str
    forward: bool | None
    unit: str
    factor: float


@dataclass(frozen=True, slots=True)
class AssignmentOptions:
    """Options of `assign`.

    Attributes
    ----------
    choice : ChoiceParameters or None
        Parameters of choice; None: the study's own.
    residual : float
        Fixed-point residual at which the solution is accepted.
    iterations : int
        Newton steps allowed per set of paths.
    column_rounds : int
        Times that missing cheapest paths are added and the equilibrium solved again.
    rounds : int
        Paths generated per origin, destination and view by the penalty method.
    penalty : float
        Factor on the cost of arcs already used when generating paths.
    detour : float
        Paths dearer than this many times the cheapest, for every class of shippers, are
        not compared.
    value_of_time_edges : tuple of float
        Inner edges, as probabilities, of the classes that the lognormal value of time is
        cut into; fine in the upper tail, where fast and dear services find their shippers.
    captivity : float
        Factor on the cost of paths outside the corridor that a flow is captive to.
    reservation : float
        A shipment stays at home when its cost reaches this many times the cheapest
        uncongested cost.
    threads : int or None
        Periods solved at the same time; None: as many as Python finds sensible here. The
        result does not depend on it.
    wait_factors : tuple of WaitFactor
        Corrections of the queueing formula, such as `sogdia.analysis.feedback` finds by
        simulation.
    """

    choice: ChoiceParameters | None = None
    residual: float = 1e-8
    iterations: int = 60
    column_rounds: int = 1
    rounds: int = 3
    penalty: float = 1.5
    detour: float = 4.0
    value_of_time_edges: tuple[float, ...] = TAIL_EDGES
    captivity: float = 3.0
    reservation: float = 10.0
    threads: int | None = None
    wait_factors: tuple[WaitFactor, ...] = ()
