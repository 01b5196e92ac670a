"""Choice among portfolios when it is not known which scenario will hold.

What is built is chosen now; which scenario holds shows afterwards, and then goods take other ways
(the recourse), but nothing more is built. With the value of a portfolio ``x`` in a scenario ``s``
of weight ``w``, and the best value ``V*`` of a portfolio chosen for that scenario alone:

    expected value                        E(x)    = sum of w_s V(x, s)
    largest regret                        R(x)    = largest V*(s) - V(x, s)
    expected value of perfect information EVPI    = sum of w_s V*(s) - max E
    value of the stochastic solution      VSS     = max E - E(best for the likeliest scenario)

Scenarios are worlds, of which there is no mean; the likeliest one (the first of equals) stands for
the mean that the value of the stochastic solution is usually defined by (Birge, 1982; regret:
Savage, 1951).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sogdia.analysis.investment.portfolio_search import Score
from sogdia.network.model import Floats


@dataclass(frozen=True, slots=True)
class Stakes:
    """Portfolios against scenarios.

    Attributes
    ----------
    values : ndarray of float64, shape (portfolios, scenarios)
        Value of each portfolio in each scenario.
    best : ndarray of float64, shape (scenarios,)
        Value of the best portfolio of each scenario.
    weights : ndarray of float64, shape (scenarios,)
        Weights, whose sum is 1.
    """

    values: Floats
    best: Floats
    weights: Floats

    @property
    def expected(self) -> Floats:
        """Expected value of each portfolio."""
        return np.asarray(self.values @ self.weights)

    @property
    def regret(self) -> Floats:
        """What each portfolio misses in each scenario."""
        return np.asarray(self.best - self.values)

    @property
    def perfect_information(self) -> float:
        """Expected value of perfect information."""
        return float(self.best @ self.weights - self.expected.max())

    def stochastic_solution(self, reference: int) -> float:
        """Return the value of the stochastic solution against a portfolio chosen without it."""
        return float(self.expected.max() - self.expected[reference])


def likeliest(weights: Sequence[float]) -> int:
    """Return the scenario of the largest weight, the first of equals."""
    return int(np.argmax(np.asarray(weights)))


def expected_value(weights: Sequence[float]) -> Score:
    """Score portfolios by their expected value."""
    shares = np.array(weights)
    return lambda brought, charge: float(brought @ shares) - charge


def alone(scenario: int) -> Score:
    """Score portfolios by their value in one scenario."""
    return lambda brought, charge: float(brought[scenario]) - charge


def least_regret(best: Floats) -> Score:
    """Score portfolios by their largest regret: the more of it, the less.

    Parameters
    ----------
    best : ndarray of float64, shape (scenarios,)
        Value of the best portfolio of each scenario.
    """
    return lambda brought, charge: float((brought - charge - best).min())
