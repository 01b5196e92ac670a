"""The event simulation's peers: SimPy, Ciw, salabim and plain Python. Do they agree?

    python -m bench.simulation_peers             # six minutes
    python -m bench.simulation_peers --customers 5000 --seeds 3

All live through the same run of the models of `bench.simulation_model`, seed by seed, so
their figures must be the same but for rounding; and plain Python's must be those of theory.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev
from time import process_time

from bench.peers_ciw import ciw_corridor, ciw_queue
from bench.peers_plain import heapq_corridor, heapq_queue, sweep_corridor, sweep_queue
from bench.peers_salabim import (
    salabim_corridor,
    salabim_lean_corridor,
    salabim_lean_queue,
    salabim_queue,
)
from bench.peers_simpy import simpy_corridor, simpy_lean_corridor, simpy_lean_queue, simpy_queue
from bench.simulation_model import (
    ARRIVALS_PER_H,
    CORRIDOR,
    FULL,
    QUEUE,
    SERVERS,
    SERVICES_PER_H,
    Model,
    Outcome,
    Peer,
    erlang_wait_h,
)
from rich.console import Console
from rich.table import Table
from scipy.stats import t as student

QUEUE_PEERS: dict[str, Peer] = {
    "heapq": heapq_queue,
    "plain sweep": sweep_queue,
    "SimPy, callbacks": simpy_lean_queue,
    "SimPy": simpy_queue,
    "salabim, few components": salabim_lean_queue,
    "salabim": salabim_queue,
    "Ciw": ciw_queue,
}
CORRIDOR_PEERS: dict[str, Peer] = {
    "heapq": heapq_corridor,
    "plain sweep": sweep_corridor,
    "SimPy, callbacks": simpy_lean_corridor,
    "SimPy": simpy_corridor,
    "salabim, few components": salabim_lean_corridor,
    "salabim": salabim_corridor,
    "Ciw": ciw_corridor,
}
ROUNDING = 1e-9


def interval(values: Sequence[float]) -> str:
    """Return the mean and half of Student's 95 % interval."""
    half = float(student.ppf(0.975, len(values) - 1)) * stdev(values) / sqrt(len(values))
    return f"{fmean(values):.4f} ± {half:.4f}"


def agreement(model: Model, peers: dict[str, Peer], customers: int, seeds: int) -> Table:
    """Run all peers; compare their figures with the first's, seed by seed."""
    columns = ["wait at first stop, h", "time in system, h", "its deviation, h"]
    if model.ferry >= 0:
        columns.append("wait for the ferry, h")
    table = Table("peer", *columns, "differs by", "s", "events/s")
    runs: dict[str, list[Outcome]] = {}
    for name, peer in peers.items():
        begun = process_time()
        runs[name] = [peer(customers, seed) for seed in range(seeds)]
        spent_s = (process_time() - begun) / seeds
        first, outcomes = next(iter(runs.values())), runs[name]
        distances = [one.distance(two) for one, two in zip(first, outcomes, strict=True)]
        values = [
            [outcome.wait_h[0] for outcome in outcomes],
            [outcome.sojourn_h for outcome in outcomes],
            [outcome.sojourn_sd_h for outcome in outcomes],
        ]
        if model.ferry >= 0:
            values.append([outcome.wait_h[model.ferry] for outcome in outcomes])
        table.add_row(
            name,
            *map(interval, values),
            f"{max(distances):.0e}",
            f"{spent_s:.3f}",
            f"{outcomes[0].events / spent_s:,.0f}",
        )
        if not all(distance <= ROUNDING for distance in distances):
            raise SystemExit(f"{name}: its figures differ from the first peer's by {distances}")
    return table


def theory(customers: int, runs: int) -> Table:
    """Compare plain Python's figures with those known in closed form.

    What leaves a station of the first five comes to the next at random again (Burke), so all
    five have the same wait. As there are vessels enough, the ferry's is that for a full load.
    """
    queues = [heapq_queue(customers, seed) for seed in range(runs)]
    outcomes = [heapq_corridor(customers, seed) for seed in range(runs)]
    wait_h = erlang_wait_h(ARRIVALS_PER_H, SERVICES_PER_H, SERVERS)
    table = Table("figure", "theory", "heapq", title="What is known")
    for stop in range(CORRIDOR.ferry):
        measured = interval([outcome.wait_h[stop] for outcome in outcomes])
        table.add_row(f"wait at station {stop + 1}, h", f"{wait_h:.4f}", measured)
    measured = interval([outcome.wait_h[CORRIDOR.ferry] for outcome in outcomes])
    table.add_row("wait for the ferry, h", f"{(FULL - 1) / 2 / ARRIVALS_PER_H:.4f}", measured)
    measured = interval([outcome.utilisation[0] for outcome in queues])
    taken = ARRIVALS_PER_H / SERVICES_PER_H / SERVERS
    table.add_row("utilisation of the queue", f"{taken:.4f}", measured)
    measured = interval([outcome.queue_mean[0] for outcome in queues])
    table.add_row("waiting in the queue", f"{ARRIVALS_PER_H * wait_h:.4f}", measured)
    table.caption = (
        f"{runs} runs of {customers:,} each. Every run begins and ends empty, which lowers "
        "its figures a little."
    )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=20_000, help="of each run")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each peer, two at least")
    arguments = parser.parse_args()
    console = Console(width=140)
    for model, peers in ((QUEUE, QUEUE_PEERS), (CORRIDOR, CORRIDOR_PEERS)):
        table = agreement(model, peers, arguments.customers, arguments.seeds)
        table.title = "The corridor" if model.ferry >= 0 else "The queue"
        table.caption = (
            f"{arguments.seeds} runs of {arguments.customers:,} customers each; mean and "
            "Student's 95 % interval. Processor seconds of one run."
        )
        console.print(table)
    console.print(theory(arguments.customers, 20 * arguments.seeds))


if __name__ == "__main__":
    main()
