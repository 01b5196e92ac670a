"""What a model says of itself."""

import numpy as np
import pytest

from sogdia.simulation.distribution import Distribution
from sogdia.simulation.model import ModelBuilder, branch, delay, key_from, seize, serve


def test_the_load_of_servers_follows_branches():
    builder = ModelBuilder()
    first, second = builder.station("first", 2), builder.station("second", 1)
    hour, half = Distribution.exponential(1.0), Distribution.constant(0.5)
    # a quarter goes back to the start, so each shipment makes 4/3 rounds
    route = [*serve(first, hour), *serve(second, half), branch(0, 0.25)]
    builder.stream("goods", route, rate_h=0.6)
    load = builder.build().offered_load(0.0, 100.0)
    assert load == pytest.approx([0.6 * 4 / 3 / 2, 0.6 * 4 / 3 * 0.5])


def test_the_load_counts_what_is_held_and_when():
    builder = ModelBuilder()
    yard = builder.station("yard", 10.0)
    quay = builder.quay("quay")
    two = Distribution.constant(2.0)
    builder.stream("goods", [seize(yard, 3.0), delay(two)], rate_h=1.0, start_h=50.0)
    load = builder.build().offered_load(0.0, 100.0)
    # half of the time, 3 of 10 units for 2 hours each hour; vessels have no servers
    assert load[yard] == pytest.approx(0.5 * 3.0 * 2.0 / 10.0)
    assert np.isnan(load[quay])


def test_keys_are_the_same_in_every_process():
    assert key_from(("demand", 7)) == 3609192427
