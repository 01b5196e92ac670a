"""Time per event of Sogdia and its peers on the queue and the corridor, and whether they agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import fmean, stdev

import numpy as np
from bench import page
from bench.page import Target
from bench.peers_plain import heapq_corridor, heapq_queue
from bench.simulation_model import (
    ARRIVALS_PER_H,
    CORRIDOR,
    CROSSING_H,
    FULL,
    QUEUE,
    RETURN_H,
    SERVERS,
    SERVICES_PER_H,
    VESSELS,
    Model,
    Outcome,
    Peer,
    erlang_wait_h,
)
from bench.simulation_own import simulate
from bench.simulation_peers import CORRIDOR_PEERS, QUEUE_PEERS, ROUNDING
from bench.timing import Cost, Side, interleaved
from numpy.typing import NDArray
from scipy import stats

from sogdia.network.model import Floats
from sogdia.report.sheets import NONE, Sheet

Flags = NDArray[np.bool_]

RUNS_EACH = 5
"""Runs of the quick sides in one repetition: one alone is over too soon to be timed."""
LEVEL = 0.95
SURE = 0.05
"""The sides differ if chance would part them as far with less than this probability."""
FACTORS = {"SimPy": 80.0, "Ciw": 300.0}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much to measure.

    Attributes
    ----------
    customers : int
        Of each run.
    reduced : dict of str to int
        Fewer, of the peers that would take too long.
    repetitions : int
        Of the timing.
    runs : int
        To compare means over, each of as many customers.
    same_customers, same_runs : int
        To compare the peers among themselves.
    """

    customers: int
    reduced: Mapping[str, int]
    repetitions: int
    runs: int
    same_customers: int
    same_runs: int


