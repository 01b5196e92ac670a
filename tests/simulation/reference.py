"""A second event engine, in plain Python, that the kernel has to agree with bit for bit.

It is slow and simple on purpose, and shares with the kernel only the random draws and their
addresses: shipments, stations and vessels are objects, queues are deques, the event list is a
heap of tuples, and statistics are taken from what was written down on the way. It was written
from the docstrings of `sogdia.simulation.model` and `sogdia.simulation.engine`. Where those leave
something open, it does as the kernel does, and a comment says so: "Left open: ...".
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np

from sogdia.simulation import distribution, engine, random
from sogdia.simulation import model as model_module
from sogdia.simulation.engine import FIRST_INITIAL, VISIT_STRIDE
from sogdia.simulation.model import Model
from sogdia.simulation.releases import RELEASE_WORD
from sogdia.simulation.replication import Replication
from sogdia.simulation.statistics import HISTOGRAM_BINS, bin_edges

WHAT = (
    "released",
    "joined",
    "started",
    "working",
    "worked",
    "left",
    "partly loaded",
    "departed",
    "arrived",
    "cancelled",
    "shut",
    "opened",
    "delivered",
)
ROUNDING = 1e-9
Row = list[Any]
"""Time, what, stream, number, step, station."""
Law = tuple[int, float, float, float]


@dataclass
class Stream:
    """A stream as the rows of the model tell it."""

    first: int
    group: int
    key: int
    priority: int
    kind: int
    batch: int
    season: Sequence[float]
    rate: float
    start: float
    until: float
    tonnes: float
    times: Sequence[float]


@dataclass
class Step:
    """A step likewise."""

    kind: int
    category: int
    station: int
    key: int
    law: Law
    target: int
    amount: float


@dataclass(eq=False)
class Shipment:
    """A shipment on its way."""

    stream: int
    number: int
    step: int
    released: float
    visit: int = 0
    joined: float = 0.0
    left_over: float = 0.0
    still: float = 0.0
    spent: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])


@dataclass
class Wait:
    """A wait that is over."""

    joined: float
    started: float
    tonnes: float
    shut_by: int


@dataclass(eq=False)
class Station:
    """A station: its queues by priority, its vessels in line, and what has been there."""

    number: int
    units: float
    busy: float = 0.0
    queues: dict[int, deque[Shipment]] = field(default_factory=dict)
    line: list[Vessel] = field(default_factory=list)
    shut_until: float = 0.0
    shut_by: int = -1
    still_until: float = 0.0
    still_by: int = -1
    still: float = 0.0
    joins: int = 0
    waits: list[Wait] = field(default_factory=list)
    shut: list[tuple[float, float]] = field(default_factory=list)
    history: list[tuple[float, int, float]] = field(default_factory=list)
    loads: list[tuple[float, float, float]] = field(default_factory=list)

    @property
    def waiting(self) -> list[Shipment]:
        """Those who wait, in the order in which they are served."""
        return [one for level in sorted(self.queues) for one in self.queues[level]]


@dataclass(eq=False)
class Vessel:
    """A vessel likewise."""

    number: int
    sides: tuple[int, int]
    key: int
    side: int
    divides: bool
    capacity: float
    least: tuple[float, float]
    longest: float
    until: float
    cancelled: float
    crossing: Law
    stay: Law
    timetables: tuple[list[float], list[float]]
    voyage: int = 0
    last: float = -math.inf
    gives_up: float = math.inf


@dataclass
class Delivery:
    """A shipment that has arrived."""

    group: int
    released: float
    delivered: float
    spent: list[float]


@dataclass
class Loss:
    """Hours for which a closure held somebody up."""

    time: float
    closure: int
    hours: float
    tonnes: float


class Reference:
    """One replication of a model."""

    def __init__(self, model: Model, ticks: Sequence[float], seed: int, replication: int) -> None:
        self.model = model
        self.ticks = [float(tick) for tick in ticks]
        self.keys = random.key_of(seed, replication)
        self.streams = [_stream(model, row) for row in range(len(model.stream_integer))]
        self.steps = [_step(model, row) for row in range(len(model.step_integer))]
        self.stations = [Station(row, float(units)) for row, units in enumerate(model.units)]
        self.vessels = [_vessel(model, row) for row in range(len(model.vessel_integer))]
        self.now = 0.0
        self.agenda: list[tuple[float, int, int, Callable[..., None], tuple[Any, ...]]] = []
        self.scheduled = 0
        self.events = 0
        self.to_serve: deque[Station] = deque()
        self.to_go_on: deque[Shipment] = deque()
        self.rows: list[Row] = []
        self.released = [0] * len(model.groups)
        self.deliveries: list[Delivery] = []
        self.lost_work: list[Loss] = []

    # ---- chance

    def uniform(self, stream: int, entity: int, word: int) -> float:
        return random.uniform(*self.keys, stream, entity, word, 0)

    def draw(self, law: Law, stream: int, entity: int, word: int) -> float:
        return distribution.draw(*law, self.model.values, *self.keys, stream, entity, word)

    # ---- the event list

    def schedule(
        self, time: float, action: Callable[..., None], *about: Any, rank: int = 2
    ) -> None:
        """Put down what is to happen; of what happens at the same time, lower ranks go first."""
        heapq.heappush(self.agenda, (time, rank, self.scheduled, action, about))
        self.scheduled += 1

    def run(self) -> Reference:
        """Let everything happen that happens before the last tick."""
        present: dict[int, int] = {}
        for stream, step in self.model.initial.tolist():
            number = FIRST_INITIAL + present.get(stream, 0)
            present[stream] = present.get(stream, 0) + 1
            self.schedule(0.0, self.release, stream, number, step, rank=0)
        for stream, times in enumerate(self.release_times()):
            for number, time in enumerate(times):
                self.schedule(
                    time, self.release, stream, number, self.streams[stream].first, rank=1
                )
        for vessel, numbers in zip(self.vessels, self.model.vessel_number, strict=True):
            self.schedule(float(numbers[3]), self.ready, vessel)
        for closure in range(len(self.model.closure_integer)):
            self.await_closure(closure, self.closings(closure))
        while self.agenda and self.agenda[0][0] < self.ticks[-1]:
            self.now, _, _, action, about = heapq.heappop(self.agenda)
            self.events += 1
            action(*about)
            # Left open: stations come before shipments, and again after each of them.
            while self.to_serve or self.to_go_on:
                if self.to_serve:
                    self.serve(self.to_serve.popleft())
                else:
                    self.go_on(self.to_go_on.popleft())
        return self

    def tell(
        self,
        what: int,
        stream: int,
        number: int,
        step: int,
        station: int,
        time: float | None = None,
    ) -> None:
        when = self.now if time is None else time
        self.rows.append([when, what, stream, number, step, station])

    def tell_of(self, what: int, shipment: Shipment, station: int) -> None:
        self.tell(what, shipment.stream, shipment.number, shipment.step, station)

    def wake(self, station: Station) -> None:
        if station not in self.to_serve:
            self.to_serve.append(station)

    def note(self, station: Station) -> None:
        station.history.append((self.now, len(station.waiting), station.busy))

    # ---- releases

    def release_times(self) -> list[list[float]]:
        """Times of release of every stream, one for each shipment of a batch."""
        found = []
        for stream in self.streams:
            until = min(stream.until, self.ticks[-1])
            times = []
            for time in self.moments(stream, until):
                if not time < until:
                    break
                if time >= stream.start:
                    times += [time] * stream.batch
            found.append(times)
        return found

    def moments(self, stream: Stream, until: float) -> Iterator[float]:
        if stream.kind == model_module.EMPIRICAL_RELEASE:
            yield from stream.times
        if stream.kind not in {model_module.POISSON, model_module.SCHEDULED} or stream.rate <= 0:
            return
        time, drawn = stream.start, 0
        while time < until:
            share = self.uniform(stream.key, drawn, RELEASE_WORD)
            if stream.kind == model_module.POISSON:
                hours = -math.log(1.0 - share)
            else:
                hours = 1.0 if drawn else share
            time = self.worked_off(stream, time, hours / stream.rate)
            drawn += 1
            yield time

    def worked_off(self, stream: Stream, time: float, hours: float) -> float:
        """Return when so many hours at the mean rate have passed, month by month."""
        starts = [float(start) for start in self.model.month_start]
        for place, (begin, end) in enumerate(pairwise([*starts, math.inf])):
            if end <= time and end != math.inf:
                continue
            factor = stream.season[int(self.model.month[place])]
            since = max(time, begin) if place else time
            if factor > 0 and since + hours / factor <= end:
                return since + hours / factor
            hours -= (end - since) * factor if factor > 0 else 0.0
            time = end
        return math.inf

    def release(self, stream: int, number: int, step: int) -> None:
        shipment = Shipment(stream, number, step, self.now)
        self.released[self.streams[stream].group] += 1
        self.tell_of(engine.RELEASED, shipment, -1)
        self.to_go_on.append(shipment)

    # ---- shipments on their way

    def go_on(self, shipment: Shipment) -> None:
        """Take a shipment along its route until it has to wait."""
        stream = self.streams[shipment.stream]
        while True:
            step = self.steps[shipment.step]
            word = (step.key + shipment.visit * VISIT_STRIDE) % 2**32
            if step.kind == model_module.RELEASE:
                station = self.stations[step.station]
                station.busy -= step.amount
                self.note(station)
                self.tell_of(engine.LEFT, shipment, step.station)
                # Left open: a station at which nobody waits is not woken.
                if station.waiting:
                    self.wake(station)
                shipment.step += 1
            elif step.kind == model_module.BRANCH:
                chance = step.law[1]
                if chance >= 1 or self.uniform(stream.key, shipment.number, word) < chance:
                    shipment.visit += 1
                    shipment.step = step.target
                else:
                    shipment.step += 1
            else:
                break
        if step.kind == model_module.DELAY:
            self.work(shipment, step, self.draw(step.law, stream.key, shipment.number, word))
        elif step.kind == model_module.END:
            self.tell_of(engine.DELIVERED, shipment, -1)
            self.deliveries.append(
                Delivery(stream.group, shipment.released, self.now, shipment.spent)
            )
        else:
            station = self.stations[step.station]
            shipment.joined = self.now
            shipment.left_over = step.amount
            station.queues.setdefault(stream.priority, deque()).append(shipment)
            station.joins += 1
            self.note(station)
            self.tell_of(engine.JOINED, shipment, step.station)
            self.wake(station)

    def work(self, shipment: Shipment, step: Step, hours: float) -> None:
        shipment.spent[step.category] += hours
        if step.station >= 0:
            station = self.stations[step.station]
            # what of a closure is still to come has stopped no work that begins only now
            shipment.still = station.still - max(station.still_until - self.now, 0.0)
        self.tell_of(engine.WORKING, shipment, step.station)
        self.schedule(self.now + hours, self.work_ends, shipment)

    def work_ends(self, shipment: Shipment) -> None:
        number = self.steps[shipment.step].station
        if number >= 0:
            station = self.stations[number]
            lost = station.still - shipment.still
            if lost > ROUNDING:
                shipment.still = station.still
                tonnes = self.streams[shipment.stream].tonnes
                self.lost_work.append(Loss(self.now, station.still_by, lost, tonnes))
                self.schedule(self.now + lost, self.work_ends, shipment)
                return
        self.tell_of(engine.WORKED, shipment, number)
        shipment.step += 1
        self.to_go_on.append(shipment)

    def arrive(self, aboard: list[Shipment]) -> None:
        for shipment in aboard:
            self.tell_of(engine.ARRIVED, shipment, self.steps[shipment.step].station)
            shipment.step += 1
            self.to_go_on.append(shipment)

    # ---- stations

    def serve(self, station: Station) -> None:
        if station.shut_until > self.now:
            return
        if station.units == 0:
            self.let_sail(station)
            return
        while waiting := station.waiting:
            room = station.units - station.busy
            # Left open: where there is no room at all, nobody goes on, even with an amount of 0.
            if room <= ROUNDING or waiting[0].left_over > room + ROUNDING:
                break
            station.busy += waiting[0].left_over
            self.start(station, waiting[0])
            waiting[0].step += 1
            self.to_go_on.append(waiting[0])

    def start(self, station: Station, shipment: Shipment) -> None:
        """Take a shipment out of the queue."""
        stream = self.streams[shipment.stream]
        first = station.queues[stream.priority].popleft()
        assert first is shipment
        station.waits.append(Wait(shipment.joined, self.now, stream.tonnes, station.shut_by))
        self.note(station)
        self.tell_of(engine.STARTED, shipment, station.number)

    # ---- vessels

    def ready(self, vessel: Vessel) -> None:
        """Let a vessel leave, or wait for its timetable."""
        table = vessel.timetables[vessel.side]
        if not table or self.now >= vessel.until:
            self.leave(vessel)
            return
        due = [time for time in table if time >= self.now and time > vessel.last]
        if due and due[0] > self.now:
            self.schedule(due[0], self.leave, vessel)
        elif due:
            self.leave(vessel)

    def leave(self, vessel: Vessel) -> None:
        """Let a vessel leave: it stands in line for goods, unless the quay is shut."""
        station = self.stations[vessel.sides[vessel.side]]
        if self.now >= vessel.until:
            return
        if station.shut_until > self.now:
            self.schedule(station.shut_until, self.leave, vessel)
            return
        chance = vessel.cancelled
        if chance > 0 and self.uniform(vessel.key, vessel.voyage, engine.CANCEL_WORD) < chance:
            self.tell(engine.CANCELLED, -1, vessel.voyage, vessel.number, station.number)
            stay = self.draw(vessel.stay, vessel.key, vessel.voyage, engine.STAY_WORD)
            vessel.last = self.now
            vessel.voyage += 1
            self.schedule(self.now + stay, self.ready, vessel)
            return
        station.line.append(vessel)
        self.wake(station)
        vessel.gives_up = self.now + vessel.longest
        if vessel.least[vessel.side] > 0:
            self.schedule(vessel.gives_up, self.give_up, vessel)

    def give_up(self, vessel: Vessel) -> None:
        station = self.stations[vessel.sides[vessel.side]]
        if vessel in station.line and vessel.gives_up <= self.now:
            self.wake(station)

    def let_sail(self, station: Station) -> None:
        """Let the first vessel in line sail that may, and then look again."""
        load = sum(shipment.left_over for shipment in station.waiting)
        for vessel in station.line:
            # Left open: after its longest wait, a vessel with two sides leaves empty, one with
            # one side as soon as there is anything.
            enough = load >= vessel.least[vessel.side] - ROUNDING
            tired = vessel.gives_up <= self.now and (station.waiting or vessel.sides[1] >= 0)
            if self.now < vessel.until and (enough or tired):
                station.line.remove(vessel)
                self.sail(vessel, station)
                self.wake(station)
                return

    def sail(self, vessel: Vessel, station: Station) -> None:
        crossing = self.draw(vessel.crossing, vessel.key, vessel.voyage, engine.CROSSING_WORD)
        stay = self.draw(vessel.stay, vessel.key, vessel.voyage, engine.STAY_WORD)
        room = vessel.capacity
        aboard: list[Shipment] = []
        for shipment in station.waiting:
            if room <= ROUNDING:
                break
            if shipment.left_over > room + ROUNDING:
                if vessel.divides:
                    shipment.left_over -= room
                    room = 0.0
                    self.tell_of(engine.PARTLY_LOADED, shipment, station.number)
                break
            room -= shipment.left_over
            shipment.spent[model_module.MOVING] += crossing
            self.start(station, shipment)
            self.free_yard(shipment)
            aboard.append(shipment)
        self.tell(engine.DEPARTED, -1, vessel.voyage, vessel.number, station.number)
        station.loads.append((self.now, vessel.capacity - max(room, 0.0), vessel.capacity))
        if aboard:
            self.schedule(self.now + crossing, self.arrive, aboard)
        vessel.last = self.now
        vessel.voyage += 1
        back = self.now + stay
        if vessel.sides[1] >= 0:
            vessel.side = 1 - vessel.side
            back += crossing
        self.schedule(back, self.ready, vessel)

    def free_yard(self, shipment: Shipment) -> None:
        """Give back the units of the yard in which a shipment waited that is aboard now."""
        step = self.steps[shipment.step]
        if step.target >= 0:
            yard = self.stations[step.target]
            yard.busy -= step.law[1]
            self.note(yard)
            self.tell_of(engine.LEFT, shipment, yard.number)
            self.wake(yard)

    # ---- closures

    def closings(self, closure: int) -> Iterator[tuple[float, float]]:
        """Begin and end of every time that something shuts its stations."""
        integers = self.model.closure_integer[closure].tolist()
        numbers = self.model.closure_number[closure].tolist()
        kind, key = integers[:2]
        if kind == model_module.DATED:
            for begin, end in self.model.interval[integers[3] : integers[4]].tolist():
                yield begin, end
            return
        if kind == model_module.WEATHER:
            yield from self.storms(key, numbers[5], numbers[6:])
            return
        between = (integers[7], *numbers[:3])
        repair = (integers[8], *numbers[3:6])
        time, occurrence = 0.0, 0
        while True:
            begin = time + self.draw(between, key, occurrence, engine.BETWEEN_WORD)
            time = begin + self.draw(repair, key, occurrence, engine.REPAIR_WORD)
            occurrence += 1
            yield begin, time

    def storms(
        self, key: int, goes_on: float, begins: list[float]
    ) -> Iterator[tuple[float, float]]:
        """Spells of stormy days: a chain of days, each after the one before; day -1 was calm."""
        starts = self.model.month_start.tolist()
        since = None
        day = 0
        while since is not None or day * 24.0 < self.ticks[-1]:
            month = max(bisect_right(starts, day * 24.0) - 1, 0)
            begin = begins[int(self.model.month[month])]
            chance = begin if since is None else goes_on
            stormy = self.uniform(key, day, engine.STORM_WORD) < chance
            if stormy and since is None:
                since = day
            elif not stormy and since is not None:
                yield since * 24.0, day * 24.0
                since = None
            day += 1

    def await_closure(self, closure: int, rest: Iterator[tuple[float, float]]) -> None:
        """Schedule the next time that something shuts its stations."""
        begin, end = next(rest, (math.inf, math.inf))
        if begin < self.ticks[-1]:
            self.schedule(begin, self.shut, closure, end, rest)

    def shut(self, closure: int, end: float, rest: Iterator[tuple[float, float]]) -> None:
        integers = self.model.closure_integer[closure].tolist()
        for number in self.model.closure_target[integers[5] : integers[6]].tolist():
            station = self.stations[number]
            if integers[2] and end > station.still_until:
                station.still += end - max(self.now, station.still_until)
                station.still_until = end
                station.still_by = closure
            # what ends before another closure does shuts nothing
            if end > station.shut_until:
                station.shut.append((max(self.now, station.shut_until), end))
                station.shut_until = end
                station.shut_by = closure
                self.tell(engine.SHUT, -1, closure, -1, number)
                self.schedule(end, self.open, station)
        self.await_closure(closure, rest)

    def open(self, station: Station) -> None:
        if station.shut_until <= self.now:
            self.tell(engine.OPENED, -1, station.shut_by, -1, station.number)
            self.wake(station)

    # ---- statistics, from what was written down

    def observed(self, time: float) -> bool:
        return time >= self.ticks[0]

    def waits(self, station: int) -> list[Wait]:
        """Waits at a station that ended within the time observed."""
        return [one for one in self.stations[station].waits if self.observed(one.started)]

    def averages(self, station: int) -> list[tuple[float, float]]:
        """Shipments waiting and units busy, on average over each period."""
        changes = [(-math.inf, 0, 0.0), *self.stations[station].history, (math.inf, 0, 0.0)]
        found = []
        for begin, end in pairwise(self.ticks):
            waiting = busy = 0.0
            for (since, queue, units), (till, _, _) in pairwise(changes):
                hours = min(till, end) - max(since, begin)
                if hours > 0:
                    waiting += hours * queue
                    busy += hours * units
            length = end - begin
            found.append((waiting / length, busy / length) if length > 0 else (0.0, 0.0))
        return found

    def transits(self, group: int) -> list[Delivery]:
        """Shipments of a group delivered within the time observed."""
        return [
            one for one in self.deliveries if one.group == group and self.observed(one.delivered)
        ]

    def there(self, group: int) -> int:
        """Shipments of a group that are still on their way."""
        return self.released[group] - sum(one.group == group for one in self.deliveries)

    def delays(self, closure: int) -> list[Loss]:
        """What a closure has delayed: work that it stopped, and waits while stations were shut.

        Left open: a wait that several closures drew out counts as the last one's.
        """
        found = [one for one in self.lost_work if one.closure == closure]
        for station in self.stations:
            for wait in station.waits:
                shut = [
                    min(end, wait.started) - max(begin, wait.joined) for begin, end in station.shut
                ]
                hours = sum(one for one in shut if one > 0)
                if wait.shut_by == closure and hours > ROUNDING:
                    found.append(Loss(wait.started, closure, hours, wait.tonnes))
        return [one for one in found if self.observed(one.time)]


def _stream(model: Model, row: int) -> Stream:
    first, group, key, priority, kind, batch, season = model.stream_integer[row].tolist()
    rate, start, until, tonnes = model.stream_number[row].tolist()
    times = model.release_time[model.release_first[row] : model.release_first[row + 1]].tolist()
    weights = model.season[season].tolist()
    return Stream(
        first, group, key, priority, kind, batch, weights, rate, start, until, tonnes, times
    )


def _step(model: Model, row: int) -> Step:
    kind, category, station, key, law, target = model.step_integer[row].tolist()
    a, b, c, amount = model.step_number[row].tolist()
    return Step(kind, category, station, key, (law, a, b, c), target, amount)


def _vessel(model: Model, row: int) -> Vessel:
    near, far, key, side, crossing, stay, divides = model.vessel_integer[row].tolist()
    numbers = model.vessel_number[row].tolist()
    capacity, least, longest, _, until, cancelled = numbers[:6]
    bounds = model.timetable_first[2 * row : 2 * row + 3].tolist()
    near_times, far_times = (
        model.timetable[first:last].tolist() for first, last in pairwise(bounds)
    )
    return Vessel(
        row,
        (near, far),
        key,
        side,
        bool(divides),
        capacity,
        (least, numbers[13]),
        longest,
        until,
        cancelled,
        (crossing, *numbers[6:9]),
        (stay, *numbers[9:12]),
        (near_times, far_times),
    )


def refer(model: Model, ticks: Sequence[float], seed: int, replication: int) -> Reference:
    """Run one replication in plain Python."""
    return Reference(model, ticks, seed, replication).run()


def rows_of(log_time: np.ndarray, log: np.ndarray) -> list[Row]:
    """Return the log of the kernel as rows of the reference."""
    return [[time, *row] for time, row in zip(log_time.tolist(), log.tolist(), strict=True)]


def said(row: Row | None) -> str:
    """Return a row of a log in words."""
    if row is None:
        return "nothing"
    time, what, stream, number, step, station = row
    return (
        f"{time!r} h: {WHAT[what]}, stream {stream}, number {number}, step {step}, "
        f"station {station}"
    )


def difference(found: Sequence[Row], expected: Sequence[Row]) -> str | None:
    """Return the first row in which a log differs from what was expected; None if none does."""
    for row, (one, other) in enumerate(zip_longest(found, expected)):
        if one != other:
            told = [f"row {row} differs"]
            told += [f"  before: {said(same)}" for same in expected[max(row - 3, 0) : row]]
            told += [f"  expected: {said(other)}", f"  found: {said(one)}"]
            return "\n".join(told)
    return None


def disagreements(result: Replication, told: Reference) -> list[str]:
    """Return the statistics in which a replication of the kernel differs from the reference."""
    model, ticks = told.model, told.ticks
    batches = result.transit_count.shape[1]
    expected: dict[str, Any] = {}
    found: dict[str, Any] = {}

    def compare(what: str, ours: Any, theirs: Any) -> None:
        found[what] = np.asarray(ours, dtype=float)
        expected[what] = np.asarray(theirs, dtype=float)

    for number, station in enumerate(told.stations):
        name = f"{model.station_names[number]}"
        waits = told.waits(number)
        hours = [one.started - one.joined for one in waits]
        loads = [one for one in station.loads if told.observed(one[0])]
        counts, amounts = result.count[number], result.amount[number]
        compare(f"{name}: waits", counts[engine.WAITS], len(waits))
        compare(f"{name}: hours waited", amounts[engine.WAIT_H], math.fsum(hours))
        compare(
            f"{name}: tonne-hours waited",
            amounts[engine.WAIT_T_H],
            math.fsum(one.tonnes * (one.started - one.joined) for one in waits),
        )
        compare(f"{name}: tonnes", amounts[engine.WAIT_T], sum(one.tonnes for one in waits))
        compare(f"{name}: histogram", result.wait_histogram[number], histogram(hours))
        compare(
            f"{name}: averages over time",
            result.area[number] / np.maximum(np.diff(ticks), 1e-300)[:, None],
            np.reshape(told.averages(number), (-1, 2)),
        )
        compare(f"{name}: joined", counts[engine.JOINS], station.joins)
        compare(f"{name}: started", counts[engine.STARTS], len(station.waits))
        compare(f"{name}: still there", result.in_queue[number], len(station.waiting))
        compare(f"{name}: busy", amounts[engine.BUSY], station.busy)
        compare(f"{name}: departures", amounts[engine.DEPARTURES], len(loads))
        compare(f"{name}: loaded", amounts[engine.LOADED], sum(one[1] for one in loads))
        compare(f"{name}: offered", amounts[engine.OFFERED], sum(one[2] for one in loads))
    for group, label in enumerate(model.groups):
        arrived = told.transits(group)
        hours = [one.delivered - one.released for one in arrived]
        length = (ticks[-1] - ticks[0]) / batches
        part = [min(int((one.delivered - ticks[0]) / length), batches - 1) for one in arrived]
        compare(
            f"{label}: delivered", result.transit_count[group], np.bincount(part, minlength=batches)
        )
        sums = [
            np.bincount(part, weights=np.power(hours, power), minlength=batches) for power in (1, 2)
        ]
        compare(f"{label}: transit times", result.transit_sum[group].T, sums)
        compare(f"{label}: histogram", result.transit_histogram[group], histogram(hours))
        spent = [math.fsum(one.spent[column] for one in arrived) for column in range(3)]
        compare(f"{label}: spent", result.spent[group], spent)
        delivered = sum(one.group == group for one in told.deliveries)
        balance = [told.released[group], delivered, told.there(group)]
        compare(f"{label}: balance", result.balance[group], balance)
    for closure, label in enumerate(model.closure_names):
        delays = told.delays(closure)
        totals = [
            len(delays),
            math.fsum(one.hours for one in delays),
            math.fsum(one.hours * one.tonnes for one in delays),
        ]
        compare(f"{label}: delayed", result.delayed[closure], totals)
    waiting = [(one, station) for station in told.stations for one in station.waiting]
    compare(
        "who waits",
        result.left[:, [engine.STREAM, engine.STEP, engine.NUMBER]],
        np.reshape([(one.stream, one.step, one.number) for one, _ in waiting], (-1, 3)),
    )
    compare("since when", result.left_since, [one.joined for one, _ in waiting])
    compare("events", result.events, told.events)
    return [
        f"{what}: {found[what]} found, {expected[what]} expected"
        for what in expected
        if found[what].shape != expected[what].shape
        or not np.allclose(found[what], expected[what], rtol=1e-9, atol=1e-7)
    ]


def histogram(hours: Sequence[float]) -> np.ndarray:
    """Return how many of some times fall into each bin."""
    bins = np.digitize(hours, bin_edges()) - 1
    return np.bincount(np.clip(bins, 0, HISTOGRAM_BINS - 1), minlength=HISTOGRAM_BINS)
