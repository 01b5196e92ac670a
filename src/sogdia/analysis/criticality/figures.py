"""What an outage costs: who ships less, and what those who still ship pay more.

Everything is by request and class of shippers, since these differ in what they lose. Goods
that are still shipped are compared with what the same goods paid, waited and emitted per tonne
before; goods that are not are lost tonnes, and no saving. The welfare loss is the fall of the
consumer surplus under the assignment's own demand curve: with the composite cost c (the logsum
of all ways as a cost; Williams, 1977) and the reservation cost r of the intact network,

    loss = demand * integral from c_before to c_after of dx / (1 + (x / r)^20),

which counts those who stay at home, too, and for who has no way left runs to infinity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import sparse

from sogdia.analysis.measures import surplus_of
from sogdia.assignment.solution import PeriodSolution
from sogdia.network.marks import incidence
from sogdia.network.model import Floats, Ints

HOURS_PER_DAY = 24.0
T_PER_KT = 1000.0


@dataclass(frozen=True, slots=True)
class Shipped:
    """What each class of shippers sends in a period at annual rates, shape (requests, classes).

    Attributes
    ----------
    demand_kt, kt : ndarray of float64
        What they have, and what they send.
    composite_usd_t, reserve_usd_t : ndarray of float64
        Composite cost of their ways, infinite where there is none, and the one at which half
        of them stay at home.
    totals : ndarray of float64, shape (3, requests, classes)
        Tariffs in thousand USD, thousand tonne-hours, and kt of CO2e thousandfold: per tonne
        on the way times kt.
    """

    demand_kt: Floats
    kt: Floats
    composite_usd_t: Floats
    reserve_usd_t: Floats
    totals: Floats


def shipped(part: PeriodSolution) -> Shipped:
    """Sum up what is shipped in a period."""
    problem, requests, network = part.problem, part.requests, part.network
    paths, loading = part.alternatives.paths, part.equilibrium.loading
    demand = requests.table["quantity_kt"].to_numpy()[:, None] * requests.class_share
    totals = np.zeros((3, *demand.shape))
    _sum_up(
        paths.request,
        paths.first,
        paths.arcs,
        requests.cargo_class,
        np.stack([one.metric.cost_usd_t for one in requests.classes]),
        network.time_h,
        np.asarray(problem.visits @ part.equilibrium.wait_h),
        network.wtt_kg_t + network.ttw_kg_t,
        loading.flow,
        totals,
    )

    def spread(of_groups: Floats, elsewhere: float) -> Floats:
        whole = np.full(demand.shape, elsewhere)
        whole[part.alternatives.served] = of_groups
        return whole

    return Shipped(
        demand_kt=demand,
        kt=demand * spread(loading.shipped, 0.0),
        composite_usd_t=spread(loading.composite_usd_t, np.inf),
        reserve_usd_t=spread(problem.reserve_usd_t, np.nan),
        totals=totals,
    )


@njit(cache=True, nogil=True)
def _sum_up(  # noqa: PLR0913, PLR0917 - a kernel takes flat arrays
    request: Ints,
    first: Ints,
    arcs: Ints,
    cargo_class: Ints,
    money_usd_t: Floats,
    time_h: Floats,
    wait_h: Floats,
    co2_kg_t: Floats,
    flow: Floats,
    totals: Floats,
) -> None:
    """Add money, time with waits and emissions of all paths to those of their requests."""
    for path in range(request.shape[0]):
        row = request[path]
        cargo = cargo_class[row]
        money, hours, emitted = 0.0, wait_h[path], 0.0
        for place in range(first[path], first[path + 1]):
            arc = arcs[place]
            money += money_usd_t[cargo, arc]
            hours += time_h[arc]
            emitted += co2_kg_t[arc]
        for shipper in range(flow.shape[1]):
            kt = flow[path, shipper]
            totals[0, row, shipper] += kt * money
            totals[1, row, shipper] += kt * hours
            totals[2, row, shipper] += kt * emitted


def nothing_shipped(base: Shipped) -> Shipped:
    """Return what is shipped where nobody has a way."""
    return Shipped(
        demand_kt=base.demand_kt,
        kt=np.zeros_like(base.kt),
        composite_usd_t=np.full_like(base.kt, np.inf),
        reserve_usd_t=np.full_like(base.kt, np.nan),
        totals=np.zeros_like(base.totals),
    )


@dataclass(frozen=True, slots=True)
class Harm:
    """What an outage does, for as long as it lasts.

    Attributes
    ----------
    lost_kt : ndarray of float64, shape (requests,)
        What is shipped less; negative where others leave room.
    extra_cost_usd : float
        Tariffs of the goods still shipped beyond what the same goods paid before.
    extra_kt_days : float
        The same of their time on the way.
    extra_co2_kt : float
        The same of their emissions.
    welfare_loss_usd : float
        Fall of the consumer surplus.
    """

    lost_kt: Floats
    extra_cost_usd: float
    extra_kt_days: float
    extra_co2_kt: float
    welfare_loss_usd: float


def harm_of(before: Shipped, after: Shipped, years: float) -> Harm:
    """Compare two networks.

    Parameters
    ----------
    before, after : Shipped
        At annual rates; of the same requests.
    years : float
        How long the outage lasts.
    """
    used = before.kt > 0.0
    per_t = np.where(used, before.totals / np.where(used, before.kt, 1.0), 0.0)
    extra = (after.totals - np.where(used, per_t * after.kt, after.totals)).sum(axis=(1, 2))
    moved = before.composite_usd_t != after.composite_usd_t
    reserve = before.reserve_usd_t[moved]
    surplus = [
        surplus_of(before.demand_kt[moved], one.composite_usd_t[moved], reserve)
        for one in (before, after)
    ]
    return Harm(
        lost_kt=(before.kt - after.kt).sum(axis=1) * years,
        extra_cost_usd=float(extra[0]) * T_PER_KT * years,
        extra_kt_days=float(extra[1]) / HOURS_PER_DAY * years,
        extra_co2_kt=float(extra[2]) / T_PER_KT * years,
        welfare_loss_usd=float((surplus[0] - surplus[1]).sum()) * years,
    )


def passing_kt(part: PeriodSolution, gates: sparse.csr_array) -> Floats:
    """Return what passes each of some sets of arcs, kt per year; a path that passes twice, once.

    Parameters
    ----------
    part : PeriodSolution
        A period in equilibrium.
    gates : csr_array, shape (arcs, sets)
        Which arcs make each set.
    """
    paths = part.alternatives.paths
    of_path = incidence(paths.first, paths.arcs, part.network.arc.height) @ gates
    of_path.data = np.ones_like(of_path.data)
    return np.asarray(of_path.T @ part.path_flow_kt.sum(axis=1))
