"""A balance over the values of a parameter: a price, a carbon price, the year."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from sogdia.balance.assemble import KG_PER_T, Assembly, assemble
from sogdia.balance.balance import Progress, supply
from sogdia.balance.market import market_of
from sogdia.balance.options import SupplyOptions
from sogdia.balance.program import Program
from sogdia.balance.quantities import traded_in, usd_t_of
from sogdia.balance.result import SupplyResult
from sogdia.errors import DataError
from sogdia.scenario import Scenario
from sogdia.study import Study

PRICE, CARBON_PRICE, YEAR = SWEPT = ("price", "carbon-price", "year")
CARBON_UNIT = "USD per t of CO2e"
YEARS = (1900, 2200)
MOST_POINTS = 1000
SCHEMA: dict[str, pl.DataType] = {
    "value": pl.Float64(),
    "unit": pl.String(),
    "commodity": pl.String(),
    "need_kt": pl.Float64(),
    "delivered_kt": pl.Float64(),
    "unserved_kt": pl.Float64(),
    "cost_musd": pl.Float64(),
    "price_usd_t": pl.Float64(),
    "co2_kt": pl.Float64(),
    "routes": pl.List(pl.Struct({"corridor": pl.String(), "kt": pl.Float64()})),
}


def parse_range(text: str) -> tuple[float, ...]:
    """Read the values of a sweep: first, last and step, as in ``50:120:5``.

    Parameters
    ----------
    text : str
        The last value is among them if the steps meet it.

    Returns
    -------
    tuple of float
        Increasing, or decreasing if the step is negative.

    Raises
    ------
    DataError
        If the text is no range, does not get from its first to its last value, or has more
        than 1,000 values.

    Examples
    --------
    >>> parse_range("50:60:5")
    (50.0, 55.0, 60.0)
    """
    try:
        first, last, step = (Decimal(part.strip()) for part in text.split(":"))
    except (InvalidOperation, ValueError):
        first = last = step = Decimal("NaN")
    # As floats they are used: what overflows or vanishes there is none of them.
    if not all(math.isfinite(float(one)) for one in (first, last, step)):
        raise DataError(f"{text!r} is not a first value, a last one and a step, such as 50:120:5")
    if float(step) == 0.0:
        raise DataError(f"{text!r} has a step of 0, so it never gets from {first} to {last}")
    steps = (last - first) / step
    if steps < 0:
        raise DataError(f"{text!r} never gets from {first} to {last} by steps of {step}")
    if steps >= MOST_POINTS:
        raise DataError(f"{text!r} has more than {MOST_POINTS:,} values; take larger steps")
    return tuple(float(first + number * step) for number in range(int(steps) + 1))


def sweep(
    study: Study,
    scenario: Scenario | None,
    parameter: str,
    values: Sequence[float],
    *,
    commodities: Sequence[str] | None = None,
    year: int | None = None,
    options: SupplyOptions | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Balance producers and consumers for every value of a parameter.

    Parameters
    ----------
    study : Study
        What the world is.
    scenario : Scenario or None
        What is asked; None: the one that the study names.
    parameter : str
        ``price`` (what a tonne that does not come is worth, in USD per barrel if the one
        commodity that is balanced has ``t_per_barrel``, else per t), ``carbon-price`` (USD
        per t of CO2e) or ``year``.
    values : sequence of float
        Its values, in this order; see `parse_range`.
    commodities, year, options
        As those of `sogdia.supply`.
    progress : callable, optional
        Called with a stage, how much of it is done, and of how much.

    Returns
    -------
    DataFrame
        A row for each value and commodity: value, unit, commodity, need_kt, delivered_kt,
        unserved_kt, cost_musd (of all commodities together), price_usd_t (what one more
        tonne of need would cost, the mean over all need), co2_kt (CO2e of all ways), routes
        (corridor and kt, most first).

    Raises
    ------
    DataError
        For a parameter that is none, values that it cannot have, a price of several
        commodities, and whatever `sogdia.supply` refuses.
    ConvergenceError
        If the solver gives up.
    """
    options = options or SupplyOptions()
    _check(parameter, values, commodities)
    rows: list[dict[str, Any]] = []
    base: SupplyResult | None = None
    for number, value in enumerate(values):
        if progress is not None:
            progress("sweep", number, len(values))
        if base is None or parameter == YEAR:
            base = supply(
                study,
                scenario,
                commodities=commodities,
                year=int(value) if parameter == YEAR else year,
                options=options,
            )
        result, unit = base, YEAR
        if parameter == PRICE:
            result, unit = _priced(base, value)
        elif parameter == CARBON_PRICE:
            result, unit = _charged(base, value), CARBON_UNIT
        rows += _rows(result, value, unit)
    if progress is not None:
        progress("sweep", len(values), len(values))
    return pl.DataFrame(rows, schema=SCHEMA)


