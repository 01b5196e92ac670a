"""When to build: portfolios that only grow from one opening year to the next.

A plan is a chain of portfolios, one per opening year, each within the next. Between an opening and
the one after it a portfolio brings something, which only an evaluation tells, and costs something
that adds up over its projects: what it saves to put each of them off until the next opening. These
rents add up to the whole cost of a project from its opening on, so the value of a plan is the sum
of what its portfolios are worth in their own spans, and nothing but the nesting ties these.

Where portfolios are few, all are evaluated, and the best chain is found by dynamic programming
(Bellman, 1957). Where they are many, each span is searched by itself: without the nesting, the sum
of the best is a bound that no plan surpasses. If those best are nested they are the plan; else
chains of all that was evaluated, and of neighbours of the best chain, are tried, and the gap to the
bound is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from sogdia.analysis.investment.portfolio_search import (
    ALL,
    BOUNDED,
    LOCAL,
    TOLERANCE,
    Choices,
    Explored,
    Mask,
    members,
    neighbours,
    search,
    value_of,
)
from sogdia.analysis.investment.robust_choice import alone


@dataclass(frozen=True, slots=True)
class Chain:
    """A plan: what is there from each opening on.

    Attributes
    ----------
    portfolios : tuple of int
        A set per opening, each within the next.
    value : float
        What the plan is worth.
    bound : float
        No plan is worth more, under the supposition of the method.
    method : str
        As `portfolio_search.Found` tells.
    """

    portfolios: tuple[Mask, ...]
    value: float
    bound: float
    method: str

    @property
    def gap(self) -> float:
        """What may be missed."""
        return max(self.bound - self.value, 0.0)


def best_chain(
    spans: Sequence[Choices], explored: Explored, *, exhaustive: int, most: int
) -> Chain:
    """Find the best plan.

    Parameters
    ----------
    spans : sequence of Choices
        Per opening what may be there from then on, its charge being the rent until the next
        opening; what must be has to be there in the last one only.
    explored : Explored
        What portfolios bring in each span; what is evaluated is added.
    exhaustive : int
        Portfolios of a span up to which all are evaluated.
    most : int
        Evaluations at which branch and bound gives up.

    Returns
    -------
    Chain
        The best; of equals that which builds least and latest.
    """
    explored.learn([span.must for span in spans])
    found = [
        search(span, explored, alone(number), exhaustive=exhaustive, most=most)
        for number, span in enumerate(spans)
    ]
    portfolios, value = _nested(spans, explored)
    if all(one.method == ALL for one in found):
        return Chain(portfolios, value, value, ALL)
    bound = fsum(one.bound for one in found)
    while value < bound - TOLERANCE * abs(bound):
        near = {
            mask
            for span, one in zip(spans, portfolios, strict=True)
            for mask in neighbours(span, one)
            if span.allows(mask)
        }
        explored.learn(near)
        better, worth = _nested(spans, explored)
        if worth <= value + TOLERANCE * abs(bound):
            return Chain(portfolios, value, bound, LOCAL)
        portfolios, value = better, worth
    return Chain(portfolios, value, value, BOUNDED)


def chain_value(spans: Sequence[Choices], explored: Explored, portfolios: Sequence[Mask]) -> float:
    """Return what a plan is worth; its portfolios have to be known."""
    return fsum(
        value_of(span, explored, alone(number), mask)
        for number, (span, mask) in enumerate(zip(spans, portfolios, strict=True))
    )


def opening_of(portfolios: Sequence[Mask]) -> dict[int, int]:
    """Return the number of the opening from which on each project of a plan is there."""
    return {
        project: next(n for n, mask in enumerate(portfolios) if mask >> project & 1)
        for project in members(portfolios[-1])
    }


def _nested(spans: Sequence[Choices], explored: Explored) -> tuple[tuple[Mask, ...], float]:
    """Return the best chain of the known portfolios, by dynamic programming."""
    scale = TOLERANCE * max((abs(one).max() for one in explored.benefits.values()), default=1.0)
    ways: dict[Mask, tuple[float, tuple[Mask, ...]]] = {0: (0.0, ())}
    for number, span in enumerate(spans):
        score = alone(number)
        # of equals the smallest comes first, and stays
        allowed = sorted((m for m in explored.benefits if span.allows(m)), key=_size)
        grown: dict[Mask, tuple[float, tuple[Mask, ...]]] = {}
        for mask in allowed:
            inside = [way for before, way in ways.items() if before & ~mask == 0]
            if not inside:
                continue
            top = max(value for value, _ in inside)
            value, chain = next(way for way in inside if way[0] >= top - scale)
            grown[mask] = (value + value_of(span, explored, score, mask), (*chain, mask))
        ways = grown
    top = max(value for value, _ in ways.values())
    value, chain = next(way for way in ways.values() if way[0] >= top - scale)
    return chain, value


def _size(mask: Mask) -> tuple[int, Mask]:
    return mask.bit_count(), mask
