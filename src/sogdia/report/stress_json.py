"""A stress test as one JSON object, under keys that stay."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from sogdia.report.simulation_tables import Names

if TYPE_CHECKING:
    import polars as pl

    from sogdia.analysis.criticality.stress import StressResult

UNSERVED = ("origin", "destination", "commodity", "kt", "reason")
PAIR = ("first", "second")


def stress_json(result: StressResult, simulated: pl.DataFrame | None = None) -> dict[str, Any]:
    """Return what a stress test found.

    Parameters
    ----------
    result : StressResult
        What was found.
    simulated : DataFrame, optional
        The worst elements with simulated waits, as `stress_simulated`
        gives them.

    Returns
    -------
    dict
        study, scenario, year, on, period (first and last day), days, capacity_left, n, base,
        elements (the worst first, each with whom it leaves unserved), pairs, pairs_bounded (how
        the pairs were found; None if n is 1), places (names of those in unserved), seconds, and
        simulated if it is given. Links and terminals without a name of their own are called by
        what they are and where.
    """
    name = element_names(result)
    unserved: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in result.unserved.iter_rows(named=True):
        whose = unserved.setdefault((row["kind"], row["element"]), [])
        whose.append({key: row[key] for key in UNSERVED})
    content: dict[str, Any] = {
        "study": result.study.name,
        "scenario": result.scenario.name,
        "year": result.year,
        "on": result.on.isoformat(),
        "period": [result.period.start.isoformat(), result.period.end.isoformat()],
        "days": result.days,
        "capacity_left": result.capacity_left,
        "n": result.n,
        "base": {key: value if isfinite(value) else None for key, value in result.base.items()},
        "elements": [
            row
            | {"name": name[row["kind"], row["element"]]}
            | {"unserved": unserved.get((row["kind"], row["element"]), [])}
            for row in result.elements.iter_rows(named=True)
        ],
        "pairs": [_pair(row, name) for row in result.pairs.iter_rows(named=True)],
        "pairs_bounded": None,
        "places": _places(result),
    }
    if (search := result.pair_search) is not None:
        content["pairs_bounded"] = {
            "pairs": search.pairs,
            "no_worse": search.no_worse,
            "solved": search.solved,
            "bound_kt": search.bound_kt,
            "factor": search.factor,
            "exceeded": search.exceeded,
        }
    if simulated is not None:
        content["simulated"] = [
            row | {"name": name[row["kind"], row["element"]]}
            for row in simulated.iter_rows(named=True)
        ]
    return content | {"seconds": result.seconds}


def _places(result: StressResult) -> dict[str, str]:
    names = Names.of(result.study).place
    ends = {*result.unserved["origin"], *result.unserved["destination"]}
    return {node: names.get(node, node) for node in sorted(ends)}


def _pair(row: Mapping[str, Any], name: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    figures = {key: value for key, value in row.items() if not key.endswith(PAIR)}
    keys = [(row[f"kind_{which}"], row[which]) for which in PAIR]
    return {
        "elements": [element for _, element in keys],
        "kinds": [kind for kind, _ in keys],
        "names": [name[key] for key in keys],
        **figures,
    }


def element_names(result: StressResult) -> dict[tuple[str, str], str]:
    """Return what to call each element, by kind and identifier."""
    names = Names.of(result.study)
    found = {}
    for kind, element, own in result.elements.select("kind", "element", "name").iter_rows():
        said = own
        if own == element and kind in {"link", "terminal", "service"}:
            said = names.element({"kind": kind, "element": element, "forward": None, "unit": ""})
        elif kind in {"node", "chokepoint"}:
            said = names.place.get(element, own)
        found[kind, element] = said
    return found
