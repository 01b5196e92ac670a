"""Performance of itineraries in the figures that corridor consultants compare.

Two methods: the time/cost-distance series of UNESCAP (introduced in 2004, after Beresford
and Dubey, 1990, and Banomyong, 2000), and the trade facilitation indicators (TFI) of the
corridor performance measurement and monitoring (CPMM) of CAREC, which builds on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from sogdia.routing.itinerary import Element, Itinerary, Leg

SECTION_KM = 500.0
CARGO_UNIT_T = 20.0
START = "start"
INSURANCE = "cargo insurance"
SERIES = {
    "place": pl.String,
    "what": pl.String,
    "distance_km": pl.Float64,
    "time_h": pl.Float64,
    "cost_usd_t": pl.Float64,
}
INDICATORS = {
    "corridor": pl.String,
    "corridor_name": pl.String,
    "itineraries": pl.Int64,
    "crossings": pl.Int64,
    "tfi1_border_h": pl.Float64,
    "tfi2_border_usd": pl.Float64,
    "tfi3_section_usd": pl.Float64,
    "tfi4_swd_km_h": pl.Float64,
    "tfi4_swod_km_h": pl.Float64,
}

_Row = tuple[str, str, float, float, float]


def time_cost_distance(itinerary: Itinerary) -> pl.DataFrame:
    """Return the time/cost-distance series of an itinerary (UNESCAP).

    Line haul makes sloped segments: distance, time and cost grow together. Operations at a
    hub, and waits before line haul, make vertical steps. A premium for cargo insurance is a
    last step of cost.

    Parameters
    ----------
    itinerary : Itinerary
        The way from door to door.

    Returns
    -------
    DataFrame
        place, what (the leg, operation or wait that ends there), and what has
        added up by then: distance_km, time_h (means), cost_usd_t; the first row is zero.

    References
    ----------
    UNESCAP, Time/Cost-Distance Methodology,
    https://www.unescap.org/resources/timecost-distance-methodology
    """
    rows = list(_steps(itinerary))
    frame = pl.DataFrame(rows, schema=SERIES, orient="row")
    return frame.with_columns(pl.col("distance_km", "time_h", "cost_usd_t").cum_sum())


def _steps(itinerary: Itinerary) -> Iterator[_Row]:
    """Yield what each step adds, in order of travel."""
    if itinerary.elements:
        yield itinerary.elements[0].from_name, START, 0.0, 0.0, 0.0
    for leg in itinerary.legs:
        yield from _steps_of_leg(leg)
    if itinerary.insurance_usd_t > 0:
        last = itinerary.elements[-1].to_name
        yield last, INSURANCE, 0.0, 0.0, itinerary.insurance_usd_t


def _steps_of_leg(leg: Leg) -> Iterator[_Row]:
    what = (leg.service or leg.mode).replace("_", " ")
    if leg.first.operation is not None:
        yield leg.first.from_name, what, 0.0, leg.time_h, leg.cost_usd_t
        return
    if leg.waiting_h > 0:
        yield leg.first.from_name, f"wait for {what}", 0.0, leg.waiting_h, 0.0
    if leg.handling_h > 0:
        yield leg.first.from_name, f"handling for {what}", 0.0, leg.handling_h, 0.0
    yield leg.last.to_name, what, leg.length_km, leg.moving_h, leg.cost_usd_t


@dataclass(frozen=True, slots=True)
class BorderCrossing:
    """Cargo passing from one country's control to the next's.

    Attributes
    ----------
    place : str
        Names of the places of its posts.
    before, after : str or None
        Countries; None where the study does not say.
    elements : tuple of Element
        Operations of its posts, and changes of gauge and transshipments between them or at
        the same place.
    """

    place: str
    before: str | None
    after: str | None
    elements: tuple[Element, ...]

    @property
    def time_h(self) -> float:
        """Mean time from entry to exit, h, waits counted."""
        return sum(one.time_h for one in self.elements)

    @property
    def cost_usd_t(self) -> float:
        """Charges, USD per t."""
        return sum(one.freight_usd_t for one in self.elements)


def border_crossings(itinerary: Itinerary) -> tuple[BorderCrossing, ...]:
    """Return the crossings of borders at which cargo is cleared, in order of travel.

    A study may give a crossing one border terminal, on either side, or one in each
    country. So each post is counted to the nearest place of the way where the country changes
    to or from its own; two posts of the same change are one crossing. Of two changes
    equally near it takes the one with fewer posts, then the one behind. A change without a post
    (inside a customs union) is not a crossing to clear.

    Parameters
    ----------
    itinerary : Itinerary
        The way from door to door.

    Returns
    -------
    tuple of BorderCrossing
        Each with its posts, and the changes of gauge and transshipments next to them.
    """
    elements = itinerary.elements
    changes = list(_country_changes(elements))
    posts: dict[int, int] = {}
    for index, element in enumerate(elements):
        if element.operation == "border":
            posts[index] = _nearest_change(index, element, changes, posts)
    members = posts | _operations_beside(elements, posts)
    groups: dict[int, list[Element]] = {}
    for index in sorted(members):
        groups.setdefault(members[index], []).append(elements[index])
    crossings = []
    for change, inside in groups.items():
        names = dict.fromkeys(one.from_name for one in inside if one.operation == "border")
        before, after = changes[change][1:] if change >= 0 else (None, None)
        crossings.append(BorderCrossing(" / ".join(names), before, after, tuple(inside)))
    return tuple(crossings)


_Change = tuple[float, str, str]


def _country_changes(elements: Sequence[Element]) -> Iterator[_Change]:
    """Yield where the country changes, as a position in the way, and from which to which."""
    last: str | None = None
    behind = 0
    for index, element in enumerate(elements):
        if element.mode == "sea" or not element.countries:
            continue
        path = element.countries
        if last is not None and path[0] != last:
            yield (behind + index) / 2, last, path[0]
        for before, after in pairwise(path):
            yield float(index), before, after
        last, behind = path[-1], index


def _nearest_change(
    index: int, post: Element, changes: Sequence[_Change], posts: dict[int, int]
) -> int:
    """Return which change of country a post serves; its own negative number if none."""
    of_country = [
        number
        for number, (_, *pair) in enumerate(changes)
        if set(post.countries) <= set(pair) and post.countries
    ]
    taken = list(posts.values())
    return min(
        of_country,
        key=lambda number: (
            abs(changes[number][0] - index),
            taken.count(number),
            changes[number][0] > index,
        ),
        default=-1 - index,
    )


def _operations_beside(elements: Sequence[Element], posts: dict[int, int]) -> dict[int, int]:
    """Return operations at the place of a post with no line haul between, by their change."""
    found: dict[int, int] = {}
    for post, change in posts.items():
        for step in (-1, 1):
            index = post + step
            while 0 <= index < len(elements) and index not in posts and index not in found:
                element = elements[index]
                if element.operation is None or element.from_id != elements[post].from_id:
                    break
                found[index] = change
                index += step
    return found


def cpmm_indicators(
    itineraries: Sequence[Itinerary], *, tonnes: float = CARGO_UNIT_T
) -> pl.DataFrame:
    """Return the trade facilitation indicators of CAREC by corridor.

    * TFI1, time to clear a border crossing point: mean hours from the entry to the exit of
      the posts of both countries, with waits, unloading and loading, and change of gauge
      there (wording of the CPMM report of 2023).
    * TFI2, cost at a border crossing point: mean charges there, USD per cargo unit.
    * TFI3, cost to travel a corridor section: what is paid to carriers, terminals
      and at borders, USD per 500 km and cargo unit. Cargo insurance and premiums for
      war risk are not counted.
    * TFI4, speed with delay (SWD): length over all time from door to door; and speed
      without delay (SWOD): length over time on the way.

    Not verified against a full report of CPMM: that change of gauge counts to TFI1 (the
    text at hand breaks off after "unloading and loading time"), that TFI2 counts payments
    of every kind, that TFI3 is per 500 km and 20-tonne unit, and how samples are weighted.
    Here every crossing of every itinerary is one sample of TFI1 and TFI2; TFI3 and TFI4
    divide totals of the corridor by each other, so that long itineraries weigh more.
    CPMM samples trips by road and rail; here stretches by sea count as any other.

    Parameters
    ----------
    itineraries : sequence of Itinerary
        Samples.
    tonnes : float
        Size of the cargo unit, t.

    Returns
    -------
    DataFrame
        corridor, corridor_name, itineraries and crossings (numbers of samples),
        tfi1_border_h, tfi2_border_usd, tfi3_section_usd, tfi4_swd_km_h, tfi4_swod_km_h;
        one row per corridor, in the order in which they first appear. TFI1 and TFI2 are
        null where no border is cleared.
    """
    groups: dict[str | None, list[Itinerary]] = {}
    for itinerary in itineraries:
        groups.setdefault(itinerary.corridor, []).append(itinerary)
    rows = [_indicators(members, tonnes) for members in groups.values()]
    return pl.DataFrame(rows, schema=INDICATORS, orient="row")


def _indicators(members: Sequence[Itinerary], tonnes: float) -> tuple[object, ...]:
    crossings = [crossing for one in members for crossing in border_crossings(one)]
    elements = [element for one in members for element in one.elements]
    length = sum(one.length_km for one in elements)
    freight = sum(one.freight_usd_t for one in elements)
    return (
        members[0].corridor,
        members[0].corridor_name,
        len(members),
        len(crossings),
        _ratio(sum(one.time_h for one in crossings), len(crossings)),
        _ratio(tonnes * sum(one.cost_usd_t for one in crossings), len(crossings)),
        _ratio(SECTION_KM * tonnes * freight, length),
        _ratio(length, sum(one.time_h for one in elements)),
        _ratio(length, sum(one.moving_h for one in elements)),
    )


def _ratio(above: float, below: float) -> float | None:
    return above / below if below > 0 else None
