"""The model that the event engine runs: streams of shipments, steps, stations and vessels.

An engine knows no port and no train. Shipments are released by *streams* and follow a route
of *steps*; they queue at *stations*, which have servers (or room), or from which *vessels*
leave in batches; *closures* shut stations for a time. `ModelBuilder` puts such a model
together and checks it.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from sogdia.errors import DataError, Problem
from sogdia.simulation.distribution import EMPIRICAL, Distribution
from sogdia.simulation.model_check import (
    interval_problems,
    month_problems,
    step_problems,
    stream_problems,
    target_problems,
    vessel_problems,
    weather_problems,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DELAY, SEIZE, RELEASE, BOARD, BRANCH, END = range(6)
"""Kinds of steps."""
MOVING, HANDLING, BORDER = range(3)
"""What a delay is counted as."""
NO_RELEASE, POISSON, SCHEDULED, EMPIRICAL_RELEASE = range(4)
"""How a stream releases shipments."""
DATED, RENEWAL, WEATHER = range(3)
"""What shuts stations."""

ALWAYS = math.inf
MONTHS = 12
ONE_SEASON = (1.0,) * MONTHS
NO_TIME: Distribution = Distribution.constant(0.0)


def key_from(name: Hashable) -> int:
    """Return the address of a name in the streams of random numbers: the same in every run."""
    return crc32(repr(name).encode())


@dataclass(frozen=True, slots=True)
class Model:
    """Flat arrays of a model; made by `ModelBuilder`.

    Attributes
    ----------
    stream_integer : ndarray of int64, shape (streams, 7)
        First step, group, random key, priority (0 goes first), kind of release, shipments
        per release, season.
    stream_number : ndarray of float64, shape (streams, 4)
        Releases per hour, from and until (h), tonnes per shipment.
    release_first, release_time : ndarray
        Times of empirical releases of stream ``s`` lie from ``release_first[s]`` to
        ``release_first[s + 1]``.
    season : ndarray of float64, shape (seasons, 12)
        Factor on the rate of release by calendar month.
    month_start, month : ndarray
        When each month of the run begins (h; the first at or before zero), and its number from 0.
    step_integer : ndarray of int64, shape (steps, 6)
        Kind, category, station (-1: none), random key, kind of distribution, target.
    step_number : ndarray of float64, shape (steps, 4)
        Parameters a, b, c of the distribution, amount. Of a branch, a is its probability; of
        boarding, a is what is given back to the target, a yard, when the shipment is loaded.
    values : ndarray of float64
        Values of all empirical distributions.
    units : ndarray of float64, shape (stations,)
        Servers or room; infinite where nothing queues; zero where vessels leave from.
    vessel_integer : ndarray of int64, shape (vessels, 7)
        Station on either side (-1: it has one side only), random key, side at the start, kinds
        of the distributions of crossing and stay, whether it divides a shipment.
    vessel_number : ndarray of float64, shape (vessels, 14)
        Capacity, least load, longest wait, ready at, until, probability of cancelling,
        parameters of crossing (3) and of stay (3), time from which on it leaves, and least load on
        the other side.
    timetable_first, timetable : ndarray
        Departures of vessel ``v`` from side ``s`` lie from ``timetable_first[2 v + s]`` on.
    closure_integer : ndarray of int64, shape (closures, 9)
        Kind, random key, whether work stops, first and after last interval, first and after
        last target, kinds of the distributions of the time between and of repair.
    closure_number : ndarray of float64, shape (closures, 18)
        Parameters of the time between (3) and of repair (3); or by calendar month the
        probability that a calm day is followed by a stormy one (12).
        For weather, the last entry of the first six is the probability that a storm goes on.
    interval : ndarray of float64, shape (intervals, 2)
        Begin and end of dated closures.
    closure_target : ndarray of int64
        Stations shut.
    initial : ndarray of int64, shape (shipments, 2)
        Stream and step of the shipments that are there at the start.
    groups, station_names, closure_names : tuple
        What they stand for.
    commodity : ndarray of int64, shape (groups,)
        Commodity of each group.
    commodities : tuple of str
        Names.
    stream_names : tuple
        What streams stand for.
    """

    stream_integer: Integers
    stream_number: Floats
    release_first: Integers
    release_time: Floats
    season: Floats
    month_start: Floats
    month: Integers
    step_integer: Integers
    step_number: Floats
    values: Floats
    units: Floats
    vessel_integer: Integers
    vessel_number: Floats
    timetable_first: Integers
    timetable: Floats
    closure_integer: Integers
    closure_number: Floats
    interval: Floats
    closure_target: Integers
    initial: Integers
    groups: tuple[Hashable, ...]
    station_names: tuple[Hashable, ...]
    closure_names: tuple[Hashable, ...]
    vessel_names: tuple[Hashable, ...]
    stream_names: tuple[Hashable, ...]

    def offered_load(self, start_h: float, until_h: float) -> Floats:
        """Return the mean share of each station's servers that shipments would keep busy.

        Servers are held from their seizing to their release; while a shipment that holds one
        waits for something else, the server is not counted as busy. Seasons are not counted.
        NaN for stations of vessels and those without limit.
        """
        load = np.zeros(len(self.units))
        hours = np.minimum(self.stream_number[:, 2], until_h) - np.maximum(
            self.stream_number[:, 1], start_h
        )
        share = np.maximum(hours, 0.0) / (until_h - start_h)
        rate = self.stream_number[:, 0] * self.stream_integer[:, 5] * share
        for stream in np.flatnonzero(rate > 0):
            held: dict[int, float] = {}
            first = int(self.stream_integer[stream, 0])
            for step, visits in enumerate(self._visits(first), start=first):
                kind, _, station, _, distribution, yard = self.step_integer[step]
                a, b, c, amount = self.step_number[step]
                if kind == SEIZE:
                    held[int(station)] = held.get(int(station), 0.0) + amount
                elif kind == RELEASE:
                    held[int(station)] = held.get(int(station), 0.0) - amount
                elif kind == BOARD and yard >= 0:
                    held[int(yard)] = held.get(int(yard), 0.0) - a
                elif kind == DELAY:
                    mean = visits * self._mean(int(distribution), a, b, c)
                    for one, units in held.items():
                        load[one] += rate[stream] * units * mean
        limited = np.isfinite(self.units) & (self.units > 0)
        return np.where(limited, load / np.where(limited, self.units, 1.0), np.nan)

    def _visits(self, first: int) -> Floats:
        """Return how often a shipment makes each step of a route, on average."""
        after = first
        while self.step_integer[after, 0] != END:
            after += 1
        branches = np.flatnonzero(self.step_integer[first:after, 0] == BRANCH)
        if not len(branches):
            return np.ones(after - first)
        # the traffic equations (Jackson, 1957)
        goes_on = np.eye(after - first, k=1)
        for step in branches:
            chance, target = self.step_number[first + step, 0], self.step_integer[first + step, 5]
            goes_on[step] *= 1.0 - chance
            if target < after:
                goes_on[step, target - first] += chance
        enters = np.zeros(after - first)
        enters[0] = 1.0
        visits = np.linalg.lstsq(np.eye(after - first) - goes_on.T, enters)[0]
        return np.asarray(visits, dtype=np.float64)

    def _mean(self, kind: int, a: float, b: float, c: float) -> float:
        values = self.values[int(a) : int(a) + int(b)] if kind == EMPIRICAL else ()
        return Distribution(kind, a, b, c, tuple(values)).mean


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a route, as `ModelBuilder.stream` takes it.

    Attributes
    ----------
    kind : int
        DELAY, SEIZE, RELEASE, BOARD, BRANCH or END.
    station : int
        Number of the station; of a delay: the one at which it is worked on, if its closing
        stops the work.
    distribution : Distribution
        Of a delay.
    category : int
        MOVING, HANDLING or BORDER.
    amount : float
        Units seized, released or loaded.
    target : int
        Of a branch: step of the route to go on from, with `probability`. Of boarding: a yard
        that gets `probability` units back.
    name : hashable
        What random numbers are addressed by; by default the position in the route.
    """

    kind: int
    station: int = -1
    distribution: Distribution = NO_TIME
    category: int = HANDLING
    amount: float = 1.0
    target: int = -1
    probability: float = 0.0
    name: Hashable = None


