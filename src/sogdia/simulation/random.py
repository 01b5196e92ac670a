"""Random numbers by address (Philox4x32-10; Salmon et al., 2011).

A number is a function of where it is used: the replication, the stream (what is drawn), the
entity, its step and the draw within the step. Nothing is kept from one draw to the next, so a
change of plan that adds or drops draws leaves all others as they were, and two plans can be
compared on common random numbers whatever the order of events or of threads.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np
from numba import njit

from sogdia.errors import DataError

WORD = 2**32
ROUNDS = 10

# Numba makes a float of a signed and an unsigned number, so every constant is unsigned.
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_FACTOR_0 = np.uint64(0xD2511F53)
_FACTOR_1 = np.uint64(0xCD9E8D57)
_STEP_0 = np.uint64(0x9E3779B9)
_STEP_1 = np.uint64(0xBB67AE85)
_DROPPED_BITS = np.uint64(11)
_SMALLEST_STEP = 2.0**-53


@njit(cache=True, nogil=True)
def philox(
    key_0: int, key_1: int, counter_0: int, counter_1: int, counter_2: int, counter_3: int
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32]:
    """Return the block of four random words at a counter (Salmon et al., 2011).

    Parameters
    ----------
    key_0, key_1 : int
        Words of the key, each from 0 to 2**32 - 1.
    counter_0, counter_1, counter_2, counter_3 : int
        Words of the counter, each from 0 to 2**32 - 1.

    Returns
    -------
    tuple of four uint32
        The block of Philox4x32-10.

    References
    ----------
    Salmon, J. K., Moraes, M. A., Dror, R. O. and Shaw, D. E. (2011). Parallel random numbers:
    as easy as 1, 2, 3. SC '11.

    Examples
    --------
    >>> [f"{int(word):08x}" for word in philox(0, 0, 0, 0, 0, 0)]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    left_key = np.uint64(key_0) & _MASK
    right_key = np.uint64(key_1) & _MASK
    word_0 = np.uint64(counter_0) & _MASK
    word_1 = np.uint64(counter_1) & _MASK
    word_2 = np.uint64(counter_2) & _MASK
    word_3 = np.uint64(counter_3) & _MASK
    for _ in range(ROUNDS):
        product_0 = _FACTOR_0 * word_0
        product_1 = _FACTOR_1 * word_2
        word_0 = (product_1 >> _HALF) ^ word_1 ^ left_key
        word_1 = product_1 & _MASK
        word_2 = (product_0 >> _HALF) ^ word_3 ^ right_key
        word_3 = product_0 & _MASK
        left_key = (left_key + _STEP_0) & _MASK
        right_key = (right_key + _STEP_1) & _MASK
    return np.uint32(word_0), np.uint32(word_1), np.uint32(word_2), np.uint32(word_3)


def fixed_word(value: int) -> int:
    """Return a word of an address that never changes, as a number of NumPy's.

    Numba compiles a function anew for every plain constant that it is called with.
    """
    return cast(int, np.int64(value))


