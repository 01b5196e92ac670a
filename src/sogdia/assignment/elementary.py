"""Logarithms and exponentials of whole arrays, in plain arithmetic.

A processor works on several numbers at once where a loop calls no function: that is two to three
times as fast as the C library's functions, one number at a time. And additions, multiplications
and divisions are rounded alike everywhere, so that the bits do not depend on a machine's library.

Both take the number apart into a power of two and a rest near 1 or 0, whose series is cut where
its terms vanish beside the first (see Muller, Elementary Functions, 2016, chapter 11). Results
are within three units of the last place.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sogdia.network.model import Floats

FRACTION_BITS = np.uint64(52)
ROUND = 1.5 * 2.0**52
"""Added to a number of moderate size, leaves its nearest whole number in the last bits."""
ROUND_BITS = np.float64(ROUND).view(np.uint64)
BIAS = np.uint64(1024)
"""Keeps exponents positive while they are shifted."""
SHIFT = np.uint64((1024 << 52) - int(np.float64(math.sqrt(0.5)).view(np.int64)))
SHIFTED_ROUND_BITS = ROUND_BITS - BIAS
PER_LN_2 = 1.0 / math.log(2.0)
# ln 2 in two parts, the first so short that a whole number times it is exact
LN_2 = float.fromhex("0x1.62e42fefap-1")
LN_2_REST = float.fromhex("0x1.cf79abc9e3b3ap-40")
LEAST = -708.0
"""Below, the exponential is no number of full precision any more."""
A1, A2, A3, A4, A5, A6, A7, A8, A9, A10 = (2.0 / (2.0 * n + 1.0) for n in range(1, 11))
B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, B12, B13 = (1.0 / math.factorial(n) for n in range(2, 14))


@njit(cache=True, nogil=True, error_model="numpy")
def logarithms(number: Floats, work: Floats, result: Floats) -> None:
    """Fill natural logarithms.

    Parameters
    ----------
    number : ndarray of float64, shape (n,)
        Positive, finite and normal.
    work : ndarray of float64, shape (n,)
        Overwritten.
    result : ndarray of float64, shape (n,)
        Filled; another array than `number`.
    """
    bits, rest, exponent = (
        number.view(np.uint64),
        work.view(np.uint64),
        result.view(np.uint64),
    )
    for i in range(number.shape[0]):
        power = (bits[i] + SHIFT) >> FRACTION_BITS
        rest[i] = bits[i] - ((power - BIAS) << FRACTION_BITS)
        exponent[i] = power + SHIFTED_ROUND_BITS
    for i in range(number.shape[0]):
        power_of_2 = result[i] - ROUND
        s = (work[i] - 1.0) / (work[i] + 1.0)
        z = s * s
        # 2 artanh(s) = 2 s + s z (2/3 + z (2/5 + ...))
        series = A5 + z * (A6 + z * (A7 + z * (A8 + z * (A9 + z * A10))))
        series = z * (A1 + z * (A2 + z * (A3 + z * (A4 + z * series))))
        result[i] = power_of_2 * LN_2 + (s * (2.0 + series) + power_of_2 * LN_2_REST)


@njit(cache=True, nogil=True, error_model="numpy")
def exponentials(number: Floats, work: Floats, result: Floats) -> None:
    """Fill exponentials; that of `LEAST` for what is less.

    Parameters
    ----------
    number : ndarray of float64, shape (n,)
        Less than 709.
    work : ndarray of float64, shape (n,)
        Overwritten.
    result : ndarray of float64, shape (n,)
        Filled; another array than `number`.
    """
    rounded, bits = work.view(np.uint64), result.view(np.uint64)
    for i in range(number.shape[0]):
        x = max(number[i], LEAST)
        work[i] = x * PER_LN_2 + ROUND
        power_of_2 = work[i] - ROUND
        r = (x - power_of_2 * LN_2) - power_of_2 * LN_2_REST
        series = B8 + r * (B9 + r * (B10 + r * (B11 + r * (B12 + r * B13))))
        series = B2 + r * (B3 + r * (B4 + r * (B5 + r * (B6 + r * (B7 + r * series)))))
        result[i] = 1.0 + (r + r * r * series)
    for i in range(number.shape[0]):
        bits[i] += rounded[i] << FRACTION_BITS
