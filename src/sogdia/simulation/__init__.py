"""The event engine: every train, berth and ferry, many times."""

from sogdia.simulation.options import SimulationOptions
from sogdia.simulation.result import SimulationResult
from sogdia.simulation.simulate import simulate

__all__ = ["SimulationOptions", "SimulationResult", "simulate"]