@dataclass
class Runs:
    """Runs of one side, each with a seed of its own; their outcomes are kept."""

    run: Peer
    customers: int
    each: int
    outcomes: list[Outcome] = field(default_factory=list)

    def __call__(self) -> None:
        """Run so many times."""
        for _ in range(self.each):
            self.outcomes.append(self.run(self.customers, len(self.outcomes)))

    def per_event_s(self, seconds: float) -> float:
        """Return what an event took of what a repetition took."""
        return seconds / (self.each * fmean(outcome.events for outcome in self.outcomes))


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that all sides tell: its name, where it is, and what theory says (nan: nothing)."""

    name: str
    of: Callable[[Outcome], float]
    theory: float = float("nan")


def queue(sizes: Sizes) -> list[Sheet]:
    """Measure the queue."""
    return _model(QUEUE, QUEUE_PEERS, heapq_queue, sizes)


def corridor(sizes: Sizes) -> list[Sheet]:
    """Measure the corridor."""
    return _model(CORRIDOR, CORRIDOR_PEERS, heapq_corridor, sizes)


def _model(model: Model, peers: dict[str, Peer], plain: Peer, sizes: Sizes) -> list[Sheet]:
    apart = _insist_on_same_runs(peers, sizes)

    def own(customers: int, seed: int) -> Outcome:
        return simulate(model, customers, seed)

    agreement, agree = _agreement(model, own, plain, sizes, apart)
    runs = {"sogdia": Runs(own, sizes.customers, RUNS_EACH)}
    for name, peer in peers.items():
        runs[name] = Runs(peer, sizes.reduced.get(name, sizes.customers), 1)
    sides = [Side(name, work, sizes.repetitions, name == "sogdia") for name, work in runs.items()]
    costs = dict(zip(runs, interleaved(sides), strict=True))
    per_event = {name: runs[name].per_event_s(cost.cpu_s) for name, cost in costs.items()}
    ratios = {name: taken / per_event["sogdia"] for name, taken in per_event.items()}
    wanted = [
        Target(
            f"faster per event than {name}",
            f"{factor:.0f} times",
            f"{ratios[name]:.0f} times",
            ratios[name] >= factor,
        )
        for name, factor in FACTORS.items()
    ]
    return [page.targets([*wanted, agree]), _speed(runs, costs, ratios), agreement]


def _speed(runs: dict[str, Runs], costs: dict[str, Cost], ratios: dict[str, float]) -> Sheet:
    cells = []
    for name, work in runs.items():
        cost, each = costs[name], work.each
        cells.append(
            [
                name,
                f"{work.customers:,}",
                f"{fmean(outcome.events for outcome in work.outcomes):,.0f}",
                f"{cost.wall_s / each:.3f}",
                f"{cost.cpu_s / each:.3f}",
                f"{1e9 * work.per_event_s(cost.cpu_s):,.0f}",
                f"{ratios[name]:,.1f}",
                interval([outcome.sojourn_h for outcome in work.outcomes]),
            ]
        )
    header = ["engine", "customers", "events", "s by the clock", "s of processor", "ns per event"]
    repetitions = next(iter(costs.values())).repetitions
    note = (
        f"One run, from putting the model together to its figures; medians of {repetitions} "
        "repetitions, all engines in turn. Events are arrivals, ends of service, departures and "
        "returns of vessels, counted alike for all; time per event and ratios are of processor "
        f"time. Sogdia runs {RUNS_EACH} times in each repetition. The last column is what these "
        "very runs say, with Student's 95 % interval over seeds. SimPy, salabim: as their manuals "
        "do it, a process for each customer; with callbacks, with few components: as fast as "
        "we could make them. heapq is plain Python, event by event; the plain sweep does one "
        "station after the other without events, which is possible only where nothing runs "
        "backwards."
    )
    last = ["sogdia is faster by", "time in system, h"]
    return page.sheet("Time per event", [*header, *last], cells, note)


def _insist_on_same_runs(peers: dict[str, Peer], sizes: Sizes) -> float:
    """Stop if the peers do not live through the same runs; return how far apart they are."""
    first = next(iter(peers.values()))
    apart = 0.0
    for seed in range(sizes.same_runs):
        outcome = first(sizes.same_customers, seed)
        for name, peer in peers.items():
            distance = outcome.distance(peer(sizes.same_customers, seed))
            if not distance <= ROUNDING:
                raise SystemExit(f"{name}: its figures differ from the first peer's by {distance}")
            apart = max(apart, distance)
    return apart


def _agreement(
    model: Model, own: Peer, plain: Peer, sizes: Sizes, apart: float
) -> tuple[Sheet, Target]:
    """Compare Sogdia's means over runs with those of plain Python, and with theory."""
    ours = [own(sizes.customers, seed) for seed in range(sizes.runs)]
    theirs = [plain(sizes.customers, seed) for seed in range(sizes.runs)]
    cells = []
    for figure in _figures(model):
        one = [figure.of(outcome) for outcome in ours]
        two = [figure.of(outcome) for outcome in theirs]
        within, _ = _compared(np.array([one]).T, np.array([two]).T)
        known = f"{figure.theory:.4f}" if np.isfinite(figure.theory) else NONE
        cells.append([figure.name, known, interval(one), interval(two), _yes(within[0])])
    all_ours, all_theirs = (
        np.array([outcome.figures()[:-2] for outcome in side]) for side in (ours, theirs)
    )
    within, overlap = _compared(all_ours, all_theirs)
    chance = stats.ttest_ind(all_ours, all_theirs, equal_var=False).pvalue.min() * len(within)
    if chance < SURE / 100:
        raise SystemExit(f"sogdia and plain Python do not agree: {chance:.1e}, {within}")
    note = (
        f"Means of {sizes.runs} runs of {sizes.customers:,} customers on either side, with "
        "Student's 95 % intervals; each side draws its own random numbers. Plain Python stands "
        "for all peers: they draw the same random numbers and live through the same runs, and "
        f"over {sizes.same_runs} runs of {sizes.same_customers:,} customers none of their figures "
        f"differed by more than {apart:.0e} of its size. Of all {len(within)} figures (waits, "
        "utilisations and queues by stop, time in the system), in "
        f"{within.sum()} each mean lies within the other's interval, where chance alone would "
        f"leave out one in six or seven; in {overlap.sum()} the intervals overlap. The largest "
        "difference of them all (Welch's test, Bonferroni's correction) has a probability of "
        f"{min(chance, 1.0):.2f}. Runs begin and end empty, which takes them a little below "
        "theory."
    )
    header = ["figure", "theory", "sogdia", "plain Python", "each within the other's"]
    agree = Target(
        "results within each other's confidence intervals",
        "all intervals overlap, no difference beyond chance",
        f"{overlap.sum()} of {len(within)} overlap; probability {min(chance, 1.0):.2f}",
        bool(overlap.all()) and chance >= SURE,
    )
    return page.sheet("Agreement", header, cells, note), agree


