"""Where a sweep looks: points of the unit cube, and the values of a parameter that they stand for.

Latin hypercube: McKay, Beckman and Conover (1979). The sample for Sobol indices is Saltelli's
(2010) on a scrambled Sobol sequence, as SALib draws it: for each of N base points one more for
every parameter, and one that closes the block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from sogdia.errors import ResourceError
from sogdia.network.model import Floats, Ints

NO_SALIB = "a sobol sample needs SALib; install it with: pip install 'sogdia[sensitivity]'"


def grid(sizes: Sequence[int]) -> Ints:
    """Return every combination of the values of all parameters.

    Parameters
    ----------
    sizes : sequence of int
        Number of values of each parameter.

    Returns
    -------
    ndarray of int64, shape (product of sizes, len(sizes))
        Which value of each parameter; the last parameter changes fastest.

    Examples
    --------
    >>> from sogdia.analysis.sampling import grid
    >>> grid([2, 2]).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    each = np.indices(tuple(sizes), dtype=np.int64)
    return np.ascontiguousarray(each.reshape(len(sizes), -1).T)


def latin_hypercube(samples: int, parameters: int, seed: int) -> Floats:
    """Return points of which each parameter has exactly one in every n-th part of its range.

    Parameters
    ----------
    samples, parameters : int
        Number of points, and of their coordinates.
    seed : int
        The same seed, the same points.

    Returns
    -------
    ndarray of float64, shape (samples, parameters)
        Points of the unit cube.
    """
    return np.asarray(stats.qmc.LatinHypercube(parameters, rng=seed).random(samples))


def saltelli(samples: int, parameters: int, seed: int) -> Floats:
    """Return the sample from which Sobol indices of first and total order are computed.

    Parameters
    ----------
    samples : int
        Base points; a power of 2.
    parameters : int
        Number of coordinates.
    seed : int
        The same seed, the same points.

    Returns
    -------
    ndarray of float64, shape (samples * (parameters + 2), parameters)
        Points of the unit cube, block by block.

    Raises
    ------
    ResourceError
        If SALib is not installed.
    """
    try:
        from SALib.sample import sobol  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        raise ResourceError(NO_SALIB) from error
    return np.asarray(
        sobol.sample(unit_problem(parameters), samples, calc_second_order=False, seed=seed)
    )


def unit_problem(parameters: int) -> dict[str, object]:
    """Describe the unit cube as SALib wants it."""
    return {
        "num_vars": parameters,
        "names": [str(number) for number in range(parameters)],
        "bounds": [[0.0, 1.0]] * parameters,
    }


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the values of a parameter lie.

    Attributes
    ----------
    kind : {"uniform", "log-uniform", "triangular", "normal"}
        Its family.
    low, high : float
        Its ends; of a normal one, where it is cut off (infinite: nowhere).
    mode, mean, standard_deviation : float
        Of a triangular, and of a normal distribution.
    """

    kind: str
    low: float
    high: float
    mode: float = 0.0
    mean: float = 0.0
    standard_deviation: float = 1.0

    def quantile(self, share: Floats) -> Floats:
        """Return the values below which the given shares of the distribution lie.

        Examples
        --------
        >>> import numpy as np
        >>> from sogdia.analysis.sampling import Distribution
        >>> Distribution("log-uniform", 1.0, 100.0).quantile(np.array([0.0, 0.5, 1.0])).tolist()
        [1.0, 10.0, 100.0]
        """
        values = np.asarray(QUANTILES[self.kind](self, share), dtype=np.float64)
        # rounding may go beyond an end by the last bit, and beyond it a value may not be allowed
        return np.clip(values, self.low, self.high)


def _uniform(of: Distribution, share: Floats) -> Floats:
    return of.low + (of.high - of.low) * share


def _log_uniform(of: Distribution, share: Floats) -> Floats:
    return np.asarray(of.low * (of.high / of.low) ** share)


def _triangular(of: Distribution, share: Floats) -> Floats:
    width = of.high - of.low
    return np.asarray(stats.triang.ppf(share, (of.mode - of.low) / width, of.low, width))


def _normal(of: Distribution, share: Floats) -> Floats:
    ends = [(end - of.mean) / of.standard_deviation for end in (of.low, of.high)]
    return np.asarray(stats.truncnorm.ppf(share, *ends, of.mean, of.standard_deviation))


QUANTILES: dict[str, Callable[[Distribution, Floats], Floats]] = {
    "uniform": _uniform,
    "log-uniform": _log_uniform,
    "triangular": _triangular,
    "normal": _normal,
}
