"""Why goods can no longer be served when an element is lost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from sogdia.analysis.criticality.arcs import ElementArcs
from sogdia.analysis.criticality.bench import Bench
from sogdia.analysis.criticality.elements import Element
from sogdia.assignment.requests import Requests, make_requests
from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks
from sogdia.network.model import Bools, Ints, Network
from sogdia.routing.shortest import shortest_tree

CAPACITY, POLICY, CLOSED, NO_PATH = "capacity", "policy", "closed", "no path"


class Reasons:
    """Tells, of shipments that lose their last way, what would have to be otherwise.

    Parameters
    ----------
    bench : Bench
        The period.

    Notes
    -----
    The words are those of `AssignmentResult.unserved`, of the network without the element:
    "policy" if only the rules of the scenario deny the other ways, "closed" if there are other
    ways that events or opening dates close, else "no path".
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def of(self, stranded: Ints, elements: Sequence[Element]) -> list[str]:
        """Return the reason of each stranded request.

        Parameters
        ----------
        stranded : ndarray of int
            Rows of the requests.
        elements : sequence of Element
            What is lost.
        """
        part = self._bench.part
        here = self._reached(part.network, part.requests, self._bench.arcs, stranded, elements)
        if here.all():
            return [POLICY] * len(stranded)
        ever = self._reached(*self._whole, stranded, elements)
        return [
            POLICY if now else CLOSED if once else NO_PATH
            for now, once in zip(here, ever, strict=True)
        ]

    @cached_property
    def _whole(self) -> tuple[Network, Requests, ElementArcs]:
        """The network of all that the study has, whatever the day, and its demand."""
        bench = self._bench
        study = bench.asked.study
        network = compile_network(study)
        requests = make_requests(
            study,
            network,
            Marks(network),
            bench.part.requests.table,
            (),
            bench.asked.year,
            bench.options,
            bench.part.choice,
        )
        return network, requests, ElementArcs(network, study)

    @staticmethod
    def _reached(
        network: Network,
        requests: Requests,
        arcs: ElementArcs,
        rows: Ints,
        elements: Sequence[Element],
    ) -> Bools:
        """Whether each request has a path without the elements, were there no rules."""
        shut = np.logical_or.reduce([arcs.touched(one) for one in elements])
        states = network.state.height
        distance = np.empty(states)
        arc_into, heap, position = (np.empty(states, dtype=np.int32) for _ in range(3))
        ends = requests.table.select("origin", "destination").rows()
        reached = np.zeros(len(rows), dtype=np.bool_)
        for number, row in enumerate(rows):
            money = requests.classes[requests.cargo_class[row]].metric.cost_usd_t
            target = network.destination_state[ends[row][1]]
            shortest_tree(
                network.first_out,
                network.head,
                np.where(shut, np.inf, money),
                network.origin_state[ends[row][0]],
                target,
                distance,
                arc_into,
                heap,
                position,
            )
            reached[number] = np.isfinite(distance[target])
        return reached
