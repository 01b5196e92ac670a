"""Which of a list of projects to build: a search over sets that evaluates as few as it can.

A portfolio is a set of projects, written as the bits of a number. Its value is what it brings,
which only an evaluation tells, less what it costs, which adds up over its projects. Where the
portfolios within the budget are few, all are evaluated. Where they are not, branch and bound rests
on one supposition: a project that is added takes nothing away from what the others bring. Then a
portfolio that holds ``inside`` and nothing outside ``inside + open`` brings at most what
``inside + open`` brings, and costs at least what ``inside`` costs:

    value(S) <= benefit(inside + open) + slack - charge(inside)

The supposition is tested on all nested pairs that are evaluated. The largest fall seen becomes the
slack of the bound, and the search is repeated until no larger one is seen; so the answer is exact
if no pair that was not evaluated falls by more than those that were.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sogdia.network.model import Floats

Mask = int
Benefits = Callable[[Sequence[Mask]], Sequence[Floats]]
"""What portfolios bring: an array per portfolio, an entry per scenario."""
Score = Callable[[Floats, float], float]
"""What a portfolio is worth, by what it brings (the more the better) and its charge (the less)."""
BATCH = 8
"""Nodes opened at once, whatever the number of workers, so that these change nothing."""
TOLERANCE = 1e-9
"""Differences of values, relative to the largest, that are none."""
ALL, BOUNDED, LOCAL = "all", "branch and bound", "local search"


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen.

    Attributes
    ----------
    cost : ndarray of float64, shape (projects,)
        What the budget is spent on.
    charge : ndarray of float64, shape (projects,)
        What a project takes from the value, in units of value, never negative.
    requires : tuple of int
        Projects that each one needs, as a set.
    budget : float
        Most that may be spent.
    must : int
        Projects that every portfolio holds, with all that they need.
    """

    cost: Floats
    charge: Floats
    requires: tuple[Mask, ...]
    budget: float
    must: Mask = 0

    @property
    def everything(self) -> Mask:
        """All projects."""
        return (1 << len(self.cost)) - 1

    def closure(self, mask: Mask) -> Mask:
        """Return a set with all that its projects need."""
        while True:
            wider = mask
            for project in members(mask):
                wider |= self.requires[project]
            if wider == mask:
                return mask
            mask = wider

    def spent(self, mask: Mask) -> float:
        """Return what a set costs."""
        return float(sum(self.cost[project] for project in members(mask)))

    def charged(self, mask: Mask) -> float:
        """Return what a set takes from the value."""
        return float(sum(self.charge[project] for project in members(mask)))

    def allows(self, mask: Mask) -> bool:
        """Whether a set holds what it must and needs, within the budget."""
        complete = self.closure(mask) == mask and mask & self.must == self.must
        return complete and self.spent(mask) <= self.budget * (1.0 + TOLERANCE)

    def openable(self, inside: Mask, candidates: Mask) -> Mask:
        """Return those of `candidates` that a portfolio with `inside` may still take."""
        kept = 0
        for project in members(candidates):
            wider = self.closure(inside | 1 << project)
            if wider & ~(inside | candidates) == 0 and self.spent(wider) <= self.budget * (
                1.0 + TOLERANCE
            ):
                kept |= 1 << project
        return kept if kept == candidates else self.openable(inside, kept)


def members(mask: Mask) -> Iterator[int]:
    """Yield the projects of a set in order."""
    project = 0
    while mask:
        if mask & 1:
            yield project
        mask >>= 1
        project += 1


def portfolios(choices: Choices, most: int) -> list[Mask]:
    """List the portfolios that are allowed, or as many of them as prove that there are more.

    Parameters
    ----------
    choices : Choices
        What may be chosen.
    most : int
        Number at which to stop.

    Returns
    -------
    list of int
        At most ``most + 1`` sets.
    """
    found: list[Mask] = []
    stack = [(choices.must, choices.openable(choices.must, choices.everything & ~choices.must))]
    while stack and len(found) <= most:
        inside, candidates = stack.pop()
        if not candidates:
            found.append(inside)
            continue
        project = next(members(candidates))
        rest = candidates & ~(1 << project)
        wider = choices.closure(inside | 1 << project)
        stack.append((inside, choices.openable(inside, rest)))
        stack.append((wider, choices.openable(wider, rest & ~wider)))
    return found


