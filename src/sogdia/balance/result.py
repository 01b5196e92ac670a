"""What a supply balance says, as frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from sogdia.balance.assemble import Assembly
from sogdia.balance.check import check_balance
from sogdia.balance.explain import binding, conflicts
from sogdia.balance.flows import Flows
from sogdia.balance.market import Market
from sogdia.balance.months import MONTHS, Months
from sogdia.balance.options import SupplyOptions
from sogdia.balance.problem import Solution
from sogdia.balance.program import Program
from sogdia.network.resource import own_ids
from sogdia.scenario import Scenario
from sogdia.study import Study

THOUSAND = 1000.0
LEAST_KT = 1e-6
LEAST_USD_T = 1e-6
PERCENT = 100.0
ALL_BUYERS = "all"


@dataclass(frozen=True, eq=False)
class SupplyResult:
    """A supply balance of a year; quantities are kt in the year unless a month stands beside.

    Attributes
    ----------
    study : Study
        With the scenario's changes.
    scenario : Scenario
        What was asked.
    year : int
        The year.
    options : SupplyOptions
        Embargo, contracts, prices.
    market : Market
        Producers, consumers and stocks.
    months : Months
        The networks of the year.
    assembly : Assembly
        The arrays, and names of their rows.
    program : Program
        The program, which can be solved again under stress.
    solution : Solution
        Its solution.
    seconds : mapping of str to float
        Time of each stage.
    """

    study: Study
    scenario: Scenario
    year: int
    options: SupplyOptions
    market: Market
    months: Months
    assembly: Assembly
    program: Program
    solution: Solution
    seconds: Mapping[str, float]

    @property
    def commodities(self) -> tuple[str, ...]:
        """What was balanced."""
        return self.market.commodities

    @property
    def cost_musd(self) -> float:
        """Cost of gates, ways, stocks and lost tonnes, million USD."""
        return self.solution.cost / THOUSAND

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader should know about the figures behind the balance."""
        return (*self.market.notices, *self._blind_blends())

    def _blind_blends(self) -> list[str]:
        """Say whose goods go into a blend without being known."""
        path = np.unique(self.solution.flow_path)
        supplier = self.assembly.pairs["supplier"].to_numpy()
        first = self.assembly.contracts.height
        told: dict[str, None] = {}
        for number, row in enumerate(self.assembly.blends.iter_rows(named=True), start=first):
            here = path[self.program.pool.passes(self.assembly.problem.limits[number].marked, path)]
            mixed = set(supplier[self.solution.paths.pair[here]]) & set(row["unknown"])
            for one in sorted(mixed):
                told[
                    f"{row['property']} of {row['commodity_id']} from {one} is not known, so the "
                    f"blend on {row['link_id']} leaves it out"
                ] = None
        return list(told)

    @cached_property
    def flows(self) -> Flows:
        """The flows with their names."""
        return Flows(self.market, self.months, self.assembly, self.solution, self.study.corridor)

    @cached_property
    def deliveries(self) -> pl.DataFrame:
        """Who delivers what to whom by which route, most first.

        ``transit`` lists the countries passed on the way, ``cost_usd_t`` is gate and way,
        with time and carbon where these cost. What comes into a consumer's stock counts.
        """
        weight = pl.col("kt")

        def mean(value: pl.Expr) -> pl.Expr:
            return (value * weight).sum() / weight.sum()

        return (
            self.flows.table.group_by(
                "commodity",
                "supplier",
                "supplier_country",
                "owner_country",
                "consumer",
                "consumer_country",
                "corridor",
                "transit",
            )
            .agg(
                weight.sum(),
                cost_usd_t=mean(pl.col("gate_usd_t") + pl.col("way_usd_t")),
                days=mean(pl.col("days")),
                co2_kg_t=mean(pl.col("co2_kg_t")),
            )
            .filter(weight > LEAST_KT)
            .sort(
                "commodity",
                "kt",
                "supplier",
                "consumer",
                "owner_country",
                "corridor",
                "days",
                descending=[False, True, False, False, False, False, False],
            )
        )

    @cached_property
    def months_table(self) -> pl.DataFrame:
        """Need, deliveries and price of every consumer in every month (``months.parquet``)."""
        one = self.assembly.problem
        sinks = self.market.sinks[np.repeat(np.arange(one.sinks), MONTHS)]
        unserved = self.solution.unserved_kt.ravel()
        need = one.need_kt.ravel()
        return sinks.select(
            "commodity", "consumer", "consumer_country", "value_usd_t"
        ).with_columns(
            month=pl.Series(np.tile(np.arange(1, MONTHS + 1), one.sinks)),
            need_kt=pl.Series(need),
            delivered_kt=pl.Series(need - unserved),
            unserved_kt=pl.Series(unserved),
            price_usd_t=pl.Series(self.solution.price_usd_t.ravel()),
        )

    @cached_property
    def consumers(self) -> pl.DataFrame:
        """Need, deliveries and what does not come, by consumer."""
        return (
            self.months_table.group_by(
                "commodity", "consumer", "consumer_country", "value_usd_t", maintain_order=True
            )
            .agg(
                pl.col("need_kt", "delivered_kt", "unserved_kt").sum(),
                price_usd_t=(pl.col("price_usd_t") * pl.col("need_kt")).sum()
                / pl.col("need_kt").sum(),
            )
            .with_columns(
                share=pl.col("unserved_kt") / pl.col("need_kt"),
                value_musd=pl.col("unserved_kt") * pl.col("value_usd_t") / THOUSAND,
            )
        )

    @cached_property
    def unserved(self) -> pl.DataFrame:
        """What does not come, most first; empty where all that is needed does."""
        return (
            self.consumers.filter(pl.col("unserved_kt") > LEAST_KT)
            .select(
                "commodity",
                "consumer",
                "consumer_country",
                "need_kt",
                pl.col("unserved_kt").alias("kt"),
                "share",
                "value_musd",
            )
            .sort("commodity", "kt", "consumer", descending=[False, True, False])
        )

    @cached_property
    def suppliers(self) -> pl.DataFrame:
        """What every producer can ship, ships, and would earn by one more tonne of capacity."""
        shipped = self.flows.table.group_by("source").agg(shipped_kt=pl.col("kt").sum())
        rent = self.solution.rent_usd_t
        return (
            self.market.sources.with_row_index("source")
            .join(shipped, on="source", how="left", maintain_order="left")
            .with_columns(
                pl.col("shipped_kt").fill_null(0.0), rent_usd_t=pl.Series(rent @ self.months.share)
            )
            .with_columns(months_binding=pl.Series((rent > LEAST_USD_T).sum(axis=1)))
            .drop("source")
        )

    @cached_property
    def elements(self) -> pl.DataFrame:
        """What passes everything that has a capacity, and what more room there is worth.

        ``shadow_usd_t`` is the price of the room that a tonne takes, the mean over what
        passes; ``value_musd_unit`` what one more kt (or thousand TEU) of yearly capacity
        would save in the year, million USD.
        """
        one = self.assembly.problem
        units, kt = self.flows.resource_flow()
        scarcity = np.maximum(self.solution.scarcity, 0.0)
        with np.errstate(invalid="ignore"):
            paid = (scarcity * units).sum(axis=1)
        total = kt.sum(axis=1)
        room = np.where(np.isfinite(one.room), one.room, 0.0).sum(axis=1)
        flow = units.sum(axis=1)
        shadow = np.divide(paid, total, out=scarcity.mean(axis=1), where=total > 0)
        return (
            self.assembly.resource.with_columns(
                element=own_ids("row_id"),
                capacity=pl.Series(room),
                flow=pl.Series(flow),
                paid=pl.Series(shadow * np.where(total > 0, total, 1.0)),
                weight=pl.Series(np.where(total > 0, total, 1.0)),
                value_musd_unit=pl.Series(scarcity @ self.months.share / THOUSAND),
                months_binding=pl.Series((scarcity > LEAST_USD_T).sum(axis=1)),
            )
            # What an event split by kind of cargo is one element again.
            .group_by("kind", "element", "forward", "unit", maintain_order=True)
            .agg(
                pl.col("capacity", "flow").sum(),
                shadow_usd_t=pl.col("paid").sum() / pl.col("weight").sum(),
                value_musd_unit=pl.col("value_musd_unit").max(),
                months_binding=pl.col("months_binding").max(),
            )
            .with_columns(
                utilisation=pl.when(pl.col("capacity") > 0).then(
                    pl.col("flow") / pl.col("capacity")
                )
            )
            .sort("kind", "element", "forward", "unit", nulls_last=False)
        )

    @cached_property
    def contracts(self) -> pl.DataFrame:
        """What contracts ask for, what goes, what is short, and what the agreement costs.

        ``shadow_usd_t`` is positive where a floor costs (per tonne of it), negative where a
        right is used up, and null where the floor cannot be kept: ``conflict`` says why.
        """
        table = self.assembly.contracts
        count = table.height
        duals = self.solution.limit_usd_t[:count]
        missed = (self.solution.elastic or self.solution).short_kt[:count]
        short = [float(one.sum()) for one in missed]
        return table.select(
            contract="contract_id",
            name="name",
            commodity="commodity_id",
            least_kt="least_kt_y",
            most_kt="most_kt_y",
        ).with_columns(
            kt=pl.Series([self._limit_flow(number) for number in range(count)], dtype=pl.Float64),
            short_kt=pl.Series(short, dtype=pl.Float64),
            shadow_usd_t=pl.Series(
                [
                    None if missing > LEAST_KT else float(one[0])
                    for one, missing in zip(duals, short, strict=True)
                ],
                dtype=pl.Float64,
            ),
            conflict=pl.Series(conflicts(self), dtype=pl.String),
        )

    def _limit_flow(self, number: int) -> float:
        """Sum of flows as a limit counts them, kt in the year."""
        limit, pool = self.assembly.problem.limits[number], self.program.pool
        path = self.solution.flow_path
        pair = self.solution.paths.pair[path]
        passes = pool.passes(limit.marked, path) if limit.marked else np.zeros(len(path))
        counted = limit.by_pair[pair] + limit.by_arc[pair] * passes
        return float(counted @ self.solution.flow_kt)

    @cached_property
    def blends(self) -> pl.DataFrame:
        """What the mixtures on links are like, the mean over what passes in the year."""
        first = self.assembly.contracts.height
        rows = []
        for number, row in enumerate(self.assembly.blends.iter_rows(named=True), start=first):
            limit = self.assembly.problem.limits[number]
            path = self.solution.flow_path
            pair = self.solution.paths.pair[path]
            here = self.program.pool.passes(limit.marked, path) & (limit.by_arc[pair] != 0.0)
            kt = float(self.solution.flow_kt[here].sum())
            beyond = float(limit.by_arc[pair][here] @ self.solution.flow_kt[here])
            sign = 1.0 if row["bound"] == "most" else -1.0
            dual = self.solution.limit_usd_t[number]
            rows.append(
                {
                    "link": row["link_id"],
                    "commodity": row["commodity_id"],
                    "property": row["property"],
                    "bound": row["bound"],
                    "limit": row["value"],
                    "value": row["value"] + sign * beyond / kt if kt > LEAST_KT else None,
                    "kt": kt,
                    "shadow_usd_t": float(-dual @ self.months.share),
                    "months_binding": int((dual < -LEAST_USD_T).sum()),
                }
            )
        schema = {
            "link": pl.String,
            "commodity": pl.String,
            "property": pl.String,
            "bound": pl.String,
            "limit": pl.Float64,
            "value": pl.Float64,
            "kt": pl.Float64,
            "shadow_usd_t": pl.Float64,
            "months_binding": pl.Int64,
        }
        return pl.DataFrame(rows, schema=schema)

    @cached_property
    def stocks(self) -> pl.DataFrame:
        """Level of every stock at the end of each month, what came in, went out, was lost."""
        stocks, count = self.assembly.problem.stocks, self.market.stocks.height
        level = self.solution.level_kt
        earlier = np.hstack([stocks.opening_kt[:, None], level[:, :-1]])
        lost = stocks.loss[:, None] * earlier
        change = level - (earlier - lost)
        rows = self.market.stocks[np.repeat(np.arange(count), MONTHS)]
        return rows.select(node="node_id", commodity="commodity_id").with_columns(
            month=pl.Series(np.tile(np.arange(1, MONTHS + 1), count), dtype=pl.Int64),
            level_kt=pl.Series(level.ravel()),
            filled_kt=pl.Series(np.maximum(change, 0.0).ravel()),
            drawn_kt=pl.Series(np.maximum(-change, 0.0).ravel()),
            lost_kt=pl.Series(lost.ravel()),
            worth_usd_t=pl.Series(self.solution.price_usd_t[stocks.sink].ravel()),
        )

    @cached_property
    def links(self) -> pl.DataFrame:
        """What goes over each link, by commodity and direction."""
        return self.flows.links

    @cached_property
    def paths(self) -> pl.DataFrame:
        """Every path that is used, with its legs."""
        return (
            self.flows.table.group_by(
                "commodity", "supplier", "consumer", "corridor", "legs", maintain_order=True
            )
            .agg(pl.col("kt").sum())
            .sort("commodity", "kt", "supplier", "consumer", descending=[False, True, False, False])
        )

    @cached_property
    def routes(self) -> pl.DataFrame:
        """Deliveries by commodity and corridor."""
        return (
            self.deliveries.group_by("commodity", "corridor")
            .agg(pl.col("kt").sum())
            .sort("commodity", "kt", "corridor", descending=[False, True, False])
        )

    @cached_property
    def binding(self) -> pl.DataFrame:
        """What would save cost if it were wider, dearest first, producers last; in words too."""
        return binding(self)

    @cached_property
    def concentration(self) -> pl.DataFrame:
        """Herfindahl-Hirschman indices (0 to 10,000) of deliveries by supplier and by route.

        Suppliers are counted by their country (Herfindahl, 1950; Hirschman, 1945), routes by
        corridor; ``buyers`` is all of them together, or the country of the consumers.
        """
        frames = []
        table = self.deliveries.with_columns(buyers=pl.lit(ALL_BUYERS))
        by_country = self.deliveries.with_columns(buyers=pl.col("consumer_country"))
        whole = ["commodity", "buyers"]
        both = pl.concat([table, by_country]).drop_nulls("buyers")
        for name, column in (("suppliers", "supplier_country"), ("routes", "corridor")):
            shares = (
                both.group_by(*whole, column)
                .agg(pl.col("kt").sum())
                .with_columns(share=pl.col("kt") / pl.col("kt").sum().over(whole))
                .sort(*whole, "share", column, descending=[False, False, True, False])
            )
            frames.append(
                shares.group_by(whole, maintain_order=True).agg(
                    (PERCENT * pl.col("share")).pow(2).sum().alias(f"hhi_{name}"),
                    pl.col(column).first().alias(f"largest_{name[:-1]}"),
                    pl.col("share").first().alias(f"share_of_largest_{name[:-1]}"),
                )
            )
        return frames[0].join(frames[1], on=whole, how="left", maintain_order="left")

    @cached_property
    def avoiding(self) -> pl.DataFrame:
        """Through which countries goods pass on their way, and the share that does not."""
        total = self.deliveries.group_by("commodity").agg(total=pl.col("kt").sum())
        return (
            self.deliveries.select("commodity", "kt", country="transit")
            .explode("country", empty_as_null=True)
            .drop_nulls("country")
            .group_by("commodity", "country")
            .agg(kt_through=pl.col("kt").sum())
            .join(total, on="commodity", how="left")
            .select(
                "commodity",
                "country",
                "kt_through",
                share_avoiding=1.0 - pl.col("kt_through") / pl.col("total"),
            )
            .sort("commodity", "kt_through", "country", descending=[False, True, False])
        )

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames that a folder keeps, by the name of their file."""
        return {
            "deliveries": self.deliveries,
            "consumers": self.consumers,
            "unserved": self.unserved,
            "months": self.months_table,
            "suppliers": self.suppliers,
            "routes": self.routes,
            "elements": self.elements,
            "binding": self.binding,
            "contracts": self.contracts,
            "blends": self.blends,
            "stocks": self.stocks,
            "links": self.links,
            "paths": self.paths,
            "concentration": self.concentration,
            "avoiding": self.avoiding,
        }

    def check(self) -> None:
        """Recompute what the balance claims, from its paths and the arrays, by other means.

        Raises
        ------
        CheckError
            If flows do not balance at a state, a bound is exceeded, prices do not prove the
            optimum, or what binds has no price.
        """
        check_balance(self.assembly.problem, self.solution)
