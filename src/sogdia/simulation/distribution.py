"""How times and amounts vary: a few distributions, and one draw from them at an address.

A distribution is a kind and three numbers, so that a model of many lays them in arrays. What
is drawn is never negative, and one address always gives the same draw. All but the gamma
distribution are drawn by inversion: the draw grows with the uniform number behind it, so common
random numbers stay common where two plans differ in a mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from numba import njit

from sogdia.errors import DataError
from sogdia.network.model import Floats
from sogdia.simulation.random import fixed_word, normal_quantile, uniform, uniform_pair

KINDS = ("constant", "exponential", "gamma", "lognormal", "triangular", "empirical")
CONSTANT, EXPONENTIAL, GAMMA, LOGNORMAL, TRIANGULAR, EMPIRICAL = range(6)

# Beyond these, double precision loses the shape of the distribution.
LEAST_CV = 1e-6
MOST_CV = 1e3
MOST_SYMMETRIC_CV = 1.0 / math.sqrt(6.0)

# Tries of a gamma draw count from 0 and never come near.
BOOST_DRAW = fixed_word(2**32 - 1)


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a time or an amount varies; make one by the class methods.

    Attributes
    ----------
    kind : int
        ``CONSTANT``, ``EXPONENTIAL``, ``GAMMA``, ``LOGNORMAL``, ``TRIANGULAR`` or ``EMPIRICAL``.
    a, b, c : float
        Constant: the value. Exponential: the mean. Gamma: shape and scale. Lognormal: mean and
        standard deviation of the logarithm. Triangular: low, mode and high. Empirical: place of
        the first value in the table of the model (0 until the model lays it) and number of
        values.
    values : tuple of float
        Of an empirical distribution, in ascending order.

    Raises
    ------
    DataError
        If there is no such distribution, or it could give a negative number.

    Examples
    --------
    >>> Distribution.of("gamma", mean=6.0, cv=0.5)
    Distribution(kind=2, a=4.0, b=1.5, c=0.0, values=())
    """

    kind: int
    a: float
    b: float = 0.0
    c: float = 0.0
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if fault := _fault(self):
            raise DataError(fault)

    @classmethod
    def constant(cls, value: float) -> Distribution:
        """Return the distribution that always gives `value`."""
        return cls(CONSTANT, _amount("a constant", value))

    @classmethod
    def exponential(cls, mean: float) -> Distribution:
        """Return the exponential distribution of this mean; 0 gives a constant."""
        mean = _amount("a mean", mean)
        return cls(EXPONENTIAL, mean) if mean > 0.0 else cls.constant(0.0)

    @classmethod
    def gamma(cls, mean: float, cv: float) -> Distribution:
        """Return the gamma distribution of this mean and coefficient of variation.

        A mean or a coefficient of variation of 0 gives a constant.
        """
        mean, cv = _amount("a mean", mean), _variation("gamma", cv, MOST_CV)
        if mean == 0.0 or cv == 0.0:
            return cls.constant(mean)
        return cls(GAMMA, 1.0 / (cv * cv), mean * (cv * cv))

    @classmethod
    def lognormal(cls, mean: float, cv: float) -> Distribution:
        """Return the lognormal distribution of this mean and coefficient of variation.

        A mean or a coefficient of variation of 0 gives a constant.
        """
        mean, cv = _amount("a mean", mean), _variation("lognormal", cv, MOST_CV)
        if mean == 0.0 or cv == 0.0:
            return cls.constant(mean)
        variance = math.log1p(cv * cv)
        return cls(LOGNORMAL, math.log(mean) - 0.5 * variance, math.sqrt(variance))

    @classmethod
    def triangular(cls, low: float, mode: float, high: float) -> Distribution:
        """Return the triangular distribution from `low` over `mode` to `high`."""
        distribution = cls(TRIANGULAR, float(low), float(mode), float(high))
        return distribution if low < high else cls.constant(low)

    @classmethod
    def empirical(cls, values: Sequence[float]) -> Distribution:
        """Return the distribution that gives each of the values equally often."""
        ordered = tuple(sorted(float(value) for value in values))
        return cls(EMPIRICAL, 0.0, float(len(ordered)), values=ordered)

    @classmethod
    def of(cls, name: str, mean: float, cv: float) -> Distribution:
        """Return the distribution of a name, a mean and a coefficient of variation.

        Parameters
        ----------
        name : str
            ``"constant"``, ``"exponential"``, ``"gamma"``, ``"lognormal"`` or ``"triangular"``
            (the symmetric one).
        mean : float
            0 or more; 0 gives the constant 0.
        cv : float
            Standard deviation over mean: 0 for a constant, 1 for an exponential distribution,
            at most ``1 / sqrt(6)`` for a triangular one; 0 gives a constant.

        Returns
        -------
        Distribution
            With this mean and this coefficient of variation.

        Raises
        ------
        DataError
            If there is none.
        """
        if name == "gamma":
            return cls.gamma(mean, cv)
        if name == "lognormal":
            return cls.lognormal(mean, cv)
        mean = _amount("a mean", mean)
        if name == "triangular":
            half = math.sqrt(6.0) * _variation("symmetric triangular", cv, MOST_SYMMETRIC_CV)
            # rounding may carry the widest one below zero
            return cls.triangular(mean * max(0.0, 1.0 - half), mean, mean * (1.0 + half))
        if name == "exponential":
            if cv != 1.0:
                raise DataError(f"the cv of an exponential distribution is 1, but {cv} is given")
            return cls.exponential(mean)
        if name == "constant":
            if cv != 0.0:
                raise DataError(f"the cv of a constant is 0, but {cv} is given")
            return cls.constant(mean)
        raise DataError(
            f"there is no distribution {name!r} of a mean and a cv; there are constant, "
            "exponential, gamma, lognormal and triangular"
        )

    @property
    def mean(self) -> float:
        """The mean."""
        if self.kind == GAMMA:
            return self.a * self.b
        if self.kind == LOGNORMAL:
            return math.exp(self.a + 0.5 * self.b * self.b)
        if self.kind == TRIANGULAR:
            return (self.a + self.b + self.c) / 3.0
        if self.kind == EMPIRICAL:
            return math.fsum(self.values) / len(self.values)
        return self.a

    @property
    def cv(self) -> float:
        """The coefficient of variation, standard deviation over mean; 0 if the mean is 0."""
        if self.kind == CONSTANT or self.mean == 0.0:
            return 0.0
        if self.kind == EXPONENTIAL:
            return 1.0
        if self.kind == GAMMA:
            return 1.0 / math.sqrt(self.a)
        if self.kind == LOGNORMAL:
            return math.sqrt(math.expm1(self.b * self.b))
        if self.kind == TRIANGULAR:
            spread = math.hypot(self.b - self.a, self.c - self.b, self.c - self.a)
            return spread / 6.0 / self.mean
        middle = self.mean
        spread = math.hypot(*(value - middle for value in self.values))
        return spread / math.sqrt(len(self.values)) / middle

    def scaled(self, factor: float) -> Distribution:
        """Return the distribution of `factor` times what this one gives.

        Draws at one address scale with it. The values of an empirical distribution change, so
        they have to be laid in the table anew.
        """
        factor = _amount("a factor", factor)
        if factor == 0.0:
            return Distribution.constant(0.0)
        if self.kind == GAMMA:
            return Distribution(GAMMA, self.a, self.b * factor)
        if self.kind == LOGNORMAL:
            return Distribution(LOGNORMAL, self.a + math.log(factor), self.b)
        if self.kind == EMPIRICAL:
            return Distribution.empirical([value * factor for value in self.values])
        return Distribution(self.kind, self.a * factor, self.b * factor, self.c * factor)


