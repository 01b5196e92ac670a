"""Small problems of traffic for the tests of the stochastic equilibrium."""

import numpy as np

from sogdia.assignment.traffic.delay import BPR, Delay
from sogdia.assignment.traffic.problem import TrafficProblem


def problem_of(nodes, roads, pairs, *, classes=1, fixed=None, weight=None, element=None, unit=None):
    """Return a problem.

    Roads are (tail, head, time at no flow, capacity, alpha, beta), in order of tail; pairs are
    (class, origin, destination, trips). Each road is its own element unless told.
    """
    table = np.array(roads, dtype=np.float64)
    arcs = len(table)
    tail, head = table[:, 0].astype(np.int32), table[:, 1].astype(np.int32)
    assert (np.diff(tail) >= 0).all()
    first_out = np.searchsorted(tail, np.arange(nodes + 1)).astype(np.int32)
    pairs = sorted(pairs)
    if element is None:
        element = np.tile(np.arange(arcs), (classes, 1))
    shape = (classes, arcs)
    return TrafficProblem(
        first_out=first_out,
        tail=tail,
        head=head,
        delay=Delay(np.full(arcs, BPR, dtype=np.int8), *(table[:, 2:].T.copy())),
        element=np.asarray(element, dtype=np.int32),
        unit=np.ones(shape) if unit is None else np.asarray(unit, dtype=np.float64),
        fixed_cost=np.zeros(shape) if fixed is None else np.asarray(fixed, dtype=np.float64),
        time_weight=np.ones(classes) if weight is None else np.asarray(weight, dtype=np.float64),
        hard_capacity=np.full(arcs, np.inf),
        pair_class=np.array([pair[0] for pair in pairs], dtype=np.int32),
        pair_origin=np.array([pair[1] for pair in pairs], dtype=np.int32),
        pair_destination=np.array([pair[2] for pair in pairs], dtype=np.int32),
        trips=np.array([pair[3] for pair in pairs], dtype=np.float64),
    )


def two_roads(trips=100.0):
    """Two roads from node 0 to node 1."""
    return problem_of(
        2, [(0, 1, 1.0, 50.0, 0.8, 4.0), (0, 1, 1.5, 80.0, 0.3, 2.0)], [(0, 0, 1, trips)]
    )


def braess():
    """Braess's network: times 10 x, 50 + x, 10 + x; six trips, two by each way."""
    roads = [
        (0, 1, 1e-6, 1.0, 1e7, 1.0),
        (0, 2, 50.0, 1.0, 0.02, 1.0),
        (1, 2, 10.0, 1.0, 0.1, 1.0),
        (1, 3, 50.0, 1.0, 0.02, 1.0),
        (2, 3, 1e-6, 1.0, 1e7, 1.0),
    ]
    return problem_of(4, roads, [(0, 0, 3, 6.0)])


def grid(side, rng, *, pairs=6, trips=60.0, classes=1):
    """Return a square of two-way streets, with random times, capacities, trips and tolls."""
    ends = []
    for node in range(side * side):
        row, column = divmod(node, side)
        for down, right in ((-1, 0), (0, -1), (0, 1), (1, 0)):
            if 0 <= row + down < side and 0 <= column + right < side:
                ends.append((node, node + down * side + right))
    roads = [(*end, rng.uniform(1, 3), rng.uniform(20, 60), 0.5, 4.0) for end in ends]
    chosen = {
        (int(rng.integers(classes)), *(int(n) for n in rng.choice(side**2, 2, replace=False)))
        for _ in range(pairs)
    }
    shape = (classes, len(ends))
    return problem_of(
        side * side,
        roads,
        [(*pair, float(rng.uniform(0.2, 1.0) * trips)) for pair in sorted(chosen)],
        classes=classes,
        fixed=rng.uniform(0.0, 0.5, shape),
        weight=rng.uniform(0.5, 2.0, classes),
        unit=rng.uniform(0.5, 2.0, shape),
    )
