"""One period's equilibrium on the network without some of its arcs.

Stress tests ask for it once for every link and terminal. What is asked for is what an assignment
from nothing would find on that network, and most of it is known: requests whose searches never
used a lost arc keep the paths that were generated for them; the equilibrium is near the one
with all arcs; and the trees of cheapest paths there are nearly those kept. So each outage goes
through the stages of the base (see `solution.settle`), and at each stage replaces only what
has changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from sogdia.assignment.alternatives import (
    arc_extras,
    choice_problem,
    compare,
    corridor_arcs,
    ends,
    generate,
    middle,
    nothing_extra,
    resource_terms,
    select_paths,
    view_costs,
)
from sogdia.assignment.arc_terms import ArcTerms
from sogdia.assignment.equilibrium import Equilibrium, solve
from sogdia.assignment.requests import Requests
from sogdia.assignment.solution import PeriodSolution, Solution, Stage, settle
from sogdia.assignment.splice import splice, splice_paths
from sogdia.errors import InfeasibleError
from sogdia.network.marks import Marks
from sogdia.network.model import Bools, Floats, Network
from sogdia.routing.choice_set import PathTable, merge_paths, padded
from sogdia.routing.choice_set_repair import KeptCheapest, KeptChoiceSets


class OutageSolver:
    """Solves a period again and again, each time without some arcs of its network.

    It may be used by several threads at a time.

    Parameters
    ----------
    solution : Solution
        The year.
    part : PeriodSolution
        The period.

    Attributes
    ----------
    base : PeriodSolution
        The period with all arcs, solved from nothing.
    """

    def __init__(self, solution: Solution, part: PeriodSolution) -> None:
        self._options = solution.options
        self._marks = Marks(part.network)
        self.base = part if part.stages else self._solved(part)
        network, requests = part.network, part.requests
        self._terms = ArcTerms.of(part.study.corridor, network, self._marks, requests)
        self._of_resources = resource_terms(network, self._options)
        cost, views = view_costs(requests, *nothing_extra(requests))
        source, target = ends(network, requests)
        marked = [
            corridor_arcs(row, self._marks) for row in part.study.corridor.iter_rows(named=True)
        ]
        self._sets = KeptChoiceSets(
            network,
            cost,
            views,
            middle(views),
            source,
            target,
            marked,
            rounds=self._options.rounds,
            penalty=self._options.penalty,
        )
        self._cheapest = []
        for stage in self.base.stages[: self._options.column_rounds]:
            extras = arc_extras(network, requests, stage.equilibrium)
            cost, views = view_costs(requests, *extras)
            self._cheapest.append(KeptCheapest(network, cost, views, source, target))

    def solve(self, shut: Bools, capacity_factor: Floats | None = None) -> PeriodSolution:
        """Return the equilibrium without the arcs that are shut.

        Parameters
        ----------
        shut : ndarray of bool, shape (arcs,)
            Arcs that nobody can use.
        capacity_factor : ndarray of float64, shape (resources,), optional
            Factor, above 0, on what a resource can carry in a year. Of a service it makes
            the headway longer (but not the least wait for a departure, which is part of the
            time of its arcs); the servers of a terminal keep their speed.

        Returns
        -------
        PeriodSolution
            On the same `network`; requests that have no path left are not among
            `alternatives.served`. Where no search would end otherwise, it is `base` itself.

        Raises
        ------
        InfeasibleError
            If no path joins any origin with its destination.
        """
        base = self.base
        closed = replace(base.requests, closed=base.requests.closed | shut)
        rows, own = self._sets.without(shut)
        same = capacity_factor is None
        if same and not len(rows) and not any(kept.needs(shut) for kept in self._cheapest):
            # every search would end as it did, and so would every stage
            return base
        network = base.network
        if capacity_factor is not None:
            network = _degraded(network, capacity_factor)
        changed = np.zeros(closed.table.height, dtype=np.bool_)
        changed[rows] = True
        first = base.stages[0]
        stages = [first]
        if not same or len(rows):
            paths = splice_paths(first.paths, changed, own)
            _refuse_nothing(paths)
            start = first.equilibrium
            stages = [self._stage(first, network, closed, changed, own, paths, start)]
        for turn in range(self._options.column_rounds):
            before = stages[-1]
            cost, _ = view_costs(closed, *arc_extras(network, closed, before.equilibrium))
            otherwise, found = self._cheapest[min(turn, len(self._cheapest) - 1)].at(cost)
            changed = changed | otherwise
            own = merge_paths([padded(_only(table, changed)) for table in (before.paths, found)])
            like = base.stages[min(turn + 1, len(base.stages) - 1)]
            paths = splice_paths(like.paths, changed, own)
            if paths.count == before.paths.count:
                break
            start = _moved(before.equilibrium, base.stages[turn : turn + 2])
            stages.append(self._stage(like, network, closed, changed, own, paths, start))
        return _ending(base, closed, tuple(stages))

    def _stage(
        self,
        like: Stage,
        network: Network,
        requests: Requests,
        changed: Bools,
        own: PathTable,
        paths: PathTable,
        start: Equilibrium,
    ) -> Stage:
        """Return a stage of the base with the paths of some requests replaced by `own`."""
        options, part = self._options, self.base
        compared = compare(self._terms, requests, own, options)
        theirs = choice_problem(
            part.network,
            self._terms,
            requests,
            compared,
            options,
            part.choice,
            self._of_resources,
        )
        alternatives, problem = splice(
            (like.alternatives, like.problem), changed, (compared, theirs)
        )
        if network is not part.network:
            of_resources: dict[str, Any] = dict(resource_terms(network, options))
            problem = replace(problem, **of_resources)
        equilibrium = solve(
            problem, tolerance=options.residual, iterations=options.iterations, start=start
        )
        return Stage(paths, alternatives, problem, equilibrium)

    def solve_cold(self, shut: Bools, capacity_factor: Floats | None = None) -> PeriodSolution:
        """Return what `solve` does, worked out from nothing: slow, and the reference."""
        part = self.base
        closed = replace(part.requests, closed=part.requests.closed | shut)
        return self._solved(replace(part, requests=closed), capacity_factor)

    def _solved(
        self, part: PeriodSolution, capacity_factor: Floats | None = None
    ) -> PeriodSolution:
        network = part.network
        if capacity_factor is not None:
            network = _degraded(network, capacity_factor)
        paths = generate(part.study, network, self._marks, part.requests, self._options)
        _refuse_nothing(paths)
        stages = settle(
            part.study, network, self._marks, part.requests, paths, self._options, part.choice
        )
        return _ending(part, part.requests, stages)


def _refuse_nothing(paths: PathTable) -> None:
    if paths.count == 0:
        raise InfeasibleError(
            "without what is out of service no path joins any origin with its destination"
        )


def _ending(part: PeriodSolution, requests: Requests, stages: tuple[Stage, ...]) -> PeriodSolution:
    """Return a period that ends with the last of these stages."""
    last = stages[-1]
    return replace(
        part,
        requests=requests,
        alternatives=last.alternatives,
        problem=last.problem,
        equilibrium=last.equilibrium,
        stages=stages,
    )


def _only(paths: PathTable, chosen: Bools) -> PathTable:
    """Return the paths of the chosen requests."""
    return select_paths(paths, chosen[paths.request])


def _moved(equilibrium: Equilibrium, stages: tuple[Stage, ...]) -> Equilibrium:
    """Guess the next stage's equilibrium: this one, moved as it was in the base.

    The base may have ended before.
    """
    if not stages:
        return equilibrium
    first, last = stages[0].equilibrium, stages[-1].equilibrium
    return replace(
        equilibrium,
        wait_h=np.maximum(equilibrium.wait_h + last.wait_h - first.wait_h, 0.0),
        price_usd=np.maximum(equilibrium.price_usd + last.price_usd - first.price_usd, 0.0),
    )


def _degraded(network: Network, factor: Floats) -> Network:
    """Return the network with less capacity; the headways of services are longer."""
    of_service = np.where(network.resource["kind"].to_numpy() == "service", factor, 1.0)
    resource = network.resource.with_columns(
        capacity=pl.col("capacity") * factor,
        queue_capacity=pl.col("queue_capacity") * of_service,
        service_time_h=pl.col("service_time_h") / of_service,
    )
    return replace(network, resource=resource)
