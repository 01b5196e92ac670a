"""Policy as masks: which arcs the rules of a scenario close to whom.

A rule only removes arcs, it never makes one dearer; so what is forbidden cannot appear in
any result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sogdia.network.marks import Marks, split
from sogdia.network.model import Bools
from sogdia.scenario import Rule


def rules_that_bind(
    rules: Sequence[Rule],
    commodity: dict[str, Any],
    ends: tuple[tuple[str, str | None], tuple[str, str | None]],
) -> tuple[int, ...]:
    """Return the numbers of the rules that bind a shipment.

    A ban on transit does not bind goods that start or end in the denied place itself.

    Parameters
    ----------
    rules : sequence of Rule
        Rules in force.
    commodity : dict
        Row of the commodity table.
    ends : tuple
        Node id and country of the origin and of the destination.

    Returns
    -------
    tuple of int
        Increasing numbers.
    """
    return tuple(
        number
        for number, rule in enumerate(rules)
        if concerns(rule, commodity) and _binds(rule, ends)
    )


def concerns(rule: Rule, commodity: dict[str, Any]) -> bool:
    """Tell whether a rule is about a commodity, by its id or its HS chapters."""
    if not rule.commodities and not rule.hs:
        return True
    if commodity["commodity_id"] in rule.commodities:
        return True
    return any(
        code.startswith(chapter) or chapter.startswith(code)
        for code in split(commodity["hs"])
        for chapter in rule.hs
    )


def _binds(rule: Rule, ends: tuple[tuple[str, str | None], tuple[str, str | None]]) -> bool:
    inside = [place in rule.places or country in rule.countries for place, country in ends]
    if not any(inside):
        return "transit" in rule.applies_to
    return (inside[0] and "origin" in rule.applies_to) or (
        inside[1] and "destination" in rule.applies_to
    )


def closed_arcs(rules: Iterable[Rule], marks: Marks) -> Bools:
    """Return the arcs that at least one of the rules closes, as a mask of shape (arcs,)."""
    tokens = [token for rule in rules for token in (*rule.countries, *rule.places)]
    return np.asarray(marks.any_of(tokens), dtype=np.bool_)
