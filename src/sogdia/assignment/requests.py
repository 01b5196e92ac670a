"""Demand as the engine sees it: who ships what, from which state to which, at what cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sogdia.assignment.choice import value_of_time_classes
from sogdia.assignment.options import AssignmentOptions, ChoiceParameters
from sogdia.errors import DataError
from sogdia.network.marks import Marks
from sogdia.network.metric import Acceptance, Rates, commodity_metric, rates
from sogdia.network.model import Bools, Floats, Ints, Metric, Network
from sogdia.network.policy import closed_arcs, rules_that_bind
from sogdia.scenario import Foundation, Rule, Scenario, apply, default_scenario
from sogdia.study import Study

HOURS_PER_DAY = 24.0


@dataclass(frozen=True, slots=True)
class CargoClass:
    """Shipments of one commodity in one direction of trade.

    Attributes
    ----------
    commodity : dict
        Row of the commodity table.
    direction : str
        "westbound" or "eastbound".
    metric : Metric
        What it pays, may use and consumes.
    money_usd_t : ndarray of float64, shape (arcs,)
        Money and risk premium.
    """

    commodity: dict[str, Any]
    direction: str
    metric: Metric
    money_usd_t: Floats


@dataclass(frozen=True, slots=True)
class Requests:
    """What is to be shipped in a period, at annual rates.

    Attributes
    ----------
    table : DataFrame
        Rows of the demand table with commodity, direction and class number, in the order
        of all arrays below.
    classes : list of CargoClass
        Classes of cargo.
    cargo_class : ndarray of int32, shape (requests,)
        Class of each request.
    policy : ndarray of int32, shape (requests,)
        Row of `closed` that binds the request.
    closed : ndarray of bool, shape (policies, arcs)
        Arcs closed by policy.
    value_of_time_usd_t_h : ndarray of float64, shape (requests, shipper classes)
        Values of time, weighted by the time weight.
    class_share : ndarray of float64, shape (requests, shipper classes)
        Shares of the classes of shippers: by value of time, and within each attitude (no
        policy of their own, or a country that they keep out of).
    avoids : ndarray of int32, shape (shipper classes,)
        Row of `avoided` that a class of shippers keeps out of; -1: none.
    avoided : ndarray of bool, shape (attitudes, arcs)
        Arcs in the countries that some shippers keep out of.
    hours : ndarray of float64, shape (arcs,)
        Time at empty queues with the reliability premium, h.
    """

    table: pl.DataFrame
    classes: list[CargoClass]
    cargo_class: Ints
    policy: Ints
    closed: Bools
    value_of_time_usd_t_h: Floats
    class_share: Floats
    avoids: Ints
    avoided: Bools
    hours: Floats

    @property
    def attitudes(self) -> int:
        """Number of attitudes; classes of shippers are ordered by attitude."""
        return len(self.avoided) + 1


@dataclass(frozen=True, slots=True)
class YearOfDemand:
    """What a year's assignment begins with.

    Attributes
    ----------
    study : Study
        With the scenario's changes.
    scenario : Scenario
        What is asked.
    year : int
        Year assigned.
    demand : DataFrame
        Its demand, with the direction of each shipment.
    """

    study: Study
    scenario: Scenario
    year: int
    demand: pl.DataFrame


def year_of_demand(
    study: Study,
    scenario: Scenario | None,
    year: int | None,
    foundation: Foundation | None = None,
) -> YearOfDemand:
    """Settle the year that is asked for, and apply the scenario.

    Parameters
    ----------
    study : Study
        Tables.
    scenario : Scenario or None
        What is asked; None: what the study names.
    year : int or None
        None: the scenario's, or the study's base year.
    foundation : Foundation, optional
        Steps of the scenario that have been made before; see `sogdia.scenario.apply`.

    Raises
    ------
    DataError
        If there is no year, or no demand in it.
    """
    scenario = scenario or default_scenario(study)
    year = year or scenario.year or study.settings.base_year
    if year is None:
        raise DataError(
            f"study {study.name} has no base_year in study.toml; name a year, e.g. --year 2024"
        )
    changed = apply(study, scenario, year, foundation=foundation)
    demand = demand_in(changed, year)
    if demand.is_empty():
        years = sorted(changed.demand["year"].unique())
        raise DataError(f"demand.csv: no demand in {year}; there is some in {years}")
    return YearOfDemand(changed, scenario, year, demand)


def demand_in(study: Study, year: int) -> pl.DataFrame:
    """Return the year's demand with the direction of each shipment."""
    longitude = study.node.select("node_id", "x_coord")
    return (
        study.demand.filter((pl.col("year") == year) & (pl.col("quantity_kt") > 0))
        .join(
            longitude.rename({"node_id": "origin", "x_coord": "from_x"}),
            on="origin",
            how="left",
            maintain_order="left",
        )
        .join(
            longitude.rename({"node_id": "destination", "x_coord": "to_x"}),
            on="destination",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            direction=pl.when(pl.col("to_x") <= pl.col("from_x"))
            .then(pl.lit("westbound"))
            .otherwise(pl.lit("eastbound"))
        )
        .drop("from_x", "to_x")
    )