def delay(
    distribution: Distribution,
    category: int = HANDLING,
    station: int = -1,
    name: Hashable = None,
) -> Step:
    """Return a step that takes time."""
    return Step(DELAY, station, distribution, category, name=name)


def seize(station: int, amount: float = 1.0) -> Step:
    """Return a step that waits for units of a station and takes them."""
    return Step(SEIZE, station, amount=amount)


def release(station: int, amount: float = 1.0) -> Step:
    """Return a step that gives units back."""
    return Step(RELEASE, station, amount=amount)


def board(station: int, amount: float = 1.0, frees: int = -1, freed: float = 0.0) -> Step:
    """Return a step that waits for a vessel and crosses with it.

    Parameters
    ----------
    station : int
        Quay.
    amount : float
        Units loaded.
    frees : int
        Station (a yard) whose units are given back when the shipment is loaded whole.
    freed : float
        How many.
    """
    return Step(BOARD, station, amount=amount, category=MOVING, target=frees, probability=freed)


def branch(target: int, probability: float = 1.0) -> Step:
    """Return a step that goes on from another step of the route with a probability."""
    return Step(BRANCH, target=target, probability=probability)


def serve(
    station: int, distribution: Distribution, category: int = HANDLING, name: Hashable = None
) -> list[Step]:
    """Return the steps of a visit to a server: seize, work, release."""
    return [seize(station), delay(distribution, category, station, name), release(station)]