def _compared(one: Floats, two: Floats) -> tuple[Flags, Flags]:
    """Tell by column whether each mean lies within the other's interval; whether they overlap."""
    apart = np.abs(one.mean(axis=0) - two.mean(axis=0))
    halves = [_half_width(one), _half_width(two)]
    # figures that never vary, such as a ferry's that always sails full, may differ by rounding
    slack = ROUNDING * np.abs(one.mean(axis=0))
    return apart <= np.minimum(*halves) + slack, apart <= np.add(*halves) + slack


def _half_width(values: Floats) -> Floats:
    count = len(values)
    quantile = stats.t.ppf((1 + LEVEL) / 2, count - 1)
    return np.asarray(quantile * values.std(axis=0, ddof=1) / sqrt(count))


def interval(values: Sequence[float]) -> str:
    """Return the mean and half of Student's 95 % interval."""
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1)) * stdev(values) / sqrt(len(values))
    return f"{fmean(values):.4f} ± {half:.4f}"


def _figures(model: Model) -> list[Figure]:
    """Return the figures worth a line, with what is known in closed form.

    What leaves a station of the first five comes to the next at random again (Burke), so all
    have the same wait; as there are vessels enough, the ferry's is that for a full load.
    """
    wait_h = erlang_wait_h(ARRIVALS_PER_H, SERVICES_PER_H, SERVERS)
    taken = ARRIVALS_PER_H / SERVICES_PER_H / SERVERS
    spare = SERVERS * SERVICES_PER_H - ARRIVALS_PER_H
    stations = [(0, wait_h)] if model.ferry < 0 else [(0, wait_h), (model.ferry - 1, wait_h)]
    found = [
        Figure(f"wait at station {stop + 1}, h", _wait_at(stop), theory)
        for stop, theory in stations
    ]
    sojourn, spread = float("nan"), float("nan")
    if model.ferry < 0:
        waits = wait_h * spare
        sojourn = wait_h + 1.0 / SERVICES_PER_H
        spread = sqrt(waits * (2.0 - waits) / spare**2 + 1.0 / SERVICES_PER_H**2)
    found += [
        Figure("servers taken at station 1", lambda one: one.utilisation[0], taken),
        Figure("waiting at station 1", lambda one: one.queue_mean[0], ARRIVALS_PER_H * wait_h),
    ]
    if model.ferry >= 0:
        ferry = model.ferry
        gather_h = (FULL - 1) / 2 / ARRIVALS_PER_H
        sailing = ARRIVALS_PER_H / FULL * (CROSSING_H + RETURN_H) / VESSELS
        found += [
            Figure("wait for the ferry, h", _wait_at(ferry), gather_h),
            Figure("vessels under way", lambda one: one.utilisation[ferry], sailing),
            Figure("wait at the station after it, h", _wait_at(ferry + 1)),
            Figure("wait at the last station, h", _wait_at(-1)),
        ]
    return [
        *found,
        Figure("time in system, h", lambda one: one.sojourn_h, sojourn),
        Figure("its standard deviation, h", lambda one: one.sojourn_sd_h, spread),
    ]


def _wait_at(stop: int) -> Callable[[Outcome], float]:
    return lambda one: one.wait_h[stop]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
