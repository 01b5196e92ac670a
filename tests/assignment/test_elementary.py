"""Logarithms and exponentials against numbers of more digits."""

import math
from decimal import Context, Decimal

import numpy as np
import pytest

from sogdia.assignment.elementary import LEAST, exponentials, logarithms

DIGITS = Context(prec=40)
UNITS = 3.0


def filled(function, numbers):
    number = np.array(numbers)
    result = np.empty_like(number)
    function(number, np.empty_like(number), result)
    return result.tolist()


def units_off(found, exact):
    """Difference in units of the last place."""
    return abs(float(Decimal(found) - exact)) / math.ulp(found)


def test_logarithms_are_those_of_forty_digits():
    random = np.random.default_rng(1)
    tenths = [10.0**power for power in range(-300, 301, 20)]
    numbers = [*random.uniform(0.3, 3.0, 200).tolist(), *tenths, math.sqrt(0.5), math.sqrt(2.0)]
    for number, found in zip(numbers, filled(logarithms, numbers), strict=True):
        assert units_off(found, Decimal(number).ln(DIGITS)) < UNITS
    assert filled(logarithms, [1.0, 0.5, 4.0]) == [0.0, -math.log(2.0), 2.0 * math.log(2.0)]


def test_exponentials_are_those_of_forty_digits():
    random = np.random.default_rng(2)
    ends = [LEAST, 708.0, 0.5 * math.log(2.0), -0.5 * math.log(2.0)]
    numbers = [*random.uniform(-1.0, 1.0, 200).tolist(), *random.uniform(-700.0, 700.0, 200), *ends]
    for number, found in zip(numbers, filled(exponentials, numbers), strict=True):
        assert units_off(found, Decimal(float(number)).exp(DIGITS)) < UNITS
    assert filled(exponentials, [0.0]) == [1.0]


@pytest.mark.parametrize("least", [-1e9, -np.inf, LEAST])
def test_what_is_nearly_nothing_stays_above_it(least):
    assert filled(exponentials, [least]) == filled(exponentials, [LEAST])
    assert 0.0 < filled(exponentials, [least])[0] < 1e-307
