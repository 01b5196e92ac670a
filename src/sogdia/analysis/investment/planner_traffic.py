"""A choice among projects as the planner sees it: what each project does to arcs and to capacities.

Paths are those that portfolios are compared over, on the network with everything built. Each
project is compiled alone (with what it requires), and so is what it requires: between the two lie
the arcs that it opens, shuts, or makes faster or dearer, and the capacity that it adds. A path that
some projects change becomes a way for each set of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
import polars as pl
from scipy import sparse

from sogdia.analysis.investment.portfolio_search import Choices, Mask, members
from sogdia.analysis.investment.portfolio_value import World
from sogdia.analysis.investment.question import Question
from sogdia.analysis.investment.shared_paths import (
    NOWHERE,
    moved,
    same_arcs,
    told_apart,
)
from sogdia.analysis.investment.system_optimum import Traffic
from sogdia.analysis.investment.without_projects import with_portfolio
from sogdia.assignment.alternatives import Alternatives, choice_problem, select_paths
from sogdia.assignment.arc_terms import ArcTerms
from sogdia.assignment.equilibrium import ChoiceProblem
from sogdia.assignment.options import AssignmentOptions, ChoiceParameters
from sogdia.assignment.requests import Requests, make_requests, year_of_demand
from sogdia.assignment.solution import PeriodSolution
from sogdia.errors import DataError
from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks
from sogdia.network.model import Bools, Floats, Ints, Network
from sogdia.routing.choice_set import PathTable, merge_paths, padded
from sogdia.scenario import periods, rules_at, study_at

MOST_CHANGES = 10
"""Projects that may change one path: it becomes a way for every set of them."""
KG_PER_T = 1000.0
SAME = 1e-9
"""Figures that differ by less, relatively, are the same."""


@dataclass(frozen=True, slots=True)
class PlannerCase:
    """What the planner decides on.

    Attributes
    ----------
    traffic : tuple of Traffic
        Every period of every scenario.
    is_additive : bool
        Whether what all projects do together is what each does alone, added up; if not, the
        planner adds it up nevertheless.
    """

    traffic: tuple[Traffic, ...]
    is_additive: bool


def planner_case(question: Question, worlds: Sequence[World], offered: Choices) -> PlannerCase:
    """Return what the planner decides on.

    Parameters
    ----------
    question : Question
        What is asked.
    worlds : sequence of World
        Its scenarios with nothing built.
    offered : Choices
        What may be chosen.

    Returns
    -------
    PlannerCase
        Ways, demand and capacities.

    Raises
    ------
    DataError
        If more projects than `MOST_CHANGES` change one path.
    """
    traffic = []
    is_additive = True
    for world, weight in zip(worlds, question.weights, strict=True):
        for number, base in enumerate(world.base.solution.periods):
            states = _States(question, world, offered, number)
            part = _Part.of(states, world, number)
            is_additive &= part.is_additive()
            traffic.append(part.traffic(base, weight * base.period.share))
    return PlannerCase(tuple(traffic), is_additive)


@dataclass(frozen=True, slots=True)
class _State:
    """The network with some projects built."""

    network: Network
    requests: Requests
    terms: ArcTerms
    arcs: pl.DataFrame


class _States:
    """Networks of one period of a scenario, compiled when they are asked for."""

    def __init__(self, question: Question, world: World, offered: Choices, period: int) -> None:
        self.question, self.world, self.offered, self.period = question, world, offered, period
        self.choice = ChoiceParameters.of(question.study)
        self.options = AssignmentOptions()
        self._known: dict[Mask, _State] = {}

    def of(self, built: Mask) -> _State:
        """Return the network with some projects built."""
        if built not in self._known:
            self._known[built] = self._compiled(built)
        return self._known[built]

    def _compiled(self, built: Mask) -> _State:
        question = self.question
        names = [question.candidates[one].project_id for one in members(built)]
        missing = [name for name in question.taken_back if name not in names]
        scenario = with_portfolio(
            question.study, self.world.scenario, names, missing, question.year
        )
        asked = year_of_demand(question.study, scenario, question.year)
        period = periods(asked.study, asked.scenario, asked.year)[self.period]
        now = study_at(asked.study, period, asked.year)
        rules = rules_at(asked.scenario, period)
        network = compile_network(now)
        marks = Marks(network)
        requests = make_requests(
            now, network, marks, asked.demand, rules, asked.year, self.options, self.choice
        )
        terms = ArcTerms.of(now.corridor, network, marks, requests)
        arcs = told_apart(network, self.world.shared.stands_for)
        return _State(network, requests, terms, arcs)


@dataclass(frozen=True, slots=True)
class _Arcs:
    """Arcs of the network with everything built, as they stand with some projects built.

    Attributes
    ----------
    there : ndarray of bool, shape (arcs,)
        Whether it exists.
    figures : ndarray of float64, shape (cargo classes + 2, arcs)
        Money of each class of cargo, USD a tonne; hours; t CO2e a tonne.
    capacity : ndarray of float64, shape (resources,)
        Of the resources of the network with everything built.
    """

    there: Bools
    figures: Floats
    capacity: Floats

    @classmethod
    def of(cls, state: _State, whole: _State) -> _Arcs:
        """Look at a network from the one with everything built."""
        number = same_arcs(whole.arcs, state.arcs)
        there = number != NOWHERE
        network = state.network
        emitted = (network.wtt_kg_t + network.ttw_kg_t) / KG_PER_T
        every = np.vstack([state.terms.money_usd_t, state.terms.hours[None], emitted[None]])
        figures = np.where(there, every[:, number], 0.0)
        room = state.network.resource["capacity"].to_numpy()
        capacity = np.zeros(whole.network.resource.height)
        theirs = state.terms.resource[:, number[there]]
        mine = whole.terms.resource[:, there]
        known = (mine >= 0) & (theirs >= 0)
        pairs = np.unique(np.stack([mine[known], theirs[known]], axis=1), axis=0)
        np.add.at(capacity, pairs[:, 0], room[pairs[:, 1]])
        return cls(there, figures, capacity)

    def differs(self, other: _Arcs) -> Bools:
        """Return the arcs that are not the same."""
        alike = np.isclose(self.figures, other.figures, rtol=SAME, atol=SAME).all(axis=0)
        return np.asarray((self.there != other.there) | ~alike)


@dataclass(frozen=True, slots=True)
class _Part:
    """A period: its paths over everything that is built, and what each project changes.

    Attributes
    ----------
    offered : Choices
        What may be chosen.
    paths : PathTable
        Paths over the arcs of the network with everything built.
    problem : ChoiceProblem
        Choice among them, if they were all there.
    requests : Requests
        Demand.
    served : ndarray of int32
        Requests with a path.
    base, whole : _Arcs
        With nothing and with everything built.
    alone : list of _Arcs
        With each project and what it requires.
    changed : ndarray of bool, shape (projects, arcs)
        Arcs that a project changes.
    added : ndarray of float64, shape (resources, projects)
        Capacity that it adds.
    carbon_usd_t : float
        Price of a tonne of CO2e.
    """

    offered: Choices
    paths: PathTable
    problem: ChoiceProblem
    requests: Requests
    served: Ints
    base: _Arcs
    whole: _Arcs
    alone: list[_Arcs]
    changed: Bools
    added: Floats
    carbon_usd_t: float

    @classmethod
    def of(cls, states: _States, world: World, period: int) -> _Part:
        """Compile what is needed, and compare."""
        offered = states.offered
        whole = states.of(offered.everything)
        found = world.shared.found[period]
        paths = merge_paths([padded(moved(one, whole.arcs)) for one in found])
        problem, served = _choice(states, whole, paths)
        count = len(offered.cost)
        with_needs = [offered.closure(1 << one) for one in range(count)]
        alone = [_Arcs.of(states.of(mask), whole) for mask in with_needs]
        before = [
            _Arcs.of(states.of(mask & ~(1 << one)), whole) for one, mask in enumerate(with_needs)
        ]
        pairs = list(zip(alone, before, strict=True))
        return cls(
            offered=offered,
            paths=paths,
            problem=problem,
            requests=whole.requests,
            served=served,
            base=_Arcs.of(states.of(0), whole),
            whole=_Arcs.of(whole, whole),
            alone=alone,
            changed=np.array([after.differs(one) for after, one in pairs]),
            added=np.stack([after.capacity - one.capacity for after, one in pairs], axis=1),
            carbon_usd_t=states.question.options.carbon_usd_t,
        )

    def is_additive(self) -> bool:
        """Whether all projects together are what each is alone."""
        together = self._with(self.offered.everything)
        room = self.base.capacity + self.added.sum(axis=1)
        return not together.differs(self.whole).any() and np.allclose(room, self.whole.capacity)

    def traffic(self, base: PeriodSolution, weight: float) -> Traffic:
        """Return ways, demand and capacities."""
        request = self.problem.demand.shape[0]
        classes = self.problem.class_share.shape[1]
        ways = list(self._ways())
        path = np.concatenate([one.path for one in ways])
        shipper = np.concatenate([one.shipper for one in ways])
        group_of_path = np.repeat(np.arange(request), np.diff(self.problem.group_first))
        group = group_of_path[path] * classes + shipper
        order = np.argsort(group, kind="stable")
        demand = self.problem.demand[:, None] * self.problem.class_share
        return Traffic(
            weight=weight,
            demand_kt=demand.ravel(),
            reserve_usd_t=self._reserve(base).ravel(),
            request=np.repeat(np.arange(request), classes),
            group=group[order],
            cost_usd_t=np.concatenate([one.cost_usd_t for one in ways])[order],
            use=sparse.csr_array(self.problem.use[path[order]]),
            needs=np.concatenate([one.needs for one in ways])[order],
            excludes=np.concatenate([one.excludes for one in ways])[order],
            capacity=self.base.capacity,
            added=self.added,
        )

    def _reserve(self, base: PeriodSolution) -> Floats:
        """Return reservation costs with nothing built, or else with everything."""
        reserve = self.problem.reserve_usd_t.copy()
        known = np.isin(self.served, base.alternatives.served)
        at = np.searchsorted(base.alternatives.served, self.served[known])
        reserve[known] = base.problem.reserve_usd_t[at]
        return reserve

    def _ways(self) -> Iterator[_Ways]:
        """Yield the ways that paths become, for all paths that the same projects change."""
        touched = np.stack(
            [self.paths.sums(arcs[self.paths.arcs].astype(float)) > 0 for arcs in self.changed]
        )
        kinds, kind = np.unique(touched, axis=1, return_inverse=True)
        for number, projects in enumerate(kinds.T):
            some = np.flatnonzero(projects)
            if len(some) > MOST_CHANGES:
                raise DataError(
                    f"{len(some)} projects change one path, and the system optimum can follow "
                    f"{MOST_CHANGES}; leave some out with --without"
                )
            yield from self._versions(kind.ravel() == number, some)

    def _versions(self, which: Bools, projects: Ints) -> Iterator[_Ways]:
        paths = select_paths(self.paths, which)
        path = np.flatnonzero(which)
        subsets = chain.from_iterable(
            combinations(projects.tolist(), size) for size in range(len(projects) + 1)
        )
        masks = [sum(1 << one for one in subset) for subset in subsets]
        costs = {mask: self._costs(paths, path, mask) for mask in masks}
        for mask, cost in costs.items():
            row, shipper = np.nonzero(np.isfinite(cost))
            needs = np.zeros((len(row), len(self.changed)), dtype=np.bool_)
            needs[:, list(members(mask))] = True
            excludes = np.zeros_like(needs)
            for one in projects:
                if not mask >> one & 1:
                    dearer = costs[mask | 1 << one] > cost * (1.0 + SAME)
                    excludes[:, one] = dearer[row, shipper]
            yield _Ways(path[row], shipper, cost[row, shipper], needs, excludes)

    def _with(self, built: Mask) -> _Arcs:
        """Return the arcs with some projects built, by what each changes."""
        there, figures = self.base.there.copy(), self.base.figures.copy()
        for one in sorted(members(built), key=lambda n: self.offered.closure(1 << n).bit_count()):
            arcs = self.changed[one]
            there[arcs] = self.alone[one].there[arcs]
            figures[:, arcs] = self.alone[one].figures[:, arcs]
        return _Arcs(there, figures, self.base.capacity)

    def _costs(self, paths: PathTable, path: Ints, built: Mask) -> Floats:
        """Return what a tonne costs each class of shippers; infinite where there is no way."""
        arcs, problem = self._with(built), self.problem
        cargo = self.requests.cargo_class[paths.request][paths.path_of]
        money = paths.sums(arcs.figures[cargo, paths.arcs])
        hours, emitted = (paths.sums(one[paths.arcs]) for one in arcs.figures[-2:])
        group = np.searchsorted(self.served, paths.request)
        cost = money[:, None] + hours[:, None] * problem.value_of_time_usd_t_h[group]
        cost = cost * problem.factor[path][:, None] + self.carbon_usd_t * emitted[:, None]
        cut = paths.sums((~arcs.there[paths.arcs]).astype(float)) > 0
        cost[cut[:, None] | problem.barred[path]] = np.inf
        return np.asarray(cost)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Paths as they stand with some projects built, by class of shippers."""

    path: Ints
    shipper: Ints
    cost_usd_t: Floats
    needs: Bools
    excludes: Bools


def _choice(states: _States, whole: _State, paths: PathTable) -> tuple[ChoiceProblem, Ints]:
    """Return the choice among all paths, absurd detours included, and the requests with any."""
    corridor = whole.terms.corridors.claim(paths)
    own = whole.terms.captive_to[paths.request] == corridor
    has_own = np.zeros(whole.requests.table.height, dtype=np.bool_)
    has_own[paths.request[own]] = True
    served = np.unique(paths.request).astype(np.int32)
    every = Alternatives(
        paths, corridor, whole.terms.corridors.name, has_own[paths.request] & ~own, served
    )
    problem = choice_problem(
        whole.network, whole.terms, whole.requests, every, states.options, states.choice
    )
    return problem, served
