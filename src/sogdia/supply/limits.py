"""Contracts and blends as limits of a balance, and the arcs by which they are counted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from sogdia.network.model import Bools
from sogdia.study import Study
from sogdia.supply.market import Market
from sogdia.supply.months import MonthNetwork, Months
from sogdia.supply.problem import Limit


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
) -> tuple[pl.DataFrame, list[Limit], tuple[str, ...]]:
    """A limit for each end of a blend: the mean over what flows keeps to it every month."""
    rows, limits = [], []
    blind: dict[str, None] = {}
    quality = {
        (node, commodity, name): value
        for node, commodity, name, value in study.quality.select(
            "node_id", "commodity_id", "property", "value"
        ).iter_rows()
    }
    mine = study.blend.filter(pl.col("commodity_id").is_in(market.commodities))
    for row in mine.sort("link_id", "commodity_id", "property").iter_rows(named=True):
        values = np.full(pairs.height, np.nan)
        for pair, (commodity, supplier) in enumerate(
            pairs.select("commodity", "supplier").iter_rows()
        ):
            if commodity != row["commodity_id"]:
                continue
            known = quality.get((supplier, commodity, row["property"]))
            if known is None:
                blind[f"{row['property']} of {commodity} from {supplier}"] = None
            else:
                values[pair] = known
        marked = tuple(marked_arcs(one, "link", row["link_id"]) for one in months.networks)
        for bound, sign in (("least", -1.0), ("most", 1.0)):
            if row[bound] is None:
                continue
            periods = len(months.network)
            rows.append({**row, "bound": bound, "value": row[bound]})
            limits.append(
                Limit(
                    name=f"{row['link_id']} {row['property']}",
                    marked=marked,
                    by_arc=np.nan_to_num(sign * (values - row[bound])),
                    by_pair=np.zeros(pairs.height),
                    lower=np.full(periods, -np.inf),
                    upper=np.zeros(periods),
                )
            )
    columns = {
        "link_id": pl.String,
        "commodity_id": pl.String,
        "property": pl.String,
        "bound": pl.String,
        "value": pl.Float64,
    }
    table = pl.DataFrame([{name: one[name] for name in columns} for one in rows], schema=columns)
    notices = (f"not known, and left out of blends: {', '.join(blind)}",) if blind else ()
    return table, limits, notices
