"""Measure searches for ways: Pareto sets and k best paths, against peers.

    python -m bench.routing                     # everything, about a quarter of an hour
    python -m bench.routing --only synthetic
    python -m bench.routing --quick             # every part, small, in a minute

Every table is one interleaved run of all its sides, medians of the repetitions told. Times
are by the clock, what a user waits; ratios and rates are of processor time, which a busy
machine disturbs less. Before anything is measured, all sides' answers are compared and the
run ends if they differ. What the peers need to hold a network (lists, dictionaries) is made
beforehand and not counted.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from bench.networks import Instance, grid, multimodal
from bench.pareto_peers import (
    Found,
    Lists,
    backward,
    bounds,
    front_of,
    graph_of,
    insist,
    martins,
    plain_python,
    rows_of,
    search,
    sorted_rows,
)
from bench.routing_eurasia import eurasia
from bench.timing import Side, interleaved
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_array

from sogdia.network.model import Floats
from sogdia.routing.pareto import lower_bounds

FIRST_LABELS = 60_000
FEW = 3


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to measure."""

    repetitions: int
    trades: int
    states: int
    states_for_textbook: int
    side: int
    distances: tuple[int, ...]
    growth_states: tuple[int, ...]


FULL = Scale(5, 4, 5000, 500, 1000, (50, 100, 200, 400), (500, 1000, 2000, 5000, 10000))
QUICK = Scale(3, 1, 600, 150, 200, (20, 40), (300, 600))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small, in a minute")
    parser.add_argument("--only", choices=PARTS, help="one part")
    arguments = parser.parse_args()
    console = Console(width=120)
    for name, part in PARTS.items():
        if arguments.only in (None, name):
            for table in part(QUICK if arguments.quick else FULL):
                console.print(table)


def synthetic(scale: Scale) -> list[Table]:
    """Find full fronts of one state to all others, three criteria at odds."""
    small = multimodal(scale.states_for_textbook, correlation=0.0)
    large = multimodal(scale.states, correlation=0.0)
    return [_full_fronts(small, scale, textbook=True), _full_fronts(large, scale, textbook=False)]


def _full_fronts(instance: Instance, scale: Scale, *, textbook: bool) -> Table:
    """Compare on one instance; stop the textbook's search early unless it is to end."""
    source = instance.nearest(0.5, 0.5)
    lists, graph = Lists.of(instance), graph_of(instance)
    own = search(instance, source)
    labels = rows_of(own())
    equal = np.array_equal(labels, plain_python(lists, source).rows())
    insist("plain Python", equal=equal)
    textbook = textbook or len(labels) < FIRST_LABELS
    most = None if textbook else FIRST_LABELS
    stopped = martins(graph, source, most=most)
    if textbook:
        insist("textbook", equal=np.array_equal(labels, stopped.rows()))
    few = scale.repetitions if textbook else FEW
    sides = [
        Side("sogdia", own, scale.repetitions),
        Side("the same in plain Python", lambda: plain_python(lists, source), few, warm=False),
        Side(
            "textbook Martins on networkx" + ("" if textbook else f", first {FIRST_LABELS:,}"),
            lambda: martins(graph, source, most=most),
            few,
            warm=False,
        ),
    ]
    counts = [len(labels), len(labels), len(stopped.labels)]
    largest = np.bincount(labels[:, 0].astype(np.int64)).max()
    table = _rates(sides, counts)
    table.title = (
        f"Full fronts, three criteria, multimodal network of {instance.states:,} states and "
        f"{instance.arcs:,} arcs; {len(labels):,} labels, {largest:,} at one state"
    )
    if not textbook:
        table.caption = (
            f"The slow sides repeat {FEW} times because a round of them takes the better part of "
            "a minute. The textbook's rate falls as lists grow: its first labels flatter it."
        )
    return table


def _rates(sides: Sequence[Side], labels: Sequence[int]) -> Table:
    """Measure sides that find so many labels each; compare their rates with the first's."""
    table = Table("search", "labels", "s", "labels/s", "sogdia is faster by", "repetitions")
    costs = interleaved(sides)
    rates = [count / cost.cpu_s for count, cost in zip(labels, costs, strict=True)]
    for side, count, cost, rate in zip(sides, labels, costs, rates, strict=True):
        table.add_row(
            side.name,
            f"{count:,}",
            f"{cost.wall_s:.3f}",
            f"{rate:,.0f}",
            f"{rates[0] / rate:.1f}",
            f"{cost.repetitions}",
        )
    return table


