"""Words for itineraries: names of legs, figures with their digits, and what sets two apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isfinite

from sogdia.report.map import short_name
from sogdia.report.sheets import NONE
from sogdia.routing.itinerary import Answer, Itinerary, Leg
from sogdia.routing.place import Place

CRITERIA = {"time": "time", "cost": "cost", "co2": "CO2e", "reliability": "reliability"}
MAIN_SHARE = 0.05
"""Share of the length from which on a mode is one of an itinerary's own."""
NAMED = 2
"""Places named on either side of a comparison."""
FROM_DAYS, FROM_USD, FROM_KG, FROM_SHARE = 0.05, 1.0, 0.5, 0.005
"""Differences smaller than these are not worth a word."""


def fixed(value: float | None, digits: int = 0) -> str:
    """Write a figure with a fixed number of decimals.

    Examples
    --------
    >>> fixed(1234.5, 1), fixed(0.0), fixed(float("inf")), fixed(None)
    ('1,234.5', '0', '–', '–')
    """
    if value is None or not isfinite(value):
        return NONE
    return f"{value:,.{digits}f}"


def chance(probability: float | None) -> str:
    """Write a probability in per cent; never 0 or 100, which are promises.

    Examples
    --------
    >>> chance(0.853), chance(0.9999), chance(0.0), chance(None)
    ('85%', '>99%', '<1%', '–')
    """
    if probability is None or not isfinite(probability):
        return NONE
    if probability < 0.005:
        return "<1%"
    return ">99%" if probability > 0.995 else f"{100 * probability:.0f}%"


def place_title(place: Place) -> str:
    """Name an end of the shipment: what was asked for, or the place of the study."""
    if place.access_km > 0:
        return f"{place.asked} (by {short_name(place.name)})"
    return f"{place.name}, {place.country}" if place.country else place.name


def departure(answer: Answer) -> str:
    """Say when the goods leave, and by when they have to arrive."""
    leaves = f"leaves {answer.depart.isoformat()}"
    if answer.deadline is None or answer.deadline_days is None:
        return leaves
    allowed = f"{answer.deadline_days:g} days"
    return f"{leaves}, to arrive by {answer.deadline.isoformat()} ({allowed})"


def access(answer: Answer) -> list[str]:
    """Say how far ends that were given by coordinates are from the places of the study."""
    lines = []
    for place, way in ((answer.origin, "to"), (answer.destination, "from")):
        if place.access_km > 0:
            lines.append(
                f"{place.asked} is {place.access_km:,.0f} km {way} {short_name(place.name)} "
                "in a straight line; the road there is counted as drayage."
            )
    return lines


def extent(answer: Answer) -> str:
    """Say what the itineraries are of all that were found."""
    shown = len(answer.itineraries)
    criteria = [CRITERIA.get(name, name) for name in answer.criteria]
    if len(criteria) == 1:
        return f"The {_count(shown, 'best way')} by {criteria[0]}."
    listed = f"{', '.join(criteria[:-1])} and {criteria[-1]}"
    verb = "is" if answer.found == 1 else "are"
    whole = f"There {verb} {_count(answer.found, 'way')} that no other beats on {listed}"
    if answer.found <= shown:
        return f"{whole}."
    return f"{whole}; {shown} of them, chosen to differ, are shown here."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def bests(itineraries: Sequence[Itinerary]) -> str:
    """Say which of several itineraries is the fastest, the cheapest and the cleanest."""
    if len(itineraries) < 2:
        return ""
    fastest = min(itineraries, key=lambda one: one.days_mean)
    cheapest = min(itineraries, key=lambda one: one.cost_usd_t)
    cleanest = min(itineraries, key=lambda one: one.co2_kg_t)
    return f"Fastest: {fastest.rank}. Cheapest: {cheapest.rank}. Least CO2e: {cleanest.rank}."


def leg_title(leg: Leg) -> str:
    """Say what a leg is, from where to where and by whom."""
    start = short_name(leg.first.from_name)
    if leg.first.operation is not None:
        return f"{leg.mode.replace('_', ' ')} at {start}"
    gauge = f" {leg.first.gauge_mm} mm" if leg.mode == "rail" and leg.first.gauge_mm else ""
    what = "drayage" if leg.first.kind == "drayage" else f"{leg.mode}{gauge}"
    return f"{what}, {start} → {short_name(leg.last.to_name)}{carrier(leg)}"


def carrier(leg: Leg) -> str:
    """Say by whom a leg is carried, where it has departures; else nothing."""
    if leg.service is None:
        return ""
    operator = leg.first.operator
    known = operator is None or operator in leg.service
    return f", by {leg.service}" + ("" if known else f" ({operator})")