@dataclass
class Explored:
    """What evaluated portfolios bring; none is evaluated twice.

    Attributes
    ----------
    evaluate : callable
        What portfolios bring.
    benefits : dict of int to ndarray
        What is known.
    """

    evaluate: Benefits
    benefits: dict[Mask, Floats] = field(default_factory=dict)

    def learn(self, masks: Iterable[Mask]) -> None:
        """Evaluate those of some portfolios that are not known."""
        new = sorted({mask for mask in masks if mask not in self.benefits})
        if new:
            for mask, benefit in zip(new, self.evaluate(new), strict=True):
                self.benefits[mask] = np.asarray(benefit, dtype=np.float64)

    def falls(self) -> Floats:
        """Return by how much, at most, a larger portfolio brings less than one within it.

        Returns
        -------
        ndarray of float64, shape (scenarios,)
            0 where what is known is monotone.
        """
        masks = list(self.benefits)
        brought = np.array([self.benefits[mask] for mask in masks])
        worst = np.zeros(brought.shape[1])
        for row, mask in enumerate(masks):
            inside = [other for other, one in enumerate(masks) if one & ~mask == 0 and one != mask]
            if inside:
                worst = np.maximum(worst, (brought[inside] - brought[row]).max(axis=0))
        return worst


@dataclass(frozen=True, slots=True)
class Found:
    """The best portfolio, and what is known of those that were not evaluated.

    Attributes
    ----------
    best : int
        The portfolio.
    value : float
        Its score.
    bound : float
        No portfolio scores more, under the supposition of the method.
    method : str
        "all" (all portfolios evaluated), "branch and bound", or "local search".
    """

    best: Mask
    value: float
    bound: float
    method: str

    @property
    def gap(self) -> float:
        """What may be missed."""
        return max(self.bound - self.value, 0.0)


def search(
    choices: Choices,
    explored: Explored,
    score: Score,
    *,
    exhaustive: int,
    most: int,
    everywhere: bool = False,
) -> Found:
    """Find the best portfolio.

    Parameters
    ----------
    choices : Choices
        What may be chosen; `must` has to be allowed.
    explored : Explored
        What is known; what is evaluated is added.
    score : callable
        What is sought.
    exhaustive : int
        Portfolios up to which all are evaluated.
    most : int
        Evaluations at which branch and bound gives up; local search goes on from there.
    everywhere : bool
        Find the best for every budget below, too: then only what a portfolio that costs no
        more surpasses is left out.

    Returns
    -------
    Found
        The best; of equals the cheapest.
    """
    within = portfolios(choices, exhaustive)
    if len(within) <= exhaustive:
        explored.learn(within)
        best = best_of(choices, explored, score, choices.budget)
        value = value_of(choices, explored, score, best)
        return Found(best, value, value, ALL)
    explored.learn([choices.must])
    slack = explored.falls()
    while True:
        bound = _branch_and_bound(choices, explored, score, slack, most, everywhere=everywhere)
        seen = explored.falls()
        more = float(np.max(seen - slack))
        if more <= TOLERANCE * _largest(explored):
            break
        if bound is not None:
            bound += more
            break
        slack = np.maximum(slack, seen)
    best = best_of(choices, explored, score, choices.budget)
    if bound is None:
        value = value_of(choices, explored, score, best)
        return Found(best, value, value, BOUNDED)
    best = _improved(choices, explored, score, best)
    value = value_of(choices, explored, score, best)
    return Found(best, value, max(bound, value), LOCAL)


def value_of(choices: Choices, explored: Explored, score: Score, mask: Mask) -> float:
    """Return the score of a known portfolio."""
    return score(explored.benefits[mask], choices.charged(mask))


def best_of(choices: Choices, explored: Explored, score: Score, budget: float) -> Mask:
    """Return the best of the known portfolios within a budget; of equals the cheapest."""
    scale = TOLERANCE * _largest(explored)
    allowed = [
        mask
        for mask in explored.benefits
        if choices.allows(mask) and choices.spent(mask) <= budget * (1.0 + TOLERANCE)
    ]
    top = max(value_of(choices, explored, score, mask) for mask in allowed)
    equals = [m for m in allowed if value_of(choices, explored, score, m) >= top - scale]
    return min(equals, key=lambda mask: (choices.spent(mask), mask.bit_count(), mask))


def frontier(choices: Choices, explored: Explored, score: Score) -> list[tuple[float, Mask]]:
    """Return every budget at which a better portfolio of those known is within reach.

    Parameters
    ----------
    choices : Choices
        What may be chosen.
    explored : Explored
        What is known.
    score : callable
        What is sought.

    Returns
    -------
    list of (float, int)
        Budget and portfolio; budgets and scores rise.
    """
    scale = TOLERANCE * _largest(explored)
    steps: list[tuple[float, Mask]] = []
    best = -np.inf
    known = [mask for mask in explored.benefits if choices.allows(mask)]
    for mask in sorted(known, key=lambda m: (choices.spent(m), m.bit_count(), m)):
        value = value_of(choices, explored, score, mask)
        if value <= best + scale:
            continue
        best = value
        spent = choices.spent(mask)
        if steps and steps[-1][0] == spent:
            steps.pop()
        steps.append((spent, mask))
    return steps


