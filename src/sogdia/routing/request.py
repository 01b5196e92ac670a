"""Request: a question to the planner with its names resolved, as arrays over arcs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sogdia.network.model import Bools, Floats
from sogdia.network.policy import rules_that_bind
from sogdia.routing.fare import Fare
from sogdia.routing.pareto import Windows
from sogdia.routing.place import Place
from sogdia.routing.restriction import Restriction, closed_by, windows_of
from sogdia.routing.snapshot import Snapshot, closure_restrictions, rule_restriction
from sogdia.routing.token import Token
from sogdia.routing.where import arcs_to_avoid, services_of
from sogdia.scenario import Rule


@dataclass(frozen=True, slots=True)
class Request:
    """What is shipped, from where to where, and what every arc means to it.

    Attributes
    ----------
    origin, destination : Place
        Ends.
    snap : Snapshot
        The network of the day, without the services that are to be avoided.
    fare : Fare
        What the goods pay.
    restrictions : tuple of Restriction
        All that closes arcs to them.
    deadline_h : float or None
        Time allowed.
    closed : ndarray of bool, shape (arcs,)
        What is closed for the whole trip.
    windows : Windows
        What is closed for a while.
    time_h, variance_h2 : ndarray of float64, shape (arcs,)
        Mean and variance of the time with waits.
    """

    origin: Place
    destination: Place
    snap: Snapshot
    fare: Fare
    restrictions: tuple[Restriction, ...]
    deadline_h: float | None
    closed: Bools
    windows: Windows
    time_h: Floats
    variance_h2: Floats

    @property
    def ends(self) -> tuple[int, int]:
        """States in which the shipment starts and ends."""
        network = self.snap.network
        return (
            network.origin_state[self.origin.node_id],
            network.destination_state[self.destination.node_id],
        )

    def criterion(self, name: str) -> Floats:
        """Return a criterion by arc; infinite where the arc may not be used.

        Parameters
        ----------
        name : {"time", "cost", "co2", "reliability"}
            h, USD per t, kg CO2e per t, and the variance of the time in h squared.
        """
        if name == "time":
            values = self.time_h
        elif name == "cost":
            fare = self.fare
            scarcity = self.snap.scarcity_usd_t[fare.resource]
            values = fare.freight_usd_t + scarcity + fare.war_risk_usd_t
        elif name == "co2":
            values = self.snap.network.wtt_kg_t + self.snap.network.ttw_kg_t
        else:
            values = self.variance_h2
        return np.where(self.closed, np.inf, values)

    def without(self, labels: Iterable[str]) -> Request:
        """Return the request as it would be if some restrictions were lifted."""
        lifted = set(labels)
        kept = tuple(one for one in self.restrictions if one.label not in lifted)
        return make_request(
            self.origin, self.destination, self.snap, self.fare, kept, self.deadline_h
        )


def make_request(
    origin: Place,
    destination: Place,
    snap: Snapshot,
    fare: Fare,
    restrictions: tuple[Restriction, ...],
    deadline_h: float | None,
) -> Request:
    """Return a request, what restrictions and waits mean for each arc worked out."""
    arcs = snap.network.arc.height
    queue_h = snap.queue_h[fare.resource]
    cv2 = snap.headway_cv2
    square = snap.headway_h**2 * (1.0 + cv2) * (1.0 + 2.0 * cv2) / 3.0
    departure_variance = np.maximum(square - snap.departure_wait_h**2, 0.0)
    return Request(
        origin=origin,
        destination=destination,
        snap=snap,
        fare=fare,
        restrictions=restrictions,
        deadline_h=deadline_h,
        closed=closed_by(restrictions, arcs),
        windows=windows_of(restrictions, snap.weekly, arcs),
        time_h=snap.moving_h + snap.departure_wait_h + queue_h,
        variance_h2=snap.moving_sd_h**2 + departure_variance + queue_h**2,
    )


def restrictions_on(
    snap: Snapshot,
    fare: Fare,
    rules: Sequence[Rule],
    ends: tuple[Place, Place],
    avoid: Sequence[Token],
) -> tuple[Restriction, ...]:
    """Collect all that closes arcs to a shipment at some time of its trip.

    Parameters
    ----------
    snap : Snapshot
        The network.
    fare : Fare
        What the goods pay, and where they are refused.
    rules : sequence of Rule
        Of the scenario, whenever they hold.
    ends : tuple of Place
        Origin and destination, which some rules do not bind.
    avoid : sequence of Token
        Names; services and operators among them are not in the snapshot in the first place.

    Returns
    -------
    tuple of Restriction
        Rules first, then what is to be avoided, closures and limits.
    """
    places = (ends[0].node_id, ends[0].country), (ends[1].node_id, ends[1].country)
    binding = [rules[number] for number in rules_that_bind(rules, fare.commodity, places)]
    found = [
        rule_restriction(rule, snap, snap.marks.any_of([*rule.countries, *rule.places]))
        for rule in binding
    ]
    found += [
        Restriction("avoid", f"the wish to avoid {token.label}", arcs_to_avoid(snap, token))
        for token in avoid
        if not services_of(snap.study, token)
    ]
    found += closure_restrictions(snap, fare.commodity["use"])
    found += [Restriction("limit", f"limit: {why}", arcs) for why, arcs in fare.refused.items()]
    return tuple(one for one in found if not one.is_over and one.arcs.any())