def million(scale: Scale) -> list[Table]:
    """Ask for the ways between two states of a large grid with shortcuts.

    The ways to all states are out of reach: already with two criteria, correlated by 0.95, a
    search was stopped at 20 million labels. So queries go from one state to another, and the
    three criteria are correlated by 0.8.
    """
    instance = grid(scale.side, correlation=0.8)
    lists, matrices = Lists.of(instance), backward(instance)
    table = Table(
        "rows apart",
        "labels",
        "ways",
        "ms",
        "of it bounds, ms",
        "plain Python ms",
        "ratio",
        "repetitions",
        title=f"One to one, three criteria correlated by 0.8, grid of {instance.states:,} states "
        f"and {instance.arcs:,} arcs with shortcuts",
        caption="Not from one state to all: already with two criteria, correlated by 0.95, that "
        "has more than 20 million labels. The peer takes its lower bounds from scipy; it is "
        "measured once where it takes half a minute.",
    )
    for apart in scale.distances:
        table.add_row(f"{apart}", *_across_grid(instance, lists, matrices, apart, scale))
    return [table]


def _across_grid(
    instance: Instance, lists: Lists, matrices: list[csr_array], apart: int, scale: Scale
) -> list[str]:
    half = apart / scale.side / 2
    source, target = instance.nearest(0.5 - half, 0.5), instance.nearest(0.5 + half, 0.5)

    def peer() -> Found:
        return plain_python(lists, source, target=target, bound=bounds(matrices, target))

    def bounds_only() -> Floats:
        return lower_bounds(instance.first_out, instance.head, instance.criteria, target)

    own = search(instance, source, target)
    labels = own()
    equal = np.array_equal(front_of(labels, target), sorted_rows(peer().front(target)))
    insist("across the grid", equal=equal)
    few = scale.repetitions if len(labels.state) < 200_000 else 1
    sides = [
        Side("sogdia", own, scale.repetitions),
        Side("bounds", bounds_only, scale.repetitions),
        Side("plain Python", peer, few, warm=False),
    ]
    whole, least, slow = interleaved(sides)
    return [
        f"{len(labels.state):,}",
        f"{len(labels.at(target)):,}",
        ms(whole.wall_s),
        ms(least.wall_s),
        ms(slow.wall_s),
        f"{slow.cpu_s / whole.cpu_s:.1f}",
        f"{whole.repetitions}, peer {slow.repetitions}",
    ]


def growth(scale: Scale) -> list[Table]:
    """Vary criteria, states and correlation one at a time."""
    base = 1000 if scale is FULL else 300
    table = Table(
        "states",
        "criteria",
        "correlation",
        "labels",
        "most at a state",
        "ms",
        "labels/s",
        title="Full fronts of one state to all others: how the work grows",
    )
    cases = [(base, count, 0.5) for count in (2, 3, 4)]
    cases += [(base, count, 0.0) for count in (2, 3, 4)]
    cases += [(base, 3, correlation) for correlation in (0.25, 0.75, 0.9, 1.0)]
    cases += [(states, 3, 0.5) for states in scale.growth_states]
    for states, count, correlation in cases:
        instance = multimodal(states, criteria=count, correlation=correlation)
        own = search(instance, instance.nearest(0.5, 0.5))
        cost = interleaved([Side("sogdia", own, scale.repetitions)])[0]
        found = own().state
        table.add_row(
            f"{instance.states:,}",
            f"{count}",
            f"{correlation:g}",
            f"{len(found):,}",
            f"{np.bincount(found).max():,}",
            ms(cost.wall_s),
            f"{len(found) / cost.cpu_s:,.0f}",
        )
    return [table]


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f}"


PARTS: dict[str, Callable[[Scale], list[Table]]] = {
    "eurasia": lambda scale: [eurasia(scale.trades, scale.repetitions)],
    "synthetic": synthetic,
    "million": million,
    "growth": growth,
}


if __name__ == "__main__":
    main()
