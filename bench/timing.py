"""Measure several ways of doing the same work in one interleaved run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Side:
    """One way of doing the work.

    Attributes
    ----------
    name : str
        What to call it.
    work : callable
        Does it once.
    repetitions : int
        How often to measure it.
    warm : bool
        Whether to do it once before, unmeasured, so that nothing is compiled or loaded in
        the measured rounds.
    """

    name: str
    work: Callable[[], object]
    repetitions: int = 5
    warm: bool = True


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over the repetitions: wall time and processor time of this process, s."""

    wall_s: float
    cpu_s: float
    repetitions: int


def interleaved(sides: Sequence[Side]) -> list[Cost]:
    """Measure all sides in turn, round after round; return their medians, in order.

    What else the machine does then falls on all sides alike.
    """
    walls: list[list[float]] = [[] for _ in sides]
    cpus: list[list[float]] = [[] for _ in sides]
    for side in sides:
        if side.warm:
            side.work()
    for turn in range(max(side.repetitions for side in sides)):
        for number, side in enumerate(sides):
            if turn >= side.repetitions:
                continue
            cpu, wall = time.process_time(), time.perf_counter()
            side.work()
            walls[number].append(time.perf_counter() - wall)
            cpus[number].append(time.process_time() - cpu)
    return [
        Cost(median(wall), median(cpu), len(wall)) for wall, cpu in zip(walls, cpus, strict=True)
    ]
