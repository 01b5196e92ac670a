"""A market on the networks of a year, as the arrays of a balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sogdia.balance.limits import blend_limits, contract_limits, contracts_in
from sogdia.balance.market import Market
from sogdia.balance.months import Months
from sogdia.balance.options import SupplyOptions
from sogdia.balance.problem import Layer, Problem, Stocks
from sogdia.errors import DataError
from sogdia.network.metric import Rates, commodity_metric, rates
from sogdia.network.model import Bools, Floats, Ints, Network
from sogdia.network.policy import closed_arcs, rules_that_bind
from sogdia.scenario import Rule, Scenario
from sogdia.study import Study

HOURS_PER_DAY = 24.0
KG_PER_T = 1000.0
RESOURCE_KEY = ["kind", "row_id", "forward", "unit"]


@dataclass(frozen=True, slots=True)
class Assembly:
    """A balance with the names of its rows.

    Attributes
    ----------
    problem : Problem
        The arrays.
    resource : DataFrame
        kind, row_id, forward, unit of every resource, in the problem's order.
    pairs : DataFrame
        commodity, source and sink of every pair, as in the problem.
    contracts : DataFrame
        Rows of table ``contract`` that hold, in the order of the problem's first limits.
    blends : DataFrame
        link_id, commodity_id, property, bound (least or most), value, and the suppliers
        whose property is not known (``unknown``), of the limits after them.
    """

    problem: Problem
    resource: pl.DataFrame
    pairs: pl.DataFrame
    contracts: pl.DataFrame
    blends: pl.DataFrame


def assemble(
    study: Study,
    scenario: Scenario,
    year: int,
    market: Market,
    months: Months,
    options: SupplyOptions,
) -> Assembly:
    """Turn a market and the networks of a year into the arrays of a balance.

    Parameters
    ----------
    study : Study
        The study under the scenario.
    scenario : Scenario
        Its rules.
    year : int
        Year of tariffs, contracts and rules.
    market : Market
        Who ships and who needs what.
    months : Months
        The networks.
    options : SupplyOptions
        Embargo, contracts, prices.

    Returns
    -------
    Assembly
        Arrays and names.

    Raises
    ------
    DataError
        If no producer may ship to any consumer.
    """
    pairs = _pairs(study, scenario, market, options)
    if pairs.is_empty():
        raise DataError("no producer may ship to any consumer under this embargo")
    classes = pairs.select("commodity", "direction", "rules").unique(maintain_order=True)
    pairs = pairs.join(
        classes.with_row_index("kind"),
        on=["commodity", "direction", "rules"],
        how="left",
        maintain_order="left",
    )
    resource = _resources(months)
    layers, layer_of = _layers(study, scenario, year, classes, months, resource, options)
    contracts = contracts_in(study, year, market) if options.contracts else study.contract.clear()
    blends, mixed = blend_limits(study, market, pairs, months)
    problem = Problem(
        network=months.network,
        arc_counts=tuple(one.network.arc.height for one in months.networks),
        layers=layers,
        layer_of=layer_of,
        source_state=_states(market.sources["supplier"], months, "origin_state"),
        sink_state=_states(market.sinks["consumer"], months, "destination_state"),
        capacity_kt=market.sources["capacity_kt"].to_numpy()[:, None] * months.share,
        gate_usd_t=market.sources["cost_usd_t"].to_numpy().copy(),
        need_kt=market.sinks["need_kt"].to_numpy()[:, None] * months.share,
        value_usd_t=market.sinks["value_usd_t"].to_numpy().copy(),
        pair_source=_ints(pairs["source"]),
        pair_sink=_ints(pairs["sink"]),
        pair_class=_ints(pairs["kind"]),
        room=_rooms(months, resource),
        stocks=_stocks(market),
        limits=(*contract_limits(contracts, pairs, months), *mixed),
    )
    return Assembly(problem, resource, pairs, contracts, blends)


def _ints(column: pl.Series) -> Ints:
    return column.cast(pl.Int32).to_numpy().copy()


# ---- pairs ----


def _pairs(
    study: Study, scenario: Scenario, market: Market, options: SupplyOptions
) -> pl.DataFrame:
    """Who may ship to whom."""
    sources = market.sources.select(
        "commodity", "supplier", "supplier_country", "owner_country"
    ).with_row_index("source")
    sinks = market.sinks.select("commodity", "consumer", "consumer_country").with_row_index("sink")
    every = sources.join(sinks, on="commodity", how="inner").sort("source", "sink")
    buys = {
        country: options.embargoes(country) for country in set(every["consumer_country"].to_list())
    }
    embargoing = pl.Series("embargoing", [buys[one] for one in every["consumer_country"]])
    every = every.with_columns(embargoing)
    refused = pl.any_horizontal(
        pl.col(name).is_in(options.embargo).fill_null(value=False)
        for name in ("supplier_country", "owner_country")
    )
    every = every.filter(~(pl.col("embargoing") & refused))
    return every.with_columns(
        direction=_directions(study, every), rules=_binding(study, scenario, every, options)
    )


def _directions(study: Study, pairs: pl.DataFrame) -> pl.Series:
    longitude = dict(study.node.select("node_id", "x_coord").iter_rows())
    return pl.Series(
        "direction",
        [
            "westbound" if longitude[to] <= longitude[start] else "eastbound"
            for start, to in pairs.select("supplier", "consumer").iter_rows()
        ],
        dtype=pl.String,
    )


def _binding(
    study: Study, scenario: Scenario, pairs: pl.DataFrame, options: SupplyOptions
) -> pl.Series:
    """Numbers of the rules that bind each pair; the embargo comes after the scenario's."""
    commodities = {row["commodity_id"]: row for row in study.commodity.iter_rows(named=True)}
    known: dict[tuple[Any, ...], str] = {}
    columns = ("commodity", "supplier", "supplier_country", "consumer", "consumer_country")
    result = []
    for key in pairs.select(*columns, "embargoing").iter_rows():
        if key not in known:
            name, start, start_country, to, to_country, embargoing = key
            ends = ((start, start_country), (to, to_country))
            binding = rules_that_bind(scenario.rule, commodities[name], ends)
            if embargoing:
                binding = (*binding, len(scenario.rule))
            known[key] = ",".join(str(number) for number in binding)
        result.append(known[key])
    return pl.Series("rules", result, dtype=pl.String)


