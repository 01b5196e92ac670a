"""What an assignment comes to: the figures by which networks are compared.

Shippers answer to the composite cost of their alternatives, the logsum of the logit as a cost
(Williams, 1977): what one way alone would have to cost to be as good as all of them. The share
shipped falls with it as ``1 / (1 + (cost / reserve)^20)``, so the consumer surplus is an integral
with a closed form, and two networks may be compared by it, or by the rule of half. Choice goes
by the logarithm of cost, so a path that becomes one per cent cheaper makes the composite cost
smaller by its share of one per cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import hyp2f1

from sogdia.assignment import AssignmentResult
from sogdia.assignment.choice import logit
from sogdia.assignment.equilibrium import STEEPNESS, composite_cost, utility_of
from sogdia.assignment.solution import PeriodSolution
from sogdia.network.model import Floats, Ints
from sogdia.study.marks import NO_CORRIDOR

HOURS_PER_DAY = 24.0
T_PER_KT = 1000.0
SHIPPER = ["demand_id", "shipper"]
SUMS = ("demand_kt", "shipped_kt", "money_usd", "generalised_cost_usd", "time_kt_h", "co2_kt")


@dataclass(frozen=True)
class Measures:
    """What a network does for its shippers in a year, or at the annual rates of a period.

    Attributes
    ----------
    figures : mapping of str to float
        shipped_kt and unserved_kt; money_usd (tariffs), scarcity_usd (paid for scarce capacity),
        generalised_cost_usd (both, and the value of time, as shippers weigh them); time_kt_h,
        wait_kt_h, days_mean, cost_usd_t (with scarcity), co2_kt (well to wheel); and of each
        corridor, after its name and a dot: kt, share, days, cost_usd_t, co2_kg_t. Means of
        what carries nothing are nan.
    shippers : DataFrame
        By demand and class of shippers: demand_id, origin, destination, commodity_id, shipper,
        demand_kt, shipped_kt, composite_usd_t (infinite where no way is left), reserve_usd_t (nan
        there), money_usd, generalised_cost_usd, time_kt_h, co2_kt.
    """

    figures: Mapping[str, float]
    shippers: pl.DataFrame


def measure(result: AssignmentResult) -> Measures:
    """Return the figures of a year."""
    return _of_parts(result.solution.periods, [p.period.share for p in result.solution.periods])


def measure_period(part: PeriodSolution) -> Measures:
    """Return the figures of one period, at annual rates."""
    return _of_parts((part,), [1.0])


def surplus_usd(shippers: pl.DataFrame, reserve_usd_t: Floats | None = None) -> Floats:
    """Return the consumer surplus of each row of `Measures.shippers`, USD.

    Parameters
    ----------
    shippers : DataFrame
        Demand, composite cost and reserve.
    reserve_usd_t : ndarray of float64, shape (rows,), optional
        Reservation costs to count with, such as those of a network before it lost a link;
        by default the rows' own.

    Returns
    -------
    ndarray of float64, shape (rows,)
        Integral of the demand curve above the composite cost; 0 where no way is left.
    """
    reserve = shippers["reserve_usd_t"].to_numpy() if reserve_usd_t is None else reserve_usd_t
    cost, demand = (shippers[name].to_numpy() for name in ("composite_usd_t", "demand_kt"))
    return surplus_of(demand, cost, reserve)


def surplus_of(demand_kt: Floats, composite_usd_t: Floats, reserve_usd_t: Floats) -> Floats:
    """Return consumer surpluses, USD, as `surplus_usd` does, of arrays of one shape."""
    reached = np.isfinite(composite_usd_t)
    reserve = reserve_usd_t[reached]
    surplus = np.zeros(composite_usd_t.shape)
    curve = _above(composite_usd_t[reached] / reserve) * reserve
    surplus[reached] = T_PER_KT * demand_kt[reached] * curve
    return surplus


def user_benefit_usd(before: pl.DataFrame, after: pl.DataFrame) -> float:
    """Return what shippers gain from one network to another by the rule of half, USD.

    Parameters
    ----------
    before, after : DataFrame
        `Measures.shippers` of the two.

    Returns
    -------
    float
        Sum of ``(q0 + q1) / 2 * (c0 - c1)``. Who has no way in one of them is counted there
        with the reservation cost of the other, at which half of the goods stay at home.

    Notes
    -----
    Neuburger (1971); exact where demand is linear between the two costs.
    """
    names = ["shipped_kt", "composite_usd_t", "reserve_usd_t"]
    both = before.select(*SHIPPER, *names).join(
        after.select(*SHIPPER, *names), on=SHIPPER, how="full", suffix="_after"
    )
    q0, c0, r0 = (both[name].fill_null(float("nan")).to_numpy() for name in names)
    q1, c1, r1 = (both[f"{name}_after"].fill_null(float("nan")).to_numpy() for name in names)
    c0, c1 = np.where(np.isfinite(c0), c0, r1), np.where(np.isfinite(c1), c1, r0)
    goods = (np.nan_to_num(q0) + np.nan_to_num(q1)) / 2.0
    some = (goods > 0.0) & np.isfinite(c0) & np.isfinite(c1)
    return float(T_PER_KT * (goods[some] * (c0[some] - c1[some])).sum())


def _above(ratio: Floats) -> Floats:
    """Integral of ``1 / (1 + x^s)`` from `ratio` to infinity."""
    s = STEEPNESS
    whole = np.pi / s / np.sin(np.pi / s)
    is_low = ratio <= 1.0
    low, high = ratio[is_low], ratio[~is_low]
    above = np.empty(ratio.shape)
    above[is_low] = whole - low * hyp2f1(1.0, 1.0 / s, 1.0 + 1.0 / s, -(low**s))
    beyond = high ** (1.0 - s) / (s - 1.0)
    above[~is_low] = beyond * hyp2f1(1.0, 1.0 - 1.0 / s, 2.0 - 1.0 / s, -(high**-s))
    return above


def _of_parts(parts: tuple[PeriodSolution, ...], weights: list[float]) -> Measures:
    shippers = _joined([_shippers(part, w) for part, w in zip(parts, weights, strict=True)])
    corridors = _corridors(parts, weights)
    shipped = float(shippers["shipped_kt"].sum())
    scarcity = sum(w * _scarcity_usd(part) for part, w in zip(parts, weights, strict=True))
    waits = sum(w * _wait_kt_h(part) for part, w in zip(parts, weights, strict=True))
    total = {name: float(shippers[name].sum()) for name in SUMS}
    figures = {
        "shipped_kt": shipped,
        "unserved_kt": total["demand_kt"] - shipped,
        "money_usd": total["money_usd"],
        "scarcity_usd": scarcity,
        "generalised_cost_usd": total["generalised_cost_usd"],
        "time_kt_h": total["time_kt_h"],
        "wait_kt_h": waits,
        "days_mean": _ratio(total["time_kt_h"], shipped) / HOURS_PER_DAY,
        "cost_usd_t": _ratio(total["money_usd"] + scarcity, shipped * T_PER_KT),
        "co2_kt": total["co2_kt"],
    }
    return Measures(figures | corridors, shippers)


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0.0 else float("nan")


@dataclass(frozen=True, slots=True)
class _PathFigures:
    """Per tonne on each path: tariffs, scarcity, hours and emissions, shape (paths,)."""

    money_usd_t: Floats
    scarcity_usd_t: Floats
    time_h: Floats
    co2_kg_t: Floats


def _path_figures(part: PeriodSolution) -> _PathFigures:
    paths, network, found = part.alternatives.paths, part.network, part.equilibrium
    cargo = part.requests.cargo_class[paths.request][paths.path_of]
    charged = np.stack([c.metric.cost_usd_t for c in part.requests.classes])
    emitted = (network.wtt_kg_t + network.ttw_kg_t)[paths.arcs]
    return _PathFigures(
        money_usd_t=paths.sums(charged[cargo, paths.arcs]),
        scarcity_usd_t=np.asarray(part.problem.use @ found.price_usd),
        time_h=paths.sums(network.time_h[paths.arcs]) + part.problem.visits @ found.wait_h,
        co2_kg_t=paths.sums(emitted),
    )


def _shippers(part: PeriodSolution, weight: float) -> pl.DataFrame:
    table = part.requests.table
    classes = part.requests.class_share.shape[1]
    served = part.alternatives.served
    problem, flow = part.problem, part.path_flow_kt
    first = problem.group_first
    each = _path_figures(part)

    def spread(of_groups: Floats, elsewhere: float) -> Floats:
        whole = np.full((table.height, classes), elsewhere)
        whole[served] = of_groups
        return whole.ravel()

    def total(per_t: Floats) -> Floats:
        return np.add.reduceat(flow * per_t, first[:-1], axis=0)

    cost = part.equilibrium.loading.cost_usd_t
    _, logsum = logit(utility_of(problem, cost), first)
    demand = table["quantity_kt"].to_numpy()[:, None] * part.requests.class_share * weight
    who: Ints = np.tile(np.arange(classes, dtype=np.int32), table.height)
    rows: Ints = np.repeat(np.arange(table.height), classes)
    names = table.select("demand_id", "origin", "destination", "commodity_id")
    repeated: pl.DataFrame = names[rows]
    return repeated.with_columns(
        shipper=pl.Series(who),
        demand_kt=pl.Series(demand.ravel()),
        shipped_kt=pl.Series(spread(total(np.ones((len(flow), 1))) * weight, 0.0)),
        composite_usd_t=pl.Series(spread(composite_cost(logsum, problem.scale), np.inf)),
        reserve_usd_t=pl.Series(spread(problem.reserve_usd_t, np.nan)),
        money_usd=pl.Series(spread(total(each.money_usd_t[:, None]) * weight * T_PER_KT, 0.0)),
        generalised_cost_usd=pl.Series(spread(total(cost) * weight * T_PER_KT, 0.0)),
        time_kt_h=pl.Series(spread(total(each.time_h[:, None]) * weight, 0.0)),
        co2_kt=pl.Series(spread(total(each.co2_kg_t[:, None]) * weight / T_PER_KT, 0.0)),
    )


def _joined(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Add up the periods; costs are means over the periods in which there is a way."""
    if len(parts) == 1:
        return parts[0]
    reached = pl.col("composite_usd_t").is_finite()
    weight = pl.col("demand_kt").filter(reached)

    def mean(name: str) -> pl.Expr:
        return (pl.col(name).filter(reached) * weight).sum() / weight.sum()

    keys = ["demand_id", "origin", "destination", "commodity_id", "shipper"]
    costs = ("composite_usd_t", "reserve_usd_t")
    return (
        pl.concat(parts)
        .group_by(keys, maintain_order=True)
        .agg(
            *(pl.col(name).sum() for name in SUMS),
            *(mean(name) for name in costs),
            is_reached=reached.any(),
        )
        .with_columns(
            composite_usd_t=pl.when("is_reached").then("composite_usd_t").otherwise(float("inf"))
        )
        .select(parts[0].columns)
    )