def _largest(explored: Explored) -> float:
    return max((float(np.abs(one).max()) for one in explored.benefits.values()), default=1.0) or 1.0


def _branch_and_bound(
    choices: Choices,
    explored: Explored,
    score: Score,
    slack: Floats,
    most: int,
    *,
    everywhere: bool,
) -> float | None:
    """Search until nothing is left (None) or enough is evaluated (the bound of what is left)."""
    scale = TOLERANCE * _largest(explored)
    root = (choices.must, choices.openable(choices.must, choices.everything & ~choices.must))
    explored.learn([root[0], root[0] | root[1]])

    def bound(inside: Mask, candidates: Mask) -> float:
        return score(explored.benefits[inside | candidates] + slack, choices.charged(inside))

    heap = [(-bound(*root), *root)]
    incumbents: list[tuple[float, float]] = []

    def remember(mask: Mask) -> None:
        if choices.allows(mask):
            spent = choices.spent(mask) if everywhere else 0.0
            incumbents.append((spent, value_of(choices, explored, score, mask)))

    def hopeless(limit: float, inside: Mask) -> bool:
        spent = choices.spent(inside) if everywhere else 0.0
        reached = [value for cost, value in incumbents if cost <= spent * (1.0 + TOLERANCE)]
        return bool(reached) and limit <= max(reached) + scale

    for mask in explored.benefits:
        remember(mask)
    while heap:
        if len(explored.benefits) >= most:
            return -heap[0][0]
        nodes = [heapq.heappop(heap) for _ in range(min(BATCH, len(heap)))]
        children = []
        for negative, inside, candidates in nodes:
            if candidates and not hopeless(-negative, inside):
                children += _children(choices, inside, candidates)
        asked = {mask for child in children for mask in (child[0], child[0] | child[1])}
        fresh = [mask for mask in sorted(asked) if mask not in explored.benefits]
        explored.learn(asked)
        for mask in fresh:
            remember(mask)
        for inside, candidates in children:
            limit = bound(inside, candidates)
            if candidates and not hopeless(limit, inside):
                heapq.heappush(heap, (-limit, inside, candidates))
    return None


def _children(choices: Choices, inside: Mask, candidates: Mask) -> list[tuple[Mask, Mask]]:
    """Split by the dearest candidate: those with it, and those without."""
    project = max(
        members(candidates), key=lambda one: (choices.charge[one], choices.cost[one], -one)
    )
    rest = candidates & ~(1 << project)
    wider = choices.closure(inside | 1 << project)
    return [
        (wider, choices.openable(wider, rest & ~wider)),
        (inside, choices.openable(inside, rest)),
    ]


def _improved(choices: Choices, explored: Explored, score: Score, start: Mask) -> Mask:
    """Add, drop and swap projects as long as that helps."""
    best = start
    while True:
        near = [mask for mask in neighbours(choices, best) if choices.allows(mask)]
        explored.learn(near)
        scale = TOLERANCE * _largest(explored)
        value = value_of(choices, explored, score, best)
        top = max(
            near,
            key=lambda mask: (
                value_of(choices, explored, score, mask),
                -choices.spent(mask),
                -mask,
            ),
            default=best,
        )
        if value_of(choices, explored, score, top) <= value + scale:
            return best
        best = top


def neighbours(choices: Choices, mask: Mask) -> set[Mask]:
    """Return the sets that adding, dropping or swapping a project makes of one, allowed or not."""
    everything = range(len(choices.cost))
    added = {choices.closure(mask | 1 << new) for new in everything if not mask >> new & 1}
    dropped = {_without(choices, mask, old) for old in members(mask)}
    swapped = {
        choices.closure(_without(choices, mask, old) | 1 << new)
        for old in members(mask)
        for new in everything
        if not mask >> new & 1
    }
    return (added | dropped | swapped) - {mask}


def _without(choices: Choices, mask: Mask, project: int) -> Mask:
    """Drop a project and all that need it."""
    mask &= ~(1 << project)
    while True:
        lost = [one for one in members(mask) if choices.requires[one] & ~mask]
        if not lost:
            return mask
        for one in lost:
            mask &= ~(1 << one)