# ---- networks ----


def _resources(months: Months) -> pl.DataFrame:
    """Every resource of any month, once."""
    return (
        pl.concat(one.network.resource.select(RESOURCE_KEY) for one in months.networks)
        .unique()
        .sort(RESOURCE_KEY, nulls_last=False)
    )


def _resource_numbers(network: Network, resource: pl.DataFrame) -> Ints:
    """Number among all resources of each of a network's; a last entry stands for none."""
    joined = network.resource.select(RESOURCE_KEY).join(
        resource.with_row_index("number"),
        on=RESOURCE_KEY,
        how="left",
        maintain_order="left",
        nulls_equal=True,
    )
    return np.append(_ints(joined["number"]), np.int32(-1))


def _rooms(months: Months, resource: pl.DataFrame) -> Floats:
    room = np.full((resource.height, len(months.network)), np.inf)
    for month, number in enumerate(months.network):
        network = months.networks[number].network
        here = _resource_numbers(network, resource)[:-1]
        room[here, month] = months.resources[month]["capacity"].to_numpy() * months.share[month]
    return room


def _layers(
    study: Study,
    scenario: Scenario,
    year: int,
    classes: pl.DataFrame,
    months: Months,
    resource: pl.DataFrame,
    options: SupplyOptions,
) -> tuple[tuple[Layer, ...], Ints]:
    """What each class of goods may use in each network, and what it costs there."""
    commodities = {row["commodity_id"]: row for row in study.commodity.iter_rows(named=True)}
    layer_of = np.empty((classes.height, len(months.networks)), dtype=np.int32)
    layers: list[Layer] = []
    rules = (
        (*scenario.rule, Rule(countries=options.embargo, name="embargo"))
        if (options.embargo)
        else scenario.rule
    )
    for number, month in enumerate(months.networks):
        charged: dict[str, Rates] = {}
        numbers = _resource_numbers(month.network, resource)
        in_force = {*month.rules, len(scenario.rule)}
        for kind, (name, direction, binding) in enumerate(classes.iter_rows()):
            if direction not in charged:
                charged[direction] = rates(
                    month.study, month.network, direction=direction, year=year
                )
            bound = [int(one) for one in binding.split(",") if one]
            closed = closed_arcs([rules[one] for one in bound if one in in_force], month.marks)
            layer_of[kind, number] = len(layers)
            layers.append(
                _layer(
                    month.network, charged[direction], commodities[name], closed, numbers, options
                )
            )
    return tuple(layers), layer_of


def _layer(
    network: Network,
    charged: Rates,
    commodity: dict[str, Any],
    closed: Bools,
    numbers: Ints,
    options: SupplyOptions,
) -> Layer:
    metric = commodity_metric(network, charged, commodity)
    kept = np.flatnonzero(metric.allowed & ~closed)
    per_h = commodity["value_of_time_usd_t_day"] / HOURS_PER_DAY if options.time else 0.0
    co2_kg_t = network.wtt_kg_t + network.ttw_kg_t
    cost = (
        metric.cost_usd_t[kept]
        + per_h * network.time_h[kept]
        + options.carbon_price_usd_t / KG_PER_T * co2_kg_t[kept]
    )
    first_out = np.zeros(len(network.first_out), dtype=np.int32)
    np.cumsum(np.bincount(network.tail[kept], minlength=len(first_out) - 1), out=first_out[1:])
    return Layer(
        first_out=first_out,
        tail=network.tail[kept],
        head=network.head[kept],
        arc=kept.astype(np.int32),
        cost_usd_t=cost,
        resource=numbers[metric.resource[kept]],
        unit_per_t=np.asarray(metric.unit_per_t)[kept],
    )


def _states(nodes: pl.Series, months: Months, kind: str) -> Ints:
    """State in which goods of each node start or end, in each network; -1: there is none."""
    return np.array(
        [[getattr(one.network, kind).get(node, -1) for one in months.networks] for node in nodes],
        dtype=np.int32,
    ).reshape(len(nodes), len(months.networks))


def _stocks(market: Market) -> Stocks:
    table = market.stocks
    opening = table["opening_kt"]
    return Stocks(
        sink=_ints(table["sink"]),
        capacity_kt=table["capacity_kt"].to_numpy().copy(),
        opening_kt=opening.to_numpy().copy(),
        closing_kt=table.select(pl.coalesce("closing_kt", "opening_kt"))["closing_kt"]
        .to_numpy()
        .copy(),
        loss=table["loss_share_month"].fill_null(0.0).to_numpy().copy(),
        cost_usd_t=table["cost_usd_t_month"].fill_null(0.0).to_numpy().copy(),
    )