def _corridors(parts: tuple[PeriodSolution, ...], weights: list[float]) -> dict[str, float]:
    named = [row for part in parts for row in part.study.corridor["corridor_id"].to_list()]
    names = [*dict.fromkeys(named), NO_CORRIDOR]
    number = {name: row for row, name in enumerate(names)}
    sums = np.zeros((4, len(names)))
    for part, weight in zip(parts, weights, strict=True):
        of_path = np.array(
            [number[name or NO_CORRIDOR] for name in part.alternatives.corridor_id], dtype=np.int64
        )
        flow = part.path_flow_kt.sum(axis=1) * weight
        each = _path_figures(part)
        money = each.money_usd_t + each.scarcity_usd_t
        for row, per_t in enumerate((1.0, each.time_h, money, each.co2_kg_t)):
            sums[row] += np.bincount(of_path, weights=flow * per_t, minlength=len(names))
    kt, hours, money, emitted = sums
    figures: dict[str, float] = {}
    for name, at in number.items():
        carried = float(kt[at])
        figures[f"{name}.kt"] = carried
        figures[f"{name}.share"] = _ratio(carried, float(kt.sum()))
        figures[f"{name}.days"] = _ratio(float(hours[at]), carried) / HOURS_PER_DAY
        figures[f"{name}.cost_usd_t"] = _ratio(float(money[at]), carried)
        figures[f"{name}.co2_kg_t"] = _ratio(float(emitted[at]), carried)
    return figures


def _scarcity_usd(part: PeriodSolution) -> float:
    found = part.equilibrium
    return float(found.loading.resource_flow @ found.price_usd) * T_PER_KT


def _wait_kt_h(part: PeriodSolution) -> float:
    waited = np.asarray(part.problem.visits @ part.equilibrium.wait_h)
    return float(part.path_flow_kt.sum(axis=1) @ waited)