def _amount(what: str, value: float) -> float:
    """Return an amount that may be a mean, a constant or a factor."""
    if not 0.0 <= value < math.inf:
        raise DataError(f"{what} is a finite number of at least 0, but {value} is given")
    return float(value)


def _variation(name: str, cv: float, most: float) -> float:
    """Return a coefficient of variation that a distribution can have."""
    if cv != 0.0 and not LEAST_CV <= cv <= most:
        raise DataError(
            f"the cv of a {name} distribution is 0 or from {LEAST_CV:g} to {most:.6g}, "
            f"but {cv} is given"
        )
    return float(cv)


def _fault(distribution: Distribution) -> str | None:
    """Return what is wrong with the numbers of a distribution, if anything."""
    kind, a, b, c = distribution.kind, distribution.a, distribution.b, distribution.c
    values = distribution.values
    if kind not in range(len(KINDS)):
        return f"a kind of distribution is a whole number from 0 to 5, but {kind} is given"
    for number in (a, b, c, *values):
        if not math.isfinite(number):
            return f"the numbers of a distribution are finite, but {number} is given"
    if kind == EMPIRICAL:
        return _fault_of_values(a, b, values)
    if values:
        return f"only an empirical distribution has values, but the {KINDS[kind]} one has some"
    # a little more room than the cv has, whose square is rounded
    least_shape, most_shape = 0.99 * MOST_CV**-2, 1.01 * LEAST_CV**-2
    rules = (
        (a >= 0.0, "a constant is at least 0"),
        (a > 0.0, "the mean of an exponential distribution is above 0"),
        (
            least_shape <= a <= most_shape and b > 0.0,
            "the shape of a gamma distribution is from 1e-6 to 1e12 and its scale above 0",
        ),
        (b >= 0.0, "the standard deviation of a logarithm is at least 0"),
        (0.0 <= a <= b <= c, "a triangular distribution has 0 <= low <= mode <= high"),
    )
    kept, rule = rules[kind]
    return None if kept else f"{rule}, but a={a}, b={b}, c={c} is given"


