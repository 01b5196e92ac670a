"""Mean waits at terminals and services by a queueing formula.

Sakasegawa's (1977) approximation of the G/G/c queue; a service is a queue with one server
whose service time is its headway (the wait for the next departure of a service that is
never full is part of the arc's own time). Above `LINEAR_FROM` of capacity, where the
formula runs to infinity and capacity itself takes over, it goes on along its tangent, so
that waits stay finite and smooth.
"""

from __future__ import annotations

import numpy as np

from sogdia.network.model import Floats

LINEAR_FROM = 0.9


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
