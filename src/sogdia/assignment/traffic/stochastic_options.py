"""Options of the stochastic user equilibrium, with defaults that work."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from sogdia.errors import DataError, Problem
from sogdia.network.model import Floats, Ints

MODELS = ("path_size", "c_logit", "nested")


@dataclass(frozen=True, slots=True)
class StochasticOptions:
    """How travellers choose among paths, and which paths they compare.

    Attributes
    ----------
    model : {"path_size", "c_logit", "nested"}
        Model of choice; see `shares`.
    scale : float
        Scale of the logit per unit of cost: the larger, the better travellers tell costs apart.
    path_size_weight : float
        Weight of the logarithm of the path size; 0: plain logit.
    commonality_weight, commonality_power : float
        Weight of C-logit's commonality factor, and power of the overlaps in it; weight 0:
        plain logit.
    nest : ndarray of int32, shape (arcs,), or None
        Nested model: nest that an arc marks, -1 where none. A path belongs to the nest of the
        first marked arc that it passes (its corridor); one that passes none is a nest by itself.
    nest_scale : float
        Scale of the choice within a nest over that among nests, at least 1; 1: plain logit.
    length : ndarray of float64, shape (arcs,), or None
        What overlap is measured in; None: cost at no flow.
    paths : int
        Trees per origin of the link-penalty method, hence most paths of a pair that it finds.
    penalty : float
        Factor on the cost of an arc each time that a tree uses it.
    k_best : int
        Cheapest loopless paths per pair, at no flow, taken up besides. Each pair is searched on
        its own: for networks with thousands of pairs.
    detour : float
        Paths that cost more than this many times the cheapest, at no flow, are not compared.
    generations : int
        Times that cheapest paths at the equilibrium's costs are added and it is solved again; no
        more when no pair has a new one.
    newton : bool
        Whether to take Newton steps while they make the residual smaller, and not
        averages alone.
    """

    model: str = "path_size"
    scale: float = 1.0
    path_size_weight: float = 1.0
    commonality_weight: float = 1.0
    commonality_power: float = 1.0
    nest: Ints | None = None
    nest_scale: float = 2.0
    length: Floats | None = None
    paths: int = 5
    penalty: float = 1.3
    k_best: int = 0
    detour: float = 1.6
    generations: int = 2
    newton: bool = True

    def check(self, arcs: int) -> None:
        """Refuse options that have no meaning.

        Parameters
        ----------
        arcs : int
            Arcs of the network.

        Raises
        ------
        DataError
            All that are out of range.
        """
        limits = {
            "scale": (isfinite(self.scale) and self.scale > 0, "a positive number"),
            "path_size_weight": (self.path_size_weight >= 0, "a number not below 0"),
            "commonality_weight": (self.commonality_weight >= 0, "a number not below 0"),
            "commonality_power": (self.commonality_power > 0, "a positive number"),
            "nest_scale": (isfinite(self.nest_scale) and self.nest_scale >= 1, "at least 1"),
            "paths": (self.paths >= 1, "a whole number, at least 1"),
            "penalty": (isfinite(self.penalty) and self.penalty > 1, "more than 1"),
            "k_best": (self.k_best >= 0, "a whole number, at least 0"),
            "detour": (self.detour >= 1, "at least 1"),
            "generations": (self.generations >= 0, "a whole number, at least 0"),
        }
        problems = [
            Problem(f"option {name} of the stochastic equilibrium must be {what}, not "
                    f"{getattr(self, name)}")
            for name, (holds, what) in limits.items()
            if not holds
        ]  # fmt: skip
        if self.model not in MODELS:
            problems.append(
                Problem(f"model {self.model!r} is unknown; there are {', '.join(MODELS)}")
            )
        if self.model == "nested" and self.nest is None:
            problems.append(Problem("model 'nested' needs the nest that each arc marks"))
        for name in ("nest", "length"):
            values = getattr(self, name)
            if values is not None and np.shape(values) != (arcs,):
                problems.append(
                    Problem(f"option {name} has shape {np.shape(values)}, not one entry for each "
                            f"of {arcs} arcs")
                )  # fmt: skip
        if self.length is not None and not (np.asarray(self.length) >= 0).all():
            problems.append(Problem("option length must be numbers not below 0"))
        if problems:
            raise DataError(problems)