def _fault_of_values(place: float, count: float, values: tuple[float, ...]) -> str | None:
    """Return what is wrong with an empirical distribution, if anything."""
    if not values:
        return "an empirical distribution has at least one value, but none is given"
    if values[0] < 0.0:
        return f"the values of an empirical distribution are at least 0, but {values[0]} is given"
    if any(one > other for one, other in pairwise(values)):
        return "the values of an empirical distribution are in ascending order; sort them"
    if count != len(values) or place < 0.0:
        return (
            "an empirical distribution has a place of at least 0 and as many values as it says, "
            f"but a={place}, b={count} and {len(values)} values are given"
        )
    return None


@njit(cache=True, nogil=True)
def _gamma(shape: float, key_0: int, key_1: int, stream: int, entity: int, step: int) -> float:
    """Return a gamma number of scale 1 (Marsaglia and Tsang, 2000).

    Each try takes one block of random numbers: a normal one by inversion and a uniform one.
    """
    factor = 1.0
    if shape < 1.0:
        share = uniform(key_0, key_1, stream, entity, step, BOOST_DRAW)
        factor = share ** (1.0 / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    attempt = 0
    while True:
        first, second = uniform_pair(key_0, key_1, stream, entity, step, attempt)
        x = normal_quantile(first)
        root = 1.0 + c * x
        if root > 0.0:
            v = root * root * root
            # the squeeze, which spares nearly all tries the logarithms
            if second < 1.0 - 0.0331 * (x * x) * (x * x):
                break
            if math.log(second) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
                break
        attempt += 1
    return factor * d * v


@njit(cache=True, nogil=True)
def _triangular(low: float, mode: float, high: float, share: float) -> float:
    """Return the quantile of the triangular distribution."""
    width = high - low
    if width == 0.0:
        return low
    rising = (mode - low) / width
    if share < rising:
        return low + width * math.sqrt(share * rising)
    return high - width * math.sqrt((1.0 - share) * (1.0 - rising))


# Laid into the caller: handing over the table takes 10 ns, a block of random numbers 15.
@njit(cache=True, nogil=True, forceinline=True)
def draw_parametric(
    kind: int,
    a: float,
    b: float,
    c: float,
    key_0: int,
    key_1: int,
    stream: int,
    entity: int,
    step: int,
) -> float:
    """Return the draw from any distribution but an empirical one; see `draw`.

    It takes no table: an array that is handed on is counted at every call.
    """
    if kind == CONSTANT:
        return a
    if kind == GAMMA:
        return b * _gamma(a, key_0, key_1, stream, entity, step)
    share = uniform(key_0, key_1, stream, entity, step, 0)
    if kind == EXPONENTIAL:
        # the size of the logarithm, as minus a logarithm may be the negative zero
        return a * abs(math.log(1.0 - share))
    if kind == LOGNORMAL:
        return math.exp(a + b * normal_quantile(share))
    return _triangular(a, b, c, share)


@njit(cache=True, nogil=True, forceinline=True)
def draw(
    kind: int,
    a: float,
    b: float,
    c: float,
    table: Floats,
    key_0: int,
    key_1: int,
    stream: int,
    entity: int,
    step: int,
) -> float:
    """Return the draw from a distribution at an address.

    Parameters
    ----------
    kind : int
        Of the distribution; see `Distribution`.
    a, b, c : float
        Its numbers; see `Distribution`.
    table : ndarray of float64
        Values of all empirical distributions of the model.
    key_0, key_1 : int
        Words of the key; see `sogdia.simulation.random.key_of`.
    stream, entity, step : int
        Words of the address, each from 0 to 2**32 - 1.

    Returns
    -------
    float
        At least 0.

    References
    ----------
    Marsaglia, G. and Tsang, W. W. (2000). A simple method for generating gamma variables. ACM
    Transactions on Mathematical Software 26 (3), 363-372.
    """
    if kind == EMPIRICAL:
        share = uniform(key_0, key_1, stream, entity, step, 0)
        return float(table[int(a) + int(share * b)])
    return draw_parametric(kind, a, b, c, key_0, key_1, stream, entity, step)
