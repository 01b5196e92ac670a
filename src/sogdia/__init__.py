"""Sogdia plans, simulates and stress-tests freight corridors.

This is the public interface; what it names is loaded at first use, so that
``import sogdia`` costs nothing.

Examples
--------
>>> import sogdia
>>> study = sogdia.load("eurasia")  # doctest: +SKIP
>>> scenario = sogdia.Scenario.load("red-sea-diversion")  # doctest: +SKIP
>>> result = sogdia.assign(study, scenario)  # doctest: +SKIP
>>> result.corridors.sort("kt", descending=True).head()  # doctest: +SKIP
>>> sogdia.simulate(study, flows=result).bottlenecks.head()  # doctest: +SKIP
>>> sogdia.supply(study, commodities=["crude-oil"]).binding.head()  # doctest: +SKIP
>>> answer = sogdia.route(study, "Xi'an", "Lyon", commodity="electronics")  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sogdia._version import __version__

if TYPE_CHECKING:
    from sogdia.analysis.comparison import Comparison, compare
    from sogdia.analysis.criticality.stress import StressResult, stress
    from sogdia.analysis.investment.invest import invest
    from sogdia.analysis.investment.options import InvestmentOptions
    from sogdia.analysis.investment.result import InvestmentResult
    from sogdia.assignment import (
        AssignmentOptions,
        AssignmentResult,
        StochasticOptions,
        TrafficResult,
        assign,
    )
    from sogdia.balance import SupplyOptions, SupplyResult, supply
    from sogdia.routing.planner import Planner, route
    from sogdia.run.execute import Run, run_study
    from sogdia.run.sweeps.sweep import SweepResult, sweep
    from sogdia.scenario import Scenario
    from sogdia.simulation import SimulationOptions, SimulationResult, simulate
    from sogdia.study.load import load

__all__ = [
    "AssignmentOptions",
    "AssignmentResult",
    "Comparison",
    "InvestmentOptions",
    "InvestmentResult",
    "Planner",
    "Run",
    "Scenario",
    "SimulationOptions",
    "SimulationResult",
    "StochasticOptions",
    "StressResult",
    "SupplyOptions",
    "SupplyResult",
    "SweepResult",
    "TrafficResult",
    "__version__",
    "assign",
    "compare",
    "invest",
    "load",
    "route",
    "run_study",
    "simulate",
    "stress",
    "supply",
    "sweep",
]

_HOMES = {
    "AssignmentOptions": "sogdia.assignment",
    "AssignmentResult": "sogdia.assignment",
    "Comparison": "sogdia.analysis.comparison",
    "InvestmentOptions": "sogdia.analysis.investment.options",
    "InvestmentResult": "sogdia.analysis.investment.result",
    "Planner": "sogdia.routing.planner",
    "Run": "sogdia.run.execute",
    "Scenario": "sogdia.scenario",
    "SimulationOptions": "sogdia.simulation",
    "SimulationResult": "sogdia.simulation",
    "StochasticOptions": "sogdia.assignment",
    "StressResult": "sogdia.analysis.criticality.stress",
    "SupplyOptions": "sogdia.balance",
    "SupplyResult": "sogdia.balance",
    "SweepResult": "sogdia.run.sweeps.sweep",
    "TrafficResult": "sogdia.assignment",
    "assign": "sogdia.assignment",
    "compare": "sogdia.analysis.comparison",
    "invest": "sogdia.analysis.investment.invest",
    "load": "sogdia.study.load",
    "route": "sogdia.routing.planner",
    "run_study": "sogdia.run.execute",
    "simulate": "sogdia.simulation",
    "stress": "sogdia.analysis.criticality.stress",
    "supply": "sogdia.balance",
    "sweep": "sogdia.run.sweeps.sweep",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOMES:
        raise AttributeError(f"module 'sogdia' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