@dataclass
class ModelBuilder:
    """Puts a model together, part by part; `build` checks it and returns the arrays.

    Attributes
    ----------
    month_start : sequence of float
        When each calendar month of the run begins, h.
    first_month : int
        Calendar month of the first, from 0.
    """

    month_start: Sequence[float] = (0.0,)
    first_month: int = 0
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._streams: list[tuple[list[int], list[float]]] = []
        self._release_times: list[Sequence[float]] = []
        self._steps: list[tuple[list[int], list[float]]] = []
        self._routes: dict[tuple[Step, ...], int] = {}
        self._seasons: dict[tuple[float, ...], int] = {ONE_SEASON: 0}
        self._values: list[float] = []
        self._units: list[float] = []
        self._groups: dict[Hashable, int] = {}
        self._stations: dict[Hashable, int] = {}
        self._vessels: list[tuple[list[int], list[float]]] = []
        self._timetables: list[Sequence[float]] = []
        self._closures: list[tuple[list[int], list[float]]] = []
        self._intervals: list[tuple[float, float]] = []
        self._targets: list[int] = []
        self._initial: list[tuple[int, int]] = []
        self._stream_names: list[Hashable] = []
        self._vessel_names: list[Hashable] = []
        self._closure_names: list[Hashable] = []
        self._keys: set[int] = set()

    def station(self, name: Hashable, units: float = 1.0) -> int:
        """Add servers, or room, at which shipments queue; return its number.

        Parameters
        ----------
        name : hashable
            What it is; a name that is known gives the station it stands for.
        units : float
            Servers or room; infinite: nothing ever waits there unless it is shut.
        """
        if name in self._stations:
            return self._stations[name]
        if not units > 0:
            self._problem(f"{_said(name)} has {units:g} servers; it needs more than zero")
        self._stations[name] = len(self._units)
        self._units.append(float(units))
        return self._stations[name]

    @property
    def steps(self) -> int:
        """Number of steps so far."""
        return len(self._steps)

    def has(self, name: Hashable) -> bool:
        """Tell whether there is a station of that name."""
        return name in self._stations

    def quay(self, name: Hashable) -> int:
        """Add a place from which vessels leave; return the number of its station."""
        if name not in self._stations:
            self._stations[name] = len(self._units)
            self._units.append(0.0)
        return self._stations[name]

    def group(self, name: Hashable) -> int:
        """Return the number of a group of streams whose transit times are kept together."""
        return self._groups.setdefault(name, len(self._groups))

    def stream(
        self,
        name: Hashable,
        steps: Iterable[Step],
        *,
        rate_h: float = 0.0,
        kind: int = POISSON,
        batch: int = 1,
        start_h: float = 0.0,
        until_h: float = ALWAYS,
        tonnes: float = 1.0,
        priority: int = 0,
        season: Sequence[float] = ONE_SEASON,
        times_h: Sequence[float] = (),
        group: Hashable = "all",
    ) -> int:
        """Add a stream of shipments and its route; return its number.

        Parameters
        ----------
        name : hashable
            What it is; random numbers are addressed by it.
        steps : iterable of Step
            The route; its end is added. Streams with the same route share its steps.
        rate_h : float
            Releases per hour.
        kind : int
            POISSON; SCHEDULED: evenly, the first after a random part of the interval;
            EMPIRICAL_RELEASE: at `times_h`; NO_RELEASE: only what is there at the start.
        batch : int
            Shipments per release.
        start_h, until_h : float
            When it begins and ends to release.
        tonnes : float
            Per shipment.
        priority : int
            Goes before greater numbers in every queue.
        season : sequence of 12 float
            Factor on the rate by calendar month.
        times_h : sequence of float
            Times of release.
        group : hashable
            See `group`.
        """
        route = tuple(steps)
        first = self._routes.get(route, len(self._steps))
        if route not in self._routes:
            self._routes[route] = first
            for position, step in enumerate([*route, Step(END)]):
                self._add_step(name, position, step, first)
        times = [float(time) for time in times_h]
        wrong = stream_problems(
            rate_h=rate_h,
            kind=kind,
            batch=batch,
            start_h=start_h,
            until_h=until_h,
            tonnes=tonnes,
            priority=priority,
            season=season,
            times_h=times,
        )
        if self._problems(name, wrong):
            times, season = [], ONE_SEASON
        shape = tuple(float(weight) for weight in season)
        row = self._seasons.setdefault(shape, len(self._seasons))
        self._streams.append(
            (
                [first, self.group(group), self._key(name), priority, kind, batch, row],
                [float(rate_h), float(start_h), float(until_h), float(tonnes)],
            )
        )
        self._release_times.append(sorted(times))
        self._stream_names.append(name)
        return len(self._streams) - 1

    def _add_step(self, name: Hashable, position: int, step: Step, first: int) -> None:
        chosen = step.distribution
        numbers = [chosen.a, chosen.b, chosen.c, step.amount]
        if chosen.kind == EMPIRICAL:
            numbers[0] = float(len(self._values))
            self._values += chosen.values
        if step.kind in {BRANCH, BOARD}:
            numbers[0] = step.probability
        if step.kind == SEIZE and 0 <= step.station < len(self._units):
            units = self._units[step.station]
            if step.amount > units:
                self._problem(
                    f"{_said(name)} needs {step.amount:g} units of "
                    f"{_said(self._name_of(step.station))}, which has {units:g}"
                )
        target = first + step.target if step.kind == BRANCH else step.target
        key = key_from(position if step.name is None else step.name)
        self._steps.append(
            ([step.kind, step.category, step.station, key, chosen.kind, target], numbers)
        )

    def _name_of(self, station: int) -> Hashable:
        return next(name for name, number in self._stations.items() if number == station)

    def vessel(
        self,
        name: Hashable,
        sides: Sequence[int],
        *,
        capacity: float,
        crossing: Distribution,
        stay: Distribution,
        least_load: float | tuple[float, float] = 0.0,
        longest_wait_h: float = ALWAYS,
        ready_h: float = 0.0,
        start_h: float = 0.0,
        until_h: float = ALWAYS,
        cancelled: float = 0.0,
        side: int = 0,
        divides: bool = True,
        timetables: Sequence[Sequence[float]] = ((), ()),
    ) -> int:
        """Add a vessel, a train set, or (with one side) a line of departures; return its number.

        Parameters
        ----------
        name : hashable
            What it is; random numbers are addressed by it.
        sides : sequence of int
            Quays that it sails between; one: it leaves from there again and again.
        capacity : float
            Units that it carries.
        crossing : Distribution
            Time from departure to arrival, h.
        stay : Distribution
            Time from arrival until it is ready to leave again, h; with one side: from departure
            to departure.
        least_load : float or tuple of float
            Units for which it waits, everywhere or on either side; zero: it leaves when it is
            ready, with what there is.
        longest_wait_h : float
            Time after which it leaves with less.
        ready_h : float
            When it is first ready.
        start_h, until_h : float
            When it begins and ends its work.
        cancelled : float
            Probability that a departure is not made.
        side : int
            Side at which it is at the start.
        divides : bool
            Whether a shipment that does not fit is divided; it then arrives with its last part.
        timetables : sequence of two sequences of float
            Departures from either side, h; empty: it needs none.
        """
        both = least_load if isinstance(least_load, tuple) else (least_load, least_load)
        wrong = vessel_problems(
            sides=sides,
            units=self._units,
            side=side,
            capacity=capacity,
            least_load=both,
            longest_wait_h=longest_wait_h,
            ready_h=ready_h,
            start_h=start_h,
            until_h=until_h,
            cancelled=cancelled,
            mean_crossing_h=crossing.mean,
            mean_stay_h=stay.mean,
            timetables=timetables,
        )
        self._problems(name, wrong)
        ends = [*sides, -1, -1][:2]
        self._vessels.append(
            (
                [*ends, self._key(("vessel", name)), side, crossing.kind, stay.kind, int(divides)],
                [
                    float(capacity),
                    float(both[0]),
                    float(longest_wait_h),
                    float(max(ready_h, start_h)),
                    float(until_h),
                    float(cancelled),
                    *self._parameters(crossing),
                    *self._parameters(stay),
                    float(start_h),
                    float(both[1]),
                ],
            )
        )
        self._timetables += [sorted(times) for times in [*timetables, (), ()][:2]]
        self._vessel_names.append(name)
        return len(self._vessels) - 1

    def _parameters(self, chosen: Distribution) -> list[float]:
        if chosen.kind != EMPIRICAL:
            return [chosen.a, chosen.b, chosen.c]
        self._values += chosen.values
        return [float(len(self._values) - len(chosen.values)), chosen.b, 0.0]

    def dated_closure(
        self,
        name: Hashable,
        targets: Iterable[int],
        intervals: Iterable[tuple[float, float]],
        *,
        stops_work: bool = True,
    ) -> int:
        """Shut stations from one time to another, several times; return its number.

        Parameters
        ----------
        name : hashable
            What shuts them.
        targets : iterable of int
            Stations.
        intervals : iterable of tuple of float
            Begin and end, h, apart from each other.
        stops_work : bool
            Whether what is being worked on waits (pre-emptive, resumed) or is finished first.
        """
        intervals = list(intervals)
        self._problems(name, interval_problems(intervals))
        first = len(self._intervals)
        kept = sorted((max(start, 0.0), end) for start, end in intervals if end > max(start, 0.0))
        self._intervals += kept
        bounds = [first, len(self._intervals)]
        return self._closure(DATED, name, targets, stops_work, bounds, NO_TIME, NO_TIME)

    def breakdowns(
        self,
        name: Hashable,
        targets: Iterable[int],
        between: Distribution,
        repair: Distribution,
        *,
        stops_work: bool = True,
    ) -> int:
        """Shut stations again and again, each time until they are repaired; return its number."""
        if between.mean <= 0:
            self._problem(f"{_said(name)}: the time between breakdowns is zero; it has to be more")
        return self._closure(RENEWAL, name, targets, stops_work, [0, 0], between, repair)

    def weather(
        self,
        name: Hashable,
        targets: Iterable[int],
        stormy_share: Sequence[float],
        spell_days: float,
        *,
        stops_work: bool = False,
    ) -> int:
        """Shut stations on stormy days, which come in spells; return its number.

        Days are a Markov chain of two states (Gabriel and Neumann, 1962): a storm goes on
        with probability ``1 - 1 / spell_days``, and begins so often that its share of the days
        is that of the month.

        Parameters
        ----------
        name : hashable
            What it is.
        targets : iterable of int
            Stations.
        stormy_share : sequence of 12 float
            Share of the days of each calendar month, 0 to less than 1.
        spell_days : float
            Mean length of a storm, days, at least one.
        stops_work : bool
            As in `dated_closure`.
        """
        begins = [0.0] * MONTHS
        if not self._problems(name, weather_problems(stormy_share, spell_days)):
            begins = [share / ((1.0 - share) * spell_days) for share in stormy_share]
        number = self._closure(WEATHER, name, targets, stops_work, [0, 0], NO_TIME, NO_TIME)
        numbers = self._closures[number][1]
        numbers[5] = 1.0 - 1.0 / max(spell_days, 1.0)
        numbers[6:] = begins
        return number

    def _closure(
        self,
        kind: int,
        name: Hashable,
        targets: Iterable[int],
        stops_work: bool,
        bounds: list[int],
        between: Distribution,
        repair: Distribution,
    ) -> int:
        first = len(self._targets)
        self._targets += targets
        self._problems(name, target_problems(self._targets[first:], len(self._units)))
        self._closures.append(
            (
                [
                    kind,
                    self._key(("closure", name)),
                    int(stops_work),
                    *bounds,
                    first,
                    len(self._targets),
                    between.kind,
                    repair.kind,
                ],
                [*self._parameters(between), *self._parameters(repair), *[0.0] * MONTHS],
            )
        )
        self._closure_names.append(name)
        return len(self._closures) - 1

    def present(self, stream: int, position: int, shipments: int = 1) -> None:
        """Put shipments into the system at the start, before a step of their route."""
        if not 0 <= stream < len(self._streams):
            self._problem(f"there is no stream {stream} whose shipments could be there")
            return
        first = self._streams[stream][0][0]
        after = min((one for one in self._routes.values() if one > first), default=len(self._steps))
        if not 0 <= position < after - first or shipments < 0:
            self._problem(
                f"{_said(self._stream_names[stream])} cannot have {shipments} shipments before "
                f"step {position} of its route"
            )
            return
        self._initial += [(stream, first + position)] * shipments

    def _key(self, name: Hashable) -> int:
        """Return a key of its own: two parts of a model never share random numbers."""
        key = key_from(name)
        while key in self._keys:
            key = (key + 1) % 2**32
        self._keys.add(key)
        return key

    def _problem(self, message: str) -> None:
        self.problems.append(Problem(message, "model"))

    def _problems(self, name: Hashable, messages: Iterable[str]) -> bool:
        """Note what is wrong with a part; tell whether anything is."""
        told = [
            f"{_said(name)}{message}" if message.startswith(",") else f"{_said(name)} {message}"
            for message in messages
        ]
        for message in told:
            self._problem(message)
        return bool(told)

    def build(self) -> Model:
        """Return the model.

        Raises
        ------
        DataError
            If anything is impossible; ``problems`` lists everything that is.
        """
        self._check()
        if self.problems:
            raise DataError(self.problems)
        starts = np.asarray(self.month_start, dtype=np.float64)
        return Model(
            stream_integer=_rows([one for one, _ in self._streams], 7, np.int64),
            stream_number=_rows([one for _, one in self._streams], 4, np.float64),
            release_first=_firsts(self._release_times),
            release_time=_flat(self._release_times),
            season=np.array(list(self._seasons), dtype=np.float64),
            month_start=starts,
            month=(self.first_month + np.arange(len(starts), dtype=np.int64)) % MONTHS,
            step_integer=_rows([one for one, _ in self._steps], 6, np.int64),
            step_number=_rows([one for _, one in self._steps], 4, np.float64),
            values=np.array(self._values, dtype=np.float64),
            units=np.array(self._units, dtype=np.float64),
            vessel_integer=_rows([one for one, _ in self._vessels], 7, np.int64),
            vessel_number=_rows([one for _, one in self._vessels], 14, np.float64),
            timetable_first=_firsts(self._timetables),
            timetable=_flat(self._timetables),
            closure_integer=_rows([one for one, _ in self._closures], 9, np.int64),
            closure_number=_rows([one for _, one in self._closures], 18, np.float64),
            interval=_rows([list(pair) for pair in self._intervals], 2, np.float64),
            closure_target=np.array(self._targets, dtype=np.int64),
            initial=_rows([list(pair) for pair in self._initial], 2, np.int64),
            groups=tuple(self._groups),
            station_names=tuple(self._stations),
            closure_names=tuple(self._closure_names),
            vessel_names=tuple(self._vessel_names),
            stream_names=tuple(self._stream_names),
        )

    def _check(self) -> None:
        for message in month_problems(self.month_start):
            self._problem(message)
        firsts = np.array([integers[0] for integers, _ in self._streams], dtype=np.int64)
        first, owner = np.unique(firsts, return_index=True)
        steps = _rows([one for one, _ in self._steps], 6, np.int64)
        numbers = _rows([one for _, one in self._steps], 4, np.float64)
        for stream, message in step_problems(steps, numbers, first, np.array(self._units)):
            self._problem(f"{_said(self._stream_names[owner[stream]])} {message}")
        whole: dict[int, float] = {}
        for integers, amounts in self._vessels:
            for station in integers[:2]:
                least = math.inf if integers[6] else amounts[0]
                whole[station] = min(whole.get(station, math.inf), least)
        boarded = {
            (int(station), float(amount))
            for station, amount in zip(
                steps[steps[:, 0] == BOARD, 2], numbers[steps[:, 0] == BOARD, 3], strict=True
            )
            if 0 <= station < len(self._units)
        }
        for station, amount in sorted(boarded):
            if self._units[station] > 0:
                name = _said(self._name_of(station))
                self._problem(f"goods board at {name}, which has servers; they board at a quay")
            elif station not in whole:
                self._problem(f"no vessel ever leaves from {_said(self._name_of(station))}")
            elif amount > whole[station]:
                self._problem(
                    f"a shipment of {amount:g} units is larger than a vessel at "
                    f"{_said(self._name_of(station))}, which carries {whole[station]:g}"
                )


def _said(name: Hashable) -> str:
    return " ".join(str(part) for part in name) if isinstance(name, tuple) else str(name)


def _rows(rows: list[list[Any]], width: int, dtype: type) -> NDArray[Any]:
    return np.array(rows, dtype=dtype).reshape(len(rows), width)


def _firsts(lists: Sequence[Sequence[float]]) -> Integers:
    return np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)


def _flat(lists: Sequence[Sequence[float]]) -> Floats:
    return np.array([time for one in lists for time in one], dtype=np.float64)