def difference(this: Itinerary, above: Itinerary) -> str:
    """Say in a line what sets an itinerary apart from another.

    Parameters
    ----------
    this, above : Itinerary
        The one spoken of, and the one it is compared with.

    Returns
    -------
    str
        The way first (modes, else places, else services), then time, cost and emission.

    Examples
    --------
    ``by Kuryk instead of Aktau; 2.1 days slower, 210 USD/TEU cheaper``
    """
    figures = ", ".join(_figures(this, above)) or "the same figures"
    return f"{_way(this, above)}; {figures}"


def _figures(this: Itinerary, above: Itinerary) -> Iterator[str]:
    days = this.days_mean - above.days_mean
    if abs(days) >= FROM_DAYS:
        yield f"{abs(days):.1f} days {'slower' if days > 0 else 'faster'}"
    unit, usd = "USD/t", this.cost_usd_t - above.cost_usd_t
    if this.cost_usd_teu is not None and above.cost_usd_teu is not None:
        unit, usd = "USD/TEU", this.cost_usd_teu - above.cost_usd_teu
    if abs(usd) >= FROM_USD:
        yield f"{abs(usd):,.0f} {unit} {'dearer' if usd > 0 else 'cheaper'}"
    kilograms = this.co2_kg_t - above.co2_kg_t
    if abs(kilograms) >= FROM_KG:
        yield f"{abs(kilograms):,.0f} kg CO2e/t {'more' if kilograms > 0 else 'less'}"
    if this.on_time is not None and above.on_time is not None:
        share = this.on_time - above.on_time
        if abs(share) >= FROM_SHARE:
            how = "likelier" if share > 0 else "less likely"
            yield f"{_count(round(100 * abs(share)), 'point')} {how} on time"


def _way(this: Itinerary, above: Itinerary) -> str:
    """Say where two ways part, by the most telling thing in which they do."""
    mine, theirs = _length_by_mode(this), _length_by_mode(above)
    if mine and theirs:
        longest, other = (max(modes, key=modes.__getitem__) for modes in (mine, theirs))
        if longest != other:
            return f"mostly by {longest} instead of {other}"
    main = [_exchange(main_modes, this, above), _exchange(_hubs, this, above)]
    rest = [_exchange(_services, this, above), _exchange(_line_haul_places, this, above)]
    for gained, lost in main:
        if gained and lost:
            return f"by {_listed(gained)} instead of {_listed(lost)}"
    for gained, lost in (*main, *rest):
        if gained and lost:
            return f"by {_listed(gained)} instead of {_listed(lost)}"
        if gained:
            return f"also by {_listed(gained)}"
        if lost:
            return f"not by {_listed(lost)}"
    return "the same places, by other lines or terminals"


def _exchange(
    names: Callable[[Itinerary], list[str]], this: Itinerary, above: Itinerary
) -> tuple[list[str], list[str]]:
    """Return what only the one itinerary has, and what only the other has."""
    mine, theirs = names(this), names(above)
    return [one for one in mine if one not in theirs], [one for one in theirs if one not in mine]


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    named = [*names[:NAMED], *([f"{rest} more"] if rest > 0 else [])]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def main_modes(itinerary: Itinerary) -> list[str]:
    """Return the modes of line haul that make a good part of the length, in order of travel."""
    length = _length_by_mode(itinerary)
    least = MAIN_SHARE * sum(length.values())
    return [mode for mode, km in length.items() if km >= least]


def _length_by_mode(itinerary: Itinerary) -> dict[str, float]:
    length: dict[str, float] = {}
    for element in itinerary.elements:
        if element.operation is None and element.kind != "drayage":
            length[element.mode] = length.get(element.mode, 0.0) + element.length_km
    return length


def _hubs(itinerary: Itinerary) -> list[str]:
    """Return where legs meet: ends of voyages and flights first, then in order of travel."""
    legs = itinerary.legs
    inner = [short_name(leg.last.to_name) for leg in legs[:-1]]
    voyages = {
        short_name(name)
        for leg in legs
        if leg.first.operation is None and leg.mode in ("sea", "ferry", "air", "waterway")
        for name in (leg.first.from_name, leg.last.to_name)
    }
    return sorted(dict.fromkeys(inner), key=lambda name: name not in voyages)


def _services(itinerary: Itinerary) -> list[str]:
    return list(dict.fromkeys(leg.service for leg in itinerary.legs if leg.service))


def _line_haul_places(itinerary: Itinerary) -> list[str]:
    return list(dict.fromkeys(short_name(one.to_name) for one in itinerary.elements[:-1]))
