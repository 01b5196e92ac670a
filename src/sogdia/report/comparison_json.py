"""Two scenarios side by side for scripts: one JSON object whose keys stay."""

from __future__ import annotations

from typing import Any

from sogdia.analysis.comparison import Comparison
from sogdia.assignment import AssignmentResult
from sogdia.report.supply_json import plain, records


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison; figures that do not exist are None.

    Parameters
    ----------
    comparison : Comparison
        What was found.

    Returns
    -------
    dict
        ``study``, ``scenario`` and ``year`` (of the second), ``before`` and ``after`` (scenario,
        digest, content, year), ``same_question``, ``user_benefit_usd``, ``totals``,
        ``corridors``, ``commodities``, ``places``, ``elements``, ``unserved``, ``simulation``
        (None, or seed, replications, days, warm_up_days and its tables), ``residual``,
        ``converged`` and ``seconds``.
        Rows are ranked as in `sogdia.analysis.comparison.Comparison`.
    """
    after = comparison.after
    return {
        "study": after.study_name,
        "scenario": after.scenario_name,
        "year": after.year,
        "before": _side(comparison.before),
        "after": _side(after),
        "same_question": comparison.same_question,
        "user_benefit_usd": plain(comparison.user_benefit_usd),
        "totals": records(comparison.totals),
        "corridors": records(comparison.corridors),
        "commodities": records(comparison.commodities),
        "places": records(comparison.places),
        "elements": records(comparison.elements),
        "unserved": records(comparison.unserved),
        "simulation": _simulation(comparison),
        "residual": max(comparison.before.residual, after.residual),
        "converged": comparison.converged,
        "seconds": round(comparison.seconds, 3),
    }


def _side(result: AssignmentResult) -> dict[str, Any]:
    return {
        "scenario": result.scenario_name,
        "digest": result.solution.scenario.digest(),
        "content": result.solution.scenario.content(),
        "year": result.year,
    }


def _simulation(comparison: Comparison) -> dict[str, Any] | None:
    found = comparison.simulated
    if found is None:
        return None
    return {
        "seed": found.seed,
        "replications": found.replications,
        "days": found.before.days,
        "warm_up_days": found.before.warm_up_days,
        **{name: records(frame) for name, frame in found.tables().items()},
    }
