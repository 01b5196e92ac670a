"""What is wrong with the parts of a model, told in sentences that begin with their names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from sogdia.network.model import Bools, Floats, Ints
from sogdia.simulation.distribution import CONSTANT

DELAY, SEIZE, RELEASE, BOARD, BRANCH, END = range(6)
CATEGORIES = 3
RELEASE_KINDS = range(4)
MONTHS = 12


def month_problems(month_start: Sequence[float]) -> Iterator[str]:
    """Yield what is wrong with the beginnings of months."""
    starts = np.asarray(month_start, dtype=np.float64)
    if not len(starts) or not starts[0] <= 0 or not (np.diff(starts) > 0).all():
        yield "the months do not begin one after the other, the first at or before hour 0"


def stream_problems(
    *,
    rate_h: float,
    kind: int,
    batch: int,
    start_h: float,
    until_h: float,
    tonnes: float,
    priority: int,
    season: Sequence[float],
    times_h: Iterable[float],
) -> Iterator[str]:
    """Yield what is wrong with a stream; see `ModelBuilder.stream`."""
    if kind not in RELEASE_KINDS:
        yield f"releases in a way {kind} that is not known"
    if not (math.isfinite(rate_h) and rate_h >= 0):
        yield f"releases {rate_h} shipments per hour; it needs zero or more"
    if batch < 1:
        yield f"releases {batch} shipments at a time; it needs one or more"
    if not start_h >= 0 or math.isnan(until_h):
        yield f"releases from hour {start_h} to {until_h}; it needs times from 0 on"
    if not (math.isfinite(tonnes) and tonnes >= 0):
        yield f"has shipments of {tonnes} t; they need zero or more"
    if priority < 0:
        yield f"has a priority of {priority}; it needs zero or more"
    if len(season) != MONTHS or not all(math.isfinite(one) and one >= 0 for one in season):
        yield "has a season that is not twelve factors of zero or more"
    if any(not math.isfinite(time) or time < 0 for time in times_h):
        yield "has a release before the start or at no time"


def vessel_problems(
    *,
    sides: Sequence[int],
    units: Sequence[float],
    side: int,
    capacity: float,
    least_load: tuple[float, float],
    longest_wait_h: float,
    ready_h: float,
    start_h: float,
    until_h: float,
    cancelled: float,
    mean_crossing_h: float,
    mean_stay_h: float,
    timetables: Sequence[Sequence[float]],
) -> Iterator[str]:
    """Yield what is wrong with a vessel; see `ModelBuilder.vessel`."""
    for quay in sides:
        if not 0 <= quay < len(units) or units[quay] > 0:
            yield f"leaves from station {quay}, which is no quay"
    if len(sides) not in {1, 2}:
        yield f"has {len(sides)} sides; it needs one or two"
    elif side not in range(len(sides)):
        yield f"is at side {side} at the start, and has {len(sides)}"
    if not (math.isfinite(capacity) and capacity > 0):
        yield f"carries {capacity:g} units; it needs more than zero"
    if not all(0.0 <= one <= capacity for one in least_load):
        yield (
            f"waits for {max(least_load):g} units and carries {capacity:g}; "
            "it can wait for as many as it carries"
        )
    if not longest_wait_h >= 0:
        yield f"waits for {longest_wait_h} hours; it needs zero or more"
    if not (math.isfinite(ready_h) and math.isfinite(start_h) and max(ready_h, start_h) >= 0):
        yield f"is ready at hour {ready_h} and starts at {start_h}; it needs times from 0 on"
    if math.isnan(until_h):
        yield "ends its work at no time"
    if not 0.0 <= cancelled < 1.0:
        yield f"cancels {cancelled:g} of its departures; 0 to less than 1 is needed"
    if any(not math.isfinite(time) for times in timetables for time in times):
        yield "has a timetable with a departure at no time"
    resting = mean_stay_h <= 0 and (len(sides) == 1 or mean_crossing_h <= 0)
    if resting and not all(times for times, _ in zip(timetables, sides, strict=False)):
        yield "has no time between departures"


def weather_problems(stormy_share: Sequence[float], spell_days: float) -> Iterator[str]:
    """Yield what is wrong with weather; see `ModelBuilder.weather`."""
    if not (math.isfinite(spell_days) and spell_days >= 1):
        yield f"has storms of {spell_days} days; they last one day at least"
        spell_days = 1.0
    if len(stormy_share) != MONTHS:
        yield f"has {len(stormy_share)} months; it needs twelve"
    for month, share in enumerate(stormy_share, start=1):
        if not 0.0 <= share < 1.0:
            yield f", month {month}: a share of {share:g} is stormy; less than 1 is needed"
        elif share / ((1.0 - share) * spell_days) > 1.0:
            yield (
                f", month {month}: storms of {spell_days:g} days cannot make up a share of "
                f"{share:g}; they need {share / (1.0 - share):.3g} days or more"
            )


def interval_problems(intervals: Iterable[tuple[float, float]]) -> Iterator[str]:
    """Yield what is wrong with the times of a closure."""
    for start, end in intervals:
        if math.isnan(start) or math.isnan(end):
            yield f"lasts from hour {start} to {end}, which is no time"


def target_problems(targets: Iterable[int], stations: int) -> Iterator[str]:
    """Yield what is wrong with the stations that something shuts."""
    for target in targets:
        if not 0 <= target < stations:
            yield f"shuts station {target}, and there are {stations}"


def step_problems(
    step_integer: Ints, step_number: Floats, first: Ints, units: Floats
) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with the steps of routes, and the stream whose step it is."""
    kind, category, station = step_integer[:, 0], step_integer[:, 1], step_integer[:, 2]
    target, amount, chance = step_integer[:, 5], step_number[:, 3], step_number[:, 0]
    stream = np.searchsorted(first, np.arange(len(kind)), side="right") - 1
    at_station = np.isin(kind, (SEIZE, RELEASE, BOARD))
    stations = len(units)
    at_quay = (station >= 0) & (station < stations)
    at_quay[at_quay] = units[station[at_quay]] == 0
    freed = step_number[:, 0]
    last = np.append(first[1:], len(kind))[stream] - 1
    branches = kind == BRANCH
    checks = (
        (~np.isin(kind, range(END + 1)), "has a step of a kind that is not known"),
        (at_station & (station < 0), "has a step that names no station"),
        ((station >= stations) | (station < -1), "names a station that is not known"),
        (at_station & ~(np.isfinite(amount) & (amount >= 0)), "has an amount that is none"),
        ((kind == DELAY) & ~np.isin(category, range(CATEGORIES)), "has an unknown category"),
        (branches & ~((target >= first[stream]) & (target <= last)), "branches off its route"),
        ((kind == SEIZE) & at_quay, "seizes a quay, which has no servers; goods board there"),
        ((kind == BOARD) & ((target < -1) | (target >= stations)), "frees an unknown station"),
        ((kind == BOARD) & ~(np.isfinite(freed) & (freed >= 0)), "frees an amount that is none"),
        (branches & ~((chance >= 0) & (chance <= 1)), "branches with no probability"),
    )
    for bad, message in checks:
        for step in np.flatnonzero(bad):
            yield int(stream[step]), message
    known = (target >= 0) & (target <= last)
    for step in np.flatnonzero(branches & (chance >= 1) & known):
        if _goes_round(int(step), step_integer, step_number, known):
            yield int(stream[step]), "goes round for ever in no time"


def _goes_round(step: int, step_integer: Ints, step_number: Floats, known: Bools) -> bool:
    """Tell whether a step leads back to itself by steps that are certain and take no time."""
    passed: set[int] = set()
    while step not in passed and step < len(step_integer):
        passed.add(step)
        kind, instant = step_integer[step, 0], step_number[step, 0] == 0
        if kind == BRANCH:
            if step_number[step, 0] < 1 or not known[step]:
                return False
            step = int(step_integer[step, 5])
        elif kind in {SEIZE, RELEASE} or (
            kind == DELAY and step_integer[step, 4] == CONSTANT and instant
        ):
            step += 1
        else:
            return False
    return step in passed
