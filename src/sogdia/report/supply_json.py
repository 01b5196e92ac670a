"""A supply balance as one JSON object, under keys that stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any

import polars as pl

from sogdia.report.supply_columns import NOTHING_KT, against

if TYPE_CHECKING:
    from sogdia.balance import SupplyResult
    from sogdia.report.supply_report import Balance, SupplyReport

BINDING = ("element", "kind", "shadow_usd_t", "value_musd_unit", "months_binding", "why")
ALL_BUYERS = "all"
DELIVERY_KEYS = ("commodity", "supplier", "corridor", "consumer_country")
UNSERVED_KEYS = ("commodity", "consumer", "consumer_country")


def report_json(report: SupplyReport) -> dict[str, Any]:
    """Return a balance and all that was asked beside it.

    Parameters
    ----------
    report : SupplyReport
        What was found.

    Returns
    -------
    dict
        As `supply_json`, ``asked`` and ``lead_times``; and, each only if it was asked for:
        ``baseline`` (a balance too) with ``change`` (of cost, deliveries and unserved need),
        ``n_minus_2``, ``disruptions``, ``frontier``, ``sweep`` and ``expansion``.
    """
    content = _balance_json(report.balance)
    content["asked"] = list(report.asked)
    if report.balance.lead_times is not None:
        content["lead_times"] = records(report.balance.lead_times)
    if report.baseline is not None:
        content["baseline"] = _balance_json(report.baseline)
        content["change"] = change_json(report.balance.result, report.baseline.result)
    if report.n_minus_2 is not None:
        content["n_minus_2"] = records(report.n_minus_2)
    if (found := report.disruptions) is not None:
        content["disruptions"] = {
            "by_commodity": records(found.by_commodity),
            "by_disruption": records(found.by_disruption),
            "draws": found.draws,
            "seed": found.seed,
        }
    if (frontier := report.frontier) is not None:
        content["frontier"] = {"country": frontier.country, "points": records(frontier.points)}
    if (sweep := report.sweep) is not None:
        content["sweep"] = {"parameter": sweep.parameter, "points": records(sweep.points)}
    if (expansion := report.expansion) is not None:
        content["expansion"] = plain(
            {
                "projects": records(expansion.projects),
                "built": list(expansion.built),
                "unserved_kt": expansion.unserved_kt,
                "closed_kt": expansion.closed_kt,
                "left_kt": expansion.left_kt,
                "cost_musd_y": expansion.cost_musd_y,
                "tried": expansion.tried,
                "complete": expansion.complete,
                "notices": list(expansion.notices),
            }
        )
    return content


def supply_json(
    result: SupplyResult, n_minus_1: pl.DataFrame, n_minus_1_index: pl.DataFrame
) -> dict[str, Any]:
    """Return one balance and what it withstands.

    Parameters
    ----------
    result : SupplyResult
        The balance.
    n_minus_1 : DataFrame
        As `sogdia.balance.resilience.n_minus_1` gives it.
    n_minus_1_index : DataFrame
        As `sogdia.balance.resilience.n_minus_1_index` gives it.

    Returns
    -------
    dict
        study, scenario, year, commodities, cost_musd, deliveries, unserved, binding, hhi,
        n_minus_1, n_minus_1_index, contracts, stocks, notices, seconds. What is not finite is
        null.
    """
    return {
        "study": result.study.name,
        "scenario": result.scenario.name,
        "year": result.year,
        "commodities": list(result.commodities),
        "cost_musd": plain(result.cost_musd),
        "deliveries": records(result.deliveries),
        "unserved": records(result.unserved),
        "binding": records(result.binding.select(BINDING)),
        "hhi": hhi_json(result.concentration, result.avoiding),
        "n_minus_1": n_minus_1_json(n_minus_1),
        "n_minus_1_index": index_json(n_minus_1_index),
        "contracts": records(result.contracts),
        "stocks": records(result.stocks),
        "notices": list(result.notices),
        "seconds": plain(dict(result.seconds)),
    }


def _balance_json(balance: Balance) -> dict[str, Any]:
    return supply_json(balance.result, balance.n_minus_1, balance.index)


def hhi_json(concentration: pl.DataFrame, avoiding: pl.DataFrame) -> dict[str, Any]:
    """Return the concentration of all buyers together, by commodity.

    Parameters
    ----------
    concentration : DataFrame
        Of the balance, by commodity and buyers.
    avoiding : DataFrame
        Of the balance, by commodity and transit country.

    Returns
    -------
    dict
        By commodity: suppliers and routes (0 to 10,000), and under ``avoiding`` the share that
        keeps out of each transit country.
    """
    everyone = concentration.filter(pl.col("buyers") == ALL_BUYERS)
    return {
        row["commodity"]: {
            "suppliers": plain(row["hhi_suppliers"]),
            "routes": plain(row["hhi_routes"]),
            "avoiding": {
                country: plain(share)
                for commodity, country, share in avoiding.select(
                    "commodity", "country", "share_avoiding"
                ).iter_rows()
                if commodity == row["commodity"]
            },
        }
        for row in everyone.iter_rows(named=True)
    }


def n_minus_1_json(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return what the stop of each element costs.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.balance.resilience.n_minus_1` gives it.

    Returns
    -------
    list of dict
        element, kind, name, deficit_kt, extra_cost_musd, and under ``deficits_kt`` what lacks
        of each commodity.
    """
    return [
        plain(
            {
                "element": row["element"],
                "kind": row["kind"],
                "name": row["name"],
                "deficit_kt": row["deficit_kt"],
                "extra_cost_musd": row["extra_cost_musd"],
                "deficits_kt": {
                    one["commodity"]: one["deficit_kt"] for one in row["by_commodity"] or []
                },
            }
        )
        for row in frame.iter_rows(named=True)
    ]


def index_json(frame: pl.DataFrame) -> dict[str, Any]:
    """Return the N-1 index by commodity.

    Parameters
    ----------
    frame : DataFrame
        As `sogdia.balance.resilience.n_minus_1_index` gives it.
    """
    others = [name for name in frame.columns if name != "commodity"]
    return {
        row["commodity"]: plain({name: row[name] for name in others})
        for row in frame.iter_rows(named=True)
    }


def change_json(result: SupplyResult, base: SupplyResult) -> dict[str, Any]:
    """Return what a balance has more or less than a baseline.

    Parameters
    ----------
    result, base : SupplyResult
        The two balances.

    Returns
    -------
    dict
        cost_musd; deliveries and unserved: rows with the change in kt, where there is any.
    """
    return {
        "cost_musd": plain(result.cost_musd - base.cost_musd),
        "deliveries": _changes(result.deliveries, base.deliveries, DELIVERY_KEYS),
        "unserved": _changes(result.unserved, base.unserved, UNSERVED_KEYS),
    }


def _changes(frame: pl.DataFrame, base: pl.DataFrame, keys: Sequence[str]) -> list[dict[str, Any]]:
    now, before = (
        one.group_by(keys, maintain_order=True).agg(pl.col("kt").sum()) for one in (frame, base)
    )
    both = against(now, before, keys, {"kt": 0.0}).filter(pl.col("kt_change").abs() > NOTHING_KT)
    return records(both.select(*keys, "kt", "kt_change"))


def records(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON knows them."""
    return [plain(row) for row in frame.iter_rows(named=True)]


def plain(value: Any) -> Any:  # noqa: ANN401
    """Return a value as JSON knows it: what is no finite number is null.

    Examples
    --------
    >>> plain({"kt": float("inf"), "countries": ("RU", "KZ")})
    {'kt': None, 'countries': ['RU', 'KZ']}
    """
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value