def key_of(seed: int, replication: int) -> tuple[int, int]:
    """Return the key of one replication of an experiment.

    Replications of one seed never share a key, nor do seeds below 2**32; the high word of a
    longer seed is spread over the whole key by the finaliser of SplitMix64 (Steele, Lea and
    Flood, 2014), which leaves zero as it is and is one to one.

    Parameters
    ----------
    seed : int
        From 0 to 2**64 - 1.
    replication : int
        From 0 to 2**32 - 1.

    Returns
    -------
    tuple of two int
        Words of the key, each from 0 to 2**32 - 1.

    Raises
    ------
    DataError
        If the seed or the replication is out of its range.

    References
    ----------
    Steele, G. L., Lea, D. and Flood, C. H. (2014). Fast splittable pseudorandom number
    generators. OOPSLA '14.

    Examples
    --------
    >>> key_of(7, 3)
    (7, 3)
    """
    if not 0 <= seed < WORD * WORD:
        raise DataError(f"a seed is a whole number from 0 to 2**64 - 1, but {seed} is given")
    if not 0 <= replication < WORD:
        raise DataError(
            f"a replication is a whole number from 0 to 2**32 - 1, but {replication} is given"
        )
    low, high = seed % WORD, seed // WORD
    spread = ((high ^ (high >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    spread = ((spread ^ (spread >> 27)) * 0x94D049BB133111EB) % 2**64
    spread ^= spread >> 31
    return low ^ (spread % WORD), replication ^ (spread // WORD)


@njit(cache=True, nogil=True)
def unit(high: np.uint32, low: np.uint32) -> float:
    """Return the number between 0 and 1 that the first 53 bits of two words stand for.

    A half of the smallest step is given for zero; adding it to all of them would round the
    largest up to 1.
    """
    bits = ((np.uint64(high) << _HALF) | np.uint64(low)) >> _DROPPED_BITS
    # signed, because processors turn only signed integers into floats in one instruction
    return float(max(float(np.int64(bits)), 0.5) * _SMALLEST_STEP)


@njit(cache=True, nogil=True)
def uniform(key_0: int, key_1: int, stream: int, entity: int, step: int, draw: int) -> float:
    """Return the uniform random number at an address.

    Parameters
    ----------
    key_0, key_1 : int
        Words of the key, see `key_of`.
    stream, entity, step, draw : int
        Words of the address, each from 0 to 2**32 - 1.

    Returns
    -------
    float
        Strictly between 0 and 1, of 53 random bits.
    """
    word_0, word_1, _, _ = philox(key_0, key_1, stream, entity, step, draw)
    return unit(word_0, word_1)


@njit(cache=True, nogil=True)
def uniform_pair(
    key_0: int, key_1: int, stream: int, entity: int, step: int, draw: int
) -> tuple[float, float]:
    """Return two independent uniform random numbers at an address.

    Parameters
    ----------
    key_0, key_1 : int
        Words of the key, see `key_of`.
    stream, entity, step, draw : int
        Words of the address, each from 0 to 2**32 - 1.

    Returns
    -------
    tuple of two float
        Each strictly between 0 and 1, of 53 random bits; the first is that of `uniform`.
    """
    word_0, word_1, word_2, word_3 = philox(key_0, key_1, stream, entity, step, draw)
    return unit(word_0, word_1), unit(word_2, word_3)


@njit(cache=True, nogil=True)
def _polynomial(
    x: float,
    c_0: float,
    c_1: float,
    c_2: float,
    c_3: float,
    c_4: float,
    c_5: float,
    c_6: float,
    c_7: float,
) -> float:
    """Return the polynomial of degree seven (Estrin, 1960).

    In pairs, because the processor can multiply them side by side; after Horner, each
    multiplication would wait for the one before.
    """
    square = x * x
    low = (c_0 + c_1 * x) + (c_2 + c_3 * x) * square
    high = (c_4 + c_5 * x) + (c_6 + c_7 * x) * square
    return low + high * (square * square)


@njit(cache=True, nogil=True)
def normal_quantile(p: float) -> float:
    """Return the standard normal number that is exceeded with probability 1 - p.

    Algorithm AS 241, PPND16 (Wichura, 1988), exact to about 1 part in 10**16.

    Parameters
    ----------
    p : float
        Strictly between 0 and 1.

    Returns
    -------
    float
        The quantile.

    References
    ----------
    Wichura, M. J. (1988). Algorithm AS 241: the percentage points of the normal distribution.
    Applied Statistics 37 (3), 477-484.

    Examples
    --------
    >>> round(normal_quantile(0.975), 10)
    1.9599639845
    """
    from_middle = p - 0.5
    if abs(from_middle) <= 0.425:
        r = 0.180625 - from_middle * from_middle
        above = _polynomial(
            r,
            3.3871328727963666080e0,
            1.3314166789178437745e2,
            1.9715909503065514427e3,
            1.3731693765509461125e4,
            4.5921953931549871457e4,
            6.7265770927008700853e4,
            3.3430575583588128105e4,
            2.5090809287301226727e3,
        )
        below = _polynomial(
            r,
            1.0,
            4.2313330701600911252e1,
            6.8718700749205790830e2,
            5.3941960214247511077e3,
            2.1213794301586595867e4,
            3.9307895800092710610e4,
            2.8729085735721942674e4,
            5.2264952788528545610e3,
        )
        return from_middle * above / below
    r = math.sqrt(-math.log(min(p, 1.0 - p)))
    if r <= 5.0:
        r -= 1.6
        above = _polynomial(
            r,
            1.42343711074968357734e0,
            4.63033784615654529590e0,
            5.76949722146069140550e0,
            3.64784832476320460504e0,
            1.27045825245236838258e0,
            2.41780725177450611770e-1,
            2.27238449892691845833e-2,
            7.74545014278341407640e-4,
        )
        below = _polynomial(
            r,
            1.0,
            2.05319162663775882187e0,
            1.67638483018380384940e0,
            6.89767334985100004550e-1,
            1.48103976427480074590e-1,
            1.51986665636164571966e-2,
            5.47593808499534494600e-4,
            1.05075007164441684324e-9,
        )
    else:
        r -= 5.0
        above = _polynomial(
            r,
            6.65790464350110377720e0,
            5.46378491116411436990e0,
            1.78482653991729133580e0,
            2.96560571828504891230e-1,
            2.65321895265761230930e-2,
            1.24266094738807843860e-3,
            2.71155556874348757815e-5,
            2.01033439929228813265e-7,
        )
        below = _polynomial(
            r,
            1.0,
            5.99832206555887937690e-1,
            1.36929880922735805310e-1,
            1.48753612908506148525e-2,
            7.86869131145613259100e-4,
            1.84631831751005468180e-5,
            1.42151175831644588870e-7,
            2.04426310338993978564e-15,
        )
    return above / below if from_middle > 0.0 else -above / below
