"""Mean waits at terminals and services by a queueing formula.

Sakasegawa's (1977) approximation of the G/G/c queue; a service is a queue with one server
whose service time is its headway (the wait for the next departure of a service that is
never full is part of the arc's own time). Above `LINEAR_FROM` of capacity, where the
formula runs to infinity and capacity itself takes over, it goes on along its tangent, so
that waits stay finite and smooth. Where it is known to be wrong, a factor corrects it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from sogdia.assignment.options import WaitFactor
from sogdia.errors import DataError, Problem
from sogdia.network.model import Floats
from sogdia.network.resource import POOL_MARK, own_ids
from sogdia.study import Study
from sogdia.study.check import unknown_value

LINEAR_FROM = 0.9
TOGETHER = " + "
"""Stands between the ids of services that leave from the same berth."""
KINDS = ("link", "terminal", "service")
UNITS = ("kt", "kteu")


def element_name() -> pl.Expr:
    """Return the name of a resource's element: the ids of its rows as the tables have them."""
    return own_ids("row_id").str.replace_all(POOL_MARK, TOGETHER, literal=True).alias("element")


def wait_factors(resource: pl.DataFrame, factors: Sequence[WaitFactor]) -> Floats:
    """Return the factor on the wait at each resource; 1 where none is named.

    Parameters
    ----------
    resource : DataFrame
        As `sogdia.network.resource.resources` returns it.
    factors : sequence of WaitFactor
        Those that are not 1.
    """
    of_element = {(f.element, f.kind, f.forward, f.unit): f.factor for f in factors}
    names = resource.select(element_name(), "kind", "forward", "unit").iter_rows()
    return np.array([of_element.get(name, 1.0) for name in names], dtype=np.float64)


def check_wait_factors(study: Study, factors: Sequence[WaitFactor]) -> None:
    """Refuse factors that cannot be, or that are for elements which the study does not have.

    Raises
    ------
    DataError
        ``problems`` lists every one.
    """
    problems = []
    seen = set()
    for one in factors:
        said = f"wait factor of {one.element!r}"
        key = (one.element, one.kind, one.forward, one.unit)
        if key in seen:
            problems.append(f"{said} is given twice; give it once")
        seen.add(key)
        if not (math.isfinite(one.factor) and one.factor > 0):
            problems.append(f"{said} is {one.factor}; it has to be positive")
        if one.kind not in KINDS:
            problems.append(f"{said} is for a {one.kind!r}; there are {', '.join(KINDS)}")
            continue
        if one.unit not in UNITS:
            problems.append(f"{said} counts in {one.unit!r}; there are {', '.join(UNITS)}")
        if (one.forward is None) == (one.kind == "service"):
            problems.append(f"{said}: services have a direction, links and terminals none")
        known = getattr(study, one.kind)[f"{one.kind}_id"]
        problems += [
            f"{said}: {unknown_value(name, f'table {one.kind}', known)}"
            for name in one.element.split(TOGETHER)
            if name not in known
        ]
    if problems:
        raise DataError([Problem(problem, "options") for problem in problems])


def sakasegawa_wait_h(
    utilisation: Floats,
    servers: Floats,
    service_time_h: Floats,
    service_cv2: Floats,
    arrival_cv2: Floats,
) -> tuple[Floats, Floats]:
    """Return the mean wait in queue and its derivative by utilisation.

    ``(ca2 + cs2) / 2 * rho**(sqrt(2 (c + 1)) - 1) / (c (1 - rho)) * service time``; exact
    for M/M/1 and M/G/1.

    Parameters
    ----------
    utilisation, servers, service_time_h : ndarray of float64, shape (n,)
        Flow over capacity, servers, and mean service time of one batch.
    service_cv2, arrival_cv2 : ndarray of float64, shape (n,)
        Squared coefficients of variation of service times and of the times between
        arrivals of a batch's worth of goods.

    Returns
    -------
    wait_h, slope_h : ndarray of float64, shape (n,)
        Wait in h, and its derivative by utilisation.
    """
    scale = (arrival_cv2 + service_cv2) / 2.0 * service_time_h / servers
    power = np.sqrt(2.0 * (servers + 1.0)) - 1.0
    rho = np.minimum(utilisation, LINEAR_FROM)
    rho_power = np.power(rho, power)
    wait = scale * rho_power / (1.0 - rho)
    safe = np.maximum(rho, 1e-12)
    slope = wait * (power / safe + 1.0 / (1.0 - rho))
    return wait + slope * np.maximum(utilisation - LINEAR_FROM, 0.0), slope
