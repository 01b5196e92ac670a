"""What is left of a period when one element is lost, or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sogdia.analysis.criticality.bench import Bench, found_arcs
from sogdia.analysis.criticality.elements import Element
from sogdia.analysis.criticality.figures import (
    Harm,
    harm_of,
    nothing_shipped,
    passing_kt,
    shipped,
)
from sogdia.assignment.solution import PeriodSolution
from sogdia.network.model import Bools, Floats, Network


@dataclass(frozen=True, slots=True)
class Loss:
    """What the loss of some elements does.

    Attributes
    ----------
    harm : Harm
        To shippers.
    served : ndarray of bool, shape (requests,)
        Who still has a way.
    converged : bool
        Whether the equilibrium was found as exactly as asked.
    passing_kt : ndarray of float64, shape (elements,)
        What passes each element now, for as long as the outage lasts; empty if not wanted.
    passed : ndarray of bool, shape (elements,)
        Whether any path that was found, if only a dear one, passes it; empty if not wanted.
    """

    harm: Harm
    served: Bools
    converged: bool
    passing_kt: Floats
    passed: Bools

    @property
    def lost_kt(self) -> float:
        """What is shipped less, by all together."""
        return float(self.harm.lost_kt.sum())


class Trial:
    """Elements to lose, and the period that is left without them.

    Parameters
    ----------
    bench : Bench
        The period.
    elements : sequence of Element
        What may be lost.
    years : float
        How long outages last.

    Attributes
    ----------
    through_kt : ndarray of float64, shape (elements,)
        What passes each element with nothing lost, for as long as an outage lasts.
    """

    def __init__(self, bench: Bench, elements: Sequence[Element], years: float) -> None:
        self.bench, self.elements, self.years = bench, elements, years
        self._before = shipped(bench.part)
        self._gates = self._gates_of(bench.part.network)
        self._of_pool = np.array([bench.arcs.share(element) for element in elements])
        self.through_kt = self._passing(bench.part)

    def lose(self, numbers: Sequence[int], *, with_flows: bool = False) -> Loss:
        """Take elements away.

        Parameters
        ----------
        numbers : sequence of int
            Places in `elements`.
        with_flows : bool
            Whether to tell what passes the others then.
        """
        part = self.bench.without([self.elements[number] for number in numbers])
        requests = self._before.kt.shape[0]
        served = np.zeros(requests, dtype=np.bool_)
        converged = True
        after = nothing_shipped(self._before)
        passing, passed = np.zeros(0), np.zeros(0, dtype=np.bool_)
        if part is not None:
            served[part.alternatives.served] = True
            converged = part.equilibrium.residual <= self.bench.options.residual
            after = self._before if part is self.bench.part else shipped(part)
        if with_flows:
            passing = np.zeros(len(self.elements)) if part is None else self._passing(part)
            passed = np.zeros(len(self.elements), dtype=np.bool_)
            if part is not None:
                passed = self._passed(part)
        harm = harm_of(self._before, after, self.years)
        return Loss(harm, served, converged, passing, passed)

    def union_kt(self, numbers: Sequence[int]) -> float:
        """Return what passes at least one of some elements with nothing lost."""
        if len(numbers) == 1:
            return float(self.through_kt[numbers[0]])
        any_of = sparse.csr_array(self._gates[:, list(numbers)].sum(axis=1)[:, None])
        return float(passing_kt(self.bench.part, any_of)[0]) * self.years

    def _gates_of(self, network: Network) -> sparse.csr_array:
        """Arcs of each element, shape (arcs, elements)."""
        arcs = self.bench.arcs_on(network)
        masks = [arcs.touched(element) for element in self.elements]
        return sparse.csr_array(np.stack(masks, axis=1).astype(np.float64))

    def _on(self, network: Network) -> sparse.csr_array:
        same = network.arc is self.bench.part.network.arc
        return self._gates if same else self._gates_of(network)

    def _passing(self, part: PeriodSolution) -> Floats:
        of_arcs = passing_kt(part, self._on(part.network))
        return np.asarray(of_arcs * self._of_pool * self.years)

    def _passed(self, part: PeriodSolution) -> Bools:
        found = found_arcs(part).astype(np.float64)
        return np.asarray(self._on(part.network).T @ found > 0.0)
