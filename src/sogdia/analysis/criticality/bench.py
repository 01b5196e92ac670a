"""A period of a year from which elements can be taken away, one set after another."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from sogdia.analysis.criticality.arcs import ElementArcs
from sogdia.analysis.criticality.elements import Element, asked_under
from sogdia.assignment import AssignmentOptions
from sogdia.assignment.outage import OutageSolver
from sogdia.assignment.requests import YearOfDemand
from sogdia.assignment.solution import PeriodSolution, Solution, solve_period
from sogdia.errors import InfeasibleError
from sogdia.network.compile import compile_network
from sogdia.network.model import Bools, Floats, Network
from sogdia.scenario import Period, study_at


class Bench:
    """One period in equilibrium, and what is left of it without some elements.

    Parameters
    ----------
    asked : YearOfDemand
        The year.
    period : Period
        The part of it that is looked at.
    options : AssignmentOptions
        How to assign.
    capacity_left : float
        Share of the capacity that lost elements keep; 0: they are closed.

    Attributes
    ----------
    part : PeriodSolution
        The equilibrium with all elements.
    arcs : ElementArcs
        Of its network.
    """

    def __init__(
        self, asked: YearOfDemand, period: Period, options: AssignmentOptions, capacity_left: float
    ) -> None:
        started = time.perf_counter()
        self.asked, self.period, self.options = asked, period, options
        self.capacity_left = capacity_left
        self.part = solve_period(asked, period, options)
        self.solution = Solution(
            study=asked.study,
            scenario=asked.scenario,
            year=asked.year,
            options=options,
            periods=(self.part,),
            seconds=time.perf_counter() - started,
        )
        self.solver = OutageSolver(self.solution, self.part)
        self.arcs = ElementArcs(self.part.network, self.part.study)
        self._found = found_arcs(self.part)

    @property
    def closes(self) -> bool:
        """Whether lost elements are closed, and not only narrower."""
        return self.capacity_left == 0.0

    def arcs_on(self, network: Network) -> ElementArcs:
        """Return what goes with elements on this network, or one compiled without some."""
        return (
            self.arcs
            if network.arc is self.part.network.arc
            else ElementArcs(network, self.part.study)
        )

    def without(self, elements: Sequence[Element]) -> PeriodSolution | None:
        """Return the equilibrium when some elements are lost.

        Parameters
        ----------
        elements : sequence of Element
            What is lost, all at once.

        Returns
        -------
        PeriodSolution or None
            `part` itself if no path that anyone found passes them: they can go without any
            change. None if nobody has a way left.
        """
        touched = np.logical_or.reduce([self.arcs.touched(element) for element in elements])
        if not (touched & self._found).any():
            return self.part
        try:
            left = self._closed(elements) if self.closes else self._narrowed(elements, touched)
        except InfeasibleError:
            return None
        return left if len(left.alternatives.served) else None

    def _closed(self, elements: Sequence[Element]) -> PeriodSolution:
        masks = [self.arcs.shut(element) for element in elements]
        shut = [mask for mask in masks if mask is not None]
        if len(shut) < len(masks):
            return self._anew(elements)
        return self.solver.solve(np.logical_or.reduce(shut))

    def _narrowed(self, elements: Sequence[Element], touched: Bools) -> PeriodSolution:
        network = self.part.network
        resources = np.union1d(network.resource_kt[touched], network.resource_kteu[touched])
        if not (resources >= 0).any():
            return self.part
        factor = self._capacity_factor(elements)
        if factor is None:
            return self._anew(elements)
        return self.solver.solve(np.zeros(network.arc.height, dtype=np.bool_), factor)

    def _capacity_factor(self, elements: Sequence[Element]) -> Floats | None:
        """Return what is left of each resource; None if more changes than their capacity."""
        asked = asked_under(self.asked, self.period, elements, self.capacity_left)
        after = compile_network(study_at(asked.study, self.period, asked.year))
        before = self.part.network
        same = after.arc.equals(before.arc) and after.resource.drop("capacity").equals(
            before.resource.drop("capacity")
        )
        if not same:
            return None
        capacity = before.resource["capacity"].to_numpy()
        left = after.resource["capacity"].to_numpy()
        return np.where(capacity > 0.0, left / np.where(capacity > 0.0, capacity, 1.0), 1.0)

    def _anew(self, elements: Sequence[Element]) -> PeriodSolution:
        """Solve from nothing the network that is compiled without some elements."""
        asked = asked_under(self.asked, self.period, elements, self.capacity_left)
        return solve_period(asked, self.period, self.options)


def found_arcs(part: PeriodSolution) -> Bools:
    """Return the arcs of all paths that were found, also of those too dear to be compared."""
    found = np.zeros(part.network.arc.height, dtype=np.bool_)
    for stage in part.stages:
        found[stage.paths.arcs] = True
    return found
