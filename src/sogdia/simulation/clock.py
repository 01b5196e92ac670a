"""The clock of a simulation: dates to hours since its beginning, and the calendar it lives in."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

HOURS_PER_DAY = 24.0
HOURS_PER_WEEK = 168.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Hours since the beginning of a simulation.

    Attributes
    ----------
    start : date
        First day observed.
    days : int
        Days observed.
    lead_in_days : int
        Days simulated before.
    """

    start: date
    days: int
    lead_in_days: int

    @property
    def origin(self) -> date:
        """The day at whose beginning the clock shows zero."""
        return self.start - timedelta(days=self.lead_in_days)

    @property
    def end(self) -> date:
        """The day after the last that is observed."""
        return self.start + timedelta(days=self.days)

    @property
    def start_h(self) -> float:
        """When observation begins, h."""
        return self.lead_in_days * HOURS_PER_DAY

    @property
    def end_h(self) -> float:
        """When observation and the run end, h."""
        return self.start_h + self.days * HOURS_PER_DAY

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years that are observed."""
        return tuple(range(self.start.year, (self.end - timedelta(days=1)).year + 1))

    def hours(self, day: date) -> float:
        """Return when a day begins, h; negative before the clock starts."""
        return (day - self.origin).days * HOURS_PER_DAY

    def month_starts(self) -> list[float]:
        """Return when each calendar month begins, h; the first is that of the origin."""
        starts = []
        first = self.origin.replace(day=1)
        while first < self.end:
            starts.append(self.hours(first))
            first = (first + timedelta(days=32)).replace(day=1)
        return starts

    def weekly(self, times: Iterable[float]) -> list[float]:
        """Return all occurrences of hours of the week (from Monday 00:00) until the end, h."""
        into_week = self.origin.weekday() * HOURS_PER_DAY
        weeks = int(self.end_h / HOURS_PER_WEEK) + 2
        all_times = (
            time + week * HOURS_PER_WEEK - into_week for week in range(weeks) for time in times
        )
        return [time for time in all_times if 0.0 <= time < self.end_h]

    def shut(self, opened: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        """Return the intervals between weekly opening hours, h."""
        into_week = self.origin.weekday() * HOURS_PER_DAY
        weeks = int(self.end_h / HOURS_PER_WEEK) + 3
        spans = [
            (start + week * HOURS_PER_WEEK - into_week, end + week * HOURS_PER_WEEK - into_week)
            for week in range(-1, weeks)
            for start, end in sorted(opened)
        ]
        return [
            (max(end, 0.0), start)
            for (_, end), (start, _) in itertools.pairwise(spans)
            if start > max(end, 0.0) and end < self.end_h
        ]

    def weeks(self) -> list[float]:
        """Return the bounds of the weeks observed, h; what is left over belongs to the last."""
        whole = max(int(self.days * HOURS_PER_DAY / HOURS_PER_WEEK), 1)
        bounds = [self.start_h + week * HOURS_PER_WEEK for week in range(whole)]
        return [*bounds, self.end_h]
