"""Duals in words: what binds, what widening it would be worth, and what contradicts what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sogdia.balance.months import MONTHS
from sogdia.balance.problem import Solution
from sogdia.balance.program import PENALTY

if TYPE_CHECKING:
    from sogdia.balance.result import SupplyResult

LEAST_USD_T = 1e-6
LEAST_KT = 1e-6
TONNES = {"kt": "kt", "kteu": "thousand TEU"}
COLUMNS = {
    "kind": pl.String,
    "element": pl.String,
    "forward": pl.Boolean,
    "commodity": pl.String,
    "shadow_usd_t": pl.Float64,
    "value_musd_unit": pl.Float64,
    "unit": pl.String,
    "months_binding": pl.Int64,
    "why": pl.String,
}


def binding(result: SupplyResult) -> pl.DataFrame:
    """Return what would save cost if it were wider, dearest first, and producers last.

    Parameters
    ----------
    result : SupplyResult
        A balance.

    Returns
    -------
    DataFrame
        kind, element, forward (of a service), commodity (null where several share it),
        shadow_usd_t, value_musd_unit, unit, months_binding, why.
    """
    rows = [*_elements(result), *_suppliers(result), *_contracts(result), *_blends(result)]
    table = [dict.fromkeys(COLUMNS) | row for row in rows]
    producers = pl.col("kind") == "supplier"
    return pl.DataFrame(table, schema=COLUMNS).sort(
        producers, "shadow_usd_t", "kind", "element", descending=[False, True, False, False]
    )


def _elements(result: SupplyResult) -> list[dict[str, object]]:
    rows = []
    lost = result.consumers.filter(pl.col("unserved_kt") > LEAST_KT)
    for row in result.elements.filter(pl.col("months_binding") > 0).iter_rows(named=True):
        months = _months(row["months_binding"])
        way = {True: " outward", False: " back"}.get(row["forward"], "")
        worth = (
            f"one more {TONNES[row['unit']]} a year would save {row['value_musd_unit']:.3f} MUSD"
        )
        beyond = (
            "what finds no room is not delivered or goes a dearer way"
            if lost.height
            else "what finds no room goes a dearer way or is bought elsewhere"
        )
        rows.append(
            {
                "kind": row["kind"],
                "element": row["element"],
                "forward": row["forward"],
                "commodity": None,
                "shadow_usd_t": row["shadow_usd_t"],
                "value_musd_unit": row["value_musd_unit"],
                "unit": row["unit"],
                "months_binding": row["months_binding"],
                "why": f"full{way} in {months}: {beyond}; {worth}",
            }
        )
    return rows


def _months(count: int) -> str:
    return "every month" if count == MONTHS else f"{count} of {MONTHS} months"


def _suppliers(result: SupplyResult) -> list[dict[str, object]]:
    """Producers that ship all they can, and would earn by more; those of a place together."""
    table = (
        result.suppliers.filter((pl.col("rent_usd_t") > LEAST_USD_T) & (pl.col("shipped_kt") > 0))
        .group_by("commodity", "supplier", maintain_order=True)
        .agg(
            (pl.col("rent_usd_t") * pl.col("shipped_kt")).sum() / pl.col("shipped_kt").sum(),
            pl.col("shipped_kt").sum(),
            pl.col("months_binding").max(),
        )
    )
    return [
        {
            "kind": "supplier",
            "element": row["supplier"],
            "commodity": row["commodity"],
            "shadow_usd_t": row["rent_usd_t"],
            "value_musd_unit": row["rent_usd_t"] / 1000.0,
            "unit": "kt",
            "months_binding": row["months_binding"],
            "why": f"ships all its {row['commodity']} in {_months(row['months_binding'])}, "
            f"{row['shipped_kt']:.0f} kt in the year: one more kt would save "
            f"{row['rent_usd_t'] / 1000.0:.3f} MUSD",
        }
        for row in table.iter_rows(named=True)
    ]


def _contracts(result: SupplyResult) -> list[dict[str, object]]:
    """Contracts that are kept and cost something; those that are not have no price."""
    rows = []
    kept = pl.col("short_kt") <= LEAST_KT
    costs = pl.col("shadow_usd_t").abs() > LEAST_USD_T
    for row in result.contracts.filter(kept & costs).iter_rows(named=True):
        dual = row["shadow_usd_t"]
        if dual > 0:
            why = f"is a floor of {row['least_kt']:.0f} kt: a tonne of it costs {dual:.2f} USD more"
        else:
            why = (
                f"is used up at {row['most_kt']:.0f} kt: one more tonne would save {-dual:.2f} USD"
            )
        rows.append(
            {
                "kind": "contract",
                "element": row["contract"],
                "commodity": row["commodity"],
                "shadow_usd_t": abs(dual),
                "value_musd_unit": abs(dual) / 1000.0,
                "unit": "kt",
                "months_binding": MONTHS,  # a contract is about the whole year
                "why": why,
            }
        )
    return rows


def _blends(result: SupplyResult) -> list[dict[str, object]]:
    return [
        {
            "kind": "blend",
            "element": row["link"],
            "commodity": row["commodity"],
            "shadow_usd_t": row["shadow_usd_t"],
            "value_musd_unit": None,
            "unit": row["property"],
            "months_binding": row["months_binding"],
            "why": f"the mixture is at its limit of {row['limit']:g} ({row['property']}, at "
            f"{row['bound']}) in {_months(row['months_binding'])}: a tonne that is one unit "
            f"beyond it costs {row['shadow_usd_t']:.2f} USD",
        }
        for row in result.blends.filter(pl.col("months_binding") > 0).iter_rows(named=True)
    ]


def conflicts(result: SupplyResult) -> list[str | None]:
    """Name, for each contract whose floor cannot be kept, what stands against it.

    The floor is relaxed at a penalty (an elastic program: Brown and Graves, 1975); what then
    costs as much as the penalty is what contradicts it.

    Parameters
    ----------
    result : SupplyResult
        A balance.

    Returns
    -------
    list of str or None
        A text for each contract; None where it is kept.
    """
    texts: list[str | None] = []
    for number in range(result.assembly.contracts.height):
        solution = result.solution.elastic or result.solution
        short = float(solution.short_kt[number].sum())
        texts.append(_against(result, number) if short > LEAST_KT else None)
    return texts


def _against(result: SupplyResult, number: int) -> str:
    solution = result.solution.elastic or result.solution
    limit, pool = result.assembly.problem.limits[number], result.program.pool
    path = np.arange(pool.count)
    pair = pool.pair
    passes = pool.passes(limit.marked, path) if limit.marked else np.zeros(len(path))
    mine = np.flatnonzero(limit.by_pair[pair] + limit.by_arc[pair] * passes > 0)
    if not len(mine):
        return "no way leads there"
    high = float(solution.limit_usd_t[number][0]) / (2.0 * PENALTY)
    return (
        ", ".join([*_dear_rows(result, solution, mine, high)]) or "nothing else is left to give up"
    )


def _dear_rows(
    result: SupplyResult, solution: Solution, paths: np.ndarray, high: float
) -> list[str]:
    """Bounds on some paths whose price is at least `high`."""
    one, pool = result.assembly.problem, result.program.pool
    source = np.unique(one.pair_source[pool.pair[paths]])
    source = source[source < one.sources]
    dear = source[solution.rent_usd_t[source].max(axis=1, initial=0.0) >= high]
    names = [f"what {name} can ship" for name in result.market.sources["supplier"][dear].unique()]
    _, resource, _ = pool.uses(paths)
    resource = np.unique(resource)
    dear = resource[solution.scarcity[resource].max(axis=1, initial=0.0) >= high]
    names += [f"the capacity of {name}" for name in result.assembly.resource["row_id"][dear]]
    for other, limit in enumerate(one.limits):
        price = float(-solution.limit_usd_t[other].min(initial=0.0))
        if price >= high:
            names.append(f"the limit {limit.name}")
    return sorted(names)
