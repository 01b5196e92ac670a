"""Contracts and blends as limits of a balance, and the arcs by which they are counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from sogdia.balance.market import Market
from sogdia.balance.months import MonthNetwork, Months
from sogdia.balance.problem import Limit
from sogdia.network.model import Bools
from sogdia.study import Study

BLEND: dict[str, pl.DataType] = {
    "link_id": pl.String(),
    "commodity_id": pl.String(),
    "property": pl.String(),
    "bound": pl.String(),
    "value": pl.Float64(),
    "unknown": pl.List(pl.String()),
}


def marked_arcs(month: MonthNetwork, kind: str | None, element: str) -> Bools:
    """Return the arcs by which goods come to an element: a path has one of them at most.

    Parameters
    ----------
    month : MonthNetwork
        The network.
    kind : str or None
        link, terminal or service, or node or country, which are entered or started from.
    element : str
        Its identifier.

    Returns
    -------
    ndarray of bool, shape (arcs,)
        True for arcs that are, or lead into, the element.
    """
    bears = month.marks.of(element)
    if kind not in {"node", "country"}:
        return bears
    arc, state = month.network.arc, month.network.state
    column = "node_id" if kind == "node" else "country"
    inside = (state[column] == element).fill_null(value=False).to_numpy()
    starts = (arc["kind"] == "access").to_numpy() & inside[month.network.head]
    return np.asarray(bears & (~inside[month.network.tail] | starts))


def contracts_in(study: Study, year: int, market: Market) -> pl.DataFrame:
    """Return the contracts about a market's goods that hold in a year."""
    holds = (pl.col("from_year") <= year) & (pl.col("until_year") >= year).fill_null(value=True)
    mine = pl.col("commodity_id").is_in(market.commodities)
    return study.contract.filter(holds & mine).sort("contract_id")


def contract_limits(
    contracts: pl.DataFrame, pairs: pl.DataFrame, months: Months
) -> Iterator[Limit]:
    """Yield the limit of each contract: what goes as agreed, in the whole year."""
    for row in contracts.iter_rows(named=True):
        member = pl.col("commodity") == row["commodity_id"]
        if row["supplier"] is not None:
            member &= pl.col("supplier") == row["supplier"]
        if row["consumer"] is not None:
            member &= pl.col("consumer") == row["consumer"]
        of = pairs.select(member.cast(pl.Float64))[:, 0].to_numpy().copy()
        nothing = np.zeros(len(of))
        kind = row["element_kind"]
        marked = (
            ()
            if kind is None
            else tuple(marked_arcs(one, kind, row["element_id"]) for one in months.networks)
        )
        least, most = row["least_kt_y"], row["most_kt_y"]
        yield Limit(
            name=row["contract_id"],
            marked=marked,
            by_arc=of if marked else nothing,
            by_pair=nothing if marked else of,
            lower=np.array([-np.inf if least is None else least]),
            upper=np.array([np.inf if most is None else most]),
        )


def blend_limits(
    study: Study, market: Market, pairs: pl.DataFrame, months: Months
) -> tuple[pl.DataFrame, list[Limit]]:
    """Return a limit for each end of each blend, and the table of them.

    The mean over what flows keeps to a limit every month. What a producer's goods are like
    is not always known; then they are taken to be as the limit is.
    """
    rows: list[dict[str, Any]] = []
    limits = []
    mine = study.blend.filter(pl.col("commodity_id").is_in(market.commodities))
    for row in mine.sort("link_id", "commodity_id", "property").iter_rows(named=True):
        of = pairs.with_columns(property=pl.lit(row["property"])).join(
            study.quality.select(
                pl.col("property").cast(pl.String),
                "value",
                supplier="node_id",
                commodity="commodity_id",
            ),
            on=["supplier", "commodity", "property"],
            how="left",
            maintain_order="left",
        )
        here = pl.col("commodity") == row["commodity_id"]
        unknown = of.filter(here & pl.col("value").is_null())["supplier"].unique().sort()
        marked = tuple(marked_arcs(one, "link", row["link_id"]) for one in months.networks)
        for bound, sign in (("least", -1.0), ("most", 1.0)):
            if row[bound] is None:
                continue
            beyond = pl.when(here).then(sign * (pl.col("value") - row[bound])).fill_null(0.0)
            rows.append(row | {"bound": bound, "value": row[bound], "unknown": unknown.to_list()})
            limits.append(
                Limit(
                    name=f"{row['link_id']} {row['property']}",
                    marked=marked,
                    by_arc=of.select(beyond)[:, 0].to_numpy().copy(),
                    by_pair=np.zeros(pairs.height),
                    lower=np.full(len(months.network), -np.inf),
                    upper=np.zeros(len(months.network)),
                )
            )
    table = pl.DataFrame([{name: one[name] for name in BLEND} for one in rows], schema=BLEND)
    return table, limits
