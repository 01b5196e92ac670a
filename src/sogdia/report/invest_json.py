"""A choice among projects as one JSON object, under keys that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sogdia.analysis.investment.options import UNITS

if TYPE_CHECKING:
    import polars as pl

    from sogdia.analysis.investment.opening_years import OpeningPlan
    from sogdia.analysis.investment.result import InvestmentResult
    from sogdia.analysis.investment.system_comparison import SystemOptimum


def invest_json(result: InvestmentResult) -> dict[str, Any]:
    """Return what to build, and all that is known of it.

    Parameters
    ----------
    result : InvestmentResult
        What came of the choice.

    Returns
    -------
    dict
        Values of the objective are in ``unit``, also where a key ends in ``_musd``, which they
        are for the objective npv. What is not known is None. With opening years `chosen`,
        `portfolio`, `exact`, `method` and `gap` are the plan's, and all tables are about the
        first of these years.
    """
    options, appraisal, plan = result.options, result.appraisal, result.plan
    best = result if plan is None else plan
    return {
        "study": result.study.name,
        "scenario": result.scenarios[0].name,
        "scenarios": [
            {"scenario": one.name, "weight": weight}
            for one, weight in zip(result.scenarios, result.weights, strict=True)
        ],
        "year": result.year,
        "budget_musd": result.budget_musd,
        "objective": options.objective,
        "unit": UNITS[options.objective],
        "corridor": options.corridor,
        "discount_rate": appraisal.discount_rate,
        "horizon_years": appraisal.horizon_years,
        "construction_years": appraisal.construction_years,
        "present_year": appraisal.present_year,
        "opex_share": options.opex_share,
        "carbon_usd_t": options.carbon_usd_t,
        "outages": [{"kind": kind, "element": name} for kind, name in result.outages],
        "projects": result.projects.to_dicts(),
        "chosen": [{"project": name, "opens": year} for name, year in result.opens.items()],
        "portfolio": best.portfolio.row(0, named=True),
        "exact": best.exact,
        "method": best.method,
        "gap": result.gap if plan is None else plan.gap_musd,
        "largest_fall": result.largest_fall,
        "evaluations": result.evaluations,
        "interactions": [_pair(row) for row in result.interactions.iter_rows(named=True)],
        "frontier": result.frontier.to_dicts(),
        "regret": _regret(result.regret),
        "robust": {"chosen": list(result.robust), "largest_regret": result.largest_regret},
        "expected_value_of_perfect_information_musd": result.perfect_information,
        "value_of_stochastic_solution_musd": result.stochastic_solution,
        "plan": None if plan is None else _plan(plan),
        "system_optimum": _optimum(result.system_optimum),
        "notices": list(result.notices),
        "seconds": result.seconds,
    }


def _plan(plan: OpeningPlan) -> dict[str, Any]:
    return {
        "openings": list(plan.openings),
        "evaluated": list(plan.evaluated),
        "npv_musd": plan.npv_musd,
        "at_once_musd": plan.at_once_musd,
        "waiting_musd": plan.waiting_musd,
        "by_opening": plan.by_opening.to_dicts(),
    }


def _optimum(optimum: SystemOptimum | None) -> dict[str, Any] | None:
    if optimum is None:
        return None
    return {
        "chosen": list(optimum.chosen),
        "value_musd": optimum.value_musd,
        "gap": optimum.gap_musd,
        "by_equilibrium_musd": optimum.by_equilibrium_musd,
        "regret_musd": optimum.regret_musd,
        "equilibrium_chosen": list(optimum.equilibrium_chosen),
        "equilibrium_musd": optimum.equilibrium_musd,
        "equilibrium_by_planner_musd": optimum.equilibrium_by_planner_musd,
        "unserved_kt_y": optimum.unserved_kt_y,
        "seconds": optimum.seconds,
    }


def _pair(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "projects": [row["first"], row["second"]],
        "alone_musd": [row["alone_first"], row["alone_second"]],
        "together_musd": row["together"],
        "synergy_musd": row["synergy"],
    }


def _regret(table: pl.DataFrame) -> list[dict[str, Any]]:
    return table.select("chosen", "scenario", "value", "regret", "expected").to_dicts()