def make_requests(
    study: Study,
    network: Network,
    marks: Marks,
    demand: pl.DataFrame,
    rules: tuple[Rule, ...],
    year: int,
    options: AssignmentOptions,
    choice: ChoiceParameters,
) -> Requests:
    """Prepare a period's demand for the engine."""
    commodities = {row["commodity_id"]: row for row in study.commodity.iter_rows(named=True)}
    keys = demand.select("commodity_id", "direction").unique().sort("commodity_id", "direction")
    charged = {
        direction: rates(study, network, direction=direction, year=year)
        for direction in keys["direction"].unique()
    }
    acceptance = Acceptance(network)
    premiums = _premiums(network, marks, choice)
    classes = [
        _cargo_class(
            network, commodities[commodity], direction, charged[direction], acceptance, premiums
        )
        for commodity, direction in keys.iter_rows()
    ]
    number = {key: index for index, key in enumerate(keys.iter_rows())}
    cargo_class = np.array(
        [number[key] for key in demand.select("commodity_id", "direction").iter_rows()],
        dtype=np.int32,
    )
    policy, closed = _policies(study, network, marks, demand, rules, commodities)
    rows = [commodities[commodity] for commodity in demand["commodity_id"]]
    share, per_day = value_of_time_classes(
        np.array([row["value_of_time_usd_t_day"] for row in rows]),
        np.array([row["value_of_time_sigma"] for row in rows]),
        options.value_of_time_edges,
    )
    countries = choice.avoided_countries if year >= choice.avoid_since else ()
    of_goods = np.array([choice.attitudes(countries, in_boxes=boxes) for boxes in (False, True)])
    attitude = of_goods[[int(bool(row["t_per_teu"])) for row in rows]]
    avoids = np.repeat(np.arange(-1, len(countries), dtype=np.int32), len(share))
    avoided = np.zeros((len(countries), network.arc.height), dtype=np.bool_)
    for row, country in enumerate(countries):
        avoided[row] = marks.of(country)
    return Requests(
        table=demand,
        classes=classes,
        cargo_class=cargo_class,
        policy=policy,
        closed=closed,
        value_of_time_usd_t_h=np.tile(
            per_day * choice.time_weight / HOURS_PER_DAY, (1, len(countries) + 1)
        ),
        class_share=(attitude[:, :, None] * share).reshape(len(rows), -1),
        avoids=avoids,
        avoided=avoided,
        hours=network.time_h + choice.reliability_ratio * network.time_sd_h,
    )


def _premiums(
    network: Network, marks: Marks, choice: ChoiceParameters
) -> list[tuple[float, Bools]]:
    """Return the risk premiums, as shares of the value of the goods, and the arcs that bear them.

    Paid once per entry and once per exit: half of the premium of a country at each border.
    """
    entering = network.arc["country"].str.contains(",").fill_null(value=False).to_numpy()
    return [(0.5 * share, marks.of(country) & entering) for country, share in choice.risk.items()]


def _cargo_class(
    network: Network,
    commodity: dict[str, Any],
    direction: str,
    charged: Rates,
    acceptance: Acceptance,
    premiums: list[tuple[float, Bools]],
) -> CargoClass:
    metric = commodity_metric(network, charged, commodity, acceptance)
    risk = np.zeros(len(metric.cost_usd_t))
    for share_of_value, arcs in premiums:
        risk += share_of_value * commodity["value_usd_t"] * arcs
    return CargoClass(commodity, direction, metric, metric.cost_usd_t + risk)


def _policies(
    study: Study,
    network: Network,
    marks: Marks,
    demand: pl.DataFrame,
    rules: tuple[Rule, ...],
    commodities: dict[str, dict[str, Any]],
) -> tuple[Ints, Bools]:
    """Group requests by the rules that bind them; one mask of closed arcs per group."""
    country = dict(study.node.select("node_id", "country").iter_rows())
    groups: dict[tuple[int, ...], int] = {}
    policy = np.empty(demand.height, dtype=np.int32)
    for index, (origin, destination, commodity) in enumerate(
        demand.select("origin", "destination", "commodity_id").iter_rows()
    ):
        ends = ((origin, country[origin]), (destination, country[destination]))
        binding = rules_that_bind(rules, commodities[commodity], ends)
        policy[index] = groups.setdefault(binding, len(groups))
    closed = np.zeros((max(len(groups), 1), network.arc.height), dtype=np.bool_)
    for binding, row in groups.items():
        closed[row] = closed_arcs([rules[number] for number in binding], marks)
    return policy, closed
