"""Deadlock: found by reduction, told with its members."""

import numpy as np
import pytest

from sogdia.errors import InfeasibleError
from sogdia.simulation.deadlock import check_deadlock
from sogdia.simulation.distribution import Distribution
from sogdia.simulation.model import EMPIRICAL_RELEASE, ModelBuilder, delay, release, seize
from sogdia.simulation.replication import replicate

HOUR = Distribution.constant(1.0)


def crossing(first_units, second_units):
    """Two streams that take two yards in opposite order."""
    builder = ModelBuilder()
    a, b = builder.station("yard A", first_units), builder.station("yard B", second_units)
    for name, one, other in (("east", a, b), ("west", b, a)):
        steps = [seize(one), delay(HOUR), seize(other), release(one), delay(HOUR), release(other)]
        builder.stream(name, steps, kind=EMPIRICAL_RELEASE, times_h=[0.0], group=name)
    return builder.build()


def test_two_who_hold_what_the_other_waits_for_are_named():
    model = crossing(1, 1)
    result = replicate(model, np.array([0.0, 10.0]), 0, 0)
    assert result.balance[:, 1].tolist() == [0, 0]
    with pytest.raises(InfeasibleError) as caught:
        check_deadlock(model, result)
    message = str(caught.value)
    assert "deadlock since hour 1" in message
    assert "yard A waits for yard B" in message
    assert "yard B waits for yard A" in message


@pytest.mark.parametrize("units", [(2, 1), (1, 2)])
def test_one_more_place_dissolves_the_ring(units):
    model = crossing(*units)
    result = replicate(model, np.array([0.0, 10.0]), 0, 0)
    check_deadlock(model, result)
    assert result.balance[:, 1].tolist() == [1, 1]


def test_who_waits_for_one_that_is_at_work_is_no_ring():
    builder = ModelBuilder()
    a, b = builder.station("a"), builder.station("b")
    long = Distribution.constant(100.0)
    builder.stream(
        "long", [seize(b), delay(long), release(b)], kind=EMPIRICAL_RELEASE, times_h=[0.0]
    )
    builder.stream(
        "waits", [seize(a), seize(b), release(a), release(b)], kind=EMPIRICAL_RELEASE, times_h=[1.0]
    )
    model = builder.build()
    result = replicate(model, np.array([0.0, 10.0]), 0, 0)
    assert len(result.left) == 1
    check_deadlock(model, result)
