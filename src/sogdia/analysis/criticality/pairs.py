"""Which two elements together hurt most, without looking at every pair.

With L(a) what is lost without a, and F(b|a) what passes b when a is lost, three things are known
of a pair before it is tried:

1. If no path that anyone finds without a passes b, then b can go, too, without any change:
   L(a, b) = L(a), exactly. Such a pair is no worse than a alone.
2. Whoever drops the tonnes that pass b, and leaves all others where they are, loses F(b|a). So

       L(a, b) <= min(L(a) + F(b|a), L(b) + F(a|b)),

   for every way of sharing out capacity that ships at least as much as that. An equilibrium need
   not: a dear shipment that is displaced may take room in two full places from two cheap ones.
   How far that goes is seen from the elements lost alone, of which the same bound is
   L(a) <= F(a): where it is exceeded, F is multiplied by the largest L(a) / F(a).
3. Pairs are tried in the order of this bound, in blocks of a fixed size, until those wanted are
   at least as bad as the bound of the next one.

Every pair that is tried is held against its bound, and the search says so if one exceeds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from sogdia.analysis.criticality.trial import Loss, Trial
from sogdia.assignment import Progress
from sogdia.assignment.unserved import LEAST_KT
from sogdia.network.model import Floats, Ints

BLOCK = 8
"""Pairs tried at once; not the number of threads, so that threads change nothing."""
STAGE_2 = "removing two"
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class PairSearch:
    """How the worst pairs were found.

    Attributes
    ----------
    pairs : int
        Pairs that there are.
    no_worse : int
        Of these, pairs known to be no worse than one of the two alone, without being tried.
    solved : int
        Pairs tried.
    bound_kt : float or None
        What the pairs not tried can lose at most; None if all were tried.
    factor : float
        What the flow through an element was multiplied by in the bound.
    exceeded : int
        Pairs tried that lose more than their bound; 0 if the bound holds.
    """

    pairs: int
    no_worse: int
    solved: int
    bound_kt: float | None
    factor: float
    exceeded: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two elements, by their numbers, and what their loss together does."""

    numbers: tuple[int, int]
    bound_kt: float
    loss: Loss


def worst_pairs(
    trial: Trial,
    singles: Sequence[Loss],
    wanted: int,
    pool: Executor,
    progress: Progress | None = None,
) -> tuple[PairSearch, list[Pair]]:
    """Find the pairs of elements that lose most together.

    Parameters
    ----------
    trial : Trial
        The elements.
    singles : sequence of Loss
        What each alone does, with flows.
    wanted : int
        How many pairs to return at most.
    pool : Executor
        Where to try pairs.
    progress : callable, optional
        Called with a stage, how many pairs are tried, and how many may have to be.

    Returns
    -------
    PairSearch
        How many there were, and why the rest was not tried.
    list of Pair
        The worst first. Pairs are left out that lose no more than one of the two alone does.
    """
    lost = np.array([single.lost_kt for single in singles])
    first, second, bound, factor = _bounds(trial, singles, lost)
    alone = np.maximum(lost[first], lost[second]) + LEAST_KT * trial.years
    hopeful = bound > alone
    order = np.flatnonzero(hopeful)[np.argsort(-bound[hopeful], kind="stable")]
    tried: list[Pair] = []
    worst: list[Pair] = []
    while len(tried) < len(order):
        block = order[len(tried) : len(tried) + BLOCK]
        if len(worst) == wanted and worst[-1].loss.lost_kt >= bound[block[0]]:
            break
        numbers = [(int(first[row]), int(second[row])) for row in block]
        for row, pair, loss in zip(block, numbers, pool.map(trial.lose, numbers), strict=True):
            found = Pair(pair, float(bound[row]), loss)
            tried.append(found)
            if loss.lost_kt > alone[row]:
                worst.append(found)
        worst = sorted(worst, key=lambda one: (-one.loss.lost_kt, one.numbers))[:wanted]
        if progress:
            cut = worst[-1].loss.lost_kt if len(worst) == wanted else 0.0
            progress(STAGE_2, len(tried), int((bound[order] > cut).sum()))
    left = order[len(tried) :]
    count = len(singles)
    exceeded = sum(one.loss.lost_kt > one.bound_kt * (1.0 + ROUNDING) for one in tried)
    search = PairSearch(
        pairs=count * (count - 1) // 2,
        no_worse=count * (count - 1) // 2 - len(order),
        solved=len(tried),
        bound_kt=float(bound[left[0]]) if len(left) else None,
        factor=factor,
        exceeded=exceeded,
    )
    return search, worst


def _bounds(
    trial: Trial, singles: Sequence[Loss], lost: Floats
) -> tuple[Ints, Ints, Floats, float]:
    """Return the two elements of each pair, what they can lose at most, and the factor on flows.

    Where one of the two matters no more once the other is lost, the bound is what is known.
    """
    through = trial.through_kt
    some = through > 0.0
    factor = max(1.0, float((lost[some] / through[some]).max(initial=1.0)))
    passing = np.stack([single.passing_kt for single in singles])
    passed = np.stack([single.passed for single in singles])
    first, second = np.triu_indices(len(singles), 1)
    bound = np.minimum(
        lost[first] + factor * passing[first, second],
        lost[second] + factor * passing[second, first],
    )
    bound = np.where(passed[first, second], bound, lost[first])
    bound = np.where(passed[second, first], bound, lost[second])
    return first, second, bound, factor
