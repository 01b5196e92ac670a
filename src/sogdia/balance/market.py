"""Who ships and who needs what in a year: the tables of a study as sources and sinks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from sogdia.balance.options import SupplyOptions
from sogdia.errors import DataError, Problem
from sogdia.study import Study
from sogdia.study.check import unknown_value

NEEDED_BY = {"supply": "capacity_kt_y", "consumption": "quantity_kt"}


@dataclass(frozen=True, slots=True)
class Market:
    """Producers, consumers and stocks of some commodities in a year.

    Attributes
    ----------
    commodities : tuple of str
        What is balanced.
    sources : DataFrame
        commodity, supplier, supplier_country, owner_country, tranche (ordinary or spare),
        capacity_kt (per year), cost_usd_t.
    sinks : DataFrame
        commodity, consumer, consumer_country, need_kt (per year), value_usd_t.
    stocks : DataFrame
        Rows of table ``stock``, with the number of the sink whose they are.
    notices : tuple of str
        What a reader should know about where the figures come from.
    """

    commodities: tuple[str, ...]
    sources: pl.DataFrame
    sinks: pl.DataFrame
    stocks: pl.DataFrame
    notices: tuple[str, ...]


@dataclass(slots=True)
class _Said:
    """What is to be said about rows: table, commodity and year."""

    older: dict[str, dict[str, int]] = field(default_factory=dict)
    from_demand: dict[str, dict[str, int]] = field(default_factory=dict)

    def sentences(self, year: int) -> list[str]:
        """Return one sentence for each table and each thing that is to be said of it."""
        return [
            f"{table} is older than {year} for {_listed(years)}"
            for table, years in self.older.items()
        ] + [
            f"{table} is taken from demand for {_listed(years)}"
            for table, years in self.from_demand.items()
        ]


def _listed(years: dict[str, int]) -> str:
    return ", ".join(f"{commodity} ({year})" for commodity, year in years.items())


def market_of(
    study: Study, year: int, commodities: Sequence[str] | None, options: SupplyOptions
) -> Market:
    """Return who ships and who needs what.

    Of each producer's and each consumer's rows the newest that is not after the year holds.
    A commodity without rows in a table takes them from the year's demand: its consumption is
    what its producers send to each destination, its supply what each origin sends; and that
    is said.

    Parameters
    ----------
    study : Study
        The study under the scenario.
    year : int
        The year.
    commodities : sequence of str or None
        What is balanced; None: all that table ``supply`` names, or, where it is empty, all
        that demand does.
    options : SupplyOptions
        Whose prices, whether spare capacity counts.

    Returns
    -------
    Market
        Sources, sinks and stocks.

    Raises
    ------
    DataError
        For a commodity that is none, and for a year without data.
    """
    names = _chosen(study, commodities)
    problems: list[Problem] = []
    said = _Said()
    supplies, needs = [], []
    for name in names:
        supply, found = _rows(study, "supply", name, year, said)
        supplies.append(supply)
        problems += found
        need, found = _rows(study, "consumption", name, year, said)
        needs.append(need)
        problems += found
    unknown = [name for name in options.price_usd_t if name not in names]
    problems += [Problem(f"{name!r} is not balanced here", "price") for name in unknown]
    if problems:
        raise DataError(problems)
    country = study.node.select("node_id", "country")
    sinks = _sinks(study, pl.concat(needs), country, options)
    stocks, idle = _stocks(study, names, sinks)
    return Market(
        commodities=names,
        sources=_sources(study, pl.concat(supplies), country, options),
        sinks=sinks,
        stocks=stocks,
        notices=(*said.sentences(year), *idle),
    )


def _chosen(study: Study, commodities: Sequence[str] | None) -> tuple[str, ...]:
    known = study.commodity["commodity_id"]
    if commodities is None:
        table = study.supply if study.supply.height else study.demand
        named = set(table["commodity_id"])
        if not named:
            raise DataError("the study names neither supply nor demand, so nothing is balanced")
        return tuple(name for name in known if name in named)
    unknown = [name for name in commodities if name not in set(known)]
    if unknown:
        raise DataError(
            [Problem(unknown_value(name, "table commodity", known)) for name in unknown]
        )
    return tuple(dict.fromkeys(commodities))


def _rows(
    study: Study, table: str, commodity: str, year: int, said: _Said
) -> tuple[pl.DataFrame, list[Problem]]:
    """The rows of a commodity that hold in a year, from a table or from demand."""
    frame = study.frames()[table].filter(pl.col("commodity_id") == commodity)
    if frame.is_empty():
        return _from_demand(study, table, commodity, year, said)
    held = frame.filter(pl.col("year") <= year)
    if held.is_empty():
        return frame, [_no_data(table, commodity, year, frame["year"])]
    newest = held.filter(pl.col("year") == pl.col("year").max().over("node_id"))
    oldest = min(newest["year"])
    if oldest < year:
        said.older.setdefault(table, {})[commodity] = oldest
    return newest, []


def _from_demand(
    study: Study, table: str, commodity: str, year: int, said: _Said
) -> tuple[pl.DataFrame, list[Problem]]:
    amount = NEEDED_BY[table]
    empty = study.frames()[table].clear()
    demand = study.demand.filter(pl.col("commodity_id") == commodity)
    producers = study.supply.filter(pl.col("commodity_id") == commodity)["node_id"]
    if table == "consumption" and not producers.is_empty():
        demand = demand.filter(pl.col("origin").is_in(producers.implode()))
    held = demand.filter(pl.col("year") <= year)
    if held.is_empty():
        return empty, [_no_data(table, commodity, year, demand["year"])]
    of_year = held.filter(pl.col("year") == held["year"].max())
    place = "origin" if table == "supply" else "destination"
    said.from_demand.setdefault(table, {})[commodity] = int(of_year["year"][0])
    rows = (
        of_year.group_by(pl.col(place).alias("node_id"), "commodity_id", "year")
        .agg(pl.col("quantity_kt").sum().alias(amount))
        .sort("node_id")
    )
    return pl.concat([empty, rows.cast(pl.Schema({"year": pl.Int32}))], how="diagonal"), []


def _no_data(table: str, commodity: str, year: int, years: Iterable[int]) -> Problem:
    there = sorted(set(years))
    hint = f"the first is of {there[0]}" if there else "nor is there any demand for it"
    return Problem(f"{commodity!r} has no row for {year} or before; {hint}", f"table {table}")


def _sources(
    study: Study, supply: pl.DataFrame, country: pl.DataFrame, options: SupplyOptions
) -> pl.DataFrame:
    """One row per producer, country of owners and tranche."""
    supply = supply.join(country, on="node_id", how="left", maintain_order="left")
    owned = (
        study.ownership.group_by(
            "node_id", "commodity_id", pl.col("country").alias("owner_country")
        )
        .agg(pl.col("share").sum())
        .sort("node_id", "commodity_id", "owner_country")
    )
    rest = owned.group_by("node_id", "commodity_id").agg(rest=1.0 - pl.col("share").sum())
    key = ["node_id", "commodity_id"]
    named = supply.join(owned, on=key, how="inner", maintain_order="left")
    own = supply.join(rest, on=key, how="left", maintain_order="left").with_columns(
        share=pl.col("rest").fill_null(1.0), owner_country=pl.col("country")
    )
    # An owner from the producer's own country and the rest that no row names are one.
    owners = (
        pl.concat(
            [
                named.select(*supply.columns, "owner_country", "share"),
                own.select(*supply.columns, "owner_country", "share"),
            ]
        )
        .group_by(*supply.columns, "owner_country", maintain_order=True)
        .agg(pl.col("share").sum())
        .filter(pl.col("share") > 1e-12)
    )
    gate = pl.col("cost_usd_t").fill_null(0.0)
    ordinary = owners.with_columns(
        tranche=pl.lit("ordinary"), capacity=pl.col("capacity_kt_y") * pl.col("share"), gate=gate
    )
    spare = owners.filter(pl.col("spare_kt_y") > 0).with_columns(
        tranche=pl.lit("spare"),
        capacity=pl.col("spare_kt_y") * pl.col("share"),
        gate=pl.coalesce("spare_cost_usd_t", gate),
    )
    parts = [ordinary, spare] if options.spare else [ordinary]
    return (
        pl.concat(parts)
        .select(
            commodity="commodity_id",
            supplier="node_id",
            supplier_country="country",
            owner_country="owner_country",
            tranche="tranche",
            capacity_kt="capacity",
            cost_usd_t="gate",
        )
        .sort("commodity", "supplier", "tranche", "owner_country")
    )


def _sinks(
    study: Study, consumption: pl.DataFrame, country: pl.DataFrame, options: SupplyOptions
) -> pl.DataFrame:
    value = study.commodity.select("commodity_id", worth="value_usd_t")
    given = {name: float(price) for name, price in options.price_usd_t.items()}
    price = pl.col("commodity_id").replace_strict(given, default=None, return_dtype=pl.Float64)
    return (
        consumption.join(country, on="node_id", how="left", maintain_order="left")
        .join(value, on="commodity_id", how="left", maintain_order="left")
        .filter(pl.col("quantity_kt") > 0)
        .select(
            commodity="commodity_id",
            consumer="node_id",
            consumer_country="country",
            need_kt="quantity_kt",
            value_usd_t=pl.coalesce(price, "value_usd_t", "worth"),
        )
        .sort("commodity", "consumer")
    )


def _stocks(
    study: Study, names: Sequence[str], sinks: pl.DataFrame
) -> tuple[pl.DataFrame, list[str]]:
    """Stocks with the consumers that draw on them, and a word on those that serve nobody."""
    numbered = sinks.with_row_index("sink").select(
        "sink", commodity_id="commodity", node_id="consumer"
    )
    table = (
        study.stock.filter(pl.col("commodity_id").is_in(names))
        .join(numbered, on=["commodity_id", "node_id"], how="left")
        .sort("commodity_id", "node_id")
    )
    idle = table.filter(pl.col("sink").is_null())
    said = [
        f"the stock of {commodity} at {node} serves nobody: no consumer there needs it"
        for commodity, node in idle.select("commodity_id", "node_id").iter_rows()
    ]
    return table.drop_nulls("sink"), said