def _check(parameter: str, values: Sequence[float], commodities: Sequence[str] | None) -> None:
    if parameter not in SWEPT:
        raise DataError(f"{parameter!r} is none of {', '.join(SWEPT)}")
    if not 1 <= len(values) <= MOST_POINTS:
        raise DataError(f"{len(values):,} values are not from 1 to {MOST_POINTS:,}")
    if parameter == PRICE and commodities is not None and len(set(commodities)) > 1:
        _refuse_several(commodities)
    for value in values:
        if parameter == YEAR:
            if not YEARS[0] <= value <= YEARS[1] or value != int(value):
                raise DataError(f"{value:g} is no year from {YEARS[0]} to {YEARS[1]}")
        elif not 0 <= value < math.inf:
            raise DataError(f"{value:g} is no {parameter.replace('-', ' ')}: it is not >= 0")


def _refuse_several(commodities: Sequence[str]) -> None:
    raise DataError(
        f"a price is that of one commodity, and {', '.join(sorted(set(commodities)))} are "
        "balanced; name one"
    )


def _priced(base: SupplyResult, price: float) -> tuple[SupplyResult, str]:
    """Return the balance at another price; only what a lost tonne costs is new."""
    if len(base.commodities) > 1:
        _refuse_several(base.commodities)
    (name,) = base.commodities
    row = base.study.commodity.row(by_predicate=pl.col("commodity_id") == name, named=True)
    prices = {**base.options.price_usd_t, name: usd_t_of(price, row)}
    options = replace(base.options, price_usd_t=prices)
    market = market_of(base.study, base.year, base.commodities, options)
    values = market.sinks["value_usd_t"].to_numpy().copy()
    problem = replace(base.assembly.problem, value_usd_t=values)
    assembly = replace(base.assembly, problem=problem)
    return _solved(replace(base, options=options, market=market), assembly), traded_in(row)


def _charged(base: SupplyResult, price_usd_t: float) -> SupplyResult:
    """Return the balance at another carbon price; the networks and the market are the same."""
    options = replace(base.options, carbon_price_usd_t=price_usd_t)
    assembly = assemble(base.study, base.scenario, base.year, base.market, base.months, options)
    return _solved(replace(base, options=options), assembly)


def _solved(result: SupplyResult, assembly: Assembly) -> SupplyResult:
    program = Program(assembly.problem, result.solution.paths)
    return replace(result, assembly=assembly, program=program, solution=program.solve())


def _rows(result: SupplyResult, value: float, unit: str) -> list[dict[str, Any]]:
    need = (
        result.consumers.group_by("commodity")
        .agg(
            pl.col("need_kt", "delivered_kt", "unserved_kt").sum(),
            price_usd_t=(pl.col("price_usd_t") * pl.col("need_kt")).sum() / pl.col("need_kt").sum(),
        )
        .rows_by_key("commodity", named=True, unique=True)
    )
    nothing = {"need_kt": 0.0, "delivered_kt": 0.0, "unserved_kt": 0.0, "price_usd_t": None}
    co2 = _co2_kt(result)
    return [
        {
            "value": float(value),
            "unit": unit,
            "commodity": name,
            "cost_musd": result.cost_musd,
            "co2_kt": co2.get(name, 0.0),
            "routes": result.routes.filter(commodity=name).select("corridor", "kt").to_dicts(),
            **need.get(name, nothing),
        }
        for name in result.commodities
    ]


def _co2_kt(result: SupplyResult) -> Mapping[str, float]:
    emitted = result.flows.table.group_by("commodity").agg(
        co2_kt=(pl.col("kt") * pl.col("co2_kg_t")).sum() / KG_PER_T
    )
    return dict(emitted.iter_rows())
