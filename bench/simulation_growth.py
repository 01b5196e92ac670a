"""Does an event take longer when there are ten times as many shipments?

There are two ways to ten times as many: ten times as long, and ten times as wide (rates,
servers and vessels). The year of the built-in study cannot be made longer, so it is compared
with a tenth of its time. Sogdia alone is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import fmean

import numpy as np
from bench import page
from bench.page import Target
from bench.simulation_eurasia import SEED, Year
from bench.simulation_model import CORRIDOR, QUEUE
from bench.simulation_model import Model as Peers
from bench.simulation_own import simulate
from bench.timing import Side, interleaved

from sogdia.report.sheets import NONE, Sheet
from sogdia.simulation.engine import LEAST_LOAD
from sogdia.simulation.model import EMPIRICAL_RELEASE, Model
from sogdia.simulation.replication import replicate

TIMES = 10
MOST = 1.3
CAPACITY = 0
"""Column of the numbers of vessels."""
RATE, BEGINS = 0, 1
"""Columns of the numbers of streams."""
KIND = 4
"""Column of their integers."""


@dataclass
class Case:
    """A model at one size; shipments and events of its runs are kept.

    Attributes
    ----------
    model : str
        Which model.
    size : str
        In words.
    run : callable
        Makes the run of that number; returns its shipments and events.
    base : Case or None
        What has a tenth of the shipments.
    counts : list of tuple of int
        What came of it.
    """

    model: str
    size: str
    run: Callable[[int], tuple[int, int]]
    base: Case | None = None
    counts: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self) -> None:
        """Make one run."""
        self.counts.append(self.run(len(self.counts)))


def growth(queue: int, corridor: int, year: Year, repetitions: int) -> list[Sheet]:
    """Measure so many customers of the queue and the corridor, the year, and ten times all."""
    cases = [
        *_customers("queue", QUEUE, queue),
        *_customers("corridor", CORRIDOR, corridor),
        *_years(year),
    ]
    costs = interleaved([Side(case.size, case, repetitions) for case in cases])
    taken_s = {
        id(case): cost.cpu_s / fmean(events for _, events in case.counts)
        for case, cost in zip(cases, costs, strict=True)
    }
    cells, wanted = [], []
    for case in cases:
        shipments, events = np.mean(case.counts, axis=0)
        times = taken_s[id(case)] / taken_s[id(case.base)] if case.base else 1.0
        cells.append(
            [
                case.model,
                case.size,
                f"{shipments:,.0f}",
                f"{events:,.0f}",
                f"{1e9 * taken_s[id(case)]:.0f}",
                f"{times:.2f}" if case.base else NONE,
            ]
        )
        if case.base:
            what = f"time per event, {case.model}, {case.size}"
            asked, measured = f"{MOST} times at most", f"{times:.2f} times"
            wanted.append(Target(what, asked, measured, times <= MOST))
    note = (
        f"Medians of {repetitions} runs in turn, processor time; the last column compares with a "
        f"tenth of the shipments. As wide: {TIMES} times the shipments per hour, the servers, the "
        "room, and the vessels; of eurasia, the capacity of the vessels and the load they wait "
        "for, not their number."
    )
    header = ["model", "size", "shipments", "events", "ns per event", "times a tenth"]
    return [page.targets(wanted), page.sheet("Growth", header, cells, note, words=2)]


def _customers(name: str, model: Peers, customers: int) -> list[Case]:
    def run(count: int, width: int) -> Callable[[int], tuple[int, int]]:
        def once(number: int) -> tuple[int, int]:
            outcome = simulate(model, count, number, width)
            return outcome.customers, outcome.events

        return once

    base = Case(name, f"{customers:,} customers", run(customers, 1))
    return [
        base,
        Case(name, f"{TIMES} times as long", run(TIMES * customers, 1), base),
        Case(name, f"{TIMES} times as wide", run(TIMES * customers, TIMES), base),
    ]


def _years(year: Year) -> list[Case]:
    begun_h = year.model.stream_number[:, BEGINS].min()
    brief = replace(year, ticks=begun_h + (year.ticks - begun_h) / TIMES)
    tenth = Case("eurasia", "a tenth of the time", _replications(brief))
    whole = Case("eurasia", "the whole time", _replications(year), tenth)
    wider = replace(year, model=wide(year.model))
    return [tenth, whole, Case("eurasia", f"{TIMES} times as wide", _replications(wider), whole)]


def _replications(year: Year) -> Callable[[int], tuple[int, int]]:
    def once(number: int) -> tuple[int, int]:
        made = replicate(year.model, year.ticks, SEED, number)
        return int(made.balance[:, 0].sum()), made.events

    return once


def wide(model: Model) -> Model:
    """Return the model with ten times the shipments, and ten times as much room for them."""
    if (model.stream_integer[:, KIND] == EMPIRICAL_RELEASE).any() or len(model.initial):
        raise SystemExit("shipments at given times, or there at the start, cannot be made more")
    streams, vessels = model.stream_number.copy(), model.vessel_number.copy()
    streams[:, RATE] *= TIMES
    vessels[:, [CAPACITY, *LEAST_LOAD]] *= TIMES
    return replace(
        model, stream_number=streams, vessel_number=vessels, units=np.asarray(TIMES * model.units)
    )
